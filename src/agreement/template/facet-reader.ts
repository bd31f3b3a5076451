/**
 * Reads facets: `xs:simpleRestrictionModel` as it stands in an ItemConstraint or an xs:restriction. Whatever could not
 * be checked on an offer later is an issue now.
 */
import { attributeValue, type DocumentIssue, qualifiedName } from '../../xml/element.ts';
import { namespaceOf } from '../../xml/scope.ts';
import { addIssue, type Place, placesWithin, withoutAbsent } from '../document.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { XS } from '../names.ts';
import type { BoundKind, CountKind, FacetSet, ValueRestriction } from './facets.ts';
import { parsePattern } from './pattern.ts';
import {
	normalizeWhiteSpace,
	ordinalOf,
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
	base: SimpleType | undefined,
	issues: DocumentIssue[],
): ValueRestriction {
	const [first] = places;
	const inline = first !== undefined && isSchemaElement(first, 'simpleType') ? first : undefined;
	const below = inline === undefined ? undefined : readSimpleType(inline, issues);
	const type = base ?? below?.type ?? UNTYPED;
	const facets = places.filter((place) => place !== inline && !isSchemaElement(place, 'annotation'));
	const reader: FacetReader = {
		type,
		whiteSpace: below?.whiteSpace ?? type.whiteSpace,
		issues,
		facets: emptyFacetSet(),
	};
	// White space first: the values of the others are normalised by it.
	for (const facet of facets) if (isSchemaElement(facet, 'whiteSpace')) readWhiteSpace(facet, reader);
	for (const facet of facets) if (!isSchemaElement(facet, 'whiteSpace')) readFacet(facet, reader);
	const { type: own, facets: read } = reader;
	const enumeration = read.enumeration.map(({ text }) => ({
		text,
		...withoutAbsent({ ordinal: ordinalOf(own, text) }),
	}));
	return { type: own, whiteSpace: reader.whiteSpace, steps: [...(below?.steps ?? []), { ...read, enumeration }] };
}

/** Reads an inline xs:simpleType; only one that is an xs:restriction can be checked. */
export function readSimpleType(place: Place, issues: DocumentIssue[]): ValueRestriction | undefined {
	const body = placesWithin(place).find((child) => !isSchemaElement(child, 'annotation'));
	if (body === undefined || !isSchemaElement(body, 'restriction')) {
		const found = body === undefined ? 'nothing' : qualifiedName(body.element);
		refuse(body ?? place, `A simpleType by ${found} is not supported.`, issues, { found, allowed: 'xs:restriction' });
		return undefined;
	}
	const name = attributeValue(body.element, '', 'base');
	const base = name === undefined ? undefined : resolveType(name, body, issues);
	return readRestriction(placesWithin(body), base, issues);
}

/** The type that a QName means where it stands; UNTYPED and an issue where it is not known. */
export function resolveType(name: string, place: Place, issues: DocumentIssue[]): SimpleType {
	const [prefix, localName] = splitName(name);
	const namespace = namespaceOf(place.scope, prefix) ?? '';
	const type = simpleTypeNamed(namespace, localName);
	if (type === undefined)
		refuse(place, `The type ${name} is not known here.`, issues, { found: `{${namespace}}${localName}` });
	return type ?? UNTYPED;
}

/** Prefix ('' where there is none) and local name of a QName. */
export function splitName(name: string): readonly [prefix: string, localName: string] {
	const collapsed = collapseWhiteSpace(name);
	const colon = collapsed.indexOf(':');
	return colon < 0 ? ['', collapsed] : [collapsed.slice(0, colon), collapsed.slice(colon + 1)];
}

interface FacetReader {
	type: SimpleType;
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

function refuse(
	place: Place,
	message: string,
	issues: DocumentIssue[],
	details: { readonly found?: string; readonly allowed?: string } = {},
): void {
	addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, message, details);
}

function readWhiteSpace(facet: Place, reader: FacetReader): void {
	const value = attributeValue(facet.element, '', 'value');
	if (value === 'preserve' || value === 'replace' || value === 'collapse') reader.whiteSpace = value;
	else refuse(facet, 'whiteSpace is preserve, replace or collapse.', reader.issues, { found: value ?? '' });
}

function readFacet(facet: Place, reader: FacetReader): void {
	const value = attributeValue(facet.element, '', 'value');
	const kind = facet.element.namespace === XS ? facet.element.localName : '';
	if (value === undefined && kind !== 'simpleType') {
		refuse(facet, `${qualifiedName(facet.element)} is no facet with a value.`, reader.issues);
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
			reader.facets.enumeration.push({ text: normalizeWhiteSpace(value!, reader.whiteSpace) });
			return;
		case 'pattern': {
			const reading = parsePattern(value!);
			if (reading.ok) reader.facets.patterns.push(reading.pattern);
			else refuse(facet, `This pattern cannot be checked: ${reading.why}.`, reader.issues, { found: value! });
			return;
		}
		default:
			refuse(facet, `${qualifiedName(facet.element)} is no facet that is checked here.`, reader.issues);
	}
}

function readBound(facet: Place, kind: BoundKind, value: string, reader: FacetReader): void {
	const lexical = collapseWhiteSpace(value);
	if (reader.type === UNTYPED) reader.type = typeOfBound(lexical) ?? UNTYPED;
	const ordinal = ordinalOf(reader.type, lexical);
	if (ordinal !== undefined && reader.type.space !== 'boolean') reader.facets.bounds.push({ kind, lexical, ordinal });
	else refuse(facet, `${kind} needs a value of an ordered type.`, reader.issues, { found: lexical });
}

function readCount(facet: Place, kind: CountKind, value: string, reader: FacetReader): void {
	const lexical = collapseWhiteSpace(value);
	const count = Number(lexical);
	if (isInteger(lexical) && count >= 0 && Number.isSafeInteger(count)) reader.facets.counts.push({ kind, count });
	else refuse(facet, `${kind} needs a whole number.`, reader.issues, { found: lexical });
}
