/** Documents as they are kept: their canonical text, a tenth as long as their trees would be as JSON. */
import type { XmlElement } from '../xml/element.ts';
import { readCanonical } from '../xml/reader.ts';
import { writeCanonical } from '../xml/writer.ts';
import { type OfferNode, printOfferNode } from './rounds/kept-offer.ts';

/** The canonical text of a tree whose declarations are in place. */
export function keptText(tree: XmlElement): string {
	return writeCanonical(tree);
}

/** The text of one that was kept, whoever has kept it. */
export function keptXml(text: string): string {
	return isOlder(text) ? writeCanonical(keptTree(text)) : text;
}

/** The tree of a text that was kept; an older broker has kept trees as JSON. */
export function keptTree(text: string): XmlElement {
	if (isOlder(text)) return JSON.parse(text) as XmlElement;
	const reading = readCanonical(text);
	if (!reading.ok) throw new Error(`A document that was kept cannot be read again: ${reading.issue.message}`);
	return reading.root;
}

function isOlder(text: string): boolean {
	return text.startsWith('{');
}

/** What is made of a document that was kept before it is printed. Plain data: it crosses to a worker. */
export interface Remade {
	/** It is a node of a tree of offers. */
	readonly node?: OfferNode;
	/** Elements with their declarations in place, behind all others. */
	readonly more?: readonly XmlElement[];
}

/** The tree of a document that was kept, remade. */
export function remadeTree(tree: XmlElement, { node, more = [] }: Remade): XmlElement {
	const remade = node === undefined ? tree : printOfferNode(tree, node);
	return more.length === 0 ? remade : { ...remade, children: [...remade.children, ...more] };
}
