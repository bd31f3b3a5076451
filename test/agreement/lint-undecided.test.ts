/** Where relations between Locations are too much to be looked at: it is said which, and why, once for each bound. */
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { exact, free, item, multiplicity, template } from './documents.ts';

const ANY = multiplicity('0_TO_N');
const numbered = (count: number, of: (number: number) => string): string[] =>
	Array.from({ length: count }, (_, index) => of(index + 1));
const OTHERS: ReadonlySet<string> = new Set(['LOCATION_SELECTS_NOTHING', 'TOO_MANY_ISSUES']);
/** But that the template's own terms have nothing of all this, a hundred times and more. */
const found = (items: string) =>
	lintTemplate(template(items, { resources: exact('IndividualCPUCount', 2) })).filter(({ code }) => !OTHERS.has(code));

/** Each is one of two numbers, and all of them come to less. */
const choices = (count: number, name: string): string =>
	numbered(count, (each) => free(`//x:${name}${each} = 1 or //x:${name}${each} = 2`)).join('') +
	free(`${numbered(count, (each) => `//x:${name}${each}`).join(' + ')} = 1`);
/** Every two of as many whole numbers differ, one more than there are. */
const pigeons = (count: number): string => {
	const facets = `<xs:minInclusive value="1"></xs:minInclusive><xs:maxInclusive value="${count - 1}"></xs:maxInclusive>`;
	const type = `<xs:simpleType><xs:restriction base="xs:integer">${facets}</xs:restriction></xs:simpleType>`;
	const differ = (one: number) => numbered(one - 1, (other) => free(`//x:a${one} != //x:a${other}`)).join('');
	return numbered(count, (each) => item(`//x:a${each}`, type, ANY, `a${each}`) + differ(each)).join('');
};
const group = (parts: number): string => {
	const children = numbered(parts, (each) => `<xs:element name="e${each}" minOccurs="0"></xs:element>`).join('');
	return item('//x:y', `<xs:sequence>${children}</xs:sequence>`, ANY, 'large');
};
/** Three patterns of which no table of states can be made. */
const HARD = ['.*a.{14}', '.*b.{13}', '.*c.{12}[de]'].reduce((inner, source) => {
	const base = inner === '' ? ' base="xs:string"' : '';
	return `<xs:simpleType><xs:restriction${base}>${inner}<xs:pattern value="${source}"></xs:pattern></xs:restriction></xs:simpleType>`;
}, '');
/** The same of two, white space and all: by themselves they can be told. */
const STRING = ['.*a.{14}', '.*b.{13}'].reduce((inner, source) => {
	const base = inner === '' ? ' base="xs:string"' : '';
	return `<xs:simpleType><xs:restriction${base}>${inner}<xs:pattern value="${source}"></xs:pattern></xs:restriction></xs:simpleType>`;
}, '');
/** Which years before our era are leap years nobody looks at. */
const NO_DAY =
	'<xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="-0003-02-29T00:00:00Z"></xs:pattern></xs:restriction></xs:simpleType>';
/** About one Location, 12,000 characters. */
const LONG = numbered(24, (each) => free(`//x:a != '${String.fromCharCode(64 + each).repeat(500)}'`)).join('');
/** Lists of numbers, which can be written with zeros. */
const listed = (value: string, pattern: string): string =>
	`<xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:int"></xs:list></xs:simpleType><xs:enumeration value="${value}"></xs:enumeration><xs:pattern value="${pattern}"></xs:pattern></xs:restriction></xs:simpleType>`;
const BETWEEN_TWO = 'count(//x:y/x:e1) < count(//x:y/x:e2)';
const NOT_LOOKED_AT = 'can be fulfilled with all that is said of their Locations was not looked at to the end, because';

describe('it is said that it was given up', () => {
	test.each<[name: string, items: string, message: string]>([
		[
			'beyond 200 Locations',
			numbered(101, (each) => free(`//x:a${each} < //x:b${each}`)).join(''),
			`Whether ${numbered(8, (each) => `//x:a${each} < //x:b${each}`).join(', ')} and 93 more ${NOT_LOOKED_AT} the template names more than 200 Locations.`,
		],
		[
			'beyond 10,000 characters that have Locations in common',
			free('//x:a < //x:b') + LONG,
			`Whether //x:a < //x:b ${NOT_LOOKED_AT} they and what goes with them have more than 10000 characters.`,
		],
		['beyond 300 ways to choose', choices(9, 'a'), `${NOT_LOOKED_AT} there are more than 300 ways to choose.`],
		[
			'beyond the steps of a template',
			pigeons(7),
			`${NOT_LOOKED_AT} to look at all relations of the template takes more than 400000 steps.`,
		],
		[
			'beyond 40 parts of model groups',
			group(40) + free(BETWEEN_TWO),
			`Whether the item large and ${BETWEEN_TWO} ${NOT_LOOKED_AT} the model groups have more than 40 parts together.`,
		],
		[
			'beyond 40 parts of model groups, of as many children as an item says',
			group(40) + item('//x:y/x:e1', '', '<ws:Occurs min="0" max="1"></ws:Occurs>', 'one'),
			`Whether the item large ${NOT_LOOKED_AT} the model groups have more than 40 parts together.`,
		],
		[
			'beyond 64 alternatives',
			free(numbered(65, (each) => `//x:a < //x:b + ${each}`).join(' or ')),
			`${NOT_LOOKED_AT} there are more than 64 alternatives.`,
		],
		[
			'beyond 16 alternatives of one constraint that are about several Locations',
			free(numbered(20, (each) => `//x:a${each} < //x:b${each}`).join(' or ')),
			'Whether some offer can fulfil each alternative from //x:a17 < //x:b17 on was not looked at to the end, because more than 16 of them are about several Locations.',
		],
		[
			'of a child of which too many texts would have to be looked at',
			item('//x:y', `<xs:sequence><xs:element name="a" minOccurs="0">${HARD}</xs:element></xs:sequence>`, ANY),
			'Whether any value keeps to what it says of //x:y/a was not looked at to the end, because there are too many texts.',
		],
		[
			'beyond 16 steps from one end to the next that a product hangs on',
			['//x:a <= //x:b div 2', '//x:b <= //x:a', '//x:b >= 0', '//x:a >= 0 and //x:a <= 9', '//x:a * //x:b <= 7']
				.map(free)
				.join(''),
			`${NOT_LOOKED_AT} what each leaves to the others takes more than 16 steps to tell.`,
		],
		[
			'of a list that is too long to be looked at',
			item('//x:a', listed(`${'10 '.repeat(200)}7`, '0.*'), ANY),
			'Whether any value keeps to this was not looked at to the end, because there are too many texts.',
		],
		[
			'of texts as they stand that patterns tell apart too finely, beside a value without white space around it',
			item('//x:a', STRING, ANY, 'one') + item('//x:a', '<xs:pattern value=".*c.{12}[de]"></xs:pattern>', ANY, 'two'),
			'Whether any value at //x:a is allowed by all that is said of it was not looked at to the end, because there are too many texts.',
		],
		[
			'of texts of which none that was tried is one that the schema takes',
			item('//ws:Window/ws:StartTime', NO_DAY, ANY),
			'Whether any value keeps to this was not looked at to the end, because there are too many texts.',
		],
		[
			'of one of several enumerated values, of which another can be had',
			item('//x:a', NO_DAY.replace('-0003-02-29T00:00:00Z', '2026-01-31T00:00:00Z|2026-02-01T05:00:00Z'), ANY, 'one') +
				item(
					'//x:a',
					'<xs:simpleType><xs:restriction base="xs:dateTime"><xs:enumeration value="2026-01-31T00:00:00Z"></xs:enumeration><xs:enumeration value="2026-02-01T00:00:00Z"></xs:enumeration></xs:restriction></xs:simpleType>',
					ANY,
					'two',
				),
			'Whether each value that is enumerated of //x:a can be had was not looked at to the end, because there are too many texts.',
		],
		[
			'of more enumerated values than there is time for',
			item('//x:a', numbered(900, (each) => `<xs:enumeration value="w${each}"></xs:enumeration>`).join(''), ANY) +
				item('//x:a', '<xs:pattern value="w.*"></xs:pattern>', ANY),
			'Whether each value that is enumerated of //x:a can be had was not looked at to the end, because there are too many of them.',
		],
	])('%s', (_name, items, message) => {
		const all = found(items);
		expect(new Set(all.map(({ code, severity }) => `${severity} ${code}`))).toEqual(new Set(['info LINT_UNDECIDED']));
		expect(all.filter((each) => each.message.includes(message))).toHaveLength(1);
	});

	test('of own terms that it takes too long to compare it is said that an offer of them is refused', () => {
		const items = item('//x:n', '<xs:pattern value="(ab?c?){100}"></xs:pattern>', ANY);
		const all = lintTemplate(template(items, { resources: `<x:n>${'ab'.repeat(100)}</x:n>`.repeat(400) }));
		expect(new Set(all.map(({ code, severity }) => `${severity} ${code}`))).toEqual(
			new Set(['warning OWN_TERMS_REFUSED']),
		);
		expect(all.filter(({ message }) => message.includes('too much of it to be compared'))).toHaveLength(1);
	});

	test('once for a bound that several meet, at the first that is named', () => {
		const other = (text: string) => text.replaceAll('x:y', 'x:z');
		const all = found(group(40) + other(group(40)) + free(BETWEEN_TWO) + free(other(BETWEEN_TWO)));
		expect(all.map(({ code, path }) => [code, path])).toEqual([
			['LINT_UNDECIDED', '/wsag:Template/wsag:CreationConstraints/wsag:Item[1]'],
		]);
		expect(all[0]!.message).toContain(`${BETWEEN_TWO} and ${other(BETWEEN_TWO)} can be`);
	});
});

describe('it is looked at to the end', () => {
	test('of many alternatives, of which few are about several Locations', () => {
		const others = numbered(40, (each) => `//x:q${each} = 1`).join(' or ');
		const all = found(free(`(//x:a < //x:b and //x:b < //x:a) or ${others}`));
		expect(all.map(({ code, found: what }) => [code, what])).toEqual([
			['BRANCH_DEAD', '//x:a < //x:b and //x:b < //x:a'],
		]);
	});

	test('of a hundred enumerated values and branches', () => {
		const words = numbered(100, (each) => `<xs:enumeration value="w${each}"></xs:enumeration>`).join('');
		const values = found(item('//x:a', words, ANY) + item('//x:a', '<xs:pattern value="w[0-8]*0?"></xs:pattern>', ANY));
		expect(values.map(({ code, found: what }) => `${code} ${what}`)).toEqual(
			numbered(100, (each) => `w${each}`)
				.filter((word) => word.slice(0, -1).includes('9') || word.endsWith('9'))
				.map((word) => `VALUE_DEAD ${word}`),
		);
		const choice = (count: number) =>
			`<xs:choice>${numbered(count, (each) => `<xs:element name="e${each}"></xs:element>`).join('')}</xs:choice>`;
		const branches = found(item('//x:y', choice(80), ANY, 'one') + item('//x:y', choice(79), ANY, 'two'));
		expect(branches.map(({ code, found: what }) => [code, what])).toEqual([['BRANCH_DEAD', 'e80']]);
	});

	test('how many children must be there, and may', () => {
		const group = (most: number) =>
			`<xs:sequence><xs:any namespace="##other" minOccurs="0" maxOccurs="unbounded"></xs:any><xs:element name="FileSystem" minOccurs="0" maxOccurs="${most}"></xs:element></xs:sequence>`;
		const demanded = (least: number) =>
			item('//jsdl:Resources/jsdl:FileSystem', '', `<ws:Occurs min="${least}" max="unbounded"></ws:Occurs>`, 'two');
		const codes = (most: number, least: number) =>
			found(
				item('//jsdl:Resources', group(most), '<ws:Occurs min="1" max="1"></ws:Occurs>', 'one') + demanded(least),
			).map(({ code }) => code);
		expect(codes(150, 200)).toContain('CONSTRAINTS_CONTRADICT');
		expect(codes(200, 150)).not.toContain('CONSTRAINTS_CONTRADICT');
	});

	describe('how far one value leaves room to the next', () => {
		const CONTRADICTS = ['CONSTRAINTS_CONTRADICT'];
		const chain = numbered(12, (each) => free(`//x:a${each} <= //x:a${each + 1}`)).join('') + free('//x:a13 <= 3');
		const many = `${numbered(12, (each) => `//x:c${each}`).join(' + ')} + //x:a1 <= 12`;
		const each = numbered(12, (number) => free(`//x:c${number} >= 1`)).join('');
		const product = (bound: string) =>
			free('//x:a1 >= 0 and //x:b >= 0 and //x:b <= 4') + free(`//x:a1 * //x:b ${bound}`);
		test.each<[name: string, items: string, codes: readonly string[]]>([
			['to a sum', chain + free('//x:a1 > 0 and count(//x:a1) <= 3') + free('sum(//x:a1) > 9'), CONTRADICTS],
			['to a sum that there is', chain + free('//x:a1 > 0 and count(//x:a1) <= 3') + free('sum(//x:a1) > 8'), []],
			['to a product', chain + product('> 12'), CONTRADICTS],
			['to a product that there is', chain + product('> 11'), []],
			['from a dozen to a product', free(many) + each + product('> 0'), CONTRADICTS],
			['from a dozen to a product that there is', free(many) + each + product('>= 0'), []],
		])('%s', (_name, items, codes) => {
			expect(found(items).map(({ code }) => code)).toEqual(codes);
		});
	});

	test('what numbers of hundreds of digits come to', () => {
		const nines = '9'.repeat(690);
		expect(found(free(`${numbered(5, () => nines).join(' + ')} > 1`))).toEqual([]);
		expect(found(free(`${numbered(5, () => nines).join(' + ')} < 1`)).map(({ code }) => code)).toEqual([
			'CONSTRAINT_UNSATISFIABLE',
		]);
	});
});

describe('nothing is said', () => {
	test.each<[name: string, items: string]>([
		['of 250 Locations, each by itself', numbered(250, (each) => free(`//x:a${each} < 5`)).join('')],
		[
			'of 250 items without any free constraint',
			numbered(250, (each) => item(`//x:a${each}`, '<xs:length value="2"></xs:length>', ANY, `a${each}`)).join(''),
		],
		['of a large group of which one child is spoken of', group(60) + free('//x:y/x:e1 < 5')],
		[
			'of a large group and items that do not say how many children there are',
			group(60) + item('//x:y/x:e1', '', ANY, 'one') + item('//x:y/x:e2', '', ANY, 'two'),
		],
		['of what is looked at to the end', group(30) + free(BETWEEN_TWO)],
		['of long constraints about one Location', LONG],
	])('%s', (_name, items) => {
		expect(found(items)).toEqual([]);
	});

	test('of what is impossible anyway', () => {
		const all = found(free('//x:a1 < //x:b') + free('//x:b < //x:a1') + choices(9, 'a'));
		expect(all.map(({ code }) => code)).toEqual(['CONSTRAINTS_CONTRADICT']);
	});
});
