/** Offers are called as their initiators call them, within one negotiation and through a restart. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NegotiateOutcome, SentOffer } from '../../src/broker/rounds/negotiation-outcome.ts';
import type { WrittenOffer } from '../../src/store/negotiation-records.ts';
import { closeWorld } from './closing.ts';
import { begin, sent, treeOfOffer } from './rounds.ts';
import { alice, offerFromTree, openWorld, type World } from './site.ts';

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => closeWorld(world));

const HOUR = 3600;
/** More than the site has: answered by several counter-offers. */
const TOO_MUCH = { machines: 3, cpus: 4, durationSeconds: HOUR };

const offersOf = (id: string) => world.broker.negotiations.read(alice, id)!.offers;
const send = (negotiationId: string, ...offers: SentOffer[]): Promise<NegotiateOutcome> =>
	world.broker.negotiations.negotiate({ party: alice, negotiationId, offers });

async function answersTo(id: string, ...offers: SentOffer[]) {
	const outcome = await send(id, ...offers);
	if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
	return outcome.answers;
}

const createdFrom = (offer: WrittenOffer, counterOfferTo: string) =>
	world.broker.createAgreement({
		party: alice,
		...offerFromTree(treeOfOffer(offer)),
		negotiated: { negotiationId: offer.negotiationId, counterOfferTo },
	});

test('two offers of one message, each with several answers, are told apart, also after a restart', async () => {
	const id = await begin(world);
	const [one, two] = await answersTo(
		id,
		sent(TOO_MUCH, { called: 'o2' }),
		sent({ ...TOO_MUCH, machines: 4 }, { called: 'o1', state: 'Advisory' }),
	);
	for (const [answer, name] of [
		[one!, 'o2'],
		[two!, 'o1'],
	] as const) {
		expect(answer.offer.id).toBe(name);
		expect(answer.counterOffers.length).toBeGreaterThan(1);
		for (const { counterOfferTo } of answer.counterOffers) expect(counterOfferTo).toBe(name);
	}
	const before = offersOf(id);
	// In the order in which they came, whatever they are called.
	expect(before.map((each) => each.id)).toEqual(
		[one!, two!].flatMap(({ offer, counterOffers }) => [offer.id, ...counterOffers.map((each) => each.id)]),
	);
	world.reopen();
	expect(offersOf(id)).toEqual(before);

	const [again] = await answersTo(id, sent(TOO_MUCH, { called: 'o3', to: 'o2' }));
	expect(again!.offer).toMatchObject({ id: 'o3', counterOfferTo: 'o2' });
	expect(again!.counterOffers[0]).toMatchObject({ counterOfferTo: 'o3', holdId: one!.counterOffers[0]!.holdId });
	await answersTo(id, sent({}, { to: 'o1', state: 'Rejected' }));
	expect(offersOf(id).find((each) => each.id === 'o1')).toMatchObject({ state: 'Rejected' });
	// Agreed to by the name of what it answers.
	expect(await createdFrom(again!.counterOffers[1]!, 'o3')).toMatchObject({ kind: 'accepted' });
	expect(offersOf(id).find((each) => each.id === again!.counterOffers[1]!.id)!.agreementId).toBeDefined();
});

test('what is agreed to may be named by what it answers, and must be one of its answers', async () => {
	const id = await begin(world);
	const [one, two] = await answersTo(id, sent({ cpus: 1 }, { called: 'o1' }), sent({ cpus: 2 }, { called: 'o2' }));
	const take = (offer: WrittenOffer, offerId: string) =>
		world.broker.createAgreement({
			party: alice,
			...offerFromTree(treeOfOffer(offer)),
			negotiated: { negotiationId: id, offerId },
		});
	const [first] = one!.counterOffers;
	expect(await take(first!, 'o2')).toMatchObject({
		kind: 'refused',
		reasons: [{ code: 'OFFER_DIFFERS', asked: '1', limit: '2' }],
	});
	expect(await take(first!, 'o3')).toEqual({ kind: 'not-found' });
	expect(await take(first!, 'o1')).toMatchObject({ kind: 'accepted' });
	expect(await take(two!.counterOffers[0]!, two!.counterOffers[0]!.id)).toMatchObject({ kind: 'accepted' });
	const taken = offersOf(id).filter(({ agreementId }) => agreementId !== undefined);
	expect(taken.map(({ counterOfferTo }) => counterOfferTo)).toEqual(['o1', 'o2']);
});

