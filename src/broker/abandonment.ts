/** A deployment that has failed for good: what never ran moves to another host, or its agreement ends. */
import { exactly } from '../agreement/jsdl/range.ts';
import type { ServiceRequest } from '../agreement/terms/service.ts';
import type { HostShare } from '../capacity/resources.ts';
import { decide } from '../negotiation/decide.ts';
import type { SitePolicy } from '../negotiation/policy.ts';
import type { AgreementRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Turn } from './desk.ts';
import { cutPlacement } from './ledger.ts';
import { endEarly } from './lifecycle.ts';
import { assignMachines, placesOf, sharesOf } from './machines.ts';
import { voidHoldsAbout } from './negotiation-ending.ts';

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
	const places = placesOf(agreement.placement.machines);
	const running = new Set(
		store.work
			.machinesOf(agreement.workspaceId)
			.filter(({ index, observed }) => observed?.state === 'running' && observed.host === places[index])
			.map(({ index }) => index),
	);
	const never = new Set(
		[...places.keys()].filter((index) => (host === undefined || places[index] === host) && !running.has(index)),
	);
	const standing = new Set(never);
	let revision: AgreementRecord | undefined = agreement;
	while (revision !== undefined && standing.size > 0) {
		const before = placesOf(revision.placement.machines);
		for (const index of standing) if (before[index] !== places[index]) standing.delete(index);
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
	endEarly(turn, agreement, `The deployment failed for good: ${message}`, by, policy);
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
	const asked = agreement.request.candidateHosts;
	const candidateHosts = ledger.calendar.hosts
		.map(({ name }) => name)
		.filter((name) => !failedHosts.includes(name) && (asked.length === 0 || asked.includes(name)));
	if (candidateHosts.length === 0) return false;
	const request = { ...requestAgain(agreement, moving.length, now), candidateHosts };
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
	cutHost(turn, agreement, { host, count: moving.length }, now + policy.teardownSeconds);
	ledger.book(agreement.id, decision.placement);
	const targets = placesOf(decision.placement.machines);
	const places = placesOf(placement.machines);
	for (const [nth, index] of moving.entries()) places[index] = targets[nth]!;
	const machines = sharesOf(places);
	const moved = turn.update(
		agreement,
		{ placement: { ...placement, machines }, failedHosts },
		{ kind: 'moved', body: { from: host, machines: machines.map((share) => ({ ...share })), why } },
	);
	assignMachines(turn, moved);
	turn.plan('converge', moved, now);
	return true;
}

/** What was granted, asked for again: so many machines, for what is left of the window. */
function requestAgain({ request, grant }: AgreementRecord, count: number, now: number): ServiceRequest {
	const { totalCpuCount: _cpus, totalMemoryBytes: _memory, totalDiskBytes: _disk, ...rest } = request;
	const demand = (value: number) => ({ range: exactly(value), path: request.workspacePath });
	const { startAt, endAt } = grant;
	const begun = startAt <= now;
	return {
		...rest,
		machineCount: demand(count),
		cpuCount: demand(grant.cpuCount),
		memoryBytes: demand(grant.memoryBytes),
		...(grant.diskBytes === 0 ? {} : { diskBytes: demand(grant.diskBytes) }),
		...(grant.networkBitsPerSecond === 0 ? {} : { networkBitsPerSecond: demand(grant.networkBitsPerSecond) }),
		window: begun ? { durationSeconds: endAt - now } : { startAt, durationSeconds: endAt - startAt },
		workspace: grant.workspace,
	};
}

/** Cuts what is booked for so many machines of one host; all other machines' shares stay booked as they are. */
function cutHost(turn: Turn, agreement: AgreementRecord, { host, count }: HostShare, endAt: number): void {
	const { ledger, now } = turn;
	let left = count;
	for (const reservation of ledger.reservationsOf(agreement.id, now)) {
		const { placement } = reservation;
		const places = placesOf(placement.machines);
		const leaving = Math.min(left, places.filter((place) => place === host).length);
		// What ends before is booked for machines that go, not for these.
		if (leaving === 0 || reservation.endAt <= endAt) continue;
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
