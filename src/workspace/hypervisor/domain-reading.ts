/**
 * What libvirt tells: domain XML and parameters to the amounts of a machine. The counterpart of domain-xml.ts.
 * libvirt is trusted to send well-formed XML, in its own form; only plain names and numbers are taken from it.
 */
import { create } from 'xmlbuilder2';
import { OperatingError } from '../../errors.ts';
import { MEMORY_UNLIMITED_KIB } from '../../libvirt/constants.ts';
import type { TypedParameters } from '../../libvirt/structures.ts';
import {
	attribute,
	attributeValue,
	element,
	firstChild,
	textOf,
	type XmlElement,
	type XmlNode,
} from '../../xml/element.ts';
import { writeDocument } from '../../xml/writer.ts';
import { KIB, MACHINE_NAMESPACE, type MachineMetadata } from './domain-xml.ts';

/** Memory that was hot-added. */
export interface MemoryDevice {
	/** The most that it can hand to the guest, what it is asked to, and what the guest has taken. */
	readonly sizeBytes: number;
	readonly requestedBytes: number;
	readonly currentBytes: number;
	/** What `domainUpdateDevice` is given to ask for another amount. */
	requesting(bytes: number): string;
}

export interface DomainReading {
	/** Undefined for a domain that is no machine of this project. */
	readonly metadata: MachineMetadata | undefined;
	readonly bootMemoryBytes: number;
	readonly memoryDevices: readonly MemoryDevice[];
	readonly cpuCount: number;
	readonly cpuCountMax: number;
}

/** Reads domain XML as libvirt writes it. Throws HYPERVISOR_PROTOCOL where an amount is missing that it always writes. */
export function readDomain(xml: string): DomainReading {
	const root = treeOf(xml);
	const vcpu = child(root, 'vcpu');
	const cpuCountMax = count(textOf(vcpu), 'vcpu');
	const declared = firstChild(root, '', 'metadata');
	const machine = declared && firstChild(declared, MACHINE_NAMESPACE, 'machine');
	const cell = child(child(child(root, 'cpu'), 'numa'), 'cell');
	return {
		metadata: machine && metadataOf(machine),
		bootMemoryBytes: count(attributeValue(cell, '', 'memory'), 'cell/@memory') * KIB,
		memoryDevices: child(root, 'devices').children.filter(isMemory).map(memoryDevice),
		cpuCount: count(attributeValue(vcpu, '', 'current') ?? String(cpuCountMax), 'vcpu/@current'),
		cpuCountMax,
	};
}

/** Reads what `domainGetMetadata` answers; undefined where it is not what this project writes. */
export function readMetadata(xml: string): MachineMetadata | undefined {
	return metadataOf(treeOf(xml));
}

/** Percent of one host CPU that the machine as a whole may use; Infinity where it is not limited. */
export function quotaPercent(parameters: TypedParameters): number {
	const quota = Number(parameters.global_quota?.value ?? -1);
	const period = Number(parameters.global_period?.value ?? 0);
	return quota <= 0 || period <= 0 ? Infinity : (quota * 100) / period;
}

/** Percent of one host CPU that each virtual CPU may use; Infinity where it is not limited. */
export function vcpuQuotaPercent(parameters: TypedParameters): number {
	const quota = Number(parameters.vcpu_quota?.value ?? -1);
	const period = Number(parameters.vcpu_period?.value ?? 0);
	return quota <= 0 || period <= 0 ? Infinity : (quota * 100) / period;
}

/** What the hypervisor's process may occupy; Infinity where it is not limited. */
export function hardLimitBytes(parameters: TypedParameters): number {
	const kib = BigInt(parameters.hard_limit?.value ?? MEMORY_UNLIMITED_KIB);
	return kib >= MEMORY_UNLIMITED_KIB ? Infinity : Number(kib) * KIB;
}

/** Of a `memoryKib` of libvirt. */
export function bytesOfKib(kib: bigint | number): number {
	return Number(kib) * KIB;
}

function memoryDevice(memory: XmlElement): MemoryDevice {
	const target = child(memory, 'target');
	const amount = (name: string) => {
		const found = firstChild(target, '', name);
		return found === undefined ? undefined : count(textOf(found), `memory/target/${name}`) * KIB;
	};
	const sizeBytes = amount('size') ?? 0;
	return {
		sizeBytes,
		requestedBytes: amount('requested') ?? sizeBytes,
		currentBytes: amount('current') ?? sizeBytes,
		requesting: (bytes) => writeDocument(replacing(memory, target, requesting(target, bytes))),
	};
}

