/** What a condition of the constraint language says of a document. */
import { textOf, type XmlElement } from '../../xml/element.ts';
import { OUTERMOST_SCOPE } from '../../xml/scope.ts';
import { exactly, type RangeValue, unite } from '../jsdl/range.ts';
import { isRangeValue, readRangeValue } from '../jsdl/range-value.ts';
import { collapseWhiteSpace } from '../lexical.ts';
import { type Location, type Selection, type StepBudget, selectLocation } from '../template/location.ts';
import type { Condition, Operand } from './expression.ts';
import { calculate, compare, type Fault, finite, negate, print, type Truth, type Value } from './expression-values.ts';

/** A document that is being looked at, and what has been found in it. */
export interface Evaluation {
	readonly root: XmlElement;
	readonly budget: StepBudget;
	/** What the Locations selected, each evaluated once. */
	readonly selected: Map<string, Selected>;
	/** Values to be supposed for a Location, by its text. */
	readonly instead: ReadonlyMap<string, Value>;
}

/** What a Location selects, and all that it says. */
export interface Selected {
	readonly selections: readonly Selection[];
	readonly deepest?: XmlElement;
	readonly value: Value | Fault;
}

export type Outcome = Truth | Fault;

/** Whether it holds, looked at in the order of the words: what decides an `and` or an `or` ends it. */
export function evaluate(condition: Condition, evaluation: Evaluation): Outcome {
	evaluation.budget.remaining -= 1;
	switch (condition.kind) {
		case 'exists':
			return selectionsOf(condition.location, evaluation).selections.length > 0 ? 'true' : 'false';
		case 'not':
			return negate(evaluate(condition.condition, evaluation));
		case 'and':
		case 'or': {
			const [decisive, neutral] =
				condition.kind === 'and' ? (['false', 'true'] as const) : (['true', 'false'] as const);
			let outcome: Outcome = neutral;
			for (const part of condition.conditions) {
				const truth = evaluate(part, evaluation);
				if (truth === decisive || typeof truth === 'object') return truth;
				if (truth === 'open') outcome = 'open';
			}
			return outcome;
		}
		case 'comparison': {
			const left = operandValue(condition.left, evaluation);
			if ('why' in left) return left;
			const right = operandValue(condition.right, evaluation);
			return 'why' in right ? right : compare(condition.operator, left, right);
		}
	}
}

/** What the operand may come to. */
export function operandValue(operand: Operand, evaluation: Evaluation): Value | Fault {
	evaluation.budget.remaining -= 1;
	switch (operand.kind) {
		case 'number':
			return numbers(exactly(operand.value));
		case 'text':
			return { kind: 'texts', texts: [collapseWhiteSpace(operand.text)] };
		case 'location':
			return evaluation.instead.get(operand.location.text) ?? selectionsOf(operand.location, evaluation).value;
		case 'function':
			return functionValue(operand.name, operand.location, evaluation);
		case 'negative': {
			const range = rangeOf(operand.operand, evaluation);
			return 'why' in range ? range : calculated(calculate('-', exactly(0), range));
		}
		case 'arithmetic': {
			const left = rangeOf(operand.left, evaluation);
			if ('why' in left) return left;
			const right = rangeOf(operand.right, evaluation);
			return 'why' in right ? right : calculated(calculate(operand.operator, left, right));
		}
	}
}

function functionValue(
	name: 'count' | 'sum' | 'min' | 'max',
	location: Location,
	evaluation: Evaluation,
): Value | Fault {
	const { selections, value } = selectionsOf(location, evaluation);
	if (name === 'count') return numbers(exactly(selections.length));
	if (selections.length === 0) return name === 'sum' ? numbers(exactly(0)) : value;
	if ('why' in value) return value;
	if (value.kind === 'texts') return { why: `${print(value)} is no number` };
	let total: RangeValue | Fault = exactly(0);
	const ends: { lower: number; upper: number }[] = [];
	for (const selection of selections) {
		const each = selectionValue(selection, evaluation.budget);
		if ('why' in each || each.kind === 'texts' || 'why' in total) continue;
		if (name === 'sum') total = calculate('+', total, each.range);
		ends.push({ lower: each.range.intervals[0]!.lower, upper: each.range.intervals.at(-1)!.upper });
	}
	if (name === 'sum') return calculated(total);
	const pick = name === 'min' ? Math.min : Math.max;
	const [lower, upper] = [pick(...ends.map((end) => end.lower)), pick(...ends.map((end) => end.upper))];
	return numbers(unite([{ lower, lowerOpen: false, upper, upperOpen: false }]));
}

/** The numbers that the operand may come to. */
export function rangeOf(operand: Operand, evaluation: Evaluation): RangeValue | Fault {
	const value = operandValue(operand, evaluation);
	if ('why' in value) return value;
	return value.kind === 'numbers' ? value.range : { why: `${print(value)} is no number` };
}

function calculated(range: RangeValue | Fault): Value | Fault {
	return 'why' in range ? range : numbers(range);
}

export function numbers(range: RangeValue): Value {
	return { kind: 'numbers', range };
}

export function selectionsOf(location: Location, evaluation: Evaluation): Selected {
	const known = evaluation.selected.get(location.text);
	if (known !== undefined) return known;
	const { selections, deepest } = selectLocation(evaluation.root, location, evaluation.budget) ?? { selections: [] };
	const value: Value | Fault =
		selections.length === 0
			? { why: `${location.text} selects nothing` }
			: uniteValues(selections.map((selection) => selectionValue(selection, evaluation.budget)));
	const selected = { selections, value, ...(deepest === undefined ? {} : { deepest }) };
	evaluation.selected.set(location.text, selected);
	return selected;
}

/** All that the nodes say: numbers where all are some, else texts. */
function uniteValues(values: readonly (Value | Fault)[]): Value | Fault {
	const texts: string[] = [];
	const intervals: RangeValue['intervals'][number][] = [];
	let areNumbers = true;
	for (const value of values) {
		if ('why' in value) return value;
		areNumbers &&= value.kind === 'numbers';
		if (value.kind === 'numbers') intervals.push(...value.range.intervals);
		texts.push(...(value.kind === 'texts' ? value.texts : [print(value)]));
	}
	return areNumbers ? numbers(unite(intervals)) : { kind: 'texts', texts };
}

function selectionValue({ owner, attribute, isText }: Selection, budget: StepBudget): Value | Fault {
	budget.remaining -= owner.children.length;
	if (attribute === undefined && !isText) {
		if (isRangeValue(owner)) {
			// What cannot be read as a range is an issue of the offer already.
			const range = readRangeValue({ element: owner, path: '', scope: OUTERMOST_SCOPE }, { issues: [], remarks: [] });
			return range === undefined || range.intervals.length === 0
				? { why: `${owner.localName} admits no value` }
				: numbers(range);
		}
		if (owner.children.some(({ kind }) => kind === 'element')) {
			return { why: `${owner.localName} holds elements and has no value of its own` };
		}
	}
	const text = collapseWhiteSpace(attribute?.value ?? textOf(owner));
	const value = finite(text);
	return value === undefined ? { kind: 'texts', texts: [text] } : numbers(exactly(value));
}
