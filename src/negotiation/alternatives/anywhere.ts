/**
 * The last resort of the search for alternatives, for offers near which nothing can be had: whatever fits at any time
 * from now to the horizon, as much of it as there is room for. What fits, fits smaller and shorter; so where the least
 * machine for the shortest run fits nowhere, nothing does, and that is the only case in which nothing is found here.
 *
 * A template may refuse what is found, and nothing but asking tells what it admits: then a bounded number of smaller and
 * rounder ones is tried.
 */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { attempt, attemptLatest } from '../attempt.ts';
import { grantOf, roomOf } from '../booking.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, sizesOfAll, withService } from '../sizes.ts';
import { durations, halves, type Ladder, ROUND_BYTES, rungs, type Search } from './ladder.ts';
import { halve, withinSite } from './within-site.ts';

/**
 * Sets of ladders, each worth asking about only where none of those before it can be offered. Of several services only
 * those that are near are tried on other hosts, and none that are rounder.
 */
export function* findAnywhere(search: Search, asked: Sizes): Generator<readonly Ladder[]> {
	const { scene } = search;
	if (scene.begun !== undefined) return;
	yield* findOn(search, asked);
	const [others] = search.others;
	if (asked.others !== undefined || others === undefined || others.length === 0) return;
	for (const ladders of findOn({ ...search, scene: { ...scene, room: { ...scene.room, hosts: others } } }, asked)) {
		yield ladders.map((ladder) => ladder.map((grant) => ({ ...grant, candidateHosts: others })));
	}
}

/** Each costs up to two searches of the whole calendar, under the site's lock: all of this took 0.3 s at 5,000 reservations. */
const TRIED_MAX = 100;

function* findOn(search: Search, asked: Sizes): Generator<readonly Ladder[]> {
	const { scene, starts, sizes } = search;
	const shortest = Math.min(scene.room.policy.durationSecondsMin, starts.durationSeconds);
	const least = leastSizes(search);
	const most = mostSizes(search, asked, least);
	if (atAnyTime(search, least, shortest) === undefined) return;
	const longestOf = (each: Sizes): number | undefined =>
		halve(shortest, starts.durationSeconds, (seconds) => atAnyTime(search, each, seconds) !== undefined);
	const shortened = [sizes, { ...sizes, machineCount: 1 }].map((each) => {
		const longest = longestOf(each);
		return longest === undefined ? [] : shorter(search, each, longest, shortest);
	});
	yield [...shortened, smaller(search, { least, most }, longestOf(least)!)];
	if (asked.others !== undefined) return;
	for (const grant of roundGrants(search, { least, most }, shortest)) yield [[grant]];
}

/** The nearest start at or after the first that was wanted, else the nearest before it. */
function atAnyTime({ scene, starts }: Search, sizes: Sizes, durationSeconds: number): ServiceGrant | undefined {
	const { now, policy } = scene.room;
	const untilAt = now + policy.horizonSeconds - durationSeconds;
	const { earliestAt } = starts;
	const later = attempt(scene, sizes, { earliestAt, latestAt: untilAt, durationSeconds });
	if (later !== undefined) return later.grant;
	const before = { earliestAt: now + policy.leadTimeSeconds, latestAt: earliestAt - 1, durationSeconds };
	return attemptLatest(scene.room, sizes, before)?.grant;
}

/** The least that there could be of all sizes. */
function leastSizes({ sizes, sizings }: Search): Sizes {
	return sizesOfAll(
		servicesOf<ServiceSizes>(sizes).map((service, nth) => {
			const least = { ...service, machineCount: 1 };
			// Of what was asked for there is at least one step.
			for (const field of SIZE_FIELDS) {
				const { step, least: fewest } = sizings[nth]!.grids[field];
				least[field] = Math.min(service[field], Math.max(step, fewest));
			}
			return least;
		}),
	);
}

/** Of every size as much as was asked and as the empty site has for machines that have the least of all others. */
function mostSizes({ scene, others, sizings }: Search, asked: Sizes, least: Sizes): Sizes {
	const leasts = servicesOf<ServiceSizes>(least);
	return sizesOfAll(
		servicesOf<ServiceSizes>(asked).map((service, nth) => {
			const most = { ...service };
			for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
				const { machineCount } = field === 'machineCount' ? service : leasts[nth]!;
				const alone = { ...leasts[nth]!, machineCount, [field]: service[field] };
				const bounds = { room: roomOf(scene.room, nth), others: others[nth]! };
				most[field] = withinSite(alone, sizings[nth]!, bounds, 1)[field];
			}
			return most;
		}),
	);
}

interface Bounds {
	readonly least: Sizes;
	readonly most: Sizes;
}

/** As large as it was wanted, and as long as it fits anywhere. */
function shorter(search: Search, sizes: Sizes, longest: number, shortest: number): Ladder {
	const found = atAnyTime(search, sizes, longest)!;
	return lengths(longest, shortest).map((seconds) => grantOf(search.scene.room, sizes, found.startAt, seconds));
}

/**
 * So long, and of one size after the other as much as fits anywhere; of several services, for which every start costs
 * as much as a whole search for one, as much as fits where the least of them does.
 */
