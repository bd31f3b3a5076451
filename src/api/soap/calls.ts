/**
 * What the broker calls others with: the decision on a pending agreement (AgreementAcceptance of GFD.192), and the
 * changed state of an agreement (Notify of WS-BaseNotification 1.3). Only their text is made here.
 */
import { randomUUID } from 'node:crypto';
import { WSAG } from '../../agreement/names.ts';
import type { EndpointReference } from '../../agreement/offer/endpoint-reference.ts';
import { printStates, type StatedTerms } from '../../agreement/properties/print.ts';
import type { PendingDecision, PendingRequest } from '../../broker/correspondence.ts';
import { attribute, element, type XmlElement } from '../../xml/element.ts';
import { type AgreementRecord, statesOf } from '../agreement-views.ts';
import { withinMessage } from '../refusals.ts';
import { MEDIA_TYPES, writeCall } from './answers.ts';
import { type Conversation, declined, printReference, wsag } from './conversation.ts';
import { BASE_FAULT, printResourceFault } from './faults.ts';
import { CS, named, type SoapVersion, WSNT, WSRF_RP } from './names.ts';
import { ACCEPT, type Call, NOTIFY, REJECT } from './operations.ts';

type OutgoingMessage = ReturnType<PendingRequest['messagesOf']>[number];

/** Where and how a subscriber is told. Plain data: it is kept with the subscription. */
export interface Consumer {
	readonly reference: EndpointReference;
	readonly version: SoapVersion;
	/** How the subscriber knows this broker. */
	readonly endpoint: string;
}

/** AcceptAgreement or RejectAgreement; what it is about, and why not, stands in extensions. The offer stood `above`. */
export function decisionMessage(
	{ asked, endpoint }: Pick<Conversation, 'asked' | 'endpoint'>,
	acceptance: EndpointReference,
	decision: PendingDecision,
	above: string,
	at: number,
): OutgoingMessage {
	const extension = (content: XmlElement): XmlElement => wsag('NoncriticalExtension', [content]);
	const about = (id: string): XmlElement =>
		extension(printReference(named(CS, 'AgreementEPR'), endpoint, 'Agreement', id));
	if (decision.kind === 'accepted') {
		const body = wsag('AcceptAgreementInput', [about(decision.agreement.id)]);
		return call(asked.version, acceptance, ACCEPT, body);
	}
	const why = extension(printResourceFault(BASE_FAULT, declined(at, withinMessage(decision.outcome, above))));
	const body = wsag('RejectAgreementInput', [about(decision.rejection.id), why]);
	return call(asked.version, acceptance, REJECT, body);
}

export const TOPIC_DIALECT = 'http://docs.oasis-open.org/wsn/t-1/TopicExpression/Simple';
export const TOPIC = { namespace: WSAG, localName: 'AgreementState' } as const;

/** Notify: the states of the agreement and of its terms as they are now. */
export function stateMessage(
	subscription: { readonly id: string; readonly consumer: unknown },
	agreement: AgreementRecord,
	terms: StatedTerms,
): OutgoingMessage {
	const { reference, version, endpoint } = subscription.consumer as Consumer;
	const wsnt = (localName: string, children: readonly XmlElement[]): XmlElement =>
		element(named(WSNT, localName), [], children);
	const message = wsnt('NotificationMessage', [
		printReference(named(WSNT, 'SubscriptionReference'), endpoint, 'Subscription', subscription.id),
		printTopic('Topic'),
		printReference(named(WSNT, 'ProducerReference'), endpoint, 'Agreement', agreement.id),
		wsnt('Message', [printChange(agreement, terms)]),
	]);
	return call(version, reference, NOTIFY, wsnt('Notify', [message]));
}

/** The one topic there is, as an element of that name. */
export function printTopic(localName: 'Topic' | 'TopicExpression'): XmlElement {
	const { prefix, namespace } = named(WSAG, '');
	return {
		...element(named(WSNT, localName), [attribute('Dialect', TOPIC_DIALECT)], [`${prefix}:${TOPIC.localName}`]),
		declarations: [{ prefix, namespace }],
	};
}

/** What is told on that topic: the states as they are now. */
export function printChange(agreement: AgreementRecord, terms: StatedTerms): XmlElement {
	const values = element(named(WSRF_RP, 'NewValues'), [], printStates(statesOf(agreement), terms));
	return element(named(WSRF_RP, 'ResourcePropertyValueChangeNotification'), [], [values]);
}

function call(version: SoapVersion, target: EndpointReference, { action }: Call, body: XmlElement): OutgoingMessage {
	const text = writeCall(version, target, action, `urn:uuid:${randomUUID()}`, body);
	const media = MEDIA_TYPES[version];
	const headers: Record<string, string> =
		version === '1.1'
			? { 'Content-Type': media, SOAPAction: `"${action}"` }
			: { 'Content-Type': `${media}; action="${action}"` };
	return { target: target.address, headers, body: text };
}
