/** What model groups say of a node that an offer does not have: of which type it is, and whether they let it be put in. */
import { replaceElements, type XmlElement, type XmlNode } from '../../xml/element.ts';
import { JSDL } from '../names.ts';
import { type Check, prefixesAt } from './check.ts';
import type { ValueRestriction } from './facets.ts';
import type { Location, NameTest } from './location.ts';
import { type Selection, selectLocation } from './location-selection.ts';
import { findChildrenFaults, type Particle, valueOfElement } from './particles.ts';

/** Ways and places that are tried, of all groups. */
const TRIES_MAX = 128;

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
	const { steps, target } = location;
	const last = steps.at(-1)!;
	const { name } = target.kind === 'attribute' ? target : last;
	const groups = check.binding.filter(hasGroup);
	if (groups.length === 0) return true;
	if (name.localName === '*') return false;
	const parents = parentsOf(location, check);
	if (target.kind === 'attribute' && parents?.length === 0) return false;
	const node: PutIn = {
		variantsOf: target.kind === 'attribute' ? withAttribute(name, text) : withChild(name, text),
		parents,
		triesLeft: TRIES_MAX,
	};
	return groups
		.filter(({ children }) => parents !== undefined || isNamed(children, name))
		.every((each) =>
			selected(each.location, check).every(({ owner }) => mayStandWithin(owner, each.children, node, check)),
		);
}

/** Where it has to stand; undefined: anywhere. */
function parentsOf(location: Location, check: Check): readonly XmlElement[] | undefined {
	const { steps, target } = location;
	if (target.kind === 'attribute') return selected(location, check).map(({ owner }) => owner);
	if (steps.at(-1)!.descends) return undefined;
	return selected({ ...location, steps: steps.slice(0, -1) }, check).map(({ owner }) => owner);
}

interface PutIn {
	/** The element with it, in each way and place. */
	readonly variantsOf: (parent: XmlElement) => Iterable<XmlElement>;
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
	for (const place of places) {
		for (const variant of node.variantsOf(place)) {
			node.triesLeft -= 1;
			search.remaining -= within.length;
			if (search.remaining < 0 || node.triesLeft < 0) return false;
			if (faultsOf(replaceElements(owner, new Map([[place, variant]]))) <= before) return true;
		}
	}
	return false;
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

/** With an element of that text, or with such a range of JSDL, at each place. */
function withChild(name: NameTest, text: string): PutIn['variantsOf'] {
	const formOf = ({ namespace, localName }: NameTest, child: XmlNode): XmlElement => {
		return { kind: 'element', prefix: '', namespace, localName, declarations: [], attributes: [], children: [child] };
	};
	const said = { kind: 'text', text } as const;
	const forms = [formOf(name, said), formOf(name, formOf({ namespace: JSDL, localName: 'Exact' }, said))];
	return function* (parent) {
		for (let at = 0; at <= parent.children.length; at += 1) {
			for (const form of forms) yield { ...parent, children: parent.children.toSpliced(at, 0, form) };
		}
	};
}

function withAttribute({ namespace, localName }: NameTest, value: string): PutIn['variantsOf'] {
	return (parent) => [{ ...parent, attributes: [...parent.attributes, { prefix: '', namespace, localName, value }] }];
}
