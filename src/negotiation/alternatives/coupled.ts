/**
 * Values that have to fit each other: an equation of two or more. All but one are tried, those nearest to the offer first,
 * and of the last one is what fits beside the others, which is calculated.
 */
import { contains, endsOf, exactly, type RangeValue } from '../../agreement/jsdl/range.ts';
import type { AdmittedPlace, AdmittedRange } from '../../agreement/offer/admitted.ts';
import type { Coupling } from '../../agreement/offer/admitted-ways.ts';
import type { Judgement } from '../judge.ts';
import { sizeLimit } from '../policy/policy.ts';
import { firstOf } from './grid.ts';
import { halves, ROUND_BYTES } from './ladder.ts';
import { givenAt, joinedWith, type RangeSet, rangeAt } from './range-set.ts';

/** How much of a value is wanted, and how much there may be. */
export type Wanted = (place: AdmittedPlace) => number;

/**
 * The set with values that fit each other, as many as are found in so many tries; the set itself where nothing is known of
 * what fits, none where nothing does.
 */
export function fitting(
	set: RangeSet,
	{ places, admits }: Coupling,
	judgement: Judgement,
	wantedAt: Wanted,
	triesMax: number,
): readonly RangeSet[] {
	const given = places.map((place) => givenAt(set, place));
	const start = places.map((place, position) => given[position] ?? Math.max(1, wantedAt(place)));
	const last = solvable(places, given, wantedAt).find((position) => admits(position, start) !== undefined);
	if (last === undefined) return [set];
	const tried = places.map((place, position): readonly number[] => {
		const known = given[position];
		if (position === last) return [start[position]!];
		return known === undefined ? valuesNear(place, judgement, wantedAt(place), rangeAt(set, place), triesMax) : [known];
	});
	const exactOf = places.map((place) => {
		const known = new Map<number, AdmittedRange>();
		return (value: number): AdmittedRange => {
			const exact = known.get(value) ?? { ...place, range: exactly(value) };
			known.set(value, exact);
			return exact;
		};
	});
	return [...firstOf(inStep(tried), triesMax)].flatMap((values) => {
		const range = admits(last, values);
		if (range === undefined) return [];
		const exact = places.map((place, position) => {
			return position === last ? { ...place, range } : exactOf[position]!(values[position]!);
		});
		return joinedWith(set, exact) ?? [];
	});
}

/** The positions that may be calculated, best of all that of which there is most to choose from: bytes before counts. */
function solvable(
	places: readonly AdmittedPlace[],
	given: readonly (number | undefined)[],
	wantedAt: Wanted,
): readonly number[] {
	const positions = [...places.keys()];
	const open = positions.filter((position) => given[position] === undefined);
	const wanted = (position: number): number => {
		const place = places[position]!;
		return NEVER_CHOSEN.has(place.field) ? Number.POSITIVE_INFINITY : wantedAt(place);
	};
	const inOrder = open.sort((one, other) => wanted(other) - wanted(one) || other - one);
	return inOrder.length > 0 ? inOrder : positions;
}

/** What may be tried of a value, the nearest to what was asked first: whole numbers, or whole GiB and halves. */
function valuesNear(
	{ field, nth }: AdmittedPlace,
	{ scene, services }: Judgement,
	wanted: number,
	range: RangeValue | undefined,
	valuesMax: number,
): readonly number[] {
	const isCount = COUNTS.has(field);
	const limit = field === 'machineCount' ? services[nth]!.sizing.countMax : sizeLimit(scene.room.policy, field);
	const most = Math.min(limit, isCount ? COUNT_MAX : Number.MAX_SAFE_INTEGER);
	const unit = isCount ? 1 : ROUND_BYTES;
	const middle = Math.max(1, Math.round(Math.min(wanted, most) / unit));
	const side = isCount ? valuesMax : BESIDE;
	const from = Math.max(1, middle - side);
	const until = Math.min(middle + side, Math.floor(most / unit));
	const beside = Array.from({ length: Math.max(0, until - from + 1) }, (_, index) => (from + index) * unit);
	const ends = range === undefined ? [] : Object.values(endsOf(range) ?? {});
	const values = [wanted, ...beside, ...ends, ...halves(isCount ? most : wanted, 1).slice(0, HALVES)];
	const far = (value: number): number => Math.max(value, wanted) / Math.max(1, Math.min(value, wanted));
	return [...new Set(values)]
		.filter((value) => Number.isSafeInteger(value) && value >= 1 && value <= most)
		.filter((value) => range === undefined || contains(range, value))
		.sort((one, other) => far(one) - far(other));
}

/** They come of what is chosen, or of the hosts. */
const NEVER_CHOSEN: ReadonlySet<AdmittedPlace['field']> = new Set(['price', 'cpuSpeedHz']);
const COUNTS: ReadonlySet<AdmittedPlace['field']> = new Set(['machineCount', 'cpuCount', 'totalCpuCount']);
/** Beyond that nobody counts them one by one. */
const COUNT_MAX = 2 ** 20;
/** Of bytes, of either side. */
const BESIDE = 4;
const HALVES = 8;

/** Every combination of one value of each, those first whose positions add up to least. */
function* inStep(lists: readonly (readonly number[])[]): Generator<readonly number[]> {
	if (lists.some(({ length }) => length === 0)) return;
	const stepsFrom = (at: number): number => lists.slice(at).reduce((sum, { length }) => sum + length - 1, 0);
	const stepsAfter = lists.map((_, at) => stepsFrom(at + 1));
	function* from(at: number, steps: number): Generator<readonly number[]> {
		if (at === lists.length) yield [];
		const values = lists[at] ?? [];
		for (let nth = Math.max(0, steps - stepsAfter[at]!); nth <= Math.min(steps, values.length - 1); nth += 1) {
			for (const rest of from(at + 1, steps - nth)) yield [values[nth]!, ...rest];
		}
	}
	for (let steps = 0; steps <= stepsFrom(0); steps += 1) yield* from(0, steps);
}
