/** Who owes what when an agreement ends: the rows of the table in docs/negotiation.md. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Party } from '../../src/identity/party.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, hosts } from './hosts.ts';
import { admin, agree, alice, bob, mallory, offerFrom, openWorld, vera, type Wish, type World, work } from './site.ts';

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

	test('at its ExpirationTime: nothing', async () => {
		const { id } = await agree(world, { ...WISH, expirationAt: BEGIN + 600 });
		await work(world);
		world.now += 600;
		await work(world);
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
