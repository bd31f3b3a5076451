/** What the site answers to an offer in a negotiation: counter-offers, and their capacity held where that was asked. */

import { keptText } from '../../agreement/kept-document.ts';
import { narrowOffer } from '../../agreement/offer/narrow.ts';
import { withEffects } from '../../agreement/terms/effects.ts';
import { withQuote } from '../../agreement/terms/quote.ts';
import { withoutRationale } from '../../agreement/terms/rationale.ts';
import { beginOf } from '../../capacity/resources.ts';
import { alignedWith, inOrderOf } from '../../negotiation/change.ts';
import type { Reason } from '../../negotiation/decision.ts';
import { keptByLeaving } from '../../negotiation/kept.ts';
import { mayHold } from '../../negotiation/policy/quota.ts';
import { part } from '../../parts.ts';
import type {
	HoldRecord,
	NegotiationOfferRecord,
	NegotiationRecord,
	Proposal,
	WrittenOffer,
} from '../../store/negotiation-records.ts';
import type { Catalogue } from '../catalogue.ts';
import { changeObstacle, setAsidePrevious } from '../changing.ts';
import type { Decided, Offers, Prepared } from '../offers.ts';
import type { EvaluateRequest, EvaluationOutcome } from '../outcome.ts';
import type { Turn } from '../turn.ts';
import { bookGroup, choicesOf, type Need, needOf, verdictsFor } from './holds.ts';
import type { AnsweredOffer, SentOffer } from './negotiation-outcome.ts';

/** An offer that is to be judged. */
interface ReadOffer {
	readonly sent: SentOffer;
	/** What it answers; absent: the template. */
	readonly base: NegotiationOfferRecord | undefined;
	readonly prepared: Prepared;
}

/** An offer that has entered the tree, and what is to be known of it to answer it. */
export interface EnteredOffer extends ReadOffer {
	readonly offer: WrittenOffer;
}

interface CounterOffersParts {
	readonly catalogue: Catalogue;
	readonly offers: Offers;
	readonly newId: () => string;
}

/** What the site would agree to. */
interface Counter extends Proposal {
	/** Its document, as it is kept. */
	readonly text: string;
}

interface Judged {
	/** Why the offer cannot be had as it stands; none where it can. */
	readonly reasons: readonly Reason[];
	readonly counters: readonly Counter[];
}

/** The group that what is proposed is held in, from when it is booked. */
interface Group {
	readonly hold: HoldRecord;
	readonly need: Need;
	readonly held: readonly { readonly counter: Counter; readonly expirationAt: number }[];
}

/** Each method runs in a turn. */
export class CounterOffers {
	readonly #parts: CounterOffersParts;

	constructor(parts: CounterOffersParts) {
		this.#parts = parts;
	}

	/** What could be had of an offer. Writes nothing. */
	judge(turn: Turn, negotiation: NegotiationRecord, read: ReadOffer): Judged {
		return withoutGroup(turn, read, () => {
			if (isExpired(read.sent, turn.now)) return { reasons: [expired(read.sent, turn.now)], counters: [] };
			return this.#judge(turn, negotiation, this.#toBeJudged(turn, negotiation, read));
		});
	}

	/** The same as an evaluation, for whoever the negotiation is with. */
	evaluate(turn: Turn, negotiation: NegotiationRecord, read: ReadOffer, asked: EvaluateRequest): EvaluationOutcome {
		const party = { ...asked.party, name: negotiation.party, vo: negotiation.vo };
		return withoutGroup(turn, read, () => {
			return this.#parts.offers.evaluate(turn, { ...asked, party }, this.#toBeJudged(turn, negotiation, read));
		});
	}

