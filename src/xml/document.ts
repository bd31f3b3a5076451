/**
 * A whole document in this thread: gate, reader, and whatever reads the tree. The pool runs it in its workers; the
 * command line, which has one document and no clients to keep waiting, calls it directly.
 */
import type { DocumentIssue, XmlElement } from './element.ts';
import { DOCUMENT_BYTES_MAX, type GateKind, passGate, sizeIssue } from './gate.ts';
import { cappedIssues } from './issue.ts';
import type { Lines, Locator } from './locate.ts';
import { linesOfJson } from './locate-json.ts';
import { isCanonical, readCanonical } from './reader.ts';
import { writeCanonical } from './writer.ts';

/** What somebody makes of a tree: a value, perhaps with issues that do not stand in its way, or only issues. */
export type Reading<T> =
	| { readonly ok: true; readonly value: T; readonly issues?: readonly DocumentIssue[] }
	| { readonly ok: false; readonly issues: readonly DocumentIssue[] };

/**
 * A pure reader of trees. Its issues carry positional paths (`pathOf` in element.ts); their lines are filled in here.
 * `text` is there where the canonical text of the tree is at hand already.
 */
export type TreeReader<T> = (root: XmlElement, context?: unknown, text?: string) => Reading<T>;

/**
 * A tree that was mended so that it keeps to the schemas better than the one that was read. Its declarations are in
 * place. `pathBefore` leads from a path in it to the path of what that was made from.
 */
export interface Mended {
	readonly root: XmlElement;
	/** One for each repair, and for what could not be repaired; their paths are those of the tree that was read. */
	readonly diagnostics: readonly DocumentIssue[];
	readonly pathBefore: (path: string) => string;
}

/** Mends trees that are well-formed and do not keep to the schemas. Pure, in linear time. */
export type TreeMender = (root: XmlElement, context?: unknown) => Mended;

/** What a worker reads documents with: the exports of a module. */
export interface DocumentReader<T> {
	readonly read: TreeReader<T>;
	/** For those who read leniently too. */
	readonly mend?: TreeMender;
	/** The tree of a document in its JSON form, for those who read that form too. It passes the gate afterwards. */
	readonly readJsonForm?: (bytes: Uint8Array) => Reading<XmlElement>;
	/**
	 * The value as a text that crosses threads for less than the value itself would cost; undefined: as it is. A value
	 * full of trees is cloned node by node: an offer of 8 KB takes 290 us, its tree packed 50, as JSON 120.
	 */
	readonly pack?: (value: T) => string | undefined;
	/** The reader of messages (envelopes around documents), for those who read them too. */
	readonly readMessage?: TreeReader<unknown>;
	/**
	 * A message that does not keep to the schemas without what says nothing and what no schema of a document has a place
	 * for: it is judged again. Its paths are the same. Undefined: there is nothing of the kind.
	 */
	readonly plainMessage?: (root: XmlElement) => XmlElement | undefined;
	/** What is known of a message that is well-formed and does not keep to the schemas; these are its faults. */
	readonly readInvalidMessage?: (
		root: XmlElement,
		faults: readonly DocumentIssue[],
		context?: unknown,
	) => Reading<unknown>;
}

/** How a document was sent; `kept`: it was let in before, and is its canonical text. */
export type DocumentForm = 'xml' | 'json' | 'message' | 'kept';

/** `lenient`: a document that does not keep to the schemas is mended first, if it can be. */
export type ReadingMode = 'strict' | 'lenient';

export interface DocumentLimits {
	/** Default {@link DOCUMENT_BYTES_MAX}. */
	readonly maxBytes?: number;
	/** By which schemas it is checked; default: those of documents. */
	readonly as?: GateKind;
}

export interface LenientLimits extends DocumentLimits {
	/** Which documents are mended; default `invalid`: one that keeps to the schemas is read as it stands. */
	readonly mends?: 'invalid' | 'all';
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
	return throughGate(
		bytes,
		limits.maxBytes ?? DOCUMENT_BYTES_MAX,
		(text, locator) => readText(text(), (root) => read(root, context), locator),
		{ as: limits.as },
	);
}

