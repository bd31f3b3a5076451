import { describe, expect, test } from 'vitest';
import { exactly, printRange, sameRange } from '../../src/agreement/jsdl/range.ts';
import type { ChangeTerm, PlacementTerm, ServiceRequest } from '../../src/agreement/terms/service.ts';
import {
	codesOf,
	DIGEST,
	exact,
	jobTerm,
	type OfferParts,
	requestOf,
	term,
	valueIn,
	WINDOW,
	WORKSPACE,
} from './documents.ts';

const TERMS = '/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm';
const RESOURCES = `${TERMS}[1]/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources`;

function request(parts: OfferParts): ServiceRequest {
	return valueIn(requestOf(parts));
}

function workspace(content: string, digest = DIGEST): string {
	return `<ws:Workspace><ws:Image digest="${digest}">guest</ws:Image>${content}</ws:Workspace>`;
}

function guarantee(objective: string, values = '', name = 'g'): string {
	return `<wsag:GuaranteeTerm wsag:Name="${name}"><wsag:ServiceLevelObjective>${objective}</wsag:ServiceLevelObjective><wsag:BusinessValueList>${values}</wsag:BusinessValueList></wsag:GuaranteeTerm>`;
}

const MUTE = '<wsag:CustomServiceLevel></wsag:CustomServiceLevel>';

function preference(termName: string, utility: string): string {
	return `<wsag:Preference><wsag:ServiceTermReference>${termName}</wsag:ServiceTermReference><wsag:Utility>${utility}</wsag:Utility></wsag:Preference>`;
}

