/** Finite automata over characters: what facets say of a text, one character after the other. */
import { type CharacterSet, holdsCharacter } from './character-set.ts';
import { type PatternNode, parsePatternSyntax, setOfClass } from './pattern-syntax.ts';

/**
 * A deterministic automaton. All characters that `sets` do not tell apart lead from a state to the same one; it has
 * finitely many states.
 */
export interface Machine {
	readonly sets: readonly CharacterSet[];
	readonly start: State;
	/** The state behind that character, or undefined where nothing that begins so is accepted. */
	readonly next: (state: State, character: number) => State | undefined;
	readonly accepts: (state: State) => boolean;
	/** What the last step cost, in the steps of a StepBudget. */
	readonly cost: () => number;
	/** The same, undetermined: where several instructions may be at work, each by itself. */
	readonly program?: Program;
}

/** Instructions, each of which leads to ones before it, but for repetitions; the first is the end. */
export interface Program {
	readonly instructions: readonly Instruction[];
	readonly first: number;
}
export type State = string | number;

/** Steps of a budget, 10 to 20 ns each: what looking at an instruction takes, and at the beginning of a text. */
const STEPS_PER_INSTRUCTION = 6;
const STEPS_PER_TEXT = 2;

/** Accepts what one of the patterns matches. */
export function patternMachine(sources: readonly string[]): Machine {
	const parts = sources.map((source): PatternNode => {
		const syntax = parsePatternSyntax(source);
		if (!syntax.ok) throw new Error(`the pattern ${source} was read before: ${syntax.why}`);
		return syntax.node;
	});
	const program: Instruction[] = [{ kind: 'end' }];
	const first = compile({ kind: 'alternatives', parts }, 0, program);
	const states = new States(program);
	return {
		sets: program.flatMap((instruction) => (instruction.kind === 'one' ? [instruction.of] : [])),
		start: states.reachedFrom([first]),
		next: (state, character) => states.behind(state as number, character),
		accepts: (state) => states.isEnd(state as number),
		cost: () => states.looked * STEPS_PER_INSTRUCTION,
		program: { instructions: program, first },
	};
}

/** Accepts texts of that many characters. Of a greatest length beyond those that are looked at nothing is said. */
export function lengthMachine(min: number, greatest: number): Machine {
	const max = greatest > LENGTH_MAX && min < LENGTH_MAX ? Number.POSITIVE_INFINITY : greatest;
	const most = Number.isFinite(max) ? max : min;
	return {
		sets: [],
		start: 0,
		next: (state) => {
			const length = (state as number) + 1;
			return length <= most ? length : Number.isFinite(max) ? undefined : most;
		},
		accepts: (state) => (state as number) >= min && (state as number) <= max,
		cost: () => 1,
	};
}

/** A longer text is seldom looked at, and a state for each of its characters would cost more than all else. */
const LENGTH_MAX = 1024;

/** Accepts every text but these. */
export function otherThanMachine(texts: readonly string[]): Machine {
	const begins = [
		...new Set(['', ...texts.flatMap((text) => [...text].map((_, at, all) => all.slice(0, at + 1).join('')))]),
	];
	const characters = new Set(Array.from(texts.join(''), (character) => character.codePointAt(0)!));
	return {
		sets: [...characters].map((character): CharacterSet => [[character, character]]),
		start: 0,
		next: (state, character) =>
			state === -1 ? -1 : begins.indexOf(begins[state as number]! + String.fromCodePoint(character)),
		accepts: (state) => state === -1 || !texts.includes(begins[state as number]!),
		cost: () => STEPS_PER_TEXT * begins.length,
	};
}

/** Of a program: one character and on, one of two ways, or the end. */
export type Instruction =
	| { readonly kind: 'one'; readonly of: CharacterSet; readonly next: number }
	| { readonly kind: 'either'; ways: readonly number[] }
	| { readonly kind: 'end' };

/** Adds what accepts the node and goes on at `next`; where that begins. Repetitions are written out. */
function compile(node: PatternNode, next: number, program: Instruction[]): number {
	switch (node.kind) {
		case 'class':
			return program.push({ kind: 'one', of: setOfClass(node.of), next }) - 1;
		case 'sequence':
			return node.parts.reduceRight((behind, part) => compile(part, behind, program), next);
		case 'alternatives':
			return program.push({ kind: 'either', ways: node.parts.map((part) => compile(part, next, program)) }) - 1;
		case 'repeated':
			return isEmpty(node.of) ? next : compileRepeated(node, next, program);
	}
}

function compileRepeated(
	{ of, min, max }: Extract<PatternNode, { kind: 'repeated' }>,
	next: number,
	program: Instruction[],
): number {
	let begin = next;
	if (Number.isFinite(max)) {
		for (let count = min; count < max; count += 1) {
			begin = program.push({ kind: 'either', ways: [compile(of, begin, program), next] }) - 1;
		}
	} else {
		const again: Extract<Instruction, { kind: 'either' }> = { kind: 'either', ways: [] };
		begin = program.push(again) - 1;
		again.ways = [compile(of, begin, program), next];
	}
	for (let count = 0; count < min; count += 1) begin = compile(of, begin, program);
	return begin;
}

/** Whether the node stands for nothing but the empty text: repeated a thousand times it is still that. */
function isEmpty(node: PatternNode): boolean {
	if (node.kind === 'class') return false;
	return node.kind === 'repeated' ? node.max === 0 || isEmpty(node.of) : node.parts.every(isEmpty);
}

/** The sets of instructions that a text may lead to, numbered as they are found. */
class States {
	/** How many instructions were looked at for the last step. */
	looked = 0;
	readonly #program: readonly Instruction[];
	readonly #numbers = new Map<string, number>();
	readonly #states: (readonly number[])[] = [];

	constructor(program: readonly Instruction[]) {
		this.#program = program;
	}

	reachedFrom(entries: readonly number[]): number {
		const seen = new Set<number>();
		const open = [...entries];
		for (let at = open.pop(); at !== undefined; at = open.pop()) {
			if (seen.has(at)) continue;
			seen.add(at);
			const instruction = this.#program[at]!;
			if (instruction.kind === 'either') open.push(...instruction.ways);
		}
		this.looked += seen.size;
		const state = [...seen].filter((at) => this.#program[at]!.kind !== 'either').sort((one, other) => one - other);
		const key = state.join();
		const known = this.#numbers.get(key);
		if (known !== undefined) return known;
		this.#numbers.set(key, this.#states.length);
		return this.#states.push(state) - 1;
	}

	behind(state: number, character: number): number | undefined {
		this.looked = this.#states[state]!.length;
		const entries = this.#states[state]!.flatMap((at) => {
			const instruction = this.#program[at]!;
			return instruction.kind === 'one' && holdsCharacter(instruction.of, character) ? [instruction.next] : [];
		});
		return entries.length === 0 ? undefined : this.reachedFrom(entries);
	}

	isEnd(state: number): boolean {
		return this.#states[state]!.includes(0);
	}
}
