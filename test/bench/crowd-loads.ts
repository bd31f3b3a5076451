/**
 * What 64 clients do at once with documents as large as they may be: they send them, ask about them, look at them, wait
 * for them to change, negotiate with them, publish them, and have others told of them.
 */
import { readFileSync } from 'node:fs';
import { ProblemError } from '../../src/client/transport.ts';
import type { BrokerProcess } from './broker-process.ts';
import { Clients, encode, type Load, type Request } from './clients.ts';
import { extended, jsonOf, ordinaryWish } from './hold.bench.ts';
import { asDemanding } from './hostile-demands.ts';
import { type Form, offerWriter } from './offers.ts';

/** Something that many do at once. */
export interface CrowdLoad {
	readonly what: string;
	send(): Promise<Load>;
}

/** What a broker is asked in. */
export interface Crowd {
	readonly broker: BrokerProcess;
	readonly image: { readonly name: string; readonly digest: string };
	/** The address of somebody who takes every call. */
	readonly listener: string;
}

/** Loads in the order in which they are to be sent: later ones ask for what earlier ones have made. */
type Loads = (crowd: Crowd) => AsyncGenerator<CrowdLoad>;

const CLIENTS = 64;
/** Whoever looks at a tree of 16 MiB gets all of it. */
const LOOKING_CLIENTS = 8;
/** Of each load; who was not answered by then is waited for. */
const LOAD_MS_MAX = 15_000;
const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Beside it stand an offer of 8 KB and an envelope. */
const TEXT = 't'.repeat(MIB - 20_000);
/** Of what one message of a negotiation may have, so much is text. */
const ROUND_TEXT = 't'.repeat(400_000);
const ROUNDS = 3;
const FORMS: readonly Form[] = ['xml', 'json'];

export const CROWD_LOADS: Readonly<Record<string, Loads>> = { offers, looks, soap, negotiations, templates };

async function* offers({ broker, ...crowd }: Crowd): AsyncGenerator<CrowdLoad> {
	for (const form of FORMS) {
		for (const [outcome, xml] of Object.entries(largeOffers(crowd))) {
			const body = inForm(form, xml);
			for (const path of ['/agreements', '/evaluations']) {
				const request = rest(broker, 'POST', path, form, body);
				yield load(broker, `${path}, ${outcome}, ${form}`, alike(request), [200, 201, 409]);
			}
		}
	}
}

async function* looks({ broker, ...crowd }: Crowd): AsyncGenerator<CrowdLoad> {
	const write = offerWriter(crowd.image);
	const { accepted } = largeOffers(crowd);
	const large = await agreed(broker, accepted);
	const cluster = await agreed(broker, extended(write('xml', { ...ordinaryWish(), machines: 256 }), TEXT));
	const nodes = '<x:a b="1">t</x:a>'.repeat(1_300);
	const many = await agreed(broker, extended(write('xml', ordinaryWish()), nodes));
	for (const form of FORMS) {
		for (const [what, id] of Object.entries({ large, cluster, many })) {
			yield load(broker, `an agreement, ${what}, ${form}`, alike(rest(broker, 'GET', `/agreements/${id}`, form)));
		}
	}
	for (let count = 0; count < 16; count += 1) await agreed(broker, accepted);
	for (const path of ['/agreements?limit=100', `/agreements/${cluster}/machines`, `/agreements/${cluster}/history`]) {
		yield load(broker, path.replace(cluster, 'cluster'), alike(rest(broker, 'GET', path, 'json')));
	}
	const waited = `/agreements/${await agreed(broker, accepted)}`;
	const waits = rest(broker, 'GET', waited, 'json', undefined, { 'If-None-Match': '"1"', Prefer: 'wait=20' });
	const ends = rest(broker, 'DELETE', waited, 'json', undefined, { 'If-Match': '*' });
	yield load(broker, 'an agreement that is waited for', [...alike(waits), encode(ends)]);
}

