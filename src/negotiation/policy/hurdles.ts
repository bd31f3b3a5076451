/**
 * What decides beside the room on the hosts whether a service may begin at a start: its price, the quotas and the
 * fair share of its VO, and where it must be held what may be. Each hurdle finds the next start that it admits, so that a search over starts stays exact: it
 * goes from hurdle to hurdle, and back to the hosts, until all of them agree.
 *
 * A start nearer than the setup is booked from now on, so a later one of these needs more of everything: of them only
 * the one that is asked about is looked at, as in `placeEarliest`.
 */
import { printDateTime } from '../../agreement/time.ts';
import type { SiteCalendar } from '../../capacity/calendar.ts';
import { addResources, type Placement, type Usage } from '../../capacity/resources.ts';
import { grantOf, type Room, timedServices, usageOf } from '../booking.ts';
import type { Reason } from '../decision.ts';
import type { Sizes } from '../sizes.ts';
import { affordableStarts } from './affordable.ts';
import { amountOf, type Pricing } from './cost.ts';
import { holdHurdle } from './hold-hurdle.ts';
import { printAmount } from './price.ts';
import { WEEK_SECONDS } from './price-model.ts';
import type { VoLimits } from './quota.ts';
import { CPU_MILLICORES_MAX, cpuUsage, sharesOf, type VoUsage } from './usage.ts';
import { cpusWithin, type Divisible, divisible, withinQuota } from './within-quota.ts';

export interface Hurdle {
	/** The first start from `fromAt` to `untilAt` that is admitted. */
	readonly earliest: (fromAt: number, untilAt: number) => number | undefined;
	/** The last such start. */
	readonly latest: (fromAt: number, untilAt: number) => number | undefined;
	/**
	 * Why this start is not. `isAgain`: whoever asks for less is judged by this start again, so that how much would do
	 * there is told too.
	 */
	readonly explain: (startAt: number, isAgain: boolean) => Reason;
}

/** What a VO may have and what it has booked already. */
export interface Allowance {
	/** The VO, or the name under which all those that are not named are counted. */
	readonly vo: string;
	readonly limits: VoLimits;
	/** What ends so soon may go beyond the VO's share. */
	readonly borrowSeconds: number;
	readonly usage: VoUsage;
}

/** The hurdles before a service of these sizes and this duration; none where nothing costs, nobody has a quota and nothing need be held. */
export function hurdlesOf(room: Room, sizes: Sizes, durationSeconds: number): readonly Hurdle[] {
	const { pricing, allowance, holding, policy, now } = room;
	const hurdles: Hurdle[] = [];
	if (pricing?.ceiling !== undefined) hurdles.push(priceHurdle(room, sizes, durationSeconds, pricing));
	if (pricing?.beside !== undefined) {
		const { sizes: others, ceiling } = pricing.beside;
		hurdles.push(priceHurdle(room, others, durationSeconds, { ...pricing, ceiling }));
	}
	if (holding !== undefined) {
		const placementsAt = (startAt: number): readonly Placement[] =>
			timedServices(grantOf(room, sizes, startAt, durationSeconds)).map((service) => {
				const machines = [{ host: holding.site.name, count: service.machineCount }];
				return { startAt, usage: usageOf(service, policy, now), machines };
			});
		hurdles.push(holdHurdle(holding, placementsAt, now + policy.setupSeconds));
	}
	if (allowance === undefined) return hurdles;
	const { cpuMillicoresMax, cpuMillicoreSecondsMax, shareMillicores } = allowance.limits;
	const demand = demandOf(room, sizes, durationSeconds);
	if (cpuMillicoresMax !== undefined) hurdles.push(cpuHurdle(allowance, demand, cpuMillicoresMax, cpuReason));
	if (shareMillicores !== undefined) hurdles.push(shareHurdle(allowance, demand, shareMillicores, room.now));
	if (cpuMillicoreSecondsMax !== undefined) hurdles.push(timeHurdle(allowance, demand, cpuMillicoreSecondsMax));
	return hurdles;
}

