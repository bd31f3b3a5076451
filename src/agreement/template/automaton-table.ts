/** Several automata as one table, in which every state leads to an end: what a search looks up instead of asking them. */
import { type Alphabet, alphabetOf } from './alphabet.ts';
import type { StepBudget } from './location.ts';
import type { Machine, State } from './machine.ts';

/** Accepts what all of the automata accept. The first state is 0. */
export interface Table {
	readonly alphabet: Alphabet;
	/** How many kinds of characters it tells apart. */
	readonly kinds: number;
	/** By state times kinds, plus kind: the state behind a character of that kind; below 0: nothing is accepted any more. */
	readonly behind: Int32Array;
	/** By state: 1 where a text may end. */
	readonly isEnd: Uint8Array;
	/** By state: the fewest and the most characters with which a text goes on to an end. */
	readonly least: Int32Array;
	readonly most: Float64Array;
	/** By kind: 1 where some accepted text has such a character. */
	readonly isUsed: Uint8Array;
	/** What was asked already: whether some text ends so. */
	readonly endings: Map<string, boolean>;
}

/** `none`: no text whatsoever is accepted. `unknown`: the budget was spent before the table was made. */
export type TableMaking =
	| { readonly kind: 'table'; readonly table: Table }
	| { readonly kind: 'none' }
	| { readonly kind: 'unknown' };

/** Steps of a budget, 10 to 20 ns each: a stretch of the alphabet, a place of the table, and a step of an automaton. */
const STEPS_PER_STRETCH = 16;
const STEPS_PER_PLACE = 8;
const STEPS_PER_MACHINE = 4;
/** A table holds some 20 octets for each place: so many take a megabyte. */
const PLACES_MAX = 60_000;

/** Puts the automata together. */
export function makeTable(machines: readonly Machine[], budget: StepBudget): TableMaking {
	const product = new Product(machines, budget);
	const { alphabet, kinds } = product;
	const behind: number[] = [];
	for (let state = 0; state < product.size; state += 1) {
		for (let kind = 0; kind < kinds; kind += 1) behind.push(product.behind(state, kind, budget));
		if (budget.remaining < 0 || behind.length > PLACES_MAX) return { kind: 'unknown' };
	}
	const isEnd = Uint8Array.from({ length: product.size }, (_, state) => Number(product.accepts(state)));
	return trimmed(alphabet, kinds, Int32Array.from(behind), isEnd);
}

/**
 * Whether they accept any text together: what is asked of more states than a table has. Those first and last come to are
 * looked at by turns, as short texts are found from the one end and long ones from the other. Where they accept more than
 * is meant, `isMeant` says of a text that was found whether it is one; where none of some that were found is, nobody knows.
 */
export function findsText(
	machines: readonly Machine[],
	budget: StepBudget,
	isMeant?: (text: string) => boolean,
): 'some' | 'none' | 'unknown' {
	const product = new Product(machines, budget);
	const isLooked: boolean[] = [];
	const latest = [0];
	const texts: string[] = [''];
	let tried = 0;
	for (let first = 0; first < product.size; ) {
		while (isLooked[latest.at(-1) ?? first] && latest.length > 0) latest.pop();
		for (const state of [first, latest.pop() ?? first]) {
			if (isLooked[state]) continue;
			isLooked[state] = true;
			if (product.accepts(state)) {
				if (isMeant === undefined || isMeant(texts[state]!)) return 'some';
				tried += 1;
			}
			for (let kind = 0; kind < product.kinds; kind += 1) {
				const before = product.size;
				product.behind(state, kind, budget);
				if (product.size === before) continue;
				latest.push(before);
				texts.push(texts[state]! + product.characterOf(kind));
			}
			if (budget.remaining < 0 || tried === TEXTS_TRIED_MAX) return 'unknown';
		}
		while (isLooked[first]) first += 1;
	}
	return tried > 0 ? 'unknown' : 'none';
}

/** Where none of as many is meant, the next will hardly be. */
const TEXTS_TRIED_MAX = 200;

/** Of so few states there are fewer than of instructions; of others there may be ever so many. */
const STATES_FEW = 24;

/** Whether they have so few states together that it is better to go by these than by what is at work in each. */
export function hasFewStates(machines: readonly Machine[], budget: StepBudget): boolean {
	const product = new Product(machines, budget);
	for (let state = 0; state < product.size; state += 1) {
		for (let kind = 0; kind < product.kinds; kind += 1) product.behind(state, kind, budget);
		if (product.size > STATES_FEW || budget.remaining < 0) return false;
	}
	return true;
}

/** Automata side by side, of which only those states are known that were come to. The first is 0. */
export class Product {
	readonly alphabet: Alphabet;
	readonly kinds: number;
	readonly #walked: readonly Walked[];
	readonly #numbers: Numbers;

	constructor(machines: readonly Machine[], budget: StepBudget) {
		this.alphabet = alphabetOf(machines.flatMap(({ sets }) => sets));
		this.kinds = this.alphabet.plainest.length;
		budget.remaining -= this.alphabet.starts.length * STEPS_PER_STRETCH;
		this.#walked = machines.map((machine) => new Walked(machine, this.alphabet));
		this.#numbers = new Numbers(machines.length);
		this.#numbers.of(this.#walked.map(({ first }) => first));
	}

	/** How many states are known. */
	get size(): number {
		return this.#numbers.size;
	}

	/** The plainest of that kind. */
	characterOf(kind: number): string {
		return String.fromCodePoint(this.alphabet.plainest[kind]![0]!);
	}

