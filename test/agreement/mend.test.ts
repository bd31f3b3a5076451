/** Every repair of lenient reading: what was written, what is read instead, and what is said of it. */
import { describe, expect, test } from 'vitest';
import { contentModel } from '../../src/agreement/lenient/content-models.ts';
import { mend } from '../../src/agreement/lenient/mend.ts';
import { REPAIRS } from '../../src/agreement/lenient/repairs.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { treeOf } from './documents.ts';
import { GUARANTEE, job, offer } from './lenient-documents.ts';
import { readLeniently } from './lenient-readings.ts';

/** A repair as the table below has it: code, the end of the path, what was found and what is used. */
type Told = readonly [code: keyof typeof REPAIRS, at: string, found: string, used?: string];

interface Case {
	readonly name: string;
	readonly before: string;
	/** Part of the canonical text of the repaired document, without layout. */
	readonly after: string;
	readonly told: readonly Told[];
}

const resources = (content: string): string => job(`<j:Resources>${content}</j:Resources>`);
const staging = (content: string): string => job(`<j:DataStaging>${content}</j:DataStaging>`);
const posix = (content: string): string =>
	job(`<j:Application><p:POSIXApplication>${content}</p:POSIXApplication></j:Application>`);
const system = (name: string): string =>
	resources(
		`<j:OperatingSystem><j:OperatingSystemType><j:OperatingSystemName>${name}</j:OperatingSystemName></j:OperatingSystemType></j:OperatingSystem>`,
	);
/** An offer of a negotiation with more in its context, and behind that. */
const negotiated = (state: string, constraints: string, attributes = ''): string =>
	offer('')
		.replace(
			'<w:AgreementOffer ',
			`<n:NegotiationOffer xmlns:n="http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation"${attributes} `,
		)
		.replace(
			'</w:AgreementOffer>',
			`<n:NegotiationOfferContext><n:CounterOfferTo>1</n:CounterOfferTo>${state}</n:NegotiationOfferContext>${constraints}</n:NegotiationOffer>`,
		);
const FLAG = '<j:CreationFlag>overwrite</j:CreationFlag>';

