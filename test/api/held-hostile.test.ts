/**
 * For how long a document holds the main thread, on which everybody is served, where it is the first of a process and
 * nothing is compiled yet: in CPU time, which others on the machine do not add to.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TOPIC_DIALECT } from '../../src/api/soap/calls.ts';
import { addImage, type BrokerProcess, startBroker } from '../bench/broker-process.ts';
import { Clients, encode } from '../bench/clients.ts';
import { HOLD_SITE, ordinaryWish } from '../bench/hold.bench.ts';
import { asDemanding, forTemplate, HOSTILE_DEMANDS, hostileTemplate } from '../bench/hostile-demands.ts';
import { offerWriter } from '../bench/offers.ts';
import { Listener } from './listener.ts';
import { envelope } from './soap-client.ts';

const MACHINE = new URL('../../templates/machine.xml', import.meta.url);
const SOAP = 'application/soap+xml';
const HELD_CPU_MS_MAX = 50;
const PEAK_BYTES_MAX = 512 * 2 ** 20;

let broker: BrokerProcess;
let offer: string;
/** Of one machine, which is there. */
let small: string;
beforeAll(async () => {
	broker = await startBroker(HOLD_SITE);
	const much = { machines: 250, cpus: 32, memoryBytes: 96 * 2 ** 30 };
	const equations = Array.from({ length: 200 }, (_, nth) => {
		const count = '//jsdl:TotalResourceCount//*';
		return `<wsag:Constraint>${count} &lt;= 1 or ${count} * ${count} * ${count} = ${nth * 7919}</wsag:Constraint>`;
	});
	const demands = { what: '', constraints: equations.join(''), change: (each: string) => each };
	const body = hostileTemplate(readFileSync(MACHINE, 'utf8'), 'equations', demands);
	await broker.admin.publishTemplate('equations', '1', { body, mediaType: 'application/xml' });
	// Each lacks a value that many of the others may be about.
	const lacking = Array.from({ length: 250 }, (_, nth) => {
		const [own, other] = [
			`//jsdl:Resources/jsdl:FileSystem[@name='${nth}']/jsdl:DiskSpace`,
			'//wsag:All//jsdl:DiskSpace',
		];
		return `<wsag:Constraint>${own} &gt;= ${nth} or ${other} + ${own} = 7</wsag:Constraint>`;
	});
	const missing = hostileTemplate(readFileSync(MACHINE, 'utf8'), 'missing', {
		...demands,
		constraints: lacking.join(''),
	});
	await broker.admin.publishTemplate('missing', '1', { body: missing, mediaType: 'application/xml' });
	const write = offerWriter(await addImage(broker));
	small = write('xml', ordinaryWish());
	offer = forTemplate(write('xml', { ...ordinaryWish(), ...much }), 'cluster');
});
afterAll(() => broker.stop());

/** Many wishes, each of which is weighed for each answer that is found. */
const OPTIONAL = Array.from(
	{ length: 200 },
	(_, nth) =>
		`<wsag:Item wsag:Name="i${nth}"><wsag:Location>//jsdl:TotalResourceCount//*</wsag:Location><wsag:ItemConstraint><xs:maxInclusive value="${nth + 1}"/></wsag:ItemConstraint></wsag:Item>`,
).join('');

const DOCUMENTS: readonly (readonly [string, () => string])[] = [
	...HOSTILE_DEMANDS.filter(({ what }) =>
		[
			'an equation that is violated',
			'long lists of ways',
			'sums of many values',
			'products of many nodes',
			'alternatives of products of a few nodes',
		].includes(what),
	).map((demands) => [demands.what, () => asDemanding(demands.change(offer), demands)] as const),
	[
		'wishes',
		() => {
			const demanding = asDemanding(offer, { what: '', constraints: OPTIONAL, change: (each) => each });
			return demanding.replaceAll('neg:Type="Required"', 'neg:Type="Optional" neg:Importance="3"');
		},
	],
];

