/** The client against a real libvirtd, with libvirt's own mock hypervisor behind it: no guest is started. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { LibvirtClient, unixSocket } from '../../src/libvirt/client.ts';
import {
	DomainReason,
	DomainState,
	ErrorCode,
	Flag,
	LifecycleDetail,
	LifecycleEvent,
	MetadataType,
	StatisticsGroup,
} from '../../src/libvirt/constants.ts';
import { LibvirtConnectionError, LibvirtError } from '../../src/libvirt/errors.ts';
import type { Domain } from '../../src/libvirt/structures.ts';
import type { RecordedEvents } from '../libvirt/recorded-events.ts';
import { recordEvents } from '../libvirt/recorded-events.ts';

const EVENTS = ['lifecycle', 'metadataChange'] as const;
const CONNECT_MS = 10_000;

let folder: string;
let client: LibvirtClient;
/** The streams of the client's connections, the newest last. */
let streams: Duplex[];
let domain: Domain;
let events: RecordedEvents;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'libvirt-test-'));
});

afterAll(async () => {
	await rm(folder, { recursive: true });
});

/** The mock hypervisor forgets everything when its last connection ends: so each test has a world of its own. */
beforeEach(async () => {
	streams = [];
	const transport = () => {
		const stream = unixSocket()();
		streams.push(stream);
		return stream;
	};
	const name = `rpc-${randomUUID()}`;
	client = new LibvirtClient({ uri: 'test:///default', transport, events: EVENTS, backoffMinMs: 1 });
	events = recordEvents(client, EVENTS, name);
	client.start();
	await client.whenConnected(CONNECT_MS);
	domain = await client.call('domainDefineXml', {
		xml: `<domain type='test'><name>${name}</name><memory>262144</memory><vcpu current='1'>2</vcpu><os><type>hvm</type></os></domain>`,
	});
});

afterEach(async () => {
	await client.close();
});

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
	return await promise.then(
		(value) => expect.fail(`resolved to ${String(value)}`),
		(error: unknown) => error,
	);
}

/** The lifecycle events so far, as pairs of event and detail. */
function lifecycle(): [number, number][] {
	return events.all.flatMap(({ name, event }) => (name === 'lifecycle' ? [[event.event, event.detail]] : []));
}

test('a domain that was defined is found by name, by UUID and in the list, and described', async () => {
	expect(domain.id).toBe(-1);
	expect(await client.call('domainLookupByName', { name: domain.name })).toEqual(domain);
	expect(await client.call('domainLookupByUuid', { uuid: domain.uuid })).toEqual(domain);
	expect(await client.call('connectListAllDomains', { flags: Flag.list.INACTIVE })).toContainEqual(domain);
	expect(await client.call('connectListAllDomains', { flags: Flag.list.ACTIVE })).not.toContainEqual(domain);
	expect(await client.call('domainGetXml', { domain })).toContain(`<uuid>${domain.uuid}</uuid>`);
	expect(await client.call('domainGetInfo', { domain })).toMatchObject({
		state: DomainState.SHUTOFF,
		memoryMaxKib: 262_144n,
		vcpus: 1,
	});
});