async function* soap({ broker, listener, ...crowd }: Crowd): AsyncGenerator<CrowdLoad> {
	const { countered, accepted } = largeOffers(crowd);
	const id = await agreed(broker, accepted);
	const send = (what: string, body: string, resource?: string, status = 200) => {
		const header = resource === undefined ? '' : `<cs:Agreement>${resource}</cs:Agreement>`;
		const headers = { ...authorized(broker), 'Content-Type': 'application/soap+xml' };
		const request: Request = { method: 'POST', path: '/soap', headers, body: envelope(body, header) };
		return load(broker, `SOAP, ${what}`, alike(request), [status]);
	};
	const address = (name: string) => `<${name}><wsa:Address>${listener}</wsa:Address></${name}>`;
	const create = (xml: string) => `<wsag:CreateAgreementInput>${withoutDeclaration(xml)}</wsag:CreateAgreementInput>`;
	yield send('an offer, countered', create(countered), undefined, 400);
	yield send('an offer, accepted', create(accepted));
	yield send('another document', `<x:x xmlns:x="urn:x">${TEXT}</x:x>`, undefined, 400);
	yield send('a property', '<wsrf-rp:GetResourceProperty>wsag:Context</wsrf-rp:GetResourceProperty>', id);
	const dialect = 'http://www.w3.org/TR/1999/REC-xpath-19991116';
	const query = `<wsrf-rp:QueryExpression Dialect="${dialect}">//wsag:Context</wsrf-rp:QueryExpression>`;
	yield send('a query', `<wsrf-rp:QueryResourceProperties>${query}</wsrf-rp:QueryResourceProperties>`, id);
	yield send('all properties', '<wsrf-rp:GetResourcePropertyDocument/>', id);
	const pending = `${address('wsag:AgreementAcceptanceEPR')}${withoutDeclaration(countered)}`;
	yield send('pending, countered', `<wsag:CreatePendingAgreementInput>${pending}</wsag:CreatePendingAgreementInput>`);
	yield send('a subscription', `<wsnt:Subscribe>${address('wsnt:ConsumerReference')}</wsnt:Subscribe>`, id);
	const ends = rest(broker, 'DELETE', `/agreements/${id}`, 'json', undefined, { 'If-Match': '*' });
	yield load(broker, 'what subscribers are told of', [encode(ends)]);
}

async function* negotiations({ broker, ...crowd }: Crowd): AsyncGenerator<CrowdLoad> {
	const offer = offerWriter(crowd.image)('xml', { ...ordinaryWish(), ...TOO_MUCH });
	const offered = extended(offer, ROUND_TEXT);
	const solicited = asDemanding(offered, { what: '', constraints: '', change: (each) => each });
	const begun = await Promise.all(alike(undefined).map(() => broker.admin.beginNegotiation({ template: 'cluster/1' })));
	for (let round = 1; round <= ROUNDS; round += 1) {
		const form = FORMS[round % FORMS.length]!;
		const body = inForm(form, solicited);
		const requests = begun.map(({ id }) => encode(rest(broker, 'POST', `/negotiations/${id}/offers`, form, body)));
		yield load(broker, `negotiations, round ${round}, ${form}`, requests, [200, 409]);
	}
	yield load(broker, '/negotiations', alike(rest(broker, 'GET', '/negotiations?limit=100', 'json')));
	for (const { id } of begun) await broker.admin.endNegotiation(id);
	const tree = await largestTree(broker, offered);
	for (const form of FORMS) {
		const requests = alike(rest(broker, 'GET', `/negotiations/${tree}`, form), LOOKING_CLIENTS);
		yield load(broker, `a tree, ${form}`, requests);
	}
}

async function* templates({ broker }: Crowd): AsyncGenerator<CrowdLoad> {
	const shipped = readFileSync(new URL('../../templates/machine.xml', import.meta.url), 'utf8');
	const template = (name: string) => extended(shipped.replace(/(TemplateName>)machine</, `$1${name}<`), TEXT);
	const published = (index: number, form: Form) => {
		const name = `large-${index}-${form}`;
		return encode(rest(broker, 'PUT', `/templates/${name}/1`, form, inForm(form, template(name))));
	};
	for (const form of FORMS) {
		yield load(broker, `one template, ${form}`, new Array(CLIENTS).fill(published(0, form)), [200, 201]);
		const requests = Array.from({ length: CLIENTS }, (_, index) => published(index, form));
		yield load(broker, `templates, ${form}`, requests, [200, 201]);
	}
	for (const form of FORMS) {
		const requests = Array.from({ length: CLIENTS }, (_, index) => {
			return encode(rest(broker, 'GET', `/templates/large-${index}-${form}/1`, form));
		});
		yield load(broker, `templates looked at, ${form}`, requests);
	}
	yield load(broker, '/templates', alike(rest(broker, 'GET', '/templates', 'json')));
	const headers = { ...authorized(broker), 'Content-Type': 'application/soap+xml' };
	const body = envelope('<wsrf-rp:GetResourcePropertyDocument/>', '');
	const requests = alike({ method: 'POST' as const, path: '/soap', headers, body }, LOOKING_CLIENTS);
	yield load(broker, 'SOAP, properties of the factory', requests);
}

