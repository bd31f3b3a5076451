/** A calendar's explanation, told as reasons: what is short, by how much, where and when (H6). */

import { type Host, RESOURCE_NAMES, type ResourceName, type ResourceVector } from '../../capacity/resources.ts';
import type { Explanation, HostExplanation, ResourceLimit } from '../../capacity/search/explanation.ts';
import type { HostClass, Reason } from '../decision.ts';
import { moreRemedy } from './remedy.ts';
import { amountText } from './words.ts';

/** A host's explanation, and what it has in common with others. */
type HostInClass = HostExplanation & { readonly hostClass: HostClass };

/** The time that the machines would take, for reasons that are about all of it. */
type Interval = NonNullable<Reason['interval']>;

/**
 * Every resource that alone keeps the machines out (one machine: off all hosts that are large enough for it), and the
 * number of machines when several were asked. Amounts are those that are booked, with the hypervisor's overhead; for several machines they are sums over all of them, and
 * `available` is what can be used in pieces of one machine. Where no resource alone is to blame (one host lacks memory,
 * another CPUs), the tightest one of each host is named. Empty where the machines fit. `isAlone`: nothing else is asked
 * beside these machines. O(hosts).
 */
export function shortageReasons(explanation: Explanation, interval: Interval, isAlone: boolean): readonly Reason[] {
	const { countAsked, countFree, countEmpty, countWithinReserve = countAsked } = explanation;
	if (countFree >= countAsked) return [];
	const hosts = explanation.classes.flatMap(({ hosts: members, capacity, labels }) => {
		const hostClass = { hosts: members.length, capacity, labels };
		return members.map((host) => ({ ...host, hostClass }));
	});
	const reasons: Reason[] = [];
	if (countAsked > 1) {
		const parts = explanation.classes.map((each) => ({ available: each.countFree, limit: each.countEmpty }));
		const told = [machinesReason(explanation, interval), ...fewerFree(explanation, interval)];
		reasons.push(...told.map((reason) => ({ ...reason, ...classesIn(hosts, parts) })));
	}
	const isReserve = countWithinReserve < countAsked;
	if (isReserve) reasons.push({ ...reserveReason(explanation, countWithinReserve, interval), ...classesIn(hosts) });
	// A host that is too small for one machine in anything gives it nothing, however much it has of all else.
	const isAble = ({ limits }: HostExplanation): boolean => limits.every(({ capacity, asked }) => capacity >= asked);
	const able = countAsked === 1 ? hosts.filter(isAble) : [];
	for (const resource of RESOURCE_NAMES) {
		const reason = resourceReason(resource, able.length > 0 ? able : hosts, countAsked, hosts.length);
		if (reason !== undefined) reasons.push(reason, ...reservedBeside(reason));
	}
	if (reasons.length > 0) return withLacks(reasons, hosts, isAlone && countAsked === 1 && !isReserve);
	const code = countEmpty === 0 ? 'CAPACITY_TOO_SMALL' : 'CAPACITY_RESERVED';
	if (hosts.length === 0)
		return [{ code, message: 'This site has no hosts.', asked: countAsked, available: 0, interval }];
	return hosts.slice(0, HOSTS_NAMED_MAX).map((host) => {
		const reason = hostReason(host, code);
		if (code !== 'CAPACITY_RESERVED') return reason;
		return withLack(reason, isAlone && lackingOn(host).length === 1 ? host : undefined);
	});
}

/** What of its resources a host has too little of for one machine. */
function lackingOn({ limits }: HostExplanation): readonly ResourceLimit[] {
	return limits.filter(({ countFree }) => countFree < 1);
}

/**
 * The reasons with what would have to be free of the resources. Of one machine it is said for all of them of one host,
 * the one that lacks least and nothing beside: so much more there, and the machine fits. Where there is no such host, and
 * where more than one machine is asked, the amounts are bounds. O(hosts).
 */
