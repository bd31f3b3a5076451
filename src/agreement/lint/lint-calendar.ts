/**
 * How times, dates and durations within bounds are written: each day, month or year of some, of more of them the first
 * and the last, and those between as ranges of digits. Each set of patterns matches whatever is within the bounds.
 */
import { contains, endsOf, holdsWholeNumber, type RangeValue } from '../jsdl/range.ts';
import { LEAP_YEAR } from '../template/calendar-value.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import { dateOf, daysFromEpoch, daysInMonth } from '../time.ts';
import { digitsBetween, numeralsBetween } from './digit-ranges.ts';

/** Patterns of times, dates and parts of them, of each set of which one has to match. */
export function calendarWithin(restriction: ValueRestriction): readonly (readonly string[])[] {
	const { space } = restriction.type;
	const bounds = boundsOf(restriction);
	if (bounds === undefined) return [];
	// Zones are whole minutes: between two whole seconds there are fractions only.
	const isBetween = (space === 'time' || space === 'clock') && !holdsWholeNumber(bounds.allowed);
	const fractions = isBetween ? [[String.raw`[^.]*\.[0-9]*[1-9].*`]] : [];
	if (space === 'clock') return [...fractions, clocksWithin(bounds)];
	const form = WRITTEN[space];
	return form === undefined ? [] : [...fractions, datesWithin(form, bounds, space === 'time')];
}

/** Patterns of which one has to match; none: nothing is said. Of those of months and of several units nothing is said. */
export function durationsWithin(restriction: ValueRestriction): readonly string[] {
	const bounds = boundsOf(restriction);
	if (bounds === undefined || bounds.upper < 0) return [];
	const { allowed, lower, upper } = bounds;
	const listed = UNITS.flatMap(([before, letter, seconds]) => {
		const [least, most] = [Math.max(0, Math.ceil(lower / seconds)), Math.floor(upper / seconds)];
		const isWithin = (count: number): boolean => contains(allowed, count * seconds);
		if (most - least < UNITS_MAX) {
			const counts = Array.from({ length: Math.max(0, most - least + 1) }, (_, index) => least + index);
			return counts.filter(isWithin).map((count) => `P${before}0*${count}${letter}`);
		}
		// Beyond these whole numbers are not exact.
		const [from, to] = [isWithin(least) ? least : least + 1, isWithin(most) ? most : most - 1];
		const last = to > Number.MAX_SAFE_INTEGER / 10 ? Number.POSITIVE_INFINITY : to;
		return from > Number.MAX_SAFE_INTEGER / 10
			? [`P${before}[0-9]+${letter}`]
			: numeralsBetween(from, last).map((count) => `P${before}0*${count}${letter}`);
	});
	return [...listed, '-P.*', 'P[0-9]+[YM]', String.raw`PT[0-9]+\.[0-9]+S`, '.*[YMDH]T?[0-9].*'];
}

const UNITS = [
	['', 'D', 86_400],
	['T', 'H', 3600],
	['T', 'M', 60],
	['T', 'S', 1],
] as const;
/** So many days, months, years or hours are listed. */
const UNITS_MAX = 100;

interface Bounds {
	readonly allowed: RangeValue;
	readonly lower: number;
	readonly upper: number;
}

function boundsOf(restriction: ValueRestriction): Bounds | undefined {
	if (restriction.steps.every(({ bounds }) => bounds.length === 0)) return undefined;
	const allowed = allowedRange(restriction);
	const ends = endsOf(allowed);
	return ends && { allowed, ...ends };
}

/** XML Schema 1.0, 3.2.7.3: as far as a zone is from UTC. */
const ZONE_SECONDS = 14 * 3600;
const SECONDS_PER_DAY = 86_400;

/** Times of a day are compared in UTC: with another zone any may be within the bounds. */
function clocksWithin({ allowed, lower, upper }: Bounds): readonly string[] {
	const [first, last] = [Math.max(0, Math.floor(lower / 60)), Math.min(24 * 60 - 1, Math.floor(upper / 60))];
	const rest = String.raw`:[^+\-]*`;
	const hours = Array.from({ length: 24 }, (_, hour) => {
		const [from, to] = [Math.max(first, hour * 60), Math.min(last, hour * 60 + 59)];
		return from > to ? [] : [`${twoDigits(hour)}:${digitsBetween(from % 60, to % 60, 2)}${rest}`];
	});
	return [...hours.flat(), ...(contains(allowed, 0) ? [`24${rest}`] : []), String.raw`.*[+\-].*`];
}

type Part = 'year' | 'month' | 'day';

interface Form {
	/** What stands before its parts. */
	readonly before: string;
	readonly parts: readonly Part[];
}

const WRITTEN: Readonly<Record<string, Form>> = {
	time: { before: '', parts: ['year', 'month', 'day'] },
	date: { before: '', parts: ['year', 'month', 'day'] },
	gYearMonth: { before: '', parts: ['year', 'month'] },
	gYear: { before: '', parts: ['year'] },
	gMonthDay: { before: '--', parts: ['month', 'day'] },
	gMonth: { before: '--', parts: ['month'] },
	gDay: { before: '---', parts: ['day'] },
};

