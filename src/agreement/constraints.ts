/**
 * Creation constraints (GFD.192, 4.4): what an offer for a template must keep to. Read and compiled when the template
 * is read; checked against every offer, all violations listed.
 *
 * A Location that selects nothing violates its item: otherwise a misspelt constraint would let everything pass. An
 * item may say otherwise by WSAG4J's ConstraintAnnotation (`Multiplicity` 0_TO_1, 0_TO_N, 1, 1_TO_N; WSAG4J itself
 * takes 0_TO_N where none is given, so there such an item passes). Free `wsag:Constraint` elements have no language
 * of their own: a template that carries one is refused.
 */
import {
	attributeValue,
	type DocumentIssue,
	hasName,
	OUTERMOST_SCOPE,
	qualifiedName,
	textOf,
	type XmlElement,
} from '../xml/element.ts';
import {
	addIssue,
	excerpt,
	optionalChild,
	type Place,
	placeOfRoot,
	placesNamed,
	placesWithin,
	requiredChild,
} from './document.ts';
import { readRestriction } from './facet-reader.ts';
import {
	checkingCost,
	describeRestriction,
	findRangeFault,
	findValueFault,
	type ValueFault,
	type ValueRestriction,
} from './facets.ts';
import { collapseWhiteSpace } from './lexical.ts';
import { type Location, parseLocation, type Selection, type StepBudget, selectLocation } from './location.ts';
import { WSAG, WSAG4J_ENGINE } from './names.ts';
import type { Offer } from './offer.ts';
import { isModelGroup, readParticle } from './particle-reader.ts';
import { describeParticle, findChildrenFault, type Particle } from './particles.ts';
import { printRange } from './range.ts';
import { isRangeValue, readRangeValue } from './range-value.ts';

/** One wsag:Item, compiled. Plain data, so that a template can travel between threads. */
export interface CreationConstraint {
	/** Its wsag:Name. */
	readonly item?: string;
	/** Where it stands in the template. */
	readonly path: string;
	readonly location: Location;
	/** How many nodes the Location may select. */
	readonly multiplicity: { readonly min: number; readonly max: number };
	/** Absent: it is enough that the node is there. */
	readonly value?: ValueRestriction;
	readonly children?: Particle;
}

/** What in an offer violates which item, and what would not. */
export interface ConstraintViolation {
	readonly item?: string;
	/** In the offer; where something is missing, the element that it is missing in. */
	readonly path: string;
	readonly location: string;
	readonly found?: string;
	readonly allowed: string;
	/** The nearest value that is allowed, where it can be said. */
	readonly nearest?: string;
	readonly message: string;
}

/** Each costs at most a walk over every offer; 256 of them on an offer of 8 KB take some milliseconds. */
const ITEMS_MAX = 256;
/** Elements, attributes and comparisons per check of one offer: about 50 ms, a hundred times what real offers need. */
const CHECK_STEPS_MAX = 2_000_000;
/** Violations listed of one item; an offer of a thousand wrong elements is wrong in one way. */
const VIOLATIONS_PER_ITEM_MAX = 64;

/** Reads wsag:CreationConstraints. Whatever could not be checked on an offer is an issue. */
export function readCreationConstraints(place: Place, issues: DocumentIssue[]): CreationConstraint[] {
	const places = placesWithin(place);
	for (const { path } of placesNamed(places, WSAG, 'Constraint')) {
		const message = 'A free Constraint has no language that anybody here evaluates; write it as an Item.';
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', path, message, { allowed: 'wsag:Item' });
	}
	const items = placesNamed(places, WSAG, 'Item');
	if (items.length > ITEMS_MAX) {
		const allowed = `at most ${ITEMS_MAX} items`;
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, `A template may have ${allowed}.`, { allowed });
		return [];
	}
	return items.map((item) => readItem(item, issues)).filter((constraint) => constraint !== undefined);
}

/** Compiles one item: of a template, or of the constraints in an offer of a negotiation. */
export function readItem(item: Place, issues: DocumentIssue[]): CreationConstraint | undefined {
	const places = placesWithin(item);
	const locationPlace = requiredChild(item, places, WSAG, 'Location', issues);
	const constraintPlace = requiredChild(item, places, WSAG, 'ItemConstraint', issues);
	const location = locationPlace && readLocation(locationPlace, issues);
	const extras = places.filter((place) => place !== locationPlace && place !== constraintPlace);
	const multiplicity = readMultiplicity(extras, issues);
	if (constraintPlace === undefined || location === undefined) return undefined;
	const content = placesWithin(constraintPlace);
	const group = content.find(isModelGroup);
	const name = attributeValue(item.element, WSAG, 'Name');
	const common = { ...(name === undefined ? {} : { item: name }), path: item.path, location, multiplicity };
	if (group === undefined) {
		return content.length === 0 ? common : { ...common, value: readRestriction(content, undefined, issues) };
	}
	if (location.target.kind !== 'element') {
		const message = 'Children can be demanded of elements only.';
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', group.path, message, { found: location.text });
	}
	const children = readParticle(group, issues);
	return children === undefined ? common : { ...common, children };
}

