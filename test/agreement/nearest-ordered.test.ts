/** Of ordered types with patterns: no allowed value is nearer than the one that is told; and what telling it may cost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ordinalOf } from '../../src/agreement/template/atomic-value.ts';
import { findValueFault, isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { searchBudget } from '../../src/agreement/template/nearest-value.ts';
import { printDateTime, printDuration } from '../../src/agreement/time.ts';
import { item, template } from './documents.ts';

type Facet = readonly [name: string, value: string];

function restrictionOf(base: string, ...steps: readonly (readonly Facet[])[]): ValueRestriction {
	const content = steps.reduce((below, facets, index) => {
		const written = facets.map(([name, value]) => `<xs:${name} value="${value}"></xs:${name}>`).join('');
		const attribute = index === 0 ? ` base="${base}"` : '';
		return `<xs:simpleType><xs:restriction${attribute}>${below}${written}</xs:restriction></xs:simpleType>`;
	}, '');
	const [constraint] = template(item('//jsdl:JobName', content)).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) {
		throw new Error('The item restricts no value.');
	}
	return constraint.value;
}

/** A small world of values, each as it is usually written. */
interface World {
	readonly base: string;
	readonly values: readonly string[];
	readonly patterns: readonly string[];
}

const DAY = 86_400;
const WORLDS: readonly World[] = [
	{
		base: 'xs:integer',
		values: Array.from({ length: 1000 }, (_, value) => String(value)),
		patterns: ['[0-9]*0', '[1-9][0-9]', '[13579]+', '(1|22|333)+', '[0-9]{3}', '9.*', '[^2-8]*', '.*7.'],
	},
	{
		base: 'xs:decimal',
		values: Array.from({ length: 1000 }, (_, value) => String(value / 20)),
		patterns: ['[0-9]+\\.[0-9]', '.*\\.[05]5', '[0-9]', '1.*', '[1-3]+\\.[1-3]+'],
	},
	{
		base: 'xs:date',
		values: Array.from({ length: 60 }, (_, day) => `${printDateTime(1_832_976_000 + day * DAY).slice(0, 10)}`),
		patterns: ['.*-[0-9]?[05]', '[^9]*', '2028-02-.*', '.*-(01|15|29|31)', '.*[13579]'],
	},
	{
		base: 'xs:dateTime',
		values: Array.from({ length: 200 }, (_, count) => printDateTime(1_832_976_000 + count * 1800)),
		patterns: ['.*T[01][0-9]:.*', '.*:00:00Z', '.*-(02|04)T.*', '.*T(08|09|1[0-7]):30.*'],
	},
	{
		base: 'xs:duration',
		values: Array.from({ length: 300 }, (_, count) => printDuration(count * 900)),
		patterns: ['PT[0-9]+H', 'P[0-9]+D', 'PT[0-9]+M', 'P[1-9][0-9]*DT.*', 'PT([0-9]*[02468]H)?(30M)?', '.*M'],
	},
];

describe('no allowed value is nearer', () => {
	test.each(WORLDS.map((world) => [world.base, world] as const))('among those of %s', (base, { values, patterns }) => {
		const type = restrictionOf(base, [['minInclusive', values[0]!]]).type;
		const placeOf = (text: string): number => ordinalOf(type, text)!;
		const value = fc.constantFrom(...values);
		const bound = (kinds: readonly string[]) => fc.option(fc.tuple(fc.constantFrom(...kinds), value));
		const facets = fc
			.tuple(
				bound(['minInclusive', 'minExclusive']),
				bound(['maxInclusive', 'maxExclusive']),
				fc.constantFrom(...patterns).map((pattern): Facet => ['pattern', pattern]),
			)
			.map((all) => all.filter((each) => each !== null));
		let told = 0;
		fc.assert(
			fc.property(facets, value, (some, said) => {
				const [bounds, pattern] = [some.slice(0, -1), some.slice(-1)];
				const [least, most] = [/^min/, /^max/].map((kind) => bounds.find(([name]) => kind.test(name)));
				if (least && most && placeOf(least[1]) >= placeOf(most[1])) return;
				const restriction = restrictionOf(base, bounds, pattern);
				const fault = findValueFault(restriction, said);
				if (fault === undefined) return;
				const allowed = values.filter((each) => isValueAllowed(restriction, each));
				if (fault.nearest === undefined) {
					expect(allowed).toEqual([]);
					return;
				}
				told += 1;
				expect(isValueAllowed(restriction, fault.nearest)).toBe(true);
				const distance = (text: string): number => Math.abs(placeOf(text) - placeOf(said));
				// Whoever says a whole number is told one, if there is one.
				const alike = allowed.filter((each) => !Number.isInteger(Number(said)) || !each.includes('.'));
				const nearer = alike.filter((each) => distance(each) < distance(fault.nearest!) - 1e-9);
				expect(nearer).toEqual([]);
			}),
			{ numRuns: 150 },
		);
		expect(told).toBeGreaterThan(20);
	});
});

describe('what is looked for', () => {
	const pattern = (source: string): readonly Facet[] => [['pattern', source]];
	test.each<[name: string, restriction: ValueRestriction, said: string]>([
		['in a long text', restrictionOf('xs:string', pattern('[a-z]{5,200}')), 'aB1!'.repeat(2000)],
		['of names', restrictionOf('xs:string', pattern('\\i\\c{3,500}'), pattern('[\\w-[\\d]]*')), 'a b c'.repeat(50)],
		['where repetitions are within each other', restrictionOf('xs:string', pattern('(a{0,30}b{0,30}){0,10}c')), 'x'],
		[
			'where states are without number',
			restrictionOf('xs:string', pattern('.*a.{14}'), pattern('.*b.{13}'), pattern('.*a.{12}')),
			'x'.repeat(2000),
		],
		[
			'between durations',
			restrictionOf('xs:duration', [
				['minInclusive', 'P30D'],
				['maxInclusive', 'P31D'],
				['pattern', '.*0Y'],
			]),
			'P2D',
		],
		['in another zone', restrictionOf('xs:dateTime', pattern('.*7:.1:.*\\+13:37')), '2026-12-01T00:00:00Z'],
	])('%s costs no more than its share', (_name, restriction, said) => {
		const budget = searchBudget();
		const whole = budget.remaining;
		for (let count = 0; count < 64; count += 1) findValueFault(restriction, said, budget);
		// A million is 10 to 20 ms. A table is begun with what is left, and made within a third of it.
		expect(whole).toBeLessThanOrEqual(1_000_000);
		expect(whole - budget.remaining).toBeLessThan(1_400_000);
		const again = searchBudget();
		const fault = findValueFault(restriction, said, again);
		expect(fault, 'what was found out before changes nothing').toEqual(findValueFault(restriction, said));
	});
});