describe('the resources that a JobDefinition asks for', () => {
	test.each<[element: string, field: keyof ServiceRequest]>([
		['IndividualCPUSpeed', 'cpuSpeedHz'],
		['IndividualCPUCount', 'cpuCount'],
		['IndividualNetworkBandwidth', 'networkBitsPerSecond'],
		['IndividualPhysicalMemory', 'memoryBytes'],
		['IndividualDiskSpace', 'diskBytes'],
		['TotalCPUCount', 'totalCpuCount'],
		['TotalPhysicalMemory', 'totalMemoryBytes'],
		['TotalDiskSpace', 'totalDiskBytes'],
		['TotalResourceCount', 'machineCount'],
	])('%s is %s, with the place where it stands', (element, field) => {
		const demand = request({ resources: exact(element, 4_000_000) })[field];
		expect(demand).toEqual({ range: exactly(4_000_000), path: `${RESOURCES}/jsdl:${element}` });
	});

	test('hosts, operating system and architecture are read', () => {
		const resources = `<jsdl:CandidateHosts><jsdl:HostName> a </jsdl:HostName><jsdl:HostName>b</jsdl:HostName></jsdl:CandidateHosts>
			<jsdl:ExclusiveExecution>0</jsdl:ExclusiveExecution>
			<jsdl:OperatingSystem><jsdl:OperatingSystemType><jsdl:OperatingSystemName>LINUX</jsdl:OperatingSystemName></jsdl:OperatingSystemType></jsdl:OperatingSystem>
			<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>x86_64</jsdl:CPUArchitectureName></jsdl:CPUArchitecture>`;
		expect(request({ resources })).toMatchObject({
			candidateHosts: ['a', 'b'],
			operatingSystem: 'LINUX',
			cpuArchitecture: 'x86_64',
			unsupported: [],
		});
	});

	test('and each of them says where it stands, of several parts the first, and labels do too', () => {
		const names = '<jsdl:CandidateHosts><jsdl:HostName>a</jsdl:HostName></jsdl:CandidateHosts>';
		const resources = `${names}${exact('IndividualCPUCount', 1)}
			<jsdl:OperatingSystem><jsdl:OperatingSystemType><jsdl:OperatingSystemName>LINUX</jsdl:OperatingSystemName></jsdl:OperatingSystemType></jsdl:OperatingSystem>
			<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>x86_64</jsdl:CPUArchitectureName></jsdl:CPUArchitecture>`;
		const labels = '<ws:Placement><ws:Label name="zone">x</ws:Label><ws:Label name="rack">1</ws:Label></ws:Placement>';
		const read = request({ resources, workspace: workspace(labels), terms: jobTerm('more', names) });
		const placement = `${read.workspacePath}/ws:Placement`;
		expect(read.paths).toEqual({
			candidateHosts: `${RESOURCES}/jsdl:CandidateHosts`,
			operatingSystem: `${RESOURCES}/jsdl:OperatingSystem/jsdl:OperatingSystemType/jsdl:OperatingSystemName`,
			cpuArchitecture: `${RESOURCES}/jsdl:CPUArchitecture/jsdl:CPUArchitectureName`,
			labels: { zone: `${placement}/ws:Label[1]`, rack: `${placement}/ws:Label[2]` },
		});
		expect(request({}).paths).toEqual({});
	});

	test('a name that is not of JSDL’s namespace is not its element, whatever the prefix', () => {
		const resources = '<jsdl:Resources xmlns:jsdl="urn:other"></jsdl:Resources>';
		expect(request({ job: resources }).unsupported).toEqual([]);
		expect(request({ resources: '<x:IndividualCPUCount></x:IndividualCPUCount>' }).cpuCount).toBeUndefined();
	});

	test('the space of the root file system is the disk’s, and both must hold', () => {
		const space = (least: number): string =>
			`<jsdl:FileSystem name="root"><jsdl:MountPoint>/</jsdl:MountPoint><jsdl:DiskSpace><jsdl:LowerBoundedRange>${least}</jsdl:LowerBoundedRange></jsdl:DiskSpace></jsdl:FileSystem>`;
		expect(printRange(request({ resources: space(100) }).diskBytes!.range)).toBe('at least 100');
		const both = request({ resources: space(100) + exact('IndividualDiskSpace', 500) });
		expect(printRange(both.diskBytes!.range)).toBe('500');
	});

	test.each([
		['TMP', '', true],
		['scratch', '<jsdl:FileSystemType>normal</jsdl:FileSystemType>', true],
		['scratch', '<jsdl:MountPoint>/</jsdl:MountPoint>', false],
		['ROOT', '', false],
		['root', '', false],
	])('a FileSystem %s with %s is taken for the root file system, aloud where nobody said so', (name, more, isTold) => {
		const fileSystem = (space: string) => `<jsdl:FileSystem name="${name}">${more}${space}</jsdl:FileSystem>`;
		const { diskBytes, remarks } = request({ resources: fileSystem(exact('DiskSpace', 5_000_000)) });
		expect(printRange(diskBytes!.range)).toBe('5000000');
		const told = remarks.filter(({ code }) => code === 'FILE_SYSTEM_TAKEN_FOR_ROOT');
		expect(told).toMatchObject(isTold ? [{ path: expect.stringMatching(/FileSystem$/), found: name }] : []);
		expect(request({ resources: fileSystem('') }).remarks).toEqual([]);
	});

	test('parts of a JobDefinition in several terms are merged, and ranges intersect', () => {
		const range = (lower: number, upper: number): string =>
			`<jsdl:IndividualCPUCount><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:IndividualCPUCount>`;
		const merged = request({
			resources: range(1, 8),
			terms: jobTerm('more', `${range(4, 16)}${exact('TotalResourceCount', 2)}`),
		});
		expect(printRange(merged.cpuCount!.range)).toBe('4..8');
		expect(sameRange(merged.machineCount!.range, exactly(2))).toBe(true);
	});

	const scratch = (bytes: number): string =>
		`<jsdl:FileSystem name="SCRATCH"><jsdl:MountPoint>/scratch</jsdl:MountPoint>${exact('DiskSpace', bytes)}</jsdl:FileSystem>`;

	test.each([
		['ranges', exact('IndividualCPUCount', 1), exact('IndividualCPUCount', 2), 'jsdl:IndividualCPUCount'],
		[
			'hosts',
			'<jsdl:CandidateHosts><jsdl:HostName>a</jsdl:HostName></jsdl:CandidateHosts>',
			'<jsdl:CandidateHosts><jsdl:HostName>b</jsdl:HostName></jsdl:CandidateHosts>',
			'jsdl:CandidateHosts',
		],
		[
			'architectures',
			'<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>x86</jsdl:CPUArchitectureName></jsdl:CPUArchitecture>',
			'<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>arm</jsdl:CPUArchitectureName></jsdl:CPUArchitecture>',
			'jsdl:CPUArchitecture/jsdl:CPUArchitectureName',
		],
		['spaces of a file system that is mounted elsewhere', scratch(4), scratch(5), 'jsdl:FileSystem/jsdl:DiskSpace'],
	])('%s of two terms that contradict each other are one issue with both places', (_name, one, other, step) => {
		const reading = requestOf({ resources: one, terms: jobTerm('more', other) });
		expect(codesOf(reading)).toEqual(['TERMS_CONFLICT']);
		const [issue] = reading.ok ? [] : reading.issues;
		expect(issue?.path).toBe(`${RESOURCES.replace('[1]', '[4]')}/${step}`);
		expect(issue?.message).toContain(`${RESOURCES}/${step}`);
	});

	const hosts = (...names: string[]): string =>
		`<jsdl:CandidateHosts>${names.map((name) => `<jsdl:HostName>${name}</jsdl:HostName>`).join('')}</jsdl:CandidateHosts>`;
	const upTo = (value: number): string =>
		`<jsdl:IndividualCPUCount><jsdl:UpperBoundedRange>${value}</jsdl:UpperBoundedRange></jsdl:IndividualCPUCount>`;
	const either = (...values: number[]): string =>
		`<jsdl:IndividualCPUCount>${values.map((value) => `<jsdl:Exact>${value}</jsdl:Exact>`).join('')}</jsdl:IndividualCPUCount>`;

	test.each<
		[name: string, terms: readonly [string, string, string], found: string, allowed: string, opposed: number[]]
	>([
		['the second', [upTo(8), upTo(2), either(4)], '4', 'at most 2', [4]],
		['both together', [either(1, 2), either(2, 3), either(1, 3)], '1 or 3', '2', [1, 4]],
		['hosts of the second', [hosts('a', 'b'), hosts('b'), hosts('a')], 'a', 'b', [4]],
		['hosts of both together', [hosts('a', 'b'), hosts('b', 'c'), hosts('a', 'c')], 'a, c', 'b', [1, 4]],
	])('of three terms the third names what it contradicts: %s', (_name, [one, two, three], found, allowed, opposed) => {
		const reading = requestOf({ resources: one, terms: jobTerm('two', two) + jobTerm('three', three) });
		const [issue, ...others] = reading.ok ? [] : reading.issues;
		expect(others).toEqual([]);
		expect([issue?.code, issue?.found, issue?.allowed]).toEqual(['TERMS_CONFLICT', found, allowed]);
		const named = [1, 4].filter((position) => issue?.message.includes(RESOURCES.replace('[1]', `[${position}]`)));
		expect(named).toEqual(opposed);
		expect(issue?.path).toContain('ServiceDescriptionTerm[5]');
	});

	const job = (content: string): string =>
		`<jsdl:JobDefinition><jsdl:JobDescription>${content}</jsdl:JobDescription></jsdl:JobDefinition>`;
	const posix = (content: string): string =>
		`<jsdl:Application><posix:POSIXApplication>${content}</posix:POSIXApplication></jsdl:Application>`;
	const program = (namespace: string, name: string, content: string): string =>
		`<jsdl:Application><p:${name} xmlns:p="${namespace}">${content}</p:${name}></jsdl:Application>`;
	const hpc = (namespace: string, executable: string): string =>
		program(namespace, 'HPCProfileApplication', `<p:Executable>${executable}</p:Executable>`);
	const [HPCPA, OGF] = ['ggf', 'ogf'].map((host) => `http://schemas.${host}.org/jsdl/2006/07/jsdl-hpcpa`) as [
		string,
		string,
	];
	const exclusive = (value: string): string => within(`<jsdl:ExclusiveExecution>${value}</jsdl:ExclusiveExecution>`);
	const staging = (uri: string): string =>
		`<jsdl:DataStaging><jsdl:FileName>f</jsdl:FileName><jsdl:CreationFlag>append</jsdl:CreationFlag><jsdl:Source><jsdl:URI>${uri}</jsdl:URI></jsdl:Source></jsdl:DataStaging>`;
	const within = (resources: string): string => `<jsdl:Resources>${resources}</jsdl:Resources>`;
	const mounted = (at: string, name = 'DATA'): string =>
		within(`<jsdl:FileSystem name="${name}"><jsdl:MountPoint>${at}</jsdl:MountPoint></jsdl:FileSystem>`);
	const version = (text: string): string =>
		within(
			`<jsdl:OperatingSystem><jsdl:OperatingSystemVersion>${text}</jsdl:OperatingSystemVersion></jsdl:OperatingSystem>`,
		);
	const named = (name: string): string =>
		`<jsdl:JobIdentification><jsdl:JobName>${name}</jsdl:JobName><jsdl:JobProject>${name}</jsdl:JobProject></jsdl:JobIdentification>`;

	test.each<[name: string, one: string, other: string, last: string]>([
		['names', named('a'), named('b'), 'JobName'],
		[
			'programs',
			posix('<posix:Executable>/a</posix:Executable>'),
			posix('<posix:Executable>/b</posix:Executable>'),
			'Executable',
		],
		[
			'arguments',
			posix('<posix:Argument>a</posix:Argument><posix:Argument>b</posix:Argument>'),
			posix('<posix:Argument>a</posix:Argument>'),
			'Argument',
		],
		[
			'limits',
			posix('<posix:WallTimeLimit>60</posix:WallTimeLimit>'),
			posix('<posix:WallTimeLimit>61</posix:WallTimeLimit>'),
			'WallTimeLimit',
		],
		['sources of one file', staging('http://a/'), staging('http://b/'), 'URI'],
		['mount points of one file system', mounted('/a'), mounted('/b'), 'MountPoint'],
		['versions', version('5'), version('6'), 'OperatingSystemVersion'],
		['programs of the HPC profile', hpc(HPCPA, 'a'), hpc(HPCPA, 'b'), 'Executable'],
		['programs of the HPC profile under two namespaces', hpc(OGF, 'a'), hpc(HPCPA, 'b'), 'Executable'],
		['programs of two vocabularies', posix('<posix:Executable>a</posix:Executable>'), hpc(HPCPA, 'b'), 'Executable'],
		['words on who else may be there', exclusive('true'), exclusive('false'), 'ExclusiveExecution'],
		[
			'arguments that look alike side by side',
			posix('<posix:Argument>a</posix:Argument><posix:Argument>b</posix:Argument>'),
			posix('<posix:Argument>a b</posix:Argument>'),
			'Argument',
		],
	])('%s that differ in two terms are a remark with both places', (_name, one, other, last) => {
		const { remarks } = request({ job: one, terms: term('more', job(other)) });
		const [remark, ...others] = remarks.filter(({ code }) => code === 'TERMS_CONFLICT');
		expect(others).toEqual([]);
		expect(remark?.path).toMatch(new RegExp(`ServiceDescriptionTerm\\[4\\].*${last}$`));
		expect(remark?.message).toMatch(new RegExp(`ServiceDescriptionTerm\\[1\\].*${last}`));
	});

	test.each<[name: string, one: string, other: string]>([
		[
			'the same in other words',
			posix('<posix:WallTimeLimit>60</posix:WallTimeLimit>'),
			posix('<posix:WallTimeLimit>060</posix:WallTimeLimit>'),
		],
		['file systems of two names', mounted('/a'), mounted('/b', 'OTHER')],
		['the same program in two vocabularies', posix('<posix:Executable>a</posix:Executable>'), hpc(OGF, 'a')],
		[
			'two ways to start a program, and one of them',
			posix('<posix:Executable>a</posix:Executable>').replace(
				'</jsdl:Application>',
				hpc(HPCPA, 'b').replace('<jsdl:Application>', ''),
			),
			hpc(HPCPA, 'b'),
		],
		['exclusive in other words', exclusive('true'), exclusive('1')],
		[
			'variables of two names',
			posix('<posix:Environment name="A">1</posix:Environment>'),
			posix('<posix:Environment name="B">2</posix:Environment>'),
		],
	])('%s are no contradiction', (_name, one, other) => {
		const { remarks } = request({ job: one, terms: term('more', job(other)) });
		expect(remarks.filter(({ code }) => code === 'TERMS_CONFLICT')).toEqual([]);
	});

	test.each<[name: string, resources: string]>([
		['memory below a mebibyte', exact('IndividualPhysicalMemory', 512)],
		['a CPU below a megahertz', exact('IndividualCPUSpeed', 2400)],
	])('%s is remarked upon: the unit looks wrong', (_name, resources) => {
		expect(request({ resources }).remarks.map(({ code }) => code)).toEqual(['UNIT_SUSPICIOUS']);
	});
});

