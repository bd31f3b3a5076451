/** Who owes what when an agreement ends: the rows of the table in docs/negotiation.md. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Party } from '../../src/identity/party.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, hosts } from './hosts.ts';
import { accept, ask, begin, pass } from './rounds.ts';
import {
	admin,
	agree,
	alice,
	bob,
	mallory,
	offerFrom,
	offerFromTree,
	openWorld,
	vera,
	type Wish,
	type World,
	work,
} from './site.ts';

const HOUR = 3600;
const DAY = 86_400;

let world: World;
beforeEach(async () => {
	const reading = readPriceModel(
		{
			currency: 'EUR',
			rates: [{ cpuHour: '1', memoryGibHour: '0' }],
			cancellation: [{ noticeHours: 24, percent: 10 }],
			penaltyPercent: 50,
		},
		() => [{ fromAt: 0, offsetSeconds: 0 }],
	);
	if (!reading.ok) throw new Error(reading.issues.join(' '));
	world = await openWorld({ hosts: hosts(1), policy: { prices: reading.model } });
});
afterEach(() => closeWorld(world));

const PENALTY = { kind: 'penalty', currency: 'EUR', amount: '1.00' };
const fee = (amount: string) => ({ kind: 'cancellation', currency: 'EUR', amount });

/** Two CPU-hours: 2.00 EUR. */
const WISH: Wish = { cpus: 2, durationSeconds: HOUR };
const LATER = { ...WISH, startAt: BEGIN + 2 * DAY };

const find = (id: string) => world.broker.getAgreement(alice, id)!;
const terminate = (party: Party, agreementId: string) => world.broker.terminate({ party, agreementId });

/** The same after the broker was closed and opened again. */
function due(id: string) {
	const before = find(id).due;
	world.reopen();
	expect(find(id).due).toEqual(before);
	return before;
}

async function failDeployment(forGood: boolean): Promise<void> {
	const [errand] = await world.broker.errands.lease(8);
	await world.broker.errands.fail(errand!, [], { message: 'no image', host: 'n1', forGood });
}

describe('an agreement that is terminated', () => {
	const sameVo: Party = { name: 'ada', vo: alice.vo, role: 'admin' };
	const endings: [string, Party, Wish, number, object][] = [
		['by its client with notice: the fee for that', alice, LATER, 0, fee('0.20')],
		['by its client with less notice: the fee for that', alice, LATER, 1.5 * DAY, fee('2.00')],
		['by its client while it runs: the fee without notice', alice, WISH, 600, fee('2.00')],
		['by the broker of its VO: as by its client', vera, LATER, 0, fee('0.20')],
		['by the administrator of the site: the penalty', admin, LATER, 0, PENALTY],
		['by the administrator of the site while it runs: the penalty', admin, WISH, 600, PENALTY],
		['by an administrator of the site from its VO: the penalty', sameVo, LATER, 0, PENALTY],
	];
	test.each(endings)('%s', async (_, party, wish, after, owed) => {
		const { id } = await agree(world, wish);
		await work(world);
		world.now += after;
		expect(await terminate(party, id)).toMatchObject({ kind: 'changed', agreement: { due: owed } });
		expect(due(id)).toEqual(owed);
		// Once is enough.
		await terminate(admin, id);
		expect(due(id)).toEqual(owed);
	});

	test('by an administrator of the site who is its client: the fee', async () => {
		const { id } = await agree(world, LATER, admin);
		await terminate(admin, id);
		expect(world.broker.getAgreement(admin, id)!.due).toEqual(fee('0.20'));
	});

	test.each([
		['another client of its VO', bob],
		['the broker of another VO', mallory],
	])('cannot be by %s: nothing happens', async (_, party) => {
		const { id } = await agree(world, LATER);
		expect((await terminate(party, id)).kind).toMatch(/not-found|forbidden/);
		expect(find(id).state).toBe('Observed');
		expect(due(id)).toBeUndefined();
	});

	test('by a client that a failing deployment keeps waiting: nothing', async () => {
		const { id } = await agree(world, WISH);
		world.now += 60;
		await failDeployment(false);
		await terminate(alice, id);
		expect(due(id)).toBeUndefined();
	});

	test('by a client whose deployment has succeeded at last: the fee', async () => {
		const { id } = await agree(world, WISH);
		world.now += 60;
		await failDeployment(false);
		world.now += 60;
		await work(world);
		await terminate(alice, id);
		expect(due(id)).toEqual(fee('2.00'));
	});
});