const WAYS = Array.from(
	{ length: 40 },
	(_, nth) =>
		`<wsag:ServiceDescriptionTerm wsag:Name="w${nth}" wsag:ServiceName="reconstruction"><jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources><jsdl:TotalPhysicalMemory><jsdl:LowerBoundedRange>${nth % 7}</jsdl:LowerBoundedRange></jsdl:TotalPhysicalMemory></jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition></wsag:ServiceDescriptionTerm>`,
).join('');

const VARIABLES = Array.from({ length: 250 }, (_, nth) => {
	const variable = `<wsag:Variable wsag:Name="v"><wsag:Location>/*//x${nth}</wsag:Location></wsag:Variable>`;
	return `<wsag:ServiceProperties wsag:Name="p${nth}" wsag:ServiceName="reconstruction"><wsag:VariableSet>${variable.repeat(2)}</wsag:VariableSet></wsag:ServiceProperties>`;
}).join('');

const EVALUATED: readonly (readonly [string, number, () => string])[] = [
	['variables that are nowhere', 400, () => offer.replace('</wsag:All>', `${VARIABLES}</wsag:All>`)],
	['values that are nowhere', 200, () => forTemplate(offer, 'missing')],
	[
		'choices under equations',
		200,
		() => {
			const choice = `<wsag:ExactlyOne>${WAYS}</wsag:ExactlyOne></wsag:All>`;
			return forTemplate(offer, 'equations').replace('</wsag:All>', choice);
		},
	],
];

test.each(EVALUATED)('%s hold nobody up', { timeout: 60_000 }, async (_, status, write) => {
	await broker.end();
	broker = await startBroker(HOLD_SITE, broker.folder);
	await expectQuick('/evaluations', write(), status);
});

test.each(DOCUMENTS)('%s in a negotiation hold nobody up', { timeout: 60_000 }, async (_, write) => {
	await broker.end();
	broker = await startBroker(HOLD_SITE, broker.folder);
	const { id } = await broker.admin.beginNegotiation({ template: 'cluster/1' });
	await expectQuick(`/negotiations/${id}/offers`, write(), 200);
	await broker.admin.endNegotiation(id);
});

/** Names that nobody else has: more than are remembered. */
const NAMES = Array.from({ length: 2100 }, (_, nth) => `<x:a${nth} x:b${nth}="1"/>`).join('');
const ATTRIBUTES = Array.from({ length: 4200 }, (_, nth) => `x:a${'y'.repeat(150)}${nth}="1"`).join(' ');
const NAMESPACES = Array.from(
	{ length: 1500 },
	(_, nth) => `<p${nth}:e xmlns:p${nth}="urn:${'y'.repeat(480)}${nth}"/>`,
);

/** Longer as they are kept than anything that may be sent. */
const EMPTY = Array.from({ length: 4000 }, (_, nth) => `<x:${'y'.repeat(215)}${nth}/>`).join('');

test.each([
	['names', NAMES],
	['attributes', `<x:e ${ATTRIBUTES}/>`],
	['namespaces', NAMESPACES.join('')],
	['elements that are kept twice as long as they are sent', EMPTY],
])('an agreement of many %s holds nobody up, made or read', { timeout: 60_000 }, async (_, made) => {
	const context = `<x:e xmlns:x="urn:x">${made}</x:e></wsag:Context>`;
	await expectQuick(
		'/agreements',
		small.replace('</wsag:Context>', () => context),
		201,
	);
	const { items } = await broker.admin.agreements({ state: 'Observed' });
	for (const accept of ['application/xml', 'application/json']) {
		await broker.end();
		broker = await startBroker(HOLD_SITE, broker.folder);
		await expectQuick(`/agreements/${items[0]!.id}`, '', 200, accept);
	}
	await broker.admin.terminate(items[0]!.id);
});

