/**
 * From the ranges of an offer to concrete sizes: machine count, CPUs, memory, disk and network, such that the
 * Individual ranges hold for each machine and the Total ranges for their sum.
 *
 * With the machine count fixed, the other sizes are independent of each other, so the smallest value of each is found
 * alone and together they are the smallest machine for that count. Only Total ranges make the machine depend on the
 * count; then every count up to the policy's limit is tried. So the search is exact, and costs
 * O(counts x sizes x parts of the ranges) in the worst case and O(sizes) where no Total is given.
 */
import {
	above,
	between,
	contains,
	divided,
	endsOf,
	exactly,
	intersect,
	intersects,
	isEmpty,
	largestMultiple,
	onlyValue,
	printRange,
	type RangeValue,
	shifted,
	smallestMultiple,
} from '../agreement/jsdl/range.ts';
import type { Demand, GrantedService, RequestedService, ServiceGrant } from '../agreement/terms/service.ts';
import type { Reason } from './decision.ts';
import { DISK_STEP_BYTES, MEMORY_STEP_BYTES, NETWORK_STEP_BITS_PER_SECOND, type SitePolicy } from './policy/policy.ts';
import { amountText } from './reasons/words.ts';

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

/** Where the ranges admit no sizes: the nearest that can be granted. */
export interface NearSizes {
	/** As they were asked, also where nothing like that is granted: 1.5 CPUs. */
	readonly asked: ServiceSizes;
	readonly nearest: ServiceSizes;
	/** Whether that is what was meant; otherwise something contradicts itself, and has been left out of it. */
	readonly isMeant: boolean;
}

/**
 * Beside a step the nearest one below, below the least the least, each size by itself. Totals that no number of machines
 * can have, and ranges that hold nothing at all, are left out.
 */
export function sizesNear(sizing: Sizing): NearSizes {
	const raw: Partial<Record<SizeField | 'machineCount', number>> = {};
	let isMeant = longRanges(sizing).length === 0;
	const mend = (
		field: SizeField | 'machineCount',
		demand: Demand | undefined,
		grid: Steps,
		machines = 1,
	): Demand | undefined => {
		if (demand === undefined || smallestStep(grid, demand.range) !== undefined) return demand;
		const near = nearestStep(grid, demand.range, machines);
		if (near === undefined) isMeant = false;
		else raw[field] = near.asked / machines;
		return near && { ...demand, range: exactly(near.value) };
	};
	const { count: _, grids, ...rest } = sizing;
	const count = mend('machineCount', sizing.count, { origin: 0, step: 1, least: 1 });
	const fewest = fewestMachines(count);
	const mended = Object.fromEntries(
		SIZE_FIELDS.map((field) => {
			const { individual, total, ...grid } = grids[field];
			const each = demands(mend(field, individual, grid), isMeant ? mend(field, total, grid, fewest) : undefined);
			return [field, { ...grid, ...each }];
		}),
	) as Record<SizeField, Grid>;
	const whole: Sizing = { ...rest, ...(count === undefined ? {} : { count }), grids: mended };
	const nearest = isMeant ? (smallestChoices(whole)[0] ?? sizesBeyondLimit(whole)) : undefined;
	if (nearest !== undefined) return { asked: { ...nearest, ...raw }, nearest, isMeant };
	const alone = Object.fromEntries(
		SIZE_FIELDS.map((field) => {
			const { total: __, ...grid } = mended[field];
			return [field, grid];
		}),
	) as Record<SizeField, Grid>;
	const machineCount = (count && smallestMultiple(count.range, 1, 1)) ?? sizing.countFallback;
	const sizes = smallestSizes({ ...rest, grids: alone }, machineCount)!;
	return { asked: sizes, nearest: sizes, isMeant: false };
}

