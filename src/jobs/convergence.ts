/**
 * One machine is made to be what it shall be. Idempotent from any state in which a crash may have left it (H4): the
 * machine is looked at first, and only the steps that are missing are taken.
 */
import type { DesiredState, MachineRecord, ObservedMachine } from '../store/records.ts';
import type { ServiceGrant } from '../agreement/service.ts';
import type { MachineIdentity, MachineObservation, MachineSpec, Site } from '../workspace/site.ts';

/** A machine that is wanted, with what was granted to it. */
export type WantedMachine = MachineRecord & { readonly grant: ServiceGrant };

/** How long a guest may take to end by itself before it is ended: within the teardown that is booked. */
export const SHUTDOWN_SECONDS = 20;

/** Brings the machine to its desired state and returns what was then seen of it. Throws what the site throws. */
export async function converge(site: Site, installationId: string, machine: WantedMachine): Promise<ObservedMachine> {
	const spec = specOf(installationId, machine);
	switch (machine.desired) {
		case 'running':
			return started(site, spec);
		case 'absent':
			await site.destroy(spec);
			return seen(await site.observe(spec));
		case 'paused':
		case 'saved':
		case 'off':
			return stopped(site, spec, machine.desired);
	}
}

/** What an observation is worth remembering: everything but who it is. */
export function seen({ identity: _identity, ...observed }: MachineObservation, pending?: readonly string[]): ObservedMachine {
	return pending === undefined || pending.length === 0 ? observed : { ...observed, pending };
}

export function identityOf(installationId: string, { workspaceId, index }: MachineRecord): MachineIdentity {
	return { installationId, workspaceId, index };
}

async function started(site: Site, spec: MachineSpec): Promise<ObservedMachine> {
	let outcome = await site.ensure(spec);
	if (outcome.pending.length > 0) {
		// The offer said that this takes a restart, and the client allowed it: otherwise it would not be agreed.
		await site.shutdown(spec, SHUTDOWN_SECONDS);
		outcome = await site.ensure(spec);
	}
	return seen(outcome.observation, outcome.pending);
}

/** A machine that shall stand still must be there first: what was never started cannot be paused. */
async function stopped(site: Site, spec: MachineSpec, desired: Exclude<DesiredState, 'running' | 'absent'>): Promise<ObservedMachine> {
	let now = await site.observe(spec);
	if (now.state === desired) return seen(now);
	if (desired === 'off') return now.state === 'absent' ? seen(now) : seen(await site.shutdown(spec, SHUTDOWN_SECONDS));
	if (now.state !== 'running' && now.state !== 'paused') now = (await site.ensure(spec)).observation;
	return seen(await (desired === 'paused' ? site.pause(spec) : site.save(spec)));
}

function specOf(installationId: string, { workspaceId, index, revision, host, grant }: WantedMachine): MachineSpec {
	const { cpuCount, memoryBytes, diskBytes, networkBitsPerSecond, workspace } = grant;
	return {
		installationId,
		workspaceId,
		index,
		revision,
		host,
		cpuCount,
		cpuSharePercent: workspace.cpuSharePercent,
		memoryBytes,
		diskBytes,
		networkBitsPerSecond,
		imageDigest: workspace.imageDigest,
		...(workspace.sshPublicKey === undefined ? {} : { sshPublicKey: workspace.sshPublicKey }),
	};
}
