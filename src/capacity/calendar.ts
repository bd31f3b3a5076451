/**
 * The calendar of one site: which host has how much free, when, and what fits where. It is exact: with equal machines a
 * search says no only where there is none, and what does not fit cannot be booked (H1 is asserted, not hoped for).
 * Which hosts a placement names depends on the question and on what is booked, never on the history (H7).
 *
 * In the costs below: H candidate hosts, n steps in the profile of one, w of them inside the time asked about. Each
 * holds per phase of the usage (resources.ts), of which there are few.
 */
import { part, stage } from '../parts.ts';
import { Bookings } from './bookings.ts';
import type { Closure } from './closures.ts';
import { HostKinds } from './host-kinds.ts';
import { Placing } from './placing.ts';
import { Phases } from './profile/phases.ts';
import type { FreeStep, HostProfile } from './profile/profile.ts';
import { type Host, type HostShare, NOTHING, type Placement, type ResourceVector, type Usage } from './resources.ts';
import { type Explanation, explainFit } from './search/explanation.ts';
import {
	assertCount,
	type CountQuestion,
	type DurationQuestion,
	type FitQuestion,
	type MachinesQuestion,
	perHostOf,
	type ScaleQuestion,
	type StartQuestion,
} from './search/questions.ts';
import { Searches } from './search/searches.ts';
import { HOSTS_A_PART, inStages, MACHINES_MAX } from './search/sweep.ts';
import type { SiteReserve } from './site-reserve.ts';

/** Of so many hosts to one machine all are looked at: it is one of the last that the others are known to be too few. */
const FEW_HOSTS = 8;

/** What is free on one host, step by step; the steps cover the interval asked for. */
export interface HostFree {
	readonly host: Host;
	readonly steps: readonly FreeStep[];
}

/** A class for its lifecycle: made from the site's hosts, then kept up to date booking by booking. */
export class SiteCalendar {
	readonly hosts: readonly Host[];
	private readonly bookings: Bookings;
	private readonly profiles: readonly HostProfile[];
	private readonly reserve: SiteReserve | undefined;
	private readonly allHosts: Int32Array;
	private readonly candidates = new WeakMap<readonly string[], Int32Array>();
	private readonly phases = new Phases();
	private readonly kinds: HostKinds;
	private readonly placing: Placing;
	private readonly searches: Searches;
	private readonly kept: ResourceVector;
	/** Whether what looks at all hosts takes so long that it is a part of a decision by itself. */
	private readonly isLarge: boolean;

	/**
	 * Names are unique and the order of the hosts is theirs for ever: it decides who is filled first. `reserve` is what
	 * all hosts together never give out.
	 */
	constructor(hosts: readonly Host[], reserve: ResourceVector = NOTHING) {
		this.hosts = hosts;
		this.kept = reserve;
		this.isLarge = hosts.length > HOSTS_A_PART;
		this.bookings = new Bookings(hosts, reserve);
		this.profiles = this.bookings.profiles;
		this.reserve = this.bookings.reserve;
		this.allHosts = Int32Array.from(hosts.keys());
		this.kinds = new HostKinds(hosts);
		this.placing = new Placing(this.profiles, this.bookings.glance);
		this.searches = new Searches(this.kinds, this.bookings);
	}

	/**
	 * Takes the placement's usage out of what is free. To book what does not fit is a bug: it dies, and the calendar is
	 * as it was (H1). What lies in the forgotten past is left out. O(machines' hosts * (log n + w)).
	 */
	book(placement: Placement): void {
		this.bookings.change(placement, 1);
	}

	/**
	 * Whether the hosts that the placement names could carry it beside what is booked there, closed or not and whatever
	 * the site keeps back: for what is agreed already.
	 */
	hasRoom(placement: Placement): boolean {
		return this.bookings.hasRoom(placement);
	}

	/**
	 * Closes a host for a while: nothing new fits there, what is booked stays booked. Closures may overlap; each ends
	 * with its own `reopen`. O(steps inside).
	 */
	close(closure: Closure): void {
		this.bookings.closuresOf(closure).add(closure);
	}

	/** Takes back a closure of these very times; asserts that there is one. */
	reopen(closure: Closure): void {
		this.bookings.closuresOf(closure).remove(closure);
	}

