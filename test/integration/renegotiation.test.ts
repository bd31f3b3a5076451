/** What docs/renegotiation.md says of machines that run, on real guests: a broker, its runner, and libvirt. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AgreementRecord } from '../../src/store/records.ts';
import { findDeviations } from '../../src/workspace/limits.ts';
import type { MachineSpec } from '../../src/workspace/site.ts';
import { MIB } from '../broker/hosts.ts';
import { agree, alice, offerFrom, type Wish } from '../broker/site.ts';
import { type GuestWorld, openGuestWorld } from './guest-world.ts';
import { WITHOUT_LIBVIRT } from './workspace-bench.ts';

const HOUR = 3600;
/** A boot under software emulation, a shutdown that the guest obeys, and another boot. */
const DEADLINE_MS = 150_000;

describe.skipIf(WITHOUT_LIBVIRT)('machines that run, renegotiated', { timeout: 4 * DEADLINE_MS }, () => {
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

	/** All machines run at the revision of the agreement, under exactly its limits. */
	async function settled({ id, revision, grant }: AgreementRecord): Promise<void> {
		const asAgreed = async () => {
			const machines = (await world.broker.machines(alice, id))!;
			return machines.map(({ desired, observed }) => {
				return desired === 'absent' ? observed?.state : [observed?.state, observed?.revision, observed?.pending ?? []];
			});
		};
		const wanted = (await world.broker.machines(alice, id))!.map(({ desired }) => {
			return desired === 'absent' ? 'absent' : ['running', revision, []];
		});
		await expect
			.poll(asAgreed, { timeout: DEADLINE_MS, interval: 100, message: guests.failures.join() })
			.toEqual(wanted);
		const spec = { ...grant, cpuSharePercent: grant.workspace.cpuSharePercent } as unknown as MachineSpec;
		for (const { identity, limits } of await bench.site.list(world.store.installationId)) {
			const deviations = limits && findDeviations(spec, bench.site.abilities.memoryOverhead, limits);
			expect(deviations, `machine ${identity.index}`).toEqual([]);
		}
	}

	async function change({ id }: AgreementRecord, wish: Wish): Promise<AgreementRecord> {
		const outcome = await world.broker.renegotiate({ party: alice, agreementId: id, ...offerFrom(wish) });
		if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
		return outcome.agreement;
	}

	const kinds = ({ effects }: AgreementRecord) => effects.map(({ kind, machines }) => `${kind} ${machines}`);

	test('grow, are joined by more, shrink by a restart, are given back, and end just after now', async () => {
		const first: Wish = {
			image: bench.imageDigest,
			memoryBytes: 128 * MIB,
			diskBytes: 64 * MIB,
			cpus: 1,
			sharePercent: 90,
			durationSeconds: 4 * HOUR,
		};
		const one = await agree(world, first);
		await settled(one);
		const booted = await bench.reportThat(guests.machine(one, 0), () => true);

		// Live: memory, CPUs, their share, the disk, the end and what happens there; and a second machine.
		const larger: Wish = {
			...first,
			machines: 2,
			memoryBytes: 192 * MIB,
			diskBytes: 96 * MIB,
			cpus: 2,
			sharePercent: 40,
			durationSeconds: 6 * HOUR,
			endAction: 'save',
			retention: 'P1D',
		};
		const two = await change(one, larger);
		expect(kinds(two)).toEqual(['live 1', 'live 1', 'live 1', 'live 1', 'live 2', 'live 1', 'live 2']);
		await settled(two);
		const grown = await bench.reportThat(guests.machine(two, 0), ({ physicalKiB }) => physicalKiB * 1024 === 192 * MIB);
		expect({ boot: grown.boot, diskBytes: grown.diskBytes }).toEqual({ boot: booted.boot, diskBytes: 96 * MIB });
		await bench.guestIsUp(guests.machine(two, 1));

		// By a restart, which the offer has to allow: less memory, fewer CPUs.
		const smaller: Wish = { ...larger, memoryBytes: 128 * MIB, cpus: 1, change: 'restart="allow" move="forbid"' };
		const forbidden = { ...smaller, change: 'restart="forbid"' };
		const refused = await world.broker.renegotiate({
			party: alice,
			agreementId: two.id,
			allowRestart: true,
			...offerFrom(forbidden),
		});
		expect(refused).toMatchObject({ reasons: [{ code: 'NEEDS_RESTART' }, { code: 'NEEDS_RESTART' }] });
		const three = await change(two, smaller);
		expect(kinds(three)).toEqual(['restart 2', 'restart 2']);
		await settled(three);
		const restarted = await bench.reportThat(guests.machine(three, 0), ({ boot }) => boot !== booted.boot);
		expect(restarted).toMatchObject({ cpus: 1, physicalKiB: 128 * 1024, diskBytes: 96 * MIB });

		// The second machine is given back, and the first does not notice.
		const four = await change(three, { ...smaller, machines: 1 });
		expect(kinds(four)).toEqual(['live 1']);
		await settled(four);
		expect(await bench.site.list(world.store.installationId)).toHaveLength(1);
		expect((await bench.report(guests.machine(four, 0)))!.boot).toBe(restarted.boot);

		// Shortened to just after now, and nothing is kept after all.
		world.now += HOUR;
		const { retention: _, ...unkept } = smaller;
		const five = await change(four, { ...unkept, machines: 1, durationSeconds: HOUR + 1, endAction: 'destroy' });
		await settled(five);
		world.now += 1;
		guests.runner.nudge();
		const gone = async () => (await bench.site.list(world.store.installationId)).length;
		await expect.poll(gone, { timeout: DEADLINE_MS, interval: 100 }).toBe(0);
		expect(world.broker.getAgreement(alice, five.id)).toMatchObject({ state: 'Complete' });
	});
});
