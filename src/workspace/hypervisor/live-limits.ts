/**
 * The limits of a machine that is up: read back from libvirt and the kernel, and changed without a boot.
 *
 * The order of a change is safe at every step: room is made before it is used, so a crash in between leaves a machine
 * that lives and has at most what it is about to have. Each step starts from what is read back, so repeating is free.
 */
import { readFile } from 'node:fs/promises';
import { Flag } from '../../libvirt/constants.ts';
import type { DomainEventOf } from '../../libvirt/procedures.ts';
import type { Domain } from '../../libvirt/structures.ts';
import { type HotAddAbilities, planLiveChange } from '../limits.ts';
import type { EnforcedLimits, MachineSpec } from '../site.ts';
import { type DomainReading, hardLimitBytes, quotaPercent, readDomain, vcpuQuotaPercent } from './domain-reading.ts';
import { cpuParameters, MEMORY_SLOTS, memoryDeviceXml, memoryParameters } from './domain-xml.ts';
import type { Hypervisor } from './hypervisor.ts';
import { readKernelLimits } from './kernel-limits.ts';

/**
 * How long a guest may take to accept memory before it is called pending. An emulated one at 25 % of a CPU took 1 to 3
 * seconds; one that has no virtio-mem driver never does.
 */
const GROWTH_DEADLINE_MS = 10_000;

/** Reads the limits of a domain that is up. */
export async function readLimits(
	hypervisor: Hypervisor,
	domain: Domain,
	reading: DomainReading,
): Promise<EnforcedLimits> {
	const [cpu, memory, pid] = await Promise.all([
		hypervisor.call('domainGetSchedulerParameters', { domain, flags: Flag.affect.LIVE }),
		hypervisor.call('domainGetMemoryParameters', { domain, flags: Flag.affect.LIVE }),
		processOf(domain),
	]);
	const kernel = pid === undefined ? undefined : await readKernelLimits(pid);
	return {
		cpuCount: reading.cpuCount,
		cpuQuotaPercent: quotaPercent(cpu),
		memoryBytes: memoryOf(reading, 'currentBytes'),
		memoryHardLimitBytes: hardLimitBytes(memory),
		...(kernel === undefined ? {} : { kernel }),
	};
}

/** What came of a change. */
export interface LiveOutcome {
	/** To be set again before the machine goes on after a save. */
	readonly memoryHardLimitBytes: number;
	/** Whether the guest has still to take memory that it was offered; it can while it runs. */
	readonly grows: boolean;
	readonly pending: readonly string[];
}

/** Brings a domain that is up as near to its spec as goes without a boot. */
export async function changeLimits(
	hypervisor: Hypervisor,
	domain: Domain,
	reading: DomainReading,
	spec: MachineSpec,
	abilities: HotAddAbilities,
): Promise<LiveOutcome> {
	const asked = memoryOf(reading, 'requestedBytes');
	const memoryHotAdd = abilities.memoryHotAdd && hasRoom(reading, spec.memoryBytes - asked);
	const current = { cpuCount: reading.cpuCount, memoryBytes: asked };
	const { limits, pending } = planLiveChange(current, spec, { ...abilities, memoryHotAdd });
	const { memoryHardLimitBytes } = limits;
	// Memory is only ever added here, so the limit is never below what the guest has.
	if ((await readHardLimit(hypervisor, domain)) !== memoryHardLimitBytes) {
		await setHardLimit(hypervisor, domain, memoryHardLimitBytes);
	}
	if (limits.memoryBytes > asked) {
		await addMemory(hypervisor, domain, reading, limits.memoryBytes - asked, memoryHardLimitBytes);
	}
	await changeQuota(hypervisor, domain, spec);
	if (limits.cpuCount > reading.cpuCount) {
		await hypervisor.call('domainSetVcpus', { domain, vcpus: limits.cpuCount, flags: Flag.vcpus.LIVE });
	}
	return { memoryHardLimitBytes, grows: limits.memoryBytes > memoryOf(reading, 'currentBytes'), pending };
}

/** Infinity where there is none. */
export async function readHardLimit(hypervisor: Hypervisor, domain: Domain): Promise<number> {
	return hardLimitBytes(await hypervisor.call('domainGetMemoryParameters', { domain, flags: Flag.affect.LIVE }));
}

