/** The language of free constraints, against an evaluation by hand of every value that ranges admit (sampled). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFreeConstraint } from '../../src/agreement/conditions/free-constraints.ts';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import type { DocumentIssue, XmlElement } from '../../src/xml/element.ts';
import { cpuMs } from '../cpu-time.ts';
import { COMPARE } from './compare.ts';
import { findConditionFaults } from './condition-faults.ts';
import { codesOf, exact, item, offer, template, templateXml, treeOf, valueIn } from './documents.ts';

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const constraintXml = (text: string) => `<wsag:Constraint>${escaped(text)}</wsag:Constraint>`;

/** What is wrong with the document by the constraint. */
function faults(text: string, document: XmlElement) {
	const issues: DocumentIssue[] = [];
	const constraint = readFreeConstraint(placeOfRoot(treeOf(constraintXml(text))), issues);
	if (constraint === undefined) throw new Error(JSON.stringify(issues));
	return findConditionFaults(constraint, document, { remaining: 100_000 });
}

const holds = (text: string, document: XmlElement) => faults(text, document).length === 0;

const DOCUMENT = treeOf(
	`<x:d><x:a>4</x:a><x:b>2</x:b><x:b>6</x:b><x:r><jsdl:Range><jsdl:LowerBound>1</jsdl:LowerBound><jsdl:UpperBound>8</jsdl:UpperBound></jsdl:Range></x:r><x:t at="2030-01-01T00:00:00Z"> word </x:t><x:u>PT90M</x:u><x:e><x:inner></x:inner></x:e></x:d>`,
);

describe('a constraint holds', () => {
	test.each([
		'//x:a = 4',
		'//x:a != 5 and //x:a < 5 and //x:a <= 4 and //x:a > 3 and //x:a >= 4',
		'4 = //x:a',
		'//x:a + 1 = 5 and //x:a - 1 = 3 and //x:a * 2 = 8 and //x:a div 2 = 2',
		'1 + 2 * 3 = 7 and (1 + 2) * 3 = 9 and -//x:a = -4 and 10 - 3 - 2 = 5',
		'1 KiB = 1024 and 1.5 GiB = 1610612736 and 2 GHz = 2e9',
		'//x:b <= 6 and //x:b > 1',
		'//x:b[2] = 6',
		'//x:b = 2 or //x:b = 6',
		'not (//x:b != 2 and //x:b < 6)',
		'exists(//x:b) and (//x:b < 3 or //x:b * 2 > 11)',
		'count(//x:b) = 2 and sum(//x:b) = 8 and min(//x:b) = 2 and max(//x:b) = 6',
		'count(//x:none) = 0 and sum(//x:none) = 0',
		'exists(//x:a) and not exists(//x:none)',
		'not exists(//x:none) or //x:none = 3',
		'//x:r <= 8 and //x:r >= 1 and //x:r != 9',
		'max(//x:r) <= 8',
		"//x:t = 'word'",
		'//x:t = "word"',
		"//x:t != 'other'",
		"//x:t/@at < '2030-01-01T01:30:00+01:00'",
		"//x:u = 'PT1H30M' and //x:u < 'P1D'",
		"//x:a = '4.0'",
		"//*[@at='2030-01-01T00:00:00Z'] = 'word'",
		'not not (//x:a = 4)',
		'//x:a = 4 or //x:a = 5 and //x:a = 6',
		' //x:a\n=\t4 ',
	])('%s', (text) => {
		expect(faults(text, DOCUMENT)).toEqual([]);
	});
});

