/** Branches of choices that the rest of a template leaves no room for, and who does not; groups beside free constraints. */
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { child, choice, group, integer, OWN, occurs, of, row, SAID } from './branches.ts';
import { exact, facet, free, item, jobTerm, template } from './documents.ts';

const CPUS = '//jsdl:IndividualCPUCount';
const found = (items: string): readonly string[] =>
	lintTemplate(template(items, OWN))
		.filter(({ code }) => SAID.includes(code))
		.map(({ code, message }) => `${code} ${message.replace(/^.*? together with /, '')}`);
const AB = choice('', child('a'), child('b'));

describe('a branch of a model group', () => {
	test.each<[name: string, items: string, found: readonly string[]]>([
		['that a free constraint forbids', group(AB) + free('not exists(//x:a)'), ['BRANCH_DEAD not exists(//x:a): a.']],
		[
			'that an item forbids',
			group(AB) + item('//x:y/x:a', '', occurs(0, 0), 'none'),
			['BRANCH_DEAD the item none: a.'],
		],
		[
			'in the place of what is demanded',
			group(AB, occurs(1, 1)) + item('//x:y/x:a', ''),
			['BRANCH_DEAD the item item: b.'],
		],
		['beside what may be in another element', group(AB) + item('//x:y/x:a', ''), []],
		['in several elements of which others are bounded', group(AB) + free('//x:y/x:a = 1'), []],
		[
			'of another type than is demanded',
			group(choice('', child('a', integer(facet('maxInclusive', 4))), child('b'))) +
				item('//x:a', facet('minInclusive', 5), occurs(0, 'unbounded'), 'five'),
			['BRANCH_DEAD the item five: a.'],
		],
		[
			'that another group has no room for',
			group(choice('maxOccurs="unbounded"', child('a'), child('b'))) +
				item('//x:y', row(child('a', '', 'minOccurs="0" maxOccurs="9"')), occurs(0, 9), 'other'),
			['BRANCH_DEAD the item other: b.'],
		],
		[
			'that a group about some of the elements has no room for',
			group(choice('maxOccurs="unbounded"', child('a'), child('b'))) +
				item('//x:z/x:y', row(child('a', '', 'minOccurs="0" maxOccurs="9"')), occurs(0, 9), 'other'),
			[],
		],
		[
			'within a row, as one of it is forbidden',
			group(row(choice('maxOccurs="2"', row(child('a'), child('b')), child('c')))) + free('not exists(//x:b)'),
			['BRANCH_DEAD not exists(//x:b): (a, b).'],
		],
		[
			'within a branch that may be taken',
			group(choice('', row(choice('', child('a'), child('b')), child('c')), child('c'))) + free('not exists(//x:b)'),
			['BRANCH_DEAD not exists(//x:b): b.'],
		],
		[
			'within a branch that may not',
			group(choice('', row(choice('', child('a'), child('b')), child('c')), child('d'))) + free('not exists(//x:c)'),
			['BRANCH_DEAD not exists(//x:c): ((a | b), c).'],
		],
		[
			'that two others forbid only together',
			group(choice('', row(choice('', child('a'), child('b'))), child('c')), occurs(1, 1)) +
				free('not exists(//x:a)') +
				free('not exists(//x:y/x:b)'),
			['BRANCH_DEAD not exists(//x:a) and not exists(//x:y/x:b): ((a | b)).'],
		],
		[
			'that need not be there and never is',
			group(choice('', child('a', '', 'minOccurs="0"'), child('b'))) + free('not exists(//x:a)'),
			['BRANCH_DEAD not exists(//x:a): a?.'],
		],
		[
			'that each of two forbids',
			group(AB) + free('not exists(//x:a)') + free('not exists(//x:y/x:a)'),
			['BRANCH_DEAD not exists(//x:a): a.'],
		],
		[
			'that may be nothing',
			group(choice('', child('a'), row(child('b', '', 'minOccurs="0"')))) + free('not exists(//x:b)'),
			[],
		],
	])('%s', (_name, items, expected) => {
		expect(found(items)).toEqual(expected);
	});
});

describe('a branch about a range of JSDL', () => {
	const parts = (...names: readonly string[]) => row(...names.map((name) => child(name)));
	test.each<[name: string, branch: string, found: readonly string[]]>([
		[
			'whose parts never stand in this order',
			parts('Exact', 'UpperBoundedRange'),
			['BRANCH_DEAD No element can fulfil this branch of the group: (Exact, UpperBoundedRange).'],
		],
		[
			'with two of what is there once',
			row(child('LowerBoundedRange', '', 'minOccurs="2" maxOccurs="2"')),
			['BRANCH_DEAD No element can fulfil this branch of the group: (LowerBoundedRange{2,2}).'],
		],
		['in the order of its schema', parts('UpperBoundedRange', 'LowerBoundedRange', 'Exact'), []],
		[
			'with several of what may be there often',
			row(child('Exact', '', 'minOccurs="2" maxOccurs="9"'), child('Range')),
			[],
		],
		['in any order', `<xs:all>${child('Exact')}${child('UpperBoundedRange')}</xs:all>`, []],
	])('%s', (_name, branch, expected) => {
		expect(found(item(CPUS, choice('', branch, child('Range')), occurs(0, 'unbounded')))).toEqual(expected);
	});
});

