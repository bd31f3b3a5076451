import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	hardLimitBytes,
	quotaPercent,
	readDomain,
	readMetadata,
	vcpuQuotaPercent,
} from '../../src/workspace/hypervisor/domain-reading.ts';
import {
	cpuParameters,
	type DomainFiles,
	type DomainSettings,
	domainXml,
	memoryDeviceXml,
	memoryParameters,
	metadataXml,
} from '../../src/workspace/hypervisor/domain-xml.ts';
import { machineName, machineUuid } from '../../src/workspace/machine-names.ts';
import type { MachineSpec } from '../../src/workspace/site.ts';

const MIB = 1_048_576;

const SPEC: MachineSpec = {
	installationId: '0193b5a0-0000-7000-8000-000000000001',
	workspaceId: '0193b5a0-0000-7000-8000-0123456789ab',
	index: 3,
	revision: 7,
	host: 'local',
	cpuCount: 2,
	cpuSharePercent: 25,
	memoryBytes: 300 * MIB,
	diskBytes: 0,
	networkBitsPerSecond: 0,
	imageDigest: `sha256:${'a'.repeat(64)}`,
};
const SETTINGS: DomainSettings = {
	uuid: machineUuid(SPEC),
	name: machineName(SPEC),
	acceleration: 'qemu',
	cpuCountMax: 4,
	memoryBytesMax: 8192 * MIB,
	network: 'none',
};
const FILES: DomainFiles = {
	consolePath: '/data/console.log',
	kernel: { kernelPath: '/images/kernel', initramfsPath: '/images/initramfs', commandLine: 'console=ttyS0' },
};

describe('domain XML', () => {
	test('a machine boots with exactly the memory agreed, and with room to grow', () => {
		const xml = domainXml(SPEC, SETTINGS, FILES);
		expect(xml).toContain('<memory unit="KiB">307200</memory><currentMemory unit="KiB">307200</currentMemory>');
		expect(xml).toContain('<maxMemory slots="24" unit="KiB">11534336</maxMemory>');
		expect(xml).toContain('<vcpu placement="static" current="2">4</vcpu>');
		expect(xml).not.toContain('hard_limit');
	});

	test('each CPU and the machine as a whole have their quota of a tenth of a second', () => {
		const xml = domainXml(SPEC, SETTINGS, FILES);
		expect(xml).toContain('<period>100000</period><quota>25000</quota>');
		expect(xml).toContain('<global_period>100000</global_period><global_quota>50000</global_quota>');
	});

	test('it names the machine that it is, and no revision until its limits are set', () => {
		const { metadata, ...reading } = readDomain(domainXml(SPEC, SETTINGS, FILES));
		const { installationId, workspaceId, index, host, imageDigest } = SPEC;
		expect(metadata).toEqual({ installationId, workspaceId, index, revision: 0, host, imageDigest });
		expect(reading).toMatchObject({ bootMemoryBytes: 300 * MIB, cpuCount: 2, cpuCountMax: 4, memoryDevices: [] });
	});

	test.each([
		['software emulation bounds its translation cache', {}, {}, '<tb-cache unit="MiB">32</tb-cache>', true],
		['KVM has none', { acceleration: 'kvm' as const }, {}, 'tb-cache', false],
		['without a disk there is none', {}, {}, '<disk', false],
		[
			'a disk is an overlay of its own',
			{},
			{ diskPath: '/data/disk.qcow2' },
			'<source file="/data/disk.qcow2"/>',
			true,
		],
		['without a network there is no interface', {}, {}, '<interface', false],
		['a network that was asked for', { network: 'user' as const }, {}, '<interface type="user">', true],
	])('%s', (_, settings, files, fragment, isThere) => {
		const xml = domainXml(SPEC, { ...SETTINGS, ...settings }, { ...FILES, ...files });
		expect(xml.includes(fragment)).toBe(isThere);
	});

	test('a machine of a disk image boots from its disk', () => {
		const xml = domainXml(SPEC, SETTINGS, { consolePath: '/c', diskPath: '/d' });
		expect(xml).toContain('<boot dev="hd"/>');
		expect(xml).not.toContain('<kernel>');
	});

	test('an SSH key goes in as a credential of systemd, whatever is in it', () => {
		const sshPublicKey = 'ssh-ed25519 AAAA "x" & <y>\n';
		const xml = domainXml({ ...SPEC, sshPublicKey }, SETTINGS, FILES);
		const [, encoded] = /authorized_keys\.root=([A-Za-z0-9+/=]+)</.exec(xml)!;
		expect(Buffer.from(encoded!, 'base64').toString()).toBe(`${sshPublicKey}\n`);
		expect(xml).toContain('<smbios mode="sysinfo"/>');
	});

	test('what comes from outside stays what it is: text, never markup', () => {
		const nasty = fc.string({ unit: fc.constantFrom(...'<>&"\' ;a/é]]'), maxLength: 20 });
		fc.assert(
			fc.property(nasty, nasty, nasty, (host, path, commandLine) => {
				const kernel = { ...FILES.kernel!, commandLine };
				const xml = domainXml({ ...SPEC, host }, SETTINGS, { consolePath: path, diskPath: path, kernel });
				expect(readDomain(xml).metadata?.host).toBe(host);
				expect(xml.match(/<disk /g)).toHaveLength(1);
			}),
		);
	});

	test('an amount that is no whole KiB is a bug', () => {
		expect(() => domainXml({ ...SPEC, memoryBytes: 300_000_001 }, SETTINGS, FILES)).toThrow(/300000001 bytes/);
	});
});