const CASES: readonly Case[] = [
	{
		name: 'children in another order are sorted, and comments go with them',
		before: resources(
			'<!-- two --><j:TotalCPUCount><j:Exact>2</j:Exact></j:TotalCPUCount><j:CandidateHosts><j:HostName>a</j:HostName></j:CandidateHosts>',
		),
		after:
			'<j:CandidateHosts><j:HostName>a</j:HostName></j:CandidateHosts><!-- two --><j:TotalCPUCount><j:Exact>2</j:Exact></j:TotalCPUCount>',
		told: [['ELEMENT_ORDER', '/j:Resources', 'TotalCPUCount, CandidateHosts', 'CandidateHosts, TotalCPUCount']],
	},
	{
		name: 'what belongs to nobody stands behind all that belongs to JSDL',
		before: resources('<x:Disk></x:Disk><j:ExclusiveExecution>true</j:ExclusiveExecution>'),
		after: '<j:ExclusiveExecution>true</j:ExclusiveExecution><x:Disk></x:Disk>',
		told: [['ELEMENT_ORDER', '/j:Resources', 'Disk, ExclusiveExecution', 'ExclusiveExecution, Disk']],
	},
	{
		name: 'a DataStaging without CreationFlag overwrites',
		before: staging('<j:FileName>a</j:FileName><j:Source></j:Source>'),
		after: `<j:FileName>a</j:FileName>${FLAG}<j:Source></j:Source>`,
		told: [['ELEMENT_SUPPLIED', '/j:DataStaging', 'no CreationFlag', 'CreationFlag overwrite']],
	},
	{
		name: 'an empty CreationFlag is none',
		before: staging('<j:FileName>a</j:FileName><j:CreationFlag> </j:CreationFlag>'),
		after: `<j:FileName>a</j:FileName>${FLAG}`,
		told: [
			['ELEMENT_EMPTY', '/j:DataStaging/j:CreationFlag', 'j:CreationFlag', 'nothing'],
			['ELEMENT_SUPPLIED', '/j:DataStaging', 'no CreationFlag', 'CreationFlag overwrite'],
		],
	},
	{
		name: 'a vendor’s attribute without a namespace is kept in one of ours',
		before: resources('').replace('<j:Resources>', '<j:Resources queue="long">'),
		after: '<j:Resources kept:queue="long">',
		told: [['ATTRIBUTE_KEPT', '/j:Resources/@queue', 'long', 'queue in urn:computon:kept:1']],
	},
	{
		name: 'an attribute where none may be kept is left out',
		before: resources('<j:CandidateHosts><j:HostName rank="1">a</j:HostName></j:CandidateHosts>'),
		after: '<j:HostName>a</j:HostName>',
		told: [['ATTRIBUTE_DROPPED', '/j:HostName/@rank', '1', 'nothing']],
	},
	{
		name: 'an attribute with a prefix that it must not have loses it',
		before: posix('<p:Executable p:filesystemName="HOME">a</p:Executable>'),
		after: '<p:Executable filesystemName="HOME">a</p:Executable>',
		told: [['ATTRIBUTE_NAMESPACE', '/p:Executable/@p:filesystemName', 'p:filesystemName', 'filesystemName']],
	},
	{
		name: 'an attribute in other letters is found',
		before: resources(
			'<j:TotalCPUCount><j:LowerBoundedRange exclusivebound="TRUE">2</j:LowerBoundedRange></j:TotalCPUCount>',
		),
		after: '<j:LowerBoundedRange exclusiveBound="true">2</j:LowerBoundedRange>',
		told: [
			['ATTRIBUTE_NAME_CASE', '/@exclusivebound', 'exclusivebound', 'exclusiveBound'],
			['VALUE_CASE', '/@exclusivebound', 'TRUE', 'true'],
		],
	},
	{
		name: 'a name of a list in other letters, and with white space around it',
		before: system('\n Linux '),
		after: '<j:OperatingSystemName>LINUX</j:OperatingSystemName>',
		told: [
			['VALUE_TRIMMED', '/j:OperatingSystemName', '\n Linux ', 'LINUX'],
			['VALUE_CASE', '/j:OperatingSystemName', '\n Linux ', 'LINUX'],
		],
	},
	{
		name: 'a file system that is named like a variable',
		before: staging(`<j:FileName>a</j:FileName><j:FilesystemName>\${HOME}</j:FilesystemName>${FLAG}`),
		after: '<j:FilesystemName>HOME</j:FilesystemName>',
		told: [['FILESYSTEM_NAME', '/j:FilesystemName', '$'.concat('{HOME}'), 'HOME']],
	},
	{
		name: 'text between elements is left out',
		before: resources('cores: <j:TotalCPUCount><j:Exact>2</j:Exact></j:TotalCPUCount>'),
		after: '<j:Resources><j:TotalCPUCount>',
		told: [['TEXT_STRAY', '/j:Resources', 'cores:', 'nothing']],
	},
	{
		name: 'an empty Exact demands nothing',
		before: resources('<j:TotalCPUCount><j:Exact> </j:Exact></j:TotalCPUCount>'),
		after: '<j:TotalCPUCount></j:TotalCPUCount>',
		told: [['ELEMENT_EMPTY', '/j:TotalCPUCount/j:Exact', 'j:Exact', 'nothing']],
	},
	{
		name: 'how a number is meant that is not there',
		before: resources('<j:TotalCPUCount><j:LowerBoundedRange exclusiveBound="false"/></j:TotalCPUCount>'),
		after: '<j:TotalCPUCount></j:TotalCPUCount>',
		told: [['ELEMENT_EMPTY', '/j:LowerBoundedRange', 'j:LowerBoundedRange', 'nothing']],
	},
	{
		name: 'an element in other letters',
		before: resources('<j:totalCpuCount><j:Exact>2</j:Exact></j:totalCpuCount>'),
		after: '<j:TotalCPUCount><j:Exact>2</j:Exact></j:TotalCPUCount>',
		told: [['ELEMENT_NAME_CASE', '/j:totalCpuCount', 'totalCpuCount', 'TotalCPUCount']],
	},
	{
		name: 'an element under the name of its type, in a document that has another fault',
		before: job('<j:Application>ls<p:POSIXApplication_Type></p:POSIXApplication_Type></j:Application>'),
		after: '<p:POSIXApplication></p:POSIXApplication>',
		told: [
			['ELEMENT_NAME_CASE', '/p:POSIXApplication_Type', 'POSIXApplication_Type', 'POSIXApplication'],
			['TEXT_STRAY', '/j:Application', 'ls', 'nothing'],
		],
	},
	{
		name: 'an element with two letters exchanged',
		before: resources('<j:TotalCPUCuont><j:Exact>2</j:Exact></j:TotalCPUCuont>'),
		after: '<j:TotalCPUCount><j:Exact>2</j:Exact></j:TotalCPUCount>',
		told: [['ELEMENT_MISSPELT', '/j:TotalCPUCuont', 'TotalCPUCuont', 'TotalCPUCount']],
	},
	{
		name: 'an element under the prefix of its neighbour',
		before: posix('<j:Executable>a</j:Executable>'),
		after: '<p:Executable>a</p:Executable>',
		told: [
			[
				'ELEMENT_NAMESPACE',
				'/j:Executable',
				'http://schemas.ggf.org/jsdl/2005/11/jsdl',
				'http://schemas.ggf.org/jsdl/2005/11/jsdl-posix',
			],
		],
	},
	{
		name: 'a document in no namespace at all',
		before: '<JobDefinition><JobDescription></JobDescription></JobDefinition>',
		after: '<jsdl:JobDescription></jsdl:JobDescription>',
		told: [
			['ELEMENT_NAMESPACE', '/JobDefinition', '', 'http://schemas.ggf.org/jsdl/2005/11/jsdl'],
			['ELEMENT_NAMESPACE', '/JobDescription', '', 'http://schemas.ggf.org/jsdl/2005/11/jsdl'],
		],
	},
	{
		name: 'an invention in JSDL’s own namespace is an extension',
		before: resources('<j:GPUCountPerNode>2</j:GPUCountPerNode>'),
		after: '<kept:GPUCountPerNode>2</kept:GPUCountPerNode>',
		told: [['ELEMENT_KEPT', '/j:GPUCountPerNode', 'j:GPUCountPerNode', 'GPUCountPerNode in urn:computon:kept:1']],
	},
	{
		name: 'a draft’s namespace',
		before: resources('').replace('2005/11/jsdl"', '2005/06/jsdl"'),
		after: 'xmlns:j="http://schemas.ggf.org/jsdl/2005/11/jsdl"',
		told: [
			[
				'NAMESPACE_ALIAS',
				'/j:JobDefinition',
				'http://schemas.ggf.org/jsdl/2005/06/jsdl',
				'http://schemas.ggf.org/jsdl/2005/11/jsdl',
			],
		],
	},
	{
		name: 'attributes of WS-Agreement without its prefix',
		before: offer(
			'<w:ServiceDescriptionTerm Name="a" ServiceName="b"><s:Window><s:Duration>PT1H</s:Duration></s:Window></w:ServiceDescriptionTerm>',
		),
		after: '<w:ServiceDescriptionTerm w:Name="a" w:ServiceName="b">',
		told: [
			['ATTRIBUTE_NAMESPACE', '/@Name', 'Name', 'w:Name'],
			['ATTRIBUTE_NAMESPACE', '/@ServiceName', 'ServiceName', 'w:ServiceName'],
		],
	},
	{
		name: 'a guarantee without BusinessValueList has an empty one',
		before: offer(GUARANTEE.replace('<w:BusinessValueList></w:BusinessValueList>', '')),
		after: '</w:ServiceLevelObjective><w:BusinessValueList></w:BusinessValueList>',
		told: [['ELEMENT_SUPPLIED', '/w:GuaranteeTerm', 'no BusinessValueList', 'an empty BusinessValueList']],
	},
	{
		name: 'the text of a ServiceScope names its service',
		before: offer(
			GUARANTEE.replace('<w:ServiceScope w:ServiceName="b"></w:ServiceScope>', '<w:ServiceScope>b</w:ServiceScope>'),
		),
		after: '<w:ServiceScope w:ServiceName="b"></w:ServiceScope>',
		told: [['SCOPE_TEXT', '/w:ServiceScope', 'b', 'ServiceName b']],
	},
	{
		name: 'an offer of a negotiation without constraints, its state in a word, its attributes without a prefix',
		before: negotiated(
			'<n:State>advisory</n:State><n:Creator>negotiationInitiator</n:Creator>',
			'',
			' OfferId="1" AgreementId="2"',
		),
		after:
			'<n:Creator>NegotiationInitiator</n:Creator><n:State><n:Advisory></n:Advisory></n:State></n:NegotiationOfferContext><n:NegotiationConstraints></n:NegotiationConstraints></n:NegotiationOffer>',
		told: [
			['ATTRIBUTE_NAMESPACE', '/@AgreementId', 'AgreementId', 'wsag:AgreementId'],
			['ATTRIBUTE_NAMESPACE', '/@OfferId', 'OfferId', 'n:OfferId'],
			['STATE_TEXT', '/n:State', 'advisory', 'an element Advisory'],
			['VALUE_CASE', '/n:Creator', 'negotiationInitiator', 'NegotiationInitiator'],
			[
				'ELEMENT_ORDER',
				'/n:NegotiationOfferContext',
				'CounterOfferTo, State, Creator',
				'CounterOfferTo, Creator, State',
			],
			['ELEMENT_SUPPLIED', '/n:NegotiationOffer', 'no NegotiationConstraints', 'an empty NegotiationConstraints'],
		],
	},
	{
		name: 'an item of a negotiation with the names of its neighbour',
		before: negotiated(
			'<n:Creator>NegotiationInitiator</n:Creator><n:State><n:Advisory></n:Advisory></n:State>',
			'<n:NegotiationConstraints><w:Item Name="a" n:type="required"><w:Location>/a</w:Location><w:ItemConstraint></w:ItemConstraint></w:Item></n:NegotiationConstraints>',
		),
		after: '<neg:Item w:Name="a" n:Type="Required"><w:Location>',
		told: [
			[
				'ELEMENT_NAMESPACE',
				'/w:Item',
				'http://schemas.ggf.org/graap/2007/03/ws-agreement',
				'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation',
			],
			['ATTRIBUTE_NAMESPACE', '/@Name', 'Name', 'w:Name'],
			['ATTRIBUTE_NAME_CASE', '/@n:type', 'n:type', 'n:Type'],
			['VALUE_CASE', '/@n:type', 'required', 'Required'],
		],
	},
	{
		name: 'a template of a negotiation under the name that copies of the schema have',
		before: offer('')
			.replaceAll('w:AgreementOffer', 'n:NegotiatiableTemplate')
			.replace(' xmlns:j', ' xmlns:n="http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation" xmlns:j'),
		after: '</w:Terms><wsag:CreationConstraints></wsag:CreationConstraints></n:NegotiableTemplate>',
		told: [
			['ELEMENT_MISSPELT', '/n:NegotiatiableTemplate', 'NegotiatiableTemplate', 'NegotiableTemplate'],
			['ELEMENT_SUPPLIED', '/n:NegotiatiableTemplate', 'no CreationConstraints', 'an empty CreationConstraints'],
		],
	},
	{
		name: 'a message with the plural of its extensions',
		before: offer('')
			.replace(/<w:AgreementOffer (.*)/, '<w:CreateAgreementInput $1')
			.replace(
				/>(<w:Context>.*)<\/w:AgreementOffer>/,
				'><w:AgreementOffer>$1</w:AgreementOffer><w:NoncriticalExtensions><x:a></x:a></w:NoncriticalExtensions></w:CreateAgreementInput>',
			),
		after: '</w:AgreementOffer><w:NoncriticalExtension><x:a></x:a></w:NoncriticalExtension>',
		told: [['ELEMENT_MISSPELT', '/w:NoncriticalExtensions', 'NoncriticalExtensions', 'NoncriticalExtension']],
	},
	{
		name: 'a time whose zone has no colon',
		before: offer('', '<w:ExpirationTime>2026-03-07T12:00:00+0100</w:ExpirationTime>'),
		after: '<w:ExpirationTime>2026-03-07T12:00:00+01:00</w:ExpirationTime>',
		told: [['TIME_FORM', '/w:ExpirationTime', '2026-03-07T12:00:00+0100', '2026-03-07T12:00:00+01:00']],
	},
	{
		name: 'a time whose zone is named',
		before: offer('', '<w:ExpirationTime>2026-03-07T12:00:00CET</w:ExpirationTime>'),
		after: '<w:ExpirationTime>2026-03-07T12:00:00+01:00</w:ExpirationTime>',
		told: [['ZONE_NAMED', '/w:ExpirationTime', '2026-03-07T12:00:00CET', '2026-03-07T12:00:00+01:00']],
	},
];

