import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
	DEPLOY_ATTEMPTS_MAX,
	LEASE_SECONDS,
	type LeasedErrand,
	RETRY_SECONDS_MAX,
	RETRY_SECONDS_MIN,
} from '../../src/broker/errands.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { agree, alice, IMAGE, mallory, offerFrom, openWorld, TEARDOWN, type Wish, type World, work } from './site.ts';

const HOUR = 3600;

let world: World;
beforeEach(async () => {
	world = await openWorld({ hosts: hosts(3) });
});
afterEach(() => closeWorld(world));

const find = (id: string) => world.broker.getAgreement(alice, id)!;
const hostsOf = async (id: string) => (await world.broker.machines(alice, id))!.map(({ host }) => host);

async function leaseOne(): Promise<LeasedErrand> {
	const [errand] = await world.broker.errands.lease(1);
	return errand!;
}

/** Fails the next errand that is due; waits for it by setting the clock. */
async function failNext(failure: { host?: string; forGood?: boolean; isOfEnding?: boolean } = {}) {
	world.now = Math.max(world.now, world.broker.errands.nextDueAt()!);
	return world.broker.errands.fail(await leaseOne(), [], { message: 'no such device', ...failure });
}

async function failUntilGivenUp(host?: string) {
	for (let attempt = 1; attempt <= DEPLOY_ATTEMPTS_MAX; attempt += 1) {
		const outcome = await failNext(host === undefined ? {} : { host });
		if (outcome.kind !== 'retried') return { attempt, outcome };
	}
	throw new Error('Never given up.');
}

function freeCpus(host: number): [number, number][] {
	const { steps } = world.broker.capacityBetween(world.now, world.now + 2 * HOUR)[host]!;
	return steps.map(({ startAt, free }) => [startAt - world.now, free.cpuMillicores / 1000]);
}

describe('an errand', () => {
	test('comes when the machines are to be made, with all that is needed to make them', async () => {
		const { id, workspaceId } = await agree(world, { startAt: BEGIN + HOUR, cpus: 2, sharePercent: 50 });
		expect(world.broker.errands.nextDueAt()).toBe(BEGIN + HOUR - 60);
		expect(await world.broker.errands.lease(10)).toEqual([]);
		expect(world.broker.errands.machinesWanted()).toEqual([]);
		world.now = BEGIN + HOUR - 60;
		const errand = await leaseOne();
		expect(errand).toMatchObject({ agreementId: id, revision: 1, attempts: 1, leaseUntil: world.now + LEASE_SECONDS });
		expect(errand.machines).toEqual([
			{
				installationId: world.store.installationId,
				workspaceId,
				index: 0,
				agreementId: id,
				revision: 1,
				host: 'n1',
				mayStandOn: ['n1'],
				desired: 'running',
				mayRestart: false,
				cpuCount: 2,
				cpuSharePercent: 50,
				memoryBytes: GIB,
				diskBytes: 0,
				networkBitsPerSecond: 0,
				imageDigest: IMAGE,
			},
		]);
		const { mayStandOn: _, ...wanted } = errand.machines[0]!;
		expect(world.broker.errands.machinesWanted()).toEqual([wanted]);
		expect(await world.broker.errands.lease(10)).toEqual([]);
	});

	test.each(['failed', 'waits', 'runs'])('that %s keeps its machines wanted', async (how) => {
		await agree(world, { startAt: BEGIN + HOUR });
		world.now = BEGIN + HOUR - 60;
		const wanted = () => world.broker.errands.machinesWanted().map(({ index, host }) => [index, host]);
		if (how === 'failed') expect(await failNext()).toMatchObject({ kind: 'retried' });
		if (how === 'runs') await leaseOne();
		expect(wanted()).toEqual([[0, 'n1']]);
	});

	test('says on which hosts its machines may stand: where they were seen, and wherever they belonged since', async () => {
		const { id } = await agree(world, { candidateHosts: ['n1', 'n2'] });
		const standing = async () => (await leaseOne()).machines.map(({ mayStandOn }) => mayStandOn?.toSorted());
		await failNext({ forGood: true });
		expect(await standing()).toEqual([['n1', 'n2']]);
		world.reopen();
		await work(world);
		expect(world.broker.errands.machinesWanted().map(({ mayStandOn }) => mayStandOn)).toEqual([['n2']]);
		const change = { party: alice, agreementId: id, allowMove: true, allowRestart: true };
		const moved = await world.broker.renegotiate({ ...change, ...offerFrom({ candidateHosts: ['n3'] }) });
		if (moved.kind !== 'accepted') throw new Error(moved.kind);
		expect(await standing()).toEqual([['n1', 'n2', 'n3']]);
		expect(world.broker.errands.machinesWanted().map(({ mayStandOn }) => mayStandOn)).toEqual([undefined]);
		world.reopen();
		await work(world);
		await world.broker.terminate({ party: alice, agreementId: moved.agreement.id });
		// Of a host that was given up nobody knows what was left there.
		expect(await standing()).toEqual([['n1', 'n3']]);
	});

	test('that was planned anew is lost to whoever had it', async () => {
		const { id } = await agree(world);
		const errand = await leaseOne();
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: 'pause' });
		expect(await world.broker.errands.finish(errand, [])).toBe(false);
		expect(await world.broker.errands.fail(errand, [], { message: 'late' })).toEqual({ kind: 'lost' });
		expect((await leaseOne()).machines).toMatchObject([{ desired: 'paused' }]);
	});

	test('of a broker that died is there at once when it starts again', async () => {
		await agree(world);
		await leaseOne();
		world.reopen();
		expect(await world.broker.errands.lease(10)).toHaveLength(1);
	});

	test('to renegotiate says whether machines may be restarted', async () => {
		const { id } = await agree(world, { memoryBytes: 2 * GIB });
		await work(world);
		const change = { party: alice, agreementId: id, allowRestart: true, allowMove: false };
		await world.broker.renegotiate({ ...change, ...offerFrom({ memoryBytes: GIB }) });
		expect((await leaseOne()).machines).toMatchObject([{ mayRestart: true, memoryBytes: GIB, revision: 2 }]);
	});
});

