/**
 * The last resort of the search for alternatives, for offers near which nothing can be had. Of one service the grid of
 * all times was searched already (grid.ts), so what is left are templates that refuse what was found there, and hosts
 * that the offer does not name. Of several services it is whatever fits at any time from now to the horizon.
 *
 * Nothing but asking tells what a template admits, and each question costs as much as narrowing the offer. So it is asked
 * about one value after the other, beside others that it admits, and only what it admits is looked for in the calendar.
 */
import { type ServiceGrant, servicesOf } from '../../agreement/terms/service.ts';
import { attempt, attemptLatest } from '../attempt.ts';
import { grantOf } from '../booking.ts';
import { type ServiceSizes, SIZE_FIELDS, type Sizes, withService } from '../sizes.ts';
import { firstOfferedAt } from '../window.ts';
import { firstOf, nearestOn, type Reach } from './grid.ts';
import { durations, halves, type Ladder, mayLookOn, ROUND_BYTES, type Search } from './ladder.ts';
import { coarseLevels, DIMENSIONS, descending, type Levels, levelsBetween, type Shape, sizesIn } from './levels.ts';
import type { Wish } from './ranking.ts';
import { halve, leastSizes, mostSizes } from './within-site.ts';

/** Sets of ladders, each worth asking about only where none of those before it can be offered. */
export function* findAnywhere(search: Search, asked: Sizes, wish: Wish): Generator<readonly Ladder[]> {
	const { scene } = search;
	if (scene.begun !== undefined) return;
	if (asked.others !== undefined) {
		yield findForAll(search, asked);
		return;
	}
	yield* findAdmitted(search, asked, wish);
	const [others] = search.others;
	if (others === undefined || others.length === 0) return;
	const elsewhere = { ...search, scene: { ...scene, room: { ...scene.room, hosts: others } } };
	const onOthers = (grant: ServiceGrant): Ladder[] => [[{ ...grant, candidateHosts: others }]];
	for (const grant of firstOf(nearestOn(elsewhere, coarseLevels(elsewhere, asked), wish, REACH), TRIED_MAX))
		yield onOthers(grant);
	for (const ladders of findAdmitted(elsewhere, asked, wish)) yield ladders.flatMap(([grant]) => onOthers(grant!));
}

/** Each look costs up to a search of the whole calendar, under the site's lock. */
const REACH: Reach = { looksMax: 24, cheaperLooksMax: 0, keptMin: 0, keptPart: 0 };
/** A template that refuses so many of what is nearest is not asked about the others. */
const TRIED_MAX = 12;

/**
 * What is nearest among all whose every value the template admits beside the others of something that it admits whole;
 * then this itself, and what differs from it in one value. The template is asked about the wanted start: few constraints
 * are about starts.
 */
function* findAdmitted(search: Search, asked: Sizes, wish: Wish): Generator<readonly Ladder[]> {
	const { question, scene, starts } = search;
	const levels = fineLevels(search, asked);
	const admits = (shape: Shape): boolean => {
		const grant = grantOf(scene.room, sizesIn(shape), starts.earliestAt, shape.durationSeconds);
		return question.satisfies(grant, wish.priceOf?.(grant));
	};
	const least = leastOf(levels);
	if (atAnyTime(search, sizesIn(least), least.durationSeconds) === undefined) return;
	const base = admittedOne(levels, admits);
	if (base === undefined) return;
	const admitted = Object.fromEntries(
		DIMENSIONS.map((field) => [
			field,
			levels[field].filter((value) => value === base[field] || admits({ ...base, [field]: value })),
		]),
	) as Record<(typeof DIMENSIONS)[number], number[]>;
	for (const grant of firstOf(nearestOn(search, admitted, wish, REACH), TRIED_MAX)) yield [[grant]];
	// Hardly anything fits, or the template is about several values together: the least, then what is admitted for certain.
	const certain = DIMENSIONS.flatMap((field) => admitted[field].map((value): Shape => ({ ...base, [field]: value })));
	for (const shape of firstOf([leastOf(admitted), base, ...certain], TRIED_MAX)) {
		const grant = atAnyTime(search, sizesIn(shape), shape.durationSeconds);
		if (grant !== undefined) yield [[grant]];
	}
}

/** Something that the template admits: as large or as small in everything, or but for one value. */
function admittedOne(levels: Levels, admits: (shape: Shape) => boolean): Shape | undefined {
	const longest = Math.max(...DIMENSIONS.map((field) => levels[field].length));
	const alike = Array.from({ length: longest }, (_, position) => {
		return shapeWith((field) => levels[field][Math.min(position, levels[field].length - 1)]!);
	});
	const ends = [alike[0]!, leastOf(levels)];
	const butOne = ends.flatMap((end) => {
		return DIMENSIONS.flatMap((field) => levels[field].map((value): Shape => ({ ...end, [field]: value })));
	});
	return [...alike, ...butOne].find(admits);
}

