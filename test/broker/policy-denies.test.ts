/**
 * A site's own policy that denies what would be granted: something else within the offer that it allows is granted, held
 * or told instead, never anything that it was not shown; and where it allows only something else, that is told.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import type { Review } from '../../src/broker/review.ts';
import { readPriceModel } from '../../src/negotiation/policy/price-model.ts';
import type { WrittenOffer } from '../../src/store/negotiation-records.ts';
import { closeWorld } from './closing.ts';
import { BEGIN, hosts } from './hosts.ts';
import { accept, begin } from './rounds.ts';
import {
	alice,
	bob,
	create,
	offerFrom,
	offerFromTree,
	offerOf,
	offerXml,
	openWorld,
	type Wish,
	type World,
} from './site.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Midnight by UTC. */
const MIDNIGHT = Math.ceil(BEGIN / DAY) * DAY;
const NO = 'not then';

const PRICES = pricesOf([{ cpuHour: '1', memoryGibHour: '0' }]);

type Rule = (grant: ServiceGrant) => boolean;

/** What a policy with that rule was shown, in its order. */
async function worldUnder(allows: Rule, options: Parameters<typeof openWorld>[0] = {}) {
	const shown: ServiceGrant[] = [];
	const rounds: number[] = [];
	let under = 0;
	const review: Review = async ({ party, provisional }) => {
		if (party.name === 'bob' || provisional.kind !== 'accepted') return { kind: 'allow' };
		shown.push(provisional.grant);
		if (under === 0) rounds.push(0);
		under += 1;
		rounds.push(rounds.pop()! + 1);
		// Of a round the next is written, in goes of a part each, and asked about while this one waits.
		for (let before = 0; before < shown.length; ) {
			before = shown.length;
			for (let times = 0; times < 100; times += 1) await nextRound();
		}
		under -= 1;
		return allows(provisional.grant) ? { kind: 'allow' } : { kind: 'deny', message: NO };
	};
	const world = await openWorld({ hosts: hosts(1), review, ...options });
	return { world, shown, rounds, [Symbol.dispose]: () => closeWorld(world) };
}

const hourOfDay = ({ startAt }: { readonly startAt: number }) => (startAt % DAY) / HOUR;
const isAtNight: Rule = (grant) => hourOfDay(grant) < 6 || hourOfDay(grant) >= 22;
const isWeekend: Rule = ({ startAt }) => [0, 6].includes(new Date(startAt * 1000).getUTCDay());

/** An offer of so many CPUs, from and to. */
function ranged(wish: Wish, [from, to]: readonly [number, number]) {
	const range = `<jsdl:Range><jsdl:LowerBound>${from}</jsdl:LowerBound><jsdl:UpperBound>${to}</jsdl:UpperBound></jsdl:Range>`;
	const exact = /(<jsdl:IndividualCPUCount>).*?(<\/jsdl:IndividualCPUCount>)/;
	const xml = offerXml(wish).replace(exact, `$1${range}$2`);
	return { offer: offerOf(xml), offerXml: xml };
}

/** From nine in the morning on. */
const morning = (days: number): Wish => ({ startAt: MIDNIGHT + 9 * HOUR, endAt: MIDNIGHT + 9 * HOUR + days * DAY });

