/** What could be had and is not held: told, with what may be held beside it, and agreed to as far as it can still be had. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Review } from '../../src/broker/review.ts';
import type { SentOffer } from '../../src/broker/rounds/negotiation-outcome.ts';
import type { WrittenOffer } from '../../src/store/negotiation-records.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { accept, ask, begin, freeCpus, look, sent, treeOfOffer } from './rounds.ts';
import {
	agree,
	alice,
	bob,
	HOLDS,
	mallory,
	offerFrom,
	offerFromTree,
	offerOf,
	offerXml,
	openWorld,
	treeOf,
	type World,
} from './site.ts';

const HOUR = 3600;
const HALF = { holds: { ...HOLDS, sitePercentMax: 50 } };

let world: World;
beforeEach(async () => {
	world = await openWorld({ hosts: hosts(1, 8), policy: HALF });
});
afterEach(() => closeWorld(world));

const read = (id: string, party = alice) => world.broker.negotiations.read(party, id)!;
const told = (answers: readonly WrittenOffer[]) =>
	answers.map(({ state, proposal: { rank, kind, grant } = {} }) =>
		grant === undefined ? state : `${rank} ${state} ${kind} ${grant.machineCount}x${grant.cpuCount}`,
	);

/** The world anew, with a policy of the site's own that allows everything until it says something else. */
async function underPolicy(): Promise<{ asked: number; says: Awaited<ReturnType<Review>> }> {
	closeWorld(world);
	const policy: Awaited<ReturnType<typeof underPolicy>> = { asked: 0, says: { kind: 'allow' } };
	const review: Review = async () => {
		policy.asked += 1;
		return policy.says;
	};
	world = await openWorld({ hosts: hosts(1, 8), policy: HALF, review });
	return policy;
}

/** Two to six CPUs, the largest that there is room for. */
function upToSix(): SentOffer {
	const xml = offerXml({})
		.replace(
			'<jsdl:IndividualCPUCount><jsdl:Exact>1</jsdl:Exact>',
			'<jsdl:IndividualCPUCount><jsdl:Range><jsdl:LowerBound>2</jsdl:LowerBound><jsdl:UpperBound>6</jsdl:UpperBound></jsdl:Range>',
		)
		.replace(
			'</wsag:All></wsag:Terms>',
			'<wsag:GuaranteeTerm wsag:Name="p"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel></wsag:CustomServiceLevel></wsag:ServiceLevelObjective><wsag:BusinessValueList><wsag:Preference><wsag:ServiceTermReference>R</wsag:ServiceTermReference><wsag:Utility>1</wsag:Utility></wsag:Preference></wsag:BusinessValueList></wsag:GuaranteeTerm></wsag:All></wsag:Terms>',
		);
	return { ...sent({}), offer: offerOf(xml), tree: treeOf(xml) };
}

describe('of what may not all be held', () => {
	test.each([
		['as asked', { cpus: 6 }, ['1 Advisory as-asked 1x6', '2 Acceptable smaller 1x4']],
		['instead of more than there is', { cpus: 12 }, ['1 Advisory smaller 1x8', '2 Acceptable smaller 1x4']],
		['of several machines', { machines: 3, cpus: 2 }, ['1 Advisory as-asked 3x2', '2 Acceptable smaller 2x2']],
		['as asked and no larger than may be held', { cpus: 4 }, ['1 Acceptable as-asked 1x4']],
	])('the best is told, and what may be is held: %s', async (_, wish, expected) => {
		const id = await begin(world);
		const answers = await ask(world, id, { ...wish, startAt: BEGIN + HOUR });
		expect(told(answers).slice(0, 2)).toEqual(expected);
		const [unheld] = answers.filter(({ state }) => state === 'Advisory');
		if (unheld !== undefined) {
			expect(unheld.reasons).toMatchObject([{ code: 'HOLD_REFUSED', limit: 4000, remedy: { allowed: 4000 } }]);
			expect(unheld).not.toHaveProperty('expirationAt');
		}
		expect(freeCpus(world, BEGIN + HOUR)).toEqual([4]);
		expect(read(id).holds).toHaveLength(1);
	});

	test('within the ranges of the offer what may be held is as asked, too', async () => {
		const id = await begin(world);
		const outcome = await world.broker.negotiations.negotiate({ party: alice, negotiationId: id, offers: [upToSix()] });
		if (outcome.kind !== 'answered') throw new Error(outcome.kind);
		expect(told(outcome.answers[0]!.counterOffers)).toEqual(['1 Advisory as-asked 1x6', '2 Acceptable as-asked 1x4']);
	});

	test('where others hold all of it now, it is held when they do not', async () => {
		await ask(world, await begin(world, { party: mallory }), { cpus: 4 }, { party: mallory });
		const answers = await ask(world, await begin(world), { cpus: 4 });
		expect(told(answers).slice(0, 2)).toEqual(['1 Advisory as-asked 1x4', '2 Acceptable later 1x4']);
	});
});

