/** Whoever only asks for a site cannot have it for themselves, alone or together, whatever they do with what is held. */
import { expect, test } from 'vitest';
import type { Party } from '../../src/identity/party.ts';
import { HOLD_LIMITS_DEFAULT } from '../../src/negotiation/policy/holds.ts';
import { GIB, hosts } from './hosts.ts';
import { accept, ask, begin, freeCpus, pass } from './rounds.ts';
import { agree, openWorld, work } from './site.ts';

const HOUR = 3600;

test.each([
	['one who lets holds lapse, for less than an hour of half a day', 1, false, HOUR],
	['one who buys and lets go of it, for less than an hour and a half', 1, true, 1.5 * HOUR],
	['three of three VOs, for less than a third of it', 3, false, 4 * HOUR],
	['three who buy and let go of it, for less than a third', 3, true, 4 * HOUR],
])('cannot have a site for themselves: %s', async (_, count, buys, most) => {
	using world = await openWorld();
	const step = 300;
	const parties = Array.from(
		{ length: count },
		(__, nth): Party => ({ name: `p${nth}`, vo: `vo${nth}`, role: 'client' }),
	);
	const asking = new Map<Party, string>();
	let heldSeconds = 0;
	for (let second = 0; second < 12 * HOUR; second += step) {
		for (const party of parties) {
			if (freeCpus(world)[0] === 0) break;
			const before = asking.get(party);
			if (before !== undefined) await world.broker.negotiations.terminate({ party, negotiationId: before });
			const negotiationId = await begin(world, { party });
			asking.set(party, negotiationId);
			await ask(world, negotiationId, { machines: 2, cpus: 4 }, { party });
		}
		if (freeCpus(world)[0] === 0) heldSeconds += step;
		await pass(world, step);
		for (const [party, negotiationId] of buys ? asking : []) {
			const { offers, textOf } = world.broker.negotiations.read(party, negotiationId)!;
			// Just before its hold ends.
			const last = offers.find(({ state, expirationAt = 0 }) => {
				return state === 'Acceptable' && expirationAt > world.now && expirationAt <= world.now + step;
			});
			const outcome = last && (await accept(world, { ...last, text: textOf(last) }, { party }));
			if (outcome?.kind !== 'accepted') continue;
			await world.broker.terminate({ party, agreementId: outcome.agreement.id });
			await work(world);
		}
	}
	expect(heldSeconds).toBeLessThan(most);
	expect(heldSeconds).toBeGreaterThan(step);
});

test('cannot have more than half of a site, however many they are and however they take turns', async () => {
	using world = await openWorld({ hosts: hosts(4), policy: { holds: HOLD_LIMITS_DEFAULT } });
	const parties = Array.from({ length: 40 }, (_, nth): Party => ({ name: `p${nth}`, vo: `vo${nth}`, role: 'client' }));
	const refusals = new Set<string>();
	let fullest = 0;
	for (let turn = 0; turn < 40; turn += 1) {
		// Whoever's turn it is, and those before: each for as much as it can get, so that what is let go of is taken up.
		for (const party of [parties[turn]!, parties[(turn + 1) % parties.length]!]) {
			const negotiationId = await begin(world, { party });
			for (const cpus of [4, 2, 1]) {
				const answers = await ask(world, negotiationId, { machines: 2, cpus }, { party });
				for (const { reasons } of answers) for (const { code } of reasons) refusals.add(code);
			}
		}
		const taken = 16 - freeCpus(world).reduce((sum, cpus) => sum + cpus, 0);
		expect(taken).toBeLessThanOrEqual(8);
		fullest = Math.max(fullest, taken);
		// Half of it can be had by whoever agrees at once, at any time.
		const bought = await agree(world, { machines: 8, cpus: 1, memoryBytes: GIB / 2, durationSeconds: 60 }, honest);
		await work(world);
		await world.broker.terminate({ party: honest, agreementId: bought.id });
		await work(world);
		await pass(world, 300);
	}
	expect(fullest).toBe(8);
	expect([...refusals]).toEqual(['HOLD_REFUSED']);
});

const honest: Party = { name: 'honest', vo: 'atlas', role: 'client' };
