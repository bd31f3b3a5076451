import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { Response } from 'express';
import { afterEach, expect, test } from 'vitest';
import { type Pieces, printPage, sendStreamed, withinLast, withList } from '../../src/api/streamed.ts';

let server: Server | undefined;
afterEach(async () => {
	server?.closeAllConnections();
	await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
	server = undefined;
});

/** Sends the pieces to a client that fetches nothing yet; `sent` is settled when all is sent, or given up. */
async function stream(pieces: Pieces) {
	const asked = Promise.withResolvers<{ readonly sent: Promise<void> }>();
	server = createServer((_, response) => {
		asked.resolve({ sent: sendStreamed(response as Response, pieces) });
	});
	await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
	const request = get({ port: (server.address() as AddressInfo).port, agent: false });
	const [answer] = (await once(request, 'response')) as [IncomingMessage];
	return { answer, ...(await asked.promise) };
}

const LETTERS = 'abcdefghij'.repeat(1_000);

test.each([
	['a short one is sent with its length', 3, '30000'],
	['a long one is not', 50, undefined],
])('pieces arrive as one text: %s', async (_, count, length) => {
	const { answer, sent } = await stream(new Array(count).fill(LETTERS));
	expect(Buffer.concat(await answer.toArray()).toString()).toBe(LETTERS.repeat(count));
	expect(answer.headers['content-length']).toBe(length);
	await sent;
});

test('what is still being made is waited for, and nothing behind it is begun before', async () => {
	const made: string[] = [];
	const pieces = function* () {
		yield 'a';
		yield nextRound().then(() => {
			made.push('elsewhere');
			return ['b', 'c'];
		});
		made.push('here');
		yield 'd';
	};
	const { answer, sent } = await stream(pieces());
	expect(Buffer.concat(await answer.toArray()).toString()).toBe('abcd');
	expect(made).toEqual(['elsewhere', 'here']);
	await sent;
});

/** Far more than a connection takes over by itself. */
const MANY = 10_000;

test('no piece is made before the ones before it are fetched, and none for who has gone', async () => {
	let made = 0;
	const pieces = function* () {
		for (; made < MANY; made += 1) yield LETTERS;
	};
	const { answer, sent } = await stream(pieces());
	answer.destroy();
	await sent;
	expect(made).toBeLessThan(MANY);
});

test('others are served while pieces are made', async () => {
	let rounds = 0;
	let isOver = false;
	const goRound = () => {
		rounds += 1;
		if (!isOver) setImmediate(goRound);
	};
	const seen = new Set<number>();
	const pieces = function* () {
		setImmediate(goRound);
		for (let piece = 0; piece < 70; piece += 1) {
			seen.add(rounds);
			yield LETTERS;
		}
	};
	const { answer, sent } = await stream(pieces());
	answer.resume();
	await sent;
	isOver = true;
	expect(seen.size).toBeGreaterThan(8);
});

test('however many ask at once, one of them has a piece made in a round', async () => {
	// What was printed before is over.
	for (let rounds = 0; rounds < 3; rounds += 1) await nextRound();
	let round = 0;
	let isOver = false;
	const goRound = () => {
		round += 1;
		if (!isOver) setImmediate(goRound);
	};
	goRound();
	const madeIn = new Map<number, number>();
	const large = LETTERS.repeat(10);
	const response = () => ({ write: () => true, end: () => undefined }) as unknown as Response;
	const answers = Array.from({ length: 5 }, () => {
		return sendStreamed(
			response(),
			(function* () {
				for (let piece = 0; piece < 3; piece += 1) {
					madeIn.set(round, (madeIn.get(round) ?? 0) + 1);
					yield large;
				}
			})(),
		);
	});
	await Promise.all(answers);
	isOver = true;
	expect([...madeIn.values()]).toEqual(new Array(15).fill(1));
});

test.each<[object, readonly string[][]]>([
	[{ a: 1 }, []],
	[{}, [['1']]],
	[{ b: [], c: undefined }, [['"', 'é"'], ['{}']]],
])('an object with a list behind it is one JSON object', (answer, items) => {
	const whole = { ...answer, list: items.map((item) => JSON.parse(item.join(''))) };
	expect(JSON.parse([...withList(answer, 'list', items)].join(''))).toEqual(JSON.parse(JSON.stringify(whole)));
});

test.each([
	[1, '<a><b><c></c></b><d></d>+-</a>'],
	[2, '<a><b><c></c></b><d>+-</d></a>'],
])('pieces stand at the end of the %i. element from the outside that ends last', (closing, expected) => {
	expect([...withinLast('<a><b><c></c></b><d></d></a>', closing, ['+', '-'])].join('')).toBe(expected);
});

test.each([
	[0, 5, []],
	[5, 5, [3, 2]],
	[7, 5, [3, 2]],
	[7, 9, [3, 3, 3]],
	[6, 9, [3, 3]],
	[1, 1, [1]],
])('of %i items a page of %i is read a few at a time, each when those before it are printed', (count, size, limits) => {
	const all = Array.from({ length: count }, (_, nth) => nth);
	const read: number[] = [];
	const asked: number[] = [];
	const pieces = printPage(
		size,
		undefined,
		(after, limit) => {
			const from = after === undefined ? 0 : Number(after) + 1;
			read.push(from);
			asked.push(limit);
			const items = all.slice(from, from + limit);
			return { items, ...(from + limit < count ? { next: String(items.at(-1)) } : {}) };
		},
		(item) => ({ item, readSoFar: read.length }),
	);
	const { items, next } = JSON.parse([...pieces].join(''));
	const expected = all.slice(0, size).map((item) => ({ item, readSoFar: Math.floor(item / 3) + 1 }));
	expect(items).toEqual(expected);
	expect(next).toBe(size < count ? String(size - 1) : undefined);
	if (count > 0) expect(asked).toEqual(limits);
});