describe('lenient reading repairs', () => {
	test.each(CASES)('$name', ({ before, after, told }) => {
		const reading = readLeniently(before);
		expect(reading.issues?.map(({ code, found, used }) => [code, found, used])).toEqual(
			told.map(([code, , found, used]) => [code, found, used]),
		);
		for (const [index, [code, at]] of told.entries()) {
			const { path, line, severity } = reading.issues![index]!;
			expect(path.endsWith(at), `${path} ends in ${at}`).toBe(true);
			expect(line).toBeGreaterThan(0);
			expect(severity).toBe(REPAIRS[code][0]);
		}
		expect(reading.ok && writeCanonical(reading.value)).toContain(after);
	});

	test('MountSource stands before MountPoint or behind it', () => {
		const disk = (parts: string) =>
			resources(`<j:FileSystem name="A"><j:DiskSpace></j:DiskSpace>${parts}</j:FileSystem>`);
		for (const parts of [
			'<j:MountSource>b</j:MountSource><j:MountPoint>a</j:MountPoint>',
			'<j:MountPoint>a</j:MountPoint><j:MountSource>b</j:MountSource>',
		]) {
			const reading = readLeniently(disk(parts));
			expect(reading.ok && writeCanonical(reading.value)).toContain(`${parts}<j:DiskSpace>`);
		}
	});
});

