/** Enumerated values that nothing ever is, beside others that something may be. */

import { excerpt } from '../document.ts';
import type { RangeValue } from '../jsdl/range.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { TemplateConstraint } from '../template/constraints.ts';
import type { EnumeratedValue, ValueRestriction } from '../template/facets.ts';
import { isCount } from '../template/location-words.ts';
import type { Claim } from './lint-conditions.ts';
import { hintOfWord, restrictionOf } from './lint-content.ts';
import { areSatisfiable, isSatisfiableValue, isUndecidedValue } from './lint-restrictions.ts';
import type { LintBudget } from './lint-texts.ts';
import { asFarAsCovering, claimsOfConstraint, nameOf } from './lint-values.ts';
import type { RestrictedValue } from './values-within.ts';

export interface DeadValue {
	readonly text: string;
	readonly why: string;
}

/** Those that were found; `tooMany`: of what there was too much, so that there may be others. */
export interface DeadValues {
	readonly dead: readonly DeadValue[];
	readonly tooMany?: 'values' | 'texts';
}

const NONE: DeadValues = { dead: [] };

/** Values of the item that its type, its other facets or the schema exclude; the restriction leaves others. */
export function findDeadValues({ location, value }: RestrictedValue, budget: LintBudget): DeadValues {
	if (!isSatisfiableValue(value) || value.steps.every(({ enumeration }) => enumeration.length === 0)) return NONE;
	let tooMany: DeadValues['tooMany'];
	const { steps, target } = location;
	const owner = steps.at(-1)!.name;
	const attribute = target.kind === 'attribute' ? target.name : undefined;
	const own = restrictionOf(owner, attribute, value.whiteSpace);
	const name = (attribute ?? owner).localName;
	const strays = straysIn(value).map((text) => {
		return { text, why: `${name} is never that${hintOfWord(owner, attribute, text)}` };
	});
	const mayBe = (...all: readonly ValueRestriction[]): boolean => {
		const { may, isGivenUp } = ask(all, [], budget);
		if (isGivenUp && !isUndecidedValue(value)) tooMany ??= 'texts';
		return may;
	};
	const among = value.steps.flatMap(({ enumeration, isGiven }, index) => {
		if (isGiven) return [];
		return enumeration.flatMap((each): readonly DeadValue[] => {
			const { text, ordinal = 1 } = each;
			const one = only(value, index, each);
			budget.remaining -= STEPS_PER_VALUE;
			if (budget.remaining < 0) tooMany = 'values';
			if (budget.remaining < 0) return [];
			// A value may be written in another way than the one that is enumerated.
			if (!mayBe(one)) return [{ text, why: 'the other facets exclude it' }];
			if (own !== undefined && !mayBe(one, own)) return [{ text, why: `${name} is never that` }];
			if (!isCount(location) || (Number.isInteger(ordinal) && ordinal >= 1)) return [];
			return [{ text, why: 'it is no whole number of at least 1' }];
		});
	});
	return { dead: [...strays, ...among], ...(tooMany && { tooMany }) };
}

/** What a constraint says, by itself or together with its other parts. */
export interface SaidElsewhere {
	readonly path: string;
	readonly text: string;
	readonly claims: readonly Claim[];
}

/** What each of the constraints says of single Locations. */
export function saidBy(constraints: readonly TemplateConstraint[]): readonly SaidElsewhere[] {
	return constraints.map((each) => {
		const text = 'condition' in each ? excerpt(collapseWhiteSpace(each.condition.text)) : nameOf(each);
		return { path: each.path, text, claims: claimsOfConstraint(each) };
	});
}

/** Values of the item that what others say of the same nodes excludes, who leave some of them. */
export function findExcludedValues(
	path: string,
	{ location, value }: RestrictedValue,
	others: readonly SaidElsewhere[],
	budget: LintBudget,
): DeadValues {
	// The facets of an item stand behind those of its xs:simpleType, also where there are none.
	const last = value.steps.findLastIndex(({ enumeration }) => enumeration.length > 0);
	const { enumeration: values = [], isGiven } = value.steps[last] ?? {};
	if (isGiven || values.length < 2 || !isSatisfiableValue(value)) return NONE;
	let tooMany: DeadValues['tooMany'];
	let left = values
		.map((each) => [each, only(value, last, each)] as const)
		.filter(([, one]) => isSatisfiableValue(one));
	const dead = others.flatMap((other): readonly DeadValue[] => {
		budget.remaining -= other.claims.length * STEPS_PER_CLAIM;
		if (budget.remaining < 0) tooMany = 'values';
		if (other.path === path || budget.remaining < 0) return [];
		const claims = other.claims.flatMap((claim) => asFarAsCovering(claim, location));
		const restrictions = claims.flatMap((claim) => claim.value ?? []);
		const ranges = claims.flatMap((claim) => claim.range ?? []);
		const mayBe = (own: ValueRestriction): Asked => {
			budget.remaining -= STEPS_PER_PAIR;
			if (budget.remaining >= 0) return ask([own, ...restrictions], ranges, budget);
			tooMany = 'values';
			return { may: true, isGivenUp: false };
		};
		if (restrictions.length + ranges.length === 0) return [];
		const together = mayBe(value);
		if (!together.may) return [];
		const excluded = left.filter(([, one]) => {
			const { may, isGivenUp } = mayBe(one);
			// Of all of them together it is told as a contradiction that nobody found.
			if (isGivenUp && !together.isGivenUp) tooMany ??= 'texts';
			return !may;
		});
		left = left.filter((each) => !excluded.includes(each));
		return excluded.map(([{ text }]) => ({ text, why: `${other.text} excludes it` }));
	});
	return { dead, ...(tooMany && { tooMany }) };
}

interface Asked {
	readonly may: boolean;
	readonly isGivenUp: boolean;
}

function ask(all: readonly ValueRestriction[], ranges: readonly RangeValue[], budget: LintBudget): Asked {
	const asked: LintBudget = { remaining: budget.remaining };
	const may = areSatisfiable(all, ranges, false, asked);
	budget.remaining = asked.remaining;
	return { may, isGivenUp: may && asked.isGivenUp === true };
}

/** In the steps of a LintBudget: to ask which Location covers which, and whether a value is any of others: a third of a millisecond at worst. */
const STEPS_PER_CLAIM = 300;
const STEPS_PER_PAIR = 20_000;
const STEPS_PER_VALUE = 1000;

/** What the facets up to that step leave, of its enumerated values that one alone: what it takes hangs on no others. */
function only(value: ValueRestriction, index: number, each: EnumeratedValue): ValueRestriction {
	return { ...value, steps: [...value.steps.slice(0, index), { ...value.steps[index]!, enumeration: [each] }] };
}

function straysIn({ strays = [], type }: ValueRestriction): readonly string[] {
	return [...strays, ...(type.members ?? []).flatMap(straysIn)];
}
