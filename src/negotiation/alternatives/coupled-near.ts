/**
 * What comes near to an offer where a template couples values (twice as much memory as CPUs): values that fit each other
 * within the client's own ranges, the least first, or the most where that is preferred; then those that are no larger than
 * what was asked; and only where there are neither, those nearest to it. What of them can be had is tried at the wanted
 * starts, of the nearest also at others.
 */
import { below, endsOf } from '../../agreement/jsdl/range.ts';
import type { AdmittedPlace, AdmittedRange } from '../../agreement/offer/admitted.ts';
import type { AdmittedWay } from '../../agreement/offer/admitted-ways.ts';
import {
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	withServices,
} from '../../agreement/terms/service.ts';
import { metered, part, stage } from '../../parts.ts';
import { findAttempt, type Judgement, type Question } from '../judge.ts';
import { type ServiceSizes, sizesOf, sizesOfAll } from '../sizes.ts';
import { SIZES } from './differences.ts';
import type { Tried } from './front.ts';
import type { Search } from './ladder.ts';
import { affordable, findWithin, searchedFor } from './optional.ts';
import { givenAt, joinedWith, nearnessTo } from './range-set.ts';
import { rate, type Wish } from './ranking.ts';
import { type Budget, budgetFor, spend } from './sets.ts';
import { largestRequest, leastRequests, nearestRequest, TOTALS, type Under } from './under.ts';
import { setsWithin } from './ways.ts';

type Ways = readonly (readonly AdmittedWay[])[];
type Ranges = readonly AdmittedRange[];

/** Near so many sets, and the first within the ranges of the offer, it is looked at all starts: each costs as much as a refused offer. */
const NEAR_MAX = 2;
/** Of so many of each kind that fit at the wanted starts a choice is made. */
const THERE_MAX = 4;
/** Of what one search may do: 64 sets that are tried at the wanted starts. */
const THERE_PART = 1 / 2;

/** Nothing where a template can be kept to in one way only, and of what has begun. */
export function findCoupledNear(
	question: Question,
	judgement: Judgement,
	wish: Wish,
	search: Search,
): readonly Tried[] {
	if (judgement.scene.begun !== undefined) return [];
	const ways = question.ways?.('coupled') ?? [];
	if (ways.length === 0) return [];
	const { within, others } = stage(() => setsNear(question, judgement, wish, ways));
	const budget = metered(() => budgetFor(searchedFor(question), THERE_PART), 'left');
	const there = [
		...triedThere(within, budget, (under) => asAsked({ question, under, budget, wish })),
		...triedThere(others, budget, (under) => asMuch({ question, under, budget, wish })),
	].map((grants): Tried => {
		return { rated: grants.map((grant) => rate(grant, wish)), search, most: sizesOf(grants[0]!) };
	});
	// Of lists of ways without equations the nearest are looked for already.
	if (!ways.flat().some(({ couplings }) => couplings.length > 0)) return there;
	const nearest = [...within.slice(0, 1), ...others.slice(0, NEAR_MAX)].map(({ ranges }) => ranges);
	return [...there, ...(findWithin(question, judgement, wish, nearest)?.near ?? [])];
}

/** Sets of coupled values: those within the client's own ranges, and others. */
function setsNear(
	question: Question,
	judgement: Judgement,
	wish: Wish,
	ways: Ways,
): { readonly within: readonly Under[]; readonly others: readonly Under[] } {
	const near = nearnessTo(wish);
	// What was asked is looked for already, where the template admits it.
	const isOther = (ranges: Ranges): boolean => wish.isBeyond === true || near(joinedWith(new Map(), ranges)!) < 1;
	const sought = (wanted: Wish, bounds?: Ranges): readonly Under[] => {
		const sets = setsWithin(question, judgement, wanted, ways, 'coupled', bounds);
		return sets.filter(isOther).map((ranges) => ({ judgement, wish, ranges, isPaid: true }));
	};
	const own = ownRanges(wish.request);
	const within = isOpen(own, ways) ? sought(wantingMost(wish), own) : [];
	const smaller = sought(wish, atMostAsked(wish));
	return { within, others: within.length + smaller.length > 0 ? smaller : sought(wish) };
}

