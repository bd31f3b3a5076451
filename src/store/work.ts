import type { Database, Statement } from './database.ts';
import type { Errand, ErrandKind, Lapse } from './records.ts';

interface ErrandRow {
	/** An agreement; of a lapse, a negotiation. */
	owner_id: string;
	kind: ErrandKind | 'lapse';
	revision: number;
	due_at: number;
	attempts: number;
	fence: number;
	lease_until: number;
	last_error: string | null;
	failures: string | null;
}

/** What is due without a machine being touched. */
const TIMES_OWN = ['end', 'expire', 'release', 'lapse'] as const;
const KINDS = ['converge', ...TIMES_OWN] as const;

/** What names an errand once it is leased. */
export type Lease = Pick<Errand, 'kind' | 'agreementId' | 'fence'>;

/** What is to be done, and when: the errands that bring machines to what they shall be, and what time alone decides. */
export class Work {
	readonly #plan: Statement<never>;
	readonly #cancel: Statement<never>;
	readonly #find: Statement<ErrandRow>;
	readonly #dueByTime: Statement<ErrandRow>;
	readonly #lease: Statement<ErrandRow>;
	readonly #finish: Statement<never>;
	readonly #retry: Statement<never>;
	readonly #inOrder: Statement<Pick<ErrandRow, 'due_at' | 'lease_until'>>;
	readonly #unlease: Statement<never>;
	/** By site: until when time alone decides nothing, as far as it is known; what is planned since then brings it nearer. */
	readonly #quietUntil = new Map<string, number>();
	#lastFence: number;

