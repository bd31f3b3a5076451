/** What nobody should send: every document gets a 4xx problem, the process stays up, its memory stays flat. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const WSAG = 'xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement"';
const good = () => offerXml({ image: site.image });
const withText = (from: string | RegExp, to: string) => good().replace(from, to);

function bomb(): string {
	const levels = Array.from({ length: 12 }, (_, level) => `<!ENTITY e${level + 1} "${`&e${level};`.repeat(10)}">`);
	return `<!DOCTYPE a [<!ENTITY e0 "ha">${levels.join('')}]><a>&e12;</a>`;
}

function utf16(text: string): Buffer {
	return Buffer.from(`\uFEFF${text}`, 'utf16le');
}

/** Documents by what is wrong with them. */
const CORPUS: Readonly<Record<string, () => string | Buffer>> = {
	'nothing at all': () => '',
	'only white space': () => '   \n\t ',
	'no XML': () => 'hello',
	'JSON that says it is XML': () => '{"a":1}',
	'binary noise': () => Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256)),
	'zero bytes': () => Buffer.alloc(2048),
	'a DTD': () => `<!DOCTYPE wsag:AgreementOffer>${good()}`,
	'a DTD with an internal entity': () => `<!DOCTYPE a [<!ENTITY x "y">]>${good()}`,
	'an external entity': () => '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
	'an external entity over the network': () => '<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:1/x">]><a>&x;</a>',
	'a parameter entity': () => '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;]><a/>',
	'an external DTD': () => '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
	'a billion laughs': bomb,
	'a quadratic blow-up': () => `<!DOCTYPE a [<!ENTITY x "${'x'.repeat(50_000)}">]><a>${'&x;'.repeat(5_000)}</a>`,
	'an entity that nobody declared': () => withText('guest<', '&nobody;<'),
	'a reference to a character that is none': () => withText('guest<', '&#0;<'),
	'300 levels': () => '<a>'.repeat(300) + '</a>'.repeat(300),
	'100,000 levels': () => '<a>'.repeat(100_000) + '</a>'.repeat(100_000),
	'more bytes than are taken': () => withText('<wsag:Context>', `<!--${'x'.repeat(1_100_000)}--><wsag:Context>`),
	'50,000 attributes': () => `<a ${Array.from({ length: 50_000 }, (_, index) => `a${index}=""`).join(' ')}/>`,
	'20,000 namespaces': () =>
		`<a ${Array.from({ length: 20_000 }, (_, index) => `xmlns:n${index}="urn:n${index}"`).join(' ')}/>`,
	'20,000 namespaces around 4,000 elements with one more': () => {
		const one = (index: number) => `<x:e xmlns:x="urn:x${index}"/>`;
		const declared = Array.from({ length: 20_000 }, (_, index) => `xmlns:n${index}="urn:n${index}"`).join(' ');
		return withText('<jsdl:Resources>', `<jsdl:Resources ${declared}>`).replace(
			'</jsdl:Resources>',
			`${Array.from({ length: 4_000 }, (_, index) => one(index)).join('')}</jsdl:Resources>`,
		);
	},
	'a cut end': () => good().slice(0, -30),
	'two roots': () => good() + good(),
	'text after the root': () => `${good()}tail`,
	'an attribute twice': () => withText('wsag:Name="window"', 'wsag:Name="window" wsag:Name="window"'),
	'a prefix that is bound to nothing': () =>
		withText('<ws:Duration>', '<nope:Duration>').replace('</ws:Duration>', '</nope:Duration>'),
	'a processing instruction': () => withText('<wsag:Context>', '<?php evil ?><wsag:Context>'),
	'a stylesheet': () => `<?xml-stylesheet href="http://127.0.0.1/x"?>${good()}`,
	'an encoding that lies': () =>
		Buffer.concat([
			Buffer.from('<?xml version="1.0" encoding="UTF-8"?><a>'),
			Buffer.from([0xff, 0xfe, 0xc3]),
			Buffer.from('</a>'),
		]),
	'an encoding that does not exist': () => `<?xml version="1.0" encoding="x-klingon"?>${good()}`,
	'UTF-16 that says it is UTF-8': () => utf16(`<?xml version="1.0" encoding="UTF-8"?>${good()}`).subarray(2),
	'overlong UTF-8': () => Buffer.concat([Buffer.from('<a>'), Buffer.from([0xc0, 0xbc]), Buffer.from('</a>')]),
	'XML 1.1 control characters': () => `<?xml version="1.1"?><a>&#x1;</a>`,
	'an element named __proto__': () => withText('<wsag:All>', '<wsag:All><__proto__/>'),
	'an element named constructor': () => withText('<wsag:All>', '<wsag:All><constructor/>'),
	'an attribute named __proto__': () => withText('<ws:Window>', '<ws:Window __proto__="x">'),
	'a root that nobody knows': () => '<a xmlns="urn:unknown"/>',
	'IBM’s other JSDL': () => '<jobDefinition xmlns="http://www.ibm.com/xmlns/prod/scheduling/1.0/jsdl"/>',
	'a template instead of an offer': () => `<wsag:Template ${WSAG} wsag:TemplateId="1"/>`,
	'no terms': () =>
		`<wsag:AgreementOffer ${WSAG}><wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider></wsag:Context><wsag:Terms/></wsag:AgreementOffer>`,
	'an unqualified name': () => withText('wsag:Name="window"', 'Name="window"'),
	'memory of 1e400': () => withText('268435456', '1e400'),
	'memory of NaN': () => withText('268435456', 'NaN'),
	'memory of INF': () => withText('268435456', 'INF'),
	'memory of -1': () => withText('268435456', '-1'),
	'memory of 0x10': () => withText('268435456', '0x10'),
	'memory of 256MB': () => withText('268435456', '256MB'),
	'memory beyond 2^53': () => withText('268435456', '9007199254740993'),
	'half a CPU': () => withText('<jsdl:IndividualCPUCount><jsdl:Exact>1<', '<jsdl:IndividualCPUCount><jsdl:Exact>0.5<'),
	'1e15 machines': () => withText(/(<jsdl:TotalResourceCount><jsdl:Exact>)1</, '$11e15<'),
	'a duration of years': () => withText('PT1H', 'P100000Y'),
	'a negative duration': () => withText('PT1H', '-PT1H'),
	'no duration': () => withText('<ws:Duration>PT1H</ws:Duration>', ''),
	'a month that does not exist': () =>
		withText('<ws:Duration>', '<ws:StartTime>2026-13-01T00:00:00Z</ws:StartTime><ws:Duration>'),
	'a digest that is none': () => withText(/digest="[^"]*"/, 'digest="md5:abc"'),
	'5,000 terms': () => {
		const window =
			/<wsag:ServiceDescriptionTerm wsag:Name="window".*?<\/wsag:ServiceDescriptionTerm>/.exec(good())?.[0] ?? '';
		return withText('</wsag:All>', `${window.repeat(5_000)}</wsag:All>`);
	},
	'choices nested a hundred deep': () =>
		withText('</wsag:All>', `${'<wsag:ExactlyOne>'.repeat(100)}${'</wsag:ExactlyOne>'.repeat(100)}</wsag:All>`),
};

