import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SimulatedSite, type SimulatedSiteOptions } from '../../src/workspace/simulated/simulated-site.ts';
import { ManualTime } from '../../src/workspace/simulated/simulated-time.ts';
import type { MachineIdentity, MachineSpec, SiteHost } from '../../src/workspace/site.ts';
import { describeSite, simulatedWorkbench } from './site-contract.ts';

const MIB = 1_048_576;
const INSTALLATION = randomUUID();

function host(name: string): SiteHost {
	return {
		name,
		cpuMillicores: 8_000,
		memoryBytes: 16 * 1024 * MIB,
		diskBytes: 1e12,
		networkBitsPerSecond: 1e9,
		labels: {},
	};
}

function spec(wanted: Partial<MachineSpec> = {}): MachineSpec {
	return {
		installationId: INSTALLATION,
		workspaceId: randomUUID(),
		index: 0,
		revision: 1,
		host: 'h1',
		cpuCount: 2,
		cpuSharePercent: 50,
		memoryBytes: 1024 * MIB,
		diskBytes: 0,
		networkBitsPerSecond: 0,
		imageDigest: 'sha256:',
		...wanted,
	};
}

describeSite('the simulated site keeps the promises of a site', async () => {
	const site = new SimulatedSite({
		hosts: [host('h1')],
		deploySeconds: 0.001,
		bootSeconds: 0.01,
		shutdownSeconds: 0.001,
	});
	return simulatedWorkbench(site, INSTALLATION);
});

