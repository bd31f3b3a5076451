/** The nearest value with which a condition of the constraint language would hold. */
import { calculateWith, type Evaluation, evaluate, numbers, operandValue } from '../conditions/evaluation.ts';
import type { ArithmeticOperator, Condition, Operand } from '../conditions/expression.ts';
import { type Fault, LINES, placesOn, print, type Value } from '../conditions/expression-values.ts';
import {
	add,
	ceilTo,
	decimalsOf,
	floorTo,
	isFiniteRational,
	isWhole,
	negate,
	order,
	parseRational,
	type Rational,
} from '../conditions/rational.ts';
import { intersect, isPoint, point, type Spans, spanning } from '../conditions/spans.ts';
import { printDateTime, printDuration } from '../time.ts';
import type { Location } from './location.ts';

/** The Locations of a condition, each once, in the order of the words. */
export function locationsIn(condition: Condition): readonly Location[] {
	const found = new Map<string, Location>();
	for (const comparison of comparisonsIn(condition)) {
		const named =
			comparison.kind === 'exists' ? [comparison] : [...namedIn(comparison.left), ...namedIn(comparison.right)];
		for (const { location } of named) found.set(location.text, location);
	}
	return [...found.values()];
}

/** Whether the condition compares what the Location says, and not only what a function makes of all that it selects. */
export function isCompared(condition: Condition, { text }: Location): boolean {
	return comparisonsIn(condition).some(
		(comparison) =>
			comparison.kind === 'comparison' &&
			[comparison.left, comparison.right]
				.flatMap(namedIn)
				.some(({ kind, location }) => kind === 'location' && location.text === text),
	);
}

/** Whether each comparison is of one node with what names none, so that what it says of several it says of each. */
export function isOfEach(condition: Condition): boolean {
	return comparisonsIn(condition).every((comparison) => {
		if (comparison.kind === 'exists') return true;
		const named = [comparison.left, comparison.right].flatMap(namedIn);
		return named.length < 2 && named.every(({ kind }) => kind === 'location');
	});
}

function namedIn(operand: Operand): readonly Extract<Operand, { location: Location }>[] {
	if ('location' in operand) return [operand];
	if (operand.kind === 'negative') return namedIn(operand.operand);
	return operand.kind === 'arithmetic' ? [...namedIn(operand.left), ...namedIn(operand.right)] : [];
}

function comparisonsIn(condition: Condition): readonly Extract<Condition, { kind: 'comparison' | 'exists' }>[] {
	switch (condition.kind) {
		case 'comparison':
		case 'exists':
			return [condition];
		case 'not':
			return comparisonsIn(condition.condition);
		default:
			return condition.conditions.flatMap(comparisonsIn);
	}
}

/** Values tried in the place of one: as many as a constraint has ends, and their neighbours. */
const CANDIDATES_MAX = 64;
/** Beside an end that is excluded; of what has more nobody writes them all. */
const DECIMALS_MAX = 8;

/**
 * The value nearest to what the node of the Location says (`value`) for which the part holds: where its comparisons
 * change, or beside that the whole number, the next with as many decimals as both have, the whole second; of a range
 * what of it is admitted. Instead of a whole number a whole one is told, if one holds. Each is tried before it is told.
 */
export function findNearest(
	part: Condition,
	location: Location,
	value: Value,
	evaluation: Evaluation,
): string | undefined {
	const candidates = new Map<string, Value>();
	const propose = (candidate: Value): unknown => candidates.set(print(candidate), candidate);
	const search: Search = { value, location, evaluation, propose };
	for (const { kind, ...comparison } of comparisonsIn(part)) {
		if (kind === 'exists' || !('left' in comparison)) continue;
		solve(comparison.left, operandValue(comparison.right, evaluation), search);
		solve(comparison.right, operandValue(comparison.left, evaluation), search);
	}
	if (value.kind === 'numbers' && !value.spans.every(isPoint)) {
		for (const candidate of [...candidates.values()]) for (const some of partsOf(value.spans, candidate)) propose(some);
	}
	const distanceOf = distancesFrom(value);
	const ranked = [...candidates.values()].map((candidate) => ({ candidate, ...distanceOf(candidate) }));
	ranked.sort((one, other) => one.rank - other.rank || order(one.distance, other.distance));
	const nearest = ranked.slice(0, CANDIDATES_MAX).find(({ candidate }) => {
		const instead = new Map(evaluation.instead).set(location.text, candidate);
		return evaluation.budget.remaining >= 0 && evaluate(part, { ...evaluation, instead }) === 'true';
	});
	return nearest === undefined || evaluation.budget.remaining < 0 ? undefined : print(nearest.candidate);
}

