/**
 * For how long a document can hold the main thread, on which everybody is served, and what it does to the memory: the
 * documents are as bad as the bounds let them be (1 MiB, 5,000 nodes), are accepted, countered and refused, and come in
 * both forms; templates and the constraints of negotiations demand as much as they may. `hold-ms` is the longest of all;
 * in quiet times some milliseconds go by as well. `hold-restarted-ms` is the longest of a process that was just started
 * on the same templates; `hold-cold-ms` of processes of which each has just been started for a single document, and of
 * the one in which the templates are published.
 */
import { readFileSync } from 'node:fs';
import { toJson } from '../../src/agreement/to-json.ts';
import { readDocument } from '../../src/xml/document.ts';
import { addImage, type BrokerProcess, startBroker } from './broker-process.ts';
import { Clients, encode, type Request } from './clients.ts';
import type { Figure, Watcher } from './figure.ts';
import { asDemanding, forTemplate, HOSTILE_DEMANDS, hostileTemplate, NEG } from './hostile-demands.ts';
import type { LoopWatch } from './loop-watch.ts';
import { type Form, offerWriter, type Wish } from './offers.ts';

/** Nodes that fill the bound, beside the offer's own 700. */
const NODES = 4_200;
const GIB = 2 ** 30;
const DAY = 86_400;
const MIB = 2 ** 20;
/** The first time the compiler has its share. */
const ROUNDS = 3;

export const HOLD_SITE = { COMPUTON_SITE: 'simulated', COMPUTON_SIMULATED_HOSTS: '100' };

/** Those that hold a process the longest whose first they are, as nothing is compiled in it yet. */
const COLD =
	/^(choices, countered( in a negotiation)?|elements, countered for its length|7 Solicited offers|enumerations, of one machine|(an equation that is violated|conditions( that are violated)?|model groups|many small patterns), of (too much|one machine), in a negotiation)$/;

/** Those that are the longest to be kept, and to be answered when they are looked at. */
const COLD_BY_SOAP = /^(a text (of a megabyte|that is all references)|texts that are long together|files), accepted$/;

/** `hold-ms`, `hold-restarted-ms`, `hold-cold-ms` and `hold-peak-bytes`. */
export async function measureHold(watcher: Watcher): Promise<readonly Figure[]> {
	let broker = await startBroker(HOLD_SITE);
	try {
		const write = offerWriter(await addImage(broker));
		const cold = await publishHostile(broker);
		const evaluated = hostileOffers(write).map((each): Sent => ({ ...agreed(each), path: '/evaluations' }));
		const large = evaluated.filter(({ document }) => document.startsWith('a text of a megabyte'));
		const documents = [
			...hostileOffers(write).map(agreed),
			...large.map((each) => ({ ...each, document: `${each.document}, evaluated` })),
			...negotiationMessages(write).map(([document, xml]): Sent => ({ document, path: NEGOTIATION, xml })),
			...hostileOffers(write)
				.filter(([document]) => document.endsWith(', countered'))
				.map(([document, xml]): Sent => ({ document: `${document} in a negotiation`, path: NEGOTIATION, xml })),
			...demandingOffers(write),
		];
		const held: Held[] = [];
		for (let round = 1; round <= ROUNDS; round += 1) {
			watcher.progress(`round ${round} of ${ROUNDS} ...`);
			held.splice(0, held.length, ...(await holdWith(broker, documents, watcher.signal)));
		}
		await broker.end();
		broker = await startBroker(HOLD_SITE, broker.folder);
		watcher.progress('started again ...');
		const restarted = await holdWith(broker, demandingOffers(write), watcher.signal);
		const alone = async (document: Sent, hold: typeof holdBySoap) => {
			await broker.end();
			broker = await startBroker(HOLD_SITE, broker.folder);
			watcher.progress(`started again for ${document.document} ...`);
			cold.push(...(await hold(broker, [document], watcher.signal)));
		};
		for (const document of documents.filter((each) => COLD.test(each.document))) {
			await alone(document, (...each) => holdWith(...each, ['xml']));
		}
		for (const document of documents.filter((each) => COLD_BY_SOAP.test(each.document))) {
			await alone(document, holdBySoap);
		}
		const peakBytes = Math.max(...[...held, ...restarted].map((each) => each.peakBytes));
		return [
			longest('hold-ms', held),
			longest('hold-restarted-ms', restarted),
			longest('hold-cold-ms', cold),
			{ name: 'hold-peak-bytes', value: peakBytes, unit: 'bytes' },
		];
	} finally {
		await broker.stop();
	}
}

