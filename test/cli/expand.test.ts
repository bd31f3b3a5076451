/** `computon expand` on files of its own: no broker is asked. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { computonAt, NO_BROKER } from './command-line.ts';

let folder = '';
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'computon-expand-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const computon = (...argv: string[]) => computonAt(NO_BROKER, argv);

/** A job whose number of machines runs through the function. */
function jobFile(name: string, sweepFunction: string): string {
	const file = join(folder, `${name}.xml`);
	const node =
		'<sweep:DocumentNode><sweep:Match>//jsdl:TotalResourceCount/jsdl:Exact</sweep:Match></sweep:DocumentNode>';
	writeFileSync(
		file,
		`<?xml version="1.0"?>
<jsdl:JobDefinition xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:sweep="http://schemas.ogf.org/jsdl/2009/03/sweep" xmlns:f="http://schemas.ogf.org/jsdl/2009/03/sweep/functions">
	<jsdl:JobDescription>
		<jsdl:Resources><jsdl:TotalResourceCount><jsdl:Exact>1</jsdl:Exact></jsdl:TotalResourceCount></jsdl:Resources>
	</jsdl:JobDescription>
	<sweep:Sweep><sweep:Assignment>${node}${sweepFunction}</sweep:Assignment></sweep:Sweep>
</jsdl:JobDefinition>`,
	);
	return file;
}

const LOOP = (end: string): string => `<f:LoopInteger start="1" end="${end}"/>`;

describe('expand', () => {
	test('prints one document of its own after the other', async () => {
		const { code, out, err } = await computon('expand', jobFile('three', LOOP('3')));
		expect([code, err]).toEqual([0, '']);
		const documents = out.split('<?xml version="1.0" encoding="UTF-8"?>').slice(1);
		expect(documents.map((text) => /<jsdl:Exact>(.*)<\/jsdl:Exact>/.exec(text)?.[1])).toEqual(['1', '2', '3']);
	});

	test('with --json prints a line for each, with what makes it this one', async () => {
		const file = jobFile('two', LOOP('2'));
		const { out } = await computon('expand', file, '--json');
		const lines = out
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line));
		expect(lines).toMatchObject([
			{ file, number: 1, count: 2, values: [{ match: '//jsdl:TotalResourceCount/jsdl:Exact', value: '1' }] },
			{ number: 2, document: { 'jsdl:JobDefinition': {} } },
		]);
	});

	test('with --count only says how many, also where nobody could make them', async () => {
		const file = jobFile('many', LOOP('99999999999999999999'));
		expect((await computon('expand', file, '--count')).out).toContain('99999999999999999999 documents');
		expect(JSON.parse((await computon('expand', file, '--count', '--json')).out)).toEqual({
			file,
			count: '99999999999999999999',
		});
	});

	test('beyond the cap refuses with the count', async () => {
		const { code, out, err } = await computon('expand', jobFile('over', LOOP('10001')));
		expect([code, out]).toEqual([1, '']);
		expect(err).toContain('stands for 10001 documents; at most 10000 are made');
		expect(err).toContain('SWEEP_TOO_LARGE');
	});

	test('says of what it cannot expand where it stands, what was found and what is allowed', async () => {
		const { code, err } = await computon('expand', jobFile('zero', '<f:LoopInteger start="1" end="3" step="0"/>'));
		expect(code).toBe(1);
		expect(err).toMatch(/error XSD_INVALID line 6 .*@step: .* \(found 0; allowed: /);
	});

	test('stops at the first document that is not valid, and names it', async () => {
		const file = jobFile('wrong', '<f:Values><f:Value>1</f:Value><f:Value>few</f:Value></f:Values>');
		const { code, out, err } = await computon('expand', file);
		expect(code).toBe(1);
		expect(out.match(/<\?xml/g)).toHaveLength(1);
		expect(err).toContain('Document 2 of 2 (//jsdl:TotalResourceCount/jsdl:Exact = few) is not valid.');
	});

	test.each([
		['backwards', '<f:LoopInteger start="10" end="1" step="3"/>'],
		['excepted', '<f:LoopInteger start="1" end="1"><f:Exception value="1"/></f:LoopInteger>'],
	])('warns of a loop that runs through no value: %s', async (name, sweepFunction) => {
		for (const options of [[], ['--count']]) {
			const { code, err } = await computon('expand', jobFile(name, sweepFunction), ...options);
			expect(code).toBe(0);
			expect(err).toContain('SWEEP_EMPTY');
			expect(err).toContain('LoopInteger runs through no value');
		}
	});

	test('counts nothing that it would not print', async () => {
		const file = jobFile('none-valid', '<f:Values><f:Value>few</f:Value></f:Values>');
		const { code, out, err } = await computon('expand', file, '--count');
		expect([code, out]).toEqual([1, '']);
		expect(err).toContain('Document 1 of 1 is not valid.');
	});

	test.each([
		['a sweep that is not in order', LOOP('x'), 1, 'XSD_INVALID'],
		['a function of an unknown kind', '<x:Primes xmlns:x="urn:x"/>', 1, 'XSD_INVALID'],
	])('of %s says all that is wrong', async (name, sweepFunction, ended, words) => {
		const { code, err } = await computon('expand', jobFile(name, sweepFunction));
		expect([code, err.includes(words)]).toEqual([ended, true]);
	});

	test('reads the JSON form as well: what it prints for programs', async () => {
		const { out } = await computon('expand', jobFile('once', LOOP('1')), '--json');
		const file = join(folder, 'once.json');
		writeFileSync(file, JSON.stringify(JSON.parse(out).document));
		const { code, out: again } = await computon('expand', file);
		expect([code, again.match(/<\?xml/g)?.length]).toEqual([0, 1]);
	});

	test('with --lenient mends what can mean one thing only, and unwraps jobs', async () => {
		const file = jobFile('wrapped', LOOP('2'));
		const text = readFileSync(file, 'utf8').replace(/^<\?xml.*?\?>\s*/, '');
		writeFileSync(file, `<jobs xmlns="urn:example:jobs">${text}</jobs>`);
		expect((await computon('expand', file, '--count')).code).toBe(1);
		const { code, out, err } = await computon('expand', file, '--lenient');
		expect([code, out.match(/<\?xml/g)?.length]).toEqual([0, 2]);
		expect(err).toContain('JOB_DEFINITION_WRAPPED');
	});

	test('stops where nobody reads any more, and that is no failure', async () => {
		const stdout = new PassThrough({ highWaterMark: 2000 });
		const ended = computonAt(NO_BROKER, ['expand', jobFile('long', LOOP('9999'))], { stdout });
		await once(stdout, 'readable');
		stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
		expect((await ended).code).toBe(0);
	});

	test('a file that is not there is a mistake of usage', async () => {
		expect((await computon('expand', join(folder, 'none.xml'))).code).toBe(2);
	});
});
