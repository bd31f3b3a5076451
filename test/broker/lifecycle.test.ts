import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESTART_AFTER_SECONDS } from '../../src/broker/lifecycle.ts';
import type { MachineAction } from '../../src/broker/outcome.ts';
import type { DesiredState, MachineRecord } from '../../src/store/records.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, GIB } from './hosts.ts';
import { agree, alice, offerFrom, openWorld, TEARDOWN, type Wish, type World, work } from './site.ts';

const HOUR = 3600;
const DAY = 86_400;

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => closeWorld(world));

const find = (id: string) => world.broker.getAgreement(alice, id)!;
const machinesOf = async (id: string) => (await world.broker.machines(alice, id))!;
const desired = async (id: string) => (await machinesOf(id)).map((machine) => machine.desired);
const kinds = (id: string) => world.broker.history(alice, id)!.map(({ kind }) => kind);

/** CPUs that are free on n1, as [seconds from now, CPUs] steps of the next hours. */
function freeCpus(): [number, number][] {
	const [n1] = world.broker.capacityBetween(world.now, world.now + 4 * HOUR);
	return n1!.steps.map(({ startAt, free }) => [startAt - world.now, free.cpuMillicores / 1000]);
}

/** Reports the machine as seen in this state. */
async function see(machine: MachineRecord, state: 'absent' | 'running' | 'off' | 'failed' | 'paused'): Promise<void> {
	const { workspaceId, index, revision, host } = machine;
	await world.broker.errands.record([{ workspaceId, index, observed: { state, revision, host } }]);
}

async function pass(seconds: number): Promise<void> {
	world.now += seconds;
	await world.broker.errands.lease(0);
}

