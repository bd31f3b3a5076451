/** What the broker remembers, as the API shows it: RFC 3339 times, nothing internal. Shapes: docs/openapi.json. */

import { printRepairs } from '../agreement/lenient/repairs.ts';
import { WSAG } from '../agreement/names.ts';
import { chooseBranches, type MadeChoice, type ResolvedOffer } from '../agreement/offer/choices.ts';
import { type Offer, readOffer } from '../agreement/offer/offer.ts';
import { printAgreement } from '../agreement/properties/print.ts';
import { AGREEMENT_TRANSITIONS, type AgreementState } from '../agreement/properties/states.ts';
import type { Answer, AnswerDifference } from '../agreement/rounds/answer.ts';
import type { FaultReason } from '../agreement/rounds/base-fault.ts';
import type { Template } from '../agreement/template/template.ts';
import type { Price } from '../agreement/terms/quote.ts';
import { type GrantedService, numbersOf, type ServiceGrant, servicesOf } from '../agreement/terms/service.ts';
import { type JsonValue, toJson } from '../agreement/to-json.ts';
import type { Broker } from '../broker/broker.ts';
import type { DocumentTree, EvaluationOutcome, OfferedAlternative, OfferOutcome, Setback } from '../broker/outcome.ts';
import { type GangPlacement, placementsOf } from '../capacity/search/gang.ts';
import type { TokenEntry } from '../identity/token-file.ts';
import type { Reason, Remedy } from '../negotiation/decision.ts';
import { type DocumentIssue, hasName } from '../xml/element.ts';
import { readCanonical } from '../xml/reader.ts';
import { declareNamespaces } from '../xml/scope.ts';
import { writeCanonical } from '../xml/writer.ts';
import { guaranteesView } from './guarantee-view.ts';
import type { Form } from './requests.ts';

export type AgreementRecord = Extract<OfferOutcome, { kind: 'accepted' }>['agreement'];
type Result<Name extends keyof Broker> = Broker[Name] extends (...values: never[]) => infer R ? Awaited<R> : never;

/** Epoch seconds as RFC 3339 in UTC. */
export function instant(at: number): string {
	return new Date(at * 1000).toISOString().replace('.000', '');
}

/** The version of a record as its ETag. */
export function etag(version: number): string {
	return `"${version}"`;
}

export function agreementView(record: AgreementRecord): Record<string, unknown> {
	const { id, workspaceId, revision, name, state, stateReason, serviceState, template, party, vo } = record;
	return {
		id,
		workspaceId,
		revision,
		name,
		state,
		stateReason,
		serviceState,
		template,
		party,
		vo,
		grant: grantView(record.grant),
		price: priceView(record.price),
		due: record.due,
		hosts: hostsView(record.placement, record.grant),
		because: record.because,
		createdAt: instant(record.createdAt),
		updatedAt: instant(record.updatedAt),
		supersedes: record.supersedes,
		supersededBy: record.supersededBy,
		historyHead: record.headHash,
		...choicesView(record.request.chosen),
		...(record.request.remarks.length === 0 ? {} : { remarks: record.request.remarks }),
	};
}

/**
 * The agreement as the standard has it: wsag:AgreementProperties with the granted values in its terms. `offer` is what
 * it was made from; without it, the offer that is kept is read again. `template` is the one that it was made by.
 */
export function agreementDocument(
	record: AgreementRecord,
	template: Template | undefined,
	offer: Offer = offerOf(record),
): DocumentTree {
	return documentWith(record, template, chooseBranches(offer, record.request.chosen ?? []));
}

/** The document in JSON form, and its guarantees as they were understood, where it has any. */
export function agreementInJson(
	record: AgreementRecord,
	template: Template | undefined,
	offer: Offer = offerOf(record),
): Record<string, unknown> {
	const resolved = chooseBranches(offer, record.request.chosen ?? []);
	const guarantees = guaranteesView(resolved.offer.terms.terms);
	const document = toJson(documentWith(record, template, resolved));
	return { ...(guarantees.length === 0 ? {} : { guarantees }), document };
}

