/**
 * Documents printed piece by piece: a long text in one is never copied as a whole, so that to print a document of a
 * megabyte takes no more memory than to print a small one.
 */
import type { XmlAttribute, XmlElement, XmlNode } from './element.ts';

/** A text that is this long, of an element, an attribute or a comment, is printed by itself; the others together. */
const LONG_CHARACTERS_MIN = 8 << 10;
/** To escape so much takes less than a tenth of a millisecond. */
const PIECE_CHARACTERS_MAX = 32 << 10;

/** Where a text stands in a tree: each place has references of its own. */
export type TextPlace = 'text' | 'attribute' | 'comment';

/** How a tree becomes a text: all of it, in the order of the document, with what stands for characters in each place. */
export interface Printing {
	readonly print: (tree: XmlElement) => string;
	readonly escaped: (text: string, place: TextPlace) => string;
	/** An element is printed by itself as within others: large ones are pieces of their own. */
	readonly isElementwise?: true;
}

/** What `print` would give for the tree, in pieces. */
export function* printedInPieces(tree: XmlElement, printing: Printing): Generator<string> {
	const { print, escaped, isElementwise = false } = printing;
	const long: Long[] = [];
	const around = print(withoutLong(tree, long, isElementwise)).split(STAND_IN);
	yield around[0]!;
	for (const [index, each] of long.entries()) {
		if ('element' in each) yield* printedInPieces(each.element, printing);
		else for (const piece of slicesOf(each.text)) yield escaped(piece, each.place);
		yield around[index + 1]!;
	}
}

/** The text in pieces, none of which ends within a character. */
export function* slicesOf(text: string): Generator<string> {
	for (let begin = 0; begin < text.length; ) {
		let end = begin + PIECE_CHARACTERS_MAX;
		if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
		yield text.slice(begin, end);
		begin = end;
	}
}

type Long = { readonly text: string; readonly place: TextPlace } | { readonly element: XmlElement };

/** An element with so many children is long: with what is in them, some kilobytes. */
const LONG_CHILDREN_MIN = 64;

/** Stands for a long text in a tree. No XML document has it (XML 1.0, 2.2), and nothing escapes it. */
const STAND_IN = '\uffff';

/** The tree with a stand-in for each that is long; these are added to `long`, in the order of the document. */
function withoutLong(node: XmlElement, long: Long[], isElementwise: boolean): XmlElement {
	const before = long.length;
	const standIn = (text: string, place: TextPlace): string => {
		// White space may be layout, which JSON leaves out.
		if (text.length < LONG_CHARACTERS_MIN || !/\S/.test(text)) return text;
		long.push({ text, place });
		return STAND_IN;
	};
	const attributes = node.attributes.map((each): XmlAttribute => {
		const value = standIn(each.value, 'attribute');
		return value === each.value ? each : { ...each, value };
	});
	const children = node.children.map((child): XmlNode => {
		if (child.kind === 'element') {
			const isLong = isElementwise && child.children.length >= LONG_CHILDREN_MIN;
			if (!isLong) return withoutLong(child, long, isElementwise);
			long.push({ element: child });
			return { kind: 'text', text: STAND_IN };
		}
		const text = standIn(child.text, child.kind);
		return text === child.text ? child : { ...child, text };
	});
	return long.length === before ? node : { ...node, attributes, children };
}

function isHighSurrogate(unit: number): boolean {
	return unit >= 0xd800 && unit <= 0xdbff;
}
