/**
 * What free constraints and items say of several Locations at once, and cannot all be so: `//a < //b and //b < //a`; and
 * alternatives that what else is said leaves no room for. Whether some exclude each other relation-search.ts finds.
 */

import type { Condition } from '../conditions/expression.ts';
import { locationsIn, unknownsIn } from '../conditions/unknowns.ts';
import { excerpt } from '../document.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { CreationConstraint, TemplateConstraint } from '../template/constraints.ts';
import type { Location } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import { childOf, namesIn } from './items-of-children.ts';
import { withoutNot } from './lint-conditions.ts';
import { covers } from './lint-covering.ts';
import { parentOf } from './lint-locations.ts';
import { isCounted, noteUndecided, type Undecided } from './lint-undecided.ts';
import { findExcluding, hasChoice, type RelationBudget, refute, type Source, waysOfNodes } from './relation-search.ts';

/** Locations of one template between which relations are looked for. */
const LOCATIONS_MAX = 200;

/** The parts that are violations of their own, each for itself, or the item. */
export function sourcesOf(
	constraint: TemplateConstraint,
	nameOf: (item: CreationConstraint) => string,
): readonly Source[] {
	const { path } = constraint;
	if (!('condition' in constraint)) return [{ path, text: nameOf(constraint), item: constraint }];
	const { condition } = constraint;
	const parts = condition.kind === 'and' ? condition.conditions : [condition];
	return parts.map((part) => ({ path, text: part.text, condition: part }));
}

/** The items with model groups, each with those Locations of its children of which any of the sources says something. */
export function sourcesOfGroups(
	constraints: readonly TemplateConstraint[],
	sources: readonly Source[],
	nameOf: (item: CreationConstraint) => string,
): readonly Source[] {
	const spoken = sources.flatMap(locationsOfSource);
	return constraints.flatMap((each): readonly Source[] => {
		if ('condition' in each || each.children === undefined) return [];
		const { location, children: group, path } = each;
		const parent = parentOf(location);
		if (parent === undefined) return [];
		const all = namesIn(group, parent.namespace).map((name) => childOf(location, name));
		const children = all.filter((child) => spoken.some((wide) => covers(wide, child)));
		return [{ path, text: nameOf(each), location, group, children }];
	});
}

export interface RelationFinding {
	readonly code: 'CONSTRAINT_UNSATISFIABLE' | 'CONSTRAINTS_CONTRADICT';
	readonly path: string;
	readonly message: string;
}

/** What several of the constraints, each of which may be fulfilled, say together and nothing can fulfil. */
export function findContradictingRelations(
	groups: readonly (readonly Source[])[],
	budget: RelationBudget,
	undecided: Undecided,
	isTold: (path: string) => boolean,
): readonly RelationFinding[] {
	return groups.flatMap((group) => {
		let left = group;
		const findings: RelationFinding[] = [];
		for (let core = findExcluding(left, budget); core !== undefined; core = findExcluding(left, budget)) {
			const last = core.at(-1)!;
			// What an item says is several sources.
			const others = core.slice(0, -1).filter(({ path, text }) => path !== last.path || text !== last.text);
			left = left.filter((source) => source !== last);
			if (core.some(({ path }) => isTold(path)) || findings.some(({ path }) => path === last.path)) continue;
			const own = excerpt(collapseWhiteSpace(last.text));
			const what = core.some((source) => 'group' in source) ? 'numbers and values' : 'values';
			const message = `Nothing can fulfil this together with ${namesOf(others)}: no ${what} of ${locationsOf(core)} keep to all of it and to ${own}.`;
			const isOne = core.every(({ path }) => path === last.path);
			findings.push({ code: isOne ? 'CONSTRAINT_UNSATISFIABLE' : 'CONSTRAINTS_CONTRADICT', path: last.path, message });
		}
		// What is told makes all of it impossible already.
		if (budget.givenUp !== undefined && left === group) noteUndecided(undecided, budget.givenUp, group);
		return findings;
	});
}

export interface DeadAlternative {
	readonly path: string;
	readonly text: string;
	/** Why: what it cannot be so together with. */
	readonly others: string;
	/** It says that something is not there, and stands behind an alternative that has it looked at. */
	readonly isLate: boolean;
}

/**
 * Alternatives that nobody can take for what else is demanded, of constraints that may be fulfilled together.
 * `canHold`: by itself, which is told elsewhere; `contradicts`: by what is said of single Locations.
 */
