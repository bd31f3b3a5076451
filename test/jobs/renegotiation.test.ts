/**
 * The table of docs/renegotiation.md, row by row: a broker, its runner, and a simulated site whose hosts refuse what is
 * beyond their capacity, so that whoever overbooks on the way from one revision to the next is found out (H1).
 */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEPLOY_ATTEMPTS_MAX } from '../../src/broker/errands.ts';
import type { ChangePermission } from '../../src/broker/outcome.ts';
import { Runner } from '../../src/jobs/runner.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import { findDeviations } from '../../src/workspace/limits.ts';
import type { SimulatedFailure } from '../../src/workspace/simulated/scripted-failures.ts';
import { SimulatedSite } from '../../src/workspace/simulated/simulated-site.ts';
import type { EnforcedLimits, MachineSpec } from '../../src/workspace/site.ts';
import { BEGIN, GIB, hosts, MIB } from '../broker/hosts.ts';
import { agree, alice, offerFrom, openWorld, POLICY, TEARDOWN, type Wish, type World } from '../broker/site.ts';

const HOUR = 3600;
/** Of changes to two agreements; each takes some 60 ms; 200 of them were run when this was written. */
const HISTORIES = 20;
const DEADLINE_MS = 5_000;
const POLL = { timeout: DEADLINE_MS, interval: 5 };
const NO_OVERHEAD = { baseBytes: 0, perCpuBytes: 0, perMemoryMillionths: 0 };

/** Two hosts of 4 CPUs and 8 GiB, and a site that has exactly that. */
let world: World;
let site: SimulatedSite;
let runner: Runner;
let isOpen = false;
const failures: string[] = [];

beforeEach(() => open());
afterEach(close);

async function open(failing: readonly SimulatedFailure[] = []): Promise<void> {
	await close();
	failures.length = 0;
	const abilities = { ...POLICY.abilities, networkShaping: true };
	const zoned = hosts(2).map((host, index) => ({ ...host, labels: { zone: index === 0 ? 'a' : 'b' } }));
	world = await openWorld({ hosts: zoned, policy: { abilities } });
	const machines = world.hosts.map(({ name, capacity, labels }) => ({ name, ...capacity, labels }));
	site = new SimulatedSite({
		hosts: machines,
		deploySeconds: 0,
		bootSeconds: 0,
		shutdownSeconds: 0,
		failures: failing,
		abilities: { memoryOverhead: NO_OVERHEAD, memoryStepBytes: 128 * MIB },
	});
	runner = new Runner({
		broker: world.broker,
		site,
		installationId: world.store.installationId,
		report: (what, error) => failures.push(`${what}: ${error}`),
	});
	runner.start();
	isOpen = true;
}

async function close(): Promise<void> {
	if (!isOpen) return;
	isOpen = false;
	await runner.stop();
	await site.close();
	expect(world.faults).toEqual([]);
	world[Symbol.dispose]();
}

const find = (id: string) => world.broker.getAgreement(alice, id)!;

/** Waits until the agreement says so. */
async function until(id: string, holds: (agreement: AgreementRecord) => boolean): Promise<AgreementRecord> {
	const { broker } = world;
	const deadline = Date.now() + DEADLINE_MS;
	for (let current = broker.getAgreement(alice, id)!; ; ) {
		if (holds(current)) return current;
		const deadlineMs = deadline - Date.now();
		if (deadlineMs <= 0) throw new Error(`Still ${JSON.stringify(current.serviceState)}: ${failures.join('; ')}`);
		current = (await broker.waitForChange({ party: alice, agreementId: id, version: current.version, deadlineMs }))!;
	}
}

const ready = (id: string) => until(id, ({ serviceState }) => serviceState === 'Ready');

/** Waits until so many attempts have failed, returns with what, and lets the time of the next one come. */
async function failed(agreementId: string, attempts: number): Promise<string> {
	const setback = () => world.broker.setbackOf(alice, agreementId);
	// One that is under way counts already, at the time at which it was due.
	const isOver = () => setback()?.attempts === attempts && setback()!.retryAt > world.now;
	await expect.poll(isOver, POLL).toBe(true);
	const { message, retryAt } = setback()!;
	world.now = retryAt;
	return message;
}