describe('an agreement that ends otherwise', () => {
	test('because its deployment failed for good: the penalty', async () => {
		const { id } = await agree(world, WISH);
		await failDeployment(true);
		expect(find(id)).toMatchObject({ state: expect.stringMatching(/Terminat/) });
		expect(due(id)).toEqual(PENALTY);
	});

	test('with its window: nothing', async () => {
		const { id } = await agree(world, WISH);
		await work(world);
		world.now += HOUR;
		await work(world);
		expect(find(id).state).toBe('Complete');
		expect(due(id)).toBeUndefined();
	});

	test.each([
		['while it runs: the fee', WISH, 600, 0, fee('2.00')],
		['before it begins: the fee for the notice that is left', LATER, 600, 0, fee('0.20')],
		['which is noticed late: the fee for the notice that was left', LATER, DAY, 5 * HOUR, fee('0.20')],
	])('at its ExpirationTime %s', async (_, wish, after, late, owed) => {
		const { id } = await agree(world, { ...wish, expirationAt: BEGIN + after });
		await work(world);
		world.now += after + late;
		await work(world);
		expect(find(id).stateReason).toContain('ExpirationTime');
		expect(due(id)).toEqual(owed);
	});

	test('at its ExpirationTime while a failing deployment keeps its client waiting: nothing', async () => {
		const { id } = await agree(world, { ...WISH, expirationAt: BEGIN + 600 });
		world.now += 60;
		await failDeployment(false);
		await pass(world, 540);
		expect(find(id).stateReason).toContain('ExpirationTime');
		expect(due(id)).toBeUndefined();
	});

	test('in favour of its next revision: nothing', async () => {
		const { id } = await agree(world, LATER);
		const change = { party: alice, agreementId: id, ...offerFrom({ ...LATER, cpus: 1 }) };
		expect((await world.broker.renegotiate({ ...change, allowRestart: true, allowMove: true })).kind).toBe('accepted');
		expect(find(id).state).toBe('Complete');
		expect(due(id)).toBeUndefined();
	});
});

