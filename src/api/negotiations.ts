/** The routes of negotiations: begun, looked at, asked in rounds, ended. What is held is agreed to by POST /agreements. */
import { setImmediate as nextRound } from 'node:timers/promises';
import { type Request, type Response, Router } from 'express';
import type { NegotiationContext } from '../agreement/rounds/negotiation-context.ts';
import { printNegotiationMessage } from '../agreement/rounds/negotiation-messages.ts';
import { isOfferId, OFFER_ID_ALLOWED } from '../agreement/rounds/negotiation-offer.ts';
import { NEGOTIATION_OFFER_STATES } from '../agreement/rounds/negotiation-states.ts';
import type { Broker } from '../broker/broker.ts';
import type { InitiateRequest, SentOffer } from '../broker/rounds/negotiation-outcome.ts';
import { isPlainText, type Party } from '../identity/party.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { enterAnswering } from './admission.ts';
import {
	initiationOf,
	issuesOfContext,
	issuesOfMessage,
	issuesOfOffer,
	printNegotiateOutput,
	printNegotiation,
	printParts,
	sentOfferOf,
} from './negotiation-documents.ts';
import { negotiationView, printAnswers, printNegotiationView } from './negotiation-views.ts';
import { areReadLeniently, isReadLeniently, type Purpose } from './offer-reading.ts';
import { invalidDocument, type Refusal, unusable } from './problems.ts';
import { refusalOf } from './refusals.ts';
import {
	answerForm,
	type DocumentReader,
	type Form,
	handle,
	hasBody,
	idempotencyOf,
	instantOf,
	isRefusal,
	PERMISSIONS,
	pageSizeOf,
	permissionsOf,
	READING,
	REASON_LENGTH_MAX,
	receiveDocument,
	sequenceOf,
	versionOf,
} from './requests.ts';
import { sendStreamed } from './streamed.ts';
import { etag, printHistory } from './views.ts';

/** What is asked beside the document, or instead of it. */
const BEGIN = {
	...READING,
	template: 'text',
	agreement: 'text',
	expires: 'text',
	...PERMISSIONS,
} as const;
const OFFER = {
	...READING,
	state: 'text',
	offerId: 'text',
	counterOfferTo: 'text',
	expires: 'text',
	advertise: 'flag',
} as const;

interface Documents {
	readonly broker: Broker;
	readonly reader: DocumentReader;
}

export function negotiationRoutes(broker: Broker, reader: DocumentReader): Router {
	const router = Router();
	const documents = { broker, reader };
	router
		.route('/negotiations')
		.get(
			handle(async (request, response, party) => list(broker, request, response, party), {
				after: 'text',
				limit: 'text',
			}),
		)
		.post(handle((request, response, party) => initiate(documents, request, response, party), BEGIN));
	router
		.route('/negotiations/:id')
		.get(handle(async (request, response, party) => show(documents, request, response, party)))
		.delete(handle((request, response, party) => terminate(broker, request, response, party), { reason: 'text' }));
	router.post(
		'/negotiations/:id/offers',
		handle((request, response, party) => negotiate(documents, request, response, party), OFFER),
	);
	router.get(
		'/negotiations/:id/history',
		handle((request, response, party) => history(broker, request, response, party), {
			after: 'text',
			limit: 'text',
		}),
	);
	return router;
}

function list(broker: Broker, request: Request, response: Response, party: Party): Refusal | undefined {
	const size = pageSizeOf(request);
	if (isRefusal(size)) return size;
	const { after } = request.query;
	const page = broker.negotiations.list({ party, ...size, ...(typeof after === 'string' ? { after } : {}) });
	response.json({ items: page.items.map(negotiationView), next: page.next });
	return undefined;
}

async function initiate({ broker, reader }: Documents, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const begun = await initiationIn({ broker, reader }, request);
	if (isRefusal(begun)) return begun;
	const { asked, repairs } = begun;
	const keyed = idempotencyOf(request);
	if (isRefusal(keyed)) return keyed;
	const outcome = await broker.negotiations.initiate({ party, ...asked, ...keyed });
	if (outcome.kind !== 'initiated') return refusalOf(outcome, 'NEGOTIATION_REFUSED');
	const { id } = outcome.negotiation;
	response.status(201).location(`/negotiations/${id}`);
	if (outcome.replayed) response.set('Idempotency-Replayed', 'true');
	return sendNegotiation({ broker, reader }, response, party, id, answer, repairs);
}

interface Initiation {
	readonly asked: Omit<InitiateRequest, 'party'>;
	/** What was repaired, where the context was read leniently. */
	readonly repairs: readonly DocumentIssue[];
}

