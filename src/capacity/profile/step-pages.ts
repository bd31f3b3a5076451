/**
 * The steps of up to 112 hosts over time, each an instant and the number of its amounts (amounts.ts). What begins on all
 * these hosts within the same four hours lies together in one page of a kilobyte, so that a question about some hours
 * touches two or three stretches of memory, whichever hosts it looks at, and waits for them once (ADR 38). A window of a
 * year looks at two thousand of them, and so does its booking.
 */
import { AMOUNTS } from './amounts.ts';
import { SLOT_SECONDS, UNKNOWN } from './page-slots.ts';
import { COUNT, HEAD, NEXT, NEXT_MASK, NO_PAGE, Pages, PREVIOUS, SECONDS_MASK, SECONDS_SHIFT } from './pages.ts';

/** From page to page without a step so often; then the directory is asked. */
const HOPS_MAX = 24;
/** Words in a cache line. */
const LINE = 16;
/** A window of so many slots is read ahead. */
const SLOTS_APPROACHED = 3;

/** A class for its lifecycle. */
export class StepPages extends Pages {
	/** What the host had just before the step that was opened last. */
	private numberBefore = 0;
	/** When the step begins that `nextPosition` found last. */
	nextAt = 0;
	/** Before this instant everything counts as free: it is over. */
	forgottenBefore = -Infinity;

	/** The position of the host's step in which the instant lies. */
	positionAt(host: number, at: number): number {
		const { words, stepsBegin } = this;
		const page = this.pageAt(at);
		const seconds = at - this.beginOf(page);
		let position = page + HEAD + host;
		for (let step = words[position]! & NEXT_MASK; step !== 0; step = words[position]! & NEXT_MASK) {
			const next = page + stepsBegin + step;
			if (((words[next]! >>> SECONDS_SHIFT) & SECONDS_MASK) > seconds) break;
			position = next;
		}
		return position;
	}

	/** The position of the host's next step, where it begins before an instant; -1 where none does. */
	nextPosition(host: number, position: number, before: number): number {
		const { words } = this;
		let page = position & this.mask;
		let step = words[position]! & NEXT_MASK;
		for (let hops = 0; step === 0; hops++) {
			page = hops < HOPS_MAX ? words[page + NEXT]! : this.pageWithStep(host, page, before);
			if (page === NO_PAGE || this.beginOf(page) >= before) return -1;
			step = words[page + HEAD + host]! & NEXT_MASK;
		}
		const next = page + this.stepsBegin + step;
		this.nextAt = this.beginOf(page) + ((words[next]! >>> SECONDS_SHIFT) & SECONDS_MASK);
		return this.nextAt < before ? next : -1;
	}

	/**
	 * The position of what the host has just before one that begins after the instant: a step, or a page within one. Pages
	 * without a step of the host are passed over, as long as they begin after the instant.
	 */
	positionBefore(host: number, position: number, after: number): number {
		const { words, stepsBegin } = this;
		let page = position & this.mask;
		let before = page + HEAD + host;
		let end = position;
		if (before === position) {
			do {
				page = words[page + PREVIOUS]!;
				before = page + HEAD + host;
			} while ((words[before]! & NEXT_MASK) === 0 && this.beginOf(page) > after);
			end = page + stepsBegin;
		}
		for (let next = page + stepsBegin + (words[before]! & NEXT_MASK); next !== end; ) {
			before = next;
			next = page + stepsBegin + (words[next]! & NEXT_MASK);
		}
		return before;
	}

	/** When the host's last step before the instant begins, where that is after another one; -Infinity: none does. */
	stepBefore(host: number, at: number, after: number): number {
		const { words } = this;
		let page = this.pageAt(at);
		for (let until = at; until > after && page !== NO_PAGE; page = words[page + PREVIOUS]!) {
			let last = -Infinity;
			let step = words[page + HEAD + host]! & NEXT_MASK;
			while (step !== 0) {
				const position = page + this.stepsBegin + step;
				const time = this.timeAt(position);
				if (time >= until) break;
				last = time;
				step = words[position]! & NEXT_MASK;
			}
			if (last > -Infinity) return last;
			until = this.beginOf(page);
		}
		return -Infinity;
	}

	/** No step of any host begins at or after this instant. */
	endAt(): number {
		return this.beginOf(this.directory.at(this.directory.length - 1)) + SLOT_SECONDS;
	}

	/**
	 * Reads what a question about [startAt, endAt) will look at, all at once, so that memory is waited for once; what is
	 * returned means nothing, but must be used.
	 */
	approach(startAt: number, endAt: number): number {
		const { words } = this;
		let sum = 0;
		let at = startAt;
		for (let nth = 0; nth < SLOTS_APPROACHED && at < endAt; nth++) {
			const page = this.slots.pageAt(at);
			if (page === UNKNOWN) return sum;
			for (let line = page + this.size - LINE; line >= page; line -= LINE) sum += words[line]!;
			at = Math.floor(at / SLOT_SECONDS) * SLOT_SECONDS + SLOT_SECONDS;
		}
		return sum;
	}