describe('a constraint does not hold', () => {
	test.each<[text: string, fault: object]>([
		['//x:a > 4', { part: { text: '//x:a > 4' }, found: '4', nearest: '5', why: 'it does not hold' }],
		['//x:a + 1 <= 3', { nearest: '2' }],
		['2 * //x:a - 1 >= 11', { nearest: '6' }],
		['12 div //x:a = 2', { nearest: '6' }],
		['-//x:a >= -3', { nearest: '3' }],
		['//x:a = 1 or //x:a = 3 or //x:a = 9', { nearest: '3' }],
		["//x:t = 'a' or //x:t = 'b'", { found: 'word', nearest: 'a' }],
		['//x:b < 6', { found: '6', why: 'it does not hold', nearest: '5' }],
		['not (//x:b = 2)', { found: '2', why: 'it does not hold', nearest: '1' }],
		['//x:b = 2 or //x:b = 7', { found: '6', nearest: '7' }],
		['//x:b - //x:b < 1', { why: 'not every value that is admitted fulfils it' }],
		['//x:r > 2 and exists(//x:a)', { why: 'not every value that is admitted fulfils it' }],
		['//x:r <= 4', { found: '1..8', nearest: '1..4' }],
		['//x:r = //x:r', { why: 'not every value that is admitted fulfils it' }],
		['//x:none = 3', { found: 'nothing', why: '//x:none selects nothing' }],
		['//x:none = 3 or not exists(//x:none)', { why: '//x:none selects nothing' }],
		['min(//x:none) = 0', { why: '//x:none selects nothing' }],
		['//x:t < 4', { why: 'word and 4 have no order' }],
		['//x:t + 1 = 2', { why: 'word is no number' }],
		['//x:a div (//x:a - 4) = 1', { why: 'the divisor may be 0' }],
		[
			'1 div //x:r > 0 and 1 div (//x:r - 1) > 0',
			{ part: { text: '1 div (//x:r - 1) > 0' }, why: 'the divisor may be 0' },
		],
		['//x:e = 1', { why: 'e holds elements and has no value of its own' }],
		['exists(//x:none)', { found: 'nothing' }],
		['count(//x:b) = 3', { found: 'count(//x:b): 2', allowed: 'count(//x:b): 3', nearest: 'count(//x:b): 3' }],
	])('%s', (text, fault) => {
		expect(faults(text, DOCUMENT)).toMatchObject([fault]);
	});

	test('in each part of its outermost and', () => {
		expect(
			faults('//x:a = 1 and //x:a = 4 and (//x:a = 2 and //x:a = 3)', DOCUMENT).map(({ part }) => part.text),
		).toEqual(['//x:a = 1', '//x:a = 2 and //x:a = 3']);
	});
});

const saying = (...values: readonly string[]): XmlElement =>
	treeOf(`<x:d>${values.map((value) => `<x:v>${value}</x:v>`).join('')}</x:d>`);

describe('calculations are exact', () => {
	test.each<[text: string, value: string]>([
		['0.1 + 0.2 = 0.3', '0'],
		['//x:v + 0.2 = 0.3', '0.1'],
		['//x:v * 3 = 0.3', '0.1'],
		['//x:v * 3 = 0.3', '1e-1'],
		['//x:v = 9007199254740993', '9007199254740993'],
		['//x:v != 9007199254740993', '9007199254740992'],
		['//x:v > 0.1', '0.10000000000000001'],
		['//x:v div 3 * 3 = 1', '1'],
		['1 div 3 + 1 div 6 = 0.5', '0'],
		['//x:v * //x:v = 1e600', '1e300'],
		['-//x:v + 0.1 = 0', '+.1'],
		['2 * //x:v = 18014398509481986 and //x:v - 1 = 9007199254740992', '9007199254740993'],
		['max(//x:v) - min(//x:v) = 0 and sum(//x:v) = 0.7', '0.7'],
		["//x:v < '2030-01-01T00:00:01Z' and //x:v > '2030-01-01T00:00:00Z'", '2030-01-01T00:00:00.5Z'],
		["//x:v < 'PT2S' and //x:v > 'PT1S'", 'PT1.25S'],
	])('%s holds of %s', (text, value) => {
		expect(faults(text, saying(value))).toEqual([]);
	});

	test.each<[text: string, value: string, fault: object]>([
		['//x:v = 9007199254740993', '9007199254740992', { nearest: '9007199254740993' }],
		['//x:v <= 0.1', '0.10000000000000001', { found: '0.10000000000000001', nearest: '0.1' }],
		['//x:v < 300', '1e3', { found: '1e3', nearest: '299' }],
		['//x:v + 0.2 = 0.3', '0.11', { nearest: '0.1' }],
		['//x:v * 3 <= 1', '0.5', { nearest: '0.33333333' }],
		['//x:v < 0.5', '0.75', { nearest: '0.49' }],
		['1 div //x:v < 1', '0', { nearest: '2' }],
		['1 div //x:v < 1', '0.4', { nearest: '1.1' }],
		['//x:v < 1', '9'.repeat(701), { why: 'a number has at most 700 digits here' }],
		['//x:v * //x:v > 1', '1e400', { why: 'the result has too many digits' }],
		["//x:v > 'PT30M'", 'PT1M', { found: 'PT1M', nearest: 'PT30M1S' }],
		["//x:v < 'PT1.5S'", 'PT1M', { nearest: 'PT1S' }],
		["//x:v < '2026-12-01T00:00:00Z'", '2027-01-01T00:00:00Z', { nearest: '2026-11-30T23:59:59Z' }],
		["//x:v <= '2026-12-01T00:00:00Z'", '2027-01-01T00:00:00Z', { nearest: '2026-12-01T00:00:00Z' }],
		["not (//x:v = 'PT1M')", 'PT60S', { found: 'PT60S', nearest: 'PT59S' }],
	])('%s does not hold of %s', (text, value, fault) => {
		expect(faults(text, saying(value))).toMatchObject([fault]);
	});

	test('and cost the budget what they cost', () => {
		const long = Array.from({ length: 3000 }, (_, index) => `0.${index}${'7'.repeat(300)}`);
		const budget = { remaining: 2_000_000 };
		const constraint = readFreeConstraint(placeOfRoot(treeOf(constraintXml('sum(//x:v) < 0'))), [])!;
		const started = cpuMs();
		findConditionFaults(constraint, saying(...long), budget);
		expect(budget.remaining).toBeLessThan(0);
		expect(cpuMs() - started).toBeLessThan(1000);
	});
});

