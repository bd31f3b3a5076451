/** What is told to change for a free constraint to hold does make it hold, and no whole number is nearer: by trying all. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { COMPARE } from './compare.ts';
import { findConditionFaults } from './condition-faults.ts';
import { treeOf } from './documents.ts';

const FUNCTIONS: Record<string, (values: readonly number[]) => number> = {
	count: (values) => values.length,
	sum: (values) => values.reduce((one, other) => one + other, 0),
	min: (values) => Math.min(...values),
	max: (values) => Math.max(...values),
};
const operator = fc.constantFrom(...Object.keys(COMPARE));

function faultsOf(text: string, values: readonly number[]) {
	const written = text.replaceAll('<', '&lt;');
	const constraint = readFreeConstraint(placeOfRoot(treeOf(`<wsag:Constraint>${written}</wsag:Constraint>`)), []);
	const nodes = values.map((value) => `<x:v>${value}</x:v>`).join('');
	const document = treeOf(`<x:d>${nodes}</x:d>`);
	const faults = findConditionFaults(constraint!, document, { remaining: 1_000_000 });
	const elements = document.children.filter(({ kind }) => kind === 'element');
	return faults.map((fault) => ({ ...fault, at: elements.indexOf(fault.selection?.owner as never) }));
}

/** The whole numbers for which it holds, the nearest to the one first. */
function nearestWhole(holds: (value: number) => boolean, found: number, least = -2000): number | undefined {
	for (let apart = 0; apart <= 2000; apart += 1) {
		if (found - apart >= least && holds(found - apart)) return apart;
		if (holds(found + apart)) return apart;
	}
	return undefined;
}

test('of what a function makes of some nodes', () => {
	const values = fc.array(fc.integer({ min: -6, max: 9 }), { maxLength: 4 });
	const name = fc.constantFrom(...Object.keys(FUNCTIONS));
	const factor = fc.constantFrom(1, 2, 3);
	let told = 0;
	fc.assert(
		fc.property(name, operator, factor, fc.integer({ min: -9, max: 12 }), values, (of, sign, times, wanted, nodes) => {
			const isEmpty = nodes.length === 0 && (of === 'min' || of === 'max');
			const holdsOf = (made: number): boolean => COMPARE[sign]!(times * made, wanted);
			const faults = faultsOf(`${of}(//x:v) * ${times} ${sign} ${wanted}`, nodes);
			if (!isEmpty && holdsOf(FUNCTIONS[of]!(nodes))) {
				expect(faults).toEqual([]);
				return;
			}
			const apart = nearestWhole(holdsOf, isEmpty ? 0 : FUNCTIONS[of]!(nodes), of === 'count' ? 0 : undefined);
			const [first] = faults;
			if (first?.nearest === undefined) {
				// A quotient that never ends is no decimal; a number of nodes is whole.
				expect([apart, wanted % times !== 0 || of === 'count']).toEqual([undefined, true]);
				return;
			}
			told += 1;
			const labelled = new RegExp(`^${of}\\(//x:v\\): (.*)$`).exec(first.nearest)?.[1];
			const alone = labelled ?? /^1 of it: (.*)$/.exec(first.nearest)?.[1];
			if (alone !== undefined) {
				expect(holdsOf(Number(alone))).toBe(true);
				if (apart !== undefined && !isEmpty) {
					expect(Math.abs(Number(alone) - FUNCTIONS[of]!(nodes))).toBe(apart);
				}
				return;
			}
			const changed = [...nodes];
			for (const { at, nearest } of faults) changed[at] = Number(nearest);
			expect(holdsOf(FUNCTIONS[of]!(changed))).toBe(true);
			if (apart !== undefined) expect(Math.abs(FUNCTIONS[of]!(changed) - FUNCTIONS[of]!(nodes))).toBe(apart);
			// None of them could stay as it is.
			for (const { at } of faults) {
				expect(holdsOf(FUNCTIONS[of]!(changed.with(at, nodes[at]!)))).toBe(false);
			}
		}),
		{ numRuns: 2000 },
	);
	expect(told).toBeGreaterThan(500);
});

