/**
 * How many machines fit on one host in one phase, as the phase's window moves with x: the minimum over the steps in
 * the window, kept in a queue of ascending values (each step enters once and leaves once, O(1) on average). While a step
 * in a long one has no room for any, nothing else is looked at; when the last of these leaves the window it is looked
 * through anew, from its end back to the next one without room: on a busy host a window of months costs what one of days
 * does.
 */

import { RESOURCE_NAMES } from '../resources.ts';
import type { Phases } from './phases.ts';
import type { HostProfile } from './profile.ts';

/** In shorter windows too few steps are passed over to make up for the look back. */
const LONG_SECONDS = 3 * 24 * 3600;

/** A class for its lifecycle: begun anew for every host, so that a sweep allocates nothing. */
export class WindowMinimum {
	/** How many fit at the present x. */
	count = 0;
	/** The next x at which `count` may be another; Infinity where it never is. */
	changesAt = Infinity;

	/** The queue: ascending counts, and the x at which the last step with that count leaves the window. */
	private counts = new Int32Array(64);
	private leaves = new Float64Array(64);
	private head = 0;
	private tail = 0;

	private profile!: HostProfile;
	private demand!: Float64Array;
	private base = 0;
	private limit = 0;
	private high = 0;
	/** What begins from this instant on is of no interest. */
	private before = 0;
	private left = 0;
	private right = 0;
	private leftMoves = false;
	private rightMoves = false;
	/** Whether steps that enter behind one without room are passed over. */
	private passes = false;

	/** The step that enters next; -1 when none is left. */
	private next = -1;
	private nextAt = Infinity;
	private nextCount = 0;
	private entersAt = Infinity;

	/** The window of phase `p` on a host, for x from `low` to `high`; counts above `limit` are not told apart. */
	begin(profile: HostProfile, phases: Phases, p: number, low: number, high: number, limit: number): void {
		this.profile = profile;
		this.demand = phases.demand;
		this.base = p * RESOURCE_NAMES.length;
		this.limit = limit;
		this.high = high;
		this.left = phases.left[p]!;
		this.right = phases.right[p]!;
		this.leftMoves = phases.leftMoves[p] === 1;
		this.rightMoves = phases.rightMoves[p] === 1;
		this.passes = !this.leftMoves || this.right - this.left > LONG_SECONDS;
		this.before = Math.max(this.right + (this.rightMoves ? high : 0), this.left + (this.leftMoves ? high : 0)) + 1;
		this.head = 0;
		this.tail = 0;
		if (this.passes) this.lookThrough(low);
		else this.enterAll(low);
		this.settle();
	}

	/** Moves on to x, which is `changesAt` or later. */
	advance(x: number): void {
		if (this.count === 0 && this.passes) this.lookThrough(x);
		else {
			while (this.entersAt <= x) this.enter();
			while (this.leaves[this.head]! <= x) this.head++;
		}
		this.settle();
	}

	/** Lets every step in whose coming changes nothing, up to the one that does. */
	private settle(): void {
		this.count = this.counts[this.head]!;
		if (this.count === 0 && this.passes) {
			this.changesAt = this.leaves[this.head]!;
			return;
		}
		while (this.nextCount >= this.count && this.entersAt < this.leaves[this.head]! && this.entersAt <= this.high) {
			this.enter();
		}
		this.changesAt = Math.min(this.entersAt, this.leaves[this.head]!);
	}

	/** The window at x from its end back, up to a step in which none fits: what lies before it leaves earlier. */
	private lookThrough(x: number): void {
		const { profile, demand, base, limit } = this;
		const begin = this.leftMoves ? this.left + x : this.left;
		const end = this.rightMoves ? this.right + x : this.right;
		this.head = 0;
		this.tail = 0;
		let position = profile.positionAt(end - 1);
		const following = profile.nextPosition(position, this.before);
		const followingAt = following < 0 ? Infinity : profile.pages.nextAt;
		let least = Infinity;
		for (let until = followingAt; ; position = profile.positionBefore(position, begin)) {
			const count = profile.machinesAt(position, demand, base, limit);
			if (count < least) this.push(count, until);
			least = Math.min(least, count);
			until = profile.timeAt(position);
			if (count === 0 || until <= begin) break;
		}
		this.turnRound();
		this.lookAt(following, followingAt);
	}

	/** What was noted last leaves first. */
	private turnRound(): void {
		const { counts, leaves } = this;
		for (let one = 0, other = this.tail - 1; one < other; one++, other--) {
			const count = counts[one]!;
			counts[one] = counts[other]!;
			counts[other] = count;
			const leavesAt = leaves[one]!;
			leaves[one] = leaves[other]!;
			leaves[other] = leavesAt;
		}
	}

	/** The window at x from its begin on. */
	private enterAll(x: number): void {
		const first = this.profile.positionAt(this.leftMoves ? this.left + x : this.left);
		this.lookAt(first, this.profile.timeAt(first));
		const end = this.rightMoves ? this.right + x : this.right;
		do this.enter();
		while (this.nextAt < end);
	}

	private enter(): void {
		const count = this.nextCount;
		while (this.tail > this.head && this.counts[this.tail - 1]! >= count) this.tail--;
		const following = this.profile.nextPosition(this.next, this.before);
		const at = following < 0 ? Infinity : this.profile.pages.nextAt;
		this.push(count, at);
		this.lookAt(following, at);
	}

	/** Behind all others in the queue: a step that lasts until that instant. */
	private push(count: number, until: number): void {
		if (this.tail === this.counts.length) this.makeRoom();
		this.counts[this.tail] = count;
		this.leaves[this.tail] = this.leftMoves ? until - this.left : Infinity;
		this.tail++;
	}

	private lookAt(position: number, at: number): void {
		this.next = position;
		this.nextAt = at;
		// The window is half-open: a step that begins at t lies in it from the first x with right + x > t.
		this.entersAt = this.rightMoves ? at - this.right + 1 : Infinity;
		if (position >= 0) this.nextCount = this.profile.machinesAt(position, this.demand, this.base, this.limit);
	}

	private makeRoom(): void {
		if (this.head > this.counts.length >> 1) {
			this.counts.copyWithin(0, this.head, this.tail);
			this.leaves.copyWithin(0, this.head, this.tail);
			this.tail -= this.head;
			this.head = 0;
			return;
		}
		const counts = new Int32Array(this.counts.length * 2);
		counts.set(this.counts);
		this.counts = counts;
		const leaves = new Float64Array(counts.length);
		leaves.set(this.leaves);
		this.leaves = leaves;
	}
}
