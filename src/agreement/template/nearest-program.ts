/**
 * The nearest text of automata that have too many states for a table: by the instructions of their programs, each of
 * which is at work by itself, so that there are never more places than instructions times characters.
 *
 * Of what is certain to have to change, all that stands behind is known of each instruction: the fewest and the most
 * characters with which it comes to the end. Of equal ways that which is farthest is gone on with, so the search comes to
 * an end as soon as what is certain is all that there is. What it finds has the fewest characters added, removed and
 * replaced, and of these the fewest in another case; which of several such texts it is, is not asked.
 */
import { type Alphabet, alphabetOf, plainestFirst, strangeness } from './alphabet.ts';
import { type CharacterSet, holdsCharacter } from './character-set.ts';
import type { StepBudget } from './location.ts';
import type { Machine } from './machine.ts';
import { type Part, partOf, partsOf } from './machine-parts.ts';
import { shortestEnd } from './nearest-common.ts';
import { CASE_CHANGED, CHANGED, otherCases, Search, withoutMarks } from './nearest-text.ts';

/** Steps of a budget, 10 to 20 ns each: a place that is taken, a way tried from it, and an instruction that is prepared. */
const STEPS_PER_NODE = 80;
const STEPS_PER_WAY = 40;

/**
 * The nearest text that all automata accept, those without a program being gone through state by state; a hasty search
 * always goes on from where most of the text is behind it, and finds one that is near. Undefined where there is none, or
 * the budget is spent before it is found.
 */
export function nearestThrough(
	machines: readonly Machine[],
	said: string,
	budget: StepBudget,
	isHasty = false,
): string | undefined {
	const walk = walkOf(machines, said, budget, isHasty);
	const { text, parts, search } = walk;
	reach(
		walk,
		parts.map(({ first }) => first),
		0,
		0,
		-1,
		-1,
	);
	for (let here = search.take(); here >= 0; here = search.take()) {
		budget.remaining -= STEPS_PER_NODE;
		if (budget.remaining < 0) return undefined;
		const { row, at, cost } = placeOf(walk, here);
		const open = parts.findIndex((part, index) => part.free(row[index]!) !== undefined);
		if (open >= 0) {
			const ways = parts[open]!.free(row[open]!)!;
			for (const next of ways.toReversed()) reach(walk, row.with(open, next), at, cost, here, -1);
			continue;
		}
		const [only] = machines;
		if (at === text.length && machines.length === 1 && only?.program !== undefined) {
			const plainest = plainestFirst(walk.alphabet, text.at(-1), false);
			return search.textTo(here) + shortestEnd(only.program, row[0]!, parts[0]!, plainest, budget);
		}
		if (at === text.length && parts.every((part, index) => part.isEnd(row[index]!))) return search.textTo(here);
		expand(walk, row, at, cost, here);
	}
	return undefined;
}

/** A search on its way: rows of places, one of each automaton, beside places of the text. */
interface Walk {
	readonly text: readonly number[];
	readonly alphabet: Alphabet;
	readonly parts: readonly Part[];
	/** By place of the text what is certain to change behind it. */
	readonly strange: Int32Array;
	readonly rows: (readonly number[])[];
	readonly numbers: Map<string, number>;
	readonly search: Search;
	readonly budget: StepBudget;
	readonly isHasty: boolean;
}

function walkOf(machines: readonly Machine[], said: string, budget: StepBudget, isHasty: boolean): Walk {
	const text = Array.from(said, (character) => character.codePointAt(0)!);
	return {
		text,
		alphabet: alphabetOf(machines.flatMap(({ sets }) => sets)),
		parts: machines.length === 1 ? machines.map(partOf) : partsOf(machines, budget),
		strange: strangeBehind(text, machines),
		rows: [],
		numbers: new Map(),
		search: new Search(true),
		budget,
		isHasty,
	};
}

