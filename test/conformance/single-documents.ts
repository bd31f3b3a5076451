/** Documents written for one question each, by topic. */
import { DOCUMENT_BYTES_MAX, ELEMENTS_MAX } from '../../src/xml/gate.ts';

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
const JSDL = 'http://schemas.ggf.org/jsdl/2005/11/jsdl';
const WSA = 'http://www.w3.org/2005/08/addressing';
const XS = 'http://www.w3.org/2001/XMLSchema';
const HPCPA = 'http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa';
const SPMD = 'http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd';
const SWEEP = 'http://schemas.ogf.org/jsdl/2009/03/sweep';

const NAMESPACES = `xmlns:wsag="${WSAG}" xmlns:neg="${NEG}" xmlns:jsdl="${JSDL}" xmlns:wsa="${WSA}" xmlns:xs="${XS}" xmlns:xsi="${XS}-instance" xmlns:hpcpa="${HPCPA}" xmlns:spmd="${SPMD}" xmlns:sweep="${SWEEP}" xmlns:sweepfunc="${SWEEP}/functions"`;

/** Puts the declarations into the root's start tag. */
function declared(text: string): string {
	return text.replace(/^(?:<[?!][^>]*>)?<[^\s/>]+/, `$& ${NAMESPACES}`);
}

function all(documents: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(Object.entries(documents).map(([name, text]) => [name, declared(text)]));
}

const EPR = '<wsa:Address>http://example.org/a</wsa:Address>';
const CONTEXT = '<wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider></wsag:Context>';
const OFFER = `<wsag:AgreementOffer>${CONTEXT}<wsag:Terms/></wsag:AgreementOffer>`;

function fileSystem(content: string): string {
	return `<jsdl:FileSystem name="a">${content}</jsdl:FileSystem>`;
}

function inTerm(content: string): string {
	return `<wsag:Terms><wsag:All><wsag:ServiceDescriptionTerm wsag:Name="a" wsag:ServiceName="b">${content}</wsag:ServiceDescriptionTerm></wsag:All></wsag:Terms>`;
}

/** Schemas, each with another question about what stands in it, at one place. */
function wholeSchemas(where: string, place: (schema: string) => string): Record<string, string> {
	const contents: Readonly<Record<string, string>> = {
		'of nothing': '<xs:schema/>',
		'of a namespace': '<xs:schema targetNamespace="urn:a" version="1" xml:lang="en" elementFormDefault="qualified"/>',
		'with its defaults':
			'<xs:schema finalDefault="list union" blockDefault="#all" attributeFormDefault="unqualified" id="a"/>',
		'with a wrong default': '<xs:schema finalDefault="substitution"/>',
		'with another wrong default': '<xs:schema blockDefault="list"/>',
		'of no such form': '<xs:schema elementFormDefault="mixed"/>',
		'with an attribute of its own': '<xs:schema name="a"/>',
		'with a foreign attribute': '<xs:schema wsag:Name="a"/>',
		'that takes from others':
			'<xs:schema><xs:include schemaLocation="a.xsd"/><xs:annotation/><xs:import namespace="urn:b"/><xs:import/><xs:redefine schemaLocation="b.xsd"><xs:simpleType name="a"><xs:restriction base="a"/></xs:simpleType><xs:annotation/></xs:redefine></xs:schema>',
		'that includes nothing': '<xs:schema><xs:include/></xs:schema>',
		'that redefines an element':
			'<xs:schema><xs:redefine schemaLocation="b.xsd"><xs:element name="a"/></xs:redefine></xs:schema>',
		'that takes too late': '<xs:schema><xs:element name="a"/><xs:import namespace="urn:b"/></xs:schema>',
		'that declares':
			'<xs:schema><xs:simpleType name="a"><xs:list itemType="xs:int"/></xs:simpleType><xs:complexType name="b"/><xs:group name="c"><xs:sequence/></xs:group><xs:attributeGroup name="d"/><xs:element name="e"/><xs:annotation/><xs:annotation/><xs:attribute name="f"/><xs:notation name="g" public="h" system="i"/></xs:schema>',
		'that begins with annotations': '<xs:schema><xs:annotation/><xs:annotation/><xs:element name="e"/></xs:schema>',
		'with two elements of one name': '<xs:schema><xs:element name="a"/><xs:element name="a"/></xs:schema>',
		'with an element and a type of one name': '<xs:schema><xs:element name="a"/><xs:complexType name="a"/></xs:schema>',
		'with two types of one name':
			'<xs:schema><xs:simpleType name="a"><xs:list itemType="xs:int"/></xs:simpleType><xs:complexType name="a"/></xs:schema>',
		'with two keys of one name':
			'<xs:schema><xs:element name="a"><xs:unique name="u"><xs:selector xpath="a"/><xs:field xpath="b"/></xs:unique></xs:element><xs:element name="b"><xs:key name="u"><xs:selector xpath="a"/><xs:field xpath="b"/></xs:key></xs:element></xs:schema>',
		'with a notation of nothing': '<xs:schema><xs:notation/></xs:schema>',
		'with text': '<xs:schema>a</xs:schema>',
		'within a schema': '<xs:schema><xs:schema/></xs:schema>',
		'with a particle': '<xs:schema><xs:sequence/></xs:schema>',
	};
	return Object.fromEntries(Object.entries(contents).map(([what, schema]) => [`${where}, ${what}`, place(schema)]));
}

