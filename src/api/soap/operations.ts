/**
 * The operations of the door, one table: where the WSDL, the dispatch and the answers' actions come from. Names and
 * actions are those of GFD.192, GFD.193, WSRF 1.2 and WS-BaseNotification 1.3.
 */
import { NEG, WSAG } from '../../agreement/names.ts';
import type { XmlName } from '../../xml/element.ts';
import { named, WSNT, WSRF_RL, WSRF_RP } from './names.ts';

/** What a message is addressed to, by the reference parameter of that name; the factory has none. */
export type ResourceKind = 'Agreement' | 'Negotiation' | 'Subscription';

export interface Operation {
	readonly name: string;
	readonly request: XmlName;
	readonly response: XmlName;
	readonly action: string;
	readonly responseAction: string;
	/** What it can be addressed to; `Factory` is the endpoint by itself. */
	readonly of: readonly (ResourceKind | 'Factory')[];
	/** Elements that the details of its faults may be, beside those of every operation. */
	readonly faults: readonly XmlName[];
}

const RPW = 'http://docs.oasis-open.org/wsrf/rpw-2';
const RLW = 'http://docs.oasis-open.org/wsrf/rlw-2';
const BW = 'http://docs.oasis-open.org/wsn/bw-2';

const CONTINUING_FAULT = named(WSAG, 'ContinuingFault');

/** wsag and neg name the actions after the operations: `…/CreateAgreementRequest`. */
function ofAgreement(
	name: string,
	namespace: string,
	[request, response]: readonly [string, string],
	of: Operation['of'],
): Operation {
	return {
		name,
		request: named(namespace, request),
		response: named(namespace, response),
		action: `${namespace}/${name}Request`,
		responseAction: `${namespace}/${name}Response`,
		of,
		faults: namespace === WSAG && name.startsWith('Create') ? [CONTINUING_FAULT] : [],
	};
}

/** WSRF and WS-Notification name them after the port type, too. */
function ofResource(
	name: string,
	namespace: string,
	portType: string,
	of: Operation['of'],
	faults: readonly string[] = [],
): Operation {
	return {
		name,
		request: named(namespace, name),
		response: named(namespace, `${name}Response`),
		action: `${portType}/${name}Request`,
		responseAction: `${portType}/${name}Response`,
		of,
		faults: faults.map((fault) => named(namespace, fault)),
	};
}

const WITH_PROPERTIES = ['Factory', 'Agreement', 'Negotiation', 'Subscription'] as const;
const TOPIC_FAULTS = ['TopicExpressionDialectUnknownFault', 'InvalidTopicExpressionFault', 'TopicNotSupportedFault'];
const UNKNOWN_PROPERTY = 'InvalidResourcePropertyQNameFault';

