import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { OperatingError } from '../../src/errors.ts';
import { JoinedSite } from '../../src/workspace/joined-site.ts';
import { SimulatedSite } from '../../src/workspace/simulated/simulated-site.ts';
import type { MachineSpec, Site, SiteHost } from '../../src/workspace/site.ts';
import { describeSite } from './site-contract.ts';

const MIB = 1_048_576;
const INSTALLATION = randomUUID();

function host(name: string): SiteHost {
	const amounts = { cpuMillicores: 8_000, memoryBytes: 16 * 1024 * MIB, diskBytes: 1e12, networkBitsPerSecond: 1e9 };
	return { name, ...amounts, labels: {} };
}

/** The simulated site of one host. */
const alone = (name: string) =>
	new SimulatedSite({ hosts: [host(name)], deploySeconds: 0.001, bootSeconds: 0.01, shutdownSeconds: 0.001 });

describeSite('a site of several hosts keeps the promises of a site', async () => {
	const site = new JoinedSite(new Map(['h1', 'h2', 'h3'].map((name) => [name, alone(name)])));
	return {
		site,
		installationId: INSTALLATION,
		host: 'h2',
		imageDigest: 'sha256:',
		guestIsUp: (identity) =>
			expect.poll(async () => (await site.observe(identity)).consoleTail, { interval: 2 }).toContain('COMPUTON-GUEST'),
		close: () => site.close(),
	};
});

describe('a site of several hosts', () => {
	let away: Set<string>;
	let parts: Map<string, Site>;
	let site: JoinedSite;
	let spec: MachineSpec;

	/** A site that can be cut off. */
	function cuttable(name: string): Site {
		const answers = { isReachable: () => !away.has(name) };
		return new Proxy(alone(name) as Site, {
			get: (target, member) => {
				if (member in answers) return answers.isReachable;
				const value = Reflect.get(target, member) as unknown;
				if (typeof value !== 'function') return value;
				return (...args: unknown[]) => {
					if (away.has(name)) return Promise.reject(new OperatingError('HYPERVISOR_UNREACHABLE', name));
					return (value as (...args: unknown[]) => unknown).apply(target, args);
				};
			},
		});
	}

	beforeEach(() => {
		away = new Set();
		parts = new Map(['h1', 'h2'].map((name) => [name, cuttable(name)]));
		site = new JoinedSite(parts);
		spec = {
			installationId: INSTALLATION,
			workspaceId: randomUUID(),
			index: 0,
			revision: 1,
			host: 'h1',
			cpuCount: 1,
			cpuSharePercent: 100,
			memoryBytes: 128 * MIB,
			diskBytes: 0,
			networkBitsPerSecond: 0,
			imageDigest: 'sha256:',
		};
	});

	test('has all hosts, labelled with what runs their machines', async () => {
		expect(await site.hosts()).toMatchObject([
			{ name: 'h1', labels: { hypervisor: 'simulated' } },
			{ name: 'h2', labels: { hypervisor: 'simulated' } },
		]);
	});

	test('starts a machine on the host that is said, and nowhere else while it stands there', async () => {
		await site.ensure(spec);
		expect(await parts.get('h1')!.list(INSTALLATION)).toHaveLength(1);
		const elsewhere = { ...spec, host: 'h2', revision: 2 };
		await expect(site.ensure(elsewhere)).rejects.toThrow('is on h1, not h2');
		await site.destroy(spec);
		expect((await site.ensure(elsewhere)).observation).toMatchObject({ host: 'h2', revision: 2 });
		expect((await site.list(INSTALLATION)).map((each) => each.host)).toEqual(['h2']);
		await expect(site.ensure({ ...spec, host: 'h9' })).rejects.toThrow(
			'h9 is not a host of this site; there is h1, h2.',
		);
	});

	test('removes a machine from every host on which it stands, and sees the later one first', async () => {
		await parts.get('h1')!.ensure(spec);
		await parts.get('h2')!.ensure({ ...spec, host: 'h2', revision: 2 });
		expect(await site.observe(spec)).toMatchObject({ host: 'h2', revision: 2 });
		await site.destroy(spec);
		expect(await site.list(INSTALLATION)).toEqual([]);
	});

	test('goes on while a host does not answer, but for what may stand there', async () => {
		await site.ensure(spec);
		away.add('h2');
		expect(site.isReachable()).toBe(true);
		expect((await site.pause(spec)).state).toBe('paused');
		expect((await site.ensure(spec)).observation.state).toBe('running');
		await site.destroy(spec);
		await expect(site.observe(spec)).rejects.toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
		await expect(site.destroy(spec)).rejects.toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
		const known = { ...spec, mayStandOn: ['h1'] };
		expect((await site.observe(known)).state).toBe('absent');
		await site.destroy(known);
		await expect(site.pause(known)).rejects.toMatchObject({ code: 'MACHINE_FAILED' });
		const maybe = { ...spec, mayStandOn: ['h1', 'h2'] };
		await expect(site.observe(maybe)).rejects.toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
		const other = { ...spec, workspaceId: randomUUID() };
		await site.ensure(other);
		expect((await site.list(INSTALLATION)).map(({ identity }) => identity.workspaceId)).toEqual([other.workspaceId]);
		away.add('h1');
		expect(site.isReachable()).toBe(false);
		await expect(site.list(INSTALLATION)).rejects.toMatchObject({ code: 'HYPERVISOR_UNREACHABLE' });
		away.clear();
		expect((await site.observe(spec)).state).toBe('absent');
	});
});
