/** What the options of `computon negotiate` say of price and time, written into an offer that a site has read. */
import { fromJson } from '../agreement/from-json.ts';
import { WS, WSAG } from '../agreement/names.ts';
import { type Money, withQuote } from '../agreement/terms/quote.ts';
import { parseDateTime, parseDuration, printDateTime } from '../agreement/time.ts';
import { toJson } from '../agreement/to-json.ts';
import type { NegotiationOfferResource } from '../client/resources.ts';
import type { OutgoingDocument } from '../client/transport.ts';
import { firstChild, hasName, mapElements, textOf, type XmlElement } from '../xml/element.ts';
import { readCanonical } from '../xml/reader.ts';
import { writeCanonicalDocument } from '../xml/writer.ts';

/** What is asked for beyond the offer. */
export interface Narrower {
	/** It pays no more than this; an offer that says already what it pays stays as it is. */
	readonly ceiling?: Money | undefined;
	/** It begins by then (epoch seconds), where its window lets it begin later: the EndTime of the window is cut. */
	readonly startsBy?: number | undefined;
}

/** The offer as it was answered, narrowed; undefined where nothing of it becomes narrower. */
export function narrowed(
	{ offerXml, offer }: Pick<NegotiationOfferResource, 'offerXml' | 'offer'>,
	{ ceiling, startsBy }: Narrower,
): OutgoingDocument | undefined {
	const tree = offerXml === undefined ? treeOfJson(offer) : treeOfXml(offerXml);
	if (tree === undefined) return undefined;
	const paying = ceiling === undefined ? tree : withCeiling(tree, ceiling);
	const narrower = startsBy === undefined ? paying : startingBy(paying, startsBy);
	if (narrower === tree) return undefined;
	return offerXml === undefined
		? { mediaType: 'application/json', body: JSON.stringify(toJson(narrower)) }
		: { mediaType: 'application/xml', body: writeCanonicalDocument(narrower) };
}

function withCeiling(tree: XmlElement, { currency, amount }: Money): XmlElement {
	const context = firstChild(tree, WSAG, 'Context');
	if (context === undefined || firstChild(context, WS, 'Quote') !== undefined) return tree;
	return withQuote(tree, { currency, amount, cancellation: [] });
}

/** The tree whose windows that float begin by then; the very same one where none begins later. */
function startingBy(tree: XmlElement, latestAt: number): XmlElement {
	if (hasName(tree, WS, 'Window')) return windowBy(tree, latestAt);
	const children = mapElements(tree.children, (child) => startingBy(child, latestAt));
	return children === tree.children ? tree : { ...tree, children };
}

function windowBy(window: XmlElement, latestAt: number): XmlElement {
	const said = (name: string): string | undefined => {
		const child = firstChild(window, WS, name);
		return child && textOf(child);
	};
	const secondsOf = (name: string) => parseDateTime(said(name) ?? '')?.seconds;
	const duration = parseDuration(said('Duration') ?? '');
	const endAt = secondsOf('EndTime');
	// A start that is named and lies later is what the client wants.
	if (endAt === undefined || !duration.ok || (secondsOf('StartTime') ?? 0) > latestAt) return window;
	if (endAt - duration.seconds <= latestAt) return window;
	const cut = { kind: 'text', text: printDateTime(latestAt + duration.seconds) } as const;
	const children = mapElements(window.children, (child) =>
		hasName(child, WS, 'EndTime') ? { ...child, children: [cut] } : child,
	);
	return { ...window, children };
}

function treeOfXml(text: string): XmlElement | undefined {
	const read = readCanonical(text);
	return read.ok ? read.root : undefined;
}

function treeOfJson(value: unknown): XmlElement | undefined {
	const read = fromJson(value);
	return read.ok ? read.value : undefined;
}