function identity(selector: string, field: string): string {
	return `<xs:unique name="u"><xs:selector xpath="${selector}"/><xs:field xpath="${field}"/></xs:unique>`;
}

/** Every global element of the vocabularies, alone and as empty as can be: what may be the root of a document. */
function roots(): Record<string, string> {
	const names: Record<string, string> = {
		wsag: 'Template AgreementOffer Name AgreementId Context Terms NoncriticalExtensions All QualifyingCondition ServiceLevelObjective Location Constraint ContinuingFault AgreementState GuaranteeTermState ServiceTermState AgreementProperties AgreementStateProperties Agreement Item ExactlyOne ServiceDescriptionTerm CreateAgreementInput CreateAgreementResponse CreatePendingAgreementInput CreatePendingAgreementResponse AcceptAgreementInput AcceptAgreementResponse RejectAgreementInput RejectAgreementResponse TerminateInput TerminateResponse AgreementFactoryProperties NoncriticalExtension CreatedAgreementEPR',
		jsdl: 'JobDefinition JobDescription JobIdentification JobName Description JobAnnotation JobProject Application ApplicationName ApplicationVersion Resources CandidateHosts HostName OperatingSystem OperatingSystemType OperatingSystemVersion OperatingSystemName ExclusiveExecution CPUArchitecture CPUArchitectureName FileSystem FileSystemType MountPoint DiskSpace IndividualCPUTime IndividualCPUSpeed IndividualCPUCount IndividualPhysicalMemory IndividualVirtualMemory IndividualNetworkBandwidth IndividualDiskSpace TotalCPUTime TotalCPUCount TotalPhysicalMemory TotalVirtualMemory TotalDiskSpace TotalResourceCount DataStaging FileName FilesystemName CreationFlag DeleteOnTermination Source Target URI Exact Range',
		neg: 'NegotiationContext NegotiableTemplate NegotiatiableTemplate NegotiationOffer NegotiationCounterOffer NegotiationOfferContext NegotiationConstraints NegotiationExtension RenegotiationExtension InitiateNegotiationInput InitiateNegotiationOutput NegotiationProperties NegotiateInput NegotiateOutput TerminateInput TerminateResponse AdvertiseInput AdvertiseOutput NegotiationType State Item NegotiationFault',
		wsa: 'EndpointReference Metadata Address ReferenceParameters To Action MessageID RelatesTo From ReplyTo FaultTo RetryAfter ProblemHeader ProblemHeaderQName ProblemIRI ProblemAction SoapAction',
		hpcpa:
			'HPCProfileApplication Executable Argument Input Output Error WorkingDirectory Environment UserName GroupName',
		spmd: 'SPMDApplication NumberOfProcesses ProcessesPerHost ThreadsPerProcess SPMDVariation',
		xs: 'schema include import redefine notation element complexType simpleType group attribute attributeGroup all choice sequence any anyAttribute annotation documentation appinfo restriction list union simpleContent complexContent unique key keyref selector field minInclusive maxLength pattern enumeration whiteSpace extension',
	};
	return Object.fromEntries(
		Object.entries(names).flatMap(([prefix, list]) =>
			list.split(' ').map((name) => [`${prefix}:${name}`, `<${prefix}:${name}/>`]),
		),
	);
}