test.each([
	['references', `<![CDATA[${'&'.repeat(600_000)}]]>`],
	['attributes', `<x:e ${ATTRIBUTES}/>`],
	['elements that are kept twice as long as they are sent', EMPTY],
])('to tell subscribers of an agreement of many %s holds nobody up', { timeout: 60_000 }, async (_, made) => {
	const context = `<x:e xmlns:x="urn:x">${made}</x:e></wsag:Context>`;
	const body = small.replace('</wsag:Context>', () => context);
	await broker.admin.offer({ body, mediaType: 'application/xml' });
	const { items } = await broker.admin.agreements({ state: 'Observed' });
	const { id } = items[0]!;
	const listener = await new Listener().start();
	const header = `<cs:Agreement>${id}</cs:Agreement>`;
	const settings = { ...HOLD_SITE, COMPUTON_NOTIFY_TARGETS: listener.url };
	try {
		await broker.end();
		broker = await startBroker(settings, broker.folder);
		const consumer = `<wsnt:ConsumerReference><wsa:Address>${listener.url}</wsa:Address></wsnt:ConsumerReference>`;
		await expectQuick('/soap', envelope('1.2', `<wsnt:Subscribe>${consumer}</wsnt:Subscribe>`, header), 200, SOAP);
		const topic = `<wsnt:Topic Dialect="${TOPIC_DIALECT}">wsag:AgreementState</wsnt:Topic>`;
		const current = `<wsnt:GetCurrentMessage>${topic}</wsnt:GetCurrentMessage>`;
		await expectQuick('/soap', envelope('1.2', current, header), 200, SOAP);
		await broker.end();
		broker = await startBroker(settings, broker.folder);
		await broker.watch();
		await broker.admin.terminate(id);
		const { body: told } = await listener.hear();
		const { heldCpuMs } = await broker.watch();
		expect(told).toContain('ServiceTermState');
		expect(told.length).toBeLessThan(10_000);
		expect(heldCpuMs).toBeLessThan(HELD_CPU_MS_MAX);
	} finally {
		await listener.stop();
	}
});

test.each([
	['names', NAMES],
	['attributes', `<x:e ${ATTRIBUTES}/>`],
	['namespaces', NAMESPACES.join('')],
])('a template of many %s holds nobody up when it is looked at', { timeout: 60_000 }, async (what, made) => {
	const context = `<x:e xmlns:x="urn:x">${made}</x:e></wsag:Context>`;
	const demands = { what, constraints: '', change: (each: string) => each };
	const template = hostileTemplate(readFileSync(MACHINE, 'utf8'), `many-${what}`, demands);
	const body = template.replace('</wsag:Context>', () => context);
	await broker.admin.publishTemplate(`many-${what}`, '1', { body, mediaType: 'application/xml' });
	for (const accept of ['application/xml', 'application/json']) {
		await broker.end();
		broker = await startBroker(HOLD_SITE, broker.folder);
		await expectQuick(`/templates/many-${what}/1`, '', 200, accept);
	}
});

/** As much as the offers of one message may have together. */
const FEWER_ATTRIBUTES = Array.from({ length: 2800 }, (_, nth) => `x:a${'y'.repeat(150)}${nth}="1"`).join(' ');
const FEWER_NAMESPACES = NAMESPACES.slice(0, 900).join('');

test.each([
	['names', NAMES],
	['attributes', `<x:e ${FEWER_ATTRIBUTES}/>`],
	['namespaces', FEWER_NAMESPACES],
])(
	'an offer of many %s in a negotiation holds nobody up when it is looked at',
	{ timeout: 60_000 },
	async (_, made) => {
		const { id } = await broker.admin.beginNegotiation({ template: 'machine/1' });
		const context = `<x:e xmlns:x="urn:x">${made}</x:e></wsag:Context>`;
		const demands = { what: '', constraints: '', change: (each: string) => each };
		const asked = asDemanding(small, demands).replace('CounterOfferTo>cluster<', 'CounterOfferTo>machine/1<');
		await expectQuick(
			`/negotiations/${id}/offers`,
			asked.replace('</wsag:Context>', () => context),
			200,
		);
		for (const accept of ['application/xml', 'application/json']) {
			await broker.end();
			broker = await startBroker(HOLD_SITE, broker.folder);
			await expectQuick(`/negotiations/${id}`, '', 200, accept);
		}
		await broker.admin.endNegotiation(id);
	},
);

