/** Decimals by their digits, against exact fractions and doubles. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { order, parseRational, type Rational } from '../../src/agreement/conditions/rational.ts';
import {
	canonicalDecimal,
	isZero,
	numeralOf,
	printDecimal,
	printNumeral,
	shifted,
} from '../../src/agreement/template/numeral.ts';

const digits = fc.stringMatching(/^0{0,4}[0-9]{0,30}0{0,4}$/);
const decimal = fc
	.tuple(fc.constantFrom('', '-', '+'), digits, fc.option(digits, { nil: undefined }))
	.map(([sign, whole, fraction]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}`)
	.filter((text) => /[0-9]/.test(text));
const rationalOf = (text: string): Rational => parseRational(text) as Rational;

describe('a decimal', () => {
	test('is written in one way, whatever zeros and plus it has', () => {
		fc.assert(
			fc.property(decimal, decimal, (one, other) => {
				const [left, right] = [canonicalDecimal(one), canonicalDecimal(other)];
				expect(left).toMatch(/^(0|-?(0|[1-9][0-9]*)\.[0-9]*[1-9]|-?[1-9][0-9]*)$/);
				expect(order(rationalOf(left), rationalOf(one))).toBe(0);
				expect(left === right).toBe(order(rationalOf(one), rationalOf(other)) === 0);
				expect(canonicalDecimal(`${one}${one.includes('.') ? '0' : '.0'}`)).toBe(left);
				expect(isZero(numeralOf(one))).toBe(left === '0');
			}),
		);
	});

	test('times powers of ten is what exponents say', () => {
		fc.assert(
			fc.property(decimal, fc.integer({ min: -40, max: 40 }), (text, places) => {
				const moved = printNumeral(shifted(numeralOf(text), places));
				expect(order(rationalOf(moved), rationalOf(`${text}e${places}`))).toBe(0);
			}),
		);
	});

	test('of a double is that double, without an exponent', () => {
		fc.assert(
			fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
				expect(printDecimal(value)).toMatch(/^-?[0-9]+(\.[0-9]*[1-9])?$/);
				expect(Number(printDecimal(value))).toBe(value + 0);
			}),
		);
	});
});