	/** Makes a step of the host begin at the instant, where none does; returns its position, and notes what lies before. */
	private open(host: number, at: number): number {
		let page = this.pageAt(at);
		const slotAt = Math.floor(at / SLOT_SECONDS) * SLOT_SECONDS;
		if (this.beginOf(page) < slotAt) page = this.pageOfSlot(page, slotAt);
		for (;;) {
			const { words, stepsBegin } = this;
			const seconds = at - this.beginOf(page);
			let before = page + HEAD + host;
			for (let step = words[before]! & NEXT_MASK; step !== 0; step = words[before]! & NEXT_MASK) {
				const next = page + stepsBegin + step;
				const begins = (words[next]! >>> SECONDS_SHIFT) & SECONDS_MASK;
				if (begins >= seconds) {
					if (begins > seconds) break;
					this.numberBefore = this.numberAt(before);
					return next;
				}
				before = next;
			}
			if (words[page + COUNT]! < this.stepsMax) {
				const number = this.numberAt(before);
				this.numberBefore = number;
				this.amounts.keep(number);
				return this.insert(page, before, seconds, number);
			}
			const upper = this.cut(page);
			if (at >= this.beginOf(upper)) page = upper;
		}
	}

	/** Removes the host's step that begins at the instant. */
	private close(host: number, at: number): void {
		const { words, stepsBegin } = this;
		const page = this.pageAt(at);
		const seconds = at - this.beginOf(page);
		let before = page + HEAD + host;
		let step = words[before]! & NEXT_MASK;
		let position = page + stepsBegin + step;
		while (((words[position]! >>> SECONDS_SHIFT) & SECONDS_MASK) !== seconds) {
			before = position;
			step = words[position]! & NEXT_MASK;
			position = page + stepsBegin + step;
		}
		this.amounts.drop(this.numberAt(position));
		this.remove(page, before, position);
		if (words[page + COUNT] === 0) this.removeCut(page);
	}

	/**
	 * Takes four amounts from what the host has during [startAt, endAt). Neighbouring steps differ before and after.
	 */
	subtract(host: number, startAt: number, endAt: number, taken: Float64Array): void {
		const { amounts } = this;
		this.open(host, endAt);
		let position = this.open(host, startAt);
		const { words, stepsBegin } = this;
		const numberBefore = this.numberBefore;
		let page = position & this.mask;
		let known = -1;
		let fresh = -1;
		let isFirst = true;
		let startsAlike = false;
		do {
			const number = this.numberAt(position);
			if (number === known) amounts.keep(fresh);
			else fresh = amounts.numberOf(amounts.values, number * AMOUNTS, taken);
			known = number;
			this.setNumber(position, fresh);
			amounts.drop(number);
			if (isFirst) startsAlike = fresh === numberBefore;
			isFirst = false;
			let step = words[position]! & NEXT_MASK;
			while (step === 0) {
				page = words[page + NEXT]!;
				this.setNumber(page + HEAD + host, fresh);
				step = words[page + HEAD + host]! & NEXT_MASK;
			}
			position = page + stepsBegin + step;
		} while (this.timeAt(position) < endAt);
		if (this.numberAt(position) === fresh) this.close(host, endAt);
		if (startsAlike) this.close(host, startAt);
	}

	/** Forgets what began before the instant; what lies before counts as free. */
	forgetBefore(at: number): void {
		if (at <= this.forgottenBefore) return;
		this.forgottenBefore = at;
		for (const [host, number] of this.free.entries()) {
			if (this.numberAt(this.positionAt(host, at)) !== number) this.open(host, at);
		}
		const kept = this.pageAt(at);
		if (kept === 0) return;
		const nth = this.directory.find(this.times, at);
		for (let gone = 1; gone < nth; gone++) {
			const page = this.directory.at(gone);
			for (let host = 0; host < this.hosts; host++) this.dropUntil(page, host, Infinity);
			this.unused.push(page);
		}
		this.directory.remove(1, nth);
		this.slots.forgetBefore(at);
		this.words[NEXT] = kept;
		this.words[kept + PREVIOUS] = 0;
		const seconds = at - this.beginOf(kept);
		for (const [host, number] of this.free.entries()) {
			this.dropUntil(kept, host, seconds);
			this.setNumber(kept + HEAD + host, number);
			const first = this.words[kept + HEAD + host]! & NEXT_MASK;
			const position = kept + this.stepsBegin + first;
			if (first !== 0 && this.timeAt(position) === at && this.numberAt(position) === number) this.close(host, at);
		}
	}

	/**
	 * The first page behind this one in which the host has a step, up to the instant; NO_PAGE: there is none. The
	 * directory names the pages, so that none is waited for before the next one is read.
	 */
	private pageWithStep(host: number, behind: number, before: number): number {
		const { words, times, directory } = this;
		const end = directory.find(times, before);
		for (let nth = directory.find(times, this.beginOf(behind)) + 1; nth <= end; nth++) {
			const page = directory.at(nth);
			if ((words[page + HEAD + host]! & NEXT_MASK) !== 0) return page;
		}
		return NO_PAGE;
	}

	/** Removes the host's steps of a page that begin before so many seconds of it. */
	private dropUntil(page: number, host: number, seconds: number): void {
		const { words } = this;
		const first = page + HEAD + host;
		for (let step = words[first]! & NEXT_MASK; step !== 0; step = words[first]! & NEXT_MASK) {
			const position = page + this.stepsBegin + step;
			if (((words[position]! >>> SECONDS_SHIFT) & SECONDS_MASK) >= seconds) return;
			this.amounts.drop(this.numberAt(position));
			this.remove(page, first, position);
		}
	}
}
