/** How many nodes items let there be of what a Location of a condition selects. */
import type { XmlAttribute, XmlElement } from '../../xml/element.ts';
import type { Counts, CountsOf } from '../conditions/node-demand.ts';
import type { Check } from './check.ts';
import type { CreationConstraint } from './constraints.ts';
import type { Location } from './location.ts';
import { locationKey } from './location-key.ts';
import { type Selection, selectLocation } from './location-selection.ts';

/**
 * For whoever changes how many there are. Items with the same Location say it of any number; of what others find it is
 * known what would be left where there were none of it.
 */
export function countsOn(check: Check): CountsOf {
	const known = new Map<string, Counts>();
	const items = check.binding.filter((each) => !('condition' in each)) as readonly CreationConstraint[];
	return (location, selections) => {
		const key = locationKey(location);
		const before = known.get(key);
		if (before !== undefined) return before;
		let [least, most] = [0, Number.POSITIVE_INFINITY];
		for (const { location: other, multiplicity } of items) {
			if (locationKey(other) === key) {
				least = Math.max(least, multiplicity.min);
				most = Math.min(most, multiplicity.max);
			} else if (least === 0 && multiplicity.min > 0 && leftOf(other, selections, check) < multiplicity.min) least = 1;
		}
		const counts = { least, most };
		if (check.search.remaining >= 0) known.set(key, counts);
		return counts;
	};
}

/** How many the Location would find, were these nodes not there, with all that is in them. */
function leftOf(location: Location, without: readonly Selection[], { root, index, search }: Check): number {
	// What the search has looked up must not make the check cheaper.
	const { selections } = selectLocation(root, location, search, { ...index }) ?? { selections: [] };
	const gone = new Set<XmlElement | XmlAttribute>();
	const leave = (element: XmlElement): void => {
		gone.add(element);
		for (const child of element.children) if (child.kind === 'element') leave(child);
	};
	for (const { owner, attribute } of without) {
		if (attribute === undefined) leave(owner);
		else gone.add(attribute);
	}
	search.remaining -= gone.size + selections.length;
	const isGone = ({ owner, attribute }: Selection): boolean =>
		gone.has(owner) || (attribute !== undefined && gone.has(attribute));
	return selections.filter((each) => !isGone(each)).length;
}
