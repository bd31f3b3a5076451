/** Services that a renegotiation leaves out, whose end keeps their machines: paused or saved, booked, seen, released. */
import { describe, expect, test } from 'vitest';
import type { OfferOutcome } from '../../src/broker/outcome.ts';
import { BEGIN, GIB } from './hosts.ts';
import { accept, ask, begin, freeCpus, pass } from './rounds.ts';
import { agree, alice, bob, create, offerFrom, openWorld, TEARDOWN, type Wish, type World, work } from './site.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
/** On two hosts of 4 CPUs and 8 GiB: all of it on the first. */
const CLUSTER: Wish = {
	memoryBytes: 2 * GIB,
	endAction: 'pause',
	retention: 'PT10M',
	durationSeconds: 8 * HOUR,
	workers: { machines: 2, memoryBytes: GIB },
};
const { workers: _, ...HEAD } = CLUSTER;
const KEPT = TEARDOWN + 10 * MINUTE;

function change(world: World, agreementId: string, wish: Wish): Promise<OfferOutcome> {
	return world.broker.renegotiate({ party: alice, agreementId, ...offerFrom(wish) });
}

function accepted(outcome: OfferOutcome) {
	if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
	return outcome.agreement;
}

function free(world: World, at: number, resource: 'memoryBytes' | 'diskBytes' = 'memoryBytes'): number[] {
	return world.broker.capacityBetween(at, at + 1).map(({ steps }) => steps[0]!.free[resource] / GIB);
}

/** What an agreement says of its own machines. */
async function machines(world: World, agreementId: string) {
	const all = (await world.broker.machines(alice, agreementId))!;
	return all
		.filter((machine) => machine.agreementId === agreementId)
		.map(({ index, desired, observed }) => [index, desired, observed?.state]);
}

