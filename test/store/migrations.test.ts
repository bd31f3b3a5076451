import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { migrate } from '../../src/store/migrations.ts';

const AGREEMENT = `INSERT INTO agreements (id, site, workspace_id, revision, party, vo, template_name, template_id, state,
	service_state, offer_xml, "grant", request, placement, effects, failed_hosts, created_at, updated_at, version, head_hash)
	VALUES ('a', 's', 'w', 1, 'p', 'v', 't', '1', 'Observed', 'Ready', '', '{}', '{}', '{}', '[]', '[]', 1, 1, 1, 'h')`;

/** A database as the first version left it, with something in every table that later ones make anew. */
function firstVersion(): DatabaseSync {
	const connection = new DatabaseSync(':memory:', { enableForeignKeyConstraints: true });
	migrate(connection, 1);
	connection.exec(`
		INSERT INTO sites VALUES ('s', 3, 1);
		${AGREEMENT};
		INSERT INTO reservations (site, agreement_id, placement, end_at, booked_version) VALUES ('s', 'a', '{}', 9, 3);
		INSERT INTO due (site, kind, agreement_id, revision, due_at, attempts, fence, lease_until)
			VALUES ('s', 'end', 'a', 1, 9, 0, 2, 0), ('s', 'converge', 'a', 1, 1, 0, 7, 0);
		DELETE FROM due WHERE kind = 'converge';
		INSERT INTO idempotency VALUES ('v', 'p', 'k', 'f', 'a', 5);
		INSERT INTO history VALUES ('s', 1, 1, 'agreed', 'a', '{}', 'h0', 'h1'), ('s', 2, 2, 'ended', 'a', '{}', 'h1', 'h2');
	`);
	return connection;
}

test('a database of the first version keeps what it has', () => {
	const connection = firstVersion();
	migrate(connection);
	const rows = (table: string) => connection.prepare(`SELECT * FROM ${table}`).all();
	expect(rows('reservations')).toMatchObject([
		{ id: 1, agreement_id: 'a', hold_id: null, end_at: 9, booked_version: 3 },
	]);
	expect(rows('agreements')).toMatchObject([{ id: 'a', workspace_id: 'w', revision: 1, vo: 'v', head_hash: 'h' }]);
	expect(rows('due')).toMatchObject([{ owner_id: 'a', kind: 'end', site: 's', due_at: 9, fence: 2 }]);
	expect(rows('idempotency')).toMatchObject([{ key: 'k', fingerprint: 'f', agreement_id: 'a', created_at: 5 }]);
	expect(rows('history')).toMatchObject([
		{ site: 's', sequence: 1, kind: 'agreed', agreement_id: 'a', previous_hash: 'h0', hash: 'h1' },
		{ site: 's', sequence: 2, kind: 'ended', agreement_id: 'a', previous_hash: 'h1', hash: 'h2' },
	]);
	expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
	connection.close();
});

test.each([
	['edited', "UPDATE history SET body = '[]'"],
	['deleted', 'DELETE FROM history'],
	['written twice', "INSERT INTO history VALUES (2, 's', 2, 2, 'ended', 'a', '{}', 'h1', 'h2')"],
])('history that was kept by the first version cannot be %s', (_, statement) => {
	const connection = firstVersion();
	migrate(connection);
	expect(() => connection.exec(statement)).toThrow();
	expect(connection.prepare('SELECT count(*) AS count FROM history').get()).toMatchObject({ count: 2 });
	connection.close();
});

