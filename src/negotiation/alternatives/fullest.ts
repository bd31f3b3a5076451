/**
 * An alternative with nothing left over: its sizes as large and its run as long as they can be at its start, one after the
 * other, up to what was asked, service by service. What fits, fits smaller and shorter; so where nothing can grow alone,
 * nothing fits there that outdoes it: of several services as far as places for them are found.
 */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { canBegin } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { sizeLimit } from '../policy/policy.ts';
import {
	keepsToMachines,
	type ServiceSizes,
	SIZE_FIELDS,
	type Sizes,
	sizesOf,
	sizesOfAll,
	withService,
} from '../sizes.ts';
import type { Search } from './ladder.ts';
import { halve } from './within-site.ts';

/**
 * Of something new that fits. Costs a fit for each value, and O(log) more where it grows. With `admits` it grows only to
 * what that takes: where it is not as much as there is room for, it is asked about a few amounts of each that are less.
 */
export function fullest(
	search: Search,
	asked: Sizes,
	grant: ServiceGrant,
	admits?: (grant: ServiceGrant) => boolean,
): ServiceGrant {
	const { scene, starts } = search;
	const { policy } = scene.room;
	const { startAt } = grant;
	let sizes = sizesOf(grant);
	let { endAt } = grant;
	let isFuller = false;
	const isFitting = ({ sizes: larger, endAt: until }: Full): boolean =>
		keepsToMachines(policy, larger) && canBegin(scene, larger, startAt, until - startAt);
	const isAdmitted = ({ sizes: larger, endAt: until }: Full): boolean =>
		admits === undefined || admits(grantOf(scene.room, larger, startAt, until - startAt));
	const growTo = (most: number, from: number, step: number, grown: (value: number) => Full, zero = 0): void => {
		const room = gallop(Math.floor((most - from) / step), (count) => isFitting(grown(from + count * step)));
		if (room === 0) return;
		const fulls = (admits === undefined ? [from + room * step] : amountsBetween(from, room, step, zero)).map(grown);
		const last = fulls.length - 1;
		const found = isAdmitted(fulls[last]!) ? last : halve(0, last - 1, (nth) => isAdmitted(fulls[nth]!));
		if (found === undefined) return;
		({ sizes, endAt } = fulls[found]!);
		isFuller = true;
	};
	if (admits !== undefined) {
		for (const larger of inStep(search, sizes, asked)) {
			if (!isFitting({ sizes: larger, endAt }) || !isAdmitted({ sizes: larger, endAt })) continue;
			sizes = larger;
			isFuller = true;
			break;
		}
	}
	for (const [nth, each] of servicesOf<ServiceSizes>(asked).entries()) {
		const sizing = search.sizings[nth]!;
		const value = (field: keyof ServiceSizes): number => servicesOf<ServiceSizes>(sizes)[nth]![field];
		const withValue = (field: keyof ServiceSizes) => (to: number) => ({
			sizes: withService(sizes, nth, { [field]: to }),
			endAt,
		});
		for (const field of SIZE_FIELDS) {
			const most = Math.min(each[field], sizeLimit(policy, field));
			growTo(most, value(field), sizing.grids[field].step, withValue(field));
		}
		const countMax = Math.min(each.machineCount, sizing.countMax);
		growTo(countMax, value('machineCount'), 1, withValue('machineCount'));
	}
	const { endAt: wantedAt } = search.question.request.window;
	// What ends in time is worth more than what runs for longer.
	const latestAt = wantedAt !== undefined && grant.endAt <= wantedAt ? wantedAt : Number.POSITIVE_INFINITY;
	const untilAt = Math.min(startAt + starts.durationSeconds, latestAt, scene.room.now + policy.horizonSeconds);
	growTo(untilAt, endAt, 1, (to) => ({ sizes, endAt: to }), startAt);
	return isFuller ? grantOf(scene.room, sizes, startAt, endAt - startAt) : grant;
}

/**
 * CPUs and memory of all services in the same proportion, the largest first: what a template couples grows together.
 * Only what the steps of each admit.
 */
function inStep({ sizings, scene }: Search, sizes: Sizes, asked: Sizes): readonly Sizes[] {
	const mosts = servicesOf<ServiceSizes>(asked);
	const own = servicesOf<ServiceSizes>(sizes);
	const [{ cpuCount }] = own as [ServiceSizes];
	const fields = ['cpuCount', 'memoryBytes'] as const;
	const isWithin = (each: ServiceSizes, nth: number): boolean =>
		fields.every((field) => {
			const { origin, step } = sizings[nth]!.grids[field];
			const most = Math.min(mosts[nth]![field], sizeLimit(scene.room.policy, field));
			return each[field] <= most && Number.isInteger((each[field] - origin) / step);
		});
	const counts = Array.from({ length: IN_STEP_MAX }, (_, nth) => cpuCount + IN_STEP_MAX - nth);
	const scaled = counts.map((count) =>
		own.map((each) => {
			const [cpus, bytes] = fields.map((field) => (each[field] * count) / cpuCount);
			return { ...each, cpuCount: cpus!, memoryBytes: bytes! };
		}),
	);
	return scaled.filter((services) => services.every(isWithin)).map(sizesOfAll);
}

/** So many more CPUs of the first service at most. */
const IN_STEP_MAX = 8;

/** The most, and less of it by a little each time, counted from zero; all of them beyond the least, in ascending order. */
function amountsBetween(least: number, units: number, step: number, zero: number): readonly number[] {
	const amounts: number[] = [];
	for (let amount = units; amount > 0; ) {
		amounts.push(least + amount * step);
		const less = zero + (least + amount * step - zero) * LESS;
		amount = Math.min(amount - 1, Math.floor((less - least) / step));
	}
	return amounts.reverse();
}

/** What differs by less than a tenth is no other choice. Between 1 and 64 there are so 50 amounts, of which 6 are asked about. */
const LESS = 0.92;

interface Full {
	readonly sizes: Sizes;
	readonly endAt: number;
}

/** The largest count up to `most` for which it fits, 0 where not even 1; it looks no further than twice that. */
function gallop(most: number, fits: (count: number) => boolean): number {
	let high = 1;
	while (high < most && fits(high)) high *= 2;
	return halve(1, Math.min(high, most), fits) ?? 0;
}