describe('whatever is compared, it costs the budget what it costs', () => {
	const long = '7'.repeat(690);
	test.each<[name: string, nodes: readonly string[]]>([
		['many words', Array.from({ length: 8000 }, (_, index) => `word${index}`)],
		['many numbers', Array.from({ length: 8000 }, (_, index) => `${index * 2}`)],
		['long numbers', Array.from({ length: 500 }, (_, index) => `0.${index}${long}`)],
		[
			'times with long fractions',
			Array.from({ length: 2000 }, (_, i) => `20${10 + (i % 90)}-01-01T00:00:00.1${long}Z`),
		],
	])('%s', (_name, nodes) => {
		const texts = Array.from({ length: 150 }, (_, index) => `//x:v = '${index}'`).join(' or ');
		const constraint = readFreeConstraint(placeOfRoot(treeOf(constraintXml(texts))), [])!;
		const document = saying(...nodes);
		const budget = { remaining: 2_000_000 };
		const started = cpuMs();
		for (let round = 0; round < 100 && budget.remaining >= 0; round += 1) {
			findConditionFaults(constraint, document, budget, { remaining: 0 });
		}
		expect(budget.remaining).toBeLessThan(0);
		expect(cpuMs() - started).toBeLessThan(1000);
	});
});

describe('every node that violates is told, and no other', () => {
	test.each<[text: string, values: readonly string[], told: readonly (readonly string[])[]]>([
		[
			'not exists(//x:v) or //x:v < 4',
			['5', '6'],
			[
				['5', '3'],
				['6', '3'],
			],
		],
		['not exists(//x:v) or //x:v < 4', ['5', '3'], [['5', '3']]],
		[
			'//x:v * 2 <= 8 and count(//x:v) = 3',
			['4', '1e1', '7.5'],
			[
				['1e1', '4'],
				['7.5', '4'],
			],
		],
		[
			"//x:v = 'a' or //x:v = 'b'",
			['c', 'a', 'd'],
			[
				['c', 'a'],
				['d', 'a'],
			],
		],
		['sum(//x:v) < 4', ['5', '3'], [['sum(//x:v): 8', 'sum(//x:v): 3']]],
	])('%s of %s', (text, values, told) => {
		const found = faults(text, saying(...values));
		expect(found.map(({ found: said, nearest = '' }) => [said, nearest])).toEqual(told);
		const nodes = found.map(({ selection }) => selection!.owner);
		expect(new Set(nodes).size).toBe(nodes.length);
	});

	test.each([1, 30, 64])('%d of them, whatever items about them make it cost to look for what would do', (count) => {
		const nodes = Array.from({ length: count }, (_, index) => `<x:v>${index + 14}</x:v>`);
		const bounds = '<xs:minInclusive value="1"></xs:minInclusive><xs:maxInclusive value="100"></xs:maxInclusive>';
		const own = template(
			item('//x:v', bounds, '<ws:Occurs min="0" max="unbounded"></ws:Occurs>') + constraintXml('//x:v <= 4'),
		);
		const violations = checkConstraints(offer({ resources: nodes.join('') }), own);
		expect(violations.map(({ found }) => found)).toEqual(nodes.map((_, index) => String(index + 14)));
		expect(violations[0]).toMatchObject({ nearest: '4' });
	});

	test('up to as many as are listed of an item', () => {
		const resources = exact('IndividualCPUCount', 4).repeat(100);
		const text = '//jsdl:IndividualCPUCount/jsdl:Exact < 4';
		const violations = checkConstraints(offer({ resources }), template(constraintXml(text)));
		expect(violations).toHaveLength(65);
		expect(violations[1]).toMatchObject({ path: expect.stringContaining('[2]'), found: '4', nearest: '3' });
		expect(violations[64]!.message).toContain('the first 64 are listed');
	});
});

