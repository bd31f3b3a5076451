/**
 * What items say of the children of one element: model groups that exclude each other, by names or by values, and items
 * about children that a group lets stand nowhere, or with other values only. Each element of which it is certain that
 * there cannot be one is told of once; what was too much to be looked at is told of, too.
 */
import { JSDL, XS } from '../names.ts';
import type { CreationConstraint } from '../template/constraints.ts';
import type { ValueRestriction } from '../template/facets.ts';
import type { Location, NameTest } from '../template/location.ts';
import { describeParticle, type Particle, restrictionsIn } from '../template/particles.ts';
import { simpleTypeNamed } from '../template/simple-type.ts';
import { covers } from './lint-covering.ts';
import { type ChildrenDemands, type CommonChildren, findCommonChildren, GROUPS_STEPS_MAX } from './lint-groups.ts';
import { parentOf } from './lint-locations.ts';
import { mayHoldChild } from './lint-particles.ts';
import { areSatisfiable } from './lint-restrictions.ts';
import { isSatisfiable, mayBeBlank, nameOf } from './lint-values.ts';

export interface ChildrenFinding {
	readonly code: 'CONSTRAINTS_CONTRADICT' | 'LINT_UNDECIDED';
	readonly path: string;
	readonly message: string;
}

/** Every finding about the children of elements, in the order of the items for each kind. */
export function findContradictionsOfChildren(all: readonly CreationConstraint[]): readonly ChildrenFinding[] {
	const items = all.filter(isSatisfiable);
	const groups = items.filter((item): item is GroupItem => item.children !== undefined && item.multiplicity.max > 0);
	const budget = { remaining: GROUPS_STEPS_MAX };
	const undecided = new Map<string, ChildrenFinding>();
	const told = new Set<string>();
	const look: Look = (item, others, demands) => {
		const found = findCommonChildren(demands, budget);
		if (found.kind !== 'unknown' || undecided.has(item.path)) return found;
		const together = others.length === 0 ? '' : ` together with ${namesOf(others)}`;
		const message = `Whether any children fit this${together} was not looked at to the end, because there are too many ways.`;
		undecided.set(item.path, { code: 'LINT_UNDECIDED', path: item.path, message });
		return found;
	};
	for (const group of groups) look(group, [], { groups: [group.children], parent: parentOf(group.location) });
	const findings = [
		...items.flatMap((item) => childForbidden(item, groups, look, told)),
		...groups.flatMap((item, index) => groupsExcluding(item, groups.slice(0, index), look)),
		...groups.flatMap((group) => valuesExcluding(group, items, look, told)),
		...groups.flatMap((group) => valueOfElements(group, items, look)),
	];
	return [...findings, ...undecided.values()];
}

type GroupItem = CreationConstraint & { readonly children: Particle };

/** Looks for children that fit; where that is given up, it is noted of the item. */
type Look = (
	item: CreationConstraint,
	others: readonly CreationConstraint[],
	demands: ChildrenDemands,
) => CommonChildren;

function contradiction(item: CreationConstraint, others: readonly CreationConstraint[], why: string): ChildrenFinding {
	const message = `Nothing can fulfil this together with ${namesOf(others)}: ${why}.`;
	return { code: 'CONSTRAINTS_CONTRADICT', path: item.path, message };
}

function namesOf(items: readonly CreationConstraint[]): string {
	return items.map(nameOf).join(' and ');
}

/** An item that demands a child which a model group about its parent never lets stand there, or not with this value. */
function childForbidden(
	item: CreationConstraint,
	groups: readonly GroupItem[],
	look: Look,
	told: Set<string>,
): readonly ChildrenFinding[] {
	const { multiplicity, location, value } = item;
	const last = location.steps.at(-1)!;
	const parent: Location = { text: location.text, steps: location.steps.slice(0, -1), target: { kind: 'element' } };
	const name = parentOf(parent);
	const child = parentOf(location);
	if (multiplicity.min === 0 || last.descends || name === undefined || child === undefined) return [];
	const about = groups.filter((group) => group !== item && covers(group.location, parent));
	const valuesOf = (each: NameTest) => (value !== undefined && isSameName(each, child) ? [value] : []);
	for (const group of about) {
		const isRoom = mayHoldChild(group.children, name.namespace, child);
		const found = isRoom && look(item, [group], { groups: [group.children], parent: name, holds: child, valuesOf });
		if (found && found.kind !== 'none') continue;
		told.add(`${group.path} ${item.path}`);
		const which = found ? `${child.localName} with a value that it allows` : child.localName;
		return [contradiction(item, [group], `its group lets no ${which} stand there`)];
	}
	const together = { groups: about.map(({ children }) => children), parent: name };
	if (about.length < 2 || look(item, about, together).kind === 'none') return [];
	if (look(item, about, { ...together, holds: child, valuesOf }).kind !== 'none') return [];
	return [contradiction(item, about, `their groups together let no ${child.localName} stand there`)];
}

