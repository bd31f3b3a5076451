/** From a request to its answer: which operation does what. */
import { destroy, setTerminationTime, terminate } from './agreement.ts';
import { type Answer, type Conversation, faultAnswer } from './conversation.ts';
import type { ResourceName } from './envelope.ts';
import { createAgreement, createPendingAgreement } from './factory.ts';
import { unknownResource } from './faults.ts';
import { endNegotiation, negotiate, negotiationProperties } from './negotiation.ts';
import type { Operation } from './operations.ts';
import { propertiesOf, type ResourceProperties, readProperties } from './properties.ts';
import { messageIn, type SoapRequest } from './requests.ts';
import { currentMessage, renew, subscribe, subscriptionProperties, unsubscribe } from './subscriptions.ts';

/** Performs what was asked. Throws operating errors; every no is an answer. */
export async function perform(
	conversation: Conversation,
	operation: Operation,
	resource: ResourceName | undefined,
	request: SoapRequest,
): Promise<Answer> {
	const id = resource?.id ?? '';
	const isAgreement = resource?.kind === 'Agreement';
	switch (request.kind) {
		case 'create':
			return request.pending ? createPendingAgreement(conversation, request) : createAgreement(conversation, request);
		case 'terminate':
			return terminate(conversation, id, request.reason);
		case 'property-document':
		case 'properties':
		case 'query': {
			const properties = await propertiesOfResource(conversation, resource);
			if (properties === undefined) return faultAnswer(unknownResource(conversation.broker.now()));
			return readProperties(properties, request, operation.name === 'GetMultipleResourceProperties', conversation);
		}
		case 'destroy':
			if (resource?.kind === 'Negotiation') return endNegotiation(conversation, id, '', 'Destroy');
			return isAgreement ? destroy(conversation, id) : unsubscribe(conversation, id, 'Destroy');
		case 'set-termination-time':
			if (isAgreement) return setTerminationTime(conversation, id, request.requested);
			return renew(conversation, id, request.requested, 'SetTerminationTime');
		case 'subscribe':
			return subscribe(conversation, id, request);
		case 'current-message':
			return currentMessage(conversation, id, request.topic);
		case 'renew':
			return renew(conversation, id, request.requested, 'Renew');
		case 'unsubscribe':
			return unsubscribe(conversation, id, 'Unsubscribe');
		case 'terminate-negotiation':
			return endNegotiation(conversation, id, request.reason, 'Terminate');
		case 'negotiation':
			return negotiate(conversation, id, messageIn(request));
	}
}

async function propertiesOfResource(
	conversation: Conversation,
	resource: ResourceName | undefined,
): Promise<ResourceProperties | undefined> {
	if (resource?.kind === 'Negotiation') return negotiationProperties(conversation, resource.id);
	if (resource?.kind === 'Subscription') return subscriptionProperties(conversation, resource.id);
	return propertiesOf(conversation, resource?.id);
}
