/** What is admitted of each value, by its place; and how near to the offer that comes. */
import {
	contains,
	endsOf,
	intersect,
	isEmpty,
	nearestEnd,
	onlyValue,
	type RangeValue,
} from '../../agreement/jsdl/range.ts';
import type { AdmittedPlace, AdmittedRange } from '../../agreement/offer/admitted.ts';
import { servicesOf } from '../../agreement/terms/service.ts';
import type { ServiceSizes } from '../sizes.ts';
import type { Wish } from './ranking.ts';

export type RangeSet = ReadonlyMap<string, AdmittedRange>;

/** Undefined where they contradict each other. */
export function joinedWith(set: RangeSet, ranges: readonly AdmittedRange[]): RangeSet | undefined {
	const all = new Map(set);
	for (const each of ranges) {
		const key = keyOf(each);
		const known = all.get(key);
		const range = known === undefined ? each.range : intersect(known.range, each.range);
		if (isEmpty(range)) return undefined;
		all.set(key, known === undefined ? each : { ...each, range });
	}
	return all;
}

export function rangeAt(set: RangeSet, place: AdmittedPlace): RangeValue | undefined {
	return set.get(keyOf(place))?.range;
}

/** The value, where it is decided already. */
export function givenAt(set: RangeSet, place: AdmittedPlace): number | undefined {
	const range = rangeAt(set, place);
	return range === undefined ? undefined : onlyValue(range);
}

/** Made once: to make and to hash it takes longer than to look something up by it. */
function keyOf({ field, nth }: AdmittedPlace): string {
	const known = KEYS.get(field) ?? [];
	if (known.length === 0) KEYS.set(field, known);
	known[nth] ??= `${nth} ${field}`;
	return known[nth];
}

const KEYS = new Map<AdmittedPlace['field'], string[]>();

/** How much of the offer what is nearest within a set keeps: as it is ranked, without the price of it. */
export function nearnessTo(wish: Wish): (set: RangeSet) => number {
	const { earliestAt, latestAt, durationSeconds } = wish.starts;
	const wantedAt = wantedIn(wish);
	const shiftTo = (range: RangeValue, first: number, last: number): number => {
		const ends = endsOf(range);
		if (ends === undefined) return 0;
		return Math.max(0, ends.lower - last, first - ends.upper);
	};
	const keptOf = (each: AdmittedRange): number => {
		const { field, range } = each;
		if (field === 'startAt' || field === 'endAt') {
			const later = field === 'endAt' ? durationSeconds : 0;
			return durationSeconds / (durationSeconds + shiftTo(range, earliestAt + later, latestAt + later));
		}
		const wanted = wantedAt(each);
		const nearest = wanted === 0 || contains(range, wanted) ? wanted : (nearestEnd(range, wanted) ?? wanted);
		return wanted > 0 ? Math.min(nearest, wanted) / Math.max(nearest, wanted) : 1;
	};
	// Sets that are held against each other have most of their ranges in common.
	const known = new WeakMap<AdmittedRange, number>();
	return (set) => {
		let near = 1;
		for (const each of set.values()) {
			let kept = known.get(each);
			if (kept === undefined) {
				kept = keptOf(each);
				known.set(each, kept);
			}
			near *= kept;
		}
		return near;
	};
}

/** How much of each value is wanted; 0 where that cannot be said. */
export function wantedIn({ sizes, starts, reference }: Wish): (place: AdmittedPlace) => number {
	const asked = servicesOf<ServiceSizes>(sizes);
	return ({ field, nth }) => {
		const own = asked[nth];
		switch (field) {
			case 'durationSeconds':
				return starts.durationSeconds;
			case 'price':
				return reference === undefined ? 0 : Number(reference.amount);
			case 'totalCpuCount':
				return own === undefined ? 0 : own.machineCount * own.cpuCount;
			case 'totalMemoryBytes':
				return own === undefined ? 0 : own.machineCount * own.memoryBytes;
			case 'totalDiskBytes':
				return own === undefined ? 0 : own.machineCount * own.diskBytes;
			default:
				return own?.[field as keyof ServiceSizes] ?? 0;
		}
	};
}
