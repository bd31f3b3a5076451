/** Nodes that several Locations select are the same nodes: what one of them is told to say, it says wherever it is named. */
import type { Location } from '../template/location.ts';
import { type Evaluation, selectionsOf } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { keyOf, type PlaceKey } from './puts.ts';
import { locationName, locationsIn, withLocations } from './unknowns.ts';

/**
 * All of it, with one Location for the same nodes, as many as `most`, wherever they are selected by several; the
 * condition itself, where it is one and none are.
 */
export function inOneWording(
	conditions: readonly Condition[],
	evaluation: Evaluation,
	most = Number.POSITIVE_INFINITY,
): Condition {
	const whole: Condition = conditions.length === 1 ? conditions[0]! : { kind: 'and', text: '', conditions };
	const locations = locationsIn(whole);
	if (locations.length < 2) return whole;
	const known: { readonly location: Location; readonly keys: readonly PlaceKey[] }[] = [];
	const others = new Map<string, Location>();
	for (const location of locations) {
		const { selections } = selectionsOf(location, evaluation);
		if (selections.length === 0 || selections.length > most) continue;
		const keys = selections.map((selection) => keyOf({ location, selection }));
		evaluation.budget.remaining -= keys.length;
		const same = known.find(
			(each) => each.keys.length === keys.length && each.keys.every((key, at) => key === keys[at]),
		);
		if (same === undefined) known.push({ location, keys });
		else others.set(locationName(location), same.location);
	}
	return others.size === 0 ? whole : withLocations(whole, (location) => others.get(locationName(location)) ?? location);
}
