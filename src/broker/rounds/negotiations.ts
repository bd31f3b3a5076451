/** Negotiation in rounds (GFD.193): begun, offers answered by counter-offers, an offer agreed to, ended. */
import { excerpt, withoutAbsent } from '../../agreement/document.ts';
import { may } from '../../identity/party.ts';
import type { Reason } from '../../negotiation/decision.ts';
import { part, stage } from '../../parts.ts';
import type {
	HoldRecord,
	NegotiationOfferRecord,
	NegotiationRecord,
	Proposal,
	WrittenOffer,
} from '../../store/negotiation-records.ts';
import type { IdempotencyRecord } from '../../store/records.ts';
import { findNegotiationToChange, findToChange, signature, staleOf } from '../access.ts';
import { agree } from '../agreeing.ts';
import type { Catalogue } from '../catalogue.ts';
import { changeObstacle } from '../changing.ts';
import { type Offers, type Prepared, replayOf } from '../offers.ts';
import type {
	CreateRequest,
	EvaluateRequest,
	EvaluationOutcome,
	NegotiatedOffer,
	OfferOutcome,
	Refused,
} from '../outcome.ts';
import type { Turn } from '../turn.ts';
import { type Compared, differing } from './comparison.ts';
import { CounterOffers, groupAbout, type ReadOffer } from './counter-offers.ts';
import { endHold, fromNowOn, type HeldChoice, isHeld, isInVain, needOf, withdraw } from './holds.ts';
import { endNegotiation, planLapse } from './negotiation-ending.ts';
import { initiationLimit, sizeLimits, treeLimits } from './negotiation-limits.ts';
import type {
	AnsweredOffer,
	EndNegotiationOutcome,
	EndNegotiationRequest,
	InitiateOutcome,
	InitiateRequest,
	NegotiateOutcome,
	NegotiateRequest,
	SentOffer,
} from './negotiation-outcome.ts';
import {
	acceptanceObstacles,
	answersOf,
	baseOf,
	branchOf,
	differencesFrom,
	negotiatedOffer,
	told,
	treeObstacles,
} from './offer-tree.ts';
import type { Judged } from './told.ts';

type PreparedOffer = ReturnType<Offers['prepare']>;

/** With each document as it is kept, which takes milliseconds to write. */
export type WrittenRequest = NegotiateRequest & { readonly texts: readonly string[] };

interface NegotiationsParts {
	readonly catalogue: Catalogue;
	readonly offers: Offers;
	readonly newId: () => string;
}

/** An offer that has come, with what it answers and what is answered to it; absent: it was not read for an answer. */
interface JudgedOffer {
	readonly base: NegotiationOfferRecord | undefined;
	readonly read?: ReadOffer;
	readonly judged?: Judged;
}

/** Each method runs in a turn. */
export class Negotiations {
	readonly #parts: NegotiationsParts;
	readonly #counterOffers: CounterOffers;

	constructor(parts: NegotiationsParts) {
		this.#parts = parts;
		this.#counterOffers = new CounterOffers(parts);
	}

	initiate(turn: Turn, request: InitiateRequest): InitiateOutcome {
		const { party, template, renegotiates, contextXml, idempotency } = request;
		const { now, store } = turn;
		const owner = { party: party.name, vo: party.vo };
		if (!may(party, 'agreement.create', owner)) return { kind: 'forbidden' };
		const made = keyOf(turn, request);
		if (made === 'reused') return { kind: 'key-reused' };
		if (made !== undefined) {
			return { kind: 'initiated', negotiation: store.negotiations.find(made.negotiationId)!, replayed: true };
		}
		const known = template && store.catalogue.findTemplate(template);
		if (template !== undefined && known === undefined) return { kind: 'unknown-template', template };
		const found = renegotiates && findToChange(turn, party, renegotiates.agreementId);
		if (found !== undefined && found.kind !== 'found') return found;
		const obstacle =
			(known?.state === 'retired' && retired(known)) ||
			(found && changeObstacle(found.agreement, now)) ||
			initiationLimit(turn, request);
		if (obstacle) return refuse(turn, [obstacle]);

		const id = this.#parts.newId();
		const { negotiationSecondsMax } = this.#parts.catalogue.policy();
		const expirationAt = Math.min(request.expirationAt ?? Number.POSITIVE_INFINITY, now + negotiationSecondsMax);
		const body = {
			by: signature(party),
			template: template && { ...template },
			renegotiates: renegotiates && { ...renegotiates },
			expirationAt,
		};
		const headHash = turn.record({ kind: 'negotiation-begun', agreementId: id, body });
		const negotiation: NegotiationRecord = {
			id,
			site: turn.site,
			...owner,
			...(template === undefined ? {} : { template }),
			...(renegotiates === undefined ? {} : { renegotiates }),
			...(contextXml === undefined ? {} : { contextXml }),
			state: 'Open',
			expirationAt,
			createdAt: now,
			updatedAt: now,
			version: 1,
			headHash,
		};
		turn.insertNegotiation(negotiation);
		planLapse(turn, negotiation);
		if (idempotency !== undefined) remember(turn, request, { negotiationId: id, offerIds: [] });
		return { kind: 'initiated', negotiation, replayed: false };
	}

