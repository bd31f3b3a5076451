import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printRange } from '../../src/agreement/jsdl/range.ts';
import { narrowOffer } from '../../src/agreement/offer/narrow.ts';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { printAgreement } from '../../src/agreement/properties/print.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import type { ServiceGrant, ServiceRequest } from '../../src/agreement/terms/service.ts';
import type { DurationUnit } from '../../src/agreement/terms/window.ts';
import { readDocument } from '../../src/xml/document.ts';
import { childElements, firstChild, sameElement, type XmlElement } from '../../src/xml/element.ts';
import { writeCanonical, writeDocument } from '../../src/xml/writer.ts';
import {
	DIGEST,
	documentAt,
	exact,
	item,
	jobTerm,
	multiplicity,
	offer,
	template,
	term,
	treeOf,
	valueIn,
} from './documents.ts';

const START = Date.parse('2030-01-01T08:00:00Z') / 1000;
const GRANT: ServiceGrant = {
	machineCount: 3,
	cpuCount: 2,
	memoryBytes: 1_073_741_824,
	diskBytes: 0,
	networkBitsPerSecond: 0,
	startAt: START,
	endAt: START + 5400,
	workspace: {
		imageName: 'guest',
		imageDigest: DIGEST,
		cpuSharePercent: 100,
		endAction: 'shutdown',
		retentionSeconds: 0,
	},
};

function reread(tree: XmlElement, durationUnit?: DurationUnit): ServiceRequest {
	return valueIn(readServiceRequest(valueIn(readOffer(tree)), durationUnit === undefined ? {} : { durationUnit }));
}

/** Through text and gate, as it reaches a client. */
function sent(tree: XmlElement): XmlElement {
	return valueIn(readDocument(Buffer.from(writeCanonical(tree))));
}

function resourcesOf(tree: XmlElement): string[] {
	const names: string[] = [];
	const walk = (node: XmlElement): void => {
		for (const child of childElements(node)) {
			if (node.localName === 'Resources') names.push(child.localName);
			walk(child);
		}
	};
	walk(tree);
	return names;
}

const range = (localName: string, lower: number, upper: number): string =>
	`<jsdl:${localName}><jsdl:Range><jsdl:LowerBound>${lower}</jsdl:LowerBound><jsdl:UpperBound>${upper}</jsdl:UpperBound></jsdl:Range></jsdl:${localName}>`;

