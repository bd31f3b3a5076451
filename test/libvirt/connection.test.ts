import { afterEach, describe, expect, test } from 'vitest';
import type { ConnectionOptions } from '../../src/libvirt/connection.ts';
import { LibvirtConnection } from '../../src/libvirt/connection.ts';
import { LibvirtConnectionError, LibvirtError, XdrError } from '../../src/libvirt/errors.ts';
import { FrameType } from '../../src/libvirt/frames.ts';
import type { DomainEvent } from '../../src/libvirt/procedures.ts';
import { DOMAIN_EVENTS, PROCEDURES } from '../../src/libvirt/procedures.ts';
import { text } from '../../src/libvirt/structures.ts';
import { int32, nothing, uint64 } from '../../src/libvirt/xdr.ts';
import type { Script } from './scripted-server.ts';
import { eventFrame, frameOf, ScriptedServer } from './scripted-server.ts';

const DOMAIN = { name: 'web', uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f', id: 3 };
const LONG_MS = 15_000;

const open: LibvirtConnection[] = [];
afterEach(async () => {
	for (const connection of open.splice(0)) await connection.close();
});

async function connect(server: ScriptedServer, options: Partial<ConnectionOptions> = {}): Promise<LibvirtConnection> {
	const connection = await LibvirtConnection.open(server.clientEnd, {
		uri: 'test:///default',
		events: [],
		callsInFlightMax: 4,
		keepaliveIntervalMs: LONG_MS,
		keepaliveCount: 5,
		openDeadlineMs: LONG_MS,
		onEvent: () => {},
		...options,
	});
	open.push(connection);
	return connection;
}

/** What the promise fails with; not to fail is a failure. */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
	return await promise.then(
		(value) => expect.fail(`resolved to ${String(value)}`),
		(error: unknown) => error,
	);
}

describe('opening', () => {
	test('asks for authentication first, switches keepalive on, opens, and registers the events', async () => {
		const server = new ScriptedServer();
		await connect(server, { uri: 'qemu:///system', events: ['lifecycle', 'deviceAdded'] });
		expect(server.calls.map(({ name, args }) => [name, args])).toEqual([
			['authList', {}],
			['connectSupportsFeature', { feature: 10 }],
			['connectOpen', { uri: 'qemu:///system', flags: 0 }],
			['connectSupportsFeature', { feature: 14 }],
			['connectDomainEventRegister', { eventId: 0, domain: null }],
			['connectDomainEventRegister', { eventId: 19, domain: null }],
		]);
	});

	test.each([
		['SASL', [1]],
		['polkit', [2]],
		['type 9', [9]],
	])('a server that demands %s is refused by name', async (name, types) => {
		const server = new ScriptedServer({ authList: (call) => server.reply(call, types) });
		const failure = await failureOf(connect(server));
		expect(failure).toMatchObject({ code: 'AUTHENTICATION', retryable: false });
		expect((failure as Error).message).toContain(`(${name})`);
		expect(server.clientEnd.destroyed).toBe(true);
	});

	test('the refusal of a URI is the error that libvirt gave', async () => {
		const server = new ScriptedServer({ connectOpen: (call) => server.refuse(call, 5, 'no driver for foo:///') });
		const failure = await failureOf(connect(server));
		expect(failure).toBeInstanceOf(LibvirtError);
		expect(failure).toMatchObject({ code: 5, message: 'no driver for foo:///', procedure: 'connectOpen' });
		expect(server.clientEnd.destroyed).toBe(true);
	});

	test('a server that says nothing is given up at the deadline', async () => {
		const server = new ScriptedServer({ authList: () => {} });
		const failure = await failureOf(connect(server, { openDeadlineMs: 20 }));
		expect(failure).toMatchObject({ code: 'DEADLINE', retryable: true });
		expect(server.clientEnd.destroyed).toBe(true);
	});

	test('a stream that breaks meanwhile says why', async () => {
		const server = new ScriptedServer({ authList: () => server.clientEnd.destroy(new Error('ENOENT')) });
		const failure = await failureOf(connect(server));
		expect(failure).toMatchObject({
			code: 'LOST',
			message: expect.stringContaining('ENOENT'),
			procedure: undefined,
		});
	});
});