function documentWith(
	record: AgreementRecord,
	template: Template | undefined,
	{ offer, chosen }: ResolvedOffer,
): DocumentTree {
	return printAgreement({
		offer,
		chosen,
		grant: record.grant,
		agreementId: record.id,
		initiator: record.party,
		responder: record.site,
		templateName: record.template.name,
		templateId: record.template.id,
		...(record.price === undefined ? {} : { price: record.price }),
		...(record.due === undefined ? {} : { due: record.due }),
		effects: record.effects,
		...(record.because === undefined ? {} : { because: record.because }),
		...(record.expirationAt === undefined ? {} : { expirationAt: record.expirationAt }),
		...(template === undefined ? {} : { template }),
		agreementState: record.state,
		...(record.stateReason === undefined ? {} : { stateReason: record.stateReason }),
		serviceState: record.serviceState,
		...(record.serviceActivity === undefined ? {} : { serviceActivity: record.serviceActivity }),
	});
}

/** How the choices of the offer were made; nothing where it left none open. */
function choicesView(chosen: readonly MadeChoice[] = []): Record<string, unknown> {
	return chosen.length === 0 ? {} : { choices: chosen.map(({ path, kind, terms }) => ({ path, kind, terms })) };
}

/** The agreement with what was repaired in its offer in the context: for the answer to that offer alone. */
export function withRepairs(tree: DocumentTree, repairs: readonly DocumentIssue[]): DocumentTree {
	if (repairs.length === 0) return tree;
	const children = tree.children.map((child) =>
		child.kind === 'element' && hasName(child, WSAG, 'Context')
			? { ...child, children: [...child.children, printRepairs(repairs)] }
			: child,
	);
	return declareNamespaces({ ...tree, children });
}

/** The offer that an agreement was made from. */
export function offerOf({ id, offerXml }: Pick<AgreementRecord, 'id' | 'offerXml'>): Offer {
	const tree = readCanonical(offerXml);
	const offer = tree.ok ? readOffer(tree.root) : undefined;
	if (offer?.ok !== true) throw new Error(`The offer of agreement ${id} cannot be read again.`);
	return offer.value;
}

/** The first service, as if it were the only one; where there are several, all of them in `services`. */
export function grantView(grant: ServiceGrant): Record<string, unknown> {
	const { endAction, retentionSeconds } = grant.workspace;
	const several = grant.others === undefined ? {} : { services: servicesOf<GrantedService>(grant).map(serviceView) };
	return {
		...serviceView(grant),
		startAt: instant(grant.startAt),
		endAt: instant(grant.endAt),
		endAction,
		retentionSeconds,
		...several,
	};
}

function serviceView(granted: GrantedService): Record<string, unknown> {
	const { serviceName, machineCount, cpuCount, memoryBytes, diskBytes, networkBitsPerSecond, workspace } = granted;
	return {
		serviceName,
		machineCount,
		cpuCount,
		cpuSharePercent: workspace.cpuSharePercent,
		memoryBytes,
		diskBytes,
		networkBitsPerSecond,
		image: { name: workspace.imageName, digest: workspace.imageDigest },
	};
}

/** Amounts are decimal digits in the currency that stands beside them. */
export function priceView(price: Price | undefined): Record<string, unknown> | undefined {
	if (price === undefined) return undefined;
	const { used, ...rest } = price;
	return { ...rest, ...(used === undefined ? {} : { used: { amount: used.amount, untilAt: instant(used.untilAt) } }) };
}

/** Where the machines are; of several services, of which one. */
export function hostsView(
	placement: GangPlacement,
	grant: ServiceGrant,
): { host: string; machines: number; serviceName?: string | undefined }[] {
	const services = servicesOf<GrantedService>(grant);
	return placementsOf(placement).flatMap(({ machines }, nth) => {
		const { serviceName } = services[nth]!;
		return machines.map(({ host, count }) => ({ host, machines: count, serviceName }));
	});
}

export function reasonView(reason: Reason): Record<string, unknown> {
	const { interval, remedy, ...rest } = reason;
	return {
		...(isOfInstants(reason) ? withInstants(rest) : rest),
		...(interval === undefined ? {} : { interval: intervalView(interval) }),
		...(remedy === undefined ? {} : { remedy: remedyView(remedy, isOfInstants(reason)) }),
	};
}

/**
 * A reason as faults have it: what was asked is what was found, and the limit or what is free is what is allowed.
 * Where a state forbids something, what is there is no such thing.
 */
