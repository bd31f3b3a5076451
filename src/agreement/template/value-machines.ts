/** What a restriction says of the text of a value, as automata. */
import type { RangeValue } from '../jsdl/range.ts';
import { isDecimal } from '../lexical.ts';
import { NAME_CHARACTER, NAME_START } from './atomic-value.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import { lengthMachine, type Machine, patternMachine } from './machine.ts';
import { digitsMachine, withinMachine } from './number-machines.ts';
import { isZero, numeralOf } from './numeral.ts';
import type { SimpleType, WhiteSpace, WordForm } from './simple-type.ts';
import { boundMachines } from './time-machines.ts';

/**
 * Accepts every text that is allowed and normalised: what type, patterns, lengths, digits and the bounds of numbers
 * say. What enumerations of texts, and the bounds of times and durations forbid may be accepted. `allowed` are the
 * numbers that the restriction allows.
 */
export function machinesOf(restriction: ValueRestriction, allowed: RangeValue): readonly Machine[] {
	return [...writtenMachines(restriction), ...rangeMachines(restriction.type, allowed)];
}

/** The same without what is said of the place of numbers on their line. */
export function writtenMachines({ type, whiteSpace, steps }: ValueRestriction): readonly Machine[] {
	const lexical = whiteSpace === 'collapse' ? lexicalOf(type) : undefined;
	return [
		...(whiteSpace === 'preserve' ? [] : [patternMachine([NORMALIZED[whiteSpace]])]),
		...(lexical === undefined ? [] : [patternMachine([lexical])]),
		...steps.flatMap(({ patterns }) =>
			patterns.length === 0 ? [] : [patternMachine(patterns.map(({ source }) => source))],
		),
		...steps.flatMap(({ enumeration }) => enumerationMachines(type, whiteSpace, enumeration)),
		...countMachines(type, steps),
		...(type.space === 'list' ? listMachines(type, steps) : []),
	];
}

/** Of an ordered type texts that mean what they say at first sight: of these it accepts only what the bounds allow. */
export function plainMachines({ type, steps }: ValueRestriction): readonly Machine[] {
	return [...plainForm(type, steps), ...steps.flatMap(({ bounds }) => boundMachines(type, bounds))];
}

/** The same without what is said of bounds. */
export function plainForm(type: SimpleType, steps: readonly FacetSet[]): readonly Machine[] {
	const form = type.space === 'base64Binary' ? base64Of(steps) : PLAIN[type.lexical ?? type.space];
	return form === undefined ? [] : [patternMachine([form])];
}

/** The texts of which the machines are told are normalised. */
const NORMALIZED = { replace: String.raw`[^\t\n\r]*`, collapse: String.raw`([^ \t\n\r]+( [^ \t\n\r]+)*)?` } as const;

const ZONE = String.raw`(Z|[+\-][0-9]{2}:[0-9]{2})?`;
const YEAR = '-?[0-9]{4,8}';
const DAY = `${YEAR}-[0-9]{2}-[0-9]{2}`;
const CLOCK = String.raw`[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?`;
const NCNAME = `[${inClass(NAME_START)}][${inClass(NAME_CHARACTER)}]*`;
const ESCAPED = '%[0-9a-fA-F]{2}';
const REFERENCE = `([^%#]|${ESCAPED})*`;
/** What any condition takes for a number. */
export const AMOUNT = String.raw`[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+\-]?[0-9]+)?`;
/** Of xs:double. */
const NUMBER = `${AMOUNT}|-?INF|NaN`;
/** What all texts of a type look like. */
const LEXICAL: Readonly<Partial<Record<SimpleType['space'] | 'integer' | 'decimal' | WordForm, string>>> = {
	boolean: 'true|false|1|0',
	integer: String.raw`[+\-]?[0-9]+`,
	decimal: String.raw`[+\-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)`,
	number: NUMBER,
	time: `${DAY}T${CLOCK}${ZONE}`,
	date: `${DAY}${ZONE}`,
	clock: `${CLOCK}${ZONE}`,
	gYear: `${YEAR}${ZONE}`,
	gYearMonth: `${YEAR}-[0-9]{2}${ZONE}`,
	gMonth: `--[0-9]{2}${ZONE}`,
	gMonthDay: `--[0-9]{2}-[0-9]{2}${ZONE}`,
	gDay: `---[0-9]{2}${ZONE}`,
	duration: String.raw`-?P([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?`,
	hexBinary: '([0-9a-fA-F]{2})*',
	base64Binary: '[A-Za-z0-9+/= ]*',
	QName: `(${NCNAME}:)?${NCNAME}`,
	language: '[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*',
	Name: `[:${inClass(NAME_START)}][:${inClass(NAME_CHARACTER)}]*`,
	NCName: NCNAME,
	NMTOKEN: `[:${inClass(NAME_CHARACTER)}]+`,
	anyURI: `([A-Za-z][A-Za-z0-9+.\\-]*:${REFERENCE}|([^:/?#%]|${ESCAPED})*([/?]${REFERENCE})?)(#${REFERENCE})?`,
};

