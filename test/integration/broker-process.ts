/** A broker as a process of its own, on the real libvirt, that a test may kill; and what it left behind, seen by libvirt. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { ComputonClient } from '../../src/client/client.ts';

const run = promisify(execFile);
const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const CACHE = process.getuid?.() === 0 ? '/var/cache' : join(process.env.HOME ?? '', '.cache');
const START_MS_MAX = 60_000;

/** What scripts/build-guest made. */
export function demoGuest(): { kernel: string; initramfs: string; commandLine: string } {
	const described = JSON.parse(readFileSync(join(CACHE, 'computon/guest/guest.json'), 'utf8')) as {
		kernel: { path: string };
		initramfs: { path: string };
		commandLine: string;
	};
	return { kernel: described.kernel.path, initramfs: described.initramfs.path, commandLine: described.commandLine };
}

/** A data folder and the name that its domains begin with; both go with `remove`. */
export class Installation {
	readonly folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	readonly prefix: string;

	constructor(purpose: string) {
		chmodSync(this.folder, 0o711);
		this.prefix = `computon-test-${purpose}`;
	}

	get client(): (url: string) => ComputonClient {
		const { token } = this;
		return (url) => new ComputonClient({ url, token });
	}

	/** The administrator's. */
	get token(): string {
		return readFileSync(join(this.folder, 'admin-token'), 'utf8').trim();
	}

	/** Starts the broker, from its source or what was built of it, and waits until it listens. */
	async start(environment: Readonly<Record<string, string>> = {}, main = MAIN): Promise<BrokerProcess> {
		const child = spawn(process.execPath, [main, 'serve', '--json', '--port', '0', '--data', this.folder], {
			stdio: ['ignore', 'pipe', 'pipe'],
			env: { ...process.env, COMPUTON_MACHINE_PREFIX: this.prefix, COMPUTON_SITE: 'libvirt', ...environment },
		});
		const log: string[] = [];
		createInterface({ input: child.stderr }).on('line', (line) => {
			log.push(line);
		});
		const signal = AbortSignal.timeout(START_MS_MAX);
		const first = once(createInterface({ input: child.stdout }), 'line', { signal }) as Promise<[string]>;
		const ended = once(child, 'exit', { signal }).then(() => undefined);
		const line = await Promise.race([first, ended]).catch(() => undefined);
		if (line === undefined) {
			child.kill('SIGKILL');
			throw new Error(`The broker did not start:\n${log.join('\n')}`);
		}
		const { listening } = JSON.parse(line[0]) as { listening: string };
		return { child, url: listening, client: this.client(listening), log };
	}

	/** The names of all domains of this installation that libvirt knows. */
	async domains(): Promise<string[]> {
		const { stdout } = await run('virsh', ['-c', 'qemu:///system', 'list', '--all', '--name']);
		return stdout.split('\n').filter((name) => name.startsWith(`${this.prefix}-`));
	}

	/** Takes away whatever is left, also of a test that failed. */
	async remove(): Promise<void> {
		for (const name of await this.domains()) {
			await run('virsh', ['-c', 'qemu:///system', 'destroy', name]).catch(() => undefined);
			await run('virsh', ['-c', 'qemu:///system', 'undefine', name, '--managed-save']).catch(() => undefined);
		}
		rmSync(this.folder, { recursive: true, force: true });
	}
}

export interface BrokerProcess {
	readonly child: ChildProcess;
	readonly url: string;
	readonly client: ComputonClient;
	readonly log: readonly string[];
}

/** Ends the process with this signal and waits for it. */
export async function end({ child }: BrokerProcess, signal: NodeJS.Signals): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const ended = once(child, 'exit');
	child.kill(signal);
	await ended;
}
