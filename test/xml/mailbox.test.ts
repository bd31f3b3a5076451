import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { Mailbox } from '../../src/xml/mailbox.ts';

function bothSides() {
	const memory = Mailbox.memory();
	return { looking: new Mailbox(memory), leaving: new Mailbox(memory), bytesMax: memory.byteLength - 12 };
}

const LETTER = { bytes: new Uint8Array([1, 2, 3]), note: 7 };

test('nothing is left where nobody looks: before, once there is a letter, and behind it', () => {
	const { looking, leaving } = bothSides();
	expect([leaving.leave(LETTER), looking.take()]).toEqual([false, undefined]);
	looking.open();
	expect([looking.take(), leaving.leave(LETTER), leaving.leave({ ...LETTER, note: 8 })]).toEqual([
		undefined,
		true,
		false,
	]);
	expect([looking.take(), looking.take(), leaving.leave(LETTER)]).toEqual([LETTER, undefined, false]);
});

test('what was left before it was shut is there, and nothing comes in its place', () => {
	const { looking, leaving } = bothSides();
	looking.open();
	leaving.leave(LETTER);
	expect([looking.shut(), looking.shut(), leaving.leave(LETTER)]).toEqual([LETTER, undefined, false]);
	looking.open();
	expect([looking.shut(), leaving.leave(LETTER), looking.take()]).toEqual([undefined, false, undefined]);
});

test('as much as there is room for, in memory of its own', () => {
	const { looking, leaving, bytesMax } = bothSides();
	looking.open();
	expect(leaving.leave({ bytes: new Uint8Array(bytesMax + 1), note: 0 })).toBe(false);
	const bytes = new Uint8Array(bytesMax).fill(5);
	expect(leaving.leave({ bytes, note: 0 })).toBe(true);
	const taken = looking.take()!;
	looking.open();
	leaving.leave({ bytes: new Uint8Array(bytesMax), note: 0 });
	expect(Buffer.compare(taken.bytes, bytes)).toBe(0);
	expect(taken.bytes.buffer).toBeInstanceOf(ArrayBuffer);
});

/** Leaves letters, each with its number, until so many were taken from it; tells how many it left. */
const WRITER = `
	const { workerData, parentPort } = require('node:worker_threads');
	import(workerData.url).then(({ Mailbox }) => {
		const box = new Mailbox(workerData.memory);
		let left = 0;
		while (left < workerData.count) {
			const bytes = new Uint8Array(1 + (left % 1000)).fill(left % 251);
			if (box.leave({ bytes, note: left })) left += 1;
		}
		parentPort.postMessage(left);
	});
`;

test('between two threads each letter that was left is taken once, whole, and in order, however often it is shut', async () => {
	const memory = Mailbox.memory();
	const looking = new Mailbox(memory);
	const count = 2_000;
	const { href: url } = new URL('../../src/xml/mailbox.ts', import.meta.url);
	const worker = new Worker(WRITER, { eval: true, workerData: { memory, url, count } });
	const told = new Promise((resolve) => worker.once('message', resolve));
	const faults: number[] = [];
	let taken = 0;
	for (let turn = 0; taken < count; turn += 1) {
		if (turn % 200 === 0) await new Promise(setImmediate);
		looking.open();
		let letter = looking.take();
		for (let look = 0; letter === undefined && look < turn % 50; look += 1) letter = looking.take();
		letter ??= looking.shut();
		if (letter === undefined) continue;
		const isWhole = letter.bytes.length === 1 + (taken % 1000) && letter.bytes.every((byte) => byte === taken % 251);
		if (letter.note !== taken || !isWhole) faults.push(taken);
		taken += 1;
	}
	expect([await told, faults]).toEqual([count, []]);
	await worker.terminate();
}, 60_000);
