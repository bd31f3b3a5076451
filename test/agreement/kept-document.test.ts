import { expect, test } from 'vitest';
import { keptText, keptTree, keptXml } from '../../src/agreement/kept-document.ts';
import { readCanonical } from '../../src/xml/reader.ts';

const XML = '<a:b xmlns:a="urn:a" c="&lt;1&#x9;"><a:d>{ &amp; }</a:d><!--e--> </a:b>';

function treeOf(text: string) {
	const reading = readCanonical(text);
	if (!reading.ok) throw new Error(reading.issue.message);
	return reading.root;
}

test('a document is kept as its canonical text and comes back as it was', () => {
	const tree = treeOf(XML);
	expect(keptText(tree)).toBe(XML);
	expect(keptTree(XML)).toEqual(tree);
	expect(keptXml(XML)).toBe(XML);
});

test('what an older broker has kept as the JSON of its tree is the same document', () => {
	const older = JSON.stringify(treeOf(XML));
	expect(keptTree(older)).toEqual(treeOf(XML));
	expect(keptXml(older)).toBe(XML);
});

test('a text that was not kept by anybody is a mistake of ours', () => {
	expect(() => keptTree('<a><?b?></a>')).toThrow('cannot be read again');
});
