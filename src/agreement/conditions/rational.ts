/**
 * Exact numbers: what decimals say, and all that is calculated from them. A safe whole number, which a double holds
 * exactly, is a `number`; every other one is a fraction. Infinities, too, are a `number`: the ends of what is unbounded.
 */

/** In lowest terms, never a safe whole number; the denominator is positive. Plain data, which can cross threads. */
export interface Fraction {
	readonly numerator: bigint;
	readonly denominator: bigint;
}

export type Rational = number | Fraction;

/**
 * Digits that a number may have, written without an exponent, and each of the two parts of a fraction. Of doubles the
 * largest has 309, the smallest 324, their products twice as many; beyond this nobody means an amount.
 */
export const DIGITS_MAX = 700;

const LIMIT = 10n ** BigInt(DIGITS_MAX);
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Fifteen digits are always a safe whole number. */
const SHORT = /^-?\d{1,15}$/;

/**
 * The number that a decimal says, whether it has an exponent or not (`0.1` is a tenth); undefined where it is none,
 * and 'too long' beyond DIGITS_MAX.
 */
export function parseRational(text: string): Rational | 'too long' | undefined {
	// A sum: -0 is 0.
	if (SHORT.test(text)) return Number(text) + 0;
	const [, sign = '', whole = '', fraction = '', exponentText = '0'] = DECIMAL.exec(text) ?? [];
	if (whole + fraction === '') return undefined;
	const exponent = Number(exponentText) - fraction.length;
	const length = whole.length + fraction.length;
	if (Math.max(length, length + exponent, 1 - exponent) > DIGITS_MAX) return 'too long';
	const digits = BigInt(sign === '-' ? `-${whole}${fraction}` : whole + fraction);
	const scale = 10n ** BigInt(Math.abs(exponent));
	return exponent < 0 ? ratio(digits, scale) : ratio(digits * scale, 1n);
}

/** The shortest decimal that says the double, which is not NaN; infinities stay what they are. */
export function fromDouble(value: number): Rational {
	if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value + 0;
	return parseRational(String(value)) as Rational;
}

/** The double nearest to the number. */
export function toDouble(value: Rational): number {
	if (typeof value === 'number') return value;
	return Number(decimalText(value, DIGITS_MAX));
}

/** Below 0 where the one is smaller, above where it is larger, 0 where they are equal. */
export function order(one: Rational, other: Rational): number {
	if (typeof one === 'number' && typeof other === 'number') return one < other ? -1 : Number(one > other);
	if (!isFiniteRational(one)) return one === Number.POSITIVE_INFINITY ? 1 : -1;
	if (!isFiniteRational(other)) return other === Number.POSITIVE_INFINITY ? -1 : 1;
	const [a, b] = [fractionOf(one), fractionOf(other)];
	const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
	return left < right ? -1 : Number(left > right);
}

