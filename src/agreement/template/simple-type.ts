/**
 * The built-in simple types of XML Schema that a creation constraint may restrict, and how their values compare.
 * The types of our own vocabularies are known by name as well: WSAG4J's templates restrict them.
 */
import { wordsOf } from '../lenient/content-models.ts';
import type { ValueType } from '../lenient/model-lines.ts';
import { collapseWhiteSpace, replaceWhiteSpace } from '../lexical.ts';
import { JSDL, NEG, WS, WSAG, XS } from '../names.ts';
import { ordinalOf } from './atomic-value.ts';
import type { CalendarSpace } from './calendar-value.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import { parsePattern } from './pattern.ts';

/**
 * How values are read and compared; `untyped`: as numbers where both are some, else as text. `time` are points of it,
 * `clock` is the time of any day, in UTC.
 */
export type ValueSpace =
	| 'untyped'
	| 'text'
	| 'boolean'
	| 'number'
	| 'duration'
	| 'hexBinary'
	| 'base64Binary'
	| 'QName'
	| CalendarSpace
	| 'list'
	| 'union';

export type WhiteSpace = 'preserve' | 'replace' | 'collapse';

/** The words that are texts of a certain form. */
export type WordForm = 'language' | 'Name' | 'NCName' | 'NMTOKEN' | 'anyURI';

