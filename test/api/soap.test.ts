/** The SOAP door as the standards have it: every operation in both versions, every answer valid against the schemas. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
	attributeValue,
	childElements,
	firstChild,
	textOf,
	type XmlElement,
	type XmlNode,
} from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import {
	agreementHeader,
	at,
	envelope,
	faultOf,
	INVALID_HEADER,
	MEDIA_TYPE,
	NS,
	readAnswer,
	SoapClient,
	sendRaw,
	textAt,
	type Version,
} from './soap-client.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const offer = (wish: Partial<Parameters<typeof offerXml>[0]> = {}) => offerXml({ image: site.image, ...wish });
const property = (name: string) => `<wsrf-rp:GetResourceProperty>${name}</wsrf-rp:GetResourceProperty>`;
const terminate = '<wsag:TerminateInput><cs:why>Done with it.</cs:why></wsag:TerminateInput>';
const create = (content: string) => `<wsag:CreateAgreementInput>${content}</wsag:CreateAgreementInput>`;
const setTime = (content: string) => `<wsrf-rl:SetTerminationTime>${content}</wsrf-rl:SetTerminationTime>`;

describe.each<Version>(['1.1', '1.2'])('in SOAP %s', (version) => {
	let client: SoapClient;
	beforeAll(() => {
		client = new SoapClient(site, version);
	});

	test('the factory shows its templates', async () => {
		const { body, contentType } = await client.send(property('wsag:Template'));
		const names = childElements(body).map((template) => textAt(template, 'Context', 'TemplateName'));
		expect(names.sort()).toEqual(['cluster', 'machine', 'mixed-cluster', 'reservation']);
		expect(contentType.split(';')[0]).toBe(MEDIA_TYPE[version]);
	});

	test('an agreement is made, read, and terminated', async () => {
		const id = await client.agree(offer());
		expect(await client.stateOf(id)).toBe('Observed');
		const { body } = await client.send('<wsrf-rp:GetResourcePropertyDocument/>', agreementHeader(id));
		const document = at(body, 'AgreementProperties');
		expect(textAt(document, 'AgreementId')).toBe(id);
		expect((await client.send(terminate, agreementHeader(id))).body.localName).toBe('TerminateResponse');
		expect(await client.stateOf(id)).toMatch(/Terminat/);
		const entries = await site.admin.history(id);
		expect(JSON.stringify(entries)).toContain('Done with it.');
	});

	test('what has ended is not ended again: the state forbids it, no offer was refused', async () => {
		const startAt = new Date(Date.now() + 3_600_000).toISOString();
		const id = await client.agree(offer({ startAt }));
		await client.send(terminate, agreementHeader(id));
		const fault = faultOf(await client.send(terminate, agreementHeader(id)));
		expect(fault.errorCode).toBe('STATE_FORBIDS');
	});

	test('destroying is terminating', async () => {
		const id = await client.agree(offer());
		expect((await client.send('<wsrf-rl:Destroy/>', agreementHeader(id))).body.localName).toBe('DestroyResponse');
		expect(await client.stateOf(id)).toMatch(/Terminat/);
	});

	test('several properties come in the order in which they are asked, each once', async () => {
		const id = await client.agree(offer());
		const names = ['wsag:AgreementState', 'wsrf-rl:TerminationTime', 'wsag:AgreementId', 'wsag:AgreementState'];
		const asked = names.map((name) => `<wsrf-rp:ResourceProperty>${name}</wsrf-rp:ResourceProperty>`).join('');
		const { body } = await client.send(
			`<wsrf-rp:GetMultipleResourceProperties>${asked}</wsrf-rp:GetMultipleResourceProperties>`,
			agreementHeader(id),
		);
		expect(childElements(body).map(({ localName }) => localName)).toEqual([
			'AgreementState',
			'TerminationTime',
			'AgreementId',
		]);
	});

	test.each([
		['an element', '//wsag:AgreementState/wsag:State', 'Observed'],
		['a text', '/wsag:AgreementProperties/wsag:Context/wsag:TemplateName/text()', 'machine'],
		['an attribute', "//wsag:ServiceDescriptionTerm[@wsag:Name='window']/@wsag:ServiceName", 'workspace'],
		['nothing', '/wsag:AgreementProperties/wsag:Name', ''],
	])('a query selects %s', async (_, query, expected) => {
		const id = await client.agree(offer());
		const { body } = await client.send(queryBody(query), agreementHeader(id));
		const texts = [textOf(body), ...childElements(body).map(textOf)];
		expect(texts.join('').trim()).toBe(expected);
	});

	test('the end is set anew, and the same reference leads on', async () => {
		const id = await client.agree(offer());
		const { body } = await client.send(
			setTime('<wsrf-rl:RequestedLifetimeDuration>PT3H</wsrf-rl:RequestedLifetimeDuration>'),
			agreementHeader(id),
		);
		const end = Date.parse(textAt(body, 'NewTerminationTime'));
		expect(end - Date.parse(textAt(body, 'CurrentTime'))).toBe(3 * 3_600_000);
		const properties = await client.send(property('wsrf-rl:TerminationTime'), agreementHeader(id));
		expect(Date.parse(textAt(properties.body, 'TerminationTime'))).toBe(end);
		const now = textAt((await client.send(property('wsag:AgreementId'), agreementHeader(id))).body, 'AgreementId');
		expect(now).not.toBe(id);
		const { value } = await site.admin.agreement(now);
		expect(value).toMatchObject({ supersedes: id, state: 'Observed' });
		expect(value).not.toHaveProperty('remarks');
		await client.send(terminate, agreementHeader(id));
		expect(await client.stateOf(now)).toMatch(/Terminat/);
	});

	test.each([
		['RequestedLifetimeDuration', '-PT3H', 'UnableToSetTerminationTimeFault'],
		['RequestedLifetimeDuration', '-P1Y2M', 'UnableToSetTerminationTimeFault'],
		['RequestedLifetimeDuration', 'P999999999D', 'UnableToSetTerminationTimeFault'],
		['RequestedLifetimeDuration', 'P8000Y', 'UnableToSetTerminationTimeFault'],
		['RequestedLifetimeDuration', 'P1Y2M', 'TerminationTimeChangeRejectedFault'],
		['RequestedTerminationTime', '12027-01-01T00:00:00Z', 'UnableToSetTerminationTimeFault'],
		['RequestedTerminationTime', '-0044-03-15T00:00:00Z', 'UnableToSetTerminationTimeFault'],
	])('an end that cannot be set is refused in the words of WSRF: %s %s', async (name, value, fault) => {
		const id = await client.agree(offer());
		const set = setTime(`<wsrf-rl:${name}>${value}</wsrf-rl:${name}>`);
		expect(faultOf(await client.send(set, agreementHeader(id))).name).toBe(fault);
		expect(await client.stateOf(id)).toBe('Observed');
	});

	test('an end that cannot be had is refused with its reasons', async () => {
		const id = await client.agree(offer());
		const years = '<wsrf-rl:RequestedLifetimeDuration>P3000D</wsrf-rl:RequestedLifetimeDuration>';
		const rejected = faultOf(await client.send(setTime(years), agreementHeader(id)));
		expect(rejected.name).toBe('TerminationTimeChangeRejectedFault');
		expect(rejected.reasons.map(({ code }) => code)).toContain('WINDOW_TOO_LONG');
		const nil =
			'<wsrf-rl:RequestedTerminationTime xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>';
		const unable = { name: 'UnableToSetTerminationTimeFault', errorCode: 'PARAMETER_INVALID' };
		expect(faultOf(await client.send(setTime(nil), agreementHeader(id)))).toMatchObject(unable);
		const past = '<wsrf-rl:RequestedTerminationTime>2020-01-01T00:00:00Z</wsrf-rl:RequestedTerminationTime>';
		expect(faultOf(await client.send(setTime(past), agreementHeader(id)))).toMatchObject(unable);
		expect(await client.stateOf(id)).toBe('Observed');
	});

	test('an offer that cannot be had is a ContinuingFault with reasons and alternatives that can', async () => {
		const fault = faultOf(await client.send(create(offer({ template: 'cluster', machines: 200, share: 100 }))));
		expect(fault).toMatchObject({ name: 'ContinuingFault', errorCode: 'OFFER_COUNTERED' });
		expect(fault.reasons.length).toBeGreaterThan(0);
		const [first] = childElements(at(fault.detail!, 'Alternatives'));
		expect(childElements(first!)[0]?.localName).toBe('AgreementOffer');
		const differences = childElements(at(first!, 'Answer')).map((each) => attributeValue(each, '', 'field'));
		expect(differences).toContain('machineCount');
	});

	test.each([
		['a template that is not there', () => offer({ template: 'none' }), 'TEMPLATE_UNKNOWN'],
		[
			'an image that is not there',
			() => offer().replace(/digest="sha256:..../, 'digest="sha256:0000'),
			'OFFER_REFUSED',
		],
		['a duration that is not counted here', () => offer({ duration: 'P1Y' }), 'NOT_SUPPORTED'],
		['a duration that cannot be', () => offer({ duration: '-PT1H' }), 'DOCUMENT_INVALID'],
		['a duration that the schema does not know', () => offer({ duration: 'soon' }), 'DOCUMENT_INVALID'],
		['nothing at all', () => '', 'DOCUMENT_INVALID'],
	])('an offer of %s is a ContinuingFault', async (_, content, errorCode) => {
		expect(faultOf(await client.send(create(content())))).toMatchObject({ name: 'ContinuingFault', errorCode });
	});

	test('of a message whose headers are to blame no offer was looked at', async () => {
		const fault = faultOf(await client.send(create(offer({ duration: 'soon' })), INVALID_HEADER));
		expect(fault.name).toBe('ContinuingFault');
		const ofHeaders = faultOf(await client.send(create(offer()), INVALID_HEADER));
		expect([ofHeaders.name, ofHeaders.errorCode]).toEqual(['BaseFault', 'DOCUMENT_INVALID']);
	});

	test.each<[what: string, body: string, code: string, path: RegExp]>([
		['no element', '', 'ELEMENT_MISSING', /:Envelope\/\w+:Body$/],
		['several elements', property('wsag:Template').repeat(2), 'ELEMENT_UNKNOWN', /:Envelope\/\w+:Body$/],
		['an element that is not valid', create('<a/>'), 'XSD_INVALID', /^\/wsag:CreateAgreementInput/],
	])('a Body with %s is told of in the detail', async (_, body, code, path) => {
		const answer = await client.send(body);
		const fault = faultOf(answer);
		expect(answer.status).toBe(version === '1.1' ? 500 : 400);
		expect(fault).toMatchObject({ hasDetail: true, errorCode: 'DOCUMENT_INVALID' });
		expect(fault.reasons[0]).toMatchObject({ code, path: expect.stringMatching(path) });
		expect(answer.headers).toEqual([]);
	});

	test.each<[what: string, headers: string, code: string, path: RegExp]>([
		['65 headers', '<x:h xmlns:x="urn:x"/>'.repeat(65), 'ELEMENTS_TOO_MANY', /:Envelope\/\w+:Header$/],
		[
			'a long MessageID',
			`<wsa:Action>a</wsa:Action><wsa:MessageID>urn:${'a'.repeat(500)}</wsa:MessageID>`,
			'VALUE_MALFORMED',
			/\/wsa:MessageID$/,
		],
		['a header that is not valid', INVALID_HEADER, 'XSD_INVALID', /\/wsa:RelatesTo$/],
	])(
		'what is wrong with %s is no detail in SOAP 1.1, which has those of the Body alone',
		async (_, headers, code, path) => {
			const answer = await client.send(property('wsag:Template'), headers);
			const fault = faultOf(answer);
			const errorCode = code === 'ELEMENTS_TOO_MANY' ? 'NOT_SUPPORTED' : 'DOCUMENT_INVALID';
			expect(fault).toMatchObject({ hasDetail: version === '1.2', name: 'BaseFault', errorCode });
			expect(fault.reasons[0]).toMatchObject({ code, path: expect.stringMatching(path) });
			expect(answer.headers.some(({ localName }) => localName === 'BaseFault')).toBe(version === '1.1');
		},
	);

	test('where headers and Body are to blame, each is told of in its place', async () => {
		const answer = await client.send(create('<a/>'), INVALID_HEADER);
		const paths = [...answer.text.matchAll(/<ws:Reason[^>]* path="([^"]*)"/g)].map(([, path]) => path!);
		expect(paths.map((path) => path.includes('wsa:RelatesTo')).sort()).toEqual([false, true]);
		expect(faultOf(answer)).toMatchObject({ hasDetail: true, name: 'ContinuingFault' });
		expect(answer.headers.map(({ localName }) => localName).includes('BaseFault')).toBe(version === '1.1');
	});

	test('without a token, by another method or of another media type the ErrorCode says so', async () => {
		const type = MEDIA_TYPE[version];
		const text = envelope(version, property('wsag:Template'));
		const token = { Authorization: `Bearer ${site.adminToken}` };
		const codesOf = (answer: Awaited<ReturnType<typeof sendRaw>>) => {
			const { hasDetail, errorCode } = faultOf(answer);
			return [answer.status, answer.contentType.split(';')[0], hasDetail, errorCode];
		};
		for (const body of [text, '']) {
			expect(codesOf(await sendRaw(site, body, { 'Content-Type': type }))).toEqual([
				401,
				type,
				true,
				'UNAUTHENTICATED',
			]);
		}
		const encoded = { ...token, 'Content-Type': type, 'Content-Encoding': 'gzip' };
		expect(codesOf(await sendRaw(site, text, encoded))).toEqual([415, type, true, 'MEDIA_TYPE_UNSUPPORTED']);
		const other = await sendRaw(site, text, { ...token, 'Content-Type': 'application/json' });
		expect(codesOf(other)).toEqual([415, 'text/xml', true, 'MEDIA_TYPE_UNSUPPORTED']);
		const put = await fetch(new URL('/soap', site.url), {
			method: 'PUT',
			headers: { 'Content-Type': type },
			body: text,
		});
		const answer = {
			...readAnswer(await put.text()),
			status: put.status,
			contentType: put.headers.get('content-type')!,
		};
		expect(codesOf({ ...answer, text: '' })).toEqual([405, type, true, 'METHOD_NOT_ALLOWED']);
	});

	test('a critical extension that is not known is refused, a noncritical one is passed over', async () => {
		const known = `<wsag:NoncriticalExtension><cs:nobody/></wsag:NoncriticalExtension>`;
		expect((await client.send(create(offer() + known))).body.localName).toBe('CreateAgreementResponse');
		const fault = faultOf(await client.send(create(`${offer()}<cs:nobody/>`)));
		expect(fault.reasons).toMatchObject([{ code: 'EXTENSION_UNKNOWN', path: expect.stringMatching(/cs:nobody$/) }]);
	});

	test('another party sees and changes nothing (H9)', async () => {
		const id = await client.agree(offer());
		const { token } = await site.clientOf(`stranger-${version}`, 'elsewhere');
		const stranger = new SoapClient(site, version, token);
		for (const body of [property('wsag:AgreementState'), terminate, '<wsrf-rl:Destroy/>']) {
			expect(faultOf(await stranger.send(body, agreementHeader(id))).name).toBe('ResourceUnknownFault');
		}
		expect(await client.stateOf(id)).toBe('Observed');
	});

	test.each([
		['/*/wsag:AgreementState', /^<wsag:AgreementState>.*Observed/],
		['wsag:AgreementState/wsag:State', /^<wsag:State>Observed<\/wsag:State>$/],
		['//wsag:ServiceTermState/@wsag:termName', /^resourceswindowenvironment$/],
		["//*[local-name()='State'][1]/text()", /^Observed/],
		["count(//wsag:ServiceDescriptionTerm[@wsag:Name='window'])", /^1$/],
		["boolean(/wsag:AgreementProperties/wsag:AgreementState/wsag:State = 'Observed')", /^true$/],
		['boolean(wsag:GuaranteeTermState)', /^false$/],
		['string(wsag:AgreementId)', /^[0-9a-f-]{36}$/],
	])('the query %s is answered', async (query, expected) => {
		const id = await client.agree(offer());
		const answer = await client.send(queryBody(query), agreementHeader(id));
		expect(answer.body.localName).toBe('QueryResourcePropertiesResponse');
		expect(answer.body.children.map(plain).join('')).toMatch(expected);
	});

	test('what is not understood is told with what is', async () => {
		const id = await client.agree(offer());
		const { reason } = faultOf(await client.send(queryBody('//wsag:State/..'), agreementHeader(id)));
		expect(reason).toContain('"/.." is not a step');
		expect(reason).toContain('Understood are paths such as /*/wsag:AgreementState');
	});

	test('the charset of the media type is honoured, and refused where it cannot be true', async () => {
		const named = offer().replace('<wsag:Context>', '<wsag:Name>é</wsag:Name><wsag:Context>');
		const text = envelope(version, `<wsag:CreateAgreementInput>${named}</wsag:CreateAgreementInput>`);
		const sent = (bytes: Buffer, charset: string) =>
			sendRaw(site, bytes, {
				Authorization: `Bearer ${site.adminToken}`,
				'Content-Type': `${MEDIA_TYPE[version]}; charset=${charset}`,
			});
		const made = await sent(Buffer.from(text, 'latin1'), 'iso-8859-1');
		const id = textAt(made.body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');
		expect((await client.send(property('wsag:Name'), agreementHeader(id))).text).toContain('>é<');
		const fault = faultOf(await sent(Buffer.from(text), 'us-ascii'));
		expect(fault.reasons).toMatchObject([{ code: 'ENCODING', found: 'charset=us-ascii' }]);
	});

	test('more properties than a request may ask for are told as that, with the limit', async () => {
		const asked = '<wsrf-rp:ResourceProperty>wsag:Template</wsrf-rp:ResourceProperty>';
		const many = (count: number) =>
			`<wsrf-rp:GetMultipleResourceProperties>${asked.repeat(count)}</wsrf-rp:GetMultipleResourceProperties>`;
		expect((await client.send(many(32))).body.localName).toBe('GetMultipleResourcePropertiesResponse');
		const path = '/wsrf-rp:GetMultipleResourceProperties';
		expect(faultOf(await client.send(many(33))).reasons).toEqual([
			{ code: 'ELEMENTS_TOO_MANY', path, found: '33', allowed: 'at most 32' },
		]);
	});

	test('a query that would send nested elements many times over is a fault', async () => {
		const nested = `${'<cs:n>'.repeat(150)}${'</cs:n>'.repeat(150)}`;
		const id = await client.agree(
			offer()
				.replace('</wsag:Context>', `${nested}</wsag:Context>`)
				.replace('xmlns:ws=', 'xmlns:cs="urn:computon:soap:1" xmlns:ws='),
		);
		const fault = faultOf(await client.send(queryBody('//*'), agreementHeader(id)));
		expect(fault).toMatchObject({ name: 'QueryEvaluationErrorFault', errorCode: 'LIMIT_EXCEEDED' });
	});

	test.each([
		['a property that is none', property('wsag:Price'), 'InvalidResourcePropertyQNameFault'],
		['another dialect', queryBody('/a', 'urn:xquery'), 'UnknownQueryExpressionDialectFault'],
		['a query beyond what is understood', queryBody('sum(//*)'), 'InvalidQueryExpressionFault'],
		['a query that selects everything', queryBody('//*//*'), undefined],
	])('%s is a fault of its own', async (_, body, name) => {
		const id = await client.agree(offer());
		const answer = await client.send(body, agreementHeader(id));
		if (name === undefined) expect(answer.body.localName).toBe('QueryResourcePropertiesResponse');
		else expect(faultOf(answer)).toMatchObject({ name, errorCode: 'PARAMETER_INVALID' });
	});
});

