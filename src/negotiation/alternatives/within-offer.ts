/** An offer narrowed, within its own ranges, to what constraints on the answer admit. */
import { contains, intersect } from '../../agreement/jsdl/range.ts';
import { type AdmittedRange, admittedOf } from '../../agreement/offer/admitted.ts';
import {
	type Demand,
	type RequestedService,
	type ServiceRequest,
	servicesOf,
	type Window,
	withServices,
} from '../../agreement/terms/service.ts';
import type { JudgedService, Judgement } from '../judge.ts';
import { SIZE_FIELDS, type SizeField, type Sizing } from '../sizes.ts';
import { partsOf, TOTALS, totalsOf, withCeiling } from './under.ts';

/**
 * The requests for what both the offer and the ranges admit, the earliest starts first: between them they admit all
 * that is. None where nothing is. Of what the offer leaves to the site but the ranges speak of, first what the site
 * would give, where they admit that, and last whatever they admit.
 */
export function requestsWithin(
	judgement: Judgement,
	request: ServiceRequest,
	ranges: readonly AdmittedRange[],
): readonly ServiceRequest[] {
	const paying = withCeiling(request, ranges, judgement, request.priceCeiling);
	const asked = servicesOf<RequestedService>(request);
	const servicesWith = (keepsDefaults: boolean) =>
		asked.map((service, nth) => serviceWithin(service, judgement.services[nth]!, ranges, nth, keepsDefaults));
	const windows = windowsWithin(judgement, request.window, ranges);
	const [given, all] = [servicesWith(true), servicesWith(false)];
	const isOpen = all.some((service, nth) => FIELDS.some((field) => field in service !== field in given[nth]!));
	return [given, ...(isOpen ? [all] : [])].flatMap((services) => {
		const narrowed = withServices(paying, services);
		return windows.map((window) => ({ ...narrowed, window }));
	});
}

/** Whether the ranges let the site choose what it would give a default of: a size that the offer leaves to it. */
export function opensWithin(request: ServiceRequest, ranges: readonly AdmittedRange[]): boolean {
	const services = servicesOf<RequestedService>(request);
	const isLeft = (field: Field): boolean =>
		services.some((service, nth) => {
			return service[field] === undefined && admittedOf(ranges, field, nth) !== undefined;
		});
	return FIELDS.some(isLeft);
}

const FIELDS = ['machineCount', ...SIZE_FIELDS, ...TOTALS] as const;

function serviceWithin<S extends RequestedService>(
	service: S,
	{ sizing }: JudgedService,
	ranges: readonly AdmittedRange[],
	nth: number,
	keepsDefaults: boolean,
): S {
	const admittedFor = (field: Field) => admittedOf(ranges, field, nth);
	const isDivided = (field: Field): boolean =>
		totalsOf(field).some((total) => service[total] !== undefined || admittedFor(total) !== undefined);
	const changed: { -readonly [F in Field]?: Demand } = {};
	for (const field of FIELDS) {
		const admitted = admittedFor(field);
		if (admitted === undefined) continue;
		const { [field]: demand } = service;
		const given = keepsDefaults && !isDivided(field) ? givenOf(sizing, field) : undefined;
		if (demand !== undefined) changed[field] = { ...demand, range: intersect(demand.range, admitted) };
		else if (given === undefined || !contains(admitted, given)) changed[field] = { range: admitted, path: '' };
	}
	return { ...service, ...changed };
}

type Field = (typeof FIELDS)[number];

/** What the site gives where the offer says nothing; undefined of a total. */
function givenOf({ countFallback, grids }: Sizing, field: Field): number | undefined {
	if (field === 'machineCount') return countFallback;
	return SIZE_FIELDS.includes(field as SizeField) ? grids[field as SizeField].fallback : undefined;
}

/** What of the window's starts lies in the ranges; the window as it is where they say nothing of times. */
function windowsWithin({ window, scene }: Judgement, asked: Window, ranges: readonly AdmittedRange[]): Window[] {
	const { starts } = window;
	const isSaid = ranges.some(({ field }) => field === 'startAt' || field === 'endAt');
	// What has begun keeps its start, and its end is what is asked.
	if (starts === undefined || scene.begun !== undefined || !isSaid) return [asked];
	const { earliestAt, latestAt, durationSeconds } = starts;
	const ends = partsOf(admittedOf(ranges, 'endAt'), earliestAt + durationSeconds, latestAt + durationSeconds);
	return partsOf(admittedOf(ranges, 'startAt'), earliestAt, latestAt)
		.flatMap(([first, last]) => {
			return ends.map(([from, until]) => {
				return { from: Math.max(first, from - durationSeconds), until: Math.min(last, until - durationSeconds) };
			});
		})
		.filter(({ from, until }) => from <= until)
		.sort((one, other) => one.from - other.from)
		.map(({ from, until }) => ({ startAt: from, endAt: until + durationSeconds, durationSeconds }));
}