describe('an offer whose window floats', () => {
	test.each<[rule: string, Rule, days: number]>([
		['only at night', isAtNight, 1],
		['only in the week', (grant) => !isWeekend(grant), 7],
		['not before the day after tomorrow', ({ startAt }) => startAt >= MIDNIGHT + 2 * DAY, 5],
		['not before in two months', ({ startAt }) => startAt >= MIDNIGHT + 60 * DAY, 90],
		['only in the last minutes there are', ({ startAt }) => startAt >= MIDNIGHT + 9 * HOUR + 2 * DAY - HOUR, 2],
		['only on a workday at noon', (grant) => !isWeekend(grant) && Math.abs(hourOfDay(grant) - 12) < 1, 7],
	])('is accepted where the policy says: %s', async (_, allows, days) => {
		using site = await worldUnder(allows);
		const outcome = await create(site.world, morning(days));
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		const { grant, because = [] } = outcome.agreement;
		expect(allows(grant)).toBe(true);
		expect(site.shown).toContainEqual(grant);
		expect(grant.endAt).toBeLessThanOrEqual(morning(days).endAt!);
		const start = because.find(({ field }) => field === 'startAt')!;
		expect(start.message).toMatch(/the first that the site's own policy allows .*, which it denies: not then\.$/);
		expect(site.rounds.length).toBeLessThanOrEqual(3);
	});

	test('is had at the earliest of the starts that are allowed', async () => {
		using site = await worldUnder(isAtNight);
		const outcome = await create(site.world, morning(3));
		if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
		const { startAt } = outcome.agreement.grant;
		const within = site.shown.filter((grant) => isAtNight(grant) && grant.startAt >= morning(3).startAt!);
		expect(startAt).toBe(Math.min(...within.map((grant) => grant.startAt)));
		expect(hourOfDay({ startAt })).toBe(22);
	});

	test.each([1, 7])('is had at the price that the policy says where it allows it, of %i days', async (days) => {
		const says: Review = async ({ provisional }) => {
			if (provisional.kind !== 'accepted' || !isAtNight(provisional.grant)) return { kind: 'deny', message: NO };
			return { kind: 'amend', limits: { cpuCountMax: 4 }, pricePercent: 120 };
		};
		using world = await openWorld({ hosts: hosts(1), review: says, policy: { prices: PRICES } });
		const outcome = await create(world, morning(days));
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		expect(isAtNight(outcome.agreement.grant)).toBe(true);
		expect(outcome.agreement.price).toMatchObject({ percent: 120, amount: '1.20' });
		const [held] = await askFor(world, offerFrom(morning(days)));
		expect([held!.state, held!.proposal!.price]).toMatchObject(['Acceptable', { amount: '1.20' }]);
	});

	test('is evaluated, and held in a negotiation, in the same way', async () => {
		using site = await worldUnder(isAtNight);
		const { world } = site;
		const evaluated = await world.broker.evaluate({ party: alice, ...offerFrom(morning(1)) });
		expect(evaluated.kind === 'accepted' && isAtNight(evaluated.grant)).toBe(true);
		const [held, ...others] = await askFor(world, offerFrom(morning(1)));
		expect([held!.state, isAtNight(held!.proposal!.grant), others]).toEqual(['Acceptable', true, []]);
		expect((await accept(world, held!)).kind).toBe('accepted');
	});
});

describe('an offer that leaves sizes open', () => {
	const fixed = { startAt: MIDNIGHT + 9 * HOUR };

	test('of all machines together is accepted with what the policy says of each', async () => {
		using site = await worldUnder(({ cpuCount }) => cpuCount >= 2);
		const { offerXml } = ranged({ ...fixed, machines: 2 }, [2, 4]);
		const xml = offerXml.replaceAll('IndividualCPUCount', 'TotalCPUCount');
		const outcome = await site.world.broker.createAgreement({ party: alice, offer: offerOf(xml), offerXml: xml });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		expect(outcome.agreement.grant.cpuCount).toBe(2);
	});

	test.each<[rule: string, Rule, cpus: number]>([
		['at least two CPUs', ({ cpuCount }) => cpuCount >= 2, 2],
		['all or nothing', ({ cpuCount }) => cpuCount === 4, 4],
	])('is accepted with what the policy says: %s', async (_, allows, cpus) => {
		using site = await worldUnder(allows);
		const outcome = await site.world.broker.createAgreement({ party: alice, ...ranged(fixed, [1, 4]) });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		expect(outcome.agreement.grant).toMatchObject({ cpuCount: cpus, ...fixed });
		const size = outcome.agreement.because!.find(({ field }) => field === 'cpuCount')!;
		expect(size.message).toMatch(/^\d CPUs\. Within the offer, .*; else 1 CPU, which it denies: not then\.$/);
	});

	test('and a choice of terms is accepted with the terms that it allows', async () => {
		using site = await worldUnder(({ cpuCount }) => cpuCount === 3);
		const plain = offerXml(fixed);
		const term = /<wsag:ServiceDescriptionTerm wsag:Name="R".*?<\/wsag:ServiceDescriptionTerm>/.exec(plain)![0];
		const branches = [1, 2, 3].map((cpus) =>
			term.replace('"R"', `"${cpus}-cpus"`).replace(/(IndividualCPUCount><jsdl:Exact>)\d+/, `$1${cpus}`),
		);
		const xml = plain.replace(term, `<wsag:ExactlyOne>${branches.join('')}</wsag:ExactlyOne>`);
		const outcome = await site.world.broker.createAgreement({ party: alice, offer: offerOf(xml), offerXml: xml });
		expect(outcome).toMatchObject({ kind: 'accepted', agreement: { grant: { cpuCount: 3 } } });
		expect(site.rounds.length).toBeLessThanOrEqual(3);
	});
});

describe('an offer that leaves nothing open', () => {
	const wish = { startAt: MIDNIGHT + 9 * HOUR };

	test('is refused, and told what the policy allows instead', async () => {
		using site = await worldUnder(isAtNight);
		const outcome = await create(site.world, wish);
		if (outcome.kind !== 'countered') throw new Error(outcome.kind);
		expect(outcome.reasons).toMatchObject([{ code: 'POLICY_DENIED' }]);
		for (const { grant, offer } of outcome.alternatives) {
			expect(isAtNight(grant)).toBe(true);
			expect(site.shown).toContainEqual(grant);
			const sent = offerFromTree(await offer);
			expect((await site.world.broker.evaluate({ party: alice, ...sent })).kind).toBe('accepted');
		}
		const later = outcome.alternatives.map(({ grant }) => grant.startAt);
		expect(later).toContain(MIDNIGHT + 22 * HOUR);
	});

	test.each<[rule: string, Rule, remedy: object]>([
		['a start', isAtNight, { text: expect.stringMatching(/^start at .*T/), startAt: expect.any(Number) }],
		['a size', ({ cpuCount }) => cpuCount === 2, { text: expect.stringMatching(/^ask for 2 CPUs$/) }],
		['nothing', () => false, { text: 'ask for something else, or whoever runs the site' }],
	])('is told to ask for what is allowed: %s', async (_, allows, remedy) => {
		using site = await worldUnder(allows);
		const outcome = await create(site.world, { ...wish, cpus: 4 });
		expect(outcome).toMatchObject({ reasons: [{ code: 'POLICY_DENIED', remedy }] });
	});

	test('is refused with what the policy says where it allows nothing', async () => {
		using site = await worldUnder(() => false);
		expect(await create(site.world, wish)).toMatchObject({ kind: 'refused', reasons: [{ code: 'POLICY_DENIED' }] });
		expect(site.rounds.length).toBeLessThanOrEqual(3);
		const [rejected, ...others] = await askFor(site.world, offerFrom(wish));
		expect([rejected, others]).toMatchObject([{ state: 'Rejected', reasons: [{ code: 'POLICY_DENIED' }] }, []]);
	});
});

function pricesOf(rates: readonly object[]) {
	const reading = readPriceModel({ currency: 'EUR', rates }, () => [{ fromAt: 0, offsetSeconds: 0 }]);
	if (!reading.ok) throw new Error(reading.issues.join());
	return reading.model;
}

async function askFor(world: World, { offer }: ReturnType<typeof offerFrom>): Promise<readonly WrittenOffer[]> {
	const negotiationId = await begin(world);
	const offers = [{ offer, tree: offer.tree, state: 'Solicited' as const }];
	const outcome = await world.broker.negotiations.negotiate({ party: alice, negotiationId, offers });
	if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome));
	return outcome.answers[0]!.counterOffers;
}

