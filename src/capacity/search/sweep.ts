/**
 * The exact search over one number x, the start or the duration: for which x do `count` machines fit on the hosts
 * together? On one host the count at x is the minimum over its phases of a sliding-window minimum over the steps;
 * the changes of all hosts, merged in order of x, give the total at every x. Every x is looked at, so there is never
 * a false no.
 */
import { part, stage } from '../../parts.ts';
import type { HourlyGlance } from '../profile/glance.ts';
import type { Phases } from '../profile/phases.ts';
import type { HostProfile } from '../profile/profile.ts';
import { WindowMinimum } from '../profile/window-minimum.ts';
import { USAGE_PHASES_MAX } from '../resources.ts';

/** A bound for counts: a change of a count and a distance in seconds share the 53 bits of one exact number. */
export const MACHINES_MAX = 1_000_000;

const CHANGE_RANGE = 2 ** 21;
const CHANGE_ZERO = 2 ** 20;
/** 68 years; times CHANGE_RANGE it stays below 2^53. */
const LOOK_SECONDS_MAX = 2 ** 31;
/** The first look: enough for what begins soon; each further look is twice as wide. */
const LOOK_SECONDS_MIN = 6 * 3600;
/** Looks at windows that grow walk over all of them each time: four times as wide, so a third more than the last one. */
const GROWING_LOOKS = 4;

/**
 * On larger sites what looks at every host does so in parts of so many (src/parts.ts): to look through 120 busy days of
 * them takes some ten milliseconds.
 */
export const HOSTS_A_PART = 512;

/** The work in stages, where there are that many hosts; on smaller sites it is quick enough to be done at once. */
export function inStages<T>(hosts: { readonly length: number }, work: () => T): T {
	return hosts.length > HOSTS_A_PART ? stage(work) : work();
}

function isLarge({ hosts }: Sweep): boolean {
	return hosts.length > HOSTS_A_PART;
}

/** One look, which may be broken off within. Apart from the loops, so that no closure is made where none is needed. */
function inStage<A extends readonly unknown[]>(look: (...asked: A) => number | null, ...asked: A): number | null {
	return stage(() => look(...asked));
}

/** The question that a sweep answers. `hosts` are indices into `profiles`; `limits` bounds each host's count. */
export interface Sweep {
	readonly profiles: readonly HostProfile[];
	/** Absent where it shows other hosts than these. */
	readonly glance?: HourlyGlance;
	readonly hosts: Int32Array;
	/** By position in `hosts`: what fits on the empty host, at most `count`. 0: the host is left out. */
	readonly limits: Int32Array;
	readonly phases: Phases;
	readonly count: number;
	/** Both included. */
	readonly from: number;
	readonly until: number;
}

/**
 * The least x in [from, until] at which the machines fit; null where there is none. Looks ahead in windows that double,
 * so that a near answer costs little: O(B log B) with B the steps between `from` and twice the answer.
 */
export function findLeast(sweep: Sweep): number | null {
	let look = firstLook(sweep.phases);
	for (let low = sweep.from; low <= sweep.until; ) {
		const high = Math.min(low + look - 1, sweep.until);
		const least = isLarge(sweep) ? inStage(leastWithin, sweep, low, high) : leastWithin(sweep, low, high);
		if (least !== null) return least;
		low = high + 1;
		look = Math.min(look * 2, LOOK_SECONDS_MAX);
	}
	return null;
}

function leastWithin(sweep: Sweep, low: number, high: number): number | null {
	let total = collectChanges(sweep, low, high);
	if (total >= sweep.count) return low;
	for (let i = 0; i < changeCount; i++) {
		total += changeOf(changes[i]!);
		// The count is reached only where it holds with all changes at that x.
		if (total >= sweep.count && isLastAtItsPlace(i)) return low + distanceOf(changes[i]!);
	}
	return null;
}

