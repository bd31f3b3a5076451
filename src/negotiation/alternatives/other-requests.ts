/**
 * An offer narrowed to one start or one size after the other: what a site's own policy is asked about where it denies
 * what would be granted, and nobody knows why. Its rules are about the hour of the day, the day and the date, or about
 * how much it is; so hours, days, dates and amounts are what these differ in.
 */
import { exactly, intersect } from '../../agreement/jsdl/range.ts';
import {
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
	type Window,
	withServices,
} from '../../agreement/terms/service.ts';
import type { Judgement } from '../judge.ts';
import { zoneIndex } from '../policy/cost.ts';
import { type SitePolicy, sizeLimit } from '../policy/policy.ts';
import { machineCounts, type ServiceSizes, SIZE_FIELDS, type SizeField } from '../sizes.ts';
import { firstOfferedAt } from '../window.ts';
import { valuesOf } from './candidates.ts';
import { halves } from './ladder.ts';
import { TOTALS } from './under.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** The first day is walked in the shortest of these steps that takes no more than so many. */
const STEPS = [60, 300, 600, 900, 1800, 3600, 7200];
const STEPS_MAX = 12;
/** Then each midnight and noon for a week, and of what is left so many dates, as far from each other. */
const HALF_DAY = DAY / 2;
const DAYS = 7;
const DATES = 4;
/** Values of each size beside the default. */
const VALUES = 3;

/** Requests within the offer, other than for what would be granted: one size each, then one part of the window each. */
export function requestsBeside(
	{ services, scene, window }: Judgement,
	request: ServiceRequest,
	plain: ServiceGrant,
): readonly ServiceRequest[] {
	const { policy } = scene.room;
	const sized = servicesOf<ServiceSizes>(plain).flatMap((granted, nth) => {
		const asked = servicesOf<RequestedService>(request)[nth]!;
		return (['machineCount', ...SIZE_FIELDS] as const).flatMap((field) => {
			const { sizing } = services[nth]!;
			const values =
				field === 'machineCount'
					? machineCounts(sizing)
					: valuesOf(sizing.grids[field], granted.machineCount, sizeLimit(policy, field));
			const others = farApart(values.filter((value) => value !== granted[field]));
			return others.map((value) => withService(request, nth, only(asked, field, value)));
		});
	});
	const { starts } = window;
	if (starts === undefined || scene.begun !== undefined) return sized;
	const { latestAt, durationSeconds } = starts;
	const spans = spansIn(policy, plain.startAt + 1, latestAt);
	return [...sized, ...spans.map((span) => ({ ...request, window: windowOf(span, durationSeconds) }))];
}

/** Requests for less than the offer asks for, and of something that has not begun for a shorter time, and for the hours before its window and the days behind it. */
export function requestsBeyond(
	{ window, scene }: Judgement,
	request: ServiceRequest,
	plain: ServiceGrant,
): readonly ServiceRequest[] {
	const { policy, now } = scene.room;
	const services = servicesOf<RequestedService>(request);
	const smaller = servicesOf<ServiceSizes>(plain).flatMap((granted, nth) => {
		return LESS.flatMap((field) => {
			const { path = '' } = services[nth]![field] ?? {};
			const less = halves(granted[field], 1).slice(1, 1 + HALVED);
			return less.map((value) => withService(request, nth, { [field]: { range: exactly(value), path } }));
		});
	});
	const { starts } = window;
	if (starts === undefined || scene.begun !== undefined) return smaller;
	const { earliestAt, latestAt, durationSeconds } = starts;
	const shorter = halves(durationSeconds, policy.durationSecondsMin).slice(1, 1 + HALVED);
	const untilAt = Math.min(latestAt + (DAYS + 1) * DAY, now + policy.horizonSeconds - durationSeconds);
	const soonestAt = Math.max(firstOfferedAt(policy, now), earliestAt - HALF_DAY);
	const before = wholeBetween(policy, STEPS.at(-1)!, soonestAt, earliestAt - 1).toReversed();
	const windows = [
		...shorter.map((seconds) => windowOf({ fromAt: earliestAt, untilAt: latestAt }, seconds)),
		...before.map((at) => windowOf({ fromAt: at, untilAt: at }, durationSeconds)),
		...spansIn(policy, latestAt + 1, untilAt).map((span) => windowOf(span, durationSeconds)),
	];
	return [...smaller, ...windows.map((each) => ({ ...request, window: each }))];
}

