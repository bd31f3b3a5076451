/** Where a part of a constraint may change from holding to not holding, as one unknown goes along its line. */
import { calculateWith, type Evaluation, numbers, operandValue } from './evaluation.ts';
import type { ArithmeticOperator, Condition, Operand } from './expression.ts';
import { type Fault, placesOn, print, type Value } from './expression-values.ts';
import { turningPoints } from './polynomial.ts';
import { decimalsOf, isFiniteRational, type Rational } from './rational.ts';
import { DECIMALS_MAX } from './slots.ts';
import { isPoint, point } from './spans.ts';
import { aggregateName, comparisonsIn, nameOf, type Unknown, unknownsOf } from './unknowns.ts';

/** Where a comparison may change, and with how many decimals at least it is gone beside that. */
export interface End {
	readonly at: Value;
	readonly decimals: number;
	/** It is said, and not calculated. */
	readonly isNamed?: boolean;
}

/** The ends of what each of its comparisons wants of the unknown, which is `value`, by how they are written. */
export function endsOfPart(
	part: Condition,
	unknown: Unknown,
	value: Value | undefined,
	evaluation: Evaluation,
): ReadonlyMap<string, End> {
	const ends = new Map<string, End>();
	const name = nameOf(unknown);
	const end: Search['end'] = (at, decimals = decimalsIn(value), isNamed = false) => {
		ends.set(print(at), { at, decimals, isNamed: isNamed || ends.get(print(at))?.isNamed === true });
	};
	const search: Search = { value, name, evaluation, end };
	for (const comparison of comparisonsIn(part)) {
		if (comparison.kind === 'exists') {
			if (aggregateName('count', comparison.location) === name) for (const count of [0, 1]) end(numbers(point(count)));
			continue;
		}
		const times = unknownsOf(comparison).filter((each) => nameOf(each) === name).length;
		if (times === 0 || (times > 1 && solveTogether(comparison, search))) continue;
		solve(comparison.left, operandValue(comparison.right, evaluation), search, true);
		solve(comparison.right, operandValue(comparison.left, evaluation), search, true);
	}
	return ends;
}

/** What is changed, and where the ends of what is wanted are put. */
interface Search {
	readonly value: Value | undefined;
	/** That of the unknown. */
	readonly name: string;
	readonly evaluation: Evaluation;
	readonly end: (at: Value, decimals?: number, isNamed?: boolean) => void;
}

/** Where the unknown stands several times; false where something else than it is no single number. */
function solveTogether({ left, right }: { left: Operand; right: Operand }, search: Search): boolean {
	const { name, evaluation, end, value } = search;
	const constantOf = (operand: Operand): Rational | undefined => {
		const constant = operandValue(operand, evaluation);
		const [span, ...others] = 'why' in constant ? [] : (placesOn('number', constant) ?? []);
		return span !== undefined && others.length === 0 && isPoint(span) ? span.lower : undefined;
	};
	const isUnknown = (operand: Operand): boolean => 'location' in operand && nameOf(operand) === name;
	const decimals = Math.max(DECIMALS_MAX, decimalsIn(value));
	const points = turningPoints([left, right], isUnknown, constantOf, decimals, evaluation.budget);
	const most = Math.max(decimalsIn(value), ...(points ?? []).map((at) => decimalsOf(at) ?? 0));
	for (const at of points ?? []) end(numbers(point(at)), most);
	return points !== undefined;
}

/** Of what is said as a number its decimals, else none. */
function decimalsIn(value: Value | undefined): number {
	const said = value?.kind === 'numbers' ? value.spans[0]!.lower : 0;
	return (isFiniteRational(said) ? decimalsOf(said) : undefined) ?? 0;
}

/** Finds what the unknown would have to be for the operand to be one of the ends of what is wanted. */
function solve(operand: Operand, wanted: Value | Fault, search: Search, isNamed = false): void {
	if ('why' in wanted) return;
	const { name, evaluation } = search;
	if ('location' in operand) {
		if (nameOf(operand) === name) search.end(wanted, undefined, isNamed);
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