test('an alternative that an item leaves no room for is told with the item alone', () => {
	const four = item(CPUS, facet('maxInclusive', 4), '', 'four');
	for (const items of [four + free(`${CPUS} > 4 or //x:a = 1`), free(`${CPUS} > 4 or //x:a = 1`) + four]) {
		expect(found(items)).toEqual([`BRANCH_DEAD the item four: ${CPUS} > 4.`]);
	}
});

describe('the own terms of a template', () => {
	const big = jobTerm('big', exact('TotalResourceCount', 9));
	const [small, tiny] = [
		jobTerm('small', exact('TotalResourceCount', 2)),
		jobTerm('tiny', exact('TotalResourceCount', 1)),
	];
	const dead = (items: string, terms: string): readonly string[] =>
		lintTemplate(template(items, { terms })).map(
			({ code, found: branch, message }) => `${code} ${branch} ${message.replace(/^[^.]*\. /, '')}`,
		);

	test('a branch that an item does not admit is told with the item', () => {
		const most = item('//jsdl:TotalResourceCount/jsdl:Exact', facet('maxInclusive', 4), '', 'four');
		expect(dead(most, `<wsag:ExactlyOne>${small}${big}</wsag:ExactlyOne>`)).toEqual([
			expect.stringMatching(/^BRANCH_DEAD big By the item four: .*does not allow 9/),
		]);
	});

	test('of several that may be taken together only the one that nobody can take is told', () => {
		const most = free('not exists(//jsdl:TotalResourceCount) or //jsdl:TotalResourceCount <= 4');
		expect(dead(most, `<wsag:OneOrMore>${jobTerm('any', '')}${big}${jobTerm('else', '')}</wsag:OneOrMore>`)).toEqual([
			expect.stringMatching(/^BRANCH_DEAD big By not exists.* <= 4: /),
		]);
	});

	test('branches that contradict each other are dead together', () => {
		expect(dead('', `<wsag:OneOrMore>${small}${tiny}</wsag:OneOrMore>`)).toEqual([
			expect.stringMatching(/^BRANCH_DEAD small, tiny Its own \/wsag:Template\//),
		]);
	});

	test('a branch that goes with no branch of another choice is dead, and no pair of which each goes with others', () => {
		const [two, nine] = [2, 9].map((count) => jobTerm(`t${count}`, exact('TotalResourceCount', count)));
		const [four, eight] = [4, 8].map((count) => jobTerm(`c${count}`, exact('IndividualCPUCount', count)));
		const choices = (first: string) =>
			`<wsag:ExactlyOne>${first}</wsag:ExactlyOne><wsag:ExactlyOne>${four}${eight}</wsag:ExactlyOne>`;
		const related = free('//jsdl:TotalResourceCount <= //jsdl:IndividualCPUCount');
		expect(dead(related, choices(`${two}${nine}`))).toEqual([
			expect.stringMatching(/^BRANCH_DEAD t9 By \/\/jsdl:Total/),
		]);
		expect(dead(related, choices(`${two}${jobTerm('t5', exact('TotalResourceCount', 5))}`))).toEqual([]);
	});

	test('a branch that contradicts what stands beside the choice is dead', () => {
		expect(
			dead('', `${small}<wsag:ExactlyOne>${tiny}${jobTerm('same', exact('TotalResourceCount', 2))}</wsag:ExactlyOne>`),
		).toEqual([expect.stringMatching(/^BRANCH_DEAD tiny Its own \/wsag:Template\//)]);
	});
});

describe('a group beside constraints of other Locations', () => {
	test.each<[name: string, items: string, found: readonly RegExp[]]>([
		[
			'the type of a child and a number',
			group(row(child('a', integer(facet('maxInclusive', 4))))) + free('//x:y/x:a > 5'),
			[/^CONSTRAINTS_CONTRADICT the item g: its group lets no a with a value that it allows stand there/],
		],
		[
			'the type of a child and a text',
			group(row(child('a', of('xs:token', facet('pattern', 'f[a-n]+'))))) + free("//x:y/x:a = 'foo'"),
			[/^CONSTRAINTS_CONTRADICT/],
		],
		[
			'the type of a child and a text of it',
			group(row(child('a', of('xs:token', facet('pattern', 'f[a-o]+'))))) + free("//x:y/x:a = 'foo'"),
			[],
		],
		[
			'the type of a child and the value of another element',
			group(row(child('a', integer(facet('maxInclusive', 4))))) +
				free('//x:y/x:a > //x:b') +
				item('//x:b', facet('minInclusive', 4), '', 'b'),
			[/^CONSTRAINTS_CONTRADICT the item g and \/\/x:y\/x:a > \/\/x:b: no values of \/\/x:y\/x:a and \/\/x:b/],
		],
		[
			'the type of a child and a value between',
			group(row(child('a', integer(facet('maxInclusive', 5))))) +
				free('//x:y/x:a > //x:b') +
				item('//x:b', facet('minInclusive', 4), '', 'b'),
			[],
		],
		[
			'the type of a child and its sum',
			group(row(child('a', integer(facet('minInclusive', 3)), 'minOccurs="2" maxOccurs="2"')), occurs(1, 1)) +
				free('sum(//x:y/x:a) < count(//x:b) + 5') +
				free('count(//x:b) <= 1'),
			[/^CONSTRAINTS_CONTRADICT/],
		],
		[
			'how many children there are',
			group(row(child('a', '', 'maxOccurs="2"')), occurs(1, 2)) + free('count(//x:y/x:a) > 4'),
			[/^CONSTRAINTS_CONTRADICT/],
		],
		[
			'as many as there may be',
			group(row(child('a', '', 'maxOccurs="2"')), occurs(1, 2)) + free('count(//x:y/x:a) > 3'),
			[],
		],
		[
			'two that are demanded of one choice',
			group(AB, occurs(1, 1)) + item('//x:y/x:a', '', '', 'a') + item('//x:y/x:b', '', '', 'b'),
			[/^CONSTRAINTS_CONTRADICT the item a and the item b: no children fit \(a \| b\) with a and b as demanded/],
		],
	])('%s', (_name, items, expected) => {
		const all = found(items);
		expect(all).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
	});
});

describe('the parts of a range by its group, and an item about the range', () => {
	const double = (facets: string): string => of('xs:double', facets);
	const [most, least] = [
		(value: number) => double(facet('maxInclusive', value)),
		(value: number) => double(facet('minInclusive', value)),
	];
	const range = (lower: string, upper: string): string =>
		`<xs:element name="Range"><xs:complexType>${row(child('LowerBound', lower), child('UpperBound', upper))}</xs:complexType></xs:element>`;
	const upTo4 = facet('maxInclusive', 4);
	const from4 = facet('minInclusive', 4);
	test.each<[name: string, content: string, about: string, codes: readonly string[]]>([
		['an upper bound above all', row(child('UpperBoundedRange', least(8))), upTo4, ['CONSTRAINTS_CONTRADICT']],
		['an upper bound at the end', row(child('UpperBoundedRange', least(4))), upTo4, []],
		['a lower bound below all', row(child('LowerBoundedRange', most(2))), from4, ['CONSTRAINTS_CONTRADICT']],
		['a lower bound at an exclusive end', row(child('LowerBoundedRange', most(4))), facet('minExclusive', 4), []],
		['an upper bound without a lower one', row(child('UpperBoundedRange')), from4, ['CONSTRAINTS_CONTRADICT']],
		['a lower bound without an upper one', row(child('LowerBoundedRange')), upTo4, ['CONSTRAINTS_CONTRADICT']],
		[
			'both, of which one is too low',
			row(child('UpperBoundedRange'), child('LowerBoundedRange', most(2))),
			from4,
			['CONSTRAINTS_CONTRADICT'],
		],
		[
			'both, which may exclude each other beside another',
			row(child('UpperBoundedRange'), child('LowerBoundedRange', most(2)), child('Exact')),
			from4,
			[],
		],
		['a range that begins too low', row(range(most(2), '')), from4, ['CONSTRAINTS_CONTRADICT']],
		['a range that ends too high', row(range('', least(5))), upTo4, ['CONSTRAINTS_CONTRADICT']],
		['a range that ends at the end', row(range('', least(4))), upTo4, []],
		['a range that may be empty beside another part', row(child('Exact'), range(least(9), '')), upTo4, []],
		[
			'an exact value that is none of those enumerated',
			row(child('Exact', least(3))),
			of('xs:integer', facet('enumeration', 1) + facet('enumeration', 2)),
			['CONSTRAINTS_CONTRADICT'],
		],
		[
			'an exact value that is enumerated',
			row(child('Exact', least(2))),
			of('xs:integer', facet('enumeration', 1) + facet('enumeration', 2)),
			[],
		],
		[
			'a branch with an upper bound alone',
			choice('', child('Exact'), child('UpperBoundedRange')),
			from4,
			['BRANCH_DEAD'],
		],
		[
			'a branch with an upper bound alone that is allowed',
			choice('', child('Exact'), child('UpperBoundedRange')),
			upTo4,
			[],
		],
	])('%s', (_name, content, about, codes) => {
		const all = found(item(CPUS, content, occurs(0, 9)) + item(CPUS, about, occurs(0, 9), 'cpus'));
		expect(all.map((each) => each.split(' ')[0])).toEqual(codes);
	});
});
