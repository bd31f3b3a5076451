/** What lint finds, and proof by samples that nothing fulfils what it calls impossible. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFatal, lintTemplate } from '../../src/agreement/lint/lint.ts';
import { verdictBudget } from '../../src/agreement/template/check-budget.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { exact, facet, free, item, jobTerm, multiplicity, type OfferParts, offer, template } from './documents.ts';

const CPUS = '//jsdl:IndividualCPUCount/jsdl:Exact';
const OWN: OfferParts = { resources: exact('IndividualCPUCount', 2) };
const OS = '//jsdl:OperatingSystemVersion';
const RES = '//jsdl:JobDescription/jsdl:Resources';
const integer = (content: string) =>
	`<xs:simpleType><xs:restriction base="xs:integer">${content}</xs:restriction></xs:simpleType>`;

const group = (name: string) => `<xs:sequence><xs:element name="${name}"></xs:element></xs:sequence>`;

const of = (base: string, facets: string) =>
	`<xs:simpleType><xs:restriction base="${base}">${facets}</xs:restriction></xs:simpleType>`;
const COUNT_OR_ALL = `<xs:simpleType><xs:union>${integer(facet('maxInclusive', 4))}${of('xs:token', facet('enumeration', 'all'))}</xs:union></xs:simpleType>`;
const NAMES = '<xs:simpleType><xs:list itemType="xs:NMTOKEN"></xs:list></xs:simpleType>';
const typed = (name: string, type: string, occurs = '') =>
	`<xs:sequence><xs:element name="${name.replace('x:', '')}" ${occurs}>${type}</xs:element></xs:sequence>`;
const allOf = (count: number) =>
	`<xs:all>${Array.from({ length: count }, (_, at) => `<xs:element name="e${at}"></xs:element>`).join('')}</xs:all>`;

function findings(items: string, parts: OfferParts = OWN) {
	return lintTemplate(template(items, parts)).map(({ code, severity }) => `${severity} ${code}`);
}

describe('contradictions', () => {
	test.each<[name: string, items: string]>([
		['bounds of two items', item(CPUS, facet('minInclusive', 4)) + item(CPUS, facet('maxInclusive', 3))],
		['bounds of an item and a constraint', item(CPUS, facet('minInclusive', 4)) + free(`${CPUS} < 4`)],
		['two constraints', free(`${CPUS} > 3`) + free(`3 >= ${CPUS}`)],
		[
			'values of one item and bounds of another',
			item(CPUS, facet('enumeration', 8)) + item(CPUS, facet('maxInclusive', 4)),
		],
		[
			'values of two items',
			item('//jsdl:HostName', facet('enumeration', 'a')) + item('//jsdl:HostName', facet('enumeration', 'b')),
		],
		[
			'items about what need not be there',
			item('//jsdl:HostName', facet('enumeration', 'a'), multiplicity('0_TO_N')) +
				item('//jsdl:HostName', facet('enumeration', 'b'), multiplicity('0_TO_N')),
		],
		['what must and must not be there', item('//jsdl:CandidateHosts', '') + free('not exists(//jsdl:CandidateHosts)')],
		[
			'numbers of nodes',
			item('//jsdl:FileSystem', '', '<ws:Occurs min="2"></ws:Occurs>') +
				item('//jsdl:FileSystem', '', multiplicity('1')),
		],
		[
			'three that go together two by two',
			item(CPUS, facet('enumeration', 2) + facet('enumeration', 4)) +
				item(CPUS, facet('enumeration', 4) + facet('enumeration', 6)) +
				item(CPUS, facet('enumeration', 2) + facet('enumeration', 6)),
		],
		[
			'bounds between which no whole number lies',
			item(CPUS, integer(facet('minExclusive', 4))) + item(CPUS, integer(facet('maxExclusive', 5))),
		],
		[
			'one Location that selects whatever another does',
			item(CPUS, facet('maxInclusive', 4), multiplicity('0_TO_N')) +
				item(`//jsdl:Resources/jsdl:IndividualCPUCount[1]/jsdl:Exact`, facet('minInclusive', 8)),
		],
		[
			'a range and its exact values',
			item('//jsdl:IndividualCPUCount', facet('minInclusive', 8), multiplicity('0_TO_N')) +
				item(CPUS, facet('maxInclusive', 4), multiplicity('0_TO_N')),
		],
		[
			'elements that there are none of, and what stands in them',
			item('//jsdl:IndividualCPUCount', '', '<ws:Occurs min="0" max="0"></ws:Occurs>') + item(CPUS, ''),
		],
		[
			'elements that there are none of, and their attribute',
			item('//wsag:Terms//jsdl:FileSystem/@name', '') + free('not exists(//jsdl:FileSystem)'),
		],
		[
			'a model group and what it leaves no room for',
			item('//jsdl:Resources', group('IndividualCPUCount'), multiplicity('0_TO_1')) +
				item('//jsdl:JobDescription/jsdl:Resources/jsdl:TotalResourceCount', ''),
		],
		[
			'digits and bounds',
			item(CPUS, integer(facet('totalDigits', 1) + facet('minInclusive', 1))) + item(CPUS, facet('minInclusive', 10)),
		],
		['a text that must be two', free("//jsdl:HostName = 'a'") + free("'b' = //jsdl:HostName")],
		['a text and a number', free("//jsdl:HostName = 'a'") + free('//jsdl:HostName = 4')],
		['a text and those enumerated', free("//jsdl:HostName = 'a'") + item('//jsdl:HostName', facet('enumeration', 'b'))],
		['a count between two whole numbers', item(CPUS, facet('minExclusive', 4)) + free(`${CPUS} < 5`)],
		['two lists of patterns', item(OS, facet('pattern', 'a|b')) + item(OS, facet('pattern', 'c|[de]'))],
		['a list of patterns and a length', item(OS, facet('pattern', 'a|bb')) + item(OS, facet('minLength', 3))],
		[
			'groups of which one has no room for what the other demands',
			item(RES, '<xs:sequence><xs:element name="TotalCPUCount" maxOccurs="1"></xs:element></xs:sequence>') +
				item(RES, '<xs:sequence><xs:element name="IndividualCPUCount"></xs:element></xs:sequence>'),
		],
		[
			'groups of two orders',
			item('//x:y', '<xs:sequence><xs:element name="a"></xs:element><xs:element name="b"></xs:element></xs:sequence>') +
				item(
					'//x:y',
					'<xs:sequence><xs:element name="b"></xs:element><xs:element name="a"></xs:element></xs:sequence>',
				),
		],
		[
			'groups of two numbers',
			item(
				'//x:y',
				'<xs:sequence><xs:element name="a" minOccurs="3" maxOccurs="unbounded"></xs:element></xs:sequence>',
			) +
				item(
					'//x:y',
					'<xs:choice maxOccurs="2"><xs:element name="a"></xs:element><xs:any minOccurs="0"></xs:any></xs:choice>',
				).replace('<xs:any minOccurs="0"></xs:any>', ''),
		],
		[
			'groups of which each allows values of one child that the other does not',
			item('//x:y', typed('a', integer(facet('maxInclusive', 4)))) +
				item('//x:y', typed('a', integer(facet('minInclusive', 5)))),
		],
		[
			'a group and an item about the values of its children',
			item('//x:y', typed('x:a', integer(facet('maxInclusive', 4)))) + item('//x:y/x:a', facet('minInclusive', 5)),
		],
		[
			'a group and an item about children, wherever they are',
			item('//x:y', '<xs:sequence><xs:element ref="x:a"></xs:element></xs:sequence>') +
				item('//x:a', '', '<ws:Occurs min="0" max="0"></ws:Occurs>'),
		],
		[
			'a group that may do without a child and an item that demands it with another value',
			item('//x:y', typed('a', integer(facet('maxInclusive', 4)), 'minOccurs="0"')) +
				item('//x:y/x:a', facet('minInclusive', 5)),
		],
		[
			'groups that together leave no room for what an item demands',
			item('//x:y', '<xs:sequence><xs:any></xs:any></xs:sequence>') +
				item('//x:y', '<xs:sequence><xs:element name="b"></xs:element><xs:any minOccurs="0"></xs:any></xs:sequence>') +
				item('//x:y/x:a', ''),
		],
		['an xs:all of twelve and one without the last of them', item('//x:y', allOf(12)) + item('//x:y', allOf(11))],
		[
			'a union of which no member allows what another item does',
			item(OS, COUNT_OR_ALL) + item(OS, facet('minInclusive', 5)),
		],
		['numbers of items', item(OS, NAMES + facet('minLength', 3)) + item(OS, NAMES + facet('maxLength', 2))],
	])('of %s are found', (_name, items) => {
		expect(findings(items)).toContain('error CONSTRAINTS_CONTRADICT');
	});

	test.each<[name: string, items: string]>([
		[
			'items about different Locations',
			item(CPUS, facet('maxInclusive', 4)) +
				item('//jsdl:TotalResourceCount/jsdl:Exact', facet('minInclusive', 5), multiplicity('0_TO_1')),
		],
		['items that meet in one value', item(CPUS, facet('minInclusive', 2)) + item(CPUS, facet('maxInclusive', 2))],
		[
			'a truth that may be written in two ways',
			item(
				CPUS,
				`<xs:simpleType><xs:restriction base="xs:boolean">${facet('enumeration', 'true')}</xs:restriction></xs:simpleType>`,
			) +
				item(
					CPUS,
					`<xs:simpleType><xs:restriction base="xs:string">${facet('enumeration', 1)}</xs:restriction></xs:simpleType>`,
				),
		],
		[
			'a number that may be written in two ways',
			item(CPUS, facet('enumeration', 2)) + item(CPUS, facet('pattern', '2\\.0')),
		],
		[
			'items of which one selects some of what the other does',
			item(`${CPUS}[1]`, facet('maxInclusive', 2)) +
				item('//jsdl:IndividualCPUCount/jsdl:Exact[2]', facet('minInclusive', 8), multiplicity('0_TO_N')),
		],
		[
			'a model group and what it has room for',
			item('//jsdl:Resources', group('IndividualCPUCount')) + item('//jsdl:Resources/jsdl:IndividualCPUCount', ''),
		],
		[
			'how many nodes two Locations may select',
			item(CPUS, '', multiplicity('1_TO_N')) +
				item('//jsdl:IndividualCPUCount/jsdl:Exact[2]', '', '<ws:Occurs min="0" max="0"></ws:Occurs>'),
		],
		[
			'elements that there are none of, and what need not stand in them',
			item('//jsdl:DiskSpace', '', '<ws:Occurs min="0" max="0"></ws:Occurs>') +
				item('//jsdl:DiskSpace/jsdl:Exact', '', multiplicity('0_TO_N')),
		],
		[
			'elements that there are none of in one place, and what stands in others',
			item('//jsdl:Resources[2]', '', '<ws:Occurs min="0" max="0"></ws:Occurs>') +
				item('//jsdl:Resources/jsdl:IndividualCPUCount', '') +
				item('//jsdl:IndividualCPUCount/jsdl:Range', '', '<ws:Occurs min="0" max="0"></ws:Occurs>') +
				item('//jsdl:IndividualCPUCount/@x:q', '', '<ws:Occurs min="0" max="0"></ws:Occurs>') +
				item(CPUS, ''),
		],
		['one text twice', free("//jsdl:HostName = 'a'") + free("//jsdl:HostName = ' a '")],
		['a duration in two forms', free("//ws:Duration = 'PT1H'") + free("//ws:Duration = 'PT60M'")],
		['texts of which one may be', free("//jsdl:HostName = 'a' or //jsdl:HostName = 'b'")],
		[
			'what is no count between two whole numbers',
			item(
				'//jsdl:IndividualCPUTime/jsdl:Exact',
				facet('minExclusive', 4) + facet('maxExclusive', 5),
				multiplicity('0_TO_N'),
			),
		],
		['a count that must be one', item(CPUS, facet('minExclusive', 1) + facet('maxExclusive', 3))],
		[
			'patterns that have a value in common',
			item(CPUS, facet('pattern', '[12]')) + item(CPUS, facet('pattern', '2|3')),
		],
		['a pattern and a length', item(CPUS, facet('pattern', '[0-9]{1,3}')) + item(CPUS, facet('length', 1))],
		[
			'groups that have children in common',
			item(RES, '<xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded"></xs:any></xs:sequence>') +
				item(
					RES,
					'<xs:all><xs:element name="TotalCPUCount" minOccurs="0"></xs:element><xs:element name="IndividualCPUCount"></xs:element></xs:all>',
				) +
				item(
					'//jsdl:Resources',
					'<xs:choice maxOccurs="unbounded"><xs:element name="IndividualCPUCount"></xs:element><xs:element name="FileSystem"></xs:element></xs:choice>',
				),
		],
		[
			'groups and items that agree about values of children',
			item('//x:y', typed('a', integer(facet('maxInclusive', 4))), multiplicity('0_TO_N')) +
				item('//x:y', typed('a', integer(facet('minInclusive', 4))), multiplicity('0_TO_N')) +
				item('//x:y/x:a', facet('enumeration', 4), multiplicity('0_TO_N')),
		],
		[
			'a group that may do without the child of which an item allows other values',
			item('//x:y', typed('a', integer(facet('maxInclusive', 4)), 'minOccurs="0"'), multiplicity('0_TO_N')) +
				item('//x:y/x:a', facet('minInclusive', 5), multiplicity('0_TO_N')),
		],
		[
			'an xs:all of twelve and the same in a row',
			item('//x:y', allOf(12), multiplicity('0_TO_N')) +
				item('//x:y', allOf(12).replaceAll('xs:all', 'xs:sequence'), multiplicity('0_TO_N')),
		],
		['a union of which one member allows it', item(OS, COUNT_OR_ALL) + item(OS, facet('minInclusive', 4))],
		['a union of which one member is a text', item(OS, COUNT_OR_ALL) + item(OS, facet('pattern', 'a.*'))],
		[
			'numbers of 32 bits and others that are written the same',
			item(OS, of('xs:float', facet('minInclusive', '0.1'))) + item(OS, of('xs:decimal', facet('maxInclusive', '0.1'))),
		],
		[
			'whole numbers that no double tells apart',
			item(OS, integer(facet('minExclusive', '9007199254740992'))) +
				item(OS, integer(facet('maxInclusive', '9007199254740993'))),
		],
	])('are not found in %s', (_name, items) => {
		expect(findings(items).filter((each) => !/ITSELF|SELECTS_NOTHING/.test(each))).toEqual([]);
	});

	test('of children say of which, and with what', () => {
		const group = item('//x:y', typed('a', integer(facet('maxInclusive', 4))), '', 'four');
		const messages = (items: string) =>
			lintTemplate(template(items, OWN)).map(({ code, message }) => `${code} ${message}`);
		expect(messages(group + item('//x:y', typed('a', integer(facet('minInclusive', 5)))))).toContainEqual(
			'CONSTRAINTS_CONTRADICT Nothing can fulfil this together with the item four: no children fit both (a) and (a), as no value of a is allowed by both.',
		);
		expect(messages(group + item('//x:y/x:b', facet('minInclusive', 5)))).toContainEqual(
			'CONSTRAINTS_CONTRADICT Nothing can fulfil this together with the item four: its group lets no b stand there.',
		);
		expect(messages(group + item('//x:y/x:a', facet('minInclusive', 5)))).toContainEqual(
			'CONSTRAINTS_CONTRADICT Nothing can fulfil this together with the item four: its group lets no a with a value that it allows stand there.',
		);
		expect(messages(group + item('//x:a', facet('minInclusive', 5), multiplicity('0_TO_N'), 'five'))).toContainEqual(
			'CONSTRAINTS_CONTRADICT Nothing can fulfil this together with the item five: no children fit (a) with a as demanded.',
		);
	});

	test('that are too much to be looked for are said to be so', () => {
		const choice = (count: number) =>
			allOf(20)
				.replace('<xs:all>', `<xs:choice minOccurs="${count}" maxOccurs="${count}">`)
				.replace('</xs:all>', '</xs:choice>');
		const first = '<xs:element name="e0"></xs:element>';
		const many = choice(1_000_000);
		const items =
			item('//x:y', `<xs:sequence>${many}${first}</xs:sequence>`, multiplicity('0_TO_N'), 'first') +
			item('//x:y', `<xs:sequence>${first}${many}</xs:sequence>`, multiplicity('0_TO_N'));
		const found = lintTemplate(template(items, OWN));
		expect(found.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
			'info LINT_UNDECIDED',
			'info LINT_UNDECIDED',
		]);
		expect(found[1]!.message).toContain('was not looked at to the end, because');
		expect(found.some(isFatal)).toBe(false);
	});

	test('of one constraint with itself make it unsatisfiable', () => {
		expect(findings(free(`${CPUS} > 3 and ${CPUS} < 3`))).toContain('error CONSTRAINT_UNSATISFIABLE');
		expect(findings(free(`1 = 2 and ${CPUS} > 0`))).toContain('error CONSTRAINT_UNSATISFIABLE');
		expect(findings(free(`${CPUS} > 1 and ${CPUS} < 3 and 1 < 2`))).toEqual([]);
		expect(findings(free(`1 = 2 or (${CPUS} > 3 and ${CPUS} < 3)`))).toContain('error CONSTRAINT_UNSATISFIABLE');
	});

	test.each<[name: string, items: string, why: RegExp]>([
		['a pattern and a length', item(OS, facet('pattern', '[a-f0-9]{64}') + facet('length', 32)), /exclude each other/],
		[
			'a pattern and a greatest length',
			item(OS, facet('pattern', 'ab+') + facet('maxLength', 1)),
			/exclude each other/,
		],
		[
			'a pattern and a least length',
			item(OS, facet('pattern', '.{0,3}') + facet('minLength', 4)),
			/exclude each other/,
		],
		[
			'a count between two whole numbers',
			item(CPUS, facet('minExclusive', 4) + facet('maxExclusive', 5)),
			/a count is a whole number/,
		],
		[
			'a range of a count',
			item('//jsdl:TotalCPUCount', facet('minInclusive', 4.2) + facet('maxInclusive', 4.8)),
			/a count is a whole number/,
		],
		['a text that is two', free("//jsdl:HostName = 'a' and //jsdl:HostName = 'b'"), /hold together|never holds/],
		[
			'an order that the schema never admits',
			item(
				RES,
				'<xs:sequence><xs:element name="TotalCPUCount"></xs:element><xs:element name="IndividualCPUCount"></xs:element></xs:sequence>',
			),
			/Resources never has children in this order/,
		],
		[
			'more than the schema admits',
			item(
				RES,
				'<xs:sequence><xs:element name="TotalCPUCount" minOccurs="2" maxOccurs="2"></xs:element></xs:sequence>',
			),
			/Resources never has children in this order/,
		],
		['more than there may be', item(CPUS, '', '<ws:Occurs min="3" max="2"></ws:Occurs>'), /at least 3 and at most 2/],
	])('of %s say why', (_name, items, why) => {
		const found = lintTemplate(template(items, OWN)).find(({ code }) => code === 'CONSTRAINT_UNSATISFIABLE');
		expect(found?.message).toMatch(why);
	});

	test('name the item, those that it contradicts and the Location', () => {
		const items = item(CPUS, facet('minInclusive', 4), '', 'least') + item(CPUS, facet('maxInclusive', 3), '', 'most');
		const found = lintTemplate(template(items, OWN)).find(({ code }) => code === 'CONSTRAINTS_CONTRADICT');
		expect(found).toMatchObject({
			path: '/wsag:Template/wsag:CreationConstraints/wsag:Item[2]',
			message: `Nothing can fulfil this together with the item least: no value at ${CPUS} is both at least 4 and at most 3.`,
		});
	});
});

describe('a Location that can match nothing', () => {
	test.each([
		['//jsdl:IndividualCPUCont', /has no element IndividualCPUCont \(did you mean IndividualCPUCount of .*jsdl\?\)/],
		['//wsag:IndividualCPUCount', /has no element IndividualCPUCount \(did you mean IndividualCPUCount of .*jsdl\?\)/],
		['//jsdl:Nonsense', /has no element Nonsense\.$/],
		['/wsag:Template//jsdl:Exact', /root of an offer is wsag:AgreementOffer/],
		['/AgreementOffer', /root of an offer/],
		['//jsdl:Resources/jsdl:HostName', /Resources never holds HostName/],
		['//jsdl:Exact/x:y', /Exact never holds y/],
		['//wsag:Terms/wsag:ServiceDescriptionTerm', /Terms never holds/],
		['//wsag:ServiceDescriptionTerm/@Name', /no attribute Name; its Name is of http/],
		['//ws:Workspace/ws:Digest', /has no element Digest/],
		['/*/wsag:CreationConstraints', /AgreementOffer never holds CreationConstraints/],
		['/wsag:AgreementOffer/*/wsag:All/jsdl:Exact', /All never holds Exact/],
		['//jsdl:Resources/TotalCPUCount', /Resources never holds TotalCPUCount without a namespace/],
		['//jsdl:IndividualCPUCount/jsdl:Resources', /IndividualCPUCount never holds Resources/],
		['//jsdl:Resources/jsdl:TotalCPUCount[2]', /at most one TotalCPUCount/],
		['//jsdl:JobDefinition/jsdl:JobDescription[2]', /at most one JobDescription/],
		['/wsag:AgreementOffer[2]', /at most one AgreementOffer/],
		['//jsdl:FileSystem[2][2]', /at most one FileSystem/],
		['//jsdl:FileSystem[0]', /counted from 1/],
		['//jsdl:OperatingSystemType[jsdl:OperatingSystemName="Linux"]', /OperatingSystemName is never Linux/],
		['//jsdl:Resources[jsdl:HostName="a"]', /Resources never holds HostName/],
		["//ws:Window[ws:Duration='PT1Q']", /Duration is never PT1Q/],
		["//wsag:ServiceDescriptionTerm[@Name='q']", /no attribute Name; its Name is of http/],
		["//jsdl:FileSystem[@name='a b']", /name of FileSystem is never a b/],
		["//ws:EndAction[@retention='1d']", /retention of EndAction is never 1d/],
		["//wsag:ServiceDescriptionTerm[@wsag:Name='r'][@wsag:Name='q']", /Name is never both r and q/],
		["//*[@wsag:Name='r'][@wsag:Name='q']", /Name is never both r and q/],
		[
			"//jsdl:CPUArchitecture[jsdl:CPUArchitectureName='x86'][jsdl:CPUArchitectureName='sparc']",
			/CPUArchitectureName is never both x86 and sparc/,
		],
		['//jsdl:Resources/text()', /Resources holds elements and no text/],
		['//jsdl:CreationFlag/@x:foo', /no attribute foo/],
	])('%s is impossible', (location, why) => {
		const [found] = lintTemplate(template(item(location, ''), OWN));
		expect(found).toMatchObject({
			code: 'LOCATION_IMPOSSIBLE',
			severity: 'error',
			message: expect.stringMatching(why),
		});
		expect(findings(item(location, '', multiplicity('0_TO_1')))).toEqual(['warning LOCATION_USELESS']);
	});

	test.each([
		'//jsdl:Resources/jsdl:CandidateHosts/jsdl:HostName',
		'//jsdl:Resources/x:anything',
		'//wsag:Context/x:anything',
		'//wsag:All/wsag:All/wsag:ExactlyOne/*/@wsag:Name',
		'//wsag:GuaranteeTerm/wsag:BusinessValueList/wsag:Penalty/wsag:AssessmentInterval/wsag:Count',
		'//jsdl:IndividualCPUCount/jsdl:Range/jsdl:LowerBound',
		'//wsag:ServiceDescriptionTerm/jsdl:JobDefinition/jsdl:JobDescription',
		'//tc:TimeConstraint/tc:Duration',
		'//ws:Workspace/ws:Image/@digest',
		'/*/wsag:Terms/wsag:All',
		'/wsag:AgreementOffer/*[2]',
		'/wsag:AgreementOffer/wsag:Context/x:v[3]/jsdl:Resources[2]',
		'//jsdl:JobDescription[2]',
		'//jsdl:IndividualCPUCount[2][1]',
		"//wsag:ServiceDescriptionTerm[@wsag:Name='r'][@wsag:Name='r']",
		"//wsag:ServiceDescriptionTerm[@wsag:Name='r'][@wsag:ServiceName='q']",
		"//wsag:ServiceDescriptionTerm[@*='r'][@*='q']",
		"//jsdl:CPUArchitecture[jsdl:CPUArchitectureName='x86'][x:a='b']",
		"//jsdl:CandidateHosts[jsdl:HostName='a'][jsdl:HostName='b']",
		"//x:y[jsdl:HostName='a'][jsdl:HostName='b']",
		"//*[jsdl:CPUArchitectureName='x86'][jsdl:CPUArchitectureName='sparc']",
		'//jsdl:Resources/jsdl:FileSystem[2]',
		'//jsdl:Resources/x:anything[2]',
		'//jsdl:OperatingSystemType[jsdl:OperatingSystemName="LINUX"]',
		"//ws:Window[ws:Duration=' PT1H ']",
		"//wsag:ServiceDescriptionTerm[@wsag:Name='q']",
		"//jsdl:FileSystem[jsdl:DiskSpace='12']",
		"//x:v[@Name='q']",
		'//jsdl:Exact/@x:foo',
		'declare namespace xsi="http://www.w3.org/2001/XMLSchema-instance"; //wsag:Context/@xsi:type',
		'//jsdl:HostName/text()',
	])('%s is not', (location) => {
		expect(findings(item(location, '', multiplicity('0_TO_N')))).toEqual([]);
	});
});