	/** Gives back exactly what `book` took; to release what is not booked is a bug as far as it can be seen. */
	release(placement: Placement): void {
		this.bookings.change(placement, -1);
	}

	/** The calendar of the same site with nothing booked and no host closed: what it could ever carry. O(H). */
	emptied(): SiteCalendar {
		const make = (): SiteCalendar => new SiteCalendar(this.hosts, this.kept);
		return this.isLarge ? part(make) : make();
	}

	/** Drops all steps that ended by `at`; what lies before counts as free from now on. O(H + what is dropped). */
	forgetBefore(at: number): void {
		this.bookings.forgetBefore(at);
	}

	/** Where so many machines fit at that start, or null. O(hosts looked at * (log n + w)); `spread` looks at all. */
	fit(question: FitQuestion): Placement | null {
		return this.isLarge ? this.fitInStage(question) : this.fitNow(question);
	}

	private fitInStage(question: FitQuestion): Placement | null {
		return stage(() => this.fitNow(question));
	}

	private fitNow(question: FitQuestion): Placement | null {
		assertCount(question.count);
		this.phases.standing(question.usage, question.startAt);
		const hosts = this.candidatesOf(question);
		const { startAt, count, usage } = question;
		const { phases, placing } = this;
		const spreads = question.strategy === 'spread';
		const perHost = perHostOf(question);
		const placed = spreads
			? placing.spread(phases, hosts, count, perHost)
			: placing.pack(phases, hosts, count, perHost, this.mostOnOne(hosts, count, perHost));
		if (placed < count || this.withinReserve(count) < count) return null;
		const machines: HostShare[] = [];
		for (let i = 0; i < placing.length; i++) {
			machines.push({ host: this.hosts[placing.hosts[i]!]!.name, count: placing.counts[i]! });
		}
		return { startAt, usage, machines };
	}

	/**
	 * The earliest start from which the machines fit. O(B log B) with B the steps of all hosts from `fromAt` to twice
	 * the answer, as far as the glance leaves them open; O(fit) where they fit at once, or there is but one start.
	 */
	earliestStart(question: StartQuestion): Placement | null {
		const { fromAt, untilAt } = question;
		if (fromAt > untilAt) return null;
		const atOnce = this.fit({ ...question, startAt: fromAt });
		if (atOnce || fromAt === untilAt) return atOnce;
		const candidates = this.candidatesOf(question);
		const startAt = inStages(candidates, () => this.searches.earliestStart(question, candidates));
		return startAt === null ? null : this.fit({ ...question, startAt });
	}

	/** The latest such start; B counts from `untilAt` back. */
	latestStart(question: StartQuestion): Placement | null {
		const { fromAt, untilAt } = question;
		if (fromAt > untilAt) return null;
		const atLast = this.fit({ ...question, startAt: untilAt });
		if (atLast || fromAt === untilAt) return atLast;
		const candidates = this.candidatesOf(question);
		const startAt = inStages(candidates, () => this.searches.latestStart(question, candidates));
		return startAt === null ? null : this.fit({ ...question, startAt });
	}

	/** How many machines fit at that start, at most `countMax`; 0 for none. O(H * (log n + w)). */
	largestCount(question: CountQuestion): number {
		assertCount(question.countMax);
		return this.isLarge ? stage(() => this.countNow(question)) : this.countNow(question);
	}

	private countNow(question: CountQuestion): number {
		this.phases.standing(question.usage, question.startAt);
		return this.placeable(this.candidatesOf(question), question.countMax, perHostOf(question));
	}

	/** The most units with which the machines fit at that start; null where the least does not. O(log(units) * fit). */
	largestScale(question: ScaleQuestion): number | null {
		assertCount(question.count);
		let fitting = question.unitsMin - 1;
		let high = question.unitsMax;
		while (fitting < high) {
			// The most is tried first, then the least: the commonest answers cost one question or two.
			let units = fitting + Math.ceil((high - fitting) / 2);
			if (high === question.unitsMax) units = high;
			else if (fitting < question.unitsMin) units = question.unitsMin;
			const fits = this.largestCount({ ...question, usage: question.usageFor(units), countMax: question.count });
			if (fits === question.count) fitting = units;
			else if (units === question.unitsMin) return null;
			else high = units - 1;
		}
		return fitting < question.unitsMin ? null : fitting;
	}

