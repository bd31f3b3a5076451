/**
 * What the body of a message asks for, as plain data: read in the workers, so that only bounded results cross to the
 * main thread.
 */

import { readNegotiated } from '../../agreement/creation.ts';
import {
	addIssue,
	type Place,
	placeNamed,
	placesNamed,
	placesWithin,
	readTime,
	standaloneTree,
	stringValue,
} from '../../agreement/document.ts';
import { type EndpointReference, readEndpointReference } from '../../agreement/endpoint-reference.ts';
import { collapseWhiteSpace } from '../../agreement/lexical.ts';
import { type Location, parseLocation } from '../../agreement/location.ts';
import { NEG, WSAG } from '../../agreement/names.ts';
import type { NegotiationMessage } from '../../agreement/negotiation-messages.ts';
import type { Offer } from '../../agreement/offer.ts';
import { read as readDocument } from '../../agreement/reading.ts';
import { parseDuration } from '../../agreement/time.ts';
import type { NegotiatedOffer } from '../../broker/outcome.ts';
import {
	attributeValue,
	type DocumentIssue,
	hasName,
	namespaceOf,
	textOf,
	type XmlElement,
	type XmlScope,
} from '../../xml/element.ts';
import { writeCanonical } from '../../xml/writer.ts';
import { negotiatedOfferOf } from '../negotiation-documents.ts';
import { WSNT, WSRF_RP, XSI } from './names.ts';
import type { Operation } from './operations.ts';

/** A name that stands in a text, e.g. that of a property: what its prefix stands for, where that is declared. */
export interface NameInText {
	readonly namespace: string;
	readonly localName: string;
}

/** A time that was asked for: an instant, a span from now on, or none at all (nil). */
export type RequestedTime =
	| { readonly kind: 'at'; readonly at: number }
	| { readonly kind: 'after'; readonly seconds: number }
	| { readonly kind: 'never' };

/** A query in the one dialect that is known, or why it is none. */
export type Query =
	| { readonly kind: 'location'; readonly location: Location }
	| { readonly kind: 'unknown-dialect'; readonly dialect: string }
	| { readonly kind: 'not-understood'; readonly why: string };

export type SoapRequest =
	| {
			readonly kind: 'create';
			readonly offer: Offer;
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
			readonly topic?: { readonly dialect: string; readonly name?: NameInText };
	  }
	| { readonly kind: 'renew'; readonly requested: RequestedTime }
	| { readonly kind: 'unsubscribe' }
	| { readonly kind: 'negotiation'; readonly message: NegotiationMessage };

export type RequestReading =
	| { readonly ok: true; readonly request: SoapRequest }
	| { readonly ok: false; readonly issues: readonly DocumentIssue[] };

/** XPath 1.0, of which the Locations of creation constraints are spoken here. */
export const XPATH_DIALECT = 'http://www.w3.org/TR/1999/REC-xpath-19991116';

/** Enough for all properties there are, twice. */
const PROPERTIES_MAX = 32;
/** Why something is terminated: a sentence or two. */
const REASON_LENGTH_MAX = 500;
/** Reference parameters go back with each message to their consumer. */
const REFERENCE_BYTES_MAX = 8_192;

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
			return readNames([body], issues);
		case 'GetMultipleResourceProperties':
			return readNames(placesNamed(placesWithin(body), WSRF_RP, 'ResourceProperty'), issues);
		case 'QueryResourceProperties':
			return { kind: 'query', query: readQuery(placesWithin(body)[0]!) };
		case 'Destroy':
			return { kind: 'destroy' };
		case 'SetTerminationTime':
			return readSetTerminationTime(body, issues);
		case 'Subscribe':
			return readSubscribe(body, issues);
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
		issues.push(...within(offerPlace, reading.issues));
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
		offer: reading.value.offer,
		pending,
		...(negotiated === undefined ? {} : { negotiated }),
		...(reference === undefined ? {} : { acceptance: reference }),
	};
}

function readNegotiation(body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	const reading = readDocument(standaloneTree(body));
	if (!reading.ok) {
		issues.push(...within(body, reading.issues));
		return undefined;
	}
	if (reading.value.kind !== 'negotiation-message')
		throw new Error('A message of a negotiation was read as something else.');
	return { kind: 'negotiation', message: reading.value.message };
}

