/** An initiator's own OfferId names its offer: in answers, in the tree, and in what is sent later; by REST and by SOAP. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OFFER_ID_LENGTH_MAX } from '../../src/agreement/rounds/negotiation-offer.ts';
import { readDocument } from '../../src/xml/document.ts';
import { attributeValue, childElements, type XmlElement } from '../../src/xml/element.ts';
import { declareNamespaces } from '../../src/xml/scope.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import { agreementHeader, at, faultOf, NS, SoapClient, textAt, type Version } from './soap-client.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService({ simulatedHosts: 2 });
});
afterAll(() => site.stop());

/** Tomorrow, so that what is terminated leaves nothing behind. */
const startAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
const plain = () => offerXml({ image: site.image });
/** Answered by several counter-offers. */
const tooMuch = () => offerXml({ image: site.image, template: 'cluster', machines: 3, cpus: 32, share: 100, startAt });

interface Named {
	readonly called?: string;
	readonly to?: string;
	readonly state?: string;
}

function negotiationOffer(offer: string, { called, to = '1', state = 'Advisory' }: Named): string {
	const id = called === undefined ? '' : `neg:OfferId="${called}" `;
	const context = `<neg:NegotiationOfferContext><neg:CounterOfferTo>${to}</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:${state}/></neg:State></neg:NegotiationOfferContext><neg:NegotiationConstraints/>`;
	return offer
		.replace('<wsag:AgreementOffer ', `<neg:NegotiationOffer xmlns:neg="${NS.neg}" ${id}`)
		.replace('</wsag:AgreementOffer>', `${context}</neg:NegotiationOffer>`);
}

const message = (...offers: string[]) =>
	`<neg:NegotiateInput xmlns:neg="${NS.neg}">${offers.join('')}</neg:NegotiateInput>`;
const idOf = (offer: XmlElement) => attributeValue(offer, NS.neg, 'OfferId');
const answeredBy = (offer: XmlElement) => textAt(offer, 'NegotiationOfferContext', 'CounterOfferTo');

/** A document that the schemas admit. */
function treeOf(text: string): XmlElement {
	const read = readDocument(Buffer.from(text));
	expect(read.ok ? [] : read.issues, text.slice(0, 2_000)).toEqual([]);
	if (!read.ok) throw new Error('unreachable');
	return read.value;
}

/** What is said to one negotiation, by REST or by SOAP. */
interface Speaker {
	begin(): Promise<string>;
	/** The counter-offers, or the reasons and issues of the refusal. */
	ask(id: string, body: string): Promise<XmlElement[] | Refusal[]>;
	properties(id: string): Promise<XmlElement>;
	end(id: string): Promise<unknown>;
}

interface Refusal {
	readonly code: string;
	readonly path?: string;
	readonly found?: string;
	readonly allowed?: string;
}

function rest(): Speaker {
	const send = async (path: string, method: string, body?: string) => {
		const response = await fetch(new URL(path, site.url), {
			method,
			headers: {
				Authorization: `Bearer ${site.adminToken}`,
				Accept: 'application/xml',
				'Content-Type': 'application/xml',
				'If-Match': '*',
			},
			...(body === undefined ? {} : { body }),
		});
		const text = await response.text();
		if (response.headers.get('content-type')?.includes('json')) return { json: JSON.parse(text), response };
		return { root: treeOf(text), response };
	};
	return {
		async begin() {
			const { response } = await send('/negotiations', 'POST');
			return response.headers.get('location')!.split('/').at(-1)!;
		},
		async ask(id, body) {
			const { root, json } = await send(`/negotiations/${id}/offers`, 'POST', body);
			if (root !== undefined) return childElements(root);
			return (json.reasons ?? json.issues).map(({ asked, ...each }: Refusal & { asked?: string }) => {
				return asked === undefined ? each : { ...each, found: asked };
			});
		},
		properties: async (id) => (await send(`/negotiations/${id}`, 'GET')).root!,
		end: (id) => send(`/negotiations/${id}`, 'DELETE'),
	};
}

const header = (id: string) => `<cs:Negotiation>${id}</cs:Negotiation>`;

