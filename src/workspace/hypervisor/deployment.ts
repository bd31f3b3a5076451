/**
 * From a spec to a running domain, from whatever state an earlier attempt or the machine's life left behind.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OperatingError } from '../../errors.ts';
import { DomainState, ErrorCode, Flag, MetadataType } from '../../libvirt/constants.ts';
import type { Domain } from '../../libvirt/structures.ts';
import type { ImageStore } from '../images/images.ts';
import type { HotAddAbilities } from '../limits.ts';
import { machineName, machineUuid } from '../machine-names.ts';
import type { EnsureOutcome, MachineIdentity, MachineSpec, MachineState } from '../site.ts';
import { readDomain } from './domain-reading.ts';
import { domainXml, MACHINE_NAMESPACE, MACHINE_PREFIX, type MachineMetadata, metadataXml } from './domain-xml.ts';
import { type Hypervisor, LIVE_AND_CONFIG, refusalCode, unless, unlessGone } from './hypervisor.ts';
import { countOomKills } from './kernel-limits.ts';
import { awaitGrowth, changeLimits } from './live-limits.ts';
import { MachineFiles } from './machine-files.ts';
import { observeDomain, readState } from './observation.ts';
import { saveMachine } from './power.ts';

/** What a site of libvirt makes its machines of. */
export interface Workshop {
	readonly hypervisor: Hypervisor;
	readonly images: ImageStore;
	readonly machinesFolder: string;
	/** Where machines have their files that were made before other hosts came to share it. */
	readonly sharedFolder: string;
	readonly hostName: string;
	readonly namePrefix: string;
	readonly acceleration: 'kvm' | 'qemu';
	readonly network: 'none' | 'user';
	/** What a machine that is up can be given more of, and how far. */
	readonly hotAdd: HotAddAbilities;
	readonly memoryBytesMax: number;
}

export interface OwnDomain {
	readonly domain: Domain;
	readonly metadata: MachineMetadata;
}

/** The domain of this machine. Throws HYPERVISOR_REFUSED when it is somebody else's, which nobody here may touch. */
export async function findOwn(hypervisor: Hypervisor, identity: MachineIdentity): Promise<OwnDomain | undefined> {
	const domain = await hypervisor.find(machineUuid(identity));
	return domain && unlessGone(own(hypervisor, domain, identity));
}

async function own(hypervisor: Hypervisor, domain: Domain, { installationId }: MachineIdentity): Promise<OwnDomain> {
	const metadata = await hypervisor.metadata(domain);
	if (metadata?.installationId === installationId) return { domain, metadata };
	throw new OperatingError('HYPERVISOR_REFUSED', `The domain ${domain.name} is not of this installation.`);
}

/** The files of a machine, whether it is there or not. */
export function filesOf(
	{ machinesFolder, sharedFolder }: Pick<Workshop, 'machinesFolder' | 'sharedFolder'>,
	identity: MachineIdentity,
): MachineFiles {
	const uuid = machineUuid(identity);
	return new MachineFiles(existsSync(join(sharedFolder, uuid)) ? sharedFolder : machinesFolder, uuid);
}

/** See `Site.ensure`. Starts over when the domain changes its state meanwhile: a save that an earlier broker began ends. */
export async function ensureMachine(workshop: Workshop, spec: MachineSpec): Promise<EnsureOutcome> {
	refuseImpossible(workshop, spec);
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await bringUp(workshop, spec);
		} catch (error) {
			if (refusalCode(error) !== ErrorCode.OPERATION_INVALID || attempt === ATTEMPTS_MAX) throw error;
		}
	}
}

/** One is for what was under way, one for what that set off; beyond that somebody else is at work. */
const ATTEMPTS_MAX = 3;

