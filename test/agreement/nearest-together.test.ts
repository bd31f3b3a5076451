/** Where several nodes have to change together: as few as will do, and as little, by trying all whole numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { wordsOf } from '../../src/agreement/lenient/content-models.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { COMPARE } from './compare.ts';
import { findConditionFaults } from './condition-faults.ts';
import { offer, template, treeOf } from './documents.ts';

type Nodes = Readonly<Record<string, readonly (number | string)[]>>;

function faultsOf(text: string, nodes: Nodes, search?: { remaining: number }) {
	const written = text.replaceAll('<', '&lt;');
	const constraint = readFreeConstraint(placeOfRoot(treeOf(`<wsag:Constraint>${written}</wsag:Constraint>`)), []);
	const elements = Object.entries(nodes).flatMap(([name, values]) =>
		values.map((value) => `<x:${name}>${value}</x:${name}>`),
	);
	const document = treeOf(`<x:d>${elements.join('')}</x:d>`);
	return findConditionFaults(constraint!, document, { remaining: 1_000_000 }, search);
}

/** What each node would say then, by the order of the nodes of a name. */
function changed(nodes: Nodes, fault: ReturnType<typeof faultsOf>[number]): Record<string, (number | string)[]> {
	const after = Object.fromEntries(Object.entries(nodes).map(([name, values]) => [name, [...values]]));
	const seen = new Map<string, unknown[]>();
	for (const { location, selection, nearest } of fault.changes ?? []) {
		const name = location.replace('//x:', '');
		const to = nearest.replace('1 of it: ', '');
		const value = Number.isNaN(Number(to)) ? to : Number(to);
		if (selection === undefined) after[name] = [value];
		else {
			const all = (seen.get(name) ?? []) as unknown[];
			seen.set(name, [...all, selection.owner]);
			const said = selection.owner.children.map((child) => (child.kind === 'text' ? child.text : '')).join('');
			const index = nodes[name]!.findIndex((each, at) => String(each) === said && after[name]![at] === each);
			after[name]![index] = value;
		}
	}
	return after;
}

