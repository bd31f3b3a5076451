/**
 * The SOAP endpoint: bounded bodies, the bearer token of the HTTP request, an envelope in and an envelope out. Whatever
 * goes wrong with a message is a SOAP fault, down to one that is no XML at all.
 */
import { randomUUID } from 'node:crypto';
import { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Reading } from '../../agreement/document.ts';
import type { Broker } from '../../broker/broker.ts';
import { OperatingError } from '../../errors.ts';
import type { Party } from '../../identity/party.ts';
import { charsetOf, inCharset } from '../../xml/charset.ts';
import type { DocumentIssue, XmlName } from '../../xml/element.ts';
import { boundSending, enterAnswering } from '../admission.ts';
import { PROBLEMS, type ProblemCode } from '../problems.ts';
import { bearerOf, type DocumentReader } from '../requests.ts';
import { sendStreamed, withinLast } from '../streamed.ts';
import { ENDPOINT_PATH } from './addressing.ts';
import { type Asked, MEDIA_TYPES, printAnswer, printFault, statusOf } from './answers.ts';
import type { Answer, Conversation, JudgeTarget } from './conversation.ts';
import { perform } from './dispatch.ts';
import { type MessageContext, wrongVersion } from './envelope.ts';
import { BASE_FAULT, CONTINUING_FAULT, invalidMessage, resourceFault, type SoapFault } from './faults.ts';
import type { SoapVersion } from './names.ts';
import type { Operation } from './operations.ts';
import type { ReceivedMessage } from './reading.ts';
import { schemaText, wsdlText } from './wsdl.ts';

export interface SoapDoor {
	readonly broker: Broker;
	/** Reads messages behind the gate. */
	readonly messages: DocumentReader & {
		readMessage(bytes: Uint8Array, context: MessageContext): Promise<Reading<ReceivedMessage>>;
	};
	readonly findParty: (token: string) => Party | undefined;
	/** What clients call this broker, without a path; undefined: as each of them does. */
	readonly publicUrl: string | undefined;
	/** Reads the body of a request once there is room for it. */
	readonly receiveBody: RequestHandler;
	readonly judgeTarget: JudgeTarget;
	/** Told of failures and bugs; what the client sees of them is a fault. */
	readonly report: (error: unknown) => void;
}

export function soapRoutes(door: SoapDoor): Router {
	const router = Router();
	router.get(ENDPOINT_PATH, (request, response) => {
		// Many clients were taught to ask for ?WSDL.
		if (!Object.keys(request.query).some((name) => name.toLowerCase() === 'wsdl'))
			return refuseMethod(door, request, response);
		response.type('text/xml').send(wsdlText(endpointOf(request, door)));
	});
	router.get(`${ENDPOINT_PATH}/schemas/:folder/:file`, (request, response, next) => {
		const text = schemaText(request.params.folder, request.params.file);
		if (text === undefined) return next();
		response.type('text/xml').send(text);
	});
	router.post(
		ENDPOINT_PATH,
		(request, response, next) => identify(door, request, response, next),
		door.receiveBody,
		async (request: Request, response: Response) => {
			const party = response.locals.party as Party;
			await converse(door, party, request, response);
			boundSending(response);
		},
	);
	router.all(ENDPOINT_PATH, (request, response) => refuseMethod(door, request, response));
	router.use(ENDPOINT_PATH, faultHandler(door));
	return router;
}

function refuseMethod({ broker }: SoapDoor, request: Request, response: Response): void {
	response.set('Allow', 'POST, GET');
	const description = 'Messages are sent with POST; ?wsdl is the description of this endpoint.';
	sendFault(response, askedBefore(request), unreadFault(broker.now(), 'METHOD_NOT_ALLOWED', description));
}

/** A request whose body is not even read, as WSRF says it and with the status that HTTP has for it. */
function unreadFault(at: number, code: ProblemCode, description: string): SoapFault {
	return { ...resourceFault(BASE_FAULT, { at, description, code }), status: PROBLEMS[code].status };
}

/** Before the body is read, as in REST: who is not known sends nothing. */
function identify({ broker, findParty }: SoapDoor, request: Request, response: Response, next: () => void): void {
	const party = bearerOf(request, findParty);
	response.locals.party = party;
	if (party !== undefined) {
		next();
		return;
	}
	response.set('WWW-Authenticate', 'Bearer realm="computon"');
	const description = `${PROBLEMS.UNAUTHENTICATED.title}, in the Authorization header of the HTTP request.`;
	sendFault(response, askedBefore(request), unreadFault(broker.now(), 'UNAUTHENTICATED', description));
}

