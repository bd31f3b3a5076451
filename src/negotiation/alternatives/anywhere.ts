/**
 * The last resort of the search for alternatives, for offers near which nothing can be had. The grid of all times was
 * searched already (grid.ts), so what is left are templates that refuse what was found there, and hosts that the offer
 * does not name; of several services also what was too much to be looked for.
 *
 * Nothing but asking tells what a template admits, and each question costs as much as narrowing the offer. So it is asked
 * about one value after the other, beside others that it admits, and only what it admits is looked for in the calendar.
 */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { attempt, attemptLatest } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, sizesOfAll } from '../sizes.ts';
import { firstOfferedAt } from '../window.ts';
import { firstOf, nearestOn, type Reach } from './grid.ts';
import { durations, halves, type Ladder, mayLookOn, ROUND_BYTES, type Search } from './ladder.ts';
import { coarseLevels, type Levels, leastIn, levelsBetween, type Shape, secondsIn, sizesIn } from './levels.ts';
import type { Wish } from './ranking.ts';
import { halve } from './within-site.ts';

/** Sets of ladders, each worth asking about only where none of those before it can be offered. */
export function* findAnywhere(search: Search, asked: Sizes, wish: Wish): Generator<readonly Ladder[]> {
	const { scene } = search;
	if (scene.begun !== undefined) return;
	yield* findAdmitted(search, asked, wish);
	// What was asked may be too little for the template beside something else.
	for (const times of wish.isBeyond === true ? LARGER : []) yield* findAdmitted(search, larger(asked, times), wish);
	const [others] = search.others;
	if (others === undefined || others.length === 0 || asked.others !== undefined) return;
	const elsewhere = { ...search, scene: { ...scene, room: { ...scene.room, hosts: others } } };
	const onOthers = (grant: ServiceGrant): Ladder[] => [[{ ...grant, candidateHosts: others }]];
	for (const grant of firstOf(nearestOn(elsewhere, coarseLevels(elsewhere, asked), wish, REACH), TRIED_MAX))
		yield onOthers(grant);
	for (const ladders of findAdmitted(elsewhere, asked, wish)) yield ladders.flatMap(([grant]) => onOthers(grant!));
}

/** So many times as large as what was asked. */
const LARGER = [2, 4, 16];

function larger(asked: Sizes, times: number): Sizes {
	const grown = servicesOf<ServiceSizes>(asked).map((service) => {
		const sizes = { ...service };
		for (const field of ['machineCount', ...SIZE_FIELDS] as const) sizes[field] *= times;
		return sizes;
	});
	return sizesOfAll(grown);
}

/** Each look costs up to a search of the whole calendar, under the site's lock. */
const REACH: Reach = { looksMax: 24, cheaperLooksMax: 0, keptMin: 0, keptPart: 0, mayLook: () => true };
/** A template that refuses so many of what is nearest is not asked about the others. */
const TRIED_MAX = 12;

/**
 * What is nearest among all whose every value the template admits beside the others of something that it admits whole;
 * then this itself, and what differs from it in one value; then the largest that is smaller in all sizes together. The
 * template is asked about the wanted start: few constraints are about starts.
 */
function* findAdmitted(search: Search, asked: Sizes, wish: Wish): Generator<readonly Ladder[]> {
	const { question, scene, starts } = search;
	const levels = fineLevels(search, asked);
	const admits = (shape: Shape): boolean => {
		const grant = grantOf(scene.room, sizesIn(shape), starts.earliestAt, secondsIn(shape));
		return question.satisfies(grant, wish.priceOf?.(grant));
	};
	if (atAnyTime(search, leastIn(levels)) === undefined) return;
	const base = admittedOne(levels, admits);
	if (base === undefined) return;
	const admitted = levels.map((values, nth) => {
		return values.filter((value) => value === base[nth] || admits(base.with(nth, value)));
	});
	const isSeveral = asked.others !== undefined;
	const reach = isSeveral ? { ...REACH, mayLook: () => mayLookOn(search) } : REACH;
	for (const grant of firstOf(nearestOn(search, admitted, wish, reach), TRIED_MAX)) yield [[grant]];
	// Hardly anything fits, or the template is about several values together: the least, then what is admitted for certain.
	const certain = admitted.flatMap((values, nth) => values.map((value): Shape => base.with(nth, value)));
	for (const shape of firstOf([leastIn(admitted), base, ...certain], TRIED_MAX)) {
		const grant = atAnyTime(search, shape);
		if (grant !== undefined) yield [[grant]];
	}
	if (isSeveral && !mayLookOn(search)) return;
	// No value alone can be less: the largest of what is less in all sizes together. What fits, fits smaller.
	for (const together of [inProportion(levels, 0), inProportion(levels, -1)]) {
		let largest: ServiceGrant | undefined;
		const shapes = together.filter(admits);
		halve(0, shapes.length - 1, (nth) => {
			const grant = atAnyTime(search, shapes[nth]!);
			largest = grant ?? largest;
			return grant !== undefined;
		});
		if (largest !== undefined) yield [[largest]];
	}
}