describe('calls', () => {
	test('get their own answers, in whatever order these come', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server);
		const hostname = connection.call('connectGetHostname', {}, LONG_MS);
		const version = connection.call('connectGetVersion', {}, LONG_MS);
		const missing = connection.call('domainLookupByName', { name: 'none' }, LONG_MS);
		server.refuse(await server.received('domainLookupByName'), 42, 'Domain not found');
		server.reply(await server.received('connectGetVersion'), 9_000_000n);
		server.reply(await server.received('connectGetHostname'), 'host');
		expect(await hostname).toBe('host');
		expect(await version).toBe(9_000_000n);
		const failure = await failureOf(missing);
		expect(failure).toBeInstanceOf(LibvirtError);
		expect(failure).toMatchObject({ code: 42, domain: 10, level: 2, procedure: 'domainLookupByName' });
	});

	test('beyond what the server works on at once wait their turn, in order', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server, { callsInFlightMax: 2 });
		const names = ['a', 'b', 'c', 'd'];
		const lookups = names.map((name) => connection.call('domainLookupByName', { name }, LONG_MS));
		const arrived = () => server.calls.flatMap(({ name, args }) => (name === 'domainLookupByName' ? [args] : []));
		for (const [index] of names.entries()) {
			const call = await server.received('domainLookupByName', index + 1);
			await server.until(() => arrived().length === Math.min(index + 2, names.length));
			expect(arrived()).toEqual(names.slice(0, index + 2).map((name) => ({ name })));
			server.reply(call, DOMAIN);
			await lookups[index];
		}
	});

	test('that are not answered fail at their deadline, and a late answer disturbs nobody', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server, { callsInFlightMax: 1 });
		const slow = failureOf(connection.call('connectGetHostname', {}, 10));
		const queued = failureOf(connection.call('connectGetUri', {}, 20));
		const patient = connection.call('connectGetType', {}, LONG_MS);
		expect(await slow).toMatchObject({
			code: 'DEADLINE',
			retryable: true,
			sent: true,
			procedure: 'connectGetHostname',
		});
		expect(await queued).toMatchObject({ code: 'DEADLINE', retryable: true, sent: false, procedure: 'connectGetUri' });
		expect(server.callNames).not.toContain('connectGetType');
		server.reply(await server.received('connectGetHostname'), 'late');
		server.reply(await server.received('connectGetType'), 'TEST');
		expect(await patient).toBe('TEST');
		expect(server.callNames).not.toContain('connectGetUri');
	});

	test('whose arguments cannot be sent fail alone', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server);
		const failure = await failureOf(connection.call('domainSetVcpus', { domain: DOMAIN, vcpus: -1 }, LONG_MS));
		expect(failure).toBeInstanceOf(XdrError);
		expect(failure).toMatchObject({ path: 'vcpus' });
		const hostname = connection.call('connectGetHostname', {}, LONG_MS);
		server.reply(await server.received('connectGetHostname'), 'host');
		expect(await hostname).toBe('host');
	});

	test('are refused when too many wait already', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server, { callsInFlightMax: 1 });
		const waiting = Array.from({ length: 10_001 }, () => failureOf(connection.call('connectGetUri', {}, LONG_MS)));
		const failure = await failureOf(connection.call('connectGetUri', {}, LONG_MS));
		expect(failure).toMatchObject({ code: 'BUSY', retryable: true, sent: false });
		await connection.close();
		expect(await Promise.all(waiting)).toHaveLength(10_001);
	});

	test('may wait longer than a timer can', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server, { keepaliveIntervalMs: 5 });
		const type = connection.call('connectGetType', {}, Number.POSITIVE_INFINITY);
		await server.until(() => server.pings === 2);
		server.reply(await server.received('connectGetType'), 'TEST');
		expect(await type).toBe('TEST');
	});
});

