/** Two independent clients do what is to be done from the served WSDL alone: python3-zeep and npm's soap. */
import { spawn } from 'node:child_process';
import { type Client, createClientAsync } from 'soap';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDocument } from '../../src/xml/document.ts';
import { valueIn } from '../agreement/documents.ts';
import { type SimulatedService, startSimulatedService } from '../api/simulated-service.ts';
import { at } from '../api/soap-client.ts';
import { agreeTo, epr, stateOf } from '../api/soap-rounds.ts';

/** zeep is a package of the system: Debian's Python has it. */
const PYTHON = '/usr/bin/python3';
const CLIENT_MS_MAX = 120_000;
const WITHOUT = (process.env.COMPUTON_WITHOUT ?? '').split(',');

let site: SimulatedService;
let wsdl: string;
beforeAll(async () => {
	site = await startSimulatedService();
	wsdl = new URL('/soap?wsdl', site.url).href;
});
afterAll(() => site.stop());

interface Seen {
	readonly templates: readonly string[];
	readonly address: string;
	readonly agreementId: string;
	readonly state: string;
	readonly end: string;
	readonly now: string;
	readonly ended: string;
}

interface SeenOfCluster extends Pick<Seen, 'agreementId' | 'state' | 'ended'> {
	/** The service terms that have a state. */
	readonly terms: readonly string[];
}

const ENDED = /^(ObservedAndTerminating|Terminated)$/;

async function expectDone(seen: Seen): Promise<void> {
	expect(seen.templates).toEqual(['cluster', 'machine', 'mixed-cluster', 'reservation']);
	expect(seen.address).toBe(new URL('/soap', site.url).href);
	expect(seen.state).toBe('Observed');
	expect((Date.parse(seen.end) - Date.parse(seen.now)) / 1000).toBe(7200);
	expect(seen.ended).toMatch(ENDED);
	const { value: first } = await site.admin.agreement(seen.agreementId);
	const last = await endOf(first.supersededBy ?? '');
	expect([first.state, last]).toEqual(['Complete', 'Terminated']);
}

/** The state of an agreement once it is no longer about to end. */
async function endOf(id: string): Promise<string> {
	let { value, etag } = await site.admin.agreement(id);
	while (value.state === 'ObservedAndTerminating') {
		const next = await site.admin.agreementChange(id, etag, 10);
		if (next !== undefined) ({ value, etag } = next);
	}
	return value.state;
}

async function runZeep<What = Seen>(
	version: string,
	client = 'zeep-client.py',
	token = site.adminToken,
): Promise<What> {
	const script = new URL(`clients/${client}`, import.meta.url).pathname;
	// Without -B a folder of compiled modules would be left beside the scripts.
	const child = spawn(PYTHON, ['-B', script], { stdio: ['pipe', 'pipe', 'pipe'], timeout: CLIENT_MS_MAX });
	const output = { stdout: '', stderr: '' };
	for (const name of ['stdout', 'stderr'] as const) {
		child[name].setEncoding('utf8').on('data', (text: string) => {
			output[name] += text;
		});
	}
	child.stdin.end(JSON.stringify({ wsdl, token, version, image: site.image }));
	const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
	expect(status, output.stderr).toBe(0);
	return JSON.parse(output.stdout) as What;
}

describe.skipIf(WITHOUT.includes('zeep'))('python3-zeep', () => {
	test.each(['1.1', '1.2'])('negotiates by SOAP %s', async (version) => {
		await expectDone(await runZeep(version));
	});

	test.each(['1.1', '1.2'])('negotiates in rounds, and anew, by SOAP %s', async (version) => {
		const { token } = await site.clientOf(`zeep-${version}`, 'physics', 'client');
		await expectNegotiated(await runZeep<SeenOfRounds>(version, 'zeep-rounds.py', token));
	});

	test.each(['1.1', '1.2'])('has a head and its workers by SOAP %s', async (version) => {
		const { agreementId, ...seen } = await runZeep<SeenOfCluster>(version, 'zeep-cluster.py');
		const terms = ['head-resources', 'window', 'head-environment', 'workers-resources', 'workers-environment'];
		expect(seen).toEqual({ state: 'Observed', terms, ended: expect.stringMatching(ENDED) });
		const { value } = await site.admin.agreement(agreementId);
		expect(value.grant.services).toMatchObject([
			{ serviceName: 'head', machineCount: 1, cpuCount: 2 },
			{ serviceName: 'workers', machineCount: 3, cpuCount: 1 },
		]);
		expect(await endOf(agreementId)).toBe('Terminated');
	});
});

interface SeenOfRounds extends Pick<Seen, 'ended'> {
	/** Of what was held at first, and of what was negotiated anew. */
	readonly agreementIds: readonly [string, string];
	readonly held: readonly boolean[];
	readonly states: readonly string[];
}