/** Reads the canonical text of a document that was let in: nothing of it is checked again, nor how long it is. */
export function readKeptWith<T>(bytes: Uint8Array, read: TreeReader<T>, context?: unknown): Reading<T> {
	const text = new TextDecoder().decode(bytes);
	const tree = readCanonical(text);
	return tree.ok ? read(tree.root, context, text) : { ok: false, issues: [tree.issue] };
}

/** Reads a message as {@link readDocumentWith} does a document. */
export function readMessageWith(
	bytes: Uint8Array,
	{ readMessage, readInvalidMessage, plainMessage }: DocumentReader<unknown>,
	context: unknown,
	limits: DocumentLimits,
): Reading<unknown> {
	if (readMessage === undefined || readInvalidMessage === undefined) throw new Error('This reader reads no messages.');
	const read = (text: () => string, locator: Locator): Reading<unknown> =>
		readText(text(), (root) => readMessage(root, context), locator);
	const bytesMax = limits.maxBytes ?? DOCUMENT_BYTES_MAX;
	const useInvalid = (text: () => string, locator: Locator, faults: readonly DocumentIssue[]): Reading<unknown> => {
		const tree = readCanonical(text());
		if (!tree.ok) return { ok: false, issues: faults };
		const plain = plainMessage?.(tree.root);
		if (plain === undefined) return readInvalidMessage(tree.root, faults, context);
		return throughGate(
			Buffer.from(writeCanonical(plain)),
			bytesMax * MENDED_GROWTH_MAX,
			(plainText) => read(plainText, locator),
			{ as: 'message', useInvalid: (_text, _, left) => readInvalidMessage(plain, relocated(left, locator), context) },
		);
	};
	return throughGate(bytes, bytesMax, read, { as: 'message', useInvalid });
}

/**
 * Reads a document leniently: one that does not keep to the schemas is mended, and what comes of that goes the strict
 * road, through the gate again. The repairs are among the issues, before what the reader remarks; paths and lines are
 * those of the source. What the mender reports as an error stands in the way. A document that keeps to the schemas is
 * read as `readDocumentWith` reads it.
 */
export function readLenientDocumentWith<T>(
	bytes: Uint8Array,
	{ read, mend }: DocumentReader<T>,
	context?: unknown,
	limits: LenientLimits = {},
): Reading<T> {
	if (mend === undefined) throw new Error('This reader mends nothing.');
	const bytesMax = limits.maxBytes ?? DOCUMENT_BYTES_MAX;
	const readAsItIs = (text: () => string, locator: Locator): Reading<T> =>
		readText(text(), (root) => read(root, context), locator);
	const readMended = (text: () => string, locator: Locator, faults: readonly DocumentIssue[]): Reading<T> => {
		const tree = readCanonical(text());
		if (!tree.ok) return located({ ok: false, issues: [tree.issue] }, locator);
		const mended = mend(tree.root, context);
		if (mended.diagnostics.length === 0 && faults.length > 0) return { ok: false, issues: faults };
		const reading = readWrittenTree(mended.root, read, context, bytesMax * MENDED_GROWTH_MAX);
		return located(withRepairs(reading, mended), locator);
	};
	const use = limits.mends === 'all' ? readMended : readAsItIs;
	return throughGate(bytes, bytesMax, use, { useInvalid: readMended });
}

/** What is supplied and spelled out makes a document longer; one of twice the bytes is no repair any more. */
const MENDED_GROWTH_MAX = 2;

/**
 * The reading of a mended document as one of the document that it was made from. What the mender could not repair
 * comes first, and what the gate says of the same places is left out: it would be the same again in harder words.
 */
