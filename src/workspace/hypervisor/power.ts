/**
 * Pausing, saving, restoring, shutting down. A machine never runs without its hard limit: what is set while it runs is
 * written into its metadata, from which it is set again before it goes on.
 */
import { Flag, LifecycleEvent } from '../../libvirt/constants.ts';
import type { DomainEventOf } from '../../libvirt/procedures.ts';
import type { MachineState } from '../site.ts';
import type { OwnDomain } from './deployment.ts';
import { endDomain, type Hypervisor, unlessDown } from './hypervisor.ts';
import { readHardLimit, setHardLimit } from './live-limits.ts';

/** Stops its virtual CPUs; its memory stays in the host's. */
export async function pauseMachine(hypervisor: Hypervisor, { domain }: OwnDomain): Promise<void> {
	await hypervisor.call('domainSuspend', { domain });
}

/** Lets it go on, under the hard limit that its metadata says. */
export async function resumeMachine(hypervisor: Hypervisor, own: OwnDomain): Promise<void> {
	await limitAgain(hypervisor, own);
	await hypervisor.call('domainResume', { domain: own.domain });
}

/**
 * Saves memory and state to the host's disk. The hard limit is taken off before, while the machine stands still: libvirt
 * would restore it by raising RLIMIT_MEMLOCK, which it may not everywhere.
 */
export async function saveMachine(hypervisor: Hypervisor, own: OwnDomain, state: MachineState): Promise<void> {
	const { domain } = own;
	if (state === 'running') await hypervisor.call('domainSuspend', { domain });
	await setHardLimit(hypervisor, domain, undefined);
	try {
		await hypervisor.call('domainManagedSave', { domain, flags: Flag.save.PAUSED });
	} catch (error) {
		await limitAgain(hypervisor, own);
		if (state === 'running') await resumeMachine(hypervisor, own);
		throw error;
	}
}

/** Goes on from the saved memory: started paused, and resumed under its limit. */
export async function restoreMachine(hypervisor: Hypervisor, own: OwnDomain): Promise<void> {
	await hypervisor.call('domainCreate', { domain: own.domain, flags: Flag.create.PAUSED });
	await resumeMachine(hypervisor, own);
}

/** A guest that is still booting does not hear the button, so it is pressed again. */
const PRESS_INTERVAL_MS = 3_000;

/** Returns when the machine, in whatever state that is not off, is off: by its guest, or destroyed at the deadline. */
export async function shutDownMachine(
	hypervisor: Hypervisor,
	own: OwnDomain,
	state: MachineState,
	deadlineSeconds: number,
): Promise<void> {
	const { domain } = own;
	const { promise: stopped, resolve, reject } = Promise.withResolvers<boolean>();
	const onLifecycle = ({ domain: { uuid }, event }: DomainEventOf<'lifecycle'>) => {
		if (uuid === domain.uuid && event === LifecycleEvent.STOPPED) resolve(true);
	};
	const press = () => {
		const pressed = hypervisor.call('domainShutdown', { domain, flags: Flag.shutdown.ACPI_POWER_BUTTON });
		unlessDown(pressed).catch(reject);
	};
	hypervisor.on('lifecycle', onLifecycle);
	const deadline = setTimeout(() => resolve(false), deadlineSeconds * 1000);
	const again = setInterval(press, PRESS_INTERVAL_MS);
	try {
		if (state === 'paused') await resumeMachine(hypervisor, own);
		if (state === 'saved') await restoreMachine(hypervisor, own);
		press();
		if (!(await stopped)) await endDomain(hypervisor, domain);
	} finally {
		clearTimeout(deadline);
		clearInterval(again);
		hypervisor.off('lifecycle', onLifecycle);
	}
}

/** Sets the hard limit that the metadata names. A machine that has none there was never limited: `ensure` is what it needs. */
async function limitAgain(hypervisor: Hypervisor, { domain, metadata }: OwnDomain): Promise<void> {
	const wanted = metadata.memoryHardLimitBytes;
	if (wanted === undefined || (await readHardLimit(hypervisor, domain)) === wanted) return;
	await setHardLimit(hypervisor, domain, wanted);
}
