import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IdempotencyKey } from '../../src/broker/outcome.ts';
import { KEYS_KEPT_SECONDS } from '../../src/broker/passage.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import {
	admin,
	agree,
	alice,
	bob,
	create,
	IMAGE,
	mallory,
	offerFrom,
	offerFromTree,
	openWorld,
	TEARDOWN,
	vera,
	type Wish,
	type World,
	work,
} from './site.ts';

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => closeWorld(world));

const HOUR = 3600;
const onlyCodes = (reasons: readonly { readonly code: string }[]) =>
	[...new Set(reasons.map(({ code }) => code))].sort();

/** Everything in the database, as text: what a refusal must leave as it was. */
function databaseDump(): string {
	const { agreements, reservations: booked, work: due, machines: known, history } = world.store;
	const records = agreements.list({ limit: 1000 });
	const machines = records.flatMap(({ workspaceId }) => known.of(workspaceId));
	const errands = records.flatMap(({ id }) =>
		['converge', 'end', 'expire'].map((kind) => due.findErrand(id, kind as 'end')),
	);
	const reservations = booked.live('garching', 0);
	const calendar = world.broker.capacityBetween(BEGIN, BEGIN + 100 * HOUR);
	const entries = history.list({ site: 'garching', after: 0, limit: 1000 });
	return JSON.stringify([records, machines, errands, reservations, calendar, entries, world.broker.calendarVersion]);
}

