import { describe, expect, test } from 'vitest';
import { decisionBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints, firstViolation } from '../../src/agreement/template/constraints.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import type { ConstraintViolation } from '../../src/agreement/template/violation.ts';
import { cpuMs } from '../cpu-time.ts';
import { codesOf, documentAt, exact, item, multiplicity, offer, template, templateXml, treeOf } from './documents.ts';

const RESOURCES =
	'/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[1]/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources';
const CPUS = '//jsdl:IndividualCPUCount/jsdl:Exact';

function violations(items: string, resources: string): readonly ConstraintViolation[] {
	return checkConstraints(offer({ resources }), template(items));
}

function facet(name: string, value: string): string {
	return `<xs:${name} value="${value}"></xs:${name}>`;
}

function restricted(base: string, facets: string): string {
	return `<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
}

/** A text in the only place where offers may say anything: a job's name. */
function violationsOfText(constraint: string, text: string): readonly ConstraintViolation[] {
	const job = `<jsdl:JobIdentification><jsdl:JobName>${text}</jsdl:JobName></jsdl:JobIdentification>`;
	return checkConstraints(offer({ job }), template(item('//jsdl:JobName', constraint)));
}

describe('facets of a value', () => {
	test.each<[name: string, constraint: string, allowed: string[], other: string[]]>([
		[
			'a closed interval',
			facet('minInclusive', '1') + facet('maxInclusive', '8'),
			['1', '8', '4.5', ' 2 ', '8e0'],
			['0', '9', 'x', '', 'NaN', '0x2'],
		],
		['an open interval', facet('minExclusive', '1') + facet('maxExclusive', '8'), ['1.1', '7.9'], ['1', '8']],
		['a bound to infinity', facet('maxInclusive', 'INF'), ['1e300', 'INF'], ['x']],
		['enumerated numbers, by value', facet('enumeration', '2') + facet('enumeration', '4'), ['2', '2.0', '04'], ['3']],
		[
			'enumerated words, by text',
			facet('enumeration', 'a b') + facet('enumeration', 'c'),
			['a b', ' a  b ', 'c'],
			['A B', 'ab'],
		],
		['one of several patterns', facet('pattern', 'a+') + facet('pattern', 'b+'), ['aa', 'b'], ['ab']],
		['a length', facet('length', '2'), ['ab', '😀😀'], ['a', 'abc']],
		['bounds of a length', facet('minLength', '2') + facet('maxLength', '3'), ['ab', 'abc'], ['a', 'abcd']],
		[
			'digits',
			facet('totalDigits', '3') + facet('fractionDigits', '1'),
			['123', '12.3', '-012.30', '0.1'],
			['1234', '1.23', 'x'],
		],
		[
			'times',
			facet('minInclusive', '2030-01-01T00:00:00Z'),
			['2030-01-01T00:00:00Z', '2030-01-01T01:00:00+01:00'],
			['2029-12-31T23:59:59Z', '99999999999', 'P9999D'],
		],
		[
			'times finer than seconds',
			facet('maxInclusive', '2030-01-01T00:00:00Z'),
			['2030-01-01T00:00:00Z', '2029-12-31T23:59:59.9Z'],
			['2030-01-01T00:00:00.001Z'],
		],
		[
			'dates',
			restricted('xs:date', facet('minInclusive', '2030-01-01Z') + facet('maxExclusive', '2030-02-01Z')),
			['2030-01-01', '2030-01-01Z', '2030-01-31+00:00', '2030-02-01+01:00'],
			['2030-01-01+01:00', '2030-02-01', '2030-02-30', '2030-01-01T00:00:00Z', '30-01-01'],
		],
		[
			'times of the day',
			restricted('xs:time', facet('minInclusive', '08:00:00Z') + facet('maxInclusive', '18:00:00Z')),
			['08:00:00', '12:30:00.5Z', '19:00:00+01:00', '01:00:00-10:00'],
			['07:59:59.9Z', '18:00:01', '25:00:00', '8:00:00', '2030-01-01T12:00:00Z'],
		],
		['durations', facet('maxInclusive', 'P1D'), ['PT24H', 'P1D', 'PT0S'], ['PT24H1S', '60', 'P1M']],
		[
			'an integer type',
			restricted('xs:int', facet('minInclusive', '1')),
			['1', '+7', '2147483647'],
			['1.0', '1e1', '2147483648', '0'],
		],
		['a decimal type', restricted('xs:decimal', ''), ['1.5'], ['1e1', 'INF']],
		['a double type', restricted('xs:double', facet('maxInclusive', '10')), ['1e1'], ['11']],
		['a boolean type', restricted('xs:boolean', facet('enumeration', 'true')), ['true', '1'], ['false', '0', 'TRUE']],
		['a string keeps its white space', restricted('xs:string', facet('enumeration', 'a')), ['a'], [' a', 'A']],
		['a token does not', restricted('xs:token', facet('enumeration', 'a')), [' a '], ['b']],
		[
			'white space said otherwise',
			restricted('xs:string', facet('whiteSpace', 'collapse') + facet('enumeration', 'a')),
			[' a '],
			['b'],
		],
		['white space replaced', facet('whiteSpace', 'replace') + facet('length', '3'), ['a\tb', 'a\nb'], ['ab']],
		[
			'a type of WS-Agreement',
			restricted('wsag:AgreementRoleType', facet('enumeration', 'AgreementResponder')),
			['AgreementResponder'],
			['AgreementInitiator'],
		],
		[
			'a type restricted twice',
			restricted('xs:string', facet('enumeration', 'a') + facet('enumeration', 'b')) + facet('pattern', '[bc]'),
			['b'],
			['a', 'c'],
		],
	])('%s', (_name, constraint, allowed, other) => {
		for (const value of allowed) expect(violationsOfText(constraint, value), `"${value}" is allowed`).toEqual([]);
		for (const value of other) expect(violationsOfText(constraint, value), `"${value}" is not`).toHaveLength(1);
	});

	test.each<[constraint: string, value: string, nearest: string | undefined]>([
		[facet('minInclusive', '1') + facet('maxInclusive', '8'), '9', '8'],
		[facet('minInclusive', '1') + facet('maxInclusive', '8'), '-3', '1'],
		[facet('enumeration', '2') + facet('enumeration', '4') + facet('enumeration', '16'), '7', '4'],
		[facet('maxExclusive', '8'), '9', '7'],
		[facet('minExclusive', '4'), '2.5', '5'],
		[facet('minExclusive', '4') + facet('maxExclusive', '4.5'), '9', '4.4'],
		[facet('minInclusive', '1.5') + facet('maxInclusive', '2.5') + facet('fractionDigits', '0'), '9', '2'],
		[facet('fractionDigits', '1'), '2.57', '2.6'],
		[facet('totalDigits', '2'), '123', '99'],
		[facet('totalDigits', '2'), '-12.5', '-13'],
		[restricted('xs:integer', facet('minInclusive', '1')), '2.0', '2'],
		[restricted('xs:integer', facet('minInclusive', '4')), '2.5', '4'],
		[restricted('xs:int', ''), '1.4', '1'],
		[restricted('xs:positiveInteger', facet('maxExclusive', '4')), '9', '3'],
		[restricted('xs:integer', facet('minExclusive', '4') + facet('maxExclusive', '5')), '9', undefined],
		[restricted('xs:boolean', facet('pattern', 'false|0')), 'true', 'false'],
		[facet('enumeration', 'LINUX') + facet('pattern', '[a-z]+'), 'linux', undefined],
		[facet('enumeration', 'LINUX'), 'Windows', 'LINUX'],
		[facet('enumeration', 'LINUX') + facet('enumeration', 'IRIX'), 'linux', 'LINUX'],
		[facet('enumeration', 'LINUX') + facet('enumeration', 'IRIX'), 'Windows', 'LINUX'],
		[facet('enumeration', 'LINUX') + facet('enumeration', 'IRIX'), 'iris', 'IRIX'],
		[facet('enumeration', 'aa') + facet('enumeration', 'bb'), 'ab', 'aa'],
		[facet('enumeration', 'aa') + facet('enumeration', 'AB'), 'ab', 'AB'],
		[facet('maxExclusive', '8') + facet('fractionDigits', '1'), '9', '7.9'],
		[facet('maxInclusive', '8.5'), '9.7', '8.5'],
		[facet('maxInclusive', '8.5'), 'INF', '8.5'],
		[facet('minExclusive', '4.25') + facet('maxInclusive', '4.75'), '3.3', '4.3'],
		[facet('totalDigits', '3'), '12.345', '12.3'],
		[restricted('xs:decimal', facet('minExclusive', '0') + facet('maxExclusive', '1')), '5', '0.9'],
		[facet('pattern', '(small|large)-[12]'), 'smal-3', 'small-1'],
		[facet('pattern', '[a-z]+'), 'ABC', 'abc'],
		[facet('pattern', 'x{3}'), 'x', 'xxx'],
		[restricted('xs:string', facet('maxLength', '3')), 'abcdef', 'abc'],
		[facet('length', '2'), '😀😀😀', '😀😀'],
		[facet('minLength', '2'), 'a', 'aa'],
		[facet('maxLength', '2') + facet('pattern', '[a-c]*'), 'abd', 'ab'],
		[restricted('xs:boolean', facet('enumeration', 'true')), 'TRUE', 'true'],
		[restricted('xs:boolean', ''), 'no', 'false'],
		[facet('maxExclusive', '2026-12-01T00:00:00Z'), '2027-01-01T00:00:00Z', '2026-11-30T23:59:59Z'],
		[facet('minExclusive', '2026-12-01T00:00:00.5Z'), '2026-01-01T00:00:00Z', '2026-12-01T00:00:01Z'],
		[
			restricted('xs:dateTime', facet('minExclusive', '2026-12-01T00:00:00')),
			'2026-01-01T00:00:00',
			'2026-12-01T00:00:01',
		],
		[restricted('xs:date', facet('maxExclusive', '2026-03-01+01:00')), '2027-01-01', '2026-02-28+01:00'],
		[restricted('xs:date', facet('minInclusive', '2026-03-01')), '2025-01-01', '2026-03-01'],
		[restricted('xs:time', facet('maxExclusive', '18:00:00Z')), '19:00:00Z', '17:59:59Z'],
		[facet('minInclusive', 'PT1M') + facet('maxInclusive', 'P1D'), 'P2D', 'P1D'],
		[facet('minInclusive', 'PT1M') + facet('maxInclusive', 'P1D'), 'PT1S', 'PT1M'],
		[facet('maxExclusive', 'P1D'), 'P2D', 'PT23H59M59S'],
		[facet('minExclusive', 'PT1M') + facet('maxExclusive', 'P1D'), 'PT1M', 'PT1M1S'],
		[facet('minExclusive', 'PT1M') + facet('maxExclusive', 'PT1M1S'), 'PT1H', undefined],
		[facet('maxExclusive', 'PT0S'), 'PT1H', undefined],
		[facet('maxInclusive', '2026-12-01T00:00:00Z'), '2027-01-01T00:00:00Z', '2026-12-01T00:00:00Z'],
		[facet('enumeration', 'PT1H') + facet('enumeration', 'PT8H') + facet('maxInclusive', 'PT6H'), 'PT7H', 'PT1H'],
	])('%s: nearest to %s is %s', (constraint, value, nearest) => {
		const [violation] = violationsOfText(constraint, value);
		expect(violation?.nearest).toBe(nearest);
	});
});

describe('facets of a RangeValue hold for every value that it admits', () => {
	const RANGE = (lower: number, upper: number): string =>
		`<jsdl:IndividualCPUCount><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:IndividualCPUCount>`;
	const BOUNDS = facet('minInclusive', '1') + facet('maxInclusive', '8');
	const at = (constraint: string): string => item('//jsdl:IndividualCPUCount', constraint);

	test.each<[name: string, constraint: string, resources: string]>([
		['a range inside the bounds', at(BOUNDS), RANGE(1, 8)],
		['an exact value', at(BOUNDS), exact('IndividualCPUCount', 4)],
		[
			'exact values that are enumerated',
			at(facet('enumeration', '2') + facet('enumeration', '4')),
			'<jsdl:IndividualCPUCount><jsdl:Exact>2</jsdl:Exact><jsdl:Exact>4.0</jsdl:Exact></jsdl:IndividualCPUCount>',
		],
		['the bounds of an integer type', at(restricted('xs:unsignedByte', '')), RANGE(0, 255)],
	])('%s keeps to it', (_name, constraint, resources) => {
		expect(violations(constraint, resources)).toEqual([]);
	});

	test.each<[name: string, constraint: string, resources: string, nearest: string | undefined]>([
		['a range that reaches beyond', at(BOUNDS), RANGE(4, 16), '4..8'],
		[
			'a range without an upper bound',
			at(BOUNDS),
			'<jsdl:IndividualCPUCount><jsdl:LowerBoundedRange>4</jsdl:LowerBoundedRange></jsdl:IndividualCPUCount>',
			'4..8',
		],
		['a range beside it', at(BOUNDS), RANGE(10, 16), '8'],
		['a range beside a bound that is excluded', at(facet('maxExclusive', '8')), RANGE(8, 16), '7'],
		[
			'a range between enumerated values',
			at(facet('enumeration', '2') + facet('enumeration', '4')),
			RANGE(2, 4),
			'2 or 4',
		],
		['a range that admits nothing', at(BOUNDS), RANGE(4, 2), '1'],
		['a range of an integer type without a whole number', at(restricted('xs:integer', BOUNDS)), RANGE(4.2, 4.8), '4'],
		[
			'a pattern, which says nothing of ranges',
			at(facet('pattern', '[0-9]+')),
			exact('IndividualCPUCount', 4),
			undefined,
		],
	])('%s violates it', (_name, constraint, resources, nearest) => {
		const [violation, ...others] = violations(constraint, resources);
		expect(others).toEqual([]);
		expect(violation).toMatchObject({ path: `${RESOURCES}/jsdl:IndividualCPUCount` });
		expect(violation?.nearest).toBe(nearest);
	});
});

describe('items', () => {
	test('all violations of all items are listed, each with path, value, what is allowed and the nearest', () => {
		const items = [
			item(CPUS, facet('maxInclusive', '8'), '', 'cpus'),
			item('//jsdl:TotalResourceCount/jsdl:Exact', facet('maxInclusive', '4'), '', 'count'),
			item(
				'//jsdl:Resources',
				'<xs:sequence><xs:element name="IndividualCPUCount" maxOccurs="1"></xs:element></xs:sequence>',
				'',
				'children',
			),
			item('//jsdl:IndividualPhysicalMemory', '', '', 'memory'),
		].join('');
		expect(violations(items, exact('IndividualCPUCount', 16) + exact('TotalResourceCount', 9))).toEqual([
			{
				item: 'cpus',
				location: CPUS,
				path: `${RESOURCES}/jsdl:IndividualCPUCount/jsdl:Exact`,
				found: '16',
				allowed: 'at most 8',
				nearest: '8',
				message: 'The template does not allow 16: it is not at most 8.',
			},
			{
				item: 'count',
				location: '//jsdl:TotalResourceCount/jsdl:Exact',
				path: `${RESOURCES}/jsdl:TotalResourceCount/jsdl:Exact`,
				found: '9',
				allowed: 'at most 4',
				nearest: '4',
				message: 'The template does not allow 9: it is not at most 4.',
			},
			{
				item: 'children',
				location: '//jsdl:Resources',
				path: `${RESOURCES}/jsdl:TotalResourceCount`,
				found: 'jsdl:TotalResourceCount',
				allowed: 'no further element',
				nearest: 'jsdl:IndividualCPUCount',
				message: 'The template does not allow jsdl:TotalResourceCount: this element may not stand here.',
			},
			{
				item: 'memory',
				location: '//jsdl:IndividualPhysicalMemory',
				path: '/wsag:AgreementOffer',
				found: 'nothing',
				allowed: 'at least 1 of it',
				nearest: '1 of it',
				message: 'The template demands //jsdl:IndividualPhysicalMemory, and the offer has none.',
			},
		]);
	});

	test('of several nodes each violation has its own path', () => {
		const resources =
			'<jsdl:IndividualCPUCount><jsdl:Exact>2</jsdl:Exact><jsdl:Exact>9</jsdl:Exact><jsdl:Exact>10</jsdl:Exact></jsdl:IndividualCPUCount>';
		const paths = violations(item(CPUS, facet('maxInclusive', '8')), resources).map(({ path }) => path);
		expect(paths).toEqual([2, 3].map((position) => `${RESOURCES}/jsdl:IndividualCPUCount/jsdl:Exact[${position}]`));
	});

	test('an attribute can be restricted', () => {
		const digest = item('//ws:Workspace/ws:Image/@digest', facet('pattern', 'sha256:1{64}'));
		expect(checkConstraints(offer(), template(digest))).toMatchObject([
			{ path: expect.stringMatching(/ws:Image\/@digest$/), found: expect.stringContaining('sha256:000') },
		]);
	});

	test.each<[word: string, none: number, one: number, two: number]>([
		['0_TO_1', 0, 0, 1],
		['0_TO_N', 0, 0, 0],
		['1', 1, 0, 1],
		['1_TO_N', 1, 0, 0],
	])('Multiplicity %s', (word, none, one, two) => {
		const counted = item(CPUS, '', multiplicity(word));
		const cpus = (count: number): string =>
			`<jsdl:IndividualCPUCount>${'<jsdl:Exact>1</jsdl:Exact>'.repeat(count)}</jsdl:IndividualCPUCount>`;
		expect([0, 1, 2].map((count) => violations(counted, cpus(count)).length)).toEqual([none, one, two]);
	});

	test.each<[word: string, allowed: string]>([
		['0_TO_1', '0 to 1 of it: at most 8'],
		['1', 'exactly 1 of it: at most 8'],
	])('Multiplicity %s allows %s', (word, allowed) => {
		const counted = item(CPUS, facet('maxInclusive', '8'), multiplicity(word));
		const two =
			'<jsdl:IndividualCPUCount><jsdl:Exact>1</jsdl:Exact><jsdl:Exact>2</jsdl:Exact></jsdl:IndividualCPUCount>';
		expect(violations(counted, two)).toMatchObject([
			{ found: '2', allowed, path: `${RESOURCES}/jsdl:IndividualCPUCount/jsdl:Exact[2]` },
		]);
	});

	test('an element that holds elements has no value', () => {
		expect(violations(item('//jsdl:JobDescription', facet('minInclusive', '1')), '')).toMatchObject([
			{ found: 'elements' },
		]);
	});

	test('of which there are too few, and wrong ones among them, are told of both', () => {
		const items = item('//jsdl:HostName', facet('enumeration', 'a'), '<ws:Occurs min="3"></ws:Occurs>');
		const hosts =
			'<jsdl:CandidateHosts><jsdl:HostName>a</jsdl:HostName><jsdl:HostName>b</jsdl:HostName></jsdl:CandidateHosts>';
		expect(violations(items, hosts).map(({ found }) => found)).toEqual(['2', 'b']);
		const none = item('//jsdl:HostName', facet('enumeration', 'a'), '<ws:Occurs min="0" max="0"></ws:Occurs>');
		expect(violations(none, hosts).map(({ found }) => found)).toEqual(['2']);
	});

	test('a thousand equal violations are listed sixty-four times, and that there are more, and the next item still', () => {
		const hosts = `<jsdl:CandidateHosts>${'<jsdl:HostName>x</jsdl:HostName>'.repeat(1000)}</jsdl:CandidateHosts>`;
		const items =
			item('//jsdl:HostName', facet('enumeration', 'a')) + item('//jsdl:TotalResourceCount', '', '', 'last');
		const found = violations(items, hosts);
		expect(found).toHaveLength(66);
		expect(found[64]).toMatchObject({ item: 'item', message: expect.stringContaining('There is more') });
		expect(found.at(-1)?.item).toBe('last');
	});

	test.each<[name: string, constraint: string]>([
		['walks', item("//*[*='y']//*[*='y']", '', multiplicity('0_TO_N')).repeat(100)],
		[
			'enumerated values',
			item(
				'//jsdl:HostName',
				Array.from({ length: 999 }, (_, index) => facet('enumeration', `h${index}`)).join('') +
					facet('enumeration', 'x'),
			),
		],
		['patterns', item('//jsdl:HostName', facet('pattern', '(x|y)*x(x|y){300}|x'))],
		[
			'values within a group',
			item(
				'//jsdl:CandidateHosts',
				`<xs:sequence><xs:element name="HostName" maxOccurs="unbounded"><xs:simpleType><xs:restriction base="xs:string">${facet('pattern', '(x|y)*x(x|y){300}|x')}</xs:restriction></xs:simpleType></xs:element></xs:sequence>`,
			),
		],
	])('an offer that is too large to be checked is refused, not passed, and soon: %s', (_name, items) => {
		const hosts = `<jsdl:CandidateHosts>${'<jsdl:HostName>x</jsdl:HostName>'.repeat(20_000)}</jsdl:CandidateHosts>`;
		const [own, compiled] = [offer({ resources: hosts }), template(items)];
		const begin = cpuMs();
		const found = checkConstraints(own, compiled);
		expect(cpuMs() - begin).toBeLessThan(1000);
		expect(found.at(-1)?.message).toContain('too large');
	});

	test.each([
		['[0-9a-f]{990}', 990],
		['[0-9a-f]{1900}', 1900],
		['(ab){940}', 1880],
		[String.raw`\w{800}`, 800],
		[String.raw`\c{800}`, 800],
		['(a|bb){350}', 350],
	])('the nearest value of %s is had when it is sent back', (source, characters) => {
		const host = (name: string): string =>
			`<jsdl:CandidateHosts><jsdl:HostName>${name}</jsdl:HostName></jsdl:CandidateHosts>`;
		const items = item('//jsdl:HostName', facet('pattern', source));
		const [told] = violations(items, host('7a'));
		expect(told?.nearest).toHaveLength(characters);
		expect(violations(items, host(told!.nearest!))).toEqual([]);
	});

	test('what takes too long by itself leaves steps for what stands behind it', () => {
		const hosts = `<jsdl:CandidateHosts>${'<jsdl:HostName>x</jsdl:HostName>'.repeat(2000)}</jsdl:CandidateHosts>`;
		const words = Array.from({ length: 999 }, (_, index) => facet('enumeration', `h${index}`)).join('');
		const long = item('//jsdl:HostName', words + facet('enumeration', 'x'), '', 'long');
		const found = violations(long + item('//jsdl:CPUTime', '', '', 'behind'), hosts);
		expect(found).toMatchObject([
			{ item: 'long', message: expect.stringContaining('too large') },
			{ item: 'behind', found: 'nothing' },
		]);
	});

	test('of whom only whether anything is violated is asked, the first tells it, and the steps of the others are saved', () => {
		const least = (value: string) => item(CPUS, facet('minInclusive', value));
		const own = offer({ resources: exact('IndividualCPUCount', '4') });
		const { constraints } = template(least('2') + least('8') + least('9').repeat(100));
		const budget = decisionBudget();
		const whole = { ...budget };
		expect(firstViolation(own, constraints, budget)).toMatchObject({ found: '4', allowed: 'at least 8' });
		checkConstraints(own, { constraints }, whole);
		expect(budget.remaining).toBeGreaterThan(whole.remaining);
		expect(firstViolation(own, constraints.slice(0, 1), budget)).toBeUndefined();
		expect(firstViolation(own, constraints.slice(0, 1), { remaining: 0 })?.message).toContain('too large');
	});

	test('one text in two default namespaces is about other nodes', () => {
		const counted = (namespace: string, least: number): string =>
			item(
				`declare default element namespace '${namespace}'; //a`,
				'',
				`<ws:Occurs min="${least}" max="${least}"></ws:Occurs>`,
			);
		const told = violations(counted('urn:1', 2) + counted('urn:2', 3), '<a xmlns="urn:1"></a><a xmlns="urn:2"></a>');
		expect(told.map(({ location, nearest }) => [location, nearest])).toEqual([
			["declare default element namespace 'urn:1'; //a", '2 of it'],
			["declare default element namespace 'urn:2'; //a", '3 of it'],
		]);
	});

	test('of many items that are violated often each is named, and 500 violations with all their places', () => {
		const items = Array.from({ length: 20 }, (_, index) => item('//jsdl:Exact', facet('maxInclusive', String(-index))));
		const many = `<jsdl:IndividualCPUCount>${'<jsdl:Exact>8</jsdl:Exact>'.repeat(40)}</jsdl:IndividualCPUCount>`;
		const found = violations(items.join(''), many);
		expect(new Set(found.map(({ allowed }) => allowed)).size).toBe(20);
		expect(found.length).toBeGreaterThan(500);
		expect(found.length).toBeLessThan(560);
	});
});

