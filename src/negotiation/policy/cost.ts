/**
 * What a grant costs, exactly. Everything is summed as whole numbers and the sum is rounded once, to the decimals of the
 * currency, halves up. Of a renegotiated service, what the earlier revisions have used up is kept in billionths, so that
 * however often it is renegotiated nothing is lost or won by rounding.
 */
import { type GrantedService, type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { MILLICORES_PER_PERCENT, type Sizes } from '../sizes.ts';
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
	readonly used?: UsedBefore;
	/** The same at the other times at which it may be agreed to, where it is only told of; it costs what the dearest comes to. */
	readonly usedLater?: readonly UsedBefore[];
	/** Of a renegotiation: what its termination costs at least, in the currency's smallest unit. */
	readonly feeMin?: bigint;
	/** Percent of the model's price that is asked; a site's own policy may change it. */
	readonly percent: number;
}

/** What earlier revisions have used up by a time, in billionths of the currency. */
export interface UsedBefore {
	readonly amount: bigint;
	readonly untilAt: number;
}

/** The price in the currency's smallest unit. */
export function amountOf(grant: ServiceGrant, policy: SitePolicy, pricing: Pricing): bigint {
	return rounded(costUntil(grant, Number.POSITIVE_INFINITY, policy, pricing), 10n ** BigInt(pricing.model.decimals));
}

/** What of the grant is used up by this time, in billionths: what an earlier revision leaves to the next. */
export function usedUntil(grant: ServiceGrant, untilAt: number, policy: SitePolicy, pricing: Pricing): bigint {
	return rounded(costUntil(grant, untilAt, policy, pricing), BILLION);
}

/** A cost in units of which the currency has `perUnit`, rounded once, halves up. */
function rounded(cost: bigint, perUnit: bigint): bigint {
	return (2n * cost * perUnit + DENOMINATOR) / (2n * DENOMINATOR);
}

/** The least cost that is rounded to this amount. */
export function leastCostOf(amount: bigint, perUnit: bigint): bigint {
	const twice = (2n * amount - 1n) * DENOMINATOR;
	return (twice + 2n * perUnit - 1n) / (2n * perUnit);
}

/** What the grant costs until this time, what was used before included: exact, in parts of a `DENOMINATOR`. */
export function costUntil(grant: ServiceGrant, untilAt: number, policy: SitePolicy, pricing: Pricing): bigint {
	const { usedLater = [] } = pricing;
	const cost = costBeside(grant, untilAt, policy, pricing, pricing.used);
	return usedLater.reduce((most, used) => {
		const later = costBeside(grant, untilAt, policy, pricing, { ...used, amount: used.amount + ROUNDINGS });
		return later > most ? later : most;
	}, cost);
}

/**
 * What is used up, and what of it is kept, are each rounded to a billionth: between two of the later times either may be
 * one more than at both.
 */
const ROUNDINGS = 2n;

/** The same where so much was used before. */
function costBeside(
	grant: ServiceGrant,
	untilAt: number,
	policy: SitePolicy,
	{ model, vo, percent }: Pricing,
	used: UsedBefore | undefined,
): bigint {
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

const GIB = 2n ** 30n;
const MILLICORES = 1_000n;

/** As many decimals as an amount in a document may have. */
export const BILLIONTHS = 9;

const BILLION = 10n ** BigInt(BILLIONTHS);

/** Rates are billionths of the currency an hour, sums are taken over seconds, shares are percent. */
const DENOMINATOR = MILLICORES * GIB * 3_600n * BILLION * 100n;

/** The tariff that holds for a VO. */
export function tariffOf({ tariffs, tariff }: PriceModel, vo: string): Tariff {
	return tariffs.get(vo) ?? tariff;
}

/** The first instant after this one at which the rates or the zone's offset may change. */
export function nextEdge(model: PriceModel, { bands }: Tariff, at: number): number {
	const index = zoneIndex(model, at);
	const second = modulo(at + model.zone[index]!.offsetSeconds - MONDAY_SECONDS, WEEK_SECONDS);
	// Where one rate holds all week, neither weeks nor zones matter.
	if (bands.length === 1) return Number.POSITIVE_INFINITY;
	const next = bands[bandIndex(bands, second) + 1]?.fromSecond ?? WEEK_SECONDS;
	return Math.min(at + next - second, model.zone[index + 1]?.fromAt ?? Number.POSITIVE_INFINITY);
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

function bandIndex(bands: Tariff['bands'], second: number): number {
	return lastAtMost(bands.length, (index) => bands[index]!.fromSecond <= second);
}

/** Which entry of the zone holds at this time. */
export function zoneIndex({ zone }: PriceModel, at: number): number {
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

function modulo(value: number, divisor: number): number {
	return ((value % divisor) + divisor) % divisor;
}
