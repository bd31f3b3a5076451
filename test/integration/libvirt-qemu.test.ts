/**
 * The client against a real libvirtd and QEMU. The machine that it drives has a disk and a BIOS but no operating system:
 * that is enough to see that every call and event means the same on both sides.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LibvirtClient } from '../../src/libvirt/client.ts';
import {
	DomainReason,
	DomainState,
	ErrorCode,
	Flag,
	InterfaceAddressSource,
	LifecycleDetail,
	LifecycleEvent,
	MEMORY_UNLIMITED_KIB,
	MemoryStatistic,
	StatisticsGroup,
} from '../../src/libvirt/constants.ts';
import type { DomainEvent, DomainEventName } from '../../src/libvirt/procedures.ts';
import { DOMAIN_EVENTS } from '../../src/libvirt/procedures.ts';
import type { Domain } from '../../src/libvirt/structures.ts';
import type { RecordedEvents } from '../libvirt/recorded-events.ts';
import { recordEvents } from '../libvirt/recorded-events.ts';

/** All that there are: the server must know each. */
const EVENTS = Object.keys(DOMAIN_EVENTS) as DomainEventName[];
const MIB = 1024 * 1024;
const NAME = `rpc-${randomUUID()}`;

const client = new LibvirtClient({ uri: 'qemu:///system', events: EVENTS });
let folder: string;
let disk: string;

beforeAll(async () => {
	client.start();
	await client.whenConnected(10_000);
	folder = await mkdtemp(join(tmpdir(), 'libvirt-qemu-'));
	await chmod(folder, 0o755);
	disk = join(folder, 'disk.raw');
	await writeFile(disk, '');
	await truncate(disk, 4 * MIB);
});

afterAll(async () => {
	const left = (await client.call('connectListAllDomains', {})).find(({ name }) => name === NAME);
	if (left !== undefined) {
		if (left.id !== -1) await client.call('domainDestroy', { domain: left });
		await client.call('domainUndefine', { domain: left, flags: Flag.undefine.MANAGED_SAVE });
	}
	await client.close();
	await rm(folder, { recursive: true });
});

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
	return await promise.then(
		(value) => expect.fail(`resolved to ${String(value)}`),
		(error: unknown) => error,
	);
}

function machineXml(): string {
	return `<domain type='qemu'>
	<name>${NAME}</name>
	<maxMemory slots='2' unit='MiB'>256</maxMemory>
	<memory unit='MiB'>64</memory>
	<vcpu current='1'>2</vcpu>
	<os><type arch='x86_64' machine='pc'>hvm</type></os>
	<features><acpi/></features>
	<cpu><numa><cell id='0' cpus='0-1' memory='64' unit='MiB'/></numa></cpu>
	<devices>
		<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${disk}'/><target dev='vda' bus='virtio'/></disk>
		<memballoon model='virtio'/>
	</devices>
</domain>`;
}

describe('the host', () => {
	test('says what it is', async () => {
		expect(await client.call('connectGetType', {})).toBe('QEMU');
		expect(await client.call('connectGetUri', {})).toBe('qemu:///system');
		expect(await client.call('connectGetHostname', {})).not.toBe('');
		expect(await client.call('connectGetVersion', {})).toBeGreaterThan(4_000_000n);
		expect(await client.call('connectGetLibVersion', {})).toBeGreaterThan(6_000_000n);
		expect(await client.call('connectGetCapabilities', {})).toMatch(/^<capabilities>[\s\S]*<\/capabilities>\s*$/);
		const virtualization = { emulator: null, arch: 'x86_64', machine: null, virtType: 'qemu' };
		expect(await client.call('connectGetDomainCapabilities', virtualization)).toContain('<domain>qemu</domain>');
	});

	test('says what it has', async () => {
		const node = await client.call('nodeGetInfo', {});
		expect(node.model).toMatch(/^\w+$/);
		expect(node.cpus).toBeGreaterThan(0);
		expect(node.memoryKib).toBeGreaterThan(0n);
		expect(await client.call('nodeGetFreeMemory', {})).toBeLessThan(node.memoryKib * 1024n);
		expect(Object.keys(await client.call('nodeGetMemoryStats', {})).sort()).toEqual([
			'buffers',
			'cached',
			'free',
			'total',
		]);
		expect(Object.keys(await client.call('nodeGetCpuStats', {})).sort()).toEqual(['idle', 'iowait', 'kernel', 'user']);
	});

	test('does not know a domain that nobody defined', async () => {
		const uuid = randomUUID();
		const failure = await failureOf(client.call('domainLookupByUuid', { uuid }));
		expect(failure).toMatchObject({ code: ErrorCode.NO_DOMAIN, message: expect.stringContaining(uuid) });
	});
});

