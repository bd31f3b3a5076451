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
];

/** The version of the schema that this code reads and writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the schema up to date, each step in a transaction of its own, and refuses what it does not know. */
export function migrate(connection: DatabaseSync): void {
	const version = pragma(connection, 'user_version');
	const application = pragma(connection, 'application_id');
	if (version > 0 && application !== APPLICATION_ID) {
		throw new OperatingError('STORE_DAMAGED', 'computon.db is the database of another program.');
	}
	if (version > SCHEMA_VERSION) {
		throw new OperatingError('STORE_TOO_NEW', `It has version ${version}, this is version ${SCHEMA_VERSION}.`);
	}
	for (let step = version; step < SCHEMA_VERSION; step += 1) {
		connection.exec('BEGIN IMMEDIATE');
		try {
			connection.exec(MIGRATIONS[step]!);
			connection.exec(`PRAGMA user_version = ${step + 1}; PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
		} catch (error) {
			if (connection.isTransaction) connection.exec('ROLLBACK');
			throw error;
		}
	}
}

function pragma(connection: DatabaseSync, name: 'user_version' | 'application_id'): number {
	return Number(connection.prepare(`PRAGMA ${name}`).get()?.[name]);
}
