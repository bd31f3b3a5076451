/** The nearest value of types whose values have parts: lists and unions. */
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { findNearestValue } from './nearest-value.ts';
import type { ValueSpace } from './simple-type.ts';

/** The types that are looked at here. */
export const COMPOSITE: ReadonlySet<ValueSpace> = new Set(['list', 'union']);

/** The text itself where the member or item allows it, or the nearest that does. */
export type NearestOf = (member: ValueRestriction, text: string) => string | undefined;

/**
 * The nearest value, or undefined where none falls out: one that is enumerated; of a union the nearest of a member, of
 * several the one with the fewest different characters; a list with the nearest of each item, and as many of them as may
 * be. Each is tried before it is told.
 */
export function findNearestComposite(
	{ type, whiteSpace, steps }: ValueRestriction,
	value: string,
	nearestOf: NearestOf,
	isAllowed: (text: string) => boolean,
	budget: StepBudget,
): string | undefined {
	// Without lengths: those are not of characters.
	const withoutCounts = steps.map((step) => ({ ...step, counts: [] }));
	const among = (all: ValueRestriction['steps']): string | undefined =>
		findNearestValue({ type, whiteSpace, steps: all }, value, { intervals: [] }, isAllowed, budget);
	const listed = among(withoutCounts);
	if (listed !== undefined || steps.some(({ enumeration }) => enumeration.length > 0)) return listed;
	const most = lengthMax(steps);
	const members = type.members ?? [];
	if (type.space === 'union') {
		const near = members.map((member) => nearestOf(member, value)).filter((text) => text !== undefined);
		return among([{ bounds: [], counts: [], patterns: [], enumeration: near.map((text) => ({ text })) }]);
	}
	const items = value === '' ? [] : value.split(' ');
	const near: string[] = [];
	for (const item of items.slice(0, most)) {
		const nearest = budget.remaining < 0 ? undefined : nearestOf(members[0]!, item);
		if (nearest === undefined) return undefined;
		near.push(nearest);
	}
	const text = near.join(' ');
	return isAllowed(text) ? text : undefined;
}

function lengthMax(steps: ValueRestriction['steps']): number {
	const counts = steps.flatMap((step) => step.counts);
	return Math.min(
		...counts.filter(({ kind }) => kind === 'length' || kind === 'maxLength').map(({ count }) => count),
		Number.MAX_SAFE_INTEGER,
	);
}
