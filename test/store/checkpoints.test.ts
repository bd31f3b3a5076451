import { existsSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { dataFolder, SITE } from './records.ts';

const DEADLINE_MS = 10_000;
/** More than the thread waits for further commits. */
const GATHERED_MS = 100;

/** Writes an entry of the history that has at least so many bytes. */
function write(store: Store, bytes: number): void {
	store.transact(() => store.history.append(SITE, { at: 1, kind: 'noted', body: { text: 'x'.repeat(bytes) } }));
}

function unexpected(failure: string): never {
	throw new Error(failure);
}

async function until(condition: () => boolean): Promise<void> {
	const deadline = performance.now() + DEADLINE_MS;
	while (!condition()) {
		if (performance.now() > deadline) throw new Error('It did not come to that in time.');
		await new Promise((resolve) => setImmediate(resolve));
	}
}

test('what is committed gets into the database while nobody has closed it, and long before the log is full', async () => {
	using folder = dataFolder();
	const store = new Store(folder.path);
	const aside = store.checkpointAside(unexpected);
	store.openSite(SITE);
	const size = () => statSync(join(folder.path, 'computon.db')).size;
	for (let round = 0; round < 3; round += 1) {
		const before = size();
		write(store, 100_000);
		await until(() => size() >= before + 50_000);
	}
	await aside[Symbol.asyncDispose]();
	store.close();
});

test('everything is there again, whether the thread was at it or not, and no log is left', async () => {
	using folder = dataFolder();
	const store = new Store(folder.path);
	store.openSite(SITE);
	write(store, 10);
	const aside = store.checkpointAside(unexpected);
	for (let count = 0; count < 300; count += 1) {
		write(store, 5_000);
		if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
	}
	await aside[Symbol.asyncDispose]();
	write(store, 10);
	store.close();
	expect(existsSync(join(folder.path, 'computon.db-wal'))).toBe(false);
	const again = new Store(folder.path);
	expect(again.history.verify(SITE)).toMatchObject({ kind: 'intact', entries: 302 });
	again.close();
});

test('the thread ends when it is told to, in the midst of waiting for more', async () => {
	using folder = dataFolder();
	const store = new Store(folder.path);
	for (let count = 0; count < 3; count += 1) {
		const aside = store.checkpointAside(unexpected);
		store.openSite(SITE);
		write(store, 10);
		await aside[Symbol.asyncDispose]();
	}
	store.close();
});

test('a log that cannot be read is told of once', async () => {
	using folder = dataFolder();
	const store = new Store(folder.path);
	store.openSite(SITE);
	const told: string[] = [];
	const aside = store.checkpointAside((failure) => told.push(failure));
	const size = () => statSync(join(folder.path, 'computon.db')).size;
	const before = size();
	write(store, 100_000);
	await until(() => size() >= before + 50_000);
	await until(() => {
		if (told.length > 0) return true;
		write(store, 10);
		truncateSync(join(folder.path, 'computon.db-wal'));
		return false;
	});
	// That it is not told again can only be waited for.
	const enough = performance.now() + 3 * GATHERED_MS;
	await until(() => {
		store.transact(() => undefined);
		return performance.now() > enough;
	});
	await aside[Symbol.asyncDispose]();
	expect(told).toEqual(['disk I/O error']);
	store.close();
});

test('a thread that cannot begin is told of, and the store goes on without it', async () => {
	using folder = dataFolder();
	const store = new Store(folder.path);
	store.openSite(SITE);
	const path = join(folder.path, 'computon.db');
	rmSync(path);
	mkdirSync(path);
	const told: string[] = [];
	const aside = store.checkpointAside((failure) => told.push(failure));
	await until(() => told.length > 0);
	expect(told).toEqual(['unable to open database file']);
	write(store, 10);
	await aside[Symbol.asyncDispose]();
	expect(store.history.verify(SITE)).toMatchObject({ kind: 'intact', entries: 1 });
	store.close();
});
