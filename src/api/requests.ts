/** What a request says, read and checked: who asks, in which form, with which document, about which version. */
import { createHash } from 'node:crypto';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { withoutAbsent } from '../agreement/document.ts';
import { readJson } from '../agreement/json-text.ts';
import type { PlacesAsked, ReadDocument } from '../agreement/reading.ts';
import { OperatingError } from '../errors.ts';
import type { Party } from '../identity/party.ts';
import { charsetOf, inCharset } from '../xml/charset.ts';
import type { DocumentForm, Reading, ReadingMode } from '../xml/document.ts';
import type { DocumentIssue } from '../xml/element.ts';
import { boundSending } from './admission.ts';
import { foundText, invalidDocument, type Refusal, sendProblem, sendRefusal, unusable } from './problems.ts';

/** The two forms of every document. */
export type Form = 'xml' | 'json';

/** Longest wait that `Prefer: wait` is granted, so that idle connections stay bounded. */
export const WAIT_SECONDS_MAX = 25;

/** Why something is terminated: a sentence or two, for the history and its document. */
export const REASON_LENGTH_MAX = 500;

/** Idempotency keys are ours to keep: an opaque text, short enough to be an index. */
const KEY_LENGTH_MAX = 255;

/** The party whose bearer token the request carries. */
export function bearerOf(
	{ headers: { authorization = '' } }: Request,
	find: (token: string) => Party | undefined,
): Party | undefined {
	const token = /^Bearer +([^\s]+) *$/i.exec(authorization)?.[1];
	return token === undefined ? undefined : find(token);
}

/** Identifies the party by its bearer token, or answers 401. */
export function authenticate(find: (token: string) => Party | undefined): RequestHandler {
	return (request, response, next) => {
		const party = bearerOf(request, find);
		if (party === undefined) return sendProblem(response, { code: 'UNAUTHENTICATED' });
		response.locals.party = party;
		next();
	};
}

export function partyOf(response: Response): Party {
	return response.locals.party as Party;
}

/** A handler that answers, or returns the refusal that is to be answered. */
export type Handler = (request: Request, response: Response, party: Party) => Promise<Refusal | undefined>;

/** The query parameters that a route has: any text, a flag that is `true` or `false`, or one of these words. */
export type Parameters = Readonly<Record<string, 'text' | 'flag' | readonly string[]>>;

/** How a route's document is read: `strict` or `lenient`; where the request does not say, as {@link receiveDocument} has it. */
export const READING = { reading: ['strict', 'lenient'] } as const;

/**
 * Turns a handler into express's shape. A query that has other parameters than these, or one of them twice, is refused
 * before the handler sees it. Failures go to the problem handler.
 */
export function handle(handler: Handler, parameters: Parameters = {}): RequestHandler {
	return async (request: Request, response: Response, next: NextFunction) => {
		try {
			const wrong = faultOfQuery(request, parameters);
			if (wrong !== undefined) return sendProblem(response, wrong);
			const refusal = await handler(request, response, partyOf(response));
			if (refusal !== undefined) await sendRefusal(response, await withLines(request, refusal));
			boundSending(response);
		} catch (error) {
			next(error);
		}
	};
}

function faultOfQuery({ query }: Request, parameters: Parameters): Refusal | undefined {
	for (const [name, value] of Object.entries(query)) {
		const kind = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
		if (kind === undefined) return unknownOf('query parameter', name, Object.keys(parameters));
		if (typeof value !== 'string') return unusable(name, 'once', value);
		if (kind === 'flag' && value !== 'true' && value !== 'false') return unusable(name, 'true or false', value);
		if (typeof kind === 'object' && !kind.includes(value)) return unusable(name, kind.join(' or '), value);
	}
	return undefined;
}

/** Of a name that nobody knows, this much is told. */
const NAME_SHOWN_MAX = 100;

function unknownOf(what: string, name: string, allowed: readonly string[]): Refusal {
	const known = allowed.length === 0 ? 'none is' : `${allowed.join(', ')} ${allowed.length === 1 ? 'is' : 'are'}`;
	const detail = `There is no ${what} ${JSON.stringify(name.slice(0, NAME_SHOWN_MAX))} here; ${known} allowed.`;
	return { code: 'PARAMETER_INVALID', detail };
}

/** The form of the answer by `Accept`; JSON where both are welcome. */
export function answerForm(request: Request): Form | undefined {
	const type = request.accepts(['application/json', 'application/xml', 'text/xml']);
	if (type === false) return undefined;
	return type === 'application/json' ? 'json' : 'xml';
}

/** A document that passed the gate, and the form in which it was sent. */
export interface ReceivedDocument<T> {
	readonly kind: 'document';
	readonly value: T;
	readonly form: Form;
	/** What lenient reading repaired, none where the document was read as it stands; of a template what lint says, too. */
	readonly repairs: readonly DocumentIssue[];
}

type Received<T> = ReceivedDocument<T> | { readonly kind: 'refusal'; readonly refusal: Refusal };