/** Without declarations. */
function plain(node: XmlNode): string {
	if (node.kind === 'element') return writeCanonical(node).replaceAll(/ xmlns:\w+="[^"]*"/g, '');
	return node.kind === 'text' ? node.text : '';
}

function queryBody(query: string, dialect = 'http://www.w3.org/TR/1999/REC-xpath-19991116'): string {
	const text = query.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
	return `<wsrf-rp:QueryResourceProperties><wsrf-rp:QueryExpression Dialect="${dialect}">${text}</wsrf-rp:QueryExpression></wsrf-rp:QueryResourceProperties>`;
}

describe('WS-Addressing', () => {
	const wsa = (name: string, text: string) => `<wsa:${name}>${text}</wsa:${name}>`;
	const action = wsa(
		'Action',
		`${NS['wsrf-rp']}w`.replace('rp-2w', 'rpw-2/GetResourceProperty/GetResourcePropertyRequest'),
	);
	const reference = (name: string, address: string) =>
		`<wsa:${name}><wsa:Address>${address}</wsa:Address></wsa:${name}>`;
	const send = (headers: string) => new SoapClient(site, '1.2').send(property('wsag:Template'), headers);

	test('an answer relates to the message that it answers, and a fault, too', async () => {
		const { headers } = await send(
			action + wsa('MessageID', 'urn:uuid:1') + reference('ReplyTo', `${NS.wsa}/anonymous`),
		);
		expect(headers.map(({ localName }) => localName)).toEqual(['Action', 'MessageID', 'RelatesTo']);
		expect(textOf(headers[2]!)).toBe('urn:uuid:1');
		const fault = await send(wsa('MessageID', 'urn:uuid:2'));
		expect(faultOf(fault).codes).toEqual(['env:Sender', 'wsa:MessageAddressingHeaderRequired']);
		expect(textOf(fault.headers.find(({ localName }) => localName === 'RelatesTo')!)).toBe('urn:uuid:2');
	});

	describe.each<Version>(['1.1', '1.2'])('in SOAP %s, with the address none', (version) => {
		const none = (name: string) => reference(name, `${NS.wsa}/none`);
		const creating = wsa('Action', `${NS.wsag}/CreateAgreementRequest`);
		const post = async (body: string, headers: string) => {
			const response = await fetch(new URL('/soap', site.url), {
				method: 'POST',
				headers: { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': MEDIA_TYPE[version] },
				body: envelope(version, body, headers),
			});
			return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
		};
		const nothing = { status: 202, text: '', type: null };
		const observed = async () => (await site.admin.agreements({ state: 'Observed' })).items.map(({ id }) => id);

		test('of ReplyTo, what is asked is done and no reply is sent', async () => {
			const before = await observed();
			expect(await post(create(offerXml({ image: site.image })), creating + none('ReplyTo'))).toEqual(nothing);
			const made = (await observed()).filter((id) => !before.includes(id));
			expect(made).toHaveLength(1);
			await site.admin.terminate(made[0]!);
		});

		test.each([
			['of ReplyTo alone', () => none('ReplyTo')],
			['of FaultTo', () => none('FaultTo')],
		])('%s, a refusal is not sent either, and nothing is made', async (_, headers) => {
			const before = await observed();
			const tooMuch = offerXml({ image: site.image, mib: 2 ** 30 });
			expect(await post(create(tooMuch), creating + headers())).toEqual(nothing);
			expect(await observed()).toEqual(before);
		});

		test('a header that must be understood is not told of to FaultTo none', async () => {
			const header = `<x:unknown xmlns:x="urn:x" ${version === '1.1' ? 'soap' : 'env'}:mustUnderstand="1"/>`;
			expect(await post(property('wsag:Template'), action + none('FaultTo') + header)).toEqual(nothing);
		});

		test('of one, the other is still sent', async () => {
			const reply = await post(property('wsag:Template'), action + none('FaultTo'));
			expect(reply).toMatchObject({ status: 200 });
			const headers = creating + none('ReplyTo') + reference('FaultTo', `${NS.wsa}/anonymous`);
			const fault = await post(create(offerXml({ image: site.image, mib: 2 ** 30 })), headers);
			expect(fault.status).toBeGreaterThanOrEqual(400);
			expect(readAnswer(fault.text).body.localName).toBe('Fault');
		});
	});

	test('who does not speak it is not spoken to in it', async () => {
		expect((await send('')).headers).toEqual([]);
	});

	test.each([
		['another ReplyTo', () => action + reference('ReplyTo', 'http://127.0.0.1:1/'), 'OnlyAnonymousAddressSupported'],
		['another FaultTo', () => action + reference('FaultTo', 'http://127.0.0.1:1/'), 'OnlyAnonymousAddressSupported'],
		['two actions', () => action + action, 'InvalidCardinality'],
		['the action of another body', () => wsa('Action', `${NS.wsag}/TerminateRequest`), 'ActionMismatch'],
		['an action that nobody knows', () => wsa('Action', 'urn:nobody'), 'ActionNotSupported'],
		['a To that is elsewhere', () => action + wsa('To', 'http://127.0.0.1/agreements'), 'DestinationUnreachable'],
		['two resources', () => agreementHeader('1') + agreementHeader('2'), 'InvalidCardinality'],
		['a resource without a name', () => agreementHeader(''), 'DestinationUnreachable'],
	])('%s is its fault', async (_, headers, code) => {
		const answer = await send(headers());
		expect(answer.status).toBe(400);
		expect(faultOf(answer).codes.at(-1)).toBe(`wsa:${code}`);
	});

	test('an operation that the kind of resource has not is its fault', async () => {
		const answer = await new SoapClient(site, '1.2').send('<wsnt:Unsubscribe/>', agreementHeader('1'));
		expect(faultOf(answer).codes.at(-1)).toBe('wsa:DestinationUnreachable');
	});

	test.each<[string, () => string, string]>([
		['another ReplyTo', () => action + reference('ReplyTo', 'http://127.0.0.1:1/'), 'ProblemHeaderQName wsa:ReplyTo'],
		['no action', () => wsa('MessageID', 'urn:uuid:3'), 'ProblemHeaderQName wsa:Action'],
		['two actions', () => action + action, 'ProblemHeaderQName wsa:Action'],
		['the action of another body', () => wsa('Action', `${NS.wsag}/TerminateRequest`), 'ProblemHeaderQName wsa:Action'],
		['two resources', () => agreementHeader('1') + agreementHeader('2'), 'ProblemHeaderQName cs:Agreement'],
		['an action that nobody knows', () => wsa('Action', 'urn:nobody'), 'ProblemAction urn:nobody'],
		[
			'a To that is elsewhere',
			() => action + wsa('To', 'http://127.0.0.1/agreements'),
			'ProblemIRI http://127.0.0.1/agreements',
		],
	])('%s is told as the standard has it, in SOAP 1.1 by a header', async (_, headers, problem) => {
		const told = (detail: XmlElement | undefined) => {
			const [problem] = detail === undefined ? [] : childElements(detail);
			return problem && `${problem.localName} ${textOf(childElements(problem)[0] ?? problem)}`;
		};
		const { body } = await send(headers());
		expect(told(firstChild(body, NS.env, 'Detail'))).toBe(problem);
		const answer = await new SoapClient(site, '1.1').send(property('wsag:Template'), headers());
		expect(told(answer.headers.find(({ localName }) => localName === 'FaultDetail'))).toBe(problem);
		expect(childElements(answer.body).map(({ localName }) => localName)).toEqual(['faultcode', 'faultstring']);
	});

	test('a message that is sent again makes nothing twice, and its id stands for no other', async () => {
		const client = new SoapClient(site, '1.1');
		const headers = wsa('Action', `${NS.wsag}/CreateAgreementRequest`) + wsa('MessageID', 'urn:uuid:again');
		const made = await client.send(create(offer()), headers);
		const again = await client.send(create(offer()), headers);
		const id = (body: typeof made.body) => textAt(body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');
		expect(id(again.body)).toBe(id(made.body));
		const other = faultOf(await client.send(create(offer({ cpus: 2 })), headers));
		expect(other.codes).toEqual(['wsa:DuplicateMessageID']);
	});
});

describe('a header that must be understood', () => {
	const unknown = (attributes: string) => `<x:Security xmlns:x="urn:nobody" ${attributes}/>`;
	const send = (version: Version, attributes: string) =>
		new SoapClient(site, version).send(property('wsag:Template'), unknown(attributes));

	test('and is not gets the fault, which names it in SOAP 1.2', async () => {
		const old = await send('1.1', 'soap:mustUnderstand="1"');
		expect([old.status, faultOf(old).codes]).toEqual([500, ['soap:MustUnderstand']]);
		const answer = await send('1.2', 'env:mustUnderstand="true"');
		expect(faultOf(answer).codes).toEqual(['env:MustUnderstand']);
		expect(answer.headers).toMatchObject([{ localName: 'NotUnderstood', attributes: [{ value: 'n:Security' }] }]);
	});

	test('and is not gets the fault before anything is said of a message that does not keep to the schemas', async () => {
		const broken = '<wsag:CreateAgreementInput><wsag:Nonsense/></wsag:CreateAgreementInput>';
		for (const version of ['1.1', '1.2'] as const) {
			const mark = version === '1.1' ? 'soap:mustUnderstand="1"' : 'env:mustUnderstand="1"';
			const answer = await new SoapClient(site, version).send(broken, unknown(mark));
			expect(faultOf(answer).codes[0]).toMatch(/:MustUnderstand$/);
			const passed = await new SoapClient(site, version).send(broken, unknown(`${mark.slice(0, -2)}0"`));
			expect(faultOf(passed).codes[0]).toMatch(/:(Client|Sender)$/);
		}
		// The schema of SOAP 1.1 has no word for it but 1: what is meant is plain all the same.
		expect(faultOf(await send('1.1', 'soap:mustUnderstand="true"')).codes).toEqual(['soap:MustUnderstand']);
	});

	test('and is meant for somebody else, or need not be, is passed over', async () => {
		for (const attributes of ['env:mustUnderstand="false"', 'env:mustUnderstand="1" env:role="urn:somebody"', '']) {
			expect((await send('1.2', attributes)).status).toBe(200);
		}
	});
});

describe('over HTTP', () => {
	const headers = () => ({ Authorization: `Bearer ${site.adminToken}`, 'Content-Type': 'text/xml' });
	const message = () => envelope('1.1', property('wsag:Template'));

	test('without a token there is a fault with 401', async () => {
		const answer = await sendRaw(site, message(), { 'Content-Type': 'text/xml' });
		expect([answer.status, faultOf(answer).codes]).toEqual([401, ['soap:Client']]);
	});

	test('another media type is a fault with 415, and one that contradicts the envelope is a VersionMismatch', async () => {
		expect((await sendRaw(site, message(), { ...headers(), 'Content-Type': 'application/json' })).status).toBe(415);
		const answer = await sendRaw(site, message(), { ...headers(), 'Content-Type': 'application/soap+xml' });
		expect(faultOf(answer).codes).toEqual(['soap:VersionMismatch']);
	});

	test.each([
		['an envelope of no version', '<e:Envelope xmlns:e="urn:soap:9"><e:Body/></e:Envelope>', 'application/soap+xml'],
		['an envelope of SOAP 1.2 by the media type of 1.1', envelope('1.2', property('wsag:Template')), 'text/xml'],
		['the same, and it does not keep to the schemas', envelope('1.2', '<wsag:CreateAgreementInput/>'), 'text/xml'],
	])('whoever speaks SOAP 1.2 is told which versions are known: %s', async (_name, text, type) => {
		const answer = await sendRaw(site, text, { ...headers(), 'Content-Type': type });
		expect(faultOf(answer).codes).toEqual(['env:VersionMismatch']);
		expect(answer.text.match(/<env:SupportedEnvelope /g)).toHaveLength(2);
		expect(answer.text).not.toContain('Detail');
	});

	test('the SOAPAction, and the action of the media type, must be that of the body', async () => {
		const good = `${NS['wsrf-rp'].replace('rp-2', 'rpw-2')}/GetResourceProperty/GetResourcePropertyRequest`;
		expect((await sendRaw(site, message(), { ...headers(), SOAPAction: `"${good}"` })).status).toBe(200);
		const other = await sendRaw(site, message(), { ...headers(), SOAPAction: '"urn:other"' });
		expect(faultOf(other).codes).toEqual(['wsa:ActionNotSupported']);
		const type = `application/soap+xml; charset=utf-8; action="${NS.wsag}/TerminateRequest"`;
		const mismatch = await sendRaw(site, envelope('1.2', property('wsag:Template')), {
			...headers(),
			'Content-Type': type,
		});
		expect(faultOf(mismatch).codes.at(-1)).toBe('wsa:ActionMismatch');
	});

	const SECTION_5 = 'http://schemas.xmlsoap.org/soap/encoding/';

	test.each([
		['the Envelope', 'soap:Envelope'],
		['the Header', 'soap:Header'],
		['a header', 'wsa:MessageID'],
		['the Body', 'soap:Body'],
		['what stands in the Body', 'wsrf-rp:GetMultipleResourceProperties'],
		['a part of it', 'wsrf-rp:ResourceProperty'],
	])('in SOAP 1.1 %s may have an encodingStyle, of section 5 or none', async (_, at) => {
		const name = 'GetMultipleResourceProperties';
		const body = `<wsrf-rp:${name}>\n<wsrf-rp:ResourceProperty>wsag:Template</wsrf-rp:ResourceProperty></wsrf-rp:${name}>`;
		const action = `${NS['wsrf-rp'].replace('rp-2', 'rpw-2')}/${name}/${name}Request`;
		const addressing = `<wsa:Action>${action}</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID>`;
		const text = envelope('1.1', body, addressing);
		const styled = (style: string) => text.replace(`<${at}`, `<${at}\n\tsoap:encodingStyle="${style}"`);
		for (const style of ['', SECTION_5, `urn:rows\n ${SECTION_5}rows`]) {
			const answer = await sendRaw(site, styled(style), headers());
			expect([style, answer.status, answer.body.localName]).toEqual([style, 200, `${name}Response`]);
		}
		const unknown = faultOf(await sendRaw(site, styled('urn:rows'), headers()));
		expect([unknown.codes, unknown.errorCode]).toEqual([['soap:Client'], 'NOT_SUPPORTED']);
		expect(unknown.reasons).toMatchObject([{ code: 'ENCODING_STYLE_UNKNOWN', found: 'urn:rows' }]);
		const wrong = await sendRaw(site, styled(SECTION_5).replace('wsag:Template', 'no name'), headers());
		const path = `/wsrf-rp:${name}/wsrf-rp:ResourceProperty`;
		expect(faultOf(wrong).reasons).toMatchObject([{ code: 'XSD_INVALID', path }]);
	});

	test('in SOAP 1.1 an encodingStyle is about what claims no other, and not about what is for others', async () => {
		const foreign = '<x:h xmlns:x="urn:x" soap:encodingStyle="urn:rows" soap:actor="urn:other"/>';
		const text = envelope('1.1', property('wsag:Template'), foreign);
		expect((await sendRaw(site, text, headers())).status).toBe(200);
		const around = text.replace('<soap:Envelope ', '<soap:Envelope soap:encodingStyle="urn:rows" ');
		const path = '/wsrf-rp:GetResourceProperty';
		expect(faultOf(await sendRaw(site, around, headers())).reasons).toMatchObject([{ found: 'urn:rows', path }]);
		const within = around.replace('<soap:Body', '<soap:Body soap:encodingStyle=""');
		expect((await sendRaw(site, within, headers())).status).toBe(200);
	});

	test('what only an encoding of SOAP 1.1 knows is in no document', async () => {
		const encoded = offer().replace(
			'<wsag:AgreementOffer',
			`<wsag:AgreementOffer soap:encodingStyle="${SECTION_5}" id="a"`,
		);
		const fault = faultOf(await sendRaw(site, envelope('1.1', create(encoded)), headers()));
		expect(fault.reasons).toMatchObject([{ code: 'XSD_INVALID', path: expect.stringContaining('AgreementOffer/@id') }]);
	});

	test('an encodingStyle of SOAP 1.2 stands on headers and in the Body alone, and nobody decodes one', async () => {
		const text = envelope('1.2', property('wsag:Template'), '<x:h xmlns:x="urn:x"/>');
		const styled = (at: string) =>
			sendRaw(site, text.replace(`<${at}`, `<${at} env:encodingStyle="urn:rows"`), {
				...headers(),
				'Content-Type': 'application/soap+xml',
			}).then(faultOf);
		for (const at of ['env:Envelope', 'env:Header', 'env:Body']) {
			const fault = await styled(at);
			expect([at, fault.codes, fault.errorCode]).toEqual([at, ['env:Sender'], 'DOCUMENT_INVALID']);
			expect(fault.reasons[0]?.code).toBe('XSD_INVALID');
		}
		for (const at of ['wsrf-rp:GetResourceProperty', 'x:h']) {
			expect((await styled(at)).codes).toEqual(['env:DataEncodingUnknown']);
		}
	});

	test.each([
		['what stands in the Body', 'wsrf-rp:GetMultipleResourceProperties'],
		['a part of it', 'wsrf-rp:ResourceProperty'],
		['a header', 'wsa:Action'],
	])('in SOAP 1.2 %s may claim no encoding', async (_, at) => {
		const body = `<wsrf-rp:GetMultipleResourceProperties>\n<wsrf-rp:ResourceProperty>wsag:Template</wsrf-rp:ResourceProperty></wsrf-rp:GetMultipleResourceProperties>`;
		const name = 'GetMultipleResourceProperties';
		const action = `${NS['wsrf-rp'].replace('rp-2', 'rpw-2')}/${name}/${name}Request`;
		const addressing = `<wsa:Action>${action}</wsa:Action><wsa:MessageID>urn:uuid:1</wsa:MessageID>`;
		const text = envelope('1.2', body, addressing);
		const none = 'http://www.w3.org/2003/05/soap-envelope/encoding/none';
		const styled = (style: string) => text.replace(`<${at}`, `<${at}\n\tenv:encodingStyle="${style}"`);
		const send = (message: string) => sendRaw(site, message, { ...headers(), 'Content-Type': 'application/soap+xml' });
		const answer = await send(styled(` ${none}\n`));
		expect([answer.status, answer.body.localName]).toEqual([200, `${name}Response`]);
		expect(faultOf(await send(styled('urn:rows'))).codes).toEqual(['env:DataEncodingUnknown']);
		const wrong = styled(none).replace('wsag:Template', 'no name');
		const line = wrong.slice(0, wrong.indexOf('<wsrf-rp:ResourceProperty')).split('\n').length;
		const refused = await send(wrong);
		const path = `/wsrf-rp:${name}/wsrf-rp:ResourceProperty`;
		expect(faultOf(refused).reasons).toMatchObject([{ code: 'XSD_INVALID', path }]);
		expect(refused.text).toContain(`(line ${line})`);
	});

	test('only POST has messages', async () => {
		for (const method of ['GET', 'PUT', 'DELETE']) {
			expect((await fetch(new URL('/soap', site.url), { method })).status).toBe(405);
		}
	});
});

describe('the WSDL', () => {
	const get = (path: string) => fetch(new URL(path, site.url));

	test('is served with every schema that it names, and names nothing outside', async () => {
		const seen = new Set<string>();
		const waiting = ['/soap?wsdl'];
		for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
			if (seen.has(path)) continue;
			seen.add(path);
			const response = await get(path);
			expect(response.status, path).toBe(200);
			const text = await response.text();
			for (const [, location = ''] of text.matchAll(/schemaLocation="([^"]*)"/g)) {
				const { origin, pathname } = new URL(location, new URL(path, site.url));
				expect(origin).toBe(site.url);
				waiting.push(pathname);
			}
		}
		expect(seen.size).toBeGreaterThan(12);
		expect([...seen]).not.toContain('/soap/schemas/agreement/schema-constructs.xsd');
	});

	test('has a schema for every vocabulary that documents here are held against', async () => {
		const importsOf = (text: string) => [...text.matchAll(/import namespace="([^"]*)"/g)].map(([, name]) => name);
		const schema = readFileSync(new URL('../../schemas/agreement/documents.xsd', import.meta.url), 'utf8');
		const imported = importsOf(await (await get('/soap?wsdl')).text());
		expect(importsOf(schema).filter((name) => !imported.includes(name))).toEqual([]);
	});

	test('every operation that others call says that what it names may be unknown', async () => {
		const text = await (await get('/soap?wsdl')).text();
		for (const name of ['CreateAgreement', 'CreatePendingAgreement', 'InitiateNegotiation', 'Negotiate', 'Renew']) {
			const [operation] = new RegExp(`<wsdl:operation name="${name}">.*?</wsdl:operation>`, 's').exec(text) ?? [''];
			expect(operation, name).toContain('<wsdl:fault name="ResourceUnknownFault"');
		}
	});

	test('describes what the broker calls, without saying where', async () => {
		const text = await (await get('/soap?wsdl')).text();
		for (const name of ['AgreementAcceptance', 'NotificationConsumer']) {
			expect(text).toContain(`<wsdl:portType name="${name}">`);
			expect(text).not.toContain(`type="cs:${name}"`);
		}
	});

	test('names this endpoint in each port, in whatever letters it is asked for', async () => {
		const text = await (await get('/soap?WSDL')).text();
		const locations = [...text.matchAll(/address location="([^"]*)"/g)].map(([, location]) => location);
		expect(new Set(locations)).toEqual(new Set([`${site.url}/soap`]));
		expect(locations.length).toBe(14);
	});

	test.each([
		'/soap/schemas/agreement/..%2f..%2fpackage.json',
		'/soap/schemas/..%2f/package.json',
		'/soap/schemas/src/a.xsd',
		'/soap/schemas/soap/none.xsd',
	])('%s is not there', async (path) => {
		expect([401, 404]).toContain((await get(path)).status);
	});
});
