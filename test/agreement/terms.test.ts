import { describe, expect, test } from 'vitest';
import { placeOfRoot, placesWithin } from '../../src/agreement/document.ts';
import { WS, WSAG } from '../../src/agreement/names.ts';
import { extensionsAmong, judgeExtensions } from '../../src/agreement/offer/extensions.ts';
import { readServiceRequest } from '../../src/agreement/offer/request.ts';
import { guaranteesView } from '../../src/api/guarantee-view.ts';
import { exact, type OfferParts, offer, requestOf, treeOf, valueIn } from './documents.ts';

describe('the extensions of a message', () => {
	const message = treeOf(
		`<wsag:CreateAgreementInput><wsag:AgreementOffer></wsag:AgreementOffer><wsag:NoncriticalExtension><x:hint></x:hint></wsag:NoncriticalExtension><wsag:NoncriticalExtension><ws:Known></ws:Known></wsag:NoncriticalExtension><ws:Known></ws:Known><x:must></x:must></wsag:CreateAgreementInput>`,
	);
	const extensions = extensionsAmong(placesWithin(placeOfRoot(message)), WSAG);

	test('are its foreign children, which are critical, and what NoncriticalExtension holds', () => {
		expect(extensions.map(({ place, critical }) => [place.element.localName, critical])).toEqual([
			['Known', true],
			['must', true],
			['hint', false],
			['Known', false],
		]);
	});

	test('are refused where they are critical and unknown, and ignored aloud where they are not critical', () => {
		const { understood, issues, remarks } = judgeExtensions(extensions, [{ namespace: WS, localName: 'Known' }]);
		expect(understood.map(({ path }) => path)).toEqual([
			'/wsag:CreateAgreementInput/ws:Known',
			'/wsag:CreateAgreementInput/wsag:NoncriticalExtension[2]/ws:Known',
		]);
		expect(issues).toMatchObject([
			{ code: 'EXTENSION_UNKNOWN', path: '/wsag:CreateAgreementInput/x:must', found: '{urn:example:x}must' },
		]);
		expect(remarks).toMatchObject([{ code: 'EXTENSION_IGNORED', path: expect.stringMatching(/\[1\]\/x:hint$/) }]);
	});

	test('of the context are kept and ignored aloud', () => {
		const provider = '<wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider>';
		const known = '<ws:DurationUnit>seconds</ws:DurationUnit>';
		const { remarks } = valueIn(requestOf({ context: `${provider}<x:hint></x:hint>${known}` }));
		expect(remarks).toMatchObject([{ code: 'EXTENSION_IGNORED', path: '/wsag:AgreementOffer/wsag:Context/x:hint' }]);
	});
});

describe('a service reference', () => {
	const reference = (content: string): OfferParts => ({
		terms: `<wsag:ServiceReference wsag:Name="r" wsag:ServiceName="workspace">${content}</wsag:ServiceReference>`,
	});

	test('to a workspace says which one the offer is about', () => {
		const { references, unsupported } = valueIn(
			requestOf(reference('<ws:WorkspaceReference> w-1 </ws:WorkspaceReference>')),
		);
		expect(references).toMatchObject([{ workspaceId: 'w-1', path: expect.stringMatching(/WorkspaceReference$/) }]);
		expect(unsupported).toEqual([]);
	});

	test('to anything else cannot be had', () => {
		const { references, unsupported } = valueIn(requestOf(reference('<x:EndpointReference></x:EndpointReference>')));
		expect(references).toBeUndefined();
		expect(unsupported).toMatchObject([{ kind: 'enforce', subject: 'r' }]);
	});
});

