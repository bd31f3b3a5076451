/**
 * The images that machines boot from: a qcow2 disk, or a kernel with its initramfs. Each lies under its digest, is
 * copied and verified once and never written again; machines write to overlays of their own.
 *
 *     images/<64 hexadecimal digits>/   image.json   disk.qcow2 | kernel, initramfs
 */
import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatingError } from '../../errors.ts';
import { makePassableFolder } from '../folders.ts';
import { Turns } from '../turns.ts';
import { copyVerified, pairDigest } from './image-digest.ts';
import { inspectDisk } from './qemu-img.ts';

/** `sha256:` and 64 hexadecimal digits, in lower case. */
const DIGEST = /^sha256:([0-9a-f]{64})$/;

/** Linux takes 2,048 bytes on x86, the terminating zero included. */
const COMMAND_LINE_BYTES_MAX = 2047;
const COMMAND_LINE = /^[\x20-\x7e]*$/;

/** What to add. The command line is the whole of what the kernel gets; without `console=ttyS0` the console stays empty. */
export type ImageSource =
	| { readonly kind: 'disk'; readonly path: string }
	| {
			readonly kind: 'kernel';
			readonly kernelPath: string;
			readonly initramfsPath: string;
			readonly commandLine?: string;
	  };

export interface StoredImage {
	/** Of the disk: SHA-256 of its file. Of a pair: see `pairDigest`. */
	readonly digest: string;
	readonly name: string;
	readonly kind: ImageSource['kind'];
	/** The virtual size of the disk, which no machine's disk may fall below; 0 for a kernel. */
	readonly diskBytes: number;
	/** The kernel's own arguments; '' for a disk. */
	readonly commandLine: string;
	/** Epoch seconds. */
	readonly addedAt: number;
}

/** Where the hypervisor finds an image. */
export type ImageFiles =
	| { readonly kind: 'disk'; readonly diskPath: string; readonly diskBytes: number }
	| {
			readonly kind: 'kernel';
			readonly kernelPath: string;
			readonly initramfsPath: string;
			readonly commandLine: string;
	  };

/** Why an image is not taken. */
export interface ImageRefusal {
	readonly code:
		| 'DIGEST_MISMATCH'
		| 'FILE_UNREADABLE'
		| 'NOT_QCOW2'
		| 'DISK_DEPENDENT'
		| 'DISK_ENCRYPTED'
		| 'DISK_TOO_LARGE'
		| 'COMMAND_LINE_UNUSABLE';
	readonly message: string;
	readonly found?: string;
	readonly allowed?: string;
}

export type AddOutcome =
	| { readonly kind: 'added' | 'present'; readonly image: StoredImage }
	| { readonly kind: 'refused'; readonly refusal: ImageRefusal };

export type RemoveOutcome =
	| { readonly kind: 'removed' | 'unknown' }
	| { readonly kind: 'used'; readonly usedBy: readonly string[] };

export class ImageStore {
	readonly #folder: string;
	/** By digest: an image is put in its place or taken out of it by one at a time. */
	readonly #turns = new Turns();

	/** Opens the store in this folder, makes it where it is missing, and clears what an interrupted `add` left. */
	static async open(folder: string): Promise<ImageStore> {
		await makePassableFolder(folder);
		for (const entry of await readdir(folder)) {
			if (entry.startsWith(INCOMING)) await rm(join(folder, entry), { recursive: true });
		}
		return new ImageStore(folder);
	}

	private constructor(folder: string) {
		this.#folder = folder;
	}

	/**
	 * Copies an image into the store; `digest` is what it is expected to be, verified over the bytes that were copied.
	 * A disk that names other files (a backing file, a data file) is refused: it would let a client read the host's.
	 */
	async add(source: ImageSource, name: string, now: number, digest?: string): Promise<AddOutcome> {
		const incoming = join(this.#folder, `${INCOMING}${randomUUID()}`);
		await makePassableFolder(incoming);
		try {
			const copied = await copyImage(source, incoming);
			if (!('digest' in copied)) return { kind: 'refused', refusal: copied };
			if (digest !== undefined && digest !== copied.digest) {
				return { kind: 'refused', refusal: mismatch(copied.digest, digest) };
			}
			const image: StoredImage = { ...copied, name, addedAt: now };
			await writeDurably(join(incoming, DESCRIPTION), `${JSON.stringify(image, undefined, '\t')}\n`);
			return await this.#turns.take(copied.digest, async () => {
				const present = await this.find(copied.digest);
				if (present !== undefined) return { kind: 'present', image: present };
				await rename(incoming, this.#folderOf(copied.digest));
				return { kind: 'added', image };
			});
		} finally {
			await rm(incoming, { recursive: true, force: true });
		}
	}

