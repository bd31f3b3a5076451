/**
 * What the body of a message asks for, as plain data: read in the workers, so that only bounded results cross to the
 * main thread.
 */

import { addIssue, type Place, placeNamed, placesNamed, placesWithin, stringValue } from '../../agreement/document.ts';
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { NEG, WSAG } from '../../agreement/names.ts';
import { readNegotiated } from '../../agreement/offer/creation.ts';
import type { EndpointReference } from '../../agreement/offer/endpoint-reference.ts';
import { type Offer, readOffer } from '../../agreement/offer/offer.ts';
import { read as readDocument } from '../../agreement/reading.ts';
import { type NegotiationMessage, readNegotiationMessage } from '../../agreement/rounds/negotiation-messages.ts';
import { standaloneTree } from '../../agreement/standalone-tree.ts';
import type { NegotiatedOffer } from '../../broker/outcome.ts';
import { type DocumentIssue, hasName, textOf, type XmlElement } from '../../xml/element.ts';
import { packTree, unpackTree } from '../../xml/packed.ts';
import { negotiatedOfferOf } from '../negotiation-documents.ts';
import { at } from '../refusals.ts';
import { REASON_LENGTH_MAX } from '../requests.ts';
import { WSNT, WSRF_RP } from './names.ts';
import type { Operation } from './operations.ts';
import {
	type NameInText,
	nameInText,
	namesOf,
	type Query,
	type RequestedTime,
	readQuery,
	readReference,
	readRequestedTime,
	readTopic,
	type Topic,
} from './values.ts';

export type SoapRequest =
	| {
			readonly kind: 'create';
			/** A wsag:AgreementOffer that was read: a packed tree is read again in less time than its parts cross threads. */
			readonly packedOffer: string;
			/** The path of the element that the offer stands in. */
			readonly above: string;
			/** What it comes from, where it was negotiated. */
			readonly negotiated?: NegotiatedOffer;
			/** Set for a pending agreement: where its initiator hears of the decision. */
			readonly acceptance?: EndpointReference;
			readonly pending: boolean;
	  }
	| { readonly kind: 'terminate' | 'terminate-negotiation'; readonly reason: string }
	| { readonly kind: 'property-document' }
	| { readonly kind: 'properties'; readonly names: readonly NameInText[] }
	| { readonly kind: 'query'; readonly query: Query }
	| { readonly kind: 'destroy' }
	| { readonly kind: 'set-termination-time'; readonly requested: RequestedTime }
	| {
			readonly kind: 'subscribe';
			readonly consumer: EndpointReference;
			readonly requested?: RequestedTime;
			/** Names of filters and policies that are none of ours, and the topic if one is named. */
			readonly unknownFilters: readonly NameInText[];
			readonly unknownPolicies: readonly NameInText[];
			readonly topic?: Topic;
	  }
	| { readonly kind: 'current-message'; readonly topic: Topic }
	| { readonly kind: 'renew'; readonly requested: RequestedTime }
	| { readonly kind: 'unsubscribe' }
	/** A message of a negotiation that was read, packed as well. */
	| { readonly kind: 'negotiation'; readonly packedMessage: string };

export type RequestReading =
	| { readonly ok: true; readonly request: SoapRequest }
	| { readonly ok: false; readonly issues: readonly DocumentIssue[] };

/** Enough for all properties there are, twice. */
const PROPERTIES_MAX = 32;

/** Reads the body of an operation; the schemas have been checked. */
export function readRequest({ name, request }: Operation, body: Place): RequestReading {
	const issues: DocumentIssue[] = [];
	const value = readBody(name, request.namespace, body, issues);
	return value === undefined || issues.length > 0 ? { ok: false, issues } : { ok: true, request: value };
}

function readBody(name: string, namespace: string, body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	switch (name) {
		case 'CreateAgreement':
		case 'CreatePendingAgreement':
			return readCreate(name === 'CreatePendingAgreement', body, issues);
		case 'Terminate':
			return { kind: namespace === NEG ? 'terminate-negotiation' : 'terminate', reason: readReason(body.element) };
		case 'InitiateNegotiation':
		case 'Negotiate':
		case 'Advertise':
			return readNegotiation(body, issues);
		case 'GetResourcePropertyDocument':
			return { kind: 'property-document' };
		case 'GetResourceProperty':
			return readNames(body, [body], issues);
		case 'GetMultipleResourceProperties':
			return readNames(body, placesNamed(placesWithin(body), WSRF_RP, 'ResourceProperty'), issues);
		case 'QueryResourceProperties':
			return { kind: 'query', query: readQuery(placesWithin(body)[0]!) };
		case 'Destroy':
			return { kind: 'destroy' };
		case 'SetTerminationTime':
			return readSetTerminationTime(body, issues);
		case 'Subscribe':
			return readSubscribe(body, issues);
		case 'GetCurrentMessage':
			return { kind: 'current-message', topic: readTopic(placeNamed(placesWithin(body), WSNT, 'Topic')!) };
		case 'Renew': {
			const requested = readRequestedTime(placeNamed(placesWithin(body), WSNT, 'TerminationTime')!, issues);
			return requested && { kind: 'renew', requested };
		}
		case 'Unsubscribe':
			return { kind: 'unsubscribe' };
		default:
			throw new Error(`${name} stands in the table of operations and is not read.`);
	}
}

