/** What the site answers to an offer in a negotiation: counter-offers, and their capacity held where that was asked. */

import { withoutAbsent } from '../../agreement/document.ts';
import { keptText } from '../../agreement/kept-document.ts';
import { narrowOffer } from '../../agreement/offer/narrow.ts';
import { withEffects } from '../../agreement/terms/effects.ts';
import { withQuote } from '../../agreement/terms/quote.ts';
import { withoutRationale } from '../../agreement/terms/rationale.ts';
import { beginOf } from '../../capacity/resources.ts';
import { alignedWith, inOrderOf } from '../../negotiation/change.ts';
import type { Accepted, Reason } from '../../negotiation/decision.ts';
import { keptByLeaving } from '../../negotiation/kept.ts';
import { EXPIRES_AHEAD } from '../../negotiation/reasons/remedy.ts';
import { withBranch } from '../../negotiation/said.ts';
import { part } from '../../parts.ts';
import type {
	HoldRecord,
	NegotiationOfferRecord,
	NegotiationRecord,
	WrittenOffer,
} from '../../store/negotiation-records.ts';
import type { Catalogue } from '../catalogue.ts';
import { changeObstacle, setAsidePrevious } from '../changing.ts';
import type { Decided, Offers, Prepared } from '../offers.ts';
import type { DocumentTree, EvaluateRequest, EvaluationOutcome } from '../outcome.ts';
import type { Turn } from '../turn.ts';
import { allowedTo, bookGroup, choicesOf } from './holds.ts';
import type { AnsweredOffer, SentOffer } from './negotiation-outcome.ts';
import { placeOf } from './offer-tree.ts';
import {
	type Counter,
	type Found,
	type Grouping,
	holdWhatMayBe,
	type Judged,
	onlyTold,
	unallowedUnder,
	undenied,
	unheldOf,
} from './told.ts';

/** An offer that is to be judged. */
export interface ReadOffer {
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

/** Each method runs in a turn. */
export class CounterOffers {
	readonly #parts: CounterOffersParts;

	constructor(parts: CounterOffersParts) {
		this.#parts = parts;
	}

