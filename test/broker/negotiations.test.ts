import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printDateTime } from '../../src/agreement/time.ts';
import type { Refused } from '../../src/broker/outcome.ts';
import {
	NEGOTIATIONS_OPEN_MAX,
	OFFERS_SENT_MAX,
	SENT_CHARACTERS_MAX,
	TREE_BYTES_MAX,
	TREE_OFFERS_MAX,
} from '../../src/broker/rounds/negotiation-limits.ts';
import type { Reason } from '../../src/negotiation/decision.ts';
import { POLICY_DEFAULTS } from '../../src/negotiation/policy/policy.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, hosts } from './hosts.ts';
import { accept, ask, begin, freeCpus, look, negotiate, pass, sent, treeOfOffer } from './rounds.ts';
import {
	admin,
	agree,
	alice,
	bob,
	create,
	HOLDS,
	IMAGE,
	mallory,
	offerFrom,
	offerFromTree,
	openWorld,
	TEARDOWN,
	vera,
	type World,
	work,
} from './site.ts';

const HOUR = 3600;
const { secondsMax, countMax, lapsesFree } = HOLDS;
const { negotiationSecondsMax } = POLICY_DEFAULTS;

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => closeWorld(world));

const read = (id: string, party = alice) => world.broker.negotiations.read(party, id);
const kinds = (id: string) => world.broker.negotiations.history(alice, id)!.map(({ kind }) => kind);