test('names are those of one negotiation: two may call their offers alike, and change only their own', async () => {
	const [one, two] = [await begin(world), await begin(world)];
	await answersTo(one, sent({ cpus: 1 }, { called: 'mine' }));
	const [other] = await answersTo(two, sent({ cpus: 2 }, { called: 'mine', state: 'Advisory' }));
	const untouched = offersOf(one);
	await answersTo(two, sent({ cpus: 2 }, { to: 'mine', state: 'Rejected' }));
	expect(offersOf(one)).toEqual(untouched);
	expect(offersOf(two)[0]).toMatchObject({ id: 'mine', state: 'Rejected' });
	const { offers, textOf } = world.broker.negotiations.read(alice, two)!;
	expect(textOf(offers[0]!)).toEqual(other!.offer.text);
});

describe('an offer is not called', () => {
	const TAKEN = (asked: string, why: RegExp) => [
		{ code: 'OFFER_ID_TAKEN', asked, message: expect.stringMatching(why) },
	];
	const cases: readonly [what: string, offers: () => SentOffer[], reasons: object[]][] = [
		[
			'like an earlier one',
			() => [sent({ cpus: 2 }, { called: 'o1' })],
			TAKEN('o1', /^Another offer.*OfferId, or none/),
		],
		[
			'like the one before it in the message',
			() => [sent({}, { called: 'x' }), sent({}, { called: 'x' })],
			TAKEN('x', /same OfferId/),
		],
		['like the one that it answers', () => [sent({}, { called: 'o1', to: 'o1' })], TAKEN('o1', /an offer of its own/)],
		['like its template', () => [sent({}, { called: '1-machine' })], TAKEN('1-machine', /name the template/)],
	];
	test.each(cases)('%s', async (_, offers, reasons) => {
		const id = await begin(world);
		await answersTo(id, sent({}, { called: 'o1', state: 'Advisory' }));
		const before = offersOf(id);
		expect(await send(id, ...offers())).toMatchObject({ kind: 'refused', reasons });
		expect(offersOf(id)).toEqual(before);
	});
});

test('offers of one message do not answer each other', async () => {
	const id = await begin(world);
	const message = 'The offer x comes in this very message: what answers it comes in a later one.';
	for (const offers of [
		[sent({}, { called: 'x' }), sent({}, { to: 'x' })],
		[sent({}, { to: 'x' }), sent({}, { called: 'x' })],
	])
		expect(await send(id, ...offers)).toMatchObject({ kind: 'refused', reasons: [{ message, asked: 'x' }] });
});

test('whatever an answer names was sent or told before, however offers are named, answered and refused', async () => {
	const names = fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { nil: undefined });
	const offers = fc.record({ called: names, to: names, nth: fc.nat(5), isTold: fc.boolean() });
	const steps = fc.array(
		fc.record({ offers: fc.array(offers, { minLength: 1, maxLength: 3 }), reopens: fc.boolean() }),
		{
			minLength: 1,
			maxLength: 4,
		},
	);
	await fc.assert(
		fc.asyncProperty(steps, async (rounds) => {
			const id = await begin(world);
			const told: string[] = [];
			for (const round of rounds) {
				const message = round.offers.map(({ called, to, nth, isTold }) => {
					const base = isTold ? told[nth] : to;
					return sent(
						{ cpus: 5 },
						{
							state: 'Advisory',
							...(called === undefined ? {} : { called }),
							...(base === undefined ? {} : { to: base }),
						},
					);
				});
				const own = message.flatMap(({ offerId = [] }) => offerId);
				const outcome = await send(id, ...message);
				const isFree = own.every((name, nth) => !told.includes(name) && own.indexOf(name) === nth);
				const isKnown = message.every(({ counterOfferTo: to }) => to === undefined || told.includes(to));
				expect(outcome.kind).toBe(isFree && isKnown ? 'answered' : 'refused');
				if (outcome.kind !== 'answered') continue;
				for (const [nth, { offer, counterOffers }] of outcome.answers.entries()) {
					const { offerId, counterOfferTo } = message[nth]!;
					expect(offer).toMatchObject({ ...(offerId && { id: offerId }), ...(counterOfferTo && { counterOfferTo }) });
					for (const each of counterOffers) expect(each.counterOfferTo).toBe(offer.id);
					told.push(offer.id, ...counterOffers.map((each) => each.id));
				}
				if (round.reopens) world.reopen();
				expect(offersOf(id).map((each) => each.id)).toEqual(told);
			}
			await world.broker.negotiations.terminate({ party: alice, negotiationId: id });
		}),
		{ numRuns: 40 },
	);
});
