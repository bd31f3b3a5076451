/**
 * Facets: the restrictions of a value in a creation constraint (XML Schema 1.0, Part 2, section 4.3), checked against
 * values, and against RangeValues as well: a range keeps to bounds and enumerations when every value that it admits
 * does, so that whatever is granted within it is allowed.
 */

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
import { collapseWhiteSpace, printDouble } from '../lexical.ts';
import type { AtomicValue, PrefixLookup } from './atomic-value.ts';
import { judgeValue } from './facet-check.ts';
import type { StepBudget } from './location.ts';
import { COMPOSITE, findNearestComposite, type NearestOf } from './nearest-composite.ts';
import { DOUBLE_DIGITS } from './nearest-exact.ts';
import { withShare } from './nearest-share.ts';
import { findNearestValue, searchBudget } from './nearest-value.ts';
import type { SearchNotes, Trials } from './nearest-written.ts';
import { matchingSteps, type Pattern } from './pattern.ts';
import { normalizeWhiteSpace, type SimpleType, type WhiteSpace } from './simple-type.ts';

export type BoundKind = 'minInclusive' | 'minExclusive' | 'maxInclusive' | 'maxExclusive';
export type CountKind = 'length' | 'minLength' | 'maxLength' | 'totalDigits' | 'fractionDigits';

/** One step of restriction: all bounds and counts hold, and one of the patterns, and one of the enumerated values. */
export interface FacetSet {
	readonly bounds: readonly Bound[];
	readonly counts: readonly { readonly kind: CountKind; readonly count: number }[];
	readonly enumeration: readonly EnumeratedValue[];
	readonly patterns: readonly Pattern[];
	/** The values are words of a vocabulary that nobody enumerated. */
	readonly isGiven?: true;
}

/** `ordinal` is its place on the line of its type. */
export interface Bound {
	readonly kind: BoundKind;
	readonly lexical: string;
	readonly ordinal: number;
	readonly value: AtomicValue;
}

/** Normalised text, its place on the line of the type, and what equal values share: 2 and 2.0 are one value. */
export interface EnumeratedValue {
	readonly text: string;
	readonly ordinal?: number;
	readonly key?: string;
}

/** A type and the steps by which it is restricted, all of which hold. Plain data. */
export interface ValueRestriction {
	readonly type: SimpleType;
	readonly whiteSpace: WhiteSpace;
	readonly steps: readonly FacetSet[];
	/** What was enumerated and is none of the words that there are, beside some that are. */
	readonly strays?: readonly string[];
	/** It is what the vocabulary says of single values, and no item demands it; what ranges may admit it does not say. */
	readonly isGiven?: true;
}

/** Why a value is not allowed, and the nearest one that is, where that can be said. */
export interface ValueFault {
	readonly why: string;
	/** What is not allowed, where what was found does not say it. */
	readonly subject?: string;
	readonly nearest?: string;
	/** In the place of the nearest one that is allowed, where there was not the time to find out whether it is. */
	readonly near?: string;
	/** There is one, and other items about the same node allow none that was found. */
	readonly isDisputed?: true;
}

/**
 * What is wrong with a value, as it stands in a document; undefined: it is allowed. The search for the nearest one has
 * the budget. Where no prefixes are given, qualified names are compared as they are written.
 */
export function findValueFault(
	restriction: ValueRestriction,
	lexical: string,
	search: StepBudget = searchBudget(),
	prefixes?: PrefixLookup,
): ValueFault | undefined {
	const judgement = judgeValue(restriction, lexical, prefixes);
	if (judgement.ok) return undefined;
	const { why } = judgement;
	return { why, ...findNearest(restriction, lexical, search, prefixes) };
}

/** The same of a node with elements where a value is demanded; the nearest is that of the text beside them. */
export function holdsElements(
	restriction: ValueRestriction,
	text: string,
	search: StepBudget,
	prefixes: PrefixLookup | undefined,
): ValueFault {
	const why = 'it holds elements and has no value of its own';
	const fault = findValueFault(restriction, text, search, prefixes);
	if (fault?.near !== undefined) return { why, near: fault.near };
	const nearest = fault === undefined ? collapseWhiteSpace(text) : fault.nearest;
	return nearest === undefined ? { why } : { why, nearest: nearest === '' ? 'no element' : nearest };
}

/** Whether a value is allowed, as it stands in a document. */
export function isValueAllowed(restriction: ValueRestriction, lexical: string, prefixes?: PrefixLookup): boolean {
	return judgeValue(restriction, lexical, prefixes).ok;
}

/** The same of a value that is one of these words: those that it allows, or where it allows none what no value keeps to. */
export function withinWords(restriction: ValueRestriction, words: readonly string[]): ValueRestriction {
	const kept = words.filter((word) => isValueAllowed(restriction, word));
	if (kept.length === 0) return { ...restriction, steps: [enumerationOf(words), ...restriction.steps] };
	const enumerated = enumeratedIn(restriction);
	const strays = [...(restriction.strays ?? []), ...enumerated.filter((text) => !words.includes(text))];
	const { isGiven, ...own } = enumerationOf(kept);
	const step = enumerated.length === 0 ? { ...own, isGiven } : own;
	return { ...restriction, steps: [step], ...(strays.length === 0 ? {} : { strays }) };
}

