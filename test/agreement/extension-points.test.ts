/** Extensions that look as if something else was meant: it is asked for, and nothing is made of it. */
import { describe, expect, test } from 'vitest';
import { mend, read } from '../../src/agreement/inspection.ts';
import { readJobDocument } from '../../src/agreement/jsdl/job-document.ts';
import { hintOf } from '../../src/agreement/lenient/extension-points.ts';
import { lintTemplate } from '../../src/agreement/lint/lint.ts';
import { JSDL, JSDL_POSIX, WS } from '../../src/agreement/names.ts';
import { readBranches } from '../../src/agreement/offer/branches.ts';
import { agreementOfferOf, readNegotiationOffer } from '../../src/agreement/rounds/negotiation-offer.ts';
import { readDocumentWith, readLenientDocumentWith } from '../../src/xml/document.ts';
import { cpuMs } from '../cpu-time.ts';
import { offer as anOffer, negotiationOfferXml, requestOf, template, term, treeOf, valueIn } from './documents.ts';
import { job, offer } from './lenient-documents.ts';

/** What an inspection says of the extensions of a valid document, strictly and leniently. */
function kept(text: string) {
	const strict = readDocumentWith(Buffer.from(text), read);
	const lenient = readLenientDocumentWith(Buffer.from(text), { read, mend });
	expect(strict).toMatchObject({ ok: true });
	expect(lenient).toEqual(strict);
	return strict.issues?.filter(({ code }) => code === 'EXTENSION_KEPT') ?? [];
}

const resources = (content: string) => job(`<j:Resources>${content}</j:Resources>`);
const within = (content: string) => job('').replace('</j:JobDefinition>', `${content}$&`);
const draft = (name: string, namespace: string) => `<d:${name} xmlns:d="${namespace}"/>`;