/** Never of opposite infinities. */
export function add(one: Rational, other: Rational): Rational {
	if (typeof one === 'number' && typeof other === 'number') {
		const sum = one + other;
		if (Number.isSafeInteger(sum) || !Number.isFinite(sum)) return sum;
	}
	if (!isFiniteRational(one)) return one;
	if (!isFiniteRational(other)) return other;
	const [a, b] = [fractionOf(one), fractionOf(other)];
	return ratio(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function negate(value: Rational): Rational {
	if (typeof value === 'number') return 0 - value;
	return { numerator: -value.numerator, denominator: value.denominator };
}

/** Nothing times infinitely much is nothing. */
export function multiply(one: Rational, other: Rational): Rational {
	if (one === 0 || other === 0) return 0;
	if (typeof one === 'number' && typeof other === 'number') {
		const product = one * other;
		if (Number.isSafeInteger(product) || !(Number.isFinite(one) && Number.isFinite(other))) return product;
	}
	if (!(isFiniteRational(one) && isFiniteRational(other))) return infinity(order(one, 0) * order(other, 0));
	const [a, b] = [fractionOf(one), fractionOf(other)];
	return ratio(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** By a number that is not 0; by infinitely many it is nothing. */
export function divide(one: Rational, other: Rational): Rational {
	if (!isFiniteRational(other)) return 0;
	if (!isFiniteRational(one)) return infinity(order(one, 0) * order(other, 0));
	const [a, b] = [fractionOf(one), fractionOf(other)];
	const sign = b.numerator < 0n ? -1n : 1n;
	return ratio(sign * a.numerator * b.denominator, sign * a.denominator * b.numerator);
}

export function infinity(sign: number): number {
	return sign < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function isFiniteRational(value: Rational): boolean {
	return typeof value !== 'number' || Number.isFinite(value);
}

export function isWhole(value: Rational): boolean {
	return typeof value === 'number' ? Number.isFinite(value) : value.denominator === 1n;
}

export function isTooLong(value: Rational): boolean {
	if (typeof value === 'number') return false;
	const { numerator, denominator } = value;
	return numerator >= LIMIT || -numerator >= LIMIT || denominator >= LIMIT;
}

/** The largest number with so many decimals that is not above the value, which is finite. */
export function floorTo(value: Rational, decimals: number): Rational {
	if (typeof value === 'number') return value;
	const scale = 10n ** BigInt(decimals);
	const [numerator, denominator] = [value.numerator * scale, value.denominator];
	const quotient = numerator / denominator;
	return ratio(numerator < 0n && numerator % denominator !== 0n ? quotient - 1n : quotient, scale);
}

/** The smallest number with so many decimals that is not below the value, which is finite. */
export function ceilTo(value: Rational, decimals: number): Rational {
	return negate(floorTo(negate(value), decimals));
}

/** The largest number of which each of them is a whole multiple; they are finite, and not all of them 0. */
export function greatestUnit(factors: readonly Rational[]): Rational {
	let [numerator, denominator] = [0n, 1n];
	for (const factor of factors) {
		const each = fractionOf(factor);
		numerator = divisorOf(numerator * each.denominator, each.numerator * denominator);
		denominator *= each.denominator;
	}
	return ratio(numerator, denominator);
}

/** How many decimals it takes to write the number; undefined where no number of them will do. */
export function decimalsOf(value: Rational): number | undefined {
	if (typeof value === 'number') return 0;
	return LIMIT % value.denominator === 0n ? (printRational(value).split('.')[1]?.length ?? 0) : undefined;
}

/** As a decimal without an exponent; of one that never ends 20 decimals and an ellipsis. */
export function printRational(value: Rational): string {
	if (typeof value === 'number') return String(value);
	const enough = ENDING.find(([, scale]) => scale % value.denominator === 0n);
	if (enough === undefined) return `${decimalText(value, DECIMALS_SHOWN)}…`;
	return decimalText(value, enough[0]).replace(/\.?0+$/, '');
}

const DECIMALS_SHOWN = 20;
/** Decimals that are tried one after the other: most numbers have few, and to write down 700 takes long. */
const ENDING = [10, 40, 160, DIGITS_MAX].map((decimals) => [decimals, 10n ** BigInt(decimals)] as const);

function decimalText({ numerator, denominator }: Fraction, decimals: number): string {
	const size = numerator < 0n ? -numerator : numerator;
	const digits = ((size * 10n ** BigInt(decimals)) / denominator).toString().padStart(decimals + 1, '0');
	return `${numerator < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** What a calculation with the number costs beside one with a safe whole number: its hexadecimal digits. */
export function weightOf(value: Rational): number {
	return typeof value === 'number' ? 0 : value.numerator.toString(16).length + value.denominator.toString(16).length;
}

function fractionOf(value: Rational): Fraction {
	return typeof value === 'number' ? { numerator: BigInt(value), denominator: 1n } : value;
}

function divisorOf(one: bigint, other: bigint): bigint {
	let [divisor, rest] = [one < 0n ? -one : one, other < 0n ? -other : other];
	while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
	return divisor;
}

function ratio(numerator: bigint, denominator: bigint): Rational {
	const divisor = divisorOf(numerator, denominator);
	const [above, below] = [numerator / divisor, denominator / divisor];
	const double = Number(above);
	return below === 1n && Number.isSafeInteger(double) ? double : { numerator: above, denominator: below };
}
