/**
 * Trying to place a service: new, or changed where it runs already; and letting it grow within its ranges where the
 * largest is preferred.
 */
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import { type ServiceGrant, servicesOf } from '../agreement/terms/service.ts';
import { type GangPlacement, placementsOf } from '../capacity/search/gang.ts';
import { part } from '../parts.ts';
import { grantOf, groupsOf, type Room, roomOf, type TimedService, timedServices, usageOf } from './booking.ts';
import type { PreviousGrant } from './change.ts';
import type { Reason } from './decision.ts';
import { changesOf, leavingEffects, moveEffects } from './effects.ts';
import { placeAgain } from './placing-again.ts';
import { clearEarliest, hurdlesOf } from './policy/hurdles.ts';
import { type SitePolicy, sizeLimit } from './policy/policy.ts';
import { explainNoRoom, serviceIn } from './reasons/no-room.ts';
import { amountText } from './reasons/words.ts';
import { findEarliest, findLatest, isAdmitted } from './search.ts';
import {
	type Grid,
	hasTotals,
	keepsToMachines,
	keepsToSizes,
	largestSize,
	machineCounts,
	type ServiceSizes,
	SIZE_FIELDS,
	type Sizes,
	type Sizing,
	sizesOf,
	smallestSize,
	smallestSizes,
	withService,
} from './sizes.ts';
import type { Starts, WindowReading } from './window.ts';

/** A grant with the places for its machines and what becomes of those that run. */
export interface Attempt {
	readonly grant: ServiceGrant;
	readonly placement: GangPlacement;
	readonly effects: readonly ChangeEffect[];
}

/** Where a service is placed, and what stands there of it already. */
export interface Scene {
	readonly room: Room;
	/** What is renegotiated, if its window has begun. */
	readonly begun?: PreviousGrant;
}

/**
 * The service with these sizes at the earliest of the starts. What has begun stays where it is if it can; it fails
 * where it would have to restart or to move and its client forbids that.
 */
export function attempt(scene: Scene, sizes: Sizes, starts: Starts): Attempt | undefined {
	const { room, begun } = scene;
	if (begun !== undefined) return attemptAgain(room, begun, sizes, starts);
	const placement = findEarliest(room, sizes, starts);
	if (placement === null) return undefined;
	return { grant: grantOf(room, sizes, placement.startAt, starts.durationSeconds), placement, effects: [] };
}

/** Whether an attempt at exactly this start comes to anything: the same with less ado, where much is tried. */
export function canBegin(scene: Scene, sizes: Sizes, startAt: number, durationSeconds: number): boolean {
	const { room, begun } = scene;
	if (begun !== undefined || room.others !== undefined) {
		return attempt(scene, sizes, { earliestAt: startAt, latestAt: startAt, durationSeconds }) !== undefined;
	}
	if (!isAdmitted(room, sizes, startAt, durationSeconds)) return false;
	const [group] = groupsOf(room, sizes, startAt, durationSeconds);
	return room.calendar.fit({ ...group!, startAt }) !== null;
}

/** What has not begun, at the latest of the starts. */
export function attemptLatest(room: Room, sizes: Sizes, starts: Starts): Attempt | undefined {
	const placement = findLatest(room, sizes, starts);
	if (placement === null) return undefined;
	return { grant: grantOf(room, sizes, placement.startAt, starts.durationSeconds), placement, effects: [] };
}

/**
 * Why `attempt` fails: what is short at the earliest of the starts that price and quotas admit; and where it would fit
 * some start without these, what is in the way of that start.
 */
export function explainAttempt(scene: Scene, sizes: Sizes, starts: Starts): readonly Reason[] {
	const hurdles = hurdlesOf(scene.room, sizes, starts.durationSeconds);
	if (hurdles.length === 0) return explainPlacing(scene, sizes, starts);
	const admittedAt = clearEarliest(hurdles, starts.earliestAt, starts.latestAt);
	const fits = attempt({ ...scene, room: withoutHurdles(scene.room) }, sizes, starts);
	const startAt = fits?.grant.startAt ?? starts.earliestAt;
	const inTheWay = hurdles.filter((hurdle) => hurdle.earliest(startAt, startAt) === undefined);
	const isShort = fits === undefined || admittedAt !== undefined;
	const shortage = isShort ? explainPlacing(scene, sizes, { ...starts, earliestAt: admittedAt ?? startAt }) : [];
	// Less of what several hurdles are about may come to lie at a start before this one, in the way of which another is.
	const isAgain = starts.earliestAt === starts.latestAt || (fits !== undefined && inTheWay.length === 1);
	return [...shortage, ...inTheWay.map((hurdle) => hurdle.explain(startAt, isAgain))];
}

/**
 * What is against these sizes at any start, where there is none that could be tried or no host that suits: what even the
 * empty site has no room for, what is beyond a quota by itself, and the price at the start next to the wanted ones.
 */
