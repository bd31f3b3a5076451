/**
 * The world is compared with the books: machines that carry this installation’s id and that no agreement or retention
 * knows are removed; machines that should be there and are not are put on the errands again (H4). A machine without
 * our id is never touched: it is not even listed.
 */
import type { ErrandDesk } from '../broker/errand-desk.ts';
import type { MachineOrder } from '../broker/errands.ts';
import { madeAtOf } from '../broker/identifier.ts';
import { isSilence } from '../errors.ts';
import { findDeviations } from '../workspace/limits.ts';
import type { MachineObservation, Site } from '../workspace/site.ts';
import { seen } from './convergence.ts';
import { inParallel } from './runner.ts';

/**
 * The share of all our machines that one sweep may remove. Real leftovers are one or two from a crash; more means that
 * the books are wrong, and then the worst that may happen is that the next sweep removes as many again.
 */
const REMOVED_SHARE_MAX = 0.1;
/** With few machines the share would be nothing at all. */
const REMOVED_AT_LEAST = 2;
const MACHINES_AT_A_TIME = 2;

/** Which unknown machines are nobody's. */
export interface RemovalRights {
	/** False: none may be removed; the database is known to be an older one. */
	readonly mayRemove: boolean;
	/**
	 * Workspaces made in this interval (epoch seconds) cannot be unknown to a database that is not a restored backup:
	 * after its last commit and before this process. Their machines are left alone.
	 */
	readonly unknownFrom: number;
	readonly unknownUntil: number;
}

export interface Reconciliation {
	/** Machines that were removed because nobody knows them, there. */
	readonly removed: number;
	/** Machines that nobody knows and that were left, because of the share or because removing is not allowed. */
	readonly left: number;
	/** Machines that shall run and were not there. */
	readonly missing: number;
	/** Machines whose limits were not those agreed, and are again (H5). */
	readonly corrected: number;
	/** Machines of which nobody knows, since a host did not answer: they are left as they are in the books. */
	readonly unseen: number;
}

/** One sweep: what nobody knows goes, what is missing is put on the errands, limits that were changed are set again. */
export async function reconcile(
	errands: Pick<ErrandDesk, 'machinesWanted' | 'record'>,
	site: Site,
	installationId: string,
	rights: RemovalRights,
): Promise<Reconciliation> {
	// The books are read after the world: a machine that was started meanwhile is in the books before it is in the world.
	const present = await site.list(installationId);
	const wanted = errands.machinesWanted();
	const known = new Map(wanted.map((order) => [keyOf(order), order]));
	const strangers = present.filter(({ identity }) => !known.has(keyOf(identity)));
	const leftovers = leftoversAmong(present, known);
	const going = [
		...strangers.filter(({ identity }) => mayGo(identity.workspaceId, rights)),
		...leftovers.filter(() => rights.mayRemove),
	].slice(0, Math.max(REMOVED_AT_LEAST, Math.floor(present.length * REMOVED_SHARE_MAX)));
	let unseen = 0;
	/** One host that is silent stops nothing on the others. */
	const unlessSilent = async (work: () => Promise<void>): Promise<void> => {
		try {
			await work();
		} catch (error) {
			if (!isSilence(error)) throw error;
			unseen += 1;
		}
	};
	await inParallel(going, MACHINES_AT_A_TIME, (machine) =>
		unlessSilent(async () => {
			const { identity } = machine;
			await (leftovers.includes(machine) ? site.destroy(identity, machine.host) : site.destroy(identity));
			await errands.record([seen(await site.observe(identity))]);
		}),
	);
	const there = new Set(present.map(({ identity }) => keyOf(identity)));
	const unlisted = wanted.filter((machine) => !there.has(keyOf(machine)));
	// What is recorded as absent although it shall run, the broker puts on the errands again.
	const looks: MachineObservation[] = [];
	await Promise.all(unlisted.map((machine) => unlessSilent(async () => void looks.push(await site.observe(machine)))));
	const familiar = present.filter((machine) => known.has(keyOf(machine.identity)) && !leftovers.includes(machine));
	await errands.record([...familiar, ...looks].map((each) => seen(each)));
	const changed = changedAmong(site, familiar, known);
	let corrected = 0;
	await inParallel(changed, MACHINES_AT_A_TIME, (order) =>
		unlessSilent(async () => {
			const { observation, pending } = await site.ensure(order);
			await errands.record([seen(observation, pending)]);
			if (!departs(site, order, observation)) corrected += 1;
		}),
	);
	const left = strangers.length + leftovers.length - going.length;
	return { removed: going.length, left, missing: looks.length, corrected, unseen };
}

/**
 * Machines that stand where they belong and on another host as well: that one was given up while it was silent. What has
 * reached a later revision than the books know is not ours to remove.
 */
function leftoversAmong(
	machines: readonly MachineObservation[],
	orders: ReadonlyMap<string, MachineOrder>,
): readonly MachineObservation[] {
	const isAtHome = ({ identity, host }: MachineObservation) => orders.get(keyOf(identity))?.host === host;
	const atHome = new Set(machines.filter(isAtHome).map(({ identity }) => keyOf(identity)));
	return machines.filter((machine) => {
		const key = keyOf(machine.identity);
		return atHome.has(key) && !isAtHome(machine) && machine.revision <= orders.get(key)!.revision;
	});
}

/** The orders of machines whose limits somebody else has changed. */
function changedAmong(
	site: Site,
	machines: readonly MachineObservation[],
	orders: ReadonlyMap<string, MachineOrder>,
): readonly MachineOrder[] {
	return machines.flatMap((machine) => {
		const order = orders.get(keyOf(machine.identity));
		// Of another revision there is an errand already.
		const settled = order?.desired === 'running' && machine.state === 'running' && machine.revision === order.revision;
		return settled && departs(site, order, machine) ? [order] : [];
	});
}

function departs({ abilities }: Site, order: MachineOrder, { limits }: MachineObservation): boolean {
	return limits !== undefined && findDeviations(order, abilities.memoryOverhead, limits).length > 0;
}

function keyOf({ workspaceId, index }: { readonly workspaceId: string; readonly index: number }): string {
	return `${workspaceId} ${index}`;
}

/** The time in the workspace's id says when it was made. */
function mayGo(workspaceId: string, { mayRemove, unknownFrom, unknownUntil }: RemovalRights): boolean {
	const madeAt = madeAtOf(workspaceId);
	return mayRemove && (madeAt <= unknownFrom || madeAt >= unknownUntil);
}
