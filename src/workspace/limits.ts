/**
 * The limits that an agreement implies for one machine, and how far what is enforced departs from them (H5).
 */
import type { EnforcedLimits, MachineSpec, MemoryOverhead, SiteAbilities } from './site.ts';

/** The part of a spec that limits come from. */
export type AgreedAmounts = Pick<MachineSpec, 'cpuCount' | 'cpuSharePercent' | 'memoryBytes'>;

/** The kernel counts memory in these; a limit that is not whole pages is read back smaller. */
const PAGE_BYTES = 4096;

export type AgreedLimits = Omit<EnforcedLimits, 'kernel'>;

/** The limits that must be read back from a machine of these amounts. */
export function agreedLimits(spec: AgreedAmounts, overhead: MemoryOverhead): AgreedLimits {
	return {
		cpuCount: spec.cpuCount,
		cpuQuotaPercent: spec.cpuCount * spec.cpuSharePercent,
		memoryBytes: spec.memoryBytes,
		memoryHardLimitBytes: spec.memoryBytes + overheadBytes(spec, overhead),
	};
}

/** What a machine may occupy on its host beyond its memory: whole pages, never more than what was booked for it. */
function overheadBytes(spec: AgreedAmounts, overhead: MemoryOverhead): number {
	// Divided first: the product of bytes and millionths passes 2^53 from 9 GB on.
	const share = Math.floor(spec.memoryBytes / 1_000_000) * overhead.perMemoryMillionths;
	const bytes = overhead.baseBytes + overhead.perCpuBytes * spec.cpuCount + share;
	return bytes - (bytes % PAGE_BYTES);
}

/** What a machine that is up is given now, and what has to wait for its next boot. */
export interface LiveChange {
	/** To be enforced now. CPUs that cannot be taken away stay, and share the quota of those that are agreed. */
	readonly limits: AgreedLimits;
	/** In plain words; empty: all of the spec is enforced now. */
	readonly pending: readonly string[];
}

/** What can be hot-added. `cpuCountMax`: as many as the machine was booted with room for. */
export type HotAddAbilities = Pick<
	SiteAbilities,
	'memoryHotAdd' | 'memoryStepBytes' | 'cpuHotAdd' | 'memoryOverhead'
> & {
	readonly cpuCountMax: number;
};

/**
 * How far a machine that is up can be brought to its spec without a boot. CPUs and memory are only ever added: guests
 * do not give them back dependably. A quota follows both ways.
 */
export function planLiveChange(
	current: Pick<EnforcedLimits, 'cpuCount' | 'memoryBytes'>,
	spec: AgreedAmounts,
	abilities: HotAddAbilities,
): LiveChange {
	const pending: string[] = [];
	const cpusAdded = spec.cpuCount - current.cpuCount;
	const addsCpus = cpusAdded > 0 && abilities.cpuHotAdd && spec.cpuCount <= abilities.cpuCountMax;
	if (cpusAdded < 0) {
		pending.push(
			`The guest keeps ${current.cpuCount} CPUs, which share the time of ${spec.cpuCount}, until it is booted again.`,
		);
	} else if (cpusAdded > 0 && !addsCpus) {
		pending.push(`The guest has ${current.cpuCount} of ${spec.cpuCount} CPUs until it is booted again.`);
	}
	const bytesAdded = spec.memoryBytes - current.memoryBytes;
	const addsMemory = bytesAdded > 0 && abilities.memoryHotAdd && bytesAdded % abilities.memoryStepBytes === 0;
	if (bytesAdded !== 0 && !addsMemory) {
		const why = whyNotAdded(bytesAdded, abilities);
		pending.push(`The guest has ${current.memoryBytes} bytes until it is booted again: ${why}.`);
	}
	const cpuCount = addsCpus ? spec.cpuCount : current.cpuCount;
	const memoryBytes = addsMemory ? spec.memoryBytes : current.memoryBytes;
	const { memoryHardLimitBytes } = agreedLimits({ ...spec, cpuCount, memoryBytes }, abilities.memoryOverhead);
	const cpuQuotaPercent = spec.cpuCount * spec.cpuSharePercent;
	return { limits: { cpuCount, cpuQuotaPercent, memoryBytes, memoryHardLimitBytes }, pending };
}

function whyNotAdded(bytesAdded: number, { memoryHotAdd, memoryStepBytes }: HotAddAbilities): string {
	if (bytesAdded < 0) return 'memory is not taken away while it runs';
	return memoryHotAdd ? `memory is added in steps of ${memoryStepBytes}` : 'no more can be added while it runs';
}

/** A limit that is not as agreed; amounts in the units of EnforcedLimits. */
export interface Deviation {
	readonly limit: 'cpuCount' | 'cpuQuotaPercent' | 'memoryBytes' | 'memoryHardLimitBytes';
	/** Who says so. */
	readonly source: 'hypervisor' | 'kernel';
	readonly agreed: number;
	readonly found: number;
}

/** Every limit, of libvirt and of the kernel, that is not exactly the agreed one; none: H5 holds for this machine. */
export function findDeviations(
	spec: AgreedAmounts,
	overhead: MemoryOverhead,
	limits: EnforcedLimits,
): readonly Deviation[] {
	const agreed = agreedLimits(spec, overhead);
	const deviations: Deviation[] = [];
	const compare = (limit: Deviation['limit'], source: Deviation['source'], found: number): void => {
		if (found !== agreed[limit]) deviations.push({ limit, source, agreed: agreed[limit], found });
	};
	compare('cpuCount', 'hypervisor', limits.cpuCount);
	compare('cpuQuotaPercent', 'hypervisor', limits.cpuQuotaPercent);
	compare('memoryBytes', 'hypervisor', limits.memoryBytes);
	compare('memoryHardLimitBytes', 'hypervisor', limits.memoryHardLimitBytes);
	if (limits.kernel !== undefined) {
		compare('cpuQuotaPercent', 'kernel', limits.kernel.cpuQuotaPercent);
		compare('memoryHardLimitBytes', 'kernel', limits.kernel.memoryLimitBytes);
	}
	return deviations;
}