/** Whether the offer leaves a choice of values that a way is about. */
function isOpen(own: Ranges, ways: Ways): boolean {
	const set = joinedWith(new Map(), own);
	if (set === undefined) return false;
	const isOpenAt = (place: AdmittedPlace): boolean => givenAt(set, place) === undefined;
	return ways.some((choices) =>
		choices.some(({ ranges, couplings }) => {
			return ranges.some(isOpenAt) || couplings.some(({ places }) => places.some(isOpenAt));
		}),
	);
}

/** What the offer says of sizes. */
function ownRanges(request: ServiceRequest): Ranges {
	return servicesOf<RequestedService>(request).flatMap((service, nth) =>
		[...SIZES, ...TOTALS].flatMap((field): Ranges => {
			const { [field]: demand } = service;
			return demand === undefined ? [] : [{ field, nth, range: demand.range }];
		}),
	);
}

function upperOf(service: RequestedService, field: (typeof SIZES)[number], least: number): number {
	const { [field]: demand } = service;
	return Math.max(least, (demand && endsOf(demand.range)?.upper) ?? least);
}

/** No more than the offer asks for: the upper ends of its ranges. */
function atMostAsked({ sizes, request }: Wish): Ranges {
	const asked = servicesOf<ServiceSizes>(sizes);
	return servicesOf<RequestedService>(request).flatMap((service, nth) =>
		SIZES.flatMap((field): Ranges => {
			const most = upperOf(service, field, asked[nth]![field]);
			return most > 0 && Number.isFinite(most) ? [{ field, nth, range: below(most) }] : [];
		}),
	);
}

/** The same wish for as much as its ranges hold of what prefers the largest. */
function wantingMost(wish: Wish): Wish {
	const asked = servicesOf<ServiceSizes>(wish.sizes);
	const wanted = servicesOf<RequestedService>(wish.request).map((service, nth): ServiceSizes => {
		const sizes = { ...asked[nth]! };
		if (!service.prefersLargest) return sizes;
		for (const field of SIZES) {
			const most = upperOf(service, field, sizes[field]);
			if (Number.isFinite(most)) sizes[field] = most;
		}
		return sizes;
	});
	return { ...wish, sizes: sizesOfAll(wanted) };
}

/** Of the sets, the nearest first, what of each `find` finds at the wanted starts. */
function triedThere(
	unders: readonly Under[],
	budget: Budget,
	find: (under: Under) => readonly ServiceGrant[],
): readonly (readonly ServiceGrant[])[] {
	const found: (readonly ServiceGrant[])[] = [];
	for (const under of unders) {
		if (found.length === THERE_MAX) break;
		const grants = stage(() => (spend(budget) ? find(under) : []));
		if (grants.length > 0) found.push(grants);
	}
	return found;
}

interface There {
	readonly question: Question;
	readonly under: Under;
	readonly budget: Budget;
	readonly wish: Wish;
}

/** As an offer is granted: the least within its ranges, or as much as fits where that is preferred. */
function asAsked(there: There): readonly ServiceGrant[] {
	const nearest = nearestRequest(there.under);
	if (nearest === undefined) return [];
	const asked = servicesOf<RequestedService>(there.wish.request);
	const services = servicesOf<RequestedService>(nearest).map((service, nth) => {
		return { ...service, prefersLargest: asked[nth]!.prefersLargest };
	});
	const found = grantThere(there, withServices(nearest, services));
	return found === undefined ? [] : [found];
}

/** As much as fits up to what was asked, and the least. */
function asMuch(there: There): readonly ServiceGrant[] {
	const [request] = leastRequests(there.under);
	const nearest = nearestRequest(there.under);
	if (request === undefined || nearest === undefined) return [];
	const least = { ...request, window: nearest.window };
	const found = grantThere(there, least);
	if (found === undefined) return [];
	const larger = grantThere(there, largestRequest(there.under, least, found));
	return larger === undefined ? [found] : [larger, found];
}

function grantThere({ question, under, budget, wish }: There, request: ServiceRequest): ServiceGrant | undefined {
	const { earliestAt, latestAt, durationSeconds } = wish.starts;
	const wanted = { startAt: earliestAt, endAt: latestAt + durationSeconds, durationSeconds };
	const window = request.window === wish.request.window ? wanted : request.window;
	const there = affordable({ ...request, window }, under, budget);
	return part(() => findAttempt({ ...question, request: there, violations: [] }))?.grant;
}