	/** Every offer enters the tree and is answered by its counter-offers; or none does. */
	negotiate(turn: Turn, request: WrittenRequest, prepared: readonly (PreparedOffer | undefined)[]): NegotiateOutcome {
		return this.#enter(turn, request, prepared, 'answered');
	}

	/** What could be had of an offer that was sent to the negotiation, before it enters the tree. */
	evaluate(turn: Turn, id: string, sent: SentOffer, asked: EvaluateRequest, prepared: Prepared): EvaluationOutcome {
		const found = findNegotiationToChange(turn, asked.party, id);
		if (found.kind !== 'found') return found;
		const base = answeredBy(turn, found.negotiation, sent);
		return this.#counterOffers.evaluate(turn, found.negotiation, { sent, base, prepared }, asked);
	}

	/** What would be decided if what is told of and not held were agreed to now. */
	evaluateTold(
		turn: Turn,
		told: NegotiationOfferRecord,
		asked: EvaluateRequest,
		prepared: Prepared,
	): EvaluationOutcome {
		const found = findNegotiationToChange(turn, asked.party, told.negotiationId);
		if (found.kind !== 'found') return found;
		return this.#counterOffers.evaluateAnew(turn, found.negotiation, told, asked, prepared);
	}

	/** Every offer enters the tree, and nothing answers it. */
	advertise(turn: Turn, request: WrittenRequest): NegotiateOutcome {
		return this.#enter(turn, request, [], 'advertised');
	}

	terminate(turn: Turn, { party, negotiationId, ifMatch, reason }: EndNegotiationRequest): EndNegotiationOutcome {
		const found = findNegotiationToChange(turn, party, negotiationId);
		if (found.kind !== 'found') return found;
		const { negotiation } = found;
		const stale = staleOf(negotiation, ifMatch);
		if (stale !== undefined) return stale;
		if (negotiation.state !== 'Open') return { kind: 'changed', negotiation };
		const why = reason ?? 'Terminated on request.';
		return { kind: 'changed', negotiation: endNegotiation(turn, negotiation, 'Terminated', why, signature(party)) };
	}