describe('added memory', () => {
	test("takes whole sections of the guest's address space and fills as much of them as is asked", () => {
		const xml = memoryDeviceXml(132 * MIB);
		expect(xml).toContain('<size unit="KiB">262144</size>');
		expect(xml).toContain('<requested unit="KiB">135168</requested>');
	});

	test("is read back from what libvirt says, and asked for more in libvirt's own words", () => {
		const { memoryDevices } = readDomain(RUNNING);
		expect(memoryDevices).toMatchObject([
			{ sizeBytes: 128 * MIB, requestedBytes: 100 * MIB, currentBytes: 96 * MIB },
			{ sizeBytes: 64 * MIB, requestedBytes: 64 * MIB, currentBytes: 64 * MIB },
		]);
		const xml = memoryDevices[0]!.requesting(128 * MIB);
		expect(xml).toContain('<requested unit="KiB">131072</requested>');
		expect(xml).toContain('<alias name="virtiomem0"/>');
		expect(xml).not.toContain('<current');
	});

	test('a domain without the amounts that libvirt always writes is no answer of libvirt', () => {
		const broken = RUNNING.replace("memory='262144'", '');
		expect(() => readDomain(broken)).toThrow(/cell\/@memory/);
	});

	const RUNNING = `<domain type='qemu' id='2'>
  <name>x</name>
  <vcpu placement='static' current='1'>4</vcpu>
  <cpu mode='maximum' check='none'>
    <numa>
      <cell id='0' cpus='0-3' memory='262144' unit='KiB'/>
    </numa>
  </cpu>
  <devices>
    <memory model='virtio-mem'>
      <target>
        <size unit='KiB'>131072</size>
        <node>0</node>
        <block unit='KiB'>2048</block>
        <requested unit='KiB'>102400</requested>
        <current unit='KiB'>98304</current>
      </target>
      <alias name='virtiomem0'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </memory>
    <memory model='dimm'>
      <target>
        <size unit='KiB'>65536</size>
        <node>0</node>
      </target>
    </memory>
  </devices>
</domain>`;
});

describe('metadata', () => {
	test('what is written is read again', () => {
		const metadata = {
			installationId: SPEC.installationId,
			workspaceId: SPEC.workspaceId,
			index: 0,
			revision: 12,
			host: 'a & b',
			imageDigest: SPEC.imageDigest,
			memoryHardLimitBytes: 400 * MIB,
			bootedAt: 1_795_336_473,
			oomKillsAtBoot: 0,
		};
		expect(readMetadata(metadataXml(metadata))).toEqual(metadata);
	});

	test.each([
		['another element', '<other xmlns="urn:computon:machine:1" installation="i" workspace="w" index="0"/>'],
		['no installation', '<machine xmlns="urn:computon:machine:1" workspace="w" index="0"/>'],
		['no workspace', '<machine xmlns="urn:computon:machine:1" installation="i" index="0"/>'],
	])('%s is no machine of ours', (_, xml) => {
		expect(readMetadata(xml)).toBeUndefined();
	});
});

describe('parameters', () => {
	test('quotas are read back as they were set', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 64 }), (cpuSharePercent, cpuCount) => {
				const parameters = cpuParameters({ cpuCount, cpuSharePercent }, true);
				expect(quotaPercent(parameters)).toBe(cpuCount * cpuSharePercent);
				expect(vcpuQuotaPercent(parameters)).toBe(cpuSharePercent);
			}),
		);
	});

	test('in whatever order CPUs and shares change, no child ever has more than its parent', () => {
		const amounts = fc.record({
			cpuCount: fc.integer({ min: 1, max: 8 }),
			cpuSharePercent: fc.integer({ min: 1, max: 100 }),
		});
		fc.assert(
			fc.property(amounts, amounts, (before, after) => {
				const held = { ...cpuParameters(before, true) };
				for (const [name, parameter] of Object.entries(
					cpuParameters(after, after.cpuSharePercent > before.cpuSharePercent),
				)) {
					held[name] = parameter;
					expect(vcpuQuotaPercent(held)).toBeLessThanOrEqual(quotaPercent(held));
				}
			}),
		);
	});

	test("no limit is Infinity, in libvirt's several ways to say it", () => {
		expect(quotaPercent({})).toBe(Number.POSITIVE_INFINITY);
		expect(
			quotaPercent({ global_quota: { type: 'llong', value: -1n }, global_period: { type: 'ullong', value: 100_000n } }),
		).toBe(Number.POSITIVE_INFINITY);
		expect(hardLimitBytes(memoryParameters(undefined))).toBe(Number.POSITIVE_INFINITY);
		expect(hardLimitBytes(memoryParameters(300 * MIB))).toBe(300 * MIB);
	});
});

describe('names', () => {
	test('a name tells workspace and index, a UUID of version 8 is the same every time', () => {
		expect(machineName(SPEC)).toBe('computon-0123456789ab-3');
		expect(machineName(SPEC, 'computon-test')).toBe('computon-test-0123456789ab-3');
		expect(machineUuid(SPEC)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		expect(machineUuid({ ...SPEC, revision: 9 } as MachineSpec)).toBe(machineUuid(SPEC));
	});

	test('different machines have different UUIDs', () => {
		const indexes = Array.from({ length: 1000 }, (_, index) => machineUuid({ ...SPEC, index }));
		expect(new Set(indexes).size).toBe(1000);
		expect(machineUuid({ ...SPEC, workspaceId: 'another' })).not.toBe(machineUuid(SPEC));
	});
});
