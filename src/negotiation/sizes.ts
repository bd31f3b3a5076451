/**
 * From the ranges of an offer to concrete sizes: machine count, CPUs, memory, disk and network, such that the
 * Individual ranges hold for each machine and the Total ranges for their sum.
 *
 * With the machine count fixed, the other sizes are independent of each other, so the smallest value of each is found
 * alone and together they are the smallest machine for that count. Only Total ranges make the machine depend on the
 * count; then every count up to the policy's limit is tried. So the search is exact, and costs
 * O(counts x sizes x parts of the ranges) in the worst case and O(sizes) where no Total is given. Where there are no such
 * sizes, near-sizes.ts has the nearest that are ever granted, and reasons/ranges.ts says why.
 */
import {
	between,
	contains,
	divided,
	intersect,
	largestMultiple,
	type RangeValue,
	shifted,
	smallestMultiple,
} from '../agreement/jsdl/range.ts';
import type { Demand, GrantedService, RequestedService, ServiceGrant } from '../agreement/terms/service.ts';
import {
	DISK_STEP_BYTES,
	MEMORY_STEP_BYTES,
	NETWORK_STEP_BITS_PER_SECOND,
	type SitePolicy,
	sizeLimit,
} from './policy/policy.ts';

/** The sizes of one service: how many machines, and what each of them has. */
export type ServiceSizes = Pick<
	GrantedService,
	'machineCount' | 'cpuCount' | 'memoryBytes' | 'diskBytes' | 'networkBitsPerSecond'
>;

/** The sizes of all services of an offer. */
export interface Sizes extends ServiceSizes {
	/** Absent: there is one. */
	readonly others?: readonly ServiceSizes[];
}

export type SizeField = Exclude<keyof ServiceSizes, 'machineCount'>;

/** The size fields, in the order in which a preference for the largest lets them grow. */
export const SIZE_FIELDS: readonly SizeField[] = ['cpuCount', 'memoryBytes', 'diskBytes', 'networkBitsPerSecond'];

/** The values that one size can take: `origin` plus a multiple of `step`, at least `least`, within the ranges. */
export interface Grid {
	readonly field: SizeField;
	readonly individual?: Demand;
	readonly total?: Demand;
	readonly origin: number;
	readonly step: number;
	readonly least: number;
	/** The value where no range is given. */
	readonly fallback: number;
}

/** The sizes of a grant. */
export function sizesOf(grant: ServiceGrant): Sizes {
	const { others } = grant;
	const first = serviceSizesOf(grant);
	return others === undefined ? first : { ...first, others: others.map(serviceSizesOf) };
}

/** The sizes of these services, of which there is one at least. */
export function sizesOfAll(services: readonly ServiceSizes[]): Sizes {
	const [first, ...others] = services;
	return others.length === 0 ? first! : { ...first!, others };
}

/** The same sizes with others for one of the services, by its position. */
export function withService(sizes: Sizes, nth: number, changed: Partial<ServiceSizes>): Sizes {
	if (nth === 0) return { ...sizes, ...changed };
	const others = sizes.others!.map((each, index) => (index === nth - 1 ? { ...each, ...changed } : each));
	return { ...sizes, others };
}

/** Whether all services together have no more machines than an agreement may have. */
export function keepsToMachines({ machinesMax }: SitePolicy, sizes: Sizes): boolean {
	if (sizes.others === undefined) return sizes.machineCount <= machinesMax;
	return sizes.others.reduce((sum, each) => sum + each.machineCount, sizes.machineCount) <= machinesMax;
}

/** Whether each machine of a service is as large as the policy allows at most. */
export function keepsToSizes(policy: SitePolicy, service: ServiceSizes): boolean {
	return SIZE_FIELDS.every((field) => service[field] <= sizeLimit(policy, field));
}

function serviceSizesOf(service: ServiceSizes): ServiceSizes {
	const { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond } = service;
	return { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond };
}

/** Everything that decides the sizes of one service, made once per decision. */
export interface Sizing {
	readonly count?: Demand;
	readonly countFallback: number;
	readonly countMax: number;
	readonly grids: Readonly<Record<SizeField, Grid>>;
}

