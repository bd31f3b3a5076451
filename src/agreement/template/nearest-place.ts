/** The nearest value on the line of an ordered type. */

import { placeOn } from '../conditions/expression-values.ts';
import { fromDouble, parseRational, type Rational } from '../conditions/rational.ts';
import type { RangeValue } from '../jsdl/range.ts';
import { printDateTime, printDuration } from '../time.ts';
import { allowedPlaces } from './allowed-places.ts';
import { besideOf, ordinalOf } from './atomic-value.ts';
import type { FacetSet } from './facets.ts';
import { nearestExact } from './nearest-exact.ts';
import { withShare } from './nearest-share.ts';
import { nearestIntervals, nearestWritten, TRIED_MAX, type Wanted } from './nearest-written.ts';
import { printDecimal } from './numeral.ts';
import type { SimpleType } from './simple-type.ts';
import { leastCount } from './value-machines.ts';

/** The nearest on the line of the type to what is said at that place of it. `listed` are values that may be among them. */
export function nearestPlace(
	wanted: Wanted,
	meant: string,
	said: number,
	listed: readonly string[],
): string | undefined {
	const { type, steps } = wanted.restriction;
	const isPatterned = steps.some(({ patterns }) => patterns.length > 0);
	if (type.space === 'number' || type.space === 'untyped') {
		const [fractionDigits, totalDigits] = [leastCount(steps, 'fractionDigits'), leastCount(steps, 'totalDigits')];
		const isWholeWanted = Number.isInteger(said) && fractionDigits === undefined;
		const exact = { text: meant, place: said, isWholeWanted, listed, fractionDigits, totalDigits };
		const named = [...listed, ...boundsNamed(steps)];
		const nearestOfAll = isPatterned ? undefined : nearestExact(wanted, exact);
		if (nearestOfAll !== undefined) return nearestOfAll;
		for (const digits of isPatterned ? [] : digitsTried(steps, type)) {
			const ends = numbersNear(wanted.allowed, said, digits);
			const ofType = [type.min ?? [], type.max ?? []].flat();
			const sorted = byDistance([...listed, ...ofType, ...ends], said, type, isWholeWanted ? named : undefined);
			const nearest = sorted.slice(0, TRIED_MAX).find(wanted.isAllowed);
			if (nearest !== undefined) return nearest;
		}
		return nearestNumber(wanted, said, isWholeWanted, named);
	}
	const ends = boundsOf(type, steps);
	const nearestOf = (candidates: readonly string[]): string | undefined =>
		byDistance([...listed, ...ends, ...candidates], said, type)
			.slice(0, TRIED_MAX)
			.find(wanted.isAllowed);
	if (!isPatterned || type.space === 'boolean') return nearestOf([]);
	return nearestOf([nearestWritten(wanted, said) ?? meant]);
}

/** The nearest number that is written as patterns and digits demand, the plainest way to write it. */
function nearestNumber(
	wanted: Wanted,
	said: number,
	isWholeWanted: boolean,
	named: readonly string[],
): string | undefined {
	const { restriction, allowed, isAllowed } = wanted;
	return withShare(wanted.budget, 2, (share) => {
		const places = allowedPlaces(
			restriction,
			() => allowed,
			isAllowed,
			() => share,
		);
		const place = Number.isFinite(said) ? fromDouble(said) : (parseRational(`${said < 0 ? '-' : ''}1e400`) as Rational);
		const usual = Math.max(printDecimal(said).split('.')[1]?.length ?? 0, FRACTION_DIGITS_USUAL);
		const most = Math.min(places.decimals() ?? usual, FRACTION_DIGITS_MOST);
		const texts = [places.at('number', place)];
		const atNamed = isWholeWanted ? named.map((text) => placeOn('number', text)) : [];
		const written = atNamed.map((at) => (at === undefined ? undefined : places.at('number', at)));
		const ofNamed = new Set(written.filter((text) => text !== undefined));
		for (const digits of [...(isWholeWanted ? [0] : []), most, FRACTION_DIGITS_MOST]) {
			texts.push(...[false, true].map((isUp) => places.next('number', place, isUp, digits)));
			const some = texts.filter((text) => text !== undefined);
			const found = some.filter((text) => digits > 0 || Number.isInteger(Number(text)));
			if (found.length + ofNamed.size > 0) return byDistance([...found, ...ofNamed], said, restriction.type)[0];
		}
		return undefined;
	});
}

