/** Negotiation in rounds through the door: by query and plain offers, and as the documents of GFD.193. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';
import { offerXml, type SimulatedService, startSimulatedService, type Wish } from './simulated-service.ts';

let site: SimulatedService;
let token: string;
beforeAll(async () => {
	site = await startSimulatedService({ simulatedHosts: 2, holdPercent: 100 });
	({ token } = await site.clientOf('alice', 'atlas'));
});
afterAll(() => site.stop());

interface Asking {
	readonly method?: string;
	readonly body?: string;
	readonly type?: string;
	readonly token?: string;
	readonly headers?: Record<string, string>;
}

interface Answer {
	readonly status: number;
	readonly headers: Headers;
	readonly text: string;
	// biome-ignore lint/suspicious/noExplicitAny: what came over the wire is looked into, field by field.
	readonly json: any;
}

async function ask(path: string, { method = 'GET', body, type, headers, ...more }: Asking = {}): Promise<Answer> {
	const response = await fetch(new URL(path, site.url), {
		method,
		headers: {
			Authorization: `Bearer ${more.token ?? token}`,
			...(body === undefined ? {} : { 'Content-Type': type ?? 'application/xml' }),
			...headers,
		},
		...(body === undefined ? {} : { body }),
	});
	const text = await response.text();
	const isJson = response.headers.get('content-type')?.includes('json') === true;
	return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

async function begin(query = '', body?: string): Promise<string> {
	const { status, json } = await ask(`/negotiations${query}`, {
		method: 'POST',
		...(body === undefined ? {} : { body }),
	});
	expect(status, JSON.stringify(json)).toBe(201);
	return json.id as string;
}

const xml = (wish: Partial<Wish> = {}) => offerXml({ image: site.image, ...wish });
/** Tomorrow, so that what is terminated leaves nothing behind. */
const startAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
const tooMuch = () => xml({ template: 'cluster', machines: 3, cpus: 32, share: 100, startAt });
const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';
const xmlToo = { Accept: 'application/xml' };

/** An offer as GFD.193 writes it. */
function negotiationOffer(offer: string, counterOfferTo: string, state = 'Solicited'): string {
	const context = `<neg:NegotiationOfferContext><neg:CounterOfferTo>${counterOfferTo}</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:${state}/></neg:State></neg:NegotiationOfferContext><neg:NegotiationConstraints/>`;
	return offer
		.replace('<wsag:AgreementOffer ', `<neg:NegotiationOffer xmlns:neg="${NEG}" `)
		.replace('</wsag:AgreementOffer>', `${context}</neg:NegotiationOffer>`);
}

/** Of each offer of its tree, as XML: whether it says until when it may be answered. */
async function expirationsOf(id: string): Promise<boolean[]> {
	const { text } = await ask(`/negotiations/${id}`, { headers: { Accept: 'application/xml' } });
	const [, ...contexts] = text.split('<neg:NegotiationOfferContext>');
	return contexts.map((context) => context.includes('<neg:ExpirationTime>'));
}

