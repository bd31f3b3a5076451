/** `computon validate`: documents against the schemas and the language, in this process, without a broker. */
import { readBranches } from '../agreement/branches.ts';
import { lintTemplate } from '../agreement/lint.ts';
import type { Offer } from '../agreement/offer.ts';
import { type ReadDocument, read } from '../agreement/reading.ts';
import type { Template } from '../agreement/template.ts';
import { readDocument } from '../xml/document.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { readBytes } from './documents.ts';
import { EXIT, type ExitCode, UsageError } from './outcome.ts';
import type { Output } from './output.ts';

/** What is said of one file. */
interface Verdict {
	readonly file: string;
	/** Template, offer and so on; absent where it was not understood. */
	readonly kind?: string;
	readonly wellFormed: boolean;
	readonly valid: boolean;
	readonly diagnostics: readonly DocumentIssue[];
}

/** Issues of documents that nobody could even parse. */
const ILL_FORMED = new Set(['NOT_WELL_FORMED', 'ENCODING', 'TOO_LARGE', 'TOO_DEEP']);

/** One line per file; 0 where all are valid, 1 where one is not, 2 where a file cannot be read. */
export async function validateFiles(output: Output, files: readonly string[]): Promise<ExitCode> {
	let allValid = true;
	let unreadable = false;
	for (const [position, file] of files.entries()) {
		if (files.length > 20) output.progress(`${position + 1} of ${files.length}`);
		try {
			const verdict = validate(file, await readBytes(file));
			allValid &&= verdict.valid;
			output.data(verdict, () => verdictText(verdict));
		} catch (error) {
			if (!(error instanceof UsageError)) throw error;
			output.note(error.message);
			unreadable = true;
		}
	}
	output.settle();
	if (unreadable) return EXIT.usage;
	return allValid ? EXIT.accepted : EXIT.failed;
}

function validate(file: string, bytes: Uint8Array): Verdict {
	const tree = readDocument(bytes);
	if (!tree.ok) {
		const wellFormed = !tree.issues.some(({ code }) => ILL_FORMED.has(code));
		return { file, wellFormed, valid: false, diagnostics: tree.issues };
	}
	const reading = read(tree.value);
	if (!reading.ok) return { file, wellFormed: true, valid: false, diagnostics: reading.issues };
	const document = reading.value;
	return { file, kind: document.kind, wellFormed: true, ...judge(document) };
}

/** What is asked in a negotiation may still be incomplete: it is enough that it can be read. */
function judge(document: ReadDocument): Judgement {
	if (document.kind === 'offer') return judgeOffer(document.offer);
	if (document.kind === 'template' || document.kind === 'negotiable-template') return judgeTemplate(document.template);
	return { valid: true, diagnostics: [] };
}

type Judgement = Pick<Verdict, 'valid' | 'diagnostics'>;

/** Whether it says what it asks for. The unit of an integer Duration only the site's template knows. */
function judgeOffer(offer: Offer): Judgement {
	const branches = readBranches(offer, { durationUnit: 'seconds' });
	return branches.ok
		? { valid: true, diagnostics: branches.value[0]!.request.remarks }
		: { valid: false, diagnostics: branches.issues };
}

function judgeTemplate(template: Template): Judgement {
	return { valid: true, diagnostics: lintTemplate(template) };
}

function verdictText({ file, kind, valid, diagnostics }: Verdict): string {
	const lines = diagnostics.map(({ code, line, path, message, found, allowed }) => {
		const amounts =
			found === undefined && allowed === undefined ? '' : ` (found ${found ?? 'nothing'}; allowed: ${allowed ?? '-'})`;
		return `  ${code} ${line === undefined ? '' : `line ${line} `}${path}: ${message}${amounts}`;
	});
	return [valid ? `${file}: valid ${kind}` : `${file}: not valid`, ...lines].join('\n');
}
