import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromJson } from '../../src/agreement/from-json.ts';
import { NEG, WSAG } from '../../src/agreement/names.ts';
import { readOffer } from '../../src/agreement/offer/offer.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { pack, read, unpack } from '../../src/agreement/reading.ts';
import { agreementOfferOf } from '../../src/agreement/rounds/negotiation-offer.ts';
import { checkConstraints } from '../../src/agreement/template/constraints.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { flattenTerms } from '../../src/agreement/terms/terms.ts';
import { toJson } from '../../src/agreement/to-json.ts';
import type { XmlElement, XmlNode } from '../../src/xml/element.ts';
import { bytesOfText, textOfBytes } from '../../src/xml/packed-text.ts';
import { bareTree } from '../xml/arbitrary.ts';
import {
	codesOf,
	exact,
	item,
	jobTerm,
	offer,
	offerXml,
	template,
	templateXml,
	term,
	treeOf,
	valueIn,
} from './documents.ts';

/** Of the documents that are read. */
const ROOTS: readonly (readonly [namespace: string, localName: string])[] = [
	[WSAG, 'AgreementOffer'],
	[WSAG, 'Template'],
	...[
		'NegotiableTemplate',
		'NegotiationContext',
		'NegotiationOffer',
		'InitiateNegotiationInput',
		'NegotiateInput',
		'AdvertiseInput',
		'TerminateInput',
	].map((name) => [NEG, name] as const),
];
const TERMS = '/wsag:AgreementOffer/wsag:Terms/wsag:All';

