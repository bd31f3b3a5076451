/**
 * What is free on one host over time: an exact step function of four amounts, in flat typed arrays.
 *
 * Steps lie in order of time in chunks of at most 64; a directory holds the first instant of every chunk. With n steps
 * a lookup costs O(log n) and a new step moves at most one chunk, so booking costs nearly the same at a hundred
 * reservations and at a hundred thousand.
 *
 * The form is canonical: neighbouring steps differ. So the function depends on what is booked and not on the history
 * of bookings, and to book and release is the identity.
 */
import { RESOURCE_NAMES, type ResourceVector, wholeTimes } from './resources.ts';

const AMOUNTS = RESOURCE_NAMES.length;
const CHUNK_BITS = 6;
/** 2.5 KB a chunk: small enough to move half of it in 50 ns, large enough that the directory stays in the cache. */
const CHUNK_STEPS = 1 << CHUNK_BITS;
const STEP_MASK = CHUNK_STEPS - 1;
/** In a chunk the instants come first, then the amounts, four for every step. */
const FREE = CHUNK_STEPS;
const CHUNK_LENGTH = CHUNK_STEPS * (1 + AMOUNTS);
/** A chunk at or below the first joins a neighbour where both hold at most the second: no cutting and joining in turns. */
const SPARSE_STEPS = CHUNK_STEPS >> 2;
const JOINED_STEPS_MAX = (CHUNK_STEPS * 3) >> 2;

/** What `take` takes, so that the path of a booking allocates nothing. */
const taken = new Float64Array(AMOUNTS);

/** A class for its lifecycle. A *position* names a step and is valid until the next change. */
export class HostProfile {
	/** Before this instant everything counts as free: it is over. */
	private forgottenBefore = -Infinity;
	private readonly capacity: Float64Array;
	private readonly chunks: Float64Array[] = [];
	/** Of every chunk its first instant, and how many steps it holds. */
	private starts = new Float64Array(4);
	private sizes = new Uint8Array(4);

	constructor(capacity: ResourceVector) {
		this.capacity = Float64Array.from(RESOURCE_NAMES, (name) => capacity[name]);
		const chunk = new Float64Array(CHUNK_LENGTH);
		chunk[0] = -Infinity;
		chunk.set(this.capacity, FREE);
		this.insertChunk(0, chunk, 1);
	}