async function converse(door: SoapDoor, party: Party, request: Request, response: Response): Promise<void> {
	const { broker } = door;
	const context = contextOf(request);
	if (context === undefined) {
		const description = 'Send text/xml for SOAP 1.1 or application/soap+xml for SOAP 1.2.';
		const fault = unreadFault(broker.now(), 'MEDIA_TYPE_UNSUPPORTED', description);
		return sendFault(response, askedBefore(request), fault);
	}
	const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
	const decoded = inCharset(sent, charsetOf(request.get('Content-Type')));
	if (!decoded.ok) return sendFault(response, askedBefore(request), invalidMessage(broker.now(), [decoded.issue]));
	const reading = await door.messages.readMessage(decoded.bytes, context);
	if (!reading.ok)
		return sendFault(response, askedBefore(request), faultOfGate(broker.now(), context.version, reading.issues));
	const message = reading.value;
	const { asked } = message;
	response.locals.asked = asked;
	if (message.kind === 'fault') return sendFault(response, asked, message.fault);
	if (message.kind === 'unreadable') {
		return sendFault(response, asked, faultOfGate(broker.now(), context.version, message.issues, message.operation));
	}
	const { operation } = message;
	if (message.kind === 'invalid') {
		return sendFault(response, asked, invalidMessage(broker.now(), message.issues, faultOfInvalid(operation)));
	}
	const { judgeTarget } = door;
	const conversation: Conversation = {
		broker,
		party,
		asked,
		endpoint: endpointOf(request, door),
		judgeTarget,
		enterAnswering: (bytes) => enterAnswering(response, bytes),
		reader: door.messages,
	};
	const answer: Answer = await perform(conversation, operation, message.resource, message.request);
	if (answer.kind === 'fault') {
		// It may have alternatives.
		const printed = beginFault(response, asked, answer.fault);
		return printed && sendStreamed(response, printed);
	}
	if (asked.withheld?.includes('reply') === true) return sendNothing(response);
	const { body, more } = answer;
	response.status(200).set('Content-Type', MEDIA_TYPES[asked.version]);
	const printed = printAnswer(asked, operation.responseAction, body, randomUUID);
	if (more === undefined) return sendStreamed(response, printed);
	await sendStreamed(response, withinLast([...printed].join(''), CLOSING_AROUND_BODY + 1 + more.depth, more.texts));
}

/** End tags behind what stands in the Body: its own, and that of the Envelope. */
const CLOSING_AROUND_BODY = 2;

/** An offer that cannot be read is not accepted, and may be mended and sent again (WS-Agreement: ContinuingFault). */
function faultOfInvalid({ faults }: Operation): XmlName {
	const isOffered = faults.some(({ localName }) => localName === CONTINUING_FAULT.localName);
	return isOffered ? CONTINUING_FAULT : BASE_FAULT;
}

/**
 * The schemas know no other root than an envelope's: of another version, if it is one at all. In SOAP 1.1 the detail is
 * about the Body, and what is wrong with headers is told in one (4.4).
 */
function faultOfGate(
	at: number,
	version: SoapVersion,
	issues: readonly DocumentIssue[],
	operation?: Operation,
): SoapFault {
	if (issues.some(({ code }) => code === 'ROOT_UNKNOWN')) return wrongVersion(version);
	const [ofHeaders, others] = [issues.filter(isAboutHeader), issues.filter((each) => !isAboutHeader(each))];
	const isOfBody = others.some((each) => inDocument(each).path !== each.path);
	const name = operation !== undefined && isOfBody ? faultOfInvalid(operation) : BASE_FAULT;
	if (version === '1.2' || ofHeaders.length === 0) return invalidMessage(at, issues.map(inDocument), name);
	const { detail, ...fault } = invalidMessage(at, ofHeaders);
	const headers = detail === undefined ? [] : [detail];
	return others.length === 0 ? { ...fault, headers } : { ...invalidMessage(at, others.map(inDocument), name), headers };
}