export function explainLimits(scene: Scene, sizes: Sizes, { asked, nearest }: WindowReading): readonly Reason[] {
	const { policy, now } = scene.room;
	const { earliestAt } = nearest;
	const longest = Math.max(nearest.durationSeconds, now + 1 - earliestAt);
	const durationSeconds = Math.max(longest, Math.min(asked.durationSeconds, policy.horizonSeconds));
	const starts: Starts = { earliestAt, latestAt: earliestAt, durationSeconds };
	const room = { ...scene.room, calendar: scene.room.calendar.emptied() };
	const grant = grantOf(room, sizes, earliestAt, durationSeconds);
	const short = explainNoRoom(room, sizes, grant, starts).filter(({ code }) => code !== 'CAPACITY_RESERVED');
	const hurdles = hurdlesOf(scene.room, sizes, durationSeconds);
	const inTheWay = hurdles.filter((hurdle) => hurdle.earliest(earliestAt, earliestAt) === undefined);
	const beyond = inTheWay.map((hurdle) => hurdle.explain(earliestAt, true)).filter(isAtAnyStart);
	return [...short, ...beyond];
}

/** Whether it is beyond the limit by itself, whatever else is booked. */
function isAtAnyStart({ code, asked, limit }: Reason): boolean {
	return code === 'PRICE_EXCEEDED' || (typeof asked === 'number' && typeof limit === 'number' && asked > limit);
}

/** The same room for who pays any price. */
export function withoutCeiling(room: Room): Room {
	const { pricing } = room;
	if (pricing?.ceiling === undefined) return room;
	const { ceiling: _, ...rest } = pricing;
	return { ...room, pricing: rest };
}

function withoutHurdles(room: Room): Room {
	const { allowance: _, holding: __, ...rest } = withoutCeiling(room);
	return rest;
}

function explainPlacing(scene: Scene, sizes: Sizes, starts: Starts): readonly Reason[] {
	const { room, begun } = scene;
	const grant = grantOf(room, sizes, starts.earliestAt, starts.durationSeconds);
	if (begun === undefined) return explainNoRoom(room, sizes, grant, starts);
	const again = placeAgain(room, sizes, grant.startAt, starts.durationSeconds, begun.placement);
	const reasons = refusedChanges(room, begun, grant);
	const standing = { ...starts, latestAt: starts.earliestAt };
	if (again === null) return [...reasons, ...explainNoRoom(room, sizes, grant, standing)];
	if (!begun.running || begun.allowMove) return reasons;
	const placements = placementsOf(again.placement);
	const moves = again.moved.flatMap((moved, nth) => {
		// What the other services take stands in the way as well.
		const beside = placements.filter((_, other) => other !== nth);
		return part(() => {
			for (const placement of beside) room.calendar.book(placement);
			const found = Array.from(moved.keys(), (host) => explainMove(scene, grant, nth, host));
			for (const placement of beside) room.calendar.release(placement);
			return found;
		});
	});
	return [...reasons, ...(again.isUnproved ? moves.map(unproved) : moves)];
}

/**
 * The attempt grown at its start, service by service as far as they `grows`: as many machines as fit within the ranges,
 * then the most CPUs, memory, disk and bandwidth, one after the other. O(fits x log of the range), with totals
 * O(counts x fits).
 */
export function grow(
	scene: Scene,
	sizings: readonly Sizing[],
	grows: (nth: number) => boolean,
	smallest: Attempt,
): Attempt {
	const { startAt, endAt } = smallest.grant;
	const starts = { earliestAt: startAt, latestAt: startAt, durationSeconds: endAt - startAt };
	let best = smallest;
	for (const [nth, sizing] of sizings.entries()) {
		if (!grows(nth)) continue;
		const tryOut: TryOut = (from, service) => {
			const sizes = service && withService(sizesOf(from.grant), nth, service);
			return sizes && isAllowed(scene.room.policy, sizes) ? attempt(scene, sizes, starts) : undefined;
		};
		best = growCount(sizing, nth, best, tryOut);
		for (const field of SIZE_FIELDS) {
			const grid = sizing.grids[field];
			if (grid.individual === undefined && grid.total === undefined) continue;
			const most = Math.min(SIZE_MAX, sizeLimit(scene.room.policy, field));
			best = growSize(grid, most, nth, best, tryOut);
		}
	}
	return best;
}

/** Whether an agreement may have so many machines, and each of them so much. */
export function isAllowed(policy: SitePolicy, sizes: Sizes): boolean {
	return keepsToMachines(policy, sizes) && servicesOf<ServiceSizes>(sizes).every((each) => keepsToSizes(policy, each));
}

/** The attempt with other sizes of one service; undefined also where the policy does not allow them. */
type TryOut = (from: Attempt, service: Partial<ServiceSizes> | undefined) => Attempt | undefined;

function serviceAt({ grant }: Attempt, nth: number): ServiceSizes {
	return servicesOf<ServiceSizes>(grant)[nth]!;
}

/** No site offers more than this of anything; a bound for searches in ranges that have none. */
const SIZE_MAX = 2 ** 50;

