/**
 * The Pareto front over start, sizes, duration and price, on a grid: of each size of each service and of the duration all,
 * a half, a quarter and an eighth of what was asked, and the least that there could be. Found are points of the grid at their nearest starts,
 * after the wanted ones and before them, what keeps most of the wish first. Whatever of the grid can be had at any start
 * is outdone by one of them: no less of anything, no farther from the wanted starts, and ending no later where the offer
 * says by when (what begins too early and ends too late is left out). A test compares with every point at every start.
 *
 * What fits, fits smaller and shorter. So a box of points is worth no more than its largest point at the nearest start of
 * its smallest one, and is looked at only when nothing else is worth more. What fits there is grown to a point of the
 * front, and what is larger in one thing or another is left as boxes. So it costs a few fits for each point, and a search
 * over starts for each size that could be larger at another time; exact for one service, and for several as far as it is
 * found out whether they fit together (capacity/search/gang-fit.ts).
 *
 * Where there are prices, what is no larger and no nearer than a point of the front is still a choice where it costs half
 * as much for what it is (rates.ts). A box of such is looked at for each duration, at the starts at which its smallest
 * point fits and its largest is paid: the smaller costs no less for what it is. What is cheap enough there joins the
 * front; else it is smaller, and less is left of the box.
 */
import type { ServiceGrant } from '../../agreement/terms/service.ts';
import { attempt, attemptLatest, canBegin, type Scene } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { keepsToMachines } from '../sizes.ts';
import { firstOfferedAt } from '../window.ts';
import type { Search } from './ladder.ts';
import { type Levels, leastIn, type Shape, secondsIn, sizesIn } from './levels.ts';
import { shareKept, type Wish } from './ranking.ts';
import { ratesOf } from './rates.ts';
import { halve } from './within-site.ts';

/** Positions in the levels, in their order. */
type Point = readonly number[];

/** Points from the largest to the smallest; a front point where it is one and its start is found. */
interface Box {
	readonly largest: Point;
	readonly smallest: Point;
	readonly side: Side;
	/** No start that is nearer fits the smallest. */
	readonly startAt: number;
	/** How far beyond it is looked next; absent: the smallest fits that start. */
	readonly lookSeconds?: number;
	/** A point of the front outdoes this and all that is smaller of it: so much need not be looked for. */
	readonly outdone?: Point;
	/** What costs more for what it is, is no choice beside a point of the front; of one duration where there is a limit. */
	readonly rateMax: number;
	/** Of a front point: beside it, what costs more than this for what it is, is no choice. */
	readonly rateBelow?: number;
	/** The share of the wish that its largest point would keep at that start. */
	readonly worth: number;
}

/** The starts from the wanted ones on, or those before them. */
interface Side {
	/** The nearest start of all. */
	readonly firstAt: number;
	/** The nearest start for so much, of those from one on that are no farther from it than so; else where to look next. */
	readonly look: (
		scene: Scene,
		shape: Shape,
		startAt: number,
		seconds: number,
	) => { startAt: number; isFound: boolean } | undefined;
	/** Whether what begins at the one outdoes, as far as starts go, what this side has at the other. */
	readonly isOutdoneAt: (one: number, other: number) => boolean;
}

/** How far a search over the grid goes. */
export interface Reach {
	/** Of each point starts are looked at for twice as long as before, until one fits; so often in all. */
	readonly looksMax: number;
	/** And so often for what costs less for what it is. */
	readonly cheaperLooksMax: number;
	/** What keeps a smaller share of the wish is left out. */
	readonly keptMin: number;
	/** And what keeps less than this part of what the first does. */
	readonly keptPart: number;
	/** Whether there may be a further look, whatever is left of them. */
	readonly mayLook: () => boolean;
}