test('what an attempt failed of is told until one succeeds, to those who may see it', async () => {
	const { id } = await agree(world);
	expect(world.broker.setbackOf(alice, id)).toBeUndefined();
	await failNext();
	const retryAt = BEGIN + RETRY_SECONDS_MIN;
	expect(world.broker.setbackOf(alice, id)).toEqual({ message: 'no such device', attempts: 1, retryAt });
	expect(world.broker.setbackOf(mallory, id)).toBeUndefined();
	world.now = retryAt;
	await work(world);
	expect(world.broker.setbackOf(alice, id)).toBeUndefined();
});

describe('a restart that the client has agreed to', () => {
	const change = (agreementId: string, allowRestart: boolean, wish: Wish) =>
		world.broker.renegotiate({ party: alice, agreementId, allowRestart, allowMove: false, ...offerFrom(wish) });

	/** A machine of 2 GiB that shall restart with 1, and then gets more CPUs live. */
	async function shrinkThenGrow(between: () => Promise<unknown>): Promise<LeasedErrand> {
		const { id } = await agree(world, { memoryBytes: 2 * GIB });
		await work(world);
		const smaller = await change(id, true, { memoryBytes: GIB });
		await between();
		if (smaller.kind !== 'accepted') throw new Error(smaller.kind);
		expect(await change(smaller.agreement.id, false, { memoryBytes: GIB, cpus: 2 })).toMatchObject({
			kind: 'accepted',
			effects: [{ kind: 'live' }],
		});
		return leaseOne();
	}

	/** The next errand is done but for the restart, which is seen to be pending. */
	async function finishPending(): Promise<void> {
		const errand = await leaseOne();
		const { workspaceId, index, revision, host } = errand.machines[0]!;
		const observed = { state: 'running', revision, host, pending: ['memory'] } as const;
		await world.broker.errands.finish(errand, [{ workspaceId, index, observed }]);
	}

	test.each<[string, () => Promise<unknown>, boolean]>([
		['before anything was done', async () => undefined, true],
		['while it is pending', finishPending, true],
		['after it was done', () => work(world), false],
	])('is as it was when another change follows %s', async (_, between, mayRestart) => {
		expect((await shrinkThenGrow(between)).machines).toMatchObject([{ revision: 3, mayRestart }]);
	});
});

