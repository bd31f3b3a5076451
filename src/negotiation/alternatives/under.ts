/** An offer brought within ranges that it need not keep to: the least that they admit, and what is nearest to the offer. */

import {
	above,
	below,
	between,
	contains,
	endsOf,
	intersect,
	largestMultiple,
	NOT_NEGATIVE,
	type RangeValue,
	smallestMultiple,
} from '../../agreement/jsdl/range.ts';
import { type AdmittedRange, admittedOf } from '../../agreement/offer/admitted.ts';
import type { PriceCeiling } from '../../agreement/terms/quote.ts';
import {
	type Demand,
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	type Window,
	withServices,
} from '../../agreement/terms/service.ts';
import type { Judgement } from '../judge.ts';
import { printAmount } from '../policy/price.ts';
import { type ServiceSizes, SIZE_FIELDS } from '../sizes.ts';
import { firstOfferedAt, type Starts } from '../window.ts';
import type { Wish } from './ranking.ts';
import { soughtSizes } from './sought.ts';

/** An offer, and what is to be kept to. */
export interface Under {
	readonly judgement: Judgement;
	readonly wish: Wish;
	readonly ranges: readonly AdmittedRange[];
	/** As long at least; absent: as short as may be. */
	readonly seconds?: number;
	/** There are other sets of ranges that want to be looked for as well. */
	readonly isOneOfMany?: boolean;
	/** For no more than the offer pays. */
	readonly isPaid?: boolean;
}

/**
 * The requests for the least that the ranges admit: the smallest sizes up to those that were asked (beyond these only
 * where none of them is admitted) for the shortest run, at any start. The starts are those from the wanted one on, then
 * those before it. None where the ranges contradict each other.
 */
export function leastRequests(under: Under): readonly ServiceRequest[] {
	const services = servicesUnder(under, leastDemands);
	if (services === undefined) return [];
	const { request } = under.wish;
	const paid = under.isPaid === true ? request.priceCeiling : undefined;
	const base = withServices(withCeiling(request, under.ranges, under.judgement, paid), services);
	const wantedAt = under.wish.starts.earliestAt;
	const stretches = stretchesUnder(under).flatMap((stretch) => startsIn(stretch, shortestIn(under, stretch)));
	const after = stretches.flatMap((each) => {
		return each.latestAt < wantedAt ? [] : [{ ...each, earliestAt: Math.max(each.earliestAt, wantedAt) }];
	});
	const before = stretches.flatMap((each) => {
		return each.earliestAt >= wantedAt ? [] : [{ ...each, latestAt: Math.min(each.latestAt, wantedAt - 1) }];
	});
	return [...after, ...before].map((starts) => ({ ...base, window: windowOf(starts) }));
}

/** The offer with each of its ranges narrowed to what is admitted of it, or moved to the nearest that is. */
export function nearestRequest(under: Under): ServiceRequest | undefined {
	const services = servicesUnder(under, nearestDemands);
	if (services === undefined) return undefined;
	const { request, starts } = under.wish;
	const window = nearestWindow(under, starts) ?? request.window;
	const paying = withCeiling(request, under.ranges, under.judgement, request.priceCeiling);
	return { ...withServices(paying, services), window };
}

/** The request for as much as there is room for within its ranges, beyond the grant only up to what was asked. */
export function largestRequest({ wish }: Under, request: ServiceRequest, grant: ServiceGrant): ServiceRequest {
	const asked = servicesOf<ServiceSizes>(wish.sizes);
	const granted = servicesOf<GrantedService>(grant);
	const services = servicesOf<RequestedService>(request).map((service, nth) => {
		const capped = { ...service, prefersLargest: true };
		for (const field of SIZES) {
			const { [field]: demand } = service;
			const most = Math.max(asked[nth]![field], granted[nth]![field]);
			if (demand !== undefined) capped[field] = { ...demand, range: intersect(demand.range, below(most)) };
		}
		return capped;
	});
	return withServices(request, services);
}

/**
 * When what is shorter than the nearest request has to end: with the offer, or when the ranges say so if that is earlier,
 * but not before the nearest request does; absent: at no certain time.
 */
export function latestEnd({ ranges, wish }: Under, { window }: ServiceRequest): number | undefined {
	const admitted = admittedOf(ranges, 'endAt');
	const bound = admitted === undefined ? Infinity : (endsOf(admitted)?.upper ?? 0);
	const latest = Math.min(Math.floor(bound), wish.request.window.endAt ?? Infinity);
	return latest === Infinity ? undefined : Math.max(latest, window.endAt ?? 0);
}

