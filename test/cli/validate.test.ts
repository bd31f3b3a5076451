import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { GUARANTEE, job, offer } from '../agreement/lenient-documents.ts';
import { computonAt, NO_BROKER, textFiles } from './command-line.ts';

const { folder, file } = textFiles();

interface Verdict {
	readonly file: string;
	readonly kind: string | null;
	readonly wellFormed: boolean;
	readonly valid: boolean;
	readonly diagnostics: readonly DocumentIssue[];
}

async function validate(argv: readonly string[], isTTY = false) {
	const { code, out, err } = await computonAt(NO_BROKER, ['validate', ...argv], { isTTY });
	const verdicts = () =>
		out
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as Verdict);
	return { code, out, err, verdicts };
}

async function verdictOf(text: string, ...options: string[]): Promise<Verdict> {
	return (await validate(['--json', ...options, file(text)])).verdicts()[0]!;
}

const codes = ({ diagnostics }: Verdict) => diagnostics.map(({ code, severity }) => `${severity} ${code}`);

const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
const negotiationOffer = (constraints: string) =>
	[
		`<neg:NegotiationOffer xmlns:neg="${NEG}" xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement">`,
		'<wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider></wsag:Context><wsag:Terms/>',
		'<neg:NegotiationOfferContext><neg:CounterOfferTo>1</neg:CounterOfferTo>',
		'<neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:Advisory/></neg:State></neg:NegotiationOfferContext>',
		`<neg:NegotiationConstraints>${constraints}</neg:NegotiationConstraints></neg:NegotiationOffer>`,
	].join('');

