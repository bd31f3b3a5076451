/** Quotas against counting: usage kept booking by booking, and the starts that a quota admits. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage, type Placement } from '../../src/capacity/resources.ts';
import type { Question } from '../../src/negotiation/decide.ts';
import { clearEarliest, clearLatest, hurdlesOf } from '../../src/negotiation/policy/hurdles.ts';
import { type Quotas, readQuotas, type VoLimits } from '../../src/negotiation/policy/quota.ts';
import { periodAt, QUOTA_PERIODS, VoUsage } from '../../src/negotiation/policy/usage.ts';
import { accepted, ask, DAY, GIB, HOUR, host, NOW, POLICY, requestOf, twoHosts, WORKSPACE } from './requests.ts';

const UNIT = 2 * HOUR;

function placementOf(start: number, length: number, cpus: number, machines: number, kept = 0): Placement {
	const demand = { cpuMillicores: cpus * 1000, memoryBytes: 1, diskBytes: 1, networkBitsPerSecond: 0 };
	const usage = defineUsage([
		{ offsetSeconds: -UNIT, durationSeconds: (length + 1) * UNIT, demand },
		...(kept > 0
			? [{ offsetSeconds: length * UNIT, durationSeconds: kept * UNIT, demand: { ...demand, cpuMillicores: 0 } }]
			: []),
	]);
	return { startAt: NOW + start * UNIT, usage, machines: [{ host: 'any', count: machines }] };
}

const anyPlacement = fc
	.record({
		start: fc.integer({ min: -15, max: 30 }),
		length: fc.integer({ min: 1, max: 30 }),
		cpus: fc.integer({ min: 1, max: 4 }),
		machines: fc.integer({ min: 1, max: 3 }),
		kept: fc.integer({ min: 0, max: 3 }),
	})
	.map(({ start, length, cpus, machines, kept }) => placementOf(start, length, cpus, machines, kept));

/** CPUs booked at one instant, counted. */
function cpusAt(placements: readonly Placement[], at: number): number {
	let sum = 0;
	for (const { startAt, usage, machines } of placements) {
		for (const { offsetSeconds, durationSeconds, demand } of usage) {
			const begin = startAt + offsetSeconds;
			if (begin <= at && at < begin + durationSeconds) sum += demand.cpuMillicores * machines[0]!.count;
		}
	}
	return sum;
}

describe('what a VO has booked', () => {
	it('is what counting its bookings gives, whatever was given back meanwhile', () => {
		const history = fc.array(
			fc.record({ vo: fc.constantFrom('a', 'b'), placement: anyPlacement, gone: fc.boolean() }),
			{
				maxLength: 12,
			},
		);
		fc.assert(
			fc.property(history, fc.constantFrom(...QUOTA_PERIODS), (bookings, period) => {
				const usage = new VoUsage(period);
				for (const { vo, placement } of bookings) usage.take(vo, placement);
				for (const { vo, placement, gone } of bookings) if (gone) usage.giveBack(vo, placement);
				for (const vo of ['a', 'b']) {
					const left = bookings.filter((each) => each.vo === vo && !each.gone).map(({ placement }) => placement);
					const sums = new Map<number, number>();
					for (let at = NOW - 20 * UNIT; at < NOW + 70 * UNIT; at += UNIT) {
						const { startAt } = periodAt(period, at);
						sums.set(startAt, (sums.get(startAt) ?? 0) + UNIT * cpusAt(left, at));
						const [book] = usage.calendarOf(vo)?.freeBetween(at, at + 1) ?? [];
						const free = book?.steps[0]?.free.cpuMillicores ?? 2 ** 40;
						expect(2 ** 40 - free).toBe(cpusAt(left, at));
					}
					for (const [startAt, sum] of sums) expect(usage.bookedIn(vo, startAt)).toBe(sum);
				}
			}),
			{ numRuns: 200 },
		);
	});

	it('is counted by days, weeks from Monday and months of the calendar, in UTC', () => {
		const at = Date.UTC(2028, 1, 29, 13) / 1000;
		const day = (year: number, month: number, date: number) => Date.UTC(year, month - 1, date) / 1000;
		expect(periodAt('day', at)).toEqual({ startAt: day(2028, 2, 29), endAt: day(2028, 3, 1) });
		expect(periodAt('week', at)).toEqual({ startAt: day(2028, 2, 28), endAt: day(2028, 3, 6) });
		expect(periodAt('month', at)).toEqual({ startAt: day(2028, 2, 1), endAt: day(2028, 3, 1) });
		expect(periodAt('month', day(2026, 12, 31))).toEqual({ startAt: day(2026, 12, 1), endAt: day(2027, 1, 1) });
	});
});

