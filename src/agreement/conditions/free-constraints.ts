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
import type { Location, Selection, StepBudget } from '../template/location.ts';
import { findNearest, isCompared, isOfEach, locationsIn } from '../template/nearest.ts';
import { searchBudget } from '../template/nearest-value.ts';
import { type Evaluation, evaluate, type Outcome, saidBy, selectionsOf, selectionValue } from './evaluation.ts';
import { type Condition, parseCondition } from './expression.ts';

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
	/** What is to blame: a node whose change would help, else one that is named. Absent: nothing is there. */
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

/**
 * Every part of the constraint that does not hold for the document, once for each node that is to blame, as many as
 * NODES_MAX. Meaningless once the budget is spent; where that of the search is, less is told of nodes and nearest values.
 */
export function findConditionFaults(
	{ condition }: Pick<FreeConstraint, 'condition'>,
	root: XmlElement,
	budget: StepBudget,
	search: StepBudget = searchBudget(),
): readonly ConditionFault[] {
	const parts = condition.kind === 'and' ? condition.conditions : [condition];
	return parts.flatMap((part) => {
		const evaluation: Evaluation = { root, budget, selected: new Map(), instead: new Map() };
		const truth = decide(part, evaluation);
		return truth === 'true' || budget.remaining < 0 ? [] : explain(part, truth, evaluation, search);
	});
}

const ALLOWED = 'a condition such as //jsdl:Exact <= 8 and not exists(//jsdl:CandidateHosts)';
/** What is shown of the text before a mistake. */
const BEFORE_CHARACTERS = 20;

/** Of several nodes of one Location each may hold by another alternative of an `or`: `//x = 1 or //x = 2`. */
function decide(part: Condition, evaluation: Evaluation): Outcome {
	const truth = evaluate(part, evaluation);
	const [location, ...others] = truth === 'open' ? locationsIn(part) : [];
	if (location === undefined || others.length > 0 || !isOfEach(part)) return truth;
	const { selections } = selectionsOf(location, evaluation);
	const holdsOfEach = selections.every((selection) => {
		const value = selectionValue(selection, evaluation.budget);
		if ('why' in value || evaluation.budget.remaining < 0) return false;
		return evaluate(part, { ...evaluation, instead: new Map([[location.text, value]]) }) === 'true';
	});
	return holdsOfEach ? 'true' : truth;
}

/** Nodes told of one part: one more than anybody lists, so that it is known that there are more. */
const NODES_MAX = 65;
/** What a Location says is shown of so many nodes; where more are to blame, they are told one by one. */
const SAID_MAX = 8;

/** The nodes of the first Location a change of which would help, else of the first that is named. */
function explain(
	part: Condition,
	truth: Exclude<Outcome, 'true'>,
	evaluation: Evaluation,
	search: StepBudget,
): readonly ConditionFault[] {
	const locations = locationsIn(part);
	let faults: readonly ConditionFault[] | undefined;
	for (const location of locations) {
		const blamed = blame(part, truth, location, evaluation, search);
		if (blamed.some(({ nearest }) => nearest !== undefined)) return blamed;
		faults ??= blamed;
	}
	return faults ?? [{ text: part.text, location: '', found: '', why: whyOf(truth) }];
}

function blame(
	part: Condition,
	truth: Exclude<Outcome, 'true'>,
	location: Location,
	evaluation: Evaluation,
	search: StepBudget,
): readonly ConditionFault[] {
	const { selections, deepest } = selectionsOf(location, evaluation);
	const told = { text: part.text, location: location.text };
	const faults: ConditionFault[] = [];
	for (const selection of isCompared(part, location) ? selections : []) {
		const value = selectionValue(selection, evaluation.budget);
		if ('why' in value) continue;
		const instead = new Map([[location.text, value]]);
		const alone: Evaluation = { ...evaluation, budget: search, instead };
		const outcome = selections.length === 1 ? truth : evaluate(part, alone);
		if (search.remaining < 0 || faults.length === NODES_MAX) break;
		if (outcome === 'true') continue;
		const nearest = findNearest(part, location, value, alone);
		const found = foundIn(part, location, [selection], evaluation);
		faults.push({ ...told, selection, found, why: whyOf(outcome), ...(nearest === undefined ? {} : { nearest }) });
	}
	if (faults.length > 0) return faults;
	const [selection] = selections;
	const blamed = {
		...(selection === undefined ? {} : { selection }),
		...(deepest === undefined ? {} : { deepest }),
	};
	return [{ ...told, ...blamed, found: foundIn(part, location, selections, evaluation), why: whyOf(truth) }];
}

function whyOf(truth: Exclude<Outcome, 'true'>): string {
	if (typeof truth === 'object') return truth.why;
	return truth === 'open' ? 'not every value that is admitted fulfils it' : 'it does not hold';
}

/** What these nodes of the Location say, and where there are other Locations, they too. */
function foundIn(part: Condition, one: Location, some: readonly Selection[], evaluation: Evaluation): string {
	const locations = locationsIn(part);
	const shown = locations.map((location) => {
		const selections = location.text === one.text ? some : selectionsOf(location, evaluation).selections;
		const said = new Set(selections.slice(0, SAID_MAX).map((selection) => saidBy(selection, evaluation.budget)));
		const more = selections.length > SAID_MAX ? [`${selections.length - SAID_MAX} more`] : [];
		return { location, said: [...said, ...more].join(' or ') || 'nothing' };
	});
	if (shown.length === 1) return shown[0]!.said;
	return shown.map(({ location, said }) => `${location.text}: ${said}`).join('; ');
}
