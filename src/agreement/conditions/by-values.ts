/**
 * What several numbers would have to be, by trying: of what does not hold one number after the other is changed, to what
 * items name, what is beside it, and where comparisons change; fewer changes first, and of as many the least. It is tried
 * by doubles, which are quick, and what holds so is held against the condition itself.
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { type Evaluation, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { holdsWith, keyOf, putOf } from './puts.ts';
import { type Nodes, type Places, type Rule, rulesOf } from './rules-in-doubles.ts';
import { isAllowedChange, type SlotChange } from './slot-changes.ts';
import { type Slot, slotsOf } from './slots.ts';
import { isPoint } from './spans.ts';
import { Tries, type Variable } from './tries.ts';
import { comparisonsIn, isOfEach, locationName, locationsIn, unknownsOf } from './unknowns.ts';
import { type Choices, choicesOf, numbersNamed, saidBy } from './values-worth-trying.ts';

/** Of more numbers there are too many combinations; where all nodes of a Location are to say the same there may be more. */
const VARIABLES_MAX = 16;
const NODES_MAX = 64;
const CHANGES_MAX = 8;
const RULES_MAX = 256;
/** Of several nodes each is compared by itself. */
const CHOICES_MAX = 1000;
/** Made and compared to look at all of it once. */
const NUMBERS_MAX = 2000;
/** Values of each number; more are seldom a help. */
const VALUES_FEW = 6;
const VALUES_MAX = 40;
/** Steps of a budget: to make what holds a number; to try what was found. */
const STEPS_PER_MADE = 20;
const STEPS_PER_TRIAL = 800;
/** So that something is left for more changes. */
const SHARES = 3;
const STEPS_MIN = 2000;

/**
 * As few changes as were found to do, from `fewest`, and of these the nearest; else those with which all nodes of a
 * Location say the same. Undefined where there are none, or where it is about other things than numbers.
 */
export function* findByValues(
	part: Condition,
	evaluation: Evaluation,
	fewest: number,
): Gradual<readonly SlotChange[] | undefined> {
	const counts = locationsIn(part).map((location) => selectionsOf(location, evaluation).selections.length);
	const nodes = counts.reduce((sum, each) => sum + each, 0);
	const isGrouped = counts.some((each) => each > 1);
	const look = (isOne: boolean, least: number, shares: number): Gradual<readonly SlotChange[] | undefined> =>
		withShareGradually(evaluation.budget, shares, (budget) => among(part, { ...evaluation, budget }, isOne, least));
	const single = nodes > VARIABLES_MAX ? undefined : yield* look(false, fewest, isGrouped ? 3 / 2 : 1);
	return single ?? (isGrouped && nodes <= NODES_MAX ? yield* look(true, 1, 1) : undefined);
}

function* among(
	part: Condition,
	evaluation: Evaluation,
	isGrouped: boolean,
	fewest: number,
): Gradual<readonly SlotChange[] | undefined> {
	const known = variablesIn(part, evaluation, isGrouped);
	if (known === undefined) return undefined;
	const { variables, said } = known;
	const conjuncts = part.kind === 'and' ? part.conditions : [part];
	const rules = yield* rulesAbout(conjuncts, variables, evaluation);
	if (rules === undefined) return undefined;
	const holds = (changes: readonly SlotChange[], budget: StepBudget): boolean => {
		budget.remaining -= STEPS_PER_TRIAL;
		if (!changes.every(isAllowedChange)) return false;
		const puts = changes.map((change) => putOf(change, evaluation));
		const byPlace = new Map(puts.map((put) => [keyOf(put), put]));
		return conjuncts.every((each) => holdsWith(each, byPlace, { ...evaluation, budget }));
	};
	const named = numbersNamed(part);
	const { budget } = evaluation;
	// Others than whole numbers, and less than nothing, only where nothing else does.
	for (const isAny of [false, true]) {
		const choices: Choices[] = [];
		for (const { slot } of variables) {
			yield;
			choices.push(choicesOf(slot, named, isAny, budget));
		}
		for (let size = fewest; size <= Math.min(CHANGES_MAX, variables.length); size += 1) {
			const tries = new Tries({ variables, said, rules, choices, holds });
			// First by a few values of each, so that there is something soon.
			for (const most of [VALUES_FEW, VALUES_MAX])
				yield* withShareGradually(budget, SHARES, (share) => tries.look(size, most, share));
			if (tries.best !== undefined) return tries.best;
			if (budget.remaining < STEPS_MIN) return undefined;
		}
	}
	return undefined;
}

