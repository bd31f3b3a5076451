/** A document in pieces is the same document, and no piece is long. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringValue } from '../../src/agreement/document.ts';
import { WS } from '../../src/agreement/names.ts';
import { jsonPieces, literalPieces, toJsonText } from '../../src/agreement/to-json.ts';
import type { XmlElement, XmlNode } from '../../src/xml/element.ts';
import { slicesOf } from '../../src/xml/in-pieces.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import {
	canonicalDocumentPieces,
	canonicalPieces,
	writeCanonical,
	writeCanonicalDocument,
} from '../../src/xml/writer.ts';
import { declaredTree } from './arbitrary.ts';

/** Longer than any piece, of characters that need references, escapes, two bytes or two units. */
const longText = fc
	.tuple(fc.constantFrom('t', '&', '"', '<', 'é', '\\', '\t', '\u{1f600}'), fc.nat(3), fc.constantFrom('', 'a', '>'))
	.map(([unit, shift, end]) => 'x'.repeat(shift) + unit.repeat(33_000) + end);

/** The tree with long texts in the place of some of its own: of elements, attributes and comments. */
const longTree = fc
	.tuple(declaredTree, fc.array(fc.option(longText, { nil: undefined }), { minLength: 1, maxLength: 8 }))
	.map(([tree, texts]) => {
		let next = 0;
		const chosen = (text: string) => texts[next++ % texts.length] ?? text;
		const lengthened = (node: XmlElement): XmlElement => ({
			...node,
			attributes: node.attributes.map((each) => ({ ...each, value: chosen(each.value) })),
			children: node.children.map((child): XmlNode => {
				if (child.kind === 'element') return lengthened(child);
				const text = chosen(child.text);
				return { ...child, text: child.kind === 'comment' ? text.replaceAll(/[-\r]/g, '+') : text };
			}),
		});
		return lengthened(tree);
	});

const RUNS = { numRuns: 15 };
/** With every character as the longest of references or escapes. */
const PIECE_CHARACTERS_MAX = 32 * 1024 * '\\u0009'.length;

describe('pieces, put together, are the document', () => {
	test.each([
		['as canonical text', canonicalPieces, writeCanonical],
		['as a document of its own', canonicalDocumentPieces, writeCanonicalDocument],
		['as JSON', jsonPieces, toJsonText],
		['as a string in JSON', (tree: XmlElement) => literalPieces(canonicalPieces(tree)), asLiteral],
	])('%s', (_, pieces, whole) => {
		fc.assert(
			fc.property(longTree, (tree) => {
				expect([...pieces(tree)].join('') === whole(tree)).toBe(true);
			}),
			RUNS,
		);
	});

	test('white space that is layout is left out of JSON, however long it is', () => {
		const { root } = readCanonical(`<ws:a xmlns:ws="${WS}">${' '.repeat(50_000)}<b></b></ws:a>`) as {
			root: XmlElement;
		};
		expect([...jsonPieces(root)].join('')).toBe(`{"ws:a":{"@xmlns:ws":"${WS}","b":""}}`);
	});

	test('what holds many elements is a piece of its own, wherever it stands', () => {
		const many = (children: readonly XmlNode[]): XmlElement => ({ ...named('b'), children });
		const full = many(Array.from({ length: 100 }, () => many([named('c'), { kind: 'text', text: '<' }])));
		const tree: XmlElement = { ...named('a'), children: Array.from({ length: 10 }, () => many([named('d'), full])) };
		const pieces = [...canonicalPieces(tree)];
		const whole = writeCanonical(tree);
		expect(pieces.join('') === whole).toBe(true);
		expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(whole.length / 9);
	});

	test('none of them is long', () => {
		const child: XmlElement = { ...named('b'), attributes: [{ ...named('c'), value: '&'.repeat(1_000_000) }] };
		const tree: XmlElement = { ...named('a'), children: [child, { kind: 'text', text: '"'.repeat(1_000_000) }] };
		for (const print of [canonicalPieces, jsonPieces, (each: XmlElement) => literalPieces(canonicalPieces(each))]) {
			const longest = Math.max(...[...print(tree)].map(({ length }) => length));
			expect(longest).toBeLessThanOrEqual(PIECE_CHARACTERS_MAX);
		}
	});
});

test('a text is not cut within a character', () => {
	for (const shift of ['', 'x']) {
		const text = shift + '\u{1f600}'.repeat(50_000);
		const slices = [...slicesOf(text)];
		expect(slices.join('')).toBe(text);
		expect(slices.length).toBeGreaterThan(2);
		expect(slices.every((slice) => slice.isWellFormed())).toBe(true);
	}
});

test('long texts are read as short ones are, whatever stands around them', () => {
	fc.assert(
		fc.property(longTree, (tree) => {
			const { root } = readCanonical(writeCanonical(tree)) as { root: XmlElement };
			expect(stringValue(root) === stringValue(tree)).toBe(true);
			expect(valuesOf(root)).toEqual(valuesOf(tree));
		}),
		RUNS,
	);
	const long = 't'.repeat(20_000);
	const text = `<a b=">" c="&quot;'">${long}&lt;&#xD;<!-- < -->${long}<d e="${long}>" f="&lt;" g="${long}'&quot;">&gt;${long}</d>${long}</a>`;
	const reading = readCanonical(text);
	expect(reading.ok && writeCanonical(reading.root) === text).toBe(true);
	const { children } = (reading as { root: XmlElement }).root;
	expect(children.map((child) => (child.kind === 'element' ? child.localName : child.text.length))).toEqual([
		long.length + 2,
		3,
		long.length,
		'd',
		long.length,
	]);
});

/** Of all attributes: a tree that was put together has them in any order. */
function valuesOf({ attributes, children }: XmlElement): string[] {
	const within = children.flatMap((child) => (child.kind === 'element' ? valuesOf(child) : []));
	return [...attributes.map(({ value }) => value).sort(), ...within];
}

function asLiteral(tree: XmlElement): string {
	return JSON.stringify(writeCanonical(tree));
}

function named(localName: string): XmlElement {
	return { kind: 'element', prefix: '', namespace: '', localName, declarations: [], attributes: [], children: [] };
}
