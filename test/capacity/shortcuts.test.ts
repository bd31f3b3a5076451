/** What only makes the calendar fast, the glance and how steps lie in pages, must never show in an answer. */
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { AMOUNTS, AmountTable } from '../../src/capacity/profile/amounts.ts';
import { BEGIN_PLACE, PageDirectory } from '../../src/capacity/profile/page-directory.ts';
import { PAGE_HOSTS_MAX } from '../../src/capacity/profile/pages.ts';
import { emptyProfiles, HostProfile } from '../../src/capacity/profile/profile.ts';
import { WindowMinimum } from '../../src/capacity/profile/window-minimum.ts';
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
					const among = { ...question, ...(candidateHosts && { candidateHosts }) };
					expect(calendar.fit(among)?.machines ?? null).toEqual(left === 0 ? machines : null);
					const starts = { ...among, fromAt: question.startAt };
					const earliest = calendar.earliestStart({ ...starts, untilAt: question.startAt + 100 * HOUR });
					expect(earliest?.startAt ?? null).toBe(firstOf(calendar, starts, 100 * HOUR));
				}
			}),
			{ numRuns: 200 },
		);
	});
});

/** What `hosts` hosts have free of CPU in each unit of time, beside their profiles, in which the same is taken. */
class Plain {
	readonly profiles: readonly HostProfile[];
	readonly free: number[][];
	private readonly unitSeconds: number;
	private readonly fromAt: number;
	private readonly demand = new Float64Array(AMOUNTS);

	constructor(
		hosts: number,
		{ units, unitSeconds = 1, fromAt = 0 }: Partial<Record<string, number>> & { units: number },
	) {
		const capacity = pieceVector(ROOM, 0, 0, 0);
		this.profiles = emptyProfiles(new Array(hosts).fill(capacity), new AmountTable());
		this.free = this.profiles.map(() => new Array<number>(units).fill(capacity.cpuMillicores));
		this.unitSeconds = unitSeconds;
		this.fromAt = fromAt;
	}

	/** Takes so much, or gives it back; whether it was there. */
	take(host: number, from: number, end: number, amount: number): boolean {
		this.demand[0] = Math.abs(amount);
		const taken = this.profiles[host]!.take(this.at(from), this.at(end), this.demand, 0, Math.sign(amount));
		if (taken) for (let unit = from; unit < end; unit++) this.free[host]![unit]! -= amount;
		return taken;
	}

	forgetBefore(unit: number): void {
		for (const profile of this.profiles) profile.forgetBefore(this.at(unit));
		for (const free of this.free) free.fill(pieceVector(ROOM, 0, 0, 0).cpuMillicores, 0, unit);
	}

	/** All that is free, the steps by which it is told, and both neighbours of an instant, are those of the arrays. */
	expectSame(unit: number): void {
		for (const [host, profile] of this.profiles.entries()) {
			const free = this.free[host]!;
			const changes = free.flatMap((amount, nth) => (nth > 0 && amount === free[nth - 1] ? [] : [nth]));
			const told = profile.stepsBetween(this.at(0), this.at(free.length));
			expect(told.map(({ startAt, free: { cpuMillicores } }) => [startAt, cpuMillicores])).toEqual(
				changes.map((nth) => [this.at(nth), free[nth]]),
			);
			// Free before and behind all units.
			const all = [...changes.slice(free[0] === pieceVector(ROOM, 0, 0, 0).cpuMillicores ? 1 : 0)];
			if (free.at(-1) !== pieceVector(ROOM, 0, 0, 0).cpuMillicores) all.push(free.length);
			const after = all.find((nth) => nth > unit);
			const before = all.findLast((nth) => nth < unit);
			expect(profile.stepAfter(this.at(unit), Infinity)).toBe(after === undefined ? Infinity : this.at(after));
			expect(profile.stepBefore(this.at(unit), -Infinity)).toBe(before === undefined ? -Infinity : this.at(before));
		}
	}

