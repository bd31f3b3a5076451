/**
 * Every search against brute force, on small, busy, fragmented sites. All edges are whole units of time, so the first
 * and the last instant of whatever fits are whole units too: it is enough to try those.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defineUsage, type ResourceName, type ResourceVector, type Usage } from '../../src/capacity/resources.ts';
import { unitsBetween } from './oracle.ts';
import {
	boundUnits,
	candidateHosts,
	candidates,
	machineCount,
	pieceVector,
	QUESTIONS,
	startUnit,
	usageOf,
	usageShape,
	type World,
	world,
} from './worlds.ts';

/** A proof takes as long as it takes; by default a few seconds. */
const PROOF = { timeout: 20_000 + 20 * QUESTIONS };

function check<T extends unknown[]>(property: fc.IPropertyWithHooks<T>): void {
	fc.assert(property, { numRuns: QUESTIONS });
}

describe('against brute force', PROOF, () => {
	test('machines fit exactly where every phase has room, and are packed in host order', () => {
		check(
			fc.property(
				world,
				usageShape,
				machineCount,
				startUnit,
				candidates,
				(site, shape, machines, unit, hostNumbers) => {
					const usage = usageOf(shape, site.unitSeconds);
					const startAt = unit * site.unitSeconds;
					const among = candidateHosts(site, hostNumbers);
					const counts = site.oracle.counts(usage, startAt, among);
					const within = site.oracle.withinReserve(usage, startAt);
					let left = machines;
					const packed = site.hosts.flatMap(({ name }, i) => {
						const share = Math.min(left, counts[i]!);
						left -= share;
						return share > 0 ? [{ host: name, count: share }] : [];
					});
					expect(site.calendar.fit({ startAt, count: machines, usage, ...among })).toEqual(
						left > 0 || within < machines ? null : { startAt, usage, machines: packed },
					);
					expect(site.calendar.largestCount({ startAt, countMax: machines, usage, ...among })).toBe(
						Math.min(machines - left, within),
					);
				},
			),
		);
	});

	test('machines are spread one by one over the host that carries fewest', () => {
		check(
			fc.property(
				world,
				usageShape,
				machineCount,
				startUnit,
				candidates,
				(site, shape, machines, unit, hostNumbers) => {
					const usage = usageOf(shape, site.unitSeconds);
					const startAt = unit * site.unitSeconds;
					const among = candidateHosts(site, hostNumbers);
					const counts = site.oracle.counts(usage, startAt, among);
					const shares = counts.map(() => 0);
					for (let placed = 0; placed < machines; placed++) {
						const open = [...shares.keys()].filter((i) => shares[i]! < counts[i]!);
						const emptiest = open.sort((a, b) => shares[a]! - shares[b]! || a - b)[0];
						if (emptiest === undefined || site.oracle.withinReserve(usage, startAt) < machines) {
							expect(site.calendar.fit({ startAt, count: machines, usage, strategy: 'spread', ...among })).toBeNull();
							return;
						}
						shares[emptiest]!++;
					}
					const spread = site.hosts.map(({ name }, i) => ({ host: name, count: shares[i]! }));
					expect(site.calendar.fit({ startAt, count: machines, usage, strategy: 'spread', ...among })).toEqual({
						startAt,
						usage,
						machines: spread.filter((share) => share.count > 0),
					});
				},
			),
		);
	});

	test('the earliest and the latest start are the first and the last of all that fit', () => {
		let waits = 0;
		check(
			fc.property(
				world,
				usageShape,
				machineCount,
				boundUnits,
				candidates,
				(site, shape, machines, [from, until], hostNumbers) => {
					const usage = usageOf(shape, site.unitSeconds);
					const fromAt = from * site.unitSeconds;
					const untilAt = until * site.unitSeconds;
					const among = candidateHosts(site, hostNumbers);
					const starts = unitsBetween(fromAt, untilAt, site.unitSeconds).filter(
						(at) => site.oracle.total(usage, at, among) >= machines,
					);
					const question = { fromAt, untilAt, count: machines, usage, ...among };
					const earliest = site.calendar.earliestStart(question);
					const latest = site.calendar.latestStart(question);
					expect([earliest?.startAt, latest?.startAt]).toEqual([starts[0], starts.at(-1)]);
					if (starts.length > 0 && starts[0] !== fromAt) waits++;
					for (const placement of [earliest, latest]) {
						if (!placement) continue;
						site.calendar.book(placement);
						site.calendar.release(placement);
					}
				},
			),
		);
		expect(waits, 'questions whose answer is not at once').toBeGreaterThan(QUESTIONS / 20);
	});

	test('the same is so after one of the agreements was taken out, and afterwards all is as before', () => {
		let gained = 0;
		check(
			fc.property(
				world,
				usageShape,
				machineCount,
				boundUnits,
				fc.nat(),
				(site, shape, machines, [from, until], number) => {
					const { calendar, oracle, unitSeconds, placements } = site;
					const taken = placements[number % Math.max(1, placements.length)];
					if (!taken) return;
					const usage = usageOf(shape, unitSeconds);
					const bounds = { fromAt: from * unitSeconds, untilAt: until * unitSeconds };
					const question = { ...bounds, count: machines, usage };
					const before = calendar.earliestStart(question);
					calendar.release(taken);
					oracle.release(taken);
					const instants = unitsBetween(bounds.fromAt, bounds.untilAt, unitSeconds);
					const starts = instants.filter((at) => oracle.total(usage, at) >= machines);
					const found = [calendar.earliestStart(question)?.startAt, calendar.latestStart(question)?.startAt];
					expect(found).toEqual([starts[0], starts.at(-1)]);
					if (starts[0] !== before?.startAt) gained++;
					calendar.book(taken);
					expect(calendar.earliestStart(question)).toEqual(before);
				},
			),
		);
		expect(gained, 'questions to which taking an agreement out made a difference').toBeGreaterThan(QUESTIONS / 50);
	});

	test('the largest scale is the largest of all that fit', () => {
		const shape = fc.record({ overhead: fc.nat(2), disk: fc.nat(4), cpuPerUnit: fc.nat(1), paused: fc.nat(3) });
		check(
			fc.property(
				world,
				shape,
				machineCount,
				startUnit,
				boundUnits,
				candidates,
				(site, form, machines, unit, range, hostNumbers) => {
					const usageFor = (units: number): Usage => {
						const run = pieceVector(1 + units * form.cpuPerUnit, units + form.overhead, form.disk, 0);
						const paused = pieceVector(0, units, form.disk, 0);
						return timeline(site.unitSeconds, [-1, 5, run], [4, form.paused, paused]);
					};
					const startAt = unit * site.unitSeconds;
					const among = candidateHosts(site, hostNumbers);
					const [unitsMin, unitsMax] = [1 + Math.abs(range[0] % 4), 1 + Math.abs(range[1] % 20)];
					const fitting = unitsBetween(unitsMin, unitsMax, 1).filter(
						(units) => site.oracle.total(usageFor(units), startAt, among) >= machines,
					);
					expect(site.calendar.largestScale({ startAt, count: machines, unitsMin, unitsMax, usageFor, ...among })).toBe(
						fitting.at(-1) ?? null,
					);
				},
			),
		);
	});

	test('the longest duration is the longest of all that fit, though a longer one may fit where a shorter does not', () => {
		const shape = fc.record({
			setup: fc.nat(3),
			run: fc.integer({ min: 1, max: 4 }),
			teardown: fc.nat(2),
			gap: fc.nat(2),
			retention: fc.nat(12),
			kept: fc.nat(4),
		});
		let notMonotone = 0;
		check(
			fc.property(
				world,
				shape,
				machineCount,
				startUnit,
				boundUnits,
				candidates,
				(site, form, machines, unit, range, hostNumbers) => {
					const run = pieceVector(form.run, form.run, 1, 0);
					const usageFor = (durationSeconds: number): Usage => {
						const duration = durationSeconds / site.unitSeconds;
						return timeline(
							site.unitSeconds,
							[-form.setup, form.setup, run],
							[0, duration, run],
							[duration, form.teardown, pieceVector(1, 0, 1, 0)],
							[duration + form.teardown + form.gap, form.retention, pieceVector(0, form.kept, 1, 0)],
						);
					};
					const startAt = unit * site.unitSeconds;
					const among = candidateHosts(site, hostNumbers);
					const least = (1 + Math.abs(range[0] % 4)) * site.unitSeconds;
					const longest = (1 + Math.abs(range[1] % 40)) * site.unitSeconds;
					const durations = unitsBetween(least, longest, site.unitSeconds);
					const fitting = durations.filter(
						(seconds) => site.oracle.total(usageFor(seconds), startAt, among) >= machines,
					);
					if (fitting.length > 0 && fitting.at(-1) !== durations[fitting.length - 1]) notMonotone++;
					expect(
						site.calendar.longestDuration({
							startAt,
							count: machines,
							durationSecondsMin: least,
							durationSecondsMax: longest,
							usageFor,
							...among,
						}),
					).toBe(fitting.at(-1) ?? null);
				},
			),
		);
		expect(notMonotone, 'questions with a gap in the durations that fit').toBeGreaterThan(0);
	});

	test('an explanation counts what fits and names amounts and intervals that are so', () => {
		check(
			fc.property(
				world,
				usageShape,
				machineCount,
				startUnit,
				candidates,
				(site, shape, machines, unit, hostNumbers) => {
					const usage = usageOf(shape, site.unitSeconds);
					const startAt = unit * site.unitSeconds;
					const among = candidateHosts(site, hostNumbers);
					const explanation = site.calendar.explain({ startAt, count: machines, usage, ...among });
					expect(explanation.countFree).toBe(site.oracle.total(usage, startAt, among));
					for (const host of explanation.classes.flatMap(({ hosts }) => hosts)) {
						const index = site.hosts.findIndex(({ name }) => name === host.host);
						const counted = Math.min(site.oracle.countOn(index, usage, startAt), among.machinesPerHostMax ?? Infinity);
						expect(host.countFree).toBe(counted);
						const limited = Math.min(...host.limits.map(({ countFree }) => countFree));
						expect(host.countFree).toBe(Math.min(limited, among.machinesPerHostMax ?? Infinity));
						for (const limit of host.limits) {
							const inside = unitsBetween(limit.startAt, limit.endAt - site.unitSeconds, site.unitSeconds);
							const free = inside.map((at) => site.oracle.freeAt(index, at)[limit.resource]);
							expect(free.length).toBeGreaterThan(0);
							expect(Math.floor(limit.free / limit.asked)).toBe(limit.countFree);
							expect(Math.min(...free)).toBeGreaterThanOrEqual(limit.free);
							expect(free.map((amount) => Math.floor(amount / limit.asked))).toEqual(free.map(() => limit.countFree));
							expect(
								usage.some((phase) => covers(phase, startAt, limit) && phase.demand[limit.resource] === limit.asked),
							).toBe(true);
							expect(limit.lack).toEqual(lackOn(site, index, usage, startAt, limit.resource));
						}
					}
				},
			),
		);
	});
});

