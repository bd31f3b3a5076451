/**
 * The forms in which times and durations are written: rows of digits and signs, as many as there are in each. Within one
 * form the order of the texts is that of the values, so that the next of them is found digit by digit.
 */
import { printDateTime } from '../time.ts';
import { printDecimal } from './numeral.ts';
import type { SimpleType } from './simple-type.ts';

/** `#` stands for a digit in `text`. */
export interface WrittenForm {
	readonly text: string;
	/** The greater the digits the less the value. */
	readonly isNegative: boolean;
	/** Of negative forms that of the number without its sign. */
	readonly markAt: (place: number) => Mark;
}

/** The greatest digits of the form that say no more than a place does; without digits: all say more. */
export interface Mark {
	readonly digits: string | undefined;
	/** Whether they say just that place. */
	readonly isExact: boolean;
}

const BELOW_ALL: Mark = { digits: undefined, isExact: false };
/** Of a second. */
const SECOND_DIGITS_MAX = 3;

/** Rows of forms to be looked through one after the other, until one has a value. The plainest of a row are the first. */
export function writtenForms({ space }: SimpleType): readonly (readonly WrittenForm[])[] {
	return space === 'duration' ? DURATION_FORMS : [timeForms(space, UTC), timeForms(space, OTHER_ZONES)];
}

/** The forms of points in time, or of lengths of it, in which free constraints compare them. */
export function formsOnLine(line: 'dateTime' | 'duration'): readonly (readonly WrittenForm[])[] {
	return line === 'duration' ? AMOUNT_FORMS : DATE_TIME_FORMS;
}

/** What of `1972-01-01T00:00:00` a type writes, and what of the rest all its values have. */
const STRETCHES: Readonly<Partial<Record<SimpleType['space'], { form: string; begin: number; fixed: string }>>> = {
	time: { form: '####-##-##T##:##:##', begin: 0, fixed: '' },
	clock: { form: '##:##:##', begin: 11, fixed: '1970-01-01' },
	date: { form: '####-##-##', begin: 0, fixed: '' },
	gYearMonth: { form: '####-##', begin: 0, fixed: '' },
	gYear: { form: '####', begin: 0, fixed: '' },
	gMonthDay: { form: '--##-##', begin: 5, fixed: '1972' },
	gMonth: { form: '--##', begin: 5, fixed: '1972' },
	gDay: { form: '---##', begin: 8, fixed: '1972-01' },
};

const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;
const FIRST_OF_ALL = '0001-01-01T00:00:00';

interface Zone {
	readonly text: string;
	readonly seconds: number;
}

const UTC: readonly Zone[] = [
	{ text: 'Z', seconds: 0 },
	{ text: '', seconds: 0 },
];
/** Whole hours from UTC, 14 at the most (Part 2, 3.2.7.3). */
const OTHER_ZONES: readonly Zone[] = Array.from({ length: 15 }, (_, hours) => hours).flatMap((hours) =>
	(['+', '-'] as const).map((sign) => ({
		text: `${sign}${String(hours).padStart(2, '0')}:00`,
		seconds: (sign === '-' ? -1 : 1) * hours * 3600,
	})),
);

