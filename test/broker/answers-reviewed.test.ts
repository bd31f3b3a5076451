/** A site's own policy is asked about each thing that the site would answer: what it denies is neither told, held nor granted. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { Desk } from '../../src/broker/desk.ts';
import type { Review, ReviewQuestion } from '../../src/broker/review.ts';
import type { Verdict } from '../../src/negotiation/verdict.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, hosts } from './hosts.ts';
import { accept, ask, begin, look, sent } from './rounds.ts';
import { agree, alice, bob, create, HOLDS, offerFrom, openWorld, type Wish, type World } from './site.ts';

const HOUR = 3600;
const ALLOW: Verdict = { kind: 'allow' };
/** Four CPUs for an hour within these, which is all that one host has. */
const WHOLE = { cpus: 4, durationSeconds: HOUR };
const AT_TEN = { ...WHOLE, startAt: BEGIN + 10 * HOUR, endAt: BEGIN + 24 * HOUR };

const HALF = { holds: { ...HOLDS, sitePercentMax: 50 } };

/** A policy that judges whatever could be had, by its grant alone. */
function judging(isDenied: (grant: ServiceGrant) => boolean): Review {
	return async ({ provisional }) => {
		const denied = provisional.kind === 'accepted' && isDenied(provisional.grant);
		return denied ? { kind: 'deny', message: 'not so' } : ALLOW;
	};
}

/** A site of one host of four CPUs, and what its policy was asked. */
async function reviewedWorld(says: Review, options: Parameters<typeof openWorld>[0] = {}) {
	const asked: ReviewQuestion[] = [];
	const policy = { says, asked };
	const review: Review = (question) => {
		// What is in the way is no matter of the policy.
		if (question.party.name === 'bob') return Promise.resolve(ALLOW);
		asked.push(question);
		return policy.says(question);
	};
	const world = await openWorld({ hosts: hosts(1), review, ...options });
	return { world, policy, [Symbol.dispose]: () => closeWorld(world) };
}

const grantsAsked = (asked: readonly ReviewQuestion[]) =>
	asked.map(({ provisional }) => (provisional.kind === 'accepted' ? provisional.grant : undefined));
const hourOf = ({ startAt }: { readonly startAt: number }) => (startAt - BEGIN) / HOUR;

describe('a counter-offer that the policy denies', () => {
	const wish = { cpus: 4, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR };

	test('by its size is neither held nor told, and what it allows beside it is held', async () => {
		using site = await reviewedWorld(judging(({ cpuCount }) => cpuCount === 2));
		const { world, policy } = site;
		await agree(world, { cpus: 2, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }, bob);
		const answers = await ask(world, await begin(world), wish);
		expect(grantsAsked(policy.asked).some((grant) => grant?.cpuCount === 2)).toBe(true);
		expect(answers.length).toBeGreaterThan(0);
		for (const { state, proposal } of answers) {
			expect(state).toBe('Acceptable');
			expect(proposal!.grant.cpuCount).not.toBe(2);
		}
		const before = policy.asked.length;
		policy.says = judging(() => true);
		expect(await accept(world, answers[0]!)).toMatchObject({ kind: 'accepted' });
		expect(policy.asked).toHaveLength(before);
	});

	test('by its start is neither held nor told', async () => {
		using site = await reviewedWorld(judging((grant) => hourOf(grant) > 11));
		const { world } = site;
		await agree(world, { ...wish, durationSeconds: 3 * HOUR }, bob);
		const answers = await ask(world, await begin(world), wish);
		expect(answers.map(({ state }) => state)).toContain('Acceptable');
		for (const { proposal } of answers) expect(hourOf(proposal!.grant)).toBeLessThanOrEqual(11);
	});

	test('leaves a rejection that says so where it was the only one', async () => {
		using site = await reviewedWorld(judging(() => true));
		const { world } = site;
		await agree(world, wish, bob);
		const answers = await ask(world, await begin(world), wish);
		expect(answers).toMatchObject([
			{ state: 'Rejected', reasons: [{ code: 'CAPACITY_RESERVED' }, { code: 'POLICY_DENIED' }] },
		]);
		expect(await create(world, wish)).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'CAPACITY_RESERVED' }, { code: 'POLICY_DENIED' }],
		});
	});

	test('is not listed where an offer is refused or evaluated either', async () => {
		using site = await reviewedWorld(judging(({ cpuCount }) => cpuCount === 2));
		const { world } = site;
		await agree(world, { cpus: 2, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }, bob);
		const [refused, evaluated] = [
			await create(world, wish),
			await world.broker.evaluate({ party: alice, ...offerFrom(wish) }),
		];
		for (const outcome of [refused, evaluated]) {
			if (outcome.kind !== 'countered') throw new Error(outcome.kind);
			expect(outcome.alternatives.map(({ rank }) => rank)).toEqual(outcome.alternatives.map((_, nth) => nth + 1));
			for (const { grant } of outcome.alternatives) expect(grant.cpuCount).not.toBe(2);
		}
	});
});

