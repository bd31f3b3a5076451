/**
 * A broker that is there to be killed: agrees, renegotiates and terminates as fast as it can in the folder that it is
 * given, and prints a line for everything that was acknowledged.
 */
import { hosts } from './hosts.ts';
import { alice, create, offerFrom, openWorld } from './site.ts';

const CALLERS = 16;

const world = await openWorld({ hosts: hosts(100, 64, 2 ** 40), folder: process.argv[2]! });

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
		}
	}
}

await Promise.all(Array.from({ length: CALLERS }, call));