/** Patterns that are refused, as what they are. */
const patterned = (code: string, patterns: readonly string[]): [string, string, string][] =>
	patterns.map((pattern) => [`the pattern ${pattern}`, item(CPUS, facet('pattern', pattern)), code]);

describe('a template with a constraint that nobody could check is refused', () => {
	test.each<[name: string, items: string, code: string]>([
		['a free Constraint', '<wsag:Constraint>memory > cpus</wsag:Constraint>', 'CONSTRAINT_MALFORMED'],
		['a Location beyond the grammar', item('count(//*)', ''), 'LOCATION_REFUSED'],
		['a Location with an unknown prefix', item('//nope:x', ''), 'LOCATION_REFUSED'],
		['an unknown element behind the constraint', item(CPUS, '', '<x:Rule></x:Rule>'), 'CONSTRAINT_UNSUPPORTED'],
		['an unknown Multiplicity', item(CPUS, '', multiplicity('2_TO_3')), 'VALUE_MALFORMED'],
		[
			'a pattern that is not supported',
			item(CPUS, facet('pattern', String.raw`\p{IsGreek}`)),
			'CONSTRAINT_UNSUPPORTED',
		],
		['an unknown type', item(CPUS, restricted('x:T', '')), 'CONSTRAINT_UNSUPPORTED'],
		['a type of an undeclared prefix', item(CPUS, restricted('nope:T', '')), 'CONSTRAINT_MALFORMED'],
		...patterned('CONSTRAINT_UNSUPPORTED', [
			'a{0,1001}',
			'\\w{990}',
			'a{10000}',
			'a{2,10000}',
			String.raw`[\P{IsGreek}]`,
		]),
		...patterned('CONSTRAINT_MALFORMED', ['a{3,2}', '[z-a]', '[a-z-[c-b]]', '(a', 'a{10000', '*', String.raw`\p{Xx}`]),
		[
			'a year of more digits than are counted',
			item(CPUS, restricted('xs:gYear', facet('maxInclusive', '1234567890'))),
			'CONSTRAINT_UNSUPPORTED',
		],
		[
			'a month that there is not, in such a year',
			item(CPUS, restricted('xs:gYearMonth', facet('enumeration', '1234567890-13'))),
			'CONSTRAINT_MALFORMED',
		],
		[
			'a duration of more seconds than are counted',
			item(CPUS, restricted('xs:duration', facet('maxInclusive', 'PT99999999999999999S'))),
			'CONSTRAINT_UNSUPPORTED',
		],
		['a length beyond 2^53', item(CPUS, facet('length', '9007199254740993')), 'CONSTRAINT_UNSUPPORTED'],
		['an Occurs beyond 2^53', item(CPUS, '', '<ws:Occurs max="9007199254740993"></ws:Occurs>'), 'NUMBER_TOO_LARGE'],
		[
			'patterns that are too large together',
			item(CPUS, facet('pattern', '(ab){450}')).repeat(4) + item(CPUS, facet('pattern', 'c{900}')).repeat(2),
			'CONSTRAINT_UNSUPPORTED',
		],
		['a type that XML Schema does not have', item(CPUS, restricted('xs:century', '')), 'CONSTRAINT_MALFORMED'],
		['a list of nothing', item(CPUS, '<xs:simpleType><xs:list></xs:list></xs:simpleType>'), 'CONSTRAINT_MALFORMED'],
		[
			'a list of lists',
			item(CPUS, '<xs:simpleType><xs:list itemType="xs:NMTOKENS"></xs:list></xs:simpleType>'),
			'CONSTRAINT_MALFORMED',
		],
		['a union of nothing', item(CPUS, '<xs:simpleType><xs:union></xs:union></xs:simpleType>'), 'CONSTRAINT_MALFORMED'],
		[
			'a union of more than anybody needs',
			item(CPUS, `<xs:simpleType><xs:union memberTypes="${'xs:int '.repeat(65)}"></xs:union></xs:simpleType>`),
			'CONSTRAINT_UNSUPPORTED',
		],
		[
			'a restriction of two types',
			item(
				CPUS,
				`<xs:simpleType><xs:restriction base="xs:int">${restricted('xs:int', '')}</xs:restriction></xs:simpleType>`,
			),
			'CONSTRAINT_MALFORMED',
		],
		[
			'a bound that is none of the type',
			item(CPUS, restricted('xs:byte', facet('minInclusive', '1000'))),
			'CONSTRAINT_MALFORMED',
		],
		[
			'a value that is none of the type',
			item(CPUS, restricted('xs:gDay', facet('enumeration', '31'))),
			'CONSTRAINT_MALFORMED',
		],
		['the length of a number', item(CPUS, restricted('xs:int', facet('length', '3'))), 'CONSTRAINT_MALFORMED'],
		['the digits of a double', item(CPUS, restricted('xs:double', facet('totalDigits', '3'))), 'CONSTRAINT_MALFORMED'],
		[
			'the white space of a token',
			item(CPUS, restricted('xs:token', facet('whiteSpace', 'preserve'))),
			'CONSTRAINT_MALFORMED',
		],
		['a notation of any name', item(CPUS, restricted('xs:NOTATION', '')), 'CONSTRAINT_MALFORMED'],
		[
			'a bound of an unordered type',
			item(CPUS, restricted('xs:string', facet('minInclusive', 'a'))),
			'CONSTRAINT_MALFORMED',
		],
		[
			'bounds of two kinds',
			item(CPUS, facet('minInclusive', '1') + facet('maxInclusive', 'P1D')),
			'CONSTRAINT_MALFORMED',
		],
		['a bound that is no number', item(CPUS, facet('minInclusive', 'NaN')), 'CONSTRAINT_UNSUPPORTED'],
		['a length that is no count', item(CPUS, facet('length', '-1')), 'CONSTRAINT_MALFORMED'],
		['a facet without a value', item(CPUS, '<xs:minInclusive></xs:minInclusive>'), 'CONSTRAINT_MALFORMED'],
		['something that is no facet', item(CPUS, '<xs:assert value="1"></xs:assert>'), 'CONSTRAINT_UNSUPPORTED'],
		['a group of a group', item(CPUS, '<xs:group ref="x:g"></xs:group>'), 'CONSTRAINT_UNSUPPORTED'],
		['children of an attribute', item('//*/@wsag:Name', '<xs:sequence></xs:sequence>'), 'CONSTRAINT_MALFORMED'],
		[
			'an item without a Location',
			'<wsag:Item><wsag:ItemConstraint></wsag:ItemConstraint></wsag:Item>',
			'ELEMENT_MISSING',
		],
		[
			'an item without an ItemConstraint',
			`<wsag:Item><wsag:Location>${CPUS}</wsag:Location></wsag:Item>`,
			'ELEMENT_MISSING',
		],
		['more items than anybody needs', item(CPUS, '').repeat(257), 'CONSTRAINT_UNSUPPORTED'],
		['more values than anybody needs', item(CPUS, facet('enumeration', '1').repeat(1001)), 'CONSTRAINT_UNSUPPORTED'],
	])('%s', (_name, items, code) => {
		expect(codesOf(readTemplate(treeOf(templateXml(items))))).toEqual([code]);
	});
});

