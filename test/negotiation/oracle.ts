/**
 * What a question admits, found by trying: every grant of a grid over starts, durations and sizes, looked at piece by
 * piece of its time, host by host. It shares only the arithmetic of what is booked with what it judges.
 */
import { type RequestedService, type ServiceGrant, servicesOf } from '../../src/agreement/terms/service.ts';
import type { SiteCalendar } from '../../src/capacity/calendar.ts';
import type { Usage } from '../../src/capacity/resources.ts';
import { timedServices, usageOf } from '../../src/negotiation/booking.ts';
import type { Question } from '../../src/negotiation/decide.ts';
import { priceOf } from '../../src/negotiation/policy/price.ts';
import type { VoLimits } from '../../src/negotiation/policy/quota.ts';
import { sharesOf } from '../../src/negotiation/policy/usage.ts';
import { UNIT } from './worlds.ts';

/** The hosts that the offer admits for its only or first service, by name. */
export function hostsFor({ request, calendar }: Question): readonly string[] {
	return hostsOf(request, calendar);
}

/** The hosts that each of its services may lie on. */
export function hostsForEach({ request, calendar }: Question): readonly (readonly string[])[] {
	return servicesOf<RequestedService>(request).map((service) => hostsOf(service, calendar));
}

function hostsOf(
	{ workspace, candidateHosts, cpuArchitecture }: RequestedService,
	calendar: SiteCalendar,
): readonly string[] {
	return calendar.hosts
		.filter(({ name }) => candidateHosts.length === 0 || candidateHosts.includes(name))
		.filter(({ labels }) => cpuArchitecture === undefined || labels.cpuArchitecture === cpuArchitecture)
		.filter(({ labels }) => !workspace.placement?.labels.cpuArchitecture || labels.cpuArchitecture !== undefined)
		.map(({ name }) => name);
}

/** Whether something new may have exactly this: the hosts, the site's reserve, its price and the quotas admit it. */
export function isPossible(asked: Question, hosts: readonly string[], grant: ServiceGrant): boolean {
	return isPossibleTogether(asked, [hosts], grant);
}

/** The same of all services of a cluster: every way to lay their machines on the hosts of each is tried. */
export function isPossibleTogether(
	asked: Question,
	hostsOfEach: readonly (readonly string[])[],
	grant: ServiceGrant,
): boolean {
	const { calendar, policy, now, request } = asked;
	const { startAt } = grant;
	const requested = servicesOf<RequestedService>(request);
	const services = timedServices(grant).map((service, nth): Laid => {
		const { machineCount: count } = service;
		const usage = usageOf(service, policy, now);
		const countMax = requested[nth]!.workspace.placement?.machinesPerHostMax ?? count;
		return { count, usage, countMax, hosts: hostsOfEach[nth]! };
	});
	if (services.length > 1 && services.reduce((sum, { count }) => sum + count, 0) > policy.machinesMax) return false;
	const room = ({ usage, countMax }: Laid, name: string): number =>
		calendar.largestCount({ startAt, usage, countMax, candidateHosts: [name] });
	const sumOf = (each: Laid, from = 0): number =>
		each.hosts.slice(from).reduce((sum, name) => sum + room(each, name), 0);
	if (services.some((each) => sumOf(each) < each.count)) return false;
	const lay = (nth: number, host: number, left: number): boolean => {
		const each = services[nth]!;
		if (left === 0) return nth === services.length - 1 || lay(nth + 1, 0, services[nth + 1]!.count);
		if (sumOf(each, host) < left) return false;
		if (nth === services.length - 1) return true;
		const name = each.hosts[host]!;
		for (let count = Math.min(left, room(each, name)); count >= 0; count -= 1) {
			const placement = { startAt, usage: each.usage, machines: [{ host: name, count }] };
			if (count > 0) calendar.book(placement);
			const isLaid = lay(nth, host + 1, left - count);
			if (count > 0) calendar.release(placement);
			if (isLaid) return true;
		}
		return false;
	};
	// What the site keeps back is a matter of all hosts together.
	return isAdmitted(asked, grant) && calendar.keepsReserve(services, startAt) && lay(0, 0, services[0]!.count);
}

interface Laid {
	readonly count: number;
	readonly usage: Usage;
	readonly countMax: number;
	readonly hosts: readonly string[];
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
	const services = timedServices(grant);
	const [phase] = usageOf(services[0]!, policy, now);
	const own = services.reduce((sum, each) => {
		return sum + usageOf(each, policy, now)[0]!.demand.cpuMillicores * each.machineCount;
	}, 0);
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
