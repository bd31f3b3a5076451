/**
 * Whether some children fit several model groups at once, the schema of the element that they stand in, and what is
 * demanded of their values: a row of children is looked for that brings all of them to their end together.
 */
import type { RangeValue } from '../jsdl/range.ts';
import { contentModel } from '../lenient/content-models.ts';
import type { ContentModel } from '../lenient/model-lines.ts';
import type { ValueRestriction } from '../template/facets.ts';
import type { NameTest } from '../template/location.ts';
import { type Particle, restrictionsIn } from '../template/particles.ts';
import { ChildrenAutomaton, common, type Edge, type Label, PARENT } from './children-automaton.ts';
import { doCountsExclude } from './children-counts.ts';
import { areSatisfiable, lintBudget } from './lint-restrictions.ts';

/** What the children have to fit. */
export interface ChildrenDemands {
	readonly groups: readonly Particle[];
	/** The element that they stand in; where it is known by name, they have to be in an order that its schema admits. */
	readonly parent?: NameTest | undefined;
	/** What else the value of a child of that name has to keep to; undefined: there must be no such child. */
	readonly valuesOf?: (child: NameTest) => readonly ValueRestriction[] | undefined;
	/** ... and where it has to be a number, which ones. */
	readonly rangesOf?: (child: NameTest) => readonly RangeValue[];
	/** There must be such a child. */
	readonly holds?: NameTest;
}

/**
 * `none`: it is certain that no children fit. A row that is told are the names of some that may. `unknown`: the search
 * was given up, at a bound of its own or where `budget`, which several share, was spent.
 */
export type CommonChildren =
	| { readonly kind: 'row'; readonly names: readonly string[] }
	| { readonly kind: 'none' | 'unknown' };

/** What lint may look at of all the model groups of a template: a second or two. */
export const GROUPS_STEPS_MAX = 2_000_000;
/** ... and of one question: two groups of two hundred places each have forty thousand together. */
const PLACES_MAX = 40_000;
const STEPS_MAX = 500_000;

/** Looks for children that fit. Where a child may be any, its name is told as `*`. */
export function findCommonChildren(demands: ChildrenDemands, budget: { remaining: number }): CommonChildren {
	if (budget.remaining < 0) return { kind: 'unknown' };
	const own = { remaining: Math.min(STEPS_MAX, budget.remaining) };
	const before = own.remaining;
	const found = search(demands, own);
	budget.remaining -= before - own.remaining;
	return found;
}

/** Whether the parent may have children that fit the group; only where it is certain that there are none the answer is no. */
export function mayFit(group: Particle, parent: NameTest | undefined): boolean {
	const known =
		fitting.get(group) ?? findCommonChildren({ groups: [group], parent }, { remaining: STEPS_MAX }).kind !== 'none';
	fitting.set(group, known);
	return known;
}

/** It is asked several times of each group, which stands in one place of one template. */
const fitting = new WeakMap<Particle, boolean>();

/** Children so far, the last first. */
interface Row {
	readonly place: readonly number[];
	readonly name: string;
	readonly before: Row | undefined;
}

function search(demands: ChildrenDemands, budget: { remaining: number }): CommonChildren {
	const { parent } = demands;
	const particles = particlesOf(demands);
	if (doCountsExclude(particles, parent, budget)) return { kind: 'none' };
	const automata = particles.map((particle) => new ChildrenAutomaton(particle, parent, budget));
	const places = new Set<string>();
	const waiting: Row[] = [];
	const visit = (row: Row): void => {
		const key = row.place.join();
		if (places.has(key)) return;
		places.add(key);
		waiting.push(row);
	};
	const values = { isGivenUp: false };
	const isAllowed = valueCheck(demands, values);
	visit({ place: automata.map(({ start }) => start), name: '', before: undefined });
	for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
		const steps = row.place.map((state, index) => automata[index]!.steps(state));
		if (budget.remaining < 0 || places.size > PLACES_MAX) return { kind: 'unknown' };
		if (steps.every(({ isEnd }) => isEnd)) {
			return values.isGivenUp ? { kind: 'unknown' } : { kind: 'row', names: namesOf(row) };
		}
		for (const { on, to, values: said } of togetherOf(
			steps.map(({ edges }) => edges),
			budget,
		)) {
			if (isAllowed(on, said)) visit({ place: to, name: on.localName ?? '*', before: row });
		}
	}
	return { kind: budget.remaining < 0 ? 'unknown' : 'none' };
}

