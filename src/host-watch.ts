/**
 * Which hosts answer, and what they offer: looked at again and again, and told of when it has changed. Part of the
 * composition root.
 */
import type { Site, SiteHost } from './workspace/site.ts';

export interface HostsNow {
	/** As they were when they last answered. */
	readonly hosts: readonly SiteHost[];
	/** The names of those on which nothing new is placed, since they do not answer. */
	readonly silent: readonly string[];
}

type Changed = (lost: readonly string[], back: readonly string[]) => Promise<void>;

/** How often is looked: it costs no call. */
const LOOK_MS = 500;
/** A libvirtd that is restarted answers again within a few seconds, and what was to start there is tried again. */
const GRACE_MS = 10_000;

export class HostWatch {
	readonly #site: Site;
	readonly #hosts: Map<string, SiteHost>;
	#silent: ReadonlySet<string>;
	/** Since when those that are silent have been. */
	readonly #since = new Map<string, number>();
	#timer: NodeJS.Timeout | undefined;
	#looking: Promise<void> | undefined;

	/** Looks for the first time: who is silent now has been given time to answer. */
	static async open(site: Site): Promise<HostWatch> {
		return new HostWatch(site, await site.hosts());
	}

	private constructor(site: Site, hosts: readonly SiteHost[]) {
		this.#site = site;
		this.#hosts = new Map(hosts.map((host) => [host.name, host]));
		this.#silent = new Set(site.silentHosts());
	}

	get now(): HostsNow {
		return { hosts: [...this.#hosts.values()], silent: [...this.#silent] };
	}

	/** Tells of every change, with the hosts that have fallen silent and those that answer again, until it is stopped. */
	start(changed: Changed, report: (error: unknown) => void): void {
		this.#timer = setInterval(() => {
			this.#looking ??= this.#look(changed)
				.catch(report)
				.finally(() => {
					this.#looking = undefined;
				});
		}, LOOK_MS);
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		await this.#looking;
	}

	async #look(changed: Changed): Promise<void> {
		const silent = this.#site.silentHosts();
		const at = performance.now();
		for (const name of this.#since.keys()) if (!silent.includes(name)) this.#since.delete(name);
		for (const name of silent) if (!this.#since.has(name)) this.#since.set(name, at);
		const lost = silent.filter((name) => !this.#silent.has(name) && at - this.#since.get(name)! >= GRACE_MS);
		const back = [...this.#silent].filter((name) => !silent.includes(name));
		if (lost.length === 0 && back.length === 0) return;
		// What the others offer stays what it was: the space that is free on a disk changes all the time.
		const found = back.length === 0 ? [] : await this.#site.hosts();
		for (const host of found) if (back.includes(host.name)) this.#hosts.set(host.name, host);
		this.#silent = new Set([...this.#silent, ...lost].filter((name) => !back.includes(name)));
		await changed(lost, back);
	}
}