function smaller(search: Search, { least, most }: Bounds, seconds: number): Ladder {
	let sizes = least;
	const startAt = least.others && atAnyTime(search, least, seconds)?.startAt;
	const fitting = (each: Sizes): ServiceGrant | undefined => {
		if (startAt === undefined) return atAnyTime(search, each, seconds);
		return attempt(search.scene, each, { earliestAt: startAt, latestAt: startAt, durationSeconds: seconds })?.grant;
	};
	const leasts = servicesOf<ServiceSizes>(least);
	const mosts = servicesOf<ServiceSizes>(most);
	for (const [nth, { grids }] of search.sizings.entries()) {
		for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
			const { origin, step } = field === 'machineCount' ? { origin: 0, step: 1 } : grids[field];
			const withUnits = (units: number): Sizes => withService(sizes, nth, { [field]: origin + units * step });
			const unitsMin = Math.ceil((leasts[nth]![field] - origin) / step);
			const unitsMax = Math.floor((mosts[nth]![field] - origin) / step);
			const fitted = halve(unitsMin, unitsMax, (units) => fitting(withUnits(units)) !== undefined);
			if (fitted !== undefined) sizes = withUnits(fitted);
		}
	}
	const found = fitting(sizes);
	return found === undefined ? [] : [found];
}

/** The duration, rounder ones below it, and its halves. */
function lengths(longest: number, shortest: number): number[] {
	const all = [...durations(longest, shortest), ...halves(longest, shortest)];
	return descending(all);
}

/** Sizes of one service, for so long. */
interface Rounder {
	readonly sizes: Sizes;
	readonly seconds: number;
}

/**
 * Rounder and smaller ones, which a template may rather admit, the largest first: before all those that it would admit
 * at the wanted start, since few constraints are about starts. Of what fits nowhere, nothing larger is tried.
 */
function* roundGrants(search: Search, bounds: Bounds, shortest: number): Generator<ServiceGrant> {
	const { question, scene, starts } = search;
	const isLikely = ({ sizes, seconds }: Rounder): boolean =>
		question.satisfies(grantOf(scene.room, sizes, starts.earliestAt, seconds));
	const all = rounders(search, bounds, shortest).sort((one, other) => extentOf(other) - extentOf(one));
	// The largest, and the smallest.
	const probed = all.length <= PROBED_MAX ? all : [...all.slice(0, PROBED_MAX / 2), ...all.slice(-PROBED_MAX / 2)];
	const likely = new Set(probed.filter(isLikely));
	const impossible: Rounder[] = [];
	let tried = 0;
	for (const each of [...likely, ...all.filter((one) => !likely.has(one))]) {
		if (impossible.some((one) => isWithin(one, each))) continue;
		if (tried === TRIED_MAX) return;
		tried += 1;
		const grant = atAnyTime(search, each.sizes, each.seconds);
		if (grant === undefined) impossible.push(each);
		else yield grant;
	}
}

/** Of so many the template is asked; each time costs as much as narrowing the offer. */
const PROBED_MAX = 400;
/** Halves of halves: after so many of them hardly anything is left. */
const STEPS_MAX = 6;

/** As much of each as fits anywhere beside the least of all others, and less and less of it, in all combinations. */
function rounders(search: Search, { least, most }: Bounds, shortest: number): Rounder[] {
	const { starts, scene, sizings } = search;
	const { grids } = sizings[0]!;
	const largest = { ...most };
	for (const field of ['machineCount', 'cpuCount', 'memoryBytes'] as const) {
		const { origin, step } = field === 'machineCount' ? { origin: 0, step: 1 } : grids[field];
		const withUnits = (units: number): Sizes => ({ ...least, [field]: origin + units * step });
		const [unitsMin, unitsMax] = [Math.ceil((least[field] - origin) / step), Math.floor((most[field] - origin) / step)];
		const units = halve(unitsMin, unitsMax, (each) => atAnyTime(search, withUnits(each), shortest) !== undefined);
		largest[field] = units === undefined ? least[field] : withUnits(units)[field];
	}
	const { origin, step } = grids.memoryBytes;
	const { memoryBytes, machineCount, cpuCount } = largest;
	const whole = halves(Math.floor(memoryBytes / ROUND_BYTES), 1).map((units) => units * ROUND_BYTES);
	const memories = [memoryBytes, ...whole, ...halves(memoryBytes, least.memoryBytes)]
		.map((bytes) => origin + Math.floor((bytes - origin) / step) * step)
		.filter((bytes) => bytes >= least.memoryBytes);
	const counts = rungs(machineCount, 1, 1).flatMap((count) => halves(count, 1));
	const longest = Math.min(starts.durationSeconds, scene.room.policy.durationSecondsMax);
	const few = (values: readonly number[], last: number): number[] => [...descending(values).slice(0, STEPS_MAX), last];
	const bare = { diskBytes: least.diskBytes, networkBitsPerSecond: least.networkBitsPerSecond };
	return few(lengths(longest, shortest), shortest).flatMap((seconds) =>
		few(counts, 1).flatMap((machines) =>
			few(halves(cpuCount, least.cpuCount), least.cpuCount).flatMap((cpus) =>
				few(memories, least.memoryBytes).flatMap((bytes): Rounder[] => {
					const sizes = { ...most, machineCount: machines, cpuCount: cpus, memoryBytes: bytes };
					return [
						{ sizes, seconds },
						{ sizes: { ...sizes, ...bare }, seconds },
					];
				}),
			),
		),
	);
}

function extentOf({ sizes, seconds }: Rounder): number {
	return SIZE_FIELDS.reduce((product, field) => product * (1 + sizes[field]), seconds * sizes.machineCount);
}

/** Whether the one is no larger in anything. */
function isWithin(one: Rounder, other: Rounder): boolean {
	if (one.seconds > other.seconds || one.sizes.machineCount > other.sizes.machineCount) return false;
	return SIZE_FIELDS.every((field) => one.sizes[field] <= other.sizes[field]);
}

/** Each once, the largest first. */
function descending(numbers: readonly number[]): number[] {
	return [...new Set(numbers)].sort((a, b) => b - a);
}
