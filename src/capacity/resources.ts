/**
 * Amounts of the four resources, what a machine uses of them over time, and where machines are placed.
 * This file is the only place where resources are added, scaled and compared. Every amount is a safe integer: above
 * 2^53 a double silently rounds, and a rounded sum is an overbooked host (H1). So the arithmetic asserts.
 */

/** The resources in the order in which they are reported and in which a host's amounts lie in memory. */
export const RESOURCE_NAMES = ['cpuMillicores', 'memoryBytes', 'diskBytes', 'networkBitsPerSecond'] as const;

export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** One amount of each resource, all non-negative safe integers, in the units that the names say. */
export type ResourceVector = Readonly<Record<ResourceName, number>>;

/** A demand that holds during [offsetSeconds, offsetSeconds + durationSeconds), counted from the start of the machine. */
export interface UsagePhase {
	/** Negative before the start: preparing the image, booting. */
	readonly offsetSeconds: number;
	readonly durationSeconds: number;
	readonly demand: ResourceVector;
}

/**
 * What ONE machine uses of its host over time: phases in order, without overlap. Equal machines share one usage, and a
 * machine stays on one host through all its phases. `defineUsage` makes one.
 */
export type Usage = readonly UsagePhase[];

/** Equal machines that start together: how many of them on which host. */
export interface Placement {
	/** Epoch seconds; the offsets of the usage count from here. */
	readonly startAt: number;
	readonly usage: Usage;
	readonly machines: readonly HostShare[];
}

/** So many machines on one host. Machines are counted in the order of the shares, so a host may be named repeatedly. */
export interface HostShare {
	readonly host: string;
	readonly count: number;
}

/** The host of each machine, in their order. */
export function placesOf(machines: readonly HostShare[]): string[] {
	return machines.flatMap(({ host, count }) => Array<string>(count).fill(host));
}

/** The places written shortly; the order of the machines stays. */
export function sharesOf(places: readonly string[]): HostShare[] {
	const shares: HostShare[] = [];
	for (const host of places) {
		const last = shares.at(-1);
		if (last?.host === host) shares[shares.length - 1] = { host, count: last.count + 1 };
		else shares.push({ host, count: 1 });
	}
	return shares;
}

/** A host as the calendar sees it. Hosts of equal capacity and equal labels form a class. */
export interface Host {
	readonly name: string;
	readonly capacity: ResourceVector;
	/** What is said about the host beside its amounts, e.g. `architecture`, `operatingSystem`, `zone`. */
	readonly labels: Readonly<Record<string, string>>;
}

/** Setup, run, teardown and what is retained afterwards are four phases; the rest is room for what is to come. */
export const USAGE_PHASES_MAX = 16;

/** A bug in the caller: the calendar was asked for something that cannot be, and has not changed. Never caught. */
export class CapacityAssertion extends Error {
	override readonly name = 'CapacityAssertion';
}

/** Dies loudly. Callers test first, so that no message is built on the decision path. */
export function failAssertion(message: string): never {
	throw new CapacityAssertion(message);
}

/** Asserts that a number is a safe integer, and says which one was not. */
export function assertInteger(value: number, what: string): void {
	if (!Number.isSafeInteger(value)) failAssertion(`${what} is ${value}; only safe integers are exact`);
}

export const NOTHING: ResourceVector = { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };

export function addResources(left: ResourceVector, right: ResourceVector): ResourceVector {
	return combine((name) => left[name] + right[name]);
}

/** Asserts that nothing falls below zero: whoever subtracts has tested `fitsWithin` before. */
export function subtractResources(from: ResourceVector, amount: ResourceVector): ResourceVector {
	return combine((name) => from[name] - amount[name]);
}

/** Of every resource the larger of the two amounts. */
export function largerResources(left: ResourceVector, right: ResourceVector): ResourceVector {
	return combine((name) => Math.max(left[name], right[name]));
}

/** `count` times the vector. */
export function scaleResources(vector: ResourceVector, count: number): ResourceVector {
	return combine((name) => vector[name] * count);
}

/** Whether every amount of `demand` is there in `room`. */
export function fitsWithin(demand: ResourceVector, room: ResourceVector): boolean {
	return (
		demand.cpuMillicores <= room.cpuMillicores &&
		demand.memoryBytes <= room.memoryBytes &&
		demand.diskBytes <= room.diskBytes &&
		demand.networkBitsPerSecond <= room.networkBitsPerSecond
	);
}