test('what is held beside what may not be held is asked about, too', async () => {
	using site = await reviewedWorld(
		judging(({ cpuCount }) => cpuCount === 2),
		{ policy: HALF },
	);
	const answers = await ask(site.world, await begin(site.world), WHOLE);
	expect(answers.map(({ state, proposal }) => [state, proposal?.grant.cpuCount])).not.toContainEqual(['Acceptable', 2]);
});

test('a counter-offer that the policy would amend is not held as it is', async () => {
	using site = await reviewedWorld(async ({ provisional }) => {
		const isSmall = provisional.kind === 'accepted' && provisional.grant.cpuCount < 4;
		return isSmall ? { kind: 'amend', limits: { durationSecondsMax: 1800 } } : ALLOW;
	});
	const { world } = site;
	await agree(world, { cpus: 2, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }, bob);
	const answers = await ask(world, await begin(world), { ...WHOLE, startAt: BEGIN + 10 * HOUR });
	expect(answers.length).toBeGreaterThan(0);
	for (const { proposal } of answers) expect(proposal!.grant.cpuCount).toBe(4);
});

test('a counter-offer of which the policy says that it denies all leaves nothing', async () => {
	using site = await reviewedWorld(async ({ provisional }) => {
		return provisional.kind === 'accepted' ? { kind: 'deny', message: 'not for you', all: true } : ALLOW;
	});
	const { world } = site;
	await agree(world, { cpus: 2, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }, bob);
	const before = site.policy.asked.length;
	const [answer, ...others] = await ask(world, await begin(world), { ...WHOLE, startAt: BEGIN + 10 * HOUR });
	expect([answer!.state, others]).toEqual(['Rejected', []]);
	expect(answer!.reasons![0]).toMatchObject({ code: 'POLICY_DENIED', message: expect.stringContaining('not for you') });
	// About the offer, and about what would be told in its place, once.
	const asked = site.policy.asked.slice(before).map(({ provisional }) => provisional.kind);
	expect(asked.filter((kind) => kind !== 'accepted')).toHaveLength(1);
});

test('a counter-offer about which there was no answer is told, not held, and had once there is one', async () => {
	using site = await reviewedWorld(async ({ provisional }) => {
		return provisional.kind === 'accepted' ? { kind: 'unreachable', message: 'late.' } : ALLOW;
	});
	const { world, policy } = site;
	await agree(world, { ...WHOLE, startAt: BEGIN + 10 * HOUR }, bob);
	const answers = await ask(world, await begin(world), { ...WHOLE, startAt: BEGIN + 10 * HOUR });
	expect(answers.map(({ state }) => state)).not.toContain('Acceptable');
	const told = answers.find(({ state }) => state === 'Advisory')!;
	expect(told.reasons).toMatchObject([{ code: 'POLICY_UNREACHABLE' }]);
	expect(policy.asked).toHaveLength(1 + answers.filter(({ proposal }) => proposal !== undefined).length);
	expect((await accept(world, told)).kind).toBe('refused');
	policy.says = async () => ALLOW;
	expect((await accept(world, told)).kind).toBe('accepted');
});

