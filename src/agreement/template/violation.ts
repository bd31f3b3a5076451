/** What is told of a constraint that an offer violates. */
import { qualifiedName, type XmlElement } from '../../xml/element.ts';
import type { NodeChange } from '../conditions/condition-fault.ts';
import { valueOfText } from '../conditions/puts.ts';
import { excerpt, withoutAbsent } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { Offer } from '../offer/offer.ts';
import { type Check, pathIn, rootOf } from './check.ts';
import type { CreationConstraint } from './constraints.ts';
import { describeRestriction } from './facet-words.ts';
import type { ValueFault } from './facets.ts';
import { locationKey } from './location-key.ts';
import type { Selection } from './location-selection.ts';
import { valueOfMissing } from './missing-value.ts';
import { describeParticle } from './particles.ts';

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
	/** Where no change of a single node would do: those that have to change together. */
	readonly changes?: readonly ViolationChange[];
	readonly message: string;
}

/** One of several changes that would do together. */
export interface ViolationChange {
	/** In the offer; of what is missing the element that it is missing in. */
	readonly path: string;
	readonly location: string;
	readonly found: string;
	/** What would have to stand there instead. */
	readonly to: string;
}

/** Of a constraint: whether it is violated nowhere. */
export function holds(violations: readonly ConstraintViolation[]): boolean {
	return violations.length === 0;
}

/** How many more are listed of one item. */
export function listedOfItem({ listed }: Check): number {
	return Math.min(VIOLATIONS_PER_ITEM_MAX, Math.max(1, VIOLATIONS_MAX - listed));
}

/** Violations listed of one item; an offer of a thousand wrong elements is wrong in one way. */
const VIOLATIONS_PER_ITEM_MAX = 64;
/** Behind so many of one check only one is listed of each item: nobody reads more, and each costs ten microseconds. */
const VIOLATIONS_MAX = 500;

/** That a value, or a child, is not what the item allows. */
export function violation(
	constraint: CreationConstraint,
	path: string,
	fault: ValueFault,
	found: string,
	allowed: string,
	check: Check,
): ConstraintViolation {
	const { why, nearest, near } = fault;
	const value = excerpt(collapseWhiteSpace(found));
	const subject = fault.subject ?? (value === '' ? 'an empty value' : value);
	const message = `The template does not allow ${subject}: ${why}.${untold(fault, check)}`;
	return { ...identity(constraint), path, found: value, allowed, ...withoutAbsent({ nearest, near }), message };
}

/** Why nothing is told that would do: in a sentence with a space before it, or none where something is. */
export function untold(
	{ nearest, near, isDisputed }: Pick<ValueFault, 'nearest' | 'near' | 'isDisputed'>,
	{ search, isSearching }: Check,
): string {
	if (!isSearching || nearest !== undefined || near !== undefined) return '';
	if (isDisputed) return UNTOLD.disputed;
	return search.remaining <= STEPS_LEFT || search.isShort ? UNTOLD.unsought : UNTOLD.unfound;
}

const UNTOLD = {
	disputed: ' Nothing was found that all items about it allow.',
	unsought: ' There was not the time to look for what would do instead.',
	unfound: ' Nothing was found that would do instead.',
} as const;

/** The message of a violation of which something is told after all. */
export function withoutUntold(message: string): string {
	const why = Object.values(UNTOLD).find((each) => message.endsWith(each));
	return why === undefined ? message : message.slice(0, -why.length);
}

/** The path of a node, or of the element in which something is missing. */
export function pathOfNode(
	{ selection, deepest }: { selection?: Selection; deepest?: XmlElement },
	check: Check,
): string {
	const { owner, attribute } = selection ?? {};
	const name = attribute === undefined ? '' : `/@${qualifiedName(attribute)}`;
	return pathIn(check, owner ?? deepest ?? check.root) + name;
}

/** One of several changes, with its path. */
export function changeTold(change: NodeChange, check: Check): ViolationChange {
	const { location, found, nearest } = change;
	return { path: pathOfNode(change, check), location, found: excerpt(found), to: nearest };
}

/** With less of its share a search ends. */
const STEPS_LEFT = 1000;

/** That there are more or fewer of it than there may be. */
export function wrongCount(
	constraint: CreationConstraint,
	count: number,
	path: string,
	check: Check,
): ConstraintViolation {
	const { min, max } = constraint.multiplicity;
	const expected =
		max === Number.POSITIVE_INFINITY ? `at least ${min}` : min === max ? `exactly ${min}` : `${min} to ${max}`;
	const wanted = describeWanted(constraint);
	const allowed = wanted === undefined ? `${expected} of it` : `${expected} of it: ${wanted}`;
	const message =
		count === 0
			? `The template demands ${excerpt(constraint.location.text)}, and the offer has none.`
			: `The template demands ${expected} of it; the offer has ${count}.`;
	const nearest = nearestCount(constraint, count, check);
	const value = count === 0 && nearest === 1 ? valueOfMissing(constraint, check) : undefined;
	const told = nearest === undefined ? {} : { nearest: `${nearest} of it${value === undefined ? '' : `: ${value}`}` };
	const found = count === 0 ? 'nothing' : String(count);
	const violated = { ...identity(constraint), path, found, allowed, ...told, message };
	const { location } = constraint;
	if (value !== undefined) check.causes.set(violated, { location, puts: [{ location, to: valueOfText(value) }] });
	return violated;
}

/** Of what all items with that Location demand; undefined where they contradict each other. */
function nearestCount(violated: CreationConstraint, count: number, { binding }: Check): number | undefined {
	const alike = binding.flatMap((each) =>
		'condition' in each || locationKey(each.location) !== locationKey(violated.location) ? [] : [each],
	);
	const counts = [violated, ...alike].map(({ multiplicity }) => multiplicity);
	const [min, max] = [Math.max(...counts.map((each) => each.min)), Math.min(...counts.map((each) => each.max))];
	return min > max ? undefined : Math.min(Math.max(count, min), max);
}

function describeWanted({ value, children }: CreationConstraint): string | undefined {
	return value === undefined ? children && describeParticle(children) : describeRestriction(value);
}

/** In words, how many are. */
export function firstListed(most: number): string {
	return most === 1 ? 'the first is listed' : `the first ${most} are listed`;
}

/** In the place of those that are not listed. */
export function furtherViolations(constraint: CreationConstraint, most: number, check: Check): ConstraintViolation {
	const message = `There is more of which the same item is violated; ${firstListed(most)}.`;
	const allowed = describeWanted(constraint) ?? '';
	return { ...identity(constraint), path: pathIn(check, check.root), allowed, message };
}

/** That the budget was spent before the constraint was checked. */
export function exhausted(
	identified: Pick<ConstraintViolation, 'item'>,
	location: string,
	check: Check,
): ConstraintViolation {
	const message = 'The offer is too large to be checked against this constraint.';
	return { ...identified, path: rootOf(check).path, location, allowed: SMALLER, message };
}

/** Whether it says that the budget was spent, and nothing of what is allowed. */
export function isExhausted({ allowed }: ConstraintViolation): boolean {
	return allowed === SMALLER;
}

/** In the place of a check for which there are no steps left. */
export function uncheckable(path: Offer['path'] = ''): ConstraintViolation {
	const message = 'The offer, with what it demands, is too large to be checked.';
	return { path, location: '', allowed: SMALLER, message };
}

const SMALLER = 'an offer that is sooner looked through';

/** Which item it is. */
export function identity({ item, location }: CreationConstraint): Pick<ConstraintViolation, 'item' | 'location'> {
	return { ...(item === undefined ? {} : { item }), location: location.text };
}
