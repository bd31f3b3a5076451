/** The syntax of xs:pattern (XML Schema 1.0, Part 2, Appendix F), read into a tree. Unicode blocks are not known here. */
import {
	allBut,
	type CharacterRange,
	type CharacterSet,
	charactersOf,
	charactersOfCategories,
	without,
} from './character-set.ts';

export type PatternNode =
	| { readonly kind: 'class'; readonly of: CharacterClass }
	| { readonly kind: 'sequence' | 'alternatives'; readonly parts: readonly PatternNode[] }
	| { readonly kind: 'repeated'; readonly of: PatternNode; readonly min: number; readonly max: number };

/** What one character may be: one of the members, or none of them; and not what is taken away. */
export interface CharacterClass {
	readonly members: readonly ClassMember[];
	readonly isNegated: boolean;
	readonly without?: CharacterClass;
}

export type ClassMember =
	| { readonly kind: 'range'; readonly range: CharacterRange }
	| { readonly kind: 'category'; readonly name: string; readonly isNegated: boolean }
	| { readonly kind: 'class'; readonly of: CharacterClass };

export type PatternSyntax =
	| { readonly ok: true; readonly node: PatternNode }
	/** `isMalformed`: XML Schema has no such pattern. */
	| { readonly ok: false; readonly why: string; readonly isMalformed: boolean };

/** Reads an xs:pattern, or says what of it is wrong or not known. */
export function parsePatternSyntax(source: string): PatternSyntax {
	const reader: Reader = { source, position: 0, why: undefined, isMalformed: true };
	const node = readAlternatives(reader);
	if (reader.position < source.length) fail(reader, 'a parenthesis closes nothing');
	const { why, isMalformed } = reader;
	return why === undefined ? { ok: true, node } : { ok: false, why, isMalformed };
}

/** The characters of a class, of the same class the same set. */
export function setOfClass(of: CharacterClass): CharacterSet {
	const set = SETS.get(of) ?? computeSet(of);
	SETS.set(of, set);
	return set;
}

/** Repetitions stand for one class many times. */
const SETS = new WeakMap<CharacterClass, CharacterSet>();

function computeSet({ members, isNegated, without: taken }: CharacterClass): CharacterSet {
	const ranges = members.flatMap((member): CharacterSet => {
		if (member.kind === 'category') return [];
		return member.kind === 'range' ? [member.range] : setOfClass(member.of);
	});
	const named = members.flatMap((member) => (member.kind === 'category' ? [printCategory(member)] : []));
	if (named.length > 0) ranges.push(...charactersOfCategories(named));
	const set = isNegated ? allBut(charactersOf(ranges)) : charactersOf(ranges);
	return taken === undefined ? set : without(set, setOfClass(taken));
}

/** `\p{Lu}`, as XML Schema, RE2 and JavaScript alike write it. */
export function printCategory({ name, isNegated }: Extract<ClassMember, { kind: 'category' }>): string {
	return `\\${isNegated ? 'P' : 'p'}{${name}}`;
}

interface Reader {
	readonly source: string;
	position: number;
	why: string | undefined;
	isMalformed: boolean;
}

/** The first fault counts; nothing is read behind it. */
function fail(reader: Reader, why: string, isMalformed = true): void {
	if (reader.why === undefined) Object.assign(reader, { why, isMalformed });
	reader.position = reader.source.length;
}

/** The longest thing that is looked at in one piece is a category escape or a quantifier. */
const LOOK_AHEAD_CHARACTERS = 16;

function restOf({ source, position }: Reader): string {
	return source.slice(position, position + LOOK_AHEAD_CHARACTERS);
}

function take(reader: Reader, text: string): boolean {
	if (!reader.source.startsWith(text, reader.position)) return false;
	reader.position += text.length;
	return true;
}

function readAlternatives(reader: Reader): PatternNode {
	const parts = [readSequence(reader)];
	while (take(reader, '|')) parts.push(readSequence(reader));
	return parts.length === 1 ? parts[0]! : { kind: 'alternatives', parts };
}

const QUANTIFIER = /^(?:[?*+]|\{(\d{1,4})(?:,(\d{0,4}))?\})/;
/** As far as it is looked at: what has more digits than that is one, or not. */
const LONG_QUANTIFIER = /^\{(?:\d+(?:,\d*)?\}|[\d,]{15}$)/;

function readSequence(reader: Reader): PatternNode {
	const parts: PatternNode[] = [];
	let mayRepeat = false;
	for (let rest = restOf(reader); rest !== '' && !/^[|)]/.test(rest); rest = restOf(reader)) {
		const quantifier = QUANTIFIER.exec(rest);
		if (quantifier === null && mayRepeat && LONG_QUANTIFIER.test(rest)) {
			fail(reader, 'so many repetitions are not counted', false);
		} else if (quantifier === null) {
			parts.push(readAtom(reader));
			mayRepeat = true;
		} else if (mayRepeat) {
			parts.push({ kind: 'repeated', of: parts.pop()!, ...occurrencesOf(quantifier) });
			reader.position += quantifier[0].length;
			mayRepeat = false;
		} else fail(reader, `the quantifier ${quantifier[0]} follows nothing`);
	}
	return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
}