describe('where nothing changes while the policy is asked', () => {
	const wish = { cpus: 4, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR };
	const AMEND: Verdict = { kind: 'amend', limits: { durationSecondsMax: HOUR } };

	/** How often it is decided without a trace. */
	async function rehearsals(says: Review, send: (world: World) => Promise<unknown>): Promise<number> {
		using site = await reviewedWorld(says);
		const { world } = site;
		await agree(world, { cpus: 2, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }, bob);
		const evaluate = vi.spyOn(Desk.prototype, 'evaluate');
		try {
			await send(world);
			return evaluate.mock.calls.length;
		} finally {
			evaluate.mockRestore();
		}
	}

	const allow: Review = async () => ALLOW;
	const some = judging(({ cpuCount }) => cpuCount === 2);
	test.each<[what: string, says: Review, send: (world: World) => Promise<unknown>, times: number]>([
		['an offer that can be had', allow, (world) => create(world, { ...wish, cpus: 2 }), 1],
		['one that is countered', allow, (world) => create(world, wish), 1],
		['one of whose alternatives some are denied', some, (world) => create(world, wish), 1],
		['one that is amended', async () => AMEND, (world) => create(world, { ...wish, cpus: 2 }), 2],
		['one in a negotiation', allow, async (world) => ask(world, await begin(world), wish), 2],
		[
			'one in a negotiation, with answers that are denied',
			some,
			async (world) => ask(world, await begin(world), wish),
			3,
		],
	])('%s is not decided anew to find out what else to ask about', async (_, says, send, times) => {
		expect(await rehearsals(says, send)).toBe(times);
	});
});

describe('what changes while the policy is asked', () => {
	/** Before each answer somebody else takes what could have been had; so many times. */
	function rivalry(world: World, says: Review, times: number): Review {
		let left = times;
		return async (question) => {
			const { provisional } = question;
			if (provisional.kind === 'accepted' && left > 0) {
				left -= 1;
				await create(world, { ...WHOLE, startAt: provisional.grant.startAt }, bob);
			}
			return says(question);
		};
	}

	test('is asked about again, and its answer counts', async () => {
		using site = await reviewedWorld(async () => ALLOW);
		const { world, policy } = site;
		policy.says = rivalry(
			world,
			judging((grant) => hourOf(grant) > 10.5),
			1,
		);
		expect(await create(world, AT_TEN)).toMatchObject({ kind: 'countered', reasons: [{ code: 'POLICY_DENIED' }] });
		expect(grantsAsked(policy.asked.slice(0, 2)).map((grant) => hourOf(grant!))).toEqual([10, expect.closeTo(11, 1)]);
		policy.says = judging(() => false);
		expect((await create(world, AT_TEN)).kind).toBe('accepted');
	});

	/** Each time that the policy is asked. */
	const always = (world: World): Review => rivalry(world, async () => ALLOW, Number.POSITIVE_INFINITY);

	test('again and again is not had: nothing is granted that it did not see', async () => {
		using site = await reviewedWorld(async () => ALLOW);
		const { world, policy } = site;
		policy.says = always(world);
		expect(await create(world, AT_TEN)).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'POLICY_UNREACHABLE', remedy: { text: expect.stringContaining('send the offer again') } }],
		});
		expect(policy.asked).toHaveLength(3);
	});

	test('again and again is told in a negotiation, and had when it is agreed to', async () => {
		using site = await reviewedWorld(async () => ALLOW);
		const { world, policy } = site;
		policy.says = always(world);
		const answers = await ask(world, await begin(world), AT_TEN);
		expect(answers.map(({ state }) => state)).toEqual(['Rejected', 'Advisory']);
		expect(answers[1]!.reasons).toMatchObject([{ code: 'POLICY_UNREACHABLE' }]);
		expect(policy.asked).toHaveLength(3);
		policy.says = judging(() => true);
		expect(await accept(world, answers[1]!)).toMatchObject({ reasons: [{ code: 'POLICY_DENIED' }] });
		policy.says = async () => ALLOW;
		expect((await accept(world, answers[1]!)).kind).toBe('accepted');
	});

	test('is not that time passes: what begins at once is asked about once', async () => {
		using site = await reviewedWorld(async () => ALLOW);
		const { world, policy } = site;
		policy.says = async () => {
			world.now += 2;
			return ALLOW;
		};
		expect(await create(world, { cpus: 1 })).toMatchObject({
			kind: 'accepted',
			agreement: { grant: { startAt: BEGIN + 2 } },
		});
		expect(await ask(world, await begin(world), { cpus: 1 })).toMatchObject([{ state: 'Acceptable' }]);
		expect(policy.asked).toHaveLength(2);
	});
});

