/**
 * The reader: text that the gate let out, or that the writer wrote, to an element tree. fast-xml-parser splits the
 * text; what it would guess at (numbers, entities, white space) is turned off, and references and namespaces are
 * resolved here. On any other text the answer is undefined.
 *
 * The tree is that of the document's canonical form (Canonical XML 1.0 with comments): attributes and declarations in
 * its order, superfluous declarations left out. libxml2 writes that form too, for 35 us more than it takes here.
 *
 * The tree is built from what the parser tells its hooks while it goes, and the parser is told to keep nothing: its
 * own output costs half as much again (190 us instead of 125 us for an offer of 8 KB), only to be walked and dropped.
 */
import { type X2jOptions, XMLParser } from 'fast-xml-parser';
import {
	type DocumentIssue,
	partsOfName,
	sharedName,
	type XmlAttribute,
	type XmlDeclaration,
	type XmlElement,
	type XmlNode,
} from './element.ts';
import { gateIssue } from './issue.ts';
import { instructionIn, pathOfFirst } from './locate.ts';
import { withoutReferences } from './references.ts';
import { namespaceOf, OUTERMOST_SCOPE, scopeWithin, type XmlScope } from './scope.ts';

/** A document's tree, or why it has none. */
export type TreeResult =
	| { readonly ok: true; readonly root: XmlElement }
	| { readonly ok: false; readonly issue: DocumentIssue };

/**
 * Builds the tree of a text that the gate let out, or of canonical text that was kept. Comments outside the root are
 * not part of it. Refuses processing instructions, names that are JavaScript's own (`__proto__`, `constructor`, `prototype`), and
 * relative namespace names, with which a document has no canonical form.
 */
export function readCanonical(text: string): TreeResult {
	const { marked, comments } = markComments(text);
	if (marked === undefined) return { ok: false, issue: gateIssue('PROCESSING_INSTRUCTION', instructionIn(text)) };
	const { left, long } = markLongTexts(marked);
	const builder = new TreeBuilder(comments, long);
	try {
		parserInto(builder).parse(left);
	} catch (error) {
		const name = error instanceof Error ? RESERVED_NAME.exec(error.message)?.[1] : undefined;
		if (name === undefined) throw error;
		const path = pathOfFirst(text, (written) => written.split(':').includes(name));
		return { ok: false, issue: gateIssue('NAME_RESERVED', { found: name, ...(path === undefined ? {} : { path }) }) };
	}
	const root = builder.root();
	const { relativeNamespace } = builder;
	if (relativeNamespace === undefined) return { ok: true, root };
	const path = pathOfFirst(
		text,
		(name, value) => isDeclaration(name) && withoutReferences(value ?? '') === relativeNamespace,
	);
	const details = { found: relativeNamespace, ...(path === undefined ? {} : { path }) };
	return { ok: false, issue: gateIssue('NAMESPACE_RELATIVE', details) };
}

/**
 * Whether reading the tree's text again would give this very tree, so that nobody needs to. For trees that were put
 * together from elsewhere, with their declarations in place; false where it is not sure.
 */
export function isCanonical(root: XmlElement, outer: XmlScope = OUTERMOST_SCOPE): boolean {
	const { declarations, attributes, children } = root;
	if (RESERVED_NAMES.has(root.prefix === '' ? root.localName : root.prefix)) return false;
	const areDeclared = declarations.every(({ prefix, namespace }, index) => {
		if (namespace !== '' && !ABSOLUTE_URI.test(namespace)) return false;
		if (namespaceOf(outer, prefix) === namespace) return false;
		return index === 0 || compareCodePoints(declarations[index - 1]!.prefix, prefix) < 0;
	});
	if (
		!areDeclared ||
		!attributes.every((next, index) => index === 0 || compareNames(attributes[index - 1]!, next) < 0)
	) {
		return false;
	}
	if (attributes.some(({ prefix, localName }) => RESERVED_NAMES.has(prefix === '' ? localName : prefix))) return false;
	const scope = scopeWithin(outer, declarations);
	return children.every((child, index) => {
		if (child.kind === 'element') return isCanonical(child, scope);
		if (child.kind === 'comment') return !child.text.includes('\r');
		return child.text !== '' && children[index - 1]?.kind !== 'text';
	});
}

/** What the parser refuses as names, or may; only these whole words can be meant by its message. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The parser has no hook for comments but one for processing instructions, of which there are none once they have been
 * refused: so each comment becomes an empty instruction, and its text waits in a list. `marked` is undefined where the
 * text holds instructions of its own. In plain text a `<` is always markup, except within a comment.
 */
