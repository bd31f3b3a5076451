/** What several model groups about the same elements say together, beside free constraints and items about children. */
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { child, choice, group, integer, OWN, occurs, row, SAID } from './branches.ts';
import { facet, free, item, template } from './documents.ts';

const ANY = '<xs:any></xs:any>';
const PAIR = choice('', row(child('a'), child('b')), child('c'));
const NEED_NOT = 'minOccurs="0"';
const also = (content: string): string => item('//x:y', content, occurs(0, 9), 'other');
const found = (items: string): readonly string[] =>
	lintTemplate(template(items, OWN))
		.filter(({ code }) => SAID.includes(code) && code !== 'BRANCH_DEAD')
		.map(({ message }) => message.replace('Nothing can fulfil this together with ', ''));

describe('what groups demand together with what is said of children', () => {
	test.each<[name: string, items: string, found: readonly string[]]>([
		[
			'a child that a condition demands, and that only two groups together forbid',
			group(PAIR, occurs(1, 2)) + also(row(ANY)) + free('//x:y/x:b = 1'),
			['the item g and the item other: their groups together let no b stand there.'],
		],
		['a child that one of two groups allows alone', group(PAIR) + also(row(ANY)) + free('//x:y/x:c = 1'), []],
		[
			'a number of children, in whichever elements they stand',
			group(PAIR, occurs(1, 2)) + also(choice('maxOccurs="3"', child('a'), child('c'))) + free('count(//x:y/x:a) = 2'),
			['the item g and the item other: their groups together let no a stand there.'],
		],
		[
			'a child that may stand nowhere with a value that two others allow',
			group(choice('', child('a', integer(facet('maxInclusive', 0))), child('b')), occurs(1, 2)) +
				item('//x:a', facet('enumeration', 1), occurs(0, 9), 'one') +
				free('count(//x:y/x:a) = 2'),
			['the item g and the item one: together they let no a stand there.'],
		],
		[
			'a child that only another, which is forbidden, comes with',
			group(PAIR) +
				also(row(child('a', '', NEED_NOT), child('b', '', NEED_NOT))) +
				item('//x:y/x:b', '', occurs(0, 0), 'none'),
			['the item none and the item g: no children fit (a?, b?) and ((a, b) | c) with b as demanded.'],
		],
		[
			'one child, and not the only one that may stand alone',
			group(PAIR) + also(row(ANY)) + free('not exists(//x:y/x:c)'),
			['not exists(//x:y/x:c) and the item g: no children fit (any element) and ((a, b) | c) with c as demanded.'],
		],
		['one child that may stand alone', group(PAIR) + also(row(ANY)) + free('not exists(//x:y/x:b)'), []],
		[
			'groups that exclude each other are told of once',
			group(row(child('a'), child('b'))) + also(row(child('a'))) + free('//x:y/x:a = 1'),
			['the item g: no children fit both (a, b) and (a).'],
		],
		...['', occurs(0, 9)].map((annotation): [string, string, readonly string[]] => [
			`what is said of children of every name, and their number${annotation === '' ? '' : ' left open'}`,
			group(row(child('a', integer(facet('maxInclusive', 0))))) +
				item('//x:y/*', facet('enumeration', 1), annotation, 'all'),
			['the item all: no children fit (a) with * as demanded.'],
		]),
		[
			'what is said of children of every name, and one may keep to it',
			group(row(child('a', integer(facet('maxInclusive', 0))))) + item('//x:y/*', facet('enumeration', 0), '', 'all'),
			[],
		],
		[
			'a child in another parent than the one that a group is about',
			group(PAIR) + item('//x:z/x:y', row(ANY), occurs(0, 9), 'other') + free('//x:y/x:b = 1'),
			[],
		],
	])('%s', (_name, items, expected) => {
		expect(found(items)).toEqual(expected);
	});
});

describe('how many children groups leave, beside conditions with alternatives and sums', () => {
	const ONE_OR = free('(not exists(//x:b) or //x:b < 2)');
	const values = (a: string, b: string): string => choice('', row(child('a', a), child('b', b)), child('c'));
	test.each<[name: string, items: string, isFound: boolean]>([
		[
			'each alternative is about a child that must be there with another value',
			group(values('', integer(facet('minInclusive', 2))), occurs(1, 2)) + ONE_OR + free('not exists(//x:y/x:c)'),
			true,
		],
		[
			'an alternative is about a child that need not be there',
			group(values('', integer(facet('minInclusive', 2))), occurs(1, 2)) + ONE_OR,
			false,
		],
		[
			'a child comes with another, of which the sum is told',
			group(values(integer(facet('enumeration', 1)), ''), occurs(1, 1)) +
				free('sum(//x:a) > count(//x:b)') +
				free('//x:y/x:b = 1') +
				item('//x:a', '', occurs(0, 1)),
			true,
		],
		[
			'a child comes with another, of which the sum may be larger',
			group(values(integer(facet('minInclusive', 1)), ''), occurs(1, 1)) +
				free('sum(//x:a) > count(//x:b)') +
				free('//x:y/x:b = 1') +
				item('//x:a', '', occurs(0, 1)),
			false,
		],
		[
			'of two that come together there are not more of one',
			group(values('', ''), occurs(1, 9)) + free('count(//x:y/x:a) > count(//x:y/x:b)'),
			true,
		],
		[
			'of all children there are as many as the groups say',
			group(choice('minOccurs="2" maxOccurs="3"', child('a'), child('b')), occurs(2, 2)) +
				free('count(//x:y/x:a) + count(//x:y/x:b) < 4'),
			true,
		],
		[
			'as many as they say',
			group(choice('minOccurs="2" maxOccurs="3"', child('a'), child('b')), occurs(2, 2)) +
				free('count(//x:y/x:a) + count(//x:y/x:b) <= 4'),
			false,
		],
		[
			'a wildcard of other vocabularies takes none of them',
			group(row(child('a', '', NEED_NOT), '<xs:any namespace="##other"></xs:any>'), occurs(2, 2)) +
				free('count(//x:y/x:a) + count(//x:y/x:b) > 2'),
			true,
		],
		[
			'a wildcard takes any of them',
			group(row(child('a', '', NEED_NOT), ANY), occurs(2, 2)) + free('count(//x:y/x:a) + count(//x:y/x:b) > 2'),
			false,
		],
		[
			'Locations that select more than these children',
			group(choice('', child('a'), child('b')), occurs(3, 3)) + free('count(//x:a) < 2') + free('count(//x:b) < 2'),
			true,
		],
		[
			'a group without children that anybody speaks of',
			group(choice('', child('d'), child('e')), occurs(3, 3)) + free('count(//x:a) < 2'),
			false,
		],
	])('%s', (_name, items, isFound) => {
		expect(found(items).length > 0, found(items).join()).toBe(isFound);
	});

	test('who says so is told once', () => {
		const items = group(values('', ''), occurs(1, 9)) + free('count(//x:y/x:a) > count(//x:y/x:b)');
		expect(found(items)).toEqual([
			'count(//x:y/x:a) > count(//x:y/x:b): no numbers and values of //x:y/x:a, //x:y/x:b and //x:y keep to all of it and to the item g.',
		]);
	});
});