/** Every violation of the template's items by the document, an offer. Not one is left out because another was found. */
export function checkConstraints(
	offer: Pick<Offer, 'tree' | 'origins'>,
	template: { readonly constraints: readonly CreationConstraint[] },
	budget: StepBudget = checkBudget(),
): readonly ConstraintViolation[] {
	const check: Check = { root: offer.tree, origins: offer.origins, budget, paths: undefined };
	return template.constraints.flatMap((constraint) => checkItem(constraint, check));
}

/** What checking an offer may cost, all its branches together. */
export function checkBudget(): StepBudget {
	return { remaining: CHECK_STEPS_MAX };
}

interface Check {
	readonly root: XmlElement;
	readonly origins: Offer['origins'];
	readonly budget: StepBudget;
	/** Made when the first path is asked for: most offers violate nothing. */
	paths: Map<XmlElement, string> | undefined;
}

const MULTIPLICITIES: ReadonlyMap<string, CreationConstraint['multiplicity']> = new Map([
	['0_TO_1', { min: 0, max: 1 }],
	['0_TO_N', { min: 0, max: Number.POSITIVE_INFINITY }],
	['1', { min: 1, max: 1 }],
	['1_TO_N', { min: 1, max: Number.POSITIVE_INFINITY }],
]);
const MULTIPLICITY_DEFAULT = { min: 1, max: Number.POSITIVE_INFINITY };

function readLocation(place: Place, issues: DocumentIssue[]): Location | undefined {
	const text = textOf(place.element);
	const reading = parseLocation(text, place.scope);
	if (reading.ok) return reading.location;
	const allowed = "paths such as /wsag:AgreementOffer//jsdl:Exact[1] or //wsag:All/*[@wsag:Name='x']/@wsag:ServiceName";
	addIssue(issues, 'LOCATION_REFUSED', place.path, `This Location is not supported: ${reading.why}.`, {
		found: text,
		allowed,
	});
	return undefined;
}

/** The only thing that may stand behind an ItemConstraint is WSAG4J's ConstraintAnnotation. */
function readMultiplicity(extras: readonly Place[], issues: DocumentIssue[]): CreationConstraint['multiplicity'] {
	let multiplicity = MULTIPLICITY_DEFAULT;
	for (const extra of extras) {
		if (!hasName(extra.element, WSAG4J_ENGINE, 'ConstraintAnnotation')) {
			const message = `Nobody here knows ${qualifiedName(extra.element)}, so nobody would check it.`;
			addIssue(issues, 'CONSTRAINT_UNSUPPORTED', extra.path, message, { allowed: 'ConstraintAnnotation' });
			continue;
		}
		const element = optionalChild(extra, placesWithin(extra), WSAG4J_ENGINE, 'Multiplicity', issues);
		const word = element === undefined ? '' : collapseWhiteSpace(textOf(element.element));
		const known = MULTIPLICITIES.get(word);
		if (known === undefined) {
			const allowed = [...MULTIPLICITIES.keys()].join(', ');
			addIssue(issues, 'CONSTRAINT_UNSUPPORTED', extra.path, `Multiplicity must be one of ${allowed}.`, {
				found: word,
				allowed,
			});
		}
		multiplicity = known ?? multiplicity;
	}
	return multiplicity;
}

function checkItem(constraint: CreationConstraint, check: Check): ConstraintViolation[] {
	const { location, multiplicity } = constraint;
	const selected = selectLocation(check.root, location, check.budget);
	if (selected === undefined) return [exhausted(constraint, check)];
	const { selections, deepest } = selected;
	if (selections.length < multiplicity.min || selections.length > multiplicity.max) {
		const place = selections[multiplicity.max]?.owner ?? deepest ?? check.root;
		return [wrongCount(constraint, selections.length, pathIn(check, place))];
	}
	const violations: ConstraintViolation[] = [];
	for (const selection of selections) {
		const violation = checkSelection(constraint, selection, check);
		if (check.budget.remaining < 0) return [...violations, exhausted(constraint, check)];
		if (violation === undefined) continue;
		violations.push(violation);
		if (violations.length === VIOLATIONS_PER_ITEM_MAX) break;
	}
	return violations;
}

