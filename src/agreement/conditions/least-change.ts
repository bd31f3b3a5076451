/**
 * The numbers that keep to linear inequalities and change least: the dual simplex method in exact numbers, of which the
 * unchanged numbers are the beginning, since nothing costs less; and branching (Land and Doig, 1960) where they have to
 * lie on a grid of decimals.
 */
import type { Gradual } from '../../parts.ts';
import type { StepBudget } from '../template/location.ts';
import {
	add,
	ceilTo,
	divide,
	floorTo,
	greatestUnit,
	isFiniteRational,
	isTooLong,
	isWhole,
	multiply,
	negate,
	order,
	parseRational,
	type Rational,
	weightOf,
} from './rational.ts';

/** The sum of the numbers, each as often as it says, is at most the bound, or strictly below it. */
export interface Row {
	readonly terms: ReadonlyMap<number, Rational>;
	readonly bound: Rational;
	readonly isStrict: boolean;
}

/** A number that may change: what it lies between as long as it costs nothing; infinite ends: it never does. */
export interface Changing {
	readonly lower: Rational;
	readonly upper: Rational;
	/** What each 1 of change costs. */
	readonly price: Rational;
	/** With how many decimals it is written. */
	readonly decimals: number;
	/** The next numbers below and above that it may be, with so many decimals; undefined where it may be this one. */
	readonly beside?: (
		at: Rational,
		decimals: number,
	) => readonly [below: Rational | undefined, above: Rational | undefined] | undefined;
	/** There are none between these two. */
	readonly isListed?: boolean;
}

/** `isLeast`: nothing costs less, on the grid of the decimals. */
export interface LeastChange {
	readonly values: readonly Rational[];
	readonly cost: Rational;
	readonly isLeast: boolean;
}

/** Numbers by the place of their names in `changing`. `none`: there are none; `unknown`: it was given up. */
export function* leastChange(
	rows: readonly Row[],
	changing: readonly Changing[],
	budget: StepBudget,
): Gradual<LeastChange | 'none' | 'unknown'> {
	budget.remaining -= STEPS_PER_NUMBER * (changing.length + rows.length);
	const units = changing.map(({ decimals }) => parseRational(`1e-${decimals}`) as Rational);
	const begins = changing.map(beginOf);
	const wholeRows: Row[] = [];
	for (const row of rows) {
		const whole = onGrid(row, units);
		if (whole === 'never') return 'none';
		if (whole !== 'always') wholeRows.push(whole);
	}
	let best: { readonly units: readonly Rational[]; readonly cost: Rational } | undefined;
	const open: (readonly Row[])[] = [[]];
	let isSure = true;
	let branches = 0;
	for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
		branches += 1;
		if (branches > BRANCHES_MAX) break;
		const found = yield* cheapest([...wholeRows, ...branch], begins, budget);
		if (found === 'unknown') break;
		if (found === 'none' || (best !== undefined && order(found.cost, best.cost) >= 0)) continue;
		const split = splitOf(found.units, changing, units);
		if (split === undefined) {
			best = found;
			continue;
		}
		const { at, below, above } = split;
		isSure &&= changing[at]!.isListed !== false;
		if (above !== undefined)
			open.push([...branch, { terms: new Map([[at, -1]]), bound: negate(above), isStrict: false }]);
		if (below !== undefined) open.push([...branch, { terms: new Map([[at, 1]]), bound: below, isStrict: false }]);
	}
	const isAll = branches <= BRANCHES_MAX && budget.remaining >= 0;
	const isLeast = isSure && isAll;
	if (best === undefined) return isAll ? 'none' : 'unknown';
	return { values: best.units.map((value, index) => multiply(value, units[index]!)), cost: best.cost, isLeast };
}

/** What whole numbers do not keep to, and others do, may be branched for ever; what there is is mostly found sooner. */
const BRANCHES_MAX = 48;

/** A number that cannot be what it was found to be, and the next that it may be, in units of its grid. */
interface Split {
	readonly at: number;
	readonly below?: Rational;
	readonly above?: Rational;
}

