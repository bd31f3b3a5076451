/** Restrictions that no value keeps to, alone or together. */

import { contains, holdsWholeNumber, intersect, isEmpty, type RangeValue } from '../jsdl/range.ts';
import { parseDouble } from '../lexical.ts';
import { describeRestriction } from '../template/facet-words.ts';
import {
	allowedRange,
	type EnumeratedValue,
	type FacetSet,
	isValueAllowed,
	type ValueRestriction,
} from '../template/facets.ts';
import { DOUBLE_DIGITS } from '../template/nearest-exact.ts';
import type { SimpleType } from '../template/simple-type.ts';
import { isLookedAt, lengthsOf } from '../template/value-machines.ts';
import { holdsDouble } from './lint-doubles.ts';
import { areEnumerationsSatisfiable, areTextsSatisfiable, type LintBudget } from './lint-texts.ts';

/** All searches of one look at a template. */
const LINT_STEPS_MAX = 10_000_000;

/** For all that is asked of one template; where it is spent, nothing is certain any more that patterns say. */
export function lintBudget(): LintBudget {
	return { remaining: LINT_STEPS_MAX };
}

export function isSatisfiableValue(restriction: ValueRestriction): boolean {
	return verdictOn(restriction).isSatisfiable;
}

/** Whether a text of nothing but white space may be allowed. */
export function mayBeBlank(value: ValueRestriction): boolean {
	return value.whiteSpace !== 'collapse' || isValueAllowed(value, '');
}

/** Whether nobody has looked to the end for a value that keeps to it. */
export function isUndecidedValue(restriction: ValueRestriction): boolean {
	const { isSatisfiable, isGivenUp } = verdictOn(restriction);
	return isSatisfiable && isGivenUp;
}

function verdictOn(restriction: ValueRestriction): Verdict {
	const known = VERDICTS.get(restriction);
	if (known !== undefined) return known;
	const budget = lintBudget();
	const isSatisfiable = areSatisfiable([restriction], [], false, budget);
	const verdict = { isSatisfiable, isGivenUp: budget.isGivenUp === true };
	VERDICTS.set(restriction, verdict);
	return verdict;
}

interface Verdict {
	readonly isSatisfiable: boolean;
	readonly isGivenUp: boolean;
}

/** It is asked several times of each restriction of a template. */
const VERDICTS = new WeakMap<ValueRestriction, Verdict>();

/** Which of its facets no value keeps to, alone or two together; undefined where it takes more to say. */
export function findExclusion(restriction: ValueRestriction): string | undefined {
	const { type, whiteSpace, steps } = restriction;
	const none: FacetSet = { bounds: [], counts: [], enumeration: [], patterns: [] };
	const facets = steps
		.flatMap(({ bounds, counts, enumeration, patterns }): readonly FacetSet[] => [
			...bounds.map((bound) => ({ ...none, bounds: [bound] })),
			...counts.map((count) => ({ ...none, counts: [count] })),
			...(enumeration.length === 0 ? [] : [{ ...none, enumeration }]),
			...(patterns.length === 0 ? [] : [{ ...none, patterns }]),
		])
		.slice(0, FACETS_COMPARED_MAX);
	const budget = lintBudget();
	const excludes = (...some: readonly FacetSet[]): boolean =>
		!areSatisfiable([{ type, whiteSpace, steps: some }], [], false, budget);
	const describe = (facet: FacetSet): string =>
		describeRestriction({ type: { name: type.name, space: 'untyped', whiteSpace }, whiteSpace, steps: [facet] });
	for (const [index, facet] of facets.entries()) {
		if (excludes(facet)) return `no ${type.name} is ${describe(facet)}`;
		const other = facets.slice(0, index).find((before) => excludes(before, facet));
		if (other !== undefined) return `no ${type.name} is both ${describe(other)} and ${describe(facet)}`;
	}
	return undefined;
}

/** Of more facets than this nobody wants to hear which two. */
const FACETS_COMPARED_MAX = 16;