/** The target, asking for so many bytes; `current` is libvirt's to say. */
function requesting(target: XmlElement, bytes: number): XmlElement {
	const kept = target.children.filter((part) => part.kind !== 'element' || !REPORTED.has(part.localName));
	const requested = element(REQUESTED, [attribute('unit', 'KiB')], [String(bytes / KIB)]);
	return { ...target, children: [...kept, requested] };
}

const REQUESTED = { prefix: '', namespace: '', localName: 'requested' };
const REPORTED: ReadonlySet<string> = new Set(['requested', 'current']);

function replacing(parent: XmlElement, old: XmlElement, other: XmlElement): XmlElement {
	return { ...parent, children: parent.children.map((part) => (part === old ? other : part)) };
}

function isMemory(part: XmlNode): part is XmlElement {
	return part.kind === 'element' && part.localName === 'memory';
}

function metadataOf(machine: XmlElement): MachineMetadata | undefined {
	const text = (name: string) => attributeValue(machine, '', name);
	const installationId = text('installation');
	const workspaceId = text('workspace');
	const index = text('index');
	if (machine.localName !== 'machine' || installationId === undefined) return undefined;
	if (workspaceId === undefined || index === undefined) return undefined;
	const amount = <N extends string>(name: N, written: string) => {
		const found = text(written);
		return (found === undefined ? {} : { [name]: Number(found) }) as { readonly [K in N]?: number };
	};
	return {
		installationId,
		workspaceId,
		index: Number(index),
		revision: Number(text('revision') ?? 0),
		host: text('host') ?? '',
		imageDigest: text('image') ?? '',
		...amount('memoryHardLimitBytes', 'memoryHardLimit'),
		...amount('bootedAt', 'bootedAt'),
		...amount('oomKillsAtBoot', 'oomKillsAtBoot'),
	};
}

function child(parent: XmlElement, localName: string): XmlElement {
	const found = firstChild(parent, '', localName);
	if (found === undefined) throw missing(`${parent.localName}/${localName}`);
	return found;
}

function count(text: string | undefined, what: string): number {
	if (text === undefined || !/^\d{1,15}$/.test(text)) throw missing(`${what}, found '${text}'`);
	return Number(text);
}

function missing(what: string): OperatingError {
	return new OperatingError('HYPERVISOR_PROTOCOL', `Its domain XML has no usable ${what}.`);
}

/** xmlbuilder2 reads XML in any form, which the reader of canonical text does not. */
function treeOf(xml: string): XmlElement {
	return convert(create(xml).root().node as unknown as ParsedElement);
}

/** The part of the DOM that is read. */
interface ParsedElement {
	readonly prefix: string | null;
	readonly namespaceURI: string | null;
	readonly localName: string;
	readonly attributes: Iterable<ParsedAttribute>;
	readonly childNodes: Iterable<ParsedElement & { readonly nodeType: number; readonly data?: string }>;
}

interface ParsedAttribute {
	readonly prefix: string | null;
	readonly namespaceURI: string | null;
	readonly localName: string;
	readonly value: string;
}

const ELEMENT_NODE = 1;
const TEXT_NODE = 3;
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

function convert(parsed: ParsedElement): XmlElement {
	const children: XmlNode[] = [];
	for (const part of parsed.childNodes) {
		if (part.nodeType === ELEMENT_NODE) children.push(convert(part));
		else if (part.nodeType === TEXT_NODE && part.data?.trim()) children.push({ kind: 'text', text: part.data });
	}
	const attributes = [...parsed.attributes]
		.filter(({ namespaceURI }) => namespaceURI !== XMLNS_NAMESPACE)
		.map((parsedAttribute) => ({ ...nameOf(parsedAttribute), value: parsedAttribute.value }));
	return element(nameOf(parsed), attributes, children);
}

function nameOf({ prefix, namespaceURI, localName }: Omit<ParsedAttribute, 'value'>) {
	return { prefix: prefix ?? '', namespace: namespaceURI ?? '', localName };
}
