/** The tree of offers: what answers what, which of them can be agreed to, and what is told of them. */
import { createHash } from 'node:crypto';
import { placeInOfferContext, placeOfOfferId } from '../../agreement/rounds/negotiation-offer.ts';
import { mayAnswer, type NegotiationBase } from '../../agreement/rounds/negotiation-states.ts';
import type { DocumentDifference } from '../../agreement/same-document.ts';
import type { Reason } from '../../negotiation/decision.ts';
import type { NegotiationOfferRecord, NegotiationRecord, WrittenOffer } from '../../store/negotiation-records.ts';
import type { JsonValue } from '../../store/records.ts';
import { hostsTold } from '../machines.ts';
import type { NegotiatedOffer } from '../outcome.ts';
import type { Turn } from '../turn.ts';
import { DIFFERENCES_TOLD_MAX, type Differing } from './comparison.ts';
import { isHeld, isTold } from './holds.ts';
import type { AnsweredOffer, SentOffer } from './negotiation-outcome.ts';

/** What it answers: an offer of the tree, or else the template; undefined where neither is called so. */
export function baseOf(
	{ store }: Turn,
	{ id }: NegotiationRecord,
	{ counterOfferTo, offer }: SentOffer,
): NegotiationOfferRecord | 'template' | undefined {
	if (counterOfferTo === undefined) return 'template';
	const answered = store.negotiations.findOffer(id, counterOfferTo);
	return answered ?? (templateNames(offer).includes(counterOfferTo) ? 'template' : undefined);
}

/** The offer and all that was answered to it and to that, as far as it stands: neither rejected nor agreed to. */
export function branchOf({ store }: Turn, root: NegotiationOfferRecord): readonly NegotiationOfferRecord[] {
	const branch = new Set([root.id]);
	// An offer comes after the one that it answers.
	return store.negotiations.offersOf(root.negotiationId).filter(({ id, counterOfferTo, state, agreementId }) => {
		if (counterOfferTo !== undefined && branch.has(counterOfferTo)) branch.add(id);
		return branch.has(id) && state !== 'Rejected' && agreementId === undefined;
	});
}

/** How CounterOfferTo may name the template of an offer. */
function templateNames({ context: { templateId, templateName } }: SentOffer['offer']): readonly (string | undefined)[] {
	return [templateId, templateName, `${templateName}/${templateId}`, `${templateId}-${templateName}`];
}

/** Why some of the offers cannot enter the tree. */
export function treeObstacles(turn: Turn, negotiation: NegotiationRecord, sent: readonly SentOffer[]): Reason[] {
	if (negotiation.state !== 'Open') {
		const message = `A negotiation that is ${negotiation.state} takes no more offers.`;
		return [{ code: 'STATE_FORBIDS', message, available: negotiation.state }];
	}
	const rejected = new Set<string>();
	return sent.flatMap((each, nth): Reason[] => {
		const { templateName, templateId } = each.offer.context;
		const { template } = negotiation;
		if (template !== undefined && (template.name !== templateName || template.id !== templateId)) {
			const message = `This negotiation is about the template ${template.name}/${template.id}.`;
			return [
				{ code: 'OFFER_DIFFERS', message, path: each.offer.context.path, asked: `${templateName}/${templateId}` },
			];
		}
		const unnameable = nameObstacle(turn, negotiation, each, sent.slice(0, nth));
		if (unnameable !== undefined) return [unnameable];
		const base = baseOf(turn, negotiation, each);
		const named = each.counterOfferTo;
		const isAmongThem = named !== undefined && sent.some(({ offerId }) => offerId === named);
		if (base === undefined || isAmongThem) {
			const message =
				named === ''
					? 'CounterOfferTo is empty: it names an offer of this negotiation, or the template.'
					: isAmongThem
						? `The offer ${named} comes in this very message: what answers it comes in a later one.`
						: `There is no offer ${named} in this negotiation to answer.`;
			return [{ code: 'STATE_FORBIDS', message, ...placeOf(each, 'CounterOfferTo'), asked: named! }];
		}
		const answered: NegotiationBase =
			base === 'template' ? base : { creator: base.creator, state: rejected.has(base.id) ? 'Rejected' : base.state };
		if (base !== 'template' && each.state === 'Rejected') rejected.add(base.id);
		if (mayAnswer(answered, 'NegotiationInitiator', each.state) && !isTaken(base)) return [];
		const what = answered === 'template' ? 'the template' : `an offer that is ${answered.state}`;
		const place = placeOf(each, isTaken(base) ? 'CounterOfferTo' : 'State');
		const message = isTaken(base)
			? 'An offer that was agreed to is not answered any more.'
			: `An offer that is ${each.state} cannot answer ${what}.`;
		const available = answered === 'template' ? answered : answered.state;
		return [{ code: 'STATE_FORBIDS', message, ...place, asked: each.state, available }];
	});
}

