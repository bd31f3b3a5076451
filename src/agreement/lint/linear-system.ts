/**
 * Whether linear inequalities can hold together: the simplex method in exact numbers (Dutertre and de Moura, "A fast
 * linear-arithmetic solver for DPLL(T)", 2006), with strict inequalities, and whole numbers as far as rounding and a
 * few halvings of their ranges tell.
 */
import {
	add,
	ceilTo,
	divide,
	floorTo,
	greatestUnit,
	isTooLong,
	isWhole,
	multiply,
	negate,
	order,
	type Rational,
} from '../conditions/rational.ts';

/** The sum of the variables, each as often as it says, is at most the bound, or strictly below it. */
export interface Inequality {
	readonly terms: ReadonlyMap<string, Rational>;
	readonly bound: Rational;
	readonly isStrict: boolean;
	/** Why it is said, in numbers of whoever asks. */
	readonly because: readonly number[];
}

/** A number beside which another one may lie as near as one likes: `value + beside * e`, `e` ever so little above 0. */
export interface Near {
	readonly value: Rational;
	readonly beside: Rational;
}

/**
 * `none`: they exclude each other, those that are told. Else numbers that keep to all of them, whole ones but where it
 * was given up before, as `why` tells; `unknown`: the budget was spent, or it is `why`.
 */
export type Solution =
	| { readonly kind: 'none'; readonly because: readonly number[] }
	| {
			readonly kind: 'some';
			readonly valueOf: (terms: ReadonlyMap<string, Rational>) => Near;
			readonly why?: string;
	  }
	| { readonly kind: 'unknown'; readonly why?: string };

/** Which variables are whole numbers, and why. */
export type Whole = ReadonlyMap<string, readonly number[]>;

/** What is looked at costs a step of the budget each: a coefficient of the table. */
export function solveInequalities(
	inequalities: readonly Inequality[],
	whole: Whole,
	budget: { remaining: number },
): Solution {
	const halvings = { remaining: HALVINGS_MAX };
	const solve = (all: readonly Inequality[]): Solution => {
		const table = tableOf(all, whole, budget);
		const solution = 'because' in table ? ({ kind: 'none', because: table.because } as const) : settle(table, budget);
		if (solution.kind !== 'some') return solution;
		const split = [...whole.keys()].find((name) => !isSettled(solution.valueOf(new Map([[name, 1]]))));
		if (split === undefined) return solution;
		if (halvings.remaining <= 0)
			return { ...solution, why: `${HALVINGS_MAX} halvings leave numbers that are not whole` };
		halvings.remaining -= 1;
		const floor = floorOf(solution.valueOf(new Map([[split, 1]])));
		const because = [...whole.get(split)!, HALVED];
		const below = solve([...all, { terms: new Map([[split, 1]]), bound: floor, isStrict: false, because }]);
		if (below.kind !== 'none' || !below.because.includes(HALVED)) return below;
		const bound = negate(add(floor, 1));
		const beyond = solve([...all, { terms: new Map([[split, -1]]), bound, isStrict: false, because }]);
		if (beyond.kind !== 'none' || !beyond.because.includes(HALVED)) return beyond;
		return { kind: 'none', because: [...new Set([...below.because, ...beyond.because])] };
	};
	const solution = solve(inequalities);
	if (solution.kind !== 'none') return solution;
	return { kind: 'none', because: solution.because.filter((reason) => reason !== HALVED) };
}

/** Of whole numbers between two that are not the range is halved so often: `2 * a = 3 * b + 1` takes one or two. */
const HALVINGS_MAX = 16;
/** Stands for one of two halves, of which one is certain. */
const HALVED = -1;
/** Rows of one table: beyond this it takes seconds. */
const ROWS_MAX = 300;

/** To multiply and add exact numbers. */
const STEPS_PER_PRODUCT = 4;

interface Bound {
	readonly at: Near;
	readonly because: readonly number[];
}

/** Every row says of a variable (`basic`) what it is of others, which are free. */
interface Table {
	readonly names: Map<string, number>;
	readonly rows: Map<number, Map<number, Rational>>;
	readonly lower: Map<number, Bound>;
	readonly upper: Map<number, Bound>;
	readonly values: Near[];
}

const ZERO: Near = { value: 0, beside: 0 };

