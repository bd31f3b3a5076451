/** `computon validate`: documents against the schemas and the language, in workers of this process, without a broker. */
import { availableParallelism } from 'node:os';
import { type Inspection, kindOfInvalid } from '../agreement/inspection.ts';
import { OperatingError } from '../errors.ts';
import type { Reading, ReadingMode } from '../xml/document.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { DOCUMENT_BYTES_MAX } from '../xml/gate.ts';
import { XmlPool } from '../xml/pool.ts';
import { isJson, readBytes } from './documents.ts';
import { bytesWithout, engineTextOf, issuesBeside } from './engine-text.ts';
import { diagnosticText, EXIT, type ExitCode, UsageError } from './outcome.ts';
import type { Output } from './output.ts';

/** What is said of one file: all five members, whatever the file is. */
interface Verdict {
	readonly file: string;
	/** Template, offer and so on; null where nobody can say: it has no root, or one that is not read here. */
	readonly kind: string | null;
	/** False, too, of what is not read to its end, being beyond a bound. */
	readonly wellFormed: boolean;
	readonly valid: boolean;
	/** Each with its severity; a document with an error is not valid. */
	readonly diagnostics: readonly DocumentIssue[];
}

/** A file that is not there, or that cannot be read. */
interface Unread {
	readonly file: string;
	readonly why: string;
}

/** Issues of documents that nobody could parse to the end, or would. */
const ILL_FORMED = new Set([
	'NOT_WELL_FORMED',
	'ENCODING',
	'TOO_LARGE',
	'TOO_MANY_ELEMENTS',
	'TOO_DEEP',
	'JSON_MALFORMED',
]);

/** The worst document that the gate lets pass takes 0.7 s, mended twice that; a machine may be ten times slower. */
const DEADLINE_MS = 20_000;

/** Files that are read ahead of the workers, so that none of them waits; all that a thousand files have in memory. */
const FILES_PER_WORKER = 2;

/** One line per file, in their order; 0 where all are valid, 1 where one is not, 2 where a file cannot be read. */
export async function validateFiles(output: Output, files: readonly string[], mode: ReadingMode): Promise<ExitCode> {
	const workers = Math.min(availableParallelism(), files.length);
	const pool = new XmlPool<Inspection>({ readerUrl: INSPECTION_URL, workers, deadlineMs: DEADLINE_MS });
	const waiting: Promise<Verdict | Unread>[] = [];
	let code: ExitCode = EXIT.accepted;
	try {
		for (let next = 0, told = 0; told < files.length; told += 1) {
			for (; next < files.length && waiting.length < workers * FILES_PER_WORKER; next += 1) {
				waiting.push(validate(files[next]!, mode, pool));
			}
			const verdict = await waiting.shift()!;
			code = worse(code, tell(output, verdict));
			if (output.terminal && files.length > 1) output.progress(`${told + 1} of ${files.length}`);
		}
	} finally {
		output.settle();
		await pool.close();
	}
	return code;
}

/** Beside this file, under the ending that this file has itself: .ts as it is, .js where it was built. */
const INSPECTION_URL = new URL(
	`../agreement/inspection${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
	import.meta.url,
);

/** A file that cannot be read is worse than one that is not valid. */
function worse(one: ExitCode, other: ExitCode): ExitCode {
	return Math.max(one, other) as ExitCode;
}

function tell(output: Output, verdict: Verdict | Unread): ExitCode {
	if ('why' in verdict) {
		const { file, why } = verdict;
		output.note(why);
		if (output.json) output.data(withoutVerdict(file, 'FILE_UNREADABLE', why), () => why);
		return EXIT.usage;
	}
	output.data(verdict, () => verdictText(verdict));
	return verdict.valid ? EXIT.accepted : EXIT.failed;
}

/** Of what nobody read to its end nothing is known. */
function withoutVerdict(file: string, code: string, message: string): Verdict {
	const diagnostics = [{ code, severity: 'error' as const, path: '/', message }];
	return { file, kind: null, wellFormed: false, valid: false, diagnostics };
}

/** Never rejects for a reason that is the file's: whoever waits for it may still be busy with another. */
async function validate(file: string, mode: ReadingMode, pool: XmlPool<Inspection>): Promise<Verdict | Unread> {
	try {
		const bytes = await readBytes(file, DOCUMENT_BYTES_MAX);
		const reading = await read(bytes, mode, pool);
		if (reading.ok) return { file, ...reading.value, wellFormed: true, valid: true, diagnostics: reading.issues ?? [] };
		const wellFormed = !reading.issues.some(({ code }) => ILL_FORMED.has(code));
		const beside = await besideFaults(bytes, mode, pool, reading.issues);
		const diagnostics = [...reading.issues, ...beside].map((issue) => ({
			...issue,
			severity: issue.severity ?? ('error' as const),
		}));
		return { file, kind: kindOfInvalid(reading.issues) ?? null, wellFormed, valid: false, diagnostics };
	} catch (error) {
		if (error instanceof UsageError) return { file, why: error.message };
		if (!(error instanceof OperatingError)) throw error;
		return withoutVerdict(file, error.code, error.message);
	}
}

function read(bytes: Uint8Array, mode: ReadingMode, pool: XmlPool<Inspection>): Promise<Reading<Inspection>> {
	return pool.read(bytes, isJson(bytes) ? 'json' : 'xml', undefined, mode);
}

/** What a template engine was to make of it: its directives, and of what they make no document what the rest is. */
async function besideFaults(
	bytes: Uint8Array,
	mode: ReadingMode,
	pool: XmlPool<Inspection>,
	issues: readonly DocumentIssue[],
): Promise<readonly DocumentIssue[]> {
	const isNoDocument = ({ code }: DocumentIssue) => code === 'NOT_WELL_FORMED';
	const isIllFormed = issues.some(isNoDocument);
	const engine = engineTextOf(bytes);
	const without = isIllFormed ? bytesWithout(engine) : undefined;
	const rest = without && (await read(without, mode, pool));
	const ofRest = rest?.issues ?? [];
	return issuesBeside(engine, isIllFormed, rest === undefined || ofRest.some(isNoDocument) ? undefined : ofRest);
}

function verdictText({ file, kind, valid, diagnostics }: Verdict): string {
	return [valid ? `${file}: valid ${kind}` : `${file}: not valid`, ...diagnostics.map(diagnosticText)].join('\n');
}
