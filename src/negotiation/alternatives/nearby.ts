/**
 * The searches near what is asked: earlier or later, on other hosts, fewer or smaller, shorter. Each
 * finds the nearest of its kind.
 *
 * A search tries a start, a size or a duration by placing it; of those that fit the most is found by halving, so each
 * costs O(log of what is asked) attempts, and an attempt costs a fit, or a search for the earliest start where the
 * window floats.
 */
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	servicesOf,
} from '../../agreement/terms/service.ts';
import { placementsOf } from '../../capacity/search/gang.ts';
import { part, stage } from '../../parts.ts';
import { type Attempt, attempt, attemptLatest, grow } from '../attempt.ts';
import { candidates, grantOf, placeAt, type Room, type ServiceRoom, usageOf } from '../booking.ts';
import { standingIn } from '../change.ts';
import { amountOf } from '../policy/cost.ts';
import { isAdmitted } from '../search.ts';
import {
	type Grid,
	type ServiceSizes,
	SIZE_FIELDS,
	type SizeField,
	type Sizes,
	type Sizing,
	sizesOfAll,
	withService,
} from '../sizes.ts';
import { firstOfferedAt } from '../window.ts';
import { durations, halves, type Ladder, ROUND_BYTES, rungs, type Search, wholeMinute } from './ladder.ts';
import { halve } from './within-site.ts';

/** As it was asked within the limits, if that is all that was wrong; and as early or as late as it fits. */
export function findTimes(search: Search): Ladder[] {
	const { scene, starts, sizes } = search;
	const { earliestAt, latestAt, durationSeconds } = starts;
	const { policy, now } = scene.room;
	const inPlace = stage(() => grown(search, attempt(scene, sizes, starts)));
	if (scene.begun !== undefined) return [inPlace];
	if (part(() => inPlace.some((grant) => search.question.satisfies(grant)))) return [inPlace];
	const untilAt = now + policy.horizonSeconds - durationSeconds;
	const after = { earliestAt: latestAt + 1, latestAt: untilAt, durationSeconds };
	const later = after.earliestAt > untilAt ? undefined : stage(() => attempt(scene, sizes, after));
	const before = { earliestAt: firstOfferedAt(policy, now), latestAt: earliestAt - 1, durationSeconds };
	const { pricing } = scene.room;
	const isPaid = (grant: ServiceGrant): boolean => {
		return pricing?.ceiling !== undefined && amountOf(grant, policy, pricing) <= pricing.ceiling;
	};
	const wholes = later === undefined ? [] : wholeMinute(later.grant.startAt);
	const rounded = wholes.map((at) => grantOf(scene.room, sizes, at, durationSeconds)).filter(isPaid);
	const earlier = stage(() => grown(search, attemptLatest(scene.room, sizes, before)));
	return [inPlace, stage(() => [...rounded, ...grown(search, later)]), earlier];
}

/** The same with a service on hosts that its CandidateHosts leaves out: those that it would be placed on. */
export function findOtherHosts({ scene, others, sizes, starts }: Search): Ladder[] {
	return others.flatMap((hosts, nth): Ladder[] => {
		if (hosts.length === 0) return [];
		const elsewhere = attempt({ ...scene, room: withHosts(scene.room, nth, hosts) }, sizes, starts);
		if (elsewhere === undefined) return [];
		const { machines } = placementsOf(elsewhere.placement)[nth]!;
		const candidateHosts = [...new Set(machines.map(({ host }) => host))];
		return [[changeService(elsewhere.grant, nth, { candidateHosts })]];
	});
}

function withHosts(room: Room, nth: number, hosts: readonly string[]): Room {
	if (nth === 0) return { ...room, hosts };
	const others = room.others!.map((each, i): ServiceRoom => (i === nth - 1 ? { ...each, hosts } : each));
	return { ...room, others };
}

/** The grant with something of one of its services changed. */
function changeService(grant: ServiceGrant, nth: number, changed: Partial<GrantedService>): ServiceGrant {
	if (nth === 0) return { ...grant, ...changed };
	return { ...grant, others: grant.others!.map((each, i) => (i === nth - 1 ? { ...each, ...changed } : each)) };
}