async function bringUp(workshop: Workshop, spec: MachineSpec): Promise<EnsureOutcome> {
	const { hypervisor } = workshop;
	const { domain, started, boots } = await start(workshop, spec, await findOwn(hypervisor, spec));
	const { pending, grows } = await applySpec(workshop, domain, spec, boots);
	const { state } = await hypervisor.call('domainGetState', { domain });
	if (state === DomainState.PAUSED) await hypervisor.call('domainResume', { domain });
	if (grows) pending.push(...(await awaitGrowth(hypervisor, domain)));
	const observation = await observeDomain(hypervisor, domain, spec, filesOf(workshop, spec));
	return { observation, started, pending };
}

interface Start {
	readonly domain: Domain;
	/** Whether it was not up. */
	readonly started: boolean;
	/** Whether it boots, with all of its spec, rather than going on. */
	readonly boots: boolean;
}

/** Brings the domain to where its limits can be set: paused where it was not up. */
async function start(workshop: Workshop, spec: MachineSpec, found: OwnDomain | undefined): Promise<Start> {
	const power = found && (await readState(workshop.hypervisor, found.domain, found.metadata));
	if (found === undefined || power === undefined) return boot(workshop, spec);
	refuseOtherImage(found, spec);
	if (power.up) await makeRoomForCpus(workshop, found, power.state, spec);
	else if (power.state === 'saved') await startPaused(workshop, found.domain);
	else return boot(workshop, spec);
	return { domain: found.domain, started: !power.up, boots: false };
}

async function boot(workshop: Workshop, spec: MachineSpec): Promise<Start> {
	const domain = await define(workshop, spec);
	await startPaused(workshop, domain);
	return { domain, started: true, boots: true };
}

/**
 * Under software emulation every virtual CPU has a region of the translation cache, and QEMU 7.2 dies of an assertion
 * (tcg/region.c) when a CPU is added while all regions are taken: two of two times, soon after the boot. A restored
 * machine has an empty cache. So it is saved and restored first: the same boot, a pause of about a second.
 */
async function makeRoomForCpus(
	workshop: Workshop,
	own: OwnDomain,
	state: MachineState,
	spec: MachineSpec,
): Promise<void> {
	const { hypervisor, acceleration } = workshop;
	if (acceleration === 'kvm') return;
	const { cpuCount, cpuCountMax } = readDomain(await hypervisor.call('domainGetXml', { domain: own.domain }));
	if (spec.cpuCount <= cpuCount || spec.cpuCount > cpuCountMax) return;
	await saveMachine(hypervisor, own, state);
	await startPaused(workshop, own.domain);
}

/** Makes the limits those of the spec as far as goes, and says so in the metadata. */
async function applySpec(
	{ hypervisor, hotAdd }: Workshop,
	domain: Domain,
	spec: MachineSpec,
	boots: boolean,
): Promise<{ readonly pending: string[]; readonly grows: boolean }> {
	const reading = readDomain(await hypervisor.call('domainGetXml', { domain }));
	const abilities = { ...hotAdd, cpuCountMax: reading.cpuCountMax };
	const outcome = await changeLimits(hypervisor, domain, reading, spec, abilities);
	const { memoryHardLimitBytes, grows } = outcome;
	const pending = [...outcome.pending];
	if (!boots) pending.push(...(await changeDisk(hypervisor, domain, spec)));
	const before = reading.metadata;
	// The first time that limits are set on what was booted: also after a crash in the middle of a boot.
	const booting = before?.bootedAt === undefined;
	if (booting || before.revision !== spec.revision || before.memoryHardLimitBytes !== memoryHardLimitBytes) {
		const facts = booting ? await factsOfBoot() : pickFactsOfBoot(before);
		await setMetadata(hypervisor, domain, { ...spec, memoryHardLimitBytes, ...facts });
	}
	return { pending, grows };
}

