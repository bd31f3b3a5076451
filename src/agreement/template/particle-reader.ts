/**
 * Reads particles: `xs:typeDefParticle` as it stands in an ItemConstraint. Whatever of XML Schema is not checked on
 * offers later is refused here, by name.
 *
 * WSAG4J's templates name children without their namespace (`name="Resources"`): it is that of the element that the
 * Location selects, as if the group stood in its schema with qualified elements.
 */
import { attributeValue, type DocumentIssue, qualifiedName } from '../../xml/element.ts';
import { namespaceOf } from '../../xml/scope.ts';
import { addIssue, type Place, placesWithin, tokenAttribute, withoutAbsent } from '../document.ts';
import { contentModel, HEADS } from '../lenient/content-models.ts';
import type { ValueType } from '../lenient/model-lines.ts';
import { collapseWhiteSpace, isInteger } from '../lexical.ts';
import { ARP, JSDL, JSDL_HPCPA, JSDL_POSIX, JSDL_SPMD, NEG, TC, WS, WSAG, XS } from '../names.ts';
import { describeContent, type ElementContent } from './child-content.ts';
import { isXs, readComplexType, readWildcard, withDeclared } from './content-reader.ts';
import { ofType, readSimpleType, resolveType, splitName } from './facet-reader.ts';
import { describeRestriction } from './facet-words.ts';
import { type ValueRestriction, withinWords } from './facets.ts';
import type { NameTest } from './location.ts';
import type { Occurrence, Particle } from './particles.ts';
import { simpleTypeNamed, typeOfModel } from './simple-type.ts';

/** Whether the element is a model group that an ItemConstraint may hold. */
export function isModelGroup({ element }: Place): boolean {
	return element.namespace === XS && ['sequence', 'choice', 'all', 'group'].includes(element.localName);
}

/** Reads a model group of the children of that parent, if its name is known; what cannot be checked is an issue. */
export function readParticle(place: Place, issues: DocumentIssue[], parent?: NameTest): Particle | undefined {
	const group = readAny(place, { issues, parent });
	if (group !== undefined) refuseTwoTypes(group, place, issues);
	return group;
}

/** XML Schema 3.8.6: elements of one name in one group have one type. */
function refuseTwoTypes(group: Particle, place: Place, issues: DocumentIssue[]): void {
	const types = new Map<string, string>();
	const walk = (particle: Particle): void => {
		if (particle.kind === 'any') return;
		if (particle.kind !== 'element') for (const inner of particle.particles) walk(inner);
		else if (particle.value !== undefined || particle.content !== undefined) {
			const { localName, namespace = '##targetNamespace', value, content } = particle;
			const [name, type] = [`{${namespace}}${localName}`, JSON.stringify(value ?? content)];
			if (types.has(name) && types.get(name) !== type) {
				const message = `Elements ${localName} of one group have one type.`;
				addIssue(issues, 'CONSTRAINT_MALFORMED', place.path, message, {
					found: value === undefined ? describeContent(content!) : describeRestriction(value),
				});
			}
			types.set(name, type);
		}
	};
	walk(group);
}

interface Reader {
	readonly issues: DocumentIssue[];
	readonly parent: NameTest | undefined;
}

function readAny(place: Place, reader: Reader): Particle | undefined {
	const { element } = place;
	const { issues } = reader;
	const occurrence = readOccurrence(place, issues);
	const kind = element.namespace === XS ? element.localName : '';
	switch (kind) {
		case 'sequence':
		case 'choice':
		case 'all': {
			const inner = placesWithin(place).filter((child) => !isAnnotation(child));
			const particles = inner.map((child) => readAny(child, reader)).filter((particle) => particle !== undefined);
			// XML Schema 3.9.2: a particle that occurs at most 0 times is no particle at all.
			return { kind, ...occurrence, particles: particles.filter(({ max }) => max > 0) };
		}
		case 'element':
			return readElementParticle(place, occurrence, reader);
		case 'any':
			return { kind, ...occurrence, namespaces: readWildcard(place) };
		default: {
			const message =
				kind === 'group'
					? 'xs:group is not supported in a constraint: there is no schema that it could name one of; write what is in it.'
					: `${qualifiedName(element)} is not supported in a constraint.`;
			const code = kind === 'group' ? 'CONSTRAINT_UNSUPPORTED' : 'CONSTRAINT_MALFORMED';
			addIssue(issues, code, place.path, message, {
				allowed: 'sequence, choice, all, element, any',
			});
			return undefined;
		}
	}
}

/** Vocabularies whose elements the gate has validated with all that stands in them. */
const VALIDATED_NAMESPACES = new Set([WSAG, NEG, JSDL, JSDL_POSIX, JSDL_HPCPA, JSDL_SPMD, WS, TC, ARP]);

function isAnnotation({ element }: Place): boolean {
	return element.namespace === XS && element.localName === 'annotation';
}

