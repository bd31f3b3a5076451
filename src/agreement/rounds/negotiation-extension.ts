/**
 * neg:NegotiationExtension and neg:RenegotiationExtension (GFD.193): what binds the creation of an agreement to the
 * offer that was negotiated, and names the agreement that the new one supersedes.
 */
import { type DocumentIssue, hasName, type XmlElement } from '../../xml/element.ts';
import { optionalChild, type Place, placesWithin, requiredChild, withoutAbsent } from '../document.ts';
import { NEG } from '../names.ts';
import { type EndpointReference, readEndpointReference } from '../offer/endpoint-reference.ts';
import { foreignPlaces, neg, optionalReference } from './negotiation-context.ts';
import {
	type NegotiationOfferContext,
	type OfferInNegotiation,
	printOfferContext,
	readOfferContext,
} from './negotiation-offer.ts';

/** `responderAgreement` only of a RenegotiationExtension, which has one: the agreement to be superseded. */
export interface NegotiationExtension {
	readonly kind: 'NegotiationExtension' | 'RenegotiationExtension';
	readonly path: string;
	readonly responderNegotiation?: EndpointReference;
	readonly initiatorNegotiation?: EndpointReference;
	readonly responderAgreement?: EndpointReference;
	/** Of the negotiated offer. */
	readonly offerContext: NegotiationOfferContext;
	readonly extensions: readonly Place[];
}

/** What kind of extension the element is, if it is one of the two. */
export function extensionKind({ element }: Place): NegotiationExtension['kind'] | undefined {
	if (hasName(element, NEG, 'NegotiationExtension')) return 'NegotiationExtension';
	return hasName(element, NEG, 'RenegotiationExtension') ? 'RenegotiationExtension' : undefined;
}

/** Reads an extension of that kind. */
export function readNegotiationExtension(
	place: Place,
	kind: NegotiationExtension['kind'],
	issues: DocumentIssue[],
): NegotiationExtension | undefined {
	const places = placesWithin(place);
	const isRenegotiation = kind === 'RenegotiationExtension';
	const child = (localName: string, isRequired: boolean): EndpointReference | undefined => {
		const found = (isRequired ? requiredChild : optionalChild)(place, places, NEG, localName, issues);
		return found && readEndpointReference(found, issues);
	};
	const references = {
		responderNegotiation: child('ResponderNegotiationEPR', isRenegotiation),
		initiatorNegotiation: child('InitiatorNegotiationEPR', false),
		responderAgreement: isRenegotiation ? child('ResponderAgreementEPR', true) : undefined,
	};
	const contextPlace = requiredChild(place, places, NEG, 'NegotiationOfferContext', issues);
	const offerContext = contextPlace && readOfferContext(contextPlace, issues);
	if (offerContext === undefined) return undefined;
	return { kind, path: place.path, ...withoutAbsent(references), offerContext, extensions: foreignPlaces(places) };
}

/** A new extension, for whoever creates an agreement from a negotiated offer. */
export function printNegotiationExtension(
	references: Pick<
		NegotiationExtension,
		'kind' | 'responderNegotiation' | 'initiatorNegotiation' | 'responderAgreement'
	>,
	offerContext: Omit<OfferInNegotiation, 'offer'>,
): XmlElement {
	return neg(references.kind, [
		...optionalReference('ResponderNegotiationEPR', references.responderNegotiation),
		...optionalReference('InitiatorNegotiationEPR', references.initiatorNegotiation),
		...optionalReference('ResponderAgreementEPR', references.responderAgreement),
		printOfferContext(offerContext),
	]);
}
