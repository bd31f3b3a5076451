/** What every operation needs to answer: who asks, of which broker, and how its resources are named outside. */
import { createHash } from 'node:crypto';
import { WS, WSA, WSAG } from '../../agreement/names.ts';
import { type EndpointReference, printEndpointReference } from '../../agreement/offer/endpoint-reference.ts';
import type { Broker } from '../../broker/broker.ts';
import type { ChangeOutcome, IdempotencyKey, OfferOutcome } from '../../broker/outcome.ts';
import type { Party } from '../../identity/party.ts';
import type { Reason } from '../../negotiation/decision.ts';
import { element, qualifiedName, type XmlElement, type XmlName } from '../../xml/element.ts';
import type { AgreementRecord } from '../agreement-views.ts';
import { faultReasonOf } from '../decision-views.ts';
import { foundText, PROBLEMS, type ProblemCode } from '../problems.ts';
import type { DocumentReader } from '../requests.ts';
import type { Pieces } from '../streamed.ts';
import type { Asked } from './answers.ts';
import {
	addressingFault,
	invalidMessage,
	printAlternatives,
	problemHeader,
	type ResourceFault,
	resourceFault,
	type SoapFault,
	unknownResource,
} from './faults.ts';
import { CS, named } from './names.ts';
import type { ResourceKind } from './operations.ts';

export interface Conversation {
	readonly broker: Broker;
	readonly party: Party;
	readonly asked: Asked;
	/** The address of the endpoint, as the asker knows it. */
	readonly endpoint: string;
	/** Whether this site would call an address. */
	readonly judgeTarget: JudgeTarget;
	/** Waits until there is room for an answer that repeats documents of so many bytes. */
	readonly enterAnswering: (bytes: number) => Promise<void>;
	/** Reads documents that were kept. */
	readonly reader: DocumentReader;
}

