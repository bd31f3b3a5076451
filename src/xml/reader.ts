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
	type XmlName,
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
	const marked = markTexts(text);
	if (marked === undefined) return { ok: false, issue: gateIssue('PROCESSING_INSTRUCTION', instructionIn(text)) };
	const builder = new TreeBuilder(marked);
	building = builder;
	try {
		PARSER.parse(marked.left);
	} catch (error) {
		const name = error instanceof Error ? RESERVED_NAME.exec(error.message)?.[1] : undefined;
		if (name === undefined) throw error;
		const path = pathOfFirst(text, (written) => written.split(':').includes(name));
		return { ok: false, issue: gateIssue('NAME_RESERVED', { found: name, ...(path === undefined ? {} : { path }) }) };
	} finally {
		building = undefined;
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
	if (isReserved(root)) return false;
	for (let index = 0; index < declarations.length; index += 1) {
		const { prefix, namespace } = declarations[index]!;
		if (namespace !== '' && !ABSOLUTE_URI.test(namespace)) return false;
		if (namespaceOf(outer, prefix) === namespace) return false;
		if (index > 0 && compareCodePoints(declarations[index - 1]!.prefix, prefix) >= 0) return false;
	}
	for (let index = 0; index < attributes.length; index += 1) {
		if (isReserved(attributes[index]!)) return false;
		if (index > 0 && compareNames(attributes[index - 1]!, attributes[index]!) >= 0) return false;
	}
	const scope = scopeWithin(outer, declarations);
	let before: XmlNode['kind'] | undefined;
	for (const child of children) {
		if (child.kind === 'element' && !isCanonical(child, scope)) return false;
		if (child.kind === 'comment' && child.text.includes('\r')) return false;
		if (child.kind === 'text' && (child.text === '' || before === 'text')) return false;
		before = child.kind;
	}
	return true;
}

function isReserved({ prefix, localName }: XmlName): boolean {
	return RESERVED_NAMES.has(prefix === '' ? localName : prefix);
}

/** What the parser refuses as names, or may; only these whole words can be meant by its message. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** A document as the parser is given it, and what waits meanwhile: its texts, as they are written, and comments, in order. */
interface Marked {
	readonly left: string;
	readonly texts: readonly string[];
}

/**
 * The parser puts texts together character by character: of a megabyte that is 20 ms, and a million objects that are all
 * alive at once. So a mark stands for each. It has no hook for comments but one for processing instructions, of which
 * there are none once they have been refused: so each comment becomes an empty instruction. Undefined where the text
 * holds instructions of its own. In plain text a `<` is always markup, except within a comment. What stands outside the
 * root is left out.
 */
function markTexts(text: string): Marked | undefined {
	// Every second piece is the text of a comment.
	const pieces = text.includes('<!--') ? text.split(COMMENT) : [text];
	if (pieces.some((piece, index) => index % 2 === 0 && piece.includes('<?'))) return undefined;
	const holdsTags = (piece: string, index: number): boolean => index % 2 === 0 && piece.includes('<');
	const within = pieces.slice(pieces.findIndex(holdsTags), pieces.findLastIndex(holdsTags) + 1);
	within[0] = within[0]!.trimStart();
	within[within.length - 1] = within.at(-1)!.trimEnd();
	const texts: string[] = [];
	let left = '';
	for (const [index, piece] of within.entries()) {
		if (index % 2 === 0) {
			left += withoutTexts(piece, texts);
		} else {
			texts.push(piece);
			left += COMMENT_MARK;
		}
	}
	return { left, texts };
}

/** Text between tags with a mark for each text; these are added to the list. */
function withoutTexts(written: string, texts: string[]): string {
	const pieces = written.split('<');
	for (let index = 0; index < pieces.length; index += 1) {
		const piece = pieces[index]!;
		// What stands before the first tag is text.
		const begin = index === 0 ? 0 : endOfTag(piece);
		if (begin >= LONG_CHARACTERS_MIN) pieces[index] = withoutLongValues(piece.slice(0, begin), texts);
		else if (begin < piece.length) pieces[index] = piece.slice(0, begin);
		if (begin === piece.length) continue;
		texts.push(piece.slice(begin));
		pieces[index] += TEXT_MARK;
	}
	return pieces.join('<');
}

/** Where a tag without its `<` ends, and the text behind it begins: either may have a `>`, the tag within quotation marks. */
function endOfTag(piece: string): number {
	const first = piece.indexOf('>') + 1;
	if (first === piece.lastIndexOf('>') + 1) return first;
	TAG.lastIndex = 0;
	TAG.test(piece);
	return TAG.lastIndex;
}

