/** The services that a renegotiation leaves out: their machines end as agreed, and what these keep is booked until then. */

import { type GrantedService, numbersOf, type RequestedService, servicesOf } from '../agreement/terms/service.ts';
import { printDateTime } from '../agreement/time.ts';
import { beginOf, type Placement, sharesOf } from '../capacity/resources.ts';
import { placementsOf } from '../capacity/search/gang.ts';
import { isKeeping, keptBy } from '../negotiation/kept.ts';
import type { SitePolicy } from '../negotiation/policy/policy.ts';
import type { AgreementRecord, MachineRecord } from '../store/records.ts';
import { ENDINGS, endingOf, supersededText } from './lifecycle.ts';
import type { Turn } from './turn.ts';

export interface EndedServices {
	/** Machines that go, as they were. */
	readonly leaving: readonly MachineRecord[];
	/** What those that stay behind keep, booked by now. */
	readonly kept: readonly Placement[];
}

/**
 * Ends the services that an agreement had and the one that has taken its place has not: their machines go by the end
 * action, as at the end of a window. What is paused or saved stays with the agreement that has ended: booked, to be seen
 * and to be released there. What was never there, or has still to be
 * moved there, has nothing to keep.
 */
export function endServices(
	turn: Turn,
	previous: AgreementRecord,
	agreement: AgreementRecord,
	policy: SitePolicy,
): EndedServices {
	const { now, store } = turn;
	const { workspaceId, placement, grant } = previous;
	const numbers = numbersOf(agreement);
	const ended = numbersOf(previous).filter((number) => !numbers.includes(number));
	const machines = store.machines
		.of(workspaceId)
		.filter(({ service, desired }) => ended.includes(service) && desired !== 'absent');
	const hasBegun = beginOf(placement) <= now;
	const action = hasBegun ? endingOf(grant.workspace) : 'destroy';
	// What has still to leave its host would begin anew on the other one: nothing of it comes along.
	const isThere = ({ observed, host }: MachineRecord) =>
		observed !== undefined && observed.state !== 'absent' && observed.host === host;
	const staying = hasBegun && isKeeping(grant.workspace) ? machines.filter(isThere) : [];
	const leaving = machines.filter((machine) => !staying.includes(machine));
	const ending = ENDINGS[action];
	for (const { index, desired } of staying) store.machines.desire(workspaceId, index, ending[desired]);
	const going = action === 'shutdown' ? ending : ENDINGS.destroy;
	for (const { index, desired } of leaving) store.machines.desire(workspaceId, index, going[desired]);
	if (staying.length > 0) return { leaving, kept: keep(turn, previous, agreement, staying, policy) };
	if (action === 'shutdown' && leaving.length > 0) turn.plan('release', previous, now + policy.teardownSeconds);
	return { leaving, kept: [] };
}

/** Books what these machines keep, says so, and plans its release. */
function keep(
	turn: Turn,
	previous: AgreementRecord,
	{ id: successorId }: AgreementRecord,
	machines: readonly MachineRecord[],
	policy: SitePolicy,
): readonly Placement[] {
	const { ledger, now, store } = turn;
	const { endAction, retentionSeconds } = previous.grant.workspace;
	const placements = placementsOf(previous.placement);
	const names = servicesOf<RequestedService>(previous.request).map(({ serviceName }) => serviceName);
	const numbers = numbersOf(previous);
	const services = servicesOf<GrantedService>(previous.grant).flatMap((service, nth) => {
		const hosts = machines.filter((machine) => machine.service === numbers[nth]).map(({ host }) => host);
		const placement = { ...placements[nth]!, machines: sharesOf(hosts) };
		const kept = keptBy({ service, placement }, policy, now);
		return kept === undefined ? [] : [{ name: names[nth]!, kept }];
	});
	for (const { kept } of services) ledger.book(previous.id, kept);
	const untilAt = now + retentionSeconds;
	turn.plan('release', previous, untilAt);
	const told = services.map(({ name }) => name).join(', ');
	const state = endAction === 'pause' ? 'paused' : 'saved';
	const stateReason = `${supersededText(successorId)} Until ${printDateTime(untilAt)} machines of ${told} are kept, ${state}.`;
	const body = { services: services.map(({ name }) => name), machines: machines.map(({ index }) => index), untilAt };
	turn.update(store.agreements.find(previous.id)!, { stateReason }, { kind: 'kept', body: { ...body, endAction } });
	return services.map(({ kept }) => kept);
}