function tableOf(
	inequalities: readonly Inequality[],
	whole: Whole,
	budget: { remaining: number },
): Table | { readonly because: readonly number[] } {
	const table: Table = { names: new Map(), rows: new Map(), lower: new Map(), upper: new Map(), values: [] };
	const variable = (name: string): number => {
		const known = table.names.get(name) ?? table.values.push(ZERO) - 1;
		table.names.set(name, known);
		return known;
	};
	for (const inequality of inequalities) {
		budget.remaining -= inequality.terms.size + 1;
		const { terms, sign, bound, because } = scaled(inequality, whole);
		const [first] = terms;
		if (first === undefined) {
			if (order(bound.value, 0) < 0 || (order(bound.value, 0) === 0 && order(bound.beside, 0) < 0)) return { because };
			continue;
		}
		const name =
			terms.size === 1 ? first[0] : [...terms].map(([each, factor]) => `${show(factor)} ${each}`).join(' + ');
		const isNew = !table.names.has(name);
		const index = variable(name);
		if (isNew && terms.size > 1) {
			table.rows.set(index, new Map([...terms].map(([each, factor]) => [variable(each), factor])));
		}
		const [bounds, at] = sign > 0 ? [table.upper, bound] : [table.lower, opposite(bound)];
		const known = bounds.get(index);
		if (known === undefined || compareNear(at, known.at) * sign < 0) bounds.set(index, { at, because });
		const [least, most] = [table.lower.get(index), table.upper.get(index)];
		if (least !== undefined && most !== undefined && compareNear(least.at, most.at) > 0) {
			return { because: [...new Set([...least.because, ...most.because])] };
		}
	}
	return table;
}

/** In lowest whole terms, the first of them positive; of whole numbers the bound is rounded. `sign`: whether it is one from above. */
function scaled({ terms: given, bound, isStrict, because }: Inequality, whole: Whole) {
	const terms = new Map(
		[...given].filter(([, factor]) => factor !== 0).sort(([one], [other]) => (one < other ? -1 : 1)),
	);
	const [first] = terms.values();
	if (first === undefined) return { terms, sign: 1, bound: near(bound, isStrict), because };
	const size = divide(order(first, 0) < 0 ? -1 : 1, greatestUnit([...terms.values()]));
	const sign = order(first, 0) < 0 ? -1 : 1;
	const plain = new Map([...terms].map(([name, factor]) => [name, multiply(factor, size)]));
	const limit = multiply(bound, order(size, 0) < 0 ? negate(size) : size);
	if (![...terms.keys()].every((name) => whole.has(name))) {
		return { terms: plain, sign, bound: near(limit, isStrict), because };
	}
	const rounded = isStrict ? add(ceilTo(limit, 0), -1) : floorTo(limit, 0);
	const reasons = [...terms.keys()].flatMap((name) => whole.get(name)!);
	return { terms: plain, sign, bound: near(rounded, false), because: [...new Set([...because, ...reasons])] };
}

/** Changes what variables are until all keep to their bounds, by the smallest number first, so that it comes to an end. */
function settle(table: Table, budget: { remaining: number }): Solution {
	const { rows, lower, upper, values } = table;
	if (rows.size > ROWS_MAX) return { kind: 'unknown', why: `it comes to more than ${ROWS_MAX} sums` };
	for (const index of values.keys()) if (!rows.has(index)) values[index] = startOf(lower.get(index), upper.get(index));
	for (const [basic, row] of rows) values[basic] = sumOf(row, values);
	for (;;) {
		if (budget.remaining < 0) return { kind: 'unknown' };
		const basic = [...rows.keys()]
			.sort((one, other) => one - other)
			.find((index) => isBelow(values[index]!, lower.get(index)) || isAbove(values[index]!, upper.get(index)));
		budget.remaining -= rows.size;
		if (basic === undefined) return { kind: 'some', valueOf: (terms) => sumOfNames(terms, table) };
		const isTooSmall = isBelow(values[basic]!, lower.get(basic));
		const target = (isTooSmall ? lower : upper).get(basic)!;
		const row = rows.get(basic)!;
		const grows = (factor: Rational): boolean => order(factor, 0) > 0 === isTooSmall;
		const free = [...row].filter(([index, factor]) =>
			grows(factor) ? isBeneath(values[index]!, upper.get(index)) : isBeyond(values[index]!, lower.get(index)),
		);
		if (free.length === 0) {
			const stuck = [...row].flatMap(([index, factor]) => (grows(factor) ? upper : lower).get(index)!.because);
			return { kind: 'none', because: [...new Set([...target.because, ...stuck])] };
		}
		const entering = Math.min(...free.map(([index]) => index));
		pivot(table, basic, entering, target.at, budget);
		if (isTooLong(values[entering]!.value)) return { kind: 'unknown', why: 'its numbers grow too long' };
	}
}

