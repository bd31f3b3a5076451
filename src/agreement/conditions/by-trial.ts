/**
 * What several slots would have to be, where comparisons are not linear: of one what is near to where they change, the
 * others being what they are, and of the last the nearest value then. What is found need not be the nearest.
 */

import type { Gradual } from '../../parts.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import type { Atom } from './alternatives.ts';
import { type Evaluation, evaluate, numbers, saidBySelected } from './evaluation.ts';
import type { Condition } from './expression.ts';
import type { Value } from './expression-values.ts';
import { findNearest, type Suppose, valuesTried } from './nearest.ts';
import { add, ceilTo, divide, floorTo, isFiniteRational, isWhole, negate, order, type Rational } from './rational.ts';
import { eachNode, isAllowedChange, isTurnedChange, type SlotChange, supposingAll, unknownOf } from './slot-changes.ts';
import { DECIMALS_MAX, type Slot, slotsOf } from './slots.ts';
import { bothEnds, point } from './spans.ts';
import { locationName, locationsIn } from './unknowns.ts';

/** More changes together are sought by equations alone. */
const CHANGES_MAX = 4;
/** Values of one slot, the nearest, for which the others are sought. */
const VALUES_MAX = 12;
/** Of more nodes those of a Location are supposed to say the same. */
const NODES_MAX = 8;

/** As few changes as will do, first without more decimals, from `fewest`; undefined where none were found. */
export function* findByTrial(
	part: Condition,
	ways: readonly (readonly Atom[])[],
	evaluation: Evaluation,
	fewest: 1 | 2,
): Gradual<readonly SlotChange[] | undefined> {
	const single = slotsIn(ways, evaluation, false);
	const hasSeveral = single.some(({ index }) => index > 0);
	const look = (slots: readonly Slot[], least: number, finest: number): Gradual<readonly SlotChange[] | undefined> =>
		withShareGradually(evaluation.budget, 2, (budget) => among(part, slots, { ...evaluation, budget }, least, finest));
	for (const finest of [0, DECIMALS_MAX]) {
		const found =
			(single.length > NODES_MAX ? undefined : yield* look(single, fewest, finest)) ??
			(hasSeveral ? yield* look(slotsIn(ways, evaluation, true), 1, finest) : undefined);
		if (found !== undefined) return found;
	}
	return undefined;
}

export function slotsIn(
	ways: readonly (readonly Atom[])[],
	evaluation: Evaluation,
	isGrouped: boolean,
): readonly Slot[] {
	const slots = new Map<string, readonly Slot[]>();
	for (const atoms of ways) {
		for (const [text, each] of slotsOf(atoms, evaluation, isGrouped) ?? []) {
			if (!slots.has(text)) slots.set(text, each);
		}
	}
	return [...slots.values()].flat();
}

/** Each change is of what is wrong by itself, or else of what the first thing that does not hold is about. */
function* among(
	part: Condition,
	slots: readonly Slot[],
	evaluation: Evaluation,
	fewest: number,
	finest: number,
): Gradual<readonly SlotChange[] | undefined> {
	const { budget } = evaluation;
	const conjuncts = part.kind === 'and' ? part.conditions : [part];
	let best: readonly SlotChange[] | undefined;
	const extend = function* (changed: readonly SlotChange[], left: number): Gradual<void> {
		yield;
		const changes = changed.flatMap(({ slot, to }) => eachNode(slot, to));
		const instead = supposingAll(part, changes, evaluation);
		if (instead === undefined) return;
		const supposed: Evaluation = { ...evaluation, instead };
		const open = slots.filter((slot) => !changed.some((change) => change.slot === slot));
		const wrong = open.filter(({ isWrong }) => isWrong);
		if (wrong.length > left) return;
		budget.remaining -= STEPS_PER_CONJUNCT * conjuncts.length;
		const broken = conjuncts.find((each) => evaluate(each, supposed) !== 'true');
		const about = new Set(locationsIn(broken ?? part).map(locationName));
		for (const slot of wrong.length > 0
			? wrong.slice(0, 1)
			: open.filter(({ location }) => about.has(locationName(location)))) {
			if (budget.remaining < 0) return;
			if (left > 1) {
				for (const to of valuesOf(part, slot, supposed)) yield* extend([...changed, { slot, to }], left - 1);
				continue;
			}
			const to = yield* nearestBeside(part, slot, changes, evaluation, finest);
			const found = to && [...changed, { slot, to }];
			if (found !== undefined && (best === undefined || isBefore(found, best))) best = found;
		}
	};
	for (let size = fewest; size <= CHANGES_MAX && best === undefined && budget.remaining >= 0; size += 1)
		yield* extend([], size);
	return best?.flatMap(({ slot, to }) => eachNode(slot, to));
}

