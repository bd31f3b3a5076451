/** The grid of sizes and durations: of each what was asked, less of it and the least that there could be. */
import { sizeLimit } from '../policy/policy.ts';
import { SIZE_FIELDS, type SizeField, type Sizes } from '../sizes.ts';
import type { Search } from './ladder.ts';
import { leastSizes, mostSizes } from './within-site.ts';

export const DIMENSIONS = ['machineCount', ...SIZE_FIELDS, 'durationSeconds'] as const;
/** One value for each. */
export type Shape = Readonly<Record<(typeof DIMENSIONS)[number], number>>;
/** The values that each may have, the largest first. */
export type Levels = Readonly<Record<(typeof DIMENSIONS)[number], readonly number[]>>;

/** All, a half, a quarter and an eighth of what was asked of one service, as far as the policy goes; and the least. */
export function coarseLevels(search: Search, asked: Sizes): Levels {
	return levelsBetween(search, asked, (most, least) =>
		[most, most / 2, most / 4, most / 8].filter((value) => value > least),
	);
}

/** Such values between what was asked, as far as the policy goes, and the least, on the grid of each; and that least. */
export function levelsBetween(
	search: Search,
	asked: Sizes,
	valuesBetween: (most: number, least: number, field: (typeof DIMENSIONS)[number]) => readonly number[],
): Levels {
	const { scene, sizings, starts } = search;
	const { policy } = scene.room;
	const { grids } = sizings[0]!;
	const most = mostSizes(search, asked, leastSizes(search));
	const between = (field: (typeof DIMENSIONS)[number], top: number, bottom: number, origin = 0, step = 1): number[] => {
		const least = Math.min(top, bottom);
		const onGrid = (value: number): number =>
			value === top ? top : origin + Math.floor((value - origin) / step) * step;
		const values = [...valuesBetween(top, least, field).map(onGrid), least];
		return descending(values.filter((value) => value >= least && value <= top));
	};
	const sizeBetween = (field: SizeField): number[] => {
		const { origin, step, least } = grids[field];
		return between(field, Math.min(most[field], sizeLimit(policy, field)), Math.max(step, least), origin, step);
	};
	return {
		machineCount: between('machineCount', most.machineCount, 1),
		cpuCount: sizeBetween('cpuCount'),
		memoryBytes: sizeBetween('memoryBytes'),
		diskBytes: sizeBetween('diskBytes'),
		networkBitsPerSecond: sizeBetween('networkBitsPerSecond'),
		durationSeconds: between('durationSeconds', starts.durationSeconds, policy.durationSecondsMin),
	};
}

/** Each once, the largest first. */
export function descending(numbers: readonly number[]): number[] {
	return [...new Set(numbers)].sort((a, b) => b - a);
}

/** The same service with other sizes. */
export function sizesIn({ durationSeconds: _, ...sizes }: Shape): Sizes {
	return sizes;
}
