/** Hosts that do not answer: nothing new is placed there, what is agreed stays, and they take offers again when they do. */
import { describe, expect, test } from 'vitest';
import { NOTHING } from '../../src/capacity/resources.ts';
import { GIB, hosts } from './hosts.ts';
import { accept, ask, begin, freeCpus } from './rounds.ts';
import { admin, agree, alice, bob, create, openWorld, type World, work } from './site.ts';

const HOUR = 3600;

/** The world's hosts, of which these do not answer. */
function fallSilent(world: World, silent: readonly string[], offered = world.hosts): void {
	world.broker.offerHosts({ hosts: offered, reserve: NOTHING, silent, policy: { abilities: world.policy.abilities } });
}

const silentOf = (world: World) =>
	world.broker.capacityBetween(world.now, world.now + HOUR).map(({ host, silent }) => [host.name, silent]);

async function hostOf(world: World, wish: Parameters<typeof agree>[1] = {}): Promise<string> {
	const { id } = await agree(world, wish);
	return (await world.broker.machines(alice, id))![0]!.host;
}

describe('a host that does not answer', () => {
	test('takes nothing new until it does, and is shown as silent', async () => {
		using world = await openWorld();
		fallSilent(world, ['n1']);
		expect(silentOf(world)).toEqual([
			['n1', true],
			['n2', false],
		]);
		expect(freeCpus(world)).toEqual([0, 4]);
		expect(await hostOf(world, { cpus: 2 })).toBe('n2');
		expect(await create(world, { cpus: 3 })).toMatchObject({ kind: 'countered' });
		fallSilent(world, []);
		expect(freeCpus(world)).toEqual([4, 2]);
		expect(await hostOf(world, { cpus: 3 })).toBe('n1');
	});

	test('is counted by another version of the calendar', async () => {
		using world = await openWorld();
		const versions = [];
		for (const silent of [[], ['n1'], [], ['n2']]) {
			fallSilent(world, silent);
			const outcome = await create(world, { cpus: 5 });
			if (outcome.kind === 'accepted' || !('calendarVersion' in outcome)) throw new Error(outcome.kind);
			versions.push(outcome.calendarVersion);
		}
		expect(new Set(versions).size).toBe(4);
		expect(versions).toEqual(versions.toSorted((one, other) => one - other));
	});

	test('keeps what is agreed there, which can be ended, and counts for what was booked when it answers', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { cpus: 3, durationSeconds: 2 * HOUR });
		await work(world);
		fallSilent(world, ['n1']);
		await agree(world, { cpus: 1 }, bob);
		expect(world.broker.getAgreement(alice, id)).toMatchObject({ state: 'Observed', serviceState: 'Ready' });
		fallSilent(world, []);
		expect(freeCpus(world)).toEqual([1, 3]);
		fallSilent(world, ['n1']);
		expect(await world.broker.terminate({ party: alice, agreementId: id })).toMatchObject({ kind: 'changed' });
		fallSilent(world, []);
		expect(freeCpus(world, world.now + 2 * HOUR)).toEqual([4, 4]);
		expect(world.faults).toEqual([]);
	});

	test('honours what is held there (H3)', async () => {
		using world = await openWorld();
		const [offer] = await ask(world, await begin(world), { cpus: 3, candidateHosts: ['n1'] });
		expect(offer!.state).toBe('Acceptable');
		fallSilent(world, ['n1']);
		expect((await accept(world, offer!)).kind).toBe('accepted');
		fallSilent(world, []);
		expect(freeCpus(world)).toEqual([1, 4]);
	});

	test('stays closed for its maintenance when it answers again', async () => {
		using world = await openWorld();
		const maintenance = { party: admin, host: 'n1', startAt: world.now, endAt: world.now + HOUR, reason: 'disks' };
		await world.broker.addMaintenance(maintenance);
		for (const silent of [['n1'], []]) {
			fallSilent(world, silent);
			expect(freeCpus(world)).toEqual([0, 4]);
		}
		expect(freeCpus(world, world.now + HOUR)).toEqual([4, 4]);
	});

	test('of which nobody knows what it has keeps what is agreed there, and has it when it is known', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { cpus: 3 });
		const [first, second] = world.hosts;
		world.reopen({ hosts: [{ ...first!, capacity: NOTHING }, second!] });
		world.faults.length = 0;
		fallSilent(world, ['n1'], [{ ...first!, capacity: NOTHING }, second!]);
		expect(freeCpus(world)).toEqual([0, 4]);
		expect(world.faults).toEqual([]);
		expect(await hostOf(world, { cpus: 2 })).toBe('n2');
		fallSilent(world, []);
		expect(freeCpus(world)).toEqual([1, 2]);
		expect(world.broker.getAgreement(alice, id)?.state).toBe('Observed');
		expect(await hostOf(world, { cpus: 1, memoryBytes: GIB })).toBe('n1');
	});

	test('is no place for a deployment that has failed elsewhere', async () => {
		using world = await openWorld({ hosts: hosts(3) });
		const { id } = await agree(world, { cpus: 3 });
		fallSilent(world, ['n2']);
		const [errand] = await world.broker.errands.lease(1);
		const failure = { message: 'no such device', host: 'n1', forGood: true };
		expect(await world.broker.errands.fail(errand!, [], failure)).toEqual({ kind: 'moved' });
		expect((await world.broker.machines(alice, id))!.map(({ host }) => host)).toEqual(['n3']);
	});

	test('is told in the reasons as what is not free there, and no alternative or time is named at which it would be', async () => {
		using world = await openWorld();
		fallSilent(world, ['n1', 'n2']);
		const outcome = await create(world, { cpus: 1, endAt: world.now + 4 * HOUR, durationSeconds: HOUR });
		expect(outcome).toMatchObject({ kind: 'refused', reasons: [{ code: 'CAPACITY_RESERVED', available: 0 }, {}] });
		expect(JSON.stringify(outcome)).not.toMatch(/start at|9999/);
	});
});
