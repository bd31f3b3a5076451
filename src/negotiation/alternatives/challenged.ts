/**
 * Where a template can be kept to in several ways, what is to be offered is held against each of them. Of the nearest
 * ways everything that is near is looked for (optional.ts); in the others there may still be something that outdoes an
 * alternative: the same and more, or the same sooner.
 */
import { endsOf, smallestMultiple } from '../../agreement/jsdl/range.ts';
import { type AdmittedRange, admittedOf } from '../../agreement/offer/admitted.ts';
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	servicesOf,
} from '../../agreement/terms/service.ts';
import { metered, part, stage } from '../../parts.ts';
import { attempt, attemptLatest, isAllowed, type Scene } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { type ServiceSizes, type SizeField, type Sizes, sizesOfAll } from '../sizes.ts';
import type { Starts } from '../window.ts';
import { amountIn, nearestStart, SIZES } from './differences.ts';
import { admittedFuller, type Chosen, firstOffered, isAsLarge } from './front.ts';
import type { Search } from './ladder.ts';
import { searchedFor } from './optional.ts';
import { payingAtMost } from './priced.ts';
import { compareRated, isAlike, outdoes, type Rated, rate, shareOf, type Wish } from './ranking.ts';
import { type Budget, budgetFor, spend } from './sets.ts';

/** Of what one search may do: 32 that are looked for. */
const BUDGET_PART = 1 / 4;
/** What takes the place of an alternative is held against all ways in turn. */
const ROUNDS_MAX = 3;

/**
 * The chosen, each replaced by what outdoes it in one of these sets of ranges, the first that does. Of something new.
 * Costs a comparison for each of the chosen and each set, and a search over starts where that says that it would.
 */
export function challenged(
	chosen: readonly Chosen[],
	sets: readonly (readonly AdmittedRange[])[],
	search: Search,
	wish: Wish,
	asked: Sizes,
): readonly Chosen[] {
	if (search.scene.begun !== undefined || sets.length === 0) return chosen;
	const budget = metered(() => budgetFor(searchedFor(search.question), BUDGET_PART), 'left');
	// What no set speaks of may be no larger than it was asked, too.
	const all = [[], ...sets];
	let best = chosen;
	let rivals = chosen;
	for (let round = 0; round < ROUNDS_MAX && rivals.length > 0; round += 1) {
		const found: Chosen[] = [];
		for (const rival of rivals) {
			const better = best.includes(rival) ? challengerOf(rival, all, { search, wish, asked, best, budget }) : undefined;
			if (better === undefined) continue;
			found.push(better);
			best = [...best.filter((other) => !outdoes(better, other, wish)), better];
		}
		rivals = found;
	}
	return best === chosen ? chosen : [...best].sort(compareRated);
}

/** What it is looked for among, and what is offered already. */
interface Challenging {
	readonly search: Search;
	readonly wish: Wish;
	readonly asked: Sizes;
	readonly best: readonly Chosen[];
	readonly budget: Budget;
}

/** What outdoes the rival in the first of the sets in which anything does, with as little left over as the template admits. */
function challengerOf(
	rival: Chosen,
	sets: readonly (readonly AdmittedRange[])[],
	{ search, wish, asked, best, budget }: Challenging,
): Chosen | undefined {
	if (rival.kind === 'dearer' || rival.kind === 'other-host') return undefined;
	const { question } = search;
	// What is alike and only begins otherwise is no other choice, whichever of the two comes first.
	const isNew = (one: Rated): boolean =>
		isBetter(one, rival, wish) &&
		!best.some((other) => isAlike(one, other) && (!isBetter(one, other, wish) || isSame(one.grant, other.grant)));
	for (const set of sets) {
		const found = stage(() => {
			const challenge = challengeIn(set, rival, search, wish);
			if (challenge === undefined || !spend(budget)) return undefined;
			const nearest = firstOffered(foundBy(challenge, rival, search, wish).filter(isNew), question);
			if (nearest === undefined) return undefined;
			const grown = admittedFuller(nearest, { search, most: asked }, wish, question);
			return isNew(grown) ? grown : nearest;
		});
		if (found !== undefined) return found;
	}
	return undefined;
}

interface Challenge {
	readonly sizes: Sizes;
	readonly starts: Starts;
	readonly isBefore: boolean;
	/** The challenge at the nearest of the starts, whatever it costs there. */
	readonly grant: ServiceGrant;
}

/**
 * What of a set would outdo the rival if there were room for it, and the starts at which it would: no smaller than the
 * rival, or as it was asked, as near to that as the set admits.
 */
