/**
 * What the searches of one question have found out: at which starts machines do not fit. Whoever needs no less, on no
 * more hosts, does not fit there either, so those starts are not looked at again. No answer depends on it, only what an
 * answer costs: many searches of one question ask for nearly the same.
 */
import { metered } from '../../parts.ts';
import type { SiteCalendar } from '../calendar.ts';
import { fitsWithin, type Placement, type Usage } from '../resources.ts';
import type { GangGroup } from './gang.ts';
import type { GangWork } from './gang-fit.ts';

/** Machines, and the starts from `from` to `until`, both included, at none of which they fit. */
interface Refuted {
	readonly group: GangGroup;
	readonly from: number;
	readonly until: number;
}

/** Each search compares with all of them, some 10 us; the oldest are forgotten. */
const REFUTED_MAX = 100;

/** Some five milliseconds: more than enough for a few hosts, and for clusters of real sites most often as well. */
const TRIALS_MAX = 100_000;

/** Nothing is found out yet; what is found out by work that is broken off is forgotten with it. */
export function searchedAnew(calendar: SiteCalendar): Searched {
	return metered(() => new Searched(calendar), 'hostSeconds', 'trialsLeft', 'refuted', 'changesUntil');
}

/** A class for its lifecycle: it lives as long as one question does, and so does what is booked. */
export class Searched implements GangWork {
	/** Time that was looked through, added up over the hosts, in seconds: the same wherever it is counted (H7). */
	hostSeconds = 0;
	/** What the searches of several services may try out together, beyond the least that each of them does. */
	trialsLeft = TRIALS_MAX;
	private readonly calendar: SiteCalendar;
	/** Replaced with each that is noted. */
	refuted: readonly Refuted[] = [];
	/** Absent: nobody has asked yet. */
	changesUntil: number | undefined;

	constructor(calendar: SiteCalendar) {
		this.calendar = calendar;
	}

	/** What `look` finds nearest to `from`, of starts from there to `until`, in either direction; it is asked for what is not known. */
	nearest(
		calendar: SiteCalendar,
		group: GangGroup,
		from: number,
		until: number,
		look: (from: number, until: number) => Placement | null,
	): Placement | null {
		if (calendar !== this.calendar || from === until) return look(from, until);
		const step = from < until ? 1 : -1;
		const open = this.openFrom(group, from, until, step);
		if (open === undefined) return null;
		const found = look(open, until);
		const last = found === null ? until : found.startAt - step;
		if ((last - open) * step >= 0) this.note(group, Math.min(open, last), Math.max(open, last));
		return found;
	}

	/** Behind this instant nothing changes: a search that comes so far is over. */
	lastChangeAt(): number {
		this.changesUntil ??= this.calendar.previousChange(Number.MAX_SAFE_INTEGER) ?? 0;
		return this.changesUntil;
	}

	private openFrom(group: GangGroup, from: number, until: number, step: 1 | -1): number | undefined {
		const [low, high] = step > 0 ? [from, until] : [until, from];
		const known = this.refuted.filter((each) => each.from <= high && low <= each.until && isNoMore(each.group, group));
		let open = from;
		for (;;) {
			const inTheWay = known.find((each) => each.from <= open && open <= each.until);
			if (inTheWay === undefined) return open;
			open = step > 0 ? inTheWay.until + 1 : inTheWay.from - 1;
			if ((until - open) * step < 0) return undefined;
		}
	}

	private note(group: GangGroup, from: number, until: number): void {
		const hosts = group.candidateHosts?.length ?? this.calendar.hosts.length;
		this.hostSeconds += hosts * Math.max(0, Math.min(until, this.lastChangeAt()) - from + 1);
		const isNews = (each: Refuted): boolean => each.from < from || until < each.until || !isNoMore(group, each.group);
		this.refuted = [...this.refuted.filter(isNews).slice(1 - REFUTED_MAX), { group, from, until }];
	}
}

/** Whether wherever the other fits, the one does. */
function isNoMore(one: GangGroup, other: GangGroup): boolean {
	return (
		one.count <= other.count &&
		(one.machinesPerHostMax ?? Infinity) >= (other.machinesPerHostMax ?? Infinity) &&
		isOnAll(one.candidateHosts, other.candidateHosts) &&
		isWithin(one.usage, other.usage)
	);
}

/** Whether the one may lie wherever the other may; of lists only the same. */
function isOnAll(one: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
	if (one === undefined || one === other) return true;
	return one.length === other?.length && one.every((host, nth) => host === other[nth]);
}

/** Whether at every instant the one needs no more of anything. Hundreds are compared in a search: without a closure. */
function isWithin(one: Usage, other: Usage): boolean {
	for (const { offsetSeconds, durationSeconds, demand } of one) {
		const endSeconds = offsetSeconds + durationSeconds;
		let covered = offsetSeconds;
		for (const phase of other) {
			const phaseEnd = phase.offsetSeconds + phase.durationSeconds;
			if (phase.offsetSeconds > covered || phaseEnd <= covered) continue;
			if (!fitsWithin(demand, phase.demand)) return false;
			covered = phaseEnd;
			if (covered >= endSeconds) break;
		}
		if (covered < endSeconds) return false;
	}
	return true;
}
