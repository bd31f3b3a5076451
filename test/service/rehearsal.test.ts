/** What is played before a broker listens must take the roads that it is there for. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { unpack } from '../../src/agreement/reading.ts';
import { type Rehearsed, rehearse } from '../../src/rehearsal.ts';
import { XmlPool } from '../../src/xml/pool.ts';

const reader = new XmlPool({
	readerUrl: new URL('../../src/api/reading.ts', import.meta.url),
	unpack,
	workers: 1,
	deadlineMs: 30_000,
});
let rehearsed: readonly Rehearsed[];
beforeAll(async () => {
	rehearsed = await rehearse(reader as never, Number.POSITIVE_INFINITY);
}, 30_000);
afterAll(() => reader.close());

test('each rehearsed document is understood and decided, in both forms', () => {
	expect(rehearsed.length).toBeGreaterThan(20);
	expect(rehearsed.filter(({ status, expected }) => status !== expected)).toEqual([]);
	expect(new Set(rehearsed.map(({ form }) => form))).toEqual(new Set(['xml', 'json']));
});

test('some are accepted, some get alternatives, some are answered in a negotiation', () => {
	expect(new Set(rehearsed.map(({ status }) => status))).toEqual(new Set([200, 201, 409]));
});