describe('an offer', () => {
	test('that fits becomes an Observed agreement with its machines, its capacity, its errands and its history', async () => {
		const agreement = await agree(world, { machines: 2, cpus: 3, startAt: BEGIN + HOUR });
		expect(agreement).toMatchObject({
			state: 'Observed',
			serviceState: 'NotReady',
			revision: 1,
			version: 1,
			party: 'alice',
			vo: 'atlas',
			template: { name: 'machine', id: '1' },
			grant: { machineCount: 2, cpuCount: 3, startAt: BEGIN + HOUR, endAt: BEGIN + 2 * HOUR },
		});
		expect(world.broker.getAgreement(alice, agreement.id)).toEqual(agreement);
		expect(await world.broker.machines(alice, agreement.id)).toMatchObject([
			{ index: 0, host: 'n1', desired: 'running', startAt: BEGIN + HOUR - 60 },
			{ index: 1, host: 'n2', desired: 'running' },
		]);
		expect(world.broker.history(alice, agreement.id)).toMatchObject([{ kind: 'agreed', hash: agreement.headHash }]);
		expect(world.broker.historyHead).toBe(agreement.headHash);
		const during = world.broker.capacityBetween(BEGIN + HOUR, BEGIN + HOUR + 1);
		expect(during.map(({ steps }) => steps[0]!.free.cpuMillicores)).toEqual([1000, 1000]);
	});

	test('that cannot be had is countered with reasons and alternatives, and each is accepted as it stands (H6)', async () => {
		await agree(world, { machines: 2, cpus: 3, startAt: BEGIN + HOUR, durationSeconds: HOUR });
		const outcome = await create(world, { machines: 2, cpus: 2, startAt: BEGIN + HOUR, durationSeconds: HOUR });
		if (outcome.kind !== 'countered') throw new Error(outcome.kind);
		expect(onlyCodes(outcome.reasons)).toEqual(['CAPACITY_RESERVED']);
		expect(outcome.calendarVersion).toBe(world.broker.calendarVersion);
		expect(outcome.alternatives.length).toBeGreaterThan(0);
		for (const alternative of outcome.alternatives) {
			const again = await world.broker.evaluate({ party: alice, offer: offerFromTree(alternative.offer).offer });
			expect(again, alternative.kind).toMatchObject({ kind: 'accepted', grant: alternative.grant });
		}
	});

	test.each<[string, Wish, string, string[]]>([
		['a machine larger than any host', { cpus: 5 }, 'countered', ['LIMIT_EXCEEDED']],
		['an image that is not here', { image: `sha256:${'0'.repeat(64)}` }, 'refused', ['IMAGE_UNKNOWN']],
		[
			'more than the template and the site allow',
			{ machines: 9 },
			'countered',
			['CAPACITY_TOO_SMALL', 'CREATION_CONSTRAINT'],
		],
		['what has expired', { expirationAt: BEGIN }, 'refused', ['OFFER_EXPIRED']],
		[
			'what has expired and is too much',
			{ expirationAt: BEGIN, machines: 9 },
			'refused',
			['CAPACITY_TOO_SMALL', 'CREATION_CONSTRAINT', 'OFFER_EXPIRED'],
		],
	])('for %s is not accepted, every reason is said, and nothing is written', async (_, wish, kind, codes) => {
		const before = databaseDump();
		const outcome = await create(world, wish);
		if (outcome.kind !== 'refused' && outcome.kind !== 'countered') throw new Error(outcome.kind);
		expect([outcome.kind, onlyCodes(outcome.reasons)]).toEqual([kind, codes]);
		expect(databaseDump()).toBe(before);
	});

	test('that has expired is told where it says so', async () => {
		const outcome = await create(world, { expirationAt: BEGIN });
		expect(outcome).toMatchObject({ reasons: [{ path: '/wsag:AgreementOffer/wsag:Context/wsag:ExpirationTime' }] });
	});

	test('by a template that was never published is told so; by one that is retired, refused', async () => {
		expect(await create(world, { template: '2' })).toEqual({
			kind: 'unknown-template',
			template: { name: 'machine', id: '2' },
		});
		await world.broker.catalogue.retireTemplate(admin, { name: 'machine', id: '1' });
		const outcome = await create(world);
		expect(outcome).toMatchObject({ kind: 'refused', reasons: [{ code: 'TEMPLATE_RETIRED' }] });
	});

	test('of 64 callers at once never takes more than there is (H1)', async () => {
		const outcomes = await Promise.all(Array.from({ length: 64 }, () => create(world, { cpus: 1 })));
		expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(8);
	});

	test('evaluated leaves everything as it was', async () => {
		const agreement = await agree(world, { cpus: 2 });
		const before = databaseDump();
		const change = { ...offerFrom({ cpus: 3 }), party: alice, agreementId: agreement.id };
		expect(await world.broker.evaluate({ party: alice, ...offerFrom({ cpus: 2 }) })).toMatchObject({
			kind: 'accepted',
		});
		expect(await world.broker.evaluate(change)).toMatchObject({ kind: 'accepted', grant: { cpuCount: 3 } });
		expect(await world.broker.evaluate({ ...change, party: mallory })).toEqual({ kind: 'not-found' });
		expect(databaseDump()).toBe(before);
	});
});

describe('an answer that is made with the decision', () => {
	const withOffer = (read: () => ReturnType<typeof offerFrom>['offer']) => ({
		...offerFrom(),
		party: alice,
		offer: read,
	});
	const { offer } = offerFrom();

	test('is what is told after COMMIT, of an offer that was read in its turn', async () => {
		const steps: string[] = [];
		const made = world.broker.createAgreement(
			withOffer(() => {
				steps.push('read');
				return offer;
			}),
			(outcome, read) => {
				expect(read).toBe(offer);
				return { told: outcome.kind };
			},
		);
		expect(steps).toEqual([]);
		expect(await made).toEqual({ told: 'accepted' });
		expect(steps).toEqual(['read']);
		const asked = { party: alice, offer: () => offer };
		expect(await world.broker.evaluate(asked, ({ kind }) => `evaluated: ${kind}`)).toBe('evaluated: accepted');
	});

	test('and cannot be made: there is no agreement then, and others in the same batch are', async () => {
		const before = databaseDump();
		const broken = world.broker.createAgreement(
			withOffer(() => offer),
			() => {
				throw new Error('broken');
			},
		);
		await expect(broken).rejects.toThrow('broken');
		expect(databaseDump()).toBe(before);
		const outcomes = await Promise.allSettled([
			world.broker.createAgreement({ party: alice, ...offerFrom() }),
			world.broker.createAgreement(
				withOffer(() => offer),
				() => {
					throw new Error('broken');
				},
			),
			world.broker.createAgreement({ party: alice, ...offerFrom() }),
		]);
		expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
		expect(world.broker.listAgreements({ party: alice }).items).toHaveLength(2);
	});
});

