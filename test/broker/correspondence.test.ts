/** What others are told: written with the decision, kept until it has arrived, and with an end. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PendingDecision, SubscriberNews, Teller } from '../../src/broker/correspondence.ts';
import { part } from '../../src/parts.ts';
import { agree as agreeOn, alice, mallory, offerFrom, openWorld, type World } from './site.ts';

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => world[Symbol.dispose]());

const TARGET = 'https://alice.example/in';
const message = (body: string) => ({ target: TARGET, headers: { 'X-A': '1' }, body });
const tell: Teller = ({ id }, { version, state }) => message(`${id} ${state} ${version}`);
const news: SubscriberNews = {
	teller: async () => tell,
	follows: () => false,
};
const due = () => world.broker.correspondence.dueMessages(100).map(({ body }) => Buffer.from(body).toString());
const mail = () => world.broker.correspondence;

const agree = async () => (await agreeOn(world)).id;

async function subscribe(agreementId: string, id = 's', seconds = 3_600): Promise<void> {
	const terminateAt = world.now + seconds;
	const outcome = await mail().subscribe({ party: alice, agreementId, id, consumer: {}, terminateAt });
	expect(outcome.kind).toBe('subscribed');
}

async function decide(wish: Parameters<typeof offerFrom>[0], id = 'r') {
	return world.broker.createPendingAgreement({
		party: alice,
		...offerFrom(wish),
		id,
		messagesOf: (decision) => [message(decision.kind)],
	});
}

describe('the decision on a pending agreement', () => {
	test('is told, whatever it is, and a rejection can be read by its own party', async () => {
		expect(await decide({})).toMatchObject({ kind: 'accepted' });
		expect(await decide({ cpus: 10_000 })).toMatchObject({ kind: 'rejected', rejection: { id: 'r', party: 'alice' } });
		expect(due()).toEqual(['accepted', 'rejected']);
		expect(mail().rejection(alice, 'r')?.reason).not.toBe('');
		expect(mail().rejection(mallory, 'r')).toBeUndefined();
	});

	test('is the same and told once, wherever it was broken off', async () => {
		using broken = await openWorld({ goMs: -1 });
		for (const wish of [{}, { cpus: 5 }, { cpus: 10_000 }]) {
			const [whole, inGoes] = await Promise.all(
				[world, broken].map(async ({ broker }) => {
					const messagesOf = (decision: PendingDecision) => {
						const offers =
							decision.kind === 'rejected' && decision.outcome.kind === 'countered' ? decision.outcome : undefined;
						return [message(JSON.stringify(offers?.alternatives.map(({ offer }) => offer) ?? decision.kind))];
					};
					await broker.createPendingAgreement({ party: alice, ...offerFrom(wish), id: `r${wish.cpus}`, messagesOf });
					return broker.correspondence.dueMessages(100).map(({ body }) => Buffer.from(body).toString());
				}),
			);
			expect(inGoes).toEqual(whole);
		}
	});

	test('names what was agreed, wherever writing of it was broken off', async () => {
		using broken = await openWorld({ goMs: -1 });
		const messagesOf = (decision: PendingDecision) => {
			return [message(part(() => (decision.kind === 'accepted' ? decision.agreement.id : decision.kind)))];
		};
		const made = await broken.broker.createPendingAgreement({ party: alice, ...offerFrom({}), id: 'r', messagesOf });
		if (made.kind !== 'accepted') throw new Error(JSON.stringify(made));
		const [told] = broken.broker.correspondence.dueMessages(100);
		expect(Buffer.from(told!.body).toString()).toBe(made.agreement.id);
	});

	test('has as many alternatives as a message may repeat of such an offer, the best first', async () => {
		const counted: number[] = [];
		for (const characters of [10_000, 900_000, 3_000_000]) {
			const { offer, offerXml } = offerFrom({ machines: 8, cpus: 5 });
			const messagesOf = (decision: PendingDecision) => {
				const ranks =
					decision.kind === 'rejected' && decision.outcome.kind === 'countered'
						? decision.outcome.alternatives.map(({ rank }) => rank)
						: [];
				expect(ranks).toEqual(ranks.map((_, nth) => nth + 1));
				counted.push(ranks.length);
				return [];
			};
			const long = offerXml.padEnd(characters);
			await world.broker.createPendingAgreement({
				party: alice,
				offer,
				offerXml: long,
				id: `r${characters}`,
				messagesOf,
			});
		}
		expect(counted[0]).toBeGreaterThan(2);
		expect(counted.slice(1)).toEqual([2, 1]);
	});

	test('is told once, though the request comes twice with one key', async () => {
		const idempotency = { key: 'k', fingerprint: 'f' };
		const request = { party: alice, ...offerFrom(), id: 'r', idempotency, messagesOf: () => [message('told')] };
		const [first, second] = [
			await world.broker.createPendingAgreement(request),
			await world.broker.createPendingAgreement(request),
		];
		expect(second).toEqual(first);
		expect(due()).toEqual(['told']);
	});

	test('that no offer can have leaves nothing', async () => {
		expect(await decide({ template: 'none' })).toMatchObject({ kind: 'unknown-template' });
		expect(due()).toEqual([]);
		expect(mail().rejection(alice, 'r')).toBeUndefined();
	});

	test('is not told where writing the message fails: the agreement is not made either', async () => {
		const broken = () => {
			throw new Error('broken');
		};
		const request = { party: alice, ...offerFrom(), id: 'r', messagesOf: broken };
		await expect(world.broker.createPendingAgreement(request)).rejects.toThrow('broken');
		expect(world.broker.listAgreements({ party: alice }).items).toEqual([]);
	});

	test('outlives the broker', async () => {
		await decide({});
		world.reopen();
		expect(due()).toEqual(['accepted']);
	});

	test('that was a rejection is forgotten after a week', async () => {
		await decide({ cpus: 10_000 }, 'old');
		world.now += 8 * 86_400;
		await decide({ cpus: 10_000 }, 'new');
		expect([mail().rejection(alice, 'old'), mail().rejection(alice, 'new')?.id]).toEqual([undefined, 'new']);
	});
});

describe('a message', () => {
	test('is tried again later and later, and is given up after three days', async () => {
		await decide({});
		const endsAt = world.now + 3 * 86_400;
		for (const wait of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]) {
			expect(await mail().retry(mail().dueMessages(1)[0]!, 'nobody there')).toBe(true);
			world.now += wait - 1;
			expect(due()).toEqual([]);
			world.now += 1;
			expect(due()).toHaveLength(1);
		}
		world.now = endsAt - 901;
		expect(await mail().retry(mail().dueMessages(1)[0]!, 'nobody there')).toBe(true);
		world.now = endsAt - 1;
		expect(await mail().retry(mail().dueMessages(1)[0]!, 'nobody there')).toBe(false);
		world.now += 10_000_000;
		expect(due()).toEqual([]);
	});

	test('that has arrived is gone', async () => {
		await decide({});
		await mail().forget(mail().dueMessages(1)[0]!);
		expect(due()).toEqual([]);
	});
});

describe('a subscriber', () => {
	test('is told of what has changed since, several changes together', async () => {
		const id = await agree();
		await subscribe(id);
		await mail().tellSubscribers(news);
		expect(due()).toEqual([]);
		await world.broker.terminate({ party: alice, agreementId: id });
		await mail().tellSubscribers(news);
		expect(due()).toHaveLength(1);
		expect(due()[0]).toMatch(/^s (ObservedAndTerminating|Terminated) /);
		await mail().tellSubscribers(news);
		expect(due()).toHaveLength(1);
	});

	test('waits for its turn where it takes long to tell the others', async () => {
		const id = await agree();
		for (const name of ['a', 'b', 'c']) await subscribe(id, name);
		await mail().tellSubscribers(news);
		await world.broker.terminate({ party: alice, agreementId: id });
		let nowMs = 0;
		using _ = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
		const slowly: SubscriberNews = {
			...news,
			teller:
				async () =>
				(...told) => {
					nowMs += 20;
					return tell(...told);
				},
		};
		const told: number[] = [];
		while (await mail().tellSubscribers(slowly)) told.push(due().length);
		expect(told).toEqual([1, 2]);
		expect(due().map((text) => text[0])).toEqual(['a', 'b', 'c']);
		expect(await mail().tellSubscribers(slowly)).toBe(false);
		expect(due()).toHaveLength(3);
	});

	test('is told by a broker that was down when it happened', async () => {
		const id = await agree();
		await subscribe(id);
		await world.broker.terminate({ party: alice, agreementId: id });
		world.reopen();
		await mail().tellSubscribers(news);
		expect(due()).toHaveLength(1);
	});

	test('is told no more once its time is over', async () => {
		const id = await agree();
		await subscribe(id, 's', 100);
		await mail().tellSubscribers(news);
		world.now += 101;
		await mail().tellSubscribers(news);
		expect((await mail().unsubscribe(alice, 's')).kind).toBe('not-found');
	});

	test('is gone once its time is over, also before anybody looks at all subscriptions', async () => {
		await subscribe(await agree(), 's', 100);
		world.now += 99;
		expect(mail().subscription(alice, 's')?.id).toBe('s');
		expect((await mail().renew(alice, 's', world.now + 10)).kind).toBe('changed');
		world.now += 10;
		expect(mail().subscription(alice, 's')).toBeUndefined();
		expect((await mail().renew(alice, 's', world.now + 100)).kind).toBe('not-found');
		expect((await mail().unsubscribe(alice, 's')).kind).toBe('not-found');
	});

	test('is nobody who may not see the agreement', async () => {
		const agreementId = await agree();
		const request = { party: mallory, agreementId, id: 's', consumer: {}, terminateAt: world.now + 100 };
		expect((await mail().subscribe(request)).kind).toBe('not-found');
	});

	test('follows to the successor where it is told so', async () => {
		const id = await agree();
		await subscribe(id);
		const agreement = world.broker.getAgreement(alice, id)!;
		const renegotiated = await world.broker.renegotiate({
			party: alice,
			agreementId: id,
			...offerFrom({ startAt: agreement.grant.startAt, durationSeconds: 7_200 }),
			allowRestart: false,
			allowMove: false,
		});
		if (renegotiated.kind !== 'accepted') throw new Error(renegotiated.kind);
		await mail().tellSubscribers({ ...news, follows: () => true });
		expect(due()).toEqual([`s Observed ${renegotiated.agreement.version}`]);
		await world.broker.terminate({ party: alice, agreementId: renegotiated.agreement.id });
		await mail().tellSubscribers(news);
		expect(due()).toHaveLength(2);
	});

	test('has a bound on its subscriptions', async () => {
		const agreementId = await agree();
		const terminateAt = world.now + 100;
		const one = (nth: number) =>
			mail().subscribe({ party: alice, agreementId, id: `s${nth}`, consumer: {}, terminateAt });
		const outcomes = await Promise.all(Array.from({ length: 1_001 }, (_, nth) => one(nth)));
		expect(outcomes.filter(({ kind }) => kind === 'too-many')).toHaveLength(1);
		world.now = terminateAt;
		expect(await one(2_000)).toMatchObject({ kind: 'subscribed' });
	});
});
