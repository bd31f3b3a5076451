/**
 * What has to change together, where no change of a single node makes a part of a constraint hold: the fewest nodes, and
 * of these what changes least. Every set is tried before it is told.
 */
import type { Gradual } from '../../parts.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import type { Location } from '../template/location.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { type Atom, waysOf } from './alternatives.ts';
import { findByTrial, nearestBeside } from './by-trial.ts';
import { findByTurns } from './by-turns.ts';
import { findByValues } from './by-values.ts';
import type { Changed } from './changes-of-numbers.ts';
import { type Evaluation, numbers, saidBySelected, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { type Line, placeOn, print, type Value } from './expression-values.ts';
import { fewestChanges, type Way } from './fewest-changes.ts';
import { isOffLines } from './nearest.ts';
import { allowedOn, valueOn } from './node-demand.ts';
import { order, type Rational } from './rational.ts';
import { SetsOfSlots } from './sets-of-slots.ts';
import { eachNode, isHeld, type SlotChange } from './slot-changes.ts';
import { demandsOf } from './slot-rows.ts';
import { missingOf, type Slot, slotsOf } from './slots.ts';
import { isPoint, point } from './spans.ts';
import { locationName, locationsIn, unknownsIn } from './unknowns.ts';

/** `isProven`: no fewer changes would do, nor less of change. */
export interface Together {
	readonly changes: readonly SlotChange[];
	readonly isProven: boolean;
}

/** Undefined where there is none, or none was found. `fewest`: 2 where it is known that no single change does. */
export function* findTogether(
	part: Condition,
	evaluation: Evaluation,
	fewest: 1 | 2 = 2,
): Gradual<Together | undefined> {
	const { ways, isAll } = waysOf(part, WAYS_MAX);
	// So that there is one in any case: what the others spend may be all.
	const last = yield* withShareGradually(evaluation.budget, 2, (budget) =>
		findByTurns(part, ways, { ...evaluation, budget }),
	);
	const among = (isGrouped: boolean): Gradual<Together | undefined> => {
		return withShareGradually(evaluation.budget, isGrouped ? 2 : SHARES_OF_EXACT, (budget) => {
			return findAmong(part, ways, { ...evaluation, budget }, isGrouped);
		});
	};
	const nodes = locationsIn(part).reduce((sum, each) => sum + selectionsOf(each, evaluation).selections.length, 0);
	const isLong = nodes > NODES_MAX || evaluation.budget.remaining < nodes * nodes * STEPS_PER_PAIR;
	if (isLong) evaluation.budget.isShort = true;
	// To a text other texts are nearer than the numbers that it is compared with.
	const byTrial = (): Gradual<readonly SlotChange[] | undefined> =>
		withShareGradually(evaluation.budget, 4, (budget) => findByTrial(part, ways, { ...evaluation, budget }, fewest));
	const texts = isLong || !saysText(part, evaluation) ? undefined : yield* byTrial();
	if (texts?.every(({ to }) => isOffLines(to))) return { changes: texts, isProven: false };
	const exact = isLong ? undefined : yield* among(false);
	if (exact !== undefined) return { ...exact, isProven: exact.isProven && isAll };
	const byValues = yield* withShareGradually(evaluation.budget, 2, (budget) =>
		findByValues(part, { ...evaluation, budget }, fewest),
	);
	const found =
		byValues ?? (yield* among(true))?.changes ?? (yield* findByTrial(part, ways, evaluation, fewest)) ?? last;
	const changes = found?.filter((each) => !isAsItIs(each, evaluation));
	return changes && { changes, isProven: false };
}

/** So that some of it is left: what is not linear costs it nothing. */
const SHARES_OF_EXACT = 4 / 3;
/** Ways to make a part hold; of more than these it is not known whether another takes fewer changes. */
const WAYS_MAX = 64;
/** Of more all those of a Location are supposed to say the same. */
const NODES_MAX = 64;
/** With less for each two nodes it comes to nothing. */
const STEPS_PER_PAIR = 20;

/** Whether a node says a text of which items say what it may be. */
function saysText(part: Condition, evaluation: Evaluation): boolean {
	return locationsIn(part).some((location) => {
		const { selections } = selectionsOf(location, evaluation);
		const { values } = saidBySelected(location, evaluation);
		return values.some((value, index) => {
			return !('why' in value) && isOffLines(value) && evaluation.demands?.(location, selections[index]) !== undefined;
		});
	});
}

/**
 * Whether no change of a single slot can make the part hold, however it is changed: then it need not be tried. Only of
 * what is linear, about one node of each Location.
 */
export function* takesSeveral(part: Condition, evaluation: Evaluation): Gradual<boolean> {
	const isOfOne = unknownsIn(part).every(
		({ kind, location }) => kind === 'location' && selectionsOf(location, evaluation).selections.length < 2,
	);
	if (!isOfOne) return false;
	const { ways, isAll } = waysOf(part, WAYS_MAX);
	if (!isAll) return false;
	const { budget } = evaluation;
	for (const way of waysAmong(part, ways, false, evaluation)) {
		yield;
		if (way === undefined) return false;
		for (const set of new SetsOfSlots(way.demands, way.slots, true, budget).ofSize(1)) {
			yield;
			if (set !== undefined || budget.remaining < 0) return false;
		}
	}
	return budget.remaining >= 0;
}

/** With the slots that may change in it; undefined where one is not linear. */
function* waysAmong(
	part: Condition,
	sets: readonly (readonly Atom[])[],
	isGrouped: boolean,
	evaluation: Evaluation,
): Generator<Way | undefined> {
	const missing = missingIn(part, evaluation);
	for (const atoms of sets) {
		const slots = slotsOf(atoms, evaluation, isGrouped);
		const demands = slots && demandsOf(atoms, slots, evaluation.budget);
		if (demands === undefined) {
			yield undefined;
			continue;
		}
		const all = [...slots!.values()].flat();
		const others = missing
			.filter((location) => !slots!.has(locationName(location)))
			.map((location) => missingOf(location, 'number', evaluation));
		for (const each of demands) yield { demands: each, slots: [...all, ...others] };
	}
}

function* findAmong(
	part: Condition,
	sets: readonly (readonly Atom[])[],
	evaluation: Evaluation,
	isGrouped: boolean,
): Gradual<Together | undefined> {
	const { budget } = evaluation;
	let isEvery = true;
	const ways: Way[] = [];
	for (const way of waysAmong(part, sets, isGrouped, evaluation)) {
		yield;
		if (way === undefined) isEvery = false;
		else ways.push(way);
	}
	const valued = (changed: Changed): readonly SlotChange[] => {
		return [...changed].flatMap(([slot, to]) => eachNode(slot, valueAt(slot, to, sets)));
	};
	const found = yield* fewestChanges(ways, (changed) => isHeld(part, valued(changed), evaluation), budget);
	if (found === undefined) return undefined;
	const changes = yield* widened(part, valued(found.changed), evaluation);
	return {
		changes: isGrouped ? withoutNeedless(part, changes, evaluation) : changes,
		isProven: found.isProven && isEvery,
	};
}

/** Without those that may stay as they are. */
function withoutNeedless(part: Condition, all: readonly SlotChange[], evaluation: Evaluation): readonly SlotChange[] {
	let changes = all.filter((each) => !isAsItIs(each, evaluation));
	for (const each of changes.length > NODES_MAX ? [] : changes) {
		const fewer = changes.filter((other) => other !== each);
		if (isHeld(part, fewer, evaluation)) changes = fewer;
	}
	return changes;
}

/** What is wrong as it is may be the same number, written otherwise. */
function isAsItIs({ slot: { kind, location, index, isWrong }, to }: SlotChange, evaluation: Evaluation): boolean {
	const said = kind === 'node' && !isWrong ? saidBySelected(location, evaluation).values[index] : undefined;
	return said !== undefined && !('why' in said) && print(said) === print(to);
}

/** As it is written: a number as items let it be, a time as it is named, if it is. */
function valueAt({ line, demand }: Slot, to: Rational | string, sets: readonly (readonly Atom[])[]): Value {
	if (typeof to === 'string') return { kind: 'texts', texts: [to] };
	if (line === 'number') return (demand && allowedOn(demand, line, to)) ?? numbers(point(to));
	if (line === 'text' || typeof to !== 'number') return numbers(point(to));
	const sides = sets.flatMap((atoms) => atoms.flatMap(({ left, right }) => [left, right]));
	const named = sides.find((side) => side.kind === 'text' && isAt(side.text, line, to));
	const text = named?.kind === 'text' ? collapseWhiteSpace(named.text) : undefined;
	return text === undefined ? valueOn(line, to) : { kind: 'texts', texts: [text] };
}

function isAt(text: string, line: Line, at: number): boolean {
	const place = placeOn(line, collapseWhiteSpace(text));
	return place !== undefined && order(place, at) === 0;
}

/** Of each range all that may be admitted of it, beside the other changes. */
function* widened(
	part: Condition,
	found: readonly SlotChange[],
	evaluation: Evaluation,
): Gradual<readonly SlotChange[]> {
	let changes = found;
	for (const [index, { slot }] of found.entries()) {
		const { kind, location, spans = [] } = slot;
		const isAlone = found.filter((other) => locationName(other.slot.location) === locationName(location)).length === 1;
		if (kind !== 'node' || spans.every(isPoint) || !isAlone) continue;
		const others = changes.toSpliced(index, 1);
		const to = yield* nearestBeside(part, slot, others, evaluation);
		const wider = to && changes.with(index, { slot, to });
		if (wider !== undefined && isHeld(part, wider, evaluation)) changes = wider;
	}
	return changes;
}

/** What selects nothing, and makes a part undecided wherever it is come to. */
function missingIn(part: Condition, evaluation: Evaluation): readonly Location[] {
	return locationsIn(part).filter((location) => selectionsOf(location, evaluation).selections.length === 0);
}