/** Nothing that anybody sends may keep the others waiting for longer; most of this takes milliseconds. */
const ANSWER_MS_MAX = 5_000;

async function send(body: string | Buffer, headers: Record<string, string>, path = '/agreements', method = 'POST') {
	const started = performance.now();
	const response = await fetch(new URL(path, site.url), {
		method,
		body: typeof body === 'string' ? body : new Uint8Array(body),
		headers: { Authorization: `Bearer ${site.adminToken}`, ...headers },
	});
	const text = await response.text();
	expect(performance.now() - started).toBeLessThan(ANSWER_MS_MAX);
	return { status: response.status, type: response.headers.get('content-type'), text };
}

function expectProblem({ status, type, text }: Awaited<ReturnType<typeof send>>): void {
	expect(status, text).toBeGreaterThanOrEqual(400);
	expect(status, text).toBeLessThan(500);
	expect(type).toBe('application/problem+json');
	const problem = JSON.parse(text) as { code: string; issues?: unknown[]; reasons?: unknown[]; detail?: string };
	expect(problem.code).toMatch(/^[A-Z_]+$/);
	expect(text).not.toMatch(/node_modules|\.ts:\d|at Object|root:x:0/);
	expect(text.length).toBeLessThan(100_000);
}

describe('a document with', () => {
	test.each(Object.keys(CORPUS))('%s is a 4xx problem', async (name) => {
		expectProblem(await send(CORPUS[name]!(), { 'Content-Type': 'application/xml' }));
	});
});