function attemptAgain(room: Room, begun: PreviousGrant, sizes: Sizes, starts: Starts): Attempt | undefined {
	const grant = grantOf(room, sizes, starts.earliestAt, starts.durationSeconds);
	if (
		refusedChanges(room, begun, grant).length > 0 ||
		!isAdmitted(room, sizes, grant.startAt, starts.durationSeconds)
	) {
		return undefined;
	}
	const again = placeAgain(room, sizes, grant.startAt, starts.durationSeconds, begun.placement);
	if (again === null) return undefined;
	const { placement, moved } = again;
	if (!begun.running) return { grant, placement, effects: [] };
	if (moved.some(({ size }) => size > 0) && !begun.allowMove) return undefined;
	const moving = moved.map((each) => [...each.values()].reduce((sum, machines) => sum + machines, 0));
	const changes = changesOf(begun.grant, grant, room.policy, moving).map(({ effect }) => effect);
	const moves = moved.flatMap((each) => moveEffects(each));
	return { grant, placement, effects: [...changes, ...leavingEffects(begun), ...moves] };
}

/** The changes that need a restart, where the client forbids it. */
function refusedChanges(
	{ policy }: Room,
	{ grant, running, allowRestart }: PreviousGrant,
	next: ServiceGrant,
): Reason[] {
	if (!running || allowRestart) return [];
	return changesOf(grant, next, policy).flatMap(({ refusal }) => refusal ?? []);
}

function unproved(move: Reason): Reason {
	const proof = 'It is not proved that any must move, as there are more ways to place what is new than could be tried.';
	return { ...move, message: `${move.message} ${proof}` };
}

/** What keeps machines of a service from staying on their host: the resource that is tightest there. */
function explainMove({ room: all, begun }: Scene, grant: ServiceGrant, nth: number, host: string): Reason {
	const room = roomOf(all, nth);
	const service: TimedService = timedServices(grant)[nth]!;
	if (room.hosts !== undefined && !room.hosts.includes(host)) {
		const message = `The offer does not admit ${host}, where machines stand already. A move was not allowed.`;
		return { code: 'NEEDS_MOVE', message, ...serviceIn(room), host };
	}
	const { machines } = placementsOf(begun!.placement)[nth]!;
	const standing = machines.reduce((sum, share) => sum + (share.host === host ? share.count : 0), 0);
	const count = Math.min(standing, service.machineCount);
	const most = room.workspace.placement?.machinesPerHostMax ?? count;
	if (most < count) {
		const message = `${count} machines stand on ${host}, and at most ${most} may. A move was not allowed.`;
		return {
			code: 'NEEDS_MOVE',
			message,
			...serviceIn(room),
			resource: 'machines',
			asked: count,
			limit: most,
			host,
		};
	}
	const usage = usageOf(service, room.policy, room.now);
	const explanation = room.calendar.explain({ startAt: grant.startAt, count, usage, candidateHosts: [host] });
	const { limits } = explanation.classes[0]!.hosts[0]!;
	const tightest = limits.reduce((least, limit) => (limit.countFree < least.countFree ? limit : least));
	const message =
		`Only ${explanation.countFree} of ${count} machines can stay on ${host}, where ` +
		`${amountText(tightest.free, tightest.resource, Math.floor)} are free. A move was not allowed.`;
	return {
		code: 'NEEDS_MOVE',
		message,
		...serviceIn(room),
		resource: tightest.resource,
		asked: count * tightest.asked,
		available: tightest.free,
		limit: tightest.capacity,
		host,
		interval: { startAt: tightest.startAt, endAt: tightest.endAt },
	};
}

/** Fitting is monotone in the count, unless totals make the machines smaller when there are more of them. */
function growCount(sizing: Sizing, nth: number, smallest: Attempt, tryOut: TryOut): Attempt {
	const counts = machineCounts(sizing).filter((count) => count > serviceAt(smallest, nth).machineCount);
	const at = (index: number): Attempt | undefined => tryOut(smallest, smallestSizes(sizing, counts[index]!));
	let best = smallest;
	if (hasTotals(sizing)) {
		for (let index = counts.length - 1; index >= 0; index -= 1) {
			const found = at(index);
			if (found !== undefined) return found;
		}
		return best;
	}
	for (let low = 0, high = counts.length - 1; low <= high; ) {
		const middle = Math.ceil((low + high) / 2);
		const found = at(middle);
		if (found === undefined) high = middle - 1;
		else {
			best = found;
			low = middle + 1;
		}
	}
	return best;
}

function growSize(grid: Grid, most: number, nth: number, smallest: Attempt, tryOut: TryOut): Attempt {
	const { machineCount, [grid.field]: least } = serviceAt(smallest, nth);
	let best = smallest;
	let low = least;
	let high = largestSize(grid, machineCount, most) ?? low;
	// The most is tried first: in most ranges it fits.
	let value = high;
	while (low < high) {
		const found = tryOut(best, { [grid.field]: value });
		if (found === undefined) high = largestSize(grid, machineCount, value - 1) ?? low;
		else {
			best = found;
			low = value;
		}
		const middle = largestSize(grid, machineCount, low + Math.floor((high - low) / 2)) ?? low;
		value = middle > low ? middle : (smallestSize(grid, machineCount, low + 1) ?? high);
	}
	return best;
}
