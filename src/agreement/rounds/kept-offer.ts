/** Offers of a negotiation as they are kept, printed again as nodes of the tree of offers. */
import { childElements, textOf, type XmlElement } from '../../xml/element.ts';
import { placeNamed, placeOfRoot, placesWithin } from '../document.ts';
import { NEG } from '../names.ts';
import { standaloneTree } from '../standalone-tree.ts';
import {
	agreementTreeOf,
	type OfferInNegotiation,
	printNegotiationOffer,
	readOfferContext,
} from './negotiation-offer.ts';

/** What is known of a node now, and its document does not say. Plain data: it crosses to a worker. */
export interface OfferNode
	extends Required<Pick<OfferInNegotiation, 'root' | 'offerId' | 'creator' | 'state'>>,
		Pick<OfferInNegotiation, 'expirationAt'> {
	/** What it answers; absent: what its document says, or else the template. */
	readonly counterOfferTo?: string | undefined;
	/** What its state holds, whatever its sender said in it. */
	readonly stateContent?: XmlElement | undefined;
	/** The same where its sender said nothing, or of another state. */
	readonly otherwise?: XmlElement | undefined;
}

/** The document of a node with its id, its place, its state now, and why that is so. */
export function printOfferNode(tree: XmlElement, node: OfferNode): XmlElement {
	const { offerId, state, stateContent, otherwise, counterOfferTo, ...more } = node;
	const places = placesWithin(placeOfRoot(tree));
	// What it demands is only written again: to read hundreds of constraints takes as long as to judge by them.
	const section = placeNamed(places, NEG, 'NegotiationConstraints');
	const context = placeNamed(places, NEG, 'NegotiationOfferContext');
	const sent = context && readOfferContext(context, []);
	if (tree.namespace === NEG && sent === undefined) {
		throw new Error(`The negotiation offer ${offerId} cannot be read again.`);
	}
	const offer = tree.namespace === NEG ? agreementTreeOf(tree) : tree;
	// What its sender said in its state stays there, unless the state is another one now or the site has its own reasons.
	const [said] = sent?.state === state ? sent.stateContent : [];
	const content = stateContent ?? (said === undefined ? otherwise : standaloneTree(said));
	return printNegotiationOffer({
		...more,
		offer,
		offerId,
		state,
		counterOfferTo: counterOfferTo ?? sent?.counterOfferTo ?? templateOf(offer),
		...(content === undefined ? {} : { stateContent: content }),
		extensions: (sent?.extensions ?? []).map(standaloneTree),
		// With what is declared at the section: Locations have prefixes.
		...(section === undefined ? {} : { constraints: placesWithin(section).map(standaloneTree) }),
	});
}

/** How the root of the tree is called: by the template of the offer. */
function templateOf(offer: XmlElement): string {
	const context = childElements(offer).find(({ localName }) => localName === 'Context');
	const id = context && childElements(context).find(({ localName }) => localName === 'TemplateId');
	return id === undefined ? '' : textOf(id).trim();
}
