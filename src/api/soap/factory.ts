/** The port types AgreementFactory and PendingAgreementFactory: agreements are made (GFD.192, section 6). */
import { randomUUID } from 'node:crypto';
import { WSAG } from '../../agreement/names.ts';
import type { CreateRequest } from '../../broker/outcome.ts';
import { writeCanonical } from '../../xml/writer.ts';
import { withinMessage } from '../refusals.ts';
import { decisionMessage } from './calls.ts';
import {
	type Answer,
	answer,
	type Conversation,
	faultAnswer,
	faultOfOutcome,
	forbiddenTarget,
	idempotencyOf,
	printReference,
	wsag,
} from './conversation.ts';
import { CONTINUING_FAULT, resourceFault } from './faults.ts';
import { named } from './names.ts';
import { offerIn, type SoapRequest } from './requests.ts';

type Create = Extract<SoapRequest, { kind: 'create' }>;

/** CreateAgreement: the agreement is Observed when its reference is sent, or there is none. */
export async function createAgreement(conversation: Conversation, request: Create): Promise<Answer> {
	const { broker, party, endpoint } = conversation;
	const decided = await broker.createAgreement({ party, ...askedOf(conversation, request) });
	const outcome = withinMessage(decided, request.above);
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
	const forbidden = refuseTarget(conversation, request);
	if (forbidden !== undefined) return forbidden;
	const { acceptance, above } = request;
	const decided = await broker.createPendingAgreement({
		party,
		...askedOf(conversation, request),
		id: randomUUID(),
		messagesOf: (decision) =>
			acceptance === undefined ? [] : [decisionMessage(conversation, acceptance, decision, above, broker.now())],
	});
	const outcome = withinMessage(decided, above);
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
	const description = forbiddenTarget('AgreementAcceptanceEPR', acceptance.address, verdict.why);
	return faultAnswer(resourceFault(CONTINUING_FAULT, { at: broker.now(), description, code: 'TARGET_FORBIDDEN' }));
}

/** The offer, and what it comes from where it was negotiated. */
function askedOf(conversation: Conversation, request: Create): Omit<CreateRequest, 'party'> {
	const { negotiated } = request;
	const offer = offerIn(request);
	const offerXml = writeCanonical(offer.tree);
	const said = negotiated === undefined ? offerXml : `${offerXml}\n${JSON.stringify(negotiated)}`;
	return {
		offer,
		offerXml,
		...(negotiated === undefined ? {} : { negotiated }),
		...idempotencyOf(conversation, `CreateAgreement\n${said}`),
	};
}
