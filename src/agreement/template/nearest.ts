/** The nearest value with which a condition of the constraint language would hold. */
import { type Evaluation, evaluate, numbers, operandValue, rangeOf, selectionsOf } from '../conditions/evaluation.ts';
import type { Condition, Operand } from '../conditions/expression.ts';
import { calculate, print, type Value } from '../conditions/expression-values.ts';
import { between, exactly, intersect, isEmpty, type RangeValue } from '../jsdl/range.ts';
import type { Location } from './location.ts';

/** The Locations of a condition, each once, in the order of the words. */
export function locationsIn(condition: Condition): readonly Location[] {
	const found = new Map<string, Location>();
	const inOperand = (operand: Operand): void => {
		if ('location' in operand) found.set(operand.location.text, operand.location);
		else if (operand.kind === 'negative') inOperand(operand.operand);
		else if (operand.kind === 'arithmetic') {
			inOperand(operand.left);
			inOperand(operand.right);
		}
	};
	for (const comparison of comparisonsIn(condition)) {
		if (comparison.kind === 'exists') found.set(comparison.location.text, comparison.location);
		else {
			inOperand(comparison.left);
			inOperand(comparison.right);
		}
	}
	return [...found.values()];
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

/**
 * The value nearest to what the one node of the Location says for which the part holds: where its comparisons change,
 * or the whole number beside that; of a range what of it is admitted. Instead of a whole number a whole one is told, if
 * one holds. Each is tried before it is told.
 */
export function findNearest(part: Condition, location: Location, evaluation: Evaluation): string | undefined {
	const { selections, value } = selectionsOf(location, evaluation);
	if (selections.length !== 1 || 'why' in value) return undefined;
	const candidates: Value[] = [];
	for (const comparison of comparisonsIn(part)) {
		if (comparison.kind === 'exists') continue;
		for (const [side, other] of [
			[comparison.left, comparison.right],
			[comparison.right, comparison.left],
		] as const) {
			const wanted = operandValue(other, evaluation);
			if ('why' in wanted) continue;
			candidates.push(...solve(side, wanted, location, evaluation));
		}
	}
	const range = value.kind === 'numbers' ? value.range : undefined;
	const said = range?.intervals[0]?.lower;
	const isPoint = range?.intervals.every(({ lower, upper }) => lower === upper) ?? true;
	if (range !== undefined && !isPoint)
		candidates.unshift(...candidates.flatMap((candidate) => partsOf(range, candidate)));
	const distance = (candidate: Value): number => {
		if (candidate.kind === 'texts' || said === undefined) return 0;
		const [{ lower, upper } = { lower: said, upper: said }] = candidate.range.intervals;
		if (lower !== upper) return -1;
		return Number.isInteger(said) && !Number.isInteger(lower) ? Number.MAX_VALUE : Math.abs(lower - said);
	};
	const holds = (candidate: Value): boolean => {
		const supposed = new Map([[location.text, candidate]]);
		return evaluate(part, { ...evaluation, instead: supposed }) === 'true';
	};
	const nearest = candidates
		.slice(0, CANDIDATES_MAX)
		.sort((one, other) => distance(one) - distance(other))
		.find(holds);
	return nearest && print(nearest);
}

/** What of the range lies on either side of the number. */
function partsOf(range: RangeValue, at: Value): readonly Value[] {
	const [end] = at.kind === 'numbers' ? at.range.intervals : [];
	if (end === undefined) return [];
	return [between(Number.NEGATIVE_INFINITY, end.lower), between(end.lower, Number.POSITIVE_INFINITY)]
		.map((side) => intersect(range, side))
		.filter((part) => !isEmpty(part))
		.map(numbers);
}

/** What the Location would have to say for the operand to be one of the ends of what is wanted, or beside it. */
function solve(operand: Operand, wanted: Value, location: Location, evaluation: Evaluation): readonly Value[] {
	if (operand.kind === 'location') {
		if (operand.location.text !== location.text) return [];
		if (wanted.kind === 'texts') return wanted.texts.map((text) => ({ kind: 'texts', texts: [text] }));
		const ends = wanted.range.intervals.flatMap(({ lower, upper }) => [lower, upper]);
		return ends
			.flatMap((end) => [end, Math.ceil(end) - 1, Math.floor(end) + 1, Math.floor(end), Math.ceil(end)])
			.filter(Number.isFinite)
			.map((end) => numbers(exactly(end)));
	}
	if (wanted.kind === 'texts') return [];
	if (operand.kind === 'negative') return solveWith('-', exactly(0), wanted.range, operand.operand);
	if (operand.kind !== 'arithmetic') return [];
	const { operator, left, right } = operand;
	const [leftValue, rightValue] = [rangeOf(left, evaluation), rangeOf(right, evaluation)];
	const inLeft = 'why' in rightValue ? [] : solveWith(INVERSES[operator], wanted.range, rightValue, left);
	if ('why' in leftValue) return inLeft;
	const isCommutative = operator === '+' || operator === '*';
	const inRight = isCommutative
		? solveWith(INVERSES[operator], wanted.range, leftValue, right)
		: solveWith(operator, leftValue, wanted.range, right);
	return [...inLeft, ...inRight];

	function solveWith(
		inverse: Parameters<typeof calculate>[0],
		one: RangeValue,
		other: RangeValue,
		inner: Operand,
	): readonly Value[] {
		const range = calculate(inverse, one, other);
		return 'why' in range ? [] : solve(inner, numbers(range), location, evaluation);
	}
}

const INVERSES = { '+': '-', '-': '+', '*': 'div', div: '*' } as const;
