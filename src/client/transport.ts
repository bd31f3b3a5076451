/** Requests on their way to a broker, and what comes back: documents, JSON, problems. */
import type { Problem } from './answers.ts';

/** A document on its way to the broker, in either of its two forms. */
export interface OutgoingDocument {
	readonly mediaType: 'application/xml' | 'application/json';
	readonly body: string | Uint8Array;
	/** `lenient`: what does not keep to the schemas is repaired, if it can be; absent: as its template has it, or strictly. */
	readonly reading?: 'strict' | 'lenient';
}

/** The broker answered, and the answer is a problem that the caller did not ask to see as a result. */
export class ProblemError extends Error {
	override readonly name = 'ProblemError';
	readonly problem: Problem;
	constructor(problem: Problem) {
		super(problem.detail ?? problem.title);
		this.problem = problem;
	}
}

/** Nobody answered at the address, or what answered is not a Computon broker. */
export class UnreachableError extends Error {
	override readonly name = 'UnreachableError';
}

export interface ClientOptions {
	/** Base address, e.g. `http://127.0.0.1:7420`. */
	readonly url: string;
	readonly token?: string;
	/** Default deadline of one request; longer waits add to it. */
	readonly deadlineSeconds?: number;
}

const DEADLINE_SECONDS = 30;

export interface Asking {
	readonly document?: OutgoingDocument;
	readonly json?: unknown;
	readonly headers?: Readonly<Record<string, string>>;
	readonly accept?: string;
	readonly waitSeconds?: number;
	/** A status that is neither a success nor a problem here, but an answer. */
	readonly alsoAnswers?: number;
}

/** Asks one broker as one party. */
export class Transport {
	private readonly options: ClientOptions;

	constructor(options: ClientOptions) {
		this.options = options;
	}

	/** The same, its answer read as JSON. */
	async json<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
		return body<T>(await this.ask(method, path, asking));
	}

	/** Throws ProblemError for every answer that is neither a success nor 304 nor what the request says. */
	async ask(method: string, path: string, asking: Asking = {}): Promise<Response> {
		const headers: Record<string, string> = { Accept: asking.accept ?? 'application/json', ...asking.headers };
		if (this.options.token !== undefined) headers.Authorization = `Bearer ${this.options.token}`;
		let content: string | Uint8Array | undefined;
		if (asking.document !== undefined) {
			headers['Content-Type'] = asking.document.mediaType;
			content = asking.document.body;
		} else if (asking.json !== undefined) {
			headers['Content-Type'] = 'application/json';
			content = JSON.stringify(asking.json);
		}
		const seconds = (this.options.deadlineSeconds ?? DEADLINE_SECONDS) + (asking.waitSeconds ?? 0);
		const request: RequestInit = { method, headers, signal: AbortSignal.timeout(seconds * 1000), redirect: 'error' };
		if (content !== undefined) request.body = content as NonNullable<RequestInit['body']>;
		let response: Response;
		try {
			response = await fetch(addressOf(path, this.options.url, asking.document?.reading), request);
		} catch (error) {
			const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause : error) : undefined;
			throw new UnreachableError(`No answer from ${this.options.url}: ${cause?.message ?? 'unknown failure'}`, {
				cause,
			});
		}
		if (response.ok || response.status === 304 || response.status === asking.alsoAnswers) return response;
		throw new ProblemError(await problemOf(response));
	}
}

/** What an answer holds; throws UnreachableError where it is no JSON. */
export async function body<T>(response: Response): Promise<T> {
	try {
		return (await response.json()) as T;
	} catch (cause) {
		throw new UnreachableError(`What answered at ${response.url} does not speak the API of Computon.`, { cause });
	}
}

function addressOf(path: string, base: string, reading: OutgoingDocument['reading']): URL {
	const address = new URL(path, base);
	if (reading !== undefined) address.searchParams.set('reading', reading);
	return address;
}

async function problemOf(response: Response): Promise<Problem> {
	const text = await response.text();
	if (response.headers.get('content-type')?.startsWith('application/problem+json') === true)
		return JSON.parse(text) as Problem;
	return {
		type: 'about:blank',
		title: response.statusText,
		status: response.status,
		code: 'UNKNOWN',
		detail: text.slice(0, 300),
	};
}