/** Why an offer cannot be called as its initiator calls it: whatever CounterOfferTo names is one thing. */
function nameObstacle(
	{ store }: Turn,
	{ id }: NegotiationRecord,
	{ offerId, offer, tree, counterOfferTo }: SentOffer,
	before: readonly SentOffer[],
): Reason | undefined {
	if (offerId === undefined) return undefined;
	const path = offer.path === undefined ? undefined : placeOfOfferId({ tree, path: offer.path });
	const obstacle = (what: string): Reason => {
		const message = `${what}. Give this offer another OfferId, or none: then the site gives one.`;
		return { code: 'OFFER_ID_TAKEN', message, ...(path === undefined ? {} : { path }), asked: offerId };
	};
	if (templateNames(offer).includes(offerId)) return obstacle('CounterOfferTo would name the template so');
	if (before.some((other) => other.offerId === offerId)) {
		return obstacle('An offer before it in this message has the same OfferId');
	}
	if (store.negotiations.findOffer(id, offerId) === undefined) return undefined;
	return obstacle(
		offerId === counterOfferTo
			? 'It has the OfferId of the offer that it answers, and is an offer of its own'
			: 'Another offer of this negotiation has the same OfferId',
	);
}

/** Where the offer says this of itself. */
export function placeOf(
	{ offer: { path }, tree }: SentOffer,
	what: Parameters<typeof placeInOfferContext>[1],
): Pick<Reason, 'path'> {
	return path === undefined ? {} : { path: placeInOfferContext({ tree, path }, what) };
}

function isTaken(base: NegotiationOfferRecord | 'template'): boolean {
	return base !== 'template' && base.agreementId !== undefined;
}

/** Why an offer of the tree cannot be agreed to; none where it can. */
export function acceptanceObstacles(
	negotiation: NegotiationRecord,
	offer: NegotiationOfferRecord,
	differ: Differing,
	now: number,
): readonly Reason[] {
	const forbids = (message: string, available: string): Reason[] => [{ code: 'STATE_FORBIDS', message, available }];
	if (offer.agreementId !== undefined) {
		return forbids(`It was agreed to already: agreement ${offer.agreementId}.`, offer.agreementId);
	}
	if (negotiation.state !== 'Open') return forbids(`The negotiation is ${negotiation.state}.`, negotiation.state);
	const hasExpired = offer.reasons.some(({ code }) => code === 'OFFER_EXPIRED') && offer.state !== 'Rejected';
	if (hasExpired || (isHeld(offer) && offer.expirationAt! <= now)) {
		const message = 'The offer is no longer held. Ask for it again: it may still be had.';
		return [{ code: 'OFFER_EXPIRED', message, resource: 'time', asked: now, limit: offer.expirationAt! }];
	}
	if (!isHeld(offer) && !isTold(offer)) {
		const message = `An offer of the site can be agreed to while it is held, or was told Advisory; this one is ${offer.state}`;
		return forbids(`${message}${offer.holdId === undefined ? '' : ', and no longer held'}.`, offer.state);
	}
	return asReasons(differ(offer));
}

/** What is to be agreed to is not what was offered: each place in which it says something else. */
function asReasons(found: readonly DocumentDifference[]): Reason[] {
	const advice = 'send it as it was answered, or ask for what you want instead';
	const told = found.slice(0, DIFFERENCES_TOLD_MAX).map(({ path, found: asked, expected }): Reason => {
		const message = `This is not the offer that was answered, which has ${expected} here: ${advice}.`;
		return { code: 'OFFER_DIFFERS', message, path, asked, limit: expected };
	});
	if (found.length === told.length) return told;
	const message = `It differs in more places than the ${DIFFERENCES_TOLD_MAX} that are told: ${advice}.`;
	return [...told, { code: 'OFFER_DIFFERS', message }];
}

