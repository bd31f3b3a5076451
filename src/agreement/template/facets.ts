/**
 * Facets: the restrictions of a value in a creation constraint (XML Schema 1.0, Part 2, section 4.3), checked against
 * values, and against RangeValues as well: a range keeps to bounds and enumerations when every value that it admits
 * does, so that whatever is granted within it is allowed.
 */

import { excerpt } from '../document.ts';
import {
	above,
	below,
	between,
	endsOf,
	exactly,
	holdsWholeNumber,
	intersect,
	isEmpty,
	isWithin,
	printRange,
	type RangeValue,
	unite,
} from '../jsdl/range.ts';
import { printDouble } from '../lexical.ts';
import type { StepBudget } from './location.ts';
import { findNearestValue, searchBudget } from './nearest-value.ts';
import { matchesPattern, PATTERN_VALUE_CHARACTERS_MAX, type Pattern } from './pattern.ts';
import { isOfType, normalizeWhiteSpace, ordinalOf, type SimpleType, type WhiteSpace } from './simple-type.ts';

export type BoundKind = 'minInclusive' | 'minExclusive' | 'maxInclusive' | 'maxExclusive';
export type CountKind = 'length' | 'minLength' | 'maxLength' | 'totalDigits' | 'fractionDigits';

/** One step of restriction: all bounds and counts hold, and one of the patterns, and one of the enumerated values. */
export interface FacetSet {
	readonly bounds: readonly { readonly kind: BoundKind; readonly lexical: string; readonly ordinal: number }[];
	readonly counts: readonly { readonly kind: CountKind; readonly count: number }[];
	readonly enumeration: readonly EnumeratedValue[];
	readonly patterns: readonly Pattern[];
}

/** Normalised text, and its place on the line of the type: 2 and 2.0 are one value. */
export interface EnumeratedValue {
	readonly text: string;
	readonly ordinal?: number;
}

/** A type and the steps by which it is restricted, all of which hold. Plain data. */
export interface ValueRestriction {
	readonly type: SimpleType;
	readonly whiteSpace: WhiteSpace;
	readonly steps: readonly FacetSet[];
}

/** Why a value is not allowed, and the nearest one that is, where that can be said. */
export interface ValueFault {
	readonly why: string;
	readonly nearest?: string;
}

/**
 * What is wrong with a value, as it stands in a document; undefined: it is allowed. The search for the nearest one has
 * the budget.
 */
export function findValueFault(
	restriction: ValueRestriction,
	lexical: string,
	search: StepBudget = searchBudget(),
): ValueFault | undefined {
	const value = normalizeWhiteSpace(lexical, restriction.whiteSpace);
	const why = findFault(restriction, value);
	if (why === undefined) return undefined;
	const nearest = nearestTo(restriction, value, search);
	return nearest === undefined ? { why } : { why, nearest };
}

/** Whether a value is allowed, as it stands in a document. */
export function isValueAllowed(restriction: ValueRestriction, lexical: string): boolean {
	return findFault(restriction, normalizeWhiteSpace(lexical, restriction.whiteSpace)) === undefined;
}

/** What is wrong with a RangeValue: something it admits is not allowed, or a facet says nothing about ranges. */
export function findRangeFault(
	restriction: ValueRestriction,
	range: RangeValue,
	search: StepBudget = searchBudget(),
): ValueFault | undefined {
	if (restriction.steps.some(({ counts, patterns }) => counts.length > 0 || patterns.length > 0)) {
		return { why: 'lengths, digits and patterns say nothing about a range' };
	}
	const allowed = allowedRange(restriction);
	if (isEmpty(range)) return { why: 'it admits no value at all' };
	const common = intersect(range, allowed);
	// A range of an integer type means the whole numbers in it.
	const isFulfillable = restriction.type.lexical === 'integer' ? holdsWholeNumber(common) : !isEmpty(common);
	if (isFulfillable && isWithin(range, allowed)) return undefined;
	if (isFulfillable) return { why: 'it admits values that are not allowed', nearest: printRange(common) };
	const nearest = nearestTo(restriction, printDouble(endsOf(range)!.lower), search);
	return { why: 'none of its values is allowed', ...(nearest === undefined ? {} : { nearest }) };
}

/** The numbers that bounds, enumerations and the number of digits allow. */
export function allowedRange(restriction: ValueRestriction): RangeValue {
	const known = allowedRanges.get(restriction);
	if (known !== undefined) return known;
	const allowed = computeAllowedRange(restriction);
	allowedRanges.set(restriction, allowed);
	return allowed;
}

/** A template's restrictions stay for as long as it does, and every offer is held against them. */
const allowedRanges = new WeakMap<ValueRestriction, RangeValue>();

function computeAllowedRange({ type, steps }: ValueRestriction): RangeValue {
	let allowed = between(type.min ?? Number.NEGATIVE_INFINITY, type.max ?? Number.POSITIVE_INFINITY);
	for (const { bounds, counts, enumeration } of steps) {
		for (const { kind, ordinal } of bounds) allowed = intersect(allowed, halfLine(kind, ordinal));
		for (const { kind, count } of counts) {
			if (kind !== 'totalDigits') continue;
			allowed = intersect(allowed, intersect(above(-(10 ** count), true), below(10 ** count, true)));
		}
		if (enumeration.length === 0) continue;
		const ordinals = enumeration.map(({ ordinal }) => ordinal).filter((ordinal) => ordinal !== undefined);
		allowed = intersect(allowed, unite(ordinals.flatMap((ordinal) => exactly(ordinal).intervals)));
	}
	return allowed;
}

/**
 * What checking a value of that length may cost, in the steps of a StepBudget (location.ts): a pattern looks at each
 * character with each instruction of its program, the rest at each facet.
 */
