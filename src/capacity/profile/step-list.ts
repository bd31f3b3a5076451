/**
 * Steps in order of time, each an instant and the number of its amounts (amounts.ts), in flat typed arrays: what a host
 * profile is made of.
 *
 * The steps lie in chunks, the chunks anywhere in one buffer; each chunk knows the next one, and a directory names them
 * in order. To insert moves at most one chunk, and to find looks at some three cache lines. So a hundred thousand steps
 * cost little more than a hundred.
 *
 * A *position* names a step: its place in the buffer. It is valid until the next change. The first step begins at
 * -Infinity and is never removed.
 */
import { ChunkDirectory } from './chunk-directory.ts';

/** A chunk is two cache lines: a place of 8 bytes for what is said of it, ten for instants, five for ten numbers. */
const CHUNK_PLACES = 16;
const CHUNK_STEPS = 10;
/** From a step's position, and its chunk's begin, to its number among the words of 4 bytes. */
const NUMBERS_BEHIND = 2 * (CHUNK_STEPS + 1) - 1;
/** Of a chunk that begins at place b, word 2b says how many steps it holds and word 2b + 1 where the next one begins. */
const NEXT = 1;
/** Takes a position to the begin of its chunk. */
const CHUNK_MASK = -CHUNK_PLACES;
/** A chunk at or below the first joins a neighbour where both hold at most the second: no cutting and joining in turns. */
const SPARSE_STEPS = CHUNK_STEPS >> 2;
const JOINED_STEPS_MAX = (CHUNK_STEPS * 3) >> 2;
/** A chunk of at most so many takes some from the one before it when that is full. */
const ROOMY_STEPS_MAX = CHUNK_STEPS - 4;
/** Full arrays grow by a third: to double them would leave a quarter of all memory unused. */
const GROWTH = 4 / 3;
const FIRST = 1;
const NO_CHUNK = -1;

/** A class for its lifecycle. */
export class StepList {
	/** When each step begins. */
	protected times = new Float64Array(CHUNK_PLACES);
	/** The same memory as words: the numbers of the steps' amounts, and what is said of the chunks. */
	private words = new Int32Array(this.times.buffer);
	/** Where unused chunks begin. */
	private readonly unused: number[] = [];
	private readonly directory = new ChunkDirectory();
	/** Where the chunk begins that was looked at last, or that should be next: it is tried before the directory. */
	private finger = 0;
	/** Counts what moves steps to other chunks. While it stays, to insert or remove a step moves only those behind it. */
	protected moves = 0;
	/** Steps in [movedFrom, movedUntil) came into another chunk since whoever keeps hints last looked. */
	movedFrom = Infinity;
	movedUntil = -Infinity;

	/** One step from -Infinity on. */
	constructor(number: number) {
		this.times[FIRST] = -Infinity;
		this.setNumber(FIRST, number);
		this.words[NEXT] = NO_CHUNK;
		this.words[0] = 1;
	}

