/** Exact numbers, against fractions of BigInts that nobody ever reduces. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
	add,
	ceilTo,
	divide,
	floorTo,
	fromDouble,
	multiply,
	negate,
	order,
	parseRational,
	printRational,
	type Rational,
	toDouble,
} from '../../src/agreement/conditions/rational.ts';

type Ratio = readonly [bigint, bigint];

const digits = fc.oneof(
	...[99n, 2n ** 54n, 10n ** 40n].map((most) => fc.bigInt({ min: -most, max: most })),
	fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 2n }),
);
/** A decimal as it may be written, and what it says. */
const decimal = fc
	.tuple(digits, fc.oneof(fc.constant(0), fc.nat(30)), fc.boolean())
	.map(([whole, places, hasExponent]): { text: string; says: Ratio } => {
		const says: Ratio = [whole, 10n ** BigInt(places)];
		if (hasExponent) return { text: `${whole}e-${places}`, says };
		const size = (whole < 0n ? -whole : whole).toString().padStart(places + 1, '0');
		const text = places === 0 ? size : `${size.slice(0, -places)}.${size.slice(-places)}`;
		return { text: whole < 0n ? `-${text}` : text, says };
	});

const read = (text: string): Rational => {
	const value = parseRational(text);
	if (value === undefined || value === 'too long') throw new Error(text);
	return value;
};
const ratioOf = (value: Rational): Ratio =>
	typeof value === 'number' ? [BigInt(value), 1n] : [value.numerator, value.denominator];
const areEqual = ([a, b]: Ratio, [c, d]: Ratio): boolean => a * d === c * b;
/** Safe whole numbers are numbers and nothing else is, so that equal numbers are the same data. */
const isPlain = (value: Rational): boolean => {
	if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
	return value.denominator > 1n || !Number.isSafeInteger(Number(value.numerator));
};

test('sums, products, quotients and orders of decimals are those of fractions', () => {
	fc.assert(
		fc.property(decimal, decimal, (one, other) => {
			const [a, b] = [read(one.text), read(other.text)];
			const [[p, q], [r, s]] = [one.says, other.says];
			const results: [Rational, Ratio][] = [
				[a, one.says],
				[add(a, b), [p * s + r * q, q * s]],
				[add(a, negate(b)), [p * s - r * q, q * s]],
				[multiply(a, b), [p * r, q * s]],
				...(r === 0n ? [] : [[divide(a, b), [p * s, q * r]] as [Rational, Ratio]]),
			];
			for (const [value, expected] of results) {
				expect(areEqual(ratioOf(value), expected)).toBe(true);
				expect(isPlain(value)).toBe(true);
			}
			expect(order(a, b)).toBe(p * s < r * q ? -1 : Number(p * s > r * q));
		}),
		{ numRuns: 1000 },
	);
});

test('a number is printed as a decimal that says it, and cut off where a place says', () => {
	fc.assert(
		fc.property(decimal, fc.nat(6), ({ text, says: [p, q] }, places) => {
			const value = read(text);
			expect(order(read(printRational(value)), value)).toBe(0);
			expect(printRational(value)).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
			const scale = 10n ** BigInt(places);
			const [below, above] = [floorTo(value, places), ceilTo(value, places)].map(ratioOf);
			for (const [a, b] of [below!, above!]) expect((a * scale) % b).toBe(0n);
			const unit: Ratio = [1n, scale];
			const isBelow = ([a, b]: Ratio, [c, d]: Ratio): boolean => a * d <= c * b;
			expect(isBelow(below!, [p, q]) && isBelow([p, q], above!)).toBe(true);
			expect(isBelow([(p * scale) / q - (p < 0n ? 1n : 0n), scale], below!)).toBe(true);
			expect(isBelow(above!, [below![0] * unit[1] + below![1] * unit[0], below![1] * unit[1]])).toBe(true);
		}),
	);
});

test('a double is the shortest decimal that says it, and the nearest to it', () => {
	fc.assert(
		fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
			expect(order(fromDouble(value), read(String(value)))).toBe(0);
			expect(toDouble(fromDouble(value))).toBe(value + 0);
		}),
	);
});

test.each<[text: string, value: Rational | 'too long' | undefined]>([
	['-0', 0],
	['+.50', { numerator: 1n, denominator: 2n }],
	['5.', 5],
	['9007199254740991', 9007199254740991],
	['9007199254740992', { numerator: 9007199254740992n, denominator: 1n }],
	['1e3', 1000],
	['1E-1', { numerator: 1n, denominator: 10n }],
	['', undefined],
	['.', undefined],
	['e5', undefined],
	['INF', undefined],
	['0x10', undefined],
	['1e699', { numerator: 10n ** 699n, denominator: 1n }],
	[`0.${'0'.repeat(698)}1`, { numerator: 1n, denominator: 10n ** 699n }],
	['1e-700', 'too long'],
	['1e700', 'too long'],
	['1e-99999999999999999999', 'too long'],
	['7'.repeat(701), 'too long'],
])('%s is read', (text, value) => {
	expect(parseRational(text)).toEqual(value);
});

test('what is endless is shown as such', () => {
	expect(printRational(divide(-2, 3))).toBe('-0.66666666666666666666…');
});
