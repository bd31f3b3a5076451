/** Restrictions that no value keeps to, alone or together. */

import { contains, holdsWholeNumber, intersect, isEmpty, type RangeValue } from '../jsdl/range.ts';
import { parseDouble } from '../lexical.ts';
import { findsText } from '../template/automaton-table.ts';
import { describeRestriction } from '../template/facet-words.ts';
import {
	allowedRange,
	type EnumeratedValue,
	type FacetSet,
	isValueAllowed,
	type ValueRestriction,
} from '../template/facets.ts';
import type { StepBudget } from '../template/location.ts';
import { patternMachine } from '../template/machine.ts';
import { DOUBLE_DIGITS } from '../template/nearest-exact.ts';
import { withinMachine } from '../template/number-machines.ts';
import type { SimpleType, ValueSpace } from '../template/simple-type.ts';
import { isLookedAt, lengthsOf, machinesOf, NUMBER, writtenMachines } from '../template/value-machines.ts';
import { holdsDouble } from './lint-doubles.ts';
import { formMachines } from './lint-forms.ts';

/** What one search for a text that keeps to everything may cost, in the steps of a StepBudget: some milliseconds. */
const SEARCH_STEPS_MAX = 500_000;
/** All searches of one look at a template. */
const LINT_STEPS_MAX = 10_000_000;

/** For all that is asked of one template; where it is spent, nothing is certain any more that patterns say. */
export function lintBudget(): LintBudget {
	return { remaining: LINT_STEPS_MAX };
}

