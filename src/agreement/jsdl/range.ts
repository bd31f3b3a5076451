/**
 * JSDL's RangeValue as a set of real numbers: disjoint intervals in ascending order, each end open or closed.
 * Immutable; the lexical forms stay in the element tree, which is what is written again (H8).
 *
 * The parts of a RangeValue are alternatives (JSDL 1.0, 5.2.2): a number matches when any of them holds it. Only
 * UpperBoundedRange and LowerBoundedRange together are one closed range: as alternatives they would admit everything
 * (the working group's mail of 2005-03-18, and what ARC does).
 */

/** All numbers between the ends; an infinite end is always open. `lower <= upper`, and both closed where equal. */
export interface Interval {
	readonly lower: number;
	readonly lowerOpen: boolean;
	readonly upper: number;
	readonly upperOpen: boolean;
}

/** Intervals in ascending order, neither overlapping nor touching. None: no number matches. */
export interface RangeValue {
	readonly intervals: readonly Interval[];
}

/** Amounts and counts. */
export const NOT_NEGATIVE: RangeValue = {
	intervals: [{ lower: 0, lowerOpen: false, upper: Number.POSITIVE_INFINITY, upperOpen: true }],
};

/** The set of one number. */
export function exactly(value: number): RangeValue {
	return between(value, value);
}

/** All numbers from `lower` to `upper`, both included; infinities mean no bound. */
export function between(lower: number, upper: number): RangeValue {
	return unite([{ lower, lowerOpen: false, upper, upperOpen: false }]);
}

/** All numbers above the bound, with it unless `open`. */
export function above(bound: number, open = false): RangeValue {
	return unite([{ lower: bound, lowerOpen: open, upper: Number.POSITIVE_INFINITY, upperOpen: true }]);
}

/** All numbers below the bound, with it unless `open`. */
export function below(bound: number, open = false): RangeValue {
	return unite([{ lower: Number.NEGATIVE_INFINITY, lowerOpen: true, upper: bound, upperOpen: open }]);
}

/** The union of any intervals, empty ones and infinite closed ends allowed. O(n log n). */
export function unite(parts: readonly Interval[]): RangeValue {
	const sorted = parts
		.map(openAtInfinity)
		.filter((part) => !isEmptyInterval(part))
		.sort(compareLowerEnds);
	const intervals: Interval[] = [];
	for (const part of sorted) {
		const last = intervals.at(-1);
		const apart =
			last === undefined || part.lower > last.upper || (part.lower === last.upper && part.lowerOpen && last.upperOpen);
		if (apart) intervals.push(part);
		else if (compareUpperEnds(part, last) > 0) {
			intervals[intervals.length - 1] = { ...last, upper: part.upper, upperOpen: part.upperOpen };
		}
	}
	return { intervals };
}

/** The numbers that both admit. O(n + m). */
export function intersect(one: RangeValue, other: RangeValue): RangeValue {
	const common: Interval[] = [];
	let i = 0;
	let j = 0;
	while (i < one.intervals.length && j < other.intervals.length) {
		const a = one.intervals[i]!;
		const b = other.intervals[j]!;
		const low = compareLowerEnds(a, b) >= 0 ? a : b;
		const high = compareUpperEnds(a, b) <= 0 ? a : b;
		const shared = { lower: low.lower, lowerOpen: low.lowerOpen, upper: high.upper, upperOpen: high.upperOpen };
		if (!isEmptyInterval(shared)) common.push(shared);
		if (high === a) i += 1;
		else j += 1;
	}
	return { intervals: common };
}

/** Whether some number is in both. O(n + m). */
export function intersects(one: RangeValue, other: RangeValue): boolean {
	return !isEmpty(intersect(one, other));
}

/** Whether no number is in it. */
export function isEmpty(range: RangeValue): boolean {
	return range.intervals.length === 0;
}

/** The only number that there is; undefined where there is none, or more than one. */
export function onlyValue(range: RangeValue): number | undefined {
	const [only, second] = range.intervals;
	return only !== undefined && second === undefined && only.lower === only.upper ? only.lower : undefined;
}

