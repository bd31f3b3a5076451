/**
 * The states of negotiation offers (GFD.193): what may become of an offer, and who may answer what with what. One table
 * each. The answers are taken from recollection of the specification, not from its text; where they are ours alone it
 * is said, and no conformance is claimed for them.
 */
import type { NegotiationRole } from './negotiation-context.ts';
import type { NegotiationOfferState } from './negotiation-offer.ts';

export const NEGOTIATION_ROLES: readonly NegotiationRole[] = ['NegotiationInitiator', 'NegotiationResponder'];

/**
 * The state that may come next in one and the same offer. Advisory binds nobody and may be incomplete. Solicited wants
 * an answer that is Acceptable or Rejected. Acceptable would be agreed to as it is; where the responder says so it also
 * holds the capacity (a promise of this site: in GFD.193 offers bind nobody). Rejected is the end of its branch. What was Acceptable steps back to Advisory when it is no
 * longer held: it can be returned to and asked for again.
 */
export const NEGOTIATION_OFFER_TRANSITIONS: Readonly<Record<NegotiationOfferState, readonly NegotiationOfferState[]>> =
	{
		Advisory: ['Rejected'],
		Solicited: ['Rejected'],
		Acceptable: ['Advisory', 'Rejected'],
		Rejected: [],
	};

export const NEGOTIATION_OFFER_STATES = Object.keys(NEGOTIATION_OFFER_TRANSITIONS) as readonly NegotiationOfferState[];

/** What an offer answers: the template that is the root of the tree, or an earlier offer. */
export type NegotiationBase = 'template' | { readonly creator: NegotiationRole; readonly state: NegotiationOfferState };

/**
 * Whether the one may answer this with an offer in that state. The initiator may also return to any earlier offer that
 * is not rejected, its own ones included, with whatever it asks now (ours). The responder answers the initiator's
 * offers alone: what asks for nothing is evaluated and nothing is held, what is Solicited or Acceptable is answered
 * Acceptable or Rejected; and beside one of these, what could be had and is not held is told Advisory (ours).
 */
export function mayAnswer(base: NegotiationBase, by: NegotiationRole, state: NegotiationOfferState): boolean {
	if (base === 'template') return by === 'NegotiationInitiator' && TO_TEMPLATE.includes(state);
	if (by === 'NegotiationInitiator') return RETURNS[base.state].includes(state);
	return base.creator === 'NegotiationInitiator' && ANSWERS[base.state].includes(state);
}

/** A template is not an offer that somebody made: it can be taken up, not rejected. */
const TO_TEMPLATE: readonly NegotiationOfferState[] = ['Advisory', 'Solicited', 'Acceptable'];

const RETURNS: Readonly<Record<NegotiationOfferState, readonly NegotiationOfferState[]>> = {
	Advisory: ['Advisory', 'Solicited', 'Acceptable', 'Rejected'],
	Solicited: ['Advisory', 'Solicited', 'Acceptable', 'Rejected'],
	Acceptable: ['Advisory', 'Solicited', 'Acceptable', 'Rejected'],
	Rejected: [],
};

const ANSWERS: Readonly<Record<NegotiationOfferState, readonly NegotiationOfferState[]>> = {
	Advisory: ['Advisory', 'Rejected'],
	Solicited: ['Acceptable', 'Rejected', 'Advisory'],
	Acceptable: ['Acceptable', 'Rejected', 'Advisory'],
	Rejected: [],
};

/** Agreed: the agreement that it was about is superseded by the one that was made from it. */
export type NegotiationState = 'Open' | 'Agreed' | 'Terminated' | 'Expired';

/** A negotiation of something new stays open when an agreement is made from it: others may follow. */
export const NEGOTIATION_TRANSITIONS: Readonly<Record<NegotiationState, readonly NegotiationState[]>> = {
	Open: ['Agreed', 'Terminated', 'Expired'],
	Agreed: [],
	Terminated: [],
	Expired: [],
};