describe('a verdict', () => {
	const count = (content: string) =>
		job(`<j:Resources><j:IndividualCPUCount>${content}</j:IndividualCPUCount></j:Resources>`);
	const CASES: readonly [
		name: string,
		text: string,
		options: readonly string[],
		kind: string | null,
		valid: boolean,
		codes: readonly string[],
	][] = [
		['of a JobDefinition by itself', count('<j:Exact>2</j:Exact>'), [], 'job-definition', true, []],
		[
			'invalid: a fault against the schema',
			count('<j:Exact>two</j:Exact>'),
			[],
			'job-definition',
			false,
			['error XSD_INVALID'],
		],
		[
			'valid: a fault that the schema lets pass',
			count('<j:Exact epsilon="-1">2</j:Exact>'),
			[],
			'job-definition',
			true,
			['warning NOT_SUPPORTED'],
		],
		[
			'valid, and not to be had here',
			job('<j:DataStaging><j:FileName>a</j:FileName><j:CreationFlag>append</j:CreationFlag></j:DataStaging>'),
			[],
			'job-definition',
			true,
			['warning NOT_SUPPORTED'],
		],
		[
			'valid, and hosts are shared here',
			job('<j:Resources><j:ExclusiveExecution>1</j:ExclusiveExecution></j:Resources>'),
			[],
			'job-definition',
			true,
			['warning NOT_SUPPORTED'],
		],
		[
			'valid, and to be had: on hosts that may be shared',
			job('<j:Resources><j:ExclusiveExecution>false</j:ExclusiveExecution></j:Resources>'),
			[],
			'job-definition',
			true,
			[],
		],
		[
			'valid, although this broker wants more of an offer',
			offer(GUARANTEE),
			[],
			'offer',
			true,
			['warning NOT_SUPPORTED', 'warning NOT_SUPPORTED'],
		],
		['an unknown extension', job('<x:Colour></x:Colour>'), [], 'job-definition', true, ['info EXTENSION_KEPT']],
		[
			'strict: what could be repaired is invalid',
			count('2'),
			['--strict'],
			'job-definition',
			false,
			['error XSD_INVALID'],
		],
		[
			'lenient: what is repaired is valid',
			count('<j:Exact>2</j:Exact><j:UpperBoundedRange>4</j:UpperBoundedRange>'),
			['--lenient'],
			'job-definition',
			true,
			['info ELEMENT_ORDER'],
		],
		[
			'lenient: what may mean several things stays invalid',
			count('2'),
			['--lenient'],
			'job-definition',
			false,
			['error RANGE_BARE_NUMBER'],
		],
		[
			'lenient: what cannot be repaired stays invalid',
			count('<j:Exact>$N</j:Exact>'),
			['--lenient'],
			'job-definition',
			false,
			['error PLACEHOLDER_UNRESOLVED'],
		],
		[
			'of what may be a placeholder in a place where any text may stand',
			job(
				'<j:Application><p:POSIXApplication><p:Executable>$HOME/a</p:Executable></p:POSIXApplication></j:Application><j:Resources><j:CandidateHosts><j:HostName>$HOST</j:HostName></j:CandidateHosts></j:Resources>',
			),
			[],
			'job-definition',
			true,
			['warning NOT_SUPPORTED', 'warning PLACEHOLDER'],
		],
		[
			'lenient: an offer of a negotiation that cannot be repaired is no wrapper of its jobs',
			`<n:NegotiationOffer xmlns:n="http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation">${job('')}</n:NegotiationOffer>`,
			['--lenient'],
			'negotiation-offer',
			false,
			['error XSD_INVALID', 'warning ELEMENT_SUPPLIED'],
		],
		[
			'lenient: nor is a document of WS-Agreement that nobody knows',
			`<w:Agreement xmlns:w="http://schemas.ggf.org/graap/2007/03/ws-agreement">${job('')}</w:Agreement>`,
			['--lenient'],
			null,
			false,
			['error ROOT_UNKNOWN'],
		],
		[
			'lenient: several JobDefinitions in a wrapper',
			`<x:Jobs xmlns:x="urn:x">${count('<j:Exact>2</j:Exact>')}${count('<j:exact>3</j:exact>')}</x:Jobs>`,
			['--lenient'],
			'job-definitions',
			true,
			['info ELEMENT_NAME_CASE', 'info JOB_DEFINITION_WRAPPED'],
		],
		[
			'strict: a wrapper is a document of no vocabulary',
			`<x:Jobs xmlns:x="urn:x">${job('')}</x:Jobs>`,
			[],
			null,
			false,
			['error ROOT_UNKNOWN'],
		],
		[
			'invalid, of a root that nobody sends',
			`<neg:RenegotiationExtension xmlns:neg="${NEG}"/>`,
			[],
			'RenegotiationExtension',
			false,
			['error XSD_INVALID'],
		],
		[
			'valid, of a kind that is called the same where it is not to be had',
			negotiationOffer('<wsag:Constraint>1 =</wsag:Constraint>'),
			[],
			'negotiation-offer',
			true,
			['warning NOT_SUPPORTED'],
		],
		[
			'IBM’s namesake',
			'<jobDefinition xmlns="http://www.ibm.com/xmlns/prod/scheduling/1.0/jsdl"/>',
			[],
			null,
			false,
			['error ROOT_UNKNOWN'],
		],
	];
	// One call for all of a mode: a call starts workers.
	const verdicts = new Map<string, Verdict>();
	beforeAll(async () => {
		for (const mode of ['--strict', '--lenient']) {
			const cases = CASES.filter(([, , options]) => options.includes('--lenient') === (mode === '--lenient'));
			const told = (await validate(['--json', mode, ...cases.map(([, text]) => file(text))])).verdicts();
			for (const [index, [name]] of cases.entries()) verdicts.set(name, told[index]!);
		}
	});
	test.each(CASES)('%s', (name, _text, _options, kind, valid, expected) => {
		const verdict = verdicts.get(name)!;
		expect(verdict).toMatchObject({ wellFormed: true, valid });
		expect({ kind: verdict.kind, codes: codes(verdict).sort() }).toEqual({ kind, codes: [...expected].sort() });
	});

	test('of a document in JSON has the lines of its text, as that of one in XML has', async () => {
		const json = (resources: object) =>
			JSON.stringify({ 'jsdl:JobDefinition': { 'jsdl:JobDescription': { 'jsdl:Resources': resources } } }, null, 1);
		const at = '/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources';
		const hosts = { 'jsdl:HostName': ['a', ' b '] };
		const repaired = await verdictOf(json({ 'jsdl:totalCpuCount': {}, 'jsdl:CandidateHosts': hosts }), '--lenient');
		expect(repaired).toMatchObject({ kind: 'job-definition', wellFormed: true, valid: true });
		const placed = ({ diagnostics }: Verdict) => diagnostics.map(({ code, path, line }) => `${line} ${code} ${path}`);
		expect(placed(repaired).sort()).toEqual([
			`4 ELEMENT_ORDER ${at}`,
			`5 ELEMENT_NAME_CASE ${at}/jsdl:totalCpuCount`,
			`5 RANGE_SAYS_NOTHING ${at}/jsdl:totalCpuCount`,
			`9 VALUE_TRIMMED ${at}/jsdl:CandidateHosts/jsdl:HostName[2]`,
		]);
		const STRICT: readonly (readonly [text: string, told: string])[] = [
			[json({ 'jsdl:TotalCPUCount': { '@x:y': 1 } }), `6 JSON_MALFORMED ${at}/jsdl:TotalCPUCount/@x:y`],
			[json({ 'jsdl:TotalCPUCount': { 'jsdl:Exact': 'two' } }), `6 XSD_INVALID ${at}/jsdl:TotalCPUCount/jsdl:Exact`],
			[json({ 'x:Colour': { '@xmlns:x': 'urn:x' } }), `5 NOT_SUPPORTED ${at}/x:Colour`],
			['{\n"jsdl:JobDefinition":', '2 NOT_WELL_FORMED /'],
			['{\n"a":1,\n"a":2}', '3 JSON_MALFORMED /a'],
			['\n{"a":1,\n"b":2}', '2 JSON_MALFORMED /'],
		];
		const strict = (await validate(['--json', ...STRICT.map(([text]) => file(text))])).verdicts();
		expect(strict.map((verdict) => placed(verdict)[0])).toEqual(STRICT.map(([, told]) => told));
	});

	test('names the place of each JobDefinition in its wrapper', async () => {
		const text = `<x:Jobs xmlns:x="urn:x">\n${job('')}\n${count('<j:Exact>two</j:Exact>')}</x:Jobs>`;
		const { diagnostics } = await verdictOf(text, '--lenient');
		expect(diagnostics[0]).toMatchObject({
			severity: 'error',
			path: '/x:Jobs/j:JobDefinition[2]/j:JobDescription/j:Resources/j:IndividualCPUCount/j:Exact',
			line: 3,
		});
	});

	test.each(['1.0', '1.1'])('names IBM’s language %s, strict or lenient', async (version) => {
		for (const option of ['--strict', '--lenient']) {
			const { diagnostics } = await verdictOf(
				`<jobDefinition xmlns="http://www.ibm.com/xmlns/prod/scheduling/${version}/jsdl"/>`,
				option,
			);
			expect(diagnostics[0]?.message).toContain('IBM');
		}
	});

	test.each([
		['offer', offer('').replace('</w:Terms>', '<x:more xmlns:x="urn:x"/>$&')],
		['template', '<Template xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement"><Name/></Template>'],
	])('names the kind of an invalid %s', async (kind, text) => {
		expect(await verdictOf(text)).toMatchObject({ kind, wellFormed: true, valid: false });
	});

	test('of a text that is no XML, or has a document type, says which', async () => {
		expect(await verdictOf('<a>')).toMatchObject({ wellFormed: false, valid: false });
		const verdict = await verdictOf(`<!DOCTYPE a>${job('')}`, '--lenient');
		expect(codes(verdict)).toEqual(['error DTD_FORBIDDEN']);
	});

	test('of more than a hundred things says the gravest, each with its severity', async () => {
		const hosts = '<j:HostName> a </j:HostName>'.repeat(150);
		const resources = (flag: string) =>
			job(
				`<j:Resources><j:CandidateHosts>${hosts}</j:CandidateHosts><j:ExclusiveExecution>${flag}</j:ExclusiveExecution></j:Resources>`,
			);
		const repaired = codes(await verdictOf(resources('True'), '--lenient'));
		expect(repaired).toHaveLength(101);
		expect(repaired).toContain('warning NOT_SUPPORTED');
		expect(repaired.at(-1)).toBe('info TOO_MANY_ISSUES');
		const broken = codes(await verdictOf(resources('perhaps'), '--lenient'));
		expect([broken[0], broken.length]).toEqual(['error XSD_INVALID', 101]);
		expect([...repaired, ...broken].filter((each) => each.startsWith('undefined'))).toEqual([]);
	});

	test('has all five members, whatever the file is', async () => {
		const CASES: readonly (readonly [text: string, kind: string | null, wellFormed: boolean, code: string])[] = [
			['<a>', null, false, 'NOT_WELL_FORMED'],
			['', null, false, 'NOT_WELL_FORMED'],
			['{"j:JobDefinition":', null, false, 'NOT_WELL_FORMED'],
			['<?xml version="1.0" encoding="x-none"?><a/>', null, false, 'ENCODING'],
			['<a/>', null, true, 'ROOT_UNKNOWN'],
			[`<?show it?>${job('')}`, 'job-definition', true, 'PROCESSING_INSTRUCTION'],
			[job('<x:Colour><?show it?></x:Colour>'), 'job-definition', true, 'PROCESSING_INSTRUCTION'],
			[job('<Colour xmlns="colour"/>'), 'job-definition', true, 'NAMESPACE_RELATIVE'],
			[`<!DOCTYPE a>${job('')}`, null, true, 'DTD_FORBIDDEN'],
			[job('<x:Colour/>'.repeat(25_001)), null, false, 'TOO_MANY_ELEMENTS'],
			[job(' '.repeat(1 << 20)), null, false, 'TOO_LARGE'],
		];
		const told = (await validate(['--json', ...CASES.map(([text]) => file(text))])).verdicts();
		expect(told.map((verdict) => Object.keys(verdict).sort().join())).toEqual(
			CASES.map(() => 'diagnostics,file,kind,valid,wellFormed'),
		);
		expect(told.map(({ kind, wellFormed, diagnostics }) => [kind, wellFormed, diagnostics[0]?.code])).toEqual(
			CASES.map(([, ...said]) => said),
		);
	});
});

