/**
 * What could be had instead of an offer that cannot be had: an earlier or a later start, fewer or smaller machines, a
 * shorter run, other hosts. Each is the nearest of its kind, leaves the client's own ranges where it must and the
 * template's constraints never, and was judged once more as if it had been sent: it is accepted as it stands (H6).
 *
 * A search tries a start, a size or a duration by placing it; of those that fit the most is found by halving, so each
 * costs O(log of what is asked) attempts, and an attempt costs a fit, or a search for the earliest start where the
 * window floats. The bench `alternatives-N` measures all of them together.
 */

import { exactly } from '../agreement/jsdl/range.ts';
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import type { Price } from '../agreement/terms/quote.ts';
import {
	type Demand,
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
} from '../agreement/terms/service.ts';
import { placementsOf } from '../capacity/gang.ts';
import { findAnywhere } from './anywhere.ts';
import { type Attempt, attempt, attemptLatest, grow, type Scene, withoutCeiling } from './attempt.ts';
import { findBetween, findHalves } from './between.ts';
import {
	candidates,
	demandOf,
	grantOf,
	inBrief,
	placeAt,
	type Room,
	roomOf,
	type ServiceRoom,
	usageOf,
} from './booking.ts';
import { liveSizing } from './change.ts';
import type { Alternative } from './decision.ts';
import { fullest } from './fullest.ts';
import { type Judgement, judge, type Question } from './judge.ts';
import { durations, halves, type Ladder, ROUND_BYTES, rungs, type Search } from './ladder.ts';
import { amountOf, type Pricing, priceOf, pricesWithin, printAmount } from './price.ts';
import { WEEK_SECONDS } from './price-model.ts';
import { compareRated, differencesOf, isAlike, outdoes, type Rated, rate, type Wish } from './ranking.ts';
import { isAdmitted } from './search.ts';
import { type ServiceSizes, SIZE_FIELDS, type SizeField, type Sizes, sizesOfAll, withService } from './sizes.ts';
import { LONGEST_PERIOD_SECONDS } from './usage.ts';
import type { Starts } from './window.ts';
import { halve, withinSite } from './within-site.ts';

/**
 * At most `policy.alternativesMax` alternatives, the nearest first, none that another one outdoes. There are none where
 * something is in the way that no other size, time or host removes.
 */
export function findAlternatives(question: Question, judgement: Judgement): readonly Alternative[] {
	const { asked, finalReasons, window } = judgement;
	if (asked === undefined || finalReasons.length > 0 || question.policy.alternativesMax === 0) return [];
	// What runs has been running for longer than the policy allows by now.
	if (window.nearest.earliestAt + window.nearest.durationSeconds <= question.now) return [];
	const { pricing } = judgement.scene.room;
	const wish: Wish = {
		sizes: asked,
		starts: window.asked,
		request: question.request,
		...(question.importanceOf === undefined ? {} : { importanceOf: question.importanceOf }),
		...(pricing === undefined ? {} : pricesOf(judgement, asked, pricing)),
	};
	const search = searchOf(question, judgement, asked);
	const times = findTimes(search);
	const smaller = findSmaller(search);
	const ladders = [
		...findDearer(search),
		...times,
		...findCheaper(search),
		...findBetween(search, smaller[0]?.[0], times[1]?.[0]),
		...findOtherHosts(search),
		...smaller,
		...findShorter(search),
		...withinCpuTime(search).flatMap(findTimes),
		...smallerSearches(search, asked).flatMap((each) => [...findTimes(each), ...findSmaller(each)]),
	];
	let chosen = choose(ladders, search, wish);
	if (chosen.length < CHOICES_MIN) {
		chosen = choose([...ladders, ...findHalves(search, times[1]?.[0], times[2]?.[0])], search, wish);
	}
	for (const rest of chosen.length > 0 ? [] : findAnywhere(search, asked)) {
		chosen = choose(rest, search, wish);
		if (chosen.length > 0) break;
	}
	return chosen.map(({ kind, grant, price, effects }, index) => ({
		rank: index + 1,
		kind,
		grant,
		...(price === undefined ? {} : { price }),
		differences: differencesOf(grant, price, wish),
		effects,
	}));
}

/** Fewer are hardly a choice, so that more is looked for. */
const CHOICES_MIN = 2;

