/**
 * Pages of steps as they lie in memory: a kilobyte each for a hundred hosts, anywhere in one buffer, each with its
 * neighbours, and a directory that names them in order of time. Here pages come, are cut and go; how steps are found and
 * changed is told in step-pages.ts.
 *
 * A page begins with a word for each host: what it has when the page begins. From there its steps within the page hang
 * together, in order of time, one word each. A page lasts until the next one begins, which may be long after the last
 * step in it: pages come with the first step of their slot, and are cut in two when they are full.
 *
 * A *position* names such a word, and so a host and a step of it. The word of the host itself stands for the step in
 * which the page begins. Positions are valid until a step comes or goes.
 */
import type { AmountTable } from './amounts.ts';
import { BEGIN_PLACE, PageDirectory } from './page-directory.ts';
import { PageSlots, SLOT_SECONDS, UNKNOWN } from './page-slots.ts';

/** As many steps may begin at one instant: less than a page holds, so that a full one can be cut between two instants. */
export const PAGE_HOSTS_MAX = 112;
/** A word: which word of the page follows (7 bits), seconds since the page's begin (14), the number (11). */
export const NEXT_MASK = 127;
export const SECONDS_SHIFT = 7;
export const SECONDS_MASK = 2 ** 14 - 1;
const NUMBER_SHIFT = 21;
/** Larger numbers are kept beside the words, as soon as there is one. */
const NUMBER_MAX = 2 ** 11 - 1;
const STEPS_MAX = NEXT_MASK;
/** A page of few hosts has room for some steps all the same. */
const STEPS_MIN = 50;
/** At the head of a page: its neighbours, when it begins, how many words steps ever had, a free one, how many steps. */
export const NEXT = 0;
export const PREVIOUS = 1;
const TOP = 4;
const FREE = 5;
export const COUNT = 6;
export const HEAD = 7;
export const NO_PAGE = -1;
/** Full arrays grow by a third: to double them would leave a quarter of all memory unused. */
const GROWTH = 4 / 3;

/** A class for its lifecycle: there is always a first page, from -Infinity on, without steps. */
export class Pages {
	/** Of each host the number of what it has when nothing is booked. */
	protected readonly free: readonly number[];
	protected readonly hosts: number;
	protected readonly amounts: AmountTable;
	/** Words of a page, a power of two; its negative takes a position to its page. */
	protected readonly size: number;
	protected readonly mask: number;
	protected readonly stepsMax: number;
	/** From a page to its words of steps, which are counted from 1 on. */
	protected readonly stepsBegin: number;
	protected words: Int32Array;
	/** The same memory: when pages begin. */
	protected times: Float64Array;
	/** By position, once a number needs more bits than a word has. */
	private wide: Int32Array | undefined;
	protected readonly directory = new PageDirectory();
	protected readonly slots = new PageSlots();
	protected readonly unused: number[] = [];

	/** Hosts with nothing booked, which each have the amounts of a number. */
	constructor(free: readonly number[], amounts: AmountTable) {
		this.free = free;
		this.hosts = free.length;
		this.amounts = amounts;
		const steps = Math.min(STEPS_MAX, Math.max(STEPS_MIN, Math.ceil(this.hosts * 1.2)));
		this.size = 2 ** Math.ceil(Math.log2(HEAD + this.hosts + steps));
		this.mask = -this.size;
		this.stepsMax = Math.min(STEPS_MAX, this.size - HEAD - this.hosts);
		this.stepsBegin = HEAD + this.hosts - 1;
		this.words = new Int32Array(this.size);
		this.times = new Float64Array(this.words.buffer);
		this.lay(0, NO_PAGE, NO_PAGE, -Infinity);
		for (const [host, number] of free.entries()) this.setNumber(HEAD + host, number);
	}

	/** When the step begins, or the page in which it was looked for. */
	timeAt(position: number): number {
		const begin = this.beginOf(position & this.mask);
		return begin + ((this.words[position]! >>> SECONDS_SHIFT) & SECONDS_MASK);
	}

	/** The number of the step's amounts. */
	numberAt(position: number): number {
		return this.wide === undefined ? this.words[position]! >>> NUMBER_SHIFT : this.wide[position]!;
	}

	protected beginOf(page: number): number {
		return this.times[(page >> 1) + BEGIN_PLACE]!;
	}

	/** The page in which the instant lies. */
	protected pageAt(at: number): number {
		const page = this.slots.pageAt(at);
		return page === UNKNOWN ? this.directory.at(this.directory.find(this.times, at)) : page;
	}

	protected setNumber(position: number, number: number): void {
		if (number > NUMBER_MAX && this.wide === undefined) {
			this.wide = Int32Array.from(this.words, (word) => word >>> NUMBER_SHIFT);
		}
		if (this.wide !== undefined) this.wide[position] = number;
		else this.words[position] = (this.words[position]! & (2 ** NUMBER_SHIFT - 1)) | (number << NUMBER_SHIFT);
	}

	/** A step behind another word of its page, which has room; its position. */
	protected insert(page: number, before: number, seconds: number, number: number): number {
		const { words } = this;
		let step = words[page + FREE]!;
		if (step === 0) step = ++words[page + TOP]!;
		else words[page + FREE] = words[page + this.stepsBegin + step]! & NEXT_MASK;
		const position = page + this.stepsBegin + step;
		words[position] = (seconds << SECONDS_SHIFT) | (words[before]! & NEXT_MASK);
		words[before] = (words[before]! & ~NEXT_MASK) | step;
		words[page + COUNT]!++;
		this.setNumber(position, number);
		return position;
	}

