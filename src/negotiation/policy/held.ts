/**
 * What is held by all parties of a site together, and by those of each VO. Limits of single parties do not keep many of
 * them, who need not know of each other, from holding a site among themselves. So at every instant, of every resource,
 * all that is held is at most a share of what the site gives out; the rest is for whoever agrees at once, whom nothing
 * here is asked about. Exact: looked at is every instant of the time that is to be held.
 */
import { printDateTime } from '../../agreement/time.ts';
import { SiteCalendar } from '../../capacity/calendar.ts';
import { envelopeOf } from '../../capacity/envelope.ts';
import { portionOf } from '../../capacity/offered.ts';
import {
	beginOf,
	defineUsage,
	largerResources,
	type Placement,
	RESOURCE_NAMES,
	type ResourceName,
	type ResourceVector,
	USAGE_PHASES_MAX,
	type Usage,
} from '../../capacity/resources.ts';
import type { Reason, Remedy } from '../decision.ts';
import { amountText, intervalText } from '../reasons/words.ts';
import { AGREE_AT_ONCE, type HoldLimits } from './holds.ts';

/** A class for its lifecycle: made empty, then changed with every hold that is booked or given back. */
export class HeldTogether {
	/** What the site gives out: all hosts without what it keeps back. */
	readonly capacity: ResourceVector;
	/** As the one host of a calendar that is larger than any site, so that a limit can be told off from it. */
	private readonly site = ledgerOf();
	private readonly vos = new Map<string, SiteCalendar>();
	private forgottenAt = Number.MIN_SAFE_INTEGER;

	constructor(capacity: ResourceVector) {
		this.capacity = capacity;
	}

	/** Counts what was booked for a hold of this VO. O(log n + phases) for n steps of what is held. */
	take(vo: string, placement: Placement): void {
		for (const calendar of this.calendarsOf(vo)) calendar.book(asOne(placement));
	}

	/** Counts it no more. */
	giveBack(vo: string, placement: Placement): void {
		for (const calendar of this.calendarsOf(vo)) calendar.release(asOne(placement));
	}

	/** Drops what was over by then. */
	forgetBefore(at: number): void {
		this.forgottenAt = at;
		for (const calendar of [this.site, ...this.vos.values()]) calendar.forgetBefore(at);
	}

	/** What limits apply to a VO, and what is held under each of them. */
	scopesOf({ sitePercentMax, voPercentMax }: HoldLimits, vo: string): readonly Scope[] {
		const scopes: Scope[] = [];
		const add = (who: string, percent: number, calendar: SiteCalendar | undefined): void => {
			// All of it is no limit, also where hosts have gone since.
			if (percent < PERCENT_ALL) scopes.push({ who, percent, limit: shareOf(this.capacity, percent), calendar });
		};
		add('all parties', sitePercentMax, this.site);
		add(`the VO ${vo}`, voPercentMax, this.vos.get(vo));
		return scopes;
	}

	private calendarsOf(vo: string): readonly SiteCalendar[] {
		let own = this.vos.get(vo);
		if (own === undefined) {
			own = ledgerOf();
			own.forgetBefore(this.forgottenAt);
			this.vos.set(vo, own);
		}
		return [this.site, own];
	}
}

/** Who together may hold how much, and what they hold; without a calendar: nothing yet. */
export interface Scope {
	readonly who: string;
	readonly percent: number;
	readonly limit: ResourceVector;
	readonly calendar: SiteCalendar | undefined;
}

/** Another start of what would be held, where there could be one. */
export interface OtherTimes {
	/** When its window begins. */
	readonly startAt: number;
	/** What it would take if it were to begin at any other time, told for this one: what begins at once has no setup before it. */
	readonly placements: readonly Placement[];
	readonly now: number;
	/** No start later than this. */
	readonly untilAt: number;
	/** Whether the hosts have room for all of it, begun so many seconds later, or, with a minus, earlier. */
	readonly hasRoom: (laterSeconds: number) => boolean;
}

/**
 * Why these placements are not held beside what others hold: for each limit and each resource that it exceeds the instant at which
 * most is lacking, when it is exceeded around then, and what would do. None: it may be held.
 * O(m) for m steps of what is held in the time that it takes, and a search over all of them where it may not.
 */
