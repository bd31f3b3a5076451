/** Decimal numbers by their digits: exact, however many there are. */
import { printDouble } from '../lexical.ts';

/** The digits before and behind the point, without zeros that say nothing. */
export interface Numeral {
	readonly isNegative: boolean;
	readonly whole: string;
	readonly fraction: string;
}

export const ZERO: Numeral = { isNegative: false, whole: '', fraction: '' };

export function isZero({ whole, fraction }: Numeral): boolean {
	return whole === '' && fraction === '';
}

/** The numeral of a decimal without an exponent. */
export function numeralOf(decimal: string): Numeral {
	const [before = '', behindPoint = ''] = decimal.replace(/^[+-]/, '').split('.');
	const [whole, fraction] = [before.replace(/^0+/, ''), withoutTrailingZeros(behindPoint)];
	return { isNegative: decimal.startsWith('-') && whole + fraction !== '', whole, fraction };
}

/** The shortest one that says the double, which is finite. */
export function numeralOfDouble(value: number): Numeral {
	const [mantissa = '', exponent = '0'] = String(value).split('e');
	return shifted(numeralOf(mantissa), Number(exponent));
}

/** The same times a power of ten. */
export function shifted({ isNegative, whole, fraction }: Numeral, places: number): Numeral {
	const digits = whole + fraction;
	const point = whole.length + places;
	const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0');
	const at = Math.max(0, point);
	return {
		isNegative,
		whole: padded.slice(0, at).replace(/^0+/, ''),
		fraction: withoutTrailingZeros(padded.slice(at)),
	};
}

/** Without plus and without zeros that say nothing: `0.5`, `-12`, `0`. */
export function printNumeral({ isNegative, whole, fraction }: Numeral): string {
	return `${isNegative ? '-' : ''}${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The one way to write a decimal that all of the same value have in common. */
export function canonicalDecimal(decimal: string): string {
	return printNumeral(numeralOf(decimal));
}

/** A number without an exponent: not every type of numbers takes one. */
export function printDecimal(value: number): string {
	return Number.isFinite(value) ? printNumeral(numeralOfDouble(value)) : printDouble(value);
}

/** By hand: a regular expression looks at each run of zeros anew from each of its zeros. */
function withoutTrailingZeros(digits: string): string {
	let end = digits.length;
	while (end > 0 && digits[end - 1] === '0') end -= 1;
	return digits.slice(0, end);
}
