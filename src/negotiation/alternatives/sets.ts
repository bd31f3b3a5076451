/** Which of the client's Optional constraints can be kept to together: the set of most Importance that can be had. */
import { endsOf } from '../../agreement/jsdl/range.ts';
import type { AdmittedRange } from '../../agreement/offer/admitted.ts';
import type { Searched } from '../../capacity/search/searched.ts';
import type { OptionalDemand, OptionalDemands } from '../judge.ts';

/** What one search may still do: bounds of work that are the same wherever it is counted (H7). */
export interface Budget {
	/** Sets that may still be formed and judgements made. */
	left: number;
	readonly searched: Searched;
	/** As far as `searched` may go: what was looked through in vain. */
	readonly hostSecondsMax: number;
}

/** Sets and judgements of one search. All sets of five constraints are 31, each judged before and after the wanted start. */
const JUDGED_MAX = 128;
/** 100 hosts for 80 days: 10 to 20 ms where they are full, whatever the offer asks for (`alternatives-optional-5000`). */
const HOST_SECONDS_MAX = 100 * 80 * 86_400;
/** The sets of so many constraints, the heaviest, may take all of that; those with others a quarter. */
const HEAVIEST = 5;
const OTHERS_PART = 1 / 4;
/** Of what may be judged, how much is for each constraint by itself. */
const ALONE_PART = 1 / 4;

/** A budget for what is searched from now on, or a part of it. */
export function budgetFor(searched: Searched, part = 1): Budget {
	const { hostSeconds } = searched;
	return { left: JUDGED_MAX * part, searched, hostSecondsMax: hostSeconds + HOST_SECONDS_MAX * part };
}

/** Takes one from the sets and judgements; false where nothing is left. */
export function spend(budget: Budget): boolean {
	if (budget.left <= 0 || hostSecondsLeft(budget) <= 0) return false;
	budget.left -= 1;
	return true;
}

/** What may still be looked through. */
export function hostSecondsLeft({ searched, hostSecondsMax }: Budget): number {
	return hostSecondsMax - searched.hostSeconds;
}

/** What keeps to a set, and how much all that it keeps to weighs. */
interface Kept {
	readonly importance: number;
}

/**
 * The heaviest of what `find` finds, if it weighs more than `floor`. `find` is asked for what keeps to a set and weighs
 * so much at least; its judgements it takes from the budget itself. First all constraints together, then each alone,
 * what asks for least first, so that what others ask for beyond it need not be looked for; then one after the other,
 * the heaviest first: what holds a set that cannot be had is not formed, and one that can no longer outweigh the best is left.
 * Of finds that weigh as much, the first, or the one that `isPreferred`. Exact where the budget lasts and `find` is.
 * What cannot be had by itself may be had beside a constraint that `opens` something: it gives the site a choice that it
 * has not without it.
 */
export function heaviestSet<Found extends Kept>(
	demands: OptionalDemands,
	floor: number,
	budget: Budget,
	find: (chosen: readonly OptionalDemand[], importance: number) => Found | undefined,
	isPreferred?: (one: Found, other: Found) => boolean,
	opens: (item: OptionalDemand) => boolean = () => false,
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
	const tryOut = trying(budget, (chosen) => find(chosen, weightOf(chosen) + spoiled), opens);
	const weigh = (chosen: readonly OptionalDemand[]): boolean => {
		const found = tryOut(chosen);
		if (found !== undefined && wins(found)) best = found;
		return found !== undefined;
	};
	const isForAll = (): boolean => hostSecondsLeft(budget) > HOST_SECONDS_MAX * (1 - OTHERS_PART);
	const mayLook = (index: number): boolean => index < HEAVIEST || isForAll();
	const extend = (index: number, chosen: readonly OptionalDemand[], weight: number): void => {
		if (index === items.length || !mayLook(index) || !mayWin(weight + rests[index]!)) return;
		const more = [...chosen, items[index]!];
		if (weigh(more) || items.slice(index + 1).some(opens)) extend(index + 1, more, weight + items[index]!.importance);
		extend(index + 1, chosen, weight);
	};
	if (items.length === 0 || !mayWin(rests[0]!) || weigh(items)) return best;
	const aloneUntil = budget.left * (1 - ALONE_PART);
	for (const item of [...items].sort((one, other) => leastOf(one) - leastOf(other))) {
		if (budget.left > aloneUntil && mayLook(items.indexOf(item))) tryOut([item]);
	}
	extend(0, [], 0);
	return best;
}

/** Tries each constraint by itself once; nothing that holds a set that was not found, and beside it nothing that opens. */
function trying<Found>(
	budget: Budget,
	find: (chosen: readonly OptionalDemand[]) => Found | undefined,
	opens: (item: OptionalDemand) => boolean,
): (chosen: readonly OptionalDemand[]) => Found | undefined {
	const alone = new Map<OptionalDemand, Found>();
	const impossible: (readonly OptionalDemand[])[] = [];
	const isBeyond = (chosen: readonly OptionalDemand[], set: readonly OptionalDemand[]): boolean =>
		set.every((item) => chosen.includes(item)) && chosen.every((item) => set.includes(item) || !opens(item));
	return (chosen) => {
		const known = chosen.length === 1 ? alone.get(chosen[0]!) : undefined;
		if (known !== undefined) return known;
		if (impossible.some((set) => isBeyond(chosen, set)) || !spend(budget)) return undefined;
		const found = find(chosen);
		if (found === undefined) impossible.push(chosen);
		if (found !== undefined && chosen.length === 1) alone.set(chosen[0]!, found);
		return found;
	};
}

/** How much it asks for at least, so that several can be put in order: the sum of the logarithms of its sizes. */
function leastOf({ admits }: OptionalDemand): number {
	return admits.reduce((sum, { field, range }) => {
		return POINTS_IN_TIME.has(field) ? sum : sum + Math.log2(1 + Math.max(0, endsOf(range)?.lower ?? 0));
	}, 0);
}

const POINTS_IN_TIME: ReadonlySet<AdmittedRange['field']> = new Set(['startAt', 'endAt', 'price']);

function weightOf(items: readonly OptionalDemand[]): number {
	return items.reduce((sum, { importance }) => sum + importance, 0);
}
