/** The port types NotificationProducer and SubscriptionManager (WS-BaseNotification 1.3): who is told of changes. */
import { randomUUID } from 'node:crypto';
import { printEndpointReference } from '../../agreement/offer/endpoint-reference.ts';
import { printDateTime } from '../../agreement/time.ts';
import { SUBSCRIPTION_SECONDS_MAX } from '../../broker/correspondence.ts';
import { element, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { statedTermsOf } from '../kept-documents.ts';
import type { ProblemCode } from '../problems.ts';
import { type Consumer, printChange, printTopic, TOPIC, TOPIC_DIALECT } from './calls.ts';
import {
	type Answer,
	answer,
	type Conversation,
	faultAnswer,
	findAgreement,
	forbiddenTarget,
	printReference,
} from './conversation.ts';
import { resourceFault, type SoapFault, unknownResource } from './faults.ts';
import { named, WSNT, WSRF_RL } from './names.ts';
import type { ResourceProperties } from './properties.ts';
import type { SoapRequest } from './requests.ts';
import { instantOf, type NameInText, type RequestedTime, type Topic } from './values.ts';

type Subscribe = Extract<SoapRequest, { kind: 'subscribe' }>;

/** Simple topics have one name; a concrete expression of one step is the same. */
const DIALECTS: readonly string[] = [TOPIC_DIALECT, TOPIC_DIALECT.replace('Simple', 'Concrete')];

/** Subscribe: the consumer is told of each change of the agreement's state, until the subscription ends. */
export async function subscribe(conversation: Conversation, id: string, request: Subscribe): Promise<Answer> {
	const { broker, party, asked, endpoint } = conversation;
	const at = broker.now();
	const agreement = findAgreement(conversation, id);
	if (agreement === undefined) return faultAnswer(unknownResource(at));
	const end = endOf(request.requested, at);
	const fault = faultOf(conversation, request, at) ?? (end === undefined ? unacceptableTime(true, at) : undefined);
	if (fault !== undefined) return faultAnswer(fault);
	const consumer: Consumer = { reference: request.consumer, version: asked.version, endpoint };
	const outcome = await broker.correspondence.subscribe({
		party,
		agreementId: agreement.id,
		id: randomUUID(),
		consumer: JSON.parse(JSON.stringify(consumer)),
		terminateAt: end!,
	});
	if (outcome.kind === 'not-found') return faultAnswer(unknownResource(at));
	if (outcome.kind === 'too-many') {
		const description = `A party has at most ${outcome.limit} subscriptions: end some.`;
		const code = 'LIMIT_EXCEEDED';
		return faultAnswer(resourceFault(named(WSNT, 'SubscribeCreationFailedFault'), { at, description, code }));
	}
	const { subscription } = outcome;
	return answer(
		element(
			named(WSNT, 'SubscribeResponse'),
			[],
			[
				printReference(named(WSNT, 'SubscriptionReference'), endpoint, 'Subscription', subscription.id),
				time(WSNT, 'CurrentTime', outcome.at),
				time(WSNT, 'TerminationTime', subscription.terminateAt),
			],
		),
	);
}

/** GetCurrentMessage: what a subscriber would be told now. */
export async function currentMessage(conversation: Conversation, id: string, topic: Topic): Promise<Answer> {
	const { broker, reader, enterAnswering } = conversation;
	const at = broker.now();
	const agreement = findAgreement(conversation, id);
	if (agreement === undefined) return faultAnswer(unknownResource(at));
	const fault = faultOfTopic(topic, at);
	if (fault !== undefined) return faultAnswer(fault);
	await enterAnswering(agreement.offerBytes);
	const terms = await statedTermsOf(reader, agreement);
	return answer(element(named(WSNT, 'GetCurrentMessageResponse'), [], [printChange(agreement, terms)]));
}

/** What a producer says of the topics that it has: properties of every agreement. */
export const TOPIC_PROPERTIES: readonly XmlElement[] = [
	element(named(WSNT, 'FixedTopicSet'), [], ['true']),
	printTopic('TopicExpression'),
	...DIALECTS.map((dialect) => element(named(WSNT, 'TopicExpressionDialect'), [], [dialect])),
];

/** A subscription as SubscriptionManager has it; undefined where it is not there, or another party's. */
export function subscriptionProperties({ broker, party }: Conversation, id: string): ResourceProperties | undefined {
	const subscription = broker.correspondence.subscription(party, id);
	if (subscription === undefined) return undefined;
	const { reference } = subscription.consumer as unknown as Consumer;
	const document = element(
		named(WSNT, 'SubscriptionManagerRP'),
		[],
		[
			printEndpointReference(named(WSNT, 'ConsumerReference'), reference),
			time(WSNT, 'CreationTime', subscription.createdAt),
		],
	);
	const more = [time(WSRF_RL, 'CurrentTime', broker.now()), time(WSRF_RL, 'TerminationTime', subscription.terminateAt)];
	const own = ['ConsumerReference', 'Filter', 'SubscriptionPolicy', 'CreationTime'];
	return { document: declareNamespaces(document), more, names: [...own.map((name) => named(WSNT, name)), ...more] };
}

/** Renew, and SetTerminationTime of a subscription: it ends at another time. */
export async function renew(
	conversation: Conversation,
	id: string,
	requested: RequestedTime,
	spoken: 'Renew' | 'SetTerminationTime',
): Promise<Answer> {
	const { broker, party } = conversation;
	const at = broker.now();
	const end = endOf(requested, at);
	if (end === undefined) {
		if (spoken === 'Renew') return faultAnswer(unacceptableTime(false, at));
		const description = `A subscription ends within ${SUBSCRIPTION_SECONDS_MAX} seconds.`;
		const fault = named(WSRF_RL, 'UnableToSetTerminationTimeFault');
		return faultAnswer(resourceFault(fault, { at, description, code: 'PARAMETER_INVALID' }));
	}
	const outcome = await broker.correspondence.renew(party, id, end);
	if (outcome.kind === 'not-found') return faultAnswer(unknownResource(at));
	if (spoken === 'Renew') {
		const times = [time(WSNT, 'TerminationTime', end), time(WSNT, 'CurrentTime', outcome.at)];
		return answer(element(named(WSNT, 'RenewResponse'), [], times));
	}
	const times = [time(WSRF_RL, 'NewTerminationTime', end), time(WSRF_RL, 'CurrentTime', outcome.at)];
	return answer(element(named(WSRF_RL, 'SetTerminationTimeResponse'), [], times));
}

/** Unsubscribe, and Destroy of a subscription. */
export async function unsubscribe(
	{ broker, party }: Conversation,
	id: string,
	spoken: 'Unsubscribe' | 'Destroy',
): Promise<Answer> {
	const outcome = await broker.correspondence.unsubscribe(party, id);
	if (outcome.kind === 'not-found') return faultAnswer(unknownResource(broker.now()));
	const response = spoken === 'Destroy' ? named(WSRF_RL, 'DestroyResponse') : named(WSNT, 'UnsubscribeResponse');
	return answer(element(response));
}

/** When a subscription ends; undefined where it cannot end then. Nothing asked is as long as is to be had. */
function endOf(requested: RequestedTime | undefined, at: number): number | undefined {
	const latestAt = at + SUBSCRIPTION_SECONDS_MAX;
	if (requested === undefined) return latestAt;
	if (requested.kind === 'never') return undefined;
	const end = instantOf(requested, at);
	return end > at && end <= latestAt ? end : undefined;
}

function unacceptableTime(initial: boolean, at: number): SoapFault {
	const name = initial ? 'UnacceptableInitialTerminationTimeFault' : 'UnacceptableTerminationTimeFault';
	const description = `A subscription ends after now, and within ${SUBSCRIPTION_SECONDS_MAX} seconds.`;
	const more = [time(WSNT, 'MinimumTime', at + 1), time(WSNT, 'MaximumTime', at + SUBSCRIPTION_SECONDS_MAX)];
	return resourceFault(named(WSNT, name), { at, description, code: 'PARAMETER_INVALID', more });
}

function faultOf({ judgeTarget }: Conversation, request: Subscribe, at: number): SoapFault | undefined {
	const { unknownFilters, unknownPolicies, topic, consumer } = request;
	const fault = (
		name: string,
		description: string,
		more: readonly XmlElement[] = [],
		code: ProblemCode = 'PARAMETER_INVALID',
	): SoapFault => resourceFault(named(WSNT, name), { at, description, code, more });
	if (unknownFilters.length > 0) {
		const more = unknownFilters.map((filter) => nameElement('UnknownFilter', filter));
		return fault('InvalidFilterFault', 'The only filter is one TopicExpression.', more);
	}
	if (unknownPolicies.length > 0) {
		const description = 'There are no policies of subscriptions here.';
		const foreign = unknownPolicies.filter(({ namespace }) => namespace !== WSNT);
		const [kind, policies] = foreign.length > 0 ? ['Unrecognized', foreign] : ['Unsupported', unknownPolicies];
		const more = policies.map((policy) => nameElement(`${kind}Policy`, policy));
		return fault(`${kind}PolicyRequestFault`, description, more);
	}
	const strange = topic && faultOfTopic(topic, at);
	if (strange !== undefined) return strange;
	const verdict = judgeTarget(consumer.address);
	if (verdict.ok) return undefined;
	const description = forbiddenTarget('ConsumerReference', consumer.address, verdict.why);
	return fault('SubscribeCreationFailedFault', description, [], 'TARGET_FORBIDDEN');
}

/** Of an expression that does not lead to the one topic; a simple one has one step. */
function faultOfTopic({ dialect, steps }: Topic, at: number): SoapFault | undefined {
	const fault = (name: string, description: string): SoapFault =>
		resourceFault(named(WSNT, name), { at, description, code: 'PARAMETER_INVALID' });
	if (!DIALECTS.includes(dialect)) {
		return fault('TopicExpressionDialectUnknownFault', `Topics are spoken of in ${DIALECTS.join(' or ')}.`);
	}
	const only = `The only topic is {${TOPIC.namespace}}${TOPIC.localName}.`;
	if (steps === undefined || (steps.length > 1 && dialect === TOPIC_DIALECT)) {
		return fault('InvalidTopicExpressionFault', `That is no expression of its dialect. ${only}`);
	}
	const [name, second] = steps;
	const isKnown = second === undefined && name?.namespace === TOPIC.namespace && name.localName === TOPIC.localName;
	return isKnown ? undefined : fault('TopicNotSupportedFault', only);
}

/** An element whose text is a name, with the declaration that the name needs. */
function nameElement(localName: string, { namespace, localName: own }: NameInText): XmlElement {
	if (namespace === '') return element(named(WSNT, localName), [], [own]);
	const made = element(named(WSNT, localName), [], [`n:${own}`]);
	return { ...made, declarations: [{ prefix: 'n', namespace }] };
}

function time(namespace: string, localName: string, at: number): XmlElement {
	return element(named(namespace, localName), [], [printDateTime(at)]);
}
