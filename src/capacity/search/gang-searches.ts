/** When several groups of machines fit together, and how many: the searches of the calendar, for gangs. */
import type { SiteCalendar } from '../calendar.ts';
import type { Placement } from '../resources.ts';
import { assertGroups, type GangAnswer, type GangGroup, necessities } from './gang.ts';
import { fitGang, GANG_TRIALS_MAX } from './gang-fit.ts';
import type { Searched } from './searched.ts';

export type GangStart =
	/** `isProved`: no start that was asked for and is nearer to the end that was looked from fits. */
	| {
			readonly kind: 'fits';
			readonly startAt: number;
			readonly placements: readonly Placement[];
			readonly isProved: boolean;
	  }
	| Exclude<GangAnswer, { kind: 'fits' }>;

/** Starts from `fromAt` to `untilAt`, both included. */
interface Starts {
	readonly fromAt: number;
	readonly untilAt: number;
}

/** How far a search goes before it gives up, unproved; further as long as the searches of its question may (`Searched`). */
export interface GangEffort {
	/** Starts that are tried. */
	readonly startsMax: number;
	/** What the exact search may try out at each (gang-fit.ts). */
	readonly trialsMax: number;
}

/** Half a second where every start takes all its trials. */
const EFFORT: GangEffort = { startsMax: 100, trialsMax: GANG_TRIALS_MAX };

/** The earliest start at which the groups fit together; what other searches have found out is not looked for again. */
export function earliestGang(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	{ fromAt, untilAt }: Starts,
	effort: GangEffort = EFFORT,
	searched?: Searched,
): GangStart {
	return search({ calendar, groups, effort, searched }, fromAt, untilAt, FORWARD);
}

/** The latest such start. */
export function latestGang(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	{ fromAt, untilAt }: Starts,
	effort: GangEffort = EFFORT,
	searched?: Searched,
): GangStart {
	return search({ calendar, groups, effort, searched }, untilAt, fromAt, BACKWARD);
}

/** The most machines, at most its count, that the group `nth` can have beside the others; 0: none. */
export function largestGang(
	calendar: SiteCalendar,
	groups: readonly GangGroup[],
	nth: number,
	startAt: number,
): { readonly count: number; readonly isProved: boolean } {
	assertGroups(groups);
	let isProved = true;
	const fits = (count: number): boolean => {
		const changed = groups.flatMap((group, i) => (i !== nth ? [group] : count > 0 ? [{ ...group, count }] : []));
		const { kind } = changed.length === 0 ? { kind: 'fits' } : fitGang(calendar, changed, startAt);
		if (kind === 'none-found') isProved = false;
		return kind === 'fits';
	};
	let low = 0;
	for (let high = groups[nth]!.count; low < high; ) {
		const middle = low + Math.ceil((high - low) / 2);
		if (fits(middle)) low = middle;
		else high = middle - 1;
	}
	return { count: low, isProved };
}

/** One way through time. */
interface Direction {
	/** The nearest start from one to another at which the necessary group fits; null for none. */
	readonly nearest: (calendar: SiteCalendar, group: GangGroup, from: number, until: number) => Placement | null;
	/** The nearest start beyond this one at which another answer may come. */
	readonly next: (calendar: SiteCalendar, groups: readonly GangGroup[], startAt: number) => number | null;
	readonly isBeyond: (startAt: number, until: number) => boolean;
}

const FORWARD: Direction = {
	nearest: (calendar, group, fromAt, untilAt) => calendar.earliestStart({ ...group, fromAt, untilAt }),
	// More becomes free where a phase begins no earlier than a step.
	next: (calendar, groups, startAt) => {
		const edges = groups.flatMap(({ usage }) => usage.map(({ offsetSeconds }) => offsetSeconds));
		const starts = edges.map((edge) => (calendar.nextChange(startAt + edge) ?? Infinity) - edge);
		const nearest = Math.min(...starts);
		return nearest === Infinity ? null : nearest;
	},
	isBeyond: (startAt, until) => startAt > until,
};

const BACKWARD: Direction = {
	nearest: (calendar, group, untilAt, fromAt) => calendar.latestStart({ ...group, fromAt, untilAt }),
	next: (calendar, groups, startAt) => {
		const edges = groups.flatMap(({ usage }) => {
			return usage.map(({ offsetSeconds, durationSeconds }) => offsetSeconds + durationSeconds);
		});
		const starts = edges.map((edge) => (calendar.previousChange(startAt + edge) ?? -Infinity) - edge);
		const nearest = Math.max(...starts);
		return nearest === -Infinity ? null : nearest;
	},
	isBeyond: (startAt, until) => startAt < until,
};

/** What is looked for. */
interface Sought {
	readonly calendar: SiteCalendar;
	readonly groups: readonly GangGroup[];
	readonly effort: GangEffort;
	readonly searched: Searched | undefined;
}

/**
 * From one end to the other: over all starts at which what is necessary does not hold, then from change to change.
 * Between two changes nothing that does not fit begins to.
 */
function search(sought: Sought, from: number, until: number, direction: Direction): GangStart {
	const { calendar, groups, effort, searched } = sought;
	assertGroups(groups);
	if (groups.length === 1) return searchAlone(sought, from, until, direction);
	let needed: readonly GangGroup[] | undefined;
	let isProved = true;
	let startAt: number | null = from;
	for (let tried = 0; startAt !== null && !direction.isBeyond(startAt, until); tried++) {
		// Of one start to place them is to know.
		const isOnlyOne = startAt === until;
		if (!isOnlyOne) {
			needed ??= necessities(groups);
			startAt = possible(sought, needed, startAt, until, direction);
		}
		if (startAt === null) break;
		if (tried >= effort.startsMax && !(searched && searched.trialsLeft > 0)) return { kind: 'none-found' };
		const { trialsMax } = effort;
		const answer = fitGang(calendar, groups, startAt, { trialsMax, work: searched, isPossible: !isOnlyOne });
		if (answer.kind === 'fits') return { kind: 'fits', startAt, placements: answer.placements, isProved };
		if (answer.kind === 'none-found') isProved = false;
		startAt = startAt === until ? null : direction.next(calendar, groups, startAt);
	}
	return { kind: isProved ? 'none-proved' : 'none-found' };
}

/** Of one group the calendar knows the answer: exact. */
function searchAlone(sought: Sought, from: number, until: number, direction: Direction): GangStart {
	if (direction.isBeyond(from, until)) return { kind: 'none-proved' };
	const placement = nearest(sought, sought.groups[0]!, from, until, direction);
	if (placement === null) return { kind: 'none-proved' };
	return { kind: 'fits', startAt: placement.startAt, placements: [placement], isProved: true };
}

/** The nearest start at which all that is necessary holds; null for none. */
function possible(
	sought: Sought,
	needed: readonly GangGroup[],
	from: number,
	until: number,
	direction: Direction,
): number | null {
	let startAt = from;
	for (let agreed = 0, nth = 0; agreed < needed.length; nth = (nth + 1) % needed.length) {
		if (direction.isBeyond(startAt, until)) return null;
		const next = nearest(sought, needed[nth]!, startAt, until, direction)?.startAt ?? null;
		if (next === null) return null;
		agreed = next === startAt ? agreed + 1 : 1;
		startAt = next;
	}
	return startAt;
}

function nearest(
	{ calendar, searched }: Sought,
	group: GangGroup,
	from: number,
	until: number,
	direction: Direction,
): Placement | null {
	const look = (begin: number, end: number) => direction.nearest(calendar, group, begin, end);
	return searched === undefined ? look(from, until) : searched.nearest(calendar, group, from, until, look);
}
