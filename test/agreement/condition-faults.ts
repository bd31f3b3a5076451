import { conditionFaults, type FreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import type { StepBudget } from '../../src/agreement/template/location.ts';
import { searchBudget } from '../../src/agreement/template/nearest-value.ts';
import { toItsEnd } from '../../src/parts.ts';
import type { XmlElement } from '../../src/xml/element.ts';

/** What of a document one free constraint is violated by, at once and with no other constraint to keep to. */
export function findConditionFaults(
	constraint: Pick<FreeConstraint, 'condition'>,
	root: XmlElement,
	budget: StepBudget,
	search: StepBudget = searchBudget(),
) {
	return toItsEnd(conditionFaults(constraint, root, budget, search, {}, {}));
}
