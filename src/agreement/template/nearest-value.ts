/**
 * The nearest value that facets allow, for whoever is refused. Every candidate is tried before it is told.
 *
 * Ordered values are compared by their distance, from what the text clearly means if it is none of them; whoever says a
 * whole number is told one where there is one, unless the template says how many digits a fraction may have. Beside a
 * bound that is excluded it is the next number of as many digits as must be, the whole second, or the day. Texts are
 * compared by how many characters differ; of those that are enumerated, which of equals is written first is told.
 */
import type { RangeValue } from '../jsdl/range.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { printDateTime, printDuration } from '../time.ts';
import { besideOf, ordinalOf } from './atomic-value.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { type Machine, patternMachine } from './machine.ts';
import { meaningOf } from './meaning.ts';
import { nearestText, Product } from './nearest-text.ts';
import { printDecimal } from './number-machines.ts';
import type { SimpleType } from './simple-type.ts';
import { machinesOf, placeMachines, plainMachines, WHOLE } from './value-machines.ts';

/** What looking for the nearest values of one offer may cost, in characters compared: some milliseconds. */
const SEARCH_STEPS_MAX = 2_000_000;
/** What one search among texts may cost of it, so that others have their share. */
const TEXT_STEPS_MAX = 500_000;
/** The nearest so many are tried. */
const TRIED_MAX = 256;

/** For all the nearest values of one check; where it is spent, none is told any more. */
export function searchBudget(): StepBudget {
	return { remaining: SEARCH_STEPS_MAX };
}

/** One look for the nearest value. `allowed` are the numbers that the restriction allows. */
interface Wanted {
	readonly restriction: ValueRestriction;
	readonly allowed: RangeValue;
	/** Tries a text, and takes what that costs from the budget. */
	readonly isAllowed: (text: string) => boolean;
	readonly budget: StepBudget;
}

/** The nearest value, or undefined where the budget is spent before it is found, or nothing is allowed. */
export function findNearestValue(
	restriction: ValueRestriction,
	value: string,
	allowed: RangeValue,
	isAllowed: (text: string) => boolean,
	budget: StepBudget,
): string | undefined {
	const wanted: Wanted = { restriction, allowed, isAllowed, budget };
	const { type, steps } = restriction;
	const meant = meaningOf(type, value) ?? value;
	if (meant !== value && isAllowed(meant)) return meant;
	const listed = listedValues(type, steps);
	const said = ordinalOf(type, meant);
	const nearest = said === undefined ? undefined : nearestPlace(wanted, meant, said, listed);
	if (nearest !== undefined) return nearest;
	const compared = byDifference(listed, value, budget).slice(0, TRIED_MAX).find(isAllowed);
	return compared ?? cutToLength(restriction, value).find(isAllowed) ?? nearestAmongTexts(wanted, value);
}

/** The values that are enumerated, and the few that truths have. */
function listedValues({ space }: SimpleType, steps: readonly FacetSet[]): readonly string[] {
	const enumerated = steps.flatMap(({ enumeration }) => enumeration.map(({ text }) => text));
	return [...new Set(space === 'boolean' ? [...enumerated, 'true', 'false', '1', '0'] : enumerated)];
}

/** The nearest on the line of the type. */
function nearestPlace(wanted: Wanted, meant: string, said: number, listed: readonly string[]): string | undefined {
	const { type, steps } = wanted.restriction;
	const isPatterned = steps.some(({ patterns }) => patterns.length > 0);
	if (type.space === 'number' || type.space === 'untyped') {
		const isWholeWanted = Number.isInteger(said) && leastCount(steps, 'fractionDigits') === undefined;
		for (const digits of isPatterned ? [] : digitsTried(steps, type)) {
			const ends = numbersNear(wanted.allowed, said, digits);
			const ofType = [type.min ?? [], type.max ?? []].flat();
			const sorted = byDistance([...listed, ...ofType, ...ends], said, type, isWholeWanted);
			const nearest = sorted.slice(0, TRIED_MAX).find(wanted.isAllowed);
			if (nearest !== undefined) return nearest;
		}
		return nearestWritten(wanted, printDecimal(clamp(said, wanted.allowed)), said, isWholeWanted);
	}
	const ends = boundsOf(type, steps);
	const candidates = [...listed, ...ends];
	if (isPatterned && type.space === 'duration') {
		const seconds = [meant, ...ends].map((text) => ordinalOf(type, text)!);
		candidates.push(...seconds.flatMap(inOneUnit), nearestAmongTexts(wanted, meant) ?? meant);
	} else if (isPatterned && type.space !== 'boolean') {
		const inUtc = timesAt(type, clamp(said, wanted.allowed));
		candidates.push(...inUtc, nearestWritten(wanted, inUtc[0] ?? meant, said, false) ?? meant);
	}
	return byDistance(candidates, said, type, false).slice(0, TRIED_MAX).find(wanted.isAllowed);
}

