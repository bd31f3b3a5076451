/** What searches of one question know of each other must never show in an answer, only in what it costs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SiteCalendar } from '../../src/capacity/calendar.ts';
import { defineUsage } from '../../src/capacity/resources.ts';
import { earliestGang, latestGang } from '../../src/capacity/search/gang-searches.ts';
import { Searched } from '../../src/capacity/search/searched.ts';
import { candidateHosts, candidates, pieceVector, usageOf, usageShape, world } from './worlds.ts';

const HOUR = 3600;

describe('what was searched', () => {
	test('is not searched again, and every search finds what it finds alone', () => {
		let spared = 0;
		const asked = fc.record({
			shape: fc.nat(2),
			count: fc.integer({ min: 1, max: 4 }),
			among: candidates,
			from: fc.integer({ min: 0, max: 20 }),
			length: fc.integer({ min: 0, max: 20 }),
			isLatest: fc.boolean(),
			perHost: fc.constantFrom(undefined, 1, 2),
		});
		fc.assert(
			fc.property(
				world,
				fc.array(usageShape, { minLength: 3, maxLength: 3 }),
				fc.array(asked, { minLength: 12, maxLength: 12 }),
				(site, shapes, questions) => {
					const searched = new Searched(site.calendar);
					for (const { shape, count, among, from, length, isLatest, perHost } of questions) {
						const group = {
							count,
							usage: usageOf(shapes[shape]!, site.unitSeconds),
							...candidateHosts(site, among),
							...(perHost === undefined ? {} : { machinesPerHostMax: perHost }),
						};
						const search = isLatest ? latestGang : earliestGang;
						const starts = { fromAt: from * site.unitSeconds, untilAt: (from + length) * site.unitSeconds };
						const before = searched.hostSeconds;
						const found = search(site.calendar, [group], starts, undefined, searched);
						const alone = search(site.calendar, [group], starts);
						expect(found).toEqual(alone);
						if (alone.kind !== 'fits' && length > 0 && searched.hostSeconds === before) spared++;
					}
				},
			),
			{ numRuns: 300 },
		);
		expect(spared, 'refused without a look').toBeGreaterThan(50);
	});

	test('spares whoever needs more on the same hosts, and nobody who needs less of something', () => {
		const calendar = new SiteCalendar([{ name: 'h0', capacity: pieceVector(4, 4, 4, 4), labels: {} }]);
		const usage = (cpus: number, hours: number) =>
			defineUsage([{ offsetSeconds: 0, durationSeconds: hours * HOUR, demand: pieceVector(cpus, 1, 1, 0) }]);
		calendar.book({ startAt: 0, usage: usage(2, 100), machines: [{ host: 'h0', count: 1 }] });
		const searched = new Searched(calendar);
		const costOf = (cpus: number, hours: number, untilAt: number): number => {
			const before = searched.hostSeconds;
			earliestGang(calendar, [{ count: 1, usage: usage(cpus, hours) }], { fromAt: 0, untilAt }, undefined, searched);
			return searched.hostSeconds - before;
		};
		expect(costOf(3, 2, 10 * HOUR)).toBe(10 * HOUR + 1);
		expect(costOf(3, 2, 10 * HOUR), 'the same').toBe(0);
		expect(costOf(4, 3, 10 * HOUR), 'more and longer').toBe(0);
		expect(costOf(3, 1, 10 * HOUR), 'shorter').toBe(10 * HOUR + 1);
		expect(costOf(3, 1, 12 * HOUR), 'the same for longer: only what is new').toBe(2 * HOUR);
	});
});
