/** Changes of several slots together, and whether a part of a constraint holds with them. */

import { type Evaluation, evaluate, type Supposition } from './evaluation.ts';
import type { Condition } from './expression.ts';
import type { Fault, Value } from './expression-values.ts';
import { turnsNegative } from './nearest.ts';
import { isCountAllowed } from './node-demand.ts';
import type { Slot } from './slots.ts';
import { supposing, supposingCount, supposingFound } from './suppositions.ts';
import type { Unknown } from './unknowns.ts';
import { locationName } from './unknowns.ts';

/** A slot, and what it would have to be. */
export interface SlotChange {
	readonly slot: Slot;
	readonly to: Value;
}

/** What of a document it is. */
export function unknownOf({ kind, location }: Slot): Unknown {
	return kind === 'count' ? { kind: 'function', name: 'count', location } : { kind: 'location', location };
}

/** Where all nodes would say the same: each of them. */
export function eachNode(slot: Slot, to: Value): readonly SlotChange[] {
	if (slot.kind !== 'nodes') return [{ slot, to }];
	return Array.from({ length: slot.nodes }, (_, index) => ({ slot: { ...slot, kind: 'node', index, nodes: 1 }, to }));
}

/** Whether a negative number is to be said in the place of one that is none, or of nothing. */
export function isTurnedChange({ slot: { spans }, to }: SlotChange): boolean {
	return turnsNegative(spans && { kind: 'numbers', spans }, to);
}

/** Whether items let it be. */
export function isAllowedChange({ slot: { demand, counts }, to }: SlotChange): boolean {
	return isCountAllowed(counts, to) && (demand === undefined || demand.isAllowed(to));
}

/** Whether the part holds with these changes, and items let them be. */
export function isHeld(part: Condition, changes: readonly SlotChange[], evaluation: Evaluation): boolean {
	const { budget } = evaluation;
	budget.remaining -= STEPS_PER_TRIAL;
	// Those of one Location are mostly alike.
	const isAlike = ({ slot, to }: SlotChange, other: SlotChange | undefined): boolean =>
		other !== undefined && other.to === to && other.slot.demand === slot.demand && slot.counts === undefined;
	if (!changes.every((each, nth) => isAlike(each, changes[nth - 1]) || isAllowedChange(each))) return false;
	const instead = budget.remaining < 0 ? undefined : supposingAll(part, changes, evaluation);
	return instead !== undefined && evaluate(part, { ...evaluation, instead }) === 'true' && budget.remaining >= 0;
}

/** To suppose some things and look at a part takes some microseconds. */
const STEPS_PER_TRIAL = 800;

/** What would be found then; undefined: there is no such document. */
export function supposingAll(
	part: Condition,
	changes: readonly SlotChange[],
	evaluation: Evaluation,
): Supposition | undefined {
	const supposed = new Map<string, Value | Fault>(evaluation.instead);
	const byLocation = new Map<string, SlotChange[]>();
	for (const change of changes) {
		const name = locationName(change.slot.location);
		byLocation.set(name, [...(byLocation.get(name) ?? []), change]);
	}
	for (const all of byLocation.values()) {
		const more = supposingSome(part, all, evaluation);
		if (more === undefined) return undefined;
		for (const [name, value] of more) supposed.set(name, value);
	}
	return supposed;
}

function supposingSome(
	part: Condition,
	changes: readonly SlotChange[],
	evaluation: Evaluation,
): Supposition | undefined {
	const { slot, to } = changes[0]!;
	const { kind, location } = slot;
	if (kind === 'count') return supposingCount(location, to);
	if (kind === 'missing') return supposingFound(location, to, evaluation.budget);
	const each = changes.map((change) => [change.slot.index, change.to] as const);
	return supposing(part, location, each, evaluation, evaluation.budget);
}
