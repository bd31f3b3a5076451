/** What a site's own policy may answer, and what is no answer. */
import { expect, test } from 'vitest';
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
