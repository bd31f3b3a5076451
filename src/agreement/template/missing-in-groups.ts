/** What model groups say of a node that an offer does not have: of which type it is, and whether they let it be put in. */
import type { XmlElement, XmlNode } from '../../xml/element.ts';
import { JSDL } from '../names.ts';
import { type Check, prefixesAt } from './check.ts';
import type { ValueRestriction } from './facets.ts';
import type { Location, NameTest } from './location.ts';
import { type Selection, selectLocation } from './location-selection.ts';
import { findChildrenFaults, type Particle, valueOfElement } from './particles.ts';

/** Places that are tried, of all groups. */
const TRIES_MAX = 64;

/** The types that groups give to what is called so, wherever they have it. */
export function restrictionsInGroups(location: Location, { binding }: Check): readonly ValueRestriction[] {
	return binding.flatMap((each) =>
		'children' in each && each.children !== undefined ? typesIn(each.children, location) : [],
	);
}

/**
 * Whether the node, saying that, may be put in somewhere, by all groups that are about where it would stand. Where that is
 * anywhere, a group that does not name it lets it be elsewhere.
 */
export function mayBePutIn(location: Location, text: string, check: Check): boolean {
	const last = location.steps.at(-1)!;
	if (location.target.kind === 'attribute') return check.binding.every((each) => !hasGroup(each));
	if (last.name.localName === '*') return false;
	const parents = last.descends ? undefined : selected({ ...location, steps: location.steps.slice(0, -1) }, check);
	const node = { forms: formsOf(last.name, text), parents: parents?.map(({ owner }) => owner), triesLeft: TRIES_MAX };
	return check.binding
		.filter(hasGroup)
		.filter(({ children }) => parents !== undefined || isNamed(children, last.name))
		.every((each) =>
			selected(each.location, check).every(({ owner }) => mayStandWithin(owner, each.children, node, check)),
		);
}

interface PutIn {
	/** The ways in which it may say what it says. */
	readonly forms: readonly XmlElement[];
	/** Where it has to stand; undefined: anywhere. */
	readonly parents: readonly XmlElement[] | undefined;
	triesLeft: number;
}

/** Whether the group finds no more at fault with the node somewhere in there than without it, or it has no place there. */
function mayStandWithin(owner: XmlElement, group: Particle, node: PutIn, check: Check): boolean {
	const { search } = check;
	const within = elementsWithin(owner);
	search.remaining -= within.length;
	if (search.remaining < 0) return false;
	const places = within.slice(0, TRIES_MAX).filter((place) => node.parents?.includes(place) ?? true);
	if (places.length === 0) return true;
	const faultsOf = (root: XmlElement) => {
		const faults = findChildrenFaults(group, root, search, search, (child) => prefixesAt(check, child));
		return search.remaining < 0 ? Number.POSITIVE_INFINITY : faults.length;
	};
	const before = faultsOf(owner);
	const isLetAt = (place: XmlElement, at: number) => {
		node.triesLeft -= 1;
		search.remaining -= within.length;
		if (search.remaining < 0 || node.triesLeft < 0) return false;
		return node.forms.some((form) => faultsOf(withChild(owner, place, form, at)) <= before);
	};
	return places.some((place) =>
		Array.from({ length: place.children.length + 1 }, (_, at) => at).some((at) => isLetAt(place, at)),
	);
}

type Grouped = Extract<Check['binding'][number], { readonly multiplicity: unknown }> & { readonly children: Particle };

function hasGroup(each: Check['binding'][number]): each is Grouped {
	return 'children' in each && each.children !== undefined;
}

function typesIn(group: Particle, location: Location): readonly ValueRestriction[] {
	if (group.kind === 'any') return [];
	if (group.kind !== 'element') return group.particles.flatMap((each) => typesIn(each, location));
	const { target, steps } = location;
	const { attributes, children } = group.content ?? {};
	const inner = children === undefined ? [] : typesIn(children, location);
	if (!isCalled(group, steps.at(-1)!.name)) return inner;
	const own =
		target.kind === 'attribute'
			? attributes?.declared.find(({ localName }) => localName === target.name.localName)?.value
			: valueOfElement(group);
	return own === undefined ? inner : [own, ...inner];
}

function isNamed(group: Particle, name: NameTest): boolean {
	if (group.kind === 'any') return false;
	if (group.kind !== 'element') return group.particles.some((each) => isNamed(each, name));
	return isCalled(group, name) || (group.content?.children !== undefined && isNamed(group.content.children, name));
}

function isCalled({ namespace, localName }: Particle & { kind: 'element' }, name: NameTest): boolean {
	return localName === name.localName && (namespace === undefined || namespace === name.namespace);
}

function selected(location: Location, { root, index, search }: Check): readonly Selection[] {
	// What the search has looked up must not make the check cheaper.
	return selectLocation(root, { ...location, target: { kind: 'element' } }, search, { ...index })?.selections ?? [];
}

function elementsWithin(owner: XmlElement): readonly XmlElement[] {
	return [owner, ...owner.children.flatMap((child) => (child.kind === 'element' ? elementsWithin(child) : []))];
}

/** The element with that text, and as a range of JSDL. */
function formsOf(name: NameTest, text: string): readonly XmlElement[] {
	const formOf = ({ namespace, localName }: NameTest, child: XmlNode): XmlElement => {
		return { kind: 'element', prefix: '', namespace, localName, declarations: [], attributes: [], children: [child] };
	};
	const said = { kind: 'text', text } as const;
	return [formOf(name, said), formOf(name, formOf({ namespace: JSDL, localName: 'Exact' }, said))];
}

/** The tree with one more child at that place. */
function withChild(root: XmlElement, parent: XmlElement, child: XmlElement, at: number): XmlElement {
	if (root === parent) return { ...root, children: root.children.toSpliced(at, 0, child) };
	const children = root.children.map((each) => (each.kind === 'element' ? withChild(each, parent, child, at) : each));
	return { ...root, children };
}
