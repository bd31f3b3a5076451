/**
 * Reads facets: `xs:simpleRestrictionModel` as it stands in an ItemConstraint or an xs:restriction. Whatever could not
 * be checked on an offer later is an issue now.
 */
import { attributeValue, type DocumentIssue, qualifiedName } from '../../xml/element.ts';
import { namespaceOf } from '../../xml/scope.ts';
import { addIssue, type Place, placesWithin, tokenAttribute, withoutAbsent } from '../document.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { XS } from '../names.ts';
import { atomicValue, type PrefixLookup, placeOfBound } from './atomic-value.ts';
import { judgeValue } from './facet-check.ts';
import {
	type BoundKind,
	type CountKind,
	type EnumeratedValue,
	enumerationOf,
	type FacetSet,
	type ValueRestriction,
	withinWords,
} from './facets.ts';
import { parsePattern } from './pattern.ts';
import {
	normalizeWhiteSpace,
	type SimpleType,
	simpleTypeNamed,
	typeOfBound,
	UNTYPED,
	type WhiteSpace,
} from './simple-type.ts';

/**
 * Reads the content of an ItemConstraint or of an xs:restriction: an inline simpleType, if there is one, and facets.
 * The base type given, if any, goes before that of the simpleType.
 */
export function readRestriction(
	places: readonly Place[],
	base: ValueRestriction | undefined,
	issues: DocumentIssue[],
): ValueRestriction {
	const [first] = places;
	const inline = first !== undefined && isSchemaElement(first, 'simpleType') ? first : undefined;
	const below = base ?? (inline && readSimpleType(inline, issues)) ?? ofType(UNTYPED);
	const facets = places.filter((place) => place !== inline && !isSchemaElement(place, 'annotation'));
	const { type, whiteSpace } = below;
	const reader: FacetReader = { type, declared: type, whiteSpace, issues, facets: emptyFacetSet() };
	// White space first: the values of the others are normalised by it.
	for (const facet of facets) if (isSchemaElement(facet, 'whiteSpace')) readWhiteSpace(facet, reader);
	for (const facet of facets) if (!isSchemaElement(facet, 'whiteSpace')) readFacet(facet, reader);
	const { type: own, facets: read } = reader;
	// The type may have become known by a bound only.
	const enumeration =
		own === type ? read.enumeration : read.enumeration.map(({ text }) => enumerated(own, text, undefined) ?? { text });
	const steps = [...below.steps, { ...read, enumeration }];
	const restriction = { ...below, type: own, whiteSpace: reader.whiteSpace, steps };
	return own.words === undefined ? restriction : withinWords(restriction, own.words);
}

/** Reads an inline xs:simpleType: a restriction, a list or a union. */
export function readSimpleType(place: Place, issues: DocumentIssue[]): ValueRestriction | undefined {
	const body = placesWithin(place).find((child) => !isSchemaElement(child, 'annotation'));
	const kind = body?.element.namespace === XS ? body.element.localName : '';
	if (body !== undefined && kind === 'restriction') return readDerived(body, issues);
	if (body !== undefined && (kind === 'list' || kind === 'union')) return readComposite(body, kind, issues);
	const found = body === undefined ? 'nothing' : qualifiedName(body.element);
	const allowed = 'xs:restriction, xs:list, xs:union';
	fault(body ?? place, `A simpleType by ${found} is none.`, issues, { found, allowed });
	return undefined;
}

/** The type that a QName means where it stands; UNTYPED and an issue where it is not known. */
export function resolveType(name: string, place: Place, issues: DocumentIssue[]): ValueRestriction {
	const [prefix, localName] = splitName(name);
	const declared = namespaceOf(place.scope, prefix);
	const namespace = declared ?? '';
	const type = simpleTypeNamed(namespace, localName);
	if (type === undefined) {
		// A vocabulary of somebody's own may have it; XML Schema has not, nor has a prefix that is not declared.
		const isNone = namespace === XS || (declared === undefined && prefix !== '');
		const tell = isNone ? fault : refuse;
		tell(place, `The type ${name} is not known here.`, issues, { found: `{${namespace}}${localName}` });
	}
	return ofType(type ?? UNTYPED);
}

