import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AgreementRecord } from '../../src/store/records.ts';
import { Store } from '../../src/store/store.ts';
import { agreement, dataFolder, openStore, PLACEMENT, SITE } from './records.ts';

function insert(store: Store, ...records: AgreementRecord[]): void {
	store.transact(() => {
		for (const record of records) store.agreements.insert(record);
	});
}

describe('an agreement', () => {
	test('comes back as it was written, infinite ranges and odd names included', () => {
		using store = openStore();
		const one = agreement('a1', { name: 'N', expirationAt: 5000, stateReason: 'why', serviceActivity: 'Idle' });
		insert(store, one, agreement('a2', { supersedes: 'a1' }));
		expect(store.agreements.find('a1')).toEqual(one);
		expect(store.agreements.find('a2')?.supersedes).toBe('a1');
		expect(store.agreements.find('a3')).toBeUndefined();
	});

	test('changes in the ways that are named, and counts them', () => {
		using store = openStore();
		const one = agreement('a1', { serviceState: 'Ready', serviceActivity: 'Idle' });
		insert(store, one);
		const [first, second] = store.transact(() => {
			const kept = store.agreements.update(one, { at: 1000, headHash: 'h1', failedHosts: ['n1'] });
			const change = { state: 'Complete', serviceState: 'Completed', stateReason: 'over' } as const;
			return [kept, store.agreements.update(kept, { at: 2000, headHash: 'h2', ...change })];
		});
		expect(first).toEqual({ ...one, failedHosts: ['n1'], updatedAt: 1000, headHash: 'h1', version: 2 });
		expect(second).not.toHaveProperty('serviceActivity');
		expect(store.agreements.find('a1')).toEqual(second);
		expect(second).toMatchObject({ version: 3, state: 'Complete', stateReason: 'over', failedHosts: ['n1'] });
	});

	test('has an offer that is read when it is asked for, after a change, too', () => {
		using store = openStore();
		const one = agreement('a1');
		insert(store, one);
		let reads = 0;
		const found = Object.defineProperties({}, Object.getOwnPropertyDescriptors(store.agreements.find('a1')!));
		const { get } = Object.getOwnPropertyDescriptor(found, 'offerXml')!;
		const counted = Object.defineProperty(found, 'offerXml', {
			get: () => {
				reads += 1;
				return get!();
			},
		}) as AgreementRecord;
		const changed = store.transact(() => store.agreements.update(counted, { at: 1, headHash: 'h' }));
		expect(reads).toBe(0);
		expect(changed.offerXml).toBe(one.offerXml);
	});

	test('is not written anew with its offer when its state changes', () => {
		using folder = dataFolder();
		const store = new Store(folder.path);
		try {
			store.openSite(SITE);
			const logBytes = () => statSync(join(folder.path, 'computon.db-wal')).size;
			const one = agreement('a1', { offerXml: 'x'.repeat(500_000), offerBytes: 500_000 });
			const empty = logBytes();
			insert(store, one);
			const before = logBytes();
			expect(before - empty).toBeGreaterThan(500_000);
			store.transact(() => store.agreements.update(one, { at: 1, headHash: 'h', stateReason: 'why' }));
			expect(logBytes() - before).toBeLessThan(50_000);
			expect(store.agreements.find('a1')).toMatchObject({ offerXml: one.offerXml, offerBytes: 500_000 });
		} finally {
			store.close();
		}
	});

	test('is not changed by whoever holds an old record of it', () => {
		using store = openStore();
		const one = agreement('a1');
		insert(store, one);
		store.transact(() => store.agreements.update(one, { at: 1, headHash: 'h' }));
		expect(() => store.transact(() => store.agreements.update(one, { at: 2, headHash: 'h' }))).toThrow('no version 1');
	});

	test('the newest revision about a workspace is its current one', () => {
		using store = openStore();
		const about = { workspaceId: 'w' };
		insert(
			store,
			agreement('a1', about),
			agreement('a3', { ...about, revision: 3 }),
			agreement('a2', { ...about, revision: 2 }),
		);
		expect(store.agreements.currentOf('w')?.id).toBe('a3');
		expect(() => insert(store, agreement('a4', { ...about, revision: 2 }))).toThrow('UNIQUE');
	});

	test('is the current one about the workspace that has its id, until there is another', () => {
		using store = openStore();
		insert(store, agreement('a1', { workspaceId: 'a1' }), agreement('b1', { workspaceId: 'b1' }));
		expect(store.agreements.currentOf('a1')?.id).toBe('a1');
		insert(store, agreement('a2', { workspaceId: 'a1', revision: 2 }));
		expect(store.agreements.currentOf('a1')?.id).toBe('a2');
		expect(store.agreements.currentOf('a2')).toBeUndefined();
		expect(() => insert(store, agreement('a3', { workspaceId: 'a1', revision: 2 }))).toThrow('UNIQUE');
	});
});

