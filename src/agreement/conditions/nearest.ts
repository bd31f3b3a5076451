/** The nearest value with which a condition of the constraint language would hold. */
import type { Gradual } from '../../parts.ts';
import { type End, endsOfPart } from './ends.ts';
import { type Evaluation, evaluate, numbers, type Supposition } from './evaluation.ts';
import type { Condition } from './expression.ts';
import { LINES, placesOn, print, type Value } from './expression-values.ts';
import { meantBy } from './meant.ts';
import { type NodeDemand, namedValues } from './node-demand.ts';
import { add, divide, isFiniteRational, isWhole, negate, order, printRational, type Rational } from './rational.ts';
import { DECIMALS_MAX } from './slots.ts';
import { bothEnds, isPoint, point, type Span, type Spans, unite } from './spans.ts';
import type { Unknown } from './unknowns.ts';
import { partsOf, valuesNear } from './values-near.ts';

/** Values tried in the place of one: as many as a constraint has ends, and their neighbours. */
const CANDIDATES_MAX = 64;

/** What would be found in the document with that value instead; undefined: there is no such document. */
export type Suppose = (candidate: Value) => Supposition | undefined;

/** A value that would do, and where what would do begins and ends. */
export interface Nearest {
	readonly value: Value;
	readonly ends: readonly Value[];
}

/**
 * The value nearest to what the unknown is (`value`; absent: it is none at all, and the first that would do is nearest)
 * for which the part holds: where its comparisons change, or beside that the whole number, the next with as many
 * decimals as both have, the whole second; of a range what of it is admitted. Instead of a whole number a whole one is
 * told, if one holds, or an end with a fraction that is said as such, and a negative one only of what is negative, or
 * where nothing else would do. Each is tried before it is told; so is what items (`demand`) name, and what they allow
 * next to these. With `finest` more decimals at the most. Of a text where a number or a time is wanted it is the one
 * nearest to what it means.
 */
export function* findNearest(
	part: Condition,
	unknown: Unknown,
	said: Value | undefined,
	evaluation: Evaluation,
	suppose: Suppose,
	demand?: NodeDemand,
	finest = DECIMALS_MAX,
): Gradual<Nearest | undefined> {
	yield;
	if (evaluation.budget.remaining < STEPS_PER_TRIAL) return undefined;
	const endsOfSaid = endsKeptTo(part, unknown, said, evaluation, demand);
	const other = (): Value | undefined => {
		const text = demand && otherText(said, endsOfSaid, demand);
		return text !== undefined && isKeptTo(part, text, evaluation, suppose) ? text : undefined;
	};
	// To a text other texts are nearer than numbers and times.
	const near = isOffLines(said) ? other() : undefined;
	if (near !== undefined && isOffLines(near)) return { value: near, ends: [] };
	const isMisread = isOffLines(said) && !demand?.isOfTexts && typeof evaluate(part, evaluation) === 'object';
	const meant = isMisread ? meantBeside(said!, endsOfSaid) : undefined;
	const value = meant ?? said;
	const ends = meant === undefined ? endsOfSaid : endsKeptTo(part, unknown, meant, evaluation, demand);
	if (meant !== undefined) ends.push({ at: meant, decimals: 0 });
	const tried = new Set<string>();
	const distanceOf = distancesFrom(value, ends);
	for (let more = 0; more <= finest; more += 1) {
		const beside = ends.flatMap((each) => valuesNear(each, more, demand));
		const parts = value === undefined || more > 0 ? [] : beside.flatMap((each) => partsOf(value, each));
		evaluation.budget.remaining -= (beside.length + parts.length) * STEPS_PER_CANDIDATE;
		if (evaluation.budget.remaining < 0) break;
		const candidates = nearestFirst([...beside, ...parts], distanceOf, tried);
		if (candidates.length === 0) break;
		for (const [text, candidate] of candidates.slice(0, CANDIDATES_MAX)) {
			tried.add(text);
			yield;
			if (!isKeptTo(part, candidate, evaluation, suppose)) continue;
			return { value: candidate, ends: ends.map(({ at }) => at) };
		}
	}
	const last = near ?? other();
	return last && { value: last, ends: [] };
}

/** What a text means on the line of what is wanted, if anything. */
function meantBeside(said: Value, ends: readonly End[]): Value | undefined {
	const line = LINES.find((each) => ends.some(({ at }) => placesOn(each, at) !== undefined));
	// What means nothing is nearest to no amount.
	return line && (meantBy(line, said) ?? (line === 'number' ? numbers(point(0)) : undefined));
}

/** Whether it is neither a number nor a time or a duration. */
export function isOffLines(value: Value | undefined): boolean {
	return value !== undefined && LINES.every((line) => placesOn(line, value) === undefined);
}

/** The texts that it must not be, where any other will do: that other one is tried. */
export function barredTexts(
	part: Condition,
	unknown: Unknown,
	evaluation: Evaluation,
	suppose: Suppose,
	other: Value,
): readonly string[] | undefined {
	const ends = [...endsOfPart(part, unknown, undefined, evaluation).values()];
	const named = ends.flatMap(({ at }) => (at.kind === 'texts' ? at.texts : []));
	const isOther = named.length > 0 && !named.includes(print(other));
	return isOther && isKeptTo(part, other, evaluation, suppose) ? named : undefined;
}

/** Where it must not be what is named, and items say what texts there are: one that is none of these. */
function otherText(value: Value | undefined, ends: readonly End[], demand: NodeDemand): Value | undefined {
	const said = value === undefined ? '' : print(value);
	const text = demand.otherText(said, new Set([said, ...ends.map(({ at }) => print(at))]));
	return text === undefined ? undefined : { kind: 'texts', texts: [text] };
}