describe('an offer', () => {
	test('is read with its name, its context and its terms', () => {
		const context = `<wsag:AgreementInitiator>CN=<x:n>alice</x:n></wsag:AgreementInitiator><wsag:AgreementResponder>site</wsag:AgreementResponder>
			<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:ExpirationTime>2030-01-01T00:00:00Z</wsag:ExpirationTime>
			<wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName> machine </wsag:TemplateName><x:more></x:more>`;
		const read = offer({ context, name: 'mine' });
		expect(read.name).toBe('mine');
		expect(read.context).toMatchObject({
			extensions: [{ path: '/wsag:AgreementOffer/wsag:Context/x:more' }],
			path: '/wsag:AgreementOffer/wsag:Context',
			initiator: 'CN=alice',
			responder: 'site',
			serviceProvider: 'AgreementResponder',
			expirationAt: Date.parse('2030-01-01T00:00:00Z') / 1000,
			templateId: '1',
			templateName: 'machine',
		});
		expect(read.terms.terms).toMatchObject([
			{
				kind: 'ServiceDescriptionTerm',
				name: 'resources',
				serviceName: 'workspace',
				path: `${TERMS}/wsag:ServiceDescriptionTerm[1]`,
			},
			{ kind: 'ServiceDescriptionTerm', name: 'window' },
			{ kind: 'ServiceDescriptionTerm', name: 'workspace' },
		]);
	});

	test('keeps the paths of a document whose prefixes differ', () => {
		const xml = `<AgreementOffer xmlns="http://schemas.ggf.org/graap/2007/03/ws-agreement"><Context><ServiceProvider>AgreementResponder</ServiceProvider></Context><Terms></Terms></AgreementOffer>`;
		expect(valueIn(readOffer(treeOf(xml))).terms.path).toBe('/AgreementOffer/Terms');
	});

	test.each<[name: string, xml: string, code: string]>([
		['another root', '<wsag:Template></wsag:Template>', 'ROOT_UNKNOWN'],
		['no context', '<wsag:AgreementOffer><wsag:Terms></wsag:Terms></wsag:AgreementOffer>', 'ELEMENT_MISSING'],
		[
			'no terms',
			'<wsag:AgreementOffer><wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider></wsag:Context></wsag:AgreementOffer>',
			'ELEMENT_MISSING',
		],
		['no provider', offerXml({ context: '' }), 'ELEMENT_MISSING'],
		[
			'a provider that is nobody',
			offerXml({ context: '<wsag:ServiceProvider>me</wsag:ServiceProvider>' }),
			'VALUE_MALFORMED',
		],
		[
			'an expiration that is no time',
			offerXml({
				context:
					'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:ExpirationTime>soon</wsag:ExpirationTime>',
			}),
			'VALUE_MALFORMED',
		],
		[
			'an expiration in a year that is not counted here',
			offerXml({
				context:
					'<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:ExpirationTime>12026-11-22T00:00:00Z</wsag:ExpirationTime>',
			}),
			'TIME_NOT_SUPPORTED',
		],
		['two terms of one name', offerXml({ terms: jobTerm('window', '') }), 'TERM_NAME_REPEATED'],
		[
			'a term without a name',
			offerXml({
				terms: '<wsag:ServiceDescriptionTerm wsag:ServiceName="workspace"><x:y></x:y></wsag:ServiceDescriptionTerm>',
			}),
			'ATTRIBUTE_MISSING',
		],
		[
			'a term whose name is unqualified',
			offerXml({
				terms:
					'<wsag:ServiceDescriptionTerm Name="n" wsag:ServiceName="workspace"><x:y></x:y></wsag:ServiceDescriptionTerm>',
			}),
			'ATTRIBUTE_MISSING',
		],
		['a term that holds two elements', offerXml({ terms: term('t', '<x:y></x:y><x:z></x:z>') }), 'ELEMENT_REPEATED'],
		['a term that holds nothing', offerXml({ terms: term('t', '') }), 'ELEMENT_MISSING'],
		['an empty compositor', offerXml({ terms: '<wsag:All></wsag:All>' }), 'ELEMENT_MISSING'],
		['an unknown term', offerXml({ terms: '<x:Term></x:Term>' }), 'ELEMENT_UNKNOWN'],
		[
			'a guarantee without an objective',
			offerXml({
				terms:
					'<wsag:GuaranteeTerm wsag:Name="g"><wsag:BusinessValueList></wsag:BusinessValueList></wsag:GuaranteeTerm>',
			}),
			'ELEMENT_MISSING',
		],
	])('with %s is refused', (_name, xml, code) => {
		expect(codesOf(readOffer(treeOf(xml)))).toEqual([code]);
	});

	test('of a thousand terms is refused, quickly', () => {
		const many = Array.from({ length: 1000 }, (_, index) => jobTerm(`t${index}`, '')).join('');
		expect(codesOf(readOffer(treeOf(offerXml({ terms: many }))))).toEqual(['TERMS_TOO_MANY']);
	});

	test.each([
		['elements', '<x:e></x:e>'.repeat(10_000)],
		['attributes', `<x:e ${Array.from({ length: 10_000 }, (_, index) => `a${index}=""`).join(' ')}></x:e>`],
		['declarations', `<x:e ${Array.from({ length: 10_000 }, (_, index) => `xmlns:a${index}="u:"`).join(' ')}></x:e>`],
		['texts', '<x:e>t</x:e>'.repeat(5_000)],
		['comments', '<!--c-->'.repeat(10_000)],
	])('of ten thousand %s is refused', (_name, nodes) => {
		expect(codesOf(read(treeOf(offerXml({ terms: term('t', `<x:a>${nodes}</x:a>`) }))))).toEqual(['NODES_TOO_MANY']);
	});

	test('is packed for the way between threads, and unpacked as it was', () => {
		const reading = read(treeOf(offerXml({ terms: jobTerm('t', '<!--c--> ') })));
		const document = valueIn(reading);
		expect(unpack(textOfBytes(bytesOfText(pack(document)!)))).toEqual(document);
	});

	test('a hundred issues are listed, and that there are more', () => {
		const many = exact('TotalResourceCount', 'x').replace(
			'<jsdl:Exact>x</jsdl:Exact>',
			'<jsdl:Exact>x</jsdl:Exact>'.repeat(5000),
		);
		const codes = codesOf(readServiceRequest(offer({ resources: many }), {}));
		expect([codes.length, codes.at(-1)]).toEqual([101, 'TOO_MANY_ISSUES']);
	});
});

