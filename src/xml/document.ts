/**
 * A whole document in this thread: gate, reader, and whatever reads the tree. The pool runs it in its workers; the
 * command line, which has one document and no clients to keep waiting, calls it directly.
 */
import type { DocumentIssue, XmlElement } from './element.ts';
import { DOCUMENT_BYTES_MAX, type Passage, passGate } from './gate.ts';
import { cappedIssues } from './issue.ts';
import type { Locator } from './locate.ts';
import { readCanonical } from './reader.ts';
import { writeCanonical } from './writer.ts';

/** What somebody makes of a tree: a value, perhaps with issues that do not stand in its way, or only issues. */
export type Reading<T> =
	| { readonly ok: true; readonly value: T; readonly issues?: readonly DocumentIssue[] }
	| { readonly ok: false; readonly issues: readonly DocumentIssue[] };

/** A pure reader of trees. Its issues carry positional paths (`pathOf` in element.ts); their lines are filled in here. */
export type TreeReader<T> = (root: XmlElement, context?: unknown) => Reading<T>;

/** What a worker reads documents with: the exports of a module. */
export interface DocumentReader<T> {
	readonly read: TreeReader<T>;
	/** The tree of a document in its JSON form, for those who read that form too. It passes the gate afterwards. */
	readonly readJsonForm?: (bytes: Uint8Array) => Reading<XmlElement>;
}

/** How a document was sent. */
export type DocumentForm = 'xml' | 'json';

export interface DocumentLimits {
	/** Default {@link DOCUMENT_BYTES_MAX}. */
	readonly maxBytes?: number;
}

/** Reads a document to its element tree. Synchronous; one thread's first call compiles the schemas (15 ms). */
export function readDocument(bytes: Uint8Array, limits: DocumentLimits = {}): Reading<XmlElement> {
	return readDocumentWith(bytes, (root) => ({ ok: true, value: root }), undefined, limits);
}

/** Reads a document and hands its tree to `read`. Throws what `read` throws. A hundred issues at most. */
export function readDocumentWith<T>(
	bytes: Uint8Array,
	read: TreeReader<T>,
	context?: unknown,
	limits: DocumentLimits = {},
): Reading<T> {
	const passage: Passage<Reading<T>> = passGate(bytes, limits.maxBytes ?? DOCUMENT_BYTES_MAX, (text, locator) => {
		const tree = readCanonical(text);
		if (!tree.ok) return { ok: false, issues: [tree.issue] };
		const reading = read(tree.root, context);
		if (reading.issues === undefined) return reading;
		return { ...reading, issues: located(reading.issues, locator) };
	});
	return passage.ok ? passage.value : passage;
}

/** Reads a document in its JSON form: its tree has to pass the gate as every other does. Its issues have no lines. */
export function readJsonDocumentWith<T>(
	bytes: Uint8Array,
	{ read, readJsonForm }: DocumentReader<T>,
	context?: unknown,
	limits: DocumentLimits = {},
): Reading<T> {
	if (readJsonForm === undefined) throw new Error('This reader reads no JSON.');
	const tree = readJsonForm(bytes);
	if (!tree.ok) return tree;
	const reading = readDocumentWith(Buffer.from(writeCanonical(tree.value)), read, context, limits);
	if (reading.issues === undefined) return reading;
	return { ...reading, issues: reading.issues.map(({ line: _, ...issue }) => issue) };
}

function located(issues: readonly DocumentIssue[], locator: Locator): DocumentIssue[] {
	return cappedIssues(issues).map((issue) => {
		if (issue.line !== undefined) return issue;
		const line = locator.lineOf(issue.path);
		return line === undefined ? issue : { ...issue, line };
	});
}