/** To look at one of several things that have to hold. */
const STEPS_PER_CONJUNCT = 40;

/** The nearest that are worth a try. */
function valuesOf(part: Condition, slot: Slot, supposed: Evaluation): readonly Value[] {
	const { demand } = slot;
	const near = valuesTried(part, unknownOf(slot), saidIn(slot, supposed), supposed, demand);
	if (demand === undefined) return [...near.slice(0, VALUES_MAX), ...wholeBeside(slot)];
	const allowed = [...near, ...wholeBeside(slot)].filter((to) => isAllowedChange({ slot, to }));
	return allowed.slice(0, VALUES_MAX);
}

/** Of a range, or of nodes that are to say the same, the first few. */
const SPANS_MAX = 4;

/** Where nothing, or 0, is in the place of a factor, or a fraction, no comparison says where it changes. */
function wholeBeside({ line, spans }: Slot): readonly Value[] {
	if (line !== 'number') return [];
	const ends = (spans ?? []).slice(0, SPANS_MAX).flatMap(bothEnds).filter(isFiniteRational);
	return [1, ...ends.flatMap((end) => [floorTo(end, 0), ceilTo(end, 0)])].map((each) => numbers(point(each)));
}

/** The nearest that a slot may be beside other changes; of a range what of it is admitted. */
export function* nearestBeside(
	part: Condition,
	slot: Slot,
	changes: readonly SlotChange[],
	evaluation: Evaluation,
	finest?: number,
): Gradual<Value | undefined> {
	const instead = supposingAll(part, changes, evaluation);
	if (instead === undefined) return undefined;
	const { demand } = slot;
	const suppose: Suppose = (to) =>
		isAllowedChange({ slot, to }) ? supposingAll(part, [...changes, ...eachNode(slot, to)], evaluation) : undefined;
	const [unknown, said] = [unknownOf(slot), saidIn(slot, evaluation)];
	const found = yield* findNearest(part, unknown, said, { ...evaluation, instead }, suppose, demand, finest);
	return found?.value;
}

function saidIn({ kind, location, index, spans, text, line }: Slot, evaluation: Evaluation): Value | undefined {
	if (kind === 'nodes' && line === 'number' && spans !== undefined) return numbers(point(spans[0]!.lower));
	if (text !== undefined) return { kind: 'texts', texts: [text] };
	if (spans !== undefined) return line === 'number' ? { kind: 'numbers', spans } : undefined;
	// A text may stand where a number is asked for, and be another.
	const said = kind === 'node' ? saidBySelected(location, evaluation).values[index] : undefined;
	return said === undefined || 'why' in said ? undefined : said;
}

function isBefore(one: readonly SlotChange[], other: readonly SlotChange[]): boolean {
	const [turned, turnedOther] = [one, other].map((all) => all.filter(isTurnedChange).length);
	if (turned !== turnedOther) return turned! < turnedOther!;
	const [broken, brokenOther] = [one, other].map((all) => all.filter(isBroken).length);
	return broken === brokenOther ? order(costOf(one), costOf(other)) < 0 : broken! < brokenOther!;
}

function isBroken({ slot, to }: SlotChange): boolean {
	return slot.decimals === 0 && to.kind === 'numbers' && to.spans.some(({ lower }) => !isWhole(lower));
}

/** In parts of what they were. */
function costOf(changes: readonly SlotChange[]): Rational {
	return changes.reduce<Rational>((sum, { slot: { spans }, to }) => {
		const [from, at] = [spans?.[0]?.lower, to.kind === 'numbers' ? to.spans[0]?.lower : undefined];
		if (from === undefined || at === undefined || !isFiniteRational(from) || !isFiniteRational(at)) return add(sum, 1);
		return add(sum, divide(size(add(at, negate(from))), largest(size(from))));
	}, 0);
}

function size(value: Rational): Rational {
	return order(value, 0) < 0 ? negate(value) : value;
}

function largest(value: Rational): Rational {
	return order(value, 1) < 0 ? 1 : value;
}
