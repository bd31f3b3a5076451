import type { Placement } from '../capacity/resources.ts';
import type { Database, Statement } from './database.ts';
import type { ReservationOwner, ReservationRecord } from './records.ts';

interface ReservationRow {
	id: number;
	agreement_id: string | null;
	hold_id: string | null;
	placement: string;
	end_at: number;
	booked_version: number;
	released_version: number | null;
}

/** The capacity that agreements and holds take. Writes need a transaction. */
export class Reservations {
	readonly #book: Statement<never>;
	readonly #release: Statement<never>;
	readonly #live: Statement<ReservationRow>;
	readonly #ofAgreement: Statement<ReservationRow>;
	readonly #ofHold: Statement<ReservationRow>;
	readonly #voOfAgreement: Statement<{ vo: string }>;
	readonly #voOfHold: Statement<{ vo: string }>;
	readonly #byVos: Statement<{ vo: string; placement: string }>;

	constructor(database: Database) {
		this.#book = database.prepare(`
			INSERT INTO reservations (site, agreement_id, hold_id, placement, end_at, booked_version)
			VALUES (?, ?, ?, ?, ?, ?)`);
		this.#release = database.prepare(
			'UPDATE reservations SET released_version = ? WHERE id = ? AND released_version IS NULL',
		);
		this.#live = database.prepare(
			'SELECT * FROM reservations WHERE site = ? AND released_version IS NULL AND end_at > ? ORDER BY id',
		);
		this.#ofAgreement = database.prepare(`
			SELECT * FROM reservations WHERE agreement_id = ? AND released_version IS NULL AND end_at > ? ORDER BY id`);
		this.#ofHold = database.prepare(
			'SELECT * FROM reservations WHERE hold_id = ? AND released_version IS NULL ORDER BY id',
		);
		this.#voOfAgreement = database.prepare('SELECT vo FROM agreements WHERE id = ?');
		this.#voOfHold = database.prepare('SELECT vo FROM holds WHERE id = ?');
		this.#byVos = database.prepare(`
			SELECT coalesce(a.vo, h.vo) AS vo, r.placement FROM reservations r
			LEFT JOIN agreements a ON a.id = r.agreement_id LEFT JOIN holds h ON h.id = r.hold_id
			WHERE r.site = ? AND r.released_version IS NULL AND r.end_at > ? ORDER BY r.id`);
	}

	/** Takes capacity as of this version of the calendar. `endAt` is when the last of it is free again by itself. */
	book(site: string, reservation: Omit<ReservationRecord, 'id' | 'releasedVersion'>): ReservationRecord {
		const { owner, placement, endAt, bookedVersion } = reservation;
		const agreementId = 'agreementId' in owner ? owner.agreementId : null;
		const holdId = 'holdId' in owner ? owner.holdId : null;
		const id = this.#book.insert(site, agreementId, holdId, JSON.stringify(placement), endAt, bookedVersion);
		return { id, ...reservation };
	}

	/** Gives capacity back as of this version of the calendar. */
	release(reservationId: number, version: number): void {
		if (this.#release.run(version, reservationId) !== 1) throw new Error(`Reservation ${reservationId} is not booked.`);
	}

	/** What is booked and not over yet, in the order of booking: the calendar of the site. */
	live(site: string, now: number): ReservationRecord[] {
		return this.#live.all(site, now).map(reservationOf);
	}

	ofAgreement(agreementId: string, now: number): ReservationRecord[] {
		return this.#ofAgreement.all(agreementId, now).map(reservationOf);
	}

	/** The VO for which is booked. */
	voOf(owner: ReservationOwner): string {
		return ('holdId' in owner ? this.#voOfHold.get(owner.holdId) : this.#voOfAgreement.get(owner.agreementId))!.vo;
	}

	/** What is booked and was not over by then, with the VO that it is booked for. */
	bookedByVos(site: string, at: number): { readonly vo: string; readonly placement: Placement }[] {
		const rows = this.#byVos.all(site, at);
		return rows.map(({ vo, placement }) => ({ vo, placement: JSON.parse(placement) as Placement }));
	}

	/** What is booked for a hold, also what is over. */
	ofHold(holdId: string): ReservationRecord[] {
		return this.#ofHold.all(holdId).map(reservationOf);
	}
}

function reservationOf(row: ReservationRow): ReservationRecord {
	return {
		id: row.id,
		owner: row.agreement_id === null ? { holdId: row.hold_id! } : { agreementId: row.agreement_id },
		placement: JSON.parse(row.placement) as Placement,
		endAt: row.end_at,
		bookedVersion: row.booked_version,
		...(row.released_version === null ? {} : { releasedVersion: row.released_version }),
	};
}
