/** Reads jsdl:RangeValue_Type (JSDL 1.0, 5.2.2) and writes it again as one exact value. */
import { attributeValue, type DocumentIssue, element, textOf, type XmlElement } from '../../xml/element.ts';
import { OUTERMOST_SCOPE } from '../../xml/scope.ts';
import { addIssue, optionalChild, type Place, placesNamed, placesWithin, requiredChild } from '../document.ts';
import { contentModel } from '../lenient/content-models.ts';
import { isBeyondDouble, isBlank, parseBoolean, parseDouble, printDouble } from '../lexical.ts';
import { JSDL } from '../names.ts';
import {
	type Interval,
	intersect,
	isEmpty,
	NOT_NEGATIVE,
	printInterval,
	printRange,
	type RangeValue,
	smallestMultiple,
	unite,
} from './range.ts';

/** Where what was found is written: faults that make the document unreadable, and remarks that do not. */
export interface Notes {
	readonly issues: DocumentIssue[];
	readonly remarks: DocumentIssue[];
}

/**
 * The numbers that the RangeValue admits. Undefined where it has no parts at all, which the schema allows and which
 * demands nothing (a remark says so, as where nothing can fulfil it), and where a part could not be read (an issue says so).
 */
export function readRangeValue(place: Place, notes: Notes): RangeValue | undefined {
	const places = placesWithin(place);
	const upper = optionalChild(place, places, JSDL, 'UpperBoundedRange', notes.issues);
	const lower = optionalChild(place, places, JSDL, 'LowerBoundedRange', notes.issues);
	const exact = placesNamed(places, JSDL, 'Exact');
	const ranges = placesNamed(places, JSDL, 'Range');
	if (upper === undefined && lower === undefined && exact.length === 0 && ranges.length === 0) {
		const message = `${place.element.localName} names no value, so it demands nothing.`;
		addIssue(notes.remarks, 'RANGE_SAYS_NOTHING', place.path, message);
		return undefined;
	}
	if (upper !== undefined && lower !== undefined) {
		const message = 'UpperBoundedRange and LowerBoundedRange together are read as one range: both must hold.';
		addIssue(notes.remarks, 'RANGE_BOTH_BOUNDS', place.path, message);
	}
	const parts: Part[] = [];
	const bound = upper ?? lower;
	if (bound !== undefined) parts.push({ place: bound, interval: readInterval(lower, upper, notes.issues) });
	for (const value of exact) parts.push({ place: value, interval: readExact(value, notes.issues) });
	for (const range of ranges) {
		const bounds = placesWithin(range);
		const lowerBound = requiredChild(range, bounds, JSDL, 'LowerBound', notes.issues);
		const upperBound = requiredChild(range, bounds, JSDL, 'UpperBound', notes.issues);
		const interval = lowerBound && upperBound && readInterval(lowerBound, upperBound, notes.issues);
		parts.push({ place: range, interval });
	}
	const intervals = parts.map(({ interval }) => interval).filter((interval) => interval !== undefined);
	if (intervals.length < parts.length) return undefined;
	const range = unite(intervals);
	remarkOnNothing(place, range, parts, notes.remarks);
	return range;
}

/** One of the alternatives of a range: UpperBoundedRange and LowerBoundedRange side by side are one, at the upper. */
interface Part {
	readonly place: Place;
	readonly interval: Interval | undefined;
}

/** What nothing fulfils: the range as a whole, or where another part of it can be fulfilled, each part that cannot. */
function remarkOnNothing(place: Place, range: RangeValue, parts: readonly Part[], remarks: DocumentIssue[]): void {
	const { localName } = place.element;
	const lacking = lackingIn(range, localName);
	if (lacking !== undefined) {
		const found = isEmpty(range) ? {} : { found: printRange(range) };
		const message = `${localName} admits no ${lacking}, so nothing fulfils it.`;
		addIssue(remarks, 'RANGE_ADMITS_NOTHING', place.path, message, found);
		return;
	}
	if (parts.length === 1) return;
	for (const part of parts) {
		const lackingHere = lackingIn(unite([part.interval!]), localName);
		if (lackingHere === undefined) continue;
		const message = `This part of ${localName} admits no ${lackingHere}: only another part can be fulfilled.`;
		addIssue(remarks, 'RANGE_ADMITS_NOTHING', part.place.path, message, { found: printInterval(part.interval!) });
	}
}

/** What the element would need and the range does not admit; undefined where it can be fulfilled. */
function lackingIn(range: RangeValue, localName: string): string | undefined {
	if (isEmpty(range)) return 'number';
	if (COUNTS.has(localName))
		return smallestMultiple(range, 1, 1) === undefined ? 'whole number of at least 1' : undefined;
	return isEmpty(intersect(range, NOT_NEGATIVE)) ? 'number that is not negative' : undefined;
}

/** Whether the element's content is that of a RangeValue: only parts of one, at least one of them. */
export function isRangeValue(candidate: XmlElement): boolean {
	const children = candidate.children.filter((child) => child.kind === 'element');
	return (
		children.length > 0 &&
		children.every(({ namespace, localName }) => namespace === JSDL && RANGE_PARTS.has(localName))
	);
}

