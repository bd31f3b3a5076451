/** Negotiations as the documents of GFD.193 have them: what comes in, as the broker takes it, and what goes out. */

import { excerpt, withoutAbsent } from '../agreement/document.ts';
import { remadeTree } from '../agreement/kept-document.ts';
import { printRepairs } from '../agreement/lenient/repairs.ts';
import { NEG } from '../agreement/names.ts';
import type { EndpointReference } from '../agreement/offer/endpoint-reference.ts';
import { printAnswer } from '../agreement/rounds/answer.ts';
import { isBaseFault, printBaseFault, readBaseFault } from '../agreement/rounds/base-fault.ts';
import type { OfferNode } from '../agreement/rounds/kept-offer.ts';
import { type NegotiationContext, printNegotiationContext } from '../agreement/rounds/negotiation-context.ts';
import type { NegotiationExtension } from '../agreement/rounds/negotiation-extension.ts';
import {
	type NegotiationMessage,
	printNegotiableTemplate,
	printNegotiationMessage,
} from '../agreement/rounds/negotiation-messages.ts';
import {
	agreementOfferOf,
	isOfferId,
	type NegotiationOffer,
	OFFER_ID_ALLOWED,
	placeOfOfferId,
} from '../agreement/rounds/negotiation-offer.ts';
import type { Broker } from '../broker/broker.ts';
import type { ChangePermission, NegotiatedOffer } from '../broker/outcome.ts';
import { expirationOf } from '../broker/rounds/holds.ts';
import type {
	AnsweredOffer,
	InitiateRequest,
	NegotiationTree,
	SentOffer,
} from '../broker/rounds/negotiation-outcome.ts';
import type { Reason } from '../negotiation/decision.ts';
import { type DocumentIssue, firstChild, qualifiedName, textOf, type XmlElement } from '../xml/element.ts';
import { declareNamespaces } from '../xml/scope.ts';
import { canonicalPieces, writeCanonical, writeCanonicalDocument } from '../xml/writer.ts';
import { answerOf, faultReasonOf } from './decision-views.ts';
import { type KeptDocument, printKept, treeOfKept } from './kept-documents.ts';
import { noteRead } from './printing-rounds.ts';
import type { DocumentReader } from './requests.ts';
import { CS } from './soap/names.ts';
import { type Pieces, withinLast } from './streamed.ts';

/** The id of a resource of ours that a reference leads to: its parameter, or the end of its address. */
export function resourceIdIn(
	{ address, referenceParameters }: EndpointReference,
	kind: 'Agreement' | 'Negotiation',
): string {
	const parameter = referenceParameters.find(({ namespace, localName }) => namespace === CS && localName === kind);
	return (parameter === undefined ? (address.split('/').at(-1) ?? '') : textOf(parameter)).trim();
}

/** What a context asks to begin; what a renegotiation may do to machines is said beside it. */
export function initiationOf(
	context: NegotiationContext,
	permission: ChangePermission,
): Pick<InitiateRequest, 'renegotiates' | 'expirationAt' | 'contextXml'> {
	const { type, expirationAt, tree } = context;
	const agreementId = type.kind === 'Renegotiation' ? resourceIdIn(type.responderAgreement, 'Agreement') : undefined;
	return {
		contextXml: writeCanonical(tree),
		...(expirationAt === undefined ? {} : { expirationAt }),
		...(agreementId === undefined ? {} : { renegotiates: { agreementId, ...permission } }),
	};
}

/** Of foreign elements that are told; a message may have thousands. */
const EXTENSIONS_TOLD_MAX = 20;

/** What keeps a site from taking a message: foreign elements, which are critical and none of them known; its context. */
export function issuesOfMessage(message: NegotiationMessage): DocumentIssue[] {
	const unknown = message.extensions
		.slice(0, EXTENSIONS_TOLD_MAX)
		.map(({ element: { namespace, localName }, path }) => ({
			code: 'EXTENSION_UNKNOWN',
			message: 'The extension is critical, and nobody here understands it.',
			path,
			found: `{${namespace}}${localName}`.slice(0, 300),
		}));
	switch (message.kind) {
		case 'InitiateNegotiationInput':
			return [...unknown, ...issuesOfContext(message.context)];
		case 'TerminateInput':
			return unknown;
		default:
			return [...unknown, ...message.offers.flatMap(issuesOfOffer)];
	}
}

/**
 * What keeps a site from taking an offer: a Creator who is not its sender, an OfferId by which nobody could name it. Who
 * sends to a site is the initiator of the negotiation; also a counter-offer of the site that is sent back is the
 * initiator's own offer then.
 */
