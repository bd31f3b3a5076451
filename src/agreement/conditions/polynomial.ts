/**
 * Where a comparison changes in which one unknown stands several times: `//a * //a <= 100`. Both sides together are a
 * quotient of two polynomials of it, whose sign changes at their roots alone. These are found on a grid of decimals: the
 * roots of the derivative part the line into stretches on each of which a polynomial only rises or only falls, and of
 * each stretch the half is kept, again and again, in which its sign changes.
 */
import type { StepBudget } from '../template/location.ts';
import type { Operand } from './expression.ts';
import { add, isFiniteRational, multiply, negate, order, parseRational, type Rational } from './rational.ts';

/** More than a constraint has room for in a row; what it costs is counted as it is spent. */
const DEGREE_MAX = 40;
/** Steps of a budget: a multiplication of long whole numbers, which are the longer the more terms there are. */
const STEPS_PER_TERM = 8;
/** Roots farther away than this are no amounts: 2^100. */
const BITS_MAX = 100;

/** Coefficients, that of the highest power last and not 0; nothing: 0. */
type Polynomial = readonly Rational[];

interface Quotient {
	readonly above: Polynomial;
	readonly below: Polynomial;
}

/**
 * Numbers of so many decimals on either side of each root, or the root itself: where the comparison of the two may
 * change. `constantOf` gives what does not hang on the unknown. Undefined where something is no number, or too intricate.
 */
export function turningPoints(
	[left, right]: readonly [Operand, Operand],
	isUnknown: (operand: Operand) => boolean,
	constantOf: (operand: Operand) => Rational | undefined,
	decimals: number,
	budget: StepBudget,
): readonly Rational[] | undefined {
	const [one, other] = [quotientOf(left), quotientOf(right)];
	if (one === undefined || other === undefined) return undefined;
	const difference = sum(one, negative(other));
	if (difference === undefined) return undefined;
	const unit = parseRational(`1e-${decimals}`) as Rational;
	const roots = [difference.above, one.below, other.below].flatMap((polynomial) => {
		return gridRoots(onGrid(polynomial, unit), budget);
	});
	return roots.map((index) => multiply(parseRational(String(index)) as Rational, unit));

	function quotientOf(operand: Operand): Quotient | undefined {
		if (isUnknown(operand)) return { above: [0, 1], below: [1] };
		if (operand.kind === 'negative') {
			const inner = quotientOf(operand.operand);
			return inner && negative(inner);
		}
		if (operand.kind !== 'arithmetic') {
			const value = constantOf(operand);
			return value === undefined || !isFiniteRational(value) ? undefined : { above: trimmed([value]), below: [1] };
		}
		const [first, second] = [quotientOf(operand.left), quotientOf(operand.right)];
		if (first === undefined || second === undefined) return undefined;
		budget.remaining -= STEPS_PER_TERM * (first.above.length + second.above.length) ** 2;
		switch (operand.operator) {
			case '+':
				return sum(first, second);
			case '-':
				return sum(first, negative(second));
			case '*':
				return small({ above: product(first.above, second.above), below: product(first.below, second.below) });
			case 'div':
				if (second.above.length === 0) return undefined;
				return small({ above: product(first.above, second.below), below: product(first.below, second.above) });
		}
	}
}

function sum(one: Quotient, other: Quotient): Quotient | undefined {
	const [left, right] = [product(one.above, other.below), product(other.above, one.below)];
	const above = Array.from({ length: Math.max(left.length, right.length) }, (_, power) => {
		return add(left[power] ?? 0, right[power] ?? 0);
	});
	return small({ above: trimmed(above), below: product(one.below, other.below) });
}

function negative({ above, below }: Quotient): Quotient {
	return { above: above.map(negate), below };
}

function small(quotient: Quotient): Quotient | undefined {
	return Math.max(quotient.above.length, quotient.below.length) > DEGREE_MAX + 1 ? undefined : quotient;
}

function product(one: Polynomial, other: Polynomial): Polynomial {
	const terms: Rational[] = Array.from({ length: Math.max(0, one.length + other.length - 1) }, () => 0);
	for (const [power, factor] of one.entries()) {
		for (const [more, each] of other.entries()) terms[power + more] = add(terms[power + more]!, multiply(factor, each));
	}
	return trimmed(terms);
}

function trimmed(terms: readonly Rational[]): Polynomial {
	const last = terms.findLastIndex((term) => order(term, 0) !== 0);
	return terms.slice(0, last + 1);
}

/** The polynomial of how many units of the grid the unknown is, with whole coefficients and the same signs. */
function onGrid(polynomial: Polynomial, unit: Rational): readonly bigint[] {
	let power: Rational = 1;
	const scaled = polynomial.map((term) => {
		const each = multiply(term, power);
		power = multiply(power, unit);
		return each;
	});
	const denominators = scaled.map((term) => (typeof term === 'number' ? 1n : term.denominator));
	const common = denominators.reduce((one, other) => (one / divisorOf(one, other)) * other, 1n);
	return scaled.map((term, index) => {
		const numerator = typeof term === 'number' ? BigInt(term) : term.numerator;
		return numerator * (common / denominators[index]!);
	});
}

function divisorOf(one: bigint, other: bigint): bigint {
	let [divisor, rest] = [one, other];
	while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
	return divisor;
}

/** Ascending: the whole numbers that are roots, and those on either side of each root that is none. */
function gridRoots(terms: readonly bigint[], budget: StepBudget): readonly bigint[] {
	if (terms.length < 2 || budget.remaining < 0) return [];
	const [bound, slopes] = [boundOf(terms), terms.map((term, power) => term * BigInt(power)).slice(1)];
	const parts = [-bound, ...gridRoots(slopes, budget).filter((at) => -bound < at && at < bound), bound];
	const roots: bigint[] = [];
	for (const [index, begin] of parts.entries()) {
		const signOfBegin = signAt(begin);
		if (signOfBegin === 0) roots.push(begin);
		// A root that lies between two neighbours of a turn may not change their signs.
		else if (index > 0 && index < parts.length - 1) roots.push(begin);
		const end = parts[index + 1];
		if (end === undefined || signOfBegin * signAt(end) >= 0) continue;
		let [below, above] = [begin, end];
		while (above - below > 1n && budget.remaining >= 0) {
			const middle = (below + above) >> 1n;
			const sign = signAt(middle);
			if (sign === 0) [below, above] = [middle, middle];
			else if (sign === signOfBegin) below = middle;
			else above = middle;
		}
		roots.push(...(below === above ? [below] : [below, above]));
	}
	return [...new Set(roots)].sort((one, other) => (one < other ? -1 : Number(one > other)));

	function signAt(at: bigint): number {
		budget.remaining -= terms.length * (STEPS_PER_TERM + terms.length);
		const value = terms.reduceRight((behind, term) => behind * at + term, 0n);
		return value < 0n ? -1 : Number(value > 0n);
	}
}

/** No root lies beyond (Cauchy): one more than the largest quotient of a coefficient and the last. */
function boundOf(terms: readonly bigint[]): bigint {
	const sizes = terms.map((term) => (term < 0n ? -term : term));
	const last = sizes.at(-1)!;
	const largest = sizes.reduce((one, other) => (other > one ? other : one));
	const bound = largest / last + 2n;
	const most = 1n << BigInt(BITS_MAX);
	return bound < most ? bound : most;
}
