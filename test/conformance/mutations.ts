/**
 * Small changes to valid documents, in every way that a schema can tell: each makes of one document a list of others,
 * in a fixed order. Some of them are still valid; which ones is the schema's affair.
 */
import {
	attribute,
	element,
	hasName,
	pathOf,
	qualifiedName,
	type XmlAttribute,
	type XmlElement,
	type XmlNode,
} from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { writeCanonical } from '../../src/xml/writer.ts';

/** A changed document; `at` is the path, in the unchanged one, of what was changed. */
export interface Mutant {
	readonly at: string;
	readonly text: string;
}

/** Every way to change a document, by name, with what comes of this one. */
export function mutationsOf(root: XmlElement): ReadonlyMap<string, readonly Mutant[]> {
	return new Map([...changesOf(root)].map(([name, changes]) => [name, changes.map((make) => make())]));
}

/** One of them, and its name. `choose(n)` picks one of n. */
export function mutantOf(root: XmlElement, choose: (count: number) => number): Mutant & { readonly mutation: string } {
	const possible = [...changesOf(root)].filter(([, changes]) => changes.length > 0);
	const [mutation, changes] = possible[choose(possible.length)]!;
	return { mutation, ...changes[choose(changes.length)]!() };
}

/** What makes a changed document when it is wanted: most of the work is to write it. */
type Change = () => Mutant;

function changesOf(root: XmlElement): ReadonlyMap<string, readonly Change[]> {
	return new Map<string, readonly Change[]>([
		['left as it is', [() => mutant(root, root, root)]],
		['an element left out', eachChild(root, () => [])],
		['an element twice', eachChild(root, (child) => [child, child])],
		['an element and the next one exchanged', exchanges(root)],
		...Object.entries(ELEMENT_CHANGES).map(([name, change]) => [name, eachElement(root, change)] as const),
		['an attribute left out', eachAttribute(root, () => undefined)],
		['an attribute without its namespace, or in the wrong one', eachAttribute(root, requalified)],
		...VALUES.map((value) => [`the value ${JSON.stringify(value)}`, withValue(root, value)] as const),
	]);
}

/** What is done to each element in turn. */
const ELEMENT_CHANGES: Readonly<Record<string, (node: XmlElement) => XmlElement>> = {
	'an element under another name': (node) => ({ ...node, localName: `${node.localName}X` }),
	'an element in another namespace': (node) => ({ ...node, prefix: 'o', namespace: 'urn:example:other' }),
	'an element emptied': (node) => ({ ...node, children: [] }),
	'text at the end': (node) => withLast(node, { kind: 'text', text: 'text' }),
	'a stranger of the same namespace at the start': (node) => withFirst(node, stranger(node)),
	'a stranger of the same namespace at the end': (node) => withLast(node, stranger(node)),
	'a foreign element at the start': (node) => withFirst(node, FOREIGN),
	'a foreign element at the end': (node) => withLast(node, FOREIGN),
	'a known element at the end': (node) => withLast(node, KNOWN),
	'a known element of a wrong value at the end': (node) => withLast(node, KNOWN_WRONG),
	'an element of no namespace at the end': (node) => withLast(node, UNQUALIFIED),
	'an unqualified attribute': (node) => withAttribute(node, attribute('stray', '1')),
	'a stray attribute of the same namespace': (node) =>
		withAttribute(node, attribute({ ...node, localName: 'stray' }, '1')),
	'a foreign attribute': (node) => withAttribute(node, attribute({ ...FOREIGN, localName: 'stray' }, '1')),
	'xml:lang': (node) => withAttribute(node, attribute(LANGUAGE, 'en')),
	'xml:lang of no language': (node) => withAttribute(node, attribute(LANGUAGE, 'not a language')),
	'xsi:nil': (node) => withAttribute(node, attribute({ ...INSTANCE, localName: 'nil' }, 'true')),
	'xsi:type of a number': (node) => withAttribute(node, attribute({ ...INSTANCE, localName: 'type' }, 'xs:int')),
	'xsi:type of an agreement': (node) =>
		withAttribute(node, attribute({ ...INSTANCE, localName: 'type' }, 'w:AgreementTemplateType')),
};

/** Values that one type takes and another does not. */
const VALUES = [
	'',
	' ',
	'text of words',
	'a:b',
	'0',
	' 7 ',
	'-1',
	'1.5',
	'2147483648',
	'NaN',
	'true',
	'2027-03-01T00:00:00',
	'P1DT2H',
	'unbounded',
	'LINUX',
	'AgreementInitiator',
];

const JSDL = 'http://schemas.ggf.org/jsdl/2005/11/jsdl';
const LANGUAGE = { prefix: 'xml', namespace: 'http://www.w3.org/XML/1998/namespace', localName: 'lang' };
const INSTANCE = { prefix: 'xsi', namespace: 'http://www.w3.org/2001/XMLSchema-instance' };

