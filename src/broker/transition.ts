/** From one revision to the next: machines use what they had until they were changed, moved or taken away. */

import { numbersOf } from '../agreement/terms/service.ts';
import {
	addResources,
	beginOf,
	cutPlacement,
	defineUsage,
	NOTHING,
	type Placement,
	RESOURCE_NAMES,
	type ResourceVector,
	scaleResources,
	USAGE_PHASES_MAX,
	type UsagePhase,
} from '../capacity/resources.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import type { AgreementRecord, MachineRecord, ReservationRecord } from '../store/records.ts';
import type { Turn } from './turn.ts';

/** What there was before a renegotiation. */
export interface Outgoing {
	readonly agreement: AgreementRecord;
	/** What it had booked, and has given up. */
	readonly reservations: readonly ReservationRecord[];
	/** Machines that leave their hosts, as they were. */
	readonly leaving: readonly MachineRecord[];
	/** What is kept of it, booked by now. */
	readonly kept: readonly Placement[];
}

/**
 * Books, for the new revision and until `untilAt`, what machines use beyond it until they are as they shall be (H1):
 * the places of those that leave, where they fit beside the new revision, and on each host whatever the old revision
 * had booked there and neither the new one nor what is kept has. The latter always fits: the old revision had it. Nothing where the old
 * one had not begun.
 */
export function bookTransition(
	turn: Turn,
	{ agreement, reservations, leaving, kept }: Outgoing,
	agreementId: string,
	untilAt: number,
): void {
	const { ledger, now } = turn;
	if (beginOf(agreement.placement) > now) return;
	const numbers = numbersOf(agreement);
	for (const [nth, placement] of placementsOf(agreement.placement).entries()) {
		const machines = leaving.filter((each) => each.service === numbers[nth]).map(({ host }) => ({ host, count: 1 }));
		const tail = cutPlacement({ ...placement, machines }, now, untilAt);
		if (tail !== undefined) ledger.bookWhatFits(agreementId, tail);
	}
	const before = within(reservations.map(placed), now, untilAt);
	const after = within([...ledger.reservationsOf(agreementId, now).map(placed), ...kept], now, untilAt);
	for (const placement of excessOf(before, after)) ledger.book(agreementId, placement);
}

/** What some placements take beyond what others do, host by host, as placements to be booked. O(hosts x edges x phases). */
export function excessOf(beyond: readonly Placement[], others: readonly Placement[]): Placement[] {
	const hosts = new Set(beyond.flatMap((placement) => placement.machines.map(({ host }) => host)));
	return [...hosts].flatMap((host) => {
		const phases = excess(beyond, others, host);
		const placements: Placement[] = [];
		for (let first = 0; first < phases.length; first += USAGE_PHASES_MAX) {
			const startAt = phases[first]!.offsetSeconds;
			const part = phases.slice(first, first + USAGE_PHASES_MAX);
			const usage = defineUsage(part.map((phase) => ({ ...phase, offsetSeconds: phase.offsetSeconds - startAt })));
			placements.push({ startAt, usage, machines: [{ host, count: 1 }] });
		}
		return placements;
	});
}

function placed({ placement }: ReservationRecord): Placement {
	return placement;
}

function within(placements: readonly Placement[], fromAt: number, untilAt: number): Placement[] {
	return placements.flatMap((placement) => cutPlacement(placement, fromAt, untilAt) ?? []);
}

/** What is in `beyond` and not in `others` on this host; offsets are epoch seconds. */
function excess(beyond: readonly Placement[], others: readonly Placement[], host: string): readonly UsagePhase[] {
	const edges = [...new Set([...beyond, ...others].flatMap(edgesOf))].sort((one, other) => one - other);
	return edges.slice(1).flatMap((endAt, nth) => {
		const offsetSeconds = edges[nth]!;
		const takes = bookedAt(beyond, host, offsetSeconds);
		const taken = bookedAt(others, host, offsetSeconds);
		const demand = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, Math.max(0, takes[name] - taken[name])]));
		if (RESOURCE_NAMES.every((name) => demand[name] === 0)) return [];
		return [{ offsetSeconds, durationSeconds: endAt - offsetSeconds, demand: demand as ResourceVector }];
	});
}

function edgesOf({ startAt, usage }: Placement): number[] {
	return usage.flatMap(({ offsetSeconds, durationSeconds }) => [
		startAt + offsetSeconds,
		startAt + offsetSeconds + durationSeconds,
	]);
}

/** What placements have booked on a host at an instant. */
function bookedAt(placements: readonly Placement[], host: string, at: number): ResourceVector {
	let sum = NOTHING;
	for (const { startAt, usage, machines } of placements) {
		const count = machines.reduce((total, share) => total + (share.host === host ? share.count : 0), 0);
		const phase = usage.find(({ offsetSeconds, durationSeconds }) => {
			const fromAt = startAt + offsetSeconds;
			return fromAt <= at && at < fromAt + durationSeconds;
		});
		if (count > 0 && phase !== undefined) sum = addResources(sum, scaleResources(phase.demand, count));
	}
	return sum;
}
