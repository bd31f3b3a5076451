/** Maintenance: times during which nothing new is placed on a host. What is agreed or held already stays, and is named. */

import { printDateTime } from '../agreement/time.ts';
import type { Placement } from '../capacity/resources.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import { may, type Party } from '../identity/party.ts';
import type { MaintenanceRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { signature } from './access.ts';
import type { Forbidden, NotFound } from './outcome.ts';
import type { Turn } from './turn.ts';

export interface MaintenanceRequest {
	readonly party: Party;
	readonly host: string;
	/** Epoch seconds, half-open. */
	readonly startAt: number;
	readonly endAt: number;
	readonly reason: string;
}

/** A maintenance, and what has something booked on the host in that time. */
export interface PlannedMaintenance {
	readonly maintenance: MaintenanceRecord;
	/** Agreements. */
	readonly affected: readonly string[];
	/** Counter-offers that are held. */
	readonly held: readonly HeldOffer[];
}

export interface HeldOffer {
	readonly negotiation: string;
	readonly offer: string;
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
	if (!ledger.hasHost(host)) {
		return { kind: 'unusable', why: `host: one of the hosts of this site; found ${JSON.stringify(host)}.` };
	}
	const earliest = Math.max(now, startAt);
	if (endAt <= earliest) {
		const allowed = `after it begins and after now, later than ${printDateTime(earliest)}`;
		return { kind: 'unusable', why: `to: ${allowed}; found ${printDateTime(endAt)}.` };
	}
	if (store.maintenance.list(site, now).length >= MAINTENANCE_MAX) {
		return { kind: 'unusable', why: `There are ${MAINTENANCE_MAX} already; remove one first.` };
	}
	const maintenance = { ...asked, id: newId(), site, addedAt: now, addedBy: party.name };
	const body = { by: signature(party), id: maintenance.id, host, startAt, endAt, reason };
	turn.record({ kind: 'maintenance-added', body });
	ledger.close(maintenance);
	return { kind: 'added', maintenance, ...bookedIn(store, maintenance, now) };
}

export function removeMaintenance(turn: Turn, party: Party, id: string): MaintenanceOutcome {
	if (!may(party, 'maintenance.change')) return { kind: 'forbidden' };
	const maintenance = turn.store.maintenance.find(turn.site, id);
	if (maintenance === undefined || maintenance.endAt <= turn.now) return { kind: 'not-found' };
	turn.record({ kind: 'maintenance-removed', body: { by: signature(party), id } });
	turn.ledger.reopen(maintenance);
	return { kind: 'removed' };
}

/** What is planned and not over. What is booked in that time is for those to know who may change it. */
export function listMaintenance(store: Store, site: string, now: number, party: Party): readonly PlannedMaintenance[] {
	return store.maintenance.list(site, now).map((maintenance) => ({
		maintenance,
		...(may(party, 'maintenance.change') ? bookedIn(store, maintenance, now) : { affected: [], held: [] }),
	}));
}

function bookedIn(store: Store, maintenance: MaintenanceRecord, now: number): Omit<PlannedMaintenance, 'maintenance'> {
	const agreements = new Set<string>();
	const holds = new Set<string>();
	for (const { owner, placement } of store.reservations.live(maintenance.site, now)) {
		if (!overlaps(placement, maintenance)) continue;
		if ('holdId' in owner) holds.add(owner.holdId);
		else agreements.add(owner.agreementId);
	}
	// What a group has booked is the most that any of its offers needs: which of them need it there, they say.
	const held = [...holds]
		.flatMap((holdId) => store.negotiations.offersHeld(holdId))
		.filter(({ proposal }) => placementsOf(proposal!.placement).some((each) => overlaps(each, maintenance)))
		.map(({ negotiationId, id }) => ({ negotiation: negotiationId, offer: id }));
	return { affected: [...agreements].sort(), held };
}

function overlaps(
	{ startAt: beginAt, usage, machines }: Placement,
	{ host, startAt, endAt }: MaintenanceRecord,
): boolean {
	if (!machines.some((share) => share.host === host)) return false;
	return usage.some(({ offsetSeconds, durationSeconds }) => {
		const from = beginAt + offsetSeconds;
		return from < endAt && startAt < from + durationSeconds;
	});
}
