/** Lines of a JSON document are found in its text, however that is laid out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromJson } from '../../src/agreement/from-json.ts';
import { pathOf, sameElement, type XmlElement } from '../../src/xml/element.ts';
import { linesOfJson } from '../../src/xml/locate-json.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { bareTree } from '../xml/arbitrary.ts';
import { valueIn } from './documents.ts';
import { elementsOf, writeJson } from './json-layout.ts';

const linesIn = (text: string, ...paths: string[]) => linesOfJson(() => text).linesOf(paths);

/** The tree with one name for most of its elements, so that many have namesakes. */
function ofFewNames(node: XmlElement): XmlElement {
	const localName = node.localName.length > 2 ? 'a' : 'b';
	const children = node.children.map((child) => (child.kind === 'element' ? ofFewNames(child) : child));
	return { ...node, prefix: '', namespace: '', localName, children };
}

const trees = fc.oneof(bareTree, bareTree.map(ofFewNames)).map((bare) => declareNamespaces(bare));

describe('the line that is told', () => {
	test('is that on which the element or the attribute stands; of what is not there, that of what is around it', () => {
		let lists = 0;
		let inOrder = 0;
		fc.assert(
			fc.property(trees, fc.infiniteStream(fc.nat(0xffff)), (tree, stream) => {
				const { text, lines } = writeJson(tree, (among) => stream.next().value! % among);
				expect(sameElement(valueIn(fromJson(JSON.parse(text))), tree)).toBe(true);
				const paths = [...lines.keys()];
				expect(linesIn(text, ...paths)).toEqual([...lines.values()]);
				const elements = elementsOf(tree).map((each) => pathOf(tree, each)!);
				expect(paths).toEqual(expect.arrayContaining(elements));
				const absent = elements.flatMap((path) => [`${path}/no/no[2]/@no`, `${path}/@no`]);
				expect(linesIn(text, ...absent)).toEqual(elements.flatMap((path) => [lines.get(path), lines.get(path)]));
				lists += elements.filter((path) => path.endsWith(']')).length;
				inOrder += text.includes('#children') ? 1 : 0;
			}),
			{ numRuns: 400 },
		);
		expect([lists > 100, inOrder > 50]).toEqual([true, true]);
	});

	test.each([
		['an array of one', '{"a":{"b":[\n{"c":1}]}}', '/a/b/c', 2],
		['an item of an array', '{"a":{"b":[1,\n2,\n3]}}', '/a/b[3]', 3],
		['what is beyond an array', '{"a":{\n"b":[1,\n2]}}', '/a/b[3]', 1],
		['an array in the place of an element', '{"a":{"#children":[\n{"b":[1]}]}}', '/a/b', 2],
		['a text among children in order', '{"a":{"#children":["x",\n{"b":1},\n{},\n{"b":[]}]}}', '/a/#children[3]', 3],
		['children in order that are none', '{"a":{\n"#children":1}}', '/a/#children', 2],
		['a declaration', '{"a":{\n"@xmlns:p":1}}', '/a/@xmlns:p', 2],
		['a name that looks like steps', '{"a":{\n"x/y[2]/z":1,\n"b":1}}', '/a/x/y[2]/z', 2],
		['a name that looks like a position', '{"a":{\n"x[2]":1,\n"b":1}}', '/a/x[2]', 2],
		['a name with escapes', '{"a":{\n"\\u0062":1}}', '/a/b', 2],
		['a name twice as long as a path', `{"a":{\n"${'b'.repeat(1000)}":1}}`, `/a/${'b'.repeat(490)}…`, 1],
		['the document', '\n\n{"a":1}', '/', 3],
		['another document', '\n{"a":1}', '/b/a', 2],
		['what is no object', '\n[[{"a":1}]]', '/a', 2],
		['a text that ends too soon', '{"a":{\n"b":1', '/a/b', 2],
	])('of %s', (_, text, path, line) => {
		expect(linesIn(text, path)).toEqual([line]);
	});

	test('of nothing is none', () => {
		expect(linesIn(' \n', '/', '/a')).toEqual([undefined, undefined]);
	});

	test('is found in a moment, however large the document is and however much is asked', () => {
		const mebibyte = 1 << 20;
		const deep = '{"a":'.repeat(100_000);
		const TEXTS = [
			`{"a":{"b":[${'1,'.repeat(mebibyte / 2)}1]}}`,
			`{"a":{"#children":[${'{"b":1},'.repeat(mebibyte / 8)}1]}}`,
			`{"a":{${Array.from({ length: 80_000 }, (_, nth) => `"n${nth}/b":1`).join()}}}`,
			`${deep}1${'}'.repeat(100_000)}`,
			'['.repeat(mebibyte),
		];
		const paths = Array.from({ length: 100 }, (_, nth) => `${'/a'.repeat(nth + 1)}/b[${nth * 5000 + 1}]`);
		const begun = process.cpuUsage();
		for (const text of TEXTS) linesIn(text, ...paths);
		expect(process.cpuUsage(begun).user / 1000).toBeLessThan(3000);
	});
});
