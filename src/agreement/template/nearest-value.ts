/**
 * The nearest value that facets allow, for whoever is refused. Every candidate is tried before it is told.
 *
 * Ordered values are compared by their distance, from what the text clearly means if it is none of them; whoever says a
 * whole number is told one where there is one, unless the template says how many digits a fraction may have. Beside a
 * bound that is excluded it is the next number of as many digits as must be, the whole second, or the day. Texts are
 * compared by how many characters differ; of those that are enumerated, which of equals is written first is told.
 */
import type { RangeValue } from '../jsdl/range.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { ordinalOf } from './atomic-value.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { meaningOf } from './meaning.ts';
import { leastCount, nearestPlace, nearestToNothing } from './nearest-place.ts';
import { nearestAmongTexts, TRIED_MAX, type Wanted } from './nearest-written.ts';
import type { SimpleType } from './simple-type.ts';

/** What looking for the nearest values of one offer may cost, in characters compared: some milliseconds. */
const SEARCH_STEPS_MAX = 800_000;

/** For all the nearest values of one check; where it is spent, none is told any more. */
export function searchBudget(): StepBudget {
	return { remaining: SEARCH_STEPS_MAX };
}

/** The nearest value, or undefined where the budget is spent before it is found, or nothing is allowed. */
export function findNearestValue(
	restriction: ValueRestriction,
	value: string,
	allowed: RangeValue,
	isAllowed: (text: string) => boolean,
	budget: StepBudget,
): string | undefined {
	if (budget.remaining <= 0) return undefined;
	const wanted: Wanted = { restriction, allowed, isAllowed, budget };
	const { type, steps } = restriction;
	const meant = meaningOf(type, value) ?? value;
	if (meant !== value && isAllowed(meant)) return meant;
	const listed = listedValues(type, steps);
	const said = ordinalOf(type, meant);
	const nearest = said === undefined ? undefined : nearestPlace(wanted, meant, said, listed);
	if (nearest !== undefined) return nearest;
	const compared = byDifference(listed, value, budget).slice(0, TRIED_MAX).find(isAllowed);
	return (
		compared ??
		cutToLength(restriction, value).find(isAllowed) ??
		nearestAmongTexts(wanted, value) ??
		(said === undefined ? nearestToNothing(wanted, listed) : undefined)
	);
}

/** The values that are enumerated, and the few that truths have. */
function listedValues({ space }: SimpleType, steps: readonly FacetSet[]): readonly string[] {
	const enumerated = steps.flatMap(({ enumeration }) => enumeration.map(({ text }) => text));
	return [...new Set(space === 'boolean' ? [...enumerated, 'true', 'false', '1', '0'] : enumerated)];
}

/** The texts in the order of how many characters would have to change; those that the budget leaves time to compare. */
function byDifference(texts: readonly string[], value: string, budget: StepBudget): readonly string[] {
	const differences = texts.map((text) => ({ text, difference: differenceOf(text, value, budget) }));
	const compared = differences.filter(({ difference }) => difference !== undefined);
	return compared.sort((one, other) => one.difference! - other.difference!).map(({ text }) => text);
}

/** Texts are compared by so many characters: two names that are alike are alike in these. */
const COMPARED_CHARACTERS_MAX = 128;

/** How many characters have to be added, removed or replaced (Levenshtein), case not counted. */
function differenceOf(text: string, value: string, budget: StepBudget): number | undefined {
	const [one, other] = [text, value].map((each) => [...each.slice(0, COMPARED_CHARACTERS_MAX).toLowerCase()]);
	budget.remaining -= (one!.length + 1) * (other!.length + 1);
	if (budget.remaining < 0) return undefined;
	let row = Array.from({ length: other!.length + 1 }, (_, index) => index);
	for (const [index, character] of one!.entries()) {
		const next = [index + 1];
		for (const [column, facing] of other!.entries()) {
			const replaced = row[column]! + Number(character !== facing);
			next.push(Math.min(replaced, row[column + 1]! + 1, next[column]! + 1));
		}
		row = next;
	}
	return row.at(-1)!;
}

/** Where there are no patterns: the text without what is beyond its greatest length, or with what is missing. */
function cutToLength({ type, steps, whiteSpace }: ValueRestriction, value: string): readonly string[] {
	if (type.space !== 'text' && type.space !== 'untyped') return [];
	if (steps.some(({ patterns }) => patterns.length > 0)) return [];
	const longest = leastCount(steps, 'length') ?? leastCount(steps, 'maxLength');
	const characters = [...value];
	const cut = characters.slice(0, longest).join('');
	return longest === undefined || characters.length <= longest
		? []
		: [whiteSpace === 'collapse' ? collapseWhiteSpace(cut) : cut];
}
