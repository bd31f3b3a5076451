/**
 * A site of simulated machines: a model with hosts, time, limits and failures, for trying out templates and policies,
 * for benches, and for machines on which no guest can be started. Nothing runs here and nothing outlives the process;
 * it proves nothing about enforcement.
 *
 * A host takes machines up to its capacity and refuses the next one, so whoever overbooks finds out (H1).
 */
import { OperatingError } from '../../errors.ts';
import { type MachineAction, mustAct } from '../actions.ts';
import { agreedLimits, planLiveChange } from '../limits.ts';
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
import { isAimedAt, ScriptedFailures, type SimulatedFailure } from './scripted-failures.ts';
import { SimulatedMachine } from './simulated-machine.ts';
import { REAL_TIME, type SimulatedTime } from './simulated-time.ts';

export interface SimulatedSiteOptions {
	readonly hosts: readonly SiteHost[];
	/** What each host takes before it refuses, where it is overcommitted; absent: what it has. */
	readonly takes?: readonly SiteHost[];
	readonly time?: SimulatedTime;
	/** From the order to the running machine, and from there to the first report of its guest. */
	readonly deploySeconds?: number;
	readonly bootSeconds?: number;
	/** How long a guest takes to shut down; Infinity: it never obeys. */
	readonly shutdownSeconds?: number;
	readonly failures?: readonly SimulatedFailure[];
	readonly abilities?: Partial<SiteAbilities>;
}

const MIB = 1_048_576;

/** Like a site of software-emulated machines, and with a network that can be shaped. */
const ABILITIES: SiteAbilities = {
	simulated: true,
	acceleration: 'simulated',
	networkShaping: true,
	memoryHotAdd: true,
	cpuHotAdd: true,
	memoryOverhead: { baseBytes: 96 * MIB, perCpuBytes: 8 * MIB, perMemoryMillionths: 20_000 },
	memoryBytesMin: 64 * MIB,
	memoryStepBytes: 4 * MIB,
};

/** As measured on real machines: see libvirt-site.ts. */
const DEPLOY_SECONDS = 0.4;
const BOOT_SECONDS = 3;
const SHUTDOWN_SECONDS = 1;

export class SimulatedSite implements Site {
	readonly abilities: SiteAbilities;
	readonly #hosts: ReadonlyMap<string, SiteHost>;
	readonly #takes: ReadonlyMap<string, SiteHost>;
	readonly #time: SimulatedTime;
	readonly #deploySeconds: number;
	readonly #bootSeconds: number;
	readonly #shutdownSeconds: number;
	readonly #machines = new Map<string, SimulatedMachine>();
	readonly #failures: ScriptedFailures;
	readonly #turns = new Turns();
	/** Their share of the host is taken, although they do not run yet. */
	readonly #deploying = new Set<SimulatedMachine>();
	readonly #alarms = new Set<() => void>();
	readonly #listeners: ((identity: MachineIdentity) => void)[] = [];

