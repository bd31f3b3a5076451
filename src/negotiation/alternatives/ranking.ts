/**
 * Which of two alternatives is nearer to what was asked: the default ranking, as docs/negotiation.md tells it to clients.
 *
 * First counts the Importance of the Optional constraints that it keeps to, where the client has any. Then the share of
 * the wish that it keeps, between 0 and 1, the product of
 * - sizes: for every size of every service the part that is kept;
 * - time: the part of the duration, and `duration / (duration + shift)` for a start that is shifted (an hour later is
 *   little for a week and much for a minute);
 * - price: `reference / price` where it is dearer than the reference, which is the offer's ceiling or, without one, what
 *   the offer would cost as it was asked; where that is nothing, half of the smallest amount;
 * - hosts: 0.9 for others than those named.
 * A client whose Preferences weigh sizes and time differently has these raised to their weights.
 *
 * Ties go to what has less effect on plans: dearer, another host, later, earlier, smaller, shorter, larger, longer; then to the earlier
 * start and the larger grant. So the order is total over distinct grants and depends on nothing but the request and the
 * grants (H7).
 */

import { contains, endsOf } from '../../agreement/jsdl/range.ts';
import type { Money, Price } from '../../agreement/terms/quote.ts';
import {
	type GrantedService,
	type RequestedService,
	type ServiceGrant,
	type ServiceRequest,
	servicesOf,
} from '../../agreement/terms/service.ts';
import type { Alternative, Difference } from '../decision.ts';
import type { ServiceSizes, Sizes } from '../sizes.ts';
import type { Starts } from '../window.ts';
import { AMOUNTS, amountIn, amountOf, differencesOf, nearestStart, SIZES } from './differences.ts';

type AlternativeKind = Alternative['kind'];

/** What was asked, as the values that alternatives are compared with. */
export interface Wish {
	readonly sizes: Sizes;
	readonly starts: Starts;
	readonly request: ServiceRequest;
	/** Where the site has prices. */
	readonly priceOf?: (grant: ServiceGrant) => Price;
	/** With which a price is compared. */
	readonly reference?: Money;
	/** The Importance of the client's Optional constraints that a grant keeps to. */
	readonly importanceOf?: (grant: ServiceGrant, price?: Price) => number;
	/** What was asked goes beyond the template, so that its ranges and its window may have to be narrowed. */
	readonly isBeyond?: boolean;
}

/** A grant with its kind and the share of the wish that it keeps. */
export interface Rated {
	readonly kind: AlternativeKind;
	readonly grant: ServiceGrant;
	readonly importance: number;
	readonly kept: number;
	readonly price?: Price;
}

/** How it differs from the wish, and how much of it it keeps. */
export function rate(grant: ServiceGrant, wish: Wish): Rated {
	const price = wish.priceOf?.(grant);
	const kind = kindOf(differencesOf(grant, price, wish), wish.request);
	const importance = wish.importanceOf?.(grant, price) ?? 0;
	return { kind, grant, importance, kept: shareKept(grant, price, wish), ...(price === undefined ? {} : { price }) };
}

/** Orders rated candidates, the best first. */
export function compareRated(one: Rated, other: Rated): number {
	if (one.importance !== other.importance) return other.importance - one.importance;
	if (one.kept !== other.kept) return other.kept - one.kept;
	if (one.kind !== other.kind) return KINDS.indexOf(one.kind) - KINDS.indexOf(other.kind);
	if (one.grant.startAt !== other.grant.startAt) return one.grant.startAt - other.grant.startAt;
	for (const [size, otherSize] of sizePairs(one.grant, other.grant)) {
		if (size !== otherSize) return otherSize - size;
	}
	return other.grant.endAt - one.grant.endAt;
}

/**
 * Whether the other is no better in anything: whoever is offered the one has no use for the other. Earlier and later
 * starts are never compared: one client cannot begin earlier, another cannot wait.
 */
export function outdoes(best: Rated, rival: Rated, wish: Wish): boolean {
	const { starts, request } = wish;
	const { grant: one } = best;
	const { grant: other } = rival;
	const latestEnd = request.window.endAt ?? Number.POSITIVE_INFINITY;
	const shift = one.startAt - nearestStart(one.startAt, starts);
	const otherShift = other.startAt - nearestStart(other.startAt, starts);
	const isNearer = shift >= 0 ? shift <= otherShift : shift >= otherShift;
	// Of the starts that are wanted the first is best, as where an offer is accepted.
	const isFirst = shift === 0 && (otherShift !== 0 || one.startAt <= other.startAt);
	return (
		(shift === 0 ? isFirst : isNearer) &&
		best.importance >= rival.importance &&
		!isCheaper(rival, best) &&
		(!isUnpaid(best, request) || isUnpaid(rival, request)) &&
		Math.max(one.endAt, latestEnd) <= Math.max(other.endAt, latestEnd) &&
		one.endAt - one.startAt >= other.endAt - other.startAt &&
		hostsNamed(one) === hostsNamed(other) &&
		isNoLess(best, rival, wish)
	);
}

