import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ImageChanges } from '../../src/workspace/images/image-changes.ts';
import { type ImageSource, ImageStore } from '../../src/workspace/images/images.ts';

const NOW = 1_795_336_473;

function sha256(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

describe('the image store', () => {
	let folder: string;
	let store: ImageStore;
	let pair: ImageSource & { kind: 'kernel' };

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'computon-images-'));
		store = await ImageStore.open(join(folder, 'images'));
		pair = { kind: 'kernel', kernelPath: join(folder, 'k'), initramfsPath: join(folder, 'i'), commandLine: 'quiet' };
		await writeFile(pair.kernelPath, 'kernel');
		await writeFile(pair.initramfsPath, 'initramfs');
	});
	afterEach(() => rm(folder, { recursive: true }));

	/** What sha256sum says of the three lines that are documented. */
	const digestOf = (commandLine: string) =>
		`sha256:${sha256(`kernel ${sha256('kernel')}\ninitramfs ${sha256('initramfs')}\ncommand-line ${commandLine}\n`)}`;

	test('keeps a kernel with its initramfs under the digest of both and the command line, read-only', async () => {
		const digest = digestOf('quiet');
		const image = { digest, name: 'demo', kind: 'kernel', diskBytes: 0, commandLine: 'quiet', addedAt: NOW };
		expect(await store.add(pair, 'demo', NOW, digest)).toEqual({ kind: 'added', image });
		const files = await store.files(digest);
		if (files.kind !== 'kernel') return expect.fail('a pair was added');
		expect(files.commandLine).toBe('quiet');
		expect(await readFile(files.kernelPath, 'utf8')).toBe('kernel');
		expect(await readFile(files.initramfsPath, 'utf8')).toBe('initramfs');
		for (const path of [files.kernelPath, files.initramfsPath]) expect((await stat(path)).mode & 0o777).toBe(0o444);
		expect(await store.list()).toEqual([image]);
	});

	test("the hypervisor's user can reach every file", async () => {
		await store.add(pair, 'demo', NOW);
		const images = join(folder, 'images');
		const [image] = await readdir(images);
		expect((await stat(images)).mode & 0o001).toBe(0o001);
		expect((await stat(join(images, image!))).mode & 0o001).toBe(0o001);
	});

	test('another command line is another image, the same pair again is the same', async () => {
		expect((await store.add(pair, 'one', NOW)).kind).toBe('added');
		expect(await store.add(pair, 'two', NOW + 1)).toMatchObject({ kind: 'present', image: { name: 'one' } });
		expect((await store.add({ ...pair, commandLine: '' }, 'three', NOW)).kind).toBe('added');
		expect(await store.list()).toHaveLength(2);
	});

	test.each([
		['a digest that is not that of the bytes', {}, `sha256:${'0'.repeat(64)}`, 'DIGEST_MISMATCH'],
		['a file that is not there', { initramfsPath: '/nowhere' }, undefined, 'FILE_UNREADABLE'],
		['a command line with a line feed', { commandLine: 'quiet\nrm' }, undefined, 'COMMAND_LINE_UNUSABLE'],
		['a command line that Linux would cut', { commandLine: 'x'.repeat(2048) }, undefined, 'COMMAND_LINE_UNUSABLE'],
	])('refuses %s, and keeps nothing of it', async (_, wanted, digest, code) => {
		const outcome = await store.add({ ...pair, ...wanted }, 'demo', NOW, digest);
		expect(outcome).toMatchObject({ kind: 'refused', refusal: { code } });
		expect(await readdir(join(folder, 'images'))).toEqual([]);
	});

	test('a file that is no qcow2 disk is not taken for one', async () => {
		const outcome = await store.add({ kind: 'disk', path: pair.kernelPath }, 'demo', NOW);
		expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'NOT_QCOW2' } });
	});

	test('is in step with its catalogue, however adding and removing the same image come together', async () => {
		const changes = new ImageChanges(store);
		const catalogue = new Set<string>();
		const digest = digestOf('quiet');
		// As a desk does it: the entry is made and taken out a moment later.
		const soon = <T>(work: () => T) => new Promise<T>((resolve) => setImmediate(() => resolve(work())));
		const add = () =>
			changes.add(
				(images) => images.add(pair, 'demo', NOW),
				(image) => soon(() => catalogue.add(image.digest)),
			);
		const remove = () => changes.remove(digest, () => soon(() => catalogue.delete(digest)), Boolean);
		for (let round = 0; round < 20; round += 1) {
			await Promise.all([add(), remove(), add(), remove()]);
			expect((await store.find(digest)) !== undefined || !catalogue.has(digest)).toBe(true);
		}
		// Removed while it is entered again: the removal comes after.
		await add();
		let removing: Promise<unknown> | undefined;
		await changes.add(
			(images) => images.add(pair, 'demo', NOW),
			async (image) => {
				removing = remove();
				const gone = async () => (await store.find(digest)) === undefined;
				await expect
					.poll(gone, { timeout: 100, interval: 5 })
					.toBe(true)
					.catch(() => {});
				expect(await gone()).toBe(false);
				catalogue.add(image.digest);
			},
		);
		await removing;
		expect([catalogue.has(digest), await store.find(digest)]).toEqual([false, undefined]);
		await add();
		expect([catalogue.has(digest), (await store.find(digest))?.digest]).toEqual([true, digest]);
	});

	test('removes an image that nobody uses, and says who uses the others', async () => {
		const digest = digestOf('quiet');
		await store.add(pair, 'demo', NOW);
		expect(await store.remove(digest, ['agreement-1'])).toEqual({ kind: 'used', usedBy: ['agreement-1'] });
		expect(await store.remove(digest, [])).toEqual({ kind: 'removed' });
		expect(await store.remove(digest, [])).toEqual({ kind: 'unknown' });
		expect(await readdir(join(folder, 'images'))).toEqual([]);
		await expect(store.files(digest)).rejects.toMatchObject({ code: 'IMAGE_UNUSABLE' });
	});

	test('what an interrupted addition left is cleared when the store is opened, and complete images stay', async () => {
		await store.add(pair, 'demo', NOW);
		await mkdir(join(folder, 'images/.incoming-1'));
		await writeFile(join(folder, 'images/.incoming-1/kernel'), 'ker');
		const again = await ImageStore.open(join(folder, 'images'));
		expect(await again.list()).toHaveLength(1);
		expect(await readdir(join(folder, 'images'))).toHaveLength(1);
	});

	test('a digest is never a path', async () => {
		for (const digest of ['sha256:../../etc', '../x', 'sha256:', '']) {
			expect(await store.find(digest)).toBeUndefined();
			expect(await store.remove(digest, [])).toEqual({ kind: 'unknown' });
		}
	});
});
