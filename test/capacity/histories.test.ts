/**
 * The calendar through time: bookings, releases, forgetting. Long profiles here, so that pages are cut and given back.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage, type Host, type Placement } from '../../src/capacity/resources.ts';
import { Oracle, unitsBetween } from './oracle.ts';
import { pieceVector, QUESTIONS, UNITS, usageOf, usageShape, world } from './worlds.ts';

const WHOLE_TIME = [-100_000_000, 100_000_000] as const;

/** Histories are longer than questions: there is one for ten. */
const HISTORIES = Math.ceil(QUESTIONS / 10);

function emptyDays(hosts: readonly Host[]): unknown {
	return new SiteCalendar(hosts).freeBetween(...WHOLE_TIME);
}

/** Every step as the oracle has it, and no two neighbours alike. */
function expectSame(calendar: SiteCalendar, oracle: Oracle, unitSeconds: number, units: number): void {
	for (const [index, { steps }] of calendar.freeBetween(0, units * unitSeconds).entries()) {
		const instants = unitsBetween(0, (units - 1) * unitSeconds, unitSeconds);
		const expected = instants.map((at) => oracle.freeAt(index, at));
		const found = steps.flatMap(({ startAt, endAt, free }) =>
			unitsBetween(startAt, endAt - unitSeconds, unitSeconds).map(() => free),
		);
		expect(found).toEqual(expected);
		for (const [i, step] of steps.slice(1).entries()) expect(step.free).not.toEqual(steps[i]!.free);
	}
}