/**
 * Whether one is no smaller in anything up to what was asked, and in nothing beyond that larger: whoever asks for 8 CPUs
 * has no use for 10, unless it is what the client would like. What lies within all ranges of the offer is as it was asked,
 * beside what does not; what prefers the largest is asked for up to the end of its ranges.
 */
function isNoLess(best: Rated, rival: Rated, { sizes, request }: Wish): boolean {
	const { grant: one } = best;
	const { grant: other } = rival;
	const isOnlyWithin = isWithinRanges(one, request) && !isWithinRanges(other, request);
	const mayBeLarger = best.importance > rival.importance || isOnlyWithin;
	const others = servicesOf<GrantedService>(other);
	const wished = servicesOf<ServiceSizes>(sizes);
	const asked = servicesOf<RequestedService>(request);
	return servicesOf<GrantedService>(one).every((service, nth) => {
		const { prefersLargest } = asked[nth]!;
		return SIZES.every((field) => {
			const [size, otherSize, least] = [service[field], others[nth]![field], wished[nth]![field]];
			const range = asked[nth]![field]?.range;
			const most = Math.max(least, (prefersLargest && range && endsOf(range)?.upper) || least);
			if (Math.min(size, most) < Math.min(otherSize, most)) return false;
			const isOnlyAsked = range !== undefined && contains(range, size) && !contains(range, otherSize);
			return mayBeLarger || isOnlyAsked || size <= Math.max(otherSize, most);
		});
	});
}

function isWithinRanges(grant: ServiceGrant, request: ServiceRequest): boolean {
	const asked = servicesOf<RequestedService>(request);
	return servicesOf<GrantedService>(grant).every((service, nth) =>
		AMOUNTS.every((field) => {
			const { [field]: demand } = asked[nth]!;
			return demand === undefined || contains(demand.range, amountOf(service, field));
		}),
	);
}

/**
 * Whether the two are too alike to be a choice: neither start (measured in durations), nor duration, nor any size, nor
 * the price differs by a tenth, and the hosts are the same.
 */
export function isAlike(one: Rated, other: Rated): boolean {
	const { grant: a } = one;
	const { grant: b } = other;
	const duration = Math.max(a.endAt - a.startAt, b.endAt - b.startAt);
	const near = (left: number, right: number): boolean =>
		left === right || Math.abs(left - right) < Math.max(left, right) * TELLS_APART;
	return (
		Math.abs(a.startAt - b.startAt) < duration * TELLS_APART &&
		near(a.endAt - a.startAt, b.endAt - b.startAt) &&
		sizePairs(a, b).every(([size, otherSize]) => near(size, otherSize)) &&
		hostsNamed(a) === hostsNamed(b) &&
		(one.price === undefined || other.price === undefined || near(amountIn(one.price), amountIn(other.price)))
	);
}

/** A tenth of anything is what a client would ask about again. */
const TELLS_APART = 0.1;

/** Whether it costs more than the offer pays. */
export function isUnpaid({ price }: { readonly price?: Price | undefined }, { priceCeiling }: ServiceRequest): boolean {
	return price !== undefined && priceCeiling !== undefined && amountIn(price) > amountIn(priceCeiling);
}

/** Whether it costs less for what it is: less than the other's price for the same share of sizes and time. */
function isCheaper({ price, grant }: Rated, other: Rated): boolean {
	if (price === undefined || other.price === undefined) return false;
	return amountIn(price) < amountIn(other.price) * shareOf(grant, other.grant);
}

/** How much of the other it is, in sizes and time. */
export function shareOf(grant: ServiceGrant, other: ServiceGrant): number {
	let share = (grant.endAt - grant.startAt) / (other.endAt - other.startAt);
	for (const [size, otherSize] of sizePairs(grant, other)) share *= part(size, otherSize);
	return share;
}

