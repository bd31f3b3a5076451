/**
 * Whether constraints and items can hold together: a search through the ways to make their `or`s true, each looked at as
 * linear inequalities (relation-system.ts). What it calls impossible is; where it gives up the budget tells why.
 */

import type { Condition } from '../conditions/expression.ts';
import { negate, order } from '../conditions/rational.ts';
import type { Spans } from '../conditions/spans.ts';
import { isOfEach, locationsIn } from '../conditions/unknowns.ts';
import type { CreationConstraint } from '../template/constraints.ts';
import type { Location } from '../template/location.ts';
import { locationKey } from '../template/location-key.ts';
import type { Particle } from '../template/particles.ts';
import { demandedBy, type Known, type Which } from './linear-forms.ts';
import { compareNear, type Inequality, type Near, solveInequalities } from './linear-system.ts';
import { withoutNot } from './lint-conditions.ts';
import { type Fact, type ItemFact, type Scene, sceneOf, systemOf } from './relation-system.ts';
import { domainOf } from './value-domains.ts';

/** A part of a free constraint, which must be true, or an item. */
export type Source = { readonly path: string; readonly text: string } & (
	| { readonly condition: Condition }
	| { readonly item: CreationConstraint }
	| GroupSource
);

/** The model group of an item, about the children of what it selects; `children` are those of which others speak. */
interface GroupSource {
	readonly location: Location;
	readonly group: Particle;
	readonly children: readonly Location[];
}

/** What all questions about one template may cost, in coefficients that are looked at: about half a second. No clock, so that every machine says the same. */
const STEPS_MAX = 400_000;
/** Ways to make the `or`s of some constraints true that are looked at for one question. */
const WAYS_MAX = 300;
/** Of constraints, and names of items, that have Locations in common: some four hundred comparisons. */
const CHARACTERS_MAX = 10_000;

/** To make an inequality costs some microseconds. */
const STEPS_PER_ROW = 4;

export interface RelationBudget {
	remaining: number;
	/** Why the last question that found nothing to be impossible was not looked at to its end; undefined: it was. */
	givenUp: string | undefined;
}

export function relationBudget(steps = STEPS_MAX): RelationBudget {
	return { remaining: steps, givenUp: undefined };
}

/** Those of the sources that no offer can fulfil together: none of them can be left out. Undefined: they may be fulfilled. */
export function findExcluding(sources: readonly Source[], budget: RelationBudget): readonly Source[] | undefined {
	const indices = refute(sources, budget);
	if (indices === undefined) return undefined;
	let kept = indices.map((index) => sources[index]!);
	// What the search went by is enough, and often more than that.
	if (refute(kept, budget) === undefined) kept = [...sources];
	for (const source of [...kept].reverse()) {
		const others = kept.filter((each) => each !== source);
		if (others.length > 0 && refute(others, budget) !== undefined) kept = others;
	}
	return kept;
}

/** An `or` of which some alternative has to be made true. */
interface Choice {
	readonly alternatives: readonly Condition[];
	readonly which: Which;
	readonly because: readonly number[];
}

interface Way {
	readonly facts: readonly Fact[];
	readonly choices: readonly Choice[];
	readonly splits: readonly Inequality[];
}

/** What one question is about, and what it may still cost. */
interface Question {
	readonly scene: Scene;
	readonly budget: RelationBudget;
	ways: number;
	/** Numbers of reasons that are none of a source but of a way. */
	next: number;
}

/** The places of the sources that exclude each other; undefined where they may hold together, or it was given up. */
export function refute(sources: readonly Source[], budget: RelationBudget): readonly number[] | undefined {
	const characters = sources.reduce((sum, { text }) => sum + text.length, 0);
	if (characters > CHARACTERS_MAX)
		return giveUp(budget, `they and what goes with them have more than ${CHARACTERS_MAX} characters`);
	if (budget.remaining < 0) return giveUp(budget, STEPS_SPENT);
	budget.remaining -= characters;
	const known: Known = { products: new Map(), texts: new Map() };
	const conditions = sources.flatMap((source) => ('condition' in source ? [source.condition] : []));
	const items = sources.flatMap((source, index) => ('item' in source ? [itemFactOf(source.item, index, known)] : []));
	// Which of them select what others do is asked of each two.
	const spoken = new Set(
		[...conditions.flatMap(locationsIn), ...items.map(({ location }) => location)].map(locationKey),
	);
	budget.remaining -= spoken.size * spoken.size;
	if (budget.remaining < 0) return giveUp(budget, STEPS_SPENT);
	const groups = sources.flatMap((source, index) =>
		'group' in source ? [{ location: source.location, group: source.group, because: [index] }] : [],
	);
	const scene = sceneOf(conditions, items, groups, known);
	const question: Question = { scene, budget, ways: WAYS_MAX, next: sources.length };
	let way: Way = { facts: [], choices: [], splits: [] };
	for (const [index, source] of sources.entries()) {
		if (!('condition' in source)) continue;
		for (const which of waysOfNodes(source.condition)) way = supposing(way, source.condition, which, [index]);
	}
	return findConflict(way, question);
}

const STEPS_SPENT = `to look at all relations of the template takes more than ${STEPS_MAX} steps`;

function giveUp(budget: RelationBudget, why: string): undefined {
	budget.givenUp = why;
}

function itemFactOf({ location, multiplicity, value }: CreationConstraint, index: number, known: Known): ItemFact {
	const domain = value && domainOf(value, known);
	const { min, max } = multiplicity;
	const own = { location, key: locationKey(location), min, max, because: [index] };
	return domain === undefined ? own : { ...own, domain };
}

