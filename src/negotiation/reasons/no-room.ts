/** Why the hosts have no room for what is asked: of each service what is short, and of several why they do not fit together. */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import type { GangGroup } from '../../capacity/search/gang.ts';
import { fitGang } from '../../capacity/search/gang-fit.ts';
import { earliestGang } from '../../capacity/search/gang-searches.ts';
import { part } from '../../parts.ts';
import { groupsOf, type Room, roomOf, timedServices } from '../booking.ts';
import type { Reason, Remedy } from '../decision.ts';
import type { ServiceSizes, Sizes } from '../sizes.ts';
import type { Starts } from '../window.ts';
import { withLargest } from './largest.ts';
import { shortageReasons } from './shortage.ts';

type Interval = NonNullable<Reason['interval']>;

/** What of each service alone is short at the grant's start; where that is nothing, that they have no room together. */
export function explainNoRoom(room: Room, sizes: Sizes, grant: ServiceGrant, starts: Starts): readonly Reason[] {
	const { calendar } = room;
	const { startAt } = grant;
	const interval = { startAt: Math.max(startAt, room.now), endAt: grant.endAt };
	const groups = groupsOf(room, sizes, startAt, starts.durationSeconds);
	const services = servicesOf<ServiceSizes>(sizes);
	const largest = (reasons: readonly Reason[], nth: number): readonly Reason[] =>
		reasons.map((reason) => withLargest(reason, services[nth]!, roomOf(room, nth)));
	const explain = (group: GangGroup, nth: number): readonly Reason[] => {
		const explanation = calendar.explain({ ...group, startAt });
		const reasons = part(() => shortageReasons(explanation, interval, groups.length === 1));
		return largest(reasons, nth);
	};
	if (groups.length === 1) return explain(groups[0]!, 0);
	const all = groups.map(explain);
	const short = [...all.keys()].filter((nth) => all[nth]!.length > 0);
	if (short.length === 0) return [explainTogether(room, groups, grant, starts, interval)];
	const [only] = short;
	const beside = short.length === 1 ? explainBeside(room, groups, only!, startAt, interval) : [];
	const named = (nth: number, reasons: readonly Reason[]): Reason[] =>
		reasons.map((reason) => ({ ...reason, ...serviceIn(roomOf(room, nth)) }));
	return beside.length > 0 ? named(only!, largest(beside, only!)) : short.flatMap((nth) => named(nth, all[nth]!));
}

/** Which service a reason is about, where there are several. */
export function serviceIn({ serviceName }: Room): Pick<Reason, 'serviceName'> {
	return serviceName === undefined ? {} : { serviceName };
}

/**
 * What a service of one machine is short of beside all others, where these are placed: with so much more there all of
 * them fit. Empty where it has more machines, where no places are found for the others, or one is found for it.
 */
function explainBeside(
	{ calendar, effort }: Room,
	groups: readonly GangGroup[],
	nth: number,
	startAt: number,
	interval: Interval,
): readonly Reason[] {
	const group = groups[nth]!;
	if (group.count > 1) return [];
	const others = fitGang(calendar, groups.toSpliced(nth, 1), startAt, effort);
	if (others.kind !== 'fits') return [];
	return part(() => {
		for (const placement of others.placements) calendar.book(placement);
		const explanation = calendar.explain({ ...group, startAt });
		for (const placement of others.placements) calendar.release(placement);
		return shortageReasons(explanation, interval, true);
	});
}

function explainTogether(
	room: Room,
	groups: readonly GangGroup[],
	grant: ServiceGrant,
	starts: Starts,
	interval: Interval,
): Reason {
	const { startAt } = grant;
	const window = { fromAt: startAt, untilAt: starts.latestAt };
	const isProved = earliestGang(room.calendar, groups, window, room.effort).kind === 'none-proved';
	const onEmpty = fitGang(room.calendar.emptied(), groups, startAt).kind;
	const names = timedServices(grant).map(({ serviceName }) => serviceName);
	const each = `There is room for each of the services ${names.join(', ')} in that time, and not for all of them together`;
	const proof = isProved
		? '; it is proved that there is no way to place them.'
		: ': no place was found for all. It is not proved that there is none, as there are more ways than could be tried.';
	const asked = groups.reduce((sum, { count }) => sum + count, 0);
	const [remedy] = groups.flatMap((_, nth) =>
		remedyBeside(names[nth], explainBeside(room, groups, nth, startAt, interval)),
	);
	return {
		code: CODE_ON_EMPTY[onEmpty],
		message: `${each}${proof}`,
		resource: 'machines',
		asked,
		interval,
		...(remedy === undefined ? {} : { remedy }),
	};
}

/** What is to blame where all services have no room together, by what the empty site answers. */
const CODE_ON_EMPTY = {
	fits: 'CAPACITY_RESERVED',
	'none-proved': 'CAPACITY_TOO_SMALL',
	'none-found': 'CAPACITY_NOT_PROVED',
} as const;

/** What one service lacks beside the others, where that is one amount on one host. */
function remedyBeside(serviceName: string | undefined, reasons: readonly Reason[]): Remedy[] {
	const [only, second] = reasons;
	const remedy = second === undefined ? only?.remedy : undefined;
	if (remedy?.host === undefined || remedy.atLeast === true) return [];
	const text = `${remedy.text} (${remedy.host}), for ${serviceName}`;
	return [{ ...remedy, text, ...(serviceName === undefined ? {} : { serviceName }) }];
}
