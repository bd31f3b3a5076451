/** What an item can say and hardly means, and what lint says of it; what is told only once. */
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { of } from './branches.ts';
import { facet, free, item, multiplicity, template } from './documents.ts';

const ofType = (base: string, facets: string) =>
	`<xs:simpleType><xs:restriction>${base}${facets}</xs:restriction></xs:simpleType>`;
const union = (...members: readonly string[]) =>
	`<xs:simpleType><xs:union>${members.join('')}</xs:union></xs:simpleType>`;
const typed = (name: string, type: string) => `<xs:element name="${name}" minOccurs="0">${type}</xs:element>`;
const about = (location: string, facets: string) => item(location, facets, multiplicity('0_TO_N'));
const MEMORY = '//jsdl:IndividualPhysicalMemory';
const CPUS = '//jsdl:IndividualCPUCount/jsdl:Exact';
const SYSTEM = '//jsdl:OperatingSystemName';
const NAME = '//jsdl:HostName';
const told = (items: string) =>
	lintTemplate(template(items)).map(({ code, severity, message }) => ({ code, severity, message }));

describe('lint warns of', () => {
	test.each<[name: string, items: string, code: string, words: string]>([
		['a pattern between ^ and $', about(NAME, facet('pattern', '^deb.*$')), 'PATTERN_ANCHORED', 'write deb.*.'],
		['a pattern behind ^', about(NAME, facet('pattern', '^deb.*')), 'PATTERN_ANCHORED', 'write deb.*.'],
		['megabytes', about(MEMORY, facet('maxInclusive', 512)), 'UNIT_SUSPICIOUS', 'megabytes or gigabytes were meant'],
		['exact megabytes', about(`${MEMORY}/jsdl:Exact`, facet('enumeration', 512)), 'UNIT_SUSPICIOUS', 'is in bytes'],
		['a share of one', about('//ws:CPUShare', facet('maxInclusive', 1)), 'UNIT_SUSPICIOUS', 'a fraction was meant'],
		['no CPUs', about(CPUS, facet('maxInclusive', 0)), 'RANGE_ADMITS_NOTHING', 'at least 1'],
		[
			'megabytes of a union',
			about(MEMORY, union(of('xs:integer', facet('maxInclusive', 512)), of('xs:token', facet('enumeration', 'any')))),
			'UNIT_SUSPICIOUS',
			'megabytes or gigabytes were meant',
		],
		[
			'a pattern of a child',
			about(
				'//jsdl:CandidateHosts',
				`<xs:sequence>${typed('HostName', of('xs:string', facet('pattern', '^deb.*')))}</xs:sequence>`,
			),
			'PATTERN_ANCHORED',
			'write deb.*.',
		],
		[
			'a pattern of an attribute of a child',
			about(
				'//x:y',
				`<xs:sequence>${typed('a', `<xs:complexType><xs:attribute name="b">${of('xs:string', facet('pattern', 'q$'))}</xs:attribute></xs:complexType>`)}</xs:sequence>`,
			),
			'PATTERN_ANCHORED',
			'write q.',
		],
		[
			'megabytes of a child',
			about(MEMORY, `<xs:sequence>${typed('Exact', of('xs:double', facet('enumeration', 512)))}</xs:sequence>`),
			'UNIT_SUSPICIOUS',
			'is in bytes',
		],
		[
			'a wrong word beside a right one',
			about(SYSTEM, facet('enumeration', 'FreeBSD') + facet('enumeration', 'Linux')),
			'VALUE_DEAD',
			'never that (did you mean LINUX?)',
		],
		[
			'a wrong word of a type with words',
			about(
				'//jsdl:FileSystemType',
				of('jsdl:FileSystemTypeEnumeration', facet('enumeration', 'swap') + facet('enumeration', 'Spool')),
			),
			'VALUE_DEAD',
			'did you mean spool?',
		],
		[
			'a value that another facet excludes',
			about(CPUS, facet('enumeration', 2) + facet('enumeration', 16) + facet('maxInclusive', 8)),
			'VALUE_DEAD',
			'the other facets exclude it',
		],
		[
			'half a CPU beside a whole one',
			about(CPUS, facet('enumeration', 2) + facet('enumeration', 0.5)),
			'VALUE_DEAD',
			'no whole number of at least 1',
		],
		[
			'a value that another item excludes',
			about(CPUS, facet('enumeration', 2) + facet('enumeration', 16)) +
				item('//jsdl:IndividualCPUCount', facet('maxInclusive', 8), multiplicity('0_TO_N'), 'eight'),
			'VALUE_DEAD',
			'the item eight excludes it',
		],
	])('%s', (_name, items, code, words) => {
		expect(told(items)).toMatchObject([{ code, severity: 'warning', message: expect.stringContaining(words) }]);
	});

	test.each<[name: string, items: string]>([
		['a pattern of a dollar that is quoted', about(NAME, facet('pattern', '[$^]a\\\\[$]'))],
		['some memory', about(MEMORY, facet('minInclusive', 1))],
		['a gigabyte', about(MEMORY, facet('maxInclusive', 2 ** 30))],
		['half a CPU', about('//ws:CPUShare', facet('maxInclusive', 50))],
		['one CPU', about(CPUS, facet('maxInclusive', 1))],
		['a word of the schema', about(SYSTEM, facet('enumeration', 'FreeBSD'))],
		[
			'words that nobody enumerates',
			item('//wsag:ServiceProvider', facet('enumeration', 'AgreementResponder')) +
				about(
					'//wsag:Context',
					`<xs:sequence><xs:element name="ServiceProvider" type="wsag:AgreementRoleType"></xs:element><xs:any minOccurs="0" maxOccurs="9"></xs:any></xs:sequence>`,
				) +
				about('//jsdl:CPUArchitectureName', facet('pattern', 'x86.*')) +
				about('//jsdl:CPUArchitecture/jsdl:CPUArchitectureName', facet('enumeration', 'x86_64')),
		],
		['two words of the schema', about(SYSTEM, facet('enumeration', 'FreeBSD') + facet('enumeration', 'LINUX'))],
		[
			'a union of amounts',
			about(
				MEMORY,
				union(of('xs:integer', facet('maxInclusive', 2 ** 30)), of('xs:integer', facet('minInclusive', 2 ** 31))),
			),
		],
		[
			'values of a type of which another step leaves some',
			about(
				CPUS,
				ofType(of('xs:integer', facet('enumeration', 2) + facet('enumeration', 16)), facet('maxInclusive', 8)),
			),
		],
	])('nothing in %s', (_name, items) => {
		expect(told(items)).toEqual([]);
	});
});

