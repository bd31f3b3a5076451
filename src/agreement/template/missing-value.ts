/** What a node that an item demands, and that an offer does not have, might say. */
import { locationsIn } from '../conditions/unknowns.ts';
import { type Check, prefixesAt } from './check.ts';
import type { CreationConstraint } from './constraints.ts';
import { findNearest } from './facets.ts';
import { joinedRestriction } from './joined-restriction.ts';
import type { Location } from './location.ts';
import { locationKey } from './location-key.ts';
import { amountAt, givenAt } from './location-words.ts';

/**
 * The first value that all items with that Location allow. Nothing where another constraint may be about the same node,
 * as nobody knows where it will stand; where it would be a text that nobody enumerated; and of what is measured no 0.
 */
export function valueOfMissing({ location }: CreationConstraint, check: Check): string | undefined {
	const { binding, isSearching, root, search } = check;
	if (!isSearching) return undefined;
	const key = locationKey(location);
	const alike = binding.flatMap((each) => (!('condition' in each) && locationKey(each.location) === key ? [each] : []));
	const isDisputed = binding.some((each) => {
		if ('condition' in each) return locationsIn(each.condition).some((other) => mayMeet(other, location));
		return each.children !== undefined || (!alike.includes(each) && mayMeet(each.location, location));
	});
	const values = alike.flatMap(({ value }) => value ?? []);
	if (isDisputed || values.length === 0) return undefined;
	const all = [...new Set([...values, givenAt(location) ?? []].flat())];
	const joined = joinedRestriction(all);
	const isNamed = all.some(({ steps }) => steps.some(({ enumeration }) => enumeration.length > 0));
	if (!isNamed && (joined.type.space === 'text' || joined.type.space === 'untyped')) return undefined;
	const { nearest } = findNearest(
		joined,
		joined.type.space === 'number' ? '0' : '',
		search,
		prefixesAt(check, root),
		all,
	);
	return nearest === '' || (Number(nearest) === 0 && amountAt(location) !== undefined) ? undefined : nearest;
}

/** Whether two Locations may select one node, by how it is called: a range of JSDL, or the exact value that it is. */
function mayMeet(one: Location, other: Location): boolean {
	const [name, otherName] = [calledBy(one), calledBy(other)];
	return name === undefined || otherName === undefined || name === otherName;
}

/** Undefined: anything. */
function calledBy({ steps, target }: Location): string | undefined {
	if (target.kind === 'attribute') return target.name.localName === '*' ? undefined : `@${target.name.localName}`;
	const last = steps.at(-1)!;
	const { localName } = last.name.localName === 'Exact' && !last.descends ? steps.at(-2)!.name : last.name;
	return localName === '*' || localName === 'Exact' ? undefined : localName;
}
