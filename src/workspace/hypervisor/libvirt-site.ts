/**
 * A site of one host: the machines are domains of one libvirt. Of several hosts JoinedSite makes one site.
 *
 * A domain is touched only when its metadata names the installation that asks. Whatever is done can be done again after
 * a crash at any point: files appear complete or not at all, a domain is defined before it is started, started paused,
 * and resumed when its limits are set; until then it carries revision 0.
 */
import { join } from 'node:path';
import type { Transport } from '../../libvirt/client.ts';
import { Flag, LifecycleDetail, LifecycleEvent } from '../../libvirt/constants.ts';
import type { DomainEventOf } from '../../libvirt/procedures.ts';
import type { Domain } from '../../libvirt/structures.ts';
import { type MachineAction, mustAct } from '../actions.ts';
import { makePassableFolder } from '../folders.ts';
import type { ImageStore } from '../images/images.ts';
import { machineName, machineUuid, NAME_PREFIX } from '../machine-names.ts';
import type {
	EnsureOutcome,
	MachineIdentity,
	MachineObservation,
	MachineSpec,
	Site,
	SiteAbilities,
	SiteHost,
} from '../site.ts';
import { Turns } from '../turns.ts';
import { ensureMachine, filesOf, findOwn, type OwnDomain, type Workshop } from './deployment.ts';
import { endDomain, Hypervisor, unlessGone } from './hypervisor.ts';
import { HOST_RESERVE, type HostReserve, hostMemory, readHost } from './local-host.ts';
import { absent, observeDomain, type PowerState, readState } from './observation.ts';
import { pauseMachine, restoreMachine, resumeMachine, saveMachine, shutDownMachine } from './power.ts';

export interface LibvirtSiteOptions {
	/** Whose machines changes are told of. */
	readonly installationId: string;
	/** The one host's name in agreements. */
	readonly hostName: string;
	/** Where the machines' disks and console logs lie; the hypervisor's user must be able to pass through it. */
	readonly machinesFolder: string;
	/**
	 * How many hosts keep their machines there, each in a folder of its own, and offer an equal part of the disk space;
	 * absent: this one alone.
	 */
	readonly sharedBy?: number;
	readonly images: ImageStore;
	/** See acceleration.ts. */
	readonly acceleration: 'kvm' | 'qemu';
	/** What domains are named with first. */
	readonly namePrefix?: string;
	/** `user`: machines reach outwards through QEMU's own address translation, unshaped. */
	readonly network?: 'none' | 'user';
	readonly reserve?: HostReserve;
	readonly transport?: Transport;
}

const MIB = 1_048_576;

const ABILITIES: Omit<SiteAbilities, 'acceleration'> = {
	simulated: false,
	// libvirt shapes interfaces on bridges only, and a machine has none of those here.
	networkShaping: false,
	memoryHotAdd: true,
	cpuHotAdd: true,
	// What QEMU needs beside the guest's memory. Measured under software emulation with the guest's memory filled to the
	// brim, four boots in one process: 66 MiB after the first, from the third boot on 70 to 72 MiB with one CPU (128, 256,
	// 512, 1,024 MiB of memory alike), 73 with two, 76 with two and 2,048 MiB; 32 of them are the translation cache. Up to
	// 24 MiB more are pages of QEMU's own program, charged to the machine that reads them first. The rest is margin: at
	// the limit the kernel kills. KVM has no translation cache, so there this is more than enough.
	memoryOverhead: { baseBytes: 96 * MIB, perCpuBytes: 4 * MIB, perMemoryMillionths: 5_000 },
	// The demo's guest is up with it; Debian's cloud image wants twice as much.
	memoryBytesMin: 96 * MIB,
	// What Linux takes of virtio-mem at a time is its largest free block: 4 MiB on x86.
	memoryStepBytes: 4 * MIB,
};

/** Even on a host of one CPU machines may grow to this many: it is their time that is limited. */
const CPU_COUNT_ROOM_MIN = 4;

