/**
 * Values of the built-in simple types (XML Schema 1.0, Part 2): what a text means as one, which texts mean the same,
 * which of two is less, and how long one is.
 */
import { isBeyondDouble, isDecimal, isInteger, parseBoolean, parseDouble } from '../lexical.ts';
import {
	besideInCalendar,
	calendarPlace,
	type DurationValue,
	durationLengths,
	durationValue,
} from './calendar-value.ts';
import { canonicalDecimal } from './numeral.ts';
import type { SimpleType, WordForm } from './simple-type.ts';

/** The namespace of a prefix where a value stands, '' for none; undefined where it is not declared. */
export type PrefixLookup = (prefix: string) => string | undefined;

/** Plain data. */
export interface AtomicValue {
	/** Equal values have the same, and others another; absent where that hangs on prefixes that are not known. */
	readonly key?: string;
	/** Its place among ordered ones, as near as a double comes to it. */
	readonly ordinal?: number;
	/** The same place without rounding, as a decimal numeral in canonical form. */
	readonly exact?: string;
	readonly duration?: DurationValue;
	/** In characters or octets; absent where the type has no lengths. */
	readonly length?: number;
}

/** The value of a normalised text; undefined where it is none of the type. Lists and unions have none of their own. */
export function atomicValue(type: SimpleType, text: string, prefixes?: PrefixLookup): AtomicValue | undefined {
	const { space } = type;
	switch (space) {
		case 'list':
		case 'union':
			return undefined;
		case 'untyped':
			return untypedValue(text);
		case 'text':
			if (type.form !== undefined && !WORD_FORMS[type.form](text)) return undefined;
			return { key: `text ${text}`, length: countCharacters(text) };
		case 'boolean': {
			const value = parseBoolean(text);
			return value === undefined ? undefined : { key: `boolean ${value}`, ordinal: Number(value) };
		}
		case 'number':
			return numberValue(type, text);
		case 'duration': {
			const duration = durationValue(text);
			if (duration === undefined) return undefined;
			const { months, exact } = duration;
			return { key: `duration ${months} ${exact}`, ordinal: Math.max(...durationLengths(duration)), exact, duration };
		}
		case 'hexBinary':
			if (!HEX.test(text)) return undefined;
			return { key: `hexBinary ${text.toLowerCase()}`, length: text.length / 2 };
		case 'base64Binary': {
			const digits = text.replaceAll(' ', '');
			if (text.includes('  ') || !isBase64(digits)) return undefined;
			return { key: `base64Binary ${digits}`, length: Math.floor((digits.replace(/=+$/, '').length * 3) / 4) };
		}
		case 'QName':
			return nameValue(text, prefixes);
		default: {
			const place = calendarPlace(space, text);
			return place && { key: `${space} ${place.exact}`, ordinal: place.seconds, exact: place.exact };
		}
	}
}

/** Below 0: the one is less; 0: neither is; undefined: they cannot be compared. Both are of one type. */
export function compareValues(one: AtomicValue, other: AtomicValue): number | undefined {
	if (one.duration !== undefined && other.duration !== undefined && (one.duration.months || other.duration.months)) {
		const [lengths, others] = [fourLengths(one.duration), fourLengths(other.duration)];
		const signs = new Set(lengths.map((length, index) => Math.sign(length - others[index]!)));
		return signs.size === 1 ? [...signs][0] : undefined;
	}
	if (one.exact !== undefined && other.exact !== undefined) return compareDecimals(one.exact, other.exact);
	if (one.ordinal === undefined || other.ordinal === undefined) return undefined;
	return one.ordinal === other.ordinal ? 0 : one.ordinal < other.ordinal ? -1 : 1;
}

/**
 * Where on the line of seconds or numbers a bound lies: one of months where all is longer than it, or all shorter, from
 * whatever day one counts.
 */
export function placeOfBound(value: AtomicValue, isLower: boolean): number | undefined {
	if (value.duration === undefined) return value.ordinal;
	return (isLower ? Math.max : Math.min)(...durationLengths(value.duration));
}

/**
 * The place on a line: equal values have the same. That of a number even where it is none of the type, which may want
 * whole ones: it is near to them. Undefined for texts and what is no value of the type.
 */
export function ordinalOf(type: SimpleType, text: string): number | undefined {
	if (type.space !== 'number') return atomicValue(type, text)?.ordinal;
	// Whole numbers may be beyond all doubles.
	return untypedValue(text).ordinal ?? (isDecimal(text) ? Number(text) : undefined);
}

/** The day, month or year after that of the text, or before it. */
export function besideOf({ space }: SimpleType, text: string, step: 1 | -1): readonly string[] | undefined {
	switch (space) {
		case 'date':
		case 'gYear':
		case 'gYearMonth':
		case 'gMonth':
		case 'gMonthDay':
		case 'gDay':
			return besideInCalendar(space, text, step);
		default:
			return undefined;
	}
}

