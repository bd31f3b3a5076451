/** What a change is told to cost where it is not held: what it comes to when it is agreed to within the grace, at the most. */
import { expect, test } from 'vitest';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import type { WrittenOffer } from '../../src/store/negotiation-records.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { accept, ask, begin, look, pass, treeOfOffer } from './rounds.ts';
import { agree, alice, HOLDS, offerFrom, offerFromTree, openWorld, POLICY, type World } from './site.ts';

const HOUR = 3600;
const GRACE = POLICY.startGraceSeconds;

async function openPriced(holds = HOLDS): Promise<World> {
	const rates = [{ cpuHour: '10', memoryGibHour: '0' }];
	const prices = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
	if (!prices.ok) throw new Error(JSON.stringify(prices));
	return openWorld({ hosts: hosts(1, 8), policy: { prices: prices.model, holds } });
}

/** Four CPUs for two hours that run, beside what takes the whole site an hour after they end. */
async function runningBeside(world: World): Promise<string> {
	const { id } = await agree(world, { cpus: 4, memoryBytes: GIB, durationSeconds: 2 * HOUR });
	await agree(world, { cpus: 8, memoryBytes: GIB, startAt: BEGIN + 3 * HOUR, durationSeconds: 9 * HOUR });
	await pass(world, 60);
	return id;
}

const LONGER = { cpus: 1, memoryBytes: GIB, durationSeconds: 5 * HOUR };
const WITHIN = { cpus: 1, memoryBytes: GIB, durationSeconds: 2 * HOUR };

test.each([0, 5, GRACE - 1, GRACE])('an alternative of an evaluation is accepted %i seconds later', async (seconds) => {
	using world = await openPriced();
	const agreementId = await runningBeside(world);
	const change = { party: alice, agreementId, allowRestart: true, allowMove: false };
	const found = await world.broker.evaluate({ ...change, ...offerFrom(LONGER) });
	if (found.kind !== 'countered') throw new Error(found.kind);
	const [first] = found.alternatives;
	world.now += seconds;
	const made = await world.broker.renegotiate({ ...change, ...offerFromTree(first!.offer) });
	if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
	const paid = Number(made.agreement.price!.amount);
	expect(paid).toBeLessThanOrEqual(Number(first!.price!.amount));
	if (seconds === GRACE) expect(made.agreement.price).toEqual(first!.price);
});

async function round(world: World, wish: typeof LONGER, state: 'Advisory' | 'Solicited'): Promise<WrittenOffer> {
	const agreementId = await runningBeside(world);
	const renegotiates = { agreementId, allowRestart: true, allowMove: false };
	const answers = await ask(world, await begin(world, { renegotiates }), wish, { state });
	return answers.find(({ proposal }) => proposal !== undefined)!;
}

test.each<[string, typeof LONGER, 'Advisory' | 'Solicited', Partial<typeof HOLDS>]>([
	['asked for', WITHIN, 'Advisory', {}],
	['offered instead', LONGER, 'Advisory', {}],
	['asked for and not held', WITHIN, 'Solicited', { countMax: 0 }],
	['offered instead and not held', LONGER, 'Solicited', { countMax: 0 }],
	['offered instead and too much to be held', LONGER, 'Solicited', { sitePercentMax: 1 }],
])('what is %s is told at the most that it comes to within the grace', async (_, wish, state, limits) => {
	using world = await openPriced({ ...HOLDS, ...limits });
	const told = await round(world, wish, state);
	expect(told.state).toBe('Advisory');
	expect(Number(told.proposal!.price!.amount)).toBeGreaterThan(20);
	expect(offerFromTree(treeOfOffer(told)).offer.context.priceCeiling?.amount).toBe(told.proposal!.price!.amount);
	world.now += GRACE;
	const made = await accept(world, told);
	if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
	expect(made.agreement.price).toEqual(told.proposal!.price);
});

test('what is held is told at its price now, and agreed to at that until it expires', async () => {
	using world = await openPriced();
	const held = await round(world, WITHIN, 'Solicited');
	expect(held.state).toBe('Acceptable');
	// A minute of four CPUs, then the rest of one.
	expect(held.proposal!.price).toMatchObject({ amount: '20.50', used: { untilAt: world.now } });
	world.now += GRACE;
	const made = await accept(world, held);
	expect(made.kind === 'accepted' && made.agreement.price).toEqual(held.proposal!.price);
});

test('what is moved is told why in words about what was asked', async () => {
	using world = await openPriced();
	await agree(world, { cpus: 8, memoryBytes: GIB, durationSeconds: HOUR });
	const wish = { cpus: 8, memoryBytes: GIB, startAt: BEGIN, durationSeconds: HOUR };
	const [first] = await ask(world, await begin(world), wish, { state: 'Advisory' });
	expect(first!.proposal!.grant.startAt).toBeGreaterThan(BEGIN);
	const because = first!.proposal!.because!.map(({ field, message }) => [field, message]);
	expect(because).toContainEqual(['startAt', 'The start of this counter-offer.']);
	expect(because.map(([field]) => field)).not.toContain('price');
});

test('what was held and is not any more is not agreed to by its name, and asked for again costs what it costs then', async () => {
	using world = await openPriced();
	const agreementId = await runningBeside(world);
	const renegotiates = { agreementId, allowRestart: true, allowMove: false };
	const negotiation = await begin(world, { renegotiates });
	const until = world.now + 30;
	const [held] = await ask(world, negotiation, WITHIN, { state: 'Solicited', until });
	expect(held).toMatchObject({ state: 'Acceptable', expirationAt: until, proposal: { price: { amount: '20.50' } } });
	await pass(world, 30);
	expect(look(world, held!)).toMatchObject({ state: 'Advisory', proposal: { price: { amount: '20.50' } } });
	expect(await accept(world, held!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'OFFER_EXPIRED' }] });
	const again = await ask(world, negotiation, WITHIN, { state: 'Solicited' });
	expect(again[0]).toMatchObject({ state: 'Acceptable', proposal: { price: { amount: '20.75' } } });
	// What is sent back as it was held pays no more than that.
	const sent = offerFromTree(treeOfOffer(held!));
	const change = { party: alice, agreementId, allowRestart: true, allowMove: false };
	expect(await world.broker.renegotiate({ ...change, ...sent })).toMatchObject({
		reasons: [{ code: 'PRICE_EXCEEDED' }],
	});
});
