/** docs/openapi.json is what the door does: every answer to a typical request has the shape that is written there. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';

interface Operation {
	readonly parameters?: readonly { readonly name: string; readonly in: string }[];
	readonly requestBody?: object;
	readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}

const openApi = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8')) as {
	readonly paths: Record<string, Record<string, Operation>>;
	readonly components: { readonly schemas: Record<string, object> };
};
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: 'openapi', components: openApi.components });

let site: SimulatedService;
let agreementId: string;
const seen = new Set<string>();

beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

/** Asks, checks the answer against the document, and notes that this answer was seen. */
async function ask(
	method: string,
	template: string,
	options: { path?: string; body?: string; type?: string; headers?: Record<string, string> } = {},
) {
	const response = await fetch(new URL(options.path ?? template, site.url), {
		method,
		headers: {
			Authorization: `Bearer ${site.adminToken}`,
			...(options.body === undefined ? {} : { 'Content-Type': options.type ?? 'application/xml' }),
			...options.headers,
		},
		...(options.body === undefined ? {} : { body: options.body }),
	});
	const text = await response.text();
	const path = template.replace(/\?.*/, '');
	const operation = openApi.paths[path]?.[method.toLowerCase()];
	const declared = operation?.responses[response.status];
	expect(declared, `${method} ${path} answers ${response.status}: ${text.slice(0, 300)}`).toBeDefined();
	seen.add(`${method} ${path} ${response.status}`);
	const type = response.headers.get('content-type')?.replace(/;.*/, '');
	if (text === '' || type === undefined || type === null) return { status: response.status, body: undefined };
	const schema = declared?.content?.[type]?.schema;
	expect(schema, `${method} ${path} ${response.status} as ${type}`).toBeDefined();
	if (!type.endsWith('json')) return { status: response.status, body: text };
	const body: unknown = JSON.parse(text);
	const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')));
	expect(validate(body), `${method} ${path} ${response.status}: ${ajv.errorsText(validate.errors)}`).toBe(true);
	return { status: response.status, body: body as Record<string, unknown> };
}

const json = { type: 'application/json' };