/** Where the range begins and where it ends, open or closed; undefined where it is empty. */
export function endsOf(range: RangeValue): { readonly lower: number; readonly upper: number } | undefined {
	const first = range.intervals[0];
	return first === undefined ? undefined : { lower: first.lower, upper: range.intervals.at(-1)!.upper };
}

export function contains(range: RangeValue, value: number): boolean {
	return range.intervals.some((interval) => holds(interval, value));
}

/** Whether every number of the one is a number of the other. */
export function isWithin(range: RangeValue, outer: RangeValue): boolean {
	return sameRange(intersect(range, outer), range);
}

/** Whether the same numbers are in both, however they were written. */
export function sameRange(one: RangeValue, other: RangeValue): boolean {
	return (
		one.intervals.length === other.intervals.length &&
		one.intervals.every((interval, index) => {
			const counterpart = other.intervals[index]!;
			return compareLowerEnds(interval, counterpart) === 0 && compareUpperEnds(interval, counterpart) === 0;
		})
	);
}

/** All numbers of the range less so much. */
export function shifted(range: RangeValue, by: number): RangeValue {
	return mapEnds(range, (end) => end - by);
}

/**
 * All numbers of the range, divided by a positive whole one: what each of so many gets of a sum. No quotient is
 * rounded onto a whole number that does not belong to it: a double next to n x v, divided by n, is further from v than
 * half the spacing of doubles there.
 */
export function divided(range: RangeValue, by: number): RangeValue {
	return mapEnds(range, (end) => end / by);
}

/**
 * How many times something of `each` may be had for the sum to be of `sum`: all real n above 0 for which n x e = s for
 * some e and s that are not negative. O(n x m) intervals.
 */
export function quotient(sum: RangeValue, each: RangeValue): RangeValue {
	const [sums, parts] = [intersect(sum, NOT_NEGATIVE), intersect(each, NOT_NEGATIVE)];
	if (contains(sums, 0) && contains(parts, 0)) return above(0, true);
	const quotients = sums.intervals.flatMap((s) => parts.intervals.map((e) => quotientOf(s, e)));
	return intersect(unite(quotients.filter((interval) => interval !== undefined)), above(0, true));
}

/** Not both hold 0. Infinite ends are open: what is divided by one comes near to 0, and by 0 goes beyond all bounds. */
function quotientOf(sum: Interval, each: Interval): Interval | undefined {
	if (sum.upper === 0 || each.upper === 0) return undefined;
	return {
		lower: sum.lower / each.upper,
		lowerOpen: sum.lowerOpen || each.upperOpen,
		upper: sum.upper / each.lower,
		upperOpen: sum.upperOpen || each.lowerOpen,
	};
}

/** The closed end of the range nearest to the number; an open end has no nearest number. */
export function nearestEnd(range: RangeValue, target: number): number | undefined {
	let nearest: number | undefined;
	for (const { lower, lowerOpen, upper, upperOpen } of range.intervals) {
		const ends = [...(lowerOpen ? [] : [lower]), ...(upperOpen ? [] : [upper])];
		for (const end of ends) {
			if (nearest === undefined || Math.abs(end - target) < Math.abs(nearest - target)) nearest = end;
		}
	}
	return nearest;
}

/** The whole numbers of the range that are nearest to the number: of each interval its ends, and what is beside it. */
export function wholeNumbersNear(range: RangeValue, target: number): readonly number[] {
	return range.intervals.flatMap((interval) => {
		const { lower, lowerOpen, upper, upperOpen } = interval;
		const first = lowerOpen ? Math.floor(lower) + 1 : Math.ceil(lower);
		const last = upperOpen ? Math.ceil(upper) - 1 : Math.floor(upper);
		const near = [first, last, Math.floor(target), Math.ceil(target)];
		return near.filter((value) => Number.isSafeInteger(value) && holds(interval, value));
	});
}

/** Whether a whole number is in the range, however large. */
export function holdsWholeNumber(range: RangeValue): boolean {
	const isWide = range.intervals.some(({ lower, upper }) => upper - lower > 1 || Math.abs(lower) > 2 ** 52);
	return isWide || wholeNumbersNear(range, 0).length > 0;
}

/**
 * The smallest multiple of `step` in the range that is at least `atLeast`; `step` is a positive whole number, so a
 * step of 1 finds counts. Undefined where there is none up to 2^53.
 */
