/** Reads what an xs:element of a model group says beyond a simple type: xs:complexType, nillable, default and fixed. */
import { attributeValue, type DocumentIssue, qualifiedName } from '../../xml/element.ts';
import { namespaceOf } from '../../xml/scope.ts';
import { addIssue, type Place, placesWithin, tokenAttribute, withoutAbsent } from '../document.ts';
import { collapseWhiteSpace, parseBoolean } from '../lexical.ts';
import { XS } from '../names.ts';
import type { AttributeUse, AttributeUses, ElementContent } from './child-content.ts';
import { judgeValue } from './facet-check.ts';
import { ofType, readSimpleType, resolveType, splitName } from './facet-reader.ts';
import type { ValueRestriction } from './facets.ts';
import type { Particle, Wildcard } from './particles.ts';
import { normalizeWhiteSpace, simpleTypeNamed } from './simple-type.ts';

/** Reads the model group of a type's content; undefined and an issue where it is none. */
type ReadGroup = (place: Place) => Particle | undefined;

export function isXs({ element }: Place, ...names: readonly string[]): boolean {
	return element.namespace === XS && names.includes(element.localName);
}

/** The children that say something: without annotations. */
export function partsWithin(place: Place): readonly Place[] {
	return placesWithin(place).filter((child) => !isXs(child, 'annotation'));
}

/** Reads an xs:complexType with its attributes and contents. */
export function readComplexType(place: Place, readGroup: ReadGroup, issues: DocumentIssue[]): ElementContent {
	const parts = partsWithin(place);
	const [first] = parts;
	const isMixed = isTrue(place, 'mixed');
	if (first !== undefined && isXs(first, 'simpleContent')) return readSimpleContent(first, issues);
	if (first !== undefined && isXs(first, 'complexContent'))
		return readComplexContent(first, isMixed, readGroup, issues);
	return readContent(parts, isMixed, readGroup, issues);
}

/** A type made of another: of xs:anyType, since no other complex type is declared where a constraint stands. */
function readComplexContent(
	place: Place,
	isOuterMixed: boolean,
	readGroup: ReadGroup,
	issues: DocumentIssue[],
): ElementContent {
	const [body] = partsWithin(place);
	const base = body && attributeValue(body.element, '', 'base');
	if (body === undefined || base === undefined || !isAnyType(base, body)) {
		const message =
			'A type can be made of xs:anyType only: there is no schema here that declares another complex type.';
		refuse(body ?? place, message, issues, base, 'xs:anyType');
		return { holds: 'any' };
	}
	const parts = partsWithin(body);
	const isMixed = attributeValue(place.element, '', 'mixed') === undefined ? isOuterMixed : isTrue(place, 'mixed');
	if (!isXs(body, 'extension')) return readContent(parts, isMixed, readGroup, issues);
	const group = parts.find(isGroup);
	if (group !== undefined) {
		const message = 'Behind the content of xs:anyType, which is anything, no element could be told from it.';
		refuse(group, message, issues, undefined, 'attributes, anyAttribute');
	}
	const attributes = readAttributes(
		parts.filter((part) => part !== group),
		issues,
	);
	return { holds: 'any', attributes: { ...attributes, others: '##any' } };
}

function isAnyType(name: string, { scope }: Place): boolean {
	const [prefix, localName] = splitName(name);
	return localName === 'anyType' && namespaceOf(scope, prefix) === XS;
}

function isGroup(place: Place): boolean {
	return isXs(place, 'sequence', 'choice', 'all', 'group');
}

/** A model group, if there is one, and attributes. */
function readContent(
	parts: readonly Place[],
	isMixed: boolean,
	readGroup: ReadGroup,
	issues: DocumentIssue[],
): ElementContent {
	const [first] = parts;
	const group = first !== undefined && isGroup(first) ? first : undefined;
	const children = group && readGroup(group);
	const attributes = readAttributes(
		parts.filter((part) => part !== group),
		issues,
	);
	if (group !== undefined && children === undefined) return { holds: 'any', attributes };
	const holdsNothing = children === undefined || children.max === 0 || isEmptyGroup(children);
	if (holdsNothing) return { holds: isMixed ? 'text' : 'empty', attributes };
	return { holds: 'elements', children, ...(isMixed ? { isMixed } : {}), attributes };
}

/** Adds nillable, default and fixed to what the element is; undefined where it says none of them. */
export function withDeclared(
	place: Place,
	{ value, content }: { readonly value?: ValueRestriction; readonly content?: ElementContent },
	issues: DocumentIssue[],
): ElementContent | undefined {
	const fixed = attributeValue(place.element, '', 'fixed');
	const filled = fixed ?? attributeValue(place.element, '', 'default');
	const isNillable = isTrue(place, 'nillable');
	if (filled === undefined && !isNillable) return content;
	const simple: ElementContent =
		value === undefined ? { holds: 'any' } : { holds: { value }, attributes: { declared: [] } };
	const own = content ?? simple;
	const nillable = isNillable ? ({ isNillable: true } as const) : {};
	if (filled === undefined) return { ...own, ...nillable };
	const held = own.holds === 'any' ? ofType(simpleTypeNamed(XS, 'string')!) : own.holds;
	if (typeof held !== 'object' || !('type' in held || 'value' in held)) {
		refuse(place, 'A default or fixed value is supported of simple types only.', issues);
		return { ...own, ...nillable };
	}
	const restriction = 'value' in held ? held.value : held;
	const kept = fixedTo(restriction, place, filled, issues);
	if (fixed === undefined) return { ...own, ...nillable, isFilled: true };
	return { ...own, holds: { value: kept }, ...nillable, isFilled: true, isFixed: true };
}

