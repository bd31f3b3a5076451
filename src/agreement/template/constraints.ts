/**
 * Creation constraints (GFD.192, 4.4): what an offer for a template must keep to. Read and compiled when the template
 * is read (constraint-reader.ts); checked against every offer, all violations listed.
 */

import { type Gradual, gradual, part, toItsEnd } from '../../parts.ts';
import { conditionFaults, type FreeConstraint, isFulfilled } from '../conditions/free-constraints.ts';
import { locationsIn } from '../conditions/unknowns.ts';
import { excerpt, withoutAbsent } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { agreedAdvice } from './agreed-advice.ts';
import {
	type Check,
	type CheckedOffer,
	checkOf,
	having,
	pathIn,
	SHARES_MAX,
	sharingGradually,
	type Telling,
} from './check.ts';
import { type CheckBudget, CONSTRAINT_STEPS_MAX, checkBudget } from './check-budget.ts';
import { demandsOn } from './demands-of-items.ts';
import type { ValueRestriction } from './facets.ts';
import { checkItem } from './item-check.ts';
import type { Location, StepBudget } from './location.ts';
import type { Particle } from './particles.ts';
import {
	type ConstraintViolation,
	changeTold,
	exhausted,
	firstListed,
	holds,
	listedOfItem,
	pathOfNode,
	untold,
} from './violation.ts';

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

/** Every violation of the template's items by the document, an offer. Not one is left out because another was found. */
export function checkConstraints(
	offer: CheckedOffer,
	template: { readonly constraints: readonly TemplateConstraint[] },
	budget: CheckBudget = checkBudget(),
): readonly ConstraintViolation[] {
	return checkEach(offer, template.constraints, budget).flat();
}

/**
 * The violations of each constraint, in their order; without paths where it `tells` what is wrong and not where. The
 * nearest values keep to what is `binding`, too.
 */
export function checkEach(
	offer: CheckedOffer,
	constraints: readonly TemplateConstraint[],
	budget: CheckBudget = checkBudget(),
	tells: Exclude<Telling, 'whether'> = 'where',
	binding: readonly TemplateConstraint[] = constraints,
): readonly (readonly ConstraintViolation[])[] {
	const check = part(() => checkOf(offer, budget, tells, binding));
	check.listed = 0;
	const kept = constraints.length / SHARES_BEHIND;
	const checked: (readonly ConstraintViolation[])[] = [];
	for (const [index, constraint] of constraints.entries()) {
		const violations = gradual(() => checkBounded(constraint, constraints.length - index + kept, check));
		check.listed += violations.length;
		checked.push(violations);
	}
	if (checked.every(holds)) return checked;
	const lacking = checked.flatMap((violations, index) => (violations.some(isLacking) ? [index] : []));
	for (const [rank, index] of lacking.entries())
		checked[index] = gradual(() => checkAgain(index, lacking.length - rank));
	return agreedAdvice(checked, constraints, check);

	/** Those that found no nearest value with their share of the search look again with half of what is left. */
	function checkAgain(index: number, shares: number): Gradual<readonly ConstraintViolation[]> {
		const before = checked[index]!;
		return sharingGradually(check, 2 * shares, function* (share) {
			if (share.remaining < STEPS_OF_SEARCH_MIN) return before;
			// What it costs to check once more is taken from the search.
			const more = { remaining: share.remaining / 2 };
			share.remaining -= more.remaining;
			check.listed = checked.slice(0, index).reduce((listed, { length }) => listed + length, 0);
			const again = yield* having(check, 'budget', more, checkShared(constraints[index]!, 1, check));
			share.remaining += Math.max(0, more.remaining);
			const isLess = again.length < before.length || lackingIn(again) > lackingIn(before);
			return more.remaining < 0 || isLess ? before : again;
		});
	}
}

/**
 * A violation of the first constraint that is violated, if there is any: for whoever only wants to know whether. It has
 * no path, and of a condition no reason.
 */