/** Each by a party of its own: what is let go of again is remembered of it. */
async function expectNegotiated({ agreementIds: [first, second], ...seen }: SeenOfRounds): Promise<void> {
	const states = ['Observed', 'Complete', 'Observed'];
	expect(seen).toEqual({ held: [true, true], states, ended: expect.stringMatching(ENDED) });
	const [before, after] = await Promise.all([site.admin.agreement(first), site.admin.agreement(second)]);
	expect(before.value).toMatchObject({ supersededBy: second, revision: 1 });
	expect(after.value).toMatchObject({ supersedes: first, revision: 2, workspaceId: before.value.workspaceId });
	const { startAt, endAt } = after.value.grant;
	expect([startAt, Date.parse(endAt) - Date.parse(startAt)]).toEqual([before.value.grant.startAt, 7_200_000]);
	expect(await endOf(second)).toBe('Terminated');
}

/** A method of the client as a promise of what the answer holds. */
async function ask(client: Client, port: string, operation: string, content: object): Promise<Record<string, unknown>> {
	const ports = (client as unknown as { Computon: Record<string, Record<string, Method>> }).Computon;
	const method = ports[port]?.[operation];
	if (method === undefined) throw new Error(`The WSDL has no ${port}.${operation}.`);
	return new Promise((resolve, reject) => {
		method(content, (error, result) => (error ? reject(new Error(String(error.message))) : resolve(result)));
	});
}

type Method = (content: object, done: (error: Error | null, result: Record<string, unknown>) => void) => void;

interface Reference {
	readonly Address: string;
	readonly ReferenceParameters: { readonly Agreement: string };
}

async function runSoap(suffix: string): Promise<Seen> {
	const client = await createClientAsync(wsdl, suffix === '' ? {} : { forceSoap12Headers: true });
	client.addHttpHeader('Authorization', `Bearer ${site.adminToken}`);
	const shown = await ask(client, `AgreementFactorySoap${suffix}`, 'GetResourcePropertyDocument', {});
	const { Template } = shown.AgreementFactoryProperties as { Template: { Context: { TemplateName: string } }[] };
	const templates = Template.map(({ Context }) => Context.TemplateName).sort();
	const created = await ask(client, `AgreementFactorySoap${suffix}`, 'CreateAgreement', {
		AgreementOffer: offerOf('machine'),
	});
	const { Address, ReferenceParameters } = created.CreatedAgreementEPR as Reference;
	const { Agreement: id } = ReferenceParameters;
	client.addSoapHeader({ Agreement: id }, '', 'cs', 'urn:computon:soap:1');
	const state = async () => {
		const read = await ask(client, `AgreementStateSoap${suffix}`, 'GetResourceProperty', {
			$value: 'wsag:AgreementState',
		});
		return (read.AgreementState as { State: string }).State;
	};
	const observed = await state();
	const extended = await ask(client, `AgreementSoap${suffix}`, 'SetTerminationTime', {
		RequestedLifetimeDuration: 'PT2H',
	});
	await ask(client, `AgreementSoap${suffix}`, 'Terminate', {
		_xml: '<wsag:TerminateInput><cs:why/></wsag:TerminateInput>',
	});
	const time = (name: string) => new Date(extended[name] as string | Date).toISOString();
	return {
		templates,
		address: Address,
		agreementId: id,
		state: observed,
		end: time('NewTerminationTime'),
		now: time('CurrentTime'),
		ended: await state(),
	};
}

/** What is offered, as the library takes it. */
function offerOf(template: string, duration = 'PT1H'): object {
	const term = (name: string, content: object) => ({
		attributes: { 'wsag:Name': name, 'wsag:ServiceName': 'workspace' },
		...content,
	});
	const exact = (value: number) => ({ 'jsdl:Exact': value });
	const jsdl = { xmlns: { jsdl: 'http://schemas.ggf.org/jsdl/2005/11/jsdl' } };
	const declared = (namespaces: Record<string, string>) =>
		Object.fromEntries(Object.entries(namespaces).map(([prefix, uri]) => [`xmlns:${prefix}`, uri]));
	const resources = {
		'jsdl:JobDefinition': {
			attributes: declared(jsdl.xmlns),
			'jsdl:JobDescription': {
				'jsdl:Resources': {
					'jsdl:IndividualCPUCount': exact(1),
					'jsdl:IndividualPhysicalMemory': exact(268_435_456),
					'jsdl:TotalResourceCount': exact(1),
				},
			},
		},
	};
	const ours = declared({ ws: 'urn:computon:workspace:1' });
	const { name, digest } = site.image;
	const window = { 'ws:Window': { attributes: ours, 'ws:Duration': duration } };
	const workspace = {
		'ws:Workspace': {
			attributes: ours,
			'ws:Image': { attributes: { digest }, $value: name },
			'ws:CPUShare': 50,
			'ws:EndAction': 'destroy',
		},
	};
	return {
		Context: { ServiceProvider: 'AgreementResponder', TemplateId: '1', TemplateName: template },
		Terms: {
			All: {
				ServiceDescriptionTerm: [term('resources', resources), term('window', window), term('environment', workspace)],
			},
		},
	};
}

