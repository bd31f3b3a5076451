/**
 * The three answers of a site to an offer, as data. Nothing here is thrown: a refusal is an answer (H6, H7).
 */
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import type { Price } from '../agreement/terms/quote.ts';
import type { ServiceGrant } from '../agreement/terms/service.ts';
import type { ResourceName, ResourceVector } from '../capacity/resources.ts';
import type { GangPlacement } from '../capacity/search/gang.ts';

/**
 * Why an offer cannot be had as it stands: a closed list, documented in docs/problems.md.
 * Clients may match on it; messages may change.
 */
export type ReasonCode =
	| 'CAPACITY_RESERVED' // would fit an empty site, is reserved in that interval
	| 'CAPACITY_TOO_SMALL' // would not fit even when the site is empty
	| 'CAPACITY_NOT_PROVED' // no places were found for all services together, not even on the empty site, nor proved that there are none
	| 'HOST_UNKNOWN' // CandidateHosts names no host of this site
	| 'HOST_UNSUITABLE' // architecture, operating system, CPU speed: no host has it
	| 'IMAGE_UNKNOWN' // no such image, or another digest
	| 'WINDOW_PAST' // start or end lies in the past
	| 'WINDOW_TOO_SHORT' // the duration does not fit between start and end
	| 'WINDOW_TOO_LONG' // longer than the policy allows
	| 'WINDOW_TOO_FAR' // beyond the horizon of the calendar
	| 'RANGE_EMPTY' // no value satisfies the ranges given, or the totals contradict the individuals
	| 'LIMIT_EXCEEDED' // more machines, CPUs, memory, disk than the policy or one host allows
	| 'BELOW_MINIMUM' // less than a machine needs
	| 'PRICE_EXCEEDED' // dearer than the offer pays
	| 'CURRENCY_UNKNOWN' // the offer pays in another currency than this site's
	| 'CREATION_CONSTRAINT' // the template forbids the value
	| 'NOT_ENFORCEABLE' // this site cannot enforce it
	| 'NOT_MEASURABLE' // this site cannot measure the guarantee
	| 'TEMPLATE_RETIRED'
	| 'OFFER_EXPIRED' // the context's ExpirationTime has passed
	| 'NEEDS_RESTART' // a renegotiation that could only be had by restarting the machine, which the client forbade
	| 'NEEDS_MOVE' // ... by moving it to another host
	| 'QUOTA_EXCEEDED' // more CPUs at once, or CPU time in a period, than the VO may have
	| 'FAIR_SHARE' // beyond the VO's share of the site, and not over soon
	| 'LEAD_TIME' // begins sooner than the VO must give notice
	| 'STATE_FORBIDS' // the agreement or the offer is not in a state in which this can be asked
	| 'POLICY_DENIED' // the site's own policy refuses it
	| 'POLICY_UNREACHABLE' // the site's own policy gave no usable answer in time
	| 'HOLD_REFUSED' // it could be had, and is not held: the party holds too much, too many, or lets too many lapse
	| 'OFFER_ID_TAKEN' // the OfferId is that of another offer of the negotiation, or names its template
	| 'OFFER_DIFFERS'; // what is to be agreed to is not the offer that was negotiated

export interface Reason {
	readonly code: ReasonCode;
	readonly message: string;
	/** Where in the document, when one place is to blame. */
	readonly path?: string;
	/** Names of the terms of the branch that it is about, where an offer leaves a choice open; absent: all, of a change all about it. */
	readonly branch?: readonly string[];
	/** The service that it is about, where an offer has several; absent: all of them. */
	readonly serviceName?: string;
	/** The other places that contradict it. */
	readonly relatedPaths?: readonly string[];
	readonly resource?: ResourceName | 'machines' | 'cpus' | 'time' | 'price' | 'cpuSeconds';
	/** Amounts are in the units of the resource: millicores, bytes, bits per second, counts, seconds; `12.40 EUR`. */
	readonly asked?: number | string;
	readonly available?: number | string;
	readonly limit?: number | string;
	readonly host?: string;
	/** The hosts that are as the one where it binds. */
	readonly hostClass?: HostClass;
	/** Where the amounts are sums over hosts that are not alike: what each class has part in them; at most eight. */
	readonly hostClasses?: readonly (HostClass & { readonly available: number; readonly limit: number })[];
	/** Epoch seconds, where the constraint binds. */
	readonly interval?: { readonly startAt: number; readonly endAt: number };
	/** Where something would. */
	readonly remedy?: Remedy;
}

/** Hosts of equal capacity and labels: how many there are, and what each of them has. */
export interface HostClass {
	readonly hosts: number;
	readonly capacity: ResourceVector;
	readonly labels: Readonly<Record<string, string>>;
}

