/** Names of the messages that are no documents: envelopes, WSRF 1.2, WS-Notification 1.3, and our own. */
import { NEG, WSA, WSAG, WSRF_BF } from '../../agreement/names.ts';
import type { XmlName } from '../../xml/element.ts';

export const SOAP_11 = 'http://schemas.xmlsoap.org/soap/envelope/';
export const SOAP_12 = 'http://www.w3.org/2003/05/soap-envelope';
export const WSRF_R = 'http://docs.oasis-open.org/wsrf/r-2';
export const WSRF_RP = 'http://docs.oasis-open.org/wsrf/rp-2';
export const WSRF_RL = 'http://docs.oasis-open.org/wsrf/rl-2';
export const WSNT = 'http://docs.oasis-open.org/wsn/b-2';
/** Our reference parameters, alternatives, WSDL. */
export const CS = 'urn:computon:soap:1';
/** XML Schema's attributes in instances: nil. */
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** The prefix that each is written with. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
	[SOAP_11, 'soap'],
	[SOAP_12, 'env'],
	[WSA, 'wsa'],
	[WSAG, 'wsag'],
	[NEG, 'neg'],
	[WSRF_BF, 'wsrf-bf'],
	[WSRF_R, 'wsrf-r'],
	[WSRF_RP, 'wsrf-rp'],
	[WSRF_RL, 'wsrf-rl'],
	[WSNT, 'wsnt'],
	[CS, 'cs'],
	[XSI, 'xsi'],
]);

/** A name of one of these namespaces, with its prefix. */
export function named(namespace: string, localName: string): XmlName {
	const prefix = PREFIXES.get(namespace);
	if (prefix === undefined) throw new Error(`${namespace} has no prefix.`);
	return { prefix, namespace, localName };
}

/** SOAP 1.1 (W3C note of 2000) and 1.2 (W3C recommendation of 2007). */
export type SoapVersion = '1.1' | '1.2';

export const ENVELOPES: Readonly<Record<SoapVersion, string>> = { '1.1': SOAP_11, '1.2': SOAP_12 };