/** The whole seconds of a range of times from `least` to `most`, part by part: the first and the last of each. */
export function partsOf(
	range: RangeValue = NOT_NEGATIVE,
	least: number,
	most: number,
): readonly (readonly [number, number])[] {
	const parts = range.intervals.flatMap((interval) => {
		const lower = smallestMultiple({ intervals: [interval] }, 1, least);
		const upper = largestMultiple({ intervals: [interval] }, 1, most);
		return lower === undefined || upper === undefined || lower > upper ? [] : [[lower, upper] as const];
	});
	return parts.slice(0, PARTS_MAX);
}

/** Parts of a range of times that are looked at; whoever lists more of them is content with the first. */
const PARTS_MAX = 8;

/** What the service may ask of one value: undefined leaves it to the site. Null: nothing is admitted. */
type DemandsUnder = (one: {
	readonly demand: Demand | undefined;
	readonly admitted: RangeValue | undefined;
	readonly asked: number;
	readonly step: number;
	/** Whether a total is to be kept to as well: then fewer machines may have to be larger than was asked. */
	readonly isInTotal: boolean;
}) => RangeValue | undefined | null;

const SIZES = ['machineCount', ...SIZE_FIELDS] as const;
export const TOTALS = ['totalCpuCount', 'totalMemoryBytes', 'totalDiskBytes'] as const;
/** The totals that depend on each size. */
const TOTALS_OF: Readonly<Record<(typeof SIZES)[number], readonly (typeof TOTALS)[number][]>> = {
	machineCount: TOTALS,
	cpuCount: ['totalCpuCount'],
	memoryBytes: ['totalMemoryBytes'],
	diskBytes: ['totalDiskBytes'],
	networkBitsPerSecond: [],
};

/** The totals of which the value is a share, or the number of shares. */
export function totalsOf(field: string): readonly (typeof TOTALS)[number][] {
	return field in TOTALS_OF ? TOTALS_OF[field as keyof typeof TOTALS_OF] : [];
}

function servicesUnder(under: Under, demandsUnder: DemandsUnder): RequestedService[] | undefined {
	const { judgement, wish, ranges } = under;
	// Of what is never granted as it was asked (half a CPU, a disk smaller than the image), the nearest that is.
	const sizes = servicesOf<ServiceSizes>(soughtSizes(judgement) ?? wish.sizes);
	const found: RequestedService[] = [];
	for (const [nth, service] of servicesOf<RequestedService>(wish.request).entries()) {
		const { totalCpuCount: _, totalMemoryBytes: __, totalDiskBytes: ___, ...rest } = service;
		const changed: { -readonly [F in (typeof SIZES | typeof TOTALS)[number]]?: Demand } = {};
		for (const field of SIZES) {
			const step = field === 'machineCount' ? 1 : judgement.services[nth]!.sizing.grids[field].step;
			const admitted = admittedOf(ranges, field, nth);
			const { [field]: demand } = service;
			const isInTotal = TOTALS_OF[field].some((total) => admittedOf(ranges, total, nth) !== undefined);
			const range = demandsUnder({ demand, admitted, asked: sizes[nth]![field], step, isInTotal });
			if (range === null) return undefined;
			if (range !== undefined) changed[field] = { range, path: demand?.path ?? '' };
		}
		for (const field of TOTALS) {
			const range = admittedOf(ranges, field, nth);
			if (range !== undefined) changed[field] = { range, path: service[field]?.path ?? '' };
		}
		found.push({ ...rest, prefersLargest: false, ...changed });
	}
	return found;
}

const leastDemands: DemandsUnder = ({ admitted, asked, step, isInTotal }) => {
	if (isInTotal) return admitted ?? above(1);
	// A disk or a bandwidth that was not asked for.
	if (asked === 0 && admitted === undefined) return undefined;
	const upTo = between(Math.min(1, asked), asked);
	if (admitted === undefined) return upTo;
	const within = intersect(admitted, upTo);
	if (largestMultiple(within, step, asked) !== undefined) return within;
	return smallestMultiple(admitted, step, asked) === undefined ? null : admitted;
};

const nearestDemands: DemandsUnder = ({ demand, admitted, asked, step }) => {
	if (admitted === undefined) return demand?.range;
	const within = demand === undefined ? admitted : intersect(demand.range, admitted);
	if (demand !== undefined && smallestMultiple(within, step) !== undefined) return within;
	if (demand === undefined && contains(admitted, asked)) return undefined;
	const nearest = largestMultiple(admitted, step, asked) ?? smallestMultiple(admitted, step, asked);
	return nearest === undefined ? null : between(nearest, nearest);
};

