/** Watches a door of this process: every status with which it answers an operation stands in docs/openapi.json. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const { paths } = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
	readonly paths: Record<string, Record<string, { readonly responses: Record<string, unknown> }>>;
};
const patterns = Object.entries(paths).map(([path, operations]) => ({
	path,
	operations,
	pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** Node tells of every answer of every HTTP server in this thread. */
const CHANNEL = 'http.server.response.finish';

/**
 * Begins to watch the server at `url`. The function that is given back ends this, and tells what was answered and is
 * not documented. Failures of the machinery, 5xx, are documented for all operations at once.
 */
export function watchStatuses(url: string): () => readonly string[] {
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
		if (found === undefined || responses === undefined || String(response.statusCode) in responses) return;
		undocumented.add(`${request.method} ${found.path} ${response.statusCode}`);
	};
	subscribe(CHANNEL, watch);
	return () => {
		unsubscribe(CHANNEL, watch);
		return [...undocumented];
	};
}
