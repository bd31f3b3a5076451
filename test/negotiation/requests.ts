/** Sites, policies and requests for tests, put together from the parts that a test is about. */

import { between, exactly, type RangeValue } from '../../src/agreement/jsdl/range.ts';
import type { Price } from '../../src/agreement/terms/quote.ts';
import type {
	Demand,
	GrantedService,
	RequestedService,
	ServiceGrant,
	ServiceRequest,
	WorkspaceTerm,
} from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage, type Host, type ResourceVector } from '../../src/capacity/resources.ts';
import { decide, type Question } from '../../src/negotiation/decide.ts';
import type { Decision } from '../../src/negotiation/decision.ts';
import { POLICY_DEFAULTS, type SitePolicy } from '../../src/negotiation/policy/policy.ts';

export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
export const HOUR = 3600;
export const DAY = 86_400;
/** 2026-12-01T00:00:00Z */
export const NOW = 1_796_083_200;
export const DIGEST = `sha256:${'1'.repeat(64)}`;
export const OTHER_DIGEST = `sha256:${'2'.repeat(64)}`;

export const POLICY: SitePolicy = {
	...POLICY_DEFAULTS,
	abilities: {
		networkShaping: true,
		memoryHotAdd: true,
		cpuHotAdd: true,
		memoryOverhead: { baseBytes: 0, perCpuBytes: 0, perMemoryMillionths: 0 },
		memoryBytesMin: 64 * MIB,
		memoryStepBytes: 128 * MIB,
	},
	images: new Map([
		[DIGEST, { name: 'debian', diskBytes: 2 * GIB }],
		[OTHER_DIGEST, { name: 'guest', diskBytes: 0 }],
	]),
	setupSeconds: 0,
	teardownSeconds: 0,
};

export const WORKSPACE: WorkspaceTerm = {
	imageName: 'debian',
	imageDigest: DIGEST,
	cpuSharePercent: 100,
	endAction: 'shutdown',
	retentionSeconds: 0,
};

export const CAPACITY: ResourceVector = {
	cpuMillicores: 8000,
	memoryBytes: 16 * GIB,
	diskBytes: 1000 * GIB,
	networkBitsPerSecond: 1_000_000_000,
};

export function host(name: string, capacity: Partial<ResourceVector> = {}, labels: Host['labels'] = {}): Host {
	return { name, capacity: { ...CAPACITY, ...capacity }, labels };
}

/** Two hosts of 8 CPUs and 16 GiB, empty. */
export function twoHosts(): SiteCalendar {
	return new SiteCalendar([host('a'), host('b')]);
}

/** Books so much on a host in [startAt, endAt). */
export function occupy(
	calendar: SiteCalendar,
	hostName: string,
	startAt: number,
	endAt: number,
	demand: Partial<ResourceVector>,
): void {
	const nothing = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
	const phase = { offsetSeconds: 0, durationSeconds: endAt - startAt, demand: { ...nothing, ...demand } };
	calendar.book({ startAt, usage: defineUsage([phase]), machines: [{ host: hostName, count: 1 }] });
}

/** A range written shortly: a number is exact, a pair is from..to. */
export type Wanted = number | readonly [from: number, to: number] | RangeValue;

export interface RequestParts extends Partial<Omit<ServiceRequest, DemandName>> {
	readonly machines?: Wanted;
	readonly cpus?: Wanted;
	readonly memory?: Wanted;
	readonly disk?: Wanted;
	readonly network?: Wanted;
	readonly speed?: Wanted;
	readonly totalCpus?: Wanted;
	readonly totalMemory?: Wanted;
	readonly totalDisk?: Wanted;
}

const DEMANDS = {
	machines: 'machineCount',
	cpus: 'cpuCount',
	memory: 'memoryBytes',
	disk: 'diskBytes',
	network: 'networkBitsPerSecond',
	speed: 'cpuSpeedHz',
	totalCpus: 'totalCpuCount',
	totalMemory: 'totalMemoryBytes',
	totalDisk: 'totalDiskBytes',
} as const;