	/**
	 * Answers an offer. Advisory is answered by what could be had, and nothing is held. Anything else is answered by
	 * what is held from now on, one exclusive group; or it is rejected.
	 */
	answer(turn: Turn, negotiation: NegotiationRecord, entered: EnteredOffer, judged: Judged): AnsweredOffer {
		const { offer, base } = entered;
		const { reasons, counters } = judged;
		const counted = reasons.length === 0 ? offer : turn.updateOffer(offer, { reasons });
		const answers = (more: readonly WrittenOffer[]): AnsweredOffer => ({
			offer: counted,
			counterOffers: more,
		});
		if (counters.length === 0) return answers([this.#reject(turn, counted, offer.text, reasons)]);
		if (offer.state === 'Advisory')
			return answers(counters.map((each) => this.#insert(turn, counted, each, 'Advisory')));
		const group = this.#group(turn, negotiation, entered, counters, base && groupOf(turn, base));
		if ('reasons' in group) return answers([this.#reject(turn, counted, offer.text, [...reasons, ...group.reasons])]);
		bookGroup(turn, group.hold, group.need);
		const holdId = group.hold.id;
		return answers(
			group.held.map(({ counter, expirationAt }) => {
				return this.#insert(turn, counted, counter, 'Acceptable', { holdId, expirationAt });
			}),
		);
	}

	/** The offer, and for how long what answers it may be agreed to: Advisory at once, else as long as it may be held. */
	#toBeJudged(turn: Turn, negotiation: NegotiationRecord, { sent, prepared }: ReadOffer): Prepared {
		if (sent.state === 'Advisory') return { ...prepared, isAdvisory: true };
		const heldUntil = turn.now + this.#parts.catalogue.policy().holds.secondsMax;
		const agreedUntil = Math.max(turn.now, Math.min(heldUntil, answeredUntil(turn, negotiation, sent, prepared)));
		return { ...prepared, isAdvisory: false, agreedUntil };
	}

	/** What could be had, each judged as if it had been sent (by the search for it); the capacity of what is changed is set aside. */
	#judge(turn: Turn, { renegotiates, party: name, vo }: NegotiationRecord, prepared: Prepared): Judged {
		const { offers } = this.#parts;
		const previous = renegotiates && turn.store.agreements.find(renegotiates.agreementId)!;
		const obstacle = previous && changeObstacle(previous, turn.now);
		if (obstacle !== undefined) return { reasons: [obstacle], counters: [] };
		const standing = previous && setAsidePrevious(turn, previous, renegotiates!);
		const asker = previous === undefined ? { name, vo } : { name: previous.party, vo: previous.vo };
		const keeping = ({ request }: Decided['branch']): Pick<Counter, 'kept'> => {
			if (standing === undefined || prepared.agreedUntil === undefined) return {};
			const aligned = alignedWith(standing.names, standing, inOrderOf(standing.names, request)!);
			const kept = keptByLeaving(aligned, this.#parts.catalogue.policy(), turn.now, prepared.agreedUntil);
			return kept.length === 0 ? {} : { kept };
		};
		const decided = offers.decide(turn, prepared, asker, standing, previous?.workspaceId);
		const { decision, branch, also = [] } = decided;
		if (decision.kind === 'reject') return { reasons: decision.reasons, counters: [] };
		if (decision.kind === 'accept') {
			const counters = [{ decision, branch }, ...also].map(({ decision: each, branch: from }, index): Counter => {
				const { kind: _, instead: __, ...accepted } = each;
				const text = part(() => {
					const priced = withQuote(narrowOffer(from.offer, each.grant, prepared.template), each.price);
					return keptText(withoutRationale(withEffects(priced, each.effects)));
				});
				return { rank: index + 1, kind: 'as-asked', differences: [], ...accepted, ...keeping(from), text };
			});
			return { reasons: [], counters };
		}
		const counters = offers.offered(prepared, decision.alternatives).map((alternative): Counter => {
			const { rank, kind, differences } = alternative;
			const text = part(() => keptText(alternative.offer));
			const { kind: _, ...accepted } = alternative.accepted;
			const from = prepared.branches.find(({ terms }) => terms === alternative.branch) ?? branch;
			return { rank, kind, differences, ...accepted, ...keeping(from), text };
		});
		return { reasons: decision.reasons, counters };
	}

	/**
	 * The group to be booked, with as many of the counter-offers, the best first, as the party may hold; without those that
	 * it may not hold even alone. What the group has booked already is out of the calendar meanwhile.
	 */
	#group(
		turn: Turn,
		negotiation: NegotiationRecord,
		{ sent, prepared }: EnteredOffer,
		counters: readonly Counter[],
		joined: HoldRecord | undefined,
	): Group | { readonly reasons: readonly Reason[] } {
		const { ledger, now } = turn;
		const policy = this.#parts.catalogue.policy();
		if (!mayHold(policy.quotas, negotiation.vo)) return { reasons: [heldForNobody(negotiation)] };
		const untilAt = answeredUntil(turn, negotiation, sent, prepared);
		const mark = ledger.mark();
		if (joined !== undefined) ledger.setAside(ledger.reservationsOfHold(joined.id));
		const verdictOn = verdictsFor(turn, negotiation, joined, policy);
		const members = joined === undefined ? [] : choicesOf(turn, joined.id);
		const isFixed = members.length > 0 || negotiation.renegotiates !== undefined;
		const groupFrom = (from: number): Group | { readonly reasons: readonly Reason[] } => {
			for (let end = counters.length; ; end -= 1) {
				const most = counters.slice(from, end);
				const need = needOf(turn, negotiation, [...members, ...most]);
				const isAlone = most.length === 1;
				const start = isAlone && !isFixed ? { startAt: most[0]!.grant.startAt } : {};
				const verdict = verdictOn({ need, untilAt, ...start });
				if (verdict.kind === 'hold') {
					const held = most.map((counter) => {
						return { counter, expirationAt: Math.min(verdict.untilAt, counter.grant.endAt) };
					});
					return { hold: joined ?? this.#newHold(negotiation, now), need, held };
				}
				if (!isAlone) continue;
				const without = from + 1 < counters.length ? groupFrom(from + 1) : verdict;
				return 'reasons' in without ? { reasons: verdict.reasons } : without;
			}
		};
		const group = groupFrom(0);
		ledger.undoTo(mark);
		return group;
	}

	#newHold({ id, party, vo }: NegotiationRecord, heldAt: number): HoldRecord {
		return { id: this.#parts.newId(), negotiationId: id, party, vo, siteSeconds: 0, state: 'held', heldAt };
	}

	#reject(turn: Turn, offer: NegotiationOfferRecord, text: string, reasons: readonly Reason[]) {
		return this.#enter(turn, offer, { state: 'Rejected', reasons, text });
	}

	#insert(
		turn: Turn,
		offer: NegotiationOfferRecord,
		{ text, ...proposal }: Counter,
		state: 'Advisory' | 'Acceptable',
		held: Pick<WrittenOffer, 'holdId' | 'expirationAt'> = {},
	): WrittenOffer {
		return this.#enter(turn, offer, { state, reasons: [], text, proposal, ...held });
	}

	#enter(
		{ store, now }: Turn,
		{ id: counterOfferTo, negotiationId }: NegotiationOfferRecord,
		said: Pick<WrittenOffer, 'state' | 'reasons' | 'text' | 'proposal' | 'holdId' | 'expirationAt'>,
	): WrittenOffer {
		const record: WrittenOffer = {
			id: this.#parts.newId(),
			negotiationId,
			counterOfferTo,
			creator: 'NegotiationResponder',
			...said,
			createdAt: now,
			updatedAt: now,
		};
		store.negotiations.insertOffer(record);
		return record;
	}
}

/** What returns to an offer that is held, or to one whose answers are, is judged without their group and joins it. */
function withoutGroup<T>(turn: Turn, { base }: ReadOffer, judge: () => T): T {
	const { ledger } = turn;
	const joined = base && groupOf(turn, base);
	const mark = ledger.mark();
	if (joined !== undefined) ledger.setAside(ledger.reservationsOfHold(joined.id));
	const judged = judge();
	ledger.undoTo(mark);
	return judged;
}

/** The hold of the offer, or of what answered it. */
function groupOf({ store: { holds, negotiations }, now }: Turn, base: NegotiationOfferRecord): HoldRecord | undefined {
	return holds.of(base.negotiationId).find(({ id: holdId }) => {
		return negotiations.offersHeld(holdId).some(({ id, counterOfferTo, expirationAt }) => {
			return (id === base.id || counterOfferTo === base.id) && expirationAt! > now;
		});
	});
}

function isExpired({ expirationAt }: SentOffer, now: number): boolean {
	return expirationAt !== undefined && expirationAt <= now;
}

function expired({ expirationAt: asked }: SentOffer, now: number): Reason {
	const message = 'The ExpirationTime of the negotiation offer has passed.';
	return { code: 'OFFER_EXPIRED', message, resource: 'time', ...(asked === undefined ? {} : { asked }), limit: now };
}

function heldForNobody({ vo }: NegotiationRecord): Reason {
	const message = `Nothing is held for parties of ${vo}: ask Advisory, and send as an offer what is answered.`;
	return { code: 'HOLD_REFUSED', message, available: 'Advisory' };
}

/** Until when an answer may be agreed to, as far as its negotiation goes and what it is about. */
function answeredUntil(
	turn: Turn,
	negotiation: NegotiationRecord,
	sent: SentOffer,
	{ offer: { context } }: Prepared,
): number {
	return Math.min(
		sent.expirationAt ?? Number.POSITIVE_INFINITY,
		negotiation.expirationAt,
		context.expirationAt ?? Number.POSITIVE_INFINITY,
		changeableUntil(turn, negotiation),
	);
}

/** Until when what was judged about an agreement stays true: until its window begins, and once it has, until it ends. */
function changeableUntil({ store, now }: Turn, { renegotiates }: NegotiationRecord): number {
	if (renegotiates === undefined) return Number.POSITIVE_INFINITY;
	const {
		grant,
		placement,
		expirationAt = Number.POSITIVE_INFINITY,
	} = store.agreements.find(renegotiates.agreementId)!;
	const beginAt = beginOf(placement);
	return Math.min(expirationAt, beginAt > now ? beginAt : grant.endAt);
}
