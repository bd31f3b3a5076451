/** What is asked of the broker and what it answers: answers are values, only failures of the machinery are thrown. */

import type { Reading } from '../agreement/document.ts';
import type { MadeChoice } from '../agreement/offer/choices.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import type { AgreementState } from '../agreement/properties/states.ts';
import type { Template } from '../agreement/template/template.ts';
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import type { Price } from '../agreement/terms/quote.ts';
import type { ServiceGrant, ServiceRequest } from '../agreement/terms/service.ts';
import type { GangPlacement } from '../capacity/search/gang.ts';
import type { Party } from '../identity/party.ts';
import type { Alternative, Because, Reason } from '../negotiation/decision.ts';
import type { AgreementRecord, ErrandKind, ImageRecord, TemplateName, TemplateRecord } from '../store/records.ts';

/** The element tree of a document. */
export type DocumentTree = Offer['tree'];

/** A key that the sender chose for a request, and a digest of all that makes it the same request again. */
export interface IdempotencyKey {
	readonly key: string;
	readonly fingerprint: string;
}

export interface CreateRequest {
	readonly party: Party;
	readonly offer: Offer;
	/** The document that `offer` was read from; kept as it is. */
	readonly offerXml: string;
	readonly idempotency?: IdempotencyKey;
	/** The offer of a negotiation that it is: one that is held is honoured (H3). */
	readonly negotiated?: NegotiatedOffer;
}

/** The same, its offer perhaps not read yet: a text is kept for less than what is read from it. */
export interface SentRequest extends Omit<CreateRequest, 'offer'> {
	readonly offer: Offer | (() => Offer);
}

/** By its id; or by that of what it answers: then it is the one that says the same. Only an `offerId` must be known. */
export type NegotiatedOffer = {
	readonly negotiationId: string;
	/** The agreement that its sender says it supersedes; absent: nothing is said of that. */
	readonly supersedes?: string;
} & ({ readonly offerId: string } | { readonly counterOfferTo: string });

/** What a change of machines that run may do to them, as far as that is said beside the offer; the stricter counts. */
export interface ChangePermission {
	/** A change that no hypervisor makes live may restart the machines. */
	readonly allowRestart?: boolean;
	/** The machines may move to another host, which restarts them too. */
	readonly allowMove?: boolean;
}

export interface RenegotiateRequest extends CreateRequest, ChangePermission {
	readonly agreementId: string;
	/** The version that the sender has seen; absent for any. */
	readonly ifMatch?: number;
}

export interface EvaluateRequest extends ChangePermission {
	readonly party: Party;
	readonly offer: Offer;
	/** The agreement that the offer would renegotiate; absent for a new one. */
	readonly agreementId?: string;
}

/** The same, its offer perhaps not read yet. */
export interface SentEvaluation extends Omit<EvaluateRequest, 'offer'> {
	readonly offer: Offer | (() => Offer);
}

export interface TerminateRequest {
	readonly party: Party;
	readonly agreementId: string;
	readonly ifMatch?: number;
	readonly reason?: string;
}

export type MachineAction = 'pause' | 'resume' | 'save' | 'restore' | 'shutdown';

export const MACHINE_ACTIONS: readonly MachineAction[] = ['pause', 'resume', 'save', 'restore', 'shutdown'];

export interface ActionRequest {
	readonly party: Party;
	readonly agreementId: string;
	readonly index: number;
	readonly action: MachineAction;
	readonly ifMatch?: number;
}

export interface PublishRequest {
	readonly party: Party;
	readonly template: Template;
	/** The document that `template` was read from; kept as it is. */
	readonly xml: string;
}

/** An attempt to bring machines to where they shall be that failed, and what is done about it. */
export interface Setback {
	readonly message: string;
	/** How often it was tried. */
	readonly attempts: number;
	/** Epoch seconds. */
	readonly retryAt: number;
}

/** Waits until the agreement's version is another than this one, at most so long. */
export interface WaitRequest {
	readonly party: Party;
	readonly agreementId: string;
	readonly version: number;
	readonly deadlineMs: number;
}