/** In the place of a path: to a negotiation that is begun for it, so that none is refused for what came before it. */
const NEGOTIATION = Symbol('negotiation');

/** What is sent where. */
interface Sent {
	readonly document: string;
	readonly path: string | typeof NEGOTIATION;
	readonly xml: string;
}

type Held = LoopWatch & { readonly document: string };

function agreed([document, xml]: readonly [string, string]): Sent {
	return { document, path: '/agreements', xml };
}

function longest(name: string, held: readonly Held[]): Figure {
	const { document, heldMs } = held.reduce((one, other) => (other.heldMs > one.heldMs ? other : one));
	return { name, value: Math.round(heldMs), unit: 'ms', details: { document } };
}

/** Sends each in these forms, one after the other. */
async function holdWith(
	broker: BrokerProcess,
	documents: readonly Sent[],
	signal: AbortSignal,
	forms: readonly Form[] = FORMS,
): Promise<Held[]> {
	const clients = new Clients(broker.url, 1);
	const held: Held[] = [];
	try {
		for (const { document, path, xml } of documents) {
			for (const form of forms) {
				signal.throwIfAborted();
				const body = form === 'xml' ? xml : jsonOf(xml);
				if (body === undefined || Buffer.byteLength(body) > MIB) continue;
				const mediaType = `application/${form}`;
				const headers = { Authorization: `Bearer ${broker.token}`, 'Content-Type': mediaType, Accept: mediaType };
				const negotiation =
					path === NEGOTIATION ? await broker.admin.beginNegotiation({ template: 'cluster/1' }) : undefined;
				const target = negotiation === undefined ? String(path) : `/negotiations/${negotiation.id}/offers`;
				await broker.watch();
				const { answers } = await clients.send([encode({ method: 'POST', path: target, headers, body })]);
				held.push({ ...(await broker.watch()), document: `${document}, ${form}, answered ${answers[0]!.status}` });
				if (negotiation === undefined) continue;
				await clients.send([encode({ method: 'GET', path: `/negotiations/${negotiation.id}`, headers })]);
				held.push({ ...(await broker.watch()), document: `${document}, ${form}, looked at` });
				await broker.admin.endNegotiation(negotiation.id);
			}
		}
	} finally {
		clients.close();
	}
	return held;
}

/** Sends each to the SOAP door, and looks at the agreement that it becomes: by SOAP and in both forms. */
async function holdBySoap(broker: BrokerProcess, documents: readonly Sent[], signal: AbortSignal): Promise<Held[]> {
	const clients = new Clients(broker.url, 1);
	const held: Held[] = [];
	const authorization = { Authorization: `Bearer ${broker.token}` };
	const send = async (what: string, head: Omit<Request, 'headers'>, headers: Record<string, string>) => {
		signal.throwIfAborted();
		await broker.watch();
		const request = { ...head, headers: { ...authorization, ...headers } };
		const { answers } = await clients.send([encode(request)]);
		held.push({ ...(await broker.watch()), document: `${what}, answered ${answers[0]!.status}` });
	};
	const call = (what: string, body: string, header = '') =>
		send(what, { method: 'POST', path: '/soap', body: envelope(header, body) }, { 'Content-Type': 'text/xml' });
	try {
		for (const { document, xml } of documents) {
			const offer = xml.replace(/<\?xml.*?\?>/, '');
			await call(`${document}, by SOAP`, `<w:CreateAgreementInput xmlns:w="${WSAG}">${offer}</w:CreateAgreementInput>`);
			const [newest] = (await broker.admin.agreements({ limit: 1 })).items;
			const { id } = newest!;
			const terms = `<p:GetResourceProperty xmlns:p="${WSRF_RP}" xmlns:w="${WSAG}">w:Terms</p:GetResourceProperty>`;
			await call(
				`${document}, looked at by SOAP`,
				terms,
				`<c:Agreement xmlns:c="urn:computon:soap:1">${id}</c:Agreement>`,
			);
			for (const form of FORMS) {
				const what = `${document}, looked at, ${form}`;
				await send(what, { method: 'GET', path: `/agreements/${id}` }, { Accept: `application/${form}` });
			}
		}
	} finally {
		clients.close();
	}
	return held;
}