/** A grant that can be offered. */
type Chosen = Rated & Pick<Alternative, 'effects'>;

/** The best of the ladders: of each the nearest grant that can be offered and is nothing that another one is already. */
function choose(ladders: readonly Ladder[], search: Search, wish: Wish): readonly Chosen[] {
	const { question } = search;
	const rated = ladders.filter(({ length }) => length > 0).map((ladder) => ladder.map((grant) => rate(grant, wish)));
	const chosen: Chosen[] = [];
	const isNew = (one: Rated): boolean => !chosen.some((other) => outdoes(other, one, wish) || isAlike(other, one));
	for (const ladder of rated.sort((a, b) => compareRated(a[0]!, b[0]!))) {
		if (chosen.length === question.policy.alternativesMax) break;
		if (!isNew(ladder[0]!)) continue;
		const full = fuller(ladder[0]!, search, wish);
		if (!full.every(isNew)) continue;
		const found = firstOffered([...full, ...ladder.filter(isNew)], question);
		if (found !== undefined) chosen.push(found);
	}
	return chosen.sort(compareRated);
}

/** The same with nothing left over, where there is something. */
function fuller(one: Rated, search: Search, wish: Wish): Rated[] {
	const { begun } = search.scene;
	if (begun !== undefined || one.grant.candidateHosts !== undefined || one.kind === 'dearer') return [];
	// How several services would share what is left is not tried.
	if (wish.sizes.others !== undefined) return [];
	const full = fullest(search, wish.sizes, one.grant);
	return full === one.grant ? [] : [rate(full, wish)];
}

function firstOffered(ladder: readonly Rated[], question: Question): Chosen | undefined {
	for (const one of ladder) {
		const effects = effectsOf(one, question);
		if (effects !== undefined) return { ...one, effects };
	}
	return undefined;
}

/** What grants cost, and with what that is compared: the ceiling, or what the offer would cost as it was asked. */
function pricesOf({ scene, window }: Judgement, asked: Sizes, pricing: Pricing): Pick<Wish, 'priceOf' | 'reference'> {
	const { room } = scene;
	const { earliestAt, durationSeconds } = window.asked;
	const priceFor = (grant: ServiceGrant) => priceOf(grant, room.policy, pricing);
	const ceiling = pricing.ceiling === undefined ? undefined : printAmount(pricing.ceiling, pricing.model);
	const { currency, amount } = priceFor(grantOf(room, asked, earliestAt, durationSeconds));
	return { priceOf: priceFor, reference: { currency, amount: ceiling ?? amount } };
}

function searchOf(question: Question, judgement: Judgement, asked: Sizes): Search {
	const { scene, window } = judgement;
	const { begun } = scene;
	const room = inBrief(scene.room);
	const running = begun?.running === true && !begun.allowRestart ? servicesOf<GrantedService>(begun.grant) : undefined;
	const sizings = judgement.services.map(({ sizing }, nth) => {
		return running === undefined ? sizing : liveSizing(sizing, running[nth]!, room.policy);
	});
	const others = judgement.services.map(({ eligibility }) => eligibility.others);
	const services = servicesOf<ServiceSizes>(asked);
	const within = services.map((each, nth) => {
		return withinSite(each, sizings[nth]!, { room: roomOf(room, nth), others: others[nth]! }, 1);
	});
	const isWhole = within.every((each, nth) => each === services[nth]);
	const sizes = isWhole ? asked : sizesOfAll(within);
	return { question, scene: { ...scene, room }, others, sizings, sizes, starts: window.nearest, isWhole };
}

/**
 * As many machines as were asked for, made so small that there could be room for all, or for as many as there could be
 * of the smallest; none where the search has as many already.
 */
function keepingMachines(search: Search, asked: Sizes, millicoresMax?: number): Search[] {
	const { scene, sizes: largest } = search;
	const [sizing] = search.sizings;
	const [others] = search.others;
	const sizesFor = (machines: number): Sizes =>
		withinSite(asked, sizing!, { room: scene.room, others: others!, millicoresMax }, machines);
	const machines = Math.min(asked.machineCount, sizing!.countMax);
	if (largest.machineCount >= machines) return [];
	const sizes = sizesFor(machines);
	if (sizes.machineCount >= machines) return [{ ...search, sizes }];
	return sizes.machineCount > largest.machineCount ? [{ ...search, sizes: sizesFor(sizes.machineCount) }] : [];
}

