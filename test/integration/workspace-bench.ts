/**
 * What the tests of real machines stand on: the demo's guest in an image store, a site with a data folder of its own,
 * and the reports of guests. Domains are named computon-test-..., and none is left.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Transport } from '../../src/libvirt/client.ts';
import { LibvirtSite } from '../../src/workspace/hypervisor/libvirt-site.ts';
import { ImageStore } from '../../src/workspace/images/images.ts';
import { machineUuid } from '../../src/workspace/machine-names.ts';
import type { MachineIdentity, MachineSpec } from '../../src/workspace/site.ts';
import type { Workbench } from '../workspace/site-contract.ts';
import { findAccelerationOnce } from './acceleration.ts';

const run = promisify(execFile);

export const MIB = 1_048_576;
export const HOST = 'local';

/** Tests that need libvirt fail without it, unless the caller asked to leave it out by name. */
export const WITHOUT_LIBVIRT = (process.env.COMPUTON_WITHOUT ?? '').split(',').includes('libvirt');

/** Under software emulation a guest reports after 3 to 6 seconds, with a quarter of a CPU after 15. */
const BOOT_DEADLINE_MS = 90_000;

/** What the guest says of itself; see scripts/guest/init. */
export interface GuestReport {
	readonly boot: string;
	readonly cpus: number;
	readonly memTotalKiB: number;
	readonly physicalKiB: number;
	readonly diskBytes: number;
}

export interface LibvirtBench extends Workbench {
	readonly site: LibvirtSite;
	readonly folder: string;
	readonly images: ImageStore;
	/** Another site over the same data folder, as after a restart of the broker; to be closed by the caller. */
	reopen(transport?: Transport): Promise<LibvirtSite>;
	/** Adds the demo's guest with these words on its command line. */
	guestImage(words: string): Promise<string>;
	/** A machine of a workspace of its own. */
	newSpec(wanted?: Partial<MachineSpec>): MachineSpec;
	/** Sets another hard limit than the agreed one, as nobody should. */
	squeeze(identity: MachineIdentity, bytes: number): Promise<void>;
	/** The last report of the guest. */
	report(identity: MachineIdentity): Promise<GuestReport | undefined>;
	/** Waits for a report that the test accepts. */
	reportThat(identity: MachineIdentity, accepts: (report: GuestReport) => boolean): Promise<GuestReport>;
}

export async function openLibvirtBench(): Promise<LibvirtBench> {
	const folder = await mkdtemp(join(tmpdir(), 'computon-test-'));
	// QEMU runs as another user.
	await chmod(folder, 0o711);
	const installationId = randomUUID();
	const images = await ImageStore.open(join(folder, 'images'));
	const acceleration = await findAccelerationOnce(folder);
	const reopen = (transport?: Transport) =>
		LibvirtSite.open({
			installationId,
			hostName: HOST,
			machinesFolder: join(folder, 'machines'),
			images,
			acceleration,
			namePrefix: 'computon-test',
			...(transport === undefined ? {} : { transport }),
		});
	const site = await reopen();
	const guestImage = (words: string) => addGuest(images, words);
	const imageDigest = await guestImage('');
	const report = async (identity: MachineIdentity) => lastReport((await site.observe(identity)).consoleTail ?? '');
	const reportThat = async (identity: MachineIdentity, accepts: (report: GuestReport) => boolean) => {
		let last: GuestReport | undefined;
		await expect
			.poll(
				async () => {
					last = await report(identity);
					return last !== undefined && accepts(last);
				},
				{ timeout: BOOT_DEADLINE_MS, interval: 200, message: 'no such report of the guest' },
			)
			.toBe(true);
		return last!;
	};
	return {
		site,
		installationId,
		host: HOST,
		imageDigest,
		folder,
		images,
		reopen,
		guestImage,
		report,
		reportThat,
		async squeeze(identity, bytes) {
			const limit = ['--live', '--hard-limit', String(bytes / 1024)];
			await run('virsh', ['-c', 'qemu:///system', 'memtune', machineUuid(identity), ...limit]);
		},
		newSpec: (wanted = {}) => ({
			installationId,
			workspaceId: randomUUID(),
			index: 0,
			revision: 1,
			host: HOST,
			cpuCount: 1,
			cpuSharePercent: 100,
			memoryBytes: 128 * MIB,
			diskBytes: 0,
			networkBitsPerSecond: 0,
			imageDigest,
			...wanted,
		}),
		guestIsUp: async (identity) => {
			await reportThat(identity, () => true);
		},
		async close() {
			for (const { identity } of await site.list(installationId)) await site.destroy(identity);
			await site.close();
			await rm(folder, { recursive: true });
		},
	};
}

async function addGuest(images: ImageStore, words: string): Promise<string> {
	await run('sh', [join(import.meta.dirname, '../../scripts/build-guest')]);
	const folder =
		process.getuid?.() === 0
			? '/var/cache/computon/guest'
			: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'computon/guest');
	const guest = JSON.parse(await readFile(join(folder, 'guest.json'), 'utf8'));
	const source = {
		kind: 'kernel',
		kernelPath: guest.kernel.path,
		initramfsPath: guest.initramfs.path,
		commandLine: `${guest.commandLine} ${words}`.trim(),
	} as const;
	const outcome = await images.add(source, `demo ${words}`, 0);
	if (outcome.kind === 'refused') throw new Error(outcome.refusal.message);
	return outcome.image.digest;
}

function lastReport(consoleText: string): GuestReport | undefined {
	const lines = consoleText.split('\n').filter((line) => line.startsWith('COMPUTON-GUEST {') && line.endsWith('}'));
	const last = lines.at(-1);
	return last === undefined ? undefined : JSON.parse(last.slice('COMPUTON-GUEST '.length));
}