describe('a mistake in a constraint is found at its character', () => {
	test.each<[text: string, position: number, why: RegExp]>([
		['', 1, /expected here/],
		['//x:a', 1, /compare it/],
		['//x:a = ', 9, /expected here/],
		['//x:a == 4', 8, /expected here/],
		['//x:a = 4 4', 11, /nothing more/],
		['//x:a = 4 GIB', 11, /nothing more/],
		['(//x:a = 4', 11, /\) is expected/],
		['//x:a = (4 = 4)', 9, /a value is expected/],
		['not //x:a', 5, /compare it/],
		['not 4', 5, /compare it/],
		["'word' + 1 = 2", 1, /calculate with a text/],
		['1 = 2 = 3', 7, /nothing more/],
		['//x:a = 4 or 3', 14, /compare it/],
		["//x:a = 'word", 14, /has no end|expected/],
		['count(4) = 1', 7, /Location is expected/],
		['matches(//x:a)', 1, /expected here/],
		['//x:a[position() = 1] = 4', 1, /Location is refused/],
		['//y:a = 4', 1, /prefix y is not declared/],
		['//x:a = 1e999', 9, /too large/],
		[`${'('.repeat(40)}1 = 1${')'.repeat(40)}`, 34, /deeper than 32/],
		[`${'not '.repeat(40)}1 = 1`, 133, /deeper than 32/],
		[`1${' + 1'.repeat(40)} = 41`, 132, /in a row/],
		[`1 = ${' '.repeat(5000)}1`, 4097, /longer than 4096/],
	])('%s', (text, position, why) => {
		const reading = readTemplate(treeOf(templateXml(constraintXml(text))));
		expect(codesOf(reading)).toEqual(['CONSTRAINT_MALFORMED']);
		if (reading.ok) throw new Error('read');
		const [issue] = reading.issues;
		expect(issue!.path).toBe('/wsag:Template/wsag:CreationConstraints/wsag:Constraint');
		expect(issue!.message).toMatch(why);
		if (why.source !== 'has no end|expected') expect(issue!.message).toContain(`at character ${position}:`);
	});

	test('and elements are no constraint', () => {
		const xml = '<wsag:Constraint><x:assert></x:assert></wsag:Constraint>';
		expect(codesOf(readTemplate(treeOf(templateXml(xml))))).toEqual(['CONSTRAINT_UNSUPPORTED']);
	});
});

describe('free constraints of a template', () => {
	const resources = exact('IndividualCPUCount', 4) + exact('TotalResourceCount', 3);
	const total = '//jsdl:IndividualCPUCount * //jsdl:TotalResourceCount <= 8';

	test('are checked beside its items, and say which part, where, what was found and what would do', () => {
		const xml = constraintXml(`${total} and exists(//ws:Window)`).replace('>', ' wsag:Name="size">');
		expect(checkConstraints(offer({ resources }), template(xml))).toEqual([
			{
				item: 'size',
				path: expect.stringMatching(/jsdl:IndividualCPUCount$/),
				location: '//jsdl:IndividualCPUCount',
				found: '//jsdl:IndividualCPUCount: 4; //jsdl:TotalResourceCount: 3',
				allowed: total,
				nearest: '2',
				message: `The template demands ${total}: it does not hold.`,
			},
		]);
		expect(
			checkConstraints(
				offer({ resources: exact('IndividualCPUCount', 2) + exact('TotalResourceCount', 3) }),
				template(xml),
			),
		).toEqual([]);
	});

	test('point at the element in which something is missing', () => {
		const violations = checkConstraints(
			offer(),
			template(constraintXml('//jsdl:Resources/jsdl:TotalResourceCount = 1')),
		);
		expect(violations).toMatchObject([{ path: expect.stringMatching(/jsdl:Resources$/), found: 'nothing' }]);
	});

	test('cost no more than the steps of a check', () => {
		const wide = Array.from({ length: 60 }, (_, index) => `//*//*[@a='${index}'] = 1`).join(' or ');
		const big = offer({ resources: '<x:y></x:y>'.repeat(2000) });
		const started = cpuMs();
		const violations = checkConstraints(big, template(constraintXml(wide).repeat(40)), { remaining: 200_000 });
		expect(cpuMs() - started).toBeLessThan(1000);
		expect(violations.at(-1)).toMatchObject({ message: expect.stringContaining('too large') });
	});
});