describe('a model group and a value of one element', () => {
	const PLACE = '/wsag:AgreementOffer/wsag:Context/x:v';
	const IDLE = multiplicity('0_TO_N');
	const optional = '<xs:sequence><xs:element name="a" minOccurs="0"></xs:element></xs:sequence>';
	const exactOnly = '<xs:sequence><xs:element name="Exact"></xs:element></xs:sequence>';
	const noExact =
		'<xs:sequence><xs:element name="Exact" maxOccurs="0" minOccurs="0"></xs:element><xs:element name="Range"></xs:element></xs:sequence>';

	test.each<[name: string, items: string, why: string | undefined]>([
		[
			'demanded elements',
			item(PLACE, group('a')) + item(PLACE, facet('enumeration', '')),
			'its group demands elements',
		],
		['no text', item(PLACE, optional, IDLE) + item(PLACE, facet('enumeration', 'a'), IDLE), 'its group leaves no text'],
		['nothing', item(PLACE, optional, IDLE) + item(PLACE, facet('enumeration', ''), IDLE), undefined],
		[
			'a range',
			item('//jsdl:DiskSpace', exactOnly, IDLE) + item('//jsdl:DiskSpace', facet('minInclusive', 1), IDLE),
			undefined,
		],
		[
			'one that it forbids',
			item('//jsdl:DiskSpace', noExact, IDLE) + item('//jsdl:DiskSpace/jsdl:Exact', ''),
			'its group lets no Exact stand there',
		],
		[
			'one that it forbids and nobody demands',
			item('//jsdl:DiskSpace', noExact, IDLE) + item('//jsdl:DiskSpace/jsdl:Exact', '', IDLE),
			undefined,
		],
		[
			'elements of other vocabularies only',
			item(PLACE, '<xs:sequence><xs:any namespace="##other"></xs:any></xs:sequence>', IDLE) +
				item(PLACE, group('a'), IDLE),
			'no children fit both (any element of another namespace than that of its parent) and (a)',
		],
		[
			'elements of one other vocabulary only',
			item(PLACE, '<xs:sequence><xs:any namespace="urn:z ##local"></xs:any></xs:sequence>', IDLE) +
				item(PLACE, group('a'), IDLE),
			'no children fit both (any element of urn:z or without a namespace) and (a)',
		],
	])('%s', (_name, items, why) => {
		const found = lintTemplate(template(items, OWN)).filter(({ code }) => code === 'CONSTRAINTS_CONTRADICT');
		if (why === undefined) expect(found).toEqual([]);
		else expect(found).toMatchObject([{ severity: 'error', message: expect.stringContaining(why) }]);
	});
});

