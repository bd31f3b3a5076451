/** A head and its workers at the desk: one agreement, booked, changed, moved and ended as one. */
import { describe, expect, test } from 'vitest';
import type { OfferOutcome } from '../../src/broker/outcome.ts';
import { placementsOf } from '../../src/capacity/search/gang.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { accept, ask, begin, pass } from './rounds.ts';
import {
	admin,
	agree,
	alice,
	create,
	offerFrom,
	offerFromTree,
	openWorld,
	TEARDOWN,
	type Wish,
	type World,
	work,
} from './site.ts';

const HOUR = 3600;
/** On two hosts of 4 CPUs and 8 GiB: the head takes one of them in memory, the workers the other. */
const CLUSTER: Wish = { cpus: 2, memoryBytes: 6 * GIB, workers: { machines: 3, cpus: 1, memoryBytes: 2 * GIB } };

function change(world: World, agreementId: string, wish: Wish): Promise<OfferOutcome> {
	return world.broker.renegotiate({
		party: alice,
		agreementId,
		...offerFrom(wish),
		allowRestart: false,
		allowMove: false,
	});
}

function accepted(outcome: OfferOutcome) {
	if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
	return outcome;
}

/** Each machine that shall be there: its service, its host and its memory in GiB. */
async function standing(world: World, workspaceId: string): Promise<(readonly [number, number, string])[]> {
	return world.store.machines
		.of(workspaceId)
		.filter(({ desired }) => desired !== 'absent')
		.map(({ index, service, host }) => [index, service, host] as const);
}

async function freeMemory(world: World, at: number): Promise<number[]> {
	const free = await world.broker.capacityBetween(at, at + 1);
	return free.map(({ steps }) => steps[0]!.free.memoryBytes / GIB);
}

describe('an agreement about a head and its workers', () => {
	test('books each service, and orders each machine with its own sizes', async () => {
		using world = await openWorld();
		const { id, workspaceId, grant, placement } = await agree(world, CLUSTER);
		expect(grant.others).toMatchObject([{ serviceName: 'workers', machineCount: 3, memoryBytes: 2 * GIB }]);
		expect(placementsOf(placement).map(({ machines }) => machines)).toEqual([
			[{ host: 'n1', count: 1 }],
			[
				{ host: 'n1', count: 1 },
				{ host: 'n2', count: 2 },
			],
		]);
		expect(await freeMemory(world, BEGIN + 60)).toEqual([0, 4]);
		const [errand] = await world.broker.errands.lease(1);
		expect(errand!.machines.map(({ index, cpuCount, memoryBytes }) => [index, cpuCount, memoryBytes / GIB])).toEqual([
			[0, 2, 6],
			[1, 1, 2],
			[2, 1, 2],
			[3, 1, 2],
		]);
		expect(world.broker.getAgreement(alice, id)?.state).toBe('Observed');
		expect(await standing(world, workspaceId)).toHaveLength(4);
	});

	test('is all or nothing: where the workers have no room, the head is not booked either', async () => {
		using world = await openWorld();
		const outcome = await create(world, { ...CLUSTER, workers: { machines: 6, memoryBytes: 2 * GIB } });
		expect(outcome).toMatchObject({ kind: 'countered' });
		expect(await freeMemory(world, BEGIN + 60)).toEqual([8, 8]);
	});

	test('that is countered can be had as each alternative says, sent back as a document', async () => {
		using world = await openWorld();
		await agree(world, { cpus: 4, memoryBytes: GIB, durationSeconds: 2 * HOUR });
		const wish: Wish = { ...CLUSTER, startAt: BEGIN + HOUR };
		const outcome = await create(world, wish);
		if (outcome.kind !== 'countered') throw new Error(outcome.kind);
		expect(outcome.alternatives.length).toBeGreaterThan(1);
		for (const { offer, grant } of outcome.alternatives) {
			const { agreement } = accepted(await world.broker.createAgreement({ party: alice, ...offerFromTree(offer) }));
			const { candidateHosts: _, ...values } = grant;
			expect(agreement.grant).toMatchObject(values);
			await world.broker.terminate({ party: alice, agreementId: agreement.id });
		}
	});

	test('is there again when the broker starts again, and frees everything when it is terminated', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		await work(world);
		world.reopen();
		expect(await freeMemory(world, BEGIN + 60)).toEqual([0, 4]);
		await world.broker.terminate({ party: alice, agreementId: id });
		await work(world);
		expect(world.broker.getAgreement(alice, id)?.state).toBe('Terminated');
		expect(await freeMemory(world, BEGIN + 600)).toEqual([8, 8]);
	});

	test('ends all its machines at its end', async () => {
		using world = await openWorld();
		const { workspaceId } = await agree(world, { ...CLUSTER, endAction: 'shutdown' });
		await work(world);

		await pass(world, HOUR);
		expect(world.store.machines.of(workspaceId).map(({ desired }) => desired)).toEqual(['off', 'off', 'off', 'off']);
	});

	test('counts all of it for the quota of its VO', async () => {
		const vos = new Map([['atlas', { cpuMillicoresMax: 4000 }]]);
		using world = await openWorld({ policy: { quotas: { period: 'week', borrowSeconds: 0, vos } } });
		expect(await create(world, CLUSTER)).toMatchObject({ reasons: [{ code: 'QUOTA_EXCEEDED', asked: 5000 }] });
		await agree(world, { ...CLUSTER, workers: { machines: 2, memoryBytes: 2 * GIB } });
		expect(await create(world)).toMatchObject({ reasons: [{ code: 'QUOTA_EXCEEDED', available: 0 }] });
	});
});

