/**
 * The price of a grant, with its terms. Priced is what is agreed, over the window that is agreed: CPU time (a virtual CPU
 * at a share of 25 percent is a quarter of a CPU), memory and disk; after the window, what its retention keeps: memory
 * and disk of paused machines, of saved ones the disk and, as disk, their memory. What the site itself needs (setup,
 * teardown, the hypervisor’s memory) is not priced.
 */
import type { CancellationTerm, Money, Price } from '../../agreement/terms/quote.ts';
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { amountOf, BILLIONTHS, costUntil, type Pricing } from './cost.ts';
import type { SitePolicy } from './policy.ts';
import type { PriceModel } from './price-model.ts';

/** The price of all machines of the grant, with its terms. O(log bands + changes of the zone's offset). */
export function priceOf(grant: ServiceGrant, policy: SitePolicy, pricing: Pricing): Price {
	const { model, feeMin = 0n } = pricing;
	const used = usedOf(grant, policy, pricing);
	const { currency, penaltyPercent } = model;
	const amount = amountOf(grant, policy, pricing);
	const print = (value: bigint): string => printAmount(value, model);
	return {
		currency,
		amount: print(amount),
		cancellation: cancellationOf(amount, pricing),
		...(feeMin === 0n ? {} : { cancellationMin: print(feeMin) }),
		...(penaltyPercent === undefined ? {} : { penalty: print(shareOf(amount, penaltyPercent)) }),
		...(pricing.percent === 100 ? {} : { percent: pricing.percent }),
		...(model.list === undefined ? {} : { list: model.list }),
		...(used === undefined ? {} : { used: { amount: printBillionths(used.amount, model), untilAt: used.untilAt } }),
	};
}

/**
 * What a termination costs of something at this price. Never more than that: who were to pay more for giving it up than
 * for keeping it would let it stand idle.
 */
export function cancellationOf(amount: bigint, { model, feeMin = 0n }: Pricing): readonly CancellationTerm[] {
	return model.cancellation.map(({ noticeSeconds, percent }): CancellationTerm => {
		const share = shareOf(amount, percent);
		const least = feeMin < amount ? feeMin : amount;
		return { noticeSeconds, percent, fee: printAmount(share > least ? share : least, model) };
	});
}

/** What was used by the time at which it costs most. */
function usedOf(grant: ServiceGrant, policy: SitePolicy, { usedLater = [], ...atOnce }: Pricing): Pricing['used'] {
	const costOf = (used: Pricing['used']): bigint =>
		costUntil(grant, Number.POSITIVE_INFINITY, policy, { ...atOnce, ...(used && { used }) });
	return usedLater.reduce((most, used) => (costOf(used) > costOf(most) ? used : most), atOnce.used);
}

/** The terms of an agreement that was made at this price, by the list of that time. */
export function pricedBefore(
	{ amount: _, used, percent = 100, currency, list }: Price,
	today: PriceModel,
	vo: string,
): Pricing {
	const model = (list === undefined ? undefined : today.lists?.get(list)) ?? today;
	const terms = { model, vo, percent };
	if (used === undefined) return terms;
	const amount = currency === model.currency ? unitsOf(used.amount, BILLIONTHS) : 0n;
	return { ...terms, used: { amount, untilAt: used.untilAt } };
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

/** A share of an amount, rounded halves up. */
function shareOf(amount: bigint, percent: number): bigint {
	return (amount * BigInt(percent) + 50n) / 100n;
}