/** A duration in days, hours, minutes or seconds alone: as many as are in it, and one more. */
function inOneUnit(seconds: number): readonly string[] {
	const units = [
		['P', 'D', 86_400],
		['PT', 'H', 3600],
		['PT', 'M', 60],
		['PT', 'S', 1],
	] as const;
	return units.flatMap(([begin, unit, length]) => {
		const count = Math.floor(seconds / length);
		return [`${begin}${count}${unit}`, `${begin}${count + 1}${unit}`];
	});
}

/** What is said, or the end of what is allowed that is nearest to it. */
function clamp(said: number, { intervals }: RangeValue): number {
	const ends = intervals.map(({ lower, upper }) => Math.min(Math.max(said, lower), upper));
	return ends.sort((one, other) => Math.abs(one - said) - Math.abs(other - said))[0] ?? said;
}

/** The second with the zone Z and without one. */
function timesAt({ space }: SimpleType, at: number): readonly string[] {
	const written = printDateTime(Math.floor(at));
	const [begin, end] = space === 'date' ? [0, DATE_CHARACTERS] : [space === 'clock' ? DATE_CHARACTERS + 1 : 0, -1];
	const text = written.slice(begin, end);
	return [`${text}Z`, text];
}

const DATE_CHARACTERS = '1970-01-01'.length;

/** How often the distance that is looked at is halved. */
const HALVINGS_MAX = 40;

/**
 * The nearest number or time that is written as patterns demand: one is looked for, then another that is half as far or
 * nearer, until there is none.
 */
function nearestWritten(
	{ restriction, allowed, isAllowed, budget }: Wanted,
	written: string,
	said: number,
	isWholeWanted: boolean,
): string | undefined {
	const { type } = restriction;
	const share = shareOf(budget);
	const near: RangeValue = { intervals: nearestIntervals(allowed, said) };
	const find = (base: readonly Machine[], distance: number, isNearer: boolean): string | undefined => {
		if (share.steps.remaining < 0) return undefined;
		const machines = [...base, ...placeMachines(type, near, said - distance, said + distance, isNearer)];
		const nearest = nearestText(new Product(machines, share.steps), written, share.steps);
		return nearest.kind === 'found' && isAllowed(nearest.text) ? nearest.text : undefined;
	};
	const machines = machinesOf(restriction, allowed);
	const plain = [...machines, ...plainMachines(restriction)];
	const forms = [...(isWholeWanted ? [[...plain, patternMachine([WHOLE])]] : []), plain, machines];
	let found: string | undefined;
	for (const base of forms) {
		found ??= find(base, Number.POSITIVE_INFINITY, false);
		let nearer = 0;
		for (let count = 0; found !== undefined && count < HALVINGS_MAX; count += 1) {
			const farther = Math.abs(ordinalOf(type, found)! - said);
			const middle = nearer + (farther - nearer) / 2;
			if (!(middle > nearer && middle < farther)) break;
			const half = find(base, middle, false);
			const closer = half ?? find(base, farther, true);
			if (closer === undefined) break;
			if (half === undefined) nearer = middle;
			found = closer;
		}
		if (found !== undefined) break;
	}
	share.pay();
	return found;
}

