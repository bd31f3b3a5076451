/** A site for tests: real store, real calendar, a clock that is set by hand, offers written as XML. */
import { rmSync } from 'node:fs';
import { type Offer, readOffer } from '../../src/agreement/offer/offer.ts';
import { readTemplate } from '../../src/agreement/template/template.ts';
import { printDateTime } from '../../src/agreement/time.ts';
import { Broker } from '../../src/broker/broker.ts';
import type { ConfiguredPolicy } from '../../src/broker/catalogue.ts';
import { uuidSource } from '../../src/broker/identifier.ts';
import type { OfferOutcome } from '../../src/broker/outcome.ts';
import type { Review } from '../../src/broker/review.ts';
import type { Host } from '../../src/capacity/resources.ts';
import type { Party } from '../../src/identity/party.ts';
import { HOLD_LIMITS_DEFAULT, type HoldLimits } from '../../src/negotiation/policy/holds.ts';
import { POLICY_DEFAULTS } from '../../src/negotiation/policy/policy.ts';
import { Store } from '../../src/store/store.ts';
import { readCanonical } from '../../src/xml/reader.ts';
import { writeCanonical } from '../../src/xml/writer.ts';
import { preparedFolder } from '../store/folder.ts';
import { BEGIN, GIB, hosts, MIB, SITE } from './hosts.ts';

export const TEARDOWN = 30;
export const IMAGE = `sha256:${'ab'.repeat(32)}`;

export const alice: Party = { name: 'alice', vo: 'atlas', role: 'client' };
export const bob: Party = { name: 'bob', vo: 'atlas', role: 'client' };
export const vera: Party = { name: 'vera', vo: 'atlas', role: 'broker' };
export const mallory: Party = { name: 'mallory', vo: 'cms', role: 'broker' };
export const admin: Party = { name: 'admin', vo: 'site', role: 'admin' };

/** A site all of which may be held: most of these tests hold more than half of two hosts. */
export const HOLDS: HoldLimits = { ...HOLD_LIMITS_DEFAULT, sitePercentMax: 100 };

export const POLICY: ConfiguredPolicy = {
	...POLICY_DEFAULTS,
	holds: HOLDS,
	setupSeconds: 60,
	teardownSeconds: TEARDOWN,
	abilities: {
		networkShaping: false,
		memoryHotAdd: true,
		cpuHotAdd: true,
		memoryOverhead: { baseBytes: 0, perCpuBytes: 0, perMemoryMillionths: 0 },
		memoryBytesMin: 64 * MIB,
		memoryStepBytes: 128 * MIB,
	},
};

export interface World {
	readonly folder: string;
	/** Epoch seconds, to be set. */
	now: number;
	readonly hosts: readonly Host[];
	readonly policy: ConfiguredPolicy;
	store: Store;
	broker: Broker;
	/** What the broker reported to nobody in particular. */
	readonly faults: unknown[];
	/** Closes broker and store and opens them again, as after a crash that lost nothing. */
	reopen(changes?: { readonly hosts?: readonly Host[] }): void;
	[Symbol.dispose](): void;
}

/** A site with one template and one image, in a folder of its own or in this one, which is then not removed. */
export async function openWorld(
	options: {
		readonly hosts?: readonly Host[];
		readonly folder?: string;
		readonly policy?: Partial<ConfiguredPolicy>;
		/** Negative: every decision is broken off behind each of its parts. */
		readonly goMs?: number | undefined;
		/** The site's own policy. */
		readonly review?: Review;
	} = {},
): Promise<World> {
	const folder = options.folder ?? preparedFolder('computon-broker-');
	const store = new Store(folder);
	const world: World = {
		folder,
		now: BEGIN,
		hosts: options.hosts ?? hosts(2),
		policy: { ...POLICY, ...options.policy },
		store,
		faults: [],
		broker: undefined as never,
		reopen: (changes = {}) => {
			world.broker.close();
			world.store.close();
			world.store = new Store(folder);
			world.broker = brokerOf(world, changes.hosts ?? world.hosts, options);
		},
		[Symbol.dispose]: () => {
			world.broker.close();
			world.store.close();
			if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
		},
	};
	world.broker = brokerOf(world, world.hosts, options);
	const xml = templateXml();
	const template = readTemplate(treeOf(xml));
	if (!template.ok) throw new Error(JSON.stringify(template.issues));
	await world.broker.catalogue.publishTemplate({ party: admin, template: template.value, xml });
	await world.broker.catalogue.addImage(admin, { digest: IMAGE, name: 'debian', kind: 'disk', diskBytes: 0 });
	return world;
}