type DemandName = (typeof DEMANDS)[keyof typeof DEMANDS];

/** By default an hour, at once, of one machine as the policy's defaults have it. Paths are `/` and the part's name. */
export function requestOf({
	machines,
	cpus,
	memory,
	disk,
	network,
	speed,
	totalCpus,
	totalMemory,
	totalDisk,
	...rest
}: RequestParts = {}): ServiceRequest {
	const wanted = { machines, cpus, memory, disk, network, speed, totalCpus, totalMemory, totalDisk };
	const demands: { [name in DemandName]?: Demand } = {};
	for (const [part, name] of Object.entries(DEMANDS)) {
		const value = wanted[part as keyof typeof DEMANDS];
		if (value !== undefined) demands[name] = { range: rangeOf(value), path: `/${part}` };
	}
	return {
		serviceName: 'workspace',
		candidateHosts: [],
		window: { durationSeconds: HOUR },
		windowPath: '/window',
		workspace: WORKSPACE,
		workspacePath: '/workspace',
		prefersLargest: false,
		unsupported: [],
		remarks: [],
		...rest,
		...demands,
	};
}

/** The request that asks for exactly this, as a client that takes an alternative sends it. */
export function sentBack(request: ServiceRequest, grant: ServiceGrant, price?: Price): ServiceRequest {
	const { startAt, endAt } = grant;
	return {
		...serviceSentBack(request, grant),
		...(request.others && { others: request.others.map((each, nth) => serviceSentBack(each, grant.others![nth]!)) }),
		window: { startAt, endAt, durationSeconds: endAt - startAt },
		...(price && { priceCeiling: { ...price, path: '/sent-back' } }),
	};
}

function serviceSentBack<S extends RequestedService>(request: S, grant: GrantedService): S {
	const { candidateHosts } = grant;
	const exact = (value: number): Demand => ({ range: exactly(value), path: '/sent-back' });
	return {
		...request,
		machineCount: exact(grant.machineCount),
		cpuCount: exact(grant.cpuCount),
		memoryBytes: exact(grant.memoryBytes),
		...(grant.diskBytes > 0 && { diskBytes: exact(grant.diskBytes) }),
		...(grant.networkBitsPerSecond > 0 && { networkBitsPerSecond: exact(grant.networkBitsPerSecond) }),
		...(request.totalCpuCount && { totalCpuCount: exact(grant.cpuCount * grant.machineCount) }),
		...(request.totalMemoryBytes && { totalMemoryBytes: exact(grant.memoryBytes * grant.machineCount) }),
		...(request.totalDiskBytes && { totalDiskBytes: exact(grant.diskBytes * grant.machineCount) }),
		...(candidateHosts && { candidateHosts }),
		workspace: grant.workspace,
	};
}

/** Decides a question of which only the parts that differ from an ordinary one are given. */
export function ask(request: ServiceRequest, question: Partial<Omit<Question, 'request'>> = {}): Decision {
	return decide({
		request,
		violations: [],
		calendar: twoHosts(),
		policy: POLICY,
		now: NOW,
		satisfies: () => true,
		...question,
	});
}

/** What must have been accepted. */
export function accepted(decision: Decision): Extract<Decision, { kind: 'accept' }> {
	if (decision.kind !== 'accept') throw new Error(`not accepted: ${JSON.stringify(decision.reasons)}`);
	return decision;
}

/** The codes of the reasons, in order; empty for an acceptance. */
export function codes(decision: Decision): string[] {
	return decision.kind === 'accept' ? [] : decision.reasons.map(({ code }) => code);
}

function rangeOf(wanted: Wanted): RangeValue {
	if (typeof wanted === 'number') return exactly(wanted);
	return 'intervals' in wanted ? wanted : between(wanted[0], wanted[1]);
}