/** In rounds, and anew: what is answered is sent back as the text that it is. */
async function runSoapRounds(suffix: string): Promise<SeenOfRounds> {
	const client = await createClientAsync(wsdl, suffix === '' ? {} : { forceSoap12Headers: true });
	const { token } = await site.clientOf(`soap-${suffix}`, 'physics', 'client');
	client.addHttpHeader('Authorization', `Bearer ${token}`);
	const about = (kind: string, id: string): void => {
		client.clearSoapHeaders();
		client.addSoapHeader({ [kind]: id }, '', 'cs', 'urn:computon:soap:1');
	};
	const held: boolean[] = [];
	const negotiate = async (negotiationType: object, duration: string, more = ''): Promise<string> => {
		client.clearSoapHeaders();
		const begun = await ask(client, `NegotiationFactorySoap${suffix}`, 'InitiateNegotiation', {
			NegotiationContext: { NegotiationType: negotiationType, AgreementResponder: 'NegotiationResponder' },
		});
		const { ReferenceParameters } = begun.CreatedNegotiationEPR as { ReferenceParameters: { Negotiation: string } };
		const { Negotiation: id } = ReferenceParameters;
		about('Negotiation', id);
		await ask(client, `NegotiationSoap${suffix}`, 'Negotiate', {
			NegotiationOffer: {
				...inNamespace('wsag', offerOf('machine', duration)),
				NegotiationOfferContext: { CounterOfferTo: '1', Creator: 'NegotiationInitiator', State: { Solicited: {} } },
				NegotiationConstraints: {},
			},
		});
		const answered = valueIn(readDocument(Buffer.from(client.lastResponse!), { as: 'message' }));
		const counterOffer = at(answered, 'Body', 'NegotiateOutput', 'NegotiationCounterOffer');
		held.push(stateOf(counterOffer).localName === 'Acceptable');
		client.clearSoapHeaders();
		const _xml = agreeTo(counterOffer, id, more);
		const made = await ask(client, `AgreementFactorySoap${suffix}`, 'CreateAgreement', { _xml });
		return (made.CreatedAgreementEPR as Reference).ReferenceParameters.Agreement;
	};
	const state = async (id: string): Promise<string> => {
		about('Agreement', id);
		const property = { $value: 'wsag:AgreementState' };
		const read = await ask(client, `AgreementStateSoap${suffix}`, 'GetResourceProperty', property);
		return (read.AgreementState as { State: string }).State;
	};
	const first = await negotiate({ Negotiation: {} }, 'PT1H');
	const states = [await state(first)];
	const parameters = { 'cs:Agreement': { attributes: { 'xmlns:cs': 'urn:computon:soap:1' }, $value: first } };
	const reference = { Address: new URL('/soap', site.url).href, ReferenceParameters: parameters };
	const anew = { Renegotiation: { ResponderAgreementEPR: reference } };
	const second = await negotiate(anew, 'PT2H', epr('ResponderAgreementEPR', 'Agreement', first));
	states.push(await state(first), await state(second));
	await ask(client, `AgreementSoap${suffix}`, 'Terminate', {
		_xml: '<wsag:TerminateInput><cs:why/></wsag:TerminateInput>',
	});
	return { agreementIds: [first, second], held, states, ended: await state(second) };
}

/** The library takes what a type has from one of another namespace for its own: so these are called by their prefix. */
function inNamespace(prefix: string, content: object): object {
	const isElement = (name: string): boolean => name !== 'attributes' && !/[:$]/.test(name);
	const entries = Object.entries(content).map(([name, value]) => {
		if (!isElement(name)) return [name, value];
		const within = (each: unknown) => (each instanceof Object ? inNamespace(prefix, each) : each);
		return [`${prefix}:${name}`, Array.isArray(value) ? value.map(within) : within(value)];
	});
	return Object.fromEntries(entries);
}

describe('npm’s soap', () => {
	test.each([
		['1.1', ''],
		['1.2', '12'],
	])('negotiates by SOAP %s', async (_, suffix) => {
		await expectDone(await runSoap(suffix));
	});

	test.each([
		['1.1', ''],
		['1.2', '12'],
	])('negotiates in rounds, and anew, by SOAP %s', async (_, suffix) => {
		await expectNegotiated(await runSoapRounds(suffix));
	});
});