function splitOf(
	found: readonly Rational[],
	changing: readonly Changing[],
	units: readonly Rational[],
): Split | undefined {
	const at = found.findIndex((value) => !isWhole(value));
	if (at >= 0) {
		const below = floorTo(found[at]!, 0);
		return { at, below, above: add(below, 1) };
	}
	for (const [index, { beside, decimals }] of changing.entries()) {
		const unit = units[index]!;
		const next = beside?.(multiply(found[index]!, unit), decimals);
		if (next === undefined) continue;
		const [below, above] = next.map((value) => value && divide(value, unit));
		return {
			at: index,
			...(below === undefined ? {} : { below: floorTo(below, 0) }),
			...(above === undefined ? {} : { above: ceilTo(above, 0) }),
		};
	}
	return undefined;
}

/** Where a number begins, in units of its grid, how far it may go from there for nothing, and what each unit costs. */
interface Begin {
	readonly at: Rational;
	readonly free: Rational;
	readonly price: Rational;
}

function beginOf({ lower, upper, price, decimals }: Changing): Begin {
	const scale = parseRational(`1e${decimals}`) as Rational;
	if (!isFiniteRational(lower) && !isFiniteRational(upper)) return { at: 0, free: 0, price: 0 };
	const least = isFiniteRational(lower) ? ceilTo(multiply(lower, scale), 0) : floorTo(multiply(upper, scale), 0);
	const most = isFiniteRational(upper) ? floorTo(multiply(upper, scale), 0) : upper;
	const each = divide(price, scale);
	if (isFiniteRational(lower))
		return { at: least, free: order(most, least) < 0 ? 0 : add(most, negate(least)), price: each };
	// Downwards it may go for nothing.
	return { at: least, free: Number.NEGATIVE_INFINITY, price: each };
}

/** With whole factors that have no divisor in common, and the bound rounded: what whole numbers keep to. */
function onGrid({ terms, bound, isStrict }: Row, units: readonly Rational[]): Row | 'always' | 'never' {
	const scaled = [...terms]
		.filter(([, factor]) => factor !== 0)
		.map(([at, factor]) => [at, multiply(factor, units[at]!)] as const);
	if (scaled.length === 0) return order(bound, 0) > 0 || (bound === 0 && !isStrict) ? 'always' : 'never';
	const unit = greatestUnit(scaled.map(([, factor]) => factor));
	const limit = divide(bound, unit);
	return {
		terms: new Map(scaled.map(([at, factor]) => [at, divide(factor, unit)])),
		bound: isStrict ? add(ceilTo(limit, 0), -1) : floorTo(limit, 0),
		isStrict: false,
	};
}

interface Cheapest {
	readonly units: readonly Rational[];
	readonly cost: Rational;
}

/** The cheapest numbers of any kind, in units of the grids. */
function* cheapest(
	rows: readonly Row[],
	begins: readonly Begin[],
	budget: StepBudget,
): Gradual<Cheapest | 'none' | 'unknown'> {
	const tableau = tableauOf(rows, begins);
	budget.remaining -= STEPS_PER_CELL * tableau.cells.length * (tableau.columns.length + 1);
	const { cells, basic, free } = tableau;
	for (;;) {
		// The smallest number first (Bland), so that it comes to an end.
		let leaving = -1;
		for (const [row, name] of basic.entries()) {
			if (order(cells[row]!.at(-1)!, 0) < 0 && (leaving < 0 || name < basic[leaving]!)) leaving = row;
		}
		if (leaving < 0) break;
		const prices = cells.at(-1)!;
		let entering = -1;
		let least: Rational = Number.POSITIVE_INFINITY;
		for (const [column, name] of free.entries()) {
			const factor = cells[leaving]![column]!;
			if (order(factor, 0) >= 0) continue;
			const ratio = divide(prices[column]!, negate(factor));
			const apart = order(ratio, least);
			if (apart > 0 || (apart === 0 && name > free[entering]!)) continue;
			[entering, least] = [column, ratio];
		}
		budget.remaining -= STEPS_PER_CELL * (basic.length + free.length);
		if (entering < 0) return 'none';
		yield;
		pivot(tableau, leaving, entering, budget);
		if (budget.remaining < 0 || cells.some((row) => isTooLong(row.at(-1)!))) return 'unknown';
	}
	return readFrom(tableau, begins);
}

