/** What may be held as a hurdle before starts: so that a search finds what can be had and can be held as well. */
import type { Host, Placement } from '../../capacity/resources.ts';
import { siteSecondsOf } from '../../capacity/site-seconds.ts';
import { judgeTogether, nearestHeld, type Scope, usageFrom } from './held.ts';
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
	const isSmall = (placements: readonly Placement[]): boolean => siteSecondsOf(placements, [site]) <= siteSecondsMax;
	const admits = (startAt: number): boolean => {
		const placements = placementsAt(startAt);
		return isSmall(placements) && judgeTogether(scopes, placements).length === 0;
	};
	const search = (fromAt: number, untilAt: number, towards: 'earliestStart' | 'latestStart'): number | undefined => {
		const placements = placementsAt(fromAt);
		if (fromAt > untilAt || !isSmall(placements)) return undefined;
		return nearestHeld(scopes, usageFrom(fromAt, placements), { fromAt, untilAt }, towards);
	};
	return {
		earliest: (fromAt, untilAt) =>
			admits(fromAt) ? fromAt : search(Math.max(fromAt + 1, preparedAt), untilAt, 'earliestStart'),
		latest: (fromAt, untilAt) => {
			if (admits(untilAt)) return untilAt;
			const found = search(Math.max(fromAt, preparedAt), untilAt - 1, 'latestStart');
			return found ?? (fromAt < preparedAt && admits(fromAt) ? fromAt : undefined);
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
