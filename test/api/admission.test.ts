import { EventEmitter, once } from 'node:events';
import {
	type ClientRequest,
	createServer,
	type IncomingMessage,
	type OutgoingHttpHeaders,
	request,
	type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextRound } from 'node:timers/promises';
import express, { type Response } from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { enterAnswering, receiveBody } from '../../src/api/admission.ts';
import { problemHandler } from '../../src/api/problems.ts';

const MIB = 2 ** 20;
/** Two of which there is no room for at once, where bodies have four MiB at most. */
const LARGE = Buffer.alloc(3 * MIB, 't');
const SMALL = Buffer.alloc(1000, 't');
const CHUNKED = Buffer.alloc(2000, 't');

let server: Server | undefined;

afterEach(async () => {
	server?.closeAllConnections();
	await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
	server = undefined;
});

/** A door behind which each request waits until the test answers it; they come out in the order in which they came in. */
async function open(waitMsMax?: number, expected?: () => void) {
	const inside: { readonly bytes: number; readonly response: Response }[] = [];
	let wake = () => {};
	let received = 0;
	const app = express();
	app.use((asked, _response, next) => {
		asked.once('end', () => {
			received += 1;
			wake();
		});
		next();
	});
	app.use(receiveBody(4 * MIB, waitMsMax, expected));
	app.use((asked, response) => {
		inside.push({ bytes: asked.body?.length ?? 0, response });
		wake();
	});
	app.use(problemHandler(() => undefined));
	server = createServer(app);
	await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	const send = (body: Buffer, headers: OutgoingHttpHeaders = { 'Content-Length': body.length }): ClientRequest => {
		const sent = request({ port, method: 'POST', agent: false, headers });
		sent.on('error', () => undefined);
		sent.end(body);
		return sent;
	};
	/** The one that comes in next. */
	const next = async () => {
		while (inside.length === 0) await new Promise<void>((resolve) => (wake = resolve));
		return inside.shift()!;
	};
	/** So many bodies have been received. */
	const arrived = async (count: number) => {
		while (received < count) await new Promise<void>((resolve) => (wake = resolve));
	};
	return { send, next, arrived, inside };
}

async function statusOf(sent: ClientRequest): Promise<number> {
	const [answer] = (await once(sent, 'response')) as [IncomingMessage];
	answer.resume();
	return answer.statusCode!;
}

test('only small bodies are said to come: they are there soon', async () => {
	let expected = 0;
	const { send, next } = await open(undefined, () => {
		expected += 1;
	});
	for (const body of [SMALL, LARGE, Buffer.alloc(0)]) {
		send(body);
		(await next()).response.end();
		expect(expected).toBe(1);
	}
});

describe('large bodies', () => {
	test('wait until others have been answered, and small ones do not wait for them', async () => {
		const { send, next, inside } = await open();
		send(LARGE);
		const first = await next();
		const second = send(LARGE);
		send(SMALL);
		expect((await next()).bytes).toBe(SMALL.length);
		send(SMALL);
		expect((await next()).bytes).toBe(SMALL.length);
		expect(inside).toEqual([]);
		first.response.end();
		const waited = await next();
		expect(waited.bytes).toBe(LARGE.length);
		waited.response.end();
		expect(await statusOf(second)).toBe(200);
	});

	test('what comes in chunks counts as all that it may be', async () => {
		const { send, next, arrived, inside } = await open();
		send(LARGE);
		const first = await next();
		send(CHUNKED, { 'Transfer-Encoding': 'chunked' });
		await arrived(2);
		send(SMALL);
		expect((await next()).bytes).toBe(SMALL.length);
		expect(inside).toEqual([]);
		first.response.end();
		expect((await next()).bytes).toBe(CHUNKED.length);
	});

	test('who waits for too long is told to come again', async () => {
		const { send, next } = await open(50);
		send(LARGE);
		const first = await next();
		const refused = send(LARGE);
		const [answer] = (await once(refused, 'response')) as [IncomingMessage];
		expect(answer).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } });
		expect(JSON.parse(Buffer.concat(await answer.toArray()).toString())).toMatchObject({ code: 'BROKER_BUSY' });
		first.response.end();
		send(LARGE);
		expect((await next()).bytes).toBe(LARGE.length);
	});

	test('who has gone away keeps no room, at work or waiting', async () => {
		const { send, next, arrived, inside } = await open();
		const first = send(LARGE);
		const atWork = await next();
		const waiting = Array.from({ length: 3 }, () => send(LARGE));
		await arrived(4);
		for (const each of waiting) each.destroy();
		first.destroy();
		await once(atWork.response, 'close');
		for (let round = 0; round < 3; round += 1) {
			send(LARGE);
			(await next()).response.end();
		}
		expect(inside).toEqual([]);
	});
});

describe('answers that repeat documents', () => {
	/** Answers whose documents have so many bytes; tells which may be made, in the order in which they may. */
	function answering() {
		const made: number[] = [];
		const ask = (bytes: number) => {
			const response = new EventEmitter() as unknown as Response;
			const over = enterAnswering(response, bytes).then(() => made.push(bytes));
			return { response, over };
		};
		return { made, ask };
	}

	test('are made while there is room, the others once one of these has been sent, in their order', async () => {
		const { made, ask } = answering();
		const first = ask(5 * MIB);
		const second = ask(4 * MIB);
		const third = ask(3 * MIB);
		await first.over;
		const small = ask(1000);
		await small.over;
		for (let round = 0; round < 5; round += 1) await nextRound();
		expect(made).toEqual([5 * MIB, 1000]);
		first.response.emit('close');
		await third.over;
		expect(made).toEqual([5 * MIB, 1000, 4 * MIB, 3 * MIB]);
		second.response.emit('close');
		third.response.emit('close');
	});

	test('are made when there is nothing else, however large, and one in a round of the loop', async () => {
		const { made, ask } = answering();
		const huge = ask(50 * MIB);
		await huge.over;
		huge.response.emit('close');
		let round = 0;
		let isOver = false;
		const goRound = () => {
			round += 1;
			if (!isOver) setImmediate(goRound);
		};
		goRound();
		const rounds: number[] = [];
		const asked = Array.from({ length: 5 }, () => ask(MIB));
		await Promise.all(asked.map(({ over }) => over.then(() => rounds.push(round))));
		isOver = true;
		for (const { response } of asked) response.emit('close');
		expect(made).toHaveLength(6);
		expect(new Set(rounds).size).toBe(5);
	});
});
