/**
 * Lenient reading: a well-formed tree in, a tree that keeps to the schema better out, and a diagnostic for each repair.
 * Only what can mean one thing is repaired; the rest stays as it is, and the gate, through which the result has to
 * pass like every other document, says what is wrong with it. One walk over the tree.
 *
 * Elements of vocabularies that are not known here are kept where they are; what they hold is looked through, since
 * real documents wrap a JobDefinition in elements of their own.
 */
import {
	attribute,
	type DocumentIssue,
	qualifiedName,
	type XmlDeclaration,
	type XmlElement,
	type XmlNode,
} from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { WSAG } from '../names.ts';
import { contentModel } from './content-models.ts';
import { attributePrefix, mendAttributes, prefixOn } from './mend-attributes.ts';
import { type ContentWork, mendElementContent, mendSimpleContent, scopeNameOf } from './mend-content.ts';
import { type Known, nameOfHead } from './mend-names.ts';
import { withoutAlias } from './namespace-aliases.ts';
import { putInPlace } from './put-in-place.ts';
import { diagnosticsOf, type Ledger, note, pathOfSpot, type Spot } from './repairs.ts';

/** A tree as lenient reading leaves it. Its declarations are in place. */
export interface MendedTree {
	readonly root: XmlElement;
	/** Their paths are those of the tree that was read. */
	readonly diagnostics: readonly DocumentIssue[];
	/** From a positional path in the mended tree to the path of what it was made from, or of what is around that. */
	readonly pathBefore: (path: string) => string;
}

/** Mends a tree. Where there is nothing to repair the tree is the same, and there are no diagnostics. */
export function mend(root: XmlElement): MendedTree {
	const moved: Ledger = { diagnostics: [], unlisted: 0 };
	const placed = putInPlace(root, moved);
	const mended = mendPlaced(placed.root);
	if (moved.diagnostics.length === 0) return mended;
	const path = (of: string) => (placed.root === root ? of : pathBefore(placed.root, of, placed.origins));
	return {
		root: declareNamespaces(mended.root),
		diagnostics: [...diagnosticsOf(moved), ...mended.diagnostics.map((each) => ({ ...each, path: path(each.path) }))],
		pathBefore: (of) => path(mended.pathBefore(of)),
	};
}

/** Mends a tree of which everything stands in its place. */
function mendPlaced(root: XmlElement): MendedTree {
	const ledger: Ledger = { diagnostics: [], unlisted: 0 };
	const origins = new Map<XmlElement, Spot>();
	const work: Work = {
		ledger,
		origins,
		aliases: new Set(),
		spellings: { left: SPELLINGS_MAX },
		mendElement: (spot, known) => mendElement(spot, known, work),
	};
	const mended = mendElement({ element: root }, nameOfHead(root, work.spellings), work);
	if (ledger.diagnostics.length === 0) return { root, diagnostics: [], pathBefore: (path) => path };
	return {
		root: declareNamespaces(mended),
		diagnostics: diagnosticsOf(ledger),
		pathBefore: (path) => pathBefore(mended, path, origins),
	};
}

/** Far more than a document has unknown names; each is compared with some twenty others. */
const SPELLINGS_MAX = 500;

interface Work extends ContentWork {
	/** Aliases that have been reported. */
	readonly aliases: Set<string>;
	/** Each mended element, and what it was made from. */
	readonly origins: Map<XmlElement, Spot>;
}

function mendElement(spot: Spot, known: Known, work: Work): XmlElement {
	const { element } = spot;
	const { namespace, localName } = known;
	const declarations = mendDeclarations(spot, work);
	const named = contentModel(namespace, localName);
	// Where anything may stand the schema judges what it declares for everywhere; of all else nothing can be wrong.
	const model = known.rule === undefined && named?.isLocal === true ? undefined : named;
	if (known.code !== undefined) noteName(spot, known, work);
	const name: XmlElement = {
		...element,
		prefix: prefixOf(spot, namespace),
		namespace,
		localName,
		declarations,
		attributes: mendAttributes(spot, namespace, model, work.ledger),
		children: [],
	};
	let { attributes } = name;
	let children: readonly XmlNode[];
	if (model === undefined || model.kind === 'open') children = mendOpenContent(spot, work);
	else if (model.kind === 'value') children = mendSimpleContent({ spot, name, model }, work);
	else {
		children = mendElementContent({ spot, name, model }, work);
		const serviceName = scopeNameOf({ spot, name });
		if (serviceName !== undefined) {
			const qualified = { prefix: attributePrefix(element, WSAG), namespace: WSAG, localName: 'ServiceName' };
			attributes = [...attributes, attribute(qualified, serviceName)];
			note(work.ledger, 'SCOPE_TEXT', spot, { found: serviceName, used: `ServiceName ${serviceName}` });
		}
	}
	const mended: XmlElement = { ...name, attributes, children };
	work.origins.set(mended, spot);
	return mended;
}

