/** Lenient reading of elements in the wrong parent, and of JobDefinitions that are wrapped within a term. */
import { describe, expect, test } from 'vitest';
import { contentModel } from '../../src/agreement/lenient/content-models.ts';
import { JSDL } from '../../src/agreement/names.ts';
import { isSameDocument } from '../../src/agreement/same-document.ts';
import type { Reading } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { treeOf, valueIn } from './documents.ts';
import { GUARANTEE, job, offer } from './lenient-documents.ts';
import { readLeniently } from './lenient-readings.ts';

const told = ({ issues = [] }: Reading<XmlElement>) => issues.map(({ code, path, used }) => [code, path, used]);
const repairs = ({ issues = [] }: Reading<XmlElement>) => issues.map(({ code, found, used }) => [code, found, used]);
const written = (reading: Reading<XmlElement>) => writeCanonical(valueIn(reading));

const resources = (content: string) => job(`<j:Resources>${content}</j:Resources>`);
const hosts = (more = '') => `<j:CandidateHosts><j:HostName>a</j:HostName>${more}</j:CandidateHosts>`;
const system = (name: string) =>
	`<j:OperatingSystem><j:OperatingSystemType><j:OperatingSystemName>${name}</j:OperatingSystemName></j:OperatingSystemType></j:OperatingSystem>`;
const cpus = (count: number) => `<j:TotalCPUCount><j:Exact>${count}</j:Exact></j:TotalCPUCount>`;
const AT = '/j:JobDefinition/j:JobDescription';

