/** Constraints that nothing can fulfil, by themselves or together in what they say of single Locations. */

import { evaluate } from '../conditions/evaluation.ts';
import type { Condition } from '../conditions/expression.ts';
import { intersect } from '../conditions/spans.ts';
import { locationsIn } from '../conditions/unknowns.ts';
import { excerpt } from '../document.ts';
import { holdsWholeNumber } from '../jsdl/range.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { CreationConstraint, TemplateConstraint } from '../template/constraints.ts';
import { describeRestriction } from '../template/facet-words.ts';
import { allowedRange, type ValueRestriction } from '../template/facets.ts';
import type { Location } from '../template/location.ts';
import { isCount } from '../template/location-words.ts';
import { type Claim, claimsOf, exclude, neverHolds, nowhere, type Place, withoutNot } from './lint-conditions.ts';
import { covers, coversExactOf } from './lint-covering.ts';
import { mayFit } from './lint-groups.ts';
import { numberOf, parentOf } from './lint-locations.ts';
import { findImpossibleChild, isSatisfiableGroup } from './lint-particles.ts';
import { sourcesOf } from './lint-relations.ts';
import {
	areSatisfiable,
	findExclusion,
	isSatisfiableValue,
	isUndecidedValue,
	lintBudget,
} from './lint-restrictions.ts';
import { findValueFault, findWordFault, hintOfWords } from './lint-schema-values.ts';
import type { LintBudget } from './lint-texts.ts';
import { saysRelation } from './lint-undecided.ts';
import { findExcluding, relationBudget } from './relation-search.ts';

export interface Contradiction {
	/** `LINT_UNDECIDED`: that there is none was not looked at to the end. */
	readonly code: 'CONSTRAINTS_CONTRADICT' | 'LINT_UNDECIDED';
	readonly path: string;
	readonly message: string;
	/** What it contradicts. */
	readonly others: string;
}

/** Whether an offer, or a node of one, may fulfil it. */
export function isSatisfiable(constraint: TemplateConstraint): boolean {
	return findImpossibility(constraint) === undefined;
}

/**
 * Why no offer, or no node of one, can fulfil it; only where it is certain. Where a node need not be there, it is the
 * node: whoever wants none of it says so with `ws:Occurs max="0"`.
 */
export function findImpossibility(constraint: TemplateConstraint): string | undefined {
	if ('condition' in constraint) return canHold(constraint.condition) ? undefined : whyNever(constraint.condition);
	const { value, children, multiplicity, location } = constraint;
	const { min, max } = multiplicity;
	if (min > max) return `there cannot be at least ${min} and at most ${max} nodes`;
	const { least } = numberOf(location);
	if (max < least) return `every offer has at least ${least}`;
	if (value !== undefined && !isSatisfiableValue(value)) {
		const why = findExclusion(value);
		return `its restrictions exclude each other${why === undefined ? '' : `: ${excerpt(why)}`}${hintOfWords(location, value)}`;
	}
	if (value !== undefined && isCount(location) && !mayBeWhole(value)) {
		return 'a count is a whole number, and none is allowed';
	}
	const ofNode = value && findValueFault(location, value);
	if (ofNode !== undefined || children === undefined) return ofNode;
	const parent = parentOf(location);
	if (!isSatisfiableGroup(children, parent)) {
		const child = findImpossibleChild(children, parent);
		return `its group demands what can never be there${child === undefined ? '' : `: such a ${child}`}`;
	}
	if (mayFit(children, parent)) return undefined;
	return `${parent?.localName} never has children in this order and number`;
}

/** Of a truth it may be 1, which its range does not tell. */
function mayBeWhole(value: ValueRestriction): boolean {
	if (!areSatisfiable([value], [], true)) return false;
	const { space } = value.type;
	return (space !== 'number' && space !== 'untyped') || holdsWholeNumber(allowedRange(value));
}

/** Which part of it never holds, or which two never together. */
function whyNever(condition: Condition): string {
	const plain = withoutNot(condition);
	if (plain.kind === 'or') return 'none of its alternatives ever holds';
	const parts = partsOf(plain).slice(0, PARTS_COMPARED_MAX);
	if (parts.length === 1) return findWordFault(parts[0]!) ?? 'it never holds, whatever an offer says';
	const told = (part: Condition): string => excerpt(collapseWhiteSpace(part.text));
	for (const [index, part] of parts.entries()) {
		if (!canHold(part)) return findWordFault(part) ?? `${told(part)} never holds`;
		const other = parts
			.slice(0, index)
			.find((before) => !canHold({ kind: 'and', conditions: [before, part], text: condition.text }));
		if (other !== undefined) return `${told(other)} and ${told(part)} never hold together`;
	}
	return 'its parts never hold together';
}

