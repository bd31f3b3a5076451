import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJobDocument } from '../../src/agreement/jsdl/job-document.ts';
import { contains, exactly, type RangeValue, unite } from '../../src/agreement/jsdl/range.ts';
import { remarkOnTotals } from '../../src/agreement/jsdl/totals.ts';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { exact, treeOf } from './documents.ts';

const AT = '/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources';

function remarks(resources: string): readonly DocumentIssue[] {
	const job = `<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`;
	const [reading] = readJobDocument(treeOf(job));
	expect(reading?.issues).toEqual([]);
	return reading!.remarks;
}

function between(localName: string, lower: number, upper: number): string {
	return `<jsdl:${localName}><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:${localName}>`;
}

const GIB = 2 ** 30;

describe('totals, individuals and the number of machines', () => {
	const cases: [name: string, resources: string, remarks: object[]][] = [
		['say nothing about each other where there is no total', exact('IndividualCPUCount', 4), []],
		[
			'agree, and need no remark',
			exact('IndividualCPUCount', 4) + exact('TotalCPUCount', 8) + exact('TotalResourceCount', 2),
			[],
		],
		[
			'contradict each other, all three with their places',
			exact('IndividualCPUCount', 4) + exact('TotalCPUCount', 9) + exact('TotalResourceCount', 2),
			[
				{
					code: 'TOTALS_CONTRADICT',
					path: `${AT}/jsdl:TotalCPUCount`,
					found: '9',
					message: expect.stringMatching(/4 \(.*IndividualCPUCount\) times 2 \(.*TotalResourceCount\)/),
				},
			],
		],
		[
			'contradict each other where CPUs cannot be parted',
			exact('TotalCPUCount', 8) + exact('TotalResourceCount', 3),
			[{ code: 'TOTALS_CONTRADICT', path: `${AT}/jsdl:TotalCPUCount` }],
		],
		[
			'give what each machine has',
			exact('TotalPhysicalMemory', 16 * GIB) + exact('TotalResourceCount', 4),
			[{ code: 'SIZE_FOLLOWS', message: expect.stringContaining(`IndividualPhysicalMemory is ${4 * GIB}`) }],
		],
		[
			'give how many machines there are',
			exact('IndividualDiskSpace', 2 * GIB) + exact('TotalDiskSpace', 6 * GIB),
			[{ code: 'SIZE_FOLLOWS', message: expect.stringContaining('there are 3 machines') }],
		],
		[
			'give it through another quantity',
			exact('IndividualCPUCount', 2) + exact('TotalCPUCount', 8) + exact('TotalPhysicalMemory', 8 * GIB),
			[
				{ code: 'SIZE_FOLLOWS', path: `${AT}/jsdl:TotalCPUCount` },
				{
					code: 'SIZE_FOLLOWS',
					path: `${AT}/jsdl:TotalPhysicalMemory`,
					message: expect.stringContaining(`IndividualPhysicalMemory is ${2 * GIB}`),
				},
			],
		],
		[
			'contradict each other only together',
			exact('IndividualCPUCount', 1) +
				exact('IndividualPhysicalMemory', GIB) +
				exact('TotalCPUCount', 3) +
				exact('TotalPhysicalMemory', 4 * GIB),
			[
				{
					code: 'TOTALS_CONTRADICT',
					path: `${AT}/jsdl:TotalPhysicalMemory`,
					message: expect.stringContaining(`${AT}/jsdl:TotalCPUCount: they take 4 and 3`),
				},
				{ code: 'SIZE_FOLLOWS', path: `${AT}/jsdl:TotalCPUCount` },
			],
		],
		[
			'leave open how many machines there are',
			exact('TotalCPUCount', 8),
			[{ code: 'SIZE_OPEN', path: `${AT}/jsdl:TotalCPUCount`, allowed: '1 or 2 or 4 or 8 machines' }],
		],
		[
			'leave it open within a range',
			between('TotalResourceCount', 2, 4) + exact('TotalPhysicalMemory', 8 * GIB),
			[{ code: 'SIZE_OPEN', allowed: '2 or 3 or 4 machines' }],
		],
		[
			'hold for what no machine is limited by as well',
			exact('IndividualCPUTime', 60) + exact('TotalCPUTime', 100) + exact('TotalResourceCount', 2),
			[{ code: 'TOTALS_CONTRADICT', path: `${AT}/jsdl:TotalCPUTime` }],
		],
		[
			'are not looked at where the count admits no machine',
			exact('TotalCPUCount', 8) + exact('TotalResourceCount', 0),
			[{ code: 'RANGE_ADMITS_NOTHING', found: '0' }],
		],
	];
	test.each(cases)('%s', (_name, resources, expected) => {
		const found = remarks(resources);
		expect(found).toMatchObject(expected);
		expect(found).toHaveLength(expected.length);
	});

	test('contradict each other exactly where trying every number of machines finds none', () => {
		const end = fc.integer({ min: 0, max: 12 });
		const interval = fc.tuple(end, end, fc.boolean(), fc.boolean()).map(([one, other, lowerOpen, upperOpen]) => {
			return { lower: Math.min(one, other), upper: Math.max(one, other), lowerOpen, upperOpen };
		});
		const range = fc.array(interval, { minLength: 1, maxLength: 3 }).map(unite);
		const maybe = fc.option(range, { nil: undefined });
		const question = fc.record({ count: maybe, individual: maybe, total: range });
		fc.assert(
			fc.property(question, ({ count, individual, total }) => {
				const asked = new Map<string, RangeValue | undefined>([
					['TotalResourceCount', count],
					['IndividualCPUCount', individual],
					['TotalCPUCount', total],
				]);
				const found: DocumentIssue[] = [];
				remarkOnTotals((localName) => {
					const wanted = asked.get(localName);
					return wanted && { range: wanted, path: `/${localName}` };
				}, found);
				const possible = [];
				for (let machines = 1; machines <= 12; machines += 1) {
					if (count !== undefined && !contains(count, machines)) continue;
					for (let each = 1; each * machines <= 12; each += 1) {
						if (individual !== undefined && !contains(individual, each)) continue;
						if (contains(total, each * machines)) possible.push(machines);
					}
				}
				const hasMachine = count === undefined || [...Array(12)].some((_, index) => contains(count, index + 1));
				const hasCpu = individual === undefined || [...Array(12)].some((_, index) => contains(individual, index + 1));
				fc.pre(hasMachine && hasCpu && total.intervals.length > 0);
				expect(found.some(({ code }) => code === 'TOTALS_CONTRADICT')).toBe(possible.length === 0);
				if (possible.length > 0)
					expect(found.some(({ code }) => code === 'SIZE_OPEN')).toBe(new Set(possible).size > 1);
			}),
			{ numRuns: 1000 },
		);
	});

	test('ranges of many parts are compared', () => {
		const parts = Array.from({ length: 200 }, (_, index) => `<jsdl:Exact>${2 * index + 1}</jsdl:Exact>`).join('');
		const total = `<jsdl:TotalCPUCount>${parts}</jsdl:TotalCPUCount>`;
		const found = remarks(exact('IndividualCPUCount', 1000) + total + exact('TotalResourceCount', 3));
		expect(found).toMatchObject([{ code: 'TOTALS_CONTRADICT' }]);
	});

	test('ranges of more parts than anybody writes are said to be left to the judgement', () => {
		const many = unite(Array.from({ length: 5000 }, (_, index) => exactly(2 * index + 1).intervals[0]!));
		const found: DocumentIssue[] = [];
		remarkOnTotals((localName) => ({ range: many, path: localName }), found);
		expect(found.map(({ code, path }) => `${code} ${path}`)).toEqual(
			['CPUCount', 'PhysicalMemory', 'VirtualMemory', 'DiskSpace', 'CPUTime'].map((each) => `SIZE_OPEN Total${each}`),
		);
	});
});

