/** Envelopes that nobody should send: each gets a SOAP fault within the deadline, and the memory stays flat. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import { agreementHeader, envelope, faultOf, MEDIA_TYPE, NS, type SoapAnswer, sendRaw } from './soap-client.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const TEMPLATES = '<wsrf-rp:GetResourceProperty>wsag:Template</wsrf-rp:GetResourceProperty>';
const offer = () => offerXml({ image: site.image });
const create = (content: string) => `<wsag:CreateAgreementInput>${content}</wsag:CreateAgreementInput>`;
const good = (body = TEMPLATES, headers = '') => envelope('1.1', body, headers);
const wsa = (name: string, content: string) => `<wsa:${name}>${content}</wsa:${name}>`;
const action = (name: string) => wsa('Action', `${NS.wsag}/${name}Request`);
const replaced = (from: string | RegExp, to: string, text = good()) => text.replace(from, () => to);
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const many = (count: number, one: (index: number) => string) =>
	Array.from({ length: count }, (_, index) => one(index)).join('');

function bomb(): string {
	const levels = Array.from({ length: 12 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`);
	return `<!DOCTYPE a [<!ENTITY e0 "ha">${levels.join('')}]>${good('<a>&e12;</a>')}`;
}

interface Sent {
	readonly body: string | Buffer;
	readonly headers?: Record<string, string>;
}

const type = (contentType: string): Record<string, string> => ({ 'Content-Type': contentType });

/** Messages by what is wrong with them. */
const CORPUS: Readonly<Record<string, () => string | Buffer | Sent>> = {
	// No envelope at all
	'nothing at all': () => '',
	'white space': () => ' \n\t ',
	'no XML': () => 'hello',
	JSON: () => '{"Envelope":{}}',
	'binary noise': () => Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256)),
	'zero bytes': () => Buffer.alloc(2048),
	'an HTML form': () => ({ body: 'a=1&b=2', headers: type('application/x-www-form-urlencoded') }),
	MTOM: () => ({ body: good(), headers: type('multipart/related; type="application/xop+xml"') }),
	'no media type': () => ({ body: good(), headers: type('') }),
	'application/xml': () => ({ body: good(), headers: type('application/xml') }),
	'SOAP 1.1 that says it is 1.2': () => ({ body: good(), headers: type(MEDIA_TYPE['1.2']) }),
	'SOAP 1.2 that says it is 1.1': () => envelope('1.2', TEMPLATES),
	'a compressed body': () => ({ body: good(), headers: { 'Content-Encoding': 'gzip' } }),
	'another root': () => '<a xmlns="urn:a"/>',
	'an offer without an envelope': () => offer(),
	'an envelope of no version': () => replaced(/schemas\.xmlsoap\.org\/soap\/envelope\//g, 'example.org/soap/'),
	'an envelope without a namespace': () => '<Envelope><Body/></Envelope>',
	'a fault as the message': () =>
		good('<soap:Fault><faultcode>soap:Server</faultcode><faultstring>x</faultstring></soap:Fault>'),
	// XML that is none, or does what XML can do
	'a cut end': () => good().slice(0, -20),
	'text behind the root': () => `${good()}tail`,
	'two envelopes': () => good() + good(),
	'an attribute twice': () => replaced('<soap:Body>', '<soap:Body a="1" a="2">'),
	'a prefix that is bound to nothing': () => good('<nope:x/>'),
	'a DTD': () => `<!DOCTYPE soap:Envelope>${good()}`,
	'a DTD with an entity': () => `<!DOCTYPE a [<!ENTITY x "y">]>${good('<a>&x;</a>')}`,
	'an external entity': () => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${good('<a>&x;</a>')}`,
	'an external entity in a header': () =>
		`<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/">]>${good(TEMPLATES, wsa('MessageID', '&x;'))}`,
	'a parameter entity': () => `<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]>${good()}`,
	'a billion laughs': bomb,
	'a quadratic blow-up': () =>
		`<!DOCTYPE a [<!ENTITY x "${'x'.repeat(50_000)}">]>${good(`<a>${'&x;'.repeat(5_000)}</a>`)}`,
	'an entity that nobody declared': () => good('<a>&nobody;</a>'),
	'a processing instruction': () => replaced('<soap:Body>', '<?php evil ?><soap:Body>'),
	'a stylesheet': () => `<?xml-stylesheet href="http://127.0.0.1/"?>${good()}`,
	'an inclusion': () => good('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'),
	'300 levels': () => good('<a>'.repeat(300) + '</a>'.repeat(300)),
	'100,000 levels': () => good('<a>'.repeat(100_000) + '</a>'.repeat(100_000)),
	'100,000 elements': () => good(`<a>${'<b/>'.repeat(100_000)}</a>`),
	'a million characters in an attribute': () => good(`<a b="${'x'.repeat(1_000_000)}"/>`),
	'50,000 attributes': () => good(`<a ${many(50_000, (index) => ` a${index}=""`)}/>`),
	'20,000 namespaces': () => good(`<a ${many(20_000, (index) => ` xmlns:n${index}="urn:n${index}"`)}/>`),
	'more bytes than are taken': () => good(`<!--${'x'.repeat(1_100_000)}-->`),
	'UTF-16 that says it is UTF-8': () => utf16(`<?xml version="1.0" encoding="UTF-8"?>${good()}`).subarray(2),
	'an encoding that does not exist': () => `<?xml version="1.0" encoding="x-klingon"?>${good()}`,
	'overlong UTF-8': () => Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc0, 0xbc]), Buffer.from('</a>')]),
	'an element named __proto__': () => good('<__proto__/>'),
	'a header named constructor': () => good(TEMPLATES, '<constructor xmlns="urn:x"/>'),
	'a control character': () => good(`<a>&#x1;</a>`),
	// Envelopes that are none
	'no body': () => replaced(/<soap:Body>.*<\/soap:Body>/, ''),
	'an empty body': () => good(''),
	'two bodies': () => replaced('</soap:Body>', '</soap:Body><soap:Body/>'),
	'two requests in a body': () => good(TEMPLATES + TEMPLATES),
	'a body before the header': () => `<soap:Envelope xmlns:soap="${NS.soap}"><soap:Body/><soap:Header/></soap:Envelope>`,
	'a foreign element behind the body': () => replaced('</soap:Body>', '</soap:Body><x xmlns="urn:x"/>'),
	'text in the body': () => good('Please make me an agreement.'),
	'text in the envelope': () => replaced('<soap:Body>', 'hi<soap:Body>'),
	'a header without a namespace': () => good(TEMPLATES, '<plain/>'),
	'an envelope in the body': () => good(good()),
	'mustUnderstand of maybe': () => good(TEMPLATES, '<x:a xmlns:x="urn:x" soap:mustUnderstand="maybe"/>'),
	'WS-Security that must be understood': () => good(TEMPLATES, `<x:Security xmlns:x="urn:x" soap:mustUnderstand="1"/>`),
	'RPC encoding': () =>
		good('<m:Create soap:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" xmlns:m="urn:m"/>'),
	// Addressing
	'10,000 headers': () =>
		good(
			TEMPLATES,
			many(10_000, (index) => `<x:h xmlns:x="urn:x">${index}</x:h>`),
		),
	'200 MessageIDs': () => good(TEMPLATES, action('CreateAgreement') + wsa('MessageID', 'urn:a').repeat(200)),
	'a MessageID of 100,000 characters': () =>
		good(TEMPLATES, wsa('Action', 'a') + wsa('MessageID', `urn:${'a'.repeat(100_000)}`)),
	'an action of 100,000 characters': () => good(TEMPLATES, wsa('Action', `urn:${'a'.repeat(100_000)}`)),
	'a ReplyTo inside the network': () =>
		good(
			TEMPLATES,
			`${action('CreateAgreement')}<wsa:ReplyTo><wsa:Address>http://169.254.169.254/</wsa:Address></wsa:ReplyTo>`,
		),
	'a ReplyTo without an address': () => good(TEMPLATES, '<wsa:ReplyTo/>'),
	'the action of another operation': () => good(TEMPLATES, action('CreateAgreement')),
	'a SOAPAction of another operation': () => ({
		body: good(),
		headers: { SOAPAction: `"${NS.wsag}/TerminateRequest"` },
	}),
	'a SOAPAction with a line in it': () => ({ body: good(), headers: { SOAPAction: '"urn:a b\tc"' } }),
	'an action without addressing for nothing': () => good('<a xmlns="urn:a"/>', action('CreateAgreement')),
	// Reference parameters
	'the agreement of nobody': () => good(TEMPLATES.replace('Template', 'Terms'), agreementHeader('0'.repeat(36))),
	'an agreement by SQL': () => good('<wsrf-rl:Destroy/>', agreementHeader("' OR 1=1 --")),
	'an agreement by path': () => good('<wsrf-rl:Destroy/>', agreementHeader('../../admin-token')),
	'an agreement of 100,000 characters': () => good('<wsrf-rl:Destroy/>', agreementHeader('a'.repeat(100_000))),
	'an agreement with elements in it': () =>
		good('<wsrf-rl:Destroy/>', agreementHeader('<cs:Agreement>1</cs:Agreement>')),
	'an agreement and a subscription': () =>
		good('<wsrf-rl:Destroy/>', `${agreementHeader('1')}<cs:Subscription>1</cs:Subscription>`),
	'a destruction of the factory': () => good('<wsrf-rl:Destroy/>'),
	'an agreement made by an agreement': () => good(create(offer()), agreementHeader('1')),
	// Bodies
	'an operation that does not exist': () => good('<wsag:DropAllAgreements/>'),
	'an answer as the request': () => good('<wsag:TerminateResponse/>', agreementHeader('1')),
	'a creation of nothing': () => good(create('')),
	'a creation of two': () => good(create(offer() + offer())),
	'an offer of another namespace': () =>
		good(create(offer().replaceAll(NS.wsag, 'http://www.ggf.org/namespaces/ws-agreement'))),
	'an offer with 30,000 elements': () =>
		good(create(offer().replace('</wsag:Context>', `${'<x xmlns="urn:x"/>'.repeat(30_000)}</wsag:Context>`))),
	'5,000 critical extensions': () => good(create(offer() + many(5_000, (index) => `<x${index} xmlns="urn:x"/>`))),
	'a type of its own': () =>
		good(create(`<wsag:AgreementOffer xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="wsag:Nobody"/>`)),
	'5,000 properties': () =>
		good(
			`<wsrf-rp:GetMultipleResourceProperties>${'<wsrf-rp:ResourceProperty>wsag:Template</wsrf-rp:ResourceProperty>'.repeat(5_000)}</wsrf-rp:GetMultipleResourceProperties>`,
		),
	'a property of a prefix that is not there': () =>
		good('<wsrf-rp:GetResourceProperty>nobody:Template</wsrf-rp:GetResourceProperty>'),
	...Object.fromEntries(
		[
			'count(//*[count(//*[count(//*) > 1]) > 1])',
			'/descendant::*/ancestor::*/descendant::*',
			`//a${'|//a'.repeat(2_000)}`,
			"document('file:///etc/passwd')",
			'//*//*//*//*//*',
			'',
		].map((query) => [`the query ${query.slice(0, 40)}`, () => good(queryBody(query))]),
	),
	'a time before time': () =>
		good(
			'<wsrf-rl:SetTerminationTime><wsrf-rl:RequestedTerminationTime>-9999-01-01T00:00:00Z</wsrf-rl:RequestedTerminationTime></wsrf-rl:SetTerminationTime>',
			agreementHeader('1'),
		),
	'a duration without end': () =>
		good(
			`<wsrf-rl:SetTerminationTime><wsrf-rl:RequestedLifetimeDuration>P${'9'.repeat(1_000)}D</wsrf-rl:RequestedLifetimeDuration></wsrf-rl:SetTerminationTime>`,
			agreementHeader('1'),
		),
	'a subscription for this machine': () =>
		good(
			'<wsnt:Subscribe><wsnt:ConsumerReference><wsa:Address>http://127.0.0.1:22/</wsa:Address></wsnt:ConsumerReference></wsnt:Subscribe>',
			agreementHeader('1'),
		),
	'a callback to a file': () =>
		good(
			`<wsag:CreatePendingAgreementInput><wsag:AgreementAcceptanceEPR><wsa:Address>file:///etc/passwd</wsa:Address></wsag:AgreementAcceptanceEPR>${offer()}</wsag:CreatePendingAgreementInput>`,
		),
	'a callback with 5,000 parameters': () =>
		good(
			`<wsag:CreatePendingAgreementInput><wsag:AgreementAcceptanceEPR><wsa:Address>http://127.0.0.1/</wsa:Address><wsa:ReferenceParameters>${'<x xmlns="urn:x"/>'.repeat(5_000)}</wsa:ReferenceParameters></wsag:AgreementAcceptanceEPR>${offer()}</wsag:CreatePendingAgreementInput>`,
		),
};

