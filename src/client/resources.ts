/**
 * What stands at the API's addresses, as types for programs: agreements, negotiations, machines and what administrators
 * keep. Times and amounts are as in answers.ts; the normative description is docs/openapi.json.
 */
import type {
	Alternative,
	Amounts,
	Because,
	Choice,
	Difference,
	Effect,
	Grant,
	HostShare,
	Issue,
	JsonDocument,
	Price,
	Reason,
} from './answers.ts';

export interface TemplateReference {
	readonly name: string;
	readonly id: string;
}

export interface AgreementResource {
	readonly id: string;
	readonly workspaceId: string;
	readonly revision: number;
	readonly name?: string;
	readonly state: string;
	readonly stateReason?: string;
	readonly serviceState: string;
	readonly template: TemplateReference;
	readonly party: string;
	readonly vo: string;
	readonly grant: Grant;
	/** Absent where the site has no prices. */
	readonly price?: Price;
	/** What is owed by its terms since it ended before its time: by the client that cancelled, or by a site that failed. */
	readonly due?: { readonly kind: 'cancellation' | 'penalty'; readonly currency: string; readonly amount: string };
	readonly hosts: readonly HostShare[];
	readonly createdAt: string;
	readonly updatedAt: string;
	readonly supersedes?: string;
	readonly supersededBy?: string;
	/** Hash of the site's history when this was written: keep it, and a rewriting can be proved. */
	readonly historyHead: string;
	/** How the choices that the offer left open were made: the compositor, and the terms that are in force by it. */
	readonly choices?: readonly Choice[];
	/** In answers to a renegotiation: what it does to machines that run. */
	readonly effects?: readonly Effect[];
	/** Why it got what it got. */
	readonly because?: readonly Because[];
	/** What of the offer was read in a way that its author may not have meant. */
	readonly remarks?: readonly Issue[];
	/** The guarantee terms as they were read (docs/openapi.json); only in answers about one agreement that has any. */
	readonly guarantees?: readonly { readonly name: string; readonly state: string }[];
	/** wsag:AgreementProperties in JSON form; only in answers about one agreement. */
	readonly document?: JsonDocument;
}

export interface HistoryEntry {
	readonly sequence: number;
	readonly at: string;
	readonly kind: string;
	readonly body: unknown;
	readonly hash: string;
	readonly previousHash: string;
}

/** One machine: what was agreed, what is enforced, what it consumed, side by side. */
export interface MachineResource {
	readonly index: number;
	/** Its service, where there are several. */
	readonly serviceName?: string;
	readonly host: string;
	readonly desired: string;
	readonly state: string;
	readonly stateReason?: string;
	readonly revision?: number;
	readonly observedAt?: string;
	readonly bootedAt?: string;
	readonly agreed: {
		readonly cpuCount: number;
		readonly cpuSharePercent: number;
		readonly memoryBytes: number;
		readonly diskBytes: number;
	};
	readonly enforced?: {
		readonly cpuCount: number;
		readonly cpuQuotaPercent: number;
		readonly memoryBytes: number;
		readonly memoryHardLimitBytes: number;
		readonly kernel?: { readonly memoryLimitBytes: number; readonly cpuQuotaPercent: number };
	};
	readonly consumed?: { readonly cpuSeconds: number; readonly memoryBytes: number };
	readonly pending?: readonly string[];
	readonly console?: string;
}

/** All machines of an agreement, and why they are not as agreed yet where the last attempt failed. */
export interface MachinePage extends Page<MachineResource> {
	readonly setback?: { readonly message: string; readonly attempts: number; readonly retryAt: string };
}

export interface TemplateResource {
	readonly name: string;
	readonly id: string;
	readonly title?: string;
	readonly publishedAt: string;
	readonly publishedBy: string;
	readonly document?: JsonDocument;
	/** Of a publication: what is odd about the template, although it can be taken. */
	readonly remarks?: readonly Issue[];
}

export interface ImageResource {
	readonly name: string;
	readonly digest: string;
	readonly kind: string;
	readonly diskBytes: number;
	readonly addedAt: string;
}

export interface MaintenanceResource {
	readonly id: string;
	readonly host: string;
	readonly startAt: string;
	readonly endAt: string;
	readonly reason: string;
	readonly addedAt: string;
	readonly addedBy: string;
	/** Agreements that have something booked there in that time; empty for whoever may not change it. */
	readonly affected: readonly string[];
	/** Counter-offers that are held there in that time; empty likewise. */
	readonly held: readonly { readonly negotiation: string; readonly offer: string }[];
}

export interface TokenResource {
	readonly id: string;
	readonly party: string;
	readonly vo: string;
	readonly role: string;
	readonly label?: string;
	readonly createdAt: string;
	/** Only in the answer that made it. */
	readonly token?: string;
}

export interface HostCapacity {
	readonly host: string;
	readonly labels: Readonly<Record<string, string>>;
	readonly capacity: Amounts;
	/** It does not answer: nothing new is placed there until it does. */
	readonly silent?: true;
	readonly steps: readonly { readonly startAt: string; readonly endAt: string; readonly free: Amounts }[];
}

export interface Page<T> {
	readonly items: readonly T[];
	readonly next?: string;
}

export interface NegotiationResource {
	readonly id: string;
	readonly type: 'Negotiation' | 'Renegotiation';
	readonly state: 'Open' | 'Agreed' | 'Terminated' | 'Expired';
	readonly stateReason?: string;
	readonly template?: TemplateReference;
	/** What a renegotiation would change. */
	readonly agreement?: string;
	readonly allowRestart?: boolean;
	readonly allowMove?: boolean;
	readonly party: string;
	readonly vo: string;
	readonly expiresAt: string;
	readonly createdAt: string;
	readonly updatedAt: string;
	readonly historyHead: string;
}

/** A node of the tree of offers; with what the site proposes where it does. */
export interface NegotiationOfferResource extends Partial<Pick<Alternative, 'rank' | 'kind' | 'grant' | 'price'>> {
	/** Its name within the negotiation: the initiator's OfferId where it gave one. */
	readonly id: string;
	/** Absent: the template. */
	readonly counterOfferTo?: string;
	readonly creator: 'NegotiationInitiator' | 'NegotiationResponder';
	/** Acceptable, of the site: held until `expiresAt`, and honoured. */
	readonly state: 'Advisory' | 'Solicited' | 'Acceptable' | 'Rejected';
	readonly hosts?: readonly HostShare[];
	readonly reasons?: readonly Reason[];
	readonly differences?: readonly Difference[];
	readonly because?: readonly Because[];
	readonly effects?: readonly Effect[];
	/** Offers of the same hold exclude each other. */
	readonly hold?: string;
	readonly expiresAt?: string;
	/** What was made from it. */
	readonly agreement?: string;
	readonly createdAt: string;
	readonly offer?: JsonDocument;
	readonly offerXml?: string;
}

export interface NegotiationTree extends NegotiationResource {
	readonly offers: readonly NegotiationOfferResource[];
	readonly holds: readonly {
		readonly id: string;
		readonly siteSeconds: number;
		readonly heldAt: string;
		readonly offers: readonly string[];
	}[];
	/** Of the answer that it began with: what was repaired, where its document was read leniently. */
	readonly remarks?: readonly Issue[];
}

/** What was sent, each offer with its counter-offers. */
export interface NegotiationAnswers {
	readonly negotiation: NegotiationResource;
	readonly answers: readonly {
		readonly offer: NegotiationOfferResource;
		readonly counterOffers: readonly NegotiationOfferResource[];
	}[];
	/** What was repaired, where the document was read leniently. */
	readonly remarks?: readonly Issue[];
}
