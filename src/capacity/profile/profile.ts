/**
 * What is free on one host over time: an exact step function of four amounts.
 *
 * The form is canonical: neighbouring steps differ. So the function depends on what is booked and not on the history
 * of bookings, and to book and release is the identity.
 */

import { isSame, RESOURCE_NAMES, type ResourceVector, wholeTimes } from '../resources.ts';
import { AMOUNTS, type AmountTable } from './amounts.ts';
import { StepList } from './step-list.ts';

/** What is taken at a step, so that the path of a booking allocates nothing. */
const taken = new Float64Array(AMOUNTS);
const NOTHING_TAKEN = new Float64Array(AMOUNTS);

export interface FreeStep {
	readonly startAt: number;
	readonly endAt: number;
	readonly free: ResourceVector;
}

/**
 * A class for its lifecycle: steps, and what they mean. While the host is closed every amount lies below zero, by more
 * than the capacity: nothing fits, not even what uses none of a resource, and what is booked there stays booked.
 */
export class HostProfile extends StepList {
	private readonly capacity: Float64Array;
	private readonly amounts: AmountTable;
	/** Before this instant everything counts as free: it is over. */
	private forgottenBefore = -Infinity;

	/** Hosts of one site share the table of their amounts. */
	constructor(capacity: ResourceVector, amounts: AmountTable) {
		const free = Float64Array.from(RESOURCE_NAMES, (name) => capacity[name]);
		super(amounts.numberOf(free, 0, NOTHING_TAKEN));
		this.capacity = free;
		this.amounts = amounts;
	}

	/** The free amount of a resource, by its index in RESOURCE_NAMES; below zero while the host is closed. */
	freeAt(position: number, resource: number): number {
		return this.amounts.values[this.numberAt(position) * AMOUNTS + resource]!;
	}

	/** What the table's digest of the step's amounts is. */
	digestAt(position: number): number {
		return this.amounts.digests[this.numberAt(position)]!;
	}

	/** What is free during [fromAt, untilAt), step by step; nothing while the host is closed. */
	stepsBetween(fromAt: number, untilAt: number): readonly FreeStep[] {
		const steps: FreeStep[] = [];
		let at = this.positionAt(fromAt);
		while (at >= 0 && this.timeAt(at) < untilAt) {
			const next = this.nextPosition(at);
			const startAt = Math.max(fromAt, this.timeAt(at));
			const endAt = next < 0 ? untilAt : Math.min(untilAt, this.timeAt(next));
			const free = this.vectorAt(at);
			const last = steps.at(-1);
			// While the host is closed nothing is free, whatever lies booked beneath.
			if (last && isSame(last.free, free)) steps[steps.length - 1] = { ...last, endAt };
			else steps.push({ startAt, endAt, free });
			at = next;
		}
		return steps;
	}

	/** All four free amounts; nothing while the host is closed. */
	private vectorAt(position: number): ResourceVector {
		return {
			cpuMillicores: Math.max(0, this.freeAt(position, 0)),
			memoryBytes: Math.max(0, this.freeAt(position, 1)),
			diskBytes: Math.max(0, this.freeAt(position, 2)),
			networkBitsPerSecond: Math.max(0, this.freeAt(position, 3)),
		};
	}

	/** When the first step after the instant begins; Infinity: there is none. */
	stepAfter(at: number): number {
		const next = this.nextPosition(this.positionAt(at));
		return next < 0 ? Infinity : this.timeAt(next);
	}

	/** When the last step that begins before the instant does; -Infinity: it always has. */
	stepBefore(at: number): number {
		const position = this.positionAt(at);
		if (this.timeAt(position) < at) return this.timeAt(position);
		return this.timeAt(this.previousPosition(position));
	}

	/** From here on nothing changes any more. */
	lastStepAt(): number {
		return this.timeAt(this.lastPosition());
	}

	/** How many machines fit during one step, at most `atMost`. The demand is four amounts from `base` on. */
	machinesAt(position: number, demand: Float64Array, base: number, atMost: number): number {
		const data = this.amounts.values;
		const free = this.numberAt(position) * AMOUNTS;
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
		const data = this.amounts.values;
		let position = this.positionAt(startAt);
		do {
			const free = this.numberAt(position) * AMOUNTS;
			if (data[free]! < cpuFree) cpuFree = data[free]!;
			if (data[free + 1]! < memoryFree) memoryFree = data[free + 1]!;
			if (data[free + 2]! < diskFree) diskFree = data[free + 2]!;
			if (data[free + 3]! < networkFree) networkFree = data[free + 3]!;
			if (cpuFree < cpu || memoryFree < memory || diskFree < disk || networkFree < network) return 0;
			position = this.nextPosition(position);
		} while (position >= 0 && this.timeAt(position) < endAt);
		let count = atMost;
		if (cpuFree < cpu * count) count = wholeTimes(cpuFree, cpu);
		if (memoryFree < memory * count) count = wholeTimes(memoryFree, memory);
		if (diskFree < disk * count) count = wholeTimes(diskFree, disk);
		if (networkFree < network * count) count = wholeTimes(networkFree, network);
		return count;
	}

