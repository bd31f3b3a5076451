/**
 * The hands: what a site can do with machines. Two implementations: libvirt machines and the simulated site.
 * Everything here is idempotent; whoever calls it may have crashed in the middle before.
 */

/** The most of a console that an observation carries: some 200 lines, and 100 machines of them still a small answer. */
export const CONSOLE_BYTES_MAX = 16_384;

/** Which machine: the UUID is derived from workspace and index, so a retry finds its own (H4). */
export interface MachineIdentity {
	readonly installationId: string;
	readonly workspaceId: string;
	readonly index: number;
	/** The hosts on which the books know that it may stand: what another one does not say is nothing. Absent: on any. */
	readonly mayStandOn?: readonly string[];
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

/** `failed`: it ended by itself, not by its guest's or anybody's wish. */
export type MachineState = 'absent' | 'running' | 'paused' | 'saved' | 'off' | 'failed';

/**
 * Limits as read back: from libvirt always, from the kernel where the host is local (H5). `findDeviations` (limits.ts)
 * compares them with what was agreed. A quota is that of the whole machine, in percent of one host CPU: 2 CPUs of
 * 50 % each are 100.
 */
export interface EnforcedLimits {
	/** Virtual CPUs that the guest may have online. */
	readonly cpuCount: number;
	readonly cpuQuotaPercent: number;
	/** What the guest has, hot-added memory included, as far as it has been handed to it. */
	readonly memoryBytes: number;
	/** The hypervisor's own hard limit: memory plus overhead. */
	readonly memoryHardLimitBytes: number;
	/** Read from the cgroup files of the hypervisor's process; absent where they cannot be read. */
	readonly kernel?: { readonly memoryLimitBytes: number; readonly cpuQuotaPercent: number };
}

export interface MachineObservation {
	readonly identity: MachineIdentity;
	/** The revision whose limits it was last given; 0 while it is absent. */
	readonly revision: number;
	/** '' while it is absent. */
	readonly host: string;
	readonly state: MachineState;
	/** Why it is failed or off, in the hypervisor's words. */
	readonly stateReason?: string;
	/** While it runs or is paused. */
	readonly limits?: EnforcedLimits;
	/** CPU time since the hypervisor's process started, and the memory that it occupies, its own included. */
	readonly consumed?: { readonly cpuSeconds: number; readonly memoryBytes: number };
	/** Epoch seconds of the last boot; pause, save and restore do not change it. */
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
	/** Every machine is booted with room for so many CPUs at least; absent: for any number. */
	readonly cpuHotAddCountMax?: number;
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
	/** Whether machines could be started at this moment. */
	isReachable(): boolean;
	/** Hosts, by name, on which no machine could be started at this moment, since nobody answers there. */
	silentHosts(): readonly string[];
	/**
	 * What the hosts offer to agreements, after the site's own reserve; of one that is silent, what it offered when it
	 * last answered, nothing where it never did.
	 */
	hosts(): Promise<readonly SiteHost[]>;
	/**
	 * Makes the machine run as specified: boots an absent, off or failed one, restores a saved one, resumes a paused
	 * one, and changes limits of a running one without a restart where that is possible. What is pending takes effect
	 * with the next boot: after `shutdown`, `ensure` again. Returns when the hypervisor runs the machine under its
	 * limits; its guest may still be booting.
	 * Throws HYPERVISOR_UNREACHABLE, HYPERVISOR_REFUSED, MACHINE_FAILED, IMAGE_UNUSABLE.
	 */
	ensure(spec: MachineSpec): Promise<EnsureOutcome>;
	observe(identity: MachineIdentity): Promise<MachineObservation>;
	/**
	 * Every machine that carries this installation's id, whatever its state, on the hosts that answer: one that is not
	 * listed is gone only if {@link observe} says so. Throws HYPERVISOR_UNREACHABLE where no host answers.
	 */
	list(installationId: string): Promise<readonly MachineObservation[]>;
	/** The five below return what is then so, throw MACHINE_FAILED from a state that does not allow them (actions.ts). */
	pause(identity: MachineIdentity): Promise<MachineObservation>;
	resume(identity: MachineIdentity): Promise<MachineObservation>;
	save(identity: MachineIdentity): Promise<MachineObservation>;
	restore(identity: MachineIdentity): Promise<MachineObservation>;
	/** Asks the guest to end; destroys it at the deadline. */
	shutdown(identity: MachineIdentity, deadlineSeconds: number): Promise<MachineObservation>;
	/** Ends the machine and removes everything of it, its disk included; with `host` there alone. */
	destroy(identity: MachineIdentity, host?: string): Promise<void>;
	/** Calls the listener when a machine changed by itself (stopped, crashed, was killed for its memory). */
	onChange(listener: (identity: MachineIdentity) => void): void;
	close(): Promise<void>;
}
