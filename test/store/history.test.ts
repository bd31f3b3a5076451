import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/store/history.ts';
import type { JsonValue } from '../../src/store/records.ts';
import { Store } from '../../src/store/store.ts';
import { agreement, dataFolder, openStore, SITE } from './records.ts';

function write(store: Store, entries: number): void {
	store.transact(() => {
		for (let number = 1; number <= entries; number += 1) {
			const body = { number, text: 'ü "quoted"', nested: { b: [1, null], a: true } };
			const headHash = store.history.append(SITE, {
				at: 100 + number,
				kind: 'tested',
				agreementId: `a${number % 2}`,
				body,
			});
			if (number === entries) store.agreements.insert(agreement(`last of ${headHash}`, { headHash }));
		}
	});
}

describe('the history of a site (H10)', () => {
	test('is in order, chained, and intact', () => {
		using store = openStore();
		const origin = store.history.headHash(SITE);
		write(store, 5);
		const entries = store.history.list({ site: SITE, after: 0, limit: 10 });
		expect(entries.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
		expect(entries.map(({ previousHash }) => previousHash)).toEqual([
			origin,
			...entries.slice(0, 4).map(({ hash }) => hash),
		]);
		expect(store.history.verify(SITE)).toEqual({ kind: 'intact', entries: 5, headHash: entries[4]!.hash });
		expect(store.history.headHash(SITE)).toBe(entries[4]!.hash);
	});

	test('is listed in pages, of the site or of one agreement', () => {
		using store = openStore();
		write(store, 6);
		const sequences = (query: { agreementId?: string; after: number; limit: number }) =>
			store.history.list({ site: SITE, ...query }).map(({ sequence }) => sequence);
		expect(sequences({ after: 2, limit: 3 })).toEqual([3, 4, 5]);
		expect(sequences({ agreementId: 'a1', after: 1, limit: 5 })).toEqual([3, 5]);
	});

	test('of one site knows nothing of that of another', () => {
		using store = openStore();
		store.openSite('other');
		write(store, 2);
		store.transact(() => store.history.append('other', { at: 1, kind: 'tested', agreementId: 'a1', body: 1 }));
		write(store, 1);
		const kinds = (site: string, agreementId?: string) =>
			store.history.list({ site, ...(agreementId && { agreementId }), after: 0, limit: 9 }).map(({ body }) => body);
		expect(kinds('other')).toEqual([1]);
		expect(kinds('other', 'a1')).toEqual([1]);
		expect(kinds(SITE)).toHaveLength(3);
		expect([store.history.head('other').sequence, store.history.head(SITE).sequence]).toEqual([1, 3]);
		expect(store.history.verify('other')).toMatchObject({ kind: 'intact', entries: 1 });
	});

	test('begins differently in every installation, so a chain cannot be taken from one to another', () => {
		using one = openStore();
		using other = openStore();
		expect(one.history.headHash(SITE)).not.toBe(other.history.headHash(SITE));
	});

	test('refuses to be edited by anybody who does not switch its triggers off', () => {
		using folder = dataFolder();
		const store = new Store(folder.path);
		store.openSite(SITE);
		write(store, 2);
		store.close();
		const database = new DatabaseSync(join(folder.path, 'computon.db'));
		expect(() => database.exec('UPDATE history SET at = 1')).toThrow('append-only');
		expect(() => database.exec('DELETE FROM history')).toThrow('append-only');
		database.close();
	});

	test.each([
		['the time of an entry', 'UPDATE history SET at = at + 1 WHERE sequence = 3', 3],
		['the kind of an entry', "UPDATE history SET kind = 'other' WHERE sequence = 1", 1],
		['the agreement of an entry', 'UPDATE history SET agreement_id = NULL WHERE sequence = 5', 5],
		['the body of an entry', `UPDATE history SET body = replace(body, '2', '3') WHERE sequence = 2`, 2],
		['the spelling of a body', `UPDATE history SET body = body || ' ' WHERE sequence = 2`, 2],
		['a hash', "UPDATE history SET hash = 'x' WHERE sequence = 4", 4],
		['a previous hash', "UPDATE history SET previous_hash = 'x' WHERE sequence = 4", 4],
		['an entry taken out', 'DELETE FROM history WHERE sequence = 3', 3],
		['the first entry taken out', 'DELETE FROM history WHERE sequence = 1', 1],
		['the last entry taken out', 'DELETE FROM history WHERE sequence = 5', 5],
		['everything taken out', 'DELETE FROM history', 1],
		[
			'an entry taken out and the others renumbered',
			'DELETE FROM history WHERE sequence = 4; UPDATE history SET sequence = 4 WHERE sequence = 5',
			4,
		],
	])('shows tampering: %s', (_, sql, sequence) => {
		using folder = dataFolder();
		const store = new Store(folder.path);
		store.openSite(SITE);
		write(store, 5);
		store.close();
		const database = new DatabaseSync(join(folder.path, 'computon.db'));
		database.exec(`DROP TRIGGER history_is_not_edited; DROP TRIGGER history_is_not_deleted; ${sql}`);
		database.close();
		const reopened = new Store(folder.path);
		expect(reopened.history.verify(SITE)).toMatchObject({ kind: 'broken', sequence });
		reopened.close();
	});
});

describe('canonical JSON', () => {
	test('says the same value in one way', () => {
		const shuffled = (value: JsonValue): JsonValue => {
			if (value === null || typeof value !== 'object') return value;
			if (Array.isArray(value)) return value.map(shuffled);
			return Object.fromEntries(
				Object.entries(value as object)
					.reverse()
					.map(([name, member]) => [name, shuffled(member)]),
			);
		};
		fc.assert(
			fc.property(fc.jsonValue(), (value) => {
				const plain = JSON.parse(JSON.stringify(value)) as JsonValue;
				expect(canonicalJson(shuffled(plain))).toBe(canonicalJson(plain));
				expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
			}),
			{ numRuns: 300 },
		);
	});

	test('has the members in the order of their names, few and many', () => {
		fc.assert(
			fc.property(fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 40 }), (names) => {
				const members = [...names].sort().map((name) => `${JSON.stringify(name)}:1`);
				const value = Object.fromEntries(names.filter((name) => name !== '__proto__').map((name) => [name, 1]));
				expect(canonicalJson(value)).toBe(`{${members.filter((each) => each !== '"__proto__":1').join(',')}}`);
			}),
		);
	});

	test('leaves absent members out', () => {
		expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
	});
});
