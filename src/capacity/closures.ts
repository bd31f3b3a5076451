/** Times during which nothing new is placed on a host: maintenance. What is booked there stays booked. */
import type { HostProfile } from './profile/profile.ts';
import { assertInteger, failAssertion } from './resources.ts';

export interface Closure {
	readonly host: string;
	/** Epoch seconds, half-open. */
	readonly startAt: number;
	readonly endAt: number;
}

/** [startAt, endAt) */
type Interval = readonly [startAt: number, endAt: number];

/** A class for its lifecycle: the closures of one host, kept in its profile. They may overlap. */
export class Closures {
	private readonly profile: HostProfile;
	/** Told of every interval during which the host may have been closed or opened. */
	private readonly changed: (startAt: number, endAt: number) => void;
	private known: readonly Closure[] = [];

	constructor(profile: HostProfile, changed: (startAt: number, endAt: number) => void) {
		this.profile = profile;
		this.changed = changed;
	}

	add(closure: Closure): void {
		const { startAt, endAt } = closure;
		assertInteger(startAt, 'the begin of a closure');
		assertInteger(endAt, 'the end of a closure');
		if (endAt <= startAt) failAssertion(`a closure from ${startAt} to ${endAt}`);
		this.set([...this.known, closure]);
	}

	/** Takes back a closure of these very times; asserts that there is one. */
	remove({ host, startAt, endAt }: Closure): void {
		const at = this.known.findIndex((closure) => closure.startAt === startAt && closure.endAt === endAt);
		if (at < 0) failAssertion(`${host} is not closed from ${startAt} to ${endAt}`);
		this.set(this.known.toSpliced(at, 1));
	}

	private set(closures: readonly Closure[]): void {
		const before = unionOf(this.known);
		const after = unionOf(closures);
		this.known = closures;
		for (const [startAt, endAt] of before) this.profile.open(startAt, endAt);
		for (const [startAt, endAt] of after) this.profile.close(startAt, endAt);
		for (const [startAt, endAt] of [...before, ...after]) this.changed(startAt, endAt);
	}
}

/** The times during which at least one of the closures holds: ascending, none touching the next. */
function unionOf(closures: readonly Closure[]): readonly Interval[] {
	const union: [number, number][] = [];
	for (const { startAt, endAt } of closures.toSorted((a, b) => a.startAt - b.startAt)) {
		const last = union.at(-1);
		if (last && startAt <= last[1]) last[1] = Math.max(last[1], endAt);
		else union.push([startAt, endAt]);
	}
	return union;
}
