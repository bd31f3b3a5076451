/**
 * Hardware acceleration: found out once, by booting the demo's guest with it, and remembered together with the facts
 * that the answer depends on. That /dev/kvm exists says little: on some virtual machines no guest boots with it.
 */
import { randomUUID } from 'node:crypto';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { cpus, homedir, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Transport } from '../../libvirt/client.ts';
import { Flag } from '../../libvirt/constants.ts';
import { makePassableFolder } from '../folders.ts';
import { NAME_PREFIX } from '../machine-names.ts';
import type { MachineSpec, SiteAbilities } from '../site.ts';
import { domainXml } from './domain-xml.ts';
import { endDomain, Hypervisor } from './hypervisor.ts';
import { MachineFiles } from './machine-files.ts';

export type Acceleration = Exclude<SiteAbilities['acceleration'], 'simulated'>;

export interface AccelerationSearch {
	/** Where the answer is remembered. */
	readonly dataFolder: string;
	readonly transport?: Transport;
	/** Told in one line what was found, and why. */
	readonly log: (line: string) => void;
	/** Where scripts/build-guest may have left a guest; the first that has one is taken. */
	readonly guestFolders?: readonly string[];
}

const DEVICE = '/dev/kvm';
const GUEST_FOLDERS = ['/var/cache/computon/guest', join(homedir(), '.cache/computon/guest')];

/** The demo's guest says this when it is up: after 1 s with KVM, 3 to 6 s under software emulation. */
const GUEST_MARK = 'COMPUTON-GUEST';
const BOOT_DEADLINE_MS = 20_000;
const LOOK_INTERVAL_MS = 100;

const PROBE: Omit<MachineSpec, 'workspaceId'> = {
	installationId: 'probe',
	index: 0,
	revision: 0,
	host: 'probe',
	cpuCount: 1,
	cpuSharePercent: 100,
	memoryBytes: 256 * 1_048_576,
	diskBytes: 0,
	networkBitsPerSecond: 0,
	imageDigest: '',
};

/**
 * `kvm` where a guest boots with it, else `qemu` (software emulation). Without a guest to try it with the answer is
 * `qemu` and is not remembered. Throws HYPERVISOR_UNREACHABLE.
 */
export async function findAcceleration(search: AccelerationSearch): Promise<Acceleration> {
	const hypervisor = await Hypervisor.connect(search.transport);
	try {
		const facts = await readFacts(hypervisor);
		const memory = join(search.dataFolder, 'acceleration.json');
		const remembered = await recall(memory, facts);
		if (remembered !== undefined) return remembered;
		const guest = await findGuest(search.guestFolders ?? GUEST_FOLDERS);
		if (facts.device && guest === undefined) {
			search.log(
				`No guest to try ${DEVICE} with (scripts/build-guest makes one): machines run under software emulation.`,
			);
			return 'qemu';
		}
		const failure =
			guest && facts.device ? await tryGuest(hypervisor, guest, search.dataFolder) : `there is no ${DEVICE}`;
		const acceleration = failure === undefined ? 'kvm' : 'qemu';
		search.log(
			failure === undefined
				? 'Machines run with KVM: a guest booted.'
				: `Machines run under software emulation: ${failure}.`,
		);
		await remember(memory, { acceleration, facts });
		return acceleration;
	} finally {
		await hypervisor.close();
	}
}

/** What the answer depends on: when one of these changes, it is asked again. */
interface Facts {
	readonly device: boolean;
	readonly kernelRelease: string;
	readonly cpuModel: string;
	readonly qemuVersion: string;
	readonly libvirtVersion: string;
}

async function readFacts(hypervisor: Hypervisor): Promise<Facts> {
	return {
		device: await isThere(DEVICE),
		kernelRelease: release(),
		cpuModel: cpus()[0]?.model ?? '',
		qemuVersion: String(await hypervisor.call('connectGetVersion', {})),
		libvirtVersion: String(await hypervisor.call('connectGetLibVersion', {})),
	};
}

interface Memory {
	readonly acceleration: Acceleration;
	readonly facts: Facts;
}

/** A memory that cannot be read is none. */
async function recall(path: string, facts: Facts): Promise<Acceleration | undefined> {
	try {
		const memory = JSON.parse(await readFile(path, 'utf8')) as Memory;
		return JSON.stringify(memory.facts) === JSON.stringify(facts) ? memory.acceleration : undefined;
	} catch {
		return undefined;
	}
}

async function remember(path: string, memory: Memory): Promise<void> {
	await writeFile(`${path}.new`, `${JSON.stringify(memory, undefined, '\t')}\n`);
	await rename(`${path}.new`, path);
}

interface Guest {
	readonly kernelPath: string;
	readonly initramfsPath: string;
	readonly commandLine: string;
}

async function findGuest(folders: readonly string[]): Promise<Guest | undefined> {
	for (const folder of folders) {
		try {
			const { commandLine } = JSON.parse(await readFile(join(folder, 'guest.json'), 'utf8')) as Guest;
			return { kernelPath: join(folder, 'vmlinuz'), initramfsPath: join(folder, 'initramfs'), commandLine };
		} catch {
			// Not there, or half made: the next.
		}
	}
	return undefined;
}

/** Boots the guest with KVM. Returns why it did not come up; undefined when it did. Leaves nothing behind. */
async function tryGuest(hypervisor: Hypervisor, guest: Guest, dataFolder: string): Promise<string | undefined> {
	const uuid = randomUUID();
	const folder = join(dataFolder, 'probe');
	const files = new MachineFiles(folder, uuid);
	const spec = { ...PROBE, workspaceId: uuid };
	const settings = {
		uuid,
		name: `${NAME_PREFIX}-probe-${uuid.slice(0, 8)}`,
		acceleration: 'kvm',
		cpuCountMax: 1,
		memoryBytesMax: spec.memoryBytes,
		network: 'none',
	} as const;
	await makePassableFolder(folder);
	try {
		const made = await files.prepare(spec, { kind: 'kernel', ...guest });
		const xml = domainXml(spec, settings, made);
		// libvirt ends it when this connection ends, so that not even a crash leaves it.
		const domain = await hypervisor.call('domainCreateXml', { xml, flags: Flag.create.AUTODESTROY });
		try {
			const reported = await awaitMark(files);
			return reported ? undefined : `with KVM no guest came up within ${BOOT_DEADLINE_MS / 1000} s`;
		} finally {
			await endDomain(hypervisor, domain).catch(() => {});
		}
	} catch (error) {
		const [firstLine] = (error as Error).message.split('\n');
		return `with KVM no guest starts (${firstLine})`;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

async function awaitMark(files: MachineFiles): Promise<boolean> {
	const giveUpAt = performance.now() + BOOT_DEADLINE_MS;
	while (performance.now() < giveUpAt) {
		if ((await files.consoleTail()).includes(GUEST_MARK)) return true;
		await delay(LOOK_INTERVAL_MS);
	}
	return false;
}

async function isThere(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}
