/**
 * What is free on one host over time: an exact step function of four amounts.
 *
 * The form is canonical: neighbouring steps differ. So the function depends on what is booked and not on the history
 * of bookings, and to book and release is the identity.
 */

import { isSame, RESOURCE_NAMES, type ResourceVector, wholeTimes } from '../resources.ts';
import { AMOUNTS, type AmountTable } from './amounts.ts';
import { PAGE_HOSTS_MAX } from './pages.ts';
import { StepPages } from './step-pages.ts';

/** What is taken at a step, so that the path of a booking allocates nothing. */
const taken = new Float64Array(AMOUNTS);
const NOTHING_TAKEN = new Float64Array(AMOUNTS);

export interface FreeStep {
	readonly startAt: number;
	readonly endAt: number;
	readonly free: ResourceVector;
}

/** The profiles of hosts with nothing booked; hosts of one site share the table of their amounts. */
export function emptyProfiles(capacities: readonly ResourceVector[], amounts: AmountTable): readonly HostProfile[] {
	const groups = Math.ceil(capacities.length / PAGE_HOSTS_MAX);
	return Array.from({ length: groups }, (_, group) => {
		const from = Math.floor((capacities.length * group) / groups);
		const end = Math.floor((capacities.length * (group + 1)) / groups);
		const free = capacities.slice(from, end).map((capacity) => {
			return Float64Array.from(RESOURCE_NAMES, (name) => capacity[name]);
		});
		const numbers = free.map((capacity) => amounts.numberOf(capacity, 0, NOTHING_TAKEN));
		const pages = new StepPages(numbers, amounts);
		return free.map((capacity, host) => new HostProfile(pages, host, capacity, amounts));
	}).flat();
}

/**
 * A class for its lifecycle: steps, and what they mean. While the host is closed every amount lies below zero, by more
 * than the capacity: nothing fits, not even what uses none of a resource, and what is booked there stays booked.
 */
export class HostProfile {
	/** Shared with other hosts. */
	readonly pages: StepPages;
	private readonly host: number;
	private readonly capacity: Float64Array;
	private readonly amounts: AmountTable;

	constructor(pages: StepPages, host: number, capacity: Float64Array, amounts: AmountTable) {
		this.pages = pages;
		this.host = host;
		this.capacity = capacity;
		this.amounts = amounts;
	}

	/** The position of the step in which the instant lies; valid until the next change of any host. */
	positionAt(at: number): number {
		return this.pages.positionAt(this.host, at);
	}

	/** The position of the next step, where it begins before an instant; -1 where none does. */
	nextPosition(position: number, before: number): number {
		return this.pages.nextPosition(this.host, position, before);
	}

	/** The position of the step before, or of the last page in which it still lies, as long as that ends after an instant. */
	positionBefore(position: number, after: number): number {
		return this.pages.positionBefore(this.host, position, after);
	}

	/** When the step begins; of one that was looked for perhaps later, but not after the instant in question. */
	timeAt(position: number): number {
		return this.pages.timeAt(position);
	}

	/** The free amount of a resource, by its index in RESOURCE_NAMES; below zero while the host is closed. */
	freeAt(position: number, resource: number): number {
		return this.amounts.values[this.pages.numberAt(position) * AMOUNTS + resource]!;
	}

	/** What the table's digest of the step's amounts is. */
	digestAt(position: number): number {
		return this.amounts.digests[this.pages.numberAt(position)]!;
	}

