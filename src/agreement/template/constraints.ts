/**
 * Creation constraints (GFD.192, 4.4): what an offer for a template must keep to. Read and compiled when the template
 * is read (constraint-reader.ts); checked against every offer, all violations listed.
 */
import { qualifiedName, textOf, type XmlElement } from '../../xml/element.ts';
import { namespaceOf, OUTERMOST_SCOPE, type XmlScope } from '../../xml/scope.ts';
import { type FreeConstraint, findConditionFaults } from '../conditions/free-constraints.ts';
import { excerpt, type Place, placeOfRoot, placesWithin } from '../document.ts';
import { between, printRange } from '../jsdl/range.ts';
import { isOpenRange, isRangeValue, readRangeValue } from '../jsdl/range-value.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { Offer } from '../offer/offer.ts';
import type { PrefixLookup } from '../template/atomic-value.ts';
import { describeRestriction } from './facet-words.ts';
import {
	checkingCost,
	findRangeFault,
	findValueFault,
	holdsElements,
	type ValueFault,
	type ValueRestriction,
} from './facets.ts';
import { type Location, type Selection, type StepBudget, selectLocation } from './location.ts';
import { nearestChildren } from './nearest-children.ts';
import { withShare } from './nearest-share.ts';
import { searchBudget } from './nearest-value.ts';
import { describeParticle, findChildrenFaults, type Particle } from './particles.ts';

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

/** An item, or a condition of any shape. */
export type TemplateConstraint = CreationConstraint | FreeConstraint;

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
	/** In its place one that is allowed, where there was not the time to find out whether another is nearer. */
	readonly near?: string;
	readonly message: string;
}

/**
 * Elements, attributes and comparisons per check of one offer, all its branches together: about 8 ms, and three times
 * that before anything is compiled. An offer of 8 KB takes 9,000 by a template that ships.
 */
const CHECK_STEPS_MAX = 400_000;
/** The same for all grants of one decision that are held against the template: of an offer of 8 KB some eighty. */
const DECISION_STEPS_MAX = 800_000;
/** Violations listed of one item; an offer of a thousand wrong elements is wrong in one way. */
const VIOLATIONS_PER_ITEM_MAX = 64;
/** Behind so many of one check only one is listed of each item: nobody reads more, and each costs ten microseconds. */
const VIOLATIONS_MAX = 500;

/** What of an offer is checked. */
type CheckedOffer = Pick<Offer, 'tree' | 'path' | 'origins'>;

/** Every violation of the template's items by the document, an offer. Not one is left out because another was found. */
export function checkConstraints(
	offer: CheckedOffer,
	template: { readonly constraints: readonly TemplateConstraint[] },
	budget: CheckBudget = checkBudget(),
): readonly ConstraintViolation[] {
	return checkEach(offer, template.constraints, budget).flat();
}

/** The violations of each constraint, in their order. */
export function checkEach(
	offer: CheckedOffer,
	constraints: readonly TemplateConstraint[],
	budget: CheckBudget = checkBudget(),
): readonly (readonly ConstraintViolation[])[] {
	const check = checkOf(offer, budget);
	const checked = constraints.map((constraint, index) => {
		const violations = checkShared(constraint, constraints.length - index, check);
		check.listed += violations.length;
		return violations;
	});
	const lacking = checked.flatMap((violations, index) => (violations.some(isLacking) ? [index] : []));
	for (const [rank, index] of lacking.entries()) checked[index] = checkAgain(index, lacking.length - rank);
	return checked;

	/** Those that found no nearest value with their share of the search look again with half of what is left. */
	function checkAgain(index: number, shares: number): readonly ConstraintViolation[] {
		const before = checked[index]!;
		return sharing(check, 2 * shares, (share) => {
			if (share.remaining < STEPS_OF_SEARCH_MIN) return before;
			// What it costs to check once more is taken from the search.
			const [more, ofAll] = [{ remaining: share.remaining / 2 }, check.budget];
			share.remaining -= more.remaining;
			check.budget = more;
			check.listed = checked.slice(0, index).reduce((listed, { length }) => listed + length, 0);
			const again = checkShared(constraints[index]!, 1, check);
			check.budget = ofAll;
			share.remaining += Math.max(0, more.remaining);
			return more.remaining < 0 || lackingIn(again) > lackingIn(before) ? before : again;
		});
	}
}