/** Every machine is as it shall be, and those that run are at the revision of the agreement. */
async function settled({ id, revision }: AgreementRecord): Promise<void> {
	await expect
		.poll(
			async () => {
				const machines = (await world.broker.machines(alice, id))!;
				return machines.every(({ desired, observed }) => {
					return observed?.state === desired && (desired !== 'running' || observed.revision === revision);
				});
			},
			{ timeout: DEADLINE_MS, interval: 5, message: failures.join('; ') },
		)
		.toBe(true);
}

async function run(wish: Wish): Promise<AgreementRecord> {
	return ready((await agree(world, wish)).id);
}

const renegotiate = (agreementId: string, wish: Wish, permission: ChangePermission = {}) =>
	world.broker.renegotiate({ party: alice, agreementId, ...permission, ...offerFrom(wish) });

async function change(agreementId: string, wish: Wish, permission: ChangePermission = {}): Promise<AgreementRecord> {
	const outcome = await renegotiate(agreementId, wish, permission);
	if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
	return outcome.agreement;
}

/** What stands on the site, by index: host, boots and limits. */
async function standing() {
	const machines = await site.list(world.store.installationId);
	return machines
		.map(({ identity, host, state, limits, consoleTail }) => {
			return {
				index: identity.index,
				host,
				state,
				limits,
				boots: /simulated-(\d+)"[^\n]*\n?$/.exec(consoleTail ?? '')?.[1],
			};
		})
		.sort((one, other) => one.index - other.index);
}

function expectLimits({ grant }: AgreementRecord, limits: EnforcedLimits | undefined): void {
	const spec = { ...grant, cpuSharePercent: grant.workspace.cpuSharePercent } as unknown as MachineSpec;
	expect(findDeviations(spec, NO_OVERHEAD, limits!)).toEqual([]);
}

