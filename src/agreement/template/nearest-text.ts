/**
 * The text nearest to one that was said that a table of automata accepts, by edit distance: a search for the cheapest way
 * through Wagner and Fischer's table, of which one side is the states, in the order of A*: what is certain to have to
 * change behind a place is counted before it is come to.
 *
 * The fewest characters added, removed and replaced count first, then the fewest written in the other case; of equals
 * that with the plainest characters and the changes nearest to its end.
 */
import { strangeness } from './alphabet.ts';
import type { Table } from './automaton-table.ts';
import type { StepBudget } from './location.ts';

/** Steps of a budget, 10 to 20 ns each: a place that is taken, and a way from it. */
const STEPS_PER_NODE = 60;
const STEPS_PER_WAY = 20;

/** Texts have up to 8192 characters: the sums of the lesser kinds never reach one of the greater. */
export const CASE_CHANGED = 2 ** 19;
export const CHANGED = 2 ** 33;

/** The nearest text; nearest to '' is the shortest. Undefined where the budget is spent before it is found. */
export function nearestText(among: Table, said: string, budget: StepBudget): string | undefined {
	const text = Array.from(said, (character) => character.codePointAt(0)!);
	const toCome = changesToCome(among, text);
	const search = new Search(false);
	const length = text.length + 1;
	search.reach(0, 0, toCome(0, 0), -1, -1);
	for (let here = search.take(); here >= 0; here = search.take()) {
		const node = search.nodes[here]!;
		const [state, at, cost] = [Math.floor(node / length), node % length, search.costs[here]!];
		if (at === text.length && among.isEnd[state] === 1) return search.textTo(here);
		const go = (next: number, to: number, price: number, character: number): void => {
			budget.remaining -= STEPS_PER_WAY;
			search.reach(next * length + to, cost + price, toCome(next, to), here, character);
		};
		const row = among.behind.subarray(state * among.kinds, (state + 1) * among.kinds);
		const said = text[at];
		const toEnd = Math.min(text.length - at, PLACES_COUNTED);
		budget.remaining -= STEPS_PER_NODE;
		if (budget.remaining < 0) return undefined;
		if (said !== undefined) {
			const same = nextOf(row, said);
			if (same >= 0) go(same, at + 1, 0, said);
			for (const other of otherCases(said)) {
				const next = nextOf(row, other);
				if (next >= 0) go(next, at + 1, CASE_CHANGED, other);
			}
			const plain = withoutMarks(said);
			const next = plain === said ? -1 : nextOf(row, plain);
			if (next >= 0) go(next, at + 1, CHANGED, plain);
			go(state, at + 1, CHANGED + toEnd, -1);
		}
		const neighbour = said ?? text[at - 1];
		for (const [kind, characters] of among.alphabet.plainest.entries()) {
			const next = row[kind]!;
			if (next < 0) continue;
			for (const character of characters) {
				if (said !== undefined) go(next, at + 1, CHANGED + strangeness(character, said, true), character);
				go(next, at, CHANGED + toEnd + strangeness(character, neighbour, false), character);
			}
		}
	}
	return undefined;

	function nextOf(row: Int32Array, character: number): number {
		const kind = among.alphabet.kindOf(character);
		return kind === undefined ? -1 : row[kind]!;
	}
}

/**
 * What has to change at least from a state and a place of the text on: there is too little or too much of it, or it has
 * characters that no text may have.
 */
function changesToCome(
	{ least, most, isUsed, alphabet }: Table,
	text: readonly number[],
): (state: number, at: number) => number {
	const mayStand = (character: number): boolean => {
		const kind = alphabet.kindOf(character);
		return kind !== undefined && isUsed[kind] === 1;
	};
	const strange = new Int32Array(text.length + 1);
	for (let at = text.length - 1; at >= 0; at -= 1) {
		const isStrange = !mayStand(text[at]!) && !otherCases(text[at]!).some(mayStand);
		strange[at] = strange[at + 1]! + Number(isStrange);
	}
	return (state, at) => {
		const rest = text.length - at;
		return CHANGED * Math.max(strange[at]!, least[state]! - rest, rest - most[state]!);
	};
}

/** A change is put as near to the end as this tells apart. */
const PLACES_COUNTED = 15;

export function otherCases(character: number): readonly number[] {
	const written = String.fromCodePoint(character);
	const cases = [written.toLowerCase(), written.toUpperCase()].filter((other) => other !== written);
	return cases.filter((other) => [...other].length === 1).map((other) => other.codePointAt(0)!);
}

/** The letter without its accents, so that ï becomes i rather than nothing. */
export function withoutMarks(character: number): number {
	return String.fromCodePoint(character).normalize('NFD').codePointAt(0)!;
}

/** Nodes by what the cheapest way to them and on costs; of equals that which was found first is taken first, or last. */
export class Search {
	/** Of each way found: where it leads, what it costs. */
	readonly nodes: number[] = [];
	readonly costs: number[] = [];
	readonly #ranks: number[] = [];
	readonly #from: number[] = [];
	readonly #characters: number[] = [];
	/** The cheapest way to each node. */
	readonly #best = new Map<number, number>();
	readonly #heap: number[] = [];
	readonly #isLatestFirst: boolean;

	constructor(isLatestFirst: boolean) {
		this.#isLatestFirst = isLatestFirst;
	}

	/** `from` is the way before, `character` what was written for it; below 0: none. */
	reach(node: number, cost: number, toCome: number, from: number, character: number): void {
		const known = this.#best.get(node);
		if (known !== undefined && this.costs[known]! <= cost) return;
		const way = this.nodes.push(node) - 1;
		this.costs.push(cost);
		this.#ranks.push(cost + toCome);
		this.#from.push(from);
		this.#characters.push(character);
		this.#best.set(node, way);
		this.#push(way);
	}

	/** The cheapest that was not taken yet; below 0: there is none. */
	take(): number {
		for (let way = this.#pop(); way !== undefined; way = this.#pop()) {
			if (this.#best.get(this.nodes[way]!) === way) return way;
		}
		return -1;
	}

	textTo(way: number): string {
		const characters: string[] = [];
		for (let at = way; at >= 0; at = this.#from[at]!) {
			const character = this.#characters[at]!;
			if (character >= 0) characters.push(String.fromCodePoint(character));
		}
		return characters.reverse().join('');
	}

	#push(way: number): void {
		const heap = this.#heap;
		let at = heap.push(way) - 1;
		for (let parent = (at - 1) >> 1; at > 0 && this.#isBefore(way, heap[parent]!); parent = (at - 1) >> 1) {
			heap[at] = heap[parent]!;
			at = parent;
		}
		heap[at] = way;
	}

	#pop(): number | undefined {
		const heap = this.#heap;
		const [first] = heap;
		const last = heap.pop();
		if (first === undefined || last === undefined || heap.length === 0) return first;
		let at = 0;
		for (let child = 1; child < heap.length; child = 2 * at + 1) {
			if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child += 1;
			if (!this.#isBefore(heap[child]!, last)) break;
			heap[at] = heap[child]!;
			at = child;
		}
		heap[at] = last;
		return first;
	}

	#isBefore(one: number, other: number): boolean {
		const [rank, facing] = [this.#ranks[one]!, this.#ranks[other]!];
		return rank === facing ? one < other !== this.#isLatestFirst : rank < facing;
	}
}
