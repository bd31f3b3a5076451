/** The routes of agreements: offers, renegotiations, evaluations, machines. */
import { type Request, type Response, Router } from 'express';
import type { AgreementCreation } from '../agreement/offer/creation.ts';
import type { Offer } from '../agreement/offer/offer.ts';
import type { ReadDocument } from '../agreement/reading.ts';
import type { Template } from '../agreement/template/template.ts';
import type { Broker } from '../broker/broker.ts';
import {
	type EvaluationOutcome,
	MACHINE_ACTIONS,
	type MachineAction,
	type NegotiatedOffer,
	type OfferOutcome,
} from '../broker/outcome.ts';
import { isPlainText, type Party } from '../identity/party.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { writeCanonical, writeCanonicalDocument } from '../xml/writer.ts';
import { negotiatedOfferOf } from './negotiation-documents.ts';
import { areReadLeniently } from './offer-reading.ts';
import { invalidDocument, type Refusal } from './problems.ts';
import { refusalOf, withinMessage } from './refusals.ts';
import {
	answerForm,
	type DocumentReader,
	type Form,
	handle,
	idempotencyOf,
	isRefusal,
	jsonObjectOf,
	PERMISSIONS,
	pageSizeOf,
	parseTag,
	permissionsOf,
	READING,
	REASON_LENGTH_MAX,
	receiveDocument,
	sequenceOf,
	versionOf,
	waitSecondsOf,
} from './requests.ts';
import * as views from './views.ts';

/** How long a request for a fresh look at machines waits for it. */
const LOOK_MS = 10_000;

