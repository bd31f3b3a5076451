/**
 * The built-in simple types of XML Schema that a creation constraint may restrict, and how their values compare.
 * The types of our own vocabularies are known by name as well: WSAG4J's templates restrict them.
 */
import { collapseWhiteSpace, isDecimal, isInteger, parseBoolean, parseDouble, replaceWhiteSpace } from '../lexical.ts';
import { JSDL, WS, WSAG, XS } from '../names.ts';
import { parseDateTime, parseDuration, printDateTime } from '../time.ts';

/**
 * How values are read and compared; `untyped`: as numbers where both are some, else as text. `time` are points of it,
 * `clock` is the time of any day, in UTC.
 */
export type ValueSpace = 'untyped' | 'text' | 'boolean' | 'number' | 'time' | 'date' | 'clock' | 'duration';

export type WhiteSpace = 'preserve' | 'replace' | 'collapse';

/** Plain data. `lexical` is what a number may look like; `min` and `max` are both included. */
export interface SimpleType {
	readonly name: string;
	readonly space: ValueSpace;
	readonly whiteSpace: WhiteSpace;
	readonly lexical?: 'integer' | 'decimal';
	readonly min?: number;
	readonly max?: number;
}

/**
 * The type of an item that names none. Its white space is collapsed: what JSDL and our terms write in elements are
 * numbers, times and names, which people pad and break.
 */
export const UNTYPED: SimpleType = { name: 'value', space: 'untyped', whiteSpace: 'collapse' };

/** The type of that expanded name; undefined where it is not known here. */
export function simpleTypeNamed(namespace: string, localName: string): SimpleType | undefined {
	return TYPES.get(`{${namespace}}${localName}`);
}

export function normalizeWhiteSpace(text: string, whiteSpace: WhiteSpace): string {
	if (whiteSpace === 'preserve') return text;
	return whiteSpace === 'replace' ? replaceWhiteSpace(text) : collapseWhiteSpace(text);
}

/** Whether the normalised text is a value of the type. */
export function isOfType(type: SimpleType, text: string): boolean {
	switch (type.space) {
		case 'untyped':
		case 'text':
			return true;
		case 'boolean':
			return parseBoolean(text) !== undefined;
		case 'time':
		case 'date':
		case 'clock':
			return ordinalOf(type, text) !== undefined;
		case 'duration':
			return parseDuration(text).ok;
		case 'number': {
			const value = parseDouble(text);
			if (value === undefined) return false;
			if (type.lexical === 'integer' && !isInteger(text)) return false;
			if (type.lexical === 'decimal' && !isDecimal(text)) return false;
			return !(value < (type.min ?? value)) && !(value > (type.max ?? value));
		}
	}
}

/** The value on a line: equal values have the same place on it. Undefined for texts and what is no value of the type. */
export function ordinalOf(type: SimpleType, text: string): number | undefined {
	switch (type.space) {
		case 'untyped':
		case 'number': {
			const value = parseDouble(text);
			return Number.isNaN(value) ? undefined : value;
		}
		case 'time':
			return secondsOf(text);
		case 'date':
			return DATE.test(text) ? secondsOf(text.replace(DATE, '$1T00:00:00$2')) : undefined;
		case 'clock': {
			const seconds = CLOCK.test(text) ? secondsOf(`1970-01-01T${text}`) : undefined;
			return seconds === undefined ? undefined : (seconds + SECONDS_PER_DAY) % SECONDS_PER_DAY;
		}
		case 'duration': {
			const duration = parseDuration(text);
			return duration.ok ? duration.seconds : undefined;
		}
		case 'boolean': {
			const value = parseBoolean(text);
			return value === undefined ? undefined : Number(value);
		}
		case 'text':
			return undefined;
	}
}

/** The day after an xs:date, or before it, in its zone; none beside the years 1 and 9999. */
export function dayBeside(date: string, days: 1 | -1): readonly string[] {
	const [, day = '', zone = ''] = DATE.exec(date) ?? [];
	const start = secondsOf(`${day}T00:00:00Z`);
	if (start === undefined) return [];
	const beside = `${printDateTime(start + days * SECONDS_PER_DAY).slice(0, day.length)}${zone}`;
	return DATE.test(beside) ? [beside] : [];
}