function withLacks(reasons: readonly Reason[], hosts: readonly HostExplanation[], isAlone: boolean): readonly Reason[] {
	const short = new Set(reasons.map(({ resource }) => resource));
	const isEnough = ({ resource, lack, capacity, asked }: ResourceLimit): boolean =>
		lack !== undefined && short.has(resource) && capacity >= asked;
	const shareOf = (host: HostExplanation): number =>
		lackingOn(host).reduce((sum, { lack, asked }) => sum + lack!.more / asked, 0);
	const nearest = hosts
		.filter((host) => isAlone && lackingOn(host).every(isEnough))
		.reduce<HostExplanation | undefined>(
			(least, host) => (least === undefined || shareOf(host) < shareOf(least) ? host : least),
			undefined,
		);
	return reasons.map((reason) => {
		if (reason.code !== 'CAPACITY_RESERVED' || reason.resource === 'machines' || reason.remedy) return reason;
		return withLack(reason, nearest);
	});
}

/** On the host, if that is where it is enough; else as a bound. */
function withLack(reason: Reason, host: HostExplanation | undefined): Reason {
	const lack = host?.limits.find(({ resource }) => resource === reason.resource)?.lack;
	if (host === undefined || lack === undefined) {
		const where = reason.host === undefined ? 'over all hosts' : 'on one host';
		return { ...reason, remedy: moreRemedy(reason, where, { atLeast: true }) };
	}
	const { more, ...interval } = lack;
	return { ...reason, remedy: moreRemedy(reason, 'on one host', { more, host: host.host, interval }) };
}

/** The resources of which one machine needs more than any host has at all. O(hosts). */
export function oversizeReasons(demand: ResourceVector, hosts: readonly Host[]): readonly Reason[] {
	return RESOURCE_NAMES.flatMap((resource) => {
		const [first, ...rest] = hosts;
		if (first === undefined) return [];
		const largest = rest.reduce(
			(most, host) => (host.capacity[resource] > most.capacity[resource] ? host : most),
			first,
		);
		const { name, capacity, labels } = largest;
		if (demand[resource] <= capacity[resource]) return [];
		const hostClass = { hosts: hosts.filter((host) => isAlike(host, largest)).length, capacity, labels };
		return [{ ...oversize(resource, demand[resource], capacity[resource], name), hostClass }];
	});
}

function isAlike(one: Host, other: Host): boolean {
	const labels = Object.entries(one.labels);
	return (
		RESOURCE_NAMES.every((resource) => one.capacity[resource] === other.capacity[resource]) &&
		labels.length === Object.keys(other.labels).length &&
		labels.every(([label, value]) => other.labels[label] === value)
	);
}

/** Beyond a handful, hosts tell the same story again. */
const HOSTS_NAMED_MAX = 4;

const UNITS: Readonly<Record<ResourceName, string>> = {
	cpuMillicores: 'millicores of CPU',
	memoryBytes: 'bytes of memory',
	diskBytes: 'bytes of disk',
	networkBitsPerSecond: 'bits per second of network',
};

function reserveReason({ countAsked, countEmpty }: Explanation, available: number, interval: Interval): Reason {
	const code = countEmpty < countAsked ? 'CAPACITY_TOO_SMALL' : 'CAPACITY_RESERVED';
	const isTooSmall = code === 'CAPACITY_TOO_SMALL';
	const room = isTooSmall ? countEmpty : available;
	const when = isTooSmall ? 'even when it is empty' : 'in that time; the rest is reserved';
	const message =
		`This site keeps a share of all its hosts back; beyond it there is room for ${room} of ${countAsked} such ` +
		`machines ${when}.`;
	const limit = isTooSmall ? { limit: countEmpty } : {};
	return { code, message, resource: 'machines', asked: countAsked, available, ...limit, interval };
}