	private at(unit: number): number {
		return this.fromAt + unit * this.unitSeconds;
	}
}

const ROOM = 40;

describe('what is too much for a site', () => {
	afterEach(() => void vi.restoreAllMocks());

	/** Of 24 hosts the first two are half full for two days. */
	function halfFull(): SiteCalendar {
		const capacity = pieceVector(4, 4, 4, 4);
		const hosts = Array.from({ length: 24 }, (_, nth) => ({ name: `host-${nth}`, capacity, labels: {} }));
		const calendar = new SiteCalendar(hosts);
		for (const { name } of hosts.slice(0, 2)) {
			calendar.book({ startAt: 0, usage: lasting(48 * HOUR, 2), machines: [{ host: name, count: 1 }] });
		}
		return calendar;
	}

	function lasting(durationSeconds: number, cpus: number) {
		return defineUsage([{ offsetSeconds: 0, durationSeconds, demand: pieceVector(cpus, 1, 1, 1) }]);
	}

	// Windows of half an hour, of which the glance knows nothing.
	test.each([
		[24, 1],
		[23, 2],
		[22, 24],
	])('is known before all hosts were looked at: of %i whole hosts behind %i', (count, looks) => {
		const calendar = halfFull();
		const look = vi.spyOn(HostProfile.prototype, 'machinesBetween');
		const found = calendar.fit({ startAt: 600, count, usage: lasting(30 * MINUTE, 4) });
		expect(found === null).toBe(count > 22);
		expect(look).toHaveBeenCalledTimes(looks);
	});

	test.each([
		[24, 1],
		[23, 2],
	])('is known before all hosts were swept: of %i whole hosts behind %i', (count, swept) => {
		const calendar = halfFull();
		const sweep = vi.spyOn(WindowMinimum.prototype, 'begin');
		const question = { fromAt: 600, untilAt: 5 * HOUR, count, usage: lasting(30 * MINUTE, 4) };
		expect(calendar.earliestStart(question)).toBeNull();
		expect(calendar.latestStart(question)).toBeNull();
		expect(sweep).toHaveBeenCalledTimes(2 * swept);
	});

	test('is not swept on hosts that are full throughout what all starts have in common', () => {
		const calendar = halfFull();
		calendar.book({ startAt: 6 * HOUR, usage: lasting(HOUR, 1), machines: [{ host: 'host-2', count: 1 }] });
		const sweep = vi.spyOn(WindowMinimum.prototype, 'begin');
		const question = { fromAt: 0, untilAt: 10 * HOUR, count: 22, usage: lasting(24 * HOUR, 4) };
		expect(calendar.earliestStart(question)?.startAt).toBe(7 * HOUR);
		expect(sweep).toHaveBeenCalledTimes(22);
	});
});

