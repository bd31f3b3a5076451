/**
 * What libvirt is told: machine specs to domain XML and parameters. libvirt's units, KiB and microseconds, exist in this
 * file and in its counterpart domain-reading.ts alone.
 *
 * A machine boots with exactly the memory agreed: there is no balloon headroom to take back. What it can grow by is
 * hot-added as virtio-mem, for which only address space is set aside. Its hard limit is not in the XML, because libvirt
 * would then raise RLIMIT_MEMLOCK, which not every libvirtd may; it is set while the machine is still paused.
 */
import { MEMORY_UNLIMITED_KIB } from '../../libvirt/constants.ts';
import type { TypedParameters } from '../../libvirt/structures.ts';
import { attribute, element, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { writeDocument } from '../../xml/writer.ts';
import type { MachineIdentity, MachineSpec } from '../site.ts';

export const KIB = 1024;
const MIB = 1024 * KIB;

/** The kernel's own default; shorter periods cost switches, longer ones are felt as stalls. */
export const CPU_PERIOD_MICROSECONDS = 100_000;

/** The namespace of what a domain says about the machine that it is. */
export const MACHINE_NAMESPACE = 'urn:computon:machine:1';
/** The prefix under which libvirt keeps it. */
export const MACHINE_PREFIX = 'computon';

/**
 * Software emulation keeps what it has translated; unbounded, the cache of a machine that was booted four times took
 * 150 MiB more than after the first boot. 32 MiB held a machine of 256 MiB at 345 MiB of RSS.
 */
const TRANSLATION_CACHE_MIB = 32;

/** How often memory can be added during a boot: each time costs a slot on the PCI bus, of which there are 32. */
export const MEMORY_SLOTS = 24;

/** virtio-mem adds and drops memory in blocks of this; a huge page, and what QEMU chooses itself on x86. */
const MEMORY_BLOCK_BYTES = 2 * MIB;
/** Linux takes memory in whole sections of this size, so a device has to be a multiple of it. */
const MEMORY_SECTION_BYTES = 128 * MIB;

/** What a domain says about the machine that it is. */
export interface MachineMetadata extends MachineIdentity {
	/** The revision whose limits were set; 0 until they were. */
	readonly revision: number;
	readonly host: string;
	readonly imageDigest: string;
	/** What it may occupy on its host, to be set again before it goes on after a save. */
	readonly memoryHardLimitBytes?: number;
	/** Epoch seconds of the last cold boot, and how often the kernel's OOM killer had acted on the host by then. */
	readonly bootedAt?: number;
	readonly oomKillsAtBoot?: number;
}

/** What a machine boots: with its disk image, or with a kernel of the site's image store. */
export interface DomainFiles {
	readonly kernel?: { readonly kernelPath: string; readonly initramfsPath: string; readonly commandLine: string };
	/** A qcow2 file of the machine's own. */
	readonly diskPath?: string;
	readonly consolePath: string;
}

export interface DomainSettings {
	readonly uuid: string;
	readonly name: string;
	readonly acceleration: 'kvm' | 'qemu';
	/** To how many CPUs and how much memory the machine may grow without a boot. */
	readonly cpuCountMax: number;
	readonly memoryBytesMax: number;
	/** `user`: behind QEMU's own address translation, unshaped. */
	readonly network: 'none' | 'user';
}

/** The domain XML of a machine. Throws where a value has no place in XML. */
export function domainXml(spec: MachineSpec, settings: DomainSettings, files: DomainFiles): string {
	const { cpuCount, memoryBytes } = spec;
	// What is added takes whole sections, filled or not.
	const memoryBytesMax = Math.max(settings.memoryBytesMax, memoryBytes) + MEMORY_SLOTS * MEMORY_SECTION_BYTES;
	const cpuCountMax = Math.max(settings.cpuCountMax, cpuCount);
	const metadata: MachineMetadata = { ...spec, revision: 0 };
	return writeDocument(
		node('domain', { type: settings.acceleration }, [
			node('name', {}, [settings.name]),
			node('uuid', {}, [settings.uuid]),
			node('metadata', {}, [metadataElement(metadata)]),
			kib('maxMemory', memoryBytesMax, { slots: MEMORY_SLOTS }),
			kib('memory', memoryBytes),
			kib('currentMemory', memoryBytes),
			node('vcpu', { placement: 'static', current: cpuCount }, [String(cpuCountMax)]),
			cpuTune(spec),
			...(spec.sshPublicKey === undefined ? [] : [systemInformation(spec.sshPublicKey)]),
			bootElement(files, spec.sshPublicKey !== undefined),
			node('features', {}, [
				node('acpi'),
				...(settings.acceleration === 'kvm'
					? []
					: [node('tcg', {}, [node('tb-cache', { unit: 'MiB' }, [String(TRANSLATION_CACHE_MIB)])])]),
			]),
			// Memory can only be added to a NUMA node; this one is all there is.
			node(
				'cpu',
				settings.acceleration === 'kvm' ? { mode: 'host-passthrough', migratable: 'on' } : { mode: 'maximum' },
				[
					node('numa', {}, [
						node('cell', { id: 0, cpus: `0-${cpuCountMax - 1}`, memory: toKib(memoryBytes), unit: 'KiB' }),
					]),
				],
			),
			node('clock', { offset: 'utc' }),
			node('on_poweroff', {}, ['destroy']),
			node('on_reboot', {}, ['restart']),
			node('on_crash', {}, ['destroy']),
			devices(settings, files),
		]),
	);
}

/** What `domainSetMetadata` is given. */
export function metadataXml(metadata: MachineMetadata): string {
	// libvirt adds the prefix that it was told, and wants the element without one.
	return writeDocument({ ...metadataElement(metadata), prefix: '' });
}

/** A device that hands the guest so many bytes more, in whole blocks of memory; the rest of its room stays empty. */
export function memoryDeviceXml(bytes: number): string {
	const size = Math.ceil(bytes / MEMORY_SECTION_BYTES) * MEMORY_SECTION_BYTES;
	return writeDocument(
		node('memory', { model: 'virtio-mem' }, [
			node('target', {}, [
				kib('size', size),
				node('node', {}, ['0']),
				kib('block', MEMORY_BLOCK_BYTES),
				kib('requested', bytes),
			]),
		]),
	);
}

/** The parameters of `domainSetSchedulerParameters`, in the order in which they have to be set. */
export function cpuParameters(
	spec: Pick<MachineSpec, 'cpuCount' | 'cpuSharePercent'>,
	raises: boolean,
): TypedParameters {
	const whole = { global_period: period(), global_quota: quota(spec.cpuCount * spec.cpuSharePercent) };
	const each = { vcpu_period: period(), vcpu_quota: quota(spec.cpuSharePercent) };
	// In cgroup v1 no child may have more than its parent, at any moment.
	return raises ? { ...whole, ...each } : { ...each, ...whole };
}

/** The parameters of `domainSetMemoryParameters`; undefined: no limit. */
export function memoryParameters(hardLimitBytes: number | undefined): TypedParameters {
	const value = hardLimitBytes === undefined ? MEMORY_UNLIMITED_KIB : BigInt(toKib(hardLimitBytes));
	return { hard_limit: { type: 'ullong', value } };
}

function cpuTune({ cpuCount, cpuSharePercent }: MachineSpec): XmlElement {
	return node('cputune', {}, [
		node('period', {}, [String(CPU_PERIOD_MICROSECONDS)]),
		node('quota', {}, [String(microseconds(cpuSharePercent))]),
		node('global_period', {}, [String(CPU_PERIOD_MICROSECONDS)]),
		node('global_quota', {}, [String(microseconds(cpuCount * cpuSharePercent))]),
	]);
}

function bootElement({ kernel }: DomainFiles, hasSystemInformation: boolean): XmlElement {
	return node('os', {}, [
		node('type', { arch: 'x86_64', machine: 'pc' }, ['hvm']),
		...(kernel === undefined
			? [node('boot', { dev: 'hd' })]
			: [
					node('kernel', {}, [kernel.kernelPath]),
					node('initrd', {}, [kernel.initramfsPath]),
					node('cmdline', {}, [kernel.commandLine]),
				]),
		...(hasSystemInformation ? [node('smbios', { mode: 'sysinfo' })] : []),
	]);
}

/** A credential of systemd (systemd.system-credentials(7)): from Debian 12 on it becomes root's authorized_keys. */
function systemInformation(sshPublicKey: string): XmlElement {
	const credential = Buffer.from(`${sshPublicKey}\n`).toString('base64');
	return node('sysinfo', { type: 'smbios' }, [
		node('oemStrings', {}, [
			node('entry', {}, [`io.systemd.credential.binary:ssh.authorized_keys.root=${credential}`]),
		]),
	]);
}

function devices({ network }: DomainSettings, { diskPath, consolePath }: DomainFiles): XmlElement {
	const disk = (source: string) =>
		node('disk', { type: 'file', device: 'disk' }, [
			node('driver', { name: 'qemu', type: 'qcow2', discard: 'unmap' }),
			node('source', { file: source }),
			node('target', { dev: 'vda', bus: 'virtio' }),
		]);
	return node('devices', {}, [
		node('controller', { type: 'usb', model: 'none' }),
		...(diskPath === undefined ? [] : [disk(diskPath)]),
		...(network === 'none' ? [] : [node('interface', { type: 'user' }, [node('model', { type: 'virtio' })])]),
		// virtlogd keeps the file bounded: 2 MiB and three older ones, unless configured otherwise.
		node('serial', { type: 'file' }, [
			node('source', { path: consolePath, append: 'on' }),
			node('target', { port: 0 }),
		]),
		// For what it reports; nothing is ever taken or given through it.
		node('memballoon', { model: 'virtio' }),
	]);
}

function metadataElement(metadata: MachineMetadata): XmlElement {
	const { installationId, workspaceId, imageDigest, ...rest } = metadata;
	const values = {
		installation: installationId,
		workspace: workspaceId,
		index: rest.index,
		revision: rest.revision,
		host: rest.host,
		image: imageDigest,
		memoryHardLimit: rest.memoryHardLimitBytes,
		bootedAt: rest.bootedAt,
		oomKillsAtBoot: rest.oomKillsAtBoot,
	};
	const known = Object.entries(values).filter(([, value]) => value !== undefined);
	return element(
		{ prefix: MACHINE_PREFIX, namespace: MACHINE_NAMESPACE, localName: 'machine' },
		known.map(([name, value]) => attribute(name, String(value))),
	);
}

function node(
	localName: string,
	attributes: Readonly<Record<string, string | number>> = {},
	children: readonly (XmlNode | string)[] = [],
): XmlElement {
	const written = Object.entries(attributes).map(([name, value]) => attribute(name, String(value)));
	return element({ prefix: '', namespace: '', localName }, written, children);
}

function kib(localName: string, bytes: number, attributes: Readonly<Record<string, number>> = {}): XmlElement {
	return node(localName, { ...attributes, unit: 'KiB' }, [String(toKib(bytes))]);
}

/** Amounts are whole MiB or whole pages by now; anything else would be read back as something else. */
function toKib(bytes: number): number {
	if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes % KIB !== 0)
		throw new RangeError(`${bytes} bytes are not whole KiB`);
	return bytes / KIB;
}

function microseconds(percent: number): number {
	return Math.round((percent * CPU_PERIOD_MICROSECONDS) / 100);
}

function period(): TypedParameters[string] {
	return { type: 'ullong', value: BigInt(CPU_PERIOD_MICROSECONDS) };
}

function quota(percent: number): TypedParameters[string] {
	return { type: 'llong', value: BigInt(microseconds(percent)) };
}
