/**
 * The fewest slots that have to change for demands to hold, and to what: sets of slots of growing size, each of which has
 * one of every demand that is not kept to; of each set what changes least, numbers each in parts of what it was.
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { type Changing, leastChange, type Row } from './least-change.ts';
import { isTextKept, nearestTexts, textOf } from './nearest-texts.ts';
import { allowedBeside, allowedOn, type Counts } from './node-demand.ts';
import {
	add,
	decimalsOf,
	divide,
	infinity,
	isFiniteRational,
	isWhole,
	negate,
	order,
	type Rational,
} from './rational.ts';
import { type Demands, mostOfFixed, type SlotRow } from './slot-rows.ts';
import { DECIMALS_MAX, type Slot } from './slots.ts';
import { isPoint, largest, smallest } from './spans.ts';

/** What slots would have to be: a place on the line, or a text. */
export type Changed = ReadonlyMap<Slot, Rational | string>;

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

interface Found {
	readonly changed: Changed;
	/** How many become negative that were not. */
	readonly turned: number;
	/** How many whole numbers become others. */
	readonly broken: number;
	/** Of how many Locations there would be fewer. */
	readonly fewer: number;
	readonly cost: Rational;
	readonly isLeast: boolean;
}

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

function* numbersOf(
	rows: readonly SlotRow[],
	members: readonly Slot[],
	budget: StepBudget,
): Gradual<Found | 'none' | 'unknown'> {
	const places = new Map(members.map((slot, index) => [slot, index]));
	const all: Row[] = members.flatMap(limitsOf);
	let decimals = 0;
	for (const { terms, bound, isStrict } of rows) {
		const changing = new Map<number, Rational>();
		for (const { slot, factor } of terms) {
			const at = places.get(slot);
			if (at !== undefined) changing.set(at, add(changing.get(at) ?? 0, factor));
		}
		if (changing.size === 0) continue;
		const fixed = mostOfFixed(terms.filter(({ slot }) => !places.has(slot)));
		if (fixed === undefined) return 'none';
		const left = add(bound, negate(fixed));
		decimals = Math.max(decimals, decimalsOf(left) ?? DECIMALS_MAX);
		all.push({ terms: changing, bound: left, isStrict });
	}
	if (!members.every((slot, index) => mayBe(slot, index, all, budget))) return 'none';
	const finer = Math.min(DECIMALS_MAX, Math.max(decimals, ...members.map((slot) => slot.decimals)));
	const solve = function* (limited: readonly Row[]): Gradual<Found | 'none' | 'unknown'> {
		for (const at of [0, finer, finer + 1, DECIMALS_MAX]) {
			const isOwn = at === 0;
			const changing = members.map((slot) => changingOf(slot, isOwn ? slot.decimals : Math.min(at, DECIMALS_MAX)));
			const found = yield* leastChange(limited, changing, budget);
			if (found === 'unknown') return found;
			if (found === 'none') continue;
			const changed = new Map(members.map((slot, index) => [slot, found.values[index]!]));
			const broken = [...changed].filter(([slot, value]) => isSaidWhole(slot) && !isWhole(value)).length;
			const turned = [...changed].filter(([slot, value]) => isAmount(slot) && order(value, 0) < 0).length;
			const fewer = [...changed].filter(([slot, value]) => isOfFewer(slot, value)).length;
			return { changed, turned, broken, fewer, cost: found.cost, isLeast: found.isLeast };
		}
		return 'none';
	};
	const any = yield* solve(all);
	if (typeof any === 'string' || any.turned === 0) return any;
	const amounts = members.flatMap((slot, index) => (isAmount(slot) ? [atLeastNone(index)] : []));
	const kept = yield* solve([...all, ...amounts]);
	return typeof kept === 'string' ? any : kept;
}

/** Whether what the rows say of the slot alone leaves it anything: of several ways most are out of the question so. */
function mayBe({ demand, line }: Slot, index: number, rows: readonly Row[], budget: StepBudget): boolean {
	budget.remaining -= rows.length;
	const ends = rows.flatMap(({ terms, bound, isStrict }) => {
		const factor = terms.size === 1 ? terms.get(index) : undefined;
		if (factor === undefined || factor === 0) return [];
		return [{ end: divide(bound, factor), isUpper: order(factor, 0) > 0, isStrict }];
	});
	const lower = largest([infinity(-1), ...ends.filter(({ isUpper }) => !isUpper).map(({ end }) => end)]);
	const upper = smallest([infinity(1), ...ends.filter(({ isUpper }) => isUpper).map(({ end }) => end)]);
	const apart = order(lower, upper);
	if (apart !== 0) return apart < 0;
	if (ends.some(({ end, isStrict }) => isStrict && order(end, lower) === 0)) return false;
	return demand === undefined || line === 'text' || allowedOn(demand, line, lower) !== undefined;
}

/** Whether it is a number that is not negative, or none yet: nobody means less than nothing by it. */
function isAmount({ line, spans }: Slot): boolean {
	return line === 'number' && (spans === undefined || order(spans[0]!.lower, 0) >= 0);
}

function atLeastNone(index: number): Row {
	return { terms: new Map([[index, -1]]), bound: 0, isStrict: false };
}

function isOfFewer({ kind, spans }: Slot, count: Rational): boolean {
	return kind === 'count' && spans !== undefined && order(count, spans[0]!.lower) < 0;
}

function isSaidWhole({ decimals, spans }: Slot): boolean {
	return decimals === 0 && spans !== undefined;
}

/** In parts of what it was: of memory a gibibyte is less than of processors one. */
function changingOf({ kind, line, spans, demand }: Slot, decimals: number): Changing {
	const [lower, upper] = spans === undefined ? [infinity(-1), infinity(1)] : [spans[0]!.lower, spans.at(-1)!.upper];
	const sizes = [lower, upper].filter(isFiniteRational).map((end) => (order(end, 0) < 0 ? negate(end) : end));
	const size = line === 'number' ? sizes.reduce((one, other) => (order(other, one) > 0 ? other : one), 1) : DAY_SECONDS;
	const isWholeOnly = kind === 'count' || line !== 'number';
	const changing = { lower, upper, price: divide(1, size), decimals: isWholeOnly ? 0 : decimals };
	if (demand === undefined || line === 'text' || kind === 'count') return changing;
	const beside: Changing['beside'] = (at, digits) => allowedBeside(demand, line, at, digits);
	return { ...changing, beside, isListed: demand.isListed(line) };
}

/** What times and durations are told apart by. */
const DAY_SECONDS = 86_400;

/** What no document can say. */
function limitsOf({ kind, line, counts }: Slot, index: number): readonly Row[] {
	const at = (factor: Rational, bound: Rational): Row => ({
		terms: new Map([[index, factor]]),
		bound,
		isStrict: false,
	});
	if (kind === 'count') return [at(-1, -(counts?.least ?? 0)), ...(isBounded(counts) ? [at(1, counts.most)] : [])];
	if (line === 'duration') return [atLeastNone(index)];
	return line === 'dateTime' ? [at(-1, -FIRST_SECOND), at(1, LAST_SECOND)] : [];
}

function isBounded(counts: Counts | undefined): counts is Counts {
	return counts !== undefined && Number.isFinite(counts.most);
}

/** Times are those of the years 1 to 9999. */
const FIRST_SECOND = -62_135_596_800;
const LAST_SECOND = 253_402_300_799;
