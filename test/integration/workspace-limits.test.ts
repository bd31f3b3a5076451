/**
 * What was agreed is what a machine gets, no less and no more: measured on real guests that burn CPU, fill their memory,
 * and try for more.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findDeviations } from '../../src/workspace/limits.ts';
import type { MachineObservation, MachineSpec } from '../../src/workspace/site.ts';
import { type LibvirtBench, MIB, openLibvirtBench, WITHOUT_LIBVIRT } from './workspace-bench.ts';

/** How long a share is measured: 40 periods of the kernel's CPU bandwidth control. */
const MEASURE_MS = 4_000;
/** How often, at most: what other programs take of the host's CPUs a limit does not give back. */
const MEASUREMENTS_MAX = 25;
/** How far a measured share may be from the agreed one. */
const SHARE_TOLERANCE_PERCENT = 3;

describe.skipIf(WITHOUT_LIBVIRT)('limits on real guests', () => {
	let bench: LibvirtBench;
	let made: MachineSpec[] = [];

	beforeAll(async () => {
		bench = await openLibvirtBench();
	});
	afterEach(async () => {
		for (const spec of made) await bench.site.destroy(spec);
		made = [];
	});
	afterAll(() => bench?.close());

	/** Boots a guest that does what the words on its command line say, and waits for its first report. */
	async function boot(words: string, wanted: Partial<MachineSpec>): Promise<MachineSpec> {
		const spec = bench.newSpec({ imageDigest: await bench.guestImage(words), ...wanted });
		made.push(spec);
		const { observation } = await bench.site.ensure(spec);
		expectLimits(spec, observation);
		await bench.guestIsUp(spec);
		return spec;
	}

	function expectLimits(spec: MachineSpec, { limits }: MachineObservation): void {
		expect(findDeviations(spec, bench.site.abilities.memoryOverhead, limits!)).toEqual([]);
		expect(limits?.kernel, 'the cgroup files of a local machine can be read').toBeDefined();
	}

	/** Percent of one host CPU that the machine used while we looked on, its hypervisor included. */
	async function measureShare(spec: MachineSpec): Promise<number> {
		const cpuSeconds = async () => (await bench.site.observe(spec)).consumed!.cpuSeconds;
		const [startedAt, before] = [performance.now(), await cpuSeconds()];
		await new Promise((resolve) => setTimeout(resolve, MEASURE_MS));
		const [endedAt, after] = [performance.now(), await cpuSeconds()];
		return ((after - before) * 100_000) / (endedAt - startedAt);
	}

	/** It never gets more, and as much as soon as the host has the time. */
	async function expectShare(spec: MachineSpec): Promise<void> {
		const agreed = spec.cpuCount * spec.cpuSharePercent;
		const shares: number[] = [];
		do {
			shares.push(await measureShare(spec));
			expect(shares.at(-1)).toBeLessThanOrEqual(agreed + SHARE_TOLERANCE_PERCENT);
			if (shares.at(-1)! >= agreed - SHARE_TOLERANCE_PERCENT) return;
		} while (shares.length < MEASUREMENTS_MAX);
		expect.fail(`${agreed} % agreed, ${shares.map((share) => share.toFixed(1)).join(', ')} % measured`);
	}

	async function filledMib(spec: MachineSpec): Promise<number> {
		const { consoleTail = '' } = await bench.site.observe(spec);
		const last = [...consoleTail.matchAll(/^COMPUTON-FILLED \{"filledMiB":(\d+)/gm)].at(-1);
		return last === undefined ? 0 : Number(last[1]);
	}

	async function untilFilled(spec: MachineSpec, mib: number): Promise<void> {
		const poll = { timeout: 60_000, interval: 250 };
		await expect.poll(() => filledMib(spec), poll).toBeGreaterThanOrEqual(mib);
	}

	describe('CPU', () => {
		test.each([
			{ cpuCount: 1, cpuSharePercent: 25 },
			{ cpuCount: 1, cpuSharePercent: 50 },
			{ cpuCount: 2, cpuSharePercent: 50 },
		])('$cpuCount CPUs of $cpuSharePercent % each get that, within 3 percentage points', async (cpu) => {
			const spec = await boot('computon.burn=auto', cpu);
			await expectShare(spec);
		});

		test('a share that is changed while the guest burns is felt at once, up and down', async () => {
			const spec = await boot('computon.burn=auto', { cpuSharePercent: 30 });
			for (const [revision, cpuCount, cpuSharePercent] of [
				[2, 2, 25],
				[3, 1, 20],
			] as const) {
				const changed = { ...spec, revision, cpuCount, cpuSharePercent };
				await bench.site.ensure(changed);
				await expectShare(changed);
			}
		});
	});

	describe('memory', () => {
		test('the guest has what was agreed, and one that fills all of it lives', async () => {
			const spec = await boot('computon.fill=all', { memoryBytes: 192 * MIB });
			const { physicalKiB, memTotalKiB } = (await bench.report(spec))!;
			expect(physicalKiB * 1024).toBe(spec.memoryBytes);
			// All that the guest's kernel leaves to programs, but for the 8 MiB that the guest leaves to itself.
			await untilFilled(spec, Math.floor(memTotalKiB / 1024) - 40);
			const { state, limits, consumed } = await bench.site.observe(spec);
			expect(state).toBe('running');
			expect(consumed!.memoryBytes).toBeGreaterThan(spec.memoryBytes);
			expect(consumed!.memoryBytes).toBeLessThan(limits!.memoryHardLimitBytes);
		});

		test('one that tries for more does not get it, also without its balloon driver', async () => {
			const spec = await boot('computon.unballoon=1 computon.fill=1024', { memoryBytes: 128 * MIB });
			const { memTotalKiB } = (await bench.report(spec))!;
			// It has written what fits when its kernel refuses the next page, or kills who writes.
			await expect
				.poll(async () => (await bench.site.observe(spec)).consumed?.memoryBytes ?? 0, {
					timeout: 60_000,
					interval: 500,
				})
				.toBeGreaterThan(170 * MIB);
			await expect.poll(() => wroteAllThatFits(spec, memTotalKiB), { timeout: 60_000, interval: 500 }).toBe(true);
			const { limits, consumed } = await bench.site.observe(spec);
			const occupied = consumed?.memoryBytes ?? 0;
			expect(occupied).toBeLessThan(spec.memoryBytes + 120 * MIB);
			if (limits !== undefined) expect(limits.memoryBytes).toBe(spec.memoryBytes);
			const seen = await bench.report(spec);
			expect(seen!.physicalKiB * 1024).toBe(spec.memoryBytes);
		});

		async function wroteAllThatFits(spec: MachineSpec, memTotalKiB: number): Promise<boolean> {
			const { consoleTail = '' } = await bench.site.observe(spec);
			const last = [...consoleTail.matchAll(/"filledMiB":(\d+)/g)].at(-1);
			const ended = /COMPUTON-FILLED|Out of memory|Kernel panic/.test(consoleTail);
			return ended || Number(last?.[1] ?? 0) * 1024 > memTotalKiB * 0.8;
		}

		test('after a growth the guest itself sees the new size, in the same boot, and can fill it', async () => {
			const spec = await boot('computon.fill=all computon.leave=32', { memoryBytes: 192 * MIB });
			const before = (await bench.report(spec))!;
			const grown = { ...spec, revision: 2, memoryBytes: 320 * MIB };
			const { observation, pending, started } = await bench.site.ensure(grown);
			expect({ pending, started }).toEqual({ pending: [], started: false });
			expectLimits(grown, observation);
			const after = await bench.reportThat(spec, ({ memTotalKiB }) => memTotalKiB > before.memTotalKiB);
			expect(after.boot).toBe(before.boot);
			expect(after.physicalKiB * 1024).toBe(grown.memoryBytes);
			expect((after.memTotalKiB - before.memTotalKiB) * 1024).toBe(128 * MIB);
			await untilFilled(spec, Math.floor(before.memTotalKiB / 1024));
			expect((await bench.site.observe(spec)).state).toBe('running');
		});

		test('a machine over its hard limit is killed, said to be failed, told of, and can be booted again', async () => {
			const spec = await boot('computon.fill=all computon.fillafter=6', { memoryBytes: 192 * MIB });
			const told = new Promise((resolve) => bench.site.onChange(resolve));
			// QEMU needs 70 MiB beside the guest's memory: so little is what no agreement gives.
			await bench.squeeze(spec, 216 * MIB);
			expect(await told).toMatchObject({ workspaceId: spec.workspaceId, index: 0 });
			const { state, stateReason } = await bench.site.observe(spec);
			expect(state).toBe('failed');
			expect(stateReason).toMatch(/killed.*memory limit/);
			const again = await bench.site.ensure(spec);
			expect(again).toMatchObject({ started: true, observation: { state: 'running' } });
			expectLimits(spec, again.observation);
		});
	});

	test('a disk is as large as agreed, and grows while the guest runs', async () => {
		const spec = await boot('', { diskBytes: 64 * MIB });
		expect((await bench.report(spec))!.diskBytes).toBe(64 * MIB);
		const grown = { ...spec, revision: 2, diskBytes: 96 * MIB, memoryBytes: spec.memoryBytes + 4 * MIB };
		expect((await bench.site.ensure(grown)).pending).toEqual([]);
		// The guest reports when its memory changes, and with that its disk.
		const { diskBytes, memTotalKiB } = await bench.reportThat(spec, (report) => report.diskBytes > 64 * MIB);
		expect(diskBytes).toBe(96 * MIB);
		expect(memTotalKiB).toBeGreaterThan(0);
		const smaller = await bench.site.ensure({ ...grown, revision: 3, diskBytes: 64 * MIB });
		expect(smaller.pending).toEqual([expect.stringContaining('a disk is not made smaller')]);
	});
});