/** The groups, the schema of the parent, and that there is the child. */
function particlesOf({ groups, parent, holds }: ChildrenDemands): readonly Particle[] {
	const model = parent && contentModel(parent.namespace, parent.localName);
	const schema = model?.kind === 'elements' || model?.kind === 'range' ? [particleOfModel(model)] : [];
	if (holds === undefined) return [...groups, ...schema];
	const others: Particle = { kind: 'any', namespaces: '##any', min: 0, max: Number.POSITIVE_INFINITY };
	const child: Particle = { kind: 'element', ...holds, min: 1, max: 1 };
	return [...groups, ...schema, { kind: 'sequence', particles: [others, child, others], min: 1, max: 1 }];
}

interface Together {
	readonly on: Label;
	readonly to: readonly number[];
	readonly values: readonly ValueRestriction[];
}

/** The steps that all of them can take at once. */
function togetherOf(choices: readonly (readonly Edge[])[], budget: { remaining: number }): readonly Together[] {
	let together: readonly Together[] = [{ on: {}, to: [], values: [] }];
	for (const edges of choices) {
		const next: Together[] = [];
		for (const { on, to, values } of together) {
			budget.remaining -= edges.length;
			if (budget.remaining < 0) return [];
			for (const edge of edges) {
				const both = common(on, edge.on);
				if (both === undefined) continue;
				next.push({
					on: both,
					to: [...to, edge.to],
					values: edge.value === undefined ? values : [...values, edge.value],
				});
			}
		}
		together = next;
	}
	return together;
}

/**
 * Whether a child may have a value that all of them allow, with what is said of its name besides: by the demands, and by
 * groups that take it by a wildcard and have a type for it elsewhere. Noted is where that was not looked at to the end.
 */
function valueCheck(
	demands: ChildrenDemands,
	search: { isGivenUp: boolean },
): (on: Label, values: readonly ValueRestriction[]) => boolean {
	const known = new Map<string, boolean>();
	const numbers = new Map<ValueRestriction | RangeValue, number>();
	const numberOf = (value: ValueRestriction | RangeValue): number => {
		if (!numbers.has(value)) numbers.set(value, numbers.size);
		return numbers.get(value)!;
	};
	const typed = demands.groups.map((group) => restrictionsIn(group, demands.parent?.namespace ?? PARENT));
	return ({ localName, namespace }, values) => {
		if (localName === undefined || namespace === undefined) return areAllowed(values, []);
		const types = typed.flatMap((each) => each.get(`{${namespace}}${localName}`) ?? []);
		const isKnown = demands.valuesOf !== undefined && namespace !== PARENT;
		const said = isKnown ? demands.valuesOf({ namespace, localName }) : [];
		const ranges = namespace === PARENT ? [] : (demands.rangesOf?.({ namespace, localName }) ?? []);
		return said !== undefined && areAllowed([...new Set([...values, ...types, ...said])], ranges);
	};

	function areAllowed(values: readonly ValueRestriction[], ranges: readonly RangeValue[]): boolean {
		if (values.length === 0) return true;
		const key = [...values, ...ranges].map(numberOf).join();
		const before = known.get(key);
		if (before !== undefined) return before;
		const budget = lintBudget();
		const isAllowed = areSatisfiable(values, ranges, false, budget);
		search.isGivenUp ||= isAllowed && budget.isGivenUp === true;
		known.set(key, isAllowed);
		return isAllowed;
	}
}

function namesOf(row: Row): readonly string[] {
	const names: string[] = [];
	for (let at: Row | undefined = row; at?.before !== undefined; at = at.before) names.push(at.name);
	return names.reverse();
}

/** What the table of the vocabulary says of the order of children. */
function particleOfModel(model: ContentModel): Particle {
	const rows = [...new Set(model.children.map(({ rank }) => rank))].map((rank): Particle => {
		const members = model.children.filter((child) => child.rank === rank);
		// Two that may change places may both be there.
		const isSeveral = members.length > 1 || members.some(({ isRepeatable }) => isRepeatable);
		return {
			kind: 'choice',
			particles: members.map(({ namespace, localName }) => ({ kind: 'element', namespace, localName, min: 1, max: 1 })),
			min: members.some(({ isRequired }) => isRequired) ? 1 : 0,
			max: isSeveral ? Number.POSITIVE_INFINITY : 1,
		};
	});
	const foreign: Particle = { kind: 'any', namespaces: '##other', min: 0, max: Number.POSITIVE_INFINITY };
	return { kind: 'sequence', particles: model.isExtensible ? [...rows, foreign] : rows, min: 1, max: 1 };
}
