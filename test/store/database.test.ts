import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { SCHEMA_VERSION } from '../../src/store/migrations.ts';
import { Store } from '../../src/store/store.ts';
import { dataFolder, openStore, SITE } from './records.ts';

function codeOf(work: () => unknown): string | undefined {
	try {
		work();
	} catch (error) {
		return (error as { code?: string }).code;
	}
	return undefined;
}

describe('a data folder', () => {
	test('is made so that others pass through it and read nothing in it', () => {
		using folder = dataFolder();
		const path = join(folder.path, 'made');
		const store = new Store(path);
		store.openSite(SITE);
		expect(statSync(path).mode & 0o777).toBe(0o711);
		expect(readdirSync(path).sort()).toEqual([
			'computon.db',
			'computon.db-shm',
			'computon.db-wal',
			'installation.lock',
		]);
		for (const file of readdirSync(path)) expect(statSync(join(path, file)).mode & 0o777, file).toBe(0o600);
		store.close();
	});

	test('keeps its installation id, and every installation has another', () => {
		using one = dataFolder();
		using other = dataFolder();
		const ids = [one.path, one.path, other.path].map((path) => {
			const store = new Store(path);
			store.close();
			return store.installationId;
		});
		expect(ids[0]).toBe(ids[1]);
		expect(ids[0]).not.toBe(ids[2]);
	});

	test('is open to one broker at a time, in this process and in any other', () => {
		using folder = dataFolder();
		const store = new Store(folder.path);
		expect(codeOf(() => new Store(folder.path))).toBe('INSTALLATION_IN_USE');
		const module = new URL('../../src/store/store.ts', import.meta.url).pathname;
		const script = `import(process.argv[1]).then(({ Store }) => {
			try { new Store(process.argv[2]); console.log('opened'); } catch (error) { console.log(error.code); }
		});`;
		const open = () => execFileSync(process.execPath, ['-e', script, module, folder.path], { encoding: 'utf8' }).trim();
		expect(open()).toBe('INSTALLATION_IN_USE');
		store.close();
		expect(open()).toBe('opened');
	});

	test('whose database a newer Computon wrote is refused, and left as it is', () => {
		using folder = dataFolder();
		new Store(folder.path).close();
		const database = new DatabaseSync(join(folder.path, 'computon.db'));
		database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
		database.close();
		expect(codeOf(() => new Store(folder.path))).toBe('STORE_TOO_NEW');
	});

	test.each([
		[
			'a database of another program',
			(path: string) => new DatabaseSync(path).exec('PRAGMA user_version = 1'),
			'STORE_DAMAGED',
		],
		['a file that is no database', (path: string) => writeFileSync(path, 'x'.repeat(5000)), 'STORE_DAMAGED'],
		['a folder in its place', (path: string) => mkdirSync(path), 'STORE_UNAVAILABLE'],
	])('with %s is refused', (_, spoil, code) => {
		using folder = dataFolder();
		spoil(join(folder.path, 'computon.db'));
		expect(codeOf(() => new Store(folder.path))).toBe(code);
		expect(
			codeOf(() => new Store(folder.path)),
			'the lock was not left behind',
		).toBe(code);
	});
});

describe('a transaction', () => {
	const putImage = (store: Store, digest: string) =>
		store.catalogue.putImage({ digest, name: digest, kind: 'disk', diskBytes: 0, addedAt: 0, addedBy: 'admin' });
	const images = (store: Store) => store.catalogue.listImages().map(({ digest }) => digest);

	test('is undone as a whole where the work throws', () => {
		using store = openStore();
		const work = () =>
			store.transact(() => {
				putImage(store, 'a');
				throw new Error('a bug');
			});
		expect(work).toThrow('a bug');
		expect(images(store)).toEqual([]);
		store.transact(() => putImage(store, 'b'));
		expect(images(store)).toEqual(['b']);
	});

	test('loses only the part that threw', () => {
		using store = openStore();
		store.transact(() => {
			store.savepoint(() => putImage(store, 'a'));
			const part = () =>
				store.savepoint(() => {
					putImage(store, 'b');
					throw new Error('a bug');
				});
			expect(part).toThrow('a bug');
			store.savepoint(() => putImage(store, 'c'));
		});
		expect(images(store)).toEqual(['a', 'c']);
	});

	test('does not nest', () => {
		using store = openStore();
		expect(() => store.transact(() => store.transact(() => 0))).toThrow(/open already/);
	});

	test('a full disk is STORE_UNAVAILABLE, nothing of the transaction stays, and the next one may succeed', () => {
		using folder = dataFolder();
		const store = new Store(folder.path);
		store.openSite(SITE);
		const limit = (bytes: string) => execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
		const fill = () =>
			store.transact(() => {
				for (let number = 0; number < 500; number += 1) putImage(store, `${number} ${'x'.repeat(1000)}`);
			});
		limit(String(statSync(join(folder.path, 'computon.db-wal')).size + 8192));
		try {
			expect(codeOf(fill)).toBe('STORE_UNAVAILABLE');
		} finally {
			limit('unlimited');
		}
		expect(store.inTransaction).toBe(false);
		expect(images(store)).toEqual([]);
		fill();
		expect(images(store)).toHaveLength(500);
		store.close();
	});
});

describe('a site', () => {
	test('its calendar version and its clock go forward only, over restarts too', () => {
		using folder = dataFolder();
		const store = new Store(folder.path);
		expect(store.openSite(SITE)).toEqual({ calendarVersion: 0, lastAt: 0 });
		store.transact(() => {
			store.advance(SITE, 0, 1);
			store.advance(SITE, 500, 2);
			store.advance(SITE, 400, 1);
		});
		store.close();
		const again = new Store(folder.path);
		expect(again.openSite(SITE)).toEqual({ calendarVersion: 2, lastAt: 500 });
		again.close();
	});

	test('after a crash its calendar version goes on behind all that it may have reached, however often', () => {
		using first = dataFolder();
		using second = dataFolder();
		using third = dataFolder();
		let reached = 0;
		for (const [folder, crashed] of [
			[first, second],
			[second, third],
		] as const) {
			const store = new Store(folder.path);
			expect(store.openSite(SITE).calendarVersion).toBeGreaterThanOrEqual(reached);
			for (let commit = 0; commit < 1500; commit += 100) {
				reached = store.openSite(SITE).calendarVersion + commit;
				store.transact(() => store.advance(SITE, 7, reached));
				expect(() =>
					store.transact(() => {
						store.advance(SITE, 8, reached + 5000);
						throw new Error('undone');
					}),
				).toThrow('undone');
			}
			for (const file of ['computon.db', 'computon.db-wal']) cpSync(join(folder.path, file), join(crashed.path, file));
			store.close();
		}
		const last = new Store(third.path);
		expect(last.openSite(SITE).calendarVersion).toBeGreaterThanOrEqual(reached);
		expect(last.openSite(SITE)).toMatchObject({ lastAt: 7 });
		last.close();
	});
});
