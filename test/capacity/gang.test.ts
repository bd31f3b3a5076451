/** Machines of several shapes against brute force: every way to lay them on the hosts is tried. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { CapacityAssertion, defineUsage, type Placement, type Usage } from '../../src/capacity/resources.ts';
import { GANG_GROUPS_MAX, type GangGroup, mostOnAHost } from '../../src/capacity/search/gang.ts';
import { fitGang } from '../../src/capacity/search/gang-fit.ts';
import { earliestGang, largestGang, latestGang } from '../../src/capacity/search/gang-searches.ts';
import { unitsBetween } from './oracle.ts';
import {
	candidateHosts,
	candidates,
	pieceVector,
	QUESTIONS,
	usageOf,
	usageShape,
	type World,
	world,
} from './worlds.ts';

const HOUR = 3600;
/** Brute force is slow: there are three questions for ten of the others. */
const GANGS = Math.ceil((QUESTIONS * 3) / 10);
const WHOLE_TIME = [-100_000_000, 100_000_000] as const;

const groupShape = fc.record({
	count: fc.constantFrom(1, 1, 2, 3),
	shape: usageShape,
	among: candidates,
});
const gangShape = fc.array(groupShape, { minLength: 2, maxLength: 3 });

type GroupShape = typeof groupShape extends fc.Arbitrary<infer Shape> ? Shape : never;

function groupsOf(site: World, shapes: readonly GroupShape[]): GangGroup[] {
	return shapes.map(({ count, shape, among }) => ({
		count,
		usage: usageOf(shape, site.unitSeconds),
		...candidateHosts(site, among),
	}));
}

/** Lays the machines one by one on every host that has room, in every way; leaves the oracle as it was. */
function canLay({ oracle, hosts }: World, groups: readonly GangGroup[], startAt: number): boolean {
	const machines = groups.flatMap((group, nth) => Array.from({ length: group.count }, () => ({ ...group, nth })));
	const laid: { nth: number; host: number }[] = [];
	const lay = (): boolean => {
		const machine = machines[laid.length];
		if (!machine) return true;
		const { usage, nth, candidateHosts: allowed, machinesPerHostMax = Infinity } = machine;
		if (oracle.withinReserve(usage, startAt) < 1) return false;
		const last = laid.at(-1);
		// Equal machines are laid in host order: another order of them is the same.
		for (let host = last?.nth === nth ? last.host : 0; host < hosts.length; host++) {
			const { name } = hosts[host]!;
			if (allowed && !allowed.includes(name)) continue;
			if (laid.filter((each) => each.nth === nth && each.host === host).length >= machinesPerHostMax) continue;
			if (oracle.countOn(host, usage, startAt) < 1) continue;
			const placement = { startAt, usage, machines: [{ host: name, count: 1 }] };
			oracle.book(placement);
			laid.push({ nth, host });
			const found = lay();
			laid.pop();
			oracle.release(placement);
			if (found) return true;
		}
		return false;
	};
	return lay();
}

/** The placements are what was asked, and fit together. */
function expectValid({ calendar }: World, groups: readonly GangGroup[], placements: readonly Placement[]): void {
	for (const [nth, { machines, usage }] of placements.entries()) {
		const { count, machinesPerHostMax, candidateHosts: allowed } = groups[nth]!;
		expect(usage).toBe(groups[nth]!.usage);
		expect(machines.reduce((sum, share) => sum + share.count, 0)).toBe(count);
		for (const { host, count: here } of machines) {
			expect(here).toBeLessThanOrEqual(machinesPerHostMax ?? count);
			expect(allowed ?? [host]).toContain(host);
		}
	}
	for (const placement of placements) calendar.book(placement);
	for (const placement of placements) calendar.release(placement);
}

