/** Documents that are kept are printed alike, whether they are read here or, as large ones are, in a worker. */
import { describe, expect, test } from 'vitest';
import { keptText, keptTree, remadeTree } from '../../src/agreement/kept-document.ts';
import { pack, type ReadDocument, read, unpack } from '../../src/agreement/reading.ts';
import { documentDifferences } from '../../src/agreement/same-document.ts';
import { toJsonText } from '../../src/agreement/to-json.ts';
import { SMALL_BYTES_MAX } from '../../src/api/admission.ts';
import { compareKept, type KeptDocument, printKept, treeOfKept } from '../../src/api/kept-documents.ts';
import type { DocumentReader } from '../../src/api/requests.ts';
import type { Pieces } from '../../src/api/streamed.ts';
import { type Reading, readKeptWith } from '../../src/xml/document.ts';
import { element } from '../../src/xml/element.ts';
import { bytesOfText, textOfBytes } from '../../src/xml/packed-text.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { negotiationOfferXml, treeOf } from '../agreement/documents.ts';

/** What a worker does, and what it tells of that; and of how many documents. */
function reader(): DocumentReader & { documents: number } {
	return {
		documents: 0,
		async read(bytes, form, context) {
			expect(form).toBe('kept');
			this.documents += 1;
			const reading = readKeptWith(bytes, read, structuredClone(context)) as Reading<ReadDocument>;
			if (!reading.ok) return reading;
			const packed = pack(reading.value);
			return packed === undefined ? reading : { ok: true, value: unpack(textOfBytes(bytesOfText(packed))) };
		},
	};
}

async function textOf(pieces: Pieces): Promise<string> {
	let text = '';
	for (const piece of pieces) text += typeof piece === 'string' ? piece : [...(await piece)].join('');
	return text;
}

const ASKED = { prefix: 'x', namespace: 'urn:x', localName: 'asked' };
const NODE = {
	root: 'NegotiationCounterOffer',
	offerId: 'one',
	creator: 'NegotiationResponder',
	state: 'Rejected',
	expirationAt: 1_800_000_000,
	otherwise: { ...element(ASKED, [], ['1']), declarations: [{ prefix: 'x', namespace: 'urn:x' }] },
} as const;

/** The document with a remark of so many characters, some of them beyond Latin-1. */
function longer(characters: number): string {
	const tree = treeOf(negotiationOfferXml());
	const remark = { kind: 'comment', text: 'é€𝒳'.repeat(characters / 4) } as const;
	return keptText({ ...tree, children: [...tree.children, remark] });
}

const REMADE: readonly (readonly [string, KeptDocument['remade']])[] = [
	['as it is', {}],
	['as a node of the tree of offers', { node: NODE }],
	['with something behind it', { more: [NODE.otherwise] }],
];

describe.each([
	['a small one', 400, 0],
	['a large one', SMALL_BYTES_MAX * 2, 1],
])('%s', (_, characters, documents) => {
	const text = longer(characters);

	test.each(REMADE)('is printed %s', async (_, remade) => {
		const tree = remadeTree(keptTree(text), remade);
		const elsewhere = reader();
		expect(await textOf(printKept(elsewhere, { text, remade }, 'xml'))).toBe(writeCanonical(tree));
		expect(await textOf(printKept(elsewhere, { text, remade }, 'json'))).toBe(toJsonText(tree));
		expect(await treeOfKept(elsewhere, { text, remade })).toEqual(tree);
		expect(elsewhere.documents).toBe(documents * 3);
	});
});

test('documents are compared as they would be here', async () => {
	const [text, another] = [longer(400), longer(800)];
	const others = [text, another, JSON.stringify(keptTree(text)), '<a></a>'];
	const expected = others.map((other) => documentDifferences(keptTree(text), keptTree(other), 3));
	expect(expected.map(({ length }) => length)).toEqual([0, 0, 0, 1]);
	expect(await compareKept(reader(), text, others, 3)).toEqual(expected);
});

test('what an older broker has kept as JSON is printed here, however large it is', async () => {
	const text = longer(SMALL_BYTES_MAX * 2);
	const elsewhere = reader();
	const kept = { text: JSON.stringify(keptTree(text)), remade: {} };
	expect(await textOf(printKept(elsewhere, kept, 'xml'))).toBe(text);
	expect(elsewhere.documents).toBe(0);
});

test('a document that cannot be read again is a mistake of ours', async () => {
	const text = `<a>${' '.repeat(SMALL_BYTES_MAX)}<?b?></a>`;
	await expect(textOf(printKept(reader(), { text, remade: {} }, 'xml'))).rejects.toThrow('cannot be read again');
});
