/** What is held against doubles holds of the condition itself, of several nodes and of none, too. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Evaluation, evaluate } from '../../src/agreement/conditions/evaluation.ts';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { type Nodes, rulesOf } from '../../src/agreement/conditions/rules-in-doubles.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { free, treeOf } from './documents.ts';

const NAMES = ['a', 'b', 'c'] as const;

const number = fc.integer({ min: 0, max: 6 });
const location = fc.constantFrom('//x:a', '//x:b', '//x:c');
const operand: fc.Arbitrary<string> = fc.oneof(
	{ weight: 3, arbitrary: location },
	{
		weight: 1,
		arbitrary: fc.tuple(fc.constantFrom('sum', 'min', 'max', 'count'), location).map(([f, x]) => `${f}(${x})`),
	},
	{ weight: 2, arbitrary: number.map(String) },
	{
		weight: 2,
		arbitrary: fc.tuple(location, fc.constantFrom('+', '-', '*', 'div'), location).map((all) => all.join(' ')),
	},
	{ weight: 1, arbitrary: fc.tuple(location, number, location).map(([x, n, y]) => `-(${x} * ${n} + ${y})`) },
);
const comparison = fc.oneof(
	fc.tuple(operand, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand).map((all) => all.join(' ')),
	location.map((each) => `exists(${each})`),
);
const condition = fc.oneof(
	comparison,
	fc.tuple(comparison, fc.constantFrom('and', 'or'), comparison).map((all) => all.join(' ')),
	fc.tuple(comparison, comparison, comparison).map(([one, two, three]) => `not (${one} or ${two}) and ${three}`),
	fc.tuple(comparison, comparison).map(([one, two]) => `not (${one} and not (${two}))`),
);
const said = fc.record({
	a: fc.array(number, { maxLength: 3 }),
	b: fc.array(number, { maxLength: 2 }),
	c: number.map((value) => [value]),
});

test('whatever the condition and the document', () => {
	let held = 0;
	fc.assert(
		fc.property(condition, said, (text, nodes) => {
			const constraint = readFreeConstraint(placeOfRoot(treeOf(free(text))), [])!;
			const elements = NAMES.flatMap((name) => nodes[name].map((value) => `<x:${name}>${value}</x:${name}>`));
			const root = treeOf(`<x:r>${elements.join('')}</x:r>`);
			const budget = { remaining: 1_000_000 };
			const document: Evaluation = { root, index: {}, budget, selected: new Map(), instead: new Map() };
			const places = new Map<string, Nodes>();
			const values: number[] = [];
			for (const name of NAMES) {
				const all = nodes[name].length === 0 ? [Number.NaN] : nodes[name];
				places.set(`//x:${name}`, { at: all.map((_, nth) => values.length + nth), count: nodes[name].length });
				values.push(...all);
			}
			const rules = rulesOf(constraint.condition, ({ text }) => places.get(text))!;
			const truth = evaluate(constraint.condition, document) === 'true';
			if (truth) held += 1;
			expect(rules.every((rule) => rule.holds(values))).toBe(truth);
		}),
		{ numRuns: 1500 },
	);
	expect(held).toBeGreaterThan(200);
});
