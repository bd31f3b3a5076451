/**
 * What every site promises, whatever its machines are made of. Run for the simulated site and for libvirt.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OperatingError } from '../../src/errors.ts';
import { findDeviations } from '../../src/workspace/limits.ts';
import type { MachineIdentity, MachineObservation, MachineSpec, Site } from '../../src/workspace/site.ts';

const MIB = 1_048_576;

/** A site to be tried out, and what is known of it. */
export interface Workbench {
	readonly site: Site;
	readonly installationId: string;
	readonly host: string;
	readonly imageDigest: string;
	/** Resolves when the guest of a machine that was started hears its power button. */
	guestIsUp(identity: MachineIdentity): Promise<void>;
	close(): Promise<void>;
}

/** A site whose machines are simulated, with a host `h1`. */
export function simulatedWorkbench(site: Site, installationId: string): Workbench {
	return {
		site,
		installationId,
		host: 'h1',
		imageDigest: 'sha256:',
		guestIsUp: (identity) =>
			expect.poll(async () => (await site.observe(identity)).consoleTail, { interval: 2 }).toContain('COMPUTON-GUEST'),
		close: () => site.close(),
	};
}

export function describeSite(name: string, open: () => Promise<Workbench>): void {
	describe(name, () => {
		let bench: Workbench;
		let site: Site;
		let made: MachineSpec[] = [];

		beforeAll(async () => {
			bench = await open();
			site = bench.site;
		});
		afterEach(async () => {
			for (const spec of made) await site.destroy(spec);
			made = [];
		});
		afterAll(() => bench?.close());

		/** A machine of a workspace of its own, removed after the test. */
		function newSpec(wanted: Partial<MachineSpec> = {}): MachineSpec {
			const spec: MachineSpec = {
				installationId: bench.installationId,
				workspaceId: randomUUID(),
				index: 0,
				revision: 1,
				host: bench.host,
				cpuCount: 1,
				cpuSharePercent: 90,
				memoryBytes: 128 * MIB,
				diskBytes: 0,
				networkBitsPerSecond: 0,
				imageDigest: bench.imageDigest,
				...wanted,
			};
			made.push(spec);
			return spec;
		}

		function expectLimits(spec: MachineSpec, { limits }: MachineObservation): void {
			expect(limits).toBeDefined();
			expect(findDeviations(spec, site.abilities.memoryOverhead, limits!)).toEqual([]);
		}

		const ours = async () => (await site.list(bench.installationId)).map(({ identity }) => identity);

		test('what is not there is absent, and not listed', async () => {
			const spec = newSpec();
			expect(await site.observe(spec)).toMatchObject({ state: 'absent', revision: 0 });
			expect(await ours()).toEqual([]);
		});

		test('a machine runs as specified, with every limit read back as agreed', async () => {
			const spec = newSpec({ cpuCount: 2, cpuSharePercent: 25, memoryBytes: 160 * MIB });
			const startedAt = Math.floor(Date.now() / 1000);
			const { observation, started, pending } = await site.ensure(spec);
			expect({ started, pending }).toEqual({ started: true, pending: [] });
			const { installationId, workspaceId, index } = spec;
			expect(observation).toMatchObject({
				identity: { installationId, workspaceId, index },
				revision: 1,
				host: bench.host,
				state: 'running',
			});
			expect(observation.bootedAt).toBeGreaterThanOrEqual(startedAt);
			expectLimits(spec, observation);
			expectLimits(spec, await site.observe(spec));
		});

		test('ensured twice, or twice at once, it is one machine that was booted once', async () => {
			const spec = newSpec();
			const [one, other] = await Promise.all([site.ensure(spec), site.ensure(spec)]);
			const third = await site.ensure(spec);
			expect([one.started, other.started, third.started]).toEqual([true, false, false]);
			expect(third.observation.bootedAt).toBe(one.observation.bootedAt);
			expect(await ours()).toHaveLength(1);
		});

		test('the machines of a cluster are told apart by their index', async () => {
			const first = newSpec();
			const second = newSpec({ workspaceId: first.workspaceId, index: 1 });
			await Promise.all([site.ensure(first), site.ensure(second)]);
			expect((await ours()).map(({ index }) => index).sort()).toEqual([0, 1]);
			await site.destroy(first);
			expect((await ours()).map(({ index }) => index)).toEqual([1]);
		});

		test('it grows while it runs: CPUs, their share, and memory in steps', async () => {
			const spec = newSpec();
			const { observation: before } = await site.ensure(spec);
			await bench.guestIsUp(spec);
			const step = site.abilities.memoryStepBytes;
			const grown = {
				...spec,
				revision: 2,
				cpuCount: 2,
				cpuSharePercent: 80,
				memoryBytes: spec.memoryBytes + 5 * step,
			};
			const { observation, started, pending } = await site.ensure(grown);
			expect({ started, pending }).toEqual({ started: false, pending: [] });
			expect(observation).toMatchObject({ state: 'running', revision: 2, bootedAt: before.bootedAt });
			expectLimits(grown, observation);
			// Twice: what is left of the first addition, and more than it has room for.
			const again = { ...grown, revision: 3, memoryBytes: grown.memoryBytes + 256 * MIB };
			const outcome = await site.ensure(again);
			expect(outcome.pending).toEqual([]);
			expectLimits(again, outcome.observation);
		});

		test('what cannot be taken away while it runs is pending, capped at once, and done by the next boot', async () => {
			const spec = newSpec({ cpuCount: 2, memoryBytes: 192 * MIB });
			await site.ensure(spec);
			await bench.guestIsUp(spec);
			const shrunk = { ...spec, revision: 2, cpuCount: 1, memoryBytes: 128 * MIB };
			const { observation, started, pending } = await site.ensure(shrunk);
			expect(started).toBe(false);
			expect(pending).toHaveLength(2);
			expect(observation.limits).toMatchObject({ cpuCount: 2, cpuQuotaPercent: 90, memoryBytes: spec.memoryBytes });
			await site.shutdown(spec, 20);
			const booted = await site.ensure(shrunk);
			expect(booted).toMatchObject({ started: true, pending: [] });
			expectLimits(shrunk, booted.observation);
		});

		test('memory that is no whole step is pending until the next boot', async () => {
			const spec = newSpec();
			await site.ensure(spec);
			const { memoryStepBytes } = site.abilities;
			const odd = { ...spec, revision: 2, memoryBytes: spec.memoryBytes + memoryStepBytes / 2 };
			const { observation, pending } = await site.ensure(odd);
			expect(pending).toHaveLength(1);
			expect(observation.limits?.memoryBytes).toBe(spec.memoryBytes);
		});

		test('paused it stands still under its limits, and goes on in the same boot', async () => {
			const spec = newSpec();
			const { observation: before } = await site.ensure(spec);
			const paused = await site.pause(spec);
			expect(paused.state).toBe('paused');
			expectLimits(spec, paused);
			expect((await site.pause(spec)).state).toBe('paused');
			const resumed = await site.resume(spec);
			expect(resumed).toMatchObject({ state: 'running', bootedAt: before.bootedAt });
			expect((await site.resume(spec)).state).toBe('running');
			await site.pause(spec);
			const ensured = await site.ensure(spec);
			expect(ensured).toMatchObject({ started: false, observation: { state: 'running' } });
		});

		test('saved it uses neither CPU nor memory, and is restored under its limits in the same boot', async () => {
			const spec = newSpec();
			const { observation: before } = await site.ensure(spec);
			await bench.guestIsUp(spec);
			const saved = await site.save(spec);
			expect(saved).toMatchObject({ state: 'saved', revision: 1 });
			expect(saved.limits).toBeUndefined();
			expect((await site.save(spec)).state).toBe('saved');
			const restored = await site.restore(spec);
			expect(restored).toMatchObject({ state: 'running', bootedAt: before.bootedAt });
			expectLimits(spec, restored);
			expect((await site.restore(spec)).state).toBe('running');
		});

		test('looked at all the while it is booted, saved, restored and destroyed, it is always something that can be told', async () => {
			const spec = newSpec();
			let isOver = false;
			const looking = (async () => {
				let looks = 0;
				for (; !isOver; looks += 1) await Promise.all([site.list(bench.installationId), nextTurn()]);
				return looks;
			})();
			try {
				for (let round = 0; round < 3; round += 1) {
					await site.ensure(spec);
					await site.save(spec);
					await site.restore(spec);
					await site.destroy(spec);
				}
			} finally {
				isOver = true;
			}
			expect(await looking).toBeGreaterThan(3);
		});

		test('a machine that was paused can be saved, and ensuring it restores it under new limits', async () => {
			const spec = newSpec();
			const { observation: before } = await site.ensure(spec);
			await site.pause(spec);
			await site.save(spec);
			const changed = { ...spec, revision: 2, cpuSharePercent: 30 };
			const { observation, started } = await site.ensure(changed);
			expect(started).toBe(true);
			expect(observation).toMatchObject({ state: 'running', revision: 2, bootedAt: before.bootedAt });
			expectLimits(changed, observation);
		});

		test('shut down it is off, remains, and boots again', async () => {
			const spec = newSpec();
			await site.ensure(spec);
			await bench.guestIsUp(spec);
			expect(await site.shutdown(spec, 30)).toMatchObject({ state: 'off', stateReason: 'the guest shut down' });
			expect(await site.shutdown(spec, 30)).toMatchObject({ state: 'off' });
			expect(await ours()).toHaveLength(1);
			expect(await site.ensure(spec)).toMatchObject({ started: true, observation: { state: 'running' } });
		});

		test('a saved or paused machine is shut down as well: it goes on first', async () => {
			const spec = newSpec();
			await site.ensure(spec);
			await bench.guestIsUp(spec);
			await site.pause(spec);
			await site.save(spec);
			expect(await site.shutdown(spec, 30)).toMatchObject({ state: 'off', stateReason: 'the guest shut down' });
		});

		test('destroyed nothing is left of it, and destroying it again is no failure', async () => {
			const spec = newSpec();
			await site.ensure(spec);
			await site.destroy(spec);
			expect(await site.observe(spec)).toMatchObject({ state: 'absent' });
			expect(await ours()).toEqual([]);
			await site.destroy(spec);
			const other = newSpec();
			await site.ensure(other);
			await site.save(other);
			await site.destroy(other);
			expect((await site.observe(other)).state).toBe('absent');
		});

		test.each([
			['pause', 'absent'],
			['resume', 'saved'],
			['save', 'off'],
			['restore', 'paused'],
		] as const)('%s is refused while the machine is %s', async (action, state) => {
			const spec = newSpec();
			if (state !== 'absent') await site.ensure(spec);
			if (state === 'saved') await site.save(spec);
			if (state === 'off') await site.shutdown(spec, 0);
			if (state === 'paused') await site.pause(spec);
			await expect(site[action](spec)).rejects.toMatchObject({ code: 'MACHINE_FAILED' });
			expect((await site.observe(spec)).state).toBe(state);
		});

		test('a machine of another installation is neither seen nor touched', async () => {
			const theirs = newSpec({ installationId: randomUUID() });
			await site.ensure(theirs);
			const mine = { ...theirs, installationId: bench.installationId };
			expect(await ours()).toEqual([]);
			expect((await site.observe(mine)).state).toBe('absent');
			const refused = { code: 'HYPERVISOR_REFUSED' };
			await expect(site.ensure(mine)).rejects.toMatchObject(refused);
			await expect(site.pause(mine)).rejects.toMatchObject(refused);
			await expect(site.shutdown(mine, 1)).rejects.toMatchObject(refused);
			await expect(site.destroy(mine)).rejects.toMatchObject(refused);
			expect(await site.observe(theirs)).toMatchObject({ state: 'running', revision: 1 });
			expect(await site.list(theirs.installationId)).toHaveLength(1);
		});

		test('a host that is not of this site is refused', async () => {
			const failure = await site.ensure(newSpec({ host: 'elsewhere' })).catch((error: unknown) => error);
			expect(failure).toBeInstanceOf(OperatingError);
			expect(failure).toMatchObject({ code: 'HYPERVISOR_REFUSED', message: expect.stringContaining('elsewhere') });
		});

		test('what its guest writes can be read while it runs and afterwards', async () => {
			const spec = newSpec();
			await site.ensure(spec);
			await bench.guestIsUp(spec);
			expect((await site.observe(spec)).consoleTail).toMatch(/COMPUTON-GUEST \{.*"cpus":1/);
			await site.shutdown(spec, 30);
			expect((await site.observe(spec)).consoleTail).toMatch(/COMPUTON-GUEST/);
		});

		test('consumption grows while it runs', async () => {
			const spec = newSpec();
			await site.ensure(spec);
			await bench.guestIsUp(spec);
			const { consumed } = await site.observe(spec);
			expect(consumed?.cpuSeconds).toBeGreaterThan(0);
			expect(consumed?.memoryBytes).toBeGreaterThan(16 * MIB);
		});

		test('its one or more hosts have room for a machine', async () => {
			const host = (await site.hosts()).find(({ name }) => name === bench.host);
			expect(host?.cpuMillicores).toBeGreaterThanOrEqual(1000);
			expect(host?.memoryBytes).toBeGreaterThan(256 * MIB);
			expect(host?.diskBytes).toBeGreaterThan(0);
		});
	});
}