/** What keeps to the reserve, the CPUs, the share and the CPU time of the VO at any time, where the search does not. */
function withinLimits(search: Search, asked: Sizes): Search[] {
	const { starts } = search;
	const { room } = search.scene;
	const [sizing] = search.sizings;
	const [others] = search.others;
	const {
		cpuMillicoresMax = Infinity,
		shareMillicores = Infinity,
		cpuMillicoreSecondsMax,
	} = room.allowance?.limits ?? {};
	const limits = [cpuMillicoresMax, Math.min(cpuMillicoresMax, shareMillicores)];
	// All of it in one period.
	if (cpuMillicoreSecondsMax !== undefined)
		limits.push(Math.floor(cpuMillicoreSecondsMax / bookedSeconds(room, starts)));
	return [...new Set(limits)].flatMap((millicoresMax) => {
		const sizes = withinSite(asked, sizing!, { room, others: others!, millicoresMax }, 1);
		const within = { ...search, sizes, isWhole: false };
		return [within, ...keepingMachines(within, asked, millicoresMax)];
	});
}

/** For so long CPUs are booked in one period at most. */
function bookedSeconds({ policy, allowance }: Room, { durationSeconds }: Starts): number {
	const seconds = policy.setupSeconds + durationSeconds + policy.teardownSeconds;
	return Math.min(seconds, LONGEST_PERIOD_SECONDS[allowance!.usage.period]);
}

/** The CPUs of all services while they run. */
function millicoresOf(room: Room, sizes: Sizes): number {
	return servicesOf<ServiceSizes>(sizes).reduce((sum, service, nth) => {
		const { workspace } = roomOf(room, nth);
		return sum + service.machineCount * demandOf(service, workspace, room.policy).cpuMillicores;
	}, 0);
}

/** As large as the search, for as long as the CPU time of one period lasts; none where it lasts long enough. */
function withinCpuTime(search: Search): Search[] {
	const { scene, sizes, starts } = search;
	const { policy, allowance } = scene.room;
	const limit = allowance?.limits.cpuMillicoreSecondsMax;
	if (limit === undefined || scene.begun !== undefined) return [];
	const millicores = millicoresOf(scene.room, sizes);
	const durationSeconds = Math.floor(limit / millicores) - policy.setupSeconds - policy.teardownSeconds;
	if (durationSeconds < policy.durationSecondsMin || durationSeconds >= starts.durationSeconds) return [];
	return [{ ...search, starts: { ...starts, durationSeconds } }];
}

/** What the named hosts have room for, where others have more. */
function onNamedHosts(search: Search, asked: Sizes): Search[] {
	const { room } = search.scene;
	const [others] = search.others;
	if (others?.length === 0 || room.hosts?.length === 0) return [];
	return [{ ...search, sizes: withinSite(asked, search.sizings[0]!, { room, others: [] }, 1), isWhole: false }];
}

/**
 * All that is smaller than the search and could ever be had, each once. Of one service: how several would share what
 * there is, is left to the search itself.
 */
function smallerSearches(search: Search, asked: Sizes): Search[] {
	if (asked.others !== undefined) return [];
	const searches = [search];
	for (const each of [
		...onNamedHosts(search, asked),
		...keepingMachines(search, asked),
		...withinLimits(search, asked),
	]) {
		if (!searches.some(({ sizes }) => isSameSizes(sizes, each.sizes))) searches.push(each);
	}
	return searches.slice(1);
}

function isSameSizes(one: Sizes, other: Sizes): boolean {
	return one.machineCount === other.machineCount && SIZE_FIELDS.every((field) => one[field] === other[field]);
}

/** What was asked, for more than the offer pays. */
function findDearer({ scene, sizes, starts, question, sizings, isWhole }: Search): Ladder[] {
	if (scene.room.pricing?.ceiling === undefined) return [];
	const unbounded = { ...scene, room: withoutCeiling(scene.room) };
	const found = attempt(unbounded, sizes, starts);
	return [grown({ scene: unbounded, sizings, question, isWhole }, found)];
}

