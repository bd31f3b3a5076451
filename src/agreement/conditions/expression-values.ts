/**
 * The values of the constraint language: numbers, of which a RangeValue admits many, and texts. What is said of them is
 * true where it holds for all that is admitted, false where it holds for none, and neither where it depends on what is
 * granted: a constraint must be true.
 */

import { exactly, type Interval, intersect, isEmpty, type RangeValue, unite } from '../jsdl/range.ts';
import { parseDouble } from '../lexical.ts';
import { parseDateTime, parseDuration } from '../time.ts';
import type { ArithmeticOperator, ComparisonOperator } from './expression.ts';

export type Truth = 'true' | 'false' | 'open';

export type Value =
	| { readonly kind: 'numbers'; readonly range: RangeValue }
	| { readonly kind: 'texts'; readonly texts: readonly string[] };

export type Fault = { readonly why: string };

/** Beyond so many intervals a calculation goes on with the one that holds them all. */
const INTERVALS_MAX = 64;

/** Whether the comparison holds; a fault where the two cannot be compared. Neither is empty. */
export function compare(operator: ComparisonOperator, left: Value, right: Value): Truth | Fault {
	if (operator === '!=') return negate(compare('=', left, right));
	if (operator === '>') return compare('<', right, left);
	if (operator === '>=') return compare('<=', right, left);
	const numbers =
		left.kind === 'numbers' && right.kind === 'numbers' ? ([left, right] as const) : bothAsNumbers(left, right);
	if (numbers !== undefined) return compareNumbers(operator, numbers[0].range, numbers[1].range);
	if (operator !== '=') return { why: `${print(left)} and ${print(right)} have no order` };
	// A number is never a text that is none.
	return left.kind === 'texts' && right.kind === 'texts' ? compareTexts(left.texts, right.texts) : 'false';
}

export function negate(truth: Truth | Fault): Truth | Fault {
	if (truth === 'true') return 'false';
	return truth === 'false' ? 'true' : truth;
}

/** What the calculation may come to; a fault for a division by what may be zero, or for what is no number at all. */
export function calculate(operator: ArithmeticOperator, left: RangeValue, right: RangeValue): RangeValue | Fault {
	if (operator === 'div' && !isEmpty(intersect(right, exactly(0)))) return { why: 'the divisor may be 0' };
	const [ones, others] =
		left.intervals.length * right.intervals.length > INTERVALS_MAX
			? [hull(left), hull(right)]
			: [left.intervals, right.intervals];
	const range = unite(ones.flatMap((one) => others.map((other) => OPERATIONS[operator](one, other))));
	return isEmpty(range) ? { why: 'the result is too large' } : range;
}

/** As a message shows it. */
export function print(value: Value): string {
	if (value.kind === 'texts') return value.texts.join(', ') || 'nothing';
	return value.range.intervals
		.map(({ lower, upper }) => (lower === upper ? String(lower) : `${lower}..${upper}`))
		.join(' or ');
}

function compareNumbers(operator: '=' | '<' | '<=', left: RangeValue, right: RangeValue): Truth {
	if (operator === '=') {
		if (isEmpty(intersect(left, right))) return 'false';
		const [one, ...more] = left.intervals;
		const [other, ...others] = right.intervals;
		const areSingle = more.length === 0 && others.length === 0 && isPoint(one!) && isPoint(other!);
		return areSingle ? 'true' : 'open';
	}
	const [low, high] = [left.intervals.at(-1)!, right.intervals[0]!];
	if (isBelow(low, high, operator === '<')) return 'true';
	// None is below: every one of the right is at most, or below, every one of the left.
	return isBelow(right.intervals.at(-1)!, left.intervals[0]!, operator === '<=') ? 'false' : 'open';
}

/** Whether all of the one are at most, or strictly below, all of the other. */
function isBelow(one: Interval, other: Interval, strictly: boolean): boolean {
	if (one.upper !== other.lower) return one.upper < other.lower;
	return !strictly || one.upperOpen || other.lowerOpen;
}

function compareTexts(left: readonly string[], right: readonly string[]): Truth {
	const known = new Set(right);
	const shared = left.filter((text) => known.has(text)).length;
	if (shared === 0) return 'false';
	return new Set(left).size === 1 && known.size === 1 ? 'true' : 'open';
}

/** Texts that are all numbers, all times or all durations are compared as such. */
function bothAsNumbers(left: Value, right: Value): readonly [Numbers, Numbers] | undefined {
	for (const parse of PARSERS) {
		const [one, other] = [asNumbers(left, parse), asNumbers(right, parse)];
		if (one !== undefined && other !== undefined) return [one, other];
	}
	return undefined;
}

type Numbers = Extract<Value, { kind: 'numbers' }>;
type Parse = (text: string) => number | undefined;

const PARSERS: readonly Parse[] = [
	finite,
	(text) => parseDateTime(text)?.seconds,
	(text) => {
		const duration = parseDuration(text);
		return duration.ok ? duration.seconds : undefined;
	},
];

/** The number that a text is, if it is one; INF and NaN are no amounts. */
export function finite(text: string): number | undefined {
	const value = parseDouble(text);
	return value !== undefined && Number.isFinite(value) ? value : undefined;
}

function asNumbers(value: Value, parse: Parse): Numbers | undefined {
	if (value.kind === 'numbers') return parse === finite ? value : undefined;
	const numbers = value.texts.map(parse);
	if (!numbers.every((number) => number !== undefined)) return undefined;
	return { kind: 'numbers', range: unite(numbers.flatMap((number) => exactly(number).intervals)) };
}

function hull({ intervals }: RangeValue): readonly Interval[] {
	const [first, last] = [intervals[0]!, intervals.at(-1)!];
	return [{ ...first, upper: last.upper, upperOpen: last.upperOpen }];
}

function isPoint({ lower, upper }: Interval): boolean {
	return lower === upper;
}

type Operation = (one: Interval, other: Interval) => Interval;

const OPERATIONS: Readonly<Record<ArithmeticOperator, Operation>> = {
	'+': (one, other) => ({
		lower: one.lower + other.lower,
		lowerOpen: one.lowerOpen || other.lowerOpen,
		upper: one.upper + other.upper,
		upperOpen: one.upperOpen || other.upperOpen,
	}),
	'-': (one, other) => OPERATIONS['+'](one, negative(other)),
	'*': (one, other) => spanOf(ends(one).flatMap((a) => ends(other).map((b) => product(a, b)))),
	div: (one, other) => spanOf(ends(one).flatMap((a) => ends(other).map((b) => quotient(a, b, other.lower >= 0)))),
};

function negative({ lower, lowerOpen, upper, upperOpen }: Interval): Interval {
	return { lower: -upper, lowerOpen: upperOpen, upper: -lower, upperOpen: lowerOpen };
}

function ends({ lower, upper }: Interval): readonly number[] {
	return [lower, upper];
}

/** Nothing times infinitely much is nothing: the bound is not reached. */
function product(one: number, other: number): number {
	return one === 0 || other === 0 ? 0 : one * other;
}

/** The divisor does not hold 0, so 0 is an open end of it. Of infinities the other ends bound the quotient. */
function quotient(one: number, other: number, isPositive: boolean): number {
	if (one === 0 || !(Number.isFinite(one) || Number.isFinite(other))) return 0;
	if (other !== 0) return one / other;
	return one > 0 === isPositive ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

/** Ends that may be open are taken as closed: more is admitted than there is, never less. */
function spanOf(numbers: readonly number[]): Interval {
	return { lower: Math.min(...numbers), lowerOpen: false, upper: Math.max(...numbers), upperOpen: false };
}
