import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromJson } from '../../src/agreement/from-json.ts';
import { JSDL_HPCPA_VARIANTS, WELL_KNOWN_PREFIXES } from '../../src/agreement/names.ts';
import { type JsonValue, toJson, toJsonText } from '../../src/agreement/to-json.ts';
import { readDocument } from '../../src/xml/document.ts';
import { element, sameElement, type XmlElement } from '../../src/xml/element.ts';
import { isCanonical } from '../../src/xml/reader.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { anyText } from '../any-text.ts';
import { documentProblems } from '../conformance/document-schema.ts';
import { bareTree } from '../xml/arbitrary.ts';
import { canonical } from '../xml/canonical.ts';
import { codesOf, documentAt, treeOf, valueIn } from './documents.ts';

/** What JSON does not keep: white space between the elements of our own vocabularies, where none of another is around them. */
function withoutLayout(node: XmlElement): XmlElement {
	if (!OURS.has(node.namespace)) return node;
	const isLayout =
		node.children.some(({ kind }) => kind === 'element') &&
		node.children.every((child) => child.kind !== 'text' || /^[ \t\r\n]*$/.test(child.text));
	const children = node.children
		.filter(({ kind }) => !(isLayout && kind === 'text'))
		.map((child) => (child.kind === 'element' ? withoutLayout(child) : child));
	return { ...node, children };
}

const OURS = new Set([...WELL_KNOWN_PREFIXES.values(), ...JSDL_HPCPA_VARIANTS]);

/** The documents of the project: what ships, and what the tests are about. Those in other people's dialects are not ours. */
const FILES = ['templates', 'test/fixtures', 'test/conformance/corpus'].flatMap((folder) =>
	readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.xml') && !name.startsWith('dialects/'))
		.map((name) => `${folder}/${name}`),
);

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
const wsag = (localName: string, children: (XmlElement | string)[] = []): XmlElement =>
	element({ prefix: 'wsag', namespace: WSAG, localName }, [], children);