/** Every word of every enumeration, in a document where nothing else is to be judged. */
function words(): Record<string, string> {
	const state = (of: string) => (word: string) => `<wsag:${of}><wsag:State>${word}</wsag:State></wsag:${of}>`;
	const leaf = (name: string) => (word: string) => `<jsdl:${name}>${word}</jsdl:${name}>`;
	const facet = (name: string) => (word: string) => `<xs:${name} value="${word}"/>`;
	const particle = (attributes: (word: string) => string) => (word: string) =>
		`<xs:sequence><xs:element name="a" ${attributes(word)}/></xs:sequence>`;
	const complex = (content: (word: string) => string) => (word: string) =>
		`<xs:complexType name="t">${content(word)}</xs:complexType>`;
	const lists: [(word: string) => string, string][] = [
		[leaf('CPUArchitectureName'), 'sparc powerpc x86 x86_32 x86_64 parisc mips ia64 arm other aarch64 amd64'],
		[leaf('FileSystemType'), 'swap temporary spool normal ext4'],
		[leaf('CreationFlag'), 'overwrite append dontOverwrite DontOverwrite'],
		[
			leaf('OperatingSystemName'),
			'Unknown MACOS ATTUNIX DGUX DECNT Tru64_UNIX OpenVMS HPUX AIX MVS OS400 OS_2 JavaVM MSDOS WIN3x WIN95 WIN98 WINNT WINCE NCR3000 NetWare OSF DC_OS Reliant_UNIX SCO_UnixWare SCO_OpenServer Sequent IRIX Solaris SunOS U6000 ASERIES TandemNSK TandemNT BS2000 LINUX Lynx XENIX VM Interactive_UNIX BSDUNIX FreeBSD NetBSD GNU_Hurd OS9 MACH_Kernel Inferno QNX EPOC IxWorks VxWorks MiNT BeOS HP_MPE NextStep PalmPilot Rhapsody Windows_2000 Dedicated OS_390 VSE TPF Windows_R_Me Caldera_Open_UNIX OpenBSD Not_Applicable Windows_XP z_OS other Linux Windows_11',
		],
		[
			state('AgreementState'),
			'Pending PendingAndTerminating Observed ObservedAndTerminating Rejected Complete Terminated Completed observed',
		],
		[state('ServiceTermState'), 'NotReady Ready Completed Complete Processing'],
		[state('GuaranteeTermState'), 'NotDetermined Fulfilled Violated Observed'],
		[
			(word) => `<wsag:Context><wsag:ServiceProvider>${word}</wsag:ServiceProvider></wsag:Context>`,
			'AgreementInitiator AgreementResponder ServiceProvider',
		],
		[
			(word) =>
				`<wsag:All><wsag:GuaranteeTerm wsag:Name="g" wsag:Obligated="${word}"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel/></wsag:ServiceLevelObjective><wsag:BusinessValueList/></wsag:GuaranteeTerm></wsag:All>`,
			'ServiceConsumer ServiceProvider AgreementResponder',
		],
		[
			(word) =>
				`<neg:NegotiationOfferContext><neg:CounterOfferTo/><neg:Creator>${word}</neg:Creator><neg:State><neg:Advisory/></neg:State></neg:NegotiationOfferContext>`,
			'NegotiationInitiator NegotiationResponder AgreementInitiator',
		],
		[
			(word) =>
				`<neg:NegotiationOfferContext><neg:CounterOfferTo/><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:${word}/></neg:State></neg:NegotiationOfferContext>`,
			'Advisory Solicited Acceptable Rejected Accepted Binding',
		],
		[
			(word) =>
				`<wsag:Constraint xsi:type="neg:NegotiationConstraintSectionType"><neg:Item neg:Type="${word}"><wsag:Location/><wsag:ItemConstraint/></neg:Item></wsag:Constraint>`,
			'Required Optional required Forbidden',
		],
		[(word) => `<wsa:RelatesTo RelationshipType="${word}"/>`, 'http://www.w3.org/2005/08/addressing/reply reply %%'],
		[facet('whiteSpace'), 'preserve replace collapse trim'],
		[particle((word) => `form="${word}"`), 'qualified unqualified none'],
		[particle((word) => `block="${word}"`), '#all extension restriction substitution list'],
		[particle((word) => `maxOccurs="${word}"`), '0 1 2 unbounded many -1'],
		[complex((word) => `<xs:attribute name="a" use="${word}"/>`), 'optional required prohibited needed'],
		[complex((word) => `<xs:anyAttribute processContents="${word}"/>`), 'strict lax skip loose'],
		[
			complex((word) => `<xs:anyAttribute namespace="${word}"/>`),
			'##any ##other ##local ##targetNamespace urn:a ##none',
		],
		[(word) => `<xs:complexType name="t" final="${word}"/>`, '#all extension restriction substitution list union'],
		[
			(word) => `<xs:simpleType name="t" final="${word}"><xs:restriction base="xs:int"/></xs:simpleType>`,
			'#all extension restriction list union substitution',
		],
		[(word) => `<xs:all minOccurs="${word}"/>`, '0 1 2'],
		[(word) => `<xs:all maxOccurs="${word}"/>`, '0 1 01 unbounded'],
		[(word) => `<xs:all><xs:element name="a" maxOccurs="${word}"/></xs:all>`, '0 1 2 unbounded'],
	];
	const documents = lists.flatMap(([write, list]) => list.split(' ').map(write));
	return Object.fromEntries(documents.map((document) => [document, document]));
}