describe('an element in the wrong parent', () => {
	const CONTENT: Readonly<Record<string, string>> = {
		CandidateHosts: hosts(),
		FileSystem: '<j:FileSystem name="A"/><j:FileSystem name="B"/>',
		ExclusiveExecution: '<j:ExclusiveExecution>true</j:ExclusiveExecution>',
		OperatingSystem: system('LINUX'),
		CPUArchitecture: '<j:CPUArchitecture><j:CPUArchitectureName>arm</j:CPUArchitectureName></j:CPUArchitecture>',
	};
	const names = contentModel(JSDL, 'Resources')!.children.map(({ localName }) => localName);
	const contentOf = (name: string) => CONTENT[name] ?? `<j:${name}><j:Exact>2</j:Exact></j:${name}>`;

	test.each(names)('%s is read as one of Resources, beside them, or in one of them', (name) => {
		const other = name === 'ExclusiveExecution' ? cpus(3) : '<j:ExclusiveExecution>false</j:ExclusiveExecution>';
		const meant = (more: string) => valueIn(readLeniently(resources(`x${more}`)));
		const inOrder = name === 'CandidateHosts' || name === 'FileSystem' || name === 'ExclusiveExecution';
		const together = inOrder ? contentOf(name) + other : other + contentOf(name);
		for (const [text, content] of [
			[job(contentOf(name)), contentOf(name)],
			[job(`${contentOf(name)}<j:Resources>${other}</j:Resources>`), together],
			[resources(`<j:FileSystem name="C">${contentOf(name)}</j:FileSystem>`), undefined],
		] as const) {
			const reading = readLeniently(text);
			expect(reading.ok, JSON.stringify(reading.issues)).toBe(true);
			const moved = reading.issues?.filter(({ code }) => code === 'ELEMENT_PLACE');
			expect(moved?.length).toBe(name === 'FileSystem' ? 2 : 1);
			expect(moved?.[0]).toMatchObject({ severity: 'warning', used: `${name} in Resources`, line: 1 });
			if (content !== undefined) expect(isSameDocument(valueIn(reading), meant(content))).toBe(true);
		}
	});

	test.each([
		[
			'among the hosts, as gUSE writes it',
			resources(hosts(system('LINUX')) + cpus(2)),
			resources(hosts() + system('LINUX') + cpus(2)),
			[['ELEMENT_PLACE', `${AT}/j:Resources/j:CandidateHosts/j:OperatingSystem`, 'OperatingSystem in Resources']],
		],
		[
			'among hosts that are none then: nothing is left of them',
			resources(`<j:CandidateHosts>${system('LINUX')}</j:CandidateHosts>`),
			resources(system('LINUX')),
			[
				['ELEMENT_PLACE', `${AT}/j:Resources/j:CandidateHosts/j:OperatingSystem`, 'OperatingSystem in Resources'],
				['ELEMENT_EMPTY', `${AT}/j:Resources/j:CandidateHosts`, 'nothing'],
			],
		],
		[
			'twice, and both say the same',
			resources(hosts(system('LINUX')) + system('LINUX')),
			resources(hosts() + system('LINUX')),
			[
				[
					'ELEMENT_PLACE',
					`${AT}/j:Resources/j:CandidateHosts/j:OperatingSystem`,
					`${AT}/j:Resources/j:OperatingSystem, which says the same`,
				],
			],
		],
		[
			'two hosts without the element around them',
			resources('<j:HostName>a</j:HostName><j:HostName>b</j:HostName>'),
			resources('<j:CandidateHosts><j:HostName>a</j:HostName><j:HostName>b</j:HostName></j:CandidateHosts>'),
			[
				['ELEMENT_PLACE', `${AT}/j:Resources/j:HostName[1]`, 'HostName in CandidateHosts'],
				['ELEMENT_PLACE', `${AT}/j:Resources/j:HostName[2]`, 'HostName in CandidateHosts'],
			],
		],
		[
			'what is not in order goes before what must stand behind it',
			job(`${cpus(2)}<j:CandidateHosts><j:HostName>a</j:HostName></j:CandidateHosts>`),
			resources(hosts() + cpus(2)),
			[
				['ELEMENT_PLACE', `${AT}/j:TotalCPUCount`, 'TotalCPUCount in Resources'],
				['ELEMENT_PLACE', `${AT}/j:CandidateHosts`, 'CandidateHosts in Resources'],
			],
		],
	])('%s', (_name, before, after, expected) => {
		const reading = readLeniently(before);
		expect(told(reading)).toEqual(expected);
		expect(isSameDocument(valueIn(reading), treeOf(after)), written(reading)).toBe(true);
	});

	test('and what is wrong with it is told of the place where it stands', () => {
		const { ok, issues } = readLeniently(job(`<j:Resources/>\n${cpus(2).replace('2', 'two')}`));
		expect(ok).toBe(false);
		expect(issues?.[0]).toMatchObject({ code: 'XSD_INVALID', path: `${AT}/j:TotalCPUCount/j:Exact`, line: 2 });
		expect(readLeniently(job(cpus(2).replace('2', '$N'))).issues?.[0]).toMatchObject({
			code: 'PLACEHOLDER_UNRESOLVED',
			path: `${AT}/j:TotalCPUCount/j:Exact`,
		});
	});

	test('of a document in a draft’s namespace is moved too', () => {
		const text = resources(hosts(system('LINUX'))).replaceAll('2005/11/jsdl"', '2005/06/jsdl"');
		expect(written(readLeniently(text))).toContain('</j:CandidateHosts><j:OperatingSystem>');
	});

	test('that says why an offer is rejected, as WSAG4J writes it, stands in the state', () => {
		const neg = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
		const fault = (code = '') =>
			`<f:BaseFault xmlns:f="http://docs.oasis-open.org/wsrf/bf-2"><f:Timestamp>2031-01-01T00:00:0${code.length}Z</f:Timestamp></f:BaseFault>`;
		const rejected = (state: string, more: string) =>
			offer('')
				.replace('<w:AgreementOffer ', `<n:NegotiationOffer xmlns:n="${neg}" `)
				.replace(
					'</w:AgreementOffer>',
					`<n:NegotiationOfferContext><n:CounterOfferTo>1</n:CounterOfferTo><n:Creator>NegotiationResponder</n:Creator><n:State>${state}</n:State></n:NegotiationOfferContext><n:NegotiationConstraints/>${more}</n:NegotiationOffer>`,
				);
		const reading = readLeniently(rejected('<n:Rejected/>', fault()));
		expect(repairs(reading)).toEqual([['ELEMENT_PLACE', 'BaseFault in NegotiationOffer', 'BaseFault in Rejected']]);
		const meant = treeOf(rejected(`<n:Rejected>${fault()}</n:Rejected>`, ''));
		expect(isSameDocument(valueIn(reading), meant), written(reading)).toBe(true);
		for (const text of [
			rejected('<n:Advisory/>', fault()),
			rejected('<n:Rejected/>', fault() + fault('a')),
			rejected(`<n:Rejected>${fault('a')}</n:Rejected>`, fault()),
		])
			expect(readLeniently(text)).toMatchObject({ ok: false });
	});

	test('in WS-Agreement too: terms without All, the template beside the context', () => {
		const [reference, guarantee] = [
			'<w:ServiceReference w:Name="a" w:ServiceName="b"><s:WorkspaceReference>1</s:WorkspaceReference></w:ServiceReference>',
			GUARANTEE,
		];
		const meant = offer(reference + guarantee, '<w:TemplateId>7</w:TemplateId>');
		const before = meant
			.replace('<w:TemplateId>7</w:TemplateId>', '')
			.replace('</w:Context>', '</w:Context><w:TemplateId>7</w:TemplateId>')
			.replace(/<\/?w:All>/g, '');
		const reading = readLeniently(before);
		expect(isSameDocument(valueIn(reading), treeOf(meant)), written(reading)).toBe(true);
	});
});