function enumeratedIn({ type, steps }: ValueRestriction): readonly string[] {
	const own = steps.flatMap(({ enumeration, isGiven }) => (isGiven ? [] : enumeration.map(({ text }) => text)));
	return [...own, ...(type.members ?? []).flatMap(enumeratedIn)];
}

/** The step that leaves these words of a vocabulary and nothing else. */
export function enumerationOf(words: readonly string[]): FacetSet & { readonly isGiven: true } {
	return { bounds: [], counts: [], patterns: [], enumeration: words.map((text) => ({ text })), isGiven: true };
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
	if (isEmpty(range)) {
		const why = 'there is none that keeps to all of it';
		return { why, subject: 'a range without a value', ...findNearest(restriction, '1', search) };
	}
	const common = intersect(range, allowed);
	const isSome = isFulfillable(restriction, common);
	if (isSome && isWithin(range, allowed)) return undefined;
	if (isSome) return { why: 'it admits values that are not allowed', nearest: printRange(common) };
	return {
		why: 'none of its values is allowed',
		...findNearest(restriction, printDouble(endsOf(range)!.lower), search),
	};
}

/** A range of an integer type means the whole numbers in it. */
export function isFulfillable({ type }: ValueRestriction, range: RangeValue): boolean {
	return type.lexical === 'integer' ? holdsWholeNumber(range) : !isEmpty(range);
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
	let allowed = between(Number(type.min ?? Number.NEGATIVE_INFINITY), Number(type.max ?? Number.POSITIVE_INFINITY));
	for (const { bounds, counts, enumeration } of steps) {
		for (const bound of bounds) allowed = intersect(allowed, halfLine(bound));
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
 * character with each instruction that it may stand at, the rest at each facet; of a list that for each item, of a union for
 * each member.
 */
export function checkingCost({ type, steps }: ValueRestriction, characters: number): number {
	let cost = 1;
	for (const { bounds, counts, enumeration, patterns } of steps) {
		cost += bounds.length + counts.length + enumeration.length;
		for (const pattern of patterns) cost += matchingSteps(pattern, characters);
	}
	for (const member of type.members ?? []) {
		const [each, all] = [checkingCost(member, 0), checkingCost(member, characters)];
		cost += type.space === 'list' ? all + (each * characters) / 2 : all;
	}
	return cost;
}

/**
 * The nearest value, or one that is near; nothing where none was found. `all` have to allow it: beside them the restriction
 * says where to look. `isOther`: what else is wanted of the text.
 */
export function findNearest(
	restriction: ValueRestriction,
	value: string,
	search: StepBudget,
	prefixes?: PrefixLookup,
	all: readonly ValueRestriction[] = [restriction],
	isOther: (text: string) => boolean = () => true,
): Pick<ValueFault, 'nearest' | 'near'> {
	const notes: SearchNotes = { isNear: false };
	const said = normalizeWhiteSpace(value, restriction.whiteSpace);
	const found = nearestTo(restriction, said, search, notes, prefixes, all, isOther);
	if (found === undefined) return {};
	return notes.isNear ? { near: found } : { nearest: found };
}

function nearestTo(
	restriction: ValueRestriction,
	value: string,
	search: StepBudget,
	notes: SearchNotes,
	prefixes: PrefixLookup | undefined,
	all: readonly ValueRestriction[],
	isOther: (text: string) => boolean = () => true,
): string | undefined {
	const trial =
		(tried: readonly ValueRestriction[]) =>
		(text: string): boolean =>
			isOther(text) &&
			tried.every((each) => {
				search.remaining -= checkingCost(each, text.length);
				return search.remaining >= 0 && isValueAllowed(each, text, prefixes);
			});
	const trials: Trials = { isAllowed: trial(all), isKept: trial(all.map(withoutPatterns)) };
	if (COMPOSITE.has(restriction.type.space)) {
		const nearestOf: NearestOf = (member, text) =>
			isValueAllowed(member, text, prefixes)
				? text
				: withShare(search, NESTED_SHARES, (share) =>
						nearestTo(member, normalizeWhiteSpace(text, member.whiteSpace), share, notes, prefixes, [member]),
					);
		return findNearestComposite(restriction, value, nearestOf, trials, search, notes);
	}
	return findNearestValue(restriction, value, allowedRange(restriction), trials, search, notes);
}

/** So that what is found for a part can be tried as the whole: an eighth is left for that. */
const NESTED_SHARES = 8 / 7;

function withoutPatterns(restriction: ValueRestriction): ValueRestriction {
	const known = BARE.get(restriction) ?? {
		...restriction,
		steps: restriction.steps.map((step) => ({ ...step, patterns: [] })),
	};
	BARE.set(restriction, known);
	return known;
}

const BARE = new WeakMap<ValueRestriction, ValueRestriction>();

/** Of a bound that no double says exactly the double is let in: what lies beyond it may be told from it all the same. */
function halfLine({ kind, ordinal, value }: Bound): RangeValue {
	const isOpen = (kind === 'minExclusive' || kind === 'maxExclusive') && !isRounded(value);
	return kind === 'minInclusive' || kind === 'minExclusive' ? above(ordinal, isOpen) : below(ordinal, isOpen);
}

function isRounded({ exact = '', ordinal }: AtomicValue): boolean {
	if (Number.isSafeInteger(ordinal) && !exact.includes('.')) return false;
	return exact.replace(/\D/g, '').length > DOUBLE_DIGITS;
}
