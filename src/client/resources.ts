/**
 * What the API sends, as types for programs. Times are RFC 3339 in UTC; amounts are bytes, counts, percent, bits per
 * second. The normative description is docs/openapi.json.
 */

/** A document of the language in its JSON form (docs/json.md). */
export type JsonDocument = { readonly [name: string]: unknown };

/** One service of an agreement: equal machines. */
export interface GrantedService {
	/** Absent where there is only one. */
	readonly serviceName?: string;
	readonly machineCount: number;
	readonly cpuCount: number;
	readonly cpuSharePercent: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
	readonly image: { readonly name: string; readonly digest: string };
}

/** What is granted; the sizes are those of the first service. */
export interface Grant extends GrantedService {
	readonly startAt: string;
	readonly endAt: string;
	readonly endAction: string;
	readonly retentionSeconds: number;
	/** All services, where there are several. */
	readonly services?: readonly GrantedService[];
}

/** Machines of a service on a host. */
export interface HostShare {
	readonly host: string;
	readonly machines: number;
	readonly serviceName?: string;
}

/** What it costs, all of it together; amounts are decimal digits such as `12.40`. */
export interface Price {
	readonly currency: string;
	readonly amount: string;
	/** What a termination costs if it comes at least so long before the start; the longest notice first. */
	readonly cancellation: readonly { readonly noticeSeconds: number; readonly percent: number; readonly fee: string }[];
	/** What the site owes where it does not keep the agreement. */
	readonly penalty?: string;
	/** Percent of the list price that the site's own policy asks for. */
	readonly percent?: number;
	/** The part of the amount that earlier revisions have used up. */
	readonly used?: { readonly amount: string; readonly untilAt: string };
}

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
	/** Why it got what it got. */
	readonly because?: readonly Because[];
	/** What of the offer was read in a way that its author may not have meant. */
	readonly remarks?: readonly Issue[];
	/** The guarantee terms as they were read (docs/openapi.json); only in answers about one agreement that has any. */
	readonly guarantees?: readonly { readonly name: string; readonly state: string }[];
	/** wsag:AgreementProperties in JSON form; only in answers about one agreement. */
	readonly document?: JsonDocument;
}

export interface Choice {
	readonly path: string;
	readonly kind: string;
	readonly terms: readonly string[];
}

export interface Reason {
	readonly code: string;
	readonly message: string;
	readonly path?: string;
	/** The terms of the branch that it is about, where the offer leaves a choice open. */
	readonly branch?: readonly string[];
	/** The service that it is about, where there are several. */
	readonly serviceName?: string;
	/** Other places that have to do with it. */
	readonly relatedPaths?: readonly string[];
	readonly resource?: string;
	readonly asked?: number | string;
	readonly available?: number | string;
	readonly limit?: number | string;
	readonly host?: string;
	/** Hosts that are as the one where it binds. */
	readonly hostClass?: {
		readonly hosts: number;
		readonly capacity: Amounts;
		readonly labels: Readonly<Record<string, string>>;
	};
	/** Where the amounts are sums over hosts that are not alike: the part of each class. */
	readonly hostClasses?: readonly {
		readonly hosts: number;
		readonly capacity: Amounts;
		readonly labels: Readonly<Record<string, string>>;
		readonly available: number;
		readonly limit: number;
	}[];
	/** What would make it fit; more would have to be free, this is allowed, from this start on, if that is permitted. */
	readonly remedy?: {
		readonly text: string;
		readonly more?: number;
		/** `more` is a bound: less is not enough, and so much only where it lies as it is needed. */
		readonly atLeast?: true;
		/** Where an offer has several services: the one that would have fewer or smaller machines, or needs more. */
		readonly serviceName?: string;
		/** The one that needs more, where `allowed` is about another. */
		readonly moreFor?: string;
		readonly host?: string;
		readonly interval?: { readonly startAt: string; readonly endAt: string };
		readonly allowed?: number | string;
		readonly startAt?: string;
		readonly endAt?: string;
		readonly permit?: 'restart' | 'move';
	};
	readonly interval?: { readonly startAt: string; readonly endAt: string };
}

export interface Alternative {
	readonly rank: number;
	readonly kind: string;
	/** The terms that it chooses, where the offer leaves a choice open. */
	readonly branch?: readonly string[];
	readonly grant: Grant;
	/** Absent where the site has no prices. */
	readonly price?: Price;
	readonly differences: readonly {
		readonly field: string;
		/** The service that differs, where there are several. */
		readonly serviceName?: string;
		readonly asked: number | string;
		readonly offered: number | string;
	}[];
	/** Absent where it does nothing to machines that run. */
	readonly effects?: readonly Effect[];
	/** The offer that would be accepted as it stands; in the form in which the offer was sent. */
	readonly offer?: JsonDocument;
	readonly offerXml?: string;
}

/** Why a value of a grant is what it is. */
export interface Because {
	readonly field: string;
	/** The service whose value it is, where there are several. */
	readonly serviceName?: string;
	readonly value: number | string;
	readonly message: string;
}

/** What a renegotiation does to machines that run. */
export interface Effect {
	readonly kind: 'live' | 'restart' | 'move';
	/** How many machines it is about. */
	readonly machines: number;
	/** Of a move: the host that they leave. */
	readonly fromHost?: string;
	readonly message: string;
}

/** RFC 9457. `code` is from a closed list (docs/problems.md). */
export interface Problem {
	readonly type: string;
	readonly title: string;
	readonly status: number;
	readonly code: string;
	readonly detail?: string;
	readonly issues?: readonly Issue[];
	readonly reasons?: readonly Reason[];
	/** What was read in a way that its author may not have meant. */
	readonly remarks?: readonly Issue[];
	readonly alternatives?: readonly Alternative[];
	readonly calendarVersion?: number;
}

export interface Issue {
	readonly code: string;
	readonly path: string;
	readonly line?: number;
	readonly message: string;
	readonly found?: string;
	readonly allowed?: string;
	readonly severity?: 'error' | 'warning' | 'info';
	/** Of a repair: what was read in the place of what was found. */
	readonly used?: string;
}

/** The answer to `POST /evaluations`: what `POST /agreements` would say now. */
export interface Evaluation {
	readonly outcome: 'accepted' | 'countered' | 'refused';
	readonly calendarVersion: number;
	readonly choices?: readonly Choice[];
	readonly grant?: Grant;
	/** Absent where the site has no prices. */
	readonly price?: Price;
	/** Of a change: what the agreement costs as it is. */
	readonly priceBefore?: Price;
	readonly hosts?: readonly HostShare[];
	readonly effects?: readonly Effect[];
	readonly because?: readonly Because[];
	readonly reasons?: readonly Reason[];
	/** What was read in a way that its author may not have meant. */
	readonly remarks?: readonly Issue[];
	readonly alternatives?: readonly Alternative[];
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
	readonly steps: readonly { readonly startAt: string; readonly endAt: string; readonly free: Amounts }[];
}

export interface Amounts {
	readonly cpuMillicores: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
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
	readonly reasons?: readonly Reason[];
	readonly differences?: Alternative['differences'];
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