describe('an element stays a fault', () => {
	const FAULTS: readonly [name: string, text: string, code: string, at: string, more?: string][] = [
		[
			'where another stands in its place that says something else',
			resources(hosts(system('LINUX')) + system('AIX')),
			'ELEMENT_PLACE_TAKEN',
			'/j:CandidateHosts/j:OperatingSystem',
			`${AT}/j:Resources/j:OperatingSystem says something else`,
		],
		[
			'where two are misplaced that say different things',
			job(cpus(2) + cpus(3)),
			'ELEMENT_PLACE_TAKEN',
			'/j:TotalCPUCount[2]',
			`${AT}/j:TotalCPUCount[1] says something else`,
		],
		['where it has many places: a number of any amount', resources('<j:Exact>3</j:Exact>'), 'XSD_INVALID', '/j:Exact'],
		[
			'where it has many places: a description',
			job('<j:Description>a</j:Description>'),
			'XSD_INVALID',
			'/j:Description',
		],
		['where its place may stand several times', job('<j:FileName>a</j:FileName>'), 'XSD_INVALID', '/j:FileName'],
		[
			'where there are two of what it belongs to',
			job(`<j:Resources/><j:Resources/>${cpus(2)}`),
			'XSD_INVALID',
			'/j:Resources[2]',
		],
		['two levels away', `${job('').replace('</j:JobDefinition>', `${cpus(2)}$&`)}`, 'XSD_INVALID', '/j:TotalCPUCount'],
		[
			'in a choice, of which it would be one more branch',
			offer(
				`<w:ExactlyOne><w:ServiceReference w:Name="a" w:ServiceName="b"><s:WorkspaceReference>1</s:WorkspaceReference>${GUARANTEE}</w:ServiceReference></w:ExactlyOne>`,
			),
			'XSD_INVALID',
			'/w:GuaranteeTerm',
		],
		[
			'as a part of a range within a part of it',
			resources(
				'<j:TotalCPUCount><j:Range><j:LowerBound>1</j:LowerBound><j:UpperBound>2</j:UpperBound><j:Exact>3</j:Exact></j:Range></j:TotalCPUCount>',
			),
			'XSD_INVALID',
			'/j:Exact',
		],
	];
	test.each(FAULTS)('%s', (_name, text, code, at, more = '') => {
		const { ok, issues } = readLeniently(text);
		expect(ok).toBe(false);
		expect(issues?.[0]).toMatchObject({ code });
		expect(issues?.[0]?.severity ?? 'error').toBe('error');
		expect(issues?.[0]?.path.endsWith(at), `${issues?.[0]?.path} ends in ${at}`).toBe(true);
		expect(issues?.[0]?.message).toContain(more);
		// It is told once, not again in the words of the schema.
		expect(issues?.filter(({ path }) => path === issues[0]?.path)).toHaveLength(1);
	});
});

