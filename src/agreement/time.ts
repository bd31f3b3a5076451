/**
 * xs:dateTime and xs:duration as epoch seconds and seconds, by arithmetic of our own: this room has no clock and no
 * Date. The proleptic Gregorian calendar, years 1 to 9999, no leap seconds, as XML Schema has it.
 */
import { collapseWhiteSpace } from './lexical.ts';

/** A point in time. */
export interface DateTime {
	/** Epoch seconds, rounded down; `fractional` says that something was lost by it. */
	readonly seconds: number;
	readonly fractional: boolean;
	/** Whether the zone was written. Without one the time is read as UTC, which its author may not have meant. */
	readonly zoned: boolean;
}

/**
 * A length of time: whole seconds, rounded up, so that what was asked for fits; or why it has no length: it is no
 * xs:duration, it is negative, or it is one that cannot be counted in seconds here.
 */
export type Duration =
	| { readonly ok: true; readonly seconds: number }
	| { readonly ok: false; readonly fault: DurationFault; readonly why: string };

export type DurationFault = 'VALUE_MALFORMED' | 'DURATION_EMPTY' | 'DURATION_INEXACT' | 'NUMBER_TOO_LARGE';

const DATE_TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?$/;
/** Something has to stand behind the P, and behind the T. */
const DURATION =
	/^(-)?P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?$/;
const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_MINUTE = 60;
/** XML Schema 1.0, 3.2.7.3. */
const ZONE_MINUTES_MAX = 14 * 60;

/** Reads an xs:dateTime; undefined where it is none or its year is not within 1 to 9999. */
export function parseDateTime(text: string): DateTime | undefined {
	const match = DATE_TIME.exec(collapseWhiteSpace(text));
	if (match === null) return undefined;
	const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
	const fractional = /[1-9]/.test(match[7] ?? '');
	if (year! < 1 || month! < 1 || month! > 12 || day! < 1 || day! > daysInMonth(year!, month!)) return undefined;
	const isEndOfDay = hour === 24 && minute === 0 && second === 0 && !fractional;
	if ((hour! > 23 && !isEndOfDay) || minute! > 59 || second! > 59) return undefined;
	const zone = zoneSeconds(match[8]);
	if (zone === undefined) return undefined;
	const ofDay = hour! * SECONDS_PER_HOUR + minute! * SECONDS_PER_MINUTE + second!;
	const seconds = daysFromEpoch(year!, month!, day!) * SECONDS_PER_DAY + ofDay - zone;
	return { seconds, fractional, zoned: match[8] !== undefined };
}

/**
 * Whether it is an xs:dateTime all the same, of a year before 1 or after 9999. XML Schema 1.0 has no year 0: -0001 is the
 * one before 0001.
 */
export function isBeyondYears(text: string): boolean {
	const match = /^(-?)(\d{4}|[1-9]\d{4,})(-.*)$/s.exec(collapseWhiteSpace(text));
	if (match === null || match[2] === '0000' || (match[1] === '' && match[2]!.length === 4)) return false;
	// The calendar repeats itself every 400 years, and 400 divides 10,000: the last four digits say which days there are.
	const ofEra = Number(match[2]!.slice(-4)) % 400;
	const year = 2000 + (match[1] === '' ? ofEra : (401 - ofEra) % 400);
	return parseDateTime(`${year}${match[3]}`) !== undefined;
}

/** The first second that no xs:dateTime says here; durations of 2^53 seconds lead there. */
export const YEAR_10000_AT = 253_402_300_800;

