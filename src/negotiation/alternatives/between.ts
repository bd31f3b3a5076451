/** What lies between something less now and all of it at another time. */
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { attempt } from '../attempt.ts';
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
