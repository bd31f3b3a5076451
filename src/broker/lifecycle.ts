/** What becomes of an agreement once it is made: its end, in one of several ways, and what is done to its machines. */
import { withoutAbsent } from '../agreement/document.ts';
import { type Due, dueAfter } from '../agreement/terms/quote.ts';
import type { EndAction, WorkspaceTerm } from '../agreement/terms/service.ts';
import { beginOf, cutPlacement } from '../capacity/resources.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import { type Party, reachOf } from '../identity/party.ts';
import type { Reason } from '../negotiation/decision.ts';
import { isKeeping } from '../negotiation/kept.ts';
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { AgreementRecord, DesiredState, JsonValue, MachineRecord, ObservedMachine } from '../store/records.ts';
import { findToChange, signature, staleOf, stateForbids } from './access.ts';
import type { ActionRequest, ChangeOutcome, MachineAction, Refused, TerminateRequest } from './outcome.ts';
import { reconsiderPurchase } from './rounds/holds.ts';
import { endNegotiationsAbout } from './rounds/negotiation-ending.ts';
import type { Turn } from './turn.ts';

/** A machine that stopped by itself is started again after so long: no faster, or a guest that crashes at once spins. */
export const RESTART_AFTER_SECONDS = 10;

/** What an action makes of a machine, and in which states it can be asked. Asking for what is so already is no error. */
const ACTIONS: Readonly<Record<MachineAction, { readonly from: readonly DesiredState[]; readonly to: DesiredState }>> =
	{
		pause: { from: ['running', 'paused'], to: 'paused' },
		resume: { from: ['paused', 'running'], to: 'running' },
		save: { from: ['running', 'paused', 'saved'], to: 'saved' },
		// What was shut down is restored by booting again from its disk.
		restore: { from: ['saved', 'off', 'running'], to: 'running' },
		shutdown: { from: ['running', 'off'], to: 'off' },
	};

/** What its end makes of a machine: it only ever keeps less. */
export const ENDINGS: Readonly<Record<EndAction, Readonly<Record<DesiredState, DesiredState>>>> = {
	pause: { running: 'paused', paused: 'paused', saved: 'saved', off: 'off', absent: 'absent' },
	save: { running: 'saved', paused: 'saved', saved: 'saved', off: 'off', absent: 'absent' },
	shutdown: { running: 'off', paused: 'absent', saved: 'absent', off: 'absent', absent: 'absent' },
	destroy: { running: 'absent', paused: 'absent', saved: 'absent', off: 'absent', absent: 'absent' },
};

/** What is done to machines at their end: what would keep them for no time destroys them. */
export function endingOf(workspace: WorkspaceTerm): EndAction {
	const { endAction } = workspace;
	return endAction === 'shutdown' || isKeeping(workspace) ? endAction : 'destroy';
}

/** Ends an agreement before its time, or what is retained after it. */
export function terminate(turn: Turn, request: TerminateRequest, policy: SitePolicy): ChangeOutcome {
	const { party, agreementId, ifMatch, reason } = request;
	const found = findToChange(turn, party, agreementId);
	if (found.kind !== 'found') return found;
	const { agreement } = found;
	const stale = staleOf(agreement, ifMatch);
	if (stale !== undefined) return stale;
	const retained = agreement.state === 'Complete' && turn.store.work.findErrand(agreement.id, 'release') !== undefined;
	if (retained) return { kind: 'changed', agreement: release(turn, agreement, policy, signature(party)) };
	if (agreement.state === 'ObservedAndTerminating') return { kind: 'changed', agreement };
	if (agreement.state !== 'Observed') return refuse(turn, stateForbids(agreement, 'terminated'));
	const stateReason = reason ?? 'Terminated on request.';
	const owed = owedAfter(turn, party, agreement);
	const ending = { stateReason, by: signature(party), ...withoutAbsent({ owed }) };
	return { kind: 'changed', agreement: giveUp(turn, agreement, ending, policy) };
}