describe('an offer narrowed to a grant', () => {
	test('says each value exactly, and a fixed window', () => {
		const asked = offer({
			resources:
				range('IndividualCPUCount', 1, 4) +
				range('IndividualPhysicalMemory', 1e9, 4e9) +
				range('TotalCPUCount', 1, 99) +
				range('TotalResourceCount', 1, 9),
		});
		const read = reread(sent(narrowOffer(asked, GRANT)));
		expect(printRange(read.cpuCount!.range)).toBe('2');
		expect(printRange(read.memoryBytes!.range)).toBe('1073741824');
		expect(printRange(read.machineCount!.range)).toBe('3');
		expect(printRange(read.totalCpuCount!.range)).toBe('6');
		expect(read.window).toEqual({ startAt: START, endAt: START + 5400, durationSeconds: 5400 });
	});

	test('says what the offer left open, in the order of the schema', () => {
		const grant = { ...GRANT, diskBytes: 4096, networkBitsPerSecond: 8000 };
		const tree = narrowOffer(
			offer({
				resources: `<jsdl:ExclusiveExecution>true</jsdl:ExclusiveExecution>${exact('TotalDiskSpace', 1)}<x:y></x:y>`,
			}),
			grant,
		);
		expect(resourcesOf(tree)).toEqual([
			'ExclusiveExecution',
			'IndividualCPUCount',
			'IndividualNetworkBandwidth',
			'IndividualPhysicalMemory',
			'IndividualDiskSpace',
			'TotalDiskSpace',
			'TotalResourceCount',
			'y',
		]);
		expect(printRange(reread(sent(tree)).totalDiskBytes!.range)).toBe('12288');
	});

	test('says nothing of a disk and a bandwidth that were not granted', () => {
		expect(resourcesOf(narrowOffer(offer(), GRANT))).toEqual([
			'IndividualCPUCount',
			'IndividualPhysicalMemory',
			'TotalResourceCount',
		]);
	});

	test('says of a disk and a bandwidth that were asked for and not granted that there is none', () => {
		const asked = range('IndividualNetworkBandwidth', 0, 8) + range('IndividualDiskSpace', 0, 4096);
		const job = `<jsdl:Resources>${asked}${range('TotalDiskSpace', 0, 8192)}</jsdl:Resources>`;
		const { diskBytes, totalDiskBytes, networkBitsPerSecond } = reread(sent(narrowOffer(offer({ job }), GRANT)));
		for (const demand of [diskBytes, totalDiskBytes, networkBitsPerSecond]) {
			expect(printRange(demand!.range)).toBe('0');
		}
	});

	test.each<[name: string, job: string]>([
		[
			'a JobDescription without Resources',
			'<jsdl:JobIdentification><jsdl:JobName>n</jsdl:JobName></jsdl:JobIdentification><x:y></x:y>',
		],
		['an empty JobDescription', ''],
	])('adds Resources to %s', (_name, job) => {
		expect(printRange(reread(sent(narrowOffer(offer({ job }), GRANT))).cpuCount!.range)).toBe('2');
	});

	test('adds a term to an offer without a JobDefinition, under a name of its own', () => {
		const bare = treeOf(
			`<wsag:AgreementOffer><wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider></wsag:Context><wsag:Terms><wsag:All>${term('granted-resources', '<ws:Window><ws:Duration>PT1H</ws:Duration></ws:Window>')}${term('w', `<ws:Workspace><ws:Image digest="${DIGEST}">guest</ws:Image></ws:Workspace>`)}</wsag:All></wsag:Terms></wsag:AgreementOffer>`,
		);
		const narrowed = valueIn(readOffer(sent(narrowOffer(valueIn(readOffer(bare)), GRANT))));
		expect(narrowed.terms.terms.at(-1)).toMatchObject({ name: 'granted-resources-2', serviceName: 'workspace' });
		expect(printRange(reread(narrowed.tree).machineCount!.range)).toBe('3');
	});

	test('adds each value once, where several terms share the resources', () => {
		const asked = offer({
			resources: range('IndividualCPUCount', 1, 4),
			terms: jobTerm('more', range('TotalResourceCount', 1, 9)),
		});
		const tree = narrowOffer(asked, GRANT);
		expect(resourcesOf(tree)).toEqual(['IndividualCPUCount', 'IndividualPhysicalMemory', 'TotalResourceCount']);
		expect(printRange(reread(sent(tree)).machineCount!.range)).toBe('3');
	});

	test('a file system’s space is the disk’s', () => {
		const resources =
			'<jsdl:FileSystem name="root"><jsdl:DiskSpace><jsdl:LowerBoundedRange>1</jsdl:LowerBoundedRange></jsdl:DiskSpace></jsdl:FileSystem>';
		const tree = narrowOffer(offer({ resources }), { ...GRANT, diskBytes: 4096 });
		expect(resourcesOf(tree)).not.toContain('IndividualDiskSpace');
		expect(printRange(reread(sent(tree)).diskBytes!.range)).toBe('4096');
	});

	test('other hosts replace those that were asked', () => {
		const resources = '<jsdl:CandidateHosts><jsdl:HostName>a</jsdl:HostName></jsdl:CandidateHosts>';
		const asked = offer({ resources });
		expect(reread(sent(narrowOffer(asked, { ...GRANT, candidateHosts: ['b', 'c'] }))).candidateHosts).toEqual([
			'b',
			'c',
		]);
		expect(reread(narrowOffer(asked, GRANT)).candidateHosts).toEqual(['a']);
	});

	test('another image, share or end replaces the one that was asked; the same Workspace stays untouched', () => {
		const xml = `<ws:Workspace><!--mine--><ws:Image digest="${DIGEST}">guest</ws:Image></ws:Workspace>`;
		const asked = offer({ workspace: xml });
		const contentOf = (tree: XmlElement): XmlElement => {
			const [, , workspace] = valueIn(readOffer(tree)).terms.terms;
			if (workspace?.kind !== 'ServiceDescriptionTerm') throw new Error('no term');
			return workspace.content.element;
		};
		expect(contentOf(narrowOffer(asked, GRANT))).toEqual(contentOf(asked.tree));
		const workspace = {
			imageName: 'other',
			imageDigest: DIGEST.replaceAll('0', '1'),
			sshPublicKey: 'ssh-rsa A',
			cpuSharePercent: 50,
			endAction: 'save' as const,
			retentionSeconds: 60,
			placement: { strategy: 'spread' as const, machinesPerHostMax: 3, labels: { zone: 'a & b', rack: '7' } },
			change: { restart: 'allow' as const, move: 'forbid' as const },
		};
		expect(reread(sent(narrowOffer(asked, { ...GRANT, workspace }))).workspace).toEqual(workspace);
	});

	test.each<[unit: DurationUnit | undefined, duration: string | undefined]>([
		['seconds', '5400'],
		['minutes', '90'],
		['hours', undefined],
		[undefined, undefined],
	])('a TimeConstraint in %s has the Duration %s', (durationUnit, duration) => {
		const window = '<tc:TimeConstraint><tc:Duration>1</tc:Duration></tc:TimeConstraint>';
		const asked = offer({ window });
		const tree = sent(narrowOffer(asked, GRANT, { constraints: [], ...(durationUnit && { durationUnit }) }));
		expect(reread(tree, durationUnit).window).toEqual({ startAt: START, endAt: START + 5400, durationSeconds: 5400 });
		const [, time] = valueIn(readOffer(tree)).terms.terms;
		const content = time?.kind === 'ServiceDescriptionTerm' ? time.content.element : undefined;
		expect(firstChild(content!, content!.namespace, 'Duration')?.children[0]).toEqual(
			duration && { kind: 'text', text: duration },
		);
	});

	test('what is foreign stays in place', () => {
		const job =
			'<jsdl:JobIdentification><x:a>1</x:a></jsdl:JobIdentification><jsdl:Resources>\n<!--c--><jsdl:TotalResourceCount x:n="1"><jsdl:Exact>3</jsdl:Exact></jsdl:TotalResourceCount><x:b><x:c>2</x:c></x:b></jsdl:Resources><x:d></x:d>';
		const asked = offer({ job, context: '<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><x:e></x:e>' });
		const text = writeDocument(narrowOffer(asked, GRANT));
		for (const kept of ['<x:a>1</x:a>', '<!--c-->', 'x:n="1"', '<x:b><x:c>2</x:c></x:b>', '<x:d/>', '<x:e/>'])
			expect(text).toContain(kept);
	});

	test('what the template does not let be said stays unsaid', () => {
		const strict = template(
			item('//jsdl:Resources', '<xs:sequence><xs:element name="TotalResourceCount"></xs:element></xs:sequence>'),
		);
		const asked = offer({ resources: range('TotalResourceCount', 1, 9) });
		expect(resourcesOf(narrowOffer(asked, GRANT, strict))).toEqual(['TotalResourceCount']);
		expect(checkConstraints({ tree: narrowOffer(asked, GRANT, strict) }, strict)).toEqual([]);
		const loose = template(item('//jsdl:Resources', '', multiplicity('1')));
		expect(resourcesOf(narrowOffer(asked, GRANT, loose))).toHaveLength(3);
	});

	test('a value that the template forbids is not hidden, although the offer did not say it', () => {
		const most = template(
			item('//jsdl:IndividualCPUCount', '<xs:maxInclusive value="1"></xs:maxInclusive>', multiplicity('0_TO_1')) +
				item('//jsdl:Resources', '<xs:sequence><xs:element name="TotalCPUCount"></xs:element></xs:sequence>'),
		);
		const asked = offer({ resources: exact('TotalCPUCount', 6) });
		expect(checkConstraints(asked, most)).toEqual([]);
		const found = checkConstraints({ tree: narrowOffer(asked, GRANT, most) }, most);
		expect(found).toMatchObject([{ found: '2', allowed: 'at most 1' }, { found: 'jsdl:IndividualCPUCount' }]);
	});

	test('narrowed twice it is what it was once, and demands just the grant', () => {
		const amount = fc.integer({ min: 1, max: 2 ** 40 });
		const stated = fc.subarray([
			'IndividualCPUCount',
			'IndividualPhysicalMemory',
			'IndividualDiskSpace',
			'TotalPhysicalMemory',
			'TotalResourceCount',
		]);
		fc.assert(
			fc.property(
				stated,
				fc.record({
					machineCount: fc.integer({ min: 1, max: 99 }),
					cpuCount: fc.integer({ min: 1, max: 99 }),
					memoryBytes: amount,
					diskBytes: fc.nat(),
					startAt: fc.integer({ min: 1, max: 2 ** 37 }),
					length: fc.integer({ min: 1, max: 1e7 }),
				}),
				(names, { length, ...values }) => {
					const grant = { ...GRANT, ...values, endAt: values.startAt + length };
					const asked = offer({
						resources: names
							.map((name) => `<jsdl:${name}><jsdl:LowerBoundedRange>0</jsdl:LowerBoundedRange></jsdl:${name}>`)
							.join(''),
					});
					const once = narrowOffer(asked, grant);
					expect(sameElement(narrowOffer(valueIn(readOffer(once)), grant), once)).toBe(true);
					const read = reread(once);
					expect(printRange(read.machineCount!.range)).toBe(String(grant.machineCount));
					expect(printRange(read.memoryBytes!.range)).toBe(String(grant.memoryBytes));
					expect(read.window.endAt! - read.window.startAt!).toBe(length);
					if (grant.diskBytes > 0) expect(printRange(read.diskBytes!.range)).toBe(String(grant.diskBytes));
				},
			),
			{ numRuns: 100 },
		);
	});
});