/** Every reason why the ranges admit no sizes on this site. Empty exactly where `smallestChoices` is not. */
export function explainSizes(sizing: Sizing): readonly Reason[] {
	const tooLong = hasTotals(sizing) ? longRanges(sizing).map(explainLength) : [];
	if (tooLong.length > 0) return tooLong;
	const reasons = explainCount(sizing);
	// Of more machines than are allowed, the fewest are looked at: a total may contradict them as well.
	const least = sizing.count && smallestMultiple(sizing.count.range, 1, 1);
	const counts = least !== undefined && least > sizing.countMax ? [least] : machineCounts(sizing);
	for (const field of SIZE_FIELDS) {
		const grid = sizing.grids[field];
		const alone = explainDemands(grid, sizing.count);
		const isContradicted = counts.length > 0 && counts.every((count) => smallestSize(grid, count) === undefined);
		reasons.push(...(alone.length > 0 || !isContradicted ? alone : [explainTotal(grid, sizing)]));
	}
	if (reasons.length > 0 || smallestChoices(sizing).length > 0) return reasons;
	const paths = SIZE_FIELDS.flatMap((field) => sizing.grids[field].total?.path ?? []);
	const message = 'Each total can be had with some number of machines, but no number of machines serves them all.';
	return [contradiction(message, paths, sizing.count?.path)];
}

/** More parts than anybody writes by hand; the search walks them once for every machine count. */
export const RANGE_PARTS_MAX = 256;

const ANYTHING: RangeValue = between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

/** What a size is called in a message, and the resource that a reason names. */
const WORDS: Readonly<Record<SizeField, { subject: string; resource: NonNullable<Reason['resource']>; unit: string }>> =
	{
		cpuCount: { subject: 'CPU count', resource: 'cpus', unit: '' },
		memoryBytes: { subject: 'memory', resource: 'memoryBytes', unit: ' bytes' },
		diskBytes: { subject: 'disk space', resource: 'diskBytes', unit: ' bytes' },
		networkBitsPerSecond: { subject: 'network bandwidth', resource: 'networkBitsPerSecond', unit: ' bits per second' },
	};

function demands(individual: Demand | undefined, total: Demand | undefined): { individual?: Demand; total?: Demand } {
	return { ...(individual === undefined ? {} : { individual }), ...(total === undefined ? {} : { total }) };
}

/** What the ranges admit for each of that many machines, counted from the grid's origin. */
function admitted({ individual, total, origin }: Grid, machineCount: number): RangeValue {
	const share = total === undefined ? ANYTHING : divided(total.range, machineCount);
	const each = individual === undefined ? share : intersect(individual.range, share);
	return origin === 0 ? each : shifted(each, origin);
}

type Steps = Pick<Grid, 'origin' | 'step' | 'least'>;

function smallestStep({ origin, step, least }: Steps, range: RangeValue): number | undefined {
	return smallestMultiple(origin === 0 ? range : shifted(range, origin), step, Math.max(0, least - origin));
}

/** As few machines as the count admits. */
function fewestMachines(count: Demand | undefined): number {
	return (count && smallestMultiple(count.range, 1, 1)) ?? 1;
}

/**
 * The nearest step to a range that holds none: below it, or the least; of a total of so many machines. Undefined where
 * the range holds nothing at all.
 */
function nearestStep(
	{ origin, ...each }: Steps,
	range: RangeValue,
	machines = 1,
): { readonly value: number; readonly asked: number } | undefined {
	const step = each.step * machines;
	const least = each.least * machines;
	const ends = endsOf(range);
	if (ends === undefined || !Number.isFinite(ends.upper)) return undefined;
	const below = origin + Math.floor((Math.max(ends.lower, 0) - origin) / step) * step;
	if (below >= least && below > 0) return { value: below, asked: ends.lower };
	const value = origin + Math.ceil((Math.max(least, 1) - origin) / step) * step;
	return { value, asked: Math.max(0, ends.lower) };
}

function explainCount({ count, countMax }: Sizing): Reason[] {
	if (count === undefined) return [];
	const least = smallestMultiple(count.range, 1, 1);
	const asked = askedIn(count.range);
	if (least === undefined) {
		const near = nearestStep({ origin: 0, step: 1, least: 1 }, count.range)?.value;
		const message = `The machine count must be a whole number of at least 1; asked is ${asked}.`;
		const blame = { path: count.path, resource: 'machines' as const, asked };
		return [{ code: 'RANGE_EMPTY', message, ...blame, ...(near === undefined ? {} : { available: near }) }];
	}
	return least <= countMax ? [] : [tooManyMachines(least, countMax, count.path)];
}

