/** What VOs have booked is counted with every deed of the desk, and the same when the books are read again. */
import { describe, expect, test } from 'vitest';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import type { Quotas, VoLimits } from '../../src/negotiation/policy/quota.ts';
import { BEGIN, hosts } from './hosts.ts';
import { ask, begin, pass } from './rounds.ts';
import { agree, alice, bob, create, mallory, offerFrom, openWorld, type Wish, type World } from './site.ts';

const HOUR = 3600;
/** A Friday: the week goes on for two days and sixteen hours. */
const LIMITS: VoLimits = { cpuMillicoresMax: 6000, cpuMillicoreSecondsMax: 40 * HOUR * 1000 };
const quotas: Quotas = { period: 'week', borrowSeconds: 0, vos: new Map([['atlas', LIMITS]]) };
const open = () => openWorld({ hosts: hosts(20), policy: { quotas, setupSeconds: 0, teardownSeconds: 0 } });

/** What is left of the quota during an hour: the CPUs, and the CPU-seconds of the week. */
async function left(world: World, startAt = world.now): Promise<readonly (number | undefined)[]> {
	const wish: Wish = { machines: 8, cpus: 4, startAt, durationSeconds: 2 * HOUR };
	const outcome = await world.broker.evaluate({ party: alice, ...offerFrom(wish) });
	if (outcome.kind !== 'countered' && outcome.kind !== 'refused') throw new Error(outcome.kind);
	const available = (resource: string) =>
		outcome.reasons.find((reason) => reason.code === 'QUOTA_EXCEEDED' && reason.resource === resource)?.available;
	return [available('cpuMillicores') as number, available('cpuSeconds') as number];
}

/** The same, and once more when everything was read again. */
async function leftTwice(world: World, startAt?: number) {
	const before = await left(world, startAt);
	world.reopen();
	expect(await left(world, startAt)).toEqual(before);
	return before;
}

describe('the quota of a VO', () => {
	test('is less by what its parties agree to, and by nothing of other VOs', async () => {
		using world = await open();
		expect(await leftTwice(world)).toEqual([6000, 40 * HOUR]);
		await agree(world, { cpus: 2, durationSeconds: 2 * HOUR });
		await agree(world, { cpus: 1, durationSeconds: HOUR }, bob);
		await agree(world, { cpus: 4, durationSeconds: HOUR }, mallory);
		expect(await leftTwice(world)).toEqual([3000, 35 * HOUR]);
		expect(await leftTwice(world, world.now + HOUR)).toEqual([4000, 35 * HOUR]);
		expect(await create(world, { cpus: 4 })).toMatchObject({
			kind: 'countered',
			reasons: [{ code: 'QUOTA_EXCEEDED', asked: 4000, available: 3000, limit: 6000 }],
		});
	});

	test('is less by what was used, also of what was changed and ended since', async () => {
		using world = await open();
		const { id } = await agree(world, { cpus: 2, durationSeconds: 10 * HOUR });
		world.now += 2 * HOUR;
		const changed = await world.broker.renegotiate({
			party: alice,
			agreementId: id,
			...offerFrom({ cpus: 4, startAt: BEGIN, durationSeconds: 4 * HOUR }),
			allowRestart: true,
			allowMove: true,
		});
		if (changed.kind !== 'accepted') throw new Error(JSON.stringify(changed));
		// Two hours of two CPUs, and two of four to come.
		expect(await leftTwice(world)).toEqual([2000, 28 * HOUR]);
		world.now += HOUR;
		await world.broker.terminate({ party: alice, agreementId: changed.agreement.id });
		expect(await leftTwice(world)).toEqual([6000, 32 * HOUR]);
		world.now += 7 * 24 * HOUR;
		expect(await leftTwice(world)).toEqual([6000, 40 * HOUR]);
	});

	test('is not touched by an offer that is refused or only evaluated', async () => {
		using world = await open();
		const { id } = await agree(world, { cpus: 2, durationSeconds: 2 * HOUR });
		const before = await left(world);
		await create(world, { cpus: 5 });
		await world.broker.evaluate({ party: alice, ...offerFrom({ cpus: 2 }) });
		const change = { party: alice, agreementId: id, ...offerFrom({ cpus: 4, machines: 2 }) };
		expect((await world.broker.evaluate({ ...change, allowRestart: true })).kind).not.toBe('accepted');
		await world.broker.renegotiate({ ...change, allowRestart: true, allowMove: false });
		expect(await leftTwice(world)).toEqual(before);
	});

	test('is less by what is held, until that lapses', async () => {
		using world = await open();
		const id = await begin(world);
		await ask(world, id, { cpus: 2, startAt: BEGIN + HOUR, durationSeconds: HOUR });
		expect(await leftTwice(world, BEGIN + HOUR)).toEqual([4000, 38 * HOUR]);
		await pass(world, 700);
		expect(await leftTwice(world, BEGIN + HOUR)).toEqual([6000, 40 * HOUR]);
	});
});

test('a price is agreed, kept, printed, and goes on where a revision changes the rest', async () => {
	const rates = [{ cpuHour: '1', memoryGibHour: '0' }];
	const reading = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
	if (!reading.ok) throw new Error(reading.issues.join(' '));
	using world = await openWorld({ policy: { prices: reading.model } });
	const { id, price } = await agree(world, { cpus: 1, durationSeconds: 4 * HOUR });
	expect(price).toMatchObject({ currency: 'EUR', amount: '4.00', cancellation: [{ percent: 100, fee: '4.00' }] });
	world.now += HOUR;
	const offer = offerFrom({ cpus: 2, startAt: BEGIN, durationSeconds: 4 * HOUR });
	const change = { party: alice, agreementId: id, ...offer, allowRestart: true, allowMove: true };
	// One hour of one CPU, three of two.
	const expected = { amount: '7.00', used: { amount: '1.00', untilAt: BEGIN + HOUR } };
	expect(await world.broker.evaluate(change)).toMatchObject({ kind: 'accepted', price: expected });
	expect(await world.broker.renegotiate(change)).toMatchObject({ kind: 'accepted', agreement: { price: expected } });
	world.reopen();
	const [newest] = world.broker.listAgreements({ party: alice }).items;
	expect(newest?.price).toMatchObject(expected);
});