describe('a made agreement', () => {
	const GUARANTEE =
		'<wsag:GuaranteeTerm wsag:Name="g"><wsag:ServiceLevelObjective><wsag:CustomServiceLevel></wsag:CustomServiceLevel></wsag:ServiceLevelObjective><wsag:BusinessValueList></wsag:BusinessValueList></wsag:GuaranteeTerm>';
	const made = (own: Offer, more: Partial<Parameters<typeof printAgreement>[0]> = {}): XmlElement =>
		printAgreement({
			offer: own,
			grant: GRANT,
			agreementId: '0190-1',
			initiator: 'alice',
			responder: 'site',
			templateName: 'machine',
			templateId: '1',
			agreementState: 'Observed',
			serviceState: 'NotReady',
			...more,
		});
	const textAt = (tree: XmlElement, path: string): string => {
		const nodes = path
			.split('/')
			.reduce<XmlElement[]>(
				(found, step) => found.flatMap((node) => childElements(node).filter(({ localName }) => localName === step)),
				[tree],
			);
		return nodes
			.map((node) => node.children.map((child) => (child.kind === 'text' ? child.text : '')).join(''))
			.join(' ');
	};

	test('is valid, with its parties, its terms and the state of each of them', () => {
		const own = offer({
			name: 'mine',
			terms: GUARANTEE,
			context:
				'<wsag:AgreementInitiator>alice </wsag:AgreementInitiator><wsag:AgreementResponder/><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><x:more></x:more>',
		});
		const tree = sent(made(own, { expirationAt: START }));
		expect(textAt(tree, 'Name')).toBe('mine');
		expect(textAt(tree, 'AgreementId')).toBe('0190-1');
		expect(textAt(tree, 'Context/AgreementInitiator')).toBe('alice');
		expect(textAt(tree, 'Context/AgreementResponder')).toBe('site');
		expect(textAt(tree, 'Context/ExpirationTime')).toBe('2030-01-01T08:00:00Z');
		expect(textAt(tree, 'AgreementState/State')).toBe('Observed');
		expect(textAt(tree, 'GuaranteeTermState/State')).toBe('NotDetermined');
		expect(textAt(tree, 'ServiceTermState/State')).toBe('NotReady NotReady NotReady');
		expect(writeDocument(tree)).toContain('<x:more/>');
		expect(writeDocument(tree)).not.toContain('Parties');
	});

	test.each([
		['AgreementInitiator', 'CN=Somebody Else, O=Grid'],
		['AgreementInitiator', 'alice, <x:of/> a VO'],
		['AgreementResponder', '<x:EPR xmlns:x="urn:epr"><x:Address>http://site.example/</x:Address></x:EPR>'],
	])('keeps what the offer says of its %s, and says who is bound', (role, said) => {
		const claim = `<wsag:${role}>${said}</wsag:${role}>`;
		const forged = '<ws:Parties initiator="mallory" responder="mallory"/>';
		const provider = '<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider>';
		const text = writeDocument(sent(made(offer({ context: `${claim}${provider}${forged}` }))));
		const short = text.replaceAll(/<([\w:]+)([^<>]*)><\/\1>/g, '<$1$2/>');
		expect(short).toContain(claim);
		expect(short).toContain('<ws:Parties initiator="alice" responder="site"/>');
		expect(text).not.toContain('mallory');
	});

	test('a forged record of the parties is not kept where the offer says nothing of them', () => {
		const context =
			'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><ws:Parties initiator="mallory" responder="site"/>';
		expect(writeDocument(sent(made(offer({ context }))))).not.toContain('Parties');
	});

	test.each(['Processing', 'Idle'] as const)(
		'that is Ready and %s says so in the form that the schema wants',
		(serviceActivity) => {
			const tree = sent(made(offer(), { serviceState: 'Ready', serviceActivity, serviceDetail: '2 of 3 run' }));
			expect(textAt(tree, `ServiceTermState/${serviceActivity}/Detail`)).toBe('2 of 3 run 2 of 3 run 2 of 3 run');
		},
	);

	test('that is not Ready has no activity', () => {
		expect(
			textAt(
				sent(made(offer(), { serviceState: 'Completed', serviceActivity: 'Idle' })),
				'ServiceTermState/Idle/Detail',
			),
		).toBe('');
	});

	test('that ended says why, before its state, whatever the hypervisor wrote', () => {
		const tree = sent(made(offer(), { agreementState: 'Terminated', stateReason: 'out of <memory>\u0000\ud800' }));
		expect(textAt(tree, 'AgreementState/Reason')).toBe('out of <memory>\ufffd\ufffd');
	});

	test('tells the states of its guarantees by name', () => {
		const tree = made(offer({ terms: GUARANTEE }), { guaranteeStates: new Map([['g', 'Violated']]) });
		expect(textAt(sent(tree), 'GuaranteeTermState/State')).toBe('Violated');
	});

	test.each<[name: string, xml: string]>([
		[
			'the default namespace for the standard',
			`<AgreementOffer xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:w="http://schemas.ggf.org/graap/2007/03/ws-agreement"><Context><ServiceProvider>AgreementResponder</ServiceProvider></Context><Terms><All><ServiceDescriptionTerm w:Name="a" w:ServiceName="s"><ws:Window><ws:Duration>PT1H</ws:Duration></ws:Window></ServiceDescriptionTerm></All></Terms></AgreementOffer>`,
		],
		[
			'our prefixes for something else',
			`<q:AgreementOffer xmlns:q="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:wsag="urn:mine" xmlns:jsdl="urn:mine" xmlns:ws="urn:mine"><q:Context><q:ServiceProvider>AgreementResponder</q:ServiceProvider></q:Context><q:Terms><q:All><q:ServiceDescriptionTerm q:Name="a" q:ServiceName="s"><v:Window xmlns:v="urn:computon:workspace:1"><v:Duration>PT1H</v:Duration></v:Window></q:ServiceDescriptionTerm></q:All></q:Terms></q:AgreementOffer>`,
		],
	])('of an offer that uses %s is valid too', (_name, xml) => {
		const own = valueIn(readOffer(treeOf(xml)));
		const tree = made(own, { serviceState: 'Ready', serviceActivity: 'Processing', stateReason: 'r' });
		expect(sameElement(sent(tree), tree)).toBe(true);
	});
});

