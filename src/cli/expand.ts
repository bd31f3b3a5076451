/** `computon expand`: a document with parameter sweeps as the documents that it stands for, without a broker. */
import { mend } from '../agreement/inspection.ts';
import { SWEPT_JOBS_MAX } from '../agreement/jsdl/sweep.ts';
import { type Expansion, readSweptDocument } from '../agreement/jsdl/sweep-document.ts';
import { toJson } from '../agreement/to-json.ts';
import { type ReadingMode, readDocument } from '../xml/document.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { writeCanonicalDocument } from '../xml/writer.ts';
import { readBytes, readInEitherForm } from './documents.ts';
import { diagnosticText, EXIT, type ExitCode } from './outcome.ts';
import type { Output } from './output.ts';

/**
 * Prints one document after the other, or how many there are. Each has passed the gate: the first that does not ends
 * the command. 0 when all were printed, 1 where there are none to be had or more than are made.
 */
export async function expandFile(
	output: Output,
	file: string,
	options: { readonly count: boolean; readonly mode: ReadingMode },
): Promise<ExitCode> {
	const reader = { read: readSweptDocument, mend };
	const reading = readInEitherForm(await readBytes(file), reader, { mode: options.mode });
	if (!reading.ok) return fail(output, `${file} cannot be expanded.`, reading.issues);
	if (reading.issues !== undefined) output.note(issueLines(reading.issues, 'warning').join('\n'));
	const { count, documents, remarks } = reading.value;
	if (remarks.length > 0) output.note([`${file}: warning`, ...issueLines(remarks, 'warning')].join('\n'));
	if (options.count) {
		const [first] = documents();
		const passage = first && readDocument(textOf(first));
		if (passage?.ok === false) return fail(output, `Document 1 of ${count} is not valid.`, passage.issues);
		output.data(
			{ file, count: countJson(count), ...(remarks.length === 0 ? {} : { remarks }) },
			() => `${file}: ${count} ${count === 1n ? 'document' : 'documents'}`,
		);
		return EXIT.accepted;
	}
	if (count > SWEPT_JOBS_MAX) {
		const message = `${file} stands for ${count} documents; at most ${SWEPT_JOBS_MAX} are made.`;
		const details = { found: String(count), allowed: String(SWEPT_JOBS_MAX) };
		return fail(output, message, [{ code: 'SWEEP_TOO_LARGE', path: '/', message, ...details }]);
	}
	let number = 0;
	for (const expansion of documents()) {
		number += 1;
		const text = textOf(expansion);
		const passage = readDocument(text);
		if (!passage.ok) {
			const message = `Document ${number} of ${count} (${describe(expansion)}) is not valid.`;
			return fail(output, message, passage.issues);
		}
		const { values, tree } = expansion;
		output.data({ file, number, count: countJson(count), values, document: toJson(tree) }, () =>
			writeCanonicalDocument(tree),
		);
		if (!(await output.drained())) break;
	}
	if (number === 0) output.note(`${file} stands for no document: its sweeps run through no value.`);
	return EXIT.accepted;
}

/** The document as it would be sent. */
function textOf({ tree }: Expansion): Buffer {
	return Buffer.from(writeCanonicalDocument(tree));
}

/** A number where JSON's readers get it right, else its digits. */
function countJson(count: bigint): number | string {
	return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : String(count);
}

function describe({ values }: Expansion): string {
	return values.map(({ match, value }) => `${match} = ${value}`).join(', ');
}

function fail(output: Output, message: string, issues: readonly DocumentIssue[]): ExitCode {
	output.note([message, ...issueLines(issues, 'error')].join('\n'));
	if (output.json) output.data({ message, issues }, () => '');
	return EXIT.failed;
}

function issueLines(issues: readonly DocumentIssue[], severity: 'error' | 'warning'): string[] {
	return issues.map((issue) => diagnosticText({ severity, ...issue }));
}
