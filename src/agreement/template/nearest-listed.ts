/** The nearest of texts that are enumerated, however many there are. */
import type { StepBudget } from './location.ts';
import type { Wanted } from './nearest-written.ts';
import { COMPARED_CHARACTERS_MAX, comparable, differenceOf } from './text-distance.ts';

/** Steps of a budget, 10 to 20 ns each: a text whose characters are counted, four of these, and one that is put in its place. */
const STEPS_PER_TEXT = 24;
const CHARACTERS_PER_STEP = 4;
/** What it takes to compare two of the longest. */
const STEPS_FEW = 40_000;

/**
 * The allowed text with the fewest characters that would have to change, of equals the first. Those are compared first
 * that by their mere number of each character may be nearest, and the others only as long as they may.
 */
export function leastDifferent(texts: readonly string[], value: string, wanted: Wanted): string | undefined {
	const { isAllowed, budget, notes } = wanted;
	const said = comparable(value);
	let isWhole = texts.length === 1 || value.length <= COMPARED_CHARACTERS_MAX;
	if (texts.length > 1 && texts.some(({ length }) => length > COMPARED_CHARACTERS_MAX)) isWhole = false;
	const ranked = rankedByCounts(texts, value, wanted);
	isWhole &&= ranked.length === texts.length;
	let nearest: { readonly text: string; readonly index: number; readonly difference: number } | undefined;
	// Where there is not even the time to compare one.
	const [likeliest] = ranked;
	const fallback =
		likeliest !== undefined && budget.remaining < STEPS_FEW && isAllowed(likeliest.text) ? likeliest : undefined;
	for (const { text, index, least } of ranked) {
		if (budget.remaining < 0) {
			isWhole = false;
			break;
		}
		if (nearest !== undefined && least > nearest.difference) break;
		const isBehind = nearest !== undefined && index > nearest.index;
		const most = nearest === undefined ? Number.POSITIVE_INFINITY : nearest.difference + Number(!isBehind);
		const difference = least >= most ? least : differenceBelow(most, comparable(text), said, least, budget);
		if (difference < most && isAllowed(text)) nearest = { text, index, difference };
	}
	const found = nearest ?? fallback;
	if (found !== undefined && (nearest === undefined || !isWhole)) notes.isNear = true;
	return found?.text;
}

/** The same as differenceOf, first as if it were hardly more than it is at least: few are much more, and that is dear. */
function differenceBelow(
	most: number,
	text: readonly string[],
	said: readonly string[],
	least: number,
	budget: StepBudget,
): number {
	for (let bound = Math.max(BOUND_LEAST, 2 * least); ; bound *= 4) {
		const difference = differenceOf(text, said, Math.min(bound, most), budget);
		if (difference < bound || bound >= Math.min(most, BOUND_MOST) || budget.remaining < 0) return difference;
	}
}

const BOUND_LEAST = 8;
/** No two texts that are compared differ in more. */
const BOUND_MOST = 2 * COMPARED_CHARACTERS_MAX;

interface Ranked {
	readonly text: string;
	readonly index: number;
	/** So many characters have to change at least. */
	readonly least: number;
}

/** Those that may be nearest first; of those that there is time to look at. */
function rankedByCounts(texts: readonly string[], value: string, { budget }: Wanted): readonly Ranked[] {
	if (texts.length === 1) return [{ text: texts[0]!, index: 0, least: 0 }];
	const said = countsOf(value);
	const ranked: Ranked[] = [];
	// So that those that are ranked can be compared, too.
	const reserve = budget.remaining / 2;
	for (const [index, text] of texts.entries()) {
		if (budget.remaining < reserve) break;
		budget.remaining -= STEPS_PER_TEXT + Math.min(text.length, COMPARED_CHARACTERS_MAX) / CHARACTERS_PER_STEP;
		ranked.push({ text, index, least: leastDifference(said, countsOf(text)) });
	}
	return ranked.sort((one, other) => one.least - other.least || one.index - other.index);
}

/** How many there are of each of some kinds of characters, and whether any takes two units. */
interface Counts {
	readonly of: Uint8Array;
	readonly isWide: boolean;
}

/** What two characters share that are counted as one makes texts more alike, never less. */
const KINDS = 64;

function countsOf(text: string): Counts {
	const of = new Uint8Array(KINDS);
	const lower = text.slice(0, COMPARED_CHARACTERS_MAX).toLowerCase();
	let isWide = false;
	for (let index = 0; index < lower.length; index += 1) {
		const unit = lower.charCodeAt(index);
		of[unit % KINDS]! += 1;
		isWide ||= unit >= 0xd800 && unit <= 0xdfff;
	}
	return { of, isWide };
}

function leastDifference(one: Counts, other: Counts): number {
	let [more, less] = [0, 0];
	for (let kind = 0; kind < KINDS; kind += 1) {
		const apart = one.of[kind]! - other.of[kind]!;
		if (apart > 0) more += apart;
		else less -= apart;
	}
	const least = Math.max(more, less);
	return one.isWide || other.isWide ? Math.ceil(least / 2) : least;
}