describe('an offer', () => {
	test('that is Advisory is answered by what could be had, and nothing is held', async () => {
		const id = await begin(world);
		const [asAsked, ...more] = await ask(world, id, { cpus: 3 }, { state: 'Advisory' });
		expect(more).toEqual([]);
		expect(asAsked).toMatchObject({ state: 'Advisory', proposal: { kind: 'as-asked', rank: 1 } });
		const alternatives = await ask(world, id, { cpus: 5 }, { state: 'Advisory' });
		expect(alternatives.length).toBeGreaterThan(0);
		for (const offer of alternatives) expect(offer.state).toBe('Advisory');
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(read(id)!.holds).toEqual([]);
		// To agree to it is decided anew.
		await agree(world, { machines: 2, cpus: 3 }, bob);
		expect(await accept(world, asAsked!)).toMatchObject({
			kind: 'countered',
			reasons: [{ code: 'CAPACITY_RESERVED' }],
		});
		expect(await accept(world, alternatives[0]!)).toMatchObject({ kind: 'countered' });
		const [smaller] = await ask(world, id, { cpus: 1 }, { state: 'Advisory' });
		expect(await accept(world, smaller!)).toMatchObject({ kind: 'accepted' });
		expect(look(world, smaller!).agreementId).toBeDefined();
	});

	test.each([
		['has five minutes, where the window floats', 6 * HOUR, 2 * HOUR + 300],
		['has what the window leaves', 3 * HOUR + 100, 2 * HOUR + 100],
	])('that is Advisory and must give notice %s to be sent back as it is answered', async (_, end, start) => {
		using site = await openWorld({ policy: { leadTimeSeconds: 2 * HOUR } });
		const id = await begin(site);
		const [asAsked] = await ask(site, id, { endAt: BEGIN + end, durationSeconds: HOUR }, { state: 'Advisory' });
		expect(asAsked).toMatchObject({ proposal: { kind: 'as-asked', grant: { startAt: BEGIN + start } } });
		site.now += Math.min(300, start - 2 * HOUR);
		const offer = offerFromTree(treeOfOffer(asAsked!));
		expect(await site.broker.createAgreement({ party: alice, ...offer })).toMatchObject({ kind: 'accepted' });
	});

	test('that is Solicited or an offer gets the first start, which is held or agreed', async () => {
		using site = await openWorld({ policy: { leadTimeSeconds: 2 * HOUR } });
		const wish = { endAt: BEGIN + 6 * HOUR, durationSeconds: HOUR };
		const first = { grant: { startAt: BEGIN + 2 * HOUR } };
		const [held] = await ask(site, await begin(site), wish);
		expect(held).toMatchObject({ proposal: first });
		expect(await create(site, wish)).toMatchObject({ kind: 'accepted', agreement: first });
	});

	test('that is Advisory gets a nearer start where there is no room later', async () => {
		using site = await openWorld({ policy: { leadTimeSeconds: 2 * HOUR } });
		for (const host of ['n1', 'n2']) {
			await agree(site, {
				cpus: 4,
				candidateHosts: [host],
				startAt: BEGIN + 3 * HOUR + 100,
				durationSeconds: 6 * HOUR,
			});
		}
		const wish = { endAt: BEGIN + 6 * HOUR, durationSeconds: HOUR };
		const [asAsked] = await ask(site, await begin(site), wish, { state: 'Advisory' });
		expect(asAsked).toMatchObject({ proposal: { kind: 'as-asked', grant: { startAt: BEGIN + 2 * HOUR } } });
	});

	test('that was held and is over by now is given up after a restart as well', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { durationSeconds: 60 });
		expect(offer!.state).toBe('Acceptable');
		world.now += 60 + 2 * TEARDOWN;
		world.reopen();
		await pass(world, secondsMax);
		expect(read(id)!.holds).toEqual([]);
		expect(freeCpus(world)).toEqual([4, 4]);
	});

	test('that is Solicited and can be had is held as it is', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { cpus: 3 });
		expect(offer).toMatchObject({ state: 'Acceptable', expirationAt: BEGIN + secondsMax });
		expect(freeCpus(world)).toEqual([1, 4]);
		expect(await create(world, { cpus: 2, candidateHosts: ['n1'] })).toMatchObject({ kind: 'countered' });
		expect(kinds(id)).toEqual(['negotiation-begun', 'offers-answered']);
	});

	test('that is Solicited and cannot be had is answered by alternatives, held at the cost of the largest', async () => {
		await agree(world, { cpus: 3, durationSeconds: HOUR });
		const id = await begin(world);
		const offers = await ask(world, id, { machines: 2, cpus: 4, startAt: BEGIN + 60, durationSeconds: HOUR });
		expect(offers.length).toBeGreaterThan(2);
		for (const offer of offers) expect(offer).toMatchObject({ state: 'Acceptable', holdId: offers[0]!.holdId });
		const answered = read(id)!.offers[0]!;
		expect(answered.reasons.map(({ code }) => code)).toContain('CAPACITY_RESERVED');
		// Whichever is chosen: the site has room for all that the others need beside it only once.
		for (const { proposal } of offers) {
			const { placement } = proposal!;
			for (const { host, count } of placement.machines) {
				const at = Math.max(placement.startAt, world.now);
				const free = freeCpus(world, at)[Number(host.slice(1)) - 1]!;
				expect(free).toBeLessThanOrEqual(4 - count * (placement.usage[0]!.demand.cpuMillicores / 1000));
			}
		}
		expect(read(id)!.holds).toHaveLength(1);
	});

	test('that nothing near can be had of is Rejected with every reason, and a rejected one is the end of its branch', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { image: `sha256:${'0'.repeat(64)}` });
		expect(offer).toMatchObject({ state: 'Rejected', reasons: [{ code: 'IMAGE_UNKNOWN' }] });
		expect(await negotiate(world, id, {}, { to: offer!.id })).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'STATE_FORBIDS', asked: 'Solicited', available: 'Rejected' }],
		});
		expect(read(id)!.offers).toHaveLength(2);
	});

	test('several at once are answered each by its own, all of them or none', async () => {
		const id = await begin(world);
		const offers = [sent({ cpus: 2 }), sent({ cpus: 3 }, { state: 'Advisory' }), sent({ cpus: 2 })];
		const outcome = await world.broker.negotiations.negotiate({ party: alice, negotiationId: id, offers });
		if (outcome.kind !== 'answered') throw new Error(outcome.kind);
		expect(outcome.answers.map(({ counterOffers }) => counterOffers.map(({ state }) => state))).toEqual([
			['Acceptable'],
			['Advisory'],
			['Acceptable'],
		]);
		expect(read(id)!.holds).toHaveLength(2);
		const before = read(id);
		for (const bad of [sent({ template: 'none' }), sent({}, { to: 'nowhere' })]) {
			const refused = await world.broker.negotiations.negotiate({
				party: alice,
				negotiationId: id,
				offers: [sent({ cpus: 1 }), bad],
			});
			expect(['refused', 'unknown-template']).toContain(refused.kind);
		}
		expect(read(id)).toEqual({ ...before, textOf: expect.any(Function) });
	});

	test('may return to any earlier one that was not rejected, and what was held with it is held no twice', async () => {
		const id = await begin(world);
		const [first] = await ask(world, id, { machines: 2, cpus: 4 });
		expect(freeCpus(world)).toEqual([0, 0]);
		const [second] = await ask(world, id, { machines: 2, cpus: 3 }, { to: first!.id });
		expect(second).toMatchObject({ state: 'Acceptable', holdId: first!.holdId });
		const [third] = await ask(world, id, { machines: 1, cpus: 4 }, { to: read(id)!.offers[0]!.id });
		expect(third).toMatchObject({ state: 'Acceptable', holdId: first!.holdId, proposal: { kind: 'as-asked' } });
		expect(freeCpus(world)).toEqual([0, 0]);
		expect(read(id)!.holds).toHaveLength(1);
		expect(await accept(world, second!)).toMatchObject({ kind: 'accepted' });
		expect(freeCpus(world)).toEqual([1, 1]);
		expect(look(world, first!)).toMatchObject({ state: 'Advisory', reasons: [{ available: second!.id }] });
	});

	test('that the initiator rejects is held no longer; the rest of its group is', async () => {
		await agree(world, { cpus: 3, durationSeconds: HOUR });
		const id = await begin(world);
		const offers = await ask(world, id, { machines: 2, cpus: 4, startAt: BEGIN + 60, durationSeconds: HOUR });
		const reject = { offers: [sent({}, { state: 'Rejected', to: offers[0]!.id })] };
		await world.broker.negotiations.advertise({ party: alice, negotiationId: id, ...reject });
		expect(look(world, offers[0]!).state).toBe('Rejected');
		expect(await accept(world, offers[0]!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
		expect(look(world, offers[1]!).state).toBe('Acceptable');
		expect(await accept(world, offers[1]!)).toMatchObject({ kind: 'accepted' });
	});

	test('that the initiator made itself is rejected with all that answers it', async () => {
		const id = await begin(world);
		const [first] = await ask(world, id, { machines: 2, cpus: 4 });
		const [second] = await ask(world, id, { machines: 2, cpus: 3 }, { to: first!.id });
		const [root] = read(id)!.offers;
		const reject = { offers: [sent({}, { state: 'Rejected', to: root!.id })] };
		await world.broker.negotiations.advertise({ party: alice, negotiationId: id, ...reject });
		for (const each of [root!, first!, second!]) expect(look(world, each).state).toBe('Rejected');
		expect(await accept(world, second!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
		expect(await negotiate(world, id, {}, { to: first!.id })).toMatchObject({ kind: 'refused' });
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(read(id)!.holds).toEqual([]);
	});

	test('that is advertised enters the tree, unanswered', async () => {
		const id = await begin(world);
		const offers = [sent({ cpus: 2 }, { state: 'Acceptable' })];
		const outcome = await world.broker.negotiations.advertise({ party: alice, negotiationId: id, offers });
		expect(outcome).toMatchObject({ kind: 'answered', answers: [{ counterOffers: [] }] });
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(kinds(id)).toEqual(['negotiation-begun', 'offers-advertised']);
		const [answer] = await ask(world, id, { cpus: 1 }, { to: read(id)!.offers[0]!.id });
		expect(answer!.state).toBe('Acceptable');
	});

	test('must be made from the template that the negotiation is about', async () => {
		const id = await begin(world, { template: { name: 'machine', id: '1' } });
		expect(await ask(world, id, {}, { to: '1-machine' })).toMatchObject([{ state: 'Acceptable' }]);
		expect(await negotiate(world, id, { template: '2' })).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'OFFER_DIFFERS' }],
		});
	});
});

