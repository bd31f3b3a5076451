/** What a group of offers costs of which one is chosen, against brute force. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { envelopeOf } from '../../src/capacity/envelope.ts';
import { defineUsage, type Placement, USAGE_PHASES_MAX } from '../../src/capacity/resources.ts';
import { Oracle } from './oracle.ts';
import { pieceVector, QUESTIONS, UNITS, usageOf, usageShape, world } from './worlds.ts';

const NAMES = ['cpuMillicores', 'memoryBytes', 'diskBytes', 'networkBitsPerSecond'] as const;

const wishes = fc.array(
	fc.record({
		shape: usageShape,
		count: fc.integer({ min: 1, max: 6 }),
		start: fc.integer({ min: 4, max: 30 }),
		strategy: fc.constantFrom('pack' as const, 'spread' as const),
	}),
	{ minLength: 1, maxLength: 6 },
);

describe('the envelope of several placements', { timeout: 20_000 + 20 * QUESTIONS }, () => {
	test('takes at every instant, on every host, of every resource the most that any of them takes', () => {
		let hidden = 0;
		fc.assert(
			fc.property(world, wishes, ({ calendar, hosts, unitSeconds }, wished) => {
				const placements = wished.flatMap(({ shape, count, start, strategy }) => {
					const question = { startAt: start * unitSeconds, count, usage: usageOf(shape, unitSeconds), strategy };
					return calendar.fit(question) ?? [];
				});
				const envelope = envelopeOf(placements.map((placement) => [placement]));
				const free = (booked: readonly Placement[]): Oracle => {
					const oracle = new Oracle(hosts, unitSeconds, UNITS);
					for (const placement of booked) oracle.book(placement);
					return oracle;
				};
				const alone = placements.map((placement) => free([placement]));
				const together = free(envelope);
				for (const [index, { capacity }] of hosts.entries()) {
					for (let at = 0; at < UNITS * unitSeconds; at += unitSeconds) {
						const left = together.freeAt(index, at);
						const each = alone.map((oracle) => oracle.freeAt(index, at));
						const isLeast = NAMES.every((name) => {
							return left[name] === each.reduce((least, free) => Math.min(least, free[name]), capacity[name]);
						});
						if (!isLeast) expect.fail(`at ${at} host ${index} has ${JSON.stringify(left)} left`);
					}
				}
				// Each fits alone, so they are held together; and whichever is chosen has its place.
				for (const chosen of placements) {
					for (const each of envelope) calendar.book(each);
					for (const each of envelope) calendar.release(each);
					calendar.book(chosen);
					calendar.release(chosen);
				}
				if (placements.length > envelope.length) hidden++;
			}),
			{ numRuns: QUESTIONS },
		);
		expect(hidden, 'groups that cost less than they are').toBeGreaterThan(QUESTIONS / 20);
	});

	test('a host that a placement names twice carries both shares', () => {
		const usage = defineUsage([{ offsetSeconds: 0, durationSeconds: 60, demand: pieceVector(1, 0, 0, 0) }]);
		const twice = { startAt: 0, usage, machines: ['a', 'b', 'a'].map((host) => ({ host, count: 2 })) };
		expect(envelopeOf([[twice], [{ startAt: 30, usage, machines: [{ host: 'b', count: 3 }] }]])).toEqual([
			{
				startAt: 0,
				usage: [{ offsetSeconds: 0, durationSeconds: 60, demand: pieceVector(4, 0, 0, 0) }],
				machines: [{ host: 'a', count: 1 }],
			},
			{
				startAt: 0,
				usage: [
					{ offsetSeconds: 0, durationSeconds: 30, demand: pieceVector(2, 0, 0, 0) },
					{ offsetSeconds: 30, durationSeconds: 60, demand: pieceVector(3, 0, 0, 0) },
				],
				machines: [{ host: 'b', count: 1 }],
			},
		]);
		expect(envelopeOf([])).toEqual([]);
	});

	test('what one choice has in several placements is added up before choices are compared', () => {
		const usage = (cpus: number) =>
			defineUsage([{ offsetSeconds: 0, durationSeconds: 60, demand: pieceVector(cpus, 0, 0, 0) }]);
		const on = (cpus: number, count: number): Placement => ({
			startAt: 0,
			usage: usage(cpus),
			machines: [{ host: 'a', count }],
		});
		const [most] = envelopeOf([[on(1, 2), on(3, 1)], [on(4, 1)]]);
		expect(most).toEqual({ startAt: 0, usage: usage(5), machines: [{ host: 'a', count: 1 }] });
	});

	test('more phases than a usage may have become several placements', () => {
		const step = (startAt: number): Placement => ({
			startAt,
			usage: defineUsage([{ offsetSeconds: 0, durationSeconds: 2, demand: pieceVector(1 + startAt, 0, 0, 0) }]),
			machines: [{ host: 'a', count: 1 }],
		});
		const stairs = Array.from({ length: 40 }, (_, i) => step(i));
		const envelope = envelopeOf(stairs.map((placement) => [placement]));
		expect(envelope.map(({ usage }) => usage.length)).toEqual([USAGE_PHASES_MAX, USAGE_PHASES_MAX, 8]);
	});
});