function isAboutHeader({ path }: DocumentIssue): boolean {
	return /^\/(?:[^/:]+:)?Envelope\/(?:[^/:]+:)?Header(?![^/[])/.test(path);
}

/** What is sent in a Body is a document, and the paths of all that is wrong with it begin there. */
function inDocument(issue: DocumentIssue): DocumentIssue {
	return { ...issue, path: issue.path.replace(/^\/(?:[^/:]+:)?Envelope\/(?:[^/:]+:)?Body(?=\/[^@])/, '') };
}

function contextOf(request: Request): MessageContext | undefined {
	const version = versionOf(request);
	if (version === '1.1') return { version, action: unquoted(request.get('SOAPAction') ?? '') };
	const header = request.get('Content-Type') ?? '';
	const action = /;\s*action\s*=\s*("[^"]*"|[^;\s]+)/i.exec(header)?.[1] ?? '';
	return version && { version, action: unquoted(action) };
}

/** By the media type, whether or not there is a body. */
function versionOf(request: Request): SoapVersion | undefined {
	const [type = ''] = (request.get('Content-Type') ?? '').split(';');
	const named = type.trim().toLowerCase();
	if (named === 'text/xml') return '1.1';
	return named === 'application/soap+xml' ? '1.2' : undefined;
}

function unquoted(text: string): string {
	return text.trim().replace(/^"(.*)"$/, '$1');
}

/** What can be known of a message before it was read. */
function askedBefore(request: Request): Asked {
	return { version: versionOf(request) ?? '1.1', addressed: false };
}

function endpointOf(request: Request, { publicUrl }: SoapDoor): string {
	if (publicUrl !== undefined) return `${publicUrl.replace(/\/$/, '')}${ENDPOINT_PATH}`;
	const host = request.get('Host') ?? '';
	return `${request.protocol}://${HOST.test(host) ? host : 'localhost'}${ENDPOINT_PATH}`;
}

/** A name or an address, and a port. */
const HOST = /^([a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/i;

/** What was to be done is done, or is not: whoever wants no answer is told neither. */
function sendNothing(response: Response): void {
	response.status(202).end();
}

function sendFault(response: Response, asked: Asked, fault: SoapFault): void {
	const printed = beginFault(response, asked, fault);
	if (printed !== undefined) response.end([...printed].join(''));
}

/** What is to be sent, piece by piece; undefined where nothing is, and that has been sent. */
function beginFault(response: Response, asked: Asked, fault: SoapFault): Iterable<string> | undefined {
	if (asked.withheld?.includes('fault') === true) {
		sendNothing(response);
		return undefined;
	}
	response.status(statusOf(asked.version, fault)).set('Content-Type', MEDIA_TYPES[asked.version]);
	return printFault(asked, fault, randomUUID);
}

/** Operating failures, bugs, and requests that HTTP itself finds malformed. No stack ever leaves the process. */
function faultHandler({ broker, report }: SoapDoor): ErrorRequestHandler {
	return (error: unknown, request, response, next) => {
		if (response.headersSent) return next(error);
		const asked = (response.locals.asked as Asked | undefined) ?? askedBefore(request);
		const at = broker.now();
		const malformed = malformedFault(error, at);
		if (malformed !== undefined) return sendFault(response, asked, malformed);
		report(error);
		if (!(error instanceof OperatingError)) {
			const description = `${PROBLEMS.INTERNAL.title}.`;
			return sendFault(response, asked, resourceFault(BASE_FAULT, { at, description, code: 'INTERNAL' }, 'Receiver'));
		}
		const { code, message: description, status } = error;
		if (error.retryable) response.setHeader('Retry-After', '1');
		// Nothing was done: whoever wants no envelope can still send it again.
		if (asked.withheld?.includes('fault') === true) {
			response.status(status).end();
			return;
		}
		const fault = resourceFault(BASE_FAULT, { at, description, code }, 'Receiver');
		sendFault(response, asked, { ...fault, status });
	};
}

/** What express and its body reader throw. */
function malformedFault(error: unknown, at: number): SoapFault | undefined {
	if (typeof error !== 'object' || error === null || !('status' in error) || error instanceof OperatingError)
		return undefined;
	if (error.status === 413) {
		const issue = { code: 'TOO_LARGE', path: '/', message: 'The message has more bytes than are read.' };
		return invalidMessage(at, [issue]);
	}
	if (error.status === 415) {
		return unreadFault(at, 'MEDIA_TYPE_UNSUPPORTED', 'The body must be neither compressed nor encoded.');
	}
	return error.status === 400 ? unreadFault(at, 'PARAMETER_INVALID', 'The request is malformed.') : undefined;
}