describe('an idempotency key', () => {
	const key = (fingerprint = 'f'): IdempotencyKey => ({ key: 'k', fingerprint });
	const createWith = (idempotency: IdempotencyKey, party = alice) =>
		world.broker.createAgreement({ party, ...offerFrom(), idempotency });

	test('makes an agreement once, whatever happened since, and over a restart', async () => {
		const first = await createWith(key());
		if (first.kind !== 'accepted') throw new Error(first.kind);
		world.reopen();
		await world.broker.catalogue.retireTemplate(admin, { name: 'machine', id: '1' });
		const again = await createWith(key());
		expect(again).toEqual({ ...first, replayed: true });
		expect(world.broker.listAgreements({ party: alice }).items).toHaveLength(1);
	});

	test('makes one agreement of concurrent duplicates', async () => {
		const outcomes = await Promise.all(Array.from({ length: 10 }, () => createWith(key())));
		const ids = outcomes.map((outcome) => (outcome.kind === 'accepted' ? outcome.agreement.id : outcome.kind));
		expect(new Set(ids).size).toBe(1);
		expect(outcomes.filter((outcome) => outcome.kind === 'accepted' && !outcome.replayed)).toHaveLength(1);
	});

	test('is not for another request, and is each party’s own', async () => {
		await createWith(key());
		expect(await createWith(key('g'))).toEqual({ kind: 'key-reused' });
		expect(await createWith(key('g'), bob)).toMatchObject({ kind: 'accepted', replayed: false });
	});

	test('is forgotten when nobody can still mean it', async () => {
		const first = await createWith(key());
		world.now += KEYS_KEPT_SECONDS;
		expect(await createWith(key())).toMatchObject({ kind: 'accepted', replayed: true });
		world.now += 1;
		const other = await createWith(key());
		expect(other).toMatchObject({ kind: 'accepted', replayed: false });
		expect(other).not.toEqual(first);
	});

	test('that came with a refusal made nothing and is free', async () => {
		const refused = await world.broker.createAgreement({
			party: alice,
			...offerFrom({ cpus: 99 }),
			idempotency: key(),
		});
		expect(refused.kind).not.toBe('accepted');
		expect(await createWith(key('g'))).toMatchObject({ kind: 'accepted', replayed: false });
	});

	test('renegotiates once', async () => {
		const { id } = await agree(world);
		const change = { party: alice, agreementId: id, allowRestart: false, allowMove: false, idempotency: key() };
		const first = await world.broker.renegotiate({ ...change, ...offerFrom({ cpus: 2 }) });
		const again = await world.broker.renegotiate({ ...change, ...offerFrom({ cpus: 2 }) });
		expect(first).toMatchObject({ kind: 'accepted', replayed: false });
		expect(again).toMatchObject({ kind: 'accepted', replayed: true });
		expect(await world.broker.renegotiate({ ...change, ...offerFrom({ cpus: 2 }), idempotency: key('g') })).toEqual({
			kind: 'key-reused',
		});
	});
});

