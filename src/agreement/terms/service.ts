/**
 * What an offer is about, in numbers: the services that are asked (ranges) and the services that are granted (values).
 * One service is one workspace or one cluster of equal ones; several services of one offer (a head and its workers) begin
 * and end together, all or none of them. Read from the terms by `readServiceRequest`.
 *
 * Of several services the first stands where an only one stands, and the further ones in `others`; `servicesOf` lists
 * them all. Lists about the same services (what is asked, granted, placed) have the same order.
 */
import type { DocumentIssue } from '../../xml/element.ts';
import type { RangeValue } from '../jsdl/range.ts';
import type { MadeChoice } from '../offer/choices.ts';
import type { PriceCeiling } from './quote.ts';
import type { WorkspaceReference } from './references.ts';

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

/** How the machines lie on the hosts. */
export interface PlacementTerm {
	/** `pack` fills hosts one after the other, `spread` puts as few machines as possible on any one. */
	readonly strategy: 'pack' | 'spread';
	/** No host carries more machines of this workspace. Absent: as many as fit. */
	readonly machinesPerHostMax?: number;
	/** What a host must be labelled with, such as `zone`. */
	readonly labels: Readonly<Record<string, string>>;
}

export type Permission = 'allow' | 'forbid';

/** What a renegotiation may do to machines that run, by the offer itself. Absent: it does not say. */
export interface ChangeTerm {
	/** That they are restarted. */
	readonly restart?: Permission;
	/** That they start anew on other hosts. */
	readonly move?: Permission;
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
	/** Absent: packed, on any host. */
	readonly placement?: PlacementTerm;
	readonly change?: ChangeTerm;
}

/** More services than a cluster has kinds of machines; each further one multiplies what a search has to try. */
export const SERVICES_MAX = 4;

/** All services of a request, of a grant, or of whatever else is told of each of them: at least one. */
export function servicesOf<S extends object>(first: S & { readonly others?: readonly S[] }): readonly [S, ...S[]] {
	return first.others === undefined ? [first] : [first, ...first.others];
}

/**
 * One service as asked: equal machines. An absent range means that the initiator leaves the value to the site.
 * `path` of each demand is where it stands in the document, so that a refusal can point at it.
 */
export interface RequestedService {
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
	readonly workspace: WorkspaceTerm;
	readonly workspacePath: string;
	/** Where the rest stands; absent where nobody knows. */
	readonly paths?: RequestPaths;
	/** A Preference with positive utility names the resources: within the ranges the largest is wanted. */
	readonly prefersLargest: boolean;
}

/** Where in the document stands what has no range; what is absent is not asked. */
export interface RequestPaths {
	/** The first CandidateHosts. */
	readonly candidateHosts?: string;
	readonly operatingSystem?: string;
	readonly cpuArchitecture?: string;
	/** By the name of the label. */
	readonly labels?: Readonly<Record<string, string>>;
}

/** All that an offer asks for. */
export interface ServiceRequest extends RequestedService {
	/** The further services, of other names; absent: there is one. */
	readonly others?: readonly RequestedService[];
	/** Of all of them. */
	readonly window: Window;
	readonly windowPath: string;
	/** The most that the initiator pays for all of it. */
	readonly priceCeiling?: PriceCeiling;
	/** The workspaces that the offer says it is about; more than one is never the right one. */
	readonly references?: readonly WorkspaceReference[];
	/** How much sizes and time weigh against each other, the weightier 1; absent: alike. */
	readonly preferences?: { readonly sizes: number; readonly time: number };
	/** The branch of the offer that was read, where it left a choice open; absent: it left none. */
	readonly chosen?: readonly MadeChoice[];
	/** Constraints and guarantees that were understood and that nobody can enforce or measure here. */
	readonly unsupported: readonly UnsupportedDemand[];
	/** What was read in a way that its author may not have meant (a range that says nothing, a time without a zone). */
	readonly remarks: readonly DocumentIssue[];
}

/** What a request says of all its services together. */
const OF_ALL: ReadonlySet<string> = new Set<keyof ServiceRequest>([
	'others',
	'window',
	'windowPath',
	'priceCeiling',
	'references',
	'preferences',
	'chosen',
	'unsupported',
	'remarks',
]);

/** The request with these services in the place of its own; of one service at least. */
export function withServices(request: ServiceRequest, services: readonly RequestedService[]): ServiceRequest {
	const pick = (from: object, isPicked: (name: string) => boolean): object =>
		Object.fromEntries(Object.entries(from).filter(([name]) => isPicked(name)));
	const [first, ...others] = services.map((each) => pick(each, (name) => !OF_ALL.has(name)) as RequestedService);
	const common = pick(request, (name) => OF_ALL.has(name) && name !== 'others') as ServiceRequest;
	return { ...common, ...first!, ...(others.length === 0 ? {} : { others }) };
}

export interface Demand {
	readonly range: RangeValue;
	readonly path: string;
}

/**
 * `enforce`: nothing here can make it so (a program to run, a virtual memory limit).
 * `measure`: a guarantee; it can be had only where the site measures what `subject` names (the KPI).
 */
export interface UnsupportedDemand {
	readonly kind: 'enforce' | 'measure';
	readonly path: string;
	/** The service whose term it is; absent: it is of all of them, or of several. */
	readonly serviceName?: string;
	/** The element or term, by name; of a guarantee its KPIName, or the term's own name where it has none. */
	readonly subject: string;
	readonly why: string;
}

/** One service as granted: one value for everything, per machine. */
export interface GrantedService {
	/** Absent where the offer has only one. */
	readonly serviceName?: string;
	readonly machineCount: number;
	readonly cpuCount: number;
	readonly memoryBytes: number;
	/** 0: the image's own size. */
	readonly diskBytes: number;
	/** 0: no bandwidth was agreed. */
	readonly networkBitsPerSecond: number;
	readonly workspace: WorkspaceTerm;
	/** Hosts that an alternative names instead of the CandidateHosts that were asked. Absent: those stand. */
	readonly candidateHosts?: readonly string[];
}

/** All that is granted. Times in epoch seconds, [startAt, endAt). */
export interface ServiceGrant extends GrantedService {
	/** The further services, as they were asked; absent: there is one. */
	readonly others?: readonly GrantedService[];
	readonly startAt: number;
	readonly endAt: number;
}

/** The numbers that the services of an agreement have in its workspace, in their order: those of their positions, or these. */
export function numbersOf(agreement: {
	readonly grant: ServiceGrant;
	readonly serviceNumbers?: readonly number[];
}): readonly number[] {
	return agreement.serviceNumbers ?? servicesOf<GrantedService>(agreement.grant).map((_, nth) => nth);
}