/** What a machine lacks of the resource on that host, by every instant of its phases; none where the host is closed then. */
function lackOn(site: World, index: number, usage: Usage, startAt: number, resource: ResourceName) {
	const instants = usage.flatMap(({ offsetSeconds, durationSeconds, demand }) => {
		const begin = startAt + offsetSeconds;
		const inside = unitsBetween(begin, begin + durationSeconds - site.unitSeconds, site.unitSeconds);
		return demand[resource] === 0 ? [] : inside.map((at) => ({ at, asked: demand[resource] }));
	});
	const short = instants.flatMap(({ at, asked }) => {
		const more = asked - site.oracle.freeAt(index, at)[resource];
		return more > 0 ? [{ at, more }] : [];
	});
	if (short.length === 0 || instants.some(({ at }) => site.oracle.isClosedAt(index, at))) return undefined;
	return {
		more: Math.max(...short.map(({ more }) => more)),
		startAt: short[0]!.at,
		endAt: short.at(-1)!.at + site.unitSeconds,
	};
}

function covers(phase: Usage[number], startAt: number, limit: { startAt: number; endAt: number }): boolean {
	const begin = startAt + phase.offsetSeconds;
	return begin <= limit.startAt && limit.endAt <= begin + phase.durationSeconds;
}

function timeline(unitSeconds: number, ...phases: [offset: number, duration: number, demand: ResourceVector][]): Usage {
	return defineUsage(
		phases.map(([offset, duration, demand]) => ({
			offsetSeconds: Math.round(offset * unitSeconds),
			durationSeconds: Math.round(duration * unitSeconds),
			demand,
		})),
	);
}
