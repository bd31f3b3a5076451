/**
 * The text nearest to one that was said that several automata accept, by edit distance: a search for the cheapest way
 * through their product (Wagner and Fischer's table, of which one side is the product's states; Dijkstra's order).
 *
 * The fewest characters added, removed and replaced count first, then the fewest written in the other case; of equals
 * that with the plainest characters and the changes nearest to its end.
 */
import { type Alphabet, alphabetOf, strangeness } from './alphabet.ts';
import type { StepBudget } from './location.ts';
import type { Machine, State } from './machine.ts';

/** `none`: no text whatsoever is accepted. `unknown`: the budget was spent before one was found. */
export type NearestText =
	| { readonly kind: 'found'; readonly text: string }
	| { readonly kind: 'none' }
	| { readonly kind: 'unknown' };

/** Steps of a budget: a way looked at takes some hundred ns, as much as comparing so many characters. */
const STEPS_PER_WAY = 12;
const STEPS_PER_INTERVAL = 8;

/** Texts have up to 8192 characters: the sums of the lesser kinds never reach one of the greater. */
const CASE_CHANGED = 2 ** 19;
const CHANGED = 2 ** 33;

/** The automata together; what was found out about them stays. */
export class Product {
	readonly #machines: readonly Machine[];
	readonly #alphabet: Alphabet;
	readonly #numbers = new Map<string, number>();
	readonly #states: (readonly State[])[] = [];
	readonly #behind: (number | undefined)[][] = [];
	readonly #ways: (readonly Way[] | undefined)[] = [];
	readonly #cost: number;

	constructor(machines: readonly Machine[], budget: StepBudget) {
		this.#machines = machines;
		this.#alphabet = alphabetOf(machines.flatMap(({ sets }) => sets));
		budget.remaining -= this.#alphabet.starts.length * STEPS_PER_INTERVAL;
		this.#cost = machines.reduce((sum, { cost }) => sum + cost, STEPS_PER_WAY);
		this.#number(machines.map(({ start }) => start));
	}

	/** How many states were found so far: what it holds in memory. */
	get size(): number {
		return this.#states.length;
	}

	accepts(state: number): boolean {
		return this.#machines.every((machine, index) => machine.accepts(this.#states[state]![index]!));
	}

	/** The state behind a character of XML; undefined: nothing is. The first state is 0. */
	behind(state: number, character: number, budget: StepBudget): number | undefined {
		const kind = this.#alphabet.kindOf(character);
		return kind === undefined ? undefined : this.#behindKind(state, kind, budget);
	}

	/** Plain characters of each kind with which it goes on. */
	ways(state: number, budget: StepBudget): readonly Way[] {
		const known = this.#ways[state];
		if (known !== undefined) return known;
		const ways = this.#alphabet.plainest.flatMap((characters, kind): readonly Way[] => {
			const next = this.#behindKind(state, kind, budget);
			return next === undefined ? [] : characters.map((character) => ({ character, next }));
		});
		this.#ways[state] = ways;
		return ways;
	}

	#behindKind(state: number, kind: number, budget: StepBudget): number | undefined {
		const row = this.#behind[state]!;
		if (kind in row) return row[kind];
		budget.remaining -= this.#cost;
		const character = this.#alphabet.plainest[kind]![0]!;
		const states: State[] = [];
		for (const [index, machine] of this.#machines.entries()) {
			const next = machine.next(this.#states[state]![index]!, character);
			if (next === undefined) break;
			states.push(next);
		}
		row[kind] = states.length < this.#machines.length ? undefined : this.#number(states);
		return row[kind];
	}

	#number(states: readonly State[]): number {
		const key = states.join('|');
		const known = this.#numbers.get(key);
		if (known !== undefined) return known;
		this.#numbers.set(key, this.#states.length);
		this.#behind.push([]);
		return this.#states.push(states) - 1;
	}
}

interface Way {
	readonly character: number;
	readonly next: number;
}

/**
 * The nearest text that the product accepts; nearest to '' is the shortest. In place: only one of as many characters, so
 * that there may be others where there is none.
 */
