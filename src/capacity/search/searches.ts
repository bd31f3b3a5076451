/**
 * The exact searches over time, of the calendar: the hosts' sweep and that of what the site keeps back are asked in turn
 * until they agree, so that what is found fits, and what is not found is nowhere.
 */
import type { Bookings } from '../bookings.ts';
import type { HostKinds } from '../host-kinds.ts';
import { Phases } from '../profile/phases.ts';
import { assertInteger } from '../resources.ts';
import { Openings, openingsOf } from './openings.ts';
import {
	assertCount,
	type DurationQuestion,
	type MachinesQuestion,
	perHostOf,
	type StartQuestion,
} from './questions.ts';
import { findGreatest, findLeast, firstLook, type Sweep } from './sweep.ts';

/** A class for its lifecycle: one search at a time, in arrays that every search uses again. */
export class Searches {
	private readonly kinds: HostKinds;
	private readonly bookings: Bookings;
	private readonly phases = new Phases();
	/** By position among the candidates: how many machines fit on the empty host. */
	private readonly limits: Int32Array;

	constructor(kinds: HostKinds, bookings: Bookings) {
		this.kinds = kinds;
		this.bookings = bookings;
		this.limits = new Int32Array(bookings.profiles.length);
	}

	/** The earliest start at which the candidates, by their indices, have room; null for none. */
	earliestStart(question: StartQuestion, candidates: Int32Array): number | null {
		const { fromAt, untilAt, count } = question;
		this.phases.sliding(question.usage);
		if (!this.limitToEmpty(candidates, question)) return null;
		const { profiles, reserve } = this.bookings;
		let settledAt = reserve?.settledAt() ?? -Infinity;
		for (const host of candidates) settledAt = Math.max(settledAt, profiles[host]!.settledAt());
		const last = Math.max(fromAt, settledAt - this.phases.left[0]!);
		return this.earliestOpen(this.sweep(candidates, count, fromAt, Math.min(untilAt, last)));
	}

	/** The latest one. */
	latestStart(question: StartQuestion, candidates: Int32Array): number | null {
		const { fromAt, untilAt, count } = question;
		this.phases.sliding(question.usage);
		if (!this.limitToEmpty(candidates, question)) return null;
		return this.latestOpen(this.sweep(candidates, count, fromAt, untilAt));
	}

	/** The longest duration; null for none. */
	longestDuration(question: DurationQuestion, candidates: Int32Array): number | null {
		const { startAt, count, durationSecondsMin: least, durationSecondsMax: longest } = question;
		if (least > longest) return null;
		assertCount(count);
		this.phases.stretching(startAt, question.usageFor, least, longest);
		if (!this.limitToEmpty(candidates, question)) return null;
		const excess = this.findFrom(findGreatest, this.sweep(candidates, count, 0, longest - least));
		return excess === null ? null : least + excess;
	}

	/** The earliest start of a sweep; first over what the glance leaves open of two days or so, then of ever more. */
	private earliestOpen(sweep: Sweep): number | null {
		const openings = new Openings(this.bookings.glance, sweep);
		let seconds = firstLook(sweep.phases);
		for (
			let opening = openings.next(sweep.from, seconds);
			opening;
			opening = openings.next(opening.until + 1, seconds)
		) {
			const startAt = this.findFrom(findLeast, { ...sweep, ...opening });
			if (startAt !== null) return startAt;
			seconds *= 2;
		}
		return null;
	}

	/** The latest start of a sweep; the same from its end back. */
	private latestOpen(sweep: Sweep): number | null {
		let seconds = firstLook(sweep.phases);
		for (let until = sweep.until; until >= sweep.from; seconds *= 2) {
			const look = { ...sweep, from: Math.max(sweep.from, until - seconds), until };
			for (const opening of openingsOf(this.bookings.glance, look).reverse()) {
				const startAt = this.findFrom(findGreatest, { ...sweep, ...opening });
				if (startAt !== null) return startAt;
			}
			until = look.from - 1;
		}
		return null;
	}

	/** What the sweep finds where the reserve has room too: hosts and reserve are asked in turn until they agree. */
	private findFrom(find: typeof findLeast, sweep: Sweep): number | null {
		let x = find(sweep);
		const { reserve } = this.bookings;
		while (x !== null && reserve) {
			const rest = find === findLeast ? { ...sweep, from: x } : { ...sweep, until: x };
			const open = find(reserve.sweep(rest));
			if (open === x || open === null) return open;
			x = find(find === findLeast ? { ...sweep, from: open } : { ...sweep, until: open });
			if (x === open) return x;
		}
		return x;
	}

	/** Notes how many machines fit on each empty host, for the sweep; false where even the empty site has no room. */
	private limitToEmpty(hosts: Int32Array, question: MachinesQuestion & { readonly count: number }): boolean {
		const { count } = question;
		const perHost = Math.min(count, perHostOf(question));
		return this.kinds.noteEmpty(hosts, this.phases, perHost, this.limits) >= count;
	}

	private sweep(hosts: Int32Array, count: number, from: number, until: number): Sweep {
		assertInteger(from, 'the begin of the search');
		assertInteger(until, 'the end of the search');
		const { profiles, glance } = this.bookings;
		return { profiles, glance, hosts, limits: this.limits, phases: this.phases, count, from, until };
	}
}
