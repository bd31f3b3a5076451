/** The routes of agreements that there are, and of their machines. */
import { type Request, type Response, Router } from 'express';
import type { Broker } from '../broker/broker.ts';
import { MACHINE_ACTIONS, type MachineAction } from '../broker/outcome.ts';
import { isPlainText, type Party } from '../identity/party.ts';
import { enterAnswering } from './admission.ts';
import { agreementStates, agreementView, machineView, STATES, setbackView } from './agreement-views.ts';
import { printAgreement, send, stampsOf } from './answers.ts';
import { largeOffer } from './kept-documents.ts';
import { type Refusal, unusable } from './problems.ts';
import { refusalOf } from './refusals.ts';
import {
	answerForm,
	type DocumentReader,
	handle,
	isRefusal,
	jsonObjectOf,
	pageSizeOf,
	parseTag,
	REASON_LENGTH_MAX,
	sequenceOf,
	versionOf,
	waitSecondsOf,
} from './requests.ts';
import { printPage, sendStreamed } from './streamed.ts';
import { printHistory } from './views.ts';

/** How long a request for a fresh look at machines waits for it. */
const LOOK_MS = 10_000;

export function agreementRoutes(broker: Broker, reader: DocumentReader): Router {
	const router = Router();
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
		handle((request, response, party) => show(broker, reader, request, response, party)),
	);
	router.delete(
		'/agreements/:id',
		handle((request, response, party) => terminate(broker, reader, request, response, party), { reason: 'text' }),
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
	return router;
}

async function list(broker: Broker, request: Request, response: Response, party: Party) {
	const { state, after } = request.query;
	const size = pageSizeOf(request);
	if (isRefusal(size)) return size;
	const states = state === undefined ? undefined : agreementStates(state);
	if (states === 'unknown') return unusable('state', `one of ${STATES.join(', ')}`, state);
	const asked = { party, ...(states === undefined ? {} : { states }) };
	const read = (from: string | undefined, limit: number) => {
		return broker.listAgreements({ ...asked, limit, ...(from === undefined ? {} : { after: from }) });
	};
	const pieces = printPage(size.limit, typeof after === 'string' ? after : undefined, read, agreementView);
	await sendStreamed(response.type('application/json'), pieces);
	return undefined;
}

async function show(broker: Broker, reader: DocumentReader, request: Request, response: Response, party: Party) {
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
	else {
		await enterAnswering(response, agreement.offerBytes);
		const template = broker.catalogue.readTemplate(agreement.template);
		await send(response, printAgreement(agreement, answer, { template, ...(await largeOffer(reader, agreement)) }));
	}
	return undefined;
}

async function terminate(broker: Broker, reader: DocumentReader, request: Request, response: Response, party: Party) {
	const answer = answerForm(request);
	if (answer === undefined) return { code: 'NOT_ACCEPTABLE' } as const;
	const expected = versionOf(request, 'required');
	if (isRefusal(expected)) return expected;
	const { reason } = request.query;
	if (reason !== undefined && !isPlainText(reason, REASON_LENGTH_MAX)) {
		return unusable('reason', `at most ${REASON_LENGTH_MAX} characters, all of them printable`, reason);
	}
	const outcome = await broker.terminate({
		party,
		agreementId: idOf(request),
		...expected,
		...(reason === undefined ? {} : { reason }),
	});
	if (outcome.kind !== 'changed') return refusalOf(outcome, 'STATE_FORBIDS');
	const template = broker.catalogue.readTemplate(outcome.agreement.template);
	await enterAnswering(response, outcome.agreement.offerBytes);
	const offer = await largeOffer(reader, outcome.agreement);
	return send(response, printAgreement(outcome.agreement, answer, { template, ...offer }));
}

async function history(broker: Broker, request: Request, response: Response, party: Party) {
	const size = pageSizeOf(request);
	if (isRefusal(size)) return size;
	const after = sequenceOf(request);
	if (isRefusal(after)) return after;
	const read = (from: number, limit: number) => broker.history(party, idOf(request), from, limit);
	if (read(after.after, 1) === undefined) return { code: 'NOT_FOUND' } as const;
	await sendStreamed(response.type('application/json'), printHistory(size.limit, after.after, read));
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
	response.json({ items: held.map((machine) => machineView(machine, agreement)), ...setbackView(setback) });
	return undefined;
}

async function act(broker: Broker, request: Request, response: Response, party: Party) {
	const expected = versionOf(request, 'optional');
	if (isRefusal(expected)) return expected;
	const body = jsonObjectOf(request, ['action']);
	if (isRefusal(body)) return body;
	const action = MACHINE_ACTIONS.find((each) => each === body.action) as MachineAction | undefined;
	if (action === undefined) return unusable('action', `one of ${MACHINE_ACTIONS.join(', ')}`, body.action);
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

function idOf(request: Request): string {
	return String(request.params.id);
}
