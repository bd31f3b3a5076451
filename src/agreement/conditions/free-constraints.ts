/**
 * Free constraints (wsag:Constraint), in the language of expression.ts: read when the template is read, checked
 * against every offer. A template's constraint is taken apart at its outermost `and`, and each part that does not hold
 * is a violation of its own.
 *
 * What cannot be decided does not hold: a Location that selects nothing (but in `exists` and `count`, and behind an
 * `or` or `and` that is decided before it), values that have no order, and what depends on which value of a range is
 * granted.
 */
import { attributeValue, type DocumentIssue, qualifiedName, textOf, type XmlElement } from '../../xml/element.ts';
import { addIssue, type Place, placesWithin } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { WSAG } from '../names.ts';
import type { Selection, StepBudget } from '../template/location.ts';
import { findNearest, locationsIn } from '../template/nearest.ts';
import { type Evaluation, evaluate, type Outcome, selectionsOf } from './evaluation.ts';
import { type Condition, parseCondition } from './expression.ts';
import { print } from './expression-values.ts';

/** One wsag:Constraint, compiled. Plain data. */
export interface FreeConstraint {
	/** A wsag:Name, which the standard lets it have. */
	readonly item?: string;
	/** Where it stands in the template. */
	readonly path: string;
	readonly condition: Condition;
}

/** Why a part of a constraint does not hold for a document. */
export interface ConditionFault {
	/** The part, as it is written. */
	readonly text: string;
	/** What is to blame: the node whose change would help, else the first that is named. Absent: nothing is there. */
	readonly selection?: Selection;
	/** The element in which something is missing. */
	readonly deepest?: XmlElement;
	readonly location: string;
	readonly found: string;
	readonly why: string;
	/** What the selected node might say instead, and the part would hold. */
	readonly nearest?: string;
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

/** Every part of the constraint that does not hold for the document. Meaningless once the budget is spent. */
export function findConditionFaults(
	{ condition }: Pick<FreeConstraint, 'condition'>,
	root: XmlElement,
	budget: StepBudget,
): readonly ConditionFault[] {
	const parts = condition.kind === 'and' ? condition.conditions : [condition];
	return parts.flatMap((part) => {
		const evaluation: Evaluation = { root, budget, selected: new Map(), instead: new Map() };
		const truth = evaluate(part, evaluation);
		return truth === 'true' || budget.remaining < 0 ? [] : [explain(part, truth, evaluation)];
	});
}

const ALLOWED = 'a condition such as //jsdl:Exact <= 8 and not exists(//jsdl:CandidateHosts)';
/** What is shown of the text before a mistake. */
const BEFORE_CHARACTERS = 20;

function explain(part: Condition, truth: Exclude<Outcome, 'true'>, evaluation: Evaluation): ConditionFault {
	const locations = locationsIn(part);
	const shown = locations.map((location) => {
		const { value, selections } = selectionsOf(location, evaluation);
		const said = selections.length === 0 ? 'nothing' : 'why' in value ? 'elements' : print(value);
		return { location, said };
	});
	const why =
		typeof truth === 'object'
			? truth.why
			: truth === 'open'
				? 'not every value that is admitted fulfils it'
				: 'it does not hold';
	const found =
		shown.length === 1 ? shown[0]!.said : shown.map(({ location, said }) => `${location.text}: ${said}`).join('; ');
	for (const location of locations) {
		const nearest = findNearest(part, location, evaluation);
		if (nearest === undefined) continue;
		const selection = selectionsOf(location, evaluation).selections[0]!;
		return { text: part.text, location: location.text, selection, found, why, nearest };
	}
	const [first] = locations;
	const blamed = first && selectionsOf(first, evaluation);
	const selection = blamed?.selections[0];
	return {
		text: part.text,
		location: first?.text ?? '',
		...(selection === undefined ? {} : { selection }),
		...(blamed?.deepest === undefined ? {} : { deepest: blamed.deepest }),
		found,
		why,
	};
}