describe('the machines of a service that is left out', () => {
	test('are paused and kept, booked, and seen in the agreement that has ended', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		await work(world);
		expect(free(world, world.now)).toEqual([4, 8]);
		const agreement = accepted(await change(world, id, HEAD));
		expect(agreement).toMatchObject({
			serviceState: 'Ready',
			effects: [
				{
					kind: 'live',
					machines: 2,
					message:
						'workers: The service ends: its 2 machines are paused, and kept for 600 seconds, as far as they are there.',
				},
			],
		});
		const [errand] = await world.broker.errands.lease(1);
		expect(errand!.machines.map(({ index, desired, kept }) => [index, desired, kept])).toEqual([
			[0, 'running', undefined],
			[1, 'paused', true],
			[2, 'paused', true],
		]);
		await pass(world, 121);
		await work(world);
		expect(world.broker.getAgreement(alice, agreement.id)).toMatchObject({ state: 'Observed', serviceState: 'Ready' });
		expect(await machines(world, id)).toEqual([
			[1, 'paused', 'paused'],
			[2, 'paused', 'paused'],
		]);
		expect(await machines(world, agreement.id)).toEqual([[0, 'running', 'running']]);
		expect(world.broker.getAgreement(alice, id)).toMatchObject({
			state: 'Complete',
			supersededBy: agreement.id,
			stateReason: `Superseded by ${agreement.id}. Until 2027-01-15T08:10:00Z machines of workers are kept, paused.`,
		});
		expect(world.broker.history(alice, id)!.at(-1)).toMatchObject({
			kind: 'kept',
			body: { services: ['workers'], machines: [1, 2], endAction: 'pause', untilAt: BEGIN + 10 * MINUTE },
		});
		for (const again of [false, true]) {
			if (again) world.reopen();
			expect(free(world, BEGIN + KEPT - 1)).toEqual([4, 8]);
			expect(free(world, BEGIN + KEPT)).toEqual([6, 8]);
			expect(free(world, BEGIN + 8 * HOUR + KEPT - 1)).toEqual([6, 8]);
		}
	});

	test('take no more than they had, also on a host that is full; their CPUs are free once they are paused', async () => {
		using world = await openWorld();
		const { id } = await agree(world, { ...CLUSTER, workers: { machines: 2, memoryBytes: 3 * GIB } });
		await work(world);
		expect([free(world, world.now)[0], freeCpus(world)[0]]).toEqual([0, 1]);
		accepted(await change(world, id, HEAD));
		expect([free(world, world.now)[0], freeCpus(world)[0]]).toEqual([0, 1]);
		await work(world);
		await pass(world, TEARDOWN);
		expect([free(world, world.now)[0], freeCpus(world)[0]]).toEqual([0, 3]);
		expect(world.faults).toEqual([]);
	});

	test('are released when their retention is over, and their agreement says so', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		await work(world);
		const agreement = accepted(await change(world, id, HEAD));
		await work(world);
		await pass(world, 10 * MINUTE - 1);
		expect((await machines(world, id)).map(([, desired]) => desired)).toEqual(['paused', 'paused']);
		await pass(world, 1);
		expect((await machines(world, id)).map(([, desired]) => desired)).toEqual(['absent', 'absent']);
		await work(world);
		await pass(world, TEARDOWN);
		expect(free(world, world.now)).toEqual([6, 8]);
		expect(world.broker.getAgreement(alice, id)?.stateReason).toBe(`Superseded by ${agreement.id}.`);
		expect(world.broker.history(alice, id)!.at(-1)!.kind).toBe('released');
		expect(world.store.work.findErrand(id, 'release')).toBeUndefined();
		expect(world.broker.getAgreement(alice, agreement.id)).toMatchObject({ state: 'Observed', serviceState: 'Ready' });
	});

	test('leave their memory and keep their disks, with the memory saved on them, where they are saved', async () => {
		using world = await openWorld();
		const saved: Wish = { ...CLUSTER, endAction: 'save', retention: 'PT1H', diskBytes: 10 * GIB };
		const { workers: __, ...alone } = saved;
		const { id } = await agree(world, saved);
		await work(world);
		expect(free(world, world.now, 'diskBytes')[0]).toBe(1000 - 14);
		accepted(await change(world, id, alone));
		await work(world);
		expect(free(world, world.now + TEARDOWN)).toEqual([6, 8]);
		// The workers have no disk of their own: what is kept is what was in their memory.
		expect(free(world, BEGIN + HOUR + TEARDOWN - 1, 'diskBytes')[0]).toBe(1000 - 14);
		expect(free(world, BEGIN + HOUR + TEARDOWN, 'diskBytes')[0]).toBe(1000 - 12);
		expect((await machines(world, id)).map(([, desired]) => desired)).toEqual(['saved', 'saved']);
	});

	test('say what is in the way of keeping them', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		await work(world);
		accepted(await change(world, id, HEAD));
		expect(world.broker.setbackOf(alice, id)).toBeUndefined();
		const [errand] = await world.broker.errands.lease(1);
		await world.broker.errands.fail(errand!, [], { message: 'cannot pause', host: 'n1' });
		expect(world.broker.setbackOf(alice, id)).toMatchObject({ message: 'cannot pause', attempts: 1 });
	});

	test('are destroyed earlier where their client asks for it', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		await work(world);
		const agreement = accepted(await change(world, id, HEAD));
		await work(world);
		expect(
			await world.broker.requestAction({ party: alice, agreementId: id, index: 1, action: 'resume' }),
		).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
		expect(await world.broker.terminate({ party: alice, agreementId: id })).toMatchObject({
			kind: 'changed',
			agreement: { state: 'Complete', stateReason: `Superseded by ${agreement.id}.` },
		});
		await work(world);
		expect((await machines(world, id)).map(([, desired, seen]) => [desired, seen])).toEqual([
			['absent', 'absent'],
			['absent', 'absent'],
		]);
		expect(free(world, world.now + TEARDOWN)).toEqual([6, 8]);
		expect(world.broker.getAgreement(alice, agreement.id)).toMatchObject({ state: 'Observed', serviceState: 'Ready' });
	});

	test('outlast further changes and the end of what came after, until their own', async () => {
		using world = await openWorld();
		const { id } = await agree(world, CLUSTER);
		await work(world);
		const alone = accepted(await change(world, id, HEAD));
		await work(world);
		const again = accepted(await change(world, alone.id, CLUSTER));
		expect(again.serviceNumbers).toEqual([0, 2]);
		await work(world);
		expect((await machines(world, again.id)).map(([index]) => index)).toEqual([0, 3, 4]);
		const last = accepted(await change(world, again.id, HEAD));
		await work(world);
		expect(await machines(world, again.id)).toEqual([
			[3, 'paused', 'paused'],
			[4, 'paused', 'paused'],
		]);
		expect(free(world, world.now + TEARDOWN)).toEqual([2, 8]);
		await world.broker.terminate({ party: alice, agreementId: last.id });
		await work(world);
		expect(world.broker.getAgreement(alice, last.id)?.state).toBe('Terminated');
		expect(await machines(world, id)).toEqual([
			[1, 'paused', 'paused'],
			[2, 'paused', 'paused'],
		]);
		expect(free(world, world.now + TEARDOWN)).toEqual([4, 8]);
		await pass(world, 10 * MINUTE);
		await work(world);
		expect((await machines(world, id)).map(([, desired, seen]) => [desired, seen])).toEqual([
			['absent', 'absent'],
			['absent', 'absent'],
		]);
		expect(free(world, world.now + TEARDOWN)).toEqual([8, 8]);
		expect(world.broker.getAgreement(alice, last.id)?.state).toBe('Terminated');
		expect(world.faults).toEqual([]);
	});

	test('have nothing to keep where they had still to be moved to another host', async () => {
		using world = await openWorld();
		const elsewhere: Wish = { ...CLUSTER, workers: { ...CLUSTER.workers!, candidateHosts: ['n2'] } };
		const { id } = await agree(world, CLUSTER);
		await work(world);
		const outcome = await world.broker.renegotiate({
			party: alice,
			agreementId: id,
			allowRestart: true,
			allowMove: true,
			...offerFrom(elsewhere),
		});
		const moving = accepted(outcome);
		expect((await world.broker.machines(alice, moving.id))!.map(({ host }) => host)).toEqual(['n1', 'n2', 'n2']);
		accepted(await change(world, moving.id, HEAD));
		expect((await machines(world, moving.id)).map(([, desired]) => desired)).toEqual(['absent', 'absent']);
		expect(world.store.work.findErrand(moving.id, 'release')).toBeUndefined();
		expect(free(world, world.now)).toEqual([4, 6]);
		await work(world);
		expect(free(world, world.now + TEARDOWN)).toEqual([6, 8]);
	});

	test('that were never there have nothing to keep, nor those of an agreement that has not begun', async () => {
		for (const startAt of [undefined, BEGIN + HOUR]) {
			using world = await openWorld();
			const wish = startAt === undefined ? {} : { startAt };
			const { id } = await agree(world, { ...CLUSTER, ...wish });
			accepted(await change(world, id, { ...HEAD, ...wish }));
			expect((await machines(world, id)).map(([, desired]) => desired)).toEqual(['absent', 'absent']);
			expect(world.store.work.findErrand(id, 'release')).toBeUndefined();
			expect(free(world, (startAt ?? BEGIN) + TEARDOWN)).toEqual([6, 8]);
		}
	});
});

