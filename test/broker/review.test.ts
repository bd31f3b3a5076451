/** A site's own policy: nothing is agreed to or held without its verdict, whatever changes while it is asked. */
import { describe, expect, test } from 'vitest';
import type { Review, ReviewQuestion } from '../../src/broker/review.ts';
import type { Verdict } from '../../src/negotiation/verdict.ts';
import { BEGIN, hosts } from './hosts.ts';
import { ask, begin, negotiate } from './rounds.ts';
import { admin, agree, alice, create, offerFrom, openWorld, type World } from './site.ts';

const HOUR = 3600;
const LATER = { cpus: 4, startAt: BEGIN + 4 * HOUR, durationSeconds: HOUR };
const IMAGE_TO_COME = `sha256:${'cd'.repeat(32)}`;
const DENIED: Verdict = { kind: 'deny', message: 'no' };

/** A site of one host of four CPUs with a policy that is to be set. */
async function reviewedWorld(): Promise<{ world: World; asked: ReviewQuestion[]; says: (review: Review) => void }> {
	const asked: ReviewQuestion[] = [];
	let answer: Review = async () => ({ kind: 'allow' });
	const review: Review = (question) => {
		asked.push(question);
		return answer(question);
	};
	const world = await openWorld({ hosts: hosts(1), review });
	return {
		world,
		asked,
		says: (next) => {
			asked.length = 0;
			answer = next;
		},
	};
}

describe('what cannot be had when the policy is asked, and can when it is decided', () => {
	test.each([
		['deny', DENIED, 'refused', ['refused']],
		['allow', { kind: 'allow' }, 'accepted', ['refused', 'accepted']],
	] as const)('is asked about, and %s counts', async (_, verdict, outcome, provisional) => {
		const { world, asked, says } = await reviewedWorld();
		using _world = world;
		says(async () => {
			await world.broker.catalogue.addImage(admin, {
				digest: IMAGE_TO_COME,
				name: 'debian',
				kind: 'disk',
				diskBytes: 0,
			});
			return verdict;
		});
		const decided = await create(world, { ...LATER, image: IMAGE_TO_COME });
		expect(decided.kind).toBe(outcome);
		if (decided.kind === 'refused') expect(decided.reasons.map(({ code }) => code)).toContain('POLICY_DENIED');
		expect(asked.map(({ provisional: { kind } }) => kind)).toEqual(provisional);
	});
});

describe('an offer that answers what is held', () => {
	test('is told to the policy as it is judged: in the place of what is held', async () => {
		const { world, asked, says } = await reviewedWorld();
		using _world = world;
		const negotiation = await begin(world);
		const [held] = await ask(world, negotiation, { ...LATER, cpus: 1 });
		says(async () => DENIED);
		const [answer] = await ask(world, negotiation, LATER, { to: held!.id });
		expect(asked[0]).toMatchObject({ provisional: { kind: 'accepted', grant: { cpuCount: 4 } } });
		expect(answer).toMatchObject({ state: 'Rejected', reasons: [{ code: 'POLICY_DENIED' }] });
		says(async () => ({ kind: 'allow' }));
		expect(await ask(world, negotiation, LATER, { to: held!.id })).toMatchObject([{ state: 'Acceptable' }]);
	});

	test('of a change is told beside the agreement that it changes', async () => {
		const { world, asked, says } = await reviewedWorld();
		using _world = world;
		const { id } = await agree(world, { ...LATER, cpus: 3 });
		const negotiation = await begin(world, { renegotiates: { agreementId: id } });
		says(async () => ({ kind: 'allow' }));
		expect(await ask(world, negotiation, LATER)).toMatchObject([{ state: 'Acceptable' }]);
		expect(asked).toMatchObject([{ agreementId: id, provisional: { kind: 'accepted', grant: { cpuCount: 4 } } }]);
	});
});

test('what there is nothing to ask about is not told to the policy, and is not had', async () => {
	const { world, asked, says } = await reviewedWorld();
	using _world = world;
	says(async () => ({ kind: 'allow' }));
	expect(await negotiate(world, 'none', LATER)).toEqual({ kind: 'not-found' });
	const none = { party: alice, agreementId: 'none', ...offerFrom(LATER) };
	expect(await world.broker.evaluate(none)).toEqual({ kind: 'not-found' });
	expect(asked).toEqual([]);
});
