/** Templates with the mistakes that those who write them make: each is told where it is, and how it may be meant. */
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { exact, facet, free, item, jobTerm, type OfferParts, template, term, WINDOW } from './documents.ts';

const OPTIONAL = '<ws:Occurs min="0" max="unbounded"></ws:Occurs>';
const CPUS = '//jsdl:Resources/jsdl:IndividualCPUCount';
const OWN = { resources: exact('IndividualCPUCount', 2) };
const words = (...all: readonly (string | number)[]) => all.map((word) => facet('enumeration', word)).join('');
const bounds = (least: string | number, most: string | number) =>
	facet('minInclusive', least) + facet('maxInclusive', most);
const typed = (base: string, facets = '') =>
	`<xs:simpleType><xs:restriction base="xs:${base}">${facets}</xs:restriction></xs:simpleType>`;
const choice = (kind: string, ...branches: readonly string[]) => `<wsag:${kind}>${branches.join('')}</wsag:${kind}>`;
const found = (items: string, parts: OfferParts = OWN) =>
	lintTemplate(template(items, parts)).map(({ severity, code, message }) => `${severity} ${code} ${message}`);

describe('of constraints', () => {
	test.each<[name: string, items: string, says: RegExp]>([
		[
			'a prefix that was left out',
			item('//Resources/IndividualCPUCount', ''),
			/SELECTS_NOTHING .*mean Resources of .*jsdl/,
		],
		[
			'a term of another name',
			item("//wsag:ServiceDescriptionTerm[@wsag:Name='windows']/ws:Window", ''),
			/SELECTS_NOTHING .*without what it says in brackets it selects 1\./,
		],
		[
			'what need not be there, and is demanded',
			item('//ws:SSHPublicKey', ''),
			/SELECTS_NOTHING .*write <ws:Occurs min="0"/,
		],
		[
			'an attribute as a child',
			item('//ws:Image/ws:digest', ''),
			/LOCATION_IMPOSSIBLE .*has no element digest \(did you mean @digest\?\)/,
		],
		[
			'an attribute as a child of a child',
			item('//ws:Image/x:digest', ''),
			/LOCATION_IMPOSSIBLE .*never holds digest \(did you mean @digest\?\)/,
		],
		[
			'a pattern of a range',
			item(CPUS, facet('pattern', '[1-8]'), OPTIONAL),
			/UNSATISFIABLE .*: a range, as IndividualCPUCount is, keeps to bounds/,
		],
		[
			'digits of a range',
			item('//jsdl:DiskSpace', facet('totalDigits', 6), OPTIONAL),
			/UNSATISFIABLE .*: a range, as DiskSpace is,/,
		],
		[
			'words of a range',
			item('//jsdl:DiskSpace', words('small', 'large'), OPTIONAL),
			/UNSATISFIABLE .*DiskSpace is a range of numbers, and none/,
		],
		[
			'a range of a simple type',
			item(
				'//jsdl:Resources',
				`<xs:sequence><xs:element name="IndividualCPUCount">${typed('int')}</xs:element></xs:sequence>`,
			),
			/UNSATISFIABLE .*can never be there: such a IndividualCPUCount\./,
		],
		[
			'parts of what is counted',
			item(CPUS, words('0.5', '1.5'), OPTIONAL),
			/UNSATISFIABLE .*a count is a whole number/,
		],
		[
			'fewer than one of what is counted',
			item(CPUS, facet('maxExclusive', 1), OPTIONAL),
			/RANGE_ADMITS_NOTHING .*no whole number of at least 1/,
		],
		[
			'negative amounts',
			item('//jsdl:IndividualDiskSpace', facet('maxInclusive', -1), OPTIONAL),
			/RANGE_ADMITS_NOTHING .*negative amounts only/,
		],
		[
			'everyday words',
			item('//jsdl:CPUArchitectureName', words('amd64', 'sparc'), OPTIONAL),
			/VALUE_DEAD .*did you mean x86_64\?/,
		],
		[
			'a distribution',
			item('//jsdl:OperatingSystemName', words('Debian', 'WINNT'), OPTIONAL),
			/VALUE_DEAD .*did you mean LINUX\?/,
		],
		[
			'a word of a free constraint',
			free("//jsdl:OperatingSystemName = 'Linux'"),
			/UNSATISFIABLE .*: OperatingSystemName is never Linux \(did you mean LINUX\?\)/,
		],
		[
			'a truth of a free constraint',
			free("exists(//jsdl:Resources) and //jsdl:ExclusiveExecution = 'yes'"),
			/UNSATISFIABLE .*: ExclusiveExecution is never yes/,
		],
		[
			'that it may be missing, behind what compares it',
			free("//ws:StartTime >= '2030-01-01T00:00:00Z' or not exists(//ws:StartTime)"),
			/BRANCH_DEAD This alternative comes too late: not exists\(\/\/ws:StartTime\)\. .*write it first/,
		],
		[
			'a word of one alternative',
			free("//jsdl:OperatingSystemName = 'Linux' or //jsdl:OperatingSystemName = 'LINUX'"),
			/BRANCH_DEAD .*: \/\/jsdl:OperatingSystemName = 'Linux'\./,
		],
	])('%s', (_name, items, says) => {
		expect(found(items).filter((each) => says.test(each))).toHaveLength(1);
	});

	test.each<[name: string, items: string]>([
		['a truth that is meant as a number', item(`${CPUS}/jsdl:Exact`, typed('boolean', words('1')), OPTIONAL)],
		['at least one of what is counted', item(CPUS, bounds('0.5', '1.5'), OPTIONAL)],
		[
			'that it may be missing, before what compares it',
			free("not exists(//ws:StartTime) or //ws:StartTime >= '2030-01-01T00:00:00Z'"),
		],
		['no disk at all', item('//jsdl:IndividualDiskSpace', bounds(0, 0), OPTIONAL)],
		[
			'a word of the vocabulary',
			free("not exists(//jsdl:OperatingSystemName) or //jsdl:OperatingSystemName = 'LINUX'"),
		],
		[
			'a group with a range',
			item('//jsdl:Resources', '<xs:sequence><xs:element name="IndividualCPUCount"></xs:element></xs:sequence>'),
		],
	])('nothing is said of %s', (_name, items) => {
		expect(found(items, { resources: exact('IndividualCPUCount', 1) })).toEqual([]);
	});
});

