/**
 * A whole document in this thread: gate, reader, and whatever reads the tree. The pool runs it in its workers; the
 * command line, which has one document and no clients to keep waiting, calls it directly.
 */
import type { DocumentIssue, XmlElement } from './element.ts';
import { DOCUMENT_BYTES_MAX, type GateKind, type Passage, passGate } from './gate.ts';
import { cappedIssues } from './issue.ts';
import type { Locator } from './locate.ts';
import { isCanonical, readCanonical } from './reader.ts';
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
	/**
	 * The value as a text that crosses threads for less than the value itself would cost; undefined: as it is. A value
	 * full of trees is cloned node by node: an offer of 8 KB takes 290 us, its tree packed 50, as JSON 120.
	 */
	readonly pack?: (value: T) => string | undefined;
	/** The reader of messages (envelopes around documents), for those who read them too. */
	readonly readMessage?: TreeReader<unknown>;
}

/** How a document was sent. */
export type DocumentForm = 'xml' | 'json' | 'message';

export interface DocumentLimits {
	/** Default {@link DOCUMENT_BYTES_MAX}. */
	readonly maxBytes?: number;
	/** By which schemas it is checked; default: those of documents. */
	readonly as?: GateKind;
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
	const passage: Passage<Reading<T>> = passGate(
		bytes,
		limits.maxBytes ?? DOCUMENT_BYTES_MAX,
		(text, locator) => {
			const tree = readCanonical(text());
			return tree.ok ? located(read(tree.root, context), locator) : { ok: false, issues: [tree.issue] };
		},
		limits.as,
	);
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
	const bytesMax = limits.maxBytes ?? DOCUMENT_BYTES_MAX;
	const passage: Passage<Reading<T>> = passGate(Buffer.from(writeCanonical(tree.value)), bytesMax, (text) => {
		// The tree is there already: to read it again would be a third of the work, and is done only where it may differ.
		const again = isCanonical(tree.value) ? { ok: true as const, root: tree.value } : readCanonical(text());
		return again.ok ? read(again.root, context) : { ok: false, issues: [again.issue] };
	});
	const reading = passage.ok ? passage.value : passage;
	if (reading.issues === undefined) return reading;
	return { ...reading, issues: cappedIssues(reading.issues).map(({ line: _, ...issue }) => issue) };
}

/** The reading with the lines of its issues, as many as are told. */
function located<T>(reading: Reading<T>, locator: Locator): Reading<T> {
	if (reading.issues === undefined) return reading;
	const issues = cappedIssues(reading.issues).map((issue) => {
		if (issue.line !== undefined) return issue;
		const line = locator.lineOf(issue.path);
		return line === undefined ? issue : { ...issue, line };
	});
	return { ...reading, issues };
}
