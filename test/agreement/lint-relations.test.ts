/** What constraints and items say of several Locations at once: what is called impossible is, proved by samples. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { isSatisfiable } from '../../src/agreement/lint/lint-values.ts';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { integer, of } from './branches.ts';
import { findConditionFaults } from './condition-faults.ts';
import { exact, facet, free, item, template, treeOf } from './documents.ts';

const read = (text: string) => readFreeConstraint(placeOfRoot(treeOf(free(text))), [])!;
const ANY = '<ws:Occurs min="0" max="unbounded"></ws:Occurs>';

const found = (items: string) =>
	lintTemplate(template(items, { resources: exact('IndividualCPUCount', 2) })).filter(({ code }) =>
		['CONSTRAINTS_CONTRADICT', 'CONSTRAINT_UNSATISFIABLE', 'BRANCH_DEAD'].includes(code),
	);

describe('a constraint never holds', () => {
	test.each([
		'//x:a < //x:b and //x:b < //x:a',
		'//x:a < //x:b and //x:b < //x:c and //x:c <= //x:a',
		'//x:a + //x:b <= 3 and //x:a >= 2 and //x:b >= 2',
		'//x:a - //x:b > 1 and //x:b - //x:c > 1 and //x:a - //x:c <= 2',
		'//x:a * 2 = //x:b and //x:b < 4 and //x:a >= 2',
		'//x:a = //x:b and //x:b = //x:c and //x:a < //x:c',
		"//x:a = 'linux' and //x:b = 'windows' and //x:a = //x:b",
		"//x:a < //x:b and //x:a > '2030-01-01T00:00:00Z' and //x:b <= '2030-01-01T00:00:00Z'",
		"//x:a < //x:b and //x:a > 5 and //x:b < 'PT1H'",
		"//x:a < //x:b and //x:a = 'linux'",
		'(//x:a < //x:b or //x:a < //x:c) and //x:a >= //x:b and //x:a > //x:c',
		'not (//x:a < //x:b and //x:c < 5) and //x:a < //x:b and //x:c < 5',
		'//x:a != //x:b and //x:a >= //x:b and //x:a * 1 <= //x:b',
		'count(//x:a) > count(//x:b) and count(//x:a) <= count(//x:b)',
		'2 * count(//x:a) = 2 * count(//x:b) + 1',
		'2 * count(//x:a) = 3 * count(//x:b) and count(//x:a) > 0 and count(//x:b) < 2',
		'count(//x:a) < count(//x:b) and count(//x:b) < 1 + count(//x:a)',
		'min(//x:a) >= 4 and max(//x:b) < 4 and //x:b > max(//x:a)',
		'sum(//x:a) < 6 and //x:a >= 3 and count(//x:a) >= 2',
		'sum(//x:a) > 10 and //x:a <= 5 and count(//x:a) <= 2',
		'sum(//x:a) < max(//x:a) and min(//x:a) >= 0',
		'sum(//x:a) != 0 and not exists(//x:a)',
		'sum(//x:a) > 0 and (count(//x:a) = 0 or //x:a < 0)',
		'//x:a * //x:b > 12 and //x:a >= 0 and //x:a <= 3 and //x:b >= 0 and //x:b <= 4',
		'//x:a * //x:b > //x:c and //x:b * //x:a <= //x:c',
		'count(//x:a) < count(//x:b/x:a)  or count(//x:a) < count(/*/x:a)',
		'//x:a < 3 and //x:b/x:a > 4',
		'//x:a * 2 < //x:b and //x:b <= 2 and count(//x:a) < 2 and //x:a >= 0 and sum(//x:a) >= 1',
		'(//x:a > 1 or //x:b > 1) and not exists(//x:a)',
		'max(//x:a) != //x:a',
		'//x:a * //x:b <= //x:a - 1 and //x:a >= 1 and //x:a <= 9 and //x:b >= 1 and //x:b <= 9',
	])('%s', (text) => {
		expect(isSatisfiable(read(text))).toBe(false);
	});
});

