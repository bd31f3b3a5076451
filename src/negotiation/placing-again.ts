/** Machines that stand somewhere already are placed again. */

import { servicesOf } from '../agreement/terms/service.ts';
import { type HostShare, type Placement, placesOf, sharesOf } from '../capacity/resources.ts';
import { type GangPlacement, gangOf, placementsOf } from '../capacity/search/gang.ts';
import { part, stage } from '../parts.ts';
import { candidates, grantOf, placeAt, type Room, roomOf, usageOf } from './booking.ts';
import type { ServiceSizes, Sizes } from './sizes.ts';

/** Where machines go that stood somewhere already. */
export interface PlacedAgain<P extends Placement = GangPlacement> {
	readonly placement: P;
	/** For each service, how many of those that were there leave which host. */
	readonly moved: readonly ReadonlyMap<string, number>[];
}

/**
 * Places machines that stand somewhere already: each stays on its host if that host still has room for it, the first
 * machines before the later ones; the others, and those that are new, go where there is room. Of several services first
 * those that are there are placed, then those that are new; where that finds no room, all are placed anew, and then each
 * service in turn goes back to where it stands as far as the others leave room. Null where the room is not enough, or of
 * several services was not found. O(hosts looked at x (log n + w)), and anew what `placeAt` takes.
 *
 * Machine i of a service stands at the i-th place of `machines`, read in order; so a host may be named repeatedly.
 */
export function placeAgain(
	room: Room,
	sizes: Sizes,
	startAt: number,
	durationSeconds: number,
	standing: GangPlacement,
): PlacedAgain | null {
	const place = (anew?: GangPlacement): PlacedAgain | null =>
		placeAllAgain(room, sizes, startAt, durationSeconds, standing, anew);
	if (sizes.others === undefined) return stage(place);
	// Machines of several services are booked on the way: until they are released nothing is broken off.
	const again = part(place);
	if (again !== null) return again;
	const anew = placeAt(room, sizes, startAt, durationSeconds);
	return anew && part(() => place(anew));
}

function placeAllAgain(
	room: Room,
	sizes: Sizes,
	startAt: number,
	durationSeconds: number,
	standing: GangPlacement,
	anew: GangPlacement | undefined,
): PlacedAgain | null {
	const before = placementsOf(standing).map(({ machines }) => machines);
	const place = (nth: number, service: ServiceSizes): PlacedAgain<Placement> | null =>
		placeServiceAgain(roomOf(room, nth), service, startAt, durationSeconds, before[nth]!);
	const services = servicesOf<ServiceSizes>(sizes);
	if (services.length === 1) return place(0, sizes);
	const { calendar } = room;
	const found = new Map<number, PlacedAgain<Placement>>();
	const book = (nth: number, placed: PlacedAgain<Placement>): void => {
		calendar.book(placed.placement);
		found.set(nth, placed);
	};
	const take = (nth: number, machineCount: number): boolean => {
		const stood = found.get(nth);
		if (stood !== undefined) calendar.release(stood.placement);
		found.delete(nth);
		const again = place(nth, { ...services[nth]!, machineCount });
		if (again !== null) book(nth, again);
		return again !== null;
	};
	const stood = before.map(countOf);
	if (anew) for (const [nth, placement] of placementsOf(anew).entries()) book(nth, { placement, moved: [] });
	const fits = anew
		? services.every(({ machineCount }, nth) => take(nth, machineCount))
		: services.every(({ machineCount }, nth) => stood[nth] === 0 || take(nth, Math.min(machineCount, stood[nth]!))) &&
			services.every(({ machineCount }, nth) => machineCount <= stood[nth]! || take(nth, machineCount));
	for (const { placement } of found.values()) calendar.release(placement);
	if (!fits) return null;
	const placed = services.map((_, nth) => found.get(nth)!);
	return {
		placement: gangOf(placed.map(({ placement }) => placement)),
		moved: placed.flatMap(({ moved }) => moved),
	};
}

function placeServiceAgain(
	room: Room,
	sizes: ServiceSizes,
	startAt: number,
	durationSeconds: number,
	standing: readonly HostShare[],
): PlacedAgain<Placement> | null {
	const usage = usageOf(grantOf(room, sizes, startAt, durationSeconds), room.policy, room.now);
	const hosts = room.hosts ?? room.calendar.hosts.map(({ name }) => name);
	const free = new Map<string, number>();
	const takeOne = (host: string): boolean => {
		const question = { ...candidates(room), startAt, countMax: sizes.machineCount, usage, candidateHosts: [host] };
		const count = free.get(host) ?? room.calendar.largestCount(question);
		free.set(host, Math.max(0, count - 1));
		return count > 0;
	};
	const allowed = new Set(hosts);
	const places: (string | undefined)[] = new Array(sizes.machineCount).fill(undefined);
	const standingOn = placesOf(standing).slice(0, places.length);
	const moved = new Map<string, number>();
	for (const [index, host] of standingOn.entries()) {
		if (allowed.has(host) && takeOne(host)) places[index] = host;
		else moved.set(host, (moved.get(host) ?? 0) + 1);
	}
	const spreads = room.workspace.placement?.strategy === 'spread';
	const open = [...hosts];
	// Packed, they are filled in their order.
	let nth = 0;
	for (const index of places.keys()) {
		if (places[index] !== undefined) continue;
		if (spreads) nth = emptiest(open, places);
		while (nth < open.length && !takeOne(open[nth]!)) {
			if (!spreads) {
				nth += 1;
				continue;
			}
			open.splice(nth, 1);
			nth = emptiest(open, places);
		}
		if (nth === open.length) return null;
		places[index] = open[nth];
	}
	// Each host was asked alone; what the site keeps back is a matter of all of them.
	const together = { ...candidates(room), startAt, countMax: sizes.machineCount, usage };
	if (room.calendar.largestCount(together) < sizes.machineCount) return null;
	return { placement: { startAt, usage, machines: sharesOf(places as string[]) }, moved: [moved] };
}

/** The first of the hosts that carry the fewest machines of these places. */
function emptiest(hosts: readonly string[], places: readonly (string | undefined)[]): number {
	const load = new Map<string | undefined, number>();
	for (const host of places) load.set(host, (load.get(host) ?? 0) + 1);
	let least = 0;
	for (const [nth, host] of hosts.entries()) {
		if ((load.get(host) ?? 0) < (load.get(hosts[least]) ?? 0)) least = nth;
	}
	return least;
}

function countOf(machines: readonly HostShare[]): number {
	return machines.reduce((sum, { count }) => sum + count, 0);
}
