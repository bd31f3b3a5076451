/**
 * The JSON form of a document: docs/json.md. Nothing is lost but the white space between the elements of vocabularies
 * that are read here, which is layout where no xml:space says otherwise. The way back is from-json.ts.
 *
 * It is written as text: an agreement of 8 KB takes half as long as its objects would to be made and then printed.
 */
import { attributeValue, onceForName, qualifiedName, textOf, type XmlElement, type XmlNode } from '../xml/element.ts';
import { type Printing, printedInPieces, slicesOf } from '../xml/in-pieces.ts';
import { XML_NAMESPACE } from '../xml/scope.ts';
import { isBlank } from './lexical.ts';
import { JSDL_HPCPA_VARIANTS, WELL_KNOWN_PREFIXES } from './names.ts';

export type JsonValue =
	| string
	| number
	| boolean
	| null
	| readonly JsonValue[]
	| { readonly [member: string]: JsonValue };

/** The document as an object of one member: the root's qualified name and its content. All values are strings. */
export function toJson(tree: XmlElement): JsonValue {
	return JSON.parse(toJsonText(tree)) as JsonValue;
}

/** The text of {@link toJson}, as JSON.stringify would write it. */
export function toJsonText(tree: XmlElement): string {
	return `{"${qualifiedName(tree)}":${contentOf(tree)}}`;
}

/** {@link toJsonText}, piece by piece. */
export function jsonPieces(tree: XmlElement): Iterable<string> {
	return printedInPieces(tree, JSON_TEXT);
}

const JSON_TEXT: Printing = { print: toJsonText, escaped: withinLiteral };

/** A string of JSON, piece by piece, from the pieces of its characters. */
export function* literalPieces(pieces: Iterable<string>): Generator<string> {
	yield '"';
	for (const piece of pieces) for (const slice of slicesOf(piece)) yield withinLiteral(slice);
	yield '"';
}

/**
 * `isPreserved`: by xml:space white space counts, also between elements; or it stands within an element that nobody here
 * knows, where it may be prose.
 */
function contentOf(owner: XmlElement, isPreserved = false): string {
	const { declarations, attributes } = owner;
	if (attributes.length === 0 && declarations.length === 0 && owner.children.length < 2) {
		const [only] = owner.children;
		if (only === undefined) return '""';
		if (only.kind === 'text') return literal(only.text);
	}
	const space = attributes.length === 0 ? undefined : attributeValue(owner, XML_NAMESPACE, 'space');
	const preserves = space === undefined ? isPreserved || !LAID_OUT.has(owner.namespace) : space === 'preserve';
	const children = preserves ? owner.children : significantChildren(owner);
	const isText = children.every(isTextNode);
	if (isText && declarations.length === 0 && attributes.length === 0) return literal(textOf(owner));
	// Nothing of it is looked at before all of it is there: V8 would put it together at each level anew.
	let members = '';
	for (const { prefix, namespace } of declarations) {
		const { first, next } = memberNames(prefix === '' ? '@xmlns' : `@xmlns:${prefix}`);
		members += (members === '' ? first : next) + literal(namespace);
	}
	for (const candidate of attributes) {
		const { first, next } = memberNames(`@${qualifiedName(candidate)}`);
		members += (members === '' ? first : next) + literal(candidate.value);
	}
	if (!isText) {
		if (isNamedContent(children)) members += namedContent(children, preserves, members === '');
		else {
			const inOrder = children.map((child) => childInOrder(child, preserves)).join(',');
			members += `${members === '' ? '{' : ','}"#children":[${inOrder}]`;
		}
	} else {
		const text = textOf(owner);
		if (text !== '') members += `${members === '' ? '{' : ','}"#text":${literal(text)}`;
	}
	return `${members}}`;
}

/** The text as JSON has it. */
function literal(text: string): string {
	return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** The same without its quotation marks. */
function withinLiteral(text: string): string {
	return ESCAPED.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

/** What JSON.stringify does not write as it is: quotation marks, backslashes, controls and halves of surrogate pairs. */
const ESCAPED = /["\\\p{Cc}\p{Cs}]/u;

/** The children without the white space between elements. */
function significantChildren({ children }: XmlElement): readonly XmlNode[] {
	if (children.length === 1) return children;
	let elements = 0;
	let texts = 0;
	for (let nth = 0; nth < children.length; nth += 1) {
		const { kind } = children[nth]!;
		if (kind === 'element') elements += 1;
		else if (kind === 'text') texts += 1;
	}
	if (elements === 0 || texts === 0 || !children.every(isLayout)) return children;
	return children.filter((child) => !isTextNode(child));
}

/** Of the elements of these no one has text beside elements. */
const LAID_OUT: ReadonlySet<string> = new Set([...WELL_KNOWN_PREFIXES.values(), ...JSDL_HPCPA_VARIANTS]);

function isTextNode({ kind }: XmlNode): boolean {
	return kind === 'text';
}

function isLayout(child: XmlNode): boolean {
	return child.kind !== 'text' || isBlank(child.text);
}

/** Whether there are only elements, and those of one name stand side by side: then names say it all. */
function isNamedContent(children: readonly XmlNode[]): children is readonly XmlElement[] {
	const closed = children.length > FEW_SIBLINGS ? new Set<string>() : undefined;
	let last: XmlElement | undefined;
	for (let index = 0; index < children.length; index += 1) {
		const child = children[index]!;
		if (child.kind !== 'element') return false;
		if (last !== undefined && !isAlike(last, child)) {
			closed?.add(qualifiedName(last));
			if (closed?.has(qualifiedName(child))) return false;
			for (let before = 0; closed === undefined && before < index - 1; before += 1) {
				if (isAlike(children[before] as XmlElement, child)) return false;
			}
		}
		last = child;
	}
	return true;
}

/** Their names are compared in less time than they can be remembered in. */
const FEW_SIBLINGS = 6;

/** Whether they are written alike. */
function isAlike(one: XmlElement, other: XmlElement): boolean {
	return one.localName === other.localName && one.prefix === other.prefix;
}

/** One member for the elements of each name: the only one's content, or an array. */
function namedContent(children: readonly XmlElement[], isPreserved: boolean, areFirst: boolean): string {
	let members = '';
	for (let from = 0; from < children.length; ) {
		const first = children[from]!;
		const names = memberNames(qualifiedName(first));
		members += areFirst && from === 0 ? names.first : names.next;
		let end = from + 1;
		while (end < children.length && isAlike(first, children[end]!)) end += 1;
		if (end - from === 1) members += contentOf(first, isPreserved);
		else {
			members += `[${contentOf(first, isPreserved)}`;
			for (let nth = from + 1; nth < end; nth += 1) members += `,${contentOf(children[nth]!, isPreserved)}`;
			members += ']';
		}
		from = end;
	}
	return members;
}

interface MemberNames {
	/** `{"wsag:Name":` */
	readonly first: string;
	/** `,"wsag:Name":` */
	readonly next: string;
}

/** Names are of characters that JSON has as they are. */
const memberNames = onceForName((name): MemberNames => ({ first: `{"${name}":`, next: `,"${name}":` }));

function childInOrder(child: XmlNode, isPreserved: boolean): string {
	if (child.kind === 'text') return literal(child.text);
	if (child.kind === 'comment') return `{"#comment":${literal(child.text)}}`;
	return `{"${qualifiedName(child)}":${contentOf(child, isPreserved)}}`;
}