describe('an offer that is held', () => {
	test('is honoured, whatever came in between (H3)', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { machines: 2, cpus: 4, startAt: BEGIN + HOUR });
		await world.broker.catalogue.retireTemplate(admin, { name: 'machine', id: '1' });
		const closed = { party: admin, host: 'n1', startAt: BEGIN, endAt: BEGIN + 10 * HOUR, reason: 'new disks' };
		expect(await world.broker.addMaintenance(closed)).toMatchObject({ kind: 'added' });
		expect(await world.broker.catalogue.removeImage(admin, IMAGE)).toEqual({ kind: 'in-use', by: `negotiation ${id}` });
		world.reopen();
		world.now += secondsMax - 1;
		const outcome = await accept(world, offer!);
		expect(outcome).toMatchObject({ kind: 'accepted', agreement: { grant: offer!.proposal!.grant, party: 'alice' } });
		expect(look(world, offer!)).toMatchObject({
			state: 'Acceptable',
			agreementId: outcome.kind === 'accepted' ? outcome.agreement.id : '',
		});
		expect(read(id)).toMatchObject({ negotiation: { state: 'Open' }, holds: [] });
		expect(kinds(id)).toEqual(['negotiation-begun', 'offers-answered', 'offer-agreed']);
		expect(await work(world)).toBe(0);
		await pass(world, HOUR);
		await work(world);
		expect(world.broker.listAgreements({ party: alice }).items).toMatchObject([{ serviceState: 'Ready' }]);
	});

	test('is agreed to once, and only as it stands', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { cpus: 2 });
		expect(await accept(world, offer!, { other: { cpus: 1 } })).toMatchObject({
			kind: 'refused',
			reasons: [
				{
					code: 'OFFER_DIFFERS',
					path: expect.stringMatching(/IndividualCPUCount\/jsdl:Exact$/),
					asked: '1',
					limit: '2',
				},
				{ code: 'OFFER_DIFFERS', path: expect.stringMatching(/ws:Duration$/), asked: 'PT3600S', limit: 'PT1H' },
				{ code: 'OFFER_DIFFERS', path: expect.stringMatching(/ws:Window$/), asked: 'nothing', limit: 'ws:StartTime' },
				{ code: 'OFFER_DIFFERS', path: expect.stringMatching(/ws:Window$/), asked: 'nothing', limit: 'ws:EndTime' },
			],
		});
		const made = await accept(world, offer!);
		if (made.kind !== 'accepted') throw new Error(made.kind);
		expect(await accept(world, offer!)).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'STATE_FORBIDS', available: made.agreement.id }],
		});
		expect(await negotiate(world, id, {}, { to: offer!.id })).toMatchObject({ kind: 'refused' });
		expect(freeCpus(world)).toEqual([2, 4]);
	});

	test('expires at its second: it is Advisory then, its capacity free, and it can be asked for again', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { machines: 2, cpus: 4 });
		world.now = offer!.expirationAt!;
		expect(look(world, offer!)).toMatchObject({ state: 'Advisory', reasons: [{ code: 'OFFER_EXPIRED' }] });
		expect(read(id)!.holds).toEqual([]);
		expect(await accept(world, offer!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'OFFER_EXPIRED' }] });
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(kinds(id).at(-1)).toBe('offers-lapsed');
		const [again] = await ask(world, id, { machines: 2, cpus: 4 }, { to: offer!.id });
		expect(await accept(world, again!)).toMatchObject({ kind: 'accepted' });
	});

	test('expires by itself when nobody asks for anything, also after a restart', async () => {
		const id = await begin(world);
		await ask(world, id, { cpus: 4 });
		expect(world.broker.errands.nextDueAt()).toBe(BEGIN + secondsMax);
		world.now += secondsMax;
		world.reopen();
		await world.broker.errands.lease(0);
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(world.broker.errands.nextDueAt()).toBe(BEGIN + negotiationSecondsMax);
	});

	test.each([
		['as long as was asked', { until: BEGIN + 100 }, 100],
		['no longer than the site holds', { until: BEGIN + 10 * secondsMax }, secondsMax],
	])('is held %s', async (_, asking, seconds) => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { durationSeconds: 5 * HOUR }, asking);
		expect(offer!.expirationAt).toBe(BEGIN + seconds);
	});

	test('is held no longer than its window, its agreement and its negotiation last', async () => {
		const id = await begin(world, { expirationAt: BEGIN + 200 });
		const [short] = await ask(world, id, { durationSeconds: 100 });
		const [ending] = await ask(world, id, { durationSeconds: HOUR, expirationAt: BEGIN + 150 });
		const [long] = await ask(world, id, { durationSeconds: HOUR });
		expect([short, ending, long].map((offer) => offer!.expirationAt! - BEGIN)).toEqual([100, 150, 200]);
		const [late] = await ask(world, id, {}, { until: BEGIN });
		expect(late).toMatchObject({ state: 'Rejected', reasons: [{ code: 'OFFER_EXPIRED' }] });
	});

	test('is agreed to once where the same request is sent twice', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { cpus: 2 });
		const request = {
			party: alice,
			...offerFromTree(treeOfOffer(offer!)),
			negotiated: { negotiationId: id, offerId: offer!.id },
			idempotency: { key: 'k', fingerprint: 'f' },
		};
		const first = await world.broker.createAgreement(request);
		expect(await world.broker.createAgreement(request)).toEqual({ ...first, replayed: true });
	});
});

