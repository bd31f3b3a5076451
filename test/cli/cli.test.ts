/** The command line over a whole broker on the simulated site: what it prints, and how it ends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgreementResource } from '../../src/client/resources.ts';
import { jsonSent } from '../agreement/lenient-readings.ts';
import { offerXml, type SimulatedService, startSimulatedService, type Wish } from '../api/simulated-service.ts';
import { computonAt, type Ended } from './command-line.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const computon = (...argv: string[]) => computonAt(site, argv);

let files = 0;
function offerFile(wish: Partial<Wish> = {}): string {
	files += 1;
	const file = join(site.folder, `offer-${files}.xml`);
	writeFileSync(file, offerXml({ image: site.image, ...wish }));
	return file;
}

const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');

async function acceptedId(wish: Partial<Wish> = {}): Promise<string> {
	const { json } = await computon('offer', offerFile(wish), '--json');
	return json<{ agreement: { id: string } }>().agreement.id;
}

describe('offer', () => {
	test('accepted ends with 0, says what was agreed and what to do next', async () => {
		const { code, out } = await computon('offer', offerFile());
		expect(code).toBe(0);
		expect(out).toContain('Accepted: agreement');
		expect(out).toContain('1 machine with 1 CPU at 50 %, 256 MiB');
		expect(out).toContain('computon agreement wait');
	});

	test('countered ends with 10 and shows the alternatives; --take best takes one', async () => {
		const file = offerFile({ template: 'cluster', machines: 200, share: 100, startAt: tomorrow() });
		const { code, out } = await computon('offer', file);
		expect(code).toBe(10);
		expect(out).toContain('OFFER_COUNTERED');
		expect(out).toMatch(/RANK\s+KIND/);
		const taken = await computon('offer', file, '--take', 'best', '--json');
		expect(taken.code).toBe(0);
		expect(taken.json<{ outcome: string }>().outcome).toBe('accepted');
		const { agreement } = taken.json<{ agreement: AgreementResource }>();
		await computon('agreement', 'terminate', agreement.id);
		expect((await computon('offer', file, '--take', '99')).code).toBe(2);
	});

	test('refused for an amount in a unit that nobody means, it says so, and asked first as well', async () => {
		const bytes = offerFile({ mib: 256 / 1_048_576 });
		for (const command of [
			['offer', bytes],
			['offer', bytes, '--dry-run'],
		]) {
			const { out, err } = await computon(...command);
			expect(out + err).toContain('remark UNIT_SUSPICIOUS at');
			expect(out + err).toContain('it looks as if megabytes or gigabytes were meant');
		}
	});

	test('refused ends with 11 and every reason', async () => {
		const { code, out } = await computon(
			'offer',
			offerFile({ image: { name: 'x', digest: `sha256:${'0'.repeat(64)}` } }),
		);
		expect(code).toBe(11);
		expect(out).toContain('IMAGE_UNKNOWN');
	});

	test('--dry-run commits nothing', async () => {
		const before = (await computon('agreement', 'list', '--json')).json<unknown[]>().length;
		const { code, out } = await computon('offer', offerFile(), '--dry-run');
		expect(code).toBe(0);
		expect(out).toContain('nothing was committed');
		expect((await computon('agreement', 'list', '--json')).json<unknown[]>().length).toBe(before);
	});

	test('is evaluated, as something new and as a change, and nothing is committed', async () => {
		const id = await acceptedId();
		// Its machines come up meanwhile.
		const list = async () =>
			(await computon('agreement', 'list', '--json'))
				.json<AgreementResource[]>()
				.map((each) => [each.id, each.revision]);
		const before = await list();
		const asked = await computon('evaluate', offerFile());
		expect([asked.code, asked.out]).toEqual([0, expect.stringContaining('Would be accepted')]);
		const smaller = offerFile({ mib: 128 });
		const forbidden = await computon('evaluate', smaller, '--change', id, '--json');
		expect(forbidden.code).toBeGreaterThanOrEqual(10);
		expect(forbidden.json()).toMatchObject({ reasons: [{ code: 'NEEDS_RESTART' }] });
		const allowed = await computon('evaluate', smaller, '--change', id, '--allow-restart');
		expect([allowed.code, allowed.out]).toEqual([0, expect.stringMatching(/^ {2}restart: /m)]);
		expect((await computon('evaluate', smaller, '--allow-move')).code).toBe(2);
		expect((await computon('evaluate', '--help')).out).toContain('until-friday.xml --change ID');
		expect(await list()).toEqual(before);
	});

	test('of a document that cannot be taken ends with 1 and says where it is wrong', async () => {
		const file = join(site.folder, 'broken.xml');
		writeFileSync(file, offerXml({ image: site.image }).replace('268435456', 'plenty'));
		const { code, err } = await computon('offer', file);
		expect(code).toBe(1);
		expect(err).toContain('DOCUMENT_INVALID');
		expect(err).toMatch(/IndividualPhysicalMemory/);
	});
});

describe('agreement and machine', () => {
	test('what an agreement is stands in one column, however long the names of its values', async () => {
		const file = offerFile();
		const range =
			'<jsdl:Range><jsdl:LowerBound>268435456</jsdl:LowerBound><jsdl:UpperBound>536870912</jsdl:UpperBound></jsdl:Range>';
		writeFileSync(file, readFileSync(file, 'utf8').replace('<jsdl:Exact>268435456</jsdl:Exact>', range));
		const { agreement } = (await computon('offer', file, '--json')).json<{ agreement: { id: string } }>();
		const { out } = await computon('agreement', 'show', agreement.id);
		const names = ['workspace', 'why startAt', 'why memoryBytes', 'history'];
		const columns = names.map((name) => new RegExp(`^${name} +`, 'm').exec(out)?.[0].length);
		expect(columns, out).toEqual(names.map(() => 'why memoryBytes  '.length));
	});

	test('wait, show, machines, act, history and terminate', async () => {
		const id = await acceptedId();
		const waited = await computon('agreement', 'wait', id, '--timeout', '20', '--json');
		expect(waited.code).toBe(0);
		expect(waited.json<AgreementResource>().serviceState).toBe('Ready');
		expect((await computon('agreement', 'show', id)).out).toContain(id);
		expect((await computon('agreement', 'show', id, '--xml')).out).toContain('<wsag:AgreementProperties');
		const machines = (await computon('agreement', 'machines', id, '--fresh')).out;
		expect(machines).toMatch(/agreed[\s\S]*simulated[\s\S]*consumed/);
		expect(machines).not.toMatch(/libvirt|kernel/);
		expect((await computon('machine', 'pause', id, '--timeout', '20')).code).toBe(0);
		expect((await computon('machine', 'resume', id, '0', '--timeout', '20', '--json')).json()).toMatchObject({
			state: 'running',
		});
		expect((await computon('machine', 'console', id)).code).toBe(0);
		expect((await computon('machine', 'pause', id, '5')).code).toBe(1);
		expect((await computon('machine', 'pause', id, 'first')).code).toBe(2);
		expect((await computon('agreement', 'history', id)).out).toContain('agreed');
		expect((await computon('agreement', 'terminate', id, '--reason', 'enough')).code).toBe(0);
		expect((await computon('agreement', 'wait', id, '--for', 'ended', '--timeout', '20')).code).toBe(0);
		expect((await computon('agreement', 'wait', id, '--for', 'running', '--timeout', '20')).code).toBe(1);
	});

	test('wait gives up in time, with 12', async () => {
		const id = await acceptedId({ startAt: tomorrow() });
		expect((await computon('agreement', 'wait', id, '--timeout', '1')).code).toBe(12);
	});

	test('renegotiate asks, and changes', async () => {
		const id = await acceptedId();
		const file = offerFile({ mib: 384 });
		expect((await computon('agreement', 'renegotiate', id, file, '--dry-run')).out).toContain('nothing was committed');
		const smaller = ['agreement', 'renegotiate', id, offerFile({ mib: 128 }), '--dry-run'];
		expect((await computon(...smaller)).code).toBeGreaterThanOrEqual(10);
		const permitted = await computon(...smaller, '--allow-restart');
		expect(permitted.code).toBe(0);
		expect(permitted.out).toMatch(/^ {2}restart: .*256 MiB become 128 MiB/m);
		const { code, json } = await computon('agreement', 'renegotiate', id, file, '--json');
		expect(code).toBe(0);
		expect(json<{ agreement: AgreementResource }>().agreement).toMatchObject({ revision: 2, supersedes: id });
	});
});

test('renegotiate sent again with its key is accepted once', async () => {
	const id = await acceptedId();
	const argv = ['agreement', 'renegotiate', id, offerFile({ mib: 384 }), '--idempotency-key', `again-${id}`, '--json'];
	const [first, second] = [await computon(...argv), await computon(...argv)];
	expect([first.code, second.code]).toEqual([0, 0]);
	const made = ({ json }: Ended) => json<{ agreement: AgreementResource }>().agreement.id;
	expect(made(second)).toBe(made(first));
});

describe('what admins do', () => {
	test('maintenance of a host: closed, named with what is agreed there, opened again', async () => {
		const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().replace(/\.\d+/, '');
		const times = ['--from', at(300), '--to', at(302)];
		expect((await computon('maintenance', 'list')).out).toContain('No maintenance');
		const agreed = await acceptedId({ startAt: at(301) });
		const host = 'host-1';
		const added = await computon('maintenance', 'add', host, ...times, '--reason', 'new disks');
		expect(added).toMatchObject({ code: 0, err: expect.stringContaining(agreed) });
		expect(added.out).toContain(`${host} takes nothing new from`);
		expect((await computon('maintenance', 'list')).out).toContain('new disks');
		const [{ id }] = (await computon('maintenance', 'list', '--json')).json<[{ id: string }]>();
		expect((await computon('maintenance', 'add', 'nowhere', ...times)).err).toContain('found "nowhere"');
		expect((await computon('maintenance', 'remove', id)).code).toBe(0);
		expect((await computon('maintenance', 'remove', id)).code).not.toBe(0);
	});

	test('templates, images, tokens and the calendar', async () => {
		expect((await computon('template', 'list')).out).toContain('machine/1');
		const xml = (await computon('template', 'show', 'machine/1')).out;
		const file = join(site.folder, 'machine-2.xml');
		writeFileSync(
			file,
			xml.replace('wsag:TemplateId="1"', 'wsag:TemplateId="2"').replace('<wsag:TemplateId>1<', '<wsag:TemplateId>2<'),
		);
		expect((await computon('template', 'publish', 'machine/2', file)).code).toBe(0);
		expect((await computon('template', 'retire', 'machine/2')).code).toBe(0);
		expect((await computon('template', 'show', 'machine')).code).toBe(2);
		const files = ['--kernel', join(site.folder, 'kernel'), '--initramfs', join(site.folder, 'initramfs')];
		const image = (await computon('image', 'add', 'other', ...files, '--command-line', 'quiet', '--json')).json<{
			digest: string;
		}>();
		expect((await computon('image', 'list')).out).toContain(image.digest);
		expect((await computon('image', 'add', 'broken', '--kernel', 'x')).code).toBe(2);
		expect((await computon('image', 'remove', image.digest)).code).toBe(0);
		const made = await computon('token', 'add', '--party', 'alice', '--vo', 'physics');
		expect(made.out.trim()).toMatch(/^computon_/);
		expect((await computon('token', 'list')).out).toContain('alice');
		expect((await computon('calendar')).out).toContain('host-1');
	});
});

describe('how it fails', () => {
	test('without a token it ends with 20, forbidden with 21, with words on what to do', async () => {
		const nobody = join(site.folder, 'nobody');
		writeFileSync(nobody, 'nonsense');
		const { code, err } = await computon('--token-file', nobody, 'agreement', 'list');
		expect(code).toBe(20);
		expect(err).toContain('--token-file');
		const client = join(site.folder, 'client');
		writeFileSync(client, (await computon('token', 'add', '--party', 'bob', '--vo', 'v')).out);
		expect((await computon('token', 'list', '--token-file', client)).code).toBe(21);
	});

	test('where nobody listens it says so', async () => {
		const { code, err } = await computon('--url', 'http://127.0.0.1:1', 'template', 'list');
		expect(code).toBe(1);
		expect(err).toContain('computon serve');
	});

	test.each([
		[['nonsense'], 2],
		[['offer'], 2],
		[['offer', '/does/not/exist.xml'], 2],
		[['token', 'add', '--party', 'x'], 2],
		[['agreement', 'wait', 'x', '--for', 'ever'], 2],
		[['calendar', '--from', 'garbage'], 2],
		[['calendar', '--to', '2026-12-01T08:00:00'], 2],
		[['--help'], 0],
		[['agreement', '--help'], 0],
		[['--version'], 0],
	])('%j ends with %i', async (argv, code) => {
		expect((await computon(...argv)).code).toBe(code);
	});
});

describe('template lint', () => {
	const template = join(import.meta.dirname, '../../templates/machine.xml');

	test('finds nothing in a template that ships, and says so', async () => {
		const { code, out } = await computon('template', 'lint', template);
		expect([code, out.trim()]).toEqual([0, `${template}: nothing found`]);
	});

	test('says what is wrong with code, severity, path and line; errors end with 1, no file with 2', async () => {
		const file = join(site.folder, 'linted.xml');
		const faulty = '<wsag:Constraint>//jsdl:Exact &gt; 3 and //jsdl:Exact &lt; 3</wsag:Constraint>';
		writeFileSync(file, readFileSync(template, 'utf8').replace('</wsag:CreationConstraints>', `\n${faulty}$&`));
		const { code, json } = await computon('template', 'lint', '--json', file);
		expect(code).toBe(1);
		const path = '/wsag:Template/wsag:CreationConstraints/wsag:Constraint';
		expect(json()).toMatchObject({ file, ok: false });
		expect(json<{ findings: object[] }>().findings[0]).toMatchObject({
			code: 'CONSTRAINT_UNSATISFIABLE',
			severity: 'error',
			path,
			line: expect.any(Number),
		});
		expect((await computon('validate', '--json', file)).json()).toMatchObject({
			valid: true,
			diagnostics: expect.arrayContaining([expect.objectContaining({ code: 'NOT_SUPPORTED', path })]),
		});
		const missing = join(site.folder, 'no-such-file');
		expect((await computon('template', 'lint', missing)).code).toBe(2);
		const unread = await computon('template', 'lint', '--json', missing);
		expect([unread.code, unread.json()]).toMatchObject([
			2,
			{ file: missing, ok: false, findings: [{ code: 'FILE_UNREADABLE', severity: 'error', path: '/' }] },
		]);
		writeFileSync(file, '<wsag:Template');
		expect((await computon('template', 'lint', file)).out).toContain('error NOT_WELL_FORMED');
	});

	test('says the same of a template in JSON, by its own lines', async () => {
		const file = join(site.folder, 'linted.json');
		const faulty = '<wsag:Constraint>//jsdl:Exact &gt; 3 and //jsdl:Exact &lt; 3</wsag:Constraint>';
		const text = jsonSent(readFileSync(template, 'utf8').replace('</wsag:CreationConstraints>', `\n${faulty}$&`));
		writeFileSync(file, text);
		const { code, json } = await computon('template', 'lint', '--json', file);
		expect(code).toBe(1);
		const [finding] = json<{ findings: { code: string; line: number }[] }>().findings;
		expect(finding).toMatchObject({
			code: 'CONSTRAINT_UNSATISFIABLE',
			path: '/wsag:Template/wsag:CreationConstraints/wsag:Constraint',
		});
		expect(text.split('\n')[finding!.line - 1]).toContain('//jsdl:Exact > 3');
		writeFileSync(file, text.slice(0, -2));
		expect((await computon('template', 'lint', file)).out).toContain('error NOT_WELL_FORMED line');
	});

	test('calls a placeholder one, where a value belongs too', async () => {
		const file = join(site.folder, 'pattern.xml');
		const text = readFileSync(template, 'utf8').replace('<jsdl:Exact>1<', '<jsdl:Exact>$MACHINES<');
		writeFileSync(file, text.replace('>guest<', '>$IMAGE<'));
		const { code, json } = await computon('template', 'lint', '--json', file);
		expect(code).toBe(1);
		expect(json<{ findings: object[] }>().findings).toEqual([
			expect.objectContaining({ code: 'PLACEHOLDER', severity: 'error', found: '$MACHINES', line: expect.any(Number) }),
			expect.objectContaining({ code: 'PLACEHOLDER', severity: 'warning', found: '$IMAGE', line: expect.any(Number) }),
		]);
	});
});

describe('template lint of what a program was to fill in', () => {
	test.each([
		['a facet', '<xs:maxInclusive value="64"/>', '<xs:maxInclusive value="$MAX"/>', '$MAX'],
		['a Location', '//ws:Window/ws:Duration<', '//ws:Window/ws:$WHAT<', '$WHAT'],
	])('calls it a placeholder in %s', async (_name, text, put, found) => {
		const file = join(site.folder, 'placeholder.xml');
		const shipped = readFileSync(join(import.meta.dirname, '../../templates/machine.xml'), 'utf8');
		writeFileSync(file, shipped.replace(text, put));
		const { code, json } = await computon('template', 'lint', '--json', file);
		expect(code).toBe(1);
		expect(json<{ findings: object[] }>().findings).toEqual([
			expect.objectContaining({ code: 'PLACEHOLDER', severity: 'error', found, line: expect.any(Number) }),
		]);
	});
});

describe('validate', () => {
	const fixture = (name: string) => new URL(`../fixtures/offers/${name}.xml`, import.meta.url).pathname;

	test('says valid of the samples and the templates, a JSON line each', async () => {
		const template = new URL('../../templates/machine.xml', import.meta.url).pathname;
		const { code, out } = await computon('validate', '--json', fixture('machine'), fixture('cluster'), template);
		expect(code).toBe(0);
		const verdicts = out
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as { kind: string; valid: boolean });
		expect(verdicts.map(({ kind, valid }) => `${kind} ${valid}`)).toEqual([
			'offer true',
			'offer true',
			'template true',
		]);
	});

	test('names code, line and path of what is wrong, and ends with 1', async () => {
		const file = join(site.folder, 'wrong.xml');
		writeFileSync(file, readFileSync(fixture('machine'), 'utf8').replace('536870912', 'x'));
		const { code, json } = await computon('validate', '--json', file);
		expect(code).toBe(1);
		expect(json<{ wellFormed: boolean; diagnostics: { line: number }[] }>()).toMatchObject({
			wellFormed: true,
			valid: false,
		});
		expect(json<{ diagnostics: { line: number }[] }>().diagnostics[0]?.line).toBeGreaterThan(20);
		writeFileSync(file, '<a>');
		expect((await computon('validate', '--json', file)).json()).toMatchObject({ wellFormed: false, valid: false });
	});
});