	/** The position of the step in which the instant lies. O(log n) at worst. */
	positionAt(at: number): number {
		this.seek(at);
		const begin = this.finger;
		const times = this.times;
		let low = begin + 1;
		let high = begin + this.words[2 * begin]!;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (times[middle]! <= at) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	/**
	 * Takes a hint: in which chunk the next search should begin, one that held steps at some time, and in which it may
	 * end. They are read already now, as the chunks of other hosts are, so that memory is waited for once for all of
	 * them: what is returned means nothing, but must be used.
	 */
	approach(chunk: number, behind: number): number {
		const { times, words } = this;
		const begin = chunk << 4;
		this.finger = begin;
		const sum = words[2 * begin]! + times[begin + CHUNK_PLACES / 2]! + times[begin + CHUNK_PLACES - 1]!;
		if (behind === chunk) return sum;
		const end = behind << 4;
		return sum + words[2 * end]! + times[end + CHUNK_PLACES / 2]! + times[end + CHUNK_PLACES - 1]!;
	}

	/** Goes to the chunk in which the instant lies; whether it had to be searched, for no hint led there. */
	seek(at: number): boolean {
		if (this.pointsAt(at)) return false;
		this.finger = this.directory.at(this.chunkAt(at));
		return true;
	}

	/** The chunk that was sought last, a hint for `approach`. */
	get chunk(): number {
		return this.finger >> 4;
	}

	/** When its first step begins. */
	get chunkBeginsAt(): number {
		return this.times[this.finger + FIRST]!;
	}

	/** The number of the step's amounts. */
	protected numberAt(position: number): number {
		return this.words[position + (position & CHUNK_MASK) + NUMBERS_BEHIND]!;
	}

	protected setNumber(position: number, number: number): void {
		this.words[position + (position & CHUNK_MASK) + NUMBERS_BEHIND] = number;
	}

	/** The position after this one; -1 after the last. */
	nextPosition(position: number): number {
		const begin = position & CHUNK_MASK;
		if (position - begin < this.words[2 * begin]!) return position + 1;
		const next = this.words[2 * begin + NEXT]!;
		return next === NO_CHUNK ? -1 : next + 1;
	}

	/** The position before this one, which is not the first. */
	previousPosition(position: number): number {
		return (position & ~CHUNK_MASK) > 1 ? position - 1 : this.positionAt(this.times[position]! - 1);
	}

	lastPosition(): number {
		const begin = this.directory.at(this.directory.length - 1);
		return begin + this.words[2 * begin]!;
	}

	/** When the step begins. */
	timeAt(position: number): number {
		return this.times[position]!;
	}

	/** Inserts a step behind another one; returns its position. A full chunk first gives some to the next, or is cut. */
	protected insertAfter(position: number, at: number, number: number): number {
		let begin = position & CHUNK_MASK;
		let place = position - begin + 1;
		if (this.words[2 * begin] === CHUNK_STEPS) {
			const upper = this.giveNext(begin) ?? this.cut(begin);
			const left = this.words[2 * begin]!;
			if (place > left + 1) {
				begin = upper;
				place -= left;
			}
		}
		const { times, words } = this;
		const inserted = begin + place;
		const toNumber = begin + NUMBERS_BEHIND;
		for (let i = begin + words[2 * begin]!; i >= inserted; i--) {
			times[i + 1] = times[i]!;
			words[i + 1 + toNumber] = words[i + toNumber]!;
		}
		times[inserted] = at;
		words[inserted + toNumber] = number;
		words[2 * begin]!++;
		return inserted;
	}

	/** Removes a step, not the first; the one before it then lasts longer. */
	protected remove(position: number): void {
		const { times, words } = this;
		const begin = position & CHUNK_MASK;
		const size = words[2 * begin]! - 1;
		words[2 * begin] = size;
		this.copySteps(position + 1, position, begin + 1 + size - position);
		if (this.directory.length === 1 || size > SPARSE_STEPS) return;
		const c = this.directory.placeOf(times, begin);
		if (!this.joinNext(c) && c > 0) this.joinNext(c - 1);
	}

	/** Removes all steps between the first and the one at the position. */
	protected removeBefore(position: number): void {
		const begin = position & CHUNK_MASK;
		// The first step keeps its chunk; of the others whole chunks go, then what begins the position's own.
		if (begin === 0) {
			this.moveDown(0, position, FIRST + 1);
			return;
		}
		const c = this.chunkAt(this.times[position]!);
		this.moveDown(begin, position, begin + 1);
		this.words[0] = 1;
		this.removeChunks(1, c);
	}

	/** Whether the instant lies in the finger's chunk or in the one behind it, to which the finger is then moved. */
	private pointsAt(at: number): boolean {
		const { times, words } = this;
		const begin = this.finger;
		const size = words[2 * begin]!;
		if (size === 0 || times[begin + 1]! > at) return false;
		if (times[begin + size]! > at) return true;
		const next = words[2 * begin + NEXT]!;
		if (next === NO_CHUNK || times[next + 1]! > at) return true;
		this.finger = next;
		const beyond = words[2 * next + NEXT]!;
		return times[next + words[2 * next]!]! > at || beyond === NO_CHUNK || times[beyond + 1]! > at;
	}

	/** The chunk in which the instant lies. */
	private chunkAt(at: number): number {
		return this.directory.find(this.times, at);
	}

	/** Copies steps of one chunk, in order of time, to positions below or in another chunk. */
	private copySteps(from: number, to: number, count: number): void {
		const { times, words } = this;
		const toNumber = (to & CHUNK_MASK) + NUMBERS_BEHIND;
		const fromNumber = (from & CHUNK_MASK) + NUMBERS_BEHIND;
		for (let i = 0; i < count; i++) {
			times[to + i] = times[from + i]!;
			words[to + i + toNumber] = words[from + i + fromNumber]!;
		}
	}

	/** Moves the steps of a chunk from the position on so that they begin at `to`; those between are gone. */
	private moveDown(begin: number, position: number, to: number): void {
		this.copySteps(position, to, begin + this.words[2 * begin]! + 1 - position);
		this.words[2 * begin]! -= position - to;
	}

	/**
	 * Moves the upper steps of a full chunk to the next one, where that has room for more than one; returns where it
	 * begins. So chunks are fuller, and the directory is rarely touched.
	 */
	private giveNext(begin: number): number | undefined {
		const { times, words } = this;
		const next = words[2 * begin + NEXT]!;
		if (next === NO_CHUNK || words[2 * next]! > ROOMY_STEPS_MAX) return undefined;
		const size = words[2 * next]!;
		const given = (CHUNK_STEPS - size) >> 1;
		for (let i = next + size; i > next; i--) {
			times[i + given] = times[i]!;
			words[i + given + next + NUMBERS_BEHIND] = words[i + next + NUMBERS_BEHIND]!;
		}
		this.copySteps(begin + 1 + CHUNK_STEPS - given, next + 1, given);
		words[2 * begin] = CHUNK_STEPS - given;
		words[2 * next] = size + given;
		this.noteMove(times[next + 1]!, times[next + 1 + given]!);
		return next;
	}

	private noteMove(from: number, until: number): void {
		this.moves++;
		this.movedFrom = Math.min(this.movedFrom, from);
		this.movedUntil = Math.max(this.movedUntil, until);
	}

	/** Moves the upper half of a full chunk to a new one behind it; returns where that begins. */
	private cut(begin: number): number {
		const c = this.directory.placeOf(this.times, begin);
		const upper = this.unused.pop() ?? this.grow();
		const left = (CHUNK_STEPS + 1) >> 1;
		const { times, words } = this;
		this.copySteps(begin + 1 + left, upper + 1, CHUNK_STEPS - left);
		words[2 * begin] = left;
		words[2 * upper] = CHUNK_STEPS - left;
		words[2 * upper + NEXT] = words[2 * begin + NEXT]!;
		words[2 * begin + NEXT] = upper;
		this.directory.insertBehind(c, upper);
		const next = words[2 * upper + NEXT]!;
		this.noteMove(times[upper + 1]!, next === NO_CHUNK ? Infinity : times[next + 1]!);
		return upper;
	}

	/** Room for more chunks; where the first of them begins. */
	private grow(): number {
		const begin = this.times.length;
		const length = Math.ceil((begin / CHUNK_PLACES) * GROWTH) * CHUNK_PLACES;
		const times = new Float64Array(length);
		times.set(this.times);
		this.times = times;
		this.words = new Int32Array(times.buffer);
		for (let next = length - CHUNK_PLACES; next > begin; next -= CHUNK_PLACES) this.unused.push(next);
		return begin;
	}

	/** Removes the chunks [from, end), not the first, from the directory. */
	private removeChunks(from: number, end: number): void {
		const { directory, words } = this;
		for (let c = from; c < end; c++) {
			const begin = directory.at(c);
			words[2 * begin] = 0;
			this.unused.push(begin);
		}
		directory.remove(from, end);
		words[2 * directory.at(from - 1) + NEXT] = from < directory.length ? directory.at(from) : NO_CHUNK;
	}

	/** Empties the next chunk into this one, where that leaves room; always where one of them is empty. */
	private joinNext(c: number): boolean {
		if (c + 1 === this.directory.length) return false;
		const begin = this.directory.at(c);
		const next = this.directory.at(c + 1);
		const { words } = this;
		const size = words[2 * begin]!;
		const sizeNext = words[2 * next]!;
		if (size > 0 && sizeNext > 0 && size + sizeNext > JOINED_STEPS_MAX) return false;
		this.copySteps(next + 1, begin + 1 + size, sizeNext);
		words[2 * begin] = size + sizeNext;
		this.removeChunks(c + 1, c + 2);
		this.moves++;
		return true;
	}
}
