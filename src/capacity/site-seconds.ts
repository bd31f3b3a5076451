/** How much of a site placements take, as one number. */
import {
	addResources,
	type Host,
	NOTHING,
	type Placement,
	RESOURCE_NAMES,
	type ResourceVector,
	scaleResources,
	subtractResources,
} from './resources.ts';

/**
 * Seconds of the whole site: of each phase the largest share that it takes of any resource, times how long it lasts;
 * rounded up. A tenth of all memory for an hour are 360. Of a resource that the site no longer has, each machine takes
 * all there is.
 */
export function siteSecondsOf(placements: readonly Placement[], hosts: readonly Host[]): number {
	const site = capacityOf(hosts);
	let seconds = 0;
	for (const { usage, machines } of placements) {
		const count = machines.reduce((sum, share) => sum + share.count, 0);
		for (const { durationSeconds, demand } of usage) seconds += largestShare(demand, site) * count * durationSeconds;
	}
	return Math.ceil(seconds);
}

/** Which part of the site placements take at once, at their largest: of the scarcest resource, 1 is all of it. */
export function siteShareOf(placements: readonly Placement[], hosts: readonly Host[]): number {
	const site = capacityOf(hosts);
	const changes = placements.flatMap(({ startAt, usage, machines }) => {
		const count = machines.reduce((sum, share) => sum + share.count, 0);
		return usage.flatMap(({ offsetSeconds, durationSeconds, demand }) => {
			const fromAt = startAt + offsetSeconds;
			const amount = scaleResources(demand, count);
			return [
				{ at: fromAt, taken: amount, given: NOTHING },
				{ at: fromAt + durationSeconds, taken: NOTHING, given: amount },
			];
		});
	});
	let used = NOTHING;
	let most = 0;
	// At one instant what ends is given back before anything is taken.
	const isGiven = ({ taken }: { readonly taken: ResourceVector }): number => (taken === NOTHING ? 0 : 1);
	for (const { taken, given } of changes.sort((one, other) => one.at - other.at || isGiven(one) - isGiven(other))) {
		used = subtractResources(addResources(used, taken), given);
		most = Math.max(most, largestShare(used, site));
	}
	return most;
}

/** What hosts have together. */
export function capacityOf(hosts: readonly Host[]): ResourceVector {
	const known = SUMS.get(hosts);
	if (known !== undefined) return known;
	const sum = hosts.reduce((sofar, { capacity }) => addResources(sofar, capacity), NOTHING);
	SUMS.set(hosts, sum);
	return sum;
}

/** Of all hosts of a site it is asked in every decision that may hold: of 10,000 it takes a millisecond. */
const SUMS = new WeakMap<readonly Host[], ResourceVector>();

function largestShare(demand: ResourceVector, of: ResourceVector): number {
	const shares = RESOURCE_NAMES.map((name) => {
		if (demand[name] === 0) return 0;
		return of[name] === 0 ? 1 : demand[name] / of[name];
	});
	return Math.max(...shares);
}
