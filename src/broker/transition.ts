/** From one revision to the next: machines use what they had until they were changed, moved or taken away. */
import {
	addResources,
	defineUsage,
	NOTHING,
	type Placement,
	RESOURCE_NAMES,
	type ResourceVector,
	scaleResources,
	type UsagePhase,
} from '../capacity/resources.ts';
import type { AgreementRecord, MachineRecord, ReservationRecord } from '../store/records.ts';
import type { Turn } from './desk.ts';
import { beginOf, cutPlacement } from './ledger.ts';

/** What there was before a renegotiation. */
export interface Outgoing {
	readonly agreement: AgreementRecord;
	/** What it had booked, and has given up. */
	readonly reservations: readonly ReservationRecord[];
	/** Machines that leave their hosts, as they were. */
	readonly leaving: readonly MachineRecord[];
}

/**
 * Books, for the new revision and until `untilAt`, what machines use beyond it until they are as they shall be (H1):
 * the places of those that leave, where they fit beside the new revision, and on each host whatever the old revision
 * had booked there and the new one has not. The latter always fits: the old revision had it. Nothing where the old
 * one had not begun.
 */
export function bookTransition(
	turn: Turn,
	{ agreement, reservations, leaving }: Outgoing,
	agreementId: string,
	untilAt: number,
): void {
	const { ledger, now } = turn;
	if (beginOf(agreement.placement) > now) return;
	const machines = leaving.map(({ host }) => ({ host, count: 1 }));
	const tail = cutPlacement({ ...agreement.placement, machines }, now, untilAt);
	if (tail !== undefined) ledger.bookWhatFits(agreementId, tail);
	const before = within(reservations, now, untilAt);
	const after = within(ledger.reservationsOf(agreementId, now), now, untilAt);
	const hosts = new Set(before.flatMap((placement) => placement.machines.map(({ host }) => host)));
	for (const host of hosts) {
		const phases = excess(before, after, host, untilAt);
		if (phases.length === 0) continue;
		const usage = phases.map((phase) => ({ ...phase, offsetSeconds: phase.offsetSeconds - now }));
		ledger.book(agreementId, { startAt: now, usage: defineUsage(usage), machines: [{ host, count: 1 }] });
	}
}

function within(reservations: readonly ReservationRecord[], fromAt: number, untilAt: number): Placement[] {
	return reservations.flatMap(({ placement }) => cutPlacement(placement, fromAt, untilAt) ?? []);
}

/** What is in `before` and not in `after` on this host; offsets are epoch seconds. O(edges x phases). */
function excess(
	before: readonly Placement[],
	after: readonly Placement[],
	host: string,
	untilAt: number,
): readonly UsagePhase[] {
	const edges = [...new Set([...before, ...after].flatMap(edgesOf))].sort((one, other) => one - other);
	return edges.flatMap((offsetSeconds, nth) => {
		const durationSeconds = (edges[nth + 1] ?? untilAt) - offsetSeconds;
		const had = bookedAt(before, host, offsetSeconds);
		const has = bookedAt(after, host, offsetSeconds);
		const demand = Object.fromEntries(RESOURCE_NAMES.map((name) => [name, Math.max(0, had[name] - has[name])]));
		const isNothing = durationSeconds === 0 || RESOURCE_NAMES.every((name) => demand[name] === 0);
		return isNothing ? [] : [{ offsetSeconds, durationSeconds, demand: demand as ResourceVector }];
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