describe('lint says', () => {
	test.each<[name: string, items: string, words: string]>([
		['which word is meant', about(SYSTEM, facet('enumeration', 'Linux')), 'did you mean LINUX?'],
		['which part never holds', free(`${CPUS} > 2 and count(${CPUS}) < 0`), `count(${CPUS}) < 0 never holds`],
		[
			'which parts never hold together',
			free(`${CPUS} > 2 and exists(${CPUS}) and ${CPUS} < 2`),
			`${CPUS} > 2 and ${CPUS} < 2 never hold together`,
		],
		['that no alternative holds', free(`count(${CPUS}) < 0 or 1 = 2`), 'none of its alternatives ever holds'],
	])('%s, and that once', (_name, items, words) => {
		expect(told(items)).toMatchObject([
			{ code: 'CONSTRAINT_UNSATISFIABLE', severity: 'error', message: expect.stringContaining(words) },
		]);
	});

	test('which value a condition excludes', () => {
		const two = about(CPUS, facet('enumeration', 2) + facet('enumeration', 16));
		expect(told(two + free(`max(${CPUS}) <= 8`))).toContainEqual({
			code: 'VALUE_DEAD',
			severity: 'warning',
			message: expect.stringContaining(`max(${CPUS}) <= 8 excludes it`),
		});
	});

	test('which word is meant in a predicate', () => {
		const items = about(`//jsdl:OperatingSystemType[jsdl:OperatingSystemName='Linux']`, '');
		expect(told(items)).toMatchObject([{ code: 'LOCATION_USELESS', message: expect.stringContaining('LINUX') }]);
	});
});