/** The values equal to this one; an issue where it is none of the type. */
function fixedTo(
	restriction: ValueRestriction,
	place: Place,
	given: string,
	issues: DocumentIssue[],
): ValueRestriction {
	const text = normalizeWhiteSpace(given, restriction.whiteSpace);
	const judgement = judgeValue(restriction, text, (prefix) => namespaceOf(place.scope, prefix));
	if (!judgement.ok) {
		fault(place, `The default or fixed value is not of its type: ${judgement.why}.`, issues, given);
		return restriction;
	}
	const { ordinal, key } = judgement.value;
	const enumeration = [{ text, ...withoutAbsent({ ordinal, key }) }];
	return { ...restriction, steps: [...restriction.steps, { bounds: [], counts: [], patterns: [], enumeration }] };
}

function readSimpleContent(place: Place, issues: DocumentIssue[]): ElementContent {
	const [body] = partsWithin(place);
	const base = body && attributeValue(body.element, '', 'base');
	if (body === undefined || !isXs(body, 'extension') || base === undefined) {
		refuse(body ?? place, 'Of simple content an xs:extension of a simple type is supported.', issues);
		return { holds: 'any' };
	}
	return { holds: { value: resolveType(base, body, issues) }, attributes: readAttributes(partsWithin(body), issues) };
}

function readAttributes(places: readonly Place[], issues: DocumentIssue[]): AttributeUses {
	const declared: AttributeUse[] = [];
	let others: Wildcard | undefined;
	for (const place of places) {
		if (isXs(place, 'anyAttribute')) others = readWildcard(place);
		else if (isXs(place, 'attribute')) declared.push(...readAttribute(place, issues));
		else if (isXs(place, 'attributeGroup')) {
			const message =
				'xs:attributeGroup is not supported in a constraint: there is no schema that it could name one of; write what is in it.';
			refuse(place, message, issues, attributeValue(place.element, '', 'ref'), IN_TYPES);
		} else {
			const { element } = place;
			refuse(place, `${qualifiedName(element)} is not supported in a complexType.`, issues, undefined, IN_TYPES);
		}
	}
	return { declared, ...withoutAbsent({ others }) };
}

const IN_TYPES = 'one of sequence, choice, all; attribute, anyAttribute; or simpleContent, complexContent';

function readAttribute(place: Place, issues: DocumentIssue[]): readonly AttributeUse[] {
	const read = (name: string) => attributeValue(place.element, '', name);
	const word = (name: string) => tokenAttribute(place.element, '', name);
	const use = word('use') ?? 'optional';
	const ref = read('ref');
	const [prefix, localName] = splitName(ref ?? read('name') ?? '');
	if (localName === '' || !['optional', 'required', 'prohibited'].includes(use)) {
		fault(place, 'An attribute needs a name or a ref, and a use that there is.', issues, use);
		return [];
	}
	if (use === 'prohibited') return [];
	const isRequired = use === 'required';
	if (ref !== undefined) {
		const namespace = prefix === 'xml' ? 'http://www.w3.org/XML/1998/namespace' : namespaceOf(place.scope, prefix);
		if (prefix !== '' && namespace === undefined) fault(place, `The prefix ${prefix} is not declared.`, issues, ref);
		return [{ namespace: prefix === '' ? '' : (namespace ?? ''), localName, isRequired }];
	}
	const [inline] = partsWithin(place);
	const typeName = read('type');
	const typed =
		inline !== undefined ? readSimpleType(inline, issues) : typeName && resolveType(typeName, place, issues);
	const given = read('fixed') ?? read('default');
	const plain = typed || (given === undefined ? undefined : ofType(simpleTypeNamed(XS, 'string')!));
	const kept = plain && given !== undefined ? fixedTo(plain, place, given, issues) : plain;
	const value = read('fixed') === undefined ? plain : kept;
	const own = word('form') === 'qualified' ? {} : { namespace: '' };
	return [{ ...own, localName, isRequired, ...withoutAbsent({ value }) }];
}

/** The namespaces of an xs:any or xs:anyAttribute. */
export function readWildcard({ element }: Place): Wildcard {
	const namespaces = collapseWhiteSpace(attributeValue(element, '', 'namespace') ?? '##any');
	return namespaces === '##any' || namespaces === '##other' ? namespaces : namespaces.split(' ');
}

/** XML Schema 3.4.2: a sequence or all of nothing, or a choice of nothing that need not be, is no content. */
function isEmptyGroup(group: Particle): boolean {
	if (!('particles' in group) || group.particles.length > 0) return false;
	return group.kind !== 'choice' || group.min === 0;
}

function isTrue({ element }: Place, name: string): boolean {
	return parseBoolean(attributeValue(element, '', name) ?? 'false') === true;
}

/** XML Schema has it, and it is not checked here. */
function refuse(place: Place, message: string, issues: DocumentIssue[], found?: string, allowed?: string): void {
	addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, message, withoutAbsent({ found, allowed }));
}

/** XML Schema has it not. */
function fault(place: Place, message: string, issues: DocumentIssue[], found?: string, allowed?: string): void {
	addIssue(issues, 'CONSTRAINT_MALFORMED', place.path, message, withoutAbsent({ found, allowed }));
}