/** The xs:dateTime of epoch seconds in UTC, e.g. `2026-12-01T00:00:00Z`; for the years 1 to 9999. */
export function printDateTime(at: number): string {
	const days = Math.floor(at / SECONDS_PER_DAY);
	const ofDay = at - days * SECONDS_PER_DAY;
	const { year, month, day } = dateOf(days);
	const hour = Math.floor(ofDay / SECONDS_PER_HOUR);
	const minute = Math.floor((ofDay % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
	const date = `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`;
	return `${date}T${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(ofDay % SECONDS_PER_MINUTE)}Z`;
}

/**
 * Reads an xs:duration. Years and months have no length in seconds unless there are none of them (P0Y is fine), and a
 * reservation needs one; negative durations are no lengths either.
 */
export function parseDuration(text: string): Duration {
	const parts = durationParts(collapseWhiteSpace(text));
	if (parts === undefined) {
		return { ok: false, fault: 'VALUE_MALFORMED', why: 'it is not an xs:duration such as P1DT2H or PT90M' };
	}
	const { isNegative, months, fraction } = parts;
	const seconds = parts.seconds + (fraction === '' ? 0 : 1);
	if (isNegative && (months > 0 || seconds > 0)) return { ok: false, fault: 'DURATION_EMPTY', why: 'it is negative' };
	if (months > 0) {
		const why = 'years and months differ in length; write days, hours, minutes and seconds';
		return { ok: false, fault: 'DURATION_INEXACT', why };
	}
	if (!Number.isSafeInteger(seconds)) {
		return { ok: false, fault: 'NUMBER_TOO_LARGE', why: 'it is longer than 2^53 seconds' };
	}
	return { ok: true, seconds };
}

/** What an xs:duration says without its sign. */
export interface DurationParts {
	readonly isNegative: boolean;
	readonly months: number;
	/** Whole seconds; no more exact than a double is. */
	readonly seconds: number;
	/** The digits behind the point, without zeros at their end. */
	readonly fraction: string;
}

/** The parts of an xs:duration; undefined where the text is none. */
export function durationParts(text: string): DurationParts | undefined {
	const match = DURATION.exec(text);
	if (match === null) return undefined;
	const [, sign, years = 0, months = 0, days = 0, hours = 0, minutes = 0, whole = 0, fraction = ''] = match;
	const ofDay = Number(hours) * SECONDS_PER_HOUR + Number(minutes) * SECONDS_PER_MINUTE + Number(whole);
	return {
		isNegative: sign !== undefined,
		months: Number(years) * 12 + Number(months),
		seconds: Number(days) * SECONDS_PER_DAY + ofDay,
		fraction: fraction.replace(/0+$/, ''),
	};
}

/** The xs:duration of a whole number of seconds, e.g. `PT1H30M`, `P2D`, `PT0S`. */
export function printDuration(seconds: number): string {
	const days = Math.floor(seconds / SECONDS_PER_DAY);
	const hours = Math.floor((seconds % SECONDS_PER_DAY) / SECONDS_PER_HOUR);
	const minutes = Math.floor((seconds % SECONDS_PER_HOUR) / SECONDS_PER_MINUTE);
	const rest = seconds % SECONDS_PER_MINUTE;
	const ofDay = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest > 0 ? `${rest}S` : ''}`;
	if (ofDay !== '') return `P${days > 0 ? `${days}D` : ''}T${ofDay}`;
	return days > 0 ? `P${days}D` : 'PT0S';
}

/** How far a zone (`Z`, `+01:00`, or none, which is UTC) is ahead of UTC, in seconds; undefined of none that there may be. */
export function zoneSeconds(zone: string | undefined): number | undefined {
	if (zone === undefined || zone === 'Z') return 0;
	const hours = Number(zone.slice(1, 3));
	const minutes = Number(zone.slice(4));
	if (minutes > 59 || hours * 60 + minutes > ZONE_MINUTES_MAX) return undefined;
	return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * SECONDS_PER_MINUTE;
}

/** How many days the month has, by the calendar. */
export function daysInMonth(year: number, month: number): number {
	const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
	return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

/**
 * Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last; 400 years (an era)
 * have 146,097 days, and 719,468 days lie between 0000-03-01 and the epoch (H. Hinnant, "chrono-compatible low-level
 * date algorithms").
 */
export function daysFromEpoch(year: number, month: number, day: number): number {
	const marchYear = month <= 2 ? year - 1 : year;
	const era = Math.floor(marchYear / 400);
	const yearOfEra = marchYear - era * 400;
	const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
	const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
	return era * 146_097 + dayOfEra - 719_468;
}

/** The calendar day so many days after 1970-01-01. */
export function dateOf(daysSinceEpoch: number): { year: number; month: number; day: number } {
	const days = daysSinceEpoch + 719_468;
	const era = Math.floor(days / 146_097);
	const dayOfEra = days - era * 146_097;
	const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
	const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
	const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
	const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
	const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
	const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
	return { year, month, day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1 };
}

/**
 * The same time of the day so many months later, or earlier where it is fewer than none; a day that the month does not
 * have is its last (XML Schema 1.0, Part 2, appendix E).
 */
export function monthsAfter(at: number, months: number): number {
	const days = Math.floor(at / SECONDS_PER_DAY);
	const { year, month, day } = dateOf(days);
	const count = year * 12 + month - 1 + months;
	const [ofYear, ofMonth] = [Math.floor(count / 12), (((count % 12) + 12) % 12) + 1];
	const moved = daysFromEpoch(ofYear, ofMonth, Math.min(day, daysInMonth(ofYear, ofMonth)));
	return at + (moved - days) * SECONDS_PER_DAY;
}

function twoDigits(value: number): string {
	return String(value).padStart(2, '0');
}