describe('machines that run', () => {
	const before: Wish = { machines: 2, cpus: 1, memoryBytes: GIB, durationSeconds: 4 * HOUR, candidateHosts: ['n1'] };
	const free = ['n1', 'n2'];

	test.each<[string, Wish, string[]]>([
		['more memory, in steps', { memoryBytes: GIB + 256 * MIB }, ['live']],
		['more CPUs', { cpus: 2 }, ['live']],
		['a smaller CPU share', { sharePercent: 25 }, ['live']],
		['a later end', { durationSeconds: 6 * HOUR }, ['live']],
		['an end just after now', { durationSeconds: HOUR + 1 }, ['live']],
		['another end action and retention', { endAction: 'save', retention: 'P1D' }, ['live']],
		['a larger disk', { diskBytes: 8 * GIB }, ['live']],
		['more bandwidth', { bitsPerSecond: 16_000_000 }, ['live']],
		['a label that their host has', { zone: 'a' }, []],
		['more machines', { machines: 4 }, ['live']],
		['fewer machines', { machines: 1 }, ['live']],
		[
			'all of it at once',
			{ memoryBytes: GIB + 128 * MIB, cpus: 2, sharePercent: 50, machines: 3 },
			Array(4).fill('live'),
		],
	])('are changed as they run: %s', async (_, wish, effects) => {
		const first = { ...before, diskBytes: 4 * GIB, bitsPerSecond: 8_000_000 };
		const { id } = await run(first);
		world.now += HOUR;
		const next = await change(id, { ...first, ...wish });
		expect(next.effects.map(({ kind }) => kind)).toEqual(effects);
		await settled(next);
		const machines = await standing();
		expect(machines).toHaveLength(next.grant.machineCount);
		for (const { limits, host, boots } of machines) {
			expectLimits(next, limits);
			expect({ host, boots: boots ?? '1' }).toEqual({ host: 'n1', boots: '1' });
		}
		expect(failures).toEqual([]);
	});

	test.each<[string, Wish, number]>([
		['less memory', { memoryBytes: GIB / 2 }, 2],
		['more memory, but in no whole steps', { memoryBytes: GIB + 100 * MIB }, 2],
		['a disk where there was none', { diskBytes: 4 * GIB }, 2],
	])('are changed by a restart where the offer allows it, and not without: %s', async (_, wish, machines) => {
		const { id } = await run(before);
		const wanted = { ...before, ...wish };
		const refused = await renegotiate(id, wanted);
		expect(refused).toMatchObject({ reasons: [{ code: 'NEEDS_RESTART' }] });
		expect((await standing()).map(({ state }) => state)).toEqual(['running', 'running']);
		const next = await change(id, { ...wanted, change: 'restart="allow"' });
		expect(next.effects).toMatchObject([{ kind: 'restart', machines }]);
		await settled(next);
		for (const { limits } of await standing()) expectLimits(next, limits);
		const boots = wish.diskBytes === undefined ? '2' : '1';
		await expect.poll(async () => (await standing()).map((each) => each.boots), POLL).toEqual([boots, boots]);
		expect(failures).toEqual([]);
	});

	test('give CPUs back by a restart', async () => {
		const { id } = await run({ ...before, cpus: 2 });
		const next = await change(id, before, { allowRestart: true });
		expect(next.effects).toMatchObject([{ kind: 'restart', machines: 2 }]);
		await settled(next);
		for (const { limits } of await standing()) expectLimits(next, limits);
	});

	test('move to a host that has the room where the offer allows it, and not without', async () => {
		const { id } = await run({ ...before, machines: 1 });
		await run({ cpus: 3, candidateHosts: ['n1'] });
		const wanted: Wish = { ...before, machines: 1, cpus: 3, candidateHosts: free };
		expect(await renegotiate(id, wanted)).toMatchObject({ reasons: [{ code: 'NEEDS_MOVE', host: 'n1' }] });
		expect(await renegotiate(id, { ...wanted, change: 'move="forbid"' }, { allowMove: true })).toMatchObject({
			reasons: [{ code: 'NEEDS_MOVE' }],
		});
		expect(await renegotiate(id, { ...wanted, change: 'restart="forbid"' }, { allowMove: true })).toMatchObject({
			reasons: [{ code: 'NEEDS_MOVE' }],
		});
		const next = await change(id, { ...wanted, change: 'move="allow"' });
		expect(next.effects).toMatchObject([{ kind: 'move', machines: 1, fromHost: 'n1' }]);
		await ready(next.id);
		expect((await standing()).map(({ host }) => host).sort()).toEqual(['n1', 'n2']);
		expect(failures).toEqual([]);
	});

	test('move to hosts with another label where the offer allows it, and not without', async () => {
		const wanted = { ...before, machines: 1, candidateHosts: free };
		const { id } = await run(wanted);
		const elsewhere = { ...wanted, zone: 'b' };
		expect(await renegotiate(id, elsewhere)).toMatchObject({ reasons: [{ code: 'NEEDS_MOVE', host: 'n1' }] });
		const next = await change(id, elsewhere, { allowMove: true });
		expect(next.effects).toMatchObject([{ kind: 'move', machines: 1, fromHost: 'n1' }]);
		await ready(next.id);
		await expect.poll(async () => (await standing()).map(({ host }) => host), POLL).toEqual(['n2']);
		expect(failures).toEqual([]);
	});

	test('are not restarted by a change that their offer forbids to, whatever the request allows', async () => {
		const { id } = await run({ ...before, cpus: 2 });
		const wanted = { ...before, change: 'restart="forbid"' };
		expect(await renegotiate(id, wanted, { allowRestart: true })).toMatchObject({
			reasons: [{ code: 'NEEDS_RESTART' }],
		});
		const asked = { party: alice, agreementId: id, ...offerFrom({ ...before, change: 'restart="allow"' }) };
		expect(await world.broker.evaluate(asked)).toMatchObject({
			kind: 'accepted',
			effects: [{ kind: 'restart', machines: 2 }],
		});
		expect((await standing()).map(({ limits }) => limits?.cpuCount)).toEqual([2, 2]);
	});

	test('are kept longer after their end where there is room for that, and are not where there is none', async () => {
		const paused = { ...before, machines: 1, cpus: 1, endAction: 'pause', retention: 'PT1H' };
		const { id, grant } = await run(paused);
		// From the hour after that on, all memory of their host is somebody else's.
		await agree(world, { memoryBytes: 8 * GIB, startAt: grant.endAt + 2 * HOUR, candidateHosts: ['n1'] });
		const next = await change(id, { ...paused, retention: 'PT90M' });
		expect(next.effects).toMatchObject([{ kind: 'live', message: expect.stringContaining('kept for 5400 seconds') }]);
		const refused = await renegotiate(next.id, { ...paused, retention: 'PT5H' });
		expect(refused).toMatchObject({ reasons: [{ code: 'CAPACITY_RESERVED', resource: 'memoryBytes' }] });
		expect(find(next.id).grant.workspace.retentionSeconds).toBe(5400);
	});

	test.each([
		['saved', 'save', 'restore'],
		['shut down', 'shutdown', 'restore'],
	] as const)('that are %s take their change when they go on', async (_, away, back) => {
		const { id } = await run({ ...before, machines: 1 });
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: away });
		const state = away === 'save' ? 'saved' : 'off';
		await expect.poll(async () => (await standing()).map((each) => each.state), POLL).toEqual([state]);
		const next = await change(id, { ...before, machines: 1, cpus: 2, memoryBytes: GIB + 128 * MIB });
		expect((await standing()).map((each) => each.state)).toEqual([state]);
		await world.broker.requestAction({ party: alice, agreementId: next.id, index: 0, action: back });
		await settled(next);
		expectLimits(next, (await standing())[0]!.limits);
		expect(failures).toEqual([]);
	});

	test('become smaller before more of them start on the same host', async () => {
		const { id } = await run({ ...before, memoryBytes: 4 * GIB });
		const next = await change(id, { ...before, machines: 4, memoryBytes: 2 * GIB }, { allowRestart: true });
		await ready(next.id);
		const machines = await standing();
		expect(machines.map(({ host }) => host)).toEqual(['n1', 'n1', 'n1', 'n1']);
		for (const { limits } of machines) expectLimits(next, limits);
		expect(failures).toEqual([]);
	});

	test('of one service grow after those of another have given up what they grow by', async () => {
		await run({ cpus: 2, candidateHosts: ['n1'] });
		const cluster = { candidateHosts: ['n1'], workers: { candidateHosts: ['n1'] } };
		const { id } = await run({ ...cluster, cpus: 1 });
		const next = await change(id, { ...cluster, cpus: 3, sharePercent: 50 });
		await settled(next);
		expect(failures).toEqual([]);
	});

	test('go before those that stay grow into their place', async () => {
		const { id } = await run({ ...before, machines: 4, memoryBytes: 2 * GIB });
		const next = await change(id, { ...before, machines: 2, memoryBytes: 4 * GIB });
		await settled(next);
		expect(await standing()).toHaveLength(2);
		expect(failures).toEqual([]);
	});

	test('that change nothing but their key, left out, keep it', async () => {
		const { id } = await run({ ...before, sshPublicKey: 'ssh-ed25519 AAAA' });
		const next = await change(id, { ...before, cpus: 2 });
		expect(next.grant.workspace.sshPublicKey).toBe('ssh-ed25519 AAAA');
		await settled(next);
		expect(await renegotiate(next.id, { ...before, cpus: 2, sshPublicKey: 'ssh-ed25519 BBBB' })).toMatchObject({
			reasons: [{ code: 'NOT_ENFORCEABLE' }],
		});
	});

	test('end as was agreed last', async () => {
		const { id } = await run({ ...before, machines: 1 });
		world.now += HOUR;
		const next = await change(id, {
			...before,
			machines: 1,
			durationSeconds: HOUR + 1,
			endAction: 'pause',
			retention: 'P1D',
		});
		world.now += 1;
		runner.nudge();
		await until(next.id, ({ state }) => state === 'Complete');
		await settled(next);
		expect((await standing()).map(({ state }) => state)).toEqual(['paused']);
	});

	test.each<[string, Wish, string]>([
		['a start', { startAt: BEGIN + 2 * HOUR }, 'STATE_FORBIDS'],
		['an end that is past', { durationSeconds: HOUR / 2 }, 'WINDOW_PAST'],
		['a smaller disk', { diskBytes: GIB }, 'NOT_ENFORCEABLE'],
		['another image', { image: `sha256:${'cd'.repeat(32)}` }, 'NOT_ENFORCEABLE'],
	])('cannot be had with %s', async (_, wish, code) => {
		const first = { ...before, diskBytes: 2 * GIB };
		const { id } = await run(first);
		world.now += HOUR;
		const wanted = { ...first, change: 'restart="allow" move="allow"', ...wish };
		const refused = await renegotiate(id, wanted);
		if (refused.kind !== 'refused' && refused.kind !== 'countered') throw new Error(refused.kind);
		expect(refused.reasons.map((reason) => reason.code)).toContain(code);
	});

	test('that are paused take their change when they go on', async () => {
		const { id } = await run({ ...before, machines: 1 });
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: 'pause' });
		await until(id, ({ serviceActivity }) => serviceActivity === 'Idle');
		const next = await change(id, { ...before, machines: 1, cpus: 2 });
		expect((await standing())[0]).toMatchObject({ state: 'paused', limits: { cpuCount: 1 } });
		await world.broker.requestAction({ party: alice, agreementId: next.id, index: 0, action: 'resume' });
		await settled(next);
		expectLimits(next, (await standing())[0]!.limits);
	});

	test('that are paused give memory back at once, by the restart that was allowed, and are paused again', async () => {
		const { id } = await run({ ...before, machines: 1, memoryBytes: 4 * GIB });
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: 'pause' });
		await until(id, ({ serviceActivity }) => serviceActivity === 'Idle');
		const next = await change(id, { ...before, machines: 1, change: 'restart="allow"' });
		const memory = async () => (await standing()).map(({ state, limits }) => [state, limits?.memoryBytes]);
		await expect.poll(memory, { timeout: DEADLINE_MS, interval: 5 }).toEqual([['paused', GIB]]);
		expect(find(next.id).effects).toMatchObject([{ kind: 'restart', machines: 1 }]);
	});

	test('and fail to become smaller keep new ones from starting on their host, until they have', async () => {
		await open([{ on: 'shutdown', index: 0, times: 1, message: 'the guest does not answer' }]);
		const { id } = await run({ ...before, memoryBytes: 4 * GIB });
		const next = await change(id, { ...before, machines: 4, memoryBytes: 2 * GIB }, { allowRestart: true });
		expect(await failed(next.id, 1)).toMatch(/^Machine 0 on n1: .*the guest does not answer$/);
		expect(await standing()).toHaveLength(2);
		runner.nudge();
		await ready(next.id);
		expect(await standing()).toHaveLength(4);
		expect(world.broker.setbackOf(alice, next.id)).toBeUndefined();
		expect(failures).toEqual([expect.stringContaining('the guest does not answer')]);
	});

	/** A head whose workers take half of its host. */
	const WITH_WORKERS: Wish = {
		durationSeconds: 4 * HOUR,
		endAction: 'save',
		retention: 'PT1H',
		workers: { memoryBytes: 4 * GIB },
	};

	test.each([
		['when their host has no room for both', 5 * GIB, 3 * GIB],
		['when it would have', 2 * GIB, 2 * GIB],
	])('and are left out are saved before others grow or start in their place, %s', async (_, memoryBytes, ofNodes) => {
		await open([{ on: 'save', index: 1, times: 1, message: 'no room on the disk' }]);
		const { id } = await run(WITH_WORKERS);
		const nodes = { memoryBytes: ofNodes, service: 'nodes' };
		const next = await change(id, { ...WITH_WORKERS, memoryBytes, workers: nodes });
		await failed(id, 1);
		expect(await standing()).toMatchObject([
			{ index: 0, state: 'running', limits: { memoryBytes: GIB } },
			{ index: 1, state: 'running', host: 'n1' },
		]);
		runner.nudge();
		await ready(next.id);
		expect(await standing()).toMatchObject([
			{ index: 0, state: 'running', limits: { memoryBytes } },
			{ index: 1, state: 'saved', host: 'n1' },
			{ index: 2, state: 'running', host: 'n1' },
		]);
		expect(failures).toEqual([expect.stringContaining('no room on the disk')]);
	});

	test('and are left out are saved when that can be, however often it fails: what is new waits where it shall be', async () => {
		const times = DEPLOY_ATTEMPTS_MAX + 1;
		await open([{ on: 'save', index: 1, times, message: 'no room on the disk' }]);
		const { id } = await run(WITH_WORKERS);
		const next = await change(id, { ...WITH_WORKERS, workers: { memoryBytes: 2 * GIB, service: 'nodes' } });
		for (let attempts = 1; attempts <= times; attempts += 1) {
			await failed(next.id, attempts);
			runner.nudge();
		}
		await ready(next.id);
		expect(await standing()).toMatchObject([{ host: 'n1' }, { state: 'saved' }, { index: 2, host: 'n1' }]);
		expect(failures).toHaveLength(times);
	});

	test('and cannot be saved do not hide that a deployment on another host fails, which is given up', async () => {
		await open([
			{ on: 'save', index: 1, times: 2, message: 'no room on the disk' },
			{ on: 'ensure', index: 2, times: DEPLOY_ATTEMPTS_MAX, message: 'no such device' },
		]);
		const { id } = await run(WITH_WORKERS);
		const nodes = { memoryBytes: 2 * GIB, service: 'nodes', candidateHosts: ['n2'] };
		const next = await change(id, { ...WITH_WORKERS, workers: nodes });
		for (let attempts = 1; attempts < DEPLOY_ATTEMPTS_MAX; attempts += 1) {
			const message = await failed(next.id, attempts);
			expect(message).toMatch(/^Machine 2 on n2: .*no such device/);
			if (attempts === 1) expect(message).toMatch(/ Machine 1 on n1: .*no room on the disk/);
			runner.nudge();
		}
		const { stateReason } = await until(next.id, ({ state }) => state === 'Terminated');
		expect(stateReason).toMatch(/failed for good: Machine 2 on n2/);
		expect(failures).toHaveLength(DEPLOY_ATTEMPTS_MAX + 2);
	});

	test('and are left out are not started again, whatever becomes of them', async () => {
		const { id, workspaceId } = await run({ ...WITH_WORKERS, endAction: 'pause' });
		const { workers: _, ...alone } = WITH_WORKERS;
		const next = await change(id, alone);
		const states = async () => (await standing()).map(({ state }) => state);
		await expect.poll(states, POLL).toEqual(['running', 'paused']);
		await site.shutdown({ installationId: world.store.installationId, workspaceId, index: 1 }, 1);
		const grown = await change(next.id, { ...alone, cpus: 2 });
		await settled(grown);
		expect(await states()).toEqual(['running', 'off']);
		world.now += HOUR;
		runner.nudge();
		await expect.poll(states, POLL).toEqual(['running']);
		expect(failures).toEqual([]);
	});

	test('of an agreement that ends cannot be changed', async () => {
		const { id } = await run(before);
		await world.broker.terminate({ party: alice, agreementId: id });
		expect(await renegotiate(id, before)).toMatchObject({ reasons: [{ code: 'STATE_FORBIDS' }] });
		await until(id, ({ state }) => state === 'Terminated');
		expect(await renegotiate(id, before)).toMatchObject({ reasons: [{ code: 'STATE_FORBIDS' }] });
	});
});

