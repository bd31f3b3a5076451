/**
 * What may stand in which element, as far as a repair has to know it: the children in their order, the attributes, and
 * the type of a simple value. One table for each vocabulary, by element name: no vocabulary has two elements of one
 * name with different content. The schemas in schemas/ stay the judges; a test holds this table against them.
 */
import { ARP, JSDL, JSDL_HPCPA, JSDL_POSIX, JSDL_SPMD, NEG, TC, WS, WSAG } from '../names.ts';
import { type ContentModel, NO_FOREIGN, type VocabularyWriter, vocabulary, words } from './model-lines.ts';

/** What may stand in an element of this name; undefined where the element is of no vocabulary that is known here. */
export function contentModel(namespace: string, localName: string): ContentModel | undefined {
	return VOCABULARIES.get(namespace)?.get(localName);
}

/** The words of which the element's value is one, or that of its attribute; undefined where it may be any text. */
export function wordsOf(
	namespace: string,
	localName: string,
	attribute?: { readonly namespace: string; readonly localName: string },
): readonly string[] | undefined {
	const { kind, type, attributes } = contentModel(namespace, localName) ?? {
		kind: 'open',
		type: 'text',
		attributes: [],
	};
	const rule = attributes.find(
		(each) => each.namespace === attribute?.namespace && each.localName === attribute.localName,
	);
	const own = attribute !== undefined ? rule?.type : kind === 'value' ? type : undefined;
	return typeof own === 'object' ? own.words : undefined;
}

/** The names that the vocabulary has. */
export function elementNames(namespace: string): readonly string[] {
	return [...(VOCABULARIES.get(namespace)?.keys() ?? [])];
}

/** Whether there are content models of this namespace. */
export function isKnownVocabulary(namespace: string): boolean {
	return VOCABULARIES.has(namespace);
}

/** The names of elements that stand where other vocabularies are let in, or as documents. */
export const HEADS: readonly (readonly [namespace: string, localName: string])[] = [
	[WSAG, 'AgreementOffer'],
	[WSAG, 'Template'],
	[NEG, 'NegotiationOffer'],
	[NEG, 'NegotiationCounterOffer'],
	[NEG, 'NegotiationContext'],
	[JSDL, 'JobDefinition'],
	[JSDL_POSIX, 'POSIXApplication'],
	[JSDL_HPCPA, 'HPCProfileApplication'],
	[JSDL_SPMD, 'SPMDApplication'],
	[WS, 'Window'],
	[WS, 'Workspace'],
	[TC, 'TimeConstraint'],
	[ARP, 'AllocationTimeConstraint'],
];

const RANGES =
	'IndividualCPUSpeed IndividualCPUTime IndividualCPUCount IndividualNetworkBandwidth IndividualPhysicalMemory ' +
	'IndividualVirtualMemory IndividualDiskSpace TotalCPUTime TotalCPUCount TotalPhysicalMemory TotalVirtualMemory ' +
	'TotalDiskSpace TotalResourceCount';

const OPERATING_SYSTEMS =
	'Unknown MACOS ATTUNIX DGUX DECNT Tru64_UNIX OpenVMS HPUX AIX MVS OS400 OS_2 JavaVM MSDOS WIN3x WIN95 WIN98 WINNT ' +
	'WINCE NCR3000 NetWare OSF DC_OS Reliant_UNIX SCO_UnixWare SCO_OpenServer Sequent IRIX Solaris SunOS U6000 ASERIES ' +
	'TandemNSK TandemNT BS2000 LINUX Lynx XENIX VM Interactive_UNIX BSDUNIX FreeBSD NetBSD GNU_Hurd OS9 MACH_Kernel ' +
	'Inferno QNX EPOC IxWorks VxWorks MiNT BeOS HP_MPE NextStep PalmPilot Rhapsody Windows_2000 Dedicated OS_390 VSE TPF ' +
	'Windows_R_Me Caldera_Open_UNIX OpenBSD Not_Applicable Windows_XP z_OS other';

const ARCHITECTURES = 'sparc powerpc x86 x86_32 x86_64 parisc mips ia64 arm other';