describe('what a workspace cannot honour is never passed over', () => {
	const space = '<jsdl:DiskSpace><jsdl:Exact>1</jsdl:Exact></jsdl:DiskSpace>';
	test.each<[name: string, parts: OfferParts, subject: string, path: string]>([
		[
			'a program',
			{
				job: '<jsdl:Application><posix:POSIXApplication><posix:Executable>/bin/true</posix:Executable></posix:POSIXApplication></jsdl:Application>',
			},
			'posix:POSIXApplication',
			'/jsdl:Application/posix:POSIXApplication',
		],
		[
			'a named application',
			{ job: '<jsdl:Application><jsdl:ApplicationName>blast</jsdl:ApplicationName></jsdl:Application>' },
			'jsdl:ApplicationName',
			'/jsdl:Application/jsdl:ApplicationName',
		],
		[
			'file staging',
			{ job: '<jsdl:DataStaging><jsdl:FileName>f</jsdl:FileName></jsdl:DataStaging>' },
			'DataStaging',
			'/jsdl:DataStaging',
		],
		[
			'CPU time of one',
			{ resources: exact('IndividualCPUTime', 60) },
			'IndividualCPUTime',
			'/jsdl:Resources/jsdl:IndividualCPUTime',
		],
		['CPU time of all', { resources: exact('TotalCPUTime', 60) }, 'TotalCPUTime', '/jsdl:Resources/jsdl:TotalCPUTime'],
		[
			'virtual memory',
			{ resources: exact('IndividualVirtualMemory', 1e9) },
			'IndividualVirtualMemory',
			'/jsdl:Resources/jsdl:IndividualVirtualMemory',
		],
		[
			'virtual memory of all',
			{ resources: exact('TotalVirtualMemory', 1e9) },
			'TotalVirtualMemory',
			'/jsdl:Resources/jsdl:TotalVirtualMemory',
		],
		[
			'a resource that nobody knows',
			{ resources: '<x:GPUCount>2</x:GPUCount>' },
			'x:GPUCount',
			'/jsdl:Resources/x:GPUCount',
		],
		[
			'a swap file system',
			{
				resources: `<jsdl:FileSystem name="s"><jsdl:FileSystemType>swap</jsdl:FileSystemType>${space}</jsdl:FileSystem>`,
			},
			'FileSystem',
			'/jsdl:Resources/jsdl:FileSystem',
		],
		[
			'a second mount',
			{ resources: `<jsdl:FileSystem name="s"><jsdl:MountPoint>/scratch</jsdl:MountPoint>${space}</jsdl:FileSystem>` },
			'FileSystem',
			'/jsdl:Resources/jsdl:FileSystem',
		],
		[
			'a mount from elsewhere',
			{ resources: '<jsdl:FileSystem name="s"><jsdl:MountSource>nfs:/x</jsdl:MountSource></jsdl:FileSystem>' },
			'FileSystem',
			'/jsdl:Resources/jsdl:FileSystem',
		],
		[
			'a file system with an extension',
			{ resources: `<jsdl:FileSystem name="s">${space}<x:quota></x:quota></jsdl:FileSystem>` },
			'FileSystem',
			'/jsdl:Resources/jsdl:FileSystem',
		],
		[
			'a host for oneself',
			{ resources: '<jsdl:ExclusiveExecution>1</jsdl:ExclusiveExecution>' },
			'ExclusiveExecution',
			'/jsdl:Resources/jsdl:ExclusiveExecution',
		],
		[
			'an extension of an architecture',
			{
				resources:
					'<jsdl:CPUArchitecture><jsdl:CPUArchitectureName>other</jsdl:CPUArchitectureName><x:riscv></x:riscv></jsdl:CPUArchitecture>',
			},
			'x:riscv',
			'/jsdl:Resources/jsdl:CPUArchitecture/x:riscv',
		],
		[
			'a version of the operating system',
			{
				resources:
					'<jsdl:OperatingSystem><jsdl:OperatingSystemVersion>6.1</jsdl:OperatingSystemVersion></jsdl:OperatingSystem>',
			},
			'jsdl:OperatingSystemVersion',
			'/jsdl:Resources/jsdl:OperatingSystem/jsdl:OperatingSystemVersion',
		],
	])('%s', (_name, parts, subject, path) => {
		const { unsupported } = request(parts);
		const description = RESOURCES.replace('/jsdl:Resources', '');
		expect(unsupported).toMatchObject([{ kind: 'enforce', subject, path: `${description}${path}` }]);
		expect(unsupported[0]?.why).not.toBe('');
	});

	test('a parameter sweep', () => {
		const node = '<s:DocumentNode><s:Match>//jsdl:JobDescription</s:Match></s:DocumentNode>';
		const values =
			'<f:Values xmlns:f="http://schemas.ogf.org/jsdl/2009/03/sweep/functions"><f:Value></f:Value></f:Values>';
		const sweep = `<s:Sweep xmlns:s="http://schemas.ogf.org/jsdl/2009/03/sweep"><s:Assignment>${node}${values}</s:Assignment></s:Sweep>`;
		const terms = term(
			'sweep',
			`<jsdl:JobDefinition><jsdl:JobDescription></jsdl:JobDescription>${sweep}</jsdl:JobDefinition>`,
		);
		expect(request({ terms }).unsupported).toMatchObject([{ kind: 'enforce', subject: 's:Sweep' }]);
	});

	test.each<[name: string, parts: OfferParts]>([
		[
			'names and descriptions',
			{
				job: '<jsdl:JobIdentification><jsdl:JobName>n</jsdl:JobName><x:y></x:y></jsdl:JobIdentification><jsdl:Application><jsdl:Description>d</jsdl:Description></jsdl:Application>',
			},
		],
		['an extension outside Resources', { job: '<x:Anything></x:Anything>' }],
		[
			'a range that admits everything',
			{ resources: '<jsdl:TotalCPUTime><jsdl:LowerBoundedRange>0</jsdl:LowerBoundedRange></jsdl:TotalCPUTime>' },
		],
	])('%s ask for nothing', (_name, parts) => {
		expect(request(parts).unsupported).toEqual([]);
	});

	test('ten thousand unknown resources are listed a hundred times', () => {
		const { unsupported } = request({ resources: '<x:y></x:y>'.repeat(10_000) });
		expect(unsupported).toHaveLength(101);
		expect(unsupported.at(-1)?.why).toContain('there is more');
	});

	test('an element that JSDL does not have is an issue', () => {
		expect(codesOf(requestOf({ resources: '<jsdl:IndividualGPUCount></jsdl:IndividualGPUCount>' }))).toEqual([
			'ELEMENT_UNKNOWN',
		]);
	});
});

