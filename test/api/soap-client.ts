/** Messages to the SOAP door as they are on the wire. Every answer is checked against the schemas of messages. */
import { expect } from 'vitest';
import { OPERATIONS } from '../../src/api/soap/operations.ts';
import { readDocument } from '../../src/xml/document.ts';
import { childElements, firstChild, textOf, type XmlElement } from '../../src/xml/element.ts';
import type { SimulatedService } from './simulated-service.ts';

export const NS = {
	soap: 'http://schemas.xmlsoap.org/soap/envelope/',
	env: 'http://www.w3.org/2003/05/soap-envelope',
	wsa: 'http://www.w3.org/2005/08/addressing',
	wsag: 'http://schemas.ggf.org/graap/2007/03/ws-agreement',
	neg: 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation',
	'wsrf-rp': 'http://docs.oasis-open.org/wsrf/rp-2',
	'wsrf-rl': 'http://docs.oasis-open.org/wsrf/rl-2',
	'wsrf-bf': 'http://docs.oasis-open.org/wsrf/bf-2',
	wsnt: 'http://docs.oasis-open.org/wsn/b-2',
	cs: 'urn:computon:soap:1',
	ws: 'urn:computon:workspace:1',
} as const;

export type Version = '1.1' | '1.2';

export const MEDIA_TYPE: Readonly<Record<Version, string>> = { '1.1': 'text/xml', '1.2': 'application/soap+xml' };

export interface SoapAnswer {
	readonly status: number;
	readonly contentType: string;
	readonly text: string;
	/** The headers, and the one element of the body. */
	readonly headers: readonly XmlElement[];
	readonly body: XmlElement;
}

/** Its schema does not let an element stand in it, and WS-Addressing has no fault for that. */
export const INVALID_HEADER = '<wsa:RelatesTo><wsa:Address/></wsa:RelatesTo>';

/** Of every prefix that is used here. */
export const DECLARATIONS = Object.entries(NS)
	.map(([prefix, namespace]) => `xmlns:${prefix}="${namespace}"`)
	.join(' ');

export function envelope(version: Version, body: string, headers = ''): string {
	const prefix = version === '1.1' ? 'soap' : 'env';
	return `<${prefix}:Envelope ${DECLARATIONS}><${prefix}:Header>${headers}</${prefix}:Header><${prefix}:Body>${body}</${prefix}:Body></${prefix}:Envelope>`;
}

/** Sends bytes as they are; the answer must be an envelope that the schemas know, whatever was sent. */
export async function sendRaw(
	site: Pick<SimulatedService, 'url'>,
	body: string | Uint8Array,
	headers: Record<string, string>,
): Promise<SoapAnswer> {
	const sent = typeof body === 'string' ? body : new Uint8Array(body);
	const response = await fetch(new URL('/soap', site.url), { method: 'POST', body: sent, headers });
	const text = await response.text();
	return {
		...readAnswer(text),
		status: response.status,
		contentType: response.headers.get('content-type') ?? '',
		text,
	};
}

export function readAnswer(text: string): Pick<SoapAnswer, 'headers' | 'body'> {
	const reading = readDocument(Buffer.from(text), { as: 'message' });
	expect(reading.ok ? [] : reading.issues, text.slice(0, 2_000)).toEqual([]);
	if (!reading.ok) throw new Error('unreachable');
	const { namespace } = reading.value;
	const header = firstChild(reading.value, namespace, 'Header');
	const [body] = childElements(firstChild(reading.value, namespace, 'Body')!);
	return { headers: header === undefined ? [] : childElements(header), body: body! };
}

/** A client of one party that speaks one version of SOAP, with or without WS-Addressing. */
export class SoapClient {
	readonly #site: SimulatedService;
	readonly #token: string;
	readonly version: Version;

	constructor(site: SimulatedService, version: Version, token: string = site.adminToken) {
		this.#site = site;
		this.#token = token;
		this.version = version;
	}