describe('pages of steps', () => {
	test('say what arrays say, however densely steps lie, wherever in time, on one host or on many', () => {
		const change = fc.record({
			host: fc.nat(),
			from: fc.integer({ min: 0, max: 590 }),
			length: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 300 })),
			amount: fc.integer({ min: 1, max: 900 }),
			undoes: fc.boolean(),
			forgets: fc.integer({ min: 0, max: 40 }).map((nth) => nth === 40),
		});
		const time = fc.record({
			unitSeconds: fc.constantFrom(1, 60, 3600, 7200, 100_000, 10 ** 9),
			fromAt: fc.constantFrom(0, -7201, 1_790_000_000, 2 ** 50),
		});
		fc.assert(
			fc.property(
				fc.constantFrom(1, 2, 30),
				time,
				fc.array(change, { minLength: 50, maxLength: 400 }),
				(hosts, when, changes) => {
					const plain = new Plain(hosts, { units: 600, ...when });
					const done: { host: number; from: number; end: number; amount: number }[] = [];
					let forgotten = 0;
					for (const { host: nth, from, length, amount, undoes, forgets } of changes) {
						const undone = undoes ? done.pop() : undefined;
						const host = undone?.host ?? nth % hosts;
						const start = Math.max(undone?.from ?? from, forgotten);
						const end = Math.min(undone?.end ?? from + length, 600);
						if (start < end && plain.take(host, start, end, undone ? -undone.amount : amount) && !undone) {
							done.push({ host, from, end, amount });
						}
						if (!forgets) continue;
						forgotten = Math.max(forgotten, from);
						plain.forgetBefore(forgotten);
					}
					plain.expectSame(changes[0]!.from);
				},
			),
			{ numRuns: 150 },
		);
	});

	test('are as before when all is given back, though they were cut in pieces meanwhile, and serve other times', () => {
		const plain = new Plain(1, { units: 6000, unitSeconds: 10 });
		plain.take(0, 5950, 5960, 5);
		const even = Array.from({ length: 1000 }, (_, nth) => 2 * nth);
		for (const nth of even) expect(plain.take(0, nth, nth + 1, 5)).toBe(true);
		plain.expectSame(999);
		for (const nth of even.filter((each) => each % 3 === 0)) plain.take(0, nth, nth + 1, -5);
		plain.expectSame(1234);
		for (const nth of even.filter((each) => each % 3 !== 0)) plain.take(0, nth, nth + 1, -5);
		plain.expectSame(77);
		expect(plain.profiles[0]!.stepsBetween(0, 2000)).toHaveLength(1);
		for (const unit of [3500, 5000, 2500, 1500, 500]) {
			plain.take(0, unit, unit + 10, 5);
			plain.expectSame(unit - 5);
		}
	});

	test('find a step behind a page that was cut, where the next four hours have none of their own yet', () => {
		const plain = new Plain(1, { units: 700, unitSeconds: 60 });
		for (let unit = 100; unit < 240; unit += 2) plain.take(0, unit, unit + 1, 5);
		for (const unit of [400, 478, 399, 300]) {
			plain.take(0, unit, unit + 1, 5);
			plain.expectSame(unit);
		}
	});

	test('hold a step of every host at one instant, and as many different amounts as there are', () => {
		const plain = new Plain(PAGE_HOSTS_MAX, { units: 60 });
		for (let unit = 0; unit < 30; unit++) {
			for (const host of plain.profiles.keys())
				plain.take(host, unit, 59, 1 + ((unit * unit * 7919 + host * 104_729) % 331));
		}
		// More than a word of a page can name.
		expect(new Set(plain.free.flat()).size).toBeGreaterThan(2048);
		for (let unit = 0; unit < 60; unit += 7) plain.expectSame(unit);
	});
});

describe('the directory of pages', () => {
	test('finds the page in which an instant lies, however unevenly they lie in time', () => {
		const gap = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 10 ** 6 }));
		const pages = fc.array(fc.tuple(gap, fc.nat()), { minLength: 1, maxLength: 120 });
		fc.assert(
			fc.property(pages, (placed) => {
				const directory = new PageDirectory();
				const times = new Float64Array((placed.length + 1) * 16);
				times[BEGIN_PLACE] = -Infinity;
				// Where a page lies in memory has nothing to do with when it begins.
				const order = placed.map((_, nth) => nth).sort((a, b) => placed[a]![1] - placed[b]![1]);
				let at = 0;
				const begins = placed.map(([seconds], nth) => {
					at += seconds;
					const page = (order[nth]! + 1) * 32;
					times[page / 2 + BEGIN_PLACE] = at;
					directory.insertBehind(nth, page);
					return at;
				});
				for (const begin of begins) {
					const nth = directory.find(times, begin);
					expect(times[directory.at(nth) / 2 + BEGIN_PLACE]).toBe(begin);
					expect(directory.find(times, begin - 1)).toBe(nth - 1);
					expect(directory.find(times, begin + 0.5)).toBe(nth);
				}
			}),
		);
	});
});
