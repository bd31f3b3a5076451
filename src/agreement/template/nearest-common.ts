/** A text that several automata accept, whatever was said: what is told where the nearest is not found in time. */
import { type Alphabet, alphabetOf, plainestFirst } from './alphabet.ts';
import { Numbers } from './automaton-table.ts';
import { type CharacterSet, holdsCharacter } from './character-set.ts';
import type { StepBudget } from './location.ts';
import type { Machine, Program, State } from './machine.ts';
import { type Part, partOf, partsOf } from './machine-parts.ts';
import { Search } from './nearest-text.ts';

/** Steps of a budget, 10 to 20 ns each: an instruction that is prepared or gone on from, and a place that is taken. */
const STEPS_PER_INSTRUCTION = 4;
const STEPS_PER_NODE = 60;
const STEPS_PER_WAY = 40;
/** What looking for it may cost, some two milliseconds. */
const STEPS_MAX = 130_000;

/**
 * A text that all automata accept, of characters as plain as may be: the shortest of the largest program, where the others
 * accept that; else one that is found by going on from where least is still to come of the others. Undefined
 * where there is none, or it is not found in time.
 */
export function commonText(machines: readonly Machine[], budget: StepBudget): string | undefined {
	const shortest = SHORTEST.get(machines) ?? { text: shortestOfLargest(machines) };
	SHORTEST.set(machines, shortest);
	budget.remaining -= shortest.text?.length ?? 1;
	if (shortest.text !== undefined || budget.remaining <= 0) return shortest.text;
	const limit = Math.min(STEPS_MAX, (budget.remaining * 3) / 4);
	let found = COMMON.get(machines);
	// What was too dear this time may be found with more; what is found must not hang on what was before.
	if (found === undefined || (found.text === undefined && found.limit < limit)) {
		const steps = { remaining: limit };
		const text = searchCommon(machines, steps);
		found = { text, limit, cost: limit - steps.remaining };
		COMMON.set(machines, found);
	}
	budget.remaining -= Math.min(found.cost, limit);
	return found.cost <= limit ? found.text : undefined;
}

/** Made once for the automata of a restriction: of all patterns of a template together there are 8,000 instructions. */
const SHORTEST = new WeakMap<readonly Machine[], { readonly text: string | undefined }>();
const COMMON = new WeakMap<readonly Machine[], Common>();

interface Common {
	readonly text: string | undefined;
	readonly limit: number;
	readonly cost: number;
}

function shortestOfLargest(machines: readonly Machine[]): string | undefined {
	const at = largestOf(machines);
	const machine = machines[at];
	if (machine?.program === undefined) return undefined;
	const part = partOf(machine);
	if (part.least(part.first) === Number.POSITIVE_INFINITY) return undefined;
	const text = shortestEnd(
		machine.program,
		part.first,
		part,
		plainestFirst(alphabetOfAll(machines), undefined, false),
		{
			remaining: 0,
		},
	);
	return machines.every((each) => accepts(each, text)) ? text : undefined;
}

/** The place of that with the most instructions; below 0: none has any. */
function largestOf(machines: readonly Machine[]): number {
	const sizes = machines.map(({ program }) => program?.instructions.length ?? 0);
	const most = Math.max(...sizes);
	return most === 0 ? -1 : sizes.indexOf(most);
}

function alphabetOfAll(machines: readonly Machine[]): Alphabet {
	return alphabetOf(machines.flatMap(({ sets }) => sets));
}

/**
 * Rows of states, one of each automaton: that first in which least is still to come of all but the largest, which mostly
 * leaves room for it everywhere; of equals that which was come to first, and once the others have it the end.
 */
