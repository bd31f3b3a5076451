/**
 * The hands: what a site can do with machines. Two implementations: libvirt machines and the simulated site.
 * Everything here is idempotent; whoever calls it may have crashed in the middle before.
 */

/** Which machine: the UUID is derived from workspace and index, so a retry finds its own (H4). */
export interface MachineIdentity {
	readonly installationId: string;
	readonly workspaceId: string;
	readonly index: number;
}

export interface MachineSpec extends MachineIdentity {
	readonly revision: number;
	readonly host: string;
	readonly cpuCount: number;
	/** Percent of one host CPU per virtual CPU. */
	readonly cpuSharePercent: number;
	/** Whole MiB. */
	readonly memoryBytes: number;
	/** 0: the image's own size. */
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
	readonly imageDigest: string;
	readonly sshPublicKey?: string;
}

export type MachineState = 'absent' | 'running' | 'paused' | 'saved' | 'off' | 'failed';

/** Limits as read back: from libvirt always, from the kernel where the host is local (H5). */
export interface EnforcedLimits {
	readonly cpuCount: number;
	readonly cpuQuotaPercent: number;
	readonly memoryBytes: number;
	/** The hypervisor's own hard limit: memory plus overhead. */
	readonly memoryHardLimitBytes: number;
	readonly kernel?: { readonly memoryLimitBytes: number; readonly cpuQuotaPercent: number };
}

export interface MachineObservation {
	readonly identity: MachineIdentity;
	readonly revision: number;
	readonly host: string;
	readonly state: MachineState;
	/** Why it is failed or off, in the hypervisor's words. */
	readonly stateReason?: string;
	readonly limits?: EnforcedLimits;
	readonly consumed?: { readonly cpuSeconds: number; readonly memoryBytes: number };
	/** Epoch seconds of the last start of this machine's boot, where known. */
	readonly bootedAt?: number;
	/** The last of the serial console, at most CONSOLE_BYTES_MAX. */
	readonly consoleTail?: string;
}

/** What `ensure` did. `pending` lists what could not be changed while the machine runs, in plain words. */
export interface EnsureOutcome {
	readonly observation: MachineObservation;
	readonly started: boolean;
	readonly pending: readonly string[];
}

/** What a site can enforce: the judgement refuses the rest at offer time. */
export interface SiteAbilities {
	readonly simulated: boolean;
	/** 'kvm' or 'qemu' (software emulation); 'simulated' for the simulated site. */
	readonly acceleration: 'kvm' | 'qemu' | 'simulated';
	readonly networkShaping: boolean;
	readonly memoryHotAdd: boolean;
	readonly cpuHotAdd: boolean;
	/** Memory a machine costs its host beyond what is agreed: base + share of the memory + per CPU. */
	readonly memoryOverhead: MemoryOverhead;
	/** The smallest memory with which a machine is dependable. */
	readonly memoryBytesMin: number;
	/** Hot-added memory comes in multiples of this. */
	readonly memoryStepBytes: number;
}

export interface MemoryOverhead {
	readonly baseBytes: number;
	readonly perCpuBytes: number;
	/** Millionths of the agreed memory. */
	readonly perMemoryMillionths: number;
}

export interface SiteHost {
	readonly name: string;
	readonly cpuMillicores: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
	readonly labels: Readonly<Record<string, string>>;
}

export interface Site {
	readonly abilities: SiteAbilities;
	/** What the hosts offer to agreements, after the site's own reserve. */
	hosts(): Promise<readonly SiteHost[]>;
	/** Makes the machine run as specified; changes limits of a running one without a restart where that is possible. */
	ensure(spec: MachineSpec): Promise<EnsureOutcome>;
	observe(identity: MachineIdentity): Promise<MachineObservation>;
	/** Every machine that carries this installation's id, whatever its state. */
	list(installationId: string): Promise<readonly MachineObservation[]>;
	pause(identity: MachineIdentity): Promise<MachineObservation>;
	resume(identity: MachineIdentity): Promise<MachineObservation>;
	save(identity: MachineIdentity): Promise<MachineObservation>;
	restore(identity: MachineIdentity): Promise<MachineObservation>;
	/** Asks the guest to end; destroys it at the deadline. */
	shutdown(identity: MachineIdentity, deadlineSeconds: number): Promise<MachineObservation>;
	/** Ends the machine and removes everything of it, its disk included. */
	destroy(identity: MachineIdentity): Promise<void>;
	/** Called when a machine changed by itself (stopped, crashed, was killed for its memory). */
	onChange(listener: (identity: MachineIdentity) => void): void;
	close(): Promise<void>;
}

