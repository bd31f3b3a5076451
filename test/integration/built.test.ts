/** What `npm run build` makes, run as whoever installs it runs it: its threads find what they need in it, too. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { offerXml } from '../api/simulated-service.ts';
import { type BrokerProcess, end, Installation } from './broker-process.ts';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
/** What stands beside dist/ in the package, and what it imports. */
const BESIDE = ['package.json', 'schemas', 'templates', 'docs', 'node_modules'];
const OFFERS = 20;

const built = mkdtempSync(join(tmpdir(), 'computon-test-built-'));
const installation = new Installation('built');
let broker: BrokerProcess | undefined;

beforeAll(async () => {
	const options = ['-p', 'tsconfig.build.json', '--outDir', join(built, 'dist')];
	await run(join(ROOT, 'node_modules/.bin/tsc'), options, { cwd: ROOT });
	for (const name of BESIDE) symlinkSync(join(ROOT, name), join(built, name));
});
// Of a simulated site no libvirt need be asked what is left.
afterAll(async () => {
	if (broker !== undefined) await end(broker, 'SIGKILL');
	for (const folder of [installation.folder, built]) rmSync(folder, { recursive: true, force: true });
});

test('the built broker reads, agrees, folds its log back in the thread for that, and leaves none behind', async () => {
	const environment = { COMPUTON_SITE: 'simulated', COMPUTON_SIMULATED_BOOT_SECONDS: '0' };
	broker = await installation.start(environment, join(built, 'dist/main.js'));
	const { client } = broker;
	const { folder } = installation;
	const files = { kernel: join(built, 'kernel'), initramfs: join(built, 'initramfs') };
	for (const path of Object.values(files)) writeFileSync(path, 'a file');
	const image = await client.addImage({ name: 'guest', ...files });
	const size = () => statSync(join(folder, 'computon.db')).size;
	const before = size();
	for (let count = 0; count < OFFERS; count += 1) {
		const answer = await client.offer({ mediaType: 'application/xml', body: offerXml({ image, cpus: 1, share: 10 }) });
		expect(answer.kind, JSON.stringify(answer)).toBe('accepted');
	}
	// The main connection's own checkpoint comes after many times as much.
	await expect.poll(size, { timeout: 10_000, interval: 20 }).toBeGreaterThan(before + OFFERS * 4_096);
	await end(broker, 'SIGTERM');
	expect(broker.child.exitCode).toBe(0);
	expect(broker.log.filter((line) => /checkpoint|Error/i.test(line))).toEqual([]);
	expect(existsSync(join(folder, 'computon.db-wal'))).toBe(false);
});
