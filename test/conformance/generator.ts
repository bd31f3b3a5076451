/**
 * Documents made from the schemas: every one of them is valid by them, and in every place where a schema lets foreign
 * elements or attributes stand some are planted that nobody knows. Choices come from outside, so that the same choices
 * make the same document.
 */
import {
	attribute,
	declareNamespaces,
	element,
	type XmlAttribute,
	type XmlElement,
	type XmlNode,
} from '../../src/xml/element.ts';
import { type Construct, facet, type Name, parts, referredName, type SchemaModel, XS } from './schema-model.ts';

export interface Generator {
	/** A document whose root is one of the global elements. `choose(n)` picks one of n. */
	document(choose: (count: number) => number): XmlElement;
	/** The wildcards in which something was planted so far. */
	readonly planted: ReadonlySet<XmlElement>;
	/** Every wildcard that a document can reach from its root. */
	readonly wildcards: ReadonlySet<XmlElement>;
}

/** Choices of a small generator of random numbers (mulberry32): the same for the same seed. */
export function choicesOf(seed: number): (count: number) => number {
	let state = seed;
	return (count) => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
	};
}

/** Levels of elements in a document; every element of the schemas can be completed within four. */
const LEVELS_MAX = 14;
/** Once it has so many elements, a document takes no more than it must. */
const ELEMENTS_WANTED = 60;

/**
 * A generator for the elements of the model whose namespaces `admits` takes, as roots and as what is planted. Of these,
 * `isRoot` chooses the roots of documents by their local names.
 */
export function generatorOf(
	model: SchemaModel,
	admits: (namespace: string) => boolean,
	isRoot: (localName: string) => boolean = () => true,
): Generator {
	const known = model.elements.filter(
		(candidate) => admits(candidate.file.targetNamespace) && facet(candidate, 'abstract') !== 'true',
	);
	const roots = known.filter((candidate) => isRoot(facet(candidate, 'name')!));
	const fits = new Fits(model, known);
	const planted = new Set<XmlElement>();
	return {
		document: (choose) => {
			const grower = new Grower({ model, known, fits, planted, choose });
			const root = roots[choose(roots.length)]!;
			const grown = grower.element(root, LEVELS_MAX);
			// Those that values use too are declared at the root; the others there as well, or each where it is needed.
			const declarations = [...PREFIXES].map(([namespace, prefix]) => ({ prefix, namespace }));
			const way = choose(3);
			if (way === 0) return declareNamespaces({ ...grown, declarations });
			const scope = new Map([['', ''], ...declarations.map(({ prefix, namespace }) => [prefix, namespace] as const)]);
			const named = way === 1 ? grown : inDefaultNamespace(grown, grown.namespace);
			return declaredInPlace({ ...named, declarations }, scope);
		},
		planted,
		get wildcards() {
			return fits.wildcards();
		},
	};
}

const PREFIXES: ReadonlyMap<string, string> = new Map([
	[XS, 'xs'],
	['http://www.w3.org/2005/08/addressing', 'wsa'],
	['http://schemas.ggf.org/graap/2007/03/ws-agreement', 'wsag'],
	['http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation', 'neg'],
	['http://schemas.ggf.org/jsdl/2005/11/jsdl', 'jsdl'],
]);

interface Particle {
	readonly construct: Construct;
	readonly min: number;
	readonly max: number;
}

function particleOf(construct: Construct): Particle {
	const max = facet(construct, 'maxOccurs') ?? '1';
	return {
		construct,
		min: Number(facet(construct, 'minOccurs') ?? '1'),
		max: max === 'unbounded' ? Number.POSITIVE_INFINITY : Number(max),
	};
}

const PARTICLES = ['sequence', 'choice', 'all', 'group', 'element', 'any'];

/** What a complex type comes to, its bases included. */
interface Content {
	readonly particles: readonly Construct[];
	readonly attributes: readonly Construct[];
	readonly isMixed: boolean;
	/** The type of its text, where that is all it has. */
	readonly value?: Construct | Name;
	readonly isAnything: boolean;
}

