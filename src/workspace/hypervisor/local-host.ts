/**
 * The host on which a libvirt runs: what it offers to agreements.
 */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatingError } from '../../errors.ts';
import type { SiteHost } from '../site.ts';
import { bytesOfKib } from './domain-reading.ts';
import type { Hypervisor } from './hypervisor.ts';

/** What a host keeps for itself. */
export interface HostReserve {
	readonly cpuMillicores: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
}

const GIB = 2 ** 30;

export const HOST_RESERVE: HostReserve = {
	// The kernel shares CPU time fairly whatever was promised, and a host of two CPUs should be able to sell two.
	cpuMillicores: 0,
	// The system, libvirtd and the broker: 400 MiB were in use beside the machines, and a kernel wants some cache.
	memoryBytes: GIB,
	// Logs, images to come, the database.
	diskBytes: 4 * GIB,
};

/** The host with its capacity. `folder` is where the machines' disks lie, those of as many hosts as share it. */
export async function readHost(
	hypervisor: Hypervisor,
	name: string,
	folder: { readonly path: string; readonly sharedBy: number },
	reserve: HostReserve,
): Promise<SiteHost> {
	const node = await hypervisor.call('nodeGetInfo', {});
	const left = (amount: number, kept: number) => Math.max(0, amount - kept);
	return {
		name,
		cpuMillicores: left(node.cpus * 1000, reserve.cpuMillicores),
		memoryBytes: left(await hostMemory(hypervisor), reserve.memoryBytes),
		// An equal part, whoever has what there by now: what is booked on a host must not depend on the others.
		diskBytes: Math.floor(left(await diskFor(folder.path), reserve.diskBytes) / folder.sharedBy),
		// No interface of a machine is shaped here, so none is promised.
		networkBitsPerSecond: 0,
		// Names of JSDL's enumerations, by which offers ask for them.
		labels: { cpuArchitecture: node.model, operatingSystem: 'LINUX', cpuSpeedHz: String(node.mhz * 1_000_000) },
	};
}

/** All memory of the host. libvirt's node information counts that of NUMA nodes, and missed 14 of 24 GiB on one host. */
export async function hostMemory(hypervisor: Hypervisor): Promise<number> {
	const { total } = await hypervisor.call('nodeGetMemoryStats', {});
	if (total === undefined)
		throw new OperatingError('HYPERVISOR_PROTOCOL', 'It does not say how much memory the host has.');
	return bytesOfKib(total);
}

/** Disk space that is free, and what the machines' disks occupy already: the calendar has them booked in full. */
async function diskFor(folder: string): Promise<number> {
	const { bavail, bsize } = await statfs(folder);
	return bavail * bsize + (await occupiedIn(folder));
}

/** By all files below; what goes meanwhile occupies nothing. */
async function occupiedIn(folder: string): Promise<number> {
	let occupied = 0;
	for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) occupied += await occupiedIn(path);
		else occupied += ((await stat(path).catch(() => undefined))?.blocks ?? 0) * BLOCK_BYTES;
	}
	return occupied;
}

/** What `stat` counts in, whatever the file system's own blocks are. */
const BLOCK_BYTES = 512;
