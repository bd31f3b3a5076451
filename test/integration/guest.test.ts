/**
 * The demo's guest, started by QEMU alone: what it says of its machine is what the machine is, also after it grew. That
 * it says so truthfully is what the limits of other tests are proved with.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const SCRIPTS = join(import.meta.dirname, '../../scripts');
const MIB_IN_KIB = 1024;
/** The guest reports 2 to 4 s after the start under software emulation; the rest is for a machine with other work. */
const BOOT_DEADLINE_MS = 60_000;
/** Of /proc/PID/stat, on every Linux that there is. */
const CLOCK_TICKS_A_SECOND = 100;

interface GuestImage {
	readonly kernel: { readonly path: string; readonly sha256: string; readonly bytes: number };
	readonly initramfs: { readonly path: string; readonly sha256: string; readonly bytes: number };
	readonly kernelVersion: string;
	readonly commandLine: string;
}

interface Report {
	readonly boot: string;
	readonly cpus: number;
	readonly memTotalKiB: number;
	readonly physicalKiB: number;
}

const withoutLibvirt = (process.env.COMPUTON_WITHOUT ?? '').split(',').includes('libvirt');

describe.skipIf(withoutLibvirt)('the demo guest', () => {
	let folder: string;
	let image: GuestImage;
	let machine: Machine | undefined;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'computon-guest-'));
		await run('sh', [join(SCRIPTS, 'build-guest')]);
		image = await describedIn(defaultFolder());
	});
	afterEach(async () => {
		await machine?.stop();
		machine = undefined;
	});
	afterAll(() => rm(folder, { recursive: true, force: true }));

	test('is described with the digests and sizes of its files', async () => {
		for (const file of [image.kernel, image.initramfs]) {
			const [digest] = (await run('sha256sum', [file.path])).stdout.split(' ');
			expect(digest).toBe(file.sha256);
			expect((await stat(file.path)).size).toBe(file.bytes);
		}
		expect(image.kernelVersion).toMatch(/^\d+\.\d+/);
	});

	test('is built again when its init changed, with the kernel that is there, and not otherwise', async () => {
		const scripts = join(folder, 'scripts');
		const cache = join(folder, 'cache');
		await cp(SCRIPTS, scripts, { recursive: true });
		await mkdir(cache);
		const kernel = (await readdir(defaultFolder())).find((name) => name.startsWith('kernel-'));
		await cp(join(defaultFolder(), kernel!), join(cache, kernel!), { recursive: true });
		const build = () => run('sh', [join(scripts, 'build-guest'), cache]);

		expect((await build()).stdout).toMatch(/building/);
		const first = await describedIn(cache);
		expect(first.kernel.sha256).toBe(image.kernel.sha256);
		expect((await build()).stdout).toBe('');
		await copyFile(join(scripts, 'prepare'), join(scripts, 'guest/init'));
		expect((await build()).stdout).toMatch(/building/);
		expect((await describedIn(cache)).initramfs.sha256).not.toBe(first.initramfs.sha256);
	});

	test('reports exactly the memory and the CPUs that it was given', async () => {
		machine = start(image, { memory: '300', cpus: '2' });
		const report = await machine.says<Report>('COMPUTON-GUEST');
		expect(report).toMatchObject({ cpus: 2, physicalKiB: 300 * MIB_IN_KIB });
		expect(report.memTotalKiB).toBeLessThan(report.physicalKiB);
	});

	test('sees memory and a CPU that are added while it runs, in the same boot, and gives memory back', async () => {
		const memory = '256,maxmem=1G';
		machine = start(image, { memory, cpus: '1,maxcpus=2', devices: [VIRTIO_MEM_BACKEND, VIRTIO_MEM] });
		const first = await machine.says<Report>('COMPUTON-GUEST');
		expect(first).toMatchObject({ cpus: 1, physicalKiB: 256 * MIB_IN_KIB });

		machine.monitor('qom-set /machine/peripheral/more requested-size 100M');
		await machine.says<Report>('COMPUTON-GUEST', sees(first, { cpus: 1, physicalKiB: 356 * MIB_IN_KIB }));
		machine.monitor('device_add qemu64-x86_64-cpu,id=cpu1,socket-id=0,core-id=1,thread-id=0');
		await machine.says<Report>('COMPUTON-GUEST', sees(first, { cpus: 2, physicalKiB: 356 * MIB_IN_KIB }));
		machine.monitor('qom-set /machine/peripheral/more requested-size 4M');
		await machine.says<Report>('COMPUTON-GUEST', sees(first, { cpus: 2, physicalKiB: 260 * MIB_IN_KIB }));
	});

	test('lives when it fills all of its memory', async () => {
		machine = start(image, { memory: '160', options: 'computon.fill=all' });
		const { memTotalKiB } = await machine.says<Report>('COMPUTON-GUEST');
		const { filledMiB, freeKiB } = await machine.says<{ filledMiB: number; freeKiB: number }>('COMPUTON-FILLED');
		expect(freeKiB).toBeLessThan(16 * MIB_IN_KIB);
		expect(filledMiB * MIB_IN_KIB).toBeGreaterThan(memTotalKiB * 0.6);
		await machine.says<{ filledMiB: number }>('COMPUTON-TICK', (tick) => tick.filledMiB === filledMiB);
	});

	test('uses all the CPU it can get when it is told to, and powers off at the power button all the same', async () => {
		machine = start(image, { memory: '128', options: 'computon.burn=auto' });
		await machine.says<Report>('COMPUTON-GUEST');
		const before = await machine.cpuSeconds();
		await machine.says('COMPUTON-TICK');
		await machine.says('COMPUTON-TICK');
		// Two ticks are two seconds apart. An idle guest takes 2 % of a CPU.
		expect((await machine.cpuSeconds()) - before).toBeGreaterThan(0.5);
		machine.monitor('system_powerdown');
		await machine.says('COMPUTON-POWEROFF');
		await machine.ended;
	});
});

