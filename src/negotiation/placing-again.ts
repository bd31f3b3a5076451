/** Machines that stand somewhere already are placed again. */

import { servicesOf } from '../agreement/terms/service.ts';
import type { SiteCalendar } from '../capacity/calendar.ts';
import { type HostShare, type Placement, placesOf, sharesOf } from '../capacity/resources.ts';
import { type GangGroup, type GangPlacement, gangOf, placementsOf } from '../capacity/search/gang.ts';
import { fitGang } from '../capacity/search/gang-fit.ts';
import { part, stage } from '../parts.ts';
import { candidates, grantOf, groupsOf, placeAt, type Room, roomOf, usageOf } from './booking.ts';
import type { ServiceSizes, Sizes } from './sizes.ts';

/** Where machines go that stood somewhere already. */
export interface PlacedAgain<P extends Placement = GangPlacement> {
	readonly placement: P;
	/** For each service, how many of those that were there leave which host. */
	readonly moved: readonly ReadonlyMap<string, number>[];
	/** It is not proved that any has to move: there are more ways to place those that are new than could be tried. */
	readonly isUnproved?: true;
}

/**
 * Places machines that stand somewhere already: each stays on its host if that host still has room for it, the first
 * machines before the later ones; the others, and those that are new, go where there is room. Of several services first
 * those that are there are placed, then those that are new, one service after the other; where that finds no room, those
 * that are new together, and where all that are there can stay, it is found out whether they do as far as a gang is. Else
 * all are placed anew, and then each service in turn goes back to where it stands as far as the others leave room. Null
 * where the room is not enough, or of several services was not found. O(hosts looked at x (log n + w)), and together and
 * anew what `placeAt` takes.
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
	const beside = part(() => placeNewTogether(room, sizes, startAt, durationSeconds, standing));
	if (typeof beside === 'object') return beside;
	const anew = placeAt(room, sizes, startAt, durationSeconds);
	const moving = anew && part(() => place(anew));
	return moving && beside === 'none-found' ? { ...moving, isUnproved: true } : moving;
}

/**
 * Those that are new as one gang, beside those that are there, which all stay; or whether it is proved that this cannot
 * be. Of as many as a host may have of a service, where some are there already, the fewest that any host may still take
 * count for all.
 */
function placeNewTogether(
	room: Room,
	sizes: Sizes,
	startAt: number,
	durationSeconds: number,
	standing: GangPlacement,
): PlacedAgain | 'none-proved' | 'none-found' {
	const services = servicesOf<ServiceSizes>(sizes);
	const before = placementsOf(standing).map(({ machines }) => machines);
	const staying = services.map(({ machineCount }, nth) => Math.min(machineCount, countOf(before[nth]!)));
	const { calendar } = room;
	const booked: Placement[] = [];
	const stood = services.map((service, nth): Placement | undefined => {
		if (staying[nth] === 0) return undefined;
		const one = { ...service, machineCount: staying[nth]! };
		const placed = placeServiceAgain(roomOf(room, nth), one, startAt, durationSeconds, before[nth]!);
		if (placed === null || placed.moved.some(({ size }) => size > 0)) return undefined;
		calendar.book(placed.placement);
		booked.push(placed.placement);
		return placed.placement;
	});
	const canStay = booked.length === staying.filter((count) => count > 0).length;
	const groups = groupsOf(room, sizes, startAt, durationSeconds).map((group, nth) => {
		return besideStanding({ ...group, count: group.count - staying[nth]! }, stood[nth], calendar);
	});
	const isNew = ({ group }: BesideStanding): boolean => group.count > 0;
	const added = groups.filter(isNew);
	const isTried = canStay && added.length > 0 && added.every(({ group }) => group.candidateHosts?.length !== 0);
	const gang = added.map(({ group }) => group);
	const answer = isTried ? fitGang(calendar, gang, startAt, { ...room.effort, work: room.searched }) : undefined;
	for (const placement of booked) calendar.release(placement);
	if (answer === undefined) return 'none-proved';
	if (answer.kind !== 'fits') return added.some(({ isNarrowed }) => isNarrowed) ? 'none-found' : answer.kind;
	const placements = groups.map((each, nth): Placement => {
		const more = isNew(each) ? answer.placements[added.indexOf(each)]! : undefined;
		const parts = [stood[nth], more].filter((one) => one !== undefined);
		const machines = sharesOf(parts.flatMap((one) => placesOf(one.machines)));
		return { ...parts[0]!, machines };
	});
	return { placement: gangOf(placements), moved: services.map(() => new Map()) };
}

interface BesideStanding {
	readonly group: GangGroup;
	/** There may be room for more of them than it says. */
	readonly isNarrowed: boolean;
}

/** What is new of a service, on hosts that may have more of it. */
function besideStanding(group: GangGroup, stood: Placement | undefined, { hosts }: SiteCalendar): BesideStanding {
	const { machinesPerHostMax: most, candidateHosts = hosts.map(({ name }) => name) } = group;
	if (most === undefined || stood === undefined) return { group, isNarrowed: false };
	const counts = new Map<string, number>();
	for (const { host, count } of stood.machines) counts.set(host, (counts.get(host) ?? 0) + count);
	const open = candidateHosts.filter((host) => (counts.get(host) ?? 0) < most);
	const roomFor = (host: string): number => most - (counts.get(host) ?? 0);
	const fewest = Math.min(most, ...open.map(roomFor));
	return {
		group: { ...group, candidateHosts: open, machinesPerHostMax: fewest },
		isNarrowed: open.some((host) => roomFor(host) > fewest),
	};
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
