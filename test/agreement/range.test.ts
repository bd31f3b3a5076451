import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfRoot } from '../../src/agreement/document.ts';
import {
	above,
	below,
	between,
	contains,
	divided,
	endsOf,
	exactly,
	type Interval,
	intersect,
	intersects,
	isEmpty,
	isWithin,
	largestMultiple,
	nearestEnd,
	onlyValue,
	printRange,
	quotient,
	type RangeValue,
	sameRange,
	shifted,
	smallestMultiple,
	unite,
} from '../../src/agreement/jsdl/range.ts';
import { isRangeValue, readRangeValue, withExactValue } from '../../src/agreement/jsdl/range-value.ts';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { treeOf } from './documents.ts';

interface Read {
	readonly range: RangeValue | undefined;
	readonly issues: readonly DocumentIssue[];
	readonly remarks: readonly DocumentIssue[];
}

function read(parts: string): Read {
	const issues: DocumentIssue[] = [];
	const remarks: DocumentIssue[] = [];
	const tree = treeOf(`<jsdl:IndividualPhysicalMemory>${parts}</jsdl:IndividualPhysicalMemory>`);
	return { range: readRangeValue(placeOfRoot(tree), { issues, remarks }), issues, remarks };
}

const EXACT = (value: string, epsilon = ''): string => `<jsdl:Exact${epsilon}>${value}</jsdl:Exact>`;
const UPPER = (value: string, exclusive = ''): string =>
	`<jsdl:UpperBoundedRange${exclusive}>${value}</jsdl:UpperBoundedRange>`;
const LOWER = (value: string, exclusive = ''): string =>
	`<jsdl:LowerBoundedRange${exclusive}>${value}</jsdl:LowerBoundedRange>`;
const RANGE = (lower: string, upper: string, lowerOpen = '', upperOpen = ''): string =>
	`<jsdl:Range><jsdl:LowerBound${lowerOpen}>${lower}</jsdl:LowerBound><jsdl:UpperBound${upperOpen}>${upper}</jsdl:UpperBound></jsdl:Range>`;
const OPEN = ' exclusiveBound="true"';