/** Plain data. `lexical` is what a number may look like; `min` and `max` are both included, as decimal numerals. */
export interface SimpleType {
	readonly name: string;
	readonly space: ValueSpace;
	readonly whiteSpace: WhiteSpace;
	readonly lexical?: 'integer' | 'decimal';
	readonly min?: string;
	readonly max?: string;
	/** Of a number: of 32 bits. */
	readonly isSingle?: true;
	readonly form?: WordForm;
	/** All the values that there are. */
	readonly words?: readonly string[];
	/** By what its schema restricts it. */
	readonly facets?: FacetSet;
	/** Of a list that of its items; of a union those of which its values are, the first that takes one. */
	readonly members?: readonly ValueRestriction[];
	/** Of a list: it has an item. */
	readonly isNeverEmpty?: true;
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

/** The type of values that content models name so; undefined where they name no type, but any text, or words. */
export function typeOfModel(type: ValueType): SimpleType | undefined {
	if (type === 'text' || type === 'name' || typeof type === 'object') return undefined;
	if (type === 'filesystem') return simpleTypeNamed(XS, 'NCName');
	return simpleTypeNamed(type === 'CPUShare' || type === 'Digest' ? WS : XS, type);
}

export function normalizeWhiteSpace(text: string, whiteSpace: WhiteSpace): string {
	if (whiteSpace === 'preserve') return text;
	return whiteSpace === 'replace' ? replaceWhiteSpace(text) : collapseWhiteSpace(text);
}

/** The type that a bound of an untyped item makes it: that of the bound's own value. */
export function typeOfBound(lexical: string): SimpleType | undefined {
	return ['double', 'dateTime', 'duration']
		.map((name) => TYPES.get(`{${XS}}${name}`)!)
		.find((type) => ordinalOf(type, lexical) !== undefined);
}

const TYPES = new Map<string, SimpleType>();

function add(namespace: string, localName: string, type: Omit<SimpleType, 'name'> & { readonly name?: string }): void {
	TYPES.set(`{${namespace}}${localName}`, { name: localName, ...type });
}

function addInteger(localName: string, min?: string, max?: string): void {
	const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
	add(XS, localName, { space: 'number', whiteSpace: 'collapse', lexical: 'integer', ...bounds });
}

function addList(localName: string, type: SimpleType): void {
	const item = { type, whiteSpace: type.whiteSpace, steps: [] };
	add(XS, localName, { space: 'list', whiteSpace: 'collapse', members: [item], isNeverEmpty: true });
}

const TEXT = { space: 'text', whiteSpace: 'preserve' } as const;
const TOKEN = { space: 'text', whiteSpace: 'collapse' } as const;
const DOUBLE = { space: 'number', whiteSpace: 'collapse' } as const;

add(XS, 'anySimpleType', UNTYPED);
add(XS, 'string', TEXT);
add(XS, 'normalizedString', { space: 'text', whiteSpace: 'replace' });
add(XS, 'token', TOKEN);
for (const form of ['language', 'Name', 'NCName', 'NMTOKEN', 'anyURI'] as const) add(XS, form, { ...TOKEN, form });
// As values they are names: that an ID stands once, and that there is what an IDREF or ENTITY names, nobody looks at.
for (const name of ['ID', 'IDREF', 'ENTITY']) add(XS, name, { ...TOKEN, form: 'NCName' });
for (const name of ['IDREF', 'ENTITY', 'NMTOKEN']) {
	addList(name === 'ENTITY' ? 'ENTITIES' : `${name}S`, simpleTypeNamed(XS, name)!);
}
for (const name of ['QName', 'NOTATION']) add(XS, name, { space: 'QName', whiteSpace: 'collapse' });
add(XS, 'boolean', { space: 'boolean', whiteSpace: 'collapse' });
add(XS, 'double', DOUBLE);
add(XS, 'float', { ...DOUBLE, isSingle: true });
add(XS, 'decimal', { ...DOUBLE, lexical: 'decimal' });
add(XS, 'dateTime', { space: 'time', whiteSpace: 'collapse' });
add(XS, 'time', { space: 'clock', whiteSpace: 'collapse' });
for (const space of [
	'date',
	'duration',
	'gYear',
	'gYearMonth',
	'gMonth',
	'gMonthDay',
	'gDay',
	'hexBinary',
	'base64Binary',
] as const) {
	add(XS, space, { space, whiteSpace: 'collapse' });
}
addInteger('integer');
addInteger('nonNegativeInteger', '0');
addInteger('positiveInteger', '1');
addInteger('nonPositiveInteger', undefined, '0');
addInteger('negativeInteger', undefined, '-1');
addInteger('long', '-9223372036854775808', '9223372036854775807');
addInteger('unsignedLong', '0', '18446744073709551615');
addInteger('int', '-2147483648', '2147483647');
addInteger('unsignedInt', '0', '4294967295');
addInteger('short', '-32768', '32767');
addInteger('unsignedShort', '0', '65535');
addInteger('byte', '-128', '127');
addInteger('unsignedByte', '0', '255');
// Of our vocabularies.
for (const name of ['Exact_Type', 'Boundary_Type']) add(JSDL, name, DOUBLE);
add(JSDL, 'Description_Type', TEXT);
const NO_FACETS: FacetSet = { bounds: [], counts: [], enumeration: [], patterns: [] };
add(WS, 'ImageName', { ...TEXT, facets: { ...NO_FACETS, counts: [{ kind: 'minLength', count: 1 }] } });
const digest = parsePattern('sha256:[0-9a-f]{64}');
add(WS, 'Digest', { ...TEXT, facets: { ...NO_FACETS, patterns: digest.ok ? [digest.pattern] : [] } });
add(WS, 'CPUShare', { ...DOUBLE, name: 'integer from 1 to 100', lexical: 'integer', min: '1', max: '100' });
const ENUMERATED: readonly (readonly [
	namespace: string,
	localName: string,
	type: typeof TEXT | typeof TOKEN,
	element: string,
	attribute?: { readonly namespace: string; readonly localName: string },
])[] = [
	[JSDL, 'ProcessorArchitectureEnumeration', TEXT, 'CPUArchitectureName'],
	[JSDL, 'OperatingSystemTypeEnumeration', TEXT, 'OperatingSystemName'],
	[JSDL, 'FileSystemTypeEnumeration', TEXT, 'FileSystemType'],
	[JSDL, 'CreationFlagEnumeration', TEXT, 'CreationFlag'],
	[WSAG, 'AgreementRoleType', TEXT, 'ServiceProvider'],
	[WSAG, 'ServiceRoleType', TEXT, 'GuaranteeTerm', { namespace: WSAG, localName: 'Obligated' }],
	[NEG, 'NegotiationRoleType', TEXT, 'Creator'],
	[WS, 'EndActionName', TOKEN, 'EndAction'],
	[WS, 'DurationUnit', TOKEN, 'DurationUnit'],
	[WS, 'PlacementStrategy', TOKEN, 'Placement', { namespace: '', localName: 'strategy' }],
	[WS, 'Permission', TOKEN, 'Change', { namespace: '', localName: 'move' }],
];
for (const [namespace, localName, type, element, attribute] of ENUMERATED) {
	add(namespace, localName, { ...type, words: wordsOf(namespace, element, attribute)! });
}