export function firstViolation(
	offer: CheckedOffer,
	constraints: readonly TemplateConstraint[],
	budget: CheckBudget,
): ConstraintViolation | undefined {
	const check = checkOf(offer, budget, 'whether');
	for (const constraint of constraints) {
		const [violation] = toItsEnd(checkShared(constraint, 1, check));
		if (violation !== undefined) return violation;
	}
	return undefined;
}

/** Of so many shares of the search one is kept for what all that is told has to agree upon. */
const SHARES_BEHIND = 15;

/** Checks one of several with what one may take at the most. */
function* checkBounded(
	constraint: TemplateConstraint,
	shares: number,
	check: Check,
): Gradual<readonly ConstraintViolation[]> {
	const { budget } = check;
	const most = Math.min(budget.remaining, CONSTRAINT_STEPS_MAX);
	const own: StepBudget = { remaining: most };
	const violations = yield* having(check, 'budget', own, checkShared(constraint, shares, check));
	budget.remaining -= most - own.remaining;
	return violations;
}

/** With less there is nothing to be found that was not found before. */
const STEPS_OF_SEARCH_MIN = 2000;

/** Checks one of so many constraints that are left, with its share of the search. */
function checkShared(
	constraint: TemplateConstraint,
	shares: number,
	check: Check,
): Gradual<readonly ConstraintViolation[]> {
	return sharingGradually(check, Math.min(shares, SHARES_MAX), () =>
		'condition' in constraint ? checkFree(constraint, check) : checkItem(constraint, check),
	);
}

function isLacking({ found, nearest }: ConstraintViolation): boolean {
	return found !== undefined && nearest === undefined;
}

function lackingIn(violations: readonly ConstraintViolation[]): number {
	return violations.filter(({ nearest, near }) => nearest === undefined && near === undefined).length;
}

/** Of more nodes of one part it is not looked what they might say together. */
const SETTLED_MAX = 24;

function* checkFree(constraint: FreeConstraint, check: Check): Gradual<ConstraintViolation[]> {
	const { item, condition } = constraint;
	const named = item === undefined ? {} : { item };
	if (check.tells === 'whether') {
		if (isFulfilled(constraint, check.root, check.budget, check.index)) return [];
		if (check.budget.remaining < 0) return [exhausted(named, condition.text, check)];
		return [{ ...named, path: '', location: '', allowed: condition.text, message: '' }];
	}
	const { root, budget, search, index } = check;
	// Before it gives way: what is gone on with later has another count beside it.
	const most = listedOfItem(check);
	const faults = yield* conditionFaults(constraint, root, budget, search, index, demandsOn(check));
	if (check.budget.remaining < 0) return [exhausted(named, condition.text, check)];
	// What would do for so many together takes longer than they had one by one, and is told with each of them.
	const isUnsought = faults.length > SETTLED_MAX && faults.some(({ puts }) => puts === undefined);
	const violations = faults.slice(0, most).map((fault): ConstraintViolation => {
		const { part, location, found, allowed = part.text, why, nearest, near, changes } = fault;
		const told: ConstraintViolation = {
			...named,
			path: pathOfNode(fault, check),
			location,
			found: excerpt(found),
			allowed,
			...withoutAbsent({ nearest, near, changes: changes?.slice(0, most).map((each) => changeTold(each, check)) }),
			message: `The template demands ${excerpt(collapseWhiteSpace(part.text))}: ${excerpt(why)}.${untold(fault, check)}`,
		};
		const about = locationsIn(part).find(({ text }) => text === location);
		if (about !== undefined)
			check.causes.set(told, {
				...fault,
				location: about,
				isCut: faults.length > most || (changes?.length ?? 0) > most || isUnsought,
			});
		return told;
	});
	if (faults.length <= most) return violations;
	const message = `There is more of which the same constraint is violated; ${firstListed(most)}.`;
	const more = { path: pathIn(check, check.root), location: '', allowed: condition.text, message };
	return [...violations, { ...named, ...more }];
}
