/** The postman brings what is due, and nobody who does not answer keeps the others waiting. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OperatingError } from '../../src/errors.ts';
import { Postman } from '../../src/jobs/postman.ts';
import type { PostOutcome } from '../../src/notify/notifier.ts';
import { alice, offerFrom, openWorld, type World } from '../broker/site.ts';

let world: World;
let postman: Postman;
let reported: string[];
beforeEach(async () => {
	world = await openWorld();
	reported = [];
});
afterEach(async () => {
	await postman.stop();
	world[Symbol.dispose]();
});

const answered = (status: number): PostOutcome => ({
	kind: 'answered',
	status,
	contentType: '',
	body: new Uint8Array(),
});

function start(post: (target: string) => Promise<PostOutcome>): void {
	postman = new Postman({
		broker: world.broker,
		notifier: { post },
		news: {
			teller: () => {
				throw new Error('Nobody has subscribed.');
			},
			follows: () => false,
		},
		report: (what) => reported.push(what),
	});
	postman.start();
}

/** Leaves so many messages for each of these targets. */
async function send(count: number, ...targets: readonly string[]): Promise<void> {
	await world.broker.createPendingAgreement({
		party: alice,
		...offerFrom({ cpus: 10_000 }),
		id: targets.join(),
		messagesOf: () =>
			targets.flatMap((target) => Array.from({ length: count }, () => ({ target, headers: {}, body: '' }))),
	});
}

const left = () => world.broker.correspondence.dueMessages(100).map(({ target }) => target);

/** Until the condition holds; looked at whenever the event loop turns. */
async function until(condition: () => boolean): Promise<void> {
	const late = performance.now() + 5_000;
	while (!condition()) {
		if (performance.now() > late) throw new Error('It did not come to that.');
		await new Promise((resolve) => setImmediate(resolve));
	}
}

test('a target that does not answer keeps two calls busy, and nobody else waiting', async () => {
	await send(20, 'slow');
	await send(3, 'quick');
	let release: (outcome: PostOutcome) => void = () => {};
	const silence = new Promise<PostOutcome>((resolve) => {
		release = resolve;
	});
	const called: string[] = [];
	start(async (target) => {
		called.push(target);
		return target === 'slow' ? silence : answered(200);
	});
	await until(() => !left().includes('quick'));
	expect(called.filter((target) => target === 'slow')).toHaveLength(2);
	release(answered(204));
	await until(() => left().length === 0);
	expect(called).toHaveLength(23);
});

test('who is not allowed any more is given up, and said so', async () => {
	await send(1, 'gone');
	start(async () => ({ kind: 'refused', why: 'This site does not call there.' }));
	await until(() => left().length === 0 && reported.length === 1);
	expect(reported).toEqual(['The message to gone is given up']);
});

test.each<[string, () => Promise<PostOutcome>]>([
	['answers with an error', async () => answered(500)],
	['answers with a redirect', async () => answered(302)],
	['does not answer', () => Promise.reject(new OperatingError('TARGET_UNREACHABLE'))],
])('who %s is called again later', async (_, outcome) => {
	await send(1, 'later');
	let tries = 0;
	start(() => {
		tries += 1;
		return tries === 1 ? outcome() : Promise.resolve(answered(200));
	});
	await until(() => tries === 1 && left().length === 0);
	world.now += 2;
	expect(left()).toEqual(['later']);
	postman.nudge();
	await until(() => left().length === 0);
	expect(tries).toBe(2);
	expect(reported).toEqual([]);
});

test('large messages are brought one after the other, whoever they are for, and small ones beside them', async () => {
	const large = 'x'.repeat(3 * 2 ** 20);
	await world.broker.createPendingAgreement({
		party: alice,
		...offerFrom({ cpus: 10_000 }),
		id: 'large',
		messagesOf: () => ['a', 'b', 'c'].map((target) => ({ target, headers: {}, body: large })),
	});
	await send(1, 'small');
	const begun: string[] = [];
	const releases: (() => void)[] = [];
	start((target) => {
		begun.push(target);
		return new Promise((resolve) => releases.push(() => resolve(answered(202))));
	});
	await until(() => begun.length === 2);
	expect(begun).toEqual(['a', 'small']);
	for (const count of [3, 4]) {
		releases.shift()!();
		releases.shift()?.();
		await until(() => begun.length === count);
	}
	expect(begun).toEqual(['a', 'small', 'b', 'c']);
	for (const release of releases) release();
	await until(() => left().length === 0);
});