/** The greatest such x; the same in windows that go back from `until`, or from where phases have grown too long. */
export function findGreatest(sweep: Sweep): number | null {
	let look = firstLook(sweep.phases);
	for (let high = lastOfGrowing(sweep); high >= sweep.from; ) {
		const low = Math.max(high - look + 1, sweep.from);
		const greatest = isLarge(sweep) ? inStage(greatestWithin, sweep, low, high) : greatestWithin(sweep, low, high);
		if (greatest !== null) return greatest;
		high = low - 1;
		look = Math.min(look * 2, LOOK_SECONDS_MAX);
	}
	return null;
}

function greatestWithin(sweep: Sweep, low: number, high: number): number | null {
	let total = collectChanges(sweep, low, high);
	let greatest = -Infinity;
	let distance = 0;
	for (let i = 0; i <= changeCount; i++) {
		const next = i < changeCount ? distanceOf(changes[i]!) : high - low + 1;
		if (next > distance && total >= sweep.count) greatest = low + next - 1;
		if (i < changeCount) total += changeOf(changes[i]!);
		distance = next;
	}
	return greatest >= low ? greatest : null;
}

/**
 * The last x in [from, until] at which the machines fit in those phases that begin at one time whatever x is, and only
 * grow: behind it they fit nowhere. Below `from` where there is none. Costs no more than the answer is long, where a
 * search that comes from above walks over all that is asked, time and again.
 */
function lastOfGrowing(sweep: Sweep): number {
	const { phases, from, until } = sweep;
	let growing = 0;
	while (growing < phases.length && phases.leftMoves[growing] === 0) growing++;
	if (growing === 0) return until;
	let look = firstLook(phases);
	for (let low = from; low <= until; look *= GROWING_LOOKS) {
		const high = Math.min(low + Math.min(look, LOOK_SECONDS_MAX) - 1, until);
		const last = isLarge(sweep)
			? inStage(lastWithin, sweep, low, high, growing)
			: lastWithin(sweep, low, high, growing);
		if (last !== null) return last;
		low = high + 1;
	}
	return until;
}

/** Where windows that only grow no longer fit so many, if they do not to the end. */
function lastWithin(sweep: Sweep, low: number, high: number, growing: number): number | null {
	let total = collectChanges(sweep, low, high, growing);
	if (total < sweep.count) return low - 1;
	for (let i = 0; i < changeCount; i++) {
		total += changeOf(changes[i]!);
		if (total < sweep.count) return low + distanceOf(changes[i]!) - 1;
	}
	return null;
}

/** How far a search looks first. */
export function firstLook(phases: Phases): number {
	return Math.min(
		Math.max(LOOK_SECONDS_MIN, 2 * (phases.right[phases.length - 1]! - phases.left[0]!)),
		LOOK_SECONDS_MAX,
	);
}

const minima = Array.from({ length: USAGE_PHASES_MAX }, () => new WindowMinimum());

/** What `collectChanges` found: (distance from `low`) * CHANGE_RANGE + change + CHANGE_ZERO; the distances ascend. */
let changes = new Float64Array(1024);
let changeCount = 0;

function distanceOf(packed: number): number {
	return Math.floor(packed / CHANGE_RANGE);
}

function isLastAtItsPlace(i: number): boolean {
	return i + 1 === changeCount || distanceOf(changes[i + 1]!) > distanceOf(changes[i]!);
}

function changeOf(packed: number): number {
	return packed - distanceOf(packed) * CHANGE_RANGE - CHANGE_ZERO;
}

/** Instead of a total: at no x do the machines fit. */
const NOWHERE = -1;

/**
 * Fills `changes` with every change of a host's count at x in (low, high]; returns the total at `low`. Of the first so
 * many phases. `NOWHERE`, and no changes, as soon as the hosts are known to carry too few at each x.
 */
