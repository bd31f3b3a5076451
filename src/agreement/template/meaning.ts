/** What a text that is no value of its type clearly means: `4 GB` says 4, 31 June is the last day of June. */
import { parseDouble } from '../lexical.ts';
import { printDuration } from '../time.ts';
import { atomicValue, ordinalOf } from './atomic-value.ts';
import type { SimpleType } from './simple-type.ts';

/** A value of an ordered type or a truth, as somebody who knows the type would have written it; undefined: none. */
export function meaningOf(type: SimpleType, text: string): string | undefined {
	if (atomicValue(type, text) !== undefined) return text;
	const meant = READERS[type.space]?.(type, text.trim());
	return meant !== undefined && ordinalOf(type, meant) !== undefined ? meant : undefined;
}

const READERS: Readonly<Partial<Record<SimpleType['space'], (type: SimpleType, text: string) => string | undefined>>> =
	{
		boolean: (_type, text) => TRUTHS[text.toLowerCase()],
		number: (_type, text) => numberIn(pointed(text)),
		duration: (_type, text) => durationIn(pointed(text)),
		time: (type, text) => {
			const day = dayIn(type, text);
			return day && withClock(`${day.written}T`, day.rest);
		},
		date: (type, text) => {
			const day = dayIn(type, text);
			return day && `${day.written}${zoneIn(day.rest)}`;
		},
		clock: (_type, text) => withClock('', text.replace(/^.*T/i, '')),
	};

const TRUTHS: Readonly<Record<string, string>> = {
	true: 'true',
	yes: 'true',
	on: 'true',
	false: 'false',
	no: 'false',
	off: 'false',
};

/** Without the commas, or dots, that group digits (`1,000`, `1.250,00`), and with a point for a comma (`12,40`, `0,125`). */
function pointed(text: string): string {
	return text
		.replace(/(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,])/, (digits) => digits.replaceAll(',', ''))
		.replace(/(?<![\d.,])(\d{1,3}(?:\.\d{3})+|\d*),(\d+)(?![\d.,])/, (_, digits: string, fraction: string) => {
			return `${digits.replaceAll('.', '')}.${fraction}`;
		});
}

/** The number that a text begins with, or the only one in it. */
function numberIn(text: string): string | undefined {
	if (/^[+-]?inf(?:inity)?$/i.test(text)) return text.startsWith('-') ? '-INF' : 'INF';
	const numbers = [...text.matchAll(/[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/g)];
	const [first] = numbers;
	if (first === undefined || (first.index > 0 && numbers.length > 1)) return undefined;
	if (parseDouble(first[0]) !== undefined) return first[0];
	return first[0].startsWith('-') ? '-INF' : 'INF';
}

/** A month is taken for 30 days and a year for 365. */
const SECONDS_PER_UNIT: readonly (readonly [RegExp, number])[] = [
	[/^y(?:ears?)?$/, 31_536_000],
	[/^mo(?:nths?)?$/, 2_592_000],
	[/^w(?:eeks?)?$/, 604_800],
	[/^d(?:ays?)?$/, 86_400],
	[/^h(?:ours?|rs?)?$/, 3600],
	[/^m(?:in(?:ute)?s?)?$/, 60],
	[/^(?:s(?:ec(?:ond)?s?)?)?$/, 1],
];

function durationIn(text: string): string | undefined {
	if (text.startsWith('-')) {
		const length = durationIn(text.slice(1));
		return length && `-${length}`;
	}
	const clock = /^(\d+):(\d\d)(?::(\d\d))?$/.exec(text);
	if (clock !== null) return printSeconds(Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0));
	const [days = '', ofDay = ''] = text.toLowerCase().replace(/^\+?p/, '').split('t', 2);
	// In xs:duration an M before the T is months.
	const written = /^\+?p/i.test(text) ? `${days.replace('m', 'mo')} ${ofDay}` : text.toLowerCase();
	const parts = [...written.matchAll(PART)];
	if (parts.length === 0 || written.replace(PART, '').trim() !== '') return undefined;
	let seconds = 0;
	for (const [, count, unit] of parts) {
		const known = SECONDS_PER_UNIT.find(([name]) => name.test(unit!));
		if (known === undefined) return undefined;
		seconds += Number(count) * known[1];
	}
	return printSeconds(Math.ceil(seconds));
}

const PART = /(\d+(?:\.\d+)?)\s*([a-z]*)/g;

function printSeconds(seconds: number): string | undefined {
	return Number.isSafeInteger(seconds) ? printDuration(seconds) : undefined;
}

const DAY = /^(?<year>\d{4})[-/.](?<month>\d{1,2})[-/.](?<day>\d{1,2})/;
const DAY_FIRST = /^(?<day>\d{1,2})\.(?<month>\d{1,2})\.(?<year>\d{4})/;
const DAYS_OF_SHORTEST_MONTH = 28;

/** The day that a text begins with, or the last before it that there is; and what stands behind it. */
function dayIn(type: SimpleType, text: string): { readonly written: string; readonly rest: string } | undefined {
	const match = DAY.exec(text) ?? DAY_FIRST.exec(text);
	if (match === null) return undefined;
	const { year, month, day } = match.groups!;
	const rest = text.slice(match[0].length);
	const begin = `${String(within(Number(year), 1, 9999)).padStart(4, '0')}-${twoDigits(within(Number(month), 1, 12))}`;
	for (let at = within(Number(day), 1, 31); at >= DAYS_OF_SHORTEST_MONTH; at -= 1) {
		const written = `${begin}-${twoDigits(at)}`;
		if (ordinalOf(type, type.space === 'date' ? written : `${written}T00:00:00Z`) !== undefined) {
			return { written, rest };
		}
	}
	return { written: `${begin}-${twoDigits(within(Number(day), 1, 31))}`, rest };
}

/** The time of the day: hours and minutes, the seconds where there are some. */
function withClock(begin: string, rest: string): string | undefined {
	const [, hour, minute, second, fraction = ''] = /^[T ]*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d+)?)?/i.exec(rest) ?? [];
	if (hour === undefined) return begin === '' ? undefined : `${begin}00:00:00${zoneIn(rest)}`;
	const [hours, minutes, seconds] = [
		within(Number(hour), 0, 23),
		within(Number(minute), 0, 59),
		within(Number(second ?? 0), 0, 59),
	];
	return `${begin}${twoDigits(hours)}:${twoDigits(minutes)}:${twoDigits(seconds)}${fraction}${zoneIn(rest)}`;
}

function zoneIn(rest: string): string {
	const [, zone = '', hours, minutes = ''] = /(Z|([+-]\d\d):?(\d\d)?)$/i.exec(rest) ?? [];
	if (zone === '' || hours === undefined) return zone.toUpperCase();
	return `${hours}:${minutes.padStart(2, '0')}`;
}

function within(value: number, least: number, most: number): number {
	return Math.min(Math.max(value, least), most);
}

function twoDigits(value: number): string {
	return String(value).padStart(2, '0');
}
