/** Hosts that are closed for a while: nothing new comes, what is agreed stays. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeWorld } from './closing.ts';
import { BEGIN, SITE } from './hosts.ts';
import { accept, ask, begin, freeCpus } from './rounds.ts';
import { admin, agree, alice, create, openWorld, TEARDOWN, type World } from './site.ts';

const HOUR = 3600;

let world: World;
beforeEach(async () => {
	world = await openWorld();
});
afterEach(() => closeWorld(world));

const noon = { host: 'n1', startAt: BEGIN + HOUR, endAt: BEGIN + 3 * HOUR, reason: 'new disks' };

async function close(parts: Partial<typeof noon> = {}) {
	const outcome = await world.broker.addMaintenance({ party: admin, ...noon, ...parts });
	if (outcome.kind !== 'added') throw new Error(JSON.stringify(outcome));
	return outcome;
}

/** The hosts on which four CPUs are to be had for an hour from then on. */
async function hostsAt(startAt: number): Promise<string[]> {
	const found: string[] = [];
	for (const host of ['n1', 'n2']) {
		const outcome = await create(world, { cpus: 4, startAt, candidateHosts: [host] });
		if (outcome.kind !== 'accepted') continue;
		found.push(host);
		await world.broker.terminate({ party: alice, agreementId: outcome.agreement.id });
	}
	return found;
}

describe('a maintenance', () => {
	test('closes its host for what is new, in its time alone, also after a restart', async () => {
		const { maintenance } = await close();
		for (const restarts of [false, true]) {
			if (restarts) world.reopen();
			expect(await hostsAt(BEGIN + HOUR)).toEqual(['n2']);
			expect(await hostsAt(BEGIN + 4 * HOUR)).toEqual(['n1', 'n2']);
			expect(freeCpus(world, BEGIN + 2 * HOUR)).toEqual([0, 4]);
		}
		expect(world.broker.listMaintenance(admin)).toMatchObject([
			{ maintenance: { id: maintenance.id, reason: 'new disks' } },
		]);
		expect(await world.broker.removeMaintenance(admin, maintenance.id)).toEqual({ kind: 'removed' });
		expect(await hostsAt(BEGIN + HOUR)).toEqual(['n1', 'n2']);
		expect(world.broker.listMaintenance(admin)).toEqual([]);
		expect(world.store.history.list({ site: SITE, after: 0, limit: 999 }).map(({ kind }) => kind)).toEqual(
			expect.arrayContaining(['maintenance-added', 'maintenance-removed']),
		);
	});

	test('leaves what is agreed as it is, and names it to who may change it', async () => {
		const { id } = await agree(world, { cpus: 2, startAt: BEGIN + 2 * HOUR });
		await agree(world, { cpus: 2, startAt: BEGIN + 4 * HOUR });
		const { affected } = await close();
		expect(affected).toEqual([id]);
		expect(world.broker.getAgreement(alice, id)!.state).toBe('Observed');
		expect(world.broker.listMaintenance(alice)).toMatchObject([{ affected: [] }]);
		world.reopen();
		expect(world.broker.listMaintenance(admin)).toMatchObject([{ affected: [id] }]);
		expect(await world.broker.terminate({ party: alice, agreementId: id })).toMatchObject({ kind: 'changed' });
		expect(freeCpus(world, BEGIN + 2 * HOUR)).toEqual([0, 4]);
	});

	test('does not take back what is held (H3)', async () => {
		const [offer] = await ask(world, await begin(world), { cpus: 4, startAt: BEGIN + 2 * HOUR });
		await ask(world, await begin(world), { cpus: 2, startAt: BEGIN + 4 * HOUR });
		const { held, affected } = await close();
		expect(affected).toEqual([]);
		expect(held).toEqual([{ negotiation: offer!.negotiationId, offer: offer!.id }]);
		expect(world.broker.listMaintenance(alice)).toMatchObject([{ held: [] }]);
		const agreed = await accept(world, offer!);
		expect(agreed).toMatchObject({
			kind: 'accepted',
			agreement: { placement: { machines: [{ host: 'n1' }] } },
		});
		if (agreed.kind !== 'accepted') return;
		expect(world.broker.listMaintenance(admin)).toMatchObject([{ affected: [agreed.agreement.id], held: [] }]);
	});

	test('that is over is gone, and what is no maintenance is not planned', async () => {
		const { maintenance } = await close({ endAt: BEGIN + 2 * HOUR });
		world.now = BEGIN + 2 * HOUR + TEARDOWN;
		expect(world.broker.listMaintenance(admin)).toEqual([]);
		expect(await world.broker.removeMaintenance(admin, maintenance.id)).toEqual({ kind: 'not-found' });
		for (const parts of [{ host: 'n9' }, { endAt: noon.startAt }, { startAt: BEGIN, endAt: BEGIN + HOUR }]) {
			const outcome = await world.broker.addMaintenance({ party: admin, ...noon, ...parts });
			expect(outcome).toMatchObject({ kind: 'unusable' });
		}
		expect(await world.broker.addMaintenance({ party: alice, ...noon })).toEqual({ kind: 'forbidden' });
		expect(await world.broker.removeMaintenance(alice, maintenance.id)).toEqual({ kind: 'forbidden' });
	});
});
