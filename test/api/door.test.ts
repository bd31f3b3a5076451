/** The road from an offer to a machine through the door, on the simulated site. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgreementResource } from '../../src/client/resources.ts';
import { ProblemError } from '../../src/client/transport.ts';
import { readDocument } from '../../src/xml/document.ts';
import { offer, offerXml, type SimulatedService, startSimulatedService } from './simulated-service.ts';

let site: SimulatedService;
beforeAll(async () => {
	site = await startSimulatedService();
});
afterAll(() => site.stop());

async function accepted(client = site.admin, wish = {}): Promise<{ agreement: AgreementResource; etag: string }> {
	const result = await client.offer(offer({ image: site.image, ...wish }));
	if (result.kind !== 'accepted') throw new Error(JSON.stringify(result.problem));
	return result;
}

async function waitFor(id: string, wanted: (agreement: AgreementResource) => boolean): Promise<AgreementResource> {
	for (let { value, etag } = await site.admin.agreement(id), rounds = 0; rounds < 40; rounds += 1) {
		if (wanted(value)) return value;
		const changed = await site.admin.agreementChange(id, etag, 5);
		if (changed !== undefined) ({ value, etag } = changed);
	}
	throw new Error(`Agreement ${id} did not get there.`);
}

async function problemOf(work: Promise<unknown>) {
	try {
		await work;
	} catch (error) {
		if (error instanceof ProblemError) return error.problem;
		throw error;
	}
	throw new Error('There was no problem.');
}

function term(name: string, service: string, content: string): string {
	return `<wsag:ServiceDescriptionTerm wsag:Name="${name}" wsag:ServiceName="${service}">${content}</wsag:ServiceDescriptionTerm>`;
}

/** The offer with so many services more, each in its image. */
function withServices(xml: string, count: number, ending = ''): string {
	const [found = ''] = /<ws:Workspace>.*<\/ws:Workspace>/s.exec(xml) ?? [];
	const workspace = ending === '' ? found : found.replace(/<ws:EndAction.*<\/ws:EndAction>/, ending);
	const more = Array.from({ length: count }, (_, index) => term(`more-${index}`, `more-${index}`, workspace));
	return xml.replace('</wsag:All>', `${more.join('')}</wsag:All>`);
}

function withTerm(xml: string, name: string, content: string): string {
	return xml.replace('</wsag:All>', `${term(name, 'more-0', content)}</wsag:All>`);
}

/** The offer with so many choices of two. */
function withChoices(xml: string, count: number): string {
	const job = '<jsdl:JobDefinition><jsdl:JobDescription/></jsdl:JobDefinition>';
	const branch = (name: string) => term(name, 'workspace', job);
	const choice = (index: number) => `<wsag:ExactlyOne>${branch(`a${index}`)}${branch(`b${index}`)}</wsag:ExactlyOne>`;
	const choices = Array.from({ length: count }, (_, index) => choice(index));
	return xml.replace('</wsag:All>', `${choices.join('')}</wsag:All>`);
}

const OLD_EFFECTS = '<ws:Effects><ws:Effect kind="move" machines="7" fromHost="x">Long ago.</ws:Effect></ws:Effects>';

const OLD_RATIONALE = '<ws:Rationale><ws:Because field="host" value="x">Long ago.</ws:Because></ws:Rationale>';

const raw = (path: string, init: RequestInit = {}) =>
	fetch(new URL(path, site.url), {
		...init,
		headers: { Authorization: `Bearer ${site.adminToken}`, ...(init.headers as Record<string, string>) },
	});

