/**
 * A slurmctld of its own for the bench: in a private folder and a network namespace in which there is nothing but the
 * loopback device, so that it neither disturbs a Slurm of this machine nor can be reached from anywhere.
 */
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** What the client says of a load; see client.c. */
export interface SlurmLoad {
	readonly ok: number;
	readonly failed: number;
	readonly seconds: number;
	readonly p50Ms: number;
	readonly p99Ms: number;
	readonly meanDelaySeconds: number;
	readonly error: string;
}

export interface Controller {
	readonly version: string;
	/** Runs the client with these words. */
	ask(...words: readonly (string | number)[]): Promise<SlurmLoad>;
	stop(): Promise<void>;
}

const run = promisify(execFile);
const PACKAGES = 'slurmctld slurm-client libslurm-dev munge gcc libc6-dev iproute2';
const PROGRAMS = ['slurmctld', 'munged', 'gcc', 'unshare', 'nsenter', 'ip'];
const START_MS_MAX = 30_000;
const CLIENT_MS_MAX = 600_000;

/** What is missing for the bench, as a sentence that says what to do; undefined where nothing is. */
export async function missingForSlurm(): Promise<string | undefined> {
	if (process.getuid?.() !== 0) return 'The bench makes a network namespace for slurmctld, which needs root.';
	const missing = [];
	for (const program of PROGRAMS) if (!(await isOnPath(program))) missing.push(program);
	if (!(await exists('/usr/include/slurm/slurm.h'))) missing.push('slurm/slurm.h');
	if (missing.length === 0) return undefined;
	return `Not here: ${missing.join(', ')}. On Debian: apt-get install --no-install-recommends ${PACKAGES}`;
}

/** Starts a controller of so many nodes with 32 CPUs and 128 GiB each; `beginAt` is the first minute of all windows. */
export async function startController(nodes: number, beginAt: number): Promise<Controller> {
	const folder = await mkdtemp(join(tmpdir(), 'computon-slurm-'));
	const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
	const stop = async () => {
		for (const each of stops.splice(0).reverse()) await each();
	};
	try {
		await chmod(folder, 0o755);
		for (const name of ['state', 'munge']) await mkdir(join(folder, name), { mode: 0o755 });
		await writeFile(join(folder, 'slurm.conf'), configuration(folder, nodes));
		await writeFile(join(folder, 'munge', 'key'), randomBytes(1024), { mode: 0o600 });
		const source = new URL('client.c', import.meta.url).pathname;
		await run('gcc', ['-O2', '-Wall', '-Wno-stringop-truncation', '-o', join(folder, 'client'), source, '-lslurm']);
		stops.push(await startMunge(join(folder, 'munge')));
		const { pid, end } = await startSlurmctld(folder);
		stops.push(end);
		const env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf'), BENCH_BEGIN_AT: String(beginAt) };
		const ask = async (...words: readonly (string | number)[]): Promise<SlurmLoad> => {
			const inside = ['-n', '-t', String(pid), join(folder, 'client'), ...words.map(String)];
			const { stdout } = await run('nsenter', inside, { env, timeout: CLIENT_MS_MAX });
			return JSON.parse(stdout) as SlurmLoad;
		};
		const { stdout } = await run('slurmctld', ['-V']);
		return { version: stdout.trim(), ask, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

function configuration(folder: string, nodes: number): string {
	return `ClusterName=bench
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/munge/socket
StateSaveLocation=${folder}/state
SlurmctldPidFile=${folder}/slurmctld.pid
SlurmctldLogFile=${folder}/slurmctld.log
SlurmctldDebug=error
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SuspendProgram=/bin/true
ResumeProgram=/bin/true
SuspendTime=INFINITE
ResumeTimeout=600
SlurmdTimeout=0
ReturnToService=2
NodeName=n[1-${nodes}] NodeAddr=127.0.0.1 CPUs=32 Sockets=1 CoresPerSocket=32 ThreadsPerCore=1 RealMemory=131072 State=CLOUD
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`;
}

async function startMunge(folder: string): Promise<() => Promise<void>> {
	const file = (name: string) => join(folder, name);
	const options = ['--foreground', '--force', '--num-threads=2', `--socket=${file('socket')}`];
	options.push(`--key-file=${file('key')}`, `--pid-file=${file('pid')}`, `--seed-file=${file('seed')}`);
	return started(spawn('munged', [...options, `--log-file=${file('log')}`], { stdio: 'ignore' }), () =>
		exists(file('socket')),
	);
}

/** In its namespace one address besides 127.0.0.1 is needed: glibc resolves no names where there is none. */
const NAMESPACE = 'ip link set lo up && ip address add 10.99.0.1/32 dev lo && exec slurmctld -D -f "$0"';

async function startSlurmctld(folder: string): Promise<{ pid: number; end: () => Promise<void> }> {
	const child = spawn('unshare', ['-n', 'sh', '-c', NAMESPACE, join(folder, 'slurm.conf')], { stdio: 'ignore' });
	const end = await started(child, async () => {
		if (!(await exists(join(folder, 'slurmctld.pid')))) return false;
		const env = { ...process.env, SLURM_CONF: join(folder, 'slurm.conf') };
		return run('nsenter', ['-n', '-t', String(child.pid), 'scontrol', 'ping'], { env }).then(
			({ stdout }) => / is UP/.test(stdout),
			() => false,
		);
	});
	return { pid: child.pid!, end };
}

/** Waits until the program is of use; returns how it is ended. Throws where it ends by itself or takes too long. */
async function started(child: ReturnType<typeof spawn>, isReady: () => Promise<boolean>): Promise<() => Promise<void>> {
	const ended = once(child, 'exit');
	const end = async () => {
		child.kill('SIGTERM');
		await ended;
	};
	const deadline = Date.now() + START_MS_MAX;
	while (!(await isReady())) {
		if (child.exitCode !== null || Date.now() > deadline) {
			if (child.exitCode === null) await end();
			throw new Error(`${child.spawnfile} did not start.`);
		}
		await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 50))]);
	}
	return end;
}

async function isOnPath(program: string): Promise<boolean> {
	const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
	for (const folder of folders) if (await exists(join(folder, program))) return true;
	return false;
}

function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}