	constructor(options: SimulatedSiteOptions) {
		this.abilities = { ...ABILITIES, ...options.abilities };
		this.#hosts = new Map(options.hosts.map((host) => [host.name, host]));
		this.#takes = new Map((options.takes ?? options.hosts).map((host) => [host.name, host]));
		this.#time = options.time ?? REAL_TIME;
		this.#deploySeconds = options.deploySeconds ?? DEPLOY_SECONDS;
		this.#bootSeconds = options.bootSeconds ?? BOOT_SECONDS;
		this.#shutdownSeconds = options.shutdownSeconds ?? SHUTDOWN_SECONDS;
		this.#failures = new ScriptedFailures(options.failures);
		for (const crash of this.#failures.crashes) this.#alarm(crash.at, () => this.#crash(crash));
	}

	silentHosts(): readonly string[] {
		return [];
	}

	isReachable(): boolean {
		return true;
	}

	async hosts(): Promise<readonly SiteHost[]> {
		return [...this.#hosts.values()];
	}

	ensure(spec: MachineSpec): Promise<EnsureOutcome> {
		return this.#turns.take(keyOf(spec), async () => {
			const found = this.#machines.get(keyOf(spec));
			this.#failures.attempt('ensure', spec);
			if (found !== undefined && found.spec.host !== spec.host) {
				throw new OperatingError('HYPERVISOR_REFUSED', `${nameOf(spec)} is on ${found.spec.host}, not ${spec.host}.`);
			}
			this.#refuseBeyondCapacity(spec);
			if (found !== undefined && isActive(found)) return this.#adapt(found, spec, false);
			const machine = found ?? new SimulatedMachine(spec, this.abilities.memoryOverhead, this.#time.now());
			this.#machines.set(keyOf(spec), machine);
			this.#deploying.add(machine);
			await this.#wait(this.#deploySeconds);
			this.#deploying.delete(machine);
			if (machine.state === 'saved') return this.#adapt(machine, spec, true);
			this.#boot(machine, spec);
			return { observation: machine.observe(this.#time.now()), started: true, pending: [] };
		});
	}

	async observe(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#observeNow(identity);
	}

	async list(installationId: string): Promise<readonly MachineObservation[]> {
		const ours = [...this.#machines.values()].filter(({ spec }) => spec.installationId === installationId);
		return ours.map((machine) => machine.observe(this.#time.now()));
	}

	pause(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('pause', identity, async (machine) => machine.change(this.#time.now(), { state: 'paused' }));
	}

	resume(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('resume', identity, async (machine) => machine.change(this.#time.now(), { state: 'running' }));
	}

	save(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('save', identity, async (machine) => machine.change(this.#time.now(), { state: 'saved' }));
	}

	restore(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act('restore', identity, async (machine) => {
			await this.#wait(this.#deploySeconds);
			machine.change(this.#time.now(), { state: 'running' });
		});
	}

	shutdown(identity: MachineIdentity, deadlineSeconds: number): Promise<MachineObservation> {
		return this.#act('shutdown', identity, async (machine) => {
			await this.#wait(Math.min(this.#shutdownSeconds, deadlineSeconds));
			const obeyed = this.#shutdownSeconds <= deadlineSeconds;
			const stateReason = obeyed ? 'the guest shut down' : `destroyed: no shutdown within ${deadlineSeconds} s`;
			machine.change(this.#time.now(), { state: 'off', stateReason });
		});
	}

	destroy(identity: MachineIdentity): Promise<void> {
		return this.#turns.take(keyOf(identity), async () => {
			const machine = this.#machines.get(keyOf(identity));
			if (machine === undefined) return;
			this.#refuseForeign(identity, machine);
			this.#failures.attempt('destroy', machine.spec);
			machine.change(this.#time.now(), { state: 'absent' });
			this.#machines.delete(keyOf(identity));
		});
	}

	onChange(listener: (identity: MachineIdentity) => void): void {
		this.#listeners.push(listener);
	}

	async close(): Promise<void> {
		for (const callOff of this.#alarms) callOff();
		this.#alarms.clear();
	}

	#boot(machine: SimulatedMachine, spec: MachineSpec): void {
		machine.change(this.#time.now(), { spec });
		machine.boot(this.#time.now());
		const { bootedAt } = machine;
		this.#alarm(this.#time.now() + this.#bootSeconds, () => {
			if (machine.state === 'running' && machine.bootedAt === bootedAt) machine.report(this.#time.now());
		});
	}

	/** Changes a machine that is up as far as that goes without a boot, and lets it run. */
	#adapt(machine: SimulatedMachine, spec: MachineSpec, started: boolean): EnsureOutcome {
		const now = this.#time.now();
		const { limits, pending } = planLiveChange(machine.limits, spec, { ...this.abilities, cpuCountMax: Infinity });
		machine.enforce(now, limits);
		machine.change(now, { spec, state: 'running' });
		return { observation: machine.observe(now), started, pending };
	}

	#act(
		action: MachineAction,
		identity: MachineIdentity,
		work: (machine: SimulatedMachine) => Promise<void>,
	): Promise<MachineObservation> {
		return this.#turns.take(keyOf(identity), async () => {
			const machine = this.#machines.get(keyOf(identity));
			if (machine !== undefined) this.#refuseForeign(identity, machine);
			if (mustAct(action, machine?.state ?? 'absent', nameOf(identity)) && machine !== undefined) {
				this.#failures.attempt(action, machine.spec);
				await work(machine);
			}
			return this.#observeNow(identity);
		});
	}

	#observeNow(identity: MachineIdentity): MachineObservation {
		const machine = this.#machines.get(keyOf(identity));
		if (machine === undefined || machine.spec.installationId !== identity.installationId) {
			return { identity: identityOf(identity), revision: 0, host: '', state: 'absent' };
		}
		return machine.observe(this.#time.now());
	}

	#refuseForeign(identity: MachineIdentity, machine: SimulatedMachine): void {
		if (machine.spec.installationId === identity.installationId) return;
		throw new OperatingError('HYPERVISOR_REFUSED', `${nameOf(identity)} belongs to another installation.`);
	}

	#refuseBeyondCapacity(spec: MachineSpec): void {
		const host = this.#takes.get(spec.host);
		if (host === undefined) throw new OperatingError('HYPERVISOR_REFUSED', `${spec.host} is not a host of this site.`);
		const found = this.#machines.get(keyOf(spec));
		if (found !== undefined) this.#refuseForeign(spec, found);
		const used = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
		const add = (amounts: MachineSpec, limits = agreedLimits(amounts, this.abilities.memoryOverhead)): void => {
			used.cpuMillicores += limits.cpuQuotaPercent * 10;
			used.memoryBytes += limits.memoryHardLimitBytes;
			used.diskBytes += amounts.diskBytes;
			used.networkBitsPerSecond += amounts.networkBitsPerSecond;
		};
		for (const machine of this.#machines.values()) {
			if (machine.spec.host !== spec.host || machine === found) continue;
			// What runs takes what is enforced of it, which may be more than it was last told; what is paused, no CPU.
			const { limits } = machine;
			if (machine.state === 'paused') add(machine.spec, { ...limits, cpuQuotaPercent: 0 });
			else if (machine.state === 'running') add(machine.spec, limits);
			else if (this.#deploying.has(machine)) add(machine.spec);
		}
		add(spec);
		for (const [name, amount] of Object.entries(used) as [keyof typeof used, number][]) {
			if (amount <= host[name]) continue;
			throw new OperatingError('HYPERVISOR_REFUSED', `${name} of ${host.name}: ${amount} used, ${host[name]} there.`);
		}
	}

	#crash(crash: ScriptedFailures['crashes'][number]): void {
		for (const machine of this.#machines.values()) {
			if (!isActive(machine) || !isAimedAt(crash, machine.spec)) continue;
			machine.change(this.#time.now(), { state: 'failed', stateReason: crash.reason });
			for (const listener of this.#listeners) listener(identityOf(machine.spec));
		}
	}

	#alarm(at: number, action: () => void): void {
		const callOff = this.#time.at(at, () => {
			this.#alarms.delete(callOff);
			action();
		});
		this.#alarms.add(callOff);
	}

	async #wait(seconds: number): Promise<void> {
		if (seconds <= 0) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#time.at(this.#time.now() + seconds, resolve);
		await promise;
	}
}

function isActive(machine: SimulatedMachine): boolean {
	return machine.state === 'running' || machine.state === 'paused';
}

function identityOf({ installationId, workspaceId, index }: MachineIdentity): MachineIdentity {
	return { installationId, workspaceId, index };
}

/** As with libvirt, where the UUID is derived from these two. */
function keyOf({ workspaceId, index }: MachineIdentity): string {
	return `${workspaceId}/${index}`;
}

function nameOf({ workspaceId, index }: MachineIdentity): string {
	return `machine ${index} of workspace ${workspaceId}`;
}