describe('answers have the shape that is documented', () => {
	test('offers, evaluations and renegotiations', async () => {
		const good = offerXml({ image: site.image });
		const made = await ask('POST', '/agreements', { body: good });
		agreementId = String((made.body as { id: string }).id);
		await ask('POST', '/agreements', { body: good, headers: { Accept: 'application/xml' } });
		await ask('POST', '/agreements', {
			body: offerXml({ image: site.image, template: 'cluster', machines: 200, share: 100 }),
		});
		await ask('POST', '/agreements', { body: offerXml({ image: { name: 'x', digest: `sha256:${'0'.repeat(64)}` } }) });
		await ask('POST', '/agreements', { body: '<a/>' });
		await ask('POST', '/agreements', { body: good, type: 'text/plain' });
		await ask('POST', '/agreements', { body: offerXml({ image: site.image, template: 'nothing' }) });
		await ask('POST', '/agreements', { body: 'x'.repeat(1_100_000) });
		await ask('POST', '/evaluations', { body: good });
		await ask('POST', '/evaluations', {
			body: offerXml({ image: site.image, template: 'cluster', machines: 200, share: 100 }),
		});
		await ask('POST', '/evaluations', { path: '/evaluations?agreement=none', body: good });
		const path = `/agreements/${agreementId}/renegotiations`;
		await ask('POST', '/agreements/{id}/renegotiations', { path, body: good });
		await ask('POST', '/agreements/{id}/renegotiations', { path, body: good, headers: { 'If-Match': '"999"' } });
		const change = {
			path,
			body: offerXml({ image: site.image, mib: 512 }),
			headers: { 'If-Match': '*', 'Idempotency-Key': 'once' },
		};
		const renegotiated = await ask('POST', '/agreements/{id}/renegotiations', change);
		await ask('POST', '/agreements/{id}/renegotiations', change);
		agreementId = String((renegotiated.body as { id: string }).id);
	});

	test('refusals of what lies beside a step, and of a window that is over', async () => {
		const window = { startAt: '2020-01-01T00:00:00Z', endAt: '2020-01-01T02:00:00Z' };
		const body = offerXml({ image: site.image, mib: 256.5, cpus: 3, ...window });
		const answer = await ask('POST', '/evaluations', { body });
		expect(answer.body).toMatchObject({
			outcome: 'countered',
			reasons: [
				{ code: 'WINDOW_PAST', remedy: { endAt: expect.stringMatching(/Z$/) } },
				{ code: 'RANGE_EMPTY', remedy: { allowed: 256 * 1_048_576 } },
			],
			alternatives: [{ kind: 'smaller' }],
		});
		const many = await ask('POST', '/evaluations', {
			body: offerXml({ image: site.image, template: 'cluster', machines: 200, cpus: 2, share: 100 }),
		});
		expect(many.body).toMatchObject({
			reasons: expect.arrayContaining([
				expect.objectContaining({ code: 'CAPACITY_TOO_SMALL', hostClass: expect.anything() }),
				expect.objectContaining({ resource: 'cpuMillicores' }),
			]),
		});
	});

	test('agreements, their history and their machines', async () => {
		const path = `/agreements/${agreementId}`;
		await ask('GET', '/agreements');
		await ask('GET', '/agreements', { path: '/agreements?limit=0' });
		await ask('GET', '/agreements/{id}', { path });
		await ask('GET', '/agreements/{id}', { path, headers: { Accept: 'application/xml' } });
		await ask('GET', '/agreements/{id}', { path: '/agreements/none' });
		await ask('GET', '/agreements/{id}/history', { path: `${path}/history` });
		await ask('GET', '/agreements/{id}/history', { path: `${path}/history?after=x` });
		await ask('GET', '/agreements/{id}/machines', { path: `${path}/machines?fresh=true` });
		await ask('POST', '/agreements/{id}/machines/{index}/actions', {
			...json,
			path: `${path}/machines/0/actions`,
			body: '{"action":"pause"}',
		});
		await ask('POST', '/agreements/{id}/machines/{index}/actions', {
			...json,
			path: `${path}/machines/0/actions`,
			body: '{"action":"dance"}',
		});
		await ask('POST', '/agreements/{id}/machines/{index}/actions', {
			...json,
			path: `${path}/machines/0/actions`,
			body: '{"action":"resume"}',
			headers: { 'If-Match': '"999"' },
		});
		await ask('POST', '/agreements/{id}/machines/{index}/actions', {
			...json,
			path: `${path}/machines/9/actions`,
			body: '{"action":"pause"}',
		});
		await ask('DELETE', '/agreements/{id}', { path });
		await ask('DELETE', '/agreements/{id}', { path, headers: { 'If-Match': '*' } });
	});

	test('agreements about several services', async () => {
		const sample = readFileSync(new URL('../fixtures/offers/mixed-cluster.xml', import.meta.url), 'utf8');
		const good = sample.replaceAll(/digest="[^"]*"/g, `digest="${site.image.digest}"`);
		const many = good.replaceAll(/Bound>\d+</g, 'Bound>255<');
		const made = await ask('POST', '/agreements', { body: good });
		const { id } = made.body as { id: string };
		expect(made.body).toMatchObject({ grant: { services: [{ serviceName: 'head' }, { serviceName: 'workers' }] } });
		await ask('GET', '/agreements/{id}/machines', { path: `/agreements/${id}/machines` });
		const countered = await ask('POST', '/agreements', { body: many });
		const [best] = (countered.body as { alternatives: [{ differences: unknown }] }).alternatives;
		expect(best.differences).toContainEqual(expect.objectContaining({ field: 'machineCount', serviceName: 'workers' }));
		await ask('POST', '/evaluations', { body: good });
		await ask('DELETE', '/agreements/{id}', { path: `/agreements/${id}`, headers: { 'If-Match': '*' } });
	});

	test('negotiations', async () => {
		const good = offerXml({ image: site.image });
		const begun = await ask('POST', '/negotiations', { path: '/negotiations?template=machine/1' });
		const path = `/negotiations/${(begun.body as { id: string }).id}`;
		await ask('POST', '/negotiations', { headers: { Accept: 'application/xml' } });
		await ask('POST', '/negotiations', { path: '/negotiations?template=x' });
		await ask('POST', '/negotiations', { path: '/negotiations?template=x/1' });
		await ask('POST', '/negotiations', { path: '/negotiations?expires=2020-01-01T00:00:00Z' });
		await ask('POST', '/negotiations', { path: '/negotiations?agreement=none' });
		await ask('GET', '/negotiations');
		const offers = '/negotiations/{id}/offers';
		const answered = await ask('POST', offers, { path: `${path}/offers`, body: good });
		const [{ counterOffers }] = (answered.body as Record<string, unknown>).answers as [
			{ counterOffers: [{ id: string; offerXml: string }] },
		];
		await ask('POST', offers, { path: `${path}/offers`, body: good, headers: { Accept: 'application/xml' } });
		const unknown = offerXml({ image: { name: 'x', digest: `sha256:${'0'.repeat(64)}` } });
		await ask('POST', offers, { path: `${path}/offers`, body: unknown });
		await ask('POST', offers, { path: `${path}/offers?counterOfferTo=none`, body: good });
		await ask('POST', offers, { path: `${path}/offers`, body: good, headers: { 'If-Match': '"999"' } });
		const { id, offerXml: held } = counterOffers[0];
		await ask('POST', '/agreements', { path: `/agreements?negotiation=none&offer=${id}`, body: held });
		await ask('POST', '/agreements', { path: `/agreements?negotiation=${path.slice(14)}&offer=${id}`, body: held });
		await ask('GET', '/negotiations/{id}', { path });
		await ask('GET', '/negotiations/{id}', { path, headers: { Accept: 'application/xml' } });
		await ask('GET', '/negotiations/{id}', { path: '/negotiations/none' });
		await ask('GET', '/negotiations/{id}/history', { path: `${path}/history` });
		await ask('DELETE', '/negotiations/{id}', { path });
		await ask('DELETE', '/negotiations/{id}', { path, headers: { 'If-Match': '*' } });
	});

	test('templates, capacity, images and tokens', async () => {
		await ask('GET', '/templates');
		await ask('GET', '/templates/{name}/{id}', { path: '/templates/machine/1' });
		await ask('GET', '/templates/{name}/{id}', {
			path: '/templates/machine/1',
			headers: { Accept: 'application/xml' },
		});
		await ask('GET', '/templates/{name}/{id}', { path: '/templates/machine/none' });
		const xml = (await site.admin.templateXml('machine', '1'))
			.replace('wsag:TemplateId="1"', 'wsag:TemplateId="9"')
			.replace('<wsag:TemplateId>1<', '<wsag:TemplateId>9<');
		await ask('PUT', '/templates/{name}/{id}', { path: '/templates/machine/9', body: xml });
		await ask('PUT', '/templates/{name}/{id}', { path: '/templates/machine/9', body: '<a/>' });
		const stale = { 'If-Match': '"999"' };
		await ask('DELETE', '/templates/{name}/{id}', { path: '/templates/machine/9', headers: stale });
		await ask('DELETE', '/templates/{name}/{id}', { path: '/templates/machine/9' });
		await ask('GET', '/capacity', { path: '/capacity?from=2030-01-01T00:00:00Z&to=2030-01-02T00:00:00Z' });
		await ask('GET', '/capacity', { path: '/capacity?from=yesterday&to=2030-01-02T00:00:00Z' });
		await ask('GET', '/images');
		await ask('POST', '/images', { ...json, body: '{"name":"x","disk":"/nowhere/at/all"}' });
		await ask('POST', '/images', { ...json, body: '{}' });
		const files = { kernel: `${site.folder}/kernel`, initramfs: `${site.folder}/initramfs`, commandLine: 'quiet' };
		const image = await ask('POST', '/images', { ...json, body: JSON.stringify({ name: 'quiet', ...files }) });
		await ask('DELETE', '/images/{digest}', { path: `/images/${(image.body as { digest: string }).digest}` });
		await ask('DELETE', '/images/{digest}', { path: '/images/sha256:none' });
		await ask('GET', '/maintenance');
		const window = { from: '2030-01-01T00:00:00Z', to: '2030-01-02T00:00:00Z' };
		const [first] = await site.admin.capacity(window.from, window.to);
		const host = first!.host;
		const closed = await ask('POST', '/maintenance', { ...json, body: JSON.stringify({ host, ...window }) });
		await ask('POST', '/maintenance', { ...json, body: JSON.stringify({ host: 'nowhere', ...window }) });
		await ask('GET', '/maintenance');
		await ask('DELETE', '/maintenance/{id}', { path: `/maintenance/${(closed.body as { id: string }).id}` });
		await ask('DELETE', '/maintenance/{id}', { path: '/maintenance/none' });
		await ask('GET', '/tokens');
		const token = await ask('POST', '/tokens', { ...json, body: '{"party":"p","vo":"v","role":"client"}' });
		await ask('DELETE', '/tokens/{id}', { path: `/tokens/${(token.body as { id: string }).id}` });
		await ask('POST', '/tokens', { ...json, body: '{"party":"p","vo":"v","role":"king"}' });
		await ask('DELETE', '/tokens/{id}', { path: '/tokens/none' });
		await ask('GET', '/healthz');
		await ask('GET', '/readyz');
	});

	test('every query parameter that is documented is known, whatever its value is worth', async () => {
		for (const [path, item] of Object.entries(openApi.paths))
			for (const [method, { parameters }] of Object.entries(item))
				for (const { name, in: place } of parameters ?? []) {
					if (place !== 'query') continue;
					const url = new URL(`${path.replaceAll(/\{\w+\}/g, '0')}?${name}=true`, site.url);
					const headers = { Authorization: `Bearer ${site.adminToken}`, 'If-Match': '*' };
					const text = await (await fetch(url, { method: method.toUpperCase(), headers })).text();
					expect(text, `${method} ${path} ${name}`).not.toContain('There is no query parameter');
				}
	});

	test('every status with which an operation turns down a request is documented', async () => {
		const admin = { Authorization: `Bearer ${site.adminToken}` };
		const json = { ...admin, 'Content-Type': 'application/json', 'If-Match': '*' };
		for (const [path, item] of Object.entries(openApi.paths))
			for (const [method, { requestBody }] of Object.entries(item)) {
				if (method === 'parameters') continue;
				const url = new URL(path.replaceAll(/\{\w+\}/g, '0'), site.url);
				const send = async (init: RequestInit, query = '') => {
					const response = await fetch(`${url}${query}`, { ...init, method: method.toUpperCase() });
					await response.text();
				};
				await send({});
				await send({ headers: admin });
				await send({ headers: { ...admin, 'If-Match': '*', Accept: 'image/png' } });
				await send({ headers: { ...admin, 'If-Match': '"999"' } });
				await send({ headers: admin }, '?nothing=true');
				if (requestBody === undefined) continue;
				await send({ headers: { ...json, 'Content-Type': 'text/plain' }, body: 'x' });
				await send({ headers: json, body: '{}' });
				await send({ headers: json, body: 'x'.repeat(1_100_000) });
			}
		// What was answered is looked at when the site stops (documented-answers.ts).
	});

	test('and every operation that is documented was asked and succeeded', () => {
		const operations = Object.entries(openApi.paths).flatMap(([path, item]) =>
			Object.keys(item)
				.filter((method) => method !== 'parameters')
				.map((method) => `${method.toUpperCase()} ${path}`),
		);
		const succeeded = (operation: string) => [...seen].some((each) => each.startsWith(`${operation} 2`));
		expect(operations.filter((operation) => !succeeded(operation))).toEqual([]);
	});
});
