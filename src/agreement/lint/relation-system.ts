/**
 * What comparisons and items say together of the nodes of Locations, as linear inequalities: of comparisons that hold
 * at once, with how many nodes there are, which Locations select whatever others do, and between which values those lie.
 */
import type { Condition } from '../conditions/expression.ts';
import { negate, type Rational } from '../conditions/rational.ts';
import type { Spans } from '../conditions/spans.ts';
import { locationsIn } from '../conditions/unknowns.ts';
import type { Location } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import { childOf, namesIn } from './items-of-children.ts';
import {
	demandedBy,
	differenceOf,
	type Known,
	type LinearForm,
	largestOf,
	variableOf,
	type Which,
} from './linear-forms.ts';
import type { Inequality, Whole } from './linear-system.ts';
import { covers } from './lint-covering.ts';
import { numberOf, parentOf } from './lint-locations.ts';
import { narrowEnds } from './relation-ends.ts';
import { addGroups, type GroupFact } from './relation-groups.ts';
import { lineOfSide, linesIn } from './relation-lines.ts';
import { addLocation, addProducts, addRow, addSum, type Rows } from './relation-rows.ts';
import type { Domain } from './value-domains.ts';

/** Places of sources. */
export type Because = readonly number[];

/** Something that is taken to be so. */
export interface Fact {
	readonly condition: Extract<Condition, { kind: 'comparison' | 'exists' | 'not' }>;
	readonly which: Which;
	readonly because: Because;
}

/** What an item says of every node that its Location selects. */
export interface ItemFact {
	readonly location: Location;
	readonly key: string;
	readonly min: number;
	readonly max: number;
	readonly domain?: Domain;
	readonly because: Because;
}

/** The Locations that are spoken of, and which of them select whatever others do. */
export interface Scene {
	readonly locations: ReadonlyMap<string, Location>;
	/** By the wide one: the narrow ones, without itself. */
	readonly covered: ReadonlyMap<string, readonly string[]>;
	readonly items: readonly ItemFact[];
	readonly groups: readonly GroupFact[];
	readonly known: Known;
}

/** Two values that must differ: what is told is not 0. */
export interface Difference {
	readonly terms: ReadonlyMap<string, Rational>;
	readonly constant: Rational;
	readonly because: Because;
}

/** A variable that lies in one of several spans. */
export interface Gap {
	readonly name: string;
	readonly spans: Spans;
	readonly because: Because;
}

export interface RelationSystem {
	readonly inequalities: readonly Inequality[];
	readonly whole: Whole;
	readonly differences: readonly Difference[];
	readonly gaps: readonly Gap[];
	/** Locations of which a sum is told, or a number by a model group and a value, and not whether they select anything. */
	readonly unsure: readonly Location[];
	/** Why something is left out that is said. */
	readonly why: string | undefined;
}

export function sceneOf(
	conditions: readonly Condition[],
	items: readonly ItemFact[],
	groups: readonly GroupFact[],
	known: Known,
): Scene {
	const locations = new Map<string, Location>();
	for (const condition of conditions) {
		for (const location of locationsIn(condition)) locations.set(locationKey(location), location);
	}
	for (const { location } of groups) locations.set(locationKey(location), location);
	const children = groups.flatMap(({ location, group }) => {
		const parent = parentOf(location);
		return parent === undefined ? [] : namesIn(group, parent.namespace).map((name) => childOf(location, name));
	});
	const about = items.filter(
		({ location }) =>
			[...locations.values()].some((each) => covers(location, each) || covers(each, location)) ||
			children.some((each) => covers(location, each)),
	);
	for (const { key, location } of about) locations.set(key, location);
	const covered = new Map<string, readonly string[]>();
	for (const [key, wide] of locations) {
		const narrow = [...locations].filter(([other, location]) => other !== key && covers(wide, location));
		covered.set(
			key,
			narrow.map(([other]) => other),
		);
	}
	return { locations, covered, items: about, groups, known };
}

/**
 * What the facts come to; or why they exclude each other by the kinds of values that they are about. Ends are narrowed
 * as far as the budget goes.
 */