describe('a variable', () => {
	const variable = (location: string, metric = 'xs:double'): OfferParts => ({
		terms: `<wsag:ServiceProperties wsag:Name="p" wsag:ServiceName="workspace"><wsag:VariableSet><wsag:Variable wsag:Name="V" wsag:Metric="${metric}"><wsag:Location>${location}</wsag:Location></wsag:Variable></wsag:VariableSet></wsag:ServiceProperties>`,
	});
	const declare = (path: string) => `declare namespace wsag='${WSAG}'; ${path}`;

	test.each([
		'//ws:Workspace/ws:Image',
		'/wsag:AgreementOffer/wsag:Context/wsag:TemplateId',
		'/wsag:AgreementProperties/wsag:AgreementState/wsag:State',
		declare("$this/wsag:AgreementProperties/wsag:ServiceTermState[@wsag:termName='window']/wsag:State"),
		declare("$this/wsag:ServiceTermState[@wsag:termName='resources']/wsag:State"),
		declare('$this/wsag:AgreementId'),
	])('at %s stands in the agreement', (location) => {
		expect(requestOf(variable(location))).toMatchObject({ ok: true });
	});

	test.each<[location: string, metric: string, codes: readonly string[]]>([
		['//jsdl:IndividualCPUCount', 'xs:double', []],
		['//jsdl:IndividualCPUCount/jsdl:Exact', 'integer', []],
		['//jsdl:IndividualCPUCount/jsdl:Exact', 'requests per second', []],
		['//jsdl:IndividualCPUCount/jsdl:Exact', 'x:rate', []],
		['//ws:Workspace/ws:Image', 'xs:string', []],
		['//ws:Workspace/ws:Image', 'xs:nope', ['METRIC_UNSUITABLE']],
		['//ws:Workspace/ws:Image', 'jsdl:nope', ['METRIC_UNSUITABLE']],
		['//ws:Workspace/ws:Image', 'xs:double', ['METRIC_UNSUITABLE']],
		['//ws:Workspace/ws:Image/@digest', 'xs:dateTime', ['METRIC_UNSUITABLE']],
		['//jsdl:Resources', 'xs:double', ['METRIC_UNSUITABLE']],
		['//jsdl:IndividualCPUCount', 'xs:dateTime', ['METRIC_UNSUITABLE']],
		['/wsag:AgreementProperties/wsag:AgreementState/wsag:State', 'xs:double', []],
	])('at %s of metric %s is remarked upon: %j', (location, metric, codes) => {
		const { remarks } = valueIn(
			requestOf({ ...variable(location, metric), resources: exact('IndividualCPUCount', 2) }),
		);
		expect(remarks.map(({ code }) => code).filter((code) => code === 'METRIC_UNSUITABLE')).toEqual(codes);
	});

	test('of the same name as another of its set is remarked upon', () => {
		const { terms = '' } = variable('//ws:Workspace/ws:Image', 'xs:string');
		const twice = terms.replace(/(<wsag:Variable .*<\/wsag:Variable>)/, '$1$1');
		expect(valueIn(requestOf({ terms: twice })).remarks).toContainEqual(
			expect.objectContaining({
				code: 'VARIABLE_REPEATED',
				path: expect.stringContaining('wsag:Variable[2]'),
				found: 'V',
			}),
		);
	});

	test.each([
		["//wsag:ServiceTermState[@wsag:termName='none']", 'LOCATION_SELECTS_NOTHING'],
		['//ws:Imag', 'LOCATION_SELECTS_NOTHING'],
		['/wsag:Template', 'LOCATION_SELECTS_NOTHING'],
		['//*[position() > 1]', 'LOCATION_REFUSED'],
	])('at %s is refused with %s', (location, code) => {
		const path =
			'/wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceProperties/wsag:VariableSet/wsag:Variable/wsag:Location';
		const escaped = location.replaceAll('>', '&gt;');
		expect(requestOf(variable(escaped))).toMatchObject({ ok: false, issues: [{ code, path, found: location }] });
	});

	test.each([
		['xs:double', 'double'],
		['xsd:integer', 'integer'],
		['float', 'float'],
		['date', 'dateTime'],
		['jsdl:Exact_Type', 'Exact_Type'],
		['job:seconds', undefined],
		['furlongs', undefined],
	])('with the metric %s has the type %s', (metric, type) => {
		const term = offer(variable('//ws:Image', metric)).terms.terms.at(-1);
		if (term?.kind !== 'ServiceProperties') throw new Error('no properties');
		expect(term.variables[0]).toMatchObject({ name: 'V', metric, location: '//ws:Image' });
		expect(term.variables[0]?.type?.name).toBe(type);
	});
});

