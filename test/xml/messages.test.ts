/** What envelopes carry is checked by the schemas of this package, whatever the envelope; documents are no messages. */
import { describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';

const ENVELOPES = {
	'SOAP 1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
	'SOAP 1.2': 'http://www.w3.org/2003/05/soap-envelope',
} as const;

function verdict(body: string, namespace: string, header = ''): string {
	const text = `<e:Envelope xmlns:e="${namespace}">${header}<e:Body>${body}</e:Body></e:Envelope>`;
	const reading = readDocument(Buffer.from(text), { as: 'message' });
	return reading.ok ? 'valid' : reading.issues.map(({ code, message }) => `${code} ${message}`).join('\n');
}

const RL = 'xmlns:x="http://docs.oasis-open.org/wsrf/rl-2"';
const RP = 'xmlns:x="http://docs.oasis-open.org/wsrf/rp-2"';
const NT = 'xmlns:x="http://docs.oasis-open.org/wsn/b-2"';
const WSAG = 'xmlns:x="http://schemas.ggf.org/graap/2007/03/ws-agreement"';

describe.each(Object.entries(ENVELOPES))('in %s', (_, namespace) => {
	test.each([
		['nothing', '', 'valid'],
		['what nobody knows', '<a xmlns="urn:a"/>', 'valid'],
		['Destroy', `<x:Destroy ${RL}/>`, 'valid'],
		['Destroy with text', `<x:Destroy ${RL}>now</x:Destroy>`, 'not allowed'],
		[
			'a time',
			`<x:SetTerminationTime ${RL}><x:RequestedLifetimeDuration>PT1H</x:RequestedLifetimeDuration></x:SetTerminationTime>`,
			'valid',
		],
		['no time', `<x:SetTerminationTime ${RL}/>`, 'Missing child'],
		['a property', `<x:GetResourceProperty ${RP} xmlns:w="urn:w">w:Name</x:GetResourceProperty>`, 'valid'],
		[
			'a property of no namespace that is bound',
			`<x:GetResourceProperty ${RP}>w:Name</x:GetResourceProperty>`,
			'QName',
		],
		[
			'a query without dialect',
			`<x:QueryResourceProperties ${RP}><x:QueryExpression>/a</x:QueryExpression></x:QueryResourceProperties>`,
			'Dialect',
		],
		['a subscription to nobody', `<x:Subscribe ${NT}/>`, 'ConsumerReference'],
		['a termination without reason', `<x:TerminateInput ${WSAG}/>`, 'Missing child'],
		[
			'an offer that is none',
			`<x:CreateAgreementInput ${WSAG}><x:AgreementOffer/></x:CreateAgreementInput>`,
			'Missing child',
		],
	])('%s is judged', (_name, body, expected) => {
		expect(verdict(body, namespace)).toContain(expected);
	});

	test('two bodies, a body before the header, an addressing header of another shape are invalid', () => {
		expect(verdict('</e:Body><e:Body>', namespace)).toContain('XSD_INVALID');
		expect(verdict('</e:Body><e:Header/><e:Body>', namespace)).toContain('XSD_INVALID');
		const header = '<e:Header><a:ReplyTo xmlns:a="http://www.w3.org/2005/08/addressing"/></e:Header>';
		expect(verdict('', namespace, header)).toContain('Missing child');
	});

	test('an envelope is no document', () => {
		const text = `<e:Envelope xmlns:e="${namespace}"><e:Body/></e:Envelope>`;
		expect(readDocument(Buffer.from(text))).toMatchObject({ ok: false, issues: [{ code: 'ROOT_UNKNOWN' }] });
	});
});

test.each([
	['of another namespace', '<w:AgreementOffer xmlns:w="urn:draft"/>', '{urn:draft}AgreementOffer'],
	['of none', '<AgreementOffer/>', 'AgreementOffer'],
])('a root %s is told with its namespace, beside what is read here', (_, text, found) => {
	const reading = readDocument(Buffer.from(text));
	const allowed = expect.stringContaining('http://schemas.ggf.org/graap/2007/03/ws-agreement');
	expect(reading).toMatchObject({ ok: false, issues: [{ code: 'ROOT_UNKNOWN', found, allowed }] });
});
