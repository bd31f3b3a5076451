/**
 * How an alternative differs from what was asked, and which of two is nearer to it.
 *
 * The measure is the share of the wish that is kept, between 0 and 1: the product of what is kept of every size and of
 * the duration, of `duration / (duration + shift)` for a start that is shifted (an hour later is little for a week and
 * much for a minute), of 0.9 for other hosts than those named, and of `ceiling / price` for what is dearer than the
 * offer pays. Ties go to what has less effect on plans: dearer, another host, later, earlier, smaller, shorter; then to
 * the earlier start and the larger grant. So the order is total over distinct grants and depends on nothing but the
 * request and the grants (H7).
 */
import type { Money, Price } from '../agreement/quote.ts';
import type { ServiceGrant, ServiceRequest } from '../agreement/service.ts';
import type { Alternative, Difference } from './decision.ts';
import { SIZE_FIELDS, type Sizes } from './sizes.ts';
import type { Starts } from './window.ts';

type AlternativeKind = Alternative['kind'];

/** What was asked, as the values that alternatives are compared with. */
export interface Wish {
	readonly sizes: Sizes;
	readonly starts: Starts;
	readonly request: ServiceRequest;
	/** Where the site has prices. */
	readonly priceOf?: (grant: ServiceGrant) => Price;
}

/** A grant with its kind and the share of the wish that it keeps. */
export interface Rated {
	readonly kind: AlternativeKind;
	readonly grant: ServiceGrant;
	readonly kept: number;
	readonly price?: Price;
}

export function rate(grant: ServiceGrant, wish: Wish): Rated {
	const price = wish.priceOf?.(grant);
	const kind = kindOf(differencesOf(grant, price, wish));
	return { kind, grant, kept: shareKept(grant, price, wish), ...(price === undefined ? {} : { price }) };
}

/** Orders rated candidates, the best first. */
export function compareRated(one: Rated, other: Rated): number {
	if (one.kept !== other.kept) return other.kept - one.kept;
	if (one.kind !== other.kind) return KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind);
	if (one.grant.startAt !== other.grant.startAt) return one.grant.startAt - other.grant.startAt;
	for (const field of COMPARED) {
		if (one.grant[field] !== other.grant[field]) return other.grant[field] - one.grant[field];
	}
	return 0;
}

/** Whether the other is no better in anything: whoever is offered the one has no use for the other. */
export function outdoes(best: Rated, rival: Rated, { starts, request }: Wish): boolean {
	const { grant: one } = best;
	const { grant: other } = rival;
	const latestEnd = request.window.endAt ?? Number.POSITIVE_INFINITY;
	const shift = one.startAt - nearestStart(one.startAt, starts);
	const otherShift = other.startAt - nearestStart(other.startAt, starts);
	const isNearer = shift >= 0 ? shift <= otherShift : shift >= otherShift;
	return (
		(isNearer || shift === 0) &&
		!isCheaper(rival.price, best.price) &&
		Math.max(one.endAt, latestEnd) <= Math.max(other.endAt, latestEnd) &&
		one.endAt - one.startAt >= other.endAt - other.startAt &&
		one.candidateHosts?.join(' ') === other.candidateHosts?.join(' ') &&
		(['machineCount', ...SIZE_FIELDS] as const).every((field) => one[field] >= other[field])
	);
}

function isCheaper(one: Price | undefined, other: Price | undefined): boolean {
	return one !== undefined && other !== undefined && amountIn(one) < amountIn(other);
}

/** One entry per value that differs from what was asked, in the order of the fields of Difference. */
export function differencesOf(
	grant: ServiceGrant,
	price: Price | undefined,
	{ sizes, starts, request }: Wish,
): readonly Difference[] {
	const differences: Difference[] = [];
	const note = (field: Difference['field'], asked: number | string, offered: number | string): void => {
		if (asked !== offered) differences.push({ field, asked, offered });
	};
	note('startAt', nearestStart(grant.startAt, starts), grant.startAt);
	const { endAt } = request.window;
	const isFixed = starts.earliestAt === starts.latestAt;
	// A window that floats may end before its end.
	if (endAt !== undefined && (isFixed || grant.endAt > endAt)) note('endAt', endAt, grant.endAt);
	note('durationSeconds', starts.durationSeconds, grant.endAt - grant.startAt);
	for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
		note(field, sizes[field], grant[field]);
	}
	if (grant.candidateHosts !== undefined) {
		note('host', request.candidateHosts.join(' '), grant.candidateHosts.join(' '));
	}
	const { priceCeiling } = request;
	if (priceCeiling !== undefined && price !== undefined && amountIn(price) > amountIn(priceCeiling)) {
		note('price', `${priceCeiling.amount} ${priceCeiling.currency}`, `${price.amount} ${price.currency}`);
	}
	return differences;
}

/** What an alternative is called, after its weightiest difference. */
function kindOf(differences: readonly Difference[]): AlternativeKind {
	const of = (field: Difference['field']): Difference | undefined =>
		differences.find((difference) => difference.field === field);
	if (of('host')) return 'other-host';
	if ((['machineCount', ...SIZE_FIELDS] as const).some(of)) return 'smaller';
	if (of('durationSeconds')) return 'shorter';
	if (of('price')) return 'dearer';
	const start = of('startAt');
	return start !== undefined && start.offered < start.asked ? 'earlier' : 'later';
}

const KINDS: readonly AlternativeKind[] = ['dearer', 'other-host', 'later', 'earlier', 'smaller', 'shorter'];

const COMPARED = ['machineCount', ...SIZE_FIELDS, 'endAt'] as const;

const OTHER_HOST_KEEPS = 0.9;

function shareKept(grant: ServiceGrant, price: Price | undefined, { sizes, starts, request }: Wish): number {
	const shift = Math.abs(grant.startAt - nearestStart(grant.startAt, starts));
	let kept = starts.durationSeconds / (starts.durationSeconds + shift);
	kept *= part(grant.endAt - grant.startAt, starts.durationSeconds);
	for (const field of ['machineCount', ...SIZE_FIELDS] as const) kept *= part(grant[field], sizes[field]);
	if (price !== undefined && request.priceCeiling !== undefined) {
		kept *= part(amountIn(request.priceCeiling), amountIn(price));
	}
	return grant.candidateHosts === undefined ? kept : kept * OTHER_HOST_KEEPS;
}

/** For comparisons: amounts of up to 15 digits are told apart well enough by a double. */
function amountIn({ amount }: Money): number {
	return Number(amount);
}

function part(offered: number, asked: number): number {
	return asked === 0 ? 1 : Math.min(1, offered / asked);
}

/** The wanted start that is nearest to this one. */
function nearestStart(startAt: number, { earliestAt, latestAt }: Starts): number {
	return Math.min(Math.max(startAt, earliestAt), latestAt);
}
