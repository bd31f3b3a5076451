/** The nearest values of lists and unions, by what their items and members mean, however they are written. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findValueFault, type ValueRestriction } from '../../src/agreement/template/facets.ts';
import { facet, item, template } from './documents.ts';

const enumerated = (...values: string[]) => values.map((value) => facet('enumeration', value)).join('');
const simple = (content: string) => `<xs:simpleType>${content}</xs:simpleType>`;
const of = (base: string, facets: string) => simple(`<xs:restriction base="xs:${base}">${facets}</xs:restriction>`);
const restricted = (type: string, facets: string) =>
	facets === '' ? type : simple(`<xs:restriction>${type}${facets}</xs:restriction>`);
/** Items and members are names of types, or types. */
const listOf = (each: string, facets = '') =>
	restricted(
		simple(each.startsWith('<') ? `<xs:list>${each}</xs:list>` : `<xs:list itemType="xs:${each}"></xs:list>`),
		facets,
	);
const unionOf = (members: readonly string[], facets = '') =>
	restricted(
		simple(`<xs:union>${members.map((each) => (each.startsWith('<') ? each : of(each, ''))).join('')}</xs:union>`),
		facets,
	);

function restrictionOf(content: string): ValueRestriction {
	const [constraint] = template(item('//jsdl:JobName', content)).constraints;
	if (constraint === undefined || 'condition' in constraint || constraint.value === undefined) {
		throw new Error('The item restricts no value.');
	}
	return constraint.value;
}

const FROM_1_TO_10 = of('integer', facet('minInclusive', 1) + facet('maxInclusive', 10));
const MANY = Array.from({ length: 1000 }, (_, index) => index);
const FROM_100 = of('integer', facet('minInclusive', 100) + facet('maxInclusive', 200));
const TWO_RANGES = unionOf([
	of('integer', facet('minInclusive', 1) + facet('maxInclusive', 4)),
	of('decimal', facet('minInclusive', 100) + facet('maxInclusive', 200)),
]);
const DECIMAL_LISTS = listOf('decimal', enumerated('1 2', '5 5 5', '100 200'));
const WITH_A_DIGIT = facet('pattern', '[0-9]\\.[0-9]( [0-9]\\.[0-9])*');
const TRUE_OR_5 = unionOf(['boolean', 'integer'], enumerated('true', '5'));
const NUMBERS_OR_ALL = unionOf(['decimal', 'token'], enumerated('1.5', 'all', '100'));

