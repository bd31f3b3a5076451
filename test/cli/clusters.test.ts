/** A head and its workers from the command line to the machines of the simulated site, and back. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Effect, Problem } from '../../src/client/answers.ts';
import type { AgreementResource, MachineResource } from '../../src/client/resources.ts';
import { type SimulatedService, startSimulatedService } from '../api/simulated-service.ts';
import { computonAt } from './command-line.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const computon = (...argv: string[]) => computonAt(site, argv);

/** The sample offer, with the image of this site, and whatever else is to be changed. */
function offerFile(name: string, change = (xml: string) => xml): string {
	const sample = readFileSync(new URL('../fixtures/offers/mixed-cluster.xml', import.meta.url), 'utf8');
	const xml = sample.replaceAll(/digest="[^"]*"/g, `digest="${site.image.digest}"`);
	const file = join(site.folder, name);
	writeFileSync(file, change(xml));
	return file;
}

test('is offered, runs, is shown, grows and ends', async () => {
	const offered = await computon('offer', offerFile('cluster.xml'), '--json');
	expect(offered.code).toBe(0);
	const { agreement } = JSON.parse(offered.out) as { agreement: AgreementResource };
	expect(agreement.grant.services).toMatchObject([
		{ serviceName: 'head', machineCount: 1, cpuCount: 4, memoryBytes: 2 ** 33 },
		{ serviceName: 'workers', machineCount: 4, cpuCount: 2, memoryBytes: 2 ** 31 },
	]);
	expect(agreement.hosts.map(({ serviceName }) => serviceName)).toContain('workers');
	expect((await computon('agreement', 'wait', agreement.id)).code).toBe(0);

	const shown = (await computon('agreement', 'show', agreement.id)).out;
	expect(shown).toContain(
		'head: 1 machine with 4 CPUs at 100 %, 8 GiB; workers: 4 machines with 2 CPUs at 100 %, 2 GiB',
	);
	expect(shown).toMatch(/hosts +head: \S+ x 1, workers: \S+ x \d/);
	const table = (await computon('agreement', 'machines', agreement.id)).out;
	expect(table).toMatch(/head: 0 .* agreed +4 .* 8 GiB/);
	expect(table).toMatch(/workers: 4 .* agreed +2 .* 2 GiB/);

	const xml = (await computon('agreement', 'show', agreement.id, '--xml')).out;
	const states = xml.matchAll(/ServiceTermState wsag:termName="([^"]*)">\s*<wsag:State>(\w+)</g);
	expect([...states].map(([, termName, state]) => [termName, state])).toEqual([
		['head-resources', 'Ready'],
		['window', 'Ready'],
		['head-workspace', 'Ready'],
		['workers-resources', 'Ready'],
		['workers-workspace', 'Ready'],
	]);
	expect([...xml.matchAll(/<jsdl:TotalResourceCount>\s*<jsdl:Exact>(\d+)</g)].map(([, count]) => count)).toEqual([
		'1',
		'4',
	]);

	const more = offerFile('more.xml', (text) => text.replace('LowerBound>4<', 'LowerBound>6<'));
	const changed = await computon('agreement', 'renegotiate', agreement.id, more, '--json');
	const successor = (JSON.parse(changed.out) as { agreement: AgreementResource }).agreement;
	expect((await computon('agreement', 'wait', successor.id)).code).toBe(0);
	const machines = JSON.parse((await computon('agreement', 'machines', successor.id, '--json')).out) as {
		items?: MachineResource[];
	};
	const items = machines.items ?? (machines as unknown as MachineResource[]);
	expect(items.map(({ index, serviceName, agreed }) => [index, serviceName, agreed.memoryBytes / 2 ** 30])).toEqual([
		[0, 'head', 8],
		...[1, 2, 3, 4, 5, 6].map((index) => [index, 'workers', 2]),
	]);

	const renamed = offerFile('other.xml', (text) =>
		text.replaceAll('wsag:ServiceName="workers"', 'wsag:ServiceName="nodes"'),
	);
	const exchanged = await computon('agreement', 'renegotiate', successor.id, renamed, '--json');
	const { agreement: last, effects } = JSON.parse(exchanged.out) as {
		agreement: AgreementResource;
		effects: readonly Effect[];
	};
	expect(effects.map(({ message }) => message)).toEqual([
		'nodes: 4 more machines start.',
		'workers: The service ends: its 6 machines are shut down.',
	]);
	expect((await computon('agreement', 'wait', last.id)).code).toBe(0);
	const left = JSON.parse((await computon('agreement', 'machines', last.id, '--json')).out) as typeof machines;
	const there = (left.items ?? (left as unknown as MachineResource[])).map((each) => [each.index, each.serviceName]);
	expect(there).toEqual([[0, 'head'], ...[7, 8, 9, 10].map((index) => [index, 'nodes'])]);
	const head = (left.items ?? (left as unknown as MachineResource[]))[0]!;
	expect(head.bootedAt).toBe(items[0]!.bootedAt);
	expect((await computon('agreement', 'terminate', last.id)).code).toBe(0);
});

test('that cannot be had is countered with the service that differs', async () => {
	const large = offerFile('large.xml', (xml) => xml.replaceAll(/<jsdl:(Lower|Upper)Bound>\d+</g, '<jsdl:$1Bound>255<'));
	const { code, out } = await computon('offer', large);
	expect(code).toBe(10);
	expect(out).toMatch(/workers: machineCount: 255 -> \d+/);
});

test('with windows of their own is refused, and told what to do', async () => {
	const window = (service: string, duration: string): string =>
		`<wsag:ServiceDescriptionTerm wsag:Name="w-${service}" wsag:ServiceName="${service}"><ws:Window><ws:Duration>${duration}</ws:Duration></ws:Window></wsag:ServiceDescriptionTerm></wsag:All>`;
	const apart = offerFile('apart.xml', (xml) => xml.replace('</wsag:All>', window('workers', 'PT2H')));
	const { code, out } = await computon('offer', apart, '--json');
	expect(code).toBe(1);
	const problem = JSON.parse(out) as { problem?: Problem } & Problem;
	expect((problem.problem ?? problem).issues).toMatchObject([{ code: 'WINDOWS_DIFFER' }]);
});