/** Without its `<`. */
const TAG = /(?:[^"'>]|"[^"]*"|'[^']*')*>/y;

/** The start tag with marks in the place of its long values. */
function withoutLongValues(tag: string, texts: string[]): string {
	return tag.replace(/"[^"]*"|'[^']*'/g, (quoted) => {
		if (quoted.length < LONG_CHARACTERS_MIN) return quoted;
		texts.push(quoted.slice(1, -1));
		return `"${VALUE_MARK}"`;
	});
}

const LONG_CHARACTERS_MIN = 16 << 10;
/** Stands in no XML document (XML 1.0, 2.2). */
const VALUE_MARK = '\uffff';

const COMMENT = /<!--([\s\S]*?)-->/;
const COMMENT_NAME = '?comment';
const COMMENT_MARK = `<${COMMENT_NAME}?>`;
const TEXT_MARK = '-';

/** The gate lets 256 levels through; the parser's own limit lies above, so that it never decides. */
const NESTED_TAGS_MAX = 260;

/** How the parser says that it met a name which could pollute a prototype. */
const RESERVED_NAME = /^\[SECURITY\] Invalid name: "([^"]*)"/;

/** In the place of the decoder that the parser would make itself for each document, never to ask it: 10 us. */
const NO_DECODER: NonNullable<X2jOptions['entityDecoder']> = {
	setExternalEntities: () => undefined,
	addInputEntities: () => undefined,
	setXmlVersion: () => undefined,
	reset: () => undefined,
	decode: (text) => text,
};

/** One for all documents; V8 would compile hooks anew that are made anew. It keeps nothing of what it parses. */
const PARSER = new XMLParser({
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
		if (name === COMMENT_NAME) building!.comment(depthOf(place));
		else building!.open(name, depthOf(place), attributes);
		return false;
	},
	tagValueProcessor: (_, _mark, place) => {
		building!.text(depthOf(place));
		return '';
	},
	// Nothing to be said: the value is taken as it stands, without being looked at for a number.
	attributeValueProcessor: () => undefined,
});

/** What the parser's hooks tell of goes there, while it parses. */
let building: TreeBuilder | undefined;

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
	/** Texts as they are written, and comments, in the order in which the parser comes to them. */
	readonly #texts: readonly string[];
	#textsSeen = 0;
	/** Some values of attributes are among them. */
	readonly #hasValues: boolean;
	/** The elements that may be open, from the root down, and the scope within each. */
	readonly #open: OpenElement[] = [];
	readonly #scopes: XmlScope[] = [];

	constructor({ left, texts }: Marked) {
		this.#texts = texts;
		this.#hasValues = left.includes(VALUE_MARK);
	}

	/** An element starts, the `depth`th from the root. */
	open(name: string, depth: number, marked: Written): void {
		const outer = this.#scopes[depth - 2] ?? OUTERMOST_SCOPE;
		const names = namesOf(marked);
		const written = this.#hasValues ? this.#withLongValues(marked, names) : marked;
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
		for (const name of names) if (written[name] === VALUE_MARK) written[name] = this.#nextText();
		return written;
	}

	/** Text in the innermost of `depth` open elements. */
	text(depth: number): void {
		this.#open[depth - 1]!.children.push({ kind: 'text', text: withoutReferences(this.#nextText()) });
	}

	comment(depth: number): void {
		this.#open[depth - 1]!.children.push({ kind: 'comment', text: this.#nextText() });
	}

	root(): XmlElement {
		const [root] = this.#open;
		if (root === undefined) throw new Error('Text without a root element came past the gate.');
		if (this.#textsSeen !== this.#texts.length) throw new Error('The parser did not tell of every text.');
		return root;
	}

	#nextText(): string {
		return this.#texts[this.#textsSeen++]!;
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
		return declarationsInOrder(declarations);
	}
}

/** Most elements have none, of which V8 makes no list. */
function namesOf(written: Written): readonly string[] {
	for (const _ in written) return Object.keys(written);
	return NOTHING;
}

const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:/;

/** The attributes in order. */
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
	return attributesInOrder(attributes);
}

/** The same array in the order of Canonical XML; most have one thing or none. */
export function declarationsInOrder(declarations: XmlDeclaration[]): XmlDeclaration[] {
	if (declarations.length < 2) return declarations;
	return declarations.sort((one, other) => compareCodePoints(one.prefix, other.prefix));
}

/** The same array in the order of Canonical XML: by namespaces, then by local names. */
export function attributesInOrder(attributes: XmlAttribute[]): XmlAttribute[] {
	return attributes.length < 2 ? attributes : attributes.sort(compareNames);
}

function compareNames(one: XmlName, other: XmlName): number {
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