/** One violation of the first constraint that is violated, if there is any: for whoever only wants to know whether. */
export function firstViolation(
	offer: CheckedOffer,
	constraints: readonly TemplateConstraint[],
	budget: CheckBudget,
): ConstraintViolation | undefined {
	const check = checkOf(offer, budget);
	for (const constraint of constraints) {
		const [violation] = checkShared(constraint, 1, check);
		if (violation !== undefined) return violation;
	}
	return undefined;
}

function checkOf({ tree: root, path, origins }: CheckedOffer, budget: CheckBudget): Check {
	const search = budget.search ?? searchBudget();
	return { root, path, origins, budget, search, paths: undefined, scopes: undefined, listed: 0 };
}

/** With less there is nothing to be found that was not found before. */
const STEPS_OF_SEARCH_MIN = 2000;

/** Checks one of so many constraints that are left, with its share of the search. */
function checkShared(constraint: TemplateConstraint, shares: number, check: Check): readonly ConstraintViolation[] {
	return sharing(check, Math.min(shares, SHARES_MAX), () =>
		'condition' in constraint ? checkFree(constraint, check) : checkItem(constraint, check),
	);
}

/** Goes on with a share of the search, one of so many. */
function sharing<Found>(check: Check, shares: number, look: (share: StepBudget) => Found): Found {
	const { search } = check;
	return withShare(search, shares, (share) => {
		check.search = share;
		const found = look(share);
		check.search = search;
		return found;
	});
}

/** Few offers violate more constraints than these: to divide the search among more would leave none enough. */
const SHARES_MAX = 16;

function isLacking({ found, nearest }: ConstraintViolation): boolean {
	return found !== undefined && nearest === undefined;
}

function lackingIn(violations: readonly ConstraintViolation[]): number {
	return violations.filter(({ nearest, near }) => nearest === undefined && near === undefined).length;
}

/** Steps of the check itself, and of the search for the nearest values; absent: one for each call. */
export interface CheckBudget extends StepBudget {
	readonly search?: StepBudget;
}

/** What checking an offer may cost, all its branches together. */
export function checkBudget(): CheckBudget {
	return { remaining: CHECK_STEPS_MAX, search: searchBudget() };
}

/** For whoever wants to know whether an offer violates anything, and looks for no nearest values. */
export function verdictBudget(): CheckBudget {
	return { remaining: CHECK_STEPS_MAX, search: { remaining: 0 } };
}

/** The same for all the grants that one decision looks at. */
export function decisionBudget(): CheckBudget {
	return { remaining: DECISION_STEPS_MAX, search: { remaining: 0 } };
}

interface Check {
	readonly root: XmlElement;
	readonly path: Offer['path'];
	readonly origins: Offer['origins'];
	budget: StepBudget;
	search: StepBudget;
	/** Made when the first path is asked for: most offers violate nothing. */
	paths: Map<XmlElement, string> | undefined;
	/** Made when the first qualified name is a value. */
	scopes: Map<XmlElement, XmlScope> | undefined;
	/** Violations so far. */
	listed: number;
}

/** How many more are listed of one item. */
function listedOfItem({ listed }: Check): number {
	return Math.min(VIOLATIONS_PER_ITEM_MAX, Math.max(1, VIOLATIONS_MAX - listed));
}