describe('a negotiation', () => {
	test('is begun, asked, looked at, agreed to and ended', async () => {
		const begun = await ask('/negotiations?template=cluster/1', { method: 'POST' });
		expect(begun.status).toBe(201);
		const { id } = begun.json;
		expect(begun.headers.get('location')).toBe(`/negotiations/${id}`);
		expect(begun.json).toMatchObject({ type: 'Negotiation', state: 'Open', template: { name: 'cluster', id: '1' } });

		const asked = await ask(`/negotiations/${id}/offers`, { method: 'POST', body: tooMuch() });
		expect(asked.status, asked.text).toBe(200);
		const [{ offer, counterOffers }] = asked.json.answers;
		expect(offer).toMatchObject({ state: 'Solicited', creator: 'NegotiationInitiator' });
		expect(offer.reasons.map(({ code }: { code: string }) => code)).toContain('CAPACITY_TOO_SMALL');
		expect(counterOffers.length).toBeGreaterThan(0);
		const [best] = counterOffers;
		expect(best).toMatchObject({ state: 'Acceptable', rank: 1, counterOfferTo: offer.id });
		expect(Date.parse(best.expiresAt)).toBeGreaterThan(Date.now());
		expect(best.differences.length).toBeGreaterThan(0);

		const seen = await ask(`/negotiations/${id}`);
		expect(seen.json.offers).toHaveLength(1 + counterOffers.length);
		const [{ id: hold }] = seen.json.holds;
		const own = seen.json.offers.filter(({ rank }: { rank?: number }) => rank !== undefined);
		expect(own).toEqual(own.map(() => expect.objectContaining({ hold, expiresAt: expect.any(String) })));
		expect(seen.json.holds).toMatchObject([{ offers: counterOffers.map((each: { id: string }) => each.id) }]);
		expect(await expirationsOf(id)).toEqual([false, ...counterOffers.map(() => true)]);
		const history = await ask(`/negotiations/${id}/history?limit=1`);
		expect(history.json).toMatchObject({ items: [{ kind: 'negotiation-begun' }] });
		expect(history.json.next).toBeDefined();

		const where = `/agreements?negotiation=${id}&offer=${best.id}`;
		const other = await ask(where, { method: 'POST', body: tooMuch() });
		expect(other).toMatchObject({ status: 409, json: { code: 'OFFER_REFUSED' } });
		const changed = best.offerXml.replace(/(<jsdl:IndividualCPUCount><jsdl:Exact>)(\d+)/, '$1999');
		const near = await ask(where, { method: 'POST', body: changed });
		expect(near.json.reasons).toEqual([
			{
				code: 'OFFER_DIFFERS',
				message: expect.stringContaining(`has ${best.grant.cpuCount} here`),
				path: expect.stringMatching(/^\/wsag:AgreementOffer\/.*\/jsdl:IndividualCPUCount\/jsdl:Exact$/),
				asked: '999',
				limit: String(best.grant.cpuCount),
			},
		]);
		const made = await ask(where, { method: 'POST', body: best.offerXml });
		expect(made.status, made.text).toBe(201);
		expect(made.json.grant).toEqual(best.grant);
		const after = await ask(`/negotiations/${id}`);
		expect(after.json.holds).toEqual([]);
		expect(after.json.offers.find((each: { id: string }) => each.id === best.id).agreement).toBe(made.json.id);
		const told = after.json.offers.filter(({ rank }: { rank?: number }) => rank !== undefined);
		expect(told.map(({ state }: { state: string }) => state)).toContain('Advisory');
		for (const each of told) {
			expect(each).not.toHaveProperty('hold');
			expect(each).not.toHaveProperty('expiresAt');
		}
		expect(await expirationsOf(id)).toEqual(after.json.offers.map(() => false));

		expect((await ask(`/negotiations/${id}`, { method: 'DELETE' })).status).toBe(428);
		const stale = { method: 'DELETE', headers: { 'If-Match': begun.headers.get('etag')! } };
		expect((await ask(`/negotiations/${id}`, stale)).status).toBe(412);
		const ended = await ask(`/negotiations/${id}?reason=done`, { method: 'DELETE', headers: { 'If-Match': '*' } });
		expect(ended.json).toMatchObject({ state: 'Terminated', stateReason: 'done' });
		const late = await ask(`/negotiations/${id}/offers`, { method: 'POST', body: tooMuch() });
		expect(late).toMatchObject({ status: 409, json: { code: 'NEGOTIATION_REFUSED' } });
		await ask(`/agreements/${made.json.id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	});

	test('in which the site would have to buy is none', async () => {
		const context = `<neg:NegotiationContext xmlns:neg="${NEG}"><neg:NegotiationType><neg:Negotiation/></neg:NegotiationType><neg:AgreementResponder>NegotiationInitiator</neg:AgreementResponder></neg:NegotiationContext>`;
		for (const body of [
			context,
			`<neg:InitiateNegotiationInput xmlns:neg="${NEG}">${context}</neg:InitiateNegotiationInput>`,
		]) {
			const answer = await ask('/negotiations', { method: 'POST', body });
			expect(answer).toMatchObject({ status: 422, json: { code: 'NOT_SUPPORTED' } });
			const issue = {
				code: 'PROVIDER_NOT_RESPONDER',
				path: expect.stringMatching(/NegotiationContext\/neg:AgreementResponder$/),
			};
			expect(answer.json.issues).toEqual([expect.objectContaining(issue)]);
		}
	});

	test('takes no offer whose Creator is not who sends it, be it by itself, among several, or advertised', async () => {
		const id = await begin();
		const own = negotiationOffer(xml(), '1');
		const foreign = own.replace('>NegotiationInitiator<', '>NegotiationResponder<');
		const within = (name: string) => `<neg:${name} xmlns:neg="${NEG}">${own}${foreign}</neg:${name}>`;
		const context = 'neg:NegotiationOfferContext/neg:Creator';
		for (const [body, path] of [
			[foreign, `/neg:NegotiationOffer/${context}`],
			[within('NegotiateInput'), `/neg:NegotiateInput/neg:NegotiationOffer[2]/${context}`],
			[within('AdvertiseInput'), `/neg:AdvertiseInput/neg:NegotiationOffer[2]/${context}`],
		] as const) {
			const answer = await ask(`/negotiations/${id}/offers`, { method: 'POST', body });
			expect(answer).toMatchObject({ status: 400, json: { code: 'DOCUMENT_INVALID' } });
			expect(answer.json.issues).toEqual([
				{
					code: 'CREATOR_NOT_SENDER',
					line: 1,
					path,
					message: expect.any(String),
					found: 'NegotiationResponder',
					allowed: 'NegotiationInitiator',
				},
			]);
		}
		expect((await ask(`/negotiations/${id}`)).json.offers).toEqual([]);
		await ask(`/negotiations/${id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	});

	test('answers what is advertised as the standard has it', async () => {
		const id = await begin();
		const body = `<neg:AdvertiseInput xmlns:neg="${NEG}">${negotiationOffer(xml(), '1')}</neg:AdvertiseInput>`;
		const answer = await ask(`/negotiations/${id}/offers`, {
			method: 'POST',
			body,
			headers: { Accept: 'application/xml' },
		});
		expect(answer.text).toContain('<neg:AdvertiseOutput');
		expect((await ask(`/negotiations/${id}`)).json.offers).toHaveLength(1);
		await ask(`/negotiations/${id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	});

	test('says of which offer of a message it speaks', async () => {
		const id = await begin();
		const offers = [negotiationOffer(xml(), '1'), negotiationOffer(xml({ cpus: 500 }), '1')].join('');
		const sent = (body: string) => ask(`/negotiations/${id}/offers`, { method: 'POST', body });
		const second = '/neg:NegotiateInput/neg:NegotiationOffer[2]/neg:NegotiationOfferContext';
		const answered = await sent(`<neg:NegotiateInput xmlns:neg="${NEG}">${offers}</neg:NegotiateInput>`);
		const paths = answered.json.answers[1].offer.reasons.flatMap(({ path = [] }) => path);
		expect(paths.length).toBeGreaterThan(1);
		for (const path of paths) expect(path).toMatch(/^\/neg:NegotiateInput\/neg:NegotiationOffer\[2\]\/wsag:Terms\//);
		const lost = offers.replace(/(.*CounterOfferTo>)1</s, '$1lost<');
		const refused = await sent(`<neg:NegotiateInput xmlns:neg="${NEG}">${lost}</neg:NegotiateInput>`);
		const unknown = { code: 'STATE_FORBIDS', path: `${second}/neg:CounterOfferTo`, asked: 'lost' };
		expect(refused.json.reasons).toMatchObject([unknown]);
		const ended = offers.replace(/(.*<neg:State><neg:)\w+/s, '$1Rejected');
		const ending = await sent(`<neg:NegotiateInput xmlns:neg="${NEG}">${ended}</neg:NegotiateInput>`);
		expect(ending.json.reasons).toMatchObject([{ code: 'STATE_FORBIDS', path: `${second}/neg:State` }]);
		const past = '<neg:ExpirationTime>2020-01-01T00:00:00Z</neg:ExpirationTime>';
		const told = negotiationOffer(xml(), '1', 'Advisory');
		const late = told + told.replace('</neg:CounterOfferTo>', `$&${past}`);
		const expired = await sent(`<neg:NegotiateInput xmlns:neg="${NEG}">${late}</neg:NegotiateInput>`);
		const over = { code: 'OFFER_EXPIRED', path: `${second}/neg:ExpirationTime` };
		expect(expired.json.answers[1].offer.reasons).toMatchObject([over]);
		await ask(`/negotiations/${id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	});

	test('takes no message with a critical extension that is not known', async () => {
		const id = await begin();
		const context =
			'<neg:NegotiationContext><neg:NegotiationType><neg:Negotiation/></neg:NegotiationType><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder></neg:NegotiationContext>';
		for (const [where, content] of [
			[
				'/negotiations',
				`InitiateNegotiationInput xmlns:neg="${NEG}">${context}<x:a xmlns:x="urn:x"/></neg:InitiateNegotiationInput`,
			],
			[
				`/negotiations/${id}/offers`,
				`NegotiateInput xmlns:neg="${NEG}">${negotiationOffer(xml(), '1')}<x:a xmlns:x="urn:x"/></neg:NegotiateInput`,
			],
		] as const) {
			const answer = await ask(where, { method: 'POST', body: `<neg:${content}>` });
			expect(answer).toMatchObject({
				status: 422,
				json: { code: 'NOT_SUPPORTED', issues: [{ code: 'EXTENSION_UNKNOWN', found: '{urn:x}a' }] },
			});
		}
	});

	test('is the documents of GFD.193 to whoever speaks them', async () => {
		const context = `<neg:NegotiationContext xmlns:neg="${NEG}"><neg:NegotiationType><neg:Negotiation/></neg:NegotiationType><neg:ExpirationTime>2100-01-01T00:00:00Z</neg:ExpirationTime><neg:NegotiationInitiator>alice</neg:NegotiationInitiator><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder></neg:NegotiationContext>`;
		const id = await begin('', context);
		const message = `<neg:NegotiateInput xmlns:neg="${NEG}">${negotiationOffer(xml(), '1-machine')}${negotiationOffer(tooMuch(), '1', 'Advisory')}</neg:NegotiateInput>`;
		const asked = await ask(`/negotiations/${id}/offers`, { method: 'POST', body: message, headers: xmlToo });
		expect(asked.status, asked.text).toBe(200);
		expect(asked.text).toContain('<neg:NegotiateOutput');
		expect(asked.text).toContain('<neg:Acceptable');
		expect(asked.text).toContain('<neg:Advisory');
		const properties = await ask(`/negotiations/${id}`, { headers: xmlToo });
		for (const { text } of [asked, properties])
			expect(readDocument(Buffer.from(text)).ok, text.slice(0, 500)).toBe(true);
		expect(properties.text).toContain('<neg:NegotiationInitiator>alice<');
		expect(properties.text.match(/<neg:NegotiableTemplate/g)!.length).toBeGreaterThan(1);
		const { offers } = (await ask(`/negotiations/${id}`)).json;
		expect(properties.text.match(/<neg:NegotiationOffer /g)).toHaveLength(offers.length);

		// Agreed to by the extension, which names the negotiation and what the offer answers.
		const [, held] = offers;
		const create = (extension: Record<string, unknown>) =>
			JSON.stringify({
				'wsag:CreateAgreementInput': {
					...held.offer,
					'neg:NegotiationExtension': {
						...extension,
						'neg:NegotiationOfferContext': {
							'neg:CounterOfferTo': held.counterOfferTo,
							'neg:Creator': 'NegotiationResponder',
							'neg:State': { 'neg:Acceptable': '' },
						},
					},
				},
			});
		const reference = { 'neg:ResponderNegotiationEPR': { 'wsa:Address': `${site.url}/negotiations/${id}` } };
		const json = { method: 'POST', type: 'application/json' };
		const unbound = await ask('/agreements', { ...json, body: create({}) });
		expect(unbound.json.issues).toMatchObject([{ code: 'ELEMENT_MISSING' }]);
		const made = await ask('/agreements', { ...json, body: create(reference) });
		expect(made.status, made.text).toBe(201);
		const taken = (await ask(`/negotiations/${id}`)).json.offers.find((each: { id: string }) => each.id === held.id);
		expect(taken.agreement).toBe(made.json.id);
		await ask(`/agreements/${made.json.id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
		await ask(`/negotiations/${id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	});

	test('takes what an offer demands of its answers', async () => {
		const id = await begin();
		const item = (type: string, resource: string, least: number) =>
			`<neg:Item neg:Type="${type}" neg:Importance="5" wsag:Name="${resource}"><wsag:Location>//wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources/jsdl:${resource}/jsdl:Exact</wsag:Location><wsag:ItemConstraint><xs:minInclusive xmlns:xs="http://www.w3.org/2001/XMLSchema" value="${least}"/></wsag:ItemConstraint></neg:Item>`;
		const items = (type: string) =>
			`<neg:NegotiationConstraints>${item(type, 'TotalResourceCount', 3)}${item(type, 'IndividualCPUCount', 32)}</neg:NegotiationConstraints>`;
		const demanding = (type: string) =>
			negotiationOffer(tooMuch(), '1').replace('<neg:NegotiationConstraints/>', items(type));
		const asked = async (type: string) => {
			const answer = await ask(`/negotiations/${id}/offers`, { method: 'POST', body: demanding(type) });
			expect(answer.status, answer.text).toBe(200);
			return answer.json.answers[0].counterOffers;
		};
		const [required] = await asked('Required');
		expect(required.state).toBe('Rejected');
		const demand = required.reasons.find(({ code }: { code: string }) => code === 'CREATION_CONSTRAINT');
		expect(demand).toMatchObject({ available: '2', remedy: { text: 'allow 2 there', allowed: '2' } });
		const nowhere = { method: 'POST', body: negotiationOffer(xml(), '') };
		const [reason] = (await ask(`/negotiations/${id}/offers`, nowhere)).json.reasons;
		expect(reason.message).toBe('CounterOfferTo is empty: it names an offer of this negotiation, or the template.');
		expect(await asked('Optional')).toMatchObject([
			{ state: 'Acceptable', grant: { machineCount: 2, cpuCount: 32 } },
			{ state: 'Acceptable', grant: { machineCount: 3, cpuCount: 16 } },
		]);
		await ask(`/negotiations/${id}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	});

	test('of an agreement ends in its next revision', async () => {
		const made = await ask('/agreements', { method: 'POST', body: xml() });
		const id = await begin(`?agreement=${made.json.id}&allowRestart=true`);
		const asked = await ask(`/negotiations/${id}/offers`, { method: 'POST', body: xml({ mib: 512 }) });
		const [held] = asked.json.answers[0].counterOffers;
		expect(held).toMatchObject({ state: 'Acceptable', grant: { memoryBytes: 512 * 2 ** 20 } });
		const where = `/agreements?negotiation=${id}&offer=${held.id}`;
		const changed = await ask(where, { method: 'POST', body: held.offerXml });
		expect(changed.json).toMatchObject({ revision: 2, supersedes: made.json.id });
		expect((await ask(`/negotiations/${id}`)).json).toMatchObject({ type: 'Renegotiation', state: 'Agreed' });
	});

	test('is not there for others (H9)', async () => {
		const id = await begin();
		const { token: stranger } = await site.clientOf('bob', 'cms', 'broker');
		for (const [method, path] of [
			['GET', `/negotiations/${id}`],
			['GET', `/negotiations/${id}/history`],
			['DELETE', `/negotiations/${id}`],
		] as const)
			expect((await ask(path, { method, token: stranger, headers: { 'If-Match': '*' } })).status).toBe(404);
		expect((await ask('/negotiations', { token: stranger })).json).toEqual({ items: [] });
		const offers = { method: 'POST', body: xml(), token: stranger };
		expect((await ask(`/negotiations/${id}/offers`, offers)).status).toBe(404);
		expect((await ask(`/agreements?negotiation=${id}&offer=${id}`, offers)).status).toBe(404);
	});

	test('is begun once and asked once where the same key comes twice', async () => {
		const keyed = (key: string, body?: string) => ({
			method: 'POST',
			headers: { 'Idempotency-Key': key },
			...(body === undefined ? {} : { body }),
		});
		const first = await ask('/negotiations', keyed('n1'));
		const second = await ask('/negotiations', keyed('n1'));
		expect(second.json.id).toBe(first.json.id);
		expect(second.headers.get('idempotency-replayed')).toBe('true');
		const path = `/negotiations/${first.json.id}/offers`;
		const asked = await ask(path, keyed('n2', xml()));
		expect((await ask(path, keyed('n2', xml()))).json).toEqual(asked.json);
		expect((await ask(path, keyed('n2', xml({ cpus: 2 })))).status).toBe(422);
	});

	test.each<[string, string, Asking, number, string]>([
		['a template that is no name', '/negotiations?template=machine', { method: 'POST' }, 400, 'template'],
		['a template that there is not', '/negotiations?template=machine/77', { method: 'POST' }, 422, 'machine/77'],
		['a time without a zone', '/negotiations?expires=2030-01-01', { method: 'POST' }, 400, 'expires'],
		['an agreement that there is not', '/negotiations?agreement=none', { method: 'POST' }, 404, 'NOT_FOUND'],
		['another document', '/negotiations', { method: 'POST', body: '<a/>' }, 400, 'DOCUMENT_INVALID'],
		[
			'a state that there is not',
			'/negotiations/none/offers?state=Maybe',
			{ method: 'POST', body: '<a/>' },
			400,
			'state',
		],
		[
			'a negotiation without its offer',
			'/agreements?negotiation=n',
			{ method: 'POST', body: 'OFFER' },
			400,
			'negotiation',
		],
		['a negotiation that there is not', '/negotiations/none', {}, 404, 'NOT_FOUND'],
		['a method that it has not', '/negotiations/none/offers', {}, 405, 'METHOD_NOT_ALLOWED'],
	])('%s is refused', async (_, path, asking, status, named) => {
		const answer = await ask(path, { ...asking, ...(asking.body === 'OFFER' ? { body: xml() } : {}) });
		expect(answer.status).toBe(status);
		expect(answer.text).toContain(named);
	});
});