	/**
	 * The longest duration for which the machines fit at that start; null for none. Not monotone: a longer run may move
	 * its retention out of a full week. So every duration is swept over, from the longest down, as in `latestStart`.
	 */
	longestDuration(question: DurationQuestion): number | null {
		const candidates = this.candidatesOf(question);
		return inStages(candidates, () => this.searches.longestDuration(question, candidates));
	}

	/** For people and pages: what is free on every host during [fromAt, untilAt); nothing while it is closed. */
	freeBetween(fromAt: number, untilAt: number): readonly HostFree[] {
		return this.hosts.map((host, index) => ({ host, steps: this.profiles[index]!.stepsBetween(fromAt, untilAt) }));
	}

	/** Whether machines of several groups, wherever they are placed at that start, leave the site's reserve untouched. */
	keepsReserve(groups: readonly { readonly usage: Usage; readonly count: number }[], startAt: number): boolean {
		return this.reserve?.hasRoom(groups, startAt) ?? true;
	}

	/** How many machines that never use more than this the site's reserve would ever let through. */
	countWithinReserve(demand: ResourceVector): number {
		return this.reserve?.countOnEmpty(demand) ?? Infinity;
	}

	/** The first instant after this one at which more or less becomes free on some host; null for none. O(H log n). */
	nextChange(at: number): number | null {
		const look = (): number | null => {
			let nearest = Infinity;
			for (const profile of this.profiles) nearest = Math.min(nearest, profile.stepAfter(at, nearest));
			return nearest === Infinity ? null : nearest;
		};
		return this.isLarge ? part(look) : look();
	}

	/** The last one before it. */
	previousChange(at: number): number | null {
		const look = (): number | null => {
			let nearest = -Infinity;
			for (const profile of this.profiles) nearest = Math.max(nearest, profile.stepBefore(at, nearest));
			return nearest === -Infinity ? null : nearest;
		};
		return this.isLarge ? part(look) : look();
	}

	/** Why the machines do not fit, or how nearly: amounts, limits, hosts and intervals (H6). O(H * (log n + w)). */
	explain(question: FitQuestion): Explanation {
		assertCount(question.count);
		return inStages(this.hosts, () => this.explainNow(question));
	}

	private explainNow(question: FitQuestion): Explanation {
		this.phases.standing(question.usage, question.startAt);
		const hosts = Array.from(this.candidatesOf(question), (index) => ({
			host: this.hosts[index]!,
			profile: this.profiles[index]!,
		}));
		const { phases, reserve } = this;
		const asked = { phases, count: question.count, perHost: perHostOf(question) };
		if (!reserve) return explainFit(hosts, asked);
		const countFree = reserve.machinesOn(phases, MACHINES_MAX);
		return explainFit(hosts, asked, { countFree, countEmpty: reserve.machinesOnEmpty(phases, MACHINES_MAX) });
	}

	/** How many machines, at most `atMost`, the site's reserve lets through, in windows that stand. */
	private withinReserve(atMost: number): number {
		return this.reserve ? this.reserve.machinesOn(this.phases, atMost) : atMost;
	}

	/** How many fit on the hosts together, in windows that stand. */
	private placeable(hosts: Int32Array, count: number, perHost: number): number {
		return this.withinReserve(this.placing.pack(this.phases, hosts, count, perHost, Infinity));
	}

	/** What no host carries more of, where it is worth knowing: whether a few machines fit hardly ever shows early. */
	private mostOnOne(hosts: Int32Array, count: number, perHost: number): number {
		if (count * FEW_HOSTS < hosts.length) return Infinity;
		return this.kinds.mostOnOne(this.phases, Math.min(count, perHost));
	}

	/** The candidates' indices in host order, each once. */
	private candidatesOf({ candidateHosts }: MachinesQuestion): Int32Array {
		if (!candidateHosts) return this.allHosts;
		if (candidateHosts.length === 1) {
			const index = this.bookings.indexOf(candidateHosts[0]!);
			return this.allHosts.subarray(index, index + 1);
		}
		const known = this.candidates.get(candidateHosts);
		if (known) return known;
		const indices = Int32Array.from(new Set(candidateHosts.map((name) => this.bookings.indexOf(name)))).sort();
		this.candidates.set(candidateHosts, indices);
		return indices;
	}
}