describe('an extension is asked about', () => {
	const CASES: readonly [name: string, text: string, at: string, meant: string][] = [
		[
			'under the name of a child, in whatever namespace',
			resources('<x:TotalCPUCount/>'),
			'x:TotalCPUCount',
			`TotalCPUCount of ${JSDL}`,
		],
		['in other letters', resources('<x:totalcpucount/>'), 'x:totalcpucount', `TotalCPUCount of ${JSDL}`],
		['one letter away', resources('<x:TotalCPUCounts/>'), 'x:TotalCPUCounts', `TotalCPUCount of ${JSDL}`],
		['in a neighbour’s namespace', resources('<p:TotalCPUCount/>'), 'p:TotalCPUCount', `TotalCPUCount of ${JSDL}`],
		[
			'in the namespace of a draft',
			job(draft('Resources', 'http://schemas.ggf.org/jsdl/2005/06/jsdl')),
			'd:Resources',
			`Resources of ${JSDL}`,
		],
		['in ours with a slash behind it', job(draft('Resources', `${JSDL}/`)), 'd:Resources', `Resources of ${JSDL}`],
		['in ours but for a letter', within(draft('Exact', JSDL.replace('11', '12'))), 'd:Exact', `Exact of ${JSDL}`],
		[
			'in ours but for the host and the letters',
			within(draft('Exact', JSDL.replace('ggf', 'OGF'))),
			'd:Exact',
			`Exact of ${JSDL}`,
		],
		[
			'as a misspelt application',
			job('<j:Application><p:POSIXAplication/></j:Application>'),
			'p:POSIXAplication',
			`POSIXApplication of ${JSDL_POSIX}`,
		],
		[
			'as a misspelt statement of a context',
			offer('', '<s:reading>lenient</s:reading>'),
			's:reading',
			`Reading of ${WS}`,
		],
		[
			'as a statement in another namespace',
			offer('', '<x:DurationUnit>hours</x:DurationUnit>'),
			'x:DurationUnit',
			`DurationUnit of ${WS}`,
		],
		[
			'as a misspelt element that would mean nothing there',
			offer('', '<j:IndividualCPUcount/>'),
			'j:IndividualCPUcount',
			`IndividualCPUCount of ${JSDL}`,
		],
	];
	test.each(CASES)('%s', (_name, text, at, meant) => {
		const issues = kept(text);
		expect(issues).toMatchObject([{ severity: 'warning', line: 1, allowed: meant }]);
		expect(issues[0]?.path.endsWith(`/${at}`), issues[0]?.path).toBe(true);
		expect(issues[0]?.message).toContain(`Did you mean ${meant.split(' ')[0]}?`);
	});

	test.each([
		['of a known vocabulary that has no such element', offer('', '<s:Foo/>'), 'no such element'],
		['that belongs elsewhere', job('<p:POSIXApplication/>'), 'belongs elsewhere'],
	])('%s: it is only said', (_name, text, why) => {
		const issues = kept(text);
		expect(issues).toMatchObject([{ severity: 'warning', message: expect.stringContaining(why) }]);
		expect(issues[0]).not.toHaveProperty('allowed');
	});

	test.each([
		['of somebody’s own', resources('<x:Disk/>')],
		[
			'whose short name is one letter away',
			job(
				`<j:DataStaging><j:FileName>a</j:FileName><j:CreationFlag>append</j:CreationFlag><j:Source><x:URL/></j:Source></j:DataStaging>`,
			),
		],
		['that holds what we know', resources('<x:Disk><x:TotalCPUCount/></x:Disk>')],
	])('%s is an information', (_name, text) => {
		expect(kept(text)).toMatchObject([{ severity: 'info' }]);
	});

	test.each([
		['an application', job('<j:Application><p:POSIXApplication/></j:Application>')],
		[
			'a child that is its neighbour’s',
			job(
				'<j:Application><m:SPMDApplication xmlns:m="http://schemas.ogf.org/jsdl/2007/02/jsdl-spmd"><p:Executable>a</p:Executable><m:SPMDVariation>urn:a</m:SPMDVariation></m:SPMDApplication></j:Application>',
			),
		],
		['a statement', offer('', '<s:DurationUnit>hours</s:DurationUnit>')],
	])('%s that is understood is not told of', (_name, text) => {
		expect(kept(text)).toEqual([]);
	});
});

