/** Negotiation in rounds by SOAP: begun, answered, agreed to, and what is negotiated anew. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { childElements, type XmlElement } from '../../src/xml/element.ts';
import { offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';
import { agreementHeader, at, faultOf, INVALID_HEADER, NS, SoapClient, textAt, type Version } from './soap-client.ts';
import {
	agreeTo,
	askIn,
	beginRounds,
	epr,
	initiate,
	negotiationHeader,
	negotiationOffer,
	reasonsIn,
	stateOf,
} from './soap-rounds.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

const offer = (wish: Partial<Parameters<typeof offerXml>[0]> = {}) => offerXml({ image: site.image, ...wish });
describe.each<Version>(['1.1', '1.2'])('in SOAP %s', (version) => {
	let client: SoapClient;
	let token: string;
	beforeAll(async () => {
		// What a party has let go of is remembered of it.
		({ token } = await site.clientOf(`soap-${version}`, 'physics', 'admin'));
		client = new SoapClient(site, version, token);
	});

	const begin = (type?: string) => beginRounds(client, type);
	const ask = (id: string, sent: string) => askIn(client, id, sent);
	const stateIn = (counterOffer: XmlElement) => stateOf(counterOffer).localName;

	test('what is held is agreed to by the extension that names it', async () => {
		const id = await begin();
		const [held] = await ask(id, negotiationOffer(offer(), '1-machine', 'Solicited'));
		expect(stateIn(held!)).toBe('Acceptable');
		const { body } = await client.send(agreeTo(held!, id));
		expect(body.localName).toBe('CreateAgreementResponse');
		const agreementId = textAt(body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');
		expect(await client.stateOf(agreementId)).toBe('Observed');
		await client.send('<wsrf-rl:Destroy/>', agreementHeader(agreementId));
	});

	test('too much is answered by what can be had, or says why not', async () => {
		const id = await begin();
		const much = offer({ template: 'cluster', machines: 200, share: 100 });
		const answers = await ask(id, negotiationOffer(much, '1', 'Solicited'));
		const states = answers.map(stateIn);
		expect(states.some((state) => state === 'Acceptable' || state === 'Rejected')).toBe(true);
		for (const each of answers) {
			const state = stateIn(each);
			if (state === 'Rejected') at(each, 'NegotiationOfferContext', 'State', 'Rejected', 'BaseFault', 'Reason');
			// What is not held says why.
			const codes = reasonsIn(at(each, 'NegotiationOfferContext', 'State', state, 'Answer')).map(({ code }) => code);
			expect(codes.includes('HOLD_REFUSED')).toBe(state === 'Advisory');
		}
		expect(states).toContain('Advisory');
		const [advised] = await ask(id, negotiationOffer(much, '1', 'Advisory'));
		expect(stateIn(advised!)).toBe('Advisory');
		const answer = at(advised!, 'NegotiationOfferContext', 'State', 'Advisory', 'Answer');
		const told = (name: string) => {
			const found = childElements(answer).filter(({ localName }) => localName === name);
			return found.map(({ attributes }) =>
				Object.fromEntries(attributes.map(({ localName, value }) => [localName, value])),
			);
		};
		expect(told('Difference')).toContainEqual({
			field: 'machineCount',
			asked: '200',
			offered: expect.stringMatching(/^\d+$/),
		});
		expect(told('Reason')).toContainEqual(
			expect.objectContaining({ code: 'CAPACITY_TOO_SMALL', resource: 'machines', remedy: expect.anything() }),
		);
		// What is held for it is needed by others.
		await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
	});

	test('a reason says where, what was found, what is allowed and what is nearest', async () => {
		const id = await begin();
		const unknown = offer({ cpus: 500, image: { name: 'x', digest: `sha256:${'0'.repeat(64)}` } });
		const answers = await ask(id, negotiationOffer(unknown, '1-machine', 'Solicited'));
		const rejected = answers.find((each) => stateIn(each) === 'Rejected')!;
		const fault = at(rejected, 'NegotiationOfferContext', 'State', 'Rejected', 'BaseFault');
		const why = {
			code: 'CREATION_CONSTRAINT',
			path: expect.stringContaining('/jsdl:IndividualCPUCount'),
			found: '500',
			allowed: 'at least 1, at most 64',
			nearest: '64',
			remedy: 'say 64',
		};
		expect(reasonsIn(fault)).toContainEqual(why);
		const { body } = await client.send(
			`<wsag:CreateAgreementInput>${offer({ cpus: 500 })}</wsag:CreateAgreementInput>`,
		);
		expect(reasonsIn(at(body, ...(version === '1.1' ? ['detail'] : ['Detail']), 'ContinuingFault'))).toContainEqual(
			why,
		);
	});

	test('a reason says what is near, where that is not known to be the nearest, in SOAP, XML and JSON', async () => {
		const template = `named-${version.replace('.', '-')}`;
		const name =
			'<wsag:Item wsag:Name="job-name"><wsag:Location>//jsdl:JobName</wsag:Location><wsag:ItemConstraint><xs:pattern value="[a-z]+"/></wsag:ItemConstraint></wsag:Item>';
		const body = (await site.admin.templateXml('machine', '1'))
			.replaceAll('TemplateId>1<', `TemplateId>${template}<`)
			.replaceAll('TemplateId="1"', `TemplateId="${template}"`)
			.replace('<wsag:CreationConstraints>', `$&${name}`);
		await site.admin.publishTemplate('machine', template, { mediaType: 'application/xml', body });
		const named = offer()
			.replace('TemplateId>1<', `TemplateId>${template}<`)
			.replace(
				'<jsdl:Resources>',
				`<jsdl:JobIdentification><jsdl:JobName>${'a'.repeat(299)}!</jsdl:JobName></jsdl:JobIdentification>$&`,
			);
		const near = 'a'.repeat(256);
		const remedy = `say ${near}, or what is nearer, if anything is`;
		const path = expect.stringContaining('/jsdl:JobName');
		const why = expect.objectContaining({ code: 'CREATION_CONSTRAINT', path, near, remedy });
		const withoutNearest = expect.not.objectContaining({ nearest: expect.anything() });

		const id = await begin();
		const [rejected] = await ask(id, negotiationOffer(named, `${template}-machine`, 'Solicited'));
		const [reason, ...others] = reasonsIn(at(rejected!, 'NegotiationOfferContext', 'State', 'Rejected', 'BaseFault'));
		expect(others).toEqual([]);
		expect(reason).toEqual(why);
		expect(reason).toEqual(withoutNearest);
		const { body: fault } = await client.send(`<wsag:CreateAgreementInput>${named}</wsag:CreateAgreementInput>`);
		const detail = at(fault, version === '1.1' ? 'detail' : 'Detail', 'ContinuingFault');
		expect(reasonsIn(detail)).toEqual([why]);
		expect(reasonsIn(detail)).toEqual([withoutNearest]);

		const answered = async (accepted: string) => {
			const response = await fetch(new URL(`/negotiations/${id}/offers`, site.url), {
				method: 'POST',
				body: negotiationOffer(named, `${template}-machine`, 'Solicited').replace(
					'<neg:NegotiationOffer ',
					`$&xmlns:neg="${NS.neg}" `,
				),
				headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/xml', Accept: accepted },
			});
			return await response.text();
		};
		expect(await answered('application/xml')).toContain(` near="${near}" remedy="${remedy}"`);
		const [inJson] = JSON.parse(await answered('application/json')).answers[0].offer.reasons;
		expect(inJson).toMatchObject({ code: 'CREATION_CONSTRAINT', remedy: { text: remedy, near } });
		expect(inJson.remedy.allowed).toBeUndefined();
		expect(inJson.available).toBeUndefined();
		await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
	});

	test.each<[what: string, more: string, responder: string, reason: object]>([
		[
			'that has expired is begun by nobody',
			'<neg:ExpirationTime>2020-01-01T00:00:00Z</neg:ExpirationTime>',
			'NegotiationResponder',
			{ code: 'OFFER_EXPIRED', found: '2020-01-01T00:00:00Z', allowed: expect.stringMatching(/^20.*Z$/) },
		],
		[
			'in which the site would have to buy is none',
			'',
			'NegotiationInitiator',
			{ code: 'PROVIDER_NOT_RESPONDER', found: 'NegotiationInitiator', allowed: 'NegotiationResponder' },
		],
	])('a context %s', async (_what, more, responder, reason) => {
		const answer = await client.send(
			initiate().replace('</neg:NegotiationType>', `$&${more}`).replace('>NegotiationResponder<', `>${responder}<`),
		);
		expect(faultOf(answer).reasons).toMatchObject([reason]);
	});

	test('an offer whose Creator is not who sends it is not taken', async () => {
		const id = await begin();
		const foreign = negotiationOffer(offer(), '1', 'Solicited').replace(
			'>NegotiationInitiator<',
			'>NegotiationResponder<',
		);
		for (const input of ['NegotiateInput', 'AdvertiseInput']) {
			const answer = await client.send(`<neg:${input}>${foreign}</neg:${input}>`, negotiationHeader(id));
			expect(faultOf(answer).reasons).toEqual([
				{
					code: 'CREATOR_NOT_SENDER',
					path: `/neg:${input}/neg:NegotiationOffer/neg:NegotiationOfferContext/neg:Creator`,
					found: 'NegotiationResponder',
					allowed: 'NegotiationInitiator',
				},
			]);
		}
	});

	test('what is agreed to and was not answered so is told by where it differs', async () => {
		const id = await begin();
		const [held] = await ask(id, negotiationOffer(offer({ cpus: 2 }), '1-machine', 'Solicited'));
		const changed = agreeTo(held!, id).replace(/(IndividualCPUCount><jsdl:Exact>)2/, '$13');
		const answer = await client.send(changed);
		expect(faultOf(answer)).toMatchObject({
			name: 'ContinuingFault',
			reasons: [
				{
					code: 'OFFER_DIFFERS',
					path: expect.stringMatching(
						/^\/wsag:CreateAgreementInput\/wsag:AgreementOffer\/.*IndividualCPUCount\/jsdl:Exact$/,
					),
					found: '3',
					allowed: '2',
				},
			],
		});
		const lost = changed.replace(/(CounterOfferTo>)[^<]*/, '$1lost');
		expect(faultOf(await client.send(lost)).reasons).toEqual([{ code: 'OFFER_DIFFERS', found: 'lost' }]);
		await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
	});

	const TWO_WINDOWS = '<ws:Window><ws:Duration>PT1H</ws:Duration></ws:Window>';
	const spoilt = {
		'by the schema': (document: string) => document.replace('PT1H', 'soon'),
		'by what is said': (document: string) => document.replace('PT1H', 'P1M'),
		'by what is said twice': (document: string) =>
			document.replace(
				'</wsag:All>',
				`<wsag:ServiceDescriptionTerm wsag:Name="w" wsag:ServiceName="workspace">${TWO_WINDOWS}</wsag:ServiceDescriptionTerm></wsag:All>`,
			),
		'by the template': (document: string) => document.replace('>1</jsdl:Exact>', '>500</jsdl:Exact>'),
	};

	test.each(Object.entries(spoilt))('wrong %s: the path begins at the element of the body', async (_, spoil) => {
		const id = await begin();
		const pathsOf = (answer: Awaited<ReturnType<typeof client.send>>) =>
			[...answer.text.matchAll(/<ws:Reason[^>]* path="([^"]*)"/g)].map(([, path]) => path);
		const document = spoil(offer());
		for (const [answer, root] of [
			[
				await client.send(`<wsag:CreateAgreementInput>${document}</wsag:CreateAgreementInput>`),
				'/wsag:CreateAgreementInput/wsag:AgreementOffer/',
			],
			[
				await client.send(`<wsag:CreatePendingAgreementInput>${spoil(offer())}</wsag:CreatePendingAgreementInput>`),
				'/wsag:CreatePendingAgreementInput/wsag:AgreementOffer/',
			],
			[
				await client.send(
					`<neg:NegotiateInput>${negotiationOffer(document, '1', 'Solicited')}</neg:NegotiateInput>`,
					negotiationHeader(id),
				),
				'/neg:NegotiateInput/neg:NegotiationOffer/',
			],
		] as const) {
			const paths = pathsOf(answer);
			if (answer.body.localName !== 'CreatePendingAgreementResponse') expect(paths.length).toBeGreaterThan(0);
			for (const path of paths) expect(path!.startsWith(root), `${path} begins with ${root}`).toBe(true);
		}
		// What the template does admit is held.
		await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
	});

	test('what is wrong with a header is told from the envelope', async () => {
		const answer = await client.send('<wsrf-rl:Destroy/>', INVALID_HEADER);
		const [reason] = faultOf(answer).reasons;
		expect(reason!.path).toMatch(/^\/(soap|env):Envelope\/(soap|env):Header\/wsa:RelatesTo$/);
	});

	test('what an offer says beyond the standard stays where it was said, and why one was rejected', async () => {
		const id = await begin();
		const item =
			'<neg:NegotiationConstraints xmlns:j="http://schemas.ggf.org/jsdl/2005/11/jsdl"><neg:Item neg:Type="Optional" neg:Importance="7" wsag:Name="c"><wsag:Location>//j:IndividualCPUCount/j:Exact</wsag:Location><wsag:ItemConstraint/></neg:Item></neg:NegotiationConstraints>';
		const sent = negotiationOffer(offer(), '1', 'Advisory')
			.replace('<neg:Advisory/>', '<neg:Advisory><x:Thinking xmlns:x="urn:x">twice</x:Thinking></neg:Advisory>')
			.replace('</neg:State>', '</neg:State><x:More xmlns:x="urn:x"/>')
			.replace('<neg:NegotiationConstraints/>', item);
		const [answered] = await ask(id, sent);
		const why =
			'<neg:Rejected><wsrf-bf:BaseFault><wsrf-bf:Timestamp>2031-01-01T00:00:00Z</wsrf-bf:Timestamp><wsrf-bf:Description>too dear</wsrf-bf:Description></wsrf-bf:BaseFault></neg:Rejected>';
		const offerId = answered!.attributes.find(({ localName }) => localName === 'OfferId')!.value;
		await ask(id, negotiationOffer(offer(), offerId, 'Rejected').replace('<neg:Rejected/>', why));
		const { body } = await client.send('<wsrf-rp:GetResourcePropertyDocument/>', negotiationHeader(id));
		const [first, counter, rejection] = childElements(childElements(body)[0]!, NS.neg, 'NegotiationOffer');
		const context = at(first!, 'NegotiationOfferContext');
		expect(textAt(context, 'State', 'Advisory', 'Thinking')).toBe('twice');
		expect(childElements(context).at(-1)!.localName).toBe('More');
		const kept = at(first!, 'NegotiationConstraints', 'Item');
		expect(textAt(kept, 'Location')).toBe('//j:IndividualCPUCount/j:Exact');
		expect(kept.declarations).toContainEqual({ prefix: 'j', namespace: 'http://schemas.ggf.org/jsdl/2005/11/jsdl' });
		const faultIn = (each: XmlElement) => at(each, 'NegotiationOfferContext', 'State', 'Rejected', 'BaseFault');
		expect(textAt(faultIn(counter!), 'Reason')).toBe('The initiator has rejected it: too dear');
		expect(textAt(faultIn(rejection!), 'Description')).toBe('too dear');
		await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
	});

	test('what a state forbids is not said to allow that state', async () => {
		const id = await begin();
		await client.send('<wsrf-rl:Destroy/>', negotiationHeader(id));
		const late = `<neg:NegotiateInput>${negotiationOffer(offer(), '1', 'Advisory')}</neg:NegotiateInput>`;
		expect(faultOf(await client.send(late, negotiationHeader(id))).reasons).toEqual([{ code: 'STATE_FORBIDS' }]);
	});

	test('the tree of offers is its properties', async () => {
		const id = await begin();
		await ask(id, negotiationOffer(offer(), '1', 'Advisory'));
		const { body } = await client.send('<wsrf-rp:GetResourcePropertyDocument/>', negotiationHeader(id));
		const names = childElements(at(body, 'NegotiationProperties')).map(({ localName }) => localName);
		expect(new Set(names)).toEqual(new Set(['NegotiationContext', 'NegotiableTemplate', 'NegotiationOffer']));
		const offers = await client.send(
			'<wsrf-rp:GetResourceProperty>neg:NegotiationOffer</wsrf-rp:GetResourceProperty>',
			negotiationHeader(id),
		);
		expect(childElements(offers.body)).toHaveLength(2);
	});

	test('an offer that is advertised as Rejected is no longer held', async () => {
		const id = await begin();
		const [held] = await ask(id, negotiationOffer(offer(), '1', 'Solicited'));
		const offerId = held!.attributes.find(({ localName }) => localName === 'OfferId')!.value;
		const rejected = `<neg:AdvertiseInput>${negotiationOffer(offer(), offerId, 'Rejected')}</neg:AdvertiseInput>`;
		expect((await client.send(rejected, negotiationHeader(id))).body.localName).toBe('AdvertiseOutput');
		expect(faultOf(await client.send(agreeTo(held!, id)))).toMatchObject({ name: 'ContinuingFault' });
		const expiration = (offer: XmlElement) =>
			childElements(at(offer, 'NegotiationOfferContext')).find(({ localName }) => localName === 'ExpirationTime');
		expect(expiration(held!)).toBeDefined();
		const { body } = await client.send('<wsrf-rp:GetResourcePropertyDocument/>', negotiationHeader(id));
		const [, released] = childElements(childElements(body)[0]!, NS.neg, 'NegotiationOffer');
		expect([stateIn(released!), expiration(released!)]).toEqual(['Rejected', undefined]);
	});

	test.each([
		['terminated', '<neg:TerminateInput><cs:why>Enough.</cs:why></neg:TerminateInput>', 'TerminateResponse'],
		['destroyed', '<wsrf-rl:Destroy/>', 'DestroyResponse'],
	])('one that is %s takes no more offers', async (_, body, response) => {
		const id = await begin();
		expect((await client.send(body, negotiationHeader(id))).body.localName).toBe(response);
		const sent = `<neg:NegotiateInput>${negotiationOffer(offer(), '1', 'Advisory')}</neg:NegotiateInput>`;
		const fault = faultOf(await client.send(sent, negotiationHeader(id)));
		expect(fault).toMatchObject({ name: 'BaseFault', errorCode: 'NEGOTIATION_REFUSED' });
		expect(fault.reasons.map(({ code }) => code)).toContain('STATE_FORBIDS');
	});

	test('an agreement is renegotiated, and the one before it is Complete', async () => {
		const before = await client.agree(offer());
		const reference = epr('ResponderAgreementEPR', 'Agreement', before);
		const id = await begin(`<neg:Renegotiation>${reference}</neg:Renegotiation>`);
		const { value } = await site.admin.agreement(before);
		const longer = offer({ startAt: value.grant.startAt, duration: 'PT2H' });
		const [held] = await ask(id, negotiationOffer(longer, '1', 'Solicited'));
		expect(stateIn(held!)).toBe('Acceptable');
		const { body } = await client.send(agreeTo(held!, id, reference));
		const after = textAt(body, 'CreatedAgreementEPR', 'ReferenceParameters', 'Agreement');
		expect([await client.stateOf(before), await client.stateOf(after)]).toEqual(['Complete', 'Observed']);
		await client.send('<wsrf-rl:Destroy/>', agreementHeader(after));
	});

	test('another party has no part in it', async () => {
		const id = await begin();
		const { token } = await site.clientOf(`stranger-${version}`, 'elsewhere');
		const stranger = new SoapClient(site, version, token);
		const sent = `<neg:NegotiateInput>${negotiationOffer(offer(), '1', 'Advisory')}</neg:NegotiateInput>`;
		for (const body of [sent, '<neg:TerminateInput/>', '<wsrf-rp:GetResourcePropertyDocument/>']) {
			expect(faultOf(await stranger.send(body, negotiationHeader(id))).name).toBe('ResourceUnknownFault');
		}
	});

	test('a critical extension that is not known is refused', async () => {
		const fault = faultOf(await client.send(initiate(undefined, '<cs:nobody/>')));
		expect(fault.reasons).toMatchObject([{ code: 'EXTENSION_UNKNOWN', found: '{urn:computon:soap:1}nobody' }]);
	});

	test('an extension that does not say of which negotiation is refused', async () => {
		const context = `<neg:NegotiationOfferContext><neg:CounterOfferTo>1</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:Acceptable/></neg:State></neg:NegotiationOfferContext>`;
		const body = `<wsag:CreateAgreementInput>${offer()}<neg:NegotiationExtension>${context}</neg:NegotiationExtension></wsag:CreateAgreementInput>`;
		const fault = faultOf(await client.send(body));
		expect(fault).toMatchObject({ name: 'ContinuingFault', reasons: [{ code: 'ELEMENT_MISSING' }] });
	});
});