describe('a negotiation', () => {
	test('ends when its party says so: nothing is held, and no more is taken', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { cpus: 4 });
		const { version } = read(id)!.negotiation;
		const end = (ifMatch?: number) =>
			world.broker.negotiations.terminate({
				party: alice,
				negotiationId: id,
				...(ifMatch === undefined ? {} : { ifMatch }),
			});
		expect(await end(version - 1)).toEqual({ kind: 'stale', version });
		const ended = await end(version);
		expect(ended).toMatchObject({ kind: 'changed', negotiation: { state: 'Terminated' } });
		expect(await end()).toEqual(ended);
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(await negotiate(world, id, {})).toMatchObject({ kind: 'refused', reasons: [{ available: 'Terminated' }] });
		expect(await accept(world, offer!)).toMatchObject({ kind: 'refused' });
		expect(world.broker.errands.nextDueAt()).toBeUndefined();
		expect(read(id)!.offers).toHaveLength(2);
	});

	test('expires, by the clock and by itself', async () => {
		const id = await begin(world, { expirationAt: BEGIN + 100 });
		await ask(world, id, { cpus: 4 });
		world.now += 100;
		expect(read(id)).toMatchObject({ negotiation: { state: 'Expired' }, holds: [] });
		expect(world.broker.negotiations.list({ party: alice }).items).toMatchObject([{ state: 'Expired' }]);
		expect(await negotiate(world, id, {})).toMatchObject({ kind: 'refused', reasons: [{ available: 'Expired' }] });
		expect(freeCpus(world)).toEqual([4, 4]);
		expect(kinds(id).at(-1)).toBe('negotiation-ended');
	});

	test('that cannot begin says why', async () => {
		const { initiate } = { initiate: (more: object) => world.broker.negotiations.initiate({ party: alice, ...more }) };
		expect(await initiate({ template: { name: 'machine', id: '9' } })).toMatchObject({ kind: 'unknown-template' });
		expect(await initiate({ expirationAt: BEGIN })).toMatchObject({ reasons: [{ code: 'OFFER_EXPIRED' }] });
		const change = { allowRestart: false, allowMove: false };
		expect(await initiate({ renegotiates: { agreementId: 'none', ...change } })).toEqual({ kind: 'not-found' });
		const { id: hers } = await agree(world, { startAt: BEGIN + HOUR }, bob);
		expect(await initiate({ renegotiates: { agreementId: hers, ...change } })).toEqual({ kind: 'not-found' });
		const { id } = await agree(world, { startAt: BEGIN + HOUR });
		await world.broker.terminate({ party: alice, agreementId: id });
		expect(await initiate({ renegotiates: { agreementId: id, ...change } })).toMatchObject({
			reasons: [{ code: 'STATE_FORBIDS' }],
		});
		await world.broker.catalogue.retireTemplate(admin, { name: 'machine', id: '1' });
		expect(await initiate({ template: { name: 'machine', id: '1' } })).toMatchObject({
			reasons: [{ code: 'TEMPLATE_RETIRED' }],
		});
		expect(world.broker.negotiations.list({ party: alice }).items).toEqual([]);
	});

	test('is its party’s own: others are told that it is not there (H9)', async () => {
		const id = await begin(world);
		const [offer] = await ask(world, id, { cpus: 2 });
		for (const party of [bob, mallory]) {
			expect(read(id, party)).toBeUndefined();
			expect(world.broker.negotiations.history(party, id)).toBeUndefined();
			expect(world.broker.negotiations.list({ party }).items).toEqual([]);
			expect(await negotiate(world, id, {}, { party })).toEqual({ kind: 'not-found' });
			expect(await accept(world, offer!, { party })).toEqual({ kind: 'not-found' });
			const ending = { party, negotiationId: id };
			expect(await world.broker.negotiations.terminate(ending)).toEqual({ kind: 'not-found' });
		}
		expect(read(id, admin)).toBeDefined();
		// Whoever may act for the VO agrees in the name of its party.
		expect(await accept(world, offer!, { party: vera })).toMatchObject({
			kind: 'accepted',
			agreement: { party: 'alice', vo: 'atlas' },
		});
	});

	test('is begun once, and offers are answered once, where the same request is sent twice', async () => {
		const idempotency = { key: 'k1', fingerprint: 'f1' };
		const first = await world.broker.negotiations.initiate({ party: alice, idempotency });
		if (first.kind !== 'initiated') throw new Error(first.kind);
		const negotiationId = first.negotiation.id;
		expect(await world.broker.negotiations.initiate({ party: alice, idempotency })).toEqual({
			...first,
			replayed: true,
		});
		const request = {
			party: alice,
			negotiationId,
			offers: [sent({ cpus: 5 })],
			idempotency: { key: 'k2', fingerprint: 'f2' },
		};
		const answered = await world.broker.negotiations.negotiate(request);
		expect(await world.broker.negotiations.negotiate(request)).toEqual({ ...answered, replayed: true });
		expect(read(negotiationId)!.holds).toHaveLength(1);
		for (const key of ['k1', 'k2']) {
			const other = { party: alice, ...offerFrom(), idempotency: { key, fingerprint: 'f3' } };
			expect(await world.broker.createAgreement(other)).toEqual({ kind: 'key-reused' });
		}
	});

	test('has bounds: how many, how many offers at once, how many in all', async () => {
		const id = await begin(world);
		const many = { party: alice, negotiationId: id, offers: new Array(OFFERS_SENT_MAX + 1).fill(sent({})) };
		expect(await world.broker.negotiations.negotiate(many)).toMatchObject({
			reasons: [{ limit: OFFERS_SENT_MAX, remedy: { text: 'send at most 16 at a time', allowed: OFFERS_SENT_MAX } }],
		});
		expect(await world.broker.negotiations.advertise(many)).toMatchObject({ reasons: [{ limit: OFFERS_SENT_MAX }] });
		const one = sent({});
		const text = { kind: 'text', text: 't'.repeat(SENT_CHARACTERS_MAX) } as const;
		const large = { ...one, tree: { ...one.tree, children: [...one.tree.children, text] } };
		expect(await world.broker.negotiations.negotiate({ ...many, offers: [large] })).toMatchObject({
			reasons: [
				{ code: 'LIMIT_EXCEEDED', limit: SENT_CHARACTERS_MAX, remedy: { text: 'say less in the first offer' } },
			],
		});
		expect(await world.broker.negotiations.negotiate({ ...many, offers: [one, sent({}), large] })).toMatchObject({
			reasons: [{ remedy: { text: 'send the first 2 offers, and the others after them' } }],
		});
		expect(read(id)!.offers).toEqual([]);
		await ask(world, id, {});
		world.now += 1;
		const soon = world.now + 3600;
		const idle = await begin(world);
		world.now += 1;
		const next = await begin(world, { expirationAt: soon });
		for (let count = 3; count < NEGOTIATIONS_OPEN_MAX; count += 1) await begin(world);
		const said = `end one, such as ${idle}, which holds nothing, or wait until ${printDateTime(soon)}, when ${next} expires`;
		expect(await world.broker.negotiations.initiate({ party: alice })).toMatchObject({
			reasons: [{ code: 'LIMIT_EXCEEDED', limit: NEGOTIATIONS_OPEN_MAX, remedy: { text: said } }],
		});
		const full = { ...many, offers: new Array(OFFERS_SENT_MAX).fill(sent({}, { state: 'Advisory' })) };
		for (;;) {
			const outcome = await world.broker.negotiations.negotiate(full);
			if (outcome.kind === 'answered') continue;
			expect(outcome).toMatchObject({ kind: 'refused', reasons: [{ limit: TREE_OFFERS_MAX }] });
			const { text: told } = (outcome as Refused).reasons[0]!.remedy!;
			const left = Number(/^send at most (\d+) at a time, or begin another negotiation$/.exec(told)![1]);
			const offersOf = (length: number) => ({ ...full, offers: full.offers.slice(0, length) });
			expect((await world.broker.negotiations.negotiate(offersOf(left + 1))).kind).toBe('refused');
			expect((await world.broker.negotiations.negotiate(offersOf(left))).kind).toBe('answered');
			break;
		}
		expect(read(id)!.offers.length).toBeLessThanOrEqual(TREE_OFFERS_MAX);
	});
});

