/**
 * xs:pattern (XML Schema 1.0, Part 2, Appendix F) translated to RE2's syntax and matched in linear time by re2js.
 * What cannot be translated is refused by name: class subtraction, Unicode blocks, the category Cn.
 */
import { RE2JS } from 're2js';

/** A pattern as it stands in the template and as RE2 reads it: plain data, so that it can travel between threads. */
export interface Pattern {
	readonly source: string;
	readonly translated: string;
	/** Matching costs at most this many steps a character. */
	readonly programSize: number;
}

export type PatternReading =
	| { readonly ok: true; readonly pattern: Pattern }
	| { readonly ok: false; readonly why: string };

/** A value longer than this matches no pattern: names, digests and keys are shorter, and time grows with length. */
export const PATTERN_VALUE_CHARACTERS_MAX = 8192;
const PATTERN_CHARACTERS_MAX = 1000;
/** `sha256:[0-9a-f]{64}` has 73. A step takes 1 to 21 ns, so the longest value on the largest program 0.3 s at worst. */
const PROGRAM_SIZE_MAX = 2000;

/** Reads an xs:pattern, or says what of it is not supported. */
export function parsePattern(source: string): PatternReading {
	if (source.length > PATTERN_CHARACTERS_MAX) {
		return { ok: false, why: `it is longer than ${PATTERN_CHARACTERS_MAX} characters` };
	}
	const translation = translate(source);
	if (!translation.ok) return translation;
	const programSize = sizeOfProgram(translation.text);
	if (programSize === undefined) return { ok: false, why: 'it is not a regular expression' };
	if (programSize > PROGRAM_SIZE_MAX) return { ok: false, why: 'its repetitions make it too large' };
	return { ok: true, pattern: { source, translated: translation.text, programSize } };
}

/** Whether the whole value matches. */
export function matchesPattern(pattern: Pattern, value: string): boolean {
	if (value.length > PATTERN_VALUE_CHARACTERS_MAX) return false;
	let compiled = COMPILED.get(pattern);
	if (compiled === undefined) {
		compiled = RE2JS.compile(pattern.translated);
		COMPILED.set(pattern, compiled);
	}
	return compiled.matches(value);
}

/** Each pattern of a template is compiled once a thread: the compiled form cannot travel with the template. */
const COMPILED = new WeakMap<Pattern, RE2JS>();

function sizeOfProgram(translated: string): number | undefined {
	try {
		return RE2JS.compile(translated).programSize();
	} catch {
		return undefined; // RE2's own refusal: repetitions beyond 1000, a range the wrong way round.
	}
}

type Translation = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string };

/** `afterAtom`: whether a quantifier may stand here. */
interface Translator {
	readonly source: string;
	position: number;
	depth: number;
	afterAtom: boolean;
	text: string;
	why: string | undefined;
}

const QUANTIFIER = /^(?:[?*+]|\{\d{1,4}(?:,\d{0,4})?\})/;
const CATEGORY = /^\\([pP])\{(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfo]?)\}/;
const NAME_START = String.raw`\pL\p{Nl}_:`;
/** Letters, digits, marks and what else XML 1.0 allows within a name. */
const NAME_CHARACTER = String.raw`${NAME_START}\p{Nd}\pM\x{B7}.\-`;

/** The multi-character escapes, as RE2 writes them outside and inside a class. */
const MULTI_ESCAPES: Readonly<Record<string, { outside: string; inside?: string }>> = {
	s: { outside: String.raw`[ \t\n\r]`, inside: String.raw` \t\n\r` },
	S: { outside: String.raw`[^ \t\n\r]` },
	d: { outside: String.raw`\p{Nd}`, inside: String.raw`\p{Nd}` },
	D: { outside: String.raw`\P{Nd}`, inside: String.raw`\P{Nd}` },
	// All but punctuation, separators and others; the categories divide all characters between them.
	w: { outside: String.raw`[\pL\pM\pN\pS]`, inside: String.raw`\pL\pM\pN\pS` },
	W: { outside: String.raw`[^\pL\pM\pN\pS]` },
	i: { outside: `[${NAME_START}]`, inside: NAME_START },
	I: { outside: `[^${NAME_START}]` },
	c: { outside: `[${NAME_CHARACTER}]`, inside: NAME_CHARACTER },
	C: { outside: `[^${NAME_CHARACTER}]` },
};
const SINGLE_ESCAPES = new Map([
	['n', '\n'],
	['r', '\r'],
	['t', '\t'],
	...[...'\\|.?*+(){}-[]^'].map((character): [string, string] => [character, character]),
]);

function translate(source: string): Translation {
	const translator: Translator = { source, position: 0, depth: 0, afterAtom: false, text: '', why: undefined };
	while (translator.position < source.length && translator.why === undefined) translatePiece(translator);
	if (translator.depth > 0) translator.why ??= 'a group is not closed';
	return translator.why === undefined ? { ok: true, text: translator.text } : { ok: false, why: translator.why };
}