describe('terms', () => {
	test('a reference to another service cannot be had', () => {
		const terms = `<wsag:ServiceReference wsag:Name="r" wsag:ServiceName="workspace"><x:y></x:y></wsag:ServiceReference>`;
		expect(request({ terms }).unsupported).toMatchObject([{ kind: 'enforce', subject: 'r' }]);
	});

	test('a description that nobody knows cannot be had', () => {
		expect(request({ terms: term('more', '<x:y></x:y>') }).unsupported).toMatchObject([
			{ kind: 'enforce', subject: 'more' },
		]);
	});

	test.each(['ExactlyOne', 'OneOrMore'])('%s with one branch is that branch', (choice) => {
		const terms = `<wsag:${choice}><wsag:All>${jobTerm('more', exact('TotalResourceCount', 3))}</wsag:All></wsag:${choice}>`;
		expect(printRange(request({ terms }).machineCount!.range)).toBe('3');
	});

	test.each<[name: string, parts: OfferParts, code: string]>([
		['no window', { window: '<x:y></x:y>' }, 'ELEMENT_MISSING'],
		['no workspace', { workspace: '<x:y></x:y>' }, 'ELEMENT_MISSING'],
		['two windows', { terms: term('again', WINDOW) }, 'ELEMENT_REPEATED'],
		['two workspaces', { terms: term('again', WORKSPACE) }, 'ELEMENT_REPEATED'],
		[
			'a service without a workspace',
			{
				terms: term(
					'other',
					'<jsdl:JobDefinition><jsdl:JobDescription></jsdl:JobDescription></jsdl:JobDefinition>',
					'other',
				),
			},
			'ELEMENT_MISSING',
		],
		[
			'a service more than there may be',
			{ terms: ['a', 'b', 'c', 'd'].map((name) => term(`w-${name}`, WORKSPACE, name)).join('') },
			'SERVICE_SEVERAL',
		],
		[
			'another window of another service',
			{
				terms: `${term('other', WORKSPACE, 'other')}${term('time', WINDOW.replace('PT1H', 'PT3H'), 'other')}`,
			},
			'WINDOWS_DIFFER',
		],
		[
			'another end of another service',
			{
				terms: term(
					'other',
					WORKSPACE.replace('</ws:Workspace>', '<ws:EndAction>destroy</ws:EndAction></ws:Workspace>'),
					'other',
				),
			},
			'ENDINGS_DIFFER',
		],
		[
			'a site that is to buy',
			{ context: '<wsag:ServiceProvider>AgreementInitiator</wsag:ServiceProvider>' },
			'PROVIDER_NOT_RESPONDER',
		],
	])('%s is an issue', (_name, parts, code) => {
		expect(codesOf(requestOf(parts))).toEqual([code]);
	});

	test('a site that is to buy is told where it says so', () => {
		const reading = requestOf({ context: '<wsag:ServiceProvider>AgreementInitiator</wsag:ServiceProvider>' });
		expect(reading).toMatchObject({ issues: [{ path: '/wsag:AgreementOffer/wsag:Context/wsag:ServiceProvider' }] });
	});
});

