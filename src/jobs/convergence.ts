/**
 * One machine is made to be what it shall be. Idempotent from any state in which a crash may have left it (H4): the
 * machine is looked at first, and only the steps that are missing are taken.
 */
import type { MachineOrder, Observation } from '../broker/errands.ts';
import { OperatingError } from '../errors.ts';
import type { MachineObservation, Site } from '../workspace/site.ts';

/** How long a guest may take to end by itself before it is ended; less than the teardown that is booked by default. */
export const SHUTDOWN_SECONDS = 20;

/** What is done to a machine in one stage of an errand. */
export interface Step {
	readonly order: MachineOrder;
	/** It only leaves the host where it stands, to be started on another one in a later stage. */
	readonly leaves: boolean;
}

/**
 * The stages in which machines become what they shall be, so that at no instant more runs on a host than was agreed
 * before or is agreed now (H1): first all that go, end or leave a host, then those that change where they stand, those
 * first that give something up, then those that start. All machines of a service are equal, so those that stand change
 * alike and need no order among them; of several services one may grow by what another gives up.
 */
export function stagesOf(orders: readonly MachineOrder[]): readonly (readonly Step[])[] {
	const isGoing = (order: MachineOrder): boolean => order.desired === 'off' || isEnding(order);
	const going = orders.filter((order) => isGoing(order) || mustLeave(order));
	const staying = orders.filter((order) => order.desired !== 'absent' && order.standing !== undefined);
	const changing = staying.filter((order) => !isGoing(order) && !mustLeave(order));
	const coming = orders.filter((order) => order.desired !== 'absent' && order.standing === undefined);
	return [
		going.map((order) => ({ order, leaves: mustLeave(order) })),
		...[GIVING, GIVING_AND_TAKING, TAKING].map((how) =>
			changing.filter((order) => changeOf(order) === how).map((order) => ({ order, leaves: false })),
		),
		[...staying.filter(mustLeave), ...coming.filter((order) => !isGoing(order))].map((order) => ({
			order,
			leaves: false,
		})),
	];
}

const GIVING = 0;
const GIVING_AND_TAKING = 1;
const TAKING = 2;

/** Whether it gives up CPU time or memory where it stands, takes more, or both; what is not seen to run takes all of it. */
function changeOf({ standing, cpuCount, cpuSharePercent, memoryBytes }: MachineOrder): number {
	const limits = standing?.limits;
	if (limits === undefined) return TAKING;
	const more = [cpuCount * cpuSharePercent - limits.cpuQuotaPercent, memoryBytes - limits.memoryBytes];
	if (!more.some((amount) => amount > 0)) return GIVING;
	return more.some((amount) => amount < 0) ? GIVING_AND_TAKING : TAKING;
}

/** The orders with where their machines stand now; as they are where that cannot be seen, which their steps will tell. */
export async function lookAgain(site: Site, machines: readonly MachineOrder[]): Promise<readonly MachineOrder[]> {
	const look = async (order: MachineOrder): Promise<MachineOrder> => {
		const { standing: _, ...rest } = order;
		try {
			const { identity: _identity, ...standing } = await site.observe(order);
			return standing.state === 'absent' ? rest : { ...rest, standing };
		} catch (error) {
			if (!(error instanceof OperatingError)) throw error;
			return order;
		}
	};
	return Promise.all(machines.map(look));
}

/** Whether later stages must leave this host alone where the step failed: it may use more there than is agreed. */
export function blockedBy({ order }: Step): string | undefined {
	const { standing, revision } = order;
	if (standing === undefined) return undefined;
	// What ends has its last revision already.
	return standing.revision !== revision || isEnding(order) ? standing.host : undefined;
}

/** Whether the machine goes, or is kept after the end of its service. */
export function isEnding({ desired, kept }: MachineOrder): boolean {
	return desired === 'absent' || kept === true;
}

/** A machine that stands elsewhere starts anew where it shall be: its client has agreed, or it was never up. */
function mustLeave({ desired, standing, host, revision }: MachineOrder): boolean {
	// What has reached a later revision than we know of is not ours to remove: the database may be an older one.
	return desired !== 'absent' && standing !== undefined && standing.host !== host && standing.revision <= revision;
}

/** Removes the machine from the host that it has to leave, unless it is gone from there already. */
export async function leaveHost(site: Site, order: MachineOrder): Promise<Observation> {
	const now = await site.observe(order);
	if (now.state === 'absent' || now.host === order.host) return seen(now);
	await site.destroy(order);
	return seen(await site.observe(order));
}

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

/** What was never started, or has stopped, must run before it can be paused or saved; of what is kept its disk is left. */
async function hold(site: Site, order: MachineOrder, desired: 'paused' | 'saved'): Promise<Observation> {
	const now = await site.observe(order);
	if (order.kept && now.state !== 'running' && now.state !== 'paused') return seen(now);
	// Paused it would keep memory that is no longer its own; the client has agreed to the restart that gives it back.
	const keepsTooMuch = desired === 'paused' && order.mayRestart && (now.limits?.memoryBytes ?? 0) > order.memoryBytes;
	if (keepsTooMuch) await start(site, order);
	else if (now.state === desired) return seen(now);
	else if (now.state !== 'running' && now.state !== 'paused') await site.ensure(order);
	return seen(await (desired === 'paused' ? site.pause(order) : site.save(order)));
}
