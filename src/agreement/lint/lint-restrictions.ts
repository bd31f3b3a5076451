/** Restrictions that no value keeps to, alone or together. */

import { contains, holdsWholeNumber, intersect, isEmpty, type RangeValue } from '../jsdl/range.ts';
import { parseDouble } from '../lexical.ts';
import { allowedRange, isValueAllowed, type ValueRestriction } from '../template/facets.ts';
import { shapeOf } from '../template/pattern-shape.ts';
import type { ValueSpace } from '../template/simple-type.ts';

export function isSatisfiableValue(restriction: ValueRestriction): boolean {
	return areSatisfiable([restriction]);
}

/**
 * Whether some value may keep to all of them, and its number, if it must be one, to the ranges; a count is a whole
 * number. Only where it is certain that none does the answer is no.
 */
export function areSatisfiable(
	restrictions: readonly ValueRestriction[],
	ranges: readonly RangeValue[] = [],
	isCount = false,
): boolean {
	const bySpace = new Map<ValueSpace, RangeValue>();
	const isWhole = isCount || restrictions.some(({ type }) => type.lexical === 'integer');
	const narrow = (space: ValueSpace, range: RangeValue): boolean => {
		const common = intersect(bySpace.get(space) ?? range, range);
		bySpace.set(space, common);
		return !isEmpty(common) && (space !== 'number' || !isWhole || holdsWholeNumber(common));
	};
	for (const range of ranges) if (!narrow('number', range)) return false;
	for (const restriction of restrictions) {
		// A text that is enumerated need not be a number; what has bounds must lie on the line of its type.
		const isOrdered = restriction.steps.some(({ bounds }) => bounds.length > 0);
		if (isOrdered && !narrow(restriction.type.space, allowedRange(restriction))) return false;
		if (!areLengthsSatisfiable(restriction) || !hasSatisfiableMembers(restriction)) return false;
	}
	return areListsSatisfiable(restrictions, ranges) && areEnumerationsSatisfiable(restrictions);
}

/**
 * Patterns of which the values can be listed, and enumerated texts where a number is demanded: one of them has to keep
 * to everything. Only where white space means the same to all.
 */
function areListsSatisfiable(restrictions: readonly ValueRestriction[], ranges: readonly RangeValue[]): boolean {
	if (new Set(restrictions.map(({ whiteSpace }) => whiteSpace)).size > 1) return true;
	const isInRanges = (text: string): boolean => {
		const value = parseDouble(text);
		return ranges.length === 0 || (value !== undefined && ranges.every((range) => contains(range, value)));
	};
	return restrictions.every(({ steps }) =>
		steps.every(({ patterns, enumeration }) => {
			const isNumber = ranges.length === 0 || enumeration.length === 0;
			if (!isNumber && enumeration.every(({ text }) => parseDouble(text) === undefined)) return false;
			const words = patterns.map((pattern) => shapeOf(pattern).words);
			if (words.length === 0 || words.includes(undefined)) return true;
			return words.some((each) =>
				each!.some(
					(word) => isInRanges(word) && restrictions.every((restriction) => isValueAllowed(restriction, word)),
				),
			);
		}),
	);
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
	return steps.every(({ enumeration }) => {
		if (enumeration.length === 0) return true;
		return enumeration.some(
			({ text, ordinal }) =>
				(ordinal !== undefined && mayBe(ordinal)) ||
				restrictions.every((restriction) => isValueAllowed(restriction, text)),
		);
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

/** Lengths that are demanded, and those that patterns have, which are lengths of texts. */
function areLengthsSatisfiable({ type: { space, isNeverEmpty }, steps }: ValueRestriction): boolean {
	if (space === 'QName') return true;
	const isText = space === 'text' || space === 'untyped';
	let least = isNeverEmpty ? 1 : 0;
	let most = Number.POSITIVE_INFINITY;
	for (const { counts, patterns } of steps) {
		for (const { kind, count } of counts) {
			if (kind === 'length' || kind === 'minLength') least = Math.max(least, count);
			if (kind === 'length' || kind === 'maxLength') most = Math.min(most, count);
		}
		const shapes = isText ? patterns.map(shapeOf) : [];
		if (shapes.length === 0) continue;
		least = Math.max(least, Math.min(...shapes.map(({ shortest }) => shortest)));
		most = Math.min(most, Math.max(...shapes.map(({ longest }) => longest)));
	}
	return least <= most;
}
