/** A broker in a process of its own, with a fresh data folder: what is measured does not share its CPU with who measures. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ComputonClient } from '../../src/client/client.ts';
import type { LoopWatch } from './loop-watch.ts';

export interface BrokerProcess {
	readonly url: string;
	readonly folder: string;
	readonly token: string;
	/** A client of the first admin. */
	readonly admin: ComputonClient;
	/** For how long its main thread was held at most since the last time that this was asked, and its memory. */
	watch(): Promise<LoopWatch>;
	/** The CPU time that all its threads have used. */
	cpuSeconds(): Promise<number>;
	/** Tells it to stop and waits until it has; another can be started on its data folder. */
	end(): Promise<void>;
	/** The same, and removes its data folder. */
	stop(): Promise<void>;
}

/** As `npm start` has them. */
export const BROKER_FLAGS: readonly string[] = [
	'--max-semi-space-size=16',
	'--heap-growing-percent=100',
	'--v8-pool-size=1',
];
export const BROKER_ENVIRONMENT = { ...process.env, MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const WATCH = new URL('loop-watch.ts', import.meta.url).pathname;

/** Starts a broker with these settings (as config.ts names them in the environment), on a data folder that is there or its own. */
export async function startBroker(settings: Readonly<Record<string, string>>, known?: string): Promise<BrokerProcess> {
	const folder = known ?? (await mkdtemp(join(tmpdir(), 'computon-bench-')));
	// QEMU runs as another user.
	await chmod(folder, 0o711);
	const words = [...BROKER_FLAGS, '--import', WATCH, MAIN, 'serve', '--json', '--port', '0', '--data', folder];
	const child = spawn(process.execPath, words, {
		stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
		env: { ...BROKER_ENVIRONMENT, ...settings },
		// What interrupts the bench at a terminal must not end the broker before the bench has cleaned up.
		detached: true,
	});
	const ended = once(child, 'exit');
	const log: string[] = [];
	createInterface({ input: child.stderr! }).on('line', (line) => log.push(line));
	const end = async () => {
		child.kill('SIGTERM');
		await ended;
	};
	const stop = async () => {
		await end();
		await rm(folder, { recursive: true, force: true });
	};
	const first = await Promise.race([
		once(createInterface({ input: child.stdout! }), 'line'),
		ended.then(() => undefined),
	]);
	if (first === undefined) {
		await stop();
		throw new Error(`The broker did not start:\n${log.join('\n')}`);
	}
	const { listening: url } = JSON.parse(first[0]) as { listening: string };
	const token = (await readFile(join(folder, 'admin-token'), 'utf8')).trim();
	const watch = async () => {
		const told = once(child, 'message');
		child.send('watch');
		return (await told)[0] as LoopWatch;
	};
	const cpuSeconds = () => cpuSecondsOf(child.pid!);
	return { url, folder, token, admin: new ComputonClient({ url, token }), watch, cpuSeconds, end, stop };
}

/** proc(5): the 14th and 15th field of stat, in hundredths of a second; counted behind the name, which may have blanks. */
async function cpuSecondsOf(pid: number): Promise<number> {
	const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** An image for a simulated site, which boots nothing: any bytes will do. */
export async function addImage({ admin, folder }: BrokerProcess): Promise<{ name: string; digest: string }> {
	const files = { kernel: join(folder, 'kernel'), initramfs: join(folder, 'initramfs') };
	await writeFile(files.kernel, 'a kernel');
	await writeFile(files.initramfs, 'an initramfs');
	return admin.addImage({ name: 'guest', ...files });
}
