import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { OperatingError } from '../../src/errors.ts';
import { AwaitedSite, type HostMemory } from '../../src/workspace/awaited-site.ts';
import { SimulatedSite } from '../../src/workspace/simulated/simulated-site.ts';
import type { MachineIdentity, MachineSpec, Site, SiteHost } from '../../src/workspace/site.ts';
import { describeSite, simulatedWorkbench } from './site-contract.ts';

const INSTALLATION = randomUUID();
const AMOUNTS = { cpuMillicores: 8_000, memoryBytes: 2 ** 34, diskBytes: 1e12, networkBitsPerSecond: 1e9 };
const HOST: SiteHost = { name: 'h1', ...AMOUNTS, labels: {} };

const simulated = () =>
	new SimulatedSite({ hosts: [HOST], deploySeconds: 0.001, bootSeconds: 0.01, shutdownSeconds: 0.001 });
const NEVER_SEEN: HostMemory = {
	host: { name: 'h1', cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0, labels: {} },
	abilities: { ...simulated().abilities, cpuHotAdd: false },
};
const SPEC: MachineSpec = {
	...{ installationId: INSTALLATION, workspaceId: randomUUID(), index: 0, revision: 1, host: 'h1', cpuCount: 1 },
	...{ cpuSharePercent: 100, memoryBytes: 2 ** 27, diskBytes: 0, networkBitsPerSecond: 0, imageDigest: 'sha256:' },
};

const remembered: HostMemory[] = [];
const reports: unknown[] = [];
const opened: Site[] = [];
afterEach(async () => {
	for (const site of opened.splice(0)) await site.close();
	remembered.length = 0;
	reports.length = 0;
});

async function awaited(open: () => Promise<Site>, memory = NEVER_SEEN): Promise<AwaitedSite> {
	const remember = async (seen: HostMemory) => void remembered.push(seen);
	const report = (error: unknown) => void reports.push(error);
	const site = await AwaitedSite.open({ memory, open, remember, report, retryMs: 5 });
	opened.push(site);
	return site;
}

const silence = () => new OperatingError('HYPERVISOR_UNREACHABLE', 'nobody is there');

describeSite('a host that is waited for keeps the promises of a site once it answers', async () => {
	const site = await awaited(async () => simulated());
	return simulatedWorkbench(site, INSTALLATION);
});

describe('a host that does not answer yet', () => {
	/** One whose hypervisor is there from the time when it is told. */
	function late() {
		let inner: SimulatedSite | undefined;
		const open = async () => {
			if (inner === undefined) throw silence();
			return inner;
		};
		return { open, appear: () => (inner = simulated()) };
	}

	test('has what it had when it was seen last, and fails as unreachable at everything', async () => {
		const { open } = late();
		const known = { host: HOST, abilities: simulated().abilities };
		for (const memory of [NEVER_SEEN, known]) {
			const site = await awaited(open, memory);
			expect([site.isReachable(), site.silentHosts(), site.abilities]).toEqual([false, ['h1'], memory.abilities]);
			expect(site.silence).toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
			expect(await site.hosts()).toEqual([memory.host]);
			for (const attempt of [
				() => site.ensure(SPEC),
				() => site.observe(SPEC),
				() => site.list(INSTALLATION),
				() => site.pause(SPEC),
				() => site.resume(SPEC),
				() => site.save(SPEC),
				() => site.restore(SPEC),
				() => site.shutdown(SPEC, 1),
				() => site.destroy(SPEC),
			]) {
				await expect(attempt()).rejects.toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
			}
		}
		expect(remembered).toEqual([]);
	});

	test('is there as soon as it does, is remembered, and whoever listened before hears of its machines', async () => {
		const { open, appear } = late();
		const site = await awaited(open);
		const heard: number[] = [];
		site.onChange(({ index }) => heard.push(index));
		const inner = appear();
		let tell: (identity: MachineIdentity) => void = () => {};
		inner.onChange = (listener) => {
			tell = listener;
		};
		await expect.poll(() => site.silentHosts(), { interval: 2 }).toEqual([]);
		expect(await site.hosts()).toEqual([HOST]);
		expect(remembered[0]).toEqual({ host: HOST, abilities: inner.abilities });
		expect(site.abilities).toEqual(inner.abilities);
		tell(SPEC);
		expect(heard).toEqual([SPEC.index]);
		expect((await site.ensure(SPEC)).started).toBe(true);
		expect((await site.observe(SPEC)).state).toBe('running');
		await site.destroy(SPEC);
	});

	test('is tried again also where something else fails, which is told; it is told at once where that is the first', async () => {
		const failure = new OperatingError('HYPERVISOR_REFUSED', 'authentication failed');
		let attempts = 0;
		const site = await awaited(async () => {
			attempts += 1;
			if (attempts === 1) throw silence();
			if (attempts === 2) throw failure;
			return simulated();
		});
		await expect.poll(() => site.isReachable(), { interval: 2 }).toBe(true);
		expect(reports).toEqual([failure]);
		await expect(awaited(() => Promise.reject(failure))).rejects.toBe(failure);
	});

	test('is no longer tried when it is closed', async () => {
		let attempts = 0;
		const site = await awaited(async () => {
			attempts += 1;
			throw silence();
		});
		await expect.poll(() => attempts, { interval: 2 }).toBeGreaterThan(2);
		await site.close();
		const before = attempts;
		await new Promise((resolve) => setTimeout(resolve, 20));
		expect(attempts).toBe(before);
	});
});