function checkFree(constraint: FreeConstraint, check: Check): ConstraintViolation[] {
	const { item, condition } = constraint;
	const named = item === undefined ? {} : { item };
	const faults = findConditionFaults(constraint, check.root, check.budget, check.search);
	if (check.budget.remaining < 0) return [exhausted(named, condition.text, check)];
	const most = listedOfItem(check);
	const violations = faults
		.slice(0, most)
		.map(({ text, selection, deepest, location, found, allowed = text, why, nearest }) => {
			const { owner, attribute } = selection ?? {};
			const name = attribute === undefined ? '' : `/@${qualifiedName(attribute)}`;
			return {
				...named,
				path: pathIn(check, owner ?? deepest ?? check.root) + name,
				location,
				found: excerpt(found),
				allowed,
				...(nearest === undefined ? {} : { nearest }),
				message: `The template demands ${excerpt(collapseWhiteSpace(text))}: ${excerpt(why)}.`,
			};
		});
	if (faults.length <= most) return violations;
	const message = `There is more of which the same constraint is violated; ${firstListed(most)}.`;
	const more = { path: pathIn(check, check.root), location: '', allowed: condition.text, message };
	return [...violations, { ...named, ...more }];
}

function checkItem(constraint: CreationConstraint, check: Check): ConstraintViolation[] {
	const { location, multiplicity } = constraint;
	const selected = selectLocation(check.root, location, check.budget);
	if (selected === undefined) return [exhausted(identity(constraint), constraint.location.text, check)];
	const { selections, deepest } = selected;
	const most = listedOfItem(check);
	const violations: ConstraintViolation[] = [];
	if (selections.length < multiplicity.min || selections.length > multiplicity.max) {
		const place = selections[multiplicity.max]?.owner ?? deepest ?? check.root;
		violations.push(wrongCount(constraint, selections.length, pathIn(check, place)));
	}
	for (const [index, selection] of multiplicity.max === 0 ? [] : selections.entries()) {
		const found = sharing(check, Math.min(selections.length - index, SHARES_MAX), () =>
			checkSelection(constraint, selection, check),
		);
		if (check.budget.remaining < 0)
			return [...violations, exhausted(identity(constraint), constraint.location.text, check)];
		violations.push(...found);
		if (violations.length <= most) continue;
		return [...violations.slice(0, most), furtherViolations(constraint, most, check)];
	}
	return violations;
}

function checkSelection(
	constraint: CreationConstraint,
	selection: Selection,
	check: Check,
): readonly ConstraintViolation[] {
	const { children, value } = constraint;
	const { attribute, owner } = selection;
	if (children !== undefined) {
		const faults = findChildrenFaults(children, owner, check.budget, check.search, (child) => prefixesAt(check, child));
		return faults.map((fault) => {
			const { child, found, allowed, why, isOrder } = fault;
			const nearest = isOrder ? nearestChildren(children, owner, check.search) : fault.nearest;
			const told = nearest === undefined ? {} : { nearest };
			const near = fault.near === undefined ? {} : { near: fault.near };
			return violation(constraint, pathIn(check, child ?? owner), { why, ...told, ...near }, found, allowed);
		});
	}
	const finding = value && findFault(value, selection, check);
	if (value === undefined || finding === undefined) return [];
	const path = pathIn(check, owner) + (attribute === undefined ? '' : `/@${qualifiedName(attribute)}`);
	return [violation(constraint, path, finding.fault, finding.found, describeRestriction(value))];
}

/** What is wrong with the value of the selected node, and that value. Meaningless once the budget is spent. */
function findFault(
	restriction: ValueRestriction,
	{ owner, attribute, isText }: Selection,
	check: Check,
): { readonly found: string; readonly fault: ValueFault } | undefined {
	const { budget, search } = check;
	budget.remaining -= owner.children.length;
	if (attribute === undefined && !isText) {
		if (isRangeValue(owner)) {
			// What cannot be read as a range is an issue of the offer already.
			const range = readRangeValue({ element: owner, path: '', scope: OUTERMOST_SCOPE }, { issues: [], remarks: [] });
			budget.remaining -= checkingCost(restriction, 0);
			const fault = range && budget.remaining >= 0 ? findRangeFault(restriction, range, search) : undefined;
			return fault && { found: printRange(range!), fault };
		}
		if (isOpenRange(owner)) {
			budget.remaining -= checkingCost(restriction, 0);
			const fault = budget.remaining >= 0 ? findRangeFault(restriction, EVERYTHING, search) : undefined;
			const why = `it demands nothing, which is not ${describeRestriction(restriction)}`;
			return fault && { found: '', fault: { ...fault, why } };
		}
		if (owner.children.some(({ kind }) => kind === 'element')) {
			const text = textOf(owner);
			budget.remaining -= checkingCost(restriction, text.length);
			if (budget.remaining < 0) return undefined;
			return { found: 'elements', fault: holdsElements(restriction, text, search, prefixesAt(check, owner)) };
		}
	}
	const found = attribute?.value ?? textOf(owner);
	budget.remaining -= checkingCost(restriction, found.length);
	const fault =
		budget.remaining >= 0 ? findValueFault(restriction, found, search, prefixesAt(check, owner)) : undefined;
	return fault && { found, fault };
}

