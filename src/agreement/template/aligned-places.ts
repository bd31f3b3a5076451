/**
 * The places of a text by several automata together: an instruction of each large program, beside a state of what the
 * others have come to. So there are never more of them than instructions times instructions, where the states of all
 * that may be at work together are ever so many.
 */
import type { Alphabet } from './alphabet.ts';
import { hasFewStates, Numbers, Product } from './automaton-table.ts';
import { type CharacterSet, holdsCharacter } from './character-set.ts';
import type { StepBudget } from './location.ts';
import type { Instruction, Machine, Program } from './machine.ts';

/** Steps of a budget, 10 to 20 ns each: a place that is made, and a way from it. */
const STEPS_PER_PLACE = 12;
const STEPS_PER_WAY = 4;
/** A place takes some 40 octets, and 4 more for each kind of characters. */
const PLACES_MAX = 6000;
const WAYS_MAX = 60_000;

/** Instructions beside states of the other automata, those first that are nearest to the end. */
export interface Places {
	readonly first: number;
	readonly size: number;
	readonly alphabet: Alphabet;
	readonly kinds: number;
	readonly roles: Uint8Array;
	/** By place times kinds, plus kind: the place behind such a character; below 0: none. */
	readonly behind: Int32Array;
	/** By place from where to where in `ways` there is what it leads to, freely or by some character. */
	readonly begins: Int32Array;
	readonly ways: Int32Array;
	/** Where a repetition goes back: from a place to one behind it. */
	readonly loops: readonly (readonly [from: number, to: number])[];
}

export const END = 0;
const NO_END = 1;
export const EITHER = 2;
export const ONE = 3;

/** Made once for the automata of a restriction, and paid for each time: what is found must not hang on what was before. */
export function placesOf(machines: readonly Machine[], budget: StepBudget): Places | undefined {
	const known = KNOWN.get(machines);
	if (known !== undefined && known.cost <= budget.remaining) {
		budget.remaining -= known.cost;
		return known.places;
	}
	if (known !== undefined || budget.remaining <= 0) return undefined;
	const before = budget.remaining;
	const places = makePlaces(machines, budget);
	// What was too dear this time may be made with more.
	if (budget.remaining >= 0) KNOWN.set(machines, { places, cost: before - budget.remaining });
	return budget.remaining < 0 ? undefined : places;
}

const KNOWN = new WeakMap<readonly Machine[], { readonly places: Places | undefined; readonly cost: number }>();

function makePlaces(machines: readonly Machine[], budget: StepBudget): Places | undefined {
	const main = machines.reduce((one, other) => (sizeOf(other) > sizeOf(one) ? other : one));
	if (main.program === undefined) return undefined;
	// Of a program only the alphabet counts in the product: it is gone through by its instructions.
	const alphabetOnly: Machine = {
		sets: machines.flatMap(({ sets }) => sets),
		start: 0,
		next: () => 0,
		accepts: () => true,
		cost: () => 0,
	};
	const programs = [main.program];
	const small: Machine[] = [];
	for (const machine of machines) {
		if (machine === main) continue;
		const { program } = machine;
		if (program === undefined || hasFewStates([alphabetOnly, machine], budget)) small.push(machine);
		else programs.push(program);
	}
	const others = new Product([alphabetOnly, ...small], budget);
	const found = explore(programs, others, budget);
	return found === undefined ? undefined : inOrder(withEnds(found), others);
}

function sizeOf({ program }: Machine): number {
	return program?.instructions.length ?? 0;
}

/** A place as it was found: how far from the end its instructions are together, what it is, and what it leads to, by kind or freely. */
interface Found {
	readonly at: number;
	readonly role: number;
	readonly leadsTo: readonly number[];
}

