/**
 * What is told in the place of one value, by items with patterns and free constraints about it, against all short texts
 * there are: wherever one of them is admitted, what is told is, and none that is admitted is nearer.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints, firstViolation } from '../../src/agreement/template/constraints.ts';
import { facet, free, item, offer, template } from './documents.ts';
import { editDistance } from './edit-distance.ts';

const typed = (base: string, facets: readonly string[]): string =>
	`<xs:simpleType><xs:restriction base="xs:${base}">${facets.join('')}</xs:restriction></xs:simpleType>`;
const saying = (text: string) => offer({ resources: `<x:a>${text}</x:a>` });

/** Read once: each is held against every template. */
const OFFERS = new Map<string, ReturnType<typeof offer>>();
const offerOf = (text: string): ReturnType<typeof offer> => {
	const known = OFFERS.get(text) ?? saying(text);
	OFFERS.set(text, known);
	return known;
};

interface Case {
	readonly items: readonly string[];
	readonly conditions: readonly string[];
	readonly said: string;
}

function answered({ items, conditions, said }: Case, domain: readonly string[]) {
	const own = template(items.map((each) => item('//x:a', each)).join('') + conditions.map(free).join(''));
	const isAdmitted = (text: string): boolean =>
		firstViolation(offerOf(text), own.constraints, verdictBudget()) === undefined;
	const violations = checkConstraints(saying(said), own);
	const told = [...new Set(violations.map(({ nearest, near }) => nearest ?? near))];
	return { violations, told, isAdmitted, admitted: violations.length === 0 ? [] : domain.filter(isAdmitted) };
}

const UNSETTLED = /for all constraints together|Nothing was found|There was not the time/;

/** One value, which is admitted, wherever any is; undefined: there is nothing to be told. */
function toldOne(each: Case, domain: readonly string[]) {
	const { violations, told, isAdmitted, admitted } = answered(each, domain);
	if (admitted.length === 0) return undefined;
	expect(told).toHaveLength(1);
	expect(told[0]).toBeDefined();
	expect(isAdmitted(told[0]!), told[0]).toBe(true);
	expect(violations.filter(({ message }) => UNSETTLED.test(message))).toEqual([]);
	return { to: told[0]!, admitted, hasItem: violations.some(({ item: name }) => name !== undefined) };
}

const DIGITS = [...'0123456789'];
const WHOLES = ['', '1', '2', '4'].flatMap((first) => DIGITS.map((last) => `${first}${last}`));
const NUMBERS = [
	...WHOLES.flatMap((text) => [text, `-${text}`, `0${text}`, `${text}.0`, `${text}.5`, `-${text}.5`]),
	...WHOLES.slice(0, 30).flatMap((text) => ['00', '01', '25', '99'].map((fraction) => `${text}.${fraction}`)),
	...DIGITS.flatMap((digit) => [`${digit}e0`, `${digit}e1`, `${digit}E0`]),
	...['true', 'false'],
];
const PATTERNS = [
	...['[0-9]+\\.[0-9]{2}', '-?[0-9]\\.[0-9]', '[0-9]{3}', '[0-9]{2}', '[0-9]*0', '[0-9]*[02468]', '-?[0-9]+'],
	...['[0-9]+\\.[05]', '0*[1-9]', '[0-9]e[0-9]', '-[0-9]+(\\.[0-9]+)?', '[0-9]*5', '\\+?[0-9]+', '[0-9]+(\\.[0-9])?'],
];
const FACETS_OF: Readonly<Record<string, readonly string[]>> = {
	decimal: ['pattern', 'minInclusive', 'maxInclusive', 'totalDigits'],
	integer: ['pattern', 'minInclusive', 'maxInclusive', 'totalDigits'],
	double: ['pattern', 'minInclusive', 'maxInclusive'],
	string: ['pattern'],
	boolean: ['pattern'],
};
const pattern = fc.constantFrom(...PATTERNS);
const whole = fc.integer({ min: -6, max: 40 });
const valuesOf: Readonly<Record<string, fc.Arbitrary<string | number>>> = {
	pattern,
	minInclusive: whole,
	maxInclusive: whole,
	totalDigits: fc.integer({ min: 1, max: 2 }),
};
const itemOfNumbers = fc.constantFrom(...Object.keys(FACETS_OF), 'decimal').chain((base) =>
	fc
		.uniqueArray(fc.constantFrom('pattern', ...FACETS_OF[base]!), { minLength: 1, maxLength: 2 })
		.chain((names) => fc.tuple(...names.map((name) => valuesOf[name]!.map((value) => facet(name, value)))))
		.map((facets) => typed(base, facets)),
);
const sign = fc.constantFrom('<=', '<', '>=', '>', '=', '!=');
const amount = fc.oneof(
	whole.map(String),
	whole.map((value) => (value / 4).toFixed(2)),
);
const conditionOnNumber = fc.oneof(
	fc.tuple(sign, amount).map(([is, at]) => `//x:a ${is} ${at}`),
	fc.tuple(sign, amount, fc.constantFrom(2, 3)).map(([is, at, times]) => `${times} * //x:a + 1 ${is} ${at}`),
	fc.tuple(sign, fc.nat(60)).map(([is, at]) => `//x:a * //x:a ${is} ${at}`),
	fc.tuple(sign, amount, sign, amount).map(([is, at, or, other]) => `(//x:a ${is} ${at} or //x:a ${or} ${other})`),
);
const saidNumber = fc.oneof(amount, fc.constantFrom('1.00', '007', '012', '1e1', '20.10', 'true'));