const EVERYTHING = between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

function violation(
	constraint: CreationConstraint,
	path: string,
	fault: ValueFault,
	found: string,
	allowed: string,
): ConstraintViolation {
	const { why, ...told } = fault;
	const value = excerpt(collapseWhiteSpace(found));
	const message = `The template does not allow ${value === '' ? 'an empty value' : value}: ${why}.`;
	return { ...identity(constraint), path, found: value, allowed, ...told, message };
}

function wrongCount(constraint: CreationConstraint, count: number, path: string): ConstraintViolation {
	const { min, max } = constraint.multiplicity;
	const expected =
		max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `exactly ${min}` : `${min} to ${max}`;
	const wanted = describeWanted(constraint);
	const allowed = wanted === undefined ? `${expected} of it` : `${expected} of it: ${wanted}`;
	const message =
		count === 0
			? `The template demands ${excerpt(constraint.location.text)}, and the offer has none.`
			: `The template demands ${expected} of it; the offer has ${count}.`;
	const nearest = `${count < min ? min : max} of it`;
	return { ...identity(constraint), path, found: count === 0 ? 'nothing' : String(count), allowed, nearest, message };
}

function describeWanted({ value, children }: CreationConstraint): string | undefined {
	return value === undefined ? children && describeParticle(children) : describeRestriction(value);
}

function firstListed(most: number): string {
	return most === 1 ? 'the first is listed' : `the first ${most} are listed`;
}

function furtherViolations(constraint: CreationConstraint, most: number, check: Check): ConstraintViolation {
	const message = `There is more of which the same item is violated; ${firstListed(most)}.`;
	const allowed = describeWanted(constraint) ?? '';
	return { ...identity(constraint), path: pathIn(check, check.root), allowed, message };
}

function exhausted(identified: Pick<ConstraintViolation, 'item'>, location: string, check: Check): ConstraintViolation {
	const message = 'The offer is too large to be checked against this constraint.';
	return { ...identified, path: rootOf(check).path, location, allowed: SMALLER, message };
}

/** In the place of a check for which there are no steps left. */
export function uncheckable(path: Offer['path'] = ''): ConstraintViolation {
	const message = 'The offer, with what it demands, is too large to be checked.';
	return { path, location: '', allowed: SMALLER, message };
}

const SMALLER = 'an offer that is sooner looked through';

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
		walk(rootOf(check));
		check.paths = paths;
	}
	return check.paths.get(check.origins?.get(target) ?? target) ?? rootOf(check).path;
}

/** What prefixes mean at an element of the offer. */
function prefixesAt(check: Check, element: XmlElement): PrefixLookup {
	return (prefix) => {
		if (check.scopes === undefined) {
			const scopes = new Map<XmlElement, XmlScope>();
			const walk = (place: Place): void => {
				scopes.set(place.element, place.scope);
				for (const child of placesWithin(place)) walk(child);
			};
			walk(placeOfRoot(check.root));
			check.scopes = scopes;
		}
		return namespaceOf(check.scopes.get(element) ?? OUTERMOST_SCOPE, prefix);
	};
}

function rootOf({ root, path, origins }: Check): Place {
	const place = placeOfRoot(origins?.get(root) ?? root);
	return path === undefined ? place : { ...place, path };
}
