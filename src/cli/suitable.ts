/** Which of the offers that are held a script would take: what the options of `computon negotiate` say. */
import type { Difference } from '../client/answers.ts';
import type { NegotiationOfferResource } from '../client/resources.ts';
import { UsageError } from './outcome.ts';
import { secondsIn } from './output.ts';

/** Which offer is taken, where no person says it. */
export interface Choosing {
	/** `best` or a rank. */
	readonly accept?: string;
	readonly maxPrice?: string;
	/** A duration such as 2h. */
	readonly within?: string;
	/** A share such as 80%: less than that of a size or of the duration is not taken. */
	readonly keep?: string;
}

/** Whether the options say which offer to take. */
export function wantsOne({ accept, maxPrice, within, keep }: Choosing): boolean {
	return (accept ?? maxPrice ?? within ?? keep) !== undefined;
}

/**
 * Whether an offer keeps to `--max-price`, `--within` and `--keep`, and where no price is told to what the offer itself
 * pays, unless its rank names it; throws UsageError where one of these says nothing.
 */
export function suitsOf({ accept, maxPrice, within, keep }: Choosing): (offer: NegotiationOfferResource) => boolean {
	if (accept !== undefined && accept !== 'best' && !/^[1-9]\d?$/.test(accept))
		throw new UsageError(`--accept ${accept}: give best or a rank.`);
	const ceiling = maxPrice === undefined ? undefined : billionthsOf(maxPrice);
	if (maxPrice !== undefined && ceiling === undefined)
		throw new UsageError(`--max-price ${maxPrice}: give an amount such as 12.40.`);
	const seconds = within === undefined ? undefined : secondsIn(within);
	if (within !== undefined && seconds === undefined)
		throw new UsageError(`--within ${within}: give a duration such as 2h, 90m or 1d.`);
	const percent = keep === undefined ? 0 : percentOf(keep);
	if (percent === undefined) throw new UsageError(`--keep ${keep}: give a share from 1% to 100%, such as 80%.`);
	const isNamed = accept !== undefined && accept !== 'best';
	return ({ state, kind, price, grant, differences = [] }) => {
		if (state === 'Rejected') return false;
		if (kind === 'dearer' && ceiling === undefined && !isNamed) return false;
		if (ceiling !== undefined && price !== undefined && billionthsOf(price.amount)! > ceiling) return false;
		if (differences.some((difference) => isBelow(difference, percent))) return false;
		return seconds === undefined || Date.parse(grant?.startAt ?? '') <= Date.now() + seconds * 1000;
	};
}

/** What there is less of in a worse offer; each counts by itself. */
const AMOUNTS: ReadonlySet<string> = new Set([
	'machineCount',
	'cpuCount',
	'memoryBytes',
	'diskBytes',
	'networkBitsPerSecond',
	'durationSeconds',
]);

function isBelow({ field, asked, offered }: Difference, percent: number): boolean {
	return AMOUNTS.has(field) && Number(offered) * 100 < Number(asked) * percent;
}

/** `80%` as 80. */
function percentOf(share: string): number | undefined {
	const percent = Number(/^(\d{1,3})%$/.exec(share)?.[1]);
	return percent >= 1 && percent <= 100 ? percent : undefined;
}

/** A decimal amount as a whole number, exactly: with nine decimals, as many as an amount has. */
export function billionthsOf(amount: string): bigint | undefined {
	const match = /^(\d{1,15})(?:\.(\d{1,9}))?$/.exec(amount);
	return match === null ? undefined : BigInt(`${match[1]}${(match[2] ?? '').padEnd(9, '0')}`);
}
