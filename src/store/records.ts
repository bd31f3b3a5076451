/** What the site remembers, as rows with names: plain data, times in epoch seconds, amounts in the project's units. */

import type { AgreementState, ServiceActivity, ServiceTermState } from '../agreement/properties/states.ts';
import type { ChangeEffect } from '../agreement/terms/effects.ts';
import type { Due, Price } from '../agreement/terms/quote.ts';
import type { Rationale } from '../agreement/terms/rationale.ts';
import type { ServiceGrant, ServiceRequest } from '../agreement/terms/service.ts';
import type { Placement } from '../capacity/resources.ts';
import type { GangPlacement } from '../capacity/search/gang.ts';

export interface TemplateName {
	readonly name: string;
	readonly id: string;
}

/** An agreement at one revision. A renegotiation makes a new one about the same workspace and ends this one. */
export interface AgreementRecord {
	readonly id: string;
	readonly site: string;
	/** Stays the same over all revisions; machines are named by it and their index. */
	readonly workspaceId: string;
	/** 1 for the first agreement about a workspace. */
	readonly revision: number;
	readonly party: string;
	readonly vo: string;
	readonly template: TemplateName;
	readonly name?: string;
	readonly state: AgreementState;
	readonly stateReason?: string;
	readonly serviceState: ServiceTermState;
	/** While the service is Ready. */
	readonly serviceActivity?: ServiceActivity;
	/** The offer as it came: the source of every document about this agreement. Read when it is asked for. */
	readonly offerXml: string;
	/** Its length in bytes. */
	readonly offerBytes: number;
	/** What the offer asked: the ranges and the hosts within which another placement may be sought. */
	readonly request: ServiceRequest;
	readonly grant: ServiceGrant;
	readonly placement: GangPlacement;
	/**
	 * The number that each of its services has in the workspace, in their order: it stays theirs over all revisions and is
	 * never given again. Absent: each has that of its position.
	 */
	readonly serviceNumbers?: readonly number[];
	/** What it costs; absent where the site had no prices. */
	readonly price?: Price;
	/** What is owed since it ended before its time; absent where nothing is. */
	readonly due?: Due;
	/** Why the values are what they are, as the acceptance said. */
	readonly because?: readonly Rationale[];
	/** What the acceptance said that it does to machines that run. */
	readonly effects: readonly ChangeEffect[];
	/** Hosts on which its deployment failed for good: it does not go back to them. */
	readonly failedHosts: readonly string[];
	/** The context's ExpirationTime: the agreement ends then, also within its window. */
	readonly expirationAt?: number;
	readonly createdAt: number;
	readonly updatedAt: number;
	/** Counts the changes of this record; the ETag. */
	readonly version: number;
	readonly supersedes?: string;
	readonly supersededBy?: string;
	/** The head of the site's history at the last change of this record (H10). */
	readonly headHash: string;
}

/** What may change in an agreement once it is made. */
export interface AgreementChange {
	readonly due?: Due;
	readonly state?: AgreementState;
	readonly stateReason?: string;
	readonly serviceState?: ServiceTermState;
	/** Goes together with `serviceState`: absent there, it is none from then on. */
	readonly serviceActivity?: ServiceActivity;
	readonly placement?: GangPlacement;
	readonly failedHosts?: readonly string[];
	readonly supersededBy?: string;
	readonly at: number;
	readonly headHash: string;
}

export type DesiredState = 'running' | 'paused' | 'saved' | 'off' | 'absent';

/** One machine of a workspace: what it shall be, and what was last seen of it. */
export interface MachineRecord {
	readonly workspaceId: string;
	readonly index: number;
	/** The number of its service in the workspace: `numbersOf`. */
	readonly service: number;
	/** Of the revision in which it was last: where its service has ended, an earlier one than the current. */
	readonly agreementId: string;
	readonly revision: number;
	readonly host: string;
	/** From when on it shall be there: the start of what is booked for it. */
	readonly startAt: number;
	readonly desired: DesiredState;
	readonly observed?: ObservedMachine;
	readonly observedAt?: number;
}

/** What was seen of a machine; the workspace room's observation without its identity. */
export interface ObservedMachine {
	readonly state: 'absent' | 'running' | 'paused' | 'saved' | 'off' | 'failed';
	readonly stateReason?: string;
	readonly revision: number;
	readonly host: string;
	readonly limits?: {
		readonly cpuCount: number;
		readonly cpuQuotaPercent: number;
		readonly memoryBytes: number;
		readonly memoryHardLimitBytes: number;
		readonly kernel?: { readonly memoryLimitBytes: number; readonly cpuQuotaPercent: number };
	};
	readonly consumed?: { readonly cpuSeconds: number; readonly memoryBytes: number };
	readonly bootedAt?: number;
	readonly consoleTail?: string;
	/** What could not be changed while the machine runs, in plain words. */
	readonly pending?: readonly string[];
}