/** What an alternative is called, after its weightiest difference. */
function kindOf(differences: readonly Difference[], { priceCeiling }: ServiceRequest): AlternativeKind {
	const of = (field: Difference['field']): Difference | undefined =>
		differences.find((difference) => difference.field === field);
	if (of('host')) return 'other-host';
	const isSize = (field: Difference['field']): boolean => (AMOUNTS as readonly string[]).includes(field);
	const isLess = ({ asked, offered }: Difference): boolean => typeof asked === 'string' || Number(offered) < asked;
	if (differences.some((each) => isSize(each.field) && isLess(each))) return 'smaller';
	const duration = of('durationSeconds');
	if (duration !== undefined) return duration.offered < duration.asked ? 'shorter' : 'longer';
	if (differences.some(({ field }) => isSize(field))) return 'larger';
	if (priceCeiling !== undefined && of('price')) return 'dearer';
	const start = of('startAt');
	return start !== undefined && start.offered < start.asked ? 'earlier' : 'later';
}

const KINDS: readonly AlternativeKind[] = [
	'dearer',
	'other-host',
	'later',
	'earlier',
	'smaller',
	'shorter',
	'larger',
	'longer',
];

/** Every size of every service beside the same one of the other grant. */
function sizePairs(one: Sizes, other: Sizes): (readonly [number, number])[] {
	const others = servicesOf<ServiceSizes>(other);
	return servicesOf<ServiceSizes>(one).flatMap((service, nth) => {
		return SIZES.map((field) => [service[field], others[nth]![field]] as const);
	});
}

/** The hosts that it names instead of those that were asked, service by service; undefined where it names none. */
function hostsNamed(grant: ServiceGrant): string | undefined {
	const hosts = servicesOf<GrantedService>(grant).map(({ candidateHosts }) => candidateHosts?.join(' '));
	return hosts.every((each) => each === undefined) ? undefined : hosts.join('\n');
}

const OTHER_HOST_KEEPS = 0.9;

/** The share of the wish that a grant keeps; without a price, what it would keep if that were no matter. */
export function shareKept(grant: ServiceGrant, price: Price | undefined, wish: Wish): number {
	const { sizes, starts, request, reference } = wish;
	const shift = Math.abs(grant.startAt - nearestStart(grant.startAt, starts));
	const moved = starts.durationSeconds / (starts.durationSeconds + shift);
	const { sizes: sizeWeight, time: timeWeight } = request.preferences ?? EVEN;
	let kept = weighed(moved * part(grant.endAt - grant.startAt, starts.durationSeconds), timeWeight);
	// Of all boxes of the grid: without a list of pairs.
	let size = 1;
	const asked = servicesOf<ServiceSizes>(sizes);
	for (const [nth, service] of servicesOf<GrantedService>(grant).entries()) {
		for (const field of SIZES) size *= part(service[field], asked[nth]![field]);
	}
	kept *= weighed(size, sizeWeight);
	const compared = priceCompared(grant, price, wish);
	if (compared !== undefined && reference !== undefined) kept *= part(comparable(reference), amountIn(compared));
	return hostsNamed(grant) === undefined ? kept : kept * OTHER_HOST_KEEPS;
}

/** What a price is divided by: of nothing half of the smallest amount, since what costs less than that is free. */
function comparable(reference: Money): number {
	const amount = amountIn(reference);
	if (amount > 0) return amount;
	const { length: decimals } = reference.amount.split('.')[1] ?? '';
	return 0.5 / 10 ** decimals;
}

/** What is compared with the reference: of what is larger than asked, without a ceiling, the price of what was asked. */
function priceCompared(
	grant: ServiceGrant,
	price: Price | undefined,
	{ sizes, priceOf, request }: Wish,
): Price | undefined {
	if (priceOf === undefined || request.priceCeiling !== undefined) return price;
	if (sizePairs(grant, sizes).every(([size, asked]) => size <= asked)) return price;
	const wished = servicesOf<ServiceSizes>(sizes);
	const clipped = <S extends GrantedService>(service: S, nth: number): S => {
		const smaller = SIZES.map((field) => [field, Math.min(service[field], wished[nth]![field])]);
		return { ...service, ...Object.fromEntries(smaller) };
	};
	const first = clipped(grant, 0);
	const { others } = grant;
	return priceOf(
		others === undefined ? first : { ...first, others: others.map((each, nth) => clipped(each, nth + 1)) },
	);
}

const EVEN = { sizes: 1, time: 1 };

function weighed(share: number, weight: number): number {
	return weight === 1 ? share : share ** weight;
}

function part(offered: number, asked: number): number {
	return asked === 0 ? 1 : Math.min(1, offered / asked);
}