	/** What could be had of an offer, and what of it may be held. Writes nothing. */
	judge(turn: Turn, negotiation: NegotiationRecord, read: ReadOffer): Judged {
		const { sent } = read;
		return withoutGroup(turn, read, (joined) => {
			if (isExpired(sent, turn.now)) return { reasons: [expired(sent, turn.now)], told: [] };
			if (sent.state !== 'Advisory') return this.#judgeToHold(turn, negotiation, read, joined);
			return onlyTold(this.#find(turn, negotiation, this.#toBeJudged(turn, negotiation, read)), []);
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
	 * Decides on an offer of the site that is told of and not held, as if it were sent now; what is held beside it is out
	 * of its way. Where it can no longer be had, what is told instead can be had beside what is held. Writes nothing.
	 */
	decideAnew(turn: Turn, negotiation: NegotiationRecord, told: NegotiationOfferRecord, prepared: Prepared): Decided {
		const inPlace = withoutGroup(turn, { base: told }, () => this.#decide(turn, negotiation, prepared));
		if (inPlace.decision.kind !== 'counter') return inPlace;
		const { reasons } = inPlace.decision;
		const mark = turn.ledger.mark();
		const beside = this.#decide(turn, negotiation, prepared);
		turn.ledger.undoTo(mark);
		const { decision, branch } = beside;
		if (decision.kind === 'counter') return { decision: { ...decision, reasons }, branch };
		return { decision: { kind: 'reject', reasons }, branch };
	}

	#decide(turn: Turn, negotiation: NegotiationRecord, prepared: Prepared): Decided {
		const { offers } = this.#parts;
		const { party: name, vo, renegotiates } = negotiation;
		if (renegotiates === undefined) return offers.decide(turn, prepared, { name, vo });
		return offers.decideChange(
			turn,
			prepared,
			turn.store.agreements.find(renegotiates.agreementId)!,
			renegotiates,
			negotiation,
		);
	}

	/** What would be decided on it then, as an evaluation for whoever the negotiation is with. */
	evaluateAnew(
		turn: Turn,
		negotiation: NegotiationRecord,
		told: NegotiationOfferRecord,
		asked: EvaluateRequest,
		prepared: Prepared,
	): EvaluationOutcome {
		const party = { ...asked.party, name: negotiation.party, vo: negotiation.vo };
		return withoutGroup(turn, { base: told }, () => this.#parts.offers.evaluate(turn, { ...asked, party }, prepared));
	}

	/**
	 * Answers an offer. Advisory is answered by what could be had, and nothing is held. Anything else is answered by
	 * what is held from now on, one exclusive group, or it is rejected; beside either, what could be had and is not held
	 * is told Advisory.
	 */
	answer(turn: Turn, negotiation: NegotiationRecord, { offer }: EnteredOffer, judged: Judged): AnsweredOffer {
		const { reasons, told, need, joined } = judged;
		const counted = reasons.length === 0 ? offer : turn.updateOffer(offer, { reasons });
		const isRejected = told.length === 0 || (offer.state !== 'Advisory' && need === undefined);
		const best = told[0];
		const against = best === undefined || !('unheld' in best) ? reasons : [...reasons, ...best.unheld];
		const rejected = isRejected ? [this.#reject(turn, counted, offer.text, against)] : [];
		const group = need && (joined ?? this.#newHold(negotiation, turn.now));
		if (group !== undefined) bookGroup(turn, group, need!);
		const counterOffers = told.map((each, nth) => {
			const { unheldAs, ...counter } = each.counter;
			const { text, ...proposal } = 'unheld' in each ? { ...counter, ...unheldAs } : counter;
			const said = { text, proposal: { ...proposal, rank: nth + 1 } };
			if ('unheld' in each) return this.#enter(turn, counted, { ...said, state: 'Advisory', reasons: each.unheld });
			const held = { holdId: group!.id, expirationAt: each.expirationAt };
			return this.#enter(turn, counted, { ...said, ...held, state: 'Acceptable', reasons: [] });
		});
		return { offer: counted, counterOffers: [...rejected, ...counterOffers] };
	}

	/** The offer, and for how long what answers it may be agreed to: Advisory at once, else as long as it may be held. */
	#toBeJudged(turn: Turn, negotiation: NegotiationRecord, { sent, prepared }: ReadOffer): Prepared {
		if (sent.state === 'Advisory') return { ...prepared, isAdvisory: true };
		const heldUntil = turn.now + this.#parts.catalogue.policy().holds.secondsMax;
		const agreedUntil = Math.max(turn.now, Math.min(heldUntil, answeredUntil(turn, negotiation, sent, prepared)));
		return { ...prepared, isAdvisory: false, agreedUntil };
	}

	/** What could be had, the best first, and what of it is held: all of it where it may be. */
	#judgeToHold(turn: Turn, negotiation: NegotiationRecord, read: ReadOffer, joined: HoldRecord | undefined): Judged {
		const policy = this.#parts.catalogue.policy();
		const allowed = allowedTo(turn, negotiation, joined, policy);
		const asAdvisory = { ...read.prepared, isAdvisory: true };
		if (allowed.obstacles.length > 0) {
			return onlyTold(this.#find(turn, negotiation, asAdvisory), allowed.obstacles);
		}
		const toBeHeld = this.#toBeJudged(turn, negotiation, read);
		const found = this.#find(turn, negotiation, toBeHeld);
		const untilAt = answeredUntil(turn, negotiation, read.sent, read.prepared);
		const members = joined === undefined ? [] : choicesOf(turn, joined.id);
		const unallowed = unallowedUnder(read.prepared, turn.now);
		const group: Grouping = { ...withoutAbsent({ joined }), members, allowed, untilAt, unallowed };
		const held = part(() => holdWhatMayBe(turn, negotiation, group, found.counters));
		const { reasons, counters } = found;
		if (held.need !== undefined || counters.length === 0) return { reasons, ...held };
		// Nothing of it may be held: it is told as what holds nothing is, and beside it what may be.
		const advised = reasons.length > 0 ? undefined : this.#find(turn, negotiation, asAdvisory);
		const told = advised?.reasons.length === 0 ? onlyTold(advised, unheldOf(held)).told : held.told;
		if (negotiation.renegotiates !== undefined) return { reasons, told };
		const { isDenied = false, isRehearsal = false } = read.prepared;
		const most = isDenied && isRehearsal ? Number.POSITIVE_INFINITY : Math.max(2, policy.alternativesMax);
		const room = Math.max(Math.floor(most / 2), most - told.length);
		const smaller = this.#find(turn, negotiation, { ...toBeHeld, holding: { ...allowed.holding, countMax: room } });
		const beside = part(() => holdWhatMayBe(turn, negotiation, group, smaller.counters.slice(0, room)));
		const ofThese = beside.told.filter((each) => 'expirationAt' in each);
		return { ...beside, reasons, told: [...told.slice(0, most - ofThese.length), ...ofThese] };
	}

	/** What could be had and is not denied; the capacity of what is changed is set aside meanwhile. */
	#find(turn: Turn, negotiation: NegotiationRecord, prepared: Prepared): Found {
		const mark = turn.ledger.mark();
		const found = this.#findBeside(turn, negotiation, prepared);
		turn.ledger.undoTo(mark);
		return undenied(found, prepared, turn.now);
	}

	/** Each is judged as if it had been sent (by the search for it). */
	#findBeside(turn: Turn, { renegotiates, party: name, vo }: NegotiationRecord, prepared: Prepared): Found {
		const { offers } = this.#parts;
		const previous = renegotiates && turn.store.agreements.find(renegotiates.agreementId)!;
		const obstacle = previous && changeObstacle(previous, turn.now);
		if (obstacle !== undefined) return { reasons: [obstacle], counters: [] };
		const standing = previous && setAsidePrevious(turn, previous, renegotiates!, { vo });
		const asker = previous === undefined ? { name, vo } : { name: previous.party, vo: previous.vo };
		const keeping = ({ request }: Decided['branch']): Pick<Counter, 'kept'> => {
			if (standing === undefined || prepared.agreedUntil === undefined) return {};
			const aligned = alignedWith(standing.names, standing, inOrderOf(standing.names, request)!);
			const kept = keptByLeaving(aligned, this.#parts.catalogue.policy(), turn.now, prepared.agreedUntil);
			return kept.length === 0 ? {} : { kept };
		};
		const decided = offers.judge(turn, prepared, asker, standing, previous?.workspaceId);
		const { decision, branch, also = [] } = decided;
		if (decision.kind === 'reject') return { reasons: decision.reasons, counters: [] };
		if (decision.kind === 'accept') {
			const counters = [{ decision, branch }, ...also].map(({ decision: each, branch: from }, index): Counter => {
				const written = part(() => withoutRationale(narrowOffer(from.offer, each.grant, prepared.template)));
				const counter = { rank: index + 1, kind: 'as-asked', differences: [], ...pricedIn(written, each) };
				return withBranch({ ...counter, ...keeping(from) }, from.terms);
			});
			return { reasons: [], counters };
		}
		const counters = offers.offered(prepared, decision.alternatives).map((alternative): Counter => {
			const { rank, kind, differences, accepted } = alternative;
			const from = prepared.branches.find(({ terms }) => terms === alternative.branch) ?? branch;
			const said = pricedIn(
				part(() => alternative.offer),
				accepted,
			);
			return withBranch({ rank, kind, differences, ...said, ...keeping(from) }, from.terms);
		});
		return { reasons: decision.reasons, counters };
	}

	#newHold({ id, party, vo }: NegotiationRecord, heldAt: number): HoldRecord {
		return { id: this.#parts.newId(), negotiationId: id, party, vo, siteSeconds: 0, state: 'held', heldAt };
	}

	#reject(turn: Turn, offer: NegotiationOfferRecord, text: string, reasons: readonly Reason[]) {
		return this.#enter(turn, offer, { state: 'Rejected', reasons, text });
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

/** What is judged in the place of what is held in its branch is judged without that, and joins it. */
function withoutGroup<T>(turn: Turn, { base }: Pick<ReadOffer, 'base'>, judge: (joined?: HoldRecord) => T): T {
	const { ledger } = turn;
	const joined = base && groupAbout(turn, base);
	const mark = ledger.mark();
	if (joined !== undefined) ledger.setAside(ledger.reservationsOfHold(joined.id));
	const judged = judge(joined);
	ledger.undoTo(mark);
	return judged;
}

/** The hold of the offer or of what answered it; else that of what it answers, and so on up its branch. */
export function groupAbout(
	{ store: { holds, negotiations }, now }: Turn,
	offer: NegotiationOfferRecord,
): HoldRecord | undefined {
	const groups = holds.of(offer.negotiationId).map((hold) => {
		return { hold, held: negotiations.offersHeld(hold.id).filter(({ expirationAt }) => expirationAt! > now) };
	});
	for (let each: NegotiationOfferRecord | undefined = offer; each !== undefined && groups.length > 0; ) {
		const { id, negotiationId, counterOfferTo: above }: NegotiationOfferRecord = each;
		const group = groups.find(({ held }) => held.some((one) => one.id === id || one.counterOfferTo === id));
		if (group !== undefined) return group.hold;
		each = above === undefined ? undefined : negotiations.findOffer(negotiationId, above);
	}
	return undefined;
}

/** What was accepted, and its document: at the price at which it is held, and at what it is told to cost where it is not. */
function pricedIn(written: DocumentTree, { kind: _, instead: __, priceTold: price, ...accepted }: Accepted) {
	const textAt = (paid: Accepted['price']): string =>
		part(() => keptText(withEffects(withQuote(written, paid), accepted.effects)));
	const held = { ...accepted, text: textAt(accepted.price) };
	if (price === undefined) return held;
	const because = (accepted.because ?? []).map((each) => {
		return each.field === 'price' ? { ...each, value: price.amount } : each;
	});
	return { ...held, unheldAs: { price, because, text: textAt(price) } };
}

function isExpired({ expirationAt }: SentOffer, now: number): boolean {
	return expirationAt !== undefined && expirationAt <= now;
}

function expired(sent: SentOffer, now: number): Reason {
	const { expirationAt: asked } = sent;
	const said = asked === undefined ? {} : { ...placeOf(sent, 'ExpirationTime'), asked };
	const message = 'The ExpirationTime of the negotiation offer has passed.';
	return { code: 'OFFER_EXPIRED', message, resource: 'time', ...said, limit: now, remedy: EXPIRES_AHEAD };
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
