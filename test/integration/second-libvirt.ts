/**
 * A second libvirt on this machine, as a host of its own: a libvirtd in a mount namespace in which the folders that it
 * shares with nobody lie elsewhere. It has nothing to do with the first one, and is gone with the process that made it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Transport, unixSocket } from '../../src/libvirt/client.ts';
import { type KernelLimits, readKernelLimits } from '../../src/workspace/hypervisor/kernel-limits.ts';

export interface SecondLibvirt {
	readonly transport: Transport;
	/** The unix socket at which it answers. */
	readonly socket: string;
	/** What virsh calls it. */
	readonly uri: string;
	/** What the kernel enforces on the process of a domain. */
	kernelLimits(domainName: string): Promise<KernelLimits>;
	close(): Promise<void>;
}

/** Needs root, as libvirtd itself does. */
export async function startSecondLibvirt(): Promise<SecondLibvirt> {
	const folder = await mkdtemp(join(tmpdir(), 'computon-test-libvirt-'));
	await chmod(folder, 0o711);
	const start = join(folder, 'start');
	await writeFile(start, START);
	// Told by the kernel to end when this process does.
	const command = 'exec setpriv --pdeathsig TERM unshare --mount --propagation private sh "$0" "$1"';
	const daemon = spawn('sh', ['-c', command, start, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
	const ended = once(daemon, 'exit');
	let said = '';
	daemon.stderr.on('data', (chunk) => {
		said = `${said}${chunk}`.slice(-2_000);
	});
	const close = async () => {
		daemon.kill();
		await ended;
		await rm(folder, { recursive: true });
	};
	const socket = join(folder, 'socket/libvirt-sock');
	try {
		await answer(socket, ended);
	} catch (error) {
		await close();
		throw new Error(`${(error as Error).message} ${said}`);
	}
	const kernelLimits = async (domainName: string) => {
		const pid = Number(await readFile(join(folder, 'run/qemu', `${domainName}.pid`), 'utf8'));
		const limits = await readKernelLimits(pid);
		if (limits === undefined) throw new Error(`The limits of process ${pid} cannot be read.`);
		return limits;
	};
	return { kernelLimits, socket, transport: unixSocket(socket), uri: `qemu+unix:///system?socket=${socket}`, close };
}

const START = `set -eu
PATH=$PATH:/usr/sbin:/sbin
folder=$1
for each in run lib/qemu cache log etc/qemu socket; do install -d -m 755 "$folder/$each"; done
# Without virtlogd, which answers in the folder of the first.
echo 'stdio_handler = "file"' >"$folder/etc/qemu.conf"
cat >"$folder/libvirtd.conf" <<CONF
unix_sock_dir = "$folder/socket"
unix_sock_rw_perms = "0700"
auth_unix_rw = "none"
auth_unix_ro = "none"
max_client_requests = 32
CONF
mount --bind "$folder/run" /run/libvirt
mount --bind "$folder/lib" /var/lib/libvirt
mount --bind "$folder/cache" /var/cache/libvirt
mount --bind "$folder/log" /var/log/libvirt
mount --bind "$folder/etc" /etc/libvirt
exec libvirtd --config "$folder/libvirtd.conf" --pid-file "$folder/libvirtd.pid"
`;

/** A cold start took less than a second. */
const ANSWER_MS = 20_000;

async function answer(socket: string, ended: Promise<unknown>): Promise<void> {
	const deadline = Date.now() + ANSWER_MS;
	const isThere = () =>
		stat(socket).then(
			() => true,
			() => false,
		);
	let hasEnded = false;
	void ended.then(() => {
		hasEnded = true;
	});
	while (!(await isThere())) {
		if (hasEnded) throw new Error('The second libvirtd has ended.');
		if (Date.now() > deadline) throw new Error('The second libvirtd does not answer.');
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
