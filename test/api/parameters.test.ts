/** Whatever a request says beside its document and cannot be taken is told with its name, what is allowed, what was found. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

interface Sent {
	readonly json?: unknown;
	readonly xml?: () => string;
	readonly headers?: Record<string, string>;
}

async function detailOf(method: string, path: string, { json, xml, headers = {} }: Sent = {}): Promise<string> {
	const response = await fetch(new URL(path, site.url), {
		method,
		headers: {
			Authorization: `Bearer ${site.adminToken}`,
			'If-Match': '*',
			...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
			...(xml === undefined ? {} : { 'Content-Type': 'application/xml' }),
			...headers,
		},
		...(json === undefined ? {} : { body: JSON.stringify(json) }),
		...(xml === undefined ? {} : { body: xml() }),
	});
	const problem = (await response.json()) as { code: string; detail: string };
	expect(problem).toMatchObject({ status: 400, code: 'PARAMETER_INVALID' });
	return problem.detail;
}

const offer = () => offerXml({ image: site.image });
const TIME = '2026-13-01T00:00:00Z';
const LONG = 'x'.repeat(501);

describe('in a query', () => {
	test.each<[path: string, method: string, told: string]>([
		['/agreements?limit=0', 'GET', 'limit: a whole number from 1 to 100; found "0".'],
		['/agreements?state=Gone', 'GET', 'found "Gone".'],
		['/agreements?limit=1&limit=2', 'GET', 'limit: once; found a list of 2.'],
		[`/agreements?limit=${LONG}`, 'GET', `found "${'x'.repeat(100)}" and more, 501 characters.`],
		[`/agreements/x?reason=${LONG}`, 'DELETE', 'at most 500 characters, all of them printable; found "xxx'],
		['/agreements/x/history?after=-1', 'GET', 'after: the sequence number of an entry; found "-1".'],
		['/agreements/x/history?limit=101', 'GET', 'found "101".'],
		['/agreements/x/machines?fresh=1', 'GET', 'fresh: true or false; found "1".'],
		['/agreements/x/renegotiations?allowRestart=yes', 'POST', 'allowRestart: true or false; found "yes".'],
		['/agreements/x/renegotiations?allowMove=', 'POST', 'allowMove: true or false; found "".'],
		['/agreements?reading=loose', 'POST', 'reading: strict or lenient; found "loose".'],
		['/agreements/x/renegotiations?reading=loose', 'POST', 'found "loose".'],
		['/evaluations?reading=loose', 'POST', 'found "loose".'],
		['/evaluations?allowRestart=yes', 'POST', 'found "yes".'],
		['/evaluations?allowMove=yes', 'POST', 'found "yes".'],
		['/negotiations?limit=two', 'GET', 'found "two".'],
		['/negotiations?template=machine', 'POST', 'template: NAME/ID, for example machine/1; found "machine".'],
		[`/negotiations?expires=${TIME}`, 'POST', `found "${TIME}".`],
		['/negotiations?allowRestart=no', 'POST', 'found "no".'],
		['/negotiations?allowMove=no', 'POST', 'found "no".'],
		['/negotiations?reading=loose', 'POST', 'found "loose".'],
		[`/negotiations/x?reason=${LONG}`, 'DELETE', 'and more, 501 characters.'],
		['/negotiations/x/offers?state=Maybe', 'POST', 'found "Maybe".'],
		['/negotiations/x/offers?expires=tomorrow', 'POST', 'found "tomorrow".'],
		['/negotiations/x/offers?offerId=%20', 'POST', 'found " ".'],
		['/negotiations/x/offers?advertise=1', 'POST', 'found "1".'],
		['/negotiations/x/offers?reading=loose', 'POST', 'found "loose".'],
		['/negotiations/x/history?after=0x1', 'GET', 'found "0x1".'],
		['/negotiations/x/history?limit=1.5', 'GET', 'found "1.5".'],
		['/templates/a/1?reading=loose', 'PUT', 'found "loose".'],
		['/capacity?to=2026-12-01T00:00:00Z', 'GET', 'from: an RFC 3339 time with a zone'],
		['/capacity?from=noon', 'GET', 'found "noon".'],
		['/capacity?from=2026-12-01T00:00:00Z&to=noon', 'GET', 'found "noon".'],
		['/capacity?from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z', 'GET', 'found "2026-12-01T00:00:00Z".'],
		['/agreements?token=hush', 'GET', 'There is no query parameter "token" here; state, after, limit are allowed.'],
		['/agreements/%zz', 'GET', 'found "/agreements/%zz".'],
	])('%s', async (path, method, told) => {
		expect(await detailOf(method, path)).toContain(told);
	});

	test.each([
		['negotiation=a', 'found negotiation.'],
		['offer=a', 'found offer.'],
	])('half the name of a negotiated offer: %s', async (query, found) => {
		expect(await detailOf('POST', `/agreements?${query}`, { xml: offer })).toContain(found);
	});
});

describe('in headers', () => {
	test('of an idempotency key only the length is told', async () => {
		const headers = { 'Idempotency-Key': `hush${LONG}` };
		const detail = await detailOf('POST', '/agreements', { xml: offer, headers });
		expect(detail).toBe('Idempotency-Key: 1 to 255 characters; found 505.');
	});

	test('an ETag that is none is told', async () => {
		const init = { method: 'DELETE', headers: { Authorization: `Bearer ${site.adminToken}`, 'If-Match': 'W/"1"' } };
		const problem = await (await fetch(new URL('/agreements/x', site.url), init)).json();
		expect(problem).toMatchObject({ code: 'VERSION_STALE', detail: expect.stringContaining('found "W/\\"1\\"".') });
	});
});

describe('in a JSON object', () => {
	const token = { party: 'p', vo: 'v', role: 'client' };
	const closing = { host: 'node1', from: '2026-12-01T00:00:00Z', to: '2026-12-02T00:00:00Z' };
	test.each<[path: string, json: unknown, told: string]>([
		['/tokens', [], 'The body: one JSON object; found a list of 0.'],
		['/tokens', { ...token, party: 7 }, 'party: 1 to 200 characters, all of them printable; found 7.'],
		['/tokens', { party: 'p', role: 'client' }, 'vo: 1 to 200 characters, all of them printable; found nothing.'],
		['/tokens', { ...token, label: '\u0007' }, 'or empty; found "\\u0007".'],
		['/tokens', { ...token, role: 'king' }, 'found "king".'],
		['/images', { name: {} }, 'name: 1 to 200 characters, all of them printable; found an object.'],
		['/images', { name: 'x', disk: null }, 'disk: a text; found null.'],
		['/agreements/x/machines/0/actions', { action: 'explode' }, 'found "explode".'],
		['/maintenance', { ...closing, host: false }, 'host: the name of a host; found false.'],
		['/maintenance', { ...closing, host: 'nowhere' }, 'host: one of the hosts of this site; found "nowhere".'],
		['/maintenance', { ...closing, reason: LONG }, 'printable characters; found "xxx'],
		['/maintenance', { ...closing, from: 5 }, 'from: an RFC 3339 time with a zone'],
		['/maintenance', { ...closing, to: '' }, 'found "".'],
	])('%s %j', async (path, json, told) => {
		expect(await detailOf('POST', path, { json })).toContain(told);
	});

	test('an end before its beginning is told with both', async () => {
		const { items } = (await (
			await fetch(new URL('/capacity?from=2027-01-01T00:00:00Z&to=2027-01-02T00:00:00Z', site.url), {
				headers: { Authorization: `Bearer ${site.adminToken}` },
			})
		).json()) as { items: { host: string }[] };
		const json = { host: items[0]!.host, from: '2030-01-02T00:00:00Z', to: '2030-01-01T00:00:00Z' };
		const told = 'later than 2030-01-02T00:00:00Z; found 2030-01-01T00:00:00Z.';
		expect(await detailOf('POST', '/maintenance', { json })).toContain(told);
	});
});