	/**
	 * Agrees to an offer that is held: whatever came in between, it is honoured (H3). One that was only told of is decided
	 * anew, without what is held beside it.
	 */
	accept(
		turn: Turn,
		request: CreateRequest & { readonly negotiated: NegotiatedOffer; readonly compared?: Compared | undefined },
		prepared: PreparedOffer,
	): OfferOutcome {
		const { party, idempotency, negotiated, offer: sent, compared } = request;
		const { ledger, now, store } = turn;
		if (!may(party, 'agreement.create', { party: party.name, vo: party.vo })) return { kind: 'forbidden' };
		const replay = idempotency && replayOf(turn, party, idempotency);
		if (replay !== undefined) return replay;
		const found = findNegotiationToChange(turn, party, negotiated.negotiationId);
		if (found.kind !== 'found') return found;
		const { negotiation } = found;
		const other = otherAgreement(negotiation, negotiated);
		if (other !== undefined) return refuse(turn, [other]);
		const differ = differing(turn, sent.tree, compared);
		const offer = negotiatedOffer(turn, negotiated, differ);
		if (offer === undefined) {
			const isUnknown = 'offerId' in negotiated && !store.negotiations.findOffer(negotiation.id, negotiated.offerId);
			if (isUnknown) return { kind: 'not-found' };
			return refuse(turn, differencesFrom(turn, negotiated, differ));
		}
		const obstacles = acceptanceObstacles(negotiation, offer, differ, now);
		if (obstacles.length > 0) return refuse(turn, obstacles);
		if (prepared.kind !== 'prepared') return prepared;

		const decided = isHeld(offer)
			? { decision: asProposed(offer.proposal!, now), branch: prepared.branches[0]! }
			: this.#counterOffers.decideAnew(turn, negotiation, offer, prepared);
		const { decision } = decided;
		const previous = negotiation.renegotiates && store.agreements.find(negotiation.renegotiates.agreementId)!;
		if (decision.kind !== 'accept') return this.#parts.offers.decline(turn, prepared, decision, previous);
		const hold = offer.holdId === undefined ? groupAbout(turn, offer) : store.holds.find(offer.holdId);
		const bought = isHeld(offer) ? offer.proposal! : { placement: decision.placement };
		if (hold !== undefined) this.#endBought(turn, negotiation, hold, offer, bought);
		if (previous !== undefined) ledger.setAside(ledger.reservationsOf(previous.id, now));
		const granted = { decision, branch: decided.branch };
		const outcome = agree(turn, this.#parts, request, prepared, granted, previous, previous ?? negotiation);
		if (outcome.kind !== 'accepted') throw new Error('What is held was not honoured.');
		const agreementId = outcome.agreement.id;
		turn.updateOffer(offer, { agreementId });
		// A renegotiation has ended with the revision that it was about.
		const current = store.negotiations.find(negotiation.id)!;
		const event = { kind: 'offer-agreed', body: { by: signature(party), offer: offer.id, agreement: agreementId } };
		const next = turn.updateNegotiation(current, {}, event);
		if (next.state === 'Open') planLapse(turn, next);
		return outcome;
	}

	/** Ends the hold of an offer, or beside it, that is agreed to; remembered of a purchase is its own size. */
	#endBought(
		turn: Turn,
		negotiation: NegotiationRecord,
		hold: HoldRecord,
		offer: NegotiationOfferRecord,
		bought: HeldChoice,
	): void {
		const message = `Another offer of its group was agreed to: ${offer.id}.`;
		const { siteSeconds } = needOf(turn, negotiation, [bought]);
		const { forgivenTimes } = this.#parts.catalogue.policy().holds;
		const ending = isInVain(hold, siteSeconds, forgivenTimes) ? 'lapsed' : 'bought';
		turn.store.holds.put({ ...hold, siteSeconds });
		endHold(turn, hold.id, ending, { code: 'STATE_FORBIDS', message, available: offer.id }, offer.id);
	}

	#enter(
		turn: Turn,
		request: WrittenRequest,
		prepared: readonly (PreparedOffer | undefined)[],
		mode: 'answered' | 'advertised',
	): NegotiateOutcome {
		const { party, negotiationId, ifMatch, idempotency, offers: sent, texts } = request;
		const found = findNegotiationToChange(turn, party, negotiationId);
		if (found.kind !== 'found') return found;
		const made = keyOf(turn, request);
		if (made === 'reused') return { kind: 'key-reused' };
		const { negotiation } = found;
		if (made !== undefined) {
			return { kind: 'answered', negotiation, answers: answersOf(turn, negotiation, made.offerIds), replayed: true };
		}
		const stale = staleOf(negotiation, ifMatch);
		if (stale !== undefined) return stale;
		const { alternativesMax } = this.#parts.catalogue.policy();
		const limits = [...sizeLimits(texts, mode), ...treeLimits(turn, negotiation, sent.length, alternativesMax)];
		const reasons = [...limits, ...part(() => treeObstacles(turn, negotiation, sent))];
		if (reasons.length > 0) return refuse(turn, reasons);
		for (const each of prepared) if (each !== undefined && each.kind !== 'prepared') return each;

		const judge = (each: SentOffer, nth: number): JudgedOffer => this.#judge(turn, negotiation, each, prepared[nth]);
		// What holds nothing is in no other's way: as long as nothing is written, nothing is written again in each go.
		const ahead = sent.every(({ state }) => state === 'Advisory') ? sent.map(judge) : undefined;
		const answers = sent.map((each, nth) =>
			this.#receive(turn, negotiation, { ...each, text: texts[nth]! }, ahead?.[nth] ?? judge(each, nth)),
		);
		const event = { kind: `offers-${mode}`, body: { by: signature(party), offers: answers.map(told) } };
		const next = turn.updateNegotiation(negotiation, {}, event);
		planLapse(turn, next);
		if (idempotency !== undefined) {
			remember(turn, request, { negotiationId, offerIds: answers.map(({ offer }) => offer.id) });
		}
		return { kind: 'answered', negotiation: next, answers, replayed: false };
	}

	/** Before anything is written of it, so that a decision may be broken off. */
	#judge(
		turn: Turn,
		negotiation: NegotiationRecord,
		sent: SentOffer,
		prepared: PreparedOffer | undefined,
	): JudgedOffer {
		const base = answeredBy(turn, negotiation, sent);
		if (prepared?.kind !== 'prepared') return { base };
		const read = { sent, base, prepared };
		return { base, read, judged: stage(() => this.#counterOffers.judge(turn, negotiation, read)) };
	}

	/** One offer enters the tree; it is answered where it was read for that. */
	#receive(
		turn: Turn,
		negotiation: NegotiationRecord,
		{ text, ...sent }: SentOffer & { readonly text: string },
		{ base, read, judged }: JudgedOffer,
	): AnsweredOffer {
		const { now, store } = turn;
		const offer: WrittenOffer = {
			id: sent.offerId ?? this.#parts.newId(),
			negotiationId: negotiation.id,
			...(base === undefined ? {} : { counterOfferTo: base.id }),
			creator: 'NegotiationInitiator',
			state: sent.state,
			reasons: [],
			text,
			...(sent.expirationAt === undefined ? {} : { expirationAt: sent.expirationAt }),
			createdAt: now,
			updatedAt: now,
		};
		store.negotiations.insertOffer(offer);
		if (sent.state === 'Rejected') {
			const message = `The initiator has rejected it${sent.why === undefined ? '.' : `: ${sent.why}`}`;
			withdraw(turn, negotiation, branchOf(turn, base!), 'Rejected', { code: 'STATE_FORBIDS', message });
			return { offer, counterOffers: [] };
		}
		if (read === undefined || judged === undefined) return { offer, counterOffers: [] };
		return this.#counterOffers.answer(turn, negotiation, { ...read, offer }, judged);
	}
}