describe('two tenants that change what they have, again and again', () => {
	const sizes = fc.record({
		machines: fc.integer({ min: 1, max: 4 }),
		cpus: fc.integer({ min: 1, max: 3 }),
		memoryBytes: fc.integer({ min: 1, max: 8 }).map((half) => (half * GIB) / 2),
	});
	const step = fc.record({
		who: fc.nat(1),
		wish: sizes,
		/** So many beside the others, in a service of their own; those there were before are kept, of none more than a minute. */
		workers: fc.nat(2),
		keeps: fc.constantFrom('pause', 'save'),
		pause: fc.boolean(),
		seconds: fc.nat(40),
	});

	test('never run more on a host than it has, in whatever order, whether machines restart or move', async () => {
		let changes = 0;
		let kept = 0;
		const history = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
			await open();
			const ids: string[] = [];
			for (const machines of [2, 1]) ids.push((await run({ machines, durationSeconds: 4 * HOUR })).id);
			for (const { who, wish, workers, keeps, pause, seconds } of steps) {
				world.now += seconds;
				const agreementId = ids[who]!;
				if (pause) await world.broker.requestAction({ party: alice, agreementId, index: 0, action: 'pause' });
				const changed = await renegotiate(
					agreementId,
					{
						...wish,
						durationSeconds: 4 * HOUR,
						endAction: keeps,
						retention: 'PT1M',
						...(workers === 0 ? {} : { workers: { machines: workers } }),
					},
					{ allowRestart: true, allowMove: true },
				);
				if (changed.kind !== 'accepted') continue;
				changes += 1;
				if (world.store.work.findErrand(agreementId, 'release') !== undefined) kept += 1;
				ids[who] = changed.agreement.id;
				// Some are done before the next change comes, and some are not.
				if (seconds % 2 === 0) await settled(changed.agreement);
			}
			for (const id of ids) await settled(find(id));
			expect(failures).toEqual([]);
		});
		await fc.assert(history, { numRuns: HISTORIES, endOnFailure: true });
		expect(changes).toBeGreaterThan(HISTORIES);
		expect(kept).toBeGreaterThan(0);
	});
});