export function findExcludedAlternatives(
	groups: readonly (readonly Source[])[],
	budget: RelationBudget,
	undecided: Undecided,
	canHold: (alternative: Condition) => boolean,
	contradicts: (alternative: Condition, group: readonly Source[]) => string | undefined,
): readonly DeadAlternative[] {
	const left = { remaining: ALTERNATIVES_MAX };
	return groups.flatMap((group) => {
		if (!group.some((source) => 'condition' in source && hasChoice(withoutNot(source.condition)))) return [];
		if (refute(group, budget) !== undefined) return [];
		const look = (alternative: Condition, of: Source, one: Location | undefined): readonly DeadAlternative[] => {
			left.remaining -= 1;
			if (left.remaining < 0) {
				noteUndecided(undecided, `there are more than ${ALTERNATIVES_MAX} alternatives`, [of]);
				return [];
			}
			if (!canHold(alternative)) return [];
			const condition = one === undefined ? alternative : aboutOne(alternative, one);
			const told = { path: of.path, text: alternative.text };
			const own = { ...told, condition };
			const core = findExcluding([...group, own], budget);
			const others = core === undefined ? contradicts(condition, group) : namesOf(core.filter((each) => each !== own));
			const isByItself = core?.every((each) => each === own || each === of) === true;
			if (others !== undefined) return [{ ...told, others, isLate: isByItself && isAbsence(alternative) }];
			if (budget.givenUp !== undefined) noteUndecided(undecided, budget.givenUp, [of]);
			return alternativesIn(alternative).flatMap((inner) => look(inner, of, one));
		};
		return group.flatMap((source) => {
			if (!('condition' in source)) return [];
			const [location] = locationsIn(source.condition);
			const one = waysOfNodes(source.condition).length > 1 ? location : undefined;
			return alternativesIn(source.condition).flatMap((each) => look(each, source, one));
		});
	});
}

function isAbsence(condition: Condition): boolean {
	return condition.kind === 'not' && condition.condition.kind === 'exists';
}

/** Of one template. */
const ALTERNATIVES_MAX = 64;

/** The outermost. */
function alternativesIn(condition: Condition): readonly Condition[] {
	const plain = withoutNot(condition);
	if (plain.kind === 'or') return plain.conditions;
	return plain.kind === 'and' ? plain.conditions.flatMap(alternativesIn) : [];
}

/** The same of one of the nodes that the Location selects, where it compares what they say. */
function aboutOne(condition: Condition, location: Location): Condition {
	if (!unknownsIn(condition).some(({ kind }) => kind === 'location')) return condition;
	const last = location.steps.at(-1)!;
	const step = { ...last, predicates: [...last.predicates, { kind: 'position', position: ANY_POSITION } as const] };
	const one = { ...location, steps: [...location.steps.slice(0, -1), step] };
	const key = locationKey(location);
	const replace = <T>(part: T): T => {
		if (part === null || typeof part !== 'object') return part;
		if (Array.isArray(part)) return part.map(replace) as T;
		if ('steps' in part && locationKey(part as T & Location) === key) return one as T;
		return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, replace(each)])) as T;
	};
	return replace(condition);
}

/** Of a node of which nobody knows the place; the grammar has none such. */
const ANY_POSITION = -1;

function namesOf(sources: readonly Source[]): string {
	return [...new Set(sources.map(({ text }) => excerpt(collapseWhiteSpace(text))))].join(' and ');
}

function locationsOf(core: readonly Source[]): string {
	const all = core.flatMap((source) => ('group' in source ? [source.location] : locationsOfSource(source)));
	const texts = [...new Map(all.map((location) => [locationKey(location), location.text])).values()];
	return texts.length < 2 ? texts.join() : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

function locationsOfSource(source: Source): readonly Location[] {
	if ('condition' in source) return locationsIn(source.condition);
	return 'group' in source ? [source.location, ...source.children] : [source.item.location];
}

/**
 * Sources that have a Location in common, or Locations of which one selects what another does; only such with conditions,
 * or with items that say how many children of a model group there are. None where it is too much.
 */
export function groupsOf(sources: readonly Source[], undecided: Undecided): readonly (readonly Source[])[] {
	const locations = new Map<string, Location>();
	const keys = sources.map((source) => {
		const own = locationsOfSource(source);
		for (const location of own) locations.set(locationKey(location), location);
		return own.map(locationKey);
	});
	if (locations.size > LOCATIONS_MAX) {
		const spoken = new Set(
			sources.flatMap((source) => ('condition' in source ? locationsIn(source.condition) : [])).map(locationKey),
		);
		const about = sources.filter(
			(source) =>
				!('group' in source) ||
				source.children.some((child) => spoken.has(locationKey(child))) ||
				isCounted(source, sources),
		);
		noteUndecided(undecided, `the template names more than ${LOCATIONS_MAX} Locations`, about);
		return [];
	}
	const groups = new Map([...locations.keys()].map((key) => [key, key]));
	const rootOf = (key: string): string => {
		let root = key;
		while (groups.get(root) !== root) root = groups.get(root)!;
		return root;
	};
	const all = [...locations];
	for (const [index, [key, location]] of all.entries()) {
		for (const [other, another] of all.slice(0, index)) {
			if (covers(location, another) || covers(another, location)) groups.set(rootOf(key), rootOf(other));
		}
	}
	for (const [first, ...others] of keys) for (const other of others) groups.set(rootOf(other), rootOf(first!));
	const together = new Map<string, Source[]>();
	for (const [index, source] of sources.entries()) {
		const root = keys[index]![0] === undefined ? '' : rootOf(keys[index]![0]);
		together.set(root, [...(together.get(root) ?? []), source]);
	}
	return [...together.values()].filter((group) =>
		group.some((source) => 'condition' in source || ('group' in source && isCounted(source, group))),
	);
}