describe('lenient reading', () => {
	test('keeps of two attributes of the same name the one that has it as it stands', () => {
		const reading = readLeniently(
			offer(
				'<w:ServiceReference Name="a" w:Name="b" w:ServiceName="c"><s:WorkspaceReference>1</s:WorkspaceReference></w:ServiceReference>',
			),
		);
		expect(reading.issues?.map(({ code, found }) => [code, found])).toContainEqual(['ATTRIBUTE_DROPPED', 'a']);
		expect(reading.ok && writeCanonical(reading.value)).toContain('<w:ServiceReference w:Name="b" w:ServiceName="c">');
	});

	test('knows infinity in other letters', () => {
		const reading = readLeniently(
			resources('<j:TotalCPUCount><j:UpperBoundedRange>Inf</j:UpperBoundedRange></j:TotalCPUCount>'),
		);
		expect(reading.ok && writeCanonical(reading.value)).toContain('>INF<');
	});

	test('looks for what is meant by five hundred names, and no more', () => {
		const misspelt = '<j:JobProjekt>1</j:JobProjekt>';
		const { root } = mend(
			treeOf(
				`<j:JobIdentification xmlns:j="http://schemas.ggf.org/jsdl/2005/11/jsdl">${misspelt.repeat(600)}</j:JobIdentification>`,
			),
		);
		const names = root.children.map((child) => child.kind === 'element' && child.localName);
		expect(names.filter((name) => name === 'JobProject').length).toBe(500);
		expect(names.filter((name) => name === 'JobProjekt').length).toBe(100);
	});
});