function application(content: string, declarations = ''): string {
	return `<jsdl:Application ${declarations}>${content}</jsdl:Application>`;
}

function jobWith(sweeps: string): string {
	return `<jsdl:JobDefinition><jsdl:JobDescription/>${sweeps}</jsdl:JobDefinition>`;
}

const JOB = jobWith('');

function posix(limit: string, value: string): string {
	const program = `<posix:POSIXApplication xmlns:posix="${JSDL}-posix"><posix:${limit}>${value}</posix:${limit}></posix:POSIXApplication>`;
	return application(program);
}

function importance(value: string): string {
	return guarantee(`<wsag:Importance>${value}</wsag:Importance>`);
}

function interval(count: string): string {
	return guarantee(penaltyEach(`<wsag:Count>${count}</wsag:Count>`));
}

function guarantee(values: string): string {
	return `<wsag:All><wsag:GuaranteeTerm wsag:Name="g"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel/></wsag:ServiceLevelObjective><wsag:BusinessValueList>${values}</wsag:BusinessValueList></wsag:GuaranteeTerm></wsag:All>`;
}

function penaltyEach(assessed: string): string {
	return `<wsag:Penalty><wsag:AssessmentInterval>${assessed}</wsag:AssessmentInterval><wsag:ValueExpression/></wsag:Penalty>`;
}

const NODE = '<sweep:DocumentNode><sweep:Match>//a</sweep:Match></sweep:DocumentNode>';
const VALUES = '<sweepfunc:Values><sweepfunc:Value>1</sweepfunc:Value></sweepfunc:Values>';

function sweepOf(node: string, values: string): string {
	return `<sweep:Sweep><sweep:Assignment>${node}${values}</sweep:Assignment></sweep:Sweep>`;
}

