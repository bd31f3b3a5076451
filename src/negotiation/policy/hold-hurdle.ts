/** What may be held as a hurdle before starts: so that a search finds what can be had and can be held as well. */
import { type Host, type Placement, RESOURCE_NAMES, scaleResources, type Usage } from '../../capacity/resources.ts';
import { siteSecondsOf } from '../../capacity/site-seconds.ts';
import { beyond, judgeTogether, nearestHeld, type Scope, usageFrom } from './held.ts';
import type { Hurdle } from './hurdles.ts';

/** What its party may still hold, alone and together with others. */
export interface Holding {
	readonly scopes: readonly Scope[];
	/** Seconds of the whole site; absent: any number. */
	readonly siteSecondsMax?: number;
	/** All hosts as one. */
	readonly site: Host;
}

/**
 * Admits a start where what is taken then may be held. `placementsAt` says what that is, wherever its machines lie; from
 * `preparedAt` on it is the same for every start, only later.
 */
export function holdHurdle(
	{ scopes, siteSecondsMax = Number.POSITIVE_INFINITY, site }: Holding,
	placementsAt: (startAt: number) => readonly Placement[],
	preparedAt: number,
): Hurdle {
	let prepared: Usage | undefined;
	const usageAt = (startAt: number): Usage => {
		if (startAt < preparedAt) return wholeUsage(startAt, placementsAt(startAt));
		prepared ??= wholeUsage(preparedAt, placementsAt(preparedAt));
		return prepared;
	};
	const fits = (startAt: number): boolean => {
		const usage = usageAt(startAt);
		return scopes.every(({ limit, calendar }) => {
			return calendar?.fit({ startAt, count: 1, usage: usage.map(beyond(limit)) }) !== null;
		});
	};
	const search = (fromAt: number, untilAt: number, towards: 'earliestStart' | 'latestStart'): number | undefined => {
		return fromAt > untilAt ? undefined : nearestHeld(scopes, usageAt(fromAt), { fromAt, untilAt }, towards);
	};
	// Whatever else is held.
	const isTooMuch = (startAt: number): boolean => {
		const placements = [{ startAt, usage: usageAt(startAt), machines: [{ host: site.name, count: 1 }] }];
		return isBeyond(scopes, placements[0]!.usage) || siteSecondsOf(placements, [site]) > siteSecondsMax;
	};
	return {
		earliest: (fromAt, untilAt) => {
			if (isTooMuch(fromAt)) return undefined;
			return fits(fromAt) ? fromAt : search(Math.max(fromAt + 1, preparedAt), untilAt, 'earliestStart');
		},
		latest: (fromAt, untilAt) => {
			if (isTooMuch(untilAt)) return undefined;
			if (fits(untilAt)) return untilAt;
			const found = search(Math.max(fromAt, preparedAt), untilAt - 1, 'latestStart');
			return found ?? (fromAt < preparedAt && fits(fromAt) ? fromAt : undefined);
		},
		explain: (startAt) => {
			const placements = placementsAt(startAt);
			const [together] = judgeTogether(scopes, placements);
			if (together !== undefined) return together;
			const [asked, available] = [siteSecondsOf(placements, [site]), siteSecondsMax];
			const message = `${available} seconds of the whole site are left to be held; these would take ${asked}.`;
			return { code: 'HOLD_REFUSED', message, resource: 'time', asked, available };
		},
	};
}

/** All of it as the usage of one machine, from then on. */
function wholeUsage(startAt: number, placements: readonly Placement[]): Usage {
	const [only, ...others] = placements;
	if (others.length > 0) return usageFrom(startAt, placements);
	const [{ count }] = only!.machines as [Placement['machines'][number]];
	return only!.usage.map((phase) => ({ ...phase, demand: scaleResources(phase.demand, count) }));
}

function isBeyond(scopes: readonly Scope[], usage: Usage): boolean {
	return scopes.some(({ limit }) =>
		usage.some(({ demand }) => RESOURCE_NAMES.some((name) => demand[name] > limit[name])),
	);
}