/** The first start from `fromAt` to `untilAt` that every hurdle admits. */
export function clearEarliest(hurdles: readonly Hurdle[], fromAt: number, untilAt: number): number | undefined {
	return settle(hurdles, fromAt, (hurdle, at) => hurdle.earliest(at, untilAt));
}

/** The last such start. */
export function clearLatest(hurdles: readonly Hurdle[], fromAt: number, untilAt: number): number | undefined {
	return settle(hurdles, untilAt, (hurdle, at) => hurdle.latest(fromAt, at));
}

/** Asks one hurdle after the other until none of them moves the start any more. */
function settle(
	hurdles: readonly Hurdle[],
	begin: number,
	next: (hurdle: Hurdle, at: number) => number | undefined,
): number | undefined {
	let at = begin;
	for (let index = 0, agreed = 0; agreed < hurdles.length; index = (index + 1) % hurdles.length) {
		const admitted = next(hurdles[index]!, at);
		if (admitted === undefined) return undefined;
		agreed = admitted === at ? agreed + 1 : 1;
		at = admitted;
	}
	return at;
}

/** What the service takes of its VO's CPUs when it begins at a start. */
interface Demand {
	/** Starts from here on take the same, only later. */
	readonly preparedAt: number;
	readonly durationSeconds: number;
	readonly millicores: number;
	readonly usageAt: (startAt: number) => Usage;
	readonly divisible: () => Divisible;
	/** Of the shortest run. */
	readonly leastSeconds: number;
}

function demandOf(room: Room, sizes: Sizes, durationSeconds: number): Demand {
	const { policy, now } = room;
	const usageAt = (startAt: number): Usage =>
		timedServices(grantOf(room, sizes, startAt, durationSeconds))
			.map((service) => cpuUsage(usageOf(service, policy, now), service.machineCount))
			.reduce(addUsage);
	const preparedAt = now + policy.setupSeconds;
	return {
		preparedAt,
		durationSeconds,
		millicores: usageAt(preparedAt)[0]!.demand.cpuMillicores,
		usageAt,
		divisible: () => divisible(room, sizes),
		leastSeconds: policy.durationSecondsMin,
	};
}

/** CPUs of services that start and stop together: each has them in one phase, and all in the same. */
function addUsage(one: Usage, other: Usage): Usage {
	return one.map((phase, nth) => ({ ...phase, demand: addResources(phase.demand, other[nth]!.demand) }));
}

function priceHurdle(room: Room, sizes: Sizes, durationSeconds: number, pricing: Pricing): Hurdle {
	const { policy } = room;
	const grantAt = (startAt: number) => grantOf(room, sizes, startAt, durationSeconds);
	const among = (earliestAt: number, latestAt: number) =>
		affordableStarts({ earliestAt, latestAt, durationSeconds }, grantAt, policy, pricing);
	return {
		earliest: (fromAt, untilAt) => {
			for (const { earliestAt } of among(fromAt, untilAt)) return earliestAt;
			return undefined;
		},
		latest: (fromAt, untilAt) => {
			// Most often something of the last week is paid.
			for (let last = untilAt, seconds = WEEK_SECONDS; last >= fromAt; seconds *= 2) {
				const first = Math.max(fromAt, last - seconds);
				const found = [...among(first, last)].at(-1)?.latestAt;
				if (found !== undefined) return found;
				last = first - 1;
			}
			return undefined;
		},
		explain: (startAt) => {
			const { currency } = pricing.model;
			const asked = `${printAmount(pricing.ceiling!, pricing.model)} ${currency}`;
			const available = `${printAmount(amountOf(grantAt(startAt), policy, pricing), pricing.model)} ${currency}`;
			const message = `It costs ${available} from ${printDateTime(startAt)} on; the offer pays at most ${asked}.`;
			return { code: 'PRICE_EXCEEDED', message, resource: 'price', asked, available };
		},
	};
}

type ExplainCpu = (
	allowance: Allowance,
	asked: number,
	available: number,
	limit: number,
) => Pick<Reason, 'code' | 'message'>;

