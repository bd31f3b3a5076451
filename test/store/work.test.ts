import { describe, expect, test } from 'vitest';
import type { ErrandKind, MachineRecord, ObservedMachine } from '../../src/store/records.ts';
import { Store } from '../../src/store/store.ts';
import { agreement, dataFolder, openStore, PLACEMENT, SITE } from './records.ts';

const LEASE_UNTIL = 2000;

function plan(store: Store, kind: ErrandKind, agreementId: string, dueAt: number): void {
	store.transact(() => {
		if (store.agreements.find(agreementId) === undefined) store.agreements.insert(agreement(agreementId));
		store.work.plan(SITE, kind, agreementId, 1, dueAt);
	});
}

function lease(store: Store, now: number, limit = 10) {
	return store.transact(() => store.work.lease(SITE, now, LEASE_UNTIL, limit));
}

describe('an errand', () => {
	test('is leased when it is due, to one alone, the longest due first', () => {
		using store = openStore();
		plan(store, 'converge', 'a1', 300);
		plan(store, 'converge', 'a2', 200);
		plan(store, 'converge', 'a3', 1001);
		expect(lease(store, 199)).toEqual([]);
		expect(lease(store, 1000, 1).map(({ agreementId }) => agreementId)).toEqual(['a2']);
		expect(lease(store, 1000).map(({ agreementId }) => agreementId)).toEqual(['a1']);
		expect(lease(store, 1000)).toEqual([]);
		expect(store.work.nextDueAt(SITE)).toBe(1001);
	});

	test('whose lease ran out is leased again, and who comes late finds it lost', () => {
		using store = openStore();
		plan(store, 'converge', 'a1', 100);
		const [late] = lease(store, 100);
		const [second] = lease(store, LEASE_UNTIL);
		expect(second).toMatchObject({ attempts: 2, agreementId: 'a1' });
		store.transact(() => {
			expect(store.work.finish(late!)).toBe(false);
			expect(store.work.retry(late!, 1, 'late')).toBe(false);
			expect(store.work.finish(second!)).toBe(true);
			expect(store.work.finish(second!)).toBe(false);
		});
	});

	test('that is planned anew is taken from whoever had it leased', () => {
		using store = openStore();
		plan(store, 'converge', 'a1', 100);
		const [old] = lease(store, 100);
		plan(store, 'converge', 'a1', 150);
		expect(store.transact(() => store.work.finish(old!))).toBe(false);
		expect(lease(store, 150)).toMatchObject([{ attempts: 1 }]);
	});

	test.each(['finished', 'cancelled'])('that was %s and is planned again is never taken for the one before', (how) => {
		using store = openStore();
		plan(store, 'converge', 'a1', 100);
		plan(store, 'converge', 'a2', 100);
		const [old] = lease(store, 100);
		store.transact(() => (how === 'finished' ? store.work.finish(old!) : store.work.cancel('a1', 'converge')));
		plan(store, 'converge', 'a1', 100);
		for (let again = 0; again < 3; again += 1) {
			expect(lease(store, LEASE_UNTIL).map(({ fence }) => fence)).not.toContain(old!.fence);
		}
		expect(store.transact(() => store.work.finish(old!))).toBe(false);
	});

	test('keeps its fence from those that were given before the store was opened again', () => {
		using folder = dataFolder();
		const before = new Store(folder.path);
		before.openSite(SITE);
		plan(before, 'converge', 'a1', 100);
		const [old] = lease(before, 100);
		before.close();
		const after = new Store(folder.path);
		expect(after.work.findLeased(old!)).toMatchObject({ agreementId: 'a1' });
		// One for the plan and one for the lease: were they counted anew, the second would be that of the old lease.
		plan(after, 'converge', 'a1', 100);
		const [taken] = lease(after, 100);
		expect(taken!.fence).toBeGreaterThan(old!.fence);
		expect(after.work.findLeased(old!)).toBeUndefined();
		expect(after.transact(() => after.work.finish(old!))).toBe(false);
		after.close();
	});

	test('that failed waits, keeps its error and its attempts', () => {
		using store = openStore();
		plan(store, 'converge', 'a1', 100);
		const [first] = lease(store, 100);
		store.transact(() => store.work.retry(first!, 500, 'no host'));
		expect(lease(store, 499)).toEqual([]);
		expect(lease(store, 500)).toMatchObject([{ attempts: 2, lastError: 'no host' }]);
	});

	test('that time alone decides is not leased but listed in the order of time', () => {
		using store = openStore();
		plan(store, 'end', 'a1', 300);
		plan(store, 'release', 'a2', 200);
		plan(store, 'expire', 'a3', 250);
		plan(store, 'converge', 'a1', 100);
		expect(store.work.dueByTime(SITE, 299, 10).map(({ kind }) => kind)).toEqual(['release', 'expire']);
		expect(store.work.dueByTime(SITE, 300, 1).map(({ kind }) => kind)).toEqual(['release']);
		store.transact(() => store.work.cancel('a2', 'release'));
		expect(store.work.findErrand('a2', 'release')).toBeUndefined();
		expect(store.work.findErrand('a1', 'end')).toMatchObject({ dueAt: 300, attempts: 0 });
	});

	test('is found when its time has come, also where it was planned or put off after time was asked in vain', () => {
		using store = openStore();
		const found = (now: number) => store.work.dueByTime(SITE, now, 10).map(({ kind }) => kind);
		plan(store, 'end', 'a1', 300);
		expect(found(100)).toEqual([]);
		plan(store, 'expire', 'a2', 200);
		expect(found(199)).toEqual([]);
		expect(found(200)).toEqual(['expire']);
		store.transact(() => store.work.cancel('a2', 'expire'));
		expect(found(250)).toEqual([]);
		store.transact(() => store.work.retry(store.work.findErrand('a1', 'end')!, 260, 'again'));
		expect(found(259)).toEqual([]);
		expect(found(260)).toEqual(['end']);
	});

	test('that is leased is due again when its lease runs out, which may be after others', () => {
		using store = openStore();
		plan(store, 'converge', 'a1', 100);
		lease(store, 100);
		plan(store, 'converge', 'a2', LEASE_UNTIL + 5);
		expect(store.work.nextDueAt(SITE)).toBe(LEASE_UNTIL);
		plan(store, 'converge', 'a3', LEASE_UNTIL - 5);
		expect(store.work.nextDueAt(SITE)).toBe(LEASE_UNTIL - 5);
	});

	test('that was leased when the broker died is free when it starts again', () => {
		using store = openStore();
		plan(store, 'converge', 'a1', 100);
		lease(store, 100);
		store.transact(() => store.work.unleaseAll(SITE));
		expect(lease(store, 100)).toHaveLength(1);
	});
});

