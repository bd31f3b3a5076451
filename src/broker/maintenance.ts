/** Maintenance: times during which nothing new is placed on a host. What is agreed already stays, and is named. */
import { may, type Party } from '../identity/party.ts';
import type { MaintenanceRecord, ReservationRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { signature } from './access.ts';
import type { Turn } from './desk.ts';
import type { Forbidden, NotFound } from './outcome.ts';

export interface MaintenanceRequest {
	readonly party: Party;
	readonly host: string;
	/** Epoch seconds, half-open. */
	readonly startAt: number;
	readonly endAt: number;
	readonly reason: string;
}

/** A maintenance, and the agreements that have something booked on the host in that time. */
export interface PlannedMaintenance {
	readonly maintenance: MaintenanceRecord;
	readonly affected: readonly string[];
}

export type MaintenanceOutcome =
	| ({ readonly kind: 'added' } & PlannedMaintenance)
	| { readonly kind: 'removed' }
	| NotFound
	| Forbidden
	| { readonly kind: 'unusable'; readonly why: string };

/** An admin reads the whole list, and each is closed in the calendar when the broker starts. */
const MAINTENANCE_MAX = 1000;

export function addMaintenance(
	turn: Turn,
	{ party, ...asked }: MaintenanceRequest,
	newId: () => string,
): MaintenanceOutcome {
	if (!may(party, 'maintenance.change')) return { kind: 'forbidden' };
	const { ledger, store, site, now } = turn;
	const { host, startAt, endAt, reason } = asked;
	if (!ledger.hasHost(host)) return { kind: 'unusable', why: `This site has no host ${host}.` };
	if (endAt <= Math.max(now, startAt)) return { kind: 'unusable', why: 'It must end after it begins, and after now.' };
	if (store.maintenance.list(site, now).length >= MAINTENANCE_MAX) {
		return { kind: 'unusable', why: `There are ${MAINTENANCE_MAX} already; remove one first.` };
	}
	const maintenance = { ...asked, id: newId(), site, addedAt: now, addedBy: party.name };
	const body = { by: signature(party), id: maintenance.id, host, startAt, endAt, reason };
	turn.record({ kind: 'maintenance-added', body });
	ledger.close(maintenance);
	return { kind: 'added', maintenance, affected: affectedBy(store, maintenance, now) };
}

export function removeMaintenance(turn: Turn, party: Party, id: string): MaintenanceOutcome {
	if (!may(party, 'maintenance.change')) return { kind: 'forbidden' };
	const maintenance = turn.store.maintenance.find(turn.site, id);
	if (maintenance === undefined || maintenance.endAt <= turn.now) return { kind: 'not-found' };
	turn.record({ kind: 'maintenance-removed', body: { by: signature(party), id } });
	turn.ledger.reopen(maintenance);
	return { kind: 'removed' };
}

/** What is planned and not over. Which agreements it is about is for those to know who may change it. */
export function listMaintenance(store: Store, site: string, now: number, party: Party): readonly PlannedMaintenance[] {
	return store.maintenance.list(site, now).map((maintenance) => ({
		maintenance,
		affected: may(party, 'maintenance.change') ? affectedBy(store, maintenance, now) : [],
	}));
}

function affectedBy(store: Store, maintenance: MaintenanceRecord, now: number): readonly string[] {
	const booked = store.agreements.liveReservations(maintenance.site, now).filter((each) => overlaps(each, maintenance));
	return [...new Set(booked.flatMap(({ owner }) => ('agreementId' in owner ? [owner.agreementId] : [])))].sort();
}

function overlaps({ placement }: ReservationRecord, { host, startAt, endAt }: MaintenanceRecord): boolean {
	if (!placement.machines.some((share) => share.host === host)) return false;
	return placement.usage.some(({ offsetSeconds, durationSeconds }) => {
		const from = placement.startAt + offsetSeconds;
		return from < endAt && startAt < from + durationSeconds;
	});
}
