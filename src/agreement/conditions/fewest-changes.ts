/**
 * The fewest slots that have to change for demands to hold, and to what: sets of slots of growing size, each of which has
 * one of every demand that is not kept to; of each set what changes least, numbers each in parts of what it was.
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { type Changed, type Found, numbersOf } from './changes-of-numbers.ts';
import { isTextKept, nearestTexts, textOf } from './nearest-texts.ts';
import { add, order, type Rational } from './rational.ts';
import { type Demands, mostOfFixed, type SlotRow } from './slot-rows.ts';
import type { Slot } from './slots.ts';
import { isPoint } from './spans.ts';

/** Slots that change together, and whether no fewer would do, nor less of change. */
export interface FewestChanges {
	readonly changed: Changed;
	readonly isProven: boolean;
}

/** One of several ways, and the slots that may change in it. */
export interface Way {
	readonly demands: Demands;
	readonly slots: readonly Slot[];
}

/** Steps of a budget: to look at a set of slots. */
const STEPS_PER_SET = 80;

/**
 * The fewest of any of the ways that `holds` finds to do; undefined where none does. Where the budget is spent before all
 * smaller sets were looked at, those that were found first, of all slots that may change those that have to.
 */
export function* fewestChanges(
	ways: readonly Way[],
	holds: (changed: Changed) => boolean,
	budget: StepBudget,
): Gradual<FewestChanges | undefined> {
	const half: StepBudget = { remaining: budget.remaining / 2 };
	const before = half.remaining;
	let first: Found | undefined;
	/** Where there is nothing else. */
	let turned: Found | undefined;
	const possible: Way[] = [];
	for (const way of ways) {
		const any = yield* changesOfAny(way.demands, way.slots, half);
		if (any !== 'none') possible.push(way);
		if (typeof any === 'string') continue;
		const isFewer = first === undefined || (any.turned - first.turned || weightOf(any) - weightOf(first)) < 0;
		if (isFewer && holds(any.changed)) first = any;
	}
	budget.remaining -= before - half.remaining;
	if (half.remaining < 0) budget.isShort = true;
	const most = first?.turned === 0 ? weightOf(first) : SIZE_MAX;
	let lightest: Found | undefined;
	let isKnown = true;
	for (let size = 1; size <= Math.min(most, lightest === undefined ? most : weightOf(lightest)); size += 1) {
		let best = lightest;
		for (const { demands, slots } of possible) {
			for (const members of setsOf(demands, slots, size, budget)) {
				yield;
				const found = yield* changesOf(demands, members, budget);
				if (found === 'none') continue;
				if (found === 'unknown') isKnown = false;
				else if ((best === undefined || isBefore(found, best)) && holds(found.changed)) best = found;
			}
		}
		if (budget.remaining < 0) {
			const found = [best, first, turned].filter((each) => each !== undefined);
			const [told] = found.toSorted((one, other) => one.turned - other.turned);
			return told && { changed: told.changed, isProven: false };
		}
		if (best?.turned === 0) lightest = best;
		else turned ??= best;
	}
	if (lightest !== undefined) return { changed: lightest.changed, isProven: isKnown && lightest.isLeast };
	const left = first !== undefined && (turned === undefined || first.turned < turned.turned) ? first : turned;
	return left && { changed: left.changed, isProven: false };
}

/** Where it is not known how many would do at all: more together are no help to anybody. */
const SIZE_MAX = 3;

/** To leave out what somebody said counts for two: what to say instead is more help. */
function weightOf({ changed, fewer }: Found): number {
	return changed.size + fewer;
}

function isBefore(one: Found, other: Found): boolean {
	const kept =
		one.turned - other.turned ||
		weightOf(one) - weightOf(other) ||
		one.fewer - other.fewer ||
		one.broken - other.broken;
	return (kept || order(one.cost, other.cost)) < 0;
}