/** Whether the element is a RangeValue without any part, which demands nothing and so admits any number. */
export function isOpenRange({ namespace, localName, children }: XmlElement): boolean {
	const isEmptyContent = children.every((child) => child.kind === 'text' && isBlank(child.text));
	return isEmptyContent && contentModel(namespace, localName)?.kind === 'range';
}

/** Why the element, of whatever name, is no RangeValue. */
export function findRangeValueFault(candidate: XmlElement): string | undefined {
	const isBare = candidate.children.every((child) => child.kind !== 'text' || isBlank(child.text));
	const elements = candidate.children.filter((child) => child.kind === 'element');
	if (!isBare || (elements.length > 0 && !isRangeValue(candidate))) return 'it is no RangeValue';
	const notes: Notes = { issues: [], remarks: [] };
	readRangeValue({ element: candidate, path: candidate.localName, scope: OUTERMOST_SCOPE }, notes);
	return notes.issues.length === 0 ? undefined : 'it is a RangeValue with a part that cannot be read';
}

/** The same element with one exact value instead of its parts; attributes and foreign ones among them stay. */
export function withExactValue(range: XmlElement, value: number): XmlElement {
	const name = { prefix: range.prefix, namespace: JSDL, localName: 'Exact' };
	return { ...range, children: [element(name, [], [printDouble(value)])] };
}

/** What is counted: half a CPU is none. */
export const COUNTS: ReadonlySet<string> = new Set(['IndividualCPUCount', 'TotalCPUCount', 'TotalResourceCount']);

const RANGE_PARTS = new Set(['UpperBoundedRange', 'LowerBoundedRange', 'Exact', 'Range']);

function readInterval(
	lowerPlace: Place | undefined,
	upperPlace: Place | undefined,
	issues: DocumentIssue[],
): Interval | undefined {
	const lower = lowerPlace === undefined ? Number.NEGATIVE_INFINITY : readNumber(lowerPlace, issues);
	const upper = upperPlace === undefined ? Number.POSITIVE_INFINITY : readNumber(upperPlace, issues);
	const lowerOpen = lowerPlace !== undefined && isExclusive(lowerPlace, issues);
	const upperOpen = upperPlace !== undefined && isExclusive(upperPlace, issues);
	if (lower === undefined || upper === undefined) return undefined;
	return { lower, lowerOpen, upper, upperOpen };
}

/** `[value - epsilon, value + epsilon]`; epsilon is 0 where it is absent. */
function readExact(place: Place, issues: DocumentIssue[]): Interval | undefined {
	const value = readNumber(place, issues);
	const lexical = attributeValue(place.element, '', 'epsilon');
	const epsilon = lexical === undefined ? 0 : checkNumber(lexical, `${place.path}/@epsilon`, issues);
	if (value === undefined || epsilon === undefined) return undefined;
	if (epsilon < 0) {
		const details = { found: lexical ?? '', allowed: 'a number that is not negative' };
		addIssue(issues, 'VALUE_MALFORMED', `${place.path}/@epsilon`, 'A negative epsilon admits nothing.', details);
		return undefined;
	}
	// No number is near to infinity, however large the epsilon.
	const [lower, upper] = Number.isFinite(value) ? [value - epsilon, value + epsilon] : [value, value];
	return { lower, lowerOpen: false, upper, upperOpen: false };
}

function isExclusive(place: Place, issues: DocumentIssue[]): boolean {
	const lexical = attributeValue(place.element, '', 'exclusiveBound');
	if (lexical === undefined) return false;
	const value = parseBoolean(lexical);
	if (value === undefined) {
		const allowed = 'true, false, 1 or 0';
		const message = `exclusiveBound must be ${allowed}.`;
		addIssue(issues, 'VALUE_MALFORMED', `${place.path}/@exclusiveBound`, message, { found: lexical, allowed });
	}
	return value ?? false;
}

function readNumber(place: Place, issues: DocumentIssue[]): number | undefined {
	return checkNumber(textOf(place.element), place.path, issues);
}

/** A number of a range: not NaN, and no larger than what counts exactly, unless it is INF, which is no bound. */
function checkNumber(lexical: string, path: string, issues: DocumentIssue[]): number | undefined {
	const value = parseDouble(lexical);
	if (value !== undefined && Math.abs(value) === Number.POSITIVE_INFINITY) return value;
	if (isBeyondDouble(lexical) || (value !== undefined && Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
		const allowed = `up to ${Number.MAX_SAFE_INTEGER}, or INF for no bound`;
		const message = 'Beyond 2^53 whole numbers are no longer exact.';
		addIssue(issues, 'NUMBER_TOO_LARGE', path, message, { found: lexical, allowed });
		return undefined;
	}
	if (value === undefined || Number.isNaN(value)) {
		const isPlaceholder = /^\s*(?:\$|XXX_|_[A-Z]+_)/.test(lexical);
		const message = isPlaceholder ? 'This placeholder was never replaced by a number.' : 'This is not a number.';
		const allowed = 'a number such as 4, 1.5 or 2e9, or INF; no unit';
		addIssue(issues, 'VALUE_MALFORMED', path, message, { found: lexical, allowed });
		return undefined;
	}
	return value;
}