export function checkingCost({ steps }: ValueRestriction, characters: number): number {
	let cost = 1;
	for (const { bounds, counts, enumeration, patterns } of steps) {
		cost += bounds.length + counts.length + enumeration.length;
		for (const { programSize } of patterns) cost += programSize * Math.min(characters, PATTERN_VALUE_CHARACTERS_MAX);
	}
	return cost;
}

/** The restriction in a few words: `at least 1, at most 8`, `one of a, b`. */
export function describeRestriction({ type, steps }: ValueRestriction): string {
	const phrases: string[] = [];
	// Bounds and values show by themselves whether they are texts, numbers or times.
	if (type.lexical !== undefined || type.space === 'boolean') phrases.push(type.name);
	for (const { bounds, counts, enumeration, patterns } of steps) {
		for (const { kind, lexical } of bounds) phrases.push(`${BOUND_PHRASES[kind]} ${lexical}`);
		for (const { kind, count } of counts) phrases.push(`${COUNT_PHRASES[kind]} ${count}`);
		if (enumeration.length > 0) phrases.push(describeEnumeration(enumeration));
		if (patterns.length > 0) phrases.push(`matching ${patterns.map(({ source }) => source).join(' or ')}`);
	}
	return phrases.length === 0 ? `any ${type.name}` : phrases.join(', ');
}

const BOUND_PHRASES: Readonly<Record<BoundKind, string>> = {
	minInclusive: 'at least',
	minExclusive: 'more than',
	maxInclusive: 'at most',
	maxExclusive: 'less than',
};
const COUNT_PHRASES: Readonly<Record<CountKind, string>> = {
	length: 'length',
	minLength: 'length at least',
	maxLength: 'length at most',
	totalDigits: 'digits at most',
	fractionDigits: 'digits after the point at most',
};
/** A list of a thousand values would drown the message that it stands in. */
const ENUMERATION_SHOWN_MAX = 10;

function findFault({ type, steps }: ValueRestriction, value: string): string | undefined {
	if (!isOfType(type, value)) return `it is no ${type.name}`;
	for (const step of steps) {
		const why = findFaultInStep(step, type, value);
		if (why !== undefined) return why;
	}
	return undefined;
}

function nearestTo(restriction: ValueRestriction, value: string, search: StepBudget): string | undefined {
	const isAllowed = (text: string): boolean => {
		search.remaining -= checkingCost(restriction, text.length);
		return search.remaining >= 0 && isValueAllowed(restriction, text);
	};
	return findNearestValue(restriction, value, allowedRange(restriction), isAllowed, search);
}

function findFaultInStep(step: FacetSet, type: SimpleType, value: string): string | undefined {
	const position = step.bounds.length + step.enumeration.length > 0 ? ordinalOf(type, value) : undefined;
	for (const { kind, lexical, ordinal } of step.bounds) {
		if (position === undefined) return 'it cannot be compared with the bounds';
		if (!keepsTo(kind, ordinal, position)) return `it is not ${BOUND_PHRASES[kind]} ${lexical}`;
	}
	for (const { kind, count } of step.counts) {
		const fault = findCountFault(kind, count, value);
		if (fault !== undefined) return fault;
	}
	const isEnumerated = ({ text, ordinal }: EnumeratedValue): boolean =>
		text === value || (ordinal !== undefined && ordinal === position);
	if (step.enumeration.length > 0 && !step.enumeration.some(isEnumerated)) {
		return `it is not ${describeEnumeration(step.enumeration)}`;
	}
	if (step.patterns.length > 0 && !step.patterns.some((pattern) => matchesPattern(pattern, value))) {
		return `it does not match the pattern ${excerpt(step.patterns.map(({ source }) => source).join(' or '))}`;
	}
	return undefined;
}

function keepsTo(kind: BoundKind, bound: number, position: number): boolean {
	switch (kind) {
		case 'minInclusive':
			return position >= bound;
		case 'minExclusive':
			return position > bound;
		case 'maxInclusive':
			return position <= bound;
		case 'maxExclusive':
			return position < bound;
	}
}

/** Lengths count characters, not UTF-16 units. Digits: without sign, leading zeros and trailing zeros of a fraction. */
function findCountFault(kind: CountKind, count: number, value: string): string | undefined {
	if (kind === 'totalDigits' || kind === 'fractionDigits') {
		const match = /^[+-]?0*([0-9]*?)(?:\.([0-9]*?)0*)?$/.exec(value);
		if (match === null) return 'it is not a decimal number, so its digits cannot be counted';
		const fraction = match[2] ?? '';
		const digits = kind === 'fractionDigits' ? fraction.length : match[1]!.length + fraction.length;
		return digits > count ? `it has ${digits} digits` : undefined;
	}
	const length = [...value].length;
	const isAllowed = kind === 'length' ? length === count : kind === 'minLength' ? length >= count : length <= count;
	if (isAllowed) return undefined;
	const wanted = kind === 'length' ? '' : kind === 'minLength' ? 'at least ' : 'at most ';
	return `its length is ${length} and must be ${wanted}${count}`;
}

function describeEnumeration(values: readonly EnumeratedValue[]): string {
	const shown = values
		.slice(0, ENUMERATION_SHOWN_MAX)
		.map(({ text }) => text)
		.join(', ');
	const hidden = values.length - ENUMERATION_SHOWN_MAX;
	if (values.length === 1) return shown;
	return hidden > 0 ? `one of ${shown} and ${hidden} more` : `one of ${shown}`;
}

function halfLine(kind: BoundKind, ordinal: number): RangeValue {
	const isOpen = kind === 'minExclusive' || kind === 'maxExclusive';
	return kind === 'minInclusive' || kind === 'minExclusive' ? above(ordinal, isOpen) : below(ordinal, isOpen);
}