/**
 * The same for the least money within a week from now, in which the rates come round, at the nearest start after the
 * wanted one and before it: the lowest ceiling at which it fits, by halving the prices at the edges of bands. With a ceiling of its own an offer is answered within that anyway.
 */
function findCheaper({ scene, sizes, starts }: Search): Ladder[] {
	const { room, begun } = scene;
	const { pricing, policy, now } = room;
	if (pricing === undefined || pricing.ceiling !== undefined || begun !== undefined) return [];
	const { durationSeconds } = starts;
	const earliestAt = now + policy.leadTimeSeconds;
	const latestAt = Math.min(now + policy.horizonSeconds - durationSeconds, earliestAt + WEEK_SECONDS);
	const week: Starts = { earliestAt, latestAt, durationSeconds };
	const grantAt = (startAt: number) => grantOf(room, sizes, startAt, durationSeconds);
	const asked = amountOf(grantAt(starts.earliestAt), policy, pricing);
	const amounts = pricesWithin(week, grantAt, policy, pricing).filter((amount) => amount < asked);
	const upTo = (steps: number): Scene => {
		const ceiling = amounts[amounts.length - 1 - steps]!;
		return { ...scene, room: { ...room, pricing: { ...pricing, ceiling } } };
	};
	// The dearer, the more starts: what fits at one price fits at every higher one.
	const steps = halve(0, amounts.length - 1, (count) => attempt(upTo(count), sizes, week) !== undefined);
	if (steps === undefined) return [];
	const cheapest = upTo(steps);
	const nearest = [
		attempt(cheapest, sizes, { ...week, earliestAt: starts.earliestAt }),
		attemptLatest(cheapest.room, sizes, { ...week, latestAt: Math.min(latestAt, starts.earliestAt - 1) }),
	];
	return nearest.flatMap((found) => {
		if (found === undefined) return [];
		const { startAt } = found.grant;
		return [[...wholeMinute(startAt), startAt].map(grantAt)];
	});
}

/** As it was asked within the limits, if that is all that was wrong; and as early or as late as it fits. */
function findTimes(search: Search): Ladder[] {
	const { scene, starts, sizes } = search;
	const { earliestAt, latestAt, durationSeconds } = starts;
	const { policy, now } = scene.room;
	const inPlace = grown(search, attempt(scene, sizes, starts));
	if (scene.begun !== undefined || inPlace.some((grant) => search.question.satisfies(grant))) return [inPlace];
	const untilAt = now + policy.horizonSeconds - durationSeconds;
	const after = { earliestAt: latestAt + 1, latestAt: untilAt, durationSeconds };
	const later = after.earliestAt > untilAt ? undefined : attempt(scene, sizes, after);
	const before = { earliestAt: now + policy.leadTimeSeconds, latestAt: earliestAt - 1, durationSeconds };
	const laterAt = later?.grant.startAt ?? 0;
	const isPaidLater = scene.room.pricing?.ceiling !== undefined && later !== undefined;
	const rounded = isPaidLater ? wholeMinute(laterAt).map((at) => grantOf(scene.room, sizes, at, durationSeconds)) : [];
	const earlier = attemptLatest(scene.room, sizes, before);
	return [inPlace, [...rounded, ...grown(search, later)], grown(search, earlier)];
}

/** The next whole minute, if it is none: a price comes down to a ceiling at any odd second. */
function wholeMinute(startAt: number): number[] {
	const whole = Math.ceil(startAt / 60) * 60;
	return whole === startAt ? [] : [whole];
}

/** The same with a service on hosts that its CandidateHosts leaves out: those that it would be placed on. */
function findOtherHosts({ scene, others, sizes, starts }: Search): Ladder[] {
	return others.flatMap((hosts, nth): Ladder[] => {
		if (hosts.length === 0) return [];
		const elsewhere = attempt({ ...scene, room: withHosts(scene.room, nth, hosts) }, sizes, starts);
		if (elsewhere === undefined) return [];
		const { machines } = placementsOf(elsewhere.placement)[nth]!;
		const candidateHosts = [...new Set(machines.map(({ host }) => host))];
		return [[changeService(elsewhere.grant, nth, { candidateHosts })]];
	});
}

