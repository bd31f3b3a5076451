/** What a site's own policy may answer, and what is no answer. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPolicyWebhook } from '../../src/notify/policy-webhook.ts';

function asked(answer: object) {
	const faults: string[] = [];
	const body = Buffer.from(JSON.stringify(answer));
	const ask = openPolicyWebhook({
		notifier: { post: async () => ({ kind: 'answered', status: 200, contentType: 'application/json', body }) },
		target: 'http://127.0.0.1:1/',
		limitsMin: { durationSecondsMax: 60, memoryBytesMax: 1000 },
		fails: 'closed',
		onFailure: (error) => faults.push(String(error)),
	});
	return { verdict: ask(['{}']), faults };
}

test('limits as low as the site ever grants are taken, with the words beside them', async () => {
	const limits = { machinesMax: 1, cpuCountMax: 1, memoryBytesMax: 1000, durationSecondsMax: 60 };
	const { verdict, faults } = asked({ verdict: 'amend', limits, message: ' twenty\n seats ' });
	expect(await verdict).toEqual({ kind: 'amend', limits, message: 'twenty seats' });
	expect(faults).toEqual([]);
});

test.each([
	['machinesMax', 0, 'are no whole numbers'],
	['cpuCountMax', 0, 'are no whole numbers'],
	['memoryBytesMax', 999, 'memoryBytesMax is 999, and this site grants nothing with less than 1000.'],
	['durationSecondsMax', 59, 'durationSecondsMax is 59, and this site grants nothing with less than 60.'],
])('a lower %s is no verdict, and the operator is told', async (name, limit, words) => {
	const { verdict, faults } = asked({ verdict: 'amend', limits: { cpuCountMax: 8, [name]: limit } });
	expect(await verdict).toMatchObject({ kind: 'unreachable' });
	expect(faults.join()).toContain(words);
});

test('who asks while many others do waits for its turn, within its deadline', async () => {
	let under = 0;
	let most = 0;
	const release: (() => void)[] = [];
	const faults: string[] = [];
	const deadlines: number[] = [];
	const ask = openPolicyWebhook({
		notifier: {
			post: async (_, __, ___, deadlineMs = 0) => {
				under += 1;
				most = Math.max(most, under);
				deadlines.push(deadlineMs);
				await new Promise<void>((resolve) => release.push(resolve));
				under -= 1;
				return { kind: 'answered', status: 200, contentType: '', body: Buffer.from('{"verdict":"allow"}') };
			},
		},
		target: 'http://127.0.0.1:1/',
		deadlineMs: 60_000,
		fails: 'closed',
		onFailure: (error) => faults.push(String(error)),
	});
	const made: number[] = [];
	const questions = Array.from({ length: 64 + 1024 }, (_, nth) =>
		ask(
			(function* () {
				made.push(nth);
				yield '{}';
			})(),
		),
	);
	expect(await ask(['{}'])).toMatchObject({ kind: 'unreachable' });
	expect(faults.join()).toContain('1024 questions wait already.');
	expect(made).toHaveLength(64);
	let isDone = false;
	const all = Promise.all(questions).then((verdicts) => {
		isDone = true;
		return verdicts;
	});
	while (!isDone) {
		release.shift()?.();
		await new Promise((resolve) => setImmediate(resolve));
	}
	expect(new Set((await all).map(({ kind }) => kind))).toEqual(new Set(['allow']));
	expect(most).toBe(64);
	expect(made).toEqual(questions.map((_, nth) => nth));
	expect(Math.max(...deadlines)).toBeLessThanOrEqual(60_000);
});

test('whose time is over before its turn comes is not asked', async () => {
	const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
	onTestFinished(() => clock.mockRestore());
	const release: (() => void)[] = [];
	const faults: string[] = [];
	const ask = openPolicyWebhook({
		notifier: {
			post: async () => {
				await new Promise<void>((resolve) => release.push(resolve));
				throw new Error('late');
			},
		},
		target: 'http://127.0.0.1:1/',
		deadlineMs: 5,
		fails: 'open',
		onFailure: (error) => faults.push(String(error)),
	});
	const verdicts = Promise.all(Array.from({ length: 65 }, () => ask(['{}'])));
	while (release.length < 64) await new Promise((resolve) => setImmediate(resolve));
	clock.mockReturnValue(5);
	for (const answer of release.splice(0)) answer();
	expect(await verdicts).toEqual(Array.from({ length: 65 }, () => ({ kind: 'allow' })));
	expect([release.length, faults.length]).toEqual([0, 65]);
	expect(faults.join()).toContain('other questions took all the 5 ms');
});