function readCreate(pending: boolean, body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	const places = placesWithin(body);
	const offerPlace = placeNamed(places, WSAG, 'AgreementOffer')!;
	// A document of its own from here on: it needs the declarations that stand around it.
	const reading = readDocument(standaloneTree(offerPlace));
	const acceptance = placeNamed(places, WSAG, 'AgreementAcceptanceEPR');
	const reference = acceptance && readReference(acceptance, issues);
	if (!reading.ok) {
		issues.push(...reading.issues.map((issue) => at(body.path, issue)));
		return undefined;
	}
	if (reading.value.kind !== 'offer') throw new Error('An AgreementOffer was read as something else.');
	const extension = readNegotiated(places, issues);
	const negotiated = extension && negotiatedOfferOf(extension);
	if (extension !== undefined && negotiated === undefined) {
		addIssue(issues, 'ELEMENT_MISSING', extension.path, 'The extension does not say of which negotiation.');
	}
	return {
		kind: 'create',
		packedOffer: packed(reading.value.offer.tree),
		above: body.path,
		pending,
		...(negotiated === undefined ? {} : { negotiated }),
		...(reference === undefined ? {} : { acceptance: reference }),
	};
}

function readNegotiation(body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	const tree = standaloneTree(body);
	const reading = readDocument(tree);
	if (reading.ok) return { kind: 'negotiation', packedMessage: packed(tree) };
	issues.push(...reading.issues);
	return undefined;
}

/** What was read has fewer nodes than the packing can count. */
function packed(tree: XmlElement): string {
	const text = packTree(tree);
	if (text === undefined) throw new Error('A document that was read is too large to cross threads.');
	return text;
}

/** The offer of a request. */
export function offerIn({ packedOffer }: Extract<SoapRequest, { kind: 'create' }>): Offer {
	const reading = readOffer(unpackTree(packedOffer));
	if (!reading.ok) throw new Error('An offer that was read cannot be read again.');
	return reading.value;
}

/** The message of a negotiation in a request. */
export function messageIn({ packedMessage }: Extract<SoapRequest, { kind: 'negotiation' }>): NegotiationMessage {
	const reading = readNegotiationMessage(unpackTree(packedMessage));
	if (!reading.ok) throw new Error('A message that was read cannot be read again.');
	return reading.value;
}

function readReason(body: XmlElement): string {
	return collapseWhiteSpace(stringValue(body)).slice(0, REASON_LENGTH_MAX);
}

function readNames(body: Place, places: readonly Place[], issues: DocumentIssue[]): SoapRequest | undefined {
	if (places.length > PROPERTIES_MAX) {
		const details = { found: String(places.length), allowed: `at most ${PROPERTIES_MAX}` };
		const message = `A request asks for at most ${PROPERTIES_MAX} properties; this one asks for ${places.length}.`;
		addIssue(issues, 'ELEMENTS_TOO_MANY', body.path, message, details);
		return undefined;
	}
	return { kind: 'properties', names: places.map(({ element, scope }) => nameInText(textOf(element), scope)) };
}

function readSetTerminationTime(body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	const [choice] = placesWithin(body);
	const requested = readRequestedTime(choice!, issues);
	return requested && { kind: 'set-termination-time', requested };
}

const TOPIC_EXPRESSION: NameInText = { namespace: WSNT, localName: 'TopicExpression' };

function readSubscribe(body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	const places = placesWithin(body);
	const consumer = readReference(placeNamed(places, WSNT, 'ConsumerReference')!, issues);
	const contentsOf = (localName: string): Place[] => {
		const section = placeNamed(places, WSNT, localName);
		return section === undefined ? [] : placesWithin(section);
	};
	const filters = contentsOf('Filter');
	const [topicPlace, ...more] = filters.filter(({ element }) => isTopic(element));
	const initial = placeNamed(places, WSNT, 'InitialTerminationTime');
	const requested = initial && readRequestedTime(initial, issues);
	if (consumer === undefined) return undefined;
	return {
		kind: 'subscribe',
		consumer,
		unknownFilters: namesOf([...filters.filter(({ element }) => !isTopic(element)), ...more]),
		unknownPolicies: namesOf(contentsOf('SubscriptionPolicy')),
		...(requested === undefined ? {} : { requested }),
		...(topicPlace === undefined ? {} : { topic: readTopic(topicPlace) }),
	};
}

function isTopic(element: XmlElement): boolean {
	return hasName(element, TOPIC_EXPRESSION.namespace, TOPIC_EXPRESSION.localName);
}
