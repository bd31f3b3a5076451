import type { Database, Statement } from './database.ts';
import type { JsonValue } from './records.ts';

/** A call that is to be made to somebody outside, once at least. */
export interface OutgoingMessage {
	readonly target: string;
	readonly headers: Readonly<Record<string, string>>;
	/** UTF-8, or a text that is to be. */
	readonly body: string | Uint8Array;
}

/** A message on its way. */
export interface MessageRecord extends OutgoingMessage {
	readonly body: Uint8Array;
	readonly id: number;
	/** The length of its body, which is read when it is asked for. */
	readonly bytes: number;
	readonly attempts: number;
	/** Nobody tries any more from then on. */
	readonly expiresAt: number;
}

/** Who wants to hear of an agreement's changes. */
export interface SubscriptionRecord {
	readonly id: string;
	readonly party: string;
	readonly vo: string;
	readonly agreementId: string;
	/** Whatever the one who writes the messages needs to know; the store does not look at it. */
	readonly consumer: JsonValue;
	readonly terminateAt: number;
	/** The version of the agreement that was told last. */
	readonly toldVersion: number;
	readonly createdAt: number;
}

/** An offer for a pending agreement that was not accepted: what remains to be read of it. */
export interface RejectionRecord {
	readonly id: string;
	readonly party: string;
	readonly vo: string;
	/** Read when it is asked for. */
	readonly offerXml: string;
	readonly offerBytes: number;
	/** Why, in words. */
	readonly reason: string;
	readonly at: number;
}

interface MessageRow {
	id: number;
	target: string;
	headers: string;
	bytes: number;
	attempts: number;
	expires_at: number;
}

interface SubscriptionRow {
	id: string;
	party: string;
	vo: string;
	agreement_id: string;
	consumer: string;
	terminate_at: number;
	told_version: number;
	created_at: number;
}

interface RejectionRow {
	id: string;
	party: string;
	vo: string;
	offer_bytes: number;
	reason: string;
	at: number;
}

/** What goes out to others, and who asked for it: messages, subscriptions, rejections that can still be read. */
export class Correspondence {
	readonly #messagePut: Statement<never>;
	readonly #messagesDue: Statement<MessageRow>;
	readonly #messageBody: Statement<{ body: Uint8Array }>;
	readonly #messageGone: Statement<never>;
	readonly #messageLater: Statement<never>;
	readonly #messageCount: Statement<{ count: number }>;
	readonly #subscriptionPut: Statement<never>;
	readonly #subscriptionGet: Statement<SubscriptionRow>;
	readonly #subscriptionCount: Statement<{ count: number }>;
	readonly #subscriptionGone: Statement<never>;
	readonly #subscriptionUntil: Statement<never>;
	readonly #subscriptionTold: Statement<never>;
	readonly #subscriptionsBehind: Statement<SubscriptionRow>;
	readonly #subscriptionsBehindOne: Statement<SubscriptionRow>;
	readonly #subscriptionsOver: Statement<never>;
	readonly #subscriptionNextEnd: Statement<{ at: number | null }>;
	readonly #rejectionPut: Statement<never>;
	readonly #rejectionGet: Statement<RejectionRow>;
	readonly #rejectionOffer: Statement<{ offer_xml: string }>;
	readonly #rejectionsOver: Statement<never>;