/** What is tried of it, the nearest first: where comparisons change, and what is beside that. */
export function valuesTried(
	part: Condition,
	unknown: Unknown,
	value: Value | undefined,
	evaluation: Evaluation,
	demand?: NodeDemand,
): readonly Value[] {
	const ends = endsKeptTo(part, unknown, value, evaluation, demand);
	const near = ends.flatMap((each) => valuesNear(each, 0, demand));
	evaluation.budget.remaining -= near.length * STEPS_PER_CANDIDATE;
	return nearestFirst(near, distancesFrom(value, ends)).map(([, each]) => each);
}

/** Each once, by how it is printed; without those that were tried. */
function nearestFirst(
	values: readonly Value[],
	distanceOf: (candidate: Value) => Distance,
	tried: ReadonlySet<string> = new Set(),
): readonly (readonly [text: string, value: Value])[] {
	const printed = new Map(values.map((each) => [print(each), each] as const));
	const ranked = [...printed].filter(([text]) => !tried.has(text)).map((entry) => ({ entry, ...distanceOf(entry[1]) }));
	ranked.sort((one, other) => one.rank - other.rank || order(one.distance, other.distance));
	return ranked.map(({ entry }) => entry);
}

/** With what items name, and where they say how it is written, what it is: what they allow next may lie beside that. */
function endsKeptTo(
	part: Condition,
	unknown: Unknown,
	value: Value | undefined,
	evaluation: Evaluation,
	demand: NodeDemand | undefined,
): End[] {
	const ends = new Map(endsOfPart(part, unknown, value, evaluation));
	if (demand === undefined) return [...ends.values()];
	for (const at of namedValues(demand)) ends.set(print(at), { at, decimals: 0, isNamed: true });
	const isOne = value?.kind === 'numbers' && value.spans.every(isPoint);
	if (isOne && !ends.has(print(value))) ends.set(print(value), { at: value, decimals: 0 });
	return [...ends.values()];
}

/** All the numbers for which the part holds, by whole numbers or by any; undefined where there is not the time to say. */
export function admittedNumbers(
	part: Condition,
	ends: readonly Value[],
	evaluation: Evaluation,
	suppose: Suppose,
): Spans | undefined {
	const finite = ends.flatMap((each) => (each.kind === 'numbers' ? each.spans.flatMap(bothEnds) : []));
	const sorted = finite.filter(isFiniteRational).sort(order);
	const parts: Span[] = [];
	for (const [index, at] of [Number.NEGATIVE_INFINITY, ...sorted].entries()) {
		const next = sorted[index] ?? Number.POSITIVE_INFINITY;
		const alone = numbers(point(at));
		if (isFiniteRational(at) && isKeptTo(part, alone, evaluation, suppose)) parts.push(...point(at));
		if (order(at, next) === 0) continue;
		const between = numbers(point(midpoint(at, next)));
		const span = { lower: at, lowerOpen: true, upper: next, upperOpen: true };
		if (isKeptTo(part, between, evaluation, suppose)) parts.push(span);
	}
	return evaluation.budget.remaining < 0 ? undefined : unite(parts);
}

function midpoint(lower: Rational, upper: Rational): Rational {
	if (!isFiniteRational(lower)) return isFiniteRational(upper) ? add(upper, -1) : 0;
	return isFiniteRational(upper) ? divide(add(lower, upper), 2) : add(lower, 1);
}

function isKeptTo(part: Condition, candidate: Value, evaluation: Evaluation, suppose: Suppose): boolean {
	const { budget } = evaluation;
	budget.remaining -= STEPS_PER_CANDIDATE;
	const instead = budget.remaining < 0 ? undefined : suppose(candidate);
	if (instead !== undefined) budget.remaining -= STEPS_PER_TRIAL - STEPS_PER_CANDIDATE;
	return instead !== undefined && evaluate(part, { ...evaluation, instead }) === 'true' && budget.remaining >= 0;
}

/** To suppose something and look at a comparison takes a few microseconds; to make and print a number one. */
const STEPS_PER_TRIAL = 100;
const STEPS_PER_CANDIDATE = 40;

interface Distance {
	readonly rank: number;
	readonly distance: Rational;
}

/** How far a candidate is: parts of a range first, for a whole number whole ones, and ends that are named, before others. */
function distancesFrom(value: Value | undefined, ends: readonly End[]): (candidate: Value) => Distance {
	const line = value && LINES.find((each) => placesOn(each, value) !== undefined);
	const said = line && placesOn(line, value)?.[0]?.lower;
	const spans = ends.flatMap(({ at, isNamed }) => (isNamed && line && placesOn(line, at)) || []);
	const named = new Set(spans.flatMap(bothEnds).filter(isFiniteRational).map(printRational));
	return (candidate) => {
		const [place] = (line && placesOn(line, candidate)) ?? [];
		const turned = turnsNegative(value, candidate) ? RANK_OF_NEGATIVE : 0;
		if (place === undefined || said === undefined) return { rank: 2 + turned, distance: 0 };
		if (!isPoint(place)) return { rank: -1, distance: 0 };
		const apart = add(place.lower, negate(said));
		const distance = order(apart, 0) < 0 ? negate(apart) : apart;
		const isFraction = isWhole(said) && !isWhole(place.lower) && !named.has(printRational(place.lower));
		return { rank: turned + Number(isFraction), distance };
	};
}

/** Behind all others: amounts are what is mostly asked for. */
const RANK_OF_NEGATIVE = 3;

/** Whether a negative number would be said in the place of one that is none, or of nothing. */
export function turnsNegative(said: Value | undefined, to: Value): boolean {
	return !isNegative(said) && isNegative(to);
}

function isNegative(value: Value | undefined): boolean {
	return value?.kind === 'numbers' && order(value.spans[0]!.lower, 0) < 0;
}
