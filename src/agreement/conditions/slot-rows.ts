/** Comparisons that all have to hold, as linear inequalities of single slots, and as texts that are equal or not. */
import type { StepBudget } from '../template/location.ts';
import type { Atom } from './alternatives.ts';
import type { ComparisonOperator, Operand } from './expression.ts';
import { placeOn } from './expression-values.ts';
import { add, divide, isFiniteRational, multiply, negate, order, type Rational } from './rational.ts';
import { type LineOrText, lineOfText, type Slot, type Slots } from './slots.ts';
import { locationName } from './unknowns.ts';

/** A slot as often as it says. */
export interface Term {
	readonly slot: Slot;
	readonly factor: Rational;
	/** Of a sum, which is 0 where nothing is there. */
	readonly isOfSum: boolean;
}

/** The sum is at most the bound, or strictly below it. What stands several times may be another value each time. */
export interface SlotRow {
	readonly terms: readonly Term[];
	readonly bound: Rational;
	readonly isStrict: boolean;
}

export interface TextRow {
	readonly sides: readonly [Slot | string, Slot | string];
	readonly isEqual: boolean;
}

/** What all has to hold. */
export interface Demands {
	readonly rows: readonly SlotRow[];
	readonly texts: readonly TextRow[];
	/** These have to change, whatever else does. */
	readonly wrong: readonly Slot[];
}

/** Ways of one set of comparisons; more of them only make what is told less certain. */
const WAYS_MAX = 64;
/** Nodes beside nodes. */
const ROWS_MAX = 512;
const STEPS_PER_ROW = 40;

/**
 * The ways in which all of the comparisons hold: which of two that differ is less, which node is the greatest. Undefined
 * where one of them is not linear, or there are too many ways.
 */
export function demandsOf(atoms: readonly Atom[], slots: Slots, budget: StepBudget): readonly Demands[] | undefined {
	const wrong = [...slots.values()].flatMap((each) => each.filter(({ isWrong }) => isWrong));
	let ways: readonly Demands[] = [{ rows: [], texts: [], wrong }];
	for (const atom of atoms) {
		for (const options of optionsOf(atom, slots) ?? [undefined]) {
			budget.remaining -= STEPS_PER_ROW * (options?.length ?? 1) * ways.length;
			if (options === undefined || ways.length * options.length > WAYS_MAX || budget.remaining < 0) return undefined;
			ways = ways.flatMap((way) =>
				options.map(({ rows, texts }) => ({
					rows: [...way.rows, ...rows],
					texts: [...way.texts, ...texts],
					wrong,
				})),
			);
			if (ways.some(({ rows, texts }) => rows.length + texts.length > ROWS_MAX)) return undefined;
		}
	}
	return ways;
}

/** One way in which a part of a comparison holds. */
type Option = Pick<Demands, 'rows' | 'texts'>;

/** Of each part of the comparison the ways in which it holds. */
function optionsOf({ operator, left, right }: Atom, slots: Slots): readonly (readonly Option[])[] | undefined {
	const sides = [left, right].map((side) => textSide(side, slots));
	if (sides.every((side) => side !== undefined)) {
		if (operator !== '=' && operator !== '!=') return undefined;
		const [ones, others] = sides as [readonly (Slot | string)[], readonly (Slot | string)[]];
		const isEqual = operator === '=';
		const texts = ones.flatMap((one) => others.map((other) => ({ sides: [one, other] as const, isEqual })));
		return [[{ rows: [], texts }]];
	}
	const [one, other] = [formOf(left, slots), formOf(right, slots)];
	const form = one && other && sumOf(one, scaledBy(other, -1));
	return form && rowsOf(operator, form);
}

/** What stands on a side of a comparison of texts. */
function textSide(side: Operand, slots: Slots): readonly (Slot | string)[] | undefined {
	if (side.kind === 'text') return lineOfText(side.text) === 'text' ? [side.text] : undefined;
	if (side.kind !== 'location') return undefined;
	const each = slots.get(locationName(side.location));
	return each?.[0]?.line === 'text' ? each : undefined;
}

/** A part of a form: each of some slots, any of them as chance will have it, or one of them that is greatest or least. */
interface Part {
	readonly of: readonly Slot[];
	readonly factor: Rational;
	readonly which: 'each' | 'all' | 'min' | 'max';
}

interface Form {
	readonly parts: readonly Part[];
	readonly constant: Rational;
}

