/** The values that are tried in the place of one: where comparisons change, and what lies beside that. */
import { printDateTime, printDuration } from '../time.ts';
import type { End } from './ends.ts';
import { numbers } from './evaluation.ts';
import { type Line, placeOn, placesOn, type Value } from './expression-values.ts';
import { type NodeDemand, valueOn } from './node-demand.ts';
import {
	add,
	ceilTo,
	decimalsOf,
	floorTo,
	isFiniteRational,
	negate,
	parseRational,
	type Rational,
} from './rational.ts';
import { DECIMALS_MAX } from './slots.ts';
import { bothEnds, intersect, isPoint, point, spanning } from './spans.ts';

/**
 * The end itself and what lies beside it: whole numbers, those with as many decimals as both have and so many more; and
 * what items allow there and next to it.
 */
export function valuesNear(end: End, more: number, demand: NodeDemand | undefined): readonly Value[] {
	const { at } = end;
	if (at.kind === 'texts') {
		return at.texts.flatMap((text) => [
			...[text, ...secondsBeside(text)].map((each): Value => ({ kind: 'texts', texts: [each] })),
			...(demand === undefined || more > 0 ? [] : allowedNearText(text, demand)),
		]);
	}
	const near = at.spans.flatMap(bothEnds).flatMap((place) => {
		const own = isFiniteRational(place) ? decimalsOf(place) : 0;
		const least = Math.max(end.decimals, own ?? DECIMALS_MAX);
		const step = Math.min(DECIMALS_MAX, least) + more;
		if (!isFiniteRational(place) || (more > 0 && step > DECIMALS_MAX)) return [];
		const beside = [0, step].flatMap((places) => {
			const unit = UNITS[places]!;
			const [below, above] = [floorTo(place, places), ceilTo(place, places)];
			return [below, above, add(above, negate(unit)), add(below, unit)];
		});
		const plain = [...(own === undefined ? [] : [place]), ...beside].map((each) => numbers(point(each)));
		return demand === undefined
			? plain
			: [...plain, ...allowedNear('number', place, digitsTried(step, more, demand), demand)];
	});
	return at.text === undefined ? near : [...near, at];
}

const UNITS = Array.from({ length: DECIMALS_MAX + 1 }, (_, places) => parseRational(`1e-${places}`) as Rational);

/** Whole numbers, those with so many decimals, and where items say how many there may be, with as many. */
function digitsTried(step: number, more: number, demand: NodeDemand): readonly number[] {
	const most = demand.decimals();
	const digits = most === undefined ? [step] : [Math.min(step, most), Math.min(DECIMALS_MAX, most)];
	return [...new Set(more > 0 ? digits.slice(0, 1) : [0, ...digits])];
}

/** What items allow at that place and next to it, looked for only where they do not allow what is there as it is printed. */
function allowedNear(line: Line, place: Rational, digits: readonly number[], demand: NodeDemand): readonly Value[] {
	const plainOr = (at: Rational, look: () => Value | undefined): Value | undefined => {
		const plain = valueOn(line, at);
		return demand.isAllowed(plain) ? plain : look();
	};
	const next = digits.flatMap((places) => {
		const unit = UNITS[places]!;
		const [below, above] = [add(ceilTo(place, places), negate(unit)), add(floorTo(place, places), unit)];
		return [
			plainOr(below, () => demand.next(line, place, false, places)),
			plainOr(above, () => demand.next(line, place, true, places)),
		];
	});
	return [plainOr(place, () => demand.at(line, place)), ...next].filter((each) => each !== undefined);
}

function allowedNearText(text: string, demand: NodeDemand): readonly Value[] {
	for (const line of ['dateTime', 'duration'] as const) {
		const place = placeOn(line, text);
		if (place !== undefined) return allowedNear(line, place, [0], demand);
	}
	return [];
}

/** The whole seconds next to a time or a duration, as such. */
function secondsBeside(text: string): readonly string[] {
	for (const [line, printed, least, most] of SECONDS) {
		const at = placesOn(line, { kind: 'texts', texts: [text] })?.[0]?.lower;
		if (at === undefined) continue;
		return [add(ceilTo(at, 0), -1), add(floorTo(at, 0), 1)]
			.filter((second) => typeof second === 'number' && second >= least && second <= most)
			.map((second) => printed(second as number));
	}
	return [];
}

/** Times are those of the years 1 to 9999. */
const SECONDS = [
	['dateTime', printDateTime, -62_135_596_800, 253_402_300_799],
	['duration', printDuration, 0, Number.MAX_SAFE_INTEGER],
] as const;

/** What of the range lies on either side of the number. */
export function partsOf(range: Value, at: Value): readonly Value[] {
	const [end] = at.kind === 'numbers' ? at.spans : [];
	if (end === undefined || range.kind === 'texts' || range.spans.every(isPoint)) return [];
	return [spanning(Number.NEGATIVE_INFINITY, end.lower), spanning(end.lower, Number.POSITIVE_INFINITY)]
		.map((side) => intersect(range.spans, side))
		.filter((part) => part.length > 0)
		.map(numbers);
}