/** What would make it fit. Every member beside the text is there where it applies. */
export interface Remedy {
	/** "12 GiB of memory more from ... to ... on one host, or start at ...". */
	readonly text: string;
	/** So much more would have to be free or allowed, in the units of the reason's resource. */
	readonly more?: number;
	/** `more` is a bound: with less it cannot fit, and with so much only if it lies where it is needed. */
	readonly atLeast?: true;
	/** Where an offer has several services: the one to which `allowed` is a way, else the one that needs `more` or `permit`. */
	readonly serviceName?: string;
	/** The one that needs `more`, where `allowed` is about another. */
	readonly moreFor?: string;
	/** On which host, and when, so much more would do; epoch seconds. */
	readonly host?: string;
	readonly interval?: { readonly startAt: number; readonly endAt: number };
	/**
	 * The nearest value that is allowed, given as `asked` is; of memory what a document may ask for, without the
	 * hypervisor's own.
	 */
	readonly allowed?: number | string;
	/** In its place a value that is allowed, where there was not the time to find out whether another is nearer. */
	readonly near?: string;
	/** Where several values have to change together: each of them, what was asked there and what is allowed instead. */
	readonly changes?: readonly { readonly path: string; readonly asked: string; readonly allowed: string }[];
	/** Epoch seconds: from this start on, all that was asked can be had. */
	readonly startAt?: number;
	/** The EndTime that goes with it, where the one of the offer is too early for that. */
	readonly endAt?: number;
	/** What the client would have to permit. */
	readonly permit?: 'restart' | 'move';
}

/** Why a value of a grant is what it is. */
export interface Because {
	readonly field: 'startAt' | 'machineCount' | SizeName | 'host' | 'price';
	/** The service whose value it is, where an offer has several; absent: it is that of all. */
	readonly serviceName?: string;
	readonly value: number | string;
	readonly message: string;
}

type SizeName = 'cpuCount' | 'memoryBytes' | 'diskBytes' | 'networkBitsPerSecond';

/** How an alternative differs from what was asked; one entry per changed value. */
export interface Difference {
	readonly field:
		| 'startAt'
		| 'endAt'
		| 'durationSeconds'
		| 'machineCount'
		| 'cpuCount'
		| 'memoryBytes'
		| 'diskBytes'
		| 'networkBitsPerSecond'
		| 'totalCpuCount'
		| 'totalMemoryBytes'
		| 'totalDiskBytes'
		| 'host'
		| 'price';
	/** The service whose value it is, where an offer has several; absent: it is that of all. */
	readonly serviceName?: string;
	readonly asked: number | string;
	readonly offered: number | string;
}

/** What would be accepted as it stands at the calendar version of the decision. */
export interface Alternative {
	/** 1 is the best. */
	readonly rank: number;
	readonly kind: 'earlier' | 'later' | 'smaller' | 'shorter' | 'larger' | 'longer' | 'other-host' | 'dearer';
	readonly grant: ServiceGrant;
	/** What it costs at most; absent where the site has no prices. */
	readonly price?: Price;
	readonly differences: readonly Difference[];
	/** What it does to machines that run; empty for a new agreement. */
	readonly effects: readonly ChangeEffect[];
	/** What would be decided were it sent as it stands. */
	readonly accepted: Accepted;
	/** Names of the terms that it chooses, where the offer leaves a choice open. */
	readonly branch?: readonly string[];
}

export type Accepted = Extract<Decision, { kind: 'accept' }>;

/** The default that constraints on the answer have outweighed, or that the site's own policy denies. */
export interface Instead {
	/** Of the Optional constraints that are kept to by what is granted, and the most there could be. */
	readonly importance: number;
	readonly importanceMax: number;
	readonly plain: Pick<Extract<Decision, { kind: 'accept' }>, 'grant' | 'placement' | 'effects' | 'price'>;
	/** Whether the default keeps to what is Required of the answer; otherwise it cannot be had. */
	readonly isKept: boolean;
	/** Whether it can be had and is better in something. */
	readonly isChoice: boolean;
	/** What the policy said to it; absent: it is not for the policy that something else is granted. */
	readonly denied?: string;
}

export type Decision =
	| {
			readonly kind: 'accept';
			readonly grant: ServiceGrant;
			readonly placement: GangPlacement;
			readonly effects: readonly ChangeEffect[];
			/** Absent where the site has no prices. */
			readonly price?: Price;
			/** What it is told to cost where it is not agreed at once; absent: `price`, or nobody asked `priceToldOf`. */
			readonly priceTold?: Price;
			/** What would have been granted but for constraints on the answer; absent: the same. */
			readonly instead?: Instead;
			/** Why it is as it is; absent where nobody asked `becauseOf`. */
			readonly because?: readonly Because[];
	  }
	| { readonly kind: 'counter'; readonly reasons: readonly Reason[]; readonly alternatives: readonly Alternative[] }
	| { readonly kind: 'reject'; readonly reasons: readonly Reason[] };
