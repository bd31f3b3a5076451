/** Calling out: one POST to an allowed target, to the address that was checked, and no further. */
import { lookup } from 'node:dns/promises';
import { type ClientRequestArgs, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { OperatingError } from '../errors.ts';
import { type AllowedTarget, judgeTarget, mayStandFor, type TargetVerdict } from './targets.ts';

/** What came of a call that was made or refused; that nobody answered is an OperatingError. */
export type PostOutcome =
	| { readonly kind: 'answered'; readonly status: number; readonly contentType: string; readonly body: Uint8Array }
	/** The list does not allow it: nothing was sent. */
	| { readonly kind: 'refused'; readonly why: string };

/** Finds the addresses of a name, as dns.lookup with `all` does. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** An acknowledgement or a verdict is a few kilobytes. */
const ANSWER_BYTES_MAX = 64 << 10;
/** Whoever called with less patience than this would hear of every busy network. */
export const CALL_MS_DEFAULT = 10_000;

export class Notifier {
	readonly #targets: readonly AllowedTarget[];
	readonly #resolve: Resolve;

	constructor(targets: readonly AllowedTarget[], resolve: Resolve = (host) => lookup(host, { all: true })) {
		this.#targets = targets;
		this.#resolve = resolve;
	}

	/** Whether the list allows this address; what its name stands for is seen when it is called. */
	judge(target: string): TargetVerdict {
		return judgeTarget(target, this.#targets);
	}

	/**
	 * Posts to the target and returns its answer, whatever its status: a redirect is an answer as any other and is not
	 * followed. Refused where the list does not allow the target or an address that its name stands for. Throws
	 * TARGET_UNREACHABLE where nobody answers within `deadlineMs` (name resolution included), or with more than
	 * 64 KiB.
	 */
	async post(
		target: string,
		body: string | Uint8Array,
		headers: Readonly<Record<string, string>>,
		deadlineMs: number = CALL_MS_DEFAULT,
	): Promise<PostOutcome> {
		const verdict = this.judge(target);
		if (!verdict.ok) return { kind: 'refused', why: verdict.why };
		const { url, allowed } = verdict;
		const late = AbortSignal.timeout(deadlineMs);
		try {
			const addresses = await this.#addressesOf(allowed.host, late);
			const foreign = addresses.find(({ address }) => !mayStandFor(allowed, address));
			if (foreign !== undefined) return { kind: 'refused', why: 'Its name stands for an address that is not public.' };
			const response = await send(url, body, headers, addresses, late);
			const { statusCode: status = 0, headers: answered } = response;
			return { kind: 'answered', status, contentType: answered['content-type'] ?? '', body: await bodyOf(response) };
		} catch (cause) {
			if (cause instanceof OperatingError) throw cause;
			const why = late.aborted ? `No answer within ${deadlineMs} ms.` : (cause as Error).message;
			throw new OperatingError('TARGET_UNREACHABLE', `${url.origin}: ${why}`, { cause });
		}
	}

	async #addressesOf(host: string, late: AbortSignal): ReturnType<Resolve> {
		const family = isIP(host);
		if (family !== 0) return [{ address: host, family }];
		const found = await Promise.race([this.#resolve(host), aborted(late)]);
		if (found.length === 0) throw new Error(`${host} has no address.`);
		return found;
	}
}

/** Sends to one of the addresses that were checked: the name is not asked for again. */
function send(
	url: URL,
	body: string | Uint8Array,
	headers: Readonly<Record<string, string>>,
	addresses: Awaited<ReturnType<Resolve>>,
	signal: AbortSignal,
): Promise<IncomingMessage> {
	const lookupChecked: LookupFunction = (_host, { all }, found) => {
		if (all === true) found(null, [...addresses]);
		else found(null, addresses[0]!.address, addresses[0]!.family);
	};
	const options: ClientRequestArgs = {
		method: 'POST',
		headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
		lookup: lookupChecked,
		agent: false,
		signal,
	};
	return new Promise((resolve, reject) => {
		const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve);
		outgoing.once('error', reject);
		outgoing.end(body);
	});
}

async function bodyOf(response: IncomingMessage): Promise<Uint8Array> {
	const pieces: Uint8Array[] = [];
	let bytes = 0;
	for await (const piece of response as AsyncIterable<Uint8Array>) {
		bytes += piece.length;
		if (bytes > ANSWER_BYTES_MAX) {
			response.destroy();
			throw new Error(`The answer has more than ${ANSWER_BYTES_MAX} bytes.`);
		}
		pieces.push(piece);
	}
	return Buffer.concat(pieces);
}

function aborted(signal: AbortSignal): Promise<never> {
	return new Promise((_resolve, reject) => {
		signal.addEventListener('abort', () => reject(signal.reason), { once: true });
	});
}
