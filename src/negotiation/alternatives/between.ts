/** What lies between something less now and all of it at another time. */
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { attempt, attemptLatest } from '../attempt.ts';
import { SIZE_FIELDS, type Sizes } from '../sizes.ts';
import type { Starts } from '../window.ts';
import type { Ladder, Search } from './ladder.ts';
import { halve } from './within-site.ts';

/**
 * Between fewer machines now and all of them later: the first start at which more fit than now, and as many as fit
 * there. Looked for only before all of them fit.
 */
export function findBetween(
	{ scene, sizes, starts }: Search,
	fewer: ServiceGrant | undefined,
	later: ServiceGrant | undefined,
): Ladder[] {
	// Of several services each is looked for by itself (together.ts).
	if (sizes.others !== undefined) return [];
	const least = (fewer?.machineCount ?? 0) + 1;
	const most = sizes.machineCount - 1;
	if (scene.begun !== undefined || later === undefined || least > most || later.startAt <= starts.latestAt) return [];
	const withCount = (machineCount: number, within: Starts) => attempt(scene, { ...sizes, machineCount }, within);
	const first = withCount(least, { ...starts, latestAt: later.startAt - 1 });
	if (first === undefined) return [];
	const { startAt } = first.grant;
	const there = { ...starts, earliestAt: startAt, latestAt: startAt };
	const count = halve(least, most, (machineCount) => withCount(machineCount, there) !== undefined) ?? least;
	return [[{ ...first.grant, machineCount: count }, first.grant]];
}

/**
 * Half of one size, or half as long, at the start next to the wanted ones at which that much fits: before all of it
 * fits later, and after all of it fits earlier. Whoever takes up such a start takes up all that fits there.
 */
export function findHalves(
	search: Search,
	later: ServiceGrant | undefined,
	earlier: ServiceGrant | undefined,
): Ladder[] {
	const { scene, starts } = search;
	const { now, policy } = scene.room;
	if (scene.begun !== undefined || search.sizes.others !== undefined) return [];
	return halvesOf(search).flatMap(({ sizes, durationSeconds }) => {
		const horizonAt = now + policy.horizonSeconds - durationSeconds;
		const after = { earliestAt: starts.earliestAt, latestAt: (later?.startAt ?? horizonAt + 1) - 1, durationSeconds };
		const fromAt = earlier === undefined ? now + policy.leadTimeSeconds : earlier.startAt + 1;
		const before = { earliestAt: fromAt, latestAt: starts.earliestAt - 1, durationSeconds };
		const found = [attempt(scene, sizes, after), attemptLatest(scene.room, sizes, before)];
		return found.flatMap((each) => (each === undefined ? [] : [[each.grant]]));
	});
}

function halvesOf({ sizes, sizings, starts, scene }: Search): { sizes: Sizes; durationSeconds: number }[] {
	const { durationSeconds } = starts;
	const all = [];
	if (sizes.machineCount > 1)
		all.push({ sizes: { ...sizes, machineCount: Math.ceil(sizes.machineCount / 2) }, durationSeconds });
	for (const field of SIZE_FIELDS) {
		const { origin, step, least } = sizings[0]!.grids[field];
		const half = origin + Math.floor((sizes[field] / 2 - origin) / step) * step;
		if (half >= Math.max(1, least)) all.push({ sizes: { ...sizes, [field]: half }, durationSeconds });
	}
	const shorter = Math.floor(durationSeconds / 2);
	return shorter < scene.room.policy.durationSecondsMin ? all : [...all, { sizes, durationSeconds: shorter }];
}