/** Ends an agreement at its ExpirationTime: its client set it before the end of the window, and owes what ending it then costs. */
export function expire(turn: Turn, agreement: AgreementRecord, policy: SitePolicy, by: JsonValue): void {
	const stateReason = 'The ExpirationTime of the agreement has passed.';
	// It is noticed later where the broker was busy, or down.
	const endedAt = Math.min(turn.now, agreement.expirationAt ?? turn.now);
	const owed = owedByClient({ store: turn.store, now: endedAt }, agreement);
	giveUp(turn, agreement, { stateReason, by, endedAt, ...withoutAbsent({ owed }) }, policy);
}

function giveUp(turn: Turn, agreement: AgreementRecord, ending: EarlyEnd, policy: SitePolicy): AgreementRecord {
	const used = placementsOf(agreement.placement).flatMap((each) => cutPlacement(each, 0, turn.now) ?? []);
	const ended = endEarly(turn, agreement, ending, policy);
	// Whoever paid for it need not have used it.
	if (ending.owed !== 'penalty' && Number(ended.due?.amount ?? 0) === 0)
		reconsiderPurchase(turn, agreement, used, policy.holds);
	return ended;
}

/** Which of both sides has not kept the agreement where this party ends it: the site its penalty, the client the fee. */
function owedAfter(turn: Turn, party: Party, agreement: AgreementRecord): Due['kind'] | undefined {
	const isOwner = party.name === agreement.party && party.vo === agreement.vo;
	// What is another's can be ended by its VO, which is the client's side, or by who runs the site.
	if (!isOwner && reachOf(party, 'agreement.change') === 'site') return 'penalty';
	return owedByClient(turn, agreement);
}

/** What its client owes by its terms where it gives it up now: a deployment that fails and keeps it waiting is not paid for. */
export function owedByClient(
	{ now, store }: Pick<Turn, 'now' | 'store'>,
	agreement: AgreementRecord,
): 'cancellation' | undefined {
	const { id, supersedes, serviceState, grant } = agreement;
	const isWaiting = supersedes === undefined && serviceState === 'NotReady' && grant.startAt <= now;
	const isKeptWaiting = isWaiting && store.work.findErrand(id, 'converge')?.lastError !== undefined;
	return isKeptWaiting ? undefined : 'cancellation';
}

/** Why an agreement ends before its time, by whom, and what is owed by its terms for it: absent, nothing. */
interface EarlyEnd {
	readonly stateReason: string;
	readonly by: JsonValue;
	readonly owed?: Due['kind'];
	/** When it ended by its terms; absent: now. */
	readonly endedAt?: number;
}

/**
 * Ends an agreement now: its machines go, and its capacity with them once they are gone. It is Terminated when the
 * last machine was seen to be absent; at once where there were none yet.
 */
export function endEarly(
	turn: Turn,
	agreement: AgreementRecord,
	{ stateReason, by, owed, endedAt = turn.now }: EarlyEnd,
	policy: SitePolicy,
): AgreementRecord {
	const { ledger, now, store } = turn;
	const { price, grant } = agreement;
	const due = price === undefined || owed === undefined ? undefined : dueAfter(price, owed, grant.startAt, endedAt);
	for (const kind of ['end', 'expire', 'converge'] as const) store.work.cancel(agreement.id, kind);
	endNegotiationsAbout(turn, agreement.id, 'The agreement that it would change has ended.');
	const begun = beginOf(agreement.placement) <= now;
	ledger.cut(agreement.id, begun ? now + policy.teardownSeconds : now, now);
	dismissMachines(turn, agreement);
	const ending = turn.update(
		agreement,
		{ state: 'ObservedAndTerminating', stateReason, ...(due === undefined ? {} : { due }) },
		{ kind: 'terminating', body: { by, reason: stateReason, ...(due === undefined ? {} : { due: { ...due } }) } },
	);
	if (!begun) return completeTermination(turn, ending);
	turn.plan('converge', ending, now);
	return ending;
}