/** Whether every amount is the same. */
export function isSame(left: ResourceVector, right: ResourceVector): boolean {
	return (
		left.cpuMillicores === right.cpuMillicores &&
		left.memoryBytes === right.memoryBytes &&
		left.diskBytes === right.diskBytes &&
		left.networkBitsPerSecond === right.networkBitsPerSecond
	);
}

/** How many demands fit side by side in the room; Infinity for a demand of nothing. */
export function howManyFit(demand: ResourceVector, room: ResourceVector): number {
	return RESOURCE_NAMES.reduce((least, name) => Math.min(least, wholeTimes(room[name], demand[name])), Infinity);
}

/**
 * How often `amount` goes into `room`, whole times; Infinity for nothing. Exact although doubles divide: for safe
 * integers a quotient below q = (room + 1) / amount misses q by 1 / amount, more than half the spacing of doubles there.
 */
export function wholeTimes(room: number, amount: number): number {
	return amount === 0 ? Infinity : Math.floor(room / amount);
}

/**
 * A usage from phases in order of time. Phases that last no time or use nothing are left out and neighbours of equal
 * demand become one, so that setup, run and teardown of a machine cost the calendar one reservation, not three.
 * At least one phase must remain.
 */
export function defineUsage(phases: readonly UsagePhase[]): Usage {
	const usage: UsagePhase[] = [];
	let busyUntil = -Infinity;
	for (const { offsetSeconds, durationSeconds, demand } of phases) {
		assertInteger(offsetSeconds, 'offsetSeconds of a phase');
		assertInteger(durationSeconds, 'durationSeconds of a phase');
		if (durationSeconds < 0) failAssertion(`a phase lasts ${durationSeconds} seconds`);
		if (offsetSeconds < busyUntil) failAssertion(`a phase begins at ${offsetSeconds}, within the one before it`);
		busyUntil = offsetSeconds + durationSeconds;
		for (const name of RESOURCE_NAMES) assertAmount(demand[name], name);
		if (durationSeconds === 0 || RESOURCE_NAMES.every((name) => demand[name] === 0)) continue;
		const last = usage.at(-1);
		if (last && last.offsetSeconds + last.durationSeconds === offsetSeconds && isSame(last.demand, demand)) {
			usage[usage.length - 1] = { ...last, durationSeconds: last.durationSeconds + durationSeconds };
		} else usage.push({ offsetSeconds, durationSeconds, demand });
	}
	if (usage.length === 0) failAssertion('a usage that uses nothing');
	if (usage.length > USAGE_PHASES_MAX) failAssertion(`a usage of ${usage.length} phases, at most ${USAGE_PHASES_MAX}`);
	return usage;
}

function combine(amountOf: (name: ResourceName) => number): ResourceVector {
	const [cpuMillicores, memoryBytes, diskBytes, networkBitsPerSecond] = RESOURCE_NAMES.map((name) => {
		const amount = amountOf(name);
		assertAmount(amount, name);
		return amount;
	}) as [number, number, number, number];
	return { cpuMillicores, memoryBytes, diskBytes, networkBitsPerSecond };
}

function assertAmount(amount: number, name: ResourceName): void {
	assertInteger(amount, name);
	if (amount < 0) failAssertion(`${name} is ${amount}`);
}

/** When the first of a placement is taken: its machines are made from then on. */
export function beginOf({ startAt, usage }: Placement): number {
	return startAt + usage[0]!.offsetSeconds;
}

/** When the last of a placement is free again by itself. */
export function endOf({ startAt, usage }: Placement): number {
	const last = usage.at(-1)!;
	return startAt + last.offsetSeconds + last.durationSeconds;
}

/** The part of a placement within [fromAt, untilAt); undefined where there is none. */
export function cutPlacement(placement: Placement, fromAt: number, untilAt: number): Placement | undefined {
	const usage: Usage = placement.usage.flatMap((phase) => {
		const startAt = Math.max(fromAt, placement.startAt + phase.offsetSeconds);
		const endAt = Math.min(untilAt, placement.startAt + phase.offsetSeconds + phase.durationSeconds);
		if (endAt <= startAt) return [];
		return [{ ...phase, offsetSeconds: startAt - placement.startAt, durationSeconds: endAt - startAt }];
	});
	return usage.length === 0 ? undefined : { ...placement, usage };
}
