/**
 * One machine is made to be what it shall be. Idempotent from any state in which a crash may have left it (H4): the
 * machine is looked at first, and only the steps that are missing are taken.
 */
import type { MachineOrder, Observation } from '../broker/errands.ts';
import type { MachineObservation, Site } from '../workspace/site.ts';

/** How long a guest may take to end by itself before it is ended; less than the teardown that is booked by default. */
export const SHUTDOWN_SECONDS = 20;

/** Brings the machine to its desired state and returns what was then seen of it. Throws what the site throws. */
export async function converge(site: Site, order: MachineOrder): Promise<Observation> {
	switch (order.desired) {
		case 'running':
			return start(site, order);
		case 'absent':
			await site.destroy(order);
			return seen(await site.observe(order));
		case 'off':
			return turnOff(site, order);
		case 'paused':
		case 'saved':
			return hold(site, order, order.desired);
	}
}

/** What is remembered of an observation: what was seen, and of which machine. */
export function seen(
	{ identity: { workspaceId, index }, ...observed }: MachineObservation,
	pending: readonly string[] = [],
): Observation {
	return { workspaceId, index, observed: pending.length === 0 ? observed : { ...observed, pending } };
}

async function start(site: Site, order: MachineOrder): Promise<Observation> {
	let outcome = await site.ensure(order);
	if (outcome.pending.length > 0 && order.mayRestart) {
		await site.shutdown(order, SHUTDOWN_SECONDS);
		outcome = await site.ensure(order);
	}
	return seen(outcome.observation, outcome.pending);
}

async function turnOff(site: Site, order: MachineOrder): Promise<Observation> {
	const now = await site.observe(order);
	if (now.state === 'off' || now.state === 'absent') return seen(now);
	return seen(await site.shutdown(order, SHUTDOWN_SECONDS));
}

/** What was never started, or has stopped, must run before it can be paused or saved. */
async function hold(site: Site, order: MachineOrder, desired: 'paused' | 'saved'): Promise<Observation> {
	const now = await site.observe(order);
	if (now.state === desired) return seen(now);
	if (now.state !== 'running' && now.state !== 'paused') await site.ensure(order);
	return seen(await (desired === 'paused' ? site.pause(order) : site.save(order)));
}
