/** A machine that runs moves to another host, because only there it can be what was agreed: on two real libvirts. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Runner } from '../../src/jobs/runner.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import { findAcceleration } from '../../src/workspace/hypervisor/acceleration.ts';
import { LibvirtSite } from '../../src/workspace/hypervisor/libvirt-site.ts';
import { JoinedSite } from '../../src/workspace/joined-site.ts';
import { findDeviations } from '../../src/workspace/limits.ts';
import { machineName, machineUuid } from '../../src/workspace/machine-names.ts';
import type { MachineIdentity, MachineSpec, Site } from '../../src/workspace/site.ts';
import { GIB, MIB } from '../broker/hosts.ts';
import { admin, agree, alice, offerFrom, openWorld, type Wish, type World } from '../broker/site.ts';
import { type SecondLibvirt, startSecondLibvirt } from './second-libvirt.ts';
import { HOST, type LibvirtBench, openLibvirtBench, WITHOUT_LIBVIRT } from './workspace-bench.ts';

const run = promisify(execFile);
const HOUR = 3600;
const OTHER = 'other';
const PREFIX = 'computon-test';
const DEADLINE_MS = 120_000;

describe.skipIf(WITHOUT_LIBVIRT)('a machine on a host that has no room left', { timeout: 4 * DEADLINE_MS }, () => {
	const undone: (() => Promise<unknown>)[] = [];
	const failures: string[] = [];
	let second: SecondLibvirt;
	let bench: LibvirtBench;
	let site: Site;
	let world: World;
	let runner: Runner;

	/** The host that is there anyhow offers a little, the other one more. */
	beforeAll(async () => {
		second = await startSecondLibvirt();
		undone.push(() => second.close());
		bench = await openLibvirtBench();
		undone.push(() => bench.close());
		const { transport } = second;
		const options = {
			installationId: bench.installationId,
			hostName: OTHER,
			machinesFolder: `${bench.folder}/machines`,
			images: bench.images,
			acceleration: await findAcceleration({ dataFolder: bench.folder, transport, log: () => {} }),
			namePrefix: PREFIX,
			transport,
		};
		const other = await LibvirtSite.open(options);
		site = new JoinedSite(new Map([[HOST, await bench.reopen()] as const, [OTHER, other] as const]));
		undone.push(() => site.close());
		const resources = (cpuMillicores: number, memoryBytes: number) => {
			return { cpuMillicores, memoryBytes, diskBytes: 64 * GIB, networkBitsPerSecond: 0 };
		};
		world = await openWorld({
			hosts: [
				{ name: HOST, capacity: resources(1000, GIB), labels: {} },
				{ name: OTHER, capacity: resources(2000, 2 * GIB), labels: {} },
			],
			policy: { abilities: site.abilities },
		});
		undone.push(async () => world[Symbol.dispose]());
		await world.broker.catalogue.addImage(admin, {
			digest: bench.imageDigest,
			name: 'debian',
			kind: 'kernel',
			diskBytes: 0,
		});
		const { installationId } = world.store;
		undone.push(async () => {
			for (const { identity } of await site.list(installationId)) await site.destroy(identity);
		});
		const report = (what: string, error: unknown) => failures.push(`${what}: ${error}`);
		runner = new Runner({ broker: world.broker, site, installationId, report });
		runner.start();
		undone.push(() => runner.stop());
	}, DEADLINE_MS);

	afterAll(async () => {
		for (const undo of undone.reverse()) await undo();
	}, DEADLINE_MS);

	const machineOf = ({ workspaceId }: AgreementRecord): MachineIdentity => {
		return { installationId: world.store.installationId, workspaceId, index: 0 };
	};

	async function settled({ id, revision, grant }: AgreementRecord, host: string): Promise<void> {
		const seen = async () => {
			const [machine] = (await world.broker.machines(alice, id))!;
			return [
				machine?.observed?.state,
				machine?.observed?.host,
				machine?.observed?.revision,
				machine?.observed?.pending,
			];
		};
		await expect
			.poll(seen, { timeout: DEADLINE_MS, interval: 100, message: failures.join() })
			.toEqual(['running', host, revision, undefined]);
		const spec = { ...grant, cpuSharePercent: grant.workspace.cpuSharePercent } as unknown as MachineSpec;
		const [machine, ...others] = await site.list(world.store.installationId);
		expect(others).toEqual([]);
		// The site reads them for the first libvirt alone, since elsewhere a broker has no files of the host.
		const kernel =
			host === HOST ? machine!.limits!.kernel! : await second.kernelLimits(machineName(machine!.identity, PREFIX));
		const limits = { ...machine!.limits!, kernel };
		expect(findDeviations(spec, site.abilities.memoryOverhead, limits)).toEqual([]);
	}

	/** Whose domain the machine is, asked of each libvirt itself. */
	async function standsOn(identity: MachineIdentity): Promise<string[]> {
		const uris = { [HOST]: 'qemu:///system', [OTHER]: second.uri };
		const hosts: string[] = [];
		for (const [host, uri] of Object.entries(uris)) {
			const { stdout } = await run('virsh', ['-q', '-c', uri, 'list', '--all', '--uuid']);
			if (stdout.split('\n').includes(machineUuid(identity))) hosts.push(host);
		}
		return hosts;
	}

	test('moves where the offer allows it, is told so before, and starts anew from the image there', async () => {
		const small: Wish = {
			image: bench.imageDigest,
			memoryBytes: 128 * MIB,
			diskBytes: 64 * MIB,
			candidateHosts: [],
			cpus: 1,
			durationSeconds: 4 * HOUR,
		};
		const first = await agree(world, { ...small, candidateHosts: [HOST] });
		const machine = machineOf(first);
		await settled(first, HOST);
		const booted = await bench.reportThat(machine, () => true);
		expect(await standsOn(machine)).toEqual([HOST]);

		const large: Wish = { ...small, cpus: 2, memoryBytes: 192 * MIB };
		const ask = (change: string) => ({ party: alice, agreementId: first.id, ...offerFrom({ ...large, change }) });
		const forbidden = await world.broker.renegotiate(ask('restart="allow" move="forbid"'));
		expect(forbidden).toMatchObject({ reasons: [{ code: 'NEEDS_MOVE', host: HOST }] });
		expect((await bench.report(machine))!.boot).toBe(booted.boot);

		// Told before: nothing has happened yet.
		const allowed = ask('restart="allow" move="allow"');
		const told = await world.broker.evaluate(allowed);
		const message =
			'One machine moves from local to another host, and starts anew there from the image: what it held is lost.';
		const moves = expect.arrayContaining([{ kind: 'move', machines: 1, fromHost: HOST, message }]);
		expect(told).toMatchObject({ kind: 'accepted', effects: moves });
		expect(await standsOn(machine)).toEqual([HOST]);

		const outcome = await world.broker.renegotiate(allowed);
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		expect(outcome.agreement.effects).toEqual(moves);
		await settled(outcome.agreement, OTHER);
		expect(await standsOn(machine)).toEqual([OTHER]);
		const report = async () => {
			const { consoleTail = '' } = await site.observe(machine);
			return consoleTail;
		};
		await expect.poll(report, { timeout: DEADLINE_MS, interval: 200 }).toMatch(/COMPUTON-GUEST/);
		const text = await report();
		expect(text).not.toContain(booted.boot);
		expect(text).toContain(`"cpus":2,`);
		expect(text).toContain(`"physicalKiB":${192 * 1024},`);

		await world.broker.terminate({ party: alice, agreementId: outcome.agreement.id });
		runner.nudge();
		await expect.poll(() => standsOn(machine), { timeout: DEADLINE_MS, interval: 200 }).toEqual([]);
		expect(failures).toEqual([]);
		expect(world.faults).toEqual([]);
	});
});
