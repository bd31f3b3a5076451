import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	addResources,
	CapacityAssertion,
	defineUsage,
	fitsWithin,
	howManyFit,
	NOTHING,
	RESOURCE_NAMES,
	type ResourceVector,
	scaleResources,
	subtractResources,
	USAGE_PHASES_MAX,
	wholeTimes,
} from '../../src/capacity/resources.ts';

const amount = fc.oneof(
	fc.nat(20),
	fc.nat(),
	fc.maxSafeNat(),
	fc.nat(9).map((n) => Number.MAX_SAFE_INTEGER - n),
);
const vector: fc.Arbitrary<ResourceVector> = fc.record({
	cpuMillicores: amount,
	memoryBytes: amount,
	diskBytes: amount,
	networkBitsPerSecond: amount,
});

const run: ResourceVector = { cpuMillicores: 2000, memoryBytes: 2 ** 32, diskBytes: 10 ** 10, networkBitsPerSecond: 0 };
const kept: ResourceVector = { ...NOTHING, diskBytes: 10 ** 10 };

describe('resource arithmetic', () => {
	test('is exact or dies, up to the largest safe integers', () => {
		fc.assert(
			fc.property(vector, vector, fc.integer({ min: 1, max: 1000 }), (left, right, times) => {
				for (const [deed, exact] of [
					[() => addResources(left, right), (name: keyof ResourceVector) => BigInt(left[name]) + BigInt(right[name])],
					[
						() => subtractResources(left, right),
						(name: keyof ResourceVector) => BigInt(left[name]) - BigInt(right[name]),
					],
					[() => scaleResources(left, times), (name: keyof ResourceVector) => BigInt(left[name]) * BigInt(times)],
				] as const) {
					const amounts = RESOURCE_NAMES.map(exact);
					if (amounts.every((each) => each >= 0n && each <= BigInt(Number.MAX_SAFE_INTEGER))) {
						expect(RESOURCE_NAMES.map((name) => BigInt(deed()[name]))).toEqual(amounts);
					} else expect(deed).toThrow(CapacityAssertion);
				}
			}),
		);
	});

	test('divides whole times without being misled by rounding', () => {
		fc.assert(
			fc.property(
				amount,
				amount.filter((each) => each > 0),
				(room, each) => {
					expect(BigInt(wholeTimes(room, each))).toBe(BigInt(room) / BigInt(each));
				},
			),
			{ numRuns: 2000 },
		);
	});

	test('as many fit as can be scaled up and are still within the room', () => {
		fc.assert(
			fc.property(vector, vector, (demand, room) => {
				const count = howManyFit(demand, room);
				expect(fitsWithin(demand, room)).toBe(count >= 1);
				if (count === Infinity) expect(demand).toEqual(NOTHING);
				else {
					const exceeds = (times: bigint): boolean =>
						RESOURCE_NAMES.some((name) => BigInt(demand[name]) * times > BigInt(room[name]));
					expect([exceeds(BigInt(count)), exceeds(BigInt(count) + 1n)]).toEqual([false, true]);
				}
			}),
		);
	});

	test.each([
		['a fraction', 0.5],
		['what is no number', Number.NaN],
		['infinity', Infinity],
		['less than nothing', -1],
		['what a double cannot hold exactly', 2 ** 53],
	])('refuses %s', (_, memoryBytes) => {
		expect(() => addResources(NOTHING, { ...NOTHING, memoryBytes })).toThrow(/memoryBytes/);
	});
});

describe('a usage', () => {
	test('joins neighbours of equal demand and leaves out what lasts no time or uses nothing', () => {
		expect(
			defineUsage([
				{ offsetSeconds: -30, durationSeconds: 30, demand: run },
				{ offsetSeconds: 0, durationSeconds: 3600, demand: run },
				{ offsetSeconds: 3600, durationSeconds: 0, demand: kept },
				{ offsetSeconds: 3600, durationSeconds: 10, demand: run },
				{ offsetSeconds: 3610, durationSeconds: 50, demand: NOTHING },
				{ offsetSeconds: 3660, durationSeconds: 86_400, demand: kept },
			]),
		).toEqual([
			{ offsetSeconds: -30, durationSeconds: 3640, demand: run },
			{ offsetSeconds: 3660, durationSeconds: 86_400, demand: kept },
		]);
	});

	test.each([
		['phases that overlap', [0, 10], [9, 10]],
		['phases out of order', [10, 5], [0, 5]],
		['a phase that lasts less than no time', [0, -1]],
		['a phase that begins between two seconds', [0.5, 10]],
		['no phase at all'],
		['nothing but empty phases', [0, 0]],
		['more phases than the calendar holds', ...Array.from({ length: USAGE_PHASES_MAX + 1 }, (_, i) => [i * 2, 1])],
	] as [string, ...[number, number][]][])('refuses %s', (_, ...phases) => {
		const define = () =>
			defineUsage(phases.map(([offsetSeconds, durationSeconds]) => ({ offsetSeconds, durationSeconds, demand: run })));
		expect(define).toThrow(CapacityAssertion);
	});
});