describe('many files', () => {
	test('are told in their order, with 1 where one is not valid and 2 where one cannot be read', async () => {
		const good = file(job(''));
		const bad = file('<a>');
		const all = [good, bad, good, good, bad, good];
		const { code, verdicts } = await validate(['--json', ...all]);
		expect(code).toBe(1);
		expect(verdicts().map((verdict) => verdict.file)).toEqual(all);
		expect(verdicts().map(({ valid }) => valid)).toEqual(all.map((each) => each === good));
		expect((await validate([good, good])).code).toBe(0);
		const missing = await validate([good, join(folder, 'none.xml'), bad]);
		expect(missing.code).toBe(2);
		expect(missing.err).toContain('There is no file');
		expect(missing.out).toContain(`${bad}: not valid`);
	});

	test('have a line each, also those that cannot be read', async () => {
		const named = [join(folder, 'none.xml'), file(job('')), folder];
		const { code, err, verdicts } = await validate(['--json', ...named]);
		expect(code).toBe(2);
		expect(err).toContain('There is no file');
		expect(verdicts().map((verdict) => verdict.file)).toEqual(named);
		expect(verdicts().map(({ valid }) => valid)).toEqual([false, true, false]);
		expect(verdicts().map(codes)).toEqual([['error FILE_UNREADABLE'], [], ['error FILE_UNREADABLE']]);
	});

	test('in a folder are asked for by name', async () => {
		const { code, err } = await validate([folder]);
		expect(code).toBe(2);
		expect(err).toContain(join(folder, '*.xml'));
	});

	test('show their progress on a terminal, and nowhere else', async () => {
		const good = file(job(''));
		expect((await validate([good, good, good], true)).err).toContain('3 of 3');
		expect((await validate([good, good, good])).err).toBe('');
	});

	test('of more than the broker would read are refused by their size', async () => {
		const verdict = await verdictOf(job(' '.repeat(1_100_000)));
		expect(codes(verdict)).toEqual(['error TOO_LARGE']);
	});

	test('cannot be read in both ways at once', async () => {
		expect((await validate(['--strict', '--lenient', file(job(''))])).code).toBe(2);
	});
});
