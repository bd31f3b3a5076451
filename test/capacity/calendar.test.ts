import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { CapacityAssertion, defineUsage, type Placement, type Usage } from '../../src/capacity/resources.ts';
import { pieceVector } from './worlds.ts';

const HOUR = 3600;
const whole = pieceVector(8, 8, 8, 8);

function site(count: number): SiteCalendar {
	const labels = { architecture: 'x86_64' };
	return new SiteCalendar(Array.from({ length: count }, (_, i) => ({ name: `h${i}`, capacity: whole, labels })));
}

function lasting(durationSeconds: number, demand = whole): Usage {
	return defineUsage([{ offsetSeconds: 0, durationSeconds, demand }]);
}

function on(host: string, startAt: number, usage: Usage, count = 1): Placement {
	return { startAt, usage, machines: [{ host, count }] };
}

/** What typed arrays take after a collection. */
function arrayBytes(): number {
	setFlagsFromString('--expose-gc');
	// The memory of arrays is swept beside the program: the next collection waits for it.
	for (let i = 0; i < 3; i++) runInNewContext('gc')();
	return process.memoryUsage().arrayBuffers;
}

describe('half-open intervals', () => {
	test('one machine may begin at the very second at which another ends, and not one second before', () => {
		const calendar = site(1);
		calendar.book(on('h0', HOUR, lasting(HOUR)));
		const fits = (startAt: number): boolean => calendar.fit({ startAt, count: 1, usage: lasting(HOUR) }) !== null;
		expect([0, 1, 2 * HOUR - 1, 2 * HOUR].map(fits)).toEqual([true, false, false, true]);
	});

	test('a search includes both of its bounds', () => {
		const calendar = site(1);
		calendar.book(on('h0', HOUR, lasting(HOUR)));
		const question = { count: 1, usage: lasting(HOUR) };
		expect(calendar.earliestStart({ ...question, fromAt: 1, untilAt: 2 * HOUR })?.startAt).toBe(2 * HOUR);
		expect(calendar.earliestStart({ ...question, fromAt: 1, untilAt: 2 * HOUR - 1 })).toBeNull();
		expect(calendar.latestStart({ ...question, fromAt: 0, untilAt: 2 * HOUR - 1 })?.startAt).toBe(0);
		expect(calendar.latestStart({ ...question, fromAt: 1, untilAt: 2 * HOUR - 1 })).toBeNull();
		expect(calendar.earliestStart({ ...question, fromAt: 5, untilAt: 4 })).toBeNull();
	});
});

describe('how long a machine may run', () => {
	const least = 60;
	const longest = (hour: number, later: number): number => {
		const calendar = site(1);
		const bookedAt = least + hour * HOUR + later;
		calendar.book(on('h0', bookedAt, lasting(HOUR)));
		const bounds = { durationSecondsMin: least, durationSecondsMax: 3000 * HOUR };
		return calendar.longestDuration({ startAt: 0, count: 1, ...bounds, usageFor: (s) => lasting(s) })! - bookedAt;
	};

	// A search looks 6 hours ahead, then 24, then 96.
	test.each([1, 6, 30, 126, 2000])('is until another begins %i hours later, to the second', (hour) => {
		expect([-1, 0, 1].map((later) => longest(hour, later))).toEqual([0, 0, 0]);
	});
});

