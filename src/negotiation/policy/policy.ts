/**
 * What a site is willing and able to agree to, as plain values. The judgement reads nothing else about the site
 * besides its calendar, so that the same values always give the same answer (H7).
 */
import type { WorkspaceTerm } from '../../agreement/terms/service.ts';
import { HOLD_LIMITS_DEFAULT, type HoldLimits } from './holds.ts';
import type { PriceModel } from './price-model.ts';
import type { Quotas } from './quota.ts';

/** What this site's hypervisor can do: the part of the workspace room's abilities that decides offers. */
export interface Abilities {
	/** Whether the kernel can shape a machine's network bandwidth. */
	readonly networkShaping: boolean;
	readonly memoryHotAdd: boolean;
	readonly cpuHotAdd: boolean;
	/** As many CPUs can be hot-added to as are booted with room for; absent: any number. */
	readonly cpuHotAddCountMax?: number;
	/** What a machine costs its host in memory beyond what is agreed: base + per CPU + a share of the memory. */
	readonly memoryOverhead: {
		readonly baseBytes: number;
		readonly perCpuBytes: number;
		/** Millionths of the agreed memory. */
		readonly perMemoryMillionths: number;
	};
	/** The smallest memory with which a machine is dependable. */
	readonly memoryBytesMin: number;
	/** Hot-added memory comes in multiples of this: whole MiB. */
	readonly memoryStepBytes: number;
}

export interface Image {
	readonly name: string;
	/** The virtual size of its disk; 0 for a kernel with its initramfs. */
	readonly diskBytes: number;
}

export interface SitePolicy {
	/** No window ends later than this after the decision. */
	readonly horizonSeconds: number;
	readonly durationSecondsMin: number;
	readonly durationSecondsMax: number;
	/** How long a paused or saved machine may be kept after its window. */
	readonly retentionSecondsMax: number;
	/** Machines of one agreement. */
	readonly machinesMax: number;
	/** Virtual CPUs of one machine. */
	readonly cpuCountMax: number;
	/** Memory of one machine; absent: as much as a host has. */
	readonly memoryBytesMax?: number;
	/** Booked before a window that begins in the future, so that its machines are up when it begins. */
	readonly setupSeconds: number;
	/** Booked after every window, so that its machines are gone when the next one needs the place. */
	readonly teardownSeconds: number;
	/** A start that lies this little in the past is still taken: an alternative must outlive its reader's thinking. */
	readonly startGraceSeconds: number;
	readonly alternativesMax: number;
	/** How long a negotiation lasts at most, and where nobody says. */
	readonly negotiationSecondsMax: number;
	readonly abilities: Abilities;
	/** By digest, `sha256:` and 64 hexadecimal digits. */
	readonly images: ReadonlyMap<string, Image>;
	/** The KPIs whose guarantees this site can measure. */
	readonly measurableKpis: readonly string[];
	/** Who may hold counter-offers, how much and for how long. */
	readonly holds: HoldLimits;
	/** What the site asks for its resources; absent: it has no prices. */
	readonly prices?: PriceModel;
	/** What each VO may have; absent: whatever there is. */
	readonly quotas?: Quotas;
	/** Between an offer and the start of a new window; 0: at once. */
	readonly leadTimeSeconds: number;
	/** What a new machine gets where the offer does not say. */
	readonly defaults: { readonly cpuCount: number; readonly memoryBytes: number };
}

/** The most of one size that a machine may have, whatever hosts have. */
export function sizeLimit({ cpuCountMax, memoryBytesMax }: SitePolicy, field: string): number {
	if (field === 'cpuCount') return cpuCountMax;
	return field === 'memoryBytes' && memoryBytesMax !== undefined ? memoryBytesMax : Number.POSITIVE_INFINITY;
}

/** Memory is granted in whole MiB: libvirt rounds anything else (300,000,001 bytes were read back as 300,941,312). */
export const MEMORY_STEP_BYTES = 1_048_576;
/** Disks are granted in whole sectors: qemu-img rounds anything else. */
export const DISK_STEP_BYTES = 512;
/** libvirt's `<bandwidth>` counts in kilobytes a second. */
export const NETWORK_STEP_BITS_PER_SECOND = 8_000;

/** The labels of a host that an offer can ask for. A host without the label does not have the property. */
export const HOST_LABELS = {
	/** A name of JSDL's OperatingSystemTypeEnumeration. */
	operatingSystem: 'operatingSystem',
	/** A name of JSDL's ProcessorArchitectureEnumeration. */
	cpuArchitecture: 'cpuArchitecture',
	/** Hertz, in decimal digits. */
	cpuSpeedHz: 'cpuSpeedHz',
} as const;

/** The size of the disk that the image brings; 0 for an image that is unknown or has none. */
export function imageDiskBytes({ images }: SitePolicy, { imageDigest }: WorkspaceTerm): number {
	return images.get(imageDigest)?.diskBytes ?? 0;
}

const DAY_SECONDS = 86_400;

