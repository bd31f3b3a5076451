/** A deployment that has failed for good: what never ran moves to another host, or its agreement ends. */
import { exactly } from '../agreement/jsdl/range.ts';
import {
	type GrantedService,
	type RequestedService,
	type ServiceRequest,
	servicesOf,
	withServices,
} from '../agreement/terms/service.ts';
import { cutPlacement, type HostShare, type Placement, placesOf, sharesOf } from '../capacity/resources.ts';
import { gangOf, placementsOf } from '../capacity/search/gang.ts';
import { decide } from '../negotiation/decide.ts';
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { AgreementRecord } from '../store/records.ts';
import { type Seat, seatsOf } from '../store/seats.ts';
import type { Store } from '../store/store.ts';
import { endEarly } from './lifecycle.ts';
import { assignMachines, hostsTold } from './machines.ts';
import { voidHoldsAbout } from './rounds/negotiation-ending.ts';
import type { Turn } from './turn.ts';

/** Machines of an agreement, by their index, that were never up where they stand: on this host, where one is to blame. */
interface Stranded {
	readonly host: string | undefined;
	readonly machines: readonly number[];
}

/**
 * The machines on this host, or on any, that have not run since they were put there. A machine has run where it runs
 * now, or where it stood in a revision that was Ready, and ever since. O(revisions), with their history.
 */
export function neverUp({ site, store }: Turn, agreement: AgreementRecord, host: string | undefined): number[] {
	const machines = store.machines.of(agreement.workspaceId);
	const hostsIn = (revision: AgreementRecord): ReadonlyMap<number, string> =>
		new Map(seatsOf(revision, machines).map((seat) => [seat.index, seat.host]));
	const places = hostsIn(agreement);
	const running = new Set(
		machines
			.filter(({ index, observed }) => observed?.state === 'running' && observed.host === places.get(index))
			.map(({ index }) => index),
	);
	const never = new Set(
		[...places.keys()].filter((index) => (host === undefined || places.get(index) === host) && !running.has(index)),
	);
	const standing = new Set(never);
	let revision: AgreementRecord | undefined = agreement;
	while (revision !== undefined && standing.size > 0) {
		const before = hostsIn(revision);
		for (const index of standing) if (before.get(index) !== places.get(index)) standing.delete(index);
		if (standing.size > 0 && wasReady(store, site, revision.id)) {
			for (const index of standing) never.delete(index);
			break;
		}
		revision = revision.supersedes === undefined ? undefined : store.agreements.find(revision.supersedes);
	}
	return [...never];
}

/**
 * The deployment on this host has failed for good: the machines that never ran there are decided on again without the
 * hosts that failed. Where no other host fits, or none is to blame, the agreement ends and its capacity is free.
 */
export function abandonHost(
	turn: Turn,
	agreement: AgreementRecord,
	{ host, machines }: Stranded,
	message: string,
	policy: SitePolicy,
): 'moved' | 'terminated' {
	const moved = host !== undefined && moveAway(turn, agreement, { host, machines }, message, policy);
	if (moved) return 'moved';
	const by = { party: 'site' };
	const stateReason = `The deployment failed for good: ${message}`;
	endEarly(turn, agreement, { stateReason, by, owed: 'penalty' }, policy);
	return 'terminated';
}

/** Entries of an agreement's history that are read at a time. */
const HISTORY_PAGE = 100;

/** Whether all machines of this revision were up at once some time. */
function wasReady({ history }: Store, site: string, agreementId: string): boolean {
	for (let after = 0; ; ) {
		const entries = history.list({ site, agreementId, after, limit: HISTORY_PAGE });
		if (entries.some(({ kind }) => kind === 'ready')) return true;
		if (entries.length < HISTORY_PAGE) return false;
		after = entries.at(-1)!.sequence;
	}
}

