/**
 * An alternative with nothing left over: its sizes as large and its run as long as they can be at its start, one after the
 * other, up to what was asked, service by service. What fits, fits smaller and shorter; so where nothing can grow alone,
 * nothing fits there that outdoes it: of several services as far as places for them are found.
 */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { attempt } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { sizeLimit } from '../policy/policy.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, sizesOf, withService } from '../sizes.ts';
import type { Search } from './ladder.ts';
import { halve, keepsToMachines } from './within-site.ts';

/** Of something new that fits. Costs a fit for each value, and O(log) more where it grows. */
export function fullest(search: Search, asked: Sizes, grant: ServiceGrant): ServiceGrant {
	const { scene, starts } = search;
	const { policy } = scene.room;
	const { startAt } = grant;
	let sizes = sizesOf(grant);
	let { endAt } = grant;
	let isFuller = false;
	const growTo = (most: number, from: number, step: number, grown: (value: number) => Full): void => {
		const units = gallop(Math.floor((most - from) / step), (count) => {
			const { sizes: larger, endAt: until } = grown(from + count * step);
			const there = { earliestAt: startAt, latestAt: startAt, durationSeconds: until - startAt };
			return keepsToMachines(scene.room, larger) && attempt(scene, larger, there) !== undefined;
		});
		if (units === 0) return;
		({ sizes, endAt } = grown(from + units * step));
		isFuller = true;
	};
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
	const latestAt =
		wantedAt !== undefined && grant.endAt <= wantedAt ? wantedAt : scene.room.now + policy.horizonSeconds;
	const untilAt = Math.min(startAt + starts.durationSeconds, latestAt);
	growTo(untilAt, endAt, 1, (to) => ({ sizes, endAt: to }));
	return isFuller ? grantOf(scene.room, sizes, startAt, endAt - startAt) : grant;
}

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
