/** What only makes the calendar fast, the glance and the hints to chunks, must never show in an answer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { AMOUNTS, AmountTable } from '../../src/capacity/profile/amounts.ts';
import { ChunkDirectory } from '../../src/capacity/profile/chunk-directory.ts';
import { HostProfile } from '../../src/capacity/profile/profile.ts';
import { defineUsage, type Host, type Placement } from '../../src/capacity/resources.ts';
import type { FitQuestion } from '../../src/capacity/search/questions.ts';
import { pieceVector } from './worlds.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const CPUS = 6;
const HOSTS: readonly Host[] = [4, CPUS, CPUS].map((pieces, i) => ({
	name: `host-${i}`,
	capacity: pieceVector(pieces, pieces, 50, 50),
	labels: {},
}));

/** Mostly hours of the next weeks, some long before or behind them; from minutes to weeks long. */
const wish = fc.record({
	startMinutes: fc.oneof(
		{ weight: 6, arbitrary: fc.integer({ min: 0, max: 8000 }) },
		fc.integer({ min: -90_000, max: 90_000 }),
	),
	minutes: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 20, max: 900 }) }, fc.integer({ min: 1, max: 40_000 })),
	cpus: fc.integer({ min: 1, max: CPUS + 1 }),
	memory: fc.integer({ min: 0, max: CPUS + 1 }),
	count: fc.integer({ min: 1, max: 4 }),
});

type Wish = typeof wish extends fc.Arbitrary<infer W> ? W : never;

const deed = fc.oneof(
	{ weight: 8, arbitrary: fc.record({ kind: fc.constant('book' as const), wish }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('try' as const), wish }) },
	{ weight: 3, arbitrary: fc.record({ kind: fc.constant('release' as const), nth: fc.nat() }) },
	{
		weight: 1,
		arbitrary: fc.record({ kind: fc.constant('forget' as const), hours: fc.constantFrom(1, 7, 40, 400, 2000) }),
	},
);

function usageOf({ minutes, cpus, memory }: Wish) {
	return defineUsage([
		{ offsetSeconds: 0, durationSeconds: minutes * MINUTE, demand: pieceVector(cpus, memory, 1, 0) },
	]);
}

/** The earliest start by trying: none can begin to fit but at the first instant or where a step begins. */
function firstOf(calendar: SiteCalendar, asked: Omit<FitQuestion, 'startAt'> & { fromAt: number }, seconds: number) {
	const { fromAt, ...question } = asked;
	for (let at: number | null = fromAt; at !== null && at <= fromAt + seconds; at = calendar.nextChange(at)) {
		if (calendar.fit({ ...question, startAt: at })) return at;
	}
	return null;
}

/** The latest start by trying: none can cease to fit but at the last instant or where a run ends with a step. */
function lastOf(calendar: SiteCalendar, asked: Omit<FitQuestion, 'startAt'> & { fromAt: number; untilAt: number }) {
	const { fromAt, untilAt, ...question } = asked;
	const seconds = question.usage[0]!.durationSeconds;
	for (let at = untilAt; at >= fromAt; at = (calendar.previousChange(at + seconds) ?? -Infinity) - seconds) {
		if (calendar.fit({ ...question, startAt: at })) return at;
	}
	return null;
}