function envelope(header: string, body: string): string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

const WSAG = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
const WSRF_RP = 'http://docs.oasis-open.org/wsrf/rp-2';

const MACHINE = readFileSync(new URL('../../templates/machine.xml', import.meta.url), 'utf8');

/** Those that a site takes; the others are refused, since their own terms do not keep to them. */
async function publishHostile(broker: BrokerProcess): Promise<Held[]> {
	const held: Held[] = [];
	for (const [index, demands] of HOSTILE_DEMANDS.entries()) {
		if (demands.isViolated) continue;
		const body = hostileTemplate(MACHINE, `hostile-${index}`, demands);
		await broker.watch();
		await broker.admin.publishTemplate(`hostile-${index}`, '1', { body, mediaType: 'application/xml' });
		held.push({ ...(await broker.watch()), document: `${demands.what}, published` });
	}
	return held;
}

/** Offers for those templates, and to a negotiation that makes the same demands. */
function demandingOffers(write: ReturnType<typeof offerWriter>): readonly Sent[] {
	const wishes: readonly (readonly [string, Partial<Wish>])[] = [
		['of one machine', {}],
		['of too much', { machines: 250, cpus: 32, memoryBytes: 96 * GIB }],
	];
	return wishes.flatMap(([wish, more]) => {
		const offer = write('xml', { ...ordinaryWish(), ...more });
		return HOSTILE_DEMANDS.flatMap((demands, index): Sent[] => {
			const document = `${demands.what}, ${wish}`;
			const offered = demands.change(forTemplate(offer, `hostile-${index}`));
			const demanding = asDemanding(demands.change(forTemplate(offer, 'cluster')), demands);
			return [
				...(demands.isViolated ? [] : [agreed([document, offered])]),
				{ document: `${document}, in a negotiation`, path: NEGOTIATION, xml: demanding },
			];
		});
	});
}

/** Offers of 8 KB, as many as the bound on a message's nodes lets through. */
const AT_ONCE = 7;

/** As many offers as one message may have; and one that is as large as what is kept may be. */
function negotiationMessages(write: ReturnType<typeof offerWriter>): readonly (readonly [string, string])[] {
	const offer = write('xml', { ...ordinaryWish(), machines: 250, cpus: 32, memoryBytes: 96 * GIB });
	const demands = { what: '', constraints: '', change: (each: string) => each };
	const messageOf = (offers: readonly string[]) =>
		`<neg:NegotiateInput xmlns:neg="${NEG}">${offers.map((each) => asDemanding(each, demands).replace(/<\?xml.*?\?>/, '')).join('')}</neg:NegotiateInput>`;
	return ['Solicited', 'Advisory'].flatMap((state) => {
		const inState = (message: string) => message.replaceAll('<neg:Solicited/>', `<neg:${state}/>`);
		return [
			[`${AT_ONCE} ${state} offers`, inState(messageOf(new Array(AT_ONCE).fill(offer)))],
			[`a large ${state} offer`, inState(messageOf([extended(offer, 't'.repeat(400_000))]))],
		] as const;
	});
}

export function ordinaryWish(): Wish {
	const startAt = Math.floor(Date.now() / 1000) + DAY;
	return { machines: 1, cpus: 1, memoryBytes: GIB, startAt, durationSeconds: 3600 };
}

const FORMS: readonly Form[] = ['xml', 'json'];

/** The JSON form of what can be read; there is none of other documents. */
export function jsonOf(xml: string): string | undefined {
	const tree = readDocument(Buffer.from(xml));
	return tree.ok ? JSON.stringify(toJson(tree.value)) : undefined;
}

