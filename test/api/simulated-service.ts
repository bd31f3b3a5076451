/** A whole broker on the simulated site, in this process, in a folder of its own; gone when the test is over. */
import { strict as assert } from 'node:assert';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ComputonClient } from '../../src/client/client.ts';
import type { OutgoingDocument } from '../../src/client/transport.ts';
import { type Overrides, readConfig } from '../../src/config.ts';
import { type Service, startService } from '../../src/service.ts';
import { preparedFolder } from '../store/folder.ts';
import { watchAnswers } from './documented-answers.ts';

export interface SimulatedService {
	readonly url: string;
	readonly folder: string;
	readonly adminToken: string;
	readonly admin: ComputonClient;
	/** An image that is in the store. */
	readonly image: { readonly name: string; readonly digest: string };
	readonly service: Service;
	/** What the broker said to its operator. */
	readonly log: readonly string[];
	/** A client of its own party. */
	clientOf(
		party: string,
		vo: string,
		role?: string,
	): Promise<{ readonly client: ComputonClient; readonly token: string }>;
	/** Fails where the door answered with a status or a header that docs/openapi.json does not have there. */
	stop(): Promise<void>;
}

export async function startSimulatedService(overrides: Overrides = {}): Promise<SimulatedService> {
	const folder = preparedFolder('computon-test-');
	const config = readConfig(
		{},
		{ site: 'simulated', port: 0, dataFolder: folder, simulatedBootSeconds: 0, ...overrides },
	);
	const log: string[] = [];
	const service = await startService(config, { acceptRestored: false, log: (line) => log.push(line) });
	const undocumented = watchAnswers(service.url);
	const adminToken = readFileSync(join(folder, 'admin-token'), 'utf8').trim();
	const admin = new ComputonClient({ url: service.url, token: adminToken });
	const files = { kernel: join(folder, 'kernel'), initramfs: join(folder, 'initramfs') };
	writeFileSync(files.kernel, 'a kernel');
	writeFileSync(files.initramfs, 'an initramfs');
	const image = await admin.addImage({ name: 'guest', ...files });
	return {
		url: service.url,
		folder,
		adminToken,
		admin,
		image,
		service,
		log,
		async clientOf(party, vo, role = 'client') {
			const { token = '' } = await admin.addToken({ party, vo, role });
			return { client: new ComputonClient({ url: service.url, token }), token };
		},
		async stop() {
			await service.stop();
			rmSync(folder, { recursive: true, force: true });
			assert.deepEqual(undocumented(), [], 'answers that are not in docs/openapi.json');
		},
	};
}

export interface Wish {
	readonly image: { readonly name: string; readonly digest: string };
	readonly machines?: number;
	readonly cpus?: number;
	readonly share?: number;
	readonly mib?: number;
	readonly startAt?: string;
	readonly endAt?: string;
	readonly duration?: string;
	readonly endAction?: string;
	readonly retention?: string;
	readonly template?: string;
}

/** An offer as XML text. */
export function offerXml(wish: Wish): string {
	const { image, machines = 1, cpus = 1, share = 50, mib = 256, duration = 'PT1H', template = 'machine' } = wish;
	const time = (name: string, value?: string) => (value === undefined ? '' : `<ws:${name}>${value}</ws:${name}>`);
	const term = (name: string, content: string) =>
		`<wsag:ServiceDescriptionTerm wsag:Name="${name}" wsag:ServiceName="workspace">${content}</wsag:ServiceDescriptionTerm>`;
	const exactly = (name: string, value: number) => `<jsdl:${name}><jsdl:Exact>${value}</jsdl:Exact></jsdl:${name}>`;
	const retention = wish.retention === undefined ? '' : ` retention="${wish.retention}"`;
	return `<wsag:AgreementOffer xmlns:wsag="http://schemas.ggf.org/graap/2007/03/ws-agreement" xmlns:jsdl="http://schemas.ggf.org/jsdl/2005/11/jsdl" xmlns:ws="urn:computon:workspace:1"><wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider><wsag:TemplateId>1</wsag:TemplateId><wsag:TemplateName>${template}</wsag:TemplateName></wsag:Context><wsag:Terms><wsag:All>${term(
		'resources',
		`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${exactly('IndividualCPUCount', cpus)}${exactly('IndividualPhysicalMemory', mib * 1_048_576)}${exactly('TotalResourceCount', machines)}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`,
	)}${term('window', `<ws:Window>${time('StartTime', wish.startAt)}${time('EndTime', wish.endAt)}<ws:Duration>${duration}</ws:Duration></ws:Window>`)}${term(
		'environment',
		`<ws:Workspace><ws:Image digest="${image.digest}">${image.name}</ws:Image><ws:CPUShare>${share}</ws:CPUShare><ws:EndAction${retention}>${wish.endAction ?? 'destroy'}</ws:EndAction></ws:Workspace>`,
	)}</wsag:All></wsag:Terms></wsag:AgreementOffer>`;
}

export function offer(wish: Wish): OutgoingDocument {
	return { mediaType: 'application/xml', body: offerXml(wish) };
}