function withHosts(room: Room, nth: number, hosts: readonly string[]): Room {
	if (nth === 0) return { ...room, hosts };
	const others = room.others!.map((each, i): ServiceRoom => (i === nth - 1 ? { ...each, hosts } : each));
	return { ...room, others };
}

/** The grant with something of one of its services changed. */
function changeService(grant: ServiceGrant, nth: number, changed: Partial<GrantedService>): ServiceGrant {
	if (nth === 0) return { ...grant, ...changed };
	return { ...grant, others: grant.others!.map((each, i) => (i === nth - 1 ? { ...each, ...changed } : each)) };
}

function findFewer(search: Search, nth: number, sizes: Sizes): Ladder {
	const { machineCount: asked } = servicesOf<ServiceSizes>(sizes)[nth]!;
	return findMost(search, nth, sizes, { unitsMin: 1, unitsMax: asked - 1, round: 1 }, (machineCount) => ({
		machineCount,
	}));
}

/**
 * Fewer machines, and each of the sizes made smaller. Where the template admits none of this, several at once: for so
 * many machines, halved again and again, the CPUs are halved until some memory fits.
 */
function findSmaller(search: Search): Ladder[] {
	const { sizes, sizings, question } = search;
	const admits = (ladder: Ladder): boolean => ladder.some((grant) => question.satisfies(grant));
	const ladders = sizings.flatMap((_, nth) => {
		return [findFewer(search, nth, sizes), ...SIZE_FIELDS.map((field) => findSmallerField(search, nth, field, sizes))];
	});
	if (ladders.some(admits)) return ladders;
	return sizings.flatMap((sizing, nth) => {
		const asked = servicesOf<ServiceSizes>(sizes)[nth]!;
		return halves(asked.machineCount, 1).flatMap((machineCount) => {
			for (const cpuCount of halves(asked.cpuCount, sizing.grids.cpuCount.least)) {
				const smaller = withService(sizes, nth, { machineCount, cpuCount });
				const ladder = findSmallerField(search, nth, 'memoryBytes', smaller);
				if (admits(ladder)) return [ladder];
			}
			return [];
		});
	});
}

function findSmallerField(search: Search, nth: number, field: SizeField, sizes: Sizes): Ladder {
	const { origin, step, least } = search.sizings[nth]!.grids[field];
	const { [field]: asked } = servicesOf<ServiceSizes>(sizes)[nth]!;
	const unitsMin = Math.ceil((Math.max(least, 1) - origin) / step);
	const most = sizes === search.sizes ? asked - 1 : asked;
	const unitsMax = Math.floor((most - origin) / step);
	const round = field === 'cpuCount' ? 1 : Math.max(1, Math.floor(ROUND_BYTES / step));
	return findMost(search, nth, sizes, { unitsMin, unitsMax, round }, (units) => ({ [field]: origin + units * step }));
}

/** The most units of one service, within bounds, with which all of it fits some wanted start; and rounder numbers below. */
function findMost(
	{ scene, starts }: Search,
	nth: number,
	sizes: Sizes,
	{ unitsMin, unitsMax, round }: { readonly unitsMin: number; readonly unitsMax: number; readonly round: number },
	withUnits: (units: number) => Partial<ServiceSizes>,
): Ladder {
	let found: Attempt | undefined;
	const most = halve(unitsMin, unitsMax, (units) => {
		const fitting = attempt(scene, withService(sizes, nth, withUnits(units)), starts);
		found = fitting ?? found;
		return fitting !== undefined;
	});
	if (most === undefined || found === undefined) return [];
	const { grant } = found;
	return rungs(most, unitsMin, round).map((units) => changeService(grant, nth, withUnits(units)));
}

