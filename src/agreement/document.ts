/**
 * What every reader of this room stands on: a reading that is either a value or all its issues, and places, which
 * are elements that know where they stand.
 */
import {
	attributeValue,
	childElements,
	type DocumentIssue,
	hasName,
	qualifiedName,
	textOf,
	type XmlElement,
	type XmlNode,
} from '../xml/element.ts';
import { OUTERMOST_SCOPE, scopeWithin, type XmlScope } from '../xml/scope.ts';
import type { IssueCode } from './issue-code.ts';
import { collapseWhiteSpace, isBlank } from './lexical.ts';
import { isBeyondYears, parseDateTime } from './time.ts';

/** A document read in full, or everything that was wrong with it. */
export type Reading<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly issues: readonly DocumentIssue[] };

/** An element with its path from the root and the prefixes in scope at it. */
export interface Place {
	readonly element: XmlElement;
	readonly path: string;
	readonly scope: XmlScope;
}

/** More would tell nobody anything, and a hostile document could ask for a hundred thousand. */
export const ISSUES_MAX = 100;

/** Adds an issue; beyond a hundred only that there are more. */
export function addIssue(
	issues: DocumentIssue[],
	code: IssueCode,
	path: string,
	message: string,
	details: { readonly found?: string; readonly allowed?: string } = {},
): void {
	if (issues.length > ISSUES_MAX) return;
	const where = excerpt(path, PATH_CHARACTERS_MAX);
	if (issues.length === ISSUES_MAX) {
		issues.push({
			code: 'TOO_MANY_ISSUES' satisfies IssueCode,
			path: where,
			message: 'There is more; the first hundred are listed.',
		});
		return;
	}
	const found = details.found === undefined ? {} : { found: excerpt(details.found) };
	const allowed = details.allowed === undefined ? {} : { allowed: details.allowed };
	issues.push({ code, path: where, message, ...found, ...allowed });
}

/** The path of an attribute, by the name that it has in the document; without a prefix where it is not there. */
export function pathOfAttribute({ element, path }: Place, namespace: string, localName: string): string {
	for (const each of element.attributes) {
		if (each.namespace === namespace && each.localName === localName) return `${path}/@${qualifiedName(each)}`;
	}
	return `${path}/@${localName}`;
}

/** Three times the longest path in a document of ours; a hostile name must not come back a hundred times. */
export const PATH_CHARACTERS_MAX = 500;

/** The value, unless something was wrong. */
export function reading<T>(value: T | undefined, issues: readonly DocumentIssue[]): Reading<T> {
	return issues.length > 0 || value === undefined ? { ok: false, issues } : { ok: true, value };
}

/** Where all paths begin. */
export function placeOfRoot(root: XmlElement): Place {
	const scope = scopeWithin(OUTERMOST_SCOPE, root.declarations);
	return { element: root, path: `/${qualifiedName(root)}`, scope };
}

/** The places of all element children, in one walk over them; the paths are those of `pathOf` in the xml room. */
export function placesWithin(parent: Place): Place[] {
	const { children } = parent.element;
	let count = 0;
	for (const child of children) if (child.kind === 'element') count += 1;
	if (count > FEW_SIBLINGS) return placesOfMany(parent, childElements(parent.element));
	// An array that grows has room for seventeen at once.
	const places = new Array<Place>(count);
	count = 0;
	for (let index = 0; index < children.length; index += 1) {
		const child = children[index]!;
		if (child.kind !== 'element') continue;
		places[count] = placeAt(parent, child, stepTo(child, children, index));
		count += 1;
	}
	return places;
}

/** Their names are compared in less time than they can be counted in. */
const FEW_SIBLINGS = 6;

/** The name, and the position among those that are written alike, where it is not the only one. */
function stepTo(element: XmlElement, siblings: readonly XmlNode[], index: number): string {
	const { prefix, localName } = element;
	let before = 0;
	let alike = 0;
	for (let nth = 0; nth < siblings.length; nth += 1) {
		const sibling = siblings[nth]!;
		if (sibling.kind !== 'element' || sibling.localName !== localName || sibling.prefix !== prefix) continue;
		alike += 1;
		if (nth < index) before += 1;
	}
	return alike === 1 ? qualifiedName(element) : `${qualifiedName(element)}[${before + 1}]`;
}

function placesOfMany(parent: Place, elements: readonly XmlElement[]): Place[] {
	const names = elements.map(qualifiedName);
	const counts = new Map<string, number>();
	const positions: number[] = [];
	for (const name of names) {
		const position = (counts.get(name) ?? 0) + 1;
		counts.set(name, position);
		positions.push(position);
	}
	const places: Place[] = [];
	for (const [index, element] of elements.entries()) {
		const name = names[index]!;
		const step = counts.get(name) === 1 ? name : `${name}[${positions[index]}]`;
		places.push(placeAt(parent, element, step));
	}
	return places;
}

