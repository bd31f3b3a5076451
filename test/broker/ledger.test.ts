import { describe, expect, test } from 'vitest';
import { Ledger } from '../../src/broker/ledger.ts';
import { NOTHING } from '../../src/capacity/resources.ts';
import { BEGIN, GIB, hosts, SITE } from './hosts.ts';
import { agree, alice, create, openWorld, type World, work } from './site.ts';

const HOUR = 3600;

/** Everything that is free from now on, host by host and step by step. */
function fingerprint(world: World): string {
	return JSON.stringify([
		world.broker.capacityBetween(world.now, world.now + 1000 * HOUR),
		world.broker.calendarVersion,
	]);
}

describe('the ledger', () => {
	test('a restart builds the same calendar, whatever was agreed, changed, ended and moved before', async () => {
		using world = await openWorld({ hosts: hosts(4) });
		const first = await agree(world, { machines: 3, cpus: 2, durationSeconds: 3 * HOUR });
		await agree(world, { cpus: 1, startAt: BEGIN + HOUR, endAction: 'pause', retention: 'P1D' });
		const third = await agree(world, { cpus: 2, durationSeconds: HOUR });
		await work(world);
		world.now += 100;
		await world.broker.terminate({ party: alice, agreementId: third.id });
		await agree(world, { cpus: 1 });
		const [errand] = await world.broker.errands.lease(10);
		for (const lease of [errand!]) await world.broker.errands.fail(lease, [], { message: 'x', forGood: true });
		expect(world.broker.getAgreement(alice, first.id)!.state).toBe('Observed');
		for (let hour = 0; hour < 4; hour += 1) {
			const before = fingerprint(world);
			world.reopen();
			expect(fingerprint(world)).toBe(before);
			world.now += HOUR;
			await work(world);
		}
	});

	test('a host that has less than is reserved on it takes nothing new, is named, and what ends there ends', async () => {
		using world = await openWorld({ hosts: hosts(2) });
		const { id } = await agree(world, { machines: 2, cpus: 3 });
		await work(world);
		const [n1, n2] = hosts(2);
		world.reopen({ hosts: [{ ...n1!, capacity: { ...n1!.capacity, cpuMillicores: 2000 } }, n2!] });
		expect(String(world.faults)).toContain('nothing new is placed there: n1.');
		const other = await agree(world, { cpus: 1 });
		expect(other.placement.machines).toEqual([{ host: 'n2', count: 1 }]);
		expect((await create(world, { cpus: 1 })).kind).toBe('countered');
		await world.broker.terminate({ party: alice, agreementId: id });
		await work(world);
		expect(world.broker.getAgreement(alice, id)!.state).toBe('Terminated');
		world.now += HOUR;
		world.reopen({ hosts: [n1!, n2!] });
		expect(await agree(world, { cpus: 4 })).toBeDefined();
	});

	test('a host that is gone is named, and what was reserved on it can still end', async () => {
		using world = await openWorld({ hosts: hosts(2) });
		const { id } = await agree(world, { machines: 2, cpus: 3, memoryBytes: GIB });
		await work(world);
		world.reopen({ hosts: hosts(1) });
		expect(String(world.faults)).toContain('n2');
		expect(await world.broker.terminate({ party: alice, agreementId: id })).toMatchObject({ kind: 'changed' });
	});

	test('a clock that was set back is named, and time stands still until it has caught up', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { durationSeconds: HOUR });
		world.now -= 2 * HOUR;
		world.reopen();
		expect(String(world.faults)).toContain('The clock is 7200 seconds behind');
		expect(world.broker.now()).toBe(BEGIN);
		world.now += 3 * HOUR;
		await world.broker.errands.lease(0);
		expect(world.broker.getAgreement(alice, id)!.state).toBe('Complete');
	});

	test('never has the version of another calendar again, though it is read anew', async () => {
		using world = await openWorld({ hosts: hosts(2) });
		const offered = { hosts: hosts(2), reserve: NOTHING };
		const ledger = new Ledger(world.store, SITE, offered, () => {});
		ledger.ensureLoaded(world.now);
		const { version } = ledger;
		ledger.offer({ ...offered, silent: ['n1'] });
		ledger.ensureLoaded(world.now);
		expect(ledger.version).toBe(version + 1);
		ledger.forget();
		ledger.ensureLoaded(world.now);
		expect(ledger.freeBetween(BEGIN, BEGIN + 1)[0]!.steps[0]!.free).toEqual(NOTHING);
		expect(ledger.version).toBe(version + 1);
	});

	test('undoes exactly what was changed since the mark', async () => {
		using world = await openWorld({ hosts: hosts(2) });
		const { id } = await agree(world, { cpus: 2 });
		const ledger = new Ledger(world.store, SITE, { hosts: hosts(2), reserve: NOTHING }, () => {});
		ledger.ensureLoaded(world.now);
		const before = JSON.stringify(ledger.freeBetween(BEGIN, BEGIN + 10 * HOUR));
		const { version } = ledger;
		const mark = ledger.mark();
		expect(() =>
			world.store.transact(() => {
				ledger.cut(id, world.now + 60, world.now);
				ledger.book(id, world.broker.getAgreement(alice, id)!.placement);
				expect(ledger.version).toBeGreaterThan(version);
				throw new Error('undo');
			}),
		).toThrow('undo');
		ledger.undoTo(mark);
		expect(JSON.stringify(ledger.freeBetween(BEGIN, BEGIN + 10 * HOUR))).toBe(before);
		expect(ledger.version).toBe(version);
	});
});