describe('the end', () => {
	/** Two calls at the server, one that waits for its turn. */
	async function pending(script?: Script) {
		const server = new ScriptedServer(script);
		const connection = await connect(server, { callsInFlightMax: 2 });
		const failures = (['connectGetType', 'connectGetUri', 'connectGetHostname'] as const).map((name) =>
			failureOf(connection.call(name, {}, LONG_MS)),
		);
		return { server, connection, failures, first: await server.received('connectGetType') };
	}

	const { number } = PROCEDURES.connectGetType;
	const shortText = Buffer.from('00000009616263', 'hex');
	const malformed: [string, (serial: number) => Buffer][] = [
		['a frame length below a header', () => Buffer.from('00000004', 'hex')],
		['a frame length beyond the bound', () => Buffer.from('02000005', 'hex')],
		['another version of the program', (serial) => frameOf({ procedure: number, serial, version: 2 }, text, 'TEST')],
		['another program', (serial) => frameOf({ procedure: number, serial, program: 0x20008087 }, text, 'TEST')],
		['a call', (serial) => frameOf({ procedure: number, serial, type: FrameType.CALL }, text, 'TEST')],
		['stream data', (serial) => frameOf({ procedure: number, serial, type: 3 }, text, 'TEST')],
		['a reply to nothing that was called', () => frameOf({ procedure: number, serial: 99 }, text, 'TEST')],
		['a reply of another procedure', (serial) => frameOf({ procedure: 1, serial }, text, 'TEST')],
		[
			'a reply that is neither good nor bad',
			(serial) => frameOf({ procedure: number, serial, status: 2 }, text, 'TEST'),
		],
		['a result that is too short', (serial) => frameOf({ procedure: number, serial }, nothing, {})],
		['a result that is too long', (serial) => frameOf({ procedure: number, serial }, uint64, 0n)],
		[
			'a text that announces more than has come',
			(serial) => {
				const frame = Buffer.concat([frameOf({ procedure: number, serial }, nothing, {}), shortText]);
				frame.writeUInt32BE(frame.length, 0);
				return frame;
			},
		],
		['an error without its members', (serial) => frameOf({ procedure: number, serial, status: 1 }, int32, 42)],
		[
			'an event without its members',
			() => frameOf({ procedure: DOMAIN_EVENTS.lifecycle.message, type: FrameType.MESSAGE }, int32, 7),
		],
	];
	test.each(malformed)('comes by %s, and every call fails', async (_, frame) => {
		const { server, connection, failures, first } = await pending();
		server.send(frame(first.serial));
		const end = await connection.ended;
		expect(end).toBeInstanceOf(LibvirtConnectionError);
		expect(end).toMatchObject({ code: 'PROTOCOL', cause: expect.any(XdrError) });
		expect(await Promise.all(failures)).toMatchObject([
			{ code: 'PROTOCOL', sent: true, procedure: 'connectGetType', cause: end },
			{ code: 'PROTOCOL', sent: true, procedure: 'connectGetUri', cause: end },
			{ code: 'PROTOCOL', sent: false, procedure: 'connectGetHostname', cause: end },
		]);
		expect(server.clientEnd.destroyed).toBe(true);
	});

	const breaks: [string, (server: ScriptedServer) => void][] = [
		['the server closes', (server) => server.stop()],
		['the stream breaks', (server) => server.clientEnd.destroy(new Error('ECONNRESET'))],
		['the stream is destroyed', (server) => server.clientEnd.destroy()],
	];
	test.each(breaks)('comes when %s, and every call fails, also later ones', async (_, act) => {
		const { server, connection, failures } = await pending();
		act(server);
		expect(await connection.ended).toMatchObject({ code: 'LOST', retryable: true });
		expect(await Promise.all(failures)).toMatchObject([{ sent: true }, { sent: true }, { sent: false }]);
		expect(await failureOf(connection.call('connectGetUri', {}, LONG_MS))).toMatchObject({ code: 'LOST', sent: false });
	});

	test('in the midst of a chunk leaves the rest of it unheard', async () => {
		const events: DomainEvent[] = [];
		const server = new ScriptedServer();
		const connection: LibvirtConnection = await connect(server, {
			onEvent: (event) => {
				events.push(event);
				void connection.close();
			},
		});
		const hostname = failureOf(connection.call('connectGetHostname', {}, LONG_MS));
		const reboot = eventFrame('reboot', { domain: DOMAIN });
		server.send(Buffer.concat([reboot, reboot]));
		expect(await hostname).toMatchObject({ code: 'CLOSED' });
		expect(events).toHaveLength(1);
	});

	test('by closing says goodbye when nothing is under way', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server);
		await connection.close();
		expect(server.callNames.at(-1)).toBe('connectClose');
		expect(await connection.ended).toMatchObject({ code: 'CLOSED', retryable: false });
		await connection.close();
	});

	test('by closing does not wait for calls under way', async () => {
		const { server, connection, failures } = await pending();
		await connection.close();
		expect(await Promise.all(failures)).toMatchObject([{ code: 'CLOSED' }, { code: 'CLOSED' }, { code: 'CLOSED' }]);
		expect(server.callNames).not.toContain('connectClose');
	});
});