describe('a constraint may hold', () => {
	test.each([
		'//x:a <= //x:b and //x:b <= //x:a',
		'//x:a < //x:b and //x:b < //x:a + 0.0001',
		'//x:a - //x:b > 1 and //x:b - //x:c > 1 and //x:a - //x:c <= 2.0001',
		'//x:a != //x:b and //x:a >= //x:b',
		"//x:a != //x:b and //x:a = 'PT5S'",
		'(//x:a = 1 or //x:a = 5) and max(//x:a) = 5 and min(//x:a) = 1',
		"(//x:a = 'x' or //x:a = 5) and count(//x:a) = 2",
		'sum(//x:a) < 6 and //x:a >= 3',
		'sum(//x:a) < max(//x:a)',
		'sum(//x:a) = 0 and count(//x:a) = 0',
		'not exists(//x:a) or //x:a < //x:b',
		'2 * count(//x:a) = 3 * count(//x:b) and count(//x:a) > 0',
		'//x:a * //x:b > 11 and //x:a >= 0 and //x:a <= 3 and //x:b >= 0 and //x:b <= 4',
		'//x:b/x:a < 3 and //x:a > 2',
		'min(//x:a) < 3 and //x:b/x:a > 4',
		'(exists(//x:a) or //x:b > 1) and not exists(//x:a)',
		'((exists(//x:a) and //x:a > 1) or //x:b > 1) and not exists(//x:a)',
		'//x:a * //x:b <= //x:a and //x:a >= 1 and //x:a <= 9 and //x:b >= 1 and //x:b <= 9',
	])('%s', (text) => {
		expect(isSatisfiable(read(text))).toBe(true);
	});
});

describe('constraints and items contradict each other', () => {
	test.each<[name: string, items: string, names: RegExp]>([
		['two constraints', free('//x:a < //x:b') + free('//x:b < //x:a'), /together with \/\/x:a < \/\/x:b:/],
		[
			'items on both sides of a constraint',
			item('//x:a', facet('maxInclusive', 4)) + item('//x:b', facet('minInclusive', 5)) + free('//x:a > //x:b'),
			/the item item and .*\/\/x:a > \/\/x:b.*the item item/,
		],
		[
			'whole numbers between which there is none',
			item('//x:a', integer(facet('minExclusive', 3))) +
				item('//x:b', integer(facet('maxExclusive', 5))) +
				free('//x:a < //x:b'),
			/together with/,
		],
		[
			'values with gaps between them',
			item('//x:a', facet('enumeration', 1) + facet('enumeration', 8)) +
				free('//x:a > //x:b') +
				free('//x:a < //x:b + 2') +
				item('//x:b', facet('minInclusive', 3) + facet('maxInclusive', 5)),
			/together with/,
		],
		[
			'texts that are never the same',
			item('//x:a', facet('enumeration', 'linux')) +
				item('//x:b', facet('enumeration', 'windows')) +
				free('//x:a = //x:b'),
			/together with/,
		],
		[
			'sums of as many as an item demands',
			item('//x:a', facet('minInclusive', 4), '<ws:Occurs min="3" max="3"></ws:Occurs>') + free('sum(//x:a) <= 11'),
			/together with/,
		],
		[
			'a product of what items allow',
			item('//x:a', integer(facet('minInclusive', 4))) +
				item('//x:b', integer(facet('minInclusive', 5))) +
				free('//x:a * //x:b <= 19'),
			/together with/,
		],
	])('%s', (_name, items, names) => {
		const [finding, ...others] = found(items);
		expect([finding?.code, others]).toEqual(['CONSTRAINTS_CONTRADICT', []]);
		expect(finding?.message).toMatch(names);
	});

	test.each([
		[4, ['CONSTRAINTS_CONTRADICT']],
		[5, []],
	])('the Exact of a range by its group, at least 5, and by an item, at most %s', (most, codes) => {
		const group = `<xs:sequence><xs:element name="Exact">${of('xs:double', facet('minInclusive', 5))}</xs:element></xs:sequence>`;
		const range = '//jsdl:IndividualCPUCount';
		expect(found(item(range, group) + item(range, facet('maxInclusive', most))).map(({ code }) => code)).toEqual(codes);
	});

	test('the text of what holds elements is never there', () => {
		const made = template(free("not exists(//jsdl:Resources/text()) or //jsdl:Resources/text() = '1'"));
		expect(lintTemplate(made).map(({ code }) => code)).toContain('LOCATION_USELESS');
	});

	test('what has nothing to do with it is not named', () => {
		const [finding] = found(
			`${free('//x:c < //x:a')}${free('//x:a < //x:b')}${free('//x:d < //x:b')}${free('//x:b < //x:a')}`,
		);
		expect(finding?.message).toMatch(/together with \/\/x:a < \/\/x:b: no values of \/\/x:a and \/\/x:b/);
	});

	test('what is optional, and would have to be left out, contradicts nothing', () => {
		const optional = item('//x:a', facet('minInclusive', 5), ANY);
		expect(
			found(`${optional}${item('//x:b', facet('maxInclusive', 4))}${free('not exists(//x:a) or //x:a < //x:b')}`),
		).toEqual([expect.objectContaining({ code: 'BRANCH_DEAD', found: '//x:a < //x:b' })]);
	});
});