	protected remove(page: number, before: number, position: number): void {
		const { words } = this;
		words[before] = (words[before]! & ~NEXT_MASK) | (words[position]! & NEXT_MASK);
		words[position] = words[page + FREE]!;
		words[page + FREE] = position - page - this.stepsBegin;
		words[page + COUNT]!--;
	}

	/** A new page for the slot that begins at the instant, within another page. */
	protected pageOfSlot(before: number, slotAt: number): number {
		const page = this.newPage(before, slotAt);
		for (let host = 0; host < this.hosts; host++) this.setNumber(page + HEAD + host, this.lastNumber(before, host));
		return page;
	}

	/** What the host has when the page ends. */
	private lastNumber(page: number, host: number): number {
		let position = page + HEAD + host;
		for (let step = this.words[position]! & NEXT_MASK; step !== 0; step = this.words[position]! & NEXT_MASK) {
			position = page + this.stepsBegin + step;
		}
		return this.numberAt(position);
	}

	/** Moves what begins in the later half of a full page to a new one; returns it. */
	protected cut(page: number): number {
		const all: number[] = [];
		this.eachStep(page, (_, seconds) => all.push(seconds));
		all.sort((one, other) => one - other);
		let middle = all[all.length >> 1]!;
		// More steps than hosts begin in a full page, so not all at one instant.
		if (middle === all[0]) middle = all.find((seconds) => seconds > middle)!;
		const upper = this.newPage(page, this.beginOf(page) + middle);
		const steps: [host: number, seconds: number, number: number][] = [];
		this.eachStep(page, (host, seconds, number) => steps.push([host, seconds, number]));
		this.empty(page);
		for (let host = 0; host < this.hosts; host++) {
			const first = page + HEAD + host;
			this.words[first] = this.words[first]! & ~NEXT_MASK;
			this.setNumber(upper + HEAD + host, this.numberAt(first));
		}
		let last = NO_PAGE;
		let lastHost = NO_PAGE;
		for (const [host, seconds, number] of steps) {
			const to = seconds < middle ? page : upper;
			const isFirst = host !== lastHost || (last & this.mask) !== to;
			last = this.insert(to, isFirst ? to + HEAD + host : last, seconds < middle ? seconds : seconds - middle, number);
			if (to === page) this.setNumber(upper + HEAD + host, number);
			lastHost = host;
		}
		return upper;
	}

	/** In order of the hosts, of each in order of time. */
	private eachStep(page: number, each: (host: number, seconds: number, number: number) => void): void {
		for (let host = 0; host < this.hosts; host++) {
			let step = this.words[page + HEAD + host]! & NEXT_MASK;
			while (step !== 0) {
				const position = page + this.stepsBegin + step;
				each(host, (this.words[position]! >>> SECONDS_SHIFT) & SECONDS_MASK, this.numberAt(position));
				step = this.words[position]! & NEXT_MASK;
			}
		}
	}

	/** Gives back an empty page that came by cutting: its neighbour before it lasts longer. */
	protected removeCut(page: number): void {
		const beginAt = this.beginOf(page);
		if (beginAt === Math.floor(beginAt / SLOT_SECONDS) * SLOT_SECONDS) return;
		const { words } = this;
		const previous = words[page + PREVIOUS]!;
		const next = words[page + NEXT]!;
		const nth = this.directory.find(this.times, beginAt);
		this.directory.remove(nth, nth + 1);
		words[previous + NEXT] = next;
		if (next !== NO_PAGE) words[next + PREVIOUS] = previous;
		this.unused.push(page);
		this.slots.note(previous, this.beginOf(previous), next === NO_PAGE ? Infinity : this.beginOf(next));
	}

	/** A page without steps behind another one, from the instant on. */
	private newPage(previous: number, beginAt: number): number {
		const page = this.unused.pop() ?? this.grow();
		const next = this.words[previous + NEXT]!;
		const nth = this.directory.find(this.times, beginAt);
		this.lay(page, previous, next, beginAt);
		this.words[previous + NEXT] = page;
		if (next !== NO_PAGE) this.words[next + PREVIOUS] = page;
		this.directory.insertBehind(nth, page);
		this.slots.note(page, beginAt, next === NO_PAGE ? Infinity : this.beginOf(next));
		return page;
	}

	private lay(page: number, previous: number, next: number, beginAt: number): void {
		this.words.fill(0, page, page + this.size);
		this.words[page + NEXT] = next;
		this.words[page + PREVIOUS] = previous;
		this.times[(page >> 1) + BEGIN_PLACE] = beginAt;
	}

	private empty(page: number): void {
		this.words[page + TOP] = 0;
		this.words[page + FREE] = 0;
		this.words[page + COUNT] = 0;
	}

	/** Room for more pages; the first of them. */
	private grow(): number {
		const { size } = this;
		const begin = this.words.length;
		const length = Math.ceil((begin / size) * GROWTH) * size;
		const words = new Int32Array(length);
		words.set(this.words);
		this.words = words;
		this.times = new Float64Array(words.buffer);
		if (this.wide !== undefined) {
			const wide = new Int32Array(length);
			wide.set(this.wide);
			this.wide = wide;
		}
		for (let next = length - size; next > begin; next -= size) this.unused.push(next);
		return begin;
	}
}
