/**
 * What a document says in vocabularies, or under names, that nobody here knows: one list, for whoever inspects a
 * document and for whoever answers an offer. All of it is valid, kept in its place, and means nothing.
 */
import { hasName, qualifiedName, type XmlElement, type XmlName } from '../../xml/element.ts';
import { XML_NAMESPACE } from '../../xml/scope.ts';
import * as names from '../names.ts';
import { contentModel } from './content-models.ts';
import { CONTEXT_EXTENSIONS, type Strangeness, strangenessOf } from './extension-points.ts';
import { pathOfSpot, type Spot } from './repairs.ts';

export interface UnknownExtension {
	/** From the root on; of an attribute it ends in `/@name`. */
	readonly path: string;
	/** Of the element or the attribute. */
	readonly name: XmlName;
	readonly isAttribute: boolean;
	/** Where something else may be meant. */
	readonly strangeness?: Strangeness;
}

/** Whoever reads a list of extensions has seen enough after these. */
const EXTENSIONS_MAX = 50;

const KNOWN_NAMESPACES: ReadonlySet<string> = new Set([
	'',
	XML_NAMESPACE,
	names.WSAG,
	names.JSDL,
	names.JSDL_POSIX,
	names.JSDL_HPCPA,
	...names.JSDL_HPCPA_VARIANTS,
	names.JSDL_SPMD,
	names.SWEEP,
	names.SWEEP_FUNCTIONS,
	names.WS,
	names.TC,
	names.ARP,
	names.WSAG4J_ENGINE,
	names.NEG,
	names.WSA,
	names.WSRF_BF,
	names.XS,
	names.XSI,
]);

/**
 * The outermost elements, and the attributes, of vocabularies that are not known here, in document order, fifty at most.
 * What wraps the JobDefinitions of a document (`isWrapped`) is none. One walk over the document.
 */
export function unknownExtensions(root: XmlElement, isWrapped = false): UnknownExtension[] {
	const walk: Walk = { found: [], ancestors: [] };
	visit(root, isWrapped, walk);
	return walk.found;
}

interface Walk {
	readonly found: UnknownExtension[];
	/** Of the one that is visited, from the root on; offers have none that is unknown, and need no more than this. */
	readonly ancestors: XmlElement[];
}

function visit(own: XmlElement, isAround: boolean, walk: Walk): void {
	const { found, ancestors } = walk;
	if (found.length >= EXTENSIONS_MAX) return;
	if (isAround) {
		visitWithin(own, true, walk);
		return;
	}
	const outer = ancestors[ancestors.length - 1];
	const strangeness = outer && strangenessOf(own, outer);
	if (strangeness !== undefined || !KNOWN_NAMESPACES.has(own.namespace) || isUnknownInContext(own, outer)) {
		const path = pathOfSpot(spotOf(own, ancestors));
		found.push({ path, name: own, isAttribute: false, ...(strangeness && { strangeness }) });
		return;
	}
	for (const attribute of own.attributes) {
		if (KNOWN_NAMESPACES.has(attribute.namespace) || found.length >= EXTENSIONS_MAX) continue;
		const path = `${pathOfSpot(spotOf(own, ancestors))}/@${qualifiedName(attribute)}`;
		found.push({ path, name: attribute, isAttribute: true });
	}
	const [only] = own.children;
	if (only === undefined || (own.children.length === 1 && only.kind === 'text')) return;
	// What may hold anything is no extension, whatever it holds.
	if (contentModel(own.namespace, own.localName)?.kind !== 'open') visitWithin(own, false, walk);
}

function visitWithin(own: XmlElement, isAround: boolean, walk: Walk): void {
	walk.ancestors.push(own);
	for (const child of own.children) {
		if (child.kind === 'element') visit(child, isAround && !hasName(child, names.JSDL, 'JobDefinition'), walk);
	}
	walk.ancestors.pop();
}

function spotOf(own: XmlElement, ancestors: readonly XmlElement[]): Spot {
	let spot: Spot | undefined;
	for (const element of ancestors) spot = { element, ...(spot && { outer: spot }) };
	return { element: own, ...(spot && { outer: spot }) };
}

/** Of a known vocabulary that has nothing to say in a context. */
function isUnknownInContext(own: XmlElement, outer: XmlElement | undefined): boolean {
	if (outer === undefined || own.namespace === names.WSAG || !hasName(outer, names.WSAG, 'Context')) return false;
	return !CONTEXT_EXTENSIONS.some(({ namespace, localName }) => hasName(own, namespace, localName));
}