describe('the glance', () => {
	test('leaves the last of several gaps to a search from the end back', () => {
		const calendar = new SiteCalendar(HOSTS.slice(0, 1));
		const lasting = (hours: number, cpus: number) =>
			defineUsage([{ offsetSeconds: 0, durationSeconds: hours * HOUR, demand: pieceVector(cpus, 1, 1, 0) }]);
		for (const [startHour, hours] of [
			[10, 2],
			[14, 2],
			[18, 82],
		] as const) {
			const machines = [{ host: HOSTS[0]!.name, count: 1 }];
			calendar.book({ startAt: startHour * HOUR, usage: lasting(hours, 4), machines });
		}
		const latest = calendar.latestStart({ fromAt: 0, untilAt: 90 * HOUR, count: 1, usage: lasting(2, 1) });
		expect(latest?.startAt).toBe(16 * HOUR);
	});

	test('rules out no host that has room: placing counts what looking at every profile counts', () => {
		fc.assert(
			fc.property(
				fc.array(deed, { maxLength: 60 }),
				fc.array(wish, { minLength: 10, maxLength: 10 }),
				(deeds, wishes) => {
					const calendar = new SiteCalendar(HOSTS);
					const booked: Placement[] = [];
					let forgottenAt = 0;
					const expectSame = (asked: Wish): void => {
						const question = { startAt: asked.startMinutes * MINUTE, usage: usageOf(asked) };
						const { countFree } = calendar.explain({ ...question, count: 99 });
						expect(calendar.largestCount({ ...question, countMax: 99 })).toBe(Math.min(99, countFree));
						const starts = { ...question, count: asked.count, fromAt: question.startAt };
						const found = calendar.earliestStart({ ...starts, untilAt: question.startAt + 2000 * HOUR });
						expect(found?.startAt ?? null).toBe(firstOf(calendar, starts, 2000 * HOUR));
						const back = { ...starts, fromAt: question.startAt - 2000 * HOUR, untilAt: question.startAt };
						const latest = calendar.latestStart(back);
						expect(latest?.startAt ?? null).toBe(lastOf(calendar, back));
					};
					for (const each of deeds) {
						if (each.kind === 'forget') {
							forgottenAt += each.hours * HOUR;
							calendar.forgetBefore(forgottenAt);
						}
						if (each.kind === 'release' && booked.length > 0) {
							calendar.release(booked.splice(each.nth % booked.length, 1)[0]!);
						}
						if (each.kind === 'book' || each.kind === 'try') {
							const { startMinutes, count } = each.wish;
							const question = { startAt: startMinutes * MINUTE, usage: usageOf(each.wish), count };
							const everywhere = HOSTS.map(({ name }) => ({ host: name, count }));
							if (each.kind === 'try') calendar.hasRoom({ ...question, machines: everywhere });
							const placement = each.kind === 'book' ? calendar.fit(question) : null;
							if (placement) calendar.book(placement);
							if (placement) booked.push(placement);
							expectSame(each.wish);
						}
					}
					wishes.forEach(expectSame);
				},
			),
			{ numRuns: 300 },
		);
	});

	test('finds the hosts that looking at one after the other finds, however many there are and may be chosen', () => {
		const site = fc.integer({ min: 1, max: 9 }).chain((hosts) =>
			fc.record({
				hosts: fc.constant(hosts),
				// By host, what is booked there already: hours from the first one on, and how many of them.
				busy: fc.array(fc.tuple(fc.nat(hosts - 1), fc.nat(30), fc.integer({ min: 1, max: 12 })), { maxLength: 40 }),
				chosen: fc.option(fc.subarray([...new Array(hosts).keys()], { minLength: 1 }), { nil: undefined }),
			}),
		);
		fc.assert(
			fc.property(site, fc.array(wish, { minLength: 20, maxLength: 20 }), ({ hosts, busy, chosen }, wishes) => {
				const all = Array.from({ length: hosts }, (_, nth) => ({ ...HOSTS[nth % HOSTS.length]!, name: `host-${nth}` }));
				const calendar = new SiteCalendar(all);
				for (const [nth, hour, hours] of busy) {
					const usage = defineUsage([
						{ offsetSeconds: 0, durationSeconds: hours * HOUR, demand: pieceVector(2, 1, 1, 0) },
					]);
					const placement = { startAt: hour * HOUR, usage, machines: [{ host: `host-${nth}`, count: 1 }] };
					if (calendar.hasRoom(placement)) calendar.book(placement);
				}
				const candidateHosts = chosen?.map((nth) => `host-${nth}`);
				for (const asked of wishes) {
					const question = { startAt: (asked.startMinutes % 2400) * MINUTE, usage: usageOf(asked), count: asked.count };
					let left = asked.count;
					const machines = (candidateHosts ?? all.map(({ name }) => name)).flatMap((host) => {
						const count = Math.min(left, calendar.explain({ ...question, candidateHosts: [host] }).countFree);
						left -= count;
						return count === 0 ? [] : [{ host, count }];
					});
					const found = calendar.fit({ ...question, ...(candidateHosts && { candidateHosts }) });
					expect(found?.machines ?? null).toEqual(left === 0 ? machines : null);
				}
			}),
			{ numRuns: 200 },
		);
	});
});

describe('a hint to a chunk', () => {
	test('changes no answer, wherever it points', () => {
		const change = fc.record({
			from: fc.integer({ min: 0, max: 300 }),
			length: fc.integer({ min: 1, max: 5 }),
			hint: fc.nat(),
			undoes: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(change, { minLength: 100, maxLength: 400 }), (changes) => {
				const capacity = 40;
				const profile = new HostProfile(pieceVector(capacity, 0, 0, 0), new AmountTable());
				const demand = new Float64Array(AMOUNTS);
				demand[0] = pieceVector(1, 0, 0, 0).cpuMillicores;
				const free = new Array<number>(310).fill(capacity);
				const chunks = new Set<number>([0]);
				const done: { from: number; end: number }[] = [];
				for (const { from, length, hint, undoes } of changes) {
					const hinted = [...chunks][hint % chunks.size]!;
					profile.approach(hinted, hinted);
					const undone = undoes ? done.pop() : undefined;
					const taken = undone ?? { from, end: from + length };
					const count = undone ? -1 : 1;
					if (!profile.take(taken.from, taken.end, demand, 0, count)) continue;
					if (!undone) done.push(taken);
					for (let at = taken.from; at < taken.end; at++) free[at]! -= count;
					profile.seek(from);
					chunks.add(profile.chunk);
					for (const chunk of chunks) {
						profile.approach(chunk, 0);
						const expected = Math.min(...free.slice(from, from + length));
						expect(profile.machinesBetween(from, from + length, demand, 0, 99)).toBe(expected);
					}
				}
			}),
			{ numRuns: 30 },
		);
	});
});

describe('the directory of chunks', () => {
	test('finds a chunk by where it begins, however unevenly they lie in time', () => {
		const gap = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 10 ** 6 }));
		const chunks = fc.array(fc.tuple(gap, fc.nat()), { minLength: 1, maxLength: 120 });
		fc.assert(
			fc.property(chunks, (placed) => {
				const directory = new ChunkDirectory();
				const times = new Float64Array((placed.length + 1) * 16);
				times[1] = -Infinity;
				// Where a chunk lies in memory has nothing to do with when its first step begins.
				const order = placed.map((_, nth) => nth).sort((a, b) => placed[a]![1] - placed[b]![1]);
				let at = 0;
				for (const [nth, [seconds]] of placed.entries()) {
					at += seconds;
					const begin = (order[nth]! + 1) * 16;
					times[begin + 1] = at;
					directory.insertBehind(nth, begin);
				}
				for (let nth = 0; nth < directory.length; nth++) {
					expect(directory.placeOf(times, directory.at(nth))).toBe(nth);
				}
			}),
		);
	});
});