function tooManyMachines(asked: number, limit: number, path: string): Reason {
	const message = `An agreement of this site has at most ${limit} machines; ${asked} were asked.`;
	return { code: 'LIMIT_EXCEEDED', message, path, resource: 'machines', asked, limit };
}

/** The ranges with more parts than a search over machine counts may walk. */
function longRanges({ count, grids }: Sizing): Demand[] {
	const demanded = [count, ...SIZE_FIELDS.flatMap((field) => [grids[field].individual, grids[field].total])];
	return demanded.filter(
		(demand) => demand !== undefined && demand.range.intervals.length > RANGE_PARTS_MAX,
	) as Demand[];
}

function explainLength({ range, path }: Demand): Reason {
	const asked = range.intervals.length;
	const message = `Beside a total, a range may have at most ${RANGE_PARTS_MAX} parts; this one has ${asked}.`;
	return { code: 'LIMIT_EXCEEDED', message, path, asked, limit: RANGE_PARTS_MAX };
}

/** What is wrong with one range alone, whatever the other sizes are. A total that one machine can have is fine. */
function explainDemands({ individual, total, ...grid }: Grid, count: Demand | undefined): Reason[] {
	const { subject, resource, unit } = WORDS[grid.field];
	const reasons: Reason[] = [];
	for (const demand of [individual, total]) {
		const alone: Grid = demand === undefined ? grid : { ...grid, individual: demand };
		if (smallestSize(alone, 1) !== undefined || demand === undefined) continue;
		const asked = askedIn(demand.range);
		const blame = { path: demand.path, resource, asked };
		if (largestSize({ ...alone, least: 0 }, 1, grid.least) !== undefined) {
			const message = `The ${subject} must be at least ${grid.least}${unit} here; asked is ${asked}.`;
			const allowed = grid.origin + Math.ceil((grid.least - grid.origin) / grid.step) * grid.step;
			const remedy = { text: `at least ${amountText(allowed, resource)}`, allowed };
			reasons.push({ code: 'BELOW_MINIMUM', message, ...blame, limit: grid.least, remedy });
		} else {
			const near = nearestStep(grid, demand.range, demand === total ? fewestMachines(count) : 1)?.value;
			const message = isEmpty(demand.range)
				? `The range of the ${subject} holds no value at all.`
				: `The ${subject} is granted in multiples of ${grid.step}${unit}, at least ${grid.least}${unit}; ${asked} holds none.`;
			reasons.push({ code: 'RANGE_EMPTY', message, ...blame, ...(near === undefined ? {} : { available: near }) });
		}
	}
	return reasons;
}

/** Why a total can be had with no admitted number of machines. */
function explainTotal(grid: Grid, { count, countMax }: Sizing): Reason {
	const { subject, resource, unit } = WORDS[grid.field];
	const total = grid.total!;
	const most = grid.individual && endsOf(grid.individual.range)!.upper;
	const leastTotal = endsOf(total.range)!.lower;
	const machinesNeeded = most === undefined ? 1 : Math.ceil(leastTotal / most);
	if (machinesNeeded > countMax && (count === undefined || intersects(count.range, above(machinesNeeded)))) {
		return tooManyMachines(machinesNeeded, countMax, total.path);
	}
	const each = grid.individual === undefined ? `multiples of ${grid.step}` : printRange(grid.individual.range);
	const machines = count === undefined ? `1..${countMax}` : printRange(count.range);
	const message =
		`The total ${subject} of ${printRange(total.range)}${unit} is no sum of ${each} ` +
		`over a number of machines of ${machines}.`;
	const paths = [total.path, grid.individual?.path, count?.path].filter((path) => path !== undefined);
	return { ...contradiction(message, paths), resource, asked: askedIn(total.range) };
}

/** What a reason says was asked: the value where there is only one, else the range in words. */
function askedIn(range: RangeValue): number | string {
	return onlyValue(range) ?? printRange(range);
}

function contradiction(message: string, paths: readonly string[], last?: string): Reason {
	const [path, ...relatedPaths] = last === undefined ? paths : [...paths, last];
	return { code: 'RANGE_EMPTY', message, ...(path === undefined ? {} : { path }), relatedPaths };
}
