/**
 * Free constraints (wsag:Constraint), in the language of expression-reader.ts: read when the template is read, checked
 * against every offer. A template's constraint is taken apart at its outermost `and`, and each part that does not hold
 * is a violation of its own.
 *
 * What cannot be decided does not hold: a Location that selects nothing (but in `exists` and `count`, and behind an
 * `or` or `and` that is decided before it), values that have no order, and what depends on which value of a range is
 * granted.
 */
import type { Gradual } from '../../parts.ts';
import { attributeValue, type DocumentIssue, qualifiedName, textOf, type XmlElement } from '../../xml/element.ts';
import { addIssue, type Place, placesWithin } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WSAG } from '../names.ts';
import type { ElementIndex } from '../template/element-index.ts';
import type { StepBudget } from '../template/location.ts';
import { explain } from './blame.ts';
import type { ConditionFault } from './condition-fault.ts';
import { decide } from './decision.ts';
import type { Evaluation } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { parseCondition } from './expression-reader.ts';

/** One wsag:Constraint, compiled. Plain data. */
export interface FreeConstraint {
	/** A wsag:Name, which the standard lets it have. */
	readonly item?: string;
	/** Where it stands in the template. */
	readonly path: string;
	readonly condition: Condition;
}

/** Reads a wsag:Constraint; where it does not parse, the issue says at which character and why. */
export function readFreeConstraint(place: Place, issues: DocumentIssue[]): FreeConstraint | undefined {
	const [child] = placesWithin(place);
	if (child !== undefined) {
		const message = 'A Constraint is a condition in words; nobody here evaluates elements.';
		const details = { found: qualifiedName(child.element), allowed: ALLOWED };
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', child.path, message, details);
		return undefined;
	}
	const text = textOf(place.element);
	const reading = parseCondition(text, place.scope);
	if (!reading.ok) {
		const { position, why } = reading;
		const found = `${text.slice(Math.max(0, position - 1 - BEFORE_CHARACTERS), position - 1)}▸${text.slice(position - 1)}`;
		const message = `This constraint is not understood at character ${position}: ${why}.`;
		addIssue(issues, 'CONSTRAINT_MALFORMED', place.path, message, {
			found: collapseWhiteSpace(found),
			allowed: ALLOWED,
		});
		return undefined;
	}
	const name = attributeValue(place.element, WSAG, 'Name');
	return { ...(name === undefined ? {} : { item: name }), path: place.path, condition: reading.condition };
}

/**
 * Every part of the constraint that does not hold for the document, once for each node that is to blame, as far as they
 * are told one by one (blame.ts). Meaningless once the budget is spent; where that of the search is, less is told of nodes
 * and nearest values. Nearest values keep to the demands, where any do.
 */
export function* conditionFaults(
	{ condition }: Pick<FreeConstraint, 'condition'>,
	root: XmlElement,
	budget: StepBudget,
	search: StepBudget,
	index: ElementIndex,
	keptTo: Pick<Evaluation, 'counts' | 'demands' | 'given'>,
): Gradual<readonly ConditionFault[]> {
	const faults: ConditionFault[] = [];
	for (const part of partsOf(condition)) {
		const evaluation = { ...evaluationOf(root, budget, index), ...keptTo };
		const truth = decide(part, evaluation);
		if (truth !== 'true' && budget.remaining >= 0) faults.push(...(yield* explain(part, truth, evaluation, search)));
	}
	return faults;
}

/** Whether all parts of the constraint hold for the document. Meaningless once the budget is spent. */
export function isFulfilled(
	{ condition }: Pick<FreeConstraint, 'condition'>,
	root: XmlElement,
	budget: StepBudget,
	index: ElementIndex,
): boolean {
	return partsOf(condition).every(
		(part) => decide(part, evaluationOf(root, budget, index)) === 'true' && budget.remaining >= 0,
	);
}

/** What is a violation of its own where it does not hold. */
export function partsOf(condition: Condition): readonly Condition[] {
	return condition.kind === 'and' ? condition.conditions : [condition];
}

function evaluationOf(root: XmlElement, budget: StepBudget, index: ElementIndex): Evaluation {
	return { root, index, budget, selected: new Map(), instead: new Map() };
}

const ALLOWED = 'a condition such as //jsdl:Exact <= 8 and not exists(//jsdl:CandidateHosts)';
/** What is shown of the text before a mistake. */
const BEFORE_CHARACTERS = 20;
