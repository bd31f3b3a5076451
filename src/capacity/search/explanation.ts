/**
 * Why machines do not fit, or how nearly: the amounts, limits, hosts and intervals that a refusal names (H6).
 */
import { part } from '../../parts.ts';
import type { Phases } from '../profile/phases.ts';
import type { HostProfile } from '../profile/profile.ts';
import {
	type Host,
	RESOURCE_NAMES,
	type ResourceName,
	type ResourceVector,
	USAGE_PHASES_MAX,
	wholeTimes,
} from '../resources.ts';

import { HOSTS_A_PART, MACHINES_MAX } from './sweep.ts';

/** What one resource allows on one host, in the phase in which it allows the fewest machines. */
export interface ResourceLimit {
	readonly resource: ResourceName;
	/** Per machine, in that phase. */
	readonly asked: number;
	/** What is free throughout the phase, and what the host has. */
	readonly free: number;
	readonly capacity: number;
	/** How many machines that is. */
	readonly countFree: number;
	/** Where it binds: the first stretch of the phase in which no more than `countFree` fit. Epoch seconds. */
	readonly startAt: number;
	readonly endAt: number;
	/** What one machine lacks of it, all phases together; absent where it lacks nothing or the host is closed. */
	readonly lack?: Lack;
}

/** So much more of a resource during [startAt, endAt), and a machine lacks nothing of it; with less it does. */
export interface Lack {
	readonly more: number;
	readonly startAt: number;
	readonly endAt: number;
}

export interface HostExplanation {
	readonly host: string;
	/** How many machines fit on it, at most `machinesPerHostMax`, all resources and phases together. */
	readonly countFree: number;
	/** How many would if it were empty and open; 0: it can never carry one. */
	readonly countEmpty: number;
	/** One for each resource that is asked. */
	readonly limits: readonly ResourceLimit[];
}

/** Hosts of equal capacity and labels. */
export interface ClassExplanation {
	readonly capacity: ResourceVector;
	readonly labels: Readonly<Record<string, string>>;
	readonly countFree: number;
	readonly countEmpty: number;
	/** For each resource the limit of the host that has most of it. */
	readonly best: readonly (ResourceLimit & { readonly host: string })[];
	readonly hosts: readonly HostExplanation[];
}

/** The machines fit if and only if `countFree` reaches `countAsked`. */
export interface Explanation {
	readonly countAsked: number;
	/** Of all hosts together, and not more than the site's reserve lets through. */
	readonly countFree: number;
	readonly countEmpty: number;
	/** How many machines the site's reserve lets through, at most `countAsked`; absent: it keeps nothing back. */
	readonly countWithinReserve?: number;
	/** How many machines one host may carry; absent: as many as fit. */
	readonly machinesPerHostMax?: number;
	readonly classes: readonly ClassExplanation[];
}

/** What was asked, of how many machines, and how many of them one host may carry. */
export interface Asked {
	readonly phases: Phases;
	readonly count: number;
	readonly perHost: number;
}

interface Candidate {
	readonly host: Host;
	readonly profile: HostProfile;
}

/** Of windows that stand; `reserve` is what a site's reserve lets through, when the site is as it is and when empty. */
export function explainFit(
	candidates: readonly Candidate[],
	asked: Asked,
	reserve?: { readonly countFree: number; readonly countEmpty: number },
): Explanation {
	const members = Map.groupBy(explainHosts(candidates, asked), ({ key }) => key);
	const classes = Array.from(members.values(), explainClass);
	return {
		countAsked: asked.count,
		countFree: Math.min(sumOf(classes, 'countFree'), reserve?.countFree ?? Infinity),
		countEmpty: Math.min(sumOf(classes, 'countEmpty'), reserve?.countEmpty ?? Infinity),
		...(reserve === undefined ? {} : { countWithinReserve: Math.min(asked.count, reserve.countFree) }),
		...(asked.perHost < MACHINES_MAX ? { machinesPerHostMax: asked.perHost } : {}),
		classes,
	};
}