describe('amounts in a unit that nobody means', () => {
	const lower = (localName: string, value: number): string =>
		`<jsdl:${localName}><jsdl:LowerBoundedRange>${value}</jsdl:LowerBoundedRange></jsdl:${localName}>`;
	const cases: [name: string, resources: string, codes: string[]][] = [
		['256 bytes of memory', exact('IndividualPhysicalMemory', 256), ['UNIT_SUSPICIOUS']],
		['at least 512 bytes of memory', lower('IndividualPhysicalMemory', 512), ['UNIT_SUSPICIOUS']],
		['memory from nothing to much', between('IndividualPhysicalMemory', 0, GIB), []],
		['memory from one byte to much', between('IndividualPhysicalMemory', 1, GIB), []],
		['no bytes of disk', exact('IndividualDiskSpace', 0), []],
		['40 bytes of disk', exact('IndividualDiskSpace', 40), ['UNIT_SUSPICIOUS']],
		['a CPU of two hertz', exact('IndividualCPUSpeed', 2.4), ['UNIT_SUSPICIOUS']],
		['a CPU of thousands of gigahertz', exact('IndividualCPUSpeed', 2.4e15), ['UNIT_SUSPICIOUS']],
		['a hundred bits per second', exact('IndividualNetworkBandwidth', 100), ['UNIT_SUSPICIOUS']],
		['a gigabit per second', exact('IndividualNetworkBandwidth', 1e9), []],
		['virtual memory of 512 bytes', exact('IndividualVirtualMemory', 512), ['UNIT_SUSPICIOUS']],
		['two CPUs, which have no unit', exact('IndividualCPUCount', 2), []],
	];
	test.each(cases)('%s', (_name, resources, codes) => {
		expect(remarks(resources).map(({ code }) => code)).toEqual(codes);
	});
});