describe('the JSON form', () => {
	test.each<[name: string, xml: string, json: JsonValue]>([
		['text', '<a>n</a>', { a: 'n' }],
		['nothing', '<a></a>', { a: '' }],
		['white space that is all there is', '<a>  </a>', { a: '  ' }],
		['children by name', '<a><b>1</b><c>2</c></a>', { a: { b: '1', c: '2' } }],
		[
			'layout is not kept',
			'<ws:a>\n  <b>1</b>\n</ws:a>',
			{ 'ws:a': { '@xmlns:ws': 'urn:computon:workspace:1', b: '1' } },
		],
		[
			'what may be prose is kept, within it, too',
			'<a> <ws:b> <ws:c>1</ws:c></ws:b></a>',
			{
				a: {
					'@xmlns:ws': 'urn:computon:workspace:1',
					'#children': [' ', { 'ws:b': { '#children': [' ', { 'ws:c': '1' }] } }],
				},
			},
		],
		['what may be prose is kept', '<a><b>1</b> <c>2</c></a>', { a: { '#children': [{ b: '1' }, ' ', { c: '2' }] } }],
		['neighbours of one name', '<a><b>1</b><b>2</b><c></c></a>', { a: { b: ['1', '2'], c: '' } }],
		['attributes', '<a x="1">t</a>', { a: { '@x': '1', '#text': 't' } }],
		['attributes alone', '<a x="1"></a>', { a: { '@x': '1' } }],
		[
			'declarations',
			'<p:a xmlns:p="urn:p" xmlns="urn:d"><b></b></p:a>',
			{ 'p:a': { '@xmlns': 'urn:d', '@xmlns:p': 'urn:p', b: '' } },
		],
		['interleaved names', '<a><b></b><c></c><b></b></a>', { a: { '#children': [{ b: '' }, { c: '' }, { b: '' }] } }],
		['text among elements', '<a>x<b></b></a>', { a: { '#children': ['x', { b: '' }] } }],
		['a comment', '<a><!--c--><b></b></a>', { a: { '#children': [{ '#comment': 'c' }, { b: '' }] } }],
		['numbers in their own form', '<a>1.10</a>', { a: '1.10' }],
	])('%s', (_name, xml, json) => {
		const tree = declaredTree(xml);
		expect(toJson(tree)).toEqual(json);
		expect(writeCanonical(withoutLayout(valueIn(fromJson(json))))).toBe(writeCanonical(withoutLayout(tree)));
	});

	test('white space between elements counts where xml:space says so', () => {
		const xml =
			'<ws:a><ws:b xml:space="preserve"> <ws:c></ws:c>\n<ws:c> <d></d></ws:c><ws:e xml:space="default"> <d></d> </ws:e></ws:b> <ws:b></ws:b></ws:a>';
		const tree = declaredTree(xml);
		const kept = xml.replace('> <d></d> </ws:e>', '><d></d></ws:e>').replace('</ws:b> <ws:b>', '</ws:b><ws:b>');
		expect(writeCanonical(valueIn(fromJson(toJson(tree))))).toBe(writeCanonical(declaredTree(kept)));
	});

	test('the text is the one that JSON.stringify writes', () => {
		const trees = fc.tuple(bareTree, anyText()).map(([tree, text]) => ({
			...tree,
			children: [...tree.children, { kind: 'text' as const, text }],
		}));
		fc.assert(
			fc.property(trees, (tree) => {
				expect(toJsonText(tree)).toBe(JSON.stringify(toJson(tree)));
			}),
			{ numRuns: 40 },
		);
	});

	test('any document comes back as it was', () => {
		fc.assert(
			fc.property(bareTree, (bare) => {
				const tree = declareNamespaces(bare);
				const back = valueIn(fromJson(JSON.parse(JSON.stringify(toJson(tree)))));
				expect(writeCanonical(back)).toBe(canonical(writeCanonical(withoutLayout(tree))));
				expect(sameElement(back, withoutLayout(tree))).toBe(true);
			}),
			{ numRuns: 200 },
		);
	});

	test.each(['a·b', 'Ωmega', '日本', '〇a', 'Ⅷ', '℃', '٣', 'a‿b', 'ن\u200cا', 'a\u0301', '😀', '\u{effff}', 'é-1._'])(
		'comes back with a name such as %s, of an element, an attribute and a prefix',
		(name) => {
			const inner = `<${name}:${name} xmlns:${name}="urn:n" ${name}:${name}="1"><${name} xmlns="urn:o"></${name}></${name}:${name}>`;
			const xml = `<wsag:Constraint xmlns:wsag="${WSAG}">${inner}</wsag:Constraint>`;
			const json: unknown = toJson(valueIn(readDocument(Buffer.from(xml))));
			expect(writeCanonical(valueIn(fromJson(json)))).toBe(xml);
			expect(documentProblems(json)).toBe('');
		},
	);

	test.each(['1a', '-a', '.a', '·a', '\u0301a', 'a b', 'a×b', '÷', 'ª', 'a\u2190', '\u{f0000}', ''])(
		'no name is %j',
		(name) => {
			const json = { [name]: '' };
			expect(codesOf(fromJson(json))).toEqual(['JSON_MALFORMED']);
			expect(documentProblems(json)).not.toBe('');
		},
	);

	test.each(FILES)('%s comes back, and its JSON is as it is documented', (path) => {
		const tree = documentAt(path);
		const json: unknown = JSON.parse(JSON.stringify(toJson(tree)));
		expect(writeCanonical(withoutLayout(valueIn(fromJson(json))))).toBe(writeCanonical(withoutLayout(tree)));
		expect(documentProblems(json)).toBe('');
	});
});

/** What a JSON Schema cannot say: the digits of a number, that 1e400 has no end, which prefixes are declared, the size of a document. */
const UNDOCUMENTED = new Set([
	'a whole number beyond 2^53',
	'a whole number of more than 15 digits',
	'a fraction of more than 15 digits',
	'a number without end',
	'an unknown prefix',
	'an attribute under two prefixes',
	'more elements than are read',
]);

describe('docs/json.md', () => {
	const text = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8');
	const examples = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, example]) => JSON.parse(example!) as object);

	test.each(examples.map((example) => [Object.keys(example)[0]!, example]))(
		'its example of a %s is a document, as it is documented and valid',
		(_name, example) => {
			expect(documentProblems(example)).toBe('');
			const tree = valueIn(fromJson(example));
			expect(valueIn(readDocument(Buffer.from(writeCanonical(tree)))).localName).toMatch(/Offer$/);
		},
	);

	test('shows an offer and one of a negotiation', () => {
		expect(examples).toHaveLength(2);
	});
});