/** The points of the front, those that keep most of the wish first; with endless reach, all of them. */
export function* nearestOn(search: Search, levels: Levels, wish: Wish, reach: Reach): Generator<ServiceGrant> {
	const { scene, question } = search;
	const { endAt: wantedEndAt = Number.POSITIVE_INFINITY } = question.request.window;
	const shapeAt = (point: Point): Shape => levels.map((values, nth) => values[point[nth]!]!);
	const grantAt = (point: Point, startAt: number): ServiceGrant => {
		const shape = shapeAt(point);
		return grantOf(scene.room, sizesIn(shape), startAt, secondsIn(shape));
	};
	const ofDuration = levels.length - 1;
	if (!keepsToMachines(scene.room.policy, sizesIn(leastIn(levels)))) return;
	/** Until when it runs, where that is later than the client wishes. */
	const endOf = (point: Point, startAt: number): number =>
		Math.max(wantedEndAt, startAt + levels[ofDuration]![point[ofDuration]!]!);
	const front: Box[] = [];
	const rates = ratesOf(search, levels);
	const { rateLimit, outdoneIn } = outdoing(front, scene, endOf);
	const tried = new Tried();
	const boxes: Box[] = [];
	const add = (box: Omit<Box, 'worth'>): Box => {
		const weighed = { ...box, worth: shareKept(grantAt(box.largest, box.startAt), undefined, wish) };
		boxes.push(weighed);
		return weighed;
	};
	const lookSeconds = Math.ceil(levels[ofDuration]![0]! / 2);
	const largest = levels.map(() => 0);
	const smallest = levels.map(({ length }) => length - 1);
	for (const side of sidesOf(search, wish))
		add({ largest, smallest, side, startAt: side.firstAt, lookSeconds, rateMax: Number.POSITIVE_INFINITY });
	const looksLeft = { any: reach.looksMax, cheaper: reach.cheaperLooksMax };
	let { keptMin } = reach;
	for (let box = takeBest(boxes); box !== undefined; box = takeBest(boxes)) {
		const { side, startAt } = box;
		if (box.worth < keptMin) return;
		if (front.includes(box)) {
			keptMin = Math.max(keptMin, box.worth * reach.keptPart);
			yield grantAt(box.largest, startAt);
			continue;
		}
		const rateMax = rateLimit(box);
		if (rateMax < 0) continue;
		if (rateMax < box.rateMax) {
			for (const part of byDuration(box)) add({ ...part, rateMax, side, startAt, lookSeconds });
		} else if (box.lookSeconds !== undefined) {
			const { lookSeconds: _, ...known } = box;
			const outdone = outdoneIn(box);
			if (outdone !== undefined) {
				add({ ...known, outdone });
				continue;
			}
			const kind = rateMax === Number.POSITIVE_INFINITY ? 'any' : 'cheaper';
			if (looksLeft[kind] === 0 || !reach.mayLook()) continue;
			looksLeft[kind] -= 1;
			const within = rates.sceneWithin(shapeAt(box.largest), rateMax);
			const seen = side.look(within, shapeAt(box.smallest), startAt, box.lookSeconds);
			if (seen === undefined) continue;
			if (seen.isFound) tried.noteFit(box.smallest, seen.startAt);
			const found = { ...known, startAt: seen.startAt };
			add(seen.isFound ? found : { ...found, lookSeconds: 2 * box.lookSeconds });
		} else {
			// Who wishes to end by a time has no use for what is larger and ends later.
			const latestAt = endOf(box.smallest, startAt);
			const isAdmitted = (point: Point): boolean =>
				endOf(point, startAt) <= latestAt && tried.fits(point, startAt, () => fitsAt(search, shapeAt(point), startAt));
			const full = box.outdone ?? fullestIn(box, isAdmitted);
			const rateBelow = rates.below(shapeAt(full), startAt);
			const point = { ...box, largest: full, smallest: full, rateBelow };
			if (rates.isWithin(shapeAt(full), startAt, rateLimit(point))) front.push(add(point));
			for (const rest of withoutPoint(box, full)) add({ ...rest, rateMax, side, startAt, lookSeconds });
			if (scene.room.pricing !== undefined)
				add({ largest: full, smallest: box.smallest, rateMax, side, startAt, lookSeconds });
		}
	}
}

/** What of boxes the points of the front outdo, those that come to it later too. */
function outdoing(front: readonly Box[], { room }: Scene, endOf: (point: Point, startAt: number) => number) {
	/** Whether a point of the front is no farther than the box, and ends no later than any of it. */
	const isNearer = ({ largest: point, startAt }: Box, box: Omit<Box, 'worth'>): boolean =>
		box.side.isOutdoneAt(startAt, box.startAt) && endOf(point, startAt) <= endOf(box.smallest, box.startAt);
	/** What costs more for what it is, is outdone; where that is nothing or less, all is. */
	const rateLimit = (box: Omit<Box, 'worth'>): number => {
		let limit = box.rateMax;
		for (const one of front) {
			if (isNoLarger(box.largest, one.largest) && isNearer(one, box)) limit = Math.min(limit, one.rateBelow!);
		}
		return limit;
	};
	const isExact = room.others === undefined && room.pricing === undefined;
	/** The largest of it that a point of the front outdoes; where there is no price, and what fits is known. */
	const outdoneIn = (box: Box): Point | undefined => {
		const best = isExact && front.find((one) => isNoLarger(box.smallest, one.largest) && isNearer(one, box));
		return best ? best.largest.map((position, nth) => Math.max(position, box.largest[nth]!)) : undefined;
	};
	return { rateLimit, outdoneIn };
}

/** What of the grid was found to fit which start, and what was not: what fits, fits smaller. A class for its lifecycle. */
class Tried {
	private readonly byStart = new Map<number, { readonly fitting: Point[]; readonly refused: Point[] }>();

	/** Whether the point fits that start; `look` is asked where nothing larger is known to, and nothing smaller not to. */
	fits(point: Point, startAt: number, look: () => boolean): boolean {
		const { fitting, refused } = this.at(startAt);
		if (fitting.some((other) => isNoLarger(point, other))) return true;
		if (refused.some((other) => isNoLarger(other, point))) return false;
		const isFitting = look();
		(isFitting ? fitting : refused).push(point);
		return isFitting;
	}