function collectChanges(sweep: Sweep, low: number, high: number, length = sweep.phases.length): number {
	const { hosts, limits } = sweep;
	let spare = -sweep.count;
	for (let i = 0; i < hosts.length; i++) spare += limits[i]!;
	if (hosts.length <= HOSTS_A_PART) {
		const total = collectOf(sweep, low, high, length, 0, hosts.length, spare);
		return missing > spare ? foundNowhere() : total;
	}
	let total = 0;
	// The longest first, each at least twice as long as the next: so few are merged often.
	const found: Float64Array[] = [];
	for (let begin = 0; begin < hosts.length; begin += HOSTS_A_PART) {
		const end = Math.min(begin + HOSTS_A_PART, hosts.length);
		const those = part(() => {
			const sum = collectOf(sweep, low, high, length, begin, end, spare);
			return { sum, missing, changes: changes.slice(0, changeCount) };
		});
		spare -= those.missing;
		if (spare < 0) return foundNowhere();
		total += those.sum;
		found.push(those.changes);
		while (found.length > 1 && (end === hosts.length || found.at(-2)!.length < 2 * found.at(-1)!.length)) {
			const [one, other] = found.splice(-2);
			found.push(part(() => merged(one!, other!)));
		}
	}
	const [all] = found;
	changeCount = all!.length;
	if (changes.length < changeCount) changes = new Float64Array(2 * changeCount);
	changes.set(all!);
	return total;
}

function foundNowhere(): number {
	changeCount = 0;
	return NOWHERE;
}

/** Two lists of changes as one, in order of their distance; changes at the same become one where a number holds them. */
function merged(one: Float64Array, other: Float64Array): Float64Array {
	const all = new Float64Array(one.length + other.length);
	let length = 0;
	for (let i = 0, j = 0; i < one.length || j < other.length; ) {
		const isOne = j === other.length || (i < one.length && one[i]! < other[j]!);
		const next = isOne ? one[i++]! : other[j++]!;
		const last = length === 0 ? -1 : all[length - 1]!;
		const change = changeOf(next);
		const sum = length === 0 ? change : changeOf(last) + change;
		if (length > 0 && distanceOf(last) === distanceOf(next) && Math.abs(sum) < CHANGE_ZERO) {
			all[length - 1] = last + change;
		} else all[length++] = next;
	}
	return all.slice(0, length);
}

/** What `collectOf` found: how many machines the hosts at which it looked carry fewer than their limits, at any x. */
let missing = 0;

/**
 * The same of the hosts from one place to before another, as long as no more machines are missing than may be. A host
 * that the glance rules out throughout what every x has in common is not looked at.
 */
function collectOf(
	sweep: Sweep,
	low: number,
	high: number,
	length: number,
	begin: number,
	end: number,
	spare: number,
): number {
	const { phases, hosts, limits, glance } = sweep;
	let total = 0;
	changeCount = 0;
	missing = 0;
	glance?.askWithin(phases, length, low, high);
	for (let h = begin; h < end && missing <= spare; h++) {
		const limit = limits[h]!;
		if (limit === 0) continue;
		const host = hosts[h]!;
		if (glance?.showsRoom(host) === false) {
			missing += limit;
			continue;
		}
		const profile = sweep.profiles[host]!;
		for (let p = 0; p < length; p++) minima[p]!.begin(profile, phases, p, low, high, limit);
		let count = leastOf(length);
		let most = count;
		total += count;
		for (;;) {
			let x = Infinity;
			for (let p = 0; p < length; p++) x = Math.min(x, minima[p]!.changesAt);
			if (x > high) break;
			for (let p = 0; p < length; p++) if (minima[p]!.changesAt <= x) minima[p]!.advance(x);
			const now = leastOf(length);
			if (now !== count) pushChange(x - low, now - count);
			count = now;
			if (now > most) most = now;
		}
		missing += limit - most;
	}
	changes.subarray(0, changeCount).sort();
	return total;
}

function leastOf(length: number): number {
	let least = minima[0]!.count;
	for (let p = 1; p < length; p++) if (minima[p]!.count < least) least = minima[p]!.count;
	return least;
}

function pushChange(distance: number, change: number): void {
	if (changeCount === changes.length) {
		const larger = new Float64Array(changes.length * 2);
		larger.set(changes);
		changes = larger;
	}
	changes[changeCount++] = distance * CHANGE_RANGE + change + CHANGE_ZERO;
}