test.each([
	[[], []],
	[[1], ['CONSTRAINT_UNSUPPORTED']],
])('free constraints of 65,536 characters together are taken, and none of more', (more, codes) => {
	const padded = (length: number) => `<wsag:Constraint>${'1 = 1'.padEnd(length)}</wsag:Constraint>`;
	const constraints = [...Array(16).fill(4096), ...more].map(padded).join('');
	expect(codesOf(readTemplate(treeOf(templateXml(constraints))))).toEqual(codes);
});

describe('a template of WSAG4J', () => {
	const wsag4j = readTemplate(documentAt('test/fixtures/templates/wsag4j-style.xml'));

	test('is read with its prolog, its simple types and its model groups', () => {
		expect(codesOf(wsag4j)).toEqual([]);
	});

	test('lets through the offer that it was written for, and lists what is wrong with another', () => {
		const compiled = wsag4j.ok ? wsag4j.value : undefined;
		const own = documentAt('test/fixtures/templates/wsag4j-style-offer.xml');
		expect(checkConstraints({ tree: own }, compiled!)).toEqual([]);
		const found = checkConstraints(offer({ resources: exact('IndividualCPUCount', 1) }), compiled!);
		expect(found.map((violation) => violation.item)).toEqual(['hosts', 'count', 'terms']);
	});

	test('survives the way between threads', () => {
		const compiled = structuredClone(wsag4j.ok ? wsag4j.value : undefined)!;
		expect(checkConstraints({ tree: documentAt('test/fixtures/templates/wsag4j-style-offer.xml') }, compiled)).toEqual(
			[],
		);
	});
});
