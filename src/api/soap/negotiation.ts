/** The port types NegotiationFactory and Negotiation (GFD.193): begun, offers answered by counter-offers, ended. */
import { createHash } from 'node:crypto';
import { NEG } from '../../agreement/names.ts';
import {
	type NegotiationMessage,
	printInitiateNegotiationOutput,
	printNegotiationMessage,
} from '../../agreement/rounds/negotiation-messages.ts';
import type { IdempotencyKey } from '../../broker/outcome.ts';
import type {
	EndNegotiationOutcome,
	InitiateOutcome,
	NegotiateOutcome,
} from '../../broker/rounds/negotiation-outcome.ts';
import { element, type XmlElement } from '../../xml/element.ts';
import { writeCanonical } from '../../xml/writer.ts';
import { faultReasonOf } from '../decision-views.ts';
import {
	initiationOf,
	issuesOfMessage,
	printNegotiateOutput,
	printNegotiation,
	sentOfferOf,
	textsOf,
} from '../negotiation-documents.ts';
import { PROBLEMS } from '../problems.ts';
import {
	type Answer,
	answer,
	type Conversation,
	faultAnswer,
	faultOfOutcome,
	findAgreement,
	idempotencyOf,
	referenceTo,
} from './conversation.ts';
import { BASE_FAULT, invalidMessage, resourceFault } from './faults.ts';
import { named, WSRF_RL } from './names.ts';
import type { ResourceProperties } from './properties.ts';

/** InitiateNegotiation, Negotiate or Advertise; of the last two `id` names the negotiation. */
export async function negotiate(conversation: Conversation, id: string, message: NegotiationMessage): Promise<Answer> {
	const { broker, party, endpoint } = conversation;
	const issues = issuesOfMessage(message);
	if (issues.length > 0) return faultAnswer(invalidMessage(broker.now(), issues));
	if (message.kind === 'InitiateNegotiationInput') {
		const { renegotiates, ...initiation } = initiationOf(message.context, {});
		const current = renegotiates && findAgreement(conversation, renegotiates.agreementId);
		const outcome = await broker.negotiations.initiate({
			party,
			...initiation,
			...(renegotiates && {
				renegotiates: { ...renegotiates, agreementId: current?.id ?? renegotiates.agreementId },
			}),
			...keyOf(conversation, message.kind, [message.context.tree]),
		});
		if (outcome.kind !== 'initiated') return refuse(conversation, outcome);
		return answer(printInitiateNegotiationOutput(referenceTo(endpoint, 'Negotiation', outcome.negotiation.id)));
	}
	if (message.kind === 'TerminateInput') throw new Error('A TerminateInput is read as what it is.');
	const offers = message.offers.map(sentOfferOf);
	const trees = message.offers.map(({ tree }) => tree);
	const asked = { party, negotiationId: id, offers, ...keyOf(conversation, `${message.kind} ${id}`, trees) };
	const isAdvertised = message.kind === 'AdvertiseInput';
	const outcome = await (isAdvertised ? broker.negotiations.advertise(asked) : broker.negotiations.negotiate(asked));
	if (outcome.kind !== 'answered') return refuse(conversation, outcome);
	if (isAdvertised) return answer(printNegotiationMessage('AdvertiseOutput'));
	const { root, parts } = printNegotiateOutput(conversation.reader, outcome.answers);
	return { kind: 'answer', body: root, more: { depth: 0, texts: textsOf(parts) } };
}

/** Terminate, or Destroy in the words of WSRF. */
export async function endNegotiation(
	conversation: Conversation,
	negotiationId: string,
	reason: string,
	spoken: 'Terminate' | 'Destroy',
): Promise<Answer> {
	const { broker, party } = conversation;
	const request = { party, negotiationId, ...(reason === '' ? {} : { reason }) };
	const outcome = await broker.negotiations.terminate(request);
	if (outcome.kind !== 'changed') return refuse(conversation, outcome);
	if (spoken === 'Destroy') return answer(element(named(WSRF_RL, 'DestroyResponse')));
	return answer(printNegotiationMessage('TerminateResponse'));
}

const PROPERTIES = ['NegotiationContext', 'NegotiableTemplate', 'NegotiationOffer'] as const;

export function negotiationProperties(
	{ broker, party, reader }: Conversation,
	id: string,
): ResourceProperties | undefined {
	const tree = broker.negotiations.read(party, id);
	if (tree === undefined) return undefined;
	const names = PROPERTIES.map((name) => named(NEG, name));
	const { root, parts } = printNegotiation(broker, reader, tree);
	return { document: root, parts, more: [], names };
}

function refuse(
	conversation: Conversation,
	outcome: Exclude<
		InitiateOutcome | NegotiateOutcome | EndNegotiationOutcome,
		{ kind: 'initiated' | 'answered' | 'changed' }
	>,
): Answer {
	if (outcome.kind !== 'refused') return faultAnswer(faultOfOutcome(conversation, outcome, BASE_FAULT));
	const code = 'NEGOTIATION_REFUSED';
	const description = `${PROBLEMS[code].title}.`;
	const reasons = outcome.reasons.map(faultReasonOf);
	return faultAnswer(resourceFault(BASE_FAULT, { at: conversation.broker.now(), description, code, reasons }));
}

function keyOf(
	conversation: Conversation,
	what: string,
	trees: readonly XmlElement[],
): { readonly idempotency?: IdempotencyKey } {
	const digest = createHash('sha256');
	for (const tree of trees) digest.update(writeCanonical(tree)).update('\n');
	return idempotencyOf(conversation, `${what}\n${digest.digest('hex')}`);
}