describe('the nearest', () => {
	test.each<[what: string, constraint: string, value: string, nearest: string]>([
		['of one list', listOf('decimal', enumerated('1 2')), '1.0 3', '1 2'],
		['by equal items', DECIMAL_LISTS, '100.00 2.000', '1 2'],
		['by items in another form', listOf('double', enumerated('1 2', '1000 2000')), '1e3 2.1e3', '1000 2000'],
		['by the distance of items', listOf('integer', enumerated('9 9', '100 100')), '99 099', '100 100'],
		['by the distance of items', DECIMAL_LISTS, '99.0 199.0', '100 200'],
		['by what is missing', DECIMAL_LISTS, '5.0 5', '5 5 5'],
		['by what texts mean', listOf('boolean', enumerated('true false', 'false false')), 'yes off on', 'true false'],
		['by truths as digits', listOf('boolean', enumerated('true false', 'false false')), '0 0 0', 'false false'],
		['in the other case', listOf('hexBinary', enumerated('ff 00', '00 0a')), 'FF 01', 'ff 00'],
		['of as many items', listOf('int', enumerated('1', '1 2', '1 2 3') + facet('length', 2)), '01 2 3', '1 2'],
		['of as many items', listOf('int', enumerated('1', '7 8') + facet('minLength', 2)), '1', '7 8'],
		['written with a digit', listOf('decimal', enumerated('1 2', '5 6') + WITH_A_DIGIT), '5.00 6', '5.0 6.0'],
		['written with a digit', listOf('decimal', enumerated('1.50 0', '-3') + WITH_A_DIGIT), '1 0', '1.5 0.0'],
		['written as digits', listOf('boolean', enumerated('true false') + facet('pattern', '[01 ]*')), 'true', '1 0'],
		['of members of items', listOf(unionOf(['decimal', 'token']), enumerated('1 all', '2 none')), '1.0 al', '1 all'],
	])('of lists that are enumerated, %s: %s: of %s', expectNearest);

	test.each<[what: string, constraint: string, value: string, nearest: string]>([
		['items out of range', listOf(FROM_1_TO_10), '0 5 11', '1 5 10'],
		['items out of range', listOf('unsignedByte'), '1 256 -1 3.5', '1 255 0 3'],
		['items that are no whole numbers', listOf('integer'), '1.5 2', '1 2'],
		['too many', listOf(FROM_1_TO_10, facet('maxLength', 2)), '12 2 3', '10 2'],
		['too few', listOf(FROM_1_TO_10, facet('minLength', 2) + facet('maxLength', 3)), '12', '10 10'],
		['none', listOf(FROM_1_TO_10, facet('length', 2)), '', '1 1'],
		[
			'an item that is enumerated in another form',
			listOf(of('decimal', enumerated('1', '2.5'))),
			'1.00 3.1',
			'1.00 2.5',
		],
		['a pattern of as many', listOf(FROM_100, facet('pattern', '[0-9]+ [0-9]+')), '99', '100 100'],
		['items of members', listOf(TWO_RANGES), '5 99 x', '4 100 1'],
	])('of lists, %s: %s: of %s', expectNearest);

	test.each<[what: string, constraint: string, value: string, nearest: string]>([
		['by distance', TWO_RANGES, '99', '100'],
		['by distance', TWO_RANGES, '40', '4'],
		['by distance', TWO_RANGES, '4.4', '4'],
		['by distance', NUMBERS_OR_ALL, '99.0', '100'],
		['as a text', NUMBERS_OR_ALL, 'ALL', 'all'],
		['as it is meant', TRUE_OR_5, 'yes', 'true'],
		['as it is meant', TRUE_OR_5, '500 GB', '5'],
		['of the truths', TRUE_OR_5, 'false', 'true'],
		[
			'in the form of a pattern',
			unionOf(['decimal', 'token'], enumerated('1', 'all') + facet('pattern', '.\\..|all')),
			'2',
			'1.0',
		],
		['in a pattern', unionOf(['integer', 'token'], facet('pattern', '[0-9]{3}|all')), '1000', '999'],
		[
			'of a member of its own kind',
			unionOf([of('decimal', enumerated('1', '2')), of('token', enumerated('many'))]),
			'2.4',
			'2',
		],
		[
			'of times and durations',
			unionOf([
				of('dateTime', facet('maxInclusive', '2026-12-01T00:00:00Z')),
				of('duration', facet('maxInclusive', 'PT2H')),
			]),
			'3h',
			'PT2H',
		],
		['of a list', unionOf([listOf('decimal'), 'token'], enumerated('1 2', '8 9', 'all')), '7.0 9', '8 9'],
		[
			'within a list',
			unionOf([listOf(FROM_1_TO_10, facet('maxLength', 2)), of('token', enumerated('all'))]),
			'1 20 3',
			'1 10',
		],
		[
			'the same value, written otherwise',
			unionOf([of('boolean', facet('pattern', 'true|false')), of('integer', facet('minInclusive', 5))]),
			'0',
			'false',
		],
	])('of unions, %s: %s: of %s', expectNearest);

	function expectNearest(_what: string, constraint: string, value: string, nearest: string): void {
		const restriction = restrictionOf(constraint);
		expect(findValueFault(restriction, value)).toMatchObject({ nearest });
		expect(findValueFault(restriction, nearest)).toBeUndefined();
	}

	test.each<[of: string, constraint: string, value: string]>([
		[
			'lists',
			listOf('decimal', enumerated(...MANY.map((n) => Array.from(MANY.slice(0, 40), (k) => n * k).join(' ')))),
			'1 2',
		],
	])('of more %s than can be compared is near', (_of, constraint, value) => {
		const restriction = restrictionOf(constraint);
		const { near, nearest } = findValueFault(restriction, value)!;
		expect(nearest).toBeUndefined();
		expect(findValueFault(restriction, near!)).toBeUndefined();
	});

	test('of sixty members with a thousand words each the first of the nearest is told', () => {
		const words = enumerated(...MANY.map((n) => `word-${n}`));
		const members = [...MANY.slice(0, 60)].map(() => 'token');
		expect(findValueFault(restrictionOf(unionOf(members, words)), 'word-x')!.nearest).toBe(`word-${MANY[0]}`);
	});

	test('of a union of numbers and words: none of its numbers is nearer to a number', () => {
		// Whoever says a whole number is told one.
		const eighth = fc.integer({ min: -40, max: 40 }).map((count) => String(count / 4 + 1 / 8));
		const quarter = fc.integer({ min: -40, max: 40 }).map((count) => String(count / 4));
		fc.assert(
			fc.property(fc.uniqueArray(quarter, { minLength: 1, maxLength: 6 }), eighth, (values, said) => {
				const restriction = restrictionOf(unionOf(['decimal', 'token'], enumerated(...values, 'all')));
				const far = (text: string) => Math.abs(Number(text) - Number(said));
				const nearest = findValueFault(restriction, said)?.nearest;
				expect(far(nearest!)).toBe(Math.min(...values.map(far)));
			}),
			{ numRuns: 100 },
		);
	});
});
