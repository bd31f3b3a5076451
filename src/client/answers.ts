/**
 * What a site answers to an offer, as types for programs: what is granted and at what price, or every reason why not and
 * what could be had instead. Times are RFC 3339 in UTC; amounts are bytes, counts, percent, bits per second. The
 * normative description is docs/openapi.json.
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

export interface Amounts {
	readonly cpuMillicores: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
}

/** What it costs, all of it together; amounts are decimal digits such as `12.40`. */
export interface Price {
	readonly currency: string;
	readonly amount: string;
	/** What a termination costs if it comes at least so long before the start; the longest notice first. */
	readonly cancellation: readonly { readonly noticeSeconds: number; readonly percent: number; readonly fee: string }[];
	/** Of what was changed: what a termination costs at least, as far as the price goes; the fees say it already. */
	readonly cancellationMin?: string;
	/** What the site owes where it does not keep the agreement. */
	readonly penalty?: string;
	/** Percent of the list price that the site's own policy asks for. */
	readonly percent?: number;
	/** The part of the amount that earlier revisions have used up. */
	readonly used?: { readonly amount: string; readonly untilAt: string };
}

export interface Choice {
	readonly path: string;
	readonly kind: string;
	readonly terms: readonly string[];
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
		/** In its place one that is allowed, where there was not the time to find the nearest. */
		readonly near?: string;
		/** Where several values have to change together. */
		readonly changes?: readonly { readonly path: string; readonly asked: string; readonly allowed: string }[];
		readonly startAt?: string;
		readonly endAt?: string;
		readonly permit?: 'restart' | 'move';
	};
	readonly interval?: { readonly startAt: string; readonly endAt: string };
}

/** Where an alternative is not what was asked. */
export interface Difference {
	readonly field: string;
	/** The service that differs, where there are several. */
	readonly serviceName?: string;
	readonly asked: number | string;
	readonly offered: number | string;
}

export interface Alternative {
	readonly rank: number;
	readonly kind: string;
	/** The terms that it chooses, where the offer leaves a choice open. */
	readonly branch?: readonly string[];
	readonly grant: Grant;
	/** Absent where the site has no prices. */
	readonly price?: Price;
	readonly differences: readonly Difference[];
	/** Absent where it does nothing to machines that run. */
	readonly effects?: readonly Effect[];
	/** The offer that would be accepted as it stands; in the form in which the offer was sent. */
	readonly offer?: JsonDocument;
	readonly offerXml?: string;
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
