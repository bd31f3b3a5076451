import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';
import { sameElement, type XmlElement } from '../../src/xml/element.ts';
import { isCanonical, readCanonical } from '../../src/xml/reader.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { writeCanonical, writeDocument } from '../../src/xml/writer.ts';
import { bareTree, declaredTree, writeSomehow } from './arbitrary.ts';
import { canonical } from './canonical.ts';

const RUNS = { numRuns: 200 };

function read(text: string): XmlElement {
	const reading = readDocument(Buffer.from(text));
	if (!reading.ok) throw new Error(`${JSON.stringify(reading.issues)} in ${text}`);
	return reading.value;
}

/** Choices drawn from random numbers, the same for the same numbers. */
function chooser(numbers: readonly number[]): (count: number) => number {
	let index = 0;
	return (count) => numbers[index++ % numbers.length]! % count;
}

const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 64 });

describe('what was read can be written again (H8)', () => {
	test('however a document is written, reading and writing it gives its canonical form, as libxml2 has it', () => {
		fc.assert(
			fc.property(declaredTree, choices, (tree, numbers) => {
				const text = writeSomehow(tree, chooser(numbers));
				expect(writeCanonical(read(text))).toBe(canonical(text));
			}),
			RUNS,
		);
	});

	test('a tree that is called canonical is the one that is read from its text', () => {
		const seen = { canonical: 0, other: 0 };
		fc.assert(
			fc.property(
				fc.oneof(
					declaredTree,
					declaredTree.map((tree) => read(writeCanonical(tree))),
				),
				(tree) => {
					const isAlready = isCanonical(tree);
					seen[isAlready ? 'canonical' : 'other'] += 1;
					if (isAlready) expect(read(writeCanonical(tree))).toEqual(tree);
				},
			),
			RUNS,
		);
		expect(Math.min(seen.canonical, seen.other)).toBeGreaterThan(RUNS.numRuns / 10);
	});

	test('canonical text is read and written byte for byte, and read again to the same tree', () => {
		fc.assert(
			fc.property(declaredTree, (tree) => {
				const text = canonical(writeCanonical(tree));
				const root = read(text);
				expect(writeCanonical(root)).toBe(text);
				expect(read(writeCanonical(root))).toEqual(root);
			}),
			RUNS,
		);
	});

	test('a new document says what its tree says, with every declaration that it needs', () => {
		fc.assert(
			fc.property(bareTree, (tree) => {
				// The schema knows only its own roots.
				const root = declareNamespaces(inConstraint(tree));
				expect(sameElement(read(writeDocument(root)), root)).toBe(true);
				expect(sameElement(read(writeCanonical(root)), root)).toBe(true);
			}),
			RUNS,
		);
	});
});

function inConstraint(child: XmlElement): XmlElement {
	return {
		kind: 'element',
		prefix: 'wsag',
		namespace: 'http://schemas.ggf.org/graap/2007/03/ws-agreement',
		localName: 'Constraint',
		declarations: [],
		attributes: [],
		children: [child],
	};
}

describe('the reader', () => {
	test("a document much longer than one of libxml2's pieces keeps every character, wherever the pieces end", () => {
		const long = '€uro '.repeat(10_000);
		for (let shift = 0; shift < 4; shift += 1) {
			const text = `<Constraint xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement">${'x'.repeat(shift)}${long}</Constraint>`;
			expect(writeCanonical(read(text))).toBe(text);
		}
	});

	test('numbers, white space and empty values stay as they were written', () => {
		const text =
			'<Constraint xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:t="urn:t"><t:n> 007 </t:n><t:n>1e400</t:n><t:n>17179869184.0</t:n><t:n a="" b=" 1 "></t:n>\n</Constraint>';
		expect(writeCanonical(read(text))).toBe(text);
	});

	test('an ampersand in a namespace name comes through (libxml2 itself forgets to escape it in canonical form)', () => {
		const text =
			'<Constraint xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:p="http://example.org/?a=1&amp;b=2"><p:a></p:a></Constraint>';
		expect(writeCanonical(read(text))).toBe(text);
		expect((read(text).children[0] as XmlElement).namespace).toBe('http://example.org/?a=1&b=2');
	});

	test('a > that was not escaped ends no tag, and is part of its text or value', () => {
		const reading = readCanonical(`<a x="1>2" y='">'>3 > 2<!-- <c> -->4 > 3<b z=">"></b>></a>`);
		expect(reading.ok && writeCanonical(reading.root)).toBe(
			'<a x="1>2" y="&quot;>">3 &gt; 2<!-- <c> -->4 &gt; 3<b z=">"></b>&gt;</a>',
		);
	});

	test('comments outside the root are no part of the tree, those inside stay in place', () => {
		const root = read(
			'<!-- a --><Location xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement">b<!-- <?c?> -->d</Location><!--e-->',
		);
		expect(root.children).toEqual([
			{ kind: 'text', text: 'b' },
			{ kind: 'comment', text: ' <?c?> ' },
			{ kind: 'text', text: 'd' },
		]);
	});

	test('namespaces are resolved where they are used, not where the prefix was first seen', () => {
		const root = read(
			'<w:Constraint xmlns:w="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:p="urn:1"><p:a p:x="1" x="2"><p:b xmlns:p="urn:2" p:x="3"/><p:c xml:lang="en"/></p:a></w:Constraint>',
		);
		const [a] = root.children as XmlElement[];
		const [b, c] = a!.children as XmlElement[];
		expect(a!.attributes.map(({ namespace, localName }) => [namespace, localName])).toEqual([
			['', 'x'],
			['urn:1', 'x'],
		]);
		expect([a, b, c].map((node) => node!.namespace)).toEqual(['urn:1', 'urn:2', 'urn:1']);
		expect(b!.attributes[0]!.namespace).toBe('urn:2');
		expect(c!.attributes[0]!.namespace).toBe('http://www.w3.org/XML/1998/namespace');
	});
});

describe('the writer of new documents', () => {
	const plain = { prefix: '', namespace: '' };
	const faulty: [string, XmlElement][] = [
		['a name with a blank', node({ localName: 'a b' })],
		['a name that starts with a digit', node({ localName: '1a' })],
		['a control character in text', node({ children: [{ kind: 'text', text: '\u0001' }] })],
		['half a surrogate pair', node({ children: [{ kind: 'text', text: '\ud800' }] })],
		['a control character in an attribute', node({ attributes: [{ ...plain, localName: 'x', value: '\0' }] })],
		['two hyphens in a comment', node({ children: [{ kind: 'comment', text: 'a--b' }] })],
	];

	function node(parts: Partial<XmlElement>): XmlElement {
		return { kind: 'element', ...plain, localName: 'a', declarations: [], attributes: [], children: [], ...parts };
	}

	test.each(faulty)('%s is refused', (_, tree) => {
		expect(() => writeDocument(tree)).toThrow();
	});

	test('starts with the XML declaration', () => {
		expect(writeDocument(node({}))).toBe('<?xml version="1.0" encoding="UTF-8"?><a/>');
	});
});
