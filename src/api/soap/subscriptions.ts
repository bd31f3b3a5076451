/** The port types NotificationProducer and SubscriptionManager (WS-BaseNotification 1.3): who is told of changes. */
import { randomUUID } from 'node:crypto';
import { printDateTime } from '../../agreement/time.ts';
import { SUBSCRIPTION_SECONDS_MAX } from '../../broker/correspondence.ts';
import { element, type XmlElement } from '../../xml/element.ts';
import type { ProblemCode } from '../problems.ts';
import { type Consumer, TOPIC, TOPIC_DIALECT } from './calls.ts';
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
import type { SoapRequest } from './requests.ts';
import type { NameInText, RequestedTime } from './values.ts';

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
	const end = requested.kind === 'at' ? requested.at : at + requested.seconds;
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
		const more = unknownPolicies.map((policy) => nameElement('UnrecognizedPolicy', policy));
		return fault('UnrecognizedPolicyRequestFault', 'There are no policies of subscriptions here.', more);
	}
	if (topic !== undefined && !DIALECTS.includes(topic.dialect)) {
		return fault('TopicExpressionDialectUnknownFault', `Topics are spoken of in ${DIALECTS.join(' or ')}.`);
	}
	const { name } = topic ?? { name: TOPIC };
	if (name?.namespace !== TOPIC.namespace || name.localName !== TOPIC.localName) {
		return fault('TopicNotSupportedFault', `The only topic is {${TOPIC.namespace}}${TOPIC.localName}.`);
	}
	const verdict = judgeTarget(consumer.address);
	if (verdict.ok) return undefined;
	const description = forbiddenTarget('ConsumerReference', consumer.address, verdict.why);
	return fault('SubscribeCreationFailedFault', description, [], 'TARGET_FORBIDDEN');
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
