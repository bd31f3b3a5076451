/**
 * The pages of steps in order of time: where each lies, four bytes a page. It is entered where the instant should be if
 * the pages lay evenly, which they nearly do; when a page begins is read in the page itself.
 */

/** Where, among the places of 8 bytes of a page, stands when it begins. */
export const BEGIN_PLACE = 1;

/** A class for its lifecycle: there is always a first page. Where a page lies is counted in words of 4 bytes. */
export class PageDirectory {
	length = 1;
	private begins = new Int32Array(4);

	/** Where the nth page lies. */
	at(nth: number): number {
		return this.begins[nth]!;
	}

	/** In which page the instant lies. */
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

	/** A page that comes behind the nth. */
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

	/** The pages [from, end) are gone. */
	remove(from: number, end: number): void {
		this.begins.copyWithin(from, end, this.length);
		this.length -= end - from;
	}

	private firstOf(times: Float64Array, nth: number): number {
		return times[(this.begins[nth]! >> 1) + BEGIN_PLACE]!;
	}
}