/** What all texts of the type look like, as a pattern; undefined: like any. */
export function lexicalOf({ form, lexical, space }: SimpleType): string | undefined {
	return LEXICAL[form ?? lexical ?? space];
}

/** The members of a class of JavaScript's as XML Schema writes them. */
function inClass(members: string): string {
	return members.replace(/\\u\{([0-9A-F]+)\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}

/** 29 February may be none. */
const PLAIN_MONTH_DAY =
	'((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))';
const PLAIN_DAY = `([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-${PLAIN_MONTH_DAY}`;
const PLAIN_NUMBER = String.raw`-?(0|[1-9][0-9]*)(\.[0-9]+)?`;
const PLAIN_CLOCK = String.raw`([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?`;
/** Of a duration what a greater unit does not count already. */
const HOURS = '([01]?[0-9]|2[0-3])';
const SIXTY = '[0-5]?[0-9]';
const FRACTION = String.raw`(\.[0-9]+)?`;
const SECONDS = `${SIXTY}${FRACTION}S`;
/** Of a number that is whole. */
const WHOLE = '-?(0|[1-9][0-9]*)';
const PLAIN: typeof LEXICAL = {
	integer: WHOLE,
	decimal: PLAIN_NUMBER,
	number: PLAIN_NUMBER,
	untyped: PLAIN_NUMBER,
	time: `${PLAIN_DAY}T${PLAIN_CLOCK}${ZONE}`,
	date: `${PLAIN_DAY}${ZONE}`,
	clock: `${PLAIN_CLOCK}${ZONE}`,
	gYear: `[1-9][0-9]{3}${ZONE}`,
	gYearMonth: `[1-9][0-9]{3}-(0[1-9]|1[0-2])${ZONE}`,
	gMonth: `--(0[1-9]|1[0-2])${ZONE}`,
	gMonthDay: `--${PLAIN_MONTH_DAY}${ZONE}`,
	gDay: `---(0[1-9]|[12][0-9]|3[01])${ZONE}`,
	duration: `-?P([0-9]+D(T(${HOURS}H(${SIXTY}M)?(${SECONDS})?|${SIXTY}M(${SECONDS})?|${SECONDS}))?|T([0-9]+H(${SIXTY}M)?(${SECONDS})?|[0-9]+M(${SECONDS})?|[0-9]+${FRACTION}S))`,
};

/** Of what can be written in several ways the ways to write the enumerated values; of others nothing. */
function enumerationMachines(
	type: SimpleType,
	whiteSpace: WhiteSpace,
	enumeration: FacetSet['enumeration'],
): readonly Machine[] {
	if (enumeration.length === 0 || enumeration.length > INTERVALS_MAX) return [];
	const texts = enumeration.map(({ text }) => text);
	switch (type.space) {
		case 'untyped': {
			// Whoever reads a number passes over the white space around it, be it kept or not.
			const form = whiteSpace === 'collapse' ? NUMBER : `\\s*(${NUMBER})\\s*`;
			const numbers = enumeration.some(({ ordinal }) => ordinal !== undefined) ? [form] : [];
			return [patternMachine([...numbers, ...texts.map(quoted)])];
		}
		case 'hexBinary':
			return [patternMachine(texts.map((text) => text.replace(/[a-f]/gi, inBothCases)))];
		case 'base64Binary':
			return [patternMachine(texts.map((text) => Array.from(text.replaceAll(' ', ''), quoted).join(' ?')))];
		case 'list': {
			const waysOf = (text: string): string => `(${waysToWrite(type.members![0]!.type, text)})`;
			if (!hasWays(enumeration)) return [];
			return [patternMachine(texts.map((text) => (text === '' ? '' : text.split(' ').map(waysOf).join(' '))))];
		}
		default:
			return [];
	}
}

/** Whether what is enumerated is among what machinesOf says of the text, or of the place of numbers. */
export function isLookedAt({ space }: SimpleType, enumeration: FacetSet['enumeration']): boolean {
	if (space === 'list') return hasWays(enumeration);
	return enumeration.length <= (space === 'QName' ? NAMES_MAX : INTERVALS_MAX);
}

/** Whether the ways to write enumerated lists are looked at. */
export function hasWays(enumeration: FacetSet['enumeration']): boolean {
	const characters = enumeration.reduce((sum, { text }) => sum + text.length, 0);
	return enumeration.length <= INTERVALS_MAX && characters <= LISTED_CHARACTERS_MAX;
}

/** Longer lists are told as they are enumerated. */
const LISTED_CHARACTERS_MAX = 512;

/** How an item may be written that means the same: a number with zeros and plus, a truth by a digit. */
function waysToWrite({ space }: SimpleType, text: string): string {
	if (space === 'boolean') return text === 'true' || text === '1' ? 'true|1' : 'false|0';
	if (space === 'hexBinary') return text.replace(/[a-f]/gi, inBothCases);
	if (space !== 'number' || !isDecimal(text)) return quoted(text);
	const numeral = numeralOf(text);
	const { isNegative, whole, fraction } = numeral;
	if (isZero(numeral)) return String.raw`[+\-]?(0+(\.0*)?|\.0+)`;
	const digits = `${isNegative ? '-' : String.raw`\+?`}0*${whole}`;
	return fraction === '' ? String.raw`${digits}(\.0*)?` : String.raw`${digits}\.${fraction}0*`;
}

function inBothCases(letter: string): string {
	return `[${letter.toLowerCase()}${letter.toUpperCase()}]`;
}

/** A pattern of that text alone. */
export function quoted(text: string): string {
	return text.replace(/[\\|.?*+(){}[\]^-]/g, String.raw`\$&`);
}

/** What the items of a list look like, and how many there are. */
function listMachines({ members, isNeverEmpty }: SimpleType, steps: readonly FacetSet[]): readonly Machine[] {
	const [item] = members ?? [];
	const lexical = item === undefined ? undefined : lexicalOf(item.type);
	const enumerations =
		item?.steps.map(({ enumeration }) => enumeration.map(({ text }) => waysToWrite(item.type, text))) ?? [];
	const patterns = item?.steps.map((step) => step.patterns.map(({ source }) => source)) ?? [];
	const demands = [...(lexical === undefined ? [] : [[lexical]]), ...enumerations, ...patterns];
	const [least, most] = lengthsOf(steps);
	const fewest = Math.max(least, isNeverEmpty ? 1 : 0);
	const greatest = Number.isFinite(most) ? Math.max(0, most - 1) : '';
	const count = `([^ ]+( [^ ]+){${Math.max(0, fewest - 1)},${greatest}})`;
	return [
		...demands
			.filter((sources) => sources.length > 0)
			.map((sources) => patternMachine([`((${sources.join('|')})( (${sources.join('|')}))*)?`])),
		...(least <= most && most > 0 && fewest <= QUANTA_MAX
			? [patternMachine([fewest === 0 ? `${count}?` : count])]
			: []),
	];
}

/** Lengths in characters, and in octets of two digits; others have lengths that are not those of their texts. */
const CHARACTERS_OF: Readonly<Partial<Record<SimpleType['space'], number>>> = { text: 1, untyped: 1, hexBinary: 2 };

function countMachines({ space }: SimpleType, steps: readonly FacetSet[]): readonly Machine[] {
	const unit = CHARACTERS_OF[space];
	const [least, most] = lengthsOf(steps);
	const machines = steps
		.flatMap(({ counts }) => counts)
		.flatMap(({ kind, count }) =>
			kind === 'totalDigits' || kind === 'fractionDigits' ? [digitsMachine(kind, count)] : [],
		);
	const isAny = least === 0 && most === Number.POSITIVE_INFINITY;
	return isAny || unit === undefined ? machines : [...machines, lengthMachine(least * unit, most * unit)];
}

/** The least count of that kind that is demanded. */
export function leastCount(steps: readonly FacetSet[], kind: FacetSet['counts'][number]['kind']): number | undefined {
	const counts = steps.flatMap((step) => step.counts.filter((each) => each.kind === kind).map(({ count }) => count));
	return counts.length === 0 ? undefined : Math.min(...counts);
}

/** The least and the greatest length that facets allow. */
export function lengthsOf(steps: readonly FacetSet[]): readonly [least: number, most: number] {
	let least = 0;
	let most = Number.POSITIVE_INFINITY;
	for (const { kind, count } of steps.flatMap(({ counts }) => counts)) {
		if (kind === 'length' || kind === 'minLength') least = Math.max(least, count);
		if (kind === 'length' || kind === 'maxLength') most = Math.min(most, count);
	}
	return [least, most];
}

/** Without spaces, as many octets as the lengths allow, three in four characters. */
function base64Of(steps: readonly FacetSet[]): string {
	const [least, most] = lengthsOf(steps);
	const tails = ['', '[A-Za-z0-9+/][AQgw]==', '[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]='];
	const forms = tails.flatMap((tail, octets) => {
		const [from, to] = [Math.max(0, Math.ceil((least - octets) / 3)), Math.floor((most - octets) / 3)];
		if (from > Math.min(to, QUANTA_MAX)) return [];
		return [`([A-Za-z0-9+/]{4}){${from},${to > QUANTA_MAX ? '' : to}}${tail}`];
	});
	return forms.length === 0 ? '[^\\p{L}\\P{L}]' : forms.join('|');
}

/** A pattern repeats a thing no more often. */
const QUANTA_MAX = 1000;

/** More values than this are tried one by one. */
const INTERVALS_MAX = 16;
/** Local names in one pattern. */
const NAMES_MAX = 400;

function rangeMachines({ space }: SimpleType, { intervals }: RangeValue): readonly Machine[] {
	if (space !== 'number' && space !== 'untyped') return [];
	const isAny = intervals.some(({ lower, upper }) => lower === -upper && upper === Number.POSITIVE_INFINITY);
	return isAny || intervals.length > INTERVALS_MAX ? [] : [withinMachine({ intervals })];
}
