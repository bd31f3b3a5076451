/** What numbers, times and durations would have to be for rows to hold: what changes least, each in parts of what it was. */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { determinedBy } from './equations.ts';
import { type Changing, leastChange, type Row } from './least-change.ts';
import { allowedBeside, allowedOn, type Counts } from './node-demand.ts';
import {
	add,
	decimalsOf,
	divide,
	infinity,
	isFiniteRational,
	isWhole,
	multiply,
	negate,
	order,
	type Rational,
} from './rational.ts';
import { mostOfFixed, type SlotRow } from './slot-rows.ts';
import { DECIMALS_MAX, type Slot } from './slots.ts';
import { largest, smallest } from './spans.ts';

/** What slots would have to be: a place on the line, or a text. */
export type Changed = ReadonlyMap<Slot, Rational | string>;

/** Changes that do. */
export interface Found {
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

/** What these slots, which are no texts, would have to be, none of the others changing; `mayTurn`: less than nothing, too. */
export function* numbersOf(
	rows: readonly SlotRow[],
	members: readonly Slot[],
	mayTurn: boolean,
	budget: StepBudget,
): Gradual<Found | 'none' | 'unknown'> {
	const places = new Map(members.map((slot, index) => [slot, index]));
	const amounts = members.flatMap((slot, index) => (isAmount(slot) ? [atLeastNone(index)] : []));
	const all: Row[] = [...members.flatMap(limitsOf), ...(mayTurn ? [] : amounts)];
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
		const determined = determinedBy(limited, budget);
		if (determined === 'none') return 'none';
		const { values, rows: left } = determined;
		for (const [at, value] of values) if (!isOn(members[at]!, value)) return 'none';
		const open = [...members.keys()].filter((at) => !values.has(at));
		const places = new Map(open.map((at, nth) => [at, nth]));
		const among = left.map((row) => ({
			...row,
			terms: new Map([...row.terms].map(([at, factor]) => [places.get(at)!, factor])),
		}));
		const costOfValues = [...values].reduce<Rational>((sum, [at, value]) => add(sum, costOf(members[at]!, value)), 0);
		let isAll = true;
		for (const at of [0, finer, finer + 1, DECIMALS_MAX]) {
			const isOwn = at === 0;
			const changing = open.map((member) => {
				const slot = members[member]!;
				return changingOf(slot, isOwn ? slot.decimals : Math.min(at, DECIMALS_MAX));
			});
			const found = yield* leastChange(among, changing, budget);
			if (budget.remaining < 0 && typeof found === 'string') return 'unknown';
			isAll &&= found !== 'unknown';
			if (typeof found === 'string') continue;
			const changed = new Map(
				members.map((slot, index) => [slot, values.get(index) ?? found.values[places.get(index)!]!]),
			);
			const broken = [...changed].filter(([slot, value]) => isSaidWhole(slot) && !isWhole(value)).length;
			const turned = [...changed].filter(([slot, value]) => isAmount(slot) && order(value, 0) < 0).length;
			const fewer = [...changed].filter(([slot, value]) => isOfFewer(slot, value)).length;
			return { changed, turned, broken, fewer, cost: add(found.cost, costOfValues), isLeast: found.isLeast && isAll };
		}
		return isAll ? 'none' : 'unknown';
	};
	const any = yield* solve(all);
	if (typeof any === 'string' || any.turned === 0) return any;
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

/** Whether it may be written, and items let it be. */
function isOn({ kind, line, demand }: Slot, value: Rational): boolean {
	const decimals = decimalsOf(value);
	if (decimals === undefined || decimals > (kind === 'count' || line !== 'number' ? 0 : DECIMALS_MAX)) return false;
	return demand === undefined || line === 'text' || kind === 'count' || allowedOn(demand, line, value) !== undefined;
}

/** How far it is from what was said, in parts of that. */
function costOf(slot: Slot, value: Rational): Rational {
	const { spans } = slot;
	if (spans === undefined) return 0;
	const [below, above] = [add(spans[0]!.lower, negate(value)), add(value, negate(spans.at(-1)!.upper))];
	return multiply(largest([0, below, above]), priceOf(slot));
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

/** What 1 of change costs, in parts of what it was: of memory a gibibyte is less than of processors one. */
export function priceOf({ line, spans = [] }: Slot): Rational {
	const ends = spans.length === 0 ? [] : [spans[0]!.lower, spans.at(-1)!.upper];
	const sizes = ends.filter(isFiniteRational).map((end) => (order(end, 0) < 0 ? negate(end) : end));
	const size = line === 'number' ? sizes.reduce((one, other) => (order(other, one) > 0 ? other : one), 1) : DAY_SECONDS;
	return divide(1, size);
}

function changingOf(slot: Slot, decimals: number): Changing {
	const { kind, line, spans, demand } = slot;
	const [lower, upper] = spans === undefined ? [infinity(-1), infinity(1)] : [spans[0]!.lower, spans.at(-1)!.upper];
	const isWholeOnly = kind === 'count' || line !== 'number';
	const changing = { lower, upper, price: priceOf(slot), decimals: isWholeOnly ? 0 : decimals };
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