/** The end of the window: the machines end as agreed, and what is retained is released later. */
export function endWindow(turn: Turn, agreement: AgreementRecord, policy: SitePolicy): void {
	const { now, store } = turn;
	const { endAt, workspace } = agreement.grant;
	const action = endingOf(workspace);
	const ending = ENDINGS[action];
	for (const { index, desired } of ownMachines(turn, agreement)) {
		store.machines.desire(agreement.workspaceId, index, ending[desired]);
	}
	store.work.cancel(agreement.id, 'expire');
	endNegotiationsAbout(turn, agreement.id, 'The agreement that it would change has ended.');
	const complete = turn.update(
		agreement,
		{ state: 'Complete', serviceState: 'Completed', stateReason: 'The window has ended.' },
		{ kind: 'completed', body: { endAction: workspace.endAction } },
	);
	turn.plan('converge', complete, now);
	if (isKeeping(workspace)) turn.plan('release', complete, endAt + workspace.retentionSeconds);
	// An orderly shutdown that nobody reports does not keep its place longer than was booked for it.
	else if (action === 'shutdown') turn.plan('release', complete, endAt + policy.teardownSeconds);
}

/** Releases what was retained after the end; earlier than agreed where somebody asked for it. */
export function release(turn: Turn, agreement: AgreementRecord, policy: SitePolicy, by: JsonValue): AgreementRecord {
	const { ledger, now, store } = turn;
	store.work.cancel(agreement.id, 'release');
	dismissMachines(turn, agreement);
	ledger.cut(agreement.id, now + policy.teardownSeconds, now);
	// What is left of a service that has ended goes with the errands of the agreement that there is.
	turn.plan('converge', store.agreements.currentOf(agreement.workspaceId)!, now);
	const { supersededBy } = agreement;
	const change = supersededBy === undefined ? {} : { stateReason: supersededText(supersededBy) };
	return turn.update(agreement, change, { kind: 'released', body: { by } });
}

/** Why an agreement is Complete whose place another one has taken. */
export function supersededText(successorId: string): string {
	return `Superseded by ${successorId}.`;
}

/** Asks for another state of one machine, within the window. */
export function requestAction(turn: Turn, request: ActionRequest): ChangeOutcome {
	const { party, agreementId, index, action, ifMatch } = request;
	const found = findToChange(turn, party, agreementId);
	if (found.kind !== 'found') return found;
	const { agreement } = found;
	const stale = staleOf(agreement, ifMatch);
	if (stale !== undefined) return stale;
	const machine = turn.store.machines.of(agreement.workspaceId).find((candidate) => candidate.index === index);
	if (machine === undefined || machine.agreementId !== agreement.id) return { kind: 'not-found' };
	if (agreement.state !== 'Observed' || beginOf(agreement.placement) > turn.now) {
		return refuse(turn, stateForbids(agreement, `asked to ${action} a machine`));
	}
	const { from, to } = ACTIONS[action];
	if (!from.includes(machine.desired)) {
		const message = `To ${action} a machine it must be ${from.join(' or ')}; machine ${index} is ${machine.desired}.`;
		return refuse(turn, { code: 'STATE_FORBIDS', message, asked: action, available: machine.desired });
	}
	if (machine.desired === to) return { kind: 'changed', agreement };
	turn.store.machines.desire(agreement.workspaceId, index, to);
	turn.plan('converge', agreement, turn.now);
	const event = { kind: 'action', body: { by: signature(party), index, action } };
	return { kind: 'changed', agreement: turn.update(agreement, {}, event) };
}

/**
 * Records what was seen of a machine and draws the conclusions: the service is Ready when all its machines run, a
 * termination is complete when all are gone, a machine that was shut down at the end goes, one that stopped by itself
 * is started again. False where there is no such machine.
 */