/** Prefix ('' where there is none) and local name of a QName. */
export function splitName(name: string): readonly [prefix: string, localName: string] {
	const collapsed = collapseWhiteSpace(name);
	const colon = collapsed.indexOf(':');
	return colon < 0 ? ['', collapsed] : [collapsed.slice(0, colon), collapsed.slice(colon + 1)];
}

/** The type as it is. */
export function ofType(type: SimpleType): ValueRestriction {
	const steps = [...(type.facets === undefined ? [] : [type.facets])];
	if (type.words !== undefined) steps.push(enumerationOf(type.words));
	return { type, whiteSpace: type.whiteSpace, steps };
}

function readDerived(body: Place, issues: DocumentIssue[]): ValueRestriction {
	const name = attributeValue(body.element, '', 'base');
	const places = placesWithin(body).filter((child) => !isSchemaElement(child, 'annotation'));
	if (name !== undefined && places[0] !== undefined && isSchemaElement(places[0], 'simpleType')) {
		fault(body, 'A restriction has a base or a simpleType, not both.', issues, { found: name });
	}
	const restriction = readRestriction(places, name === undefined ? undefined : resolveType(name, body, issues), issues);
	const isBare = restriction.steps.every(({ enumeration }) => enumeration.length === 0);
	if (restriction.type.name === 'NOTATION' && isBare) {
		fault(body, 'Of xs:NOTATION the values must be enumerated.', issues, { allowed: 'xs:enumeration' });
	}
	return restriction;
}

/** More types in one union, those of unions within it counted, are nobody's constraint. */
const MEMBERS_MAX = 64;

function readComposite(body: Place, kind: 'list' | 'union', issues: DocumentIssue[]): ValueRestriction | undefined {
	const attribute = kind === 'list' ? 'itemType' : 'memberTypes';
	const names = collapseWhiteSpace(attributeValue(body.element, '', attribute) ?? '');
	const inline = placesWithin(body).filter((child) => isSchemaElement(child, 'simpleType'));
	const members = [
		...(names === '' ? [] : names.split(' ').map((name) => resolveType(name, body, issues))),
		...inline.map((child) => readSimpleType(child, issues)).filter((member) => member !== undefined),
	];
	const count = members.reduce((sum, member) => sum + countMembers(member), 0);
	const allowed = kind === 'list' ? `${attribute} or one xs:simpleType` : `${attribute} or xs:simpleType`;
	if (members.length === 0 || (kind === 'list' && members.length > 1)) {
		fault(body, `xs:${kind} needs ${allowed}.`, issues, { found: `${count}`, allowed });
		return undefined;
	}
	if (count > MEMBERS_MAX) {
		const most = `at most ${MEMBERS_MAX}`;
		refuse(body, `The types of an xs:${kind} are ${most}.`, issues, { found: `${count}`, allowed: most });
		return undefined;
	}
	if (kind === 'list' && hasList(members[0]!)) {
		fault(body, 'The items of a list are no lists.', issues, { found: members[0]!.type.name });
		return undefined;
	}
	const whiteSpace = kind === 'list' ? 'collapse' : 'preserve';
	return ofType({ name: kind, space: kind, whiteSpace, members });
}

function countMembers({ type }: ValueRestriction): number {
	return 1 + (type.members ?? []).reduce((sum, member) => sum + countMembers(member), 0);
}

function hasList({ type }: ValueRestriction): boolean {
	return type.space === 'list' || (type.members ?? []).some(hasList);
}

const LENGTHS = ['length', 'minLength', 'maxLength'];
const BOUNDS = ['minInclusive', 'minExclusive', 'maxInclusive', 'maxExclusive'];