test.each([
	['names', NAMES],
	['attributes', `<x:e ${FEWER_ATTRIBUTES}/>`],
])('one of several answers of many %s holds nobody up when it is agreed to', { timeout: 60_000 }, async (_, made) => {
	const { id } = await broker.admin.beginNegotiation({ template: 'cluster/1' });
	const context = `<x:e xmlns:x="urn:x">${made}</x:e></wsag:Context>`;
	const asked = asDemanding(offer, { what: '', constraints: '', change: (each: string) => each });
	const body = asked.replace('</wsag:Context>', () => context);
	const { answers } = await broker.admin.negotiate(id, { body, mediaType: 'application/xml' });
	const [{ offer: sent, counterOffers }] = answers as [(typeof answers)[number]];
	const { offerXml = '' } = counterOffers.find(({ state }) => state === 'Acceptable')!;
	// The name is that of what all of them answer: which one is meant is what the document says.
	const path = `/agreements?negotiation=${id}&offer=${encodeURIComponent(sent.id)}`;
	const other = offerXml.replace(/x:[ab](y*)1="1"/, 'x:c$11="1"');
	for (const [text, status] of [
		[other, 409],
		[offerXml, 201],
	] as const) {
		await broker.end();
		broker = await startBroker(HOLD_SITE, broker.folder);
		await expectQuick(path, text, status);
	}
	const { items } = await broker.admin.agreements({ state: 'Observed' });
	for (const each of items) await broker.admin.terminate(each.id);
	await broker.admin.endNegotiation(id);
});

test('a page of agreements whose names are as long as documents holds nobody up', { timeout: 60_000 }, async () => {
	const body = small.replace(/<wsag:Name>[^<]*</, `<wsag:Name>${'n'.repeat(900_000)}<`);
	for (let count = 0; count < 20; count += 1) await broker.admin.offer({ body, mediaType: 'application/xml' });
	await broker.end();
	broker = await startBroker(HOLD_SITE, broker.folder);
	await expectQuick('/agreements?limit=20', '', 200);
});

test('the templates hold nobody up whose titles are as long as documents', { timeout: 60_000 }, async () => {
	const title = `<wsag:Name>${'n'.repeat(900_000)}<`;
	for (let count = 0; count < 16; count += 1) {
		const demands = { what: '', constraints: '', change: (each: string) => each };
		const template = hostileTemplate(readFileSync(MACHINE, 'utf8'), `titled-${count}`, demands);
		const body = template.replace(/<wsag:Name>[^<]*</, () => title);
		await broker.admin.publishTemplate(`titled-${count}`, '1', { body, mediaType: 'application/xml' });
	}
	await broker.end();
	broker = await startBroker(HOLD_SITE, broker.folder);
	await expectQuick('/templates', '', 200, 'application/json');
});

async function expectQuick(path: string, body: string, status: number, accept = 'application/xml'): Promise<void> {
	const clients = new Clients(broker.url, 1);
	try {
		await broker.watch();
		const headers = {
			Authorization: `Bearer ${broker.token}`,
			'Content-Type': accept,
			Accept: accept,
		};
		const request = encode({ method: body === '' ? 'GET' : 'POST', path, headers, body });
		const { answers } = await clients.send([request]);
		const { heldCpuMs, peakBytes } = await broker.watch();
		expect(answers[0]!.status).toBe(status);
		expect(heldCpuMs).toBeLessThan(HELD_CPU_MS_MAX);
		expect(peakBytes).toBeLessThan(PEAK_BYTES_MAX);
	} finally {
		clients.close();
	}
}