/** What is changed, and where what might be tried instead is put. */
interface Search {
	readonly value: Value;
	readonly location: Location;
	readonly evaluation: Evaluation;
	readonly propose: (candidate: Value) => unknown;
}

/** How far a candidate is: parts of a range first, for a whole number whole ones before others. */
function distancesFrom(value: Value): (candidate: Value) => { readonly rank: number; readonly distance: Rational } {
	const line = LINES.find((each) => placesOn(each, value) !== undefined);
	const said = line && placesOn(line, value)?.[0]?.lower;
	return (candidate) => {
		const [place] = (line && placesOn(line, candidate)) ?? [];
		if (place === undefined || said === undefined) return { rank: 2, distance: 0 };
		if (!isPoint(place)) return { rank: -1, distance: 0 };
		const apart = add(place.lower, negate(said));
		const distance = order(apart, 0) < 0 ? negate(apart) : apart;
		return { rank: isWhole(said) && !isWhole(place.lower) ? 1 : 0, distance };
	};
}

/** What of the range lies on either side of the number. */
function partsOf(range: Spans, at: Value): readonly Value[] {
	const [end] = at.kind === 'numbers' ? at.spans : [];
	if (end === undefined) return [];
	return [spanning(Number.NEGATIVE_INFINITY, end.lower), spanning(end.lower, Number.POSITIVE_INFINITY)]
		.map((side) => intersect(range, side))
		.filter((part) => part.length > 0)
		.map(numbers);
}

/** Proposes what the Location would have to say for the operand to be one of the ends of what is wanted, or beside it. */
function solve(operand: Operand, wanted: Value | Fault, search: Search): void {
	if ('why' in wanted) return;
	const { location, evaluation } = search;
	if (operand.kind === 'location') {
		if (operand.location.text === location.text) proposeNear(wanted, search);
		return;
	}
	if (wanted.kind === 'texts') return;
	if (operand.kind === 'negative') solveWith('-', numbers(point(0)), wanted, operand.operand);
	if (operand.kind !== 'arithmetic') return;
	const { operator, left, right } = operand;
	const [leftValue, rightValue] = [operandValue(left, evaluation), operandValue(right, evaluation)];
	solveWith(INVERSES[operator], wanted, rightValue, left);
	const isCommutative = operator === '+' || operator === '*';
	if (isCommutative) solveWith(INVERSES[operator], wanted, leftValue, right);
	else solveWith(operator, leftValue, wanted, right);
	// A quotient leaps where its divisor goes through 0.
	if (operator === 'div') solve(right, numbers(point(0)), search);

	function solveWith(inverse: ArithmeticOperator, one: Value | Fault, other: Value | Fault, inner: Operand): void {
		solve(inner, calculateWith(inverse, one, other, evaluation.budget), search);
	}
}

const INVERSES = { '+': '-', '-': '+', '*': 'div', div: '*' } as const;

function proposeNear(wanted: Value, { value, propose }: Search): void {
	if (wanted.kind === 'texts') {
		for (const text of wanted.texts) {
			propose({ kind: 'texts', texts: [text] });
			for (const beside of secondsBeside(text)) propose({ kind: 'texts', texts: [beside] });
		}
		return;
	}
	const said = value.kind === 'numbers' ? value.spans[0]!.lower : 0;
	const decimals = isFiniteRational(said) ? decimalsOf(said) : 0;
	for (const end of wanted.spans.flatMap(({ lower, upper }) => [lower, upper])) {
		if (!isFiniteRational(end)) continue;
		const own = decimalsOf(end);
		if (own !== undefined) propose(numbers(point(end)));
		const step = Math.min(DECIMALS_MAX, Math.max(decimals ?? 0, own ?? DECIMALS_MAX));
		for (const places of [0, step]) {
			const unit = parseRational(`1e-${places}`) as Rational;
			const [below, above] = [floorTo(end, places), ceilTo(end, places)];
			for (const near of [below, above, add(above, negate(unit)), add(below, unit)]) propose(numbers(point(near)));
		}
	}
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