/** Words of the language, with what they mean of one value for each name. */
interface Meant<T> {
	readonly text: string;
	readonly of: (values: Record<string, number>) => T;
}

const NAMES = ['a', 'b', 'c'] as const;
const operand: fc.Arbitrary<Meant<number>> = fc.letrec<{
	any: Meant<number>;
	leaf: Meant<number>;
	node: Meant<number>;
}>((tie) => ({
	leaf: fc.oneof(
		fc.constantFrom(...NAMES).map((name): Meant<number> => ({ text: `//x:${name}`, of: (values) => values[name]! })),
		fc.integer({ min: -5, max: 9 }).map((value) => ({ text: String(value), of: () => value })),
	),
	node: fc.tuple(fc.constantFrom('+', '-', '*'), tie('any'), tie('any')).map(
		([operator, left, right]): Meant<number> => ({
			text: `(${left.text}) ${operator} (${right.text})`,
			of: (values) => {
				const [one, other] = [left.of(values), right.of(values)];
				return operator === '+' ? one + other : operator === '-' ? one - other : one * other;
			},
		}),
	),
	any: fc.oneof({ maxDepth: 2 }, tie('leaf'), tie('node')),
})).any;
const condition: fc.Arbitrary<Meant<boolean>> = fc.letrec<{
	any: Meant<boolean>;
	leaf: Meant<boolean>;
	node: Meant<boolean>;
	not: Meant<boolean>;
}>((tie) => ({
	leaf: fc.tuple(fc.constantFrom(...Object.keys(COMPARE)), operand, operand).map(([operator, left, right]) => ({
		text: `${left.text} ${operator} ${right.text}`,
		of: (values) => COMPARE[operator]!(left.of(values), right.of(values)),
	})),
	node: fc.tuple(fc.constantFrom('and', 'or'), tie('any'), tie('any')).map(
		([word, left, right]): Meant<boolean> => ({
			text: `(${left.text}) ${word} (${right.text})`,
			of: (values) => (word === 'and' ? left.of(values) && right.of(values) : left.of(values) || right.of(values)),
		}),
	),
	not: tie('any').map(({ text, of }): Meant<boolean> => ({ text: `not (${text})`, of: (values) => !of(values) })),
	any: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('node'), tie('not')),
})).any;

type Ends = readonly [number, number];
const documentOf = (ranges: readonly Ends[]): XmlElement => {
	const content = ([lower, upper]: Ends) =>
		lower === upper
			? String(lower)
			: `<jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range>`;
	return treeOf(
		`<x:d>${NAMES.map((name, index) => `<x:${name}>${content(ranges[index]!)}</x:${name}>`).join('')}</x:d>`,
	);
};
const value = fc.integer({ min: -4, max: 8 });
const points = fc.tuple(value, value, value).map((values) => values.map((each): Ends => [each, each]));
const ends = fc.tuple(value, fc.integer({ min: 0, max: 4 })).map(([lower, width]): Ends => [lower, lower + width]);
const spans = fc.tuple(ends, ends, ends);

