/**
 * One machine of the simulated site: its state, its limits, what it consumes and what it says on its console.
 */
import { type AgreedLimits, agreedLimits } from '../limits.ts';
import {
	CONSOLE_BYTES_MAX,
	type EnforcedLimits,
	type MachineObservation,
	type MachineSpec,
	type MachineState,
	type MemoryOverhead,
} from '../site.ts';

/** How busy the guests are, of what they may use: a machine that idles half of its time. */
const CPU_LOAD = 0.5;
const MEMORY_LOAD = 0.6;

export class SimulatedMachine {
	spec: MachineSpec;
	state: MachineState = 'off';
	stateReason: string | undefined;
	bootedAt: number | undefined;
	/** What is really enforced: of the spec, except what has to wait for a boot. */
	limits: EnforcedLimits;
	readonly #overhead: MemoryOverhead;
	#cpuSeconds = 0;
	/** Until when #cpuSeconds has been counted. */
	#countedAt: number;
	#boots = 0;
	#console = '';

	constructor(spec: MachineSpec, overhead: MemoryOverhead, now: number) {
		this.spec = spec;
		this.#overhead = overhead;
		this.limits = asRead(agreedLimits(spec, overhead));
		this.#countedAt = now;
	}

	/** Everything that changes the machine goes through here, so that consumption is counted up to the change. */
	change(now: number, change: Partial<Pick<SimulatedMachine, 'spec' | 'state' | 'stateReason'>>): void {
		this.#count(now);
		if (change.spec !== undefined) this.spec = change.spec;
		if (change.state !== undefined) {
			this.state = change.state;
			this.stateReason = change.stateReason;
		}
	}

	/** A cold boot: the limits of the spec as a whole. */
	boot(now: number): void {
		this.change(now, { state: 'running' });
		this.limits = asRead(agreedLimits(this.spec, this.#overhead));
		this.#cpuSeconds = 0;
		this.bootedAt = Math.floor(now);
		this.#boots += 1;
	}

	/** Enforces these limits from now on, without a boot. */
	enforce(now: number, limits: AgreedLimits): void {
		this.#count(now);
		const seen = this.limits;
		this.limits = asRead(limits);
		if (seen.cpuCount !== limits.cpuCount || seen.memoryBytes !== limits.memoryBytes) this.report(now);
	}

	/** The guest says what it sees: once it is up, and after each change. */
	report(now: number): void {
		const { cpuCount, memoryBytes } = this.limits;
		const facts = {
			boot: `simulated-${this.#boots}`,
			cpus: cpuCount,
			memTotalKiB: Math.floor(memoryBytes / 1024),
			physicalKiB: Math.floor(memoryBytes / 1024),
			diskBytes: this.spec.diskBytes,
			uptimeSeconds: Math.round(now - (this.bootedAt ?? now)),
		};
		this.#console = `${this.#console}COMPUTON-GUEST ${JSON.stringify(facts)}\n`.slice(-CONSOLE_BYTES_MAX);
	}

	observe(now: number): MachineObservation {
		this.#count(now);
		const { installationId, workspaceId, index, revision, host } = this.spec;
		const active = this.state === 'running' || this.state === 'paused';
		return {
			identity: { installationId, workspaceId, index },
			revision,
			host,
			state: this.state,
			...(this.stateReason === undefined ? {} : { stateReason: this.stateReason }),
			...(active ? { limits: this.limits } : {}),
			...(active ? { consumed: this.#consumed() } : {}),
			...(this.bootedAt === undefined ? {} : { bootedAt: this.bootedAt }),
			consoleTail: this.#console,
		};
	}

	#consumed(): { cpuSeconds: number; memoryBytes: number } {
		return { cpuSeconds: this.#cpuSeconds, memoryBytes: Math.floor(this.limits.memoryBytes * MEMORY_LOAD) };
	}

	#count(now: number): void {
		if (this.state === 'running') {
			this.#cpuSeconds += ((now - this.#countedAt) * this.limits.cpuQuotaPercent * CPU_LOAD) / 100;
		}
		this.#countedAt = now;
	}
}

/** A simulated kernel enforces to the byte what the simulated hypervisor was told. */
function asRead(limits: AgreedLimits): EnforcedLimits {
	const { memoryHardLimitBytes: memoryLimitBytes, cpuQuotaPercent } = limits;
	return { ...limits, kernel: { memoryLimitBytes, cpuQuotaPercent } };
}