function machinesReason(explanation: Explanation, interval: Interval): Reason {
	const { countAsked, countFree, countEmpty, machinesPerHostMax: most } = explanation;
	const isTooSmall = countEmpty < countAsked;
	const apart = most === undefined ? '' : `, at most ${most} on one host`;
	const message = isTooSmall
		? `Even the empty site has room for only ${countEmpty} of ${countAsked} such machines${apart}.`
		: `There is room for ${countFree} of ${countAsked} such machines${apart} in that time; the rest is reserved.`;
	const code = isTooSmall ? 'CAPACITY_TOO_SMALL' : 'CAPACITY_RESERVED';
	return { code, message, resource: 'machines', asked: countAsked, available: countFree, limit: countEmpty, interval };
}

/** Of more machines than the empty site has room for: how many of those are not reserved. */
function fewerFree({ countAsked, countFree, countEmpty }: Explanation, interval: Interval): Reason[] {
	if (countEmpty >= countAsked || countFree >= countEmpty) return [];
	const message = `Of the ${countEmpty} machines that the site has room for ${countFree} have it in that time; the rest is reserved.`;
	const amounts = { asked: countAsked, available: countFree, limit: countEmpty };
	const reserved: Reason = { code: 'CAPACITY_RESERVED', message, resource: 'machines', ...amounts, interval };
	const remedy = moreRemedy(reserved, '', { more: countEmpty - countFree, atLeast: true });
	if (countFree === 0) return [{ ...reserved, remedy }];
	const text = `${remedy.text}, or at most ${amountText(countFree, 'machines')}`;
	return [{ ...reserved, remedy: { ...remedy, text, allowed: countFree } }];
}

/** Whether less is in the way there: on a host that is too small nothing could ever be freed. */
function isNearer(one: ResourceLimit, other: ResourceLimit): boolean {
	const couldFit = (limit: ResourceLimit) => limit.capacity >= limit.asked;
	return couldFit(one) === couldFit(other) ? one.free > other.free : couldFit(one);
}

/** Why this resource alone keeps the machines off these hosts, of so many; undefined where it does not. */
function resourceReason(
	resource: ResourceName,
	hosts: readonly HostInClass[],
	count: number,
	hostCount: number,
): Reason | undefined {
	let countFree = 0;
	let countEmpty = 0;
	let best: { readonly host: HostInClass; readonly limit: ResourceLimit } | undefined;
	for (const host of hosts) {
		const limit = host.limits.find((candidate) => candidate.resource === resource);
		if (limit === undefined) return undefined;
		countFree += limit.countFree;
		countEmpty += Math.floor(limit.capacity / limit.asked);
		if (best === undefined || isNearer(limit, best.limit)) best = { host, limit };
	}
	if (best === undefined || countFree >= count) return undefined;
	const { limit } = best;
	const { host, hostClass } = best.host;
	const interval = { startAt: limit.startAt, endAt: limit.endAt };
	const largest = hosts.map((each) => each.limits.find((candidate) => candidate.resource === resource)!);
	const capacities = largest.map(({ capacity }) => capacity);
	const capacityMax = Math.max(...capacities);
	const capacityMin = Math.min(...capacities);
	if (limit.asked > capacityMax) return oversizeOn(resource, hosts);
	const code = countEmpty < count ? 'CAPACITY_TOO_SMALL' : 'CAPACITY_RESERVED';
	const unit = UNITS[resource];
	if (count === 1) {
		const isSome = hosts.length < hostCount || capacityMin < limit.asked;
		const which = isSome ? 'of the hosts that are large enough, at most' : 'at most';
		const message = `A machine needs ${limit.asked} ${unit}; ${which} ${limit.free} are free, on ${host}.`;
		const amounts = { asked: limit.asked, available: limit.free, limit: limit.capacity };
		return { code, message, resource, ...amounts, host, hostClass, interval };
	}
	const empty = code === 'CAPACITY_TOO_SMALL' ? `, and for ${countEmpty} when the site is empty` : '';
	const message = `${count} machines need ${limit.asked} ${unit} each; there is enough for ${countFree}${empty}.`;
	const pieces = (pieceCount: number): number => pieceCount * limit.asked;
	const amounts = { asked: pieces(count), available: pieces(countFree), limit: pieces(countEmpty) };
	const limits = [...Map.groupBy(hosts, (each) => each.hostClass).values()];
	const parts = limits.map((members) => {
		const own = members.map(({ limits: each }) => each.find((candidate) => candidate.resource === resource)!);
		const ofClass = (each: (limit: ResourceLimit) => number): number =>
			pieces(own.reduce((sum, one) => sum + each(one), 0));
		const limitOf = ofClass(({ capacity, asked }) => Math.floor(capacity / asked));
		return { available: ofClass((each) => each.countFree), limit: limitOf };
	});
	return { code, message, resource, ...amounts, ...classesIn(hosts, parts), interval };
}

