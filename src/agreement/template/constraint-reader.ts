/**
 * Reads creation constraints (GFD.192, 4.4). Whatever could not be checked on an offer is an issue.
 *
 * A Location that selects nothing violates its item: otherwise a misspelt constraint would let everything pass. An
 * item may say otherwise by our ws:Occurs (`min`, `max`) or by WSAG4J's ConstraintAnnotation (`Multiplicity` 0_TO_1,
 * 0_TO_N, 1, 1_TO_N; WSAG4J itself takes 0_TO_N where none is given, so there such an item passes). Free
 * `wsag:Constraint` elements are conditions in a language of our own: docs/constraints.md.
 */
import { part } from '../../parts.ts';
import {
	attributeValue,
	type DocumentIssue,
	hasName,
	qualifiedName,
	textOf,
	type XmlElement,
} from '../../xml/element.ts';
import { readFreeConstraint } from '../conditions/free-constraints.ts';
import { addIssue, optionalChild, type Place, placesNamed, placesWithin, requiredChild } from '../document.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { WS, WSAG, WSAG4J_ENGINE, XS } from '../names.ts';
import type { CreationConstraint, TemplateConstraint } from './constraints.ts';
import { readRestriction } from './facet-reader.ts';
import { withinWords } from './facets.ts';
import { type Location, parseLocation } from './location.ts';
import { wordsAt } from './location-words.ts';
import { isModelGroup, readParticle } from './particle-reader.ts';
import { PROGRAMS_SIZE_MAX, programSizeBound } from './pattern.ts';

/** Each costs at most a walk over every offer; 256 of them on an offer of 8 KB take some milliseconds. */
const ITEMS_MAX = 256;
/**
 * Of all free constraints, which cross from the worker in one piece: so many in some ten milliseconds. A person writes
 * a hundred for each.
 */
const CONDITIONS_CHARACTERS_MAX = 65_536;

/** Reads wsag:CreationConstraints. Whatever could not be checked on an offer is an issue. */
export function readCreationConstraints(place: Place, issues: DocumentIssue[]): TemplateConstraint[] {
	const kind = { owner: 'A template', namespace: WSAG, readItem, readFree: readFreeConstraint };
	return readSection<TemplateConstraint>(place, kind, issues);
}

type Read<T> = (place: Place, issues: DocumentIssue[]) => T | undefined;

/** Whose section it is, the namespace of its items, and how they and its free constraints are read. */
export interface SectionKind<T> {
	readonly owner: string;
	readonly namespace: string;
	readonly readItem: Read<T>;
	readonly readFree: Read<T>;
	/** Each is a part of its own. Not of a template, which whoever reads it keeps: gone on with, it is not read again. */
	readonly isInParts?: true;
}

/** Reads the items of a section and then its free constraints: none where they are too many, or their patterns too large. */
export function readSection<T>(section: Place, kind: SectionKind<T>, issues: DocumentIssue[]): T[] {
	const places = placesWithin(section);
	const items = placesNamed(places, kind.namespace, 'Item');
	const free = placesNamed(places, WSAG, 'Constraint');
	if (items.length + free.length > ITEMS_MAX) {
		const allowed = `at most ${ITEMS_MAX} items and constraints`;
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', section.path, `${kind.owner} may have ${allowed}.`, { allowed });
		return [];
	}
	const characters = free.reduce((sum, { element }) => sum + textOf(element).length, 0);
	if (characters > CONDITIONS_CHARACTERS_MAX) {
		const allowed = `together at most ${CONDITIONS_CHARACTERS_MAX} characters`;
		const message = `The free constraints of ${kind.owner.toLowerCase()} may have ${allowed}.`;
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', section.path, message, { found: String(characters), allowed });
		return [];
	}
	if (hasTooLargePatterns(section, issues)) return [];
	const readEach = (read: Read<T>, each: Place): T | undefined =>
		kind.isInParts === true ? readPart(read, each, issues) : read(each, issues);
	return [
		...items.map((item) => readEach(kind.readItem, item)),
		...free.map((constraint) => readEach(kind.readFree, constraint)),
	].filter((constraint) => constraint !== undefined);
}

/** The patterns of one may take a while to be compiled. */
function readPart<T>(read: Read<T>, place: Place, issues: DocumentIssue[]): T | undefined {
	const { constraint, found } = part(() => {
		const own: DocumentIssue[] = [];
		return { constraint: read(place, own), found: own };
	});
	issues.push(...found);
	return constraint;
}

/** Whether the patterns in it, of a template or of an offer in a negotiation, are too large together; then it is an issue. */
function hasTooLargePatterns(section: Place, issues: DocumentIssue[]): boolean {
	let size = 0;
	const count = (element: XmlElement): void => {
		const value = hasName(element, XS, 'pattern') ? attributeValue(element, '', 'value') : undefined;
		if (value !== undefined) size += programSizeBound(value);
		for (const child of element.children) {
			if (size <= PROGRAMS_SIZE_MAX && child.kind === 'element') count(child);
		}
	};
	count(section.element);
	if (size <= PROGRAMS_SIZE_MAX) return false;
	const allowed = `together at most ${PROGRAMS_SIZE_MAX} characters that may be looked for, repetitions counted`;
	const message = 'The patterns of these constraints are too large together.';
	addIssue(issues, 'CONSTRAINT_UNSUPPORTED', section.path, message, { allowed });
	return true;
}

