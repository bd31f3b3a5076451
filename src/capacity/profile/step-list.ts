/**
 * Steps in order of time, each an instant and the number of its amounts (amounts.ts), in flat typed arrays: what a host
 * profile is made of.
 *
 * The steps lie in chunks, the chunks anywhere in two arrays; each chunk knows the next one, and a directory names them
 * in order. To insert moves at most one chunk, and to find looks at some three cache lines: the directory is entered
 * where the instant should be if the steps lay evenly, which they nearly do. So a hundred thousand steps cost little
 * more than a hundred.
 *
 * A *position* names a step: its place in the arrays. It is valid until the next change. The first step begins at
 * -Infinity and is never removed.
 */

/** 16 places a chunk: one for what is said of the chunk, 15 for steps. */
const CHUNK_PLACES = 16;
const CHUNK_STEPS = CHUNK_PLACES - 1;
/** Takes a position to the begin of its chunk. */
const CHUNK_MASK = -CHUNK_PLACES;
/** A chunk at or below the first joins a neighbour where both hold at most the second: no cutting and joining in turns. */
const SPARSE_STEPS = CHUNK_STEPS >> 2;
const JOINED_STEPS_MAX = (CHUNK_STEPS * 3) >> 2;
/** Full arrays grow by a third: to double them would leave a quarter of all memory unused. */
const GROWTH = 4 / 3;
const FIRST = 1;
const NO_CHUNK = -1;

/** A class for its lifecycle. */
export class StepList {
	/** When each step begins; at the begin of a chunk, where the next one begins. */
	protected times = new Float64Array(CHUNK_PLACES);
	/** The number of each step's amounts; at the begin of a chunk, how many steps it holds. */
	protected numbers = new Int32Array(CHUNK_PLACES);
	/** Where unused chunks begin. */
	private readonly unused: number[] = [];
	/** For each chunk in order of time: its first instant, and where it begins. */
	private directory = new Float64Array(4);
	/** Where the chunk begins that was looked at last, or that should be next: it is tried before the directory. */
	private finger = 0;
	/** How many chunks there are. While it stays, a step that is inserted or removed moves only those behind it. */
	protected chunks = 1;

	/** One step from -Infinity on. */
	constructor(number: number) {
		this.times[FIRST] = -Infinity;
		this.numbers[FIRST] = number;
		this.times[0] = NO_CHUNK;
		this.numbers[0] = 1;
		this.directory[0] = -Infinity;
	}

