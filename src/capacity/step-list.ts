/**
 * Steps in order of time, each an instant and four amounts, in flat typed arrays: what a host profile is made of.
 *
 * The steps lie in chunks, the chunks anywhere in one array; a directory names them in order. To insert moves at most
 * one chunk, and to find looks at some three cache lines: the directory is entered where the instant should be if the
 * steps lay evenly, which they nearly do. So a hundred thousand steps cost little more than a hundred.
 *
 * A *position* names a step: its chunk's place in the directory, and its place in the chunk. It is valid until the next
 * change. The first step begins at -Infinity and is never removed.
 */
import { RESOURCE_NAMES } from './resources.ts';

export const AMOUNTS = RESOURCE_NAMES.length;
/** 16 steps a chunk. Of 8, 16, 32 and 64 the cheapest bookings, at 100 reservations as at 50,000, by little. */
const CHUNK_BITS = 4;
const CHUNK_STEPS = 1 << CHUNK_BITS;
const STEP_MASK = CHUNK_STEPS - 1;
/** In a chunk the instants come first, then the amounts, four for every step. */
const CHUNK_LENGTH = CHUNK_STEPS * (1 + AMOUNTS);
/** A chunk at or below the first joins a neighbour where both hold at most the second: no cutting and joining in turns. */
const SPARSE_STEPS = CHUNK_STEPS >> 2;
const JOINED_STEPS_MAX = (CHUNK_STEPS * 3) >> 2;
/** A full array grows by a third: to double it would leave a quarter of all memory unused. */
const GROWTH = 4 / 3;

/** A class for its lifecycle. */
export class StepList {
	/** The chunks, in no order. */
	data = new Float64Array(CHUNK_LENGTH);
	/** Where unused chunks begin in `data`. */
	private readonly unused: number[] = [];
	/** For each chunk in order of time: its first instant, and where it begins in `data`. */
	private directory = new Float64Array(4);
	private sizes = new Uint8Array(2);
	/** How many chunks there are. */
	private length = 1;

	/** One step from -Infinity on. */
	constructor(amounts: Float64Array) {
		this.data[0] = -Infinity;
		this.data.set(amounts, CHUNK_STEPS);
		this.directory[0] = -Infinity;
		this.sizes[0] = 1;
	}

