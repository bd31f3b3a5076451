/**
 * Long work in parts. What serves everybody on one thread must not be held by one document, and what judges documents
 * is pure and knows no clock: it only says where a part of its work ends, and which counters its parts use up. Whoever
 * has it done may break it off behind a part and have it done anew later, with what its parts came to remembered
 * (broker/deliberation.ts). Nobody else notices: the parts are then done one after the other.
 */

/** Does the parts of one piece of work, or remembers what they came to. */
export interface PartTaker {
	take<T>(part: () => T): T;
	stage<T>(parts: () => T): T;
	gradual<T>(work: () => Gradual<T>): T;
	meter<T extends object>(make: () => T, names: readonly (keyof T)[]): T;
}

/**
 * A part of the work. It gives the same whenever it is done in its place, and leaves nothing behind but its value, what
 * it used up of {@link metered} counters, and what it remembers in values of parts before it; a part within a part is
 * no part of its own.
 */
export function part<T>(work: () => T): T {
	return taker === undefined ? work() : taker.take(work);
}

/**
 * A part that is made of parts: it may be broken off behind each of them, and is then begun anew, with what they came
 * to; once it is done only its value is remembered. So whatever it changes that it did not make itself is `metered`.
 */
export function stage<T>(parts: () => T): T {
	return taker === undefined ? parts() : taker.stage(parts);
}

/** Work that gives way to others wherever it yields, and says at its end what it came to. */
export type Gradual<T> = Generator<void, T, void>;

/**
 * A part that gives way: it may be broken off wherever it yields, and is then gone on with from there. So nothing but
 * the parts before it may come between, and what it changes that it did not make itself is `metered`.
 */
export function gradual<T>(work: () => Gradual<T>): T {
	return taker === undefined ? toItsEnd(work()) : taker.gradual(work);
}

/** The same without giving way. */
export function toItsEnd<T>(work: Gradual<T>): T {
	for (;;) {
		const step = work.next();
		if (step.done) return step.value;
	}
}

/** Something with counters (or other values that are replaced, never changed), which stand as they stood wherever the work has come to. */
export function metered<T extends object>(make: () => T, ...names: readonly (keyof T)[]): T {
	return taker === undefined ? make() : taker.meter(make, names);
}

/** The work, whose parts this one takes. Whatever it throws is thrown on. */
export function inParts<T>(by: PartTaker, work: () => T): T {
	const before = taker;
	taker = by;
	try {
		return work();
	} finally {
		taker = before;
	}
}

let taker: PartTaker | undefined;
