/** Locations of offers, read once: who sends offers has written their variables once, and sends them with every one. */
import { namespaceOf, type XmlScope } from '../../xml/scope.ts';
import { type LocationReading, parseLocation } from './location.ts';

/** What was read, as long as its prefixes mean the same. */
interface KnownReading {
	readonly meanings: readonly (readonly [prefix: string, namespace: string | undefined])[];
	readonly reading: LocationReading;
}

const known = new Map<string, KnownReading>();
/** All that the offers of a dozen VOs name; beyond that somebody makes Locations up, and it begins anew. */
const READINGS_MAX = 256;
/** Three times what anybody has been seen to write; together with its reading a text takes some five times its length. */
const CHARACTERS_MAX = 512;

/** {@link parseLocation}, which takes 2 us, for those that come again and again. */
export function readLocation(text: string, scope: XmlScope): LocationReading {
	if (text.length > CHARACTERS_MAX) return parseLocation(text, scope);
	const before = known.get(text);
	if (before?.meanings.every(([prefix, namespace]) => namespaceOf(scope, prefix) === namespace)) return before.reading;
	const reading = parseLocation(text, scope);
	const prefixes = new Set(text.match(PREFIXES));
	if (known.size >= READINGS_MAX) known.clear();
	known.set(text, { meanings: [...prefixes].map((prefix) => [prefix, namespaceOf(scope, prefix)]), reading });
	return reading;
}

/** Whatever may be taken for a prefix, from where it begins: a long name is looked at once, and not from each of its characters. */
const PREFIXES = /(?<![\w.-])[A-Za-z_][\w.-]*(?=:)/g;