	/** The position of the step in which the instant lies. O(log n) at worst. */
	positionAt(at: number): number {
		const c = this.chunkAt(at);
		const data = this.data;
		const base = this.directory[2 * c + 1]!;
		let low = 0;
		let high = this.sizes[c]! - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (data[base + middle]! <= at) low = middle;
			else high = middle - 1;
		}
		return (c << CHUNK_BITS) | low;
	}

	/** The position after this one; -1 after the last. */
	nextPosition(position: number): number {
		const c = position >> CHUNK_BITS;
		if ((position & STEP_MASK) + 1 < this.sizes[c]!) return position + 1;
		return c + 1 < this.length ? (c + 1) << CHUNK_BITS : -1;
	}

	/** The position before this one, which is not the first. */
	previousPosition(position: number): number {
		if ((position & STEP_MASK) > 0) return position - 1;
		const c = (position >> CHUNK_BITS) - 1;
		return (c << CHUNK_BITS) | (this.sizes[c]! - 1);
	}

	lastPosition(): number {
		return ((this.length - 1) << CHUNK_BITS) | (this.sizes[this.length - 1]! - 1);
	}

	/** When the step begins. */
	timeAt(position: number): number {
		return this.data[this.directory[2 * (position >> CHUNK_BITS) + 1]! + (position & STEP_MASK)]!;
	}

	/** Where the step's four amounts begin in `data`. */
	amountsAt(position: number): number {
		const base = this.directory[2 * (position >> CHUNK_BITS) + 1]!;
		return base + CHUNK_STEPS + (position & STEP_MASK) * AMOUNTS;
	}

	/** Makes a step begin at the instant, with the amounts that hold there; returns its position. */
	splitAt(at: number): number {
		const position = this.positionAt(at);
		return this.timeAt(position) === at ? position : this.insertAfter(position, at);
	}

	/** Removes a step, not the first; the one before it then lasts longer. */
	remove(position: number): void {
		const c = position >> CHUNK_BITS;
		const step = position & STEP_MASK;
		const size = this.sizes[c]! - 1;
		const base = this.directory[2 * c + 1]!;
		this.moveSteps(base, step + 1, size + 1, step);
		this.sizes[c] = size;
		if (step === 0) this.directory[2 * c] = this.data[base]!;
		if (size > SPARSE_STEPS) return;
		if (!this.joinNext(c) && c > 0) this.joinNext(c - 1);
	}

	/** Removes all steps between the first and the one at the position. */
	removeBefore(position: number): void {
		const c = position >> CHUNK_BITS;
		const step = position & STEP_MASK;
		// The first step keeps its chunk; of the others whole chunks go, then what begins the position's own.
		if (c === 0) {
			const base = this.directory[1]!;
			this.moveSteps(base, step, this.sizes[0]!, 1);
			this.sizes[0] = this.sizes[0]! - step + 1;
			return;
		}
		const base = this.directory[2 * c + 1]!;
		this.moveSteps(base, step, this.sizes[c]!, 0);
		this.sizes[c] = this.sizes[c]! - step;
		this.directory[2 * c] = this.data[base]!;
		this.sizes[0] = 1;
		this.removeChunks(1, c);
	}

	/** The chunk in which the instant lies. */
	private chunkAt(at: number): number {
		const directory = this.directory;
		let high = this.length - 1;
		if (high === 0 || at < directory[2]!) return 0;
		if (at >= directory[2 * high]!) return high;
		let low = 1;
		// Always: low begins at or before the instant, high behind it.
		const first = directory[2]!;
		const guess = low + Math.floor(((at - first) / (directory[2 * high]! - first)) * (high - low));
		let width = 1;
		if (directory[2 * guess]! <= at) {
			low = guess;
			while (low + width < high && directory[2 * (low + width)]! <= at) {
				low += width;
				width *= 2;
			}
			high = Math.min(high, low + width);
		} else {
			high = guess;
			while (high - width > low && directory[2 * (high - width)]! > at) {
				high -= width;
				width *= 2;
			}
			low = Math.max(low, high - width);
		}
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if (directory[2 * middle]! <= at) low = middle;
			else high = middle;
		}
		return low;
	}

	/** Inserts a step with the amounts of the one at the position. A full chunk is cut in two halves first. */
	private insertAfter(position: number, at: number): number {
		let c = position >> CHUNK_BITS;
		let step = (position & STEP_MASK) + 1;
		if (this.sizes[c] === CHUNK_STEPS) {
			const half = CHUNK_STEPS >> 1;
			const upper = this.unused.pop() ?? this.grow();
			const lower = this.directory[2 * c + 1]!;
			this.data.copyWithin(upper, lower + half, lower + CHUNK_STEPS);
			this.data.copyWithin(upper + CHUNK_STEPS, lower + CHUNK_STEPS + half * AMOUNTS, lower + CHUNK_LENGTH);
			this.sizes[c] = half;
			this.insertChunk(c + 1, upper, CHUNK_STEPS - half);
			if (step > half) {
				c++;
				step -= half;
			}
		}
		const base = this.directory[2 * c + 1]!;
		const size = this.sizes[c]!;
		this.moveSteps(base, step, size, step + 1);
		const amounts = base + CHUNK_STEPS + step * AMOUNTS;
		for (let r = amounts; r < amounts + AMOUNTS; r++) this.data[r] = this.data[r - AMOUNTS]!;
		this.data[base + step] = at;
		this.sizes[c] = size + 1;
		return (c << CHUNK_BITS) | step;
	}

	/** Moves the steps [from, end) of the chunk so that they begin at `to`. */
	private moveSteps(base: number, from: number, end: number, to: number): void {
		if (from === end) return;
		const amounts = base + CHUNK_STEPS;
		this.data.copyWithin(base + to, base + from, base + end);
		this.data.copyWithin(amounts + to * AMOUNTS, amounts + from * AMOUNTS, amounts + end * AMOUNTS);
	}

	/** Room for more chunks; the first of them is returned. */
	private grow(): number {
		const base = this.data.length;
		const chunks = base / CHUNK_LENGTH;
		const larger = new Float64Array(Math.ceil(chunks * GROWTH) * CHUNK_LENGTH);
		larger.set(this.data);
		this.data = larger;
		for (let next = larger.length - CHUNK_LENGTH; next > base; next -= CHUNK_LENGTH) this.unused.push(next);
		return base;
	}

	private insertChunk(c: number, base: number, size: number): void {
		if (this.length === this.sizes.length) {
			const directory = new Float64Array(this.length * 4);
			directory.set(this.directory);
			this.directory = directory;
			const sizes = new Uint8Array(this.length * 2);
			sizes.set(this.sizes);
			this.sizes = sizes;
		}
		this.directory.copyWithin(2 * c + 2, 2 * c, 2 * this.length);
		this.sizes.copyWithin(c + 1, c, this.length);
		this.directory[2 * c] = this.data[base]!;
		this.directory[2 * c + 1] = base;
		this.sizes[c] = size;
		this.length++;
	}

	/** Removes the chunks [from, end) from the directory. */
	private removeChunks(from: number, end: number): void {
		for (let c = from; c < end; c++) this.unused.push(this.directory[2 * c + 1]!);
		this.directory.copyWithin(2 * from, 2 * end, 2 * this.length);
		this.sizes.copyWithin(from, end, this.length);
		this.length -= end - from;
	}

	/** Empties the next chunk into this one, where that leaves room; always where one of them is empty. */
	private joinNext(c: number): boolean {
		const next = c + 1;
		if (next === this.length) return false;
		const size = this.sizes[c]!;
		const sizeNext = this.sizes[next]!;
		if (size > 0 && sizeNext > 0 && size + sizeNext > JOINED_STEPS_MAX) return false;
		const base = this.directory[2 * c + 1]!;
		const source = this.directory[2 * next + 1]!;
		this.data.copyWithin(base + size, source, source + sizeNext);
		const amounts = source + CHUNK_STEPS;
		this.data.copyWithin(base + CHUNK_STEPS + size * AMOUNTS, amounts, amounts + sizeNext * AMOUNTS);
		if (size === 0) this.directory[2 * c] = this.data[base]!;
		this.sizes[c] = size + sizeNext;
		this.removeChunks(next, next + 1);
		return true;
	}
}