describe('tells what has to change together', () => {
	test.each<[text: string, nodes: Nodes, nearest: string]>([
		['(//x:a = 1 and //x:b = 2) or (//x:a = 3 and //x:b = 4)', { a: [5], b: [6] }, '//x:a: 3; //x:b: 4'],
		['not (//x:a > 5 or //x:b > 5)', { a: [9], b: [8] }, '//x:a: 5; //x:b: 5'],
		['//x:a = //x:b', { a: [1, 2], b: [3, 4] }, '//x:a: 2; //x:b: 2'],
		['//x:a + //x:b <= 5', { a: [], b: [] }, '//x:a: 1 of it: 0; //x:b: 1 of it: 0'],
		['(2 * //x:a + 3 * //x:b = 12 and //x:a - //x:b = 1) or 1 = 2', { a: [10], b: [10] }, '//x:a: 3; //x:b: 2'],
		['(//x:a < //x:b and //x:b < 1.5 and //x:a > 1) or 1 = 2', { a: [0.25], b: [7] }, '//x:a: 1.01; //x:b: 1.49'],
		['(exists(//x:a) and //x:b < 3) or 1 = 2', { a: [], b: [5] }, '//x:a: 1 of it; //x:b: 2'],
		['(not exists(//x:a) and //x:b < 3) or 1 = 2', { a: [1, 1], b: [5] }, '//x:a: 0 of it; //x:b: 2'],
		['(count(//x:a) = 2 * //x:b and //x:b > 2) or 1 = 2', { a: [1], b: [1] }, '//x:a: 6 of it; //x:b: 3'],
		['(max(//x:a) >= 8 and //x:b = 1) or 1 = 2', { a: [3, 7], b: [5] }, '//x:a: 8; //x:b: 1'],
		['(sum(//x:a) = 9 and //x:b = 1) or 1 = 2', { a: [3, 4], b: [5] }, '//x:a: 6; //x:b: 1'],
		[
			"(//x:os = 'linux' and //x:arch = 'x86') or (//x:os = 'windows' and //x:arch = 'arm64')",
			{ os: ['windoze'], arch: ['arm'] },
			'//x:os: windows; //x:arch: arm64',
		],
		[
			"(//x:end > //x:start and //x:start >= '2026-12-01T01:00:00+01:00') or 1 = 2",
			{ start: ['2026-11-01T00:00:00Z'], end: ['2026-10-01T00:00:00Z'] },
			'//x:end: 2026-12-01T00:00:01Z; //x:start: 2026-12-01T01:00:00+01:00',
		],
		["(//x:a > 'PT1H' and //x:b > //x:a) or 1 = 2", { a: ['PT5M'], b: ['PT1M'] }, '//x:a: PT1H1S; //x:b: PT1H2S'],
	])('%s of %o', (text, nodes, nearest) => {
		const [fault, ...others] = faultsOf(text, nodes);
		expect(others).toEqual([]);
		expect(fault!.nearest).toBe(nearest);
		expect(fault!.changes!.length).toBeGreaterThan(1);
		for (const { found } of fault!.changes!) expect(found).not.toBe('');
	});

	test.each<[text: string, nodes: Nodes, nearest: string | undefined]>([
		['//x:a + //x:b = 4', { a: [9], b: [] }, '//x:a: 4; //x:b: 1 of it: 0'],
		['//x:b - //x:a <= -3', { a: [1], b: [1] }, '4'],
		['//x:a = //x:b - 5', { a: [9], b: [2] }, '14'],
		['//x:a != 0', { a: [0] }, '1'],
		['(//x:b = 2 * //x:a - 10 and //x:c = 2) or 1 = 2', { a: [3], b: [7], c: [3] }, '//x:a: 8.5; //x:c: 2'],
		['//x:a <= -3', { a: [1] }, '-3'],
		['//x:a + //x:b = -4', { a: [], b: [1] }, '1 of it: -5'],
		['//x:a - //x:b = -9', { a: [-1], b: [1] }, '-8'],
	])('a negative number in the place of none only where nothing else would do: %s of %o', (text, nodes, nearest) => {
		expect(faultsOf(text, nodes).map((fault) => fault.nearest)).toEqual([nearest]);
	});

	test('and never that there is nothing where there was not the time to look', () => {
		const nodes = { y: [1, 7, 3], z: [4] };
		for (let remaining = 0; remaining < 4000; remaining += 7) {
			const [fault] = faultsOf('(//x:m = 1 and //x:z = 3) or (//x:y = 2 and //x:z = 5)', nodes, { remaining });
			expect(fault!.found).toBe('//x:m: nothing; //x:z: 4; //x:y: 1 or 7 or 3');
		}
	});

	test('as near where comparisons are not linear', () => {
		const text = '(//x:a * //x:b <= 10 and //x:a >= 4 and //x:b >= 2) or 1 = 2';
		const [fault] = faultsOf(text, { a: [1], b: [50] });
		expect(fault).toMatchObject({ near: '//x:a: 4; //x:b: 2', changes: [{ nearest: '4' }, { nearest: '2' }] });
		expect(fault!.nearest).toBeUndefined();
	});

	test('of many nodes that would all say the same', () => {
		const nodes = { a: Array.from({ length: 40 }, (_, index) => index), b: [3, 4] };
		const [fault] = faultsOf('//x:a = //x:b', nodes);
		expect(fault!.near).toBe('//x:a: 3; //x:b: 3');
		expect(fault!.changes).toHaveLength(40);
		expect(faultsOf('//x:a = //x:b', changed(nodes, fault!))).toEqual([]);
	});

	test('of a product of several nodes each, none of which divides what it is to come to', () => {
		const nodes = { a: [3, 7], b: [7, 9] };
		const [fault] = faultsOf('//x:a * //x:b = 1000', nodes);
		expect(fault!.near).toBe('//x:a: 25; //x:b: 40');
		expect(faultsOf('//x:a * //x:b = 1000', changed(nodes, fault!))).toEqual([]);
	});

	test('of a range what of it is admitted', () => {
		const part = (name: string, lower: number, upper: number): string =>
			`<jsdl:${name}><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:${name}>`;
		const resources = part('IndividualCPUCount', 1, 8) + part('TotalResourceCount', 2, 20);
		const text = '(//jsdl:IndividualCPUCount <= 4 and //jsdl:TotalResourceCount <= 10) or 1 = 2';
		const written = text.replaceAll('<', '&lt;');
		const constraint = readFreeConstraint(placeOfRoot(treeOf(`<wsag:Constraint>${written}</wsag:Constraint>`)), []);
		const [fault] = findConditionFaults(constraint!, offer({ resources }).tree, { remaining: 1_000_000 });
		expect(fault!.nearest).toBe('//jsdl:IndividualCPUCount: 1..4; //jsdl:TotalResourceCount: 2..10');
	});

	test('of a vocabulary one of its words', () => {
		const os = (name: string): string =>
			`<jsdl:OperatingSystem><jsdl:OperatingSystemType><jsdl:OperatingSystemName>${name}</jsdl:OperatingSystemName></jsdl:OperatingSystemType></jsdl:OperatingSystem>`;
		const text = "//jsdl:OperatingSystemName != 'LINUX'";
		const constraint = readFreeConstraint(placeOfRoot(treeOf(`<wsag:Constraint>${text}</wsag:Constraint>`)), []);
		const [fault] = findConditionFaults(constraint!, offer({ resources: os('LINUX') }).tree, { remaining: 1_000_000 });
		expect(wordsOf('http://schemas.ggf.org/jsdl/2005/11/jsdl', 'OperatingSystemName')).toContain(fault!.nearest);
		const again = offer({ resources: os(fault!.nearest!) });
		expect(findConditionFaults(constraint!, again.tree, { remaining: 1_000_000 })).toEqual([]);
	});

	test('nothing where nothing would do', () => {
		for (const text of ['(//x:a = 1 and //x:a = 2 and //x:b = 1) or 1 = 2', '//x:a * 3 + //x:b * 3 = 1 and 1 = 2']) {
			expect(faultsOf(text, { a: [5], b: [6] }).every(({ nearest, near }) => nearest ?? near ?? true)).toBe(true);
		}
	});
});