describe('what every offer has', () => {
	const occurs = (bounds: string) => `<ws:Occurs ${bounds}></ws:Occurs>`;

	test.each<[location: string, content: string, bounds: string, found: string | undefined]>([
		['/wsag:AgreementOffer/wsag:Context', '', 'min="2" max="2"', 'error LOCATION_IMPOSSIBLE'],
		['/*/wsag:Terms/wsag:All', '', 'min="2"', 'error LOCATION_IMPOSSIBLE'],
		['//wsag:Context', '', 'min="0" max="9"', undefined],
		['/wsag:AgreementOffer/wsag:Context', '', 'min="0" max="0"', 'error CONSTRAINT_UNSATISFIABLE'],
		['/wsag:AgreementOffer/wsag:Context/wsag:ServiceProvider', '', 'min="0" max="0"', 'error CONSTRAINT_UNSATISFIABLE'],
		['/wsag:AgreementOffer/wsag:Name', '', 'min="0" max="0"', undefined],
		["/wsag:AgreementOffer/wsag:Context[wsag:TemplateName='no']", '', 'min="0" max="0"', undefined],
	])('%s %s %s', (location, content, bounds, found) => {
		const all = findings(item(location, content, occurs(bounds)));
		if (found === undefined) expect(all).toEqual([]);
		else expect(all).toContain(found);
	});
});