/** Where nobody says so many, of a number with a fraction; and where a pattern demands more. */
const FRACTION_DIGITS_USUAL = 2;
const FRACTION_DIGITS_MOST = 8;

/** Where what is said means nothing at all: what is nearest to no amount and no time. */
export function nearestToNothing(wanted: Wanted, listed: readonly string[]): string | undefined {
	const { type } = wanted.restriction;
	const place = clamp(0, wanted.allowed);
	const written = type.space === 'duration' ? [printDuration(Math.max(0, Math.ceil(place)))] : timesAt(type, place);
	const [text] = type.space === 'number' ? [printDecimal(place)] : (written ?? []);
	if (text === undefined) return undefined;
	return (written ?? []).find(wanted.isAllowed) ?? nearestPlace(wanted, text, place, listed);
}

/** What is said, or the end of what is allowed that is nearest to it. */
function clamp(said: number, { intervals }: RangeValue): number {
	const ends = intervals.map(({ lower, upper }) => Math.min(Math.max(said, lower), upper));
	return ends.sort((one, other) => Math.abs(one - said) - Math.abs(other - said))[0] ?? said;
}

/** The second as a time, a day or a time of the day is written: with the zone Z, without one, with a fraction. */
function timesAt({ space }: SimpleType, at: number): readonly string[] | undefined {
	const written = printDateTime(Math.floor(at));
	const part = PARTS[space]?.(written);
	if (part !== undefined) return [part, `${part}Z`];
	if (space !== 'time' && space !== 'date' && space !== 'clock') return undefined;
	const [begin, end] = space === 'date' ? [0, DATE_CHARACTERS] : [space === 'clock' ? DATE_CHARACTERS + 1 : 0, -1];
	const text = written.slice(begin, end);
	return [`${text}Z`, text, ...(space === 'date' ? [] : [`${text}.0Z`])];
}

/** What of a time the parts of dates are, each written with its dashes. */
const PARTS: Readonly<Partial<Record<SimpleType['space'], (written: string) => string>>> = {
	gYear: (written) => written.slice(0, 4),
	gYearMonth: (written) => written.slice(0, 7),
	gMonthDay: (written) => `--${written.slice(5, 10)}`,
	gMonth: (written) => `--${written.slice(5, 7)}`,
	gDay: (written) => `---${written.slice(8, 10)}`,
};

const DATE_CHARACTERS = '1970-01-01'.length;

/**
 * The nearest first; with `besideWhole` whole numbers and these before others. Two on the same side of what was said are
 * compared themselves: near infinity all are as far.
 */
function byDistance(
	texts: readonly string[],
	said: number,
	type: SimpleType,
	besideWhole?: readonly string[],
): readonly string[] {
	const named = new Set(besideWhole?.map((text) => ordinalOf(type, text)));
	const isBehind = (place: number): boolean =>
		besideWhole !== undefined && !Number.isInteger(place) && !named.has(place);
	const places = texts.flatMap((text) => {
		const place = ordinalOf(type, text);
		return place === undefined ? [] : [{ text, place, rank: Number(isBehind(place)) }];
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

/** What is allowed up to, as it is written. */
function boundsNamed(steps: readonly FacetSet[]): readonly string[] {
	const named = steps.flatMap(({ bounds }) => bounds.filter(({ kind }) => kind.endsWith('Inclusive')));
	return named.map(({ lexical }) => lexical);
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
