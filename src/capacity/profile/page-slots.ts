/**
 * In which page a slot of four hours lies, for the slots that one page covers from end to end: what nearly all questions
 * ask. Of all others nothing is known here, and the directory is asked.
 */

/** Pages begin with a slot, unless one had to be cut. */
export const SLOT_SECONDS = 4 * 3600;
export const UNKNOWN = -1;
/** From the first slot to the last at most 60 years: half a megabyte. */
const SLOTS_MAX = 2 ** 17;
/** Full arrays grow by half: bookings come ever later. */
const GROWTH = 3 / 2;

/** A class for its lifecycle: it follows the coming and going of pages. */
export class PageSlots {
	private first = 0;
	private pages = new Int32Array(0);

	/** The page in which the instant lies, or UNKNOWN. */
	pageAt(at: number): number {
		const nth = Math.floor(at / SLOT_SECONDS) - this.first;
		return nth >= 0 && nth < this.pages.length ? this.pages[nth]! : UNKNOWN;
	}

	/** The page now covers [beginAt, endAt). */
	note(page: number, beginAt: number, endAt: number): void {
		const slot = Math.floor(beginAt / SLOT_SECONDS);
		if (!Number.isFinite(slot) || !this.reach(slot)) return;
		const whole = slot * SLOT_SECONDS === beginAt ? slot : slot + 1;
		const nth = whole - this.first;
		if (whole !== slot) this.pages[nth - 1] = UNKNOWN;
		const end = Math.min(Math.floor(endAt / SLOT_SECONDS) - this.first, this.pages.length);
		if (nth < end) this.pages.fill(page, nth, end);
	}

	/** Nothing is known any more of slots that ended by the instant. */
	forgetBefore(at: number): void {
		const gone = Math.min(Math.max(Math.floor(at / SLOT_SECONDS) - this.first, 0), this.pages.length);
		this.pages = this.pages.slice(gone);
		this.first += gone;
	}

	/** Lets the slots reach to this one; false where they would then span too much time. */
	private reach(slot: number): boolean {
		const { length } = this.pages;
		if (length === 0) this.first = slot;
		const first = Math.min(slot, this.first);
		const end = Math.max(slot + 1, this.first + length);
		if (end - first > SLOTS_MAX) return false;
		if (end - first === length) return true;
		const pages = new Int32Array(Math.min(Math.ceil((end - first) * GROWTH), SLOTS_MAX)).fill(UNKNOWN);
		pages.set(this.pages, this.first - first);
		this.pages = pages;
		this.first = first;
		return true;
	}
}