describe('what a machine keeps after its run', () => {
	test('a machine finds no room where only its saved disk would have none', () => {
		const calendar = site(1);
		calendar.book(on('h0', 10 * HOUR, lasting(HOUR, pieceVector(0, 0, 8, 0))));
		const run = { offsetSeconds: 0, durationSeconds: HOUR, demand: pieceVector(1, 1, 1, 0) };
		const saved = { offsetSeconds: HOUR, durationSeconds: 24 * HOUR, demand: pieceVector(0, 0, 1, 0) };
		expect(calendar.fit({ startAt: 0, count: 1, usage: defineUsage([run]) })).not.toBeNull();
		expect(calendar.fit({ startAt: 0, count: 1, usage: defineUsage([run, saved]) })).toBeNull();
		const later = calendar.earliestStart({ fromAt: 0, untilAt: 1e6, count: 1, usage: defineUsage([run, saved]) });
		expect(later?.startAt).toBe(11 * HOUR);
	});

	test('a longer run is found that moves its retention behind a busy day', () => {
		const calendar = site(1);
		calendar.book(on('h0', 10 * HOUR, lasting(5 * HOUR, pieceVector(0, 8, 0, 0))));
		const usageFor = (durationSeconds: number): Usage =>
			defineUsage([
				{ offsetSeconds: 0, durationSeconds, demand: pieceVector(1, 0, 0, 0) },
				{ offsetSeconds: durationSeconds, durationSeconds: 2 * HOUR, demand: pieceVector(0, 1, 0, 0) },
			]);
		const question = { startAt: 0, count: 1, durationSecondsMin: HOUR, usageFor };
		expect(calendar.longestDuration({ ...question, durationSecondsMax: 20 * HOUR })).toBe(20 * HOUR);
		expect(calendar.longestDuration({ ...question, durationSecondsMax: 15 * HOUR })).toBe(15 * HOUR);
		expect(calendar.longestDuration({ ...question, durationSecondsMax: 15 * HOUR - 1 })).toBe(8 * HOUR);
	});

	test('a usage whose demand changes with the duration cannot be searched', () => {
		const question = { startAt: 0, count: 1, durationSecondsMin: 1, durationSecondsMax: 5 };
		const growing = (seconds: number): Usage => lasting(seconds, pieceVector(seconds, 0, 0, 0));
		const doubled = (seconds: number): Usage => lasting(2 * seconds);
		for (const usageFor of [growing, doubled]) {
			expect(() => site(1).longestDuration({ ...question, usageFor })).toThrow(CapacityAssertion);
		}
	});
});

describe('overbooking dies loudly and changes nothing (H1)', () => {
	const two = defineUsage([
		{ offsetSeconds: 0, durationSeconds: HOUR, demand: pieceVector(1, 1, 0, 0) },
		{ offsetSeconds: HOUR, durationSeconds: HOUR, demand: pieceVector(0, 8, 0, 0) },
	]);
	const busy = (): SiteCalendar => {
		const calendar = site(2);
		calendar.book(on('h1', HOUR, lasting(HOUR, pieceVector(4, 4, 4, 4))));
		return calendar;
	};
	test.each<[string, (calendar: SiteCalendar) => void]>([
		['more machines than fit', (calendar) => calendar.book(on('h0', 0, lasting(1), 2))],
		[
			'the second host of a cluster is full',
			(calendar) =>
				calendar.book({
					startAt: HOUR,
					usage: lasting(1),
					machines: [
						{ host: 'h0', count: 1 },
						{ host: 'h1', count: 1 },
					],
				}),
		],
		['the second phase has no room', (calendar) => calendar.book(on('h1', 0, two))],
		[
			'the same host twice',
			(calendar) =>
				calendar.book({
					startAt: 0,
					usage: lasting(1),
					machines: [
						{ host: 'h0', count: 1 },
						{ host: 'h0', count: 1 },
					],
				}),
		],
		['a release of what was never booked', (calendar) => calendar.release(on('h0', 0, lasting(1)))],
		[
			'a release that was booked in part',
			(calendar) => calendar.release(on('h1', HOUR, lasting(HOUR + 1, pieceVector(4, 4, 4, 4)))),
		],
		['a host that there is not', (calendar) => calendar.book(on('h9', 0, lasting(1)))],
		['no machines', (calendar) => calendar.book(on('h0', 0, lasting(1), 0))],
		['a start between two seconds', (calendar) => calendar.book(on('h0', 0.5, lasting(1)))],
		[
			'a demand that is no number',
			(calendar) =>
				calendar.book(
					on('h0', 0, [{ offsetSeconds: 0, durationSeconds: 1, demand: pieceVector(Number.NaN, 1, 1, 1) }]),
				),
		],
	])('%s', (_, deed) => {
		const calendar = busy();
		expect(() => deed(calendar)).toThrow(CapacityAssertion);
		expect(calendar.freeBetween(-HOUR, 9 * HOUR)).toEqual(busy().freeBetween(-HOUR, 9 * HOUR));
	});

	test('two hosts of one name cannot be told apart', () => {
		expect(() => new SiteCalendar([...site(1).hosts, ...site(1).hosts])).toThrow(/one name/);
	});
});