	/** What is free during [fromAt, untilAt), step by step; nothing while the host is closed. */
	stepsBetween(fromAt: number, untilAt: number): readonly FreeStep[] {
		const steps: FreeStep[] = [];
		let at = this.positionAt(fromAt);
		while (at >= 0) {
			const next = this.nextPosition(at, untilAt);
			const startAt = Math.max(fromAt, this.timeAt(at));
			const endAt = next < 0 ? untilAt : this.timeAt(next);
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

	/** When the first step after the instant begins, where that is before another one; Infinity: none does. */
	stepAfter(at: number, before: number): number {
		const next = this.nextPosition(this.positionAt(at), before);
		return next < 0 ? Infinity : this.timeAt(next);
	}

	/** When the last step before the instant begins, where that is after another one; -Infinity: none does. */
	stepBefore(at: number, after: number): number {
		return this.pages.stepBefore(this.host, at, after);
	}

	/** Forgets all that ended by the instant, on this host and others; what lies before it counts as free from then on. */
	forgetBefore(at: number): void {
		this.pages.forgetBefore(at);
	}

	/** From here on nothing changes any more, on this host and others. */
	settledAt(): number {
		return this.pages.endAt();
	}

	/** How many machines fit during one step, at most `atMost`. The demand is four amounts from `base` on. */
	machinesAt(position: number, demand: Float64Array, base: number, atMost: number): number {
		const data = this.amounts.values;
		const free = this.pages.numberAt(position) * AMOUNTS;
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
		const { pages, host } = this;
		let position = pages.positionAt(host, startAt);
		do {
			const free = pages.numberAt(position) * AMOUNTS;
			if (data[free]! < cpuFree) cpuFree = data[free]!;
			if (data[free + 1]! < memoryFree) memoryFree = data[free + 1]!;
			if (data[free + 2]! < diskFree) diskFree = data[free + 2]!;
			if (data[free + 3]! < networkFree) networkFree = data[free + 3]!;
			if (cpuFree < cpu || memoryFree < memory || diskFree < disk || networkFree < network) return 0;
			position = pages.nextPosition(host, position, endAt);
		} while (position >= 0);
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
		const from = Math.max(startAt, this.pages.forgottenBefore);
		if (endAt <= from) return true;
		for (let r = 0; r < AMOUNTS; r++) taken[r] = demand[base + r]! * count;
		if (!this.canTake(from, endAt)) return false;
		this.subtract(from, endAt);
		return true;
	}

	/** The same without a look at what is there: amounts may fall below zero, where then nothing fits. */
	force(startAt: number, endAt: number, demand: Float64Array, base: number, count: number): void {
		for (let r = 0; r < AMOUNTS; r++) taken[r] = demand[base + r]! * count;
		this.subtract(startAt, endAt);
	}

	/** Closes the host during [startAt, endAt), where it is open throughout. */
	close(startAt: number, endAt: number): void {
		for (let r = 0; r < AMOUNTS; r++) taken[r] = this.capacity[r]! + 1;
		this.subtract(startAt, endAt);
	}

	/** Opens the host again, where it is closed throughout. */
	open(startAt: number, endAt: number): void {
		for (let r = 0; r < AMOUNTS; r++) taken[r] = -this.capacity[r]! - 1;
		this.subtract(startAt, endAt);
	}

	/** Subtracts `taken` during [startAt, endAt), and keeps the form canonical. What is forgotten is left out. */
	private subtract(startAt: number, endAt: number): void {
		const { pages, host } = this;
		const from = Math.max(startAt, pages.forgottenBefore);
		if (endAt <= from) return;
		pages.subtract(host, from, endAt, taken);
	}

	/**
	 * Whether `taken` leaves every amount between nothing and the capacity during [from, endAt); both lie lower while the
	 * host is closed.
	 */
	private canTake(from: number, endAt: number): boolean {
		const { capacity, pages, host } = this;
		const { values } = this.amounts;
		let position = pages.positionAt(host, from);
		do {
			const free = pages.numberAt(position) * AMOUNTS;
			for (let r = 0; r < AMOUNTS; r++) {
				const room = values[free + r]!;
				const left = (room < 0 ? room + capacity[r]! + 1 : room) - taken[r]!;
				if (left < 0 || left > capacity[r]!) return false;
			}
			position = pages.nextPosition(host, position, endAt);
		} while (position >= 0);
		return true;
	}
}