function markComments(text: string): { marked: string | undefined; comments: readonly string[] } {
	const comments: string[] = [];
	if (!text.includes('<!--')) return { marked: text.includes('<?') ? undefined : text, comments };
	const pieces = text.split(COMMENT);
	// Every second piece is the text of a comment.
	if (pieces.some((piece, index) => index % 2 === 0 && piece.includes('<?'))) return { marked: undefined, comments };
	let marked = pieces[0]!;
	for (let index = 1; index < pieces.length; index += 2) {
		comments.push(pieces[index]!);
		marked += `<${COMMENT_MARK}?>${pieces[index + 1]}`;
	}
	return { marked, comments };
}

const COMMENT = /<!--([\s\S]*?)-->/;
const COMMENT_MARK = '?comment';

/**
 * The parser puts texts together character by character: of a megabyte that is 20 ms, and a million objects that are all
 * alive at once. So each long text, as it is written, waits in a list as well, be it of an attribute or of an element.
 * A `<` is always markup here.
 */
function markLongTexts(text: string): { left: string; long: readonly string[] } {
	const long: string[] = [];
	if (text.length < LONG_CHARACTERS_MIN) return { left: text, long };
	let left = '';
	let taken = 0;
	for (let tag = text.indexOf('<'); tag >= 0; ) {
		const next = text.indexOf('<', tag + 1);
		if (next - tag >= LONG_CHARACTERS_MIN) {
			TAG.lastIndex = tag;
			TAG.test(text);
			const begin = TAG.lastIndex;
			if (begin - tag >= LONG_CHARACTERS_MIN) {
				left += text.slice(taken, tag) + markLongValues(text.slice(tag, begin), long);
				taken = begin;
			}
			if (next - begin >= LONG_CHARACTERS_MIN) {
				long.push(text.slice(begin, next));
				left += text.slice(taken, begin) + LONG_MARK;
				taken = next;
			}
		}
		tag = next;
	}
	return long.length === 0 ? { left: text, long } : { left: left + text.slice(taken), long };
}

/** The start tag with marks in the place of its long values. */
function markLongValues(tag: string, long: string[]): string {
	return tag.replace(/"[^"]*"|'[^']*'/g, (quoted) => {
		if (quoted.length < LONG_CHARACTERS_MIN) return quoted;
		long.push(quoted.slice(1, -1));
		return `"${LONG_MARK}"`;
	});
}

const LONG_CHARACTERS_MIN = 16 << 10;
/** Values may have a `>`. */
const TAG = /<(?:[^"'>]|"[^"]*"|'[^']*')*>/y;
/** Stands in no XML document (XML 1.0, 2.2). */
const LONG_MARK = '\uffff';

/** The gate lets 256 levels through; the parser's own limit lies above, so that it never decides. */
const NESTED_TAGS_MAX = 260;

/** How the parser says that it met a name which could pollute a prototype. */
const RESERVED_NAME = /^\[SECURITY\] Invalid name: "([^"]*)"/;

function parserInto(builder: TreeBuilder): XMLParser {
	return new XMLParser({
		preserveOrder: true,
		ignoreAttributes: false,
		attributeNamePrefix: '',
		parseTagValue: false,
		parseAttributeValue: false,
		trimValues: false,
		processEntities: false,
		entityDecoder: NO_DECODER,
		maxNestedTags: NESTED_TAGS_MAX,
		jPath: false,
		// toString and its like are harmless here, and must come back as they were written.
		onDangerousProperty: (name) => name,
		updateTag: (name, place, attributes) => {
			if (name === COMMENT_MARK) builder.comment(depthOf(place));
			else builder.open(name, depthOf(place), attributes);
			return false;
		},
		tagValueProcessor: (_, text, place) => {
			builder.text(text, depthOf(place));
			return '';
		},
		// Nothing to be said: the value is taken as it stands, without being looked at for a number.
		attributeValueProcessor: () => undefined,
	});
}

/** In the place of the decoder that the parser would make itself for each document, never to ask it: 10 us. */
const NO_DECODER: NonNullable<X2jOptions['entityDecoder']> = {
	setExternalEntities: () => undefined,
	addInputEntities: () => undefined,
	setXmlVersion: () => undefined,
	reset: () => undefined,
	decode: (text) => text,
};

/** How many elements are open; with `jPath: false` a place is never a string. */
function depthOf(place: string | { getDepth(): number }): number {
	return typeof place === 'string' ? 0 : place.getDepth();
}

/** Attributes and declarations as they stand in the start tag, by name. */
type Written = Readonly<Record<string, string>>;

/** An element under construction. */
interface OpenElement extends XmlElement {
	readonly children: XmlNode[];
}

const NOTHING: readonly never[] = [];

/**
 * Puts a tree together from what is told in document order. The parser does not say when an element ends; how many
 * are open says it.
 */