describe('histories', { timeout: 20_000 + 20 * QUESTIONS }, () => {
	test('what is booked is exactly what is no longer free', () => {
		fc.assert(
			fc.property(world, (site) => expectSame(site.calendar, site.oracle, site.unitSeconds, UNITS)),
			{ numRuns: HISTORIES },
		);
	});

	test('to book and to release is the identity, whatever lies there already', () => {
		fc.assert(
			fc.property(world, usageShape, fc.integer({ min: 1, max: 4 }), fc.nat(UNITS), (site, shape, count, unit) => {
				const before = site.calendar.freeBetween(...WHOLE_TIME);
				const usage = usageOf(shape, site.unitSeconds);
				const placement = site.calendar.fit({ startAt: unit * site.unitSeconds, count, usage });
				if (!placement) return;
				site.calendar.book(placement);
				expect(site.calendar.freeBetween(...WHOLE_TIME)).not.toEqual(before);
				site.calendar.release(placement);
				expect(site.calendar.freeBetween(...WHOLE_TIME)).toEqual(before);
			}),
			{ numRuns: QUESTIONS },
		);
	});

	test('what is released in any order leaves the site as it was in the beginning', () => {
		fc.assert(
			fc.property(world, fc.infiniteStream(fc.nat()), (site, choices) => {
				const live = [...site.placements];
				while (live.length > 0) {
					const [placement] = live.splice(choices.next().value % live.length, 1);
					site.calendar.release(placement!);
				}
				for (const closure of site.closures) site.calendar.reopen(closure);
				expect(site.calendar.freeBetween(...WHOLE_TIME)).toEqual(emptyDays(site.hosts));
			}),
			{ numRuns: HISTORIES },
		);
	});

	test('hundreds of bookings and releases on one host never overbook it and are never miscounted', () => {
		const units = 3000;
		const hosts = [{ name: 'only', capacity: pieceVector(400, 400, 400, 400), labels: {} }];
		fc.assert(
			fc.property(fc.integer(), fc.boolean(), fc.constantFrom(1, 1800), (seed, ascends, unitSeconds) => {
				const next = numbersFrom(seed);
				const calendar = new SiteCalendar(hosts);
				const oracle = new Oracle(hosts, unitSeconds, units);
				const live: Placement[] = [];
				for (let step = 0; step < 900; step++) {
					const at = next(units) * unitSeconds;
					const [found] = calendar.freeBetween(at, at + unitSeconds);
					expect(found!.steps).toEqual([{ startAt: at, endAt: at + unitSeconds, free: oracle.freeAt(0, at) }]);
					if (live.length > 0 && next(step < 500 ? 5 : 2) === 0) {
						const [placement] = live.splice(next(live.length), 1);
						calendar.release(placement!);
						oracle.release(placement!);
						continue;
					}
					const startAt = (ascends ? step * 2 : next(2000)) * unitSeconds;
					const demand = pieceVector(1 + next(6), next(3), next(2), 0);
					const durationSeconds = (ascends ? 1000 : 1 + next(900)) * unitSeconds;
					const usage = defineUsage([{ offsetSeconds: 0, durationSeconds, demand }]);
					const placement = calendar.fit({ startAt, count: 1 + next(3), usage });
					if (!placement) continue;
					calendar.book(placement);
					oracle.book(placement);
					live.push(placement);
				}
				expectSame(calendar, oracle, unitSeconds, units);
				expectSearched(calendar, oracle, unitSeconds, units, next);
				for (const placement of live) calendar.release(placement);
				expect(calendar.freeBetween(...WHOLE_TIME)).toEqual(emptyDays(hosts));
			}),
			{ numRuns: Math.ceil(HISTORIES / 10) },
		);
	});

	test('a stretch that is released piece by piece is free in every second of it', () => {
		const hosts = [{ name: 'only', capacity: pieceVector(4, 4, 4, 4), labels: {} }];
		const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: 1, demand: pieceVector(4, 0, 0, 0) }]);
		const one = (startAt: number): Placement => ({ startAt, usage, machines: [{ host: 'only', count: 1 }] });
		const seconds = unitsBetween(0, 199, 1);
		// Booked in between later, so that pages are full and are cut.
		const booked = [...unitsBetween(0, 198, 4), ...unitsBetween(2, 198, 4)];
		for (const from of unitsBetween(0, 48, 6)) {
			for (const until of unitsBetween(from + 12, from + 96, 2)) {
				const calendar = new SiteCalendar(hosts);
				for (const at of booked) calendar.book(one(at));
				for (const at of unitsBetween(from, until - 2, 2)) calendar.release(one(at));
				const free = (at: number): boolean => calendar.fit({ startAt: at, count: 1, usage }) !== null;
				expect(seconds.map(free)).toEqual(seconds.map((at) => at % 2 === 1 || (from <= at && at < until)));
			}
		}
	});

	test('forgetting the past changes no answer about the future and no release', () => {
		fc.assert(
			fc.property(world, usageShape, fc.nat(UNITS), fc.nat(UNITS), fc.nat(3), (site, shape, forget, from, more) => {
				const { calendar, oracle, unitSeconds } = site;
				const usage = usageOf(shape, unitSeconds);
				const count = 1 + more;
				for (const unit of [Math.min(forget, from), forget]) {
					calendar.forgetBefore(unit * unitSeconds);
					oracle.forgetBefore(unit * unitSeconds);
				}
				const starts = unitsBetween(from * unitSeconds, 2 * UNITS * unitSeconds, unitSeconds);
				const [earliest] = starts.filter((at) => oracle.total(usage, at) >= count);
				const placement = calendar.earliestStart({ fromAt: starts[0]!, untilAt: starts.at(-1)!, count, usage });
				expect(placement?.startAt).toBe(earliest);
				if (placement) calendar.book(placement);
				for (const each of site.placements) calendar.release(each);
				if (placement) calendar.release(placement);
				for (const closure of site.closures) calendar.reopen(closure);
				expect(calendar.freeBetween(...WHOLE_TIME)).toEqual(emptyDays(site.hosts));
			}),
			{ numRuns: QUESTIONS },
		);
	});

	test('a calendar that forgets does not grow however long it runs', () => {
		const hosts = [{ name: 'only', capacity: pieceVector(8, 8, 8, 8), labels: {} }];
		const calendar = new SiteCalendar(hosts);
		let most = 0;
		for (let day = 0; day < 2000; day++) {
			const usage = defineUsage([
				{ offsetSeconds: 0, durationSeconds: 5, demand: pieceVector(1 + (day % 3), 1, 0, 0) },
			]);
			calendar.book(calendar.fit({ startAt: day * 2, count: 1, usage })!);
			calendar.forgetBefore(day * 2 - 10);
			most = Math.max(most, calendar.freeBetween(-1, 10_000)[0]!.steps.length);
		}
		expect(most).toBeLessThan(16);
	});
});

/** Whole numbers below the one given, the same for the same seed: a thousand are drawn in one history. */
function numbersFrom(seed: number): (below: number) => number {
	let state = seed | 1;
	return (below) => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) % below;
	};
}

/** Some questions about a long profile, with counts that make long ascending queues. */
function expectSearched(
	calendar: SiteCalendar,
	oracle: Oracle,
	unitSeconds: number,
	units: number,
	next: (below: number) => number,
): void {
	for (const duration of [1, 40, 700]) {
		const durationSeconds = duration * unitSeconds;
		const usage = defineUsage([{ offsetSeconds: 0, durationSeconds, demand: pieceVector(1, 0, 0, 0) }]);
		const until = next(units);
		const starts = unitsBetween(next(until + 1) * unitSeconds, until * unitSeconds, unitSeconds);
		const totals = starts.map((at) => oracle.total(usage, at));
		const count = Math.max(1, totals[next(totals.length)]! + next(2));
		const question = { fromAt: starts[0]!, untilAt: starts.at(-1)!, count, usage };
		const found = [calendar.earliestStart(question)?.startAt, calendar.latestStart(question)?.startAt];
		const fitting = starts.filter((_, i) => totals[i]! >= count);
		expect(found).toEqual([fitting[0], fitting.at(-1)]);
	}
}