describe('what may be sent', () => {
	test.each<[value: JsonValue, text: string]>([
		[1, '1'],
		[-0, '0'],
		[268_435_456, '268435456'],
		[9_007_199_254_740_991, '9007199254740991'],
		[1e20, '100000000000000000000'],
		[-1.5e300, '-1.5e+300'],
		[0.7, '0.7'],
		[1e-7, '1e-7'],
		[true, 'true'],
		[false, 'false'],
		['1.50', '1.50'],
	])('%j stands for %s', (value, text) => {
		expect(sameElement(valueIn(fromJson({ 'wsag:Name': value })), wsag('Name', [text]))).toBe(true);
		expect(sameElement(valueIn(fromJson({ 'wsag:Name': { '#text': value } })), wsag('Name', [text]))).toBe(true);
	});

	test('well-known prefixes need no declaration, and get one', () => {
		const tree = valueIn(fromJson({ 'wsag:Terms': { 'jsdl:Exact': 1, 'ws:Window': { '@xs:type': 'x' } } }));
		expect(writeCanonical(tree)).toBe(
			`<wsag:Terms xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:ws="urn:computon:workspace:1" xmlns:wsag="${WSAG}" xmlns:xs="http://www.w3.org/2001/XMLSchema"><jsdl:Exact>1</jsdl:Exact><ws:Window xs:type="x"></ws:Window></wsag:Terms>`,
		);
	});

	test.each([
		{ how: 'without declarations', members: { '@wsag:ServiceName': 's', '@wsag:Name': 'n' } },
		{
			how: 'with declarations behind',
			members: { '@wsag:Name': 'n', '@xmlns:wsag': WSAG, '@xmlns:b': 'urn:b', '@a': '' },
		},
	])('attributes and declarations may come in any order, $how, and are not read again for it', ({ members }) => {
		const tree = valueIn(fromJson({ 'wsag:Terms': { ...members, 'ws:Window': { '@xs:b': '', '@xs:a': '' } } }));
		expect(isCanonical(tree)).toBe(true);
		expect(writeCanonical(tree)).toBe(canonical(writeCanonical(tree)));
	});

	test('a well-known prefix may mean something else where that is said', () => {
		const tree = valueIn(fromJson({ 'ws:a': { '@xmlns:ws': 'urn:other', 'ws:b': '' } }));
		expect(tree).toMatchObject({ namespace: 'urn:other', children: [{ namespace: 'urn:other' }] });
	});

	test('members that JavaScript would take for its own are names like others', () => {
		const json = JSON.parse('{"wsag:Terms":{"__proto__":{"@a":"1"},"constructor":"2"}}');
		const tree = valueIn(fromJson(json));
		expect(tree.children).toMatchObject([{ localName: '__proto__' }, { localName: 'constructor' }]);
		expect(JSON.stringify(toJson(tree))).toContain('"__proto__":{"@a":"1"}');
	});

	test.each<[name: string, value: unknown, code: string, path: string]>([
		['a text', 'x', 'JSON_MALFORMED', '/'],
		['nothing', undefined, 'JSON_MALFORMED', '/'],
		['a list', [], 'JSON_MALFORMED', '/'],
		['two roots', { a: '', b: '' }, 'JSON_MALFORMED', '/'],
		['a list of roots', { a: ['', ''] }, 'JSON_MALFORMED', '/a'],
		['null', { a: { b: null } }, 'JSON_MALFORMED', '/a/b'],
		['a list within a list', { a: { b: [['x']] } }, 'JSON_MALFORMED', '/a/b'],
		['a whole number beyond 2^53', { a: { b: ['1', 2 ** 53] } }, 'NUMBER_INEXACT', '/a/b[2]'],
		['a whole number of more than 15 digits', { a: 12345678901234567000 }, 'NUMBER_INEXACT', '/a'],
		['a fraction of more than 15 digits', { a: 0.1234567890123456 }, 'NUMBER_INEXACT', '/a'],
		['a number without end', { a: Number.POSITIVE_INFINITY }, 'NUMBER_INEXACT', '/a'],
		['an unknown prefix', { 'nope:a': '' }, 'JSON_MALFORMED', '/nope:a'],
		['a name that is none', { a: { 'b c': '' } }, 'JSON_MALFORMED', '/a/b c'],
		['a name of three parts', { a: { 'b:c:d': '' } }, 'JSON_MALFORMED', '/a/b:c:d'],
		['a name of 513 characters', { a: { ['b'.repeat(513)]: '' } }, 'JSON_MALFORMED', `/a/${'b'.repeat(496)}…`],
		['more elements than are read', { a: { b: Array(25_000).fill('') } }, 'TOO_MANY_ELEMENTS', '/'],
		['an attribute that is an object', { a: { '@x': {} } }, 'JSON_MALFORMED', '/a/@x'],
		[
			'an attribute under two prefixes',
			{ a: { '@xmlns:p': 'urn:x', '@xmlns:q': 'urn:x', '@p:x': '', '@x': '', '@q:x': '' } },
			'JSON_MALFORMED',
			'/a/@q:x',
		],
		['text and children', { a: { '#text': 'x', b: '' } }, 'JSON_MALFORMED', '/a/#text'],
		['two kinds of children', { a: { '#children': [], b: '' } }, 'JSON_MALFORMED', '/a/#children'],
		['an unknown special member', { a: { '#data': '' } }, 'JSON_MALFORMED', '/a/#data'],
		['children that are no list', { a: { '#children': {} } }, 'JSON_MALFORMED', '/a/#children'],
		['a child of two names', { a: { '#children': [{ b: '', c: '' }] } }, 'JSON_MALFORMED', '/a/#children[1]'],
		[
			'a comment that ends too early',
			{ a: { '#children': [{ '#comment': 'x--y' }] } },
			'JSON_MALFORMED',
			'/a/#children[1]',
		],
		['the only one of its name', { a: { '#children': ['x', { b: '' }, { c: null }] } }, 'JSON_MALFORMED', '/a/c'],
		['one of several', { a: { '#children': [{ b: '' }, 'x', { c: '' }, { b: [] }] } }, 'JSON_MALFORMED', '/a/b[2]'],
		['a comment that is a number', { a: { '#children': [{ '#comment': 1 }] } }, 'JSON_MALFORMED', '/a/#children[1]'],
		['a control character', { a: 'x\u0000' }, 'JSON_MALFORMED', '/a'],
		['half a character', { a: '\ud800' }, 'JSON_MALFORMED', '/a'],
		['half a character in an attribute', { a: { '@b': '\udc00' } }, 'JSON_MALFORMED', '/a/@b'],
		[
			'a comment of what XML cannot hold',
			{ a: { '#children': [{ '#comment': '\ufffe' }] } },
			'JSON_MALFORMED',
			'/a/#children[1]',
		],
		['a prefix that cannot be declared', { a: { '@xmlns:xml': 'urn:x' } }, 'JSON_MALFORMED', '/a/@xmlns:xml'],
		['a namespace that XML cannot hold', { a: { '@xmlns:p': 'urn:\u0001' } }, 'JSON_MALFORMED', '/a/@xmlns:p'],
		['a prefix without a namespace', { a: { '@xmlns:p': '' } }, 'JSON_MALFORMED', '/a/@xmlns:p'],
		['a declaration that is a number', { a: { '@xmlns': 1 } }, 'JSON_MALFORMED', '/a/@xmlns'],
	])('%s is refused, by the documented schema too where it can know', (_name, value, code, path) => {
		const reading = fromJson(value);
		expect(codesOf(reading)).toEqual([code]);
		expect(reading.ok ? '' : reading.issues[0]?.path).toBe(path);
		expect(documentProblems(value) === '').toBe(UNDOCUMENTED.has(_name));
	});

	test.each([1e20, 1e300, -1e21, 123456789012345e6, 0.1, -0, 5e-324])(
		'the number %d is taken, and so it is documented',
		(number) => {
			expect(codesOf(fromJson({ a: number }))).toEqual([]);
			expect(documentProblems({ a: number })).toBe('');
		},
	);

	test('every character is taken exactly where the documented schema takes it', () => {
		const wrong = Array.from({ length: 0x11000 }, (_, code) => String.fromCodePoint(code)).filter(
			(text) => (documentProblems({ a: text }) === '') !== fromJson({ a: text }).ok,
		);
		expect(wrong).toEqual([]);
	});

	test.each<[value: unknown, found: string]>([
		[null, 'null'],
		[[['x']], 'an array'],
		[undefined, 'undefined'],
	])('%j is called what it is', (value, found) => {
		const reading = fromJson({ a: { b: value } });
		expect(reading.ok ? '' : reading.issues[0]?.found).toBe(found);
	});

	test.each<[place: string, value: unknown, found: string, allowed: string]>([
		['an element', { a: null }, 'null', 'a text, a number, a boolean or an object'],
		['an item of an array', { a: { b: [[]] } }, 'an array', 'a text, a number, a boolean or an object'],
		['an attribute', { a: { '@x': {} } }, 'an object', 'a text, a number or a boolean'],
		['a text', { a: { '#text': {} } }, 'an object', 'a text, a number or a boolean'],
		['a child in order', { a: { '#children': [null] } }, 'null', 'a text, a number, a boolean or an object'],
		['children in order', { a: { '#children': {} } }, 'an object', 'an array'],
	])('what cannot be %s is told what can', (_, value, found, allowed) => {
		const reading = fromJson(value);
		expect(reading.ok ? [] : reading.issues).toMatchObject([{ found, allowed }]);
		expect(reading.ok ? '' : reading.issues[0]?.message).toBe(`Here ${allowed} must stand.`);
	});

	test('a document that is nested too deep is refused', () => {
		let value: JsonValue = 'x';
		for (let depth = 0; depth < 5000; depth += 1) value = { a: value };
		expect(codesOf(fromJson({ a: { b: [value, value] } }))).toEqual(['TOO_DEEP']);
	});
});

/** The tree of a text that declares what it needs itself. */
function declaredTree(xml: string): XmlElement {
	const tree = treeOf(`<x:document>${xml}</x:document>`).children[0];
	if (tree?.kind !== 'element') throw new Error(`${xml} is no element.`);
	return declareNamespaces(tree);
}
