/** Whether two documents say the same, and if not, where. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { documentDifferences, isSameDocument } from '../../src/agreement/same-document.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import { declaredTree } from '../xml/arbitrary.ts';

function treeOf(text: string) {
	const reading = readCanonical(text);
	if (!reading.ok) throw new Error(reading.issue.message);
	return reading.root;
}

const differ = (document: string, expected: string, most = 9) =>
	documentDifferences(treeOf(document), treeOf(expected), most).map(({ path, found, expected: wanted }) => [
		path,
		found,
		wanted,
	]);

describe('where one document is not the other', () => {
	test.each([
		['another text', '<a><b>1</b><b>2</b></a>', '<a><b>1</b><b>3</b></a>', [['/a/b[2]', '2', '3']]],
		['another attribute', '<a x="1"></a>', '<a x="2"></a>', [['/a/@x', '1', '2']]],
		['an attribute more', '<a x="1"></a>', '<a></a>', [['/a/@x', '1', 'nothing']]],
		['an attribute less', '<a></a>', '<a x="1"></a>', [['/a/@x', 'nothing', '1']]],
		['an element more', '<a><b></b><c></c></a>', '<a><b></b></a>', [['/a/c', 'c', 'nothing']]],
		['an element less', '<a><b></b></a>', '<a><b></b><c></c></a>', [['/a', 'nothing', 'c']]],
		['a text less', '<a></a>', '<a>t</a>', [['/a', 'nothing', 't']]],
		[
			'an element for a text',
			'<a><b></b></a>',
			'<a>t</a>',
			[
				['/a/b', 'b', 'nothing'],
				['/a', 'nothing', 't'],
			],
		],
		['another order', '<a><b></b><c></c></a>', '<a><c></c><b></b></a>', [['/a', 'b, c, in this order', 'c, b']]],
		['another root', '<a></a>', '<a xmlns="urn:x"></a>', [['/a', 'a', 'a']]],
	])('%s', (_, document, expected, differences) => {
		expect(differ(document, expected)).toEqual(differences);
	});

	test('is nowhere where prefixes, comments, blanks and the order of attributes are others', () => {
		const one = '<p:a xmlns:p="urn:x" p:x="1" y="2"> <p:b>t</p:b><!-- c --></p:a>';
		expect(differ(one, '<q:a y="2" xmlns:q="urn:x" q:x="1"><q:b>t</q:b></q:a>')).toEqual([]);
	});

	test('is told no oftener than asked, in document order', () => {
		const list = (value: string) => `<a>${`<b>${value}</b>`.repeat(50)}</a>`;
		expect(differ(list('1'), list('2'), 3).map(([path]) => path)).toEqual(['/a/b[1]', '/a/b[2]', '/a/b[3]']);
	});
});

test('two documents differ somewhere or are the same', () => {
	const property = (one: Parameters<typeof isSameDocument>[0], other: Parameters<typeof isSameDocument>[0]) => {
		expect(documentDifferences(one, other, 1).length === 0).toBe(isSameDocument(one, other));
		expect(documentDifferences(one, one, 1)).toEqual([]);
	};
	fc.assert(fc.property(declaredTree, declaredTree, property), { numRuns: 300 });
});

test('a document with one part changed is another one, which is told', () => {
	const shuffled = fc.tuple(declaredTree, fc.nat(), fc.nat()).map(([tree, from, to]) => {
		const children = [...tree.children];
		const [moved] = children.splice(from % Math.max(1, children.length), 1);
		if (moved !== undefined) children.splice(to % (children.length + 1), 0, moved);
		return [tree, { ...tree, children }] as const;
	});
	fc.assert(
		fc.property(shuffled, ([one, other]) => {
			expect(documentDifferences(one, other, 1).length === 0).toBe(isSameDocument(one, other));
		}),
		{ numRuns: 500 },
	);
});