export function systemOf(
	facts: readonly Fact[],
	scene: Scene,
	budget: { remaining: number },
): RelationSystem | { readonly because: Because } {
	const present = presentIn(facts, scene);
	const lines = linesIn(facts, scene, present);
	if ('because' in lines) return lines;
	const whole = new Map<string, Because>();
	const rows: Rows = { scene, present, lines, inequalities: [], ends: new Map(), whole, gaps: [], differences: [] };
	for (const fact of facts) addFact(rows, fact);
	for (const { min, max, key, because } of scene.items) {
		addRow(rows, { [variableOf('count', key)]: -1 }, -min, because);
		for (const each of [key, ...scene.covered.get(key)!])
			addRow(rows, { [variableOf('count', each)]: 1 }, max, because);
	}
	for (const [key, location] of scene.locations) addLocation(rows, key, location);
	const groups = addGroups(rows);
	const narrowing = narrowEnds(rows, rows.inequalities, budget);
	const before = new Set(rows.inequalities.flatMap(({ terms }) => [...terms.keys()]));
	for (const [key, there] of present) addSum(rows, key, there);
	addProducts(rows);
	const said = new Set(rows.inequalities.flatMap(({ terms }) => [...terms.keys()]));
	const gone = new Set(facts.flatMap(({ condition }) => (condition.kind === 'not' ? keysOf(condition) : [])));
	const hasValue = (key: string): boolean =>
		scene.items.some((item) => item.domain && (item.key === key || scene.covered.get(item.key)!.includes(key)));
	const unsure = [...scene.locations].filter(([key]) => {
		if (present.has(key) || gone.has(key)) return false;
		return said.has(variableOf('sum', key)) || (groups.bound.has(key) && hasValue(key));
	});
	const { inequalities, gaps, differences } = rows;
	// All else that ends tell the inequalities tell without them.
	const hasSums = [...present.keys()].some((key) => before.has(variableOf('sum', key)));
	const why = groups.why ?? (hasSums || scene.known.products.size > 0 ? narrowing : undefined);
	return { inequalities, whole, gaps, differences, unsure: unsure.map(([, location]) => location), why };
}

function keysOf(condition: Condition): readonly string[] {
	return locationsIn(condition).map(locationKey);
}

/** Locations that select something for certain, and why. */
function presentIn(facts: readonly Fact[], { covered, items, locations }: Scene): ReadonlyMap<string, Because> {
	const present = new Map<string, Because>();
	const note = (key: string, because: Because): void => {
		if (!present.has(key)) present.set(key, because);
	};
	for (const { condition, because } of facts) {
		if (condition.kind === 'exists') note(locationKey(condition.location), because);
		if (condition.kind !== 'comparison') continue;
		for (const side of [condition.left, condition.right]) {
			for (const location of demandedBy(side)) note(locationKey(location), because);
		}
	}
	for (const { key, min, because } of items) if (min > 0) note(key, because);
	for (const [key, location] of locations) if (numberOf(location).least > 0) note(key, []);
	for (const [wide, narrow] of covered) {
		const one = narrow.find((key) => present.has(key));
		if (one !== undefined) note(wide, present.get(one)!);
	}
	return present;
}

function addFact(rows: Rows, { condition, which, because }: Fact): void {
	if (condition.kind !== 'comparison') {
		const isThere = condition.kind === 'exists';
		for (const key of keysOf(condition)) {
			addRow(rows, { [variableOf('count', key)]: isThere ? -1 : 1 }, isThere ? -1 : 0, because);
			if (isThere) continue;
			addRow(rows, { [variableOf('sum', key)]: 1 }, 0, because);
			addRow(rows, { [variableOf('sum', key)]: -1 }, 0, because);
		}
		return;
	}
	const { operator, left, right } = condition;
	const { known } = rows.scene;
	const [less, more] = [differenceOf(left, right, known), differenceOf(right, left, known)];
	if (less === undefined || more === undefined) return;
	const say = (form: LinearForm, isStrict: boolean): void =>
		addRow(rows, Object.fromEntries(largestOf(form, which)), negate(form.constant), because, isStrict);
	if (operator === '<' || operator === '<=' || operator === '=') say(less, operator === '<');
	if (operator === '>' || operator === '>=' || operator === '=') say(more, operator === '>');
	if (operator !== '!=') return;
	// Only where both are of one kind two places are two values.
	const [one, other] = [lineOfSide(left, which, rows.lines), lineOfSide(right, which, rows.lines)];
	if (one === undefined || one.line !== other?.line) return;
	const why = [...new Set([...because, ...one.because, ...other.because])];
	for (const each of which === 'all' ? (['min', 'max'] as const) : [which]) {
		rows.differences.push({ terms: largestOf(less, each), constant: less.constant, because: why });
	}
}
