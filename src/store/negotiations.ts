import type { NegotiationRole } from '../agreement/rounds/negotiation-context.ts';
import type { NegotiationOfferState } from '../agreement/rounds/negotiation-offer.ts';
import type { NegotiationState } from '../agreement/rounds/negotiation-states.ts';
import type { Database, Statement } from './database.ts';
import type {
	HoldRecord,
	NegotiationOfferRecord,
	NegotiationQuery,
	NegotiationRecord,
	Proposal,
	RecordedReason,
	RenegotiatedAgreement,
	WrittenOffer,
} from './negotiation-records.ts';

interface NegotiationRow {
	id: string;
	site: string;
	party: string;
	vo: string;
	template_name: string | null;
	template_id: string | null;
	permission: string | null;
	context_bytes: number | null;
	state: NegotiationState;
	state_reason: string | null;
	expiration_at: number;
	created_at: number;
	updated_at: number;
	version: number;
	head_hash: string;
}

interface OfferRow {
	id: string;
	negotiation_id: string;
	counter_offer_to: string | null;
	creator: NegotiationRole;
	state: NegotiationOfferState;
	reasons: string;
	proposal: string | null;
	hold_id: string | null;
	agreement_id: string | null;
	expiration_at: number | null;
	created_at: number;
	updated_at: number;
	bytes: number;
}

/** What may change in a negotiation once it is begun. */
export type NegotiationChange = Partial<Pick<NegotiationRecord, 'state' | 'stateReason'>> & {
	readonly at: number;
	readonly headHash: string;
};

/** What may change in an offer of the tree. */
export type NegotiationOfferChange = Partial<Pick<NegotiationOfferRecord, 'state' | 'reasons' | 'agreementId'>> & {
	readonly at: number;
};

type Owner = Pick<HoldRecord, 'party' | 'vo'>;

/** All but the context, which may be as long as a document may be. */
const COLUMNS = `id, site, party, vo, template_name, template_id, permission, octet_length(context_xml) AS context_bytes,
	state, state_reason, expiration_at, created_at, updated_at, version, head_hash`;