describe('a change of a head and its workers', () => {
	test('adds and takes away machines of one service; the others keep their numbers and hosts', async () => {
		using world = await openWorld({ hosts: hosts(2, 32, 64 * GIB) });
		const { id, workspaceId } = await agree(world, { ...CLUSTER, memoryBytes: 2 * GIB });
		await work(world);
		const before = await standing(world, workspaceId);
		const { agreement: more } = accepted(
			await change(world, id, { machines: 2, cpus: 2, memoryBytes: 2 * GIB, workers: CLUSTER.workers! }),
		);
		await work(world);
		const after = await standing(world, workspaceId);
		expect(after.slice(0, 4)).toEqual(before);
		expect(after[4]!.slice(0, 2)).toEqual([4, 0]);
		const full = await freeMemory(world, world.now);
		const { agreement: fewer } = accepted(
			await change(world, more.id, {
				machines: 2,
				cpus: 2,
				memoryBytes: 2 * GIB,
				workers: { ...CLUSTER.workers, machines: 1 },
			}),
		);
		// Until they are gone, the two workers keep what they had, and nothing else is kept.
		expect(await freeMemory(world, world.now)).toEqual(full);
		const given = (await freeMemory(world, world.now + TEARDOWN)).reduce((sum, free) => sum + free);
		expect(given).toBe(full[0]! + full[1]! + 4);
		await work(world);
		expect((await standing(world, workspaceId)).map(([index, service]) => [index, service])).toEqual([
			[0, 0],
			[1, 1],
			[4, 0],
		]);
		expect(fewer.effects).toMatchObject([{ kind: 'live', machines: 2, message: 'workers: The last 2 machines end.' }]);
	});

	test('of one service alone orders the new sizes for its machines alone', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { ...CLUSTER, memoryBytes: 2 * GIB });
		await work(world);
		accepted(await change(world, id, { ...CLUSTER, memoryBytes: 3 * GIB }));
		const [errand] = await world.broker.errands.lease(1);
		expect(errand!.machines.map(({ memoryBytes }) => memoryBytes / GIB)).toEqual([3, 2, 2, 2]);
	});

	test('finds the services by their names, whichever the offer names first', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { ...CLUSTER, memoryBytes: 2 * GIB });
		await work(world);
		const { agreement } = accepted(await change(world, id, { ...CLUSTER, memoryBytes: 3 * GIB, workersFirst: true }));
		expect(agreement.grant).toMatchObject({
			serviceName: 'S',
			memoryBytes: 3 * GIB,
			others: [{ serviceName: 'workers' }],
		});
		expect([agreement.request.serviceName, agreement.request.others![0]!.serviceName]).toEqual(['S', 'workers']);
		const [errand] = await world.broker.errands.lease(1);
		expect(errand!.machines.map(({ memoryBytes }) => memoryBytes / GIB)).toEqual([3, 2, 2, 2]);
	});

	test('into none of its services is refused, and nothing has changed', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		expect(await change(world, id, { memoryBytes: GIB, service: 'other' })).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'NOT_ENFORCEABLE', asked: 'other', available: 'S, workers' }],
		});
		expect(await freeMemory(world, BEGIN + 60)).toEqual([0, 4]);
		expect(world.faults).toEqual([]);
	});
});