/** Of years before 1 and after 9999 only that they may be. */
function datesWithin(form: Form, { allowed, lower, upper }: Bounds, isTime: boolean): readonly string[] {
	const { before, parts } = form;
	const hasYear = parts.includes('year');
	const [earliest, latest] = hasYear ? [FIRST_DAY, LAST_DAY] : daysOfAny(parts);
	const from = Math.floor((lower - ZONE_SECONDS) / SECONDS_PER_DAY) - (isTime ? 1 : 0);
	const to = Math.floor((upper + ZONE_SECONDS) / SECONDS_PER_DAY);
	const [first, last] = [Math.max(from, earliest), Math.min(to, latest)];
	const beyond = hasYear ? [...(from < earliest ? ['-.*'] : []), ...(to > latest ? ['[0-9]{5}.*'] : [])] : [];
	if (first > last) return beyond;
	const unitDays = parts.includes('day') ? 1 : parts.includes('month') ? 31 : 366;
	const isWide = (last - first) / unitDays > UNITS_MAX;
	const listed = isWide
		? [...beginningsWithin(parts, first, first + 3 * unitDays), ...beginningsWithin(parts, last - 3 * unitDays, last)]
		: beginningsWithin(parts, first, last);
	const zoned = listed.flatMap((day) => {
		const date = dateOf(day);
		const text = parts.map((part) => String(date[part]).padStart(part === 'year' ? 4 : 2, '0')).join('-');
		const zones = isTime ? ['.*'] : zonesOf((zone) => contains(allowed, day * SECONDS_PER_DAY - zone));
		return zones.map((zone) => `${before}${text}${zone}`);
	});
	// In every zone what lies between is within the bounds.
	const middle = isWide ? between(parts, first + 3 * unitDays + 1, last - 3 * unitDays - 1) : [];
	return [...new Set([...zoned, ...middle.map((text) => `${before}${text}([^0-9].*)?`), ...beyond])];
}

const FIRST_DAY = daysFromEpoch(1, 1, 1);
const LAST_DAY = daysFromEpoch(9999, 12, 31);

/** Of what has no year: those of the year in which it is compared, or of its January. */
function daysOfAny(parts: readonly Part[]): readonly [first: number, last: number] {
	const month = parts.includes('month') ? 12 : 1;
	return [daysFromEpoch(LEAP_YEAR, 1, 1), daysFromEpoch(LEAP_YEAR, month, 31)];
}

/** The days on which the days, months or years begin. */
function beginningsWithin(parts: readonly Part[], first: number, last: number): readonly number[] {
	const days: number[] = [];
	let { year, month, day } = dateOf(first);
	for (let at = first; at <= last; at = daysFromEpoch(year, month, day)) {
		days.push(at);
		if (parts.includes('day')) day += 1;
		else [year, month, day] = parts.includes('month') && month < 12 ? [year, month + 1, 1] : [year + 1, 1, 1];
	}
	// What began before stays out.
	return days.filter((at) => {
		const date = dateOf(at);
		return parts.includes('day') || (date.day === 1 && (parts.includes('month') || date.month === 1));
	});
}

interface CalendarDay {
	readonly year: number;
	readonly month: number;
	readonly day: number;
}

/** The days, months or years in which the days from the first to the last lie, as they begin to be written. */
function between(parts: readonly Part[], first: number, last: number): readonly string[] {
	const [from, to] = [dateOf(first), dateOf(last)];
	if (!parts.includes('year')) return monthsBetween(parts, from, to);
	const ofYear = (start: CalendarDay, end: CalendarDay): readonly string[] => {
		const year = String(start.year).padStart(4, '0');
		return parts.includes('month') ? monthsBetween(parts, start, end).map((text) => `${year}-${text}`) : [year];
	};
	if (from.year === to.year) return ofYear(from, to);
	const whole = from.year + 1 < to.year ? [digitsBetween(from.year + 1, to.year - 1, 4)] : [];
	const [firstYear, lastYear] = [
		{ ...from, month: 12, day: 31 },
		{ ...to, month: 1, day: 1 },
	];
	return [...ofYear(from, firstYear), ...whole, ...ofYear(lastYear, to)];
}

function monthsBetween(parts: readonly Part[], from: CalendarDay, to: CalendarDay): readonly string[] {
	const ofMonth = ({ month }: CalendarDay, start: number, end: number): string => {
		const days = digitsBetween(start, end, 2);
		if (!parts.includes('month')) return days;
		return parts.includes('day') ? `${twoDigits(month)}-${days}` : twoDigits(month);
	};
	if (from.month === to.month) return [ofMonth(from, from.day, to.day)];
	const whole = from.month + 1 < to.month ? [digitsBetween(from.month + 1, to.month - 1, 2)] : [];
	return [ofMonth(from, from.day, daysInMonth(from.year, from.month)), ...whole, ofMonth(to, 1, to.day)];
}

function twoDigits(value: number): string {
	return String(value).padStart(2, '0');
}

/** The zones in which it may be within bounds: UTC, those to the east and those to the west, as a whole. */
function zonesOf(isWithin: (zoneSeconds: number) => boolean): readonly string[] {
	const minutes = Array.from({ length: ZONE_SECONDS / 60 + 1 }, (_, minute) => minute * 60);
	return [
		...(isWithin(0) ? ['Z?'] : []),
		...(minutes.some((zone) => isWithin(zone)) ? [String.raw`\+.*`] : []),
		...(minutes.some((zone) => isWithin(-zone)) ? [String.raw`\-.*`] : []),
	];
}
