/**
 * The Optional constraints of a negotiation offer, as far as they are about values of a grant: which of them can be kept
 * to together, and what is nearest to the offer among all that keeps to these.
 *
 * Whether some of them can be had at once is asked by judging the least that they admit (the smallest sizes, the
 * shortest run, at any start): what fits, fits smaller and shorter, so the answer is exact as far as the ranges of the
 * template, of the Required constraints and of these say all that is admitted. Under the best set (sets.ts) the searches
 * for alternatives run as they do for the offer.
 */

import type { AdmittedRange } from '../../agreement/offer/admitted.ts';
import type { ServiceGrant, ServiceRequest } from '../../agreement/terms/service.ts';
import { Searched } from '../../capacity/search/searched.ts';
import { metered, part, stage } from '../../parts.ts';
import { attemptLatest } from '../attempt.ts';
import { findAttempt, type Judgement, judge, type OptionalDemands, type Question } from '../judge.ts';
import { type Sizes, sizesOf } from '../sizes.ts';
import { type Tried, triedIn } from './front.ts';
import type { Ladder, Search } from './ladder.ts';
import { type Rated, rate, type Wish } from './ranking.ts';
import { findNear, searchOf } from './searches.ts';
import { type Budget, budgetFor, heaviestSet, hostSecondsLeft, spend } from './sets.ts';
import { soughtSizes } from './sought.ts';
import { largestRequest, latestEnd, leastRequests, nearestRequest, type Under } from './under.ts';
import { halve } from './within-site.ts';

/** What keeps to the heaviest set of Optional constraints that can be had. */
export interface Keeping {
	readonly importance: number;
	/** The nearest of each kind that keep to as much. */
	readonly near: readonly Tried[];
	/** Something that keeps to it, as long and as large as fits at the first start: where none of the near can be offered. */
	readonly last: () => Tried;
}

/** Undefined where the client has no such constraint of positive Importance, or none that can be had. */
export function findKeeping(question: Question, judgement: Judgement, wish: Wish): Keeping | undefined {
	const demands = question.optionalDemands?.();
	if (demands === undefined || demands.items.length === 0) return undefined;
	const best = heaviest(question, judgement, wish, demands);
	if (best === undefined) return undefined;
	const { under, importance } = best;
	const nearest = searchUnder(question, under);
	const near = (nearest === undefined ? [] : nearIn(nearest, wish)).flatMap((each) => {
		const rated = each.rated.filter((one) => one.importance >= importance);
		return rated.length === 0 ? [] : [{ ...each, rated }];
	});
	return { importance, near, last: () => lastUnder(question, judgement, best, wish) };
}

/** What lies within ranges that the offer goes beyond. */
export interface Within {
	/** The nearest of each kind. */
	readonly near: readonly Tried[];
	/** Something within them, as long and as large as fits at the first start; none where nothing is. */
	readonly last: () => readonly Tried[];
	/** Where what is nearest is looked for; absent where there is nothing to look for. */
	readonly nearest?: SearchUnder;
}

/** A search, and the sizes that it is for. */
interface SearchUnder {
	readonly search: Search;
	readonly sizes: Sizes;
}

/** What is nearest to the offer within one of these sets of ranges, the nearest first; undefined where these say nothing. */
export function findWithin(
	question: Question,
	judgement: Judgement,
	wish: Wish,
	sets: readonly (readonly AdmittedRange[])[],
): Within | undefined {
	const unders = sets.filter(({ length }) => length > 0).map((ranges): Under => ({ judgement, wish, ranges }));
	if (unders.length === 0) return undefined;
	const requests = new Set<string>();
	const isNew = (under: Under): boolean => {
		const before = requests.size;
		return requests.add(JSON.stringify(nearestRequest(under))).size > before;
	};
	const beyond = unders.length === 1 ? undefined : part(() => beyondOf(question, judgement));
	const distinct = part(() => unders.filter(isNew)).slice(0, NEAR_MAX);
	const searches = distinct.flatMap((under) => stage(() => searchUnder(question, under)) ?? []);
	const [nearest] = searches;
	return {
		near: searches.flatMap((each) => stage(() => nearIn(each, wish))).map((each) => ({ ...each, ...beyond })),
		...(nearest === undefined ? {} : { nearest }),
		last: () => {
			const found = findLast(question, unders);
			return nearest === undefined || beyond !== undefined
				? found
				: found.map((each) => ({ ...each, most: nearest.sizes }));
		},
	};
}

