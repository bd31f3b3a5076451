/**
 * The broker of one site, put together from its parts: store, site, broker, runner, door. Part of the composition
 * root with main.ts; it names the concrete adapters.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { type ReadDocument, unpack } from './agreement/reading.ts';
import { readTemplate } from './agreement/template/template.ts';
import { createApp, listen } from './api/app.ts';
import { statedTermsOf } from './api/kept-documents.ts';
import { stateMessage } from './api/soap/calls.ts';
import { isContinuation } from './api/soap/conversation.ts';
import type { ReceivedMessage } from './api/soap/reading.ts';
import type { Broker } from './broker/broker.ts';
import type { Config, SiteKind } from './config.ts';
import { offeringOf, openBroker } from './configured-broker.ts';
import { prepareFolder, removalRights } from './data-folder.ts';
import { OperatingError } from './errors.ts';
import { HostWatch } from './host-watch.ts';
import type { Party } from './identity/party.ts';
import { ensureAdminToken, TokenFile } from './identity/token-file.ts';
import { imageDesk } from './image-desk.ts';
import { Postman } from './jobs/postman.ts';
import { reconcile } from './jobs/reconciliation.ts';
import { Runner } from './jobs/runner.ts';
import { openLibvirtHosts } from './libvirt-hosts.ts';
import { Notifier } from './notify/notifier.ts';
import { readTargets } from './notify/targets.ts';
import { overcommitted, readSiteCapacity, type SiteCapacity, simulatedHosts } from './site-capacity.ts';
import { Store } from './store/store.ts';
import { ImageStore } from './workspace/images/images.ts';
import { SimulatedSite } from './workspace/simulated/simulated-site.ts';
import type { Site } from './workspace/site.ts';
import { readDocument } from './xml/document.ts';
import { XmlPool } from './xml/pool.ts';
import { writeCanonical } from './xml/writer.ts';

export interface Service {
	readonly url: string;
	readonly siteKind: SiteKind;
	/** Takes nothing more, finishes what is under way, closes everything. Machines go on running. */
	stop(): Promise<void>;
}

export interface ServiceOptions {
	/** An admin's word that what a restored database does not know may be removed. */
	readonly acceptRestored: boolean;
	readonly log: (line: string) => void;
}

/** A document is read in a millisecond, the worst under the caps in 1.4 s; the rest is for a machine that is overloaded. */
const READING_MS_MAX = 5_000;
/** How often machines and books are compared. */
const RECONCILE_MS = 30_000;
/** Connections that are still busy when the broker stops are cut after this. */
const CLOSE_MS = 5_000;

const NOTHING_NEW = 'nothing new is placed there until it does, and what is there waits for it.';

const SITE_PARTY: Party = { name: 'site', vo: 'site', role: 'admin' };
const ROOT = new URL('../', import.meta.url);

/** Starts the broker of the configured site. Throws OperatingError where a part cannot be had. */
export async function startService(config: Config, { acceptRestored, log }: ServiceOptions): Promise<Service> {
	const report = (what: string, error: unknown) =>
		log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
	prepareFolder(config.dataFolder);
	// What was opened is closed in the opposite order: when the service stops, and when a later part cannot be had.
	await using parts = new AsyncDisposableStack();
	const store = parts.adopt(new Store(config.dataFolder), (opened) => opened.close());
	parts.use(store.checkpointAside((failure) => log(`A checkpoint of the database: ${failure}`)));
	const rights = removalRights(config, store, acceptRestored, log);
	const head = () => store.history.head(config.siteName);
	parts.defer(() => rights.witness?.remember(head()));
	const tokens = new TokenFile(join(config.dataFolder, 'tokens.json'));
	const images = await ImageStore.open(join(config.dataFolder, 'images'));
	const capacity = readSiteCapacity(config.capacity);
	const site = parts.adopt(await openSite(config, capacity, store.installationId, images, log), (opened) =>
		opened.close(),
	);
	const reader = parts.adopt(openReader(config), (opened) => opened.close());
	const watch = await HostWatch.open(site);
	const offering = () => offeringOf(config, capacity, site, watch.now);
	const broker = openBroker(config, store, offering(), reader, (fault) => report('The broker', fault));
	await publishShippedTemplates(broker);
	readStoredTemplates(broker, log);
	const tokenFile = ensureAdminToken(tokens, config.dataFolder);

	const notifier = openNotifier(config);
	const app = createApp({
		broker,
		reader,
		tokens,
		images: imageDesk(images, () => broker.now()),
		site: { name: config.siteName, simulated: site.abilities.simulated },
		readiness: () => ({ ready: site.isReachable(), silentHosts: site.silentHosts().length }),
		openApi: JSON.parse(readFileSync(new URL('docs/openapi.json', ROOT), 'utf8')),
		documentBytesMax: config.documentBytesMax,
		judgeTarget: (address) => notifier.judge(address),
		publicUrl: config.publicUrl === '' ? undefined : config.publicUrl,
		report: (error) => report('A request', error),
	});
	const { server, url } = await listenOn(app, config);
	parts.defer(() => closeServer(server, broker));

	const runner = new Runner({ broker, site, installationId: store.installationId, report });
	const sweep = () =>
		reconcile(broker.errands, site, store.installationId, rights).then(
			({ removed, left, corrected, unseen }) => {
				if (removed > 0) log(`Removed ${removed} machines that no agreement knows.`);
				if (left > 0) log(`${left} machines that no agreement knows are still there.`);
				if (corrected > 0) log(`Set the limits of ${corrected} machines again: they were not those agreed.`);
				if (unseen > 0) log(`${unseen} machines were not seen: a host does not answer.`);
				rights.witness?.remember(head());
			},
			(error: unknown) => report('Comparing machines and books', error),
		);
	await sweep();
	runner.start();
	parts.defer(() => runner.stop());
	for (const name of watch.now.silent) log(`${name} does not answer: ${NOTHING_NEW}`);
	const offerAnew = async (lost: readonly string[], back: readonly string[]) => {
		for (const name of lost) log(`${name} does not answer any more: ${NOTHING_NEW}`);
		// What has ended meanwhile may still run there.
		if (back.length > 0) await sweep();
		broker.offerHosts(offering());
		for (const name of back) log(`${name} answers: it takes what is agreed from now on.`);
	};
	watch.start(offerAnew, (error) => report('Which hosts answer', error));
	parts.defer(() => watch.stop());
	const postman = new Postman({
		broker,
		notifier,
		news: {
			teller: async (agreement) => {
				const terms = await statedTermsOf(reader, agreement);
				return (subscription, current) => stateMessage(subscription, current, terms);
			},
			follows: (successor, superseded) => isContinuation(successor, superseded.id),
		},
		report,
	});
	postman.start();
	parts.defer(() => postman.stop());
	const sweeping = setInterval(() => void sweep(), RECONCILE_MS);
	parts.defer(() => clearInterval(sweeping));
	if (tokenFile !== undefined) log(`The admin token is in ${tokenFile}.`);
	const opened = parts.move();
	return { url, siteKind: config.siteKind, stop: () => opened.disposeAsync() };
}

