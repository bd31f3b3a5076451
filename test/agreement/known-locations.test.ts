import { expect, test } from 'vitest';
import { readLocation } from '../../src/agreement/template/known-locations.ts';
import { parseLocation } from '../../src/agreement/template/location.ts';
import { OUTERMOST_SCOPE, scopeWithin } from '../../src/xml/scope.ts';

const scopeOf = (meanings: Readonly<Record<string, string>>) =>
	scopeWithin(
		OUTERMOST_SCOPE,
		Object.entries(meanings).map(([prefix, namespace]) => ({ prefix, namespace })),
	);
const ONE = scopeOf({ a: 'urn:one', b: 'urn:b', c: 'urn:c' });

test.each([
	['of a step', '/a:x/b:y'],
	['of a predicate', '/x[@a:y="1"]/z'],
	['of an attribute', '/x/@a:y'],
	['behind a prolog that declares another', "declare namespace b = 'urn:other'; $this/a:x/b:y"],
])('a Location that was read before is read anew where a prefix %s means something else', (_, text) => {
	for (const scope of [ONE, scopeOf({ a: 'urn:two', b: 'urn:b' }), scopeOf({ b: 'urn:b' }), ONE]) {
		expect(readLocation(text, scope)).toEqual(parseLocation(text, scope));
	}
	const reading = readLocation(text, ONE);
	expect(readLocation(text, scopeOf({ a: 'urn:one', b: 'urn:b', c: 'urn:other' }))).toBe(reading);
});

test('however many there are, each is read as what it says', () => {
	for (let nth = 0; nth < 1000; nth += 1) {
		const text = `/a:x${nth % 700}`;
		expect(readLocation(text, ONE)).toEqual(parseLocation(text, ONE));
	}
});

test('one of a long name takes hardly longer to know again than to read', () => {
	const timed = (read: typeof parseLocation, round: number): number => {
		const texts = Array.from({ length: 200 }, (_, nth) => `//${'a'.repeat(500)}${round}-${nth}`);
		const started = performance.now();
		for (const text of texts) read(text, ONE);
		return performance.now() - started;
	};
	const least = (read: typeof parseLocation): number => Math.min(...[1, 2, 3, 4, 5].map((round) => timed(read, round)));
	expect(least(readLocation)).toBeLessThan(40 * least(parseLocation));
});
