/** Why the ranges of an offer admit no sizes: each range by itself, and those that contradict each other. */
import {
	above,
	endsOf,
	intersects,
	isEmpty,
	onlyValue,
	printRange,
	type RangeValue,
	smallestMultiple,
} from '../../agreement/jsdl/range.ts';
import type { Demand } from '../../agreement/terms/service.ts';
import type { Reason } from '../decision.ts';
import { fewestMachines, leastStep, nearestStep } from '../near-sizes.ts';
import {
	type Grid,
	hasTotals,
	largestSize,
	longRanges,
	machineCounts,
	RANGE_PARTS_MAX,
	SIZE_FIELDS,
	type SizeField,
	type Sizing,
	smallestChoices,
	smallestSize,
} from '../sizes.ts';
import { amountText } from './words.ts';

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
	return [{ ...contradiction(message, paths, sizing.count?.path), remedy: { text: 'leave the totals out' } }];
}

/** What a size is called in a message, and the resource that a reason names. */
const WORDS: Readonly<Record<SizeField, { subject: string; resource: NonNullable<Reason['resource']>; unit: string }>> =
	{
		cpuCount: { subject: 'CPU count', resource: 'cpus', unit: '' },
		memoryBytes: { subject: 'memory', resource: 'memoryBytes', unit: ' bytes' },
		diskBytes: { subject: 'disk space', resource: 'diskBytes', unit: ' bytes' },
		networkBitsPerSecond: { subject: 'network bandwidth', resource: 'networkBitsPerSecond', unit: ' bits per second' },
	};

function explainCount({ count, countMax }: Sizing): Reason[] {
	if (count === undefined) return [];
	const least = smallestMultiple(count.range, 1, 1);
	const asked = askedIn(count.range);
	if (least === undefined) {
		const steps = { origin: 0, step: 1, least: 1 };
		const message = `The machine count must be a whole number of at least 1; asked is ${asked}.`;
		const blame = { path: count.path, resource: 'machines' as const, asked };
		return [{ code: 'RANGE_EMPTY', message, ...blame, ...nearestOf(steps, count.range, 1, 'machines') }];
	}
	return least <= countMax ? [] : [tooManyMachines(least, countMax, count.path)];
}

function tooManyMachines(asked: number, limit: number, path: string): Reason {
	const message = `An agreement of this site has at most ${limit} machines; ${asked} were asked.`;
	return { code: 'LIMIT_EXCEEDED', message, path, resource: 'machines', asked, limit };
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
			const near = nearestOf(grid, demand.range, demand === total ? fewestMachines(count) : 1, resource);
			const message = isEmpty(demand.range)
				? `The range of the ${subject} holds no value at all.`
				: `The ${subject} is granted in multiples of ${grid.step}${unit}, at least ${grid.least}${unit}; ${asked} holds none.`;
			reasons.push({ code: 'RANGE_EMPTY', message, ...blame, ...near });
		}
	}
	return reasons;
}

/** What is nearest to a range that holds no step; the least that there is, where nothing is in it that something could be near to. */
function nearestOf(
	steps: Parameters<typeof leastStep>[0],
	range: RangeValue,
	machines: number,
	resource: NonNullable<Reason['resource']>,
): Pick<Reason, 'available' | 'remedy'> {
	const near = nearestStep(steps, range, machines);
	if (near !== undefined) return { available: near.value };
	const allowed = leastStep(steps, machines);
	return { remedy: { text: `ask for ${amountText(allowed, resource)}`, allowed } };
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
	const remedy = { text: `leave the total ${subject} out` };
	return { ...contradiction(message, paths), resource, asked: askedIn(total.range), remedy };
}

/** What a reason says was asked: the value where there is only one, else the range in words. */
function askedIn(range: RangeValue): number | string {
	return onlyValue(range) ?? printRange(range);
}

function contradiction(message: string, paths: readonly string[], last?: string): Reason {
	const [path, ...relatedPaths] = last === undefined ? paths : [...paths, last];
	return { code: 'RANGE_EMPTY', message, ...(path === undefined ? {} : { path }), relatedPaths };
}