/** All sizes in the same proportion, as nearly as their levels go, the smallest first; of the durations the one there. */
function inProportion(levels: Levels, duration: 0 | -1): readonly Shape[] {
	const seconds = levels.at(-1)!.at(duration)!;
	return PARTS.map((share) => {
		const sizes = levels.slice(0, -1).map((values) => {
			return values.find((value) => value <= values[0]! * share) ?? values.at(-1)!;
		});
		return [...sizes, seconds];
	});
}

/** Of all that was asked. */
const PARTS = [0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 3 / 4, 1];

/** Something that the template admits: as large or as small in everything, or but for one value. */
function admittedOne(levels: Levels, admits: (shape: Shape) => boolean): Shape | undefined {
	const longest = Math.max(...levels.map(({ length }) => length));
	const alike = Array.from({ length: longest }, (_, position): Shape => {
		return levels.map((values) => values[Math.min(position, values.length - 1)]!);
	});
	const ends = [alike[0]!, leastIn(levels)];
	const butOne = ends.flatMap((end) =>
		levels.flatMap((values, nth) => values.map((value): Shape => end.with(nth, value))),
	);
	return [...alike, ...butOne].find(admits);
}

/** Halves, and rounder numbers, which a template may rather admit. */
function fineLevels(search: Search, asked: Sizes): Levels {
	return levelsBetween(search, asked, (most, least, field) => {
		switch (field) {
			case 'machineCount':
			case 'cpuCount':
				return [...halves(most, least), most - 1, ...powers(most)];
			case 'memoryBytes':
			case 'diskBytes': {
				const whole = Math.floor(most / ROUND_BYTES);
				const units = whole < 1 ? [] : [...halves(whole, 1), ...powers(whole)];
				return [most, ...units.map((each) => each * ROUND_BYTES), ...halves(Math.min(most, ROUND_BYTES), least)];
			}
			case 'networkBitsPerSecond':
				return [most, most / 2, most / 4];
			case 'durationSeconds':
				return halves(most, least)
					.flatMap((seconds) => durations(seconds, least))
					.slice(0, DURATIONS_MAX);
		}
	});
}

/** Whole minutes and hours of five halves: hardly anything is left then. */
const DURATIONS_MAX = 12;

/** The powers of two up to it. */
function powers(most: number): number[] {
	return Array.from({ length: Math.floor(Math.log2(most)) + 1 }, (_, exponent) => 2 ** exponent);
}

/** The nearest start at or after the first that was wanted, else the nearest before it. */
function atAnyTime({ scene, starts }: Search, shape: Shape): ServiceGrant | undefined {
	const { now, policy } = scene.room;
	const sizes = sizesIn(shape);
	const durationSeconds = secondsIn(shape);
	const untilAt = now + policy.horizonSeconds - durationSeconds;
	const { earliestAt } = starts;
	const later = attempt(scene, sizes, { earliestAt, latestAt: untilAt, durationSeconds });
	if (later !== undefined) return later.grant;
	const before = { earliestAt: firstOfferedAt(policy, now), latestAt: earliestAt - 1, durationSeconds };
	return attemptLatest(scene.room, sizes, before)?.grant;
}