describe('a change of which services there are', () => {
	const { workers: _, ...HEAD } = CLUSTER;
	const WORKERS: Wish = { ...CLUSTER.workers, service: 'workers' };

	test('ends the machines of one that is left out, and is free of it once they are gone', async () => {
		using world = await openWorld();
		const { id, workspaceId } = await agree(world, CLUSTER);
		await work(world);
		const { agreement } = accepted(await change(world, id, HEAD));
		expect(agreement.effects).toMatchObject([
			{ kind: 'live', machines: 3, message: 'workers: The service ends: its 3 machines are destroyed.' },
		]);
		expect(agreement).toMatchObject({ serviceState: 'Ready', grant: { machineCount: 1, cpuCount: 2 } });
		expect(await freeMemory(world, world.now)).toEqual([0, 4]);
		const [errand] = await world.broker.errands.lease(1);
		expect(errand!.machines.map(({ index, desired }) => [index, desired])).toEqual([
			[0, 'running'],
			[1, 'absent'],
			[2, 'absent'],
			[3, 'absent'],
		]);
		expect(await freeMemory(world, world.now + TEARDOWN)).toEqual([2, 8]);
		expect(await standing(world, workspaceId)).toEqual([[0, 0, 'n1']]);
	});

	test('adds one to an only one; one that comes again has new machines', async () => {
		using world = await openWorld();
		const { id, workspaceId } = await agree(world, CLUSTER);
		await work(world);
		const { agreement: alone } = accepted(await change(world, id, HEAD));
		await work(world);
		world.now += TEARDOWN;
		const { agreement } = accepted(await change(world, alone.id, CLUSTER));
		expect(agreement).toMatchObject({ serviceState: 'NotReady', serviceNumbers: [0, 2] });
		expect(agreement.effects).toMatchObject([{ kind: 'live', machines: 3 }]);
		expect((await standing(world, workspaceId)).map(([index, service]) => [index, service])).toEqual([
			[0, 0],
			[4, 2],
			[5, 2],
			[6, 2],
		]);
		await work(world);
		expect(world.broker.getAgreement(alice, agreement.id)?.serviceState).toBe('Ready');
		world.reopen();
		const { agreement: fewer } = accepted(
			await change(world, agreement.id, { ...CLUSTER, workers: { ...CLUSTER.workers, machines: 1 } }),
		);
		expect((await standing(world, workspaceId)).map(([index]) => index)).toEqual([0, 4]);
		const machines = (await world.broker.machines(alice, fewer.id))!;
		expect(machines.map(({ index }) => index)).toEqual([0, 4, 5, 6]);
	});

	test('ends the first: the others keep their machines, with their own sizes', async () => {
		using world = await openWorld();
		const { id, workspaceId } = await agree(world, CLUSTER);
		await work(world);
		const { agreement } = accepted(await change(world, id, { ...WORKERS, machines: 4 }));
		expect(agreement).toMatchObject({ serviceNumbers: [1], grant: { machineCount: 4, memoryBytes: 2 * GIB } });
		const [errand] = await world.broker.errands.lease(1);
		const wanted = errand!.machines.filter(({ desired }) => desired === 'running');
		expect(wanted.map(({ index, memoryBytes }) => [index, memoryBytes / GIB])).toEqual([
			[1, 2],
			[2, 2],
			[3, 2],
			[4, 2],
		]);
		const more = accepted(await change(world, agreement.id, { ...WORKERS, machines: 2 })).agreement;
		expect((await standing(world, workspaceId)).map(([index]) => index)).toEqual([1, 2]);
		await world.broker.terminate({ party: alice, agreementId: more.id });
		await work(world);
		expect(world.broker.getAgreement(alice, more.id)?.state).toBe('Terminated');
		expect(await freeMemory(world, world.now + TEARDOWN)).toEqual([8, 8]);
	});

	test('shuts down what is to be shut down at its end, and then removes it', async () => {
		using world = await openWorld();
		const { id, workspaceId } = await agree(world, { ...CLUSTER, endAction: 'shutdown' });
		await work(world);
		const { agreement } = accepted(await change(world, id, { ...HEAD, endAction: 'shutdown' }));
		const desired = () => world.store.machines.of(workspaceId).map((each) => each.desired);
		expect(desired()).toEqual(['running', 'off', 'off', 'off']);
		await work(world);
		expect(desired()).toEqual(['running', 'absent', 'absent', 'absent']);
		await work(world);
		expect(world.store.work.findErrand(id, 'release')).toBeUndefined();
		expect(world.broker.getAgreement(alice, agreement.id)).toMatchObject({ state: 'Observed', serviceState: 'Ready' });
	});

	test('removes what does not shut down within the time that is booked for it', async () => {
		using world = await openWorld();
		const { id, workspaceId } = await agree(world, { ...CLUSTER, endAction: 'shutdown' });
		await work(world);
		const { agreement } = accepted(await change(world, id, { ...HEAD, endAction: 'shutdown' }));
		await pass(world, TEARDOWN);
		expect(world.store.machines.of(workspaceId).map((each) => each.desired)).toEqual([
			'running',
			'absent',
			'absent',
			'absent',
		]);
		expect((await world.broker.errands.lease(1))[0]).toMatchObject({ agreementId: agreement.id });
	});

	test('that is held is booked, and honoured when it is agreed to', async () => {
		using world = await openWorld();
		const { id, workspaceId } = await agree(world, HEAD);
		await work(world);
		const negotiationId = await begin(world, {
			renegotiates: { agreementId: id, allowRestart: false, allowMove: false },
		});
		const [offer] = await ask(world, negotiationId, { ...CLUSTER, workersFirst: true });
		expect(offer).toMatchObject({ state: 'Acceptable', proposal: { kind: 'as-asked' } });
		expect(await freeMemory(world, world.now + 60)).toEqual([0, 4]);
		const { agreement } = accepted(await accept(world, offer!));
		expect(agreement.grant).toMatchObject({ serviceName: 'S', others: [{ serviceName: 'workers', machineCount: 3 }] });
		expect(await standing(world, workspaceId)).toHaveLength(4);
		expect(world.faults).toEqual([]);
	});
});