/** The class of all these hosts; of several classes each with its part of the amounts, where there are such. */
function classesIn(
	hosts: readonly HostInClass[],
	parts: readonly { readonly available: number; readonly limit: number }[] = [],
): Pick<Reason, 'hostClass' | 'hostClasses'> {
	const classes = [...new Set(hosts.map(({ hostClass }) => hostClass))];
	if (classes.length === 1) return { hostClass: classes[0]! };
	if (parts.length === 0) return {};
	return { hostClasses: classes.slice(0, CLASSES_NAMED_MAX).map((each, nth) => ({ ...each, ...parts[nth]! })) };
}

/** More classes of hosts nobody reads. */
const CLASSES_NAMED_MAX = 8;

function oversize(resource: ResourceName, asked: number, limit: number, host: string): Reason {
	const own = resource === 'memoryBytes' ? ', the hypervisor’s own included' : '';
	const message = `A machine needs ${asked} ${UNITS[resource]}${own}; the largest host has ${limit}.`;
	return { code: 'LIMIT_EXCEEDED', message, resource, asked, limit, host };
}

/** The same with what is free of it: on the largest host, of these the one with the most. */
function oversizeOn(resource: ResourceName, hosts: readonly HostInClass[]): Reason {
	const [largest] = hosts
		.map((host) => ({ host, limit: host.limits.find((candidate) => candidate.resource === resource)! }))
		.toSorted((one, other) => other.limit.capacity - one.limit.capacity || other.limit.free - one.limit.free);
	const { host, limit } = largest!;
	const interval = { startAt: limit.startAt, endAt: limit.endAt };
	const { hostClass } = host;
	const reason = oversize(resource, limit.asked, limit.capacity, host.host);
	return { ...reason, available: limit.free, hostClass, interval };
}

/** What is reserved of a resource of which no host has enough: as much as the largest has is not free either. */
function reservedBeside(reason: Reason): Reason[] {
	const { code, resource, asked, available, limit, host, hostClass, interval } = reason;
	if (code !== 'LIMIT_EXCEEDED' || Number(available) >= Number(limit) || resource === undefined) return [];
	const message = `Of the ${UNITS[resource as ResourceName]} of ${host} only ${available} are free; the rest is reserved.`;
	const where = { host: host!, hostClass: hostClass!, interval: interval! };
	const reserved: Reason = {
		code: 'CAPACITY_RESERVED',
		message,
		resource,
		asked: asked!,
		available: available!,
		limit: limit!,
		...where,
	};
	const more = Number(limit) - Number(available);
	return [{ ...reserved, remedy: moreRemedy(reserved, 'on one host', { more, atLeast: true }) }];
}

/** What is tightest on this host; where it is too small, of what it has too little of even when it is empty. */
function hostReason({ host, hostClass, limits }: HostInClass, code: Reason['code']): Reason {
	const tooSmall = code === 'CAPACITY_TOO_SMALL' ? limits.filter(({ asked, capacity }) => asked > capacity) : [];
	const blamed = tooSmall.length > 0 ? tooSmall : limits;
	const tightest = blamed.reduce((least, limit) => (limit.countFree < least.countFree ? limit : least));
	const { resource, asked, free, capacity, startAt, endAt } = tightest;
	const message = `On ${host} a machine needs ${asked} ${UNITS[resource]}, and ${free} are free.`;
	const amounts = { asked, available: free, limit: capacity };
	return { code, message, resource, ...amounts, host, hostClass, interval: { startAt, endAt } };
}
