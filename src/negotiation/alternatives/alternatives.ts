/**
 * What could be had instead of an offer that cannot be had: an earlier or a later start, fewer or smaller machines, a
 * shorter run, other hosts. Each is the nearest of its kind, leaves the client's own ranges where it must and the
 * template's constraints never, and was judged once more as if it had been sent: it is accepted as it stands (H6).
 *
 * The searches stand in nearby.ts, priced.ts, between.ts and anywhere.ts, where they begin in searches.ts, what of their
 * finds is offered in front.ts, and what of it another way outdoes in challenged.ts. The bench `alternatives-N` measures
 * all of them together.
 */

import type { AdmittedRange } from '../../agreement/offer/admitted.ts';
import { isAsDear, type Price } from '../../agreement/terms/quote.ts';
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { searchedAnew } from '../../capacity/search/searched.ts';
import { part, stage } from '../../parts.ts';
import type { Attempt } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import type { Accepted, Alternative } from '../decision.ts';
import type { Judgement, Question } from '../judge.ts';
import { pricingOf } from '../policy/asker.ts';
import type { Pricing } from '../policy/cost.ts';
import { priceOf, printAmount } from '../policy/price.ts';
import { becauseOf } from '../reasons/because.ts';
import type { Sizes } from '../sizes.ts';
import type { Starts } from '../window.ts';
import { findAnywhere } from './anywhere.ts';
import { askingSparingly, inPart } from './asking.ts';
import { challenged } from './challenged.ts';
import { findCoupledNear } from './coupled-near.ts';
import { amountIn, differencesOf } from './differences.ts';
import { choose, requestFor, type Tried, triedIn } from './front.ts';
import { firstOf, nearestOn } from './grid.ts';
import { type Ladder, mayLookOn, type Search } from './ladder.ts';
import { coarseLevels } from './levels.ts';
import { findKeeping, findLast, findWithin } from './optional.ts';
import { findCheapest, onTheMinute } from './priced.ts';
import { isUnpaid, type Rated, rate, type Wish } from './ranking.ts';
import { findNear, searchesEver, searchOf } from './searches.ts';
import { soughtSizes } from './sought.ts';
import { findProportional, findRounder } from './together.ts';
import { setsWithin } from './ways.ts';

/**
 * At most `policy.alternativesMax` alternatives, the nearest first, none that another one outdoes. There are none where
 * something is in the way that no other size, time or host removes.
 */
