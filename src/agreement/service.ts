/**
 * What an offer is about, in numbers: the service that is asked (ranges) and the service that is granted (values).
 * One service is one workspace or one cluster of equal ones. Read from the terms by `readServiceRequest`.
 */
import type { RangeValue } from './range.ts';

/** What happens to the machines when the window ends. `pause` keeps memory and disk, `save` keeps disk. */
export type EndAction = 'pause' | 'save' | 'shutdown' | 'destroy';

/**
 * When the service runs, in epoch seconds. With `endAt` the start may float: any start from `startAt` (or now) to
 * `endAt - durationSeconds`. Without `endAt` the start is exactly `startAt`, or at once where that is absent too.
 */
export interface Window {
	readonly startAt?: number;
	readonly endAt?: number;
	readonly durationSeconds: number;
}

export interface WorkspaceTerm {
	readonly imageName: string;
	/** `sha256:` and 64 hexadecimal digits. */
	readonly imageDigest: string;
	readonly sshPublicKey?: string;
	/** Percent of one host CPU per virtual CPU, 1..100. */
	readonly cpuSharePercent: number;
	readonly endAction: EndAction;
	/** How long the paused memory or the saved disk is kept after the end. */
	readonly retentionSeconds: number;
}

/**
 * The service as asked. An absent range means that the initiator leaves the value to the site.
 * `path` of each demand is where it stands in the document, so that a refusal can point at it.
 */
export interface ServiceRequest {
	readonly serviceName: string;
	/** TotalResourceCount: the number of machines. */
	readonly machineCount?: Demand;
	/** Per machine. */
	readonly cpuCount?: Demand;
	readonly memoryBytes?: Demand;
	readonly diskBytes?: Demand;
	readonly networkBitsPerSecond?: Demand;
	readonly cpuSpeedHz?: Demand;
	/** Sums over all machines; each must hold together with the count and the individual range. */
	readonly totalCpuCount?: Demand;
	readonly totalMemoryBytes?: Demand;
	readonly totalDiskBytes?: Demand;
	/** Empty: any host. */
	readonly candidateHosts: readonly string[];
	readonly operatingSystem?: string;
	readonly cpuArchitecture?: string;
	readonly exclusiveExecution: boolean;
	readonly window: Window;
	readonly windowPath: string;
	readonly workspace: WorkspaceTerm;
	readonly workspacePath: string;
	/** A Preference with positive utility names the resources: within the ranges the largest is wanted. */
	readonly prefersLargest: boolean;
	/** Constraints and guarantees that were understood and that nobody can enforce or measure here. */
	readonly unsupported: readonly UnsupportedDemand[];
}

export interface Demand {
	readonly range: RangeValue;
	readonly path: string;
}

export interface UnsupportedDemand {
	readonly path: string;
	/** The element or term, by name. */
	readonly subject: string;
	readonly why: string;
}

/** The service as granted: one value for everything. Times in epoch seconds, [startAt, endAt). */
export interface ServiceGrant {
	readonly machineCount: number;
	readonly cpuCount: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
	readonly startAt: number;
	readonly endAt: number;
	readonly workspace: WorkspaceTerm;
}
