import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';
import {
	attribute,
	attributeValue,
	childElements,
	element,
	firstChild,
	partsOfName,
	pathOf,
	qualifiedName,
	sameElement,
	sharedName,
	sharedText,
	textOf,
	type XmlElement,
} from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { bareTree } from './arbitrary.ts';

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';

function read(content: string): XmlElement {
	const reading = readDocument(Buffer.from(`<w:Constraint xmlns:w="${WSAG}">${content}</w:Constraint>`));
	if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
	return reading.value;
}

function named(prefix: string, namespace: string, localName: string) {
	return { prefix, namespace, localName };
}

describe('a text that is shared', () => {
	test('says what it said', () => {
		const odd = fc.constantFrom('', '0', '007', '-1', '4294967295', '__proto__', 'constructor', 'toString', '\ud800');
		fc.assert(
			fc.property(fc.oneof(fc.string({ unit: 'binary' }), odd), (text) => {
				expect(sharedText(text)).toBe(text);
				expect(sharedName(text)).toBe(text);
			}),
		);
	});

	test('is a name in two parts, or in one', () => {
		expect(partsOfName('wsag:Terms')).toEqual({ prefix: 'wsag', localName: 'Terms' });
		expect(partsOfName('Terms')).toEqual({ prefix: '', localName: 'Terms' });
	});
});

describe('a qualified name', () => {
	test('is written as it is, whichever were written before and however many', () => {
		for (let nth = 0; nth < 3000; nth += 1) {
			for (const prefix of ['', 'a', `p${nth % 70}`, 'a']) {
				const localName = `n${nth % 2500}`;
				const written = prefix === '' ? localName : `${prefix}:${localName}`;
				expect(qualifiedName({ prefix, namespace: 'urn:x', localName })).toBe(written);
			}
		}
	});

	test('is not kept where its prefix is longer than a name may be', () => {
		setFlagsFromString('--expose-gc');
		const collect = runInNewContext('gc') as () => void;
		const heapBytes = () => {
			collect();
			return process.memoryUsage().heapUsed;
		};
		const before = heapBytes();
		for (let nth = 0; nth < 500; nth += 1) {
			const prefix = `p${nth}`.padEnd(50_000, 'p');
			expect(qualifiedName({ prefix, namespace: 'urn:x', localName: 'n' })).toBe(`${prefix}:n`);
		}
		expect(heapBytes() - before).toBeLessThan(10 << 20);
	});
});

describe('walking a tree', () => {
	const root = read('x<a n="1" p:n="2" xmlns:p="urn:p">one<!-- two -->three<b>no</b></a>y<p:a xmlns:p="urn:p"/><a/>');

	test('children are found by expanded name, whatever their prefix', () => {
		expect(childElements(root).length).toBe(3);
		expect(childElements(root, '', 'a').length).toBe(2);
		expect(childElements(root, 'urn:p').map(({ localName }) => localName)).toEqual(['a']);
		expect(firstChild(root, 'urn:p', 'a')).toBe(root.children[3]);
		expect(firstChild(root, 'urn:p', 'b')).toBeUndefined();
	});

	test('attributes are found by expanded name: an unqualified one is in no namespace', () => {
		const [a] = childElements(root);
		expect(attributeValue(a!, '', 'n')).toBe('1');
		expect(attributeValue(a!, 'urn:p', 'n')).toBe('2');
		expect(attributeValue(a!, WSAG, 'n')).toBeUndefined();
	});

	test("text is the element's own, around comments, without its children's", () => {
		expect(textOf(childElements(root)[0]!)).toBe('onethree');
	});

	test('a position is written where several siblings are written alike, and only there', () => {
		const [first, prefixed, second] = childElements(root);
		expect([first, prefixed, second].map((child) => pathOf(root, child!))).toEqual([
			'/w:Constraint/a[1]',
			'/w:Constraint/p:a',
			'/w:Constraint/a[2]',
		]);
		expect(pathOf(root, childElements(first!)[0]!)).toBe('/w:Constraint/a[1]/b');
		expect(pathOf(root, root)).toBe('/w:Constraint');
		expect(pathOf(root, element(named('', '', 'a')))).toBeUndefined();
	});
});