export function judgeTogether(
	scopes: readonly Scope[],
	placements: readonly Placement[],
	times?: OtherTimes,
): readonly Reason[] {
	if (scopes.length === 0 || placements.length === 0) return [];
	const whole = envelopeOf([placements.map(asOne)]);
	const excesses = scopes.flatMap((scope) => RESOURCE_NAMES.flatMap((name) => worstExcess(scope, whole, name) ?? []));
	if (excesses.length === 0) return [];
	const starts = times === undefined ? {} : otherStarts(scopes, times);
	return excesses.map((excess) => reasonOf(excess, starts));
}

const PERCENT_ALL = 100;
/** More than any site has of anything, and twice of it is still exact. */
const AMOUNT_MAX = 2 ** 52;
const ONE = 'all';

function ledgerOf(): SiteCalendar {
	const capacity = {
		cpuMillicores: AMOUNT_MAX,
		memoryBytes: AMOUNT_MAX,
		diskBytes: AMOUNT_MAX,
		networkBitsPerSecond: AMOUNT_MAX,
	};
	return new SiteCalendar([{ name: ONE, capacity, labels: {} }]);
}

/** The machines of all hosts as if they were on one. */
function asOne(placement: Placement): Placement {
	const count = placement.machines.reduce((sum, share) => sum + share.count, 0);
	return { ...placement, machines: [{ host: ONE, count }] };
}

function shareOf(capacity: ResourceVector, percent: number): ResourceVector {
	const share = (name: ResourceName): number => portionOf(capacity[name], percent, PERCENT_ALL);
	return {
		cpuMillicores: share('cpuMillicores'),
		memoryBytes: share('memoryBytes'),
		diskBytes: share('diskBytes'),
		networkBitsPerSecond: share('networkBitsPerSecond'),
	};
}

interface Excess {
	readonly scope: Scope;
	readonly resource: ResourceName;
	/** At the instant at which most is lacking. */
	readonly asked: number;
	readonly held: number;
	readonly interval: { readonly startAt: number; readonly endAt: number };
}

/** Where this resource is exceeded most, and for how long around that. */
function worstExcess(scope: Scope, whole: readonly Placement[], resource: ResourceName): Excess | undefined {
	const limit = scope.limit[resource];
	let worst: Excess | undefined;
	let run: { startAt: number; endAt: number } | undefined;
	for (const { startAt, endAt, asked, held } of stretchesOf(scope, whole, resource)) {
		if (held + asked <= limit) continue;
		if (run?.endAt === startAt) run.endAt = endAt;
		else run = { startAt, endAt };
		if (worst === undefined || held + asked > worst.held + worst.asked)
			worst = { scope, resource, asked, held, interval: run };
	}
	return worst;
}

/** What is asked and what is held, from change to change, in order of time. */
function* stretchesOf({ calendar }: Scope, whole: readonly Placement[], resource: ResourceName) {
	for (const { startAt: begin, usage } of whole) {
		for (const { offsetSeconds, durationSeconds, demand } of usage) {
			const asked = demand[resource];
			if (asked === 0) continue;
			const fromAt = begin + offsetSeconds;
			const untilAt = fromAt + durationSeconds;
			const [site] = calendar?.freeBetween(fromAt, untilAt) ?? [];
			if (site === undefined) yield { startAt: fromAt, endAt: untilAt, asked, held: 0 };
			for (const { startAt, endAt, free } of site?.steps ?? []) {
				yield { startAt, endAt, asked, held: AMOUNT_MAX - free[resource] };
			}
		}
	}
}

/** The nearest starts, before and after, at which neither the limits nor the hosts are in the way. */
interface OtherStarts {
	readonly earlier?: number;
	readonly later?: number;
}

function otherStarts(
	scopes: readonly Scope[],
	{ placements, now, startAt, untilAt, hasRoom }: OtherTimes,
): OtherStarts {
	// What is taken begins before the window does.
	const beginAt = Math.min(...placements.map(beginOf));
	const usage = usageFrom(beginAt, placements);
	const startFor = (at: number | undefined): number | undefined =>
		at !== undefined && hasRoom(at - beginAt) ? startAt + at - beginAt : undefined;
	const after = { fromAt: Math.max(now, beginAt + 1), untilAt: untilAt + beginAt - startAt };
	const before = { fromAt: now, untilAt: beginAt - 1 };
	const later = startFor(nearestHeld(scopes, usage, after, 'earliestStart'));
	const earlier = startFor(nearestHeld(scopes, usage, before, 'latestStart'));
	return { ...(earlier === undefined ? {} : { earlier }), ...(later === undefined ? {} : { later }) };
}

