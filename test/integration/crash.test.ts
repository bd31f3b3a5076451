/**
 * The broker is killed at ten random moments between an offer and its running machine. After the last restart every
 * acknowledged agreement has exactly its machine, and nothing else runs (H2, H4).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { offer } from '../api/simulated-service.ts';
import { findAccelerationOnce } from './acceleration.ts';
import { type BrokerProcess, demoGuest, end, Installation } from './broker-process.ts';

const ROUNDS = 10;
/** From the offer's departure to a running machine it takes about a second; some kills come after that. */
const KILL_WITHIN_MS = 1_600;
const CONVERGED_WITHIN_MS = 120_000;

const installation = new Installation('crash');
let broker: BrokerProcess | undefined;
afterAll(async () => {
	if (broker !== undefined) await end(broker, 'SIGKILL');
	await installation.remove();
});

test.skipIf((process.env.COMPUTON_WITHOUT ?? '').includes('libvirt'))(
	'kill -9 at ten random moments loses no acknowledged agreement and leaves no machine that nobody knows',
	async () => {
		const acknowledged: string[] = [];
		await findAccelerationOnce(installation.folder);
		broker = await installation.start();
		const image = await broker.client.addImage({ name: 'guest', ...demoGuest() });
		const moments: number[] = [];
		for (let round = 0; round < ROUNDS; round += 1) {
			const killAfterMs = Math.round(Math.random() * KILL_WITHIN_MS);
			moments.push(killAfterMs);
			const { client } = broker;
			const sent = client.offer(offer({ image, mib: 128, share: 10 })).then(
				(result) => {
					if (result.kind === 'accepted') acknowledged.push(result.agreement.id);
					return result.kind;
				},
				() => 'no answer',
			);
			await delay(killAfterMs);
			await end(broker, 'SIGKILL');
			expect(['accepted', 'no answer']).toContain(await sent);
			broker = await installation.start();
		}
		const context = `killed after ${moments.join(', ')} ms; ${acknowledged.length} acknowledged`;

		const { items: agreements } = await broker.client.agreements({ state: 'Observed' });
		const known = agreements.map(({ id }) => id);
		for (const id of acknowledged) expect(known, context).toContain(id);
		const wanted = await settled(agreements.length, context);
		expect(wanted.length, context).toBe(agreements.length);
		for (const { id } of agreements) {
			const machines = await broker.client.machines(id, { fresh: true });
			expect(
				machines.map(({ state }) => state),
				context,
			).toEqual(['running']);
			expect(machines[0]?.enforced, context).toMatchObject({
				cpuCount: 1,
				cpuQuotaPercent: 10,
				memoryBytes: 128 * 2 ** 20,
			});
		}

		for (const { id } of agreements) await broker.client.terminate(id);
		expect(await settled(0, context)).toEqual([]);
	},
	300_000,
);

/** Waits until libvirt has so many of our domains, and every agreement that is there is Ready. */
async function settled(count: number, context: string): Promise<string[]> {
	const deadline = Date.now() + CONVERGED_WITHIN_MS;
	for (;;) {
		const domains = await installation.domains();
		const { items } = (await broker?.client.agreements({ state: 'Observed' })) ?? { items: [] };
		const ready = items.every(({ serviceState }) => serviceState === 'Ready');
		if (domains.length === count && items.length === count && ready) return domains;
		if (Date.now() > deadline)
			throw new Error(
				`${domains.length} domains, ${items.map(({ serviceState }) => serviceState)}; ${context}\n${broker?.log.join('\n')}`,
			);
		await delay(250);
	}
}