export type JudgeTarget = (address: string) => { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Why an address is not called, for people. What is allowed is the site's own: its list is not told. */
export function forbiddenTarget(field: string, address: string, why: string): string {
	const allowed = 'allowed are the addresses that the notifyTargets of this site have';
	return `${PROBLEMS.TARGET_FORBIDDEN.title}: ${field}, found ${foundText(withoutSecrets(address))}; ${allowed}. ${why}`;
}

/** An address may carry a password, or a token in its query. */
function withoutSecrets(address: string): string {
	const url = URL.parse(address);
	if (url === null || !/^https?:$/.test(url.protocol)) return address;
	return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?…'}`;
}

/** What an operation comes to: the element of the answer's body, or a fault. */
export type Answer =
	| {
			readonly kind: 'answer';
			readonly body: XmlElement;
			/** What stands at the end of the body, or of the last element so deep below it: texts that are made as they are sent. */
			readonly more?: { readonly depth: number; readonly texts: Pieces };
	  }
	| { readonly kind: 'fault'; readonly fault: SoapFault };

export function answer(body: XmlElement): Answer {
	return { kind: 'answer', body };
}

export function faultAnswer(fault: SoapFault): Answer {
	return { kind: 'fault', fault };
}

/** The reference to a resource of the broker's. */
export function referenceTo(endpoint: string, kind: ResourceKind, id: string): EndpointReference {
	return { address: endpoint, referenceParameters: [element(named(CS, kind), [], [id])] };
}

export function printReference(name: XmlName, endpoint: string, kind: ResourceKind, id: string): XmlElement {
	return printEndpointReference(name, referenceTo(endpoint, kind, id));
}

/**
 * The agreement that an endpoint reference leads to. Where its end was set anew (SetTerminationTime), that is the
 * agreement that continues it: it has another AgreementId, since its document is another one, and the same reference.
 */
export function findAgreement({ broker, party }: Conversation, id: string): AgreementRecord | undefined {
	let found = broker.getAgreement(party, id);
	for (let steps = 0; found?.supersededBy !== undefined && steps < CONTINUATIONS_MAX; steps += 1) {
		const successor = broker.getAgreement(party, found.supersededBy);
		if (successor === undefined || !isContinuation(successor, found.id)) break;
		found = successor;
	}
	return found;
}

/** An end set anew a hundred times a day for three months; each step is a look into a table. */
const CONTINUATIONS_MAX = 10_000;

const CONTINUES: XmlName = { prefix: 'ws', namespace: WS, localName: 'Continues' };

/** In the context of an offer that sets the end of an agreement anew. */
export function continues(id: string): XmlElement {
	return element(CONTINUES, [], [id]);
}

/** Whether an agreement is what became of the one with that id when its end was set anew. */
export function isContinuation({ offerXml }: Pick<AgreementRecord, 'offerXml'>, id: string): boolean {
	return offerXml.includes(`>${id}</${qualifiedName(CONTINUES)}>`);
}

/** An outcome that is no success, as the fault that it is. */
export function faultOfOutcome(
	{ broker, asked }: Conversation,
	outcome: Exclude<OfferOutcome | ChangeOutcome, { kind: 'accepted' | 'changed' }>,
	name: XmlName,
): SoapFault {
	const at = broker.now();
	const plain = (code: ProblemCode, detail?: string): SoapFault => {
		const { title } = PROBLEMS[code];
		const description = detail === undefined ? `${title}.` : `${title}. ${detail}`;
		return resourceFault(name, { at, description, code });
	};
	switch (outcome.kind) {
		case 'countered':
		case 'refused':
			return resourceFault(name, declined(at, outcome));
		case 'invalid':
			return invalidMessage(at, outcome.issues, name);
		case 'unknown-template': {
			const { name: called, id } = outcome.template;
			return plain('TEMPLATE_UNKNOWN', `It is called ${called ?? '(no TemplateName)'}/${id ?? '(no TemplateId)'}.`);
		}
		case 'not-found':
			return unknownResource(at);
		case 'forbidden':
			return plain('FORBIDDEN');
		case 'stale':
			return plain('VERSION_STALE');
		case 'key-reused': {
			const reason = `The MessageID ${asked.messageId ?? ''} was that of another message.`;
			return addressingFault('DuplicateMessageID', reason, problemHeader(named(WSA, 'MessageID')));
		}
	}
}

/** What is said where an offer is not accepted as it stands, or a change is not. */
export function declined(
	at: number,
	outcome: Extract<OfferOutcome | ChangeOutcome, { kind: 'countered' | 'refused' }>,
): ResourceFault {
	const code = outcome.kind === 'countered' ? 'OFFER_COUNTERED' : codeOfRefusal(outcome.reasons);
	return {
		at,
		description: `${PROBLEMS[code].title}.`,
		code,
		reasons: outcome.reasons.map(faultReasonOf),
		...(outcome.kind === 'countered' ? { alternatives: printAlternatives(outcome) } : {}),
	};
}

/** Where nothing but a state is in the way, no offer was judged. */
function codeOfRefusal(reasons: readonly Reason[]): ProblemCode {
	return reasons.every(({ code, path }) => code === 'STATE_FORBIDS' && path === undefined)
		? 'STATE_FORBIDS'
		: 'OFFER_REFUSED';
}

/** An element of WS-Agreement. */
export function wsag(localName: string, children: readonly (XmlElement | string)[] = []): XmlElement {
	return element(named(WSAG, localName), [], children);
}

/** Keys are indexed: a longer one is known by its digest. */
const KEY_LENGTH_MAX = 200;

/** A message that is sent again with the same MessageID, and says the same, makes nothing twice. */
export function idempotencyOf({ asked }: Conversation, said: string): { readonly idempotency?: IdempotencyKey } {
	const { messageId } = asked;
	if (messageId === undefined || messageId === '') return {};
	const digest = (text: string) => createHash('sha256').update(text).digest('hex');
	const key = messageId.length <= KEY_LENGTH_MAX ? `wsa:${messageId}` : `wsa-sha256:${digest(messageId)}`;
	return { idempotency: { key, fingerprint: digest(said) } };
}
