/** Automata as a search asks them: by their instructions, each of which is at work by itself, or state by state. */
import { hasFewStates, makeTable, type Table } from './automaton-table.ts';
import { holdsCharacter } from './character-set.ts';
import type { StepBudget } from './location.ts';
import type { Instruction, Machine, Program, State } from './machine.ts';

/** One automaton: what its states lead to; those behind a choice are come to freely. */
export interface Part {
	readonly first: number;
	readonly size: number;
	readonly free: (state: number) => readonly number[] | undefined;
	/** Below 0: nothing. */
	readonly behind: (state: number, character: number) => number;
	readonly isEnd: (state: number) => boolean;
	readonly least: (state: number) => number;
	readonly most: (state: number) => number;
}

function byProgram({ instructions, first }: Program): Part {
	const { least, most } = lengthsOf(instructions);
	return {
		first,
		size: instructions.length,
		free: (state) => {
			const instruction = instructions[state]!;
			return instruction.kind === 'either' ? instruction.ways : undefined;
		},
		behind: (state, character) => {
			const instruction = instructions[state]!;
			return instruction.kind === 'one' && holdsCharacter(instruction.of, character) ? instruction.next : -1;
		},
		isEnd: (state) => state === 0,
		least: (state) => least[state]!,
		most: (state) => most[state]!,
	};
}

/** What leads forward in the program is a repetition, and that has no most. */
function lengthsOf(instructions: readonly Instruction[]): { least: Float64Array; most: Float64Array } {
	const [least, most] = [new Float64Array(instructions.length), new Float64Array(instructions.length)];
	for (const [index, instruction] of instructions.entries()) {
		if (instruction.kind === 'one') {
			const isNone = instruction.of.length === 0;
			least[index] = isNone ? Number.POSITIVE_INFINITY : least[instruction.next]! + 1;
			most[index] = isNone ? Number.NEGATIVE_INFINITY : most[instruction.next]! + 1;
		} else if (instruction.kind === 'either') {
			const known = instruction.ways.filter((way) => way < index);
			least[index] = Math.min(...known.map((way) => least[way]!));
			const isRepeated = known.length < instruction.ways.length;
			most[index] = isRepeated ? Number.POSITIVE_INFINITY : Math.max(...known.map((way) => most[way]!));
		}
	}
	return { least, most };
}

function stepwise(machine: Machine): Part {
	const numbers = new Map<State, number>([[machine.start, 0]]);
	const states: State[] = [machine.start];
	return {
		first: 0,
		size: 1,
		free: () => undefined,
		behind: (state, character) => {
			const next = machine.next(states[state]!, character);
			if (next === undefined) return -1;
			const number = numbers.get(next) ?? states.push(next) - 1;
			numbers.set(next, number);
			return number;
		},
		isEnd: (state) => machine.accepts(states[state]!),
		least: () => 0,
		most: () => Number.POSITIVE_INFINITY,
	};
}

/** The automata, those with few states by these: so there are fewer ways that lead to the same. */
export function partsOf(machines: readonly Machine[], budget: StepBudget): readonly Part[] {
	return machines.map((machine) => {
		const { program } = machine;
		const part =
			program !== undefined && program.instructions.length <= INSTRUCTIONS_FEW ? byStates(machine, budget) : undefined;
		const found = part ?? partOf(machine);
		budget.remaining -= found.size * STEPS_PER_STATE;
		return found;
	});
}

/** A table of so few states is made at once. */
const INSTRUCTIONS_FEW = 48;
const TABLE_STEPS_MAX = 12_000;
/** Steps of a budget: a state, or an instruction, that is prepared. */
const STEPS_PER_STATE = 4;

/** Made once for an automaton, and paid for each time. */
function byStates(machine: Machine, budget: StepBudget): Part | undefined {
	let known = BY_STATES.get(machine);
	if (known === undefined) {
		const steps = { remaining: TABLE_STEPS_MAX };
		const made = hasFewStates([machine], steps) ? makeTable([machine], steps) : undefined;
		known = { part: made?.kind === 'table' ? byTable(made.table) : undefined, cost: TABLE_STEPS_MAX - steps.remaining };
		BY_STATES.set(machine, known);
	}
	budget.remaining -= known.cost;
	return known.part;
}

const BY_STATES = new WeakMap<Machine, { readonly part: Part | undefined; readonly cost: number }>();

function byTable({ alphabet, kinds, behind, isEnd, least, most }: Table): Part {
	return {
		first: 0,
		size: isEnd.length,
		free: () => undefined,
		behind: (state, character) => {
			const kind = alphabet.kindOf(character);
			return kind === undefined ? -1 : behind[state * kinds + kind]!;
		},
		isEnd: (state) => isEnd[state] === 1,
		least: (state) => least[state]!,
		most: (state) => most[state]!,
	};
}

/** By the instructions of its program, where it has one. */
export function partOf(machine: Machine): Part {
	return machine.program === undefined ? stepwise(machine) : byProgram(machine.program);
}
