/**
 * Whatever moment a broker dies at, the next one brings the machine to where it should be (H4), and what is not ours
 * stays as it is.
 */
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findDeviations } from '../../src/workspace/limits.ts';
import { machineName, machineUuid } from '../../src/workspace/machine-names.ts';
import type { MachineIdentity, MachineSpec } from '../../src/workspace/site.ts';
import { type LibvirtBench, MIB, openLibvirtBench, WITHOUT_LIBVIRT } from './workspace-bench.ts';
import { dyingTransport } from './workspace-dying-transport.ts';

const run = promisify(execFile);
const virsh = async (...args: readonly string[]) =>
	(await run('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout;

/** More calls that change something than any one operation makes. */
const CALLS_MAX = 20;

describe.skipIf(WITHOUT_LIBVIRT)('a broker that dies', () => {
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

	function newSpec(wanted: Partial<MachineSpec> = {}): MachineSpec {
		const spec = bench.newSpec({ diskBytes: 16 * MIB, ...wanted });
		made.push(spec);
		return spec;
	}

	/** Lets a site die right after its `calls`th call that changes something; whether it did. */
	async function dieAfter(calls: number, work: (site: LibvirtBench['site']) => Promise<unknown>): Promise<boolean> {
		const death = dyingTransport(calls);
		const site = await bench.reopen(death.transport);
		try {
			await work(site);
			return false;
		} catch (error) {
			expect(error).toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
			return true;
		} finally {
			await site.close();
		}
	}

	async function expectAsAgreed(spec: MachineSpec): Promise<void> {
		const { observation, pending } = await bench.site.ensure(spec);
		expect(pending).toEqual([]);
		expect(observation).toMatchObject({ state: 'running', revision: spec.revision });
		expect(findDeviations(spec, bench.site.abilities.memoryOverhead, observation.limits!)).toEqual([]);
		expect(await bench.site.list(bench.installationId)).toHaveLength(1);
	}

	test('in the middle of a deployment, after each call that changes something', async () => {
		let deaths = 0;
		for (let calls = 1; calls <= CALLS_MAX; calls += 1) {
			const spec = newSpec();
			const died = await dieAfter(calls, (site) => site.ensure(spec));
			await expectAsAgreed(spec);
			await bench.site.destroy(spec);
			if (!died) break;
			deaths = calls;
		}
		// Define, create, limit, label, resume.
		expect(deaths).toBe(5);
	});

	test('in the middle of a growth, after each call that changes something, in the same boot', async () => {
		let spec = newSpec({ cpuSharePercent: 40 });
		const { observation } = await bench.site.ensure(spec);
		await bench.guestIsUp(spec);
		let deaths = 0;
		for (let calls = 1; calls <= CALLS_MAX; calls += 1) {
			const { revision, cpuCount, cpuSharePercent, memoryBytes } = spec;
			const grown = {
				...spec,
				revision: revision + 1,
				cpuCount: Math.min(4, cpuCount + 1),
				cpuSharePercent: cpuSharePercent + 1,
				// One section each time, so that every growth attaches a device of its own.
				memoryBytes: memoryBytes + 128 * MIB,
			};
			const died = await dieAfter(calls, (site) => site.ensure(grown));
			await expectAsAgreed(grown);
			spec = grown;
			if (!died) break;
			deaths = calls;
		}
		// Limit raised, taken off, memory attached, limit set, quota, label; for the first three times also CPUs.
		expect(deaths).toBeGreaterThanOrEqual(6);
		expect((await bench.site.observe(spec)).bootedAt).toBe(observation.bootedAt);
	});

	test('in the middle of a save, and of a restoration', async () => {
		const spec = newSpec();
		await bench.site.ensure(spec);
		for (let calls = 1; await dieAfter(calls, (site) => site.save(spec)); calls += 1) {
			expect(calls).toBeLessThan(CALLS_MAX);
			await expectAsAgreed(spec);
		}
		expect((await bench.site.observe(spec)).state).toBe('saved');
		for (let calls = 1; await dieAfter(calls, (site) => site.restore(spec)); calls += 1) {
			expect(calls).toBeLessThan(CALLS_MAX);
			await bench.site.ensure(spec);
			await bench.site.save(spec);
		}
		await expectAsAgreed(spec);
	});

	test('in the middle of a removal: destroying again leaves nothing', async () => {
		for (const calls of [1, 2]) {
			const spec = newSpec();
			await bench.site.ensure(spec);
			await dieAfter(calls, (site) => site.destroy(spec));
			await bench.site.destroy(spec);
			expect(await bench.site.list(bench.installationId)).toEqual([]);
			expect(await readdir(join(bench.folder, 'machines'))).toEqual([]);
		}
	});

	test('in the middle of making a disk', async () => {
		const spec = newSpec();
		const folder = join(bench.folder, 'machines', machineUuid(spec));
		await mkdir(folder, { recursive: true });
		await writeFile(join(folder, 'disk.qcow2.partial'), 'half a disk');
		await expectAsAgreed(spec);
		const machine = await bench.reportThat(spec, () => true);
		expect(machine.diskBytes).toBe(16 * MIB);
	});

	test('with a machine that somebody paused and took the limits from', async () => {
		const spec = newSpec();
		await bench.site.ensure(spec);
		const uuid = machineUuid(spec);
		await virsh('suspend', uuid);
		await virsh('memtune', uuid, '--live', '--hard-limit', '-1');
		await virsh('schedinfo', uuid, '--live', '--set', 'vcpu_quota=-1', '--set', 'global_quota=-1');
		const { limits } = await bench.site.observe(spec);
		const found = findDeviations(spec, bench.site.abilities.memoryOverhead, limits!).map(({ limit }) => limit);
		expect(new Set(found)).toEqual(new Set(['cpuQuotaPercent', 'memoryHardLimitBytes']));
		await expectAsAgreed(spec);
	});

	test('nothing of a machine is left on the host: no domain, no disk, no log, no saved state', async () => {
		const spec = newSpec();
		await bench.site.ensure(spec);
		await bench.site.save(spec);
		await bench.site.destroy(spec);
		expect(await virsh('list', '--all', '--name')).not.toContain(machineName(spec, 'computon-test'));
		expect(await readdir(join(bench.folder, 'machines'))).toEqual([]);
	});

	test("a domain that is nobody's machine is not touched, even under the UUID of one", async () => {
		const spec = newSpec();
		const file = join(bench.folder, 'stranger.xml');
		const uuid = machineUuid(spec);
		await writeFile(
			file,
			`<domain type='qemu'><name>computon-test-stranger</name><uuid>${uuid}</uuid><memory unit='MiB'>32</memory><os><type>hvm</type></os></domain>`,
		);
		await virsh('define', file);
		try {
			const refused = { code: 'HYPERVISOR_REFUSED', message: expect.stringContaining('computon-test-stranger') };
			await expect(bench.site.ensure(spec)).rejects.toMatchObject(refused);
			await expect(bench.site.destroy(spec)).rejects.toMatchObject(refused);
			expect((await bench.site.observe(spec)).state).toBe('absent');
			expect(await bench.site.list(bench.installationId)).toEqual([]);
			expect(await virsh('domstate', uuid)).toContain('shut off');
		} finally {
			await virsh('undefine', uuid);
		}
	});

	test('a machine that was ended behind our back is told of; what we do ourselves is not', async () => {
		const told: MachineIdentity[] = [];
		bench.site.onChange((identity) => told.push(identity));
		const [ended, kept] = [newSpec(), newSpec()];
		await bench.site.ensure(ended);
		await bench.site.ensure(kept);
		await bench.site.pause(kept);
		await bench.site.resume(kept);
		await virsh('destroy', machineUuid(ended));
		const identity = { installationId: bench.installationId, workspaceId: ended.workspaceId, index: 0 };
		await expect.poll(() => told, { timeout: 10_000 }).toContainEqual(identity);
		expect(told.filter(({ workspaceId }) => workspaceId === ended.workspaceId)).toHaveLength(1);
		expect(await bench.site.observe(ended)).toMatchObject({ state: 'off', stateReason: 'it was destroyed' });
	});

	test('an unknown image, and another image than the machine was made from, are refused', async () => {
		const unknown = newSpec({ imageDigest: `sha256:${'0'.repeat(64)}` });
		await expect(bench.site.ensure(unknown)).rejects.toMatchObject({ code: 'IMAGE_UNUSABLE' });
		const spec = newSpec();
		await bench.site.ensure(spec);
		const other = { ...spec, revision: 2, imageDigest: await bench.guestImage('quiet') };
		await expect(bench.site.ensure(other)).rejects.toMatchObject({ code: 'MACHINE_FAILED' });
	});
});
