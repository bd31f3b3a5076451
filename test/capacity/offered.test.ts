import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_OVERCOMMIT, offeredCapacity, siteReserve } from '../../src/capacity/offered.ts';
import { CapacityAssertion, NOTHING, RESOURCE_NAMES, type ResourceVector } from '../../src/capacity/resources.ts';

const vectorOf = (amount: fc.Arbitrary<number>): fc.Arbitrary<ResourceVector> =>
	fc.record({ cpuMillicores: amount, memoryBytes: amount, diskBytes: amount, networkBitsPerSecond: amount });
const capacities = vectorOf(fc.oneof(fc.nat(5000), fc.nat({ max: 2 ** 48 })));
const percents = vectorOf(fc.nat(100));

describe('what a host offers', () => {
	test('is its capacity times the overcommit, rounded down, less the share that is kept, rounded up', () => {
		fc.assert(
			fc.property(capacities, vectorOf(fc.integer({ min: 1, max: 16_000 })), percents, (capacity, ratio, percent) => {
				const offered = offeredCapacity(capacity, ratio, percent);
				for (const name of RESOURCE_NAMES) {
					const grown = (BigInt(capacity[name]) * BigInt(ratio[name])) / 1000n;
					expect(BigInt(offered[name])).toBe((grown * BigInt(100 - percent[name])) / 100n);
				}
			}),
			{ numRuns: 500 },
		);
	});

	test('is what it has where nothing is overcommitted and nothing kept', () => {
		fc.assert(
			fc.property(vectorOf(fc.maxSafeNat()), (capacity) => {
				expect(offeredCapacity(capacity, NO_OVERCOMMIT, NOTHING)).toEqual(capacity);
			}),
		);
	});

	test('cannot be more than whole numbers are exact for', () => {
		const most = { ...NOTHING, diskBytes: Number.MAX_SAFE_INTEGER };
		expect(() => offeredCapacity(most, { ...NO_OVERCOMMIT, diskBytes: 1001 }, NOTHING)).toThrow(CapacityAssertion);
	});
});

test('a site keeps a share of what all hosts have together', () => {
	fc.assert(
		fc.property(fc.array(capacities, { minLength: 1, maxLength: 5 }), percents, (amounts, percent) => {
			const hosts = amounts.map((capacity, i) => ({ name: `h${i}`, capacity, labels: {} }));
			const kept = siteReserve(hosts, percent);
			for (const name of RESOURCE_NAMES) {
				const total = amounts.reduce((sum, capacity) => sum + BigInt(capacity[name]), 0n);
				expect(BigInt(kept[name])).toBe((total * BigInt(percent[name])) / 100n);
			}
		}),
	);
});