/** As near to the offer as anything may come. */
function beyondOf(question: Question, judgement: Judgement): Pick<Tried, 'beyond'> {
	const most = soughtSizes(judgement)!;
	return { beyond: { search: searchOf(question, judgement, most), most } };
}

/** Of each of several sets of ranges something within it, as long and as large as fits at the first start, where anything is. */
export function findLast(question: Question, unders: readonly Under[]): readonly Tried[] {
	const any = Number.NEGATIVE_INFINITY;
	const share = unders.length === 1 ? 1 : SETS_PART;
	const budget = metered(() => budgetFor(searchedFor(question), share), 'left');
	const found: Tried[] = [];
	for (const each of unders) {
		if (found.length === LAST_MAX) break;
		const under = { ...each, isOneOfMany: unders.length > 1 };
		const { judgement, wish } = under;
		const tried = stage(() => {
			const witness = witnessUnder(question, under, any, budget);
			if (witness === undefined) return undefined;
			const last = lastUnder(question, judgement, { importance: witness.rated.importance, under, witness }, wish);
			return under.isOneOfMany ? { ...last, ...beyondOf(question, judgement) } : last;
		});
		if (tried !== undefined) found.push(tried);
	}
	return found;
}

/** Near each of so many sets of ranges it is looked: a refused offer that leaves a choice open costs as much. */
const NEAR_MAX = 4;
/** Where nothing is near, so many of the sets are a choice. */
const LAST_MAX = 4;
/** Of what may be looked through, how much is for several sets: each that is found is looked for at longer runs besides. */
const SETS_PART = 1 / 2;

interface Kept {
	readonly importance: number;
	readonly under: Under;
	readonly witness: Witness;
}

/** The least that keeps to a set, and the request that was answered with it. */
interface Witness {
	readonly rated: Rated;
	readonly question: Question;
}

function heaviest(question: Question, judgement: Judgement, wish: Wish, demands: OptionalDemands): Kept | undefined {
	const budget = budgetFor(searchedFor(question));
	return heaviestSet(demands, 0, budget, (chosen, importance) => {
		const ranges = [...demands.always, ...chosen.flatMap(({ admits }) => admits)];
		const under: Under = { judgement, wish, ranges, isOneOfMany: demands.items.length > 1 };
		const witness = witnessUnder(question, under, importance, budget);
		return witness && { importance: witness.rated.importance, under, witness };
	});
}

/** The least that the ranges admit, if it fits at some time and keeps to so much. */
function witnessUnder(question: Question, under: Under, importance: number, budget: Budget): Witness | undefined {
	for (const request of leastRequests(under)) {
		if (!spend(budget)) return undefined;
		const asked: Question = { ...question, request: affordable(request, under, budget), violations: [] };
		const attempt = findAttempt(asked);
		if (attempt === undefined) continue;
		const rated = rate(attempt.grant, under.wish);
		const { grant, price } = rated;
		if (question.satisfies(grant, price) && rated.importance >= importance) return { rated, question: asked };
	}
	return undefined;
}

/**
 * Of what may still be looked through, how much one of several sets may take, so that something is left for the others:
 * of 130 refusals by 24 full hosts over 400 days the best was missed in 19 instead of 24.
 */
const SET_PART = 1 / 2;