const operand = fc.constantFrom(
	...[
		'//x:a',
		'//x:b',
		'//x:c',
		'//x:a',
		'//x:b',
		'count(//x:a)',
		'min(//x:a)',
		'max(//x:b)',
		'sum(//x:a)',
		'sum(//x:b)',
	],
	...['//x:a * 2', '//x:a - //x:b', '//x:a + //x:b', '//x:b + 1', '//x:a * //x:b', 'count(//x:b) + 1'],
	...['0', '1', '2', '3'],
);
const comparison = fc
	.tuple(operand, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand)
	.map((words) => words.join(' '));
const part = fc.oneof(
	{ weight: 4, arbitrary: comparison },
	{ weight: 2, arbitrary: fc.tuple(comparison, comparison).map(([one, other]) => `(${one} or ${other})`) },
	{ weight: 1, arbitrary: fc.tuple(comparison, comparison).map(([one, other]) => `not (${one} and ${other})`) },
	{ weight: 1, arbitrary: comparison.map((one) => `(not exists(//x:a) or ${one})`) },
	{ weight: 1, arbitrary: fc.constantFrom('not exists(//x:a)', 'count(//x:b) = 2', '(//x:a = 0 or //x:a = 2)') },
);
const within = (from: number, to: number): string => integer(facet('minInclusive', from) + facet('maxInclusive', to));
const occurs = (min: number, max: number): string => `<ws:Occurs min="${min}" max="${max}"></ws:Occurs>`;
/** Whole numbers up to 2, of which all documents there are can be tried. */
const anItem = (name: 'a' | 'b' | 'c', most: number) =>
	fc
		.tuple(
			fc.constantFrom(
				...[within(0, 2), within(0, 2), within(0, 1), within(1, 2), within(2, 2)],
				integer(facet('enumeration', 0) + facet('enumeration', 2)),
			),
			fc.constantFrom(0, 0, 1, most),
			fc.constantFrom(1, most, most),
		)
		.map(([facets, min, max]) => item(`//x:${name}`, facets, occurs(min, Math.max(min, max)), name));
const rows = fc.record({
	items: fc.tuple(anItem('a', 2), anItem('b', 2), anItem('c', 1)),
	parts: fc.array(part, { minLength: 1, maxLength: 4 }),
});

const GRID = [0, 1, 2];
const ONES = [[], ...GRID.map((value) => [value])];
const SETS = [...ONES, ...GRID.flatMap((one) => GRID.filter((other) => other >= one).map((other) => [one, other]))];
const nodes = (name: string, values: readonly number[]): string =>
	values.map((value) => `<x:${name}>${value}</x:${name}>`).join('');
const DOCUMENTS = SETS.flatMap((as) =>
	SETS.flatMap((bs) => ONES.map((cs) => treeOf(`<x:d>${nodes('a', as)}${nodes('b', bs)}${nodes('c', cs)}</x:d>`))),
);

test('what some document fulfils is never called impossible, and of what none fulfils most is', () => {
	let [impossible, silent] = [0, 0];
	fc.assert(
		fc.property(rows, ({ items, parts }) => {
			const made = template([...items, ...parts.map(free)].join(''), { resources: exact('IndividualCPUCount', 2) });
			const isFulfilled = DOCUMENTS.some((tree) =>
				made.constraints.every((constraint) =>
					'condition' in constraint
						? findConditionFaults(constraint, tree, { remaining: 100_000 }, { remaining: 0 }).length === 0
						: checkConstraints({ tree } as never, { constraints: [constraint] }, verdictBudget()).length === 0,
				),
			);
			const told = lintTemplate(made).filter(
				({ code }) => code === 'CONSTRAINTS_CONTRADICT' || code === 'CONSTRAINT_UNSATISFIABLE',
			);
			const text = [...items, ...parts].join('\n');
			if (isFulfilled) expect(told, text).toEqual([]);
			if (isFulfilled) return;
			impossible += 1;
			silent += Number(told.length === 0);
		}),
		{ numRuns: 80 },
	);
	expect(silent / impossible).toBeLessThan(0.05);
});
