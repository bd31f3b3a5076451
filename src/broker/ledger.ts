import { type HostFree, SiteCalendar } from '../capacity/calendar.ts';
import {
	cutPlacement,
	endOf,
	type Host,
	type HostShare,
	NOTHING,
	type Placement,
	type ResourceVector,
} from '../capacity/resources.ts';
import type { HeldTogether } from '../negotiation/policy/held.ts';
import type { Quotas } from '../negotiation/policy/quota.ts';
import type { VoUsage } from '../negotiation/policy/usage.ts';
import type { MaintenanceRecord, ReservationOwner, ReservationRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { Accounts } from './accounts.ts';

/**
 * How old a step of the calendar may be before it is dropped: no question reaches back, but a start may lie a little
 * in the past.
 */
const PAST_KEPT_SECONDS = 3600;

/** What a site offers: its hosts, and what all of them together never give out. */
export interface Offered {
	readonly hosts: readonly Host[];
	readonly reserve: ResourceVector;
	/** Hosts, by name, on which nothing new is placed, for nobody knows how long; absent: none. */
	readonly silent?: readonly string[];
}

/** The end of what times can say: a closure until then has no end. */
const FOR_EVER = 253_402_300_799;

/**
 * The site's calendar together with the reservations that it is made of: what changes in one changes in the other.
 * Changes of the calendar are noted until their transaction is committed, so that a decision that fails can be undone
 * without reading everything again.
 */
export class Ledger {
	readonly #store: Store;
	readonly #site: string;
	#offered: Offered;
	/** What is offered has become another since the calendar was read. */
	#isOfferedAnew = false;
	readonly #undo: (() => void)[] = [];
	readonly #closed: (hosts: readonly string[]) => void;
	readonly #quotas: Quotas | undefined;
	#calendar: SiteCalendar | undefined;
	/** Of what VOs have booked, and of what is held. */
	#accounts: Accounts | undefined;
	/** The time of the batch: what lies before it has been used, whatever becomes of its booking. */
	#now = 0;
	/** Hosts that cannot hold what is reserved on them: they take nothing new and the calendar leaves them out. */
	#closedHosts = new Set<string>();
	#version = 0;
	#forgottenAt = 0;

	/**
	 * `closed` is told which hosts have less than agreements have reserved on them, or are no longer there. Without
	 * `quotas` nobody counts what VOs have booked.
	 */
	constructor(
		store: Store,
		site: string,
		offered: Offered,
		closed: (hosts: readonly string[]) => void,
		quotas?: Quotas,
	) {
		this.#store = store;
		this.#site = site;
		this.#offered = offered;
		this.#closed = closed;
		this.#quotas = quotas;
	}

	get calendar(): SiteCalendar {
		if (this.#calendar === undefined) throw new Error('The calendar is not loaded.');
		return this.#calendar;
	}

	/** What VOs have booked; undefined where nobody has a quota. */
	get usage(): VoUsage | undefined {
		return this.#open.usage;
	}

	/** What is held, for all parties together. */
	get held(): HeldTogether {
		return this.#open.held;
	}

	get #open(): Accounts {
		if (this.#accounts === undefined) throw new Error('The calendar is not loaded.');
		return this.#accounts;
	}

	/** Counts the changes of the calendar; within a batch also those that are not committed yet. */
	get version(): number {
		return this.#version;
	}

	/** Reads the calendar where it is not there, and drops what was before; once in a batch, outside its transaction. */
	ensureLoaded(now: number): void {
		this.#undo.length = 0;
		this.#now = now;
		if (this.#calendar === undefined || this.#isOfferedAnew) this.#load(now);
		if (this.#isOfferedAnew) this.#version += 1;
		this.#isOfferedAnew = false;
		if (now - this.#forgottenAt >= PAST_KEPT_SECONDS) {
			this.calendar.forgetBefore(now - PAST_KEPT_SECONDS);
			this.#open.forgetBefore(now - PAST_KEPT_SECONDS);
			this.#forgottenAt = now;
		}
	}

	/** Other hosts, or of another size, or others of them silent: from the next batch on, with another version. */
	offer(offered: Offered): void {
		this.#offered = offered;
		this.#isOfferedAnew = true;
	}

	/** Hosts on which nothing new is placed, since they do not answer. */
	get silentHosts(): readonly string[] {
		return this.#offered.silent ?? [];
	}

	/** The calendar is no longer what the database says: the next batch reads it again. */
	forget(): void {
		this.#calendar = undefined;
	}

	/** A point of the batch to which {@link undoTo} can return. */
	mark(): number {
		return this.#undo.length;
	}

	/** Undoes the calendar's changes since the mark; the database is undone by its savepoint. */
	undoTo(mark: number): void {
		while (this.#undo.length > mark) this.#undo.pop()!();
	}

	/** What the agreement has booked and is not over. */
	reservationsOf(agreementId: string, now: number): readonly ReservationRecord[] {
		return this.#store.reservations.ofAgreement(agreementId, now);
	}

	/** Whether the site has such a host. */
	hasHost(name: string): boolean {
		return this.#offered.hosts.some((host) => host.name === name);
	}

	/** Closes a host of this site, in calendar and database. */
	close(maintenance: MaintenanceRecord): void {
		this.calendar.close(maintenance);
		this.#undo.push(() => this.calendar.reopen(maintenance));
		this.#store.maintenance.insert(maintenance);
		this.#nextVersion();
	}

	/** Takes back what is not over. */
	reopen(maintenance: MaintenanceRecord): void {
		if (this.hasHost(maintenance.host)) {
			this.calendar.reopen(maintenance);
			this.#undo.push(() => this.calendar.close(maintenance));
		}
		this.#store.maintenance.remove(maintenance.id);
		this.#nextVersion();
	}

	/** Books for an agreement, in calendar and database. The placement must fit. */
	book(agreementId: string, placement: Placement): ReservationRecord {
		return this.#book({ agreementId }, placement);
	}

	/** Books for a hold: what fits here is nobody else's until it is given up (H1, H3). */
	bookHold(holdId: string, placements: readonly Placement[]): void {
		for (const placement of placements) this.#book({ holdId }, placement);
	}

	/** What a hold has booked. */
	reservationsOfHold(holdId: string): readonly ReservationRecord[] {
		return this.#store.reservations.ofHold(holdId);
	}

	/**
	 * Books each host's share where it still fits: for machines that are on their way out and whose place may have been
	 * given to their own successors.
	 */
	bookWhatFits(agreementId: string, placement: Placement): void {
		for (const share of placement.machines) {
			const alone = { ...placement, machines: [share] };
			if (!this.#closedHosts.has(share.host) && this.calendar.hasRoom(alone)) this.book(agreementId, alone);
		}
	}

	/** Takes reservations out of the calendar alone, to see what fits without them; undo, or {@link giveUp} them. */
	setAside(reservations: readonly ReservationRecord[]): void {
		for (const { owner, placement } of reservations) this.#change(owner, placement, -1);
	}

	/** Releases for good what was set aside. */
	giveUp(reservations: readonly ReservationRecord[]): void {
		for (const { id } of reservations) this.#store.reservations.release(id, this.#nextVersion());
	}

	/** Keeps what an agreement has used of what it gave up: its VO's CPU time is counted when the books are read again. */
	keepUsed(agreementId: string, reservations: readonly ReservationRecord[]): void {
		if (this.#quotas === undefined) return;
		for (const { placement } of reservations) {
			const used = cutPlacement(placement, Number.NEGATIVE_INFINITY, this.#now);
			if (used !== undefined) this.#enter({ agreementId }, used);
		}
	}

	/** Cuts what the agreement has booked at `endAt`: later than that, nothing of it remains. */
	cut(agreementId: string, endAt: number, now: number): void {
		for (const reservation of this.reservationsOf(agreementId, now)) {
			if (reservation.endAt <= endAt) continue;
			this.setAside([reservation]);
			this.giveUp([reservation]);
			const left = cutPlacement(reservation.placement, Number.NEGATIVE_INFINITY, endAt);
			if (left !== undefined) this.book(agreementId, left);
		}
	}

	/** What is free, host by host and step by step. */
	freeBetween(fromAt: number, untilAt: number): readonly HostFree[] {
		return this.calendar.freeBetween(fromAt, untilAt);
	}

	#book(owner: ReservationOwner, placement: Placement): ReservationRecord {
		this.#change(owner, placement, 1);
		return this.#enter(owner, placement);
	}

	#enter(owner: ReservationOwner, placement: Placement): ReservationRecord {
		return this.#store.reservations.book(this.#site, {
			owner,
			placement,
			endAt: endOf(placement),
			bookedVersion: this.#nextVersion(),
		});
	}

	#nextVersion(): number {
		this.#version += 1;
		this.#undo.push(() => {
			this.#version -= 1;
		});
		return this.#version;
	}

	#change(owner: ReservationOwner, placement: Placement, sign: 1 | -1): void {
		this.#undo.push(...this.#open.enter(owner, placement, sign, this.#now));
		const shares = placement.machines.filter(({ host }) => !this.#closedHosts.has(host));
		if (shares.length === 0) return;
		const open = { ...placement, machines: shares };
		if (sign > 0) this.calendar.book(open);
		else this.calendar.release(open);
		this.#undo.push(() => (sign > 0 ? this.calendar.release(open) : this.calendar.book(open)));
	}

	/**
	 * Books everything that is reserved into a new calendar. Where a host has not enough for it (its capacity was
	 * reduced, or it is gone), it is closed and the rest is booked again without it.
	 */
	#load(now: number): void {
		const reservations = this.#store.reservations.live(this.#site, now);
		const known = new Set(this.#offered.hosts.map(({ name }) => name));
		const closed = new Set(
			reservations.flatMap(({ placement }) =>
				placement.machines.map(({ host }) => host).filter((name) => !known.has(name)),
			),
		);
		let calendar = this.#bookAll(reservations, closed);
		// Hosts do not depend on each other: one pass finds all that are too small.
		if (closed.size > 0) calendar = this.#bookAll(reservations, closed);
		this.#closedHosts = closed;
		this.#calendar = calendar;
		const { hosts, reserve } = this.#offered;
		const parts = { store: this.#store, site: this.#site, hosts, reserve, quotas: this.#quotas };
		this.#accounts = new Accounts(parts, reservations, now);
		// Never back to one that had another calendar: not every change is written (offer), and not every batch.
		this.#version = Math.max(this.#version, this.#store.openSite(this.#site).calendarVersion);
		for (const maintenance of this.#store.maintenance.list(this.#site, now)) {
			if (known.has(maintenance.host)) calendar.close(maintenance);
		}
		const silent = this.silentHosts;
		for (const host of silent) calendar.close({ host, startAt: 0, endAt: FOR_EVER });
		// What is over was not read: it counts as free, and to release it changes nothing.
		calendar.forgetBefore(now);
		this.#forgottenAt = now;
		// Of one that is silent it may not be known what it has.
		const told = [...closed].filter((host) => !silent.includes(host)).sort();
		if (told.length > 0) this.#closed(told);
	}

	/** A new calendar with everything that fits; hosts on which something does not are added to the closed ones. */
	#bookAll(reservations: readonly ReservationRecord[], closed: Set<string>): SiteCalendar {
		const { hosts, reserve } = this.#offered;
		const open = hosts.map((host) => (closed.has(host.name) ? { ...host, capacity: NOTHING } : host));
		const calendar = new SiteCalendar(open, reserve);
		for (const { placement } of reservations) {
			for (const share of placement.machines) {
				if (!closed.has(share.host) && !bookShare(calendar, placement, share)) closed.add(share.host);
			}
		}
		return calendar;
	}
}

/** Books the machines on one host where they fit. */
function bookShare(calendar: SiteCalendar, placement: Placement, share: HostShare): boolean {
	const alone = { ...placement, machines: [share] };
	const fits = calendar.hasRoom(alone);
	if (fits) calendar.book(alone);
	return fits;
}
