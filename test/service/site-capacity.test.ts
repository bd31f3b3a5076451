/** What an admin writes about hosts, and what the calendar and the simulated site make of it. */
import { describe, expect, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage, NOTHING } from '../../src/capacity/resources.ts';
import {
	capacityText,
	offeredHosts,
	overcommitted,
	readSiteCapacity,
	simulatedHosts,
} from '../../src/site-capacity.ts';
import type { SiteHost } from '../../src/workspace/site.ts';

const GIB = 2 ** 30;

const SIMULATED = { simulated: true, acceleration: 'simulated' } as const;
const KVM = { simulated: false, acceleration: 'kvm' } as const;

const written = {
	hosts: [
		{ name: 'thin', count: 10, cpuMillicores: 8_000, memoryBytes: 32 * GIB, labels: { zone: 'a' } },
		{
			name: 'fat',
			memoryBytes: 512 * GIB,
			labels: { zone: 'b' },
			overcommit: { cpuMillicores: 1 },
			reservePercent: {},
		},
	],
	overcommit: { cpuMillicores: '1.5', memoryBytes: 1.125 },
	hostReservePercent: { memoryBytes: 10 },
	siteReservePercent: { cpuMillicores: 25 },
};

describe('hosts of a simulated site', () => {
	const capacity = readSiteCapacity(written);
	const found = simulatedHosts(capacity, 4);
	const { hosts, reserve } = offeredHosts(found, capacity, SIMULATED);

	test('are those that are written, numbered where there are several, with what is said of none', () => {
		expect(hosts.map(({ name }) => name)).toEqual([
			...['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'].map((number) => `thin-${number}`),
			'fat',
		]);
		expect(hosts[0]!.labels).toMatchObject({ zone: 'a', cpuArchitecture: 'x86_64', hypervisor: 'simulated' });
		expect(found[10]).toMatchObject({ cpuMillicores: 32_000, memoryBytes: 512 * GIB });
	});

	test('give what they have times the overcommit, less what each keeps back', () => {
		expect(hosts[0]!.capacity).toMatchObject({
			cpuMillicores: 12_000,
			memoryBytes: Math.floor((36 * GIB * 90) / 100),
			diskBytes: 2_000_000_000_000,
		});
		expect(hosts[10]!.capacity.cpuMillicores).toBe(32_000);
		expect(reserve).toEqual({ ...NOTHING, cpuMillicores: (10 * 12_000 + 32_000) / 4 });
		expect(overcommitted(found[0]!, capacity)).toMatchObject({ cpuMillicores: 12_000, memoryBytes: 36 * GIB });
	});

	test('make a calendar that gives no more', () => {
		const calendar = new SiteCalendar(hosts, reserve);
		const demand = { ...NOTHING, cpuMillicores: 1_000 };
		const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: 60, demand }]);
		expect(calendar.largestCount({ startAt: 0, countMax: 1000, usage })).toBe((152 * 3) / 4);
	});

	test('are told in a line', () => {
		expect(capacityText(capacity)).toBe(
			'11 hosts are described, cpuMillicores given 1.5 times, 25 % of cpuMillicores kept by the site, ' +
				'memoryBytes given 1.125 times, 10 % of memoryBytes kept by each host',
		);
		expect(capacityText(readSiteCapacity({}))).toBe('no host is described');
	});

	test('are equal ones where none are written', () => {
		const plain = readSiteCapacity(undefined);
		expect(offeredHosts(simulatedHosts(plain, 12), plain, SIMULATED)).toMatchObject({
			reserve: NOTHING,
			hosts: { length: 12 },
		});
	});
});

describe('hosts of a hypervisor', () => {
	const found: SiteHost[] = [
		{
			name: 'site',
			cpuMillicores: 4_000,
			memoryBytes: 8 * GIB,
			diskBytes: 9,
			networkBitsPerSecond: 0,
			labels: { a: 'b' },
		},
	];

	test('have what it says, and labels, overcommit and reserve as written', () => {
		const capacity = readSiteCapacity({
			hosts: [{ name: 'site', labels: { zone: 'x' }, overcommit: { cpuMillicores: 2 } }],
		});
		expect(offeredHosts(found, capacity, KVM).hosts).toEqual([
			{
				name: 'site',
				labels: { hypervisor: 'kvm', a: 'b', zone: 'x' },
				capacity: { cpuMillicores: 8_000, memoryBytes: 8 * GIB, diskBytes: 9, networkBitsPerSecond: 0 },
			},
		]);
	});

	test.each([
		['a host that there is not', [{ name: 'other' }], 'there is no host other; there is site'],
		['what it has', [{ name: 'site', memoryBytes: 1 }], 'is asked of its hypervisor'],
	])('cannot be set to %s', (_, hosts, words) => {
		expect(() => offeredHosts(found, readSiteCapacity({ hosts }), KVM)).toThrow(words);
	});
});

test.each<[string, object, string]>([
	['a member that there is not', { host: [] }, 'capacity: there is no "host"'],
	['hosts that are no list', { hosts: {} }, 'capacity.hosts is {}'],
	['a host without a name', { hosts: [{}] }, 'capacity.hosts[0].name is missing'],
	['a name with blanks', { hosts: [{ name: 'a b' }] }, 'letters, digits'],
	['the same name twice', { hosts: [{ name: 'a' }, { name: 'a' }] }, 'names a twice'],
	['more hosts than a calendar takes', { hosts: [{ name: 'a', count: 10_000 }, { name: 'b' }] }, 'at most 10000'],
	['half a host', { hosts: [{ name: 'a', count: 0.5 }] }, 'capacity.hosts[0].count is 0.5'],
	['less than nothing', { hosts: [{ name: 'a', diskBytes: -1 }] }, 'diskBytes is -1'],
	['a resource that there is not', { overcommit: { cpu: 2 } }, 'capacity.overcommit: there is no "cpu"'],
	['a ratio with four decimals', { overcommit: { cpuMillicores: 1.0001 } }, 'up to three decimals'],
	['a ratio of nothing', { overcommit: { cpuMillicores: 0 } }, 'from 0.001 to 16'],
	['a ratio beyond sense', { overcommit: { cpuMillicores: '16.001' } }, 'from 0.001 to 16'],
	['all of it kept back', { siteReservePercent: { memoryBytes: 100 } }, 'from 0 to 99'],
	['a label that is no text', { hosts: [{ name: 'a', labels: { rack: 7 } }] }, 'capacity.hosts[0].labels.rack is 7'],
	['a label without a name', { hosts: [{ name: 'a', labels: { '': 'x' } }] }, 'a letter, then'],
])('%s is refused with what is allowed', (_, raw, words) => {
	expect(() => readSiteCapacity(raw)).toThrow(words);
});

test.each([
	['kept back', { siteReservePercent: { diskBytes: 1 } }],
	['given out', {}],
])('more than can be counted exactly is refused where it is %s', (_, more) => {
	const withCount = (count: number) => {
		const capacity = readSiteCapacity({ hosts: [{ name: 'n', count, diskBytes: 2 ** 50 }], ...more });
		return () => offeredHosts(simulatedHosts(capacity, 1), capacity, SIMULATED);
	};
	expect(withCount(8)).toThrow('more diskBytes than can be counted exactly; allowed: up to 9007199254740991');
	expect(withCount(7)).not.toThrow();
});
