/** The nearest value of types whose values have parts: lists and unions. */
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { findNearestValue } from './nearest-value.ts';
import { nearestAmongTexts, type SearchNotes, type Trials } from './nearest-written.ts';
import type { ValueSpace } from './simple-type.ts';
import { lengthsOf } from './value-machines.ts';

/** The types that are looked at here. */
export const COMPOSITE: ReadonlySet<ValueSpace> = new Set(['list', 'union']);

/** The text itself where the member or item allows it, or the nearest that does. */
export type NearestOf = (member: ValueRestriction, text: string) => string | undefined;

/**
 * The nearest value, or undefined where none falls out: one that is enumerated; of a union the nearest of a member, of
 * several the one with the fewest different characters; a list with the nearest of each item, and as many of them as may
 * be, or where a pattern says how the whole list is written the nearest text. Each is tried before it is told.
 */
export function findNearestComposite(
	restriction: ValueRestriction,
	value: string,
	nearestOf: NearestOf,
	trials: Trials,
	budget: StepBudget,
	notes: SearchNotes,
): string | undefined {
	const { type, whiteSpace, steps } = restriction;
	// Without lengths: those are not of characters.
	const withoutCounts = steps.map((step) => ({ ...step, counts: [] }));
	const among = (all: ValueRestriction['steps']): string | undefined =>
		findNearestValue({ type, whiteSpace, steps: all }, value, { intervals: [] }, trials, budget, notes);
	const listed = among(withoutCounts);
	if (listed !== undefined || steps.some(({ enumeration }) => enumeration.length > 0)) return listed;
	if (type.space === 'union') {
		const near = membersWithin(restriction)
			.map((member) => nearestOf(member, value))
			.filter((text) => text !== undefined);
		return among([{ bounds: [], counts: [], patterns: [], enumeration: near.map((text) => ({ text })) }]);
	}
	const list = nearestList(restriction, value, nearestOf, budget);
	if (list !== undefined && trials.isAllowed(list)) return list;
	return nearestAmongTexts({ restriction, allowed: { intervals: [] }, ...trials, budget, notes }, value);
}

/** Each item as it is or the nearest that is allowed; of too many the first, of too few the last once more. */
function nearestList(
	{ type, steps }: ValueRestriction,
	value: string,
	nearestOf: NearestOf,
	budget: StepBudget,
): string | undefined {
	const [least, most] = lengthsOf(steps);
	const items = value === '' ? [] : value.split(' ');
	const near: string[] = [];
	const wanted = Math.max(least, type.isNeverEmpty ? 1 : 0, Math.min(items.length, most));
	for (let index = 0; index < Math.min(wanted, ITEMS_MAX); index += 1) {
		const item = items[index] ?? near.at(-1) ?? '';
		const nearest = budget.remaining < 0 ? undefined : nearestOf(type.members![0]!, item);
		if (nearest === undefined) return undefined;
		near.push(nearest);
	}
	return near.join(' ');
}

/** A longer list is no help to anybody. */
const ITEMS_MAX = 1000;

/** The members of a union, with what the union itself demands of how they are written. */
function membersWithin(restriction: ValueRestriction): readonly ValueRestriction[] {
	const { type, steps } = restriction;
	const patterned = steps.filter(({ patterns }) => patterns.length > 0);
	if (patterned.length === 0) return type.members ?? [];
	const known = WITHIN.get(restriction);
	if (known !== undefined) return known;
	const members = (type.members ?? []).map((member) => ({ ...member, steps: [...member.steps, ...patterned] }));
	WITHIN.set(restriction, members);
	return members;
}

/** Of each member the same restriction every time: what is found out about it stays. */
const WITHIN = new WeakMap<ValueRestriction, readonly ValueRestriction[]>();
