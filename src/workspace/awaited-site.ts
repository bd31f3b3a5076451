/**
 * A site of one host whose hypervisor need not answer yet: until it does, whatever is asked of it fails as unreachable,
 * and it is tried again and again. Of what it has, the last that was seen is known.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isSilence, OperatingError } from '../errors.ts';
import type {
	EnsureOutcome,
	MachineIdentity,
	MachineObservation,
	MachineSpec,
	Site,
	SiteAbilities,
	SiteHost,
} from './site.ts';

/** What is known of a host without asking it. */
export interface HostMemory {
	readonly host: SiteHost;
	readonly abilities: SiteAbilities;
}

export interface AwaitedSiteOptions {
	/** Of a host that was never seen: its name, nothing that it offers, and what any host can enforce. */
	readonly memory: HostMemory;
	/** Connects. Throws HYPERVISOR_UNREACHABLE where nobody answers; any other failure is for good. */
	readonly open: () => Promise<Site>;
	/** Given what was seen of it when it began to answer. */
	readonly remember: (memory: HostMemory) => Promise<void>;
	/** Told of what stands in the way of opening it later, other than silence; it is tried again all the same. */
	readonly report: (error: unknown) => void;
	/** Between two attempts; absent: see below. */
	readonly retryMs?: number;
}

/** Between two attempts to reach a host; an attempt itself waits some seconds for an answer. */
const RETRY_MS = 5_000;

export class AwaitedSite implements Site {
	readonly #options: AwaitedSiteOptions;
	readonly #closing = new AbortController();
	readonly #listeners: ((identity: MachineIdentity) => void)[] = [];
	#memory: HostMemory;
	#site: Site | undefined;
	#silence: OperatingError | undefined;
	#trying: Promise<void> | undefined;

	/** Tries once, and goes on trying where nobody answers. Throws what else stands in the way. */
	static async open(options: AwaitedSiteOptions): Promise<AwaitedSite> {
		const awaited = new AwaitedSite(options);
		try {
			await awaited.#enter();
		} catch (error) {
			if (!isSilence(error)) throw error;
			awaited.#silence = error as OperatingError;
			awaited.#trying = awaited.#keepTrying();
		}
		return awaited;
	}

	private constructor(options: AwaitedSiteOptions) {
		this.#options = options;
		this.#memory = options.memory;
	}

	/** Why nobody answered when it was first tried; undefined where somebody did. */
	get silence(): OperatingError | undefined {
		return this.#silence;
	}

	get abilities(): SiteAbilities {
		return this.#memory.abilities;
	}

	isReachable(): boolean {
		return this.#site?.isReachable() ?? false;
	}

	silentHosts(): readonly string[] {
		return this.isReachable() ? [] : [this.#memory.host.name];
	}

	async hosts(): Promise<readonly SiteHost[]> {
		if (this.isReachable()) {
			try {
				await this.#look(this.#site!);
			} catch (error) {
				if (!isSilence(error)) throw error;
			}
		}
		return [this.#memory.host];
	}

	async ensure(spec: MachineSpec): Promise<EnsureOutcome> {
		return this.#opened().ensure(spec);
	}

	async observe(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#opened().observe(identity);
	}

	async list(installationId: string): Promise<readonly MachineObservation[]> {
		return this.#opened().list(installationId);
	}

	async pause(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#opened().pause(identity);
	}

	async resume(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#opened().resume(identity);
	}

	async save(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#opened().save(identity);
	}

	async restore(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#opened().restore(identity);
	}

	async shutdown(identity: MachineIdentity, deadlineSeconds: number): Promise<MachineObservation> {
		return this.#opened().shutdown(identity, deadlineSeconds);
	}

	async destroy(identity: MachineIdentity): Promise<void> {
		return this.#opened().destroy(identity);
	}

	onChange(listener: (identity: MachineIdentity) => void): void {
		this.#listeners.push(listener);
	}

	async close(): Promise<void> {
		this.#closing.abort();
		await this.#trying;
		await this.#site?.close();
	}

	#opened(): Site {
		if (this.#site !== undefined) return this.#site;
		throw new OperatingError('HYPERVISOR_UNREACHABLE', `${this.#memory.host.name} has not answered yet.`);
	}

	async #enter(): Promise<void> {
		const site = await this.#options.open();
		try {
			await this.#look(site);
		} catch (error) {
			await site.close();
			throw error;
		}
		site.onChange((identity) => {
			for (const listener of this.#listeners) listener(identity);
		});
		this.#site = site;
	}

	async #look(site: Site): Promise<void> {
		const [host] = await site.hosts();
		this.#memory = { host: host!, abilities: site.abilities };
		await this.#options.remember(this.#memory);
	}

	async #keepTrying(): Promise<void> {
		const { signal } = this.#closing;
		while (this.#site === undefined) {
			await delay(this.#options.retryMs ?? RETRY_MS, undefined, { signal }).catch(() => {});
			if (signal.aborted) return;
			try {
				await this.#enter();
			} catch (error) {
				if (!isSilence(error)) this.#options.report(error);
			}
		}
	}
}
