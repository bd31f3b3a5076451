/** Hosts of equal capacity: what one of them carries when it is empty is worked out once for all of them. */
import type { Phases } from './profile/phases.ts';
import { type Host, largerResources, NOTHING, RESOURCE_NAMES, type ResourceVector } from './resources.ts';

/** A class for its arrays: a search allocates nothing. */
export class HostKinds {
	/** What no host has more of. */
	private readonly largest: ResourceVector;
	private readonly capacities: readonly ResourceVector[];
	/** By host index: which of the capacities it has. */
	private readonly kinds: Int32Array;
	/** By kind; below zero where it is not worked out yet. */
	private readonly counts: Int32Array;

	constructor(hosts: readonly Host[]) {
		const capacities: ResourceVector[] = [];
		const known = new Map<string, number>();
		this.kinds = Int32Array.from(hosts, ({ capacity }) => {
			const key = RESOURCE_NAMES.map((name) => capacity[name]).join();
			const kind = known.get(key) ?? capacities.push(capacity) - 1;
			known.set(key, kind);
			return kind;
		});
		this.capacities = capacities;
		this.counts = new Int32Array(capacities.length);
		this.largest = capacities.reduce(largerResources, NOTHING);
	}

	/** No host carries more machines, at most `atMost`, in any windows. */
	mostOnOne(phases: Phases, atMost: number): number {
		return phases.machinesOnEmpty(this.largest, atMost);
	}

	/** Notes how many each of the hosts carries when it is empty, at most `atMost`, by its position; returns their sum. */
	noteEmpty(hosts: Int32Array, phases: Phases, atMost: number, limits: Int32Array): number {
		const { kinds, counts, capacities } = this;
		counts.fill(-1);
		let total = 0;
		for (let i = 0; i < hosts.length; i++) {
			const kind = kinds[hosts[i]!]!;
			if (counts[kind]! < 0) counts[kind] = phases.machinesOnEmpty(capacities[kind]!, atMost);
			limits[i] = counts[kind]!;
			total += limits[i]!;
		}
		return total;
	}
}
