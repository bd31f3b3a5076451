/**
 * Chunks of steps, anywhere in one buffer; each knows the next one, and a directory names them in order. Here they are
 * cut and joined; how steps are found in them, come and go is told in step-list.ts.
 *
 * A *position* names a step: its place in the buffer. It is valid until the next change. The first step begins at
 * -Infinity and is never removed.
 */
import { ChunkDirectory } from './chunk-directory.ts';

/** A chunk is two cache lines: a place of 8 bytes for what is said of it, ten for instants, five for ten numbers. */
export const CHUNK_PLACES = 16;
export const CHUNK_STEPS = 10;
/** From a step's position, and its chunk's begin, to its number among the words of 4 bytes. */
export const NUMBERS_BEHIND = 2 * (CHUNK_STEPS + 1) - 1;
/** Of a chunk that begins at place b, word 2b says how many steps it holds and word 2b + 1 where the next one begins. */
export const NEXT = 1;
/** Takes a position to the begin of its chunk. */
export const CHUNK_MASK = -CHUNK_PLACES;
/** A chunk at or below the first joins a neighbour where both hold at most the second: no cutting and joining in turns. */
const SPARSE_STEPS = CHUNK_STEPS >> 2;
const JOINED_STEPS_MAX = (CHUNK_STEPS * 3) >> 2;
/** A chunk of at most so many takes some from the one before it when that is full. */
const ROOMY_STEPS_MAX = CHUNK_STEPS - 4;
/** Full arrays grow by a third: to double them would leave a quarter of all memory unused. */
const GROWTH = 4 / 3;
export const FIRST = 1;
export const NO_CHUNK = -1;

/** A class for its lifecycle: there is always a first chunk, with a first step. */
export class Chunks {
	/** When each step begins. */
	protected times = new Float64Array(CHUNK_PLACES);
	/** The same memory as words: the numbers of the steps' amounts, and what is said of the chunks. */
	protected words = new Int32Array(this.times.buffer);
	/** Where unused chunks begin. */
	private readonly unused: number[] = [];
	protected readonly directory = new ChunkDirectory();
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

	/** When the step begins. */
	timeAt(position: number): number {
		return this.times[position]!;
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

	/** The chunk in which the instant lies. */
	protected chunkAt(at: number): number {
		return this.directory.find(this.times, at);
	}

	/** Makes room in a full chunk: some go to the next one, or it is cut; where the chunk begins that comes behind it. */
	protected makeRoom(begin: number): number {
		return this.giveNext(begin) ?? this.cut(begin);
	}

	/** Joins the chunk with a neighbour where both hold few. */
	protected joinSparse(begin: number): void {
		if (this.directory.length === 1 || this.words[2 * begin]! > SPARSE_STEPS) return;
		const c = this.directory.placeOf(this.times, begin);
		if (!this.joinNext(c) && c > 0) this.joinNext(c - 1);
	}

	/** Copies steps of one chunk, in order of time, to positions below or in another chunk. */
	protected copySteps(from: number, to: number, count: number): void {
		const { times, words } = this;
		const toNumber = (to & CHUNK_MASK) + NUMBERS_BEHIND;
		const fromNumber = (from & CHUNK_MASK) + NUMBERS_BEHIND;
		for (let i = 0; i < count; i++) {
			times[to + i] = times[from + i]!;
			words[to + i + toNumber] = words[from + i + fromNumber]!;
		}
	}

	/** Moves the steps of a chunk from the position on so that they begin at `to`; those between are gone. */
	protected moveDown(begin: number, position: number, to: number): void {
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
	protected removeChunks(from: number, end: number): void {
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