describe('what is told and not held', () => {
	test('is agreed to as it stands, whatever is held beside it, which is free then', async () => {
		const id = await begin(world);
		const [best, held] = await ask(world, id, { cpus: 6 });
		const outcome = await accept(world, best!);
		expect(outcome).toMatchObject({ kind: 'accepted', agreement: { grant: { cpuCount: 6 } } });
		expect(look(world, best!).agreementId).toBeDefined();
		expect(look(world, held!).state).toBe('Advisory');
		expect(read(id).holds).toEqual([]);
		expect(freeCpus(world)).toEqual([2]);
		// Who bought has let nothing lapse.
		expect(world.store.holds.standingOf({ party: 'alice', vo: 'atlas' }, 0, 10)).toMatchObject({
			heldCount: 0,
			lapses: [],
		});
		expect(await accept(world, best!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
		expect(await accept(world, held!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
	});

	test('may be gone, and what is held beside it is still honoured', async () => {
		const [best, held] = await ask(world, await begin(world), { cpus: 6 });
		await agree(world, { cpus: 4 }, bob);
		expect(await accept(world, best!)).toMatchObject({ kind: 'countered', reasons: [{ code: 'CAPACITY_RESERVED' }] });
		expect(await accept(world, held!)).toMatchObject({ kind: 'accepted', agreement: { grant: { cpuCount: 4 } } });
		expect(freeCpus(world)).toEqual([0]);
	});

	test('may be gone, and what is told then can be had beside what is held', async () => {
		const [best] = await ask(world, await begin(world), { cpus: 6, startAt: BEGIN + HOUR });
		await agree(world, { cpus: 3, startAt: BEGIN + HOUR }, bob);
		const gone = await accept(world, best!);
		if (gone.kind !== 'countered') throw new Error(gone.kind);
		expect(gone.reasons).toMatchObject([{ code: 'CAPACITY_RESERVED', available: 5000 }]);
		expect(gone.alternatives.length).toBeGreaterThan(0);
		for (const { offer } of gone.alternatives) {
			expect((await world.broker.evaluate({ party: alice, ...offerFromTree(offer) })).kind).toBe('accepted');
		}
	});

	test.each([
		['Advisory, in answer to what is held', {}, { cpus: 6 }, 'Advisory'],
		['in answer to what is held, and is not held itself', {}, { cpus: 8 }, 'Solicited'],
		['Advisory, in answer to what is told', { cpus: 6 }, { cpus: 7 }, 'Advisory'],
	] as const)('is not in the way of what is asked later: %s', async (_, first, later, state) => {
		const id = await begin(world);
		const [base] = await ask(world, id, { cpus: 4, startAt: BEGIN + HOUR, ...first });
		const answers = await ask(world, id, { ...later, startAt: BEGIN + HOUR }, { to: base!.id, state });
		const unheld = answers.find((answer) => answer.state === 'Advisory');
		expect(unheld).toMatchObject({ proposal: { kind: 'as-asked', grant: { cpuCount: later.cpus } } });
		expect(await accept(world, unheld!)).toMatchObject({
			kind: 'accepted',
			agreement: { grant: { cpuCount: later.cpus } },
		});
		expect(freeCpus(world, BEGIN + HOUR)).toEqual([8 - later.cpus]);
		expect(read(id).holds).toEqual([]);
	});

	test('is meant by its document, though what was rejected beside it says the same', async () => {
		closeWorld(world);
		world = await openWorld({ hosts: hosts(1, 8), policy: { holds: { ...HOLDS, siteSecondsMax: 0 } } });
		const id = await begin(world);
		const [, first] = await ask(world, id, { cpus: 6, startAt: BEGIN + HOUR });
		const { offer } = offerFromTree(treeOfOffer(first!));
		const again: SentOffer = { offer, tree: offer.tree, state: 'Solicited', counterOfferTo: first!.id };
		const outcome = await world.broker.negotiations.negotiate({ party: alice, negotiationId: id, offers: [again] });
		if (outcome.kind !== 'answered') throw new Error(outcome.kind);
		const [{ offer: asked, counterOffers }] = outcome.answers as [(typeof outcome.answers)[0]];
		expect(counterOffers.map(({ state }) => state)).toEqual(['Rejected', 'Advisory']);
		const negotiated = { negotiationId: id, counterOfferTo: asked.id };
		const document = offerFromTree(treeOfOffer(counterOffers[1]!));
		expect((await world.broker.createAgreement({ party: alice, ...document, negotiated })).kind).toBe('accepted');
	});

	test('is returned to without being in its own way: what is held beside it is joined', async () => {
		const id = await begin(world);
		const [best, held] = await ask(world, id, { cpus: 6 });
		const [smaller] = await ask(world, id, { cpus: 3 }, { to: best!.id });
		expect(smaller).toMatchObject({ state: 'Acceptable', holdId: held!.holdId, proposal: { kind: 'as-asked' } });
		expect(freeCpus(world)).toEqual([4]);
		expect(await accept(world, smaller!)).toMatchObject({ kind: 'accepted' });
	});

	test('is agreed to as it was answered, and nothing else', async () => {
		const [best] = await ask(world, await begin(world), { cpus: 6 });
		expect(await accept(world, best!, { other: { cpus: 5 } })).toMatchObject({
			kind: 'refused',
			reasons: expect.arrayContaining([expect.objectContaining({ code: 'OFFER_DIFFERS', asked: '5', limit: '6' })]),
		});
	});

	test('of a change takes the place of the agreement', async () => {
		const { id: agreementId } = await agree(world, { cpus: 1, startAt: BEGIN + HOUR });
		const renegotiates = { agreementId, allowRestart: false, allowMove: false };
		const id = await begin(world, { renegotiates });
		const [rejected, best] = await ask(world, id, { cpus: 7, startAt: BEGIN + HOUR });
		expect([rejected, best]).toMatchObject([
			{ state: 'Rejected', reasons: [{ code: 'HOLD_REFUSED' }] },
			{ state: 'Advisory', reasons: [{ code: 'HOLD_REFUSED' }], proposal: { kind: 'as-asked' } },
		]);
		expect(await accept(world, best!)).toMatchObject({
			kind: 'accepted',
			agreement: { supersedes: agreementId, revision: 2, grant: { cpuCount: 7 } },
		});
		expect(read(id).negotiation.state).toBe('Agreed');
		expect(freeCpus(world, BEGIN + HOUR)).toEqual([1]);
	});

	test('is not agreed to without the verdict of the site’s own policy', async () => {
		const policy = await underPolicy();
		const [best, held] = await ask(world, await begin(world), { cpus: 6 });
		// About what was sent, which could be had, and about the smaller one that is held.
		expect(policy.asked).toBe(2);
		policy.says = { kind: 'deny', message: 'no' };
		expect(await accept(world, best!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'POLICY_DENIED' }] });
		const { asked } = policy;
		expect(asked).toBeGreaterThanOrEqual(3);
		// What is held was asked about when it was.
		expect(await accept(world, held!)).toMatchObject({ kind: 'accepted' });
		expect(policy.asked).toBe(asked);
	});

	test('is not agreed to without a verdict of its own, however close behind its being told', async () => {
		const policy = await underPolicy();
		for (let turns = 0; turns < 12; turns += 1) {
			const wish = { cpus: 6, startAt: BEGIN + (24 * turns + 1) * HOUR };
			const [example] = await ask(world, await begin(world), wish, { state: 'Advisory' });
			const id = await begin(world);
			const before = policy.asked;
			const asking = ask(world, id, wish, { state: 'Advisory', called: 'mine' });
			for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
			const negotiated = { negotiationId: id, counterOfferTo: 'mine' };
			const document = offerFromTree(treeOfOffer(example!));
			const { kind } = await world.broker.createAgreement({ party: alice, ...document, negotiated });
			await asking;
			expect(kind === 'accepted' ? policy.asked - before : 2, `${turns} turns`).toBe(2);
		}
	});

	test('is asked about when it is agreed to; what is held beside it is not, though CounterOfferTo names both', async () => {
		const policy = await underPolicy();
		const id = await begin(world);
		const [, held] = await ask(world, id, { cpus: 6, startAt: BEGIN + HOUR });
		expect([held!.state, policy.asked]).toEqual(['Acceptable', 2]);
		const negotiated = { negotiationId: id, counterOfferTo: held!.counterOfferTo! };
		const document = offerFromTree(treeOfOffer(held!));
		expect((await world.broker.createAgreement({ party: alice, ...document, negotiated })).kind).toBe('accepted');
		expect(policy.asked).toBe(2);
	});
});

test('whatever is told is had at once, and never more than half is held', async () => {
	const wish = fc.record({
		machines: fc.integer({ min: 1, max: 6 }),
		cpus: fc.integer({ min: 1, max: 6 }),
		memoryBytes: fc.constantFrom(GIB, 3 * GIB, 6 * GIB),
		durationSeconds: fc.constantFrom(HOUR, 3 * HOUR),
		startAt: fc.constantFrom(BEGIN, BEGIN + 2 * HOUR),
	});
	const heard = new Map<string, number>();
	for (const [nth, each] of fc.sample(wish, { numRuns: 16, seed: 5 }).entries()) {
		using site = await openWorld({ hosts: hosts(3), policy: HALF });
		await agree(site, { cpus: 2, startAt: BEGIN + HOUR, durationSeconds: 2 * HOUR }, bob);
		await ask(site, await begin(site, { party: mallory }), { cpus: 1 + (nth % 3) }, { party: mallory });
		const before = [BEGIN + 60, BEGIN + 2 * HOUR].map(
			(at) => 12 - freeCpus(site, at).reduce((sum, cpus) => sum + cpus),
		);
		const id = await begin(site);
		const answers = await ask(site, id, each);
		const offers = answers.filter(({ state }) => state !== 'Rejected');
		expect(offers.length).toBeGreaterThan(0);
		for (const [which, at] of [BEGIN + 60, BEGIN + 2 * HOUR].entries()) {
			const held = 12 - freeCpus(site, at).reduce((sum, cpus) => sum + cpus) - before[which]!;
			expect(held).toBeLessThanOrEqual(6);
		}
		const wanted = nth % 2 === 0 ? 'Advisory' : 'Acceptable';
		const chosen = offers.findLast(({ state }) => state === wanted) ?? offers[0]!;
		heard.set(chosen.state, (heard.get(chosen.state) ?? 0) + 1);
		expect([await accept(site, chosen), chosen.reasons]).toMatchObject([{ kind: 'accepted' }, chosen.reasons]);
	}
	expect(Math.min(heard.get('Advisory') ?? 0, heard.get('Acceptable') ?? 0)).toBeGreaterThan(3);
});

test('a change to machines that were booted without a disk is told all else without one, and agreed to like that', async () => {
	const wish = { cpus: 2, memoryBytes: GIB, durationSeconds: HOUR };
	const { id } = await agree(world, wish);
	world.now += 120;
	const change = { party: alice, agreementId: id, allowRestart: false, allowMove: false };
	const asked = offerFrom({ ...wish, durationSeconds: 2 * HOUR, diskBytes: 4 * GIB });
	const found = await world.broker.renegotiate({ ...change, ...asked });
	if (found.kind !== 'countered') throw new Error(JSON.stringify(found));
	expect(found).toMatchObject({ reasons: [{ code: 'NEEDS_RESTART' }], alternatives: [{ grant: { diskBytes: 0 } }] });
	const made = await world.broker.renegotiate({ ...change, ...offerFromTree(found.alternatives[0]!.offer) });
	expect(made).toMatchObject({ kind: 'accepted', agreement: { grant: { diskBytes: 0, endAt: BEGIN + 2 * HOUR } } });
});
