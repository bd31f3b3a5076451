/**
 * Why machines do not fit, or how nearly: the amounts, limits, hosts and intervals that a refusal names (H6).
 */
import type { Phases } from '../profile/phases.ts';
import type { HostProfile } from '../profile/profile.ts';
import { type Host, RESOURCE_NAMES, type ResourceName, type ResourceVector, wholeTimes } from '../resources.ts';

import { MACHINES_MAX } from './sweep.ts';

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
	const members = Map.groupBy(candidates, ({ host }) => classKey(host));
	const classes = Array.from(members.values(), (those) => explainClass(those, asked));
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
	const sorted = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
	return JSON.stringify([RESOURCE_NAMES.map((name) => capacity[name]), sorted]);
}

function explainClass(candidates: readonly Candidate[], asked: Asked): ClassExplanation {
	const { capacity, labels } = candidates[0]!.host;
	const hosts = candidates.map((candidate) => explainHost(candidate, asked));
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
	const limits: ResourceLimit[] = [];
	for (const r of RESOURCE_NAMES.keys()) {
		let binding: ResourceLimit | null = null;
		const lacks: Lack[] = [];
		let isClosed = false;
		for (let p = 0; p < phases.length; p++) {
			if (phases.demand[p * RESOURCE_NAMES.length + r] === 0) continue;
			const limit = limitOf(host, profile, phases, p, r);
			if (!binding || limit.countFree < binding.countFree) binding = limit;
			if (limit.countFree > 0) continue;
			const lack = lackOf(profile, phases, p, r);
			if (lack === undefined) isClosed = true;
			else lacks.push(lack);
		}
		if (binding) limits.push(isClosed || lacks.length === 0 ? binding : { ...binding, lack: together(lacks) });
	}
	return {
		host: host.name,
		countFree: phases.machinesOn(profile, perHost),
		countEmpty: phases.machinesOnEmpty(host.capacity, perHost),
		limits,
	};
}

/** Two walks over the phase: how little is free, then where. */
function limitOf(host: Host, profile: HostProfile, phases: Phases, p: number, r: number): ResourceLimit {
	const left = phases.left[p]!;
	const right = phases.right[p]!;
	const asked = phases.demand[p * RESOURCE_NAMES.length + r]!;
	const first = profile.positionAt(left);
	// While the host is closed nothing of it is free.
	const freeAt = (at: number): number => Math.max(0, profile.freeAt(at, r));
	let free = Infinity;
	for (let at = first; at >= 0; at = profile.nextPosition(at, right)) {
		free = Math.min(free, freeAt(at));
	}
	const countFree = wholeTimes(free, asked);
	const binds = (at: number): boolean => wholeTimes(freeAt(at), asked) === countFree;
	let from = first;
	while (!binds(from)) from = profile.nextPosition(from, right);
	let to = from;
	while (to >= 0 && binds(to)) to = profile.nextPosition(to, right);
	const resource = RESOURCE_NAMES[r]!;
	return {
		resource,
		asked,
		free,
		capacity: host.capacity[resource],
		countFree,
		startAt: Math.max(left, profile.timeAt(from)),
		endAt: to < 0 ? right : profile.timeAt(to),
	};
}

/** What a machine lacks in a phase of which it lacks something; undefined where the host is closed meanwhile. */
function lackOf(profile: HostProfile, phases: Phases, p: number, r: number): Lack | undefined {
	const left = phases.left[p]!;
	const right = phases.right[p]!;
	const asked = phases.demand[p * RESOURCE_NAMES.length + r]!;
	let more = 0;
	let startAt = right;
	let endAt = right;
	for (let at = profile.positionAt(left); at >= 0; at = profile.nextPosition(at, right)) {
		const free = profile.freeAt(at, r);
		if (free < 0) return undefined;
		if (free >= asked) continue;
		const next = profile.nextPosition(at, right);
		more = Math.max(more, asked - free);
		startAt = Math.min(startAt, Math.max(left, profile.timeAt(at)));
		endAt = next < 0 ? right : profile.timeAt(next);
	}
	return { more, startAt, endAt };
}

function together(lacks: readonly Lack[]): Lack {
	return {
		more: Math.max(...lacks.map(({ more }) => more)),
		startAt: Math.min(...lacks.map(({ startAt }) => startAt)),
		endAt: Math.max(...lacks.map(({ endAt }) => endAt)),
	};
}
