/** What the site remembers of negotiations in rounds: the negotiation, its tree of offers, what is held for them. */
import type { NegotiationRole } from '../agreement/rounds/negotiation-context.ts';
import type { NegotiationOfferState } from '../agreement/rounds/negotiation-offer.ts';
import type { NegotiationState } from '../agreement/rounds/negotiation-states.ts';
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import type { Price } from '../agreement/terms/quote.ts';
import type { Rationale } from '../agreement/terms/rationale.ts';
import type { ServiceGrant } from '../agreement/terms/service.ts';
import type { Placement } from '../capacity/resources.ts';
import type { GangPlacement } from '../capacity/search/gang.ts';
import type { TemplateName } from './records.ts';

/** A negotiation in rounds: between its party and the site, about something new or about an agreement that there is. */
export interface NegotiationRecord {
	readonly id: string;
	readonly site: string;
	readonly party: string;
	readonly vo: string;
	/** What its offers must be made from; absent: any template. */
	readonly template?: TemplateName;
	/** Of a renegotiation. */
	readonly renegotiates?: RenegotiatedAgreement;
	/** The NegotiationContext as it came, where one came. */
	readonly contextXml?: string;
	readonly state: NegotiationState;
	readonly stateReason?: string;
	readonly expirationAt: number;
	readonly createdAt: number;
	readonly updatedAt: number;
	/** Counts the changes of this record and of its offers; the ETag. */
	readonly version: number;
	readonly headHash: string;
}

export interface RenegotiatedAgreement {
	readonly agreementId: string;
	readonly allowRestart?: boolean;
	readonly allowMove?: boolean;
}

/** A node of the offer tree, without its document. */
export interface NegotiationOfferRecord {
	/** Its name within the negotiation: the initiator's own where it gave one, otherwise one that no other offer has. */
	readonly id: string;
	readonly negotiationId: string;
	/** The offer that it answers or returns to; absent: the template. */
	readonly counterOfferTo?: string;
	readonly creator: NegotiationRole;
	readonly state: NegotiationOfferState;
	/** Why it is not as its sender wanted it, and why it is no longer held. */
	readonly reasons: readonly RecordedReason[];
	/** What the site proposes; absent in what the initiator sent and where nothing can be had. */
	readonly proposal?: Proposal;
	/** The group that it is held with, also when it is no longer held. */
	readonly holdId?: string;
	/** What was made from it. */
	readonly agreementId?: string;
	/** Of what is held: until then, and not at that second any more. */
	readonly expirationAt?: number;
	readonly createdAt: number;
	readonly updatedAt: number;
	/** The length of its document, where it was read from the store. */
	readonly bytes?: number;
}

/** A node with its document, which never changes. */
export interface WrittenOffer extends NegotiationOfferRecord {
	/** The document as it is kept: of the site a wsag:AgreementOffer, of the initiator what it sent. */
	readonly text: string;
}

/** A reason of the judgement, kept with all that it says. */
export interface RecordedReason {
	readonly code: string;
	readonly message: string;
}

export interface Proposal {
	/** 1 is the best of those that answer one offer. */
	readonly rank: number;
	/** `as-asked`, or the kind of the alternative. */
	readonly kind: string;
	readonly grant: ServiceGrant;
	/** Names of the terms that it chooses, where the offer leaves a choice open; absent in what an older broker proposed. */
	readonly branch?: readonly string[];
	readonly placement: GangPlacement;
	/** What machines of services that it leaves out keep, at the most: whenever it is agreed to. Absent: nothing. */
	readonly kept?: readonly Placement[];
	readonly differences: readonly RecordedDifference[];
	readonly effects: readonly ChangeEffect[];
	/** Absent where the site has no prices. */
	readonly price?: Price;
	/** Why it is as it is; absent in what was proposed by an older broker. */
	readonly because?: readonly Rationale[];
}

export interface RecordedDifference {
	readonly field: string;
	/** Where there are several. */
	readonly serviceName?: string;
	readonly asked: number | string;
	readonly offered: number | string;
}

/** An exclusive group of offers that are held together: one of them may be had. */
export interface HoldRecord {
	readonly id: string;
	readonly negotiationId: string;
	readonly party: string;
	readonly vo: string;
	/** How much of the site it takes for how long, in seconds of the whole site. */
	readonly siteSeconds: number;
	/** The same at its largest; absent where it was never booked. */
	readonly mostSeconds?: number;
	/** Which part of the site it took at once, at its largest: of the scarcest resource, 1 is all of it. */
	readonly siteShare?: number;
	/** Bought: one of its offers was agreed to. Void: it ended by no deed of its party. */
	readonly state: 'held' | 'bought' | 'lapsed' | 'void';
	readonly heldAt: number;
	readonly endedAt?: number;
}

/** A page of negotiations: newest first, from after the one named. */
export interface NegotiationQuery {
	readonly vo?: string;
	readonly party?: string;
	/** The id of the last one of the page before. */
	readonly after?: string;
	readonly limit: number;
}