export function faultReasonOf(reason: Reason): FaultReason {
	const { code, message, path, asked, available, limit, host, hostClass, interval, remedy, resource, serviceName } =
		reason;
	const where = host === undefined ? '' : ` (host ${host})`;
	const when = interval === undefined ? '' : ` (${instant(interval.startAt)} to ${instant(interval.endAt)})`;
	const told = (name: 'found' | 'allowed' | 'nearest' | 'near' | 'available', amount: number | string | undefined) =>
		amount === undefined ? {} : { [name]: String(isOfInstants(reason) ? shownInstant(amount) : amount) };
	return {
		code,
		message: `${message}${where}${when}`,
		...(path === undefined ? {} : { path }),
		...told('found', asked),
		...told('allowed', limit ?? (code === 'STATE_FORBIDS' ? undefined : available)),
		...told('nearest', remedy?.allowed),
		...told('near', remedy?.near),
		...(serviceName === undefined ? {} : { service: serviceName }),
		...(resource === undefined ? {} : { resource }),
		...(limit === undefined || resource === undefined ? {} : told('available', available)),
		...(host === undefined ? {} : { host }),
		...(hostClass === undefined ? {} : { hosts: String(hostClass.hosts) }),
		...(interval === undefined ? {} : { from: instant(interval.startAt), until: instant(interval.endAt) }),
		...(remedy === undefined ? {} : { remedy: remedy.text }),
	};
}

/** How an alternative or a counter-offer answers what was asked. */
export function answerOf(
	{ rank, kind, differences }: Pick<Answer, 'rank' | 'kind' | 'differences'>,
	reasons: readonly Reason[],
): Answer {
	return { rank, kind, differences: differences.map(differenceView), reasons: reasons.map(faultReasonOf) };
}

function remedyView(
	{ startAt, endAt, allowed, interval, ...rest }: Remedy,
	isOfInstants: boolean,
): Record<string, unknown> {
	return {
		...rest,
		...(interval === undefined ? {} : { interval: intervalView(interval) }),
		...(allowed === undefined ? {} : { allowed: isOfInstants ? shownInstant(allowed) : allowed }),
		...(startAt === undefined ? {} : { startAt: instant(startAt) }),
		...(endAt === undefined ? {} : { endAt: instant(endAt) }),
	};
}

function isOfInstants({ resource, code }: Reason): boolean {
	return resource === 'time' && REASONS_OF_INSTANTS.has(code);
}

/** Reasons whose amounts are points in time where their resource is `time`; the others' are seconds. */
const REASONS_OF_INSTANTS: ReadonlySet<Reason['code']> = new Set([
	'WINDOW_PAST',
	'WINDOW_TOO_FAR',
	'LEAD_TIME',
	'OFFER_EXPIRED',
	'STATE_FORBIDS',
]);

/** The first second that RFC 3339 cannot say; durations of 2^53 seconds lead there, and stay epoch seconds. */
const YEAR_10000_AT = 253_402_300_800;

function shownInstant(amount: unknown): unknown {
	return typeof amount === 'number' && Math.abs(amount) < YEAR_10000_AT ? instant(amount) : amount;
}

function withInstants(reason: Omit<Reason, 'interval'>): Record<string, unknown> {
	const amounts = ['asked', 'available', 'limit'] as const;
	const changed = amounts
		.filter((name) => reason[name] !== undefined)
		.map((name) => [name, shownInstant(reason[name])]);
	return { ...reason, ...Object.fromEntries(changed) };
}

/** An alternative with the offer that would be accepted, in the form in which the offer was sent. */
export function alternativeView(alternative: OfferedAlternative, form: Form): Record<string, unknown> {
	const { rank, kind, grant, price, differences, effects, branch, offer } = alternative;
	const document = form === 'xml' ? { offerXml: writeCanonical(offer) } : { offer: toJson(offer) };
	const shown = { grant: grantView(grant), price: priceView(price), differences: differences.map(differenceView) };
	return { rank, kind, branch, ...shown, ...(effects.length === 0 ? {} : { effects }), ...document };
}

/** Instants among the differences are epoch seconds in the decision and RFC 3339 here. */
export function differenceView({ field, serviceName, asked, offered }: AnswerDifference): AnswerDifference {
	const shown = (value: number | string) =>
		(field === 'startAt' || field === 'endAt') && typeof value === 'number' ? instant(value) : value;
	const service = serviceName === undefined ? {} : { serviceName };
	return { field, ...service, asked: shown(asked), offered: shown(offered) };
}