function findFewer(search: Search, nth: number, sizes: Sizes): Ladder {
	const { machineCount: asked } = servicesOf<ServiceSizes>(sizes)[nth]!;
	return findMost(search, nth, sizes, { unitsMin: 1, unitsMax: asked - 1, round: 1 }, (machineCount) => ({
		machineCount,
	}));
}

/**
 * Fewer machines, and each of the sizes made smaller. Of what runs, which has no grid (grid.ts), several at once where the
 * template admits none of this: for so many machines, halved again and again, the CPUs are halved until some memory fits.
 */
export function findSmaller(search: Search): Ladder[] {
	const { sizes, sizings, question, scene } = search;
	const admits = (ladder: Ladder): boolean => ladder.some((grant) => question.satisfies(grant));
	const ladders = sizings.flatMap((_, nth) => {
		return [findFewer(search, nth, sizes), ...SIZE_FIELDS.map((field) => findSmallerField(search, nth, field, sizes))];
	});
	if (scene.begun === undefined || ladders.some(admits)) return ladders;
	return sizings.flatMap((sizing, nth) => {
		const asked = servicesOf<ServiceSizes>(sizes)[nth]!;
		return halves(asked.machineCount, 1).flatMap((machineCount) => {
			for (const cpuCount of halves(asked.cpuCount, sizing.grids.cpuCount.least)) {
				const smaller = withService(sizes, nth, { machineCount, cpuCount });
				const ladder = findSmallerField(search, nth, 'memoryBytes', smaller);
				if (admits(ladder)) return [ladder];
			}
			return [];
		});
	});
}

function findSmallerField(search: Search, nth: number, field: SizeField, sizes: Sizes): Ladder {
	const { origin, step, least } = search.sizings[nth]!.grids[field];
	const { [field]: asked } = servicesOf<ServiceSizes>(sizes)[nth]!;
	const unitsMin = Math.ceil((Math.max(least, 1) - origin) / step);
	const most = sizes === search.sizes ? asked - 1 : asked;
	const unitsMax = Math.floor((most - origin) / step);
	const round = field === 'cpuCount' ? 1 : Math.max(1, Math.floor(ROUND_BYTES / step));
	return findMost(search, nth, sizes, { unitsMin, unitsMax, round }, (units) => ({ [field]: origin + units * step }));
}

/** The most units of one service, within bounds, with which all of it fits some wanted start; and rounder numbers below. */
function findMost(
	{ scene, starts }: Search,
	nth: number,
	sizes: Sizes,
	{ unitsMin, unitsMax, round }: { readonly unitsMin: number; readonly unitsMax: number; readonly round: number },
	withUnits: (units: number) => Partial<ServiceSizes>,
): Ladder {
	let found: Attempt | undefined;
	const most = halve(unitsMin, unitsMax, (units) => {
		const fitting = attempt(scene, withService(sizes, nth, withUnits(units)), starts);
		found = fitting ?? found;
		return fitting !== undefined;
	});
	if (most === undefined || found === undefined) return [];
	const { grant } = found;
	return rungs(most, unitsMin, round).map((units) => changeService(grant, nth, withUnits(units)));
}

/** As long as it fits at the first start that is wanted, and at the first where the shortest run does. */
export function findShorter(search: Search): Ladder[] {
	const { scene, sizes, starts, question } = search;
	const { room, begun } = scene;
	const { policy, now } = room;
	if (begun !== undefined) return [shortenRunning(search, begun.grant.startAt)];
	const { durationSecondsMin } = policy;
	const { endAt } = question.request.window;
	const lastAt = Math.max(starts.latestAt, (endAt ?? 0) - durationSecondsMin);
	const brief = attempt(scene, sizes, { ...starts, latestAt: lastAt, durationSeconds: durationSecondsMin });
	if (brief === undefined) return [];
	return [...new Set([starts.earliestAt, brief.grant.startAt])].map((startAt) => {
		const durationSecondsMax = Math.min(starts.durationSeconds - 1, (endAt ?? Number.POSITIVE_INFINITY) - startAt);
		const longest =
			sizes.others === undefined
				? room.calendar.longestDuration({
						startAt,
						count: sizes.machineCount,
						durationSecondsMin,
						durationSecondsMax,
						usageFor: (seconds) => usageOf(grantOf(room, sizes, startAt, seconds), policy, now),
						...candidates(room),
					})
				: halve(durationSecondsMin, durationSecondsMax, (seconds) => placeAt(room, sizes, startAt, seconds) !== null);
		const paid = halve(durationSecondsMin, longest ?? 0, (seconds) => isAdmitted(room, sizes, startAt, seconds));
		return durations(paid, durationSecondsMin).map((seconds) => grantOf(room, sizes, startAt, seconds));
	});
}