/** Each with places for its nodes, and what all of these say; undefined where one is no number, or there are too many. */
function variablesIn(
	part: Condition,
	evaluation: Evaluation,
	isGrouped: boolean,
): { readonly variables: readonly Variable[]; readonly said: readonly number[] } | undefined {
	const atoms = comparisonsIn(part).map((each) => {
		if (each.kind === 'comparison') return each;
		const count = { kind: 'function', name: 'count', location: each.location } as const;
		return { operator: '>=', left: count, right: { kind: 'number', value: 1 } } as const;
	});
	const single = slotsOf(atoms, evaluation, false);
	const together = isGrouped ? slotsOf(atoms, evaluation, true) : single;
	if (single === undefined || together === undefined) return undefined;
	const variables: Variable[] = [];
	const said: number[] = [];
	for (const [name, slots] of single) {
		if (slots.some(({ kind }) => kind === 'count')) continue;
		if (!slots.every(({ line, spans = [] }) => line === 'number' && spans.length < 2 && spans.every(isPoint)))
			return undefined;
		const places = slots.map((_, nth) => said.length + nth);
		said.push(...slots.map(saidBy));
		const all = together.get(name)!;
		if (all.length < slots.length) variables.push({ slot: all[0]!, places });
		else for (const [nth, slot] of slots.entries()) variables.push({ slot, places: [places[nth]!] });
	}
	return variables.length > VARIABLES_MAX ? undefined : { variables, said };
}

/** What has to hold, about the variables; undefined where it is too much to be tried. */
function* rulesAbout(
	conjuncts: readonly Condition[],
	variables: readonly Variable[],
	evaluation: Evaluation,
): Gradual<readonly Rule[] | undefined> {
	const variableAt = variables.flatMap(({ places }, variable) => places.map(() => variable));
	const aboutVariables = (places: readonly number[]): readonly number[] => [
		...new Set(places.map((place) => variableAt[place]!)),
	];
	const rules: Rule[] = [];
	let [size, choices] = [0, 0];
	for (const conjunct of conjuncts) {
		yield;
		for (const places of placesFor(conjunct, variables, evaluation)) {
			choices += choicesIn(conjunct, places);
			if (choices > CHOICES_MAX) return undefined;
			const found = rulesOf(conjunct, places);
			if (found === undefined) return undefined;
			for (const rule of found) {
				const differences = rule.differences.map((each) => ({ ...each, about: aboutVariables(each.about) }));
				rules.push({ ...rule, differences, about: aboutVariables(rule.about) });
				size += rule.steps;
			}
			if (rules.length > RULES_MAX || size > NUMBERS_MAX) return undefined;
		}
	}
	evaluation.budget.remaining -= STEPS_PER_MADE * size;
	return evaluation.budget.remaining < 0 ? undefined : rules;
}

/** Of all its comparisons how many ways there are to choose one of the nodes wherever a Location stands. */
function choicesIn(conjunct: Condition, places: Places): number {
	return comparisonsIn(conjunct).reduce((sum, each) => {
		const named = each.kind === 'comparison' ? unknownsOf(each).filter(({ kind }) => kind === 'location') : [];
		return sum + named.reduce((ways, { location }) => ways * Math.max(1, places(location)?.at.length ?? 1), 1);
	}, 0);
}

/** Where the nodes have their places; where each of them may hold by another alternative each by itself. */
function placesFor(conjunct: Condition, variables: readonly Variable[], evaluation: Evaluation): readonly Places[] {
	const placesOf = (location: Slot['location']): Nodes => {
		const own = variables.filter(({ slot }) => locationName(slot.location) === locationName(location));
		return {
			at: own.flatMap(({ places }) => places),
			count: selectionsOf(location, evaluation).selections.length,
		};
	};
	const [location, ...others] = locationsIn(conjunct);
	if (location === undefined || others.length > 0 || !isOfEach(conjunct)) return [placesOf];
	const { at, count } = placesOf(location);
	return at.length < 2 ? [placesOf] : at.map((each) => () => ({ at: [each], count }));
}
