/** What every search for alternatives begins from and what it finds: a few grants of one kind, the nearest first. */
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import type { Scene } from '../attempt.ts';
import type { Question } from '../judge.ts';
import type { Sizes, Sizing } from '../sizes.ts';
import type { Starts } from '../window.ts';

/**
 * Grants of one kind, the nearest first. The later ones are rounder and stand in where the template does not admit
 * the first, which would often be an odd number.
 */
export type Ladder = readonly ServiceGrant[];

/** What every search begins from: the wish, brought within what the policy and the empty site could ever give. */
export interface Search {
	readonly question: Question;
	readonly scene: Scene;
	/** Of each service, the hosts that its CandidateHosts leaves out. */
	readonly others: readonly (readonly string[])[];
	readonly sizings: readonly Sizing[];
	readonly sizes: Sizes;
	readonly starts: Starts;
	/** Whether `sizes` are those asked for, so that a preference for the largest may let them grow. */
	readonly isWhole: boolean;
}

/**
 * Whether more may be looked for where nothing is owed: one more choice beside others, or something rounder. Counted, not
 * timed, so that it is the same everywhere (H7): a cluster for which 32 full hosts are searched to the horizon of 400
 * days takes 14,000 days of hosts in all (`alternatives-cluster-50000`, 10 ms).
 */
export function mayLookOn({ question: { searched } }: Pick<Search, 'question'>): boolean {
	return (searched?.hostSeconds ?? 0) <= HOST_SECONDS_MAX;
}

/** 250 hosts for the whole horizon. */
const HOST_SECONDS_MAX = 100_000 * 86_400;

/** The value and its halves, down to `least`. */
export function halves(value: number, least: number): number[] {
	const values = [value];
	for (let half = Math.floor(value / 2); half >= Math.max(1, least); half = Math.floor(half / 2)) values.push(half);
	return values;
}

/** The most, then rounder and smaller numbers down to `least`. */
export function rungs(most: number, least: number, round: number): number[] {
	const power = most < 1 ? 0 : 2 ** Math.floor(Math.log2(most));
	const numbers = [most, Math.floor(most / round) * round, most - 1, most - 2, power, power / 2];
	return [...new Set(numbers)].filter((number) => number >= least && Number.isInteger(number)).sort((a, b) => b - a);
}

/** The longest duration, then whole minutes and whole hours below it. */
export function durations(longest: number | undefined, least: number): number[] {
	if (longest === undefined) return [];
	const whole = [60, 3600].map((seconds) => Math.floor(longest / seconds) * seconds);
	return [...new Set([longest, ...whole])].filter((seconds) => seconds >= least);
}

/** Sizes are rounded to whole GiB where the exact one is refused. */
export const ROUND_BYTES = 2 ** 30;

/** The next whole minute, if it is none: a price comes down to a ceiling at any odd second. */
export function wholeMinute(startAt: number): number[] {
	const whole = Math.ceil(startAt / 60) * 60;
	return whole === startAt ? [] : [whole];
}
