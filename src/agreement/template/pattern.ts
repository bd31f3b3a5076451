/**
 * xs:pattern (XML Schema 1.0, Part 2, Appendix F) translated to RE2's syntax and matched in linear time by re2js.
 * What cannot be translated is refused by name.
 */
import { RE2JS } from 're2js';
import type { CharacterRange } from './character-set.ts';
import { instructionsOf, leastCharacters, looksPerCharacter } from './pattern-cost.ts';
import {
	type CharacterClass,
	type ClassMember,
	type PatternNode,
	parsePatternSyntax,
	printCategory,
	setOfClass,
} from './pattern-syntax.ts';

/** A pattern as it stands in the template and as RE2 reads it: plain data, so that it can travel between threads. */
export interface Pattern {
	readonly source: string;
	readonly translated: string;
	/** Instructions, and how many of them a character is held against at most. */
	readonly programSize: number;
	readonly looksPerCharacter: number;
}

export type PatternReading =
	| { readonly ok: true; readonly pattern: Pattern }
	| { readonly ok: false; readonly why: string; readonly isMalformed: boolean };

/** A value longer than this matches no pattern: names, digests and keys are shorter, and time grows with length. */
export const PATTERN_VALUE_CHARACTERS_MAX = 8192;
const PATTERN_CHARACTERS_MAX = 1000;
/** `sha256:[0-9a-f]{64}` has 73. A step takes 1 to 21 ns, so the longest value on the largest program 0.3 s at worst. */
const PROGRAM_SIZE_MAX = 2000;
/** A program is made in half a microsecond an instruction, which is as many steps of 20 ns. */
const MAKING_STEPS = 25;

/** To check one value: a constraint has 250,000 steps, some of which it takes to find what it is about. */
const MATCHING_STEPS_MAX = 240_000;
/** How often RE2 repeats something in one piece, what is repeated within it counted. */
const REPETITIONS_MAX = 1000;

/**
 * What the programs of all patterns in one place may come to: whoever answers makes each of them once, at half a
 * microsecond an instruction, and at three times that as long as nothing was compiled. That of a digest has 73.
 */
export const PROGRAMS_SIZE_MAX = 8000;

/**
 * How large the program of a pattern would be at most, found without making it; of what is no pattern it is nothing.
 * Characters count a little, since each is read.
 */
export function programSizeBound(source: string): number {
	if (source.length > PATTERN_CHARACTERS_MAX) return 0;
	const syntax = parsePatternSyntax(source);
	return syntax.ok ? INSTRUCTIONS_MIN + source.length / 8 + instructionsOf(syntax.node) : 0;
}

/** How every program begins and ends. */
const INSTRUCTIONS_MIN = 4;