describe('what is generated', () => {
	test('of single values holds exactly where it is true', () => {
		fc.assert(
			fc.property(condition, points, ({ text, of }, ranges) => {
				const values = Object.fromEntries(NAMES.map((name, index) => [name, ranges[index]![0]]));
				expect(holds(text, documentOf(ranges))).toBe(of(values));
			}),
			{ numRuns: 250 },
		);
	});

	test('of ranges holds only where it is true of every value that they admit', () => {
		let held = 0;
		fc.assert(
			fc.property(condition, spans, ({ text, of }, ranges) => {
				if (!holds(text, documentOf(ranges))) return;
				held += 1;
				const samples = ranges.map(([lower, upper]) => [
					lower,
					upper,
					(lower + upper) / 2,
					lower + (upper - lower) / 3,
				]);
				for (const a of samples[0]!)
					for (const b of samples[1]!) for (const c of samples[2]!) expect(of({ a, b, c })).toBe(true);
			}),
			{ numRuns: 250 },
		);
		expect(held).toBeGreaterThan(20);
	});

	test('the nearest value fulfils the part that it is told for', () => {
		let told = 0;
		fc.assert(
			fc.property(condition, points, ({ text }, ranges) => {
				for (const { part, location, nearest, changes } of faults(text, documentOf(ranges))) {
					if (nearest === undefined) continue;
					told += 1;
					const all = new Map(
						(changes ?? [{ location, nearest }]).map((each) => [each.location, Number(each.nearest)]),
					);
					const after = ranges.map((range, at): readonly [number, number] => {
						const to = all.get(`//x:${NAMES[at]}`);
						return to === undefined ? range : [to, to];
					});
					expect(holds(part.text, documentOf(after))).toBe(true);
				}
			}),
			{ numRuns: 250 },
		);
		expect(told).toBeGreaterThan(20);
	});

	test('the nearest value of one comparison with a number is the nearest whole one', () => {
		const comparison = fc.tuple(fc.constantFrom(...Object.keys(COMPARE)), value, value);
		fc.assert(
			fc.property(comparison, ([operator, wanted, found]) => {
				const [fault] = faults(
					`//x:a ${operator} ${wanted}`,
					documentOf([
						[found, found],
						[0, 0],
						[0, 0],
					]),
				);
				if (fault === undefined) return;
				const nearer = Array.from({ length: 40 }, (_, index) => index - 20)
					.filter((each) => COMPARE[operator]!(each, wanted))
					.map((each) => Math.abs(each - found));
				expect(Math.abs(Number(fault.nearest) - found)).toBe(Math.min(...nearer));
			}),
		);
	});

	test('whatever is written is read or refused, quickly', () => {
		const words = fc.array(
			fc.constantFrom(
				'//x:a',
				'=',
				'<=',
				'and',
				'or',
				'not',
				'(',
				')',
				'4',
				"'t'",
				'div',
				'*',
				'-',
				'count(//x:b)',
				'exists(',
				'GiB',
				'[',
				'"',
				'/',
			),
			{ maxLength: 40 },
		);
		fc.assert(
			fc.property(words, (parts) => {
				const issues: DocumentIssue[] = [];
				const text = parts.join(' ');
				const constraint = readFreeConstraint(placeOfRoot(treeOf(constraintXml(text))), issues);
				expect(constraint === undefined).toBe(issues.length > 0);
				for (const { message } of issues)
					expect(Number(/character (\d+)/.exec(message)![1])).toBeLessThanOrEqual(text.length + 1);
			}),
			{ numRuns: 300 },
		);
	});
});

test('an item says by ws:Occurs how many nodes it may find', () => {
	const items = (occurs: string, location = '//jsdl:TotalResourceCount') =>
		`<wsag:Item><wsag:Location>${location}</wsag:Location><wsag:ItemConstraint></wsag:ItemConstraint>${occurs}</wsag:Item>`;
	const count = (occurs: string, location?: string) =>
		checkConstraints(offer(), valueIn(readTemplate(treeOf(templateXml(items(occurs, location)))))).length;
	expect(count('')).toBe(1);
	expect(count('<ws:Occurs min="0"></ws:Occurs>')).toBe(0);
	expect(count('<ws:Occurs max="2"></ws:Occurs>', '//wsag:ServiceDescriptionTerm')).toBe(1);
	expect(count('<ws:Occurs min="3" max="unbounded"></ws:Occurs>', '//wsag:ServiceDescriptionTerm')).toBe(0);
	expect(codesOf(readTemplate(treeOf(templateXml(items('<ws:Occurs min="few"></ws:Occurs>')))))).toEqual([
		'VALUE_MALFORMED',
	]);
});
