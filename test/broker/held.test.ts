/** What is held is honoured (H3): every alternative that a site holds is accepted, whatever others asked meanwhile. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Party } from '../../src/identity/party.ts';
import type { WrittenOffer } from '../../src/store/negotiation-records.ts';
import { BEGIN, GIB, hosts } from './hosts.ts';
import { accept, ask, begin } from './rounds.ts';
import { create, HOLDS, openWorld, type Wish, type World } from './site.ts';

const HOUR = 3600;
const COMPETING = 1000;

const party = (name: string): Party => ({ name, vo: 'atlas', role: 'client' });

const wish: fc.Arbitrary<Wish> = fc
	.record({
		machines: fc.integer({ min: 1, max: 8 }),
		cpus: fc.integer({ min: 1, max: 4 }),
		memoryBytes: fc.constantFrom(GIB, 4 * GIB, 8 * GIB),
		durationSeconds: fc.integer({ min: 1, max: 6 }).map((hours) => hours * HOUR),
		startIn: fc.option(fc.integer({ min: 0, max: 24 }), { nil: undefined }),
		workers: fc.option(
			fc.record({ machines: fc.integer({ min: 1, max: 8 }), memoryBytes: fc.constantFrom(GIB, 3 * GIB) }),
			{
				nil: undefined,
				freq: 2,
			},
		),
	})
	.map(({ startIn, workers, ...rest }) => ({
		...rest,
		...(startIn === undefined ? {} : { startAt: BEGIN + startIn * HOUR }),
		...(workers === undefined ? {} : { workers }),
	}));

/** Wishes in a fixed order: whatever a failure shows can be shown again. */
function wishes(count: number, seed: number): readonly Wish[] {
	return fc.sample(wish, { numRuns: count, seed });
}

/** Fills the site a little, and has one group of offers held for each of so many parties. */
async function holdGroups(world: World, groups: number, seed: number) {
	for (const each of wishes(groups, seed + 1)) await create(world, each, party('early'));
	const held: WrittenOffer[][] = [];
	for (const [nth, each] of wishes(groups, seed + 2).entries()) {
		const asker = party(`asker-${nth}`);
		const negotiationId = await begin(world, { party: asker });
		const offers = await ask(world, negotiationId, { ...each, machines: 8 }, { party: asker });
		if (offers[0]!.state === 'Acceptable') held.push([...offers]);
	}
	return held;
}

/** Sites that are told of: one in the tests, one for 250 histories of a proof. */
const SITES = Math.max(1, Math.ceil(Number(process.env.PROOF_HISTORIES ?? 0) / 250));
const SEED = process.env.PROOF_HISTORIES === undefined ? 7 : Number(process.env.COMPUTON_SEED ?? 7);

test('after a thousand competing offers, agreements and rounds', { timeout: 60_000 + SITES * 60_000 }, async () => {
	const seen = { groups: 0, large: 0, accepted: 0, countered: 0, ranks: new Set<number>() };
	for (let nth = 0; nth < SITES; nth += 1) await honoured(SEED + 100 * nth, seen);
	expect(seen.groups).toBeGreaterThan(8 * SITES);
	expect(seen.large).toBeGreaterThan(0);
	expect(seen.accepted).toBeGreaterThan(SITES);
	expect(seen.countered).toBeGreaterThan(100 * SITES);
	expect(seen.ranks.size).toBeGreaterThan(2);
});

/** Of each group that is held on a site one offer is agreed to, after a thousand competing messages. */
async function honoured(
	seed: number,
	seen: { groups: number; large: number; accepted: number; countered: number; readonly ranks: Set<number> },
): Promise<void> {
	using world = await openWorld({ hosts: hosts(24), policy: { holds: { ...HOLDS, secondsMax: HOUR } } });
	const held = await holdGroups(world, 24, seed);
	seen.groups += held.length;
	seen.large += held.filter((group) => group.length > 2).length;
	let rival = '';
	for (const [nth, each] of wishes(COMPETING, seed + 4).entries()) {
		if (nth % 10 === 0) {
			// So many offers has a negotiation at most.
			if (nth % 500 === 0) rival = await begin(world, { party: party('rival') });
			await ask(world, rival, each, { party: party('rival'), state: nth % 20 === 0 ? 'Solicited' : 'Advisory' });
			continue;
		}
		// What is held leaves little: every seventh is content with that.
		const { workers: _, ...alone } = each;
		const asked = nth % 7 === 0 ? { ...alone, machines: 1, cpus: 1, memoryBytes: GIB } : each;
		const { kind } = await create(world, asked, party('rival'));
		if (kind === 'accepted' || kind === 'countered') seen[kind] += 1;
	}
	world.reopen();
	// One offer of a group excludes the others: of each group another one is taken, so that every rank is.
	for (const [nth, group] of held.entries()) {
		const offer = group[nth % group.length]!;
		seen.ranks.add(offer.proposal!.rank);
		const { party: name } = world.store.negotiations.find(offer.negotiationId)!;
		const outcome = await accept(world, offer, { party: party(name) });
		expect(outcome, JSON.stringify({ seed, ...offer.proposal })).toMatchObject({
			kind: 'accepted',
			agreement: { grant: offer.proposal!.grant },
		});
	}
	expect(world.faults).toEqual([]);
}
