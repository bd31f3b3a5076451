/** What an offer pays at most (ws:Quote in its Context), written into an offer that a site has read. */
import { fromJson } from '../agreement/from-json.ts';
import { WS, WSAG } from '../agreement/names.ts';
import { type Money, withQuote } from '../agreement/terms/quote.ts';
import { toJson } from '../agreement/to-json.ts';
import type { NegotiationOfferResource } from '../client/resources.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import { firstChild, type XmlElement } from '../xml/element.ts';
import { readCanonical } from '../xml/reader.ts';
import { writeCanonicalDocument } from '../xml/writer.ts';

/** The offer that pays no more than this, in the form in which it was answered; undefined where it says already what it pays. */
export function withCeiling(
	{ offerXml, offer }: Pick<NegotiationOfferResource, 'offerXml' | 'offer'>,
	{ currency, amount }: Money,
): OutgoingDocument | undefined {
	const tree = offerXml === undefined ? treeOfJson(offer) : treeOfXml(offerXml);
	const context = tree && firstChild(tree, WSAG, 'Context');
	if (tree === undefined || context === undefined || firstChild(context, WS, 'Quote') !== undefined) return undefined;
	const bounded = withQuote(tree, { currency, amount, cancellation: [] });
	return offerXml === undefined
		? { mediaType: 'application/json', body: JSON.stringify(toJson(bounded)) }
		: { mediaType: 'application/xml', body: writeCanonicalDocument(bounded) };
}

function treeOfXml(text: string): XmlElement | undefined {
	const read = readCanonical(text);
	return read.ok ? read.root : undefined;
}

function treeOfJson(value: unknown): XmlElement | undefined {
	const read = fromJson(value);
	return read.ok ? read.value : undefined;
}
