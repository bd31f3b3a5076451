/** `computon doctor`: what this machine can do, each finding with what to do otherwise. Part of the composition root. */
import { readFile } from 'node:fs/promises';
import type { Config } from './config.ts';
import { LibvirtClient, unixSocket } from './libvirt/client.ts';
import { accelerationOf, type LibvirtHost, readLibvirtHosts } from './libvirt-hosts.ts';
import { capacityText, readSiteCapacity } from './site-capacity.ts';

export interface Finding {
	readonly question: string;
	readonly ok: boolean;
	readonly answer: string;
	/** What to do where the answer is no. */
	readonly advice?: string;
}

const INSTALL = 'Run scripts/install-system and scripts/start-libvirt as root.';
const CONNECT_MS = 5_000;

/** Asks everything, one after the other; `progress` is told what is being looked at. */
export async function examine(config: Config, progress: (step: string) => void): Promise<readonly Finding[]> {
	const given = askCapacity(config);
	progress('asking libvirt …');
	const hosts = hostsOf(config);
	if ('question' in hosts) return [given, hosts];
	const libvirts: Finding[] = [];
	for (const host of hosts) libvirts.push(await askLibvirt(host, hosts.length));
	const findings: Finding[] = [given, ...libvirts, await askKernel()];
	const answering = hosts.filter((_, nth) => libvirts[nth]?.ok === true);
	if (answering.length > 0) progress('booting a guest, unless that is known already …');
	for (const host of answering) findings.push(await askGuest(config, host, hosts.length));
	return findings;
}

export function findingsText(findings: readonly Finding[]): string {
	return findings
		.map(({ question, ok, answer, advice }) => {
			const line = `${ok ? 'yes' : 'NO '}  ${question}: ${answer}`;
			return ok || advice === undefined ? line : `${line}\n     ${advice}`;
		})
		.join('\n');
}

/** What the setting says about hosts: the amounts themselves are the hypervisor's. */
function askCapacity(config: Config): Finding {
	const question = 'Is it said what the hosts give';
	try {
		return { question, ok: true, answer: capacityText(readSiteCapacity(config.capacity)) };
	} catch (error) {
		return { question, ok: false, answer: (error as Error).message, advice: 'README, "Hosts".' };
	}
}

/** Which hosts there are; a finding where the setting cannot be read. */
function hostsOf(config: Config): readonly LibvirtHost[] | Finding {
	try {
		return readLibvirtHosts(config);
	} catch (error) {
		const question = 'Is it said where libvirt answers';
		return { question, ok: false, answer: (error as Error).message, advice: 'README, "Hosts".' };
	}
}

async function askLibvirt({ name, socket }: LibvirtHost, hostCount: number): Promise<Finding> {
	const question = hostCount === 1 ? 'Does libvirt answer' : `Does libvirt answer on ${name}`;
	const client = new LibvirtClient({ uri: 'qemu:///system', transport: unixSocket(socket) });
	try {
		client.start();
		await client.whenConnected(CONNECT_MS);
		const version = Number(await client.call('connectGetVersion', {}));
		const dotted = [version / 1_000_000, (version / 1000) % 1000, version % 1000].map(Math.floor).join('.');
		return { question, ok: true, answer: `QEMU ${dotted} at ${socket}` };
	} catch (error) {
		const advice =
			hostCount === 1
				? INSTALL
				: `On that host: ${INSTALL} Its socket must be there (README, "Hosts"). Until it answers nothing is placed on it.`;
		return { question, ok: false, answer: `${(error as Error).message} (${socket})`, advice };
	} finally {
		await client.close();
	}
}

/** Whether the kernel has what enforces the limits: the cpu and memory controllers, version 1 or 2. */
async function askKernel(): Promise<Finding> {
	const question = 'Can the kernel enforce limits';
	const unified = await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8').catch(() => undefined);
	const enabled = await readFile('/proc/cgroups', 'utf8').catch(() => '');
	const listed =
		unified?.trim().split(' ') ??
		enabled
			.split('\n')
			.filter((line) => line.endsWith('1'))
			.map((line) => line.split('\t')[0]);
	const missing = ['cpu', 'memory'].filter((name) => !listed.includes(name));
	if (missing.length === 0)
		return { question, ok: true, answer: `cgroup ${unified === undefined ? 'v1' : 'v2'}, cpu and memory` };
	const advice =
		'Boot the kernel with these controllers (cgroup_enable=memory), or start the broker in a container that has them.';
	return { question, ok: false, answer: `missing: ${missing.join(', ')}`, advice };
}

async function askGuest(config: Config, host: LibvirtHost, hostCount: number): Promise<Finding> {
	const question = hostCount === 1 ? 'Does a guest boot' : `Does a guest boot on ${host.name}`;
	try {
		const found = await accelerationOf(config, host, () => {});
		return {
			question,
			ok: true,
			answer:
				found === 'kvm'
					? 'with KVM'
					: 'under software emulation (TCG): there is no KVM, or no guest boots with it here',
		};
	} catch (error) {
		return { question, ok: false, answer: (error as Error).message, advice: `Run scripts/build-guest. ${INSTALL}` };
	}
}
