/** Agreements and their machines as the API shows them, and the documents that they are. Shapes: docs/openapi.json. */
import { printRepairs } from '../agreement/lenient/repairs.ts';
import { chooseBranches, type MadeChoice, type ResolvedOffer } from '../agreement/offer/choices.ts';
import { type Offer, readOffer } from '../agreement/offer/offer.ts';
import { type AgreementStates, printAgreement } from '../agreement/properties/print.ts';
import { AGREEMENT_TRANSITIONS, type AgreementState } from '../agreement/properties/states.ts';
import type { Template } from '../agreement/template/template.ts';
import { withContext } from '../agreement/terms/context-extension.ts';
import type { Price } from '../agreement/terms/quote.ts';
import { type GrantedService, numbersOf, type ServiceGrant, servicesOf } from '../agreement/terms/service.ts';
import type { DocumentTree, OfferOutcome, Setback } from '../broker/outcome.ts';
import { type GangPlacement, placementsOf } from '../capacity/search/gang.ts';
import type { DocumentIssue, XmlElement } from '../xml/element.ts';
import { readCanonical } from '../xml/reader.ts';
import { declareNamespaces } from '../xml/scope.ts';
import { guaranteesView } from './guarantee-view.ts';
import { instant, type Result } from './views.ts';

export type AgreementRecord = Extract<OfferOutcome, { kind: 'accepted' }>['agreement'];

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
	const { used, list: _, ...rest } = price;
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

/** How the choices of the offer were made; nothing where it left none open. */
export function choicesView(chosen: readonly MadeChoice[] = []): Record<string, unknown> {
	return chosen.length === 0 ? {} : { choices: chosen.map(({ path, kind, terms }) => ({ path, kind, terms })) };
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

/** The document for its JSON form, and its guarantees as they were understood, where it has any. */
export function agreementInJson(
	record: AgreementRecord,
	template: Template | undefined,
	offer: Offer = offerOf(record),
): { readonly guarantees?: readonly unknown[]; readonly document: DocumentTree } {
	const resolved = chooseBranches(offer, record.request.chosen ?? []);
	const guarantees = guaranteesView(resolved.offer.terms.terms);
	const document = documentWith(record, template, resolved);
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
		...statesOf(record),
	});
}

/** What is told of the states of an agreement and of its terms. */
export function statesOf(record: AgreementRecord): AgreementStates {
	const { state, stateReason, serviceState, serviceActivity } = record;
	return {
		agreementState: state,
		...(stateReason === undefined ? {} : { stateReason }),
		serviceState,
		...(serviceActivity === undefined ? {} : { serviceActivity }),
	};
}

/** The agreement with what was repaired in its offer in the context: for the answer to that offer alone. */
export function withRepairs(tree: DocumentTree, repairs: readonly DocumentIssue[]): DocumentTree {
	if (repairs.length === 0) return tree;
	const repaired = (context: XmlElement) => ({ ...context, children: [...context.children, printRepairs(repairs)] });
	return declareNamespaces(withContext(tree, repaired));
}

/** The offer that an agreement was made from. */
export function offerOf({ id, offerXml }: Pick<AgreementRecord, 'id' | 'offerXml'>): Offer {
	const tree = readCanonical(offerXml);
	const offer = tree.ok ? readOffer(tree.root) : undefined;
	if (offer?.ok !== true) throw new Error(`The offer of agreement ${id} cannot be read again.`);
	return offer.value;
}

/** Why machines are not as agreed yet; nothing where nothing failed. */
export function setbackView(setback: Setback | undefined): Record<string, unknown> {
	if (setback === undefined) return {};
	const { message, attempts, retryAt } = setback;
	return { setback: { message, attempts, retryAt: instant(retryAt) } };
}

type MachineRecord = NonNullable<Result<'machines'>>[number];

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

/** The states that a list can be asked for. */
export const STATES = Object.keys(AGREEMENT_TRANSITIONS) as readonly AgreementState[];

/** The filter of a list for what was asked in its query. */
export function agreementStates(asked: unknown): readonly AgreementState[] | 'unknown' {
	const found = STATES.find((state) => state === asked);
	return found === undefined ? 'unknown' : [found];
}