/** CPUs at any moment. */
function cpuHurdle(allowance: Allowance, demand: Demand, limit: number, why: ExplainCpu): Hurdle {
	const { vo, usage } = allowance;
	const { millicores, usageAt, preparedAt } = demand;
	const calendar = usage.calendarOf(vo);
	// What is left of the quota is what is left of the calendar when all beyond the quota is asked for too.
	const beyond = (startAt: number): Usage =>
		usageAt(startAt).map((phase) => {
			const cpuMillicores = phase.demand.cpuMillicores + CPU_MILLICORES_MAX - limit;
			return { ...phase, demand: { ...phase.demand, cpuMillicores } };
		});
	const fits = (startAt: number): boolean =>
		calendar === undefined || calendar.fit({ startAt, count: 1, usage: beyond(startAt) }) !== null;
	const search = (fromAt: number, untilAt: number, from: 'earliestStart' | 'latestStart'): number | undefined => {
		if (fromAt > untilAt || calendar === undefined) return undefined;
		return calendar[from]({ fromAt, untilAt, count: 1, usage: beyond(fromAt) })?.startAt;
	};
	return {
		earliest: (fromAt, untilAt) => {
			if (millicores > limit) return undefined;
			return fits(fromAt) ? fromAt : search(Math.max(fromAt + 1, preparedAt), untilAt, 'earliestStart');
		},
		latest: (fromAt, untilAt) => {
			if (millicores > limit) return undefined;
			if (fits(untilAt)) return untilAt;
			const found = search(Math.max(fromAt, preparedAt), untilAt - 1, 'latestStart');
			return found ?? (fromAt < preparedAt && fits(fromAt) ? fromAt : undefined);
		},
		explain: (startAt, isAgain) => {
			const [phase] = usageAt(startAt);
			const fromAt = startAt + phase!.offsetSeconds;
			const { free, interval } = leastFree(calendar, fromAt, fromAt + phase!.durationSeconds);
			// Less than nothing, where the limit was lowered since.
			const rest = free - (CPU_MILLICORES_MAX - limit);
			const available = Math.max(0, rest);
			const amounts = { asked: millicores, available, limit };
			const told = why(allowance, millicores, available, limit);
			const reason: Reason = { ...told, resource: 'cpuMillicores', ...amounts, interval };
			const parts = demand.divisible();
			const most = isAgain ? cpusWithin(available, parts) : undefined;
			return withinQuota(reason, parts, { more: millicores - rest, most });
		},
	};
}

const cpuReason: ExplainCpu = ({ vo }, asked, available, limit) => ({
	code: 'QUOTA_EXCEEDED',
	message: `The VO ${vo} may use ${cpus(limit)} CPUs at once; ${cpus(available)} of them are not reserved, ${cpus(asked)} are asked.`,
});

const shareReason: ExplainCpu = ({ vo, borrowSeconds }, asked, available, limit) => ({
	code: 'FAIR_SHARE',
	message:
		`The share of the VO ${vo} is ${cpus(limit)} CPUs, ${cpus(available)} of them are not reserved, ${cpus(asked)} are ` +
		`asked; only what ends within ${borrowSeconds} seconds may go beyond the share.`,
});

/** What ends soon is no burden for the others; what ends later keeps to the VO's share. */
function shareHurdle(allowance: Allowance, demand: Demand, limit: number, now: number): Hurdle {
	const within = cpuHurdle(allowance, demand, limit, shareReason);
	const lastAt = now + allowance.borrowSeconds - demand.durationSeconds;
	return {
		earliest: (fromAt, untilAt) => (fromAt <= lastAt ? fromAt : within.earliest(fromAt, untilAt)),
		latest: (fromAt, untilAt) => {
			if (untilAt <= lastAt) return untilAt;
			const found = within.latest(fromAt, untilAt);
			return lastAt >= fromAt ? Math.max(lastAt, found ?? lastAt) : found;
		},
		explain: within.explain,
	};
}