const HEX = /^(?:[0-9a-fA-F]{2})*$/;

function countCharacters(text: string): number {
	let count = 0;
	for (const _ of text) count += 1;
	return count;
}

/** Whole quanta; before one `=` the last digit has two bits that are 0, before two it has four (RFC 2045). */
function isBase64(digits: string): boolean {
	return digits.length % 4 === 0 && /^[A-Za-z0-9+/]*(?:[AEIMQUYcgkosw048]=|[AQgw]==)?$/.test(digits);
}

/** As a number where it is one, else as a text. */
function untypedValue(text: string): AtomicValue {
	const number = parseDouble(text);
	const length = countCharacters(text);
	if (number === undefined || Number.isNaN(number)) return { key: `text ${text}`, length };
	return { key: `number ${number}`, ordinal: number, length };
}

function numberValue(type: SimpleType, text: string): AtomicValue | undefined {
	if (type.lexical !== undefined) {
		if (!(type.lexical === 'integer' ? isInteger(text) : isDecimal(text))) return undefined;
		const exact = canonicalDecimal(text);
		const { min, max } = type;
		if (min !== undefined && compareDecimals(exact, min) < 0) return undefined;
		if (max !== undefined && compareDecimals(exact, max) > 0) return undefined;
		return { key: `decimal ${exact}`, ordinal: Number(exact), exact };
	}
	const double = parseDouble(text) ?? (isBeyondDouble(text) ? Number(text) : undefined);
	if (double === undefined) return undefined;
	const number = type.isSingle === true ? Math.fround(double) : double;
	if (Number.isNaN(number)) return { key: 'number NaN' };
	return { key: `number ${number}`, ordinal: number };
}

function nameValue(text: string, prefixes: PrefixLookup | undefined): AtomicValue | undefined {
	if (!QNAME.test(text)) return undefined;
	if (prefixes === undefined) return {};
	const colon = text.indexOf(':');
	const namespace = prefixes(colon < 0 ? '' : text.slice(0, colon));
	if (namespace === undefined && colon >= 0) return undefined;
	return { key: `QName {${namespace ?? ''}}${text.slice(colon + 1)}` };
}

function fourLengths(duration: DurationValue): readonly number[] {
	const lengths = durationLengths(duration);
	return lengths.length === 4 ? lengths : [lengths[0]!, lengths[0]!, lengths[0]!, lengths[0]!];
}

function compareDecimals(one: string, other: string): number {
	const [isNegative, isOtherNegative] = [one.startsWith('-'), other.startsWith('-')];
	if (isNegative !== isOtherNegative) return isNegative ? -1 : 1;
	if (isNegative) return comparePositive(other.slice(1), one.slice(1));
	return comparePositive(one, other);
}

function comparePositive(one: string, other: string): number {
	const [whole = '', fraction = ''] = one.split('.');
	const [otherWhole = '', otherFraction = ''] = other.split('.');
	if (whole.length !== otherWhole.length) return Math.sign(whole.length - otherWhole.length);
	if (whole !== otherWhole) return whole < otherWhole ? -1 : 1;
	if (fraction === otherFraction) return 0;
	return fraction < otherFraction ? -1 : 1;
}

/** XML 1.0 (fifth edition), 2.3, without the colon: what a class of a regular expression has. */
export const NAME_START = String.raw`A-Z_a-z\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}`;
export const NAME_CHARACTER = String.raw`${NAME_START}\-.0-9\u{B7}\u{300}-\u{36F}\u{203F}\u{2040}`;
const NCNAME_SOURCE = `[${NAME_START}][${NAME_CHARACTER}]*`;
const QNAME = new RegExp(`^(?:${NCNAME_SOURCE}:)?${NCNAME_SOURCE}$`, 'u');

function formOf(source: string): (text: string) => boolean {
	const form = new RegExp(`^(?:${source})$`, 'u');
	return (text) => form.test(text);
}

/** How words of these types look (XML Schema 1.0, Part 2, 3.2.17 and 3.3). */
const WORD_FORMS: Readonly<Record<WordForm, (text: string) => boolean>> = {
	language: formOf('[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*'),
	Name: formOf(`[:${NAME_START}][:${NAME_CHARACTER}]*`),
	NCName: formOf(NCNAME_SOURCE),
	NMTOKEN: formOf(`[:${NAME_CHARACTER}]+`),
	anyURI: isReference,
};

/**
 * A reference by RFC 2396 and 2732, once what must be escaped is: at most one fragment, percent signs with their digits,
 * and a scheme where a colon stands before any slash.
 */
function isReference(text: string): boolean {
	if (/%(?![0-9a-fA-F]{2})/.test(text) || text.indexOf('#') !== text.lastIndexOf('#')) return false;
	const [, first = ''] = /^([^/?#]*)/.exec(text) ?? [];
	return !first.includes(':') || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(first);
}
