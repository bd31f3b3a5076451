/**
 * A broker that is there to be killed: agrees, negotiates, renegotiates and terminates as fast as it can in the folder
 * that it is given, and prints a line for everything that was acknowledged.
 */
import { hosts } from './hosts.ts';
import { accept, ask, begin } from './rounds.ts';
import { alice, create, HOLDS, offerFrom, openWorld } from './site.ts';

const CALLERS = 16;

/** Every caller is a party of its own that may hold whatever it likes. */
const holds = { ...HOLDS, countMax: 1_000_000, siteSecondsMax: Number.MAX_SAFE_INTEGER };

const world = await openWorld({ hosts: hosts(100, 64, 2 ** 40), folder: process.argv[2]!, policy: { holds } });
world.store.checkpointAside((failure) => {
	throw new Error(failure);
});

/** A negotiation of two rounds, of which every other one ends in an agreement. */
async function negotiate(number: number): Promise<void> {
	const negotiationId = await begin(world);
	const wish = { startAt: world.now + number * 60, durationSeconds: 60 };
	const [first] = await ask(world, negotiationId, wish);
	process.stdout.write(`held ${first!.id} ${negotiationId}\n`);
	const [second] = await ask(world, negotiationId, { ...wish, cpus: 2 }, { to: first!.id });
	process.stdout.write(`held ${second!.id} ${negotiationId}\n`);
	if (number % 2 === 0) {
		const outcome = await accept(world, second!);
		if (outcome.kind === 'accepted') process.stdout.write(`bought ${second!.id} ${negotiationId}\n`);
	} else await world.broker.negotiations.terminate({ party: alice, negotiationId });
	if (number % 2 === 1) process.stdout.write(`left ${second!.id} ${negotiationId}\n`);
	// One more, which is left as it is.
	const open = await begin(world);
	const [kept] = await ask(world, open, wish);
	process.stdout.write(`kept ${kept!.id} ${open}\n`);
	await world.broker.negotiations.terminate({ party: alice, negotiationId: open });
	process.stdout.write(`left ${kept!.id} ${open}\n`);
	if (number % 2 === 0) await world.broker.negotiations.terminate({ party: alice, negotiationId });
}

async function call(): Promise<never> {
	for (let number = 0; ; number += 1) {
		const outcome = await create(world, { startAt: world.now + number * 60, durationSeconds: 60 });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		const { id, headHash } = outcome.agreement;
		process.stdout.write(`agreed ${id} ${headHash}\n`);
		if (number % 3 === 0) {
			const change = { party: alice, agreementId: id, allowRestart: true, allowMove: true };
			const changed = await world.broker.renegotiate({ ...change, ...offerFrom({ cpus: 2, durationSeconds: 60 }) });
			if (changed.kind === 'accepted') process.stdout.write(`replaced ${id} ${changed.agreement.id}\n`);
		} else if (number % 3 === 1) {
			await world.broker.terminate({ party: alice, agreementId: id });
			process.stdout.write(`ended ${id} ${headHash}\n`);
		} else await negotiate(number);
	}
}

await Promise.all(Array.from({ length: CALLERS }, call));
