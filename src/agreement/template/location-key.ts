/** What Locations are told apart by, whatever prefixes they are written with: those that mean the same have one key. */
import type { Location } from './location.ts';

export function locationKey(location: Location): string {
	const key = keys.get(location) ?? JSON.stringify([location.steps, location.target]);
	keys.set(location, key);
	return key;
}

/** They are asked for again and again. */
const keys = new WeakMap<Location, string>();