/** CPU time in every period. */
function timeHurdle({ vo, usage }: Allowance, asks: Demand, limit: number): Hurdle {
	const { preparedAt, usageAt } = asks;
	const { period } = usage;
	/** Less than nothing, where the limit was lowered since. */
	const restOf = (startAt: number): number => limit - usage.bookedIn(vo, startAt);
	const left = (startAt: number): number => Math.max(0, restOf(startAt));
	/** The first, or the last, period with less than the start needs. */
	const short = (startAt: number, end: 'first' | 'last') => {
		const [phase] = usageAt(startAt);
		const { offsetSeconds, durationSeconds, demand } = phase!;
		const fromAt = startAt + offsetSeconds;
		const needs = [...sharesOf(period, fromAt, fromAt + durationSeconds)]
			.map((share) => ({ ...share, need: share.seconds * demand.cpuMillicores }))
			.filter(({ startAt: begin, need }) => need > left(begin));
		const found = end === 'first' ? needs[0] : needs.at(-1);
		if (found === undefined) return undefined;
		const seconds = Math.floor(left(found.startAt) / demand.cpuMillicores);
		return { ...found, seconds, offsetSeconds, endOffset: offsetSeconds + durationSeconds };
	};
	return {
		earliest: (fromAt, untilAt) => {
			let at = fromAt;
			for (let lack = short(at, 'first'); lack !== undefined; lack = short(at, 'first')) {
				at = at < preparedAt ? preparedAt : lack.endAt - lack.seconds - lack.offsetSeconds;
				if (at > untilAt) return undefined;
			}
			return at;
		},
		latest: (fromAt, untilAt) => {
			let at = untilAt;
			for (let lack = short(at, 'last'); lack !== undefined; lack = short(at, 'last')) {
				if (at === fromAt) return undefined;
				at = lack.startAt + lack.seconds - lack.endOffset;
				if (at < Math.max(fromAt, preparedAt)) at = fromAt;
			}
			return at;
		},
		explain: (startAt, isAgain) => {
			const { startAt: begin, endAt, need, offsetSeconds, endOffset } = short(startAt, 'first')!;
			const asked = Math.ceil(need / 1000);
			const available = Math.floor(left(begin) / 1000);
			const message =
				`The VO ${vo} may use ${hours(limit / 1000)} CPU-hours in a ${period}; ${hours(available)} are left from ` +
				`${printDateTime(begin)} on, ${hours(asked)} are asked, with setup and teardown.`;
			const amounts = { asked, available, limit: Math.floor(limit / 1000) };
			const interval = { startAt: begin, endAt };
			const reason: Reason = { code: 'QUOTA_EXCEEDED', message, resource: 'cpuSeconds', ...amounts, interval };
			const more = asked - Math.floor(restOf(begin) / 1000);
			const parts = asks.divisible();
			// What a later period lacks is not counted here.
			if (short(startAt, 'last')!.startAt !== begin) return withinQuota(reason, parts, { more, atLeast: true });
			// What runs already runs for longer than now.
			const shortest = Math.max(asks.leastSeconds, offsetSeconds + 1);
			const bookedSeconds = endOffset - offsetSeconds - asks.durationSeconds + shortest;
			const isEnough = isAgain && available * 1000 >= parts.leastMillicores * bookedSeconds;
			return withinQuota(reason, parts, { more, most: isEnough ? available : undefined });
		},
	};
}

/** The least that is free of a VO's calendar during [fromAt, untilAt), and when. */
function leastFree(
	calendar: SiteCalendar | undefined,
	fromAt: number,
	untilAt: number,
): { readonly free: number; readonly interval: { readonly startAt: number; readonly endAt: number } } {
	const steps = calendar?.freeBetween(fromAt, untilAt)[0]?.steps ?? [];
	let least = { free: CPU_MILLICORES_MAX, interval: { startAt: fromAt, endAt: untilAt } };
	for (const { startAt, endAt, free } of steps) {
		if (free.cpuMillicores < least.free) least = { free: free.cpuMillicores, interval: { startAt, endAt } };
	}
	return least;
}

function cpus(millicores: number): string {
	return String(millicores / 1000);
}

function hours(seconds: number): string {
	return String(Math.round(seconds / 36) / 100);
}