const DATE = /^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?$/;
const CLOCK = /^\d\d:\d\d:\d\d/;
const SECONDS_PER_DAY = 86_400;

/** Epoch seconds with their fraction, as far as a double holds it: to some microseconds. */
function secondsOf(dateTime: string): number | undefined {
	const time = parseDateTime(dateTime);
	const [fraction = '0'] = time?.fractional ? (/\.\d+/.exec(dateTime) ?? []) : [];
	return time && time.seconds + Number(fraction);
}

/** The type that a bound of an untyped item makes it: that of the bound's own value. */
export function typeOfBound(lexical: string): SimpleType | undefined {
	return ['double', 'dateTime', 'duration']
		.map((name) => TYPES.get(`{${XS}}${name}`)!)
		.find((type) => ordinalOf(type, lexical) !== undefined);
}

const TYPES = new Map<string, SimpleType>();

function add(namespace: string, localName: string, type: Omit<SimpleType, 'name'>): void {
	TYPES.set(`{${namespace}}${localName}`, { name: localName, ...type });
}

function addInteger(localName: string, min?: number, max?: number): void {
	const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
	add(XS, localName, { space: 'number', whiteSpace: 'collapse', lexical: 'integer', ...bounds });
}

const TEXT = { space: 'text', whiteSpace: 'preserve' } as const;
const TOKEN = { space: 'text', whiteSpace: 'collapse' } as const;
const DOUBLE = { space: 'number', whiteSpace: 'collapse' } as const;

add(XS, 'anySimpleType', UNTYPED);
add(XS, 'string', TEXT);
add(XS, 'normalizedString', { space: 'text', whiteSpace: 'replace' });
for (const name of ['token', 'language', 'Name', 'NCName', 'NMTOKEN', 'anyURI', 'QName']) add(XS, name, TOKEN);
add(XS, 'boolean', { space: 'boolean', whiteSpace: 'collapse' });
add(XS, 'double', DOUBLE);
add(XS, 'float', DOUBLE);
add(XS, 'decimal', { ...DOUBLE, lexical: 'decimal' });
add(XS, 'dateTime', { space: 'time', whiteSpace: 'collapse' });
add(XS, 'date', { space: 'date', whiteSpace: 'collapse' });
add(XS, 'time', { space: 'clock', whiteSpace: 'collapse' });
add(XS, 'duration', { space: 'duration', whiteSpace: 'collapse' });
addInteger('integer');
addInteger('nonNegativeInteger', 0);
addInteger('positiveInteger', 1);
addInteger('nonPositiveInteger', undefined, 0);
addInteger('negativeInteger', undefined, -1);
// Bounds of 64 bits are compared as doubles, like every number here: exact up to 2^53.
addInteger('long', -(2 ** 63), 2 ** 63);
addInteger('unsignedLong', 0, 2 ** 64);
addInteger('int', -(2 ** 31), 2 ** 31 - 1);
addInteger('unsignedInt', 0, 2 ** 32 - 1);
addInteger('short', -(2 ** 15), 2 ** 15 - 1);
addInteger('unsignedShort', 0, 2 ** 16 - 1);
addInteger('byte', -(2 ** 7), 2 ** 7 - 1);
addInteger('unsignedByte', 0, 2 ** 8 - 1);
// The gate has checked the documents against these already; here they say how to compare.
for (const name of ['AgreementRoleType', 'ServiceRoleType']) add(WSAG, name, TEXT);
for (const name of ['Exact_Type', 'Boundary_Type']) add(JSDL, name, DOUBLE);
for (const name of [
	'ProcessorArchitectureEnumeration',
	'OperatingSystemTypeEnumeration',
	'FileSystemTypeEnumeration',
	'CreationFlagEnumeration',
	'Description_Type',
]) {
	add(JSDL, name, TEXT);
}
for (const name of ['ImageName', 'Digest']) add(WS, name, TEXT);
add(WS, 'EndActionName', TOKEN);
add(WS, 'CPUShare', { ...DOUBLE, lexical: 'integer', min: 1, max: 100 });
