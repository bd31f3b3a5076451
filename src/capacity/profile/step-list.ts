/**
 * Steps in order of time, each an instant and the number of its amounts (amounts.ts), in flat typed arrays: what a host
 * profile is made of.
 *
 * The steps lie in chunks, the chunks anywhere in one buffer; each chunk knows the next one, and a directory names them
 * in order (chunks.ts). To insert moves at most one chunk, and to find looks at some three cache lines. So a hundred
 * thousand steps cost little more than a hundred.
 */
import { CHUNK_MASK, CHUNK_PLACES, CHUNK_STEPS, Chunks, FIRST, NEXT, NO_CHUNK, NUMBERS_BEHIND } from './chunks.ts';

/** A class for its lifecycle. */
export class StepList extends Chunks {
	/** Where the chunk begins that was looked at last, or that should be next: it is tried before the directory. */
	private finger = 0;

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

	/** The position before this one, which is not the first. */
	previousPosition(position: number): number {
		return (position & ~CHUNK_MASK) > 1 ? position - 1 : this.positionAt(this.times[position]! - 1);
	}

	lastPosition(): number {
		const begin = this.directory.at(this.directory.length - 1);
		return begin + this.words[2 * begin]!;
	}

	/** Inserts a step behind another one; returns its position. A full chunk first gives some to the next, or is cut. */
	protected insertAfter(position: number, at: number, number: number): number {
		let begin = position & CHUNK_MASK;
		let place = position - begin + 1;
		if (this.words[2 * begin] === CHUNK_STEPS) {
			const upper = this.makeRoom(begin);
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
		const { words } = this;
		const begin = position & CHUNK_MASK;
		const size = words[2 * begin]! - 1;
		words[2 * begin] = size;
		this.copySteps(position + 1, position, begin + 1 + size - position);
		this.joinSparse(begin);
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
}
