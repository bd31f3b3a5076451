/** The routes of offers: made, as a change of what there is, or only asked about. */
import { type Request, type Response, Router } from 'express';
import type { AgreementCreation } from '../agreement/offer/creation.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import type { ReadDocument } from '../agreement/reading.ts';
import type { Broker } from '../broker/broker.ts';
import type { EvaluationOutcome, NegotiatedOffer, OfferedAlternative, OfferOutcome } from '../broker/outcome.ts';
import type { Party } from '../identity/party.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { writeCanonical } from '../xml/writer.ts';
import { type PrintedAnswer, printAgreement, printJson, send, withRemarks } from './answers.ts';
import { evaluationView, printAlternative, reasonView } from './decision-views.ts';
import { negotiatedOfferOf } from './negotiation-documents.ts';
import { areReadLeniently } from './offer-reading.ts';
import { type Piece, type PiecewiseAnswer, sendPiecewise } from './piecewise.ts';
import { invalidDocument, type Refusal } from './problems.ts';
import { refusalOf, withinMessage } from './refusals.ts';
import { rememberReadings } from './remembered-readings.ts';
import {
	answerForm,
	type DocumentReader,
	type Form,
	handle,
	idempotencyOf,
	isRefusal,
	PERMISSIONS,
	permissionsOf,
	READING,
	receiveDocument,
	versionOf,
} from './requests.ts';

export function offerRoutes(broker: Broker, reader: DocumentReader): Router {
	const router = Router();
	const { asked, sent } = rememberReadings(reader);
	const documents = { broker, reader: sent };
	router.post(
		'/agreements',
		handle((request, response, party) => offer(documents, request, response, party), {
			...READING,
			negotiation: 'text',
			offer: 'text',
		}),
	);
	router.post(
		'/agreements/:id/renegotiations',
		handle((request, response, party) => renegotiate(documents, request, response, party), {
			...READING,
			...PERMISSIONS,
		}),
	);
	router.post(
		'/evaluations',
		handle((request, response, party) => evaluate({ broker, reader: asked }, request, response, party), {
			agreement: 'text',
			...READING,
			...PERMISSIONS,
		}),
	);
	return router;
}

type OfferDocument =
	| Extract<ReadDocument, { kind: 'offer' }>
	| { readonly kind: 'agreement-creation'; readonly creation: AgreementCreation };

function offerIn(value: OfferDocument): Offer {
	return value.kind === 'offer' ? value.offer : value.creation.offer;
}

interface ReceivedOffer {
	readonly offer: Offer;
	readonly form: Form;
	readonly repairs: readonly DocumentIssue[];
}

interface Documents {
	readonly broker: Broker;
	readonly reader: DocumentReader;
}

async function offer({ broker, reader }: Documents, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const received = await receiveDocument(request, reader, ['offer', 'agreement-creation'], (value) => {
		const bound = negotiatedIn(request, value);
		const negotiationId = isRefusal(bound) ? undefined : bound.negotiated?.negotiationId;
		return areReadLeniently(broker, [offerIn(value)], { party, negotiationId });
	});
	if (received.kind === 'refusal') return received.refusal;
	const keyed = idempotencyOf(request);
	if (isRefusal(keyed)) return keyed;
	const { value, form } = received;
	const repairs = [...received.repairs, ...ignoredIn(value)];
	const bound = negotiatedIn(request, value);
	if (isRefusal(bound)) return bound;
	const sent = {
		party,
		offer: () => offerIn(value),
		// Asked for in the offer's turn, as the offer is.
		get offerXml() {
			return value.kind === 'offer' ? value.text : writeCanonical(value.creation.offer.tree);
		},
		...bound,
		...keyed,
	};
	const answered = await broker.createAgreement(sent, (decided, offer) => {
		const outcome = value.kind === 'offer' ? decided : withinMessage(decided, value.creation.path);
		return answerOffer(broker, outcome, { offer, form, repairs }, answer, request);
	});
	return send(response, answered);
}

/** The noncritical extensions of a message that are passed over. */
function ignoredIn(received: OfferDocument): readonly DocumentIssue[] {
	if (received.kind === 'offer') return [];
	return received.creation.remarks.map((remark) => ({ ...remark, severity: 'info' }));
}