/** A site without end, on which only quotas decide. */
const SITE = new SiteCalendar([host('huge', { cpuMillicores: 1e9, memoryBytes: 2 ** 50, diskBytes: 2 ** 50 })]);

function questionOf(limits: VoLimits, placements: readonly Placement[], more: Partial<Quotas> = {}) {
	const quotas: Quotas = { period: 'day', borrowSeconds: 0, vos: new Map([['physics', limits]]), ...more };
	const usage = new VoUsage(quotas.period);
	for (const placement of placements) usage.take('physics', placement);
	const policy = { ...POLICY, quotas, setupSeconds: UNIT };
	const party = { name: 'ann', vo: 'physics' };
	return { policy, usage, party, calendar: SITE } satisfies Partial<Question>;
}

describe('the starts that quotas admit', () => {
	it('are those that counting admits: the first and the last of them', () => {
		const cases = fc.record({
			bookings: fc.array(anyPlacement, { maxLength: 8 }),
			cpuMillicoresMax: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
			cpuHours: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
			share: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
			borrow: fc.integer({ min: 0, max: 12 }),
			cpus: fc.integer({ min: 1, max: 4 }),
			length: fc.integer({ min: 1, max: 20 }),
			from: fc.integer({ min: 0, max: 20 }),
			span: fc.integer({ min: 0, max: 40 }),
		});
		fc.assert(
			fc.property(cases, ({ bookings, cpuMillicoresMax, cpuHours, share, borrow, cpus, length, from, span }) => {
				const limits: VoLimits = {
					...(cpuMillicoresMax === undefined ? {} : { cpuMillicoresMax: cpuMillicoresMax * 1000 }),
					...(cpuHours === undefined ? {} : { cpuMillicoreSecondsMax: cpuHours * 3_600_000 }),
					...(share === undefined ? {} : { shareMillicores: share * 1000 }),
				};
				const { policy, usage } = questionOf(limits, bookings);
				const allowance = { vo: 'physics', limits, borrowSeconds: borrow * UNIT, usage };
				const room = { calendar: SITE, policy, now: NOW, workspace: WORKSPACE, allowance };
				const sizes = { machineCount: 1, cpuCount: cpus, memoryBytes: 1, diskBytes: 0, networkBitsPerSecond: 0 };
				const hurdles = hurdlesOf(room, sizes, length * UNIT);
				const admitted = (startAt: number): boolean => {
					const sums = new Map<number, number>();
					for (let at = Math.max(NOW, startAt - UNIT); at < startAt + length * UNIT; at += UNIT) {
						const all = cpusAt(bookings, at) + cpus * 1000;
						if (all > (cpuMillicoresMax ?? 1e9) * 1000) return false;
						if (all > (share ?? 1e9) * 1000 && startAt + length * UNIT > NOW + borrow * UNIT) return false;
						const day = periodAt('day', at).startAt;
						sums.set(day, (sums.get(day) ?? usage.bookedIn('physics', day)) + cpus * 1000 * UNIT);
					}
					return [...sums.values()].every((sum) => sum <= (cpuHours ?? 1e6) * 3_600_000);
				};
				const starts = Array.from({ length: span + 1 }, (_, index) => NOW + (from + index) * UNIT);
				const first = clearEarliest(hurdles, starts[0]!, starts.at(-1)!);
				const last = clearLatest(hurdles, starts[0]!, starts.at(-1)!);
				const good = starts.filter(admitted);
				// CPU time may run out between two units: then a start of the search is a little before that of the count.
				if (cpuHours === undefined) expect([first, last]).toEqual([good[0], good.at(-1)]);
				else if (good.length > 0) {
					expect(first).toBeLessThanOrEqual(good[0]!);
					expect(last).toBeGreaterThanOrEqual(good.at(-1)!);
				}
				if (first === undefined) expect(last).toBeUndefined();
				for (const startAt of starts) {
					expect(clearEarliest(hurdles, startAt, startAt) !== undefined).toBe(admitted(startAt));
				}
				if (first !== undefined) expect(clearEarliest(hurdles, first, first)).toBe(first);
				if (last !== undefined) expect(clearEarliest(hurdles, last, last)).toBe(last);
			}),
			{ numRuns: 500 },
		);
	});
});