describe('what has not begun', () => {
	const startAt = BEGIN + 4 * HOUR;
	const before: Wish = { startAt, diskBytes: 4 * GIB, sshPublicKey: 'ssh-ed25519 AAAA' };

	test.each<[string, Wish, object]>([
		['a later start', { startAt: startAt + HOUR }, { startAt: startAt + HOUR, endAt: startAt + 2 * HOUR }],
		['an earlier start', { startAt: startAt - 2 * HOUR }, { startAt: startAt - 2 * HOUR }],
		['a start at once', { startAt: BEGIN }, { startAt: BEGIN, endAt: BEGIN + HOUR }],
		['less memory', { memoryBytes: GIB / 2 }, { memoryBytes: GIB / 2 }],
		['a smaller disk', { diskBytes: GIB }, { diskBytes: GIB }],
		['more machines', { machines: 5 }, { machineCount: 5 }],
	])('changes freely, with no effect on anything: %s', async (_, wish, grant) => {
		const { id } = await agree(world, before);
		const next = await change(id, { ...before, ...wish });
		expect(next).toMatchObject({ grant, effects: [] });
	});

	test('begins at its new start, and not at the old one', async () => {
		const { id } = await agree(world, before);
		const next = await change(id, { ...before, startAt: startAt + HOUR });
		world.now = startAt;
		runner.nudge();
		expect(world.broker.errands.machinesWanted()).toEqual([]);
		const [n1] = world.broker.capacityBetween(startAt - TEARDOWN, startAt + HOUR / 2);
		expect(n1!.steps.map(({ free }) => free.cpuMillicores)).toEqual([4000]);
		world.now = startAt + HOUR;
		runner.nudge();
		await ready(next.id);
		expect((await standing()).map(({ state }) => state)).toEqual(['running']);
	});

	test('may have another key, and keeps the one it has where the offer names none', async () => {
		const { id } = await agree(world, before);
		const { sshPublicKey: _, ...silent } = before;
		const kept = await change(id, { ...silent, cpus: 2 });
		expect(kept.grant.workspace.sshPublicKey).toBe('ssh-ed25519 AAAA');
		const other = await change(kept.id, { ...before, sshPublicKey: 'ssh-ed25519 BBBB' });
		expect(other.grant.workspace.sshPublicKey).toBe('ssh-ed25519 BBBB');
	});
});
