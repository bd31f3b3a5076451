/**
 * Machines of several shapes that start together, all or nothing: a head and its workers, say. Machines of one group are
 * equal.
 *
 * Equal machines are counted; different ones must be packed, which no fast method does exactly for all cases. So an
 * answer says how far it goes: placements, or a proof that there are none, or that none were found. Proofs are that a
 * group alone has no room, or that even machines that need no more than any of several groups have none, or that
 * everything was tried: host by host, how many of each group it can carry together with what the hosts before it carry.
 * For the few groups and hundreds of machines of a real cluster that is little; beyond a bound it is left out.
 */
import type { SiteCalendar } from '../calendar.ts';
import {
	defineUsage,
	failAssertion,
	type Placement,
	RESOURCE_NAMES,
	type ResourceVector,
	type Usage,
	type UsagePhase,
} from '../resources.ts';
import type { MachinesQuestion, Strategy } from './questions.ts';

/**
 * Equal machines, and what they say about hosts. `spread` holds beside the other groups: as few of them on any one host
 * as places were found for, and of groups that spread the earlier before the later. What packs may lie anywhere.
 */
export interface GangGroup extends MachinesQuestion {
	readonly count: number;
	readonly usage: Usage;
	readonly strategy?: Strategy;
}

/** Where a gang is: its first group where a group alone would be, and the further ones, which start with it. */
export interface GangPlacement extends Placement {
	/** Absent: there is one group. */
	readonly others?: readonly Placement[];
}

/** The placements of all groups, in their order. */
export function placementsOf(gang: GangPlacement): readonly Placement[] {
	if (gang.others === undefined) return [gang];
	const { others, ...first } = gang;
	return [first, ...others];
}

/** The placements of groups as those of a gang: at least one, in their order. */
export function gangOf(placements: readonly Placement[]): GangPlacement {
	return placements.length === 1 ? placements[0]! : { ...placements[0]!, others: placements.slice(1) };
}

export type GangAnswer =
	/** One placement for each group, in their order. */
	| { readonly kind: 'fits'; readonly placements: readonly Placement[] }
	/** There are none. */
	| { readonly kind: 'none-proved' }
	/** None were found, and it is not proved that there are none. */
	| { readonly kind: 'none-found' };

/** A gang of more shapes is several gangs; every subset of the groups is looked at. */
export const GANG_GROUPS_MAX = 4;
/** What an exact search may compare and try out: some ten milliseconds. */
export const GANG_TRIALS_MAX = 200_000;
/** A booking that is tried out costs as much as so many comparisons. */
const TRIALS_PER_BOOKING = 20;

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
	if (!calendar.keepsReserve(groups, startAt)) return { kind: 'none-proved' };
	const found = fitSomehow(calendar, groups, startAt, how);
	if (found.kind !== 'fits' || groups.every(({ strategy }) => strategy !== 'spread')) return found;
	return { kind: 'fits', placements: spreadOut(calendar, groups, startAt, how.trialsMax, found.placements) };
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

/** The most machines of a placement that lie on one host. */
export function mostOnAHost({ machines }: Placement): number {
	const counts = new Map<string, number>();
	for (const { host, count } of machines) counts.set(host, (counts.get(host) ?? 0) + count);
	return Math.max(0, ...counts.values());
}

/**
 * What must be so wherever the groups fit: groups of equal machines that would have to fit alone. For every subset of
 * the groups as many machines as they have together, each of which needs at every instant the least that any of theirs
 * does. Those of one group first.
 */
export function necessities(groups: readonly GangGroup[]): readonly GangGroup[] {
	const found: GangGroup[] = [];
	for (let subset = 1; subset < 2 ** groups.length; subset++) {
		const members = groups.filter((_, nth) => subset & (2 ** nth));
		const usage = members.map((group) => group.usage as Usage | null).reduce(leastOf);
		if (!usage) continue;
		const count = members.reduce((sum, group) => sum + group.count, 0);
		const most = members.reduce((sum, { machinesPerHostMax = Infinity }) => sum + machinesPerHostMax, 0);
		const hosts = hostsOfAny(members);
		found.push({
			count,
			usage,
			...(hosts && { candidateHosts: hosts }),
			...(most < Infinity && { machinesPerHostMax: most }),
		});
	}
	return found.sort((a, b) => a.count - b.count);
}

/** The hosts on which any of them may lie; the very list, where it is that of all: the calendar knows it again. */
function hostsOfAny(members: readonly GangGroup[]): readonly string[] | undefined {
	const [first] = members;
	const hosts = first!.candidateHosts;
	if (!hosts || members.some(({ candidateHosts }) => !candidateHosts)) return undefined;
	const isSame = ({ candidateHosts: own }: GangGroup): boolean =>
		own === hosts || (own!.length === hosts.length && own!.every((host, nth) => host === hosts[nth]));
	return members.every(isSame) ? hosts : [...new Set(members.flatMap(({ candidateHosts }) => candidateHosts!))];
}

