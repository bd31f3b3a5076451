/** Machines are brought from one revision to the next. */

import { numbersOf } from '../agreement/terms/service.ts';
import { beginOf } from '../capacity/resources.ts';
import { type GangPlacement, placementsOf } from '../capacity/search/gang.ts';
import type { AgreementRecord, MachineRecord } from '../store/records.ts';
import { seatsOf } from '../store/seats.ts';
import type { Turn } from './turn.ts';

/**
 * Puts machine i of each service at the i-th place of its placement, as the judgement counts them: those that are there
 * keep their index, what they are and were seen to be, new ones shall run, those beyond the last place go. Returns the
 * machines that leave their hosts, as they were. Those of services that have ended are left alone.
 */
export function assignMachines(turn: Turn, agreement: AgreementRecord): MachineRecord[] {
	const { id: agreementId, workspaceId, revision, placement } = agreement;
	const { machines } = turn.store;
	const numbers = numbersOf(agreement);
	const all = machines.of(workspaceId);
	const existing = all.filter(({ service }) => numbers.includes(service));
	const startAt = beginOf(placement);
	const seats = seatsOf(agreement, all);
	const assigned = new Map(seats.map((seat) => [seat.index, { ...seat, service: numbers[seat.service]! }]));
	const known = new Map(existing.map((machine) => [machine.index, machine]));
	for (const { index, service, host } of assigned.values()) {
		const before = known.get(index);
		const desired = before === undefined || before.desired === 'absent' ? 'running' : before.desired;
		machines.put(turn.site, { workspaceId, index, service, agreementId, revision, host, startAt, desired });
	}
	const leaving = existing.filter(({ index, host, desired }) => {
		return desired !== 'absent' && assigned.get(index)?.host !== host;
	});
	for (const { index } of leaving) if (!assigned.has(index)) machines.desire(workspaceId, index, 'absent');
	return leaving;
}

/** What a history tells of the hosts: with the position of the service where there are several. */
export function hostsTold(placement: GangPlacement): { host: string; count: number; service?: number }[] {
	return placementsOf(placement).flatMap(({ machines }, service) => {
		const of = placement.others === undefined ? {} : { service };
		return machines.map(({ host, count }) => ({ host, count, ...of }));
	});
}