	/** The state behind a character of that kind; below 0: nothing is accepted any more. */
	behind(state: number, kind: number, budget: StepBudget): number {
		budget.remaining -= STEPS_PER_PLACE;
		const states: number[] = [];
		for (const [index, each] of this.#walked.entries()) {
			budget.remaining -= STEPS_PER_MACHINE;
			const next = each.behind(this.#numbers.stateOf(state, index), kind, budget);
			if (next < 0) return -1;
			states.push(next);
		}
		return this.#numbers.of(states);
	}

	accepts(state: number): boolean {
		return this.#walked.every((each, index) => each.accepts(this.#numbers.stateOf(state, index)));
	}
}

/** One automaton, each of whose steps is asked for once. */
class Walked {
	readonly first = 0;
	readonly #machine: Machine;
	readonly #characters: readonly number[];
	readonly #numbers = new Map<State, number>();
	readonly #states: State[] = [];
	/** By state: what lies behind each kind, as far as it was asked for. */
	readonly #behind: Int32Array[] = [];

	constructor(machine: Machine, { plainest }: Alphabet) {
		this.#machine = machine;
		this.#characters = plainest.map(([character]) => character!);
		this.#number(machine.start);
	}

	behind(state: number, kind: number, budget: StepBudget): number {
		const row = this.#behind[state]!;
		if (row[kind] === UNASKED) {
			const next = this.#machine.next(this.#states[state]!, this.#characters[kind]!);
			budget.remaining -= this.#machine.cost();
			row[kind] = next === undefined ? -1 : this.#number(next);
		}
		return row[kind]!;
	}

	accepts(state: number): boolean {
		return this.#machine.accepts(this.#states[state]!);
	}

	#number(state: State): number {
		const known = this.#numbers.get(state);
		if (known !== undefined) return known;
		this.#numbers.set(state, this.#states.length);
		this.#behind.push(new Int32Array(this.#characters.length).fill(UNASKED));
		return this.#states.push(state) - 1;
	}
}

const UNASKED = -2;

/** Numbers for rows of states, one of each automaton, in the order in which they are found; 0 is the first. */
export class Numbers {
	readonly #length: number;
	readonly #rows: number[] = [];
	/** The number of a row's beginning and the state that follows give the number of the longer beginning. */
	readonly #longer: readonly Map<number, number>[];

	constructor(length: number) {
		this.#length = Math.max(1, length);
		this.#longer = Array.from({ length: this.#length }, () => new Map<number, number>());
	}

	get size(): number {
		return this.#longer.at(-1)!.size;
	}

	stateOf(number: number, index: number): number {
		return this.#rows[number * this.#length + index]!;
	}

	of(states: readonly number[]): number {
		let number = 0;
		for (const [index, longer] of this.#longer.entries()) {
			const key = number * STATES_MAX + (states[index] ?? 0);
			const known = longer.get(key);
			if (known === undefined) {
				number = longer.size;
				longer.set(key, number);
				if (index === this.#length - 1) for (let at = 0; at < this.#length; at += 1) this.#rows.push(states[at] ?? 0);
			} else number = known;
		}
		return number;
	}
}

/** No automaton has as many states as this before the budget is spent. */
const STATES_MAX = 2 ** 24;

/** Without the ways that lead to no end. */
function trimmed(alphabet: Alphabet, kinds: number, behind: Int32Array, isEnd: Uint8Array): TableMaking {
	const before = waysBack(kinds, behind, isEnd.length);
	const least = new Int32Array(isEnd.length).fill(-1);
	const reached: number[] = [];
	for (const [state, end] of isEnd.entries()) if (end === 1) reached.push(state);
	for (const state of reached) least[state] = 0;
	for (let at = 0; at < reached.length; at += 1) {
		for (const from of before(reached[at]!)) {
			if (least[from] !== -1) continue;
			least[from] = least[reached[at]!]! + 1;
			reached.push(from);
		}
	}
	if (least[0] === -1) return { kind: 'none' };
	const isUsed = new Uint8Array(kinds);
	const ways = new Int32Array(isEnd.length);
	for (const [place, next] of behind.entries()) {
		if (next < 0 || least[next] === -1) behind[place] = -1;
		else {
			isUsed[place % kinds] = 1;
			ways[Math.floor(place / kinds)]! += 1;
		}
	}
	// What leads to a circle has texts of any length; what is behind a state is known before it is.
	const most = new Float64Array(isEnd.length).fill(Number.POSITIVE_INFINITY);
	const done = reached.filter((state) => ways[state] === 0);
	for (const state of done) most[state] = 0;
	for (let at = 0; at < done.length; at += 1) {
		for (const from of before(done[at]!)) {
			ways[from]! -= 1;
			if (ways[from] !== 0) continue;
			most[from] = most[done[at]!]! + 1;
			done.push(from);
		}
	}
	return { kind: 'table', table: { alphabet, kinds, behind, isEnd, least, most, isUsed, endings: new Map() } };
}

/** The states before a state, each as often as there are kinds that lead from it. */
function waysBack(kinds: number, behind: Int32Array, states: number): (state: number) => Int32Array {
	const begins = new Int32Array(states + 1);
	for (const next of behind) if (next >= 0) begins[next + 1]! += 1;
	for (let state = 0; state < states; state += 1) begins[state + 1]! += begins[state]!;
	const filled = begins.slice();
	const all = new Int32Array(begins[states]!);
	for (const [place, next] of behind.entries()) {
		if (next < 0) continue;
		all[filled[next]!] = Math.floor(place / kinds);
		filled[next]! += 1;
	}
	return (state) => all.subarray(begins[state]!, begins[state + 1]!);
}
