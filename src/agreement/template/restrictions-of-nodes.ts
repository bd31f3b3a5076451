/** What all the items of a template together say of the value of each node of an offer. */
import type { XmlElement } from '../../xml/element.ts';
import { isRangeValue } from '../jsdl/range-value.ts';
import { declarationsIn } from './child-content.ts';
import type { CreationConstraint, TemplateConstraint } from './constraints.ts';
import type { ElementIndex } from './element-index.ts';
import type { ValueRestriction } from './facets.ts';
import type { StepBudget } from './location.ts';
import { type Selection, selectLocation } from './location-selection.ts';
import { givenAt, givenOf } from './location-words.ts';
import { type Particle, valueOfElement } from './particles.ts';

/** The restrictions of each node, in the order of the items. A text() is one with its element. */
export interface RestrictionsOfNodes {
	readonly ofElements: ReadonlyMap<XmlElement, readonly ValueRestriction[]>;
	/** By the elements that have them and by their names. */
	readonly ofAttributes: ReadonlyMap<XmlElement, ReadonlyMap<string, readonly ValueRestriction[]>>;
}

/** Those of a node. */
export function restrictionsOf(
	{ ofElements, ofAttributes }: RestrictionsOfNodes,
	{ owner, attribute }: Pick<Selection, 'owner' | 'attribute'>,
): readonly ValueRestriction[] {
	const all =
		attribute === undefined ? ofElements.get(placeOf(owner)) : ofAttributes.get(owner)?.get(nameOf(attribute));
	return all ?? [];
}

/**
 * Of every node that an item with a value selects, and of the children and attributes of which a model group says the
 * type. A range of JSDL that is one Exact and that Exact are one place. Undefined once the budget is spent.
 */
export function findRestrictions(
	root: XmlElement,
	constraints: readonly TemplateConstraint[],
	budget: StepBudget,
	index: ElementIndex,
): RestrictionsOfNodes | undefined {
	const found: Found = { ofElements: new Map(), ofAttributes: new Map(), budget };
	for (const constraint of constraints) {
		if ('condition' in constraint || (constraint.value ?? constraint.children) === undefined) continue;
		const selections = selectLocation(root, constraint.location, budget, index)?.selections;
		if (selections === undefined || budget.remaining < 0) return undefined;
		for (const selection of selections) addOfItem(constraint, selection, found);
	}
	return budget.remaining < 0 ? undefined : found;
}

/** Steps of a budget: a node that is put in. */
const STEPS_PER_NODE = 6;

interface Found {
	readonly ofElements: Map<XmlElement, ValueRestriction[]>;
	readonly ofAttributes: Map<XmlElement, Map<string, ValueRestriction[]>>;
	readonly budget: StepBudget;
}

function addOfItem({ location, value, children }: CreationConstraint, selection: Selection, found: Found): void {
	const { owner, attribute } = selection;
	if (children !== undefined) addOfChildren(children, owner, found);
	if (value === undefined) return;
	const given = givenAt(location, selection);
	for (const each of given === undefined ? [value] : [value, given]) {
		if (attribute !== undefined) addOfAttribute(owner, attribute, each, found);
		else for (const place of new Set([placeOf(owner), ...exactIn(owner)])) addTo(found.ofElements, place, each, found);
	}
}

/** Of a range with one part that is exact that part, which says the same. */
export function placeOf(owner: XmlElement): XmlElement {
	const parts = owner.children.filter(({ kind }) => kind === 'element');
	const [exact] = exactIn(owner);
	return exact === undefined || parts.length > 1 ? owner : exact;
}

/** The parts of a range that are single values, each of which must be allowed where the range is. */
function exactIn(owner: XmlElement): readonly XmlElement[] {
	if (!isRangeValue(owner)) return [];
	return owner.children.filter(
		(child) => child.kind === 'element' && child.localName === 'Exact' && child.attributes.length === 0,
	) as readonly XmlElement[];
}

function addOfChildren(group: Particle, parent: XmlElement, found: Found): void {
	const declared = declarationsIn(group, parent.namespace);
	for (const child of parent.children) {
		found.budget.remaining -= STEPS_PER_NODE;
		const particle = child.kind === 'element' ? declared.get(`{${child.namespace}}${child.localName}`) : undefined;
		if (child.kind !== 'element' || particle === undefined || found.budget.remaining < 0) continue;
		const value = valueOfElement(particle);
		const { attributes, children } = particle.content ?? {};
		const given = value && givenOf(child, undefined, parent);
		for (const each of [value, given]) if (each !== undefined) addTo(found.ofElements, placeOf(child), each, found);
		if (children !== undefined) addOfChildren(children, child, found);
		for (const use of attributes?.declared ?? []) {
			const namespace = use.namespace ?? child.namespace;
			const name = { namespace, localName: use.localName };
			const given = use.value && givenOf(child, name);
			for (const each of [use.value, given]) if (each !== undefined) addOfAttribute(child, name, each, found);
		}
	}
}

function addOfAttribute(owner: XmlElement, name: NamedAttribute, value: ValueRestriction, found: Found): void {
	const ofOwner = found.ofAttributes.get(owner) ?? new Map<string, ValueRestriction[]>();
	found.ofAttributes.set(owner, ofOwner);
	addTo(ofOwner, nameOf(name), value, found);
}

interface NamedAttribute {
	readonly namespace: string;
	readonly localName: string;
}

function nameOf({ namespace, localName }: NamedAttribute): string {
	return `{${namespace}}${localName}`;
}

function addTo<Place>(
	all: Map<Place, ValueRestriction[]>,
	place: Place,
	value: ValueRestriction,
	{ budget }: Found,
): void {
	budget.remaining -= STEPS_PER_NODE;
	const known = all.get(place);
	if (known === undefined) all.set(place, [value]);
	else if (!known.includes(value)) known.push(value);
}
