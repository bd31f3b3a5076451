/**
 * What could be had instead of an offer that cannot be had: an earlier or a later start, fewer or smaller machines, a
 * shorter run, other hosts. Each is the nearest of its kind, leaves the client's own ranges where it must and the
 * template's constraints never, and was judged once more as if it had been sent: it is accepted as it stands (H6).
 *
 * The searches stand in nearby.ts, between.ts and anywhere.ts, where they begin in searches.ts, and what of their finds
 * is offered in front.ts. The bench `alternatives-N` measures all of them together.
 */

import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { grantOf } from '../booking.ts';
import type { Alternative } from '../decision.ts';
import type { Judgement, Question } from '../judge.ts';
import { type Pricing, priceOf, printAmount } from '../policy/price.ts';
import type { Sizes } from '../sizes.ts';
import { findAnywhere } from './anywhere.ts';
import { findHalves } from './between.ts';
import { type Chosen, choose, type Tried, triedIn } from './front.ts';
import type { Ladder, Search } from './ladder.ts';
import { findKeeping } from './optional.ts';
import { differencesOf, type Wish } from './ranking.ts';
import { findNear, searchOf } from './searches.ts';
import { findHalvesTogether, findRounder } from './together.ts';

/**
 * At most `policy.alternativesMax` alternatives, the nearest first, none that another one outdoes. There are none where
 * something is in the way that no other size, time or host removes.
 */
export function findAlternatives(asking: Question, judgement: Judgement): readonly Alternative[] {
	const { asked, finalReasons, window } = judgement;
	if (asked === undefined || finalReasons.length > 0 || asking.policy.alternativesMax === 0) return [];
	const question = withDemands(asking, judgement);
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
	const { ladders, later, earlier } = findNear(search, asked);
	const keeping = findKeeping(question, judgement, wish);
	const tried = [...triedIn(search, ladders, asked, wish), ...(keeping?.near ?? [])];
	const chooseWith = (more: readonly Tried[]): readonly Chosen[] => choose([...tried, ...more], question, wish);
	let chosen = chooseWith([]);
	if (keeping !== undefined && (chosen[0]?.importance ?? 0) < keeping.importance) {
		tried.push(keeping.last());
		chosen = chooseWith([]);
	}
	if (chosen.length < CHOICES_MIN) {
		const halves = asked.others === undefined ? findHalves(search, later, earlier) : findHalvesTogether(search);
		chosen = chooseWith(triedIn(search, halves, asked, wish));
	}
	for (const rest of chosen.length > 0 ? [] : lastResort(search, asked)) {
		chosen = choose(triedIn(search, rest, asked, wish), question, wish);
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

function* lastResort(search: Search, asked: Sizes): Generator<readonly Ladder[]> {
	yield* findAnywhere(search, asked);
	if (asked.others !== undefined) yield* findRounder(search);
}

/** Fewer are hardly a choice, so that more is looked for. */
const CHOICES_MIN = 2;

/** What grants cost, and with what that is compared: the ceiling, or what the offer would cost as it was asked. */
function pricesOf({ scene, window }: Judgement, asked: Sizes, pricing: Pricing): Pick<Wish, 'priceOf' | 'reference'> {
	const { room } = scene;
	const { earliestAt, durationSeconds } = window.asked;
	const priceFor = (grant: ServiceGrant) => priceOf(grant, room.policy, pricing);
	const ceiling = pricing.ceiling === undefined ? undefined : printAmount(pricing.ceiling, pricing.model);
	const { currency, amount } = priceFor(grantOf(room, asked, earliestAt, durationSeconds));
	return { priceOf: priceFor, reference: { currency, amount: ceiling ?? amount } };
}