function mendDeclarations(spot: Spot, { aliases, ledger }: Work): readonly XmlDeclaration[] {
	const { declarations } = spot.element;
	if (declarations.every(({ namespace }) => withoutAlias(namespace) === namespace)) return declarations;
	return declarations.map((declaration) => {
		const namespace = withoutAlias(declaration.namespace);
		if (namespace !== declaration.namespace && !aliases.has(declaration.namespace)) {
			aliases.add(declaration.namespace);
			note(ledger, 'NAMESPACE_ALIAS', spot, { found: declaration.namespace, used: namespace });
		}
		return { ...declaration, namespace };
	});
}

function noteName(spot: Spot, { code, namespace, localName }: Known, { ledger }: Work): void {
	const { element } = spot;
	if (code === 'ELEMENT_NAMESPACE') {
		note(ledger, code, spot, { found: element.namespace, used: namespace });
	} else if (code === 'ELEMENT_KEPT') {
		note(ledger, code, spot, { found: qualifiedName(element), used: `${localName} in ${namespace}` });
	} else if (code !== undefined) note(ledger, code, spot, { found: element.localName, used: localName });
}

/** As it was written, where it still means that; else as the parent is written, if it is of the same namespace. */
function prefixOf({ element, outer }: Spot, namespace: string): string {
	if (withoutAlias(element.namespace) === namespace) return element.prefix;
	const parent = outer?.element;
	const isParents = parent !== undefined && parent.prefix !== '' && withoutAlias(parent.namespace) === namespace;
	const isFree = parent !== undefined && element.declarations.every(({ prefix }) => prefix !== parent.prefix);
	return isParents && isFree && element.attributes.length === 0 ? parent.prefix : prefixOn(element, namespace);
}

/** Content that no table knows: kept, and looked through for elements that are known. */
function mendOpenContent(spot: Spot, work: Work): readonly XmlNode[] {
	return spot.element.children.map((child) => {
		if (child.kind !== 'element') return child;
		const namespace = withoutAlias(child.namespace);
		return mendElement({ element: child, outer: spot }, { namespace, localName: child.localName }, work);
	});
}

/** Follows the path through a mended tree as far as it leads through elements that were there before, in `origins`. */
export function pathBefore(root: XmlElement, path: string, origins: ReadonlyMap<XmlElement, Spot>): string {
	const [, ...steps] = path.split('/').slice(1);
	let current = root;
	let spot = origins.get(root)!;
	let last = '';
	for (const step of steps) {
		if (step.startsWith('@')) {
			last = `/@${attributeBefore(spot.element, step.slice(1))}`;
			break;
		}
		const next = childAt(current, step);
		const origin = next && origins.get(next);
		if (next === undefined || origin === undefined) break;
		current = next;
		spot = origin;
	}
	return pathOfSpot(spot) + last;
}

/** What the attribute was called before its name was mended: in a namespace, or in other letters. */
function attributeBefore({ attributes }: XmlElement, name: string): string {
	const names = attributes.map(qualifiedName);
	if (names.includes(name)) return name;
	const localName = name.slice(name.indexOf(':') + 1).toLowerCase();
	const index = attributes.findIndex((each) => each.localName.toLowerCase() === localName);
	return names[index] ?? name;
}

function childAt(parent: XmlElement, step: string): XmlElement | undefined {
	const [, name, digits = '1'] = /^([^[]+)(?:\[(\d+)\])?$/.exec(step) ?? [];
	let left = Number(digits);
	for (const child of parent.children) {
		if (child.kind !== 'element' || qualifiedName(child) !== name) continue;
		left -= 1;
		if (left === 0) return child;
	}
	return undefined;
}