describe('several services', () => {
	const job = (name: string, serviceName: string, resources: string): string =>
		term(
			name,
			`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`,
			serviceName,
		);
	const workers = [
		term('workers-image', WORKSPACE, 'workers'),
		job('workers-size', 'workers', exact('TotalResourceCount', 20)),
	].join('');
	const head = job('head-size', 'workspace', exact('IndividualCPUCount', 4));

	test('have each what their own terms say, in the order in which they are first named', () => {
		const read = request({ terms: `${head}${workers}` });
		expect([read.serviceName, read.others?.map(({ serviceName }) => serviceName)]).toEqual(['workspace', ['workers']]);
		expect(printRange(read.cpuCount!.range)).toBe('4');
		expect(read.machineCount).toBeUndefined();
		expect(printRange(read.others![0]!.machineCount!.range)).toBe('20');
		expect(read.others![0]!.cpuCount).toBeUndefined();
	});

	test('are named with what of each cannot be had', () => {
		const more = job('workers-more', 'workers', '<x:y></x:y>');
		const odd = term('workers-odd', '<x:z></x:z>', 'workers');
		const measured = guarantee(
			'<wsag:KPITarget><wsag:KPIName>k</wsag:KPIName><wsag:CustomServiceLevel>9</wsag:CustomServiceLevel></wsag:KPITarget>',
		).replace('"g">', '"g"><wsag:ServiceScope wsag:ServiceName="workspace"></wsag:ServiceScope>');
		const { unsupported } = request({ terms: `${workers}${more}${odd}${measured}` });
		expect(unsupported.map(({ kind, subject, serviceName }) => [kind, subject, serviceName])).toEqual([
			['enforce', 'workers-odd', 'workers'],
			['measure', 'k', 'workspace'],
			['enforce', 'x:y', 'workers'],
		]);
	});

	test('share a window, whether one of them says it or each', () => {
		const { window } = request({ terms: workers });
		expect(request({ terms: `${workers}${term('workers-time', WINDOW, 'workers')}` }).window).toEqual(window);
	});

	test('are liked large each by the Preference for its own resources', () => {
		const liked = guarantee(MUTE, preference('workers-size', '1'));
		const read = request({ terms: `${head}${workers}${liked}` });
		expect([read.prefersLargest, read.others![0]!.prefersLargest]).toEqual([false, true]);
	});

	test('are known to guarantees by their names', () => {
		const about = (name: string): string =>
			guarantee(MUTE).replace('"g">', `"g"><wsag:ServiceScope wsag:ServiceName="${name}"></wsag:ServiceScope>`);
		const remarksOf = (name: string) => request({ terms: `${workers}${about(name)}` }).remarks.map(({ code }) => code);
		expect([remarksOf('workers'), remarksOf('nobody')]).toEqual([[], ['REFERENCE_UNKNOWN']]);
	});

	test('that are only referred to are no services', () => {
		const properties =
			'<wsag:ServiceProperties wsag:Name="p" wsag:ServiceName="nobody"><wsag:VariableSet></wsag:VariableSet></wsag:ServiceProperties>';
		expect(codesOf(requestOf({ terms: properties }))).toEqual(['SERVICE_UNKNOWN']);
	});
});

