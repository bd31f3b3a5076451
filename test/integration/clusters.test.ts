/** A head and its workers as real guests, each under the limits of its own service: a broker, its runner, and libvirt. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type GrantedService, numbersOf, servicesOf } from '../../src/agreement/terms/service.ts';
import { reconcile } from '../../src/jobs/reconciliation.ts';
import type { AgreementRecord } from '../../src/store/records.ts';
import { findDeviations } from '../../src/workspace/limits.ts';
import type { MachineSpec } from '../../src/workspace/site.ts';
import { MIB } from '../broker/hosts.ts';
import { agree, alice, offerFrom, type Wish } from '../broker/site.ts';
import { type GuestWorld, openGuestWorld } from './guest-world.ts';
import { WITHOUT_LIBVIRT } from './workspace-bench.ts';

/** A boot under software emulation. */
const DEADLINE_MS = 150_000;

describe.skipIf(WITHOUT_LIBVIRT)('a mixed cluster of real guests', { timeout: 3 * DEADLINE_MS }, () => {
	let guests: GuestWorld;
	let bench: GuestWorld['bench'];
	let world: GuestWorld['world'];

	beforeAll(async () => {
		guests = await openGuestWorld();
		({ bench, world } = guests);
	});
	afterEach(() => {
		expect(guests.failures).toEqual([]);
		expect(world.faults).toEqual([]);
	});
	afterAll(() => guests?.close());

	/** All machines run at the revision of the agreement, each under exactly the limits of its service. */
	async function settled(agreement: AgreementRecord): Promise<void> {
		const { id, revision, grant } = agreement;
		const numbers = numbersOf(agreement);
		const states = async () => {
			const machines = (await world.broker.machines(alice, id))!;
			return machines.map(({ observed }) => [observed?.state, observed?.revision, observed?.pending ?? []]);
		};
		const machines = (await world.broker.machines(alice, id))!;
		const wanted = machines.map(() => ['running', revision, []]);
		await expect.poll(states, { timeout: DEADLINE_MS, interval: 100, message: guests.failures.join() }).toEqual(wanted);
		const services = servicesOf<GrantedService>(grant);
		const listed = await bench.site.list(world.store.installationId);
		expect(listed).toHaveLength(machines.length);
		for (const { identity, limits } of listed) {
			const { service } = machines.find(({ index }) => index === identity.index)!;
			const { workspace, ...sizes } = services[numbers.indexOf(service)]!;
			const spec = { ...sizes, cpuSharePercent: workspace.cpuSharePercent } as unknown as MachineSpec;
			const deviations = limits && findDeviations(spec, bench.site.abilities.memoryOverhead, limits);
			expect(deviations, `machine ${identity.index}`).toEqual([]);
		}
	}

	test('runs, grows in its head alone, has other workers in the place of its first, and ends', async () => {
		const wish: Wish = {
			image: bench.imageDigest,
			cpus: 2,
			memoryBytes: 192 * MIB,
			sharePercent: 50,
			durationSeconds: 4 * 3600,
			workers: { machines: 2, cpus: 1, memoryBytes: 128 * MIB },
		};
		const one = await agree(world, wish);
		await settled(one);
		const head = await bench.reportThat(guests.machine(one, 0), () => true);
		const workers = await Promise.all([1, 2].map((index) => bench.reportThat(guests.machine(one, index), () => true)));
		expect([head.cpus, head.physicalKiB / 1024]).toEqual([2, 192]);
		expect(workers.map(({ cpus, physicalKiB }) => [cpus, physicalKiB / 1024])).toEqual([
			[1, 128],
			[1, 128],
		]);

		const larger = offerFrom({ ...wish, memoryBytes: 256 * MIB });
		const outcome = await world.broker.renegotiate({ party: alice, agreementId: one.id, ...larger });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		await settled(outcome.agreement);
		const grown = await bench.reportThat(guests.machine(one, 0), ({ physicalKiB }) => physicalKiB === 256 * 1024);
		expect(grown.boot).toBe(head.boot);
		const still = (await bench.report(guests.machine(one, 1)))!;
		expect([still.boot, still.physicalKiB]).toEqual([workers[0]!.boot, 128 * 1024]);

		const nodes = { machines: 1, cpus: 1, memoryBytes: 160 * MIB, service: 'nodes' };
		const other = offerFrom({ ...wish, memoryBytes: 256 * MIB, workers: nodes });
		const exchanged = await world.broker.renegotiate({ party: alice, agreementId: outcome.agreement.id, ...other });
		if (exchanged.kind !== 'accepted') throw new Error(JSON.stringify(exchanged));
		expect(exchanged.effects.map(({ kind, machines }) => [kind, machines])).toEqual([
			['live', 1],
			['live', 2],
		]);
		await settled(exchanged.agreement);
		const node = await bench.reportThat(guests.machine(one, 3), () => true);
		expect([node.cpus, node.physicalKiB / 1024]).toEqual([1, 160]);
		expect((await bench.report(guests.machine(one, 0)))!.boot).toBe(head.boot);

		await world.broker.terminate({ party: alice, agreementId: exchanged.agreement.id });
		const left = async () => (await bench.site.list(world.store.installationId)).length;
		await expect.poll(left, { timeout: DEADLINE_MS, interval: 100 }).toBe(0);
	});

	test.each([
		['pause', 'paused'],
		['save', 'saved'],
	])(
		'that leaves its workers out where %s keeps them has them %s, until their retention is over',
		async (endAction, state) => {
			const wish: Wish = {
				image: bench.imageDigest,
				memoryBytes: 128 * MIB,
				sharePercent: 50,
				durationSeconds: 4 * 3600,
				endAction,
				retention: 'PT1H',
				workers: { machines: 1, memoryBytes: 128 * MIB },
			};
			const { workers: _, ...alone } = wish;
			const one = await agree(world, wish);
			await settled(one);
			const head = await bench.reportThat(guests.machine(one, 0), () => true);
			const outcome = await world.broker.renegotiate({ party: alice, agreementId: one.id, ...offerFrom(alone) });
			if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
			expect(outcome.effects.map(({ message }) => message)).toEqual([
				`workers: The service ends: its machine is ${state}, and kept for 3600 seconds, as far as it is there.`,
			]);
			const leftBehind = async () => {
				const machines = (await world.broker.machines(alice, one.id))!;
				return machines
					.filter(({ agreementId }) => agreementId === one.id)
					.map(({ index, desired, observed }) => [index, desired, observed?.state]);
			};
			await expect.poll(leftBehind, { timeout: DEADLINE_MS, interval: 100 }).toEqual([[1, state, state]]);
			const worker = guests.machine(one, 1);
			expect(await bench.site.observe(worker)).toMatchObject({ state, revision: 1 });
			expect((await bench.report(guests.machine(one, 0)))!.boot).toBe(head.boot);
			const { installationId } = world.store;
			const rights = { mayRemove: true, unknownFrom: Number.POSITIVE_INFINITY, unknownUntil: 0 };
			expect(await reconcile(world.broker.errands, bench.site, installationId, rights)).toMatchObject({
				removed: 0,
				missing: 0,
			});

			world.now += 3599;
			// The errand after a look goes over all machines, and leaves alone what is kept.
			await world.broker.machines(alice, outcome.agreement.id, 20_000);
			expect(await bench.site.observe(worker)).toMatchObject({ state });
			world.now += 1;
			guests.runner.nudge();
			await expect.poll(leftBehind, { timeout: DEADLINE_MS, interval: 100 }).toEqual([[1, 'absent', 'absent']]);
			const listed = await bench.site.list(installationId);
			expect(listed.map(({ identity, state: seen }) => [identity.index, seen])).toEqual([[0, 'running']]);
			expect((await bench.report(guests.machine(one, 0)))!.boot).toBe(head.boot);
			await world.broker.terminate({ party: alice, agreementId: outcome.agreement.id });
			const left = async () => (await bench.site.list(installationId)).length;
			await expect.poll(left, { timeout: DEADLINE_MS, interval: 100 }).toBe(0);
		},
	);
});