/** Where each of several nodes may fulfil it by another alternative, what it says of two of them is said apart. */
export function waysOfNodes(part: Condition): readonly Which[] {
	const isChoice = locationsIn(part).length === 1 && isOfEach(part) && hasChoice(withoutNot(part));
	return isChoice ? ['min', 'max'] : ['all'];
}

export function hasChoice(condition: Condition): boolean {
	return condition.kind === 'or' || (condition.kind === 'and' && condition.conditions.some(hasChoice));
}

function supposing(way: Way, condition: Condition, which: Which, because: readonly number[]): Way {
	const plain = withoutNot(condition);
	switch (plain.kind) {
		case 'and':
			return plain.conditions.reduce((before, each) => supposing(before, each, which, because), way);
		case 'or':
			return { ...way, choices: [...way.choices, { alternatives: plain.conditions, which, because }] };
		default:
			return { ...way, facts: [...way.facts, { condition: plain, which, because }] };
	}
}

function findConflict(way: Way, question: Question): readonly number[] | undefined {
	const { scene, budget } = question;
	question.ways -= 1;
	budget.remaining -= way.facts.length + scene.locations.size * (1 + scene.items.length);
	// The last way that was looked at decides: where it was to its end, no bound is met.
	budget.givenUp = undefined;
	if (question.ways < 0) return giveUp(budget, `there are more than ${WAYS_MAX} ways to choose`);
	if (budget.remaining < 0) return giveUp(budget, STEPS_SPENT);
	const system = systemOf(way.facts, scene, budget);
	if ('because' in system) return system.because;
	budget.remaining -= system.inequalities.length * STEPS_PER_ROW;
	const solution = solveInequalities([...system.inequalities, ...way.splits], system.whole, budget);
	if (solution.kind === 'none') return solution.because;
	if (solution.kind === 'unknown') return giveUp(budget, solution.why ?? STEPS_SPENT);
	budget.givenUp = solution.why ?? system.why;
	const [choice, ...choices] = [...way.choices].sort(
		(one, other) => one.alternatives.length - other.alternatives.length,
	);
	if (choice !== undefined) {
		const { which, because } = choice;
		const next = choice.alternatives.map((each, index) => (mark: number): Way => {
			const why = [...because, mark];
			const asked = choice.alternatives.slice(0, index).flatMap(firstDemanded);
			const there = asked.map(
				(location): Fact => ({ condition: { kind: 'exists', location, text: '' }, which, because: why }),
			);
			return supposing({ ...way, choices, facts: [...way.facts, ...there] }, each, which, why);
		});
		return conflictOfAll(next, because, question);
	}
	const [location] = system.unsure;
	if (location !== undefined) {
		const exists: Condition = { kind: 'exists', location, text: '' };
		const next = [exists, { kind: 'not', condition: exists, text: '' } as const].map(
			(each) => (mark: number) => supposing(way, each, 'all', [mark]),
		);
		return conflictOfAll(next, [], question);
	}
	const splitting = (inequalities: readonly Omit<Inequality, 'because'>[], because: readonly number[]) => {
		const next = inequalities.map(
			(each) =>
				(mark: number): Way => ({ ...way, splits: [...way.splits, { ...each, because: [...because, mark] }] }),
		);
		return conflictOfAll(next, because, question);
	};
	for (const { terms, constant, because } of system.differences) {
		const { value, beside } = solution.valueOf(terms);
		if (beside !== 0 || order(value, negate(constant)) !== 0) continue;
		const turned = new Map([...terms].map(([name, factor]) => [name, negate(factor)]));
		const sides = [
			{ terms, bound: negate(constant), isStrict: true },
			{ terms: turned, bound: constant, isStrict: true },
		];
		return splitting(sides, because);
	}
	for (const { name, spans, because } of system.gaps) {
		const index = gapAround(solution.valueOf(new Map([[name, 1]])), spans);
		if (index === undefined) continue;
		const [before, after] = [spans[index - 1]!, spans[index]!];
		const sides = [
			{ terms: new Map([[name, 1]]), bound: before.upper, isStrict: before.upperOpen },
			{ terms: new Map([[name, -1]]), bound: negate(after.lower), isStrict: after.lowerOpen },
		];
		return splitting(sides, because);
	}
	return undefined;
}

/** Why none of the ways can be gone, one of which has to be; a way that a reason of its own does not stand against is no matter. */
function conflictOfAll(
	ways: readonly ((mark: number) => Way)[],
	because: readonly number[],
	question: Question,
): readonly number[] | undefined {
	const all = new Set(because);
	for (const make of ways) {
		const mark = question.next;
		question.next += 1;
		const conflict = findConflict(make(mark), question);
		if (conflict === undefined) return undefined;
		if (!conflict.includes(mark)) return conflict;
		for (const reason of conflict) if (reason !== mark) all.add(reason);
	}
	return [...all];
}

/** The Locations that are looked at first, whatever they say: where one of them selects nothing, nothing else is looked at. */
function firstDemanded(condition: Condition): readonly Location[] {
	if (condition.kind === 'comparison') return [...demandedBy(condition.left), ...demandedBy(condition.right)];
	if (condition.kind === 'exists') return [];
	return firstDemanded(condition.kind === 'not' ? condition.condition : condition.conditions[0]!);
}

/** The first span beyond the place, which lies between two of them. */
function gapAround(place: Near, spans: Spans): number | undefined {
	const index = spans.findIndex(
		({ upper, upperOpen }) => compareNear(place, { value: upper, beside: upperOpen ? -1 : 0 }) <= 0,
	);
	if (index < 1) return undefined;
	const { lower, lowerOpen } = spans[index]!;
	return compareNear(place, { value: lower, beside: lowerOpen ? 1 : 0 }) < 0 ? index : undefined;
}
