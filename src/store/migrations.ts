import type { DatabaseSync } from 'node:sqlite';
import { OperatingError } from '../errors.ts';

/** 'Cmpn': marks the file as Computon's (https://www.sqlite.org/fileformat.html#application_id). */
const APPLICATION_ID = 0x436d706e;

/**
 * The schema, step by step. The number of a step is its place in the list; a step that was released is never edited,
 * only followed. Amounts are integers in the units of the project, times epoch seconds, booleans absent. Columns of
 * JSON are written by this room alone and read back without validation.
 */
const MIGRATIONS: readonly string[] = [
	`
	CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

	-- calendar_version counts the changes of the site's reservations; last_at is the clock that never goes back.
	CREATE TABLE sites (
		name TEXT PRIMARY KEY,
		calendar_version INTEGER NOT NULL,
		last_at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;

	CREATE TABLE templates (
		name TEXT NOT NULL,
		id TEXT NOT NULL,
		title TEXT,
		state TEXT NOT NULL CHECK (state IN ('published', 'retired')),
		version INTEGER NOT NULL,
		xml TEXT NOT NULL,
		tree TEXT NOT NULL,
		published_at INTEGER NOT NULL,
		published_by TEXT NOT NULL,
		PRIMARY KEY (name, id)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE images (
		digest TEXT PRIMARY KEY,
		name TEXT NOT NULL,
		kind TEXT NOT NULL,
		disk_bytes INTEGER NOT NULL,
		added_at INTEGER NOT NULL,
		added_by TEXT NOT NULL
	) STRICT, WITHOUT ROWID;

	CREATE TABLE agreements (
		id TEXT PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		workspace_id TEXT NOT NULL,
		revision INTEGER NOT NULL,
		party TEXT NOT NULL,
		vo TEXT NOT NULL,
		template_name TEXT NOT NULL,
		template_id TEXT NOT NULL,
		name TEXT,
		state TEXT NOT NULL,
		state_reason TEXT,
		service_state TEXT NOT NULL,
		service_activity TEXT,
		offer_xml TEXT NOT NULL,
		"grant" TEXT NOT NULL,
		request TEXT NOT NULL,
		placement TEXT NOT NULL,
		effects TEXT NOT NULL,
		failed_hosts TEXT NOT NULL,
		expiration_at INTEGER,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		version INTEGER NOT NULL,
		supersedes TEXT REFERENCES agreements (id),
		superseded_by TEXT REFERENCES agreements (id),
		head_hash TEXT NOT NULL,
		UNIQUE (workspace_id, revision)
	) STRICT;
	CREATE INDEX agreements_of_party ON agreements (vo, party, id);
	CREATE INDEX agreements_in_state ON agreements (state, id);

	-- A reservation is never edited: released_version says from which version of the calendar on it is gone.
	CREATE TABLE reservations (
		id INTEGER PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		agreement_id TEXT NOT NULL REFERENCES agreements (id),
		placement TEXT NOT NULL,
		end_at INTEGER NOT NULL,
		booked_version INTEGER NOT NULL,
		released_version INTEGER
	) STRICT;
	CREATE INDEX reservations_of_agreement ON reservations (agreement_id);
	CREATE INDEX reservations_live ON reservations (site, end_at) WHERE released_version IS NULL;

	CREATE TABLE machines (
		workspace_id TEXT NOT NULL,
		machine_index INTEGER NOT NULL,
		site TEXT NOT NULL REFERENCES sites (name),
		agreement_id TEXT NOT NULL REFERENCES agreements (id),
		revision INTEGER NOT NULL,
		host TEXT NOT NULL,
		start_at INTEGER NOT NULL,
		desired TEXT NOT NULL CHECK (desired IN ('running', 'paused', 'saved', 'off', 'absent')),
		observed TEXT,
		observed_at INTEGER,
		PRIMARY KEY (workspace_id, machine_index)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX machines_wanted ON machines (site, start_at) WHERE desired <> 'absent';

	CREATE TABLE history (
		site TEXT NOT NULL REFERENCES sites (name),
		sequence INTEGER NOT NULL,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		agreement_id TEXT,
		body TEXT NOT NULL,
		previous_hash TEXT NOT NULL,
		hash TEXT NOT NULL,
		PRIMARY KEY (site, sequence)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX history_of_agreement ON history (agreement_id, sequence);
	CREATE TRIGGER history_is_not_edited BEFORE UPDATE ON history
		BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
	CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
		BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

	-- The outbox and the timetable in one: what a decision left to be done, and from when on.
	CREATE TABLE due (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		site TEXT NOT NULL REFERENCES sites (name),
		kind TEXT NOT NULL,
		agreement_id TEXT NOT NULL REFERENCES agreements (id),
		revision INTEGER NOT NULL,
		due_at INTEGER NOT NULL,
		attempts INTEGER NOT NULL,
		fence INTEGER NOT NULL,
		lease_until INTEGER NOT NULL,
		last_error TEXT,
		UNIQUE (agreement_id, kind)
	) STRICT;
	CREATE INDEX due_next ON due (site, kind, due_at);

	CREATE TABLE idempotency (
		vo TEXT NOT NULL,
		party TEXT NOT NULL,
		key TEXT NOT NULL,
		fingerprint TEXT NOT NULL,
		agreement_id TEXT NOT NULL REFERENCES agreements (id),
		created_at INTEGER NOT NULL,
		PRIMARY KEY (vo, party, key)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX idempotency_by_age ON idempotency (created_at);
	`,
	`
	-- What the agreement costs, with its terms, as JSON; NULL where the site had no prices.
	ALTER TABLE agreements ADD COLUMN price TEXT;
	`,
	`
	-- Negotiation in rounds: the tree of offers, and what is held for them.
	CREATE TABLE negotiations (
		id TEXT PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		party TEXT NOT NULL,
		vo TEXT NOT NULL,
		template_name TEXT,
		template_id TEXT,
		-- What a renegotiation is about, and what it may do to machines that run, as JSON.
		agreement_id TEXT REFERENCES agreements (id),
		permission TEXT,
		context_xml TEXT,
		state TEXT NOT NULL CHECK (state IN ('Open', 'Agreed', 'Terminated', 'Expired')),
		state_reason TEXT,
		expiration_at INTEGER NOT NULL,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		version INTEGER NOT NULL,
		head_hash TEXT NOT NULL
	) STRICT;
	CREATE INDEX negotiations_of_party ON negotiations (vo, party, id);
	CREATE INDEX negotiations_open ON negotiations (vo, party) WHERE state = 'Open';
	CREATE INDEX negotiations_about ON negotiations (agreement_id) WHERE state = 'Open' AND agreement_id IS NOT NULL;

	-- An exclusive group: offers of which one may be had. While it is held its reservations are the most of any.
	CREATE TABLE holds (
		id TEXT PRIMARY KEY,
		negotiation_id TEXT NOT NULL REFERENCES negotiations (id),
		party TEXT NOT NULL,
		vo TEXT NOT NULL,
		site_seconds INTEGER NOT NULL,
		state TEXT NOT NULL CHECK (state IN ('held', 'bought', 'lapsed', 'void')),
		held_at INTEGER NOT NULL,
		ended_at INTEGER
	) STRICT;
	CREATE INDEX holds_live ON holds (vo, party) WHERE state = 'held';
	CREATE INDEX holds_ended ON holds (vo, party, ended_at) WHERE state <> 'held';
	CREATE INDEX holds_of_negotiation ON holds (negotiation_id) WHERE state = 'held';

	CREATE TABLE negotiation_offers (
		id TEXT PRIMARY KEY,
		negotiation_id TEXT NOT NULL REFERENCES negotiations (id),
		-- The offer that it answers; none: the template.
		counter_offer_to TEXT REFERENCES negotiation_offers (id),
		creator TEXT NOT NULL CHECK (creator IN ('NegotiationInitiator', 'NegotiationResponder')),
		state TEXT NOT NULL CHECK (state IN ('Advisory', 'Solicited', 'Acceptable', 'Rejected')),
		reasons TEXT NOT NULL,
		-- The element tree of the document, as JSON.
		tree TEXT NOT NULL,
		-- Of what the site offers: rank, kind, grant, placement, differences, effects.
		proposal TEXT,
		image_digest TEXT,
		hold_id TEXT REFERENCES holds (id),
		agreement_id TEXT REFERENCES agreements (id),
		expiration_at INTEGER,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL
	) STRICT;
	CREATE INDEX negotiation_offers_in_order ON negotiation_offers (negotiation_id, id);
	CREATE INDEX negotiation_offers_held ON negotiation_offers (hold_id) WHERE hold_id IS NOT NULL;

	-- A reservation belongs to an agreement or to a hold.
	CREATE TABLE new_reservations (
		id INTEGER PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		agreement_id TEXT REFERENCES agreements (id),
		hold_id TEXT REFERENCES holds (id),
		placement TEXT NOT NULL,
		end_at INTEGER NOT NULL,
		booked_version INTEGER NOT NULL,
		released_version INTEGER,
		CHECK ((agreement_id IS NULL) <> (hold_id IS NULL))
	) STRICT;
	INSERT INTO new_reservations (id, site, agreement_id, placement, end_at, booked_version, released_version)
		SELECT id, site, agreement_id, placement, end_at, booked_version, released_version FROM reservations;
	DROP TABLE reservations;
	ALTER TABLE new_reservations RENAME TO reservations;
	CREATE INDEX reservations_of_agreement ON reservations (agreement_id) WHERE agreement_id IS NOT NULL;
	CREATE INDEX reservations_of_hold ON reservations (hold_id) WHERE hold_id IS NOT NULL;
	CREATE INDEX reservations_live ON reservations (site, end_at) WHERE released_version IS NULL;

	-- What is due is due for an agreement or for a negotiation.
	CREATE TABLE new_due (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		site TEXT NOT NULL REFERENCES sites (name),
		kind TEXT NOT NULL,
		agreement_id TEXT REFERENCES agreements (id),
		negotiation_id TEXT UNIQUE REFERENCES negotiations (id),
		revision INTEGER NOT NULL,
		due_at INTEGER NOT NULL,
		attempts INTEGER NOT NULL,
		fence INTEGER NOT NULL,
		lease_until INTEGER NOT NULL,
		last_error TEXT,
		UNIQUE (agreement_id, kind),
		CHECK ((agreement_id IS NULL) <> (negotiation_id IS NULL))
	) STRICT;
	INSERT INTO new_due (id, site, kind, agreement_id, revision, due_at, attempts, fence, lease_until, last_error)
		SELECT id, site, kind, agreement_id, revision, due_at, attempts, fence, lease_until, last_error FROM due;
	UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'due') WHERE name = 'new_due';
	INSERT INTO sqlite_sequence (name, seq) SELECT 'new_due', seq FROM sqlite_sequence
		WHERE name = 'due' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'new_due');
	DROP TABLE due;
	ALTER TABLE new_due RENAME TO due;
	CREATE INDEX due_next ON due (site, kind, due_at);

	-- A key has made an agreement, a negotiation, or offers within one.
	CREATE TABLE new_idempotency (
		vo TEXT NOT NULL,
		party TEXT NOT NULL,
		key TEXT NOT NULL,
		fingerprint TEXT NOT NULL,
		agreement_id TEXT REFERENCES agreements (id),
		negotiation_id TEXT REFERENCES negotiations (id),
		offer_ids TEXT NOT NULL,
		created_at INTEGER NOT NULL,
		PRIMARY KEY (vo, party, key),
		CHECK ((agreement_id IS NULL) <> (negotiation_id IS NULL))
	) STRICT, WITHOUT ROWID;
	INSERT INTO new_idempotency (vo, party, key, fingerprint, agreement_id, offer_ids, created_at)
		SELECT vo, party, key, fingerprint, agreement_id, '[]', created_at FROM idempotency;
	DROP TABLE idempotency;
	ALTER TABLE new_idempotency RENAME TO idempotency;
	CREATE INDEX idempotency_by_age ON idempotency (created_at);
	`,
	`
	-- Why the values of the agreement are what they are, as JSON; NULL where nobody said.
	ALTER TABLE agreements ADD COLUMN because TEXT;
	`,
	`
	-- Calls to make to others, each until it has arrived or has expired.
	CREATE TABLE messages (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		site TEXT NOT NULL REFERENCES sites (name),
		target TEXT NOT NULL,
		headers TEXT NOT NULL,
		body TEXT NOT NULL,
		due_at INTEGER NOT NULL,
		expires_at INTEGER NOT NULL,
		attempts INTEGER NOT NULL,
		last_error TEXT
	) STRICT;
	CREATE INDEX messages_due ON messages (site, due_at, id);

	-- Who is told when an agreement changes: told_version is the version that was told last.
	CREATE TABLE subscriptions (
		id TEXT PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		party TEXT NOT NULL,
		vo TEXT NOT NULL,
		agreement_id TEXT NOT NULL REFERENCES agreements (id),
		consumer TEXT NOT NULL,
		terminate_at INTEGER NOT NULL,
		told_version INTEGER NOT NULL,
		created_at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX subscriptions_of_agreement ON subscriptions (agreement_id);
	CREATE INDEX subscriptions_of_party ON subscriptions (vo, party);
	CREATE INDEX subscriptions_by_end ON subscriptions (site, terminate_at);

	-- Offers for pending agreements that were not accepted, to be read for a while.
	CREATE TABLE rejections (
		id TEXT PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		party TEXT NOT NULL,
		vo TEXT NOT NULL,
		offer_xml TEXT NOT NULL,
		reason TEXT NOT NULL,
		at INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX rejections_by_age ON rejections (site, at);
	`,
	`
	-- When hosts are closed: reservations of the site itself.
	CREATE TABLE maintenance (
		id TEXT PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		host TEXT NOT NULL,
		start_at INTEGER NOT NULL,
		end_at INTEGER NOT NULL,
		reason TEXT NOT NULL,
		added_at INTEGER NOT NULL,
		added_by TEXT NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE INDEX maintenance_by_end ON maintenance (site, end_at);
	`,
	`
	-- With rowids: an entry is longer than a key may be, and the search for the last one read a dozen others in full.
	CREATE TABLE new_history (
		site TEXT NOT NULL REFERENCES sites (name),
		sequence INTEGER NOT NULL,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		agreement_id TEXT,
		body TEXT NOT NULL,
		previous_hash TEXT NOT NULL,
		hash TEXT NOT NULL,
		PRIMARY KEY (site, sequence)
	) STRICT;
	INSERT INTO new_history (site, sequence, at, kind, agreement_id, body, previous_hash, hash)
		SELECT site, sequence, at, kind, agreement_id, body, previous_hash, hash FROM history ORDER BY site, sequence;
	DROP TABLE history;
	ALTER TABLE new_history RENAME TO history;
	CREATE INDEX history_of_agreement ON history (agreement_id, sequence);
	CREATE TRIGGER history_is_not_edited BEFORE UPDATE ON history
		BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
	CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
		BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
	`,
	`
	-- The position of the service among those of the agreement: until now there was one. The images of all of them are
	-- found in what is proposed.
	ALTER TABLE machines ADD COLUMN service INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE negotiation_offers DROP COLUMN image_digest;
	`,
	`
	-- What is owed since an agreement ended before its time, as JSON.
	ALTER TABLE agreements ADD COLUMN due TEXT;
	`,
	`
	-- Offers are called as their initiators call them, each by its name within its negotiation. What had its order from
	-- ids that grow has it from its position.
	CREATE TABLE new_negotiation_offers (
		position INTEGER PRIMARY KEY,
		id TEXT NOT NULL,
		negotiation_id TEXT NOT NULL REFERENCES negotiations (id),
		counter_offer_to TEXT,
		creator TEXT NOT NULL CHECK (creator IN ('NegotiationInitiator', 'NegotiationResponder')),
		state TEXT NOT NULL CHECK (state IN ('Advisory', 'Solicited', 'Acceptable', 'Rejected')),
		reasons TEXT NOT NULL,
		tree TEXT NOT NULL,
		proposal TEXT,
		hold_id TEXT REFERENCES holds (id),
		agreement_id TEXT REFERENCES agreements (id),
		expiration_at INTEGER,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		UNIQUE (negotiation_id, id),
		FOREIGN KEY (negotiation_id, counter_offer_to) REFERENCES new_negotiation_offers (negotiation_id, id)
	) STRICT;
	INSERT INTO new_negotiation_offers (id, negotiation_id, counter_offer_to, creator, state, reasons, tree, proposal,
			hold_id, agreement_id, expiration_at, created_at, updated_at)
		SELECT id, negotiation_id, counter_offer_to, creator, state, reasons, tree, proposal,
			hold_id, agreement_id, expiration_at, created_at, updated_at FROM negotiation_offers ORDER BY id;
	DROP TABLE negotiation_offers;
	ALTER TABLE new_negotiation_offers RENAME TO negotiation_offers;
	CREATE INDEX negotiation_offers_in_order ON negotiation_offers (negotiation_id, position);
	CREATE INDEX negotiation_offers_held ON negotiation_offers (hold_id) WHERE hold_id IS NOT NULL;
	`,
	`
	-- A service has a number in its workspace for ever, and its machines are known by it: the numbers of the services of
	-- an agreement in their order, as JSON. NULL: each has that of its position, as all had until now.
	ALTER TABLE agreements ADD COLUMN service_numbers TEXT;
	`,
	// What a hold took at most, for which its lapse is remembered; which hold an agreement was bought from.
	`
	ALTER TABLE holds ADD COLUMN most_seconds INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE holds ADD COLUMN site_share REAL NOT NULL DEFAULT 0;
	CREATE INDEX negotiation_offers_agreed ON negotiation_offers (agreement_id) WHERE agreement_id IS NOT NULL;
	`,
	`
	-- What one accepted offer touches, each a page of the log: fewer tables and indices. A first agreement has the id of
	-- its workspace, and only others are sought by it.
	CREATE TABLE new_agreements (
		id TEXT PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		workspace_id TEXT NOT NULL,
		revision INTEGER NOT NULL,
		party TEXT NOT NULL,
		vo TEXT NOT NULL,
		template_name TEXT NOT NULL,
		template_id TEXT NOT NULL,
		name TEXT,
		state TEXT NOT NULL,
		state_reason TEXT,
		service_state TEXT NOT NULL,
		service_activity TEXT,
		expiration_at INTEGER,
		created_at INTEGER NOT NULL,
		updated_at INTEGER NOT NULL,
		version INTEGER NOT NULL,
		supersedes TEXT REFERENCES new_agreements (id),
		superseded_by TEXT REFERENCES new_agreements (id),
		head_hash TEXT NOT NULL,
		service_numbers TEXT,
		price TEXT,
		due TEXT,
		because TEXT,
		effects TEXT NOT NULL,
		failed_hosts TEXT NOT NULL,
		placement TEXT NOT NULL,
		"grant" TEXT NOT NULL,
		request TEXT NOT NULL,
		offer_xml TEXT NOT NULL
	) STRICT;
	INSERT INTO new_agreements (id, site, workspace_id, revision, party, vo, template_name, template_id, name, state,
			state_reason, service_state, service_activity, expiration_at, created_at, updated_at, version, supersedes,
			superseded_by, head_hash, service_numbers, price, due, because, effects, failed_hosts, placement, "grant", request,
			offer_xml)
		SELECT id, site, workspace_id, revision, party, vo, template_name, template_id, name, state,
			state_reason, service_state, service_activity, expiration_at, created_at, updated_at, version, supersedes,
			superseded_by, head_hash, service_numbers, price, due, because, effects, failed_hosts, placement, "grant", request,
			offer_xml FROM agreements ORDER BY id;
	DROP TABLE agreements;
	ALTER TABLE new_agreements RENAME TO agreements;
	CREATE UNIQUE INDEX agreements_of_workspace ON agreements (workspace_id, revision) WHERE workspace_id <> id;
	CREATE INDEX agreements_of_party ON agreements (vo, party, id);
	CREATE INDEX agreements_in_state ON agreements (state, id);

	-- The entries of a site lie one after the other from its own position on: 2^40 of them have room.
	ALTER TABLE sites ADD COLUMN history_from INTEGER NOT NULL DEFAULT 0;
	UPDATE sites SET history_from = (SELECT count(*) FROM sites AS other WHERE other.name < sites.name) * (1 << 40);
	CREATE TABLE new_history (
		position INTEGER PRIMARY KEY,
		site TEXT NOT NULL REFERENCES sites (name),
		sequence INTEGER NOT NULL,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		agreement_id TEXT,
		body TEXT NOT NULL,
		previous_hash TEXT NOT NULL,
		hash TEXT NOT NULL
	) STRICT;
	INSERT INTO new_history (position, site, sequence, at, kind, agreement_id, body, previous_hash, hash)
		SELECT history_from + sequence, site, sequence, at, kind, agreement_id, body, previous_hash, hash
		FROM history JOIN sites ON name = site ORDER BY history_from, sequence;
	DROP TABLE history;
	ALTER TABLE new_history RENAME TO history;
	CREATE INDEX history_of_agreement ON history (agreement_id);
	CREATE TRIGGER history_is_not_edited BEFORE UPDATE ON history
		BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
	CREATE TRIGGER history_is_not_deleted BEFORE DELETE ON history
		BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;

	-- What is due belongs to an agreement or, a lapse, to a negotiation. Fences are never used twice.
	CREATE TABLE new_due (
		owner_id TEXT NOT NULL,
		kind TEXT NOT NULL,
		site TEXT NOT NULL REFERENCES sites (name),
		revision INTEGER NOT NULL,
		due_at INTEGER NOT NULL,
		attempts INTEGER NOT NULL,
		fence INTEGER NOT NULL,
		lease_until INTEGER NOT NULL,
		last_error TEXT,
		PRIMARY KEY (owner_id, kind)
	) STRICT, WITHOUT ROWID;
	INSERT INTO new_due (owner_id, kind, site, revision, due_at, attempts, fence, lease_until, last_error)
		SELECT coalesce(agreement_id, negotiation_id), kind, site, revision, due_at, attempts, fence, lease_until, last_error
		FROM due;
	DROP TABLE due;
	ALTER TABLE new_due RENAME TO due;
	CREATE INDEX due_next ON due (site, kind, due_at);
	`,
	`
	-- Documents of offers stand apart from the tree, which is looked at more often than they are.
	CREATE TABLE negotiation_documents (
		position INTEGER PRIMARY KEY REFERENCES negotiation_offers (position),
		text TEXT NOT NULL
	) STRICT;
	INSERT INTO negotiation_documents (position, text) SELECT position, tree FROM negotiation_offers;
	ALTER TABLE negotiation_offers ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
	UPDATE negotiation_offers SET bytes = octet_length(tree);
	ALTER TABLE negotiation_offers DROP COLUMN tree;
	`,
	`
	-- Agreements that are Observed are found by the end of their window, which is due.
	DROP INDEX agreements_in_state;
	CREATE INDEX agreements_in_state ON agreements (state, id) WHERE state <> 'Observed';
	`,
	`
	-- By host, how often a deployment failed there: the errand as a whole may have failed of something else.
	ALTER TABLE due ADD COLUMN failures TEXT;
	`,
	`
	-- The price lists that the site has had, as they were configured: what was agreed is paid by the list of that time.
	CREATE TABLE price_lists (number INTEGER PRIMARY KEY, prices TEXT NOT NULL UNIQUE) STRICT;
	`,
	`
	-- Offers stand apart from agreements: with each change of its state an agreement is written anew, as long as it is.
	CREATE TABLE agreement_documents (position INTEGER PRIMARY KEY, offer_xml TEXT NOT NULL) STRICT;
	INSERT INTO agreement_documents (position, offer_xml) SELECT rowid, offer_xml FROM agreements;
	ALTER TABLE agreements ADD COLUMN offer_bytes INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE agreements ADD COLUMN document INTEGER NOT NULL DEFAULT 0 REFERENCES agreement_documents (position);
	UPDATE agreements SET offer_bytes = octet_length(offer_xml), document = rowid;
	ALTER TABLE agreements DROP COLUMN offer_xml;
	`,
];

