/** What the broker tells others: decisions on pending agreements, changes of state. Only where the list lets it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { monthsAfter, parseDateTime } from '../../src/agreement/time.ts';
import { readConfig } from '../../src/config.ts';
import { startService } from '../../src/service.ts';
import { childElements, type XmlElement } from '../../src/xml/element.ts';
import { Listener } from './listener.ts';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import {
	agreementHeader,
	at,
	envelope,
	faultOf,
	NS,
	readAnswer,
	SoapClient,
	sendRaw,
	textAt,
	type Version,
} from './soap-client.ts';

let site: SimulatedService;
let listener: Listener;
beforeAll(async () => {
	listener = await new Listener().start();
	site = await startSimulatedService({ notifyTargets: listener.url });
});
afterAll(async () => {
	await site.stop();
	await listener.stop();
});
beforeEach(() => {
	listener.heard.length = 0;
});

const offer = (wish: Partial<Parameters<typeof offerXml>[0]> = {}) => offerXml({ image: site.image, ...wish });
const reference = (name: string, address: string) =>
	`<${name}><wsa:Address>${address}</wsa:Address><wsa:ReferenceParameters><x:mine xmlns:x="urn:mine" a="1">17</x:mine></wsa:ReferenceParameters></${name}>`;
const pending = (address: string, content: string) =>
	`<wsag:CreatePendingAgreementInput>${reference('wsag:AgreementAcceptanceEPR', address)}${content}</wsag:CreatePendingAgreementInput>`;
const subscribe = (address: string, more = '') =>
	`<wsnt:Subscribe>${reference('wsnt:ConsumerReference', address)}${more}</wsnt:Subscribe>`;
const terminate = '<wsag:TerminateInput><cs:why/></wsag:TerminateInput>';
const idIn = (body: XmlElement) => textAt(body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');

describe.each<Version>(['1.1', '1.2'])('in SOAP %s', (version) => {
	let client: SoapClient;
	beforeAll(() => {
		client = new SoapClient(site, version);
	});

	test('an accepted pending agreement is told to who awaits it, at their own reference', async () => {
		const { body } = await client.send(pending(`${listener.url}accept?x=1`, offer()));
		expect(body.localName).toBe('CreatePendingAgreementResponse');
		const id = idIn(body);
		const heard = await listener.hear(({ path }) => path.startsWith('/in/accept'));
		expect(heard.path).toBe('/in/accept?x=1');
		expect(heard.headers['content-type']).toContain(version === '1.1' ? 'text/xml' : 'application/soap+xml');
		const call = readAnswer(heard.body);
		expect(call.body.localName).toBe('AcceptAgreementInput');
		expect(textAt(call.body, 'NoncriticalExtension', 'AgreementEPR', 'ReferenceParameters', 'Agreement')).toBe(id);
		expect(call.headers.map(({ localName }) => localName)).toEqual(['Action', 'MessageID', 'To', 'mine']);
		const parameter = call.headers.at(-1)!;
		expect(parameter.attributes.map(({ localName, value }) => [localName, value]).sort()).toEqual([
			['IsReferenceParameter', 'true'],
			['a', '1'],
		]);
		expect(await client.stateOf(id)).toBe('Observed');
	});

	test('one that is not accepted is rejected with reasons, and can be read', async () => {
		const impossible = offer({ template: 'cluster', machines: 200, share: 100 });
		const { body } = await client.send(pending(`${listener.url}reject`, impossible));
		const id = idIn(body);
		const call = readAnswer((await listener.hear(({ path }) => path === '/in/reject')).body);
		expect(call.body.localName).toBe('RejectAgreementInput');
		const [about, why] = childElements(call.body);
		expect(textAt(about!, 'AgreementEPR', 'ReferenceParameters', 'Agreement')).toBe(id);
		expect(childElements(at(why!, 'BaseFault')).map(({ localName }) => localName)).toContain('Reason');
		expect(childElements(at(why!, 'BaseFault')).map(({ localName }) => localName)).toContain('Alternatives');
		expect(await client.stateOf(id)).toBe('Rejected');
		const document = await client.send('<wsrf-rp:GetResourcePropertyDocument/>', agreementHeader(id));
		expect(textAt(document.body, 'AgreementProperties', 'AgreementId')).toBe(id);
		const { token } = await site.clientOf(`stranger-${version}`, 'elsewhere');
		const stranger = await new SoapClient(site, version, token).send(
			'<wsrf-rp:GetResourcePropertyDocument/>',
			agreementHeader(id),
		);
		expect(faultOf(stranger).name).toBe('ResourceUnknownFault');
	});

	test('a subscriber hears of the states, and no more after it has ended its subscription', async () => {
		const id = await client.agree(offer());
		const made = await client.send(subscribe(`${listener.url}states`), agreementHeader(id));
		const name = textAt(made.body, 'SubscriptionReference', 'ReferenceParameters', 'Subscription');
		await client.send(terminate, agreementHeader(id));
		const heard = await listener.hear(({ path, body }) => path === '/in/states' && body.includes('>Terminated<'));
		const { body } = readAnswer(heard.body);
		expect(textAt(body, 'NotificationMessage', 'SubscriptionReference', 'ReferenceParameters', 'Subscription')).toBe(
			name,
		);
		expect(textAt(body, 'NotificationMessage', 'ProducerReference', 'ReferenceParameters', 'Agreement')).toBe(id);
		const change = at(body, 'NotificationMessage', 'Message', 'ResourcePropertyValueChangeNotification', 'NewValues');
		expect(textAt(change, 'AgreementState', 'State')).toBe('Terminated');
		// The agreement has ended, and with it the subscription.
		const over = await client.send('<wsnt:Unsubscribe/>', `<cs:Subscription>${name}</cs:Subscription>`);
		expect(faultOf(over).name).toBe('ResourceUnknownFault');
	});

	test('a subscriber goes on to hear of an agreement whose end was set anew', async () => {
		const id = await client.agree(offer());
		await client.send(subscribe(`${listener.url}on`), agreementHeader(id));
		const longer = '<wsrf-rl:RequestedLifetimeDuration>PT2H</wsrf-rl:RequestedLifetimeDuration>';
		const set = `<wsrf-rl:SetTerminationTime>${longer}</wsrf-rl:SetTerminationTime>`;
		expect((await client.send(set, agreementHeader(id))).body.localName).toBe('SetTerminationTimeResponse');
		await client.send(terminate, agreementHeader(id));
		await listener.hear(({ path, body }) => path === '/in/on' && body.includes('>Terminated<'));
		const heard = listener.heard.filter(({ path }) => path === '/in/on').map(({ body }) => body);
		expect(heard.join('')).not.toContain('>Complete<');
	});

	test('a subscription is renewed, ended, and no other party’s', async () => {
		const id = await client.agree(offer());
		const made = await client.send(subscribe(`${listener.url}states`), agreementHeader(id));
		const header = `<cs:Subscription>${textAt(made.body, 'SubscriptionReference', 'ReferenceParameters', 'Subscription')}</cs:Subscription>`;
		const renewal = '<wsnt:Renew><wsnt:TerminationTime>PT1H</wsnt:TerminationTime></wsnt:Renew>';
		const renewed = await client.send(renewal, header);
		const seconds =
			(Date.parse(textAt(renewed.body, 'TerminationTime')) - Date.parse(textAt(renewed.body, 'CurrentTime'))) / 1000;
		expect(Math.abs(seconds - 3600)).toBeLessThan(2);
		const month = await client.send(renewal.replace('PT1H', 'P0Y1MT1H'), header);
		const [end, now] = ['TerminationTime', 'CurrentTime'].map(
			(name) => parseDateTime(textAt(month.body, name))!.seconds,
		);
		expect(Math.abs(end! - 3600 - monthsAfter(now!, 1))).toBeLessThan(2);
		const { token } = await site.clientOf(`other-${version}`, 'elsewhere');
		const stranger = new SoapClient(site, version, token);
		expect(faultOf(await stranger.send('<wsnt:Unsubscribe/>', header)).name).toBe('ResourceUnknownFault');
		for (const end of ['-PT1H', 'P1Y2M', '12027-01-01T00:00:00Z']) {
			const other = `<wsnt:Renew><wsnt:TerminationTime>${end}</wsnt:TerminationTime></wsnt:Renew>`;
			expect(faultOf(await client.send(other, header)).name).toBe('UnacceptableTerminationTimeFault');
			const name = end.includes('P') ? 'RequestedLifetimeDuration' : 'RequestedTerminationTime';
			const unable = `<wsrf-rl:SetTerminationTime><wsrf-rl:${name}>${end}</wsrf-rl:${name}></wsrf-rl:SetTerminationTime>`;
			expect(faultOf(await client.send(unable, header)).name).toBe('UnableToSetTerminationTimeFault');
		}
		const set =
			'<wsrf-rl:SetTerminationTime><wsrf-rl:RequestedLifetimeDuration>PT2H</wsrf-rl:RequestedLifetimeDuration></wsrf-rl:SetTerminationTime>';
		expect((await client.send(set, header)).body.localName).toBe('SetTerminationTimeResponse');
		expect((await client.send('<wsnt:Unsubscribe/>', header)).body.localName).toBe('UnsubscribeResponse');
		expect(faultOf(await client.send('<wsrf-rl:Destroy/>', header)).name).toBe('ResourceUnknownFault');
		await client.send(terminate, agreementHeader(id));
	});

	test.each([
		['a target that is not in the list', () => subscribe('http://127.0.0.1:1/'), 'SubscribeCreationFailedFault'],
		[
			'a target on another port',
			() => subscribe(`http://127.0.0.1:${listener.port + 1}/in/`),
			'SubscribeCreationFailedFault',
		],
		[
			'a target beside the folder',
			() => subscribe(`http://127.0.0.1:${listener.port}/in/../admin`),
			'SubscribeCreationFailedFault',
		],
		['anonymous', () => subscribe(`${NS.wsa}/anonymous`), 'SubscribeCreationFailedFault'],
		['another topic', () => subscribe(`${listener.url}refused`, topic('cs:Weather')), 'TopicNotSupportedFault'],
		[
			'another dialect',
			() => subscribe(`${listener.url}refused`, topic('wsag:AgreementState', 'urn:mine')),
			'TopicExpressionDialectUnknownFault',
		],
		[
			'another filter',
			() => subscribe(`${listener.url}refused`, '<wsnt:Filter><cs:Mine/></wsnt:Filter>'),
			'InvalidFilterFault',
		],
		[
			'a policy',
			() => subscribe(`${listener.url}refused`, '<wsnt:SubscriptionPolicy><wsnt:UseRaw/></wsnt:SubscriptionPolicy>'),
			'UnsupportedPolicyRequestFault',
		],
		[
			'an end in the past',
			() =>
				subscribe(
					`${listener.url}refused`,
					'<wsnt:InitialTerminationTime>2020-01-01T00:00:00Z</wsnt:InitialTerminationTime>',
				),
			'UnacceptableInitialTerminationTimeFault',
		],
		[
			'an end that is too far',
			() => subscribe(`${listener.url}refused`, '<wsnt:InitialTerminationTime>P1000D</wsnt:InitialTerminationTime>'),
			'UnacceptableInitialTerminationTimeFault',
		],
		...['-PT1H', 'P1Y2M', 'P99999Y', '12027-01-01T00:00:00Z', '-0044-03-15T00:00:00Z'].map(
			(end): [what: string, body: () => string, name: string] => [
				`an end at ${end}`,
				() => subscribe(`${listener.url}refused`, `<wsnt:InitialTerminationTime>${end}</wsnt:InitialTerminationTime>`),
				'UnacceptableInitialTerminationTimeFault',
			],
		),
	])('a subscription with %s is refused', async (_, body, name) => {
		const id = await client.agree(offer());
		const errorCode = name === 'SubscribeCreationFailedFault' ? 'TARGET_FORBIDDEN' : 'PARAMETER_INVALID';
		expect(faultOf(await client.send(body(), agreementHeader(id)))).toMatchObject({ name, errorCode });
		expect(listener.heard.filter(({ path }) => path.startsWith('/in/refused'))).toEqual([]);
	});

	test('a reference whose parameters cannot be headers of a call is not taken', async () => {
		const id = await client.agree(offer());
		for (const parameter of ['<bare xmlns=""/>', '<wsa:Action>urn:mine</wsa:Action>']) {
			const body = subscribe(`${listener.url}refused`).replace(/<x:mine.*<\/x:mine>/, parameter);
			const { reasons } = faultOf(await client.send(body, agreementHeader(id)));
			expect(reasons).toMatchObject([{ code: 'VALUE_MALFORMED', path: '/wsnt:Subscribe/wsnt:ConsumerReference' }]);
		}
	});

	test('a reference parameter may have a prefix of ours for something else', async () => {
		const id = await client.agree(offer());
		const other = '<wsa:mine xmlns:wsa="urn:other">18</wsa:mine>';
		const body = subscribe(`${listener.url}other`).replace(/<x:mine.*<\/x:mine>/, other);
		expect((await client.send(body, agreementHeader(id))).body.localName).toBe('SubscribeResponse');
		await client.send(terminate, agreementHeader(id));
		const call = readAnswer(
			(await listener.hear(({ path, body }) => path === '/in/other' && body.includes('>Terminated<'))).body,
		);
		expect(call.headers.at(-1)).toMatchObject({ namespace: 'urn:other', localName: 'mine' });
	});

	test('a subscription to the one topic is as good as one without', async () => {
		const id = await client.agree(offer());
		const answer = await client.send(subscribe(listener.url, topic('wsag:AgreementState')), agreementHeader(id));
		expect(answer.body.localName).toBe('SubscribeResponse');
	});

	test('a pending agreement whose callback is not in the list is not made', async () => {
		const fault = faultOf(await client.send(pending('http://169.254.169.254/latest/', offer())));
		expect(fault).toMatchObject({ name: 'ContinuingFault', errorCode: 'TARGET_FORBIDDEN' });
		expect(fault.reason).toContain('AgreementAcceptanceEPR, found "http://169.254.169.254/latest/"; allowed are');
	});

	test('an address that is not called is told without its secrets, and without the list', async () => {
		const id = await client.agree(offer());
		const address = 'http://me:hush@169.254.169.254/latest/?token=hush';
		const { reason } = faultOf(await client.send(subscribe(address), agreementHeader(id)));
		expect(reason).toContain('ConsumerReference, found "http://169.254.169.254/latest/?…"; allowed are');
		expect(reason).not.toMatch(/hush/);
		expect(reason).not.toContain(listener.url);
	});
});

function topic(name: string, dialect = 'http://docs.oasis-open.org/wsn/t-1/TopicExpression/Simple'): string {
	return `<wsnt:Filter><wsnt:TopicExpression Dialect="${dialect}">${name}</wsnt:TopicExpression></wsnt:Filter>`;
}

test('a message outlives the broker that wrote it', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'computon-test-'));
	const away = await new Listener().start();
	const { port, url } = away;
	await away.stop();
	const open = () =>
		startService(
			readConfig({}, { site: 'simulated', port: 0, dataFolder: folder, simulatedBootSeconds: 0, notifyTargets: url }),
			{ acceptRestored: false, log: () => {} },
		);
	try {
		const first = await open();
		const headers = {
			Authorization: `Bearer ${readFileSync(join(folder, 'admin-token'), 'utf8').trim()}`,
			'Content-Type': 'text/xml',
		};
		const made = await sendRaw({ url: first.url }, envelope('1.1', pending(`${url}kept`, offer())), headers);
		await first.stop();
		const back = await new Listener().start(port);
		const second = await open();
		const call = readAnswer((await back.hear()).body);
		expect(textAt(call.body, 'NoncriticalExtension', 'AgreementEPR', 'ReferenceParameters', 'Agreement')).toBe(
			idIn(made.body),
		);
		await second.stop();
		await back.stop();
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});
