/** Whether a part of a constraint holds for all nodes of a document, each of which may fulfil another alternative. */
import type { Location } from '../template/location.ts';
import { type Evaluation, evaluate, type Outcome, saidBySelected } from './evaluation.ts';
import type { Condition } from './expression.ts';
import type { Fault, Value } from './expression-values.ts';
import { isOfEach, locationName, locationsIn } from './unknowns.ts';

/** Of several nodes of one Location each may hold by another alternative of an `or`: `//x = 1 or //x = 2`. */
export function decide(
	part: Condition,
	evaluation: Evaluation,
	saidIn: (location: Location) => readonly (Value | Fault)[] = (location) =>
		saidBySelected(location, evaluation).values,
): Outcome {
	const truth = evaluate(part, evaluation);
	const [location, ...others] = truth === 'open' ? locationsIn(part) : [];
	if (location === undefined || others.length > 0 || !isOfEach(part)) return truth;
	const holdsOfEach = saidIn(location).every((value) => {
		evaluation.budget.remaining -= 1;
		if ('why' in value || evaluation.budget.remaining < 0) return false;
		return evaluate(part, { ...evaluation, instead: new Map([[locationName(location), value]]) }) === 'true';
	});
	return holdsOfEach ? 'true' : truth;
}
