/**
 * A glance at all hosts at once: for every full hour how much CPU and memory each host has free at that instant, in
 * 15 levels of what the largest host has, one host beside the other. A window of time that contains the hour
 * needs as much then, so a host that shows less is ruled out without a look at its profile; what is not ruled out is
 * looked at. It costs a byte per host and hour. Windows of less than an hour may contain no full hour: no glance for
 * them.
 */

import type { Host } from '../resources.ts';
import { AMOUNTS } from './amounts.ts';
import { ALL, BITS, GlancePages, HOUR_SECONDS, LINE, NO_PAGE, PAGE_HOURS } from './glance-pages.ts';
import type { Phases } from './phases.ts';
import type { HostProfile } from './profile.ts';

/** Four hosts are held against a need at once. */
const FOUR_TIMES = 0x0101_0101;
/** Of each host its CPU, or its memory. */
const AMOUNT_OF_EACH = ALL * FOUR_TIMES;
/** Above the amount a bit that is set: it still is when no more is subtracted. */
const ENOUGH_OF_EACH = (1 << BITS) * FOUR_TIMES;
/** A week: of a longer phase only so much is noted when it is booked, so that a year costs a booking no more. */
const HOURS_NOTED_MAX = 168;
/** First, last and middle hour of the window: what fills a host in between is rarely missed by all three. */
const HOURS_GLANCED = 3;

/** A class for its lifecycle: it follows every booking. */
export class HourlyGlance extends GlancePages {
	/** What the largest host has: one measure for all hosts makes the search a comparison. */
	private readonly cpuMost: number;
	private readonly memoryMost: number;
	/** The present question: what it needs, and where the rows lie that it is held against; one may be there twice. */
	private need = 0;
	private rowCount = 0;
	private readonly rows = new Int32Array(HOURS_GLANCED);

	constructor(hosts: readonly Host[]) {
		super(hosts.length);
		const largest = (name: 'cpuMillicores' | 'memoryBytes'): number =>
			hosts.reduce((most, { capacity }) => Math.max(most, capacity[name]), 1);
		this.cpuMost = largest('cpuMillicores');
		this.memoryMost = largest('memoryBytes');
	}

	/** What is shown of a host that has these amounts free, four from `base` on: CPU in the lower byte, then memory. */
	digestOf(values: Float64Array, base: number): number {
		return this.needOf(values, base);
	}

	/** Takes up a question, in windows that stand: its first phase that contains a full hour and needs CPU. */
	ask(phases: Phases): void {
		this.rowCount = 0;
		for (let p = 0; p < phases.length; p++) if (this.askOf(phases, p, phases.left[p]!, phases.right[p]!)) return;
	}

	/** The same of the first so many phases in windows that move: of the time that they have in common from one x to another. */
	askWithin(phases: Phases, length: number, low: number, high: number): void {
		this.rowCount = 0;
		for (let p = 0; p < length; p++) {
			const left = phases.left[p]! + (phases.leftMoves[p] === 1 ? high : 0);
			const right = phases.right[p]! + (phases.rightMoves[p] === 1 ? low : 0);
			if (this.askOf(phases, p, left, right)) return;
		}
	}

	/** Of one phase; whether there is anything to hold hosts against. */
	private askOf(phases: Phases, p: number, left: number, right: number): boolean {
		const first = Math.ceil(left / HOUR_SECONDS);
		const last = Math.ceil(right / HOUR_SECONDS) - 1;
		const cpu = phases.demand[p * AMOUNTS]!;
		if (last < first || cpu === 0) return false;
		this.need = this.needOf(phases.demand, p * AMOUNTS);
		this.addRow(first);
		this.addRow(last);
		this.addRow((first + last) >> 1);
		if (this.rowCount > 0) while (this.rowCount < HOURS_GLANCED) this.rows[this.rowCount++] = this.rows[0]!;
		return true;
	}

