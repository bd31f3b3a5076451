/**
 * The writer: element trees to text. A tree that was read comes out byte for byte as the canonical text that it was
 * read from; a new document comes out with an XML declaration and every namespace declaration that it needs.
 */
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import { onceForName, qualifiedName, type XmlElement } from './element.ts';
import { type Printing, printedInPieces } from './in-pieces.ts';
import { withReferences } from './references.ts';
import { declareNamespaces } from './scope.ts';

/**
 * Canonical text of a tree whose declarations are in place: any tree that was read, or {@link declareNamespaces} of
 * one that was put together. Nothing is checked.
 */
export function writeCanonical(root: XmlElement): string {
	const name = qualifiedName(root);
	const { begin, end } = tagsOf(name);
	let text = begin;
	if (root.declarations.length > 0 || root.attributes.length > 0) {
		text = `<${name}`;
		for (const { prefix, namespace } of root.declarations) {
			text += ` ${declarationName(prefix)}="${withReferences(namespace, IN_ATTRIBUTE)}"`;
		}
		for (const candidate of root.attributes) {
			text += ` ${qualifiedName(candidate)}="${withReferences(candidate.value, IN_ATTRIBUTE)}"`;
		}
		text += '>';
	}
	for (const child of root.children) {
		if (child.kind === 'text') text += escapedText(child.text);
		else if (child.kind === 'comment') text += `<!--${child.text}-->`;
		else text += writeCanonical(child);
	}
	return text + end;
}

interface Tags {
	readonly begin: string;
	readonly end: string;
}

const tagsOf = onceForName((name): Tags => ({ begin: `<${name}>`, end: `</${name}>` }));

/**
 * {@link writeCanonical} as a document of its own. For trees whose names and texts are known to be of XML's characters,
 * because they were read or made printable: an agreement of 8 KB takes 13 us, with {@link writeDocument} 590.
 */
export function writeCanonicalDocument(root: XmlElement): string {
	return XML_DECLARATION + writeCanonical(root);
}

/** {@link writeCanonical}, piece by piece. */
export function canonicalPieces(root: XmlElement): Iterable<string> {
	return printedInPieces(root, CANONICAL);
}

const CANONICAL: Printing = {
	print: writeCanonical,
	isElementwise: true,
	escaped: (text, place) => {
		if (place === 'comment') return text;
		return withReferences(text, place === 'attribute' ? IN_ATTRIBUTE : IN_TEXT);
	},
};

/** {@link writeCanonicalDocument}, piece by piece. */
export function* canonicalDocumentPieces(root: XmlElement): Generator<string> {
	yield XML_DECLARATION;
	yield* canonicalPieces(root);
}

/**
 * A document of its own: the XML declaration, then the tree on one line, missing namespace declarations added.
 * Throws where a name, a text or a comment has no place in well-formed XML.
 */
export function writeDocument(tree: XmlElement): string {
	const root = declareNamespaces(tree);
	const builder = create({ version: '1.0', encoding: 'UTF-8' });
	append(builder, root);
	const text = builder.end({ wellFormed: true });
	return changesPrefix(root) ? writeCanonicalDocument(root) : text;
}

const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

/**
 * Whether some prefix stands for two namespaces in this tree, as it may where pieces of foreign documents are in it.
 * xmlbuilder2 4.0.3 then leaves out declarations that are needed: it has still checked the names and characters.
 */
function changesPrefix(root: XmlElement): boolean {
	const meanings = new Map<string, string>();
	const changes = (node: XmlElement): boolean =>
		node.declarations.some(({ prefix, namespace }) => {
			const known = meanings.get(prefix) ?? namespace;
			meanings.set(prefix, known);
			return prefix !== '' && known !== namespace;
		}) || node.children.some((child) => child.kind === 'element' && changes(child));
	return changes(root);
}

function append(parent: XMLBuilder, node: XmlElement): void {
	const own = parent.ele(node.namespace === '' ? null : node.namespace, qualifiedName(node));
	for (const { prefix, namespace } of node.declarations) {
		// xmlns="" xmlbuilder2 writes by itself where a name needs it, and refuses to be told.
		if (namespace !== '') own.att(XMLNS_NAMESPACE, declarationName(prefix), referenced(namespace, /[&\t\n\r]/g));
	}
	for (const { namespace, value, ...name } of node.attributes) {
		own.att(
			namespace === '' ? null : namespace,
			qualifiedName({ ...name, namespace }),
			referenced(value, /[&\t\n\r]/g),
		);
	}
	for (const child of node.children) {
		if (child.kind === 'text') own.txt(referenced(child.text, /[&\r]/g));
		else if (child.kind === 'comment') own.com(child.text);
		else append(own, child);
	}
}

const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

function declarationName(prefix: string): string {
	return prefix === '' ? 'xmlns' : `xmlns:${prefix}`;
}

/**
 * xmlbuilder2 lets pass whatever looks like a reference (`&name;`, `&#123;`), so every ampersand has to be made to look
 * like one first; and it does not write as references the white space that a parser would otherwise turn into blanks.
 */
function referenced(text: string, characters: RegExp): string {
	return text.replace(characters, (character) => (character === '&' ? '&amp;' : `&#${character.codePointAt(0)};`));
}

/** `&` first, as withReferences wants it. */
const IN_TEXT = ['&', '<', '>', '\r'] as const;
const IN_ATTRIBUTE = ['&', '<', '"', '\t', '\n', '\r'] as const;

function escapedText(text: string): string {
	if (text.length < LONG_CHARACTERS_MIN) return withReferences(text, IN_TEXT);
	if (text !== lastLong.text) lastLong = { text, escaped: withReferences(text, IN_TEXT) };
	return lastLong.escaped;
}

/**
 * A long text is written again with each alternative to the offer that holds it: of 250,000 characters that all need
 * references, that is some milliseconds each time.
 */
const LONG_CHARACTERS_MIN = 4096;
let lastLong = { text: '', escaped: '' };
