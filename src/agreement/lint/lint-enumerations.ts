/** Enumerated values that nothing ever is, beside others that something may be. */

import { excerpt } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { TemplateConstraint } from '../template/constraints.ts';
import type { EnumeratedValue, ValueRestriction } from '../template/facets.ts';
import type { Claim } from './lint-conditions.ts';
import { hintOfWord, restrictionOf } from './lint-content.ts';
import { isCount } from './lint-locations.ts';
import { areSatisfiable, isSatisfiableValue } from './lint-restrictions.ts';
import type { LintBudget } from './lint-texts.ts';
import { asFarAsCovering, claimsOfConstraint, nameOf } from './lint-values.ts';
import type { RestrictedValue } from './values-within.ts';

export interface DeadValue {
	readonly text: string;
	readonly why: string;
}

/** Those that were found; `isWhole`: there are no others, as far as anybody can tell. */
export interface DeadValues {
	readonly dead: readonly DeadValue[];
	readonly isWhole: boolean;
}

const NONE: DeadValues = { dead: [], isWhole: true };

/** Values of the item that its type, its other facets or the schema exclude; the restriction leaves others. */
export function findDeadValues({ location, value }: RestrictedValue, budget: LintBudget): DeadValues {
	if (!isSatisfiableValue(value) || value.steps.every(({ enumeration }) => enumeration.length === 0)) return NONE;
	let isWhole = true;
	const { steps, target } = location;
	const owner = steps.at(-1)!.name;
	const attribute = target.kind === 'attribute' ? target.name : undefined;
	const own = restrictionOf(owner, attribute, value.whiteSpace);
	const name = (attribute ?? owner).localName;
	const strays = straysIn(value).map((text) => {
		return { text, why: `${name} is never that${hintOfWord(owner, attribute, text)}` };
	});
	const among = value.steps.flatMap(({ enumeration, isGiven }, index) => {
		if (isGiven) return [];
		return enumeration.flatMap((each): readonly DeadValue[] => {
			const { text, ordinal = 1 } = each;
			const one = only(value, index, each);
			budget.remaining -= STEPS_PER_VALUE;
			isWhole &&= budget.remaining >= 0;
			if (budget.remaining < 0) return [];
			// A value may be written in another way than the one that is enumerated.
			if (!areSatisfiable([one], [], false, budget)) return [{ text, why: 'the other facets exclude it' }];
			if (own !== undefined && !areSatisfiable([one, own], [], false, budget))
				return [{ text, why: `${name} is never that` }];
			if (!isCount(location) || (Number.isInteger(ordinal) && ordinal >= 1)) return [];
			return [{ text, why: 'it is no whole number of at least 1' }];
		});
	});
	return { dead: [...strays, ...among], isWhole };
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
	const last = value.steps.length - 1;
	const { enumeration: values = [], isGiven } = value.steps[last] ?? {};
	if (isGiven || values.length < 2 || !isSatisfiableValue(value)) return NONE;
	let isWhole = true;
	let left = values
		.map((each) => [each, only(value, last, each)] as const)
		.filter(([, one]) => isSatisfiableValue(one));
	const dead = others.flatMap((other): readonly DeadValue[] => {
		budget.remaining -= other.claims.length * STEPS_PER_CLAIM;
		isWhole &&= budget.remaining >= 0;
		if (other.path === path || budget.remaining < 0) return [];
		const claims = other.claims.flatMap((claim) => asFarAsCovering(claim, location));
		const restrictions = claims.flatMap((claim) => claim.value ?? []);
		const ranges = claims.flatMap((claim) => claim.range ?? []);
		const mayBe = (own: ValueRestriction): boolean => {
			budget.remaining -= STEPS_PER_PAIR;
			isWhole &&= budget.remaining >= 0;
			return budget.remaining < 0 || areSatisfiable([own, ...restrictions], ranges, false, budget);
		};
		if (restrictions.length + ranges.length === 0 || !mayBe(value)) return [];
		const excluded = left.filter(([, one]) => !mayBe(one));
		left = left.filter((each) => !excluded.includes(each));
		return excluded.map(([{ text }]) => ({ text, why: `${other.text} excludes it` }));
	});
	return { dead, isWhole };
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
