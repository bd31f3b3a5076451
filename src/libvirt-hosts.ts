/** The hosts whose machines are libvirt's: which there are, as the configuration says it, and the site that they make. */
import { join } from 'node:path';
import type { Config } from './config.ts';
import { OperatingError } from './errors.ts';
import { unixSocket } from './libvirt/client.ts';
import { makePassableFolder } from './workspace/folders.ts';
import { type Acceleration, findAcceleration } from './workspace/hypervisor/acceleration.ts';
import { LibvirtSite } from './workspace/hypervisor/libvirt-site.ts';
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
	{ dataFolder, libvirtHosts }: Config,
	{ name, socket }: LibvirtHost,
	log: (line: string) => void,
): Promise<Acceleration> {
	const folder = libvirtHosts === undefined ? dataFolder : join(dataFolder, 'hosts', name);
	if (libvirtHosts !== undefined) await makePassableFolder(folder);
	return findAcceleration({ dataFolder: folder, transport: unixSocket(socket), log });
}

/** Connects to all hosts. Throws HYPERVISOR_UNREACHABLE where one does not answer: nobody knows what it has. */
export async function openLibvirtHosts(
	config: Config,
	installationId: string,
	images: ImageStore,
	log: (line: string) => void,
): Promise<Site> {
	const hosts = readLibvirtHosts(config);
	const sites = new Map<string, Site>();
	try {
		for (const host of hosts) {
			const { name, socket } = host;
			const acceleration = await accelerationOf(
				config,
				host,
				hosts.length === 1 ? log : (line) => log(`${name}: ${line}`),
			);
			const options = {
				installationId,
				hostName: name,
				machinesFolder: join(config.dataFolder, 'machines'),
				sharedBy: hosts.length,
				images,
				acceleration,
				namePrefix: config.machinePrefix,
				reserve: config.reserve,
				transport: unixSocket(socket),
			};
			sites.set(name, await LibvirtSite.open(options));
		}
	} catch (error) {
		await Promise.all([...sites.values()].map((site) => site.close()));
		throw error;
	}
	return hosts.length === 1 ? [...sites.values()][0]! : new JoinedSite(sites);
}

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/;

function shown(value: unknown): string {
	return (JSON.stringify(value) ?? 'missing').slice(0, 80);
}