test('offers of negotiations keep their order and what they answer, and are named within their negotiation', () => {
	const connection = firstVersion();
	migrate(connection, BEFORE_OFFER_NAMES);
	const negotiation = (id: string) => `INSERT INTO negotiations (id, site, party, vo, state, expiration_at, created_at,
		updated_at, version, head_hash) VALUES ('${id}', 's', 'p', 'v', 'Open', 9, 1, 1, 1, 'h')`;
	const offer = (id: string, of: string, to: string | null, tree?: string) =>
		`INSERT INTO negotiation_offers (id, negotiation_id, counter_offer_to, creator, state, reasons, ${tree === undefined ? '' : 'tree, '}created_at,
		updated_at) VALUES ('${id}', '${of}', ${to === null ? 'NULL' : `'${to}'`}, 'NegotiationInitiator', 'Advisory', '[]', ${tree === undefined ? '' : `'${tree}', `}1, 1)`;
	connection.exec([negotiation('m'), negotiation('n'), offer('1', 'n', null, '{}')].join(';'));
	connection.exec([offer('2', 'n', '1', 'é'), offer('4', 'm', null, '{}'), offer('3', 'n', '2', '{}')].join(';'));
	migrate(connection);
	const ids = () =>
		connection
			.prepare(
				"SELECT id, counter_offer_to AS 'to' FROM negotiation_offers WHERE negotiation_id = 'n' ORDER BY position",
			)
			.all()
			.map(({ id, to }) => [id, to]);
	expect(ids()).toEqual([
		['1', null],
		['2', '1'],
		['3', '2'],
	]);
	const second = `SELECT bytes, text FROM negotiation_offers JOIN negotiation_documents USING (position) WHERE id = '2'`;
	expect(connection.prepare(second).all()).toMatchObject([{ bytes: 2, text: 'é' }]);
	connection.exec([offer('0', 'n', '3'), offer('0', 'm', null)].join(';'));
	expect(ids().at(-1)).toEqual(['0', '3']);
	expect(() => connection.exec(offer('0', 'n', null))).toThrow(/UNIQUE/);
	expect(() => connection.exec(offer('9', 'm', '1'))).toThrow(/FOREIGN KEY/);
	expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
	connection.close();
});

test('what is due of negotiations stays due, and histories of several sites lie apart', () => {
	const connection = firstVersion();
	migrate(connection, BEFORE_FEWER_PAGES);
	connection.exec(`
		INSERT INTO negotiations (id, site, party, vo, state, expiration_at, created_at, updated_at, version, head_hash)
			VALUES ('g', 's', 'p', 'v', 'Open', 9, 1, 1, 1, 'h');
		INSERT INTO due (site, kind, negotiation_id, revision, due_at, attempts, fence, lease_until)
			VALUES ('s', 'lapse', 'g', 0, 8, 0, 4, 0);
		INSERT INTO sites VALUES ('r', 1, 1), ('t', 1, 1);
		INSERT INTO history VALUES ('r', 1, 1, 'agreed', 'b', '{}', 'i0', 'i1');
	`);
	migrate(connection);
	const rows = (table: string) => connection.prepare(`SELECT * FROM ${table}`).all();
	expect(rows('due')).toMatchObject([
		{ owner_id: 'a', kind: 'end' },
		{ owner_id: 'g', kind: 'lapse', due_at: 8, fence: 4 },
	]);
	expect(rows('history')).toMatchObject([
		{ position: 1, site: 'r', sequence: 1 },
		{ position: 2 ** 40 + 1, site: 's', sequence: 1 },
		{ position: 2 ** 40 + 2, site: 's', sequence: 2 },
	]);
	expect(rows('sites')).toMatchObject([{ history_from: 0 }, { history_from: 2 ** 40 }, { history_from: 2 ** 41 }]);
	connection.close();
});