function translatePiece(translator: Translator): void {
	const rest = translator.source.slice(translator.position, translator.position + LOOK_AHEAD_CHARACTERS);
	const quantifier = QUANTIFIER.exec(rest);
	if (quantifier !== null) {
		if (!translator.afterAtom) translator.why = `the quantifier ${quantifier[0]} follows nothing`;
		put(translator, quantifier[0].length, quantifier[0], false);
		return;
	}
	const character = String.fromCodePoint(rest.codePointAt(0)!);
	switch (character) {
		case '(':
			translator.depth += 1;
			put(translator, 1, '(?:', false);
			return;
		case ')':
			translator.depth -= 1;
			if (translator.depth < 0) translator.why = 'a parenthesis closes nothing';
			put(translator, 1, ')', true);
			return;
		case '|':
			put(translator, 1, '|', false);
			return;
		case '.':
			put(translator, 1, String.raw`[^\n\r]`, true);
			return;
		case '[':
			translateClass(translator);
			return;
		case '\\':
			translateEscape(translator, rest);
			return;
		case '{':
		case '}':
		case ']':
			translator.why = `${character} must be escaped`;
			return;
		default:
			put(translator, character.length, quote(character), true);
	}
}

/** The longest thing that is looked at in one piece is a category escape or a quantifier. */
const LOOK_AHEAD_CHARACTERS = 16;

function put(translator: Translator, consumed: number, text: string, afterAtom: boolean): void {
	translator.position += consumed;
	translator.text += text;
	translator.afterAtom = afterAtom;
}

function translateEscape(translator: Translator, rest: string): void {
	const category = CATEGORY.exec(rest);
	if (category !== null) {
		put(translator, category[0].length, category[0], true);
		return;
	}
	const letter = rest[1] ?? '';
	const multi = MULTI_ESCAPES[letter];
	const single = SINGLE_ESCAPES.get(letter);
	if (multi !== undefined) put(translator, 2, multi.outside, true);
	else if (single !== undefined) put(translator, 2, quote(single), true);
	else translator.why = `the escape ${rest.slice(0, 8)} is not supported`;
}

/** `[...]`: characters, ranges, escapes; a first ^ negates. */
function translateClass(translator: Translator): void {
	const { source } = translator;
	let position = translator.position + 1;
	let text = '[';
	if (source[position] === '^') {
		text += '^';
		position += 1;
	}
	const begin = position;
	while (source[position] !== ']' || position === begin) {
		const member = classMember(source, position, begin);
		if ('why' in member) {
			translator.why = member.why;
			return;
		}
		text += member.text;
		position += member.length;
	}
	put(translator, position + 1 - translator.position, `${text}]`, true);
}

function classMember(
	source: string,
	position: number,
	begin: number,
): { readonly text: string; readonly length: number } | { readonly why: string } {
	const rest = source.slice(position, position + LOOK_AHEAD_CHARACTERS);
	if (rest === '') return { why: 'a character class is not closed' };
	if (rest.startsWith('-[')) return { why: 'class subtraction is not supported' };
	if (rest.startsWith('[') || rest.startsWith(']')) return { why: 'in a character class [ and ] must be escaped' };
	if (rest.startsWith('-')) {
		const isAtEdge = position === begin || rest.startsWith('-]');
		return isAtEdge ? { text: String.raw`\-`, length: 1 } : { why: 'a - within a character class must be escaped' };
	}
	const category = CATEGORY.exec(rest);
	if (category !== null) return { text: category[0], length: category[0].length };
	if (rest.startsWith('\\') && MULTI_ESCAPES[rest[1] ?? ''] !== undefined) {
		const { inside } = MULTI_ESCAPES[rest[1]!]!;
		return inside === undefined
			? { why: `\\${rest[1]} within a character class is not supported` }
			: { text: inside, length: 2 };
	}
	const first = classCharacter(rest);
	if (first === undefined) return { why: `the escape ${rest.slice(0, 8)} is not supported` };
	const after = rest.slice(first.length);
	if (!after.startsWith('-') || after.startsWith('-]') || after.startsWith('-[')) {
		return { text: quote(first.character), length: first.length };
	}
	const last = classCharacter(after.slice(1));
	if (last === undefined) return { why: `the range at ${rest.slice(0, 8)} has no end` };
	return { text: `${quote(first.character)}-${quote(last.character)}`, length: first.length + 1 + last.length };
}

function classCharacter(rest: string): { readonly character: string; readonly length: number } | undefined {
	if (rest.startsWith('\\')) {
		const character = SINGLE_ESCAPES.get(rest[1] ?? '');
		return character === undefined ? undefined : { character, length: 2 };
	}
	const code = rest.codePointAt(0);
	if (code === undefined || rest.startsWith('[') || rest.startsWith(']')) return undefined;
	const character = String.fromCodePoint(code);
	return { character, length: character.length };
}

/** A literal character as RE2 takes it anywhere, in a class and outside. */
function quote(character: string): string {
	if (/^[A-Za-z0-9_]$/.test(character)) return character;
	return `\\x{${character.codePointAt(0)!.toString(16)}}`;
}
