import type { Database, Statement } from './database.ts';
import type { IdempotencyRecord } from './records.ts';

interface KeyRow {
	fingerprint: string;
	agreement_id: string | null;
	negotiation_id: string | null;
	offer_ids: string;
	created_at: number;
}

/** The keys with which requests came, and what they made. Writes need a transaction. */
export class Keys {
	readonly #find: Statement<KeyRow>;
	readonly #insert: Statement<never>;
	readonly #forget: Statement<never>;
	readonly #oldest: Statement<{ at: number | null }>;
	/** No key is older: to look for old ones with every batch took 10 us and found none. */
	#oldestAt = Number.NEGATIVE_INFINITY;

	constructor(database: Database) {
		this.#find = database.prepare('SELECT * FROM idempotency WHERE vo = ? AND party = ? AND key = ?');
		this.#insert = database.prepare(`
			INSERT INTO idempotency (vo, party, key, fingerprint, agreement_id, negotiation_id, offer_ids, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#forget = database.prepare('DELETE FROM idempotency WHERE created_at < ?');
		this.#oldest = database.prepare('SELECT min(created_at) AS at FROM idempotency');
	}

	find(owner: { vo: string; party: string }, key: string): IdempotencyRecord | undefined {
		const { vo, party } = owner;
		const row = this.#find.get(vo, party, key);
		if (row === undefined) return undefined;
		const { fingerprint, agreement_id: agreementId, negotiation_id: negotiationId, created_at: createdAt } = row;
		const made =
			agreementId === null
				? { negotiationId: negotiationId!, offerIds: JSON.parse(row.offer_ids) as string[] }
				: { agreementId };
		return { vo, party, key, fingerprint, made, createdAt };
	}

	/** Remembers what a key has made, in the transaction that makes it. */
	insert({ vo, party, key, fingerprint, made, createdAt }: IdempotencyRecord): void {
		const [agreementId, negotiationId, offerIds] =
			'agreementId' in made ? [made.agreementId, null, []] : [null, made.negotiationId, made.offerIds];
		const ids = JSON.stringify(offerIds);
		this.#oldestAt = Math.min(this.#oldestAt, createdAt);
		this.#insert.run(vo, party, key, fingerprint, agreementId, negotiationId, ids, createdAt);
	}

	/** Where the transaction is undone, they may stay until the next one is old enough. */
	forgetBefore(createdAt: number): void {
		if (createdAt <= this.#oldestAt) return;
		this.#forget.run(createdAt);
		this.#oldestAt = this.#oldest.get()?.at ?? Number.POSITIVE_INFINITY;
	}
}