describe('the templates that ship', () => {
	test.each(['machine', 'cluster', 'mixed-cluster', 'reservation'])(
		'an offer for %s, narrowed, is still one, and the agreement is valid',
		(name) => {
			const compiled = valueIn(readTemplate(documentAt(`templates/${name}.xml`)));
			const own = valueIn(readOffer(documentAt(`test/fixtures/offers/${name}.xml`)));
			const { workspace, others = [] } = valueIn(readServiceRequest(own, compiled));
			const machineCount = name === 'cluster' ? 3 : 1;
			const first = { ...GRANT, machineCount, workspace };
			const workers = others.map(({ serviceName }) => ({ ...first, serviceName, machineCount: 5 }));
			const grant = others.length === 0 ? first : { ...first, serviceName: 'head', others: workers };
			const narrowed = narrowOffer(own, grant, compiled);
			expect(checkConstraints({ tree: narrowed }, compiled)).toEqual([]);
			const tree = printAgreement({
				offer: own,
				grant,
				template: compiled,
				agreementId: 'a',
				initiator: 'i',
				responder: 'r',
				templateName: name,
				templateId: '1',
				agreementState: 'Observed',
				serviceState: 'Ready',
				serviceActivity: 'Processing',
			});
			expect(sameElement(sent(tree), tree)).toBe(true);
			expect(resourcesOf(tree)).toEqual(resourcesOf(narrowed));
		},
	);
});