/** The offer of a negotiation that is agreed to: named by the query, or by the extension of the message. */
function negotiatedIn(
	{ query: { negotiation, offer } }: Request,
	received: OfferDocument,
): { readonly negotiated?: NegotiatedOffer } | Refusal {
	const extension = received.kind === 'offer' ? undefined : received.creation.negotiated;
	if (typeof negotiation === 'string' && typeof offer === 'string' && extension === undefined)
		return { negotiated: { negotiationId: negotiation, offerId: offer } };
	if (negotiation !== undefined || offer !== undefined) {
		const allowed = 'both of them, and no NegotiationExtension beside them';
		const found = [...Object.entries({ negotiation, offer })].filter(([, value]) => value !== undefined);
		const beside = extension === undefined ? '' : ' beside an extension';
		const detail = `negotiation and offer: ${allowed}; found ${found.map(([name]) => name).join(' and ')}${beside}.`;
		return { code: 'PARAMETER_INVALID', detail };
	}
	if (extension === undefined) return {};
	const negotiated = negotiatedOfferOf(extension);
	if (negotiated !== undefined) return { negotiated };
	const message = 'Without a ResponderNegotiationEPR nobody knows which negotiation is meant.';
	return invalidDocument([{ code: 'ELEMENT_MISSING', path: extension.path, message }]);
}

async function renegotiate({ broker, reader }: Documents, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const expected = versionOf(request, 'required');
	if (isRefusal(expected)) return expected;
	const received = await receiveDocument(request, reader, 'offer', ({ offer }) =>
		areReadLeniently(broker, [offer], { party }),
	);
	if (received.kind === 'refusal') return received.refusal;
	const keyed = idempotencyOf(request);
	if (isRefusal(keyed)) return keyed;
	const { offer, text: offerXml } = received.value;
	const outcome = await broker.renegotiate({
		party,
		offer,
		offerXml,
		agreementId: String(request.params.id),
		...expected,
		...permissionsOf(request),
		...keyed,
	});
	const { form, repairs } = received;
	return send(response, answerOffer(broker, outcome, { offer, form, repairs }, answer, request));
}

async function evaluate({ broker, reader }: Documents, request: Request, response: Response, party: Party) {
	const received = await receiveDocument(request, reader, 'offer', ({ offer }) =>
		areReadLeniently(broker, [offer], { party }),
	);
	if (received.kind === 'refusal') return received.refusal;
	const { value, form, repairs } = received;
	const agreementId = request.query.agreement;
	const sent = {
		party,
		offer: () => value.offer,
		...(typeof agreementId === 'string' ? { agreementId } : {}),
		...permissionsOf(request),
	};
	const answered = await broker.evaluate(sent, (outcome) => answerEvaluation(outcome, form, repairs));
	if (!('answer' in answered)) return send(response, answered);
	await sendPiecewise(response, answered);
	return undefined;
}

function answerEvaluation(
	outcome: EvaluationOutcome,
	form: Form,
	repairs: readonly DocumentIssue[],
): Refusal | PrintedAnswer | PiecewiseAnswer {
	switch (outcome.kind) {
		case 'countered': {
			const answer = withRemarks(evaluationView(outcome), repairs);
			const alternatives = piecesOf(outcome.alternatives, form);
			return { status: 200, type: 'application/json; charset=utf-8', answer, alternatives };
		}
		case 'accepted':
		case 'refused':
			return printJson(withRemarks(evaluationView(outcome), repairs));
		default:
			return refusalOf(outcome, 'STATE_FORBIDS');
	}
}

function piecesOf(alternatives: readonly OfferedAlternative[], form: Form): readonly Piece[] {
	return alternatives.map((each) => () => printAlternative(each, form));
}

/** 201 with the agreement, or why not. */
function answerOffer(
	broker: Broker,
	outcome: OfferOutcome,
	{ offer, form: sentAs, repairs }: ReceivedOffer,
	answer: Form,
	request: Request,
): Refusal | PrintedAnswer {
	if (outcome.kind === 'accepted') {
		const { agreement, effects, replayed } = outcome;
		const brief = /(?:^|[,;\s])return=minimal(?:$|[,;\s])/.test(request.get('Prefer') ?? '');
		const template = broker.catalogue.readTemplate(agreement.template);
		const printed = printAgreement(agreement, answer, { template, offer, effects, brief, repairs });
		const headers: Record<string, string> = { ...printed.headers, Location: `/agreements/${agreement.id}` };
		if (brief) headers['Preference-Applied'] = 'return=minimal';
		if (replayed) headers['Idempotency-Replayed'] = 'true';
		return { ...printed, status: 201, headers };
	}
	if (outcome.kind === 'countered') {
		const { reasons, remarks, alternatives, calendarVersion } = outcome;
		return {
			code: 'OFFER_COUNTERED',
			more: withRemarks({ reasons: reasons.map(reasonView), remarks, calendarVersion }, repairs),
			alternatives: piecesOf(alternatives, sentAs),
		};
	}
	if (outcome.kind === 'refused') {
		const { reasons, remarks, calendarVersion } = outcome;
		const more = { reasons: reasons.map(reasonView), remarks, calendarVersion };
		return { code: 'OFFER_REFUSED', more: withRemarks(more, repairs) };
	}
	return refusalOf(outcome, 'STATE_FORBIDS');
}