export interface LintBudget extends StepBudget {
	/** Some search was not brought to its end: that nothing was found to be impossible says less. */
	isGivenUp?: boolean;
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
		const isOrdered = bounds.length > 0 && bounds.every(({ ordinal }) => Number.isFinite(ordinal));
		// 0.1 of 32 bits lies above that of 64, and is written the same.
		const line = restriction.type.isSingle ? 'single' : restriction.type.space;
		if (isOrdered && !narrow(line, allowedRange(restriction))) return false;
		if (isOrdered && restriction.type.space === 'number' && !mayHoldDouble(restriction)) return false;
		if (!areLengthsSatisfiable(restriction) || !hasSatisfiableMembers(restriction)) return false;
	}
	if (!mayHaveLengths(restrictions)) return false;
	if (!mayBeNumbers(restrictions, ranges) || !areEnumerationsSatisfiable(restrictions)) return false;
	if (!areTextsSatisfiable(restrictions, ranges, budget)) return false;
	const union = restrictions.find(({ type }) => type.space === 'union');
	if (union === undefined) return isAnySatisfiable(restrictions, ranges, isCount, budget);
	// Whatever keeps to all is a value of one of the members.
	const others = restrictions.filter((restriction) => restriction !== union);
	return (union.type.members ?? []).some((member) => {
		budget.remaining -= UNION_STEPS;
		// What the union says holds for the text as its member reads it.
		const own = { ...member, steps: [...member.steps, ...union.steps] };
		return budget.remaining < 0 || areSatisfiable([...others, own], ranges, isCount, budget);
	});
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
	return portionsOf(large.type, values).some((enumeration) => {
		budget.remaining -= STEPS_PER_PORTION;
		// One that is too long by itself nobody looks at.
		const isTooMuch = budget.remaining < 0 || !isLookedAt(large.type, enumeration);
		if (isTooMuch) budget.isGivenUp = true;
		const steps = large.steps.with(at, { ...large.steps[at]!, enumeration });
		return isTooMuch || areSatisfiable([...others, { ...large, steps }], ranges, isCount, budget);
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
	const enumerations = restrictions.flatMap(({ steps }) => steps.map(({ enumeration }) => enumeration));
	const mayBe = ({ text }: EnumeratedValue): boolean => {
		const number = parseDouble(text);
		if (number === undefined) return false;
		// Another number may be meant than the double that is nearest to it.
		return text.replace(/\D/g, '').length > DOUBLE_DIGITS || ranges.every((range) => contains(range, number));
	};
	return enumerations.every((values) => values.length === 0 || values.some(mayBe));
}

/**
 * Whether there is a text that all patterns, lengths, bounds of numbers and types take, as far as the budget reaches:
 * a gDay and an int have none in common.
 * Only where white space means the same to all; of unions the members have a say in that, too.
 */
function areTextsSatisfiable(
	restrictions: readonly ValueRestriction[],
	ranges: readonly RangeValue[],
	budget: LintBudget,
): boolean {
	const looked = restrictions.length === 1 ? restrictions : restrictions.filter(({ type }) => type.space !== 'union');
	const facets = looked.flatMap(({ steps }) => steps);
	const forms = new Set(looked.map(({ type }) => type.form ?? type.lexical ?? type.space));
	const areTold = facets.some(({ patterns, counts }) => patterns.length + counts.length > 0);
	if (!areTold && forms.size < 2) return true;
	const whiteSpaces = new Set(looked.map(({ whiteSpace }) => whiteSpace));
	if (whiteSpaces.size > 1) return true;
	const numbers =
		ranges.length > 0 && whiteSpaces.has('collapse') ? [patternMachine([NUMBER]), ...ranges.map(withinMachine)] : [];
	// Where only types differ, their numbers were compared already.
	const machines = looked.flatMap((restriction) =>
		areTold ? machinesOf(restriction, allowedRange(restriction)) : writtenMachines(restriction),
	);
	const share = { remaining: Math.min(budget.remaining, SEARCH_STEPS_MAX) };
	const before = share.remaining;
	const narrower = areTold ? looked.flatMap(formMachines) : [];
	const found = share.remaining < 0 ? 'unknown' : findsText([...machines, ...narrower, ...numbers], share);
	budget.remaining -= before - share.remaining;
	if (found === 'unknown') budget.isGivenUp = true;
	return found !== 'none';
}

/** Enumerated values can be tried one by one, where each can be written in one way only. */
function areEnumerationsSatisfiable(restrictions: readonly ValueRestriction[]): boolean {
	const whiteSpaces = new Set(restrictions.map(({ whiteSpace }) => whiteSpace));
	if (whiteSpaces.size > 1) return true;
	const steps = restrictions.flatMap((restriction) => restriction.steps);
	// A number, a time or a truth can be written in several ways: 2 and 2.0, 1 and true. Where all are about numbers, and
	// none about how they are written, it is the number that counts.
	const areNumbers =
		restrictions.every(({ type: { space } }) => space === 'number' || space === 'untyped') &&
		steps.every(({ patterns, counts }) => patterns.length === 0 && counts.length === 0);
	const mayBe = (ordinal: number): boolean =>
		!areNumbers || restrictions.every((restriction) => contains(allowedRange(restriction), ordinal));
	// Of octets, lists and the like the same value can be written in several ways: where all are about one type, and none
	// about how it is written, each value can be tried in one of them.
	const isOneType = new Set(restrictions.map(({ type }) => JSON.stringify(type))).size === 1;
	const isByValue = isOneType && steps.every(({ patterns }) => patterns.length === 0);
	if (!isByValue && restrictions.some(({ type }) => VARIED.has(type.space))) return true;
	// A text that all allow is among the values of each of them: no others have to be tried.
	let isAnyAllowed = false;
	const isAllowed = (text: string): boolean => {
		isAnyAllowed = restrictions.every((restriction) => isValueAllowed(restriction, text));
		return isAnyAllowed;
	};
	return steps.every(({ enumeration }) => {
		if (enumeration.length === 0 || isAnyAllowed) return true;
		return enumeration.some(({ text, ordinal }) => (ordinal !== undefined && mayBe(ordinal)) || isAllowed(text));
	});
}

/** Their values can be written in several ways, and have no ordinal by which they are known. */
const VARIED: ReadonlySet<ValueSpace> = new Set(['list', 'union', 'hexBinary', 'base64Binary', 'QName']);

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
