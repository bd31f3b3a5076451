/** The nearest text by the automata of all that a restriction says. What they find is tried before it is told. */
import type { RangeValue } from '../jsdl/range.ts';
import { ordinalOf } from './atomic-value.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { type Machine, otherThanMachine, patternMachine } from './machine.ts';
import { nearestText, Product } from './nearest-text.ts';
import { machinesOf, placeMachines, plainMachines, WHOLE } from './value-machines.ts';

/** What one search may cost of the budget, so that others have their share: among texts, and on the line of a type. */
const TEXT_STEPS_MAX = 500_000;
const PLACE_STEPS_MAX = 250_000;
/** The nearest so many candidates are tried. */
export const TRIED_MAX = 256;

/** One look for the nearest value. `allowed` are the numbers that the restriction allows. */
export interface Wanted {
	readonly restriction: ValueRestriction;
	readonly allowed: RangeValue;
	/** Tries a text, and takes what that costs from the budget. */
	readonly isAllowed: (text: string) => boolean;
	readonly budget: StepBudget;
}

/** The text with the fewest changes that patterns, lengths and the form of the type allow. */
export function nearestAmongTexts(wanted: Wanted, value: string): string | undefined {
	const { restriction, allowed, budget } = wanted;
	if (isListed(restriction)) return undefined;
	const machines = machinesOf(restriction, allowed);
	const plain = restriction.type.space === 'untyped' ? [] : plainMachines(restriction);
	// What other forms a type has may be what a pattern demands: an exponent, another zone.
	for (const together of plain.length === 0 ? [machines] : [[...machines, ...plain], machines]) {
		const share = shareOf(budget, plain.length === 0 ? TEXT_STEPS_MAX : PLACE_STEPS_MAX);
		const nearest = findText(wanted, together, value, share.steps) ?? findShortest(wanted, together);
		share.pay();
		if (nearest !== undefined) return nearest;
	}
	return undefined;
}

/** Whether there is nothing beside what is enumerated, or parts are looked for; a number may be written in other ways. */
function isListed({ type: { space }, steps }: ValueRestriction): boolean {
	if (space === 'list' || space === 'union') return true;
	return space !== 'number' && space !== 'untyped' && steps.some(({ enumeration }) => enumeration.length > 0);
}

/** How often the distance that is looked at is halved. */
const HALVINGS_MAX = 40;

/**
 * The nearest number or time that is written as patterns demand: one is looked for, then another that is half as far or
 * nearer, until there is none. `written` are forms of what is nearest without patterns.
 */
export function nearestWritten(
	wanted: Wanted,
	written: readonly string[],
	said: number,
	isWholeWanted: boolean,
): string | undefined {
	const { restriction, allowed, budget } = wanted;
	const { type } = restriction;
	if (isListed(restriction)) return undefined;
	const share = shareOf(budget, PLACE_STEPS_MAX);
	const near: RangeValue = { intervals: nearestIntervals(allowed, said) };
	const machines = machinesOf(restriction, allowed);
	const plain = [...machines, ...plainMachines(restriction)];
	const forms = [...(isWholeWanted ? [[...plain, patternMachine([WHOLE])]] : []), plain, machines];
	// All times of a form have as many characters.
	for (const isInPlace of type.space === 'number' || type.space === 'untyped' ? [false] : [true, false]) {
		for (const base of forms) {
			const find = (distance: number, isNearer: boolean): string | undefined => {
				const within = [...base, ...placeMachines(type, near, said - distance, said + distance, isNearer)];
				for (const text of written) {
					const found = findText(wanted, within, text, share.steps, isInPlace);
					if (found !== undefined) return found;
				}
				return undefined;
			};
			const found = comeNearer(find, (text) => Math.abs(ordinalOf(type, text)! - said));
			if (found === undefined) continue;
			share.pay();
			return found;
		}
	}
	share.pay();
	return findShortest(wanted, plain) ?? findShortest(wanted, machines);
}

/** For where the nearest is not found within its share of the budget: one that is allowed. */
function findShortest(wanted: Wanted, machines: readonly Machine[]): string | undefined {
	const share = shareOf(wanted.budget, PLACE_STEPS_MAX);
	const shortest = findText(wanted, machines, '', share.steps);
	share.pay();
	return shortest;
}

/** `find` looks within a distance, its end included or not. */
function comeNearer(
	find: (distance: number, isNearer: boolean) => string | undefined,
	distanceTo: (text: string) => number,
): string | undefined {
	let found = find(Number.POSITIVE_INFINITY, false);
	let nearer = 0;
	for (let count = 0; found !== undefined && count < HALVINGS_MAX; count += 1) {
		const farther = distanceTo(found);
		const middle = nearer + (farther - nearer) / 2;
		if (!(middle > nearer && middle < farther)) break;
		const half = find(middle, false);
		const closer = half ?? find(farther, true);
		if (closer === undefined) break;
		if (half === undefined) nearer = middle;
		found = closer;
	}
	return found;
}

/** What the automata accept and the constraint does not is left out, and looked on, so often. */
const REFUSED_MAX = 12;

function findText(
	{ isAllowed }: Wanted,
	machines: readonly Machine[],
	said: string,
	steps: StepBudget,
	isInPlace = false,
): string | undefined {
	const refused: string[] = [];
	while (refused.length < REFUSED_MAX && steps.remaining >= 0) {
		const others = refused.length === 0 ? [] : [otherThanMachine(refused)];
		const product = new Product([...machines, ...others], steps);
		// Where there is nothing at all, that is found sooner than that nothing is near.
		if (!isInPlace && nearestText(product, '', steps).kind !== 'found') return undefined;
		const nearest = nearestText(product, said, steps, isInPlace);
		if (nearest.kind !== 'found') return undefined;
		if (isAllowed(nearest.text)) return nearest.text;
		refused.push(nearest.text);
	}
	return undefined;
}

/** As much of a budget as one search may use, and what takes from the budget what was used. */
function shareOf(budget: StepBudget, stepsMax: number): { readonly steps: StepBudget; readonly pay: () => void } {
	const most = Math.min(budget.remaining, stepsMax);
	const steps = { remaining: most };
	return {
		steps,
		pay: () => {
			budget.remaining -= most - steps.remaining;
		},
	};
}

/** Of a long list of numbers those that may be nearest. */
export function nearestIntervals({ intervals }: RangeValue, said: number): RangeValue['intervals'] {
	if (intervals.length <= TRIED_MAX) return intervals;
	const next = intervals.findIndex(({ lower }) => lower >= said);
	const middle = next < 0 ? intervals.length : next;
	return intervals.slice(Math.max(0, middle - TRIED_MAX / 2), middle + TRIED_MAX / 2);
}