const LETTERS = ['a', 'b', '1'];
const TEXTS = [1, 2].reduce<readonly string[]>(
	(all) => [...new Set([...all, ...all.flatMap((text) => LETTERS.map((each) => text + each))])],
	LETTERS,
);
const itemOfTexts = fc
	.tuple(
		fc.constantFrom('string', 'token', 'NCName'),
		fc.constantFrom('[ab]+', 'a.*', '.*b', '[ab1]{2}', '(ab|1)+', '.b?', '1.*|b', '[^a]+'),
		fc.option(fc.constantFrom(facet('minLength', 2), facet('maxLength', 2)), { nil: '' }),
	)
	.map(([base, source, length]) => typed(base, [facet('pattern', source), length]));
const conditionOnText = fc
	.tuple(fc.constantFrom('=', '!='), fc.constantFrom(...TEXTS))
	.map(([is, text]) => `//x:a ${is} '${text}'`);

const DAYS = Array.from({ length: 30 }, (_, day) =>
	new Date(Date.UTC(2026, 0, 1 + 3 * day)).toISOString().slice(0, 10),
);
const DATES = DAYS.flatMap((day) => [day, `${day}Z`]);
const itemOfDates = fc
	.tuple(fc.constantFrom('date', 'string'), fc.constantFrom('2026-01-.*', '.*Z', '[0-9\\-]+', '2026-0[23]-..'))
	.map(([base, source]) => typed(base, [facet('pattern', source)]));
const conditionOnDate = fc
	.tuple(fc.constantFrom('=', '!='), fc.constantFrom(...DATES))
	.map(([is, text]) => `//x:a ${is} '${text}'`);

const cases = (one: fc.Arbitrary<string>, condition: fc.Arbitrary<string>, said: fc.Arbitrary<string>) =>
	fc.record({
		items: fc.array(one, { minLength: 1, maxLength: 2 }),
		conditions: fc.array(condition, { maxLength: 2 }),
		said,
	});

const AT_NOON = '2026-11-01T12:00:00+01:00';

