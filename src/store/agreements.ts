import type { AgreementState, ServiceActivity, ServiceTermState } from '../agreement/properties/states.ts';
import type { Due, Price } from '../agreement/terms/quote.ts';
import type { Rationale } from '../agreement/terms/rationale.ts';
import type { ServiceGrant, ServiceRequest } from '../agreement/terms/service.ts';
import type { GangPlacement } from '../capacity/search/gang.ts';
import type { Database, Statement } from './database.ts';
import type { AgreementChange, AgreementQuery, AgreementRecord } from './records.ts';

interface AgreementRow {
	id: string;
	site: string;
	workspace_id: string;
	revision: number;
	party: string;
	vo: string;
	template_name: string;
	template_id: string;
	name: string | null;
	state: AgreementState;
	state_reason: string | null;
	service_state: ServiceTermState;
	service_activity: ServiceActivity | null;
	offer_bytes: number;
	request: string;
	grant: string;
	placement: string;
	service_numbers: string | null;
	price: string | null;
	due: string | null;
	because: string | null;
	effects: string;
	failed_hosts: string;
	expiration_at: number | null;
	created_at: number;
	updated_at: number;
	version: number;
	supersedes: string | null;
	superseded_by: string | null;
	head_hash: string;
}

/** All but the offer, which may be a megabyte, is seldom looked at and never changes. */
const COLUMNS = `id, site, workspace_id, revision, party, vo, template_name, template_id, name, state, state_reason,
	service_state, service_activity, offer_bytes, request, "grant", placement, service_numbers,
	price, due, because, effects, failed_hosts, expiration_at, created_at, updated_at, version, supersedes, superseded_by,
	head_hash`;

/** Agreements, revision by revision. Writes need a transaction. */
export class Agreements {
	readonly #insert: Statement<never>;
	readonly #update: Statement<never>;
	readonly #byId: Statement<AgreementRow>;
	readonly #insertOffer: Statement<never>;
	readonly #offerOf: Statement<{ offer_xml: string }>;
	readonly #ofWorkspace: Statement<{ id: string }>;
	readonly #observed: Statement<AgreementRow>;
	/** One statement per combination of filters: at most eight. */
	readonly #lists = new Map<string, Statement<AgreementRow>>();
	readonly #database: Database;