/**
 * Whether some value may keep to all of them, and its number, if it must be one, to the ranges; a count is a whole
 * number. Only where it is certain that none does the answer is no.
 */
export function areSatisfiable(
	restrictions: readonly ValueRestriction[],
	ranges: readonly RangeValue[] = [],
	isCount = false,
	budget = lintBudget(),
): boolean {
	const bySpace = new Map<string, RangeValue>();
	const isWhole = isCount || restrictions.some(({ type }) => type.lexical === 'integer');
	const narrow = (space: string, range: RangeValue): boolean => {
		const common = intersect(bySpace.get(space) ?? range, range);
		bySpace.set(space, common);
		return !isEmpty(common) && (space !== 'number' || !isWhole || holdsWholeNumber(common));
	};
	for (const range of ranges) if (!narrow('number', range)) return false;
	for (const restriction of restrictions) {
		// A text that is enumerated need not be a number; what has bounds must lie on the line of its type.
		// Ranges have no infinite ends, although infinity may be the only value that keeps to a bound.
		const bounds = restriction.steps.flatMap((step) => step.bounds);
		const { min, max } = restriction.type;
		const isBounded = bounds.length > 0 || min !== undefined || max !== undefined;
		const isOrdered = isBounded && bounds.every(({ ordinal }) => Number.isFinite(ordinal));
		// 0.1 of 32 bits lies above that of 64, and is written the same.
		const line = restriction.type.isSingle ? 'single' : restriction.type.space;
		if (isOrdered && !narrow(line, allowedRange(restriction))) return false;
		if (isOrdered && restriction.type.space === 'number' && !mayHoldDouble(restriction)) return false;
		if (!areLengthsSatisfiable(restriction) || !hasSatisfiableMembers(restriction)) return false;
	}
	if (!mayHaveLengths(restrictions)) return false;
	if (!mayBeNumbers(restrictions, ranges) || !areEnumerationsSatisfiable(restrictions)) return false;
	if (!areTextsSatisfiable(restrictions, ranges, isCount, budget)) return false;
	const union = restrictions.find(({ type }) => type.space === 'union');
	if (union === undefined) return isAnySatisfiable(restrictions, ranges, isCount, budget);
	// Whatever keeps to all is a value of one of the members.
	const others = restrictions.filter((restriction) => restriction !== union);
	return isAny(union.type.members ?? [], budget, (member, asked) => {
		asked.remaining -= UNION_STEPS;
		// What the union says holds for the text as its member reads it.
		const own = { ...member, steps: [...member.steps, ...union.steps] };
		if (asked.remaining < 0) asked.isGivenUp = true;
		return asked.remaining < 0 || areSatisfiable([...others, own], ranges, isCount, asked);
	});
}

/** Whether one of them may be; where that is not certain of any, it was given up. */
function isAny<T>(ways: readonly T[], budget: LintBudget, mayBe: (way: T, asked: LintBudget) => boolean): boolean {
	let isOpen = false;
	for (const way of ways) {
		const asked: LintBudget = { remaining: budget.remaining };
		const may = mayBe(way, asked);
		budget.remaining = asked.remaining;
		if (may && !asked.isGivenUp) return true;
		isOpen ||= may;
	}
	if (isOpen) budget.isGivenUp = true;
	return isOpen;
}

/**
 * Whether any of more enumerated values than a search looks at can be had: as it is enumerated, or in another way to
 * write it, some of them at a time.
 */