describe('a guarantee', () => {
	const guarantee = `<wsag:GuaranteeTerm wsag:Name="g" wsag:Obligated="ServiceProvider"><wsag:ServiceScope wsag:ServiceName="elsewhere"><x:part>1</x:part></wsag:ServiceScope><wsag:QualifyingCondition><x:when at="night"></x:when></wsag:QualifyingCondition><wsag:ServiceLevelObjective><wsag:KPITarget><wsag:KPIName>AVAIL</wsag:KPIName><wsag:CustomServiceLevel>AVAIL &gt; 0.99</wsag:CustomServiceLevel></wsag:KPITarget></wsag:ServiceLevelObjective><wsag:BusinessValueList><wsag:Importance>3</wsag:Importance><wsag:Penalty><wsag:AssessmentInterval><wsag:TimeInterval>P1M</wsag:TimeInterval></wsag:AssessmentInterval><wsag:ValueUnit>EUR</wsag:ValueUnit><wsag:ValueExpression>5.00</wsag:ValueExpression></wsag:Penalty><wsag:Reward><wsag:AssessmentInterval><wsag:Count>7</wsag:Count></wsag:AssessmentInterval><wsag:ValueExpression>1</wsag:ValueExpression></wsag:Reward><wsag:Preference><wsag:ServiceTermReference>resources</wsag:ServiceTermReference><wsag:Utility>0.5</wsag:Utility><wsag:ServiceTermReference>nowhere</wsag:ServiceTermReference><wsag:Utility>-INF</wsag:Utility></wsag:Preference><wsag:CustomBusinessValue><x:own></x:own></wsag:CustomBusinessValue></wsag:BusinessValueList></wsag:GuaranteeTerm>`;

	test('stands whole in the JSON view', () => {
		expect(guaranteesView(offer({ terms: guarantee }).terms.terms)).toEqual([
			{
				name: 'g',
				state: 'NotDetermined',
				obligated: 'ServiceProvider',
				scopes: [{ serviceName: 'elsewhere', parts: ['1'] }],
				qualifyingCondition: {
					'wsag:QualifyingCondition': {
						'@xmlns:wsag': WSAG,
						'@xmlns:x': 'urn:example:x',
						'x:when': { '@at': 'night' },
					},
				},
				kpiName: 'AVAIL',
				customServiceLevel: 'AVAIL > 0.99',
				importance: 3,
				penalties: [
					{
						assessmentInterval: { timeInterval: 'P1M', count: undefined },
						valueUnit: 'EUR',
						valueExpression: '5.00',
					},
				],
				rewards: [
					{ assessmentInterval: { timeInterval: undefined, count: 7 }, valueUnit: undefined, valueExpression: '1' },
				],
				preferences: [
					{ termName: 'resources', utility: 0.5 },
					{ termName: 'nowhere', utility: '-INF' },
				],
				customBusinessValues: [
					{
						'wsag:CustomBusinessValue': { '@xmlns:wsag': WSAG, '@xmlns:x': 'urn:example:x', 'x:own': '' },
					},
				],
			},
		]);
	});

	test('about a service or a term that is not there is remarked on', () => {
		const { remarks } = valueIn(requestOf({ terms: guarantee }));
		expect(remarks.map(({ code, found }) => [code, found])).toEqual([
			['REFERENCE_UNKNOWN', 'elsewhere'],
			['REFERENCE_UNKNOWN', 'nowhere'],
			['EXTENSION_IGNORED', '{urn:example:x}part'],
		]);
		const [service, preferred] = remarks.map(({ path }) => path);
		expect(service).toMatch(/\/wsag:GuaranteeTerm\/wsag:ServiceScope(\[\d\])?\/@wsag:ServiceName$/);
		expect(preferred).toMatch(/\/wsag:Preference\/wsag:ServiceTermReference\[2\]$/);
	});

	test('may be about a term of a branch that was not taken', () => {
		const read = readServiceRequest(offer({ terms: guarantee }), {}, new Set(['nowhere']));
		expect(valueIn(read).remarks.map(({ found }) => found)).toEqual(['elsewhere']);
	});

	test('obliges one of the two', () => {
		const xml = guarantee.replace('"ServiceProvider"', '"Nobody"');
		expect(() => offer({ terms: xml })).toThrow(/VALUE_MALFORMED.*Nobody/);
	});
});