describe('a gang against brute force', { timeout: 20_000 + 20 * QUESTIONS }, () => {
	test('fits or is proved not to, where it is small; without trials nothing is claimed that is not so', () => {
		const seen = { fits: 0, 'none-proved': 0, hard: 0, unproved: 0 };
		fc.assert(
			fc.property(world, gangShape, fc.integer({ min: 4, max: 36 }), (site, shapes, unit) => {
				const groups = groupsOf(site, shapes);
				const startAt = unit * site.unitSeconds;
				const before = site.calendar.freeBetween(...WHOLE_TIME);
				const answer = fitGang(site.calendar, groups, startAt);
				const quick = fitGang(site.calendar, groups, startAt, { trialsMax: 0 });
				expect(site.calendar.freeBetween(...WHOLE_TIME)).toEqual(before);
				const expected = canLay(site, groups, startAt);
				expect(answer.kind).toBe(expected ? 'fits' : 'none-proved');
				if (answer.kind === 'fits') expectValid(site, groups, answer.placements);
				if (quick.kind !== 'none-found') expect(quick.kind).toBe(answer.kind);
				seen[answer.kind as 'fits']++;
				if (quick.kind === 'none-found') seen[expected ? 'hard' : 'unproved']++;
			}),
			{ numRuns: GANGS },
		);
		expect(Math.min(seen.fits, seen['none-proved']), 'both answers').toBeGreaterThan(GANGS / 10);
		expect(seen.unproved, 'refusals that only the exact search proves').toBeGreaterThan(0);
	});

	test('spreads a group over as many hosts as it can beside the others, however they are found', () => {
		const seen = { spread: 0, tighter: 0 };
		fc.assert(
			fc.property(world, gangShape, fc.integer({ min: 4, max: 36 }), fc.nat(2), (site, shapes, unit, which) => {
				const asked = groupsOf(site, shapes);
				const nth = which % asked.length;
				const plain = asked.with(nth, { ...asked[nth]!, count: asked[nth]!.count + 1 });
				const groups = plain.with(nth, { ...plain[nth]!, strategy: 'spread' });
				const startAt = unit * site.unitSeconds;
				const answer = fitGang(site.calendar, groups, startAt);
				if (answer.kind !== 'fits') return;
				expectValid(site, groups, answer.placements);
				const most = mostOnAHost(answer.placements[nth]!);
				const fewer = { ...groups[nth]!, machinesPerHostMax: most - 1 };
				if (most > 1) expect(canLay(site, groups.with(nth, fewer), startAt)).toBe(false);
				seen.spread++;
				const packed = fitGang(site.calendar, plain, startAt);
				if (packed.kind === 'fits' && mostOnAHost(packed.placements[nth]!) > most) seen.tighter++;
			}),
			{ numRuns: GANGS },
		);
		expect(seen.spread, 'placed').toBeGreaterThan(GANGS / 20);
		expect(seen.tighter, 'would be packed closer').toBeGreaterThan(0);
	});

	test('begins at the first and at the last instant at which it fits', () => {
		let waits = 0;
		fc.assert(
			fc.property(
				world,
				gangShape,
				fc.integer({ min: 4, max: 16 }),
				fc.integer({ min: 5, max: 20 }),
				(site, shapes, from, length) => {
					const groups = groupsOf(site, shapes);
					const fromAt = from * site.unitSeconds;
					const untilAt = (from + length) * site.unitSeconds;
					const starts = unitsBetween(fromAt, untilAt, site.unitSeconds).filter((at) => canLay(site, groups, at));
					const found = [earliestGang, latestGang].map((search) => {
						const answer = search(site.calendar, groups, { fromAt, untilAt });
						if (answer.kind !== 'fits') return answer.kind;
						expect(answer.isProved).toBe(true);
						expectValid(site, groups, answer.placements);
						return answer.startAt;
					});
					expect(found).toEqual(starts.length === 0 ? ['none-proved', 'none-proved'] : [starts[0], starts.at(-1)]);
					if (starts.length > 0 && starts[0] !== fromAt) waits++;
				},
			),
			{ numRuns: Math.ceil(GANGS / 3) },
		);
		expect(waits, 'questions whose answer is not at once').toBeGreaterThan(GANGS / 100);
	});

	test('has as many machines of one group as fit beside the others', () => {
		fc.assert(
			fc.property(world, gangShape, fc.integer({ min: 4, max: 36 }), fc.nat(2), (site, shapes, unit, which) => {
				const groups = groupsOf(site, shapes);
				const nth = which % groups.length;
				const startAt = unit * site.unitSeconds;
				const fitting = [1, 2, 3].slice(0, groups[nth]!.count).filter((count) => {
					return canLay(site, groups.with(nth, { ...groups[nth]!, count }), startAt);
				});
				expect(largestGang(site.calendar, groups, nth, startAt)).toEqual({
					count: fitting.at(-1) ?? 0,
					isProved: true,
				});
			}),
			{ numRuns: Math.ceil(GANGS / 3) },
		);
	});
});

