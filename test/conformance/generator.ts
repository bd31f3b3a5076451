/**
 * Documents made from the schemas: every one of them is valid by them, and in every place where a schema lets foreign
 * elements or attributes stand some are planted that nobody knows. Choices come from outside, so that the same choices
 * make the same document.
 */
import { attribute, element, type XmlAttribute, type XmlElement, type XmlNode } from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import {
	attributesOf,
	contentOf,
	declaredType,
	PARTICLES,
	particleOf,
	placeOf,
	resolvedGroup,
	takes,
} from './content.ts';
import { Fits } from './fits.ts';
import { type Construct, facet, parts, referredName, type SchemaModel, XS } from './schema-model.ts';
import { STRINGS, Values } from './values.ts';

export interface Generator {
	/** A document whose root is one of the global elements. `choose(n)` picks one of n. */
	document(choose: (count: number) => number): XmlElement;
	/** The places (`placeOf`) in which something was planted so far that nobody knows, or only what is known may stand. */
	readonly planted: ReadonlySet<string>;
	/** Every place for it that a document can reach from its root. */
	readonly places: ReadonlySet<string>;
	/** The names of what documents begin with. */
	readonly roots: readonly { readonly namespace: string; readonly localName: string }[];
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

/** Levels of elements in a document. What has no end within them is not grown. */
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
	const planted = new Set<string>();
	return {
		document: (choose) => {
			const grower = new Grower({ model, known, fits, planted, choose });
			const root = roots[choose(roots.length)]!;
			const grown = withNamesOfTheirOwn(grower.element(root, LEVELS_MAX));
			// Those that values use too are declared at the root; the others there as well, or each where it is needed.
			const declarations = [...PREFIXES].map(([namespace, prefix]) => ({ prefix, namespace }));
			const way = choose(3);
			if (way === 0) return declareNamespaces({ ...grown, declarations });
			const scope = new Map([['', ''], ...declarations.map(({ prefix, namespace }) => [prefix, namespace] as const)]);
			const named = way === 1 ? grown : inDefaultNamespace(grown, grown.namespace);
			return declaredInPlace({ ...named, declarations }, scope);
		},
		planted,
		roots: roots.map((root) => ({ namespace: root.file.targetNamespace, localName: facet(root, 'name')! })),
		get places() {
			return fits.places();
		},
	};
}

/** In a schema no two constructs of a kind have one name: a name that was given before gets a number. */
function withNamesOfTheirOwn(node: XmlElement, given = new Set<string>()): XmlElement {
	const attributes = node.attributes.map((each) => {
		if (node.namespace !== XS || each.namespace !== '' || each.localName !== 'name') return each;
		const value = given.has(each.value.trim()) ? `${each.value.trim()}.${given.size}` : each.value;
		given.add(value.trim());
		return { ...each, value };
	});
	const children = node.children.map((child) => {
		return child.kind === 'element' ? withNamesOfTheirOwn(child, given) : child;
	});
	return { ...node, attributes, children };
}

const PREFIXES: ReadonlyMap<string, string> = new Map([
	[XS, 'xs'],
	['http://www.w3.org/2005/08/addressing', 'wsa'],
	['http://schemas.ggf.org/graap/2007/03/ws-agreement', 'wsag'],
	['http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation', 'neg'],
	['http://schemas.ggf.org/jsdl/2005/11/jsdl', 'jsdl'],
]);

interface Growth {
	readonly model: SchemaModel;
	readonly known: readonly Construct[];
	readonly fits: Fits;
	readonly planted: Set<string>;
	readonly choose: (count: number) => number;
}

/** The element whose content grows, and the levels that are left for it. */
interface Within {
	readonly owner: Construct;
	readonly levels: number;
}

/** Grows one document. */
class Grower {
	readonly #growth: Growth;
	readonly #values: Values;
	#elements = 0;

	constructor(growth: Growth) {
		this.#growth = growth;
		this.#values = new Values(growth.model, growth.choose);
	}

	element(declaration: Construct, levels: number): XmlElement {
		this.#elements += 1;
		const { model } = this.#growth;
		const content = contentOf(model, declaredType(model, declaration));
		const attributes = content.attributes
			.flatMap((part) => attributesOf(model, part))
			.flatMap((part) => this.#attribute(part, declaration));
		const children: XmlNode[] = [];
		if (content.value !== undefined) children.push(...texts(this.#values.value(content.value)));
		else if (content.isAnything) this.#anything(declaration, levels - 1, children);
		for (const particle of content.particles)
			this.#particle(particle, { owner: declaration, levels: levels - 1 }, children);
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

	#particle(construct: Construct, within: Within, out: XmlNode[]): void {
		const { levels } = within;
		const { min, max } = particleOf(construct);
		const isFull = this.#elements >= ELEMENTS_WANTED || !this.#growth.fits.once(construct, levels);
		const count = isFull ? min : Math.min(max, min + this.#growth.choose(min === 0 ? 3 : 2));
		for (let done = 0; done < count; done += 1) this.#grow(construct, within, out);
	}

	#grow(construct: Construct, within: Within, out: XmlNode[]): void {
		const { model, fits } = this.#growth;
		const { levels } = within;
		switch (construct.node.localName) {
			case 'element':
				out.push(this.element(this.#pick(fits.substitutes(construct, levels)), levels));
				return;
			case 'any':
				this.#plant(construct, within, out);
				return;
			case 'group':
				this.#particle(resolvedGroup(model, construct), within, out);
				return;
			case 'choice': {
				const open = parts(construct, ...PARTICLES).filter((part) => fits.particle(part, levels));
				this.#particle(this.#pick(open), within, out);
				return;
			}
			default:
				for (const part of parts(construct, ...PARTICLES)) this.#particle(part, within, out);
		}
	}

	/** What nobody knows; sometimes what is known, as it must be to stand there. */
	#plant(wildcard: Construct, { owner, levels }: Within, out: XmlNode[]): void {
		const { fits, planted } = this.#growth;
		const isStrict = facet(wildcard, 'processContents') === 'strict';
		const known = isStrict || this.#once(5) ? fits.strangers(wildcard, Math.min(levels, isStrict ? levels : 4)) : [];
		if (isStrict || known.length === 0) planted.add(placeOf(owner, wildcard));
		if (known.length > 0) out.push(this.element(this.#pick(known), levels));
		else out.push(this.#foreign(takes(wildcard, ''), 2));
	}

	#anything(owner: Construct, levels: number, out: XmlNode[]): void {
		if (this.#once(2)) out.push(...texts(this.#pick(STRINGS)));
		const roots = this.#once(4) ? this.#growth.known.filter((root) => this.#growth.fits.element(root, levels)) : [];
		if (roots.length > 0 && this.#elements < ELEMENTS_WANTED) out.push(this.element(this.#pick(roots), levels));
		else if (this.#once(2)) {
			this.#growth.planted.add(placeOf(owner, 'anything'));
			out.push(this.#foreign(true, 2));
		}
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

	#attribute(part: Construct, owner: Construct): XmlAttribute[] {
		const { model, planted } = this.#growth;
		if (part.node.localName === 'anyAttribute') {
			if (!this.#once(2)) return [];
			planted.add(placeOf(owner, part));
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
		const value = PATHS.has(localName) ? localName : this.#values.value(declaredType(model, declaration));
		return [attribute({ prefix, namespace, localName }, value)];
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
