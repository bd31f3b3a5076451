import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HostWatch } from '../../src/host-watch.ts';
import type { Site, SiteHost } from '../../src/workspace/site.ts';

const SECOND = 1_000;

let silent: string[];
let memoryBytes: number;
let watch: HostWatch;
let told: { lost: readonly string[]; back: readonly string[] }[];
let faults: unknown[];

beforeEach(() => {
	vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
	silent = [];
	memoryBytes = 1;
	told = [];
	faults = [];
});
afterEach(async () => {
	await watch.stop();
	vi.useRealTimers();
});

const host = (name: string): SiteHost => ({
	...{ name, cpuMillicores: 1, memoryBytes, diskBytes: 1, networkBitsPerSecond: 0, labels: {} },
});

/** All that the watch asks of a site. */
const site = { silentHosts: () => silent, hosts: async () => ['a', 'b'].map(host) } as unknown as Site;

async function start(): Promise<void> {
	watch = await HostWatch.open(site);
	watch.start(
		async (lost, back) => void told.push({ lost, back }),
		(fault) => faults.push(fault),
	);
}

test('a host that was silent at first is silent at once, and taken with what it has when it answers', async () => {
	silent = ['b'];
	await start();
	expect(watch.now).toMatchObject({ silent: ['b'], hosts: [{ name: 'a' }, { name: 'b', memoryBytes: 1 }] });
	memoryBytes = 2;
	await vi.advanceTimersByTimeAsync(SECOND);
	expect(told).toEqual([]);
	silent = [];
	await vi.advanceTimersByTimeAsync(SECOND);
	expect(told).toEqual([{ lost: [], back: ['b'] }]);
	expect(watch.now).toMatchObject({ silent: [], hosts: [{ memoryBytes: 1 }, { memoryBytes: 2 }] });
});

test('a libvirtd that is restarted is not told of; one that stays away is, once, and once more when it is back', async () => {
	await start();
	silent = ['a'];
	await vi.advanceTimersByTimeAsync(8 * SECOND);
	silent = [];
	await vi.advanceTimersByTimeAsync(8 * SECOND);
	silent = ['a'];
	await vi.advanceTimersByTimeAsync(8 * SECOND);
	expect(told).toEqual([]);
	await vi.advanceTimersByTimeAsync(20 * SECOND);
	expect(told).toEqual([{ lost: ['a'], back: [] }]);
	expect(watch.now.silent).toEqual(['a']);
	silent = [];
	await vi.advanceTimersByTimeAsync(SECOND);
	expect(told.slice(1)).toEqual([{ lost: [], back: ['a'] }]);
});

test('what fails is told, and it is looked again', async () => {
	silent = ['b'];
	await start();
	const hosts = vi.spyOn(site, 'hosts').mockRejectedValueOnce(new Error('no'));
	silent = [];
	await vi.advanceTimersByTimeAsync(2 * SECOND);
	hosts.mockRestore();
	expect(faults).toEqual([new Error('no')]);
	expect(told).toEqual([{ lost: [], back: ['b'] }]);
});