/** Undefined where it is not linear. */
function formOf(operand: Operand, slots: Slots): Form | undefined {
	switch (operand.kind) {
		case 'number':
			return { parts: [], constant: operand.value };
		case 'text': {
			const line: LineOrText = lineOfText(operand.text);
			const place = line === 'text' ? undefined : placeOn(line, operand.text);
			return place === undefined ? undefined : { parts: [], constant: place };
		}
		case 'location': {
			const of = slots.get(locationName(operand.location))!;
			return of[0]?.line === 'text' ? undefined : { parts: [{ of, factor: 1, which: 'each' }], constant: 0 };
		}
		case 'function': {
			const of = slots.get(locationName(operand.location))!;
			const isCount = of[0]?.kind === 'count';
			if (operand.name === 'count' && !isCount) {
				return { parts: [], constant: of.reduce((sum, { nodes }) => sum + nodes, 0) };
			}
			if (of[0]?.line === 'text') return undefined;
			const which = operand.name === 'min' || operand.name === 'max' ? operand.name : 'all';
			return { parts: [{ of, factor: 1, which }], constant: 0 };
		}
		case 'negative': {
			const form = formOf(operand.operand, slots);
			return form && scaledBy(form, -1);
		}
		case 'arithmetic': {
			const [left, right] = [formOf(operand.left, slots), formOf(operand.right, slots)];
			if (left === undefined || right === undefined) return undefined;
			if (operand.operator === '+') return sumOf(left, right);
			if (operand.operator === '-') return sumOf(left, scaledBy(right, -1));
			if (right.parts.length === 0) {
				if (operand.operator === '*') return scaledBy(left, right.constant);
				return right.constant === 0 ? undefined : scaledBy(left, divide(1, right.constant));
			}
			return operand.operator === '*' && left.parts.length === 0 ? scaledBy(right, left.constant) : undefined;
		}
	}
}

function sumOf(one: Form, other: Form): Form {
	return { parts: [...one.parts, ...other.parts], constant: add(one.constant, other.constant) };
}

/** Times 0 is 0, and still demands that what it names is there: that is told when it is tried. */
function scaledBy({ parts, constant }: Form, by: Rational): Form {
	return {
		parts: parts.map((part) => ({ ...part, factor: multiply(part.factor, by) })),
		constant: multiply(constant, by),
	};
}

/** That the form compares so with 0. */
function rowsOf(operator: ComparisonOperator, form: Form): readonly (readonly Option[])[] | undefined {
	const below = (isStrict: boolean): readonly (readonly SlotRow[])[] | undefined => chosenRows(form, isStrict);
	const above = (isStrict: boolean): readonly (readonly SlotRow[])[] | undefined =>
		chosenRows(scaledBy(form, -1), isStrict);
	const asDemands = (options: readonly (readonly SlotRow[])[] | undefined): readonly Option[] | undefined =>
		options?.map((rows) => ({ rows, texts: [] }));
	switch (operator) {
		case '<':
		case '<=':
			return asOne([asDemands(below(operator === '<'))]);
		case '>':
		case '>=':
			return asOne([asDemands(above(operator === '>'))]);
		case '=':
			return asOne([asDemands(below(false)), asDemands(above(false))]);
		case '!=': {
			// Of each pair the one or the other is less.
			if (form.parts.some(({ which, of }) => (which === 'min' || which === 'max') && of.length > 1)) return undefined;
			const [less] = below(true) ?? [];
			const [more] = above(true) ?? [];
			if (less === undefined || more === undefined) return undefined;
			return less.map((row, index) => asDemands([[row], [more[index]!]])!);
		}
	}
}

function asOne(all: readonly (readonly Option[] | undefined)[]): readonly (readonly Option[])[] | undefined {
	return all.every((each) => each !== undefined) ? all : undefined;
}

/** That it is at most 0, or below: a row for each node that may stand there, in each of the ways in which one may be the greatest. */
function chosenRows({ parts, constant }: Form, isStrict: boolean): readonly (readonly SlotRow[])[] | undefined {
	let options: readonly (readonly (readonly Term[])[])[] = [[[]]];
	for (const { of, factor, which } of parts) {
		const isEach = which === 'each' || (which !== 'all' && order(factor, 0) > 0 === (which === 'max'));
		const isOfSum = which === 'all';
		const terms = of.map((slot): Term => ({ slot, factor: isOfSum ? multiply(factor, slot.nodes) : factor, isOfSum }));
		options = options.flatMap((rows) => {
			if (which === 'all') return [rows.map((row) => [...row, ...terms])];
			if (isEach) return [rows.flatMap((row) => terms.map((term) => [...row, term]))];
			return terms.map((term) => rows.map((row) => [...row, term]));
		});
		if (options.length > WAYS_MAX || options.some((rows) => rows.length > ROWS_MAX)) return undefined;
	}
	const bound = negate(constant);
	return options.map((rows) => rows.map((terms) => ({ terms, bound, isStrict })));
}

/** The most that what does not change comes to; undefined where it comes to nothing, or to any number. */
export function mostOfFixed(terms: readonly Term[]): Rational | undefined {
	let most: Rational = 0;
	for (const { slot, factor, isOfSum } of terms) {
		const { kind, spans } = slot;
		if (isOfSum && kind === 'missing') continue;
		const end = spans && (order(factor, 0) > 0 ? spans.at(-1)!.upper : spans[0]!.lower);
		const part = end === undefined ? undefined : multiply(factor, end);
		if (part === undefined || !isFiniteRational(part)) return undefined;
		most = add(most, part);
	}
	return most;
}
