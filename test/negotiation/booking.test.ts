import { describe, expect, it } from 'vitest';
import type { ServiceGrant, WorkspaceTerm } from '../../src/agreement/terms/service.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import type { SitePolicy } from '../../src/negotiation/policy/policy.ts';
import { DAY, GIB, HOUR, MIB, NOW, OTHER_DIGEST, POLICY, WORKSPACE } from './requests.ts';

const SITE: SitePolicy = { ...POLICY, setupSeconds: 40, teardownSeconds: 20 };

function grant(workspace: Partial<WorkspaceTerm> = {}, parts: Partial<ServiceGrant> = {}): ServiceGrant {
	const sizes = { machineCount: 3, cpuCount: 2, memoryBytes: GIB, diskBytes: 0, networkBitsPerSecond: 8000 };
	const window = { startAt: NOW + DAY, endAt: NOW + DAY + HOUR };
	return { ...sizes, ...window, workspace: { ...WORKSPACE, ...workspace }, ...parts };
}

const RUNNING = { cpuMillicores: 2000, memoryBytes: GIB, diskBytes: 2 * GIB, networkBitsPerSecond: 8000 };

describe('what is booked for one machine', () => {
	it('is everything from before the window, for its setup, until it is gone', () => {
		expect(usageOf(grant(), SITE, NOW)).toEqual([
			{ offsetSeconds: -40, durationSeconds: 40 + HOUR + 20, demand: RUNNING },
		]);
	});

	it('begins now where the setup would have to begin in the past', () => {
		const atOnce = grant({}, { startAt: NOW, endAt: NOW + HOUR });
		expect(usageOf(atOnce, SITE, NOW)).toMatchObject([{ offsetSeconds: 0, durationSeconds: HOUR + 20 }]);
		expect(usageOf(atOnce, SITE, NOW - 15)).toMatchObject([{ offsetSeconds: -15, durationSeconds: 15 + HOUR + 20 }]);
	});

	it('is only what is left of a window that runs', () => {
		const running = grant({}, { startAt: NOW - DAY, endAt: NOW + HOUR });
		expect(usageOf(running, SITE, NOW)).toMatchObject([{ offsetSeconds: DAY, durationSeconds: HOUR + 20 }]);
	});

	it('is memory and disk while a paused machine is kept', () => {
		const paused = grant({ endAction: 'pause', retentionSeconds: DAY });
		expect(usageOf(paused, SITE, NOW)).toEqual([
			{ offsetSeconds: -40, durationSeconds: 40 + HOUR + 20, demand: RUNNING },
			{
				offsetSeconds: HOUR + 20,
				durationSeconds: DAY,
				demand: { cpuMillicores: 0, memoryBytes: GIB, diskBytes: 2 * GIB, networkBitsPerSecond: 0 },
			},
		]);
	});

	it('is disk for the disk and for the saved memory where the machine is to be saved, all along', () => {
		const saved = grant({ endAction: 'save', retentionSeconds: DAY });
		expect(usageOf(saved, SITE, NOW)).toEqual([
			{ offsetSeconds: -40, durationSeconds: 40 + HOUR + 20, demand: { ...RUNNING, diskBytes: 3 * GIB } },
			{
				offsetSeconds: HOUR + 20,
				durationSeconds: DAY,
				demand: { cpuMillicores: 0, memoryBytes: 0, diskBytes: 3 * GIB, networkBitsPerSecond: 0 },
			},
		]);
	});

	const overhead: SitePolicy = {
		...SITE,
		abilities: {
			...SITE.abilities,
			memoryOverhead: { baseBytes: 100 * MIB, perCpuBytes: 8 * MIB, perMemoryMillionths: 15_625 },
		},
	};
	const table: readonly [string, SitePolicy, ServiceGrant, object][] = [
		['the share of its CPUs that was agreed', SITE, grant({ cpuSharePercent: 25 }), { cpuMillicores: 500 }],
		['the memory that its hypervisor needs', overhead, grant(), { memoryBytes: (1024 + 100 + 2 * 8 + 16) * MIB }],
		['a share of the memory rounded up', overhead, grant({}, { memoryBytes: GIB + MIB }), { memoryBytes: 1158 * MIB }],
		['the disk that was agreed', SITE, grant({}, { diskBytes: 5 * GIB }), { diskBytes: 5 * GIB }],
		['no disk where its image has none', SITE, grant({ imageDigest: OTHER_DIGEST }), { diskBytes: 0 }],
	];
	it.each(table)('has %s', (_, policy, granted, demand) => {
		expect(usageOf(granted, policy, NOW)).toMatchObject([{ demand }]);
	});
});
