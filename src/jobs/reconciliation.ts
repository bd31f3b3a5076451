/**
 * The world is compared with the books: machines that carry this installation's id and that no agreement or retention
 * knows are removed; machines that should be there and are not are put on the errands again (H4). A machine without
 * our id is never touched: it is not even listed.
 */
import type { Broker } from '../broker/broker.ts';
import type { MachineOrder } from '../broker/errands.ts';
import { madeAtOf } from '../broker/identifier.ts';
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
	/** Machines that were removed because nobody knows them. */
	readonly removed: number;
	/** Machines that nobody knows and that were left, because of the share or because removing is not allowed. */
	readonly left: number;
	/** Machines that shall run and were not there. */
	readonly missing: number;
	/** Machines whose limits were not those agreed, and are again (H5). */
	readonly corrected: number;
}

/** One sweep: what nobody knows goes, what is missing is put on the errands, limits that were changed are set again. */
export async function reconcile(
	broker: Broker,
	site: Site,
	installationId: string,
	rights: RemovalRights,
): Promise<Reconciliation> {
	// The books are read after the world: a machine that was started meanwhile is in the books before it is in the world.
	const present = await site.list(installationId);
	const wanted = broker.machinesWanted();
	const known = new Map(wanted.map((order) => [keyOf(order), order]));
	const strangers = present.filter(({ identity }) => !known.has(keyOf(identity)));
	const going = strangers
		.filter(({ identity }) => mayGo(identity.workspaceId, rights))
		.slice(0, Math.max(REMOVED_AT_LEAST, Math.floor(present.length * REMOVED_SHARE_MAX)));
	await inParallel(going, MACHINES_AT_A_TIME, async ({ identity }) => {
		await site.destroy(identity);
		await broker.recordObservations([seen(await site.observe(identity))]);
	});
	const there = new Set(present.map(({ identity }) => keyOf(identity)));
	const missing = wanted.filter((machine) => !there.has(keyOf(machine)));
	// What is recorded as absent although it shall run, the broker puts on the errands again.
	const looks = await Promise.all(missing.map((machine) => site.observe(machine)));
	const familiar = present.filter(({ identity }) => known.has(keyOf(identity)));
	await broker.recordObservations([...familiar, ...looks].map((each) => seen(each)));
	const corrected = await correctLimits(broker, site, familiar, known);
	return { removed: going.length, left: strangers.length - going.length, missing: missing.length, corrected };
}

/** Sets limits again that somebody else has changed. Returns how many machines have those agreed again. */
async function correctLimits(
	broker: Broker,
	site: Site,
	machines: readonly MachineObservation[],
	orders: ReadonlyMap<string, MachineOrder>,
): Promise<number> {
	const departs = (order: MachineOrder, { limits }: MachineObservation) =>
		limits !== undefined && findDeviations(order, site.abilities.memoryOverhead, limits).length > 0;
	const changed = machines.flatMap((machine) => {
		const order = orders.get(keyOf(machine.identity));
		// Of another revision there is an errand already.
		const settled = order?.desired === 'running' && machine.state === 'running' && machine.revision === order.revision;
		return settled && departs(order, machine) ? [order] : [];
	});
	let corrected = 0;
	await inParallel(changed, MACHINES_AT_A_TIME, async (order) => {
		const { observation, pending } = await site.ensure(order);
		await broker.recordObservations([seen(observation, pending)]);
		if (!departs(order, observation)) corrected += 1;
	});
	return corrected;
}

function keyOf({ workspaceId, index }: { readonly workspaceId: string; readonly index: number }): string {
	return `${workspaceId} ${index}`;
}

/** The time in the workspace's id says when it was made. */
function mayGo(workspaceId: string, { mayRemove, unknownFrom, unknownUntil }: RemovalRights): boolean {
	const madeAt = madeAtOf(workspaceId);
	return mayRemove && (madeAt <= unknownFrom || madeAt >= unknownUntil);
}