	/** The position of the step in which the instant lies. O(log n) at worst. */
	positionAt(at: number): number {
		if (!this.pointsAt(at)) this.finger = this.directory[2 * this.chunkAt(at) + 1]!;
		const begin = this.finger;
		const times = this.times;
		let low = begin + 1;
		let high = begin + this.numbers[begin]!;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (times[middle]! <= at) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	/** Where the chunk of the position begins, for `approach`. */
	chunkOf(position: number): number {
		return position & CHUNK_MASK;
	}

	/**
	 * Lets the next search begin in a chunk where the answer probably is; one that held steps at some time. It is read
	 * already now, as the chunks of other hosts are, so that memory is waited for once for all of them: what is returned
	 * means nothing, but must be used.
	 */
	approach(begin: number): number {
		this.finger = begin;
		return this.times[begin]! + this.times[begin + CHUNK_PLACES / 2]! + this.numbers[begin]!;
	}

	/** The position after this one; -1 after the last. */
	nextPosition(position: number): number {
		const begin = position & CHUNK_MASK;
		if (position - begin < this.numbers[begin]!) return position + 1;
		const next = this.times[begin]!;
		return next === NO_CHUNK ? -1 : next + 1;
	}

	/** The position before this one, which is not the first. */
	previousPosition(position: number): number {
		return (position & ~CHUNK_MASK) > 1 ? position - 1 : this.positionAt(this.times[position]! - 1);
	}

	lastPosition(): number {
		const begin = this.directory[2 * this.chunks - 1]!;
		return begin + this.numbers[begin]!;
	}

	/** When the step begins. */
	timeAt(position: number): number {
		return this.times[position]!;
	}

	/** Inserts a step behind another one; returns its position. A full chunk is cut in two halves first. */
	protected insertAfter(position: number, at: number, number: number): number {
		let begin = position & CHUNK_MASK;
		let place = position - begin + 1;
		if (this.numbers[begin] === CHUNK_STEPS) {
			const upper = this.cut(begin);
			const left = this.numbers[begin]!;
			if (place > left + 1) {
				begin = upper;
				place -= left;
			}
		}
		const { times, numbers } = this;
		const inserted = begin + place;
		for (let i = begin + numbers[begin]!; i >= inserted; i--) {
			times[i + 1] = times[i]!;
			numbers[i + 1] = numbers[i]!;
		}
		times[inserted] = at;
		numbers[inserted] = number;
		numbers[begin]!++;
		return inserted;
	}

	/** Removes a step, not the first; the one before it then lasts longer. */
	protected remove(position: number): void {
		const { times, numbers } = this;
		const begin = position & CHUNK_MASK;
		const at = times[position]!;
		const size = numbers[begin]! - 1;
		numbers[begin] = size;
		for (let i = position; i <= begin + size; i++) {
			times[i] = times[i + 1]!;
			numbers[i] = numbers[i + 1]!;
		}
		const isFirst = position === begin + 1;
		if (this.chunks === 1 || (!isFirst && size > SPARSE_STEPS)) return;
		const c = this.chunkAt(at);
		if (isFirst) this.directory[2 * c] = times[position]!;
		if (size <= SPARSE_STEPS && !this.joinNext(c) && c > 0) this.joinNext(c - 1);
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
		this.directory[2 * c] = this.times[begin + 1]!;
		this.numbers[0] = 1;
		this.removeChunks(1, c);
	}

	/** Whether the instant lies in the finger's chunk or in the one behind it, to which the finger is then moved. */
	private pointsAt(at: number): boolean {
		const { times, numbers } = this;
		const begin = this.finger;
		const size = numbers[begin]!;
		if (size === 0 || times[begin + 1]! > at) return false;
		if (times[begin + size]! > at) return true;
		const next = times[begin]!;
		if (next === NO_CHUNK || times[next + 1]! > at) return true;
		this.finger = next;
		const beyond = times[next]!;
		return times[next + numbers[next]!]! > at || beyond === NO_CHUNK || times[beyond + 1]! > at;
	}

	/** The chunk in which the instant lies. */
	private chunkAt(at: number): number {
		const directory = this.directory;
		let high = this.chunks - 1;
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

	/** Moves the steps of a chunk from the position on so that they begin at `to`; those between are gone. */
	private moveDown(begin: number, position: number, to: number): void {
		const end = begin + this.numbers[begin]! + 1;
		this.times.copyWithin(to, position, end);
		this.numbers.copyWithin(to, position, end);
		this.numbers[begin]! -= position - to;
	}

	/** Moves the upper half of a full chunk to a new one behind it; returns where that begins. */
	private cut(begin: number): number {
		const c = this.chunkAt(this.times[begin + 1]!);
		const upper = this.unused.pop() ?? this.grow();
		const left = (CHUNK_STEPS + 1) >> 1;
		const { times, numbers } = this;
		times.copyWithin(upper + 1, begin + 1 + left, begin + CHUNK_PLACES);
		numbers.copyWithin(upper + 1, begin + 1 + left, begin + CHUNK_PLACES);
		numbers[begin] = left;
		numbers[upper] = CHUNK_STEPS - left;
		times[upper] = times[begin]!;
		times[begin] = upper;
		if (2 * this.chunks === this.directory.length) {
			const directory = new Float64Array(this.directory.length * 2);
			directory.set(this.directory);
			this.directory = directory;
		}
		this.directory.copyWithin(2 * c + 4, 2 * c + 2, 2 * this.chunks);
		this.directory[2 * c + 2] = times[upper + 1]!;
		this.directory[2 * c + 3] = upper;
		this.chunks++;
		return upper;
	}

	/** Room for more chunks; where the first of them begins. */
	private grow(): number {
		const begin = this.times.length;
		const length = Math.ceil((begin / CHUNK_PLACES) * GROWTH) * CHUNK_PLACES;
		const times = new Float64Array(length);
		times.set(this.times);
		this.times = times;
		const numbers = new Int32Array(length);
		numbers.set(this.numbers);
		this.numbers = numbers;
		for (let next = length - CHUNK_PLACES; next > begin; next -= CHUNK_PLACES) this.unused.push(next);
		return begin;
	}

	/** Removes the chunks [from, end), not the first, from the directory. */
	private removeChunks(from: number, end: number): void {
		const { directory } = this;
		for (let c = from; c < end; c++) {
			const begin = directory[2 * c + 1]!;
			this.numbers[begin] = 0;
			this.unused.push(begin);
		}
		directory.copyWithin(2 * from, 2 * end, 2 * this.chunks);
		this.chunks -= end - from;
		this.times[directory[2 * from - 1]!] = from < this.chunks ? directory[2 * from + 1]! : NO_CHUNK;
	}

	/** Empties the next chunk into this one, where that leaves room; always where one of them is empty. */
	private joinNext(c: number): boolean {
		if (c + 1 === this.chunks) return false;
		const begin = this.directory[2 * c + 1]!;
		const next = this.directory[2 * c + 3]!;
		const { times, numbers } = this;
		const size = numbers[begin]!;
		const sizeNext = numbers[next]!;
		if (size > 0 && sizeNext > 0 && size + sizeNext > JOINED_STEPS_MAX) return false;
		times.copyWithin(begin + 1 + size, next + 1, next + 1 + sizeNext);
		numbers.copyWithin(begin + 1 + size, next + 1, next + 1 + sizeNext);
		if (size === 0) this.directory[2 * c] = times[begin + 1]!;
		numbers[begin] = size + sizeNext;
		this.removeChunks(c + 1, c + 2);
		return true;
	}
}
