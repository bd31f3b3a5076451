/**
 * What several slots would have to be, comparison by comparison: of each that does not hold one Location is changed, all
 * of its nodes to the same. It costs little whatever is compared, and so is there where the time is short; what is found
 * need not be the nearest.
 */

import type { Gradual } from '../../parts.ts';
import type { Atom } from './alternatives.ts';
import { type Evaluation, evaluate, saidBySelected } from './evaluation.ts';
import type { Comparison, Condition } from './expression.ts';
import type { Value } from './expression-values.ts';
import { valuesTried } from './nearest.ts';
import { eachNode, isAllowedChange, isHeld, type SlotChange, supposingAll, unknownOf } from './slot-changes.ts';
import { type Slot, slotsOf } from './slots.ts';
import { locationName, unknownsOf } from './unknowns.ts';

/** The changes by the first way that comes to an end; undefined where none does. */
export function* findByTurns(
	part: Condition,
	ways: readonly (readonly Atom[])[],
	evaluation: Evaluation,
): Gradual<readonly SlotChange[] | undefined> {
	for (const atoms of ways) {
		if (evaluation.budget.remaining < 0) return undefined;
		const changes = yield* changesFor(part, atoms, evaluation);
		if (changes !== undefined && isHeld(part, changes, evaluation)) return changes;
	}
	return undefined;
}

function* changesFor(
	part: Condition,
	atoms: readonly Atom[],
	evaluation: Evaluation,
): Gradual<readonly SlotChange[] | undefined> {
	const slots = slotsOf(atoms, evaluation, true);
	let changes: readonly SlotChange[] = [];
	for (const atom of slots === undefined ? [] : atoms) {
		const comparison: Comparison = { kind: 'comparison', text: '', ...atom };
		const instead = supposingAll(part, changes, evaluation);
		if (instead === undefined) return undefined;
		if (evaluate(comparison, { ...evaluation, instead }) === 'true') continue;
		const changed = new Set(changes.map(({ slot }) => locationName(slot.location)));
		const named = new Set(unknownsOf(comparison).map(({ location }) => locationName(location)));
		const open = [...named].filter((name) => !changed.has(name)).flatMap((name) => slots!.get(name) ?? []);
		yield;
		const more = changeOfOne(part, comparison, open, changes, evaluation);
		if (more === undefined) return undefined;
		changes = more;
	}
	return slots === undefined || changes.length === 0 ? undefined : changes;
}

/** With the first Location of which a change makes the comparison hold, the nodes of each of the others being alike. */
function changeOfOne(
	part: Condition,
	comparison: Comparison,
	open: readonly Slot[],
	before: readonly SlotChange[],
	evaluation: Evaluation,
): readonly SlotChange[] | undefined {
	for (const slot of open) {
		const others = [...before, ...open.filter((other) => other !== slot).flatMap((other) => alike(other, evaluation))];
		const instead = supposingAll(part, others, evaluation);
		if (instead === undefined) return undefined;
		const said = saidFirst(slot, evaluation);
		const { demand } = slot;
		const near = valuesTried(comparison, unknownOf(slot), said, { ...evaluation, instead }, demand);
		const allowed = demand === undefined ? near : near.filter((to) => isAllowedChange({ slot, to }));
		for (const to of allowed.slice(0, VALUES_MAX)) {
			const changes = [...others, ...eachNode(slot, to)];
			evaluation.budget.remaining -= STEPS_PER_TRIAL;
			const tried = evaluation.budget.remaining < 0 ? undefined : supposingAll(part, changes, evaluation);
			if (tried === undefined) return undefined;
			if (evaluate(comparison, { ...evaluation, instead: tried }) === 'true') return changes;
		}
	}
	return undefined;
}

/** Where a comparison changes, and beside that: more are seldom worth a try. */
const VALUES_MAX = 8;
/** To suppose some things and look at one comparison. */
const STEPS_PER_TRIAL = 100;

/** All nodes of a Location as the first of them. */
function alike(slot: Slot, evaluation: Evaluation): readonly SlotChange[] {
	const said = slot.kind === 'nodes' ? saidFirst(slot, evaluation) : undefined;
	return said === undefined ? [] : eachNode(slot, said);
}

function saidFirst({ kind, location, spans }: Slot, evaluation: Evaluation): Value | undefined {
	if (kind === 'count') return spans && { kind: 'numbers', spans };
	const [first] = saidBySelected(location, evaluation).values;
	return first === undefined || 'why' in first ? undefined : first;
}
