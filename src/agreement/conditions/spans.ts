/**
 * The numbers that an operand may come to: disjoint spans in ascending order. What jsdl/range.ts is for the doubles of
 * a document, this is for exact numbers.
 */
import type { RangeValue } from '../jsdl/range.ts';
import type { ArithmeticOperator } from './expression.ts';
import {
	add,
	divide,
	fromDouble,
	infinity,
	isFiniteRational,
	isTooLong,
	multiply,
	negate,
	order,
	type Rational,
} from './rational.ts';

/** All numbers between the ends; an infinite end is always open. `lower <= upper`, and both closed where equal. */
export interface Span {
	readonly lower: Rational;
	readonly lowerOpen: boolean;
	readonly upper: Rational;
	readonly upperOpen: boolean;
}

export type Spans = readonly Span[];

/** Beyond so many spans a calculation goes on with the one that holds them all. */
const SPANS_MAX = 64;

export function point(value: Rational): Spans {
	return [{ lower: value, lowerOpen: false, upper: value, upperOpen: false }];
}

/** All numbers from `lower` to `upper`, both included; infinities mean no bound. */
export function spanning(lower: Rational, upper: Rational): Spans {
	return unite([{ lower, lowerOpen: false, upper, upperOpen: false }]);
}

/** Of a range each end is the shortest decimal that says it. */
export function spansOf({ intervals }: RangeValue): Spans {
	return intervals.map((each) => ({ ...each, lower: fromDouble(each.lower), upper: fromDouble(each.upper) }));
}

/** The union of any spans, empty ones and infinite closed ends allowed. */
export function unite(parts: readonly Span[]): Spans {
	const sorted = parts.map(openAtInfinity).filter((part) => !isNothing(part));
	if (sorted.length < 2) return sorted;
	sorted.sort(compareLowerEnds);
	const spans: Span[] = [];
	for (const part of sorted) {
		const last = spans.at(-1);
		const gap = last === undefined ? 1 : order(part.lower, last.upper);
		if (last === undefined || gap > 0 || (gap === 0 && part.lowerOpen && last.upperOpen)) spans.push(part);
		else if (compareUpperEnds(part, last) > 0) {
			spans[spans.length - 1] = { ...last, upper: part.upper, upperOpen: part.upperOpen };
		}
	}
	return spans;
}

/** The numbers that are in both. */
export function intersect(ones: Spans, others: Spans): Spans {
	const common: Span[] = [];
	let i = 0;
	let j = 0;
	while (i < ones.length && j < others.length) {
		const [one, other] = [ones[i]!, others[j]!];
		const low = compareLowerEnds(one, other) >= 0 ? one : other;
		const high = compareUpperEnds(one, other) <= 0 ? one : other;
		const shared = { lower: low.lower, lowerOpen: low.lowerOpen, upper: high.upper, upperOpen: high.upperOpen };
		if (!isNothing(shared)) common.push(shared);
		if (high === one) i += 1;
		else j += 1;
	}
	return common;
}

export function bothEnds({ lower, upper }: Span): readonly Rational[] {
	return [lower, upper];
}

export function isPoint({ lower, upper }: Span): boolean {
	return order(lower, upper) === 0;
}

/** What the calculation may come to; or why it comes to nothing: a division by what may be zero, too many digits. */
export function calculate(operator: ArithmeticOperator, left: Spans, right: Spans): Spans | { readonly why: string } {
	if (operator === 'div' && intersect(right, point(0)).length > 0) return { why: 'the divisor may be 0' };
	const [ones, others] = left.length * right.length > SPANS_MAX ? [hull(left), hull(right)] : [left, right];
	const spans = unite(ones.flatMap((one) => others.map((other) => OPERATIONS[operator](one, other))));
	const isLong = spans.some(({ lower, upper }) => isTooLong(lower) || isTooLong(upper));
	return isLong || spans.length === 0 ? { why: 'the result has too many digits' } : spans;
}

type Operation = (one: Span, other: Span) => Span;

const OPERATIONS: Readonly<Record<ArithmeticOperator, Operation>> = {
	'+': (one, other) => ({
		lower: add(one.lower, other.lower),
		lowerOpen: one.lowerOpen || other.lowerOpen,
		upper: add(one.upper, other.upper),
		upperOpen: one.upperOpen || other.upperOpen,
	}),
	'-': (one, other) => OPERATIONS['+'](one, negative(other)),
	'*': (one, other) => spanOf(ends(one).flatMap((a) => ends(other).map((b) => multiply(a, b)))),
	div: (one, other) =>
		spanOf(ends(one).flatMap((a) => ends(other).map((b) => quotient(a, b, order(other.lower, 0) >= 0)))),
};

function negative({ lower, lowerOpen, upper, upperOpen }: Span): Span {
	return { lower: negate(upper), lowerOpen: upperOpen, upper: negate(lower), upperOpen: lowerOpen };
}

function ends({ lower, upper }: Span): readonly Rational[] {
	return lower === upper ? [lower] : [lower, upper];
}

/** The divisor does not hold 0, so 0 is an open end of it. Of infinities the other ends bound the quotient. */
function quotient(one: Rational, other: Rational, isPositive: boolean): Rational {
	if (one === 0 || !(isFiniteRational(one) || isFiniteRational(other))) return 0;
	if (other !== 0) return divide(one, other);
	return infinity(order(one, 0) > 0 === isPositive ? 1 : -1);
}

/** Ends that may be open are taken as closed: more is admitted than there is, never less. */
function spanOf(numbers: readonly Rational[]): Span {
	const [lower, upper] = [smallest(numbers), largest(numbers)];
	return { lower, lowerOpen: false, upper, upperOpen: false };
}

export function smallest(numbers: readonly Rational[]): Rational {
	return numbers.reduce((one, other) => (order(other, one) < 0 ? other : one));
}

export function largest(numbers: readonly Rational[]): Rational {
	return numbers.reduce((one, other) => (order(other, one) > 0 ? other : one));
}

function hull(spans: Spans): Spans {
	const last = spans.at(-1)!;
	return [{ ...spans[0]!, upper: last.upper, upperOpen: last.upperOpen }];
}

function openAtInfinity(span: Span): Span {
	const lowerOpen = span.lowerOpen || span.lower === Number.NEGATIVE_INFINITY;
	const upperOpen = span.upperOpen || span.upper === Number.POSITIVE_INFINITY;
	return { lower: span.lower, lowerOpen, upper: span.upper, upperOpen };
}

function isNothing({ lower, lowerOpen, upper, upperOpen }: Span): boolean {
	const width = order(upper, lower);
	return width < 0 || (width === 0 && (lowerOpen || upperOpen || !isFiniteRational(lower)));
}

/** Which span begins first; a closed end begins before an open one. */
function compareLowerEnds(one: Span, other: Span): number {
	return order(one.lower, other.lower) || Number(one.lowerOpen) - Number(other.lowerOpen);
}

/** Which span ends first; an open end comes before a closed one. */
function compareUpperEnds(one: Span, other: Span): number {
	return order(one.upper, other.upper) || Number(other.upperOpen) - Number(one.upperOpen);
}
