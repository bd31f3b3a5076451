import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOfRoot } from '../../src/agreement/document.ts';
import { readJobDocument } from '../../src/agreement/jsdl/job-document.ts';
import { countSweptJobs, expandSweep, readParameterSweep } from '../../src/agreement/jsdl/sweep.ts';
import { readSweptDocument } from '../../src/agreement/jsdl/sweep-document.ts';
import type { DocumentIssue, XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { offerXml, term, treeOf } from './documents.ts';

const SWEEP =
	'xmlns:sweep="http://schemas.ogf.org/jsdl/2009/03/sweep" xmlns:f="http://schemas.ogf.org/jsdl/2009/03/sweep/functions"';

function node(match: string, bindings = ''): string {
	return `<sweep:DocumentNode>${bindings}<sweep:Match>${match}</sweep:Match></sweep:DocumentNode>`;
}

function values(...all: string[]): string {
	return `<f:Values>${all.map((value) => `<f:Value>${value}</f:Value>`).join('')}</f:Values>`;
}

function loop(kind: string, attributes: string, exceptions = ''): string {
	return `<f:${kind} ${attributes}>${exceptions}</f:${kind}>`;
}

function assignment(parameters: string, values: string): string {
	return `<sweep:Assignment>${parameters}${values}</sweep:Assignment>`;
}

function sweep(content: string): string {
	return `<sweep:Sweep ${SWEEP}>${content}</sweep:Sweep>`;
}

/** A job whose name, project and note can be swept over. */
function job(sweeps: string): XmlElement {
	return treeOf(
		`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:JobIdentification><jsdl:JobName>n</jsdl:JobName><jsdl:JobProject x:note="o">p</jsdl:JobProject></jsdl:JobIdentification></jsdl:JobDescription>${sweeps}</jsdl:JobDefinition>`,
	);
}

const NAME = node('//jsdl:JobName');
const PROJECT = node('/jsdl:JobDefinition/jsdl:JobDescription/jsdl:JobIdentification/jsdl:JobProject');
const NOTE = node('//jsdl:JobProject/@x:note');

/** `name/project/note` of every job, or the codes of what is wrong. */
function expand(sweeps: string): string[] {
	const reading = readParameterSweep(placeOfRoot(job(sweeps)));
	if (!reading.ok) return reading.issues.map(({ code }) => code);
	const jobs = [...expandSweep(reading.value)].map(({ jobDefinition }) => {
		const text = writeCanonical(jobDefinition);
		expect(text).not.toContain('Sweep');
		return [/<jsdl:JobName>(.*)<\/jsdl:JobName>/, /<jsdl:JobProject[^>]*>(.*)<\/jsdl:JobProject>/, /x:note="(.*?)"/]
			.map((part) => part.exec(text)?.[1])
			.join('/');
	});
	expect(reading.value.count).toBe(BigInt(jobs.length));
	expect(countSweptJobs(placeOfRoot(job(sweeps)))).toEqual({ ok: true, value: reading.value.count });
	return jobs;
}

describe('what a parameter sweep stands for', () => {
	const cases: [name: string, sweeps: string, jobs: string[]][] = [
		['nothing but the job itself without a Sweep', '', ['n/p/o']],
		['one job a value', sweep(assignment(NAME, values('a', 'b'))), ['a/p/o', 'b/p/o']],
		['a value of an attribute', sweep(assignment(NOTE, values('a', 'b'))), ['n/p/a', 'n/p/b']],
		['an empty value', sweep(assignment(NAME, values(''))), ['/p/o']],
		['one value in several places', sweep(assignment(NAME + PROJECT, values('a', 'b'))), ['a/a/o', 'b/b/o']],
		[
			'assignments that step together',
			sweep(assignment(NAME, values('a', 'b')) + assignment(PROJECT, loop('LoopInteger', 'start="1" end="2"'))),
			['a/1/o', 'b/2/o'],
		],
		[
			'a sweep inside another: all of it for each step',
			sweep(assignment(NAME, values('a', 'b')) + sweep(assignment(PROJECT, values('1', '2', '3')))),
			['a/1/o', 'a/2/o', 'a/3/o', 'b/1/o', 'b/2/o', 'b/3/o'],
		],
		[
			'sweeps side by side inside another: one after the other',
			sweep(
				assignment(NAME, values('a')) + sweep(assignment(PROJECT, values('1'))) + sweep(assignment(NOTE, values('2'))),
			),
			['a/1/o', 'a/p/2'],
		],
		[
			'several sweeps of one job: one after the other',
			sweep(assignment(NAME, values('a'))) + sweep(assignment(PROJECT, values('1', '2'))),
			['a/p/o', 'n/1/o', 'n/2/o'],
		],
		[
			'the inner value where both name one place',
			sweep(assignment(NAME, values('a')) + sweep(assignment(NAME, values('b')))),
			['b/p/o'],
		],
		[
			'prefixes as the parameter binds them',
			sweep(
				assignment(
					node(
						'//q:JobName',
						'<sweep:NamespaceBinding prefix="q" ns="http://schemas.ggf.org/jsdl/2005/11/jsdl"></sweep:NamespaceBinding>',
					),
					values('a'),
				),
			),
			['a/p/o'],
		],
		['no job where a loop runs through nothing', sweep(assignment(NAME, loop('LoopInteger', 'start="2" end="1"'))), []],
	];
	test.each(cases)('%s', (_name, sweeps, jobs) => {
		expect(expand(sweeps)).toEqual(jobs);
	});

	const loops: [name: string, text: string, run: string[]][] = [
		['both ends of a loop', loop('LoopInteger', 'start="-1" end="2"'), ['-1', '0', '1', '2']],
		['a step that misses the end', loop('LoopInteger', 'start="1" end="6" step="2"'), ['1', '3', '5']],
		[
			'exceptions, as attributes and as text, and those that are never met',
			loop(
				'LoopInteger',
				'start="1" end="7" step="2"',
				'<f:Exception value="3"></f:Exception><f:Exception> 7 </f:Exception><f:Exception value="4"></f:Exception><f:Exception value="9"></f:Exception>',
			),
			['1', '5'],
		],
		[
			'tenths as they are written, and the last of them',
			loop('LoopDouble', 'start="0" end="1.0" step=".1"', '<f:Exception value="5e-1"></f:Exception>'),
			['0', '0.1', '0.2', '0.3', '0.4', '0.6', '0.7', '0.8', '0.9', '1'],
		],
		['numbers with exponents', loop('LoopDouble', 'start="1e2" end="1.2e2" step="1e1"'), ['100', '110', '120']],
		['negative fractions', loop('LoopDouble', 'start="-0.5" end="0.5" step="0.5"'), ['-0.5', '0', '0.5']],
		[
			'whole numbers that no double holds',
			loop('LoopInteger', 'start="9007199254740993" end="9007199254740995"'),
			['9007199254740993', '9007199254740994', '9007199254740995'],
		],
	];
	test.each(loops)('%s', (_name, text, run) => {
		expect(expand(sweep(assignment(NAME, text)))).toEqual(run.map((value) => `${value}/p/o`));
	});

	test('elements as values, with the declarations that they need', () => {
		const element = '<y:part xmlns:y="urn:y">1</y:part>';
		const reading = readParameterSweep(
			placeOfRoot(job(sweep(assignment(node('//jsdl:JobIdentification'), values(element, 'text'))))),
		);
		expect(reading.ok).toBe(true);
		if (!reading.ok) return;
		const [first, second] = [...expandSweep(reading.value)].map(({ jobDefinition }) => writeCanonical(jobDefinition));
		expect(first).toContain('<jsdl:JobIdentification><y:part xmlns:y="urn:y">1</y:part></jsdl:JobIdentification>');
		expect(second).toContain('>text</jsdl:JobIdentification>');
	});

	test('nothing times billions is nothing, at once', () => {
		const many = loop('LoopInteger', 'start="1" end="1000000000000"');
		const none = loop('LoopInteger', 'start="2" end="1"');
		expect(expand(sweep(assignment(NAME, many) + sweep(assignment(PROJECT, none))))).toEqual([]);
	});

	test('more jobs than anybody makes are counted all the same, at once', () => {
		const many = loop('LoopInteger', 'start="1" end="1000000000000"');
		const deep = sweep(assignment(NAME, many) + sweep(assignment(PROJECT, many) + sweep(assignment(NOTE, many))));
		const reading = readParameterSweep(placeOfRoot(job(deep)));
		expect(reading.ok && reading.value.count).toBe(10n ** 36n);
		if (!reading.ok) return;
		const first = expandSweep(reading.value).next();
		expect(first.done === true ? [] : first.value.values.map(({ value }) => value)).toEqual(['1', '1', '1']);
	});
});

describe('a sweep that is not in order', () => {
	const cases: [name: string, sweeps: string, issue: object][] = [
		[
			'assignments with different numbers of values',
			sweep(assignment(NAME, values('a', 'b')) + assignment(PROJECT, values('1'))),
			{
				code: 'SWEEP_UNEVEN',
				path: '/jsdl:JobDefinition/sweep:Sweep/sweep:Assignment[2]',
				found: '1 values',
				allowed: '2 values',
			},
		],
		[
			'a Match that selects nothing',
			sweep(assignment(node('//jsdl:HostName'), values('a'))),
			{
				code: 'LOCATION_SELECTS_NOTHING',
				path: '/jsdl:JobDefinition/sweep:Sweep/sweep:Assignment/sweep:DocumentNode/sweep:Match',
			},
		],
		[
			'a function of XPath',
			sweep(assignment(node('substring(//jsdl:JobName, 1, 2)'), values('a'))),
			{ code: 'LOCATION_REFUSED', found: 'substring(//jsdl:JobName, 1, 2)' },
		],
		['an undeclared prefix', sweep(assignment(node('//q:JobName'), values('a'))), { code: 'LOCATION_REFUSED' }],
		[
			'a Match of the sweep itself, which no job has',
			sweep(assignment(node('//sweep:Match'), values('a'))),
			{ code: 'LOCATION_SELECTS_NOTHING' },
		],
		[
			'a function that nobody knows',
			sweep(assignment(NAME, '<x:Primes></x:Primes>')),
			{ code: 'ELEMENT_UNKNOWN', found: 'x:Primes' },
		],
		[
			'a parameter that nobody knows',
			sweep(assignment('<x:Line></x:Line>', values('a'))),
			{ code: 'ELEMENT_UNKNOWN', found: 'x:Line' },
		],
		['no assignment', sweep(''), { code: 'ELEMENT_MISSING' }],
		['no function', sweep(assignment(NAME, '')), { code: 'ELEMENT_MISSING' }],
		[
			'elements for an attribute',
			sweep(assignment(NOTE, values('<x:a></x:a>'))),
			{ code: 'VALUE_MALFORMED', allowed: 'values of text alone' },
		],
		['a loop without an end', sweep(assignment(NAME, loop('LoopInteger', 'start="1"'))), { code: 'ATTRIBUTE_MISSING' }],
		[
			'fractions in a loop over whole numbers',
			sweep(assignment(NAME, loop('LoopInteger', 'start="1" end="1.5"'))),
			{ code: 'VALUE_MALFORMED', found: '1.5', allowed: 'a whole number' },
		],
		[
			'an endless loop',
			sweep(assignment(NAME, loop('LoopDouble', 'start="1" end="INF" step="1"'))),
			{ code: 'VALUE_MALFORMED', found: 'INF' },
		],
		[
			'a loop that stands still',
			sweep(assignment(NAME, loop('LoopDouble', 'start="1" end="2" step="0"'))),
			{ code: 'VALUE_MALFORMED', found: '0', allowed: 'more than 0' },
		],
		[
			'a number of more digits than anybody counts with',
			sweep(assignment(NAME, loop('LoopInteger', `start="${'9'.repeat(51)}" end="1"`))),
			{ code: 'NUMBER_TOO_LARGE' },
		],
		[
			'an exponent that would fill the memory',
			sweep(assignment(NAME, loop('LoopDouble', 'start="1" end="1e300" step="1"'))),
			{ code: 'NUMBER_TOO_LARGE', found: '1e300' },
		],
		[
			'elements in the place of a value',
			sweep(assignment(NAME, values('<jsdl:x></jsdl:x>t'))),
			{ code: 'VALUE_MALFORMED', found: '//jsdl:JobName', message: 'JobName takes no elements as its value.' },
		],
	];
	test.each(cases)('%s', (_name, sweeps, issue) => {
		const reading = readParameterSweep(placeOfRoot(job(sweeps)));
		expect(reading.ok ? [] : reading.issues).toMatchObject([issue]);
	});
});

describe('loops', () => {
	test('run through what counting in whole thousandths finds', () => {
		const thousandths = fc.integer({ min: -3000, max: 3000 });
		const question = fc.record({
			start: thousandths,
			end: thousandths,
			step: fc.integer({ min: 1, max: 900 }),
			exceptions: fc.array(thousandths, { maxLength: 5 }),
		});
		fc.assert(
			fc.property(question, ({ start, end, step, exceptions }) => {
				const written = (value: number): string => (value / 1000).toString();
				const text = loop(
					'LoopDouble',
					`start="${written(start)}" end="${written(end)}" step="${written(step)}"`,
					exceptions.map((value) => `<f:Exception value="${written(value)}"></f:Exception>`).join(''),
				);
				const expected: number[] = [];
				for (let value = start; value <= end; value += step) if (!exceptions.includes(value)) expected.push(value);
				expect(expand(sweep(assignment(NAME, text)))).toEqual(expected.map((value) => `${written(value)}/p/o`));
			}),
		);
	});
});

describe('sweeps in documents', () => {
	const swept = (match: string, ...all: string[]): string => sweep(assignment(node(match), values(...all)));
	const jobTerm = (name: string, count: number, ...all: string[]): string =>
		term(
			name,
			`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources><jsdl:TotalResourceCount><jsdl:Exact>${count}</jsdl:Exact></jsdl:TotalResourceCount></jsdl:Resources></jsdl:JobDescription>${swept('//jsdl:Exact', ...all)}</jsdl:JobDefinition>`,
		);

	test('an offer becomes an offer for every choice', () => {
		const offer = treeOf(offerXml({ terms: jobTerm('one', 0, '1', '2') + jobTerm('two', 0, '3', '4') }));
		const reading = readSweptDocument(offer);
		expect(reading.ok && reading.value.count).toBe(4n);
		if (!reading.ok) return;
		const counts = [...reading.value.documents()].map(({ tree }) => {
			expect(tree.localName).toBe('AgreementOffer');
			return [...writeCanonical(tree).matchAll(/<jsdl:Exact>(\d)/g)].map(([, count]) => count).join('');
		});
		expect(counts).toEqual(['13', '14', '23', '24']);
	});

	test('an offer of which one part stands for no job becomes none, at once', () => {
		const loops = (end: string): string =>
			sweep(assignment(node('//jsdl:Exact'), loop('LoopInteger', `start="1" end="${end}"`)));
		const part = (name: string, end: string): string =>
			jobTerm(name, 0, '1').replace(swept('//jsdl:Exact', '1'), loops(end));
		const reading = readSweptDocument(treeOf(offerXml({ terms: part('one', '1000000000000') + part('two', '0') })));
		expect(reading.ok && reading.value.count).toBe(0n);
		expect(reading.ok && [...reading.value.documents()]).toEqual([]);
	});

	test('JobDefinitions that are wrapped become JobDefinitions, with the namespaces of their wrapper', () => {
		const job = (sweeps: string) =>
			`<jsdl:JobDefinition><jsdl:JobDescription><z:a>0</z:a></jsdl:JobDescription>${sweeps}</jsdl:JobDefinition>`;
		const wrapped = treeOf(`<x:Jobs xmlns:z="urn:z">${job(swept('//z:a', '1', '2'))}${job('')}</x:Jobs>`);
		const reading = readSweptDocument(wrapped);
		expect(reading.ok && reading.value.count).toBe(3n);
		if (!reading.ok) return;
		const trees = [...reading.value.documents()].map(({ tree }) => writeCanonical(tree));
		expect(trees.map((text) => /<z:a[^>]*>(\d)/.exec(text)?.[1])).toEqual(['1', '2', '0']);
		for (const text of trees) expect(text).toMatch(/^<jsdl:JobDefinition[^>]* xmlns:jsdl=.*xmlns:z="urn:z"/);
	});

	test.each([
		['of the draft', job('<d:Sweep xmlns:d="http://schemas.ogf.org/jsdl/2007/01/jsdl-sweep"/>'), 'd:Sweep'],
		['without its Sweep', job(`<sweep:Assignment ${SWEEP}/>`), 'sweep:Assignment'],
		[
			'in another place',
			treeOf(
				`<jsdl:JobDefinition><jsdl:JobDescription><sweep:Sweep ${SWEEP}/></jsdl:JobDescription></jsdl:JobDefinition>`,
			),
			'jsdl:JobDescription/sweep:Sweep',
		],
	])('a sweep %s is refused, not passed over', (_name, root, at) => {
		expect(readSweptDocument(root)).toMatchObject({
			ok: false,
			issues: [{ code: 'ELEMENT_UNKNOWN', path: `/jsdl:JobDefinition/${at}` }],
		});
	});

	test('a document without any JobDefinition says so', () => {
		const reading = readSweptDocument(treeOf('<x:a></x:a>'));
		const issues: readonly DocumentIssue[] = reading.ok ? [] : reading.issues;
		expect(issues).toMatchObject([{ code: 'ELEMENT_MISSING' }]);
	});

	test('in an offer a sweep is counted and refused, and says what to do', () => {
		const [reading] = readJobDocument(job(swept('//jsdl:JobName', 'a', 'b', 'c')));
		expect(reading?.issues).toEqual([]);
		expect(reading?.unsupported).toMatchObject([
			{
				path: '/jsdl:JobDefinition/sweep:Sweep',
				subject: 'sweep:Sweep',
				why: expect.stringContaining('stands for 3 jobs; send one offer for each (computon expand'),
			},
		]);
	});

	test('in an offer a broken sweep is an issue, and one of the draft is named', () => {
		const uneven = assignment(NAME, values('a')) + assignment(PROJECT, values('b', 'c'));
		const [broken] = readJobDocument(job(sweep(uneven)));
		expect(broken?.issues).toMatchObject([{ code: 'SWEEP_UNEVEN' }]);
		const [draft] = readJobDocument(
			job('<d:Sweep xmlns:d="http://schemas.ogf.org/jsdl/2007/01/jsdl-sweep"></d:Sweep>'),
		);
		expect(draft?.unsupported).toMatchObject([{ subject: 'd:Sweep', why: expect.stringContaining('2009/03/sweep') }]);
	});
});