/** Undefined takes the limit off. */
export async function setHardLimit(hypervisor: Hypervisor, domain: Domain, bytes: number | undefined): Promise<void> {
	const parameters = memoryParameters(bytes);
	await hypervisor.call('domainSetMemoryParameters', { domain, parameters, flags: Flag.affect.LIVE });
}

/** Waits until the guest has taken the memory that was added. Returns what is missing after the deadline, in words. */
export async function awaitGrowth(hypervisor: Hypervisor, domain: Domain): Promise<readonly string[]> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const missing = async () => {
		const reading = readDomain(await hypervisor.call('domainGetXml', { domain }));
		return memoryOf(reading, 'requestedBytes') - memoryOf(reading, 'currentBytes');
	};
	const onChange = (event: DomainEventOf<'memoryDeviceSizeChange'>) => {
		if (event.domain.uuid !== domain.uuid) return;
		// Each event is looked into; a failure shows in the last look.
		missing().then((bytes) => bytes === 0 && resolve(), resolve);
	};
	const timer = setTimeout(resolve, GROWTH_DEADLINE_MS);
	hypervisor.on('memoryDeviceSizeChange', onChange);
	try {
		if ((await missing()) === 0) return [];
		await promise;
		const bytes = await missing();
		return bytes === 0 ? [] : [`The guest has not taken ${bytes} bytes of the memory that was added, so far.`];
	} finally {
		clearTimeout(timer);
		hypervisor.off('memoryDeviceSizeChange', onChange);
	}
}

/** What the machine booted with, and of what was added the part that is asked for, or that the guest has taken. */
function memoryOf(reading: DomainReading, part: 'requestedBytes' | 'currentBytes'): number {
	return reading.memoryDevices.reduce((sum, device) => sum + device[part], reading.bootMemoryBytes);
}

/** Whether so much can be added: within the devices that are there, or with one more. */
function hasRoom({ memoryDevices }: DomainReading, bytes: number): boolean {
	if (memoryDevices.length < MEMORY_SLOTS) return true;
	return memoryDevices.reduce((room, device) => room + device.sizeBytes - device.requestedBytes, 0) >= bytes;
}

/** Fills the room of the devices that are there, then adds one for the rest. */
async function addMemory(
	hypervisor: Hypervisor,
	domain: Domain,
	reading: DomainReading,
	bytes: number,
	hardLimit: number,
): Promise<void> {
	let left = bytes;
	for (const device of reading.memoryDevices) {
		const more = Math.min(left, device.sizeBytes - device.requestedBytes);
		if (more === 0) continue;
		const xml = device.requesting(device.requestedBytes + more);
		await hypervisor.call('domainUpdateDevice', { domain, xml, flags: Flag.device.LIVE });
		left -= more;
	}
	if (left > 0) await attachMemory(hypervisor, domain, memoryDeviceXml(left), hardLimit);
}

/**
 * With a hard limit set, libvirt raises RLIMIT_MEMLOCK along with the memory, fails where it lacks CAP_SYS_RESOURCE
 * (containers), and after one failure would fail always. So the limit is off for the 30 ms of the attachment; what the
 * guest itself has is bounded all the same.
 */
async function attachMemory(hypervisor: Hypervisor, domain: Domain, xml: string, hardLimit: number): Promise<void> {
	await setHardLimit(hypervisor, domain, undefined);
	try {
		await hypervisor.call('domainAttachDevice', { domain, xml, flags: Flag.device.LIVE });
	} finally {
		await setHardLimit(hypervisor, domain, hardLimit);
	}
}

async function changeQuota(hypervisor: Hypervisor, domain: Domain, spec: MachineSpec): Promise<void> {
	const current = await hypervisor.call('domainGetSchedulerParameters', { domain, flags: Flag.affect.LIVE });
	const each = vcpuQuotaPercent(current);
	if (each === spec.cpuSharePercent && quotaPercent(current) === spec.cpuCount * spec.cpuSharePercent) return;
	const parameters = cpuParameters(spec, spec.cpuSharePercent > each);
	await hypervisor.call('domainSetSchedulerParameters', { domain, parameters, flags: Flag.affect.LIVE });
}

/** The hypervisor's process, where libvirt runs on this host and lets us see it. */
async function processOf({ name }: Domain): Promise<number | undefined> {
	try {
		const pid = Number(await readFile(`${RUN_FOLDER}/${name}.pid`, 'utf8'));
		return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
	} catch {
		return undefined;
	}
}

const RUN_FOLDER = '/run/libvirt/qemu';