	/** What a demand of four amounts, from `base` on, is held against rows as. */
	needOf(demand: Float64Array, base: number): number {
		return (levelOf(demand[base + 1]! / this.memoryMost) << BITS) | levelOf(demand[base]! / this.cpuMost);
	}

	/** How many of the first so many hosts show room at that hour. */
	hostsWithRoomAt(hour: number, need: number, hosts: number): number {
		const place = this.placeOf(Math.floor(hour / PAGE_HOURS));
		if (place === NO_PAGE) return hosts;
		const { fours } = this;
		const cpu = (need & ALL) * FOUR_TIMES;
		const memory = (need >> BITS) * FOUR_TIMES;
		const begin = this.rowOf(place, hour) >> 2;
		const end = begin + (hosts >> 2);
		let count = 0;
		for (let i = begin; i < end; i++) count += countOf(roomOf(fours[i]!, cpu, memory));
		// Behind the last host nothing is shown.
		return count + countOf(roomOf(fours[end]!, cpu, memory) & ((1 << (8 * (hosts & 3))) - 1));
	}

	/** Whether the hosts that show room at that hour could carry so many machines; `limits` says how many each could. */
	hasRoomAt(hour: number, need: number, hosts: Int32Array, limits: Int32Array, count: number): boolean {
		const place = this.placeOf(Math.floor(hour / PAGE_HOURS));
		if (place === NO_PAGE) return true;
		const { shown } = this;
		const row = this.rowOf(place, hour);
		let left = count;
		for (let i = 0; i < hosts.length; i++) {
			if (!isEnough(shown[row + hosts[i]!]!, need)) continue;
			left -= limits[i]!;
			if (left <= 0) return true;
		}
		return false;
	}

	/**
	 * Of the hosts in [from, end), in ascending order, the first that may have room for a machine of the question: its
	 * place, or `end`.
	 */
	nextOf(hosts: Int32Array, from: number, end: number): number {
		if (this.rowCount === 0) return from;
		// Ascending and no number left out.
		if (hosts[end - 1] === end - 1) return this.nextOfAll(from, end);
		for (let i = from; i < end; i++) if (this.showsRoom(hosts[i]!)) return i;
		return end;
	}

	/**
	 * Reads what will be looked at first, all at once, so that memory is waited for once; what is returned means nothing,
	 * but must be used.
	 */
	approach(host: number): number {
		if (this.rowCount === 0) return 0;
		const { shown } = this;
		const first = this.rows[0]! + host;
		const last = this.rows[1]! + host;
		const middle = this.rows[2]! + host;
		const sum = shown[first]! + shown[first + LINE]! + shown[last]! + shown[last + LINE]!;
		return sum + shown[middle]! + shown[middle + LINE]!;
	}

	/** Follows a booking. Hours may be left out: less is free than before, and what is noted stays a bound. */
	noteTaken(host: number, profile: HostProfile, phases: Phases): void {
		for (let p = 0; p < phases.length; p++) {
			const first = Math.ceil(phases.left[p]! / HOUR_SECONDS);
			const end = Math.ceil(phases.right[p]! / HOUR_SECONDS);
			this.noteHours(host, profile, first, Math.min(end, first + HOURS_NOTED_MAX), true);
		}
	}

	/** Follows a release: all that is noted of its hours must be raised. */
	noteReleased(host: number, profile: HostProfile, phases: Phases): void {
		for (let p = 0; p < phases.length; p++) {
			this.noteOpening(host, profile, phases.left[p]!, phases.right[p]!);
		}
	}

	/** Follows the closing or the opening of a host during [startAt, endAt). */
	noteOpening(host: number, profile: HostProfile, startAt: number, endAt: number): void {
		const first = Math.max(Math.ceil(startAt / HOUR_SECONDS), this.firstPage * PAGE_HOURS);
		const end = Math.min(Math.ceil(endAt / HOUR_SECONDS), this.endPage * PAGE_HOURS);
		this.noteHours(host, profile, first, end, false);
	}

