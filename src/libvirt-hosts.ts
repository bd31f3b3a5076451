/** The hosts whose machines are libvirt's: which there are, as the configuration says it, and the site that they make. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { OperatingError } from './errors.ts';
import { unixSocket } from './libvirt/client.ts';
import { AwaitedSite, type HostMemory } from './workspace/awaited-site.ts';
import { makePassableFolder } from './workspace/folders.ts';
import { type Acceleration, findAcceleration } from './workspace/hypervisor/acceleration.ts';
import { LibvirtSite, libvirtAbilities } from './workspace/hypervisor/libvirt-site.ts';
import type { ImageStore } from './workspace/images/images.ts';
import { JoinedSite } from './workspace/joined-site.ts';
import type { Site } from './workspace/site.ts';

export interface LibvirtHost {
	readonly name: string;
	/** The unix socket at which its libvirt answers. */
	readonly socket: string;
}

/** Two connections are open to each of them, and each is asked where a machine stands. */
const HOSTS_MAX = 64;

/** The hosts, at least one: without the setting the libvirt that runs here. Throws CONFIG_INVALID. */
export function readLibvirtHosts({ libvirtHosts, siteName, libvirtSocket }: Config): readonly LibvirtHost[] {
	if (libvirtHosts === undefined) return [{ name: siteName, socket: libvirtSocket }];
	const list = Array.isArray(libvirtHosts) ? (libvirtHosts as readonly unknown[]) : [];
	const issues: string[] = [];
	if (list.length === 0 || list.length > HOSTS_MAX) {
		issues.push(`libvirtHosts is ${shown(libvirtHosts)}; allowed: a list of 1 to ${HOSTS_MAX} hosts.`);
	}
	const hosts = list.map((raw, nth): LibvirtHost => {
		const { name, socket, ...others } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
		const path = `libvirtHosts[${nth}]`;
		if (typeof name !== 'string' || !HOST_NAME.test(name))
			issues.push(`${path}.name is ${shown(name)}; allowed: letters, digits, dots and hyphens.`);
		if (typeof socket !== 'string' || !socket.startsWith('/'))
			issues.push(`${path}.socket is ${shown(socket)}; allowed: the path of a unix socket, from / on.`);
		for (const other of Object.keys(others)) issues.push(`${path}: there is no ${other}; there are name, socket.`);
		return { name: String(name), socket: String(socket) };
	});
	for (const member of ['name', 'socket'] as const) {
		const values = hosts.map((host) => host[member]);
		const twice = values.find((value, nth) => values.indexOf(value) !== nth);
		if (twice !== undefined) issues.push(`libvirtHosts has the ${member} ${twice} twice.`);
	}
	if (issues.length > 0) throw new OperatingError('CONFIG_INVALID', issues.join(' '));
	return hosts;
}

/** What runs the machines of a host: found out once, and remembered for each. Throws HYPERVISOR_UNREACHABLE. */
export async function accelerationOf(
	config: Config,
	{ name, socket }: LibvirtHost,
	log: (line: string) => void,
): Promise<Acceleration> {
	const folder = await folderOf(config, name);
	return findAcceleration({ dataFolder: folder, transport: unixSocket(socket), log });
}

/** Where it stands what is known of the host: of the only one beside everything else. */
async function folderOf({ dataFolder, libvirtHosts }: Config, name: string): Promise<string> {
	if (libvirtHosts === undefined) return dataFolder;
	const folder = join(dataFolder, 'hosts', name);
	await makePassableFolder(folder);
	return folder;
}

/**
 * Connects to all hosts at once. One that does not answer is waited for, and known by what it was when it last did.
 * Throws HYPERVISOR_UNREACHABLE where none answers and none ever did: then it is not known of any of them what it has, and
 * whoever named them wrongly had better know.
 */
export async function openLibvirtHosts(
	config: Config,
	installationId: string,
	images: ImageStore,
	log: (line: string) => void,
): Promise<Site> {
	const hosts = readLibvirtHosts(config);
	const tell = hosts.length === 1 ? () => log : (name: string) => (line: string) => log(`${name}: ${line}`);
	const openings = await Promise.allSettled(
		hosts.map(async (host) => {
			const { name } = host;
			const path = join(await folderOf(config, name), 'host.json');
			const memory = await recall(path, name);
			const site = await AwaitedSite.open({
				memory: memory ?? unknownHost(name),
				open: () => openHost({ config, installationId, images, host, sharedBy: hosts.length, log: tell(name) }),
				remember: (seen) => remember(path, seen),
				report: (error) => tell(name)(`It cannot be used: ${error instanceof Error ? error.message : String(error)}`),
			});
			return { site, isKnown: memory !== undefined || site.silence === undefined };
		}),
	);
	const opened = openings.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
	const sites = opened.map(({ site }) => site);
	const failed = openings.find((each) => each.status === 'rejected');
	const silence = opened.some(({ isKnown }) => isKnown) ? undefined : sites[0]?.silence;
	if (failed !== undefined || silence !== undefined) {
		await Promise.all(sites.map((site) => site.close()));
		throw failed?.reason ?? silence;
	}
	for (const [nth, site] of sites.entries()) {
		if (site.silence !== undefined) tell(hosts[nth]!.name)(site.silence.message);
	}
	return sites.length === 1 ? sites[0]! : new JoinedSite(new Map(sites.map((site, nth) => [hosts[nth]!.name, site])));
}

interface HostParts {
	readonly config: Config;
	readonly installationId: string;
	readonly images: ImageStore;
	readonly host: LibvirtHost;
	readonly sharedBy: number;
	readonly log: (line: string) => void;
}

async function openHost({ config, installationId, images, host, sharedBy, log }: HostParts): Promise<Site> {
	return LibvirtSite.open({
		installationId,
		hostName: host.name,
		machinesFolder: join(config.dataFolder, 'machines'),
		sharedBy,
		images,
		acceleration: await accelerationOf(config, host, log),
		namePrefix: config.machinePrefix,
		reserve: config.reserve,
		transport: unixSocket(host.socket),
	});
}

/** What the host was when it last answered; undefined where nothing of it can be read. */
async function recall(path: string, name: string): Promise<HostMemory | undefined> {
	try {
		const memory = JSON.parse(await readFile(path, 'utf8')) as HostMemory;
		return { ...memory, host: { ...memory.host, name } };
	} catch {
		return undefined;
	}
}

/** One that never answered has nothing. */
function unknownHost(name: string): HostMemory {
	const amounts = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
	return { host: { name, ...amounts, labels: {} }, abilities: libvirtAbilities('qemu', 0) };
}

async function remember(path: string, memory: HostMemory): Promise<void> {
	await writeFile(`${path}.new`, `${JSON.stringify(memory, undefined, '\t')}\n`);
	await rename(`${path}.new`, path);
}

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;

function shown(value: unknown): string {
	return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}
