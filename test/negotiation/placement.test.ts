/** How a cluster lies on the hosts: as the offer says, at first, in every alternative and after every change. */
import { describe, expect, it } from 'vitest';
import type { PlacementTerm } from '../../src/agreement/terms/service.ts';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import type { HostShare } from '../../src/capacity/resources.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import {
	accepted,
	ask,
	CAPACITY,
	codes,
	GIB,
	HOUR,
	host,
	NOW,
	occupy,
	POLICY,
	type RequestParts,
	requestOf,
	sentBack,
	WORKSPACE,
} from './requests.ts';

const four = (): SiteCalendar =>
	new SiteCalendar(['a', 'b', 'c', 'd'].map((name, i) => host(name, {}, { zone: i < 2 ? 'north' : 'south' })));

function cluster(placement: Partial<PlacementTerm>, parts: RequestParts = {}) {
	const workspace = { ...WORKSPACE, placement: { strategy: 'pack' as const, labels: {}, ...placement } };
	return requestOf({ machines: 4, cpus: 1, memory: GIB, workspace, ...parts });
}

const shares = (machines: readonly HostShare[]): string =>
	machines.map(({ host: on, count }) => `${on}${count}`).join(' ');

describe('a new cluster', () => {
	it.each<[string, Partial<PlacementTerm>, string]>([
		['packed', {}, 'a4'],
		['spread', { strategy: 'spread' }, 'a1 b1 c1 d1'],
		['packed, three on a host', { machinesPerHostMax: 3 }, 'a3 b1'],
		['in the south', { labels: { zone: 'south' } }, 'c4'],
		['spread over the south', { strategy: 'spread', labels: { zone: 'south' } }, 'c2 d2'],
	])('is %s', (_, placement, expected) => {
		const { placement: found } = accepted(ask(cluster(placement), { calendar: four() }));
		expect(shares(found.machines)).toBe(expected);
	});

	it('is refused where no host has the label, with those that there are', () => {
		const decision = ask(cluster({ labels: { zone: 'west' } }), { calendar: four() });
		expect(decision).toMatchObject({
			kind: 'reject',
			reasons: [
				{
					code: 'HOST_UNSUITABLE',
					asked: 'west',
					available: 'north, south',
					message: expect.stringMatching(/label zone/),
				},
			],
		});
	});

	it('is told that hosts may carry no more of it, and what could be had keeps to that', () => {
		const calendar = four();
		occupy(calendar, 'a', NOW, NOW + HOUR, { cpuMillicores: CAPACITY.cpuMillicores });
		const request = cluster({ machinesPerHostMax: 1 });
		const decision = ask(request, { calendar });
		expect(decision).toMatchObject({
			kind: 'counter',
			reasons: [
				{
					code: 'CAPACITY_RESERVED',
					asked: 4,
					available: 3,
					limit: 4,
					message: expect.stringMatching(/at most 1 on one host/),
				},
			],
		});
		if (decision.kind !== 'counter') return;
		expect(decision.alternatives.map(({ kind }) => kind).sort()).toContain('later');
		for (const { grant } of decision.alternatives) {
			expect(grant.workspace.placement).toEqual(request.workspace.placement);
			const { placement } = accepted(ask(sentBack(request, grant), { calendar }));
			expect(Math.max(...placement.machines.map(({ count }) => count))).toBe(1);
		}
	});

	it('of more machines than so many hosts can carry is told the most that can be had', () => {
		const decision = ask(cluster({ machinesPerHostMax: 1 }, { machines: 6 }), { calendar: four() });
		expect(decision).toMatchObject({ kind: 'counter', reasons: [{ code: 'CAPACITY_TOO_SMALL', limit: 4 }] });
		expect(decision.kind === 'counter' && decision.alternatives.map(({ grant }) => grant.machineCount)).toContain(4);
	});
});

