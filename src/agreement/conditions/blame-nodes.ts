/** Which nodes of a Location are to blame that a part of a constraint does not hold, and what each might say instead. */
import type { Gradual } from '../../parts.ts';
import type { Location } from '../template/location.ts';
import { type Case, type ConditionFault, type Denial, faultOf, whyOf } from './condition-fault.ts';
import { type Evaluation, evaluate, type Supposition, saidBySelected, selectionsOf } from './evaluation.ts';
import { type Fault, print, type Value } from './expression-values.ts';
import { barredTexts, findNearest, type Suppose, turnsNegative } from './nearest.ts';
import { type Change, supposing, supposingFound } from './suppositions.ts';
import { locationName, type Unknown, unknownsIn } from './unknowns.ts';

/** `isTurned`: a negative number is told in the place of one that is none, or of nothing. */
export interface Blame {
	readonly faults: readonly ConditionFault[];
	readonly isTurned: boolean;
}

/** Nodes told of one part: one more than anybody lists, so that it is known that there are more. */
export const NODES_MAX = 65;

/** Each node of the Location that violates the part by itself; where there is none at all, that there is not. */
export function* blameNodes(unknown: Unknown, blamed: Case): Gradual<Blame> {
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
export function* blameMissing(unknown: Unknown, blamed: Case): Gradual<Blame> {
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

export function known(value: Value | Fault): Value | undefined {
	return 'why' in value ? undefined : value;
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