const rules: fc.Arbitrary<Rule> = fc
	.record({
		fromHour: fc.integer({ min: 0, max: 23 }),
		hours: fc.constantFrom(24, 24, 12, 6, 1),
		days: fc.constantFrom(127, 127, 62, 65, 8),
		fromAt: fc.constantFrom(0, 0, 0, 3, 20),
		cpusMin: fc.constantFrom(1, 1, 2, 4),
		machinesMax: fc.constantFrom(3, 3, 1),
	})
	.map(({ fromHour, hours, days, fromAt, cpusMin, machinesMax }): Rule => {
		return (grant) =>
			(hourOfDay(grant) - fromHour + 24) % 24 < hours &&
			((days >> new Date(grant.startAt * 1000).getUTCDay()) & 1) === 1 &&
			grant.startAt >= MIDNIGHT + fromAt * 6 * HOUR &&
			grant.cpuCount >= cpusMin &&
			grant.machineCount <= machinesMax;
	});

const sent = fc.record({
	startIn: fc.integer({ min: 1, max: 30 }),
	floats: fc.constantFrom(0, 0.5, 3, 20, 100, 900),
	cpus: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 })),
	machines: fc.integer({ min: 1, max: 2 }),
	how: fc.constantFrom('create', 'ask'),
	/** Negative: every decision is broken off behind each of its parts. */
	goMs: fc.constantFrom(undefined, -1),
	/** What others have at that time. */
	taken: fc.array(fc.record({ startIn: fc.integer({ min: 1, max: 60 }), hours: fc.integer({ min: 1, max: 9 }) }), {
		maxLength: 4,
	}),
});

