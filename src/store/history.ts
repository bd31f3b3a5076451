import { hash as digest } from 'node:crypto';
import type { Database, Statement } from './database.ts';
import type { HistoryEntry, JsonValue } from './records.ts';

/** What happened; place and hashes are given to it when it is appended. */
export interface HistoryEvent {
	readonly at: number;
	readonly kind: string;
	/** The agreement, or the negotiation, that it is about. */
	readonly agreementId?: string;
	readonly body: JsonValue;
}

/** What `verify` found. A broken history names the first entry that does not follow from the one before. */
export type HistoryVerdict =
	| { readonly kind: 'intact'; readonly entries: number; readonly headHash: string }
	| { readonly kind: 'broken'; readonly sequence: number; readonly why: string };

/** How far the histories of sites are apart; with 53 bits, of 8,192 sites. */
export const POSITIONS_PER_SITE = 2 ** 40;

/** As a limit: none. */
const ALL = -1;

interface Row {
	sequence: number;
	at: number;
	kind: string;
	agreement_id: string | null;
	body: string;
	previous_hash: string;
	hash: string;
}

/**
 * The history of a site (H10): append-only, in order, each entry with the hash of the one before. The hash covers the
 * text of the entry as it is stored, in canonical JSON, so nothing in it can be changed without changing all after it.
 * That the end was cut off shows in the head's hash, which every acknowledgement carries and every agreement keeps.
 */
export class History {
	readonly #database: Database;
	readonly #installationId: string;
	readonly #append: Statement<never>;
	readonly #from: Statement<{ history_from: number }>;
	readonly #last: Statement<{ sequence: number; hash: string }>;
	readonly #page: Statement<Row>;
	readonly #ofAgreement: Statement<Row>;
	readonly #promised: Statement<{ what: string; id: string; head_hash: string }>;

	/** The last entry as it was appended; of no worth once something was undone. */
	#head:
		| { readonly site: string; readonly sequence: number; readonly hash: string; readonly undone: number }
		| undefined;
	/** By site, the position behind which its entries lie: the n-th has that one and n. */
	readonly #positions = new Map<string, number>();