function placeOf({ text, rows, search }: Walk, here: number) {
	const length = text.length + 1;
	const node = search.nodes[here]!;
	return { row: rows[Math.floor(node / length)]!, at: node % length, cost: search.costs[here]! };
}

/** The last that is reached is taken first: what changes least, and is the plainest. */
function expand(walk: Walk, row: readonly number[], at: number, cost: number, here: number): void {
	const { text, alphabet } = walk;
	const said = text[at];
	const ways = alphabet.plainest
		.flat()
		.map((character) => ({ character, next: behind(walk, row, character) }))
		.filter(({ next }) => next !== undefined)
		.map((way) => ({ ...way, rank: strangeness(way.character, said ?? text[at - 1], said !== undefined) }));
	ways.sort((one, other) => other.rank - one.rank);
	for (const { character, next } of ways) reach(walk, next!, at, cost + CHANGED, here, character);
	if (said === undefined) return;
	reach(walk, row, at + 1, cost + CHANGED, here, -1);
	for (const { character, next } of ways) reach(walk, next!, at + 1, cost + CHANGED, here, character);
	const plain = withoutMarks(said);
	if (plain !== said) reach(walk, behind(walk, row, plain), at + 1, cost + CHANGED, here, plain);
	for (const other of otherCases(said)) {
		reach(walk, behind(walk, row, other), at + 1, cost + CASE_CHANGED, here, other);
	}
	reach(walk, behind(walk, row, said), at + 1, cost, here, said);
}

function behind({ parts, budget }: Walk, row: readonly number[], character: number): readonly number[] | undefined {
	budget.remaining -= STEPS_PER_WAY;
	const next: number[] = [];
	for (const [index, part] of parts.entries()) {
		const state = part.behind(row[index]!, character);
		if (state < 0) return undefined;
		next.push(state);
	}
	return next;
}

/** From the way `from`, for which the character was written. */
function reach(
	{ text, parts, strange, rows, numbers, search, isHasty }: Walk,
	row: readonly number[] | undefined,
	at: number,
	cost: number,
	from: number,
	character: number,
): void {
	if (row === undefined) return;
	const rest = text.length - at;
	let [added, toCome] = [0, 0];
	for (const [index, part] of parts.entries()) {
		const least = part.least(row[index]!);
		if (least === Number.POSITIVE_INFINITY) return;
		added = Math.max(added, least - rest);
		toCome = Math.max(toCome, rest - part.most(row[index]!));
	}
	const key = row.join();
	const number = numbers.get(key) ?? rows.push(row) - 1;
	numbers.set(key, number);
	const certain = CHANGED * Math.max(toCome, strange[at]! + added);
	// In haste what is behind counts for nothing: only how little is still to come.
	const node = number * (text.length + 1) + at;
	search.reach(node, cost, isHasty ? HASTE * (rest * CHANGED + certain) : certain, from, character);
}

/** How much more what is to come counts in haste than what was. */
const HASTE = 16;

/** By place: how many characters behind it no text may have, in either case. */
function strangeBehind(text: readonly number[], machines: readonly Machine[]): Int32Array {
	const programs = machines.flatMap(({ program }) => (program === undefined ? [] : [program.instructions]));
	const sets = programs.map((all) => [
		...new Set(all.flatMap((each): CharacterSet[] => (each.kind === 'one' ? [each.of] : []))),
	]);
	const known = new Map<number, boolean>();
	const mayStand = (character: number): boolean => {
		const stands = known.get(character) ?? sets.every((each) => each.some((set) => holdsCharacter(set, character)));
		known.set(character, stands);
		return stands;
	};
	const strange = new Int32Array(text.length + 1);
	for (let at = text.length - 1; at >= 0; at -= 1) {
		const isStrange = !mayStand(text[at]!) && !otherCases(text[at]!).some(mayStand);
		strange[at] = strange[at + 1]! + Number(isStrange);
	}
	return strange;
}
