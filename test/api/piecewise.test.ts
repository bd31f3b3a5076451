import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import { expect, test } from 'vitest';
import { type Piece, sendPiecewise } from '../../src/api/piecewise.ts';

async function answerOf(answer: object, alternatives: readonly Piece[]) {
	const server = createServer((_, response) => {
		void sendPiecewise(response as Response, { status: 409, type: 'application/json', answer, alternatives });
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	try {
		const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
		const text = await response.text();
		return { status: response.status, body: JSON.parse(text) };
	} finally {
		await new Promise((resolve) => server.close(resolve));
	}
}

test.each<[string, object, object[]]>([
	['no alternatives', { a: 1 }, []],
	['nothing beside them', {}, [{ b: 'é' }, { c: [] }]],
	['members that are absent', { a: undefined, d: { e: 'x' } }, [{ b: 1 }]],
])('an answer in pieces is one JSON object: %s', async (_, answer, alternatives) => {
	const whole = JSON.parse(JSON.stringify({ ...answer, alternatives }));
	const pieces = alternatives.map((each) => () => [JSON.stringify(each)]);
	expect(await answerOf(answer, pieces)).toEqual({ status: 409, body: whole });
});

test('others are served between large pieces, and not between small ones', async () => {
	const roundsSeen = async (size: number) => {
		let rounds = 0;
		let isOver = false;
		const count = () => {
			rounds += 1;
			if (!isOver) setImmediate(count);
		};
		const seen: number[] = [];
		const piece = () => {
			seen.push(rounds);
			return [JSON.stringify({ text: 't'.repeat(size) })];
		};
		count();
		await answerOf({}, [piece, piece, piece]);
		isOver = true;
		return new Set(seen).size;
	};
	expect(await roundsSeen(10)).toBe(1);
	expect(await roundsSeen(100_000)).toBe(3);
});
