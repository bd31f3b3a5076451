/** Documents that a template engine was to write first: what validate and template lint say beside the XML error. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { DocumentIssue } from '../../src/xml/element.ts';
import { jsonSent } from '../agreement/lenient-readings.ts';
import { computonAt, NO_BROKER, textFiles } from './command-line.ts';

const { file } = textFiles();
const text = readFileSync(new URL('../../templates/machine.xml', import.meta.url), 'utf8')
	.replace('<jsdl:Exact>1<', '<jsdl:Exact>$MACHINES<')
	.replace('>guest<', '>$IMAGE<');
const json = jsonSent(text);
const lineOf = (part: string) => text.slice(0, text.indexOf(part)).split('\n').length;

const COMMANDS: readonly [command: string, argv: readonly string[], typed: string][] = [
	['template lint', ['template', 'lint'], 'error PLACEHOLDER $MACHINES'],
	['validate', ['validate'], 'error XSD_INVALID $MACHINES'],
	['validate --lenient', ['validate', '--lenient'], 'error PLACEHOLDER_UNRESOLVED $MACHINES'],
];

describe.each(COMMANDS)('%s', (_name, argv, typed) => {
	async function told(content: string): Promise<readonly string[]> {
		const { code, out } = await computonAt(NO_BROKER, [...argv, '--json', file(content)], { isTTY: false });
		expect(code).toBe(1);
		const line = JSON.parse(out) as Record<'findings' | 'diagnostics', readonly DocumentIssue[] | undefined>;
		return (line.findings ?? line.diagnostics ?? []).map((each) =>
			[each.severity, each.code, each.found, ...(each.path === '/' ? [each.line] : [])].join(' '),
		);
	}

	test('names directives outside the root, and says of the rest what it would say without them', async () => {
		const issues = await told(`${text}#parse("more.vm")\n`);
		const lines = text.trimEnd().split('\n').length;
		expect(issues[0]).toMatch(/^error NOT_WELL_FORMED/);
		expect(issues.slice(1)).toEqual(
			expect.arrayContaining([`error DIRECTIVE_UNRESOLVED #parse("more.vm") ${lines + 1}`, typed]),
		);
		const declared = await told(`#set( $MACHINES = 4 )\n## by hand\n${text}`);
		expect(declared[0]).toMatch(/^error NOT_WELL_FORMED/);
		const directives = [
			'error DIRECTIVE_UNRESOLVED #set( $MACHINES = 4 ) 1',
			'error DIRECTIVE_UNRESOLVED ## by hand 2',
		];
		expect(declared.slice(1)).toEqual(expect.arrayContaining([...directives, typed]));
	});

	test('names directives within the root', async () => {
		const issues = await told(text.replace('<wsag:All>', '$&#if( $MACHINES > 3 )').replace('</wsag:All>', '#end$&'));
		expect(issues).toEqual(
			expect.arrayContaining([
				`error DIRECTIVE_UNRESOLVED #if( $MACHINES > 3 ) ${lineOf('<wsag:All>')}`,
				`error DIRECTIVE_UNRESOLVED #end ${lineOf('</wsag:All>')}`,
			]),
		);
	});

	test('names directives in JSON, and says of the rest what it would say without them', async () => {
		const declared = await told(`#set( $MACHINES = 4 )\n${json}`);
		expect(declared[0]).toMatch(/^error NOT_WELL_FORMED/);
		expect(declared.slice(1)).toEqual(
			expect.arrayContaining(['error DIRECTIVE_UNRESOLVED #set( $MACHINES = 4 ) 1', typed]),
		);
		const within = await told(json.replace('"wsag:Terms"', '#if( $MACHINES > 3 )\n$&').replace(/\}\s*$/, '#end }'));
		expect(within[0]).toMatch(/^error NOT_WELL_FORMED/);
		expect(within.slice(1)).toEqual(
			expect.arrayContaining([
				`error DIRECTIVE_UNRESOLVED #if( $MACHINES > 3 ) ${json.slice(0, json.indexOf('"wsag:Terms"')).split('\n').length}`,
				`error DIRECTIVE_UNRESOLVED #end ${json.split('\n').length + 1}`,
				typed,
			]),
		);
		const broken = await told(json.replace('"wsag:Terms":', '$&$'));
		expect(broken.filter((each) => !each.includes('NOT_WELL_FORMED'))).toEqual([
			expect.stringContaining('warning PLACEHOLDER $MACHINES'),
			expect.stringContaining('warning PLACEHOLDER $IMAGE'),
		]);
	});

	test('names the placeholders of what is no XML without the directives either, each once', async () => {
		const broken = text.replace('</wsag:All>', '<a b=$MACHINES>$' + '{SITE.name()}</wsag:Al>');
		const issues = await told(broken);
		expect(issues[0]).toMatch(/^error NOT_WELL_FORMED/);
		expect(issues.filter((each) => !each.includes('NOT_WELL_FORMED'))).toEqual([
			`warning PLACEHOLDER $MACHINES ${lineOf('$MACHINES')}`,
			`warning PLACEHOLDER $IMAGE ${lineOf('$IMAGE')}`,
			`warning PLACEHOLDER \${SITE.name()} ${lineOf('</wsag:All>')}`,
		]);
	});
});
