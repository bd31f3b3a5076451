/** The tree of offers: what answers what, which of them can be agreed to, and what is told of them. */
import { createHash } from 'node:crypto';
import { mayAnswer, type NegotiationBase } from '../agreement/rounds/negotiation-states.ts';
import { isSameDocument } from '../agreement/same-document.ts';
import type { Reason } from '../negotiation/decision.ts';
import type { JsonValue, NegotiationOfferRecord, NegotiationRecord } from '../store/records.ts';
import type { Turn } from './desk.ts';
import { isHeld } from './holds.ts';
import type { AnsweredOffer, SentOffer } from './negotiation-outcome.ts';
import type { DocumentTree, NegotiatedOffer } from './outcome.ts';

/** What it answers; undefined where there is no such offer in the tree. A template may be named in several ways. */
export function baseOf(
	{ store }: Turn,
	{ id }: NegotiationRecord,
	{ counterOfferTo, offer }: SentOffer,
): NegotiationOfferRecord | 'template' | undefined {
	const { templateId, templateName } = offer.context;
	const names = [templateId, templateName, `${templateName}/${templateId}`, `${templateId}-${templateName}`];
	if (counterOfferTo === undefined || names.includes(counterOfferTo)) return 'template';
	return store.negotiations.findOffer(id, counterOfferTo);
}

/** Why some of the offers cannot enter the tree. */
export function treeObstacles(turn: Turn, negotiation: NegotiationRecord, sent: readonly SentOffer[]): Reason[] {
	if (negotiation.state !== 'Open') {
		const message = `A negotiation that is ${negotiation.state} takes no more offers.`;
		return [{ code: 'STATE_FORBIDS', message, available: negotiation.state }];
	}
	const rejected = new Set<string>();
	return sent.flatMap((each): Reason[] => {
		const { templateName, templateId } = each.offer.context;
		const { template } = negotiation;
		if (template !== undefined && (template.name !== templateName || template.id !== templateId)) {
			const message = `This negotiation is about the template ${template.name}/${template.id}.`;
			return [
				{ code: 'OFFER_DIFFERS', message, path: each.offer.context.path, asked: `${templateName}/${templateId}` },
			];
		}
		const base = baseOf(turn, negotiation, each);
		if (base === undefined) {
			const named = each.counterOfferTo!;
			const message =
				named === ''
					? 'CounterOfferTo is empty: it names an offer of this negotiation, or the template.'
					: `There is no offer ${named} in this negotiation to answer.`;
			return [{ code: 'STATE_FORBIDS', message, asked: named }];
		}
		const answered: NegotiationBase =
			base === 'template' ? base : { creator: base.creator, state: rejected.has(base.id) ? 'Rejected' : base.state };
		if (base !== 'template' && each.state === 'Rejected') rejected.add(base.id);
		if (mayAnswer(answered, 'NegotiationInitiator', each.state) && !isTaken(base)) return [];
		const what = answered === 'template' ? 'the template' : `an offer that is ${answered.state}`;
		const message = isTaken(base)
			? 'An offer that was agreed to is not answered any more.'
			: `An offer that is ${each.state} cannot answer ${what}.`;
		const available = answered === 'template' ? answered : answered.state;
		return [{ code: 'STATE_FORBIDS', message, asked: each.state, available }];
	});
}

function isTaken(base: NegotiationOfferRecord | 'template'): boolean {
	return base !== 'template' && base.agreementId !== undefined;
}

/** Why an offer of the tree cannot be agreed to. */
export function acceptanceObstacle(
	negotiation: NegotiationRecord,
	offer: NegotiationOfferRecord,
	tree: DocumentTree,
	now: number,
): Reason | undefined {
	const forbids = (message: string, available: string): Reason => ({ code: 'STATE_FORBIDS', message, available });
	if (offer.agreementId !== undefined) {
		return forbids(`It was agreed to already: agreement ${offer.agreementId}.`, offer.agreementId);
	}
	if (negotiation.state !== 'Open') return forbids(`The negotiation is ${negotiation.state}.`, negotiation.state);
	const hasExpired = offer.reasons.some(({ code }) => code === 'OFFER_EXPIRED') && offer.state !== 'Rejected';
	if (hasExpired || (isHeld(offer) && offer.expirationAt! <= now)) {
		const message = 'The offer is no longer held. Ask for it again: it may still be had.';
		return { code: 'OFFER_EXPIRED', message, resource: 'time', asked: now, limit: offer.expirationAt! };
	}
	if (!isHeld(offer)) {
		return forbids(
			`Only an offer of the site that is Acceptable can be agreed to; this one is ${offer.state}.`,
			offer.state,
		);
	}
	return isSameDocument(JSON.parse(offer.tree) as DocumentTree, tree) ? undefined : differs();
}

/** What is to be agreed to is not what was offered. */
/** What is to be agreed to is not what was offered. */
export function differs(): Reason {
	const message = 'This is not the offer that is held: send it as it was answered, or ask for what you want instead.';
	return { code: 'OFFER_DIFFERS', message };
}

/** The offer of the site that is meant; of several that say the same one that is held. */
export function negotiatedOffer(
	{ store }: Turn,
	negotiated: NegotiatedOffer,
	tree: DocumentTree,
): NegotiationOfferRecord | undefined {
	if ('offerId' in negotiated) return store.negotiations.findOffer(negotiated.negotiationId, negotiated.offerId);
	const { negotiationId, counterOfferTo } = negotiated;
	const same = store.negotiations.offersOf(negotiationId).filter((offer) => {
		const isNamed = offer.counterOfferTo === counterOfferTo || offer.id === counterOfferTo;
		return isNamed && offer.creator === 'NegotiationResponder' && isSameDocument(JSON.parse(offer.tree), tree);
	});
	return same.find(isHeld) ?? same[0];
}

/** Of an answered offer, what its history says. */
export function told({ offer, counterOffers }: AnsweredOffer): JsonValue {
	return {
		id: offer.id,
		state: offer.state,
		counterOfferTo: offer.counterOfferTo,
		digest: `sha256:${createHash('sha256').update(offer.tree).digest('hex')}`,
		counterOffers: counterOffers.map(({ id, state, reasons, proposal, holdId, expirationAt }) => ({
			id,
			state,
			reasons: reasons.map(({ code }) => code),
			grant: proposal && (JSON.parse(JSON.stringify(proposal.grant)) as JsonValue),
			machines: proposal?.placement.machines.map(({ host, count }) => ({ host, count })),
			hold: holdId,
			expirationAt,
		})),
	};
}

/** The offers of these ids with what answered them. */
export function answersOf({ store }: Turn, { id }: NegotiationRecord, offerIds: readonly string[]): AnsweredOffer[] {
	const tree = store.negotiations.offersOf(id);
	return offerIds.map((offerId) => ({
		offer: tree.find((each) => each.id === offerId)!,
		counterOffers: tree.filter(({ counterOfferTo, creator }) => {
			return counterOfferTo === offerId && creator === 'NegotiationResponder';
		}),
	}));
}