/** All places: an instruction of each program, those with a choice one after the other, beside a state of the others. */
function explore(programs: readonly Program[], others: Product, budget: StepBudget): readonly Found[] | undefined {
	const rows = new Numbers(programs.length + 1);
	const held = new Map<CharacterSet, readonly boolean[]>();
	const holdsOf = (of: CharacterSet): readonly boolean[] => {
		const known = held.get(of) ?? others.alphabet.plainest.map(([character]) => holdsCharacter(of, character!));
		held.set(of, known);
		return known;
	};
	const known: (readonly number[])[] = [];
	const statesBehind = (state: number): readonly number[] => {
		known[state] ??= others.alphabet.plainest.map((_, kind) => others.behind(state, kind, budget));
		return known[state];
	};
	const expand = (row: readonly number[], instructions: readonly Instruction[]): Omit<Found, 'at'> => {
		const open = instructions.findIndex(({ kind }) => kind === 'either');
		const choice = instructions[open];
		if (choice?.kind === 'either') {
			return { role: EITHER, leadsTo: choice.ways.map((way) => rows.of(row.with(open, way))) };
		}
		const ones = instructions.flatMap((each) => (each.kind === 'one' ? [each] : []));
		const state = row.at(-1)!;
		if (ones.length === 0) return { role: others.accepts(state) ? END : NO_END, leadsTo: [] };
		if (ones.length < instructions.length) return { role: NO_END, leadsTo: [] };
		const next = ones.map((each) => each.next);
		const states = statesBehind(state);
		const holds = ones.map(({ of }) => holdsOf(of));
		const leadsTo = states.map((behind, kind) =>
			behind >= 0 && holds.every((each) => each[kind]) ? rows.of([...next, behind]) : -1,
		);
		return { role: ONE, leadsTo };
	};
	const found: Found[] = [];
	rows.of([...programs.map(({ first }) => first), 0]);
	for (let number = 0; number < rows.size; number += 1) {
		const row = Array.from({ length: programs.length + 1 }, (_, index) => rows.stateOf(number, index));
		const instructions = programs.map((program, index) => program.instructions[row[index]!]!);
		const place = expand(row, instructions);
		found.push({ at: row.reduce((sum, each, index) => (index < programs.length ? sum + each : sum), 0), ...place });
		budget.remaining -= STEPS_PER_PLACE * programs.length + place.leadsTo.length * STEPS_PER_WAY;
		const isTooLarge = rows.size > PLACES_MAX || found.length * others.kinds > WAYS_MAX;
		if (budget.remaining < 0 || isTooLarge) return undefined;
	}
	return found;
}

/** Without those that lead to no end, but for the first. */
function withEnds(found: readonly Found[]): readonly Found[] {
	const before: number[][] = found.map(() => []);
	for (const [number, { leadsTo }] of found.entries()) for (const to of leadsTo) if (to >= 0) before[to]!.push(number);
	const ending = found.flatMap(({ role }, number) => (role === END ? [number] : []));
	const isLive = new Uint8Array(found.length);
	for (const number of ending) isLive[number] = 1;
	for (let open = ending.pop(); open !== undefined; open = ending.pop()) {
		for (const from of before[open]!) {
			if (isLive[from] === 1) continue;
			isLive[from] = 1;
			ending.push(from);
		}
	}
	isLive[0] = 1;
	const ranks = new Int32Array(found.length).fill(-1);
	let rank = 0;
	for (const [number, live] of isLive.entries()) if (live === 1) ranks[number] = rank++;
	return found.flatMap((place, number) => {
		if (isLive[number] === 0) return [];
		const leadsTo = place.leadsTo.map((to) => (to < 0 ? -1 : ranks[to]!));
		return [{ ...place, leadsTo: place.role === EITHER ? leadsTo.filter((to) => to >= 0) : leadsTo }];
	});
}

/** Sorted, so that each leads to ones before it, but for repetitions. */
function inOrder(found: readonly Found[], { alphabet, kinds }: Product): Places {
	const sorted = found.map((place, number) => ({ ...place, number })).sort((one, other) => one.at - other.at);
	const ranks = new Int32Array(found.length);
	for (const [rank, { number }] of sorted.entries()) ranks[number] = rank;
	const roles = new Uint8Array(found.length);
	const behind = new Int32Array(found.length * kinds).fill(-1);
	const begins = new Int32Array(found.length + 1);
	const ways: number[] = [];
	const loops: (readonly [number, number])[] = [];
	for (const [place, { role, leadsTo }] of sorted.entries()) {
		const ranked = leadsTo.map((number) => (number < 0 ? -1 : ranks[number]!));
		roles[place] = role;
		if (role === ONE) behind.set(ranked, place * kinds);
		const distinct = [...new Set(ranked.filter((rank) => rank >= 0))];
		ways.push(...distinct);
		begins[place + 1] = ways.length;
		loops.push(...distinct.filter((to) => to >= place).map((to) => [place, to] as const));
	}
	const size = found.length;
	return { first: ranks[0]!, size, alphabet, kinds, roles, behind, begins, ways: Int32Array.from(ways), loops };
}
