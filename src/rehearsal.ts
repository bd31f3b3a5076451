/**
 * A rehearsal before a broker listens, so that no document that comes is the first of its kind: code that V8 has not
 * compiled yet runs up to five times as long, and whatever is asked meanwhile waits. It is played before a site of its
 * own: in memory, with simulated hosts, behind a door that nobody else finds. Part of the composition root.
 */
import { createServer, type Server } from 'node:http';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readTemplate } from './agreement/template/template.ts';
import { toJson } from './agreement/to-json.ts';
import { createApp, type Door } from './api/app.ts';
import { Broker } from './broker/broker.ts';
import { uuidSource } from './broker/identifier.ts';
import type { Party } from './identity/party.ts';
import { POLICY_DEFAULTS } from './negotiation/policy/policy.ts';
import { PLAIN, REHEARSED_IMAGE, rehearsedDocuments, rehearsedTemplates } from './rehearsal-documents.ts';
import { offeredHosts, readSiteCapacity, simulatedHosts } from './site-capacity.ts';
import { Store } from './store/store.ts';
import { SimulatedSite } from './workspace/simulated/simulated-site.ts';
import { readDocument } from './xml/document.ts';
import { DOCUMENT_BYTES_MAX } from './xml/gate.ts';

/** What was sent and what was answered. */
export interface Rehearsed {
	readonly form: Form;
	/** The document, in XML whatever its form. */
	readonly xml: string;
	readonly status: number;
	/** What had to be answered. */
	readonly expected: number;
}

/** A start should not take much longer on a machine that has other work: what was not rehearsed by then is not. */
const MS_MAX = 2_000;
/** While one is read in a worker the others are decided. */
const AT_A_TIME = 3;
const HOSTS = 100;
const SITE = 'rehearsal';
const PARTY: Party = { name: 'rehearsal', vo: 'rehearsal', role: 'admin' };

type Form = 'xml' | 'json';

/**
 * Sends each document once, in one form or the other, or as many as there is time for (milliseconds); returns what came of each. The
 * reader is the broker's own: its workers have compiled something then as well.
 */
export async function rehearse(reader: Door['reader'], msMax = MS_MAX): Promise<readonly Rehearsed[]> {
	using parts = new DisposableStack();
	const store = parts.adopt(new Store(undefined), (opened) => opened.close());
	const broker = parts.adopt(await openRehearsedBroker(store), (opened) => opened.close());
	const server = createServer(createApp(doorOf(broker, reader)));
	const untilMs = performance.now() + msMax;
	const rehearsed: Rehearsed[] = [];
	const waiting = rehearsedDocuments(broker.now()).map((document, index) => ({
		...document,
		form: FORMS[index % FORMS.length]!,
	}));
	const play = async () => {
		for (let next = waiting.shift(); next !== undefined && performance.now() < untilMs; next = waiting.shift()) {
			const { kind, form, xml, status: expected } = next;
			const body = form === 'xml' ? xml : jsonOf(xml);
			const status = kind === 'agreement' ? await propose(server, form, body) : await negotiate(server, form, body);
			rehearsed.push({ form, xml, status, expected });
		}
	};
	await Promise.all(Array.from({ length: AT_A_TIME }, play));
	return rehearsed;
}

/** Clears away what a rehearsal left behind, which the first large offer would have to do otherwise. */
export function clearStage(): void {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	setFlagsFromString('--no-expose-gc');
	collect();
}

const FORMS: readonly Form[] = ['xml', 'json'];

async function openRehearsedBroker(store: Store): Promise<Broker> {
	const capacity = readSiteCapacity(undefined);
	const site = new SimulatedSite({ hosts: simulatedHosts(capacity, HOSTS) });
	const { simulated: _, acceleration: __, ...abilities } = site.abilities;
	const broker = new Broker({
		store,
		site: SITE,
		...offeredHosts(await site.hosts(), capacity, site.abilities),
		policy: { ...POLICY_DEFAULTS, abilities },
		clock: () => Math.floor(Date.now() / 1000),
		newId: uuidSource(),
		onFault: () => {},
	});
	for (const { name, xml } of rehearsedTemplates()) {
		const tree = readDocument(Buffer.from(xml));
		const template = tree.ok ? readTemplate(tree.value) : tree;
		if (!template.ok) throw new Error(`The rehearsed template ${name}: ${JSON.stringify(template.issues[0])}`);
		await broker.publishTemplate({ party: PARTY, template: template.value, xml });
	}
	await broker.addImage(PARTY, { digest: REHEARSED_IMAGE, name: 'guest', kind: 'disk', diskBytes: 0 });
	return broker;
}

function doorOf(broker: Broker, reader: Door['reader']): Door {
	const nothing = () => {
		throw new Error('Nothing of this is rehearsed.');
	};
	return {
		broker,
		reader,
		tokens: { find: () => PARTY, list: () => [], add: nothing, revoke: nothing },
		images: { add: nothing, remove: nothing },
		site: { name: SITE, simulated: true },
		isReady: () => true,
		openApi: {},
		documentBytesMax: DOCUMENT_BYTES_MAX,
		judgeTarget: nothing,
		publicUrl: undefined,
		report: () => {},
	};
}

async function propose(server: Server, form: Form, body: string): Promise<number> {
	const { status } = await send(server, 'POST', '/agreements', form, body);
	return status;
}

/** In a negotiation of its own, which is looked at. */
async function negotiate(server: Server, form: Form, body: string): Promise<number> {
	const { location } = await send(server, 'POST', `/negotiations?template=${PLAIN}/1`, form);
	const { status } = await send(server, 'POST', `${location}/offers`, form, body);
	await send(server, 'GET', location, form);
	return status;
}

/** One request over a connection of its own that leads nowhere but to this server, which need not listen. */
async function send(server: Server, method: string, path: string, form: Form, body = '') {
	const [near, far] = duplexPair();
	const mediaType = `application/${form}`;
	const head = [
		`${method} ${path} HTTP/1.1`,
		'Host: rehearsal',
		'Connection: close',
		'Authorization: Bearer rehearsal',
		`Accept: ${mediaType}`,
		...(body === '' ? [] : [`Content-Type: ${mediaType}`, `Content-Length: ${Buffer.byteLength(body)}`]),
	];
	server.emit('connection', Object.assign(far, { setTimeout: () => far }));
	near.write(`${head.join('\r\n')}\r\n\r\n${body}`);
	const answer = await text(near);
	return {
		status: Number(answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
		location: /^location: (.*)$/im.exec(answer)?.[1]?.trim() ?? '',
	};
}

function jsonOf(xml: string): string {
	const tree = readDocument(Buffer.from(xml));
	if (!tree.ok) throw new Error(`A rehearsed document: ${JSON.stringify(tree.issues[0])}`);
	return JSON.stringify(toJson(tree.value));
}
