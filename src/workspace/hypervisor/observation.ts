/**
 * What a domain of libvirt shows as a machine: its state in this project's words, limits, consumption, console.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DomainReason, DomainState, ErrorCode, MemoryStatistic } from '../../libvirt/constants.ts';
import type { Domain } from '../../libvirt/structures.ts';
import type { MachineIdentity, MachineObservation, MachineState } from '../site.ts';
import { bytesOfKib, type DomainReading, readDomain } from './domain-reading.ts';
import type { MachineMetadata } from './domain-xml.ts';
import { type Hypervisor, isUp, refusalCode, unlessDown, unlessGone } from './hypervisor.ts';
import { countOomKills } from './kernel-limits.ts';
import { readLimits } from './live-limits.ts';
import type { MachineFiles } from './machine-files.ts';

/** A domain's state, and why it is in it where that says anything. */
export interface PowerState {
	readonly state: MachineState;
	/** Whether it has a process, whose limits can be read and changed. */
	readonly up: boolean;
	readonly reason?: string;
}

/** Nothing of a machine. */
export function absent(identity: MachineIdentity): MachineObservation {
	return { identity: identityOf(identity), revision: 0, host: '', state: 'absent' };
}

/** The machine that the domain is; absent where the domain went meanwhile. */
export async function observeDomain(
	hypervisor: Hypervisor,
	domain: Domain,
	metadata: MachineMetadata,
	files: MachineFiles,
): Promise<MachineObservation> {
	const look = () => unlessGone(observe(hypervisor, domain, metadata, files));
	for (let attempt = 1; ; attempt += 1) {
		try {
			return (await look()) ?? absent(metadata);
		} catch (error) {
			if (refusalCode(error) !== ErrorCode.SYSTEM_ERROR || attempt === LOOKS_MAX) throw error;
			await delay(BETWEEN_LOOKS_MS);
		}
	}
}

/** A domain that comes or goes has no cgroups for a moment, though libvirt calls it up: then it is looked at again. */
const LOOKS_MAX = 10;
const BETWEEN_LOOKS_MS = 100;

/** The state of a domain; throws HYPERVISOR_REFUSED when it went meanwhile. */
export async function readState(
	hypervisor: Hypervisor,
	domain: Domain,
	metadata: MachineMetadata,
): Promise<PowerState> {
	const { state, reason } = await hypervisor.call('domainGetState', { domain });
	if (isUp(state)) return { up: true, ...upState(state, reason) };
	if (state === DomainState.SHUTOFF && (await hypervisor.call('domainHasManagedSave', { domain }))) {
		return { up: false, state: 'saved' };
	}
	if (
		state === DomainState.CRASHED ||
		reason === DomainReason.SHUTOFF.CRASHED ||
		reason === DomainReason.SHUTOFF.FAILED
	) {
		return { up: false, state: 'failed', reason: await whyFailed(metadata) };
	}
	const words = OFF_REASONS[reason];
	return { up: false, state: 'off', ...(words === undefined ? {} : { reason: words }) };
}

async function observe(
	hypervisor: Hypervisor,
	domain: Domain,
	known: MachineMetadata,
	files: MachineFiles,
): Promise<MachineObservation> {
	const [power, xml, consoleTail] = await Promise.all([
		readState(hypervisor, domain, known),
		hypervisor.call('domainGetXml', { domain }),
		files.consoleTail(),
	]);
	const reading = readDomain(xml);
	const { revision, host, bootedAt } = reading.metadata ?? known;
	const live = power.up ? await unlessDown(observeLive(hypervisor, domain, reading)) : undefined;
	return {
		identity: identityOf(known),
		revision,
		host,
		state: power.state,
		...(power.reason === undefined ? {} : { stateReason: power.reason }),
		...live,
		...(bootedAt === undefined ? {} : { bootedAt }),
		consoleTail,
	};
}

async function observeLive(
	hypervisor: Hypervisor,
	domain: Domain,
	reading: DomainReading,
): Promise<Pick<MachineObservation, 'limits' | 'consumed'>> {
	const [limits, { cpuTimeNanoseconds }, statistics] = await Promise.all([
		readLimits(hypervisor, domain, reading),
		hypervisor.call('domainGetInfo', { domain }),
		hypervisor.call('domainMemoryStats', { domain }),
	]);
	const occupied = statistics.find(({ tag }) => tag === MemoryStatistic.RSS)?.value ?? 0n;
	return {
		limits,
		consumed: { cpuSeconds: Number(cpuTimeNanoseconds) / 1e9, memoryBytes: bytesOfKib(occupied) },
	};
}

function upState(state: number, reason: number): Pick<PowerState, 'state' | 'reason'> {
	if (state !== DomainState.PAUSED && state !== DomainState.PMSUSPENDED) return { state: 'running' };
	if (state === DomainState.PAUSED && reason === DomainReason.PAUSED.IOERROR) {
		return { state: 'paused', reason: 'its disk could not be written: the disk of the host may be full' };
	}
	return { state: 'paused' };
}

const OFF_REASONS: Readonly<Record<number, string>> = {
	[DomainReason.SHUTOFF.SHUTDOWN]: 'the guest shut down',
	[DomainReason.SHUTOFF.DESTROYED]: 'it was destroyed',
};

/** The kernel does not say whom its OOM killer has taken to those who may not read its log, only how often it acted. */
async function whyFailed({ oomKillsAtBoot }: MachineMetadata): Promise<string> {
	const kills = await countOomKills();
	if (kills === undefined || oomKillsAtBoot === undefined || kills <= oomKillsAtBoot) return 'QEMU ended by itself';
	return 'QEMU was killed: the OOM killer of the kernel acted on this host since the machine was booted, so it went over its memory limit';
}

function identityOf({ installationId, workspaceId, index }: MachineIdentity): MachineIdentity {
	return { installationId, workspaceId, index };
}
