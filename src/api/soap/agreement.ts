/** The port type Agreement, and what WS-ResourceLifetime has for it: terminate, destroy, set the end anew. */

import { WSAG } from '../../agreement/names.ts';
import { chooseBranches } from '../../agreement/offer/choices.ts';
import { narrowOffer } from '../../agreement/offer/narrow.ts';
import { type Offer, readOffer } from '../../agreement/offer/offer.ts';
import { printDateTime, YEAR_10000_AT } from '../../agreement/time.ts';
import type { OfferOutcome } from '../../broker/outcome.ts';
import { element, hasName, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import { writeCanonical } from '../../xml/writer.ts';
import { type AgreementRecord, offerOf } from '../agreement-views.ts';
import { largeOffer } from '../kept-documents.ts';
import {
	type Answer,
	answer,
	type Conversation,
	continues,
	declined,
	faultAnswer,
	faultOfOutcome,
	findAgreement,
	wsag,
} from './conversation.ts';
import { BASE_FAULT, type ResourceFault, resourceFault, type SoapFault, unknownResource } from './faults.ts';
import { named, WSRF_RL } from './names.ts';
import { instantOf, type RequestedTime } from './values.ts';

/** Terminate: the agreement ends before its time. */
export async function terminate(conversation: Conversation, id: string, reason: string): Promise<Answer> {
	return end(conversation, id, reason, BASE_FAULT, wsag('TerminateResponse'));
}

/** Destroy: the same, in the words of WSRF. What there was stays to be read. */
export async function destroy(conversation: Conversation, id: string): Promise<Answer> {
	const fault = named(WSRF_RL, 'ResourceNotDestroyedFault');
	return end(conversation, id, '', fault, element(named(WSRF_RL, 'DestroyResponse')));
}

async function end(
	conversation: Conversation,
	id: string,
	reason: string,
	fault: typeof BASE_FAULT,
	response: XmlElement,
): Promise<Answer> {
	const { broker, party } = conversation;
	const agreement = findAgreement(conversation, id);
	if (agreement === undefined) return faultAnswer(unknownResource(broker.now()));
	const request = { party, agreementId: agreement.id, ...(reason === '' ? {} : { reason }) };
	const outcome = await broker.terminate(request);
	if (outcome.kind === 'changed') return answer(response);
	return faultAnswer(faultOfOutcome(conversation, outcome, fault));
}

/**
 * SetTerminationTime: the time to live of a workspace. It is a renegotiation of the end of its window, everything else
 * as it was granted, and is refused for the same reasons as any.
 */
export async function setTerminationTime(
	conversation: Conversation,
	id: string,
	requested: RequestedTime,
): Promise<Answer> {
	const { broker, party } = conversation;
	const at = broker.now();
	const agreement = findAgreement(conversation, id);
	if (agreement === undefined) return faultAnswer(unknownResource(at));
	if (requested.kind === 'never') {
		const description = 'Machines are granted until a time; an agreement without an end is not to be had.';
		return faultAnswer(unableToSetTime(at, description));
	}
	const endAt = instantOf(requested, at);
	const { startAt } = agreement.grant;
	if (endAt <= startAt) {
		const description = `A workspace that begins at ${printDateTime(startAt)} cannot end before; use Destroy to end it.`;
		return faultAnswer(unableToSetTime(at, description));
	}
	if (endAt >= YEAR_10000_AT) {
		return faultAnswer(unableToSetTime(at, 'Machines are granted until a time before the year 10000.'));
	}
	const kept = await largeOffer(conversation.reader, agreement);
	const offer = offerToEndAt(conversation, agreement, endAt, kept.offer);
	const outcome = await broker.renegotiate({
		party,
		agreementId: agreement.id,
		offer,
		offerXml: writeCanonical(offer.tree),
		ifMatch: agreement.version,
		allowRestart: false,
		allowMove: false,
	});
	return answerOfChange(conversation, outcome, at);
}

function unableToSetTime(at: number, description: string): SoapFault {
	const name = named(WSRF_RL, 'UnableToSetTerminationTimeFault');
	return resourceFault(name, { at, description, code: 'PARAMETER_INVALID' });
}

function answerOfChange(conversation: Conversation, outcome: OfferOutcome, at: number): Answer {
	const rejected = named(WSRF_RL, 'TerminationTimeChangeRejectedFault');
	switch (outcome.kind) {
		case 'accepted': {
			const time = (name: string, instant: number) => element(named(WSRF_RL, name), [], [printDateTime(instant)]);
			const times = [time('NewTerminationTime', outcome.agreement.grant.endAt), time('CurrentTime', at)];
			return answer(element(named(WSRF_RL, 'SetTerminationTimeResponse'), [], times));
		}
		case 'countered':
		case 'refused':
			return faultAnswer(resourceFault(rejected, withoutPaths(declined(at, outcome))));
		default:
			return faultAnswer(faultOfOutcome(conversation, outcome, rejected));
	}
}

/** The reasons speak of an offer that was made here: its paths lead nowhere in what was sent. */
function withoutPaths(fault: ResourceFault): ResourceFault {
	return { ...fault, reasons: (fault.reasons ?? []).map(({ path: _, ...reason }) => reason) };
}

/** The offer of the agreement as it was granted, with another end, and a mark by which the reference finds it again. */
function offerToEndAt(
	{ broker }: Conversation,
	agreement: AgreementRecord,
	endAt: number,
	kept: Offer = offerOf(agreement),
): Offer {
	const template = broker.catalogue.readTemplate(agreement.template);
	const { offer } = chooseBranches(kept, agreement.request.chosen ?? []);
	const tree = narrowOffer(offer, { ...agreement.grant, endAt }, template);
	const children = tree.children.map((child) =>
		child.kind === 'element' && hasName(child, WSAG, 'Context') ? continuing(child, agreement.id) : child,
	);
	const reading = readOffer(declareNamespaces({ ...tree, children }));
	if (!reading.ok) throw new Error(`The offer of agreement ${agreement.id} cannot be made anew.`);
	return reading.value;
}

/** Foreign elements of a context come last. */
function continuing(context: XmlElement, id: string): XmlElement {
	const mark = continues(id);
	const kept = context.children.filter(
		(child) => child.kind !== 'element' || !hasName(child, mark.namespace, mark.localName),
	);
	return { ...context, children: [...kept, mark] };
}
