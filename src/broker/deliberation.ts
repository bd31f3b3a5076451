/** A decision that takes long, thought over in several goes, so that others are served in between. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { type Gradual, inParts, type PartTaker, toItsEnd } from '../parts.ts';

/**
 * After so long a go ends behind the part that it has come to, or where that gives way. An offer of 8 KB takes a
 * thirtieth of it, once all is compiled.
 */
export const GO_MS = 10;

/** Thrown behind a part by a go that took long enough: whatever it has changed is to be undone. */
export const BROKEN_OFF = new Error('Broken off, to be gone on with.');

interface Done {
	readonly value: unknown;
	/** Of all that is metered so far, in the order in which it was made. */
	readonly counters: readonly unknown[];
	/** Within so many stages. */
	readonly depth: number;
}

/** A part that has given way. */
interface Underway {
	readonly work: Gradual<unknown>;
	/** Of all that is metered, as they stood when it did. */
	readonly counters: readonly unknown[];
}

/** A counter: this one of something's properties. */
interface Meter {
	readonly of: Record<PropertyKey, unknown>;
	readonly name: PropertyKey;
}

/**
 * One piece of work in goes. Each go does all of it anew from its beginning, but what was a part of it and is done comes
 * to the same at once; so that what surrounds the parts must be quick, and must find everything as the first go found it.
 */
export class Deliberation implements PartTaker {
	readonly #done: Done[] = [];
	/** Behind all that is done. */
	#underway: Underway | undefined;
	#next = 0;
	#depth = 0;
	#meters: Meter[] = [];
	#isWithinPart = false;
	#hasBegun = false;
	#goMs = 0;
	#untilMs = 0;
	#mayBreakOff: () => boolean = () => true;

	/**
	 * The work, as far as it comes in so many milliseconds, half of which at least are for what was not done before.
	 * Throws {@link BROKEN_OFF} where it is not done, or what the work throws.
	 */
	go<T>(work: () => T, goMs: number, mayBreakOff: () => boolean = () => true): T {
		this.#next = 0;
		this.#depth = 0;
		this.#meters = [];
		this.#hasBegun = false;
		this.#goMs = goMs;
		this.#untilMs = performance.now() + goMs;
		this.#mayBreakOff = mayBreakOff;
		return inParts(this, work);
	}

	take<T>(part: () => T): T {
		if (this.#isWithinPart) return part();
		const done = this.#doneBefore();
		if (done !== undefined) return this.#remember(done) as T;
		if (this.#underway !== undefined) throw new Error(OTHER_ORDER);
		const value = this.#withinPart(part);
		this.#note(value);
		this.#breakOff();
		return value;
	}

	gradual<T>(work: () => Gradual<T>): T {
		if (this.#isWithinPart) return toItsEnd(work());
		const done = this.#doneBefore();
		if (done !== undefined) return this.#remember(done) as T;
		const underway = this.#underway;
		if (underway !== undefined) this.#putBack(underway.counters);
		const all = (underway?.work ?? work()) as Gradual<T>;
		for (;;) {
			const step = this.#withinPart(() => all.next());
			this.#underway = undefined;
			if (step.done) {
				this.#note(step.value);
				this.#breakOff();
				return step.value;
			}
			if (!this.#isLate()) continue;
			this.#underway = { work: all, counters: this.#counters() };
			throw BROKEN_OFF;
		}
	}

	stage<T>(parts: () => T): T {
		if (this.#isWithinPart) return parts();
		const first = this.#next;
		const done = this.#done[first];
		// What stands there may also be the first of its parts.
		if (done?.depth === this.#depth) return this.#remember(done) as T;
		if (done === undefined && !this.#hasBegun) this.#begin();
		const meters = this.#meters.length;
		this.#depth += 1;
		const value = parts();
		this.#depth -= 1;
		this.#done.length = first;
		this.#next = first;
		this.#meters.length = meters;
		this.#note(value);
		this.#breakOff();
		return value;
	}

	meter<T extends object>(make: () => T, names: readonly (keyof T)[]): T {
		if (this.#isWithinPart) return make();
		const done = this.#done[this.#next];
		const made = done === undefined ? this.#withinPart(make) : (done.value as T);
		this.#meters.push(...names.map((name) => ({ of: made as Record<PropertyKey, unknown>, name })));
		if (done !== undefined) return this.#remember(done) as T;
		this.#note(made);
		return made;
	}

	/** What stands in this place; undefined where from here on nothing was done before. */
	#doneBefore(): Done | undefined {
		const done = this.#done[this.#next];
		if (done !== undefined && done.depth !== this.#depth) throw new Error(OTHER_ORDER);
		if (done === undefined && !this.#hasBegun) this.#begin();
		return done;
	}

	#begin(): void {
		this.#hasBegun = true;
		this.#untilMs = Math.max(this.#untilMs, performance.now() + this.#goMs / 2);
	}

	#breakOff(): void {
		if (this.#isLate()) throw BROKEN_OFF;
	}

	#isLate(): boolean {
		return performance.now() > this.#untilMs && this.#mayBreakOff();
	}

	#remember({ value, counters }: Done): unknown {
		this.#next += 1;
		this.#putBack(counters);
		return value;
	}

	#putBack(counters: readonly unknown[]): void {
		for (const [nth, { of, name }] of this.#meters.entries()) of[name] = counters[nth];
	}

	#counters(): readonly unknown[] {
		return this.#meters.map(({ of, name }) => of[name]);
	}

	#note(value: unknown): void {
		this.#done.push({ value, counters: this.#counters(), depth: this.#depth });
		this.#next += 1;
	}

	#withinPart<T>(work: () => T): T {
		this.#isWithinPart = true;
		try {
			return work();
		} finally {
			this.#isWithinPart = false;
		}
	}
}

const OTHER_ORDER = 'The parts come in another order than before.';

/** Work that changes nothing, in goes of which each has a round of the loop to itself. */
export async function deliberate<T>(work: () => T, goMs: number = GO_MS): Promise<T> {
	const deliberation = new Deliberation();
	for (;;) {
		await nextRound();
		try {
			return deliberation.go(work, goMs);
		} catch (error) {
			if (error !== BROKEN_OFF) throw error;
		}
	}
}