test('of all that a function may come to', () => {
	const comparison = fc.tuple(operator, fc.integer({ min: -3, max: 9 }));
	const parts = fc.array(comparison, { minLength: 1, maxLength: 3 });
	fc.assert(
		fc.property(parts, fc.constantFrom('and', 'or'), fc.nat(4), (all, word, count) => {
			const text = all.map(([sign, wanted]) => `count(//x:v) ${sign} ${wanted}`).join(` ${word} `);
			const holdsOf = (made: number): boolean => {
				const each = all.map(([sign, wanted]) => COMPARE[sign]!(made, wanted));
				return word === 'and' ? each.every(Boolean) : each.some(Boolean);
			};
			const [fault] = faultsOf(`(${text}) or 1 = 2`, Array(count).fill(1));
			if (fault?.nearest === undefined) return;
			const words = fault.allowed!.replace('count(//x:v): ', '').split(' or ');
			const isAllowed = (made: number): boolean =>
				words.some((each) => {
					if (each === 'anything') return true;
					const [, least] = /^at least (.*)$/.exec(each) ?? [];
					if (least !== undefined) return made >= Number(least);
					const [from = '', to = from] = each.split('..');
					return made >= Number(from) && made <= Number(to);
				});
			for (let made = 0; made <= 12; made += 1) expect([made, isAllowed(made)]).toEqual([made, holdsOf(made)]);
		}),
		{ numRuns: 500 },
	);
});

test('of a Location that stands several times', () => {
	const small = fc.integer({ min: -4, max: 4 });
	const inputs = fc.tuple(small, small, small, fc.integer({ min: -60, max: 60 }), fc.integer({ min: -30, max: 30 }));
	let told = 0;
	fc.assert(
		fc.property(inputs, operator, ([cubes, squares, times, plus, said], sign) => {
			const v = '//x:v';
			const text = `${cubes} * ${v} * ${v} * ${v} + ${squares} * ${v} * ${v} + ${times} * ${v} ${sign} ${plus}`;
			const holdsOf = (at: number): boolean => COMPARE[sign]!(cubes * at ** 3 + squares * at ** 2 + times * at, plus);
			const [fault] = faultsOf(text, [said]);
			expect(fault === undefined).toBe(holdsOf(said));
			if (fault === undefined) return;
			// Of what is not negative nothing negative, where something else would do.
			const apart = nearestWhole(holdsOf, said, said < 0 ? undefined : 0);
			if (apart !== undefined) {
				told += 1;
				expect(holdsOf(Number(fault.nearest))).toBe(true);
				expect(Math.abs(Number(fault.nearest) - said)).toBe(apart);
			} else if (fault.nearest === undefined) {
				// No whole number, and no decimal: not one of these either.
				for (let at = -80; at <= 80; at += 0.0625) expect(holdsOf(at)).toBe(false);
			} else expect(faultsOf(text, [Number(fault.nearest)])).toEqual([]);
		}),
		{ numRuns: 2000 },
	);
	expect(told).toBeGreaterThan(300);
});

test('of a fraction in a Location that stands several times: to as many decimals as it takes', () => {
	const half = fc.integer({ min: -40, max: 40 }).map((each) => each / 4);
	fc.assert(
		fc.property(half, half, fc.constantFrom('<=', '<', '>=', '>', '='), half, (one, other, sign, said) => {
			const text = `(//x:v - (${one})) * (//x:v - (${other})) ${sign} 0`;
			const [fault] = faultsOf(text, [said]);
			const holdsOf = (at: number): boolean => COMPARE[sign]!((at - one) * (at - other), 0);
			expect(fault === undefined).toBe(holdsOf(said));
			if (fault === undefined) return;
			const grid = Array.from({ length: 8001 }, (_, index) => (index - 4000) / 200).filter(holdsOf);
			if (fault.nearest === undefined) {
				expect(grid).toEqual([]);
				return;
			}
			const near = Number(fault.nearest);
			expect(holdsOf(near)).toBe(true);
			const amounts = said < 0 || near < 0 ? grid : grid.filter((at) => at >= 0);
			if (said >= 0 && near < 0) expect(grid.filter((at) => at >= 0)).toEqual([]);
			const alike =
				Number.isInteger(said) && amounts.some(Number.isInteger) ? amounts.filter(Number.isInteger) : amounts;
			const decimals = (at: number): number => String(at).split('.')[1]?.length ?? 0;
			for (const at of alike.filter((each) => decimals(each) <= decimals(near))) {
				expect(Math.abs(at - said)).toBeGreaterThanOrEqual(Math.abs(near - said));
			}
		}),
		{ numRuns: 500 },
	);
});
