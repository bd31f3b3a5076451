/**
 * The nearest text by Wagner and Fischer's table, of which one side is the instructions of a program, each beside what
 * the other automata have come to. What it costs is known before: places times characters, however far the text is from
 * all that is accepted. So it comes to an end where a search for the cheapest way does not.
 */
import { EITHER, END, ONE, type Places, placesOf } from './aligned-places.ts';
import { plainestFirst } from './alphabet.ts';
import type { StepBudget } from './location.ts';
import type { Machine } from './machine.ts';
import { otherCases, withoutMarks } from './nearest-text.ts';

/** Steps of a budget, 10 to 20 ns each: cells of the table are cheaper. */
const CELLS_PER_STEP = 2;

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
