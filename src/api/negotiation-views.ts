/** Negotiations as the API shows them in JSON. Shapes: docs/openapi.json. */
import { toJson } from '../agreement/to-json.ts';
import type { DocumentTree } from '../broker/outcome.ts';
import type { AnsweredOffer, NegotiationTree } from '../broker/rounds/negotiation-outcome.ts';
import type { Reason } from '../negotiation/decision.ts';
import { writeCanonical } from '../xml/writer.ts';
import { grantView, hostsView, priceView } from './agreement-views.ts';
import { differenceView, reasonView } from './decision-views.ts';
import type { Form } from './requests.ts';
import { instant } from './views.ts';

type Negotiation = NegotiationTree['negotiation'];
type OfferNode = NegotiationTree['offers'][number];

export function negotiationView(negotiation: Negotiation): Record<string, unknown> {
	const { id, state, stateReason, template, renegotiates, party, vo } = negotiation;
	const { agreementId: agreement, ...permission } = renegotiates ?? {};
	return {
		id,
		type: renegotiates === undefined ? 'Negotiation' : 'Renegotiation',
		state,
		stateReason,
		template,
		agreement,
		...permission,
		party,
		vo,
		expiresAt: instant(negotiation.expirationAt),
		createdAt: instant(negotiation.createdAt),
		updatedAt: instant(negotiation.updatedAt),
		historyHead: negotiation.headHash,
	};
}

/** With all offers of the tree and what is held. */
export function negotiationTreeView({ negotiation, offers, holds }: NegotiationTree): Record<string, unknown> {
	return {
		...negotiationView(negotiation),
		offers: offers.map((offer) => offerView(offer, 'json')),
		holds: holds.map(({ id, siteSeconds, heldAt }) => ({
			id,
			siteSeconds,
			heldAt: instant(heldAt),
			offers: offers.filter(({ holdId, state }) => holdId === id && state === 'Acceptable').map((offer) => offer.id),
		})),
	};
}

export function answerView({ offer, counterOffers }: AnsweredOffer, form: Form): Record<string, unknown> {
	return { offer: offerView(offer, form), counterOffers: counterOffers.map((each) => offerView(each, form)) };
}

function offerView(offer: OfferNode, form: Form): Record<string, unknown> {
	const { id, counterOfferTo, creator, state, reasons, proposal, holdId, agreementId, expirationAt } = offer;
	const tree = JSON.parse(offer.tree) as DocumentTree;
	return {
		id,
		counterOfferTo,
		creator,
		state,
		...(reasons.length === 0 ? {} : { reasons: reasons.map((reason) => reasonView(reason as Reason)) }),
		...(proposal === undefined ? {} : proposalView(proposal)),
		hold: holdId,
		expiresAt: expirationAt === undefined ? undefined : instant(expirationAt),
		agreement: agreementId,
		createdAt: instant(offer.createdAt),
		...(form === 'xml' ? { offerXml: writeCanonical(tree) } : { offer: toJson(tree) }),
	};
}

function proposalView(proposal: NonNullable<OfferNode['proposal']>): Record<string, unknown> {
	const { rank, kind, grant, price, placement, differences, effects, because } = proposal;
	return {
		rank,
		kind,
		grant: grantView(grant),
		price: priceView(price),
		hosts: hostsView(placement, grant),
		differences: differences.map(differenceView),
		because,
		...(effects.length === 0 ? {} : { effects }),
	};
}