/** Why nothing that answers the offer that is named is what is to be agreed to: where it differs from what is most like it. */
export function differencesFrom(turn: Turn, negotiated: NegotiatedOffer, differ: Differing): readonly Reason[] {
	const answers = answersNamed(turn, negotiated);
	const [meant = []] = [answers.filter(isHeld), answers.filter(isTold), answers].filter(({ length }) => length > 0);
	const [nearest] = meant.map((offer) => asReasons(differ(offer))).sort((one, other) => one.length - other.length);
	if (nearest !== undefined) return nearest;
	const message = 'This names neither an offer of the site in this negotiation nor one that it has answered.';
	return [{ code: 'OFFER_DIFFERS', message, asked: nameIn(negotiated) }];
}

/** The offer of the site that is meant; of several that say the same one that is held, or else told of. */
export function negotiatedOffer(
	turn: Pick<Turn, 'store'>,
	negotiated: NegotiatedOffer,
	differ: Differing,
): NegotiationOfferRecord | undefined {
	const candidates = candidatesFor(turn, negotiated);
	const [first] = candidates;
	if (first !== undefined && isNamed(first, negotiated)) return first;
	const same = candidates.filter((offer) => differ(offer).length === 0);
	return same.find(isHeld) ?? same.find(isTold) ?? same[0];
}

/** Those of the site's offers that may be meant: the one that is named, or else all that answer the one that is. */
export function candidatesFor(
	turn: Pick<Turn, 'store'>,
	negotiated: NegotiatedOffer,
): readonly NegotiationOfferRecord[] {
	const answers = answersNamed(turn, negotiated);
	const named = answers.find((offer) => isNamed(offer, negotiated));
	return named === undefined ? answers : [named];
}

function isNamed({ id }: NegotiationOfferRecord, negotiated: NegotiatedOffer): boolean {
	return 'offerId' in negotiated && id === negotiated.offerId;
}

/** The offer of the site that is called so, and those that answer the offer that is. */
function answersNamed({ store }: Pick<Turn, 'store'>, negotiated: NegotiatedOffer): NegotiationOfferRecord[] {
	const name = nameIn(negotiated);
	return store.negotiations.offersOf(negotiated.negotiationId).filter(({ id, creator, counterOfferTo }) => {
		return creator === 'NegotiationResponder' && (counterOfferTo === name || id === name);
	});
}

function nameIn(negotiated: NegotiatedOffer): string {
	return 'offerId' in negotiated ? negotiated.offerId : negotiated.counterOfferTo;
}

/** Of an answered offer, what its history says. */
export function told({ offer, counterOffers }: AnsweredOffer): JsonValue {
	return {
		id: offer.id,
		state: offer.state,
		counterOfferTo: offer.counterOfferTo,
		digest: `sha256:${createHash('sha256').update(offer.text).digest('hex')}`,
		counterOffers: counterOffers.map(({ id, state, reasons, proposal, holdId, expirationAt }) => ({
			id,
			state,
			reasons: reasons.map(({ code }) => code),
			grant: proposal && (JSON.parse(JSON.stringify(proposal.grant)) as JsonValue),
			machines: proposal && hostsTold(proposal.placement),
			hold: holdId,
			expirationAt,
		})),
	};
}

/** The offers of these ids with what answered them. */
export function answersOf(turn: Turn, { id }: NegotiationRecord, offerIds: readonly string[]): AnsweredOffer[] {
	const tree = turn.store.negotiations.offersOf(id);
	const written = (offer: NegotiationOfferRecord): WrittenOffer => ({ ...offer, text: textOf(turn, offer) });
	return offerIds.map((offerId) => ({
		offer: written(tree.find((each) => each.id === offerId)!),
		counterOffers: tree
			.filter(({ counterOfferTo, creator }) => counterOfferTo === offerId && creator === 'NegotiationResponder')
			.map(written),
	}));
}

function textOf({ store }: Pick<Turn, 'store'>, offer: NegotiationOfferRecord): string {
	return store.negotiations.textOf(offer);
}
