/** Ranges between neighbours among the numbers of 32 and 64 bits. */
import type { RangeValue } from '../jsdl/range.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import { DOUBLE_DIGITS } from '../template/nearest-exact.ts';

/** Whether a number of 64 bits, or of 32, lies within the range, whose ends are such. */
export function holdsDouble({ intervals }: RangeValue, isSingle: boolean): boolean {
	return intervals.some(({ lower, lowerOpen, upper, upperOpen }) => {
		if (!lowerOpen || !upperOpen) return true;
		return nextAbove(lower, isSingle) < upper;
	});
}

/**
 * The numbers that a restriction allows, for automata of what is written, which compare that digit by digit: 0.1 is the
 * float 0.100000001 and the double 0.10000000000000001, and of a decimal of many digits only the nearest double is known.
 */
export function writtenRange(restriction: ValueRestriction): RangeValue {
	const { type, steps } = restriction;
	const allowed = allowedRange(restriction);
	const said = steps.flatMap(({ bounds, enumeration }) => [
		...bounds.map(({ lexical }) => lexical),
		...enumeration.map(({ text }) => text),
	]);
	const isExact = type.lexical !== undefined && said.every((text) => text.replace(/\D/g, '').length <= DOUBLE_DIGITS);
	if (isExact) return allowed;
	const isSingle = type.isSingle === true;
	const above = (end: number): number => (Number.isFinite(end) ? nextAbove(end, isSingle) : end);
	return {
		intervals: allowed.intervals.map((interval) => {
			return { ...interval, lower: -above(-interval.lower), upper: above(interval.upper) };
		}),
	};
}

/** The next greater number; of infinity none is known. */
function nextAbove(value: number, isSingle: boolean): number {
	if (value === Number.NEGATIVE_INFINITY) return isSingle ? -SINGLE_MAX : -Number.MAX_VALUE;
	if (value === 0) return isSingle ? 2 ** -149 : Number.MIN_VALUE;
	const bits = new DataView(new ArrayBuffer(8));
	// Of one sign, numbers are in the order of their bits.
	const step = value > 0 ? 1 : -1;
	if (isSingle) {
		bits.setFloat32(0, value);
		bits.setInt32(0, bits.getInt32(0) + step);
		return bits.getFloat32(0);
	}
	bits.setFloat64(0, value);
	bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(step));
	return bits.getFloat64(0);
}

const SINGLE_MAX = (2 - 2 ** -23) * 2 ** 127;
