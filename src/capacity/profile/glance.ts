/**
 * A glance at all hosts at once: for every full hour how much CPU and memory each host has free at that instant, in
 * 127ths of what the largest host has, rounded up, one host beside the other. A window of time that contains the hour
 * needs as much then, so a host that shows less is ruled out without a look at its profile; what is not ruled out is
 * looked at. With 50,000 reservations on 100 hosts a question costs 1.5 us (ADR 23).
 *
 * It also says in which chunk of a host's profile a page of hours begins, so that no directory is searched. It costs two
 * bytes and a quarter per host and hour. Windows of less than an hour may contain no full hour: no glance for them.
 */

import type { Host } from '../resources.ts';
import { AMOUNTS } from './amounts.ts';
import { ALL, BITS, ENOUGH, GlancePages, HOUR_SECONDS, LINE, NO_PAGE, PAGE_HOURS } from './glance-pages.ts';
import type { Phases } from './phases.ts';
import type { HostProfile } from './profile.ts';

/** Two hosts are held against a need at once. */
const TWICE = 0x1_0001;
/** Of both, the bit above CPU: it stays set where neither is less than what is needed. */
const EITHER = 0x80_0080;
const NO_ROW = -1;
/** What two bytes can say; of chunks beyond there is no hint. */
const CHUNK_HINTED_MAX = 2 ** 16 - 1;
/** A week: of a longer phase only so much is noted when it is booked, so that a year costs a booking no more. */
const HOURS_NOTED_MAX = 168;
/** First, last and middle hour of the window: what fills a host in between is rarely missed by all three. */
const HOURS_GLANCED = 3;

/** A class for its lifecycle: it follows every booking. */
export class HourlyGlance extends GlancePages {
	/** What a 127th of CPU and of memory is, rounded up; one measure for all hosts makes the search a comparison. */
	private readonly cpuUnit: number;
	private readonly memoryUnit: number;
	/** The present question: what it needs, and where the rows lie that it is held against; one may be there twice. */
	private need = 0;
	private rowCount = 0;
	private readonly rows = new Int32Array(HOURS_GLANCED);
	/** Where the row of chunks lies for the page in which the question's windows begin, and for the one behind it. */
	private chunkRow = NO_ROW;
	private chunkRowBehind = NO_ROW;
	private pageBeginsAt = 0;

	constructor(hosts: readonly Host[]) {
		super(hosts.length);
		const largest = (name: 'cpuMillicores' | 'memoryBytes'): number =>
			hosts.reduce((most, { capacity }) => Math.max(most, capacity[name]), 1);
		this.cpuUnit = Math.ceil(largest('cpuMillicores') / ALL);
		this.memoryUnit = Math.ceil(largest('memoryBytes') / ALL);
	}

	/** What is shown of a host that has these amounts free, four from `base` on: CPU in the lower byte, then memory. */
	digestOf(values: Float64Array, base: number): number {
		return this.needOf(values, base) | ENOUGH;
	}

	/** Takes up a question, in windows that stand: its first phase that contains a full hour and needs CPU. */
	ask(phases: Phases): void {
		this.rowCount = 0;
		this.askChunks(phases.left[0]!);
		for (let p = 0; p < phases.length; p++) {
			const first = Math.ceil(phases.left[p]! / HOUR_SECONDS);
			const last = Math.ceil(phases.right[p]! / HOUR_SECONDS) - 1;
			const cpu = phases.demand[p * AMOUNTS]!;
			if (last < first || cpu === 0) continue;
			this.need = this.needOf(phases.demand, p * AMOUNTS);
			this.addRow(first);
			this.addRow(last);
			this.addRow((first + last) >> 1);
			if (this.rowCount > 0) while (this.rowCount < HOURS_GLANCED) this.rows[this.rowCount++] = this.rows[0]!;
			return;
		}
	}

	/** What a demand of four amounts, from `base` on, is held against rows as. */
	needOf(demand: Float64Array, base: number): number {
		const cpu = Math.ceil(Math.max(0, demand[base]!) / this.cpuUnit);
		const memory = Math.ceil(Math.max(0, demand[base + 1]!) / this.memoryUnit);
		return (Math.min(memory, ALL) << BITS) | Math.min(cpu, ALL);
	}