/**
 * The alternatives of its `or`s that no offer can fulfil, although others may be fulfilled; `giveUp` is told of those that
 * were not looked at to the end.
 */
export function findDeadAlternatives(
	condition: Condition,
	giveUp: (alternative: Condition) => void,
): readonly Condition[] {
	if (condition.kind !== 'and' && condition.kind !== 'or') return [];
	const inner = condition.conditions.flatMap((each) => findDeadAlternatives(each, giveUp));
	if (condition.kind === 'and') return inner;
	const late = new Set(condition.conditions.filter(saysRelation).slice(ALTERNATIVES_MAX));
	for (const each of late) giveUp(each);
	const dead = condition.conditions.filter((each) => !(late.has(each) ? mayHold : canHold)(each));
	return dead.length === condition.conditions.length ? inner : [...dead, ...inner];
}

/** Of more than these of one `or` that are about several Locations it is not looked at what they say of them together. */
export const ALTERNATIVES_MAX = 16;
/** Of more parts nobody wants to hear which two. */
const PARTS_COMPARED_MAX = 16;

/** Where what several constraints say of one Location cannot hold together. */
export function findContradictions(constraints: readonly TemplateConstraint[]): readonly Contradiction[] {
	return contradictionsAmong(constraints.filter(isSatisfiable).flatMap(claimsOfConstraint));
}

/** What of the others leaves no room for the alternative, by what is said of single Locations; they do not contradict each other. */
export function findExclusionOf(alternative: Condition, others: readonly TemplateConstraint[]): string | undefined {
	const own = partsOf(alternative).flatMap((part) => claimsOf(part, ''));
	const about = others
		.flatMap(claimsOfConstraint)
		.filter((claim) => own.some(({ location }) => asFarAsCovering(claim, location).length > 0));
	const [contradiction] = contradictionsAmong([...about, ...own]).filter(
		({ code }) => code === 'CONSTRAINTS_CONTRADICT',
	);
	return contradiction?.path === '' ? contradiction.others : undefined;
}

/** What it says of single Locations. */
export function claimsOfConstraint(constraint: TemplateConstraint): readonly Claim[] {
	if (!('condition' in constraint)) return [claimOf(constraint)];
	return partsOf(constraint.condition).flatMap((part) => claimsOf(part, constraint.path));
}

/** How an item is called in a message. */
export function nameOf({ item, path }: CreationConstraint): string {
	return item === undefined ? `the item at ${path}` : `the item ${item}`;
}

function claimOf(constraint: CreationConstraint): Claim {
	const { location, path, value } = constraint;
	const { min, max } = constraint.multiplicity;
	const text = nameOf(constraint);
	return {
		location,
		path,
		text,
		min,
		max,
		...(value === undefined ? {} : { value, demand: describeRestriction(value) }),
	};
}

/** Alone it is too much to be looked at: that is told of it already. */
function isUndecided({ value }: Claim): boolean {
	return value !== undefined && isUndecidedValue(value);
}

function undecided({ path }: Claim, { text: at }: Location): Contradiction {
	const message = `Whether any value at ${at} is allowed by all that is said of it was not looked at to the end, because there are too many texts.`;
	return { code: 'LINT_UNDECIDED', path, message, others: '' };
}

function contradictionsAmong(claims: readonly Claim[]): readonly Contradiction[] {
	const keys = claims.map(({ location: { steps, target } }) => JSON.stringify([steps, target]));
	const told = new Set<string>();
	const budget = lintBudget();
	return [...new Set(keys)].flatMap((key) => {
		const { location } = claims[keys.indexOf(key)]!;
		const group = claims.flatMap((claim, index) =>
			keys[index] === key ? [claim] : [...asFarAsCovering(claim, location), ...absenceAbove(claim, location)],
		);
		let open: Contradiction | undefined;
		// The first that cannot go with those before it is told of.
		for (let count = 2; count <= group.length; count += 1) {
			const asked: LintBudget = { remaining: budget.remaining };
			const together = contradictionIn(group.slice(0, count), location, asked);
			budget.remaining = asked.remaining;
			const last = group[count - 1]!;
			if (together === undefined && asked.isGivenUp && !group.some(isUndecided)) open ??= undecided(last, location);
			if (together === undefined) continue;
			if (told.has(last.path)) return [];
			told.add(last.path);
			// Where one of them is enough for it, that one alone.
			const before = group.slice(0, count - 1);
			const other = before.find((claim) => contradictionIn([claim, last], location, budget) !== undefined);
			const others = (other === undefined ? before : [other]).map(({ text }) => text).join(' and ');
			const why = (other && contradictionIn([other, last], location, budget)) ?? together;
			const message = `Nothing can fulfil this together with ${others}: ${why}.`;
			return [{ code: 'CONSTRAINTS_CONTRADICT', path: last.path, message, others }];
		}
		return open === undefined ? [] : [open];
	});
}

