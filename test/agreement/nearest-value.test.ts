/** The nearest value that is told: the constraint itself takes it, and no sample that it takes is nearer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findValueFault, isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { searchBudget } from '../../src/agreement/template/nearest-value.ts';
import { parseDateTime, printDateTime, printDuration } from '../../src/agreement/time.ts';
import { item, template } from './documents.ts';

type Facet = readonly [name: string, value: string];

function restrictionOf(base: string | undefined, facets: readonly Facet[]): ValueRestriction {
	const written = facets.map(([name, value]) => `<xs:${name} value="${value}"></xs:${name}>`).join('');
	const content =
		base === undefined
			? written
			: `<xs:simpleType><xs:restriction base="${base}">${written}</xs:restriction></xs:simpleType>`;
	const [constraint] = template(item('//jsdl:JobName', content)).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) {
		throw new Error('The item restricts no value.');
	}
	return constraint.value;
}

/** Facets, each there or not. */
function some(...facets: readonly fc.Arbitrary<Facet>[]): fc.Arbitrary<readonly Facet[]> {
	return fc.tuple(...facets.map((facet) => fc.option(facet))).map((each) => each.filter((facet) => facet !== null));
}

function facet(names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Facet> {
	return fc.tuple(fc.constantFrom(...names), value);
}

const quarter = fc.integer({ min: -40, max: 40 }).map((count) => String(count / 4));
const digits = fc.integer({ min: 0, max: 2 }).map(String);
const digitsOf = (text: string): number => text.split('.')[1]?.length ?? 0;
/** Every number of at most two digits behind the point from -12 to 12. */
const NUMBERS = Array.from({ length: 2401 }, (_, index) => String((index - 1200) / 100));

describe('the nearest', () => {
	test('of numbers is allowed, and none of as few digits is nearer', () => {
		const facets = some(
			facet(['minInclusive', 'minExclusive'], quarter),
			facet(['maxInclusive', 'maxExclusive'], quarter),
			facet(['fractionDigits'], digits),
			facet(['totalDigits'], fc.constantFrom('1', '2', '3')),
			facet(['enumeration'], quarter),
		);
		fc.assert(
			fc.property(
				fc.constantFrom(undefined, 'xs:integer', 'xs:decimal', 'xs:double'),
				facets,
				quarter,
				(base, every, said) => {
					// A fraction is no bound of an integer type, and a double has no digits.
					const all = every.filter(([name, text]) => {
						if (name.endsWith('Digits')) return base !== 'xs:double';
						return base !== 'xs:integer' || Number.isInteger(Number(text));
					});
					const restriction = restrictionOf(base, all);
					const fault = findValueFault(restriction, said);
					if (fault === undefined) return;
					const allowed = NUMBERS.filter((text) => isValueAllowed(restriction, text));
					if (fault.nearest === undefined) {
						expect(allowed).toEqual([]);
						return;
					}
					const { nearest } = fault;
					expect(isValueAllowed(restriction, nearest)).toBe(true);
					const isFree = !all.some(([name]) => name === 'fractionDigits');
					const isWhole = Number.isInteger(Number(said)) && isFree;
					const alike = allowed.filter(
						(text) =>
							(!isFree || digitsOf(text) <= digitsOf(nearest)) &&
							(!isWhole || digitsOf(nearest) > 0 || digitsOf(text) === 0),
					);
					for (const text of alike) expect(distance(text, said)).toBeGreaterThanOrEqual(distance(nearest, said));
				},
			),
			{ numRuns: 500 },
		);
	});

	test('of times and durations is allowed, and no second is nearer', () => {
		const seconds = fc.integer({ min: 0, max: 40 });
		const ends = fc.tuple(
			fc.option(facet(['minInclusive', 'minExclusive'], seconds.map(String))),
			fc.option(facet(['maxInclusive', 'maxExclusive'], seconds.map(String))),
		);
		fc.assert(
			fc.property(fc.boolean(), ends, seconds, (isTime, bounds, said) => {
				const print = (at: number): string => (isTime ? printDateTime(at) : printDuration(at));
				const facets = bounds.filter((bound) => bound !== null).map(([name, at]): Facet => [name, print(Number(at))]);
				const restriction = restrictionOf(isTime ? 'xs:dateTime' : 'xs:duration', facets);
				const fault = findValueFault(restriction, print(said));
				if (fault === undefined) return;
				const samples = Array.from({ length: 60 }, (_, at) => at - (isTime ? 10 : 0));
				const allowed = samples.filter((at) => isValueAllowed(restriction, print(at)));
				const wanted = allowed.sort((one, other) => Math.abs(one - said) - Math.abs(other - said))[0];
				expect(fault.nearest).toBe(wanted === undefined ? undefined : print(wanted));
				if (isTime && fault.nearest !== undefined) expect(parseDateTime(fault.nearest)).toBeDefined();
			}),
			{ numRuns: 300 },
		);
	});

	test('of texts is allowed, and of those enumerated none has fewer characters that differ', () => {
		const word = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'c'), minLength: 1, maxLength: 5 });
		const facets = fc.tuple(
			fc.array(word, { maxLength: 4 }),
			some(
				facet(['maxLength', 'minLength', 'length'], fc.integer({ min: 0, max: 5 }).map(String)),
				facet(['pattern'], fc.constantFrom('[abc]*', 'a.*', '(a|b)c?')),
			),
		);
		fc.assert(
			fc.property(facets, word, ([words, rest], said) => {
				const listed = [...new Set(words)];
				const restriction = restrictionOf('xs:string', [
					...listed.map((each): Facet => ['enumeration', each]),
					...rest,
				]);
				const fault = findValueFault(restriction, said);
				if (fault === undefined) return;
				const allowed = listed.filter((each) => isValueAllowed(restriction, each));
				if (fault.nearest !== undefined) expect(isValueAllowed(restriction, fault.nearest)).toBe(true);
				if (listed.length === 0) return;
				const [wanted] = allowed.sort((one, other) => difference(one, said) - difference(other, said));
				expect(fault.nearest).toBe(wanted);
			}),
			{ numRuns: 500 },
		);
	});

	test('is looked for within a budget, and not told beyond it', () => {
		const restriction = restrictionOf(
			'xs:string',
			Array.from({ length: 1000 }, (_, index): Facet => ['enumeration', `${'x'.repeat(100)}${index}`]),
		);
		const budget = searchBudget();
		const begin = performance.now();
		while (budget.remaining > 0) findValueFault(restriction, `${'x'.repeat(120)}`, budget);
		expect(performance.now() - begin).toBeLessThan(1000);
		expect(findValueFault(restriction, 'x', budget)).toEqual({ why: expect.stringContaining('one of') });
	});
});

function distance(one: string, other: string): number {
	return Math.abs(Number(one) - Number(other));
}

/** By the definition: what is left when the first characters are taken off, in three ways. */
function difference(one: string, other: string): number {
	if (one === '' || other === '') return one.length + other.length;
	const replaced = difference(one.slice(1), other.slice(1)) + Number(one[0]!.toLowerCase() !== other[0]!.toLowerCase());
	return Math.min(replaced, difference(one.slice(1), other) + 1, difference(one, other.slice(1)) + 1);
}