describe('guarantees', () => {
	const KPI =
		'<wsag:KPITarget><wsag:KPIName>AVAILABILITY</wsag:KPIName><wsag:CustomServiceLevel>ge 0.99</wsag:CustomServiceLevel></wsag:KPITarget>';
	const PENALTY =
		'<wsag:Penalty><wsag:AssessmentInterval><wsag:TimeInterval>P1D</wsag:TimeInterval></wsag:AssessmentInterval><wsag:ValueExpression>10</wsag:ValueExpression></wsag:Penalty>';

	test.each<[name: string, terms: string, subject: string]>([
		['on an indicator is to be measured, by its name', guarantee(KPI), 'AVAILABILITY'],
		[
			'by an expression has only its own name',
			guarantee('<wsag:CustomServiceLevel>true</wsag:CustomServiceLevel>'),
			'g',
		],
		[
			'by elements of the parties’ own has its own name',
			guarantee('<wsag:CustomServiceLevel><x:y></x:y></wsag:CustomServiceLevel>'),
			'g',
		],
		['without an objective but with a penalty', guarantee(MUTE, PENALTY), 'g'],
	])('a guarantee %s', (_name, terms, subject) => {
		expect(request({ terms }).unsupported).toMatchObject([{ kind: 'measure', subject }]);
	});

	test('a comment is no objective', () => {
		const terms = guarantee('<wsag:CustomServiceLevel> <!--none--> </wsag:CustomServiceLevel>');
		expect(request({ terms }).unsupported).toEqual([]);
	});

	test.each<[name: string, values: string, largest: boolean]>([
		['positive utility of the resources', preference('resources', '0.7'), true],
		['infinite utility', preference('resources', 'INF'), true],
		['no utility', preference('resources', '0'), false],
		['negative utility', preference('resources', '-1'), false],
		['utility of another term', preference('window', '1'), false],
		['utility of a term that is not there', preference('nothing', '1'), false],
	])('a term without an objective carries a preference: %s', (_name, values, largest) => {
		const read = request({ terms: guarantee(MUTE, values) });
		expect([read.prefersLargest, read.unsupported]).toEqual([largest, []]);
	});
});