	constructor(database: Database, installationId: string) {
		this.#database = database;
		this.#installationId = installationId;
		this.#append = database.prepare(`
			INSERT INTO history (position, site, sequence, at, kind, agreement_id, body, previous_hash, hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#from = database.prepare('SELECT history_from FROM sites WHERE name = ?');
		this.#last = database.prepare(`
			SELECT sequence, hash FROM history WHERE position > ? AND position < ? ORDER BY position DESC LIMIT 1`);
		this.#page = database.prepare(
			'SELECT * FROM history WHERE position > ? AND position < ? ORDER BY position LIMIT ?',
		);
		this.#ofAgreement = database.prepare(`
			SELECT * FROM history WHERE agreement_id = ? AND position > ? AND position < ? ORDER BY position LIMIT ?`);
		this.#promised = database.prepare(`
			SELECT 'Agreement' AS what, id, head_hash FROM agreements WHERE site = ?
			UNION ALL SELECT 'Negotiation', id, head_hash FROM negotiations WHERE site = ?`);
	}

	/** Adds an entry and returns its hash, the new head. Within a transaction. */
	append(site: string, event: HistoryEvent): string {
		const { undone } = this.#database;
		const isKnown = this.#head?.site === site && this.#head.undone === undone;
		const last = isKnown ? this.#head : this.#last.get(...this.#reach(site));
		const sequence = (last?.sequence ?? 0) + 1;
		const previousHash = last?.hash ?? this.#origin(site);
		const body = canonicalJson(event.body);
		const agreementId = event.agreementId ?? null;
		const hash = hashOf(
			site,
			{ sequence, at: event.at, kind: event.kind, agreement_id: agreementId, body },
			previousHash,
		);
		const position = this.#reach(site)[0] + sequence;
		this.#append.run(position, site, sequence, event.at, event.kind, agreementId, body, previousHash, hash);
		this.#head = { site, sequence, hash, undone };
		return hash;
	}

	/** The hash of the last entry; before the first one, a value of this installation and site alone. */
	headHash(site: string): string {
		return this.head(site).hash;
	}

	/** The place and hash of the last entry; place 0 before the first one. */
	head(site: string): { readonly sequence: number; readonly hash: string } {
		return this.#last.get(...this.#reach(site)) ?? { sequence: 0, hash: this.#origin(site) };
	}

	/** Entries in order from after a sequence number: of the whole site, or about one agreement. */
	list(query: { site: string; agreementId?: string; after: number; limit: number }): HistoryEntry[] {
		const { site, agreementId, after, limit } = query;
		const [from, until] = this.#reach(site);
		const rows =
			agreementId === undefined
				? this.#page.all(from + after, until, limit)
				: this.#ofAgreement.all(agreementId, from + after, until, limit);
		return rows.map((row) => ({
			site,
			sequence: row.sequence,
			at: row.at,
			kind: row.kind,
			...(row.agreement_id === null ? {} : { agreementId: row.agreement_id }),
			body: JSON.parse(row.body) as JsonValue,
			previousHash: row.previous_hash,
			hash: row.hash,
		}));
	}

	/** Recomputes the whole chain, and finds in it the head that each agreement was acknowledged with. */
	verify(site: string): HistoryVerdict {
		let headHash = this.#origin(site);
		let entries = 0;
		const promised = new Map(
			this.#promised.all(site, site).map(({ what, id, head_hash }) => [head_hash, `${what} ${id}`]),
		);
		for (const row of this.#page.iterate(...this.#reach(site), ALL)) {
			entries += 1;
			if (row.sequence !== entries) return { kind: 'broken', sequence: entries, why: 'This entry is missing.' };
			if (row.previous_hash !== headHash) {
				return { kind: 'broken', sequence: entries, why: 'It does not follow from the entry before it.' };
			}
			headHash = hashOf(site, row, headHash);
			if (row.hash !== headHash) return { kind: 'broken', sequence: entries, why: 'Its content was changed.' };
			promised.delete(headHash);
		}
		for (const what of promised.values()) {
			return { kind: 'broken', sequence: entries + 1, why: `${what} was acknowledged with a later head.` };
		}
		return { kind: 'intact', entries, headHash };
	}

	/** The positions between which the entries of a site lie. */
	#reach(site: string): readonly [number, number] {
		let from = this.#positions.get(site);
		if (from === undefined) {
			from = this.#from.get(site)?.history_from;
			if (from === undefined) throw new Error(`There is no site ${site}.`);
			this.#positions.set(site, from);
		}
		return [from, from + POSITIONS_PER_SITE];
	}

	#origin(site: string): string {
		return sha256(`computon ${this.#installationId} ${site}`);
	}
}

/**
 * JSON with the members of every object in the order of their names and nothing that could be written in two ways
 * (RFC 8785, for the numbers and strings that JSON.stringify prints alike). Absent members are left out.
 */
export function canonicalJson(value: JsonValue): string {
	if (value === null || typeof value !== 'object') return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
	const members = value as Record<string, JsonValue | undefined>;
	let text = '';
	for (const name of inOrder(Object.keys(members))) {
		const member = members[name];
		if (member !== undefined) text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:${canonicalJson(member)}`;
	}
	return text === '' ? '{}' : `${text}}`;
}

/** The names in the order of their UTF-16 units: there are few, which are in order in less time than sort begins in. */
function inOrder(names: string[]): readonly string[] {
	if (names.length > FEW_NAMES) return names.sort();
	for (let index = 1; index < names.length; index += 1) {
		const name = names[index]!;
		let place = index;
		for (; place > 0 && names[place - 1]! > name; place -= 1) names[place] = names[place - 1]!;
		names[place] = name;
	}
	return names;
}

const FEW_NAMES = 16;

function hashOf(site: string, row: Omit<Row, 'previous_hash' | 'hash'>, previousHash: string): string {
	const head = canonicalJson([site, row.sequence, row.at, row.kind, row.agreement_id, previousHash]);
	return sha256(`${head}\n${row.body}`);
}

function sha256(text: string): string {
	return digest('sha256', text);
}