export function findAlternatives(asking: Question, judged: Judgement): readonly Alternative[] {
	const judgement = asTold(asking, judged);
	const { finalReasons, window, asked: wished, nearest = wished } = judgement;
	const asked = soughtSizes(judgement);
	if (
		asked === undefined ||
		wished === undefined ||
		nearest === undefined ||
		finalReasons.length > 0 ||
		asking.policy.alternativesMax === 0
	)
		return [];
	// What runs has been running for longer than the policy allows by now.
	if (window.nearest.earliestAt + window.nearest.durationSeconds <= asking.now) return [];
	const { pricing } = judgement.scene.room;
	const isBeyond = asking.violations.length > 0;
	const wish: Wish = {
		sizes: wished,
		starts: window.asked,
		request: asking.request,
		...(asking.importanceOf === undefined ? {} : { importanceOf: inPart(asking.importanceOf) }),
		...(pricing === undefined ? {} : pricesOf(judgement, nearest, pricing)),
		isBeyond,
	};
	const { searched = searchedAnew(asking.calendar) } = asking;
	const question = askingSparingly(withDemands({ ...asking, searched, isTold: true }, judgement));
	const search = part(() => searchOf(question, judgement, asked));
	const found = stage(() => findNear(search, asked));
	const near = stage(() => triedIn(search, found, asked, wish));
	const ofGrid = stage(() => findOnGrid(search, asked, wish, near));
	const onGrid = stage(() => triedIn(search, ofGrid, asked, wish));
	const keeping = stage(() => findKeeping(question, judgement, wish));
	const ofCheapest = [search, ...part(() => searchesEver(search, asked))].flatMap((each) =>
		stage(() => findCheapest(each)),
	);
	const cheapest = stage(() => triedIn(search, ofCheapest, asked, wish)).map((each) => {
		return { ...each, isCheapest: true };
	});
	const sets = stage(() => setsOf(question, judgement, wish));
	const within = stage(() => findWithin(question, judgement, wish, sets));
	const coupled = stage(() => findCoupledNear(question, judgement, wish, search));
	const shown = part(() => triedIn(search, shownTo(asking), asked, wish));
	const tried = [
		...cheapest,
		...near,
		...onGrid,
		...shown,
		...(keeping?.near ?? []),
		...(within?.near ?? []),
		...coupled,
	];
	const chooseOf = (from: readonly Tried[]) => stage(() => choose(from, question, wish));
	let chosen = chooseOf(tried);
	if (keeping !== undefined && (chosen[0]?.importance ?? 0) < keeping.importance) {
		const last = stage(() => keeping.last());
		chosen = chooseOf([...tried, last]);
	}
	const before = chosen;
	chosen = stage(() => challenged(before, sets, search, wish, asked));
	if (chosen.length === 0 && isBeyond) chosen = chooseOf(within?.last() ?? []);
	if (chosen.length === 0) chosen = chooseOf(findCoupled(question, judgement, wish));
	const froms = [...(within?.nearest === undefined ? [] : [within.nearest]), { search, sizes: asked }];
	for (const { search: from, sizes } of chosen.length > 0 ? [] : froms) {
		const rests = part(() => lastResort(from, sizes, wish));
		while (chosen.length === 0) {
			const rest = part(() => rests.next());
			if (rest.done) break;
			const last = stage(() => triedIn(from, rest.value, sizes, wish));
			chosen = chooseOf(last);
		}
	}
	return chosen.map(({ kind, grant, price: most, attempt }, index) => {
		const accepted = acceptedAt(attempt, most, judged);
		const price = accepted.priceTold ?? accepted.price;
		const because = part(() => {
			const request = requestFor(grant, price, question.request);
			return becauseOf({ ...question, request }, accepted, question.request);
		});
		return {
			rank: index + 1,
			// Who goes by rules knows by its kind what the offer does not pay.
			kind: isUnpaid({ price }, question.request) ? 'dearer' : kind,
			grant,
			...(price === undefined ? {} : { price }),
			differences: differencesOf(grant, price, wish),
			effects: attempt.effects,
			accepted: { ...accepted, because },
		};
	});
}

/** What the site's own policy was asked about, where it denied what would be granted. */
function shownTo({ replies }: Question): readonly Ladder[] {
	return replies === undefined ? [] : replies.shown.map((grant) => [grant]);
}

/** The judgement at the prices that are told. */
function asTold(asking: Question, judgement: Judgement): Judgement {
	const { scene } = judgement;
	const pricing = pricingOf({ ...asking, isTold: true }, scene.begun);
	return pricing === undefined ? judgement : { ...judgement, scene: { ...scene, room: { ...scene.room, pricing } } };
}

/** What would be decided now of what is told at that price. */
function acceptedAt(attempt: Attempt, priceTold: Price | undefined, { scene }: Judgement): Accepted {
	if (priceTold === undefined) return { kind: 'accept', ...attempt };
	const price = priceOf(attempt.grant, scene.room.policy, scene.room.pricing!);
	if (isAsDear(price, priceTold)) return { kind: 'accept', ...attempt, price };
	return { kind: 'accept', ...attempt, price, priceTold };
}

/** The ranges that the offer goes beyond, or of which it may keep to one set or another; none where it is all the same. */
function setsOf(question: Question, judgement: Judgement, wish: Wish): readonly (readonly AdmittedRange[])[] {
	const ways = question.ways?.('several') ?? [];
	if (ways.length === 0) return wish.isBeyond === true ? [question.admitted?.() ?? []] : [];
	return setsWithin(question, judgement, wish, ways);
}

/** What keeps to conditions between two values, one of these after the other. */
function findCoupled(question: Question, judgement: Judgement, wish: Wish): readonly Tried[] {
	const sets = stage(() => {
		const ways = question.ways?.('coupled') ?? [];
		return ways.length === 0 ? [] : setsWithin(question, judgement, wish, ways, 'coupled');
	});
	const unders = sets.map((ranges) => ({ judgement, wish, ranges, isPaid: true }));
	return findLast(question, unders);
}

