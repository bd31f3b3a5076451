/** What would be found in a document, were some of its nodes otherwise. */
import type { Location, StepBudget } from '../template/location.ts';
import {
	type AggregateName,
	aggregate,
	type Evaluation,
	numbers,
	type Supposition,
	saidBySelected,
	uniteValues,
} from './evaluation.ts';
import type { Condition } from './expression.ts';
import type { Fault, Value } from './expression-values.ts';
import { isWhole, order } from './rational.ts';
import { point } from './spans.ts';
import { aggregateName, locationName, nameOf, unknownsIn } from './unknowns.ts';

/** What a node would have to say. */
export type Change = readonly [index: number, to: Value | Fault];

/** That these nodes of the Location say that, and the others what they say. */
export function supposing(
	part: Condition,
	location: Location,
	changes: readonly Change[],
	evaluation: Evaluation,
	search: StepBudget,
): Map<string, Value | Fault> {
	const values = [...saidBySelected(location, evaluation).values];
	search.remaining -= values.length;
	for (const [index, to] of changes) values[index] = to;
	const supposed = new Map<string, Value | Fault>();
	for (const each of unknownsIn(part)) {
		if (locationName(each.location) !== locationName(location)) continue;
		supposed.set(nameOf(each), each.kind === 'location' ? uniteValues(values) : aggregate(each.name, values, search));
	}
	return supposed;
}

/** That there is one of it, which says that. */
export function supposingFound(location: Location, value: Value, search: StepBudget): Map<string, Value | Fault> {
	const supposed = new Map<string, Value | Fault>([[locationName(location), value]]);
	for (const name of AGGREGATES) supposed.set(aggregateName(name, location), aggregate(name, [value], search));
	return supposed;
}

const AGGREGATES: readonly AggregateName[] = ['count', 'sum', 'min', 'max'];

/** That so many are there: what one says that is not there yet is not known. */
export function supposingCount(location: Location, count: Value): Supposition | undefined {
	const [span] = count.kind === 'numbers' ? count.spans : [];
	if (span === undefined || order(span.lower, span.upper) !== 0) return undefined;
	if (!isWhole(span.lower) || order(span.lower, 0) < 0) return undefined;
	const supposed = new Map<string, Value | Fault>([[aggregateName('count', location), count]]);
	if (span.lower !== 0) return supposed;
	const none = { why: `${location.text} selects nothing` };
	supposed.set(locationName(location), none).set(aggregateName('sum', location), numbers(point(0)));
	return supposed.set(aggregateName('min', location), none).set(aggregateName('max', location), none);
}
