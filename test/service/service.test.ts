/** Starting and stopping the broker: what cannot be is said in words, and leaves nothing open. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Overrides, readConfig } from '../../src/config.ts';
import { OperatingError } from '../../src/errors.ts';
import { type Service, startService } from '../../src/service.ts';

let folder: string;
const running: Service[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
});
afterEach(async () => {
	for (const service of running.splice(0)) await service.stop();
	rmSync(folder, { recursive: true, force: true });
});

const log: string[] = [];
async function start(overrides: Overrides = {}): Promise<Service> {
	const config = readConfig({}, { site: 'simulated', port: 0, dataFolder: folder, ...overrides });
	const service = await startService(config, { acceptRestored: false, log: (line) => log.push(line) });
	running.push(service);
	return service;
}

async function failureOf(work: Promise<unknown>): Promise<OperatingError> {
	try {
		await work;
	} catch (error) {
		if (error instanceof OperatingError) return error;
		throw error;
	}
	throw new Error('It did not fail.');
}

describe('a broker starts', () => {
	test('in a folder that it makes, which others can pass through and not list; secrets are its own', async () => {
		const inner = join(folder, 'a', 'b');
		await start({ dataFolder: inner });
		expect(statSync(inner).mode & 0o777).toBe(0o711);
		for (const file of ['admin-token', 'tokens.json', 'computon.db', 'installation.lock'])
			expect(statSync(join(inner, file)).mode & 0o077, file).toBe(0);
		expect(log.join('\n')).not.toContain(readFileSync(join(inner, 'admin-token'), 'utf8').trim());
	});

	test('again where it stopped, and says so of a second one meanwhile', async () => {
		const first = await start();
		expect(await failureOf(start())).toMatchObject({ code: 'INSTALLATION_IN_USE' });
		running.splice(0);
		await first.stop();
		await start();
	});
});

describe('a broker does not start', () => {
	test('at a port that is taken, and leaves the folder free for the next', async () => {
		const { url } = await start();
		const port = new URL(url).port;
		const other = mkdtempSync(join(tmpdir(), 'computon-test-'));
		const failure = await failureOf(start({ dataFolder: other, port }));
		expect(failure.message).toContain('EADDRINUSE');
		const next = await start({ dataFolder: other });
		await next.stop();
		running.splice(running.indexOf(next), 1);
		rmSync(other, { recursive: true });
	});

	test('at an address that is none', async () => {
		expect((await failureOf(start({ host: '999.1.1.1' }))).message).toContain('999.1.1.1');
	});

	test('in what is no folder, or one that others may write in, whose mode stays', async () => {
		const file = join(folder, 'file');
		writeFileSync(file, '');
		expect((await failureOf(start({ dataFolder: file }))).message).toContain('is not a folder');
		const open = join(folder, 'open');
		mkdirSync(open);
		chmodSync(open, 0o1777);
		expect((await failureOf(start({ dataFolder: open }))).message).toContain('nobody else may write');
		expect(statSync(open).mode & 0o7777).toBe(0o1777);
		expect((await failureOf(start({ dataFolder: '/proc/computon' }))).code).toBe('CONFIG_INVALID');
	});
});

describe('a configuration', () => {
	test.each([
		[{ COMPUTON_PORT: 'x' }, 'port (COMPUTON_PORT)'],
		[{ COMPUTON_PORT: '70000' }, 'from 0 to 65535'],
		[{ COMPUTON_SITE: 'cloud' }, 'libvirt, simulated'],
		[{ COMPUTON_TEARDOWN_SECONDS: '5' }, 'from 25'],
	])('%j is refused with what is allowed', (environment, words) => {
		expect(() => readConfig({ COMPUTON_HOME: folder, ...environment })).toThrow(words);
	});

	test('file with an unknown setting, no JSON, or that cannot be read is refused', () => {
		const file = join(folder, 'computon.json');
		for (const [content, words] of [
			['{"prot":1}', 'there is no setting "prot"'],
			['{', 'is not JSON'],
			['[]', 'one JSON object'],
		] as const) {
			writeFileSync(file, content);
			expect(() => readConfig({ COMPUTON_HOME: folder })).toThrow(words);
		}
		rmSync(file);
		mkdirSync(file);
		expect(() => readConfig({ COMPUTON_HOME: folder })).toThrow('cannot be read');
		expect(() => readConfig({ COMPUTON_CONFIG: join(folder, 'none.json') })).toThrow('cannot be read');
	});

	test('of the command line goes before the environment, and that before the file', () => {
		writeFileSync(join(folder, 'computon.json'), '{"port": 1, "readers": 3}');
		const environment = { COMPUTON_HOME: folder, COMPUTON_PORT: '2' };
		expect(readConfig(environment)).toMatchObject({ port: 2, readers: 3 });
		expect(readConfig(environment, { port: '4' })).toMatchObject({ port: 4 });
	});
});
