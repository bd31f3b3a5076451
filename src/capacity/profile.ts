/**
 * What is free on one host over time: an exact step function of four amounts.
 *
 * The form is canonical: neighbouring steps differ. So the function depends on what is booked and not on the history
 * of bookings, and to book and release is the identity.
 */
import { RESOURCE_NAMES, type ResourceVector, wholeTimes } from './resources.ts';
import { AMOUNTS, StepList } from './step-list.ts';

/** What `take` takes, so that the path of a booking allocates nothing. */
const taken = new Float64Array(AMOUNTS);

/** A class for its lifecycle. Positions are those of step-list.ts, valid until the next change. */
export class HostProfile {
	private readonly capacity: Float64Array;
	private readonly steps: StepList;
	/** Before this instant everything counts as free: it is over. */
	private forgottenBefore = -Infinity;

	constructor(capacity: ResourceVector) {
		this.capacity = Float64Array.from(RESOURCE_NAMES, (name) => capacity[name]);
		this.steps = new StepList(this.capacity);
	}

	/** The position of the step in which the instant lies. */
	positionAt(at: number): number {
		return this.steps.positionAt(at);
	}

	/** The position after this one; -1 after the last step, which never ends. */
	nextPosition(position: number): number {
		return this.steps.nextPosition(position);
	}

	/** When the step begins; -Infinity for the first. */
	timeAt(position: number): number {
		return this.steps.timeAt(position);
	}

	/** The free amount of a resource, by its index in RESOURCE_NAMES. */
	freeAt(position: number, resource: number): number {
		return this.steps.data[this.steps.amountsAt(position) + resource]!;
	}

	/** All four free amounts. */
	vectorAt(position: number): ResourceVector {
		return {
			cpuMillicores: this.freeAt(position, 0),
			memoryBytes: this.freeAt(position, 1),
			diskBytes: this.freeAt(position, 2),
			networkBitsPerSecond: this.freeAt(position, 3),
		};
	}

	/** From here on nothing changes any more. */
	lastStepAt(): number {
		return this.steps.timeAt(this.steps.lastPosition());
	}

	/** How many machines fit during one step, at most `atMost`. The demand is four amounts from `base` on. */
	machinesAt(position: number, demand: Float64Array, base: number, atMost: number): number {
		const data = this.steps.data;
		const free = this.steps.amountsAt(position);
		let count = atMost;
		for (let r = 0; r < AMOUNTS; r++) {
			const amount = demand[base + r]!;
			const room = data[free + r]!;
			if (room < amount) return 0;
			if (room < amount * count) count = wholeTimes(room, amount);
		}
		return count;
	}

	/**
	 * How many machines fit throughout [startAt, endAt), at most `atMost`: the least of each amount over the steps
	 * inside, then one division each. O(log n + steps inside), and it stops at the first step that has no room.
	 */
	machinesBetween(startAt: number, endAt: number, demand: Float64Array, base: number, atMost: number): number {
		const cpu = demand[base]!;
		const memory = demand[base + 1]!;
		const disk = demand[base + 2]!;
		const network = demand[base + 3]!;
		let cpuFree = Infinity;
		let memoryFree = Infinity;
		let diskFree = Infinity;
		let networkFree = Infinity;
		const steps = this.steps;
		const data = steps.data;
		let position = steps.positionAt(startAt);
		do {
			const free = steps.amountsAt(position);
			if (data[free]! < cpuFree) cpuFree = data[free]!;
			if (data[free + 1]! < memoryFree) memoryFree = data[free + 1]!;
			if (data[free + 2]! < diskFree) diskFree = data[free + 2]!;
			if (data[free + 3]! < networkFree) networkFree = data[free + 3]!;
			if (cpuFree < cpu || memoryFree < memory || diskFree < disk || networkFree < network) return 0;
			position = steps.nextPosition(position);
		} while (position >= 0 && steps.timeAt(position) < endAt);
		let count = atMost;
		if (cpuFree < cpu * count) count = wholeTimes(cpuFree, cpu);
		if (memoryFree < memory * count) count = wholeTimes(memoryFree, memory);
		if (diskFree < disk * count) count = wholeTimes(diskFree, disk);
		if (networkFree < network * count) count = wholeTimes(networkFree, network);
		return count;
	}

	/**
	 * Takes `count` times the demand during [startAt, endAt), or gives it back where `count` is negative. False, and
	 * nothing changed, where more would be taken than is free or more be free than the host has: a bug of the caller.
	 * What lies in the forgotten past is left out. O(log n + steps inside).
	 */
	take(startAt: number, endAt: number, demand: Float64Array, base: number, count: number): boolean {
		if (endAt <= this.forgottenBefore) return true;
		const from = Math.max(startAt, this.forgottenBefore);
		for (let r = 0; r < AMOUNTS; r++) taken[r] = demand[base + r]! * count;
		if (!this.canTake(from, endAt)) return false;
		const steps = this.steps;
		steps.splitAt(endAt);
		const first = steps.splitAt(from);
		let position = first;
		while (steps.timeAt(position) < endAt) {
			const free = steps.amountsAt(position);
			for (let r = 0; r < AMOUNTS; r++) steps.data[free + r]! -= taken[r]!;
			position = steps.nextPosition(position);
		}
		const mergesFirst = this.equalsPrevious(first);
		if (this.equalsPrevious(position)) steps.remove(position);
		if (mergesFirst) steps.remove(steps.positionAt(from));
		return true;
	}

	/** Forgets all that ended by the instant; from then on what lies before it counts as free. */
	forgetBefore(at: number): void {
		if (at <= this.forgottenBefore) return;
		this.forgottenBefore = at;
		const steps = this.steps;
		steps.removeBefore(steps.splitAt(at));
		steps.data.set(this.capacity, steps.amountsAt(0));
		const position = steps.positionAt(at);
		if (this.equalsPrevious(position)) steps.remove(position);
	}

	/** Whether `taken` leaves every amount between nothing and the capacity; written so that NaN does not. */
	private canTake(from: number, endAt: number): boolean {
		const steps = this.steps;
		let position = steps.positionAt(from);
		do {
			const free = steps.amountsAt(position);
			for (let r = 0; r < AMOUNTS; r++) {
				const left = steps.data[free + r]! - taken[r]!;
				if (!(left >= 0 && left <= this.capacity[r]!)) return false;
			}
			position = steps.nextPosition(position);
		} while (position >= 0 && steps.timeAt(position) < endAt);
		return true;
	}

	/** Whether the step has the amounts of the one before it. */
	private equalsPrevious(position: number): boolean {
		if (position === 0) return false;
		const data = this.steps.data;
		const free = this.steps.amountsAt(position);
		const before = this.steps.amountsAt(this.steps.previousPosition(position));
		for (let r = 0; r < AMOUNTS; r++) if (data[free + r] !== data[before + r]) return false;
		return true;
	}
}