	constructor(database: Database) {
		this.#messagePut = database.prepare(`
			INSERT INTO messages (site, target, headers, body, due_at, expires_at, attempts) VALUES (?, ?, ?, CAST(? AS TEXT), ?, ?, 0)`);
		this.#messagesDue = database.prepare(
			`SELECT id, target, headers, octet_length(body) AS bytes, attempts, expires_at FROM messages
			WHERE site = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
		);
		this.#messageBody = database.prepare('SELECT CAST(body AS BLOB) AS body FROM messages WHERE id = ?');
		this.#messageGone = database.prepare('DELETE FROM messages WHERE id = ?');
		this.#messageLater = database.prepare(
			'UPDATE messages SET due_at = ?, attempts = attempts + 1, last_error = ? WHERE id = ?',
		);
		this.#messageCount = database.prepare('SELECT count(*) AS count FROM messages WHERE site = ?');
		this.#subscriptionPut = database.prepare(`
			INSERT INTO subscriptions (id, site, party, vo, agreement_id, consumer, terminate_at, told_version, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#subscriptionGet = database.prepare('SELECT * FROM subscriptions WHERE id = ?');
		this.#subscriptionCount = database.prepare(
			'SELECT count(*) AS count FROM subscriptions WHERE vo = ? AND party = ? AND terminate_at > ?',
		);
		this.#subscriptionGone = database.prepare('DELETE FROM subscriptions WHERE id = ?');
		this.#subscriptionUntil = database.prepare('UPDATE subscriptions SET terminate_at = ? WHERE id = ?');
		this.#subscriptionTold = database.prepare(
			'UPDATE subscriptions SET agreement_id = ?, told_version = ? WHERE id = ?',
		);
		this.#subscriptionsBehind = database.prepare(`
			SELECT s.* FROM subscriptions s JOIN agreements a ON a.id = s.agreement_id
			WHERE s.site = ? AND a.version > s.told_version ORDER BY s.id LIMIT ?`);
		this.#subscriptionsBehindOne = database.prepare(`
			SELECT s.* FROM subscriptions s JOIN agreements a ON a.id = s.agreement_id
			WHERE s.agreement_id = ? AND a.version > s.told_version ORDER BY s.id`);
		this.#subscriptionNextEnd = database.prepare('SELECT min(terminate_at) AS at FROM subscriptions WHERE site = ?');
		this.#subscriptionsOver = database.prepare('DELETE FROM subscriptions WHERE site = ? AND terminate_at <= ?');
		this.#rejectionPut = database.prepare(
			'INSERT INTO rejections (id, site, party, vo, offer_xml, reason, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
		);
		this.#rejectionGet = database.prepare(
			'SELECT id, party, vo, octet_length(offer_xml) AS offer_bytes, reason, at FROM rejections WHERE id = ?',
		);
		this.#rejectionOffer = database.prepare('SELECT offer_xml FROM rejections WHERE id = ?');
		this.#rejectionsOver = database.prepare('DELETE FROM rejections WHERE site = ? AND at < ?');
	}

	/** Puts a message on its way, in the same transaction as the decision that it tells of. */
	send(site: string, { target, headers, body }: OutgoingMessage, dueAt: number, expiresAt: number): void {
		this.#messagePut.run(site, target, JSON.stringify(headers), body, dueAt, expiresAt);
	}

	dueMessages(site: string, now: number, limit: number): MessageRecord[] {
		const bodyOf = (id: number) => this.#messageBody.get(id)!.body;
		return this.#messagesDue.all(site, now, limit).map(({ expires_at, ...row }) => ({
			id: row.id,
			target: row.target,
			headers: JSON.parse(row.headers) as Record<string, string>,
			get body() {
				return bodyOf(row.id);
			},
			bytes: row.bytes,
			attempts: row.attempts,
			expiresAt: expires_at,
		}));
	}

	/** It has arrived, or nobody tries any more. */
	forgetMessage(id: number): void {
		this.#messageGone.run(id);
	}

	retryMessage(id: number, dueAt: number, error: string): void {
		this.#messageLater.run(dueAt, error, id);
	}

	messageCount(site: string): number {
		return this.#messageCount.get(site)!.count;
	}

	insertSubscription(site: string, record: SubscriptionRecord): void {
		const { id, party, vo, agreementId, consumer, terminateAt, toldVersion, createdAt } = record;
		this.#subscriptionPut.run(
			id,
			site,
			party,
			vo,
			agreementId,
			JSON.stringify(consumer),
			terminateAt,
			toldVersion,
			createdAt,
		);
	}

	findSubscription(id: string): SubscriptionRecord | undefined {
		const row = this.#subscriptionGet.get(id);
		return row && subscriptionOf(row);
	}

	subscriptionCount(owner: { readonly vo: string; readonly party: string }, now: number): number {
		return this.#subscriptionCount.get(owner.vo, owner.party, now)!.count;
	}

	endSubscription(id: string): void {
		this.#subscriptionGone.run(id);
	}

	endSubscriptionsBefore(site: string, at: number): void {
		this.#subscriptionsOver.run(site, at);
	}

	setSubscriptionEnd(id: string, terminateAt: number): void {
		this.#subscriptionUntil.run(terminateAt, id);
	}

	/** When the first subscription ends by itself. */
	nextSubscriptionEnd(site: string): number | undefined {
		return this.#subscriptionNextEnd.get(site)?.at ?? undefined;
	}

	/** The subscriptions to this agreement that have not been told of its last change. */
	subscriptionsBehindOf(agreementId: string): SubscriptionRecord[] {
		return this.#subscriptionsBehindOne.all(agreementId).map(subscriptionOf);
	}

	/** All subscriptions whose agreement has changed since they were told; looks at each of the site's. */
	subscriptionsBehind(site: string, limit: number): SubscriptionRecord[] {
		return this.#subscriptionsBehind.all(site, limit).map(subscriptionOf);
	}

	/** The subscription is about this agreement from now on, and was told of this version of it. */
	markTold(id: string, { id: agreementId, version }: { readonly id: string; readonly version: number }): void {
		this.#subscriptionTold.run(agreementId, version, id);
	}

	insertRejection(site: string, { id, party, vo, offerXml, reason, at }: RejectionRecord): void {
		this.#rejectionPut.run(id, site, party, vo, offerXml, reason, at);
	}

	findRejection(id: string): RejectionRecord | undefined {
		const row = this.#rejectionGet.get(id);
		if (row === undefined) return undefined;
		const offerOf = () => this.#rejectionOffer.get(id)!.offer_xml;
		return {
			id: row.id,
			party: row.party,
			vo: row.vo,
			get offerXml() {
				return offerOf();
			},
			offerBytes: row.offer_bytes,
			reason: row.reason,
			at: row.at,
		};
	}

	forgetRejectionsBefore(site: string, at: number): void {
		this.#rejectionsOver.run(site, at);
	}
}

function subscriptionOf(row: SubscriptionRow): SubscriptionRecord {
	return {
		id: row.id,
		party: row.party,
		vo: row.vo,
		agreementId: row.agreement_id,
		consumer: JSON.parse(row.consumer) as JsonValue,
		terminateAt: row.terminate_at,
		toldVersion: row.told_version,
		createdAt: row.created_at,
	};
}