test('a tree whose documents have too many bytes says so, not how many offers it has', async () => {
	const id = await begin(world);
	await negotiate(world, id, {}, { state: 'Advisory' });
	const [offer] = world.store.negotiations.offersOf(id);
	const text = 't'.repeat(TREE_BYTES_MAX);
	world.store.transact(() => world.store.negotiations.insertOffer({ ...offer!, id: 'large', text }));
	const outcome = await negotiate(world, id, {});
	if (outcome.kind !== 'refused') throw new Error(JSON.stringify(outcome));
	expect(outcome.reasons).toMatchObject([{ code: 'LIMIT_EXCEEDED', limit: TREE_BYTES_MAX }]);
	expect(outcome.reasons[0]!.asked).toBeGreaterThan(TREE_BYTES_MAX);
});

describe('a renegotiation in rounds', () => {
	test.each([
		['another agreement', true, 'other'],
		['an agreement, in a negotiation about something new', false, 'its own'],
	])('supersedes what it is about: an extension that names %s is refused', async (_, isChange, named) => {
		const { id: own } = await agree(world, { startAt: BEGIN + HOUR });
		const { id: other } = await agree(world, { startAt: BEGIN + HOUR });
		const id = await begin(world, isChange ? { renegotiates: { agreementId: own } } : {});
		const [held] = await ask(world, id, { cpus: 2, startAt: BEGIN + HOUR });
		const document = offerFromTree(treeOfOffer(held!));
		const agreeTo = (supersedes?: string) =>
			world.broker.createAgreement({
				party: alice,
				...document,
				negotiated: { negotiationId: id, offerId: held!.id, ...(supersedes === undefined ? {} : { supersedes }) },
			});
		expect(await agreeTo(named === 'other' ? other : own)).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'OFFER_DIFFERS', ...(isChange ? { asked: other, available: own } : { asked: own }) }],
		});
		expect((await agreeTo(isChange ? own : undefined)).kind).toBe('accepted');
	});

	const about = (agreementId: string) => ({ renegotiates: { agreementId, allowRestart: false, allowMove: false } });

	test('holds what the change takes beyond the agreement, and supersedes it when it is agreed to', async () => {
		const { id, workspaceId } = await agree(world, { cpus: 2, durationSeconds: HOUR });
		await work(world);
		world.now += 60;
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { cpus: 3, durationSeconds: 2 * HOUR });
		expect(offer).toMatchObject({ state: 'Acceptable', proposal: { placement: { machines: [{ host: 'n1' }] } } });
		expect(freeCpus(world)).toEqual([1, 4]);
		expect(freeCpus(world, BEGIN + HOUR + TEARDOWN)).toEqual([1, 4]);
		await create(world, { machines: 2, cpus: 1, durationSeconds: 3 * HOUR });
		world.now += 60;
		const outcome = await accept(world, offer!);
		expect(outcome).toMatchObject({ kind: 'accepted', agreement: { workspaceId, revision: 2, supersedes: id } });
		expect(world.broker.getAgreement(alice, id)).toMatchObject({ state: 'Complete' });
		expect(read(negotiationId)).toMatchObject({ negotiation: { state: 'Agreed' }, holds: [] });
		expect(kinds(negotiationId).slice(-2)).toEqual(['negotiation-ended', 'offer-agreed']);
		await work(world);
		expect(world.broker.getAgreement(alice, id)!.supersededBy).toBeDefined();
		expect(freeCpus(world, world.now + HOUR + HOUR / 2)[0]).toBeLessThanOrEqual(1);
	});

	test('holds a change with the CPUs that machines have, where fewer would need a restart', async () => {
		const { id } = await agree(world, { cpus: 2, durationSeconds: HOUR });
		await work(world);
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { cpus: 1, durationSeconds: 2 * HOUR });
		expect(offer).toMatchObject({
			state: 'Acceptable',
			proposal: { kind: 'larger', differences: [{ field: 'cpuCount', asked: 1, offered: 2 }] },
		});
		await create(world, { machines: 2, cpus: 3, durationSeconds: 3 * HOUR });
		world.now += 60;
		const outcome = await accept(world, offer!);
		if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
		expect(outcome.agreement).toMatchObject({ revision: 2, supersedes: id });
		await work(world);
		const again = await begin(world, about(outcome.agreement.id));
		expect(await ask(world, again, { cpus: 1, endAt: BEGIN + 2 * HOUR })).toMatchObject([{ state: 'Rejected' }]);
	});

	test('refused, nothing has changed', async () => {
		const { id } = await agree(world, { cpus: 2 });
		await work(world);
		const before = world.broker.getAgreement(alice, id);
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { cpus: 2, image: `sha256:${'0'.repeat(64)}` });
		expect(offer!.state).toBe('Rejected');
		expect(world.broker.getAgreement(alice, id)).toEqual(before);
		expect(freeCpus(world)).toEqual([2, 4]);
	});

	test.each<[string, (id: string) => Promise<unknown>]>([
		[
			'is superseded',
			(agreementId) =>
				world.broker.renegotiate({
					party: alice,
					agreementId,
					allowRestart: true,
					allowMove: true,
					...offerFrom({ cpus: 1 }),
				}),
		],
		['is terminated', (agreementId) => world.broker.terminate({ party: alice, agreementId })],
		['is over', () => pass(world, 300)],
	])('ends when the agreement %s', async (_, end) => {
		const { id } = await agree(world, { cpus: 2, durationSeconds: HOUR });
		await work(world);
		world.now += HOUR - 300;
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { cpus: 4, durationSeconds: HOUR });
		expect(freeCpus(world)).toEqual([0, 4]);
		await end(id);
		expect(read(negotiationId)).toMatchObject({ negotiation: { state: 'Terminated' }, holds: [] });
		expect(await accept(world, offer!)).toMatchObject({ kind: 'refused', reasons: [{ code: 'STATE_FORBIDS' }] });
		await work(world);
		await pass(world, TEARDOWN);
		expect(Math.min(...freeCpus(world))).toBeGreaterThanOrEqual(3);
		// It was no lapse of its party.
		expect(world.store.holds.standingOf({ party: 'alice', vo: 'atlas' }, 0, 1)).toMatchObject({ lapses: [] });
	});

	test('of what has not begun is held until it begins', async () => {
		const { id } = await agree(world, { cpus: 2, startAt: BEGIN + 200, durationSeconds: HOUR });
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { cpus: 2, startAt: BEGIN + HOUR }, { until: BEGIN + secondsMax });
		expect(offer!.expirationAt).toBe(BEGIN + 200 - 60);
	});

	test('is agreed to when what its machines had left was given back since', async () => {
		const { id } = await agree(world, { cpus: 1 });
		const [errand] = await world.broker.errands.lease(1);
		await world.broker.errands.fail(errand!, [], { message: 'x', host: 'n1', forGood: true });
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { machines: 2, cpus: 4 });
		expect(offer).toMatchObject({ state: 'Acceptable', proposal: { kind: 'as-asked' } });
		world.now += TEARDOWN + 1;
		expect(await accept(world, offer!)).toMatchObject({ kind: 'accepted' });
		expect(freeCpus(world)).toEqual([0, 0]);
	});

	test('holds nothing any more when machines had to move', async () => {
		const { id } = await agree(world, { cpus: 2 });
		const negotiationId = await begin(world, about(id));
		const [offer] = await ask(world, negotiationId, { cpus: 3 });
		const [errand] = await world.broker.errands.lease(1);
		expect(await world.broker.errands.fail(errand!, [], { message: 'x', host: 'n1', forGood: true })).toEqual({
			kind: 'moved',
		});
		expect(look(world, offer!).state).toBe('Advisory');
		const [again] = await ask(world, negotiationId, { cpus: 3 });
		expect(await accept(world, again!)).toMatchObject({ kind: 'accepted' });
		expect(world.broker.getAgreement(alice, id)!.state).toBe('Complete');
	});
});