function timeForms(space: SimpleType['space'], zones: readonly Zone[]): readonly WrittenForm[] {
	const stretch = STRETCHES[space];
	if (stretch === undefined) return [];
	const { form, begin, fixed } = stretch;
	const end = begin + form.replace(/^-+/, '').length;
	const fractions = end === FIRST_OF_ALL.length ? SECOND_DIGITS_MAX : 0;
	return Array.from({ length: fractions + 1 }, (_, fraction) => fraction).flatMap((fraction) => {
		const text = `${form}${fraction === 0 ? '' : `.${'#'.repeat(fraction)}`}`;
		const above: Mark = { digits: '9'.repeat(text.replace(/[^#]/g, '').length), isExact: false };
		const markAt = (place: number): Mark => {
			if (place < FIRST_SECOND) return BELOW_ALL;
			if (place > LAST_SECOND) return above;
			const second = Math.floor(place);
			const written = printDateTime(second).slice(0, -1);
			const before = written.slice(0, fixed.length);
			if (before !== fixed) return before < fixed ? BELOW_ALL : above;
			const part = place === second ? '' : (printDecimal(place - second).split('.')[1] ?? '');
			const digits = written.slice(begin, end).replace(/\D/g, '') + part.slice(0, fraction).padEnd(fraction, '0');
			return { digits, isExact: FIRST_OF_ALL.endsWith(written.slice(end)) && part.length <= fraction };
		};
		return zones.map((zone) => ({
			text: text + zone.text,
			isNegative: false,
			markAt: (place) => markAt(place + zone.seconds),
		}));
	});
}

const UNITS = [
	['D', 86_400],
	['H', 3600],
	['M', 60],
	['S', 1],
] as const;
/** Of the greatest unit: three years in seconds. */
const LEADING_DIGITS_MAX = 8;

/** Days, hours, minutes and seconds, some of them or one; of what a greater one counts there are less than one of it. */
function durationForms(isNegative: boolean, fraction: number): readonly WrittenForm[] {
	const forms: WrittenForm[] = [];
	const add = (unit: number, parts: readonly (readonly [unit: number, width: number])[]): void => {
		const isSeconds = parts.at(-1)?.[0] === UNITS.length - 1;
		if (parts.length > 0 && (fraction === 0 || isSeconds)) forms.push(durationForm(parts, isNegative, fraction));
		for (let next = unit; next < UNITS.length; next += 1) {
			const widths = parts.length === 0 ? LEADING_DIGITS_MAX : 2;
			for (let width = 1; width <= widths; width += 1) add(next + 1, [...parts, [next, width]]);
		}
	};
	add(0, []);
	const countOf = ({ text }: WrittenForm): number => text.replace(/[^DHMS]/g, '').length;
	return forms.sort((one, other) => countOf(one) - countOf(other));
}

/** `fraction`: so many digits of a second. */
function durationForm(
	parts: readonly (readonly [unit: number, width: number])[],
	isNegative: boolean,
	fraction: number,
): WrittenForm {
	const written = parts.map(([unit, width]) => '#'.repeat(width) + UNITS[unit]![0]);
	const days = parts[0]![0] === 0 ? written[0]! : '';
	const part = fraction === 0 ? '' : `.${'#'.repeat(fraction)}`;
	const clock = written
		.slice(days === '' ? 0 : 1)
		.join('')
		.replace('S', `${part}S`);
	const markAt = (place: number): Mark => {
		if (place < 0) return BELOW_ALL;
		let rest = place;
		let digits = '';
		let isBeyond = false;
		for (const [unit, width] of parts) {
			const count = Math.floor(rest / UNITS[unit]![1]);
			isBeyond ||= String(count).length > width;
			digits += isBeyond ? '9'.repeat(width) : String(count).padStart(width, '0');
			rest -= count * UNITS[unit]![1];
		}
		if (fraction === 0) return { digits, isExact: rest === 0 && !isBeyond };
		const behind = rest === 0 ? '' : (printDecimal(rest).split('.')[1] ?? '');
		digits += isBeyond ? '9'.repeat(fraction) : behind.slice(0, fraction).padEnd(fraction, '0');
		return { digits, isExact: behind.length <= fraction && !isBeyond };
	};
	const text = `${isNegative ? '-' : ''}P${days}${clock === '' ? '' : `T${clock}`}`;
	return { text, isNegative, markAt };
}

const DURATION_FORMS = [0, 1, SECOND_DIGITS_MAX].map((fraction) =>
	[false, true].flatMap((isNegative) => durationForms(isNegative, fraction)),
);

/** They compare no negative ones. */
const AMOUNT_FORMS = DURATION_FORMS.map((forms) => forms.filter(({ isNegative }) => !isNegative));
const DATE_TIME_FORMS = [timeForms('time', UTC), timeForms('time', OTHER_ZONES)];
