/**
 * Problems as RFC 9457 has them, with a closed list of codes (docs/problems.md). A refusal is a 4xx and carries all
 * its reasons; an operating failure keeps the code of the table in errors.ts; a bug says INTERNAL and nothing more.
 */
import type { ErrorRequestHandler, Response } from 'express';
import type { IssueCode } from '../agreement/issue-code.ts';
import { OperatingError } from '../errors.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { type Piece, sendPiecewise } from './piecewise.ts';

export const PROBLEMS = {
	DOCUMENT_INVALID: { status: 400, title: 'The document cannot be taken as it is' },
	PARAMETER_INVALID: { status: 400, title: 'A parameter cannot be taken as it is' },
	UNAUTHENTICATED: { status: 401, title: 'A valid bearer token is needed' },
	FORBIDDEN: { status: 403, title: 'This party may not do that' },
	NOT_FOUND: { status: 404, title: 'There is no such thing, or this party may not see it' },
	METHOD_NOT_ALLOWED: { status: 405, title: 'This resource does not have that method' },
	NOT_ACCEPTABLE: { status: 406, title: 'The answer exists as application/json and application/xml only' },
	OFFER_COUNTERED: { status: 409, title: 'The offer cannot be had as it stands; there are alternatives' },
	OFFER_REFUSED: { status: 409, title: 'The offer cannot be had' },
	NEGOTIATION_REFUSED: { status: 409, title: 'The negotiation cannot be begun or go on like this' },
	STATE_FORBIDS: { status: 409, title: 'The agreement is not in a state in which this can be done' },
	IN_USE: { status: 409, title: 'It is still in use' },
	VERSION_STALE: { status: 412, title: 'It has changed since it was read' },
	TOO_LARGE: { status: 413, title: 'The request is larger than this broker takes' },
	MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'Send application/xml or application/json' },
	KEY_REUSED: { status: 422, title: 'This Idempotency-Key was used for another request' },
	TEMPLATE_UNKNOWN: { status: 422, title: 'The offer names a template that is not published here' },
	NOT_SUPPORTED: { status: 422, title: 'The document is valid, and says what is not supported here' },
	IMAGE_REFUSED: { status: 422, title: 'The image cannot be taken' },
	TARGET_FORBIDDEN: { status: 422, title: 'This site does not call that address' },
	VERSION_REQUIRED: { status: 428, title: 'Say with If-Match which version you mean' },
	INTERNAL: { status: 500, title: 'The broker made a mistake; nothing was changed by this request' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** An answer of the door that is not the thing that was asked for. A value: returned by handlers, never thrown. */
export interface Refusal {
	readonly code: ProblemCode;
	readonly detail?: string;
	readonly issues?: readonly DocumentIssue[];
	/** Members beyond RFC 9457: reasons, calendarVersion. */
	readonly more?: Readonly<Record<string, unknown>>;
	/** The member `alternatives`, which is printed behind all others. */
	readonly alternatives?: readonly Piece[];
}

/** The refusal of a document with issues. */
export function invalidDocument(issues: readonly DocumentIssue[]): Refusal {
	return { code: problemOfIssues(issues), issues };
}

/** Which problem a document has: its size, if that is to blame; that it is not supported, where it is valid; else invalid. */
export function problemOfIssues(issues: readonly DocumentIssue[]): 'TOO_LARGE' | 'NOT_SUPPORTED' | 'DOCUMENT_INVALID' {
	if (issues.some(({ code }) => TOO_MUCH.has(code))) return 'TOO_LARGE';
	const isValid = issues.length > 0 && issues.every(({ code }) => NOT_TAKEN.has(code));
	return isValid ? 'NOT_SUPPORTED' : 'DOCUMENT_INVALID';
}

/** What is not read to its end, so that nobody knows whether it is valid. */
const TOO_MUCH: ReadonlySet<string> = new Set(['TOO_LARGE', 'TOO_MANY_ELEMENTS', 'TOO_DEEP']);

/**
 * What documents say that are valid: what is not counted here, more than is taken, or in a language, an extension or a
 * role that this site does not have. What contradicts itself, or lacks something, is not among them.
 */
const NOT_TAKEN: ReadonlySet<string> = new Set<IssueCode>([
	'TIME_NOT_SUPPORTED',
	'NUMBER_TOO_LARGE',
	'NODES_TOO_MANY',
	'TERMS_TOO_MANY',
	'ELEMENTS_TOO_MANY',
	'OFFERS_TOO_MANY',
	'CHOICES_TOO_MANY',
	'SERVICE_SEVERAL',
	'DURATION_INEXACT',
	'DURATION_UNIT_UNKNOWN',
	'WINDOWS_DIFFER',
	'ENDINGS_DIFFER',
	'PROVIDER_NOT_RESPONDER',
	'EXTENSION_UNKNOWN',
	'NAME_NOT_SUPPORTED',
	'CONSTRAINT_UNSUPPORTED',
	'LOCATION_REFUSED',
	'ENCODING_STYLE_UNKNOWN',
]);

/** The refusal of a parameter, a header or a member: its name, what is allowed, and what was found. */
export function unusable(name: string, allowed: string, found: unknown): Refusal {
	return { code: 'PARAMETER_INVALID', detail: `${name}: ${allowed}; found ${foundText(found)}.` };
}

/** Of a value that cannot be taken, this much is told. */
const FOUND_SHOWN_MAX = 100;

/** A value of a query, a header or a JSON body, in a few words; texts as JSON has them, so that nothing hides in them. */
export function foundText(found: unknown): string {
	if (found === undefined) return 'nothing';
	if (Array.isArray(found)) return `a list of ${found.length}`;
	if (typeof found === 'object' && found !== null) return 'an object';
	if (typeof found !== 'string') return String(found);
	if (found.length <= FOUND_SHOWN_MAX) return JSON.stringify(found);
	return `${JSON.stringify(found.slice(0, FOUND_SHOWN_MAX))} and more, ${found.length} characters`;
}

/** Sends a refusal; one with alternatives piece by piece. */
export async function sendRefusal(response: Response, refusal: Refusal): Promise<void> {
	const { alternatives } = refusal;
	if (alternatives === undefined) return sendProblem(response, refusal);
	const { status } = PROBLEMS[refusal.code];
	return sendPiecewise(response, { status, type: PROBLEM_TYPE, answer: problemOf(refusal), alternatives });
}

export function sendProblem(response: Response, refusal: Refusal): void {
	write(response, PROBLEMS[refusal.code].status, problemOf(refusal));
}

function problemOf(refusal: Refusal): Readonly<Record<string, unknown>> {
	const { status, title } = PROBLEMS[refusal.code];
	return {
		type: `urn:computon:problem:${refusal.code}`,
		title,
		status,
		code: refusal.code,
		...(refusal.detail === undefined ? {} : { detail: refusal.detail }),
		...(refusal.issues === undefined ? {} : { issues: refusal.issues }),
		...refusal.more,
	};
}

/** The last handler: operating failures and bugs. `report` is told of both; no stack ever leaves the process. */
export function problemHandler(report: (error: unknown) => void): ErrorRequestHandler {
	return (error: unknown, request, response, next) => {
		if (response.headersSent) return next(error);
		const malformed = malformedProblem(error, request.path);
		if (malformed !== undefined) return sendProblem(response, malformed);
		report(error);
		if (!(error instanceof OperatingError)) return sendProblem(response, { code: 'INTERNAL' });
		if (error.retryable) response.setHeader('Retry-After', '1');
		write(response, error.status, {
			type: `urn:computon:problem:${error.code}`,
			title: 'The broker cannot do that at the moment',
			status: error.status,
			code: error.code,
			detail: error.message,
		});
	};
}

/** What express and its body reader throw for requests that are malformed. */
function malformedProblem(error: unknown, url: string): Refusal | undefined {
	if (typeof error !== 'object' || error === null || !('status' in error)) return undefined;
	if (error.status === 413) return { code: 'TOO_LARGE' };
	if (error.status === 415) return { code: 'MEDIA_TYPE_UNSUPPORTED' };
	if (error instanceof URIError) {
		const detail = `The address: percent signs with two hexadecimal digits that are UTF-8; found ${foundText(url)}.`;
		return { code: 'PARAMETER_INVALID', detail };
	}
	if (error.status === 400) return { code: 'PARAMETER_INVALID', detail: 'The request is malformed.' };
	return undefined;
}

const PROBLEM_TYPE = 'application/problem+json';

function write(response: Response, status: number, problem: Readonly<Record<string, unknown>>): void {
	if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="computon"');
	response.status(status).setHeader('Content-Type', PROBLEM_TYPE);
	response.end(JSON.stringify(problem));
}
