/** The face of negotiations for whoever stands at the door: plain values in, plain values out. */
import { withoutAbsent } from '../../agreement/document.ts';
import { keptText, keptTree } from '../../agreement/kept-document.ts';
import { demandsOf } from '../../agreement/rounds/negotiation-offer.ts';
import { shareOfEach } from '../../agreement/template/check-budget.ts';
import type { Price } from '../../agreement/terms/quote.ts';
import type { Party } from '../../identity/party.ts';
import { may, reachOf } from '../../identity/party.ts';
import { part } from '../../parts.ts';
import type { NegotiationOfferRecord, NegotiationRecord } from '../../store/negotiation-records.ts';
import type { HistoryEntry } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { PAGE_DEFAULT, PAGE_MAX } from '../access.ts';
import type { Desk } from '../desk.ts';
import type { Offers } from '../offers.ts';
import type { Page } from '../outcome.ts';
import {
	type Answer,
	ASKED_TIMES_MAX,
	type Asking,
	askedAbout,
	isUnmoved,
	momentOf,
	saidToEach,
	withSaid,
} from '../review.ts';
import { isHeld } from './holds.ts';
import type {
	AnsweredOffer,
	EndNegotiationOutcome,
	EndNegotiationRequest,
	InitiateOutcome,
	InitiateRequest,
	NegotiateOutcome,
	NegotiateRequest,
	NegotiationTree,
} from './negotiation-outcome.ts';
import type { Negotiations, WrittenRequest } from './negotiations.ts';

type PreparedOffer = ReturnType<Offers['prepare']>;

interface NegotiationDeskParts {
	readonly store: Store;
	readonly site: string;
	readonly desk: Desk;
	readonly offers: Offers;
	readonly negotiations: Negotiations;
	/** The site's own policy, if it has one. */
	readonly asking: Asking | undefined;
}

/**
 * Answers are values; thrown is what the desk throws. What is told has been committed, with what is held: an offer that
 * is Acceptable is honoured until its `expirationAt` (H3). Negotiations of others are not there (H9).
 */
export class NegotiationDesk {
	readonly #parts: NegotiationDeskParts;

	constructor(parts: NegotiationDeskParts) {
		this.#parts = parts;
	}

	/** Begins a negotiation: of something new, or of an agreement that is to be changed. */
	async initiate(request: InitiateRequest): Promise<InitiateOutcome> {
		const { desk, negotiations } = this.#parts;
		return desk.write((turn) => negotiations.initiate(turn, request));
	}

	/** Sends offers, and has each of them answered by its counter-offers. All of them are taken or none. */
	async negotiate(request: NegotiateRequest): Promise<NegotiateOutcome> {
		const { desk, negotiations, offers } = this.#parts;
		const texts = await desk.deliberate(() => textsOf(request));
		const share = shareOfEach(request.offers.filter(({ state }) => state !== 'Rejected').length);
		const read = await desk.deliberate(() =>
			request.offers.map(({ offer, tree, state }) => {
				const known = state === 'Rejected' ? undefined : offers.prepare(offer, share);
				return known?.kind === 'prepared' ? { ...known, demands: demandsOf(tree) } : known;
			}),
		);
		const prepared = await this.#reviewed({ ...request, texts }, read);
		// What one offer has written is in the way of breaking off the decision on the next one beside others.
		const alone = texts.length > 1 ? 'alone' : 'together';
		return desk.write((turn) => negotiations.negotiate(turn, { ...request, texts }, prepared), alone);
	}