function leastOf(levels: Levels): Shape {
	return shapeWith((field) => levels[field].at(-1)!);
}

function shapeWith(valueIn: (field: (typeof DIMENSIONS)[number]) => number): Shape {
	return Object.fromEntries(DIMENSIONS.map((field) => [field, valueIn(field)])) as Shape;
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
function atAnyTime({ scene, starts }: Search, sizes: Sizes, durationSeconds: number): ServiceGrant | undefined {
	const { now, policy } = scene.room;
	const untilAt = now + policy.horizonSeconds - durationSeconds;
	const { earliestAt } = starts;
	const later = attempt(scene, sizes, { earliestAt, latestAt: untilAt, durationSeconds });
	if (later !== undefined) return later.grant;
	const before = { earliestAt: firstOfferedAt(policy, now), latestAt: earliestAt - 1, durationSeconds };
	return attemptLatest(scene.room, sizes, before)?.grant;
}

/** Of several services: as asked for as long as it fits anywhere, and for as long as the least does, as much as fits. */
function findForAll(search: Search, asked: Sizes): readonly Ladder[] {
	const { scene, starts, sizes } = search;
	const shortest = Math.min(scene.room.policy.durationSecondsMin, starts.durationSeconds);
	const least = leastSizes(search);
	const longest = longestOf(search, least, shortest);
	if (longest === undefined) return [];
	const shortened = [sizes, { ...sizes, machineCount: 1 }].map((each) => {
		const found = mayLookOn(search) ? longestOf(search, each, shortest) : undefined;
		return found === undefined ? [] : shorter(search, each, found, shortest);
	});
	return [...shortened, smaller(search, asked, longest)];
}

/**
 * What runs for the most of what was wanted, half of it, a quarter ..., at any time; and for as much longer as it can
 * there. Each length that is tried costs a search of the whole calendar, so of all seconds only these are.
 */
function longestOf(search: Search, sizes: Sizes, shortest: number): ServiceGrant | undefined {
	const { scene, starts } = search;
	const { durationSeconds: wanted } = starts;
	const lengths = descending([...halves(wanted, shortest), shortest]).reverse();
	let found: ServiceGrant | undefined;
	const nth = halve(0, lengths.length - 1, (each) => {
		const fitting = atAnyTime(search, sizes, lengths[each]!);
		found = fitting ?? found;
		return fitting !== undefined;
	});
	if (nth === undefined || found === undefined) return undefined;
	const { startAt: at } = found;
	const longest = halve(lengths[nth]!, lengths[nth + 1] ?? wanted, (durationSeconds) => {
		return attempt(scene, sizes, { earliestAt: at, latestAt: at, durationSeconds }) !== undefined;
	});
	return longest === undefined ? found : grantOf(scene.room, sizes, at, longest);
}

/** As large as it was wanted, and as long as it fits; rounder durations below it, and its halves. */
function shorter(search: Search, sizes: Sizes, { startAt, endAt }: ServiceGrant, shortest: number): Ladder {
	const longest = endAt - startAt;
	const lengths = descending([...durations(longest, shortest), ...halves(longest, shortest)]);
	return lengths.map((seconds) => grantOf(search.scene.room, sizes, startAt, seconds));
}

/** When the least of all fits for so long, of one size after the other as much as fits. */
function smaller(search: Search, asked: Sizes, { startAt, endAt }: ServiceGrant): Ladder {
	const least = leastSizes(search);
	const starts = { earliestAt: startAt, latestAt: startAt, durationSeconds: endAt - startAt };
	let sizes = least;
	const leasts = servicesOf<ServiceSizes>(least);
	const mosts = servicesOf<ServiceSizes>(mostSizes(search, asked, least));
	for (const [nth, { grids }] of search.sizings.entries()) {
		for (const field of ['machineCount', ...SIZE_FIELDS] as const) {
			const { origin, step } = field === 'machineCount' ? { origin: 0, step: 1 } : grids[field];
			const withUnits = (units: number): Sizes => withService(sizes, nth, { [field]: origin + units * step });
			const unitsMin = Math.ceil((leasts[nth]![field] - origin) / step);
			const unitsMax = Math.floor((mosts[nth]![field] - origin) / step);
			const fitted = halve(
				unitsMin,
				unitsMax,
				(units) => attempt(search.scene, withUnits(units), starts) !== undefined,
			);
			if (fitted !== undefined) sizes = withUnits(fitted);
		}
	}
	const found = attempt(search.scene, sizes, starts)?.grant;
	return found === undefined ? [] : [found];
}