	/** Throws IMAGE_UNUSABLE when what is stored under the digest cannot be read. */
	async find(digest: string): Promise<StoredImage | undefined> {
		if (!DIGEST.test(digest)) return undefined;
		try {
			return JSON.parse(await readFile(join(this.#folderOf(digest), DESCRIPTION), 'utf8')) as StoredImage;
		} catch (error) {
			if (isMissing(error)) return undefined;
			throw new OperatingError('IMAGE_UNUSABLE', `${digest} cannot be read.`, { cause: error });
		}
	}

	/** Throws IMAGE_UNUSABLE when there is no such image. */
	async files(digest: string): Promise<ImageFiles> {
		const image = await this.find(digest);
		if (image === undefined) throw new OperatingError('IMAGE_UNUSABLE', `${digest} is not in the image store.`);
		const folder = this.#folderOf(digest);
		if (image.kind === 'disk') return { kind: 'disk', diskPath: join(folder, DISK), diskBytes: image.diskBytes };
		return {
			kind: 'kernel',
			kernelPath: join(folder, KERNEL),
			initramfsPath: join(folder, INITRAMFS),
			commandLine: image.commandLine,
		};
	}

	/** All images, by name. */
	async list(): Promise<readonly StoredImage[]> {
		const entries = (await readdir(this.#folder)).filter((entry) => DIGEST.test(`sha256:${entry}`));
		const images = await Promise.all(entries.map((entry) => this.find(`sha256:${entry}`)));
		return images.filter((image) => image !== undefined).sort((one, other) => (one.name < other.name ? -1 : 1));
	}

	/** Removes an image unless somebody uses it: the caller knows who. */
	remove(digest: string, usedBy: readonly string[]): Promise<RemoveOutcome> {
		return this.#turns.take(digest, async () => {
			if ((await this.find(digest)) === undefined) return { kind: 'unknown' };
			if (usedBy.length > 0) return { kind: 'used', usedBy };
			// Out of sight first, so that a crash leaves no half of an image under its digest.
			const outgoing = join(this.#folder, `${INCOMING}${randomUUID()}`);
			await rename(this.#folderOf(digest), outgoing);
			await rm(outgoing, { recursive: true });
			return { kind: 'removed' };
		});
	}

	#folderOf(digest: string): string {
		return join(this.#folder, digest.slice('sha256:'.length));
	}
}

const INCOMING = '.incoming-';
const DESCRIPTION = 'image.json';
const DISK = 'disk.qcow2';
const KERNEL = 'kernel';
const INITRAMFS = 'initramfs';

type Copied = Pick<StoredImage, 'digest' | 'kind' | 'diskBytes' | 'commandLine'>;

async function copyImage(source: ImageSource, folder: string): Promise<Copied | ImageRefusal> {
	try {
		return source.kind === 'disk' ? await copyDisk(source.path, folder) : await copyPair(source, folder);
	} catch (error) {
		const { code, path } = error as NodeJS.ErrnoException;
		// Of the files that were named; whatever else fails is the machinery.
		if (path === undefined || path.startsWith(folder)) throw error;
		return { code: 'FILE_UNREADABLE', message: `${path} cannot be read: ${code}.`, found: path };
	}
}

async function copyDisk(path: string, folder: string): Promise<Copied | ImageRefusal> {
	const copy = join(folder, DISK);
	const digest = await copyVerified(path, copy);
	// The copy is looked at, not the original, which might change meanwhile.
	const disk = await inspectDisk(copy);
	if ('code' in disk) return disk;
	return { digest: `sha256:${digest}`, kind: 'disk', diskBytes: disk.virtualBytes, commandLine: '' };
}

async function copyPair(source: ImageSource & { kind: 'kernel' }, folder: string): Promise<Copied | ImageRefusal> {
	const { kernelPath, initramfsPath, commandLine = '' } = source;
	if (!COMMAND_LINE.test(commandLine) || commandLine.length > COMMAND_LINE_BYTES_MAX) {
		return {
			code: 'COMMAND_LINE_UNUSABLE',
			message: 'The kernel command line cannot be passed on.',
			found: commandLine,
			allowed: `at most ${COMMAND_LINE_BYTES_MAX} printable ASCII characters`,
		};
	}
	const kernel = await copyVerified(kernelPath, join(folder, KERNEL));
	const initramfs = await copyVerified(initramfsPath, join(folder, INITRAMFS));
	return { digest: pairDigest(kernel, initramfs, commandLine), kind: 'kernel', diskBytes: 0, commandLine };
}

function mismatch(found: string, allowed: string): ImageRefusal {
	return { code: 'DIGEST_MISMATCH', message: 'The image is not what its digest says.', found, allowed };
}

async function writeDurably(path: string, text: string): Promise<void> {
	const file = await open(path, 'wx', 0o644);
	try {
		await file.writeFile(text);
		await file.sync();
	} finally {
		await file.close();
	}
}

function isMissing(error: unknown): boolean {
	return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