describe('how many children items say there are, and the group', () => {
	const of = (name: string, least: number, most: number | string): string =>
		item(`//x:y/x:${name}`, '', occurs(least, most), name);
	const two = row(child('a', '', 'minOccurs="2" maxOccurs="2"'));
	test.each<[name: string, items: string, found: string | undefined]>([
		['one, where each element has two', group(two) + of('a', 1, 1), 'item a: no numbers'],
		['one, where each element has two, the item first', of('a', 1, 1) + group(two), 'item a: no numbers'],
		['two, where each element has two', group(two) + of('a', 1, 2), undefined],
		['one, where there need not be an element', group(two, occurs(0, 9)) + of('a', 0, 1), undefined],
		[
			'three, where two elements have one each',
			group(row(child('a')), occurs(1, 2)) + of('a', 3, 'unbounded'),
			'item a: ',
		],
		[
			'three, where three elements have one each',
			group(row(child('a')), occurs(1, 3)) + of('a', 3, 'unbounded'),
			undefined,
		],
		['one, where elements may have two', group(row(child('a', '', 'maxOccurs="2"'))) + of('a', 1, 1), undefined],
		[
			'one of each of three, where two elements have one of them',
			group(choice('', child('a'), child('b'), child('c')), occurs(1, 2)) +
				of('a', 1, 9) +
				of('b', 1, 9) +
				of('c', 1, 9),
			'the item g and the item a and the item b: ',
		],
		[
			'one of each of two, where two elements have one of them',
			group(choice('', child('a'), child('b'), child('c')), occurs(1, 2)) + of('a', 1, 9) + of('b', 1, 9),
			undefined,
		],
		[
			'one each, where there are as many of the one as of the other, and two of it',
			group(choice('', row(child('a'), child('b')), child('c')), occurs(1, 9)) + of('a', 2, 9) + of('b', 0, 1),
			'item ',
		],
		['in another parent', group(two) + item('//x:z/x:a', '', occurs(1, 1), 'a'), undefined],
	])('%s', (_name, items, why) => {
		const all = found(items);
		expect(all.length, all.join()).toBe(why === undefined ? 0 : 1);
		if (why !== undefined) expect(all[0]).toContain(why);
	});
});

describe('what stands in a child of a complex type', () => {
	const most = (value: number): string => integer(facet('maxInclusive', value));
	const never = integer(facet('minInclusive', 5) + facet('maxInclusive', 4));
	const complex = (content: string, more = ''): string =>
		`<xs:element name="a" ${more}><xs:complexType>${content}</xs:complexType></xs:element>`;
	const attribute = '<xs:attribute name="q" type="xs:int"></xs:attribute>';
	const valued = `<xs:simpleContent><xs:extension base="xs:positiveInteger">${attribute}</xs:extension></xs:simpleContent>`;
	const needs = (use: string): string => `<xs:attribute name="q" use="${use}">${never}</xs:attribute>`;
	test.each<[name: string, items: string, isFound: boolean]>([
		['a value beside attributes', group(row(complex(valued))) + free('//x:y/x:a < 1'), true],
		['a value beside attributes that is allowed', group(row(complex(valued))) + free('//x:y/x:a < 2'), false],
		['a value that may be nil', group(row(complex(valued, 'nillable="true"'))) + free('//x:y/x:a < 1'), false],
		['an attribute that must be there and never is', group(row(complex(needs('required')))), true],
		['an attribute that need not be there', group(row(complex(needs('optional')))), false],
		['elements of its own that never are', group(row(complex(row(child('b', never))))), true],
		['elements of its own that need not be there', group(row(complex(row(child('b', never, NEED_NOT))))), false],
		['elements of its own that are', group(row(complex(row(child('b', most(4)))))), false],
	])('%s', (_name, items, isFound) => {
		expect(found(items).length > 0, found(items).join()).toBe(isFound);
	});
});
