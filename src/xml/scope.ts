/** What prefixes mean where, and the declarations that a tree needs so that its names mean what they shall. */
import {
	mapElements,
	qualifiedName,
	type XmlDeclaration,
	type XmlElement,
	type XmlName,
	type XmlNode,
} from './element.ts';

/**
 * What prefixes mean at a place: what is declared there, and around it. A chain, so that a declaration costs no copy:
 * 20,000 namespaces on a root and 4,000 children with one more took 16 s. Plain data, which can cross threads.
 */
export interface XmlScope {
	readonly outer?: XmlScope;
	readonly namespaces: ReadonlyMap<string, string>;
}

/** The namespace that the prefix `xml` stands for in every document, declared or not. */
export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** Around every document: no default namespace, and the prefix `xml`. */
export const OUTERMOST_SCOPE: XmlScope = {
	namespaces: new Map([
		['', ''],
		['xml', XML_NAMESPACE],
	]),
};

/** The scope inside an element with these declarations. */
export function scopeWithin(outer: XmlScope, declarations: readonly XmlDeclaration[]): XmlScope {
	if (declarations.length === 0) return outer;
	if (declarations.length < MANY_DECLARATIONS) return { outer, namespaces: meaningsOf(declarations) };
	const known = meanings.get(declarations) ?? meaningsOf(declarations);
	meanings.set(declarations, known);
	return { outer, namespaces: known };
}

/**
 * Beyond what anybody needs, the meanings are remembered: of 9,000 declarations they cost half a millisecond, and a tree
 * is walked some forty times until an offer is answered.
 */
const MANY_DECLARATIONS = 32;
const meanings = new WeakMap<readonly XmlDeclaration[], XmlScope['namespaces']>();

function meaningsOf(declarations: readonly XmlDeclaration[]): Map<string, string> {
	const meant = new Map<string, string>();
	for (const { prefix, namespace } of declarations) meant.set(prefix, namespace);
	return meant;
}

/** The namespace that the prefix stands for; the default namespace has the prefix ''. */
export function namespaceOf(scope: XmlScope, prefix: string): string | undefined {
	for (let around: XmlScope | undefined = scope; around !== undefined; around = around.outer) {
		const namespace = around.namespaces.get(prefix);
		if (namespace !== undefined) return namespace;
	}
	return undefined;
}

/**
 * The same tree with every declaration that its names still need: at the root where a prefix has one meaning, in
 * place where it has several. Declarations that are there stay. For trees put together from new elements and from
 * pieces of documents that were read. Throws where one element uses one prefix for two namespaces.
 *
 * `before` is a tree that misses nothing and of which this one was made by changing elements below ones that declare
 * what they did: what stands where it stood is not looked at.
 */
export function declareNamespaces(root: XmlElement, before?: XmlElement): XmlElement {
	const wanted: Wanted = { root, known: meaningsOf(root.declarations), added: [], isComplete: true };
	collect(root, OUTERMOST_SCOPE, before, wanted);
	if (wanted.isComplete) return root;
	const { added } = wanted;
	const declarations = [...root.declarations, ...added.filter(({ namespace }) => namespace !== '')];
	const declared = declarations.length === root.declarations.length ? root : { ...root, declarations };
	return declareInPlace(declared, OUTERMOST_SCOPE, before);
}

/** What the names of a tree need to be declared at its root, as far as they were looked at. */
interface Wanted {
	readonly root: XmlElement;
	/** What prefixes mean at the root, and shall mean. */
	readonly known: Map<string, string>;
	readonly added: XmlDeclaration[];
	/** Nothing is missing anywhere. */
	isComplete: boolean;
}

function collect(node: XmlElement, outer: XmlScope, known: XmlNode | undefined, wanted: Wanted): void {
	if (node === known) return;
	const scope = scopeWithin(outer, node.declarations);
	want(node, scope, node.prefix !== '' || node === wanted.root, wanted);
	for (const candidate of node.attributes) if (candidate.prefix !== '') want(candidate, scope, true, wanted);
	const { children } = node;
	for (let nth = 0; nth < children.length; nth += 1) {
		const child = children[nth]!;
		if (child.kind === 'element') collect(child, scope, childOf(known, nth), wanted);
	}
}

function want({ prefix, namespace }: XmlName, scope: XmlScope, isForRoot: boolean, wanted: Wanted): void {
	if (namespaceOf(scope, prefix) === namespace) return;
	wanted.isComplete = false;
	if (!isForRoot || wanted.known.has(prefix)) return;
	wanted.known.set(prefix, namespace);
	wanted.added.push({ prefix, namespace });
}

/** Branches that miss nothing are shared with the old tree. */
function declareInPlace(node: XmlElement, outer: XmlScope, known: XmlNode | undefined): XmlElement {
	if (node === known) return node;
	const own = scopeWithin(outer, node.declarations);
	const missing = isDeclared(node, own) ? NONE : missingDeclarations(node, own);
	const scope = scopeWithin(own, missing);
	// What is declared here anew may change what a prefix means to what stood here before.
	const before = missing.length === 0 ? known : undefined;
	const children = mapElements(node.children, (child, nth) => declareInPlace(child, scope, childOf(before, nth)));
	if (missing.length === 0) return children === node.children ? node : { ...node, children };
	return { ...node, declarations: [...node.declarations, ...missing], children };
}

function childOf(node: XmlNode | undefined, nth: number): XmlNode | undefined {
	return node?.kind === 'element' ? node.children[nth] : undefined;
}

const NONE: readonly XmlDeclaration[] = [];

/** Whether the names of this one element mean in the scope what they shall: nearly always. */
function isDeclared(node: XmlElement, scope: XmlScope): boolean {
	if ((namespaceOf(scope, node.prefix) ?? '') !== node.namespace) return false;
	for (const { prefix, namespace } of node.attributes) {
		if (prefix !== '' && namespaceOf(scope, prefix) !== namespace) return false;
	}
	return true;
}

/** What the names of this one element need beyond the scope that its own declarations make. */
function missingDeclarations(node: XmlElement, scope: XmlScope): readonly XmlDeclaration[] {
	const missing: XmlDeclaration[] = [];
	const bind = ({ prefix, namespace }: XmlName): void => {
		const isIts = (declared: XmlDeclaration) => declared.prefix === prefix;
		const added = missing.find(isIts);
		if ((added?.namespace ?? namespaceOf(scope, prefix) ?? '') === namespace) return;
		if (added !== undefined || node.declarations.some(isIts)) {
			throw new Error(`${qualifiedName(node)} uses the prefix '${prefix}' for two namespaces.`);
		}
		missing.push({ prefix, namespace });
	};
	bind(node);
	for (const candidate of node.attributes) if (candidate.prefix !== '') bind(candidate);
	return missing;
}