describe('lenient reading leaves as a fault, with its reason', () => {
	const FAULTS: readonly [name: string, text: string, code: string, at: string][] = [
		[
			'a placeholder',
			resources('<j:TotalCPUCount><j:Exact>$CPUS</j:Exact></j:TotalCPUCount>'),
			'PLACEHOLDER_UNRESOLVED',
			'/j:Exact',
		],
		[
			'a placeholder as a bare value',
			resources('<j:TotalCPUCount>XXX_CPUS</j:TotalCPUCount>'),
			'PLACEHOLDER_UNRESOLVED',
			'/j:TotalCPUCount',
		],
		['a word of no list', system('Plan9'), 'XSD_INVALID', '/j:OperatingSystemName'],
		[
			'a unit behind a number',
			resources('<j:TotalCPUCount><j:Exact>2 cores</j:Exact></j:TotalCPUCount>'),
			'XSD_INVALID',
			'/j:Exact',
		],
		[
			'an element that stands twice',
			job('<j:Resources></j:Resources><j:Resources></j:Resources>'),
			'XSD_INVALID',
			'/j:Resources[2]',
		],
		[
			'a range of which one bound is missing',
			resources('<j:TotalCPUCount><j:Range><j:LowerBound>2</j:LowerBound></j:Range></j:TotalCPUCount>'),
			'XSD_INVALID',
			'/j:Range',
		],
		[
			'a zone that means two things',
			offer('', '<w:ExpirationTime>2026-03-07T12:00:00IST</w:ExpirationTime>'),
			'XSD_INVALID',
			'/w:ExpirationTime',
		],
		[
			'a term without its name',
			offer(
				'<w:ServiceReference ServiceName="b"><s:Window><s:Duration>PT1H</s:Duration></s:Window></w:ServiceReference>',
			),
			'XSD_INVALID',
			'/w:ServiceReference',
		],
		[
			'an amount with a unit in the place of a range',
			resources('<j:IndividualPhysicalMemory>4 GB</j:IndividualPhysicalMemory>'),
			'TEXT_MEANT',
			'/j:IndividualPhysicalMemory',
		],
		[
			'an element without text whose attribute says how much',
			resources('<j:TotalCPUCount><j:Exact value="4"/></j:TotalCPUCount>'),
			'XSD_INVALID',
			'/j:Exact',
		],
		[
			'a count of SPMD that is the site’s to choose, and not said to be nil',
			job(
				'<j:Application><s:SPMDApplication xmlns:s="http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd"><s:NumberOfProcesses actualtotalcpucount="true"/><s:SPMDVariation>urn:x</s:SPMDVariation></s:SPMDApplication></j:Application>',
			),
			'XSD_INVALID',
			'/s:NumberOfProcesses',
		],
		[
			'a number in the place of a range',
			resources('<j:TotalCPUCount> 4 </j:TotalCPUCount>'),
			'RANGE_BARE_NUMBER',
			'/j:TotalCPUCount',
		],
		[
			'a word in the place of elements that may all be missing',
			resources('<j:OperatingSystem>LINUX</j:OperatingSystem>'),
			'TEXT_MEANT',
			'/j:OperatingSystem',
		],
		[
			'a word in the place of elements, one of which may not be missing',
			resources('<j:CPUArchitecture>x86_64</j:CPUArchitecture>'),
			'TEXT_MEANT',
			'/j:CPUArchitecture',
		],
		['a root of no vocabulary', '<x:Job xmlns:x="urn:x"></x:Job>', 'ROOT_UNKNOWN', '/x:Job'],
		[
			'a namesake',
			'<jobDefinition xmlns="http://www.ibm.com/xmlns/prod/scheduling/1.0/jsdl"/>',
			'ROOT_UNKNOWN',
			'/jobDefinition',
		],
	];
	test.each(FAULTS)('%s', (_name, text, code, at) => {
		const reading = readLeniently(text);
		expect(reading.ok).toBe(false);
		const [first] = reading.issues!;
		expect(first?.code).toBe(code);
		expect(first?.path.endsWith(at), `${first?.path} ends in ${at}`).toBe(true);
	});

	test.each(['$math.add(1,2)', '$math.add($math.mul(2, 3), 1)', '$a.b[0].c', '${' + 'a.b()}', '$!a', '$!{' + 'a.b}'])(
		'the placeholder of a template engine %s',
		(text) => {
			const { issues } = readLeniently(resources(`<j:TotalCPUCount><j:Exact>${text}</j:Exact></j:TotalCPUCount>`));
			expect(issues).toMatchObject([{ code: 'PLACEHOLDER_UNRESOLVED', found: text }]);
		},
	);

	test('a placeholder once, not again in the words of the schema', () => {
		const { issues } = readLeniently(resources('<j:TotalCPUCount><j:Exact>$CPUS</j:Exact></j:TotalCPUCount>'));
		expect(issues?.map(({ code }) => code)).toEqual(['PLACEHOLDER_UNRESOLVED']);
	});

	test('a bare number, and says what to write instead', () => {
		const { issues } = readLeniently(resources('<j:TotalCPUCount> 4 </j:TotalCPUCount>'));
		expect(issues).toEqual([
			expect.objectContaining({
				code: 'RANGE_BARE_NUMBER',
				found: '4',
				allowed:
					'<j:Exact>4</j:Exact> or <j:LowerBoundedRange>4</j:LowerBoundedRange> or <j:UpperBoundedRange>4</j:UpperBoundedRange>',
			}),
		]);
	});

	test('and tells the place in the source, whatever was repaired around it', () => {
		const text = job(
			'\n<j:DataStaging><j:FileName>a</j:FileName></j:DataStaging>\n<j:Resources>\n<j:TotalCPUCount>\n<j:Exact>many</j:Exact></j:TotalCPUCount></j:Resources>',
		);
		expect(readLeniently(text).issues).toContainEqual(
			expect.objectContaining({
				code: 'XSD_INVALID',
				severity: 'error',
				path: '/j:JobDefinition/j:JobDescription/j:Resources/j:TotalCPUCount/j:Exact',
				line: 5,
			}),
		);
	});
});

