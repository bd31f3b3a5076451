/** Free constraints that no offer can fulfil: what is called impossible is, and near it nothing is said. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { isSatisfiable } from '../../src/agreement/lint/lint-values.ts';
import { findConditionFaults } from './condition-faults.ts';
import { item, template, treeOf } from './documents.ts';

const xmlOf = (text: string): string =>
	`<wsag:Constraint>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</wsag:Constraint>`;
const read = (text: string) => readFreeConstraint(placeOfRoot(treeOf(xmlOf(text))), [])!;

const NEVER = [
	'0.1 + 0.2 != 0.3',
	'count(//x:a) < 0',
	'count(//x:a) <= -1',
	'count(//x:a) = 0.5',
	'0 > count(//x:a)',
	'count(//x:a) > 2 and count(//x:a) < 3',
	'count(//x:a) = 0 and exists(//x:a)',
	'count(//x:a) >= 2 and not exists(//x:a)',
	'count(//x:a) * 2 + 1 < 1',
	'//x:a div 0 = 1',
	'//x:a * 2 div (1 - 1) > 1',
	"//ws:Duration > 'PT2H' and //ws:Duration < 'PT1H'",
	"//ws:Duration > 'PT1H' and //ws:Duration <= 'PT60M'",
	"//x:a > '2030-01-01T00:00:00Z' and //x:a <= '2030-01-01T01:00:00+01:00'",
	"//x:a > 5 and //x:a < 'PT1H'",
	'min(//x:a) > max(//x:a)',
	'max(//x:a) < //x:a',
	'//x:a < min(//x:a)',
	'//x:a != //x:a',
	'//x:a * 2 < //x:a * 2',
	'min(//x:a) >= 5 and max(//x:a) <= 4',
	'//x:a >= 5 and min(//x:a) < 5',
	'max(//x:a) = 3 and max(//x:a) = 4',
	'max(//x:a) > 4 and //x:a <= 4',
	'sum(//x:a) > 5 and sum(//x:a) < 3',
	'//x:a * //x:b > 5 and //x:a * //x:b <= 5',
	'//x:a > 0.1 and //x:a <= 0.1',
	'//x:a > 9007199254740993 and //x:a < 9007199254740994 and //x:a < 9007199254740993.5 and //x:a = 1',
	'not (//x:a >= 4) and //x:a > 5',
	'not (//x:a < 4 or //x:a >= 4)',
	'count(//x:a) < 0 or 1 = 2',
];
const MAYBE = [
	'count(//x:a) <= 0',
	'count(//x:a) > 0 and count(//x:a) < 2',
	'count(//x:a) - 1 < 0',
	'//x:a div //x:b = 1',
	'1 div (//x:a - 1) > 5',
	"//ws:Duration >= 'PT1H' and //ws:Duration <= 'PT60M'",
	"//ws:Duration > 'PT1H' and //ws:Duration < 'PT1H1S'",
	'min(//x:a) >= max(//x:a)',
	'//x:a <= min(//x:a)',
	'//x:a = //x:a',
	'min(//x:a) < 5 and max(//x:a) > 5',
	'min(//x:a) < 4 and //x:a <= 4',
	'sum(//x:a) > 5 and //x:a < 3',
	'sum(//x:a) < 0 and //x:a >= -1',
	'//x:a > 9007199254740992 and //x:a <= 9007199254740993',
	'//x:a > 0.1 and //x:a < 0.10000000000000001',
	'not (//x:a >= 4 and //x:a < 5) or 1 = 2',
	'//x:a >= 5 and //x:b < 5',
	'count(//x:a) < 0 or //x:a = 1',
];

describe('never holds', () => {
	test.each(NEVER)('%s', (text) => {
		expect(isSatisfiable(read(text))).toBe(false);
	});
});

describe('may hold', () => {
	test.each(MAYBE)('%s', (text) => {
		expect(isSatisfiable(read(text))).toBe(true);
	});
});

test('how many nodes a condition and an item want is held together', () => {
	const own = item('//jsdl:Exact', '', '<ws:Occurs min="2" max="unbounded"></ws:Occurs>');
	const codes = lintTemplate(template(own + xmlOf('count(//jsdl:Exact) < 2'))).map(({ code }) => code);
	expect(codes).toContain('CONSTRAINTS_CONTRADICT');
});

test('what some document fulfils is never called impossible', () => {
	const operand = fc.constantFrom(
		...['//x:a', '//x:b', 'count(//x:a)', 'min(//x:a)', 'max(//x:a)', 'sum(//x:a)', '//x:a * 2', '//x:a - //x:b'],
		...['0', '1', '2', '0.5', '-1', "'PT1S'", "'PT2S'", '1 div //x:b', 'count(//x:b) + 1'],
	);
	const comparison = fc.tuple(operand, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), operand);
	const part = fc
		.tuple(fc.constantFrom('', '', 'not '), comparison)
		.map(([not, words]) => `${not}(${words.join(' ')})`);
	const condition = fc
		.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom(' and ', ' and ', ' or '))
		.map(([parts, word]) => parts.join(word));
	const value = fc.constantFrom('0', '1', '2', '-1', '0.5', '3', 'PT1S', 'PT2S', 'PT3S', '<jsdl:Exact>1</jsdl:Exact>');
	const values = fc.array(value, { maxLength: 3 });
	let held = 0;
	fc.assert(
		fc.property(condition, fc.array(fc.tuple(values, values), { minLength: 8, maxLength: 8 }), (text, documents) => {
			const constraint = read(text);
			const holds = documents.some(([as, bs]) => {
				const nodes = [...as.map((a) => `<x:a>${a}</x:a>`), ...bs.map((b) => `<x:b>${b}</x:b>`)].join('');
				const faults = findConditionFaults(constraint, treeOf(`<x:d>${nodes}</x:d>`), { remaining: 100_000 });
				return faults.length === 0;
			});
			held += Number(holds);
			if (holds) expect(isSatisfiable(constraint), text).toBe(true);
		}),
		{ numRuns: 500 },
	);
	expect(held).toBeGreaterThan(50);
});