describe('a host that fails for good', () => {
	test('is left by the machines of every service that were never up there; the others stay', async () => {
		using world = await openWorld({ hosts: hosts(3) });
		const { id, workspaceId } = await agree(world, CLUSTER);
		const [errand] = await world.broker.errands.lease(1);
		const outcome = await world.broker.errands.fail(errand!, [], {
			message: 'no such device',
			host: 'n1',
			forGood: true,
		});
		expect(outcome).toEqual({ kind: 'moved' });
		expect(await standing(world, workspaceId)).toEqual([
			[0, 0, 'n3'],
			[1, 1, 'n2'],
			[2, 1, 'n2'],
			[3, 1, 'n2'],
		]);
		const agreement = world.broker.getAgreement(alice, id);
		expect(placementsOf(agreement!.placement).map(({ machines }) => machines.map(({ host }) => host))).toEqual([
			['n3'],
			['n2'],
		]);
		expect(await freeMemory(world, BEGIN + 600)).toEqual([8, 2, 2]);
		world.reopen();
		expect(await freeMemory(world, BEGIN + 600)).toEqual([8, 2, 2]);
	});
});

test('a host that fails for the workers alone is left by them alone: the head that runs there keeps its place', async () => {
	using world = await openWorld({ hosts: hosts(3) });
	const { workspaceId } = await agree(world, CLUSTER);
	const [errand] = await world.broker.errands.lease(1);
	const { index, revision, host } = errand!.machines[0]!;
	const up = [{ workspaceId, index, observed: { state: 'running' as const, revision, host } }];
	const outcome = await world.broker.errands.fail(errand!, up, {
		message: 'no such device',
		host: 'n1',
		forGood: true,
	});
	expect(outcome).toEqual({ kind: 'moved' });
	expect((await standing(world, workspaceId)).slice(0, 2)).toEqual([
		[0, 0, 'n1'],
		[1, 1, 'n2'],
	]);
	expect(await freeMemory(world, BEGIN + 600)).toEqual([2, 2, 8]);
});