describe('the window', () => {
	const at = (text: string): number => Date.parse(text) / 1000;
	const window = (content: string): string => `<ws:Window>${content}</ws:Window>`;
	const START = '<ws:StartTime>2030-01-01T00:00:00Z</ws:StartTime>';
	const END = '<ws:EndTime>2030-01-02T00:00:00Z</ws:EndTime>';
	const HOUR = '<ws:Duration>PT1H</ws:Duration>';

	test.each([
		['at once', window(HOUR), { durationSeconds: 3600 }],
		['at a time', window(START + HOUR), { startAt: at('2030-01-01T00:00:00Z'), durationSeconds: 3600 }],
		[
			'within a day',
			window(START + END + HOUR),
			{ startAt: at('2030-01-01T00:00:00Z'), endAt: at('2030-01-02T00:00:00Z'), durationSeconds: 3600 },
		],
		['before a time', window(END + HOUR), { endAt: at('2030-01-02T00:00:00Z'), durationSeconds: 3600 }],
	])('%s', (_name, xml, expected) => {
		const read = request({ window: xml });
		expect(read.window).toEqual(expected);
		expect(read.windowPath).toBe(`${TERMS}[2]/ws:Window`);
	});

	test('fractions of a second never widen it', () => {
		const xml = window(
			'<ws:StartTime>2030-01-01T00:00:00.1Z</ws:StartTime><ws:EndTime>2030-01-02T00:00:00.9Z</ws:EndTime><ws:Duration>PT0.5S</ws:Duration>',
		);
		expect(request({ window: xml }).window).toEqual({
			startAt: at('2030-01-01T00:00:01Z'),
			endAt: at('2030-01-02T00:00:00Z'),
			durationSeconds: 1,
		});
	});

	test('a time without a zone is UTC, with a remark', () => {
		const read = request({ window: window(`<ws:StartTime>2030-01-01T00:00:00</ws:StartTime>${HOUR}`) });
		expect([read.window.startAt, read.remarks[0]?.code]).toEqual([at('2030-01-01T00:00:00Z'), 'ZONE_MISSING']);
	});

	const constraint = (name: string, content: string): string => `<${name}>${content}</${name}>`;
	test.each(['tc:TimeConstraint', 'arp:AllocationTimeConstraint'])('%s counts in the unit of the template', (name) => {
		const prefix = name.split(':')[0]!;
		const content = `<${prefix}:StartTime>2030-01-01T00:00:00Z</${prefix}:StartTime><${prefix}:Duration>90</${prefix}:Duration>`;
		const parts = { window: constraint(name, content) };
		expect(valueIn(requestOf(parts, 'minutes')).window.durationSeconds).toBe(5400);
		expect(valueIn(requestOf(parts, 'hours')).window.durationSeconds).toBe(324_000);
		expect(codesOf(requestOf(parts))).toEqual(['DURATION_UNIT_UNKNOWN']);
	});

	test.each([
		['0', 'DURATION_EMPTY'],
		['-5', 'DURATION_EMPTY'],
		['1.5', 'VALUE_MALFORMED'],
		['P1D', 'VALUE_MALFORMED'],
		['', 'VALUE_MALFORMED'],
		['9007199254740993', 'NUMBER_TOO_LARGE'],
	])('a TimeConstraint of %s minutes is an issue', (duration, code) => {
		const parts = { window: constraint('tc:TimeConstraint', `<tc:Duration>${duration}</tc:Duration>`) };
		expect(codesOf(requestOf(parts, 'minutes'))).toEqual([code]);
	});

	test('a TimeConstraint without a Duration lasts from start to end', () => {
		const content = '<tc:StartTime>2030-01-01T00:00:00Z</tc:StartTime><tc:EndTime>2030-01-01T02:00:00Z</tc:EndTime>';
		expect(request({ window: constraint('tc:TimeConstraint', content) }).window.durationSeconds).toBe(7200);
	});

	test.each<[name: string, window: string, code: string]>([
		['a Window without a Duration', window(START), 'ELEMENT_MISSING'],
		[
			'a TimeConstraint without Duration and EndTime',
			constraint('tc:TimeConstraint', '<tc:StartTime>2030-01-01T00:00:00Z</tc:StartTime>'),
			'ELEMENT_MISSING',
		],
		['a Duration in years', window('<ws:Duration>P1Y</ws:Duration>'), 'DURATION_INEXACT'],
		['a Duration of nothing', window('<ws:Duration>PT0S</ws:Duration>'), 'DURATION_EMPTY'],
		['a Duration of less', window('<ws:Duration>-PT1H</ws:Duration>'), 'DURATION_EMPTY'],
		['a Duration of years below none', window('<ws:Duration>-P1Y</ws:Duration>'), 'DURATION_EMPTY'],
		['a Duration of no years and no time', window('<ws:Duration>-P0YT0S</ws:Duration>'), 'DURATION_EMPTY'],
		['a Duration beyond 2^53', window('<ws:Duration>P999999999999999D</ws:Duration>'), 'NUMBER_TOO_LARGE'],
		['a start that is no time', window(`<ws:StartTime>noon</ws:StartTime>${HOUR}`), 'VALUE_MALFORMED'],
		[
			'a TimeConstraint that ends before it begins',
			constraint(
				'tc:TimeConstraint',
				'<tc:StartTime>2030-01-02T00:00:00Z</tc:StartTime><tc:EndTime>2030-01-01T00:00:00Z</tc:EndTime>',
			),
			'DURATION_EMPTY',
		],
	])('%s is an issue', (_name, xml, code) => {
		expect(codesOf(requestOf({ window: xml }))).toEqual([code]);
	});
});