/** What a claim about another Location says of this one: where it selects all that this one does, or ranges of these. */
export function asFarAsCovering(claim: Claim, location: Location): readonly Claim[] {
	const { some: _some, ...ofEach } = claim;
	if (covers(claim.location, location)) return [{ ...ofEach, min: 0 }];
	if (!coversExactOf(claim.location, location)) return [];
	return [{ ...ofEach, min: 0, max: Number.POSITIVE_INFINITY }];
}

/** Where there are none of the elements in which this stands, or whose it is, there is none of it. */
function absenceAbove({ location, path, text, max }: Claim, { steps, target, text: at }: Location): readonly Claim[] {
	if (max > 0) return [];
	const above = target.kind === 'element' ? steps.slice(0, -1) : steps;
	const isAbove = above.some((_step, index) =>
		covers(location, { text: at, steps: above.slice(0, index + 1), target: { kind: 'element' } }),
	);
	return isAbove ? [{ location, path, text, min: 0, max }] : [];
}

function contradictionIn(claims: readonly Claim[], { text: at }: Location, budget: LintBudget): string | undefined {
	const min = Math.max(...claims.map((claim) => claim.min));
	const max = Math.min(...claims.map((claim) => claim.max));
	if (min > max) return `there cannot be at least ${min} and at most ${max} nodes at ${at}`;
	const values = claims.map(({ value }) => value).filter((value) => value !== undefined);
	const ranges = claims.map(({ range }) => range).filter((range) => range !== undefined);
	const [one, other, more] = claims.map(({ demand }) => demand).filter((demand) => demand !== undefined);
	const isTwo = one !== undefined && other !== undefined && more === undefined;
	const all = isTwo ? `both ${excerpt(one)} and ${excerpt(other)}` : 'allowed by all of them';
	if (!areSatisfiable(values, ranges, false, budget)) return `no value at ${at} is ${all}`;
	if (!haveCommonPlace(claims)) return `no value at ${at} is ${all}`;
	const isWhole = claims.some(({ location }) => isCount(location));
	return isWhole && !areSatisfiable(values, ranges, true, budget) ? `no whole number at ${at} is ${all}` : undefined;
}

/** Conditions tell numbers, times and durations apart: a value is one of these at the most. */
function haveCommonPlace(claims: readonly Claim[]): boolean {
	const places = claims.map(({ place }) => place).filter((place) => place !== undefined);
	const areTogether = (all: readonly Place[]): boolean =>
		new Set(all.map(({ line }) => line)).size < 2 &&
		(all.length === 0 || all.map(({ spans }) => spans).reduce(intersect).length > 0);
	if (!areTogether(places)) return false;
	return claims.every(({ some }) => some === undefined || areTogether([...places, some]));
}

function partsOf(condition: Condition): readonly Condition[] {
	const plain = withoutNot(condition);
	return plain.kind === 'and' ? plain.conditions.flatMap(partsOf) : [plain];
}

/** Whether some offer may fulfil it, for all that its Locations and what it says of several of them tell. */
export function canHold(condition: Condition): boolean {
	const known = HOLDING.get(condition);
	if (known !== undefined) return known;
	const own = { path: '', condition };
	const sources = sourcesOf(own, nameOf);
	const can = mayHold(condition) && findExcluding(sources, relationBudget(STEPS_OF_ONE_MAX)) === undefined;
	HOLDING.set(condition, can);
	return can;
}

/** It is asked several times of each condition of a template. */
const HOLDING = new WeakMap<Condition, boolean>();
/** Enough for a dozen comparisons; what takes more the look at all constraints together finds, which has a budget of its own. */
const STEPS_OF_ONE_MAX = 10_000;

/** What an offer could not be checked in, no offer fulfils: five sums of numbers with 700 digits take a fifth of it. */
const STEPS_OF_CHECK = 250_000;

/** Whether some offer may fulfil it; what names no Location holds always or never. */
function mayHold(condition: Condition): boolean {
	if (locationsIn(condition).length === 0) return evaluate(condition, nowhere(STEPS_OF_CHECK)) === 'true';
	const plain = withoutNot(condition);
	if (plain.kind === 'or') return plain.conditions.some(mayHold);
	const parts = partsOf(plain);
	if (parts.some((part) => neverHolds(part) || findWordFault(part) !== undefined) || exclude(parts)) return false;
	const claims = parts.flatMap((part) => claimsOf(part, ''));
	if (claims.some(({ min, max }) => min > max)) return false;
	return (
		(plain.kind !== 'and' || parts.every(mayHold)) &&
		contradictionsAmong(claims).every(({ code }) => code === 'LINT_UNDECIDED')
	);
}