/** The version of the schema that this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings the schema up to date (or up to an older version), each step in a transaction of its own, and refuses what it
 * does not know.
 */
export function migrate(connection: DatabaseSync, upTo: number = SCHEMA_VERSION): void {
	const version = pragma(connection, 'user_version');
	const application = pragma(connection, 'application_id');
	if (version > 0 && application !== APPLICATION_ID) {
		throw new OperatingError('STORE_DAMAGED', 'computon.db is the database of another program.');
	}
	if (version > SCHEMA_VERSION) {
		throw new OperatingError('STORE_TOO_NEW', `It has version ${version}, this is version ${SCHEMA_VERSION}.`);
	}
	if (version >= upTo) return;
	// A table that is made anew is gone for a moment: whether its references hold is looked at behind each step.
	connection.exec('PRAGMA foreign_keys = OFF');
	try {
		for (let step = version; step < upTo; step += 1) takeStep(connection, step);
	} finally {
		connection.exec('PRAGMA foreign_keys = ON');
	}
}

function takeStep(connection: DatabaseSync, step: number): void {
	connection.exec('BEGIN IMMEDIATE');
	try {
		connection.exec(MIGRATIONS[step]!);
		const dangling = connection.prepare('PRAGMA foreign_key_check').get();
		if (dangling !== undefined) throw new Error(`Migration ${step + 1} leaves ${JSON.stringify(dangling)}.`);
		connection.exec(`PRAGMA user_version = ${step + 1}; PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
	} catch (error) {
		if (connection.isTransaction) connection.exec('ROLLBACK');
		throw error;
	}
}

function pragma(connection: DatabaseSync, name: 'user_version' | 'application_id'): number {
	return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}
