/**
 * Whether this machine accelerates guests, found out once for all tests that stand on real ones: where KVM is there and
 * nothing boots with it, that takes 20 s of a whole processor. Whoever is given the answer is given the facts that it was
 * found with as well, and asks again where those are others.
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Acceleration, findAcceleration } from '../../src/workspace/hypervisor/acceleration.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const MEMORY = 'acceleration.json';
const KNOWN = join(ROOT, 'node_modules/.cache/computon', MEMORY);

/** Finds it out unless it is known, and has it remembered in these data folders. */
export async function findAccelerationOnce(...dataFolders: readonly string[]): Promise<Acceleration> {
	const folder = await mkdtemp(join(tmpdir(), 'computon-test-'));
	try {
		// QEMU runs as another user.
		await chmod(folder, 0o711);
		const memory = join(folder, MEMORY);
		await mkdir(dirname(KNOWN), { recursive: true });
		await copyFile(KNOWN, memory).catch(() => {});
		await run('sh', [join(ROOT, 'scripts/build-guest')]);
		const acceleration = await findAcceleration({ dataFolder: folder, log: () => {} });
		await copyFile(memory, `${KNOWN}.${process.pid}`);
		await rename(`${KNOWN}.${process.pid}`, KNOWN);
		for (const each of dataFolders) {
			await mkdir(each, { recursive: true });
			await copyFile(memory, join(each, MEMORY));
		}
		return acceleration;
	} finally {
		await rm(folder, { recursive: true });
	}
}