describe('a site that keeps a share of its hosts back', () => {
	it('offers what it does give at another time, where nothing is left at that one', () => {
		const reserve = { ...CAPACITY, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
		const calendar = new SiteCalendar([host('a'), host('b')], reserve);
		occupy(calendar, 'a', NOW, NOW + 4 * HOUR, { cpuMillicores: 8000 });
		const window = { startAt: NOW, durationSeconds: HOUR };
		const decision = ask(requestOf({ machines: 2, cpus: 8, memory: GIB, window }), { calendar });
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const found = decision.alternatives.map(({ grant }) => [grant.machineCount, grant.cpuCount, grant.startAt]);
		expect(found).toEqual(
			expect.arrayContaining([
				[1, 8, NOW + 4 * HOUR],
				[2, 4, NOW + 4 * HOUR],
			]),
		);
	});

	it('says so, and offers what it does give', () => {
		const reserve = { ...CAPACITY, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
		const calendar = new SiteCalendar([host('a'), host('b')], reserve);
		const one = requestOf({ machines: 9, cpus: 1, memory: GIB });
		const decision = ask(one, { calendar });
		expect(decision).toMatchObject({
			kind: 'counter',
			reasons: [
				{ code: 'CAPACITY_TOO_SMALL', asked: 9, available: 8 },
				{ message: expect.stringMatching(/keeps a share/), available: 8 },
			],
		});
		expect(decision.kind === 'counter' && decision.alternatives.map(({ grant }) => grant.machineCount)).toContain(8);
		accepted(ask({ ...one, ...requestOf({ machines: 8, cpus: 1, memory: GIB }) }, { calendar }));
	});
});

describe('a cluster that runs', () => {
	const running = (machines: readonly HostShare[], allowMove: boolean) => {
		const machineCount = machines.reduce((sum, { count }) => sum + count, 0);
		const sizes = { machineCount, cpuCount: 1, memoryBytes: GIB, diskBytes: 0, networkBitsPerSecond: 0 };
		const grant = { ...sizes, startAt: NOW - HOUR, endAt: NOW + HOUR, workspace: WORKSPACE };
		const placement = { startAt: grant.startAt, usage: usageOf(grant, POLICY, grant.startAt), machines };
		return { previous: { grant, placement, running: true, allowRestart: false, allowMove } };
	};
	const window = { durationSeconds: 2 * HOUR };

	it('grows onto the hosts that carry fewest of it, where it is spread', () => {
		const request = cluster({ strategy: 'spread' }, { machines: 6, window });
		const { placement, effects } = accepted(
			ask(request, {
				calendar: four(),
				...running(
					[
						{ host: 'a', count: 2 },
						{ host: 'c', count: 1 },
					],
					false,
				),
			}),
		);
		expect(shares(placement.machines)).toBe('a2 c1 b1 d1 b1');
		expect(effects.map(({ kind }) => kind)).toEqual(['live']);
	});

	it('grows where a host may carry one more of it', () => {
		const request = cluster({ machinesPerHostMax: 2 }, { machines: 5, window });
		const { placement } = accepted(ask(request, { calendar: four(), ...running([{ host: 'a', count: 2 }], false) }));
		expect(shares(placement.machines)).toBe('a2 b2 c1');
	});

	it('is pulled apart only where its client accepts that machines move', () => {
		const request = cluster({ machinesPerHostMax: 1 }, { machines: 2, window });
		const refused = ask(request, { calendar: four(), ...running([{ host: 'a', count: 2 }], false) });
		expect(codes(refused)).toEqual(['NEEDS_MOVE']);
		const moved = accepted(ask(request, { calendar: four(), ...running([{ host: 'a', count: 2 }], true) }));
		expect(shares(moved.placement.machines)).toBe('a1 b1');
		expect(moved.effects.map(({ kind }) => kind)).toContain('move');
	});

	it('does not grow into what the site keeps back', () => {
		const reserve = { ...CAPACITY, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
		const calendar = new SiteCalendar([host('a'), host('b')], reserve);
		const grown = (machines: number) => {
			return ask(requestOf({ machines, cpus: 1, memory: GIB, window }), {
				calendar,
				...running([{ host: 'a', count: 4 }], false),
			});
		};
		expect(accepted(grown(8)).grant.machineCount).toBe(8);
		expect(grown(9).kind).not.toBe('accept');
	});
});
