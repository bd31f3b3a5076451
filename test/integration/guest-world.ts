/** A broker whose machines are real guests: its site is the libvirt of this machine, and its runner is at work. */
import { Runner } from '../../src/jobs/runner.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import type { MachineIdentity } from '../../src/workspace/site.ts';
import { GIB } from '../broker/hosts.ts';
import { admin, openWorld, type World } from '../broker/site.ts';
import { type LibvirtBench, openLibvirtBench } from './workspace-bench.ts';

export interface GuestWorld {
	readonly bench: LibvirtBench;
	readonly world: World;
	readonly runner: Runner;
	/** What the runner reported; to be found empty. */
	readonly failures: readonly string[];
	machine(agreement: AgreementRecord, index: number): MachineIdentity;
	/** Destroys all machines, and ends everything. */
	close(): Promise<void>;
}

/** One host of 8 CPUs and 4 GiB, and the demo's guest as the image `debian`. */
export async function openGuestWorld(): Promise<GuestWorld> {
	const bench = await openLibvirtBench();
	try {
		return await worldOn(bench);
	} catch (error) {
		await bench.close();
		throw error;
	}
}

async function worldOn(bench: LibvirtBench): Promise<GuestWorld> {
	const capacity = { cpuMillicores: 8000, memoryBytes: 4 * GIB, diskBytes: 64 * GIB, networkBitsPerSecond: 0 };
	const world = await openWorld({
		hosts: [{ name: bench.host, capacity, labels: {} }],
		policy: { abilities: bench.site.abilities },
	});
	const { installationId } = world.store;
	await world.broker.catalogue.addImage(admin, {
		digest: bench.imageDigest,
		name: 'debian',
		kind: 'kernel',
		diskBytes: 0,
	});
	const failures: string[] = [];
	const report = (what: string, error: unknown) => failures.push(`${what}: ${error}`);
	const runner = new Runner({ broker: world.broker, site: bench.site, installationId, report });
	runner.start();
	return {
		bench,
		world,
		runner,
		failures,
		machine: ({ workspaceId }, index) => ({ installationId, workspaceId, index }),
		async close() {
			await runner.stop();
			for (const { identity } of await bench.site.list(installationId)) await bench.site.destroy(identity);
			world[Symbol.dispose]();
			await bench.close();
		},
	};
}
