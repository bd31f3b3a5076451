/**
 * Who is to blame that a part of a constraint does not hold, and what would do: each node whose change would help; where
 * it is about what a function makes of several nodes that one of them which has to change, else what the function would
 * have to come to; how many there would have to be of what is missing, or is there and must not be; and where none of
 * this would do, what has to change together.
 */
import type { Gradual } from '../../parts.ts';
import { withoutAbsent } from '../document.ts';
import type { Location, StepBudget } from '../template/location.ts';
import type { Selection } from '../template/location-selection.ts';
import { withShareGradually } from '../template/nearest-share.ts';
import { changesFor, wholeIn } from './aggregate-changes.ts';
import {
	asNear,
	type Case,
	type ConditionFault,
	changeAt,
	type Denial,
	faultOf,
	foundWith,
	inOneText,
	isHelped,
	whyOf,
} from './condition-fault.ts';
import {
	type AggregateName,
	type Evaluation,
	evaluate,
	numbers,
	operandValue,
	type Supposition,
	saidBySelected,
	selectionsOf,
} from './evaluation.ts';
import type { Condition } from './expression.ts';
import { type Fault, print, type Value } from './expression-values.ts';
import { admittedNumbers, barredTexts, findNearest, type Suppose, turnsNegative } from './nearest.ts';
import { isCountAllowed } from './node-demand.ts';
import { inOneWording } from './one-wording.ts';
import { type Put, putOf } from './puts.ts';
import { isTurnedChange } from './slot-changes.ts';
import { point } from './spans.ts';
import { type Change, supposing, supposingCount, supposingFound } from './suppositions.ts';
import { findTogether } from './together.ts';
import { labelOf, locationName, locationsIn, nameOf, type Unknown, unknownsIn } from './unknowns.ts';

/** `isTurned`: a negative number is told in the place of one that is none, or of nothing. */
interface Blame {
	readonly faults: readonly ConditionFault[];
	readonly isTurned: boolean;
}

/** Nodes told of one part: one more than anybody lists, so that it is known that there are more. */
const NODES_MAX = 65;

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
	// So that there is something left for what has to change together.
	const { faults: alone, isTurned } = yield* withShareGradually(search, 2, (share) =>
		blameAlone({ ...blamed, search: share }),
	);
	if (!isTurned && alone.some(isHelped)) return alone;
	const together = yield* blameTogether(blamed);
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

const NOBODY: Blame = { faults: [], isTurned: false };

/** Each node of the Location that violates the part by itself; where there is none at all, that there is not. */
function* blameNodes(unknown: Unknown, blamed: Case): Gradual<Blame> {
	const { part, truth, evaluation, search } = blamed;
	const { location } = unknown;
	const { selections } = selectionsOf(location, evaluation);
	if (selections.length === 0) return yield* blameMissing(unknown, blamed);
	const { values } = saidBySelected(location, evaluation);
	const aloneWith = (value: Value | Fault, index: number): Evaluation => {
		return { ...evaluation, budget: search, instead: supposingOne(location, [index, value], blamed) };
	};
	// Who is to blame is told of all, also where what would do is then found of some only.
	const denials: [index: number, outcome: Denial][] = [];
	for (const [index, value] of values.entries()) {
		const outcome = selections.length === 1 ? truth : evaluate(part, aloneWith(value, index));
		if (search.remaining < 0 || denials.length === NODES_MAX) break;
		if (outcome !== 'true') denials.push([index, outcome]);
	}
	let isTurned = false;
	const faults: ConditionFault[] = [];
	for (const [index, outcome] of denials) {
		const [selection, value] = [selections[index]!, values[index]!];
		const fault = { ...faultOf(location, [selection], blamed), why: whyOf(outcome) };
		faults.push(fault);
		if (search.remaining < 0) continue;
		const demand = evaluation.demands?.(location, selection);
		const suppose: Suppose = (candidate) =>
			demand === undefined || demand.isAllowed(candidate)
				? supposingOne(location, [index, candidate], blamed)
				: undefined;
		const said = known(value);
		const found = yield* findNearest(part, unknown, said, aloneWith(value, index), suppose, demand);
		const nearest = found?.value;
		if (nearest === undefined) continue;
		isTurned ||= turnsNegative(said, nearest);
		faults[faults.length - 1] = { ...fault, nearest: print(nearest), puts: [{ location, selection, to: nearest }] };
	}
	return { faults, isTurned };
}

