/**
 * The grid of sizes and durations: of each size of each service, and of the duration, what was asked, less of it and the
 * least that there could be.
 */
import { servicesOf } from '../../agreement/terms/service.ts';
import { sizeLimit } from '../policy/policy.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, sizesOfAll } from '../sizes.ts';
import type { Search } from './ladder.ts';
import { leastSizes, mostSizes } from './within-site.ts';

/** What one service has of each. */
export const FIELDS = ['machineCount', ...SIZE_FIELDS] as const;
type Field = (typeof FIELDS)[number] | 'durationSeconds';

/** One value for each: the fields of one service after the other, then the duration of all. */
export type Shape = readonly number[];
/** The values that each may have, the largest first. */
export type Levels = readonly (readonly number[])[];

/** All, a half, a quarter and an eighth of what was asked, as far as the policy goes; and the least. */
export function coarseLevels(search: Search, asked: Sizes): Levels {
	return levelsBetween(search, asked, (most, least) =>
		[most, most / 2, most / 4, most / 8].filter((value) => value > least),
	);
}

/** Such values between what was asked, as far as the policy goes, and the least, on the grid of each; and that least. */
export function levelsBetween(
	search: Search,
	asked: Sizes,
	valuesBetween: (most: number, least: number, field: Field) => readonly number[],
): Levels {
	const { scene, sizings, starts } = search;
	const { policy } = scene.room;
	const between = (field: Field, top: number, bottom: number, origin = 0, step = 1): number[] => {
		const least = Math.min(top, bottom);
		const onGrid = (value: number): number =>
			value === top ? top : origin + Math.floor((value - origin) / step) * step;
		const values = [...valuesBetween(top, least, field).map(onGrid), least];
		return descending(values.filter((value) => value >= least && value <= top));
	};
	const services = servicesOf<ServiceSizes>(mostSizes(search, asked, leastSizes(search))).flatMap((most, nth) => [
		between('machineCount', most.machineCount, 1),
		...SIZE_FIELDS.map((field) => {
			const { origin, step, least } = sizings[nth]!.grids[field];
			return between(field, Math.min(most[field], sizeLimit(policy, field)), Math.max(step, least), origin, step);
		}),
	]);
	return [...services, between('durationSeconds', starts.durationSeconds, policy.durationSecondsMin)];
}

/** Each once, the largest first. */
export function descending(numbers: readonly number[]): number[] {
	return [...new Set(numbers)].sort((a, b) => b - a);
}

/** The sizes of all services. */
export function sizesIn(shape: Shape): Sizes {
	const services: ServiceSizes[] = [];
	for (let at = 0; at < shape.length - 1; at += FIELDS.length) {
		services.push({
			machineCount: shape[at]!,
			cpuCount: shape[at + 1]!,
			memoryBytes: shape[at + 2]!,
			diskBytes: shape[at + 3]!,
			networkBitsPerSecond: shape[at + 4]!,
		});
	}
	return sizesOfAll(services);
}

/** How long it runs. */
export function secondsIn(shape: Shape): number {
	return shape.at(-1)!;
}

/** The least of everything. */
export function leastIn(levels: Levels): Shape {
	return levels.map((values) => values.at(-1)!);
}
