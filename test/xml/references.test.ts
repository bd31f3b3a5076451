import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textOf, type XmlElement } from '../../src/xml/element.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import { withoutReferences, withReferences } from '../../src/xml/references.ts';
import { writeCanonical } from '../../src/xml/writer.ts';

/** What looks like references, halves of them, and what they stand for. */
const pieces = fc.constantFrom(
	...['&', 'amp;', '&amp;', '&lt;', 'lt;', '&#38;', '#38;', '#x9;', '&#x9;', '#13;', ';', '#', 'x', 'é'],
	...['<', '>', '"', "'", '\t', '\n', '\r', ' '],
);
const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));

test('a text comes back from its references, whatever looks like one in it', () => {
	fc.assert(
		fc.property(texts, (text) => {
			expect(withoutReferences(withReferences(text, ['&', '<', '"', '\t', '\n', '\r']))).toBe(text);
			expect(withoutReferences(withReferences(text, ['&', '<', '>', '\r']))).toBe(text);
		}),
	);
});

test('so do texts and attributes of a document', () => {
	fc.assert(
		fc.property(texts, texts, (text, value) => {
			const name = { prefix: '', namespace: '', localName: 'a' };
			const attributes = [{ ...name, value }];
			const tree: XmlElement = {
				kind: 'element',
				...name,
				attributes,
				declarations: [],
				children: [{ kind: 'text', text: `x${text}` }],
			};
			const written = writeCanonical(tree);
			const canonical = readCanonical(written);
			if (!canonical.ok) throw new Error(JSON.stringify(canonical.issue));
			expect([textOf(canonical.root), canonical.root.attributes[0]!.value]).toEqual([`x${text}`, value]);
		}),
	);
});