class TreeBuilder {
	/** The first relative namespace name that was declared. */
	relativeNamespace: string | undefined;
	readonly #comments: readonly string[];
	#commentsSeen = 0;
	readonly #long: readonly string[];
	#longSeen = 0;
	/** The elements that may be open, from the root down, and the scope within each. */
	readonly #open: OpenElement[] = [];
	readonly #scopes: XmlScope[] = [];

	constructor(comments: readonly string[], long: readonly string[]) {
		this.#comments = comments;
		this.#long = long;
	}

	/** An element starts, the `depth`th from the root. */
	open(name: string, depth: number, marked: Written): void {
		const outer = this.#scopes[depth - 2] ?? OUTERMOST_SCOPE;
		const names = Object.keys(marked);
		const written = this.#longSeen === this.#long.length ? marked : this.#withLongValues(marked, names);
		const declarations = names.length === 0 ? NOTHING : this.#declarationsOf(written, names, outer);
		const scope = scopeWithin(outer, declarations);
		const { prefix, localName } = partsOfName(name);
		const element: OpenElement = {
			kind: 'element',
			prefix,
			namespace: boundNamespace(scope, prefix),
			localName,
			declarations,
			attributes: names.length === declarations.length ? NOTHING : attributesOf(written, names, scope),
			children: [],
		};
		this.#open[depth - 2]?.children.push(element);
		this.#open[depth - 1] = element;
		this.#scopes[depth - 1] = scope;
	}

	/** In the order of the document, which is that in which they wait. */
	#withLongValues(marked: Written, names: readonly string[]): Written {
		const written = { ...marked };
		for (const name of names) if (written[name] === LONG_MARK) written[name] = this.#long[this.#longSeen++]!;
		return written;
	}

	/** Text in the innermost of `depth` open elements; outside the root it is white space between comments. */
	text(text: string, depth: number): void {
		const written = text === LONG_MARK ? this.#long[this.#longSeen++]! : text;
		this.#open[depth - 1]?.children.push({ kind: 'text', text: withoutReferences(written) });
	}

	comment(depth: number): void {
		const text = this.#comments[this.#commentsSeen]!;
		this.#commentsSeen += 1;
		this.#open[depth - 1]?.children.push({ kind: 'comment', text });
	}

	root(): XmlElement {
		const [root] = this.#open;
		if (root === undefined) throw new Error('Text without a root element came past the gate.');
		return root;
	}

	/** The declarations that say something new here, in order of their prefixes. */
	#declarationsOf(written: Written, names: readonly string[], outer: XmlScope): readonly XmlDeclaration[] {
		const declarations: XmlDeclaration[] = [];
		for (const name of names) {
			if (!isDeclaration(name)) continue;
			const prefix = sharedName(name.slice('xmlns:'.length));
			const namespace = sharedName(withoutReferences(written[name]!));
			if (namespace !== '' && !ABSOLUTE_URI.test(namespace)) this.relativeNamespace ??= namespace;
			if (namespaceOf(outer, prefix) !== namespace) declarations.push({ prefix, namespace });
		}
		if (declarations.length < 2) return declarations;
		return declarations.sort((one, other) => compareCodePoints(one.prefix, other.prefix));
	}
}

const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** The attributes in order of their namespaces, then of their local names. */
function attributesOf(written: Written, names: readonly string[], scope: XmlScope): readonly XmlAttribute[] {
	const attributes: XmlAttribute[] = [];
	for (const name of names) {
		if (isDeclaration(name)) continue;
		const { prefix, localName } = partsOfName(name);
		attributes.push({
			prefix,
			namespace: prefix === '' ? '' : boundNamespace(scope, prefix),
			localName,
			value: withoutReferences(written[name]!),
		});
	}
	if (attributes.length < 2) return attributes;
	return attributes.sort(compareNames);
}

function compareNames(one: XmlAttribute, other: XmlAttribute): number {
	return compareCodePoints(one.namespace, other.namespace) || compareCodePoints(one.localName, other.localName);
}

function isDeclaration(name: string): boolean {
	return name.startsWith('xmlns') && (name.length === 5 || name[5] === ':');
}

function boundNamespace(scope: XmlScope, prefix: string): string {
	const namespace = namespaceOf(scope, prefix);
	if (namespace === undefined) throw new Error(`The prefix ${prefix} came past the gate unbound.`);
	return namespace;
}

/**
 * The order of Canonical XML. JavaScript's own differs where one text has a surrogate pair: it stands for a character
 * behind all others. Nothing is made of the texts: an element may have thousands of attributes.
 */
function compareCodePoints(one: string, other: string): number {
	const end = Math.min(one.length, other.length);
	for (let index = 0; index < end; index += 1) {
		const [ours, theirs] = [one.charCodeAt(index), other.charCodeAt(index)];
		if (ours !== theirs) return rankOf(ours) - rankOf(theirs);
	}
	return one.length - other.length;
}

function rankOf(unit: number): number {
	return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
