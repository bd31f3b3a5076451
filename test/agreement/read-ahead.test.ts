/** What a worker reads ahead of an offer is what is read from it once its template is known. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBranches } from '../../src/agreement/offer/branches.ts';
import { pack, read, unpack } from '../../src/agreement/reading.ts';
import { readDocument } from '../../src/xml/document.ts';
import type { XmlElement } from '../../src/xml/element.ts';
import { bytesOfText, textOfBytes } from '../../src/xml/packed-text.ts';
import { offerWriter } from '../bench/offers.ts';
import {
	DIGEST,
	exact,
	jobTerm,
	type OfferParts,
	offerXml,
	term,
	treeOf,
	valueIn,
	WINDOW,
	WORKSPACE,
} from './documents.ts';

/** The document as the main thread has it. */
function crossed(tree: XmlElement) {
	const document = unpack(textOfBytes(bytesOfText(pack(valueIn(read(tree)))!)));
	if (document.kind !== 'offer') throw new Error(document.kind);
	return document;
}

const window = (content: string) => `<ws:Window>${content}</ws:Window>`;
const INTEGER = `<tc:TimeConstraint><tc:Duration>60</tc:Duration></tc:TimeConstraint>`;
const placed = (labels: string) =>
	WORKSPACE.replace('</ws:Workspace>', `<ws:Placement strategy="spread">${labels}</ws:Placement></ws:Workspace>`);
const variable = (location: string) =>
	`<wsag:Variable wsag:Name="v" wsag:Metric="xs:integer"><wsag:Location>${location}</wsag:Location></wsag:Variable>`;
const properties = (name: string, location: string) =>
	`<wsag:ServiceProperties wsag:Name="${name}" wsag:ServiceName="workspace"><wsag:VariableSet>${variable(location)}</wsag:VariableSet></wsag:ServiceProperties>`;
const CONTEXT =
	'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName>machine</wsag:TemplateName>';

const parts: fc.Arbitrary<OfferParts> = fc.record({
	resources: fc
		.subarray([
			exact('IndividualCPUCount', 2),
			exact('TotalResourceCount', 'x'),
			'<jsdl:IndividualPhysicalMemory><jsdl:LowerBoundedRange>1024</jsdl:LowerBoundedRange></jsdl:IndividualPhysicalMemory>',
			'<jsdl:IndividualDiskSpace><jsdl:Range><jsdl:LowerBound>1</jsdl:LowerBound><jsdl:UpperBound>9</jsdl:UpperBound></jsdl:Range></jsdl:IndividualDiskSpace>',
			'<jsdl:CandidateHosts><jsdl:HostName>null</jsdl:HostName></jsdl:CandidateHosts>',
			'<x:unknown x:more="null">\u2028 \u{1F600}</x:unknown>',
		])
		.map((all) => all.join('')),
	window: fc.constantFrom(
		WINDOW,
		window('<ws:StartTime>2030-01-01T00:00:00</ws:StartTime><ws:Duration>P1DT1S</ws:Duration>'),
		window('<ws:EndTime>2030-01-01T00:00:00Z</ws:EndTime><ws:Duration>PT1H</ws:Duration>'),
		INTEGER,
		'<x:none></x:none>',
	),
	workspace: fc.constantFrom(
		WORKSPACE,
		placed('<ws:Label name="zone">null</ws:Label>'),
		placed('<ws:Label name="constructor">Ω "\\ 1</ws:Label><ws:Label name="toString">b</ws:Label>'),
	),
	terms: fc
		.subarray([
			properties('p', '//jsdl:Resources'),
			properties('q', '//x:nowhere'),
			jobTerm('more', exact('TotalCPUCount', 4)),
			`<wsag:ExactlyOne>${term('one', '<x:a></x:a>')}${term('other', '<x:b></x:b>')}</wsag:ExactlyOne>`,
			`<wsag:OneOrMore>${term('only', '<x:a></x:a>')}</wsag:OneOrMore>`,
		])
		.map((all) => all.join('')),
	context: fc.constantFrom(
		CONTEXT,
		CONTEXT.replace('AgreementResponder', 'AgreementInitiator'),
		`${CONTEXT}<ws:Quote><ws:Price currency="EUR">12.50</ws:Price></ws:Quote>`,
	),
});

test('it is what the offer says by any template, or nothing', () => {
	const seen = { ahead: 0, unread: 0, open: 0, otherwise: 0 };
	fc.assert(
		fc.property(parts, fc.constantFrom(undefined, 'seconds', 'hours'), (said, durationUnit) => {
			const { offer: sent, request } = crossed(treeOf(offerXml(said)));
			const branches = readBranches(sent, durationUnit === undefined ? {} : { durationUnit });
			if (request !== undefined) {
				seen.ahead += 1;
				expect(branches).toStrictEqual(readBranches(sent, {}, () => request));
			} else if (!branches.ok) seen.unread += 1;
			else if (branches.value.length > 1) seen.open += 1;
			else seen.otherwise += 1;
		}),
		{ numRuns: 1000 },
	);
	for (const count of Object.values(seen)) expect(count).toBeGreaterThan(10);
});

test.each(['8k', 'slurm'] as const)('it is there of an ordinary offer (%s)', (extent) => {
	const write = offerWriter({ name: 'guest', digest: DIGEST }, extent);
	const wish = { machines: 2, cpus: 4, memoryBytes: 2 ** 30, startAt: 2e9, durationSeconds: 3600 };
	const { request } = crossed(valueIn(readDocument(Buffer.from(write('xml', wish)))));
	expect(request).toMatchObject({ window: { startAt: 2e9, durationSeconds: 3600 } });
});