export function recordObservation(turn: Turn, workspaceId: string, index: number, seen: ObservedMachine): boolean {
	const { now, store } = turn;
	const machine = store.machines.observe(workspaceId, index, seen, now);
	if (machine === undefined) return false;
	const agreement = store.agreements.currentOf(workspaceId)!;
	turn.changed.add(agreement.id);
	const all = store.machines.of(workspaceId);
	const machines = all.filter((each) => each.agreementId === agreement.id || each.desired === 'absent');
	followEnd(turn, agreement, machine, all);
	switch (agreement.state) {
		case 'Observed':
			followService(turn, agreement, machines);
			if (machine.desired === 'running' && seen.state !== 'running' && beginOf(agreement.placement) <= now) {
				planOnce(turn, agreement, now + RESTART_AFTER_SECONDS);
			}
			break;
		case 'ObservedAndTerminating':
			if (machines.every(isGone)) completeTermination(turn, agreement);
			break;
		default:
			break;
	}
	return true;
}

/** What was shut down at its end goes, with its window or with its service; what is gone has nothing to release. */
function followEnd(
	turn: Turn,
	current: AgreementRecord,
	machine: MachineRecord,
	machines: readonly MachineRecord[],
): void {
	const { store, now } = turn;
	const { workspaceId, index, agreementId, desired, observed } = machine;
	const owner = agreementId === current.id ? current : store.agreements.find(agreementId)!;
	if (owner.state !== 'Complete') return;
	if (desired === 'off' && observed?.state === 'off' && owner.grant.workspace.endAction === 'shutdown') {
		store.machines.desire(workspaceId, index, 'absent');
		turn.plan('converge', current, now);
	}
	if (machines.every((each) => each.agreementId !== agreementId || isGone(each))) {
		store.work.cancel(agreementId, 'release');
	}
}

/** Not wanted, and seen not to be there. */
export function isGone({ desired, observed }: MachineRecord): boolean {
	return desired === 'absent' && observed?.state === 'absent';
}

function dismissMachines(turn: Turn, agreement: AgreementRecord): void {
	for (const { index } of ownMachines(turn, agreement))
		turn.store.machines.desire(agreement.workspaceId, index, 'absent');
}

/** Those that are in this revision: what has ended with a service is in an earlier one. */
function ownMachines({ store }: Turn, { id, workspaceId }: AgreementRecord): MachineRecord[] {
	return store.machines.of(workspaceId).filter(({ agreementId }) => agreementId === id);
}

function completeTermination(turn: Turn, agreement: AgreementRecord): AgreementRecord {
	return turn.update(agreement, { state: 'Terminated', serviceState: 'Completed' }, { kind: 'terminated', body: {} });
}

/**
 * Service term states follow what was seen of the machines (GFD.192, 7.2): Ready from when all are up as agreed (what
 * is held in another state takes a new revision's sizes when it goes on), and from then on Processing while those that shall run do, else Idle.
 */
function followService(turn: Turn, agreement: AgreementRecord, machines: readonly MachineRecord[]): void {
	const wanted = machines.filter(({ desired }) => desired !== 'absent');
	const up = wanted.every(({ observed, revision, desired, host }) => {
		if (observed?.host !== host || observed.state !== desired) return false;
		return observed.revision === revision || desired !== 'running';
	});
	if (!up && agreement.serviceState === 'NotReady') return;
	const running = wanted.filter(({ desired }) => desired === 'running');
	const processing = running.length > 0 && running.every(({ observed }) => observed?.state === 'running');
	const serviceActivity = processing ? 'Processing' : 'Idle';
	if (agreement.serviceState === 'Ready' && agreement.serviceActivity === serviceActivity) return;
	const event = { kind: 'ready', body: { activity: serviceActivity } };
	turn.update(agreement, { serviceState: 'Ready', serviceActivity }, event);
}

/** Plans an errand for machines unless one is planned: an observation must not push back what is about to be done. */
export function planOnce(turn: Turn, agreement: AgreementRecord, dueAt: number): void {
	if (turn.store.work.findErrand(agreement.id, 'converge') === undefined) turn.plan('converge', agreement, dueAt);
}

function refuse(turn: Turn, reason: Reason): Refused {
	return { kind: 'refused', reasons: [reason], calendarVersion: turn.ledger.version };
}