/**
 * What the request says about the sizes of a service, on this site. `imageDiskBytes` is the smallest disk there can be.
 * `kept` are the sizes of the agreement that is renegotiated: what the request leaves open stays as it is.
 */
export function sizingOf(
	request: RequestedService,
	policy: SitePolicy,
	imageDiskBytes: number,
	kept?: ServiceSizes,
): Sizing {
	const { abilities, defaults } = policy;
	const keptDiskBytes = kept !== undefined && kept.diskBytes >= imageDiskBytes ? kept.diskBytes : 0;
	return {
		...(request.machineCount === undefined ? {} : { count: request.machineCount }),
		countFallback: kept?.machineCount ?? 1,
		countMax: policy.machinesMax,
		grids: {
			cpuCount: {
				origin: 0,
				field: 'cpuCount',
				...demands(request.cpuCount, request.totalCpuCount),
				step: 1,
				least: 1,
				fallback: kept?.cpuCount ?? defaults.cpuCount,
			},
			memoryBytes: {
				origin: 0,
				field: 'memoryBytes',
				...demands(request.memoryBytes, request.totalMemoryBytes),
				step: MEMORY_STEP_BYTES,
				least: Math.max(MEMORY_STEP_BYTES, abilities.memoryBytesMin),
				fallback: kept?.memoryBytes ?? defaults.memoryBytes,
			},
			diskBytes: {
				origin: 0,
				field: 'diskBytes',
				...demands(request.diskBytes, request.totalDiskBytes),
				step: DISK_STEP_BYTES,
				least: imageDiskBytes,
				fallback: keptDiskBytes,
			},
			networkBitsPerSecond: {
				origin: 0,
				field: 'networkBitsPerSecond',
				...demands(request.networkBitsPerSecond, undefined),
				step: NETWORK_STEP_BITS_PER_SECOND,
				least: 0,
				fallback: kept?.networkBitsPerSecond ?? 0,
			},
		},
	};
}

/** The smallest value of this size for each of so many machines, at least `atLeast`; undefined: there is none. */
export function smallestSize(grid: Grid, machineCount: number, atLeast = grid.least): number | undefined {
	if (grid.individual === undefined && grid.total === undefined) return grid.fallback;
	const steps = smallestMultiple(admitted(grid, machineCount), grid.step, Math.max(0, atLeast - grid.origin));
	return steps === undefined ? undefined : grid.origin + steps;
}

/** The largest value of this size for each of so many machines, at most `atMost`; undefined: there is none. */
export function largestSize(grid: Grid, machineCount: number, atMost: number): number | undefined {
	if (grid.individual === undefined && grid.total === undefined) return grid.fallback;
	const steps = largestMultiple(admitted(grid, machineCount), grid.step, atMost - grid.origin);
	return steps === undefined || grid.origin + steps < grid.least ? undefined : grid.origin + steps;
}

/** The smallest machine for that many machines; undefined where some range admits none. */
export function smallestSizes(sizing: Sizing, machineCount: number): ServiceSizes | undefined {
	if (sizing.count !== undefined && !contains(sizing.count.range, machineCount)) return undefined;
	const { grids } = sizing;
	const cpuCount = smallestSize(grids.cpuCount, machineCount);
	const memoryBytes = smallestSize(grids.memoryBytes, machineCount);
	const diskBytes = smallestSize(grids.diskBytes, machineCount);
	const networkBitsPerSecond = smallestSize(grids.networkBitsPerSecond, machineCount);
	if (cpuCount === undefined || memoryBytes === undefined) return undefined;
	if (diskBytes === undefined || networkBitsPerSecond === undefined) return undefined;
	return { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond };
}

/**
 * Every choice of smallest sizes that is worth trying, fewest machines first. A choice is left out when an earlier one
 * has fewer machines that are no larger: where that does not fit, this cannot. So if none of them fits, nothing within
 * the ranges does. Empty: no choice satisfies the ranges; `explainSizes` says why.
 */