describe('which hosts are chosen', () => {
	test('the same question has the same answer, whatever was booked and released before', () => {
		const fresh = site(300);
		const used = site(300);
		const question = { startAt: 12 * HOUR, count: 200, usage: lasting(HOUR) };
		const other = used.fit({ ...question, count: 150 })!;
		used.book(other);
		used.release(other);
		expect(used.fit(question)).toEqual(fresh.fit(question));
	});

	test('a site is packed in host order', () => {
		const calendar = site(200);
		const usage = lasting(HOUR, pieceVector(4, 1, 1, 1));
		calendar.book(on('h0', 0, usage, 2));
		calendar.book(on('h2', 0, usage));
		expect(calendar.fit({ startAt: 0, count: 4, usage })?.machines).toEqual([
			{ host: 'h1', count: 2 },
			{ host: 'h2', count: 1 },
			{ host: 'h3', count: 1 },
		]);
	});

	test('a large site is packed group by group, beginning elsewhere for another start, and to the last host', () => {
		const calendar = site(1000);
		const usage = lasting(HOUR, pieceVector(4, 1, 1, 1));
		const starts = Array.from({ length: 24 }, (_, hour) => calendar.fit({ startAt: hour * HOUR, count: 2, usage })!);
		expect(new Set(starts.flatMap(({ machines }) => machines.map(({ host }) => host)))).toEqual(
			new Set(['h0', 'h256', 'h512', 'h768']),
		);
		const all = calendar.fit({ startAt: 0, count: 2000, usage })!;
		calendar.book(all);
		expect(new Set(all.machines.map(({ host }) => host)).size).toBe(1000);
		expect(calendar.fit({ startAt: 0, count: 1, usage })).toBeNull();
	});

	test('a host that is full for months is passed over, and found again when it is free', () => {
		const calendar = site(2);
		const year = on('h0', 0, lasting(365 * 24 * HOUR));
		calendar.book(year);
		const first = (startAt: number): string | undefined =>
			calendar.fit({ startAt, count: 1, usage: lasting(5 * HOUR, pieceVector(1, 1, 1, 1)) })?.machines[0]?.host;
		const instants = [-6, 0, 100, 24 * 200, 24 * 365 - 1, 24 * 365].map((hours) => hours * HOUR);
		expect(instants.map(first)).toEqual(['h0', 'h1', 'h1', 'h1', 'h1', 'h0']);
		calendar.release(year);
		expect(instants.map(first)).toEqual(instants.map(() => 'h0'));
	});

	test('bookings scattered over ten years cost a site of 10,000 hosts bounded memory', () => {
		const calendar = site(10_000);
		const before = arrayBytes();
		const days = Array.from({ length: 365 }, (_, i) => i * 10 * 24 * HOUR);
		for (const startAt of days) calendar.book(on('h0', startAt, lasting(HOUR)));
		expect(arrayBytes() - before).toBeLessThan(80 * 2 ** 20);
		for (const startAt of days) {
			const placement = calendar.fit({ startAt, count: 1, usage: lasting(HOUR), candidateHosts: ['h0', 'h1'] });
			expect(placement?.machines).toEqual([{ host: 'h1', count: 1 }]);
		}
	});

	test('a site of 1,000 hosts that forgets what is over needs no more memory after two years than after a week', () => {
		const calendar = site(1000);
		const before = arrayBytes();
		for (let startAt = 0; startAt < 730 * 24 * HOUR; startAt += 24 * HOUR) {
			calendar.forgetBefore(startAt - 7 * 24 * HOUR);
			calendar.book(on('h0', startAt, lasting(HOUR)));
		}
		expect(arrayBytes() - before).toBeLessThan(4 * 2 ** 20);
	});

	test('candidates are taken in the order of the site, each once', () => {
		const fitted = site(4).fit({ startAt: 0, count: 2, usage: lasting(1), candidateHosts: ['h3', 'h1', 'h3'] });
		expect(fitted?.machines.map(({ host }) => host)).toEqual(['h1', 'h3']);
		expect(site(4).fit({ startAt: 0, count: 3, usage: lasting(1), candidateHosts: ['h3', 'h1', 'h3'] })).toBeNull();
		expect(() => site(4).fit({ startAt: 0, count: 1, usage: lasting(1), candidateHosts: ['h4'] })).toThrow(/h4/);
	});
});

