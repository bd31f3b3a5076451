/**
 * The nearest value that facets allow, for whoever is refused. Every candidate is tried before it is told.
 *
 * Ordered values are compared by their distance; whoever says a whole number is told one where there is one, unless the
 * template says how many digits a fraction may have. Beside a bound that is excluded it is the next number of as many
 * digits as must be, the whole second, or the day. Texts are compared by how many characters differ, case not counted;
 * of equals the one that is written first.
 */
import type { RangeValue } from '../jsdl/range.ts';
import { collapseWhiteSpace, printDouble } from '../lexical.ts';
import { printDateTime, printDuration } from '../time.ts';
import { besideOf, ordinalOf } from './atomic-value.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { shapeOf } from './pattern-shape.ts';
import type { SimpleType } from './simple-type.ts';

/** What looking for the nearest values of one offer may cost, in characters compared: some milliseconds. */
const SEARCH_STEPS_MAX = 2_000_000;
/** The nearest so many are tried. */
const TRIED_MAX = 256;

/** For all the nearest values of one check; where it is spent, none is told any more. */
export function searchBudget(): StepBudget {
	return { remaining: SEARCH_STEPS_MAX };
}

/**
 * The nearest value, or undefined where none falls out. `allowed` are the numbers that the restriction allows;
 * `isAllowed` tries a text, and takes what that costs from the budget.
 */
export function findNearestValue(
	{ type, whiteSpace, steps }: ValueRestriction,
	value: string,
	allowed: RangeValue,
	isAllowed: (text: string) => boolean,
	budget: StepBudget,
): string | undefined {
	const listed = listedValues(steps);
	if (type.space === 'boolean') return nearestTruth(type, value, isAllowed);
	const said = ordinalOf(type, value);
	if (said === undefined) {
		// What is no value of an ordered type is near to none of its values.
		const texts = listed.filter((text) => ordinalOf(type, text) === undefined);
		const nearest = byDifference(texts, value, budget).slice(0, TRIED_MAX).find(isAllowed);
		return (
			nearest ?? onlyOne(listed, isAllowed) ?? cutToLength(steps, value, whiteSpace === 'collapse').find(isAllowed)
		);
	}
	const isNumber = type.space === 'number' || type.space === 'untyped';
	const isWholeWanted = isNumber && Number.isInteger(said) && leastCount(steps, 'fractionDigits') === undefined;
	for (const digits of isNumber ? digitsTried(steps, type) : [0]) {
		const ends = isNumber ? numbersNear(allowed, said, digits) : steps.flatMap((step) => boundsOf(type, step));
		const sorted = byDistance([...listed, ...ends], said, type, isWholeWanted);
		const nearest = sorted.slice(0, TRIED_MAX).find(isAllowed);
		if (nearest !== undefined) return nearest;
	}
	return onlyOne(listed, isAllowed);
}

/** The values that are enumerated, and those of patterns that are a list. */
function listedValues(steps: readonly FacetSet[]): readonly string[] {
	const enumerated = steps.flatMap(({ enumeration }) => enumeration.map(({ text }) => text));
	const words = steps.flatMap(({ patterns }) => patterns.flatMap((pattern) => shapeOf(pattern).words ?? []));
	return [...new Set([...enumerated, ...words])];
}

function onlyOne(listed: readonly string[], isAllowed: (text: string) => boolean): string | undefined {
	if (listed.length > TRIED_MAX) return undefined;
	const [only, second] = listed.filter(isAllowed);
	return second === undefined ? only : undefined;
}

function nearestTruth(type: SimpleType, value: string, isAllowed: (text: string) => boolean): string | undefined {
	const isSaid = ordinalOf(type, value) !== undefined;
	const [first, second] = ['true', 'false', '1', '0'].filter(isAllowed);
	const alike = [first, second].find((word) => word === value.toLowerCase());
	const isOne = first !== undefined && (second === undefined || ordinalOf(type, first) === ordinalOf(type, second));
	return alike ?? (isSaid || isOne ? first : undefined);
}

/** The texts in the order of how many characters would have to change; those that the budget leaves time to compare. */
function byDifference(texts: readonly string[], value: string, budget: StepBudget): readonly string[] {
	const differences = texts.map((text) => ({ text, difference: differenceOf(text, value, budget) }));
	const compared = differences.filter(({ difference }) => difference !== undefined);
	return compared.sort((one, other) => one.difference! - other.difference!).map(({ text }) => text);
}

/** Texts are compared by so many characters: two names that are alike are alike in these. */
const COMPARED_CHARACTERS_MAX = 128;

/** How many characters have to be added, removed or replaced (Levenshtein), case not counted. */
function differenceOf(text: string, value: string, budget: StepBudget): number | undefined {
	const [one, other] = [text, value].map((each) => [...each.slice(0, COMPARED_CHARACTERS_MAX).toLowerCase()]);
	budget.remaining -= (one!.length + 1) * (other!.length + 1);
	if (budget.remaining < 0) return undefined;
	let row = Array.from({ length: other!.length + 1 }, (_, index) => index);
	for (const [index, character] of one!.entries()) {
		const next = [index + 1];
		for (const [column, facing] of other!.entries()) {
			const replaced = row[column]! + Number(character !== facing);
			next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
		}
		row = next;
	}
	return row.at(-1)!;
}