describe('whoever only asks', () => {
	test('holds so many groups, so much, and less often the more of it lapses', async () => {
		world[Symbol.dispose]();
		world = await openWorld({ hosts: hosts(100) });
		const id = await begin(world);
		for (let count = 0; count < countMax; count += 1) {
			expect(await ask(world, id, { cpus: 1 })).toMatchObject([{ state: 'Acceptable' }]);
		}
		const [refused] = await ask(world, id, { cpus: 1 });
		expect(refused).toMatchObject({ state: 'Rejected', reasons: [{ code: 'HOLD_REFUSED', limit: countMax }] });
		// Others are not concerned, and neither is what holds nothing.
		const other = await begin(world, { party: bob });
		expect(await ask(world, other, { cpus: 1 }, { party: bob })).toMatchObject([{ state: 'Acceptable' }]);
		expect(await ask(world, id, { cpus: 1 }, { state: 'Advisory' })).toMatchObject([{ state: 'Advisory' }]);
		expect((await create(world, { cpus: 1 })).kind).toBe('accepted');
		world.now += secondsMax;
		const lapsed = await ask(world, id, { cpus: 1 });
		const remedy = { text: expect.stringMatching(/^ask again from \S+Z on/) };
		const paused = { reasons: [{ code: 'HOLD_REFUSED', available: expect.stringMatching(/Z$/), remedy }] };
		expect(lapsed).toMatchObject([
			{ state: 'Rejected', ...paused },
			{ state: 'Advisory', ...paused },
		]);
		expect(countMax).toBeGreaterThan(lapsesFree);
	});

	test('holds so much of the site, and no longer than the site holds, each party of a VO for itself', async () => {
		world[Symbol.dispose]();
		// Two hosts of 4 CPUs: an hour of 4 CPUs, with setup and teardown, is half an hour of the site and a little.
		const holds = { ...HOLDS, siteSecondsMax: 3600, secondsMax: 300 };
		world = await openWorld({ hosts: hosts(2), policy: { holds } });
		const id = await begin(world);
		const [held] = await ask(world, id, { cpus: 4 }, { until: world.now + 3600 });
		expect(held).toMatchObject({ state: 'Acceptable', expirationAt: world.now + 300 });
		const refused = await ask(world, id, { cpus: 4 });
		expect(refused[0]).toMatchObject({
			state: 'Advisory',
			proposal: { kind: 'as-asked' },
			reasons: [{ code: 'HOLD_REFUSED', resource: 'time', limit: 3600 }],
		});
		// Beside it, what the rest of the hour admits.
		expect(refused[1]).toMatchObject({ state: 'Acceptable' });
		const other = await begin(world, { party: bob });
		expect(await ask(world, other, { cpus: 4 }, { party: bob })).toMatchObject([{ state: 'Acceptable' }]);
	});

	test('holds so much with its whole VO, where the site counts that', async () => {
		world[Symbol.dispose]();
		const holds = { ...HOLDS, voSiteSecondsMax: 3600 };
		world = await openWorld({ hosts: hosts(2), policy: { holds } });
		const id = await begin(world);
		expect(await ask(world, id, { cpus: 4 })).toMatchObject([{ state: 'Acceptable' }]);
		const other = await begin(world, { party: bob });
		expect((await ask(world, other, { cpus: 4 }, { party: bob }))[0]).toMatchObject({
			state: 'Advisory',
			reasons: [{ code: 'HOLD_REFUSED', limit: 3600 }],
		});
		const foreign = await begin(world, { party: mallory });
		expect(await ask(world, foreign, { cpus: 4 }, { party: mallory })).toMatchObject([{ state: 'Acceptable' }]);
	});

	test('holds with all others at most half of the site, which a restart does not change and who agrees at once does not mind', async () => {
		world[Symbol.dispose]();
		world = await openWorld({ hosts: hosts(2), policy: { holds: { ...HOLDS, sitePercentMax: 50 } } });
		const [asked, beside, third] = [await begin(world), await begin(world, { party: mallory }), await begin(world)];
		const [held] = await ask(world, asked, { cpus: 2 });
		expect(held).toMatchObject({ state: 'Acceptable' });
		world.reopen();
		const [refused, smaller] = await ask(world, beside, { cpus: 3 }, { party: mallory });
		expect(smaller).toMatchObject({ state: 'Acceptable', proposal: { grant: { cpuCount: 2 } } });
		expect(refused).toMatchObject({
			state: 'Advisory',
			reasons: [
				{
					code: 'HOLD_REFUSED',
					resource: 'cpuMillicores',
					asked: 3000,
					available: 2000,
					limit: 4000,
					interval: { startAt: world.now, endAt: held!.proposal!.grant.endAt + TEARDOWN },
					remedy: { more: 1000, startAt: expect.any(Number), text: expect.stringContaining('told Advisory') },
				},
			],
		});
		// As its remedy says: another start is held, and what is told Advisory can be had at once.
		const { remedy } = refused!.reasons[0] as Reason;
		expect(
			await ask(world, beside, { cpus: 3, startAt: remedy!.startAt! }, { party: mallory, to: smaller!.id }),
		).toMatchObject([{ state: 'Acceptable' }]);
		expect(await ask(world, beside, { cpus: 3 }, { party: mallory, state: 'Advisory' })).toMatchObject([
			{ state: 'Advisory' },
		]);
		await world.broker.negotiations.terminate({ party: mallory, negotiationId: beside });
		expect((await create(world, { cpus: 4 }, mallory)).kind).toBe('accepted');
		// What returns to an offer goes on with what is held for it.
		expect(await ask(world, asked, { cpus: 2 }, { to: held!.id })).toMatchObject([{ state: 'Acceptable' }]);
		expect((await accept(world, held!)).kind).toBe('accepted');
		expect(await ask(world, third, { cpus: 2 })).toMatchObject([{ state: 'Acceptable' }]);
	});

	test('holds of several answers those that may be held, where the best may not', async () => {
		world[Symbol.dispose]();
		world = await openWorld({ hosts: hosts(2), policy: { holds: { ...HOLDS, sitePercentMax: 50 } } });
		await agree(world, { cpus: 4, machines: 1, durationSeconds: 1800 }, mallory);
		const id = await begin(world);
		// Two machines fit in half an hour, and only one of them may be held.
		const answers = await ask(world, id, { cpus: 4, machines: 2 });
		const told = answers.map(
			({ state, proposal }) => `${state} ${proposal!.grant.machineCount * proposal!.grant.cpuCount}`,
		);
		expect([...new Set(told)]).toEqual(['Advisory 8', 'Acceptable 4']);
	});

	test('holds nothing where its VO may not, and can still buy what it is told', async () => {
		world[Symbol.dispose]();
		const quotas = { period: 'month', borrowSeconds: 0, vos: new Map([[alice.vo, { mayHold: false }]]) } as const;
		world = await openWorld({ hosts: hosts(2), policy: { quotas } });
		const id = await begin(world);
		const nobody = { reasons: [{ code: 'HOLD_REFUSED', available: 'Advisory' }] };
		const [rejected, kept] = await ask(world, id, { cpus: 4 });
		expect([rejected, kept]).toMatchObject([
			{ state: 'Rejected', ...nobody },
			{ state: 'Advisory', ...nobody },
		]);
		expect(freeCpus(world)).toEqual([4, 4]);
		expect((await accept(world, kept!)).kind).toBe('accepted');
		const [told] = await ask(world, id, { cpus: 4 }, { state: 'Advisory' });
		expect(told).toMatchObject({ state: 'Advisory' });
		expect((await create(world, { cpus: 4 })).kind).toBe('accepted');
		const foreign = await begin(world, { party: mallory });
		expect(await ask(world, foreign, { cpus: 4 }, { party: mallory })).toMatchObject([{ state: 'Acceptable' }]);
	});

	test.each([
		['is not excused by a purchase of next to nothing', { cpus: 1, durationSeconds: 60 }, 'Rejected'],
		['is excused by a purchase of its size', { machines: 8, cpus: 4 }, 'Acceptable'],
	])('that lapses %s', async (_, bought, answered) => {
		world[Symbol.dispose]();
		world = await openWorld({ hosts: hosts(100) });
		const much = { machines: 8, cpus: 4 };
		const id = await begin(world);
		for (let count = 0; count < lapsesFree; count += 1) {
			await ask(world, id, much);
			world.now += secondsMax;
		}
		const [large] = await ask(world, id, much);
		// It joins the group of the large one, which is held beside it.
		const [taken] = await ask(world, id, bought, { to: large!.id });
		expect((await accept(world, taken!)).kind).toBe('accepted');
		expect((await ask(world, id, much))[0]!.state).toBe(answered);
	});

	test.each<[string, object, (agreementId: string) => Promise<unknown>]>([
		['let go of', {}, (agreementId) => world.broker.terminate({ party: alice, agreementId })],
		[
			'changed to next to nothing',
			{ startAt: BEGIN + 2 * HOUR, durationSeconds: HOUR },
			(agreementId) => {
				const less = offerFrom({ cpus: 1, startAt: BEGIN + 2 * HOUR, durationSeconds: 60 });
				return world.broker.renegotiate({ party: alice, agreementId, ...less });
			},
		],
	])('is not excused by what is bought and %s', async (_, window, giveUp) => {
		world[Symbol.dispose]();
		world = await openWorld({ hosts: hosts(100) });
		const much = { machines: 8, cpus: 4, ...window };
		for (let count = 0; count <= lapsesFree; count += 1) {
			const id = await begin(world);
			const [held] = await ask(world, id, much);
			expect(held!.state).toBe('Acceptable');
			const outcome = await accept(world, held!);
			if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
			await giveUp(outcome.agreement.id);
		}
		expect((await ask(world, await begin(world), much))[0]).toMatchObject({
			state: 'Rejected',
			reasons: [{ code: 'HOLD_REFUSED' }],
		});
	});
});
