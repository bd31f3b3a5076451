/** What checking an offer against a template may cost. */

import { metered } from '../../parts.ts';
import type { StepBudget } from './location.ts';
import { searchBudget } from './nearest-value.ts';

/** Steps of the check itself, and of the search for the nearest values; absent: one for each call. */
export interface CheckBudget extends StepBudget {
	readonly search?: StepBudget;
}

/**
 * What checking an offer may cost, all its branches together, and its share of the search that its message has. What is
 * checked is not shared: who sends an offer beside others is not refused for that.
 */
export function checkBudget(share = 1): CheckBudget {
	const search = metered(() => partOf(searchBudget(), share), 'remaining');
	return metered(() => ({ remaining: CHECK_STEPS_MAX, search }), 'remaining');
}

function partOf({ remaining }: StepBudget, share: number): StepBudget {
	return { remaining: Math.floor(remaining * share) };
}

/** The share of each offer of a message: all of them have as much as two by themselves. */
export function shareOfEach(offers: number): number {
	return Math.min(1, OFFERS_IN_FULL / offers);
}

/** One side mostly sends no more than so many together. */
const OFFERS_IN_FULL = 2;

/** For whoever wants to know whether an offer violates anything, and looks for no nearest values. */
export function verdictBudget(): CheckBudget {
	return metered(() => ({ remaining: CONSTRAINT_STEPS_MAX, search: { remaining: 0 } }), 'remaining');
}

/** What one decision may cost, and what is told at its end. */
export interface DecisionBudget extends CheckBudget {
	/** To tell what the grant that it comes to does not keep to, with the nearest values. */
	readonly telling: CheckBudget;
}

/** The same for all the grants that one decision looks at; nearest values are looked for only at its end. */
export function decisionBudget(share = 1): DecisionBudget {
	const telling = checkBudget(share);
	return metered(() => ({ remaining: DECISION_STEPS_MAX, search: { remaining: 0 }, telling }), 'remaining');
}

/**
 * Elements, attributes and comparisons per check of one offer, all its branches together: about 15 ms, in parts of one
 * constraint each. By the templates that ship a way of an offer of 8 KB takes 4,300, and one of a mixed cluster 7,700: so
 * much, 64 times.
 */
const CHECK_STEPS_MAX = 600_000;
/**
 * The same of one constraint, which is checked in one go, and of whoever checks all of them in one: about 6 ms, and
 * three times that before anything is compiled.
 */
export const CONSTRAINT_STEPS_MAX = 250_000;
/** The same for all grants of one decision that are held against the template: of an offer of 8 KB some seventy. */
const DECISION_STEPS_MAX = 300_000;
