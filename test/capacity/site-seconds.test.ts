import { expect, test } from 'vitest';
import { capacityOf, siteSecondsOf } from '../../src/capacity/site-seconds.ts';

test('what is taken is measured by the resource of which it is the largest share, for as long as it takes it', () => {
	const capacity = { cpuMillicores: 4000, memoryBytes: 1000, diskBytes: 0, networkBitsPerSecond: 0 };
	const hosts = ['n1', 'n2'].map((name) => ({ name, capacity, labels: {} }));
	const phase = (offsetSeconds: number, durationSeconds: number, cpuMillicores: number, memoryBytes: number) => ({
		offsetSeconds,
		durationSeconds,
		demand: { cpuMillicores, memoryBytes, diskBytes: 0, networkBitsPerSecond: 0 },
	});
	const usage = [phase(0, 100, 4000, 100), phase(100, 50, 0, 500)];
	expect(siteSecondsOf([{ startAt: 0, usage, machines: [{ host: 'n1', count: 1 }] }], hosts)).toBe(63);
	expect(siteSecondsOf([{ startAt: 0, usage, machines: [{ host: 'n1', count: 2 }] }], hosts)).toBe(125);
	expect(siteSecondsOf([], hosts)).toBe(0);
	const nothing = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
	const emptied = [{ name: 'n1', capacity: nothing, labels: {} }];
	expect(siteSecondsOf([{ startAt: 0, usage, machines: [{ host: 'n1', count: 2 }] }], emptied)).toBe(300);
});

test('what the hosts of a site have together is counted once', () => {
	let count = 0;
	const host = {
		name: 'n1',
		labels: {},
		get capacity() {
			count += 1;
			return { cpuMillicores: 1, memoryBytes: 2, diskBytes: 3, networkBitsPerSecond: 4 };
		},
	};
	const hosts = [host, host];
	const both = { cpuMillicores: 2, memoryBytes: 4, diskBytes: 6, networkBitsPerSecond: 8 };
	expect([capacityOf(hosts), capacityOf(hosts)]).toEqual([both, both]);
	expect(count).toBe(2);
	expect(capacityOf([host])).not.toEqual(both);
});