	/** The position of the step in which `at` lies. O(log n). */
	positionAt(at: number): number {
		const starts = this.starts;
		let low = 0;
		let high = this.chunks.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (starts[middle]! <= at) low = middle;
			else high = middle - 1;
		}
		const chunk = this.chunks[low]!;
		let step = 0;
		high = this.sizes[low]! - 1;
		while (step < high) {
			const middle = (step + high + 1) >> 1;
			if (chunk[middle]! <= at) step = middle;
			else high = middle - 1;
		}
		return (low << CHUNK_BITS) | step;
	}

	/** The position after this one; -1 after the last step, which never ends. */
	nextPosition(position: number): number {
		const next = position + 1;
		const c = position >> CHUNK_BITS;
		if ((position & STEP_MASK) + 1 < this.sizes[c]!) return next;
		return c + 1 < this.chunks.length ? (c + 1) << CHUNK_BITS : -1;
	}

	/** When the step begins; -Infinity for the first. */
	timeAt(position: number): number {
		return this.chunks[position >> CHUNK_BITS]![position & STEP_MASK]!;
	}

	/** The free amount of a resource, by its index in RESOURCE_NAMES. */
	freeAt(position: number, resource: number): number {
		return this.chunks[position >> CHUNK_BITS]![FREE + (position & STEP_MASK) * AMOUNTS + resource]!;
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
		const last = this.chunks.length - 1;
		return this.chunks[last]![this.sizes[last]! - 1]!;
	}

	/** How many machines fit during one step, at most `atMost`. The demand is four amounts from `base` on. */
	machinesAt(position: number, demand: Float64Array, base: number, atMost: number): number {
		const chunk = this.chunks[position >> CHUNK_BITS]!;
		const free = FREE + (position & STEP_MASK) * AMOUNTS;
		let count = atMost;
		for (let r = 0; r < AMOUNTS; r++) {
			const amount = demand[base + r]!;
			const room = chunk[free + r]!;
			if (room < amount) return 0;
			if (room < amount * count) count = Math.floor(room / amount);
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
		const position = this.positionAt(startAt);
		let c = position >> CHUNK_BITS;
		let step = position & STEP_MASK;
		let chunk = this.chunks[c]!;
		let size = this.sizes[c]!;
		do {
			const free = FREE + step * AMOUNTS;
			if (chunk[free]! < cpuFree) cpuFree = chunk[free]!;
			if (chunk[free + 1]! < memoryFree) memoryFree = chunk[free + 1]!;
			if (chunk[free + 2]! < diskFree) diskFree = chunk[free + 2]!;
			if (chunk[free + 3]! < networkFree) networkFree = chunk[free + 3]!;
			if (cpuFree < cpu || memoryFree < memory || diskFree < disk || networkFree < network) return 0;
			step++;
			if (step === size) {
				c++;
				if (c === this.chunks.length) break;
				chunk = this.chunks[c]!;
				size = this.sizes[c]!;
				step = 0;
			}
		} while (chunk[step]! < endAt);
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
	 * What lies in the forgotten past is left out. O(log n + steps inside + 64).
	 */
	take(startAt: number, endAt: number, demand: Float64Array, base: number, count: number): boolean {
		if (endAt <= this.forgottenBefore) return true;
		const from = Math.max(startAt, this.forgottenBefore);
		for (let r = 0; r < AMOUNTS; r++) taken[r] = demand[base + r]! * count;
		if (!this.canTake(from, endAt)) return false;
		this.splitAt(endAt);
		const first = this.splitAt(from);
		let position = first;
		while (this.timeAt(position) < endAt) {
			const chunk = this.chunks[position >> CHUNK_BITS]!;
			const free = FREE + (position & STEP_MASK) * AMOUNTS;
			for (let r = 0; r < AMOUNTS; r++) chunk[free + r]! -= taken[r]!;
			position = this.nextPosition(position);
		}
		const mergesFirst = this.equalsPrevious(first);
		if (this.equalsPrevious(position)) this.removeStep(position);
		if (mergesFirst) this.removeStep(this.positionAt(from));
		return true;
	}

	/** Forgets every step that ended by `at`; from then on all that lies before counts as free. O(chunks). */
	forgetBefore(at: number): void {
		if (at <= this.forgottenBefore) return;
		this.forgottenBefore = at;
		const position = this.splitAt(at);
		const dropped = position >> CHUNK_BITS;
		this.chunks.splice(0, dropped);
		this.starts.copyWithin(0, dropped);
		this.sizes.copyWithin(0, dropped);
		const chunk = this.chunks[0]!;
		const step = position & STEP_MASK;
		const kept = this.sizes[0]! - step;
		moveSteps(chunk, step, this.sizes[0]!, 0);
		this.sizes[0] = kept;
		this.starts[0] = chunk[0]!;
		this.insertStep(0, -Infinity);
		this.chunks[0]!.set(this.capacity, FREE);
		if (this.equalsPrevious(this.positionAt(at))) this.removeStep(this.positionAt(at));
	}

	/** Whether `taken` leaves every amount between nothing and the capacity; written so that NaN does not. */
	private canTake(from: number, endAt: number): boolean {
		let position = this.positionAt(from);
		do {
			const chunk = this.chunks[position >> CHUNK_BITS]!;
			const free = FREE + (position & STEP_MASK) * AMOUNTS;
			for (let r = 0; r < AMOUNTS; r++) {
				const left = chunk[free + r]! - taken[r]!;
				if (!(left >= 0 && left <= this.capacity[r]!)) return false;
			}
			position = this.nextPosition(position);
		} while (position >= 0 && this.timeAt(position) < endAt);
		return true;
	}

	/** Makes a step begin at the instant and returns its position. */
	private splitAt(at: number): number {
		const position = this.positionAt(at);
		return this.timeAt(position) === at ? position : this.insertStep(position + 1, at);
	}

	/**
	 * Inserts a step at the position with the amounts of the one before (of any other where it is the first).
	 * A full chunk is cut in two halves first.
	 */
	private insertStep(position: number, at: number): number {
		// The step after the last of a full chunk would have the position of the next chunk's first: look from the one before.
		let c = Math.max(position - 1, 0) >> CHUNK_BITS;
		let step = position - (c << CHUNK_BITS);
		if (this.sizes[c]! === CHUNK_STEPS) {
			const half = CHUNK_STEPS >> 1;
			const upper = new Float64Array(CHUNK_LENGTH);
			const lower = this.chunks[c]!;
			upper.set(lower.subarray(half, CHUNK_STEPS), 0);
			upper.set(lower.subarray(FREE + half * AMOUNTS), FREE);
			this.sizes[c] = half;
			this.insertChunk(c + 1, upper, CHUNK_STEPS - half);
			if (step > half) {
				c++;
				step -= half;
			}
		}
		const chunk = this.chunks[c]!;
		const size = this.sizes[c]!;
		moveSteps(chunk, step, size, step + 1);
		chunk[step] = at;
		const free = FREE + step * AMOUNTS;
		if (step > 0) chunk.copyWithin(free, free - AMOUNTS, free);
		else this.starts[c] = at;
		this.sizes[c] = size + 1;
		return (c << CHUNK_BITS) | step;
	}

	private insertChunk(at: number, chunk: Float64Array, size: number): void {
		const count = this.chunks.length;
		if (count === this.starts.length) {
			const starts = new Float64Array(count * 2);
			starts.set(this.starts);
			this.starts = starts;
			const sizes = new Uint8Array(count * 2);
			sizes.set(this.sizes);
			this.sizes = sizes;
		}
		this.starts.copyWithin(at + 1, at, count);
		this.sizes.copyWithin(at + 1, at, count);
		this.chunks.splice(at, 0, chunk);
		this.starts[at] = chunk[0]!;
		this.sizes[at] = size;
	}

	/** Whether the step has the amounts of the one before it. */
	private equalsPrevious(position: number): boolean {
		if (position <= 0) return false;
		const step = position & STEP_MASK;
		const c = position >> CHUNK_BITS;
		const chunk = this.chunks[c]!;
		const before = step > 0 ? chunk : this.chunks[c - 1]!;
		const free = FREE + step * AMOUNTS;
		const freeBefore = FREE + (step > 0 ? step - 1 : this.sizes[c - 1]! - 1) * AMOUNTS;
		for (let r = 0; r < AMOUNTS; r++) if (chunk[free + r] !== before[freeBefore + r]) return false;
		return true;
	}

	/** Removes a step, never the first of all. No chunk stays empty. */
	private removeStep(position: number): void {
		const c = position >> CHUNK_BITS;
		const step = position & STEP_MASK;
		const chunk = this.chunks[c]!;
		const size = this.sizes[c]! - 1;
		moveSteps(chunk, step + 1, size + 1, step);
		this.sizes[c] = size;
		if (step === 0) this.starts[c] = chunk[0]!;
		if (size > SPARSE_STEPS) return;
		if (!this.joinNext(c) && c > 0) this.joinNext(c - 1);
	}

	private joinNext(c: number): boolean {
		const next = c + 1;
		if (next === this.chunks.length) return false;
		const size = this.sizes[c]!;
		const sizeNext = this.sizes[next]!;
		if (size > 0 && sizeNext > 0 && size + sizeNext > JOINED_STEPS_MAX) return false;
		const chunk = this.chunks[c]!;
		const source = this.chunks[next]!;
		chunk.set(source.subarray(0, sizeNext), size);
		chunk.set(source.subarray(FREE, FREE + sizeNext * AMOUNTS), FREE + size * AMOUNTS);
		if (size === 0) this.starts[c] = chunk[0]!;
		this.sizes[c] = size + sizeNext;
		this.chunks.splice(next, 1);
		this.starts.copyWithin(next, next + 1);
		this.sizes.copyWithin(next, next + 1);
		return true;
	}
}

/** Moves the steps [from, end) of a chunk so that they begin at `to`. */
function moveSteps(chunk: Float64Array, from: number, end: number, to: number): void {
	chunk.copyWithin(to, from, end);
	chunk.copyWithin(FREE + to * AMOUNTS, FREE + from * AMOUNTS, FREE + end * AMOUNTS);
}