describe('the numbers that a RangeValue admits', () => {
	const cases: [name: string, parts: string, admitted: number[], refused: number[]][] = [
		['one exact value', EXACT('4'), [4], [3.999, 4.001]],
		['an exact value with epsilon', EXACT('5', ' epsilon="0.5"'), [4.5, 5, 5.5], [4.49, 5.51]],
		['several exact values are alternatives', EXACT('2') + EXACT('8'), [2, 8], [4]],
		['an upper bound alone', UPPER('8'), [8, -1e9], [8.1]],
		['an exclusive upper bound', UPPER('8', OPEN), [7.999], [8]],
		['a lower bound alone', LOWER('8'), [8, 1e9], [7.9]],
		['upper and lower together are one range', UPPER('8') + LOWER('2'), [2, 5, 8], [1, 9]],
		['upper and lower are alternatives to an exact value', UPPER('8') + LOWER('2') + EXACT('20'), [2, 8, 20], [9, 19]],
		['upper below lower admits nothing', UPPER('2') + LOWER('8'), [], [2, 5, 8]],
		['a range with both ends', RANGE('2', '4'), [2, 3, 4], [1.9, 4.1]],
		['a range with open ends', RANGE('2', '4', OPEN, ' exclusiveBound="1"'), [2.1, 3.9], [2, 4]],
		[
			'exclusiveBound="false" and "0" are closed',
			RANGE('2', '4', ' exclusiveBound="false"', ' exclusiveBound="0"'),
			[2, 4],
			[5],
		],
		['a range with an infinite end', RANGE('2', 'INF'), [2, 1e300], [1]],
		[
			'the example of the specification',
			LOWER('100') + EXACT('5') + EXACT('6.7777', ' epsilon="1e-5"') + EXACT('7') + RANGE('50.3', '99.5', '', OPEN),
			[5, 6.7777, 7, 55, 98, 100, 1e12],
			[99.5, 99.9, 50.2, 6.78],
		],
		['white space around a number is nothing', EXACT('\n\t 4 \n'), [4], [5]],
		['an exponent', EXACT('2e9'), [2_000_000_000], []],
	];
	test.each(cases)('%s', (_name, parts, admitted, refused) => {
		const { range, issues } = read(parts);
		expect(issues).toEqual([]);
		for (const value of admitted) expect(contains(range!, value), `${value} is admitted`).toBe(true);
		for (const value of refused) expect(contains(range!, value), `${value} is refused`).toBe(false);
	});

	test('a RangeValue without parts demands nothing, with a remark', () => {
		const { range, issues, remarks } = read(' ');
		expect([range, issues, remarks[0]?.code]).toEqual([undefined, [], 'RANGE_SAYS_NOTHING']);
	});

	test('upper and lower bound together are remarked upon', () => {
		expect(read(UPPER('8') + LOWER('2')).remarks[0]?.code).toBe('RANGE_BOTH_BOUNDS');
	});

	test.each([
		['ends the wrong way round', 'IndividualPhysicalMemory', RANGE('4', '2'), 'no number'],
		['an open point', 'IndividualPhysicalMemory', RANGE('2', '2', OPEN), 'no number'],
		['part of a CPU', 'IndividualCPUCount', EXACT('2.5'), 'no whole number'],
		['no CPU', 'IndividualCPUCount', EXACT('0'), 'no whole number of at least 1'],
		['less memory than none', 'IndividualPhysicalMemory', EXACT('-1'), 'no number that is not negative'],
		['part of a machine', 'TotalResourceCount', RANGE('1', '2', OPEN, OPEN), 'no whole number'],
	])('that nothing fulfils is remarked upon: %s', (_name, localName, parts, words) => {
		const remarks: DocumentIssue[] = [];
		const tree = treeOf(`<jsdl:${localName}>${parts}</jsdl:${localName}>`);
		readRangeValue(placeOfRoot(tree), { issues: [], remarks });
		expect(remarks).toMatchObject([{ code: 'RANGE_ADMITS_NOTHING', message: expect.stringContaining(words) }]);
	});

	test.each([
		['a range the wrong way round', 'IndividualPhysicalMemory', EXACT('5') + RANGE('9', '3'), '/jsdl:Range', '9..3'],
		[
			'bounds that exclude each other',
			'IndividualPhysicalMemory',
			UPPER('2') + LOWER('5') + EXACT('3'),
			'/jsdl:UpperBoundedRange',
			'5..2',
		],
		[
			'an open point',
			'IndividualPhysicalMemory',
			EXACT('5') + RANGE('2', '2', OPEN),
			'/jsdl:Range',
			'more than 2 and at most 2',
		],
		['infinity', 'IndividualPhysicalMemory', EXACT('5') + EXACT('INF'), '/jsdl:Exact[2]', 'Infinity'],
		['less memory than none', 'IndividualPhysicalMemory', EXACT('-1') + EXACT('5'), '/jsdl:Exact[1]', '-1'],
		['part of a CPU', 'IndividualCPUCount', EXACT('2') + EXACT('2.5'), '/jsdl:Exact[2]', '2.5'],
	])(
		'a part that nothing fulfils, beside one that can be, is remarked upon: %s',
		(_name, localName, parts, at, found) => {
			const remarks: DocumentIssue[] = [];
			const tree = treeOf(`<jsdl:${localName}>${parts}</jsdl:${localName}>`);
			readRangeValue(placeOfRoot(tree), { issues: [], remarks });
			const told = remarks.filter(({ code }) => code === 'RANGE_ADMITS_NOTHING');
			expect(told).toMatchObject([{ path: `/jsdl:${localName}${at}`, found }]);
		},
	);

	test('of several parts that nothing fulfils each is told of, and that another can be', () => {
		const { remarks } = read(EXACT('2') + RANGE('9', '3') + RANGE('4', '1'));
		expect(remarks.map(({ path, message }) => [path.replace(/.*\//, ''), message.replace(/.*: /, '')])).toEqual([
			['jsdl:Range[1]', 'only another part can be fulfilled.'],
			['jsdl:Range[2]', 'only another part can be fulfilled.'],
		]);
	});

	test('fractions of bytes are numbers as others are', () => {
		expect(read(EXACT('2.5')).remarks).toEqual([]);
	});

	const refusals: [name: string, parts: string, code: string, path: string][] = [
		['a unit', EXACT('512 MB'), 'VALUE_MALFORMED', '/jsdl:Exact'],
		['hexadecimal digits', EXACT('0x10'), 'VALUE_MALFORMED', '/jsdl:Exact'],
		['nothing at all', EXACT(' '), 'VALUE_MALFORMED', '/jsdl:Exact'],
		['JavaScript’s Infinity', EXACT('Infinity'), 'VALUE_MALFORMED', '/jsdl:Exact'],
		['NaN', LOWER('NaN'), 'VALUE_MALFORMED', '/jsdl:LowerBoundedRange'],
		['a thousands separator', EXACT('1,024'), 'VALUE_MALFORMED', '/jsdl:Exact'],
		['a number beyond any double', EXACT('1e400'), 'NUMBER_TOO_LARGE', '/jsdl:Exact'],
		['a number beyond 2^53', UPPER('9007199254740993'), 'NUMBER_TOO_LARGE', '/jsdl:UpperBoundedRange'],
		['a negative epsilon', EXACT('5', ' epsilon="-1"'), 'VALUE_MALFORMED', '/jsdl:Exact/@epsilon'],
		[
			'exclusiveBound="True"',
			LOWER('5', ' exclusiveBound="True"'),
			'VALUE_MALFORMED',
			'/jsdl:LowerBoundedRange/@exclusiveBound',
		],
		[
			'a Range without an upper bound',
			'<jsdl:Range><jsdl:LowerBound>1</jsdl:LowerBound></jsdl:Range>',
			'ELEMENT_MISSING',
			'/jsdl:Range',
		],
		['a second UpperBoundedRange', UPPER('1') + UPPER('2'), 'ELEMENT_REPEATED', '/jsdl:UpperBoundedRange[2]'],
	];
	test.each(refusals)('%s is refused', (_name, parts, code, path) => {
		expect(read(parts).issues).toMatchObject([{ code, path: `/jsdl:IndividualPhysicalMemory${path}` }]);
	});

	test('2^53 - 1 is the largest number that is taken', () => {
		const { range, issues } = read(UPPER('9007199254740991'));
		expect([issues, contains(range!, 9_007_199_254_740_991)]).toEqual([[], true]);
	});

	test('an issue says what was found and what is allowed', () => {
		expect(read(EXACT('512 MB')).issues).toEqual([
			{
				code: 'VALUE_MALFORMED',
				path: '/jsdl:IndividualPhysicalMemory/jsdl:Exact',
				message: 'This is not a number.',
				found: '512 MB',
				allowed: 'a number such as 4, 1.5 or 2e9, or INF; no unit',
			},
		]);
	});

	test('a text of megabytes does not come back in the issue', () => {
		expect(read(EXACT('x'.repeat(1_000_000))).issues[0]?.found).toHaveLength(120);
	});

	test('a placeholder of a template is called one', () => {
		expect(read(EXACT('$MEMORY')).issues[0]?.message).toContain('placeholder');
	});

	test('of a wrong part among right ones nothing is read', () => {
		expect(read(EXACT('4') + EXACT('x')).range).toBeUndefined();
	});
});

describe('a RangeValue, against the sentence of the specification', () => {
	const halves = fc.integer({ min: -8, max: 40 }).map((half) => half / 2);
	const number = fc.oneof(halves, fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY));
	const bound = fc.record({ value: number, exclusive: fc.boolean() });
	type Bound = { readonly value: number; readonly exclusive: boolean };
	const written = (value: number): string => (Number.isFinite(value) ? String(value) : value > 0 ? 'INF' : '-INF');
	const attribute = ({ exclusive }: Bound): string => ` exclusiveBound="${exclusive}"`;
	const isAbove = (value: number, { value: limit, exclusive }: Bound): boolean =>
		exclusive ? value > limit : value >= limit;
	const isBelow = (value: number, { value: limit, exclusive }: Bound): boolean =>
		exclusive ? value < limit : value <= limit;

	test('a number matches when an Exact, a Range or the bounded range does', () => {
		const question = fc.record({
			upper: fc.option(bound, { nil: undefined }),
			lower: fc.option(bound, { nil: undefined }),
			exact: fc.array(
				fc.record({ value: number, epsilon: fc.option(fc.constantFrom(0, 0.5, 3, Number.POSITIVE_INFINITY)) }),
				{
					maxLength: 3,
				},
			),
			ranges: fc.array(fc.record({ lower: bound, upper: bound }), { maxLength: 3 }),
		});
		fc.assert(
			fc.property(question, ({ upper, lower, exact, ranges }) => {
				fc.pre(upper !== undefined || lower !== undefined || exact.length + ranges.length > 0);
				const { range, issues } = read(
					(upper === undefined ? '' : UPPER(written(upper.value), attribute(upper))) +
						(lower === undefined ? '' : LOWER(written(lower.value), attribute(lower))) +
						exact
							.map(({ value, epsilon }) =>
								EXACT(written(value), epsilon === null ? '' : ` epsilon="${written(epsilon)}"`),
							)
							.join('') +
						ranges
							.map((each) =>
								RANGE(
									written(each.lower.value),
									written(each.upper.value),
									attribute(each.lower),
									attribute(each.upper),
								),
							)
							.join(''),
				);
				expect(issues).toEqual([]);
				for (const value of SAMPLES) {
					const isBounded =
						(upper !== undefined || lower !== undefined) &&
						(upper === undefined || isBelow(value, upper)) &&
						(lower === undefined || isAbove(value, lower));
					const matches =
						isBounded ||
						exact.some((each) => Math.abs(value - each.value) <= (each.epsilon ?? 0) && Number.isFinite(each.value)) ||
						ranges.some((each) => isAbove(value, each.lower) && isBelow(value, each.upper));
					expect(contains(range!, value)).toBe(matches);
				}
			}),
			{ numRuns: 200 },
		);
	});
});

describe('a RangeValue as one exact value', () => {
	test('keeps its attributes and its name, and admits that value alone', () => {
		const tree = treeOf(`<jsdl:DiskSpace x:note="n">${RANGE('1', '4')}<!--gone--></jsdl:DiskSpace>`);
		const exactTree = withExactValue(tree, 3);
		expect(exactTree.attributes).toEqual(tree.attributes);
		expect(isRangeValue(exactTree)).toBe(true);
		const range = readRangeValue(placeOfRoot(exactTree), { issues: [], remarks: [] });
		expect(sameRange(range!, exactly(3))).toBe(true);
	});

	test('an element with anything but parts of a range is none', () => {
		expect(isRangeValue(treeOf('<jsdl:Resources></jsdl:Resources>'))).toBe(false);
		expect(isRangeValue(treeOf(`<jsdl:Resources>${EXACT('1')}<jsdl:HostName></jsdl:HostName></jsdl:Resources>`))).toBe(
			false,
		);
	});
});

/** Ends on a grid of halves, so that intervals often meet. */
const end = fc.oneof(
	fc.integer({ min: -8, max: 40 }).map((half) => half / 2),
	fc.constantFrom(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
);
const interval: fc.Arbitrary<Interval> = fc.record({
	lower: end,
	lowerOpen: fc.boolean(),
	upper: end,
	upperOpen: fc.boolean(),
});
const parts = fc.array(interval, { maxLength: 6 });
/** Quarters tell apart what halves cannot: the open from the closed end. */
const SAMPLES = Array.from({ length: 120 }, (_, index) => -5 + index / 4);

function anyHolds(intervals: readonly Interval[], value: number): boolean {
	return intervals.some(({ lower, lowerOpen, upper, upperOpen }) => {
		const isAbove = value > lower || (value === lower && !lowerOpen);
		return isAbove && (value < upper || (value === upper && !upperOpen));
	});
}

describe('ranges as sets, against samples', () => {
	test('a union holds what any part holds, in ascending intervals that do not touch', () => {
		fc.assert(
			fc.property(parts, (intervals) => {
				const range = unite(intervals);
				for (const value of SAMPLES) expect(contains(range, value)).toBe(anyHolds(intervals, value));
				for (let index = 1; index < range.intervals.length; index += 1) {
					const [before, after] = [range.intervals[index - 1]!, range.intervals[index]!];
					const apart =
						before.upper < after.lower || (before.upper === after.lower && before.upperOpen && after.lowerOpen);
					expect(apart).toBe(true);
				}
			}),
		);
	});

	test('an intersection holds what both hold', () => {
		fc.assert(
			fc.property(parts, parts, (one, other) => {
				const common = intersect(unite(one), unite(other));
				for (const value of SAMPLES) {
					expect(contains(common, value)).toBe(anyHolds(one, value) && anyHolds(other, value));
				}
				expect(sameRange(common, unite(common.intervals))).toBe(true);
			}),
		);
	});

	test('a range is within another when all its samples are, and then intersects to itself', () => {
		fc.assert(
			fc.property(parts, parts, (one, other) => {
				const [inner, outer] = [unite(one), unite(other)];
				const bySamples = SAMPLES.every((value) => !contains(inner, value) || contains(outer, value));
				const reachesFurther = [...inner.intervals].some(
					({ lower, upper }) => !Number.isFinite(lower) || !Number.isFinite(upper),
				);
				if (!reachesFurther) expect(isWithin(inner, outer)).toBe(bySamples);
				expect(isWithin(intersect(inner, outer), outer)).toBe(true);
			}),
		);
	});

	test('the smallest and the largest multiple are those of a search', () => {
		fc.assert(
			fc.property(parts, fc.constantFrom(1, 2, 3, 5), fc.integer({ min: 0, max: 30 }), (intervals, step, bound) => {
				const range = unite(intervals);
				const multiples = Array.from({ length: 60 }, (_, index) => index * step).filter((value) =>
					contains(range, value),
				);
				const above = multiples.find((value) => value >= bound);
				const below = multiples.findLast((value) => value <= bound);
				expect(smallestMultiple(range, step, bound)).toBe(above);
				expect(largestMultiple(range, step, bound)).toBe(below);
			}),
		);
	});
});

describe('sums and shares, against samples', () => {
	test('two ranges intersect when some sample is in both, or when they meet between samples', () => {
		fc.assert(
			fc.property(parts, parts, (one, other) => {
				const [a, b] = [unite(one), unite(other)];
				expect(intersects(a, b)).toBe(!isEmpty(intersect(a, b)));
				if (SAMPLES.some((value) => contains(a, value) && contains(b, value))) expect(intersects(a, b)).toBe(true);
			}),
		);
	});

	test('a half line holds what is on its side', () => {
		fc.assert(
			fc.property(fc.integer({ min: -8, max: 40 }), fc.boolean(), (half, open) => {
				const bound = half / 2;
				for (const value of SAMPLES) {
					expect(contains(above(bound, open), value)).toBe(open ? value > bound : value >= bound);
					expect(contains(below(bound, open), value)).toBe(open ? value < bound : value <= bound);
				}
			}),
		);
	});

	test('shares and shifts hold a number when their sum and their origin do', () => {
		fc.assert(
			fc.property(parts, fc.integer({ min: 1, max: 6 }), (intervals, by) => {
				const range = unite(intervals);
				for (const value of SAMPLES) {
					expect(contains(divided(range, by), value)).toBe(contains(range, value * by));
					expect(contains(shifted(range, by), value)).toBe(contains(range, value + by));
				}
			}),
		);
	});

	test('a quotient holds a count exactly when so many of something make the sum', () => {
		const positive = fc.array(
			fc.record({
				lower: fc.integer({ min: 0, max: 12 }),
				lowerOpen: fc.boolean(),
				upper: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(Number.POSITIVE_INFINITY)),
				upperOpen: fc.boolean(),
			}),
			{ maxLength: 3 },
		);
		fc.assert(
			fc.property(positive, positive, (sums, each) => {
				const [sum, part] = [unite(sums), unite(each)];
				const counts = quotient(sum, part);
				for (let count = 1; count <= 30; count += 1) {
					// So many of a part make the sum when the part meets the share of each.
					expect(contains(counts, count)).toBe(intersects(part, divided(sum, count)));
				}
			}),
			{ numRuns: 500 },
		);
	});

	test('the only value is the one that there is, and the ends are those of all samples', () => {
		fc.assert(
			fc.property(parts, (intervals) => {
				const range = unite(intervals);
				const only = onlyValue(range);
				if (only !== undefined) expect(sameRange(range, exactly(only))).toBe(true);
				const ends = endsOf(range);
				expect(ends === undefined).toBe(isEmpty(range));
				for (const value of SAMPLES.filter((sample) => contains(range, sample))) {
					expect(value >= ends!.lower && value <= ends!.upper).toBe(true);
				}
			}),
		);
		expect(onlyValue(exactly(4))).toBe(4);
		expect(onlyValue(between(4, 5))).toBeUndefined();
	});

	test('the nearest end is closed, and none is nearer', () => {
		fc.assert(
			fc.property(parts, fc.integer({ min: -5, max: 25 }), (intervals, target) => {
				const range = unite(intervals);
				const nearest = nearestEnd(range, target);
				const closed = range.intervals
					.flatMap(({ lower, upper }) => [lower, upper])
					.filter((end) => contains(range, end));
				expect(nearest === undefined).toBe(closed.length === 0);
				for (const end of closed) expect(Math.abs(nearest! - target)).toBeLessThanOrEqual(Math.abs(end - target));
			}),
		);
	});
});

describe('nothing', () => {
	test.each<[name: string, part: Interval]>([
		['a point without its lower end', { lower: 2, lowerOpen: true, upper: 2, upperOpen: false }],
		['a point without its upper end', { lower: 2, lowerOpen: false, upper: 2, upperOpen: true }],
		['an interval the wrong way round', { lower: 3, lowerOpen: false, upper: 2, upperOpen: false }],
		[
			'infinity itself',
			{ lower: Number.POSITIVE_INFINITY, lowerOpen: false, upper: Number.POSITIVE_INFINITY, upperOpen: false },
		],
	])('is %s', (_name, part) => {
		expect(isEmpty(unite([part]))).toBe(true);
	});
});

describe('multiples at the edges', () => {
	const MIB = 1_048_576;
	test.each<[name: string, range: RangeValue, step: number, atLeast: number, expected: number | undefined]>([
		['a bound just above a multiple takes the next one', between(MIB + 1, 3 * MIB), MIB, 0, 2 * MIB],
		[
			'a bound whose quotient rounds down is not met by rounding',
			between(1_048_576.0000000002, 3 * MIB),
			MIB,
			0,
			2 * MIB,
		],
		['no multiple fits between', between(MIB + 1, 2 * MIB - 1), MIB, 0, undefined],
		['a fraction between two counts admits none', exactly(2.5), 1, 1, undefined],
		['no bound below begins at the least asked', between(Number.NEGATIVE_INFINITY, 8), 1, 1, 1],
		['nothing beyond 2^53', between(2 ** 53, 2 ** 54), 1, 0, undefined],
	])('%s', (_name, range, step, atLeast, expected) => {
		expect(smallestMultiple(range, step, atLeast)).toBe(expected);
	});

	test('the largest multiple is never negative', () => {
		expect(largestMultiple(between(-10, -1), 1, 100)).toBeUndefined();
		expect(largestMultiple(between(-10, 3), 1, -1)).toBeUndefined();
	});
});

describe('ranges in words', () => {
	test.each<[range: RangeValue, text: string]>([
		[exactly(4), '4'],
		[between(2, 4), '2..4'],
		[between(2, Number.POSITIVE_INFINITY), 'at least 2'],
		[between(Number.NEGATIVE_INFINITY, 4), 'at most 4'],
		[unite([{ lower: 2, lowerOpen: true, upper: 4, upperOpen: false }]), 'more than 2 and at most 4'],
		[between(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY), 'anything'],
		[unite([]), 'nothing'],
		[unite([1, 3, 5].flatMap((value) => exactly(value).intervals)), '1 or 3 or 5'],
	])('%o', (range, text) => {
		expect(printRange(range)).toBe(text);
	});

	test('a thousand values are cut short', () => {
		const many = unite(Array.from({ length: 1000 }, (_, value) => exactly(value).intervals[0]!));
		expect(isEmpty(many)).toBe(false);
		expect(printRange(many)).toContain('or 992 more ranges');
	});
});