export function smallestChoices(sizing: Sizing): readonly ServiceSizes[] {
	if (!hasTotals(sizing)) {
		const machineCount = sizing.count ? smallestMultiple(sizing.count.range, 1, 1) : sizing.countFallback;
		const isAllowed = machineCount !== undefined && machineCount <= sizing.countMax;
		const sizes = isAllowed ? smallestSizes(sizing, machineCount) : undefined;
		return sizes === undefined ? [] : [sizes];
	}
	if (longRanges(sizing).length > 0) return [];
	const choices: ServiceSizes[] = [];
	for (const machineCount of machineCounts(sizing)) {
		const sizes = smallestSizes(sizing, machineCount);
		if (sizes === undefined) continue;
		if (!choices.some((choice) => SIZE_FIELDS.every((field) => choice[field] <= sizes[field]))) choices.push(sizes);
	}
	return choices;
}

/** The smallest sizes that the ranges admit although their machines are more than the policy allows. */
export function sizesBeyondLimit(sizing: Sizing): ServiceSizes | undefined {
	if (sizing.count === undefined || longRanges(sizing).length > 0) return undefined;
	const least = smallestMultiple(sizing.count.range, 1, 1);
	return least === undefined || least <= sizing.countMax ? undefined : smallestSizes(sizing, least);
}

/** The machine counts that the ranges and the policy admit, ascending. */
export function machineCounts(sizing: Sizing): readonly number[] {
	if (sizing.count === undefined && !hasTotals(sizing)) return [sizing.countFallback];
	const range = sizing.count?.range ?? ANYTHING;
	const counts: number[] = [];
	for (let count = smallestMultiple(range, 1, 1); count !== undefined && count <= sizing.countMax; ) {
		counts.push(count);
		count = smallestMultiple(range, 1, count + 1);
	}
	return counts;
}

/** Whether what one machine gets depends on how many there are. */
export function hasTotals(sizing: Sizing): boolean {
	return SIZE_FIELDS.some((field) => sizing.grids[field].total !== undefined);
}

/** Whether the arithmetic of the calendar is exact for these sizes; no site comes near the bounds. */
export function isExact(sizes: Sizes): boolean {
	return isExactService(sizes) && (sizes.others === undefined || sizes.others.every(isExactService));
}

/** The same of one service. */
export function isExactService(sizes: ServiceSizes): boolean {
	const { machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond } = sizes;
	return (
		machineCount <= COUNT_MAX &&
		cpuCount <= COUNT_MAX &&
		Math.max(memoryBytes, diskBytes, networkBitsPerSecond) <= AMOUNT_MAX
	);
}

/** The calendar counts up to a million machines, and a million CPUs are 10^9 millicores. */
const COUNT_MAX = 1_000_000;
/** A pebibyte, and a petabit a second: with overhead and saved memory their sum stays below 2^53. */
const AMOUNT_MAX = 2 ** 50;

/** A share of 100 percent of a CPU is 1,000 millicores. */
export const MILLICORES_PER_PERCENT = 10;

/** More parts than anybody writes by hand; the search walks them once for every machine count. */
export const RANGE_PARTS_MAX = 256;

const ANYTHING: RangeValue = between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

/** Those of the two ranges of a size that are given. */
export function demands(
	individual: Demand | undefined,
	total: Demand | undefined,
): { individual?: Demand; total?: Demand } {
	return { ...(individual === undefined ? {} : { individual }), ...(total === undefined ? {} : { total }) };
}

/** What the ranges admit for each of that many machines, counted from the grid's origin. */
function admitted({ individual, total, origin }: Grid, machineCount: number): RangeValue {
	const share = total === undefined ? ANYTHING : divided(total.range, machineCount);
	const each = individual === undefined ? share : intersect(individual.range, share);
	return origin === 0 ? each : shifted(each, origin);
}

/** The ranges with more parts than a search over machine counts may walk. */
export function longRanges({ count, grids }: Sizing): Demand[] {
	const demanded = [count, ...SIZE_FIELDS.flatMap((field) => [grids[field].individual, grids[field].total])];
	return demanded.filter(
		(demand) => demand !== undefined && demand.range.intervals.length > RANGE_PARTS_MAX,
	) as Demand[];
}
