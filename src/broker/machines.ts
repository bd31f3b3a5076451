/** Which machine of a workspace stands where. */

import { numbersOf } from '../agreement/terms/service.ts';
import type { HostShare } from '../capacity/resources.ts';
import { type GangPlacement, placementsOf } from '../capacity/search/gang.ts';
import type { AgreementRecord, MachineRecord } from '../store/records.ts';
import type { Turn } from './desk.ts';
import { beginOf } from './ledger.ts';

/**
 * Puts machine i of each service at the i-th place of its placement, as the judgement counts them: those that are there
 * keep their index, what they are and were seen to be, new ones shall run, those beyond the last place go. Returns the
 * machines that leave their hosts, as they were. Those of services that have ended are left alone. `machines`: all that
 * the workspace has had.
 */
export function assignMachines(
	turn: Turn,
	agreement: AgreementRecord,
	machines: readonly MachineRecord[] = turn.store.work.machinesOf(agreement.workspaceId),
): MachineRecord[] {
	const { id: agreementId, workspaceId, revision, placement } = agreement;
	const { work } = turn.store;
	const numbers = numbersOf(agreement);
	const existing = machines.filter(({ service }) => numbers.includes(service));
	const startAt = beginOf(placement);
	const seats = seatsOf(agreement, machines);
	const assigned = new Map(seats.map((seat) => [seat.index, { ...seat, service: numbers[seat.service]! }]));
	const known = new Map(existing.map((machine) => [machine.index, machine]));
	for (const { index, service, host } of assigned.values()) {
		const before = known.get(index);
		const desired = before === undefined || before.desired === 'absent' ? 'running' : before.desired;
		work.putMachine(turn.site, { workspaceId, index, service, agreementId, revision, host, startAt, desired });
	}
	const leaving = existing.filter(({ index, host, desired }) => {
		return desired !== 'absent' && assigned.get(index)?.host !== host;
	});
	for (const { index } of leaving) if (!assigned.has(index)) work.desire(workspaceId, index, 'absent');
	return leaving;
}

/** Where a machine stands. */
export interface Seat {
	readonly index: number;
	/** The position of its service among those of the agreement. */
	readonly service: number;
	readonly host: string;
}

/**
 * The seats of an agreement. A machine has its index for ever: the i-th seat of a service is that of its i-th machine in
 * the order of their indices, absent ones included, and where there is none a new index behind all others.
 */
export function seatsOf(agreement: AgreementRecord, machines: readonly MachineRecord[]): readonly Seat[] {
	const numbers = numbersOf(agreement);
	let next = machines.reduce((most, { index }) => Math.max(most, index + 1), 0);
	return placementsOf(agreement.placement).flatMap((each, service) => {
		const own = machines.filter((machine) => machine.service === numbers[service]).map(({ index }) => index);
		return placesOf(each.machines).map((host, nth): Seat => ({ index: own[nth] ?? next++, service, host }));
	});
}

/** What a history tells of the hosts: with the position of the service where there are several. */
export function hostsTold(placement: GangPlacement): { host: string; count: number; service?: number }[] {
	return placementsOf(placement).flatMap(({ machines }, service) => {
		const of = placement.others === undefined ? {} : { service };
		return machines.map(({ host, count }) => ({ host, count, ...of }));
	});
}

/** The host of each machine of one service, in their order. */
export function placesOf(machines: readonly HostShare[]): string[] {
	return machines.flatMap(({ host, count }) => Array<string>(count).fill(host));
}

/** The places written shortly; the order of the machines stays, so a host may be named repeatedly. */
export function sharesOf(places: readonly string[]): HostShare[] {
	const shares: HostShare[] = [];
	for (const host of places) {
		const last = shares.at(-1);
		if (last?.host === host) shares[shares.length - 1] = { host, count: last.count + 1 };
		else shares.push({ host, count: 1 });
	}
	return shares;
}