/** What to begin: said by a NegotiationContext, by the query, or by both. */
async function initiationIn({ broker, reader }: Documents, request: Request): Promise<Initiation | Refusal> {
	const { template, agreement, expires } = request.query;
	const permission = permissionsOf(request);
	const named = typeof template === 'string' ? /^([^/]+)\/([^/]+)$/.exec(template) : undefined;
	if (named === null) return unusable('template', 'NAME/ID, for example machine/1', template);
	const expiry = expires === undefined ? undefined : instantOf('expires', expires);
	if (expiry !== undefined && isRefusal(expiry)) return expiry;
	const said = {
		...(named === undefined ? {} : { template: { name: named[1]!, id: named[2]! } }),
		...(typeof agreement === 'string' ? { renegotiates: { agreementId: agreement, ...permission } } : {}),
		...(expiry === undefined ? {} : { expirationAt: expiry.at }),
	};
	if (!hasBody(request)) return { asked: said, repairs: [] };
	const kinds = ['negotiation-context', 'negotiation-message'] as const;
	const received = await receiveDocument(request, reader, kinds, () => isReadLeniently(broker, said.template));
	if (received.kind === 'refusal') return received.refusal;
	const { value, repairs } = received;
	const begin = (context: NegotiationContext, issues: readonly DocumentIssue[]): Initiation | Refusal => {
		if (issues.length > 0) return invalidDocument(issues);
		return { asked: { ...initiationOf(context, permission), ...said }, repairs };
	};
	if (value.kind === 'negotiation-context') return begin(value.context, issuesOfContext(value.context));
	const { message } = value;
	if (message.kind !== 'InitiateNegotiationInput') return otherMessage(message.kind, 'InitiateNegotiationInput');
	return begin(message.context, issuesOfMessage(message));
}

async function show(documents: Documents, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	return sendNegotiation(documents, response, party, String(request.params.id), answer);
}

async function negotiate({ broker, reader }: Documents, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const expected = versionOf(request, 'optional');
	if (isRefusal(expected)) return expected;
	const purpose = { party, negotiationId: String(request.params.id) };
	const asked = await offersIn({ broker, reader }, request, purpose);
	if (isRefusal(asked)) return asked;
	const keyed = idempotencyOf(request);
	if (isRefusal(keyed)) return keyed;
	const { offers, advertises, form, repairs } = asked;
	const asking = { ...purpose, offers, ...expected, ...keyed };
	const outcome = await (advertises ? broker.negotiations.advertise(asking) : broker.negotiations.negotiate(asking));
	if (outcome.kind !== 'answered') return refusalOf(outcome, 'NEGOTIATION_REFUSED');
	const { negotiation, answers, replayed } = outcome;
	response.set(stampsOf(negotiation));
	if (replayed) response.set('Idempotency-Replayed', 'true');
	// What was decided has had its round of the loop.
	await nextRound();
	if (answer === 'xml') {
		// The schema leaves no room in an AdvertiseOutput: what was repaired is told in JSON alone.
		const advertised = { root: printNegotiationMessage('AdvertiseOutput'), parts: [] };
		const output = advertises ? advertised : printNegotiateOutput(reader, answers, repairs);
		await sendStreamed(response.type('application/xml'), printParts(output));
	} else {
		const answer = withRepairs({ negotiation: negotiationView(negotiation) }, repairs);
		await sendStreamed(response.type('application/json'), printAnswers(reader, answer, answers, form));
	}
	return undefined;
}

interface AskedOffers {
	readonly offers: readonly SentOffer[];
	readonly advertises: boolean;
	readonly form: Form;
	/** What was repaired, where the document was read leniently. */
	readonly repairs: readonly DocumentIssue[];
}