/** What an extension says to be superseded is what the negotiation is about. */
function otherAgreement({ renegotiates }: NegotiationRecord, { supersedes }: NegotiatedOffer): Reason | undefined {
	if (supersedes === undefined || supersedes === renegotiates?.agreementId) return undefined;
	const about = renegotiates === undefined ? 'something new' : `the agreement ${renegotiates.agreementId}`;
	const message = `The negotiation is about ${about}, and its offers do not supersede ${excerpt(supersedes, ID_SHOWN_MAX)}.`;
	return {
		code: 'OFFER_DIFFERS',
		message,
		asked: excerpt(supersedes, ID_SHOWN_MAX),
		...(renegotiates === undefined ? {} : { available: renegotiates.agreementId }),
	};
}

/** Of an id that is not one of ours so much is told. */
const ID_SHOWN_MAX = 100;

/** What is held, as far as it is still to come. */
function asProposed({ grant, placement, effects, price, because }: Proposal, now: number) {
	const said = { grant, placement, effects, ...withoutAbsent({ price, because }) };
	return { ...said, kind: 'accept' as const, placement: fromNowOn(said.placement, now)! };
}

/** The offer of the tree that another one answers; undefined: the template. */
function answeredBy(turn: Turn, negotiation: NegotiationRecord, sent: SentOffer): NegotiationOfferRecord | undefined {
	const base = baseOf(turn, negotiation, sent);
	return base === 'template' ? undefined : base;
}

type Keyed = Pick<InitiateRequest, 'party' | 'idempotency'>;
type MadeInNegotiation = Extract<IdempotencyRecord['made'], { negotiationId: string }>;

/** What the key of the request has made before, or that it was used for something else. */
function keyOf({ store }: Turn, { party, idempotency }: Keyed): MadeInNegotiation | 'reused' | undefined {
	const known = idempotency && store.keys.find({ vo: party.vo, party: party.name }, idempotency.key);
	if (known === undefined) return undefined;
	if (known.fingerprint !== idempotency!.fingerprint || 'agreementId' in known.made) return 'reused';
	return known.made;
}

function remember({ store, now }: Turn, { party, idempotency }: Keyed, made: MadeInNegotiation): void {
	const { key, fingerprint } = idempotency!;
	store.keys.insert({ vo: party.vo, party: party.name, key, fingerprint, made, createdAt: now });
}

function retired({ name, id }: { readonly name: string; readonly id: string }): Reason {
	const remedy = { text: 'name a template that is published' };
	return { code: 'TEMPLATE_RETIRED', message: `The template ${name} ${id} takes no more offers.`, remedy };
}

function refuse(turn: Turn, reasons: readonly Reason[]): Refused {
	return { kind: 'refused', reasons, calendarVersion: turn.ledger.version };
}
