/**
 * The files of one machine: its disk, its console log. One folder a machine, named by its UUID, so that whatever a crash
 * leaves is found again.
 */
import { open, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatingError } from '../../errors.ts';
import { makePassableFolder } from '../folders.ts';
import type { ImageFiles } from '../images/images.ts';
import { createDisk, diskSize, growDisk } from '../images/qemu-img.ts';
import { CONSOLE_BYTES_MAX, type MachineSpec } from '../site.ts';
import type { DomainFiles } from './domain-xml.ts';

/**
 * A console log beyond this is emptied. virtlogd, which starts a new file every 2 MiB, never lets it come so far; where
 * libvirt is configured without it nothing else bounds what a guest writes.
 */
const CONSOLE_FILE_BYTES_MAX = 8 << 20;

/** How virtlogd names the file before the present one. */
const ROTATED_SUFFIX = '.0';

export class MachineFiles {
	readonly #folder: string;

	constructor(machinesFolder: string, uuid: string) {
		this.#folder = join(machinesFolder, uuid);
	}

	/**
	 * Makes what the machine needs for a boot and is not there yet; a disk that is there keeps what is on it and grows
	 * where the spec wants more. Throws IMAGE_UNUSABLE where the disk agreed cannot hold the image.
	 */
	async prepare(spec: MachineSpec, image: ImageFiles): Promise<DomainFiles> {
		await makePassableFolder(this.#folder);
		// Made by us, so that we may read it.
		await (await open(this.#consolePath, 'a', 0o600)).close();
		const diskPath = await this.#prepareDisk(spec, image);
		return {
			consolePath: this.#consolePath,
			...(diskPath === undefined ? {} : { diskPath }),
			...(image.kind === 'kernel' ? { kernel: image } : {}),
		};
	}

	/** The last of what the guest wrote, as text without control characters but line feeds and tabs. */
	async consoleTail(): Promise<string> {
		try {
			const { size } = await stat(this.#consolePath);
			const recent = await readEnd(this.#consolePath, CONSOLE_BYTES_MAX);
			const missing = CONSOLE_BYTES_MAX - recent.length;
			const older = missing > 0 ? await readEnd(`${this.#consolePath}${ROTATED_SUFFIX}`, missing) : NOTHING;
			if (size > CONSOLE_FILE_BYTES_MAX) await truncate(this.#consolePath);
			return asText(Buffer.concat([older, recent]));
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === 'ENOENT') return '';
			if (code === 'EACCES') return '(virtlogd has begun a new console log, which only root may read)\n';
			throw error;
		}
	}

	async remove(): Promise<void> {
		await rm(this.#folder, { recursive: true, force: true });
	}

	get #consolePath(): string {
		return join(this.#folder, 'console.log');
	}

	async #prepareDisk({ diskBytes }: MachineSpec, image: ImageFiles): Promise<string | undefined> {
		const least = image.kind === 'disk' ? image.diskBytes : 0;
		const wanted = diskBytes === 0 ? least : diskBytes;
		if (wanted === 0) return undefined;
		if (wanted < least) {
			throw new OperatingError('IMAGE_UNUSABLE', `It needs a disk of ${least} bytes; ${wanted} were agreed.`);
		}
		const path = join(this.#folder, 'disk.qcow2');
		const found = await sizeOf(path);
		if (found === undefined) await createDisk(path, wanted, image.kind === 'disk' ? image.diskPath : undefined);
		else if (found < wanted) await growDisk(path, wanted);
		return path;
	}
}

const NOTHING = Buffer.alloc(0);

async function sizeOf(path: string): Promise<number | undefined> {
	try {
		await stat(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
		throw error;
	}
	return diskSize(path);
}

/** At most `bytes` from the end of the file; nothing where there is none. */
async function readEnd(path: string, bytes: number): Promise<Buffer> {
	try {
		const file = await open(path);
		try {
			const { size } = await file.stat();
			const length = Math.min(size, bytes);
			const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
			return buffer.subarray(0, bytesRead);
		} finally {
			await file.close();
		}
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NOTHING;
		throw error;
	}
}

/** A guest writes what it likes; whoever shows it on a terminal must not be steered by it. */
function asText(bytes: Buffer): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
	return bytes.toString('utf8').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