function checkSelection(
	constraint: CreationConstraint,
	selection: Selection,
	check: Check,
): ConstraintViolation | undefined {
	const { children, value } = constraint;
	if (children !== undefined) {
		const fault = findChildrenFault(children, selection.owner, check.budget);
		if (fault === undefined) return undefined;
		const { found, allowed, why } = fault;
		return violation(constraint, pathIn(check, fault.child ?? selection.owner), { why }, found, allowed);
	}
	const finding = value && findFault(value, selection, check.budget);
	if (value === undefined || finding === undefined) return undefined;
	const { attribute, owner } = selection;
	const path = pathIn(check, owner) + (attribute === undefined ? '' : `/@${qualifiedName(attribute)}`);
	return violation(constraint, path, finding.fault, finding.found, describeRestriction(value));
}

/** What is wrong with the value of the selected node, and that value. Meaningless once the budget is spent. */
function findFault(
	restriction: ValueRestriction,
	{ owner, attribute, isText }: Selection,
	budget: StepBudget,
): { readonly found: string; readonly fault: ValueFault } | undefined {
	budget.remaining -= owner.children.length;
	if (attribute === undefined && !isText) {
		if (isRangeValue(owner)) {
			// What cannot be read as a range is an issue of the offer already.
			const range = readRangeValue({ element: owner, path: '', scope: OUTERMOST_SCOPE }, { issues: [], remarks: [] });
			budget.remaining -= checkingCost(restriction, 0);
			const fault = range && budget.remaining >= 0 ? findRangeFault(restriction, range) : undefined;
			return fault && { found: printRange(range!), fault };
		}
		if (owner.children.some(({ kind }) => kind === 'element')) {
			return { found: 'elements', fault: { why: 'it holds elements and has no value of its own' } };
		}
	}
	const found = attribute?.value ?? textOf(owner);
	budget.remaining -= checkingCost(restriction, found.length);
	const fault = budget.remaining >= 0 ? findValueFault(restriction, found) : undefined;
	return fault && { found, fault };
}

function violation(
	constraint: CreationConstraint,
	path: string,
	fault: ValueFault,
	found: string,
	allowed: string,
): ConstraintViolation {
	const nearest = fault.nearest === undefined ? {} : { nearest: fault.nearest };
	const value = excerpt(collapseWhiteSpace(found));
	const message = `The template does not allow ${value === '' ? 'an empty value' : value}: ${fault.why}.`;
	return { ...identity(constraint), path, found: value, allowed, ...nearest, message };
}

function wrongCount(constraint: CreationConstraint, count: number, path: string): ConstraintViolation {
	const { min, max } = constraint.multiplicity;
	const expected =
		max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `exactly ${min}` : `${min} to ${max}`;
	const wanted =
		constraint.value === undefined
			? constraint.children && describeParticle(constraint.children)
			: describeRestriction(constraint.value);
	const allowed = wanted === undefined ? `${expected} of it` : `${expected} of it: ${wanted}`;
	const message =
		count === 0
			? 'The template demands something here that the offer does not have.'
			: `The template demands ${expected} of it; the offer has ${count}.`;
	return { ...identity(constraint), path, found: count === 0 ? 'nothing' : String(count), allowed, message };
}

function exhausted(constraint: CreationConstraint, check: Check): ConstraintViolation {
	const message = 'The offer is too large to be checked against this item.';
	return { ...identity(constraint), path: pathIn(check, check.root), allowed: `${CHECK_STEPS_MAX} steps`, message };
}

function identity({ item, location }: CreationConstraint): Pick<ConstraintViolation, 'item' | 'location'> {
	return { ...(item === undefined ? {} : { item }), location: location.text };
}

/** The path of an element in the offer as it was sent; all paths are made in one walk. */
function pathIn(check: Check, target: XmlElement): string {
	if (check.paths === undefined) {
		const paths = new Map<XmlElement, string>();
		const walk = (place: Place): void => {
			paths.set(place.element, place.path);
			for (const child of placesWithin(place)) walk(child);
		};
		walk(placeOfRoot(check.origins?.get(check.root) ?? check.root));
		check.paths = paths;
	}
	return check.paths.get(check.origins?.get(target) ?? target) ?? placeOfRoot(check.root).path;
}