describe('a machine', () => {
	let domain: Domain;
	let events: RecordedEvents;
	const live = Flag.affect.LIVE;

	beforeAll(async () => {
		events = recordEvents(client, EVENTS, NAME);
		await client.call('domainDefineXml', { xml: machineXml(), flags: Flag.define.VALIDATE });
		const defined = await client.call('domainLookupByName', { name: NAME });
		domain = await client.call('domainCreate', { domain: defined, flags: Flag.create.PAUSED });
	});

	const isLifecycle = (wanted: number, detail: number) => (recorded: DomainEvent) =>
		recorded.name === 'lifecycle' && recorded.event.event === wanted && recorded.event.detail === detail;

	test('starts paused when asked to, and is resumed and paused', async () => {
		const { PAUSED, RUNNING } = DomainState;
		expect(domain.id).toBeGreaterThan(0);
		expect(await client.call('connectListAllDomains', { flags: Flag.list.PAUSED })).toContainEqual(domain);
		await client.call('domainResume', { domain });
		expect(await client.call('domainGetState', { domain })).toEqual({
			state: RUNNING,
			reason: DomainReason.RUNNING.UNPAUSED,
		});
		await client.call('domainSuspend', { domain });
		expect(await client.call('domainGetState', { domain })).toEqual({
			state: PAUSED,
			reason: DomainReason.PAUSED.USER,
		});
		await client.call('domainResume', { domain });
		await events.first(isLifecycle(LifecycleEvent.SUSPENDED, LifecycleDetail.SUSPENDED.PAUSED));
	});

	test('takes a CPU quota live, reads it back and tells of it', async () => {
		const parameters = {
			vcpu_quota: { type: 'llong', value: 25_000n },
			vcpu_period: { type: 'ullong', value: 100_000n },
		} as const;
		await client.call('domainSetSchedulerParameters', { domain, parameters, flags: live });
		expect(await client.call('domainGetSchedulerParameters', { domain, flags: live })).toMatchObject(parameters);
		const told = await events.first(({ name }) => name === 'tunable');
		expect(told.event).toMatchObject({ parameters: { 'cputune.vcpu_quota': { type: 'llong', value: 25_000n } } });
	});

	test('takes a memory limit live, reads it back, and loses it again', async () => {
		const limited = (value: bigint) => ({ hard_limit: { type: 'ullong', value } }) as const;
		for (const value of [1_048_576n, MEMORY_UNLIMITED_KIB]) {
			await client.call('domainSetMemoryParameters', { domain, parameters: limited(value), flags: live });
			expect(await client.call('domainGetMemoryParameters', { domain, flags: live })).toMatchObject(limited(value));
		}
	});

	test('takes a limit of its disk live and reads it back', async () => {
		const parameters = { total_bytes_sec: { type: 'ullong', value: 4_194_304n } } as const;
		await client.call('domainSetBlockIoTune', { domain, disk: 'vda', parameters, flags: live });
		const flags = live | Flag.typedParameters.STRING_OKAY;
		const tune = await client.call('domainGetBlockIoTune', { domain, disk: 'vda', flags });
		expect(tune).toMatchObject({ ...parameters, group_name: { type: 'string' } });
	});

	test('has its disk enlarged, and says how large it is', async () => {
		const size = BigInt(8 * MIB);
		await client.call('domainBlockResize', { domain, disk: 'vda', size, flags: Flag.blockResize.BYTES });
		expect(await client.call('domainGetBlockInfo', { domain, path: 'vda' })).toMatchObject({ capacityBytes: size });
	});

	test('is given virtual CPUs while it runs', async () => {
		await client.call('domainSetVcpus', { domain, vcpus: 2, flags: live });
		expect(await client.call('domainGetVcpus', { domain, flags: live })).toBe(2);
	});

	test('is given memory while it runs, and tells of the device', async () => {
		const xml = `<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>`;
		await client.call('domainAttachDevice', { domain, xml, flags: live });
		expect((await events.first(({ name }) => name === 'deviceAdded')).event).toMatchObject({
			alias: expect.stringMatching(/dimm0$/),
		});
		expect(await client.call('domainGetInfo', { domain })).toMatchObject({ memoryMaxKib: 196_608n });
	});

	test('is asked for less memory than it has', async () => {
		await client.call('domainSetMemory', { domain, memoryKib: 131_072n, flags: live });
		await client.call('domainSetMemoryStatsPeriod', { domain, periodSeconds: 1, flags: live });
		const statistics = await client.call('domainMemoryStats', { domain });
		const rss = statistics.find(({ tag }) => tag === MemoryStatistic.RSS);
		expect(rss?.value).toBeGreaterThan(10_000n);
	});

	test('gives statistics of the groups that were asked for, in the types of each', async () => {
		const stats = StatisticsGroup.STATE | StatisticsGroup.CPU_TOTAL | StatisticsGroup.BALLOON | StatisticsGroup.VCPU;
		const [record] = await client.call('connectGetAllDomainStats', { domains: [domain], stats });
		expect(record?.parameters).toMatchObject({
			'state.state': { type: 'int', value: DomainState.RUNNING },
			'cpu.time': { type: 'ullong', value: expect.any(BigInt) },
			'balloon.maximum': { type: 'ullong', value: 196_608n },
			'vcpu.current': { type: 'uint', value: 2 },
		});
	});

	test('has no addresses, no job, and nothing to abort', async () => {
		const source = InterfaceAddressSource.LEASE;
		expect(await client.call('domainInterfaceAddresses', { domain, source })).toEqual([]);
		expect(await client.call('domainGetJobStats', { domain })).toEqual({ type: 0, parameters: {} });
		expect(await failureOf(client.call('domainAbortJob', { domain }))).toMatchObject({
			code: ErrorCode.OPERATION_INVALID,
		});
	});

	test('tells of a reset', async () => {
		await client.call('domainReset', { domain });
		expect((await events.first(({ name }) => name === 'reboot')).event).toEqual({ domain });
	});

	test('does not heed a power button without an operating system, and is destroyed', async () => {
		await client.call('domainShutdown', { domain, flags: Flag.shutdown.ACPI_POWER_BUTTON });
		expect(await client.call('domainGetState', { domain })).toMatchObject({ state: DomainState.RUNNING });
		await client.call('domainDestroy', { domain });
		await events.first(isLifecycle(LifecycleEvent.STOPPED, LifecycleDetail.STOPPED.DESTROYED));
		expect(await client.call('domainGetState', { domain })).toEqual({
			state: DomainState.SHUTOFF,
			reason: DomainReason.SHUTOFF.DESTROYED,
		});
	});

	test('has kept its definition apart from what was changed live, until it is undefined', async () => {
		const xml = await client.call('domainGetXml', { domain, flags: Flag.xml.INACTIVE });
		expect(xml).toContain(`<name>${NAME}</name>`);
		expect(xml).not.toContain('<quota>');
		await client.call('domainUndefine', { domain });
		expect(await failureOf(client.call('domainGetXml', { domain }))).toMatchObject({ code: ErrorCode.NO_DOMAIN });
	});
});