describe('a machine', () => {
	const machine: MachineRecord = {
		workspaceId: 'w',
		index: 0,
		service: 0,
		agreementId: 'a1',
		revision: 1,
		host: 'n1',
		startAt: 1000,
		desired: 'running',
	};
	const seen: ObservedMachine = { state: 'running', revision: 1, host: 'n1', pending: ['2 CPUs after a restart'] };

	test('is wanted from its start on, until it is to be absent, with what was granted', () => {
		using store = openStore();
		store.transact(() => {
			store.agreements.insert(agreement('a1'));
			store.machines.put(SITE, machine);
		});
		expect(store.machines.wanted(SITE, 999)).toEqual([]);
		expect(store.machines.wanted(SITE, 1000)).toEqual([{ ...machine, grant: agreement('a1').grant }]);
		store.transact(() => store.machines.desire('w', 0, 'absent'));
		expect(store.machines.wanted(SITE, 1000)).toEqual([]);
		expect(store.machines.of('w')).toEqual([{ ...machine, desired: 'absent' }]);
	});

	test('keeps what was seen of it over a new revision', () => {
		using store = openStore();
		store.transact(() => {
			store.agreements.insert(agreement('a1'));
			store.machines.put(SITE, machine);
			expect(store.machines.observe('w', 0, seen, 1100)).toEqual({ ...machine, observed: seen, observedAt: 1100 });
			expect(store.machines.observe('w', 1, seen, 1100)).toBeUndefined();
			store.machines.put(SITE, { ...machine, revision: 2, host: 'n2' });
		});
		expect(store.machines.of('w')).toEqual([{ ...machine, revision: 2, host: 'n2', observed: seen, observedAt: 1100 }]);
	});

	describe('of a first agreement with which nobody had to do yet', () => {
		const untouched = agreement('a1', {
			workspaceId: 'a1',
			placement: { ...PLACEMENT, machines: [{ host: 'n1', count: 2 }], others: [PLACEMENT] },
			serviceNumbers: [0, 3],
		});
		const first = { workspaceId: 'a1', agreementId: 'a1', revision: 1, host: 'n1', startAt: 1000, desired: 'running' };
		const machines = [0, 0, 3].map((service, index) => ({ ...first, index, service }));
		const open = () => {
			const store = openStore();
			store.transact(() => {
				store.agreements.insert(untouched);
				store.work.plan(SITE, 'converge', 'a1', 1, 1000);
			});
			return store;
		};

		test('is what its placement says', () => {
			using store = open();
			expect(store.machines.of('a1')).toEqual(machines);
			expect(store.machines.of('a2')).toEqual([]);
		});

		test('is wanted from its start on, and keeps its image', () => {
			using store = open();
			const indices = (now: number) => store.machines.wanted(SITE, now).map(({ index }) => index);
			expect(indices(999)).toEqual([]);
			expect(indices(1000)).toEqual([0, 1, 2]);
			expect(store.machines.wanted(SITE, 1000)[2]).toMatchObject({ ...machines[2], grant: untouched.grant });
			expect(store.machines.usingImage(untouched.grant.workspace.imageDigest)).toBe('a1');
			store.transact(() => {
				for (const { index } of machines) store.machines.desire('a1', index, 'absent');
			});
			expect(indices(1000)).toEqual([]);
			expect(store.machines.usingImage(untouched.grant.workspace.imageDigest)).toBeUndefined();
		});

		test.each([
			['its desired state', (store: Store) => store.machines.desire('a1', 1, 'paused'), { desired: 'paused' }],
			[
				'what was seen of it',
				(store: Store) => store.machines.observe('a1', 1, seen, 9),
				{ observed: seen, observedAt: 9 },
			],
		])('is written with all others for %s', (_, touch, change) => {
			using store = open();
			store.transact(() => touch(store));
			const [one, other, third] = machines;
			expect(store.machines.of('a1')).toEqual([one, { ...other, ...change }, third]);
			expect(store.machines.wanted(SITE, 1000)).toHaveLength(3);
		});

		test('is wanted once it was written, whenever its errand is due', () => {
			using store = open();
			store.transact(() => {
				store.machines.write('a1');
				store.work.plan(SITE, 'converge', 'a1', 1, 9000);
			});
			expect(store.machines.of('a1')).toEqual(machines);
			expect(store.machines.wanted(SITE, 1000)).toHaveLength(3);
		});
	});
});