function declaredType(model: SchemaModel, declaration: Construct): Construct | Name {
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

function isConstruct(type: Construct | Name): type is Construct {
	return 'node' in type;
}

function contentOf(model: SchemaModel, type: Construct | Name): Content {
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
function standIns(model: SchemaModel, declaration: Construct): Construct[] {
	const reference = facet(declaration, 'ref');
	if (reference === undefined) return [declaration];
	const head = model.global('element', referredName(reference, declaration.file));
	if (facet(head, 'abstract') !== 'true') return [head];
	return model.elements.filter((candidate) => {
		const group = facet(candidate, 'substitutionGroup');
		return group !== undefined && model.global('element', referredName(group, candidate.file)).node === head.node;
	});
}

function resolvedGroup(model: SchemaModel, group: Construct): Construct {
	const reference = facet(group, 'ref');
	const named = reference === undefined ? group : model.global('group', referredName(reference, group.file));
	return parts(named, ...PARTICLES)[0]!;
}

/** Whether the wildcard takes elements or attributes of the namespace. */
function takes({ node, file }: Construct, namespace: string): boolean {
	const allowed = node.attributes.find(({ localName }) => localName === 'namespace')?.value ?? '##any';
	return allowed === '##any' || (namespace !== '' && namespace !== file.targetNamespace);
}

/** How many levels of elements it takes to complete what a schema wants. */
class Fits {
	readonly #model: SchemaModel;
	readonly #roots: readonly Construct[];
	readonly #known = new Map<XmlElement, boolean[]>();

	constructor(model: SchemaModel, roots: readonly Construct[]) {
		this.#model = model;
		this.#roots = roots;
	}

	/** Whether the element with all that it must hold has at most so many levels. */
	element(declaration: Construct, levels: number): boolean {
		if (levels <= 0) return false;
		const known = this.#known.get(declaration.node) ?? [];
		this.#known.set(declaration.node, known);
		const answer = known[levels];
		if (answer !== undefined) return answer;
		const content = contentOf(this.#model, declaredType(this.#model, declaration));
		const found = content.particles.every((particle) => this.particle(particle, levels - 1));
		known[levels] = found;
		return found;
	}

	/** Whether the least that a particle wants can be had within so many levels. */
	particle(construct: Construct, levels: number): boolean {
		return particleOf(construct).min === 0 || this.once(construct, levels);
	}

	once(construct: Construct, levels: number): boolean {
		switch (construct.node.localName) {
			case 'element':
				return this.substitutes(construct, levels).length > 0;
			case 'any':
				return facet(construct, 'processContents') === 'strict'
					? this.strangers(construct, levels).length > 0
					: levels > 0;
			case 'group':
				return this.once(resolvedGroup(this.#model, construct), levels);
			case 'choice':
				return parts(construct, ...PARTICLES).some((part) => this.particle(part, levels));
			default:
				return parts(construct, ...PARTICLES).every((part) => this.particle(part, levels));
		}
	}

	substitutes(declaration: Construct, levels: number): Construct[] {
		return standIns(this.#model, declaration).filter((candidate) => this.element(candidate, levels));
	}

	/** The known elements that a wildcard takes. */
	strangers(wildcard: Construct, levels: number): Construct[] {
		return this.#roots.filter((root) => takes(wildcard, root.file.targetNamespace) && this.element(root, levels));
	}

	/** Every wildcard below the roots. */
	wildcards(): ReadonlySet<XmlElement> {
		const found = new Set<XmlElement>();
		const seen = new Set<XmlElement>();
		const visit = (construct: Construct): void => {
			if (seen.has(construct.node)) return;
			seen.add(construct.node);
			const kind = construct.node.localName;
			if (kind === 'any' || kind === 'anyAttribute') found.add(construct.node);
			else if (kind === 'attributeGroup') attributesOf(this.#model, construct).forEach(visit);
			else if (kind === 'group') visit(resolvedGroup(this.#model, construct));
			else if (kind !== 'element') parts(construct, ...PARTICLES).forEach(visit);
			else {
				for (const declaration of standIns(this.#model, construct)) {
					const content = contentOf(this.#model, declaredType(this.#model, declaration));
					seen.add(declaration.node);
					[...content.particles, ...content.attributes].forEach(visit);
				}
			}
		};
		this.#roots.forEach(visit);
		return found;
	}
}

/** The attributes and wildcards that a group of attributes stands for. */
function attributesOf(model: SchemaModel, construct: Construct): Construct[] {
	if (construct.node.localName !== 'attributeGroup') return [construct];
	const group = model.global('attributeGroup', referredName(facet(construct, 'ref')!, construct.file));
	return parts(group, 'attribute', 'attributeGroup', 'anyAttribute').flatMap((part) => attributesOf(model, part));
}

interface Growth {
	readonly model: SchemaModel;
	readonly known: readonly Construct[];
	readonly fits: Fits;
	readonly planted: Set<XmlElement>;
	readonly choose: (count: number) => number;
}

/** Grows one document. */
class Grower {
	readonly #growth: Growth;
	#elements = 0;
	#ids = 0;

	constructor(growth: Growth) {
		this.#growth = growth;
	}

	element(declaration: Construct, levels: number): XmlElement {
		this.#elements += 1;
		const { model } = this.#growth;
		const content = contentOf(model, declaredType(model, declaration));
		const attributes = content.attributes
			.flatMap((part) => attributesOf(model, part))
			.flatMap((part) => this.#attribute(part));
		const children: XmlNode[] = [];
		if (content.value !== undefined) children.push(...texts(this.#value(content.value)));
		else if (content.isAnything) this.#anything(levels - 1, children);
		for (const particle of content.particles) this.#particle(particle, levels - 1, children);
		if (content.isMixed && this.#once(2)) children.push(...texts(this.#pick(STRINGS)));
		if (this.#once(24)) children.push({ kind: 'comment', text: ' & remark ' });
		return element(this.#name(declaration), unlike(attributes), joined(children));
	}

	#name(declaration: Construct): { prefix: string; namespace: string; localName: string } {
		const { file } = declaration;
		const isGlobal = this.#growth.model.elements.some(({ node }) => node === declaration.node);
		const isQualified = isGlobal || file.qualified.element;
		const namespace = isQualified ? file.targetNamespace : '';
		return { prefix: prefixOf(namespace, file.prefixes), namespace, localName: facet(declaration, 'name')! };
	}

	#particle(construct: Construct, levels: number, out: XmlNode[]): void {
		const { min, max } = particleOf(construct);
		const isFull = this.#elements >= ELEMENTS_WANTED || !this.#growth.fits.once(construct, levels);
		const count = isFull ? min : Math.min(max, min + this.#growth.choose(min === 0 ? 3 : 2));
		for (let done = 0; done < count; done += 1) this.#grow(construct, levels, out);
	}

	#grow(construct: Construct, levels: number, out: XmlNode[]): void {
		const { model, fits } = this.#growth;
		switch (construct.node.localName) {
			case 'element':
				out.push(this.element(this.#pick(fits.substitutes(construct, levels)), levels));
				return;
			case 'any':
				this.#plant(construct, levels, out);
				return;
			case 'group':
				this.#particle(resolvedGroup(model, construct), levels, out);
				return;
			case 'choice': {
				const open = parts(construct, ...PARTICLES).filter((part) => fits.particle(part, levels));
				this.#particle(this.#pick(open), levels, out);
				return;
			}
			default:
				for (const part of parts(construct, ...PARTICLES)) this.#particle(part, levels, out);
		}
	}

	/** What nobody knows; sometimes what is known, as it must be to stand there. */
	#plant(wildcard: Construct, levels: number, out: XmlNode[]): void {
		const { fits, planted } = this.#growth;
		planted.add(wildcard.node);
		const isStrict = facet(wildcard, 'processContents') === 'strict';
		const known = isStrict || this.#once(5) ? fits.strangers(wildcard, Math.min(levels, isStrict ? levels : 4)) : [];
		if (known.length > 0) out.push(this.element(this.#pick(known), levels));
		else out.push(this.#foreign(takes(wildcard, ''), 2));
	}

	#anything(levels: number, out: XmlNode[]): void {
		if (this.#once(2)) out.push(...texts(this.#pick(STRINGS)));
		const roots = this.#once(4) ? this.#growth.known.filter((root) => this.#growth.fits.element(root, levels)) : [];
		if (roots.length > 0 && this.#elements < ELEMENTS_WANTED) out.push(this.element(this.#pick(roots), levels));
		else if (this.#once(2)) out.push(this.#foreign(true, 2));
	}

	/** An element of a vocabulary that no schema describes, with more of the like inside. */
	#foreign(mayBeUnqualified: boolean, levels: number): XmlElement {
		this.#elements += 1;
		const names = mayBeUnqualified ? [...FOREIGN, { prefix: '', namespace: '', localName: 'bare' }] : FOREIGN;
		const attributes = this.#once(2) ? [this.#foreignAttribute()] : [];
		const children: XmlNode[] = [];
		for (let count = levels === 0 ? 0 : this.#growth.choose(4); count > 0; count -= 1) {
			if (this.#once(2)) children.push(...texts(this.#pick(STRINGS)));
			else children.push(this.#foreign(true, levels - 1));
		}
		return element(this.#pick(names), attributes, joined(children));
	}

	#foreignAttribute(): XmlAttribute {
		return attribute({ ...FOREIGN[0]!, localName: 'planted' }, this.#pick(STRINGS));
	}

	#attribute(part: Construct): XmlAttribute[] {
		const { model, planted } = this.#growth;
		if (part.node.localName === 'anyAttribute') {
			if (!this.#once(2)) return [];
			planted.add(part.node);
			const isLax = facet(part, 'processContents') !== undefined;
			return [isLax ? this.#foreignAttribute() : attribute(LANGUAGE, 'en')];
		}
		const use = facet(part, 'use');
		if (use === 'prohibited' || (use !== 'required' && this.#once(2))) return [];
		const reference = facet(part, 'ref');
		const name = reference === undefined ? undefined : referredName(reference, part.file);
		const declaration = name === undefined ? part : model.global('attribute', name);
		const localName = facet(declaration, 'name')!;
		const form = facet(declaration, 'form');
		const isQualified =
			name !== undefined || form === 'qualified' || (form === undefined && part.file.qualified.attribute);
		const namespace = isQualified ? declaration.file.targetNamespace : '';
		const prefix = namespace === LANGUAGE.namespace ? 'xml' : prefixOf(namespace, declaration.file.prefixes);
		const value = PATHS.has(localName) ? localName : this.#value(declaredType(model, declaration));
		return [attribute({ prefix, namespace, localName }, value)];
	}

	/** A text that the simple type takes. */
	#value(type: Construct | Name): string {
		if (!isConstruct(type)) return this.#builtIn(type.localName);
		if (type.node.localName === 'complexType') {
			const { value } = contentOf(this.#growth.model, type);
			return value === undefined ? '' : this.#value(value);
		}
		const [derivation] = parts(type, 'restriction', 'list', 'union');
		if (derivation?.node.localName === 'list') {
			const item = this.#memberTypes(derivation, 'itemType')[0]!;
			return Array.from({ length: this.#growth.choose(3) }, () => this.#value(item).trim().replace(/\s+/g, '_')).join(
				' ',
			);
		}
		if (derivation?.node.localName === 'union')
			return this.#value(this.#pick(this.#memberTypes(derivation, 'memberTypes')));
		return this.#restricted(derivation!);
	}

	#restricted(restriction: Construct): string {
		const words = parts(restriction, 'enumeration').map((word) => facet(word, 'value')!);
		if (words.length > 0) return this.#pick(words);
		const facets = parts(restriction, 'pattern', 'length', 'minInclusive', 'maxInclusive', 'minLength');
		for (const part of facets) {
			const samples = SAMPLES.get(`${part.node.localName} ${facet(part, 'value')}`);
			if (samples === undefined)
				throw new Error(`There is no sample for ${part.node.localName} ${facet(part, 'value')}.`);
			return this.#pick(samples);
		}
		return this.#value(this.#memberTypes(restriction, 'base')[0]!);
	}

	#memberTypes(derivation: Construct, name: string): (Construct | Name)[] {
		const named = (facet(derivation, name) ?? '').split(' ').filter((reference) => reference !== '');
		const types = named.map((reference) => {
			const found = referredName(reference, derivation.file);
			return this.#growth.model.type(found) ?? found;
		});
		return [...types, ...parts(derivation, 'simpleType')];
	}

	#builtIn(name: string): string {
		if (name === 'ID') {
			this.#ids += 1;
			return `id-${this.#ids}`;
		}
		const samples = BUILT_IN.get(name);
		if (samples === undefined) throw new Error(`There is no sample of xs:${name}.`);
		const value = this.#pick(samples);
		return SPACED.has(name) && this.#once(8) ? `\n ${value} ` : value;
	}

	#pick<T>(values: readonly T[]): T {
		return values[this.#growth.choose(values.length)]!;
	}

	/** True once in so many times. */
	#once(times: number): boolean {
		return this.#growth.choose(times) === 0;
	}
}

const LANGUAGE = { prefix: 'xml', namespace: 'http://www.w3.org/XML/1998/namespace', localName: 'lang' };
const FOREIGN = [
	{ prefix: 'f', namespace: 'urn:example:foreign', localName: 'foreign' },
	{ prefix: 'f', namespace: 'urn:example:foreign', localName: 'Exact' },
	{ prefix: 'g', namespace: 'urn:example:stranger', localName: 'stranger' },
];
/** Attributes that hold a path in a little language of its own. */
const PATHS = new Set(['xpath']);

/** Amounts that no double holds, words that JavaScript knows, white space, what has to be escaped. */
const STRINGS = [
	'text',
	'',
	' two  words ',
	'18446744073709551617',
	'0.10000000000000000000001',
	'1e400',
	'007',
	'-0',
	'true',
	'null',
	'a & b < c > "d"',
	'\ttab\nline',
	'é € 😀',
	'__proto__',
	']]>',
];
/** Built-in types around whose values libxml2 takes white space; it does not for times, nor for INF and NaN. */
const SPACED = new Set(['boolean', 'decimal', 'integer', 'positiveInteger', 'nonNegativeInteger']);
const BUILT_IN: ReadonlyMap<string, readonly string[]> = new Map([
	['string', STRINGS],
	['normalizedString', STRINGS],
	['token', ['a', 'b c', '18446744073709551617']],
	['anySimpleType', STRINGS],
	['anyURI', ['https://site.example/a', 'urn:example:a', '']],
	['boolean', ['true', 'false', '0', '1']],
	['integer', ['0', '-7', '+5', '18446744073709551617']],
	['int', ['0', '-7', '2147483647']],
	['positiveInteger', ['1', '0012', '18446744073709551617']],
	['nonNegativeInteger', ['0', '3', '18446744073709551617']],
	['unsignedLong', ['0', '18446744073709551615']],
	['decimal', ['0', '1.10', '-0.0000000000000000000001']],
	['double', ['1', '1.50', '1e9', '9007199254740993', '0.1000000000000000055511151231257827', 'INF', '-INF', 'NaN']],
	['float', ['1', '0.7', 'INF']],
	['dateTime', ['2027-03-01T00:00:00Z', '2027-03-01T00:00:00.123456789+02:00', '2027-02-28T24:00:00']],
	['duration', ['PT1H', 'P1Y2M3DT4H5M6.7S', '-P1D']],
	['NCName', ['a', 'b-c.d', 'é']],
	['NMTOKEN', ['a', '1a']],
	['QName', ['xs:int', 'jsdl:Exact', 'wsag:Terms']],
	['language', ['en', 'de-AT']],
]);
/** By the facet that a simple type restricts its values with. */
const SAMPLES: ReadonlyMap<string, readonly string[]> = new Map([
	['pattern 0|1', ['0', '1']],
	['pattern sha256:[0-9a-f]{64}', [`sha256:${'0a'.repeat(32)}`]],
	['pattern [0-9]{1,15}(\\.[0-9]{1,9})?', ['0', '12.50', '999999999999999.999999999']],
	['pattern [A-Z][A-Z0-9]{2,11}', ['EUR', 'CREDITS']],
	['length 0', ['']],
	['minLength 1', ['guest', ' a ']],
	['minInclusive 1', ['1']],
	['maxInclusive 1', ['0', '1']],
	['maxInclusive 100', ['1', '100']],
]);

function prefixOf(namespace: string, prefixes: ReadonlyMap<string, string>): string {
	if (namespace === '') return '';
	const common = PREFIXES.get(namespace);
	if (common !== undefined) return common;
	for (const [prefix, meant] of prefixes) if (meant === namespace && prefix !== '') return prefix;
	throw new Error(`A schema of ${namespace} has no prefix for it.`);
}

/** The tree with the elements of a namespace written without a prefix. */
function inDefaultNamespace(node: XmlElement, namespace: string): XmlElement {
	return {
		...node,
		prefix: node.namespace === namespace ? '' : node.prefix,
		children: node.children.map((child) => (child.kind === 'element' ? inDefaultNamespace(child, namespace) : child)),
	};
}

/** The tree with every prefix that means something else around it, or nothing, declared at the element that uses it. */
function declaredInPlace(node: XmlElement, around: ReadonlyMap<string, string>): XmlElement {
	const scope = new Map(around);
	for (const { prefix, namespace } of [node, ...node.attributes.filter((owned) => owned.prefix !== '')]) {
		if (prefix !== 'xml') scope.set(prefix, namespace);
	}
	const missing = [...scope].filter(([prefix, namespace]) => around.get(prefix) !== namespace);
	return {
		...node,
		declarations: [...node.declarations, ...missing.map(([prefix, namespace]) => ({ prefix, namespace }))],
		children: node.children.map((child) => (child.kind === 'element' ? declaredInPlace(child, scope) : child)),
	};
}

/** No two attributes of one name: a wildcard and an attribute may both have come upon it. */
function unlike(attributes: readonly XmlAttribute[]): XmlAttribute[] {
	return attributes.filter(
		(one, index) =>
			attributes.findIndex((other) => other.localName === one.localName && other.namespace === one.namespace) === index,
	);
}

function texts(text: string): XmlNode[] {
	return text === '' ? [] : [{ kind: 'text', text }];
}

function joined(children: readonly XmlNode[]): XmlNode[] {
	const result: XmlNode[] = [];
	for (const child of children) {
		const last = result.at(-1);
		if (child.kind === 'text' && last?.kind === 'text')
			result[result.length - 1] = { kind: 'text', text: last.text + child.text };
		else result.push(child);
	}
	return result;
}