/** Locations that would keep an XPath engine busy for ever. */
const LOCATIONS = [
	'count(//*[count(//*[count(//*) > 1]) > 1])',
	"//*[contains(string(.), 'x')]",
	'/descendant::*/ancestor::*/descendant::*/ancestor::*',
	`//a${'|//a'.repeat(2_000)}`,
	"document('file:///etc/passwd')",
	'//*//*//*//*//*',
	`/${'wsag:Terms/'.repeat(500)}`,
	"//jsdl:Exact[. = '",
	"declare namespace x='urn:x';declare function local:f() { local:f() };$this/x:a",
];

describe('a template whose Location is', () => {
	test.each(LOCATIONS)('%s is a 4xx problem', async (location) => {
		const xml = await site.admin.templateXml('machine', '1');
		const body = xml
			.replace('wsag:TemplateId="1"', 'wsag:TemplateId="evil"')
			.replace('<wsag:TemplateId>1<', '<wsag:TemplateId>evil<')
			.replace('//ws:Window/ws:Duration', location.replaceAll('&', '&amp;').replaceAll('<', '&lt;'));
		expectProblem(await send(body, { 'Content-Type': 'application/xml' }, '/templates/machine/evil', 'PUT'));
	});

	test('a pattern that backtracks for ever on other engines is answered in time', async () => {
		const xml = await site.admin.templateXml('machine', '1');
		const body = xml
			.replace('wsag:TemplateId="1"', 'wsag:TemplateId="slow"')
			.replace('<wsag:TemplateId>1<', '<wsag:TemplateId>slow<')
			.replace('sha256:[0-9a-f]{64}', '(a+)+b|sha256:([0-9a-f]+)+');
		await send(body, { 'Content-Type': 'application/xml' }, '/templates/machine/slow', 'PUT');
		await send(good().replace('<wsag:TemplateId>1<', '<wsag:TemplateId>slow<'), { 'Content-Type': 'application/xml' });
	});
});