/** What a site that configures nothing agrees to. `abilities` and `images` are found out, not configured. */
export const POLICY_DEFAULTS: Omit<SitePolicy, 'abilities' | 'images'> = {
	// A year ahead and a little: people reserve "the same week next year".
	horizonSeconds: 400 * DAY_SECONDS,
	// Shorter than a minute, setup and teardown would cost more than what is used.
	durationSecondsMin: 60,
	durationSecondsMax: 90 * DAY_SECONDS,
	retentionSecondsMax: 30 * DAY_SECONDS,
	machinesMax: 256,
	// What QEMU's q35 takes without further settings is 255; no host here comes near it.
	cpuCountMax: 128,
	// A guest under software emulation is up in 10 to 20 seconds.
	setupSeconds: 30,
	// The deadline of an orderly shutdown, after which the machine is destroyed.
	teardownSeconds: 30,
	startGraceSeconds: 300,
	leadTimeSeconds: 0,
	// More than five nobody compares.
	alternativesMax: 5,
	// Over a weekend, and a week of mails.
	negotiationSecondsMax: 7 * DAY_SECONDS,
	measurableKpis: [],
	holds: HOLD_LIMITS_DEFAULT,
	defaults: { cpuCount: 1, memoryBytes: 512 * MEMORY_STEP_BYTES },
};

/** One value of a policy that cannot be used. */
export interface PolicyIssue {
	/** The member, e.g. `abilities.memoryStepBytes`. */
	readonly path: string;
	readonly found: string;
	readonly allowed: string;
	readonly message: string;
}

/**
 * Every value of the policy that `decide` could not work with; none: it is usable. To be asked once, when a site is
 * opened: `decide` itself relies on it.
 */
export function checkPolicy(policy: SitePolicy): readonly PolicyIssue[] {
	const issues: PolicyIssue[] = [];
	const expect = (path: string, value: number, least: number, most: number, multipleOf = 1): void => {
		if (Number.isSafeInteger(value) && value >= least && value <= most && value % multipleOf === 0) return;
		const allowed = `a ${multipleOf === 1 ? 'whole number' : `multiple of ${multipleOf}`} from ${least} to ${most}`;
		issues.push({ path, found: String(value), allowed, message: `${path} must be ${allowed}; found ${value}.` });
	};
	expect('durationSecondsMin', policy.durationSecondsMin, 1, SECONDS_MAX);
	expect('durationSecondsMax', policy.durationSecondsMax, policy.durationSecondsMin, SECONDS_MAX);
	expect('horizonSeconds', policy.horizonSeconds, policy.durationSecondsMin, SECONDS_MAX);
	expect('retentionSecondsMax', policy.retentionSecondsMax, 0, SECONDS_MAX);
	expect('setupSeconds', policy.setupSeconds, 0, DAY_SECONDS);
	expect('teardownSeconds', policy.teardownSeconds, 0, DAY_SECONDS);
	expect('startGraceSeconds', policy.startGraceSeconds, 0, DAY_SECONDS);
	expect('leadTimeSeconds', policy.leadTimeSeconds, 0, SECONDS_MAX);
	expect('machinesMax', policy.machinesMax, 1, MACHINES_MAX);
	expect('cpuCountMax', policy.cpuCountMax, 1, CPUS_MAX);
	expect('negotiationSecondsMax', policy.negotiationSecondsMax, 1, SECONDS_MAX);
	expect('alternativesMax', policy.alternativesMax, 0, ALTERNATIVES_MAX);
	const { memoryOverhead, memoryBytesMin, memoryStepBytes } = policy.abilities;
	expect('abilities.memoryBytesMin', memoryBytesMin, 0, MEMORY_BYTES_MAX);
	expect('abilities.memoryStepBytes', memoryStepBytes, MEMORY_STEP_BYTES, MEMORY_BYTES_MAX, MEMORY_STEP_BYTES);
	expect('abilities.memoryOverhead.baseBytes', memoryOverhead.baseBytes, 0, MEMORY_BYTES_MAX);
	expect('abilities.memoryOverhead.perCpuBytes', memoryOverhead.perCpuBytes, 0, MEMORY_BYTES_MAX / CPUS_MAX);
	expect('abilities.memoryOverhead.perMemoryMillionths', memoryOverhead.perMemoryMillionths, 0, 1_000_000);
	expect('defaults.cpuCount', policy.defaults.cpuCount, 1, policy.cpuCountMax);
	const { memoryBytes } = policy.defaults;
	expect('defaults.memoryBytes', memoryBytes, memoryBytesMin, MEMORY_BYTES_MAX, MEMORY_STEP_BYTES);
	for (const [digest, image] of policy.images) {
		expect(`images[${digest}].diskBytes`, image.diskBytes, 0, Number.MAX_SAFE_INTEGER);
	}
	return issues;
}

/** A century: sums of a few such spans and of an epoch second stay far below 2^53. */
const SECONDS_MAX = 36_525 * DAY_SECONDS;
/** Searches over the number of machines walk every count in the worst case. */
const MACHINES_MAX = 4_096;
const CPUS_MAX = 4_096;
/** Each alternative costs a full decision under the site's lock. */
const ALTERNATIVES_MAX = 20;
/** A pebibyte: with its overhead it stays below 2^53, where whole numbers are exact. */
const MEMORY_BYTES_MAX = 2 ** 50;