function searchCommon(machines: readonly Machine[], budget: StepBudget): string | undefined {
	const plainest = plainestFirst(alphabetOfAll(machines), undefined, false).toReversed();
	const parts = partsOf(machines, budget);
	const largest = largestOf(machines);
	let completions = 0;
	const rows = new Numbers(parts.length);
	const search = new Search(false);
	const reach = (row: readonly number[], from: number, character: number): void => {
		let [all, most, least] = [0, Number.POSITIVE_INFINITY, 0];
		for (const [index, part] of parts.entries()) {
			const rest = part.least(row[index]!);
			if (index !== largest) all += rest;
			least = Math.max(least, rest);
			most = Math.min(most, part.most(row[index]!));
		}
		if (least <= most && least < Number.POSITIVE_INFINITY) {
			search.reach(rows.of(row), 0, all * WANTED_FIRST + (all === 0 ? least : WANTED_FIRST), from, character);
		}
	};
	reach(
		parts.map(({ first }) => first),
		-1,
		-1,
	);
	for (let here = search.take(); here >= 0; here = search.take()) {
		const number = search.nodes[here]!;
		const row = parts.map((_, index) => rows.stateOf(number, index));
		budget.remaining -= STEPS_PER_NODE;
		if (budget.remaining < 0) return undefined;
		const isOnlyLargest = parts.every((part, index) => index === largest || part.least(row[index]!) === 0);
		if (isOnlyLargest && completions < COMPLETIONS_MAX) {
			completions += 1;
			const text = completed(here, row);
			if (text !== undefined) return text;
		}
		const open = parts.findIndex((part, index) => part.free(row[index]!) !== undefined);
		if (open >= 0) {
			for (const next of parts[open]!.free(row[open]!)!.toReversed()) reach(row.with(open, next), here, -1);
			continue;
		}
		if (parts.every((part, index) => part.isEnd(row[index]!))) return search.textTo(here);
		for (const character of plainest) {
			budget.remaining -= STEPS_PER_WAY;
			const next = parts.map((part, index) => part.behind(row[index]!, character));
			if (next.every((state) => state >= 0)) reach(next, here, character);
		}
	}
	return undefined;

	/** Where the others have had what they want: the shortest end of the largest, if they take that. */
	function completed(here: number, row: readonly number[]): string | undefined {
		const [part, program] = [parts[largest], machines[largest]?.program];
		if (part === undefined || program === undefined || part.size !== program.instructions.length) return undefined;
		const text = search.textTo(here) + shortestEnd(program, row[largest]!, part, plainest.toReversed(), budget);
		budget.remaining -= machines.length * text.length * STEPS_PER_CHARACTER;
		return machines.every((machine) => accepts(machine, text)) ? text : undefined;
	}
}

/** More than any of them has to come. */
const WANTED_FIRST = 2 ** 20;
/** So often it is tried to come to an end at once. */
const COMPLETIONS_MAX = 8;
/** Of a text that is held against an automaton. */
const STEPS_PER_CHARACTER = 20;

function accepts(machine: Machine, text: string): boolean {
	let state: State | undefined = machine.start;
	for (const character of text) {
		state = machine.next(state, character.codePointAt(0)!);
		if (state === undefined) return false;
	}
	return machine.accepts(state);
}

/** The shortest way to the end, which is as long as it is certain to be. */
export function shortestEnd(
	{ instructions }: Program,
	from: number,
	{ least }: Part,
	plainest: readonly number[],
	budget: StepBudget,
): string {
	const known = new Map<CharacterSet, number>();
	const written: number[] = [];
	let at = from;
	while (at !== 0) {
		budget.remaining -= STEPS_PER_INSTRUCTION;
		const instruction = instructions[at]!;
		if (instruction.kind === 'either') {
			// What goes back is never shorter, and may come round again without a character.
			const forward = instruction.ways.filter((way) => way < at);
			at = forward.reduce((one, other) => (least(other) < least(one) ? other : one));
		} else if (instruction.kind === 'one') {
			const { of, next } = instruction;
			const character = known.get(of) ?? plainest.find((each) => holdsCharacter(of, each))!;
			known.set(of, character);
			written.push(character);
			at = next;
		}
	}
	return String.fromCodePoint(...written);
}
