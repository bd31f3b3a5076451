/**
 * Which hosts are chosen for machines in windows that stand. Deterministic: the order is that of the candidates.
 */

import { part } from '../parts.ts';
import type { HourlyGlance } from './profile/glance.ts';
import type { Phases } from './profile/phases.ts';
import type { HostProfile } from './profile/profile.ts';

/**
 * Larger sites are packed in groups of so many candidates, in an order that depends on when the machines start: on
 * 10,000 hosts, a third of them full, a question then costs 8 us and not 70. Up to so many are packed strictly in order.
 */
const GROUP_HOSTS = 256;

/** In windows that are longer than this, on larger sites, so many candidates are a part of the work: a millisecond or two. */
const LONG_SECONDS = 7 * 24 * 3600;
const HOSTS_A_PART = 4 * GROUP_HOSTS;

/** A class for its lifecycle: one answer at a time, in arrays that every question uses again. */
export class Placing {
	/** The last answer: hosts, by index, and how many machines are placed on each; the first `length` of each count. */
	readonly hosts: Int32Array;
	readonly counts: Int32Array;
	length = 0;
	private readonly profiles: readonly HostProfile[];
	private readonly glance: HourlyGlance;
	/** What `approach` returned: kept, so that no compiler leaves it out. */
	approached = 0;
	/** By position among the candidates: how many machines fit there. */
	private readonly fitting: Int32Array;

	constructor(profiles: readonly HostProfile[], glance: HourlyGlance) {
		this.profiles = profiles;
		this.glance = glance;
		this.hosts = new Int32Array(profiles.length);
		this.counts = new Int32Array(profiles.length);
		this.fitting = new Int32Array(profiles.length);
	}

	/**
	 * Fills one host after the other, each with at most `perHost`, until all are placed; returns how many are. Where no
	 * host carries more than `most`, it ends as soon as those that are left are too few for all.
	 */
	pack(phases: Phases, hosts: Int32Array, count: number, perHost: number, most: number): number {
		const groups = Math.ceil(hosts.length / GROUP_HOSTS);
		let group = Math.floor(scatter(phases.left[0]!) * groups);
		this.length = 0;
		this.glance.ask(phases);
		const isLong = isInParts(phases, hosts);
		let left = count;
		let others = hosts.length;
		for (let g = 0; g < groups && left > 0 && left <= others * most; g++) {
			const begin = group * GROUP_HOSTS;
			const end = Math.min(begin + GROUP_HOSTS, hosts.length);
			others -= end - begin;
			left -= isLong
				? this.packPart(phases, hosts, begin, end, left, perHost, others, most)
				: this.packGroup(phases, hosts, begin, end, left, perHost, others, most);
			group = group + 1 === groups ? 0 : group + 1;
		}
		return count - left;
	}

	/** Puts the machines on as many hosts as there are; returns how many are placed, 0 where not all can be. */
	spread(phases: Phases, hosts: Int32Array, count: number, perHost: number): number {
		const most = Math.min(count, perHost);
		let total = 0;
		const countIn = (begin: number, end: number): Int32Array => {
			for (let i = begin; i < end; i++) this.fitting[i] = phases.machinesOn(this.profiles[hosts[i]!]!, most);
			return this.fitting.subarray(begin, end);
		};
		if (isInParts(phases, hosts)) {
			for (let begin = 0; begin < hosts.length; begin += HOSTS_A_PART) {
				const end = Math.min(begin + HOSTS_A_PART, hosts.length);
				this.fitting.set(
					part(() => countIn(begin, end).slice()),
					begin,
				);
			}
		} else countIn(0, hosts.length);
		for (let i = 0; i < hosts.length; i++) total += this.fitting[i]!;
		if (total < count) return 0;
		// The highest level to which all can be filled; the rest is one more each in host order.
		let level = 0;
		for (let high = count; level < high; ) {
			const middle = level + Math.ceil((high - level) / 2);
			if (this.filledTo(hosts, middle) <= count) level = middle;
			else high = middle - 1;
		}
		this.length = 0;
		let rest = count - this.filledTo(hosts, level);
		for (let i = 0; i < hosts.length; i++) {
			const extra = rest > 0 && this.fitting[i]! > level ? 1 : 0;
			rest -= extra;
			const fitting = Math.min(this.fitting[i]!, level) + extra;
			if (fitting > 0) this.share(hosts[i]!, fitting);
		}
		return count;
	}

	/** The same as a part. */
	private packPart(
		phases: Phases,
		hosts: Int32Array,
		begin: number,
		end: number,
		count: number,
		perHost: number,
		others: number,
		most: number,
	): number {
		const first = this.length;
		const packed = part(() => {
			const placed = this.packGroup(phases, hosts, begin, end, count, perHost, others, most);
			return { placed, on: this.hosts.slice(first, this.length), counts: this.counts.slice(first, this.length) };
		});
		this.hosts.set(packed.on, first);
		this.counts.set(packed.counts, first);
		this.length = first + packed.on.length;
		return packed.placed;
	}

	/** Of the hosts in [begin, end); behind them are so many others. */
	private packGroup(
		phases: Phases,
		hosts: Int32Array,
		begin: number,
		end: number,
		count: number,
		perHost: number,
		others: number,
		most: number,
	): number {
		let left = count;
		const until = phases.right[phases.length - 1]!;
		// Before the glance is looked at: memory is waited for once, for both.
		let { pages } = this.profiles[hosts[begin]!]!;
		let sum = this.glance.approach(hosts[begin]!) + pages.approach(phases.left[0]!, until);
		for (let i = begin; left > 0; i++) {
			i = this.glance.nextOf(hosts, i, end);
			if (i >= end || left > (end - i + others) * most) break;
			const host = hosts[i]!;
			const profile = this.profiles[host]!;
			if (profile.pages !== pages) {
				pages = profile.pages;
				sum += pages.approach(phases.left[0]!, until);
			}
			const fitting = phases.machinesOn(profile, Math.min(left, perHost));
			if (fitting === 0) continue;
			this.share(host, fitting);
			left -= fitting;
		}
		this.approached = sum;
		return count - left;
	}

	private filledTo(hosts: Int32Array, level: number): number {
		let machines = 0;
		for (let i = 0; i < hosts.length; i++) machines += Math.min(this.fitting[i]!, level);
		return machines;
	}

	private share(host: number, count: number): void {
		this.hosts[this.length] = host;
		this.counts[this.length] = count;
		this.length++;
	}
}

function isInParts(phases: Phases, hosts: Int32Array): boolean {
	return hosts.length > HOSTS_A_PART && phases.right[phases.length - 1]! - phases.left[0]! > LONG_SECONDS;
}

/** Of an instant a number in [0, 1), far apart for neighbours: Knuth's multiplier, 2^32 over the golden ratio. */
function scatter(at: number): number {
	return (Math.imul(Math.floor(at / 60), 0x9e3779b1) >>> 0) / 2 ** 32;
}
