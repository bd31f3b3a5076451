/**
 * The nearest value that facets allow, for whoever is refused. Every candidate is tried before it is told.
 *
 * Ordered values are compared by their distance, from what the text clearly means if it is none of them; whoever says a
 * whole number is told one where there is one, unless the template says how many digits a fraction may have, or names what
 * is nearest with a fraction. Beside a bound that is excluded it is the next number of as many digits as must be, the whole
 * second, or the day. Texts are compared by how many characters differ; of those that are enumerated, which of equals is
 * written first is told.
 */
import type { RangeValue } from '../jsdl/range.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { ordinalOf } from './atomic-value.ts';
import type { FacetSet, ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { meaningOf } from './meaning.ts';
import { leastDifferent } from './nearest-listed.ts';
import { nearestPlace, nearestToNothing } from './nearest-place.ts';
import { withShare } from './nearest-share.ts';
import { nearestAmongTexts, type SearchNotes, type Trials, type Wanted } from './nearest-written.ts';
import type { SimpleType } from './simple-type.ts';
import { leastCount } from './value-machines.ts';

/** What looking for the nearest values of one offer may cost, in characters compared: some 10 ms, three times that before anything is compiled. */
const SEARCH_STEPS_MAX = 500_000;

/** For all the nearest values of one check; where it is spent, none is told any more. */
export function searchBudget(): StepBudget {
	return { remaining: SEARCH_STEPS_MAX };
}

/** The nearest value, or undefined where the budget is spent before it is found, or nothing is allowed. */
export function findNearestValue(
	restriction: ValueRestriction,
	value: string,
	allowed: RangeValue,
	trials: Trials,
	budget: StepBudget,
	notes: SearchNotes,
): string | undefined {
	if (budget.remaining <= 0) return undefined;
	const { isAllowed } = trials;
	const wanted: Wanted = { restriction, allowed, ...trials, budget, notes };
	const { type, steps } = restriction;
	const meant = meaningOf(type, value) ?? value;
	if (meant !== value && isAllowed(meant)) return meant;
	const listed = listedValues(type, steps);
	const said = ordinalOf(type, meant);
	const nearest = said === undefined ? undefined : nearestPlace(wanted, meant, said, listed);
	if (nearest !== undefined) return nearest;
	const compared = leastDifferent(listed, value, wanted);
	const cut = compared ?? cutToLength(wanted, value).find(isAllowed);
	if (cut !== undefined) return cut;
	// A long text says nothing of a number or a time, however it is changed.
	const isBeyond = value.length > MEANT_CHARACTERS_MAX && said === undefined;
	return (
		(isBeyond ? nearestToNothing(wanted, listed) : undefined) ??
		withShare(budget, TEXT_SHARES, (share) => nearestAmongTexts({ ...wanted, budget: share }, value)) ??
		(said === undefined ? nearestToNothing(wanted, listed) : undefined)
	);
}

/** So that something is left for the nearest to no amount and no time: an eighth. */
const TEXT_SHARES = 8 / 7;

/** A time with fraction and zone has fewer characters. */
const MEANT_CHARACTERS_MAX = 48;

/** The values that are enumerated, and the few that truths have. */
function listedValues({ space }: SimpleType, steps: readonly FacetSet[]): readonly string[] {
	const enumerated = steps.flatMap(({ enumeration }) => enumeration.map(({ text }) => text));
	return [...new Set(space === 'boolean' ? [...enumerated, 'true', 'false', '1', '0'] : enumerated)];
}

/** Where there are no patterns: the text without what is beyond its greatest length, or with what is missing. */
function cutToLength({ restriction, budget }: Wanted, value: string): readonly string[] {
	const { type, steps, whiteSpace } = restriction;
	if (type.space !== 'text' && type.space !== 'untyped') return [];
	if (steps.some(({ patterns }) => patterns.length > 0)) return [];
	const longest = leastCount(steps, 'length') ?? leastCount(steps, 'maxLength');
	budget.remaining -= 4 * value.length;
	const characters = [...value];
	const cut = characters.slice(0, longest).join('');
	return longest === undefined || characters.length <= longest
		? []
		: [whiteSpace === 'collapse' ? collapseWhiteSpace(cut) : cut];
}