describe('what the schema says of a value that a free constraint demands', () => {
	test.each<[condition: string, why: RegExp | undefined]>([
		['//ws:CPUShare > 100', /CPUShare is never more than 100/],
		['//ws:CPUShare = 2.5', /CPUShare is never 2.5/],
		['not (//ws:CPUShare <= 100)', /CPUShare is never more than 100/],
		['min(//ws:Placement/@machinesPerHostMax) < 1', undefined],
		['//ws:Placement/@machinesPerHostMax < 1', /machinesPerHostMax is never less than 1/],
		['max(//ws:CPUShare) < 1', /CPUShare is never less than 1/],
		["//ws:Image/@digest = 'sha512:0'", /digest is never sha512:0/],
		['//ws:CPUShare >= 100', undefined],
		['//ws:CPUShare = 50.0', undefined],
		['count(//ws:CPUShare) > 100', undefined],
		['//jsdl:IndividualCPUCount > 100', undefined],
	])('%s', (condition, why) => {
		const found = lintTemplate(template(free(condition), OWN)).filter(
			({ code }) => code === 'CONSTRAINT_UNSATISFIABLE',
		);
		expect(found.map(({ message }) => message)).toEqual(why === undefined ? [] : [expect.stringMatching(why)]);
	});
});

describe('what the schema says of a value', () => {
	test.each<[location: string, content: string, why: RegExp | undefined]>([
		['//jsdl:CreationFlag', facet('enumeration', 'foo'), /one of overwrite, append, dontOverwrite/],
		['//jsdl:CreationFlag', facet('enumeration', 'append'), undefined],
		['//jsdl:CPUArchitectureName', facet('pattern', 'vax.*'), /one of sparc, powerpc/],
		['//jsdl:CPUArchitectureName', of('xs:string', facet('pattern', 'vax.*')), /one of sparc, powerpc/],
		['//jsdl:CPUArchitectureName', facet('pattern', 'x86.*'), undefined],
		['//jsdl:CPUArchitectureName', facet('maxLength', 2), /one of sparc, powerpc/],
		['//ws:Window/ws:Duration', facet('pattern', 'soon'), /Duration may be by its schema \(any duration\)/],
		[
			'//ws:CPUShare',
			facet('minInclusive', 0.2) + facet('maxInclusive', 0.8),
			/CPUShare may be by its schema \(integer from 1 to 100\)/,
		],
		['//ws:CPUShare', facet('minInclusive', 101), /CPUShare may be by its schema \(integer from 1 to 100\)/],
		['//ws:CPUShare', facet('maxExclusive', 1), /integer from 1 to 100/],
		['//ws:CPUShare', facet('minInclusive', 100), undefined],
		['//ws:CPUShare', facet('enumeration', 200), /integer from 1 to 100/],
		['//ws:CPUShare', facet('enumeration', 12.5) + facet('enumeration', 7.5), /integer from 1 to 100/],
		['//ws:CPUShare', facet('enumeration', '50.0'), undefined],
		['//ws:Placement/@machinesPerHostMax', facet('maxInclusive', 0), /positiveInteger/],
		['//wsag:Count', facet('maxExclusive', 1), /Count may be by its schema \(positiveInteger\)/],
		['//ws:Image/@digest', facet('pattern', 'sha512:.*'), /digest may be by its schema \(matching sha256/],
		['//ws:Image/@digest', facet('pattern', 'sha256:0.*'), undefined],
		['//jsdl:Exact/@epsilon', facet('pattern', '[a-e]+'), /epsilon may be by its schema \(any double\)/],
		['//jsdl:Resources', facet('enumeration', 'a'), /Resources holds elements and has no value of its own/],
		['//jsdl:Resources', facet('enumeration', ''), undefined],
		['//jsdl:OperatingSystemType', facet('enumeration', ''), /holds elements/],
		['//jsdl:DiskSpace', facet('minInclusive', 1), undefined],
	])('%s %s', (location, content, why) => {
		const all = lintTemplate(template(item(location, content, multiplicity('0_TO_N')), OWN));
		const [found] = all.filter(({ code }) => code !== 'TEMPLATE_CONTRADICTS_ITSELF');
		if (why === undefined) expect(found).toBeUndefined();
		else expect(found).toMatchObject({ code: 'CONSTRAINT_UNSATISFIABLE', message: expect.stringMatching(why) });
	});
});

describe('a free constraint', () => {
	test('with a Location that can match nothing is told of', () => {
		const items = free('not exists(//jsdl:IndividualCPUCont) or //jsdl:IndividualCPUCont < 4');
		expect(lintTemplate(template(items, OWN))).toMatchObject([
			{ code: 'LOCATION_USELESS', severity: 'warning', found: '//jsdl:IndividualCPUCont' },
		]);
	});

	test('with an alternative that nobody can take is told of', () => {
		const items = free(`1 = 2 or (${CPUS} > 3 and ${CPUS} < 3) or ${CPUS} > 1`);
		expect(lintTemplate(template(items, OWN))).toMatchObject([
			{ code: 'BRANCH_DEAD', severity: 'warning', found: '1 = 2' },
			{ code: 'BRANCH_DEAD', severity: 'warning', found: expect.stringContaining('> 3 and') },
		]);
	});
});

describe('own terms', () => {
	test('that contradict each other make the template contradict itself', () => {
		const parts = { ...OWN, terms: jobTerm('more', exact('IndividualCPUCount', 3)) };
		expect(lintTemplate(template('', parts))).toMatchObject([
			{
				code: 'TEMPLATE_CONTRADICTS_ITSELF',
				severity: 'error',
				path: expect.stringMatching(/^\/wsag:Template\/.*Count$/),
			},
		]);
	});

	test('may leave out what an offer must have', () => {
		expect(findings('', { ...OWN, window: '<x:later></x:later>', workspace: '<x:yours></x:yours>' })).toEqual([]);
	});
});

describe('branches', () => {
	const choice = `<wsag:ExactlyOne>${jobTerm('small', exact('TotalResourceCount', 1))}${jobTerm('big', exact('TotalResourceCount', 9))}</wsag:ExactlyOne>`;

	test('that the template never admits are dead', () => {
		const items = item('//jsdl:TotalResourceCount/jsdl:Exact', facet('maxInclusive', 4));
		expect(lintTemplate(template(items, { terms: choice }))).toMatchObject([
			{
				code: 'BRANCH_DEAD',
				severity: 'warning',
				found: 'big',
				path: '/wsag:Template/wsag:Terms/wsag:All/wsag:ExactlyOne',
			},
		]);
		expect(findings(item('//jsdl:TotalResourceCount/jsdl:Exact', ''), { terms: choice })).toEqual([]);
	});

	test('of which none is admitted make the template contradict itself', () => {
		const items = item('//jsdl:TotalResourceCount/jsdl:Exact', facet('minInclusive', 10));
		expect(findings(items, { terms: choice })).toEqual(['error TEMPLATE_CONTRADICTS_ITSELF']);
	});

	test('more than are tried are said', () => {
		const many = Array.from({ length: 8 }, (_, index) => jobTerm(`t${index}`, '')).join('');
		expect(findings('', { terms: `<wsag:OneOrMore>${many}</wsag:OneOrMore>` })).toEqual(['warning CHOICES_TOO_MANY']);
	});

	test('of a model group that no element can fulfil are dead', () => {
		const element = (name: string, type: string) => `<xs:element name="${name}">${type}</xs:element>`;
		const never = `<xs:simpleType><xs:restriction base="xs:integer">${facet('minInclusive', 2)}${facet('maxInclusive', 1)}</xs:restriction></xs:simpleType>`;
		const group = `<xs:choice>${element('Exact', '')}${element('Range', never)}</xs:choice>`;
		expect(findings(item('//jsdl:IndividualCPUCount', group))).toEqual(['warning BRANCH_DEAD']);
	});

	test('of a model group with elements that never stand there are dead', () => {
		const group = (name: string) =>
			`<xs:choice><xs:element name="IndividualCPUCount"></xs:element><xs:element name="${name}"></xs:element></xs:choice>`;
		expect(findings(item('//jsdl:Resources', group('TotalCPUCount')))).toEqual([]);
		expect(findings(item('//jsdl:Resources', group('TotalCPUCont')))).toEqual(['warning BRANCH_DEAD']);
		expect(findings(item('//jsdl:Resources', group('HostName')))).toEqual(['warning BRANCH_DEAD']);
		const must = '<xs:sequence><xs:element name="HostName"></xs:element></xs:sequence>';
		expect(findings(item('//jsdl:Resources', must))).toContain('error CONSTRAINT_UNSATISFIABLE');
	});
});

test.each([
	['in braces', `$\{cpus}`],
	['of Velocity', '$!cpus.max'],
	['of Velocity in braces', `$!{cpus}`],
	['of WSAG4J', 'XXX_CPUS'],
])('a placeholder %s is found wherever it stands', (_name, found) => {
	const text = `at ${found} once`;
	const parts = {
		terms: `<wsag:ServiceReference wsag:Name="${text}" wsag:ServiceName="workspace"><x:y>${text}</x:y></wsag:ServiceReference>`,
	};
	const all = lintTemplate(template('', { ...OWN, ...parts })).filter(({ code }) => code !== 'OWN_TERMS_REFUSED');
	expect(all).toMatchObject([
		{ code: 'PLACEHOLDER', severity: 'warning', found, path: expect.stringMatching(/@wsag:Name$/) },
		{ code: 'PLACEHOLDER', severity: 'warning', found, path: expect.stringMatching(/x:y$/) },
	]);
});

test('neither $this of a Location nor the signs of a pattern are placeholders', () => {
	const items = item(`$this${CPUS}`, facet('pattern', '[$]a|2'));
	expect(findings(items)).toEqual([]);
});

test('errors are fatal, warnings are not', () => {
	const [warning] = lintTemplate(template(item('//jsdl:TotalResourceCount', ''), OWN));
	expect(warning).toMatchObject({ code: 'LOCATION_SELECTS_NOTHING', severity: 'warning' });
	expect([isFatal(warning!), isFatal({ ...warning!, severity: 'error' })]).toEqual([false, true]);
});

describe('what is called impossible has no sample that fulfils it', () => {
	const LOCATION = '//x:v';
	const number = fc.constantFrom('-1', '0', '1', '2', '2.0', '1.5', '3', ' 2 ', 'a', 'b', 'true', '');
	const facets = fc.array(
		fc.oneof(
			fc
				.tuple(
					fc.constantFrom('minInclusive', 'maxInclusive', 'minExclusive', 'maxExclusive'),
					fc.integer({ min: -1, max: 3 }),
				)
				.map(([name, value]) => facet(name, value)),
			fc
				.array(number, { minLength: 1, maxLength: 2 })
				.map((values) => values.map((value) => facet('enumeration', value)).join('')),
			fc
				.tuple(fc.constantFrom('minLength', 'maxLength', 'length'), fc.integer({ min: 0, max: 3 }))
				.map(([name, value]) => facet(name, value)),
			fc.constantFrom('2\\.0', '[a-z]*', '[0-9]').map((value) => facet('pattern', value)),
		),
		{ maxLength: 3 },
	);
	const base = fc.constantFrom(
		undefined,
		'xs:integer',
		'xs:string',
		'xs:token',
		'xs:double',
		'xs:boolean',
		'xs:positiveInteger',
	);
	const items = fc.tuple(base, facets).map(([type, content]) => {
		const restriction =
			type === undefined
				? content.join('')
				: `<xs:simpleType><xs:restriction base="${type}">${content.join('')}</xs:restriction></xs:simpleType>`;
		return item(LOCATION, restriction);
	});
	const conditions = fc
		.array(fc.tuple(fc.constantFrom('=', '!=', '<', '<=', '>', '>='), fc.integer({ min: -1, max: 3 }), fc.boolean()), {
			minLength: 1,
			maxLength: 2,
		})
		.map((parts) =>
			free(
				parts
					.map(([operator, value, turned]) =>
						turned ? `${value} ${operator} ${LOCATION}` : `${LOCATION} ${operator} ${value}`,
					)
					.join(' and '),
			),
		);
	const others = fc.constantFrom(
		free(`not exists(${LOCATION})`),
		free(`exists(${LOCATION})`),
		item(LOCATION, '', '<ws:Occurs min="2"></ws:Occurs>'),
	);
	const constraints = fc.array(
		fc.oneof({ arbitrary: items, weight: 4 }, { arbitrary: conditions, weight: 3 }, { arbitrary: others, weight: 1 }),
		{ minLength: 1, maxLength: 3 },
	);

	const value = (content: string) => `<x:v>${content}</x:v>`;
	const range = (lower: number, upper: number) =>
		value(
			`<jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range>`,
		);
	const singles = [
		'-2',
		'-1',
		'-0.5',
		'0',
		'0.5',
		'1',
		'1.5',
		'2',
		'2.0',
		'2.5',
		'3',
		'4',
		' 2 ',
		' a ',
		'a',
		'b',
		'ab',
		'abc',
		'',
		'true',
		'INF',
		'1e0',
	];
	const contents = [
		...singles.map(value),
		...[-1, 0, 1, 1.5, 2, 3].map((at) => value(`<jsdl:Exact>${at}</jsdl:Exact>`)),
		range(0, 1),
		range(1, 2),
		range(2, 3),
		range(-1, 3),
		'',
		value('1') + value('2'),
		value('2') + value('2'),
		value('a') + value('a'),
	];
	const samples = contents.map((content) =>
		offer({
			terms: `<wsag:ServiceReference wsag:Name="r" wsag:ServiceName="workspace"><x:holder>${content}</x:holder></wsag:ServiceReference>`,
		}),
	);

	test('among texts, numbers, ranges and none', () => {
		let impossible = 0;
		fc.assert(
			fc.property(constraints, (parts) => {
				const all = parts.join('');
				let compiled: ReturnType<typeof template>;
				try {
					compiled = template(all);
				} catch {
					return; // A facet that does not go with its type is refused when the template is read.
				}
				const codes = lintTemplate(compiled).map(({ code }) => code);
				if (!codes.includes('CONSTRAINT_UNSATISFIABLE') && !codes.includes('CONSTRAINTS_CONTRADICT')) return;
				impossible += 1;
				const fulfilling = contents.filter(
					(_, index) => checkConstraints(samples[index]!, compiled, verdictBudget()).length === 0,
				);
				expect(fulfilling).toEqual([]);
			}),
			{ numRuns: 600 },
		);
		expect(impossible).toBeGreaterThan(30);
	});
});
