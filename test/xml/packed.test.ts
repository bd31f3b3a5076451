import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { element } from '../../src/xml/element.ts';
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

	test('may have as many children as one UTF-16 unit counts, and no more', () => {
		const parent = (count: number) =>
			element({ prefix: '', namespace: '', localName: 'a' }, [], Array(count).fill('t'));
		expect(unpackTree(packTree(parent(0xfffd))!)).toEqual(parent(0xfffd));
		expect(packTree(parent(0xfffe))).toBeUndefined();
	});
});
