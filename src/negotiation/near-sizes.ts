/** Where ranges admit no sizes that are ever granted (1.5 CPUs, an odd amount of memory): the nearest that are. */
import { endsOf, exactly, type RangeValue, shifted, smallestMultiple } from '../agreement/jsdl/range.ts';
import type { Demand } from '../agreement/terms/service.ts';
import {
	demands,
	type Grid,
	longRanges,
	type ServiceSizes,
	SIZE_FIELDS,
	type SizeField,
	type Sizing,
	sizesBeyondLimit,
	smallestChoices,
	smallestSizes,
} from './sizes.ts';

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

type Steps = Pick<Grid, 'origin' | 'step' | 'least'>;

function smallestStep({ origin, step, least }: Steps, range: RangeValue): number | undefined {
	return smallestMultiple(origin === 0 ? range : shifted(range, origin), step, Math.max(0, least - origin));
}

/** As few machines as the count admits. */
export function fewestMachines(count: Demand | undefined): number {
	return (count && smallestMultiple(count.range, 1, 1)) ?? 1;
}

/**
 * The nearest step to a range that holds none: below it, or the least; of a total of so many machines. Undefined where
 * the range holds nothing at all.
 */
export function nearestStep(
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
	return { value: leastStep({ origin, step, least }), asked: Math.max(0, ends.lower) };
}

/** The least step that is something. */
export function leastStep({ origin, step, least }: Steps, machines = 1): number {
	const [stepOfAll, leastOfAll] = [step * machines, least * machines];
	return origin + Math.ceil((Math.max(leastOfAll, 1) - origin) / stepOfAll) * stepOfAll;
}