function readElementParticle(place: Place, occurrence: Occurrence, reader: Reader): Particle | undefined {
	const { element } = place;
	const { issues } = reader;
	for (const attribute of ['block', 'form']) {
		const value = tokenAttribute(element, '', attribute);
		if (value === undefined || (attribute === 'form' && value === 'qualified')) continue;
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, `${attribute} is not supported in a constraint.`, {
			found: value,
		});
	}
	const ref = attributeValue(element, '', 'ref');
	if (ref !== undefined) {
		const [prefix, localName] = splitName(ref);
		const namespace = namespaceOf(place.scope, prefix);
		if (namespace === undefined && prefix !== '') {
			addIssue(issues, 'CONSTRAINT_MALFORMED', place.path, `The prefix ${prefix} is not declared.`, { found: ref });
		}
		refuseOfDeclared(place, 'CONSTRAINT_MALFORMED', issues);
		const declared = readDeclared(place, { namespace: namespace ?? '', localName }, reader);
		return { kind: 'element', ...occurrence, namespace: namespace ?? '', localName, ...declared };
	}
	const name = tokenAttribute(element, '', 'name');
	if (name === undefined) {
		addIssue(issues, 'CONSTRAINT_MALFORMED', place.path, 'An element needs a name or a ref.');
		return undefined;
	}
	const type = readType(place, reader);
	if (type.isRange) {
		refuseOfDeclared(place, 'CONSTRAINT_UNSUPPORTED', issues);
		return { kind: 'element', ...occurrence, localName: name, isRange: true };
	}
	const content = withDeclared(place, type, issues);
	// What may be left out or nil is not only a value.
	const what = content === undefined ? type : { content };
	return { kind: 'element', ...occurrence, localName: name, ...what };
}

type ElementType = { readonly value?: ValueRestriction; readonly isRange?: true; readonly content?: ElementContent };

/** What is declared elsewhere has these there; of content of elements alone nothing is fixed, and it may be nil. */
function refuseOfDeclared(
	{ element, path }: Place,
	ofNillable: 'CONSTRAINT_MALFORMED' | 'CONSTRAINT_UNSUPPORTED',
	issues: DocumentIssue[],
): void {
	for (const attribute of ['fixed', 'default', 'nillable']) {
		const found = attributeValue(element, '', attribute);
		if (found === undefined) continue;
		const code = attribute === 'nillable' ? ofNillable : 'CONSTRAINT_MALFORMED';
		addIssue(issues, code, path, `${attribute} is not supported of such an element.`, { found });
	}
}

/** The type of an element of a vocabulary that is known here: what the gate looks at only where elements of it belong. */
function readDeclared(place: Place, name: NameTest, { issues, parent }: Reader): ElementType {
	const model = contentModel(name.namespace, name.localName);
	if (model === undefined) return {};
	if (model.kind === 'range') return { isRange: true };
	if (model.kind === 'value') return withoutAbsent({ value: valueOfModel(model.type) });
	// Heads are validated wherever they stand, others in their places.
	const isHead = HEADS.some(([namespace, localName]) => namespace === name.namespace && localName === name.localName);
	const isNear =
		parent?.namespace === name.namespace ||
		(parent &&
			contentModel(parent.namespace, parent.localName)?.children.some(({ namespace }) => namespace === name.namespace));
	if (!isNear && !isHead) refuseType(place, `What stands in ${name.localName}`, name.localName, issues);
	return {};
}

function valueOfModel(type: ValueType): ValueRestriction | undefined {
	if (typeof type === 'object') return withinWords(ofType(simpleTypeNamed(XS, 'string')!), type.words);
	const known = typeOfModel(type);
	return known && ofType(known);
}

function refuseType(place: Place, subject: string, found: string, issues: DocumentIssue[]): void {
	const message = `${subject} is not looked at where the Location leads, so nobody would check it.`;
	const allowed = 'a simple type, jsdl:RangeValue_Type or xs:anyType';
	addIssue(issues, 'CONSTRAINT_UNSUPPORTED', place.path, message, { found, allowed });
}

function readType(place: Place, reader: Reader): ElementType {
	const { issues, parent } = reader;
	const inner = placesWithin(place).filter((child) => !isAnnotation(child));
	const inline = inner.find(({ element }) => element.namespace === XS && element.localName === 'simpleType');
	const complex = inner.find((child) => isXs(child, 'complexType'));
	for (const { element, path } of inner) {
		if (element === inline?.element || element === complex?.element) continue;
		const message = `${qualifiedName(element)} in an element is not supported in a constraint.`;
		addIssue(issues, 'CONSTRAINT_UNSUPPORTED', path, message);
	}
	if (complex !== undefined) {
		// Its own children are of its namespace, which nobody looks at there.
		return { content: readComplexType(complex, (group) => readAny(group, reader), issues) };
	}
	if (inline !== undefined) return withoutAbsent({ value: readSimpleType(inline, issues) });
	const typeName = attributeValue(place.element, '', 'type');
	if (typeName === undefined) return {};
	const [prefix, localName] = splitName(typeName);
	const namespace = namespaceOf(place.scope, prefix) ?? '';
	if (namespace === XS && localName === 'anyType') return {};
	if (namespace === JSDL && localName === 'RangeValue_Type') return { isRange: true };
	if (VALIDATED_NAMESPACES.has(namespace) && simpleTypeNamed(namespace, localName) === undefined) {
		if (!VALIDATED_NAMESPACES.has(parent?.namespace ?? '')) refuseType(place, `The type ${typeName}`, typeName, issues);
		return {};
	}
	return { value: resolveType(typeName, place, issues) };
}

function readOccurrence({ element, path }: Place, issues: DocumentIssue[]): Occurrence {
	const read = (name: string): number => {
		const lexical = attributeValue(element, '', name);
		if (lexical === undefined) return 1;
		const collapsed = collapseWhiteSpace(lexical);
		if (name === 'maxOccurs' && collapsed === 'unbounded') return Number.POSITIVE_INFINITY;
		const count = Number(collapsed);
		if (isInteger(collapsed) && count >= 0) return count;
		addIssue(issues, 'CONSTRAINT_MALFORMED', path, `${name} must be a whole number.`, { found: lexical });
		return 1;
	};
	return { min: read('minOccurs'), max: read('maxOccurs') };
}