describe('an offer', () => {
	test.each([
		['that is valid, of a year that is not counted here', '12027-01-01T00:00:00Z', 422, 'NOT_SUPPORTED'],
		['of a time that is none', '12027-13-01T00:00:00Z', 400, 'DOCUMENT_INVALID'],
	])('%s, is refused as what it is', async (_name, startAt, status, code) => {
		expect(await problemOf(site.admin.offer(offer({ image: site.image, startAt })))).toMatchObject({
			status,
			code,
		});
	});

	test.each<[code: string, changed: (xml: string) => string]>([
		['NODES_TOO_MANY', () => readFileSync(new URL('../fixtures/documents/offer-200k.xml', import.meta.url), 'utf8')],
		['TERMS_TOO_MANY', (xml) => withChoices(xml, 250)],
		['SERVICE_SEVERAL', (xml) => withServices(xml, 4)],
		['CHOICES_TOO_MANY', (xml) => withChoices(xml, 7)],
		['NUMBER_TOO_LARGE', (xml) => xml.replace('<jsdl:Exact>1<', '<jsdl:Exact>9007199254740993<')],
		['DURATION_INEXACT', (xml) => xml.replace(/<ws:Duration>[^<]*/, '<ws:Duration>P1M')],
		[
			'WINDOWS_DIFFER',
			(xml) => withTerm(withServices(xml, 1), 'later', '<ws:Window><ws:Duration>PT9H</ws:Duration></ws:Window>'),
		],
		['ENDINGS_DIFFER', (xml) => withServices(xml, 1, '<ws:EndAction>shutdown</ws:EndAction>')],
		[
			'PROVIDER_NOT_RESPONDER',
			(xml) => xml.replace(/<wsag:ServiceProvider>\s*AgreementResponder/, '<wsag:ServiceProvider>AgreementInitiator'),
		],
	])('that is valid and says more than is taken is refused as what it is: %s', async (code, changed) => {
		const body = changed(offerXml({ image: site.image }));
		const problem = await problemOf(site.admin.offer({ mediaType: 'application/xml', body }));
		expect(problem).toMatchObject({ status: 422, code: 'NOT_SUPPORTED' });
		expect(new Set(problem.issues?.map((issue) => issue.code))).toEqual(new Set([code]));
	});

	test('that is not valid either is refused as that', async () => {
		const body = offerXml({ image: site.image })
			.replace(/<ws:Duration>[^<]*/, '<ws:Duration>P1M')
			.replace('<jsdl:Exact>1<', '<jsdl:Exact epsilon="-1">1<');
		const problem = await problemOf(site.admin.offer({ mediaType: 'application/xml', body }));
		expect(problem).toMatchObject({ status: 400, code: 'DOCUMENT_INVALID' });
		expect(new Set(problem.issues?.map(({ code }) => code))).toEqual(new Set(['DURATION_INEXACT', 'VALUE_MALFORMED']));
	});

	test('that is accepted says why there and at which value, in XML and in JSON', async () => {
		const headers = { 'Content-Type': 'application/xml', Accept: 'application/xml' };
		const body = offerXml({ image: site.image }).replace('</wsag:Context>', `${OLD_RATIONALE}</wsag:Context>`);
		const response = await raw('/agreements', { method: 'POST', headers, body });
		expect(response.status).toBe(201);
		const xml = await response.text();
		expect(xml).toContain('<ws:Rationale><ws:Because field="startAt" value="');
		expect(xml).not.toContain('Long ago.');
		const id = response.headers.get('location')!.split('/').at(-1)!;
		const { because = [] } = (await site.admin.agreement(id)).value;
		expect(because.length).toBeGreaterThan(1);
		for (const { message } of because) expect(xml).toContain(message);
		expect(readDocument(Buffer.from(xml))).toMatchObject({ ok: true });
	});

	test('whose sender wants no document back is answered with where the agreement is', async () => {
		const offer = (accept: string) =>
			raw('/agreements', {
				method: 'POST',
				headers: { 'Content-Type': 'application/xml', Accept: accept, Prefer: 'return=minimal' },
				body: offerXml({ image: site.image }),
			});
		const inXml = await offer('application/xml');
		expect([inXml.status, await inXml.text(), inXml.headers.get('content-type')]).toEqual([201, '', null]);
		const path = inXml.headers.get('location')!;
		expect((await site.admin.agreement(path.split('/').at(-1)!)).value.state).toBe('Observed');
		const inJson = await offer('application/json');
		const { id, document } = (await inJson.json()) as { id: string; document?: unknown };
		expect(inJson.headers.get('location')).toBe(`/agreements/${id}`);
		expect(document).toBeUndefined();
		for (const { headers } of [inXml, inJson]) {
			expect(headers.get('preference-applied')).toBe('return=minimal');
			expect(headers.get('etag')).toBe('"1"');
			expect(headers.get('computon-history-head')).toMatch(/^[0-9a-f]{64}$/);
		}
	});

	test('that fits is accepted, deployed and terminated', async () => {
		const { agreement } = await accepted();
		expect(agreement.state).toBe('Observed');
		expect(agreement.grant).toMatchObject({
			machineCount: 1,
			cpuCount: 1,
			cpuSharePercent: 50,
			memoryBytes: 256 * 1_048_576,
		});
		const running = await waitFor(agreement.id, ({ serviceState }) => serviceState === 'Ready');
		expect(running.revision).toBe(1);
		const [machine] = await site.admin.machines(agreement.id, { fresh: true });
		expect(machine).toMatchObject({
			state: 'running',
			desired: 'running',
			enforced: { cpuCount: 1, cpuQuotaPercent: 50 },
		});
		await site.admin.terminate(agreement.id, { reason: 'enough' });
		const ended = await waitFor(agreement.id, ({ state }) => state === 'Terminated');
		expect(ended.stateReason).toBe('enough');
		expect((await site.admin.machines(agreement.id))[0]?.state).toBe('absent');
		expect((await site.admin.history(agreement.id)).map(({ kind }) => kind)).toEqual([
			'agreed',
			'ready',
			'terminating',
			'terminated',
		]);
	});

	test('that is too large is countered, and each alternative is accepted as it stands', async () => {
		const result = await site.admin.offer(offer({ image: site.image, template: 'cluster', machines: 200, share: 100 }));
		if (result.kind !== 'countered') throw new Error(result.kind);
		expect(result.problem.reasons?.length).toBeGreaterThan(0);
		const alternatives = result.problem.alternatives ?? [];
		expect(alternatives.length).toBeGreaterThan(0);
		for (const { offerXml: body = '' } of alternatives) {
			const answer = await site.admin.evaluate({ mediaType: 'application/xml', body });
			expect(answer.outcome, JSON.stringify(answer.reasons)).toBe('accepted');
		}
	});

	test('that would be accepted is remarked upon where its unit looks like another, before and after', async () => {
		const slow =
			'<jsdl:IndividualCPUSpeed><jsdl:LowerBoundedRange>2000</jsdl:LowerBoundedRange></jsdl:IndividualCPUSpeed>';
		const body = String(offer({ image: site.image }).body).replace('<jsdl:IndividualCPUCount>', `${slow}$&`);
		const evaluation = await site.admin.evaluate({ mediaType: 'application/xml', body });
		expect(evaluation.outcome).toBe('accepted');
		expect(evaluation.remarks?.map(({ code }) => code)).toEqual(['UNIT_SUSPICIOUS']);
		const result = await site.admin.offer({ mediaType: 'application/xml', body });
		if (result.kind !== 'accepted') throw new Error(result.kind);
		expect(result.agreement.remarks).toEqual(evaluation.remarks);
		await site.admin.terminate(result.agreement.id);
	});

	test('at the wrong time is told so in times, and about durations in seconds', async () => {
		const startAt = '2020-01-01T00:00:00Z';
		const past = await site.admin.offer(offer({ image: site.image, startAt }));
		if (past.kind === 'accepted') throw new Error('accepted');
		const reason = past.problem.reasons?.find(({ code }) => code === 'WINDOW_PAST');
		expect(reason).toMatchObject({ resource: 'time', asked: startAt });
		expect(reason?.limit).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
		const kept = await site.admin.offer(offer({ image: site.image, endAction: 'save', retention: 'P900D' }));
		if (kept.kind === 'accepted') throw new Error('accepted');
		const limit = kept.problem.reasons?.find(({ code }) => code === 'LIMIT_EXCEEDED');
		expect(limit).toMatchObject({ resource: 'time', asked: 900 * 86_400, limit: expect.any(Number) });
	});

	test('that names an unknown image is refused with that reason', async () => {
		const image = { name: 'guest', digest: `sha256:${'0'.repeat(64)}` };
		const result = await site.admin.offer(offer({ image }));
		if (result.kind !== 'refused') throw new Error(result.kind);
		expect(result.problem.reasons?.map(({ code }) => code)).toContain('IMAGE_UNKNOWN');
	});

	test('that asks for a network that libvirt cannot shape, or a template that is not there, gets its problem', async () => {
		const problem = await problemOf(site.admin.offer(offer({ image: site.image, template: 'nothing' })));
		expect(problem).toMatchObject({ status: 422, code: 'TEMPLATE_UNKNOWN' });
	});

	test('in JSON is the same offer, and its answer can be had as XML', async () => {
		const template = await raw('/templates/machine/1');
		const { document } = (await template.json()) as { document: Record<string, Record<string, unknown>> };
		const terms = document['wsag:Template']?.['wsag:Terms'];
		expect(terms).toBeDefined();
		const body = JSON.stringify({
			'wsag:AgreementOffer': {
				'wsag:Context': {
					'wsag:ServiceProvider': 'AgreementResponder',
					'wsag:TemplateId': '1',
					'wsag:TemplateName': 'machine',
				},
				'wsag:Terms': {
					'wsag:All': {
						'wsag:ServiceDescriptionTerm': [
							{ '@wsag:Name': 'window', '@wsag:ServiceName': 'w', 'ws:Window': { 'ws:Duration': 'PT1H' } },
							{
								'@wsag:Name': 'env',
								'@wsag:ServiceName': 'w',
								'ws:Workspace': { 'ws:Image': { '@digest': site.image.digest, '#text': 'guest' } },
							},
							{
								'@wsag:Name': 'res',
								'@wsag:ServiceName': 'w',
								'jsdl:JobDefinition': {
									'jsdl:JobDescription': { 'jsdl:Resources': { 'jsdl:IndividualCPUCount': { 'jsdl:Exact': 1 } } },
								},
							},
						],
					},
				},
			},
		});
		const response = await raw('/agreements', {
			method: 'POST',
			body,
			headers: { 'Content-Type': 'application/json', Accept: 'application/xml' },
		});
		const text = await response.text();
		expect(response.status, text).toBe(201);
		expect(response.headers.get('content-type')).toMatch(/^application\/xml/);
		expect(text).toContain('<wsag:AgreementProperties');
		expect(response.headers.get('computon-history-head')).toMatch(/^[0-9a-f]{64}$/);
	});

	test('sent twice with the same key makes one agreement; the key is no good for another offer', async () => {
		const options = { idempotencyKey: 'key-1' };
		const first = await site.admin.offer(offer({ image: site.image }), options);
		const second = await site.admin.offer(offer({ image: site.image }), options);
		if (first.kind !== 'accepted' || second.kind !== 'accepted') throw new Error('not accepted');
		expect(second.agreement.id).toBe(first.agreement.id);
		expect([first.replayed, second.replayed]).toEqual([false, true]);
		const problem = await problemOf(site.admin.offer(offer({ image: site.image, mib: 512 }), options));
		expect(problem).toMatchObject({ status: 422, code: 'KEY_REUSED' });
	});
});

