/** What an answer carries, and which headers are ours: WS-Addressing 1.0, Core and SOAP Binding. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attributeValue, textOf } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import { agreementHeader, faultOf, NS, SoapClient, textAt, type Version } from './soap-client.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const GET = `${NS['wsrf-rp'].replace('rp-2', 'rpw-2')}/GetResourceProperty/GetResourcePropertyRequest`;
const ACTION = `<wsa:Action>${GET}</wsa:Action>`;
const MESSAGE_ID = '<wsa:MessageID>urn:uuid:mine</wsa:MessageID>';
const READS = '<wsrf-rp:GetResourceProperty>wsag:Template</wsrf-rp:GetResourceProperty>';
const FAILS = '<wsrf-rp:GetResourceProperty>wsag:None</wsrf-rp:GetResourceProperty>';
const endpoint = (name: string, parameters: string, address = `${NS.wsa}/anonymous`) =>
	`<wsa:${name}><wsa:Address>${address}</wsa:Address><wsa:ReferenceParameters>${parameters}</wsa:ReferenceParameters></wsa:${name}>`;
const back = (text: string) => `<x:back xmlns:x="urn:mine" x:a="1">${text}</x:back>`;

describe.each<Version>(['1.1', '1.2'])('in SOAP %s', (version) => {
	const soap = version === '1.1' ? 'soap' : 'env';
	const role = version === '1.1' ? 'soap:actor' : 'env:role';
	let client: SoapClient;
	beforeAll(() => {
		client = new SoapClient(site, version);
	});
	const parametersOf = async (body: string, headers: string) => {
		const answer = await client.send(body, ACTION + MESSAGE_ID + headers);
		return answer.headers.filter((header) => attributeValue(header, NS.wsa, 'IsReferenceParameter') === 'true');
	};

	test('an answer has the reference parameters of ReplyTo as headers', async () => {
		const headers = endpoint('ReplyTo', back('r') + back('s')) + endpoint('FaultTo', back('f'));
		const parameters = await parametersOf(READS, headers);
		expect(parameters.map(textOf)).toEqual(['r', 's']);
		expect(parameters[0]).toMatchObject({ namespace: 'urn:mine', localName: 'back' });
		expect(attributeValue(parameters[0]!, 'urn:mine', 'a')).toBe('1');
	});

	test.each([
		['those of FaultTo', endpoint('ReplyTo', back('r')) + endpoint('FaultTo', back('f')), ['f']],
		['those of ReplyTo where there is no FaultTo', endpoint('ReplyTo', back('r')), ['r']],
		['none where FaultTo has none', endpoint('ReplyTo', back('r')) + endpoint('FaultTo', ''), []],
	])('a fault has %s', async (_, headers, expected) => {
		expect((await parametersOf(FAILS, headers)).map(textOf)).toEqual(expected);
	});

	test('a fault of the headers themselves has them, too', async () => {
		const unknown = `<x:no xmlns:x="urn:x" ${soap}:mustUnderstand="1"/>`;
		const parameters = await parametersOf(READS, endpoint('ReplyTo', back('r')) + unknown);
		expect(parameters.map(textOf)).toEqual(['r']);
	});

	test('they keep what their prefixes stand for, also in texts, and prefixes like ours are not taken for ours', async () => {
		const parameters = `<wsa:p xmlns:wsa="urn:other"><wsa:q/></wsa:p><t xmlns="urn:t" xmlns:n="urn:n" of="n:a">n:b</t>`;
		const [prefixed, named] = await parametersOf(READS, endpoint('ReplyTo', parameters));
		expect(prefixed).toMatchObject({ namespace: 'urn:other', children: [{ namespace: 'urn:other' }] });
		expect(named).toMatchObject({ namespace: 'urn:t', localName: 't' });
		expect(writeCanonical(named!)).toContain('xmlns:n="urn:n"');
	});

	test.each([
		['too many', back('').repeat(17)],
		['too long', back('x'.repeat(9_000))],
		['of no namespace', '<bare xmlns=""/>'],
		['of the namespace of SOAP', `<${soap}:Body/>`],
		['a header that the answer has by itself', '<wsa:Action>urn:mine</wsa:Action>'],
	])('parameters that are %s are no endpoint reference that can be answered', async (_, parameters) => {
		for (const name of ['ReplyTo', 'FaultTo']) {
			const answer = await client.send(READS, ACTION + MESSAGE_ID + endpoint(name, parameters));
			expect(faultOf(answer).codes.at(-1)).toBe('wsa:InvalidEPR');
			expect(answer.text).toContain(`<wsa:ProblemHeaderQName>wsa:${name}<`);
			expect(answer.text).not.toContain('IsReferenceParameter');
		}
	});

	test.each([
		['without an address', '', 'MissingAddressInEPR'],
		['that has two', '<wsa:Address>urn:a</wsa:Address><wsa:Address>urn:b</wsa:Address>', 'InvalidEPR'],
		['of text', 'http://a.example/', 'MissingAddressInEPR'],
	])('a header with an endpoint reference %s has the fault of that', async (_, content, fault) => {
		for (const name of ['From', 'ReplyTo', 'FaultTo']) {
			const headers = `${ACTION + MESSAGE_ID}<wsa:${name}>${content}</wsa:${name}>`;
			for (const body of [READS, '<wsag:Unheard/>']) {
				const answer = await client.send(body, headers);
				expect(faultOf(answer).codes.at(-1)).toBe(`wsa:${fault}`);
				expect(answer.text).toContain(`<wsa:ProblemHeaderQName>wsa:${name}<`);
				expect(answer.text).toContain('<wsa:RelatesTo>urn:uuid:mine<');
			}
		}
	});

	test('where it is not clear which are meant, or nothing can be sent there, the fault has none', async () => {
		const several = endpoint('ReplyTo', back('r')) + endpoint('ReplyTo', back('s'));
		for (const headers of [several, endpoint('ReplyTo', back('r'), 'http://127.0.0.1:1/')]) {
			expect(await parametersOf(READS, headers)).toEqual([]);
		}
	});

	test('an answer to a message without an id relates to an unspecified one', async () => {
		const relatesTo = async (body: string, headers: string) => {
			const found = (await client.send(body, headers)).headers.filter(({ localName }) => localName === 'RelatesTo');
			return found.map(textOf);
		};
		for (const headers of [
			ACTION,
			`${ACTION}<wsa:MessageID/>`,
			ACTION + endpoint('ReplyTo', ''),
			'<wsa:Action>urn:nobody</wsa:Action>',
		]) {
			expect(await relatesTo(READS, headers)).toEqual([`${NS.wsa}/unspecified`]);
		}
		expect(await relatesTo(FAILS, ACTION)).toEqual([`${NS.wsa}/unspecified`]);
		expect(await relatesTo(FAILS, ACTION + MESSAGE_ID)).toEqual(['urn:uuid:mine']);
	});

	test('the fault of a message that the schemas do not admit is addressed, too', async () => {
		const offer = offerXml({ image: site.image })
			.replace('<wsag:Terms>', '<wsag:Term>')
			.replace('</wsag:Terms>', '</wsag:Term>');
		const body = `<wsag:CreateAgreementInput>${offer}</wsag:CreateAgreementInput>`;
		const headers = `<wsa:Action>${NS.wsag}/CreateAgreementRequest</wsa:Action>${MESSAGE_ID}`;
		const answer = await client.send(body, headers + endpoint('FaultTo', back('f')));
		expect(faultOf(answer)).toMatchObject({ errorCode: 'DOCUMENT_INVALID', reasons: [{ code: 'XSD_INVALID' }] });
		const texts = Object.fromEntries(answer.headers.map((header) => [header.localName, textOf(header)]));
		expect(texts).toMatchObject({ RelatesTo: 'urn:uuid:mine', back: 'f' });
		expect(texts.Action).toBe('http://docs.oasis-open.org/wsrf/fault');
		expect((await client.send(body)).headers).toEqual([]);
		const withoutAddress = await client.send(READS, `${ACTION + MESSAGE_ID}<wsa:FaultTo/>`);
		expect(textOf(withoutAddress.headers.find(({ localName }) => localName === 'RelatesTo')!)).toBe('urn:uuid:mine');
	});

	test('the endpoint has one path, whatever stands before it', async () => {
		const sent = async (to: string) => (await client.send(READS, `${ACTION}<wsa:To>${to}</wsa:To>`)).body.localName;
		for (const to of ['/soap', '/soap/', '/site/soap', '/soap?x=1']) {
			expect(await sent(`https://front.example${to}`), to).toBe('GetResourcePropertyResponse');
		}
		for (const to of ['https://front.example/', 'https://front.example/soap/x', '/soap', 'urn:soap']) {
			expect(await sent(to), to).toBe('Fault');
		}
	});

	test('headers for another role are neither read nor counted', async () => {
		const other = (name: string, text: string) => `<wsa:${name} ${role}="urn:other">${text}</wsa:${name}>`;
		const to = other('To', 'http://elsewhere.example/');
		for (const headers of [to, ACTION + to, `${ACTION}<wsa:To>${site.url}/soap</wsa:To>${to}`]) {
			expect((await client.send(READS, headers)).body.localName).toBe('GetResourcePropertyResponse');
		}
		expect((await client.send(READS, to)).headers).toEqual([]);
		const id = await client.agree(offerXml({ image: site.image }));
		const document = '<wsrf-rp:GetResourcePropertyDocument/>';
		const elsewhere = agreementHeader('somebody').replace('>', ` ${role}="urn:other">`);
		expect((await client.send(document, elsewhere)).text).toContain('AgreementFactoryProperties');
		const { body } = await client.send(document, elsewhere + agreementHeader(id));
		expect(textAt(body, 'AgreementProperties', 'AgreementId')).toBe(id);
	});

	test('the next role is ours in this version of SOAP, that of the other version is not', async () => {
		const next = {
			'1.1': 'http://schemas.xmlsoap.org/soap/actor/next',
			'1.2': 'http://www.w3.org/2003/05/soap-envelope/role/next',
		};
		const asked = (of: Version) =>
			client.send(READS, `<wsa:To ${role}="${next[of]}">http://elsewhere.example/</wsa:To>`);
		expect(faultOf(await asked(version)).codes.at(-1)).toBe('wsa:MessageAddressingHeaderRequired');
		expect((await asked(version === '1.1' ? '1.2' : '1.1')).body.localName).toBe('GetResourcePropertyResponse');
	});
});