function openReader(config: Config): XmlPool<ReadDocument, ReceivedMessage> {
	const name = import.meta.url.endsWith('.ts') ? './api/reading.ts' : './api/reading.js';
	return new XmlPool<ReadDocument, ReceivedMessage>({
		readerUrl: new URL(name, import.meta.url),
		unpack,
		workers: config.readers,
		maxBytes: config.documentBytesMax,
		deadlineMs: READING_MS_MAX,
	});
}

function openNotifier({ notifyTargets }: Config): Notifier {
	const reading = readTargets(notifyTargets);
	if (reading.ok) return new Notifier(reading.targets);
	const detail = `notifyTargets (COMPUTON_NOTIFY_TARGETS): ${JSON.stringify(reading.entry)}: ${reading.why}.`;
	throw new OperatingError('CONFIG_INVALID', detail);
}

async function listenOn(app: ReturnType<typeof createApp>, { host, port }: Config): ReturnType<typeof listen> {
	try {
		return await listen(app, host, port);
	} catch (cause) {
		const advice = 'Give another --host or --port, or stop what listens there.';
		const detail = `Nothing can listen at ${host}, port ${port}: ${(cause as Error).message}. ${advice}`;
		throw new OperatingError('CONFIG_INVALID', detail, { cause });
	}
}

/** Takes no more connections, answers who waits, lets requests end, and cuts off what is still busy after a while. */
async function closeServer(server: Server, broker: Broker): Promise<void> {
	const closed = new Promise((resolve) => server.close(resolve));
	broker.close();
	server.closeIdleConnections();
	const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
	await closed;
	clearTimeout(cut);
}

async function openSite(
	config: Config,
	capacity: SiteCapacity,
	installationId: string,
	images: ImageStore,
	log: (line: string) => void,
): Promise<Site> {
	if (config.siteKind === 'simulated') {
		log('This is the SIMULATED site: no machine is really started.');
		const hosts = simulatedHosts(capacity, config.simulatedHosts);
		return new SimulatedSite({
			hosts,
			takes: hosts.map((host) => overcommitted(host, capacity)),
			bootSeconds: config.simulatedBootSeconds,
		});
	}
	return openLibvirtHosts(config, installationId, images, log);
}

/** Before anybody is served: a template with much to compile takes 20 ms to read. One that cannot be read refuses its offers. */
function readStoredTemplates(broker: Broker, log: (line: string) => void): void {
	for (const { name, id } of broker.catalogue.listTemplates()) {
		try {
			broker.catalogue.readTemplate({ name, id });
		} catch (error) {
			if (!(error instanceof OperatingError)) throw error;
			log(error.message);
		}
	}
}

/** Publishes what ships in templates/ unless a template of that name and id is or was there. */
async function publishShippedTemplates(broker: Broker): Promise<void> {
	const folder = new URL('templates/', ROOT);
	for (const file of readdirSync(folder)
		.filter((name) => name.endsWith('.xml'))
		.sort()) {
		const tree = readDocument(readFileSync(new URL(file, folder)));
		const template = tree.ok ? readTemplate(tree.value) : tree;
		if (!template.ok) throw new OperatingError('CONFIG_INVALID', `templates/${file}: ${template.issues[0]?.message}`);
		const { name, id } = template.value;
		if (broker.catalogue.getTemplate({ name, id }) !== undefined) continue;
		await broker.catalogue.publishTemplate({
			party: SITE_PARTY,
			template: template.value,
			xml: writeCanonical(template.value.tree),
		});
	}
}
