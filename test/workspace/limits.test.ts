import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreedLimits, findDeviations, planLiveChange } from '../../src/workspace/limits.ts';

const MIB = 1_048_576;
const OVERHEAD = { baseBytes: 96 * MIB, perCpuBytes: 4 * MIB, perMemoryMillionths: 5_000 };
const HOT_ADD = {
	memoryHotAdd: true,
	memoryStepBytes: 4 * MIB,
	cpuHotAdd: true,
	memoryOverhead: OVERHEAD,
	cpuCountMax: 8,
};

const amounts = fc.record({
	cpuCount: fc.integer({ min: 1, max: 64 }),
	cpuSharePercent: fc.integer({ min: 1, max: 100 }),
	memoryBytes: fc.integer({ min: 64, max: 4 * 1024 * 1024 }).map((mib) => mib * MIB),
});

describe('agreed limits', () => {
	test('two CPUs of 50 % are a whole one, and the hard limit is the memory with its overhead', () => {
		expect(agreedLimits({ cpuCount: 2, cpuSharePercent: 50, memoryBytes: 1024 * MIB }, OVERHEAD)).toEqual({
			cpuCount: 2,
			cpuQuotaPercent: 100,
			memoryBytes: 1024 * MIB,
			// 96 MiB, 2 x 4 MiB, and 5,000 millionths of 1,073 million bytes, which are 1,309 whole pages.
			memoryHardLimitBytes: 1024 * MIB + 104 * MIB + 1309 * 4096,
		});
	});

	test('the hard limit is whole pages and never more than what is booked', () => {
		fc.assert(
			fc.property(amounts, (spec) => {
				const { memoryHardLimitBytes } = agreedLimits(spec, OVERHEAD);
				const booked =
					OVERHEAD.baseBytes +
					OVERHEAD.perCpuBytes * spec.cpuCount +
					Math.ceil((spec.memoryBytes * OVERHEAD.perMemoryMillionths) / 1_000_000);
				expect(memoryHardLimitBytes % 4096).toBe(0);
				expect(memoryHardLimitBytes).toBeLessThanOrEqual(spec.memoryBytes + booked);
				expect(memoryHardLimitBytes).toBeGreaterThan(spec.memoryBytes);
			}),
		);
	});
});

describe('deviations', () => {
	const spec = { cpuCount: 2, cpuSharePercent: 50, memoryBytes: 256 * MIB };
	const agreed = agreedLimits(spec, OVERHEAD);
	const kernel = { memoryLimitBytes: agreed.memoryHardLimitBytes, cpuQuotaPercent: 100 };

	test('there are none where hypervisor and kernel both say what was agreed', () => {
		expect(findDeviations(spec, OVERHEAD, { ...agreed, kernel })).toEqual([]);
		expect(findDeviations(spec, OVERHEAD, agreed)).toEqual([]);
	});

	test('each is named with who says so, what was agreed and what was found', () => {
		const limits = {
			...agreed,
			cpuCount: 1,
			memoryBytes: 128 * MIB,
			kernel: { ...kernel, cpuQuotaPercent: Number.POSITIVE_INFINITY },
		};
		expect(findDeviations(spec, OVERHEAD, limits)).toEqual([
			{ limit: 'cpuCount', source: 'hypervisor', agreed: 2, found: 1 },
			{ limit: 'memoryBytes', source: 'hypervisor', agreed: 256 * MIB, found: 128 * MIB },
			{ limit: 'cpuQuotaPercent', source: 'kernel', agreed: 100, found: Number.POSITIVE_INFINITY },
		]);
	});
});

describe('a change while the machine runs', () => {
	const current = { cpuCount: 2, memoryBytes: 256 * MIB };
	const plan = (spec: Parameters<typeof planLiveChange>[1], abilities: Partial<typeof HOT_ADD> = {}) =>
		planLiveChange(current, spec, { ...HOT_ADD, ...abilities });

	test.each([
		['more of both is added', { cpuCount: 4, memoryBytes: 512 * MIB }, { cpuCount: 4, memoryBytes: 512 * MIB }, 0],
		['nothing changes', {}, {}, 0],
		['fewer CPUs stay, capped', { cpuCount: 1 }, { cpuCount: 2 }, 1],
		['less memory stays', { memoryBytes: 128 * MIB }, { memoryBytes: 256 * MIB }, 1],
		['memory that is no whole step stays', { memoryBytes: 258 * MIB }, { memoryBytes: 256 * MIB }, 1],
		['more CPUs than it was booted with room for wait', { cpuCount: 9 }, { cpuCount: 2 }, 1],
		['less memory and more CPUs', { cpuCount: 3, memoryBytes: 128 * MIB }, { cpuCount: 3, memoryBytes: 256 * MIB }, 1],
	])('%s', (_, wanted, expected, pendingCount) => {
		const { limits, pending } = plan({ cpuSharePercent: 50, ...current, ...wanted });
		expect(limits).toMatchObject({ ...current, ...expected });
		expect(pending).toHaveLength(pendingCount);
	});

	test('where nothing can be hot-added everything but the quota waits', () => {
		const wanted = { cpuCount: 4, cpuSharePercent: 50, memoryBytes: 512 * MIB };
		const { limits, pending } = plan(wanted, { memoryHotAdd: false, cpuHotAdd: false });
		expect(limits).toMatchObject({ ...current, cpuQuotaPercent: 200 });
		expect(pending).toHaveLength(2);
	});

	test('the quota is always the agreed one, and the hard limit always covers what the guest has', () => {
		fc.assert(
			fc.property(amounts, amounts, (before, spec) => {
				const { limits, pending } = planLiveChange(before, spec, HOT_ADD);
				expect(limits.cpuQuotaPercent).toBe(spec.cpuCount * spec.cpuSharePercent);
				expect(limits.memoryBytes).toBeGreaterThanOrEqual(before.memoryBytes);
				expect(limits.cpuCount).toBeGreaterThanOrEqual(before.cpuCount);
				const { memoryHardLimitBytes } = agreedLimits({ ...spec, ...limits }, OVERHEAD);
				expect(limits.memoryHardLimitBytes).toBe(memoryHardLimitBytes);
				if (pending.length === 0) expect(limits).toEqual(agreedLimits(spec, OVERHEAD));
			}),
		);
	});
});