describe('two elements say the same', () => {
	const same: [string, string, string][] = [
		['under other prefixes', '<p:a xmlns:p="urn:a" p:x="1"/>', '<a xmlns="urn:a" xmlns:q="urn:a" q:x="1"/>'],
		['with attributes in another order', '<a x="1" y="2"/>', '<a y="2" x="1"/>'],
		['with comments or without', '<a>b<!-- c -->d</a>', '<a>bd</a>'],
	];
	const different: [string, string, string][] = [
		['in another namespace', '<a/>', '<a xmlns="urn:a"/>'],
		['with another attribute', '<a x="1"/>', '<a y="1"/>'],
		['with an attribute more', '<a/>', '<a y="1"/>'],
		['with other white space', '<a> b</a>', '<a>b</a>'],
		['with children in another order', '<a><b/><c/></a>', '<a><c/><b/></a>'],
		['with a child more', '<a><b/></a>', '<a><b/><b/></a>'],
		['with text where an element was', '<a>b</a>', '<a><b/></a>'],
	];

	test.each(same)('%s: yes', (_, one, other) => {
		expect(sameElement(read(one), read(other))).toBe(true);
	});

	test.each(different)('%s: no', (_, one, other) => {
		expect(sameElement(read(one), read(other))).toBe(false);
		expect(sameElement(read(other), read(one))).toBe(false);
	});

	test('if they are one and the same', () => {
		fc.assert(fc.property(bareTree, (tree) => sameElement(tree, structuredClone(tree))));
	});
});

describe('declarations that are missing are added', () => {
	test('at the root, once for each prefix', () => {
		const tree = element(
			named('a', 'urn:a', 'x'),
			[],
			[element(named('b', 'urn:b', 'y'), [attribute('n', '1')]), 'text'],
		);
		expect(declareNamespaces(tree).declarations).toEqual([
			{ prefix: 'a', namespace: 'urn:a' },
			{ prefix: 'b', namespace: 'urn:b' },
		]);
	});

	test('in place where a prefix means something else', () => {
		const inner = element(named('a', 'urn:other', 'y'), [attribute(named('a', 'urn:other', 'n'), '1')]);
		const declared = declareNamespaces(element(named('a', 'urn:a', 'x'), [], [inner]));
		expect(childElements(declared)[0]!.declarations).toEqual([{ prefix: 'a', namespace: 'urn:other' }]);
	});

	test('for an element without a namespace inside one that has a default', () => {
		const declared = declareNamespaces(element(named('', 'urn:a', 'x'), [], [element(named('', '', 'y'))]));
		expect(childElements(declared)[0]!.declarations).toEqual([{ prefix: '', namespace: '' }]);
	});

	test('never for the prefix xml', () => {
		const language = attribute(named('xml', 'http://www.w3.org/XML/1998/namespace', 'lang'), 'en');
		expect(declareNamespaces(element(named('', '', 'x'), [language])).declarations).toEqual([]);
	});

	test('as well where what was there before is passed over', () => {
		const before = declareNamespaces(
			element(
				named('a', 'urn:a', 'x'),
				[],
				[
					element(named('b', 'urn:b', 'y'), [], [element(named('b', 'urn:b', 'z'))]),
					'text',
					element(named('a', 'urn:o', 'y')),
				],
			),
		);
		const [kept, changed] = childElements(before);
		const added = element(named('c', 'urn:c', 'z'), [], [element(named('b', 'urn:other', 'v'))]);
		const after = { ...before, children: [kept!, ...before.children.slice(1, 2), { ...changed!, children: [added] }] };
		expect(declareNamespaces(after, before)).toEqual(declareNamespaces(after));
		expect(declareNamespaces(after, before).declarations).toContainEqual({ prefix: 'c', namespace: 'urn:c' });
	});

	test('as well below what gives a prefix another meaning', () => {
		const kept = element(named('a', 'urn:a', 'z'));
		const before = declareNamespaces(
			element(named('a', 'urn:a', 'x'), [], [element(named('a', 'urn:a', 'y'), [], [kept])]),
		);
		const renamed = { ...before, children: [element(named('a', 'urn:other', 'y'), [], [kept])] };
		expect(declareNamespaces(renamed, before)).toEqual(declareNamespaces(renamed));
		expect(childElements(childElements(declareNamespaces(renamed, before))[0]!)[0]!.declarations).toEqual([
			{ prefix: 'a', namespace: 'urn:a' },
		]);
	});

	test('unless one element would need two for one prefix', () => {
		const tree = element(named('a', 'urn:a', 'x'), [attribute(named('a', 'urn:b', 'n'), '1')]);
		expect(() => declareNamespaces(tree)).toThrow("a:x uses the prefix 'a' for two namespaces");
	});
});