function brokerOf(
	world: World,
	offered: readonly Host[],
	{ goMs, review }: { readonly goMs?: number | undefined; readonly review?: Review },
): Broker {
	return new Broker({
		store: world.store,
		site: SITE,
		hosts: offered,
		policy: world.policy,
		clock: () => world.now,
		newId: uuidSource(),
		onFault: (fault) => world.faults.push(fault),
		goMs,
		...(review === undefined ? {} : { review }),
	});
}

/** What an offer of these tests can say; everything has a default. */
export interface Wish {
	readonly machines?: number;
	readonly cpus?: number;
	readonly memoryBytes?: number;
	/** Epoch seconds; absent: at once. */
	readonly startAt?: number;
	readonly endAt?: number;
	readonly durationSeconds?: number;
	readonly endAction?: string;
	readonly retention?: string;
	readonly candidateHosts?: readonly string[];
	readonly expirationAt?: number;
	readonly template?: string;
	readonly image?: string;
	readonly sharePercent?: number;
	readonly diskBytes?: number;
	readonly sshPublicKey?: string;
	readonly bitsPerSecond?: number;
	/** The label `zone` that hosts must have. */
	readonly zone?: string;
	/** Attributes of ws:Change. */
	readonly change?: string;
	/** The name of the service; `S` where it is not said. */
	readonly service?: string;
	/** The further service is named first. */
	readonly workersFirst?: boolean;
	/** A further service, which makes the other one the head of a cluster. */
	readonly workers?: Pick<Wish, 'machines' | 'cpus' | 'memoryBytes' | 'candidateHosts' | 'service'>;
}

const NAMESPACES = [
	['jsdl', 'http://schemas.ggf.org/jsdl/2005/11/jsdl'],
	['ws', 'urn:computon:workspace:1'],
	['wsag', 'http://schemas.ggf.org/graap/2007/03/ws-agreement'],
]
	.map(([prefix, namespace]) => `xmlns:${prefix}="${namespace}"`)
	.join(' ');

function context(templateId: string, expirationAt?: number): string {
	const expiration =
		expirationAt === undefined ? '' : `<wsag:ExpirationTime>${printDateTime(expirationAt)}</wsag:ExpirationTime>`;
	return `<wsag:Context><wsag:ServiceProvider>AgreementResponder</wsag:ServiceProvider>${expiration}<wsag:TemplateId>${templateId}</wsag:TemplateId><wsag:TemplateName>machine</wsag:TemplateName></wsag:Context>`;
}

const term = (name: string, content: string, service = 'S') =>
	`<wsag:ServiceDescriptionTerm wsag:Name="${name}" wsag:ServiceName="${service}">${content}</wsag:ServiceDescriptionTerm>`;

/** The terms with the resources of a service. */
function resourcesTerm(name: string, wish: Wish, service?: string): string {
	const { machines = 1, cpus = 1, memoryBytes = GIB } = wish;
	const exact = (field: string, value: number) => `<jsdl:${field}><jsdl:Exact>${value}</jsdl:Exact></jsdl:${field}>`;
	const candidates = (wish.candidateHosts ?? []).map((host) => `<jsdl:HostName>${host}</jsdl:HostName>`).join('');
	const resources = [
		candidates === '' ? '' : `<jsdl:CandidateHosts>${candidates}</jsdl:CandidateHosts>`,
		exact('IndividualCPUCount', cpus),
		wish.bitsPerSecond === undefined ? '' : exact('IndividualNetworkBandwidth', wish.bitsPerSecond),
		exact('IndividualPhysicalMemory', memoryBytes),
		wish.diskBytes === undefined ? '' : exact('IndividualDiskSpace', wish.diskBytes),
		exact('TotalResourceCount', machines),
	].join('');
	return term(
		name,
		`<jsdl:JobDefinition><jsdl:JobDescription><jsdl:Resources>${resources}</jsdl:Resources></jsdl:JobDescription></jsdl:JobDefinition>`,
		service,
	);
}

