/** What a producer of notifications and a manager of subscriptions have besides Subscribe: WS-BaseNotification 1.3. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childElements, textOf } from '../../src/xml/element.ts';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import { agreementHeader, at, faultOf, SoapClient, textAt, type Version } from './soap-client.ts';

const TARGET = 'http://127.0.0.1:1/';
const TOPICS = 'http://docs.oasis-open.org/wsn/t-1/TopicExpression';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService({ notifyTargets: TARGET });
});
afterAll(() => site.stop());

const property = (name: string) => `<wsrf-rp:GetResourceProperty>${name}</wsrf-rp:GetResourceProperty>`;
const filter = (expression: string, dialect: string) =>
	`<wsnt:Filter><wsnt:TopicExpression Dialect="${dialect}">${expression}</wsnt:TopicExpression></wsnt:Filter>`;
const subscribe = (more = '') =>
	`<wsnt:Subscribe><wsnt:ConsumerReference><wsa:Address>${TARGET}</wsa:Address><wsa:ReferenceParameters><x:mine xmlns:x="urn:mine">17</x:mine></wsa:ReferenceParameters></wsnt:ConsumerReference>${more}</wsnt:Subscribe>`;
const current = (expression: string, dialect = `${TOPICS}/Simple`) =>
	`<wsnt:GetCurrentMessage><wsnt:Topic Dialect="${dialect}">${expression}</wsnt:Topic></wsnt:GetCurrentMessage>`;

describe.each<Version>(['1.1', '1.2'])('in SOAP %s', (version) => {
	let client: SoapClient;
	let id: string;
	beforeAll(async () => {
		client = new SoapClient(site, version);
		id = await client.agree(offerXml({ image: site.image }));
	});
	const ask = (body: string, header = agreementHeader(id)) => client.send(body, header);

	test('the current message of a topic is what a subscriber would be told now', async () => {
		const { body } = await ask(current('wsag:AgreementState', `${TOPICS}/Concrete`));
		expect(body.localName).toBe('GetCurrentMessageResponse');
		const values = at(body, 'ResourcePropertyValueChangeNotification', 'NewValues');
		expect(textAt(values, 'AgreementState', 'State')).toBe('Observed');
		expect(childElements(values).map(({ localName }) => localName)).toContain('ServiceTermState');
	});

	test.each([
		['a topic that is none', 'cs:Weather', 'Simple', 'TopicNotSupportedFault'],
		['a topic below', 'wsag:AgreementState/wsag:State', 'Concrete', 'TopicNotSupportedFault'],
		['several steps of a simple one', 'wsag:AgreementState/wsag:State', 'Simple', 'InvalidTopicExpressionFault'],
		['no names', '///', 'Concrete', 'InvalidTopicExpressionFault'],
		['another dialect', 'wsag:AgreementState', 'Full', 'TopicExpressionDialectUnknownFault'],
	])(
		'an expression that is %s is its fault, of a subscription and of the current message',
		async (_, text, of, name) => {
			const fault = { name, errorCode: 'PARAMETER_INVALID' };
			expect(faultOf(await ask(current(text, `${TOPICS}/${of}`)))).toMatchObject(fault);
			expect(faultOf(await ask(subscribe(filter(text, `${TOPICS}/${of}`))))).toMatchObject(fault);
		},
	);

	test('a policy of the standard is not supported, another one is not recognized', async () => {
		const policy = (content: string) => `<wsnt:SubscriptionPolicy>${content}</wsnt:SubscriptionPolicy>`;
		expect(faultOf(await ask(subscribe(policy('<wsnt:UseRaw/>')))).name).toBe('UnsupportedPolicyRequestFault');
		const both = policy('<wsnt:UseRaw/><cs:mine/>');
		const { name, detail } = faultOf(await ask(subscribe(both)));
		expect([name, textAt(detail!, 'UnrecognizedPolicy')]).toEqual(['UnrecognizedPolicyRequestFault', 'n:mine']);
	});

	test('an agreement says which topics it has, and every resource in which dialect it is queried', async () => {
		const values = async (name: string, header?: string) =>
			childElements((await ask(property(name), header)).body).map(textOf);
		expect(await values('wsnt:TopicExpression')).toEqual(['wsag:AgreementState']);
		expect(await values('wsnt:FixedTopicSet')).toEqual(['true']);
		expect(await values('wsnt:TopicExpressionDialect')).toEqual([`${TOPICS}/Simple`, `${TOPICS}/Concrete`]);
		for (const header of [agreementHeader(id), '']) {
			const dialects = await values('wsrf-rp:QueryExpressionDialect', header);
			expect(dialects).toEqual(['http://www.w3.org/TR/1999/REC-xpath-19991116']);
		}
		const { reason } = faultOf(await ask(property('wsag:None'), ''));
		expect(reason).toContain('it has wsag:Template, wsrf-rp:QueryExpressionDialect.');
	});

	test('a subscription can be read by who may change it: where to, since when, until when', async () => {
		const made = await ask(subscribe('<wsnt:InitialTerminationTime>PT1H</wsnt:InitialTerminationTime>'));
		const name = textAt(made.body, 'SubscriptionReference', 'ReferenceParameters', 'Subscription');
		const header = `<cs:Subscription>${name}</cs:Subscription>`;
		const { body } = await ask('<wsrf-rp:GetResourcePropertyDocument/>', header);
		const document = at(body, 'SubscriptionManagerRP');
		expect(textAt(document, 'ConsumerReference', 'Address')).toBe(TARGET);
		expect(at(document, 'ConsumerReference', 'ReferenceParameters', 'mine').namespace).toBe('urn:mine');
		expect(childElements(document).map(({ localName }) => localName)).toEqual(['ConsumerReference', 'CreationTime']);
		const end = (await ask(property('wsrf-rl:TerminationTime'), header)).body;
		expect(textAt(end, 'TerminationTime')).toBe(textAt(made.body, 'TerminationTime'));
		const query = 'count(/*/wsnt:ConsumerReference)';
		const asked = `<wsrf-rp:QueryResourceProperties><wsrf-rp:QueryExpression Dialect="http://www.w3.org/TR/1999/REC-xpath-19991116">${query}</wsrf-rp:QueryExpression></wsrf-rp:QueryResourceProperties>`;
		expect(textOf((await ask(asked, header)).body)).toBe('1');
		const { token } = await site.clientOf(`stranger-${version}`, 'elsewhere');
		const stranger = await new SoapClient(site, version, token).send(property('wsnt:CreationTime'), header);
		expect(faultOf(stranger).name).toBe('ResourceUnknownFault');
		await ask('<wsnt:Unsubscribe/>', header);
		expect(faultOf(await ask(property('wsnt:CreationTime'), header)).name).toBe('ResourceUnknownFault');
	});

	test('the current message of what is not there is a fault', async () => {
		expect(faultOf(await ask(current('wsag:AgreementState'), agreementHeader('none'))).name).toBe(
			'ResourceUnknownFault',
		);
	});
});

test('the WSDL says which document a port type is of, and with which action its faults come', async () => {
	const text = await (await fetch(new URL('/soap?wsdl', site.url))).text();
	const types = [...text.matchAll(/<wsdl:portType name="(\w+)" wsrf-rp:ResourceProperties="([\w:-]+)"/g)];
	expect(Object.fromEntries(types.map(([, name, document]) => [name, document]))).toEqual({
		AgreementFactory: 'wsag:AgreementFactoryProperties',
		PendingAgreementFactory: 'wsag:AgreementFactoryProperties',
		NegotiationFactory: 'wsag:AgreementFactoryProperties',
		Agreement: 'wsag:AgreementProperties',
		AgreementState: 'wsag:AgreementProperties',
		Negotiation: 'neg:NegotiationProperties',
		SubscriptionManager: 'wsnt:SubscriptionManagerRP',
	});
	const faults = [...text.matchAll(/<wsdl:fault [^>]*message="[^>]*>/g)].map(([tag]) => tag);
	expect(faults.length).toBeGreaterThan(20);
	for (const tag of faults) expect(tag).toContain('wsam:Action="http://docs.oasis-open.org/wsrf/fault"');
});