function challengeIn(set: readonly AdmittedRange[], rival: Rated, search: Search, wish: Wish): Challenge | undefined {
	const { startAt, endAt } = rival.grant;
	const durations = admittedOf(set, 'durationSeconds');
	const seconds = endAt - startAt;
	const durationSeconds = durations === undefined ? seconds : smallestMultiple(durations, 1, seconds);
	if (durationSeconds === undefined) return undefined;
	const { earliestAt, latestAt } = search.starts;
	const isBefore = startAt < nearestStart(startAt, wish.starts);
	const starts = isBefore
		? { earliestAt: startAt, latestAt: Math.max(startAt, latestAt), durationSeconds }
		: { earliestAt: Math.min(earliestAt, startAt), latestAt: startAt, durationSeconds };
	const nearestAt = isBefore ? starts.latestAt : starts.earliestAt;
	for (const leastOf of [Math.min, (_: number, asked: number) => asked]) {
		const sizes = sizesIn(set, rival.grant, search, wish, leastOf);
		if (sizes === undefined || !isAllowed(search.scene.room.policy, sizes)) continue;
		const grant = grantOf(search.scene.room, sizes, nearestAt, durationSeconds);
		// The same is looked for already, from the nearest start on.
		if (isSame(grant, rival.grant)) continue;
		const isBest = isBetter(withoutPrice(rate(grant, wish)), withoutPrice(rival), wish);
		if (isBest) return { sizes, starts, isBefore, grant };
	}
	return undefined;
}

/**
 * Of each size the least that the set admits from so much on, of what the rival has and what was asked; larger than both
 * only within the ranges of the offer.
 */
function sizesIn(
	set: readonly AdmittedRange[],
	rival: ServiceGrant,
	{ sizings }: Search,
	{ sizes, request }: Wish,
	leastOf: (size: number, asked: number) => number,
): Sizes | undefined {
	const wished = servicesOf<ServiceSizes>(sizes);
	const requested = servicesOf<RequestedService>(request);
	const services: ServiceSizes[] = [];
	for (const [nth, own] of servicesOf<GrantedService>(rival).entries()) {
		const found: Partial<Record<(typeof SIZES)[number], number>> = {};
		for (const field of SIZES) {
			const [size, asked] = [own[field], wished[nth]![field]];
			const least = leastOf(size, asked);
			const range = admittedOf(set, field, nth);
			const value = range === undefined ? least : smallestMultiple(range, stepOf(sizings[nth]!, field), least);
			const { [field]: demand } = requested[nth]!;
			const most = Math.max(size, asked, (demand && endsOf(demand.range)?.upper) ?? 0);
			if (value === undefined || value > most) return undefined;
			found[field] = value;
		}
		services.push(found as ServiceSizes);
	}
	return sizesOfAll(services);
}

function stepOf({ grids }: Search['sizings'][number], field: (typeof SIZES)[number]): number {
	if (field === 'machineCount') return 1;
	const { origin, step } = grids[field as SizeField];
	return origin % step === 0 ? step : 1;
}

/**
 * The challenge, for no more than the rival costs for what it is: at the nearest start at which there is room for it,
 * and at the rival's own.
 */
function foundBy({ sizes, starts, isBefore, grant }: Challenge, rival: Rated, search: Search, wish: Wish): Rated[] {
	const scene = payingLike(rival, grant, search);
	const { startAt } = rival.grant;
	return [starts, { ...starts, earliestAt: startAt, latestAt: startAt }].flatMap((within) => {
		const found = part(() => (isBefore ? attemptLatest(scene.room, sizes, within) : attempt(scene, sizes, within)));
		return found === undefined ? [] : [rate(found.grant, wish)];
	});
}

function payingLike({ price, grant: own }: Rated, grant: ServiceGrant, { scene }: Search): Scene {
	const { pricing } = scene.room;
	if (price === undefined || pricing === undefined) return scene;
	// Whether it is outdone is asked of what is found; so a smallest unit more or less does no harm here.
	const amount = Math.floor((amountIn(price) / shareOf(own, grant)) * 10 ** pricing.model.decimals + 1e-6);
	const ceiling = BigInt(Math.min(amount, Number.MAX_SAFE_INTEGER));
	return payingAtMost(
		scene,
		pricing,
		pricing.ceiling === undefined || ceiling < pricing.ceiling ? ceiling : pricing.ceiling,
	);
}

/** Whether it is as large and as long. */
function isSame(one: ServiceGrant, other: ServiceGrant): boolean {
	return one.endAt - one.startAt === other.endAt - other.startAt && isAsLarge(one, other);
}

function isBetter(one: Rated, other: Rated, wish: Wish): boolean {
	return outdoes(one, other, wish) && !outdoes(other, one, wish);
}

function withoutPrice({ price: _, ...rated }: Rated): Rated {
	return rated;
}