export function offerXml(wish: Wish = {}): string {
	const { durationSeconds = 3600, endAction = 'destroy' } = wish;
	const time = (name: string, at?: number) => (at === undefined ? '' : `<ws:${name}>${printDateTime(at)}</ws:${name}>`);
	const key = wish.sshPublicKey === undefined ? '' : `<ws:SSHPublicKey>${wish.sshPublicKey}</ws:SSHPublicKey>`;
	const change = wish.change === undefined ? '' : `<ws:Change ${wish.change}></ws:Change>`;
	const label = `<ws:Label name="zone">${wish.zone}</ws:Label>`;
	const placement = wish.zone === undefined ? '' : `<ws:Placement>${label}</ws:Placement>`;
	const retention = wish.retention === undefined ? '' : ` retention="${wish.retention}"`;
	const workspace = `<ws:Workspace><ws:Image digest="${wish.image ?? IMAGE}">debian</ws:Image>${key}<ws:CPUShare>${wish.sharePercent ?? 100}</ws:CPUShare><ws:EndAction${retention}>${endAction}</ws:EndAction>${placement}${change}</ws:Workspace>`;
	const { service = 'workers' } = wish.workers ?? {};
	const workers =
		wish.workers === undefined ? '' : `${resourcesTerm('WR', wish.workers, service)}${term('WM', workspace, service)}`;
	return [
		`<wsag:AgreementOffer ${NAMESPACES}>`,
		context(wish.template ?? '1', wish.expirationAt),
		'<wsag:Terms><wsag:All>',
		wish.workersFirst ? workers : '',
		resourcesTerm('R', wish, wish.service),
		term(
			'W',
			`<ws:Window>${time('StartTime', wish.startAt)}${time('EndTime', wish.endAt)}<ws:Duration>PT${durationSeconds}S</ws:Duration></ws:Window>`,
			wish.service,
		),
		term('M', workspace, wish.service),
		wish.workersFirst ? '' : workers,
		'</wsag:All></wsag:Terms></wsag:AgreementOffer>',
	].join('');
}

/** At most 8 machines, so that a creation constraint can be broken. */
export function templateXml(id = '1', machinesMax = 8): string {
	const path =
		'wsag:AgreementOffer/wsag:Terms/wsag:All/wsag:ServiceDescriptionTerm/jsdl:JobDefinition/jsdl:JobDescription/jsdl:Resources/jsdl:TotalResourceCount/jsdl:Exact';
	return [
		`<wsag:Template ${NAMESPACES} xmlns:xs="http://www.w3.org/2001/XMLSchema" wsag:TemplateId="${id}">`,
		context(id),
		'<wsag:Terms><wsag:All><wsag:ServiceDescriptionTerm wsag:Name="W" wsag:ServiceName="S"><ws:Window><ws:Duration>PT1H</ws:Duration></ws:Window></wsag:ServiceDescriptionTerm></wsag:All></wsag:Terms>',
		`<wsag:CreationConstraints><wsag:Item wsag:Name="machines"><wsag:Location>//${path}</wsag:Location><wsag:ItemConstraint><xs:simpleType><xs:restriction base="xs:integer"><xs:maxInclusive value="${machinesMax}"></xs:maxInclusive></xs:restriction></xs:simpleType></wsag:ItemConstraint></wsag:Item></wsag:CreationConstraints>`,
		'</wsag:Template>',
	].join('');
}

export function treeOf(xml: string) {
	const tree = readCanonical(xml);
	if (!tree.ok) throw new Error(JSON.stringify(tree.issue));
	return tree.root;
}

export function offerOf(xml: string): Offer {
	const offer = readOffer(treeOf(xml));
	if (!offer.ok) throw new Error(JSON.stringify(offer.issues));
	return offer.value;
}

export function offerFrom(wish: Wish = {}): { readonly offer: Offer; readonly offerXml: string } {
	const xml = offerXml(wish);
	return { offer: offerOf(xml), offerXml: xml };
}

/** An alternative as it would be sent back. */
export function offerFromTree(tree: Parameters<typeof writeCanonical>[0]): {
	readonly offer: Offer;
	readonly offerXml: string;
} {
	const xml = writeCanonical(tree);
	return { offer: offerOf(xml), offerXml: xml };
}

export function create(world: World, wish: Wish = {}, party: Party = alice): Promise<OfferOutcome> {
	return world.broker.createAgreement({ party, ...offerFrom(wish) });
}

/** The agreement of an offer that must be accepted. */
export async function agree(world: World, wish: Wish = {}, party: Party = alice) {
	const outcome = await create(world, wish, party);
	if (outcome.kind !== 'accepted') throw new Error(`Not accepted: ${JSON.stringify(outcome)}`);
	return outcome.agreement;
}

/** Does every errand that is due as a site would that never fails; returns how many. */
export async function work(world: World): Promise<number> {
	let done = 0;
	for (;;) {
		const errands = await world.broker.errands.lease(64);
		if (errands.length === 0) return done;
		for (const errand of errands) {
			const observations = errand.machines.map(({ workspaceId, index, revision, host, desired }) => ({
				workspaceId,
				index,
				observed: { state: desired, revision, host },
			}));
			await world.broker.errands.finish(errand, observations);
			done += 1;
		}
	}
}
