/** What workers do for the desk: machines are brought to where they shall be, and what was seen is told back. */
import { type GrantedService, numbersOf, servicesOf } from '../agreement/terms/service.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { AgreementRecord, DesiredState, MachineRecord, ObservedMachine } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import type { Lease } from '../store/work.ts';
import { abandonHost, neverUp } from './abandonment.ts';
import { isGone, recordObservation } from './lifecycle.ts';
import type { Setback } from './outcome.ts';
import type { Turn } from './turn.ts';

/** How long a worker has an errand for itself: booting a guest under software emulation takes up to half of it. */
export const LEASE_SECONDS = 120;

/** Failures to deploy on a host before it is given up: with the pauses between them, two minutes. */
export const DEPLOY_ATTEMPTS_MAX = 6;

/** The pause after the first failure; it doubles with each further one. */
export const RETRY_SECONDS_MIN = 2;

/** What has failed often is still tried once a minute: the hypervisor may come back. */
export const RETRY_SECONDS_MAX = 60;

/** One machine as it shall be, with all that a site needs to know to make it so. */
export interface MachineOrder {
	readonly installationId: string;
	readonly workspaceId: string;
	readonly index: number;
	readonly agreementId: string;
	readonly revision: number;
	readonly host: string;
	/** The hosts on which it may stand by now, where the books know that. */
	readonly mayStandOn?: readonly string[];
	/** Where it was last seen to be there, which revision it had reached, and what it may use; absent: it was not. */
	readonly standing?: Pick<ObservedMachine, 'host' | 'revision' | 'limits'>;
	/** `absent`: it and everything of it goes. */
	readonly desired: DesiredState;
	/** It is not wanted and was not there: nothing to do, unless an older errand has made it meanwhile. */
	readonly gone?: true;
	/** Its service has ended, and it is kept for a while: it is never started again. */
	readonly kept?: true;
	/** What cannot be changed while it runs may be changed by restarting it: the client has agreed to that. */
	readonly mayRestart: boolean;
	readonly cpuCount: number;
	readonly cpuSharePercent: number;
	readonly memoryBytes: number;
	readonly diskBytes: number;
	readonly networkBitsPerSecond: number;
	readonly imageDigest: string;
	readonly sshPublicKey?: string;
}

/** An errand that a worker has leased: it has it for itself until `leaseUntil`. */
export interface LeasedErrand extends Lease {
	readonly revision: number;
	/** 1 for the first attempt. */
	readonly attempts: number;
	readonly leaseUntil: number;
	readonly machines: readonly MachineOrder[];
}

export interface Observation {
	readonly workspaceId: string;
	readonly index: number;
	readonly observed: ObservedMachine;
}

export interface Failure {
	readonly message: string;
	/** The host that is to blame, where one is. */
	readonly host?: string;
	/** Trying again on that host is known to be useless. */
	readonly forGood?: boolean;
	/** It is a machine that goes or is kept: nothing of a deployment has failed. */
	readonly isOfEnding?: boolean;
}

/** What became of a failed errand; `lost`: somebody else has it, or it was planned anew. */
export type FailureOutcome =
	| { readonly kind: 'retried'; readonly dueAt: number }
	| { readonly kind: 'moved' }
	| { readonly kind: 'terminated' }
	| { readonly kind: 'lost' };

export function leaseErrands(turn: Turn, limit: number): LeasedErrand[] {
	const { now, site, store } = turn;
	return store.work.lease(site, now, now + LEASE_SECONDS, limit).map((errand) => {
		const agreement = store.agreements.find(errand.agreementId)!;
		store.machines.write(agreement.workspaceId);
		const all = store.machines.of(agreement.workspaceId);
		const { consented, mayStandOn } = revisionsSince(
			store,
			agreement,
			all.filter((machine) => !isGone(machine)),
		);
		const numbers = numbersOf(agreement);
		const machines = all.map((machine) => {
			// What has ended with its service is what it was last agreed to be.
			const isOver = !numbers.includes(machine.service);
			const of = isOver ? store.agreements.find(machine.agreementId)! : agreement;
			const order = { ...orderOf(store.installationId, machine, of, mayRestart(machine, consented)), mayStandOn };
			return isOver && order.desired !== 'absent' ? { ...order, kept: true as const } : order;
		});
		const { kind, fence, agreementId, revision, attempts, leaseUntil } = errand;
		return { kind, fence, agreementId, revision, attempts, leaseUntil, machines };
	});
}

/** The errand is done; false where the lease was lost. What was seen is recorded either way. */
export function finishErrand(turn: Turn, lease: Lease, observations: readonly Observation[]): boolean {
	const errand = turn.store.work.findLeased(lease);
	if (errand !== undefined) turn.changed.add(errand.agreementId);
	turn.store.work.finish(lease);
	record(turn, observations);
	return errand !== undefined;
}

/**
 * The errand failed. It is tried again after a growing pause; but what was never up is not tried for ever: it moves
 * to another host or its agreement ends. A machine that was up once stays where its disk is, however long that takes.
 */