/** The offers of the body: one by itself, with its state beside it, or as GFD.193 writes them. */
async function offersIn(
	{ broker, reader }: Documents,
	request: Request,
	purpose: Purpose,
): Promise<AskedOffers | Refusal> {
	const { state = 'Solicited', offerId, counterOfferTo, expires } = request.query;
	const known = NEGOTIATION_OFFER_STATES.find((each) => each === state);
	if (known === undefined) return unusable('state', `one of ${NEGOTIATION_OFFER_STATES.join(', ')}`, state);
	const expiry = expires === undefined ? undefined : instantOf('expires', expires);
	if (expiry !== undefined && isRefusal(expiry)) return expiry;
	if (typeof offerId === 'string' && !isOfferId(offerId)) return unusable('offerId', OFFER_ID_ALLOWED, offerId);
	const kinds = ['offer', 'negotiation-offer', 'negotiation-message'] as const;
	const received = await receiveDocument(request, reader, kinds, (value) => {
		if (value.kind !== 'negotiation-message') return areReadLeniently(broker, [value.offer], purpose);
		return 'offers' in value.message && areReadLeniently(broker, value.message.offers, purpose);
	});
	if (received.kind === 'refusal') return received.refusal;
	const { value, form, repairs } = received;
	const how = { advertises: request.query.advertise === 'true', form, repairs };
	const beside = {
		...(typeof offerId === 'string' ? { offerId } : {}),
		...(typeof counterOfferTo === 'string' ? { counterOfferTo } : {}),
		...(expiry === undefined ? {} : { expirationAt: expiry.at }),
	};
	if (value.kind === 'offer') {
		const { offer } = value;
		return { offers: [{ offer, tree: offer.tree, state: known, ...beside }], ...how };
	}
	if (value.kind === 'negotiation-offer') {
		const issues = issuesOfOffer(value.offer);
		if (issues.length > 0) return invalidDocument(issues);
		// So a document can be sent again as another step of the round.
		const state = request.query.state === undefined ? {} : { state: known };
		return { offers: [{ ...sentOfferOf(value.offer), ...state, ...beside }], ...how };
	}
	const stray = Object.keys(request.query).find((name) => name !== 'advertise' && name !== 'reading');
	if (stray !== undefined) return unusable(stray, 'nothing: each offer of the message says this', request.query[stray]);
	const { message } = value;
	if (message.kind !== 'NegotiateInput' && message.kind !== 'AdvertiseInput')
		return otherMessage(message.kind, 'NegotiateInput');
	const issues = issuesOfMessage(message);
	if (issues.length > 0) return invalidDocument(issues);
	const offers = message.offers.map(sentOfferOf);
	return { ...how, offers, ...(message.kind === 'AdvertiseInput' ? { advertises: true } : {}) };
}

async function terminate(broker: Broker, request: Request, response: Response, party: Party) {
	const expected = versionOf(request, 'required');
	if (isRefusal(expected)) return expected;
	const { reason } = request.query;
	if (reason !== undefined && !isPlainText(reason, REASON_LENGTH_MAX)) {
		return unusable('reason', `at most ${REASON_LENGTH_MAX} characters, all of them printable`, reason);
	}
	const negotiationId = String(request.params.id);
	const outcome = await broker.negotiations.terminate({
		party,
		negotiationId,
		...expected,
		...(reason === undefined ? {} : { reason }),
	});
	if (outcome.kind !== 'changed') return refusalOf(outcome, 'NEGOTIATION_REFUSED');
	response.set(stampsOf(outcome.negotiation)).json(negotiationView(outcome.negotiation));
	return undefined;
}

async function history(broker: Broker, request: Request, response: Response, party: Party) {
	const size = pageSizeOf(request);
	if (isRefusal(size)) return size;
	const after = sequenceOf(request);
	if (isRefusal(after)) return after;
	const id = String(request.params.id);
	const read = (from: number, limit: number) => broker.negotiations.history(party, id, from, limit);
	if (read(after.after, 1) === undefined) return { code: 'NOT_FOUND' } as const;
	await sendStreamed(response.type('application/json'), printHistory(size.limit, after.after, read));
	return undefined;
}

async function sendNegotiation(
	{ broker, reader }: Documents,
	response: Response,
	party: Party,
	id: string,
	form: Form,
	repairs: readonly DocumentIssue[] = [],
): Promise<Refusal | undefined> {
	const tree = broker.negotiations.read(party, id);
	if (tree === undefined) return { code: 'NOT_FOUND' };
	const { contextXml = '' } = tree.negotiation;
	// One of its documents is in memory at a time.
	await enterAnswering(response, Math.max(contextXml.length, ...tree.offers.map(({ bytes = 0 }) => bytes)));
	response.set(stampsOf(tree.negotiation));
	response.type(`application/${form}`);
	const remarks = withRepairs({}, repairs);
	const isJson = form === 'json';
	const pieces = isJson
		? printNegotiationView(reader, tree, remarks)
		: printParts(printNegotiation(broker, reader, tree, repairs));
	await sendStreamed(response, pieces);
	return undefined;
}

/** What was repaired in the document that this answers. */
function withRepairs(answer: object, repairs: readonly DocumentIssue[]): object {
	return repairs.length === 0 ? answer : { ...answer, remarks: repairs };
}

function stampsOf({ version, headHash }: { version: number; headHash: string }): Record<string, string> {
	return { ETag: etag(version), 'Computon-History-Head': headHash };
}

function otherMessage(found: string, allowed: string): Refusal {
	const message = `This is another message: ${found}.`;
	return invalidDocument([{ code: 'ROOT_UNKNOWN', path: '/', message, found, allowed }]);
}