describe('JSON with', () => {
	const cases: Readonly<Record<string, string>> = {
		'no JSON in it': '{',
		'a list': '[]',
		nothing: 'null',
		'a prototype': '{"__proto__":{"admin":true}}',
		'an unknown root': '{"x":{}}',
		'a number that a double cannot hold': '{"wsag:AgreementOffer":{"wsag:Name":9007199254740993}}',
		'100,000 levels': `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
		'a name that is none': '{"wsag:AgreementOffer":{"a b<c>":"x"}}',
		'a prefix that nobody declared': '{"wsag:AgreementOffer":{"nope:x":"y"}}',
		'a long name for very many elements': `{"wsag:AgreementOffer":{"${'a'.repeat(100_000)}":[${'"",'.repeat(300_000)}""]}}`,
		'a long name for very many faults': `{"wsag:AgreementOffer":{"${'a'.repeat(400_000)}":[${'null,'.repeat(100_000)}1]}}`,
		'a member that stands twice': '{"wsag:AgreementOffer":{"wsag:Name":"a","wsag:Name":"b"}}',
	};
	test.each(Object.keys(cases))('%s is a 4xx problem', async (name) => {
		expectProblem(await send(cases[name]!, { 'Content-Type': 'application/json' }));
	});
});

describe('a request with', () => {
	const json = { 'Content-Type': 'application/json' };

	test.each([
		['a query parameter that nobody knows', 'GET', '/agreements?stat=Observed', 'state, after, limit are allowed'],
		['a parameter where there is none', 'GET', '/templates?x=1', 'none is allowed'],
		['a parameter named like a prototype', 'GET', '/agreements?constructor=1', 'constructor'],
		['a parameter twice', 'GET', '/agreements?limit=1&limit=2', 'limit: once'],
		['a flag that is neither true nor false', 'POST', '/evaluations?allowMove=yes', 'allowMove: true or false'],
		['a reason that is too long', 'DELETE', `/agreements/x?reason=${'x'.repeat(501)}`, 'at most 500'],
		['a reason that no document can carry', 'DELETE', '/agreements/x?reason=%EF%BF%BE', 'printable'],
		['a sequence that is none', 'GET', '/agreements/x/history?after=-1', 'after:'],
	])('%s is refused, and told what is allowed', async (_, method, path, told) => {
		const headers = { Authorization: `Bearer ${site.adminToken}`, 'If-Match': '*' };
		const response = await fetch(new URL(path, site.url), { method, headers });
		const problem = (await response.json()) as { detail: string };
		expect(problem).toMatchObject({ status: 400, code: 'PARAMETER_INVALID' });
		expect(problem.detail).toContain(told);
	});

	test.each([
		['an unknown member of a token', '/tokens', '{"party":"p","vo":"v","role":"client","rolle":1}', 'rolle'],
		['a member that looks like a refusal', '/tokens', '{"code":"INTERNAL"}', 'party, vo, role, label'],
		['an unknown member of an image', '/images', '{"name":"x","dsk":"/x"}', 'dsk'],
		['an unknown member of an action', '/agreements/x/machines/0/actions', '{"action":"pause","at":1}', 'at'],
		[
			'a member that stands twice',
			'/tokens',
			'{"party":"p",\n"party":"q","vo":"v","role":"client"}',
			String.raw`Line 2: The member \"party\" stands twice`,
		],
		['what is no JSON', '/tokens', '{"party":"p",\n"vo":v}', 'Line 2: This is not JSON'],
		['a name that no document can carry', '/tokens', '{"party":"\uFFFE","vo":"v","role":"client"}', 'printable'],
		['half a character', '/tokens', '{"party":"\\ud800","vo":"v","role":"client"}', 'printable'],
		['such a label', '/tokens', '{"party":"p","vo":"v","role":"client","label":"\\u0007"}', 'printable'],
		['such a name of an image', '/images', '{"name":"\\u0000","disk":"/x"}', 'name'],
		['too long a name', '/tokens', `{"party":"${'\u{1f600}'.repeat(101)}","vo":"v","role":"client"}`, '200'],
	])('%s is refused, and told what is allowed', async (_, path, body, told) => {
		const answer = await send(body, json, path);
		expect(JSON.parse(answer.text)).toMatchObject({ status: 400, code: 'PARAMETER_INVALID' });
		expect(answer.text).toContain(told);
	});

	test('JSON that is not UTF-8 is refused as such', async () => {
		const body = Buffer.from('{"wsag:AgreementOffer":{"wsag:Name":"\u00e9"}}', 'latin1');
		const { text } = await send(body, json);
		expect(JSON.parse(text)).toMatchObject({ code: 'DOCUMENT_INVALID', issues: [{ code: 'ENCODING' }] });
		expect((await send(body, json, '/tokens')).status).toBe(400);
	});

	test('another media type, an encoded body or a wrong path is a 4xx problem', async () => {
		expectProblem(await send('x', { 'Content-Type': 'text/plain' }));
		expectProblem(await send('x', {}));
		expectProblem(await send('x', { 'Content-Type': 'application/xml', 'Content-Encoding': 'gzip' }));
		expectProblem(await send('x', { 'Content-Type': 'application/xml' }, '/nowhere'));
		expectProblem(await send('x', { 'Content-Type': 'application/xml' }, '/agreements/%ff'));
		expectProblem(await send('x', { 'Content-Type': 'application/xml' }, '/agreements', 'PATCH'));
		expectProblem(await send(good(), { 'Content-Type': 'application/xml', 'Idempotency-Key': 'k'.repeat(5_000) }));
		expectProblem(await send(good(), { 'Content-Type': 'application/xml', Accept: 'image/png' }));
	});
});

test('after all of that, twice over, the broker takes offers and its memory is flat', async () => {
	const round = async () => {
		for (const make of Object.values(CORPUS)) await send(make(), { 'Content-Type': 'application/xml' });
	};
	await round();
	const before = process.memoryUsage().rss;
	await round();
	await round();
	const grown = process.memoryUsage().rss - before;
	expect(grown / 1_048_576).toBeLessThan(96);
	expect((await send(good(), { 'Content-Type': 'application/xml' })).status).toBe(201);
}, 120_000);
