/** Lenient reading at the door: by request, by template, in every answer that a document gets. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutgoingDocument } from '../../src/client/client.ts';
import type { Issue } from '../../src/client/resources.ts';
import { readDocument } from '../../src/xml/document.ts';
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
	expect(await response.json()).toMatchObject({ code: 'PARAMETER_INVALID', detail: 'reading: strict or lenient.' });
});