describe('held', () => {
	test('counter-offers for a cluster are honoured, and their group gives back what it held', async () => {
		using world = await openWorld();
		await agree(world, { cpus: 4, memoryBytes: GIB, durationSeconds: 2 * HOUR });
		const negotiationId = await begin(world);
		const offers = await ask(world, negotiationId, { ...CLUSTER, startAt: BEGIN + HOUR });
		expect(offers.length).toBeGreaterThan(1);
		expect(offers[0]!.state).toBe('Acceptable');
		for (let nth = 0; nth < 30; nth += 1) {
			const startAt = BEGIN + (1 + (nth % 3)) * HOUR;
			await create(world, { memoryBytes: GIB, startAt }, { name: 'rival', vo: 'cms', role: 'client' });
		}
		const taken = offers.find(({ proposal }) => proposal!.kind === 'later') ?? offers[0]!;
		const agreement = accepted(await accept(world, taken)).agreement;
		expect(agreement.grant).toEqual(taken.proposal!.grant);
		expect(world.faults).toEqual([]);
		world.reopen();
		const { startAt } = agreement.grant;
		await world.broker.terminate({ party: alice, agreementId: agreement.id });
		expect(await freeMemory(world, startAt + 4 * HOUR)).toEqual([8, 8]);
	});

	test('a change of a cluster is held and agreed to', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { ...CLUSTER, memoryBytes: 2 * GIB });
		await work(world);
		const negotiationId = await begin(world, {
			renegotiates: { agreementId: id, allowRestart: false, allowMove: false },
		});
		const [offer] = await ask(world, negotiationId, { ...CLUSTER, memoryBytes: 4 * GIB, workersFirst: true });
		expect(offer).toMatchObject({ state: 'Acceptable', proposal: { kind: 'as-asked' } });
		const agreement = accepted(await accept(world, offer!)).agreement;
		expect(agreement.grant).toMatchObject({ memoryBytes: 4 * GIB, others: [{ memoryBytes: 2 * GIB }] });
		expect(agreement.request.others).toMatchObject([{ serviceName: 'workers' }]);
	});

	test('images of any of its services are in use', async () => {
		using world = await openWorld();
		await agree(world, CLUSTER);
		const { digest } = (await world.broker.catalogue.listImages())[0]!;
		expect(world.store.machines.usingImage(digest)).toBeDefined();
		expect(await world.broker.catalogue.removeImage(admin, digest)).toMatchObject({ kind: 'in-use' });
	});
});
