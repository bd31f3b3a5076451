/** Rounds of negotiation by SOAP: how they are begun and asked, and what is looked at in their answers. */
import { expect } from 'vitest';
import { childElements, firstChild, type XmlElement } from '../../src/xml/element.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { at, DECLARATIONS, NS, type SoapClient, textAt } from './soap-client.ts';

const NEGOTIATION = '<neg:Negotiation/>';

export const initiate = (type = NEGOTIATION, more = '') =>
	`<neg:InitiateNegotiationInput><neg:NegotiationContext><neg:NegotiationType>${type}</neg:NegotiationType><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder></neg:NegotiationContext>${more}</neg:InitiateNegotiationInput>`;

export const negotiationHeader = (id: string) => `<cs:Negotiation>${id}</cs:Negotiation>`;

export function negotiationOffer(document: string, counterOfferTo: string, state: string): string {
	const context = `<neg:NegotiationOfferContext><neg:CounterOfferTo>${counterOfferTo}</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:${state}/></neg:State></neg:NegotiationOfferContext><neg:NegotiationConstraints/>`;
	return document
		.replace('<wsag:AgreementOffer ', '<neg:NegotiationOffer ')
		.replace('</wsag:AgreementOffer>', `${context}</neg:NegotiationOffer>`);
}

export const epr = (name: string, kind: string, id: string) =>
	`<neg:${name} ${DECLARATIONS}><wsa:Address>urn:any</wsa:Address><wsa:ReferenceParameters><cs:${kind}>${id}</cs:${kind}></wsa:ReferenceParameters></neg:${name}>`;

/** The agreement offer in a counter-offer, and the extension that binds it to its negotiation. */
export function agreeTo(counterOffer: XmlElement, negotiationId: string, more = ''): string {
	const kept = counterOffer.children.filter((child) => child.kind !== 'element' || child.namespace !== NS.neg);
	const attributes = counterOffer.attributes.filter(({ namespace }) => namespace !== NS.neg);
	const name = { prefix: 'wsag', namespace: NS.wsag, localName: 'AgreementOffer' };
	const declarations = [
		...counterOffer.declarations.filter(({ prefix }) => prefix !== 'wsag'),
		{ prefix: 'wsag', namespace: NS.wsag },
	];
	const document = writeCanonical({ ...counterOffer, ...name, attributes, declarations, children: kept });
	const context = writeCanonical(firstChild(counterOffer, NS.neg, 'NegotiationOfferContext')!);
	const kind = more === '' ? 'NegotiationExtension' : 'RenegotiationExtension';
	const extension = `<neg:${kind}>${epr('ResponderNegotiationEPR', 'Negotiation', negotiationId)}${more}${context}</neg:${kind}>`;
	return `<wsag:CreateAgreementInput ${DECLARATIONS}>${document}${extension}</wsag:CreateAgreementInput>`;
}

/** The id of a negotiation that begins. */
export async function beginRounds(client: SoapClient, type?: string): Promise<string> {
	const { body } = await client.send(initiate(type));
	expect(body.localName).toBe('InitiateNegotiationOutput');
	return textAt(body, 'CreatedNegotiationEPR', 'ReferenceParameters', 'Negotiation');
}

/** The counter-offers to one offer. */
export async function askIn(client: SoapClient, id: string, sent: string): Promise<XmlElement[]> {
	const { body } = await client.send(`<neg:NegotiateInput>${sent}</neg:NegotiateInput>`, negotiationHeader(id));
	expect(body.localName).toBe('NegotiateOutput');
	return childElements(body);
}

/** The element of its state. */
export const stateOf = (offer: XmlElement): XmlElement =>
	childElements(at(offer, 'NegotiationOfferContext', 'State'))[0]!;

/** What the reasons of a fault or of an answer say, each by its attributes. */
export const reasonsIn = (fault: XmlElement) =>
	childElements(fault)
		.filter(({ localName }) => localName === 'Reason')
		.map(({ attributes }) => Object.fromEntries(attributes.map(({ localName, value }) => [localName, value])));
