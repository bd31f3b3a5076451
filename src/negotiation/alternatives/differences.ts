/** How an alternative differs from what was asked, value by value. */
import { printRange } from '../../agreement/jsdl/range.ts';
import type { Money, Price } from '../../agreement/terms/quote.ts';
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
} from '../../agreement/terms/service.ts';
import type { Difference } from '../decision.ts';
import { type ServiceSizes, SIZE_FIELDS } from '../sizes.ts';
import type { Starts } from '../window.ts';
import type { Wish } from './ranking.ts';
import { TOTALS } from './under.ts';

/** The sizes of a service. */
export const SIZES = ['machineCount', ...SIZE_FIELDS] as const;
/** The same, and what all its machines have together. */
export const AMOUNTS = [...SIZES, ...TOTALS] as const;

/** One entry per value that differs from what was asked, in the order of the fields of Difference. */
export function differencesOf(
	grant: ServiceGrant,
	price: Price | undefined,
	{ sizes, starts, request, reference, isBeyond }: Wish,
): readonly Difference[] {
	const differences: Difference[] = [];
	const note = (
		field: Difference['field'],
		asked: number | string,
		offered: number | string,
		serviceName?: string,
	): void => {
		if (asked !== offered)
			differences.push({ field, ...(serviceName === undefined ? {} : { serviceName }), asked, offered });
	};
	note('startAt', nearestStart(grant.startAt, starts), grant.startAt);
	const { endAt } = request.window;
	const isFixed = starts.earliestAt === starts.latestAt;
	// A window that floats may end before its end.
	if (endAt !== undefined && (isFixed || grant.endAt > endAt)) note('endAt', endAt, grant.endAt);
	note('durationSeconds', starts.durationSeconds, grant.endAt - grant.startAt);
	const wished = servicesOf<ServiceSizes>(sizes);
	const named = servicesOf<RequestedService>(request);
	for (const [nth, service] of servicesOf<GrantedService>(grant).entries()) {
		const { serviceName, candidateHosts } = service;
		for (const field of SIZES) note(field, wished[nth]![field], service[field], serviceName);
		if (candidateHosts === undefined) continue;
		note('host', named[nth]!.candidateHosts.join(' '), candidateHosts.join(' '), serviceName);
	}
	if (reference !== undefined && price !== undefined) {
		// Whatever the offer pays is what it asked for.
		const isPaid = request.priceCeiling !== undefined && amountIn(price) <= amountIn(reference);
		if (!isPaid) note('price', `${reference.amount} ${reference.currency}`, `${price.amount} ${price.currency}`);
	}
	return isBeyond && differences.length === 0 ? narrowings(grant, request) : differences;
}

/** What the grant says in the place of ranges of the offer that hold it, and of a window that floats. */
function narrowings(grant: ServiceGrant, request: ServiceRequest): readonly Difference[] {
	const { startAt, endAt } = request.window;
	const differences: Difference[] = [];
	if (startAt !== undefined && startAt !== grant.startAt)
		differences.push({ field: 'startAt', asked: startAt, offered: grant.startAt });
	if (endAt !== undefined && endAt !== grant.endAt)
		differences.push({ field: 'endAt', asked: endAt, offered: grant.endAt });
	const named = servicesOf<RequestedService>(request);
	for (const [nth, service] of servicesOf<GrantedService>(grant).entries()) {
		const { serviceName } = service;
		for (const field of AMOUNTS) {
			const range = named[nth]![field]?.range;
			const offered = amountOf(service, field);
			if (range === undefined || printRange(range) === String(offered)) continue;
			differences.push({ field, ...(serviceName && { serviceName }), asked: printRange(range), offered });
		}
	}
	return differences.length > 0 ? differences : unsaid(grant, request);
}

/** What the grant says where the offer says nothing: a template may want it said. */
function unsaid(grant: ServiceGrant, request: ServiceRequest): readonly Difference[] {
	const times = (['startAt', 'endAt'] as const).filter((field) => request.window[field] === undefined);
	const named = servicesOf<RequestedService>(request);
	return [
		...times.map((field) => ({ field, asked: ANYTHING, offered: grant[field] })),
		...servicesOf<GrantedService>(grant).flatMap((service, nth) => {
			const { serviceName } = service;
			const open = SIZES.filter((field) => named[nth]![field] === undefined && service[field] > 0);
			return open.map((field) => ({
				field,
				...(serviceName && { serviceName }),
				asked: ANYTHING,
				offered: service[field],
			}));
		}),
	];
}

/** What was asked of that which the offer leaves to the site. */
const ANYTHING = 'anything';

/** One size of the service, or what all its machines have together. */
export function amountOf(service: ServiceSizes, field: (typeof AMOUNTS)[number]): number {
	switch (field) {
		case 'totalCpuCount':
			return service.machineCount * service.cpuCount;
		case 'totalMemoryBytes':
			return service.machineCount * service.memoryBytes;
		case 'totalDiskBytes':
			return service.machineCount * service.diskBytes;
		default:
			return service[field];
	}
}

/** For comparisons: amounts of up to 15 digits are told apart well enough by a double. */
export function amountIn({ amount }: Money): number {
	return Number(amount);
}

/** The wanted start that is nearest to this one. */
export function nearestStart(startAt: number, { earliestAt, latestAt }: Starts): number {
	return Math.min(Math.max(startAt, earliestAt), latestAt);
}