function queryBody(query: string): string {
	const text = query.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
	return `<wsrf-rp:QueryResourceProperties><wsrf-rp:QueryExpression Dialect="http://www.w3.org/TR/1999/REC-xpath-19991116">${text}</wsrf-rp:QueryExpression></wsrf-rp:QueryResourceProperties>`;
}

/** Nothing that anybody sends may keep the others waiting for longer; most of this takes milliseconds. */
const ANSWER_MS_MAX = 5_000;
/** A fault says what is wrong, not the whole message again. */
const ANSWER_CHARACTERS_MAX = 150_000;

async function sendHostile(name: string): Promise<SoapAnswer> {
	const made = CORPUS[name]!();
	const { body, headers }: Sent = typeof made === 'string' || Buffer.isBuffer(made) ? { body: made } : made;
	const started = performance.now();
	const answer = await sendRaw(site, body, {
		Authorization: `Bearer ${site.adminToken}`,
		'Content-Type': MEDIA_TYPE['1.1'],
		...headers,
	});
	expect(performance.now() - started).toBeLessThan(ANSWER_MS_MAX);
	return answer;
}

function expectFault(answer: SoapAnswer): void {
	const { codes, reason } = faultOf(answer);
	expect(answer.status).toBeGreaterThanOrEqual(400);
	expect(reason).not.toBe('');
	// The sender is to blame, and is told so.
	expect(codes[0]).not.toMatch(/Server|Receiver/);
	expect(answer.text).not.toMatch(/node_modules|\.ts:\d|at Object|root:x:0/);
	expect(answer.text.length).toBeLessThan(ANSWER_CHARACTERS_MAX);
}

test('there are sixty of them, and more', () => {
	expect(Object.keys(CORPUS).length).toBeGreaterThan(60);
});

describe('a message of', () => {
	test.each(Object.keys(CORPUS))('%s gets a fault', async (name) => {
		expectFault(await sendHostile(name));
	});
});

test('nothing was made of any of it, and nobody was called', async () => {
	expect((await site.admin.agreements()).items).toEqual([]);
	expect(site.log.join('\n')).not.toMatch(/given up|mistake/);
});

test('the memory stays flat in a second round of all of it', async () => {
	const before = process.memoryUsage().rss;
	for (const name of Object.keys(CORPUS)) await sendHostile(name);
	expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
}, 60_000);

test('a body that does not come in full holds nobody else', async () => {
	const { hostname, port } = new URL(site.url);
	const slow = httpRequest({
		hostname,
		port,
		path: '/soap',
		method: 'POST',
		headers: { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': 'text/xml', 'Content-Length': '1000' },
	});
	slow.on('error', () => {});
	slow.write('<soap:Env');
	const answer = await sendRaw(site, good(), {
		Authorization: `Bearer ${site.adminToken}`,
		'Content-Type': 'text/xml',
	});
	expect(answer.status).toBe(200);
	slow.destroy();
});