/** For what capacity is taken: an agreement, or a hold on offers of a negotiation. */
export type ReservationOwner = { readonly agreementId: string } | { readonly holdId: string };

/** Capacity that is taken, from one version of the site's calendar on until another. */
export interface ReservationRecord {
	readonly id: number;
	readonly owner: ReservationOwner;
	readonly placement: Placement;
	/** When the last of it is free again by itself. */
	readonly endAt: number;
	readonly bookedVersion: number;
	readonly releasedVersion?: number;
}

/**
 * What has to be done for an agreement: `converge` makes the world match its machines and is a worker's; the others
 * are what time alone decides: the `end` of its window, the context's `expire`, the `release` of what is retained.
 */
export type ErrandKind = 'converge' | 'end' | 'expire' | 'release';

/** One row of the due table: at most one of each kind for an agreement. */
export interface Errand {
	readonly kind: ErrandKind;
	readonly agreementId: string;
	readonly revision: number;
	readonly dueAt: number;
	/** How often it was leased since it was planned. */
	readonly attempts: number;
	/** Grows with every lease and every new plan, never used twice: who comes with an older one has lost the errand. */
	readonly fence: number;
	readonly leaseUntil: number;
	readonly lastError?: string;
	/** By host, how often a deployment failed there since it was planned; '' where none is to blame. */
	readonly failures: Readonly<Record<string, number>>;
}

/** What time alone decides about a negotiation: at most one row of the due table for each. */
export interface Lapse {
	/** The first of its held offers expires, or the negotiation itself. */
	readonly kind: 'lapse';
	readonly negotiationId: string;
	readonly fence: number;
}

export interface HistoryEntry {
	readonly site: string;
	/** 1, 2, 3, ... without gaps within a site. */
	readonly sequence: number;
	readonly at: number;
	readonly kind: string;
	/** The agreement, or the negotiation, that it is about. */
	readonly agreementId?: string;
	readonly body: JsonValue;
	/** SHA-256, hexadecimal. */
	readonly previousHash: string;
	readonly hash: string;
}

export type JsonValue =
	| null
	| boolean
	| number
	| string
	| readonly JsonValue[]
	| { readonly [name: string]: JsonValue | undefined };

export interface TemplateRecord extends TemplateName {
	/** Read when it is asked for, as `xml` and `tree` are. */
	readonly title?: string | undefined;
	readonly state: 'published' | 'retired';
	/** Counts the changes of this record; the ETag. */
	readonly version: number;
	readonly xml: string;
	/** The element tree of `xml`, as JSON: what `readTemplate` reads again without the gate. */
	readonly tree: string;
	/** The length of `xml`. */
	readonly bytes: number;
	readonly publishedAt: number;
	readonly publishedBy: string;
}

export interface ImageRecord {
	/** `sha256:` and 64 hexadecimal digits. */
	readonly digest: string;
	readonly name: string;
	/** What its files are, in the words of the workspace room. */
	readonly kind: string;
	/** The smallest disk that holds it; 0 for one that needs none. */
	readonly diskBytes: number;
	readonly addedAt: number;
	readonly addedBy: string;
}

/** A time during which nothing new is placed on a host. */
export interface MaintenanceRecord {
	readonly id: string;
	readonly site: string;
	readonly host: string;
	/** Epoch seconds, half-open. */
	readonly startAt: number;
	readonly endAt: number;
	/** For people; may be empty. */
	readonly reason: string;
	readonly addedAt: number;
	readonly addedBy: string;
}

/** What a key that came with a request has made. */
export interface IdempotencyRecord {
	readonly vo: string;
	readonly party: string;
	readonly key: string;
	/** Digest of the request, whatever its sender counts as part of it. */
	readonly fingerprint: string;
	readonly made: MadeByKey;
	readonly createdAt: number;
}

/** An agreement; or a negotiation, or the offers that were sent within one. */
export type MadeByKey =
	| { readonly agreementId: string }
	| { readonly negotiationId: string; readonly offerIds: readonly string[] };

/** A page of agreements: newest first, from after the one named. */
export interface AgreementQuery {
	readonly vo?: string;
	readonly party?: string;
	readonly states?: readonly AgreementState[];
	/** The id of the last one of the page before. */
	readonly after?: string;
	readonly limit: number;
}