function isAnySatisfiable(
	restrictions: readonly ValueRestriction[],
	ranges: readonly RangeValue[],
	isCount: boolean,
	budget: LintBudget,
): boolean {
	const large = restrictions.find(({ type, steps }) => steps.some(({ enumeration }) => !isLookedAt(type, enumeration)));
	if (large === undefined) return true;
	const at = large.steps.findIndex(({ enumeration }) => !isLookedAt(large.type, enumeration));
	const values = large.steps[at]!.enumeration;
	const isPlain = ranges.length === 0 && !isCount;
	if (isPlain && values.some(({ text }) => restrictions.every((each) => isValueAllowed(each, text)))) return true;
	const others = restrictions.filter((each) => each !== large);
	return isAny(portionsOf(large.type, values), budget, (enumeration, asked) => {
		asked.remaining -= STEPS_PER_PORTION;
		// One that is too long by itself nobody looks at.
		const isTooMuch = asked.remaining < 0 || !isLookedAt(large.type, enumeration);
		if (isTooMuch) asked.isGivenUp = true;
		const steps = large.steps.with(at, { ...large.steps[at]!, enumeration });
		return isTooMuch || areSatisfiable([...others, { ...large, steps }], ranges, isCount, asked);
	});
}

/** As many of them at a time as are looked at, one at least. */
function portionsOf(type: SimpleType, values: readonly EnumeratedValue[]): readonly (readonly EnumeratedValue[])[] {
	const portions: EnumeratedValue[][] = [];
	for (const value of values) {
		const last = portions.at(-1);
		if (last !== undefined && isLookedAt(type, [...last, value])) last.push(value);
		else portions.push([value]);
	}
	return portions;
}

/** To make the automata of some enumerated values, besides the search: half a millisecond. */
const STEPS_PER_PORTION = 30_000;

/** Between two doubles that are neighbours, there is none; of decimals there are. */
function mayHoldDouble(restriction: ValueRestriction): boolean {
	const { lexical, isSingle } = restriction.type;
	return lexical !== undefined || holdsDouble(allowedRange(restriction), isSingle === true);
}

/** What a look at one member of a union costs; two unions have as many pairs of members. */
const UNION_STEPS = 1000;

/** Octets written in one way, and items of lists, have one number: what is demanded of it has to go together. */
function mayHaveLengths(restrictions: readonly ValueRestriction[]): boolean {
	return (['hexBinary', 'base64Binary', 'list'] as const).every((space) => {
		const alike = restrictions.filter(({ type }) => type.space === space);
		const [first] = alike;
		return first === undefined || areLengthsSatisfiable({ ...first, steps: alike.flatMap(({ steps }) => steps) });
	});
}

/** Where a number is demanded, some of those enumerated has to be one, and of the ranges. */
function mayBeNumbers(restrictions: readonly ValueRestriction[], ranges: readonly RangeValue[]): boolean {
	if (ranges.length === 0) return true;
	// A list may be one truth.
	const told = restrictions.filter(({ type }) => type.space !== 'list');
	const enumerations = told.flatMap(({ steps }) => steps.map(({ enumeration }) => enumeration));
	const mayBe = ({ text, key, ordinal }: EnumeratedValue): boolean => {
		// What is true may be written as 1.
		const number = key?.startsWith('boolean ') ? ordinal : parseDouble(text);
		if (number === undefined) return false;
		// Another number may be meant than the double that is nearest to it.
		return text.replace(/\D/g, '').length > DOUBLE_DIGITS || ranges.every((range) => contains(range, number));
	};
	return enumerations.every((values) => values.length === 0 || values.some(mayBe));
}

/** A union needs a member that some value keeps to; a list that must have items needs an item. */
function hasSatisfiableMembers({ type, steps }: ValueRestriction): boolean {
	const { space, members = [], isNeverEmpty } = type;
	if (space === 'union') return members.some(isSatisfiableValue);
	const counts = steps.flatMap((step) => step.counts);
	const hasItem = isNeverEmpty || counts.some(({ kind, count }) => kind !== 'maxLength' && count > 0);
	return space !== 'list' || !hasItem || members.every(isSatisfiableValue);
}

/** Lengths that are demanded, of whatever they are. */
function areLengthsSatisfiable({ type: { space, isNeverEmpty }, steps }: ValueRestriction): boolean {
	if (space === 'QName') return true;
	const [least, most] = lengthsOf(steps);
	return Math.max(least, isNeverEmpty ? 1 : 0) <= most;
}
