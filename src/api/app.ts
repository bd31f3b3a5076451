/**
 * The door: an express application over a broker. Bounded bodies, bearer tokens, problems; it knows neither jobs nor
 * hypervisors.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import type { Broker } from '../broker/broker.ts';
import type { TokenFile } from '../identity/token-file.ts';
import { receiveBody } from './admission.ts';
import { agreementRoutes } from './agreements.ts';
import { type Administration, catalogueRoutes } from './catalogue.ts';
import { maintenanceRoutes } from './maintenance.ts';
import { negotiationRoutes } from './negotiations.ts';
import { offerRoutes } from './offers.ts';
import { problemHandler, sendProblem } from './problems.ts';
import { authenticate, type DocumentReader } from './requests.ts';
import { type SoapDoor, soapRoutes } from './soap/routes.ts';

export interface Door {
	readonly broker: Broker;
	/** Is told before it is handed a document that is small. */
	readonly reader: DocumentReader & SoapDoor['messages'] & { expect(): void };
	readonly tokens: TokenFile;
	readonly images: Administration['images'];
	readonly site: { readonly name: string; readonly simulated: boolean };
	/** Whether offers can be taken and machines be started at the moment, and on how many hosts none can. */
	readonly readiness: () => { readonly ready: boolean; readonly silentHosts: number };
	readonly openApi: unknown;
	readonly documentBytesMax: number;
	/** What clients call this broker, without a path; undefined: as each of them does. */
	readonly publicUrl: string | undefined;
	/** Whether this site would call an address: callbacks and notifications. */
	readonly judgeTarget: SoapDoor['judgeTarget'];
	/** Told of failures and bugs; what the client sees of them is a problem. */
	readonly report: (error: unknown) => void;
}

/** Idle connections are closed after this; longer than the longest wait that is granted. */
const KEEP_ALIVE_MS = 65_000;
/** A request must have arrived in full by then: slow senders hold no connection for long. */
const REQUEST_MS_MAX = 30_000;
/** Connections at a time; each holds at most one body of the size cap. */
const CONNECTIONS_MAX = 2_000;

export function createApp(door: Door): Express {
	const app = express();
	app.disable('x-powered-by');
	app.disable('etag');
	app.set('query parser', 'simple');
	app.use((_request, response, next) => {
		response.setHeader('X-Content-Type-Options', 'nosniff');
		response.setHeader('Cache-Control', 'no-store');
		next();
	});
	app.get('/healthz', (_request, response) => {
		response.json({ alive: true });
	});
	app.get('/readyz', (_request, response) => {
		const { ready, silentHosts } = door.readiness();
		const { name: site, simulated } = door.site;
		response.status(ready ? 200 : 503).json({ ready, site, simulated, silentHosts });
	});
	app.get('/openapi.json', (_request, response) => {
		response.json(door.openApi);
	});
	const findParty = (token: string) => door.tokens.find(token);
	const body = receiveBody(door.documentBytesMax, undefined, () => door.reader.expect());
	app.use(soapRoutes({ ...door, messages: door.reader, findParty, receiveBody: body }));
	app.use(authenticate(findParty));
	app.use(body);
	app.use(offerRoutes(door.broker, door.reader));
	app.use(agreementRoutes(door.broker, door.reader));
	app.use(negotiationRoutes(door.broker, door.reader));
	app.use(catalogueRoutes(door));
	app.use(maintenanceRoutes(door.broker));
	app.use((request, response) => {
		const known = KNOWN_PATHS.some((pattern) => pattern.test(request.path));
		sendProblem(response, known ? { code: 'METHOD_NOT_ALLOWED' } : { code: 'NOT_FOUND' });
	});
	app.use(problemHandler(door.report));
	return app;
}

/** Paths that exist, whatever the method. */
const KNOWN_PATHS: readonly RegExp[] = [
	/^\/(agreements|evaluations|negotiations|templates|images|tokens|capacity|maintenance)$/,
	/^\/agreements\/[^/]+(\/(history|machines|renegotiations))?$/,
	/^\/agreements\/[^/]+\/machines\/\d+\/actions$/,
	/^\/negotiations\/[^/]+(\/(history|offers))?$/,
	/^\/templates\/[^/]+\/[^/]+$/,
	/^\/(images|tokens|maintenance)\/[^/]+$/,
];

/** Listens; resolves with the server and the address that clients use. */
export async function listen(app: Express, host: string, port: number): Promise<{ server: Server; url: string }> {
	const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_MS_MAX }, app);
	server.maxConnections = CONNECTIONS_MAX;
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, resolve);
	});
	const address = server.address() as AddressInfo;
	const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
	return { server, url: `http://${name}:${address.port}` };
}
