/** Where and when a service fits: on the hosts, and before all hurdles beside them. */
import type { GangPlacement } from '../capacity/search/gang.ts';
import { placeEarliest, placeLatest, type Room } from './booking.ts';
import { clearEarliest, clearLatest, hurdlesOf } from './policy/hurdles.ts';
import type { Sizes } from './sizes.ts';
import type { Starts } from './window.ts';

/**
 * The earliest of the starts at which the services fit and which every hurdle admits. As exact as `placeEarliest`: each step leaves out only
 * starts that the hosts or a hurdle refuse. Without hurdles it costs as much as `placeEarliest`.
 */
export function findEarliest(room: Room, sizes: Sizes, starts: Starts): GangPlacement | null {
	const hurdles = hurdlesOf(room, sizes, starts.durationSeconds);
	if (hurdles.length === 0) return placeEarliest(room, sizes, starts);
	const { latestAt } = starts;
	for (let fromAt = starts.earliestAt; ; ) {
		const earliestAt = clearEarliest(hurdles, fromAt, latestAt);
		const placement = earliestAt === undefined ? null : placeEarliest(room, sizes, { ...starts, earliestAt });
		if (placement === null || placement.startAt === earliestAt) return placement;
		fromAt = placement.startAt;
		if (clearEarliest(hurdles, fromAt, fromAt) !== undefined) return placement;
	}
}

/** The latest such start. */
export function findLatest(room: Room, sizes: Sizes, starts: Starts): GangPlacement | null {
	const hurdles = hurdlesOf(room, sizes, starts.durationSeconds);
	if (hurdles.length === 0) return placeLatest(room, sizes, starts);
	const { earliestAt } = starts;
	for (let untilAt = starts.latestAt; ; ) {
		const latestAt = clearLatest(hurdles, earliestAt, untilAt);
		const placement = latestAt === undefined ? null : placeLatest(room, sizes, { ...starts, latestAt });
		if (placement === null || placement.startAt === latestAt) return placement;
		untilAt = placement.startAt;
		if (clearLatest(hurdles, untilAt, untilAt) !== undefined) return placement;
	}
}

/** Whether every hurdle admits that start. */
export function isAdmitted(room: Room, sizes: Sizes, startAt: number, durationSeconds: number): boolean {
	return clearEarliest(hurdlesOf(room, sizes, durationSeconds), startAt, startAt) !== undefined;
}