	/** Whether the hosts that show room at that hour could carry so many machines; `limits` says how many each could. */
	hasRoomAt(hour: number, need: number, hosts: Int32Array, limits: Int32Array, count: number): boolean {
		const place = this.placeOf(Math.floor(hour / PAGE_HOURS));
		if (place === NO_PAGE) return true;
		const { shown } = this;
		const row = this.rowOf(place, hour);
		let left = count;
		for (let i = 0; i < hosts.length; i++) {
			if (((shown[row + hosts[i]!]! - need) & ENOUGH) !== ENOUGH) continue;
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
		const here = this.chunkRow + host;
		const behind = this.chunkRowBehind + host;
		let sum = shown[first]! + shown[first + LINE]! + shown[first + 2 * LINE]!;
		sum += shown[last]! + shown[last + LINE]! + shown[last + 2 * LINE]!;
		sum += shown[middle]! + shown[middle + LINE]! + shown[middle + 2 * LINE]!;
		sum += shown[here + LINE]! + shown[here + 2 * LINE]!;
		return sum + shown[behind + LINE]! + shown[behind + 2 * LINE]!;
	}

	/** Reads the chunks of the host's profile in which the windows of the question probably lie. */
	approachProfile(host: number, profile: HostProfile): number {
		const { shown, chunkRow } = this;
		if (chunkRow === NO_ROW) return 0;
		return profile.approach(shown[chunkRow + host]!, shown[this.chunkRowBehind + host]!);
	}

	/** Remembers where the windows of the question begin in the host's profile, where that is news. */
	learn(host: number, profile: HostProfile, at: number): void {
		const { shown, chunkRow } = this;
		if (chunkRow === NO_ROW) return;
		const hint = shown[chunkRow + host]!;
		if (profile.chunk === hint) return;
		profile.approach(hint, hint);
		const searched = profile.seek(at);
		// Nearer to the page's begin than what was known, or all that is known.
		if (profile.chunk > CHUNK_HINTED_MAX || !(searched || profile.chunkBeginsAt <= this.pageBeginsAt)) return;
		shown[chunkRow + host] = profile.chunk;
	}

	/** Follows a booking. Hours may be left out: less is free than before, and what is noted stays a bound. */
	noteTaken(host: number, profile: HostProfile, phases: Phases): void {
		for (let p = 0; p < phases.length; p++) {
			const first = Math.ceil(phases.left[p]! / HOUR_SECONDS);
			const end = Math.ceil(phases.right[p]! / HOUR_SECONDS);
			this.noteHours(host, profile, first, Math.min(end, first + HOURS_NOTED_MAX), true);
		}
		if (profile.movedFrom < Infinity) this.noteChunks(host, profile);
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

	/** The first of hosts that lie side by side: two at a time. */
	private nextOfAll(from: number, end: number): number {
		const { pairs, rows } = this;
		const need = this.need * TWICE;
		const first = rows[0]! >> 1;
		const last = rows[1]! >> 1;
		const middle = rows[2]! >> 1;
		if ((from & 1) === 1 && this.showsRoom(from)) return from;
		const endPair = (end + 1) >> 1;
		for (let pair = (from + 1) >> 1; pair < endPair; pair++) {
			// Without a branch: which of them rules a host out cannot be foretold.
			const left = (pairs[first + pair]! - need) & (pairs[last + pair]! - need) & (pairs[middle + pair]! - need);
			if ((left & (left >> BITS) & EITHER) === 0) continue;
			return this.showsRoom(2 * pair) ? 2 * pair : Math.min(2 * pair + 1, end);
		}
		return end;
	}

	/** Whether the host may have room for a machine of the question. */
	private showsRoom(host: number): boolean {
		const { shown, need, rows } = this;
		const left = (shown[rows[0]! + host]! - need) & (shown[rows[1]! + host]! - need) & (shown[rows[2]! + host]! - need);
		return (left & ENOUGH) === ENOUGH;
	}

	/** Notes what is free on the host at the hours from `first` to before `end`, on pages that are there or made. */
	private noteHours(host: number, profile: HostProfile, first: number, end: number, makesPages: boolean): void {
		if (first >= end) return;
		const { width } = this;
		let position = profile.positionAt(first * HOUR_SECONDS);
		let next = profile.nextPosition(position);
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
					next = profile.nextPosition(position);
					nextAt = next < 0 ? Infinity : profile.timeAt(next);
					digest = profile.digestAt(position);
				}
				this.shown[row] = digest;
			}
		}
	}

	/** Notes where the pages begin whose steps are in another chunk now. */
	private noteChunks(host: number, profile: HostProfile): void {
		const pageSeconds = PAGE_HOURS * HOUR_SECONDS;
		const first = Math.max(Math.ceil(profile.movedFrom / pageSeconds), this.firstPage);
		const untilPage = Math.min(Math.ceil(profile.movedUntil / pageSeconds), this.endPage);
		const end = Math.min(untilPage, first + HOURS_NOTED_MAX / PAGE_HOURS);
		for (let number = first; number < end; number++) {
			const place = this.placeOf(number);
			if (place === NO_PAGE) continue;
			profile.seek(number * pageSeconds);
			if (profile.chunk <= CHUNK_HINTED_MAX) this.shown[this.chunkRowOf(place) + host] = profile.chunk;
		}
		profile.movedFrom = Infinity;
		profile.movedUntil = -Infinity;
	}

	/** Where it is known in which chunks a window lies that begins at the instant. */
	private askChunks(at: number): void {
		const number = Math.floor(at / (PAGE_HOURS * HOUR_SECONDS));
		const place = this.placeOf(number);
		this.pageBeginsAt = number * PAGE_HOURS * HOUR_SECONDS;
		this.chunkRow = place === NO_PAGE ? NO_ROW : this.chunkRowOf(place);
		const behind = this.placeOf(number + 1);
		this.chunkRowBehind = behind === NO_PAGE ? this.chunkRow : this.chunkRowOf(behind);
	}

	private addRow(hour: number): void {
		const place = this.placeOf(Math.floor(hour / PAGE_HOURS));
		if (place === NO_PAGE) return;
		this.rows[this.rowCount] = this.rowOf(place, hour);
		this.rowCount++;
	}
}
