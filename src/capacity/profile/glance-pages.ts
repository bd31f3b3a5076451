/**
 * The pages of the glance: for every hour a row of digests, one for each host, eight hours a page, made when the first
 * booking touches one; and where they lie. What a digest says, and how two of them are compared, is told here, too.
 */

export const HOUR_SECONDS = 3600;
export const PAGE_HOURS = 8;
/** All pages together: four months of 10,000 hosts, 36 years of 100. What is booked later is looked at without them. */
const PAGE_BYTES_MAX = 32 * 2 ** 20;
/** A digest is a byte: four bits for CPU, and above them four for memory. */
export const BITS = 4;
export const ALL = 15;
/** Nothing is known: all may be free. */
const ALL_OF_BOTH = (ALL << BITS) | ALL;
/** From the first page to the last at most a century. */
const DIRECTORY_PAGES_MAX = 2 ** 17;
/** Full arrays grow by half. */
const GROWTH = 3 / 2;
export const NO_PAGE = -1;
/** So many digests lie in a cache line. */
export const LINE = 64;
/** Two lines of a row are read at once: among their hosts is mostly the first that has room. Behind the last row too. */
const BEYOND = 2 * LINE;

/** A class for its lifecycle: pages come with what is booked and go with the past. */
export class GlancePages {
	/** So many digests a row has: one for each host, and some more up to a multiple of four. */
	protected readonly width: number;
	/** By number of the page, from `firstPage` on: its place in the array that follows. */
	private directory = new Int32Array(0);
	protected firstPage = 0;
	/** Page after page, in each an hour's row after the other, host after host the digests of their amounts. */
	protected shown = new Uint8Array(0);
	/** The same memory, four hosts at a time. */
	protected fours = new Int32Array(0);
	/** Places of pages that are forgotten. */
	private readonly unused: number[] = [];
	private places = 0;

	constructor(hostCount: number) {
		this.width = Math.ceil(hostCount / 4) * 4;
	}

	/** What lies before the instant counts as free from now on: nothing is known of it. */
	forgetBefore(at: number): void {
		const hour = Math.ceil(at / HOUR_SECONDS);
		const current = Math.floor(hour / PAGE_HOURS);
		const forgotten = Math.min(Math.max(current - this.firstPage, 0), this.directory.length);
		for (const place of this.directory.subarray(0, forgotten)) if (place !== NO_PAGE) this.unused.push(place);
		this.directory = this.directory.slice(forgotten);
		this.firstPage += forgotten;
		const place = this.placeOf(current);
		if (place === NO_PAGE) return;
		const begin = place * PAGE_HOURS * this.width;
		this.shown.fill(ALL_OF_BOTH, begin, begin + (hour - current * PAGE_HOURS) * this.width);
	}

	/** Behind the last page. */
	protected get endPage(): number {
		return this.firstPage + this.directory.length;
	}

	/** Where the row of an hour begins in its page. */
	protected rowOf(place: number, hour: number): number {
		return (place * PAGE_HOURS + hour - Math.floor(hour / PAGE_HOURS) * PAGE_HOURS) * this.width;
	}

	/** The place of a page, or NO_PAGE. */
	protected placeOf(number: number): number {
		const nth = number - this.firstPage;
		return nth >= 0 && nth < this.directory.length ? this.directory[nth]! : NO_PAGE;
	}

	/** Makes a page that is not there; NO_PAGE where there is no room for one. */
	protected newPage(number: number): number {
		const placesMax = Math.floor(PAGE_BYTES_MAX / (this.width * PAGE_HOURS));
		if (this.places - this.unused.length >= placesMax || !this.reach(number)) return NO_PAGE;
		const place = this.unused.pop() ?? this.places++;
		const length = this.width * PAGE_HOURS;
		if (this.places * length + BEYOND > this.shown.length) {
			const places = Math.min(Math.ceil(this.places * GROWTH), placesMax);
			const shown = new Uint8Array(places * length + BEYOND);
			shown.set(this.shown);
			this.shown = shown;
			this.fours = new Int32Array(shown.buffer);
		}
		this.shown.fill(ALL_OF_BOTH, place * length, (place + 1) * length);
		this.directory[number - this.firstPage] = place;
		return place;
	}

	/** Lets the directory reach to a page; false where it would then span too much time. */
	private reach(number: number): boolean {
		const { length } = this.directory;
		if (length === 0) this.firstPage = number;
		const first = Math.min(number, this.firstPage);
		const end = Math.max(number + 1, this.firstPage + length);
		if (end - first > DIRECTORY_PAGES_MAX) return false;
		if (end - first === length) return true;
		// Bookings come ever later: room for some more.
		const directory = new Int32Array(Math.min(Math.ceil((end - first) * GROWTH), DIRECTORY_PAGES_MAX)).fill(NO_PAGE);
		directory.set(this.directory, this.firstPage - first);
		this.directory = directory;
		this.firstPage = first;
		return true;
	}
}
