/**
 * What the kernel enforces on a process, read from its cgroup files, in version 1, version 2 and the hybrid of both.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Infinity: the kernel limits nothing. */
export interface KernelLimits {
	readonly memoryLimitBytes: number;
	/** Percent of one host CPU. */
	readonly cpuQuotaPercent: number;
}

/**
 * The limits of the process, from the nearest cgroup upwards that has one: libvirt puts the threads of a machine into
 * groups below the one that it limits. Undefined where the process or its files cannot be read.
 */
export async function readKernelLimits(pid: number): Promise<KernelLimits | undefined> {
	try {
		const memberships = parseMemberships(await readFile(`/proc/${pid}/cgroup`, 'utf8'));
		const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'));
		const memory = locate('memory', memberships, mounts);
		const cpu = locate('cpu', memberships, mounts);
		if (memory === undefined || cpu === undefined) return undefined;
		return {
			memoryLimitBytes: await nearest(memory, memory.unified ? memoryV2 : memoryV1),
			cpuQuotaPercent: await nearest(cpu, cpu.unified ? cpuV2 : cpuV1),
		};
	} catch (error) {
		if (isUnreadable(error)) return undefined;
		throw error;
	}
}

/** How often the kernel's OOM killer has acted on this host, over whatever limit; undefined where it does not count. */
export async function countOomKills(): Promise<number | undefined> {
	try {
		const found = /^oom_kill (\d+)$/m.exec(await readFile('/proc/vmstat', 'utf8'));
		return found === null ? undefined : Number(found[1]);
	} catch (error) {
		if (isUnreadable(error)) return undefined;
		throw error;
	}
}

/** Path of the group by controller; that of version 2 under ''. */
export function parseMemberships(text: string): ReadonlyMap<string, string> {
	const memberships = new Map<string, string>();
	for (const line of text.split('\n')) {
		// Number, controllers, path; the path may hold colons.
		const found = /^\d+:([^:]*):(.*)$/.exec(line);
		if (found === null) continue;
		for (const controller of found[1]!.split(',')) memberships.set(controller, found[2]!);
	}
	return memberships;
}

/** Where a hierarchy is mounted, and which group of it is the root of that mount. */
interface Mount {
	readonly root: string;
	readonly folder: string;
}

/** Mounts of cgroup file systems by controller; that of version 2 under ''. */
export function parseMounts(text: string): ReadonlyMap<string, Mount> {
	const mounts = new Map<string, Mount>();
	for (const line of text.split('\n')) {
		// See proc(5): the optional fields end with a hyphen.
		const [before, after] = line.split(' - ');
		const [, , , root, folder] = before?.split(' ') ?? [];
		const [type, , options] = after?.split(' ') ?? [];
		if (root === undefined || folder === undefined) continue;
		const controllers = type === 'cgroup2' ? [''] : type === 'cgroup' ? (options?.split(',') ?? []) : [];
		for (const controller of controllers) mounts.set(controller, { root, folder });
	}
	return mounts;
}

interface Place {
	readonly unified: boolean;
	readonly mountFolder: string;
	readonly folder: string;
}

/** The folder of the process's group in the hierarchy that has this controller: its own in version 1, else the unified. */
function locate(
	controller: string,
	memberships: ReadonlyMap<string, string>,
	mounts: ReadonlyMap<string, Mount>,
): Place | undefined {
	const own = memberships.has(controller) && mounts.has(controller);
	const key = own ? controller : '';
	const path = memberships.get(key);
	const mount = mounts.get(key);
	if (path === undefined || mount === undefined) return undefined;
	// In a container the mount shows a part of the hierarchy.
	const inside = mount.root !== '/' && path.startsWith(mount.root) ? path.slice(mount.root.length) : path;
	return { unified: !own, mountFolder: mount.folder, folder: join(mount.folder, inside) };
}

/** The first limit on the way from the group to the root of the mount. */
async function nearest(place: Place, read: (folder: string) => Promise<number>): Promise<number> {
	for (let folder = place.folder; folder.length > place.mountFolder.length; folder = dirname(folder)) {
		const limit = await read(folder);
		if (Number.isFinite(limit)) return limit;
	}
	return Infinity;
}

async function memoryV1(folder: string): Promise<number> {
	const bytes = Number(await readFile(join(folder, 'memory.limit_in_bytes'), 'utf8'));
	// Without a limit it shows the largest number of pages that it can count.
	return bytes <= Number.MAX_SAFE_INTEGER ? bytes : Infinity;
}

async function memoryV2(folder: string): Promise<number> {
	const text = (await readFile(join(folder, 'memory.max'), 'utf8')).trim();
	return text === 'max' ? Infinity : Number(text);
}

async function cpuV1(folder: string): Promise<number> {
	const quota = Number(await readFile(join(folder, 'cpu.cfs_quota_us'), 'utf8'));
	const period = Number(await readFile(join(folder, 'cpu.cfs_period_us'), 'utf8'));
	return quota < 0 ? Infinity : (quota * 100) / period;
}

async function cpuV2(folder: string): Promise<number> {
	const [quota, period] = (await readFile(join(folder, 'cpu.max'), 'utf8')).trim().split(' ');
	return quota === 'max' ? Infinity : (Number(quota) * 100) / Number(period);
}

/** Gone, not there on this kernel, or not for us to read. ESRCH and ENODEV: it went while it was read. */
function isUnreadable(error: unknown): boolean {
	const { code } = error as NodeJS.ErrnoException;
	return code !== undefined && ['ENOENT', 'EACCES', 'EPERM', 'ESRCH', 'ENODEV'].includes(code);
}
