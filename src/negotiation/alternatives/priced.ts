/** What was asked, at all of its prices: the starts at which it is worth waiting for a lower one. */
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { type Attempt, attempt, attemptLatest, type Scene, withoutCeiling } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { pricesWithin } from '../policy/affordable.ts';
import { amountOf, type Pricing } from '../policy/cost.ts';
import { WEEK_SECONDS } from '../policy/price-model.ts';
import { sizesOf } from '../sizes.ts';
import { firstOfferedAt, type Starts } from '../window.ts';
import { type Ladder, type Search, wholeMinute } from './ladder.ts';
import { grown } from './nearby.ts';
import { halve } from './within-site.ts';

/**
 * What was asked at any price, also beyond what the offer pays: at the nearest start after the wanted ones and before
 * them; on each side then, step by step, where it costs less by a tenth at least than at the one before. Who waits for
 * that waits for one duration more where it gets cheaper still.
 */
export function findPriced(search: Search): Ladder[] {
	const { scene, sizes, starts } = search;
	const { pricing, policy } = scene.room;
	if (pricing === undefined) return [];
	const unbounded = { ...search, scene: { ...scene, room: withoutCeiling(scene.room) } };
	if (scene.begun !== undefined) {
		return pricing.ceiling === undefined ? [] : [grown(unbounded, attempt(unbounded.scene, sizes, starts))];
	}
	return nearestFinders(search).flatMap((findNearest): Ladder[] => {
		const nearest = findNearest(unbounded.scene);
		const ladders = nearest === undefined ? [] : [grown(unbounded, nearest)];
		for (let found = nearest; found !== undefined && ladders.length < policy.alternativesMax; ) {
			const ceiling = lessByTenth(amountOf(found.grant, policy, pricing));
			const next = ceiling === undefined ? undefined : findNearest(payingAtMost(scene, pricing, ceiling), found.grant);
			found = next === undefined ? undefined : (cheapestFrom(search, pricing, next.grant, findNearest) ?? next);
			if (found !== undefined) ladders.push(roundedStart(search, found.grant));
		}
		return ladders;
	});
}

/** The same for the least money within a duration beyond its start. */
function cheapestFrom(
	search: Search,
	pricing: Pricing,
	{ startAt, endAt }: ServiceGrant,
	findNearest: NearestFinder,
): Attempt | undefined {
	const durationSeconds = endAt - startAt;
	const isBefore = startAt < search.starts.earliestAt;
	const fromAt = isBefore ? startAt - durationSeconds : startAt;
	const near: Starts = { earliestAt: fromAt, latestAt: fromAt + durationSeconds, durationSeconds };
	const beside = { startAt: isBefore ? startAt + 1 : startAt - 1 };
	const amount = amountOf(
		grantOf(search.scene.room, search.sizes, startAt, durationSeconds),
		search.scene.room.policy,
		pricing,
	);
	const least = cheapestWithin(search, pricing, near, amount - 1n);
	return least && findNearest(least, beside);
}

/**
 * What was asked for the least money within a week from now, in which the rates come round, at the nearest start after
 * the wanted one and before it, where that is less by a tenth at least than as it was asked. With a ceiling of its own
 * an offer is answered within that.
 */
export function findCheapest(search: Search): Ladder[] {
	const { scene, sizes, starts } = search;
	const { room, begun } = scene;
	const { pricing, policy, now } = room;
	if (pricing === undefined || pricing.ceiling !== undefined || begun !== undefined) return [];
	const { durationSeconds, earliestAt } = starts;
	const firstAt = firstOfferedAt(policy, now);
	const most = lessByTenth(amountOf(grantOf(room, sizes, earliestAt, durationSeconds), policy, pricing));
	if (most === undefined) return [];
	const week: Starts = { earliestAt: firstAt, latestAt: firstAt + WEEK_SECONDS, durationSeconds };
	const cheapest = cheapestWithin(search, pricing, week, most);
	if (cheapest === undefined) return [];
	return nearestFinders(search).flatMap((findNearest) => {
		const found = findNearest(cheapest);
		return found === undefined ? [] : [roundedStart(search, found.grant)];
	});
}

