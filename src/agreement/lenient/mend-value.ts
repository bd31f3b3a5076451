/** Simple values as people write them, made what their types demand where only one thing can be meant. */

import { collapseWhiteSpace, isBlank } from '../lexical.ts';
import type { ValueType } from './model-lines.ts';
import type { RepairCode } from './repairs.ts';

/** What is used in the value's place, and each repair that led there; or the placeholder that the value still is. */
export type MendedValue =
	| { readonly kind: 'value'; readonly value: string; readonly repairs: readonly RepairCode[] }
	| { readonly kind: 'placeholder' };

/** Mends a value of this type. What is no such value and cannot be made one comes back as it is: the schema will tell. */
export function mendValue(text: string, type: ValueType): MendedValue {
	if (type === 'text') return same(text);
	if (type === 'name' || type === 'Digest') return trimmed(text);
	if (type === 'filesystem') return mendFilesystemName(text);
	if (isPlaceholder(text)) return { kind: 'placeholder' };
	switch (type) {
		case 'boolean':
			return recased(text, ['true', 'false'], 'collapsed');
		case 'double':
			// The gate takes white space around numbers, and none around these words.
			return recased(text, ['INF', '-INF', 'NaN'], 'exact');
		case 'duration':
			return trimmed(text);
		case 'dateTime':
			return mendDateTime(text);
		case 'NCName':
		case 'integer':
		case 'nonNegativeInteger':
		case 'positiveInteger':
		case 'CPUShare':
			return same(text);
		default:
			return recased(text, type.words, 'exact');
	}
}

/** Whether an element with this value and nothing else says nothing: a type that has no empty value. */
export function saysNothing(text: string, type: ValueType): boolean {
	return type !== 'text' && type !== 'name' && type !== 'Digest' && isBlank(text);
}

/** `$NAME`, `${NAME}`, `XXX_NAME` or `_NAME_`, as patterns of documents have them where a value belongs. */
export function isPlaceholder(text: string): boolean {
	return PLACEHOLDER.test(collapseWhiteSpace(text));
}

/** Of a template engine also with what is called, or taken out of it: `$math.add($a, 1)`, `$list[0]`, `${a.b()}`. */
const PLACEHOLDER =
	/^(?:\$!?\{[A-Za-z_][^{}]*\}?|\$!?[A-Za-z_][\w-]*(?:\.[\w-]*|\((?:[^()]|\([^()]*\))*\)|\[[^[\]]*\])*\}?|XXX_?\w*|_[A-Z][A-Z0-9_]*_)$/;

function same(value: string): MendedValue {
	return { kind: 'value', value, repairs: [] };
}

function trimmed(text: string): MendedValue {
	// By hand: an expression for the end would try each of a hundred thousand blanks in the middle as its beginning.
	let start = 0;
	let end = text.length;
	while (start < end && WHITE_SPACE.includes(text[start]!)) start += 1;
	while (start < end && WHITE_SPACE.includes(text[end - 1]!)) end -= 1;
	const value = text.slice(start, end);
	return value === text || value === '' ? same(text) : { kind: 'value', value, repairs: ['VALUE_TRIMMED'] };
}

const WHITE_SPACE = ' \t\r\n';

/** One of these words in whatever letters. White space around it matters only where the schema does not collapse it. */
function recased(text: string, words: readonly string[], whiteSpace: 'collapsed' | 'exact'): MendedValue {
	const bare = collapseWhiteSpace(text);
	const folded = bare.toLowerCase();
	const word = words.find((candidate) => candidate === bare) ?? words.find((each) => each.toLowerCase() === folded);
	if (word === undefined || word === text) return same(text);
	const repairs: RepairCode[] = [];
	if (whiteSpace === 'exact' && bare !== text) repairs.push('VALUE_TRIMMED');
	if (word !== bare) repairs.push('VALUE_CASE');
	return repairs.length === 0 ? same(text) : { kind: 'value', value: word, repairs };
}

/** `$HOME` and `${HOME}` name the file system HOME; JSDL's own names for them are plain (GFD.136, 6.5.1). */
function mendFilesystemName(text: string): MendedValue {
	const name = /^\$(?:\{([A-Za-z_][\w.-]*)\}|([A-Za-z_][\w.-]*))$/.exec(collapseWhiteSpace(text));
	const value = name?.[1] ?? name?.[2];
	return value === undefined ? same(text) : { kind: 'value', value, repairs: ['FILESYSTEM_NAME'] };
}

/** Times of day with a zone that XML Schema does not write so. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?) ?(?:([+-]\d\d):?(\d\d)|([A-Z]{1,4}))?$/i;

/** Names that mean one distance from UTC wherever they are used. EST, IST and CST do not: they stay faults. */
const ZONES: Readonly<Record<string, string>> = {
	Z: 'Z',
	UTC: 'Z',
	GMT: 'Z',
	WET: 'Z',
	WEST: '+01:00',
	CET: '+01:00',
	CEST: '+02:00',
	EET: '+02:00',
	EEST: '+03:00',
};

function mendDateTime(text: string): MendedValue {
	const bare = collapseWhiteSpace(text);
	const [, date, time, hours, minutes, name] = TIME.exec(bare) ?? [];
	if (date === undefined) return trimmed(text);
	const zone = name === undefined ? (hours === undefined ? '' : `${hours}:${minutes}`) : ZONES[name.toUpperCase()];
	const value = `${date}T${time}${zone}`;
	if (zone === undefined || value === bare) return trimmed(text);
	const isNamed = name !== undefined && name.toUpperCase() !== 'Z';
	return { kind: 'value', value, repairs: [isNamed ? 'ZONE_NAMED' : 'TIME_FORM'] };
}