test('its life is told event by event, and its state says why', async () => {
	const { RUNNING, PAUSED, SHUTOFF } = DomainState;
	const stateNow = () => client.call('domainGetState', { domain });
	const started = await client.call('domainCreate', { domain });
	expect(started.id).toBeGreaterThan(0);
	expect(await stateNow()).toEqual({ state: RUNNING, reason: DomainReason.RUNNING.BOOTED });
	await client.call('domainSuspend', { domain });
	expect(await stateNow()).toEqual({ state: PAUSED, reason: DomainReason.PAUSED.USER });
	await client.call('domainResume', { domain });
	expect(await stateNow()).toEqual({ state: RUNNING, reason: DomainReason.RUNNING.UNPAUSED });
	await client.call('domainShutdown', { domain });
	expect(await stateNow()).toEqual({ state: SHUTOFF, reason: DomainReason.SHUTOFF.SHUTDOWN });
	await client.call('domainUndefine', { domain });
	await events.first(({ name, event }) => name === 'lifecycle' && event.event === LifecycleEvent.UNDEFINED);
	expect(lifecycle()).toEqual([
		[LifecycleEvent.DEFINED, LifecycleDetail.DEFINED.ADDED],
		[LifecycleEvent.STARTED, LifecycleDetail.STARTED.BOOTED],
		[LifecycleEvent.SUSPENDED, LifecycleDetail.SUSPENDED.PAUSED],
		[LifecycleEvent.RESUMED, LifecycleDetail.RESUMED.UNPAUSED],
		[LifecycleEvent.STOPPED, LifecycleDetail.STOPPED.SHUTDOWN],
		[LifecycleEvent.UNDEFINED, LifecycleDetail.UNDEFINED.REMOVED],
	]);
});

test('memory and virtual CPUs can be changed while it runs', async () => {
	await client.call('domainCreate', { domain });
	await client.call('domainSetMemory', { domain, memoryKib: 131_072n, flags: Flag.memory.LIVE });
	await client.call('domainSetVcpus', { domain, vcpus: 2, flags: Flag.vcpus.LIVE });
	expect(await client.call('domainGetInfo', { domain })).toMatchObject({ memoryKib: 131_072n, vcpus: 2 });
	expect(await client.call('domainGetVcpus', { domain, flags: Flag.vcpus.LIVE })).toBe(2);
	expect(await client.call('domainGetVcpus', { domain, flags: Flag.vcpus.MAXIMUM })).toBe(2);
});

test('it is saved to a file and restored from it', async () => {
	const path = join(folder, 'saved');
	await client.call('domainCreate', { domain });
	await client.call('domainSave', { domain, to: path, xml: null });
	expect(await client.call('domainGetState', { domain })).toEqual({
		state: DomainState.SHUTOFF,
		reason: DomainReason.SHUTOFF.SAVED,
	});
	await client.call('domainRestore', { from: path, xml: null });
	expect(await client.call('domainGetState', { domain })).toEqual({
		state: DomainState.RUNNING,
		reason: DomainReason.RUNNING.RESTORED,
	});
});

test('a managed save is kept until it is used or removed', async () => {
	const saved = () => client.call('domainHasManagedSave', { domain });
	await client.call('domainCreate', { domain });
	expect(await saved()).toBe(false);
	await client.call('domainManagedSave', { domain });
	expect(await saved()).toBe(true);
	await client.call('domainManagedSaveRemove', { domain });
	expect(await saved()).toBe(false);
});