export function issuesOfOffer(offer: NegotiationOffer): DocumentIssue[] {
	return [...issuesOfOfferId(offer), ...issuesOfCreator(offer)];
}

function issuesOfOfferId(offer: NegotiationOffer): DocumentIssue[] {
	const { offerId } = offer;
	if (offerId === undefined || isOfferId(offerId)) return [];
	const message = 'An offer cannot be called so. Give it another OfferId, or none: then the site gives one.';
	const found = excerpt(offerId);
	return [{ code: 'VALUE_MALFORMED', path: placeOfOfferId(offer), message, found, allowed: OFFER_ID_ALLOWED }];
}

function issuesOfCreator({ creator: found, tree, path }: NegotiationOffer): DocumentIssue[] {
	if (found === 'NegotiationInitiator') return [];
	const context = firstChild(tree, NEG, 'NegotiationOfferContext')!;
	const creator = firstChild(context, NEG, 'Creator')!;
	const message = 'The Creator of an offer is who sends it, here the initiator, also where it answers a counter-offer.';
	const at = `${path}/${qualifiedName(context)}/${qualifiedName(creator)}`;
	return [{ code: 'CREATOR_NOT_SENDER', path: at, message, found, allowed: 'NegotiationInitiator' }];
}

/** What keeps a site from entering into a context: that it would have to buy. */
export function issuesOfContext({ agreementResponder: found, tree, path }: NegotiationContext): DocumentIssue[] {
	if (found === 'NegotiationResponder') return [];
	const message = 'The AgreementResponder must be the responder: a site provides services and buys none.';
	const at = `${path}/${qualifiedName(firstChild(tree, NEG, 'AgreementResponder')!)}`;
	return [{ code: 'PROVIDER_NOT_RESPONDER', path: at, message, found, allowed: 'NegotiationResponder' }];
}

/** An offer of a negotiation, as the broker takes it. */
export function sentOfferOf(offer: NegotiationOffer): SentOffer {
	const { tree, state, offerId, counterOfferTo, expirationAt, stateContent } = offer;
	const fault = state === 'Rejected' ? stateContent.find(isBaseFault) : undefined;
	const said = fault && readBaseFault(fault, [])?.descriptions.join(' ');
	return {
		offer: agreementOfferOf(offer),
		tree,
		state,
		...(offerId === undefined ? {} : { offerId }),
		counterOfferTo,
		...(expirationAt === undefined ? {} : { expirationAt }),
		...(said === undefined || said === '' ? {} : { why: excerpt(said, WHY_LENGTH_MAX) }),
	};
}

/** Why an offer is rejected: a sentence or two. */
const WHY_LENGTH_MAX = 500;

/** The offer that an extension binds an agreement to; undefined where it does not say of which negotiation. */
export function negotiatedOfferOf({
	responderNegotiation,
	responderAgreement,
	offerContext,
}: NegotiationExtension): NegotiatedOffer | undefined {
	if (responderNegotiation === undefined) return undefined;
	const negotiationId = resourceIdIn(responderNegotiation, 'Negotiation');
	const supersedes = responderAgreement && resourceIdIn(responderAgreement, 'Agreement');
	return { negotiationId, ...withoutAbsent({ supersedes }), counterOfferTo: offerContext.counterOfferTo };
}

/** A document whose root has more children than should be in memory together: each is made when it is asked for. */
export interface DocumentInParts {
	/** With its first children. */
	readonly root: XmlElement;
	/** The others, in their order; each is a document of its own. */
	readonly parts: readonly Part[];
}

interface Part {
	readonly localName: string;
	/** Of the document that it is printed from. */
	readonly bytes: number;
	readonly print: () => Pieces;
	readonly tree: () => XmlElement | Promise<XmlElement>;
}

/** A part whose tree is at hand, or is soon made. */
export function partOf(localName: string, bytes: number, tree: () => XmlElement): Part {
	function* print(): Pieces {
		const made = tree();
		noteRead(bytes);
		// Others may be served before it is printed.
		yield '';
		yield* canonicalPieces(made);
	}
	return { localName, bytes, tree, print };
}

function keptPart(reader: DocumentReader, localName: string, bytes: number, kept: () => KeptDocument): Part {
	return {
		localName,
		bytes,
		print: () => printKept(reader, kept(), 'xml'),
		tree: () => treeOfKept(reader, kept()),
	};
}