/** Issues of a part that was read as a document of its own, at their places in the whole. */
function within({ path }: Place, issues: readonly DocumentIssue[]): DocumentIssue[] {
	const above = path.slice(0, path.lastIndexOf('/'));
	return issues.map((issue) => ({ ...issue, path: `${above}${issue.path}` }));
}

function readReason(body: XmlElement): string {
	return collapseWhiteSpace(stringValue(body)).slice(0, REASON_LENGTH_MAX);
}

function readNames(places: readonly Place[], issues: DocumentIssue[]): SoapRequest | undefined {
	if (places.length > PROPERTIES_MAX) {
		const details = { found: String(places.length), allowed: `at most ${PROPERTIES_MAX}` };
		addIssue(issues, 'ELEMENT_REPEATED', places[0]!.path, 'These are too many properties.', details);
		return undefined;
	}
	return { kind: 'properties', names: places.map(({ element, scope }) => nameInText(textOf(element), scope)) };
}

/** The schemas have seen to it that the prefix is bound. */
function nameInText(text: string, scope: XmlScope): NameInText {
	const [first = '', second] = collapseWhiteSpace(text).split(':', 2);
	if (second === undefined) return { namespace: namespaceOf(scope, '') ?? '', localName: first };
	return { namespace: namespaceOf(scope, first) ?? '', localName: second };
}

function readQuery({ element, scope }: Place): Query {
	const dialect = collapseWhiteSpace(attributeValue(element, '', 'Dialect') ?? '');
	if (dialect !== XPATH_DIALECT) return { kind: 'unknown-dialect', dialect };
	const reading = parseLocation(textOf(element), scope);
	if (!reading.ok) return { kind: 'not-understood', why: reading.why };
	return { kind: 'location', location: reading.location };
}

function readSetTerminationTime(body: Place, issues: DocumentIssue[]): SoapRequest | undefined {
	const [choice] = placesWithin(body);
	const requested = readRequestedTime(choice!, issues);
	return requested && { kind: 'set-termination-time', requested };
}

/** An xs:dateTime, an xs:duration, or nil. */
function readRequestedTime(place: Place, issues: DocumentIssue[]): RequestedTime | undefined {
	const { element } = place;
	if (/^(true|1)$/.test(collapseWhiteSpace(attributeValue(element, XSI, 'nil') ?? ''))) return { kind: 'never' };
	const text = collapseWhiteSpace(textOf(element));
	if (!/^-?P/.test(text)) {
		const at = readTime(place, issues);
		return at === undefined ? undefined : { kind: 'at', at };
	}
	const duration = parseDuration(text);
	if (duration.ok) return { kind: 'after', seconds: duration.seconds };
	addIssue(issues, 'DURATION_INEXACT', place.path, `This duration cannot be taken: ${duration.why}.`, { found: text });
	return undefined;
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

function readTopic({ element, scope }: Place): { readonly dialect: string; readonly name?: NameInText } {
	const dialect = collapseWhiteSpace(attributeValue(element, '', 'Dialect') ?? '');
	const text = collapseWhiteSpace(textOf(element));
	return /^([\w.-]+:)?[\w.-]+$/.test(text) ? { dialect, name: nameInText(text, scope) } : { dialect };
}

function namesOf(places: readonly Place[]): NameInText[] {
	return places
		.slice(0, PROPERTIES_MAX)
		.map(({ element: { namespace, localName } }) => ({ namespace, localName: localName.slice(0, REASON_LENGTH_MAX) }));
}

/** A reference that messages will be sent to: kept, and so bounded. */
function readReference(place: Place, issues: DocumentIssue[]): EndpointReference | undefined {
	const reference = readEndpointReference(place, issues);
	const bytes = (reference?.referenceParameters ?? []).reduce((sum, each) => sum + writeCanonical(each).length, 0);
	if (bytes <= REFERENCE_BYTES_MAX) return reference;
	const details = { found: `${bytes} bytes`, allowed: `at most ${REFERENCE_BYTES_MAX} bytes` };
	addIssue(issues, 'VALUE_MALFORMED', place.path, 'The reference parameters are too long.', details);
	return undefined;
}