	noteFit(point: Point, startAt: number): void {
		this.at(startAt).fitting.push(point);
	}

	private at(startAt: number) {
		const known = this.byStart.get(startAt) ?? { fitting: [], refused: [] };
		this.byStart.set(startAt, known);
		return known;
	}
}

/** Positions go from the largest on. */
function isNoLarger(one: Point, other: Point): boolean {
	return one.every((position, nth) => position >= other[nth]!);
}

/** What may cost so much for what it is depends on how long it runs: by each duration, where it is not one already. */
function byDuration({ largest, smallest }: Box): Pick<Box, 'largest' | 'smallest'>[] {
	const ofDuration = largest.length - 1;
	const first = largest[ofDuration]!;
	return Array.from({ length: smallest[ofDuration]! - first + 1 }, (_, nth) => ({
		largest: largest.with(ofDuration, first + nth),
		smallest: smallest.with(ofDuration, first + nth),
	}));
}

/** The box without all that is no larger than one of its points, in parts. */
function* withoutPoint({ largest, smallest }: Box, point: Point): Generator<Pick<Box, 'largest' | 'smallest'>> {
	let rest = largest;
	for (const nth of growth(point)) {
		if (point[nth]! > largest[nth]!) yield { largest: rest, smallest: smallest.with(nth, point[nth]! - 1) };
		rest = rest.with(nth, point[nth]!);
	}
}

/** Fewer machines are hoped for rather than smaller ones for a shorter time. */
function growth(point: Point): number[] {
	return [...point.keys()].reverse();
}

/** As much of one dimension after the other as is admitted beside the others; the smallest is. */
function fullestIn({ largest, smallest }: Box, isAdmitted: (point: Point) => boolean): Point {
	if (isAdmitted(largest)) return largest;
	let full = smallest;
	for (const nth of growth(full)) {
		const steps = smallest[nth]! - largest[nth]!;
		const raised = (by: number): Point => full.with(nth, smallest[nth]! - by);
		if (steps === 0) continue;
		if (isAdmitted(raised(steps))) full = raised(steps);
		else full = raised(halve(1, steps - 1, (by) => isAdmitted(raised(by))) ?? 0);
	}
	return full;
}

/** The first of them, and no more are looked for. */
export function* firstOf<T>(all: Iterable<T>, most: number): Generator<T> {
	let count = 0;
	for (const each of all) {
		yield each;
		count += 1;
		if (count === most) return;
	}
}

function sidesOf({ scene, question, starts: near }: Search, { starts }: Wish): readonly Side[] {
	const { room } = scene;
	const { endAt = Number.POSITIVE_INFINITY } = question.request.window;
	const { now, policy } = room;
	const noticeAt = firstOfferedAt(policy, now);
	const preparedAt = now + policy.setupSeconds;
	const lastFor = (shape: Shape): number => now + policy.horizonSeconds - secondsIn(shape);
	const after: Side = {
		// A start that the client named needs no more than the notice.
		firstAt: Math.max(Math.min(noticeAt, near.earliestAt), starts.earliestAt),
		look: (within, shape, startAt, seconds) => {
			const durationSeconds = secondsIn(shape);
			if (startAt > lastFor(shape)) return undefined;
			const latestAt = Math.min(startAt + seconds, lastFor(shape));
			const found = attempt(within, sizesIn(shape), { earliestAt: startAt, latestAt, durationSeconds });
			if (found !== undefined) return { startAt: found.grant.startAt, isFound: true };
			return { startAt: Math.max(latestAt + 1, preparedAt), isFound: false };
		},
		isOutdoneAt: (one, other) => one >= starts.earliestAt && one <= other,
	};
	const before: Side = {
		firstAt: starts.earliestAt - 1,
		look: (within, shape, startAt, seconds) => {
			const durationSeconds = secondsIn(shape);
			const latestAt = Math.min(startAt, lastFor(shape), endAt - durationSeconds);
			if (latestAt < noticeAt) return undefined;
			const nearestAt = latestAt - seconds;
			// Of starts nearer than the setup only the first is of use.
			const earliestAt = nearestAt < preparedAt ? noticeAt : nearestAt;
			const found = attemptLatest(within.room, sizesIn(shape), { earliestAt, latestAt, durationSeconds });
			return { startAt: found?.grant.startAt ?? earliestAt - 1, isFound: found !== undefined };
		},
		isOutdoneAt: (one, other) => one >= other && one <= starts.latestAt,
	};
	return [after, before];
}

function fitsAt({ scene }: Search, shape: Shape, startAt: number): boolean {
	const durationSeconds = secondsIn(shape);
	const sizes = sizesIn(shape);
	return keepsToMachines(scene.room.policy, sizes) && canBegin(scene, sizes, startAt, durationSeconds);
}

/** Takes out the box that is worth most, of those that are worth the same the one that was added first. */
function takeBest(boxes: Box[]): Box | undefined {
	let best = 0;
	for (let index = 1; index < boxes.length; index += 1) if (boxes[index]!.worth > boxes[best]!.worth) best = index;
	return boxes.splice(best, 1)[0];
}