describe('a head and its workers', () => {
	const lasting = (cpu: number, memory: number): Usage =>
		defineUsage([{ offsetSeconds: 0, durationSeconds: HOUR, demand: pieceVector(cpu, memory, 0, 0) }]);
	const site = (hosts: number): SiteCalendar =>
		new SiteCalendar(
			Array.from({ length: hosts }, (_, i) => ({ name: `h${i}`, capacity: pieceVector(16, 16, 16, 16), labels: {} })),
		);

	test('are placed on a hundred hosts, to the last machine', () => {
		const calendar = site(100);
		const head = { count: 1, usage: lasting(10, 10) };
		const workers = { count: 2 * 99, usage: lasting(6, 8) };
		expect(fitGang(calendar, [head, workers], 0).kind).toBe('fits');
		expect(fitGang(calendar, [head, { ...workers, count: 199 }], 0).kind).toBe('none-proved');
	});

	test('are laid where packing one after the other finds no room, in whatever order', () => {
		// Two thirds and one third, or two halves: a host is full of either, and greed mixes them.
		const calendar = site(3);
		const groups = [
			{ count: 2, usage: lasting(8, 1) },
			{ count: 2, usage: lasting(11, 1) },
			{ count: 2, usage: lasting(5, 1) },
		];
		const answer = fitGang(calendar, groups, 0);
		expect(answer.kind).toBe('fits');
		expect(fitGang(calendar, groups.with(0, { count: 3, usage: lasting(8, 1) }), 0).kind).toBe('none-proved');
	});

	test('spread where only the exact search finds places for them, and where others are packed before them', () => {
		const calendar = site(3);
		const packed = [
			{ count: 4, usage: lasting(4, 1) },
			{ count: 4, usage: lasting(3, 1) },
			{ count: 4, usage: lasting(5, 1) },
		];
		expect(fitGang(calendar, packed, 0, { trialsMax: 0 }).kind).toBe('none-found');
		const mostOf = (groups: readonly GangGroup[], on = calendar): readonly number[] => {
			const answer = fitGang(on, groups, 0);
			if (answer.kind !== 'fits') throw new Error(answer.kind);
			return answer.placements.map(mostOnAHost);
		};
		expect(mostOf(packed)[0]).toBe(4);
		expect(mostOf(packed.with(0, { ...packed[0]!, strategy: 'spread' } as GangGroup))[0]).toBe(2);
		const workers: GangGroup = { count: 4, usage: lasting(4, 1), strategy: 'spread' };
		expect(mostOf([{ count: 2, usage: lasting(6, 1) }, workers], site(2))).toEqual([1, 2]);
	});

	test('of too many hosts to try everything the answer says that nothing is proved', () => {
		const calendar = site(40);
		const shapes = [7, 6, 5, 4].map((cpu) => ({ count: 30, usage: lasting(cpu, 3) }));
		expect(fitGang(calendar, shapes, 0).kind).toBe('none-found');
	});

	test('start together, when the last of them has room', () => {
		const calendar = site(2);
		calendar.book({ startAt: 0, usage: lasting(8, 8), machines: [{ host: 'h0', count: 2 }] });
		const groups = [
			{ count: 1, usage: lasting(16, 1) },
			{ count: 2, usage: lasting(8, 1) },
		];
		expect(earliestGang(calendar, groups, { fromAt: 0, untilAt: 10 * HOUR })).toMatchObject({
			kind: 'fits',
			startAt: HOUR,
		});
		expect(earliestGang(calendar, groups, { fromAt: 0, untilAt: HOUR - 1 })).toEqual({ kind: 'none-proved' });
	});

	test.each([0, GANG_GROUPS_MAX + 1])('a gang of %i groups is a bug', (length) => {
		const groups = Array.from({ length }, () => ({ count: 1, usage: lasting(1, 1) }));
		expect(() => fitGang(site(1), groups, 0)).toThrow(CapacityAssertion);
	});
});