test.each([
	['kept in a namespace', ' vendor="1"', 'kept:vendor', 'vendor'],
	['in other letters', ' NAME="a"', 'name', 'NAME'],
	['that is right', ' name="a"', 'name', 'name'],
])('the path of an attribute %s leads to where it stood', (_name, attributes, mended, written) => {
	const text = job(`<j:DataStaging${attributes}><j:FileName>a</j:FileName>${FLAG}</j:DataStaging>`);
	const { pathBefore } = mend(treeOf(text));
	const path = '/j:JobDefinition/j:JobDescription/j:DataStaging';
	expect(pathBefore(`${path}/@${mended}`)).toBe(`${path}/@${written}`);
});

test('IBM’s namesake is named in strict reading too', () => {
	const { issues } = readLeniently('<jobDefinition xmlns="http://www.ibm.com/xmlns/prod/scheduling/1.0/jsdl"/>');
	expect(issues?.[0]?.message).toContain('IBM Workload Scheduler');
});

test('every word of a list is one in other letters too, and no two are the same', () => {
	for (const name of ['OperatingSystemName', 'CPUArchitectureName', 'CreationFlag', 'FileSystemType']) {
		const type = contentModel('http://schemas.ggf.org/jsdl/2005/11/jsdl', name)?.type;
		const words = typeof type === 'object' ? type.words : [];
		expect(new Set(words.map((word) => word.toLowerCase())).size).toBe(words.length);
		expect(words.length).toBeGreaterThan(2);
	}
});
