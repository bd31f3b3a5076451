/** Which machine stands where, and what it shall be. */
import type { AgreementRecord, MachineRecord } from '../store/records.ts';
import type { Turn } from './desk.ts';
import { beginOf } from './ledger.ts';

/**
 * Gives the placement's machines their indices. Machines that are there stay on their hosts as far as the placement
 * has room for them there; of a workspace that shrinks, those go that would have to move, and then the last.
 * Returns the machines that leave their hosts: as they were.
 */
export function assignMachines(turn: Turn, agreement: AgreementRecord): MachineRecord[] {
	const { workspaceId, placement, grant } = agreement;
	const existing = turn.store.work.machinesOf(workspaceId);
	const shares = new Map(placement.machines.map(({ host, count }) => [host, count]));
	const staying = takeShares(
		existing.filter(({ desired }) => desired !== 'absent'),
		shares,
	);
	const moving = existing.filter((machine) => machine.desired !== 'absent' && !staying.includes(machine));
	const hosts = [...shares].flatMap(([host, count]) => Array<string>(count).fill(host));
	for (const machine of staying) put(turn, agreement, machine.index, machine.host, machine);
	for (const machine of moving) {
		const host = hosts.shift();
		if (host === undefined) turn.store.work.desire(workspaceId, machine.index, 'absent');
		else put(turn, agreement, machine.index, host, machine);
	}
	const taken = new Set(existing.filter(isThere).map(({ index }) => index));
	for (let index = 0; hosts.length > 0; index += 1) {
		if (!taken.has(index)) put(turn, agreement, index, hosts.shift()!);
	}
	const wanted = turn.store.work.machinesOf(workspaceId).filter(({ desired }) => desired !== 'absent').length;
	if (wanted !== grant.machineCount) throw new Error(`${wanted} machines for a grant of ${grant.machineCount}.`);
	return moving;
}

/** A machine that is wanted or may still be somewhere: its index is not given away. */
function isThere({ desired, observed }: MachineRecord): boolean {
	return desired !== 'absent' || (observed !== undefined && observed.state !== 'absent');
}

function takeShares(machines: readonly MachineRecord[], shares: Map<string, number>): MachineRecord[] {
	return machines.filter(({ host }) => {
		const left = shares.get(host) ?? 0;
		if (left > 0) shares.set(host, left - 1);
		return left > 0;
	});
}

function put(turn: Turn, agreement: AgreementRecord, index: number, host: string, before?: MachineRecord): void {
	const { id: agreementId, workspaceId, revision, placement } = agreement;
	const desired = before?.desired ?? 'running';
	const startAt = beginOf(placement);
	turn.store.work.putMachine(turn.site, { workspaceId, index, agreementId, revision, host, startAt, desired });
}
