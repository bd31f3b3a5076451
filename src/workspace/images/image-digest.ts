/**
 * Digests of images: computed over exactly the bytes that are stored.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** Copies a file and makes the copy read-only and durable. Returns SHA-256 of what was copied, in hexadecimal. */
export async function copyVerified(from: string, to: string): Promise<string> {
	const hash = createHash('sha256');
	const copy = await open(to, 'wx', 0o444);
	try {
		for await (const chunk of createReadStream(from, { highWaterMark: CHUNK_BYTES })) {
			hash.update(chunk);
			await copy.writeFile(chunk);
		}
		// Whatever the umask says: the hypervisor's user reads it.
		await copy.chmod(0o444);
		await copy.sync();
	} finally {
		await copy.close();
	}
	return hash.digest('hex');
}

/**
 * The digest of a kernel with its initramfs and command line: SHA-256 over three lines, each ended by a line feed,
 *
 *     kernel <SHA-256 of its file>
 *     initramfs <SHA-256 of its file>
 *     command-line <text>
 *
 * so that a change of any of the three is another image. In a shell: `printf 'kernel %s\ninitramfs %s\ncommand-line %s\n'
 * "$k" "$i" "$c" | sha256sum`. Both digests are hexadecimal.
 */
export function pairDigest(kernel: string, initramfs: string, commandLine: string): string {
	const lines = `kernel ${kernel}\ninitramfs ${initramfs}\ncommand-line ${commandLine}\n`;
	return `sha256:${createHash('sha256').update(lines).digest('hex')}`;
}

/** Large enough that the disk and the hash decide the speed, not the event loop. */
const CHUNK_BYTES = 1 << 20;
