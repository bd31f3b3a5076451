/** Which machine of a workspace stands where. */
import type { HostShare } from '../capacity/resources.ts';
import type { AgreementRecord, MachineRecord } from '../store/records.ts';
import type { Turn } from './desk.ts';
import { beginOf } from './ledger.ts';

/**
 * Puts machine i at the i-th place of the placement, as the judgement counts them: those that are there keep what they
 * are and were seen to be, new ones shall run, those beyond the last place go. Returns the machines that leave their
 * hosts, as they were.
 */
export function assignMachines(turn: Turn, agreement: AgreementRecord): MachineRecord[] {
	const { id: agreementId, workspaceId, revision, placement } = agreement;
	const { work } = turn.store;
	const existing = new Map(work.machinesOf(workspaceId).map((machine) => [machine.index, machine]));
	const places = placesOf(placement.machines);
	const startAt = beginOf(placement);
	for (const [index, host] of places.entries()) {
		const before = existing.get(index);
		const desired = before === undefined || before.desired === 'absent' ? 'running' : before.desired;
		work.putMachine(turn.site, { workspaceId, index, agreementId, revision, host, startAt, desired });
	}
	const leaving = [...existing.values()].filter(({ index, host, desired }) => {
		return desired !== 'absent' && places[index] !== host;
	});
	for (const { index } of leaving) if (index >= places.length) work.desire(workspaceId, index, 'absent');
	return leaving;
}

/** The host of each machine, by its index. */
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
