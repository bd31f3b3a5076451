import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { between, contains, exactly, type RangeValue, unite } from '../../src/agreement/jsdl/range.ts';
import { explainSizes } from '../../src/negotiation/reasons/ranges.ts';
import { RANGE_PARTS_MAX, type Sizes, sizingOf, smallestChoices } from '../../src/negotiation/sizes.ts';
import { GIB, MIB, POLICY, type RequestParts, requestOf } from './requests.ts';

const IMAGE_DISK = 2 * GIB;

function sizing(parts: RequestParts, kept?: Sizes) {
	return sizingOf(requestOf(parts), POLICY, IMAGE_DISK, kept);
}

function smallest(parts: RequestParts): Sizes | undefined {
	return smallestChoices(sizing(parts))[0];
}

const DEFAULTS: Sizes = {
	machineCount: 1,
	cpuCount: 1,
	memoryBytes: 512 * MIB,
	diskBytes: 0,
	networkBitsPerSecond: 0,
};

describe('the smallest sizes', () => {
	const table: readonly [string, RequestParts, Partial<Sizes>][] = [
		['are the defaults where nothing is asked', {}, {}],
		['are the lower ends of the ranges', { machines: [2, 8], cpus: [3, 4] }, { machineCount: 2, cpuCount: 3 }],
		['have memory in whole MiB', { memory: [1_000_000_000, GIB] }, { memoryBytes: 954 * MIB }],
		['have the first value after an open end', { cpus: moreThan(2) }, { cpuCount: 3 }],
		['have no less memory than a machine needs', { memory: [0, GIB] }, { memoryBytes: 64 * MIB }],
		['have no smaller disk than the image', { disk: [0, 9 * GIB] }, { diskBytes: IMAGE_DISK }],
		['have disks in whole sectors', { disk: 10_000_000_000 }, { diskBytes: 10_000_000_000 }],
		['have bandwidth in whole kilobytes', { network: [1, 10_000] }, { networkBitsPerSecond: 8_000 }],
		['share a total among the machines', { machines: 4, totalCpus: 8 }, { machineCount: 4, cpuCount: 2 }],
		['round the share of a total up', { machines: 3, totalCpus: [10, 20] }, { machineCount: 3, cpuCount: 4 }],
		[
			'take as few machines as the total allows',
			{ cpus: [1, 4], totalCpus: 16, totalMemory: [0, 64 * GIB] },
			{ machineCount: 4, cpuCount: 4, memoryBytes: 64 * MIB },
		],
		[
			'take the total for one machine where nothing else is said',
			{ totalMemory: 3 * GIB, totalDisk: [0, 8 * GIB] },
			{ memoryBytes: 3 * GIB, diskBytes: IMAGE_DISK },
		],
		[
			'find a value between several',
			{ memory: unite([...exactly(5).intervals, ...exactly(GIB).intervals]) },
			{ memoryBytes: GIB },
		],
	];
	it.each(table)('%s', (_, parts, expected) => {
		expect(smallest(parts)).toEqual({ ...DEFAULTS, ...expected });
	});

	it('stay as they are where a renegotiation leaves them open', () => {
		const kept = { machineCount: 3, cpuCount: 2, memoryBytes: 5 * GIB, diskBytes: 7 * GIB, networkBitsPerSecond: 8000 };
		expect(smallestChoices(sizing({ cpus: 4 }, kept))).toEqual([{ ...kept, cpuCount: 4 }]);
	});

	it('offer another number of machines where it makes each of them smaller', () => {
		const choices = smallestChoices(sizing({ machines: [1, 4], totalCpus: 4 }));
		expect(choices.map(({ machineCount, cpuCount }) => [machineCount, cpuCount])).toEqual([
			[1, 4],
			[2, 2],
			[4, 1],
		]);
	});
});

describe('ranges that admit no sizes', () => {
	const table: readonly [string, RequestParts, object[]][] = [
		['no whole number of machines', { machines: [1.2, 1.8] }, [{ code: 'RANGE_EMPTY', path: '/machines' }]],
		[
			'more machines than the policy allows',
			{ machines: 300 },
			[{ code: 'LIMIT_EXCEEDED', path: '/machines', resource: 'machines', asked: 300, limit: 256 }],
		],
		['a memory that is not whole MiB', { memory: 1_000_000 * 100 }, [{ code: 'RANGE_EMPTY', path: '/memory' }]],
		[
			'less memory than a machine needs',
			{ memory: 32 * MIB },
			[{ code: 'BELOW_MINIMUM', path: '/memory', limit: 64 * MIB, resource: 'memoryBytes' }],
		],
		['a disk smaller than the image', { disk: GIB }, [{ code: 'BELOW_MINIMUM', path: '/disk', limit: IMAGE_DISK }]],
		['an empty range', { cpus: unite([]) }, [{ code: 'RANGE_EMPTY', path: '/cpus' }]],
		[
			'a total that is no sum of the individuals',
			{ machines: 3, cpus: [1, 2], totalCpus: 8 },
			[{ code: 'RANGE_EMPTY', path: '/totalCpus', relatedPaths: ['/cpus', '/machines'] }],
		],
		[
			'a total that needs more machines than the policy allows',
			{ cpus: [1, 2], totalCpus: 1000 },
			[{ code: 'LIMIT_EXCEEDED', path: '/totalCpus', resource: 'machines', asked: 500, limit: 256 }],
		],
		[
			'totals that no number of machines serves together',
			{ cpus: 1, totalCpus: 3, memory: GIB, totalMemory: 4 * GIB },
			[{ code: 'RANGE_EMPTY', path: '/totalCpus', relatedPaths: ['/totalMemory'] }],
		],
		[
			'more machines than the policy allows, and a total that contradicts even them',
			{ machines: 300, totalCpus: 299, cpus: [1, 4] },
			[
				{ code: 'LIMIT_EXCEEDED', path: '/machines', asked: 300 },
				{ code: 'RANGE_EMPTY', path: '/totalCpus', relatedPaths: ['/cpus', '/machines'] },
			],
		],
		[
			'several faults at once',
			{ machines: 0, cpus: 0.5, memory: 1 },
			[
				{ code: 'RANGE_EMPTY', path: '/machines' },
				{ code: 'RANGE_EMPTY', path: '/cpus' },
				{ code: 'RANGE_EMPTY', path: '/memory' },
			],
		],
		[
			'more parts beside a total than a search may walk',
			{ cpus: unite(Array.from({ length: 600 }, (_, i) => exactly(2 * i).intervals[0]!)), totalCpus: 8 },
			[{ code: 'LIMIT_EXCEEDED', path: '/cpus', asked: 600, limit: RANGE_PARTS_MAX }],
		],
	];
	it.each(table)('%s', (_, parts, expected) => {
		expect(smallestChoices(sizing(parts))).toEqual([]);
		expect(explainSizes(sizing(parts))).toMatchObject(expected);
		expect(explainSizes(sizing(parts))).toHaveLength(expected.length);
	});
});

