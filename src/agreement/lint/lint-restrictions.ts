/** Restrictions that no value keeps to, alone or together. */

import { contains, holdsWholeNumber, intersect, isEmpty, type RangeValue } from '../jsdl/range.ts';
import { allowedRange, type FacetSet, isValueAllowed, type ValueRestriction } from '../template/facets.ts';
import type { ValueSpace } from '../template/simple-type.ts';

export function isSatisfiableValue(restriction: ValueRestriction): boolean {
	return areSatisfiable([restriction]);
}

/**
 * Whether some value may keep to all of them, and its number, if it must be one, to the ranges. Only where it is
 * certain that none does the answer is no.
 */
export function areSatisfiable(restrictions: readonly ValueRestriction[], ranges: readonly RangeValue[] = []): boolean {
	const bySpace = new Map<ValueSpace, RangeValue>();
	const isWhole = restrictions.some(({ type }) => type.lexical === 'integer');
	const narrow = (space: ValueSpace, range: RangeValue): boolean => {
		const common = intersect(bySpace.get(space) ?? range, range);
		bySpace.set(space, common);
		return !isEmpty(common) && (space !== 'number' || !isWhole || holdsWholeNumber(common));
	};
	for (const range of ranges) if (!narrow('number', range)) return false;
	for (const restriction of restrictions) {
		// A text that is enumerated need not be a number; what has bounds must lie on the line of its type.
		const isOrdered = restriction.steps.some(({ bounds }) => bounds.length > 0);
		if (isOrdered && !narrow(restriction.type.space, allowedRange(restriction))) return false;
		if (!restriction.steps.every(({ counts }) => areCountsSatisfiable(counts))) return false;
	}
	return areEnumerationsSatisfiable(restrictions);
}

/** Enumerated values can be tried one by one, where each can be written in one way only. */
function areEnumerationsSatisfiable(restrictions: readonly ValueRestriction[]): boolean {
	const whiteSpaces = new Set(restrictions.map(({ whiteSpace }) => whiteSpace));
	if (whiteSpaces.size > 1) return true;
	const steps = restrictions.flatMap((restriction) => restriction.steps);
	// A number, a time or a truth can be written in several ways: 2 and 2.0, 1 and true. Where all are about numbers, and
	// none about how they are written, it is the number that counts.
	const areNumbers =
		restrictions.every(({ type: { space } }) => space === 'number' || space === 'untyped') &&
		steps.every(({ patterns, counts }) => patterns.length === 0 && counts.length === 0);
	const mayBe = (ordinal: number): boolean =>
		!areNumbers || restrictions.every((restriction) => contains(allowedRange(restriction), ordinal));
	return steps.every(({ enumeration }) => {
		if (enumeration.length === 0) return true;
		return enumeration.some(
			({ text, ordinal }) =>
				(ordinal !== undefined && mayBe(ordinal)) ||
				restrictions.every((restriction) => isValueAllowed(restriction, text)),
		);
	});
}

function areCountsSatisfiable(counts: FacetSet['counts']): boolean {
	const of = (kind: string): number[] => counts.filter((count) => count.kind === kind).map(({ count }) => count);
	const least = Math.max(0, ...of('minLength'), ...of('length'));
	const most = Math.min(...of('maxLength'), ...of('length'));
	return least <= most;
}