const jsdl = vocabulary(JSDL, 'unqualified', 'foreign attributes')
	.elements('JobDefinition', 'JobDescription! any', { id: 'NCName' })
	.elements('JobDescription', 'JobIdentification? Application? Resources? DataStaging* any')
	.elements('JobIdentification', 'JobName? Description? JobAnnotation* JobProject* any')
	.elements('Application', 'ApplicationName? ApplicationVersion? Description? any')
	.elements(
		'Resources',
		`CandidateHosts? FileSystem* ExclusiveExecution? OperatingSystem? CPUArchitecture? ${RANGES.replaceAll(' ', '? ')}? any`,
	)
	.elements('CandidateHosts', 'HostName*', {}, NO_FOREIGN)
	.elements('FileSystem', 'FileSystemType? Description? MountPoint?|MountSource? DiskSpace? any', {
		name: 'filesystem',
	})
	.elements('OperatingSystem', 'OperatingSystemType? OperatingSystemVersion? Description? any')
	.elements('OperatingSystemType', 'OperatingSystemName! any')
	.elements('CPUArchitecture', 'CPUArchitectureName! any')
	.elements(`${RANGES} DiskSpace`, 'UpperBoundedRange? LowerBoundedRange? Exact* Range*', {}, { kind: 'range' })
	.elements('Range', 'LowerBound! UpperBound!')
	.values('UpperBoundedRange LowerBoundedRange LowerBound UpperBound', 'double', { exclusiveBound: 'boolean' })
	.values('Exact', 'double', { epsilon: 'double' })
	.elements('DataStaging', 'FileName! FilesystemName? CreationFlag! DeleteOnTermination? Source? Target? any', {
		name: 'NCName',
	})
	.elements('Source Target', 'URI? any')
	.values('JobAnnotation JobProject Description', 'text', {}, NO_FOREIGN)
	.values(
		'JobName ApplicationName ApplicationVersion HostName MountPoint MountSource OperatingSystemVersion FileName URI',
		'name',
		{},
		NO_FOREIGN,
	)
	.values('FilesystemName', 'filesystem', {}, NO_FOREIGN)
	.values('ExclusiveExecution DeleteOnTermination', 'boolean', {}, NO_FOREIGN)
	.values('FileSystemType', words('swap temporary spool normal'), {}, NO_FOREIGN)
	.values('OperatingSystemName', words(OPERATING_SYSTEMS), {}, NO_FOREIGN)
	.values('CPUArchitectureName', words(ARCHITECTURES), {}, NO_FOREIGN)
	.values('CreationFlag', words('overwrite append dontOverwrite'), {}, NO_FOREIGN)
	.local('UpperBoundedRange LowerBoundedRange Exact Range LowerBound UpperBound');

const PROGRAM = 'Executable? Argument* Input? Output? Error? WorkingDirectory? Environment*';
const LIMITS =
	'WallTimeLimit FileSizeLimit CoreDumpLimit DataSegmentLimit LockedMemoryLimit MemoryLimit OpenDescriptorsLimit ' +
	'PipeSizeLimit StackSizeLimit CPUTimeLimit ProcessCountLimit VirtualMemoryLimit ThreadCountLimit';
const ON_FILESYSTEM = { filesystemName: 'filesystem' } as const;

const posix = vocabulary(JSDL_POSIX, 'unqualified', 'foreign attributes')
	.elements('POSIXApplication', `${PROGRAM} ${LIMITS.replaceAll(' ', '? ')}? UserName? GroupName?`, { name: 'NCName' })
	.values('Executable Input Output Error WorkingDirectory', 'name', ON_FILESYSTEM)
	.values('Argument', 'text', ON_FILESYSTEM)
	.values('Environment', 'text', { name: 'NCName', ...ON_FILESYSTEM })
	.values('UserName GroupName', 'name')
	.values(LIMITS, 'nonNegativeInteger');

const hpc = vocabulary(JSDL_HPCPA, 'unqualified', 'foreign attributes')
	.elements('HPCProfileApplication', `${PROGRAM} UserName?`, { name: 'NCName' })
	.values('Executable Input Output Error WorkingDirectory UserName', 'name')
	.values('Argument', 'text')
	.values('Environment', 'text', { name: 'NCName' });

const spmd = vocabulary(JSDL_SPMD, 'unqualified', 'foreign attributes')
	.elements(
		'SPMDApplication',
		`${PROGRAM.replace(/(\w+[?*])/g, 'posix:$1')} posix:UserName? NumberOfProcesses? ProcessesPerHost? ` +
			'ThreadsPerProcess? SPMDVariation! any',
		{ name: 'NCName' },
	)
	.values('NumberOfProcesses', 'positiveInteger', { actualtotalcpucount: 'boolean' })
	.values('ProcessesPerHost', 'positiveInteger')
	.values('ThreadsPerProcess', 'positiveInteger', { actualindividualcpucount: 'boolean' })
	.values('SPMDVariation', 'name');

const COMPENSATION = 'AssessmentInterval! ValueUnit? ValueExpression!';
const ROLES = words('AgreementInitiator AgreementResponder');

