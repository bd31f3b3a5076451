/** wsag:CreateAgreementInput (GFD.192, 6.1) as a document: an offer, and the negotiation that it comes from. */
import { type DocumentIssue, hasName, qualifiedName, type XmlElement } from '../../xml/element.ts';
import { addIssue, type Place, placeOfRoot, placesWithin, type Reading, reading, requiredChild } from '../document.ts';
import type { ExtensionName } from '../lenient/extension-points.ts';
import { NEG, WSAG } from '../names.ts';
import { extensionKind, type NegotiationExtension, readNegotiationExtension } from '../rounds/negotiation-extension.ts';
import { standaloneTree } from '../standalone-tree.ts';
import { extensionsAmong, judgeExtensions } from './extensions.ts';
import { type Offer, readOffer } from './offer.ts';

export interface AgreementCreation {
	/** A document of its own: its paths begin at itself. */
	readonly offer: Offer;
	/** The path of the message, which the offer stands in. */
	readonly path: string;
	/** What binds it to the offer that was negotiated, as a critical extension or as a noncritical one. */
	readonly negotiated?: NegotiationExtension;
	/** EXTENSION_IGNORED for each noncritical extension that is not known. */
	readonly remarks: readonly DocumentIssue[];
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
	if (offer?.ok === false) {
		issues.push(...offer.issues.map((issue) => ({ ...issue, path: `${place.path}${issue.path}` })));
	}
	const remarks: DocumentIssue[] = [];
	const negotiated = readNegotiated(places, issues, remarks);
	if (offer?.ok !== true) return { ok: false, issues };
	const creation = { offer: offer.value, path: place.path, remarks };
	return reading(negotiated === undefined ? creation : { ...creation, negotiated }, issues);
}

/** The extension that binds an offer to its negotiation, among the children of a message that makes an agreement. */
export function readNegotiated(
	places: readonly Place[],
	issues: DocumentIssue[],
	remarks: DocumentIssue[] = [],
): NegotiationExtension | undefined {
	const judgement = judgeExtensions(extensionsAmong(places, WSAG), NEGOTIATION_EXTENSIONS);
	const { understood } = judgement;
	issues.push(...judgement.issues);
	remarks.push(...judgement.remarks);
	const [only, second] = understood;
	if (second !== undefined) addIssue(issues, 'ELEMENT_REPEATED', second.path, 'An offer comes from one negotiation.');
	return only && readNegotiationExtension(only, extensionKind(only)!, issues);
}

const NEGOTIATION_EXTENSIONS: readonly ExtensionName[] = [
	{ namespace: NEG, localName: 'NegotiationExtension' },
	{ namespace: NEG, localName: 'RenegotiationExtension' },
];