/** Offers of one machine, which are accepted, and of as many as nobody has, which are countered or refused. */
function hostileOffers(write: ReturnType<typeof offerWriter>): readonly (readonly [string, string])[] {
	const wishes: readonly (readonly [string, Partial<Wish>])[] = [
		['accepted', {}],
		['countered', { machines: 250, cpus: 32, memoryBytes: 96 * GIB }],
		['countered for its length', { machines: 100, cpus: 32, memoryBytes: 96 * GIB, durationSeconds: 80 * DAY }],
	];
	return wishes.flatMap(([outcome, more]) => {
		const offer = write('xml', { ...ordinaryWish(), ...more });
		return EXCESSES.map(([excess, put]) => [`${excess}, ${outcome}`, put(offer)] as const);
	});
}

/** Ways to make an offer as large as it may be, in one of its dimensions. */
const EXCESSES: readonly (readonly [string, (offer: string) => string])[] = [
	['elements', (offer) => extended(offer, '<x:a/>'.repeat(NODES))],
	['elements with texts and attributes', (offer) => extended(offer, '<x:a b="1">t</x:a>'.repeat(NODES / 3))],
	['attributes', (offer) => extended(offer, `<x:a ${several(NODES, (index) => `a${index}=""`)}/>`)],
	['declarations', (offer) => extended(offer, `<x:a ${several(NODES, (index) => `xmlns:a${index}="u:"`)}/>`)],
	['comments', (offer) => extended(offer, '<!--c-->'.repeat(NODES))],
	['levels', (offer) => extended(offer, nested(200, '<x:a/>'.repeat(NODES - 200)))],
	['a text of a megabyte', (offer) => extended(offer, 't'.repeat(MIB - 20_000))],
	['a text that is all references', (offer) => extended(offer, '&lt;'.repeat(250_000))],
	['texts that are long together', (offer) => extended(offer, `<x:a>${'é'.repeat(150)}</x:a>`.repeat(NODES / 3))],
	['hosts', (offer) => inResources(offer, `<jsdl:CandidateHosts>${hosts(NODES / 2)}</jsdl:CandidateHosts>`)],
	[
		'values',
		(offer) =>
			withCounts(
				offer,
				several(NODES / 2, (index) => `<jsdl:Exact>${1 + index * 3}</jsdl:Exact>`),
			),
	],
	['files', (offer) => offer.replace('</jsdl:JobDescription>', `${FILE.repeat(NODES / 5)}</jsdl:JobDescription>`)],
	['choices', (offer) => offer.replace('</wsag:All>', `${CHOICES}</wsag:All>`)],
	['terms', (offer) => offer.replace('</wsag:All>', `${several(400, term)}</wsag:All>`)],
];

/** Ways to make them, and elements beside them, that nearly fill the bound on all of them together. */
const WAYS = 40;
const CHOICES = `<wsag:ExactlyOne>${several(WAYS, term)}</wsag:ExactlyOne>${several(30, (index) => term(WAYS + index))}`;

const FILE =
	'<jsdl:DataStaging><jsdl:FileName>a</jsdl:FileName><jsdl:CreationFlag>append</jsdl:CreationFlag></jsdl:DataStaging>';

function several(count: number, write: (index: number) => string): string {
	return Array.from({ length: count }, (_, index) => write(index)).join(' ');
}

export function extended(offer: string, content: string): string {
	return offer.replace('</wsag:Context>', `<x:x xmlns:x="urn:x">${content}</x:x></wsag:Context>`);
}

function nested(depth: number, content: string): string {
	return `${'<x:a>'.repeat(depth)}${content}${'</x:a>'.repeat(depth)}`;
}

function hosts(count: number): string {
	return several(count, (index) => `<jsdl:HostName>host${index}</jsdl:HostName>`);
}

function inResources(offer: string, first: string): string {
	return offer
		.replace(/<jsdl:CandidateHosts>.*?<\/jsdl:CandidateHosts>/s, '')
		.replace(/<jsdl:Resources>/, `$&${first}`);
}

function withCounts(offer: string, values: string): string {
	return offer.replace(/(<jsdl:TotalResourceCount>).*?(<\/jsdl:TotalResourceCount>)/s, `$1${values}$2`);
}

function term(index: number): string {
	return `<wsag:ServiceProperties wsag:Name="p${index}" wsag:ServiceName="reconstruction"><wsag:VariableSet><wsag:Variable wsag:Name="v"><wsag:Location>/wsag:AgreementOffer</wsag:Location></wsag:Variable></wsag:VariableSet></wsag:ServiceProperties>`;
}