/** neg:NegotiateOutput: the counter-offers, in the order of the offers that they answer; behind them what was repaired. */
export function printNegotiateOutput(
	reader: DocumentReader,
	answers: readonly AnsweredOffer[],
	repairs: readonly DocumentIssue[] = [],
): DocumentInParts {
	const localName = 'NegotiationCounterOffer';
	const counterOffers = answers.flatMap(({ offer, counterOffers }) => {
		const reasons = offer.reasons as readonly Reason[];
		return counterOffers.map((each) => {
			const kept = () => ({ text: each.text, remade: { node: nodeOf(each, localName, reasons) } });
			return keptPart(reader, localName, each.text.length, kept);
		});
	});
	const told = repairs.length === 0 ? undefined : printRepairs(repairs);
	return {
		root: printNegotiationMessage('NegotiateOutput'),
		parts: [...counterOffers, ...(told ? [partOf(told.localName, 0, () => declareNamespaces(told))] : [])],
	};
}

/** neg:NegotiationProperties: the context, the templates that its offers can be made from, the tree of offers. */
export function printNegotiation(
	broker: Broker,
	reader: DocumentReader,
	{ negotiation, offers, textOf }: NegotiationTree,
	repairs: readonly DocumentIssue[] = [],
): DocumentInParts {
	const { template } = negotiation;
	const records = template === undefined ? broker.catalogue.listTemplates() : [broker.catalogue.getTemplate(template)];
	const templates = records.flatMap((record): Part[] => {
		if (record === undefined) return [];
		const tree = () => printNegotiableTemplate(broker.catalogue.readTemplate(record)!.tree);
		return [partOf('NegotiableTemplate', record.bytes, tree)];
	});
	const nodes = offers.map((offer): Part => {
		const localName = 'NegotiationOffer';
		const kept = () => ({ text: textOf(offer), remade: { node: nodeOf(offer, localName) } });
		return keptPart(reader, localName, offer.bytes ?? 0, kept);
	});
	return {
		root: printNegotiationMessage('NegotiationProperties'),
		parts: [contextPart(reader, negotiation, repairs), ...templates, ...nodes],
	};
}

/** Its text, piece by piece. */
export function printParts({ root, parts }: DocumentInParts): Pieces {
	return withinLast(writeCanonicalDocument(root), 1, textsOf(parts));
}

/** The text of each part. */
export function* textsOf(parts: DocumentInParts['parts']): Pieces {
	for (const { print } of parts) yield* print();
}

/** The context as it was sent, or as it would have been; with what was repaired in it, for the answer to it alone. */
function contextPart(
	reader: DocumentReader,
	{ contextXml, renegotiates, expirationAt, party, site }: NegotiationTree['negotiation'],
	repairs: readonly DocumentIssue[],
): Part {
	const localName = 'NegotiationContext';
	const more = repairs.length === 0 ? [] : [declareNamespaces(printRepairs(repairs))];
	if (contextXml !== undefined) {
		return keptPart(reader, localName, contextXml.length, () => ({ text: contextXml, remade: { more } }));
	}
	const context = printNegotiationContext({
		type:
			renegotiates === undefined
				? { kind: 'Negotiation' }
				: {
						kind: 'Renegotiation',
						responderAgreement: { address: `/agreements/${renegotiates.agreementId}`, referenceParameters: [] },
					},
		expirationAt,
		initiator: party,
		responder: site,
		agreementResponder: 'NegotiationResponder',
	});
	return partOf(localName, 0, () => declareNamespaces(remadeTree(context, { more })));
}

/**
 * What is known of the offer as a node of the tree now: its id, its place, its state, and why that is so. What the site
 * proposes says how it answers what was asked, which could not be had as it stands for the reasons `against` it.
 */
function nodeOf(
	offer: NegotiationTree['offers'][number],
	root: OfferNode['root'],
	against: readonly Reason[] = [],
): OfferNode {
	const { id: offerId, creator, state, counterOfferTo, reasons, updatedAt, proposal, holdId } = offer;
	const expirationAt = expirationOf(offer);
	const fault = {
		timestampAt: updatedAt,
		descriptions: [],
		reasons: reasons.map((reason) => faultReasonOf(reason as Reason)),
	};
	// What is told and was never held answers what was asked, and says why it is not held.
	const isTold = proposal !== undefined && state === 'Advisory' && holdId === undefined;
	const told = isTold ? [...(reasons as readonly Reason[]), ...against] : against;
	return {
		root,
		offerId,
		creator,
		state,
		counterOfferTo,
		...(expirationAt === undefined ? {} : { expirationAt }),
		...(reasons.length > 0 && !isTold ? { stateContent: printBaseFault(fault) } : {}),
		...(proposal === undefined ? {} : { otherwise: printAnswer(answerOf(proposal, told)) }),
	};
}
