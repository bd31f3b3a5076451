/**
 * Who is to blame that a part of a constraint does not hold, and what would do: each node whose change would help; where
 * it is about what a function makes of several nodes that one of them which has to change, else what the function would
 * have to come to; how many there would have to be of what is missing, or is there and must not be; and where none of
 * this would do, what has to change together.
 */
import type { Gradual } from '../../parts.ts';
import { withoutAbsent } from '../document.ts';
import type { Location, StepBudget } from '../template/location.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { blameCount, blameFunction, NOBODY } from './blame-functions.ts';
import { type Blame, blameNodes } from './blame-nodes.ts';
import {
	asNear,
	type Case,
	type ConditionFault,
	changeAt,
	type Denial,
	faultOf,
	inOneText,
	isHelped,
	whyOf,
} from './condition-fault.ts';
import { type Evaluation, saidBySelected, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import type { Fault, Value } from './expression-values.ts';
import { inOneWording } from './one-wording.ts';
import { putOf } from './puts.ts';
import { isTurnedChange } from './slot-changes.ts';
import { findTogether, takesSeveral } from './together.ts';
import { locationName, locationsIn, unknownsIn } from './unknowns.ts';

/** The nodes of the first Location a change of which would help, or the first function; else those that help together. */
export function* explain(
	part: Condition,
	truth: Denial,
	evaluation: Evaluation,
	search: StepBudget,
): Gradual<readonly ConditionFault[]> {
	const free: Evaluation = { ...evaluation, demands: evaluation.given, counts: undefined };
	const isDemanded = isAboutSome(locationsIn(part), evaluation);
	const worded = inOneWording([part], { ...evaluation, budget: search }, 1);
	const kept = yield* withShareGradually(search, isDemanded ? 2 : 1, (share) =>
		explainBy(worded, truth, evaluation, share),
	);
	const isKept = kept.some(isHelped) || !(isDemanded || isCounted(locationsIn(part), evaluation));
	const faults = isKept ? kept : yield* explainBy(worded, truth, free, search);
	return worded === part ? faults : faults.map((fault) => ({ ...fault, part }));
}

function* explainBy(
	part: Condition,
	truth: Denial,
	evaluation: Evaluation,
	search: StepBudget,
): Gradual<readonly ConditionFault[]> {
	const locations = locationsIn(part);
	const blamed: Case = { part, truth, evaluation, search };
	// What functions make of texts says nothing of what these mean.
	const meant = isAboutTexts(part, evaluation)
		? yield* withShareGradually(search, 2, (share) => blameTogether({ ...blamed, search: share }))
		: undefined;
	if (meant?.isTurned === false) return meant.faults;
	const isOfSeveral = yield* takesSeveral(part, { ...evaluation, budget: search });
	const several = isOfSeveral ? yield* blameTogether(blamed) : undefined;
	if (several?.isTurned === false) return several.faults;
	// So that there is something left for what has to change together.
	const { faults: alone, isTurned } = yield* withShareGradually(search, 2, (share) =>
		blameAlone({ ...blamed, search: share }),
	);
	if (!isTurned && alone.some(isHelped)) return alone;
	const together = isOfSeveral ? several : yield* blameTogether(blamed);
	if (together !== undefined && !(isTurned && together.isTurned)) return together.faults;
	// What else would do was not found in time.
	if (isTurned && search.remaining <= 0) return alone.map(asNear);
	if (alone.length > 0) return alone;
	const [named] = locations;
	if (named === undefined) return [{ part, location: '', found: '', why: whyOf(truth) }];
	return [faultOf(named, undefined, blamed)];
}

/** Whether items say how many there may be of any of it. */
function isCounted(locations: readonly Location[], evaluation: Evaluation): boolean {
	return locations.some((location) => {
		const counts = evaluation.counts?.(location, selectionsOf(location, evaluation).selections);
		return counts !== undefined && (counts.least > 0 || Number.isFinite(counts.most));
	});
}

/** Whether a function is to calculate with what is no number. */
function isAboutTexts(part: Condition, evaluation: Evaluation): boolean {
	return unknownsIn(part).some((each) => {
		const isCalculated = each.kind === 'function' && each.name !== 'count';
		return isCalculated && saidBySelected(each.location, evaluation).values.some(isText);
	});
}

function isText(value: Value | Fault): boolean {
	return !('why' in value) && value.kind === 'texts';
}

/** Whether items say something of any of the nodes, or of what is missing. */
function isAboutSome(locations: readonly Location[], evaluation: Evaluation): boolean {
	const { demands, given } = evaluation;
	return locations.some((location) => {
		const { selections } = selectionsOf(location, evaluation);
		const nodes = selections.length === 0 ? [undefined] : selections;
		return nodes.some((node) => demands?.(location, node) !== given?.(location, node));
	});
}

/** The first of them that would help by itself, best without a negative number; else what is to blame first. */
function* blameAlone(blamed: Case): Gradual<Blame> {
	const { part } = blamed;
	const unknowns = unknownsIn(part);
	let first: Blame | undefined;
	let turned: Blame | undefined;
	for (const look of [
		...unknowns.filter(({ kind }) => kind === 'location').map((each) => () => blameNodes(each, blamed)),
		...unknowns.filter(({ kind }) => kind === 'function').map((each) => () => blameFunction(each, blamed)),
		...locationsIn(part).map((location) => () => blameCount(location, blamed)),
	]) {
		const blame = yield* look();
		const { faults, isTurned } = blame;
		if (!isTurned && faults.some(isHelped)) return blame;
		if (isTurned) turned ??= blame;
		first ??= faults.length > 0 ? blame : undefined;
	}
	return turned ?? first ?? NOBODY;
}

/** The nodes that have to change together, the path that of the first. */
function* blameTogether(blamed: Case): Gradual<Blame | undefined> {
	const { part, evaluation, search } = blamed;
	const looking: Evaluation = { ...evaluation, budget: search };
	const worded = inOneWording([part], looking);
	// No single change of a Location does: one of all that name the node may.
	const together = search.remaining <= 0 ? undefined : yield* findTogether(worded, looking, worded === part ? 2 : 1);
	if (together === undefined) return undefined;
	// In the order of the words, and of the document.
	const inWords = locationsIn(part).map(locationName);
	const sorted = together.changes.toSorted(({ slot: one }, { slot: other }) => {
		const apart = inWords.indexOf(locationName(one.location)) - inWords.indexOf(locationName(other.location));
		return apart === 0 ? one.index - other.index : apart;
	});
	const puts = sorted.map((change) => putOf(change, evaluation));
	const changes = puts.map((put) => changeAt(put, evaluation));
	const [{ slot }, { selection, deepest, location }] = [sorted[0]!, changes[0]!];
	const some = changes.flatMap((change) => (change.location === location ? (change.selection ?? []) : []));
	const told = changes.length === 1 ? changes[0]!.nearest : inOneText(changes);
	const fault: ConditionFault = {
		...faultOf(slot.location, some.length === 0 ? undefined : some, blamed),
		...withoutAbsent({ selection, deepest }),
		...(together.isProven ? { nearest: told } : { near: told }),
		...(changes.length === 1 ? {} : { changes }),
		puts,
	};
	return { faults: [fault], isTurned: sorted.some(isTurnedChange) };
}