export interface ListRequest {
	readonly party: Party;
	readonly states?: readonly AgreementState[];
	/** `next` of the page before. */
	readonly after?: string;
	readonly limit?: number;
}

/** An alternative as the offer that would be accepted as it stands. */
export interface OfferedAlternative extends Alternative {
	readonly offer: DocumentTree;
}

export interface Countered {
	readonly kind: 'countered';
	readonly reasons: readonly Reason[];
	/** What was read in a way that its author may not have meant; absent: nothing was. */
	readonly remarks?: ServiceRequest['remarks'];
	readonly alternatives: readonly OfferedAlternative[];
	/** The alternatives hold at this version of the site's calendar (H6). */
	readonly calendarVersion: number;
}

export interface Refused {
	readonly kind: 'refused';
	readonly reasons: readonly Reason[];
	readonly remarks?: ServiceRequest['remarks'];
	readonly calendarVersion: number;
}

/** The document was read, and says something that cannot be; nothing was decided. */
export interface Invalid {
	readonly kind: 'invalid';
	readonly issues: Extract<Reading<unknown>, { ok: false }>['issues'];
}

/** The offer's context names no template, or one that was never published here. */
export interface UnknownTemplate {
	readonly kind: 'unknown-template';
	readonly template: Partial<TemplateName>;
}

/** Not there, or not for this party to see: which of the two is not told (H9). */
export interface NotFound {
	readonly kind: 'not-found';
}

export interface Forbidden {
	readonly kind: 'forbidden';
}

/** The sender has seen an older version than this. */
export interface Stale {
	readonly kind: 'stale';
	readonly version: number;
}

export type OfferOutcome =
	| {
			readonly kind: 'accepted';
			readonly agreement: AgreementRecord;
			readonly effects: readonly ChangeEffect[];
			/** The key had made it before; nothing was done now. */
			readonly replayed: boolean;
	  }
	| Countered
	| Refused
	| Invalid
	| UnknownTemplate
	| NotFound
	| Forbidden
	| Stale
	| { readonly kind: 'key-reused' };

export type EvaluationOutcome =
	| {
			readonly kind: 'accepted';
			readonly grant: ServiceGrant;
			readonly placement: GangPlacement;
			readonly effects: readonly ChangeEffect[];
			/** How the choices that the offer leaves open would be made. */
			readonly chosen: readonly MadeChoice[];
			/** Absent where the site has no prices. */
			readonly price?: Price;
			/** Of a change: what the agreement costs as it is. */
			readonly priceBefore?: Price;
			readonly because?: readonly Because[];
			/** Where something was read in a way that its author may not have meant. */
			readonly remarks?: ServiceRequest['remarks'];
			readonly calendarVersion: number;
	  }
	| Countered
	| Refused
	| Invalid
	| UnknownTemplate
	| NotFound
	| Forbidden;

export type ChangeOutcome =
	| { readonly kind: 'changed'; readonly agreement: AgreementRecord }
	| Refused
	| NotFound
	| Forbidden
	| Stale;

export type TemplateOutcome =
	| { readonly kind: 'published'; readonly template: TemplateRecord; readonly created: boolean }
	| { readonly kind: 'retired'; readonly template: TemplateRecord }
	| NotFound
	| Forbidden
	| Stale
	/** Published with other content: agreements name it, so it is never changed under them. */
	| { readonly kind: 'in-use' };

export type ImageOutcome =
	| { readonly kind: 'added'; readonly image: ImageRecord }
	| { readonly kind: 'removed' }
	| NotFound
	| Forbidden
	/** An agreement's machines need it, or an offer that is held; `by` names which. */
	| { readonly kind: 'in-use'; readonly by: string };

/** A page of a list; `next` is handed in again to get the page after it. */
export interface Page<T> {
	readonly items: readonly T[];
	readonly next?: string;
}

/** What is told after a COMMIT: something is due for this agreement from this time on. Never awaited. */
export interface Nudge {
	readonly kind: ErrandKind;
	readonly agreementId: string;
	readonly dueAt: number;
}
