/** The nearest value that is told: the constraint itself takes it, and no sample that it takes is nearer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findValueFault, isValueAllowed, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { searchBudget } from '../../src/agreement/template/nearest-value.ts';
import { parseDateTime, printDateTime, printDuration } from '../../src/agreement/time.ts';
import { cpuMs } from '../cpu-time.ts';
import { item, template } from './documents.ts';
import { editDistance } from './edit-distance.ts';

type Facet = readonly [name: string, value: string];

function restrictionOf(base: string | undefined, facets: readonly Facet[]): ValueRestriction {
	const written = facets.map(([name, value]) => `<xs:${name} value="${value}"></xs:${name}>`).join('');
	const content =
		base === undefined
			? written
			: `<xs:simpleType><xs:restriction base="${base}">${written}</xs:restriction></xs:simpleType>`;
	return restrictionIn(content);
}

function restrictionIn(content: string): ValueRestriction {
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

	test('of many long words is the first that is most alike, in one type or over a union', () => {
		const word = fc.string({ unit: fc.constantFrom(...'abcdABé😀-'), minLength: 8, maxLength: 60 });
		const words = fc.uniqueArray(word, { minLength: 2, maxLength: 24 });
		const change = fc.tuple(fc.nat(60), fc.constantFrom('', 'x', 'ab'));
		fc.assert(
			fc.property(words, fc.nat(), fc.array(change, { maxLength: 5 }), fc.nat(3), (listed, which, changes, parts) => {
				let said = listed[which % listed.length]!;
				for (const [at, put] of changes) said = `${said.slice(0, at)}${put}${said.slice(at + 1)}`.toWellFormed();
				const size = Math.ceil(listed.length / (parts + 1));
				const members = Array.from({ length: parts + 1 }, (_, nth) => listed.slice(nth * size, (nth + 1) * size))
					.filter(({ length }) => length > 0)
					.map((some) => enumerated(some));
				const content =
					parts === 0 ? enumerated(listed) : `<xs:simpleType><xs:union>${members.join('')}</xs:union></xs:simpleType>`;
				const fault = findValueFault(restrictionIn(content), said);
				if (fault === undefined) return;
				const apart = listed.map((each) => difference(each, said));
				expect(fault.nearest).toBe(listed[apart.indexOf(Math.min(...apart))]);
			}),
			{ numRuns: 300 },
		);
	});

	test('of a thousand words of 120 characters is found', () => {
		const wordOf = (seed: number): string =>
			Array.from({ length: 30 }, (_, at) =>
				((seed * 7919 + at * at * 104_729 + seed * at * 31) % 65_536).toString(16).padStart(4, '0'),
			).join('');
		const words = Array.from({ length: 1000 }, (_, index) => wordOf(index + 1));
		const half = [words.slice(0, 500), words.slice(500)].map(enumerated).join('');
		for (const content of [enumerated(words), `<xs:simpleType><xs:union>${half}</xs:union></xs:simpleType>`]) {
			for (const index of [3, 777, 999]) {
				const said = `x${words[index]!.slice(3, -4)}yz`;
				expect(findValueFault(restrictionIn(content), said)?.nearest).toBe(words[index]);
			}
		}
	});

	test('is looked for within a budget, and not told beyond it', () => {
		const restriction = restrictionOf(
			'xs:string',
			Array.from({ length: 1000 }, (_, index): Facet => ['enumeration', `${'x'.repeat(100)}${index}`]),
		);
		const budget = searchBudget();
		const begin = cpuMs();
		while (budget.remaining > 0) findValueFault(restriction, `${'x'.repeat(120)}`, budget);
		expect(cpuMs() - begin).toBeLessThan(1000);
		expect(findValueFault(restriction, 'x', budget)).toEqual({ why: expect.stringContaining('one of') });
	});
});

function enumerated(words: readonly string[]): string {
	const facets = words.map((word) => `<xs:enumeration value="${word}"></xs:enumeration>`).join('');
	return `<xs:simpleType><xs:restriction base="xs:string">${facets}</xs:restriction></xs:simpleType>`;
}

function distance(one: string, other: string): number {
	return Math.abs(Number(one) - Number(other));
}

/** Case is not counted. */
function difference(one: string, other: string): number {
	return editDistance(one.toLowerCase(), other.toLowerCase());
}
