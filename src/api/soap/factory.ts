/** The port types AgreementFactory and PendingAgreementFactory: agreements are made (GFD.192, section 6). */
import { createHash, randomUUID } from 'node:crypto';
import { WSAG } from '../../agreement/names.ts';
import type { IdempotencyKey } from '../../broker/outcome.ts';
import { writeCanonical } from '../../xml/writer.ts';
import { PROBLEMS } from '../problems.ts';
import { decisionMessage } from './calls.ts';
import {
	type Answer,
	answer,
	type Conversation,
	faultAnswer,
	faultOfOutcome,
	printReference,
	wsag,
} from './conversation.ts';
import { CONTINUING_FAULT, resourceFault } from './faults.ts';
import { named } from './names.ts';
import type { SoapRequest } from './requests.ts';

type Create = Extract<SoapRequest, { kind: 'create' }>;

/** CreateAgreement: the agreement is Observed when its reference is sent, or there is none. */
export async function createAgreement(conversation: Conversation, request: Create): Promise<Answer> {
	const { broker, party, endpoint } = conversation;
	const unknown = refuseUnknown(conversation, request);
	if (unknown !== undefined) return unknown;
	const { offer } = request;
	const offerXml = writeCanonical(offer.tree);
	const outcome = await broker.createAgreement({ party, offer, offerXml, ...idempotencyOf(conversation, offerXml) });
	if (outcome.kind !== 'accepted') return faultAnswer(faultOfOutcome(conversation, outcome, CONTINUING_FAULT));
	const reference = printReference(named(WSAG, 'CreatedAgreementEPR'), endpoint, 'Agreement', outcome.agreement.id);
	return answer(wsag('CreateAgreementResponse', [reference]));
}

/**
 * CreatePendingAgreement: the reference of the agreement is sent back, and the decision by a callback to who awaits it
 * (AcceptAgreement or RejectAgreement). This site decides at once: what the reference leads to is Observed or Rejected.
 */
export async function createPendingAgreement(conversation: Conversation, request: Create): Promise<Answer> {
	const { broker, party, endpoint } = conversation;
	const unknown = refuseUnknown(conversation, request) ?? refuseTarget(conversation, request);
	if (unknown !== undefined) return unknown;
	const { offer, acceptance } = request;
	const offerXml = writeCanonical(offer.tree);
	const outcome = await broker.createPendingAgreement({
		party,
		offer,
		offerXml,
		id: randomUUID(),
		...idempotencyOf(conversation, offerXml),
		messagesOf: (decision) =>
			acceptance === undefined ? [] : [decisionMessage(conversation, acceptance, decision, broker.now())],
	});
	if (outcome.kind !== 'accepted' && outcome.kind !== 'rejected') {
		return faultAnswer(faultOfOutcome(conversation, outcome, CONTINUING_FAULT));
	}
	const { id } = outcome.kind === 'accepted' ? outcome.agreement : outcome.rejection;
	const reference = printReference(named(WSAG, 'CreatedAgreementEPR'), endpoint, 'Agreement', id);
	return answer(wsag('CreatePendingAgreementResponse', [reference]));
}

/** No address of a client's choice is called, unless the site has it in its list. */
function refuseTarget({ broker, judgeTarget }: Conversation, { acceptance }: Create): Answer | undefined {
	if (acceptance === undefined) return undefined;
	const verdict = judgeTarget(acceptance.address);
	if (verdict.ok) return undefined;
	const description = `${PROBLEMS.TARGET_FORBIDDEN.title}: AgreementAcceptanceEPR. ${verdict.why}`;
	return faultAnswer(resourceFault(CONTINUING_FAULT, { at: broker.now(), description, code: 'TARGET_FORBIDDEN' }));
}

/** Who does not know a critical extension must not act as if it were not there. */
function refuseUnknown({ broker }: Conversation, { unknownExtensions }: Create): Answer | undefined {
	if (unknownExtensions.length === 0) return undefined;
	const fault = {
		at: broker.now(),
		description: 'The message has critical extensions that are not known here.',
		code: 'DOCUMENT_INVALID',
		reasons: unknownExtensions.map((name) => ({
			code: 'ELEMENT_UNKNOWN',
			message: 'Leave this extension out, or put it into a NoncriticalExtension.',
			found: name,
		})),
	};
	return faultAnswer(resourceFault(CONTINUING_FAULT, fault));
}

/** Keys are indexed: a longer one is known by its digest. */
const KEY_LENGTH_MAX = 200;

/** A message that is sent again with the same MessageID makes nothing twice. */
function idempotencyOf({ asked }: Conversation, offerXml: string): { readonly idempotency?: IdempotencyKey } {
	const { messageId } = asked;
	if (messageId === undefined || messageId === '') return {};
	const digest = (text: string) => createHash('sha256').update(text).digest('hex');
	const key = messageId.length <= KEY_LENGTH_MAX ? `wsa:${messageId}` : `wsa-sha256:${digest(messageId)}`;
	return { idempotency: { key, fingerprint: digest(`CreateAgreement\n${offerXml}`) } };
}
