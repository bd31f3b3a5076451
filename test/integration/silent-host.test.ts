/**
 * A site of two libvirts of which one does not answer: at the start, then it does, then no more, and at another start.
 * And a site of one, which has to have answered once before a broker starts without it.
 */
import { rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HostCapacity } from '../../src/client/resources.ts';
import { offerXml } from '../api/simulated-service.ts';
import { findAccelerationOnce } from './acceleration.ts';
import { type BrokerProcess, demoGuest, end, Installation } from './broker-process.ts';
import { type SecondLibvirt, startSecondLibvirt } from './second-libvirt.ts';
import { WITHOUT_LIBVIRT } from './workspace-bench.ts';

const DEADLINE_MS = 60_000;
const POLL = { timeout: DEADLINE_MS, interval: 100 };

describe.skipIf(WITHOUT_LIBVIRT)('a site of two hosts', { timeout: 5 * DEADLINE_MS }, () => {
	const installation = new Installation('silent');
	/** Where the second host shall answer. */
	const socket = join(installation.folder, 'dark.sock');
	let mute: Server | undefined;
	let second: SecondLibvirt | undefined;
	let broker: BrokerProcess;
	let image: { name: string; digest: string };

	/** Takes connections and says nothing. */
	async function listenMutely(): Promise<void> {
		mute = createServer().listen(socket);
		await new Promise((resolve) => mute!.once('listening', resolve));
	}

	const start = async () => {
		const hosts = [
			{ name: 'bright', socket: '/var/run/libvirt/libvirt-sock' },
			{ name: 'dark', socket },
		];
		broker = await installation.start({ COMPUTON_LIBVIRT_HOSTS: JSON.stringify(hosts) });
	};

	beforeAll(async () => {
		await listenMutely();
		await findAccelerationOnce(join(installation.folder, 'hosts/bright'));
		await start();
		image = await broker.client.addImage({ name: 'guest', ...demoGuest() });
	});
	afterAll(async () => {
		if (broker !== undefined) await end(broker, 'SIGTERM');
		mute?.close();
		await second?.close();
		await installation.remove();
	});

	async function hosts(): Promise<readonly HostCapacity[]> {
		return broker.client.capacity('2030-01-01T00:00:00Z', '2030-01-01T01:00:00Z');
	}
	const shown = async () => (await hosts()).map(({ host, silent = false }) => [host, silent]);

	async function offer(candidate?: string) {
		const xml = offerXml({ image, share: 20, mib: 128 });
		const named = `<jsdl:CandidateHosts><jsdl:HostName>${candidate}</jsdl:HostName></jsdl:CandidateHosts>`;
		const body = candidate === undefined ? xml : xml.replace('<jsdl:Resources>', `<jsdl:Resources>${named}`);
		return broker.client.offer({ mediaType: 'application/xml', body });
	}

	/** An agreement whose machine runs; on this host. */
	async function run(candidate?: string): Promise<{ id: string; host: string }> {
		const answer = await offer(candidate);
		if (answer.kind !== 'accepted') throw new Error(JSON.stringify(answer));
		const { id } = answer.agreement;
		const state = async () => (await broker.client.agreement(id)).value.serviceState;
		await expect.poll(state, { ...POLL, message: broker.log.join('\n') }).toBe('Ready');
		return { id, host: (await broker.client.machines(id))[0]!.host };
	}

	async function finish(id: string): Promise<void> {
		await broker.client.terminate(id);
		const state = async () => (await broker.client.agreement(id)).value.state;
		await expect.poll(state, { ...POLL, message: broker.log.join('\n') }).toBe('Terminated');
	}

	test('starts although one does not answer, says so, and works on the other alone', async () => {
		expect(broker.log).toContainEqual(expect.stringMatching(/^dark does not answer: nothing new is placed there/));
		expect(await broker.client.ready()).toMatchObject({ ready: true, silentHosts: 1 });
		expect(await shown()).toEqual([
			['bright', false],
			['dark', true],
		]);
		expect((await hosts())[1]!.capacity).toMatchObject({ cpuMillicores: 0, memoryBytes: 0 });
		expect((await offer('dark')).kind).not.toBe('accepted');
		const { id, host } = await run();
		expect(host).toBe('bright');
		await finish(id);
	});

	test('takes it in when it answers, and places nothing there when it does no more', async () => {
		mute!.close();
		rmSync(socket, { force: true });
		second = await startSecondLibvirt();
		symlinkSync(second.socket, socket);
		await expect.poll(shown, POLL).toContainEqual(['dark', false]);
		expect(broker.log).toContainEqual(expect.stringMatching(/^dark answers/));
		expect(await broker.client.ready()).toMatchObject({ ready: true, silentHosts: 0 });
		expect((await hosts())[1]!.capacity.memoryBytes).toBeGreaterThan(0);
		const { id } = await run('dark');
		await finish(id);
		await second.close();
		second = undefined;
		await expect.poll(shown, POLL).toContainEqual(['dark', true]);
		expect(broker.log).toContainEqual(expect.stringMatching(/^dark does not answer any more/));
		expect((await offer('dark')).kind).not.toBe('accepted');
	});

	test('knows at its next start what the silent one had', async () => {
		await end(broker, 'SIGTERM');
		rmSync(socket, { force: true });
		await start();
		const [, dark] = await hosts();
		expect(dark).toMatchObject({ host: 'dark', silent: true, labels: { operatingSystem: 'LINUX' } });
		expect(dark!.capacity.memoryBytes).toBeGreaterThan(0);
		expect(dark!.steps.map(({ free }) => free.memoryBytes)).toEqual([0]);
	});
});

describe.skipIf(WITHOUT_LIBVIRT)('a site of one host', { timeout: 3 * DEADLINE_MS }, () => {
	const installation = new Installation('alone');
	const socket = join(installation.folder, 'only.sock');
	const start = () => installation.start({ COMPUTON_LIBVIRT_SOCKET: socket });
	const answers = () => symlinkSync('/var/run/libvirt/libvirt-sock', socket);
	const isSilent = async ({ client }: BrokerProcess) => {
		const [only] = await client.capacity('2030-01-01T00:00:00Z', '2030-01-01T01:00:00Z');
		return only!.silent ?? false;
	};
	afterAll(() => installation.remove());

	test('does not start where the host never answered: nobody knows what it has', async () => {
		await expect(start()).rejects.toThrow('libvirt');
	});

	test('starts once it is known, serves what needs no machine, and takes the host in when it answers', async () => {
		answers();
		await findAccelerationOnce(installation.folder);
		const first = await start();
		const image = await first.client.addImage({ name: 'guest', ...demoGuest() });
		const body = offerXml({ image, share: 20, mib: 128 });
		const offered = { mediaType: 'application/xml', body } as const;
		await end(first, 'SIGTERM');
		rmSync(socket);
		const broker = await start();
		try {
			expect(broker.log).toContainEqual(expect.stringMatching(/^site does not answer: nothing new is placed there/));
			expect(await broker.client.ready()).toMatchObject({ ready: false, silentHosts: 1 });
			expect(await isSilent(broker)).toBe(true);
			expect(await broker.client.templates()).not.toEqual([]);
			expect((await broker.client.offer(offered)).kind).toBe('refused');
			answers();
			await expect.poll(() => isSilent(broker), POLL).toBe(false);
			expect(await broker.client.ready()).toMatchObject({ ready: true, silentHosts: 0 });
			expect(await broker.client.evaluate(offered)).toMatchObject({ outcome: 'accepted' });
		} finally {
			await end(broker, 'SIGTERM');
		}
	});
});
