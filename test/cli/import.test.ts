/** `computon import`: documents of other programs, what is made of them, and why some cannot be made anything. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { read } from '../../src/agreement/reading.ts';
import { readDocumentWith } from '../../src/xml/document.ts';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { job, offer } from '../agreement/lenient-documents.ts';
import { jsonSent } from '../agreement/lenient-readings.ts';
import { computonAt, NO_BROKER, textFiles } from './command-line.ts';

const { folder, file } = textFiles();

const fixture = (name: string) => new URL(`../fixtures/dialects/${name}.xml`, import.meta.url).pathname;

interface Imported {
	readonly imported: boolean;
	readonly kind?: string;
	readonly document: string;
	readonly diagnostics: readonly DocumentIssue[];
}

const importing = (...argv: string[]) => computonAt(NO_BROKER, ['import', ...argv]);

async function imported(...argv: string[]): Promise<Imported> {
	const { code, json } = await importing('--json', ...argv);
	const answer = json<Imported>();
	expect(code, JSON.stringify(answer.diagnostics)).toBe(0);
	expect(answer.imported).toBe(true);
	const strict = readDocumentWith(Buffer.from(answer.document), read);
	expect(strict.ok, 'the document is one of ours').toBe(true);
	if (strict.ok && strict.value.kind === 'template') {
		expect(lintTemplate(strict.value.template).filter(({ severity }) => severity === 'error')).toEqual([]);
	}
	return answer;
}

const told = ({ diagnostics }: Imported) =>
	diagnostics.map(({ code, found, used }) => `${code}: ${found}${used === undefined ? '' : ` -> ${used}`}`);
const codes = ({ diagnostics }: Imported) => new Set(diagnostics.map(({ code }) => code));

describe('a template of WSAG4J', () => {
	const given = ['--set', 'FREE=8', '--set', 'SITE=north', '--time-unit', 'minutes'];

	test('becomes one of ours, with placeholders filled in, Locations rewritten and the unit stated', async () => {
		const answer = await imported(fixture('wsag4j-template'), ...given);
		expect(answer.kind).toBe('template');
		for (const part of [
			'<wsag:Name>north nodes</wsag:Name>',
			'<jsdl:Exact>8</jsdl:Exact>',
			'value="8"',
			'<ws:DurationUnit>minutes</ws:DurationUnit></wsag:Context>',
			'<wsag:Location xmlns:j="http://schemas.ggf.org/jsdl/2005/11/jsdl">/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm[@wsag:Name=\'NODES_SDT\']/j:JobDefinition/j:JobDescription/j:Resources/j:TotalResourceCount/j:Exact</wsag:Location>',
		]) {
			expect(answer.document).toContain(part);
		}
		expect(answer.document).not.toMatch(/declare namespace|\$/);
		expect(told(answer)).toContain('PLACEHOLDER_FILLED: $FREE -> 8');
		expect(told(answer)).toContain('DURATION_UNIT_STATED: no unit -> minutes');
	});

	test('in its JSON form becomes the same, and the same is told', async () => {
		const text = jsonSent(readFileSync(fixture('wsag4j-template')));
		const asJson = await imported(file(text), ...given);
		const asXml = await imported(fixture('wsag4j-template'), ...given);
		const plain = ({ document }: Imported) => document.replace(/<!--.*?-->/gs, '').replace(/>\s+</g, '><');
		expect(plain(asJson)).toBe(plain(asXml));
		expect(told(asJson)).toEqual(told(asXml));
		const lines = text.split('\n');
		const filled = asJson.diagnostics.filter(({ code }) => code === 'PLACEHOLDER_FILLED');
		expect(filled.length).toBeGreaterThan(2);
		for (const { found, line } of filled) expect(lines[line! - 1]).toContain(found);
		expect(asJson.diagnostics.filter(({ line }) => line === undefined)).toEqual([]);
	});

	test('that is too large is called so, in its JSON form, too', async () => {
		const { code, json } = await importing('--json', file(`{"wsag:Template":"${' '.repeat(1 << 20)}"}`));
		expect([code, json<Imported>().diagnostics.map((each) => each.code)]).toEqual([1, ['TOO_LARGE']]);
	});

	test('is imported again unchanged, without a word', async () => {
		const once = await imported(fixture('wsag4j-template'), ...given);
		const again = await imported(file(once.document), '--time-unit', 'hours');
		expect(again.document).toBe(once.document);
		expect(again.diagnostics).toEqual([]);
	});

	test('names what it was not given, each with its place', async () => {
		const { code, json } = await importing('--json', fixture('wsag4j-template'));
		expect(code).toBe(1);
		const errors = json<Imported>().diagnostics.filter(({ severity }) => severity === 'error');
		expect(errors.map((each) => [each.code, each.found, each.line])).toEqual([
			['PLACEHOLDER_UNRESOLVED', '$FREE', 35],
			['DURATION_UNIT_UNSTATED', '90', 25],
			['PLACEHOLDER_UNRESOLVED', '$'.concat('{FREE}'), 16],
		]);
	});

	test('keeps text that only looks like a placeholder, and says so', async () => {
		const answer = await imported(fixture('wsag4j-template'), '--set', 'FREE=8', '--time-unit', 'minutes');
		expect(answer.document).toContain('<wsag:Name>$SITE nodes</wsag:Name>');
		expect(told(answer)).toContain('PLACEHOLDER_KEPT: $SITE -> $SITE');
	});

	test('that computes cannot be imported', async () => {
		const text = readFileSync(fixture('wsag4j-template'), 'utf8').replace('<wsag:All>', '<wsag:All>#if( $FREE > 0 )');
		const { code, json } = await importing('--json', file(text), ...given);
		expect(code).toBe(1);
		expect(codes(json<Imported>())).toContain('DIRECTIVE_UNRESOLVED');
	});

	describe('with directives of its engine', () => {
		const text = readFileSync(fixture('wsag4j-template'), 'utf8');
		const bare = text.slice(text.indexOf('?>') + 3);
		const errors = async (content: string, ...argv: string[]) => {
			const { code, json, err } = await importing('--json', file(content), ...argv);
			const { diagnostics } = json<Imported>();
			const told = diagnostics.filter(({ severity }) => severity === 'error');
			return { code, err, told: told.map((each) => [each.code, each.found, each.line]) };
		};
		const directive = (found: string, line: number) => ['DIRECTIVE_UNRESOLVED', found, line];
		const lines = text.trimEnd().split('\n').length;

		test.each<[where: string, content: string, told: readonly (readonly unknown[])[]]>([
			['before the declaration', `#set( $FREE = 8 )\n${text}`, [directive('#set( $FREE = 8 )', 1)]],
			['behind a byte order mark', `\uFEFF#set($a='(')\n\n${text}`, [directive("#set($a='(')", 1)]],
			[
				'before the root',
				`#if( $FREE < 3 && "a)" )\n#end\n${bare}`,
				[directive('#if( $FREE < 3 && "a)" )', 1), directive('#end', 2)],
			],
			['behind the root', `${text}#parse("ü.vm")\n`, [directive('#parse("ü.vm")', lines + 1)]],
			[
				'between elements',
				text
					.replace('<wsag:All>', '<wsag:All>#foreach( $n in [1..$FREE] ) #if($n<2)')
					.replace('</wsag:All>', '#end#{else}\n#end$&'),
				[
					directive('#foreach( $n in [1..$FREE] )', 11),
					directive('#if($n<2)', 11),
					directive('#end', 28),
					directive('#{else}', 28),
					directive('#end', 29),
				],
			],
			[
				'within a tag',
				text.replace('<wsag:All>', '<wsag:All #if($a) a="1" #end>'),
				[directive('#if($a)', 11), directive('#end', 11)],
			],
			[
				'of which only the engine knows what is a tag',
				text.replace('<wsag:All>', '#if($a)<a>#else<wsag:All>#end'),
				[directive('#if($a)', 11), directive('#else', 11), directive('#end', 11)],
			],
			[
				'of its own',
				`#macro(machine $n)\n#* a\nmachine *#<x/>#end\n${bare.trimEnd()}#machine(4)`,
				[directive('#macro(machine $n)', 1), directive('#end', 3), directive('#machine(4)', lines + 2)],
			],
			['that is never closed', `#set( $a = 4\n${bare}`, [directive('#set( $a = 4', 1)]],
		])('%s: each is named, with its line', async (_where, content, told) => {
			expect(await errors(content, ...given)).toEqual({ code: 1, err: '', told });
		});

		test('what is wrong besides is told at its line, and what is set may be given', async () => {
			const { told } = await errors(`#set( $FREE = 8 )\n${text}`, '--set', 'SITE=north', '--set', 'FREE=8');
			expect(told).toEqual([directive('#set( $FREE = 8 )', 1), ['DURATION_UNIT_UNSTATED', '90', 26]]);
		});

		test('in an attribute it is one, too', async () => {
			const { told } = await errors(text.replace('wsag:TemplateId="3"', 'wsag:TemplateId="#if($a)3#end"'), ...given);
			expect(told).toContainEqual(directive('#if($a)3#end', 3));
		});

		test('comments of the engine are left out', async () => {
			const answer = await imported(file(`## ours & theirs\n#* more\n<a> *#${text}## end`), ...given);
			const left = answer.diagnostics.filter(({ code }) => code === 'TEXT_STRAY');
			expect(left.map(({ found, line }) => [found, line])).toEqual([
				['## ours & theirs', 1],
				['#* more <a> *#', 2],
				['## end', lines + 3],
			]);
			expect(answer.document).toBe((await imported(file(text), ...given)).document);
		});

		test.each(['', 'namespace="##other" x="##any ##local"', '&#35;set(1)', 'http://example.org/#end'])(
			'%s is none: what is no XML is told as that',
			async (what) => {
				const { told } = await errors(`${text}<${what}`);
				expect(told.map(([code]) => code)).toEqual(['NOT_WELL_FORMED']);
			},
		);
	});

	test.each([
		[
			"(: the whole :) declare default element namespace 'http://schemas.ggf.org/graap/2007/03/ws-agreement'; $this/AgreementOffer/Terms//ServiceDescriptionTerm[@wsag:Name='/a'][Name='b/c']/@wsag:ServiceName",
			"<wsag:Location>/wsag:AgreementOffer/wsag:Terms//wsag:ServiceDescriptionTerm[@wsag:Name='/a'][wsag:Name='b/c']/@wsag:ServiceName</wsag:Location>",
		],
		[
			"declare default element namespace 'http://schemas.ggf.org/jsdl/2005/11/jsdl'; declare namespace w='http://schemas.ggf.org/graap/2007/03/ws-agreement'; /w:AgreementOffer//Resources/text()",
			'<wsag:Location xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:w="http://schemas.ggf.org/graap/2007/03/ws-agreement">/w:AgreementOffer//jsdl:Resources/text()</wsag:Location>',
		],
	])(
		'with comments, or a default namespace of elements, says the same with prefixes: %s',
		async (location, expected) => {
			const item = `<wsag:Item wsag:Name="more"><wsag:Location>${location}</wsag:Location><wsag:ItemConstraint/><ws:Occurs xmlns:ws="urn:computon:workspace:1" min="0" max="9"/></wsag:Item>`;
			const text = readFileSync(fixture('wsag4j-template'), 'utf8').replace('</wsag:CreationConstraints>', `${item}$&`);
			const { json } = await importing('--json', file(text), ...given);
			const answer = json<Imported>();
			expect(answer.document ?? answer.diagnostics).toContain(expected);
		},
	);

	test('with a prolog that is not understood says what of it', async () => {
		const text = readFileSync(fixture('wsag4j-template'), 'utf8').replace('$this/', '//*[1]/');
		const odd = text.replace('declare namespace', 'declare boundary-space strip; declare namespace');
		const { code, json } = await importing('--json', file(odd), ...given);
		expect(code).toBe(1);
		const refused = json<Imported>().diagnostics.filter(({ severity }) => severity === 'error');
		expect(refused.map(({ message }) => message).join()).toContain('not "declare boundary-space strip"');
	});

	test('with a prefix that means two things keeps both apart', async () => {
		const text = readFileSync(fixture('wsag4j-template'), 'utf8').replace(
			'xmlns:wsag=',
			'xmlns:j="urn:example:other" xmlns:wsag=',
		);
		const answer = await imported(file(text), ...given);
		expect(answer.document).toContain('<wsag:Location xmlns:j1="http://schemas.ggf.org/jsdl/2005/11/jsdl">');
		expect(answer.document).toContain('/j1:TotalResourceCount/j1:Exact<');
	});
});

describe('an offer of WSAG4J', () => {
	test('keeps its integer Duration, whose unit is its template’s', async () => {
		const answer = await imported(fixture('wsag4j-offer'));
		expect(answer.document).toContain('<when:Duration>90</when:Duration>');
		expect(told(answer)).toContain('DURATION_UNIT_OF_TEMPLATE: 90 -> 90');
		expect(answer.document).toContain("/wsag:AgreementProperties/a:ServiceTermState[@a:termName='WHEN_SDT']<");
	});

	test('says when in a Window, if the unit is given', async () => {
		const answer = await imported(fixture('wsag4j-offer'), '--time-unit', 'hours');
		expect(answer.document).toMatch(
			/<ws:Window[^>]*>\s*<ws:StartTime>2030-05-01T08:00:00Z<\/ws:StartTime>\s*<ws:EndTime>/,
		);
		expect(answer.document).toContain('<ws:Duration>PT324000S</ws:Duration>');
		expect(told(answer)).toContain('DURATION_CONVERTED: 90 hours -> PT324000S');
	});
});

describe('a document of the draft', () => {
	test('template: namespace, names, constraints, business values and the zone are those of the standard', async () => {
		const answer = await imported(fixture('draft-template'));
		expect(answer.kind).toBe('template');
		expect(told(answer)).toEqual(
			expect.arrayContaining([
				'NAMESPACE_ALIAS: http://www.ggf.org/namespaces/ws-agreement -> http://schemas.ggf.org/graap/2007/03/ws-agreement',
				'ELEMENT_RENAMED: Variables -> VariableSet',
				'ELEMENT_EMPTY: ServiceDescriptionTerms -> nothing',
				'ZONE_NAMED: 2031-03-07T12:00:00CET -> 2031-03-07T12:00:00+01:00',
				'TEXT_STRAY: http://beacon.example/light -> nothing',
				'ELEMENT_SUPPLIED: no BusinessValueList -> an empty BusinessValueList',
				'ELEMENT_SUPPLIED: no CreationConstraints -> an empty CreationConstraints',
			]),
		);
		expect(answer.document).toContain('<shop:Service>beacon</shop:Service>');
	});

	test('agreement: an offer', async () => {
		const answer = await imported(fixture('draft-agreement'));
		expect(answer.kind).toBe('offer');
		expect(told(answer)).toEqual(
			expect.arrayContaining([
				'ROOT_RENAMED: Agreement -> AgreementOffer',
				'TIME_FORM: 2031-03-07T12:00:00+0100 -> 2031-03-07T12:00:00+01:00',
				'SCOPE_TEXT: beacon -> ServiceName beacon',
				'ELEMENT_MISSPELT: AggreementInitiator -> AgreementInitiator',
			]),
		);
	});

	test('with a KPITarget of the draft has its Target as the service level', async () => {
		const text = readFileSync(fixture('draft-agreement'), 'utf8');
		const level = /<CustomServiceLevel[^>]*>([\s\S]*?)<\/CustomServiceLevel>/.exec(text)?.[1] ?? '';
		const old = text.replace(
			/<ServiceLevelObjective>[\s\S]*?<\/ServiceLevelObjective>/,
			`<ServiceLevelObjective><KPITarget><KPIName>light</KPIName><Target>${level}</Target></KPITarget></ServiceLevelObjective>`,
		);
		const answer = await imported(file(old));
		expect(told(answer)).toContain('ELEMENT_RENAMED: Target -> CustomServiceLevel');
	});

	const CANNOT: readonly [name: string, change: (text: string) => string, code: string][] = [
		['a time that is none', (text) => text.replace('2031-03-07T12:00:00+0100', '2031-03-07-1200'), 'XSD_INVALID'],
		['a zone of several meanings', (text) => text.replace('+0100', 'EST'), 'XSD_INVALID'],
		[
			'a term that describes its service in words',
			(text) =>
				text.replace('<All>', '<All><ServiceDescriptionTerm Name="a" ServiceName="b">fast</ServiceDescriptionTerm>'),
			'TEXT_MEANT',
		],
		[
			'a document of another kind',
			() => '<jobDefinition xmlns="http://www.ibm.com/xmlns/prod/scheduling/1.0/jsdl"/>',
			'ROOT_UNKNOWN',
		],
		['no XML', () => '<Agreement', 'NOT_WELL_FORMED'],
	];
	test.each(CANNOT)('cannot be imported: %s', async (_name, change, code) => {
		const {
			code: exit,
			out,
			err,
			json,
		} = await importing('--json', file(change(readFileSync(fixture('draft-agreement'), 'utf8'))));
		expect(exit).toBe(1);
		expect(json<Imported>().imported).toBe(false);
		expect(codes(json<Imported>())).toContain(code);
		expect(out + err).not.toContain('    at ');
	});
});

describe('the command', () => {
	test('prints the document and tells on stderr what was done; -o writes it', async () => {
		const { code, out, err } = await importing(fixture('draft-agreement'));
		expect(code).toBe(0);
		expect(out).toMatch(/^<\?xml/);
		expect(err).toContain('warning ROOT_RENAMED line 3 /Agreement');
		const path = join(folder, 'out.xml');
		const written = await importing(fixture('draft-agreement'), '-o', path);
		expect(written.out).toContain('imported as offer');
		expect(readFileSync(path, 'utf8')).toBe(out.trimEnd());
	});

	test('refuses what it does not understand of its options', async () => {
		expect((await importing(fixture('draft-agreement'), '--set', 'nothing')).code).toBe(2);
		expect((await importing(fixture('draft-agreement'), '--time-unit', 'weeks')).code).toBe(2);
		expect((await importing(fixture('draft-agreement'), '--bare-numbers', 'about')).code).toBe(2);
		expect((await importing(join(folder, 'none.xml'))).code).toBe(2);
		expect((await importing(fixture('draft-agreement'), '-o', join(folder, 'none', 'out.xml'))).code).toBe(2);
		expect((await importing(fixture('draft-agreement'), '--set', 'A=1')).err).toContain('There is no placeholder A');
	});

	test.each(['Exact', 'LowerBoundedRange', 'UpperBoundedRange'])(
		'--bare-numbers %s says what numbers are that stand by themselves',
		async (part) => {
			const cpus = job('<j:Resources><j:TotalCPUCount>\n4 </j:TotalCPUCount></j:Resources>');
			const path = file(
				offer(
					`<w:ServiceDescriptionTerm w:Name="a" w:ServiceName="b">${cpus}</w:ServiceDescriptionTerm><w:ServiceReference w:Name="c" w:ServiceName="b"><s:WorkspaceReference>1</s:WorkspaceReference></w:ServiceReference>`,
				),
			);
			const unsaid = await importing('--json', path);
			expect(unsaid.code).toBe(1);
			expect(unsaid.json<Imported>().diagnostics).toMatchObject([
				{ code: 'RANGE_BARE_NUMBER', severity: 'error', line: 1 },
			]);
			const answer = await imported(path, '--bare-numbers', part);
			expect(answer.document).toContain(`<j:TotalCPUCount><j:${part}>4</j:${part}></j:TotalCPUCount>`);
			expect(told(answer)).toContain(`BARE_NUMBER_STATED: 4 -> ${part} 4`);
		},
	);

	test('takes an offer that is one of ours already as it is', async () => {
		const text = offer(
			'<w:ServiceReference w:Name="a" w:ServiceName="b"><s:WorkspaceReference>1</s:WorkspaceReference></w:ServiceReference>',
		);
		const answer = await imported(file(text));
		expect(answer.document).toContain(text);
	});
});