	/**
	 * Takes `count` times the demand during [startAt, endAt), or gives it back where `count` is negative. False, and
	 * nothing changed, where more would be taken than the host has or more be free: a bug of the caller. Whether the host
	 * is closed does not matter: that is asked before. What lies in the forgotten past is left out.
	 * O(log n + steps inside).
	 */
	take(startAt: number, endAt: number, demand: Float64Array, base: number, count: number): boolean {
		if (endAt <= this.forgottenBefore) return true;
		const from = Math.max(startAt, this.forgottenBefore);
		for (let r = 0; r < AMOUNTS; r++) taken[r] = demand[base + r]! * count;
		const first = this.positionAt(from);
		if (!this.canTake(first, endAt)) return false;
		this.subtract(first, from, endAt);
		return true;
	}

	/** The same without a look at what is there: amounts may fall below zero, where then nothing fits. */
	force(startAt: number, endAt: number, demand: Float64Array, base: number, count: number): void {
		for (let r = 0; r < AMOUNTS; r++) taken[r] = demand[base + r]! * count;
		this.change(startAt, endAt);
	}

	/** Closes the host during [startAt, endAt), where it is open throughout. */
	close(startAt: number, endAt: number): void {
		for (let r = 0; r < AMOUNTS; r++) taken[r] = this.capacity[r]! + 1;
		this.change(startAt, endAt);
	}

	/** Opens the host again, where it is closed throughout. */
	open(startAt: number, endAt: number): void {
		for (let r = 0; r < AMOUNTS; r++) taken[r] = -this.capacity[r]! - 1;
		this.change(startAt, endAt);
	}

	/** Forgets all that ended by the instant; from then on what lies before it counts as free. */
	forgetBefore(at: number): void {
		if (at <= this.forgottenBefore) return;
		this.forgottenBefore = at;
		// The first step, from -Infinity on, is free: nothing is booked there.
		const kept = this.splitAt(this.positionAt(at), at);
		const first = this.positionAt(-Infinity);
		for (let gone = this.nextPosition(first); gone !== kept; gone = this.nextPosition(gone)) {
			this.amounts.drop(this.numberAt(gone));
		}
		this.removeBefore(kept);
		this.mergeAt(this.positionAt(at));
	}

	private change(startAt: number, endAt: number): void {
		if (endAt <= this.forgottenBefore) return;
		const from = Math.max(startAt, this.forgottenBefore);
		this.subtract(this.positionAt(from), from, endAt);
	}

	/** Subtracts `taken` during [from, endAt), and keeps the form canonical; `from` lies in the first step. */
	private subtract(first: number, from: number, endAt: number): void {
		const { amounts, times } = this;
		let last = first;
		for (let next = first; next >= 0 && times[next]! < endAt; next = this.nextPosition(last)) last = next;
		const before = this.moves;
		this.splitAt(last, endAt);
		const begin = this.splitAt(before === this.moves ? first : this.positionAt(from), from);
		let position = begin;
		while (this.times[position]! < endAt) {
			const number = this.numberAt(position);
			this.setNumber(position, amounts.numberOf(amounts.values, number * AMOUNTS, taken));
			amounts.drop(number);
			position = this.nextPosition(position);
		}
		const split = this.moves;
		this.mergeAt(position);
		this.mergeAt(split === this.moves ? begin : this.positionAt(from));
	}

	/** Makes a step begin at the instant, which lies in the one at the position or begins the next; returns its position. */
	private splitAt(position: number, at: number): number {
		if (this.times[position] === at) return position;
		const next = this.nextPosition(position);
		if (next >= 0 && this.times[next] === at) return next;
		const number = this.numberAt(position);
		this.amounts.keep(number);
		return this.insertAfter(position, at, number);
	}

	/** Removes the step where it has the amounts of the one before it. */
	private mergeAt(position: number): void {
		if (this.times[position] === -Infinity) return;
		const number = this.numberAt(position);
		if (this.numberAt(this.previousPosition(position)) !== number) return;
		this.amounts.drop(number);
		this.remove(position);
	}

	/**
	 * Whether `taken` leaves every amount between nothing and the capacity, from the first step on; both lie lower while
	 * the host is closed.
	 */
	private canTake(first: number, endAt: number): boolean {
		const { capacity, times } = this;
		const { values } = this.amounts;
		let position = first;
		do {
			const free = this.numberAt(position) * AMOUNTS;
			for (let r = 0; r < AMOUNTS; r++) {
				const room = values[free + r]!;
				const left = (room < 0 ? room + capacity[r]! + 1 : room) - taken[r]!;
				if (left < 0 || left > capacity[r]!) return false;
			}
			position = this.nextPosition(position);
		} while (position >= 0 && times[position]! < endAt);
		return true;
	}
}
