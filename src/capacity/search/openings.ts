/**
 * Which starts of a search the glance leaves open: at every full hour within the machines' time so many hosts must show
 * room that they could carry all machines, were they empty but for that. One hour without rules out all starts whose
 * machines would run across it, so a search over weeks that are full looks at a few hours of each: where 80 of 100 hosts
 * are wanted for a day that is a fiftieth of the work. What is left open is searched exactly.
 */
import { part, stage } from '../../parts.ts';
import { AMOUNTS } from '../profile/amounts.ts';
import type { HourlyGlance } from '../profile/glance.ts';
import { HOUR_SECONDS } from '../profile/glance-pages.ts';
import { HOSTS_A_PART, type Sweep } from './sweep.ts';

/** Starts from one to another, both included. */
export interface Opening {
	readonly from: number;
	readonly until: number;
}

/** All of one sweep, from early to late. */
export function openingsOf(glance: HourlyGlance, sweep: Sweep): Opening[] {
	const openings = new Openings(glance, sweep);
	const all: Opening[] = [];
	for (let next = openings.next(sweep.from, Infinity); next; next = openings.next(next.until + 1, Infinity)) {
		all.push(next);
	}
	return all;
}

/** Of larger sites a part of the work: of 10,000 hosts less than ten milliseconds. */
const HOURS_A_PART = 512;

/** A class for one search, from early to late, in windows that slide: x is the start. */
export class Openings {
	private readonly glance: HourlyGlance;
	private readonly sweep: Sweep;
	/** Of the longest phase: its edges where x = 0, and what it needs. */
	private readonly left: number;
	private readonly right: number;
	private readonly need: number;
	/**
	 * Machines of less than an hour begin and end between two full hours, so that hours without room leave a gap open in
	 * every hour: to search 10,000 gaps of 400 days each for itself took 85 ms on 100 full hosts, all at once takes 5.
	 */
	private readonly isShort: boolean;
	/** How many hosts must show room, where that is all that counts: all hosts are asked, and each carries as many. */
	private readonly hostsNeeded: number | undefined;
	/** Whether it is done in parts. */
	private readonly isLarge: boolean;
	/** Hours before this one have room, as far as they are still of interest. */
	private knownTo = -Infinity;

	constructor(glance: HourlyGlance, sweep: Sweep) {
		const { left, right, demand, length } = sweep.phases;
		let longest = 0;
		for (let p = 1; p < length; p++) if (right[p]! - left[p]! > right[longest]! - left[longest]!) longest = p;
		this.glance = glance;
		this.sweep = sweep;
		this.isLarge = sweep.hosts.length > HOSTS_A_PART;
		this.left = left[longest]!;
		this.right = right[longest]!;
		this.isShort = this.right - this.left < HOUR_SECONDS;
		this.need = glance.needOf(demand, longest * AMOUNTS);
		this.hostsNeeded = hostsNeeded(sweep);
	}

	/** The next starts from this one on that are open, at most so many seconds of them; null where none is left. */
	next(from: number, secondsMax: number): Opening | null {
		if (!this.isLarge) return this.nextFrom(from, secondsMax);
		const { opening, knownTo } = stage(() => {
			return { opening: this.nextFrom(from, secondsMax), knownTo: this.knownTo };
		});
		this.knownTo = knownTo;
		return opening;
	}

	private nextFrom(from: number, secondsMax: number): Opening | null {
		const { until } = this.sweep;
		let start = from;
		for (let closed: number | null = from; closed !== null; ) {
			if (start > until) return null;
			closed = this.lastClosedHour(start);
			if (closed !== null) start = closed * HOUR_SECONDS - this.left + 1;
		}
		const last = Math.min(until, start + secondsMax);
		const end = Math.ceil((this.right + last) / HOUR_SECONDS);
		this.knownTo = this.isLarge ? this.onInParts(this.knownTo, end) : this.on(this.knownTo, end);
		return { from: start, until: Math.min(last, this.knownTo * HOUR_SECONDS - this.right) };
	}

	/** The last hour without room across which machines that start then would run. */
	private lastClosedHour(start: number): number | null {
		const first = Math.max(Math.ceil((this.left + start) / HOUR_SECONDS), this.knownTo);
		const end = Math.ceil((this.right + start) / HOUR_SECONDS);
		const hour = this.isLarge ? this.backInParts(end - 1, first) : this.back(end - 1, first);
		this.knownTo = Math.max(this.knownTo, end);
		return hour < first ? null : hour;
	}

	/** The last hour without room, from one back to another; below it where all have it. */
	private back(from: number, first: number): number {
		let hour = from;
		while (hour >= first && this.hasRoom(hour)) hour--;
		return hour;
	}

	private backInParts(from: number, first: number): number {
		for (let hour = from; ; ) {
			const [begin, end] = [hour, Math.max(first, hour - HOURS_A_PART + 1)];
			hour = part(() => this.back(begin, end));
			if (hour >= end || hour < first) return hour;
		}
	}

	/** The first hour without room, from one on; `end` where all before it have it. */
	private on(from: number, end: number): number {
		let hour = from;
		while (hour < end && this.hasRoom(hour)) hour++;
		return hour;
	}

	private onInParts(from: number, end: number): number {
		for (let hour = from; ; ) {
			const [begin, last] = [hour, Math.min(end, hour + HOURS_A_PART)];
			hour = part(() => this.on(begin, last));
			if (hour < last || hour >= end) return hour;
		}
	}

	private hasRoom(hour: number): boolean {
		if (this.isShort) return true;
		const { hosts, limits, count } = this.sweep;
		if (this.hostsNeeded === undefined) return this.glance.hasRoomAt(hour, this.need, hosts, limits, count);
		return this.glance.hostsWithRoomAt(hour, this.need, hosts.length) >= this.hostsNeeded;
	}
}

function hostsNeeded({ hosts, limits, count }: Sweep): number | undefined {
	const { length } = hosts;
	if (hosts[length - 1] !== length - 1) return undefined;
	for (let i = 1; i < length; i++) if (limits[i] !== limits[0]) return undefined;
	return Math.ceil(count / limits[0]!);
}
