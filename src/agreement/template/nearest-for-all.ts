/**
 * The nearest value that all items allow that are about a node, in the place of one that only the violated item allows:
 * looked for by the facets of all of them as by those of one, and held against each of them before it is told.
 */
import { endsOf, holdsWholeNumber, intersect, isEmpty, onlyValue, printRange, type RangeValue } from '../jsdl/range.ts';
import { printDouble } from '../lexical.ts';
import { type Check, prefixesAt } from './check.ts';
import {
	allowedRange,
	checkingCost,
	findNearest,
	findRangeFault,
	isFulfillable,
	isValueAllowed,
	type ValueFault,
	type ValueRestriction,
} from './facets.ts';
import { joinedRestriction, widthOf } from './joined-restriction.ts';
import type { Selection } from './location-selection.ts';
import { payerOf } from './nearest-share.ts';
import { findRestrictions, type RestrictionsOfNodes, restrictionsOf } from './restrictions-of-nodes.ts';

export type Node = Pick<Selection, 'owner' | 'attribute'>;

/** The same fault, with the nearest value that all items allow, or none. */
export function forAllItems(
	fault: ValueFault,
	violated: ValueRestriction,
	value: string,
	node: Node,
	check: Check,
): ValueFault {
	const told = fault.nearest ?? fault.near;
	const all = told === undefined ? [] : restrictionsAt(node, violated, check);
	if (all.length < 2) return fault;
	const agreed = isAllowedByAll(all, told === NO_ELEMENT ? '' : told!, node, check);
	// As a text `0.5` is next to `-0.5`, and as a number 0 is.
	const isOfNarrowest = all.every((each) => each.isGiven || widthOf(violated) <= widthOf(each));
	if (agreed && (isOfNarrowest || told === NO_ELEMENT)) return fault;
	const found = instead(fault, all, value, node, check);
	return agreed && (found.nearest ?? found.near) === undefined ? fault : found;
}

/** What is told of an empty value in the place of elements. */
const NO_ELEMENT = 'no element';

/** The same of a range: what all items leave of it, or a value that they allow. */
export function rangeForAllItems(
	fault: ValueFault,
	violated: ValueRestriction,
	range: RangeValue,
	node: Node,
	check: Check,
): ValueFault {
	const value = printDouble(endsOf(range)?.lower ?? 1);
	const isPart = fault.nearest !== undefined && isFulfillable(violated, intersect(range, allowedRange(violated)));
	if (onlyValue(range) !== undefined || !isPart) return forAllItems(fault, violated, value, node, check);
	const all = restrictionsAt(node, violated, check);
	if (all.length < 2) return fault;
	const [given, ofRanges] = [all.filter(({ isGiven }) => isGiven), all.filter(({ isGiven }) => !isGiven)];
	const common = ofRanges.reduce((left, each) => intersect(left, allowedRange(each)), range);
	const isKept =
		ofRanges.every((each) => findRangeFault(each, common, { remaining: 0 }) === undefined) &&
		given.every((each) => holdsWholeNumber(intersect(common, allowedRange(each))));
	return isKept ? { ...fault, nearest: printRange(common) } : instead(fault, all, value, node, check);
}

/** Where there is not the time to look at what the others say it is this one alone. */
export function restrictionsAt(
	node: Node,
	violated: ValueRestriction | undefined,
	check: Check,
): readonly ValueRestriction[] {
	check.ofNodes ??= lookUp(check);
	const all = restrictionsOf(check.ofNodes, node);
	return violated === undefined || all.includes(violated) ? all : [...all, violated];
}

/** Once for a check, at the cost of all who search in it: what one of them has would not be enough. */
function lookUp({ root, binding, search, index }: Check): RestrictionsOfNodes {
	const payer = payerOf(search);
	const steps = { remaining: Math.min(LOOKING_UP_STEPS_MAX, payer.remaining / 4) };
	const before = steps.remaining;
	// What the search has looked up must not make the check cheaper.
	const found = findRestrictions(root, binding, steps, { ...index });
	payer.remaining -= Math.min(before, before - steps.remaining);
	return found ?? NOTHING;
}

/** Some two milliseconds. */
const LOOKING_UP_STEPS_MAX = 120_000;
const NOTHING: RestrictionsOfNodes = { ofElements: new Map(), ofAttributes: new Map() };

/** Whether each of them allows the text, at the cost of the search. */
export function isAllowedByAll(all: readonly ValueRestriction[], text: string, { owner }: Node, check: Check): boolean {
	const { search } = check;
	return all.every((each) => {
		search.remaining -= checkingCost(each, text.length);
		return search.remaining >= 0 && isValueAllowed(each, text, prefixesAt(check, owner));
	});
}

function instead(
	{ nearest: _, near: __, ...fault }: ValueFault,
	all: readonly ValueRestriction[],
	value: string,
	node: Node,
	check: Check,
): ValueFault {
	const prefixes = prefixesAt(check, node.owner);
	const joined = joinedRestriction(all);
	const dispute: ValueFault = all.filter(({ isGiven }) => !isGiven).length > 1 ? { ...fault, isDisputed: true } : fault;
	if (joined.type.space === 'number' && isEmpty(allowedRange(joined))) return dispute;
	const found = findNearest(joined, value, check.search, prefixes, all);
	if (found.nearest !== undefined || found.near !== undefined) return { ...fault, ...found };
	const near = byTurns(all, value, node, check);
	if (near !== undefined) return { ...fault, near };
	return check.search.isShort ? fault : dispute;
}

/** From what one item allows to what the next does, until they all do. */
function byTurns(all: readonly ValueRestriction[], value: string, node: Node, check: Check): string | undefined {
	const prefixes = prefixesAt(check, node.owner);
	let text = value;
	for (let turn = 0; turn < TURNS_MAX; turn += 1) {
		for (const each of all) {
			check.search.remaining -= checkingCost(each, text.length);
			if (check.search.remaining < 0) return undefined;
			if (isValueAllowed(each, text, prefixes)) continue;
			const { nearest, near } = findNearest(each, text, check.search, prefixes);
			const next = nearest ?? near;
			if (next === undefined) return undefined;
			text = next;
		}
		if (isAllowedByAll(all, text, node, check)) return text;
	}
	return undefined;
}

const TURNS_MAX = 4;
