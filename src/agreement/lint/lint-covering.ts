/** Which Locations select whatever others select: what is demanded of the one holds for the other. */
import { JSDL } from '../names.ts';
import type { Location, LocationStep, NameTest } from '../template/location.ts';

/**
 * Whether every node that `narrow` selects is selected by `wide`, by their steps alone: `//a/b` covers `/r/a/b[2]`.
 * False where it is not certain.
 */
export function covers(wide: Location, narrow: Location): boolean {
	return JSON.stringify(wide.target) === JSON.stringify(narrow.target) && coverSteps(wide.steps, narrow.steps);
}

/** Whether `narrow` selects the jsdl:Exact of ranges that `range` selects: they are values that the range admits. */
export function coversExactOf(range: Location, narrow: Location): boolean {
	const last = narrow.steps.at(-1);
	if (range.target.kind !== 'element' || narrow.target.kind === 'attribute' || last === undefined) return false;
	const isExact = !last.descends && last.name.namespace === JSDL && last.name.localName === 'Exact';
	return isExact && coverSteps(range.steps, narrow.steps.slice(0, -1));
}

function coverSteps(wide: readonly LocationStep[], narrow: readonly LocationStep[]): boolean {
	const shift = narrow.length - wide.length;
	if (shift < 0 || wide.length === 0) return false;
	return wide.every((step, index) => {
		const other = narrow[index + shift]!;
		const isReached = step.descends || (!other.descends && (index > 0 || shift === 0));
		return isReached && coversName(step.name, other.name) && hasPredicatesOf(step, other);
	});
}

function coversName(wide: NameTest, narrow: NameTest): boolean {
	const isAny = (one: string, other: string): boolean => one === '*' || one === other;
	return isAny(wide.namespace, narrow.namespace) && isAny(wide.localName, narrow.localName);
}

/** The same or none: what a position means hangs on the name and on the predicates before it. */
function hasPredicatesOf(wide: LocationStep, narrow: LocationStep): boolean {
	if (wide.predicates.length === 0) return true;
	const isAlike = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
	return isAlike(wide.predicates, narrow.predicates) && isAlike(wide.name, narrow.name);
}
