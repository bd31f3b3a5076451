/**
 * The types of XML Schema that are about the calendar (Part 2, 3.2.6 to 3.2.14): points and parts of time, and lengths
 * of it. Values without a zone are taken to be in UTC. Years have eight digits at the most, where the Recommendation
 * demands four.
 */
import { dateOf, daysFromEpoch, daysInMonth, durationParts, zoneSeconds } from '../time.ts';

/** A point of time, or a day, month or year, which has its beginning; `clock` is the time of any day. */
export type CalendarSpace = 'time' | 'date' | 'clock' | 'gYear' | 'gYearMonth' | 'gMonth' | 'gMonthDay' | 'gDay';

/** A place on a line: in seconds, as near as a double comes to it, and exactly as a decimal numeral. */
export interface CalendarPlace {
	readonly seconds: number;
	readonly exact: string;
}

/** Where the value begins; undefined where the text is none. Parts of dates are those of one year, a leap year. */
export function calendarPlace(space: CalendarSpace, text: string): CalendarPlace | undefined {
	const parts = FORMS[space].exec(text)?.groups;
	if (parts === undefined) return undefined;
	const [year, month, day] = [Number(parts.year ?? LEAP_YEAR), Number(parts.month ?? 1), Number(parts.day ?? 1)];
	const [hour, minute, second] = [Number(parts.hour ?? 0), Number(parts.minute ?? 0), Number(parts.second ?? 0)];
	if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
	const fraction = (parts.fraction ?? '').replace(/0+$/, '');
	const isEndOfDay = hour === 24 && minute === 0 && second === 0 && fraction === '';
	if ((hour > 23 && !isEndOfDay) || minute > 59 || second > 59) return undefined;
	const zone = zoneSeconds(parts.zone);
	if (zone === undefined) return undefined;
	const ofDay = hour * 3600 + minute * 60 + second - zone;
	const days = daysFromEpoch(year, month, day);
	const seconds =
		space === 'clock'
			? ((ofDay % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY
			: days * SECONDS_PER_DAY + ofDay;
	const exact = String(BEFORE_ALL_YEARS_SECONDS + seconds);
	return {
		seconds: fraction === '' ? seconds : seconds + Number(`0.${fraction}`),
		exact: fraction === '' ? exact : `${exact}.${fraction}`,
	};
}

/** The next day, month or year, or the one before, in its zone; none beside the first and last that can be written. */
export function besideInCalendar(space: CalendarSpace, text: string, step: 1 | -1): readonly string[] {
	const parts = FORMS[space].exec(text)?.groups;
	if (parts === undefined || space === 'time' || space === 'clock') return [];
	const written = {
		year: Number(parts.year ?? LEAP_YEAR),
		month: Number(parts.month ?? 1),
		day: Number(parts.day ?? 1),
	};
	const months = written.year * 12 + written.month - 1 + step;
	const next =
		parts.day !== undefined
			? dateOf(daysFromEpoch(written.year, written.month, written.day) + step)
			: parts.month !== undefined
				? { year: Math.floor(months / 12), month: (((months % 12) + 12) % 12) + 1, day: 1 }
				: { ...written, year: written.year + step };
	const year = `${next.year < 0 ? '-' : ''}${digits(Math.abs(next.year), 4)}`;
	const [month, day] = [digits(next.month, 2), digits(next.day, 2)];
	const printed = {
		date: `${year}-${month}-${day}`,
		gYear: year,
		gYearMonth: `${year}-${month}`,
		gMonth: `--${month}`,
		gMonthDay: `--${month}-${day}`,
		gDay: `---${day}`,
	}[space];
	const beside = `${printed}${parts.zone ?? ''}`;
	const [here, there] = [calendarPlace(space, text), calendarPlace(space, beside)];
	const isBeside = here !== undefined && there !== undefined && (there.seconds - here.seconds) * step > 0;
	return isBeside ? [beside] : [];
}

/** Months and seconds, both of one sign: a month has no number of seconds. `exact` are the seconds as a decimal. */
export interface DurationValue {
	readonly months: number;
	readonly seconds: number;
	readonly exact: string;
}

/** The xs:duration; undefined where the text is none, or one of more than 2^53 seconds or a milliard of months. */
export function durationValue(text: string): DurationValue | undefined {
	const parts = durationParts(text);
	if (parts === undefined) return undefined;
	const { isNegative, months, seconds, fraction } = parts;
	if (months > MONTHS_MAX || !Number.isSafeInteger(seconds)) return undefined;
	const numeral = fraction === '' ? String(seconds) : `${seconds}.${fraction}`;
	const sign = isNegative ? -1 : 1;
	return {
		months: months === 0 ? 0 : sign * months,
		seconds: sign * Number(numeral),
		exact: isNegative && numeral !== '0' ? `-${numeral}` : numeral,
	};
}

/**
 * How long the duration is from each of the four days by which durations are compared (Part 2, 3.2.6.2), in seconds:
 * of two durations one is longer only where it is from all four.
 */
export function durationLengths({ months, seconds }: DurationValue): readonly number[] {
	if (months === 0) return [seconds];
	return REFERENCE_MONTHS.map(([year, month]) => {
		const count = year * 12 + month - 1 + months;
		const end = daysFromEpoch(Math.floor(count / 12), (((count % 12) + 12) % 12) + 1, 1);
		return (end - daysFromEpoch(year, month, 1)) * SECONDS_PER_DAY + seconds;
	});
}

const YEAR = String.raw`(?<year>-?(?:[1-9]\d{4,7}|\d{4}))`;
const MONTH = String.raw`(?<month>\d\d)`;
const DAY = String.raw`(?<day>\d\d)`;
const CLOCK = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)(?:\.(?<fraction>\d+))?`;
const FORMS: Readonly<Record<CalendarSpace, RegExp>> = {
	time: form(`${YEAR}-${MONTH}-${DAY}T${CLOCK}`),
	date: form(`${YEAR}-${MONTH}-${DAY}`),
	clock: form(CLOCK),
	gYear: form(YEAR),
	gYearMonth: form(`${YEAR}-${MONTH}`),
	gMonth: form(`--${MONTH}`),
	gMonthDay: form(`--${MONTH}-${DAY}`),
	gDay: form(`---${DAY}`),
};
const SECONDS_PER_DAY = 86_400;
/** --02-29 is a day of some years. */
export const LEAP_YEAR = 1972;
/** A hundred million years have 3.2e15 seconds: counted from here all are positive, and fractions only add to them. */
const BEFORE_ALL_YEARS_SECONDS = 4e15;
/** More than any year that can be written has. */
const MONTHS_MAX = 1e9;
const REFERENCE_MONTHS = [
	[1696, 9],
	[1697, 2],
	[1903, 3],
	[1903, 7],
] as const;

function form(source: string): RegExp {
	return new RegExp(String.raw`^${source}(?<zone>Z|[+-]\d\d:\d\d)?$`);
}

function digits(value: number, count: number): string {
	return String(value).padStart(count, '0');
}