describe('a service', () => {
	test('is Ready when all its machines were seen running, Idle when none runs or one failed', async () => {
		const { id } = await agree(world, { machines: 2 });
		const [one, other] = await machinesOf(id);
		await see(one!, 'running');
		expect(find(id)).toMatchObject({ serviceState: 'NotReady' });
		await see(other!, 'running');
		expect(find(id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Processing' });
		for (const index of [0, 1])
			await world.broker.requestAction({ party: alice, agreementId: id, index, action: 'pause' });
		await see(one!, 'paused');
		await see(other!, 'paused');
		expect(find(id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Idle' });
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: 'resume' });
		await see(one!, 'running');
		expect(find(id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Processing' });
		await see(one!, 'failed');
		expect(find(id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Idle' });
	});

	test('is not Ready by what was seen of an older revision', async () => {
		const { id } = await agree(world);
		const [machine] = await machinesOf(id);
		await see({ ...machine!, revision: 0 }, 'running');
		expect(find(id).serviceState).toBe('NotReady');
	});

	test.each<[string, Wish, string]>([
		['stays Ready when it is changed live', { cpus: 2 }, 'Ready'],
		['is NotReady until a machine that is added was seen', { machines: 2 }, 'NotReady'],
		['is NotReady until a restart was seen', { memoryBytes: GIB / 2 }, 'NotReady'],
		['is NotReady until a move was seen', { candidateHosts: ['n2'] }, 'NotReady'],
	])('%s', async (_, wish, expected) => {
		const { id } = await agree(world);
		await work(world);
		const change = { party: alice, agreementId: id, allowRestart: true, allowMove: true };
		const outcome = await world.broker.renegotiate({ ...change, ...offerFrom(wish) });
		if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
		expect(outcome.agreement.serviceState).toBe(expected);
		await work(world);
		expect(find(outcome.agreement.id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Processing' });
	});

	test('whose paused machine shall restart is Ready as it is: it takes its sizes when it goes on', async () => {
		const { id } = await agree(world);
		await work(world);
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: 'pause' });
		await work(world);
		const change = { party: alice, agreementId: id, allowRestart: true, allowMove: false };
		const outcome = await world.broker.renegotiate({ ...change, ...offerFrom({ memoryBytes: GIB / 2 }) });
		if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
		const [machine] = await machinesOf(outcome.agreement.id);
		await see({ ...machine!, revision: 1 }, 'paused');
		expect(find(outcome.agreement.id)).toMatchObject({ serviceState: 'Ready', serviceActivity: 'Idle' });
	});

	test('whose machine stopped by itself has it started again, after a while', async () => {
		const { id } = await agree(world);
		await work(world);
		const [machine] = await machinesOf(id);
		await see(machine!, 'off');
		expect(await work(world)).toBe(0);
		world.now += RESTART_AFTER_SECONDS;
		expect(await work(world)).toBe(1);
		expect((await machinesOf(id))[0]!.observed!.state).toBe('running');
	});
});

describe('a termination', () => {
	const terminate = (agreementId: string, ifMatch?: number) =>
		world.broker.terminate({
			party: alice,
			agreementId,
			reason: 'No more.',
			...(ifMatch === undefined ? {} : { ifMatch }),
		});

	test('of what runs takes its machines away, and books them until they are gone', async () => {
		const { id } = await agree(world, { cpus: 3 });
		await work(world);
		world.now += 100;
		const outcome = await terminate(id);
		expect(outcome).toMatchObject({
			kind: 'changed',
			agreement: { state: 'ObservedAndTerminating', stateReason: 'No more.' },
		});
		expect(freeCpus()).toEqual([
			[0, 1],
			[TEARDOWN, 4],
		]);
		expect(await desired(id)).toEqual(['absent']);
		await work(world);
		expect(find(id)).toMatchObject({ state: 'Terminated', serviceState: 'Completed', stateReason: 'No more.' });
		expect(kinds(id)).toEqual(['agreed', 'ready', 'terminating', 'terminated']);
		expect(world.broker.errands.machinesWanted()).toEqual([]);
		expect(world.broker.errands.nextDueAt()).toBeUndefined();
	});

	test('is complete only when the last machine was seen to be gone', async () => {
		const { id } = await agree(world, { machines: 2 });
		await work(world);
		await terminate(id);
		const [one, other] = await machinesOf(id);
		await see(one!, 'absent');
		expect(find(id).state).toBe('ObservedAndTerminating');
		await see(other!, 'absent');
		expect(find(id).state).toBe('Terminated');
	});

	test('of what has not begun is complete at once and all its capacity is free', async () => {
		const { id } = await agree(world, { cpus: 3, startAt: BEGIN + HOUR });
		expect(await terminate(id)).toMatchObject({ kind: 'changed', agreement: { state: 'Terminated' } });
		expect(freeCpus()).toEqual([[0, 4]]);
		await pass(2 * HOUR);
		expect(await work(world)).toBe(0);
		expect(find(id).state).toBe('Terminated');
	});

	test('is asked once: a second one changes nothing, one after the end is refused, a stale one is told so', async () => {
		const { id, version } = await agree(world);
		await work(world);
		expect(await terminate(id, version)).toEqual({ kind: 'stale', version: version + 1 });
		await terminate(id, version + 1);
		const before = find(id);
		expect(await terminate(id)).toEqual({ kind: 'changed', agreement: before });
		await work(world);
		expect(await terminate(id)).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
	});
});

describe('the end of the window', () => {
	const endings: [string, Wish, DesiredState, number][] = [
		['destroy: nothing stays', { endAction: 'destroy' }, 'absent', 0],
		['pause: memory and disk stay as long as agreed', { endAction: 'pause', retention: 'P1D' }, 'paused', DAY],
		['save: the disk stays as long as agreed', { endAction: 'save', retention: 'P1D' }, 'saved', DAY],
	];

	test.each(endings)('%s', async (_, wish, state, kept) => {
		const { id } = await agree(world, { ...wish, cpus: 2, durationSeconds: HOUR });
		await work(world);
		world.now += HOUR;
		await work(world);
		expect(find(id)).toMatchObject({ state: 'Complete', serviceState: 'Completed' });
		expect(await desired(id)).toEqual([state]);
		expect((await machinesOf(id))[0]!.observed!.state).toBe(state);
		expect(freeCpus().at(-1)![1]).toBe(4);
		if (kept > 0) {
			world.now += kept - 1;
			await work(world);
			expect(await desired(id)).toEqual([state]);
			world.now += 1;
			await work(world);
			expect(await desired(id)).toEqual(['absent']);
			expect(kinds(id).at(-1)).toBe('released');
		}
		expect(world.broker.errands.machinesWanted()).toEqual([]);
		expect(world.broker.errands.nextDueAt()).toBeUndefined();
	});

	test('shutdown: each guest is asked to end, and goes when it was seen to have ended', async () => {
		const { id } = await agree(world, { endAction: 'shutdown', machines: 2, durationSeconds: HOUR });
		await work(world);
		await pass(HOUR);
		expect(await desired(id)).toEqual(['off', 'off']);
		const [one, other] = await machinesOf(id);
		await see(one!, 'off');
		expect(await desired(id)).toEqual(['absent', 'off']);
		await see(other!, 'off');
		await work(world);
		expect((await machinesOf(id)).map(({ observed }) => observed!.state)).toEqual(['absent', 'absent']);
		expect(world.broker.errands.nextDueAt()).toBeUndefined();
	});

	test('shutdown: what nobody reports goes when its place is no longer booked', async () => {
		const { id } = await agree(world, { endAction: 'shutdown', durationSeconds: HOUR });
		await work(world);
		await pass(HOUR);
		await pass(TEARDOWN);
		expect(await desired(id)).toEqual(['absent']);
	});

	test('keeps what the client had saved, and what is retained can be given back early', async () => {
		const { id } = await agree(world, { endAction: 'pause', retention: 'P1D', cpus: 2, memoryBytes: 2 ** 31 });
		await work(world);
		await world.broker.requestAction({ party: alice, agreementId: id, index: 0, action: 'save' });
		world.now += HOUR;
		await work(world);
		expect(await desired(id)).toEqual(['saved']);
		world.now += HOUR;
		expect(await world.broker.terminate({ party: alice, agreementId: id })).toMatchObject({
			kind: 'changed',
			agreement: { state: 'Complete' },
		});
		expect(await desired(id)).toEqual(['absent']);
		const [n1] = world.broker.capacityBetween(world.now + TEARDOWN, world.now + TEARDOWN + 1);
		expect(n1!.steps[0]!.free.memoryBytes).toBe(8 * 2 ** 30);
	});

	test('comes at its time even when nobody has asked for anything, also after a restart', async () => {
		const { id, version } = await agree(world, { durationSeconds: HOUR });
		world.now += HOUR + 100;
		world.reopen();
		expect(world.broker.errands.nextDueAt()).toBeLessThan(world.now);
		await world.broker.errands.lease(0);
		expect(find(id)).toMatchObject({ state: 'Complete', version: version + 1 });
	});

	test('an ExpirationTime within the window ends the agreement', async () => {
		const { id } = await agree(world, { durationSeconds: HOUR, expirationAt: BEGIN + 600 });
		await work(world);
		await pass(600);
		await work(world);
		expect(find(id)).toMatchObject({
			state: 'Terminated',
			stateReason: 'The ExpirationTime of the agreement has passed.',
		});
	});
});

describe('actions', () => {
	const act = (agreementId: string, action: MachineAction, index = 0) =>
		world.broker.requestAction({ party: alice, agreementId, index, action });

	const states: DesiredState[] = ['running', 'paused', 'saved', 'off'];
	const paths: Record<string, MachineAction[]> = { running: [], paused: ['pause'], saved: ['save'], off: ['shutdown'] };
	const results: Record<MachineAction, Partial<Record<DesiredState, DesiredState>>> = {
		pause: { running: 'paused', paused: 'paused' },
		resume: { running: 'running', paused: 'running' },
		save: { running: 'saved', paused: 'saved', saved: 'saved' },
		restore: { running: 'running', saved: 'running', off: 'running' },
		shutdown: { running: 'off', off: 'off' },
	};

	test.each(states.flatMap((from) => (Object.keys(results) as MachineAction[]).map((action) => ({ from, action }))))(
		'$action of a machine that is $from',
		async ({ from, action }) => {
			const { id } = await agree(world);
			for (const step of paths[from]!) await act(id, step);
			const before = find(id);
			const to = results[action][from];
			const outcome = await act(id, action);
			if (to === undefined) {
				expect(outcome).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS', available: from }] });
			} else expect(outcome.kind).toBe('changed');
			expect(await desired(id)).toEqual([to ?? from]);
			expect(find(id).version).toBe(to === undefined || to === from ? before.version : before.version + 1);
		},
	);

	test('are refused before the window, after it, and for machines that there are not', async () => {
		const { id } = await agree(world, { startAt: BEGIN + HOUR, durationSeconds: HOUR });
		expect(await act(id, 'pause')).toMatchObject({ kind: 'refused' });
		await pass(HOUR);
		expect(await act(id, 'pause', 1)).toEqual({ kind: 'not-found' });
		await pass(HOUR);
		expect(await act(id, 'pause')).toMatchObject({ kind: 'refused' });
	});

	test('nudge once the change is committed', async () => {
		const { id } = await agree(world);
		await work(world);
		const nudges: unknown[] = [];
		world.broker.errands.onNudge((nudge) => nudges.push(nudge));
		await act(id, 'pause');
		await act(id, 'pause');
		expect(nudges).toEqual([{ kind: 'converge', agreementId: id, dueAt: world.now }]);
	});
});

describe('waiting', () => {
	const wait = (agreementId: string, version: number, deadlineMs = 10_000) =>
		world.broker.waitForChange({ party: alice, agreementId, version, deadlineMs });

	test('ends with the next change, at once when there was one already, and with what there is at the deadline', async () => {
		const { id } = await agree(world);
		const waiting = [wait(id, 1), wait(id, 1)];
		await world.broker.terminate({ party: alice, agreementId: id });
		for (const agreement of await Promise.all(waiting)) expect(agreement).toMatchObject({ version: 2 });
		expect(await wait(id, 1)).toMatchObject({ version: 2 });
		expect(await wait(id, 2, 1)).toMatchObject({ version: 2 });
	});

	test('is told when a broker closes, and of nothing that is not to be seen', async () => {
		const { id } = await agree(world);
		const waiting = wait(id, 1);
		world.broker.close();
		expect(await waiting).toMatchObject({ version: 1 });
		expect(await wait('none', 1)).toBeUndefined();
	});

	test('for a fresh look at machines ends when all were seen', async () => {
		const { id } = await agree(world, { machines: 2 });
		await work(world);
		world.now += 60;
		const stale = await machinesOf(id);
		world.broker.errands.onNudge(() => void work(world));
		const looking = world.broker.machines(alice, id, 10_000);
		expect((await looking)!.map(({ observedAt }) => observedAt)).toEqual([world.now, world.now]);
		expect(stale.map(({ observedAt }) => observedAt)).toEqual([BEGIN, BEGIN]);
	});
});