/** What can be enforced on a host of so many CPUs; on one of which nothing is known, whatever it is, that of 0. */
export function libvirtAbilities(
	acceleration: LibvirtSiteOptions['acceleration'],
	cpuCount: number,
): SiteAbilities & { readonly cpuHotAddCountMax: number } {
	return { ...ABILITIES, acceleration, cpuHotAddCountMax: Math.max(cpuCount, CPU_COUNT_ROOM_MIN) };
}

export class LibvirtSite implements Site {
	readonly abilities: ReturnType<typeof libvirtAbilities>;
	readonly #installationId: string;
	readonly #workshop: Workshop;
	readonly #reserve: HostReserve;
	/** Where the disks of all hosts lie that share the space. */
	readonly #disks: { readonly path: string; readonly sharedBy: number };
	readonly #turns = new Turns();
	readonly #listeners: ((identity: MachineIdentity) => void)[] = [];

	/** Connects to libvirt. Throws HYPERVISOR_UNREACHABLE. */
	static async open(options: LibvirtSiteOptions): Promise<LibvirtSite> {
		await makePassableFolder(options.machinesFolder);
		await makePassableFolder(ownFolderOf(options));
		const hypervisor = await Hypervisor.connect(options.transport);
		const { cpus } = await hypervisor.call('nodeGetInfo', {});
		return new LibvirtSite(options, hypervisor, { cpuCount: cpus, memoryBytes: await hostMemory(hypervisor) });
	}

