/** An offer that was accepted becomes an agreement; one about an agreement takes its place. */
import { hash } from 'node:crypto';
import { numbersOf, type RequestedService, type ServiceRequest, servicesOf } from '../agreement/terms/service.ts';
import { beginOf, placesOf } from '../capacity/resources.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import { inOrderOf, positionsBefore } from '../negotiation/change.ts';
import type { Accepted } from '../negotiation/decision.ts';
import type { AgreementRecord, JsonValue, ReservationRecord } from '../store/records.ts';
import { signature } from './access.ts';
import type { Catalogue } from './catalogue.ts';
import { endServices } from './leaving.ts';
import { supersededText } from './lifecycle.ts';
import { assignMachines, hostsTold } from './machines.ts';
import type { Decided, Prepared } from './offers.ts';
import type { CreateRequest, OfferOutcome } from './outcome.ts';
import { reconsiderPurchase } from './rounds/holds.ts';
import { endNegotiationsAbout } from './rounds/negotiation-ending.ts';
import { bookTransition } from './transition.ts';
import type { Turn } from './turn.ts';

interface AgreeingParts {
	readonly catalogue: Catalogue;
	/** UUIDv7: ordered by the time at which they are made. */
	readonly newId: () => string;
}

/** What was decided just now, or was proposed some time ago. */
interface Agreed extends Pick<Decided, 'branch'> {
	readonly decision: Omit<Accepted, 'because' | 'instead'> & Pick<AgreementRecord, 'because'>;
}

/** Writes the agreement, its capacity, its history, its machines and what is to be done: all or nothing (H2). */
export function agree(
	turn: Turn,
	{ catalogue, newId }: AgreeingParts,
	{ party, offerXml, idempotency, negotiated }: CreateRequest,
	{ offer, template }: Prepared,
	{ decision, branch }: Agreed,
	previous?: AgreementRecord,
	owner: Pick<AgreementRecord, 'party' | 'vo'> = previous ?? { party: party.name, vo: party.vo },
): OfferOutcome {
	const { now, ledger, store } = turn;
	const { grant, placement, effects, price, because } = decision;
	const { chosen } = branch;
	const request = previous === undefined ? branch.request : inOrderOf(namesOf(previous), branch.request)!;
	const serviceNumbers = previous && numbersAfter(turn, previous, request);
	const id = newId();
	const templateName = { name: template.name, id: template.id };
	const workspaceId = previous?.workspaceId ?? id;
	const revision = (previous?.revision ?? 0) + 1;
	const { expirationAt } = offer.context;
	const headHash = turn.record({
		kind: previous === undefined ? 'agreed' : 'renegotiated',
		agreementId: id,
		body: {
			by: signature(party),
			workspaceId,
			revision,
			supersedes: previous?.id,
			negotiated: negotiated && { negotiation: negotiated.negotiationId },
			template: templateName,
			offerDigest: `sha256:${hash('sha256', offerXml)}`,
			...(chosen.length === 0 ? {} : { chosen: plain(chosen) }),
			grant: plain(grant),
			...(price === undefined ? {} : { price: plain(price) }),
			machines: hostsTold(placement),
		},
	});
	const agreement: AgreementRecord = {
		id,
		site: turn.site,
		workspaceId,
		revision,
		party: owner.party,
		vo: owner.vo,
		template: templateName,
		...(offer.name === undefined ? {} : { name: offer.name }),
		state: 'Observed',
		...serviceAtFirst(decision, serviceNumbers, previous),
		offerXml,
		offerBytes: Buffer.byteLength(offerXml),
		request,
		grant,
		placement,
		...(serviceNumbers === undefined ? {} : { serviceNumbers }),
		...(price === undefined ? {} : { price }),
		...(because === undefined ? {} : { because }),
		effects,
		failedHosts: previous?.failedHosts ?? [],
		...(expirationAt === undefined ? {} : { expirationAt }),
		createdAt: now,
		updatedAt: now,
		version: 1,
		...(previous === undefined ? {} : { supersedes: previous.id }),
		headHash,
	};
	if (previous !== undefined) store.machines.write(workspaceId);
	turn.insert(agreement);
	const reservations = previous === undefined ? [] : supersede(turn, previous, agreement, negotiated?.negotiationId);
	for (const each of placementsOf(placement)) ledger.book(id, each);
	if (previous !== undefined) {
		const leaving = assignMachines(turn, agreement);
		const policy = catalogue.policy();
		const { teardownSeconds, holds } = policy;
		const ended = endServices(turn, previous, agreement, policy);
		reconsiderPurchase(turn, previous, [...placementsOf(placement), ...ended.kept], holds);
		const outgoing = { agreement: previous, reservations, leaving: [...leaving, ...ended.leaving], kept: ended.kept };
		bookTransition(turn, outgoing, id, now + teardownSeconds);
	}
	turn.plan('converge', agreement, Math.max(now, beginOf(placement)));
	turn.plan('end', agreement, grant.endAt);
	if (expirationAt !== undefined && expirationAt < grant.endAt) turn.plan('expire', agreement, expirationAt);
	if (idempotency !== undefined) {
		const { key, fingerprint } = idempotency;
		store.keys.insert({
			vo: party.vo,
			party: party.name,
			key,
			fingerprint,
			made: { agreementId: id },
			createdAt: now,
		});
	}
	return { kind: 'accepted', agreement, effects, replayed: false };
}

