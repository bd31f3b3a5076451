/** `computon import`: a document of WSAG4J or of an older draft as a document of ours, or why it cannot be one. */
import { writeFile } from 'node:fs/promises';
import { read as inspect } from '../agreement/inspection.ts';
import { type ImportSettings, importTree } from '../agreement/lenient/dialects.ts';
import { placeholdersIn, placeholdersOf } from '../agreement/lenient/placeholders.ts';
import { isPrintable } from '../agreement/lexical.ts';
import { read as readSent } from '../agreement/reading.ts';
import type { Reading } from '../xml/document.ts';
import type { XmlElement } from '../xml/element.ts';
import { DOCUMENT_BYTES_MAX } from '../xml/gate.ts';
import { writeCanonicalDocument } from '../xml/writer.ts';
import { readBytes, readInEitherForm } from './documents.ts';
import { bytesWithout, directiveIssues, type EngineText, engineTextOf } from './engine-text.ts';
import { diagnosticText, EXIT, type ExitCode, UsageError } from './outcome.ts';
import type { Output } from './output.ts';

interface Imported {
	readonly kind: string;
	readonly tree: XmlElement;
}

/**
 * Writes the imported document to `out` or prints it, and says on stderr what was done; with `--json` both are one
 * object. 1 where it cannot be imported, with every reason.
 */
export async function importFile(
	output: Output,
	file: string,
	options: ImportSettings & { readonly out?: string },
): Promise<ExitCode> {
	const { out, ...settings } = options;
	const { values } = settings;
	let names: ReadonlySet<string> = new Set();
	const reader = {
		read: readImported,
		mend: (root: XmlElement) => {
			names = placeholdersIn(root);
			return importTree(root, settings);
		},
	};
	const readLenient = (bytes: Uint8Array): Reading<Imported> =>
		readInEitherForm(bytes, reader, { mode: 'lenient', mends: 'all' });
	const bytes = await readBytes(file, DOCUMENT_BYTES_MAX);
	let reading = readLenient(bytes);
	if (isIllFormed(reading)) {
		const engine = engineTextOf(bytes);
		reading = besideDirectives(engine, readLenient) ?? reading;
		names = placeholdersOf(engine.text);
	}
	const diagnostics = (reading.issues ?? []).map((issue) => ({
		...issue,
		severity: issue.severity ?? (reading.ok ? ('warning' as const) : ('error' as const)),
	}));
	if (!output.json) for (const diagnostic of diagnostics) output.note(diagnosticText(diagnostic));
	for (const name of values.keys()) if (!names.has(name)) output.note(`There is no placeholder ${name} in ${file}.`);
	if (!reading.ok) {
		if (output.json) output.data({ file, imported: false, diagnostics }, () => '');
		else output.note(`${file} cannot be imported.`);
		return EXIT.failed;
	}
	const { kind, tree } = reading.value;
	const text = writeCanonicalDocument(tree);
	if (out !== undefined) await writeDocument(out, text);
	const document = out === undefined ? { document: text } : { out };
	output.data({ file, imported: true, kind, ...document, diagnostics }, () =>
		out === undefined ? text : `${file}: imported as ${kind} into ${out}`,
	);
	return EXIT.accepted;
}

function isIllFormed(reading: Reading<Imported>): boolean {
	return !reading.ok && reading.issues.some(({ code }) => code === 'NOT_WELL_FORMED');
}

/**
 * The document without comments of the engine, if nothing else of the engine's is in it; else each directive with its line,
 * and what is to be said of the rest: nothing where that is no XML or JSON, as it hangs on the engine what comes of it.
 */
function besideDirectives(
	engine: EngineText,
	read: (bytes: Uint8Array) => Reading<Imported>,
): Reading<Imported> | undefined {
	const without = bytesWithout(engine);
	if (without === undefined) return undefined;
	const told = directiveIssues(engine, 'TEXT_STRAY');
	const rest = read(without);
	const severity = rest.ok ? 'warning' : 'error';
	const others = (rest.issues ?? []).map((issue) => ({ ...issue, severity: issue.severity ?? severity }));
	if (engine.directives.every(({ isComment }) => isComment)) return { ...rest, issues: [...told, ...others] };
	return { ok: false, issues: isIllFormed(rest) ? told : [...told, ...others] };
}

/** A value that was given as NAME=VALUE. */
export function addValue(text: string, values: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
	const [, name, value] = /^\$?\{?([A-Za-z_][\w.-]*)\}?=([\s\S]*)$/.exec(text) ?? [];
	if (name === undefined || value === undefined) throw new UsageError(`--set ${text}: give NAME=VALUE.`);
	if (!isPrintable(value)) throw new UsageError(`--set ${name}: the value has a character that no document can hold.`);
	return new Map([...values, [name, value]]);
}

/** An offer or a template that can be read as one, with what the inspection says of it. */
function readImported(root: XmlElement): Reading<Imported> {
	const sent = readSent(root);
	if (!sent.ok) return sent;
	const { value, issues: found } = inspect(root);
	// What is left of placeholders the importer has told of.
	const issues = found.filter(({ code }) => code !== 'PLACEHOLDER');
	return { ok: true, value: { kind: value.kind, tree: root }, issues };
}

async function writeDocument(out: string, text: string): Promise<void> {
	try {
		await writeFile(out, text);
	} catch (error) {
		throw new UsageError(`${out} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
	}
}
