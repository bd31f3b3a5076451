/** Which of the client's Optional constraints can be kept to together: the set of most Importance that can be had. */
import type { OptionalDemand, OptionalDemands } from '../judge.ts';

/** Sets that may still be formed and judgements made: a bound of work that is the same wherever it is counted (H7). */
export interface Budget {
	left: number;
}

/**
 * Sets and judgements of one search. All sets of five constraints are 31, each judged before and after the wanted start.
 * On 100 hosts with 5,000 reservations a refusal takes 63 ms where all of them are judged in vain (`alternatives-optional-5000`).
 */
export const JUDGED_MAX = 128;

/** What keeps to a set, and how much all that it keeps to weighs. */
interface Kept {
	readonly importance: number;
}

/**
 * The heaviest of what `find` finds, if it weighs more than `floor`. `find` is asked for what keeps to a set and weighs
 * so much at least; its judgements it takes from the budget itself. First all constraints together, then one after the other,
 * the heaviest first: a set that cannot be had is not extended, and one that can no longer outweigh the best is left.
 * Of finds that weigh as much, the first, or the one that `isPreferred`. Exact where the budget lasts and `find` is.
 */
export function heaviestSet<Found extends Kept>(
	demands: OptionalDemands,
	floor: number,
	budget: Budget,
	find: (chosen: readonly OptionalDemand[], importance: number) => Found | undefined,
	isPreferred?: (one: Found, other: Found) => boolean,
): Found | undefined {
	const items = demands.items
		.filter(({ importance, admits }) => importance > 0 && admits.length > 0)
		.sort((one, other) => other.importance - one.importance);
	// Whatever keeps to a set may keep to what had better not be as well.
	const spoiled = demands.items.reduce((sum, { importance }) => sum + Math.min(0, importance), 0);
	const rests = items.map((_, index) => weightOf(items.slice(index)));
	let best: Found | undefined;
	const mayWin = (weight: number): boolean => {
		if (weight <= floor || best === undefined) return weight > floor;
		return isPreferred === undefined ? weight > best.importance : weight >= best.importance;
	};
	const wins = (found: Found): boolean => {
		if (best?.importance !== found.importance) return mayWin(found.importance);
		return isPreferred?.(found, best) === true;
	};
	const weigh = (chosen: readonly OptionalDemand[]): boolean => {
		if (budget.left <= 0) return false;
		budget.left -= 1;
		const found = find(chosen, weightOf(chosen) + spoiled);
		if (found === undefined) return false;
		if (wins(found)) best = found;
		return true;
	};
	const extend = (index: number, chosen: readonly OptionalDemand[], weight: number): void => {
		if (index === items.length || !mayWin(weight + rests[index]!)) return;
		const more = [...chosen, items[index]!];
		if (weigh(more)) extend(index + 1, more, weight + items[index]!.importance);
		extend(index + 1, chosen, weight);
	};
	if (items.length > 0 && mayWin(rests[0]!) && !weigh(items)) extend(0, [], 0);
	return best;
}

function weightOf(items: readonly OptionalDemand[]): number {
	return items.reduce((sum, { importance }) => sum + importance, 0);
}
