/**
 * An alternative with nothing left over: its sizes as large and its run as long as they can be at its start, one after the
 * other, up to what was asked. What fits, fits smaller and shorter; so where nothing can grow alone, nothing fits there
 * that outdoes it.
 */
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { attempt } from '../attempt.ts';
import { sizeLimit } from '../policy/policy.ts';
import { SIZE_FIELDS, type Sizes, sizesOf } from '../sizes.ts';
import type { Search } from './ladder.ts';
import { halve } from './within-site.ts';

/** Of something new that fits, one service. Costs a fit for each value, and O(log) more where it grows. */
export function fullest(search: Search, asked: Sizes, grant: ServiceGrant): ServiceGrant {
	const { scene, starts } = search;
	const sizing = search.sizings[0]!;
	const { policy } = scene.room;
	let full = grant;
	const fits = (changed: ServiceGrant): boolean => {
		const { startAt, endAt } = changed;
		const there = { earliestAt: startAt, latestAt: startAt, durationSeconds: endAt - startAt };
		return attempt(scene, sizesOf(changed), there) !== undefined;
	};
	const growTo = (most: number, from: number, step: number, withValue: (value: number) => ServiceGrant): void => {
		const units = gallop(Math.floor((most - from) / step), (count) => fits(withValue(from + count * step)));
		if (units > 0) full = withValue(from + units * step);
	};
	for (const field of SIZE_FIELDS) {
		const most = Math.min(asked[field], sizeLimit(policy, field));
		growTo(most, full[field], sizing.grids[field].step, (value) => ({ ...full, [field]: value }));
	}
	const countMax = Math.min(asked.machineCount, sizing.countMax);
	growTo(countMax, full.machineCount, 1, (machineCount) => ({ ...full, machineCount }));
	const { endAt: wantedAt } = search.question.request.window;
	// What ends in time is worth more than what runs for longer.
	const latestAt =
		wantedAt !== undefined && grant.endAt <= wantedAt ? wantedAt : scene.room.now + policy.horizonSeconds;
	const untilAt = Math.min(full.startAt + starts.durationSeconds, latestAt);
	growTo(untilAt, full.endAt, 1, (endAt) => ({ ...full, endAt }));
	return full;
}

/** The largest count up to `most` for which it fits, 0 where not even 1; it looks no further than twice that. */
function gallop(most: number, fits: (count: number) => boolean): number {
	let high = 1;
	while (high < most && fits(high)) high *= 2;
	return halve(1, Math.min(high, most), fits) ?? 0;
}