/** What the Location would have to say, were there one of it. */
function* blameMissing(unknown: Unknown, blamed: Case): Gradual<Blame> {
	const { location } = unknown;
	const demand = blamed.evaluation.demands?.(location, undefined);
	const suppose: Suppose = (candidate) =>
		demand?.isAllowed(candidate) === false ? undefined : supposingFound(location, candidate, blamed.search);
	const alone: Evaluation = { ...blamed.evaluation, budget: blamed.search };
	const nearest = (yield* findNearest(blamed.part, unknown, undefined, alone, suppose, demand))?.value;
	const fault = faultOf(location, undefined, blamed);
	if (nearest === undefined) {
		const barred = demand === undefined ? barredTexts(blamed.part, unknown, alone, suppose, ANOTHER_TEXT) : undefined;
		if (barred === undefined) return { faults: [fault], isTurned: false };
		const told = { nearest: `1 of it, other than ${barred.join(' or ')}`, puts: [{ location, to: ANOTHER_TEXT }] };
		return { faults: [{ ...fault, ...told }], isTurned: false };
	}
	const faults = [{ ...fault, nearest: `1 of it: ${print(nearest)}`, puts: [{ location, to: nearest }] }];
	return { faults, isTurned: turnsNegative(undefined, nearest) };
}

/** Nobody knows which text of all others is meant; it is tried with this one. */
const ANOTHER_TEXT: Value = { kind: 'texts', texts: ['another text'] };

/** What the function would have to come to; of the least and the greatest, and of a single node, which nodes to change. */
function* blameFunction(unknown: Unknown, blamed: Case): Gradual<Blame> {
	const { part, evaluation, search } = blamed;
	if (unknown.kind !== 'function') return NOBODY;
	const { name, location } = unknown;
	const value = operandValue(unknown, evaluation);
	const { selections } = selectionsOf(location, evaluation);
	if (selections.length === 0 && name !== 'count' && name !== 'sum') return yield* blameMissing(unknown, blamed);
	const alone: Evaluation = { ...evaluation, budget: search };
	const suppose: Suppose = (candidate) => {
		if (name !== 'count') return new Map([[nameOf(unknown), candidate]]);
		const counts = evaluation.counts?.(location, selections);
		return isCountAllowed(counts, candidate) ? supposingCount(location, candidate) : undefined;
	};
	const found = yield* findNearest(part, unknown, known(value), alone, suppose);
	if (found === undefined) return NOBODY;
	const said = saidBySelected(location, evaluation);
	const changes = changesFor(name, said, found.value, search);
	const instead = changes.length === 0 ? undefined : supposing(part, location, changes, evaluation, search);
	if (instead !== undefined && evaluate(part, { ...alone, instead }) === 'true') {
		const faults = changes.slice(0, NODES_MAX).map(([index, each]) => ({
			...faultOf(location, [selections[index]!], blamed),
			nearest: print(each),
			puts: [{ location, selection: selections[index]!, to: each }],
		}));
		return { faults, isTurned: changes.some(([index, each]) => turnsNegative(known(said.values[index]!), each)) };
	}
	const label = labelOf(unknown);
	const admitted = admittedNumbers(part, found.ends, alone, (each) => new Map([[nameOf(unknown), each]]));
	const numbersAllowed = admitted && (name === 'count' ? wholeIn(admitted) : admitted);
	const fault: ConditionFault = {
		...faultOf(location, undefined, blamed),
		...placeOfMany(name, selections, found.value),
		found: 'why' in value ? value.why : foundWith(unknown, print(value), blamed),
		...(numbersAllowed === undefined ? {} : { allowed: `${label}: ${print(numbers(numbersAllowed))}` }),
		nearest: `${label}: ${print(found.value)}`,
	};
	return { faults: [fault], isTurned: turnsNegative(known(value), found.value) };
}

function known(value: Value | Fault): Value | undefined {
	return 'why' in value ? undefined : value;
}

/** Of too many the first that is too much. */
function placeOfMany(
	name: AggregateName,
	selections: readonly Selection[],
	wanted: Value,
): Pick<ConditionFault, 'selection'> {
	const count = name === 'count' && wanted.kind === 'numbers' ? Number(wanted.spans[0]!.lower) : 0;
	return withoutAbsent({ selection: selections[count] ?? selections[0] });
}

/** How many there would have to be of what a Location names. */
function* blameCount(location: Location, blamed: Case): Gradual<Blame> {
	yield;
	const { part, evaluation, search } = blamed;
	const { selections } = selectionsOf(location, evaluation);
	const alone: Evaluation = { ...evaluation, budget: search };
	const count = selections.length === 0 ? 1 : 0;
	const isAllowed = isCountAllowed(evaluation.counts?.(location, selections), numbers(point(count)));
	const instead = isAllowed ? supposingCount(location, numbers(point(count))) : undefined;
	if (instead === undefined || search.remaining < 0 || evaluate(part, { ...alone, instead }) !== 'true') return NOBODY;
	const puts: readonly Put[] = [{ location, isCount: true, to: numbers(point(count)) }];
	return { faults: [{ ...faultOf(location, selections, blamed), nearest: `${count} of it`, puts }], isTurned: false };
}

/** That the node says that, the Location itself being that one node alone. */
function supposingOne(location: Location, [index, to]: Change, { part, evaluation, search }: Case): Supposition {
	const isAggregated = unknownsIn(part).some(
		(each) => each.kind === 'function' && locationName(each.location) === locationName(location),
	);
	const supposed = isAggregated
		? supposing(part, location, [[index, to]], evaluation, search)
		: new Map<string, Value | Fault>();
	return supposed.set(locationName(location), to);
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