/** Of all slots those that change, without what need not. */
function* changesOfAny(
	demands: Demands,
	slots: readonly Slot[],
	budget: StepBudget,
): Gradual<Found | 'none' | 'unknown'> {
	let found = yield* changesOf(demands, slots, budget);
	if (typeof found === 'string') return found;
	const fewerThan = function* (all: Found, isLeft: (slot: Slot) => boolean): Gradual<Found> {
		yield;
		const fewer = [...all.changed.keys()].filter(isLeft);
		if (budget.remaining < 0 || fewer.length === all.changed.size || !isHit(demands, fewer)) return all;
		const without = yield* changesOf(demands, fewer, budget);
		return typeof without === 'string' || without.turned > all.turned ? all : without;
	};
	const { changed } = found;
	found = yield* fewerThan(found, (slot) => hasMoved(slot, changed.get(slot)!));
	for (const each of found.changed.keys()) found = yield* fewerThan(found, (slot) => slot !== each);
	return found;
}

function hasMoved({ spans, text }: Slot, to: Rational | string): boolean {
	if (typeof to === 'string') return text !== to;
	const [span, ...others] = spans ?? [];
	return span === undefined || others.length > 0 || !isPoint(span) || order(span.lower, to) !== 0;
}

/** All sets of so many slots that have one of every demand that is not kept to. */
function* setsOf(
	demands: Demands,
	slots: readonly Slot[],
	size: number,
	budget: StepBudget,
): Generator<readonly Slot[]> {
	const seen = new Set<string>();
	const numbers = new Map(slots.map((slot, index) => [slot, index]));
	const open = slotsOfBroken(demands).map((each) => each.filter((slot) => numbers.has(slot)));
	yield* grown([]);

	function* grown(members: readonly Slot[]): Generator<readonly Slot[]> {
		budget.remaining -= STEPS_PER_SET + open.length;
		const key = members
			.map((slot) => numbers.get(slot)!)
			.sort((one, other) => one - other)
			.join();
		if (seen.has(key) || budget.remaining < 0) return;
		seen.add(key);
		const missed = open.find((each) => !each.some((slot) => members.includes(slot)));
		if (members.length === size) {
			if (missed === undefined) yield members;
			return;
		}
		for (const slot of missed ?? slots) if (!members.includes(slot)) yield* grown([...members, slot]);
	}
}

function isHit(demands: Demands, members: readonly Slot[]): boolean {
	return slotsOfBroken(demands).every((each) => each.some((slot) => members.includes(slot)));
}

/** The slots of each demand that is not kept to as it is. */
function slotsOfBroken({ rows, texts, wrong }: Demands): readonly (readonly Slot[])[] {
	const known = BROKEN.get(rows);
	if (known !== undefined) return known;
	const slots = [
		...wrong.map((slot) => [slot]),
		...rows.filter((row) => !isKept(row)).map(({ terms }) => terms.map(({ slot }) => slot)),
		...texts
			.filter((row) => !isTextKept(row, textOf))
			.map(({ sides }) => sides.filter((side) => typeof side !== 'string')),
	];
	BROKEN.set(rows, slots);
	return slots;
}

/** By the rows of the demands: each is asked for many sets. */
const BROKEN = new WeakMap<readonly SlotRow[], readonly (readonly Slot[])[]>();

function isKept({ terms, bound, isStrict }: SlotRow): boolean {
	const most = mostOfFixed(terms);
	if (most === undefined) return false;
	const apart = order(most, bound);
	return apart < 0 || (apart === 0 && !isStrict);
}

/** What these slots would have to be, none of the others changing. */
function* changesOf(
	demands: Demands,
	members: readonly Slot[],
	budget: StepBudget,
): Gradual<Found | 'none' | 'unknown'> {
	const texts = nearestTexts(
		demands.texts,
		members.filter(({ line }) => line === 'text'),
		budget,
	);
	if (texts === undefined) return budget.remaining < 0 ? 'unknown' : 'none';
	const numbers = yield* numbersOf(
		demands.rows,
		members.filter(({ line }) => line !== 'text'),
		budget,
	);
	if (typeof numbers === 'string') return numbers;
	const changed = new Map<Slot, Rational | string>([...texts.changed, ...numbers.changed]);
	return { ...numbers, changed, cost: add(numbers.cost, texts.cost), isLeast: numbers.isLeast && texts.isLeast };
}