/** Reads an xs:pattern, or says what of it is not supported. */
export function parsePattern(source: string): PatternReading {
	if (source.length > PATTERN_CHARACTERS_MAX) {
		return { ok: false, why: `it is longer than ${PATTERN_CHARACTERS_MAX} characters`, isMalformed: false };
	}
	const syntax = parsePatternSyntax(source);
	if (!syntax.ok) return syntax;
	const { node } = syntax;
	if (isContradictory(node)) {
		return { ok: false, why: 'something is repeated at least more often than at most', isMalformed: true };
	}
	const tooLarge = { ok: false, why: 'its repetitions make it too large', isMalformed: false } as const;
	if (instructionsOf(node) > PROGRAMS_SIZE_MAX) return tooLarge;
	const translated = translate(node);
	const compiled = compile(translated);
	if (compiled === undefined) {
		const why = `what may be left out is repeated at most ${REPETITIONS_MAX} times, the repetitions within it counted`;
		return { ok: false, why, isMalformed: false };
	}
	const programSize = compiled.programSize();
	if (programSize > PROGRAM_SIZE_MAX) return tooLarge;
	const pattern = { source, translated, programSize, looksPerCharacter: looksPerCharacter(node, programSize) };
	if (matchingSteps(pattern, leastCharacters(node)) > MATCHING_STEPS_MAX) {
		return { ok: false, why: 'to check what matches it takes too long, however short it is', isMalformed: false };
	}
	COMPILED.set(pattern, compiled);
	return { ok: true, pattern };
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

/**
 * What a match costs at most, in steps, its program made for it: whether it was made before does not count. Of no
 * characters it is what one more value costs beside others.
 */
export function matchingSteps({ programSize, looksPerCharacter: looks }: Pattern, characters: number): number {
	if (characters === 0) return 0;
	const matching = (looks * Math.min(characters, PATTERN_VALUE_CHARACTERS_MAX)) / LOOKS_PER_STEP;
	return Math.ceil(programSize * MAKING_STEPS + matching);
}

/** A character is held against an instruction in 1 to 21 nanoseconds, mostly 6; an element is walked past in 20. */
const LOOKS_PER_STEP = 3;

/** Each pattern is compiled once a thread, where it is read, or where it was carried to: its program cannot travel. */
const COMPILED = new WeakMap<Pattern, RE2JS>();

function compile(translated: string): RE2JS | undefined {
	try {
		return RE2JS.compile(translated);
	} catch {
		return undefined; // RE2's own refusal: too many repetitions.
	}
}

/** Whether something is repeated at least more often than at most. */
function isContradictory(node: PatternNode): boolean {
	if (node.kind === 'class') return false;
	if (node.kind === 'repeated') return node.min > node.max || isContradictory(node.of);
	return node.parts.some(isContradictory);
}

function translate(node: PatternNode): string {
	switch (node.kind) {
		case 'class':
			return `[${translateClass(node.of)}]`;
		case 'sequence':
			return `(?:${node.parts.map(translate).join('')})`;
		case 'alternatives':
			return `(?:${node.parts.map(translate).join('|')})`;
		case 'repeated':
			return translateRepeated(node);
	}
}

/** In one piece where RE2 does that; else what must be there in several, before what may be there. */
function translateRepeated(node: Repeated): string {
	const { of, min, max } = node;
	const each = `(?:${translate(of)})`;
	const most = mostOf(of);
	const isOpen = !Number.isFinite(max);
	if (countOf(node) <= most) return `${each}{${min},${isOpen ? '' : max}}`;
	const pieces = `${each}{${most}}`.repeat(Math.floor(min / most));
	const rest = isOpen ? `${each}*` : `${each}{0,${max - min}}`;
	return `(?:${pieces}${each}{${min % most}}${rest})`;
}

/** How often RE2 repeats this in one piece. */
function mostOf(node: PatternNode): number {
	return Math.max(1, Math.floor(REPETITIONS_MAX / repetitionsIn(node)));
}

/** The most repetitions of anything within the translation of this, around each other. */
function repetitionsIn(node: PatternNode): number {
	if (node.kind === 'class') return 1;
	if (node.kind !== 'repeated') return node.parts.reduce((most, part) => Math.max(most, repetitionsIn(part)), 1);
	return Math.max(1, Math.min(countOf(node), mostOf(node.of))) * repetitionsIn(node.of);
}

/** What RE2 counts of it. */
function countOf({ min, max }: Repeated): number {
	return Number.isFinite(max) ? max : min;
}

type Repeated = Extract<PatternNode, { kind: 'repeated' }>;

/** What stands between the brackets. RE2 cannot take a class away from another: such a one is written out. */
function translateClass(of: CharacterClass): string {
	if (of.without !== undefined) return writtenOut(of);
	return `${of.isNegated ? '^' : ''}${of.members.map(translateMember).join('')}`;
}

function translateMember(member: ClassMember): string {
	switch (member.kind) {
		case 'range':
			return translateRange(member.range);
		case 'category':
			return printCategory(member);
		case 'class':
			return member.of.isNegated ? writtenOut(member.of) : translateClass(member.of);
	}
}

function writtenOut(of: CharacterClass): string {
	const set = setOfClass(of);
	return set.length === 0 ? String.raw`^\x{0}-\x{10ffff}` : set.map(translateRange).join('');
}

function translateRange([first, last]: CharacterRange): string {
	return `\\x{${first.toString(16)}}-\\x{${last.toString(16)}}`;
}
