import { describe, expect, test } from 'vitest';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { readApplication } from '../../src/agreement/jsdl/application.ts';
import { type JobReading, readJobDocument } from '../../src/agreement/jsdl/job-document.ts';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { exact, treeOf } from './documents.ts';

const HPCPA = 'http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcpa';
const SPMD = 'xmlns:spmd="http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd"';

function read(application: string, resources = ''): JobReading {
	const job = `<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Application>${application}</jsdl:Application><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`;
	return readJobDocument(treeOf(job))[0]!;
}

function spmd(processes: string): string {
	return `<spmd:SPMDApplication ${SPMD}><posix:Executable>tides</posix:Executable>${processes}<spmd:SPMDVariation>urn:x:mpi</spmd:SPMDVariation></spmd:SPMDApplication>`;
}

describe('a program', () => {
	test('keeps the white space of its arguments, and empty ones', () => {
		const posix = `<posix:POSIXApplication><posix:Executable>sh</posix:Executable><posix:Argument> a  b </posix:Argument><posix:Argument></posix:Argument></posix:POSIXApplication>`;
		const notes: { issues: DocumentIssue[]; remarks: DocumentIssue[] } = { issues: [], remarks: [] };
		expect(readApplication(placeOfRoot(treeOf(posix)), notes)).toMatchObject({
			kind: 'POSIXApplication',
			executable: 'sh',
			arguments: [' a  b ', ''],
		});
		expect(notes).toEqual({ issues: [], remarks: [] });
	});

	test('of the POSIX vocabulary is refused limit by limit, each with what to ask for instead', () => {
		const { issues, unsupported } = read(
			`<posix:POSIXApplication><posix:Executable>/bin/tides</posix:Executable><posix:Argument>x</posix:Argument><posix:WallTimeLimit>3600</posix:WallTimeLimit><posix:MemoryLimit>67108864</posix:MemoryLimit><posix:PipeSizeLimit>1</posix:PipeSizeLimit></posix:POSIXApplication>`,
		);
		expect(issues).toEqual([]);
		const path = '/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Application/posix:POSIXApplication';
		expect(unsupported).toMatchObject([
			{ path, subject: 'posix:POSIXApplication', why: expect.stringContaining('/bin/tides with 1 argument') },
			{ path: `${path}/posix:WallTimeLimit`, subject: 'WallTimeLimit 3600', why: expect.stringContaining('Duration') },
			{
				path: `${path}/posix:MemoryLimit`,
				subject: 'MemoryLimit 67108864',
				why: expect.stringContaining('IndividualPhysicalMemory'),
			},
			{ path: `${path}/posix:PipeSizeLimit`, subject: 'PipeSizeLimit 1' },
		]);
	});

	test.each([
		['its own namespace', HPCPA, []],
		['that of the OGF', 'http://schemas.ogf.org/jsdl/2006/07/jsdl-hpcpa', ['NAMESPACE_VARIANT']],
		['that of old Genesis II', 'http://schemas.ggf.org/jsdl/2006/07/jsdl-hpcp', ['NAMESPACE_VARIANT']],
	])('of the HPC profile is recognised in %s', (_name, namespace, codes) => {
		const { issues, remarks, unsupported } = read(
			`<h:HPCProfileApplication xmlns:h="${namespace}"><h:Executable>tides</h:Executable></h:HPCProfileApplication>`,
		);
		expect(issues).toEqual([]);
		expect(remarks.map(({ code }) => code)).toEqual(codes);
		expect(unsupported).toMatchObject([
			{ subject: 'h:HPCProfileApplication', why: expect.stringContaining('it would start tides') },
		]);
	});

	test('of a vocabulary that nobody knows is called that', () => {
		const { unsupported } = read('<x:SDL_Type></x:SDL_Type>');
		expect(unsupported).toMatchObject([{ subject: 'x:SDL_Type', why: expect.stringContaining('nobody here knows') }]);
	});
});

describe('as many processes of one program', () => {
	test('are advised of the machines that they take', () => {
		const { issues, remarks, unsupported } = read(
			spmd('<spmd:NumberOfProcesses>20</spmd:NumberOfProcesses><spmd:ProcessesPerHost>8</spmd:ProcessesPerHost>'),
		);
		expect([issues, remarks]).toEqual([[], []]);
		expect(unsupported).toMatchObject([{ why: expect.stringContaining('ask for TotalResourceCount 3') }]);
	});

	const processes = (count: number, perHost: number, threads = ''): string =>
		spmd(
			`<spmd:NumberOfProcesses>${count}</spmd:NumberOfProcesses><spmd:ProcessesPerHost>${perHost}</spmd:ProcessesPerHost>${threads}`,
		);
	const threads = '<spmd:ThreadsPerProcess>2</spmd:ThreadsPerProcess>';
	const cases: [name: string, application: string, resources: string, remarks: object[]][] = [
		['go together with as many machines', processes(64, 8), exact('TotalResourceCount', 8), []],
		[
			'do not with fewer',
			processes(64, 8),
			exact('TotalResourceCount', 4),
			[{ code: 'PROCESSES_MISMATCH', found: '8', allowed: '4' }],
		],
		['go together with as many CPUs in each', processes(8, 4), exact('IndividualCPUCount', 4), []],
		[
			'share the CPUs where there are fewer',
			processes(8, 4, threads),
			exact('IndividualCPUCount', 4),
			[{ code: 'PROCESSES_MISMATCH', found: '8', allowed: '4' }],
		],
		[
			'follow from the CPUs where the standard says so',
			spmd(
				'<spmd:NumberOfProcesses actualtotalcpucount="true" xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"></spmd:NumberOfProcesses><spmd:ProcessesPerHost>1</spmd:ProcessesPerHost>',
			),
			exact('TotalResourceCount', 8),
			[],
		],
	];
	test.each(cases)('%s', (_name, application, resources, expected) => {
		const { issues, remarks } = read(application, resources);
		expect(issues).toEqual([]);
		expect(remarks).toMatchObject(expected);
		expect(remarks).toHaveLength(expected.length);
	});

	test('are counted in whole numbers of at least 1', () => {
		expect(read(spmd('<spmd:ProcessesPerHost>0</spmd:ProcessesPerHost>')).issues).toMatchObject([
			{ code: 'VALUE_MALFORMED', found: '0' },
		]);
	});
});