describe('a deployment that fails', () => {
	test('is tried again after growing pauses', async () => {
		await agree(world);
		const pauses: number[] = [];
		for (let attempt = 1; attempt < DEPLOY_ATTEMPTS_MAX; attempt += 1) {
			const outcome = await failNext();
			if (outcome.kind === 'retried') pauses.push(outcome.dueAt - world.now);
		}
		expect(pauses).toEqual([1, 2, 4, 8, 16].map((factor) => Math.min(factor * RETRY_SECONDS_MIN, RETRY_SECONDS_MAX)));
	});

	test('is given up by what failed on its host: not by machines that would not go, nor by another host', async () => {
		const { id } = await agree(world, { machines: 4, cpus: 2 });
		expect(await hostsOf(id)).toEqual(['n1', 'n1', 'n2', 'n2']);
		for (let attempt = 0; attempt < DEPLOY_ATTEMPTS_MAX; attempt += 1) {
			expect((await failNext({ host: 'n1', isOfEnding: true })).kind).toBe('retried');
		}
		for (let attempt = 1; attempt < DEPLOY_ATTEMPTS_MAX; attempt += 1) {
			for (const host of ['n1', 'n2']) expect((await failNext({ host })).kind).toBe('retried');
		}
		world.reopen();
		expect((await failNext({ host: 'n2' })).kind).toBe('moved');
		expect(await hostsOf(id)).toEqual(['n1', 'n1', 'n3', 'n3']);
		expect((await failNext({ host: 'n1' })).kind).toBe('retried');
	});

	test('for good moves to another host that fits; the first one is free when what is left there is gone', async () => {
		const { id, grant } = await agree(world, { cpus: 3 });
		const { attempt, outcome } = await failUntilGivenUp();
		expect([attempt, outcome]).toEqual([DEPLOY_ATTEMPTS_MAX, { kind: 'moved' }]);
		expect(await hostsOf(id)).toEqual(['n2']);
		expect(find(id)).toMatchObject({ state: 'Observed', failedHosts: ['n1'], grant });
		expect(freeCpus(0)).toEqual([
			[0, 1],
			[TEARDOWN, 4],
		]);
		expect(freeCpus(1)[0]).toEqual([0, 1]);
		await work(world);
		expect(find(id).serviceState).toBe('Ready');
	});

	test('known to be useless moves at once, never back to a host that failed, and ends when there is none left', async () => {
		const { id } = await agree(world, { cpus: 3 });
		const moves: unknown[] = [];
		for (const _ of [1, 2, 3]) moves.push([(await failNext({ forGood: true })).kind, await hostsOf(id)]);
		expect(moves).toEqual([
			['moved', ['n2']],
			['moved', ['n3']],
			['terminated', ['n3']],
		]);
		expect(find(id)).toMatchObject({
			state: 'ObservedAndTerminating',
			stateReason: 'The deployment failed for good: no such device',
		});
		await work(world);
		expect(find(id).state).toBe('Terminated');
		world.now += TEARDOWN;
		for (const host of [0, 1, 2]) expect(freeCpus(host)).toEqual([[0, 4]]);
	});

	test('of one host of a cluster leaves the machines on the other hosts where they are', async () => {
		const { id } = await agree(world, { machines: 4, cpus: 2 });
		expect(await hostsOf(id)).toEqual(['n1', 'n1', 'n2', 'n2']);
		expect(await failUntilGivenUp('n1')).toMatchObject({ outcome: { kind: 'moved' } });
		expect(await hostsOf(id)).toEqual(['n3', 'n3', 'n2', 'n2']);
		expect(freeCpus(1)[0]).toEqual([0, 0]);
		await world.broker.terminate({ party: alice, agreementId: id });
		world.now += TEARDOWN;
		for (const host of [0, 1, 2]) expect(freeCpus(host)).toEqual([[0, 4]]);
	});

	test('ends where no other host fits, and whoever waits is told', async () => {
		await agree(world, { machines: 2, cpus: 3 });
		const { id, version } = await agree(world, { cpus: 3 });
		const waiting = world.broker.waitForChange({ party: alice, agreementId: id, version, deadlineMs: 10_000 });
		await world.broker.errands.finish(await leaseOne(), []);
		expect((await failNext({ forGood: true })).kind).toBe('terminated');
		expect(await waiting).toMatchObject({ state: 'ObservedAndTerminating' });
	});

	test('ends where the offer named the host that failed', async () => {
		const { id } = await agree(world, { candidateHosts: ['n2'] });
		expect((await failNext({ forGood: true })).kind).toBe('terminated');
		expect(find(id).failedHosts).toEqual([]);
	});

	test('after it was up once is tried for as long as it takes: its disk is on that host', async () => {
		const { id } = await agree(world);
		await work(world);
		const [machine] = (await world.broker.machines(alice, id))!;
		const { workspaceId, index, revision, host } = machine!;
		await world.broker.errands.record([{ workspaceId, index, observed: { state: 'failed', revision, host } }]);
		for (let attempt = 0; attempt < 2 * DEPLOY_ATTEMPTS_MAX; attempt += 1) {
			expect((await failNext()).kind).toBe('retried');
		}
		expect(await hostsOf(id)).toEqual(['n1']);
	});

	describe('for good of machines that were added', () => {
		const change = (agreementId: string, wish: Wish, allowRestart = false) =>
			world.broker.renegotiate({ party: alice, agreementId, allowRestart, allowMove: false, ...offerFrom(wish) });

		/** One machine that runs on n1, and then so many, of which the errand waits. */
		async function grown(machines: number, wish: Wish = {}): Promise<string> {
			const { id } = await agree(world, { cpus: 1, ...wish });
			await work(world);
			const outcome = await change(id, { cpus: 1, machines, ...wish });
			if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
			expect(find(outcome.agreement.id).serviceState).toBe('NotReady');
			return outcome.agreement.id;
		}

		test('moves these alone; what was up stays where its disk is', async () => {
			const id = await grown(3);
			expect(await hostsOf(id)).toEqual(['n1', 'n1', 'n1']);
			expect((await failNext({ host: 'n1', forGood: true })).kind).toBe('moved');
			expect(await hostsOf(id)).toEqual(['n1', 'n2', 'n2']);
			expect(freeCpus(0).map(([at, free]) => [at, free])).toEqual([
				[0, 1],
				[TEARDOWN, 3],
				[HOUR + TEARDOWN, 4],
			]);
			expect(freeCpus(1)[0]).toEqual([0, 2]);
			await work(world);
			expect(find(id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Processing' });
		});

		test('also while what was up has failed meanwhile', async () => {
			const id = await grown(2);
			const observed = { state: 'failed', revision: 0, host: 'n1' } as const;
			await world.broker.errands.record([{ workspaceId: find(id).workspaceId, index: 0, observed }]);
			expect((await failNext({ host: 'n1', forGood: true })).kind).toBe('moved');
			expect(await hostsOf(id)).toEqual(['n1', 'n2']);
		});

		test('ends the agreement where no other host fits', async () => {
			const id = await grown(2, { candidateHosts: ['n1'] });
			expect((await failNext({ host: 'n1', forGood: true })).kind).toBe('terminated');
			await work(world);
			expect(find(id).state).toBe('Terminated');
		});

		test('is not known by those that were there: they are tried for ever', async () => {
			const { id } = await agree(world, { memoryBytes: 2 * GIB });
			await work(world);
			const outcome = await change(id, { memoryBytes: GIB }, true);
			if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
			const { workspaceId } = outcome.agreement;
			const observed = { state: 'failed', revision: 0, host: 'n1' } as const;
			await world.broker.errands.record([{ workspaceId, index: 0, observed }]);
			expect(find(outcome.agreement.id).serviceState).toBe('NotReady');
			for (let attempt = 0; attempt < 2 * DEPLOY_ATTEMPTS_MAX; attempt += 1) {
				expect((await failNext({ forGood: true })).kind).toBe('retried');
			}
			expect(await hostsOf(outcome.agreement.id)).toEqual(['n1']);
		});

		test('is judged anew for a machine that was given back before', async () => {
			const id = await grown(2);
			await work(world);
			const fewer = await change(id, { cpus: 1 });
			if (fewer.kind !== 'accepted') throw new Error(fewer.kind);
			expect(fewer.agreement.serviceState).toBe('Ready');
			await work(world);
			const more = await change(fewer.agreement.id, { cpus: 1, machines: 2 });
			if (more.kind !== 'accepted') throw new Error(more.kind);
			expect((await failNext({ host: 'n1', forGood: true })).kind).toBe('moved');
			expect(await hostsOf(more.agreement.id)).toEqual(['n1', 'n2']);
		});
	});

	test('of a machine that is to go is tried for ever', async () => {
		const { id } = await agree(world);
		await work(world);
		await world.broker.terminate({ party: alice, agreementId: id });
		for (let attempt = 0; attempt < 2 * DEPLOY_ATTEMPTS_MAX; attempt += 1) {
			expect((await failNext({ forGood: true })).kind).toBe('retried');
		}
		world.now += RETRY_SECONDS_MAX;
		await work(world);
		expect(find(id).state).toBe('Terminated');
	});
});