/** Every hour of the first day of the window, and of the one behind it: what is asked about last. */
export function requestsHourly(
	{ window, scene }: Judgement,
	request: ServiceRequest,
	plain: ServiceGrant,
): readonly ServiceRequest[] {
	const { starts } = window;
	if (starts === undefined || scene.begun !== undefined) return [];
	const { latestAt, durationSeconds } = starts;
	const { policy } = scene.room;
	const within = wholeBetween(policy, HOUR, plain.startAt + 1, Math.min(latestAt, plain.startAt + DAY));
	const behind = wholeBetween(policy, HOUR, latestAt + 1, latestAt + DAY);
	return [...within, ...behind].map((at) => {
		return { ...request, window: windowOf({ fromAt: at, untilAt: at }, durationSeconds) };
	});
}

const LESS = ['machineCount', 'cpuCount', 'memoryBytes'] as const;
/** How often it is halved. */
const HALVED = 2;

/** The request for exactly this within what was asked; undefined where it is not within its window. */
export function requestForGrant(
	{ window: { starts }, scene, services }: Judgement,
	request: ServiceRequest,
	grant: ServiceGrant,
): ServiceRequest | undefined {
	if (starts === undefined) return undefined;
	const asked = servicesOf<RequestedService>(request);
	const granted = servicesOf<ServiceSizes>(grant);
	const exact = withServices(
		request,
		asked.map((service, nth) => {
			const { grids } = services[nth]!.sizing;
			const open = SIZE_FIELDS.filter((field) => service[field] !== undefined || grids[field].total !== undefined);
			const fields = ['machineCount', ...open] as const;
			return Object.assign({ ...service }, ...fields.map((field) => only(service, field, granted[nth]![field])));
		}),
	);
	if (scene.begun !== undefined) return exact;
	const { earliestAt, latestAt, durationSeconds } = starts;
	// What would have begun at once begins now.
	const at = Math.max(grant.startAt, earliestAt);
	if (at > latestAt) return undefined;
	return { ...exact, window: windowOf({ fromAt: at, untilAt: at }, durationSeconds) };
}

interface Span {
	readonly fromAt: number;
	readonly untilAt: number;
}

/** Parts of the starts from one time to another, the earliest first: each begins at a whole hour or so by the site's clock. */
function spansIn(policy: SitePolicy, fromAt: number, untilAt: number): readonly Span[] {
	if (untilAt < fromAt) return [];
	const dayAt = Math.min(untilAt, fromAt + DAY);
	const step = STEPS.find((each) => (dayAt - fromAt) / each <= STEPS_MAX) ?? STEPS.at(-1)!;
	const ofDay = wholeBetween(policy, step, fromAt, dayAt);
	const weekAt = Math.min(untilAt, dayAt + (DAYS - 1) * DAY);
	const ofWeek = wholeBetween(policy, HALF_DAY, dayAt + 1, weekAt);
	const dates = Array.from(
		{ length: DATES },
		(_, nth) => weekAt + Math.round(((nth + 1) * (untilAt - weekAt)) / DATES),
	);
	const ofDates = dates.flatMap((at) => wholeBetween(policy, DAY, Math.max(weekAt, at - DAY) + 1, at));
	const starts = [...new Set([...ofDay, ...ofWeek, ...ofDates, untilAt])];
	return starts.map((at, nth) => ({ fromAt: at, untilAt: Math.max(at, (starts[nth + 1] ?? untilAt + 1) - 1) }));
}

/** All whole steps of the site's clock, both ends included. */
function wholeBetween({ prices }: SitePolicy, step: number, fromAt: number, untilAt: number): number[] {
	const found: number[] = [];
	for (let at = fromAt; at <= untilAt; ) {
		const offset = prices === undefined ? 0 : prices.zone[zoneIndex(prices, at)]!.offsetSeconds;
		const whole = Math.ceil((at + offset) / step) * step - offset;
		if (whole <= untilAt) found.push(whole);
		at = whole + 1;
	}
	return found;
}

function windowOf({ fromAt, untilAt }: Span, durationSeconds: number): Window {
	return { startAt: fromAt, endAt: untilAt + durationSeconds, durationSeconds };
}

/** Of many the last, the middle and the first. */
function farApart(values: readonly number[]): readonly number[] {
	if (values.length <= VALUES) return values;
	return [values.at(-1)!, values[values.length >> 1]!, values[0]!];
}

/** Of one size this value alone; it is open where it is asked for, and where totals leave it to each machine. */
function only(service: RequestedService, field: SizeField | 'machineCount', value: number): Partial<RequestedService> {
	const range = exactly(value);
	const demand = service[field];
	if (demand !== undefined) return { [field]: { ...demand, range: intersect(demand.range, range) } };
	return TOTALS.some((total) => service[total] !== undefined) ? { [field]: { range, path: '' } } : {};
}

function withService(request: ServiceRequest, nth: number, changed: Partial<RequestedService>): ServiceRequest {
	const services = servicesOf<RequestedService>(request);
	return withServices(
		request,
		services.map((each, index) => (index === nth ? { ...each, ...changed } : each)),
	);
}