describe('a renegotiation', () => {
	const renegotiate = (agreementId: string, wish: Wish, more: { ifMatch?: number; party?: typeof alice } = {}) =>
		world.broker.renegotiate({
			party: alice,
			agreementId,
			allowRestart: false,
			allowMove: false,
			...offerFrom(wish),
			...more,
		});

	test('replaces the revision: the workspace, its machine and its place stay, the old agreement is Complete', async () => {
		const old = await agree(world, { cpus: 2, memoryBytes: GIB });
		await work(world);
		const before = world.broker.getAgreement(alice, old.id)!;
		world.now += 100;
		const outcome = await renegotiate(old.id, { cpus: 3, memoryBytes: 2 * GIB, durationSeconds: 2 * HOUR });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		const { agreement } = outcome;
		expect(agreement).toMatchObject({
			workspaceId: old.workspaceId,
			revision: 2,
			supersedes: old.id,
			state: 'Observed',
			serviceState: 'Ready',
			grant: { cpuCount: 3, memoryBytes: 2 * GIB, startAt: BEGIN },
		});
		expect(outcome.effects.map(({ kind }) => kind)).toContain('live');
		expect(world.broker.getAgreement(alice, old.id)).toMatchObject({
			state: 'Complete',
			supersededBy: agreement.id,
			version: before.version + 1,
		});
		expect(await world.broker.machines(alice, agreement.id)).toMatchObject([
			{ index: 0, host: 'n1', desired: 'running', agreementId: agreement.id, revision: 2, observed: { revision: 1 } },
		]);
		const [n1] = world.broker.capacityBetween(world.now, world.now + 1);
		expect(n1!.steps[0]!.free.cpuMillicores).toBe(1000);
		expect(world.store.work.findErrand(old.id, 'end')).toBeUndefined();
	});

	test('that cannot be had leaves everything as it was, byte for byte', async () => {
		const { id } = await agree(world, { cpus: 3 });
		await agree(world, { cpus: 3 });
		await work(world);
		world.now += 10;
		const before = databaseDump();
		const outcome = await renegotiate(id, { cpus: 3, machines: 3 });
		expect(['countered', 'refused']).toContain(outcome.kind);
		expect(databaseDump()).toBe(before);
	});

	test('may use its own capacity again, and no more than there is with it', async () => {
		const { id } = await agree(world, { cpus: 2 });
		await agree(world, { cpus: 2 });
		await agree(world, { cpus: 4 });
		// Two CPUs it has already.
		expect((await renegotiate(id, { cpus: 3 })).kind).toBe('refused');
		expect(await renegotiate(id, { cpus: 3, memoryBytes: 2 * GIB })).toMatchObject({
			kind: 'countered',
			alternatives: [{ grant: { cpuCount: 2, memoryBytes: 2 * GIB } }],
		});
		expect(await renegotiate(id, { cpus: 2, memoryBytes: 2 * GIB })).toMatchObject({ kind: 'accepted' });
	});

	test('of fewer machines books the place of those that leave until they are gone', async () => {
		const { id } = await agree(world, { machines: 2, cpus: 4 });
		await work(world);
		world.now += 100;
		expect(await renegotiate(id, { machines: 1, cpus: 4 })).toMatchObject({ kind: 'accepted' });
		expect(await world.broker.machines(alice, id)).toMatchObject([
			{ index: 0, desired: 'running', revision: 2 },
			{ index: 1, desired: 'absent', revision: 1 },
		]);
		const n2 = world.broker.capacityBetween(world.now, world.now + HOUR)[1]!;
		expect(n2.steps.map(({ endAt, free }) => [endAt - world.now, free.cpuMillicores])).toEqual([
			[TEARDOWN, 0],
			[HOUR, 4000],
		]);
	});

	test.each<[string, Wish, Wish, [number, number][], [number, number][]]>([
		[
			'fewer CPUs',
			{ cpus: 3 },
			{ cpus: 1 },
			[
				[TEARDOWN, 1],
				[HOUR, 3],
			],
			[[HOUR, 7]],
		],
		[
			'less of the CPUs and more memory',
			{ cpus: 4 },
			{ cpus: 4, sharePercent: 50, memoryBytes: 3 * GIB },
			[
				[TEARDOWN, 0],
				[HOUR, 2],
			],
			[[HOUR, 5]],
		],
		[
			'less memory and another machine',
			{ cpus: 1, memoryBytes: 8 * GIB },
			{ machines: 2, cpus: 1, memoryBytes: 2 * GIB },
			[[HOUR, 2]],
			[
				[TEARDOWN, 0],
				[HOUR, 4],
			],
		],
		[
			'another host',
			{ cpus: 3, memoryBytes: 2 * GIB },
			{ cpus: 3, memoryBytes: 2 * GIB, candidateHosts: ['n2'] },
			[
				[TEARDOWN, 1],
				[HOUR, 4],
			],
			[
				[TEARDOWN, 6],
				[HOUR, 8],
			],
		],
	])('to %s keeps booked what machines use until they were changed', async (_, from, to, cpus, gibibytes) => {
		const { id } = await agree(world, { durationSeconds: 2 * HOUR, ...from });
		await work(world);
		world.now += 100;
		const change = { party: alice, agreementId: id, allowRestart: true, allowMove: true };
		const outcome = await world.broker.renegotiate({ ...change, ...offerFrom({ durationSeconds: 2 * HOUR, ...to }) });
		expect(outcome.kind).toBe('accepted');
		const { steps } = world.broker.capacityBetween(world.now, world.now + HOUR)[0]!;
		const until = (amount: (free: (typeof steps)[number]['free']) => number) => {
			const pairs = steps.map(({ endAt, free }): [number, number] => [endAt - world.now, amount(free)]);
			return pairs.filter(([, free], nth) => pairs[nth + 1]?.[1] !== free);
		};
		expect(until((free) => free.cpuMillicores / 1000)).toEqual(cpus);
		expect(until((free) => free.memoryBytes / GIB)).toEqual(gibibytes);
	});

	test('that follows at once keeps booked what the one before it has left', async () => {
		const { id } = await agree(world, { cpus: 4 });
		await work(world);
		const change = { party: alice, allowRestart: true, allowMove: false };
		const first = await world.broker.renegotiate({ ...change, agreementId: id, ...offerFrom({ cpus: 2 }) });
		if (first.kind !== 'accepted') throw new Error(first.kind);
		world.now += TEARDOWN / 2;
		const again = { ...change, agreementId: first.agreement.id, ...offerFrom({ cpus: 1 }) };
		expect((await world.broker.renegotiate(again)).kind).toBe('accepted');
		const { steps } = world.broker.capacityBetween(world.now, world.now + HOUR / 2)[0]!;
		expect(steps.map(({ endAt, free }) => [endAt - world.now, free.cpuMillicores / 1000])).toEqual([
			[TEARDOWN / 2, 0],
			[TEARDOWN, 2],
			[HOUR / 2, 3],
		]);
	});

	test.each<[string, (id: string) => Promise<unknown>, unknown]>([
		[
			'by whoever has seen an older version',
			(id) => renegotiate(id, {}, { ifMatch: 1 }),
			{ kind: 'stale', version: 2 },
		],
		['by whoever may not see it', (id) => renegotiate(id, {}, { party: bob }), { kind: 'not-found' }],
		['of what is not there', () => renegotiate('none', {}), { kind: 'not-found' }],
	])('%s changes nothing', async (_, ask, outcome) => {
		const { id } = await agree(world);
		await work(world);
		const before = databaseDump();
		expect(await ask(id)).toEqual(outcome);
		expect(databaseDump()).toBe(before);
	});

	test('of what was superseded or has ended is refused', async () => {
		const { id } = await agree(world);
		await renegotiate(id, { cpus: 2 });
		expect(await renegotiate(id, { cpus: 1 })).toMatchObject({
			kind: 'refused',
			reasons: [{ code: 'STATE_FORBIDS', available: 'Complete' }],
		});
	});

	test('two at once: one is made, the other has seen too old a version', async () => {
		const { id } = await agree(world);
		const outcomes = await Promise.all([2, 3].map((cpus) => renegotiate(id, { cpus }, { ifMatch: 1 })));
		// Which of them is read first is nobody's promise.
		expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['accepted', 'stale']);
	});
});

