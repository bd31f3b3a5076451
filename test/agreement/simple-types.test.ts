/** Types of XML Schema in items: which values they have, which of them are equal, and which is nearest. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { cpuMs } from '../cpu-time.ts';
import { exact, facet, item, offer, template } from './documents.ts';

const type = (content: string) => `<xs:simpleType>${content}</xs:simpleType>`;
const restricted = (base: string, facets = '') => type(`<xs:restriction base="${base}">${facets}</xs:restriction>`);
const listOf = (itemType: string) => type(`<xs:list itemType="${itemType}"></xs:list>`);
const unionOf = (memberTypes: string, inner = '') => type(`<xs:union memberTypes="${memberTypes}">${inner}</xs:union>`);
const oneOf = (...words: readonly string[]) =>
	restricted('xs:token', words.map((word) => facet('enumeration', word)).join(''));

function violationsOf(constraint: string, value: string) {
	const job = `<jsdl:JobIdentification><jsdl:JobName xmlns:q="urn:example:x">${value}</jsdl:JobName></jsdl:JobIdentification><jsdl:Resources>${exact('IndividualCPUCount', 1)}</jsdl:Resources>`;
	return checkConstraints(offer({ job }), template(item('//jsdl:JobName', constraint)));
}

describe('values', () => {
	test.each<[name: string, constraint: string, allowed: readonly string[], other: readonly string[]]>([
		[
			'of octets are the same in both cases',
			restricted('xs:hexBinary', facet('enumeration', 'ab')),
			['ab', 'AB', ' aB '],
			['ba', 'abc'],
		],
		[
			'of octets are counted in octets',
			restricted('xs:hexBinary', facet('length', '2')),
			['00ff'],
			['00', '0', '00ff0'],
		],
		[
			'in base 64 are the octets that they stand for',
			restricted('xs:base64Binary', facet('enumeration', 'YWJj') + facet('maxLength', '3')),
			['YWJj', 'Y WJj'],
			['YWJ', 'YWJjZA==', 'YW Jk'],
		],
		[
			'of a year',
			restricted('xs:gYear', facet('minInclusive', '2026')),
			['2026', '12026', '2027Z'],
			['2025', '26', '-2026', '02026'],
		],
		[
			'of a month of a year',
			restricted('xs:gYearMonth', facet('maxExclusive', '2026-03')),
			['2026-02'],
			['2026-03', '2026-00'],
		],
		['of a month', restricted('xs:gMonth', facet('enumeration', '--03')), ['--03', '--03Z'], ['--04', '--13']],
		['of a day of a year', restricted('xs:gMonthDay', ''), ['--02-29', '--12-31+14:00'], ['--02-30', '--12-31+14:01']],
		[
			'of a day of a month',
			restricted('xs:gDay', facet('maxInclusive', '---15')),
			['---01', '---15'],
			['---16', '---32', '15'],
		],
		[
			'of dates beyond the year 9999',
			restricted('xs:date', facet('minInclusive', '-0044-03-15')),
			['12026-01-01'],
			['-0045-01-01', '0000-01-01'],
		],
		[
			'of durations are longer where they are from any day',
			restricted('xs:duration', facet('minInclusive', 'P1M')),
			['P1M', 'P32D', 'P2M', 'P1Y'],
			['P31D', 'P28D', '-P1M'],
		],
		[
			'of durations are shorter where they are from any day',
			restricted('xs:duration', facet('maxInclusive', 'P1M')),
			['P27D', '-P1Y', 'PT0.5S'],
			['P28D', 'P29D'],
		],
		[
			'of whole numbers are exact',
			restricted('xs:integer', facet('maxInclusive', '9007199254740992')),
			['9007199254740992'],
			['9007199254740993'],
		],
		['of long integers are exact', restricted('xs:unsignedLong'), ['18446744073709551615'], ['18446744073709551616']],
		[
			'of floats are of 32 bits',
			restricted('xs:float', facet('enumeration', '0.1')),
			['0.1', '0.10000000000001'],
			['0.11'],
		],
		['are names of images', restricted('ws:ImageName'), ['debian 13', ' '], ['']],
		[
			'are digests',
			restricted('ws:Digest', facet('pattern', 'sha256:0.*')),
			[`sha256:${'0'.repeat(64)}`],
			[`sha256:${'1'.repeat(64)}`, `sha256:${'0'.repeat(63)}`, `sha256:0${'A'.repeat(63)}`],
		],
		['are names', restricted('xs:NCName'), ['a', '_a-1', 'é'], ['1a', 'a:b', '']],
		['are languages', restricted('xs:language'), ['de', 'en-GB'], ['en_GB', '']],
		['are references', restricted('xs:anyURI'), ['', 'urn:a', 'a/b#c', 'a b'], ['a#b#c', '%zz', ':a']],
		['are ids, as names', restricted('xs:IDREFS', facet('maxLength', '2')), ['a', 'a b'], ['', 'a b c', '1']],
		[
			'are qualified names, whatever their prefixes',
			restricted('xs:QName', facet('enumeration', 'x:a')),
			['q:a'],
			['a', 'wsag:a', 'nope:a'],
		],
		['are notations', restricted('xs:NOTATION', facet('enumeration', 'x:a')), ['q:a'], ['q:b']],
		['are lists', listOf('xs:byte'), ['', '1 2', ' 1\n127 '], ['1 128', '1, 2']],
		[
			'are lists with a length',
			listOf('xs:byte') + facet('minLength', '1') + facet('maxLength', '2'),
			['1', '1 2'],
			['', '1 2 3'],
		],
		[
			'are lists with the same items',
			listOf('xs:decimal') + facet('enumeration', '1 2'),
			['1 2', '1.0 +2'],
			['2 1', '1'],
		],
		['are lists with a pattern of the whole', listOf('xs:byte') + facet('pattern', '1( \\d)*'), ['1 2', '1'], ['2 1']],
		[
			'are of one type or another',
			type(`<xs:union memberTypes="xs:positiveInteger">${oneOf('unbounded')}</xs:union>`),
			['1', ' 17 ', 'unbounded'],
			['0', 'none', ''],
		],
		[
			'of a union are equal within a type',
			unionOf('xs:decimal xs:string') + facet('enumeration', '1'),
			['1', '1.0'],
			['one', ' 2'],
		],
		[
			'are lists of one type or another',
			type(`<xs:list>${unionOf('xs:byte', oneOf('all'))}</xs:list>`),
			['1 all 2'],
			['1 every', '128'],
		],
		[
			'are restricted in steps',
			type(
				`<xs:restriction>${type(`<xs:restriction>${listOf('xs:byte')}${facet('maxLength', '3')}</xs:restriction>`)}${facet('minLength', '2')}</xs:restriction>`,
			),
			['1 2', '1 2 3'],
			['1', '1 2 3 4'],
		],
	])('%s', (_name, constraint, allowed, other) => {
		for (const value of allowed) expect(violationsOf(constraint, value), `"${value}" is allowed`).toEqual([]);
		for (const value of other) expect(violationsOf(constraint, value), `"${value}" is not`).toHaveLength(1);
	});
});

const nines = (count: number) => '9'.repeat(count);

describe('of numbers beyond doubles', () => {
	test.each<[base: string, facets: string, value: string, nearest: string]>([
		['integer', facet('minInclusive', nines(23)), `${nines(22)}8`, nines(23)],
		['integer', facet('minExclusive', nines(23)), '5', `1${'0'.repeat(23)}`],
		['integer', facet('maxInclusive', nines(23)), `1${'0'.repeat(26)}`, nines(23)],
		['integer', facet('maxInclusive', nines(23)), nines(350), nines(23)],
		['integer', facet('minInclusive', `-${nines(23)}`), `-1${'0'.repeat(23)}`, `-${nines(23)}`],
		['integer', facet('maxExclusive', `-${nines(23)}`), '0', `-1${'0'.repeat(23)}`],
		['integer', facet('totalDigits', '23'), `1${'0'.repeat(23)}`, nines(23)],
		['integer', facet('enumeration', `${nines(22)}1`) + facet('enumeration', nines(23)), `${nines(22)}8`, nines(23)],
		['integer', facet('minInclusive', '3'), `-${nines(22)}.5`, '3'],
		['unsignedLong', '', '18446744073709551616', '18446744073709551615'],
		['long', '', '-9223372036854775809', '-9223372036854775808'],
		[
			'decimal',
			facet('minInclusive', '0.12345678901234567890123'),
			'0.12345678901234567890122',
			'0.12345678901234567890123',
		],
		['decimal', facet('maxExclusive', '0.12345678901234567890123'), '0.5', '0'],
		[
			'decimal',
			facet('minInclusive', '0.12345678901234567890123') + facet('maxExclusive', '0.2'),
			'0',
			'0.12345678901234567890123',
		],
		[
			'decimal',
			facet('maxExclusive', '-0.12345678901234567890123') + facet('fractionDigits', '22'),
			'-0.1',
			'-0.1234567890123456789013',
		],
		['decimal', facet('fractionDigits', '2'), '0.12345678901234567890123', '0.12'],
		['decimal', facet('totalDigits', '20'), '-12.3456789012345678955', '-12.345678901234567895'],
	])('%s with %s: of %s the nearest is %s', (base, facets, value, nearest) => {
		expect(violationsOf(restricted(`xs:${base}`, facets), nearest)).toEqual([]);
		expect(violationsOf(restricted(`xs:${base}`, facets), value)).toEqual([expect.objectContaining({ nearest })]);
	});

	test('is nearer than any other that is allowed', () => {
		const digits = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
		fc.assert(
			fc.property(digits, digits, digits, (one, other, value) => {
				const [lower, upper] = one < other ? [one, other] : [other, one];
				fc.pre(value < lower || value > upper);
				const facets = facet('minInclusive', `${lower}`) + facet('maxInclusive', `${upper}`);
				const nearest = `${value < lower ? lower : upper}`;
				expect(violationsOf(restricted('xs:integer', facets), `${value}`)).toMatchObject([{ nearest }]);
			}),
			{ numRuns: 100 },
		);
	});
});

describe('of an enumerated type', () => {
	test.each<[constraint: string, value: string, nearest: string, allowed: string]>([
		[restricted('jsdl:CreationFlagEnumeration'), 'Append', 'append', 'one of overwrite, append, dontOverwrite'],
		[
			restricted('wsag:AgreementRoleType'),
			'agreementresponder',
			'AgreementResponder',
			'one of AgreementInitiator, AgreementResponder',
		],
		[restricted('wsag:ServiceRoleType'), 'consumer', 'ServiceConsumer', 'one of ServiceConsumer, ServiceProvider'],
		[restricted('ws:EndActionName', facet('length', '4')), 'stop', 'save', 'save'],
		[
			restricted('jsdl:ProcessorArchitectureEnumeration', facet('pattern', 'x86.*')),
			'arm',
			'x86',
			'one of x86, x86_32, x86_64',
		],
		[unionOf('ws:DurationUnit xs:byte'), 'hour', 'hours', 'one of seconds, minutes, hours or byte'],
	])('%s and the value %s the nearest is %s', (constraint, value, nearest, allowed) => {
		expect(violationsOf(constraint, nearest)).toEqual([]);
		expect(violationsOf(constraint, value)).toEqual([expect.objectContaining({ nearest, allowed })]);
	});

	test('a node takes its own words, whatever the item says of it', () => {
		const resources = `<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>arm</jsdl:CPUArchitectureName></jsdl:CPUArchitecture>${exact('IndividualCPUCount', 1)}`;
		const items = item('//jsdl:CPUArchitectureName', facet('pattern', 'x86_.*'));
		expect(checkConstraints(offer({ resources }), template(items))).toEqual([
			expect.objectContaining({ found: 'arm', nearest: 'x86_32', allowed: 'one of x86_32, x86_64' }),
		]);
	});
});

test.each<[facets: string, nearest: string]>([
	[facet('maxInclusive', '4'), 'at most 4'],
	[facet('minInclusive', '1') + facet('maxInclusive', '4'), '1..4'],
	[facet('enumeration', '2'), '2'],
])('an empty RangeValue admits anything, not only %s', (facets, nearest) => {
	const resources = '<jsdl:IndividualCPUCount></jsdl:IndividualCPUCount>';
	const [violation, ...others] = checkConstraints(
		offer({ resources }),
		template(item('//jsdl:IndividualCPUCount', facets)),
	);
	expect(others).toEqual([]);
	expect(violation).toMatchObject({
		nearest,
		message: expect.stringContaining('a range without any part: it admits any number, which is not '),
	});
});

test('a range that no number keeps to is said to be one', () => {
	const bounds = '<jsdl:Range><jsdl:LowerBound>9</jsdl:LowerBound><jsdl:UpperBound>3</jsdl:UpperBound></jsdl:Range>';
	const resources = `<jsdl:IndividualCPUCount>${bounds}</jsdl:IndividualCPUCount>`;
	const [violation] = checkConstraints(
		offer({ resources }),
		template(item('//jsdl:IndividualCPUCount', facet('maxInclusive', '4'))),
	);
	const message = 'The template does not allow a range without a value: there is none that keeps to all of it.';
	expect(violation).toMatchObject({ found: 'nothing', nearest: '1', message });
});

describe('the nearest', () => {
	test.each<[constraint: string, value: string, nearest: string, allowed: string]>([
		[restricted('xs:decimal', facet('maxInclusive', '9999')), '12,40', '12.40', 'decimal, at most 9999'],
		[restricted('xs:decimal', facet('maxInclusive', '9999')), '€ 0,125', '0.125', 'decimal, at most 9999'],
		[restricted('xs:decimal', facet('maxInclusive', '9999')), ',5', '.5', 'decimal, at most 9999'],
		[restricted('xs:decimal', facet('maxInclusive', '9999')), '1.250,00', '1250.00', 'decimal, at most 9999'],
		[restricted('xs:decimal', facet('maxInclusive', '9999')), '$1,250.75', '1250.75', 'decimal, at most 9999'],
		[restricted('xs:decimal', facet('maxInclusive', '9999')), '1,2,3', '1', 'decimal, at most 9999'],
		[restricted('xs:duration', facet('maxInclusive', 'P1D')), '1,5 h', 'PT1H30M', 'at most P1D'],
		[restricted('xs:gYear', facet('minExclusive', '2026')), '2020', '2027', 'more than 2026'],
		[restricted('xs:gYearMonth', facet('maxExclusive', '2026-01')), '2026-05', '2025-12', 'less than 2026-01'],
		[restricted('xs:gMonthDay', facet('minExclusive', '--02-28Z')), '--01-01', '--02-29Z', 'more than --02-28Z'],
		[restricted('xs:gDay', facet('minInclusive', '---05')), '---01', '---05', 'at least ---05'],
		// West of Greenwich December begins later.
		[restricted('xs:gMonth', facet('minExclusive', '--12')), '--01', '--12-01:00', 'more than --12'],
		[restricted('xs:hexBinary', facet('maxLength', '2')), 'aabbcc', 'aabb', 'hexBinary, length at most 2'],
		[
			restricted('xs:hexBinary', facet('enumeration', 'ab') + facet('enumeration', 'ffff')),
			'fffe',
			'ffff',
			'hexBinary, one of ab, ffff',
		],
		[listOf('xs:byte') + facet('maxLength', '2'), '1 200 3', '1 127', 'a list of byte, length at most 2'],
		[listOf('xs:byte') + facet('minLength', '2'), '1', '1 1', 'a list of byte, length at least 2'],
		[listOf('xs:byte') + facet('minLength', '2'), '', '0 0', 'a list of byte, length at least 2'],
		[listOf('xs:byte') + facet('pattern', '1 .* 9'), '1 7', '1 7 9', 'a list of byte, matching 1 .* 9'],
		[unionOf('xs:byte xs:date') + facet('pattern', '.*0.*'), '77', '077', 'byte or any date, matching .*0.*'],
		[
			restricted('xs:duration', facet('enumeration', 'P1D') + facet('pattern', 'PT.*H')),
			'PT1H',
			'PT24H',
			'P1D, matching PT.*H',
		],
		[
			restricted(
				'xs:duration',
				facet('minInclusive', 'P30D') + facet('maxInclusive', 'P31D') + facet('pattern', 'PT.*'),
			),
			'P2D',
			'PT720H',
			'at least P30D, at most P31D, matching PT.*',
		],
		[
			restricted('xs:dateTime', facet('minInclusive', '2026-12-01T00:00:00Z') + facet('pattern', '.*:00:00\\+02:00')),
			'2026-01-01T00:00:00Z',
			'2026-12-01T02:00:00+02:00',
			'at least 2026-12-01T00:00:00Z, matching .*:00:00\\+02:00',
		],
		[
			restricted('xs:hexBinary', facet('enumeration', 'ab') + facet('pattern', '[A-F]*')),
			'00',
			'AB',
			'hexBinary, ab, matching [A-F]*',
		],
		[unionOf('xs:byte', oneOf('unbounded')), '200', '127', 'byte or unbounded'],
		[unionOf('xs:byte', oneOf('unbounded')), 'unbound', 'unbounded', 'byte or unbounded'],
		[
			type(`<xs:list>${oneOf('small', 'large')}</xs:list>`),
			'smal large',
			'small large',
			'a list of one of small, large',
		],
	])('%s: %s', (constraint, value, nearest, allowed) => {
		expect(violationsOf(constraint, nearest)).toEqual([]);
		expect(violationsOf(constraint, value)).toEqual([expect.objectContaining({ nearest, allowed })]);
	});

	test('is looked for within a budget, in lists of any length', () => {
		const constraint = type(`<xs:list>${unionOf('xs:byte xs:gDay', oneOf('small', 'large'))}</xs:list>`);
		const begin = cpuMs();
		const [violation] = violationsOf(constraint, 'smal '.repeat(100_000));
		expect(cpuMs() - begin).toBeLessThan(2000);
		expect(violation?.message).toMatch(/too large|its item smal/);
	});
});