test('whatever the policy allows of what it was shown within an offer is granted, and nothing else is', {
	timeout: 60_000,
}, async () => {
	const seen = { granted: 0, instead: 0, told: 0, refused: 0 };
	await fc.assert(
		fc.asyncProperty(rules, sent, async (allows, { startIn, floats, cpus, machines, how, goMs, taken }) => {
			using site = await worldUnder(allows, { hosts: hosts(2), goMs });
			const [least, more] = cpus;
			const { world, shown, rounds } = site;
			for (const { startIn: at, hours } of taken) {
				await create(world, { cpus: 3, startAt: BEGIN + at * HOUR, durationSeconds: hours * HOUR }, bob);
			}
			const startAt = BEGIN + startIn * HOUR;
			const endAt = startAt + HOUR + floats * HOUR;
			const most = Math.min(4, least + more);
			const offer = ranged({ startAt, endAt, machines }, [least, most]);
			const isWithin = (grant: ServiceGrant): boolean =>
				grant.startAt >= startAt &&
				grant.endAt <= endAt &&
				grant.endAt - grant.startAt === HOUR &&
				grant.machineCount === machines &&
				grant.cpuCount >= least &&
				grant.cpuCount <= most &&
				grant.memoryBytes === 2 ** 30;
			const answers =
				how === 'create'
					? grantsOf(await world.broker.createAgreement({ party: alice, ...offer }))
					: proposalsOf(await askFor(world, offer));
			const mayBe = shown.some((grant) => isWithin(grant) && allows(grant));
			expect(answers.isHad, JSON.stringify(shown)).toBe(mayBe);
			for (const grant of answers.grants) {
				expect(allows(grant)).toBe(true);
				expect(shown).toContainEqual(grant);
			}
			if (answers.isHad) expect(isWithin(answers.grants[0]!)).toBe(true);
			// Whatever else is allowed can be had, so something is told.
			else expect(answers.grants.length > 0).toBe(shown.some(allows));
			expect(rounds.length).toBeLessThanOrEqual(3);
			if (!answers.isHad) seen[answers.grants.length > 0 ? 'told' : 'refused'] += 1;
			else seen[shown.length === 1 ? 'granted' : 'instead'] += 1;
		}),
		{ numRuns: 40 },
	);
	for (const times of Object.values(seen)) expect(times, JSON.stringify(seen)).toBeGreaterThan(0);
});

type Had = { readonly isHad: boolean; readonly grants: readonly ServiceGrant[] };

function grantsOf(outcome: Awaited<ReturnType<typeof create>>): Had {
	if (outcome.kind === 'accepted') return { isHad: true, grants: [outcome.agreement.grant] };
	const alternatives = outcome.kind === 'countered' ? outcome.alternatives : [];
	return { isHad: false, grants: alternatives.map(({ grant }) => grant) };
}

function proposalsOf(answers: readonly WrittenOffer[]): Had {
	const proposals = answers.flatMap(({ proposal }) => proposal ?? []);
	return { isHad: proposals[0]?.kind === 'as-asked', grants: proposals.map(({ grant }) => grant) };
}
