/**
 * The chunks of a step list in order of time: where each begins, four bytes a chunk. It is entered where the instant
 * should be if the chunks lay evenly, which they nearly do; when a chunk begins is read in the chunk itself.
 */

/** A class for its lifecycle: there is always a first chunk. */
export class ChunkDirectory {
	length = 1;
	private begins = new Int32Array(4);

	/** Where the nth chunk begins. */
	at(nth: number): number {
		return this.begins[nth]!;
	}

	/** Which chunk the instant lies in; `times` has when a chunk's first step begins one place behind its begin. */
	find(times: Float64Array, at: number): number {
		let high = this.length - 1;
		if (high === 0 || at < this.firstOf(times, 1)) return 0;
		if (at >= this.firstOf(times, high)) return high;
		let low = 1;
		// Always: low begins at or before the instant, high behind it.
		const first = this.firstOf(times, low);
		const guess = low + Math.floor(((at - first) / (this.firstOf(times, high) - first)) * (high - low));
		let width = 1;
		if (this.firstOf(times, guess) <= at) {
			low = guess;
			while (low + width < high && this.firstOf(times, low + width) <= at) {
				low += width;
				width *= 2;
			}
			high = Math.min(high, low + width);
		} else {
			high = guess;
			while (high - width > low && this.firstOf(times, high - width) > at) {
				high -= width;
				width *= 2;
			}
			low = Math.max(low, high - width);
		}
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if (this.firstOf(times, middle) <= at) low = middle;
			else high = middle;
		}
		return low;
	}

	/**
	 * The place of a chunk that is there, by where it begins: looked for among the places around the one where it should
	 * be, which costs no look at other chunks. At worst it reads as much as a chunk that is inserted moves.
	 */
	placeOf(times: Float64Array, begin: number): number {
		const { begins, length } = this;
		if (begins[0] === begin) return 0;
		const first = this.firstOf(times, 1);
		const last = this.firstOf(times, length - 1);
		const share = last > first ? (times[begin + 1]! - first) / (last - first) : 0;
		let above = 1 + Math.floor(share * (length - 2));
		let below = above;
		while (begins[above] !== begin) {
			if (below > 0 && begins[--below] === begin) return below;
			if (above < length - 1) above++;
		}
		return above;
	}

	/** A chunk that comes behind the nth. */
	insertBehind(nth: number, begin: number): void {
		if (this.length === this.begins.length) {
			const begins = new Int32Array(this.length * 2);
			begins.set(this.begins);
			this.begins = begins;
		}
		this.begins.copyWithin(nth + 2, nth + 1, this.length);
		this.begins[nth + 1] = begin;
		this.length++;
	}

	/** The chunks [from, end) are gone. */
	remove(from: number, end: number): void {
		this.begins.copyWithin(from, end, this.length);
		this.length -= end - from;
	}

	/** When the first step of a chunk begins, or of an emptied one began. */
	private firstOf(times: Float64Array, nth: number): number {
		return times[this.begins[nth]! + 1]!;
	}
}
