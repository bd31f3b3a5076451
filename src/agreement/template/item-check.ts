/** How a document is held against an item: what is wrong with the nodes that its Location selects, and what would do. */
import type { Gradual } from '../../parts.ts';
import { qualifiedName, textOf } from '../../xml/element.ts';
import { OUTERMOST_SCOPE } from '../../xml/scope.ts';
import { withoutAbsent } from '../document.ts';
import { between, printRange } from '../jsdl/range.ts';
import { isOpenRange, isRangeValue, readRangeValue } from '../jsdl/range-value.ts';
import { causeOfItem } from './agreed-advice.ts';
import { type Check, pathIn, prefixesAt, SHARES_MAX, sharing } from './check.ts';
import type { CreationConstraint } from './constraints.ts';
import { describeRestriction } from './facet-words.ts';
import {
	checkingCost,
	findRangeFault,
	findValueFault,
	holdsElements,
	type ValueFault,
	type ValueRestriction,
} from './facets.ts';
import { type Selection, selectLocation } from './location-selection.ts';
import { nearestChildren } from './nearest-children.ts';
import { forAllItems, rangeForAllItems } from './nearest-for-all.ts';
import { findChildrenFaults } from './particles.ts';
import {
	type ConstraintViolation,
	exhausted,
	furtherViolations,
	identity,
	listedOfItem,
	violation,
	wrongCount,
} from './violation.ts';

/** Each of the nodes that an item's Location selects, and how many there are. */
export function* checkItem(constraint: CreationConstraint, check: Check): Gradual<ConstraintViolation[]> {
	const { location, multiplicity } = constraint;
	const selected = selectLocation(check.root, location, check.budget, check.index);
	if (selected === undefined) return [exhausted(identity(constraint), constraint.location.text, check)];
	const { selections, deepest } = selected;
	const most = listedOfItem(check);
	const violations: ConstraintViolation[] = [];
	if (selections.length < multiplicity.min || selections.length > multiplicity.max) {
		const place = selections[multiplicity.max]?.owner ?? deepest ?? check.root;
		violations.push(wrongCount(constraint, selections.length, pathIn(check, place), check));
		if (check.tells === 'whether') return violations;
	}
	const isOfPresence = constraint.value === undefined && constraint.children === undefined;
	for (const [index, selection] of multiplicity.max === 0 || isOfPresence ? [] : selections.entries()) {
		const found = sharing(check, Math.min(selections.length - index, SHARES_MAX), () =>
			checkSelection(constraint, selection, check),
		);
		if (check.budget.remaining < 0)
			return [...violations, exhausted(identity(constraint), constraint.location.text, check)];
		violations.push(...found);
		yield;
		if (check.tells === 'whether' && violations.length > 0) return violations;
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
			const { child = owner, found, allowed, why, order, restriction, attribute } = fault;
			const nearest = order ? nearestChildren(order.group, order.parent, check.search) : fault.nearest;
			const told = { why, ...withoutAbsent({ nearest, near: fault.near }) };
			const node = { owner: child, ...withoutAbsent({ attribute }) };
			if (restriction === undefined) return violation(constraint, pathIn(check, child), told, found, allowed, check);
			const agreed = forAllItems(told, restriction, attribute?.value ?? found, node, check);
			const violated = violation(constraint, pathIn(check, child), agreed, found, allowed, check);
			return caused(violated, constraint, restriction, { ...node, isText: false }, check);
		});
	}
	const finding = value && findFault(value, selection, check);
	if (value === undefined || finding === undefined) return [];
	const path = pathIn(check, owner) + (attribute === undefined ? '' : `/@${qualifiedName(attribute)}`);
	const violated = violation(constraint, path, finding.fault, finding.found, describeRestriction(value), check);
	return [caused(violated, constraint, value, selection, check)];
}

/** A violation by the value of a node. */
function caused(
	violated: ConstraintViolation,
	{ location }: CreationConstraint,
	restriction: ValueRestriction,
	selection: Selection,
	{ causes }: Check,
): ConstraintViolation {
	causes.set(violated, causeOfItem(location, selection, restriction, violated));
	return violated;
}

/** What is wrong with the value of the selected node, and that value. Meaningless once the budget is spent. */
function findFault(
	restriction: ValueRestriction,
	selection: Selection,
	check: Check,
): { readonly found: string; readonly fault: ValueFault } | undefined {
	const { owner, attribute, isText } = selection;
	const { budget, search } = check;
	budget.remaining -= owner.children.length;
	if (attribute === undefined && !isText) {
		if (isRangeValue(owner)) {
			// What cannot be read as a range is an issue of the offer already.
			const range = readRangeValue({ element: owner, path: '', scope: OUTERMOST_SCOPE }, { issues: [], remarks: [] });
			budget.remaining -= checkingCost(restriction, 0);
			const fault = range && budget.remaining >= 0 ? findRangeFault(restriction, range, search) : undefined;
			return (
				fault && { found: printRange(range!), fault: rangeForAllItems(fault, restriction, range!, selection, check) }
			);
		}
		if (isOpenRange(owner)) {
			budget.remaining -= checkingCost(restriction, 0);
			const fault = budget.remaining >= 0 ? findRangeFault(restriction, EVERYTHING, search) : undefined;
			const why = `it admits any number, which is not ${describeRestriction(restriction)}`;
			const told = fault && { ...fault, why, subject: 'a range without any part' };
			return told && { found: '', fault: rangeForAllItems(told, restriction, EVERYTHING, selection, check) };
		}
		if (owner.children.some(({ kind }) => kind === 'element')) {
			const text = textOf(owner);
			budget.remaining -= checkingCost(restriction, text.length);
			if (budget.remaining < 0) return undefined;
			const fault = holdsElements(restriction, text, search, prefixesAt(check, owner));
			return { found: 'elements', fault: forAllItems(fault, restriction, text, selection, check) };
		}
	}
	const found = attribute?.value ?? textOf(owner);
	budget.remaining -= checkingCost(restriction, found.length);
	const fault =
		budget.remaining >= 0 ? findValueFault(restriction, found, search, prefixesAt(check, owner)) : undefined;
	return fault && { found, fault: forAllItems(fault, restriction, found, selection, check) };
}

const EVERYTHING = between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