/** Which facets a type has (Part 2, 4.1.5). That a truth is enumerated is taken, too: it means one thing only. */
function facetsOf({ space, lexical }: SimpleType): readonly string[] | undefined {
	const all = ['enumeration', 'pattern', 'whiteSpace'];
	switch (space) {
		case 'untyped':
			return undefined;
		case 'union':
			return ['enumeration', 'pattern'];
		case 'boolean':
			return all;
		case 'text':
		case 'hexBinary':
		case 'base64Binary':
		case 'QName':
		case 'list':
			return [...all, ...LENGTHS];
		case 'number':
			return [...all, ...BOUNDS, ...(lexical === undefined ? [] : ['totalDigits', 'fractionDigits'])];
		default:
			return [...all, ...BOUNDS];
	}
}

const ALL_FACETS = [...LENGTHS, ...BOUNDS, 'totalDigits', 'fractionDigits', 'enumeration', 'pattern', 'whiteSpace'];
const WHITE_SPACES: readonly WhiteSpace[] = ['preserve', 'replace', 'collapse'];

interface FacetReader {
	type: SimpleType;
	/** Before a bound said what an item without a type is about. */
	readonly declared: SimpleType;
	whiteSpace: WhiteSpace;
	readonly issues: DocumentIssue[];
	readonly facets: { -readonly [K in keyof FacetSet]: FacetSet[K] extends readonly (infer E)[] ? E[] : never };
}

/** A template that enumerates more than this describes a database, not a constraint. */
const ENUMERATION_MAX = 1000;
function emptyFacetSet(): FacetReader['facets'] {
	return { bounds: [], counts: [], enumeration: [], patterns: [] };
}

function isSchemaElement({ element }: Place, localName: string): boolean {
	return element.namespace === XS && element.localName === localName;
}

type Tell = (
	place: Place,
	message: string,
	issues: DocumentIssue[],
	details?: { readonly found?: string; readonly allowed?: string },
) => void;

/** XML Schema has it, or somebody's vocabulary may, and it is not checked here. */
const refuse: Tell = (place, message, issues, details) =>
	addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, message, details);

/** XML Schema has it not. */
const fault: Tell = (place, message, issues, details) =>
	addIssue(issues, 'CONSTRAINT_MALFORMED', place.path, message, details);

function readWhiteSpace(facet: Place, reader: FacetReader): void {
	const value = tokenAttribute(facet.element, '', 'value');
	const step = WHITE_SPACES.indexOf(value as WhiteSpace);
	const isTaken = reader.declared.space === 'untyped' || step >= WHITE_SPACES.indexOf(reader.whiteSpace);
	const allowed = isTaken ? WHITE_SPACES : WHITE_SPACES.slice(WHITE_SPACES.indexOf(reader.whiteSpace));
	if (step >= 0 && isTaken && isFacetOf(facet, reader)) reader.whiteSpace = WHITE_SPACES[step]!;
	else {
		const details = { found: value ?? '', allowed: allowed.join(', ') };
		fault(facet, `whiteSpace cannot be that of ${reader.declared.name}.`, reader.issues, details);
	}
}

/** Whether the type has the facet. */
function isFacetOf({ element }: Place, { declared }: FacetReader): boolean {
	return facetsOf(declared)?.includes(element.localName) ?? true;
}

function enumerated(type: SimpleType, text: string, prefixes: PrefixLookup | undefined): EnumeratedValue | undefined {
	const judgement = judgeValue({ type, whiteSpace: 'preserve', steps: [] }, text, prefixes);
	if (!judgement.ok) return undefined;
	const { ordinal, key } = judgement.value;
	return { text, ...withoutAbsent({ ordinal, key }) };
}

