/**
 * The same calendar by brute force: an array of what is used in every unit of time. Slow, obvious, and sharing no line
 * with src/capacity. Every instant it is asked about is a whole number of units.
 */
import type { Host, Placement, ResourceVector, Usage } from '../../src/capacity/resources.ts';

/** What a question says about hosts. */
interface Among {
	readonly candidateHosts?: readonly string[];
	readonly machinesPerHostMax?: number;
}

const NAMES = ['cpuMillicores', 'memoryBytes', 'diskBytes', 'networkBitsPerSecond'] as const;

export class Oracle {
	readonly hosts: readonly Host[];
	readonly unitSeconds: number;
	/** By host, then by unit of time. */
	private readonly used: Record<(typeof NAMES)[number], number>[][];
	/** By host, then by unit of time: how many closures hold. */
	private readonly closed: number[][];
	private readonly reserve: ResourceVector | undefined;

	/** Nothing is ever booked before 0 or after so many units. */
	constructor(hosts: readonly Host[], unitSeconds: number, units: number, reserve?: ResourceVector) {
		this.hosts = hosts;
		this.reserve = reserve;
		this.closed = hosts.map(() => new Array(units).fill(0));
		this.unitSeconds = unitSeconds;
		this.used = hosts.map(() =>
			Array.from({ length: units }, () => ({
				cpuMillicores: 0,
				memoryBytes: 0,
				diskBytes: 0,
				networkBitsPerSecond: 0,
			})),
		);
	}

	book(placement: Placement, times = 1): void {
		for (const { host, count } of placement.machines) {
			const used = this.used[this.hosts.findIndex(({ name }) => name === host)]!;
			for (const { units, demand } of this.windows(placement.usage, placement.startAt)) {
				for (const unit of units) for (const name of NAMES) used[unit]![name] += demand[name] * count * times;
			}
		}
	}

	release(placement: Placement): void {
		this.book(placement, -1);
	}

	close(host: string, startAt: number, endAt: number, times = 1): void {
		const closed = this.closed[this.hosts.findIndex(({ name }) => name === host)]!;
		for (let unit = startAt / this.unitSeconds; unit < endAt / this.unitSeconds; unit++) closed[unit]! += times;
	}

	/** From now on all that lies before the instant is free. */
	forgetBefore(at: number): void {
		for (const closed of this.closed) closed.fill(0, 0, at / this.unitSeconds);
		for (const used of this.used) {
			for (let unit = 0; unit < at / this.unitSeconds; unit++) {
				for (const name of NAMES) used[unit]![name] = 0;
			}
		}
	}

	countOn(hostIndex: number, usage: Usage, startAt: number): number {
		const { capacity } = this.hosts[hostIndex]!;
		let count = Infinity;
		for (const { units, demand } of this.windows(usage, startAt)) {
			for (const unit of units) {
				if (this.closed[hostIndex]![unit] ?? 0) return 0;
				for (const name of NAMES) {
					if (demand[name] === 0) continue;
					const free = capacity[name] - (this.used[hostIndex]![unit]?.[name] ?? 0);
					count = Math.min(count, Math.floor(free / demand[name]));
				}
			}
		}
		return count;
	}

	counts(usage: Usage, startAt: number, among: Among = {}): number[] {
		const { candidateHosts, machinesPerHostMax = Infinity } = among;
		return this.hosts.map(({ name }, index) =>
			candidateHosts && !candidateHosts.includes(name)
				? 0
				: Math.min(this.countOn(index, usage, startAt), machinesPerHostMax),
		);
	}

	total(usage: Usage, startAt: number, among: Among = {}): number {
		const sum = this.counts(usage, startAt, among).reduce((total, count) => total + count, 0);
		return Math.min(sum, this.withinReserve(usage, startAt));
	}

	/** How many machines leave the site's reserve untouched. */
	withinReserve(usage: Usage, startAt: number): number {
		const { reserve } = this;
		if (!reserve) return Infinity;
		let count = Infinity;
		for (const { units, demand } of this.windows(usage, startAt)) {
			for (const unit of units) {
				for (const name of NAMES.filter((each) => reserve[each] > 0)) {
					let free = -reserve[name];
					for (const [index, { capacity }] of this.hosts.entries()) {
						free += capacity[name] - (this.used[index]![unit]?.[name] ?? 0);
					}
					if (free < 0) return 0;
					if (demand[name] > 0) count = Math.min(count, Math.floor(free / demand[name]));
				}
			}
		}
		return count;
	}

	isClosedAt(hostIndex: number, at: number): boolean {
		return (this.closed[hostIndex]![at / this.unitSeconds] ?? 0) > 0;
	}

	freeAt(hostIndex: number, at: number): ResourceVector {
		const used = this.used[hostIndex]![at / this.unitSeconds];
		const { capacity } = this.hosts[hostIndex]!;
		if (this.closed[hostIndex]![at / this.unitSeconds] ?? 0) {
			return { cpuMillicores: 0, memoryBytes: 0, diskBytes: 0, networkBitsPerSecond: 0 };
		}
		return {
			cpuMillicores: capacity.cpuMillicores - (used?.cpuMillicores ?? 0),
			memoryBytes: capacity.memoryBytes - (used?.memoryBytes ?? 0),
			diskBytes: capacity.diskBytes - (used?.diskBytes ?? 0),
			networkBitsPerSecond: capacity.networkBitsPerSecond - (used?.networkBitsPerSecond ?? 0),
		};
	}

	private windows(usage: Usage, startAt: number): { units: number[]; demand: ResourceVector }[] {
		return usage.map(({ offsetSeconds, durationSeconds, demand }) => {
			const first = (startAt + offsetSeconds) / this.unitSeconds;
			const units = Array.from({ length: durationSeconds / this.unitSeconds }, (_, i) => first + i);
			return { units, demand };
		});
	}
}

/** The multiples of the unit from one instant to another, both included. */
export function unitsBetween(from: number, until: number, unitSeconds: number): number[] {
	const units: number[] = [];
	for (let at = from; at <= until; at += unitSeconds) units.push(at);
	return units;
}