/** Reads documents behind the gate: the worker pool of the xml room. */
export interface DocumentReader {
	read(
		bytes: Uint8Array,
		form: Exclude<DocumentForm, 'message'>,
		context?: unknown,
		mode?: ReadingMode,
	): Promise<Reading<ReadDocument>>;
}

/**
 * Reads the body as a document of a given kind, as `reading` in the query says: strictly, or leniently. Where it does
 * not say, strictly, and then leniently where `isLenient` says so of the document that this gives.
 */
export async function receiveDocument<K extends ReadDocument['kind']>(
	request: Request,
	reader: DocumentReader,
	kinds: K | readonly K[],
	isLenient: (value: Extract<ReadDocument, { kind: K }>) => boolean = () => false,
): Promise<Received<Extract<ReadDocument, { kind: K }>>> {
	const form = bodyForm(request);
	if (form === undefined) return refusal({ code: 'MEDIA_TYPE_UNSUPPORTED' });
	const foreign = form === 'json' ? foreignCharset(request) : undefined;
	if (foreign !== undefined) return refusal(foreign);
	const decoded = inCharset(bytesOf(request), form === 'json' ? undefined : charsetOf(request.get('Content-Type')));
	if (!decoded.ok) return refusal(invalidDocument([decoded.issue]));
	const { bytes } = decoded;
	const asked = request.query.reading as ReadingMode | undefined;
	let mode = asked;
	let reading = await reader.read(bytes, form, undefined, mode);
	if (!reading.ok && asked === undefined && reading.issues.some(({ code }) => MENDABLE.has(code))) {
		const mended = await reader.read(bytes, form, undefined, 'lenient');
		if (mended.ok && isKind(mended.value, kinds) && isLenient(mended.value)) {
			reading = mended;
			mode = 'lenient';
		}
	}
	if (!reading.ok) return refusal(invalidDocument(reading.issues));
	placeFinders.set(request, async (placesOf: readonly string[]) => {
		const context: PlacesAsked = { placesOf };
		return (await reader.read(bytes, form, context, mode)).issues ?? [];
	});
	const { value } = reading;
	if (!isKind(value, kinds)) {
		const message = `This is a document of another kind: ${value.kind}.`;
		const allowed = [kinds].flat().join(', ');
		return refusal(invalidDocument([{ code: 'ROOT_UNKNOWN', path: '/', message, found: value.kind, allowed }]));
	}
	return { kind: 'document', value, form, repairs: reading.issues ?? [] };
}

/** What tells of places in the document of a request where they were sent: each with the path there, and its line. */
const placeFinders = new WeakMap<Request, (paths: readonly string[]) => Promise<readonly DocumentIssue[]>>();

/**
 * The refusal with the lines of issues that were found once the document had been read. They are looked for in a worker,
 * as the document was: here a long one would hold everybody up.
 */
async function withLines(request: Request, refusal: Refusal): Promise<Refusal> {
	const find = placeFinders.get(request);
	const { issues } = refusal;
	if (find === undefined || issues === undefined || issues.every(({ line }) => line !== undefined)) return refusal;
	let places: readonly DocumentIssue[];
	try {
		places = await find(issues.map(({ path }) => path));
	} catch (error) {
		// Too many documents wait, or this one takes too long: it is refused all the same, and why is known.
		if (error instanceof OperatingError) return refusal;
		throw error;
	}
	return {
		...refusal,
		issues: issues.map((issue, nth) => {
			const { path, line } = places[nth] ?? issue;
			return { ...issue, path, ...(line === undefined ? {} : { line }) };
		}),
	};
}

/** Issues of the schemas: only a document that does not keep to them can be read in another way. */
const MENDABLE: ReadonlySet<string> = new Set(['XSD_INVALID', 'ROOT_UNKNOWN']);

/** Whether anything was sent. */
export function hasBody(request: Request): boolean {
	return bytesOf(request).length > 0;
}

/** Items of one page of a list, unless the request asks for fewer. */
const PAGE_SIZE_MAX = 100;

/** `limit` of a request for a page. */
export function pageSizeOf({ query: { limit } }: Request): { readonly limit: number } | Refusal {
	const count = limit === undefined ? PAGE_SIZE_MAX : Number(limit);
	if (Number.isSafeInteger(count) && count >= 1 && count <= PAGE_SIZE_MAX) return { limit: count };
	return unusable('limit', `a whole number from 1 to ${PAGE_SIZE_MAX}`, limit);
}

/** `after` of a request for a page of a history. */
export function sequenceOf({ query: { after = '0' } }: Request): { readonly after: number } | Refusal {
	if (typeof after === 'string' && /^\d{1,15}$/.test(after)) return { after: Number(after) };
	return unusable('after', 'the sequence number of an entry', after);
}