/** What the constraints take for a number. */
function numberIn(text: string): number | undefined {
	return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

function decimalsIn(text: string): number {
	return text.split('.')[1]?.replace(/0+$/, '').length ?? 0;
}

/** Whole numbers in the place of whole ones, and of free constraints no negative ones, before all others. */
function rankOf(value: number, said: number, isKeptPositive: boolean): number {
	return (
		(isKeptPositive && said >= 0 && value < 0 ? 2 : 0) + Number(Number.isInteger(said) && !Number.isInteger(value))
	);
}

describe('what is told in the place of one value', () => {
	const patterned = (base: string, source: string): string => typed(base, [facet('pattern', source)]);
	test.each<[items: readonly string[], conditions: readonly string[], said: string, told: string]>([
		[[patterned('decimal', '[0-9]+\\.[0-9]{2}')], ['//x:a >= 20'], '1.00', '20.00'],
		[[patterned('decimal', '[0-9]+\\.[0-9]{2}')], ['//x:a > 20'], '1.50', '20.01'],
		[[patterned('decimal', '[0-9]+\\.[0-9]{2}')], ['//x:a = 20.1'], '1.00', '20.10'],
		[[patterned('decimal', '-[0-9]+\\.[0-9]{2}')], ['//x:a > -20'], '-30.50', '-19.99'],
		[[patterned('decimal', '[0-9]+\\.[0-9]{2}')], ['//x:a * 3 > 1'], '0.10', '0.34'],
		[[patterned('string', '[0-9]{3}')], ['//x:a <= 7'], '012', '007'],
		[[patterned('string', '[0-9]{3}')], ['//x:a * //x:a <= 50'], '012', '007'],
		[[patterned('integer', '[0-9]*0')], ['//x:a >= 13'], '10', '20'],
		[[patterned('integer', '[0-9]*[02468]')], ['//x:a > 13', '//x:a != 14'], '13', '16'],
		[[patterned('double', '[0-9]e[0-9]')], ['//x:a < 35'], '9e2', '3e1'],
		[[patterned('dateTime', '.*\\+01:00')], ["//x:a >= '2026-12-01T10:00:00Z'"], AT_NOON, '2026-12-01T11:00:00+01:00'],
		[[patterned('duration', 'PT[0-9]+M')], ["//x:a >= 'PT1H30S'"], 'PT5M', 'PT61M'],
		[[patterned('string', '[a-z]{3}')], ["//x:a != 'abc'"], 'abc', 'aba'],
		[[typed('string', [facet('pattern', '[^a]+'), facet('maxLength', 2)])], ["//x:a != '11'"], '11b', '1b'],
		[[typed('decimal', [facet('totalDigits', 1)])], ['//x:a < 16'], '20', '9'],
		[[typed('boolean', []), patterned('string', '[01]')], [], '2', '1'],
		[[patterned('string', '[01]'), typed('boolean', [])], [], '2', '1'],
		[[typed('duration', [facet('maxInclusive', 'PT1H')]), patterned('string', 'PT[0-9]+M')], [], 'PT2H', 'PT60M'],
		[[patterned('boolean', '[0-9]+'), typed('decimal', [facet('maxInclusive', 6)])], [], '20', '1'],
	])('%s %s: of %s %s', (items, conditions, said, told) => {
		const { violations, ...found } = answered({ items, conditions, said }, []);
		expect(found.told).toEqual([told]);
		expect(found.isAdmitted(told)).toBe(true);
		expect(violations.filter(({ message }) => UNSETTLED.test(message))).toEqual([]);
	});

	test('of numbers, truths and texts of digits', () => {
		let refused = 0;
		fc.assert(
			fc.property(cases(itemOfNumbers, conditionOnNumber, saidNumber), (each) => {
				const told = toldOne(each, NUMBERS);
				if (told === undefined) return;
				refused += 1;
				const [said, to] = [numberIn(each.said), numberIn(told.to)];
				const isOfTexts = each.items.every((text) => /xs:(string|boolean)/.test(text));
				if (said === undefined || to === undefined || (isOfTexts && told.hasItem)) return;
				const most = Math.max(...[each.said, told.to].map(decimalsIn));
				const values = told.admitted
					.filter((text) => decimalsIn(text) <= most)
					.map(numberIn)
					.filter((value) => value !== undefined);
				const isNearest = (isKeptPositive: boolean): boolean => {
					const rank = rankOf(to, said, isKeptPositive);
					return values.every((value) => {
						const other = rankOf(value, said, isKeptPositive);
						return other > rank || (other === rank && Math.abs(value - said) >= Math.abs(to - said) - 1e-9);
					});
				};
				expect(isNearest(true) || (told.hasItem && isNearest(false)), `${told.to} of ${told.admitted.join()}`).toBe(
					true,
				);
			}),
			{ numRuns: 100 },
		);
		expect(refused).toBeGreaterThan(10);
	});

	test('of texts', () => {
		fc.assert(
			fc.property(cases(itemOfTexts, conditionOnText, fc.constantFrom(...TEXTS)), (each) => {
				const told = toldOne(each, TEXTS);
				if (told === undefined) return;
				const least = Math.min(...told.admitted.map((text) => editDistance(text, each.said)));
				expect(editDistance(told.to, each.said), `${told.to} of ${told.admitted.join()}`).toBeLessThanOrEqual(least);
			}),
			{ numRuns: 60 },
		);
	});

	test('of dates', () => {
		const placeOf = (text: string): number => Date.parse(text.slice(0, 10));
		fc.assert(
			fc.property(cases(itemOfDates, conditionOnDate, fc.constantFrom(...DATES)), (each) => {
				const told = toldOne(each, DATES);
				if (told === undefined || !each.items.some((text) => text.includes('xs:date'))) return;
				const farFrom = (text: string): number => Math.abs(placeOf(text) - placeOf(each.said));
				expect(farFrom(told.to), told.to).toBeLessThanOrEqual(Math.min(...told.admitted.map(farFrom)));
			}),
			{ numRuns: 60 },
		);
	});
});