const wsag = vocabulary(WSAG, 'qualified', 'no others')
	.elements('AgreementOffer', 'Name? Context! Terms!', { AgreementId: 'text' })
	.elements('Template', 'Name? Context! Terms! CreationConstraints!', { AgreementId: 'text', TemplateId: 'text' })
	.elements(
		'Context',
		'AgreementInitiator? AgreementResponder? ServiceProvider! ExpirationTime? TemplateId? TemplateName? any',
	)
	.elements('Terms', 'All?')
	.elements('CreateAgreementInput', 'InitiatorAgreementEPR? AgreementOffer! NoncriticalExtension* any')
	.open('InitiatorAgreementEPR NoncriticalExtension')
	.elements(
		'All ExactlyOne OneOrMore',
		'All* ExactlyOne* OneOrMore* ServiceDescriptionTerm* ServiceReference* ServiceProperties* GuaranteeTerm*',
		{},
		{ kind: 'unordered' },
	)
	.elements('ServiceDescriptionTerm ServiceReference', 'any', { Name: 'text', ServiceName: 'text' })
	.elements('ServiceProperties', 'VariableSet!', { Name: 'text', ServiceName: 'text' })
	.elements('VariableSet', 'Variable*')
	.elements('Variable', 'Location!', { Name: 'text', Metric: 'text' })
	.elements('GuaranteeTerm', 'ServiceScope* QualifyingCondition? ServiceLevelObjective! BusinessValueList!', {
		Name: 'text',
		Obligated: words('ServiceConsumer ServiceProvider'),
	})
	.elements('ServiceScope', 'any', { ServiceName: 'text' })
	.elements('ServiceLevelObjective', 'CustomServiceLevel?|KPITarget?')
	.elements('KPITarget', 'KPIName! CustomServiceLevel!')
	.elements('BusinessValueList', 'Importance? Penalty* Reward* Preference? CustomBusinessValue*')
	.elements('Penalty Reward', COMPENSATION)
	.elements('AssessmentInterval', 'TimeInterval?|Count?')
	.elements('Preference', 'ServiceTermReference* Utility*', {}, { kind: 'unordered' })
	.elements('CreationConstraints', 'Item* Constraint*')
	.elements('Item', 'Location! ItemConstraint! any', { Name: 'text' })
	.values('Name TemplateId TemplateName KPIName Location ValueUnit ServiceTermReference', 'text')
	.values('ServiceProvider', ROLES)
	.values('ExpirationTime', 'dateTime')
	.values('TimeInterval', 'duration')
	.values('Count', 'positiveInteger')
	.values('Importance', 'integer')
	.values('Utility', 'double')
	.open('AgreementInitiator AgreementResponder QualifyingCondition CustomServiceLevel ValueExpression')
	.open('CustomBusinessValue Constraint ItemConstraint')
	.localBut(
		'AgreementOffer Template Name Context Terms All QualifyingCondition ServiceLevelObjective Location Constraint ' +
			'CreateAgreementInput',
	);

const NEGOTIATION_ROLES = words('NegotiationInitiator NegotiationResponder');
const NEGOTIATION_OFFER = 'wsag:Name? wsag:Context! wsag:Terms! NegotiationOfferContext! NegotiationConstraints!';

/** Answers, and what a negotiation shows of itself, nobody sends. */
const neg = vocabulary(NEG, 'qualified', 'no others')
	.elements('NegotiationOffer NegotiationCounterOffer', NEGOTIATION_OFFER, {
		'wsag:AgreementId': 'text',
		OfferId: 'text',
	})
	.elements('NegotiableTemplate', 'wsag:Name? wsag:Context! wsag:Terms! wsag:CreationConstraints!', {
		'wsag:AgreementId': 'text',
		'wsag:TemplateId': 'text',
	})
	.elements('NegotiationOfferContext', 'CounterOfferTo! ExpirationTime? Creator! State! any')
	.elements('State', 'Advisory?|Solicited?|Acceptable?|Rejected?')
	.elements('Advisory Solicited Acceptable Rejected', 'any')
	.elements('NegotiationConstraints', 'Item* wsag:Constraint*')
	.elements('Item', 'wsag:Location! wsag:ItemConstraint! any', {
		'wsag:Name': 'text',
		Type: words('Required Optional'),
		Importance: 'integer',
	})
	.elements(
		'NegotiationContext',
		'NegotiationType! ExpirationTime? NegotiationInitiator? NegotiationResponder? AgreementResponder! AgreementFactoryEPR? any',
	)
	.elements('NegotiationType', 'Negotiation?|Renegotiation?')
	.elements('Negotiation TerminateInput', 'any')
	.elements('Renegotiation', 'ResponderAgreementEPR! InitiatorAgreementEPR? any')
	.elements('NegotiationExtension', 'ResponderNegotiationEPR? InitiatorNegotiationEPR? NegotiationOfferContext! any')
	.elements(
		'RenegotiationExtension',
		'ResponderNegotiationEPR! InitiatorNegotiationEPR? ResponderAgreementEPR! NegotiationOfferContext! any',
	)
	.elements('InitiateNegotiationInput', 'NegotiationContext! InitiatorNegotiationEPR? NoncriticalExtension* any')
	.elements('NegotiateInput AdvertiseInput', 'NegotiationOffer* any')
	.values('CounterOfferTo', 'text')
	.values('ExpirationTime', 'dateTime')
	.values('AgreementResponder Creator', NEGOTIATION_ROLES)
	.open('NegotiationInitiator NegotiationResponder AgreementFactoryEPR NoncriticalExtension')
	.open('ResponderAgreementEPR InitiatorAgreementEPR ResponderNegotiationEPR InitiatorNegotiationEPR')
	.localBut(
		'NegotiationOffer NegotiationCounterOffer NegotiableTemplate NegotiationOfferContext NegotiationContext ' +
			'NegotiationExtension RenegotiationExtension InitiateNegotiationInput NegotiateInput AdvertiseInput TerminateInput',
	);