describe('an offer of a VO with a quota', () => {
	const long = requestOf({ cpus: 8, window: { startAt: NOW + DAY, durationSeconds: DAY } });

	it('is refused beyond its CPUs, and told how many are left and when they would do', () => {
		const question = questionOf({ cpuMillicoresMax: 10_000 }, [placementOf(6, 30, 4, 1)]);
		const decision = ask(long, question);
		expect(decision).toMatchObject({
			kind: 'counter',
			reasons: [{ code: 'QUOTA_EXCEEDED', resource: 'cpuMillicores', asked: 8000, available: 6000, limit: 10_000 }],
		});
		expect(decision.kind === 'counter' && decision.alternatives.map(({ kind }) => kind)).toContain('later');
	});

	it('is refused beyond its CPU time of a period, and offered what is left', () => {
		const question = questionOf({ cpuMillicoreSecondsMax: 100 * 3_600_000 }, []);
		const decision = ask(long, question);
		expect(decision).toMatchObject({
			kind: 'counter',
			reasons: [
				{
					code: 'QUOTA_EXCEEDED',
					resource: 'cpuSeconds',
					asked: 192 * HOUR,
					available: 100 * HOUR,
					interval: { startAt: NOW + DAY, endAt: NOW + 2 * DAY },
				},
			],
		});
		if (decision.kind !== 'counter') throw new Error();
		for (const { grant } of decision.alternatives) {
			expect(grant.cpuCount * (grant.endAt - grant.startAt)).toBeLessThanOrEqual(192 * HOUR);
		}
	});

	it.each<[string, VoLimits, string, number | undefined]>([
		['CPUs of several machines', { cpuMillicoresMax: 16_000 }, 'at most 16 CPUs in all, 3 CPUs in each machine', 3000],
		['half a CPU beyond whole ones', { cpuMillicoresMax: 16_500 }, 'at most 16 CPUs in all, 3', 3000],
		['fewer CPUs than machines', { cpuMillicoresMax: 4000 }, 'at most 4 CPUs in all', undefined],
		['a share', { shareMillicores: 7000 }, 'at most 7 CPUs in all, 1 CPU in each machine', 1000],
		['CPU time', { cpuMillicoreSecondsMax: 6 * 3_600_000 }, 'at most 6 CPU-hours in all', 6 * HOUR],
		['less than a CPU', { cpuMillicoresMax: 900 }, 'for the VO', undefined],
		['less CPU time than for the shortest run', { cpuMillicoreSecondsMax: 50_000 }, 'for the VO', undefined],
	])('is told how much it may ask for: %s', (_, limits, words, allowed) => {
		const request = requestOf({ machines: 5, cpus: 4, window: { startAt: NOW + DAY, durationSeconds: HOUR } });
		const policy = { ...questionOf(limits, []).policy, setupSeconds: 0 };
		const decision = ask(request, { ...questionOf(limits, []), policy });
		if (decision.kind === 'accept') throw new Error();
		const { remedy } = decision.reasons.find(({ code }) => code === 'QUOTA_EXCEEDED' || code === 'FAIR_SHARE')!;
		expect(remedy).toMatchObject({ more: expect.any(Number), text: expect.stringContaining(words) });
		expect(remedy!.allowed).toBe(allowed);
	});

	it('may go beyond its share with what is over soon, and not with what lasts', () => {
		const question = questionOf({ shareMillicores: 4000 }, [], { borrowSeconds: 12 * HOUR });
		const soon = requestOf({ cpus: 8, window: { startAt: NOW, durationSeconds: 12 * HOUR } });
		expect(accepted(ask(soon, question)).grant.cpuCount).toBe(8);
		expect(ask(long, question)).toMatchObject({ reasons: [{ code: 'FAIR_SHARE', asked: 8000, available: 4000 }] });
	});

	it.each<[string, VoLimits]>([
		['share', { shareMillicores: 12_800 }],
		['CPUs', { cpuMillicoresMax: 12_800 }],
		['CPUs and a larger share', { cpuMillicoresMax: 12_800, shareMillicores: 40_000 }],
	])('is offered what keeps to its %s at another time, where it has nothing left at that one', (_, limits) => {
		const question = questionOf(limits, [placementOf(11, 6, 4, 3)]);
		const window = { startAt: NOW + DAY, durationSeconds: HOUR };
		const decision = ask(requestOf({ machines: 4, cpus: 16, window }), question);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const sizes = decision.alternatives.map(({ grant: { machineCount, cpuCount } }) => [machineCount, cpuCount]);
		expect(sizes).toContainEqual([4, 3]);
		for (const { grant } of decision.alternatives) {
			const { machineCount, cpuCount, memoryBytes, startAt } = grant;
			const same = requestOf({
				machines: machineCount,
				cpus: cpuCount,
				memory: memoryBytes,
				window: { ...window, startAt },
			});
			expect(accepted(ask(same, question)).grant).toMatchObject({ machineCount, cpuCount, startAt });
		}
	});

	it('is offered as many as its CPUs admit of the smallest, where they never admit all', () => {
		const question = { ...questionOf({ cpuMillicoresMax: 3000 }, []), calendar: twoHosts() };
		const window = { startAt: NOW + DAY, durationSeconds: HOUR };
		const decision = ask(requestOf({ machines: 5, cpus: 2, memory: 12 * GIB, window }), question);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const sizes = decision.alternatives.map(({ grant: { machineCount, cpuCount } }) => [machineCount, cpuCount]);
		expect(sizes).toContainEqual([3, 1]);
	});

	it('is offered all of it while it may go beyond its share, and less for later', () => {
		const question = questionOf({ shareMillicores: 4000 }, [], { borrowSeconds: 12 * HOUR });
		const decision = ask(requestOf({ cpus: 8, window: { startAt: NOW + DAY, durationSeconds: HOUR } }), question);
		if (decision.kind !== 'counter') throw new Error(decision.kind);
		const found = decision.alternatives.map(({ kind, grant: { cpuCount } }) => [kind, cpuCount]);
		expect(found).toEqual(
			expect.arrayContaining([
				['earlier', 8],
				['smaller', 4],
			]),
		);
	});

	it('must give full notice, and has the grace of a reader for what the site offers', () => {
		const question = questionOf({ leadTimeSeconds: 2 * HOUR, durationSecondsMax: HOUR }, []);
		const at = (startAt: number) => ask(requestOf({ window: { startAt, durationSeconds: HOUR } }), question);
		expect(at(NOW + 2 * HOUR).kind).toBe('accept');
		expect(at(NOW + 2 * HOUR - 1).kind).toBe('counter');
		expect(at(NOW + HOUR)).toMatchObject({
			reasons: [{ code: 'LEAD_TIME', asked: NOW + HOUR, limit: NOW + 2 * HOUR }],
			alternatives: [{ kind: 'later', grant: { startAt: NOW + 2 * HOUR + POLICY.startGraceSeconds } }],
		});
		const thoughtAbout = { ...question, now: NOW + POLICY.startGraceSeconds };
		const offered = requestOf({
			window: { startAt: NOW + 2 * HOUR + POLICY.startGraceSeconds, durationSeconds: HOUR },
		});
		expect(ask(offered, thoughtAbout).kind).toBe('accept');
		const floating = requestOf({ window: { startAt: NOW, endAt: NOW + DAY, durationSeconds: HOUR } });
		expect(accepted(ask(floating, question)).grant.startAt).toBe(NOW + 2 * HOUR);
		const endless = requestOf({ window: { startAt: NOW + DAY, durationSeconds: 2 * HOUR } });
		expect(ask(endless, question)).toMatchObject({ reasons: [{ code: 'WINDOW_TOO_LONG', limit: HOUR }] });
	});

	it('is counted with all others that are not named', () => {
		const quotas: Quotas = { period: 'week', borrowSeconds: 0, vos: new Map([['*', { cpuMillicoresMax: 4000 }]]) };
		const usage = new VoUsage('week');
		usage.take('*', placementOf(0, 100, 3, 1));
		const party = { name: 'ann', vo: 'nobody' };
		const asked = ask(long, { policy: { ...POLICY, quotas }, usage, party, calendar: SITE });
		expect(asked).toMatchObject({ reasons: [{ code: 'QUOTA_EXCEEDED', available: 1000 }] });
	});
});

