/** Negotiations as the API shows them in JSON. Shapes: docs/openapi.json. */
import { keptXml } from '../agreement/kept-document.ts';
import { literalPieces } from '../agreement/to-json.ts';
import { expirationOf, isHeld } from '../broker/rounds/holds.ts';
import type { AnsweredOffer, NegotiationTree } from '../broker/rounds/negotiation-outcome.ts';
import type { Reason } from '../negotiation/decision.ts';
import { grantView, hostsView, priceView } from './agreement-views.ts';
import { differenceView, reasonView } from './decision-views.ts';
import { printKept } from './kept-documents.ts';
import type { DocumentReader, Form } from './requests.ts';
import { listOf, type Pieces, withList, withMember } from './streamed.ts';
import { instant } from './views.ts';

type Negotiation = NegotiationTree['negotiation'];
type WrittenOffer = AnsweredOffer['offer'];

export function negotiationView(negotiation: Negotiation): Record<string, unknown> {
	const { id, state, stateReason, template, renegotiates, party, vo } = negotiation;
	const { agreementId: agreement, ...permission } = renegotiates ?? {};
	return {
		id,
		type: renegotiates === undefined ? 'Negotiation' : 'Renegotiation',
		state,
		stateReason,
		template,
		agreement,
		...permission,
		party,
		vo,
		expiresAt: instant(negotiation.expirationAt),
		createdAt: instant(negotiation.createdAt),
		updatedAt: instant(negotiation.updatedAt),
		historyHead: negotiation.headHash,
	};
}

/** With what is held, and all offers of the tree: as JSON, piece by piece. */
export function printNegotiationView(reader: DocumentReader, tree: NegotiationTree, more: object): Pieces {
	const { offers, textOf } = tree;
	const printed = printedEach(offers, (offer) => printOffer(reader, { ...offer, text: textOf(offer) }, 'json'));
	return withList({ ...treeView(tree), ...more }, 'offers', printed);
}

function* printedEach<T>(items: Iterable<T>, print: (item: T) => Pieces): Generator<Pieces> {
	for (const item of items) yield print(item);
}

function treeView({ negotiation, offers, holds }: NegotiationTree): Record<string, unknown> {
	return {
		...negotiationView(negotiation),
		holds: holds.map(({ id, siteSeconds, heldAt }) => ({
			id,
			siteSeconds,
			heldAt: instant(heldAt),
			offers: offers.filter(({ holdId, state }) => holdId === id && state === 'Acceptable').map((offer) => offer.id),
		})),
	};
}

/** Each offer with what answers it, behind what else is answered: as JSON, piece by piece. */
export function printAnswers(
	reader: DocumentReader,
	answer: object,
	answers: readonly AnsweredOffer[],
	form: Form,
): Pieces {
	return withList(answer, 'answers', printedAnswers(reader, answers, form));
}

function* printedAnswers(reader: DocumentReader, answers: readonly AnsweredOffer[], form: Form): Generator<Pieces> {
	for (const { offer, counterOffers } of answers) {
		const printed = printedEach(counterOffers, (each) => printOffer(reader, each, form));
		yield answered(printOffer(reader, offer, form), printed);
	}
}

function* answered(offer: Pieces, counterOffers: Iterable<Pieces>): Pieces {
	yield '{"offer":';
	yield* offer;
	yield ',"counterOffers":';
	yield* listOf(counterOffers);
	yield '}';
}

/** The offer with its document in this form: as JSON, piece by piece. */
function printOffer(reader: DocumentReader, offer: WrittenOffer, form: Form): Pieces {
	const view = offerView(offer);
	const { text } = offer;
	if (form === 'xml') return withMember(view, 'offerXml', literalPieces([keptXml(text)]));
	return withMember(view, 'offer', printKept(reader, { text, remade: {} }, 'json'));
}

/** An offer without its document. */
function offerView(offer: WrittenOffer): Record<string, unknown> {
	const { id, counterOfferTo, creator, state, reasons, proposal, holdId, agreementId } = offer;
	const expirationAt = expirationOf(offer);
	return {
		id,
		counterOfferTo,
		creator,
		state,
		...(reasons.length === 0 ? {} : { reasons: reasons.map((reason) => reasonView(reason as Reason)) }),
		...(proposal === undefined ? {} : proposalView(proposal)),
		hold: isHeld(offer) ? holdId : undefined,
		expiresAt: expirationAt === undefined ? undefined : instant(expirationAt),
		agreement: agreementId,
		createdAt: instant(offer.createdAt),
	};
}

function proposalView(proposal: NonNullable<WrittenOffer['proposal']>): Record<string, unknown> {
	const { rank, kind, grant, price, placement, differences, effects, because } = proposal;
	return {
		rank,
		kind,
		grant: grantView(grant),
		price: priceView(price),
		hosts: hostsView(placement, grant),
		differences: differences.map(differenceView),
		because,
		...(effects.length === 0 ? {} : { effects }),
	};
}