export function smallestMultiple(range: RangeValue, step: number, atLeast = 0): number | undefined {
	for (const interval of range.intervals) {
		const floor = Math.max(interval.lower, atLeast);
		let value = Math.ceil(floor / step) * step;
		// The quotient was rounded: lower = 1048576.0000000002 divides to exactly 1.
		if (value < floor || (value === interval.lower && interval.lowerOpen)) value += step;
		if (Number.isSafeInteger(value) && holds(interval, value)) return Object.is(value, -0) ? 0 : value;
	}
	return undefined;
}

/** The largest multiple of `step` in the range that is at most `atMost` (finite) and not negative. */
export function largestMultiple(range: RangeValue, step: number, atMost: number): number | undefined {
	for (let index = range.intervals.length - 1; index >= 0; index -= 1) {
		const interval = range.intervals[index]!;
		const ceiling = Math.min(interval.upper, atMost);
		let value = Math.floor(ceiling / step) * step;
		if (value > ceiling || (value === interval.upper && interval.upperOpen)) value -= step;
		if (value >= 0 && Number.isSafeInteger(value) && holds(interval, value)) return Object.is(value, -0) ? 0 : value;
	}
	return undefined;
}

/** The range in a few words for a message: `1073741824`, `2..4`, `more than 2`, `2..4 or at least 8`; its ends as `print` says them. */
export function printRange(range: RangeValue, print: (end: number) => string = String): string {
	if (isEmpty(range)) return 'nothing';
	const shown = range.intervals.slice(0, INTERVALS_SHOWN_MAX).map((each) => printInterval(each, print));
	const hidden = range.intervals.length - shown.length;
	return hidden > 0 ? `${shown.join(' or ')} or ${hidden} more ranges` : shown.join(' or ');
}

/** A range of a thousand exact values would drown the message that it stands in. */
const INTERVALS_SHOWN_MAX = 8;

/** One interval in words, though it may be empty: `9..3`, `more than 2 and at most 2`. */
export function printInterval(
	{ lower, lowerOpen, upper, upperOpen }: Interval,
	print: (end: number) => string = String,
): string {
	if (lower === upper && !lowerOpen && !upperOpen) return print(lower);
	const least = lowerOpen ? `more than ${print(lower)}` : `at least ${print(lower)}`;
	const most = upperOpen ? `less than ${print(upper)}` : `at most ${print(upper)}`;
	if (lower === Number.NEGATIVE_INFINITY) return upper === Number.POSITIVE_INFINITY ? 'anything' : most;
	if (upper === Number.POSITIVE_INFINITY) return least;
	return lowerOpen || upperOpen ? `${least} and ${most}` : `${print(lower)}..${print(upper)}`;
}

function mapEnds({ intervals }: RangeValue, map: (end: number) => number): RangeValue {
	return { intervals: intervals.map((each) => ({ ...each, lower: map(each.lower), upper: map(each.upper) })) };
}

function openAtInfinity(interval: Interval): Interval {
	const lowerOpen = interval.lowerOpen || interval.lower === Number.NEGATIVE_INFINITY;
	const upperOpen = interval.upperOpen || interval.upper === Number.POSITIVE_INFINITY;
	return { lower: interval.lower, lowerOpen, upper: interval.upper, upperOpen };
}

function isEmptyInterval({ lower, lowerOpen, upper, upperOpen }: Interval): boolean {
	return lower > upper || (lower === upper && (lowerOpen || upperOpen || !Number.isFinite(lower)));
}

function holds({ lower, lowerOpen, upper, upperOpen }: Interval, value: number): boolean {
	return (lowerOpen ? value > lower : value >= lower) && (upperOpen ? value < upper : value <= upper);
}

/** Which interval begins first; a closed end begins before an open one. */
function compareLowerEnds(a: Interval, b: Interval): number {
	if (a.lower !== b.lower) return a.lower < b.lower ? -1 : 1;
	return Number(a.lowerOpen) - Number(b.lowerOpen);
}

/** Which interval ends first; an open end comes before a closed one. */
function compareUpperEnds(a: Interval, b: Interval): number {
	if (a.upper !== b.upper) return a.upper < b.upper ? -1 : 1;
	return Number(b.upperOpen) - Number(a.upperOpen);
}
