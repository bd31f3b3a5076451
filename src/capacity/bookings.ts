/**
 * What is booked on the hosts of a site, and everything that follows it: the profiles, what the site keeps back, the
 * closures, the glance. The one place where a calendar changes; the searches only read.
 */

import { type Closure, Closures } from './closures.ts';
import { AmountTable } from './profile/amounts.ts';
import { HourlyGlance } from './profile/glance.ts';
import { Phases } from './profile/phases.ts';
import { emptyProfiles, type HostProfile } from './profile/profile.ts';
import {
	assertInteger,
	failAssertion,
	fitsWithin,
	type Host,
	type HostShare,
	NOTHING,
	type Placement,
	type ResourceVector,
} from './resources.ts';
import { assertCount } from './search/questions.ts';
import { SiteReserve } from './site-reserve.ts';

/** A class for its lifecycle: kept up to date booking by booking. */
export class Bookings {
	/** In the order of the hosts. */
	readonly profiles: readonly HostProfile[];
	readonly glance: HourlyGlance;
	/** Absent where the site keeps nothing back. */
	readonly reserve: SiteReserve | undefined;
	private readonly indices: ReadonlyMap<string, number>;
	private readonly phases = new Phases();
	/** By host index. */
	private readonly closures = new Map<number, Closures>();

	/** Names are unique (asserted). */
	constructor(hosts: readonly Host[], reserve: ResourceVector) {
		const glance = new HourlyGlance(hosts);
		const amounts = new AmountTable((values, base) => glance.digestOf(values, base));
		this.glance = glance;
		this.profiles = emptyProfiles(
			hosts.map(({ capacity }) => capacity),
			amounts,
		);
		this.reserve = fitsWithin(reserve, NOTHING) ? undefined : new SiteReserve(hosts, reserve);
		this.indices = new Map(hosts.map((host, index) => [host.name, index]));
		if (this.indices.size < hosts.length) failAssertion('two hosts of one name');
	}

	/** The place of a host among the hosts; asserts that there is one of that name. */
	indexOf(name: string): number {
		return this.indices.get(name) ?? failAssertion(`no host ${name}`);
	}

	/** Books with sign 1, releases with -1; where that cannot be it dies, and nothing has changed. */
	change(placement: Placement, sign: 1 | -1): void {
		const refusing = this.refusing(placement, sign);
		if (refusing === undefined) return;
		const { host, count } = refusing;
		const deed = sign > 0 ? 'book' : 'release';
		failAssertion(`cannot ${deed} ${count} machines on ${host} from ${placement.startAt}: overbooked`);
	}

	/** Whether it could be booked. */
	hasRoom(placement: Placement): boolean {
		if (this.refusing(placement, 1) !== undefined) return false;
		this.change(placement, -1);
		return true;
	}

	/** The closures of one host. */
	closuresOf({ host }: Closure): Closures {
		const index = this.indexOf(host);
		const known = this.closures.get(index);
		if (known) return known;
		const profile = this.profiles[index]!;
		const closures = new Closures(profile, (startAt, endAt) => {
			this.glance.noteOpening(index, profile, startAt, endAt);
		});
		this.closures.set(index, closures);
		return closures;
	}

	/** Drops all steps that ended by `at`; what lies before counts as free from now on. */
	forgetBefore(at: number): void {
		assertInteger(at, 'the instant before which to forget');
		for (const profile of this.profiles) profile.forgetBefore(at);
		this.reserve?.forgetBefore(at);
		this.glance.forgetBefore(at);
	}

	/** Books or releases; the share that cannot be, where there is one: then nothing has changed. */
	private refusing(placement: Placement, sign: 1 | -1): HostShare | undefined {
		const { phases, glance } = this;
		const { machines } = placement;
		phases.standing(placement.usage, placement.startAt);
		let total = 0;
		for (let i = 0; i < machines.length; i++) {
			const { host, count } = machines[i]!;
			assertCount(count);
			total += count;
			const index = this.indexOf(host);
			const profile = this.profiles[index]!;
			if (phases.take(profile, sign * count)) {
				if (sign > 0) glance.noteTaken(index, profile, phases);
				else glance.noteReleased(index, profile, phases);
				continue;
			}
			for (const done of machines.slice(0, i)) {
				const taken = this.indexOf(done.host);
				phases.take(this.profiles[taken]!, -sign * done.count);
				glance.noteReleased(taken, this.profiles[taken]!, phases);
			}
			return machines[i];
		}
		this.reserve?.change(phases, sign * total);
		return undefined;
	}
}