/** Far more than the site has. */
const TOO_MUCH = { machines: 250, cpus: 32, memoryBytes: 96 * GIB } as const;

function largeOffers({ image }: Pick<Crowd, 'image'>): { readonly countered: string; readonly accepted: string } {
	const write = offerWriter(image);
	return {
		countered: extended(write('xml', { ...ordinaryWish(), ...TOO_MUCH }), TEXT),
		accepted: extended(write('xml', ordinaryWish()), TEXT),
	};
}

function inForm(form: Form, xml: string): string {
	return form === 'xml' ? xml : jsonOf(xml)!;
}

function rest(
	broker: BrokerProcess,
	method: Request['method'],
	path: string,
	form: Form,
	body?: string,
	more: Readonly<Record<string, string>> = {},
): Request {
	const type = `application/${form}`;
	const headers = { ...authorized(broker), 'Content-Type': type, Accept: type, ...more };
	return { method, path, headers, ...(body === undefined ? {} : { body }) };
}

function authorized({ token }: BrokerProcess): { readonly Authorization: string } {
	return { Authorization: `Bearer ${token}` };
}

function envelope(body: string, header: string): string {
	const declared = Object.entries(NAMESPACES).map(([prefix, namespace]) => `xmlns:${prefix}="${namespace}"`);
	return `<env:Envelope ${declared.join(' ')}><env:Header>${header}</env:Header><env:Body>${body}</env:Body></env:Envelope>`;
}

const NAMESPACES = {
	env: 'http://www.w3.org/2003/05/soap-envelope',
	wsa: 'http://www.w3.org/2005/08/addressing',
	wsag: 'http://schemas.ggf.org/graap/2007/03/ws-agreement',
	wsnt: 'http://docs.oasis-open.org/wsn/b-2',
	'wsrf-rp': 'http://docs.oasis-open.org/wsrf/rp-2',
	cs: 'urn:computon:soap:1',
};

function withoutDeclaration(xml: string): string {
	return xml.replace(/^<\?xml.*?\?>/, '');
}

/** The same from everybody. */
function alike(request: Request, count?: number): Buffer[];
function alike(request: undefined): undefined[];
function alike(request: Request | undefined, count = CLIENTS): (Buffer | undefined)[] {
	return new Array(count).fill(request && encode(request));
}

function load(
	broker: BrokerProcess,
	what: string,
	requests: readonly Buffer[],
	allowed: readonly number[] = [200],
): CrowdLoad {
	// Whoever is asked to come again has been answered as well.
	return { what, send: () => sendEach(broker, requests, [...allowed, 503]) };
}

/** Each from a client of its own. */
async function sendEach(
	{ url }: BrokerProcess,
	requests: readonly Buffer[],
	allowed: readonly number[],
): Promise<Load> {
	const clients = new Clients(url, requests.length);
	try {
		const sent = await clients.send(requests, LOAD_MS_MAX);
		const failed = sent.answers.find(({ status }) => !allowed.includes(status));
		if (failed !== undefined) throw new Error(`One was answered ${failed.status}: ${failed.body.slice(0, 300)}`);
		return sent;
	} finally {
		clients.close();
	}
}

/** An agreement to this offer, by its id. */
async function agreed(broker: BrokerProcess, xml: string): Promise<string> {
	const { answers } = await sendEach(broker, [encode(rest(broker, 'POST', '/agreements', 'xml', xml))], [201]);
	return answers[0]!.location!.replace(/^.*\//, '');
}

/** A negotiation of as many offers as it takes, by its id. */
async function largestTree({ admin }: BrokerProcess, body: string): Promise<string> {
	const { id } = await admin.beginNegotiation({ template: 'cluster/1' });
	for (;;) {
		try {
			await admin.negotiate(id, { mediaType: 'application/xml', body }, { state: 'Advisory' });
		} catch (error) {
			if (error instanceof ProblemError && error.problem.code === 'NEGOTIATION_REFUSED') return id;
			throw error;
		}
	}
}
