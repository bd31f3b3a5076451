/**
 * The exact search over one number x, the start or the duration: for which x do `count` machines fit on the hosts
 * together? On one host the count at x is the minimum over its phases of a sliding-window minimum over the steps;
 * the changes of all hosts, merged in order of x, give the total at every x. Every x is looked at, so there is never
 * a false no.
 */
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

/** The question that a sweep answers. `hosts` are indices into `profiles`; `limits` bounds each host's count. */
export interface Sweep {
	readonly profiles: readonly HostProfile[];
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
		let total = collectChanges(sweep, low, high);
		if (total >= sweep.count) return low;
		// Of the changes at one x the losses come first, so the count is reached only where it holds with all of them.
		for (let i = 0; i < changeCount; i++) {
			total += changeOf(changes[i]!);
			if (total >= sweep.count) return low + distanceOf(changes[i]!);
		}
		low = high + 1;
		look = Math.min(look * 2, LOOK_SECONDS_MAX);
	}
	return null;
}

/** The greatest such x; the same in windows that go back from `until`, or from where phases have grown too long. */
export function findGreatest(sweep: Sweep): number | null {
	let look = firstLook(sweep.phases);
	for (let high = lastOfGrowing(sweep); high >= sweep.from; ) {
		const low = Math.max(high - look + 1, sweep.from);
		let total = collectChanges(sweep, low, high);
		let greatest = -Infinity;
		let distance = 0;
		for (let i = 0; i <= changeCount; i++) {
			const next = i < changeCount ? distanceOf(changes[i]!) : high - low + 1;
			if (next > distance && total >= sweep.count) greatest = low + next - 1;
			if (i < changeCount) total += changeOf(changes[i]!);
			distance = next;
		}
		if (greatest >= low) return greatest;
		high = low - 1;
		look = Math.min(look * 2, LOOK_SECONDS_MAX);
	}
	return null;
}

/**
 * The last x in [from, until] at which the machines fit in those phases that begin at one time whatever x is, and only
 * grow: behind it they fit nowhere. Below `from` where there is none. Costs no more than the answer is long, where a
 * search that comes from above walks over all that is asked, time and again.
 */
function lastOfGrowing(sweep: Sweep): number {
	const { phases, from, until, count } = sweep;
	let growing = 0;
	while (growing < phases.length && phases.leftMoves[growing] === 0) growing++;
	if (growing === 0) return until;
	let look = firstLook(phases);
	for (let low = from; low <= until; look *= GROWING_LOOKS) {
		const high = Math.min(low + Math.min(look, LOOK_SECONDS_MAX) - 1, until);
		let total = collectChanges(sweep, low, high, growing);
		if (total < count) return low - 1;
		for (let i = 0; i < changeCount; i++) {
			total += changeOf(changes[i]!);
			if (total < count) return low + distanceOf(changes[i]!) - 1;
		}
		low = high + 1;
	}
	return until;
}

/** How far a search looks first. */
export function firstLook(phases: Phases): number {
	return Math.min(
		Math.max(LOOK_SECONDS_MIN, 2 * (phases.right[phases.length - 1]! - phases.left[0]!)),
		LOOK_SECONDS_MAX,
	);
}

const minima = Array.from({ length: USAGE_PHASES_MAX }, () => new WindowMinimum());

/** What `collectChanges` found: (distance from `low`) * CHANGE_RANGE + change + CHANGE_ZERO, ascending. */
let changes = new Float64Array(1024);
let changeCount = 0;

function distanceOf(packed: number): number {
	return Math.floor(packed / CHANGE_RANGE);
}

function changeOf(packed: number): number {
	return packed - distanceOf(packed) * CHANGE_RANGE - CHANGE_ZERO;
}

/**
 * Fills `changes` with every change of a host's count at x in (low, high]; returns the total at `low`. Of the first so
 * many phases.
 */
function collectChanges(sweep: Sweep, low: number, high: number, length = sweep.phases.length): number {
	const { phases, hosts, limits } = sweep;
	let total = 0;
	changeCount = 0;
	for (let h = 0; h < hosts.length; h++) {
		if (limits[h]! === 0) continue;
		const profile = sweep.profiles[hosts[h]!]!;
		for (let p = 0; p < length; p++) minima[p]!.begin(profile, phases, p, low, high, limits[h]!);
		let count = leastOf(length);
		total += count;
		for (;;) {
			let x = Infinity;
			for (let p = 0; p < length; p++) x = Math.min(x, minima[p]!.changesAt);
			if (x > high) break;
			for (let p = 0; p < length; p++) if (minima[p]!.changesAt <= x) minima[p]!.advance(x);
			const now = leastOf(length);
			if (now !== count) pushChange(x - low, now - count);
			count = now;
		}
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