/** The text without what stands beyond its greatest length; what is missing of a text nobody can invent. */
function cutToLength(steps: readonly FacetSet[], value: string, isCollapsed: boolean): readonly string[] {
	const longest = Math.min(
		...[leastCount(steps, 'length'), leastCount(steps, 'maxLength')].map((count) => count ?? Number.POSITIVE_INFINITY),
	);
	if (!Number.isFinite(longest)) return [];
	let end = 0;
	let length = 0;
	for (const character of value) {
		if (length === longest) break;
		end += character.length;
		length += 1;
	}
	const cut = value.slice(0, end);
	return [isCollapsed ? collapseWhiteSpace(cut) : cut];
}

function leastCount(steps: readonly FacetSet[], kind: FacetSet['counts'][number]['kind']): number | undefined {
	const counts = steps.flatMap((step) => step.counts.filter((each) => each.kind === kind).map(({ count }) => count));
	return counts.length === 0 ? undefined : Math.min(...counts);
}

/** The nearest first. Two on the same side of what was said are compared themselves: near infinity all are as far. */
function byDistance(
	texts: readonly string[],
	said: number,
	type: SimpleType,
	isWholeWanted: boolean,
): readonly string[] {
	const places = texts.flatMap((text) => {
		const place = ordinalOf(type, text);
		return place === undefined ? [] : [{ text, place, rank: Number(isWholeWanted && !Number.isInteger(place)) }];
	});
	places.sort((one, other) => {
		if (one.rank !== other.rank) return one.rank - other.rank;
		if (one.place === other.place) return 0;
		if (one.place <= said && other.place <= said) return other.place - one.place;
		if (one.place >= said && other.place >= said) return one.place - other.place;
		return Math.abs(one.place - said) - Math.abs(other.place - said);
	});
	return places.map(({ text }) => text);
}

/** Where nothing says how many digits a fraction may have: a number between two others is looked for down to these. */
const FRACTION_DIGITS_TRIED_MAX = 6;
/** Behind these a double has none to offer. */
const FRACTION_DIGITS_MAX = 15;

/** With how many digits behind the point numbers are tried: as many as there may be; without a limit whole ones first. */
function digitsTried(steps: readonly FacetSet[], type: SimpleType): readonly number[] {
	if (type.lexical === 'integer') return [0];
	const most = leastCount(steps, 'fractionDigits') ?? leastCount(steps, 'totalDigits');
	if (most !== undefined) return [Math.min(most, FRACTION_DIGITS_MAX)];
	return Array.from({ length: FRACTION_DIGITS_TRIED_MAX + 1 }, (_, digits) => digits);
}

/** The ends of what is allowed, and beside them and beside what was said the numbers of at most so many digits. */
function numbersNear(allowed: RangeValue, said: number, digitsMax: number): readonly string[] {
	const near = new Set<number>();
	for (const { lower, upper } of nearestIntervals(allowed, said)) {
		// The end on the other side may be allowed, and yet not be the nearest.
		if (said <= lower || digitsMax === FRACTION_DIGITS_TRIED_MAX || lower === upper) near.add(lower);
		if (said >= upper || digitsMax === FRACTION_DIGITS_TRIED_MAX) near.add(upper);
		for (const place of lower === upper ? [] : [said, lower, upper].filter(Number.isFinite)) {
			for (let digits = 0; digits <= digitsMax; digits += 1) {
				const unit = 10 ** digits;
				const floor = Math.floor(place * unit);
				for (const each of [floor, floor + 1, floor - 1, floor + 2]) near.add(each / unit);
			}
		}
	}
	return [...near].filter(Number.isFinite).map(printNumber);
}

/** Of a long list of numbers those that may be nearest. */
function nearestIntervals({ intervals }: RangeValue, said: number): RangeValue['intervals'] {
	if (intervals.length <= TRIED_MAX) return intervals;
	const next = intervals.findIndex(({ lower }) => lower >= said);
	const middle = next < 0 ? intervals.length : next;
	return intervals.slice(Math.max(0, middle - TRIED_MAX / 2), middle + TRIED_MAX / 2);
}

/** Without an exponent: not every type of numbers takes one. */
function printNumber(value: number): string {
	const text = printDouble(value);
	if (!text.includes('e')) return text;
	return Number.isInteger(value) ? String(BigInt(value)) : text;
}

/** The outermost values that its bounds allow. */
function boundsOf(type: SimpleType, { bounds }: FacetSet): readonly string[] {
	return bounds.flatMap(({ kind, lexical, ordinal }) => {
		if (kind === 'minInclusive' || kind === 'maxInclusive') return [lexical];
		const isLower = kind === 'minExclusive';
		const beside = besideOf(type, lexical, isLower ? 1 : -1);
		if (beside !== undefined) return beside;
		const seconds = isLower ? Math.floor(ordinal) + 1 : Math.ceil(ordinal) - 1;
		if (type.space === 'duration') return seconds >= 0 ? [printDuration(seconds)] : [];
		const printed = printDateTime(seconds);
		if (type.space === 'clock') return [printed.slice('1970-01-01T'.length)];
		// Whoever wrote no zone is told none.
		return [/(?:Z|[+-]\d\d:\d\d)$/.test(lexical) ? printed : printed.slice(0, -1)];
	});
}