describe('quotas in the configuration', () => {
	test('are read', () => {
		const vos = {
			physics: { cpusMax: 64, cpuHoursMax: 5000, sharePercent: 60 },
			'*': { sharePercent: 40, leadTimeHours: 1, mayHold: false },
		};
		const reading = readQuotas({ period: 'week', borrowHours: 6, vos }, 10_000);
		expect(reading.ok && reading.quotas).toEqual({
			period: 'week',
			borrowSeconds: 6 * HOUR,
			vos: new Map<string, VoLimits>([
				['physics', { cpuMillicoresMax: 64_000, cpuMillicoreSecondsMax: 18_000_000_000, shareMillicores: 6000 }],
				['*', { shareMillicores: 4000, leadTimeSeconds: HOUR, mayHold: false }],
			]),
		});
	});

	test.each<[string, object, string]>([
		['for nobody', {}, 'quotas.vos is absent'],
		['over a fortnight', { period: 'fortnight', vos: { a: {} } }, 'quotas.period is "fortnight"; allowed: one of day'],
		[
			'with shares beyond the whole',
			{ vos: { a: { sharePercent: 60 }, b: { sharePercent: 60 } } },
			'100 percent together',
		],
		['of half a CPU', { vos: { a: { cpusMax: 0.5 } } }, 'quotas.vos.a.cpusMax is 0.5'],
		['of no yes or no', { vos: { a: { mayHold: 'no' } } }, 'quotas.vos.a.mayHold is "no"; allowed: true or false'],
		['of something else', { vos: { a: { gpus: 1 } } }, 'quotas.vos.a.gpus'],
	])('%s are refused', (_, quotas, words) => {
		const reading = readQuotas(quotas, 10_000);
		expect(reading.ok ? '' : reading.issues.join(' ')).toContain(words);
	});
});
