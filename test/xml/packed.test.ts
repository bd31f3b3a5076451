import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { element, qualifiedName } from '../../src/xml/element.ts';
import { packTree, unpackTree } from '../../src/xml/packed.ts';
import { bareTree, declaredTree } from './arbitrary.ts';

describe('a packed tree', () => {
	test('is the tree again when it is unpacked', () => {
		fc.assert(
			fc.property(fc.oneof(bareTree, declaredTree), (tree) => {
				expect(unpackTree(packTree(tree)!)).toEqual(tree);
			}),
			{ numRuns: 500 },
		);
	});

	test('has the names of its own document, however many others were unpacked before', () => {
		const named = (nth: number) =>
			element({ prefix: `p${nth}`, namespace: `urn:${nth}`, localName: `n${nth}` }, [], ['t'.repeat(nth)]);
		const packed = Array.from({ length: 200 }, (_, nth) => packTree(named(nth))!);
		for (const round of [0, 1]) {
			packed.forEach((text, nth) => {
				expect(unpackTree(text), `${nth} in round ${round}`).toEqual(named(nth));
			});
		}
	});

	test('does not stay in memory for the sake of its names', () => {
		setFlagsFromString('--expose-gc');
		const collect = runInNewContext('gc') as () => void;
		const heapBytes = () => {
			collect();
			return process.memoryUsage().heapUsed;
		};
		const text = 't'.repeat(512 << 10);
		const before = heapBytes();
		for (let nth = 0; nth < 100; nth += 1) {
			const name = { prefix: 'prefix', namespace: `urn:of-some-length:${nth}`, localName: `of-some-length-${nth}` };
			qualifiedName(unpackTree(packTree(element(name, [], [text]))!));
		}
		expect(heapBytes() - before).toBeLessThan(10 << 20);
	});

	test('may have as many children as one UTF-16 unit counts, and no more', () => {
		const parent = (count: number) =>
			element({ prefix: '', namespace: '', localName: 'a' }, [], Array(count).fill('t'));
		expect(unpackTree(packTree(parent(0xfffd))!)).toEqual(parent(0xfffd));
		expect(packTree(parent(0xfffe))).toBeUndefined();
	});
});