/** An item whose model group no element can fit that fits those of items before it, about the same elements. */
function groupsExcluding(item: GroupItem, before: readonly GroupItem[], look: Look): readonly ChildrenFinding[] {
	const others = before.filter(({ location }) => covers(location, item.location) || covers(item.location, location));
	for (const other of others) {
		// The narrower of two Locations says which elements both are about.
		const { location } = covers(other.location, item.location) ? item : other;
		const groups = [other.children, item.children];
		if (look(item, [other], { groups, parent: parentOf(location) }).kind !== 'none') continue;
		const both = groups.map((group) => restrictionsIn(group, parentOf(location)?.namespace ?? ''));
		const names = [...both[0]!].filter(([name, value]) => {
			const facing = both[1]!.get(name);
			return facing !== undefined && !areSatisfiable([value, facing]);
		});
		const locals = names.map(([name]) => name.replace(/^\{.*\}/, ''));
		const values = locals.length === 0 ? '' : `, as no value of ${locals.join(', ')} is allowed by both`;
		return [
			contradiction(item, [other], `no children fit both ${groups.map(describeParticle).join(' and ')}${values}`),
		];
	}
	return [];
}

/** A model group that cannot be kept to where its children keep to what other items say of them. */
function valuesExcluding(
	group: GroupItem,
	items: readonly CreationConstraint[],
	look: Look,
	told: ReadonlySet<string>,
): readonly ChildrenFinding[] {
	const { location, children } = group;
	const about = items.filter((item) => {
		const name = parentOf(item.location);
		const speaks = item.value !== undefined || item.multiplicity.max === 0;
		return name !== undefined && speaks && covers(item.location, childOf(location, name));
	});
	const commonOf = (some: readonly CreationConstraint[]): CommonChildren =>
		look(group, some, {
			groups: [children],
			parent: parentOf(location),
			valuesOf: (child) => {
				const said = some.filter((item) => covers(item.location, childOf(location, child)));
				if (said.some(({ multiplicity }) => multiplicity.max === 0)) return undefined;
				return said.map(({ value }) => value).filter((value) => value !== undefined);
			},
		});
	if (about.length === 0 || commonOf(about).kind !== 'none') return [];
	const count = about.findIndex((_, index) => commonOf(about.slice(0, index + 1)).kind === 'none') + 1;
	const others = about.slice(0, count);
	if (others.some((item) => told.has(`${group.path} ${item.path}`))) return [];
	const last = others.at(-1)!;
	// What of the others has nothing to do with it is not named.
	const needed = commonOf([last]).kind === 'none' ? [last] : others;
	const why = `no children fit ${describeParticle(children)} of which every ${parentOf(last.location)!.localName} is as demanded`;
	return [contradiction(group, needed, why)];
}

/** A model group about elements that have to have a value, too: what holds elements has none, but for ranges of JSDL. */
function valueOfElements(
	group: GroupItem,
	items: readonly CreationConstraint[],
	look: Look,
): readonly ChildrenFinding[] {
	const { location, children } = group;
	const about = items.filter((item) => {
		if (item.value === undefined || item.location.target.kind !== 'element' || item.multiplicity.max === 0)
			return false;
		return covers(item.location, location) || covers(location, item.location);
	});
	for (const item of about) {
		const value = item.value!;
		const hasRanges = value.steps.every(({ counts, patterns }) => counts.length === 0 && patterns.length === 0);
		// A range without parts admits every number.
		const isAny = value.steps.every(({ bounds, enumeration }) => bounds.length === 0 && enumeration.length === 0);
		const isNothing = mayBeBlank(value) || (hasRanges && isAny);
		const rows = [...(isNothing ? [NOTHING] : []), ...(hasRanges ? [RANGE_PARTS] : [])];
		const parent = parentOf(covers(location, item.location) ? item.location : location);
		const mayFit = (row: Particle): boolean => look(group, [item], { groups: [children, row], parent }).kind !== 'none';
		if (rows.some((row) => mayFit(row === RANGE_PARTS ? partsWithin(value) : row))) continue;
		if (rows.some(mayFit)) {
			return [contradiction(group, [item], 'its group leaves no jsdl:Exact of the range that the item allows')];
		}
		const what = isNothing ? 'demands elements' : 'leaves no text';
		return [contradiction(group, [item], `its group ${what}, and what holds elements has no value of its own`)];
	}
	return [];
}

const NOTHING: Particle = { kind: 'sequence', particles: [], min: 1, max: 1 };
const RANGE_PARTS = {
	kind: 'choice' as const,
	particles: ['UpperBoundedRange', 'LowerBoundedRange', 'Exact', 'Range'].map((localName) => ({
		kind: 'element' as const,
		namespace: JSDL,
		localName,
		min: 1,
		max: 1,
	})),
	min: 1,
	max: Number.POSITIVE_INFINITY,
};

/** The parts of a range of which every number that is named keeps to the bounds. */
function partsWithin({ type, steps }: ValueRestriction): Particle {
	if (type.space !== 'number' || type.isSingle) return RANGE_PARTS;
	const bounds = steps.map((step) => ({ ...step, counts: [], patterns: [], enumeration: [] }));
	const value: ValueRestriction = { type: simpleTypeNamed(XS, 'double')!, whiteSpace: 'collapse', steps: bounds };
	const particles = RANGE_PARTS.particles.map((part) => (part.localName === 'Exact' ? { ...part, value } : part));
	return { ...RANGE_PARTS, particles };
}

/** Where children of that name stand in what the Location selects. */
function childOf({ text, steps }: Location, name: NameTest): Location {
	return { text, steps: [...steps, { descends: false, name, predicates: [] }], target: { kind: 'element' } };
}

function isSameName(one: NameTest, other: NameTest): boolean {
	return one.namespace === other.namespace && one.localName === other.localName;
}
