/**
 * Where elements of each name stand in a document: made in one walk for all Locations of a check that descend from the
 * root to a name, of which a template has a dozen. To look one up costs what it finds.
 */
import type { XmlElement } from '../../xml/element.ts';
import type { StepBudget } from './location.ts';

/** Empty until something is looked up in it. One for each document, and each budget. */
export interface ElementIndex {
	names?: ReadonlyMap<string, NamedElements>;
}

/** The elements of one local name, children of one parent one behind the other; and the parent of each. */
export interface NamedElements {
	readonly elements: XmlElement[];
	readonly parents: (XmlElement | undefined)[];
}

/** A node costs so much to be entered beside what it costs to walk past it. */
const STEPS_PER_NODE = 2;

/** The elements of that local name in the document, in the order in which a walk meets their parents. */
export function namedElements(
	index: ElementIndex,
	root: XmlElement,
	localName: string,
	budget: StepBudget,
): NamedElements {
	index.names ??= namesIn(root, budget);
	const named = index.names.get(localName) ?? NOTHING;
	budget.remaining -= named.elements.length;
	return named;
}

const NOTHING: NamedElements = { elements: [], parents: [] };

function namesIn(root: XmlElement, budget: StepBudget): ReadonlyMap<string, NamedElements> {
	const names = new Map<string, NamedElements>();
	enter(names, root, undefined);
	walk(names, root, budget);
	return names;
}

function walk(names: Map<string, NamedElements>, parent: XmlElement, budget: StepBudget): void {
	const { children } = parent;
	budget.remaining -= STEPS_PER_NODE * children.length;
	for (let nth = 0; nth < children.length; nth += 1) {
		const child = children[nth]!;
		if (child.kind === 'element') enter(names, child, parent);
	}
	for (let nth = 0; nth < children.length; nth += 1) {
		const child = children[nth]!;
		if (child.kind === 'element' && child.children.length > 0) walk(names, child, budget);
	}
}

function enter(names: Map<string, NamedElements>, element: XmlElement, parent: XmlElement | undefined): void {
	const named = names.get(element.localName);
	if (named === undefined) {
		// Most stand there once; an array that grows from none has room for seventeen.
		names.set(element.localName, { elements: [element], parents: [parent] });
		return;
	}
	named.elements.push(element);
	named.parents.push(parent);
}