/** The variable gets that value; the other one, which is free, makes room and has a row from now on. */
function pivot(table: Table, basic: number, entering: number, at: Near, budget: { remaining: number }): void {
	const { rows, values } = table;
	const row = rows.get(basic)!;
	const factor = row.get(entering)!;
	const share = divide(1, factor);
	values[entering] = plus(values[entering]!, times(plus(at, opposite(values[basic]!)), share));
	values[basic] = at;
	const turned = new Map<number, Rational>([[basic, share]]);
	for (const [index, each] of row) if (index !== entering) turned.set(index, negate(multiply(each, share)));
	rows.delete(basic);
	for (const [index, other] of rows) {
		const weight = other.get(entering);
		budget.remaining -= weight === undefined ? 1 : turned.size * STEPS_PER_PRODUCT + other.size;
		if (weight === undefined) continue;
		other.delete(entering);
		for (const [each, part] of turned) {
			const sum = add(other.get(each) ?? 0, multiply(weight, part));
			if (sum === 0) other.delete(each);
			else other.set(each, sum);
		}
		values[index] = sumOf(other, values);
	}
	rows.set(entering, turned);
}

function startOf(lower: Bound | undefined, upper: Bound | undefined): Near {
	if (lower !== undefined && compareNear(lower.at, ZERO) > 0) return lower.at;
	return upper !== undefined && compareNear(upper.at, ZERO) < 0 ? upper.at : ZERO;
}

function sumOf(terms: ReadonlyMap<number, Rational>, values: readonly Near[]): Near {
	let sum = ZERO;
	for (const [index, factor] of terms) sum = plus(sum, times(values[index]!, factor));
	return sum;
}

function sumOfNames(terms: ReadonlyMap<string, Rational>, { names, values }: Table): Near {
	return [...terms].reduce((sum, [name, factor]) => {
		const index = names.get(name);
		return index === undefined ? sum : plus(sum, times(values[index]!, factor));
	}, ZERO);
}

function near(value: Rational, isStrict: boolean): Near {
	return { value, beside: isStrict ? -1 : 0 };
}

/** Below 0 where the one is smaller, above where it is larger. */
export function compareNear(one: Near, other: Near): number {
	return order(one.value, other.value) || order(one.beside, other.beside);
}

function isBelow(value: Near, bound: Bound | undefined): boolean {
	return bound !== undefined && compareNear(value, bound.at) < 0;
}

function isAbove(value: Near, bound: Bound | undefined): boolean {
	return bound !== undefined && compareNear(value, bound.at) > 0;
}

/** Whether it may still grow. */
function isBeneath(value: Near, bound: Bound | undefined): boolean {
	return bound === undefined || compareNear(value, bound.at) < 0;
}

/** Whether it may still shrink. */
function isBeyond(value: Near, bound: Bound | undefined): boolean {
	return bound === undefined || compareNear(value, bound.at) > 0;
}

function plus(one: Near, other: Near): Near {
	return { value: add(one.value, other.value), beside: add(one.beside, other.beside) };
}

function times({ value, beside }: Near, factor: Rational): Near {
	return { value: multiply(value, factor), beside: multiply(beside, factor) };
}

function opposite({ value, beside }: Near): Near {
	return { value: negate(value), beside: negate(beside) };
}

function isSettled({ value, beside }: Near): boolean {
	return isWhole(value) && beside === 0;
}

function floorOf({ value, beside }: Near): Rational {
	const floor = floorTo(value, 0);
	return isWhole(value) && order(beside, 0) < 0 ? add(floor, -1) : floor;
}

function show(factor: Rational): string {
	return typeof factor === 'number' ? String(factor) : `${factor.numerator}/${factor.denominator}`;
}
