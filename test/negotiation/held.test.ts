/** What all parties of a site hold together, against a count of every second. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTHING, type Placement, RESOURCE_NAMES, type ResourceVector } from '../../src/capacity/resources.ts';
import { HeldTogether, judgeTogether, type OtherTimes } from '../../src/negotiation/policy/held.ts';
import { HOLD_LIMITS_DEFAULT } from '../../src/negotiation/policy/holds.ts';

const NOW = 1000;
const CAPACITY: ResourceVector = { cpuMillicores: 10_000, memoryBytes: 20, diskBytes: 7, networkBitsPerSecond: 0 };
const LIMITS = { ...HOLD_LIMITS_DEFAULT, sitePercentMax: 50, voPercentMax: 30 };

/** CPUs on a host, from one second of the test to another. */
function cpus(count: number, from: number, until: number, host = 'a', more: Partial<ResourceVector> = {}): Placement {
	const demand = { ...NOTHING, cpuMillicores: count * 1000, ...more };
	const usage = [{ offsetSeconds: 0, durationSeconds: until - from, demand }];
	return { startAt: NOW + from, usage, machines: [{ host, count: 1 }] };
}

function heldBy(...takes: readonly (readonly [string, Placement])[]): HeldTogether {
	const held = new HeldTogether(CAPACITY);
	for (const [vo, placement] of takes) held.take(vo, placement);
	return held;
}

const judge = (held: HeldTogether, vo: string, placements: readonly Placement[], times?: Partial<OtherTimes>) =>
	judgeTogether(
		held.scopesOf(LIMITS, vo),
		placements,
		times && {
			placements,
			now: NOW,
			startAt: placements[0]!.startAt,
			untilAt: NOW + 10_000,
			hasRoom: () => true,
			...times,
		},
	);

describe('what is held together', () => {
	it('is at most the share of the site, whoever holds it', () => {
		const held = heldBy(['x', cpus(2, 0, 100)], ['y', cpus(1, 0, 100)]);
		expect(judge(held, 'z', [cpus(2, 0, 100)])).toEqual([]);
		const [reason, ...others] = judge(held, 'z', [cpus(2.5, 0, 100)]);
		expect(others).toEqual([]);
		expect(reason).toMatchObject({
			code: 'HOLD_REFUSED',
			resource: 'cpuMillicores',
			asked: 2500,
			available: 2000,
			limit: 5000,
			interval: { startAt: NOW, endAt: NOW + 100 },
			remedy: { more: 500 },
		});
		expect(reason!.remedy!.text).toContain('told Advisory');
	});

	it('counts all hosts, and what overlaps, and not what comes after the other', () => {
		const held = heldBy(['x', cpus(3, 0, 100, 'b')]);
		expect(judge(held, 'z', [cpus(2, 0, 50), cpus(2, 50, 200, 'c')])).toEqual([]);
		expect(judge(held, 'z', [cpus(2, 0, 50), cpus(2, 49, 200, 'c')])).toMatchObject([
			{ asked: 4000, available: 2000, interval: { startAt: NOW + 49, endAt: NOW + 50 } },
			{ asked: 4000, available: 3000, interval: { startAt: NOW + 49, endAt: NOW + 50 } },
		]);
	});

	it('is at most the share of the VO for its parties, and told of each resource', () => {
		const held = heldBy(['x', cpus(2, 0, 100, 'a', { memoryBytes: 6 })]);
		expect(judge(held, 'y', [cpus(2, 0, 100)])).toEqual([]);
		expect(judge(held, 'x', [cpus(2, 0, 100, 'a', { memoryBytes: 5 })])).toMatchObject([
			{ resource: 'memoryBytes', available: 4, limit: 10 },
			{ resource: 'cpuMillicores', available: 1000, limit: 3000 },
			{ resource: 'memoryBytes', available: 0, limit: 6 },
		]);
	});

	it('is refused with the interval around the instant at which most is lacking', () => {
		const held = heldBy(['x', cpus(3, 10, 20)], ['y', cpus(1, 15, 40)], ['y', cpus(4, 60, 70)]);
		expect(judge(held, 'z', [cpus(2.5, 0, 100)])).toMatchObject([
			{ available: 1000, interval: { startAt: NOW + 10, endAt: NOW + 20 } },
		]);
		expect(judge(held, 'z', [cpus(2.5, 0, 65)])).toMatchObject([{ available: 1000 }]);
	});

	it('names the nearest starts before and after that would do, where the hosts have room then', () => {
		const held = heldBy(['x', cpus(3, 100, 200)], ['y', cpus(4, 250, 300)]);
		const wish = [cpus(2.5, 120, 170)];
		const [reason] = judge(held, 'z', wish, { startAt: NOW + 130 });
		// It takes 10 seconds before its window begins.
		expect(reason!.remedy).toMatchObject({ startAt: NOW + 210 });
		expect(reason!.remedy!.text).toContain('start at 1970-01-01T00:17:40Z, or start at 1970-01-01T00:20:10Z');
		const [busy] = judge(held, 'z', wish, { hasRoom: (later) => later !== 80 });
		expect(busy!.remedy).not.toHaveProperty('startAt');
		expect(busy!.remedy!.text).toContain('start at 1970-01-01T00:17:30Z');
	});

	it('names what could ever be held, where it is more than that', () => {
		const [reason] = judge(heldBy(), 'z', [cpus(6, 0, 10)], {});
		expect(reason).toMatchObject({ available: 5000, remedy: { allowed: 5000, more: 1000 } });
		expect(reason!.remedy!.text).toMatch(/^at most 5 CPUs at a time, or agree to what is told Advisory/);
	});

	it('is free again when it is given back, and forgotten when it is over', () => {
		const held = heldBy(['x', cpus(5, 0, 100)], ['x', cpus(5, 200, 300)]);
		held.giveBack('x', cpus(5, 200, 300));
		expect(judge(held, 'z', [cpus(3, 100, 300)])).toEqual([]);
		held.forgetBefore(NOW + 100);
		held.giveBack('x', cpus(5, 0, 100));
		held.giveBack('never', cpus(5, 0, 100));
		expect(judge(held, 'z', [cpus(3, 0, 300)])).toEqual([]);
	});

	it('has no limit where all of the site may be held', () => {
		const held = heldBy(['x', cpus(10, 0, 100)]);
		expect(held.scopesOf({ ...LIMITS, sitePercentMax: 100, voPercentMax: 100 }, 'x')).toEqual([]);
	});
});