describe('the workspace', () => {
	test('is read with its defaults', () => {
		const read = request({});
		expect(read.workspace).toEqual({
			imageName: 'guest',
			imageDigest: DIGEST,
			cpuSharePercent: 100,
			endAction: 'shutdown',
			retentionSeconds: 0,
		});
		expect(read.workspacePath).toBe(`${TERMS}[3]/ws:Workspace`);
	});

	test('is read in full', () => {
		const xml = workspace(
			'<ws:SSHPublicKey> ssh-ed25519 AAAA me </ws:SSHPublicKey><ws:CPUShare>25</ws:CPUShare><ws:EndAction retention="P7D">save</ws:EndAction>',
		);
		expect(request({ workspace: xml }).workspace).toEqual({
			imageName: 'guest',
			imageDigest: DIGEST,
			sshPublicKey: 'ssh-ed25519 AAAA me',
			cpuSharePercent: 25,
			endAction: 'save',
			retentionSeconds: 604_800,
		});
	});

	test.each<[string, string, ChangeTerm]>([
		['nothing said', '<ws:Change/>', {}],
		['one of both', '<ws:Change move="forbid"/>', { move: 'forbid' }],
		['both', '<ws:Change restart="allow" move="forbid"/>', { restart: 'allow', move: 'forbid' }],
	])('has read what a change of it may do: %s', (_, xml, change) => {
		expect(request({ workspace: workspace(xml) }).workspace.change).toEqual(change);
	});

	test.each<[string, string, PlacementTerm]>([
		['nothing said', '<ws:Placement/>', { strategy: 'pack', labels: {} }],
		[
			'all of it',
			'<ws:Placement strategy="spread" machinesPerHostMax="2"><ws:Label name="zone"> a b </ws:Label><ws:Label name="rack">7</ws:Label></ws:Placement>',
			{ strategy: 'spread', machinesPerHostMax: 2, labels: { zone: 'a b', rack: '7' } },
		],
	])('has its placement read: %s', (_, xml, placement) => {
		expect(request({ workspace: workspace(xml) }).workspace.placement).toEqual(placement);
	});

	const label = (name: string, value = 'x'): string => `<ws:Label name="${name}">${value}</ws:Label>`;

	test.each([
		['a permission that is none', '<ws:Change restart="perhaps"/>', ['VALUE_MALFORMED']],
		['a strategy that nobody knows', '<ws:Placement strategy="stack"/>', ['VALUE_MALFORMED']],
		['no machine on a host', '<ws:Placement machinesPerHostMax="0"/>', ['VALUE_MALFORMED']],
		['half a machine on a host', '<ws:Placement machinesPerHostMax="1.5"/>', ['VALUE_MALFORMED']],
		['a label without a name', '<ws:Placement><ws:Label>a</ws:Label></ws:Placement>', ['ATTRIBUTE_MISSING']],
		['a label with a blank in its name', `<ws:Placement>${label('a b')}</ws:Placement>`, ['VALUE_MALFORMED']],
		['a label without a value', `<ws:Placement>${label('zone', ' ')}</ws:Placement>`, ['VALUE_MALFORMED']],
		['two zones', `<ws:Placement>${label('zone')}${label('zone', 'y')}</ws:Placement>`, ['ELEMENT_REPEATED']],
		[
			'more labels than any host has',
			`<ws:Placement>${Array.from({ length: 33 }, (_, i) => label(`l${i}`)).join('')}</ws:Placement>`,
			['ELEMENTS_TOO_MANY'],
		],
	])('%s is an issue', (_, xml, codes) => {
		expect(codesOf(requestOf({ workspace: workspace(xml) }))).toEqual(codes);
	});

	test.each<[name: string, workspace: string, code: string]>([
		['a digest in capitals', workspace('', DIGEST.replaceAll('0', 'A')), 'VALUE_MALFORMED'],
		['a digest of another kind', workspace('', 'md5:0'), 'VALUE_MALFORMED'],
		['no digest', '<ws:Workspace><ws:Image>guest</ws:Image></ws:Workspace>', 'ATTRIBUTE_MISSING'],
		['no image', '<ws:Workspace></ws:Workspace>', 'ELEMENT_MISSING'],
		['a share of nothing', workspace('<ws:CPUShare>0</ws:CPUShare>'), 'VALUE_MALFORMED'],
		['more than one CPU for a CPU', workspace('<ws:CPUShare>101</ws:CPUShare>'), 'VALUE_MALFORMED'],
		['an end that nobody knows', workspace('<ws:EndAction>explode</ws:EndAction>'), 'VALUE_MALFORMED'],
		['a pause without retention', workspace('<ws:EndAction>pause</ws:EndAction>'), 'RETENTION_CONTRADICTS'],
		[
			'a retention of what is destroyed',
			workspace('<ws:EndAction retention="P1D">destroy</ws:EndAction>'),
			'RETENTION_CONTRADICTS',
		],
		['a retention in months', workspace('<ws:EndAction retention="P1M">save</ws:EndAction>'), 'DURATION_INEXACT'],
		['a key of control characters', workspace('<ws:SSHPublicKey>ssh\u0085rsa</ws:SSHPublicKey>'), 'VALUE_MALFORMED'],
	])('%s is an issue', (_name, xml, code) => {
		expect(codesOf(requestOf({ workspace: xml }))).toEqual([code]);
	});

	test('a key of 8192 characters is taken, one of more is not', () => {
		const ofLength = (length: number): OfferParts => ({
			workspace: workspace(`<ws:SSHPublicKey>${'k'.repeat(length)}</ws:SSHPublicKey>`),
		});
		expect(codesOf(requestOf(ofLength(8192)))).toEqual([]);
		expect(codesOf(requestOf(ofLength(8193)))).toEqual(['VALUE_MALFORMED']);
	});

	test('a key on two lines becomes one line', () => {
		expect(
			request({ workspace: workspace('<ws:SSHPublicKey>ssh-rsa A\ncommand="x" ssh-rsa B</ws:SSHPublicKey>') }).workspace
				.sshPublicKey,
		).not.toContain('\n');
	});
});