const ws = vocabulary(WS, 'unqualified', 'no others')
	.elements('Window', 'StartTime? EndTime? Duration!')
	.values('StartTime EndTime', 'dateTime')
	.values('Duration', 'duration')
	.elements('Workspace', 'Image! SSHPublicKey? CPUShare? EndAction? Placement? Change?')
	.elements('Change', '', { restart: words('allow forbid'), move: words('allow forbid') })
	.values('Image', 'name', { digest: 'Digest' })
	.values('SSHPublicKey', 'text')
	.values('CPUShare', 'CPUShare')
	.values('EndAction', words('pause save shutdown destroy'), { retention: 'duration' })
	.elements('Placement', 'Label*', { strategy: words('pack spread'), machinesPerHostMax: 'positiveInteger' })
	.values('Label', 'text', { name: 'NCName' })
	.values('WorkspaceReference', 'text')
	.elements('Occurs', '', { min: 'nonNegativeInteger', max: 'text' })
	.elements('Choice', 'Term*', { kind: words('ExactlyOne OneOrMore'), path: 'text' })
	.elements('Parties', '', { initiator: 'text', responder: 'text' })
	.values('Term', 'text')
	.elements('Quote', 'Price! Used? Penalty? Cancellation* Due?')
	.values('Price Used Penalty', 'text', { currency: 'name' })
	.values('Cancellation', 'text', { currency: 'name', notice: 'duration' })
	.values('Due', 'text', { currency: 'name', kind: words('cancellation penalty') })
	.values('Reason', 'text', {
		code: 'text',
		path: 'text',
		found: 'text',
		allowed: 'text',
		near: 'text',
		nearest: 'text',
		service: 'text',
		resource: 'text',
		available: 'text',
		host: 'text',
		hosts: 'text',
		from: 'text',
		until: 'text',
		remedy: 'text',
	})
	.elements('Answer', 'Difference* Reason*', { rank: 'positiveInteger', kind: 'NCName' })
	.elements('Difference', '', { field: 'text', service: 'text', asked: 'text', offered: 'text' })
	.values('DurationUnit', words('seconds minutes hours'))
	.values('Reading', words('strict lenient'))
	.elements('Effects', 'Effect*')
	.values('Effect', 'text', { kind: words('live restart move'), machines: 'nonNegativeInteger', fromHost: 'text' })
	.elements('Rationale', 'Because*')
	.values('Because', 'text', { field: 'text', service: 'text', value: 'text' })
	.elements('Repairs', 'Repair*')
	.values('Repair', 'text', {
		code: 'text',
		severity: words('warning info'),
		path: 'text',
		line: 'positiveInteger',
		found: 'text',
		used: 'text',
	})
	.localBut(
		'Window Workspace WorkspaceReference Occurs Choice Parties Quote Reason Answer DurationUnit Reading Effects ' +
			'Rationale Repairs',
	);

/** Both have the same content under another name. */
const timeConstraint = (namespace: string, localName: string): VocabularyWriter =>
	vocabulary(namespace, 'unqualified', 'no others')
		.elements(localName, 'StartTime? EndTime? Duration?')
		.values('StartTime EndTime', 'dateTime')
		.values('Duration', 'integer')
		.localBut(localName);

const VOCABULARIES: ReadonlyMap<string, ReadonlyMap<string, ContentModel>> = new Map([
	[JSDL, jsdl.models],
	[JSDL_POSIX, posix.models],
	[JSDL_HPCPA, hpc.models],
	[JSDL_SPMD, spmd.models],
	[WSAG, wsag.models],
	[NEG, neg.models],
	[WS, ws.models],
	[TC, timeConstraint(TC, 'TimeConstraint').models],
	[ARP, timeConstraint(ARP, 'AllocationTimeConstraint').models],
]);