export const SINGLE_DOCUMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	'an empty root': all(roots()),
	'a word of an enumeration': all(words()),
	'MountSource, which the errata add': all({
		'after MountPoint': fileSystem(
			'<jsdl:MountPoint>/a</jsdl:MountPoint><jsdl:MountSource>/b</jsdl:MountSource><jsdl:DiskSpace/>',
		),
		'before MountPoint': fileSystem('<jsdl:MountSource>/b</jsdl:MountSource><jsdl:MountPoint>/a</jsdl:MountPoint>'),
		alone: fileSystem('<jsdl:MountSource>/b</jsdl:MountSource>'),
		'as a root': '<jsdl:MountSource>/b</jsdl:MountSource>',
	}),
	'MountSource where it has no place': all({
		twice: fileSystem('<jsdl:MountSource/><jsdl:MountSource/>'),
		'on both sides of MountPoint': fileSystem('<jsdl:MountSource/><jsdl:MountPoint/><jsdl:MountSource/>'),
		'after DiskSpace': fileSystem('<jsdl:DiskSpace/><jsdl:MountSource/>'),
		'before Description': fileSystem('<jsdl:MountSource/><jsdl:Description/>'),
		'MountPoint twice': fileSystem('<jsdl:MountPoint/><jsdl:MountPoint/>'),
	}),
	'an application of a vocabulary that is in use under another namespace': all({
		'hpcpa of schemas.ogf.org': application(
			'<v:HPCProfileApplication><v:Stranger/></v:HPCProfileApplication>',
			'xmlns:v="http://schemas.ogf.org/jsdl/2006/07/jsdl-hpcpa"',
		),
		hpcp: application(
			'<v:HPCProfileApplication><v:Stranger/></v:HPCProfileApplication>',
			'xmlns:v="http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcp"',
		),
	}),
	'file staging and credentials, which are kept as they come': all({
		'a credential': `<jsdl:DataStaging xmlns:ac="http://schemas.ogf.org/hpcp/2007/11/ac"><jsdl:FileName>f</jsdl:FileName><jsdl:CreationFlag>overwrite</jsdl:CreationFlag><jsdl:Source><jsdl:URI>ftp://example.org/f</jsdl:URI></jsdl:Source><ac:Credential><ac:Stranger/></ac:Credential></jsdl:DataStaging>`,
		'at the end of a Source': `<jsdl:Source xmlns:fs="http://schemas.ogf.org/hpcp/2007/01/fs"><jsdl:URI>ftp://example.org/f</jsdl:URI><fs:Anything/></jsdl:Source>`,
		'before the URI': `<jsdl:Source xmlns:fs="http://schemas.ogf.org/hpcp/2007/01/fs"><fs:Anything/><jsdl:URI>ftp://example.org/f</jsdl:URI></jsdl:Source>`,
	}),
	'numbers of processes': all(
		Object.fromEntries(
			['1', '0', '-1', '1.0', ' 7 ', '+7', '18446744073709551616', '', 'four'].flatMap((number) =>
				['NumberOfProcesses', 'ProcessesPerHost', 'ThreadsPerProcess'].map((name) => [
					`${name} ${JSON.stringify(number)}`,
					`<spmd:${name}>${number}</spmd:${name}>`,
				]),
			),
		),
	),
	'processes that are nil': all({
		NumberOfProcesses: '<spmd:NumberOfProcesses xsi:nil="true" actualtotalcpucount="true"/>',
		ProcessesPerHost: '<spmd:ProcessesPerHost xsi:nil="true"/>',
		ThreadsPerProcess: '<spmd:ThreadsPerProcess xsi:nil="1" actualindividualcpucount="1"/>',
		'nil with a number': '<spmd:NumberOfProcesses xsi:nil="true">4</spmd:NumberOfProcesses>',
		'the attribute of the other': '<spmd:ThreadsPerProcess actualtotalcpucount="true">1</spmd:ThreadsPerProcess>',
		'the attribute in words': '<spmd:NumberOfProcesses actualtotalcpucount="yes">1</spmd:NumberOfProcesses>',
	}),
	'a parameter sweep': all({
		'one value': jobWith(sweepOf(NODE, VALUES)),
		'a loop with exceptions': jobWith(
			sweepOf(
				NODE,
				'<sweepfunc:LoopInteger start="1" end="9" step="2"><sweepfunc:Exception value="3"/><sweepfunc:Exception>5</sweepfunc:Exception></sweepfunc:LoopInteger>',
			),
		),
		'a loop of fractions': jobWith(sweepOf(NODE, '<sweepfunc:LoopDouble start="0" end="1e0" step=".1"/>')),
		'several places': jobWith(sweepOf(`${NODE}${NODE}`, VALUES)),
		'a sweep in a sweep': jobWith(
			`<sweep:Sweep><sweep:Assignment>${NODE}${VALUES}</sweep:Assignment>${sweepOf(NODE, VALUES)}</sweep:Sweep>`,
		),
	}),
	'a parameter sweep that is broken': all({
		'no assignment': jobWith('<sweep:Sweep/>'),
		'no parameter': jobWith(sweepOf('', VALUES)),
		'no function': jobWith(sweepOf(NODE, '')),
		'two functions': jobWith(sweepOf(NODE, VALUES + VALUES)),
		'an abstract parameter': jobWith(sweepOf('<sweep:Parameter/>', VALUES)),
		'no match': jobWith(sweepOf('<sweep:DocumentNode/>', VALUES)),
		'a binding without a prefix': jobWith(
			sweepOf(NODE.replace('<sweep:Match', '<sweep:NamespaceBinding ns="urn:a"/><sweep:Match'), VALUES),
		),
		'no value': jobWith(sweepOf(NODE, '<sweepfunc:Values/>')),
		'a loop without an end': jobWith(sweepOf(NODE, '<sweepfunc:LoopInteger start="1"/>')),
		'a loop over no numbers': jobWith(sweepOf(NODE, '<sweepfunc:LoopInteger start="a" end="b"/>')),
	}),
	'an element of the parameter sweep as a root': all({
		'sweep:Sweep': sweepOf(NODE, VALUES),
		'sweepfunc:Values': VALUES,
	}),
	'numbers as JSDL writes them': all(
		Object.fromEntries(
			[
				'1',
				'1.0',
				'.5',
				'5.',
				'+5',
				'-0',
				'1e9',
				'1E+9',
				'INF',
				'-INF',
				'+INF',
				'NaN',
				'1e400',
				'0x10',
				'1,000',
				'4GB',
				'1_000',
				'',
				' ',
				'1 2',
				'--1',
				'1e',
				'Infinity',
			].map((number) => [
				JSON.stringify(number),
				`<jsdl:TotalCPUCount><jsdl:Exact>${number}</jsdl:Exact></jsdl:TotalCPUCount>`,
			]),
		),
	),
	'times and durations': all({
		...Object.fromEntries(
			[
				'2027-02-30T00:00:00Z',
				'2027-03-01',
				'2027-03-01T24:00:00Z',
				'2027-03-01T00:00:00+15:00',
				'2027-03-01T00:00:00.123456789',
				'-0044-03-15T12:00:00Z',
				' 2027-03-01T00:00:00Z ',
			].map((time) => [
				JSON.stringify(time),
				`<bf:BaseFault xmlns:bf="http://docs.oasis-open.org/wsrf/bf-2"><bf:Timestamp>${time}</bf:Timestamp></bf:BaseFault>`,
			]),
		),
		...Object.fromEntries(
			['P1Y2M3DT4H5M6.7S', 'PT0S', '-P1D', 'P', 'PT', 'P1DT', 'P1.5D', '1 day', ' P1D ', '3600'].map((duration) => [
				JSON.stringify(duration),
				guarantee(penaltyEach(`<wsag:TimeInterval>${duration}</wsag:TimeInterval>`)),
			]),
		),
	}),
	'a message of a port type': all({
		CreateAgreementInput: `<wsag:CreateAgreementInput>${OFFER}</wsag:CreateAgreementInput>`,
		CreateAgreementResponse: `<wsag:CreateAgreementResponse><wsag:CreatedAgreementEPR>${EPR}</wsag:CreatedAgreementEPR></wsag:CreateAgreementResponse>`,
		CreatePendingAgreementInput: `<wsag:CreatePendingAgreementInput>${OFFER}</wsag:CreatePendingAgreementInput>`,
		AcceptAgreementInput: '<wsag:AcceptAgreementInput/>',
		RejectAgreementResponse: '<wsag:RejectAgreementResponse/>',
		TerminateInput: '<wsag:TerminateInput><wsag:Name/></wsag:TerminateInput>',
		AgreementFactoryProperties: '<wsag:AgreementFactoryProperties/>',
	}),
	'a document of WS-Agreement Negotiation': all({
		NegotiationContext:
			'<neg:NegotiationContext><neg:NegotiationType><neg:Negotiation/></neg:NegotiationType><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder></neg:NegotiationContext>',
		NegotiableTemplate: `<neg:NegotiableTemplate>${CONTEXT}<wsag:Terms/><wsag:CreationConstraints/></neg:NegotiableTemplate>`,
	}),
	'a known element at an extension point, broken, of a vocabulary that is not read': all({
		'of the negotiation': '<wsag:Constraint><neg:NegotiationContext/></wsag:Constraint>',
		'a message': '<wsag:Constraint><wsag:TerminateInput/></wsag:Constraint>',
		'a header of WS-Addressing': '<wsag:Constraint><wsa:ReplyTo/></wsag:Constraint>',
		'a schema': '<wsag:Constraint><xs:schema><xs:nonsense/></xs:schema></wsag:Constraint>',
		'an import': '<wsag:Constraint><xs:import x="1"/></wsag:Constraint>',
		'a notation': '<wsag:Constraint><xs:notation/></wsag:Constraint>',
	}),
	'a whole schema': all({
		...wholeSchemas('alone', (schema) => schema),
		...wholeSchemas('in a term', (schema) => OFFER.replace('<wsag:Terms/>', inTerm(schema))),
	}),
	'a section of character data': all({
		'blank, where only elements may stand': '<jsdl:Resources><![CDATA[ ]]></jsdl:Resources>',
		'empty, where only elements may stand': '<jsdl:Resources><![CDATA[]]></jsdl:Resources>',
		'blank, in a range': '<jsdl:TotalCPUCount> <![CDATA[ ]]> </jsdl:TotalCPUCount>',
		'of letters, where only elements may stand': '<jsdl:Resources><![CDATA[a]]></jsdl:Resources>',
		'as a value': '<jsdl:ExclusiveExecution><![CDATA[true]]></jsdl:ExclusiveExecution>',
		'within a value': '<jsdl:JobName>a<![CDATA[<b>]]>c</jsdl:JobName>',
	}),
	'a type of a vocabulary that is not read': all({
		negotiation: '<wsag:Constraint xsi:type="neg:NegotiationContextType"/>',
		'a schema type': '<wsag:Constraint xsi:type="xs:openAttrs"/>',
		'a derived type that the standard has':
			'<wsag:Constraint xsi:type="wsag:ServiceNameSet"><wsag:ServiceName>a</wsag:ServiceName></wsag:Constraint>',
		'a type of JSDL': '<wsag:Constraint xsi:type="jsdl:RangeValue_Type"><jsdl:Exact>1</jsdl:Exact></wsag:Constraint>',
		'an abstract type': '<wsag:Constraint xsi:type="wsag:TermType" wsag:Name="a"/>',
		'an identifier type':
			'<wsag:Constraint xsi:type="wsag:AgreementInitiatorIdentifierType"><wsag:Reference/></wsag:Constraint>',
	}),
	'a path that the schema for schemas admits': all(
		Object.fromEntries(
			['a', '.', '*', './/a', 'a/b', 'x:a', 'x:*', 'child::a', 'a|b', './/a/*/x:b|.'].map((path) => [
				path,
				identity(path, path),
			]),
		),
	),
	'a path that it refuses': all(
		Object.fromEntries(
			['', '/a', '//a', 'a//b', 'a/', '..', 'a[1]', '@a/b', 'a||b', 'a b', 'parent::a/b()'].map((path) => [
				path,
				identity(path, 'a'),
			]),
		),
	),
	'this and that': all({
		'the same id twice':
			'<wsag:Constraint><jsdl:JobDefinition id="a"><jsdl:JobDescription/></jsdl:JobDefinition><jsdl:JobDefinition id="a"><jsdl:JobDescription/></jsdl:JobDefinition></wsag:Constraint>',
		'an id that is no name': '<jsdl:JobDefinition id="1"><jsdl:JobDescription/></jsdl:JobDefinition>',
	}),
	'what schemas do not speak of': all({
		'a processing instruction before the root': `<?show it?>${JOB}`,
		'a processing instruction in it': jobWith('<x:a xmlns:x="urn:a"><?show it?></x:a>'),
		'a processing instruction behind it': `${JOB}<?show it?>`,
		'a relative namespace name': jobWith('<a xmlns="colour"/>'),
		'a relative namespace name under a prefix': jobWith('<x:a xmlns:x="../colour"/>'),
		'a name of JavaScript, of an element': jobWith('<x:a xmlns:x="urn:a"><constructor/></x:a>'),
		'a name of JavaScript, of an attribute': jobWith('<x:a xmlns:x="urn:a" __proto__="1"/>'),
		'a document type': `<!DOCTYPE jsdl:JobDefinition>${JOB}`,
		'more elements than are read': jobWith(`<x:a xmlns:x="urn:a">${'<x:b/>'.repeat(ELEMENTS_MAX)}</x:a>`),
		'more bytes than are read': jobWith(`<x:a xmlns:x="urn:a">${' '.repeat(DOCUMENT_BYTES_MAX)}</x:a>`),
	}),
	// XML 1.0 has let names begin with more than letters since its fifth edition: with digits that are none of ASCII's.
	'types by names of the fifth edition of XML': all(
		Object.fromEntries(
			[
				['a digit of Arabic', '\u0663'],
				['a digit of Arabic behind a letter', 'a\u0663'],
				['a digit of ASCII', '3'],
				['a middle dot, with which none begins', '\u00b7a'],
			].map(([what, name]) => [
				what,
				`<wsag:Template>${CONTEXT}<wsag:Terms/><wsag:CreationConstraints><wsag:Item><wsag:Location>//a</wsag:Location><wsag:ItemConstraint><xs:simpleType><xs:union memberTypes="${name}"/></xs:simpleType></wsag:ItemConstraint></wsag:Item></wsag:CreationConstraints></wsag:Template>`,
			]),
		),
	),
	'whole numbers of many digits': all(
		Object.fromEntries(
			[24, 25, 60].flatMap((digits) => {
				const number = '9'.repeat(digits);
				return [
					[`MemoryLimit of ${digits} digits`, posix('MemoryLimit', number)],
					[`CPUTimeLimit of ${digits} digits`, posix('CPUTimeLimit', number)],
					[`NumberOfProcesses of ${digits} digits`, `<spmd:NumberOfProcesses>${number}</spmd:NumberOfProcesses>`],
					[`Importance of ${digits} digits`, importance(number)],
					[`Importance of ${digits} digits, negative`, importance(`-${number}`)],
					[`Count of ${digits} digits`, interval(number)],
				];
			}),
		),
	),
	nesting: all({
		'a hundred levels of All': `<wsag:Terms>${'<wsag:All>'.repeat(100)}${'</wsag:All>'.repeat(100)}</wsag:Terms>`,
		'a hundred groups': `${'<xs:sequence>'.repeat(100)}${'</xs:sequence>'.repeat(100)}`,
	}),
};
