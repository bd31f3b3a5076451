/** Whether machines can be accelerated is found out by booting a guest, once, and remembered with what it depends on. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unixSocket } from '../../src/libvirt/client.ts';
import { findAcceleration } from '../../src/workspace/hypervisor/acceleration.ts';
import { findAccelerationOnce } from './acceleration.ts';
import { WITHOUT_LIBVIRT } from './workspace-bench.ts';

const run = promisify(execFile);
const virsh = async (...args: readonly string[]) =>
	(await run('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout;

describe.skipIf(WITHOUT_LIBVIRT)('acceleration', () => {
	let dataFolder: string;
	let said: string[];
	const log = (line: string) => said.push(line);
	const memory = () => join(dataFolder, 'acceleration.json');

	beforeEach(async () => {
		dataFolder = await mkdtemp(join(tmpdir(), 'computon-test-'));
		await chmod(dataFolder, 0o711);
		said = [];
		await run('sh', [join(import.meta.dirname, '../../scripts/build-guest')]);
	});
	afterEach(() => rm(dataFolder, { recursive: true }));

	/** The domains with a file in the data folder: others may try a guest just now. */
	async function domainsHere(): Promise<string[]> {
		const uuids = (await virsh('list', '--all', '--uuid')).split('\n').filter((uuid) => uuid !== '');
		// One of others may be gone by now.
		const described = await Promise.all(uuids.map((uuid) => virsh('dumpxml', uuid).catch(() => '')));
		return described.filter((xml) => xml.includes(dataFolder));
	}

	test('is found out once, said in one line, and leaves nothing but the memory of it', async () => {
		const found = await findAcceleration({ dataFolder, log });
		expect(['kvm', 'qemu']).toContain(found);
		expect(said).toEqual([expect.stringMatching(found === 'kvm' ? /KVM/ : /software emulation/)]);
		expect(await readdir(dataFolder)).toEqual(['acceleration.json']);
		expect(await domainsHere()).toEqual([]);
		expect(await findAcceleration({ dataFolder, log })).toBe(found);
		expect(said).toHaveLength(1);
	});

	test('is asked again when something changed that it depends on, or when its memory is damaged', async () => {
		await findAccelerationOnce(dataFolder);
		const remembered = await readFile(memory(), 'utf8');
		await writeFile(memory(), remembered.replace(/"kernelRelease": "[^"]*"/, '"kernelRelease": "2.6.18"'));
		await findAcceleration({ dataFolder, log });
		expect(said).toHaveLength(1);
		expect(await readFile(memory(), 'utf8')).toBe(remembered);
		await writeFile(memory(), 'half a mem');
		await findAcceleration({ dataFolder, log });
		expect(said).toHaveLength(2);
	});

	test('without a guest to try it with it is not used, that is said, and nothing is remembered', async () => {
		expect(await findAcceleration({ dataFolder, log, guestFolders: [] })).toBe('qemu');
		expect(said).toEqual([
			expect.stringMatching(existsSync('/dev/kvm') ? /No guest to try \/dev\/kvm with/ : /there is no \/dev\/kvm/),
		]);
		if (existsSync('/dev/kvm')) expect(await readdir(dataFolder)).toEqual([]);
	});

	test('a libvirt that is not there is said to be unreachable', async () => {
		const transport = unixSocket(join(dataFolder, 'no-such-socket'));
		await expect(findAcceleration({ dataFolder, log, transport })).rejects.toMatchObject({
			code: 'HYPERVISOR_UNREACHABLE',
		});
	});
});
