/** Machines and books are compared: on the simulated site, with a desk that is told what it knows. */
import { describe, expect, test } from 'vitest';
import type { MachineOrder, Observation } from '../../src/broker/errands.ts';
import { madeAtOf, uuidSource } from '../../src/broker/identifier.ts';
import { OperatingError } from '../../src/errors.ts';
import { type RemovalRights, reconcile } from '../../src/jobs/reconciliation.ts';
import { JoinedSite } from '../../src/workspace/joined-site.ts';
import { SimulatedSite } from '../../src/workspace/simulated/simulated-site.ts';
import { ManualTime } from '../../src/workspace/simulated/simulated-time.ts';

const INSTALLATION = 'here';
const START = 1_900_000_000;
const EVERYTHING: RemovalRights = { mayRemove: true, unknownFrom: START, unknownUntil: START };
const host = {
	name: 'h',
	cpuMillicores: 64_000,
	memoryBytes: 2 ** 38,
	diskBytes: 2 ** 40,
	networkBitsPerSecond: 0,
	labels: {},
};

function order(workspaceId: string, installationId = INSTALLATION): MachineOrder {
	return {
		installationId,
		workspaceId,
		index: 0,
		agreementId: `agreement of ${workspaceId}`,
		revision: 1,
		host: 'h',
		desired: 'running',
		mayRestart: false,
		cpuCount: 1,
		cpuSharePercent: 50,
		memoryBytes: 2 ** 28,
		diskBytes: 0,
		networkBitsPerSecond: 0,
		imageDigest: 'sha256:x',
	} as MachineOrder;
}

/** A site on which these machines run, and a desk that wants some of them. */
async function world(present: readonly MachineOrder[], wanted: readonly MachineOrder[]) {
	const time = new ManualTime(START);
	const site = new SimulatedSite({ hosts: [host], time, deploySeconds: 0 });
	for (const machine of present) {
		const done = site.ensure(machine);
		time.advance(1);
		await done;
	}
	const recorded: Observation[] = [];
	const errands = {
		machinesWanted: () => wanted,
		record: async (observations: readonly Observation[]) => void recorded.push(...observations),
	};
	return { site, errands, recorded };
}

const newId = uuidSource(() => (START - 1000) * 1000);
const orders = (count: number) => Array.from({ length: count }, () => order(newId()));

