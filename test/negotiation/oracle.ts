/**
 * What a question admits, found by trying: every grant of a grid over starts, durations and sizes, looked at piece by
 * piece of its time, host by host. It shares only the arithmetic of what is booked with what it judges.
 */
import type { ServiceGrant } from '../../src/agreement/terms/service.ts';
import { usageOf } from '../../src/negotiation/booking.ts';
import type { Question } from '../../src/negotiation/decide.ts';
import { priceOf } from '../../src/negotiation/policy/price.ts';
import type { VoLimits } from '../../src/negotiation/policy/quota.ts';
import { sharesOf } from '../../src/negotiation/policy/usage.ts';
import { UNIT } from './worlds.ts';

/** The hosts that the offer admits, by name. */
export function hostsFor({ request, calendar }: Question): readonly string[] {
	const { workspace, candidateHosts, cpuArchitecture } = request;
	return calendar.hosts
		.filter(({ name }) => candidateHosts.length === 0 || candidateHosts.includes(name))
		.filter(({ labels }) => cpuArchitecture === undefined || labels.cpuArchitecture === cpuArchitecture)
		.filter(({ labels }) => !workspace.placement?.labels.cpuArchitecture || labels.cpuArchitecture !== undefined)
		.map(({ name }) => name);
}

/** Whether something new may have exactly this: the hosts, the site's reserve, its price and the quotas admit it. */
export function isPossible(asked: Question, hosts: readonly string[], grant: ServiceGrant): boolean {
	const { calendar, policy, now, request } = asked;
	const { startAt, machineCount } = grant;
	const usage = usageOf(grant, policy, now);
	const countMax = request.workspace.placement?.machinesPerHostMax ?? machineCount;
	const counts = hosts.map((name) => calendar.largestCount({ startAt, usage, countMax, candidateHosts: [name] }));
	if (counts.reduce((sum, count) => sum + count, 0) < machineCount) return false;
	// What the site keeps back is a matter of all hosts together.
	return calendar.keepsReserve([{ usage, count: machineCount }], startAt) && isAdmitted(asked, grant);
}

export function limitsOf({ policy }: Question): VoLimits {
	return policy.quotas!.vos.get('physics')!;
}

/** Whether price and quotas admit the grant. */
function isAdmitted(asked: Question, grant: ServiceGrant): boolean {
	const { policy, usage, now, request } = asked;
	if (policy.prices !== undefined && request.priceCeiling !== undefined) {
		const { amount } = priceOf(grant, policy, { model: policy.prices, vo: 'physics', percent: 100 });
		if (Number(amount) > Number(request.priceCeiling.amount)) return false;
	}
	const limits = limitsOf(asked);
	const { period, borrowSeconds } = policy.quotas!;
	const [phase] = usageOf(grant, policy, now);
	const own = phase!.demand.cpuMillicores * grant.machineCount;
	const fromAt = grant.startAt + phase!.offsetSeconds;
	const untilAt = fromAt + phase!.durationSeconds;
	for (const share of sharesOf(period, fromAt, untilAt)) {
		const left = (limits.cpuMillicoreSecondsMax ?? Infinity) - usage!.bookedIn('physics', share.startAt);
		if (own * share.seconds > left) return false;
	}
	for (let at = fromAt; at < untilAt; at += UNIT / 2) {
		const [book] = usage!.calendarOf('physics')?.freeBetween(at, at + 1) ?? [];
		const all = own + (book === undefined ? 0 : 2 ** 40 - book.steps[0]!.free.cpuMillicores);
		if (all > (limits.cpuMillicoresMax ?? Infinity)) return false;
		const isOverSoon = grant.endAt <= now + borrowSeconds;
		if (!isOverSoon && all > (limits.shareMillicores ?? Infinity)) return false;
	}
	return true;
}
