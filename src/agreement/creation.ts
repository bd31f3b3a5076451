/** wsag:CreateAgreementInput (GFD.192, 6.1) as a document: an offer, and the negotiation that it comes from. */
import { type DocumentIssue, hasName, qualifiedName, type XmlElement } from '../xml/element.ts';
import {
	addIssue,
	type Place,
	placeOfRoot,
	placesNamed,
	placesWithin,
	type Reading,
	reading,
	requiredChild,
	standaloneTree,
} from './document.ts';
import { WSAG } from './names.ts';
import { extensionKind, type NegotiationExtension, readNegotiationExtension } from './negotiation-extension.ts';
import { type Offer, readOffer } from './offer.ts';

export interface AgreementCreation {
	readonly offer: Offer;
	/** What binds it to the offer that was negotiated, as a critical extension or as a noncritical one. */
	readonly negotiated?: NegotiationExtension;
}

/** Reads a wsag:CreateAgreementInput. A critical extension that is not known is refused: nobody here acts on it. */
export function readAgreementCreation(root: XmlElement): Reading<AgreementCreation> {
	const issues: DocumentIssue[] = [];
	const place = placeOfRoot(root);
	if (!hasName(root, WSAG, 'CreateAgreementInput')) {
		const details = { found: qualifiedName(root), allowed: `CreateAgreementInput of ${WSAG}` };
		addIssue(issues, 'ROOT_UNKNOWN', place.path, 'This makes no agreement.', details);
		return { ok: false, issues };
	}
	const places = placesWithin(place);
	const offerPlace = requiredChild(place, places, WSAG, 'AgreementOffer', issues);
	const offer = offerPlace && readOffer(standaloneTree(offerPlace));
	if (offer?.ok === false) issues.push(...offer.issues);
	const negotiated = readNegotiated(places, issues);
	if (offer?.ok !== true) return { ok: false, issues };
	return reading({ offer: offer.value, ...(negotiated === undefined ? {} : { negotiated }) }, issues);
}

/** The extension that binds an offer to its negotiation, among the children of a message that makes an agreement. */
export function readNegotiated(places: readonly Place[], issues: DocumentIssue[]): NegotiationExtension | undefined {
	const critical = places.filter(({ element: { namespace } }) => namespace !== WSAG);
	const noncritical = placesNamed(places, WSAG, 'NoncriticalExtension').flatMap(placesWithin);
	for (const { element, path } of critical.filter((each) => extensionKind(each) === undefined)) {
		const message = 'A critical extension that is not known here. Leave it out, or make it a NoncriticalExtension.';
		addIssue(issues, 'ELEMENT_UNKNOWN', path, message, { found: qualifiedName(element) });
	}
	const [only, second] = [...critical, ...noncritical].filter((each) => extensionKind(each) !== undefined);
	if (second !== undefined) addIssue(issues, 'ELEMENT_REPEATED', second.path, 'An offer comes from one negotiation.');
	return only && readNegotiationExtension(only, extensionKind(only)!, issues);
}