export const OPERATIONS: readonly Operation[] = [
	ofAgreement('CreateAgreement', WSAG, ['CreateAgreementInput', 'CreateAgreementResponse'], ['Factory']),
	ofAgreement(
		'CreatePendingAgreement',
		WSAG,
		['CreatePendingAgreementInput', 'CreatePendingAgreementResponse'],
		['Factory'],
	),
	ofAgreement('Terminate', WSAG, ['TerminateInput', 'TerminateResponse'], ['Agreement']),
	ofAgreement('InitiateNegotiation', NEG, ['InitiateNegotiationInput', 'InitiateNegotiationOutput'], ['Factory']),
	ofAgreement('Negotiate', NEG, ['NegotiateInput', 'NegotiateOutput'], ['Negotiation']),
	ofAgreement('Advertise', NEG, ['AdvertiseInput', 'AdvertiseOutput'], ['Negotiation']),
	ofAgreement('Terminate', NEG, ['TerminateInput', 'TerminateResponse'], ['Negotiation']),
	ofResource('GetResourcePropertyDocument', WSRF_RP, `${RPW}/GetResourcePropertyDocument`, WITH_PROPERTIES),
	ofResource('GetResourceProperty', WSRF_RP, `${RPW}/GetResourceProperty`, WITH_PROPERTIES, [UNKNOWN_PROPERTY]),
	ofResource('GetMultipleResourceProperties', WSRF_RP, `${RPW}/GetMultipleResourceProperties`, WITH_PROPERTIES, [
		UNKNOWN_PROPERTY,
	]),
	ofResource('QueryResourceProperties', WSRF_RP, `${RPW}/QueryResourceProperties`, WITH_PROPERTIES, [
		'UnknownQueryExpressionDialectFault',
		'InvalidQueryExpressionFault',
		'QueryEvaluationErrorFault',
	]),
	ofResource(
		'Destroy',
		WSRF_RL,
		`${RLW}/ImmediateResourceTermination`,
		['Agreement', 'Negotiation', 'Subscription'],
		['ResourceNotDestroyedFault'],
	),
	ofResource(
		'SetTerminationTime',
		WSRF_RL,
		`${RLW}/ScheduledResourceTermination`,
		['Agreement', 'Subscription'],
		['UnableToSetTerminationTimeFault', 'TerminationTimeChangeRejectedFault'],
	),
	ofResource(
		'Subscribe',
		WSNT,
		`${BW}/NotificationProducer`,
		['Agreement'],
		[
			'SubscribeCreationFailedFault',
			'InvalidFilterFault',
			...TOPIC_FAULTS,
			'UnrecognizedPolicyRequestFault',
			'UnsupportedPolicyRequestFault',
			'UnacceptableInitialTerminationTimeFault',
		],
	),
	ofResource('GetCurrentMessage', WSNT, `${BW}/NotificationProducer`, ['Agreement'], TOPIC_FAULTS),
	ofResource('Renew', WSNT, `${BW}/SubscriptionManager`, ['Subscription'], ['UnacceptableTerminationTimeFault']),
	ofResource('Unsubscribe', WSNT, `${BW}/SubscriptionManager`, ['Subscription'], ['UnableToDestroySubscriptionFault']),
];

/** The port types of the standards, each with the operations of WSRF that its resources have. */
export const PORT_TYPES: Readonly<Record<string, readonly Operation[]>> = {
	AgreementFactory: select(['CreateAgreement'], 'Factory'),
	PendingAgreementFactory: select(['CreatePendingAgreement'], 'Factory'),
	Agreement: select(['Terminate', 'Destroy', 'SetTerminationTime', 'Subscribe', 'GetCurrentMessage'], 'Agreement'),
	AgreementState: select(['Subscribe', 'GetCurrentMessage'], 'Agreement'),
	NegotiationFactory: select(['InitiateNegotiation'], 'Factory'),
	Negotiation: select(['Negotiate', 'Advertise', 'Terminate', 'Destroy'], 'Negotiation'),
	SubscriptionManager: select(['Renew', 'Unsubscribe', 'Destroy', 'SetTerminationTime'], 'Subscription'),
};

/** An operation of somebody else's that this broker calls; without a response it is one-way. */
export interface Call {
	readonly name: string;
	readonly request: XmlName;
	readonly response?: XmlName;
	readonly action: string;
}

function decision(name: string): Call {
	const request = named(WSAG, `${name}Input`);
	return { name, request, response: named(WSAG, `${name}Response`), action: `${WSAG}/${name}Request` };
}

export const ACCEPT: Call = decision('AcceptAgreement');
export const REJECT: Call = decision('RejectAgreement');
export const NOTIFY: Call = {
	name: 'Notify',
	request: named(WSNT, 'Notify'),
	action: `${BW}/NotificationConsumer/Notify`,
};

/** The port types of those who are called: for whoever makes one. */
export const CALLED_PORT_TYPES: Readonly<Record<string, readonly Call[]>> = {
	AgreementAcceptance: [ACCEPT, REJECT],
	NotificationConsumer: [NOTIFY],
};

function select(names: readonly string[], of: ResourceKind | 'Factory'): readonly Operation[] {
	const own = OPERATIONS.filter((operation) => names.includes(operation.name) && operation.of.includes(of));
	const reading = OPERATIONS.filter(({ request, of: kinds }) => request.namespace === WSRF_RP && kinds.includes(of));
	return [...own, ...reading];
}