/** Compiles one item: of a template, or of the constraints in an offer of a negotiation. */
export function readItem(item: Place, issues: DocumentIssue[]): CreationConstraint | undefined {
	const places = placesWithin(item);
	const locationPlace = requiredChild(item, places, WSAG, 'Location', issues);
	const constraintPlace = requiredChild(item, places, WSAG, 'ItemConstraint', issues);
	const location = locationPlace && readLocation(locationPlace, issues);
	const extras = places.filter((place) => place !== locationPlace && place !== constraintPlace);
	const multiplicity = readMultiplicity(extras, issues);
	if (constraintPlace === undefined || location === undefined) return undefined;
	const content = placesWithin(constraintPlace);
	const group = content.find(isModelGroup);
	const name = attributeValue(item.element, WSAG, 'Name');
	const common = { ...(name === undefined ? {} : { item: name }), path: item.path, location, multiplicity };
	if (group === undefined) {
		if (content.length === 0) return common;
		const value = readRestriction(content, undefined, issues);
		const words = wordsAt(location);
		return { ...common, value: words === undefined ? value : withinWords(value, words) };
	}
	if (location.target.kind !== 'element') {
		const message = 'Children can be demanded of elements only.';
		addIssue(issues, 'CONSTRAINT_MALFORMED', group.path, message, { found: location.text });
	}
	const children = readParticle(group, issues, location.steps.at(-1)?.name);
	return children === undefined ? common : { ...common, children };
}

const MULTIPLICITIES: ReadonlyMap<string, CreationConstraint['multiplicity']> = new Map([
	['0_TO_1', { min: 0, max: 1 }],
	['0_TO_N', { min: 0, max: Number.POSITIVE_INFINITY }],
	['1', { min: 1, max: 1 }],
	['1_TO_N', { min: 1, max: Number.POSITIVE_INFINITY }],
]);
const MULTIPLICITY_DEFAULT = { min: 1, max: Number.POSITIVE_INFINITY };

function readLocation(place: Place, issues: DocumentIssue[]): Location | undefined {
	const text = textOf(place.element);
	const reading = parseLocation(text, place.scope);
	if (reading.ok) return reading.location;
	const allowed = "paths such as /wsag:AgreementOffer//jsdl:Exact[1] or //wsag:All/*[@wsag:Name='x']/@wsag:ServiceName";
	addIssue(issues, 'LOCATION_REFUSED', place.path, `This Location is not supported: ${reading.why}.`, {
		found: text,
		allowed,
	});
	return undefined;
}

/** What may stand behind an ItemConstraint: our Occurs, or WSAG4J's ConstraintAnnotation. */
function readMultiplicity(extras: readonly Place[], issues: DocumentIssue[]): CreationConstraint['multiplicity'] {
	let multiplicity = MULTIPLICITY_DEFAULT;
	for (const extra of extras) {
		if (hasName(extra.element, WS, 'Occurs')) multiplicity = readOccurs(extra, issues);
		else if (hasName(extra.element, WSAG4J_ENGINE, 'ConstraintAnnotation')) {
			multiplicity = readAnnotation(extra, issues) ?? multiplicity;
		} else {
			const message = `Nobody here knows ${qualifiedName(extra.element)}, so nobody would check it.`;
			const allowed = 'ws:Occurs or ConstraintAnnotation';
			addIssue(issues, 'CONSTRAINT_UNSUPPORTED', extra.path, message, { allowed });
		}
	}
	return multiplicity;
}

function readAnnotation(annotation: Place, issues: DocumentIssue[]): CreationConstraint['multiplicity'] | undefined {
	const element = optionalChild(annotation, placesWithin(annotation), WSAG4J_ENGINE, 'Multiplicity', issues);
	const word = element === undefined ? '' : collapseWhiteSpace(textOf(element.element));
	const known = MULTIPLICITIES.get(word);
	if (known !== undefined) return known;
	const allowed = [...MULTIPLICITIES.keys()].join(', ');
	const message = `Multiplicity must be one of ${allowed}.`;
	addIssue(issues, 'VALUE_MALFORMED', annotation.path, message, { found: word, allowed });
	return undefined;
}

/** `min` and `max`, 1 and `unbounded` where they are absent. */
function readOccurs(occurs: Place, issues: DocumentIssue[]): CreationConstraint['multiplicity'] {
	const read = (name: string, otherwise: number): number => {
		const value = attributeValue(occurs.element, '', name);
		if (value === undefined || (name === 'max' && value === 'unbounded')) return otherwise;
		const lexical = collapseWhiteSpace(value);
		const count = Number(lexical);
		const isCount = isInteger(lexical) && count >= 0;
		if (isCount && Number.isSafeInteger(count)) return count;
		const allowed = name === 'max' ? 'a whole number or unbounded' : 'a whole number';
		const details = { found: value, allowed };
		const code = isCount ? 'NUMBER_TOO_LARGE' : 'VALUE_MALFORMED';
		addIssue(issues, code, `${occurs.path}/@${name}`, `${name} must be ${allowed}.`, details);
		return otherwise;
	};
	return { min: read('min', MULTIPLICITY_DEFAULT.min), max: read('max', MULTIPLICITY_DEFAULT.max) };
}
