/** Lenient reading at the door: by request, by template, in every answer that a document gets. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Issue } from '../../src/client/answers.ts';
import type { OutgoingDocument } from '../../src/client/transport.ts';
import { readDocument } from '../../src/xml/document.ts';
import { jsonSent } from '../agreement/lenient-readings.ts';
import { offerXml, type SimulatedService, startSimulatedService, type Wish } from './simulated-service.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

/** An offer of which the terms have lost the namespace of their names. */
function damaged(wish: Partial<Wish> = {}, reading?: OutgoingDocument['reading']): OutgoingDocument {
	const body = offerXml({ image: site.image, ...wish }).replaceAll(' wsag:Name=', ' Name=');
	return { mediaType: 'application/xml', body, ...(reading === undefined ? {} : { reading }) };
}

function post(
	path: string,
	{ body }: OutgoingDocument,
	accept = 'application/json',
	method = 'POST',
): Promise<Response> {
	const headers = { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': 'application/xml', Accept: accept };
	return fetch(new URL(path, site.url), { method, headers, body: body as string });
}

const repair = (issue: Issue | undefined) => ({ code: issue?.code, found: issue?.found, used: issue?.used });
const QUALIFIED = { code: 'ATTRIBUTE_NAMESPACE', found: 'Name', used: 'wsag:Name' };

const NEG = 'http://schemas.ogf.org/graap/2009/11/ws-agreement-negotiation';

/** An offer as GFD.193 writes it. */
function negotiated(offer: string): string {
	const context =
		'<neg:NegotiationOfferContext><neg:CounterOfferTo>machine</neg:CounterOfferTo><neg:Creator>NegotiationInitiator</neg:Creator><neg:State><neg:Advisory/></neg:State></neg:NegotiationOfferContext><neg:NegotiationConstraints/>';
	return offer
		.replace('<wsag:AgreementOffer ', `<neg:NegotiationOffer xmlns:neg="${NEG}" `)
		.replace('</wsag:AgreementOffer>', `${context}</neg:NegotiationOffer>`);
}

const message = (offers: string) => `<neg:NegotiateInput xmlns:neg="${NEG}">${offers}</neg:NegotiateInput>`;

test('an extension of a message that nobody knows and that is not critical is said to be ignored', async () => {
	const offer = offerXml({ image: site.image }).replace(/<\?xml[^>]*>/, '');
	const extension = '<wsag:NoncriticalExtension><x:hint xmlns:x="urn:example:x"/></wsag:NoncriticalExtension>';
	const namespace = 'http://schemas.ggf.org/graap/2007/03/ws-agreement';
	const body = `<wsag:CreateAgreementInput xmlns:wsag="${namespace}">${offer}${extension}</wsag:CreateAgreementInput>`;
	const sent: OutgoingDocument = { mediaType: 'application/xml', body };
	const made = (await (await post('/agreements', sent)).json()) as { remarks?: Issue[] };
	const path = '/wsag:CreateAgreementInput/wsag:NoncriticalExtension/x:hint';
	expect(made.remarks).toMatchObject([{ code: 'EXTENSION_IGNORED', severity: 'info', path }]);
	const xml = await (await post('/agreements', sent, 'application/xml')).text();
	expect(xml).toContain('EXTENSION_IGNORED');
	expect(readDocument(Buffer.from(xml)).ok).toBe(true);
});

describe('a document that does not keep to the schemas', () => {
	test('is refused, unless the request asks for lenient reading', async () => {
		for (const path of ['/agreements', '/agreements?reading=strict', '/evaluations']) {
			const response = await post(path, damaged());
			expect(response.status).toBe(400);
			const { code, issues } = (await response.json()) as { code: string; issues: Issue[] };
			expect(code).toBe('DOCUMENT_INVALID');
			expect(issues[0]?.code).toBe('XSD_INVALID');
		}
		const result = await site.admin.offer(damaged({}, 'lenient'));
		if (result.kind !== 'accepted') throw new Error(JSON.stringify(result.problem));
		const remarks = result.agreement.remarks ?? [];
		expect(remarks.map(repair)).toEqual([QUALIFIED, QUALIFIED, QUALIFIED]);
		expect(remarks[0]).toMatchObject({ severity: 'info', line: 1 });
		// The repairs are the answer's, not the agreement's.
		expect((await site.admin.agreement(result.agreement.id)).value.remarks).toBeUndefined();
	});

	test('is told lines, in whichever form it was sent: of its repairs, and of why it is refused', async () => {
		const told = async (mediaType: 'application/xml' | 'application/json', body: string, reading = 'lenient') => {
			const headers = { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': mediaType };
			const response = await fetch(new URL(`/evaluations?reading=${reading}`, site.url), {
				method: 'POST',
				headers,
				body,
			});
			const { remarks, issues } = (await response.json()) as { remarks?: Issue[]; issues?: Issue[] };
			return (issues ?? remarks)!.map(({ code, path, line }) => ({ code, path, text: body.split('\n')[line! - 1] }));
		};
		const { body } = damaged();
		const xml = (body as string).replaceAll('><', '>\n<');
		const json = jsonSent(xml);
		const ofTerms = async (...what: Parameters<typeof told>) => {
			const repairs = (await told(...what)).filter(({ code }) => code === 'ATTRIBUTE_NAMESPACE');
			return repairs.map(({ path, text }) => [path.split('/').slice(-2).join('/'), text?.trim()]);
		};
		const terms = ['resources', 'window', 'environment'];
		const paths = terms.map((_, nth) => `wsag:ServiceDescriptionTerm[${nth + 1}]/@Name`);
		const line = (term: string) => expect.stringMatching(`^<wsag:ServiceDescriptionTerm Name="${term}"`);
		expect(await ofTerms('application/xml', xml)).toEqual(terms.map((term, nth) => [paths[nth], line(term)]));
		expect(await ofTerms('application/json', json)).toEqual(
			terms.map((term, nth) => [paths[nth], `"@Name": "${term}",`]),
		);
		const [strict] = await told('application/json', json, 'strict');
		expect(strict).toMatchObject({ code: 'XSD_INVALID', text: expect.stringContaining('"@Name"') });
		const [cut] = await told('application/json', json.slice(0, -5));
		expect(cut).toEqual({ code: 'NOT_WELL_FORMED', path: '/', text: json.slice(0, -5).split('\n').at(-1) });
	});

	test('is told lines, too, of what is found only once it has been read and repaired', async () => {
		const { body } = damaged();
		const wrong = (body as string)
			.replaceAll('><', '>\n<')
			.replace(/<jsdl:Exact>(?=268435456)/, '<jsdl:Exact epsilon="-1">')
			.replace('<jsdl:Resources>', '$&stray text');
		const message = `<wsag:CreateAgreementInput xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement">\n${wrong.replace(/<\?xml[^>]*>/, '')}</wsag:CreateAgreementInput>`;
		const SENT = [
			['/evaluations', 'xml', wrong],
			['/evaluations', 'json', jsonSent(wrong)],
			['/agreements', 'xml', message],
			['/agreements', 'json', jsonSent(message)],
		] as const;
		for (const [path, form, text] of SENT) {
			const headers = { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': `application/${form}` };
			const url = new URL(`${path}?reading=lenient`, site.url);
			const response = await fetch(url, { method: 'POST', headers, body: text });
			const { issues } = (await response.json()) as { issues: Issue[] };
			expect(issues.map(({ code }) => code)).toEqual(['VALUE_MALFORMED']);
			const line = text.split('\n')[issues[0]!.line! - 1];
			expect(line, `${path} ${form}`).toContain('epsilon');
		}
	});

	test('is answered in XML with its repairs in the context, by the schemas', async () => {
		const response = await post('/agreements?reading=lenient', damaged(), 'application/xml');
		expect(response.status).toBe(201);
		const text = await response.text();
		expect(text).toContain('<ws:Repair code="ATTRIBUTE_NAMESPACE" severity="info"');
		expect(text).toContain('found="Name" used="wsag:Name"');
		expect(readDocument(Buffer.from(text))).toMatchObject({ ok: true });
		const id = response.headers.get('location')?.split('/').at(-1) ?? '';
		expect(await site.admin.agreementXml(id)).not.toContain('ws:Repair');
	});

	test('is told its repairs whatever the answer is', async () => {
		const evaluation = await site.admin.evaluate(damaged({}, 'lenient'));
		expect(repair(evaluation.remarks?.[0])).toEqual(QUALIFIED);
		const tooMany = await site.admin.offer(damaged({ template: 'cluster', machines: 200, share: 100 }, 'lenient'));
		if (tooMany.kind !== 'countered') throw new Error(tooMany.kind);
		expect(repair(tooMany.problem.remarks?.[0])).toEqual(QUALIFIED);
		const image = { name: 'guest', digest: `sha256:${'0'.repeat(64)}` };
		const unknown = await site.admin.offer(damaged({ image }, 'lenient'));
		if (unknown.kind !== 'refused') throw new Error(unknown.kind);
		expect(repair(unknown.problem.remarks?.[0])).toEqual(QUALIFIED);
	});

	test('that cannot be repaired is refused with what is wrong first, and what was repaired after it', async () => {
		const { body } = damaged();
		const response = await post('/agreements?reading=lenient', {
			mediaType: 'application/xml',
			body: (body as string).replace('268435456', '$MEMORY'),
		});
		expect(response.status).toBe(400);
		const { issues } = (await response.json()) as { issues: Issue[] };
		expect(issues[0]).toMatchObject({ code: 'PLACEHOLDER_UNRESOLVED', severity: 'error', found: '$MEMORY' });
		expect(issues.slice(1).map(repair)).toEqual([QUALIFIED, QUALIFIED, QUALIFIED]);
	});
});

describe('a template', () => {
	const published = async (id: string, change: (xml: string) => string, reading = '') => {
		const xml = change(
			(await site.admin.templateXml('machine', '1'))
				.replaceAll('TemplateId>1<', `TemplateId>${id}<`)
				.replaceAll('TemplateId="1"', `TemplateId="${id}"`),
		);
		return post(
			`/templates/machine/${id}${reading}`,
			{ mediaType: 'application/xml', body: xml },
			'application/json',
			'PUT',
		);
	};
	const lenient = (xml: string) =>
		xml.replace(
			'</wsag:Context>',
			'<ws:Reading xmlns:ws="urn:computon:workspace:1">lenient</ws:Reading></wsag:Context>',
		);
	const namedBy = (id: string, reading?: OutgoingDocument['reading']): OutgoingDocument => {
		const document = damaged({}, reading);
		return { ...document, body: (document.body as string).replace('TemplateId>1<', `TemplateId>${id}<`) };
	};

	test('may say that offers for it are read leniently; a request that says strictly is read so', async () => {
		const response = await published('lenient', lenient);
		expect(response.status, await response.clone().text()).toBe(201);
		const result = await site.admin.offer(namedBy('lenient'));
		if (result.kind !== 'accepted') throw new Error(JSON.stringify(result.problem));
		expect(repair(result.agreement.remarks?.[0])).toEqual(QUALIFIED);
		await expect(site.admin.offer(namedBy('lenient', 'strict'))).rejects.toMatchObject({ problem: { status: 400 } });
		await expect(site.admin.offer(namedBy('1'))).rejects.toMatchObject({ problem: { status: 400 } });
	});

	test('is followed by the rounds of a negotiation, and by what is agreed to in one', async () => {
		expect((await published('rounds', lenient)).status).toBe(201);
		const begin = async (template: string) => {
			const response = await post(`/negotiations?template=machine/${template}`, {
				mediaType: 'application/xml',
				body: '',
			});
			expect(response.status, await response.clone().text()).toBe(201);
			return ((await response.json()) as { id: string }).id;
		};
		const ask = (id: string, body: string, more = '') =>
			post(`/negotiations/${id}/offers${more}`, { mediaType: 'application/xml', body });
		const named = namedBy('rounds').body as string;
		const unnamed = named.replace(/<wsag:TemplateId>.*<\/wsag:TemplateName>/, '');
		const [ours, other] = [await begin('rounds'), await begin('1')];

		const asked = await ask(ours, named);
		expect(asked.status, await asked.clone().text()).toBe(200);
		const { remarks, answers } = (await asked.json()) as {
			remarks: Issue[];
			answers: { counterOffers: { id: string; offerXml: string }[] }[];
		};
		expect(remarks.map(repair)).toEqual([QUALIFIED, QUALIFIED, QUALIFIED]);
		// As GFD.193 writes it, alone and in a message.
		for (const body of [negotiated(named), message(negotiated(named)), message(negotiated(named).repeat(2))]) {
			const answer = await ask(ours, body);
			expect(answer.status, await answer.clone().text()).toBe(200);
			expect(repair(((await answer.json()) as { remarks: Issue[] }).remarks[0])).toEqual(QUALIFIED);
		}
		const inXml = await post(`/negotiations/${ours}/offers`, namedBy('rounds'), 'application/xml');
		const text = await inXml.text();
		expect(text).toContain('<ws:Repair code="ATTRIBUTE_NAMESPACE"');
		expect(readDocument(Buffer.from(text))).toMatchObject({ ok: true });

		// Strictly: where the request says so, in another template's negotiation, and where one of two is another's.
		const strictly: [id: string, body: string, more?: string][] = [
			[ours, named, '?reading=strict'],
			[other, namedBy('1').body as string],
			[other, unnamed],
			[ours, message(negotiated(named) + negotiated(namedBy('1').body as string))],
		];
		for (const each of strictly) {
			const answer = await ask(...each);
			expect(answer.status, each.join(' ')).toBe(400);
			expect(await answer.json()).toMatchObject({ code: 'DOCUMENT_INVALID' });
		}
		// An offer that names no template is of that of its negotiation: here it is read, and refused for what it lacks.
		expect(await (await ask(ours, unnamed)).json()).toMatchObject({ code: expect.not.stringMatching('DOCUMENT') });

		const [best] = answers[0]!.counterOffers;
		const worn = { mediaType: 'application/xml', body: best!.offerXml.replaceAll(' wsag:Name=', ' Name=') } as const;
		const where = `/agreements?negotiation=${ours}&offer=${best!.id}`;
		expect((await post(`${where}&reading=strict`, worn)).status).toBe(400);
		const made = await post(where, worn);
		expect(made.status, await made.clone().text()).toBe(201);
		expect(repair(((await made.json()) as { remarks: Issue[] }).remarks[0])).toEqual(QUALIFIED);
	});

	test('is followed by the context that begins a negotiation from it', async () => {
		expect((await published('begun', lenient)).status).toBe(201);
		const context = `<neg:NegotiationContext xmlns:neg="${NEG}"><neg:AgreementResponder>NegotiationResponder</neg:AgreementResponder><neg:NegotiationType><neg:Negotiation/></neg:NegotiationType></neg:NegotiationContext>`;
		const begin = (query: string, body = context, accept = 'application/json') =>
			post(`/negotiations?${query}`, { mediaType: 'application/xml', body }, accept);
		for (const body of [
			context,
			`<neg:InitiateNegotiationInput xmlns:neg="${NEG}">${context}</neg:InitiateNegotiationInput>`,
		]) {
			const begun = await begin('template=machine/begun', body);
			expect(begun.status, await begun.clone().text()).toBe(201);
			const { id, remarks } = (await begun.json()) as { id: string; remarks: Issue[] };
			expect(remarks).toMatchObject([{ code: 'ELEMENT_ORDER', used: 'NegotiationType, AgreementResponder' }]);
			expect(await site.admin.negotiation(id)).not.toHaveProperty('remarks');
		}
		const text = await (await begin('reading=lenient&template=machine/1', context, 'application/xml')).text();
		expect(text).toContain('<ws:Repair code="ELEMENT_ORDER"');
		expect(readDocument(Buffer.from(text))).toMatchObject({ ok: true });
		for (const query of ['template=machine/begun&reading=strict', 'template=machine/1', '']) {
			expect((await begin(query)).status, query).toBe(400);
		}
	});

	test('is told what lint finds where it was sent, line by line, in either form', async () => {
		const shipped = readFileSync(new URL('../../templates/machine.xml', import.meta.url), 'utf8');
		const idle = shipped
			.replaceAll('TemplateId="1"', 'TemplateId="in-xml"')
			.replace('TemplateId>1<', 'TemplateId>in-xml<')
			.replace('//ws:Workspace/ws:Image/@digest', '//ws:Workspace/ws:SSHPublicKey')
			// Mended, these stand in another order than they were sent.
			.replace(/(<wsag:Context>.*<\/wsag:Context>)(\s*)(<wsag:Terms>.*<\/wsag:Terms>)/s, '$3$2$1');
		const FORMS = [
			['xml', idle],
			['json', jsonSent(idle).replaceAll('"in-xml"', '"in-json"')],
		] as const;
		for (const [form, body] of FORMS) {
			const headers = { Authorization: `Bearer ${site.adminToken}`, 'Content-Type': `application/${form}` };
			const publish = async (text: string) => {
				const url = new URL(`/templates/machine/in-${form}?reading=lenient`, site.url);
				const answer = (await (await fetch(url, { method: 'PUT', headers, body: text })).json()) as {
					remarks?: Issue[];
					issues?: Issue[];
				};
				const told = (answer.issues ?? answer.remarks)!.filter(({ code }) => code !== 'ELEMENT_ORDER');
				return told.map(({ code, line }) => [
					code,
					text
						.split('\n')
						.slice(line! - 1, line! + 1)
						.join(''),
				]);
			};
			const [[code, where] = []] = await publish(body);
			expect([code, where], form).toEqual([
				'LOCATION_SELECTS_NOTHING',
				expect.stringMatching(/wsag:Item\b.*image-digest/),
			]);
			const impossible = body.replace(/("@value": "1"|minInclusive value="1")/, (text) => text.replace('1', '500'));
			expect((await publish(impossible))[0]?.[0]).toBe('CONSTRAINT_UNSATISFIABLE');
			await site.admin.retireTemplate('machine', `in-${form}`);
		}
	});

	test('is itself published leniently where that is asked for', async () => {
		const broken = (xml: string) => xml.replace(' wsag:Name=', ' Name=');
		expect((await published('broken', broken)).status).toBe(400);
		const response = await published('broken', broken, '?reading=lenient');
		expect(response.status).toBe(201);
		const { remarks } = (await response.json()) as { remarks: Issue[] };
		expect(repair(remarks[0])).toEqual(QUALIFIED);
		expect(await site.admin.templateXml('machine', 'broken')).not.toContain(' Name=');
	});
});

test('another word for reading is refused', async () => {
	const response = await post('/agreements?reading=loose', damaged());
	expect(await response.json()).toMatchObject({
		code: 'PARAMETER_INVALID',
		detail: 'reading: strict or lenient; found "loose".',
	});
});