const LEAST = -13;
const MOST = 13;

interface Comparison {
	readonly factors: readonly number[];
	readonly sign: string;
	readonly bound: number;
}

const NAMES = ['a', 'b', 'c'];

/** By all whole numbers, negative only where they were: the fewest that have to change, and how little. */
function bestOf(
	ways: readonly (readonly Comparison[])[],
	said: readonly number[],
): readonly [number, number] | undefined {
	let best: readonly [number, number] | undefined;
	const holds = (values: readonly number[]): boolean =>
		ways.some((way) =>
			way.every(({ factors, sign, bound }) =>
				COMPARE[sign]!(
					factors.reduce((sum, factor, at) => sum + factor * values[at]!, 0),
					bound,
				),
			),
		);
	const look = (values: readonly number[]): void => {
		if (values.length < said.length) {
			const least = said[values.length]! < 0 ? LEAST : 0;
			for (let each = least; each <= MOST; each += 1) look([...values, each]);
			return;
		}
		const count = values.filter((value, at) => value !== said[at]).length;
		if (best !== undefined && count > best[0]) return;
		const cost = values.reduce(
			(sum, value, at) => sum + Math.abs(value - said[at]!) / Math.max(1, Math.abs(said[at]!)),
			0,
		);
		if (best !== undefined && count === best[0] && cost >= best[1] - 1e-9) return;
		if (holds(values)) best = [count, cost];
	};
	look([]);
	return best;
}