test('agreements keep every value, what refers to them stays, and leases have their holders', () => {
	const connection = firstVersion();
	migrate(connection, BEFORE_FEWER_PAGES);
	const columns = connection.prepare("SELECT name, type FROM pragma_table_info('agreements')").all();
	const kept = new Set(['id', 'site', 'workspace_id', 'revision', 'supersedes', 'superseded_by']);
	const values = columns.filter(({ name }) => !kept.has(String(name)));
	const assignments = values.map(({ name, type }, nth) => `"${name}" = ${type === 'INTEGER' ? nth : `'${name}'`}`);
	connection.exec(`
		${AGREEMENT.replace("('a', 's', 'w', 1", "('b', 's', 'w', 2")};
		UPDATE agreements SET ${assignments.join(', ')};
		UPDATE agreements SET superseded_by = 'b' WHERE id = 'a';
		UPDATE agreements SET supersedes = 'a' WHERE id = 'b';
		INSERT INTO machines (workspace_id, machine_index, service, site, agreement_id, revision, host, start_at, desired)
			VALUES ('w', 0, 0, 's', 'b', 2, 'n1', 5, 'running');
		INSERT INTO due (site, kind, agreement_id, revision, due_at, attempts, fence, lease_until, last_error)
			VALUES ('s', 'converge', 'b', 2, 7, 3, 11, 99, 'no host');
		INSERT INTO subscriptions VALUES ('u', 's', 'p', 'v', 'b', 'http://127.0.0.1/', 1, 9, 1);
	`);
	const rows = (table: string) => connection.prepare(`SELECT * FROM ${table}`).all();
	const before = ['agreements', 'machines', 'subscriptions', 'reservations', 'idempotency'].map(
		(table) => [table, rows(table)] as const,
	);
	migrate(connection);
	// The offer is text of a table of its own.
	const apart = (row: Record<string, unknown>) => {
		const { offer_xml: offer, ...rest } = row;
		if (offer === undefined) return row;
		const { id } = rest;
		return { ...rest, offer_bytes: Buffer.byteLength(String(offer)), document: id === 'a' ? 1 : 2 };
	};
	for (const [table, all] of before) expect(rows(table)).toEqual(all.map(apart));
	expect(rows('agreement_documents')).toEqual([1, 2].map((position) => ({ position, offer_xml: 'offer_xml' })));
	expect(rows('due')[1]).toEqual({
		...{ owner_id: 'b', kind: 'converge', site: 's', revision: 2, due_at: 7 },
		...{ attempts: 3, fence: 11, lease_until: 99, last_error: 'no host', failures: null },
	});
	expect(connection.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
	connection.close();
});

test('a database in which something is missing that is referred to stays as it is', () => {
	const connection = firstVersion();
	connection.exec("PRAGMA foreign_keys = OFF; UPDATE reservations SET agreement_id = 'gone'");
	expect(() => migrate(connection)).toThrow('Migration 2 leaves {"table":"reservations"');
	expect(connection.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 });
	expect(() => connection.exec("UPDATE reservations SET agreement_id = 'nobody'")).toThrow(/FOREIGN KEY/);
	connection.close();
});

test('references hold again once tables were made anew', () => {
	const connection = firstVersion();
	migrate(connection);
	const elsewhere = AGREEMENT.replace("('a', 's', 'w'", "('c', 'nowhere', 'x'").replace('offer_xml', 'document');
	expect(() => connection.exec(elsewhere.replace("'Ready', ''", "'Ready', 1"))).toThrow(/FOREIGN KEY/);
	expect(() => connection.exec('DELETE FROM agreement_documents')).toThrow(/FOREIGN KEY/);
	expect(() => connection.exec("UPDATE agreements SET superseded_by = 'x'")).toThrow(/FOREIGN KEY/);
	expect(() => connection.exec("DELETE FROM agreements WHERE id = 'a'")).toThrow(/FOREIGN KEY/);
	connection.close();
});

test('machines from before there were several services are those of the only one, and held offers stay', () => {
	const connection = firstVersion();
	migrate(connection, BEFORE_SERVICES);
	connection.exec(`
		INSERT INTO machines (workspace_id, machine_index, site, agreement_id, revision, host, start_at, desired)
			VALUES ('w', 0, 's', 'a', 1, 'n1', 5, 'running'), ('w', 1, 's', 'a', 1, 'n2', 5, 'absent');
		INSERT INTO negotiations (id, site, party, vo, state, expiration_at, created_at, updated_at, version, head_hash)
			VALUES ('g', 's', 'p', 'v', 'Open', 9, 1, 1, 1, 'h');
		INSERT INTO negotiation_offers (id, negotiation_id, creator, state, reasons, tree, proposal, image_digest, created_at,
			updated_at) VALUES ('o', 'g', 'NegotiationResponder', 'Acceptable', '[]', '{}', '{"rank":1}', 'sha256:1', 1, 1);
	`);
	migrate(connection);
	const rows = (table: string) => connection.prepare(`SELECT * FROM ${table}`).all();
	expect(rows('machines')).toMatchObject([
		{ machine_index: 0, service: 0, host: 'n1', desired: 'running' },
		{ machine_index: 1, service: 0, host: 'n2', desired: 'absent' },
	]);
	expect(rows('negotiation_offers')).toMatchObject([{ id: 'o', proposal: '{"rank":1}' }]);
	connection.close();
});

/** The last version in which an agreement had one service. */
const BEFORE_SERVICES = 7;
/** The version of the schema in which ids of offers were all different. */
const BEFORE_OFFER_NAMES = 9;
/** The last version in which each accepted offer touched some thirty pages. */
const BEFORE_FEWER_PAGES = 12;
