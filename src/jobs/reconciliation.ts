/**
 * The world is compared with the books: machines that carry this installation's id and that no agreement or retention
 * knows are removed; machines that should be there and are not are put on the errands again (H4). A machine without
 * our id is never touched: it is not even listed.
 */
import type { Broker } from '../broker/broker.ts';
import type { Site } from '../workspace/site.ts';
import { seen } from './convergence.ts';
import { inParallel } from './runner.ts';

/**
 * The share of all our machines that one sweep may remove. Real leftovers are one or two from a crash; more means that
 * the books are wrong, and then the worst that may happen is that the next sweep removes as many again.
 */
const REMOVED_SHARE_MAX = 0.1;
/** With few machines the share would be nothing at all. */
const REMOVED_AT_LEAST = 2;
const REMOVALS_AT_A_TIME = 2;

export interface Reconciliation {
	/** Machines that were removed because nobody knows them. */
	readonly removed: number;
	/** Machines that nobody knows and that were left, because of the share or because removing is not allowed. */
	readonly left: number;
	/** Machines that shall run and were not there. */
	readonly missing: number;
}

/**
 * One sweep. Without `mayRemove` (the store may be a restored backup, and what it does not know may be somebody's)
 * unknown machines are only counted.
 */
export async function reconcile(
	broker: Broker,
	site: Site,
	installationId: string,
	mayRemove: boolean,
): Promise<Reconciliation> {
	// The books are read after the world: a machine that was started meanwhile is in the books before it is in the world.
	const present = await site.list(installationId);
	const wanted = await broker.machinesWanted();
	const key = (machine: { readonly workspaceId: string; readonly index: number }) =>
		`${machine.workspaceId} ${machine.index}`;
	const known = new Set(wanted.map(key));
	const strangers = present.filter(({ identity }) => !known.has(key(identity)));
	const removable = mayRemove ? Math.max(REMOVED_AT_LEAST, Math.floor(present.length * REMOVED_SHARE_MAX)) : 0;
	const going = strangers.slice(0, removable);
	await inParallel(going, REMOVALS_AT_A_TIME, async ({ identity }) => {
		await site.destroy(identity);
		await broker.recordObservations([seen(await site.observe(identity))]);
	});
	const there = new Set(present.map(({ identity }) => key(identity)));
	const missing = wanted.filter((machine) => !there.has(key(machine)));
	// What is recorded as absent although it shall run, the broker puts on the errands again.
	const looks = await Promise.all(missing.map((machine) => site.observe(machine)));
	await broker.recordObservations(
		[...present.filter(({ identity }) => known.has(key(identity))), ...looks].map((each) => seen(each)),
	);
	return { removed: going.length, left: strangers.length - going.length, missing: missing.length };
}