describe('a guarantee term', () => {
	const xml = `<wsag:GuaranteeTerm wsag:Name="g" wsag:Obligated="ServiceProvider">
		<wsag:ServiceScope wsag:ServiceName="workspace"><x:part></x:part></wsag:ServiceScope>
		<wsag:QualifyingCondition>at night</wsag:QualifyingCondition>
		<wsag:ServiceLevelObjective><wsag:KPITarget><wsag:KPIName>AVAIL</wsag:KPIName><wsag:CustomServiceLevel>0.99</wsag:CustomServiceLevel></wsag:KPITarget></wsag:ServiceLevelObjective>
		<wsag:BusinessValueList><wsag:Importance>3</wsag:Importance>
		<wsag:Penalty><wsag:AssessmentInterval><wsag:TimeInterval>P1M</wsag:TimeInterval></wsag:AssessmentInterval><wsag:ValueUnit>EUR</wsag:ValueUnit><wsag:ValueExpression>10</wsag:ValueExpression></wsag:Penalty>
		<wsag:Reward><wsag:AssessmentInterval><wsag:Count>7</wsag:Count></wsag:AssessmentInterval><wsag:ValueExpression>1</wsag:ValueExpression></wsag:Reward>
		<wsag:Preference><wsag:ServiceTermReference>resources</wsag:ServiceTermReference><wsag:Utility>0.7</wsag:Utility><wsag:ServiceTermReference>window</wsag:ServiceTermReference><wsag:Utility>-INF</wsag:Utility></wsag:Preference>
		<wsag:CustomBusinessValue>x</wsag:CustomBusinessValue></wsag:BusinessValueList></wsag:GuaranteeTerm>`;

	test('is read in full', () => {
		const [guarantee] = offer({ terms: xml }).terms.terms.filter(({ kind }) => kind === 'GuaranteeTerm');
		expect(guarantee).toMatchObject({
			name: 'g',
			obligated: 'ServiceProvider',
			scopes: [{ serviceName: 'workspace', parts: [{ element: { localName: 'part' } }] }],
			qualifyingCondition: { element: { localName: 'QualifyingCondition' } },
			objective: { kpiName: 'AVAIL' },
			businessValues: {
				importance: 3,
				penalties: [{ timeInterval: 'P1M', valueUnit: 'EUR' }],
				rewards: [{ count: 7 }],
				preferences: [
					{ termName: 'resources', utility: 0.7 },
					{ termName: 'window', utility: Number.NEGATIVE_INFINITY },
				],
				customValues: [{}],
			},
		});
	});

	test.each<[name: string, from: string, to: string]>([
		['importance', '>3<', '>much<'],
		['utility', '>0.7<', '>NaN<'],
		['utility’s partner', '<wsag:Utility>-INF</wsag:Utility>', ''],
		['assessment interval', '<wsag:Count>7</wsag:Count>', ''],
	])('with a wrong %s is an issue', (_name, from, to) => {
		expect(codesOf(readOffer(treeOf(offerXml({ terms: xml.replace(from, to) }))))).toHaveLength(1);
	});

	test('variables of service properties are read', () => {
		const terms = `<wsag:ServiceProperties wsag:Name="p" wsag:ServiceName="workspace"><wsag:VariableSet><wsag:Variable wsag:Name="AVAIL" wsag:Metric="xs:double"><wsag:Location>//x</wsag:Location></wsag:Variable></wsag:VariableSet></wsag:ServiceProperties>`;
		expect(flattenTerms(offer({ terms }).terms.terms).at(-1)).toMatchObject({
			variables: [{ name: 'AVAIL', metric: 'xs:double', location: '//x' }],
		});
	});
});

describe('a template', () => {
	test('is known by the name and the id of its context', () => {
		expect(template('', { name: 'One machine' })).toMatchObject({
			name: 'machine',
			id: '1',
			title: 'One machine',
			constraints: [],
		});
	});

	test.each(['seconds', 'minutes', 'hours'])('states %s as the unit of an integer duration', (unit) => {
		const context = `<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateName>t</wsag:TemplateName><ws:DurationUnit> ${unit} </ws:DurationUnit>`;
		expect(template('', { context }).durationUnit).toBe(unit);
	});

	const PROVIDER = '<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider>';
	test.each<[name: string, xml: string, code: string]>([
		['another root', offerXml(), 'ROOT_UNKNOWN'],
		[
			'another unit',
			templateXml('', {
				context: `${PROVIDER}<wsag:TemplateName>t</wsag:TemplateName><ws:DurationUnit>days</ws:DurationUnit>`,
			}),
			'VALUE_MALFORMED',
		],
		['no name', templateXml('', { context: PROVIDER }), 'TEMPLATE_UNNAMED'],
		[
			'a name that is a path',
			templateXml('', { context: `${PROVIDER}<wsag:TemplateName>../x</wsag:TemplateName>` }),
			'NAME_NOT_SUPPORTED',
		],
		[
			'an id that is a path',
			templateXml('')
				.replace('wsag:TemplateId="1"', 'wsag:TemplateId="a/b"')
				.replace('<wsag:TemplateId>1</wsag:TemplateId>', ''),
			'NAME_NOT_SUPPORTED',
		],
		['two ids', templateXml('').replace('wsag:TemplateId="1"', 'wsag:TemplateId="2"'), 'TEMPLATE_NAME_CONFLICT'],
		[
			'no constraints section',
			templateXml('').replace('<wsag:CreationConstraints></wsag:CreationConstraints>', ''),
			'ELEMENT_MISSING',
		],
	])('with %s is refused', (_name, xml, code) => {
		expect(codesOf(readTemplate(treeOf(xml)))).toEqual([code]);
	});
});

