/**
 * The sets of ranges to search in, where conditions can be kept to in several ways: one way of each condition, joined.
 * Whatever keeps to all conditions lies in one of them, as far as no set was left out. Of two values that have to fit each
 * other one is tried after the other, and of the other one what fits it.
 */
import {
	contains,
	endsOf,
	exactly,
	intersect,
	isEmpty,
	nearestEnd,
	onlyValue,
	type RangeValue,
} from '../../agreement/jsdl/range.ts';
import type { AdmittedField, AdmittedPlace, AdmittedRange } from '../../agreement/offer/admitted.ts';
import type { AdmittedWay, Coupling } from '../../agreement/offer/admitted-ways.ts';
import { servicesOf } from '../../agreement/terms/service.ts';
import type { Judgement, Question } from '../judge.ts';
import { sizeLimit } from '../policy/policy.ts';
import type { ServiceSizes } from '../sizes.ts';
import { halves } from './ladder.ts';
import type { Wish } from './ranking.ts';

/** What is admitted of each value, by its place. */
type RangeSet = ReadonlyMap<string, AdmittedRange>;

/** So many sets are carried on, those nearest to the offer: of three conditions with `or` all that there are. */
const SETS_MAX = 12;

/**
 * The sets for the ways of each condition, the nearest first; none where the ranges contradict each other in every way.
 * `coupled`: with one value after the other of two that have to fit each other.
 */
export function setsWithin(
	question: Question,
	judgement: Judgement,
	wish: Wish,
	ways: readonly (readonly AdmittedWay[])[],
	kind?: 'coupled',
): readonly (readonly AdmittedRange[])[] {
	const near = nearnessTo(wish);
	const always = joined(new Map(), question.admitted?.() ?? []);
	let sets: readonly RangeSet[] = always === undefined ? [] : [always];
	for (const choices of ways) {
		const next = new Map<string, RangeSet>();
		for (const set of sets) {
			for (const { ranges, couplings } of choices) {
				const one = joined(set, ranges);
				const coupled = kind === 'coupled' ? couplings : [];
				const all = coupled.reduce(
					(each, coupling) => each.flatMap((other) => fitting(other, coupling, question, judgement, wish)),
					one === undefined ? [] : [one],
				);
				for (const each of all) next.set(JSON.stringify([...each]), each);
			}
		}
		const ranked = [...next.values()].map((set) => ({ set, near: near(set) }));
		sets = ranked
			.sort((one, other) => other.near - one.near)
			.slice(0, SETS_MAX)
			.map(({ set }) => set);
	}
	return sets.map((set) => [...set.values()]);
}

/** Undefined where they contradict each other. */
function joined(set: RangeSet, ranges: readonly AdmittedRange[]): RangeSet | undefined {
	const all = new Map(set);
	for (const each of ranges) {
		const key = keyOf(each);
		const known = all.get(key);
		const range = known === undefined ? each.range : intersect(known.range, each.range);
		if (isEmpty(range)) return undefined;
		all.set(key, { ...each, range });
	}
	return all;
}

function keyOf({ field, nth }: AdmittedPlace): string {
	return `${nth} ${field}`;
}

/** The set with one value of the coupling after the other, and of the other one what fits it. */
function fitting(
	set: RangeSet,
	{ places, admits }: Coupling,
	{ policy }: Question,
	{ services }: Judgement,
	{ sizes }: Wish,
): readonly RangeSet[] {
	const asked = servicesOf<ServiceSizes>(sizes);
	const ranges = places.map((place) => set.get(keyOf(place))?.range);
	const isGiven = (range: RangeValue | undefined): boolean => range !== undefined && onlyValue(range) !== undefined;
	const isCount = ({ field }: AdmittedPlace): boolean => field === 'machineCount' || field === 'cpuCount';
	// One that is decided already, else one of which there are few.
	const first =
		([0, 1] as const).find((nth) => isGiven(ranges[nth])) ?? (isCount(places[0]) || !isCount(places[1]) ? 0 : 1);
	const place = places[first];
	const { field, nth } = place;
	const wanted = asked[nth]?.[field as keyof ServiceSizes];
	if (wanted === undefined) return [set];
	const most = field === 'machineCount' ? services[nth]!.sizing.countMax : sizeLimit(policy, field);
	const tried = isGiven(ranges[first])
		? [onlyValue(ranges[first]!)!]
		: valuesNear(wanted, most, isCount(place), ranges[first]);
	return tried.flatMap((value) => {
		const range = admits(first, value);
		if (range === undefined) return [];
		return (
			joined(set, [
				{ ...place, range: exactly(value) },
				{ ...places[1 - first]!, range },
			]) ?? []
		);
	});
}

/** Whole numbers beside what was asked and halves of what there may be; of bytes, halves of what was asked. */
function valuesNear(wanted: number, most: number, isCount: boolean, range: RangeValue | undefined): readonly number[] {
	const beside = isCount ? Array.from({ length: 2 * BESIDE + 1 }, (_, nth) => wanted - BESIDE + nth) : [];
	const ends = range === undefined ? [] : Object.values(endsOf(range) ?? {});
	const values = [...beside, ...ends, ...halves(isCount ? most : wanted, 1).slice(0, HALVES)];
	return [...new Set(values)].filter((value) => {
		return (
			Number.isSafeInteger(value) && value >= 1 && value <= most && (range === undefined || contains(range, value))
		);
	});
}

/** Of either side. */
const BESIDE = 4;
const HALVES = 8;

/** How much of the offer what is nearest within a set keeps: as it is ranked, without the price of it. */
function nearnessTo({ sizes, starts, reference }: Wish): (set: RangeSet) => number {
	const asked = servicesOf<ServiceSizes>(sizes);
	const { earliestAt, latestAt, durationSeconds } = starts;
	const wantedOf = (field: AdmittedField, nth: number): number => {
		if (field === 'durationSeconds') return durationSeconds;
		if (field === 'price') return reference === undefined ? 0 : Number(reference.amount);
		return asked[nth]?.[field as keyof ServiceSizes] ?? 0;
	};
	const shiftTo = (range: RangeValue, first: number, last: number): number => {
		const ends = endsOf(range);
		if (ends === undefined) return 0;
		return Math.max(0, ends.lower - last, first - ends.upper);
	};
	return (set) => {
		let near = 1;
		for (const { field, nth, range } of set.values()) {
			if (field === 'startAt' || field === 'endAt') {
				const later = field === 'endAt' ? durationSeconds : 0;
				near *= durationSeconds / (durationSeconds + shiftTo(range, earliestAt + later, latestAt + later));
				continue;
			}
			const wanted = wantedOf(field, nth);
			const nearest = wanted === 0 || contains(range, wanted) ? wanted : (nearestEnd(range, wanted) ?? wanted);
			if (wanted > 0) near *= Math.min(nearest, wanted) / Math.max(nearest, wanted);
		}
		return near;
	};
}
