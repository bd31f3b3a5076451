/**
 * Sets of slots that may have to change together: those that have one of every demand that is not kept to, and of which
 * bounds and equations do not say that it cannot be. Slot by slot it is decided what stays as it is (branch and bound).
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { type Fate, type Narrowed, Narrowing } from './narrowing.ts';
import { isTextKept, textOf } from './nearest-texts.ts';
import { order } from './rational.ts';
import { type Demands, mostOfFixed, type SlotRow } from './slot-rows.ts';
import type { Slot } from './slots.ts';

/** Steps of a budget: to look at a set of slots. */
const STEPS_PER_SET = 40;

/** A set, and how far its slots have to go at least, each in parts of what it was. */
export interface SetOfSlots {
	readonly members: readonly Slot[];
	readonly leastCost: number;
}

export class SetsOfSlots {
	readonly #slots: readonly Slot[];
	readonly #narrowing: Narrowing;
	/** The slots of each demand that is not kept to. */
	readonly #broken: readonly (readonly number[])[];
	/** By the slots: those with which they have a demand in common; of whom nothing is demanded, he may help anybody. */
	readonly #beside: readonly ReadonlySet<number>[];
	readonly #isAlone: readonly boolean[];
	/** By how much more demands that are not kept to would be, were the slot what it may be. */
	readonly #help: readonly number[];
	readonly #first: readonly Fate[];
	readonly #budget: StepBudget;

	constructor(demands: Demands, slots: readonly Slot[], mayTurn: boolean, budget: StepBudget) {
		const places = new Map(slots.map((slot, at) => [slot, at]));
		const placesOf = (all: readonly Slot[]): readonly number[] => [
			...new Set(all.map((slot) => places.get(slot)).filter((at) => at !== undefined)),
		];
		const { rows, texts, wrong } = demands;
		const groups = [
			...rows.map(({ terms }) => placesOf(terms.map(({ slot }) => slot))),
			...texts.map(({ sides }) => placesOf(sides.filter((side) => typeof side !== 'string'))),
		];
		const beside = slots.map(() => new Set<number>());
		for (const group of groups) for (const at of group) for (const other of group) beside[at]!.add(other);
		budget.remaining -= groups.reduce((sum, { length }) => sum + length * length, 0);
		[this.#slots, this.#budget, this.#beside] = [slots, budget, beside];
		this.#isAlone = beside.map(({ size }) => size === 0);
		const isBroken = [...rows.map((row) => !isKept(row)), ...texts.map((row) => !isTextKept(row, textOf))];
		this.#broken = groups.filter((_, nth) => isBroken[nth]);
		const isWrong = new Set(wrong);
		this.#first = slots.map((slot) => (isWrong.has(slot) ? 'changes' : 'open'));
		this.#narrowing = new Narrowing(rows, slots, mayTurn);
		const help = slots.map(() => 0);
		for (const group of this.#broken) for (const at of group) help[at]! += 1;
		for (const row of rows) if (!isKept(row)) this.#narrowing.addRoom(row, places, help);
		this.#help = help;
	}

	/** One set, with as many slots left as they are as follow one another; undefined where there is none. */
	*any(): Gradual<SetOfSlots | undefined> {
		let narrowed = this.#narrow(this.#first);
		// Those that help most are left to the last.
		const inTurn = [...this.#slots.keys()].sort((one, other) => this.#help[one]! - this.#help[other]!);
		for (const at of narrowed === undefined ? [] : inTurn) {
			if (narrowed!.fates[at] !== 'open') continue;
			yield;
			const fates = narrowed!.fates;
			narrowed = this.#narrow(fates.with(at, 'kept')) ?? this.#narrow(fates.with(at, 'changes'));
			if (narrowed === undefined) return undefined;
		}
		return narrowed && this.#setOf(narrowed);
	}

	/** All of that size; undefined: nothing yet, others may be let by. */
	*ofSize(size: number): Generator<SetOfSlots | undefined> {
		const narrowed = this.#narrow(this.#first);
		if (narrowed !== undefined) yield* this.#grown(narrowed, size);
	}

	*#grown(narrowed: Narrowed, size: number): Generator<SetOfSlots | undefined> {
		yield undefined;
		this.#budget.remaining -= STEPS_PER_SET;
		if (this.#budget.remaining < 0) return;
		const { fates } = narrowed;
		const count = fates.reduce((sum, fate) => sum + Number(fate === 'changes'), 0);
		const missed = this.#missedBy(fates);
		if (count + this.#leastOf(missed) > size) return;
		if (count === size) {
			const last = this.#narrow(fates.map((fate) => (fate === 'open' ? 'kept' : fate)));
			if (last !== undefined) yield this.#setOf(last);
			return;
		}
		const fewest = missed.toSorted((one, other) => one.length - other.length)[0];
		const tried = fewest ?? [...this.#slots.keys()].filter((at) => this.#mayHelp(at, fates));
		let before: readonly Fate[] = fates;
		for (const at of tried) {
			if (before[at] !== 'open') continue;
			const next = this.#narrow(before.with(at, 'changes'));
			if (next !== undefined) yield* this.#grown(next, size);
			const others = this.#narrow(before.with(at, 'kept'));
			if (others === undefined) return;
			// What has to change then may be what was missed.
			if (others.fates.some((fate, each) => fate === 'changes' && before[each] !== 'changes')) {
				yield* this.#grown(others, size);
				return;
			}
			before = others.fates;
		}
	}

	/** What is beside one that changes, or may help in another way. */
	#mayHelp(at: number, fates: readonly Fate[]): boolean {
		if (fates[at] !== 'open') return false;
		return this.#isAlone[at]! || [...this.#beside[at]!].some((other) => fates[other] === 'changes');
	}

	/** Of each demand that is not kept to yet the slots that may change. */
	#missedBy(fates: readonly Fate[]): readonly (readonly number[])[] {
		return this.#broken
			.filter((group) => !group.some((at) => fates[at] === 'changes'))
			.map((group) => group.filter((at) => fates[at] === 'open'));
	}

	/** How many have to change at least: of those that have none in common one each. */
	#leastOf(missed: readonly (readonly number[])[]): number {
		const taken = new Set<number>();
		let least = 0;
		for (const group of missed) {
			if (group.length === 0) return Number.POSITIVE_INFINITY;
			if (group.some((at) => taken.has(at))) continue;
			for (const at of group) taken.add(at);
			least += 1;
		}
		return least;
	}

	#narrow(fates: readonly Fate[]): Narrowed | undefined {
		return this.#budget.remaining < 0 ? undefined : this.#narrowing.narrow(fates, this.#budget);
	}

	#setOf(narrowed: Narrowed): SetOfSlots {
		const members = this.#slots.filter((_, at) => narrowed.fates[at] === 'changes');
		return { members, leastCost: this.#narrowing.leastCost(narrowed) };
	}
}

function isKept({ terms, bound, isStrict }: SlotRow): boolean {
	const most = mostOfFixed(terms);
	if (most === undefined) return false;
	const apart = order(most, bound);
	return apart < 0 || (apart === 0 && !isStrict);
}