/** The request for those of its starts, the nearest, that may still be looked through. */
export function affordable(
	request: ServiceRequest,
	{ judgement, wish, isOneOfMany = false }: Under,
	budget: Budget,
): ServiceRequest {
	const { calendar, hosts = calendar.hosts } = judgement.scene.room;
	const { startAt = 0, endAt = 0, durationSeconds } = request.window;
	const { earliestAt: wantedAt } = wish.starts;
	const part = isOneOfMany ? SET_PART : 1;
	const reach = Math.floor((hostSecondsLeft(budget) * part) / hosts.length);
	const window = (fromAt: number, untilAt: number): ServiceRequest => ({
		...request,
		window: { ...request.window, startAt: fromAt, endAt: untilAt + durationSeconds },
	});
	const latestAt = endAt - durationSeconds;
	if (startAt < wantedAt) return window(Math.max(startAt, latestAt - reach), latestAt);
	const isAffordable = startAt + reach >= Math.min(latestAt, budget.searched.lastChangeAt());
	return isAffordable ? request : window(startAt, startAt + reach);
}

/** Where the offer, brought within the ranges, is looked for. */
function searchUnder(question: Question, under: Under): SearchUnder | undefined {
	const request = nearestRequest(under);
	if (request === undefined) return undefined;
	const asked = { ...question, request, violations: [] };
	const judgement = judge(asked);
	const sizes = soughtSizes(judgement);
	if (sizes === undefined || judgement.finalReasons.length > 0) return undefined;
	const endAt = latestEnd(under, request);
	const { endAt: _, ...window } = request.window;
	const open = { ...request, window: endAt === undefined ? window : { ...window, endAt } };
	return { search: searchOf({ ...asked, request: open }, judgement, sizes), sizes };
}

/** What lies near it. */
function nearIn({ search, sizes }: SearchUnder, wish: Wish): Tried[] {
	return triedIn(search, findNear(search, sizes), sizes, wish);
}

export function searchedFor({ calendar, searched = new Searched(calendar) }: Question): Searched {
	return searched;
}

/** Of what may be looked through for the sets, how much is for a longer run of the best. */
const LONGER_PART = 1 / 4;

/** The witness as long as it fits at any start, then as large as it fits at that one. */
function lastUnder(question: Question, judgement: Judgement, { under, witness }: Kept, wish: Wish): Tried {
	const { grant } = witness.rated;
	const shortest = grant.endAt - grant.startAt;
	const { durationSeconds: wanted } = wish.starts;
	let longest = witness;
	const budget = budgetFor(searchedFor(question), LONGER_PART);
	halve(shortest, wanted, (seconds) => {
		const found =
			seconds === shortest
				? witness
				: witnessUnder(question, { ...under, seconds, isOneOfMany: false }, witness.rated.importance, budget);
		longest = found ?? longest;
		return found !== undefined;
	});
	const larger = largestRequest(under, longest.question.request, longest.rated.grant);
	const largest = findAttempt({ ...longest.question, request: larger });
	const search = searchOf(question, judgement, soughtSizes(judgement)!);
	const found = largest?.grant ?? longest.rated.grant;
	const ladder = [...latestBefore(search, found, longest.question.request, wish), found];
	const rated = [...ladder.map((each) => rate(each, wish)), longest.rated, witness.rated];
	const kept = rated.filter(({ importance }) => importance >= witness.rated.importance);
	return { rated: kept, search, most: sizesOf(kept[0]!.grant) };
}

/** Of starts before the wanted ones the first was found: the last of those that the request has. */
function latestBefore({ scene }: Search, grant: ServiceGrant, { window }: ServiceRequest, wish: Wish): Ladder {
	const { startAt, endAt } = grant;
	const { earliestAt: wantedAt } = wish.starts;
	if (startAt >= wantedAt || window.endAt === undefined) return [];
	const latestAt = Math.min(wantedAt - 1, window.endAt - window.durationSeconds);
	const starts = { earliestAt: startAt, latestAt, durationSeconds: endAt - startAt };
	const latest = attemptLatest(scene.room, sizesOf(grant), starts);
	return latest === undefined ? [] : [latest.grant];
}