describe('visibility (H9)', () => {
	test('a client sees its own, a broker its VO’s, an admin the site’s', async () => {
		const { id: hers } = await agree(world, {}, alice);
		const { id: his } = await agree(world, {}, bob);
		const { id: theirs } = await agree(world, {}, mallory);
		const seen = [alice, bob, vera, mallory, admin].map((party) => {
			const listed = world.broker.listAgreements({ party }).items.map(({ id }) => id);
			const found = [hers, his, theirs].filter((id) => world.broker.getAgreement(party, id) !== undefined);
			const histories = [hers, his, theirs].filter((id) => world.broker.history(party, id) !== undefined);
			expect(listed.toReversed()).toEqual(found);
			expect(histories).toEqual(found);
			return found;
		});
		expect(seen).toEqual([[hers], [his], [hers, his], [theirs], [hers, his, theirs]]);
		expect(await world.broker.machines(mallory, hers)).toBeUndefined();
		expect(await world.broker.terminate({ party: mallory, agreementId: hers })).toEqual({ kind: 'not-found' });
		expect(await world.broker.terminate({ party: vera, agreementId: hers })).toMatchObject({ kind: 'changed' });
	});

	test('a broker that renegotiates leaves the agreement with its owner', async () => {
		const { id } = await agree(world, {}, alice);
		const change = { agreementId: id, allowRestart: true, allowMove: true, ...offerFrom({ cpus: 2 }) };
		const outcome = await world.broker.renegotiate({ party: vera, ...change });
		expect(outcome).toMatchObject({ kind: 'accepted', agreement: { party: 'alice', vo: 'atlas' } });
	});
});

