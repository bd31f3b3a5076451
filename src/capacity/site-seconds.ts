/** How much of a site placements take, as one number. */
import { addResources, type Host, NOTHING, type Placement, RESOURCE_NAMES, type ResourceVector } from './resources.ts';

/**
 * Seconds of the whole site: of each phase the largest share that it takes of any resource, times how long it lasts;
 * rounded up. A tenth of all memory for an hour are 360. Of a resource that the site no longer has, each machine takes
 * all there is.
 */
export function siteSecondsOf(placements: readonly Placement[], hosts: readonly Host[]): number {
	const site = hosts.reduce((sum, { capacity }) => addResources(sum, capacity), NOTHING);
	let seconds = 0;
	for (const { usage, machines } of placements) {
		const count = machines.reduce((sum, share) => sum + share.count, 0);
		for (const { durationSeconds, demand } of usage) seconds += largestShare(demand, site) * count * durationSeconds;
	}
	return Math.ceil(seconds);
}

function largestShare(demand: ResourceVector, of: ResourceVector): number {
	const shares = RESOURCE_NAMES.map((name) => {
		if (demand[name] === 0) return 0;
		return of[name] === 0 ? 1 : demand[name] / of[name];
	});
	return Math.max(...shares);
}
