/** What functions of several nodes would have to come to, and how many there would have to be, for a part to hold. */
import type { Gradual } from '../../parts.ts';
import { withoutAbsent } from '../document.ts';
import type { Location } from '../template/location.ts';
import type { Selection } from '../template/location-selection.ts';
import { changesFor, wholeIn } from './aggregate-changes.ts';
import { type Blame, blameMissing, known, NODES_MAX } from './blame-nodes.ts';
import { type Case, type ConditionFault, faultOf, foundWith } from './condition-fault.ts';
import {
	type AggregateName,
	type Evaluation,
	evaluate,
	numbers,
	operandValue,
	saidBySelected,
	selectionsOf,
} from './evaluation.ts';
import { print, type Value } from './expression-values.ts';
import { admittedNumbers, findNearest, type Suppose, turnsNegative } from './nearest.ts';
import { isCountAllowed } from './node-demand.ts';
import type { Put } from './puts.ts';
import { point } from './spans.ts';
import { supposing, supposingCount } from './suppositions.ts';
import { labelOf, nameOf, type Unknown } from './unknowns.ts';

export const NOBODY: Blame = { faults: [], isTurned: false };

/** What the function would have to come to; of the least and the greatest, and of a single node, which nodes to change. */
export function* blameFunction(unknown: Unknown, blamed: Case): Gradual<Blame> {
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
export function* blameCount(location: Location, blamed: Case): Gradual<Blame> {
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