	constructor(database: Database) {
		this.#database = database;
		this.#insert = database.prepare(`
			INSERT INTO agreements (id, site, workspace_id, revision, party, vo, template_name, template_id, name, state,
				state_reason, service_state, service_activity, offer_bytes, request, "grant", placement, price, because, effects,
				failed_hosts, expiration_at, created_at, updated_at, version, supersedes, superseded_by, head_hash, service_numbers,
				document)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, last_insert_rowid())`);
		this.#update = database.prepare(`
			UPDATE agreements SET due = ?, state = ?, state_reason = ?, service_state = ?, service_activity = ?, placement = ?,
				failed_hosts = ?, superseded_by = ?, updated_at = ?, version = ?, head_hash = ?
			WHERE id = ? AND version = ?`);
		this.#byId = database.prepare(`SELECT ${COLUMNS} FROM agreements WHERE id = ?`);
		this.#insertOffer = database.prepare('INSERT INTO agreement_documents (offer_xml) VALUES (?)');
		this.#offerOf = database.prepare(
			'SELECT offer_xml FROM agreements JOIN agreement_documents ON position = document WHERE id = ?',
		);
		// What is Observed ends some time: that is due, in the order of ids.
		this.#observed = database.prepare(`
			SELECT ${COLUMNS} FROM (SELECT owner_id, kind FROM due) d CROSS JOIN agreements a ON a.id = d.owner_id
			WHERE d.owner_id < ? AND d.kind = 'end' AND a.state = 'Observed' ORDER BY d.owner_id DESC LIMIT ?`);
		this.#ofWorkspace = database.prepare(
			'SELECT id FROM agreements WHERE workspace_id = ? AND workspace_id <> id ORDER BY revision DESC LIMIT 1',
		);
	}

	insert(record: AgreementRecord): void {
		this.#insertOffer.run(record.offerXml);
		this.#insert.run(
			record.id,
			record.site,
			record.workspaceId,
			record.revision,
			record.party,
			record.vo,
			record.template.name,
			record.template.id,
			record.name ?? null,
			record.state,
			record.stateReason ?? null,
			record.serviceState,
			record.serviceActivity ?? null,
			record.offerBytes,
			JSON.stringify(record.request),
			JSON.stringify(record.grant),
			JSON.stringify(record.placement),
			record.price === undefined ? null : JSON.stringify(record.price),
			record.because === undefined ? null : JSON.stringify(record.because),
			JSON.stringify(record.effects),
			JSON.stringify(record.failedHosts),
			record.expirationAt ?? null,
			record.createdAt,
			record.updatedAt,
			record.version,
			record.supersedes ?? null,
			record.supersededBy ?? null,
			record.headHash,
			record.serviceNumbers === undefined ? null : JSON.stringify(record.serviceNumbers),
		);
	}

	/** Applies the change to the record, which must be the newest, and returns it as it is now. */
	update(record: AgreementRecord, { at, serviceState, serviceActivity, ...change }: AgreementChange): AgreementRecord {
		// As it is described and not as it is: its offer is read when it is asked for, and would be read here.
		const { serviceActivity: _, ...described } = Object.getOwnPropertyDescriptors(record);
		const activity = serviceState === undefined ? record.serviceActivity : serviceActivity;
		const next: AgreementRecord = Object.assign(Object.defineProperties({}, described) as AgreementRecord, {
			...change,
			serviceState: serviceState ?? record.serviceState,
			...(activity === undefined ? {} : { serviceActivity: activity }),
			updatedAt: at,
			version: record.version + 1,
		});
		const changed = this.#update.run(
			next.due === undefined ? null : JSON.stringify(next.due),
			next.state,
			next.stateReason ?? null,
			next.serviceState,
			next.serviceActivity ?? null,
			JSON.stringify(next.placement),
			JSON.stringify(next.failedHosts),
			next.supersededBy ?? null,
			next.updatedAt,
			next.version,
			next.headHash,
			record.id,
			record.version,
		);
		if (changed !== 1) throw new Error(`Agreement ${record.id} has no version ${record.version}.`);
		return next;
	}

	find(id: string): AgreementRecord | undefined {
		const row = this.#byId.get(id);
		return row && this.#recordOf(row);
	}

	/** The newest revision about a workspace; the first one may have its id. */
	currentOf(workspaceId: string): AgreementRecord | undefined {
		const agreement = this.find(this.#ofWorkspace.get(workspaceId)?.id ?? workspaceId);
		return agreement?.workspaceId === workspaceId ? agreement : undefined;
	}

	/** Newest first; ids are ordered by the time at which they were made. */
	list(query: AgreementQuery): AgreementRecord[] {
		const { states, after, limit } = query;
		if (states === undefined || query.vo !== undefined || query.party !== undefined) return this.#select(query);
		const others = states.filter((state) => state !== 'Observed');
		const found = others.length === 0 ? [] : this.#select({ ...query, states: others }, "state <> 'Observed'");
		if (others.length === states.length) return found;
		const observed = this.#observed.all(after ?? BEHIND_ALL, limit).map((row) => this.#recordOf(row));
		return [...found, ...observed].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, limit);
	}

	/** `condition`: what the query says anyway, in the words of an index. */
	#select(query: AgreementQuery, condition?: string): AgreementRecord[] {
		const filters = [
			...(condition === undefined ? [] : [condition]),
			...(query.vo === undefined ? [] : ['vo = ?']),
			...(query.party === undefined ? [] : ['party = ?']),
			...(query.states === undefined ? [] : ['state IN (SELECT value FROM json_each(?))']),
			...(query.after === undefined ? [] : ['id < ?']),
		].join(' AND ');
		let statement = this.#lists.get(filters);
		if (statement === undefined) {
			const where = filters === '' ? '' : `WHERE ${filters}`;
			statement = this.#database.prepare(`SELECT ${COLUMNS} FROM agreements ${where} ORDER BY id DESC LIMIT ?`);
			this.#lists.set(filters, statement);
		}
		const states = query.states && JSON.stringify(query.states);
		const values = [query.vo, query.party, states, query.after].filter((value) => value !== undefined);
		return statement.all(...values, query.limit).map((row) => this.#recordOf(row));
	}

	#recordOf(row: AgreementRow): AgreementRecord {
		return recordOf(row, () => this.#offerOf.get(row.id)!.offer_xml);
	}
}

/** After every id. */
const BEHIND_ALL = '\u{10ffff}';

function recordOf(row: AgreementRow, offerXml: () => string): AgreementRecord {
	return {
		id: row.id,
		site: row.site,
		workspaceId: row.workspace_id,
		revision: row.revision,
		party: row.party,
		vo: row.vo,
		template: { name: row.template_name, id: row.template_id },
		...(row.name === null ? {} : { name: row.name }),
		state: row.state,
		...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
		serviceState: row.service_state,
		...(row.service_activity === null ? {} : { serviceActivity: row.service_activity }),
		get offerXml() {
			return offerXml();
		},
		offerBytes: row.offer_bytes,
		request: JSON.parse(row.request, readInfinity) as ServiceRequest,
		grant: JSON.parse(row.grant) as ServiceGrant,
		placement: JSON.parse(row.placement) as GangPlacement,
		...(row.service_numbers === null ? {} : { serviceNumbers: JSON.parse(row.service_numbers) as number[] }),
		...(row.price === null ? {} : { price: JSON.parse(row.price) as Price }),
		...(row.due === null ? {} : { due: JSON.parse(row.due) as Due }),
		...(row.because === null ? {} : { because: JSON.parse(row.because) as Rationale[] }),
		effects: JSON.parse(row.effects) as AgreementRecord['effects'],
		failedHosts: JSON.parse(row.failed_hosts) as string[],
		...(row.expiration_at === null ? {} : { expirationAt: row.expiration_at }),
		createdAt: row.created_at,
		updatedAt: row.updated_at,
		version: row.version,
		...(row.supersedes === null ? {} : { supersedes: row.supersedes }),
		...(row.superseded_by === null ? {} : { supersededBy: row.superseded_by }),
		headHash: row.head_hash,
	};
}

/** The open ends of ranges are infinite, for which JSON writes null. */
function readInfinity(name: string, value: unknown): unknown {
	if (value !== null) return value;
	return name === 'lower' ? Number.NEGATIVE_INFINITY : name === 'upper' ? Number.POSITIVE_INFINITY : value;
}