	private constructor(
		options: LibvirtSiteOptions,
		hypervisor: Hypervisor,
		host: { readonly cpuCount: number; readonly memoryBytes: number },
	) {
		this.abilities = libvirtAbilities(options.acceleration, host.cpuCount);
		const { cpuHotAddCountMax } = this.abilities;
		this.#installationId = options.installationId;
		this.#reserve = options.reserve ?? HOST_RESERVE;
		this.#disks = { path: options.machinesFolder, sharedBy: options.sharedBy ?? 1 };
		this.#workshop = {
			hypervisor,
			images: options.images,
			machinesFolder: ownFolderOf(options),
			sharedFolder: options.machinesFolder,
			hostName: options.hostName,
			namePrefix: options.namePrefix ?? NAME_PREFIX,
			acceleration: options.acceleration,
			network: options.network ?? 'none',
			hotAdd: { ...this.abilities, cpuCountMax: cpuHotAddCountMax },
			memoryBytesMax: host.memoryBytes,
		};
		hypervisor.on('lifecycle', (event) => void this.#onLifecycle(event).catch(() => {}));
		hypervisor.onReconnect(() => void this.#tellOfAll().catch(() => {}));
	}

	isReachable(): boolean {
		return this.#hypervisor.connected;
	}

	silentHosts(): readonly string[] {
		return this.isReachable() ? [] : [this.#workshop.hostName];
	}

	/** Throws HYPERVISOR_UNREACHABLE: what it offered before, AwaitedSite remembers. */
	async hosts(): Promise<readonly SiteHost[]> {
		const { hypervisor, hostName } = this.#workshop;
		return [await readHost(hypervisor, hostName, this.#disks, this.#reserve)];
	}

	ensure(spec: MachineSpec): Promise<EnsureOutcome> {
		return this.#inTurn(spec, () => ensureMachine(this.#workshop, spec));
	}

	async observe(identity: MachineIdentity): Promise<MachineObservation> {
		const domain = await this.#hypervisor.find(machineUuid(identity));
		const metadata = domain && (await unlessGone(this.#hypervisor.metadata(domain)));
		if (domain === undefined || metadata?.installationId !== identity.installationId) return absent(identity);
		return observeDomain(this.#hypervisor, domain, metadata, filesOf(this.#workshop, identity));
	}

	async list(installationId: string): Promise<readonly MachineObservation[]> {
		const observations: MachineObservation[] = [];
		// One after another: a list is asked for by sweeps, which must not crowd out whoever waits for an answer.
		for (const domain of await this.#hypervisor.domains()) {
			const metadata = await unlessGone(this.#hypervisor.metadata(domain));
			// A domain that carries our mark under another UUID is a copy that somebody made: not the machine.
			if (metadata?.installationId !== installationId || domain.uuid !== machineUuid(metadata)) continue;
			observations.push(await observeDomain(this.#hypervisor, domain, metadata, filesOf(this.#workshop, metadata)));
		}
		return observations;
	}

	pause(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('pause', identity, (own) => pauseMachine(this.#hypervisor, own));
	}

	resume(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('resume', identity, (own) => resumeMachine(this.#hypervisor, own));
	}

	save(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('save', identity, (own, { state }) => saveMachine(this.#hypervisor, own, state));
	}

	restore(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('restore', identity, (own) => restoreMachine(this.#hypervisor, own));
	}

	shutdown(identity: MachineIdentity, deadlineSeconds: number): Promise<MachineObservation> {
		return this.#act('shutdown', identity, (own, { state }) =>
			shutDownMachine(this.#hypervisor, own, state, deadlineSeconds),
		);
	}

	destroy(identity: MachineIdentity): Promise<void> {
		return this.#inTurn(identity, async () => {
			const own = await findOwn(this.#hypervisor, identity);
			if (own !== undefined) await removeDomain(this.#hypervisor, own.domain);
			await filesOf(this.#workshop, identity).remove();
		});
	}

	onChange(listener: (identity: MachineIdentity) => void): void {
		this.#listeners.push(listener);
	}

	async close(): Promise<void> {
		await this.#hypervisor.close();
	}

	get #hypervisor(): Hypervisor {
		return this.#workshop.hypervisor;
	}

	#act(
		action: MachineAction,
		identity: MachineIdentity,
		work: (own: OwnDomain, power: PowerState) => Promise<void>,
	): Promise<MachineObservation> {
		return this.#inTurn(identity, async () => {
			const own = await findOwn(this.#hypervisor, identity);
			const power = own && (await readState(this.#hypervisor, own.domain, own.metadata));
			const name = own?.domain.name ?? machineName(identity, this.#workshop.namePrefix);
			if (mustAct(action, power?.state ?? 'absent', name) && own && power) await work(own, power);
			return this.observe(identity);
		});
	}

	#inTurn<T>(identity: MachineIdentity, work: () => Promise<T>): Promise<T> {
		return this.#turns.take(machineUuid(identity), work);
	}

	/** What we do ourselves while it is our turn is nobody's news. */
	async #onLifecycle({ domain, event, detail }: DomainEventOf<'lifecycle'>): Promise<void> {
		if (this.#turns.has(domain.uuid) || !isNews(event, detail)) return;
		const metadata = await this.#hypervisor.metadata(domain);
		if (metadata?.installationId === this.#installationId) this.#tell(metadata);
	}

	async #tellOfAll(): Promise<void> {
		for (const { identity } of await this.list(this.#installationId)) this.#tell(identity);
	}

	#tell({ installationId, workspaceId, index }: MachineIdentity): void {
		for (const listener of this.#listeners) listener({ installationId, workspaceId, index });
	}
}

/** A machine that was given up on a host that fell silent may still run there: what starts in its place has its own disk. */
function ownFolderOf({ machinesFolder, sharedBy = 1, hostName }: LibvirtSiteOptions): string {
	return sharedBy > 1 ? join(machinesFolder, hostName) : machinesFolder;
}

/** Stopped, crashed, or halted by QEMU itself; a pause by hand is told as well, since only an agreement may order it. */
function isNews(event: number, detail: number): boolean {
	if (event === LifecycleEvent.STOPPED || event === LifecycleEvent.CRASHED) return true;
	return event === LifecycleEvent.SUSPENDED && detail !== LifecycleDetail.SUSPENDED.RESTORED;
}

async function removeDomain(hypervisor: Hypervisor, domain: Domain): Promise<void> {
	await unlessGone(endDomain(hypervisor, domain));
	const { MANAGED_SAVE, SNAPSHOTS_METADATA, NVRAM, CHECKPOINTS_METADATA } = Flag.undefine;
	const flags = MANAGED_SAVE | SNAPSHOTS_METADATA | NVRAM | CHECKPOINTS_METADATA;
	await unlessGone(hypervisor.call('domainUndefine', { domain, flags }));
}