	constructor(database: Database) {
		this.#plan = database.prepare(`
			INSERT INTO due (owner_id, kind, site, revision, due_at, attempts, fence, lease_until)
			VALUES (?, ?, ?, ?, ?, 0, ?, 0)
			ON CONFLICT DO UPDATE SET revision = excluded.revision, due_at = excluded.due_at,
				attempts = 0, fence = excluded.fence, lease_until = 0, last_error = NULL, failures = NULL`);
		this.#cancel = database.prepare('DELETE FROM due WHERE owner_id = ? AND kind = ?');
		this.#find = database.prepare('SELECT * FROM due WHERE owner_id = ? AND kind = ?');
		this.#dueByTime = database.prepare(`
			SELECT * FROM due WHERE site = ? AND kind IN (${TIMES_OWN.map((kind) => `'${kind}'`).join(', ')}) AND due_at <= ?
			ORDER BY due_at, owner_id, kind LIMIT ?`);
		this.#lease = database.prepare(`
			UPDATE due SET lease_until = ?, fence = ?, attempts = attempts + 1 WHERE kind = 'converge' AND owner_id IN (
				SELECT owner_id FROM due WHERE site = ? AND kind = 'converge' AND due_at <= ? AND lease_until <= ?
				ORDER BY due_at, owner_id LIMIT ?
			) RETURNING *`);
		this.#finish = database.prepare('DELETE FROM due WHERE owner_id = ? AND kind = ? AND fence = ?');
		this.#retry = database.prepare(`
			UPDATE due SET due_at = ?, last_error = ?, failures = ?, lease_until = 0
			WHERE owner_id = ? AND kind = ? AND fence = ?`);
		this.#inOrder = database.prepare('SELECT due_at, lease_until FROM due WHERE site = ? AND kind = ? ORDER BY due_at');
		this.#unlease = database.prepare('UPDATE due SET lease_until = 0 WHERE site = ? AND lease_until > 0');
		// Who held one that is gone went with the process that gave it.
		this.#lastFence = database.prepare<{ last: number | null }>('SELECT max(fence) AS last FROM due').get()!.last ?? 0;
	}

	/** Plans an errand anew: whoever has the old one leased has lost it. */
	plan(site: string, kind: ErrandKind, agreementId: string, revision: number, dueAt: number): void {
		this.#plan.run(agreementId, kind, site, revision, dueAt, this.#nextFence());
		if (kind !== 'converge') this.#expect(site, dueAt);
	}

	cancel(agreementId: string, kind: ErrandKind): void {
		this.#cancel.run(agreementId, kind);
	}

	/** When time next decides something about a negotiation. */
	planLapse(site: string, negotiationId: string, dueAt: number): void {
		this.#plan.run(negotiationId, 'lapse', site, 0, dueAt, this.#nextFence());
		this.#expect(site, dueAt);
	}

	cancelLapse(negotiationId: string): void {
		this.#cancel.run(negotiationId, 'lapse');
	}

	findErrand(agreementId: string, kind: ErrandKind): Errand | undefined {
		const row = this.#find.get(agreementId, kind);
		return row && errandOf(row);
	}

	/** The errand of a lease; undefined where it was lost. */
	findLeased({ kind, agreementId, fence }: Lease): Errand | undefined {
		const errand = this.findErrand(agreementId, kind);
		return errand?.fence === fence ? errand : undefined;
	}

	/**
	 * What time alone decides and has come, in the order in which it came. To be asked before all else in a transaction:
	 * it remembers when something comes next, and what it has seen must stay so where the transaction is undone.
	 */
	dueByTime(site: string, now: number, limit: number): (Errand | Lapse)[] {
		if (this.isQuiet(site, now)) return [];
		const rows = this.#dueByTime.all(site, now, limit);
		if (rows.length === 0) this.#quietUntil.set(site, Math.min(...TIMES_OWN.map((kind) => this.#nextOf(site, kind))));
		return rows.map((row) => {
			const { kind, fence, owner_id: negotiationId } = row;
			return kind === 'lapse' ? { kind, fence, negotiationId } : errandOf(row);
		});
	}

	/** Whether it is known that time alone decides nothing yet. */
	isQuiet(site: string, now: number): boolean {
		return now < (this.#quietUntil.get(site) ?? -Infinity);
	}

	/** Hands out due errands for machines until `leaseUntil`; nobody else gets them before. */
	lease(site: string, now: number, leaseUntil: number, limit: number): Errand[] {
		return this.#lease
			.all(leaseUntil, this.#nextFence(), site, now, now, limit)
			.map(errandOf)
			.sort((one, other) => one.dueAt - other.dueAt || (one.agreementId < other.agreementId ? -1 : 1));
	}

	/** The errand is done and gone; false where the lease was lost. */
	finish(errand: Lease | Lapse): boolean {
		return this.#finish.run(ownerOf(errand), errand.kind, errand.fence) === 1;
	}

	/** The errand is tried again later; false where the lease was lost. */
	retry(errand: Lease | Lapse, dueAt: number, error: string, failures: Errand['failures'] = {}): boolean {
		this.#quietUntil.clear();
		return this.#retry.run(dueAt, error, JSON.stringify(failures), ownerOf(errand), errand.kind, errand.fence) === 1;
	}

	/** When the next errand is due or its lease runs out; undefined where there is none. */
	nextDueAt(site: string): number | undefined {
		const at = Math.min(...KINDS.map((kind) => this.#nextOf(site, kind)));
		return at === Infinity ? undefined : at;
	}

	/** Ends all leases: for the start, when whoever held them is gone. */
	unleaseAll(site: string): void {
		this.#unlease.run(site);
	}

	/** When the next of a kind is due or its lease runs out; Infinity: never. Looks at the leased ones and one more. */
	#nextOf(site: string, kind: ErrandRow['kind']): number {
		let next = Infinity;
		for (const { due_at: dueAt, lease_until: leaseUntil } of this.#inOrder.iterate(site, kind)) {
			next = Math.min(next, Math.max(dueAt, leaseUntil));
			if (dueAt >= next) break;
		}
		return next;
	}

	#nextFence(): number {
		this.#lastFence += 1;
		return this.#lastFence;
	}

	#expect(site: string, dueAt: number): void {
		const known = this.#quietUntil.get(site);
		if (known !== undefined && dueAt < known) this.#quietUntil.set(site, dueAt);
	}
}

function ownerOf(errand: Lease | Lapse): string {
	return 'negotiationId' in errand ? errand.negotiationId : errand.agreementId;
}

function errandOf(row: ErrandRow): Errand {
	return {
		kind: row.kind as ErrandKind,
		agreementId: row.owner_id,
		revision: row.revision,
		dueAt: row.due_at,
		attempts: row.attempts,
		fence: row.fence,
		leaseUntil: row.lease_until,
		...(row.last_error === null ? {} : { lastError: row.last_error }),
		failures: row.failures === null ? {} : (JSON.parse(row.failures) as Errand['failures']),
	};
}