export function agreementRoutes(broker: Broker, reader: DocumentReader): Router {
	const router = Router();
	const documents = { broker, reader };
	router.post(
		'/agreements',
		handle((request, response, party) => offer(documents, request, response, party), {
			...READING,
			negotiation: 'text',
			offer: 'text',
		}),
	);
	router.get(
		'/agreements',
		handle((request, response, party) => list(broker, request, response, party), {
			state: 'text',
			after: 'text',
			limit: 'text',
		}),
	);
	router.get(
		'/agreements/:id',
		handle((request, response, party) => show(broker, request, response, party)),
	);
	router.delete(
		'/agreements/:id',
		handle((request, response, party) => terminate(broker, request, response, party), { reason: 'text' }),
	);
	router.get(
		'/agreements/:id/history',
		handle((request, response, party) => history(broker, request, response, party), { after: 'text', limit: 'text' }),
	);
	router.get(
		'/agreements/:id/machines',
		handle((request, response, party) => machines(broker, request, response, party), { fresh: 'flag' }),
	);
	router.post(
		'/agreements/:id/machines/:index/actions',
		handle((request, response, party) => act(broker, request, response, party)),
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
		handle((request, response, party) => evaluate(documents, request, response, party), {
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
	const offerXml = value.kind === 'offer' ? value.text : writeCanonical(value.creation.offer.tree);
	const sent = { party, offer: () => offerIn(value), offerXml, ...bound, ...keyed };
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
		const detail = 'negotiation and offer: both of them, and no NegotiationExtension beside them.';
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
		agreementId: idOf(request),
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
	return send(response, answered);
}

function answerEvaluation(
	outcome: EvaluationOutcome,
	form: Form,
	repairs: readonly DocumentIssue[],
): Refusal | PrintedAnswer {
	switch (outcome.kind) {
		case 'accepted':
		case 'countered':
		case 'refused':
			return printJson(withRemarks(views.evaluationView(outcome, form), repairs));
		default:
			return refusalOf(outcome, 'STATE_FORBIDS');
	}
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
		const template = broker.readTemplate(agreement.template);
		const printed = printAnswer(agreement, answer, { template, offer, effects, brief, repairs });
		const headers: Record<string, string> = { ...printed.headers, Location: `/agreements/${agreement.id}` };
		if (brief) headers['Preference-Applied'] = 'return=minimal';
		if (replayed) headers['Idempotency-Replayed'] = 'true';
		return { ...printed, status: 201, headers };
	}
	if (outcome.kind === 'countered') {
		const { reasons, remarks, alternatives, calendarVersion } = outcome;
		const shown = alternatives.map((each) => views.alternativeView(each, sentAs));
		return {
			code: 'OFFER_COUNTERED',
			more: withRemarks(
				{ reasons: reasons.map(views.reasonView), remarks, alternatives: shown, calendarVersion },
				repairs,
			),
		};
	}
	if (outcome.kind === 'refused') {
		const { reasons, remarks, calendarVersion } = outcome;
		const more = { reasons: reasons.map(views.reasonView), remarks, calendarVersion };
		return { code: 'OFFER_REFUSED', more: withRemarks(more, repairs) };
	}
	return refusalOf(outcome, 'STATE_FORBIDS');
}

/** An answer with what was repaired in the offer before whatever else is remarked on it. */
function withRemarks(
	answer: Readonly<Record<string, unknown>>,
	repairs: readonly DocumentIssue[],
): Readonly<Record<string, unknown>> {
	if (repairs.length === 0) return answer;
	return { ...answer, remarks: [...repairs, ...((answer.remarks as readonly DocumentIssue[] | undefined) ?? [])] };
}

async function list(broker: Broker, request: Request, response: Response, party: Party) {
	const { state, after } = request.query;
	const size = pageSizeOf(request);
	if (isRefusal(size)) return size;
	const states = state === undefined ? undefined : views.agreementStates(state);
	if (states === 'unknown')
		return { code: 'PARAMETER_INVALID', detail: `state: one of ${views.STATES.join(', ')}.` } as const;
	const page = broker.listAgreements({
		party,
		...size,
		...(states === undefined ? {} : { states }),
		...(typeof after === 'string' ? { after } : {}),
	});
	response.json({ items: page.items.map(views.agreementView), next: page.next });
	return undefined;
}

async function show(broker: Broker, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const seen = parseTag(request.get('If-None-Match') ?? '');
	const seconds = waitSecondsOf(request);
	const agreementId = idOf(request);
	const agreement =
		seen === undefined || seconds === 0
			? broker.getAgreement(party, agreementId)
			: await broker.waitForChange({ party, agreementId, version: seen, deadlineMs: seconds * 1000 });
	if (agreement === undefined) return { code: 'NOT_FOUND' } as const;
	if (agreement.version === seen) response.status(304).set(stampsOf(agreement)).end();
	else send(response, printAnswer(agreement, answer, { template: broker.readTemplate(agreement.template) }));
	return undefined;
}

async function terminate(broker: Broker, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const expected = versionOf(request, 'required');
	if (isRefusal(expected)) return expected;
	const { reason } = request.query;
	if (reason !== undefined && !isPlainText(reason, REASON_LENGTH_MAX)) {
		const detail = `reason: at most ${REASON_LENGTH_MAX} characters, all of them printable.`;
		return { code: 'PARAMETER_INVALID', detail } as const;
	}
	const outcome = await broker.terminate({
		party,
		agreementId: idOf(request),
		...expected,
		...(reason === undefined ? {} : { reason }),
	});
	if (outcome.kind !== 'changed') return refusalOf(outcome, 'STATE_FORBIDS');
	const template = broker.readTemplate(outcome.agreement.template);
	return send(response, printAnswer(outcome.agreement, answer, { template }));
}

async function history(broker: Broker, request: Request, response: Response, party: Party) {
	const size = pageSizeOf(request);
	if (isRefusal(size)) return size;
	const after = sequenceOf(request);
	if (isRefusal(after)) return after;
	const entries = broker.history(party, idOf(request), after.after, size.limit + 1);
	if (entries === undefined) return { code: 'NOT_FOUND' } as const;
	response.json(views.historyPage(entries, size.limit));
	return undefined;
}

async function machines(broker: Broker, request: Request, response: Response, party: Party) {
	const fresh = request.query.fresh === 'true';
	const agreement = broker.getAgreement(party, idOf(request));
	const seen = await broker.machines(party, idOf(request), fresh ? LOOK_MS : undefined);
	if (agreement === undefined || seen === undefined) return { code: 'NOT_FOUND' } as const;
	// A workspace keeps its machines when its agreement is superseded: from then on they are the successor's.
	const held = seen.filter(({ agreementId }) => agreementId === agreement.id);
	const setback = broker.setbackOf(party, agreement.id);
	response.json({ items: held.map((machine) => views.machineView(machine, agreement)), ...views.setbackView(setback) });
	return undefined;
}

async function act(broker: Broker, request: Request, response: Response, party: Party) {
	const expected = versionOf(request, 'optional');
	if (isRefusal(expected)) return expected;
	const body = jsonObjectOf(request, ['action']);
	if (isRefusal(body)) return body;
	const action = MACHINE_ACTIONS.find((each) => each === body.action) as MachineAction | undefined;
	if (action === undefined)
		return { code: 'PARAMETER_INVALID', detail: `action: one of ${MACHINE_ACTIONS.join(', ')}.` } as const;
	const index = String(request.params.index);
	if (!/^\d{1,6}$/.test(index)) return { code: 'NOT_FOUND' } as const;
	const agreementId = idOf(request);
	const outcome = await broker.requestAction({ party, agreementId, index: Number(index), action, ...expected });
	if (outcome.kind === 'not-found') {
		const successor = broker.getAgreement(party, agreementId)?.supersededBy;
		return successor === undefined ? { code: 'NOT_FOUND' as const } : superseded(successor);
	}
	if (outcome.kind !== 'changed') return refusalOf(outcome, 'STATE_FORBIDS');
	response.status(202).set(stampsOf(outcome.agreement));
	response.json({ action, index: Number(index) });
	return undefined;
}

/** The machines of a superseded agreement are its successor's. */
function superseded(successor: string): Refusal {
	const message = `The agreement is superseded: its machines belong to agreement ${successor}.`;
	return { code: 'STATE_FORBIDS', more: { reasons: [{ code: 'STATE_FORBIDS', message, available: successor }] } };
}

/** The version and the history that an answer about an agreement is of. */
function stampsOf(agreement: views.AgreementRecord): Record<string, string> {
	return { ETag: views.etag(agreement.version), 'Computon-History-Head': agreement.headHash };
}

function idOf(request: Request): string {
	return String(request.params.id);
}

interface Answer {
	/** What the agreement was made by. */
	readonly template: Template | undefined;
	/** What the agreement was made from, where it is at hand; else it is read again. */
	readonly offer?: Offer;
	readonly effects?: views.AgreementRecord['effects'];
	/** Without the document; in XML nothing is left then. */
	readonly brief?: boolean;
	/** Of the offer that this answers. */
	readonly repairs?: readonly DocumentIssue[];
}

/** An answer that is ready to be sent. */
interface PrintedAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Buffer;
}

function printAnswer(
	agreement: views.AgreementRecord,
	form: Form,
	{ template, offer, effects, brief = false, repairs = [] }: Answer,
): PrintedAnswer {
	if (form === 'xml' && brief) return { status: 200, headers: stampsOf(agreement), body: NOTHING };
	if (form === 'xml') {
		const document = views.withRepairs(views.agreementDocument(agreement, template, offer), repairs);
		return printed('application/xml', writeCanonicalDocument(document), stampsOf(agreement));
	}
	const faces = brief ? {} : views.agreementInJson(agreement, template, offer);
	const view = withRemarks(views.agreementView(agreement), repairs);
	return printJson({ ...view, effects, ...faces }, stampsOf(agreement));
}

const NOTHING = Buffer.alloc(0);

function printJson(value: object, headers: Readonly<Record<string, string>> = {}): PrintedAnswer {
	return printed('application/json', JSON.stringify(value), headers);
}

function printed(type: string, body: string, headers: Readonly<Record<string, string>>): PrintedAnswer {
	return {
		status: 200,
		headers: { ...headers, 'Content-Type': `${type}; charset=utf-8` },
		body: Buffer.from(body),
	};
}

/** Sends what is ready; a refusal is the caller's to send. */
function send(response: Response, answer: PrintedAnswer | Refusal): Refusal | undefined {
	if (!('body' in answer)) return answer;
	const { status, headers, body } = answer;
	response.writeHead(status, { ...headers, 'Content-Length': body.length }).end(body);
	return undefined;
}
