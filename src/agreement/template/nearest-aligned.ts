/**
 * The nearest text by Wagner and Fischer's table, of which one side is the instructions of a program, each beside what
 * the other automata have come to. What it costs is known before: places times characters, however far the text is from
 * all that is accepted. So it comes to an end where a search for the cheapest way does not.
 */
import { type Alphabet, plainestFirst } from './alphabet.ts';
import { Product } from './automaton-table.ts';
import { type CharacterSet, holdsCharacter } from './character-set.ts';
import type { StepBudget } from './location.ts';
import type { Machine, Program } from './machine.ts';
import { otherCases, withoutMarks } from './nearest-text.ts';

/** Steps of a budget, 10 to 20 ns each: a place that is made, and a way from it; cells of the table are cheaper. */
const STEPS_PER_PLACE = 12;
const STEPS_PER_WAY = 4;
const CELLS_PER_STEP = 2;
/** A place takes some 40 octets, and 4 more for each kind of characters. */
const PLACES_MAX = 6000;
const WAYS_MAX = 60_000;

/** Texts have up to 256 characters, of which fewer change their case than make up one change. */
const CASE_CHANGED = 1;
const CHANGED = 512;
const NEVER = 2 ** 30;

/**
 * The text that all automata accept with the fewest characters added, removed and replaced, and of these the fewest in
 * another case. Where the budget is too small for it: with `isCut` one that is nearest to as much of the beginning as can
 * be looked at, else nothing. Undefined as well where the automata have too many places together, or accept nothing.
 */
export function alignedText(
	machines: readonly Machine[],
	said: string,
	budget: StepBudget,
	isCut: boolean,
): string | undefined {
	const places = placesOf(machines, budget);
	if (places === undefined) return undefined;
	const text = Array.from(said, (character) => character.codePointAt(0)!);
	const sweeps = places.loops.length > 0 ? 2 : 1;
	const columns = Math.floor((Math.max(0, budget.remaining) * CELLS_PER_STEP) / (places.size * sweeps)) - 1;
	if (columns < (isCut ? 0 : text.length)) return undefined;
	const looked = text.slice(0, columns);
	const table = fill(places, looked, budget);
	if (table === undefined || table.costs[places.first]! >= NEVER) return undefined;
	return readFrom(places, looked, table);
}

