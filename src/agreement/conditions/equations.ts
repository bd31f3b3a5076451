/** What equations among linear inequalities leave but one number, by elimination in exact numbers. */
import type { StepBudget } from '../template/location.ts';
import type { Row } from './least-change.ts';
import { add, divide, isTooLong, multiply, negate, order, type Rational, toDouble, weightOf } from './rational.ts';

/** The numbers that are determined, and what is left to be kept to of the others. */
export interface Determined {
	readonly values: ReadonlyMap<number, Rational>;
	readonly rows: readonly Row[];
}

/** Steps of a budget: a calculation with an exact number. */
const STEPS_PER_CELL = 6;

/** `none`: no numbers keep to all of it. */
export function determinedBy(all: readonly Row[], budget: StepBudget): Determined | 'none' {
	const rows = all.map((row) => ({ ...row, terms: new Map([...row.terms].filter(([, factor]) => factor !== 0)) }));
	const values = new Map<number, Rational>();
	const solved: Row[] = [];
	for (const equation of equationsIn(rows, budget)) {
		const reduced = solved.reduce((each, by) => without(each, by, budget), equation);
		const first = firstIn(reduced);
		if (budget.remaining < 0 || isTooLong(reduced.bound)) return { values: new Map(), rows };
		if (first === undefined && order(reduced.bound, 0) !== 0) return 'none';
		if (first === undefined) continue;
		for (const [nth, other] of solved.entries()) solved[nth] = without(other, reduced, budget);
		solved.push(reduced);
	}
	for (const { terms, bound } of solved) {
		const [[at, factor] = [-1, 0], ...others] = terms;
		if (at >= 0 && others.length === 0) values.set(at, divide(bound, factor));
	}
	if (values.size === 0) return { values, rows };
	const left: Row[] = [];
	for (const row of rows) {
		const open = new Map([...row.terms].filter(([at]) => !values.has(at)));
		let bound = row.bound;
		for (const [at, factor] of row.terms) {
			const value = values.get(at);
			if (value !== undefined) bound = add(bound, negate(multiply(factor, value)));
		}
		if (open.size > 0) left.push({ terms: open, bound, isStrict: row.isStrict });
		else if (order(bound, 0) < 0 || (row.isStrict && order(bound, 0) === 0)) return 'none';
	}
	return { values, rows: left };
}

/** Of what is said in both directions the one. */
function equationsIn(rows: readonly Row[], budget: StepBudget): readonly Row[] {
	const equal = rows.filter(({ isStrict, terms }) => !isStrict && terms.size > 0);
	budget.remaining -= equal.reduce((sum, { terms }) => sum + terms.size, 0);
	const opposites = Map.groupBy(equal.keys(), (nth) => keyOf(equal[nth]!, -1));
	return equal.filter((row, nth) =>
		opposites.get(keyOf(row, 1))?.some((at) => at > nth && areOpposite(row, equal[at]!)),
	);
}

/** In doubles, which are the same of numbers that are: what else has the same is compared. */
function keyOf({ terms, bound }: Row, sign: number): string {
	const factors = [...terms].sort(([one], [other]) => one - other);
	return `${factors.map(([at, factor]) => `${at} ${sign * toDouble(factor)}`).join()} ${sign * toDouble(bound)}`;
}

function areOpposite(row: Row, other: Row): boolean {
	if (order(other.bound, negate(row.bound)) !== 0) return false;
	return [...row.terms].every(([at, factor]) => order(other.terms.get(at)!, negate(factor)) === 0);
}

/** The first that it is about: it is solved by that one. */
function firstIn({ terms }: Row): number | undefined {
	return terms.keys().next().value;
}

/** The row without what the other one is solved by. */
function without(row: Row, by: Row, budget: StepBudget): Row {
	const first = firstIn(by)!;
	const factor = row.terms.get(first);
	if (factor === undefined) return row;
	const share = negate(divide(factor, by.terms.get(first)!));
	const terms = new Map(row.terms);
	for (const [at, each] of by.terms) {
		budget.remaining -= STEPS_PER_CELL + weightOf(each) + weightOf(share);
		const sum = add(terms.get(at) ?? 0, multiply(share, each));
		if (sum === 0) terms.delete(at);
		else terms.set(at, sum);
	}
	return { terms, bound: add(row.bound, multiply(share, by.bound)), isStrict: false };
}
