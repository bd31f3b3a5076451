/**
 * What is left to each of several slots where some of them stay as they are: by the rows that have to hold, each of which
 * bounds one slot by the others (bounds propagation), and by what equations come to once what stays is put in
 * (elimination). In doubles, with room for what they leave out: what it calls impossible is; what it leaves need not do.
 */
import type { StepBudget } from '../template/location.ts';
import { priceOf } from './changes-of-numbers.ts';
import { isFiniteRational, toDouble } from './rational.ts';
import type { SlotRow } from './slot-rows.ts';
import type { Slot } from './slots.ts';

/** What becomes of a slot; `open`: that is not decided. */
export type Fate = 'open' | 'kept' | 'changes';

/** By the slots: what becomes of them, and between which doubles those lie that change. */
export interface Narrowed {
	readonly fates: Fate[];
	readonly lower: Float64Array;
	readonly upper: Float64Array;
}

/** The sum of the slots, each as often as it says, is at most the bound. */
interface Line {
	readonly at: readonly number[];
	readonly by: readonly number[];
	readonly bound: number;
	/** A slot of which there is nothing may have no place in it. */
	readonly isOfSum: boolean;
}

/** Steps of a budget: a term that is looked at. */
const STEPS_PER_TERM = 0.5;
/** So often bounds are handed on from row to row, at the most. */
const PASSES_MAX = 24;
/** In parts of what is calculated with. */
const ROOM = 1e-9;
/** What is less than that, in the same parts, comes of rounding; what is between the two is not relied upon. */
const NOTHING = 1e-12;
const CERTAIN = 1e-7;
/** With more unknowns equations are not put into each other. */
const UNKNOWNS_MAX = 40;

export class Narrowing {
	readonly #lines: readonly Line[];
	readonly #equations: readonly Line[];
	/** What each of them says, and between what they may come to lie. */
	readonly #said: readonly (readonly [lower: number, upper: number] | undefined)[];
	readonly #least: Float64Array;
	readonly #most: Float64Array;
	readonly #isWhole: readonly boolean[];
	/** What 1 of change costs. */
	readonly #prices: readonly number[];

	/** `mayTurn`: whether what is not negative may become so. */
	constructor(rows: readonly SlotRow[], slots: readonly Slot[], mayTurn: boolean) {
		const places = new Map(slots.map((slot, at) => [slot, at]));
		const known = rows.map((row) => lineOf(row, places));
		this.#lines = known.filter((line) => line !== undefined);
		this.#equations = equationsIn(this.#lines);
		this.#said = slots.map(({ spans }) => spans && [doubleOf(spans[0]!.lower), doubleOf(spans.at(-1)!.upper)]);
		const limits = slots.map((slot) => limitsOf(slot, mayTurn));
		this.#least = Float64Array.from(limits, ({ lower }) => lower);
		this.#most = Float64Array.from(limits, ({ upper }) => upper);
		this.#isWhole = limits.map(({ isWhole }) => isWhole);
		this.#prices = slots.map((slot) => toDouble(priceOf(slot)));
	}