function soap(version: Version): Speaker {
	const client = new SoapClient(site, version);
	return {
		async begin() {
			const { body } = await client.send(
				'<neg:InitiateNegotiationInput><neg:NegotiationContext><neg:NegotiationType><neg:Negotiation/></neg:NegotiationType><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder></neg:NegotiationContext></neg:InitiateNegotiationInput>',
			);
			return textAt(body, 'CreatedNegotiationEPR', 'ReferenceParameters', 'Negotiation');
		},
		async ask(id, body) {
			const answer = await client.send(body, header(id));
			return answer.body.localName === 'Fault'
				? (faultOf(answer).reasons as unknown as Refusal[])
				: childElements(answer.body);
		},
		async properties(id) {
			return childElements((await client.send('<wsrf-rp:GetResourcePropertyDocument/>', header(id))).body)[0]!;
		},
		end: (id) => client.send('<wsrf-rl:Destroy/>', header(id)),
	};
}

describe.each<[name: string, speaker: () => Speaker]>([
	['REST', rest],
	['SOAP 1.1', () => soap('1.1')],
	['SOAP 1.2', () => soap('1.2')],
])('by %s', (_name, speakerOf) => {
	let id: string;
	let speaker: Speaker;
	beforeAll(async () => {
		speaker = speakerOf();
		id = await speaker.begin();
	});
	afterAll(() => speaker.end(id));

	const ask = async (...offers: string[]) => (await speaker.ask(id, message(...offers))) as XmlElement[];
	const tree = async () => childElements(await speaker.properties(id), NS.neg, 'NegotiationOffer');

	test('two offers of a message, each with several answers, are matched by their names, and named again', async () => {
		const sent = [
			negotiationOffer(tooMuch(), { called: 'urn:x:o 1', to: '1-cluster' }),
			negotiationOffer(tooMuch().replace('>3<', '>4<'), { called: 'o2', to: '1-cluster' }),
		];
		const answers = await ask(...sent);
		const named = answers.map(answeredBy);
		expect(named.indexOf('o2')).toBeGreaterThan(1);
		expect(named.length - named.indexOf('o2')).toBeGreaterThan(1);
		expect([...new Set(named)]).toEqual(['urn:x:o 1', 'o2']);
		expect((await tree()).map(idOf)).toEqual(
			['urn:x:o 1', 'o2'].flatMap((name) => [name, ...answers.filter((each) => answeredBy(each) === name).map(idOf)]),
		);

		const [again] = await ask(negotiationOffer(tooMuch(), { called: 'o3', to: 'urn:x:o 1' }));
		expect(answeredBy(again!)).toBe('o3');
		const [own] = await ask(negotiationOffer(tooMuch(), { to: idOf(again!)! }));
		const shown = await tree();
		const told = shown.find((each) => idOf(each) === answeredBy(own!))!;
		expect(answeredBy(told)).toBe(idOf(again!));
		expect(answeredBy(shown.find((each) => idOf(each) === 'o3')!)).toBe('urn:x:o 1');
	});

	test('an offer is shown again as it was sent, its name and that of its template included', async () => {
		const sent = negotiationOffer(plain(), { called: 'as-sent', to: '1-machine' });
		await ask(sent);
		const shown = (await tree()).find((each) => idOf(each) === 'as-sent')!;
		const { declarations, ...said } = treeOf(sent);
		expect(writeCanonical(declareNamespaces({ ...shown, declarations }))).toBe(
			writeCanonical(declareNamespaces({ ...said, declarations })),
		);
	});

	const ALLOWED = `1 to ${OFFER_ID_LENGTH_MAX} printable characters, no white space but single spaces between others`;
	test.each([
		['used twice', 'as-sent', { code: 'OFFER_ID_TAKEN', found: 'as-sent' }],
		['the template’s', 'machine/1', { code: 'OFFER_ID_TAKEN', found: 'machine/1' }],
		['empty', '', { code: 'VALUE_MALFORMED', found: '', allowed: ALLOWED }],
		['with a space at its end', 'o4 ', { code: 'VALUE_MALFORMED', found: 'o4 ', allowed: ALLOWED }],
		['with two spaces', 'o  4', { code: 'VALUE_MALFORMED', found: 'o  4', allowed: ALLOWED }],
		['with a line feed', 'o&#10;4', { code: 'VALUE_MALFORMED', found: 'o\n4', allowed: ALLOWED }],
		['that cannot be seen', '&#x202E;', { code: 'VALUE_MALFORMED', found: '\u202e', allowed: ALLOWED }],
		['too long', 'o'.repeat(OFFER_ID_LENGTH_MAX + 1), { code: 'VALUE_MALFORMED', allowed: ALLOWED }],
	])('an OfferId that is %s is refused with its place', async (_what, called, reason) => {
		const before = await tree();
		const reasons = await speaker.ask(
			id,
			message(negotiationOffer(plain(), {}), negotiationOffer(plain(), { called })),
		);
		const path = '/neg:NegotiateInput/neg:NegotiationOffer[2]/@neg:OfferId';
		expect(reasons).toMatchObject([{ path, ...reason }]);
		expect(await tree()).toEqual(before);
	});

	test('an offer that is called as another template goes before it, and never in its own message', async () => {
		const named = negotiationOffer(plain(), { called: 'cluster' });
		const answering = negotiationOffer(tooMuch(), { called: 'after', to: 'cluster' });
		for (const offers of [
			[named, answering],
			[answering, named],
		])
			expect(await speaker.ask(id, message(...offers))).toMatchObject([{ code: 'STATE_FORBIDS', found: 'cluster' }]);
		await ask(answering.replace('"after"', '"before"'));
		await ask(named);
		await ask(answering);
		const { offers } = await site.admin.negotiation(id);
		const isTo = (name: string) => offers.find((each) => each.id === name)!.counterOfferTo;
		expect([isTo('before'), isTo('after')]).toEqual([undefined, 'cluster']);
	});

	test('an OfferId as long as it may be is taken', async () => {
		const called = 'ü'.repeat(OFFER_ID_LENGTH_MAX);
		expect((await ask(negotiationOffer(plain(), { called }))).map(answeredBy)).toEqual([called]);
	});
});