	/** The first of hosts that lie side by side: four at a time. */
	private nextOfAll(from: number, end: number): number {
		const { fours, rows } = this;
		const cpu = (this.need & ALL) * FOUR_TIMES;
		const memory = (this.need >> BITS) * FOUR_TIMES;
		const first = rows[0]! >> 2;
		const last = rows[1]! >> 2;
		const middle = rows[2]! >> 2;
		// Hosts before `from` that lie beside it do not count.
		let counted = -1 << (8 * (from & 3));
		for (let four = from >> 2; 4 * four < end; four++) {
			// Without a branch: which of them rules a host out cannot be foretold.
			const one = fours[first + four]!;
			const other = fours[last + four]!;
			const third = fours[middle + four]!;
			const room = roomOf(one, cpu, memory) & roomOf(other, cpu, memory) & roomOf(third, cpu, memory) & counted;
			if (room !== 0) return Math.min(4 * four + ((31 - Math.clz32(room & -room)) >> 3), end);
			counted = -1;
		}
		return end;
	}

	/** Whether the host may have room for a machine of the question. */
	showsRoom(host: number): boolean {
		if (this.rowCount === 0) return true;
		const { shown, need, rows } = this;
		for (let nth = 0; nth < HOURS_GLANCED; nth++) if (!isEnough(shown[rows[nth]! + host]!, need)) return false;
		return true;
	}

	/** Notes what is free on the host at the hours from `first` to before `end`, on pages that are there or made. */
	private noteHours(host: number, profile: HostProfile, first: number, end: number, makesPages: boolean): void {
		if (first >= end) return;
		const { width } = this;
		let position = profile.positionAt(first * HOUR_SECONDS);
		let next = profile.nextPosition(position, end * HOUR_SECONDS);
		let nextAt = next < 0 ? Infinity : profile.timeAt(next);
		let digest = profile.digestAt(position);
		for (let hour = first; hour < end; ) {
			const number = Math.floor(hour / PAGE_HOURS);
			const pageEnd = Math.min(end, (number + 1) * PAGE_HOURS);
			let place = this.placeOf(number);
			if (place === NO_PAGE && makesPages) place = this.newPage(number);
			if (place === NO_PAGE) {
				hour = pageEnd;
				continue;
			}
			for (let row = this.rowOf(place, hour) + host; hour < pageEnd; hour++, row += width) {
				while (nextAt <= hour * HOUR_SECONDS) {
					position = next;
					next = profile.nextPosition(position, end * HOUR_SECONDS);
					nextAt = next < 0 ? Infinity : profile.timeAt(next);
					digest = profile.digestAt(position);
				}
				this.shown[row] = digest;
			}
		}
	}

	private addRow(hour: number): void {
		const place = this.placeOf(Math.floor(hour / PAGE_HOURS));
		if (place === NO_PAGE) return;
		this.rows[this.rowCount] = this.rowOf(place, hour);
		this.rowCount++;
	}
}

/** What never falls when the share grows: finer where little is left, which is where small machines are refused. */
function levelOf(share: number): number {
	return Math.min(Math.ceil(Math.sqrt(Math.max(0, share)) * ALL), ALL);
}

/** Of four hosts a bit in the byte of each that shows enough of both. */
function roomOf(four: number, cpu: number, memory: number): number {
	return leftOf(four, cpu) & leftOf(four >> BITS, memory) & ENOUGH_OF_EACH;
}

/** How many of four hosts have that bit. */
function countOf(room: number): number {
	return Math.imul(room >>> BITS, FOUR_TIMES) >>> 24;
}

/** Of four hosts what is left when each amount is less so much: where it was enough, the bit above it is set. */
function leftOf(four: number, needs: number): number {
	return ((four & AMOUNT_OF_EACH) | ENOUGH_OF_EACH) - needs;
}

function isEnough(shown: number, need: number): boolean {
	return (shown & ALL) >= (need & ALL) && shown >> BITS >= need >> BITS;
}