function occurrencesOf([sign, least, most]: RegExpExecArray): { readonly min: number; readonly max: number } {
	if (least === undefined) return { min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
	if (most === undefined) return { min: Number(least), max: Number(least) };
	return { min: Number(least), max: most === '' ? Number.POSITIVE_INFINITY : Number(most) };
}

function readAtom(reader: Reader): PatternNode {
	if (take(reader, '(')) {
		const group = readAlternatives(reader);
		if (!take(reader, ')')) fail(reader, 'a group is not closed');
		// A group of its own, so that what stands in it is repeated as one.
		return { kind: 'sequence', parts: [group] };
	}
	if (take(reader, '[')) return { kind: 'class', of: readClass(reader) };
	if (take(reader, '.')) return { kind: 'class', of: ANY_OF_A_LINE };
	const rest = restOf(reader);
	if (rest.startsWith('\\')) return { kind: 'class', of: classOf(readEscape(reader)) };
	const character = rest.codePointAt(0)!;
	if (/^[{}\]]/.test(rest)) fail(reader, `${rest[0]} must be escaped`);
	reader.position += String.fromCodePoint(character).length;
	return { kind: 'class', of: classOf(single(character)) };
}

function classOf(...members: readonly ClassMember[]): CharacterClass {
	const [only] = members;
	return only?.kind === 'class' && members.length === 1 ? only.of : { members, isNegated: false };
}

function single(character: number): ClassMember {
	return { kind: 'range', range: [character, character] };
}

const CATEGORY = /^\\([pP])\{(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfon]?)\}/;

/** A category, a multi-character escape, or one character. */
function readEscape(reader: Reader): ClassMember {
	const rest = restOf(reader);
	const category = CATEGORY.exec(rest);
	if (category !== null) {
		reader.position += category[0].length;
		return { kind: 'category', name: category[2]!, isNegated: category[1] === 'P' };
	}
	const letter = rest[1] ?? '';
	const of = MULTI_ESCAPES.get(letter);
	if (of !== undefined) {
		reader.position += 2;
		return { kind: 'class', of };
	}
	const character = readCharacter(reader);
	return single(character ?? 0);
}

function categories(...names: readonly string[]): readonly ClassMember[] {
	return names.map((name) => ({ kind: 'category', name, isNegated: false }));
}

const NAME_START = [...categories('L', 'Nl'), ...[...'_:'].map((character) => single(character.codePointAt(0)!))];
const ESCAPED_SETS: Readonly<Record<string, readonly ClassMember[]>> = {
	s: [0x20, 0x9, 0xa, 0xd].map(single),
	d: categories('Nd'),
	// All but punctuation, separators and others; the categories divide all characters between them.
	w: categories('L', 'M', 'N', 'S'),
	i: NAME_START,
	// Letters, digits, marks and what else XML 1.0 allows within a name.
	c: [...NAME_START, ...categories('Nd', 'M'), ...[0xb7, 0x2e, 0x2d].map(single)],
};
/** By their letters; the capital one is for all other characters. */
const MULTI_ESCAPES: ReadonlyMap<string, CharacterClass> = new Map(
	Object.entries(ESCAPED_SETS).flatMap(([letter, members]): [string, CharacterClass][] => [
		[letter, { members, isNegated: false }],
		[letter.toUpperCase(), { members, isNegated: true }],
	]),
);
const ANY_OF_A_LINE: CharacterClass = { members: [0xa, 0xd].map(single), isNegated: true };
const SINGLE_ESCAPES = new Map([
	['n', '\n'],
	['r', '\r'],
	['t', '\t'],
	...[...'\\|.?*+(){}-[]^'].map((character): [string, string] => [character, character]),
]);

/** `[...]` behind its bracket: characters, ranges, escapes; a first ^ negates; a last -[...] takes away. */
function readClass(reader: Reader): CharacterClass {
	const isNegated = take(reader, '^');
	const members: ClassMember[] = [];
	while (reader.why === undefined) {
		if (members.length > 0 && take(reader, ']')) break;
		if (members.length > 0 && take(reader, '-[')) {
			const taken = readClass(reader);
			if (!take(reader, ']')) fail(reader, 'a class ends behind what is taken away from it');
			return { members, isNegated, without: taken };
		}
		members.push(readMember(reader, members.length === 0));
	}
	return { members, isNegated };
}

function readMember(reader: Reader, isFirst: boolean): ClassMember {
	const rest = restOf(reader);
	if (rest === '') fail(reader, 'a character class is not closed');
	else if (/^[[\]]/.test(rest)) fail(reader, 'in a character class [ and ] must be escaped');
	else if (rest.startsWith('-')) {
		if (!isFirst && !rest.startsWith('-]')) fail(reader, 'a - within a character class must be escaped');
		else reader.position += 1;
		return single(0x2d);
	}
	const isSet = CATEGORY.test(rest) || (rest.startsWith('\\') && MULTI_ESCAPES.has(rest[1] ?? ''));
	if (isSet) return readEscape(reader);
	const first = readCharacter(reader) ?? 0;
	if (!/^-[^\][]/.test(restOf(reader)) && restOf(reader) !== '-') return single(first);
	reader.position += 1;
	const last = readCharacter(reader);
	if (last === undefined) {
		reader.why = `the range at ${rest.slice(0, 8)} has no end`;
		return single(first);
	}
	if (last < first) fail(reader, `the range at ${rest.slice(0, 8)} has its ends the wrong way round`);
	return { kind: 'range', range: [first, last] };
}

/** One character, escaped or not; undefined and a fault where there is none. */
function readCharacter(reader: Reader): number | undefined {
	const rest = restOf(reader);
	const escaped = rest.startsWith('\\') ? SINGLE_ESCAPES.get(rest[1] ?? '') : rest;
	const character = escaped?.codePointAt(0);
	if (character === undefined) {
		// A block of Unicode, of which nobody here has the names.
		fail(reader, `the escape ${rest.slice(0, 8)} is not supported`, !/^\\[pP]\{Is[A-Za-z0-9-]/.test(rest));
		return undefined;
	}
	reader.position += rest.startsWith('\\') ? 2 : String.fromCodePoint(character).length;
	return character;
}