function moveAway(
	turn: Turn,
	agreement: AgreementRecord,
	{ host, machines: moving }: Stranded & { readonly host: string },
	why: string,
	policy: SitePolicy,
): boolean {
	const { ledger, now } = turn;
	const { placement } = agreement;
	const failedHosts = [...new Set([...agreement.failedHosts, host])];
	const seats = seatsOf(agreement, turn.store.machines.of(agreement.workspaceId));
	const leaving = seats.filter(({ index }) => moving.includes(index));
	const hosts = ledger.calendar.hosts.map(({ name }) => name).filter((name) => !failedHosts.includes(name));
	const request = requestAgain(agreement, leaving, hosts, now);
	if (servicesOf<RequestedService>(request).some(({ candidateHosts }) => candidateHosts.length === 0)) return false;
	const decision = decide({
		request,
		violations: [],
		calendar: ledger.calendar,
		policy,
		now,
		satisfies: () => true,
	});
	if (decision.kind !== 'accept') return false;
	voidHoldsAbout(turn, agreement.id, `Machines had to leave ${host}; ask again.`);
	const placements = [...placementsOf(placement)];
	const found = [...placementsOf(decision.placement)];
	for (const [service, before] of placementsOf(placement).entries()) {
		const gone = leaving.filter((seat) => seat.service === service);
		if (gone.length === 0) continue;
		const target = found.shift()!;
		cutHost(turn, agreement, before, { host, count: gone.length }, now + policy.teardownSeconds);
		ledger.book(agreement.id, target);
		const targets = placesOf(target.machines);
		const own = seats.filter((seat) => seat.service === service);
		const places = own.map((seat) => (gone.includes(seat) ? targets.shift()! : seat.host));
		placements[service] = { ...before, machines: sharesOf(places) };
	}
	const moved = turn.update(
		agreement,
		{ placement: gangOf(placements), failedHosts },
		{ kind: 'moved', body: { from: host, machines: hostsTold(gangOf(placements)), why } },
	);
	assignMachines(turn, moved);
	turn.plan('converge', moved, now);
	return true;
}

/** What was granted, asked for again: of each service as many machines as leave, for what is left of the window. */
function requestAgain(
	{ request, grant }: AgreementRecord,
	leaving: readonly Seat[],
	hosts: readonly string[],
	now: number,
): ServiceRequest {
	const { startAt, endAt } = grant;
	const begun = startAt <= now;
	const granted = servicesOf<GrantedService>(grant);
	const services = servicesOf<RequestedService>(request).flatMap((asked, nth) => {
		const count = leaving.filter(({ service }) => service === nth).length;
		return count === 0 ? [] : [serviceAgain(asked, granted[nth]!, count, hosts)];
	});
	return {
		...withServices(request, services),
		window: begun ? { durationSeconds: endAt - now } : { startAt, durationSeconds: endAt - startAt },
	};
}

/** So many machines of one service, on hosts that it names itself and that have not failed. */
function serviceAgain(
	asked: RequestedService,
	granted: GrantedService,
	count: number,
	hosts: readonly string[],
): RequestedService {
	const { totalCpuCount: _cpus, totalMemoryBytes: _memory, totalDiskBytes: _disk, ...rest } = asked;
	const demand = (value: number) => ({ range: exactly(value), path: asked.workspacePath });
	const { cpuCount, memoryBytes, diskBytes, networkBitsPerSecond, workspace } = granted;
	const named = asked.candidateHosts;
	return {
		...rest,
		machineCount: demand(count),
		cpuCount: demand(cpuCount),
		memoryBytes: demand(memoryBytes),
		...(diskBytes === 0 ? {} : { diskBytes: demand(diskBytes) }),
		...(networkBitsPerSecond === 0 ? {} : { networkBitsPerSecond: demand(networkBitsPerSecond) }),
		candidateHosts: hosts.filter((name) => named.length === 0 || named.includes(name)),
		workspace,
	};
}

/** Cuts what is booked for so many machines of a service on one host; all other shares stay booked as they are. */
function cutHost(
	turn: Turn,
	agreement: AgreementRecord,
	service: Placement,
	{ host, count }: HostShare,
	endAt: number,
): void {
	const { ledger, now } = turn;
	let left = count;
	for (const reservation of ledger.reservationsOf(agreement.id, now)) {
		const { placement } = reservation;
		const places = placesOf(placement.machines);
		const leaving = Math.min(left, places.filter((place) => place === host).length);
		// What ends before is booked for machines that go, not for these; what takes something else, for other services.
		if (leaving === 0 || reservation.endAt <= endAt || !takesTheSame(placement, service)) continue;
		left -= leaving;
		for (let gone = 0; gone < leaving; gone += 1) places.splice(places.indexOf(host), 1);
		ledger.setAside([reservation]);
		ledger.giveUp([reservation]);
		if (places.length > 0) ledger.book(agreement.id, { ...placement, machines: sharesOf(places) });
		const machines = [{ host, count: leaving }];
		const tail = cutPlacement({ ...placement, machines }, Number.NEGATIVE_INFINITY, endAt);
		if (tail !== undefined) ledger.book(agreement.id, tail);
	}
}

/** Whether each machine takes as much: machines of services that do can be booked for each other. */
function takesTheSame(one: Placement, other: Placement): boolean {
	const demands = ({ usage }: Placement): string => JSON.stringify(usage.map(({ demand }) => demand));
	return demands(one) === demands(other);
}
