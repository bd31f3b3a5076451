import { expect, test } from 'vitest';
import { WAITERS_MAX, Waiters } from '../../src/broker/waiters.ts';

const LONG_MS = 60_000;

test('a waiter looks when there is news about its own agreement, and ends when it likes what it sees', async () => {
	const waiters = new Waiters();
	let looks = 0;
	const waiting = waiters.wait('a', LONG_MS, () => {
		looks += 1;
		return looks === 3;
	});
	waiters.wake('b');
	waiters.wake('a');
	await Promise.resolve();
	waiters.wake('a');
	await waiting;
	expect(looks).toBe(3);
	waiters.wake('a');
	expect(looks).toBe(3);
});

test('what the condition throws is the waiter’s own', async () => {
	const waiters = new Waiters();
	let broken = false;
	const condition = () => {
		if (broken) throw new Error('gone');
		return false;
	};
	const waiting = waiters.wait('a', LONG_MS, condition);
	broken = true;
	waiters.wake('a');
	await expect(waiting).rejects.toThrow('gone');
});

test('too many are refused, and there is room again when some have ended', async () => {
	const waiters = new Waiters();
	const waiting = Array.from({ length: WAITERS_MAX }, (_, index) =>
		waiters.wait(`a${index % 7}`, LONG_MS, () => false),
	);
	await expect(waiters.wait('a', LONG_MS, () => false)).rejects.toMatchObject({ code: 'BROKER_BUSY' });
	waiters.close();
	await Promise.all(waiting);
	await waiters.wait('a', 1, () => false);
});
