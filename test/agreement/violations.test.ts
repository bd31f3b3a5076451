/** Every kind of violation that a template can be the cause of tells path, found value, what is allowed, and what would do. */
import { describe, expect, test } from 'vitest';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { cpuMs } from '../cpu-time.ts';
import { exact, facet, free, item, offer, template } from './documents.ts';

const typed = (base: string, ...facets: readonly string[]) =>
	`<xs:simpleType><xs:restriction base="${base}">${facets.join('')}</xs:restriction></xs:simpleType>`;
const cpus = exact('IndividualCPUCount', 4);
const range = (content: string) => `<jsdl:IndividualCPUCount>${content}</jsdl:IndividualCPUCount>`;
const between = (lower: number, upper: number) =>
	range(
		`<jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range>`,
	);
const COUNT = '//jsdl:IndividualCPUCount';
const EXACT = `${COUNT}/jsdl:Exact`;
const DISK = '//jsdl:IndividualDiskSpace/jsdl:Exact';

describe('told in full', () => {
	test.each<[kind: string, constraint: string, resources: string, found: string, nearest: string]>([
		['a missing node', item('//jsdl:TotalResourceCount', facet('maxInclusive', '2')), cpus, 'nothing', '1 of it: 1'],
		['a node too many', item(EXACT, '', '<ws:Occurs min="0" max="0"></ws:Occurs>'), cpus, '1', '0 of it'],
		['a bound', item(EXACT, facet('maxExclusive', '4')), cpus, '4', '3'],
		['digits', item(EXACT, typed('xs:decimal', facet('totalDigits', '1'))), exact('IndividualCPUCount', 12), '12', '9'],
		['an enumeration', item(EXACT, facet('enumeration', '1') + facet('enumeration', '8')), cpus, '4', '1'],
		['an enumeration as a value', item(EXACT, typed('xs:decimal', facet('enumeration', '8.0'))), cpus, '4', '8.0'],
		['a pattern', item(EXACT, typed('xs:string', facet('pattern', '[0-9]{3}'))), cpus, '4', '400'],
		['a length', item(EXACT, typed('xs:string', facet('maxLength', '1'))), exact('IndividualCPUCount', 16), '16', '1'],
		['a type', item(EXACT, typed('xs:boolean')), cpus, '4', '1'],
		['a list', item(DISK, typed('xs:NMTOKENS', facet('minLength', '2'))), exact('IndividualDiskSpace', 4), '4', '4 4'],
		['a range partly beyond', item(COUNT, facet('maxInclusive', '8')), between(4, 12), '4..12', '4..8'],
		['a range beyond', item(COUNT, facet('maxInclusive', '3')), between(4, 12), '4..12', '3'],
		['an open range', item(COUNT, facet('maxInclusive', '8')), range(''), '', 'at most 8'],
		['elements for a value', item('//jsdl:Resources', facet('maxLength', '3')), cpus, 'elements', 'no element'],
		[
			'a wrong child',
			item(COUNT, '<xs:sequence><xs:element name="Range"></xs:element></xs:sequence>'),
			cpus,
			'jsdl:Exact',
			'jsdl:Range',
		],
		[
			'a child that is missing',
			item(COUNT, '<xs:sequence><xs:element name="Exact" minOccurs="2" maxOccurs="2"></xs:element></xs:sequence>'),
			cpus,
			'nothing',
			'jsdl:Exact, jsdl:Exact',
		],
		[
			'a value in a group',
			item(
				COUNT,
				`<xs:sequence><xs:element name="Exact">${typed('xs:integer', facet('maxInclusive', '2'))}</xs:element></xs:sequence>`,
			),
			cpus,
			'4',
			'2',
		],
		[
			'text between elements',
			item(COUNT, '<xs:sequence><xs:element name="Exact"></xs:element></xs:sequence>'),
			range('four<jsdl:Exact>4</jsdl:Exact>'),
			'four',
			'no text',
		],
		[
			'no RangeValue',
			item(
				'//jsdl:Resources',
				'<xs:sequence><xs:element name="IndividualCPUCount" type="jsdl:RangeValue_Type"></xs:element></xs:sequence>',
			),
			range('<jsdl:Exact>many</jsdl:Exact>'),
			'elements',
			'no element',
		],
		['a comparison', free(`${EXACT} <= 2`), cpus, '4', '2'],
		['a comparison of nothing', free('//jsdl:TotalResourceCount <= 2'), cpus, 'nothing', '1 of it: 2'],
		['a calculation', free(`${EXACT} * ${EXACT} <= 9`), cpus, '4', '3'],
		['an open range in a comparison', free(`${COUNT} <= 8`), range(''), 'anything', 'at most 8'],
		['a count', free(`count(${EXACT}) >= 2`), cpus, `count(${EXACT}): 1`, `count(${EXACT}): 2`],
		['a sum', free(`sum(${EXACT}) <= 6`), cpus + cpus, `sum(${EXACT}): 8`, `sum(${EXACT}): 6`],
		['the greatest', free(`max(${EXACT}) <= 3`), cpus, '4', '3'],
		['something that must be', free('exists(//jsdl:CandidateHosts)'), cpus, 'nothing', '1 of it'],
		['something that must not be', free(`not exists(${EXACT})`), cpus, '4', '0 of it'],
	])('%s', (_kind, constraint, resources, found, nearest) => {
		const violations = checkConstraints(offer({ resources }), template(constraint));
		expect(violations.length).toBeGreaterThan(0);
		for (const violation of violations) {
			expect(violation.path).toMatch(/^\/wsag:AgreementOffer/);
			expect(violation.allowed).not.toBe('');
		}
		expect(violations).toContainEqual(expect.objectContaining({ found, nearest }));
	});

	test('of many hostile patterns at once each has a value that is allowed', () => {
		const items = Array.from({ length: 16 }, (_, index) =>
			item(`//x:n${index}`, typed('xs:string', facet('pattern', `(${'abcdefghij'[index % 10]}${index}){100}`))),
		).join('');
		const checked = template(items);
		const nodes = Array.from({ length: 16 }, (_, index) => `<x:n${index}>computon/base</x:n${index}>`);
		const document = offer({ resources: nodes.join('') });
		const started = cpuMs();
		const violations = checkConstraints(document, checked);
		expect(cpuMs() - started).toBeLessThan(1000);
		expect(violations).toHaveLength(16);
		const told = violations.filter(({ nearest, near }) => nearest !== undefined || near !== undefined);
		expect(told.length).toBe(16);
	});
});