describe('an explanation', () => {
	test('tells what is reserved from what the host never had, class by class', () => {
		const small = { name: 'small', capacity: pieceVector(2, 2, 2, 2), labels: { zone: 'b' } };
		const large = ['l0', 'l1'].map((name) => ({ name, capacity: whole, labels: { zone: 'a' } }));
		const calendar = new SiteCalendar([small, ...large]);
		calendar.book(on('l0', 2 * HOUR, lasting(HOUR, pieceVector(0, 6, 0, 0))));
		calendar.book(on('l1', 3 * HOUR, lasting(HOUR, pieceVector(0, 5, 0, 0))));
		const usage = lasting(24 * HOUR, pieceVector(1, 4, 0, 0));
		const { classes, ...sums } = calendar.explain({ startAt: 0, count: 1, usage });
		expect(sums).toEqual({ countAsked: 1, countFree: 0, countEmpty: 4 });
		expect(classes.map(({ countFree, countEmpty, labels }) => [labels.zone, countFree, countEmpty])).toEqual([
			['b', 0, 0],
			['a', 0, 4],
		]);
		const gib = 3 * 2 ** 30;
		expect(classes[1]!.best.find(({ resource }) => resource === 'memoryBytes')).toEqual({
			host: 'l1',
			resource: 'memoryBytes',
			asked: 4 * gib,
			free: 3 * gib,
			capacity: 8 * gib,
			countFree: 0,
			startAt: 3 * HOUR,
			endAt: 4 * HOUR,
			lack: { more: gib, startAt: 3 * HOUR, endAt: 4 * HOUR },
		});
	});
});

describe('hosts that are closed for maintenance', () => {
	const small = lasting(HOUR, pieceVector(1, 1, 1, 1));
	const noon = { host: 'h0', startAt: 12 * HOUR, endAt: 14 * HOUR };

	test('take nothing new, keep what is booked, and are free of it when it is released', () => {
		const calendar = site(1);
		const booked = on('h0', 13 * HOUR, small);
		calendar.book(booked);
		calendar.close(noon);
		const fits = (hours: number): boolean => {
			return calendar.fit({ startAt: hours * HOUR, count: 1, usage: small }) !== null;
		};
		expect([11, 11.5, 12, 13.5, 14].map(fits)).toEqual([true, false, false, false, true]);
		calendar.release(booked);
		expect([11, 11.5, 12, 13.5, 14].map(fits)).toEqual([true, false, false, false, true]);
		// What was taken out to see what fits without it goes back, closed or not.
		expect(calendar.hasRoom(booked)).toBe(true);
		calendar.book(booked);
		expect(calendar.hasRoom(on('h0', 13 * HOUR, lasting(HOUR, whole)))).toBe(false);
		expect(() => calendar.book(on('h0', 13 * HOUR, lasting(HOUR, whole)))).toThrow(CapacityAssertion);
		calendar.reopen(noon);
		expect(fits(13)).toBe(true);
		calendar.release(booked);
		expect(calendar.freeBetween(0, 99 * HOUR)).toEqual(site(1).freeBetween(0, 99 * HOUR));
	});

	test('take nothing that uses only what nothing else uses', () => {
		const calendar = site(1);
		calendar.close(noon);
		const disk = lasting(HOUR, pieceVector(0, 0, 1, 0));
		expect(calendar.fit({ startAt: 12 * HOUR, count: 1, usage: disk })).toBeNull();
		expect(calendar.earliestStart({ fromAt: 12 * HOUR, untilAt: 1e6, count: 1, usage: disk })?.startAt).toBe(14 * HOUR);
	});

	test('stay closed until the last of the closures is over', () => {
		const calendar = site(1);
		calendar.close(noon);
		calendar.close({ ...noon, endAt: 13 * HOUR });
		calendar.close({ ...noon, startAt: 13 * HOUR, endAt: 15 * HOUR });
		const question = { fromAt: 12 * HOUR, untilAt: 1e6, count: 1, usage: small };
		expect(calendar.earliestStart(question)?.startAt).toBe(15 * HOUR);
		calendar.reopen(noon);
		expect(calendar.earliestStart(question)?.startAt).toBe(15 * HOUR);
		calendar.reopen({ ...noon, endAt: 13 * HOUR });
		expect(calendar.earliestStart(question)?.startAt).toBe(12 * HOUR);
		expect(() => calendar.reopen(noon)).toThrow(/not closed/);
	});

	test.each([
		['ends before it begins', { ...noon, endAt: noon.startAt }],
		['begins between two seconds', { ...noon, startAt: 0.5 }],
		['is of a host that there is not', { ...noon, host: 'h9' }],
	])('a closure that %s is a bug', (_, closure) => {
		expect(() => site(1).close(closure)).toThrow(CapacityAssertion);
	});
});

