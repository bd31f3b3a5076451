/** Of every way in which a free constraint can be violated it is told what was found, what is allowed and what would do. */
import { describe, expect, test } from 'vitest';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { cpuMs } from '../cpu-time.ts';
import { findConditionFaults } from './condition-faults.ts';
import { offer, treeOf } from './documents.ts';

function faultsOf(text: string, nodes: string) {
	const written = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
	const constraint = readFreeConstraint(placeOfRoot(treeOf(`<wsag:Constraint>${written}</wsag:Constraint>`)), []);
	return findConditionFaults(constraint!, treeOf(`<x:d>${nodes}</x:d>`), { remaining: 1_000_000 });
}

const each = (...values: readonly (number | string)[]) => values.map((value) => `<x:v>${value}</x:v>`).join('');
const range = (lower: number, upper: number) =>
	`<x:v><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></x:v>`;

describe('what a function makes of several nodes', () => {
	test.each<[text: string, nodes: string, found: string, allowed: string, nearest: string]>([
		['count(//x:v) <= 3', each(7, 7, 7, 7), 'count(//x:v): 4', 'count(//x:v): 0..3', 'count(//x:v): 3'],
		['count(//x:v) >= 2', '', 'count(//x:v): 0', 'count(//x:v): at least 2', 'count(//x:v): 2'],
		['count(//x:v) * 2 = 6', each(1), 'count(//x:v): 1', 'count(//x:v): 3', 'count(//x:v): 3'],
		[
			'count(//x:v) = 1 or count(//x:v) > 4',
			each(1, 1),
			'count(//x:v): 2',
			'count(//x:v): 1 or at least 5',
			'count(//x:v): 1',
		],
		['count(//x:v) * count(//x:v) <= 10', each(1, 1, 1, 1), 'count(//x:v): 4', 'count(//x:v): 0..3', 'count(//x:v): 3'],
		['sum(//x:v) <= 10', each(8, 4.5), 'sum(//x:v): 12.5', 'sum(//x:v): at most 10', 'sum(//x:v): 10'],
		[
			'sum(//x:v) > 2 * count(//x:v)',
			each(1, 2),
			'sum(//x:v): 3; count(//x:v): 2',
			'sum(//x:v): more than 4',
			'sum(//x:v): 5',
		],
		['sum(//x:v) >= 4', '', 'sum(//x:v): 0', 'sum(//x:v): at least 4', 'sum(//x:v): 4'],
	])('%s of %s', (text, nodes, found, allowed, nearest) => {
		const told = faultsOf(text, nodes);
		expect(told).toMatchObject([{ found, allowed, nearest }]);
	});

	test('points at the first node of too many', () => {
		const [fault] = faultsOf('count(//x:v) <= 2', each(1, 2, 3, 4));
		expect(fault!.selection!.owner.children).toEqual([{ kind: 'text', text: '3' }]);
	});
});

describe('of the least and the greatest the nodes are told that have to change', () => {
	test.each<[text: string, nodes: string, told: readonly (readonly [found: string, nearest: string])[]]>([
		[
			'max(//x:v) <= 8',
			each(4, 9, 12),
			[
				['9', '8'],
				['12', '8'],
			],
		],
		['max(//x:v) >= 8', each(4, 5), [['5', '8']]],
		['min(//x:v) <= 2', each(4, 5), [['4', '2']]],
		[
			'min(//x:v) > 3',
			each(1, 3, 5),
			[
				['1', '4'],
				['3', '4'],
			],
		],
		['max(//x:v) - min(//x:v) <= 2', each(3, 9), [['9', '5']]],
		['max(//x:v) <= 8', `${each(4)}${range(6, 12)}`, [['6..12', '6..8']]],
		['sum(//x:v) <= 8', each(9), [['9', '8']]],
		['sum(//x:v) <= 8', each(3, 'many'), [['many', '0']]],
		['max(//x:v) <= 8', each(3, 'many'), [['many', '0']]],
		['min(//x:v) = 2', each(6), [['6', '2']]],
	])('%s of %s', (text, nodes, told) => {
		const faults = faultsOf(text, nodes);
		expect(faults.map(({ found, nearest }) => [found, nearest])).toEqual(told);
		expect(new Set(faults.map(({ selection }) => selection!.owner)).size).toBe(told.length);
	});
});