describe('the search for sizes', () => {
	const MACHINES_MAX = 6;
	const UNITS_MAX = 12;
	const policy = { ...POLICY, machinesMax: MACHINES_MAX, abilities: { ...POLICY.abilities, memoryBytesMin: 2 * MIB } };
	const end = fc.oneof(fc.integer({ min: 0, max: UNITS_MAX }), fc.double({ min: 0, max: UNITS_MAX, noNaN: true }));
	const interval = fc.tuple(end, end, fc.boolean(), fc.boolean()).map(([one, other, lowerOpen, upperOpen]) => {
		return { lower: Math.min(one, other), upper: Math.max(one, other), lowerOpen, upperOpen };
	});
	const range = fc.array(interval, { minLength: 1, maxLength: 3 }).map(unite);
	const maybe = fc.option(range, { nil: undefined });
	const scaled = (wanted: RangeValue, by: number): RangeValue =>
		unite(wanted.intervals.map((part) => ({ ...part, lower: part.lower * by, upper: part.upper * by })));

	it('finds what trying every combination finds', () => {
		const question = fc.record({ machines: maybe, cpus: maybe, totalCpus: maybe, memory: maybe, totalMemory: maybe });
		fc.assert(
			fc.property(question, ({ machines, cpus, totalCpus, memory, totalMemory }) => {
				const wanted = {
					...(machines && { machines }),
					...(cpus && { cpus }),
					...(totalCpus && { totalCpus: scaled(totalCpus, 3) }),
					...(memory && { memory: scaled(memory, MIB) }),
					...(totalMemory && { totalMemory: scaled(totalMemory, 3 * MIB) }),
				};
				const request = requestOf(wanted);
				const admits = (count: number, each: number, unit: number, name: 'cpu' | 'memory'): boolean => {
					const individual = name === 'cpu' ? request.cpuCount : request.memoryBytes;
					const total = name === 'cpu' ? request.totalCpuCount : request.totalMemoryBytes;
					return (
						(individual === undefined || contains(individual.range, each * unit)) &&
						(total === undefined || contains(total.range, count * each * unit))
					);
				};
				const found: [number, number, number][] = [];
				for (let count = 1; count <= MACHINES_MAX; count += 1) {
					if (request.machineCount && !contains(request.machineCount.range, count)) continue;
					if (!request.machineCount && !totalCpus && !totalMemory && count > 1) continue;
					const cpuAsked = cpus ?? totalCpus;
					const memoryAsked = memory ?? totalMemory;
					const units = Array.from({ length: 3 * UNITS_MAX + 1 }, (_, unit) => unit);
					const cpu = cpuAsked ? units.find((each) => each >= 1 && admits(count, each, 1, 'cpu')) : 1;
					const mebibytes = memoryAsked ? units.find((each) => each >= 2 && admits(count, each, MIB, 'memory')) : 512;
					if (cpu !== undefined && mebibytes !== undefined) found.push([count, cpu, mebibytes]);
				}
				const sizing = sizingOf(request, policy, 0);
				const choices = smallestChoices(sizing).map(({ machineCount, cpuCount, memoryBytes }) => {
					return [machineCount, cpuCount, memoryBytes / MIB];
				});
				expect(choices[0]).toEqual(found[0]);
				for (const [count, cpu, mebibytes] of found) {
					const isCovered = choices.some(
						(choice) => choice[0]! <= count && choice[1]! <= cpu && choice[2]! <= mebibytes,
					);
					expect(isCovered).toBe(true);
				}
				for (const choice of choices) expect(found).toContainEqual(choice);
				expect(explainSizes(sizing).length > 0).toBe(found.length === 0);
			}),
			{ numRuns: 800 },
		);
	});
});

function moreThan(lower: number): RangeValue {
	return { intervals: [{ ...between(lower, Number.POSITIVE_INFINITY).intervals[0]!, lowerOpen: true }] };
}