/** Negotiations with their trees of offers, and the holds on what was offered. Writes need a transaction. */
export class Negotiations {
	readonly #insert: Statement<never>;
	readonly #update: Statement<never>;
	readonly #byId: Statement<NegotiationRow>;
	readonly #contextOf: Statement<{ context_xml: string }>;
	readonly #about: Statement<NegotiationRow>;
	readonly #openCount: Statement<{ open: number }>;
	readonly #idle: Statement<{ id: string; held: number }>;
	readonly #next: Statement<{ id: string; expiration_at: number }>;
	readonly #offerInsert: Statement<never>;
	readonly #textInsert: Statement<never>;
	readonly #text: Statement<{ text: string }>;
	readonly #offerUpdate: Statement<never>;
	readonly #offerById: Statement<OfferRow>;
	readonly #offersOf: Statement<OfferRow>;
	readonly #offersHeld: Statement<OfferRow>;
	readonly #weight: Statement<{ offers: number; bytes: number }>;
	/** One statement per combination of filters: at most eight. */
	readonly #lists = new Map<string, Statement<NegotiationRow>>();
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
		this.#insert = database.prepare(`
			INSERT INTO negotiations (id, site, party, vo, template_name, template_id, agreement_id, permission, context_xml,
				state, state_reason, expiration_at, created_at, updated_at, version, head_hash)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#update = database.prepare(`
			UPDATE negotiations SET state = ?, state_reason = ?, updated_at = ?, version = ?, head_hash = ?
			WHERE id = ? AND version = ?`);
		this.#byId = database.prepare(`SELECT ${COLUMNS} FROM negotiations WHERE id = ?`);
		this.#contextOf = database.prepare('SELECT context_xml FROM negotiations WHERE id = ?');
		this.#about = database.prepare(
			`SELECT ${COLUMNS} FROM negotiations WHERE agreement_id = ? AND state = 'Open' ORDER BY id`,
		);
		this.#openCount = database.prepare(
			"SELECT count(*) AS open FROM negotiations WHERE vo = ? AND party = ? AND state = 'Open'",
		);
		this.#idle = database.prepare(`
			SELECT id, EXISTS (SELECT 1 FROM holds WHERE negotiation_id = negotiations.id AND state = 'held') AS held
			FROM negotiations WHERE vo = ? AND party = ? AND state = 'Open' ORDER BY held, updated_at, id LIMIT 1`);
		this.#next = database.prepare(`
			SELECT id, expiration_at FROM negotiations WHERE vo = ? AND party = ? AND state = 'Open'
			ORDER BY expiration_at, id LIMIT 1`);
		this.#offerInsert = database.prepare(`
			INSERT INTO negotiation_offers (id, negotiation_id, counter_offer_to, creator, state, reasons, proposal,
				hold_id, agreement_id, expiration_at, created_at, updated_at, bytes)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
		this.#textInsert = database.prepare(
			'INSERT INTO negotiation_documents (position, text) VALUES (last_insert_rowid(), ?)',
		);
		this.#text = database.prepare(`
			SELECT text FROM negotiation_offers JOIN negotiation_documents USING (position)
			WHERE negotiation_id = ? AND id = ?`);
		this.#offerUpdate = database.prepare(
			`UPDATE negotiation_offers SET state = ?, reasons = ?, agreement_id = ?, updated_at = ?
			WHERE negotiation_id = ? AND id = ?`,
		);
		this.#offerById = database.prepare('SELECT * FROM negotiation_offers WHERE negotiation_id = ? AND id = ?');
		this.#offersOf = database.prepare('SELECT * FROM negotiation_offers WHERE negotiation_id = ? ORDER BY position');
		this.#offersHeld = database.prepare(`
			SELECT * FROM negotiation_offers WHERE hold_id = ? AND state = 'Acceptable' AND agreement_id IS NULL ORDER BY position`);
		this.#weight = database.prepare(`
			SELECT count(*) AS offers, coalesce(sum(bytes), 0) AS bytes
			FROM negotiation_offers WHERE negotiation_id = ?`);
	}

	insert(record: NegotiationRecord): void {
		const { template, renegotiates } = record;
		this.#insert.run(
			record.id,
			record.site,
			record.party,
			record.vo,
			template?.name ?? null,
			template?.id ?? null,
			renegotiates?.agreementId ?? null,
			renegotiates === undefined ? null : JSON.stringify(renegotiates),
			record.contextXml ?? null,
			record.state,
			record.stateReason ?? null,
			record.expirationAt,
			record.createdAt,
			record.updatedAt,
			record.version,
			record.headHash,
		);
	}

	/** Applies the change to the record, which must be the newest, and returns it as it is now. */
	update(record: NegotiationRecord, { at, ...change }: NegotiationChange): NegotiationRecord {
		const next: NegotiationRecord = { ...record, ...change, updatedAt: at, version: record.version + 1 };
		const { state, stateReason = null, headHash, version } = next;
		const changed = this.#update.run(state, stateReason, at, version, headHash, record.id, record.version);
		if (changed !== 1) throw new Error(`Negotiation ${record.id} has no version ${record.version}.`);
		return next;
	}

	find(id: string): NegotiationRecord | undefined {
		const row = this.#byId.get(id);
		return row && this.#negotiationOf(row);
	}

	/** Newest first; ids are ordered by the time at which they were made. */
	list({ vo, party, after, limit }: NegotiationQuery): NegotiationRecord[] {
		const filters = [
			...(vo === undefined ? [] : ['vo = ?']),
			...(party === undefined ? [] : ['party = ?']),
			...(after === undefined ? [] : ['id < ?']),
		].join(' AND ');
		let statement = this.#lists.get(filters);
		if (statement === undefined) {
			const where = filters === '' ? '' : `WHERE ${filters}`;
			statement = this.#database.prepare(`SELECT ${COLUMNS} FROM negotiations ${where} ORDER BY id DESC LIMIT ?`);
			this.#lists.set(filters, statement);
		}
		const values = [vo, party, after].filter((value) => value !== undefined);
		return statement.all(...values, limit).map((row) => this.#negotiationOf(row));
	}

	/** Those that would change this agreement and have not ended. */
	openAbout(agreementId: string): NegotiationRecord[] {
		return this.#about.all(agreementId).map((row) => this.#negotiationOf(row));
	}

	/** How many the party has that have not ended. */
	openCount({ vo, party }: Owner): number {
		return this.#openCount.get(vo, party)!.open;
	}

	/** Of those that have not ended the one that is missed least, what holds nothing first, and the next to expire. */
	soonOver({ vo, party }: Owner) {
		const [idle, next] = [this.#idle.get(vo, party), this.#next.get(vo, party)];
		if (idle === undefined || next === undefined) return undefined;
		return {
			idle: { id: idle.id, isHolding: idle.held === 1 },
			next: { id: next.id, expirationAt: next.expiration_at },
		};
	}

	insertOffer(offer: WrittenOffer): void {
		this.#offerInsert.run(
			offer.id,
			offer.negotiationId,
			offer.counterOfferTo ?? null,
			offer.creator,
			offer.state,
			JSON.stringify(offer.reasons),
			offer.proposal === undefined ? null : JSON.stringify(offer.proposal),
			offer.holdId ?? null,
			offer.agreementId ?? null,
			offer.expirationAt ?? null,
			offer.createdAt,
			offer.updatedAt,
			Buffer.byteLength(offer.text),
		);
		this.#textInsert.run(offer.text);
	}

	updateOffer<T extends NegotiationOfferRecord>(offer: T, { at, ...change }: NegotiationOfferChange): T {
		const next: T = { ...offer, ...change, updatedAt: at };
		const { negotiationId, id, state, reasons, agreementId = null } = next;
		this.#offerUpdate.run(state, JSON.stringify(reasons), agreementId, at, negotiationId, id);
		return next;
	}

	findOffer(negotiationId: string, id: string): NegotiationOfferRecord | undefined {
		const row = this.#offerById.get(negotiationId, id);
		return row && offerOf(row);
	}

	/** The document of an offer of the tree. */
	textOf({ negotiationId, id }: Pick<NegotiationOfferRecord, 'negotiationId' | 'id'>): string {
		return this.#text.get(negotiationId, id)!.text;
	}

	/** The tree without its documents, in the order in which it grew. */
	offersOf(negotiationId: string): NegotiationOfferRecord[] {
		return this.#offersOf.all(negotiationId).map(offerOf);
	}

	/** The offers of an exclusive group of which one may still be had. */
	offersHeld(holdId: string): NegotiationOfferRecord[] {
		return this.#offersHeld.all(holdId).map(offerOf);
	}

	/** How many offers the tree has, and how many bytes their documents; these are not read for it. */
	weightOf(negotiationId: string): { readonly offers: number; readonly bytes: number } {
		return this.#weight.get(negotiationId)!;
	}

	#negotiationOf(row: NegotiationRow): NegotiationRecord {
		const { template_name: name, template_id: id } = row;
		const record: NegotiationRecord = {
			id: row.id,
			site: row.site,
			party: row.party,
			vo: row.vo,
			...(name === null || id === null ? {} : { template: { name, id } }),
			...(row.permission === null ? {} : { renegotiates: JSON.parse(row.permission) as RenegotiatedAgreement }),
			state: row.state,
			...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
			expirationAt: row.expiration_at,
			createdAt: row.created_at,
			updatedAt: row.updated_at,
			version: row.version,
			headHash: row.head_hash,
		};
		if (row.context_bytes === null) return record;
		// Read when it is asked for.
		const get = () => this.#contextOf.get(row.id)!.context_xml;
		return Object.defineProperty(record, 'contextXml', { get, enumerable: true });
	}
}

function offerOf(row: OfferRow): NegotiationOfferRecord {
	const record: NegotiationOfferRecord = {
		id: row.id,
		negotiationId: row.negotiation_id,
		...(row.counter_offer_to === null ? {} : { counterOfferTo: row.counter_offer_to }),
		creator: row.creator,
		state: row.state,
		reasons: JSON.parse(row.reasons) as RecordedReason[],
		...(row.proposal === null ? {} : { proposal: JSON.parse(row.proposal) as Proposal }),
		...(row.hold_id === null ? {} : { holdId: row.hold_id }),
		...(row.agreement_id === null ? {} : { agreementId: row.agreement_id }),
		...(row.expiration_at === null ? {} : { expirationAt: row.expiration_at }),
		createdAt: row.created_at,
		updatedAt: row.updated_at,
	};
	// Beside the record: what was sent has it not when it is answered, and has it when the answer is repeated.
	return Object.defineProperty(record, 'bytes', { value: row.bytes });
}