describe('what may be meant by an extension stands', () => {
	const HINT = `(did you mean TotalCPUCount of ${JSDL}?)`;

	test('in the reason why a resource cannot be had', () => {
		const [reading] = readJobDocument(treeOf(resources('<x:totalCPUCount/>')));
		expect(reading?.unsupported[0]?.why).toContain(HINT);
	});

	test('in the remarks on an offer, as of extensions of other people it is said that they are ignored', () => {
		const content =
			'<jsdl:JobDefinition x:a="1"><jsdl:JobDescription><jsdl:JobIdentification><x:Colour></x:Colour></jsdl:JobIdentification><jsdl:Resources x:b="1"></jsdl:Resources><x:Resource></x:Resource></jsdl:JobDescription><x:jobdescription></x:jobdescription><posix:Argument></posix:Argument></jsdl:JobDefinition>';
		const { remarks } = valueIn(requestOf({ job: content }));
		expect(remarks.map(({ code, path, message }) => [code, path.replace(/^.*JobDefinition/, ''), message])).toEqual(
			[
				['/@x:a', 'Nobody here understands the attribute x:a; it is kept and ignored.'],
				[
					'/jsdl:JobDescription/jsdl:JobIdentification/x:Colour',
					'Nobody here understands the extension x:Colour; it is kept and ignored.',
				],
				[
					'/jsdl:JobDescription/jsdl:Resources/@x:b',
					'Nobody here understands the attribute x:b; it is kept and ignored.',
				],
				[
					'/jsdl:JobDescription/x:Resource',
					`Nobody here understands the extension x:Resource; it is kept and ignored (did you mean Resources of ${JSDL}?).`,
				],
				[
					'/x:jobdescription',
					`Nobody here understands the extension x:jobdescription; it is kept and ignored (did you mean JobDescription of ${JSDL}?).`,
				],
				['/posix:Argument', 'posix:Argument belongs elsewhere; here it is an extension, which is kept and ignored.'],
			].map((told) => ['EXTENSION_IGNORED', ...told]),
		);
	});

	test('not in the remarks on what is refused for its extension', () => {
		const fileSystem =
			'<jsdl:FileSystem name="ROOT"><jsdl:DiskSpace><jsdl:Exact>1e9</jsdl:Exact></jsdl:DiskSpace><x:Raid></x:Raid></jsdl:FileSystem>';
		const { remarks, unsupported } = valueIn(requestOf({ resources: `${fileSystem}<x:Accelerator></x:Accelerator>` }));
		expect(unsupported.map(({ path }) => path.replace(/^.*Resources/, ''))).toEqual([
			'/jsdl:FileSystem',
			'/x:Accelerator',
		]);
		expect(remarks).toEqual([]);
	});

	test('of a choice in the remarks on the branches that have it, and in the offer of a negotiation, at their places', () => {
		const branch = (name: string, more: string) =>
			term(name, `<jsdl:JobDefinition><jsdl:JobDescription></jsdl:JobDescription>${more}</jsdl:JobDefinition>`);
		const terms = `<wsag:ExactlyOne>${branch('one', '<x:a></x:a>')}${branch('two', '<x:b></x:b>')}</wsag:ExactlyOne>`;
		const told = (branches: ReturnType<typeof readBranches>) =>
			valueIn(branches).map(({ request }) => request.remarks.map(({ path }) => path));
		const at = (root: string, nth: number, name: string) =>
			`/${root}/wsag:Terms/wsag:All/wsag:ExactlyOne/wsag:ServiceDescriptionTerm[${nth}]/jsdl:JobDefinition/x:${name}`;
		expect(told(readBranches(anOffer({ terms }), {}))).toEqual([
			[at('wsag:AgreementOffer', 1, 'a')],
			[at('wsag:AgreementOffer', 2, 'b')],
		]);
		const negotiated = valueIn(readNegotiationOffer(treeOf(negotiationOfferXml({ terms }))));
		expect(told(readBranches(agreementOfferOf(negotiated), {}))).toEqual([
			[at('neg:NegotiationOffer', 1, 'a')],
			[at('neg:NegotiationOffer', 2, 'b')],
		]);
	});

	test('in the remarks on the context of an offer', () => {
		const context = '<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><ws:quote/>';
		const { remarks } = valueIn(requestOf({ context }));
		expect(remarks).toMatchObject([
			{ code: 'EXTENSION_IGNORED', message: expect.stringContaining(`(did you mean Quote of ${WS}?).`) },
		]);
	});

	test('among the findings of a template, once', () => {
		const context =
			'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName>a</wsag:TemplateName><ws:reading>lenient</ws:reading><x:hint xmlns:x="urn:x"/>';
		const { tree } = template('', { context });
		const told = lintTemplate(template('', { context })).filter(({ code }) => code === 'EXTENSION_IGNORED');
		expect(told).toMatchObject([{ severity: 'warning', path: '/wsag:Template/wsag:Context/ws:reading' }]);
		const inspected = read(tree).issues.filter(({ path }) => path.endsWith('ws:reading'));
		expect(inspected.map(({ code }) => code)).toEqual(['EXTENSION_KEPT']);
	});
});

test('a name or a namespace of a hundred thousand letters costs nothing', () => {
	const long = 'x'.repeat(100_000);
	const before = cpuMs();
	const hints = new Set<string>();
	for (let count = 0; count < 50_000; count += 1) {
		hints.add(hintOf({ namespace: `urn:${long}`, localName: long }, { namespace: JSDL, localName: 'Resources' }));
	}
	expect(hints).toEqual(new Set(['']));
	expect(cpuMs() - before).toBeLessThan(1_000);
});
