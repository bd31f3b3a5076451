/**
 * What lies between an accepted offer and its machine: the time from the answer until the API says that the machine
 * runs, over the time of a bare create of the same domain on an open connection to libvirt.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { AgreementResource, ImageResource } from '../../src/client/resources.ts';
import { LibvirtClient, unixSocket } from '../../src/libvirt/client.ts';
import { Flag } from '../../src/libvirt/constants.ts';
import { machineUuid } from '../../src/workspace/machine-names.ts';
import { type BrokerProcess, startBroker } from './broker-process.ts';
import { type Figure, interleave, median, medianRatio, rounded, type Watcher } from './figure.ts';

const SOCKET = process.env.COMPUTON_LIBVIRT_SOCKET ?? '/var/run/libvirt/libvirt-sock';
const PREFIX = 'computon-test';
const ROUNDS = 5;
const CONNECT_MS = 2_000;
/** A machine is made in half a second and gone in as much; on a busy host in ten times that. */
const CHANGE_SECONDS_MAX = 60;
const MEMORY_BYTES = 256 * 2 ** 20;

/** `deploy-ratio`; nothing where libvirt does not answer. */
export async function measureDeployment(watcher: Watcher): Promise<readonly Figure[]> {
	const libvirt = new LibvirtClient({ uri: 'qemu:///system', transport: unixSocket(SOCKET) });
	libvirt.start();
	try {
		await libvirt.whenConnected(CONNECT_MS);
	} catch (error) {
		watcher.progress(`left out, for libvirt does not answer: ${(error as Error).message}`);
		await libvirt.close();
		return [];
	}
	watcher.progress('starting a broker, which boots a guest to see how guests boot here ...');
	try {
		const broker = await startBroker({
			COMPUTON_SITE: 'libvirt',
			COMPUTON_LIBVIRT_SOCKET: SOCKET,
			COMPUTON_MACHINE_PREFIX: PREFIX,
		});
		try {
			return [await measure(broker, libvirt, await addGuest(broker), watcher)];
		} finally {
			await broker.stop();
		}
	} finally {
		await libvirt.close();
	}
}

async function measure(
	broker: BrokerProcess,
	libvirt: LibvirtClient,
	image: ImageResource,
	watcher: Watcher,
): Promise<Figure> {
	const offer = offerOf(image, await shareOf(broker));
	let sameDomain = '';
	const contestants = {
		deploy: async () => {
			const { milliseconds, agreement } = await timeDeployment(broker, offer);
			try {
				sameDomain = bareCopy(await domainXml(libvirt, agreement), join(broker.folder, 'bare-console.log'));
			} finally {
				await broker.admin.terminate(agreement.id);
				await waitFor(broker, agreement, ({ state }) => state === 'Terminated');
			}
			return milliseconds;
		},
		create: () => timeCreate(libvirt, sameDomain),
	};
	const rounds = await interleave(ROUNDS, contestants, watcher);
	return {
		name: 'deploy-ratio',
		value: rounded(medianRatio(rounds.deploy, rounds.create)),
		unit: 'ratio',
		details: { ms: rounded(median(rounds.deploy)), peer: rounded(median(rounds.create)), of: 'domainCreateXml, ms' },
	};
}

async function timeDeployment(
	{ admin, ...broker }: BrokerProcess,
	offer: object,
): Promise<{ milliseconds: number; agreement: AgreementResource }> {
	const outcome = await admin.offer({ mediaType: 'application/json', body: JSON.stringify(offer) });
	const begin = performance.now();
	if (outcome.kind !== 'accepted') throw new Error(`The offer was not accepted: ${JSON.stringify(outcome.problem)}`);
	const { agreement } = outcome;
	await waitFor({ admin, ...broker }, agreement, ({ serviceState }) => serviceState === 'Ready', outcome.etag);
	const milliseconds = performance.now() - begin;
	const [machine] = await admin.machines(agreement.id);
	if (machine?.state !== 'running') throw new Error(`The service is ready and its machine is ${machine?.state}.`);
	return { milliseconds, agreement };
}

async function timeCreate(libvirt: LibvirtClient, xml: string): Promise<number> {
	const begin = performance.now();
	const domain = await libvirt.call('domainCreateXml', { xml, flags: Flag.create.AUTODESTROY });
	const milliseconds = performance.now() - begin;
	await libvirt.call('domainDestroy', { domain });
	return milliseconds;
}