describe.each<Version>(['1.1', '1.2'])('in SOAP %s', (version) => {
	test('an agreement is made of what answers an offer, named as its initiator called it', async () => {
		const speaker = soap(version);
		const client = new SoapClient(site, version);
		const id = await speaker.begin();
		const sent = ['a', 'b'].map((called) => negotiationOffer(plain(), { called, state: 'Solicited' }));
		const answers = (await speaker.ask(id, message(...sent))) as XmlElement[];
		const held = answers.find((each) => answeredBy(each) === 'b')!;
		const children = held.children.filter((child) => child.kind !== 'element' || child.namespace !== NS.neg);
		const name = { prefix: 'wsag', namespace: NS.wsag, localName: 'AgreementOffer' };
		const attributes = held.attributes.filter(({ namespace }) => namespace !== NS.neg);
		const offer = writeCanonical(declareNamespaces({ ...held, ...name, attributes, children }));
		const context = writeCanonical(at(held, 'NegotiationOfferContext'));
		const extension = `<neg:NegotiationExtension><neg:ResponderNegotiationEPR><wsa:Address>urn:any</wsa:Address><wsa:ReferenceParameters>${header(id)}</wsa:ReferenceParameters></neg:ResponderNegotiationEPR>${context}</neg:NegotiationExtension>`;
		expect(context).toContain('>b<');
		const { body } = await client.send(`<wsag:CreateAgreementInput>${offer}${extension}</wsag:CreateAgreementInput>`);
		const agreementId = textAt(body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');
		const { offers } = await site.admin.negotiation(id);
		expect(offers.filter(({ agreement }) => agreement === agreementId)).toMatchObject([
			{ id: idOf(held), counterOfferTo: 'b' },
		]);
		await client.send('<wsrf-rl:Destroy/>', agreementHeader(agreementId));
		await speaker.end(id);
	});
});

test('a plain offer is named in the query', async () => {
	const { id } = await site.admin.beginNegotiation();
	const document = { mediaType: 'application/xml', body: plain() } as const;
	const asked = async (offerId: string, counterOfferTo?: string) =>
		site.admin.negotiate(id, document, {
			state: 'Advisory',
			offerId,
			...(counterOfferTo === undefined ? {} : { counterOfferTo }),
		});
	expect((await asked('mine & yours/1')).answers).toMatchObject([
		{ offer: { id: 'mine & yours/1' }, counterOffers: [{ counterOfferTo: 'mine & yours/1' }] },
	]);
	expect((await asked('next', 'mine & yours/1')).answers[0]!.offer).toMatchObject({ counterOfferTo: 'mine & yours/1' });
	await expect(asked('next')).rejects.toMatchObject({
		problem: { code: 'NEGOTIATION_REFUSED', reasons: [{ code: 'OFFER_ID_TAKEN', asked: 'next' }] },
	});
	await expect(asked('')).rejects.toMatchObject({ problem: { code: 'PARAMETER_INVALID' } });
	await site.admin.endNegotiation(id);
});
