/** Data folders of tests, with a database that is up to date: to migrate one takes longer than most tests do. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../src/store/migrations.ts';

let migrated: Buffer | undefined;

/** A new folder under the system's temporary one, named with this prefix, in which a store opens at once. */
export function preparedFolder(prefix: string): string {
	migrated ??= emptyDatabase();
	const folder = mkdtempSync(join(tmpdir(), prefix));
	writeFileSync(join(folder, 'computon.db'), migrated, { mode: 0o600 });
	return folder;
}

/** Every table and nothing in them: each store that opens a copy is an installation of its own. */
function emptyDatabase(): Buffer {
	const folder = mkdtempSync(join(tmpdir(), 'computon-empty-'));
	try {
		const path = join(folder, 'computon.db');
		const connection = new DatabaseSync(path);
		connection.exec('PRAGMA journal_mode = WAL');
		migrate(connection);
		connection.close();
		return readFileSync(path);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
