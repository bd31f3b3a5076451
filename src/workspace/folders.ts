/**
 * Folders of files that the hypervisor uses. It runs as another user (libvirt-qemu on Debian), which has to pass through
 * them whatever the umask of the broker; nobody has to list them.
 */
import { chmod, mkdir } from 'node:fs/promises';

const PASSABLE = 0o711;

/** Makes the folder, and those above it that are missing, and lets others pass through it. */
export async function makePassableFolder(path: string): Promise<void> {
	await mkdir(path, { recursive: true, mode: PASSABLE });
	await chmod(path, PASSABLE);
}