function readFacet(facet: Place, reader: FacetReader): void {
	const value = attributeValue(facet.element, '', 'value');
	const kind = facet.element.namespace === XS ? facet.element.localName : '';
	if (value === undefined && kind !== 'simpleType') {
		// An element of somebody's own may do without.
		const tell = kind === '' ? refuse : fault;
		tell(facet, `${qualifiedName(facet.element)} is no facet with a value.`, reader.issues);
		return;
	}
	if (ALL_FACETS.includes(kind) && !isFacetOf(facet, reader)) {
		const allowed = facetsOf(reader.declared)?.join(', ') ?? '';
		fault(facet, `${reader.declared.name} has no facet ${kind}.`, reader.issues, { found: kind, allowed });
		return;
	}
	switch (kind) {
		case 'minInclusive':
		case 'minExclusive':
		case 'maxInclusive':
		case 'maxExclusive':
			readBound(facet, kind, value!, reader);
			return;
		case 'length':
		case 'minLength':
		case 'maxLength':
		case 'totalDigits':
		case 'fractionDigits':
			readCount(facet, kind, value!, reader);
			return;
		case 'enumeration':
			if (reader.facets.enumeration.length === ENUMERATION_MAX) {
				refuse(facet, `At most ${ENUMERATION_MAX} values can be enumerated.`, reader.issues);
			}
			readEnumerated(facet, value!, reader);
			return;
		case 'pattern': {
			const reading = parsePattern(value!);
			if (reading.ok) reader.facets.patterns.push(reading.pattern);
			else {
				const tell = reading.isMalformed ? fault : refuse;
				tell(facet, `This pattern cannot be checked: ${reading.why}.`, reader.issues, { found: value! });
			}
			return;
		}
		default:
			refuse(facet, `${qualifiedName(facet.element)} is no facet that is checked here.`, reader.issues);
	}
}

function readEnumerated(
	facet: Place,
	value: string,
	{ type, declared, whiteSpace, facets, issues }: FacetReader,
): void {
	const text = normalizeWhiteSpace(value, whiteSpace);
	const prefixes = (prefix: string) => namespaceOf(facet.scope, prefix);
	const known = enumerated(type, text, prefixes);
	// What an item without a type enumerates may be of the type that a bound makes it, or not.
	if (known === undefined && declared.space !== 'untyped') {
		tellOf(declared, text)(facet, `The value that is enumerated is no ${declared.name}.`, issues, { found: text });
	}
	facets.enumeration.push(known ?? { text });
}

/** What is no value here may be one of more digits than are counted with: of a year, or of a duration. */
function tellOf(type: SimpleType, text: string): Tell {
	const shortened = text.replace(/\d{9,}/g, '2000');
	return shortened !== text && atomicValue(type, shortened) !== undefined ? refuse : fault;
}

function readBound(facet: Place, kind: BoundKind, text: string, reader: FacetReader): void {
	const lexical = collapseWhiteSpace(text);
	if (reader.type === UNTYPED) reader.type = typeOfBound(lexical) ?? UNTYPED;
	const value = atomicValue(reader.type, lexical);
	const ordinal = value && placeOfBound(value, kind === 'minInclusive' || kind === 'minExclusive');
	if (value !== undefined && ordinal !== undefined) reader.facets.bounds.push({ kind, lexical, ordinal, value });
	else {
		// A value without a place is one: NaN is a double, and nothing keeps to it.
		const tell = value === undefined ? tellOf(reader.type, lexical) : refuse;
		const why =
			value === undefined
				? `This bound is no ${reader.type.name}.`
				: `${kind} needs a value that has a place among others: a number, a time such as 2030-01-31T12:00:00Z, a duration such as PT1H.`;
		tell(facet, why, reader.issues, { found: lexical });
	}
}

function readCount(facet: Place, kind: CountKind, value: string, reader: FacetReader): void {
	const lexical = collapseWhiteSpace(value);
	const count = Number(lexical);
	const isCount = isInteger(lexical) && count >= 0;
	if (isCount && Number.isSafeInteger(count)) reader.facets.counts.push({ kind, count });
	else if (isCount) refuse(facet, `${kind} is counted up to 2^53.`, reader.issues, { found: lexical });
	else fault(facet, `${kind} needs a whole number.`, reader.issues, { found: lexical });
}
