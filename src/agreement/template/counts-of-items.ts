/** How many nodes items let there be of what a Location of a condition selects. */
import type { XmlAttribute, XmlElement } from '../../xml/element.ts';
import type { Counts, CountsOf } from '../conditions/node-demand.ts';
import type { Check } from './check.ts';
import type { CreationConstraint } from './constraints.ts';
import type { Location } from './location.ts';
import { locationKey } from './location-key.ts';
import { type Selection, selectLocation } from './location-selection.ts';

/**
 * For whoever changes how many there are. Items with the same Location say it of any number; of what others find, of
 * which each is one, how many have to be left. And whether several that are left out together leave enough.
 */
export function countsOn(check: Check): {
	readonly counts: CountsOf;
	readonly mayLack: (gone: readonly Selection[]) => boolean;
} {
	const known = new Map<string, Counts>();
	const items = check.binding.filter((each) => !('condition' in each)) as readonly CreationConstraint[];
	const counts: CountsOf = (location, selections) => {
		const key = locationKey(location);
		const before = known.get(key);
		if (before !== undefined) return before;
		let [least, most] = [0, Number.POSITIVE_INFINITY];
		for (const { location: other, multiplicity } of items) {
			if (locationKey(other) === key) {
				least = Math.max(least, multiplicity.min);
				most = Math.min(most, multiplicity.max);
			} else if (least < selections.length && multiplicity.min > 0) {
				const { left, all } = leftOf(other, selections, check);
				if (left >= multiplicity.min) continue;
				const isOneEach = all - left === selections.length && all >= multiplicity.min;
				least = Math.max(least, isOneEach ? multiplicity.min - left : 1);
			}
		}
		const counts = { least, most };
		if (check.search.remaining >= 0) known.set(key, counts);
		return counts;
	};
	const mayLack = (gone: readonly Selection[]): boolean =>
		items.every(({ location, multiplicity: { min } }) => {
			if (min === 0) return true;
			const { left, all } = leftOf(location, gone, check);
			return left >= min || all < min;
		});
	return { counts, mayLack };
}

/** How many the Location finds, and would, were these nodes not there, with all that is in them. */
function leftOf(
	location: Location,
	without: readonly Selection[],
	{ root, index, search }: Check,
): { readonly left: number; readonly all: number } {
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
	return { left: selections.filter((each) => !isGone(each)).length, all: selections.length };
}
