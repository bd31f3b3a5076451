/** A machine that stands on two hosts, of which one had been given up: each has its own files, and what is left of it goes alone. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAcceleration } from '../../src/workspace/hypervisor/acceleration.ts';
import { LibvirtSite } from '../../src/workspace/hypervisor/libvirt-site.ts';
import { JoinedSite } from '../../src/workspace/joined-site.ts';
import { machineName, machineUuid } from '../../src/workspace/machine-names.ts';
import type { MachineSpec } from '../../src/workspace/site.ts';
import { MIB } from '../broker/hosts.ts';
import { type SecondLibvirt, startSecondLibvirt } from './second-libvirt.ts';
import { HOST, type LibvirtBench, openLibvirtBench, WITHOUT_LIBVIRT } from './workspace-bench.ts';

const run = promisify(execFile);
const OTHER = 'other';
const PREFIX = 'computon-test';

describe.skipIf(WITHOUT_LIBVIRT)('a machine of which a copy was left', { timeout: 180_000 }, () => {
	const undone: (() => Promise<unknown>)[] = [];
	let second: SecondLibvirt;
	let bench: LibvirtBench;
	let sites: Map<string, LibvirtSite>;
	let site: JoinedSite;

	beforeAll(async () => {
		second = await startSecondLibvirt();
		undone.push(() => second.close());
		bench = await openLibvirtBench();
		undone.push(() => bench.close());
		const options = {
			installationId: bench.installationId,
			machinesFolder: `${bench.folder}/machines`,
			sharedBy: 2,
			images: bench.images,
			namePrefix: PREFIX,
		};
		const open = async (hostName: string, where: object) => {
			const acceleration = await findAcceleration({ dataFolder: bench.folder, ...where, log: () => {} });
			return [hostName, await LibvirtSite.open({ ...options, ...where, hostName, acceleration })] as const;
		};
		sites = new Map([await open(HOST, {}), await open(OTHER, { transport: second.transport })]);
		site = new JoinedSite(sites);
		undone.push(() => site.close());
	});
	afterAll(async () => {
		for (const undo of undone.reverse()) await undo();
	});

	test('keeps the disk that it has where it belongs when the other one is removed', async () => {
		const spec: MachineSpec = bench.newSpec({ diskBytes: 64 * MIB });
		undone.push(() => site.destroy(spec));
		const there = { ...spec, host: OTHER, revision: spec.revision + 1 };
		for (const each of [spec, there]) await sites.get(each.host)!.ensure(each);
		expect((await site.list(bench.installationId)).map(({ host }) => host)).toEqual([HOST, OTHER]);
		await site.destroy(spec, HOST);
		expect((await site.list(bench.installationId)).map(({ host, state }) => [host, state])).toEqual([
			[OTHER, 'running'],
		]);
		const name = machineName(spec, PREFIX);
		const { stdout } = await run('virsh', ['-c', second.uri, 'domblkinfo', name, 'vda']);
		expect(stdout).toMatch(/Capacity: +67108864/);
		await sites.get(OTHER)!.shutdown(there, 1);
		expect((await site.ensure(there)).observation).toMatchObject({ host: OTHER, state: 'running' });
		await site.destroy(there);
		expect(await site.list(bench.installationId)).toEqual([]);
	});

	test('that was made before a second host came keeps its disk where it is', async () => {
		const spec = bench.newSpec({ diskBytes: 64 * MIB });
		await bench.site.ensure(spec);
		undone.push(() => site.destroy(spec));
		await site.shutdown(spec, 1);
		expect((await site.ensure(spec)).observation).toMatchObject({ host: HOST, state: 'running' });
		const disks = ['', `${HOST}/`].map((own) => `${bench.folder}/machines/${own}${machineUuid(spec)}/disk.qcow2`);
		expect(disks.map((path) => existsSync(path))).toEqual([true, false]);
		await site.destroy(spec);
		expect(disks.map((path) => existsSync(path))).toEqual([false, false]);
	});
});