describe('lists', () => {
	test('are paged, newest first, without gaps or doubles', async () => {
		world[Symbol.dispose]();
		world = await openWorld({ hosts: hosts(4) });
		const ids: string[] = [];
		for (let number = 0; number < 7; number += 1) ids.push((await agree(world)).id);
		const listed: string[] = [];
		let after: string | undefined;
		do {
			const page = world.broker.listAgreements({ party: alice, limit: 3, ...(after === undefined ? {} : { after }) });
			listed.push(...page.items.map(({ id }) => id));
			after = page.next;
		} while (after !== undefined);
		expect(listed).toEqual(ids.toReversed());
		expect(world.broker.listAgreements({ party: alice, states: ['Complete'] }).items).toEqual([]);
	});
});

describe('the catalogue', () => {
	test('only an admin changes it', async () => {
		const name = { name: 'machine', id: '1' };
		expect(await world.broker.catalogue.retireTemplate(vera, name)).toEqual({ kind: 'forbidden' });
		expect(await world.broker.catalogue.removeImage(vera, IMAGE)).toEqual({ kind: 'forbidden' });
		expect(
			await world.broker.catalogue.addImage(alice, { digest: 'd', name: 'n', kind: 'disk', diskBytes: 0 }),
		).toEqual({
			kind: 'forbidden',
		});
	});

	test('an image that machines need stays; one that nobody needs goes, and offers for it are refused', async () => {
		const { id } = await agree(world);
		expect(await world.broker.catalogue.removeImage(admin, IMAGE)).toEqual({ kind: 'in-use', by: `agreement ${id}` });
		await world.broker.terminate({ party: alice, agreementId: id });
		expect(await world.broker.catalogue.removeImage(admin, IMAGE)).toEqual({ kind: 'removed' });
		expect(await create(world)).toMatchObject({ reasons: [{ code: 'IMAGE_UNKNOWN' }] });
	});
});