/** The key of a request that may be sent again, with a digest of what makes it the same request: address and bytes. */
export function idempotencyOf(
	request: Request,
): { readonly idempotency?: { readonly key: string; readonly fingerprint: string } } | Refusal {
	const key = request.get('Idempotency-Key');
	if (key === undefined) return {};
	if (key === '' || key.length > KEY_LENGTH_MAX) {
		// A key is its sender's secret: whoever has it learns what was answered to it.
		const detail = `Idempotency-Key: 1 to ${KEY_LENGTH_MAX} characters; found ${key.length}.`;
		return { code: 'PARAMETER_INVALID', detail };
	}
	const digest = createHash('sha256').update(request.originalUrl).update('\n').update(bytesOf(request));
	return { idempotency: { key, fingerprint: digest.digest('hex') } };
}

/** The version of `If-Match`; any for `*`. A refusal where it is none of ours, or where it is needed and not there. */
export function versionOf(request: Request, need: 'required' | 'optional'): { readonly ifMatch?: number } | Refusal {
	const tag = request.get('If-Match')?.trim();
	if (tag === undefined && need === 'required')
		return { code: 'VERSION_REQUIRED', detail: 'Send the ETag that you have seen, or *.' };
	if (tag === undefined || tag === '*') return {};
	const ifMatch = parseTag(tag);
	return ifMatch === undefined
		? { code: 'VERSION_STALE', detail: `If-Match: an ETag of this broker, or *; found ${foundText(tag)}.` }
		: { ifMatch };
}

/** `"7"` is version 7. */
export function parseTag(tag: string): number | undefined {
	const match = /^"(\d{1,15})"$/.exec(tag.trim());
	return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** What a renegotiation may do to machines that run, as parameters of a route. */
export const PERMISSIONS = { allowRestart: 'flag', allowMove: 'flag' } as const;

/** What the query says of it; what it does not mention it leaves to the offer. */
export function permissionsOf({ query }: Request): { readonly allowRestart?: boolean; readonly allowMove?: boolean } {
	const said = (value: unknown) => (value === undefined ? undefined : value === 'true');
	return withoutAbsent({ allowRestart: said(query.allowRestart), allowMove: said(query.allowMove) });
}

/** Seconds of `Prefer: wait=N` (RFC 7240), bounded; 0 where there is none. */
export function waitSecondsOf(request: Request): number {
	const match = /(?:^|[,;\s])wait=(\d{1,6})(?:$|[,;\s])/.exec(request.get('Prefer') ?? '');
	return match?.[1] === undefined ? 0 : Math.min(WAIT_SECONDS_MAX, Number(match[1]));
}

/** A JSON object of the body, for requests that are no documents. It has no other members than these. */
export function jsonObjectOf<Name extends string>(
	request: Request,
	allowed: readonly Name[],
): Readonly<Partial<Record<Name, unknown>>> | Refusal {
	if (bodyForm(request) !== 'json') return { code: 'MEDIA_TYPE_UNSUPPORTED' };
	const foreign = foreignCharset(request);
	if (foreign !== undefined) return foreign;
	const read = readJson(bytesOf(request));
	if (!read.ok) {
		const { line, message } = read.issues[0]!;
		return { code: 'PARAMETER_INVALID', detail: `Line ${line}: ${message}` };
	}
	const { value } = read;
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		return unusable('The body', 'one JSON object', value);
	const unknown = Object.keys(value).find((member) => !(allowed as readonly string[]).includes(member));
	if (unknown === undefined) return value as Partial<Record<Name, unknown>>;
	return unknownOf('member', unknown, allowed);
}

/** RFC 3339 with a zone, as epoch seconds rounded down. */
export function instantOf(name: string, value: unknown): { readonly at: number } | Refusal {
	const pattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
	const ms = typeof value === 'string' && pattern.test(value) ? Date.parse(value) : Number.NaN;
	if (!Number.isNaN(ms)) return { at: Math.floor(ms / 1000) };
	return unusable(name, 'an RFC 3339 time with a zone, e.g. 2026-12-01T08:00:00Z', value);
}

export function isRefusal(value: object): value is Refusal {
	return 'code' in value;
}

function bytesOf(request: Request): Uint8Array {
	return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}

function bodyForm(request: Request): Form | undefined {
	if (request.is('application/json') !== false) return 'json';
	return request.is(['application/xml', 'text/xml']) !== false ? 'xml' : undefined;
}

/** JSON is UTF-8 (RFC 8259, 8.1), whatever else somebody calls it. */
function foreignCharset(request: Request): Refusal | undefined {
	const charset = charsetOf(request.get('Content-Type'));
	if (charset === undefined || charset === 'utf-8') return undefined;
	return {
		code: 'MEDIA_TYPE_UNSUPPORTED',
		detail: `charset=${charset.slice(0, NAME_SHOWN_MAX)}: JSON is sent in UTF-8.`,
	};
}

function isKind<K extends ReadDocument['kind']>(
	value: ReadDocument,
	kinds: K | readonly K[],
): value is Extract<ReadDocument, { kind: K }> {
	return ([kinds].flat() as readonly string[]).includes(value.kind);
}

function refusal(refused: Refusal): Received<never> {
	return { kind: 'refusal', refusal: refused };
}