function classKey({ capacity, labels }: Host): string {
	const { cpuMillicores, memoryBytes, diskBytes, networkBitsPerSecond } = capacity;
	const amounts = `${cpuMillicores} ${memoryBytes} ${diskBytes} ${networkBitsPerSecond}`;
	const named = Object.entries(labels);
	if (named.length === 0) return amounts;
	return amounts + JSON.stringify(named.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** A host, the class that it is of, and what is said of it. */
interface Explained {
	readonly host: Host;
	readonly key: string;
	readonly explanation: HostExplanation;
}

/** A part: to walk over 90 days of 10,000 busy ones takes 160 ms. */
const EXPLAINED_A_PART = HOSTS_A_PART / 2;

function explainHosts(candidates: readonly Candidate[], asked: Asked): readonly Explained[] {
	const explain = (those: readonly Candidate[]): readonly Explained[] =>
		those.map((each) => ({ host: each.host, key: classKey(each.host), explanation: explainHost(each, asked) }));
	if (candidates.length <= HOSTS_A_PART) return explain(candidates);
	const explained: Explained[] = [];
	for (let begin = 0; begin < candidates.length; begin += EXPLAINED_A_PART) {
		explained.push(...part(() => explain(candidates.slice(begin, begin + EXPLAINED_A_PART))));
	}
	return explained;
}

function explainClass(members: readonly Explained[]): ClassExplanation {
	const { capacity, labels } = members[0]!.host;
	const hosts = members.map(({ explanation }) => explanation);
	const best = hosts[0]!.limits.map((_, i) => {
		const most = hosts.reduce((winner, host) => (exceeds(host.limits[i]!, winner.limits[i]!) ? host : winner));
		return { ...most.limits[i]!, host: most.host };
	});
	return {
		capacity,
		labels,
		countFree: sumOf(hosts, 'countFree'),
		countEmpty: sumOf(hosts, 'countEmpty'),
		best,
		hosts,
	};
}

function exceeds(left: ResourceLimit, right: ResourceLimit): boolean {
	return left.countFree > right.countFree || (left.countFree === right.countFree && left.free > right.free);
}

function sumOf<K extends string>(parts: readonly Readonly<Record<K, number>>[], key: K): number {
	return parts.reduce((sum, part) => sum + part[key], 0);
}

function explainHost({ host, profile }: Candidate, { phases, perHost }: Asked): HostExplanation {
	for (let p = 0; p < phases.length; p++) walked.walk(profile, phases, p);
	const limits: ResourceLimit[] = [];
	let countFree = perHost;
	for (const [r, resource] of RESOURCE_NAMES.entries()) {
		const limit = limitOf(phases, r, host.capacity[resource]);
		if (limit === undefined) continue;
		limits.push(limit);
		countFree = Math.min(countFree, limit.countFree);
	}
	return { host: host.name, countFree, countEmpty: phases.machinesOnEmpty(host.capacity, perHost), limits };
}

/** In the phase in which the resource allows the fewest machines, and what one lacks of it in all; what was walked. */
function limitOf(phases: Phases, r: number, capacity: number): ResourceLimit | undefined {
	let binding = -1;
	let isClosed = false;
	for (let p = 0; p < phases.length; p++) {
		const i = p * RESOURCE_NAMES.length + r;
		if (phases.demand[i] === 0) continue;
		isClosed ||= walked.isClosed[i] === 1;
		if (binding < 0 || walked.countFree[i]! < walked.countFree[binding]!) binding = i;
	}
	if (binding < 0) return undefined;
	const right = phases.right[Math.floor(binding / RESOURCE_NAMES.length)]!;
	const countFree = walked.countFree[binding]!;
	const limit = {
		resource: RESOURCE_NAMES[r]!,
		asked: phases.demand[binding]!,
		free: walked.free[binding]!,
		capacity,
		countFree,
		startAt: walked.startAt[binding]!,
		endAt: Math.min(walked.endAt[binding]!, right),
	};
	return countFree > 0 || isClosed ? limit : { ...limit, lack: lackOf(phases, r) };
}

function lackOf(phases: Phases, r: number): Lack {
	let more = 0;
	let startAt = Infinity;
	let endAt = -Infinity;
	for (let p = 0; p < phases.length; p++) {
		const i = p * RESOURCE_NAMES.length + r;
		if (walked.more[i] === 0) continue;
		more = Math.max(more, walked.more[i]!);
		startAt = Math.min(startAt, walked.lackStartAt[i]!);
		endAt = Math.max(endAt, Math.min(walked.lackEndAt[i]!, phases.right[p]!));
	}
	return { more, startAt, endAt };
}

/**
 * What one walk over the steps of a host has found of each phase and resource: a window of a year has thousands of
 * pages, which all resources go through together. A class so that to explain allocates nothing but what it says.
 */
class Walked {
	readonly free = new Float64Array(USAGE_PHASES_MAX * RESOURCE_NAMES.length);
	readonly countFree = new Float64Array(this.free.length);
	/** The first stretch that allows no more machines; without an end while it lasts. */
	readonly startAt = new Float64Array(this.free.length);
	readonly endAt = new Float64Array(this.free.length);
	/** What a machine lacks at most, and from when to when; without an end while it lacks it. */
	readonly more = new Float64Array(this.free.length);
	readonly lackStartAt = new Float64Array(this.free.length);
	readonly lackEndAt = new Float64Array(this.free.length);
	/** 1 where the host is closed for a while. */
	readonly isClosed = new Uint8Array(this.free.length);

	walk(profile: HostProfile, phases: Phases, p: number): void {
		const left = phases.left[p]!;
		const right = phases.right[p]!;
		const { demand } = phases;
		const base = p * RESOURCE_NAMES.length;
		for (let i = base; i < base + RESOURCE_NAMES.length; i++) this.begin(i);
		for (let at = profile.positionAt(left), from = left; at >= 0; ) {
			for (let r = 0; r < RESOURCE_NAMES.length; r++) {
				const asked = demand[base + r]!;
				if (asked > 0) this.note(base + r, asked, profile.freeAt(at, r), from);
			}
			at = profile.nextPosition(at, right);
			if (at >= 0) from = profile.timeAt(at);
		}
	}

	private begin(i: number): void {
		this.free[i] = Infinity;
		this.countFree[i] = Infinity;
		this.endAt[i] = -Infinity;
		this.more[i] = 0;
		this.lackStartAt[i] = Infinity;
		this.lackEndAt[i] = -Infinity;
		this.isClosed[i] = 0;
	}

	/** From that instant on so much is there; below zero while the host is closed, and then nothing is free. */
	private note(i: number, asked: number, amount: number, from: number): void {
		const free = Math.max(0, amount);
		if (amount < 0) this.isClosed[i] = 1;
		if (free < this.free[i]! || this.endAt[i] === Infinity) {
			const count = wholeTimes(free, asked);
			if (count < this.countFree[i]!) {
				this.countFree[i] = count;
				this.startAt[i] = from;
				this.endAt[i] = Infinity;
			} else if (count > this.countFree[i]! && this.endAt[i] === Infinity) this.endAt[i] = from;
			if (free < this.free[i]!) this.free[i] = free;
		}
		if (free < asked) {
			if (this.more[i] === 0) this.lackStartAt[i] = from;
			this.more[i] = Math.max(this.more[i]!, asked - free);
			this.lackEndAt[i] = Infinity;
		} else if (this.lackEndAt[i] === Infinity) this.lackEndAt[i] = from;
	}
}

const walked = new Walked();