/** What is used at every instant by whichever machine uses less of a resource; null where that is nothing at all. */
function leastOf(one: Usage | null, other: Usage | null): Usage | null {
	if (!one || !other) return null;
	const phases: UsagePhase[] = [];
	for (const left of one) {
		for (const right of other) {
			const offsetSeconds = Math.max(left.offsetSeconds, right.offsetSeconds);
			const durationSeconds =
				Math.min(left.offsetSeconds + left.durationSeconds, right.offsetSeconds + right.durationSeconds) -
				offsetSeconds;
			if (durationSeconds <= 0) continue;
			const least = (name: keyof ResourceVector): number => Math.min(left.demand[name], right.demand[name]);
			const demand = {
				cpuMillicores: least('cpuMillicores'),
				memoryBytes: least('memoryBytes'),
				diskBytes: least('diskBytes'),
				networkBitsPerSecond: least('networkBitsPerSecond'),
			};
			if (RESOURCE_NAMES.some((name) => demand[name] > 0)) phases.push({ offsetSeconds, durationSeconds, demand });
		}
	}
	return phases.length === 0 ? null : defineUsage(phases);
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

/** How many machines of each group. */
type Counts = readonly number[];

/** Machines that are placed: on the hosts before this one, and on it. */
interface Laid {
	readonly counts: Counts;
	readonly before: Laid | null;
	readonly host: string;
}

/**
 * The exact search: host by host, every number of machines of each group that the hosts up to it can carry together, as
 * far as no other outdoes it. A class for one answer.
 */
class ExactSearch {
	private readonly calendar: SiteCalendar;
	private readonly groups: readonly GangGroup[];
	private readonly startAt: number;
	/** Less than nothing where they were not enough. */
	trialsLeft: number;

	constructor(calendar: SiteCalendar, groups: readonly GangGroup[], startAt: number, trialsMax: number) {
		this.calendar = calendar;
		this.groups = groups;
		this.startAt = startAt;
		this.trialsLeft = trialsMax;
	}

	answer(): GangAnswer {
		let reached: readonly Laid[] = [{ counts: this.groups.map(() => 0), before: null, host: '' }];
		const any = hostsOfAny(this.groups);
		const candidates = any && new Set(any);
		for (const { name: host } of this.calendar.hosts) {
			if (candidates && !candidates.has(host)) continue;
			const loads = this.loadsOf(host);
			const next: Laid[] = [];
			for (const before of reached) {
				for (const load of loads) {
					const counts = before.counts.map((count, nth) => Math.min(count + load[nth]!, this.groups[nth]!.count));
					const laid = { counts, before, host };
					if (counts.every((count, nth) => count === this.groups[nth]!.count)) {
						return { kind: 'fits', placements: this.placementsOf(laid) };
					}
					this.keep(laid, next);
				}
			}
			if (this.trialsLeft < 0) return { kind: 'none-found' };
			reached = next;
		}
		return { kind: 'none-proved' };
	}

	/** Adds it to those of which none outdoes another, unless one of them outdoes it. */
	private keep(laid: Laid, kept: Laid[]): void {
		this.trialsLeft -= kept.length + 1;
		if (this.trialsLeft < 0 || kept.some(({ counts }) => isWithin(laid.counts, counts))) return;
		let left = 0;
		for (const other of kept) if (!isWithin(other.counts, laid.counts)) kept[left++] = other;
		kept.length = left;
		kept.push(laid);
	}

	/** How many machines of each group the host can carry together, as far as no other load outdoes it. */
	private loadsOf(host: string): readonly Counts[] {
		const all: number[][] = [];
		const tryGroup = (load: Counts): void => {
			this.trialsLeft -= TRIALS_PER_BOOKING;
			if (this.trialsLeft < 0) return;
			const { count, usage, candidateHosts, machinesPerHostMax } = this.groups[load.length]!;
			const isCandidate = candidateHosts?.includes(host) ?? true;
			const question = { startAt: this.startAt, usage, countMax: count, candidateHosts: [host] };
			const most = isCandidate
				? this.calendar.largestCount({ ...question, ...(machinesPerHostMax && { machinesPerHostMax }) })
				: 0;
			if (load.length === this.groups.length - 1) {
				all.push([...load, most]);
				return;
			}
			for (let machines = most; machines >= 0; machines--) {
				const placement = { startAt: this.startAt, usage, machines: [{ host, count: machines }] };
				if (machines > 0) this.calendar.book(placement);
				tryGroup([...load, machines]);
				if (machines > 0) this.calendar.release(placement);
			}
		};
		tryGroup([]);
		return all.filter((load, i) => !all.some((other, j) => i !== j && isWithin(load, other)));
	}

	private placementsOf(goal: Laid): readonly Placement[] {
		const machines = this.groups.map((): { host: string; count: number }[] => []);
		for (let laid: Laid = goal; laid.before; laid = laid.before) {
			for (const [nth, shares] of machines.entries()) {
				const count = laid.counts[nth]! - laid.before.counts[nth]!;
				if (count > 0) shares.unshift({ host: laid.host, count });
			}
		}
		return this.groups.map(({ usage }, nth) => ({ startAt: this.startAt, usage, machines: machines[nth]! }));
	}
}

function isWithin(counts: Counts, others: Counts): boolean {
	return counts.every((count, nth) => count <= others[nth]!);
}

/** Asserts that there are groups, and not too many. */
export function assertGroups(groups: readonly GangGroup[]): void {
	if (groups.length >= 1 && groups.length <= GANG_GROUPS_MAX) return;
	failAssertion(`a gang of ${groups.length} groups, allowed are 1 to ${GANG_GROUPS_MAX}`);
}