/** The text with the fewest changes that patterns, lengths and the form of the type allow. */
function nearestAmongTexts({ restriction, allowed, isAllowed, budget }: Wanted, value: string): string | undefined {
	const isListed = restriction.steps.some(({ enumeration }) => enumeration.length > 0);
	if (isListed && restriction.type.space === 'text') return undefined;
	const machines = machinesOf(restriction, allowed);
	const plain = restriction.type.space === 'untyped' ? [] : plainMachines(restriction);
	// What other forms a type has may be what a pattern demands: an exponent, another zone.
	for (const together of plain.length === 0 ? [machines] : [[...machines, ...plain], machines]) {
		const share = shareOf(budget);
		const nearest = nearestText(new Product(together, share.steps), value, share.steps);
		share.pay();
		if (nearest.kind === 'found' && isAllowed(nearest.text)) return nearest.text;
	}
	return undefined;
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

/** As much of a budget as one search may use, and what takes from the budget what was used. */
function shareOf(budget: StepBudget): { readonly steps: StepBudget; readonly pay: () => void } {
	const most = Math.min(budget.remaining, TEXT_STEPS_MAX);
	const steps = { remaining: most };
	return {
		steps,
		pay: () => {
			budget.remaining -= most - steps.remaining;
		},
	};
}

/** Where there are no patterns: the text without what is beyond its greatest length, or with what is missing. */
function cutToLength({ type, steps, whiteSpace }: ValueRestriction, value: string): readonly string[] {
	if (type.space !== 'text' && type.space !== 'untyped') return [];
	if (steps.some(({ patterns }) => patterns.length > 0)) return [];
	const longest = leastCount(steps, 'length') ?? leastCount(steps, 'maxLength');
	const characters = [...value];
	const cut = characters.slice(0, longest).join('');
	return longest === undefined || characters.length <= longest
		? []
		: [whiteSpace === 'collapse' ? collapseWhiteSpace(cut) : cut];
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
const FRACTION_DIGITS_TRIED_MAX = 12;
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
	return [...near].filter(Number.isFinite).map(printDecimal);
}

/** Of a long list of numbers those that may be nearest. */
function nearestIntervals({ intervals }: RangeValue, said: number): RangeValue['intervals'] {
	if (intervals.length <= TRIED_MAX) return intervals;
	const next = intervals.findIndex(({ lower }) => lower >= said);
	const middle = next < 0 ? intervals.length : next;
	return intervals.slice(Math.max(0, middle - TRIED_MAX / 2), middle + TRIED_MAX / 2);
}

/** The outermost values that bounds allow, and what lies between two that are excluded. */
function boundsOf(type: SimpleType, steps: readonly FacetSet[]): readonly string[] {
	const bounds = steps.flatMap((step) => step.bounds);
	return bounds.flatMap(({ kind, lexical, ordinal }) => {
		if (kind === 'minInclusive' || kind === 'maxInclusive') return [lexical];
		const isLower = kind === 'minExclusive';
		const beside = besideOf(type, lexical, isLower ? 1 : -1);
		if (beside !== undefined) return beside;
		const seconds = isLower ? Math.floor(ordinal) + 1 : Math.ceil(ordinal) - 1;
		if (type.space === 'duration') return seconds >= 0 ? [printDuration(seconds)] : [];
		// Whoever wrote no zone is told none.
		const zone = /(?:Z|[+-]\d\d:\d\d)$/.test(lexical) ? 'Z' : '';
		const begin = type.space === 'clock' ? DATE_CHARACTERS + 1 : 0;
		const others = bounds
			.map((bound) => bound.ordinal)
			.filter((other) => other !== ordinal && Math.abs(other - ordinal) < 1);
		const between = others.map((other) => timeBetween(Math.min(ordinal, other), Math.max(ordinal, other)));
		return [printDateTime(seconds).slice(0, -1), ...between].map((text) => `${text.slice(begin)}${zone}`);
	});
}

/** Of two points in time less than a second apart one in between, with as few digits as will do. */
function timeBetween(lower: number, upper: number): string {
	let digits = 1;
	const after = (): number => Math.floor(lower * 10 ** digits) + 1;
	while (digits < FRACTION_DIGITS_TRIED_MAX && after() >= upper * 10 ** digits) digits += 1;
	const unit = 10 ** digits;
	const second = Math.floor(after() / unit);
	return `${printDateTime(second).slice(0, -1)}.${String(after() - second * unit).padStart(digits, '0')}`;
}