describe('of own terms', () => {
	const JOB = '/wsag:Template/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[1]/jsdl:JobDefinition';

	test('amounts that nobody means, and totals that nothing comes to', () => {
		const resources =
			exact('IndividualPhysicalMemory', 1024) + exact('TotalCPUCount', 7) + exact('TotalResourceCount', 2);
		const all = lintTemplate(template('', { resources }));
		const at = `${JOB}/jsdl:JobDescription/jsdl:Resources/jsdl:`;
		expect(all.map(({ code, severity, path }) => [code, severity, path])).toEqual([
			['UNIT_SUSPICIOUS', 'warning', `${at}IndividualPhysicalMemory`],
			['TOTALS_CONTRADICT', 'warning', `${at}TotalCPUCount`],
		]);
	});

	test('what no site of this kind gives, each kind once', () => {
		const files = '<jsdl:DataStaging><jsdl:FileName>a</jsdl:FileName></jsdl:DataStaging>';
		const all = lintTemplate(template('', { job: `<jsdl:Resources></jsdl:Resources>${files}${files}` }));
		expect(all).toMatchObject([
			{ code: 'OWN_TERMS_REFUSED', severity: 'warning', path: `${JOB}/jsdl:JobDescription/jsdl:DataStaging[1]` },
		]);
	});

	test('a second window, and the name of another service', () => {
		expect(found('', { ...OWN, terms: term('again', WINDOW) })).toEqual([
			expect.stringMatching(/^warning OWN_TERMS_REFUSED .*has a Window already/),
		]);
		expect(found('', { ...OWN, terms: term('again', WINDOW, 'machine') })).toEqual([
			expect.stringMatching(/^warning OWN_TERMS_REFUSED .*The service machine needs a term with a Workspace/),
		]);
	});

	test('that every branch is refused, and that branches exclude each other only together', () => {
		const [small, large, huge] = [2, 32, 64].map((count) => jobTerm(`of-${count}`, exact('IndividualCPUCount', count)));
		const most = item(CPUS, facet('maxInclusive', 8), OPTIONAL);
		expect(found(most, { terms: choice('ExactlyOne', large!, huge!) })).toEqual([
			expect.stringMatching(
				/^error TEMPLATE_CONTRADICTS_ITSELF .* None of the 2 ways to make its choices is admitted;/,
			),
		]);
		expect(found(most, { terms: choice('ExactlyOne', small!, huge!) })).toEqual([
			expect.stringMatching(/^warning BRANCH_DEAD Nobody can take this branch with .*of-64/),
		]);
		const four = jobTerm('of-4', exact('IndividualCPUCount', 4));
		expect(found(most, { terms: choice('OneOrMore', small!, four) })).toEqual([
			expect.stringMatching(/^warning BRANCH_DEAD Nobody can take these branches together with .*of-2, of-4/),
		]);
	});
});
