/** Watches a door of this process: each status, and each header of ours, that it answers stands in docs/openapi.json. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const { paths } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
	readonly paths: Record<
		string,
		Record<string, { readonly responses: Record<string, { readonly headers?: Record<string, unknown> }> }>
	>;
};
const patterns = Object.entries(paths).map(([path, operations]) => ({
	path,
	operations,
	pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** Headers that a client goes by; others are HTTP's own, or the same everywhere. */
const HEADERS = ['ETag', 'Location', 'Computon-History-Head', 'Idempotency-Replayed', 'Preference-Applied'];

/** Node tells of every answer of every HTTP server in this thread. */
const CHANNEL = 'http.server.response.finish';

/**
 * Begins to watch the server at `url`. The function that is given back ends this, and tells what was answered and is
 * not documented. Failures of the machinery, 5xx, are documented for all operations at once.
 */
export function watchAnswers(url: string): () => readonly string[] {
	const port = Number(new URL(url).port);
	const undocumented = new Set<string>();
	const watch = (message: unknown) => {
		const { request, response, server } = message as {
			readonly request: IncomingMessage;
			readonly response: ServerResponse;
			readonly server: { address(): AddressInfo | null };
		};
		if (server.address()?.port !== port || response.statusCode >= 500) return;
		const asked = (request.url ?? '').replace(/\?.*/s, '');
		const found = patterns.find(({ pattern }) => pattern.test(asked));
		const responses = found?.operations[(request.method ?? '').toLowerCase()]?.responses;
		if (found === undefined || responses === undefined) return;
		const answer = `${request.method} ${found.path} ${response.statusCode}`;
		const documented = responses[response.statusCode];
		if (documented === undefined) undocumented.add(answer);
		else
			for (const header of HEADERS)
				if (response.hasHeader(header) && documented.headers?.[header] === undefined)
					undocumented.add(`${answer} ${header}`);
	};
	subscribe(CHANNEL, watch);
	return () => {
		unsubscribe(CHANNEL, watch);
		return [...undocumented];
	};
}