/** To bring a number, or a row, on its grid. */
const STEPS_PER_NUMBER = 200;

/** A calculation with exact numbers. */
const STEPS_PER_CELL = 4;
/** The same with a fraction. */
const STEPS_PER_FRACTION = 40;

/** Of how many units a number goes up or down from where it begins, and what that costs. */
interface Column {
	readonly of: number;
	readonly sign: 1 | -1;
	readonly price: Rational;
	readonly most?: Rational;
}

/**
 * `cells` has a row for each of the basic variables, which says what it is of those that are free, the bound last; and
 * below a row of what these cost. Variables have the numbers of columns, those beyond are what rows leave room for.
 */
interface Tableau {
	readonly columns: readonly Column[];
	readonly cells: Rational[][];
	readonly basic: number[];
	readonly free: number[];
}

function tableauOf(rows: readonly Row[], begins: readonly Begin[]): Tableau {
	const columns = begins.flatMap(({ free, price }, of): Column[] => {
		const isUpFree = free === Number.POSITIVE_INFINITY;
		const isDownFree = free === Number.NEGATIVE_INFINITY;
		return [
			...(isFiniteRational(free) && order(free, 0) > 0 ? [{ of, sign: 1, price: 0, most: free } as const] : []),
			{ of, sign: 1, price: isUpFree ? 0 : price },
			{ of, sign: -1, price: isDownFree ? 0 : price },
		];
	});
	const cells: Rational[][] = rows.map(({ terms, bound }) => {
		const begun = [...terms].reduce<Rational>((sum, [at, factor]) => add(sum, multiply(factor, begins[at]!.at)), 0);
		const factors = columns.map(({ of, sign }) => multiply(terms.get(of) ?? 0, sign));
		return [...factors, add(bound, negate(begun))];
	});
	for (const [index, { most }] of columns.entries()) {
		if (most !== undefined) cells.push([...columns.map((_, other) => Number(index === other)), most]);
	}
	const basic = cells.map((_, row) => columns.length + row);
	cells.push([...columns.map(({ price }) => price), 0]);
	return { columns, cells, basic, free: columns.map((_, index) => index) };
}

function pivot({ cells, basic, free }: Tableau, leaving: number, entering: number, budget: StepBudget): void {
	const row = cells[leaving]!;
	const share = divide(1, row[entering]!);
	for (const [column, cell] of row.entries()) row[column] = column === entering ? share : multiply(cell, share);
	for (const other of cells) {
		const factor = other[entering]!;
		if (other === row || factor === 0) continue;
		for (const [column, cell] of row.entries()) {
			const weight = weightOf(cell) + weightOf(factor);
			budget.remaining -= weight === 0 ? STEPS_PER_CELL : STEPS_PER_FRACTION + weight;
			if (column === entering) other[column] = negate(multiply(factor, share));
			else if (cell !== 0) other[column] = add(other[column]!, negate(multiply(factor, cell)));
		}
	}
	[basic[leaving], free[entering]] = [free[entering]!, basic[leaving]!];
}

function readFrom({ columns, cells, basic }: Tableau, begins: readonly Begin[]): Cheapest {
	const units = begins.map(({ at }) => at);
	let cost: Rational = 0;
	for (const [row, name] of basic.entries()) {
		const column = columns[name];
		if (column === undefined) continue;
		const far = cells[row]!.at(-1)!;
		units[column.of] = add(units[column.of]!, multiply(far, column.sign));
		cost = add(cost, multiply(far, column.price));
	}
	return { units, cost };
}