/**
 * All of it as the usage of one machine, counted from then on; of more phases than a usage may have, the most of all for
 * all of the time.
 */
export function usageFrom(begin: number, placements: readonly Placement[]): Usage {
	const whole = envelopeOf([placements.map(asOne)]);
	const phases = whole.flatMap(({ startAt, usage }) =>
		usage.map((phase) => ({ ...phase, offsetSeconds: phase.offsetSeconds + startAt - begin })),
	);
	if (phases.length <= USAGE_PHASES_MAX) return defineUsage(phases);
	const [{ offsetSeconds }, last] = [phases[0]!, phases.at(-1)!];
	const durationSeconds = last.offsetSeconds + last.durationSeconds - offsetSeconds;
	return [{ offsetSeconds, durationSeconds, demand: phases.map(({ demand }) => demand).reduce(largerResources) }];
}

/** The nearest start that every limit admits: each is asked in turn, until none of them moves it any more. */
export function nearestHeld(
	scopes: readonly Scope[],
	usage: Usage,
	{ fromAt, untilAt }: { readonly fromAt: number; readonly untilAt: number },
	search: 'earliestStart' | 'latestStart',
): number | undefined {
	const isForward = search === 'earliestStart';
	let at = isForward ? fromAt : untilAt;
	for (let agreed = 0, nth = 0; agreed < scopes.length; nth = (nth + 1) % scopes.length) {
		const { limit, calendar = ledgerOf() } = scopes[nth]!;
		if (at < fromAt || at > untilAt || usage.some(({ demand }) => exceeds(demand, limit))) return undefined;
		const starts = isForward ? { fromAt: at, untilAt } : { fromAt, untilAt: at };
		const next = calendar[search]({ ...starts, count: 1, usage: usage.map(beyond(limit)) })?.startAt;
		if (next === undefined) return undefined;
		agreed = next === at ? agreed + 1 : 1;
		at = next;
	}
	return at;
}

function exceeds(demand: ResourceVector, limit: ResourceVector): boolean {
	return RESOURCE_NAMES.some((name) => demand[name] > limit[name]);
}

/** What is left of a limit is what is left of the calendar when all beyond the limit is asked for too. */
export function beyond(limit: ResourceVector): (phase: Usage[number]) => Usage[number] {
	return (phase) => {
		// Of what is not asked for nothing is lacking, however much is held.
		const more = (name: ResourceName): number =>
			phase.demand[name] === 0 ? 0 : phase.demand[name] + AMOUNT_MAX - limit[name];
		const demand = {
			cpuMillicores: more('cpuMillicores'),
			memoryBytes: more('memoryBytes'),
			diskBytes: more('diskBytes'),
			networkBitsPerSecond: more('networkBitsPerSecond'),
		};
		return { ...phase, demand };
	};
}

function reasonOf({ scope, resource, asked, held, interval }: Excess, starts: OtherStarts): Reason {
	const limit = scope.limit[resource];
	const available = Math.max(0, limit - held);
	const amount = (value: number): string => amountText(value, resource, Math.floor);
	const message =
		`Offers held for ${scope.who} together take at most ${scope.percent} % of the site, ${amount(limit)}; ` +
		`${amount(available)} of that are left ${intervalText(interval)}, ${amountText(asked, resource)} would be held.`;
	const remedy = remedyOf({ resource, asked, limit, available }, starts);
	return { code: 'HOLD_REFUSED', message, resource, asked, available, limit, interval, remedy };
}

function remedyOf(
	{
		resource,
		asked,
		limit,
		available,
	}: { readonly resource: ResourceName } & Record<'asked' | 'limit' | 'available', number>,
	{ earlier, later }: OtherStarts,
): Remedy {
	const words: string[] = [];
	if (asked > limit) words.push(`at most ${amountText(limit, resource, Math.floor)} at a time`);
	for (const at of [earlier, later]) if (at !== undefined) words.push(`start at ${printDateTime(at)}`);
	words.push(AGREE_AT_ONCE);
	return {
		text: words.join(', or '),
		more: asked - available,
		...(asked > limit ? { allowed: limit } : {}),
		...(later === undefined ? {} : { startAt: later }),
	};
}