	/** Sends a body, addressed by headers such as the reference parameters of an EPR. */
	async send(body: string, headers = '', more: Record<string, string> = {}): Promise<SoapAnswer> {
		const answer = await sendRaw(this.#site, envelope(this.version, body, headers), {
			Authorization: `Bearer ${this.#token}`,
			'Content-Type': MEDIA_TYPE[this.version],
			...more,
		});
		if (answer.body.localName === 'Fault') expectDeclared(answer, body);
		return answer;
	}

	/** The id of a new agreement. */
	async agree(offer: string): Promise<string> {
		const { body } = await this.send(`<wsag:CreateAgreementInput>${offer}</wsag:CreateAgreementInput>`);
		expect(body.localName).toBe('CreateAgreementResponse');
		return textAt(body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');
	}

	async stateOf(id: string): Promise<string> {
		const { body } = await this.send(
			'<wsrf-rp:GetResourceProperty>wsag:AgreementState</wsrf-rp:GetResourceProperty>',
			agreementHeader(id),
		);
		return textAt(body, 'AgreementState', 'State');
	}
}

/** What the WSDL says that the operation of that body may answer is what comes. */
function expectDeclared(answer: SoapAnswer, body: string): void {
	const { name, codes } = faultOf(answer);
	const [, prefix = '', localName] = /^\s*<([\w-]+):(\w+)/.exec(body) ?? [];
	const namespace = Object.entries(NS).find(([known]) => known === prefix)?.[1];
	const operation = OPERATIONS.find(
		({ request }) => request.namespace === namespace && request.localName === localName,
	);
	if (operation === undefined || codes.some((code) => code.startsWith('wsa:'))) return;
	const declared = [...operation.faults.map((fault) => fault.localName), 'ResourceUnknownFault', 'BaseFault'];
	expect(declared, `${localName} says ${name}`).toContain(name ?? 'BaseFault');
}

export function agreementHeader(id: string): string {
	return `<cs:Agreement>${id}</cs:Agreement>`;
}

/** The element at the end of a way of local names. */
export function at(from: XmlElement, ...way: readonly string[]): XmlElement {
	let found = from;
	for (const step of way) {
		const next = childElements(found).find(({ localName }) => localName === step);
		if (next === undefined) throw new Error(`${found.localName} has no ${step}.`);
		found = next;
	}
	return found;
}

export function textAt(from: XmlElement, ...way: readonly string[]): string {
	return textOf(at(from, ...way)).trim();
}

/** Those of SOAP itself, and of WS-Addressing: all others say an ErrorCode. */
const OWN_FAULTS = /^(\w+:(VersionMismatch|MustUnderstand|DataEncodingUnknown)|wsa:\w+)$/;

/** A fault as what it says, whatever the version of SOAP; what SOAP 1.1 has of headers stands in one. */
export function faultOf({ body, headers }: SoapAnswer) {
	expect(body.localName).toBe('Fault');
	const is11 = body.namespace === NS.soap;
	const codes = is11 ? [textAt(body, 'faultcode')] : codesOf(at(body, 'Code'));
	const reason = is11 ? textAt(body, 'faultstring') : textAt(body, 'Reason', 'Text');
	const detail = childElements(body).find(({ localName }) => localName.toLowerCase() === 'detail');
	const aboutHeaders = headers.find((each) => each.namespace === NS['wsrf-bf']);
	const element = detail === undefined ? aboutHeaders : childElements(detail)[0];
	const reasons = element === undefined ? [] : childElements(element, NS.ws, 'Reason');
	const coded = element === undefined ? undefined : firstChild(element, NS['wsrf-bf'], 'ErrorCode');
	if (!codes.some((code) => OWN_FAULTS.test(code))) expect(coded, reason).toBeDefined();
	return {
		codes,
		reason,
		hasDetail: detail !== undefined,
		detail: element,
		name: element?.localName,
		errorCode: coded === undefined ? undefined : textOf(coded),
		reasons: reasons.map(({ attributes }) =>
			Object.fromEntries(attributes.map(({ localName, value }) => [localName, value])),
		),
	};
}

function codesOf(code: XmlElement): string[] {
	const inner = childElements(code).find(({ localName }) => localName === 'Subcode');
	return [textAt(code, 'Value'), ...(inner === undefined ? [] : codesOf(inner))];
}