describe('keepalive', () => {
	test('a ping is answered, also while calls are under way', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server, { callsInFlightMax: 1 });
		const hostname = connection.call('connectGetHostname', {}, LONG_MS);
		server.ping();
		server.ping();
		await server.until(() => server.pongs === 2);
		server.reply(await server.received('connectGetHostname'), 'host');
		expect(await hostname).toBe('host');
	});

	test('a silent server is pinged, and given up after the last ping has stayed unanswered', async () => {
		const server = new ScriptedServer();
		server.answersPings = false;
		const connection = await connect(server, { keepaliveIntervalMs: 5, keepaliveCount: 3 });
		const hostname = failureOf(connection.call('connectGetHostname', {}, LONG_MS));
		expect(await connection.ended).toMatchObject({ code: 'SILENT', retryable: true });
		expect(await hostname).toMatchObject({ code: 'SILENT', sent: true });
		expect(server.pings).toBe(3);
	});

	test('a server that answers pings lives on, until it answers no more', async () => {
		const server = new ScriptedServer();
		const connection = await connect(server, { keepaliveIntervalMs: 5, keepaliveCount: 2 });
		await server.until(() => server.pings === 8);
		server.answersPings = false;
		expect(await connection.ended).toMatchObject({ code: 'SILENT' });
	});
});

describe('events', () => {
	test('are told as they come, between the answers', async () => {
		const events: DomainEvent[] = [];
		const server = new ScriptedServer({
			connectGetType: (call) => {
				server.tell('lifecycle', { domain: DOMAIN, event: 5, detail: 1 });
				server.tell('tunable', { domain: DOMAIN, parameters: { quota: { type: 'llong', value: -1n } } });
				server.reply(call, 'TEST');
			},
		});
		const connection = await connect(server, { onEvent: (event) => events.push(event) });
		await connection.call('connectGetType', {}, LONG_MS);
		expect(events).toEqual([
			{ name: 'lifecycle', event: { domain: DOMAIN, event: 5, detail: 1 } },
			{ name: 'tunable', event: { domain: DOMAIN, parameters: { quota: { type: 'llong', value: -1n } } } },
		]);
	});

	test('that are unknown are passed over', async () => {
		const server = new ScriptedServer({ connectGetType: (call) => server.reply(call, 'TEST') });
		const connection = await connect(server);
		server.send(frameOf({ procedure: 362, type: FrameType.MESSAGE }, int32, 1));
		expect(await connection.call('connectGetType', {}, LONG_MS)).toBe('TEST');
	});
});
