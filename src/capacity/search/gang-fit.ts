/**
 * Whether a gang fits at a start, and where.
 *
 * Equal machines are counted; different ones must be packed, which no fast method does exactly for all cases. So an
 * answer says how far it goes: placements, or a proof that there are none, or that none were found. Proofs are that a
 * group alone has no room, or that even machines that need no more than any of several groups have none, or that
 * everything was tried (gang-exact.ts).
 */
import { part } from '../../parts.ts';
import type { SiteCalendar } from '../calendar.ts';
import type { Placement } from '../resources.ts';
import { assertGroups, GANG_GROUPS_MAX, type GangAnswer, type GangGroup, mostOnAHost, necessities } from './gang.ts';
import { ExactSearch, TRIALS_PER_BOOKING } from './gang-exact.ts';

/** What an exact search may compare and try out: some ten milliseconds. */
export const GANG_TRIALS_MAX = 200_000;

/** What many searches for gangs share: how much they may still try out beyond the least of each. Counted, not timed (H7). */
export interface GangWork {
	trialsLeft: number;
}

/** How one start is tried. */
export interface GangTry {
	/** Bounds the exact search, whatever else `work` has left; absent: `GANG_TRIALS_MAX`. */
	readonly trialsMax?: number | undefined;
	readonly work?: GangWork | undefined;
	/** All that is necessary is known to hold at that start. */
	readonly isPossible?: boolean;
}

/**
 * Whether the groups fit together at that start. The calendar is as before when this returns. O(groups! fits + trials).
 */
export function fitGang(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	startAt: number,
	how: GangTry = {},
): GangAnswer {
	assertGroups(groups);
	if (groups.length === 1) {
		const placement = calendar.fit({ ...groups[0]!, startAt });
		return placement === null ? { kind: 'none-proved' } : { kind: 'fits', placements: [placement] };
	}
	// One part: the calendar is not as it was while machines are booked to see what fits beside them.
	return part(() => {
		if (!calendar.keepsReserve(groups, startAt)) return { kind: 'none-proved' };
		const found = fitSomehow(calendar, groups, startAt, how);
		if (found.kind !== 'fits' || groups.every(({ strategy }) => strategy !== 'spread')) return found;
		return { kind: 'fits', placements: spreadOut(calendar, groups, startAt, how.trialsMax, found.placements) };
	});
}

/** One order of the groups after the other, as far as what is necessary holds; then everything that there is to try. */
function fitSomehow(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	startAt: number,
	{ trialsMax = GANG_TRIALS_MAX, work, isPossible = false }: GangTry,
): GangAnswer {
	for (const [nth, order] of ORDERS[groups.length]!.entries()) {
		const placements = placeInOrder(calendar, groups, order, startAt);
		if (placements) return { kind: 'fits', placements };
		if (nth === 0 && !isPossible && !holdNecessities(calendar, groups, startAt)) return { kind: 'none-proved' };
		if (work) work.trialsLeft -= groups.length * TRIALS_PER_BOOKING;
	}
	const most = Math.max(trialsMax, Math.min(GANG_TRIALS_MAX, work?.trialsLeft ?? 0));
	const search = new ExactSearch(calendar, groups, startAt, most);
	const answer = search.answer();
	if (work) work.trialsLeft -= most - search.trialsLeft;
	return answer;
}

/** Whether all that is necessary holds. */
function holdNecessities(calendar: SiteCalendar, groups: readonly GangGroup[], startAt: number): boolean {
	return necessities(groups).every((group) => {
		return calendar.largestCount({ ...group, startAt, countMax: group.count }) === group.count;
	});
}

/**
 * The same groups with those that spread on more hosts, as far as they can be: the fewest machines on any one host are
 * found by halving, between what the group has now and what it could have were it alone. O(log machines on a host) fits
 * for each group that spreads.
 */
function spreadOut(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	startAt: number,
	trialsMax: number | undefined,
	placements: readonly Placement[],
): readonly Placement[] {
	let best = placements;
	let bounded = groups;
	for (const [nth, group] of groups.entries()) {
		if (group.strategy !== 'spread') continue;
		const atMost = (most: number) => bounded.with(nth, { ...group, machinesPerHostMax: most });
		let high = mostOnAHost(best[nth]!);
		const alone = calendar.fit({ ...group, startAt });
		for (let low = alone === null ? high : mostOnAHost(alone); low < high; ) {
			const middle = Math.floor((low + high) / 2);
			const answer = fitSomehow(calendar, atMost(middle), startAt, { trialsMax });
			if (answer.kind === 'fits') {
				best = answer.placements;
				high = mostOnAHost(best[nth]!);
			} else low = middle + 1;
		}
		bounded = atMost(high);
	}
	return best;
}

/** The groups one after the other, each packed beside those before it; null where one finds no room. */
function placeInOrder(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	order: readonly number[],
	startAt: number,
): readonly Placement[] | null {
	const placements: Placement[] = [];
	const booked: Placement[] = [];
	for (const nth of order) {
		const placement = calendar.fit({ ...groups[nth]!, startAt });
		if (!placement) break;
		placements[nth] = placement;
		// Beside the last nothing is placed any more.
		if (booked.length === order.length - 1) break;
		calendar.book(placement);
		booked.push(placement);
	}
	for (const placement of booked) calendar.release(placement);
	return Object.keys(placements).length === groups.length ? placements : null;
}

/** Every order of so many, first the one in which they are. */
function orders(length: number): readonly (readonly number[])[] {
	if (length === 0) return [[]];
	return orders(length - 1).flatMap((order) =>
		Array.from({ length }, (_, nth) => order.toSpliced(length - 1 - nth, 0, length - 1)),
	);
}

/** By the number of groups. */
const ORDERS = Array.from({ length: GANG_GROUPS_MAX + 1 }, (_, length) => orders(length));