test('is as few and as little as any whole numbers', () => {
	const comparison = fc.record({
		factors: fc.tuple(...NAMES.map(() => fc.integer({ min: -2, max: 2 }))),
		sign: fc.constantFrom(...Object.keys(COMPARE)),
		bound: fc.integer({ min: -6, max: 6 }),
	});
	const ways = fc.array(fc.array(comparison, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 });
	const said = fc.tuple(...NAMES.map(() => fc.integer({ min: -6, max: 6 })));
	const told = { several: 0, one: 0 };
	fc.assert(
		fc.property(ways, said, (all, values) => {
			const parts = all.map((way) =>
				way
					.map(({ factors, sign, bound }) => {
						const sum = factors
							.map((factor, at) => `${factor} * //x:${NAMES[at]}`)
							.join(' + ')
							.replaceAll('+ -', '- ');
						return `${sum} ${sign} ${bound}`;
					})
					.join(' and '),
			);
			// An `or` is not taken apart at its `and`s.
			const text = `(${parts.join(') or (')}) or 1 = 2`;
			const nodes = Object.fromEntries(NAMES.map((name, at) => [name, [values[at]!]]));
			const faults = faultsOf(text, nodes, { remaining: 5_000_000 });
			const best = bestOf(all, values);
			if (best?.[0] === 0) {
				expect(faults).toEqual([]);
				return;
			}
			const [fault] = faults;
			if (best !== undefined) expect(fault!.nearest ?? fault!.near).toBeDefined();
			if (fault!.changes === undefined) {
				told.one += Number(fault!.nearest !== undefined);
				// A fraction may do where no whole number does.
				const isNear = Math.abs(Number(fault!.nearest)) <= MOST && !fault!.nearest!.includes('.');
				if (best !== undefined && isNear) expect(best[0]).toBe(1);
				return;
			}
			const after = changed(nodes, fault!);
			expect(faultsOf(text, after)).toEqual([]);
			if (fault!.nearest === undefined || fault!.nearest.includes('.') || best === undefined) return;
			told.several += 1;
			const moved = NAMES.map(
				(name, at) => Math.abs(Number(after[name]![0]) - values[at]!) / Math.max(1, Math.abs(values[at]!)),
			);
			const isBeyond = NAMES.some((name) => Math.abs(Number(after[name]![0])) > MOST);
			expect(fault!.changes.length).toBeLessThanOrEqual(best[0]);
			if (fault!.changes.length < best[0]) expect(isBeyond).toBe(true);
			else expect(moved.reduce((one, other) => one + other)).toBeLessThanOrEqual(best[1] + 1e-9);
		}),
		{ numRuns: 800 },
	);
	expect(told.several).toBeGreaterThan(50);
	expect(told.one).toBeGreaterThan(100);
});

describe('many conditions that each demand several changes', () => {
	const WAYS: readonly (readonly [kind: string, condition: (nth: number) => string])[] = [
		['of alternatives', (nth) => `(//x:a = ${nth} and //x:b = 2) or (//x:a = 3 and //x:b = ${nth + 4})`],
		['of what is missing', (nth) => `//x:p = ${nth} and //x:q = 2 or //x:r < 5 and //x:q = ${nth}`],
		['of products', (nth) => `(//x:a * //x:b >= ${nth + 100} and //x:c = 7) or (//x:a + //x:b = ${nth} and //x:c = 9)`],
		['of texts', (nth) => `(//x:t = 'alpha${nth}' and //x:u = 'beta') or (//x:t = 'gamma' and //x:u = 'delta${nth}')`],
	];
	const node = (name: string, index: number) =>
		`<x:${name}>${'tu'.includes(name) ? 'word' : ''}${index * 3 + 11}</x:${name}>`;
	const nodes = (count: number) =>
		[...'abctu'].map((name) => Array.from({ length: count }, (_, index) => node(name, index)).join('')).join('');

	test.each(WAYS)('%s are all told what would do, or that there was not the time', (_, condition) => {
		for (const [conditions, each] of [
			[16, 1],
			[16, 3],
			[24, 1],
			[64, 8],
		] as const) {
			const texts = Array.from({ length: conditions }, (_, nth) => condition(nth));
			const constraints = texts.map((text) => `<wsag:Constraint>(${text.replaceAll('<', '&lt;')})</wsag:Constraint>`);
			const demanded = template(constraints.join(''));
			for (const { nearest, near, message } of checkConstraints(offer({ resources: nodes(each) }), demanded)) {
				const isTold = nearest !== undefined || near !== undefined;
				if (conditions < 32) expect(isTold, message).toBe(true);
				expect(isTold || /There was not the time|There is more of which/.test(message), message).toBe(true);
			}
		}
	});
});
