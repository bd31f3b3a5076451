/** For whom a header is (SOAP 1.1, 4.2.2; SOAP 1.2 Part 1, 2.2 and 2.6). */
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { attributeValue, type XmlElement } from '../../xml/element.ts';
import { ENVELOPES, SOAP_12, type SoapVersion } from './names.ts';

/** Roles that are ours: the next one to get the message, and the last one, which is meant where none is named. */
const ROLES: Readonly<Record<SoapVersion, ReadonlySet<string>>> = {
	'1.1': new Set(['', 'http://schemas.xmlsoap.org/soap/actor/next']),
	'1.2': new Set(['', `${SOAP_12}/role/next`, `${SOAP_12}/role/ultimateReceiver`]),
};

/** What is meant for another role is neither read nor counted (SOAP 1.1, 4.2.2; SOAP 1.2 Part 1, 2.6). */
export function isForUs(header: XmlElement, version: SoapVersion): boolean {
	const role = attributeValue(header, ENVELOPES[version], version === '1.1' ? 'actor' : 'role') ?? '';
	return ROLES[version].has(collapseWhiteSpace(role));
}
