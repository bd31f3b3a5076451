/**
 * The phases of a usage, checked and laid out flat for the searches. A search varies one number x, the start or the
 * duration; each phase is then a window [left, right) in time of which either edge may move with x.
 */

import {
	assertInteger,
	failAssertion,
	RESOURCE_NAMES,
	type ResourceVector,
	USAGE_PHASES_MAX,
	type Usage,
	wholeTimes,
} from '../resources.ts';
import { AMOUNTS } from './amounts.ts';
import type { HostProfile } from './profile.ts';

/** A class for its lifecycle: one is filled again for every question, so that asking allocates nothing. */
export class Phases {
	length = 0;
	/** Epoch seconds where x = 0. */
	readonly left = new Float64Array(USAGE_PHASES_MAX);
	readonly right = new Float64Array(USAGE_PHASES_MAX);
	/** 1 where the edge moves with x, else 0. */
	readonly leftMoves = new Uint8Array(USAGE_PHASES_MAX);
	readonly rightMoves = new Uint8Array(USAGE_PHASES_MAX);
	/** Four amounts a phase. */
	readonly demand = new Float64Array(USAGE_PHASES_MAX * AMOUNTS);

	/** Windows that stand where a machine started at `startAt` needs them. */
	standing(usage: Usage, startAt: number): void {
		this.load(usage, startAt, 0);
	}

	/** Windows that slide: x is the start. */
	sliding(usage: Usage): void {
		this.load(usage, 0, 1);
	}

	/**
	 * Windows that grow and shift with the duration: x is what it exceeds the least by. Which edges move is read off
	 * two neighbouring durations; asserted to hold up to the longest, where an edge that did anything else would show.
	 */
	stretching(startAt: number, usageFor: (durationSeconds: number) => Usage, least: number, longest: number): void {
		const shortest = usageFor(least);
		this.load(shortest, startAt, 0);
		if (longest === least) return;
		const next = usageFor(least + 1);
		const last = usageFor(longest);
		for (const [p, phase] of shortest.entries()) {
			this.leftMoves[p] = (next[p]?.offsetSeconds ?? 0) - phase.offsetSeconds;
			this.rightMoves[p] = endOf(next[p]) - endOf(phase);
			const left = phase.offsetSeconds + (longest - least) * this.leftMoves[p];
			const right = endOf(phase) + (longest - least) * this.rightMoves[p];
			const moved = last[p]?.offsetSeconds === left && endOf(last[p]) === right;
			const same = RESOURCE_NAMES.every((name) => last[p]?.demand[name] === phase.demand[name]);
			const known = this.leftMoves[p] <= 1 && this.rightMoves[p] <= 1;
			if (!moved || !same || !known || last.length !== shortest.length) {
				failAssertion(`phase ${p} does not grow or shift second by second from ${least} to ${longest} seconds`);
			}
		}
	}

	/** The windows of another, and of its demand the resources for which `isPart` is 1. */
	copyPart(other: Phases, isPart: readonly number[]): void {
		this.length = other.length;
		this.left.set(other.left);
		this.right.set(other.right);
		this.leftMoves.set(other.leftMoves);
		this.rightMoves.set(other.rightMoves);
		for (let i = 0; i < other.length * AMOUNTS; i++) this.demand[i] = other.demand[i]! * isPart[i % AMOUNTS]!;
	}

	/** How many machines, at most `atMost`, fit on a host in windows that stand. O(phases * (log n + steps inside)). */
	machinesOn(profile: HostProfile, atMost: number): number {
		let count = atMost;
		for (let p = 0; p < this.length && count > 0; p++) {
			count = profile.machinesBetween(this.left[p]!, this.right[p]!, this.demand, p * AMOUNTS, count);
		}
		return count;
	}

	/** How many fit on the host when it is empty: a bound for every x. */
	machinesOnEmpty(capacity: ResourceVector, atMost: number): number {
		let count = atMost;
		for (let p = 0; p < this.length; p++) {
			for (let r = 0; r < AMOUNTS; r++) {
				count = Math.min(count, wholeTimes(capacity[RESOURCE_NAMES[r]!], this.demand[p * AMOUNTS + r]!));
			}
		}
		return count;
	}

	/** Takes `count` machines from the profile, in windows that stand; false and unchanged where they do not fit. */
	take(profile: HostProfile, count: number): boolean {
		for (let p = 0; p < this.length; p++) {
			if (profile.take(this.left[p]!, this.right[p]!, this.demand, p * AMOUNTS, count)) continue;
			while (--p >= 0) profile.take(this.left[p]!, this.right[p]!, this.demand, p * AMOUNTS, -count);
			return false;
		}
		return true;
	}

	/** Takes `count` machines from the profile, whether they fit or not. */
	force(profile: HostProfile, count: number): void {
		for (let p = 0; p < this.length; p++) {
			profile.force(this.left[p]!, this.right[p]!, this.demand, p * AMOUNTS, count);
		}
	}

	/** `moves` is 1 where all edges move with x, 0 where none does. */
	private load(usage: Usage, startAt: number, moves: 0 | 1): void {
		assertInteger(startAt, 'startAt');
		const length = usage.length;
		if (length === 0 || length > USAGE_PHASES_MAX) failAssertion(`a usage of ${length} phases`);
		let busyUntil = -Infinity;
		for (let p = 0; p < length; p++) {
			const { offsetSeconds, durationSeconds, demand } = usage[p]!;
			const left = startAt + offsetSeconds;
			const right = left + durationSeconds;
			if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right) || left < busyUntil || right <= left) {
				failAssertion(`phase ${p} lies at [${left}, ${right}), after one that ends at ${busyUntil}`);
			}
			busyUntil = right;
			this.left[p] = left;
			this.right[p] = right;
			this.leftMoves[p] = moves;
			this.rightMoves[p] = moves;
			this.loadDemand(p, demand);
		}
		this.length = length;
	}

	private loadDemand(p: number, demand: ResourceVector): void {
		const base = p * AMOUNTS;
		this.demand[base] = demand.cpuMillicores;
		this.demand[base + 1] = demand.memoryBytes;
		this.demand[base + 2] = demand.diskBytes;
		this.demand[base + 3] = demand.networkBitsPerSecond;
		let uses = false;
		for (let i = base; i < base + AMOUNTS; i++) {
			const amount = this.demand[i]!;
			if (!Number.isSafeInteger(amount) || amount < 0) failAssertion(`phase ${p} demands ${amount}`);
			uses ||= amount > 0;
		}
		if (!uses) failAssertion(`phase ${p} demands nothing`);
	}
}

function endOf(phase: Usage[number] | undefined): number {
	return phase ? phase.offsetSeconds + phase.durationSeconds : 0;
}