/** The request that pays no more than `paid`, nor than is admitted. */
export function withCeiling(
	asked: ServiceRequest,
	ranges: readonly AdmittedRange[],
	judgement: Judgement,
	paid: PriceCeiling | undefined,
): ServiceRequest {
	const { priceCeiling, ...request } = asked;
	const { pricing } = judgement.scene.room;
	const admitted = admittedOf(ranges, 'price');
	const unpriced = paid === undefined ? request : { ...request, priceCeiling: paid };
	if (pricing === undefined || admitted === undefined) return unpriced;
	const { model } = pricing;
	const upper = endsOf(admitted)?.upper ?? 0;
	// An amount that came from decimal digits is rarely exact; a millionth of the smallest unit is none.
	const units = Math.floor(upper * 10 ** model.decimals + 1e-6);
	if (!Number.isSafeInteger(units) || (paid !== undefined && Number(paid.amount) <= upper)) return unpriced;
	const amount = printAmount(BigInt(Math.max(0, units)), model);
	return { ...request, priceCeiling: { currency: model.currency, amount, path: priceCeiling?.path ?? '' } };
}

/** From when on, and until when, anything may run. */
function calendarOf({ judgement }: Under): {
	readonly fromAt: number;
	readonly untilAt: number;
	readonly begunAt?: number;
} {
	const { room, begun } = judgement.scene;
	const { now, policy } = room;
	const untilAt = now + policy.horizonSeconds;
	if (begun === undefined) return { fromAt: firstOfferedAt(policy, now), untilAt };
	const { startAt } = begun.grant;
	return { fromAt: startAt, untilAt, begunAt: startAt };
}

/** One part of the starts and one of the ends that are admitted, all seconds included. */
interface Stretch {
	readonly starts: readonly [number, number];
	readonly ends: readonly [number, number];
}

function stretchesUnder(under: Under): Stretch[] {
	const { ranges, judgement } = under;
	const { fromAt, untilAt, begunAt } = calendarOf(under);
	const ends = partsOf(admittedOf(ranges, 'endAt'), judgement.scene.room.now + 1, untilAt);
	const starts = partsOf(admittedOf(ranges, 'startAt'), fromAt, begunAt ?? untilAt);
	return starts.flatMap((each) => ends.map((end) => ({ starts: each, ends: end })));
}

/** The shortest run that is admitted and can end when it must. */
function shortestIn({ ranges, judgement, seconds = 0 }: Under, { starts, ends }: Stretch): number | undefined {
	const least = Math.max(seconds, judgement.scene.room.policy.durationSecondsMin, ends[0] - starts[1]);
	return smallestMultiple(admittedOf(ranges, 'durationSeconds') ?? NOT_NEGATIVE, 1, least);
}

/** All starts of the stretch at which a run of so many seconds ends in it. */
function startsIn({ starts, ends }: Stretch, durationSeconds: number | undefined): Starts[] {
	if (durationSeconds === undefined) return [];
	const earliestAt = Math.max(starts[0], ends[0] - durationSeconds);
	const latestAt = Math.min(starts[1], ends[1] - durationSeconds);
	return earliestAt > latestAt ? [] : [{ earliestAt, latestAt, durationSeconds }];
}

function windowOf({ earliestAt, latestAt, durationSeconds }: Starts): Window {
	return { startAt: earliestAt, endAt: latestAt + durationSeconds, durationSeconds };
}

/** The wanted starts as far as they are admitted, or the nearest that is; for as long as wanted, or nearly. */
function nearestWindow(under: Under, wanted: Starts): Window | undefined {
	const durationAdmitted = admittedOf(under.ranges, 'durationSeconds') ?? NOT_NEGATIVE;
	// As long as the site agrees to anything.
	const atMost = Math.min(wanted.durationSeconds, under.judgement.window.nearest.durationSeconds);
	const durationSeconds = largestMultiple(durationAdmitted, 1, atMost) ?? smallestMultiple(durationAdmitted, 1, atMost);
	const isSaid = under.ranges.some(({ field }) => TIME_FIELDS.has(field));
	if (!isSaid) return undefined;
	const distance = ({ earliestAt, latestAt }: Starts): number =>
		Math.max(0, earliestAt - wanted.latestAt, wanted.earliestAt - latestAt);
	const [nearest] = stretchesUnder(under)
		.flatMap((stretch) => startsIn(stretch, durationSeconds))
		.sort((one, other) => distance(one) - distance(other));
	if (nearest === undefined) return undefined;
	const earliestAt = Math.min(Math.max(nearest.earliestAt, wanted.earliestAt), nearest.latestAt);
	const latestAt = Math.max(earliestAt, Math.min(nearest.latestAt, wanted.latestAt));
	return windowOf({ ...nearest, earliestAt, latestAt });
}

const TIME_FIELDS: ReadonlySet<AdmittedRange['field']> = new Set(['startAt', 'endAt', 'durationSeconds']);
