/** One decision in the making: what it sees, and how it writes. */
import { AGREEMENT_TRANSITIONS, canMove, SERVICE_TERM_TRANSITIONS } from '../agreement/properties/states.ts';
import { NEGOTIATION_OFFER_TRANSITIONS, NEGOTIATION_TRANSITIONS } from '../agreement/rounds/negotiation-states.ts';
import type { HistoryEvent } from '../store/history.ts';
import type { NegotiationOfferRecord, NegotiationRecord } from '../store/negotiation-records.ts';
import type { NegotiationChange, NegotiationOfferChange } from '../store/negotiations.ts';
import type { AgreementChange, AgreementRecord, ErrandKind } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Ledger } from './ledger.ts';
import type { Nudge } from './outcome.ts';

/** Of one decision: its time, and the few ways in which decisions write. */
export class Turn {
	readonly store: Store;
	readonly site: string;
	readonly ledger: Ledger;
	/** Epoch seconds; one and the same for a whole batch. */
	readonly now: number;
	/** Agreements and negotiations that whoever waits for them must look at again. */
	readonly changed = new Set<string>();
	readonly nudges: Nudge[] = [];

	constructor(store: Store, site: string, ledger: Ledger, now: number) {
		this.store = store;
		this.site = site;
		this.ledger = ledger;
		this.now = now;
	}

	/** Writes history; returns the new head's hash (H10). */
	record(event: Omit<HistoryEvent, 'at'>): string {
		return this.store.history.append(this.site, { ...event, at: this.now });
	}

	/** Makes an agreement, after its history. */
	insert(record: AgreementRecord): void {
		this.store.agreements.insert(record);
		this.changed.add(record.id);
	}

	/** Changes an agreement and says so in the history. */
	update(
		agreement: AgreementRecord,
		change: Omit<AgreementChange, 'at' | 'headHash'>,
		event: Omit<HistoryEvent, 'at' | 'agreementId'>,
	): AgreementRecord {
		const { state = agreement.state, serviceState = agreement.serviceState } = change;
		assertMove(AGREEMENT_TRANSITIONS, agreement.state, state);
		assertMove(SERVICE_TERM_TRANSITIONS, agreement.serviceState, serviceState);
		const headHash = this.record({ ...event, agreementId: agreement.id });
		this.changed.add(agreement.id);
		return this.store.agreements.update(agreement, { ...change, at: this.now, headHash });
	}

	/** Makes a negotiation, after its history. */
	insertNegotiation(record: NegotiationRecord): void {
		this.store.negotiations.insert(record);
		this.changed.add(record.id);
	}

	/** Changes a negotiation, or something of its tree, and says so in the history. */
	updateNegotiation(
		negotiation: NegotiationRecord,
		change: Omit<NegotiationChange, 'at' | 'headHash'>,
		event: Omit<HistoryEvent, 'at' | 'agreementId'>,
	): NegotiationRecord {
		assertMove(NEGOTIATION_TRANSITIONS, negotiation.state, change.state ?? negotiation.state);
		const headHash = this.record({ ...event, agreementId: negotiation.id });
		this.changed.add(negotiation.id);
		return this.store.negotiations.update(negotiation, { ...change, at: this.now, headHash });
	}

	/** Changes an offer of a tree; the history is told with the negotiation. */
	updateOffer<T extends NegotiationOfferRecord>(offer: T, change: Omit<NegotiationOfferChange, 'at'>): T {
		assertMove(NEGOTIATION_OFFER_TRANSITIONS, offer.state, change.state ?? offer.state);
		return this.store.negotiations.updateOffer(offer, { ...change, at: this.now });
	}

	/** Plans an errand, anew where it is planned already. */
	plan(kind: ErrandKind, agreement: Pick<AgreementRecord, 'id' | 'revision'>, dueAt: number): void {
		this.store.work.plan(this.site, kind, agreement.id, agreement.revision, dueAt);
		this.nudges.push({ kind, agreementId: agreement.id, dueAt });
	}
}

function assertMove<S extends string>(transitions: Readonly<Record<S, readonly S[]>>, from: S, to: S): void {
	if (from !== to && !canMove(transitions, from, to)) throw new Error(`${to} does not follow ${from}.`);
}