test('several offers that are sent together are asked about at the same time, and each of their answers', async () => {
	using site = await reviewedWorld(async () => ALLOW);
	const { world, policy } = site;
	await agree(world, { cpus: 3, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }, bob);
	let under = 0;
	let most = 0;
	policy.says = async () => {
		under += 1;
		most = Math.max(most, under);
		await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
		under -= 1;
		return ALLOW;
	};
	const negotiationId = await begin(world);
	const wishes = [2, 3, 4].map((cpus) => ({ cpus, startAt: BEGIN + 10 * HOUR, durationSeconds: HOUR }));
	const offers = wishes.map((wish) => sent(wish));
	const outcome = await world.broker.negotiations.negotiate({ party: alice, negotiationId, offers });
	if (outcome.kind !== 'answered') throw new Error(outcome.kind);
	expect(outcome.answers.flatMap(({ counterOffers }) => counterOffers).map(({ state }) => state)).toContain(
		'Acceptable',
	);
	expect(most).toBeGreaterThanOrEqual(3);
});

/** Rules that a policy may have. */
const RULES: readonly ((grant: ServiceGrant) => boolean)[] = [
	({ cpuCount }) => cpuCount === 2,
	(grant) => Math.floor(hourOf(grant)) % 3 === 0,
	({ machineCount, cpuCount }) => machineCount * cpuCount > 5,
	({ startAt, endAt }) => endAt - startAt < HOUR,
];

const wishes: fc.Arbitrary<Wish> = fc
	.record({
		machines: fc.integer({ min: 1, max: 3 }),
		cpus: fc.integer({ min: 1, max: 4 }),
		durationSeconds: fc.constantFrom(HOUR, 2 * HOUR),
		startIn: fc.integer({ min: 1, max: 4 }),
		isOpen: fc.boolean(),
	})
	.map(({ startIn, isOpen, ...wish }) => {
		const startAt = BEGIN + startIn * HOUR;
		return isOpen ? { ...wish, startAt, endAt: BEGIN + 12 * HOUR } : { ...wish, startAt };
	});

test('whatever is asked, whoever comes in between, nothing is held, told or agreed that the policy denies', async () => {
	const seen = { held: 0, told: 0, agreed: 0, denied: 0, unseen: 0 };
	const step = fc.record({
		wish: wishes,
		/** Whether somebody takes what is asked about, question by question. */
		rivals: fc.array(fc.boolean(), { maxLength: 12 }),
		how: fc.constantFrom('create', 'ask', 'ask'),
	});
	const steps = fc.array(step, { minLength: 2, maxLength: 4 });
	await fc.assert(
		fc.asyncProperty(fc.constantFrom(...RULES), steps, async (isDenied, all) => {
			using site = await reviewedWorld(judging(isDenied), { hosts: hosts(2), policy: HALF });
			const { world, policy } = site;
			let coming: boolean[] = [];
			policy.says = async (question) => {
				const { provisional } = question;
				const verdict = await judging(isDenied)(question);
				if (verdict.kind === 'deny') seen.denied += 1;
				if (coming.shift() === true && provisional.kind === 'accepted') {
					const { machineCount: machines, cpuCount: cpus, startAt } = provisional.grant;
					await create(world, { machines, cpus, startAt }, bob);
				}
				return verdict;
			};
			for (const { wish, rivals, how } of all) {
				coming = [...rivals];
				if (how === 'create') {
					if ((await create(world, wish)).kind === 'accepted') seen.agreed += 1;
					continue;
				}
				const answers = await ask(world, await begin(world), wish);
				for (const { state, proposal, reasons } of answers) {
					if (state === 'Rejected') continue;
					const isUnseen = reasons.some(({ code }) => code === 'POLICY_UNREACHABLE');
					seen[isUnseen ? 'unseen' : state === 'Acceptable' ? 'held' : 'told'] += 1;
					if (!isUnseen) expect(isDenied(proposal!.grant), state).toBe(false);
				}
				const held = answers.find(({ state }) => state === 'Acceptable');
				const offer = held ?? answers.find(({ state }) => state === 'Advisory');
				if (offer === undefined) continue;
				const before = policy.asked.length;
				const outcome = await accept(world, offer);
				if (held !== undefined) expect([outcome.kind, policy.asked.length]).toEqual(['accepted', before]);
				expect(look(world, offer).agreementId !== undefined).toBe(outcome.kind === 'accepted');
			}
			for (const { party, grant } of world.store.agreements.list({ limit: 100 })) {
				if (party === 'alice') expect(isDenied(grant)).toBe(false);
			}
		}),
		{ numRuns: 30 },
	);
	for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
});