describe('a list of agreements', () => {
	const records = [
		agreement('a1'),
		agreement('a2', { party: 'bob' }),
		agreement('a3', { vo: 'cms', state: 'Complete' }),
		agreement('a4', { state: 'Terminated' }),
		agreement('a5'),
	];

	test.each([
		['Observed', [{ states: ['Observed'] }, ['a5', 'a2', 'a1']]],
		['Observed and others', [{ states: ['Complete', 'Observed', 'Terminated'] }, ['a5', 'a4', 'a3', 'a2', 'a1']]],
		['Observed of a VO', [{ vo: 'cms', states: ['Observed', 'Complete'] }, ['a3']]],
		['Observed of a party', [{ party: 'bob', states: ['Observed'] }, ['a2']]],
		['Observed after another', [{ states: ['Observed', 'Complete'], after: 'a5' }, ['a3', 'a2', 'a1']]],
	] as const)('of a whole site shows those that are %s, which end some time', (_, [query, ids]) => {
		using store = openStore();
		insert(store, ...records);
		store.transact(() => {
			for (const { id } of records) {
				store.work.plan(SITE, 'end', id, 1, 9);
				store.work.plan(SITE, 'converge', id, 1, 9);
			}
		});
		expect(store.agreements.list({ ...query, limit: 10 }).map(({ id }) => id)).toEqual(ids);
		expect(store.agreements.list({ ...query, limit: 2 }).map(({ id }) => id)).toEqual(ids.slice(0, 2));
	});

	test.each([
		['everything, newest first', {}, ['a5', 'a4', 'a3', 'a2', 'a1']],
		['of a VO', { vo: 'atlas' }, ['a5', 'a4', 'a2', 'a1']],
		['of a party', { vo: 'atlas', party: 'alice' }, ['a5', 'a4', 'a1']],
		['in some states', { states: ['Complete', 'Terminated'] }, ['a4', 'a3']],
		['in no state', { states: [] }, []],
		['after another', { after: 'a3' }, ['a2', 'a1']],
		['all of it together', { vo: 'atlas', party: 'alice', states: ['Observed'], after: 'a5' }, ['a1']],
		['of nobody', { vo: "' OR 1 = 1 --" }, []],
	] as const)('shows %s', (_, query, ids) => {
		using store = openStore();
		insert(store, ...records);
		expect(store.agreements.list({ ...query, limit: 10 }).map(({ id }) => id)).toEqual(ids);
		expect(store.agreements.list({ ...query, limit: 1 }).map(({ id }) => id)).toEqual(ids.slice(0, 1));
	});
});

describe('reservations', () => {
	test('are live from their booking until they are released or over', () => {
		using store = openStore();
		insert(store, agreement('a1'), agreement('a2'));
		const [one, other] = store.transact(() => {
			const endAt = 4630;
			return [
				store.reservations.book(SITE, { owner: { agreementId: 'a1' }, placement: PLACEMENT, endAt, bookedVersion: 1 }),
				store.reservations.book(SITE, {
					owner: { agreementId: 'a2' },
					placement: PLACEMENT,
					endAt: 2000,
					bookedVersion: 2,
				}),
			];
		});
		expect(store.reservations.live(SITE, 1000)).toEqual([one, other]);
		expect(store.reservations.live(SITE, 2000)).toEqual([one]);
		expect(store.reservations.ofAgreement('a2', 1999)).toEqual([other]);
		store.transact(() => store.reservations.release(one!.id, 3));
		expect(store.reservations.live(SITE, 2000)).toEqual([]);
		expect(() => store.transact(() => store.reservations.release(one!.id, 4))).toThrow('not booked');
	});
});

describe('an idempotency key', () => {
	test('belongs to one party of one VO, and is forgotten with age', () => {
		using store = openStore();
		insert(store, agreement('a1'));
		const key = {
			vo: 'atlas',
			party: 'alice',
			key: 'k',
			fingerprint: 'f',
			made: { agreementId: 'a1' },
			createdAt: 100,
		};
		store.transact(() => store.keys.insert(key));
		expect(store.keys.find({ vo: 'atlas', party: 'alice' }, 'k')).toEqual(key);
		expect(store.keys.find({ vo: 'cms', party: 'alice' }, 'k')).toBeUndefined();
		store.transact(() => store.keys.forgetBefore(100));
		expect(store.keys.find(key, 'k')).toEqual(key);
		store.transact(() => store.keys.forgetBefore(101));
		expect(store.keys.find(key, 'k')).toBeUndefined();
	});
});
