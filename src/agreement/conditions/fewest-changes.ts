/**
 * The fewest slots that have to change for demands to hold, and to what: sets of slots of growing size, each of which has
 * one of every demand that is not kept to; of each set what changes least, numbers each in parts of what it was.
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { type Changed, type Found, numbersOf } from './changes-of-numbers.ts';
import { nearestTexts } from './nearest-texts.ts';
import { add, order, type Rational, toDouble } from './rational.ts';
import { SetsOfSlots } from './sets-of-slots.ts';
import type { Demands } from './slot-rows.ts';
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

/**
 * The fewest of any of the ways that `holds` finds to do; undefined where none does. Where the budget is spent before all
 * smaller sets were looked at, those that were found first, of all slots that may change those that have to.
 */
export function* fewestChanges(
	ways: readonly Way[],
	holds: (changed: Changed) => boolean,
	budget: StepBudget,
): Gradual<FewestChanges | undefined> {
	const looked = yield* withShareGradually(budget, 3 / 2, (share) => fewestOf(ways, holds, false, share));
	if (looked.isKnown && looked.best !== undefined)
		return { changed: looked.best.changed, isProven: looked.best.isLeast };
	const any = looked.best ?? looked.first ?? (yield* anyOf(ways, holds, budget));
	// Negative numbers, where nothing else does.
	const turned = any?.turned === 0 ? any : ((yield* fewestOf(ways, holds, true, budget)).best ?? any);
	return turned && { changed: turned.changed, isProven: false };
}

/** What was found of the fewest, whether it is known to be; and before it. */
interface Looked {
	readonly best: Found | undefined;
	readonly first: Found | undefined;
	readonly isKnown: boolean;
}

function* fewestOf(
	ways: readonly Way[],
	holds: (changed: Changed) => boolean,
	mayTurn: boolean,
	budget: StepBudget,
): Gradual<Looked> {
	let first: Found | undefined;
	let most = 0;
	const possible: { readonly demands: Demands; readonly sets: SetsOfSlots }[] = [];
	for (const { demands, slots } of ways) {
		yield;
		const sets = new SetsOfSlots(demands, slots, mayTurn, budget);
		const some = yield* sets.any();
		if (some === undefined) continue;
		possible.push({ demands, sets });
		most = Math.max(most, slots.length);
		if (first !== undefined && weightOf(first) <= some.members.length) continue;
		const found = yield* changesOf(demands, some.members, mayTurn, budget);
		if (typeof found === 'string') continue;
		if ((first === undefined || weightOf(found) < weightOf(first)) && holds(found.changed)) first = found;
	}
	let [best, isKnown]: [Found | undefined, boolean] = [undefined, true];
	for (let size = 1; size <= Math.min(most, best === undefined ? most : weightOf(best)); size += 1) {
		for (const { demands, sets } of possible) {
			for (const each of sets.ofSize(size)) {
				yield;
				if (each === undefined) continue;
				const { members, leastCost } = each;
				if (best !== undefined && isBeforeAny(best, members.length, leastCost)) continue;
				const found = yield* changesOf(demands, members, mayTurn, budget);
				if (found === 'none') continue;
				if (found === 'unknown') isKnown = false;
				else if ((best === undefined || isBefore(found, best)) && holds(found.changed)) best = found;
			}
		}
		if (budget.remaining < 0) return { best: best ?? first, first, isKnown: false };
	}
	return { best, first, isKnown };
}

/** Where nothing was found in time: of all slots that may change those that have to. */
function* anyOf(
	ways: readonly Way[],
	holds: (changed: Changed) => boolean,
	budget: StepBudget,
): Gradual<Found | undefined> {
	let best: Found | undefined;
	for (const { demands, slots } of ways) {
		const any = yield* changesOfAny(demands, slots, budget);
		if (typeof any === 'string') continue;
		const isFewer = best === undefined || (any.turned - best.turned || weightOf(any) - weightOf(best)) < 0;
		if (isFewer && holds(any.changed)) best = any;
	}
	return best;
}

/** Whether of so many changes, which cost no less than that, none is nearer. */
function isBeforeAny(best: Found, size: number, leastCost: number): boolean {
	if (best.turned > 0 || best.fewer > 0 || best.broken > 0) return false;
	return weightOf(best) < size || toDouble(best.cost) < leastCost - COST_ROOM * (1 + leastCost);
}

/** What costs are calculated to by doubles may be a little more. */
const COST_ROOM = 1e-6;

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
	let found = yield* changesOf(demands, slots, true, budget);
	if (typeof found === 'string') return found;
	const fewerThan = function* (all: Found, isLeft: (slot: Slot) => boolean): Gradual<Found> {
		yield;
		const fewer = [...all.changed.keys()].filter(isLeft);
		if (budget.remaining < 0 || fewer.length === all.changed.size) return all;
		const without = yield* changesOf(demands, fewer, true, budget);
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

/** What these slots would have to be, none of the others changing. */
function* changesOf(
	demands: Demands,
	members: readonly Slot[],
	mayTurn: boolean,
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
		mayTurn,
		budget,
	);
	if (typeof numbers === 'string') return numbers;
	const changed = new Map<Slot, Rational | string>([...texts.changed, ...numbers.changed]);
	return { ...numbers, changed, cost: add(numbers.cost, texts.cost), isLeast: numbers.isLeast && texts.isLeast };
}