test('metadata is written, told, read and removed', async () => {
	const uri = 'urn:example:owner';
	const about = { domain, type: MetadataType.ELEMENT, uri, flags: Flag.affect.CONFIG };
	await client.call('domainSetMetadata', { ...about, key: 'own', metadata: "<owner name='me'/>" });
	expect(await client.call('domainGetMetadata', about)).toMatch(/<owner name=["']me["']\/>/);
	expect(await events.first(({ name }) => name === 'metadataChange')).toMatchObject({
		event: { domain: { uuid: domain.uuid }, type: MetadataType.ELEMENT, uri },
	});
	await client.call('domainSetMetadata', { ...about, key: null, metadata: null });
	expect(await failureOf(client.call('domainGetMetadata', about))).toMatchObject({
		code: ErrorCode.NO_DOMAIN_METADATA,
	});
});

test('statistics of a domain come as typed parameters, in the groups that were asked for', async () => {
	await client.call('domainCreate', { domain });
	const [record, ...others] = await client.call('connectGetAllDomainStats', {
		domains: [domain],
		stats: StatisticsGroup.STATE,
	});
	expect(others).toEqual([]);
	expect(record?.domain.uuid).toBe(domain.uuid);
	expect(Object.entries(record?.parameters ?? {})).toEqual([
		['state.state', { type: 'int', value: DomainState.RUNNING }],
		['state.reason', { type: 'int', value: DomainReason.RUNNING.BOOTED }],
	]);
});

describe('a refusal', () => {
	test('carries libvirt’s code, subsystem and words', async () => {
		const failure = await failureOf(
			client.call('domainDefineXml', { xml: '<domain type="test"><name>ä</name></domain>' }),
		);
		expect(failure).toBeInstanceOf(LibvirtError);
		expect(failure).toMatchObject({ code: ErrorCode.XML_ERROR, domain: 20, level: 2, procedure: 'domainDefineXml' });
		expect((failure as LibvirtError).message).toMatch(/memory|os/);
	});

	test('is each call’s own: 400 at once, each with its own words', async () => {
		const attempts = Array.from({ length: 400 }, (_, index) =>
			index % 2 === 0
				? client.call('domainDefineXml', { xml: `<unclosed-${index}>` })
				: client.call('domainLookupByName', { name: `nobody-${index}` }),
		);
		const failures = await Promise.all(attempts.map(failureOf));
		for (const [index, failure] of failures.entries()) {
			expect(failure).toBeInstanceOf(LibvirtError);
			expect(failure).toMatchObject(
				index % 2 === 0
					? { code: ErrorCode.XML_DETAIL, message: expect.stringContaining(`unclosed-${index} `) }
					: { code: ErrorCode.NO_DOMAIN, procedure: 'domainLookupByName' },
			);
		}
	});
});

test('a connection that is killed is noticed at once, replaced, and events flow again', async () => {
	const keeper = new LibvirtClient({ uri: 'test:///default' });
	onTestFinished(() => keeper.close());
	keeper.start();
	await keeper.whenConnected(CONNECT_MS);
	const disconnected = once(client, 'disconnected');
	const connected = once(client, 'connected');
	const pending = Array.from({ length: 20 }, () => failureOf(client.call('connectGetCapabilities', {})));
	const killedAt = performance.now();
	streams.at(-1)?.destroy();
	for (const failure of await Promise.all(pending)) {
		expect(failure).toBeInstanceOf(LibvirtConnectionError);
		expect(failure).toMatchObject({ code: 'LOST', retryable: true });
	}
	expect(performance.now() - killedAt).toBeLessThan(1_000);
	expect((await disconnected)[0]).toMatchObject({ code: 'LOST' });
	expect(await failureOf(client.call('connectGetUri', {}))).toMatchObject({ code: 'UNREACHABLE' });
	await connected;
	await client.call('domainCreate', { domain });
	await events.first(({ name, event }) => name === 'lifecycle' && event.event === LifecycleEvent.STARTED);
});

test('a daemon that is asked whether it lives answers, as often as it is asked', async () => {
	const answers = 5;
	let stream: Duplex | undefined;
	const transport = () => {
		stream = unixSocket()();
		return stream;
	};
	const curious = new LibvirtClient({ uri: 'test:///default', transport, keepaliveIntervalMs: 20, keepaliveCount: 2 });
	onTestFinished(() => curious.close());
	curious.start();
	await curious.whenConnected(CONNECT_MS);
	// Nothing is called, so whatever comes is an answer to a keepalive message.
	for (let index = 0; index < answers; index++) await once(stream as Duplex, 'data');
	expect(curious.connected).toBe(true);
});

describe('a daemon that cannot be had', () => {
	test('because nothing listens is unreachable, with the reason', async () => {
		const lonely = new LibvirtClient({ uri: 'test:///default', transport: unixSocket(join(folder, 'nothing')) });
		onTestFinished(() => lonely.close());
		lonely.start();
		const failure = await failureOf(lonely.whenConnected(200));
		expect(failure).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('ENOENT') });
	});

	test('because it does not know the URI says so at once', async () => {
		const lost = new LibvirtClient({ uri: 'nosuch:///system' });
		onTestFinished(() => lost.close());
		lost.start();
		expect(await failureOf(lost.whenConnected(CONNECT_MS))).toBeInstanceOf(LibvirtError);
	});
});