/** Waits, without asking again and again, until the agreement is as wanted; `etag` is of the version seen last. */
async function waitFor(
	{ admin }: BrokerProcess,
	{ id }: AgreementResource,
	isAsWanted: (agreement: AgreementResource) => boolean,
	etag = '"0"',
): Promise<void> {
	const deadline = performance.now() + CHANGE_SECONDS_MAX * 1000;
	for (let seen = etag; performance.now() < deadline; ) {
		const change = await admin.agreementChange(id, seen, CHANGE_SECONDS_MAX);
		if (change === undefined) continue;
		if (isAsWanted(change.value)) return;
		seen = change.etag;
	}
	throw new Error(`Agreement ${id} is not as it should be after ${CHANGE_SECONDS_MAX} s.`);
}

/** The definition of the agreement's only machine. */
async function domainXml(libvirt: LibvirtClient, { workspaceId }: AgreementResource): Promise<string> {
	const uuid = machineUuid({ installationId: '', workspaceId, index: 0 });
	const domain = await libvirt.call('domainLookupByUuid', { uuid });
	return libvirt.call('domainGetXml', { domain, flags: Flag.xml.INACTIVE | Flag.xml.SECURE });
}

/** The same domain under another name, nobody's machine, with a console log of its own. */
function bareCopy(xml: string, consolePath: string): string {
	return xml
		.replace(/<name>.*?<\/name>/, `<name>${PREFIX}-bare</name>`)
		.replace(/<uuid>.*?<\/uuid>/, '')
		.replace(/<metadata>.*?<\/metadata>/s, '')
		.replace(/<source path='[^']*' append='on'\/>/g, `<source path='${consolePath}' append='on'/>`);
}

/** The demo's guest, as scripts/build-guest made it. */
async function addGuest({ admin }: BrokerProcess): Promise<ImageResource> {
	const cache = process.getuid?.() === 0 ? '/var/cache' : (process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'));
	const guest = JSON.parse(await readFile(join(cache, 'computon', 'guest', 'guest.json'), 'utf8')) as {
		readonly kernel: { readonly path: string };
		readonly initramfs: { readonly path: string };
		readonly commandLine: string;
	};
	const { kernel, initramfs, commandLine } = guest;
	return admin.addImage({ name: 'guest', kernel: kernel.path, initramfs: initramfs.path, commandLine });
}

/**
 * Percent of a CPU for each machine: as much as lets the machines of all rounds fit beside each other, because the
 * place of one that is gone stays booked for its teardown.
 */
async function shareOf({ admin }: BrokerProcess): Promise<number> {
	const [from, to] = [0, 60_000].map((milliseconds) => new Date(Date.now() + milliseconds).toISOString());
	const [host] = await admin.capacity(from!, to!);
	return Math.min(100, Math.floor((host?.capacity.cpuMillicores ?? 0) / 10 / (ROUNDS + 1)));
}

/** One small machine, at once. */
function offerOf({ name, digest }: ImageResource, cpuSharePercent: number): object {
	const term = (termName: string, content: object) => ({
		'@wsag:Name': termName,
		'@wsag:ServiceName': 'workspace',
		...content,
	});
	const resources = {
		'jsdl:IndividualCPUCount': { 'jsdl:Exact': 1 },
		'jsdl:IndividualPhysicalMemory': { 'jsdl:Exact': MEMORY_BYTES },
	};
	const terms = [
		term('resources', { 'jsdl:JobDefinition': { 'jsdl:JobDescription': { 'jsdl:Resources': resources } } }),
		term('window', { 'ws:Window': { 'ws:Duration': 'PT1H' } }),
		term('environment', {
			'ws:Workspace': { 'ws:Image': { '@digest': digest, '#text': name }, 'ws:CPUShare': cpuSharePercent },
		}),
	];
	const context = {
		'wsag:ServiceProvider': 'AgreementResponder',
		'wsag:TemplateId': '1',
		'wsag:TemplateName': 'machine',
	};
	const document = { 'wsag:Context': context, 'wsag:Terms': { 'wsag:All': { 'wsag:ServiceDescriptionTerm': terms } } };
	return { 'wsag:AgreementOffer': document };
}