describe('an offer in a CreateAgreementInput', () => {
	test.each([
		['by what it says', 'PT1H', '-PT1H', 400, /\/ws:Window\/ws:Duration$/],
		['by the schema', 'PT1H', 'soon', 400, /\/ws:Window\/ws:Duration$/],
		['by the template', '<jsdl:Exact>1<', '<jsdl:Exact>500<', 409, /\/jsdl:IndividualCPUCount$/],
	])('that is wrong %s is told by paths in the message', async (_, from, to, status, end) => {
		const document = offerXml({ image: site.image }).replace(from, to);
		const body = `<wsag:CreateAgreementInput xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement">\n${document}</wsag:CreateAgreementInput>`;
		const response = await raw('/agreements', { method: 'POST', headers: { 'Content-Type': 'application/xml' }, body });
		const { issues, reasons } = (await response.json()) as Record<'issues' | 'reasons', { path?: string }[]>;
		expect(response.status).toBe(status);
		const told = (issues ?? reasons).filter(({ path }) => path !== undefined);
		expect(told[0]?.path).toMatch(end);
		for (const { path } of told) expect(path).toMatch(/^\/wsag:CreateAgreementInput\/wsag:AgreementOffer\//);
	});
});

describe('the charset of a Content-Type', () => {
	let named = '';
	beforeAll(() => {
		named = offerXml({ image: site.image }).replace('<wsag:Context>', '<wsag:Name>é</wsag:Name><wsag:Context>');
	});
	const sent = (type: string, body: Uint8Array) =>
		raw('/agreements', { method: 'POST', headers: { 'Content-Type': type }, body: new Uint8Array(body) });

	test('is honoured', async () => {
		const response = await sent('application/xml; charset=ISO-8859-1', Buffer.from(named, 'latin1'));
		const agreement = (await response.json()) as AgreementResource;
		expect([response.status, agreement.name]).toEqual([201, 'é']);
		await site.admin.terminate(agreement.id);
	});

	test('that contradicts the bytes is refused, and of JSON any but UTF-8', async () => {
		const response = await sent('text/xml; charset=us-ascii', Buffer.from(named));
		const { code, issues } = (await response.json()) as { code: string; issues: unknown };
		expect([response.status, code]).toEqual([400, 'DOCUMENT_INVALID']);
		expect(issues).toMatchObject([{ code: 'ENCODING', found: 'charset=us-ascii' }]);
		const json = await sent('application/json; charset=iso-8859-1', Buffer.from('{}'));
		expect([json.status, ((await json.json()) as { code: string }).code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
		expect((await sent('application/json; charset=UTF-8', Buffer.from('{}'))).status).toBe(400);
	});
});

describe('a renegotiation', () => {
	test('that is granted supersedes the agreement, on the same workspace', async () => {
		const { agreement } = await accepted();
		await waitFor(agreement.id, ({ serviceState }) => serviceState === 'Ready');
		const { etag } = await site.admin.agreement(agreement.id);
		const result = await site.admin.renegotiate(
			agreement.id,
			etag,
			offer({ image: site.image, mib: 384, cpus: 2, startAt: agreement.grant.startAt }),
		);
		if (result.kind !== 'accepted') throw new Error(JSON.stringify(result.problem));
		expect(result.agreement).toMatchObject({
			workspaceId: agreement.workspaceId,
			revision: 2,
			supersedes: agreement.id,
		});
		expect((await site.admin.agreement(agreement.id)).value).toMatchObject({
			state: 'Complete',
			supersededBy: result.agreement.id,
		});
		expect(await site.admin.machines(agreement.id)).toEqual([]);
		const late = await problemOf(site.admin.act(agreement.id, 0, 'pause'));
		expect(late).toMatchObject({ status: 409, code: 'STATE_FORBIDS', reasons: [{ available: result.agreement.id }] });
		await waitFor(result.agreement.id, ({ serviceState }) => serviceState === 'Ready');
		const [machine] = await site.admin.machines(result.agreement.id, { fresh: true });
		expect(machine?.enforced).toMatchObject({ cpuCount: 2, cpuQuotaPercent: 100, memoryBytes: 384 * 1_048_576 });
	});

	test('says in XML and JSON what it does to machines, before it is accepted and as it is', async () => {
		const { agreement } = await accepted();
		const change = (restart: string, mib = 128) => {
			const xml = offerXml({ image: site.image, mib, startAt: agreement.grant.startAt });
			return xml.replace('</ws:Workspace>', `<ws:Change restart="${restart}"/></ws:Workspace>`);
		};
		const document = (body: string) => ({ mediaType: 'application/xml', body }) as const;
		const restart = { kind: 'restart', machines: 1, message: expect.stringContaining('256 MiB become 128 MiB') };
		const asked = await site.admin.evaluate(document(change('allow')), agreement.id);
		expect(asked).toMatchObject({ outcome: 'accepted', effects: [restart] });
		const refused = await site.admin.evaluate(document(change('forbid')), agreement.id, { allowRestart: true });
		expect(refused).toMatchObject({ reasons: [{ code: 'NEEDS_RESTART' }] });

		// An alternative carries its effects; sent back as it stands it is accepted, and its agreement tells its own.
		const odd = await site.admin.renegotiate(agreement.id, '*', document(change('forbid', 391)));
		if (odd.kind !== 'countered') throw new Error(odd.kind);
		const alternative = odd.problem.alternatives!.find(({ effects }) => effects !== undefined)!;
		expect(alternative.effects).toMatchObject([{ kind: 'live', machines: 1 }]);
		expect(alternative.offerXml).toContain('<ws:Effects><ws:Effect kind="live" machines="1">');
		const post = async (id: string, body: string) => {
			const headers = { 'Content-Type': 'application/xml', Accept: 'application/xml', 'If-Match': '*' };
			const response = await raw(`/agreements/${id}/renegotiations`, { method: 'POST', headers, body });
			expect(response.status).toBe(201);
			return { id: response.headers.get('location')!.split('/').at(-1)!, text: await response.text() };
		};
		const taken = await post(agreement.id, alternative.offerXml!);
		expect(taken.text.match(/<ws:Effect .*?<\/ws:Effect>/g)).toEqual([
			expect.stringMatching(/kind="live".*Memory grows/),
		]);
		// What stood in an offer of old effects is not told again.
		const again = await post(taken.id, change('allow').replace('</wsag:Context>', `${OLD_EFFECTS}</wsag:Context>`));
		expect(again.text.match(/<ws:Effect .*?<\/ws:Effect>/g)).toEqual([expect.stringContaining('kind="restart"')]);
		expect(again.text).toContain('<ws:Change restart="allow"');
		expect(await site.admin.agreementXml(again.id)).toContain('<ws:Effect kind="restart" machines="1">');
	});

	test('that is refused changes nothing; one with an old version or none is not even looked at', async () => {
		const { agreement } = await accepted();
		const before = await site.admin.agreement(agreement.id);
		const unknown = { name: 'x', digest: `sha256:${'1'.repeat(64)}` };
		const refused = await site.admin.renegotiate(agreement.id, '*', offer({ image: unknown }));
		expect(refused.kind).toBe('refused');
		expect((await site.admin.agreement(agreement.id)).value.grant).toEqual(before.value.grant);
		const stale = await problemOf(site.admin.renegotiate(agreement.id, '"999"', offer({ image: site.image })));
		expect(stale).toMatchObject({ status: 412, code: 'VERSION_STALE' });
		const response = await raw(`/agreements/${agreement.id}/renegotiations`, {
			method: 'POST',
			body: offerXml({ image: site.image }),
			headers: { 'Content-Type': 'application/xml' },
		});
		expect(response.status).toBe(428);
	});
});

describe('the history of an agreement', () => {
	test('is handed out page by page, and the client follows', async () => {
		const { agreement } = await accepted();
		await waitFor(agreement.id, ({ serviceState }) => serviceState === 'Ready');
		await site.admin.terminate(agreement.id);
		await waitFor(agreement.id, ({ state }) => state === 'Terminated');
		const whole = await site.admin.history(agreement.id);
		expect(whole.length).toBeGreaterThan(3);
		const pages: unknown[] = [];
		for (let after: string | undefined = '0'; after !== undefined; ) {
			const response = await raw(`/agreements/${agreement.id}/history?limit=1&after=${after}`);
			const page = (await response.json()) as { items: unknown[]; next?: string };
			expect(page.items.length).toBe(1);
			pages.push(...page.items);
			after = page.next;
		}
		expect(pages).toEqual(whole);
	});

	test('beyond a page is read in full by the client', async () => {
		const { agreement } = await accepted();
		await waitFor(agreement.id, ({ serviceState }) => serviceState === 'Ready');
		for (let round = 0; round < 52; round += 1) {
			await site.admin.act(agreement.id, 0, 'pause');
			await site.admin.act(agreement.id, 0, 'resume');
		}
		const actions = (await site.admin.history(agreement.id)).filter(({ kind }) => kind === 'action');
		expect(actions.length).toBe(104);
	});
});

describe('machines', () => {
	test.each([
		['pause', 'paused', 'resume'],
		['save', 'saved', 'restore'],
	] as const)('%s makes them %s, and %s lets them go on', async (action, state, back) => {
		const { agreement } = await accepted();
		await waitFor(agreement.id, ({ serviceState }) => serviceState === 'Ready');
		await site.admin.act(agreement.id, 0, action);
		expect((await site.admin.machines(agreement.id, { fresh: true }))[0]?.state).toBe(state);
		await site.admin.act(agreement.id, 0, back);
		expect((await site.admin.machines(agreement.id, { fresh: true }))[0]?.state).toBe('running');
	});

	test('are acted on at the version that was seen, and the answer carries the history’s head', async () => {
		const { agreement } = await accepted();
		await waitFor(agreement.id, ({ serviceState }) => serviceState === 'Ready');
		const pause = (tag: string) =>
			raw(`/agreements/${agreement.id}/machines/0/actions`, {
				method: 'POST',
				body: '{"action":"pause"}',
				headers: { 'Content-Type': 'application/json', 'If-Match': tag },
			});
		expect(await (await pause('"999"')).json()).toMatchObject({ status: 412, code: 'VERSION_STALE' });
		const answer = await pause((await site.admin.agreement(agreement.id)).etag);
		expect(answer.status).toBe(202);
		const paused = (await site.admin.history(agreement.id)).find(({ kind }) => kind === 'action');
		expect(answer.headers.get('computon-history-head')).toBe(paused?.hash);
	});

	test('that are not there, and actions that do not exist, are problems', async () => {
		const { agreement } = await accepted();
		expect(await problemOf(site.admin.act(agreement.id, 7, 'pause'))).toMatchObject({ status: 404 });
		const response = await raw(`/agreements/${agreement.id}/machines/0/actions`, {
			method: 'POST',
			body: '{"action":"explode"}',
			headers: { 'Content-Type': 'application/json' },
		});
		expect(await response.json()).toMatchObject({ status: 400, code: 'PARAMETER_INVALID' });
	});
});

describe('who is asking', () => {
	test('without a token or with a wrong one is told so', async () => {
		for (const headers of [{}, { Authorization: 'Bearer nonsense' }, { Authorization: 'Basic YTpi' }]) {
			const response = await fetch(new URL('/agreements', site.url), { headers });
			expect(response.status).toBe(401);
			expect(response.headers.get('www-authenticate')).toContain('Bearer');
		}
		expect((await fetch(new URL('/healthz', site.url))).status).toBe(200);
		expect((await fetch(new URL('/readyz', site.url))).status).toBe(200);
	});

	test('sees and changes what is theirs, and not that others have anything (H9)', async () => {
		const alice = await site.clientOf('alice', 'physics');
		const bob = await site.clientOf('bob', 'physics');
		const carol = await site.clientOf('carol', 'physics', 'broker');
		const dave = await site.clientOf('dave', 'biology', 'broker');
		const { agreement } = await accepted(alice.client);
		for (const { client } of [bob, dave]) {
			expect(await problemOf(client.agreement(agreement.id))).toMatchObject({ status: 404 });
			expect(await problemOf(client.terminate(agreement.id))).toMatchObject({ status: 404 });
			expect(await problemOf(client.history(agreement.id))).toMatchObject({ status: 404 });
			expect(await problemOf(client.machines(agreement.id))).toMatchObject({ status: 404 });
			expect(await problemOf(client.renegotiate(agreement.id, '*', offer({ image: site.image })))).toMatchObject({
				status: 404,
			});
			expect((await client.agreements()).items).toEqual([]);
		}
		expect((await carol.client.agreements()).items.map(({ id }) => id)).toContain(agreement.id);
		expect(await problemOf(alice.client.tokens())).toMatchObject({ status: 403, code: 'FORBIDDEN' });
		expect(await problemOf(alice.client.addImage({ name: 'x', disk: '/etc/passwd' }))).toMatchObject({ status: 403 });
		expect(await problemOf(alice.client.retireTemplate('machine', '1'))).toMatchObject({ status: 403 });
		await carol.client.terminate(agreement.id);
	});

	test('is nobody any more once the token is revoked', async () => {
		const { client } = await site.clientOf('eve', 'physics');
		await client.agreements();
		const entry = (await site.admin.tokens()).find(({ party }) => party === 'eve');
		await site.admin.revokeToken(entry?.id ?? '');
		expect(await problemOf(client.agreements())).toMatchObject({ status: 401 });
	});
});

describe('what the site has', () => {
	test('templates are listed, shown in both forms, published by admins and retired', async () => {
		expect((await site.admin.templates()).map(({ name, id }) => `${name}/${id}`)).toEqual([
			'cluster/1',
			'machine/1',
			'mixed-cluster/1',
			'reservation/1',
		]);
		const xml = await site.admin.templateXml('machine', '1');
		const body = xml
			.replace('wsag:TemplateId="1"', 'wsag:TemplateId="2"')
			.replace('<wsag:TemplateId>1<', '<wsag:TemplateId>2<');
		const document = { mediaType: 'application/xml', body } as const;
		expect((await site.admin.publishTemplate('machine', '2', document)).remarks).toEqual([]);
		for (const [changed, status, code, issue] of [
			[body.replace(/<wsag:Location>[^<]*/, '<wsag:Location>count(//*)'), 422, 'NOT_SUPPORTED', 'LOCATION_REFUSED'],
			[
				body.replace('<xs:minInclusive', String.raw`<xs:pattern value="\p{IsGreek}"/><xs:minInclusive`),
				422,
				'NOT_SUPPORTED',
				'CONSTRAINT_UNSUPPORTED',
			],
			[
				body.replace('<xs:minInclusive', '<xs:pattern value="(a"/><xs:minInclusive'),
				400,
				'DOCUMENT_INVALID',
				'CONSTRAINT_MALFORMED',
			],
		] as const) {
			const notTaken = await problemOf(site.admin.publishTemplate('machine', '2', { ...document, body: changed }));
			const told = notTaken.issues?.map((each) => each.code);
			expect([notTaken.status, notTaken.code, told]).toEqual([status, code, [issue]]);
		}
		const odd = body
			.replace('minInclusive value="1"', 'minInclusive value="5"')
			.replaceAll('"2"', '"odd"')
			.replace('<wsag:TemplateId>2<', '<wsag:TemplateId>odd<');
		const refused = await problemOf(site.admin.publishTemplate('machine', 'odd', { ...document, body: odd }));
		expect(refused).toMatchObject({ status: 400, code: 'DOCUMENT_INVALID' });
		expect(refused.issues?.map(({ code }) => code)).toContain('CONSTRAINT_UNSATISFIABLE');
		const idle = body
			.replace('//ws:Workspace/ws:Image/@digest', '//ws:Workspace/ws:SSHPublicKey')
			.replaceAll('"2"', '"idle"')
			.replace('<wsag:TemplateId>2<', '<wsag:TemplateId>idle<');
		const { remarks } = await site.admin.publishTemplate('machine', 'idle', { ...document, body: idle });
		expect(remarks?.map(({ code }) => code)).toEqual(['LOCATION_SELECTS_NOTHING']);
		await site.admin.retireTemplate('machine', 'idle');
		expect((await site.admin.templates()).length).toBe(5);
		await site.admin.publishTemplate('machine', '2', document);
		const other = { ...document, body: body.replace('P30D', 'P31D') };
		expect(await problemOf(site.admin.publishTemplate('machine', '2', other))).toMatchObject({
			status: 409,
			code: 'IN_USE',
		});
		expect(await problemOf(site.admin.publishTemplate('machine', '3', document))).toMatchObject({ status: 400 });
		const retire = (tag: string) =>
			raw('/templates/machine/2', { method: 'DELETE', headers: { 'If-Match': tag } }).then(({ status }) => status);
		expect(await retire('"999"')).toBe(412);
		expect(await retire('nonsense')).toBe(412);
		const { headers } = await raw('/templates/machine/2');
		expect(await retire(headers.get('etag') ?? '')).toBe(204);
		expect((await site.admin.templates()).length).toBe(4);
	});

	test('capacity is shown per host, less what is agreed', async () => {
		const startAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
		const { agreement } = await accepted(site.admin, { startAt, cpus: 4, share: 100 });
		const hosts = await site.admin.capacity(startAt, new Date(Date.parse(startAt) + 60_000).toISOString());
		const host = hosts.find(({ host }) => host === agreement.hosts[0]?.host);
		expect(host?.steps[0]?.free.cpuMillicores).toBe(32_000 - 4_000);
	});

	test('an image that an agreement needs is not removed', async () => {
		await accepted();
		expect(await problemOf(site.admin.removeImage(site.image.digest))).toMatchObject({ status: 409, code: 'IN_USE' });
	});

	test('a wait is answered when something changes, or with 304 when nothing does', async () => {
		const startAt = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
		const { agreement, etag } = await accepted(site.admin, { startAt });
		expect(await site.admin.agreementChange(agreement.id, etag, 1)).toBeUndefined();
		const change = site.admin.agreementChange(agreement.id, etag, 20);
		await site.admin.terminate(agreement.id);
		expect((await change)?.value.state).toBe('Terminated');
	});
});