const FOREIGN = element({ prefix: 'f', namespace: 'urn:example:foreign', localName: 'foreign' }, [], ['anything']);
const KNOWN = element({ prefix: 'j', namespace: JSDL, localName: 'ExclusiveExecution' }, [], ['true']);
const KNOWN_WRONG = element({ prefix: 'j', namespace: JSDL, localName: 'ExclusiveExecution' }, [], ['True']);
const UNQUALIFIED = element({ prefix: '', namespace: '', localName: 'unqualified' });

/** The value in the place of the text of every element without children, and of every attribute. */
function withValue(root: XmlElement, value: string): Change[] {
	return [
		...eachElement(root, (node) => (isLeaf(node) ? { ...node, children: [{ kind: 'text', text: value }] } : undefined)),
		...eachAttribute(root, (owned) => ({ ...owned, value })),
	];
}

function stranger(node: XmlElement): XmlElement {
	return element({ ...node, localName: 'Stranger' });
}

function withFirst(node: XmlElement, child: XmlNode): XmlElement {
	return { ...node, children: [child, ...node.children] };
}

function withLast(node: XmlElement, child: XmlNode): XmlElement {
	return { ...node, children: [...node.children, child] };
}

function withAttribute(node: XmlElement, added: XmlAttribute): XmlElement {
	const others = node.attributes.filter((owned) => !hasName(owned, added.namespace, added.localName));
	return { ...node, attributes: [...others, added] };
}

function isLeaf(node: XmlElement): boolean {
	return node.children.every(({ kind }) => kind !== 'element');
}

function requalified(owned: XmlAttribute, owner: XmlElement): XmlAttribute {
	if (owned.namespace !== '') return { ...owned, prefix: '', namespace: '' };
	return { ...owned, prefix: owner.prefix, namespace: owner.namespace };
}

function elementsOf(node: XmlElement): XmlElement[] {
	return [node, ...node.children.flatMap((child) => (child.kind === 'element' ? elementsOf(child) : []))];
}

function eachElement(root: XmlElement, change: (node: XmlElement) => XmlElement | undefined): Change[] {
	return elementsOf(root).flatMap((node) => {
		const changed = change(node);
		return changed === undefined ? [] : [() => mutant(root, node, replaced(root, node, [changed]))];
	});
}

function eachChild(root: XmlElement, change: (child: XmlElement) => XmlElement[]): Change[] {
	return elementsOf(root)
		.slice(1)
		.map((child) => () => mutant(root, child, replaced(root, child, change(child))));
}

function eachAttribute(
	root: XmlElement,
	change: (owned: XmlAttribute, owner: XmlElement) => XmlAttribute | undefined,
): Change[] {
	return elementsOf(root).flatMap((owner) =>
		owner.attributes.map((owned, index) => () => {
			const changed = change(owned, owner);
			const attributes = owner.attributes.toSpliced(index, 1, ...(changed === undefined ? [] : [changed]));
			const made = mutant(root, owner, replaced(root, owner, [{ ...owner, attributes }]));
			return { ...made, at: `${made.at}/@${qualifiedName(owned)}` };
		}),
	);
}

function exchanges(root: XmlElement): Change[] {
	return elementsOf(root).flatMap((parent) => {
		const places = parent.children.flatMap(({ kind }, index) => (kind === 'element' ? [index] : []));
		return places.slice(1).map((place, count) => () => {
			const before = places[count]!;
			const children = [...parent.children];
			[children[before], children[place]] = [children[place]!, children[before]!];
			const at = parent.children[before] as XmlElement;
			return mutant(root, at, replaced(root, parent, [{ ...parent, children }]));
		});
	});
}

/** The tree with other elements in the place of one. */
function replaced(node: XmlElement, target: XmlElement, by: readonly XmlElement[]): XmlElement {
	if (node === target) return by[0]!;
	return {
		...node,
		children: node.children.flatMap((child): readonly XmlNode[] => {
			if (child === target) return by;
			return [child.kind === 'element' ? replaced(child, target, by) : child];
		}),
	};
}

function mutant(root: XmlElement, at: XmlElement, changed: XmlElement): Mutant {
	const missing = QNAME_PREFIXES.filter(({ prefix }) => changed.declarations.every((known) => known.prefix !== prefix));
	const scoped = { ...changed, declarations: [...changed.declarations, ...missing] };
	return { at: pathOf(root, at)!, text: writeCanonical(declareNamespaces(scoped)) };
}

/** For the values of xsi:type. */
const QNAME_PREFIXES = [
	{ prefix: 'xs', namespace: 'http://www.w3.org/2001/XMLSchema' },
	{ prefix: 'w', namespace: 'http://schemas.ggf.org/graap/2007/03/ws-agreement' },
];