const SPAN = 24;
const placement = fc
	.record({
		from: fc.integer({ min: 0, max: SPAN - 1 }),
		seconds: fc.integer({ min: 1, max: 12 }),
		cpu: fc.integer({ min: 0, max: 3 }),
		memoryBytes: fc.integer({ min: 0, max: 6 }),
		diskBytes: fc.integer({ min: 1, max: 2 }),
		host: fc.constantFrom('a', 'b', 'c'),
	})
	.map(({ from, seconds, cpu, memoryBytes, diskBytes, host }) =>
		cpus(cpu, from, from + seconds, host, { memoryBytes, diskBytes }),
	);
const vo = fc.constantFrom('x', 'y');

/** Of every second of the test what is taken then. */
function takenAt(placements: readonly Placement[], at: number, name: keyof ResourceVector): number {
	return placements
		.filter(({ startAt, usage }) => startAt <= at && at < startAt + usage[0]!.durationSeconds)
		.reduce((sum, { usage }) => sum + usage[0]!.demand[name], 0);
}

it('agrees with a count of every second, and so do the starts that it names', () => {
	const limitOf = (percent: number, name: keyof ResourceVector) => Math.floor((CAPACITY[name] * percent) / 100);
	let refused = 0;
	let named = 0;
	fc.assert(
		fc.property(
			fc.array(fc.tuple(vo, placement), { maxLength: 6 }),
			vo,
			fc.array(placement, { minLength: 1, maxLength: 3 }),
			(taken, asker, wish) => {
				const all = taken.map(([, each]) => each);
				const own = taken.flatMap(([of, each]) => (of === asker ? [each] : []));
				const fits = (shift: number): boolean => {
					const moved = wish.map((each) => ({ ...each, startAt: each.startAt + shift }));
					return Array.from({ length: 6 * SPAN }, (_, second) => NOW - SPAN + second).every((at) =>
						RESOURCE_NAMES.every((name) => {
							const more = takenAt(moved, at, name);
							if (more === 0) return true;
							if (takenAt(all, at, name) + more > limitOf(50, name)) return false;
							return takenAt(own, at, name) + more <= limitOf(30, name);
						}),
					);
				};
				const begin = Math.min(...wish.map(({ startAt }) => startAt));
				const reasons = judge(heldBy(...taken), asker, wish, { startAt: begin });
				expect(reasons.length === 0).toBe(fits(0));
				if (reasons.length === 0) return;
				refused += 1;
				const later = reasons[0]!.remedy!.startAt;
				const nearest = Array.from({ length: 3 * SPAN }, (_, nth) => nth + 1).find(fits);
				expect(later).toBe(nearest === undefined ? undefined : begin + nearest);
				if (later !== undefined) named += 1;
			},
		),
		{ numRuns: 300 },
	);
	expect(Math.min(refused, named)).toBeGreaterThan(20);
});
