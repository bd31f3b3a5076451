/**
 * What a site never gives out, taken over all hosts: agreements together leave so much of each resource free, at every
 * instant. Where more was booked before the reserve was set, nothing new fits until that is over.
 */
import { AmountTable } from './profile/amounts.ts';
import { Phases } from './profile/phases.ts';
import { emptyProfiles, type HostProfile } from './profile/profile.ts';
import {
	addResources,
	type Host,
	howManyFit,
	largerResources,
	NOTHING,
	RESOURCE_NAMES,
	type ResourceVector,
	subtractResources,
	type Usage,
} from './resources.ts';
import type { Sweep } from './search/sweep.ts';

/** A class for its lifecycle: it follows every booking. */
export class SiteReserve {
	/** All hosts as one, without what is kept back; of the resources of which nothing is, there is nothing here. */
	private readonly profile: HostProfile;
	private readonly capacity: ResourceVector;
	/** 1 for the resources of which something is kept back. */
	private readonly isKept: readonly number[];
	private readonly phases = new Phases();
	private readonly limits = new Int32Array(1);

	/** A reserve of more than the hosts have together leaves nothing to give. Their sum is exact (asserted). */
	constructor(hosts: readonly Host[], reserve: ResourceVector) {
		this.isKept = RESOURCE_NAMES.map((name) => (reserve[name] > 0 ? 1 : 0));
		const total = hosts.reduce((sum, { capacity }) => addResources(sum, this.keptOf(capacity)), NOTHING);
		this.capacity = subtractResources(largerResources(total, reserve), reserve);
		this.profile = emptyProfiles([this.capacity], new AmountTable())[0]!;
	}

	/** How many machines, at most `atMost`, the reserve lets through, in windows that stand. */
	machinesOn(phases: Phases, atMost: number): number {
		this.phases.copyPart(phases, this.isKept);
		return this.phases.machinesOn(this.profile, atMost);
	}

	/** The same on the empty site. */
	machinesOnEmpty(phases: Phases, atMost: number): number {
		this.phases.copyPart(phases, this.isKept);
		return this.phases.machinesOnEmpty(this.capacity, atMost);
	}

	/** How many machines that never use more than this it lets through on the empty site; Infinity for nothing. */
	countOnEmpty(demand: ResourceVector): number {
		return howManyFit(this.keptOf(demand), this.capacity);
	}

	/** Follows a booking of so many machines, or with a negative count their release. */
	change(phases: Phases, count: number): void {
		this.phases.copyPart(phases, this.isKept);
		this.phases.force(this.profile, count);
	}

	/** Whether machines of several groups leave the reserve untouched together. */
	hasRoom(groups: readonly { readonly usage: Usage; readonly count: number }[], startAt: number): boolean {
		const phases = new Phases();
		let taken = 0;
		for (const { usage, count } of groups) {
			phases.standing(usage, startAt);
			if (this.machinesOn(phases, count) < count) break;
			this.change(phases, count);
			taken++;
		}
		for (const { usage, count } of groups.slice(0, taken)) {
			phases.standing(usage, startAt);
			this.change(phases, -count);
		}
		return taken === groups.length;
	}

	/** The same search as that of the hosts, over what the reserve lets through. */
	sweep(sweep: Sweep): Sweep {
		this.phases.copyPart(sweep.phases, this.isKept);
		this.limits[0] = this.phases.machinesOnEmpty(this.capacity, sweep.count);
		const { count, from, until } = sweep;
		return { profiles: [this.profile], hosts: ONLY, limits: this.limits, phases: this.phases, count, from, until };
	}

	private keptOf(vector: ResourceVector): ResourceVector {
		return {
			cpuMillicores: vector.cpuMillicores * this.isKept[0]!,
			memoryBytes: vector.memoryBytes * this.isKept[1]!,
			diskBytes: vector.diskBytes * this.isKept[2]!,
			networkBitsPerSecond: vector.networkBitsPerSecond * this.isKept[3]!,
		};
	}

	settledAt(): number {
		return this.profile.settledAt();
	}

	forgetBefore(at: number): void {
		this.profile.forgetBefore(at);
	}
}

const ONLY = Int32Array.of(0);