export function nearestText(product: Product, said: string, budget: StepBudget, isInPlace = false): NearestText {
	const text = Array.from(said, (character) => character.codePointAt(0)!);
	const search = new Search();
	search.reach(0, 0, undefined, undefined);
	for (let node = search.take(); node !== undefined; node = search.take()) {
		if (budget.remaining < 0) return { kind: 'unknown' };
		const state = Math.floor(node / (text.length + 1));
		const at = node % (text.length + 1);
		if (at === text.length && product.accepts(state)) return { kind: 'found', text: search.textTo(node) };
		const cost = search.costOf(node);
		const go = (next: number | undefined, to: number, price: number, character?: number): void => {
			if (next !== undefined) search.reach(next * (text.length + 1) + to, cost + price, node, character);
		};
		const here = text[at];
		const toEnd = Math.min(text.length - at, PLACES_COUNTED);
		const neighbour = here ?? text[at - 1];
		const ways = product.ways(state, budget);
		budget.remaining -= (ways.length + 1) * STEPS_PER_WAY;
		if (here !== undefined) {
			go(product.behind(state, here, budget), at + 1, 0, here);
			for (const other of otherCases(here)) {
				go(product.behind(state, other, budget), at + 1, CASE_CHANGED, other);
			}
			const plain = withoutMarks(here);
			go(product.behind(state, plain, budget), at + 1, CHANGED, plain);
			if (!isInPlace) go(state, at + 1, CHANGED + toEnd);
		}
		for (const { character, next } of ways) {
			if (here !== undefined) go(next, at + 1, CHANGED + strangeness(character, here, true), character);
			if (!isInPlace) go(next, at, CHANGED + toEnd + strangeness(character, neighbour, false), character);
		}
	}
	return { kind: 'none' };
}

/** A change is put as near to the end as this tells apart. */
const PLACES_COUNTED = 15;

function otherCases(character: number): readonly number[] {
	const written = String.fromCodePoint(character);
	const cases = [written.toLowerCase(), written.toUpperCase()].filter((other) => other !== written);
	return cases.filter((other) => [...other].length === 1).map((other) => other.codePointAt(0)!);
}

/** The letter without its accents, so that ï becomes i rather than nothing. */
function withoutMarks(character: number): number {
	return String.fromCodePoint(character).normalize('NFD').codePointAt(0)!;
}

/** Nodes by what the cheapest way to them costs; of equals that which was found first is taken first. */
class Search {
	readonly #reached = new Map<number, Reached>();
	readonly #heap: Entry[] = [];
	#count = 0;

	reach(node: number, cost: number, from: number | undefined, character: number | undefined): void {
		const known = this.#reached.get(node);
		if (known !== undefined && known.cost <= cost) return;
		this.#reached.set(node, { cost, from, character, isTaken: false });
		this.#push({ node, cost, count: this.#count++ });
	}

	/** The cheapest that was not taken yet. */
	take(): number | undefined {
		for (let entry = this.#pop(); entry !== undefined; entry = this.#pop()) {
			const reached = this.#reached.get(entry.node)!;
			if (reached.isTaken) continue;
			reached.isTaken = true;
			return entry.node;
		}
		return undefined;
	}

	costOf(node: number): number {
		return this.#reached.get(node)!.cost;
	}

	textTo(node: number): string {
		const characters: string[] = [];
		for (let at: number | undefined = node; at !== undefined; ) {
			const { from, character }: Reached = this.#reached.get(at)!;
			if (character !== undefined) characters.push(String.fromCodePoint(character));
			at = from;
		}
		return characters.reverse().join('');
	}

	#push(entry: Entry): void {
		const heap = this.#heap;
		let at = heap.push(entry) - 1;
		for (let parent = (at - 1) >> 1; at > 0 && isBefore(entry, heap[parent]!); parent = (at - 1) >> 1) {
			heap[at] = heap[parent]!;
			at = parent;
		}
		heap[at] = entry;
	}

	#pop(): Entry | undefined {
		const heap = this.#heap;
		const [first] = heap;
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		let at = 0;
		for (let child = 1; child < heap.length; child = 2 * at + 1) {
			if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
			if (!isBefore(heap[child]!, last)) break;
			heap[at] = heap[child]!;
			at = child;
		}
		heap[at] = last;
		return first;
	}
}

interface Reached {
	readonly cost: number;
	readonly from: number | undefined;
	readonly character: number | undefined;
	isTaken: boolean;
}

interface Entry {
	readonly node: number;
	readonly cost: number;
	readonly count: number;
}

function isBefore(one: Entry, other: Entry): boolean {
	return one.cost === other.cost ? one.count < other.count : one.cost < other.cost;
}