describe('at most so many machines of a cluster on a host', () => {
	const usage = lasting(HOUR, pieceVector(2, 1, 1, 1));

	test('hosts are filled no further, though they have room, and other clusters do not count', () => {
		const calendar = site(3);
		const question = { startAt: 0, usage, machinesPerHostMax: 2 };
		const five = calendar.fit({ ...question, count: 5 })!;
		expect(five.machines.map(({ count }) => count)).toEqual([2, 2, 1]);
		expect(calendar.fit({ ...question, count: 7 })).toBeNull();
		calendar.book(five);
		expect(calendar.fit({ ...question, count: 6 })?.machines.map(({ count }) => count)).toEqual([2, 2, 2]);
		expect(calendar.explain({ ...question, count: 7 })).toMatchObject({ countFree: 6, countEmpty: 6 });
	});
});

describe('a site that keeps a reserve', () => {
	const usage = lasting(HOUR, pieceVector(4, 0, 0, 0));
	const keeping = (): SiteCalendar => new SiteCalendar(site(2).hosts, pieceVector(5, 0, 0, 0));

	test('never gives it out, whatever hosts have room', () => {
		const calendar = keeping();
		expect(calendar.largestCount({ startAt: 0, countMax: 9, usage })).toBe(2);
		expect(calendar.explain({ startAt: 0, count: 3, usage })).toMatchObject({
			countFree: 2,
			countEmpty: 2,
			countWithinReserve: 2,
		});
		calendar.book(calendar.fit({ startAt: 0, count: 2, usage })!);
		expect(calendar.fit({ startAt: 0, count: 1, usage })).toBeNull();
		expect(calendar.earliestStart({ fromAt: 0, untilAt: 1e6, count: 1, usage })?.startAt).toBe(HOUR);
		expect(calendar.latestStart({ fromAt: 0, untilAt: HOUR + 1, count: 1, usage })?.startAt).toBe(HOUR + 1);
		// Of another resource nothing is kept.
		const memory = lasting(HOUR, pieceVector(0, 8, 0, 0));
		expect(calendar.fit({ startAt: 0, count: 2, usage: memory })).not.toBeNull();
	});

	test('does not take back what was given before', () => {
		const calendar = keeping();
		const all = { startAt: 0, usage, machines: ['h0', 'h1'].map((host) => ({ host, count: 2 })) };
		calendar.book(all);
		expect(calendar.fit({ startAt: 0, count: 1, usage })).toBeNull();
		calendar.release(all);
		expect(calendar.largestCount({ startAt: 0, countMax: 9, usage })).toBe(2);
	});
});
