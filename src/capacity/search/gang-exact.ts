/**
 * Everything that there is to try for a gang at one start: host by host, how many of each group it can carry together
 * with what the hosts before it carry. For the few groups and hundreds of machines of a real cluster that is little;
 * beyond a bound it is left out.
 */
import type { SiteCalendar } from '../calendar.ts';
import type { Placement } from '../resources.ts';
import { type GangAnswer, type GangGroup, hostsOfAny } from './gang.ts';

/** A booking that is tried out costs as much as so many comparisons. */
export const TRIALS_PER_BOOKING = 20;

/**
 * The exact search: host by host, every number of machines of each group that the hosts up to it can carry together, as
 * far as no other outdoes it. A class for one answer.
 */
export class ExactSearch {
	private readonly calendar: SiteCalendar;
	private readonly groups: readonly GangGroup[];
	private readonly startAt: number;
	/** Less than nothing where they were not enough. */
	trialsLeft: number;

	constructor(calendar: SiteCalendar, groups: readonly GangGroup[], startAt: number, trialsMax: number) {
		this.calendar = calendar;
		this.groups = groups;
		this.startAt = startAt;
		this.trialsLeft = trialsMax;
	}

	answer(): GangAnswer {
		let reached: readonly Laid[] = [{ counts: this.groups.map(() => 0), before: null, host: '' }];
		const any = hostsOfAny(this.groups);
		const candidates = any && new Set(any);
		for (const { name: host } of this.calendar.hosts) {
			if (candidates && !candidates.has(host)) continue;
			const loads = this.loadsOf(host);
			const next: Laid[] = [];
			for (const before of reached) {
				for (const load of loads) {
					const counts = before.counts.map((count, nth) => Math.min(count + load[nth]!, this.groups[nth]!.count));
					const laid = { counts, before, host };
					if (counts.every((count, nth) => count === this.groups[nth]!.count)) {
						return { kind: 'fits', placements: this.placementsOf(laid) };
					}
					this.keep(laid, next);
				}
			}
			if (this.trialsLeft < 0) return { kind: 'none-found' };
			reached = next;
		}
		return { kind: 'none-proved' };
	}

	/** Adds it to those of which none outdoes another, unless one of them outdoes it. */
	private keep(laid: Laid, kept: Laid[]): void {
		this.trialsLeft -= kept.length + 1;
		if (this.trialsLeft < 0 || kept.some(({ counts }) => isWithin(laid.counts, counts))) return;
		let left = 0;
		for (const other of kept) if (!isWithin(other.counts, laid.counts)) kept[left++] = other;
		kept.length = left;
		kept.push(laid);
	}

	/** How many machines of each group the host can carry together, as far as no other load outdoes it. */
	private loadsOf(host: string): readonly Counts[] {
		const all: number[][] = [];
		const tryGroup = (load: Counts): void => {
			this.trialsLeft -= TRIALS_PER_BOOKING;
			if (this.trialsLeft < 0) return;
			const { count, usage, candidateHosts, machinesPerHostMax } = this.groups[load.length]!;
			const isCandidate = candidateHosts?.includes(host) ?? true;
			const question = { startAt: this.startAt, usage, countMax: count, candidateHosts: [host] };
			const most = isCandidate
				? this.calendar.largestCount({ ...question, ...(machinesPerHostMax && { machinesPerHostMax }) })
				: 0;
			if (load.length === this.groups.length - 1) {
				all.push([...load, most]);
				return;
			}
			for (let machines = most; machines >= 0; machines--) {
				const placement = { startAt: this.startAt, usage, machines: [{ host, count: machines }] };
				if (machines > 0) this.calendar.book(placement);
				tryGroup([...load, machines]);
				if (machines > 0) this.calendar.release(placement);
			}
		};
		tryGroup([]);
		return all.filter((load, i) => !all.some((other, j) => i !== j && isWithin(load, other)));
	}

	private placementsOf(goal: Laid): readonly Placement[] {
		const machines = this.groups.map((): { host: string; count: number }[] => []);
		for (let laid: Laid = goal; laid.before; laid = laid.before) {
			for (const [nth, shares] of machines.entries()) {
				const count = laid.counts[nth]! - laid.before.counts[nth]!;
				if (count > 0) shares.unshift({ host: laid.host, count });
			}
		}
		return this.groups.map(({ usage }, nth) => ({ startAt: this.startAt, usage, machines: machines[nth]! }));
	}
}

/** How many machines of each group. */
type Counts = readonly number[];

/** Machines that are placed: on the hosts before this one, and on it. */
interface Laid {
	readonly counts: Counts;
	readonly before: Laid | null;
	readonly host: string;
}

function isWithin(counts: Counts, others: Counts): boolean {
	return counts.every((count, nth) => count <= others[nth]!);
}