describe('a JobDefinition that is wrapped within a term', () => {
	const term = (content: string) =>
		offer(`<w:ServiceDescriptionTerm w:Name="a" w:ServiceName="b">${content}</w:ServiceDescriptionTerm>`);
	const JOB = resources(cpus(2));
	const TERM = '/w:AgreementOffer/w:Terms/w:All/w:ServiceDescriptionTerm';
	const wrapped = (found: string, used: string) => [['JOB_DEFINITION_WRAPPED', found, used]];

	test.each([
		['by an element of somebody’s own', `<x:Job>${JOB}</x:Job>`, 'x:Job'],
		['by one in no namespace', `<Job>\n<!-- ours -->${JOB}</Job>`, 'Job'],
		['by several, one in the other', `<x:Collection><x:Job>${JOB}</x:Job></x:Collection>`, 'x:Collection'],
		['by one that JSDL does not have', `<j:JobCollection>${JOB}</j:JobCollection>`, 'j:JobCollection'],
	])('%s is what the term holds', (_name, content, found) => {
		const reading = readLeniently(term(content));
		expect(repairs(reading)).toEqual(wrapped(found, 'the JobDefinition in it'));
		expect(reading.issues?.[0]?.path).toBe(`${TERM}/${found}`);
		expect(isSameDocument(valueIn(reading), treeOf(term(JOB)))).toBe(true);
	});

	test('keeps what its wrapper says beside it', () => {
		const content = `<x:Job queue="long"><x:List>${JOB}</x:List><x:Owner>me</x:Owner></x:Job>`;
		const reading = readLeniently(term(content));
		expect(repairs(reading)).toEqual(
			wrapped('x:Job', 'the JobDefinition in it, and what stands beside it as an extension of it'),
		);
		expect(written(reading)).toContain(
			'</j:JobDescription><x:Job queue="long"><x:Owner>me</x:Owner></x:Job></j:JobDefinition>',
		);
		expect(written(readLeniently(term(`<Job queue="long">${JOB}</Job>`)))).toContain(
			'<kept:Job queue="long"></kept:Job></j:JobDefinition>',
		);
	});

	test('is mended, and told of by the path where it stands', () => {
		const reading = readLeniently(term(`<x:Job>${resources(hosts(cpus(2)).replaceAll('Exact', 'exact'))}</x:Job>`));
		expect(written(reading)).toContain('</j:CandidateHosts><j:TotalCPUCount><j:Exact>2');
		const job = `${TERM}/x:Job/j:JobDefinition/j:JobDescription`;
		expect(told(reading).map(([, path]) => path)).toContain(`${job}/j:Resources/j:CandidateHosts/j:TotalCPUCount`);
		const { issues } = readLeniently(term(`<x:Job>\n${JOB.replace('2</', 'two</')}</x:Job>`));
		expect(issues?.[0]).toMatchObject({ path: `${job}/j:Resources/j:TotalCPUCount/j:Exact`, line: 2 });
	});

	test.each([
		['beside another', JOB + JOB, `${TERM}/j:JobDefinition[2]`],
		['together with another', `<x:Jobs>${JOB}<x:Job>${JOB}</x:Job></x:Jobs>`, `${TERM}/x:Jobs`],
	])('%s is a fault that says what to do', (_name, content, path) => {
		const { ok, issues } = readLeniently(term(content));
		expect(ok).toBe(false);
		expect(issues).toMatchObject([
			{ code: 'JOB_DEFINITIONS_SEVERAL', severity: 'error', path, found: '2 JobDefinitions' },
		]);
		expect(issues?.[0]?.message).toContain('ServiceName');
	});

	test.each([
		[
			'together with what another term is about',
			`<x:All>${JOB}<s:Window><s:Duration>PT1H</s:Duration></s:Window></x:All>`,
		],
		['beside something else', `<x:Job>${JOB}</x:Job><x:Other/>`],
		['that is none', '<x:Job/>'],
	])('%s stays a fault', (_name, content) => {
		const { ok, issues } = readLeniently(term(content));
		expect(ok).toBe(false);
		expect(new Set(issues?.map(({ code }) => code))).toEqual(new Set(['XSD_INVALID']));
	});
});