/** Instructions beside states of the other automata, those first that are nearest to the end. */
interface Places {
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

const END = 0;
const NO_END = 1;
const EITHER = 2;
const ONE = 3;

/** Made once for the automata of a restriction, and paid for each time: what is found must not hang on what was before. */
function placesOf(machines: readonly Machine[], budget: StepBudget): Places | undefined {
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
	const { program } = main;
	if (program === undefined) return undefined;
	// The program is gone through by its instructions; of its automaton only the alphabet counts.
	const alphabetOnly: Machine = { sets: main.sets, start: 0, next: () => 0, accepts: () => true, cost: () => 0 };
	const others = new Product([alphabetOnly, ...machines.filter((machine) => machine !== main)], budget);
	const found = explore(program, others, budget);
	return found === undefined ? undefined : inOrder(found, program, others);
}

function sizeOf({ program }: Machine): number {
	return program?.instructions.length ?? 0;
}

/** A place as it was found: its instruction, the state of the others, what it leads to, by kind or freely. */
interface Found {
	readonly at: number;
	readonly state: number;
	readonly leadsTo: readonly number[];
}

function explore({ instructions, first }: Program, others: Product, budget: StepBudget): readonly Found[] | undefined {
	const numbers = new Map<number, number>();
	const open: [at: number, state: number][] = [];
	const reach = (at: number, state: number): number => {
		const key = state * instructions.length + at;
		const number = numbers.get(key) ?? open.push([at, state]) - 1;
		numbers.set(key, number);
		return number;
	};
	const held = new Map<CharacterSet, readonly boolean[]>();
	const known: (readonly number[])[] = [];
	const statesBehind = (state: number): readonly number[] => {
		known[state] ??= others.alphabet.plainest.map((_, kind) => others.behind(state, kind, budget));
		return known[state];
	};
	const found: Found[] = [];
	reach(first, 0);
	for (let next = 0; next < open.length; next += 1) {
		const [at, state] = open[next]!;
		const instruction = instructions[at]!;
		let leadsTo: readonly number[] = [];
		if (instruction.kind === 'either') leadsTo = instruction.ways.map((way) => reach(way, state));
		else if (instruction.kind === 'one') {
			const { of } = instruction;
			const holds = held.get(of) ?? others.alphabet.plainest.map(([character]) => holdsCharacter(of, character!));
			held.set(of, holds);
			const states = statesBehind(state);
			leadsTo = holds.map((isHeld, kind) =>
				isHeld && states[kind]! >= 0 ? reach(instruction.next, states[kind]!) : -1,
			);
		}
		budget.remaining -= STEPS_PER_PLACE + leadsTo.length * STEPS_PER_WAY;
		found.push({ at, state, leadsTo });
		const isTooLarge = open.length > PLACES_MAX || found.length * others.kinds > WAYS_MAX;
		if (budget.remaining < 0 || isTooLarge) return undefined;
	}
	return found;
}

/** Sorted, so that each leads to ones before it, but for repetitions. */
function inOrder(found: readonly Found[], { instructions }: Program, others: Product): Places {
	const { alphabet, kinds } = others;
	const sorted = found.map((place, number) => ({ ...place, number })).sort((one, other) => one.at - other.at);
	const ranks = new Int32Array(found.length);
	for (const [rank, { number }] of sorted.entries()) ranks[number] = rank;
	const roles = new Uint8Array(found.length);
	const behind = new Int32Array(found.length * kinds).fill(-1);
	const begins = new Int32Array(found.length + 1);
	const ways: number[] = [];
	const loops: (readonly [number, number])[] = [];
	for (const [place, { at, state, leadsTo }] of sorted.entries()) {
		const { kind } = instructions[at]!;
		const ranked = leadsTo.map((number) => (number < 0 ? -1 : ranks[number]!));
		roles[place] = kind === 'one' ? ONE : kind === 'either' ? EITHER : others.accepts(state) ? END : NO_END;
		if (kind === 'one') behind.set(ranked, place * kinds);
		const distinct = [...new Set(ranked.filter((rank) => rank >= 0))];
		ways.push(...distinct);
		begins[place + 1] = ways.length;
		loops.push(...distinct.filter((to) => to > place).map((to) => [place, to] as const));
	}
	const size = found.length;
	return { first: ranks[0]!, size, alphabet, kinds, roles, behind, begins, ways: Int32Array.from(ways), loops };
}

/** By column times places, plus place: what is still to change from there on, and which way a choice takes. */
interface Costs {
	readonly costs: Int32Array;
	readonly taken: Int32Array;
}

/** From the end of the text to its beginning. Undefined where repetitions within repetitions take more than the budget. */
function fill(places: Places, text: readonly number[], budget: StepBudget): Costs | undefined {
	const { size, loops } = places;
	const cells = (text.length + 1) * size;
	const costs = cellsOf('costs', cells).fill(NEVER);
	const taken = cellsOf('taken', cells);
	const waysOf = oncePerCharacter((character) => writtenWays(places, character));
	for (let column = text.length; column >= 0; column -= 1) {
		const from = column * size;
		const written = column < text.length ? waysOf(text[column]!) : [];
		do {
			budget.remaining -= size / CELLS_PER_STEP;
			if (budget.remaining < 0) return undefined;
			sweep(places, { costs, taken }, from, column === text.length, written);
		} while (loops.some(([at, to]) => costs[from + to]! < costs[from + at]!));
	}
	return { costs, taken };
}

/** What a table was written in: the next may have it, or one that is larger takes its place. */
const SCRATCH: Record<'costs' | 'taken', Int32Array> = { costs: new Int32Array(0), taken: new Int32Array(0) };

function cellsOf(kind: 'costs' | 'taken', cells: number): Int32Array {
	if (SCRATCH[kind].length < cells) SCRATCH[kind] = new Int32Array(Math.max(cells, 2 * SCRATCH[kind].length));
	return SCRATCH[kind].subarray(0, cells);
}

function oncePerCharacter<Known>(know: (character: number) => Known): (character: number) => Known {
	const known = new Map<number, Known>();
	return (character) => {
		const before = known.get(character) ?? know(character);
		known.set(character, before);
		return before;
	};
}

/** How a character of the text may be written: itself, and in the other case. */
function writtenWays({ alphabet }: Places, character: number): readonly (readonly [kind: number, price: number])[] {
	const kinds = [[character, 0] as const, ...otherCases(character).map((other) => [other, CASE_CHANGED] as const)];
	return kinds.flatMap(([each, price]) => {
		const kind = alphabet.kindOf(each);
		return kind === undefined ? [] : [[kind, price] as const];
	});
}

/** One column: what is nearer to the end is known when it is asked for, but behind what goes back. */
function sweep(
	{ size, kinds, roles, behind, begins, ways }: Places,
	{ costs, taken }: Costs,
	from: number,
	isLast: boolean,
	written: readonly (readonly [kind: number, price: number])[],
): void {
	const after = from + size;
	for (let place = 0; place < size; place += 1) {
		const role = roles[place]!;
		let least = costs[from + place]!;
		const last = begins[place + 1]!;
		if (role === EITHER) {
			for (let way = begins[place]!; way < last; way += 1) {
				const cost = costs[from + ways[way]!]!;
				if (cost >= least) continue;
				least = cost;
				taken[from + place] = ways[way]!;
			}
		} else if (isLast) {
			if (role === END) least = 0;
			for (let way = begins[place]!; way < last; way += 1) least = Math.min(least, costs[from + ways[way]!]! + CHANGED);
		} else {
			least = Math.min(least, costs[after + place]! + CHANGED);
			for (let way = begins[place]!; way < last; way += 1) {
				const to = ways[way]!;
				least = Math.min(least, Math.min(costs[from + to]!, costs[after + to]!) + CHANGED);
			}
			if (role === ONE) {
				for (const [kind, price] of written) {
					const to = behind[place * kinds + kind]!;
					if (to >= 0) least = Math.min(least, costs[after + to]! + price);
				}
			}
		}
		costs[from + place] = least;
	}
}

/** Goes the way that the table tells; of equal ones that which keeps most of the text's beginning. */
function readFrom(places: Places, text: readonly number[], { costs, taken }: Costs): string {
	const { size, roles, kinds, behind, alphabet } = places;
	const written: number[] = [];
	const besides = [false, true].map((isReplaced) =>
		oncePerCharacter((character) => plainestFirst(alphabet, character < 0 ? undefined : character, isReplaced)),
	);
	const [added, replaced] = [besides[0]!, besides[1]!];
	let [place, column] = [places.first, 0];
	const costAt = (to: number, at: number): number => costs[at * size + to]!;
	const behindOf = (character: number): number => {
		const kind = alphabet.kindOf(character);
		return kind === undefined ? -1 : behind[place * kinds + kind]!;
	};
	while (column < text.length || roles[place] !== END) {
		const left = costAt(place, column);
		if (roles[place] === EITHER) {
			place = taken[column * size + place]!;
			continue;
		}
		const said = text[column];
		const goes = (character: number, to: number, price: number): boolean => {
			const next = roles[place] === ONE ? behindOf(character) : -1;
			if (next < 0 || costAt(next, to) + price !== left) return false;
			written.push(character);
			[place, column] = [next, to];
			return true;
		};
		if (said !== undefined) {
			if (goes(said, column + 1, 0)) continue;
			if (otherCases(said).some((other) => goes(other, column + 1, CASE_CHANGED))) continue;
			if (goes(withoutMarks(said), column + 1, CHANGED)) continue;
			if (replaced(said).some((each) => goes(each, column + 1, CHANGED))) continue;
			if (costAt(place, column + 1) + CHANGED === left) {
				column += 1;
				continue;
			}
		}
		const neighbour = said ?? text.at(-1) ?? -1;
		if (added(neighbour).some((each) => goes(each, column, CHANGED))) continue;
		throw new Error('the table tells of a way that there is not');
	}
	return written.map((character) => String.fromCodePoint(character)).join('');
}
