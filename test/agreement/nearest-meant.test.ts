/** Who says a text where a number, a time or a duration is wanted is told what is nearest to what it means, if it does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { COMPARE } from './compare.ts';
import { facet, free, item, offer, template } from './documents.ts';

const nodes = (...said: readonly string[]): string => said.map((each) => `<x:a>${each}</x:a>`).join('');
const whole = (...facets: readonly string[]): string =>
	`<xs:simpleType><xs:restriction base="xs:integer">${facets.join('')}</xs:restriction></xs:simpleType>`;
const toldOf = (constraints: string, resources: string) =>
	checkConstraints(offer({ resources }), template(constraints)).map(({ nearest, near }) => nearest ?? near);

describe('what a text means', () => {
	test.each<readonly [condition: string, resources: string, told: readonly string[]]>([
		['//x:a <= 8', nodes('9 or two'), ['8']],
		['//x:a > 3', nodes('9 or two'), ['9']],
		['//x:a <= 8', nodes('4 GB', '100 GB'), ['4', '8']],
		['//x:a <= 8', nodes('2,5'), ['2.5']],
		['//x:a * 2 <= 8', nodes('1,000'), ['4']],
		['//x:a <= 8', nodes('two'), ['0']],
		['//x:a > 3', nodes('two'), ['4']],
		["//x:a <= 'PT3H'", nodes('2h'), ['PT2H']],
		["//x:a <= 'PT1H'", nodes('2h'), ['PT1H']],
		["//x:a >= '2026-12-01T00:00:00Z'", nodes('2026-12-02'), ['2026-12-02T00:00:00Z']],
		['max(//x:a) <= 8', nodes('4 GB', '2'), ['4']],
		['//x:a + //x:b <= 8', `${nodes('4 GB')}<x:b>3 GB</x:b>`, ['//x:a: 4; //x:b: 3']],
		['//x:a <= //x:b', `${nodes('4 GB')}<x:b>3</x:b>`, ['3']],
	])('%s of %s', (condition, resources, told) => {
		expect(toldOf(free(condition), resources)).toEqual(told);
	});

	test.each<readonly [condition: string, said: readonly string[], to: readonly string[]]>([
		['sum(//x:a) <= 8', ['4 GB', '4 GB', '1'], ['3', '4']],
		['sum(//x:a) <= 8', ['2,5', '2,5', '1'], ['2.5', '2.5']],
		['sum(//x:a) <= 8', ['two', 'many', '1'], ['0', '0']],
		['sum(//x:a) * //x:b <= 8', ['4 GB', '3 GB'], ['4', '3']],
	])('%s of %s: each of them', (condition, said, to) => {
		const resources = `${nodes(...said)}<x:b>1</x:b>`;
		const [violation] = checkConstraints(offer({ resources }), template(free(condition)));
		expect(violation?.changes?.map((change) => change.to)).toEqual(to);
	});

	test('items are kept to', () => {
		const items = item('//x:a', whole(facet('minInclusive', 2), facet('maxInclusive', 6)));
		const resources = nodes('two', 'many');
		const all = checkConstraints(offer({ resources }), template(items + free('sum(//x:a) <= 8')));
		const told = all.flatMap(({ path, nearest, near, changes }) =>
			(changes ?? [{ path, to: nearest ?? near }]).map((each) => [each.path, each.to] as const),
		);
		const put = [...new Map(told).values()];
		expect(toldOf(items + free('sum(//x:a) <= 8'), nodes(...put.map(String)))).toEqual([]);
		expect(put.length).toBe(2);
	});
});

const number = fc.integer({ min: 0, max: 20 });
const sign = fc.constantFrom('<=', '<', '>=', '>', '=', '!=');
const text = fc
	.tuple(number, fc.constantFrom(' GB', ' or so', 'x', ' % of it'))
	.map(([at, more]) => ({ at, text: `${at}${more}` }));

test('of one node it is the nearest of all that the constraint and items allow', () => {
	fc.assert(
		fc.property(
			text,
			sign,
			number,
			fc.integer({ min: 1, max: 3 }),
			fc.option(number),
			(said, operator, end, times, most) => {
				const holds = (value: number): boolean =>
					COMPARE[operator]!(times * value, end) && (most === null || value <= most);
				const items = most === null ? '' : item('//x:a', whole(facet('minInclusive', 0), facet('maxInclusive', most)));
				const told = toldOf(items + free(`${times} * //x:a ${operator} ${end}`), nodes(said.text));
				const kept = Array.from({ length: 45 }, (_, at) => at).filter(holds);
				const least = Math.min(...kept.map((each) => Math.abs(each - said.at)));
				if (kept.length === 0) return;
				for (const each of told) expect(Math.abs(Number(each) - said.at)).toBe(least);
				expect(told.length).toBe(most === null ? 1 : 2);
			},
		),
		{ numRuns: 300 },
	);
});

test('of several nodes all that is told does together, and each of them is told', () => {
	const saying = fc.oneof(
		text.map((each) => each.text),
		number.map(String),
		fc.constantFrom('two', 'many'),
	);
	const bounds = fc.tuple(number, number).map(([one, other]) => [Math.min(one, other), Math.max(one, other)] as const);
	let refused = 0;
	let unsettled = 0;
	fc.assert(
		fc.property(
			fc.array(saying, { minLength: 1, maxLength: 3 }),
			saying,
			sign,
			number,
			fc.option(bounds),
			fc.constantFrom('sum(//x:a)', 'max(//x:a)', 'min(//x:a) + //x:b', 'sum(//x:a) + //x:b', 'sum(//x:a) - //x:b'),
			(all, other, operator, end, bound, form) => {
				const items =
					bound === null ? '' : item('//x:a', whole(facet('minInclusive', bound[0]), facet('maxInclusive', bound[1])));
				const own = template(items + free(`${form} ${operator} ${end}`));
				const check = (a: readonly string[], b: string) =>
					checkConstraints(offer({ resources: `${nodes(...a)}<x:b>${b}</x:b>` }), own);
				const violations = check(all, other);
				if (violations.length === 0) return;
				refused += 1;
				const [a, b] = [[...all], [other]];
				for (const { path, location, nearest, near, changes, message } of violations) {
					// What a sum may come to is told of all of it.
					if (/Nothing was found|does not do for all/.test(message) || /^\w+\(/.test(nearest ?? '')) {
						unsettled += 1;
						return;
					}
					for (const change of changes ?? [{ path, location, to: nearest ?? near! }]) {
						const at = Number(/x:a\[(\d+)\]$/.exec(change.path)?.[1] ?? 1) - 1;
						if (change.path.includes('x:b')) b[0] = change.to;
						else a[at] = change.to;
					}
				}
				expect(check(a, b[0]!)).toEqual([]);
			},
		),
		{ numRuns: 300 },
	);
	expect(refused).toBeGreaterThan(150);
	expect(unsettled / refused).toBeLessThan(0.15);
});