export function evaluationView(
	outcome: Extract<EvaluationOutcome, { kind: 'accepted' | 'countered' | 'refused' }>,
	form: Form,
): Record<string, unknown> {
	const { kind, calendarVersion, remarks } = outcome;
	if (kind === 'accepted') {
		const { grant, placement, effects, price, priceBefore, because, chosen } = outcome;
		const prices = { price: priceView(price), priceBefore: priceView(priceBefore) };
		const shown = { grant: grantView(grant), ...prices, hosts: hostsView(placement, grant) };
		return { outcome: kind, calendarVersion, ...choicesView(chosen), ...shown, effects, because, remarks };
	}
	const reasons = outcome.reasons.map(reasonView);
	if (kind === 'refused') return { outcome: kind, calendarVersion, reasons, remarks };
	const alternatives = outcome.alternatives.map((each) => alternativeView(each, form));
	return { outcome: kind, calendarVersion, reasons, remarks, alternatives };
}

function intervalView(interval: { startAt: number; endAt: number }): { startAt: string; endAt: string } {
	return { startAt: instant(interval.startAt), endAt: instant(interval.endAt) };
}

export function tokenView(entry: TokenEntry): Record<string, unknown> {
	return { ...entry, createdAt: instant(entry.createdAt) };
}

type HistoryEntry = NonNullable<Result<'history'>>[number];
type MachineRecord = NonNullable<Result<'machines'>>[number];
type TemplateRecord = Result<'listTemplates'>[number];
type ImageRecord = Result<'listImages'>[number];
type HostFree = Result<'capacityBetween'>[number];

function historyView(entry: HistoryEntry): Record<string, unknown> {
	const { sequence, at, kind, body, hash, previousHash } = entry;
	return { sequence, at: instant(at), kind, body, hash, previousHash };
}

/** A page of at most so many entries, of which one more was asked for. */
export function historyPage(entries: readonly HistoryEntry[], limit: number): Record<string, unknown> {
	const next = entries.length > limit ? String(entries[limit - 1]!.sequence) : undefined;
	return { items: entries.slice(0, limit).map(historyView), next };
}

/** Why machines are not as agreed yet; nothing where nothing failed. */
export function setbackView(setback: Setback | undefined): Record<string, unknown> {
	if (setback === undefined) return {};
	const { message, attempts, retryAt } = setback;
	return { setback: { message, attempts, retryAt: instant(retryAt) } };
}

/** Agreed, enforced and consumed, side by side. */
export function machineView(machine: MachineRecord, agreement: AgreementRecord): Record<string, unknown> {
	const { index, service, host, desired, observed, observedAt } = machine;
	const granted = servicesOf<GrantedService>(agreement.grant)[numbersOf(agreement).indexOf(service)]!;
	const { serviceName, cpuCount, memoryBytes, diskBytes, workspace } = granted;
	const agreed = { cpuCount, cpuSharePercent: workspace.cpuSharePercent, memoryBytes, diskBytes };
	if (observed === undefined) return { index, serviceName, host, desired, state: 'absent', agreed };
	const { state, stateReason, revision, limits, consumed, bootedAt, consoleTail, pending } = observed;
	return {
		index,
		serviceName,
		host,
		desired,
		state,
		stateReason,
		revision,
		observedAt: observedAt === undefined ? undefined : instant(observedAt),
		bootedAt: bootedAt === undefined ? undefined : instant(bootedAt),
		agreed,
		enforced: limits,
		consumed,
		pending,
		console: consoleTail,
	};
}

export function templateView(record: TemplateRecord): Record<string, unknown> {
	const { name, id, title, publishedAt, publishedBy } = record;
	return { name, id, title, publishedAt: instant(publishedAt), publishedBy };
}

/** The JSON form of a document that is kept as canonical text. */
export function documentOf(xml: string): JsonValue {
	const tree = readCanonical(xml);
	if (!tree.ok) throw new Error('A document that is kept cannot be read again.');
	return toJson(tree.root);
}

export function imageView(record: ImageRecord): Record<string, unknown> {
	const { name, digest, kind, diskBytes, addedAt } = record;
	return { name, digest, kind, diskBytes, addedAt: instant(addedAt) };
}

export function hostCapacityView({ host: { name: host, labels, capacity }, steps }: HostFree): Record<string, unknown> {
	const shown = steps.map(({ free, ...interval }) => ({ ...intervalView(interval), free }));
	return { host, labels, capacity, steps: shown };
}

/** The states that a list can be asked for. */
export const STATES = Object.keys(AGREEMENT_TRANSITIONS) as readonly AgreementState[];

export function agreementStates(asked: unknown): readonly AgreementState[] | 'unknown' {
	const found = STATES.find((state) => state === asked);
	return found === undefined ? 'unknown' : [found];
}