describe('what is missing, is there and must not be, or has no value', () => {
	test.each<[text: string, nodes: string, found: string, nearest: string]>([
		['//x:v <= 5', '', 'nothing', '1 of it: 5'],
		["//x:v = 'linux'", '', 'nothing', '1 of it: linux'],
		['max(//x:v) < 4', '', 'nothing', '1 of it: 3'],
		['exists(//x:v)', '', 'nothing', '1 of it'],
		['not exists(//x:v)', each(3, 4), '3 or 4', '0 of it'],
		['exists(//x:v) or count(//x:w) > 7', '', 'count(//x:w): 0', 'count(//x:w): 8'],
		['//x:v <= 5', '<x:v><x:inner></x:inner></x:v>', 'elements', '5'],
		['//x:v < 5', `${each(3)}<x:v><x:inner></x:inner></x:v>`, 'elements', '4'],
		['//x:v < 5', each('9'.repeat(701)), '9'.repeat(701), '4'],
		['//x:v < 5', range(4, 3), 'elements', '4'],
		['//x:v > 5', each('many'), 'many', '6'],
	])('%s of %s', (text, nodes, found, nearest) => {
		expect(faultsOf(text, nodes)).toMatchObject([{ found, nearest }]);
	});
});

describe('a Location that stands several times', () => {
	test.each<[text: string, value: number | string, nearest: string]>([
		['//x:v * //x:v <= 100', 12, '10'],
		['//x:v * //x:v <= 101', 12, '10'],
		['//x:v * //x:v <= 0.5', 0.75, '0.70710678'],
		['//x:v * //x:v = 0.0625', 0.5, '0.25'],
		['(//x:v - 3) * (//x:v - 3) <= 0', 9, '3'],
		['//x:v * //x:v - 7 * //x:v + 12 < 0', 9, '3.9'],
		['not (//x:v <= 3 or //x:v >= 4)', 9, '3.9'],
		['not (//x:v <= 3.25 or //x:v >= 3.26)', 9, '3.259'],
		['//x:v * //x:v * //x:v >= 1000', 3, '10'],
		['//x:v * //x:v = -1 or //x:v + //x:v = 8', 9, '4'],
		['//x:v + 12 div //x:v <= 7', 9, '4'],
		['2 * //x:v = //x:v + 5', 9, '5'],
		[`${Array(9).fill('//x:v').join(' * ')} <= 512`, 3, '2'],
		[`${Array(12).fill('//x:v').join(' * ')} - //x:v = 4094`, 3, '2'],
		['//x:v = //x:v * //x:v', -7, '0'],
	])('%s of %s', (text, value, nearest) => {
		expect(faultsOf(text, each(value))).toMatchObject([{ found: String(value), nearest }]);
	});

	test('with itself alone can have no other value that would do', () => {
		expect(faultsOf('//x:v != //x:v', each(3))[0]!.nearest).toBeUndefined();
	});

	test('is looked for no longer than the budget lasts', () => {
		const long = '7'.repeat(300);
		const factors = Array.from({ length: 8 }, (_, index) => `(//x:v - 0.${index}${long})`).join(' * ');
		const constraint = readFreeConstraint(
			placeOfRoot(treeOf(`<wsag:Constraint>${factors} &lt; 0 - 1</wsag:Constraint>`)),
			[],
		)!;
		const search = { remaining: 1_000_000 };
		const started = cpuMs();
		findConditionFaults(constraint, treeOf(`<x:d>${each(3)}</x:d>`), { remaining: 2_000_000 }, search);
		expect(cpuMs() - started).toBeLessThan(500);
	});
});

describe('a RangeValue without any part admits any number', () => {
	const document = offer({ resources: '<jsdl:IndividualCPUCount></jsdl:IndividualCPUCount>' }).tree;
	test.each<[text: string, fault: object | undefined]>([
		['//jsdl:IndividualCPUCount <= 8', { found: 'anything', nearest: 'at most 8' }],
		["//jsdl:IndividualCPUCount = ''", { found: 'anything' }],
		['//jsdl:IndividualCPUCount * 0 = 0', undefined],
		["//jsdl:IndividualCPUCount != 'x'", undefined],
	])('%s', (text, fault) => {
		const written = text.replaceAll('<', '&lt;');
		const constraint = readFreeConstraint(placeOfRoot(treeOf(`<wsag:Constraint>${written}</wsag:Constraint>`)), []);
		const faults = findConditionFaults(constraint!, document, { remaining: 1_000_000 });
		expect(faults).toMatchObject(fault === undefined ? [] : [fault]);
	});
});