describe('a sweep', () => {
	test('removes what nobody knows, and nothing of another installation', async () => {
		const [ours, stranger] = orders(2) as [MachineOrder, MachineOrder];
		const foreign = order(newId(), 'elsewhere');
		const { site, errands } = await world([ours, stranger, foreign], [ours]);
		expect(await reconcile(errands, site, INSTALLATION, EVERYTHING)).toMatchObject({ removed: 1, left: 0 });
		expect((await site.list(INSTALLATION)).map(({ identity }) => identity.workspaceId)).toEqual([ours.workspaceId]);
		expect(await site.list('elsewhere')).toHaveLength(1);
	});

	test('removes a bounded share only, however many there are', async () => {
		const { site, errands } = await world(orders(30), []);
		expect(await reconcile(errands, site, INSTALLATION, EVERYTHING)).toMatchObject({ removed: 3, left: 27 });
	});

	test('removes nothing without an admin’s word where the database is an older one', async () => {
		const { site, errands } = await world(orders(3), []);
		const rights = { ...EVERYTHING, mayRemove: false };
		expect(await reconcile(errands, site, INSTALLATION, rights)).toMatchObject({ removed: 0, left: 3 });
	});

	test('leaves machines that were made after the last commit of the database and before this process', async () => {
		const younger = order(uuidSource(() => (START + 50) * 1000)());
		expect(madeAtOf(younger.workspaceId)).toBe(START + 50);
		const { site, errands } = await world([younger, ...orders(1)], []);
		const rights = { mayRemove: true, unknownFrom: START, unknownUntil: START + 100 };
		expect(await reconcile(errands, site, INSTALLATION, rights)).toMatchObject({ removed: 1, left: 1 });
	});

	test('records as absent what should run and is not there, so that the broker sends for it', async () => {
		const [missing] = orders(1) as [MachineOrder];
		const { site, errands, recorded } = await world([], [missing]);
		expect(await reconcile(errands, site, INSTALLATION, EVERYTHING)).toMatchObject({ missing: 1 });
		expect(recorded).toMatchObject([{ workspaceId: missing.workspaceId, observed: { state: 'absent' } }]);
	});

	test('goes on while a host is silent, and takes none of its machines for gone', async () => {
		const [silent, changed, stranger] = orders(3) as [MachineOrder, MachineOrder, MachineOrder];
		const { site, errands, recorded } = await world(
			[{ ...changed, cpuSharePercent: 100 }, stranger],
			[silent, changed],
		);
		const observe = site.observe.bind(site);
		site.observe = async (identity) => {
			const seen = await observe(identity);
			// On the host that answers it is not, and the other one says nothing.
			if (seen.state === 'absent') throw new OperatingError('HYPERVISOR_UNREACHABLE');
			return seen;
		};
		const swept = await reconcile(errands, site, INSTALLATION, EVERYTHING);
		expect(swept).toEqual({ removed: 1, left: 0, missing: 0, corrected: 1, unseen: 2 });
		expect(recorded.map(({ workspaceId }) => workspaceId)).not.toContain(silent.workspaceId);
		expect((await site.list(INSTALLATION)).map(({ identity }) => identity.workspaceId)).toEqual([changed.workspaceId]);
	});

	describe('of two hosts, on which a machine stands twice', () => {
		/** It was given up on h, which fell silent, and started on g; then h came back. */
		async function twice(revisionOnFirst = 1, rights = EVERYTHING) {
			const [machine] = orders(1) as [MachineOrder];
			const moved = { ...machine, host: 'g', revision: 2 };
			const { site: first } = await world([{ ...machine, revision: revisionOnFirst }], []);
			const time = new ManualTime(START);
			const second = new SimulatedSite({ hosts: [{ ...host, name: 'g' }], time, deploySeconds: 0 });
			const done = second.ensure(moved);
			time.advance(1);
			await done;
			const site = new JoinedSite(new Map([['h', first] as const, ['g', second] as const]));
			const { errands, recorded } = await world([], [moved]);
			const swept = await reconcile(errands, site, INSTALLATION, rights);
			const standing = (await site.list(INSTALLATION)).map((each) => each.host);
			return { swept, standing, seen: recorded.map(({ observed }) => observed.host) };
		}

		test('leaves it where it belongs', async () => {
			const { swept, standing, seen } = await twice();
			expect(swept).toMatchObject({ removed: 1, left: 0, missing: 0 });
			expect(standing).toEqual(['g']);
			expect(new Set(seen)).toEqual(new Set(['g']));
		});

		test.each([
			['what has reached a later revision than the books know', 3, EVERYTHING],
			['anything where the database is an older one', 1, { ...EVERYTHING, mayRemove: false }],
		])('does not remove %s', async (_, revision, rights) => {
			const { swept, standing } = await twice(revision, rights);
			expect(swept.removed).toBe(0);
			expect(standing).toEqual(['h', 'g']);
		});
	});

	test('sets limits again that somebody has changed (H5)', async () => {
		const [machine] = orders(1) as [MachineOrder];
		const { site, errands, recorded } = await world([{ ...machine, cpuSharePercent: 100 }], [machine]);
		expect(await reconcile(errands, site, INSTALLATION, EVERYTHING)).toMatchObject({ corrected: 1 });
		expect(recorded.at(-1)?.observed.limits?.cpuQuotaPercent).toBe(50);
		expect(await reconcile(errands, site, INSTALLATION, EVERYTHING)).toMatchObject({ corrected: 0 });
	});
});