/** What is plain data already, as the history takes it. */
function plain(data: object): JsonValue {
	return data as JsonValue;
}

/** By which names its services were asked, in their order. */
export function namesOf({ request }: AgreementRecord): readonly string[] {
	return servicesOf<RequestedService>(request).map(({ serviceName }) => serviceName);
}

/** The numbers of the services of a request that changes an agreement: those that were there keep theirs. */
function numbersAfter(
	{ store }: Turn,
	previous: AgreementRecord,
	request: ServiceRequest,
): readonly number[] | undefined {
	const before = numbersOf(previous);
	const known = store.machines.of(previous.workspaceId).map(({ service }) => service);
	let next = Math.max(...before, ...known) + 1;
	const numbers = positionsBefore(namesOf(previous), request).map((nth) => (nth === undefined ? next++ : before[nth]!));
	return numbers.every((number, nth) => number === nth) ? undefined : numbers;
}

/**
 * A service is not ready before its machines were seen as agreed; it goes on being ready where all that changes is
 * changed live on machines that are there.
 */
function serviceAtFirst(
	{ grant, placement, effects }: Agreed['decision'],
	serviceNumbers: readonly number[] | undefined,
	previous: AgreementRecord | undefined,
): Pick<AgreementRecord, 'serviceState' | 'serviceActivity'> {
	if (previous?.serviceState !== 'Ready' || effects.some(({ kind }) => kind !== 'live')) {
		return { serviceState: 'NotReady' };
	}
	const { serviceActivity } = previous;
	const before = placementsOf(previous.placement);
	const numbers = numbersOf({ grant, ...(serviceNumbers && { serviceNumbers }) });
	const adds = placementsOf(placement).some(({ machines }, nth) => {
		const { machines: stood = [] } = before[numbersOf(previous).indexOf(numbers[nth]!)] ?? {};
		return placesOf(machines).length > placesOf(stood).length;
	});
	if (adds) return { serviceState: 'NotReady' };
	return { serviceState: 'Ready', ...(serviceActivity === undefined ? {} : { serviceActivity }) };
}

/** Ends the old revision in favour of the new one; its capacity was set aside and is now given up and returned. */
function supersede(
	turn: Turn,
	previous: AgreementRecord,
	successor: AgreementRecord,
	negotiationId?: string,
): readonly ReservationRecord[] {
	const { ledger, now, store } = turn;
	const reservations = ledger.reservationsOf(previous.id, now);
	ledger.giveUp(reservations);
	ledger.keepUsed(previous.id, reservations);
	for (const kind of ['converge', 'end', 'expire', 'release'] as const) store.work.cancel(previous.id, kind);
	const stateReason = supersededText(successor.id);
	endNegotiationsAbout(turn, previous.id, `The agreement is superseded by ${successor.id}.`, negotiationId);
	turn.update(
		previous,
		{ state: 'Complete', serviceState: 'Completed', stateReason, supersededBy: successor.id },
		{ kind: 'superseded', body: { by: successor.id } },
	);
	return reservations;
}