	/** The offers of the request, with what the site's own policy says to each and to what would answer it. */
	async #reviewed(request: WrittenRequest, read: readonly (PreparedOffer | undefined)[]): Promise<typeof read> {
		const { desk, negotiations, asking, store } = this.#parts;
		if (asking === undefined) return read;
		const { party, negotiationId, offers } = request;
		const about = store.negotiations.find(negotiationId)?.renegotiates;
		const sending = { party, ...about };
		let under = await Promise.all(
			read.map(async (each, nth) => {
				if (each?.kind !== 'prepared') return each;
				const asked = { ...sending, offer: each.offer };
				const at = desk.now();
				const provisional = await desk.evaluate((turn) => {
					return negotiations.evaluate(turn, negotiationId, offers[nth]!, asked, each);
				});
				return askedAbout(asking, each, sending, provisional, at);
			}),
		);
		for (let times = 1; times < ASKED_TIMES_MAX; times += 1) {
			const moment = momentOf(asking);
			const rehearsed = under.map((each) => (each?.kind === 'prepared' ? { ...each, isRehearsal: true } : each));
			const found = await desk.evaluate((turn) => {
				const calendarVersion = turn.ledger.version;
				return { ...negotiations.negotiate(turn, request, rehearsed), calendarVersion };
			});
			if (found.kind !== 'answered' || found.replayed) break;
			const { calendarVersion } = found;
			const priceBefore = about && store.agreements.find(about.agreementId)?.price;
			const said = await Promise.all(
				under.map(async (each, nth) => {
					if (each?.kind !== 'prepared') return [];
					const answers = answersOf(desk, found.answers[nth]!, priceBefore);
					return saidToEach(asking, each, sending, answers, moment.at, calendarVersion);
				}),
			);
			if (said.every((each) => each.length === 0)) break;
			under = under.map((each, nth) => (each?.kind === 'prepared' ? withSaid(each, said[nth]!) : each));
			// In the place of what is denied something else may be held.
			const isAllowed = said.flat().every(({ verdict }) => verdict.kind === 'allow');
			if (isAllowed && isUnmoved(asking, moment)) break;
		}
		return under;
	}

	/** Lets the site know of offers without an answer: what is rejected is no longer held. */
	async advertise(request: NegotiateRequest): Promise<NegotiateOutcome> {
		const { desk, negotiations } = this.#parts;
		const texts = await desk.deliberate(() => textsOf(request));
		return desk.write((turn) => negotiations.advertise(turn, { ...request, texts }));
	}

	/** Ends a negotiation and frees what it holds; one that has ended stays as it is. */
	async terminate(request: EndNegotiationRequest): Promise<EndNegotiationOutcome> {
		const { desk, negotiations } = this.#parts;
		return desk.write((turn) => negotiations.terminate(turn, request));
	}

	/** The whole tree as it is now, whether time's decisions have been written or not; undefined: none to see. */
	read(party: Party, negotiationId: string): NegotiationTree | undefined {
		const { store, desk } = this.#parts;
		const negotiation = store.negotiations.find(negotiationId);
		if (negotiation === undefined || !may(party, 'agreement.see', negotiation)) return undefined;
		const now = desk.now();
		const offers = store.negotiations.offersOf(negotiationId).map((offer) => offerAt(offer, negotiation, now));
		const held = new Set(offers.filter(isHeld).map(({ holdId }) => holdId));
		const holds = store.holds.of(negotiationId).filter(({ id }) => held.has(id));
		const textOf = (offer: NegotiationOfferRecord) => store.negotiations.textOf(offer);
		return { negotiation: negotiationAt(negotiation, now), offers, textOf, holds };
	}

	/** The negotiations that the party may see, newest first, without their trees. */
	list({ party, after, limit = PAGE_DEFAULT }: ListNegotiations): Page<NegotiationRecord> {
		const { store, desk } = this.#parts;
		const reach = reachOf(party, 'agreement.see');
		if (reach === 'none') return { items: [] };
		const size = Math.max(1, Math.min(limit, PAGE_MAX));
		const found = store.negotiations.list({
			...(reach === 'site' ? {} : { vo: party.vo }),
			...(reach === 'own' ? { party: party.name } : {}),
			...(after === undefined ? {} : { after }),
			limit: size + 1,
		});
		const items = found.slice(0, size).map((negotiation) => negotiationAt(negotiation, desk.now()));
		return found.length > size ? { items, next: items.at(-1)!.id } : { items };
	}

	/** What happened to a negotiation, in order; undefined where there is none to see. */
	history(party: Party, negotiationId: string, after = 0, limit = PAGE_MAX): readonly HistoryEntry[] | undefined {
		const { store, site } = this.#parts;
		const negotiation = store.negotiations.find(negotiationId);
		if (negotiation === undefined || !may(party, 'agreement.see', negotiation)) return undefined;
		return store.history.list({ site, agreementId: negotiationId, after, limit: Math.min(limit, PAGE_MAX) });
	}
}

/** What the site would answer to one offer, each as the offer that it is. */
function answersOf(desk: Desk, { counterOffers }: AnsweredOffer, priceBefore: Price | undefined): readonly Answer[] {
	return counterOffers.flatMap(({ proposal, text }) => {
		if (proposal === undefined) return [];
		const { grant, placement, effects, price } = proposal;
		const accepted = { grant, placement, effects, ...withoutAbsent({ price, priceBefore }) };
		return [{ what: proposal, tree: () => desk.deliberate(() => part(() => keptTree(text))), accepted }];
	});
}

/** The documents as they are kept. */
function textsOf({ offers }: NegotiateRequest): readonly string[] {
	return offers.map(({ tree }) => part(() => keptText(tree)));
}

interface ListNegotiations {
	readonly party: Party;
	/** `next` of the page before. */
	readonly after?: string;
	readonly limit?: number;
}

function negotiationAt(negotiation: NegotiationRecord, now: number): NegotiationRecord {
	if (negotiation.state !== 'Open' || negotiation.expirationAt > now) return negotiation;
	return { ...negotiation, state: 'Expired', stateReason: 'The ExpirationTime of the negotiation has passed.' };
}

function offerAt(offer: NegotiationOfferRecord, negotiation: NegotiationRecord, now: number): NegotiationOfferRecord {
	if (!isHeld(offer) || Math.min(offer.expirationAt!, negotiation.expirationAt) > now) return offer;
	const message = 'It is no longer held: its ExpirationTime has passed. Ask for it again.';
	return { ...offer, state: 'Advisory', reasons: [{ code: 'OFFER_EXPIRED', message }] };
}