describe('the reader that the workers run', () => {
	test('tells offers from templates, and both can cross to another thread', () => {
		expect(structuredClone(valueIn(read(treeOf(offerXml())))).kind).toBe('offer');
		expect(structuredClone(valueIn(read(treeOf(templateXml(item('//wsag:All', '')))))).kind).toBe('template');
	});

	test('a reading that crossed still knows its own tree', () => {
		const crossed = structuredClone(valueIn(read(treeOf(offerXml({ resources: exact('TotalResourceCount', 2) })))));
		const own = crossed.kind === 'offer' ? valueIn(readServiceRequest(crossed.offer, {})) : undefined;
		expect(own?.machineCount?.range.intervals).toHaveLength(1);
	});

	test('refuses anything else', () => {
		expect(codesOf(read(treeOf('<wsag:AgreementProperties></wsag:AgreementProperties>')))).toEqual(['ROOT_UNKNOWN']);
	});
});

describe('odd input', () => {
	/** Names of the real vocabularies, so that the readers go deep before they meet what is wrong. */
	const NAMES = treeNames([
		offerXml({ resources: exact('TotalResourceCount', 1) }),
		templateXml(item('//jsdl:Exact', '<xs:minInclusive value="1"></xs:minInclusive>')),
	]);
	const odd = fc.letrec<{ element: XmlElement }>((tie) => ({
		element: fc
			.record({
				name: fc.constantFrom(...NAMES),
				text: fc.constantFrom('', 'x', '1', 'NaN', '-1', '1e400', 'P1Y', 'AgreementResponder', '//jsdl:Exact', '../..'),
				children: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('element'), { maxLength: 4 })),
				value: fc.constantFrom(undefined, '1', 'x', 'INF'),
			})
			.map(({ name, text, children, value }) => ({
				kind: 'element' as const,
				...name,
				declarations: [],
				attributes: value === undefined ? [] : [{ prefix: '', namespace: '', localName: 'value', value }],
				children: [...(text === '' ? [] : [{ kind: 'text' as const, text }]), ...children],
			})),
	})).element;

	function readAnyway(root: XmlElement): void {
		for (const [namespace, localName] of ROOTS) {
			const document = { ...root, namespace, localName };
			const reading = read(document);
			if (!reading.ok) {
				for (const issue of reading.issues) expect(issue).toMatchObject({ code: /./, path: /^\//, message: /./ });
			} else if (reading.value.kind === 'offer') readServiceRequest(reading.value.offer, {});
			else if (reading.value.kind === 'template') checkConstraints({ tree: document }, reading.value.template);
			else if (reading.value.kind === 'negotiation-offer') agreementOfferOf(reading.value.offer);
		}
		const back = fromJson(JSON.parse(JSON.stringify(toJson(root))));
		expect(back.ok || back.issues.length > 0).toBe(true);
	}

	test('never makes a reader throw: trees of our own names', () => {
		fc.assert(
			fc.property(fc.array(odd, { maxLength: 4 }), (children) => readAnyway({ ...treeOf('<x:y></x:y>'), children })),
			{ numRuns: 120 },
		);
	});

	test('never makes a reader throw: trees of any names', () => {
		fc.assert(fc.property(bareTree, readAnyway), { numRuns: 100 });
	});

	test('never makes a reader throw: right documents with one element replaced or left out', () => {
		const sources = [
			treeOf(offerXml({ resources: exact('TotalResourceCount', 1) })),
			treeOf(templateXml(item('//jsdl:Exact', '<xs:minInclusive value="1"></xs:minInclusive>'))),
		];
		fc.assert(
			fc.property(fc.constantFrom(...sources), fc.nat(), fc.option(odd), (source, which, replacement) => {
				let count = 0;
				const change = (node: XmlElement): XmlElement => ({
					...node,
					children: node.children.flatMap((child): XmlNode[] => {
						if (child.kind !== 'element') return [child];
						count += 1;
						if (count === (which % 30) + 1) return replacement === null ? [] : [replacement];
						return [change(child)];
					}),
				});
				readAnyway(change(source));
			}),
			{ numRuns: 120 },
		);
	});
});

function treeNames(documents: readonly string[]): { prefix: string; namespace: string; localName: string }[] {
	const names = new Map<string, { prefix: string; namespace: string; localName: string }>();
	const walk = ({ prefix, namespace, localName, children }: XmlElement): void => {
		names.set(`${prefix}:${localName}`, { prefix, namespace, localName });
		for (const child of children) if (child.kind === 'element') walk(child);
	};
	for (const document of documents) walk(treeOf(document));
	return [...names.values()];
}