	/** What follows from that; undefined where it cannot be. */
	narrow(decided: readonly Fate[], budget: StepBudget): Narrowed | undefined {
		const fates = [...decided];
		const [lower, upper] = [this.#least.slice(), this.#most.slice()];
		const narrowed: Narrowed = { fates, lower, upper };
		const derived = this.#derived(fates, budget);
		if (derived === undefined) return undefined;
		const lines = [...this.#lines, ...derived];
		for (let pass = 0; pass < PASSES_MAX && budget.remaining >= 0; pass += 1) {
			let isChanged = false;
			for (const line of lines) {
				budget.remaining -= STEPS_PER_TERM * (line.at.length + 1);
				const found = this.#narrowBy(line, narrowed);
				if (found === undefined) return undefined;
				isChanged ||= found;
			}
			if (!isChanged) break;
		}
		return narrowed;
	}

	/** To each slot of the row how much room it would make there, were it what it may be. */
	addRoom(row: SlotRow, places: ReadonlyMap<Slot, number>, room: number[]): void {
		const line = lineOf(row, places);
		for (const [nth, at] of line?.at.entries() ?? []) {
			const [factor, said = [0, 0]] = [line!.by[nth]!, this.#said[at]];
			const far = factor > 0 ? said[1] - this.#least[at]! : this.#most[at]! - said[0];
			room[at]! += Math.max(0, Math.abs(factor) * far);
		}
	}

	/** How far those that change have to go at least, in parts of what they were. */
	leastCost({ fates, lower, upper }: Narrowed): number {
		let cost = 0;
		for (const [at, fate] of fates.entries()) {
			const said = this.#said[at];
			if (fate !== 'changes' || said === undefined) continue;
			cost += Math.max(0, lower[at]! - said[1], said[0] - upper[at]!) * this.#prices[at]!;
		}
		return cost;
	}

	/** What the slot adds at least to a sum, times its factor, as it stays. */
	#keptPart(at: number, by: number, isOfSum: boolean): number {
		const said = this.#said[at];
		if (said === undefined) return isOfSum ? 0 : Number.POSITIVE_INFINITY;
		return by > 0 ? by * said[1] : by * said[0];
	}

	/** Whether anything was narrowed; undefined: it cannot be. */
	#narrowBy({ at, by, bound, isOfSum }: Line, { fates, lower, upper }: Narrowed): boolean | undefined {
		const parts = at.map((slot, nth) => {
			const factor = by[nth]!;
			const kept = fates[slot] === 'changes' ? Number.POSITIVE_INFINITY : this.#keptPart(slot, factor, isOfSum);
			const changed = fates[slot] === 'kept' ? Number.POSITIVE_INFINITY : factor * (factor > 0 ? lower : upper)[slot]!;
			return Math.min(kept, changed);
		});
		let [sum, size, unbounded] = [0, Math.abs(bound), 0];
		for (const part of parts) {
			if (part === Number.POSITIVE_INFINITY) return undefined;
			if (part === Number.NEGATIVE_INFINITY) unbounded += 1;
			else sum += part;
			if (Number.isFinite(part)) size += Math.abs(part);
		}
		const room = ROOM * (1 + size);
		if (unbounded === 0 && sum > bound + room) return undefined;
		if (unbounded > 1) return false;
		let isChanged = false;
		for (const [nth, slot] of at.entries()) {
			const [part, factor] = [parts[nth]!, by[nth]!];
			if (fates[slot] === 'kept' || (unbounded === 1 && part !== Number.NEGATIVE_INFINITY)) continue;
			const rest = part === Number.NEGATIVE_INFINITY ? sum : sum - part;
			const most = bound - rest + room;
			if (fates[slot] === 'open' && this.#keptPart(slot, factor, isOfSum) > most) {
				fates[slot] = 'changes';
				isChanged = true;
			}
			const end = this.#endOf(slot, most / factor, factor > 0);
			const ends = factor > 0 ? upper : lower;
			const nearer = factor > 0 ? ends[slot]! - end : end - ends[slot]!;
			if (!(nearer > CERTAIN * (1 + Math.abs(end)))) continue;
			ends[slot] = end;
			isChanged = true;
			if (lower[slot]! <= upper[slot]! + ROOM * (1 + Math.abs(end))) continue;
			// Nothing is left that it might become.
			if (fates[slot] === 'changes') return undefined;
			fates[slot] = 'kept';
		}
		return isChanged;
	}

	#endOf(slot: number, end: number, isUpper: boolean): number {
		if (!this.#isWhole[slot] || Math.abs(end) > 1e9) return end;
		return isUpper ? Math.floor(end + CERTAIN) : Math.ceil(end - CERTAIN);
	}

	/** What equations come to, one put into the other, of what does not stay; undefined where they contradict each other. */
	#derived(fates: readonly Fate[], budget: StepBudget): readonly Line[] | undefined {
		const isKnown = (slot: number): boolean => {
			const said = this.#said[slot];
			return fates[slot] === 'kept' && said !== undefined && said[0] === said[1];
		};
		const unknowns = [...new Set(this.#equations.flatMap(({ at }) => at.filter((slot) => !isKnown(slot))))];
		if (this.#equations.length < 2 || unknowns.length > UNKNOWNS_MAX) return [];
		const columnOf = new Map(unknowns.map((slot, column) => [slot, column]));
		const width = unknowns.length;
		const rows = this.#equations.map(({ at, by, bound }) => {
			const row = new Float64Array(width + 2);
			[row[width], row[width + 1]] = [bound, Math.abs(bound) + 1];
			for (const [nth, slot] of at.entries()) {
				const column = columnOf.get(slot);
				if (column !== undefined) {
					row[column]! += by[nth]!;
					continue;
				}
				const part = by[nth]! * this.#said[slot]![0];
				row[width]! -= part;
				row[width + 1]! += Math.abs(part);
			}
			return row;
		});
		budget.remaining -= STEPS_PER_TERM * rows.length * rows.length * (width + 2);
		return eliminated(rows, unknowns);
	}
}

/** Rows of factors, the bound behind them, and behind that how large the numbers were of which it comes. */
function eliminated(rows: Float64Array[], unknowns: readonly number[]): readonly Line[] | undefined {
	const width = unknowns.length;
	const isUsed = new Set<Float64Array>();
	for (let column = 0; column < width; column += 1) {
		let pivot: Float64Array | undefined;
		for (const row of rows) {
			if (!isUsed.has(row) && Math.abs(row[column]!) > Math.abs(pivot?.[column] ?? CERTAIN)) pivot = row;
		}
		if (pivot === undefined) continue;
		isUsed.add(pivot);
		for (const row of rows) {
			const share = row[column]! / pivot[column]!;
			if (row === pivot || share === 0) continue;
			for (let each = 0; each <= width; each += 1) {
				const part = share * pivot[each]!;
				const size = Math.max(Math.abs(row[each]!), Math.abs(part));
				row[each]! -= part;
				if (Math.abs(row[each]!) <= NOTHING * size) row[each] = 0;
			}
			row[column] = 0;
			row[width + 1]! += Math.abs(share) * pivot[width + 1]!;
		}
	}
	const lines: Line[] = [];
	for (const row of rows) {
		const at = [...unknowns.keys()].filter((column) => row[column] !== 0);
		const [bound, size] = [row[width]!, row[width + 1]!];
		if (at.length === 0 && Math.abs(bound) > CERTAIN * size) return undefined;
		// What is nearly nothing may be nothing.
		if (at.length === 0 || at.some((column) => Math.abs(row[column]!) < CERTAIN) || size > 1 / CERTAIN ** 2) continue;
		const slots = at.map((column) => unknowns[column]!);
		const by = at.map((column) => row[column]!);
		const room = ROOM * size;
		lines.push({ at: slots, by, bound: bound + room, isOfSum: true });
		lines.push({ at: slots, by: by.map((each) => -each), bound: room - bound, isOfSum: true });
	}
	return lines;
}

function doubleOf(value: SlotRow['bound']): number {
	return isFiniteRational(value) ? toDouble(value) : (value as number);
}

/** Undefined where its numbers are beyond what doubles tell apart. */
function lineOf({ terms, bound }: SlotRow, places: ReadonlyMap<Slot, number>): Line | undefined {
	const factors = new Map<number, number>();
	let isOfSum = false;
	for (const term of terms) {
		const at = places.get(term.slot);
		if (at === undefined) return undefined;
		factors.set(at, (factors.get(at) ?? 0) + toDouble(term.factor));
		isOfSum ||= term.isOfSum;
	}
	const largest = Math.max(...[...factors.values()].map(Math.abs));
	const limit = toDouble(bound) / largest;
	if (!(largest > 0 && Number.isFinite(largest) && Number.isFinite(limit))) return undefined;
	const kept = [...factors].filter(([, factor]) => factor !== 0);
	return { at: kept.map(([at]) => at), by: kept.map(([, factor]) => factor / largest), bound: limit, isOfSum };
}

/** Those that are said in both directions. */
function equationsIn(lines: readonly Line[]): readonly Line[] {
	const keyOf = ({ at, by, bound }: Line, sign: number): string =>
		`${at.map((slot, nth) => `${slot} ${sign * by[nth]!}`)} ${sign * bound + 0}`;
	const known = new Set<string>();
	return lines.filter((line) => {
		known.add(keyOf(line, 1));
		return known.has(keyOf(line, -1));
	});
}

interface Limits {
	readonly lower: number;
	readonly upper: number;
	readonly isWhole: boolean;
}

const NO_LIMITS: Limits = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, isWhole: false };

/** What a slot might become, whatever else does. */
function limitsOf({ kind, line, spans, counts, demand }: Slot, mayTurn: boolean): Limits {
	if (kind === 'count') return { lower: counts?.least ?? 0, upper: counts?.most ?? NO_LIMITS.upper, isWhole: true };
	if (line === 'duration') return { ...NO_LIMITS, lower: 0 };
	if (line !== 'number') return NO_LIMITS;
	const limits = demand?.limits() ?? NO_LIMITS;
	const isAmount = spans === undefined || doubleOf(spans[0]!.lower) >= 0;
	return isAmount && !mayTurn ? { ...limits, lower: Math.max(0, limits.lower) } : limits;
}
