/** What the constructs of a schema come to: the content of a type, what may stand for an element, what a wildcard takes. */
import type { XmlElement } from '../../src/xml/element.ts';
import { type Construct, facet, type Name, parts, referredName, type SchemaModel, XS } from './schema-model.ts';

export interface Particle {
	readonly construct: Construct;
	readonly min: number;
	readonly max: number;
}

export function particleOf(construct: Construct): Particle {
	const max = facet(construct, 'maxOccurs') ?? '1';
	return {
		construct,
		min: Number(facet(construct, 'minOccurs') ?? '1'),
		max: max === 'unbounded' ? Number.POSITIVE_INFINITY : Number(max),
	};
}

export const PARTICLES = ['sequence', 'choice', 'all', 'group', 'element', 'any'];

/** What a complex type comes to, its bases included. */
export interface Content {
	readonly particles: readonly Construct[];
	readonly attributes: readonly Construct[];
	readonly isMixed: boolean;
	/** The type of its text, where that is all it has. */
	readonly value?: Construct | Name;
	readonly isAnything: boolean;
}

export function declaredType(model: SchemaModel, declaration: Construct): Construct | Name {
	const inline = parts(declaration, 'complexType', 'simpleType')[0];
	if (inline !== undefined) return inline;
	const reference = facet(declaration, 'type');
	if (reference === undefined) {
		const head = facet(declaration, 'substitutionGroup');
		const isAttribute = declaration.node.localName === 'attribute';
		if (head !== undefined) return declaredType(model, model.global('element', referredName(head, declaration.file)));
		return { namespace: XS, localName: isAttribute ? 'string' : 'anyType' };
	}
	const name = referredName(reference, declaration.file);
	return model.type(name) ?? name;
}

export function isConstruct(type: Construct | Name): type is Construct {
	return 'node' in type;
}

export function contentOf(model: SchemaModel, type: Construct | Name): Content {
	const nothing = { particles: [], attributes: [], isMixed: false, isAnything: false };
	if (!isConstruct(type)) {
		return type.localName === 'anyType' ? { ...nothing, isMixed: true, isAnything: true } : { ...nothing, value: type };
	}
	if (type.node.localName === 'simpleType') return { ...nothing, value: type };
	const isMixed = facet(type, 'mixed') === 'true';
	const derived = parts(type, 'complexContent', 'simpleContent')[0];
	const extension = derived && parts(derived, 'extension')[0];
	const own = extension ?? type;
	const attributes = parts(own, 'attribute', 'attributeGroup', 'anyAttribute');
	const particles = parts(own, ...PARTICLES);
	if (extension === undefined) return { ...nothing, particles, attributes, isMixed };
	const name = referredName(facet(extension, 'base')!, extension.file);
	const base = contentOf(model, model.type(name) ?? name);
	return {
		...base,
		particles: [...base.particles, ...particles],
		attributes: [...base.attributes, ...attributes],
		isMixed: isMixed || base.isMixed,
	};
}

/** The elements that may stand where this one is declared: itself, or what is written in its place. */
export function standIns(model: SchemaModel, declaration: Construct): Construct[] {
	const reference = facet(declaration, 'ref');
	if (reference === undefined) return [declaration];
	const head = model.global('element', referredName(reference, declaration.file));
	if (facet(head, 'abstract') !== 'true') return [head];
	return model.elements.filter((candidate) => {
		const group = facet(candidate, 'substitutionGroup');
		return group !== undefined && model.global('element', referredName(group, candidate.file)).node === head.node;
	});
}

export function resolvedGroup(model: SchemaModel, group: Construct): Construct {
	const reference = facet(group, 'ref');
	const named = reference === undefined ? group : model.global('group', referredName(reference, group.file));
	return parts(named, ...PARTICLES)[0]!;
}

/** Whether the wildcard takes elements or attributes of the namespace. */
export function takes({ node, file }: Construct, namespace: string): boolean {
	const allowed = node.attributes.find(({ localName }) => localName === 'namespace')?.value ?? '##any';
	return allowed === '##any' || (namespace !== '' && namespace !== file.targetNamespace);
}

/** The attributes and wildcards that a group of attributes stands for. */
export function attributesOf(model: SchemaModel, construct: Construct): Construct[] {
	if (construct.node.localName !== 'attributeGroup') return [construct];
	const group = model.global('attributeGroup', referredName(facet(construct, 'ref')!, construct.file));
	return parts(group, 'attribute', 'attributeGroup', 'anyAttribute').flatMap((part) => attributesOf(model, part));
}

/**
 * One place for what is foreign: a wildcard in the content of an element that is declared somewhere, or the content
 * itself where it may be anything. A wildcard of a type is as many places as elements have that type.
 */
export function placeOf(declaration: Construct, wildcard: Construct | 'anything'): string {
	const what = wildcard === 'anything' ? wildcard : `${wildcard.node.localName} ${numberOf(wildcard.node)}`;
	return `${facet(declaration, 'name')} ${numberOf(declaration.node)}: ${what}`;
}

function numberOf(node: XmlElement): number {
	const known = numbers.get(node) ?? numbers.size;
	numbers.set(node, known);
	return known;
}

const numbers = new Map<XmlElement, number>();
