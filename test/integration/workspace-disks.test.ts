/** Disk images, with the real qemu-img: what is taken, what is refused, and what machines write to. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MachineFiles } from '../../src/workspace/hypervisor/machine-files.ts';
import { type ImageFiles, ImageStore } from '../../src/workspace/images/images.ts';
import { machineUuid } from '../../src/workspace/machine-names.ts';
import { CONSOLE_BYTES_MAX, type MachineSpec } from '../../src/workspace/site.ts';
import { HOST, MIB, openLibvirtBench, WITHOUT_LIBVIRT } from './workspace-bench.ts';

const run = promisify(execFile);
const NOW = 1_795_336_473;

describe.skipIf(WITHOUT_LIBVIRT)('disks', () => {
	let folder: string;
	let store: ImageStore;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'computon-disks-'));
		store = await ImageStore.open(join(folder, 'images'));
	});
	afterEach(() => rm(folder, { recursive: true }));

	const at = (name: string) => join(folder, name);
	const make = (name: string, ...more: readonly string[]) =>
		run('qemu-img', ['create', '-q', '-f', 'qcow2', ...more, at(name), '32M']);
	const inspect = async (path: string) =>
		JSON.parse((await run('qemu-img', ['info', '--output=json', path])).stdout) as Record<string, unknown>;
	/** Of a disk that a machine has open. */
	const inspectInUse = async (path: string) =>
		JSON.parse((await run('qemu-img', ['info', '-U', '--output=json', path])).stdout) as Record<string, unknown>;

	test('a qcow2 disk is kept under the digest of its file, with its virtual size', async () => {
		await make('a.qcow2');
		const digest = `sha256:${createHash('sha256')
			.update(await readFile(at('a.qcow2')))
			.digest('hex')}`;
		const outcome = await store.add({ kind: 'disk', path: at('a.qcow2') }, 'a', NOW, digest);
		expect(outcome).toMatchObject({ kind: 'added', image: { digest, kind: 'disk', diskBytes: 32 * MIB } });
	});

	test.each([
		['a disk with a backing file', ['-b', '/etc/passwd', '-F', 'raw', '-u'], 'DISK_DEPENDENT'],
		['a disk with a data file', ['-o', 'data_file=DATA'], 'DISK_DEPENDENT'],
	] as const)('%s is refused: it would read files of the host', async (_, options, code) => {
		await make('a.qcow2', ...options.map((word) => word.replace('DATA', at('data.raw'))));
		const outcome = await store.add({ kind: 'disk', path: at('a.qcow2') }, 'a', NOW);
		expect(outcome).toMatchObject({ kind: 'refused', refusal: { code } });
	});

	test('an encrypted disk is refused', async () => {
		const secret = ['--object', 'secret,id=s,data=geheim'];
		await make('a.qcow2', ...secret, '-o', 'encrypt.format=aes,encrypt.key-secret=s');
		const outcome = await store.add({ kind: 'disk', path: at('a.qcow2') }, 'a', NOW);
		expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'DISK_ENCRYPTED' } });
	});

	test('a file that only begins like a disk is refused with what qemu-img says of it', async () => {
		await writeFile(at('a.qcow2'), Buffer.from('QFI\xfb and nothing more of a header than this', 'latin1'));
		const outcome = await store.add({ kind: 'disk', path: at('a.qcow2') }, 'a', NOW);
		expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'NOT_QCOW2' } });
	});

	const spec = (diskBytes: number): MachineSpec => ({
		installationId: 'i',
		workspaceId: 'w',
		index: 0,
		revision: 1,
		host: HOST,
		cpuCount: 1,
		cpuSharePercent: 100,
		memoryBytes: 128 * MIB,
		diskBytes,
		networkBitsPerSecond: 0,
		imageDigest: '',
	});

	async function diskImage(): Promise<ImageFiles> {
		await make('a.qcow2');
		const outcome = await store.add({ kind: 'disk', path: at('a.qcow2') }, 'a', NOW);
		if (outcome.kind === 'refused') return expect.fail(outcome.refusal.message);
		return store.files(outcome.image.digest);
	}

	test('a machine writes to an overlay of the size agreed, which keeps its content and only ever grows', async () => {
		const image = await diskImage();
		const files = new MachineFiles(folder, 'machine');
		const { diskPath } = await files.prepare(spec(64 * MIB), image);
		const made = await inspect(diskPath!);
		expect(made['virtual-size']).toBe(64 * MIB);
		expect(made['full-backing-filename']).toBe(image.kind === 'disk' ? image.diskPath : '');
		await run('qemu-io', ['-c', 'write -P 7 0 4k', diskPath!]);
		await files.prepare(spec(96 * MIB), image);
		await files.prepare(spec(48 * MIB), image);
		expect((await inspect(diskPath!))['virtual-size']).toBe(96 * MIB);
		expect((await run('qemu-io', ['-c', 'read -P 7 0 4k', diskPath!])).stdout).not.toContain('failed');
	});

	test('without a size of its own it has that of its image, and never less', async () => {
		const image = await diskImage();
		const { diskPath } = await new MachineFiles(folder, 'one').prepare(spec(0), image);
		expect((await inspect(diskPath!))['virtual-size']).toBe(32 * MIB);
		const tooSmall = new MachineFiles(folder, 'other').prepare(spec(16 * MIB), image);
		await expect(tooSmall).rejects.toMatchObject({ code: 'IMAGE_UNUSABLE' });
	});

	test('a machine of a kernel has an empty disk when one was agreed, else none', async () => {
		const kernel = { kind: 'kernel', kernelPath: '/k', initramfsPath: '/i', commandLine: '' } as const;
		expect((await new MachineFiles(folder, 'one').prepare(spec(0), kernel)).diskPath).toBeUndefined();
		const { diskPath } = await new MachineFiles(folder, 'other').prepare(spec(16 * MIB), kernel);
		expect(await inspect(diskPath!)).toMatchObject({ 'virtual-size': 16 * MIB });
		expect(await inspect(diskPath!)).not.toHaveProperty('backing-filename');
	});

	test('a machine of a disk image runs on its overlay, and the image stays as it was', async () => {
		const bench = await openLibvirtBench();
		try {
			await make('a.qcow2');
			const outcome = await bench.images.add({ kind: 'disk', path: at('a.qcow2') }, 'blank', NOW);
			if (outcome.kind === 'refused') return expect.fail(outcome.refusal.message);
			const { digest } = outcome.image;
			const spec = bench.newSpec({ imageDigest: digest, diskBytes: 64 * MIB });
			expect(await bench.site.ensure(spec)).toMatchObject({ started: true, pending: [] });
			const overlay = join(bench.folder, 'machines', machineUuid(spec), 'disk.qcow2');
			const image = await bench.images.files(digest);
			expect(await inspectInUse(overlay)).toMatchObject({
				'full-backing-filename': 'diskPath' in image && image.diskPath,
			});
			await bench.site.destroy(spec);
			const copy = 'diskPath' in image ? await readFile(image.diskPath) : Buffer.alloc(0);
			expect(`sha256:${createHash('sha256').update(copy).digest('hex')}`).toBe(digest);
		} finally {
			await bench.close();
		}
	});

	test('of a console the last is shown, older logs included, and nothing that steers a terminal', async () => {
		const kernel = { kind: 'kernel', kernelPath: '/k', initramfsPath: '/i', commandLine: '' } as const;
		const files = new MachineFiles(folder, 'machine');
		const { consolePath } = await files.prepare(spec(0), kernel);
		expect(await files.consoleTail()).toBe('');
		await writeFile(`${consolePath}.0`, 'older\n'.repeat(10_000));
		await writeFile(consolePath, '\x1b[2Jnew\r\n\tline\x07\n');
		const tail = await files.consoleTail();
		expect(tail).toMatch(/older\n\[2Jnew\n\tline\n$/);
		expect(tail.length).toBeLessThanOrEqual(CONSOLE_BYTES_MAX);
		await writeFile(consolePath, Buffer.alloc(9 << 20, 'x'));
		expect(await files.consoleTail()).toBe('x'.repeat(CONSOLE_BYTES_MAX));
		expect(await readFile(consolePath, 'utf8')).toBe('');
	});

	test('files that are not there are no failure', async () => {
		const files = new MachineFiles(folder, 'never-made');
		expect(await files.consoleTail()).toBe('');
		await files.remove();
	});
});
