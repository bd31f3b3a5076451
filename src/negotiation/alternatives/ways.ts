/**
 * The sets of ranges to search in, where conditions can be kept to in several ways: one way of each condition, joined.
 * Whatever keeps to all conditions lies in one of them, as far as no set was left out. Values that have to fit each other
 * are tried one beside the other, and of the last of them what fits the others (coupled.ts).
 */
import { smallestMultiple } from '../../agreement/jsdl/range.ts';
import type { AdmittedRange } from '../../agreement/offer/admitted.ts';
import type { AdmittedWay, Coupling } from '../../agreement/offer/admitted-ways.ts';
import { part } from '../../parts.ts';
import { roomOf } from '../booking.ts';
import type { Judgement, Question } from '../judge.ts';
import type { ServiceSizes, SizeField } from '../sizes.ts';
import { fitting, type Wanted } from './coupled.ts';
import { givenAt, joinedWith, nearnessTo, type RangeSet, rangeAt, wantedIn } from './range-set.ts';
import type { Wish } from './ranking.ts';
import { isWithinSite } from './within-site.ts';

/** What is searched in, and what of it still has to fit. */
interface Joined {
	readonly set: RangeSet;
	readonly couplings: readonly Coupling[];
}

/** So many sets are carried on, those nearest to the offer. */
const SETS_MAX = 64;
/**
 * So many are tried for each condition, some milliseconds: the fewer are carried on the more ways it has; and four times
 * as many for all of them together, or one of each way of the conditions that are left.
 */
const TRIED_MAX = 1024;
/** Of more couplings the first are fitted: whether what is found keeps to the others, only checking it tells. */
const FITTED_MAX = 128;

/**
 * The sets for the ways of each condition, the nearest first; none where the ranges contradict each other in every way.
 * `coupled`: with values that have to fit each other. All of it within the bounds. Made of parts.
 */
export function setsWithin(
	question: Question,
	judgement: Judgement,
	wish: Wish,
	ways: readonly (readonly AdmittedWay[])[],
	kind?: 'coupled',
	bounds: readonly AdmittedRange[] = [],
): readonly (readonly AdmittedRange[])[] {
	const nearest = nearestOf(judgement, wish);
	const always = joinedWith(new Map(), [...(question.admitted?.() ?? []), ...bounds]);
	let sets: readonly Joined[] = always === undefined ? [] : nearest([{ set: always, couplings: [] }]);
	const triedMax = Math.ceil(TRIED_MAX * (question.share ?? 1));
	const triesOfEach = Math.min(triedMax, Math.ceil((4 * triedMax) / Math.max(1, ways.length)));
	for (const choices of ways) {
		const carried = sets.slice(0, shareOf(choices.length, triesOfEach));
		sets = part(() => {
			return nearest(
				carried.flatMap(({ set, couplings }) =>
					choices.flatMap((way): readonly Joined[] => {
						const { ranges } = way;
						const both = ranges.length === 0 ? set : joinedWith(set, ranges);
						if (both === undefined) return [];
						const more = kind === 'coupled' ? way.couplings.slice(0, FITTED_MAX - couplings.length) : [];
						return [{ set: both, couplings: more.length === 0 ? couplings : [...couplings, ...more] }];
					}),
				),
			);
		});
	}
	const wantedAt = wantedIn(wish);
	while (sets.some(({ couplings }) => couplings.length > 0)) {
		const before = sets;
		const triesMax = shareOf(before.length, triedMax);
		sets = part(() => nearest(before.flatMap((each) => fittingFirst(each, judgement, wantedAt, triesMax))));
	}
	return sets.map(({ set }) => [...set.values()]);
}

/** How many tries there are for each of so many. */
function shareOf(number: number, triesMax: number): number {
	return Math.ceil(triesMax / Math.max(1, number));
}

/** With values that fit each other, where they have to and fewest of them are open. */
function fittingFirst({ set, couplings }: Joined, judgement: Judgement, wantedAt: Wanted, triesMax: number): Joined[] {
	const counted = couplings.map((each) => ({ each, open: openIn(set, each) }));
	const [first, ...rest] = counted.sort((one, other) => one.open - other.open).map(({ each }) => each);
	if (first === undefined) return [{ set, couplings }];
	return fitting(set, first, judgement, wantedAt, triesMax).map((each) => ({ set: each, couplings: rest }));
}

function openIn(set: RangeSet, { places }: Coupling): number {
	return places.filter((place) => givenAt(set, place) === undefined).length;
}

/** The nearest of those that the empty site could have, each once. */
function nearestOf(judgement: Judgement, wish: Wish): (sets: readonly Joined[]) => readonly Joined[] {
	// Many of those that are held against each other have the same set, or the same list of couplings.
	const nearOf = remembered(nearnessTo(wish));
	const mayBe = remembered((set: RangeSet) => couldBe(set, judgement));
	const nameOfSet = remembered((set: RangeSet) => JSON.stringify([...set]));
	return (sets) => {
		const names = new Map<Coupling, number>();
		const nameOf = (coupling: Coupling): number => {
			const name = names.get(coupling) ?? names.size;
			names.set(coupling, name);
			return name;
		};
		const nameOfAll = remembered((couplings: Joined['couplings']) => couplings.map(nameOf).join(' '));
		const ranked = sets.map((each) => ({ each, near: nearOf(each.set) })).sort((one, other) => other.near - one.near);
		const found = new Map<string, Joined>();
		for (const { each } of ranked) {
			if (found.size === SETS_MAX) break;
			if (mayBe(each.set)) found.set(`${nameOfSet(each.set)} ${nameOfAll(each.couplings)}`, each);
		}
		return [...found.values()];
	};
}

/** The same function, which is asked once about the same object. */
function remembered<T extends object, R>(ask: (of: T) => R): (of: T) => R {
	const known = new Map<T, R>();
	return (of) => {
		const answer = known.get(of) ?? ask(of);
		known.set(of, answer);
		return answer;
	};
}

/** Whether the empty site has room for the least of its sizes. */
function couldBe(set: RangeSet, { scene, services }: Judgement): boolean {
	return services.every(({ sizing, eligibility }, nth) => {
		const leastOf = (field: 'machineCount' | SizeField, least: number, step: number): number => {
			const range = rangeAt(set, { field, nth });
			return range === undefined ? least : (smallestMultiple(range, step, least) ?? Number.POSITIVE_INFINITY);
		};
		const sizeOf = (field: SizeField): number => {
			const { origin, step, least } = sizing.grids[field];
			return leastOf(field, least, origin % step === 0 ? step : 1);
		};
		const sizes: ServiceSizes = {
			machineCount: leastOf('machineCount', 1, 1),
			cpuCount: sizeOf('cpuCount'),
			memoryBytes: sizeOf('memoryBytes'),
			diskBytes: sizeOf('diskBytes'),
			networkBitsPerSecond: sizeOf('networkBitsPerSecond'),
		};
		if (!Object.values(sizes).every(Number.isFinite)) return false;
		return isWithinSite(sizes, sizing, { room: roomOf(scene.room, nth), others: eligibility.others });
	});
}