describe('what is kept', () => {
	const { retention: __, ...SOON_OVER }: Wish = { ...HEAD, endAction: 'destroy', durationSeconds: 9 * MINUTE };

	/** The head grows by as much as the workers keep; from then on somebody else has the rest of the host. */
	async function beforeBob(world: World): Promise<string> {
		const { id } = await agree(world, {
			...CLUSTER,
			memoryBytes: 2 * GIB,
			workers: { machines: 1, memoryBytes: 2 * GIB },
		});
		await work(world);
		const startAt = BEGIN + KEPT + 2 * MINUTE;
		await agree(world, { memoryBytes: 4 * GIB, startAt, durationSeconds: HOUR, candidateHosts: ['n1'] }, bob);
		return id;
	}

	test('is in the way of what the others would become', async () => {
		using world = await openWorld();
		const id = await beforeBob(world);
		const outcome = await change(world, id, { ...SOON_OVER, memoryBytes: 5 * GIB });
		expect(outcome.kind).toBe('accepted');
		await work(world);
		expect(free(world, world.now + TEARDOWN)).toEqual([1, 8]);
		using other = await openWorld();
		const again = await beforeBob(other);
		expect(await change(other, again, { ...SOON_OVER, memoryBytes: 7 * GIB })).toMatchObject({
			kind: 'countered',
			reasons: [{ code: 'NEEDS_MOVE', resource: 'memoryBytes', asked: 7 * GIB, available: 6 * GIB, host: 'n1' }],
		});
	});

	test('is held from whenever the offer is agreed to: for as long as it is held, and no longer', async () => {
		using world = await openWorld();
		const id = await beforeBob(world);
		const about = { renegotiates: { agreementId: id } };
		const wish = { ...HEAD, memoryBytes: 4 * GIB };
		// Agreed to at once, it is over before the other tenant comes; in ten minutes it would not be.
		const late = await ask(world, await begin(world, about), wish);
		expect(late.map(({ state, proposal }) => [state, proposal?.kind === 'as-asked'])).not.toContainEqual([
			'Acceptable',
			true,
		]);
		const [soon] = await ask(world, await begin(world, about), wish, { until: world.now + MINUTE });
		expect(soon).toMatchObject({ state: 'Acceptable', proposal: { kind: 'as-asked' } });
		world.now += MINUTE - 1;
		await create(world, { memoryBytes: GIB, candidateHosts: ['n1'] }, bob);
		const agreement = accepted(await accept(world, soon!));
		expect(agreement.grant).toMatchObject({ machineCount: 1, memoryBytes: 4 * GIB });
		await work(world);
		expect(free(world, world.now + TEARDOWN)[0]).toBe(2);
		expect(free(world, world.now + KEPT)[0]).toBe(4);
		expect(world.faults).toEqual([]);
	});

	test('is honoured at the last second that each of the alternatives is held', async () => {
		for (const nth of [0, 1, 2]) {
			using world = await openWorld();
			const id = await beforeBob(world);
			const negotiationId = await begin(world, { renegotiates: { agreementId: id } });
			const counters = await ask(world, negotiationId, { ...HEAD, memoryBytes: 4 * GIB });
			const offer = counters[nth];
			if (offer === undefined) continue;
			expect(offer.state).toBe('Acceptable');
			await pass(world, offer.expirationAt! - 1 - world.now);
			accepted(await accept(world, offer));
			expect(world.faults).toEqual([]);
		}
	});
});
