/** What the operations of the port types of WS-Agreement Negotiation send and answer (GFD.193). */
import { type DocumentIssue, hasName, qualifiedName, type XmlElement } from '../../xml/element.ts';
import { declareNamespaces } from '../../xml/scope.ts';
import {
	addIssue,
	optionalChild,
	type Place,
	placeOfRoot,
	placesNamed,
	placesWithin,
	type Reading,
	reading,
	requiredChild,
	withoutAbsent,
} from '../document.ts';
import { NEG } from '../names.ts';
import { type EndpointReference, readEndpointReference } from '../offer/endpoint-reference.ts';
import {
	foreignPlaces,
	freePrefix,
	type NegotiationContext,
	neg,
	optionalReference,
	readContextAt,
} from './negotiation-context.ts';
import { isNegotiationOffer, type NegotiationOffer, readNegotiationOfferAt } from './negotiation-offer.ts';

/** What an initiator sends. Foreign elements of a message are critical: who does not know one refuses the message. */
export type NegotiationMessage =
	| {
			readonly kind: 'InitiateNegotiationInput';
			readonly context: NegotiationContext;
			readonly initiatorNegotiation?: EndpointReference;
			/** The contents of NoncriticalExtension elements: who does not know them passes over them. */
			readonly noncriticalExtensions: readonly Place[];
			readonly extensions: readonly Place[];
	  }
	| {
			readonly kind: 'NegotiateInput' | 'AdvertiseInput';
			readonly offers: readonly NegotiationOffer[];
			readonly extensions: readonly Place[];
	  }
	| {
			readonly kind: 'TerminateInput';
			/** Foreign elements, as many as the sender likes: why it ends. */
			readonly extensions: readonly Place[];
	  };

/** Each is a search in the calendar of the site. A client with more alternatives sends them in several messages. */
export const OFFERS_PER_MESSAGE_MAX = 16;

/** Reads a message of an initiator, or says all that is wrong with it. */
export function readNegotiationMessage(root: XmlElement): Reading<NegotiationMessage> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	const kind = MESSAGES.find((name) => hasName(root, NEG, name));
	if (kind === undefined) {
		const details = { found: qualifiedName(root), allowed: `${MESSAGES.join(', ')} of ${NEG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is no message of a negotiation.', details);
		return { ok: false, issues };
	}
	return reading(readMessage(kind, place, issues), issues);
}

/** The counter-offers of a NegotiateOutput, in the order of the offers that they answer. */
export function readNegotiateOutput(root: XmlElement): Reading<readonly NegotiationOffer[]> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!hasName(root, NEG, 'NegotiateOutput')) {
		const details = { found: qualifiedName(root), allowed: `NegotiateOutput of ${NEG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This is no answer to offers.', details);
		return { ok: false, issues };
	}
	return reading(readOffers(place, issues), issues);
}

/** What the root of a message may be. */
export type NegotiationMessageName =
	| NegotiationMessage['kind']
	| 'InitiateNegotiationOutput'
	| 'NegotiateOutput'
	| 'NegotiationProperties'
	| 'TerminateResponse'
	| 'AdvertiseOutput';

/** A message, or the properties of a negotiation, of children in the order of the schema. */
export function printNegotiationMessage(
	name: NegotiationMessageName,
	children: readonly XmlElement[] = [],
): XmlElement {
	return declareNamespaces(neg(name, children));
}

/** The answer to InitiateNegotiationInput: where the negotiation is. */
export function printInitiateNegotiationOutput(created: EndpointReference): XmlElement {
	return printNegotiationMessage('InitiateNegotiationOutput', optionalReference('CreatedNegotiationEPR', created));
}

/** A template under the name by which a negotiation shows it. */
export function printNegotiableTemplate(template: XmlElement): XmlElement {
	const prefix = freePrefix('neg', NEG, template);
	return declareNamespaces({ ...template, prefix, namespace: NEG, localName: 'NegotiableTemplate' });
}

const MESSAGES = ['InitiateNegotiationInput', 'NegotiateInput', 'AdvertiseInput', 'TerminateInput'] as const;

function readMessage(
	kind: NegotiationMessage['kind'],
	place: Place,
	issues: DocumentIssue[],
): NegotiationMessage | undefined {
	const places = placesWithin(place);
	const extensions = foreignPlaces(places);
	if (kind === 'TerminateInput') return { kind, extensions };
	if (kind === 'InitiateNegotiationInput') {
		const contextPlace = requiredChild(place, places, NEG, 'NegotiationContext', issues);
		const context = contextPlace && readContextAt(contextPlace, issues);
		const initiator = optionalChild(place, places, NEG, 'InitiatorNegotiationEPR', issues);
		const initiatorNegotiation = initiator && readEndpointReference(initiator, issues);
		const noncriticalExtensions = placesNamed(places, NEG, 'NoncriticalExtension').flatMap(placesWithin);
		if (context === undefined) return undefined;
		return { kind, context, ...withoutAbsent({ initiatorNegotiation }), noncriticalExtensions, extensions };
	}
	if (!placesWithin(place).some(isNegotiationOffer)) {
		addIssue(issues, 'ELEMENT_MISSING', place.path, `${kind} needs a NegotiationOffer.`);
	}
	return { kind, offers: readOffers(place, issues), extensions };
}

function readOffers(place: Place, issues: DocumentIssue[]): NegotiationOffer[] {
	const offers = placesWithin(place).filter(isNegotiationOffer);
	if (offers.length > OFFERS_PER_MESSAGE_MAX) {
		const allowed = `at most ${OFFERS_PER_MESSAGE_MAX}`;
		const details = { found: String(offers.length), allowed };
		addIssue(issues, 'OFFERS_TOO_MANY', place.path, `A message may carry ${allowed} offers.`, details);
		return [];
	}
	return offers.map((offer) => readNegotiationOfferAt(offer, issues)).filter((offer) => offer !== undefined);
}
