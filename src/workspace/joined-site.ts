/**
 * A site of several hosts, each with a hypervisor of its own. A machine stands on one of them; where, is looked for, not
 * remembered, so that whatever a crash left is found. While a host does not answer, nobody knows whether a machine that
 * may stand there, and stands on no other one, does: what depends on it fails as unreachable and is tried again, all
 * else goes on.
 */
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

export class JoinedSite implements Site {
	readonly #sites: ReadonlyMap<string, Site>;

	/** By the name of its one host each, at least one; all of one kind. They are closed with this. */
	constructor(sites: ReadonlyMap<string, Site>) {
		this.#sites = sites;
	}

	/** What can be enforced on any of them, as far as they are known by now. */
	get abilities(): SiteAbilities {
		return commonAbilities(this.#all.map(({ abilities }) => abilities));
	}

	/** Some could. */
	isReachable(): boolean {
		return this.#all.some((site) => site.isReachable());
	}

	silentHosts(): readonly string[] {
		return this.#all.flatMap((site) => site.silentHosts());
	}

	/** Labelled with what runs their machines: hosts may differ in that. */
	async hosts(): Promise<readonly SiteHost[]> {
		const hosts = await Promise.all(
			this.#all.map(async (site) => {
				const { acceleration } = site.abilities;
				return (await site.hosts()).map((host) => ({ ...host, labels: { hypervisor: acceleration, ...host.labels } }));
			}),
		);
		return hosts.flat();
	}

	/** Where it stands on another host that answers, it is refused: it has to leave that one first. */
	async ensure(spec: MachineSpec): Promise<EnsureOutcome> {
		const site = this.#sites.get(spec.host);
		if (site === undefined) {
			const known = [...this.#sites.keys()].join(', ');
			throw new OperatingError('HYPERVISOR_REFUSED', `${spec.host} is not a host of this site; there is ${known}.`);
		}
		const answering = [...this.#sites].filter(([, other]) => other !== site && other.isReachable());
		const [elsewhere] = (await lookOn(answering, spec)).found;
		if (elsewhere !== undefined) {
			const { host } = elsewhere.observation;
			const detail = `Machine ${spec.index} of ${spec.workspaceId} is on ${host}, not ${spec.host}.`;
			throw new OperatingError('HYPERVISOR_REFUSED', detail);
		}
		return site.ensure(spec);
	}

	async observe(identity: MachineIdentity): Promise<MachineObservation> {
		const { found, absent } = await this.#find(identity);
		return found[0]?.observation ?? absent!;
	}

	/** Of the hosts that answer; of the others nobody knows. Throws where none does. */
	async list(installationId: string): Promise<readonly MachineObservation[]> {
		const lists = await Promise.allSettled(this.#all.map((site) => site.list(installationId)));
		const failures = lists.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
		const worst =
			failures.find((each) => !isSilence(each)) ?? (failures.length === lists.length ? failures[0] : undefined);
		if (worst !== undefined) throw worst;
		return lists.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
	}

	pause(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act(identity, (site) => site.pause(identity));
	}

	resume(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act(identity, (site) => site.resume(identity));
	}

	save(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act(identity, (site) => site.save(identity));
	}

	restore(identity: MachineIdentity): Promise<MachineObservation> {
		return this.#act(identity, (site) => site.restore(identity));
	}

	shutdown(identity: MachineIdentity, deadlineSeconds: number): Promise<MachineObservation> {
		return this.#act(identity, (site) => site.shutdown(identity, deadlineSeconds));
	}

	/** Without `host` on every host on which it stands; where it stands on none, whatever is left of it on those that answer. */
	async destroy(identity: MachineIdentity, host?: string): Promise<void> {
		const only = host === undefined ? undefined : this.#sites.get(host);
		if (only !== undefined) return only.destroy(identity);
		const { found, answering } = await this.#find(identity);
		for (const site of found.length > 0 ? found.map((each) => each.site) : answering) await site.destroy(identity);
	}

	onChange(listener: (identity: MachineIdentity) => void): void {
		for (const site of this.#all) site.onChange(listener);
	}

	async close(): Promise<void> {
		await Promise.all(this.#all.map((site) => site.close()));
	}

	get #all(): readonly Site[] {
		return [...this.#sites.values()];
	}

	/** Where the machine stands; throws HYPERVISOR_UNREACHABLE where it stands on none and may stand on one that is silent. */
	async #find(identity: MachineIdentity): Promise<Looks> {
		const looks = await lookOn([...this.#sites], identity);
		const { found, absent, failures } = looks;
		const { mayStandOn } = identity;
		const [failure] = failures.filter(({ host }) => mayStandOn === undefined || mayStandOn.includes(host));
		if (found.length === 0 && failure !== undefined) throw failure.error;
		if (found.length === 0 && absent === undefined) throw failures[0]!.error;
		return looks;
	}

	/** Acts where the machine stands. Where it stands nowhere, who knows that it is somebody else's says so. */
	async #act(
		identity: MachineIdentity,
		work: (site: Site) => Promise<MachineObservation>,
	): Promise<MachineObservation> {
		const { found, answering } = await this.#find(identity);
		if (found.length > 0) return work(found[0]!.site);
		const attempts = await Promise.allSettled(answering.map(work));
		const refusals = attempts.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
		const isForeign = (error: unknown) => error instanceof OperatingError && error.code === 'HYPERVISOR_REFUSED';
		if (refusals.length > 0) throw refusals.find(isForeign) ?? refusals[0];
		return this.observe(identity);
	}
}

interface Standing {
	readonly site: Site;
	readonly observation: MachineObservation;
}

interface Looks {
	/** Its latest revision first. */
	readonly found: readonly Standing[];
	/** As whoever has it not sees it; undefined where nobody has answered so. */
	readonly absent: MachineObservation | undefined;
	readonly answering: readonly Site[];
	/** What was thrown on hosts that could not be asked. */
	readonly failures: readonly { readonly host: string; readonly error: unknown }[];
}

async function lookOn(sites: readonly (readonly [string, Site])[], identity: MachineIdentity): Promise<Looks> {
	const found: Standing[] = [];
	const answering: Site[] = [];
	const failures: { readonly host: string; readonly error: unknown }[] = [];
	let absent: MachineObservation | undefined;
	const looks = await Promise.allSettled(sites.map(([, site]) => site.observe(identity)));
	for (const [nth, look] of looks.entries()) {
		const [host, site] = sites[nth]!;
		if (look.status === 'rejected') {
			failures.push({ host, error: look.reason });
			continue;
		}
		answering.push(site);
		if (look.value.state === 'absent') absent = look.value;
		else found.push({ site, observation: look.value });
	}
	found.sort((one, other) => other.observation.revision - one.observation.revision);
	return { found, absent, answering, failures };
}

/** What can be enforced on any of them: sites of one kind differ in what runs their machines and in their CPUs. */
function commonAbilities(all: readonly SiteAbilities[]): SiteAbilities {
	const [first] = all as readonly [SiteAbilities, ...SiteAbilities[]];
	const rooms = all.flatMap(({ cpuHotAddCountMax }) => cpuHotAddCountMax ?? []);
	return {
		...first,
		acceleration: all.every(({ acceleration }) => acceleration === first.acceleration) ? first.acceleration : 'qemu',
		...(rooms.length === 0 ? {} : { cpuHotAddCountMax: Math.min(...rooms) }),
	};
}