/** As long as it fits at the first start that is wanted, and at the first where the shortest run does. */
function findShorter(search: Search): Ladder[] {
	const { scene, sizes, starts, question } = search;
	const { room, begun } = scene;
	const { policy, now } = room;
	if (begun !== undefined) return [shortenRunning(search, begun.grant.startAt)];
	const { durationSecondsMin } = policy;
	const { endAt } = question.request.window;
	const lastAt = Math.max(starts.latestAt, (endAt ?? 0) - durationSecondsMin);
	const brief = attempt(scene, sizes, { ...starts, latestAt: lastAt, durationSeconds: durationSecondsMin });
	if (brief === undefined) return [];
	return [...new Set([starts.earliestAt, brief.grant.startAt])].map((startAt) => {
		const durationSecondsMax = Math.min(starts.durationSeconds - 1, (endAt ?? Number.POSITIVE_INFINITY) - startAt);
		const longest =
			sizes.others === undefined
				? room.calendar.longestDuration({
						startAt,
						count: sizes.machineCount,
						durationSecondsMin,
						durationSecondsMax,
						usageFor: (seconds) => usageOf(grantOf(room, sizes, startAt, seconds), policy, now),
						...candidates(room),
					})
				: halve(durationSecondsMin, durationSecondsMax, (seconds) => placeAt(room, sizes, startAt, seconds) !== null);
		const paid = halve(durationSecondsMin, longest ?? 0, (seconds) => isAdmitted(room, sizes, startAt, seconds));
		return durations(paid, durationSecondsMin).map((seconds) => grantOf(room, sizes, startAt, seconds));
	});
}

/** What runs stays where it is, so its durations are tried as changes. What fits for longer fits for shorter. */
function shortenRunning({ scene, sizes, starts }: Search, startAt: number): Ladder {
	const { policy, now } = scene.room;
	const shortest = Math.max(policy.durationSecondsMin, now + 1 - startAt);
	const longest = halve(shortest, starts.durationSeconds - 1, (durationSeconds) => {
		return attempt(scene, sizes, { ...starts, durationSeconds }) !== undefined;
	});
	return durations(longest, shortest).map((seconds) => grantOf(scene.room, sizes, startAt, seconds));
}

/** The attempt, grown within its ranges if that is what the client prefers. */
function grown(
	{ scene, sizings, question, isWhole }: Pick<Search, 'scene' | 'sizings' | 'question' | 'isWhole'>,
	found: Attempt | undefined,
): Ladder {
	if (found === undefined) return [];
	const services = servicesOf<RequestedService>(question.request);
	if (!isWhole || !services.some(({ prefersLargest }) => prefersLargest)) return [found.grant];
	return [grow(scene, sizings, (nth) => services[nth]!.prefersLargest, found).grant, found.grant];
}

/** What it would do to machines that run; undefined unless the template admits it and the site accepts it as it stands. */
function effectsOf({ grant, price }: Rated, question: Question): readonly ChangeEffect[] | undefined {
	const request = requestFor(grant, price, question.request);
	const { attempt: found } = judge({ ...question, request, violations: [] });
	if (found === undefined || !question.satisfies(grant, price)) return undefined;
	return (question.unmetBy?.(grant, price) ?? []).length === 0 ? found.effects : undefined;
}

/** The request that asks for exactly this grant, as `narrowOffer` writes it. */
function requestFor(grant: ServiceGrant, price: Price | undefined, request: ServiceRequest): ServiceRequest {
	const { startAt, endAt } = grant;
	const { priceCeiling, others, ...first } = request;
	return {
		...serviceFor(grant, first),
		...(others === undefined ? {} : { others: others.map((each, nth) => serviceFor(grant.others![nth]!, each)) }),
		window: { startAt, endAt, durationSeconds: endAt - startAt },
		...(price === undefined ? {} : { priceCeiling: { ...price, path: priceCeiling?.path ?? '' } }),
	};
}

/** The same of one service. */
function serviceFor<S extends RequestedService>(grant: GrantedService, asked: S): S {
	const { totalCpuCount: _, totalMemoryBytes: __, totalDiskBytes: ___, ...rest } = asked;
	const { workspace, candidateHosts } = grant;
	const demand = (field: SizeField | 'machineCount'): Demand => ({
		range: exactly(grant[field]),
		path: asked[field]?.path ?? '',
	});
	return {
		...(rest as S),
		machineCount: demand('machineCount'),
		cpuCount: demand('cpuCount'),
		memoryBytes: demand('memoryBytes'),
		...(grant.diskBytes === 0 ? {} : { diskBytes: demand('diskBytes') }),
		...(grant.networkBitsPerSecond === 0 ? {} : { networkBitsPerSecond: demand('networkBitsPerSecond') }),
		candidateHosts: candidateHosts ?? asked.candidateHosts,
		workspace,
	};
}
