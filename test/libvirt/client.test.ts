import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { LibvirtClientOptions } from '../../src/libvirt/client.ts';
import { LibvirtClient } from '../../src/libvirt/client.ts';
import { LibvirtConnectionError, LibvirtError } from '../../src/libvirt/errors.ts';
import type { Script } from './scripted-server.ts';
import { ScriptedServer } from './scripted-server.ts';

const DOMAIN = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 };
const LONG_MS = 15_000;

const clients: LibvirtClient[] = [];
afterEach(async () => {
	for (const client of clients.splice(0)) await client.close();
});

/** A client whose attempts meet these servers one after the other; beyond the last, nobody listens. */
function clientOf(scripts: readonly (Script | Error)[], options: Partial<LibvirtClientOptions> = {}) {
	const servers: ScriptedServer[] = [];
	let attempts = 0;
	const transport = () => {
		const script = scripts[attempts++] ?? new Error('ENOENT');
		if (script instanceof Error) return new PassThrough().destroy(script);
		const server = new ScriptedServer(script);
		servers.push(server);
		return server.clientEnd;
	};
	const client = new LibvirtClient({ uri: 'test:///default', transport, backoffMinMs: 1, backoffMaxMs: 4, ...options });
	clients.push(client);
	const story: string[] = [];
	client.on('connected', () => story.push('connected'));
	client.on('disconnected', ({ code }) => story.push(`disconnected: ${code}`));
	client.on('reboot', ({ domain }) => story.push(`reboot of ${domain.name}`));
	return { client, servers, story, attempts: () => attempts };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
	return await promise.then(
		(value) => expect.fail(`resolved to ${String(value)}`),
		(error: unknown) => error,
	);
}

test('a lost connection is replaced, and the events are registered again before it is called connected', async () => {
	const { client, servers, story } = clientOf([{}, {}], { events: ['reboot'] });
	client.start();
	await client.whenConnected(LONG_MS);
	const before = once(client, 'reboot');
	servers[0]?.tell('reboot', { domain: DOMAIN });
	await before;
	const hostname = failureOf(client.call('connectGetHostname', {}));
	const again = once(client, 'connected');
	servers[0]?.stop();
	expect(await hostname).toMatchObject({ code: 'LOST', sent: true, retryable: true });
	await again;
	expect(servers[1]?.callNames.at(-1)).toBe('connectDomainEventRegister');
	const after = once(client, 'reboot');
	servers[1]?.tell('reboot', { domain: DOMAIN });
	await after;
	await client.close();
	expect(story).toEqual([
		'connected',
		'reboot of web',
		'disconnected: LOST',
		'connected',
		'reboot of web',
		'disconnected: CLOSED',
	]);
});

test('attempts go on until somebody listens', async () => {
	const refused = new Error('ECONNREFUSED');
	const { client, attempts } = clientOf([refused, refused, refused, refused, {}]);
	client.start();
	await client.whenConnected(LONG_MS);
	expect(client.connected).toBe(true);
	expect(attempts()).toBe(5);
});

test('a call without a connection fails at once and says why there is none', async () => {
	const { client, servers } = clientOf([{}]);
	expect(await failureOf(client.call('connectGetUri', {}))).toMatchObject({
		code: 'UNREACHABLE',
		retryable: true,
		sent: false,
	});
	client.start();
	await client.whenConnected(LONG_MS);
	const disconnected = once(client, 'disconnected');
	servers[0]?.stop();
	const [end] = await disconnected;
	const failure = await failureOf(client.call('connectGetUri', {}));
	expect(failure).toBeInstanceOf(LibvirtConnectionError);
	expect(failure).toMatchObject({ code: 'UNREACHABLE', procedure: 'connectGetUri', cause: end });
});

describe('waiting for a connection', () => {
	test('ends at the deadline with the last reason', async () => {
		const { client } = clientOf([]);
		client.start();
		const failure = await failureOf(client.whenConnected(30));
		expect(failure).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ENOENT') });
	});

	test('ends at once when libvirt refuses the URI, though attempts go on', async () => {
		const refusing: Script = { connectOpen: (call, server) => server.refuse(call, 5, 'no driver') };
		const { client } = clientOf([refusing, {}]);
		client.start();
		expect(await failureOf(client.whenConnected(LONG_MS))).toBeInstanceOf(LibvirtError);
		await client.whenConnected(LONG_MS);
	});

	test('ends when the client is closed', async () => {
		const { client } = clientOf([{ authList: () => {} }]);
		client.start();
		const waiting = failureOf(client.whenConnected(LONG_MS));
		await client.close();
		expect(await waiting).toMatchObject({ code: 'CLOSED', retryable: false });
		expect(await failureOf(client.whenConnected(LONG_MS))).toMatchObject({ code: 'CLOSED' });
	});
});

describe('closing', () => {
	test('in the midst of an attempt gives its stream up', async () => {
		const { client, servers, story } = clientOf([{ authList: () => {} }]);
		client.start();
		await servers[0]?.received('authList');
		await client.close();
		expect(servers[0]?.clientEnd.destroyed).toBe(true);
		expect(story).toEqual([]);
	});

	test('at whatever moment after the last answer leaves no stream behind', async () => {
		for (let turns = 0; turns < 40; turns++) {
			const { promise: closed, resolve } = Promise.withResolvers<void>();
			const opened: Script = {
				connectOpen: async (call, server) => {
					server.reply(call, {});
					for (let turn = 0; turn < turns; turn++) await Promise.resolve();
					resolve(client.close());
				},
			};
			const { client, servers, story } = clientOf([opened]);
			client.start();
			await closed;
			expect(servers[0]?.clientEnd.destroyed).toBe(true);
			expect(client.connected).toBe(false);
			expect(story.length === 0 || story.length === 2).toBe(true);
		}
	});

	test('before starting is possible, and final', async () => {
		const { client, attempts } = clientOf([{}]);
		await client.close();
		client.start();
		expect(await failureOf(client.call('connectGetUri', {}))).toMatchObject({ code: 'CLOSED', retryable: false });
		expect(attempts()).toBe(0);
	});
});

test('a call has the deadline that it is given, else that of the client', async () => {
	const { client } = clientOf([{}], { callDeadlineMs: 10 });
	client.start();
	await client.whenConnected(LONG_MS);
	expect(await failureOf(client.call('connectGetUri', {}))).toMatchObject({
		message: expect.stringContaining('10 ms'),
	});
	expect(await failureOf(client.call('connectGetUri', {}, { deadlineMs: 5 }))).toMatchObject({
		message: expect.stringContaining('5 ms'),
	});
});
