/**
 * What a grant costs. Priced is what is agreed, over the window that is agreed: CPU time (a virtual CPU at a share of
 * 25 percent is a quarter of a CPU), memory and disk; after the window, what its retention keeps: memory and disk of
 * paused machines, of saved ones the disk and, as disk, their memory. What the site itself needs (setup, teardown, the
 * hypervisor's memory) is not priced.
 *
 * Exact: everything is summed as whole numbers and the sum is rounded once, to the decimals of the currency, halves up.
 * Of a renegotiated service, what the earlier revisions have used up is kept in billionths, so that however often it is
 * renegotiated nothing is lost or won by rounding.
 */
import type { CancellationTerm, Money, Price } from '../../agreement/terms/quote.ts';
import { type GrantedService, type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import type { Sizes } from '../sizes.ts';
import type { Starts } from '../window.ts';
import { imageDiskBytes, type SitePolicy } from './policy.ts';
import { accrue, type HourlyRates, type PriceModel, type Tariff, WEEK_SECONDS } from './price-model.ts';

/** For whom and on which terms a decision prices what it finds. */
export interface Pricing {
	readonly model: PriceModel;
	readonly vo: string;
	/** The most that the client pays, in the currency's smallest unit; absent: whatever it costs. */
	readonly ceiling?: bigint;
	/** Of a search: a start counts only where these sizes, for as long, cost no more than this. */
	readonly beside?: { readonly sizes: Sizes; readonly ceiling: bigint };
	/** Of a renegotiation: what was used up by `untilAt`, in billionths of the currency; only what comes after is priced. */
	readonly used?: { readonly amount: bigint; readonly untilAt: number };
	/** Percent of the model's price that is asked; a site's own policy may change it. */
	readonly percent: number;
}

/** The price of all machines of the grant, with its terms. O(log bands + changes of the zone's offset). */
export function priceOf(grant: ServiceGrant, policy: SitePolicy, pricing: Pricing): Price {
	const { model, used } = pricing;
	const { currency, cancellation, penaltyPercent } = model;
	const amount = amountOf(grant, policy, pricing);
	const print = (value: bigint): string => printAmount(value, model);
	return {
		currency,
		amount: print(amount),
		cancellation: cancellation.map(
			({ noticeSeconds, percent }): CancellationTerm => ({
				noticeSeconds,
				percent,
				fee: print(shareOf(amount, percent)),
			}),
		),
		...(penaltyPercent === undefined ? {} : { penalty: print(shareOf(amount, penaltyPercent)) }),
		...(pricing.percent === 100 ? {} : { percent: pricing.percent }),
		...(used === undefined ? {} : { used: { amount: printBillionths(used.amount, model), untilAt: used.untilAt } }),
	};
}

/** The price in the currency's smallest unit. */
export function amountOf(grant: ServiceGrant, policy: SitePolicy, pricing: Pricing): bigint {
	return rounded(costUntil(grant, Number.POSITIVE_INFINITY, policy, pricing), 10n ** BigInt(pricing.model.decimals));
}

/** What of the grant is used up by this time, in billionths: what an earlier revision leaves to the next. */
export function usedUntil(grant: ServiceGrant, untilAt: number, policy: SitePolicy, pricing: Pricing): bigint {
	return rounded(costUntil(grant, untilAt, policy, pricing), BILLION);
}

/** The terms of an agreement that was made at this price, in the site's currency of today. */
export function pricedBefore(
	{ amount: _, used, percent = 100, currency }: Price,
	model: PriceModel,
	vo: string,
): Pricing {
	const terms = { model, vo, percent };
	if (used === undefined) return terms;
	const amount = currency === model.currency ? unitsOf(used.amount, BILLIONTHS) : 0n;
	return { ...terms, used: { amount, untilAt: used.untilAt } };
}

/**
 * The starts among these for which the grant costs no more than the ceiling, earliest first. Between two edges of
 * bands the price is a straight line over the start, so each stretch is decided by its ends: exact. Where all of a week is
 * too dear, so is every other until the zone's offset changes, since the rates of a tariff come round with the week.
 */
export function* affordableStarts(
	starts: Starts,
	grantAt: (startAt: number) => ServiceGrant,
	policy: SitePolicy,
	pricing: Pricing,
): Generator<Starts> {
	const { ceiling, model, vo, used } = pricing;
	const { earliestAt, latestAt, durationSeconds } = starts;
	if (ceiling === undefined) {
		yield starts;
		return;
	}
	const tooMuch = leastCostOf(ceiling + 1n, 10n ** BigInt(model.decimals));
	const isAffordable = (startAt: number): boolean =>
		costUntil(grantAt(startAt), Number.POSITIVE_INFINITY, policy, pricing) < tooMuch;
	const first = grantAt(earliestAt);
	const kept = servicesOf<GrantedService>(first).map(({ workspace }) => workspace.retentionSeconds);
	const ends = [0, ...kept.filter((seconds) => seconds > 0)].map((seconds) => durationSeconds + seconds);
	const offsets = [0, ...ends];
	const tariff = tariffOf(model, vo);
	let open: number | undefined;
	/** From here on everything was too dear. */
	let dearFrom = earliestAt;
	for (let fromAt = earliestAt; fromAt <= latestAt; ) {
		const edges = offsets.map((offset) => nextEdge(model, tariff, fromAt + offset) - offset);
		const untilAt = Math.min(latestAt, Math.min(...edges) - 1);
		const begins = isAffordable(fromAt);
		const ends = untilAt === fromAt ? begins : isAffordable(untilAt);
		if (begins && open === undefined) open = fromAt;
		if (begins && !ends) {
			yield { earliestAt: open!, latestAt: bisect(fromAt, untilAt, isAffordable), durationSeconds };
			open = undefined;
		}
		if (!begins && open !== undefined) {
			yield { earliestAt: open, latestAt: fromAt - 1, durationSeconds };
			open = undefined;
		}
		if (!begins && ends) open = bisect(untilAt, fromAt, isAffordable);
		fromAt = untilAt + 1;
		if (begins || ends) dearFrom = fromAt;
		if (fromAt - dearFrom < WEEK_SECONDS || used !== undefined) continue;
		const sameUntil = model.zone[zoneIndex(model, dearFrom) + 1]?.fromAt ?? Number.POSITIVE_INFINITY;
		fromAt = Math.max(fromAt, sameUntil - Math.max(...offsets) + 1);
		dearFrom = fromAt;
	}
	if (open !== undefined) yield { earliestAt: open, latestAt, durationSeconds };
}

/** The prices at which a start of the week may begin or cease to be paid, ascending, each once. */
export function pricesWithin(
	{ earliestAt, latestAt, durationSeconds }: Starts,
	grantAt: (startAt: number) => ServiceGrant,
	policy: SitePolicy,
	pricing: Pricing,
): readonly bigint[] {
	const { model, vo } = pricing;
	const tariff = tariffOf(model, vo);
	const amounts = new Set<bigint>();
	for (let at = earliestAt; at <= latestAt; ) {
		amounts.add(amountOf(grantAt(at), policy, pricing));
		at = Math.min(nextEdge(model, tariff, at), nextEdge(model, tariff, at + durationSeconds) - durationSeconds);
	}
	return [...amounts].sort((a, b) => (a < b ? -1 : 1));
}

/** The amount in the currency's smallest unit, rounded down: what a ceiling allows. Undefined in another currency. */
export function ceilingOf({ currency, amount }: Money, model: PriceModel): bigint | undefined {
	if (currency !== model.currency) return undefined;
	return unitsOf(amount, model.decimals);
}

/** An amount of the smallest unit as decimal digits. */
export function printAmount(value: bigint, { decimals }: PriceModel): string {
	return printUnits(value, decimals);
}

/** With as many decimals as are needed, and no fewer than an amount of the currency has. */
function printBillionths(value: bigint, { decimals }: PriceModel): string {
	let places = BILLIONTHS;
	let units = value;
	for (; places > decimals && units % 10n === 0n; places -= 1) units /= 10n;
	return printUnits(units, places);
}

function printUnits(value: bigint, decimals: number): string {
	const digits = String(value).padStart(decimals + 1, '0');
	return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Decimal digits as a number of units of so many decimals, rounded down. */
function unitsOf(amount: string, places: number): bigint {
	const [units, decimals = ''] = amount.split('.');
	return BigInt(units + decimals.slice(0, places).padEnd(places, '0'));
}

const GIB = 2n ** 30n;
const MILLICORES = 1_000n;
const MILLICORES_PER_PERCENT = 10;
/** As many decimals as an amount in a document may have. */
const BILLIONTHS = 9;
const BILLION = 10n ** BigInt(BILLIONTHS);
/** Rates are billionths of the currency an hour, sums are taken over seconds, shares are percent. */
const DENOMINATOR = MILLICORES * GIB * 3_600n * BILLION * 100n;

/** A cost in units of which the currency has `perUnit`, rounded once, halves up. */
function rounded(cost: bigint, perUnit: bigint): bigint {
	return (2n * cost * perUnit + DENOMINATOR) / (2n * DENOMINATOR);
}

/** The least cost that is rounded to this amount. */
function leastCostOf(amount: bigint, perUnit: bigint): bigint {
	const twice = (2n * amount - 1n) * DENOMINATOR;
	return (twice + 2n * perUnit - 1n) / (2n * perUnit);
}

/** What the grant costs until this time, what was used before included: exact, in parts of a `DENOMINATOR`. */
function costUntil(grant: ServiceGrant, untilAt: number, policy: SitePolicy, pricing: Pricing): bigint {
	const { model, vo, percent, used } = pricing;
	const fromAt = Math.max(grant.startAt, used?.untilAt ?? Number.NEGATIVE_INFINITY);
	const { endAt } = grant;
	const tariff = tariffOf(model, vo);
	const over = (from: number, to: number): HourlyRates =>
		integrate(model, tariff, Math.max(from, fromAt), Math.min(to, untilAt));
	const running = over(grant.startAt, endAt);
	let sum = 0n;
	for (const { machineCount, cpuCount, memoryBytes, diskBytes: askedBytes, workspace } of servicesOf<GrantedService>(
		grant,
	)) {
		const diskBytes = Math.max(askedBytes, imageDiskBytes(policy, workspace));
		let each =
			BigInt(cpuCount * workspace.cpuSharePercent * MILLICORES_PER_PERCENT) * GIB * running.cpu +
			MILLICORES * (BigInt(memoryBytes) * running.memory + BigInt(diskBytes) * running.disk);
		if (workspace.retentionSeconds > 0) {
			const kept = over(endAt, endAt + workspace.retentionSeconds);
			const memoryRate = workspace.endAction === 'pause' ? kept.memory : kept.disk;
			each += MILLICORES * (BigInt(memoryBytes) * memoryRate + BigInt(diskBytes) * kept.disk);
		}
		sum += each * BigInt(machineCount);
	}
	return (used?.amount ?? 0n) * (DENOMINATOR / BILLION) + sum * BigInt(percent);
}

/** A share of an amount, rounded halves up. */
function shareOf(amount: bigint, percent: number): bigint {
	return (amount * BigInt(percent) + 50n) / 100n;
}

function tariffOf({ tariffs, tariff }: PriceModel, vo: string): Tariff {
	return tariffs.get(vo) ?? tariff;
}

const NONE: HourlyRates = { cpu: 0n, memory: 0n, disk: 0n };

/** Rates times seconds, summed from one time to another. */
function integrate(model: PriceModel, tariff: Tariff, fromAt: number, untilAt: number): HourlyRates {
	let sum = NONE;
	for (let at = fromAt; at < untilAt; ) {
		const index = zoneIndex(model, at);
		const offset = model.zone[index]!.offsetSeconds;
		const until = Math.min(untilAt, model.zone[index + 1]?.fromAt ?? untilAt);
		const before = accruedAt(tariff, at + offset);
		const after = accruedAt(tariff, until + offset);
		sum = {
			cpu: sum.cpu + after.cpu - before.cpu,
			memory: sum.memory + after.memory - before.memory,
			disk: sum.disk + after.disk - before.disk,
		};
		at = until;
	}
	return sum;
}

/** 1970-01-01 was a Thursday: the weeks of the tariff begin on Mondays. */
const MONDAY_SECONDS = 4 * 86_400;

/** Rates times seconds since the Monday of week 0, at this local time. */
function accruedAt({ bands, week }: Tariff, local: number): HourlyRates {
	const sinceMonday = local - MONDAY_SECONDS;
	const weeks = Math.floor(sinceMonday / WEEK_SECONDS);
	const second = sinceMonday - weeks * WEEK_SECONDS;
	const inWeek = accrue(bands[bandIndex(bands, second)]!, second);
	const count = BigInt(weeks);
	return {
		cpu: week.cpu * count + inWeek.cpu,
		memory: week.memory * count + inWeek.memory,
		disk: week.disk * count + inWeek.disk,
	};
}

/** The first instant after this one at which the rates or the zone's offset may change. */
function nextEdge(model: PriceModel, { bands }: Tariff, at: number): number {
	const index = zoneIndex(model, at);
	const second = modulo(at + model.zone[index]!.offsetSeconds - MONDAY_SECONDS, WEEK_SECONDS);
	// Where one rate holds all week, neither weeks nor zones matter.
	if (bands.length === 1) return Number.POSITIVE_INFINITY;
	const next = bands[bandIndex(bands, second) + 1]?.fromSecond ?? WEEK_SECONDS;
	return Math.min(at + next - second, model.zone[index + 1]?.fromAt ?? Number.POSITIVE_INFINITY);
}

function bandIndex(bands: Tariff['bands'], second: number): number {
	return lastAtMost(bands.length, (index) => bands[index]!.fromSecond <= second);
}

function zoneIndex({ zone }: PriceModel, at: number): number {
	return lastAtMost(zone.length, (index) => zone[index]!.fromAt <= at);
}

/** The last index of which it holds, where it holds of a beginning of the list; 0 where it holds of none. */
function lastAtMost(length: number, holds: (index: number) => boolean): number {
	let low = 0;
	for (let high = length - 1; low < high; ) {
		const middle = Math.ceil((low + high) / 2);
		if (holds(middle)) low = middle;
		else high = middle - 1;
	}
	return low;
}

/** The value nearest to `bad` that is still affordable, where `good` is and `bad` is not. */
function bisect(good: number, bad: number, isAffordable: (at: number) => boolean): number {
	let near = good;
	let far = bad;
	while (Math.abs(far - near) > 1) {
		const middle = Math.trunc((near + far) / 2);
		if (isAffordable(middle)) near = middle;
		else far = middle;
	}
	return near;
}

function modulo(value: number, divisor: number): number {
	return ((value % divisor) + divisor) % divisor;
}
