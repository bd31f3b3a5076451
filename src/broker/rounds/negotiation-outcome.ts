/** What is asked about negotiations and what is answered, as plain values. */

import type { Offer } from '../../agreement/offer/offer.ts';
import type { NegotiationOfferState } from '../../agreement/rounds/negotiation-offer.ts';
import type { Party } from '../../identity/party.ts';
import type {
	HoldRecord,
	NegotiationOfferRecord,
	NegotiationRecord,
	WrittenOffer,
} from '../../store/negotiation-records.ts';
import type { TemplateName } from '../../store/records.ts';
import type {
	ChangePermission,
	DocumentTree,
	Forbidden,
	IdempotencyKey,
	Invalid,
	NotFound,
	Refused,
	Stale,
	UnknownTemplate,
} from '../outcome.ts';

export interface InitiateRequest {
	readonly party: Party;
	/** What all offers must be made from; absent: any template that is published. */
	readonly template?: TemplateName;
	/** What is to be changed; absent: something new is negotiated. */
	readonly renegotiates?: ChangePermission & { readonly agreementId: string };
	/** Epoch seconds; later than the site allows, it ends as late as that. */
	readonly expirationAt?: number;
	/** The NegotiationContext, where one came. */
	readonly contextXml?: string;
	readonly idempotency?: IdempotencyKey;
}

/** An offer on its way to the tree. */
export interface SentOffer {
	/** What would be agreed to, as a wsag:AgreementOffer. */
	readonly offer: Offer;
	/** The document as it came: that offer, or a NegotiationOffer with its context and what it demands of its answers. */
	readonly tree: DocumentTree;
	readonly state: NegotiationOfferState;
	/** How its initiator calls it (`isOfferId`); absent: the site names it. */
	readonly offerId?: string;
	/** The offer that it answers, by its id; the template where it is absent or names the template. */
	readonly counterOfferTo?: string;
	/** Of one that rejects what it answers: why, for people. */
	readonly why?: string;
	/** Until when what answers it shall be held; sooner where the site does not hold so long. */
	readonly expirationAt?: number;
}

export interface NegotiateRequest {
	readonly party: Party;
	readonly negotiationId: string;
	readonly offers: readonly SentOffer[];
	readonly ifMatch?: number;
	readonly idempotency?: IdempotencyKey;
}

export interface EndNegotiationRequest {
	readonly party: Party;
	readonly negotiationId: string;
	readonly ifMatch?: number;
	readonly reason?: string;
}

/** A negotiation with all that belongs to it. */
export interface NegotiationTree {
	readonly negotiation: NegotiationRecord;
	/** In the order in which they were made. */
	readonly offers: readonly NegotiationOfferRecord[];
	/** The document of one of them as it is kept (`keptTree`): a tree has many times what should be looked at at once. */
	readonly textOf: (offer: NegotiationOfferRecord) => string;
	/** What is held at the moment. */
	readonly holds: readonly HoldRecord[];
}

/** One offer that was sent, with what answers it. */
export interface AnsweredOffer {
	readonly offer: WrittenOffer;
	readonly counterOffers: readonly WrittenOffer[];
}

type NegotiationRefusal = Refused | NotFound | Forbidden | Stale | { readonly kind: 'key-reused' };

export type InitiateOutcome =
	| { readonly kind: 'initiated'; readonly negotiation: NegotiationRecord; readonly replayed: boolean }
	| UnknownTemplate
	| NegotiationRefusal;

export type NegotiateOutcome =
	| {
			readonly kind: 'answered';
			readonly negotiation: NegotiationRecord;
			readonly answers: readonly AnsweredOffer[];
			readonly replayed: boolean;
	  }
	| Invalid
	| UnknownTemplate
	| NegotiationRefusal;

export type EndNegotiationOutcome =
	| { readonly kind: 'changed'; readonly negotiation: NegotiationRecord }
	| NegotiationRefusal;