function withRepairs<T>(reading: Reading<T>, { diagnostics, pathBefore }: Mended): Reading<T> {
	const errors = diagnostics.filter(({ severity }) => severity === 'error');
	const repairs = diagnostics.filter(({ severity }) => severity !== 'error');
	const told = new Set(errors.map(({ path }) => path));
	const others = (reading.issues ?? []).map(({ line: _, ...issue }) => ({ ...issue, path: pathBefore(issue.path) }));
	if (reading.ok && errors.length === 0) return { ...reading, issues: [...repairs, ...others] };
	const faults = reading.ok ? [] : others.filter(({ path }) => !told.has(path));
	const all = [...errors, ...faults].map((issue) => ({ ...issue, severity: issue.severity ?? ('error' as const) }));
	return { ok: false, issues: [...all, ...repairs] };
}

/**
 * Reads a document in its JSON form: its tree has to pass the gate as every other does. The lines of its issues are those
 * of the JSON text.
 */
export function readJsonDocumentWith<T>(
	bytes: Uint8Array,
	reader: DocumentReader<T>,
	context?: unknown,
	limits: LenientLimits & { readonly mode?: ReadingMode } = {},
): Reading<T> {
	if (reader.readJsonForm === undefined) throw new Error('This reader reads no JSON.');
	const bytesMax = limits.maxBytes ?? DOCUMENT_BYTES_MAX;
	const oversize = sizeIssue(bytes, bytesMax);
	if (oversize !== undefined) return { ok: false, issues: [oversize] };
	const lines = linesOfJson(() => new TextDecoder().decode(bytes));
	const tree = reader.readJsonForm(bytes);
	if (!tree.ok) return located(tree, lines);
	const reading =
		limits.mode === 'lenient'
			? readLenientDocumentWith(Buffer.from(writeCanonical(tree.value)), reader, context, limits)
			: readWrittenTree(tree.value, reader.read, context, bytesMax);
	return reading.issues === undefined ? reading : { ...reading, issues: relocated(reading.issues, lines) };
}

/** Reads a tree that has not passed the gate: it is written, and what is read is what passed. */
function readWrittenTree<T>(tree: XmlElement, read: TreeReader<T>, context: unknown, bytesMax: number): Reading<T> {
	const written = writeCanonical(tree);
	return throughGate(Buffer.from(written), bytesMax, (text) => {
		// The tree is there already: to read it again would be a third of the work, and is done only where it may differ.
		if (isCanonical(tree)) return read(tree, context, written);
		const again = readCanonical(text());
		return again.ok ? read(again.root, context) : { ok: false, issues: [again.issue] };
	});
}

/** What is read of a text that passed the gate, or why it did not. */
function throughGate<T>(...passing: Parameters<typeof passGate<Reading<T>>>): Reading<T> {
	const passage = passGate(...passing);
	return passage.ok ? passage.value : passage;
}

/** Reads the tree of a text that has passed the gate. */
function readText<T>(text: string, read: (root: XmlElement) => Reading<T>, locator: Locator): Reading<T> {
	const tree = readCanonical(text);
	return located(tree.ok ? read(tree.root) : { ok: false, issues: [tree.issue] }, locator);
}

/** What is said of a text that was written here, as many as are told, with the lines of the one that was sent. */
function relocated(issues: readonly DocumentIssue[], lines: Lines): readonly DocumentIssue[] {
	return withLines(
		cappedIssues(issues).map(({ line: _, ...issue }) => issue),
		lines,
	);
}

/** The reading with the lines of its issues, as many as are told: of those that have none, found all at once. */
function located<T>(reading: Reading<T>, lines: Lines): Reading<T> {
	const issues = reading.issues && withLines(cappedIssues(reading.issues), lines);
	return issues === undefined ? reading : { ...reading, issues };
}

function withLines(issues: readonly DocumentIssue[], { linesOf }: Lines): readonly DocumentIssue[] {
	const without = issues.filter(({ line }) => line === undefined);
	if (without.length === 0) return issues;
	const lines = linesOf(without.map(({ path }) => path));
	const found = new Map(without.map((issue, nth) => [issue, lines[nth]]));
	return issues.map((issue) => {
		const line = found.get(issue);
		return line === undefined ? issue : { ...issue, line };
	});
}