describe('the simulated site', () => {
	const START = 1_000_000;

	/** A site whose time goes on by `time.advance` alone. */
	function still(options: Partial<SimulatedSiteOptions> = {}): { site: SimulatedSite; time: ManualTime } {
		const time = new ManualTime(START);
		return { time, site: new SimulatedSite({ hosts: [host('h1'), host('h2')], time, ...options }) };
	}

	/** Runs a machine and lets the time pass that it takes. */
	async function run(site: SimulatedSite, time: ManualTime, wanted: MachineSpec) {
		const outcome = site.ensure(wanted);
		await time.advance(1);
		return outcome;
	}

	test('a machine runs when it is deployed, and its guest reports when it is booted', async () => {
		const { site, time } = still({ deploySeconds: 2, bootSeconds: 5 });
		const wanted = spec();
		const outcome = site.ensure(wanted);
		await time.advance(1.5);
		expect((await site.observe(wanted)).state).toBe('off');
		await time.advance(1);
		expect(await outcome).toMatchObject({ started: true, observation: { state: 'running', bootedAt: START + 2 } });
		expect((await site.observe(wanted)).consoleTail).toBe('');
		await time.advance(5);
		expect((await site.observe(wanted)).consoleTail).toContain('"cpus":2,"memTotalKiB":1048576');
	});

	test('the same calls give the same history', async () => {
		const history = async () => {
			const { site, time } = still({ failures: [{ on: 'crash', at: START + 30, reason: 'power cut' }] });
			const seen: unknown[] = [];
			const wanted = spec({ workspaceId: 'w' });
			for (let round = 0; round < 6; round += 1) {
				await run(site, time, { ...wanted, revision: round, memoryBytes: (1 + round) * 1024 * MIB });
				await time.advance(9);
				seen.push(await site.observe(wanted));
			}
			return seen;
		};
		expect(await history()).toEqual(await history());
	});

	test('CPU time is consumed while it runs, at half of what it may use, and not while it is paused', async () => {
		const { site, time } = still();
		const wanted = spec();
		await run(site, time, wanted);
		const consumed = async () => (await site.observe(wanted)).consumed!.cpuSeconds;
		const before = await consumed();
		await time.advance(100);
		expect((await consumed()) - before).toBeCloseTo(50);
		await site.pause(wanted);
		await time.advance(100);
		expect((await consumed()) - before).toBeCloseTo(50);
		await site.ensure({ ...wanted, cpuSharePercent: 100 });
		await time.advance(100);
		expect((await consumed()) - before).toBeCloseTo(150);
	});

	test('deployments fail on the host and as often as planned', async () => {
		const failures = [{ on: 'ensure', host: 'h1', times: 2, message: 'no route to host' }] as const;
		const { site, time } = still({ failures });
		const wanted = spec();
		for (const _ of [1, 2]) {
			await expect(site.ensure(wanted)).rejects.toMatchObject({ code: 'MACHINE_FAILED', retryable: true });
			expect((await site.observe(wanted)).state).toBe('absent');
			await run(site, time, spec({ host: 'h2' }));
		}
		expect(await run(site, time, wanted)).toMatchObject({ started: true });
	});

	test('a planned crash takes the machines that it is aimed at, and tells of each', async () => {
		const failures = [{ on: 'crash', host: 'h1', at: START + 50, reason: 'host h1 lost power' }] as const;
		const { site, time } = still({ failures });
		const told: MachineIdentity[] = [];
		site.onChange((identity) => told.push(identity));
		const [hit, spared] = [spec(), spec({ host: 'h2' })];
		await run(site, time, hit);
		await run(site, time, spared);
		await time.advance(60);
		expect(await site.observe(hit)).toMatchObject({ state: 'failed', stateReason: 'host h1 lost power' });
		expect((await site.observe(spared)).state).toBe('running');
		expect(told).toEqual([{ installationId: INSTALLATION, workspaceId: hit.workspaceId, index: 0 }]);
		expect(await run(site, time, hit)).toMatchObject({ started: true, observation: { state: 'running' } });
	});

	test('a guest that does not obey is destroyed at the deadline', async () => {
		const { site, time } = still({ shutdownSeconds: Number.POSITIVE_INFINITY });
		const wanted = spec();
		await run(site, time, wanted);
		const off = site.shutdown(wanted, 20);
		await time.advance(19);
		expect((await site.observe(wanted)).state).toBe('running');
		await time.advance(2);
		expect(await off).toMatchObject({ state: 'off', stateReason: 'destroyed: no shutdown within 20 s' });
	});

	test('a host refuses the machine that it has no room for, whatever was booked (H1)', async () => {
		const { site, time } = still();
		for (let index = 0; index < 8; index += 1) await run(site, time, spec({ index, cpuSharePercent: 45 }));
		await expect(site.ensure(spec({ cpuSharePercent: 1, memoryBytes: 16 * 1024 * MIB }))).rejects.toThrow(
			/memoryBytes of h1/,
		);
		await expect(site.ensure(spec({ cpuSharePercent: 45 }))).rejects.toThrow(
			/cpuMillicores of h1: 8100 used, 8000 there/,
		);
		expect(await run(site, time, spec({ cpuSharePercent: 40 }))).toMatchObject({ started: true });
	});

	test('two that are deployed at the same time count as well', async () => {
		const { site, time } = still();
		const outcomes = Promise.allSettled([1, 2].map(() => site.ensure(spec({ cpuCount: 8, cpuSharePercent: 60 }))));
		await time.advance(1);
		expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
	});

	test('a hundred hosts with a thousand machines are no effort', async () => {
		const hosts = Array.from({ length: 100 }, (_, index) => host(`h${index}`));
		const { site, time } = still({ hosts });
		const specs = Array.from({ length: 1000 }, (_, index) => spec({ host: `h${index % 100}`, cpuSharePercent: 30 }));
		const outcomes = Promise.all(specs.map((wanted) => site.ensure(wanted)));
		await time.advance(10);
		expect(await outcomes).toHaveLength(1000);
		expect(await site.list(INSTALLATION)).toHaveLength(1000);
	});

	test('a closed site lets no alarm ring any more', async () => {
		const { site, time } = still({ failures: [{ on: 'crash', at: START + 50, reason: 'too late' }] });
		const wanted = spec();
		await run(site, time, wanted);
		await site.close();
		await time.advance(100);
		expect((await site.observe(wanted)).state).toBe('running');
	});
});