/**
 * Of what runs and asks for more of several things at once: what stands already, for as long as it fits and for as long
 * as it was agreed to, grown there up to what is asked, one size after the other.
 */
export function findGrown({ scene, sizes, sizings, starts }: Search): Ladder[] {
	const { room, begun } = scene;
	if (begun === undefined) return [];
	const { startAt, endAt } = begun.grant;
	const standing = standingIn(begun);
	const asked = servicesOf<ServiceSizes>(sizes);
	const least = sizesOfAll(asked.map((each, nth) => leastOf(each, standing[nth], sizings[nth]!)));
	const attemptFor = (tried: Sizes, durationSeconds: number): Attempt | undefined =>
		attempt(scene, tried, { ...starts, durationSeconds });
	// Memory of what runs is added by whole steps of the site.
	const stepOf = ({ field, step }: Grid): number =>
		field === 'memoryBytes' ? Math.max(step, room.policy.abilities.memoryStepBytes) : step;
	const shortest = Math.max(room.policy.durationSecondsMin, room.now + 1 - startAt);
	const longest = halve(shortest, starts.durationSeconds, (seconds) => attemptFor(least, seconds) !== undefined);
	if (longest === undefined) return [];
	return [...new Set([longest, Math.min(longest, endAt - startAt)])].flatMap((durationSeconds): Ladder[] => {
		let best = least;
		for (const [nth, sizing] of sizings.entries()) {
			for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
				const step = field === 'machineCount' ? 1 : stepOf(sizing.grids[field]);
				const from = servicesOf<ServiceSizes>(best)[nth]![field];
				const withSteps = (steps: number): Sizes =>
					withService(best, nth, { [field]: Math.min(from + steps * step, asked[nth]![field]) });
				const steps = Math.ceil((asked[nth]![field] - from) / step);
				const most = halve(0, steps, (each) => attemptFor(withSteps(each), durationSeconds) !== undefined);
				if (most !== undefined && most > 0) best = withSteps(most);
			}
		}
		const found = [best, least].flatMap((each) => attemptFor(each, durationSeconds)?.grant ?? []);
		return [found];
	});
}

/** What stands of a size, or what is asked where that is less; of what is asked for there is at least one step. */
function leastOf(asked: ServiceSizes, standing: GrantedService | undefined, { grids }: Sizing): ServiceSizes {
	if (standing === undefined) return asked;
	const least = { ...asked, machineCount: Math.min(asked.machineCount, standing.machineCount) };
	for (const field of SIZE_FIELDS) {
		least[field] = Math.min(asked[field], Math.max(standing[field], grids[field].step));
	}
	return least;
}

/** What runs stays where it is, so its durations are tried as changes. What fits for longer fits for shorter. */
function shortenRunning({ scene, sizes, starts }: Search, startAt: number): Ladder {
	const { policy, now } = scene.room;
	const shortest = Math.max(policy.durationSecondsMin, now + 1 - startAt);
	const longest = halve(shortest, starts.durationSeconds - 1, (durationSeconds) => {
		return attempt(scene, sizes, { ...starts, durationSeconds }) !== undefined;
	});
	return durations(longest, shortest).map((seconds) => grantOf(scene.room, sizes, startAt, seconds));
}

/** The attempt, grown within its ranges if that is what the client prefers. */
export function grown(
	{ scene, sizings, question, isWhole }: Pick<Search, 'scene' | 'sizings' | 'question' | 'isWhole'>,
	found: Attempt | undefined,
): Ladder {
	if (found === undefined) return [];
	const services = servicesOf<RequestedService>(question.request);
	if (!isWhole || !services.some(({ prefersLargest }) => prefersLargest)) return [found.grant];
	return [grow(scene, sizings, (nth) => services[nth]!.prefersLargest, found).grant, found.grant];
}
