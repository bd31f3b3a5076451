/** What a site's own policy said is looked up for each of the thousands of sizes that a refusal tries. */
import { expect, test, vi } from 'vitest';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { repliesTo, type Said } from '../../src/negotiation/said.ts';

test('what was said is not gone through for each grant that is looked up', () => {
	const grantOf = (cpuCount: number) => ({ startAt: 1000, endAt: 4600, machineCount: 1, cpuCount }) as ServiceGrant;
	const said = Array.from({ length: 56 }, (_, nth): Said => {
		const verdict = nth % 2 === 0 ? ({ kind: 'allow' } as const) : ({ kind: 'deny', message: 'odd' } as const);
		return { what: { grant: grantOf(nth), effects: [] }, at: 5, verdict };
	});
	const replies = repliesTo({ said, verdict: { kind: 'allow' } }, [], 6);
	using printed = vi.spyOn(JSON, 'stringify');
	const says = [0, 1, 55, 56].map((cpuCount) => replies.sayToGrant(grantOf(cpuCount)));
	expect(printed.mock.calls.length).toBeLessThanOrEqual(says.length);
	expect(says).toEqual(['allowed', 'denied', 'denied', undefined]);
});