export function failErrand(
	turn: Turn,
	lease: Lease,
	observations: readonly Observation[],
	failure: Failure,
	policy: SitePolicy,
): FailureOutcome {
	const { now, store } = turn;
	record(turn, observations);
	const errand = store.work.findLeased(lease);
	if (errand === undefined) return { kind: 'lost' };
	const agreement = store.agreements.find(errand.agreementId)!;
	const isAwaited = agreement.state === 'Observed' && agreement.serviceState === 'NotReady';
	const deploying = isAwaited && failure.isOfEnding !== true;
	const host = failure.host ?? soleHost(agreement);
	const blamed = host ?? '';
	const count = (errand.failures[blamed] ?? 0) + (deploying ? 1 : 0);
	const hopeless = failure.forGood === true || count >= DEPLOY_ATTEMPTS_MAX;
	if (deploying && hopeless) {
		const machines = neverUp(turn, agreement, host);
		if (machines.length > 0) {
			return { kind: abandonHost(turn, agreement, { host, machines }, failure.message, policy) };
		}
	}
	const dueAt = now + Math.min(RETRY_SECONDS_MIN * 2 ** (errand.attempts - 1), RETRY_SECONDS_MAX);
	store.work.retry(lease, dueAt, failure.message, { ...errand.failures, [blamed]: count });
	turn.changed.add(agreement.id);
	turn.nudges.push({ kind: 'converge', agreementId: agreement.id, dueAt });
	return { kind: 'retried', dueAt };
}

/** Every machine that shall be there now. */
export function machinesWanted(store: Store, site: string, now: number): MachineOrder[] {
	return store.machines.wanted(site, now).map(({ grant, serviceNumbers, ...machine }) => {
		const agreement = serviceNumbers === undefined ? { grant } : { grant, serviceNumbers };
		const order = orderOf(store.installationId, machine, agreement, false);
		const { observed, host, revision } = machine;
		const isSettled = observed !== undefined && observed.host === host && observed.revision === revision;
		return isSettled ? { ...order, mayStandOn: [host] } : order;
	});
}

function orderOf(
	installationId: string,
	machine: MachineRecord,
	agreement: Pick<AgreementRecord, 'grant' | 'serviceNumbers'>,
	restartAllowed: boolean,
): MachineOrder {
	const granted = servicesOf<GrantedService>(agreement.grant)[numbersOf(agreement).indexOf(machine.service)]!;
	const { cpuCount, memoryBytes, diskBytes, networkBitsPerSecond, workspace } = granted;
	const { workspaceId, index, agreementId, revision, host, desired, observed } = machine;
	const stands = observed !== undefined && observed.state !== 'absent';
	return {
		installationId,
		workspaceId,
		index,
		agreementId,
		revision,
		host,
		...(stands ? { standing: standingIn(observed) } : {}),
		desired,
		...(isGone(machine) ? { gone: true as const } : {}),
		mayRestart: restartAllowed,
		cpuCount,
		cpuSharePercent: workspace.cpuSharePercent,
		memoryBytes,
		diskBytes,
		networkBitsPerSecond,
		imageDigest: workspace.imageDigest,
		...(workspace.sshPublicKey === undefined ? {} : { sshPublicKey: workspace.sshPublicKey }),
	};
}

function standingIn({ host, revision, limits }: ObservedMachine): NonNullable<MachineOrder['standing']> {
	return limits === undefined ? { host, revision } : { host, revision, limits };
}

/**
 * The revisions to which the client has agreed although machines restart by them, back to the oldest that one of the
 * machines has reached, and the hosts to which they belonged in these. O(revisions since then).
 */
function revisionsSince(
	store: Store,
	agreement: AgreementRecord,
	machines: readonly MachineRecord[],
): { readonly consented: readonly number[]; readonly mayStandOn: readonly string[] } {
	const oldest = Math.min(...machines.map(({ observed }) => observed?.revision ?? 0));
	const consented: number[] = [];
	const hosts = new Set([...machines.flatMap(({ observed }) => observed?.host || []), ...hostsOf(agreement)]);
	let revision: AgreementRecord | undefined = agreement;
	while (revision !== undefined && revision.revision >= oldest) {
		if (revision.effects.some(({ kind }) => kind !== 'live')) consented.push(revision.revision);
		for (const host of [...hostsOf(revision), ...revision.failedHosts]) hosts.add(host);
		revision = revision.supersedes === undefined ? undefined : store.agreements.find(revision.supersedes);
	}
	return { consented, mayStandOn: [...hosts] };
}

/**
 * Whether the machine has not fully reached a revision that may restart it. Its newest revision always counts: what
 * looks at a machine without changing it cannot see what is pending there.
 */
function mayRestart({ revision, observed }: MachineRecord, consented: readonly number[]): boolean {
	const reached = observed?.revision ?? 0;
	return consented.some((agreed) => {
		return agreed > reached || agreed === revision || (agreed === reached && observed?.pending !== undefined);
	});
}

function record(turn: Turn, observations: readonly Observation[]): void {
	for (const { workspaceId, index, observed } of observations) recordObservation(turn, workspaceId, index, observed);
}

function soleHost({ placement }: AgreementRecord): string | undefined {
	const [host, ...others] = hostsOf({ placement });
	return others.length === 0 ? host : undefined;
}

function hostsOf({ placement }: Pick<AgreementRecord, 'placement'>): readonly string[] {
	return [...new Set(placementsOf(placement).flatMap(({ machines }) => machines.map(({ host }) => host)))];
}

/** Why the agreement's machines are not as they shall be yet: what the last attempt failed of, until one succeeds. */
export function setbackOf({ agreements, machines, work }: Store, agreement: AgreementRecord): Setback | undefined {
	const isLeft = (machine: MachineRecord) => machine.agreementId === agreement.id && !isGone(machine);
	// What is left of a superseded agreement goes with the errands of the one that there is.
	const hasLeft = agreement.supersededBy !== undefined && machines.of(agreement.workspaceId).some(isLeft);
	const { id } = hasLeft ? agreements.currentOf(agreement.workspaceId)! : agreement;
	const errand = work.findErrand(id, 'converge');
	if (errand?.lastError === undefined) return undefined;
	return { message: errand.lastError, attempts: errand.attempts, retryAt: errand.dueAt };
}