describe('what is changed and then given up', () => {
	/** Changes it as who is asked for, or says why not. */
	async function change(agreementId: string, wish: Wish, party: Party = alice) {
		const allowed = { allowRestart: true, allowMove: true };
		const outcome = await world.broker.renegotiate({ party, agreementId, ...allowed, ...offerFrom(wish) });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		return outcome.agreement;
	}
	const FAR = { ...WISH, startAt: BEGIN + 60 * DAY };
	const SOON = { ...WISH, startAt: BEGIN + HOUR };

	test('costs no less than giving it up at once', async () => {
		const { id } = await agree(world, SOON);
		const moved = await change(id, FAR);
		expect(moved.price).toMatchObject({ cancellationMin: '2.00', cancellation: [{ fee: '2.00' }, { fee: '2.00' }] });
		await terminate(alice, moved.id);
		expect(due(moved.id)).toEqual(fee('2.00'));
	});

	test('costs no less however often it is changed, and never more than all of it', async () => {
		const { id } = await agree(world, SOON);
		const small = await change(id, { ...FAR, cpus: 1 });
		expect(small.price).toMatchObject({ amount: '1.00', cancellation: [{ fee: '1.00' }, { fee: '1.00' }] });
		const large = await change(small.id, { ...FAR, cpus: 4 });
		expect(large.price).toMatchObject({ amount: '4.00', cancellation: [{ fee: '2.00' }, { fee: '4.00' }] });
		await terminate(alice, large.id);
		expect(due(large.id)).toEqual(fee('2.00'));
	});

	test('was told so before: the most until it may be agreed to', async () => {
		// In four minutes there is less than a day left.
		const { id } = await agree(world, { ...WISH, startAt: BEGIN + DAY + 240 });
		const renegotiates = { agreementId: id, allowRestart: true, allowMove: true };
		const [told] = await ask(world, await begin(world, { renegotiates }), FAR, { state: 'Advisory' });
		expect(told!.proposal!.price).toMatchObject({ cancellation: [{ fee: '2.00' }, { fee: '2.00' }] });
		const held = await ask(world, await begin(world, { renegotiates }), FAR, { state: 'Solicited' });
		expect(held[0]!.proposal!.price).toMatchObject({ cancellation: [{ fee: '0.20' }, { fee: '2.00' }] });
		world.now += 241;
		const made = await accept(world, held[0]!);
		expect(made).toMatchObject({ kind: 'accepted', agreement: { price: held[0]!.proposal!.price } });
	});

	test('was told so before by each alternative to the change', async () => {
		const { id } = await agree(world, { ...WISH, startAt: BEGIN + DAY + 240 });
		const found = await world.broker.evaluate({ party: alice, agreementId: id, ...offerFrom({ ...FAR, cpus: 99 }) });
		if (found.kind !== 'countered') throw new Error(found.kind);
		const [first] = found.alternatives;
		expect(first!.price!.cancellation[0]!.fee).toBe('2.00');
		world.now += 241;
		const offer = offerFromTree(first!.offer);
		const made = await world.broker.renegotiate({ party: alice, agreementId: id, ...offer });
		expect(made).toMatchObject({ agreement: { price: { cancellation: first!.price!.cancellation } } });
	});

	test('costs what its own notice costs where the site has moved it', async () => {
		const { id } = await agree(world, SOON);
		const moved = await change(id, FAR, admin);
		expect(moved.price!.cancellationMin).toBeUndefined();
		await terminate(alice, moved.id);
		expect(due(moved.id)).toEqual(fee('0.20'));
	});

	test('costs what its own notice costs where its client was kept waiting when it was moved', async () => {
		const { id } = await agree(world, WISH);
		world.now += 60;
		await failDeployment(false);
		expect((await change(id, { ...WISH, cpus: 1 })).price!.cancellationMin).toBeUndefined();
	});

	/** A change, or the end: so many hours after what came before. */
	const anyWait = fc.constantFrom(0, 1, 5, 20);
	const anyChange = fc.record({
		wait: anyWait,
		daysAhead: fc.constantFrom(1 / 8, 1, 2, 30),
		cpus: fc.integer({ min: 1, max: 4 }),
		hours: fc.integer({ min: 1, max: 40 }),
	});

	test('owes the most that giving it up would have cost at any change, as far as its price goes', async () => {
		const percentAt = (startAt: number): number => (startAt - world.now >= DAY ? 10 : 100);
		let owedMore = 0;
		const wishOf = (
			{ daysAhead, cpus, hours }: { daysAhead: number; cpus: number; hours: number },
			begunAt?: number,
		) => {
			const startAt = begunAt ?? world.now + daysAhead * DAY;
			const least = Math.max(world.now + HOUR, startAt + HOUR) - startAt;
			return { cpus, startAt, durationSeconds: Math.max(least, hours * HOUR) };
		};
		await fc.assert(
			fc.asyncProperty(
				fc.array(anyChange, { minLength: 2, maxLength: 5 }),
				anyWait,
				async ([first, ...changes], wait) => {
					let now = await agree(world, wishOf(first!));
					const costs: number[] = [];
					const costNow = () => {
						const { price, grant } = now;
						return Math.round((Number(price!.amount) * 100 * percentAt(grant.startAt)) / 100);
					};
					for (const each of changes) {
						world.now += each.wait * HOUR;
						if (now.grant.endAt <= world.now) return;
						costs.push(costNow());
						const begunAt = now.grant.startAt - 60 <= world.now ? now.grant.startAt : undefined;
						now = await change(now.id, wishOf(each, begunAt));
					}
					world.now += wait * HOUR;
					if (now.grant.endAt <= world.now) return;
					const last = costNow();
					await terminate(alice, now.id);
					const owed = Math.min(Number(now.price!.amount) * 100, Math.max(last, ...costs));
					expect(Number(find(now.id).due!.amount) * 100).toBeCloseTo(owed, 6);
					if (owed > last) owedMore += 1;
				},
			),
			{ numRuns: 80 },
		);
		expect(owedMore).toBeGreaterThan(10);
	});
});