/** With the lowest ceiling at which what was asked fits one of the starts: by halving the prices at the edges of bands. */
function cheapestWithin(search: Search, pricing: Pricing, starts: Starts, most: bigint): Scene | undefined {
	const { scene, sizes } = search;
	const { room } = scene;
	const { policy, now } = room;
	const { durationSeconds } = starts;
	const earliestAt = Math.max(starts.earliestAt, firstOfferedAt(policy, now));
	const latestAt = Math.min(starts.latestAt, now + policy.horizonSeconds - durationSeconds);
	const within: Starts = { earliestAt, latestAt, durationSeconds };
	const grantAt = (startAt: number) => grantOf(room, sizes, startAt, durationSeconds);
	const amounts = pricesWithin(within, grantAt, policy, pricing).filter((amount) => amount <= most);
	const upTo = (steps: number): Scene => payingAtMost(scene, pricing, amounts[amounts.length - 1 - steps]!);
	// The dearer, the more starts: what fits at one price fits at every higher one.
	const steps = halve(0, amounts.length - 1, (count) => attempt(upTo(count), sizes, within) !== undefined);
	return steps === undefined ? undefined : upTo(steps);
}

/**
 * The same at a wanted start, or else at the nearest on its side of them, where it costs no more there; empty where it
 * stands there. Whoever looks for something smaller, or within what is paid, may pass a start by at which no more is paid
 * for more.
 */
export function nearerFor({ scene, starts }: Search, grant: ServiceGrant): Ladder {
	const { room, begun } = scene;
	const { pricing, policy } = room;
	const { startAt, endAt } = grant;
	const { earliestAt, latestAt } = starts;
	if (begun !== undefined || startAt === earliestAt) return [];
	const paying = pricing === undefined ? scene : payingAtMost(scene, pricing, amountOf(grant, policy, pricing));
	const durationSeconds = endAt - startAt;
	const sizes = sizesOf(grant);
	const isBefore = startAt < earliestAt;
	const upTo = isBefore ? latestAt : startAt - 1;
	let found = attempt(paying, sizes, { earliestAt, latestAt: upTo, durationSeconds });
	if (found === undefined && isBefore && startAt < earliestAt - 1) {
		const between = { earliestAt: startAt + 1, latestAt: earliestAt - 1, durationSeconds };
		found = attemptLatest(paying.room, sizes, between);
	}
	return found === undefined ? [] : [found.grant];
}

/** The nearest start on one side of which there is room, at all or beyond another one. */
type NearestFinder = (scene: Scene, beyond?: Pick<ServiceGrant, 'startAt'>) => Attempt | undefined;

/** From the wanted starts on, and before them. */
function nearestFinders({ sizes, starts, scene: { room } }: Search): readonly NearestFinder[] {
	const { policy, now } = room;
	const { earliestAt, durationSeconds } = starts;
	const firstAt = firstOfferedAt(policy, now);
	const untilAt = now + policy.horizonSeconds - durationSeconds;
	return [
		(scene, { startAt } = { startAt: earliestAt - 1 }) => {
			const after = { earliestAt: startAt + 1, latestAt: untilAt, durationSeconds };
			return after.earliestAt > untilAt ? undefined : attempt(scene, sizes, after);
		},
		(scene, { startAt } = { startAt: earliestAt }) => {
			const before = { earliestAt: firstAt, latestAt: startAt - 1, durationSeconds };
			return before.latestAt < firstAt ? undefined : attemptLatest(scene.room, sizes, before);
		},
	];
}

export function payingAtMost(scene: Scene, pricing: Pricing, ceiling: bigint): Scene {
	return { ...scene, room: { ...scene.room, pricing: { ...pricing, ceiling } } };
}

/** The most that is less by a tenth; none is less than nothing. */
function lessByTenth(amount: bigint): bigint | undefined {
	return amount === 0n ? undefined : (amount * 9n) / 10n;
}

/** What begins at any odd second because a price comes down then; rather on the minute, away from the wish. */
export function onTheMinute(search: Search, grant: ServiceGrant): Ladder {
	const isWanted = grant.startAt === search.starts.earliestAt;
	return isWanted || search.scene.room.pricing === undefined ? [grant] : roundedStart(search, grant);
}

/** The round start first, where the price that made the other one worth telling of holds there too. */
function roundedStart({ scene: { room }, starts }: Search, grant: ServiceGrant): Ladder {
	const { startAt, endAt } = grant;
	const { policy, pricing } = room;
	if (startAt % 60 === 0 || pricing === undefined) return [grant];
	const wholeAt = startAt < starts.earliestAt ? Math.floor(startAt / 60) * 60 : wholeMinute(startAt)[0]!;
	const rounded = grantOf(room, sizesOf(grant), wholeAt, endAt - startAt);
	return amountOf(rounded, policy, pricing) <= amountOf(grant, policy, pricing) ? [rounded, grant] : [grant];
}