function placeAt(parent: Place, element: XmlElement, step: string): Place {
	return { element, path: `${parent.path}/${step}`, scope: scopeWithin(parent.scope, element.declarations) };
}

/** The first of these places that has the name. */
export function placeNamed(places: readonly Place[], namespace: string, localName: string): Place | undefined {
	for (const place of places) if (hasName(place.element, namespace, localName)) return place;
	return undefined;
}

/** All of these places that have the name. */
export function placesNamed(places: readonly Place[], namespace: string, localName: string): Place[] {
	const named: Place[] = [];
	for (const place of places) if (hasName(place.element, namespace, localName)) named.push(place);
	return named;
}

/** The child of this name, of which there must be at most one. */
export function optionalChild(
	parent: Place,
	places: readonly Place[],
	namespace: string,
	localName: string,
	issues: DocumentIssue[],
): Place | undefined {
	const only = placeNamed(places, namespace, localName);
	if (only === undefined) return undefined;
	const second = places.find((place) => place !== only && hasName(place.element, namespace, localName));
	if (second !== undefined) {
		addIssue(
			issues,
			'ELEMENT_REPEATED',
			second.path,
			`${localName} may stand only once in ${parent.element.localName}.`,
		);
	}
	return only;
}

/** The child of this name, of which there must be exactly one. */
export function requiredChild(
	parent: Place,
	places: readonly Place[],
	namespace: string,
	localName: string,
	issues: DocumentIssue[],
): Place | undefined {
	const only = optionalChild(parent, places, namespace, localName, issues);
	if (only === undefined) {
		addIssue(issues, 'ELEMENT_MISSING', parent.path, `${parent.element.localName} needs a ${localName}.`);
	}
	return only;
}

/** The attribute's value; '' and an issue where it is missing. */
export function requiredAttribute(owner: Place, namespace: string, localName: string, issues: DocumentIssue[]): string {
	const value = attributeValue(owner.element, namespace, localName);
	if (value === undefined) {
		addIssue(issues, 'ATTRIBUTE_MISSING', owner.path, `${owner.element.localName} needs the attribute ${localName}.`);
	}
	return value ?? '';
}

/** The value of an attribute whose type collapses white space, as those of all words, names and numbers do. */
export function tokenAttribute(owner: XmlElement, namespace: string, localName: string): string | undefined {
	const value = attributeValue(owner, namespace, localName);
	return value === undefined ? undefined : collapseWhiteSpace(value);
}

/** The value of an element that is an xs:dateTime, in epoch seconds, rounded down; read as UTC where it names no zone. */
export function readTime(place: Place, issues: DocumentIssue[]): number | undefined {
	const text = textOf(place.element);
	const time = parseDateTime(text);
	if (time === undefined) refuseTime(place, issues);
	return time?.seconds;
}

/** Says why the element's value is no time here: it is no xs:dateTime, or one of a year that nobody here counts. */
export function refuseTime({ element, path }: Place, issues: DocumentIssue[]): void {
	const found = textOf(element);
	const details = { found, allowed: 'an xs:dateTime such as 2026-12-01T00:00:00Z' };
	if (!isBeyondYears(found)) {
		addIssue(issues, 'VALUE_MALFORMED', path, `${element.localName} must be ${details.allowed}.`, details);
		return;
	}
	const message = `${element.localName} is a valid time, and years before 1 and after 9999 are not supported here.`;
	addIssue(issues, 'TIME_NOT_SUPPORTED', path, message, { found, allowed: 'a year from 0001 to 9999' });
}

/** All text in the element and below it, in document order: XPath's string-value. */
export function stringValue(owner: XmlElement): string {
	let text = '';
	for (const child of owner.children) {
		if (child.kind === 'text') text += child.text;
		else if (child.kind === 'element') text += stringValue(child);
	}
	return text;
}

/** Whether the element says nothing at all: no elements, no text but white space. */
export function isEmptyElement(owner: XmlElement): boolean {
	return isBlank(textOf(owner)) && owner.children.every(({ kind }) => kind !== 'element');
}

/** The members that are there: under `exactOptionalPropertyTypes` an absent member is absent, not undefined. */
export function withoutAbsent<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	const present: { [K in keyof T]?: Exclude<T[K], undefined> } = {};
	for (const key in members) {
		const value = members[key];
		if (value !== undefined) present[key] = value as Exclude<T[typeof key], undefined>;
	}
	return present;
}

/** A text from a document, cut to a length that fits a message. */
export function excerpt(text: string, charactersMax = EXCERPT_CHARACTERS_MAX): string {
	return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`;
}

/** Long enough for a digest or a key's beginning; a hostile text of megabytes must not come back in every issue. */
const EXCERPT_CHARACTERS_MAX = 120;
