import { describe, expect, test } from 'vitest';
import { jobDefinitionsWithin, readJobDocument } from '../../src/agreement/jsdl/job-document.ts';
import { exact, treeOf } from './documents.ts';

function job(resources = ''): string {
	const description = `<jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription>`;
	return `<jsdl:JobDefinition>${description}</jsdl:JobDefinition>`;
}

describe('the JobDefinitions of a document', () => {
	const cases: [name: string, text: string, paths: string[]][] = [
		['the document itself', job(), ['/jsdl:JobDefinition']],
		['one in a wrapper of somebody’s own', `<x:Job>${job()}</x:Job>`, ['/x:Job/jsdl:JobDefinition']],
		[
			'several, in document order and at different depths',
			`<x:Jobs>${job()}<x:Group>${job()}</x:Group>${job()}</x:Jobs>`,
			['/x:Jobs/jsdl:JobDefinition[1]', '/x:Jobs/x:Group/jsdl:JobDefinition', '/x:Jobs/jsdl:JobDefinition[2]'],
		],
		[
			'not one inside another: that is an extension of the outer',
			`<jsdl:JobDefinition><jsdl:JobDescription></jsdl:JobDescription><x:Was>${job()}</x:Was></jsdl:JobDefinition>`,
			['/jsdl:JobDefinition'],
		],
		['none of another namespace', '<x:JobDefinition></x:JobDefinition>', []],
	];
	test.each(cases)('%s', (_name, text, paths) => {
		expect(jobDefinitionsWithin(treeOf(text)).map(({ path }) => path)).toEqual(paths);
	});

	test('five hundred are read each by itself', () => {
		const jobs = Array.from({ length: 500 }, (_, index) => job(exact('TotalResourceCount', index + 1)));
		const readings = readJobDocument(treeOf(`<x:Jobs>${jobs.join('')}</x:Jobs>`));
		expect(readings.map(({ resources }) => resources.demands.machineCount?.range.intervals[0]?.lower)).toEqual(
			Array.from({ length: 500 }, (_, index) => index + 1),
		);
		expect(readings.flatMap(({ issues }) => issues)).toEqual([]);
	});

	test('what is wrong, strange and not done here stays with its own job, and apart', () => {
		const wrong = job(exact('IndividualCPUCount', 'four'));
		const strange = job('<jsdl:IndividualCPUCount></jsdl:IndividualCPUCount>');
		const unsupported = job('<x:Accelerator></x:Accelerator>');
		const readings = readJobDocument(treeOf(`<x:Jobs>${wrong}${strange}${unsupported}</x:Jobs>`));
		const kinds = readings.map(({ issues, remarks, unsupported }) => [
			issues.map(({ code }) => code),
			remarks.map(({ code }) => code),
			unsupported.map(({ subject }) => subject),
		]);
		expect(kinds).toEqual([
			[['VALUE_MALFORMED'], [], []],
			[[], ['RANGE_SAYS_NOTHING'], []],
			[[], [], ['x:Accelerator']],
		]);
	});
});