/** The question in which what is Required of an answer counts like the template, so that searches go by it as well. */
function withDemands(question: Question, { scene }: Judgement): Question {
	const { unmetBy, satisfies, ...others } = question;
	if (unmetBy === undefined) return question;
	const { pricing, policy } = scene.room;
	return {
		...others,
		satisfies: (grant, known) => {
			const price = known ?? (pricing && priceOf(grant, policy, pricing));
			return satisfies(grant, price) && unmetBy(grant, price).length === 0;
		},
	};
}

function* lastResort(search: Search, asked: Sizes, wish: Wish): Generator<readonly Ladder[]> {
	yield* findAnywhere(search, asked, wish);
	if (asked.others !== undefined) yield* findRounder(search);
}

/** What of the front on the grid is a choice beside what is near already. Of something new. */
function findOnGrid(search: Search, asked: Sizes, wish: Wish, near: readonly Tried[]): readonly Ladder[] {
	const { scene, question } = search;
	if (scene.begun !== undefined) return [];
	const { alternativesMax } = question.policy;
	// Beside what costs too much whoever pays nothing looks for whatever is free.
	const isFree = ({ price }: Rated): boolean => price === undefined || amountIn(price) === 0;
	const isNear = scene.room.pricing?.ceiling === 0n ? isFree : () => true;
	const keptMost = Math.max(0, ...near.flatMap(({ rated: [nearest] }) => (isNear(nearest!) ? nearest!.kept : [])));
	const keptMin = keptMost === 0 ? 0 : Math.max(KEPT_MIN, keptMost * KEPT_PART);
	const looksMax = LOOKS_PER_ALTERNATIVE * alternativesMax;
	const mayLook = asked.others === undefined ? () => true : () => mayLookOn(search);
	const reach = { looksMax, cheaperLooksMax: looksMax / 2, keptMin, keptPart: KEPT_PART, mayLook };
	const points = smallerIn(nearestOn(search, coarseLevels(search, asked), wish, reach), wish);
	const found = [...firstOf(points, alternativesMax)];
	const ladders = found.map((grant) => onTheMinute(search, grant));
	return asked.others === undefined ? ladders : [...ladders, ...proportionalBeside(search, found)];
}

/** Between the points of the grid: at their starts, for as long, all services in proportion. */
function proportionalBeside(search: Search, points: readonly ServiceGrant[]): readonly Ladder[] {
	const there = points.map(({ startAt, endAt }): Starts => {
		return { earliestAt: startAt, latestAt: startAt, durationSeconds: endAt - startAt };
	});
	const distinct = new Map(there.map((starts) => [JSON.stringify(starts), starts]));
	return [...distinct.values()].flatMap((starts) => (mayLookOn(search) ? findProportional({ ...search, starts }) : []));
}

/** Where there are prices, at which of them all of it is a choice is found out by itself (`findPriced`). */
function* smallerIn(points: Iterable<ServiceGrant>, wish: Wish): Generator<ServiceGrant> {
	for (const grant of points) {
		const { kind } = rate(grant, wish);
		if (wish.priceOf === undefined || (kind !== 'later' && kind !== 'earlier')) yield grant;
	}
}

/** Each costs a search over starts; five alternatives of a cluster on 100 busy hosts take some 30 of them. */
const LOOKS_PER_ALTERNATIVE = 12;
/** Beside something that keeps four times as much it is no choice. */
const KEPT_PART = 0.25;
/** Less is offered only where there is nothing else. */
const KEPT_MIN = 1 / 64;

/** What grants cost, and with what that is compared: the ceiling, or what the offer would cost as it was asked. */
function pricesOf({ scene, window }: Judgement, asked: Sizes, pricing: Pricing): Pick<Wish, 'priceOf' | 'reference'> {
	const { room } = scene;
	const { earliestAt, durationSeconds } = window.asked;
	const priceFor = (grant: ServiceGrant) => priceOf(grant, room.policy, pricing);
	const ceiling = pricing.ceiling === undefined ? undefined : printAmount(pricing.ceiling, pricing.model);
	const { currency, amount } = priceFor(grantOf(room, asked, earliestAt, durationSeconds));
	return { priceOf: priceFor, reference: { currency, amount: ceiling ?? amount } };
}