interface MachineOptions {
	/** QEMU's -m and -smp. */
	readonly memory: string;
	readonly cpus?: string;
	readonly options?: string;
	readonly devices?: readonly (readonly string[])[];
}

interface Machine {
	/** The next line of this kind that is as wanted, and that nobody waited for before. Fails at the deadline. */
	says<T>(kind: string, wanted?: (said: T) => boolean): Promise<T>;
	/** Sends a command to QEMU's monitor. */
	monitor(command: string): void;
	cpuSeconds(): Promise<number>;
	readonly ended: Promise<unknown>;
	stop(): Promise<void>;
}

const VIRTIO_MEM_BACKEND = ['-object', 'memory-backend-ram,id=room,size=512M'];
const VIRTIO_MEM = ['-device', 'virtio-mem-pci,id=more,memdev=room,block-size=2M,requested-size=0'];

/** QEMU with its monitor on standard input and the guest's console on descriptor 3. */
function start(image: GuestImage, { memory, cpus = '1', options = '', devices = [] }: MachineOptions): Machine {
	const qemu = spawn(
		'qemu-system-x86_64',
		[
			...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-accel', 'tcg'],
			...['-m', memory, '-smp', cpus, ...devices.flat(), '-monitor', 'stdio'],
			...['-chardev', 'socket,id=console,fd=3', '-serial', 'chardev:console'],
			...['-kernel', image.kernel.path, '-initrd', image.initramfs.path],
			...['-append', `${image.commandLine} ${options}`],
		],
		{ stdio: ['pipe', 'ignore', 'inherit', 'pipe'] },
	);
	const ended = once(qemu, 'exit');
	const lines = createInterface({ input: qemu.stdio[3] as Readable })[Symbol.asyncIterator]();
	const heard: string[] = [];

	const nextLine = async (kind: string, deadline: Promise<never>) => {
		const line = await Promise.race([lines.next(), deadline]);
		if (line.done) throw new Error(`The machine ended before it said ${kind}; it said:\n${heard.join('\n')}`);
		heard.push(line.value);
		return line.value;
	};
	return {
		async says<T>(kind: string, wanted: (said: T) => boolean = () => true) {
			const deadline = Promise.withResolvers<never>();
			const late = () => deadline.reject(new Error(`No ${kind} as wanted; it said:\n${heard.join('\n')}`));
			const timer = setTimeout(late, BOOT_DEADLINE_MS);
			try {
				for (;;) {
					const line = await nextLine(kind, deadline.promise);
					const said = line.startsWith(`${kind} `) ? (JSON.parse(line.slice(kind.length)) as T) : undefined;
					if (said !== undefined && wanted(said)) return said;
				}
			} finally {
				clearTimeout(timer);
			}
		},
		monitor: (command) => qemu.stdin?.write(`${command}\n`),
		async cpuSeconds() {
			const fields = (await readFile(`/proc/${qemu.pid}/stat`, 'utf8')).split(') ')[1]!.split(' ');
			return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_A_SECOND;
		},
		ended,
		async stop() {
			qemu.kill('SIGKILL');
			await ended;
		},
	};
}

function sees(first: Report, wanted: Pick<Report, 'cpus' | 'physicalKiB'>): (report: Report) => boolean {
	return ({ boot, cpus, physicalKiB }) => {
		expect(boot).toBe(first.boot);
		return cpus === wanted.cpus && physicalKiB === wanted.physicalKiB;
	};
}

async function describedIn(folder: string): Promise<GuestImage> {
	return JSON.parse(await readFile(join(folder, 'guest.json'), 'utf8')) as GuestImage;
}

/** Where scripts/build-guest puts what it builds when nobody says where. */
function defaultFolder(): string {
	const cache = process.getuid?.() === 0 ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'));
	return join(cache, 'computon/guest');
}
