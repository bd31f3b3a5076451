/**
 * qemu-img: what a disk is, and the disks of machines. It runs as a process of its own with a deadline, because images
 * come from outside and have brought it to its knees before.
 */
import { execFile } from 'node:child_process';
import { open, rename } from 'node:fs/promises';
import { promisify } from 'node:util';
import { OperatingError } from '../../errors.ts';
import type { ImageRefusal } from './images.ts';

const run = promisify(execFile);

/** `info` and `create` read headers only: 20 ms. */
const DEADLINE_MS = 30_000;
const OUTPUT_BYTES_MAX = 1 << 20;

/** The largest virtual disk: no host here has room for one, and its bytes still count exactly. */
const DISK_BYTES_MAX = 2 ** 44;

const QCOW2_MAGIC = Buffer.from('QFI\xfb', 'latin1');

/** The virtual size of a qcow2 disk that stands alone; or why it is no such disk. */
export async function inspectDisk(path: string): Promise<{ readonly virtualBytes: number } | ImageRefusal> {
	if (!(await startsWith(path, QCOW2_MAGIC))) {
		return { code: 'NOT_QCOW2', message: 'The file is no qcow2 disk; `qemu-img convert -O qcow2` makes one.' };
	}
	let info: Record<string, unknown>;
	try {
		// The format is named, so that nothing is guessed from the content.
		info = JSON.parse(await qemuImg(['info', '--output=json', '-f', 'qcow2', path])) as Record<string, unknown>;
	} catch (error) {
		if (!(error instanceof OperatingError)) throw error;
		return { code: 'NOT_QCOW2', message: `qemu-img cannot read the disk. ${error.message}` };
	}
	return judge(info);
}

/**
 * Makes the disk of a machine: an overlay of its image, or an empty one. It appears under its name only when it is
 * complete, and one that is there already stays.
 */
export async function createDisk(path: string, bytes: number, imagePath?: string): Promise<void> {
	const partial = `${path}.partial`;
	const backing = imagePath === undefined ? [] : ['-b', imagePath, '-F', 'qcow2'];
	await qemuImg(['create', '-q', '-f', 'qcow2', ...backing, partial, String(bytes)]);
	await rename(partial, path);
}

/** Makes the disk of a machine that is off larger. */
export async function growDisk(path: string, bytes: number): Promise<void> {
	await qemuImg(['resize', '-q', '-f', 'qcow2', path, String(bytes)]);
}

/** The virtual size of a disk that this project made. */
export async function diskSize(path: string): Promise<number> {
	// `-U`: the machine may have it open.
	const info = JSON.parse(await qemuImg(['info', '--output=json', '-U', '-f', 'qcow2', path]));
	return info['virtual-size'] as number;
}

function judge(info: Readonly<Record<string, unknown>>): { readonly virtualBytes: number } | ImageRefusal {
	const specific = (info['format-specific'] as { data?: Record<string, unknown> } | undefined)?.data ?? {};
	const other = info['backing-filename'] ?? specific['data-file'];
	if (other !== undefined) {
		const message = 'The disk depends on another file; `qemu-img convert` makes one that stands alone.';
		return { code: 'DISK_DEPENDENT', message, found: String(other), allowed: 'no backing file, no data file' };
	}
	if (info.encrypted === true) {
		return { code: 'DISK_ENCRYPTED', message: 'The disk is encrypted, and nobody here has its key.' };
	}
	const virtualBytes = info['virtual-size'];
	if (typeof virtualBytes !== 'number' || !(virtualBytes <= DISK_BYTES_MAX)) {
		const message = 'The disk is larger than any machine can have it.';
		return { code: 'DISK_TOO_LARGE', message, found: String(virtualBytes), allowed: `at most ${DISK_BYTES_MAX} bytes` };
	}
	return { virtualBytes };
}

async function startsWith(path: string, magic: Buffer): Promise<boolean> {
	const file = await open(path);
	try {
		const { buffer, bytesRead } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0);
		return bytesRead === magic.length && buffer.equals(magic);
	} finally {
		await file.close();
	}
}

/** Throws MACHINE_FAILED with what qemu-img complained of. */
async function qemuImg(args: readonly string[]): Promise<string> {
	try {
		const options = { timeout: DEADLINE_MS, killSignal: 'SIGKILL', maxBuffer: OUTPUT_BYTES_MAX } as const;
		return (await run('qemu-img', args, options)).stdout;
	} catch (error) {
		const { stderr, code } = error as { stderr?: string; code?: unknown };
		const complaint = stderr?.trim() || (code === 'ENOENT' ? 'qemu-img is not installed' : String(error));
		throw new OperatingError('MACHINE_FAILED', `qemu-img ${args[0]}: ${complaint}`, { cause: error });
	}
}
