/** Whether a constraint that own terms do not fulfil may wait for terms that offers bring. */

import type { XmlElement } from '../../xml/element.ts';
import type { Condition } from '../conditions/expression.ts';
import { isFulfilled } from '../conditions/free-constraints.ts';
import { locationName, locationsIn } from '../conditions/unknowns.ts';
import type { Location, StepBudget } from '../template/location.ts';
import { selectLocation } from '../template/location-selection.ts';
import { findImpossibleStep, findMissingText, numberOf } from './lint-locations.ts';

/**
 * The Locations of a part of a constraint that select nothing, where the part might hold of terms that have something
 * there: whatever is compared with what is not there may be true or not. None where it would not hold with them either.
 */
export function awaitedBy(part: Condition, tree: XmlElement, budget: StepBudget): readonly Location[] {
	const missing = locationsIn(part).filter(
		(location) => mayBeBrought(location) && selectLocation(tree, location, budget)?.selections.length === 0,
	);
	if (missing.length === 0) return [];
	// By its name: the same Location stands in several comparisons.
	const names = new Set(missing.map(locationName));
	const isOpen = (comparison: Condition) => locationsIn(comparison).some((each) => names.has(locationName(each)));
	const holds = (comparison: Condition) => isFulfilled({ condition: comparison }, tree, budget, {});
	return comingTo(part, isOpen, holds).mayHold ? missing : [];
}

/** Whether an offer may have what the Location means. */
function mayBeBrought(location: Location): boolean {
	return (
		findImpossibleStep(location) === undefined && findMissingText(location) === undefined && numberOf(location).most > 0
	);
}

interface Coming {
	readonly mayHold: boolean;
	readonly mayFail: boolean;
}

function comingTo(
	condition: Condition,
	isOpen: (comparison: Condition) => boolean,
	holds: (comparison: Condition) => boolean,
): Coming {
	switch (condition.kind) {
		case 'not': {
			const { mayHold, mayFail } = comingTo(condition.condition, isOpen, holds);
			return { mayHold: mayFail, mayFail: mayHold };
		}
		case 'and':
		case 'or': {
			const parts = condition.conditions.map((part) => comingTo(part, isOpen, holds));
			const isAnd = condition.kind === 'and';
			return {
				mayHold: isAnd ? parts.every(({ mayHold }) => mayHold) : parts.some(({ mayHold }) => mayHold),
				mayFail: isAnd ? parts.some(({ mayFail }) => mayFail) : parts.every(({ mayFail }) => mayFail),
			};
		}
		default: {
			if (isOpen(condition)) return { mayHold: true, mayFail: true };
			// What is neither, as of a text that is no number, is neither under a `not`.
			return { mayHold: holds(condition), mayFail: holds({ kind: 'not', condition, text: condition.text }) };
		}
	}
}