async function define(workshop: Workshop, spec: MachineSpec): Promise<Domain> {
	const { hypervisor, images, acceleration, network, memoryBytesMax, hotAdd } = workshop;
	const files = await filesOf(workshop, spec).prepare(spec, await images.files(spec.imageDigest));
	const settings = {
		uuid: machineUuid(spec),
		name: machineName(spec, workshop.namePrefix),
		acceleration,
		cpuCountMax: hotAdd.cpuCountMax,
		memoryBytesMax,
		network,
	};
	return hypervisor.call('domainDefineXml', { xml: domainXml(spec, settings, files) });
}

/** Boots or, where it was saved, restores. */
async function startPaused({ hypervisor, machinesFolder }: Workshop, domain: Domain): Promise<void> {
	try {
		await hypervisor.call('domainCreate', { domain, flags: Flag.create.PAUSED });
	} catch (error) {
		if (!(error instanceof OperatingError && error.message.includes('Permission denied'))) throw error;
		const advice = `QEMU's user (libvirt-qemu on Debian) must be able to pass through every folder down to ${machinesFolder}.`;
		throw new OperatingError('HYPERVISOR_REFUSED', `${error.message} ${advice}`, { cause: error });
	}
}

/** A disk grows while it is in use; it never shrinks. */
async function changeDisk(hypervisor: Hypervisor, domain: Domain, { diskBytes }: MachineSpec): Promise<string[]> {
	if (diskBytes === 0) return [];
	const info = await unless(ErrorCode.INVALID_ARG, hypervisor.call('domainGetBlockInfo', { domain, path: DISK }));
	if (info === undefined) return ['The guest has no disk until it is booted again.'];
	const bytes = Number(info.capacityBytes);
	if (bytes > diskBytes) return [`The guest keeps its disk of ${bytes} bytes: a disk is not made smaller.`];
	if (bytes < diskBytes) {
		const size = BigInt(diskBytes);
		await hypervisor.call('domainBlockResize', { domain, disk: DISK, size, flags: Flag.blockResize.BYTES });
	}
	return [];
}

/** The only disk, as domain-xml.ts names it. */
const DISK = 'vda';

async function setMetadata(hypervisor: Hypervisor, domain: Domain, metadata: MachineMetadata): Promise<void> {
	await hypervisor.call('domainSetMetadata', {
		domain,
		type: MetadataType.ELEMENT,
		metadata: metadataXml(metadata),
		key: MACHINE_PREFIX,
		uri: MACHINE_NAMESPACE,
		flags: LIVE_AND_CONFIG,
	});
}

type FactsOfBoot = Pick<MachineMetadata, 'bootedAt' | 'oomKillsAtBoot'>;

async function factsOfBoot(): Promise<FactsOfBoot> {
	const oomKillsAtBoot = await countOomKills();
	const bootedAt = Math.floor(Date.now() / 1000);
	return oomKillsAtBoot === undefined ? { bootedAt } : { bootedAt, oomKillsAtBoot };
}

function pickFactsOfBoot({ bootedAt, oomKillsAtBoot }: MachineMetadata): FactsOfBoot {
	return {
		...(bootedAt === undefined ? {} : { bootedAt }),
		...(oomKillsAtBoot === undefined ? {} : { oomKillsAtBoot }),
	};
}

/** Its disk is an overlay of the image that it was made from. */
function refuseOtherImage({ domain, metadata }: OwnDomain, { imageDigest }: MachineSpec): void {
	if (metadata.imageDigest === imageDigest) return;
	const detail = `${domain.name} was made from ${metadata.imageDigest}: destroy it before it gets ${imageDigest}.`;
	throw new OperatingError('MACHINE_FAILED', detail);
}

/** What the judgement should never have let through. */
function refuseImpossible({ hostName }: Workshop, spec: MachineSpec): void {
	if (spec.host !== hostName) {
		throw new OperatingError('HYPERVISOR_REFUSED', `${spec.host} is not a host of this site; ${hostName} is.`);
	}
	if (spec.networkBitsPerSecond > 0) {
		throw new OperatingError('MACHINE_FAILED', 'This site shapes no network bandwidth.');
	}
}
